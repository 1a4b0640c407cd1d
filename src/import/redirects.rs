//! `_redirects`, as hosts read it
//! (<https://docs.netlify.com/manage/routing/redirects/overview/#syntax-for-the-redirects-file>).
//!
//! In: the file, and what is known of the source. Out: each line that leads from one address to a page, as a redirect of
//! the site; all others stay in the file, for the same hosts.

use std::collections::BTreeSet;

use super::index::{Index, MOST_HOPS, Target, key};
use super::meta;
use super::model::{FileCopy, Found};
use super::source::Folder;
use super::typed::Place;

/// What hosts call it.
const NAME: &str = "_redirects";

/// Takes pages that only lead elsewhere (`redirect_to`) for redirects.
pub fn of_pages(found: &mut Found) {
    for (at, page) in found.pages.iter().enumerate() {
        let to = page.front.own.get("redirect_to").and_then(meta::text_of);
        let Some(to) = to.filter(|_| page.language.is_none()) else { continue };
        let base = found.site.base_url.as_deref().unwrap_or_default();
        let to = to.strip_prefix(base).filter(|_| !base.is_empty()).unwrap_or(&to);
        // Elsewhere in the world is told as what is no page.
        let to = if to.contains("://") { to.to_string() } else { format!("/{}", to.trim_start_matches('/')) };
        found.redirects.push((page.address.clone(), to, Place::whole(&page.from)));
        found.lists.insert(at);
    }
}

/// Takes what a site can say itself out of the file.
pub fn take(found: &mut Found, index: &Index, folder: &Folder) {
    let of_site = found.files.iter().position(|file| file.address == NAME);
    // Jekyll copies what begins so only where its settings name it.
    if of_site.is_none() && folder.has(NAME) {
        found.files.push(FileCopy::new(NAME, NAME));
    }
    let Some(file) = of_site.or_else(|| found.files.iter().position(|file| file.address == NAME)) else { return };
    let Some(text) = folder.text(&found.files[file].from) else { return };
    let base = found.site.base_url.clone().unwrap_or_default();
    let rules: Vec<_> = text.split_inclusive('\n').map(|line| (line, rule(line, &base))).collect();
    let led = led(rules.iter().filter_map(|(_, rule)| rule.as_ref()), index);
    let mut kept = String::new();
    for ((line, rule), number) in rules.into_iter().zip(1..) {
        match rule.filter(|(from, to)| led.contains(&(key(from), key(to)))) {
            Some((from, to)) => {
                let place = Place { file: found.files[file].from.as_str().into(), line: number };
                found.redirects.push((from, to, place));
            }
            None => kept.push_str(line),
        }
    }
    let says_something = kept.lines().any(|line| !matches!(line.trim_start().chars().next(), None | Some('#')));
    found.files[file].instead = Some(if says_something { kept } else { String::new() });
}

/// The rules that lead to a page, by others too.
fn led<'a>(rules: impl Iterator<Item = &'a (String, String)> + Clone, index: &Index) -> BTreeSet<(String, String)> {
    let mut led = BTreeSet::new();
    let mut from_here: BTreeSet<String> = BTreeSet::new();
    for _ in 0..MOST_HOPS {
        let before = led.len();
        for (from, to) in rules.clone() {
            if matches!(index.address(to), Some(Target::Page(_))) || from_here.contains(&key(to)) {
                from_here.insert(key(from));
                led.insert((key(from), key(to)));
            }
        }
        if led.len() == before {
            break;
        }
    }
    led
}

/// The two addresses of a line without conditions and patterns, below the site's base.
fn rule(line: &str, base: &str) -> Option<(String, String)> {
    let mut words = line.split('#').next()?.split_whitespace();
    let (from, to) = (words.next()?, words.next()?);
    let leads_on = words.next().is_none_or(|code| matches!(code.trim_end_matches('!'), "301" | "302" | "307" | "308"));
    let to = to.strip_prefix(base).filter(|_| !base.is_empty()).map_or_else(|| to.to_string(), |to| format!("/{to}"));
    // Addresses of the file are those of the host, of which the site may be a part.
    let path = base.splitn(4, '/').nth(3).unwrap_or_default();
    let from = from.strip_prefix('/')?.strip_prefix(path)?;
    let below = to.strip_prefix('/')?;
    let to = below.strip_prefix(path).unwrap_or(below);
    let is_plain = |address: &str| !address.contains(['*', ':', '?']);
    let decoded = |address: &str| format!("/{}", crate::text::url::percent_decode(address));
    (leads_on && words.next().is_none() && is_plain(from) && is_plain(to)).then(|| (decoded(from), decoded(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_without_conditions() {
        let read = |line: &str| rule(line, "https://lamps.se/");
        let made = |from: &str, to: &str| Some((from.to_string(), to.to_string()));
        assert_eq!(read("/a /b/\n"), made("/a", "/b/"));
        assert_eq!(read("/a%20b  https://lamps.se/b/ 301! # old"), made("/a b", "/b/"));
        assert_eq!(rule("/sub/a /sub/b/", "https://lamps.se/sub/"), made("/a", "/b/"));
        assert_eq!(rule("/a /sub/b/", "https://lamps.se/sub/"), None);
        for no in [
            "# /a /b",
            "",
            "/a",
            "/a/* /b/:splat",
            "/a /b 200",
            "/a /b 302 Country=se",
            "/a id=1 /b",
            "/a https://x.se/",
        ] {
            assert_eq!(read(no), None, "{no}");
        }
    }
}
