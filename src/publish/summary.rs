//! A plan in words, for people, and as JSON.
//!
//! In: a plan, the record of before, and the site. Out: text. Never decides anything.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{Plan, Reason};
use super::record::Record;
use crate::diagnostic::{count, printable, quote};
use crate::project::phrases::{Label, within};
use crate::site::Site;
use crate::site::ids::SeriesId;
use crate::site::series::{Part, Series};
use crate::store::kind::Kind;

/// The plan in the site's own words: "publishes part 17; 21 pages change, 1 feed entry, 1 redirect".
pub fn sentence(plan: &Plan, before: Option<&Record>, sites: &[Site]) -> String {
    if plan.is_empty() {
        return "nothing to publish: the target is up to date".into();
    }
    let mut heads = Vec::new();
    let new = parts(&plan.record, before, sites);
    if !new.is_empty() {
        heads.push(format!("publishes {}", name_parts(&new)));
    }
    let gone = withdrawn(plan, before);
    if !gone.is_empty() {
        heads.push(format!("withdraws {}", crate::diagnostic::list(gone.iter().map(String::as_str), "and")));
    }
    let changes = |of: &dyn Fn(Kind, Reason) -> bool| {
        plan.changes.iter().filter(|change| of(change.file.kind, change.reason)).count()
    };
    let pages = |wanted| changes(&|kind, reason| reason == wanted && kind.is_page() && kind != Kind::Redirect);
    let mut pieces = Vec::new();
    let mut add = |n: usize, one: &str, many: &str| {
        if n > 0 {
            pieces.push(format!("{n} {}", if n == 1 { one } else { many }));
        }
    };
    add(pages(Reason::Content), "page changes", "pages change");
    add(pages(Reason::New), "page is new", "pages are new");
    // Of what goes, the record has the names alone.
    add(plan.deletions.iter().filter(|path| path.ends_with(".html")).count(), "page goes", "pages go");
    let known = before.map(|before| &before.feed);
    let entry = |(id, updated): &(&String, &String)| known.and_then(|known| known.get(*id)) != Some(updated);
    add(plan.record.feed.iter().filter(entry).count(), "feed entry", "feed entries");
    let redirects = changes(&|kind, reason| kind == Kind::Redirect && reason != Reason::Headers);
    add(redirects, "redirect", "redirects");
    add(changes(&|kind, _| !kind.is_page()), "other file", "other files");
    add(changes(&|kind, reason| kind.is_page() && reason == Reason::Headers), "page's headers", "pages' headers");
    let tail = pieces.join(", ");
    match (heads.is_empty(), tail.is_empty()) {
        (false, false) => format!("{}; {tail}", heads.join(", ")),
        (false, true) => heads.join(", "),
        (true, false) => tail,
        (true, true) => match plan.deletions.len() {
            0 => "brings the target's record up to date".into(),
            1 => "1 file goes".into(),
            gone => format!("{gone} files go"),
        },
    }
}

/// The plan file by file. Unless `all`, long lists are cut.
pub fn listing(plan: &Plan, all: bool) -> String {
    /// More lines of one kind nobody reads.
    const SHOWN: usize = 20;
    let mut groups: BTreeMap<usize, (&str, Vec<String>)> = BTreeMap::new();
    let mut add = |at: usize, what: &'static str, line: String| {
        groups.entry(at).or_insert_with(|| (what, Vec::new())).1.push(line);
    };
    for change in &plan.changes {
        let path = printable(&change.file.path);
        match change.reason {
            Reason::New => add(0, "new", path),
            Reason::Content => add(1, "content", path),
            Reason::Headers => add(2, "headers", path),
        }
    }
    for path in &plan.deletions {
        add(3, "gone", printable(path));
    }
    for kept in &plan.kept {
        let day = kept.until.to_string();
        add(4, "kept", format!("{} until {}", printable(&kept.path), day.get(..10).unwrap_or(&day)));
    }
    for path in &plan.foreign {
        add(5, "not ours", printable(path));
    }
    let mut text = String::new();
    for (what, lines) in groups.into_values() {
        let shown = if all || lines.len() <= SHOWN { lines.len() } else { SHOWN - 1 };
        for line in &lines[..shown] {
            let _ = writeln!(text, "  {what:<9} {line}");
        }
        if shown < lines.len() {
            let _ = writeln!(text, "  {what:<9} … and {} more; --verbose lists all", lines.len() - shown);
        }
    }
    let bytes: u64 = plan.changes.iter().map(|change| change.file.entry.size).sum();
    let mut totals = vec![format!("{} to send ({})", count(plan.changes.len(), "file"), size(bytes))];
    let others = [
        (plan.deletions.len(), "to delete"),
        (plan.unchanged, "unchanged"),
        (plan.kept.len(), "kept"),
        (plan.foreign.len(), "not ours"),
    ];
    totals.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    let _ = writeln!(text, "{}", totals.join(", "));
    text
}

