//! Days of a source's articles where their front matter says none: by their addresses, the names of their files, or the
//! history of the repository.
//!
//! In: what was found, and what `git log` printed. Out: for each article a day; by the history that of the commit that
//! brought its file, under whatever name. Runs no program.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::model::Found;
use super::numbers::{dated, day_of};
use super::plan::articles;
use super::source::{folder_of, name_of, stem_of};
use crate::text::date;
use crate::text::source::nfc;

/// The call that all days are read from; the newest commit comes first. A file that was moved is known by its bytes,
/// so that no object has to be there but the trees.
pub const LOG: [&str; 8] = [
    "log",
    "--relative",
    "--no-color",
    "--no-ext-diff",
    "--diff-filter=AR",
    "--find-renames=100%",
    "--name-status",
    "-z",
];

/// Begins each commit: its author's day.
pub const FORMAT: &str = "--format=%x01%as";

/// Gives articles the days that stand in their addresses (`/2019/01/05/heat/`), else in the names of their files.
pub fn add_named_days(found: &mut Found) {
    for page in dateless(found).collect::<Vec<_>>() {
        let page = &mut found.pages[page];
        let stem = stem_of(&page.from);
        let name = if matches!(stem, "index" | "README") { name_of(folder_of(&page.from)) } else { stem };
        let day = day_of(&page.address).or_else(|| dated(name).0.map(String::from));
        page.front.date = day.filter(|day| date::parse(day, &TimeZone::UTC).is_some());
    }
}

/// Whether any article of a plan has no day of its own.
pub fn lacks_days(found: &Found) -> bool {
    dateless(found).next().is_some()
}

fn dateless(found: &Found) -> impl Iterator<Item = usize> {
    let pages = found.works.iter().flat_map(articles);
    pages.filter(|page| found.pages[*page].front.date.is_none() && !found.pages[*page].front.draft)
}

/// Gives articles the days of their files; those that the history doesn't know stay without.
pub fn add_days(found: &mut Found, log: &[u8]) {
    let days = first_days(log);
    for page in dateless(found).collect::<Vec<_>>() {
        let page = &mut found.pages[page];
        page.front.date = days.get(&page.from).cloned();
    }
}

/// When each file came, by its path now.
fn first_days(log: &[u8]) -> BTreeMap<String, String> {
    let mut days = BTreeMap::new();
    // Names of before, by which a file that is still there is found further back.
    let mut now: BTreeMap<String, String> = BTreeMap::new();
    let text = |bytes: &[u8]| Some(nfc(std::str::from_utf8(bytes).ok()?).into_owned());
    for commit in log.split(|byte| *byte == 1).skip(1) {
        let mut fields = commit.split(|byte| *byte == 0).map(|field| field.strip_prefix(b"\n").unwrap_or(field));
        let Some(day) = fields.next().and_then(text) else { continue };
        while let Some(status) = fields.next() {
            let Some(path) = fields.next().and_then(text) else { break };
            match status.first() {
                Some(b'R') => {
                    let Some(name) = fields.next().and_then(text) else { break };
                    let name = now.remove(&name).unwrap_or(name);
                    days.insert(name.clone(), day.clone());
                    now.insert(path, name);
                }
                _ => {
                    let name = now.remove(&path).unwrap_or(path);
                    days.insert(name, day.clone());
                }
            }
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_as_old_as_its_first_name() {
        let log =
            "\u{1}2021-05-06\0\nR100\0a.md\0b.md\0A\0c d.md\0\u{1}2021-01-01\0\u{1}2020-01-02\0\nA\0a.md\0A\0e.md\0";
        let days = first_days(log.as_bytes());
        let of = |path: &str| days.get(path).map(String::as_str);
        assert_eq!(
            [of("b.md"), of("c d.md"), of("e.md"), of("a.md")],
            [Some("2020-01-02"), Some("2021-05-06"), Some("2020-01-02"), None]
        );
        assert!(first_days(b"no log").is_empty());
    }

    #[test]
    fn days_in_addresses() {
        assert_eq!(day_of("/notes/2019/01/05/heat/").as_deref(), Some("2019-01-05"));
        assert_eq!(day_of("/2019/heat/"), None);
    }
}