/// The plan as a value of JSON, version 1.
pub fn value(plan: &Plan, before: Option<&Record>, sites: &[Site]) -> Value {
    let changes: Vec<Value> = plan
        .changes
        .iter()
        .map(|change| {
            json!({
                "path": change.file.path, "reason": change.reason, "class": change.file.class(),
                "size": change.file.entry.size,
            })
        })
        .collect();
    let kept: Vec<Value> =
        plan.kept.iter().map(|kept| json!({ "path": kept.path, "until": kept.until.to_string() })).collect();
    let new: Vec<String> = parts(&plan.record, before, sites)
        .into_iter()
        .map(|(site, part)| format!("{}/{}{}", site.series(part.at.series).plan.id, part.id, site.id_suffix()))
        .collect();
    json!({
        "version": 1,
        "summary": plan.summary,
        "publishes": new,
        "withdraws": withdrawn(plan, before),
        "changes": changes,
        "unchanged": plan.unchanged,
        "bytes": plan.changes.iter().map(|change| change.file.entry.size).sum::<u64>(),
        "deletions": plan.deletions,
        "kept": kept,
        "foreign": plan.foreign,
        "conflicts": plan.conflicts,
    })
}

/// Parts and posts that come out with this publish, and translations of them, each with the site of its language.
fn parts<'s>(record: &Record, before: Option<&Record>, sites: &'s [Site]) -> Vec<(&'s Site, &'s Part)> {
    let holds = |record: &Record, (site, part): (&Site, &Part)| {
        let id = format!("{}{}", part.id, site.id_suffix());
        record.parts.get(&site.series(part.at.series).plan.id).is_some_and(|parts| parts.contains(&id))
    };
    let is_new = |of: &(&Site, &Part)| holds(record, *of) && !before.is_some_and(|before| holds(before, *of));
    sites.iter().flat_map(|site| site.parts().map(move |part| (site, part))).filter(is_new).collect()
}

/// Parts that were out and aren't any more, by series and id.
fn withdrawn(plan: &Plan, before: Option<&Record>) -> Vec<String> {
    let mut gone = Vec::new();
    for (series, parts) in before.iter().flat_map(|before| &before.parts) {
        let now = plan.record.parts.get(series);
        let left = parts.iter().filter(|part| !now.is_some_and(|now| now.contains(part)));
        gone.extend(left.map(|part| format!("{series}/{part}")));
    }
    gone
}

/// `part 17`, `parts 16 and 17`, a post by its title, `12 parts and 1 post`; with the title of the series or folder
/// where there are several.
fn name_parts(parts: &[(&Site, &Part)]) -> String {
    /// So many can be named one by one.
    const NAMED: usize = 4;
    if parts.len() > NAMED {
        let posts = parts.iter().filter(|(site, part)| site.series(part.at.series).is_posts()).count();
        let counts = [(parts.len() - posts, "part"), (posts, "post")].into_iter().filter(|(n, _)| *n > 0);
        return counts.map(|(n, what)| count(n, what)).collect::<Vec<_>>().join(" and ");
    }
    let mut by_series: BTreeMap<(usize, SeriesId), (&Site, Vec<&Part>)> = BTreeMap::new();
    for (site, part) in parts {
        by_series.entry((site.language, part.at.series)).or_insert((site, Vec::new())).1.push(part);
    }
    let named = by_series.into_iter().map(|((_, series), (site, parts))| {
        let series = site.series(series);
        let alike = if series.is_posts() { site.posts.len() } else { site.series_shown().count() };
        let of = match alike {
            1 => String::new(),
            _ => format!(" of {}", quote(&series.plan.title)),
        };
        let language = if site.is_original() { String::new() } else { format!(" in {}", site.language_name()) };
        format!("{}{of}{language}", name_parts_of(series, &parts))
    });
    named.collect::<Vec<_>>().join(", ")
}

/// Posts by their titles; parts of one series by their numbers, and by their titles where they have none.
fn name_parts_of(series: &Series, parts: &[&Part]) -> String {
    if series.is_posts() {
        let noun = if parts.len() == 1 { "post" } else { "posts" };
        return format!("{noun} {}", crate::diagnostic::list(parts.iter().map(|post| post.title.as_str()), "and"));
    }
    let label = series.plan.label.as_ref().map(|label| &label.value);
    let word = |own: fn(&Label) -> &String, without: &str| {
        label.map_or_else(|| without.to_string(), |label| printable(&within(own(label))))
    };
    let numbers: Vec<String> = parts.iter().filter_map(|part| part.number).map(|number| number.to_string()).collect();
    let numbered = match numbers.as_slice() {
        [] => None,
        [only] => Some(format!("{} {only}", word(|label| &label.part, "part"))),
        [first @ .., last] => Some(format!("{} {} and {last}", word(|label| &label.parts, "parts"), first.join(", "))),
    };
    let titles = parts.iter().filter(|part| part.number.is_none()).map(|part| quote(&part.title));
    numbered.into_iter().chain(titles).collect::<Vec<_>>().join(", ")
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
