//! What changed in a program, file by file.
//!
//! In: the files of a program at two times. Out: which came, went, changed and got other names, and by how many lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::site::contents::{Content, Contents};
use crate::store::origin::Origin;
use crate::text::difference::{counts, difference, likeness, lines};

/// The files of a program, by path.
pub type Files<'p> = BTreeMap<&'p str, &'p Origin>;

/// A file that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'p> {
    /// Its path as it is now, or as it was when it is gone.
    pub path: &'p str,
    pub how: How<'p>,
    pub by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How<'p> {
    Added,
    Changed,
    Removed,
    /// What it was called; it may have changed as well.
    Renamed(&'p str),
}

/// How much of a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Lines {
        new: usize,
        gone: usize,
    },
    /// What is no text has a size, in bytes, before and after.
    Bytes {
        before: Option<u64>,
        after: Option<u64>,
    },
}

/// From what part of its lines on a file is taken for another of another name.
const ALIKE: f64 = 0.5;

/// Of so many files that came and went each is held against each.
const MOST_COMPARED: usize = 100;

/// What changed, by path. A file that can't be read counts as one that is no text.
pub fn changes<'p>(before: &Files<'p>, after: &Files<'p>, contents: &Contents) -> Vec<Change<'p>> {
    let added = after.keys().filter(|path| !before.contains_key(**path)).copied().collect::<Vec<_>>();
    let mut removed = before.keys().filter(|path| !after.contains_key(**path)).copied().collect::<Vec<_>>();
    let mut changes = Vec::new();
    for path in added {
        let from = renamed((path, after[path]), (before, &removed), contents);
        removed.retain(|gone| Some(*gone) != from);
        let how = from.map_or(How::Added, How::Renamed);
        changes.push(Change { path, how, by: by(from.map(|from| before[from]), Some(after[path]), contents) });
    }
    for path in removed {
        changes.push(Change { path, how: How::Removed, by: by(Some(before[path]), None, contents) });
    }
    let both = after.iter().filter_map(|(path, now)| Some((*path, *before.get(path)?, *now)));
    for (path, was, now) in both.filter(|(_, was, now)| was.name() != now.name()) {
        let same = contents.of(was).ok().zip(contents.of(now).ok()).is_some_and(|(was, now)| was.entry == now.entry);
        if !same {
            changes.push(Change { path, how: How::Changed, by: by(Some(was), Some(now), contents) });
        }
    }
    changes.sort_by_key(|change| change.path);
    changes
}

/// What a file was called that has come, among those that are gone.
pub fn renamed<'p>(
    (path, file): (&str, &Origin),
    (before, gone): (&Files<'p>, &[&'p str]),
    contents: &Contents,
) -> Option<&'p str> {
    let now = contents.of(file).ok().filter(|now| now.entry.size > 0)?;
    let others = || gone.iter().filter_map(|path| Some((*path, contents.of(before.get(path)?).ok()?)));
    let last = |path: &str| path.rsplit('/').next().map(str::to_string);
    // Of several that are the same the one of the same name is meant.
    let same = others().filter(|(_, was)| was.entry == now.entry);
    if let Some((was, _)) = same.min_by_key(|(was, _)| last(was) != last(path)) {
        return Some(was);
    }
    let now = lines(now.text.as_ref().ok()?.text());
    let alike = others().take(MOST_COMPARED).filter_map(|(path, was)| {
        let was = likeness(&lines(was.text.as_ref().ok()?.text()), &now);
        (was >= ALIKE).then_some((path, was))
    });
    alike.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(was, _)| was)
}

fn by(before: Option<&Origin>, after: Option<&Origin>, contents: &Contents) -> By {
    let content = |file: &Origin| contents.of(file).ok();
    let (before, after) = (before.map(content), after.map(content));
    match (text(&before), text(&after)) {
        (Some(before), Some(after)) => {
            let (new, gone) = counts(&difference(&lines(before), &lines(after)));
            By::Lines { new, gone }
        }
        _ => {
            let size = |content: Option<Option<Arc<Content>>>| Some(content??.entry.size);
            By::Bytes { before: size(before), after: size(after) }
        }
    }
}

/// The text of a file, if it is one; a file that isn't there has none of it.
fn text(content: &Option<Option<Arc<Content>>>) -> Option<&str> {
    match content {
        None => Some(""),
        Some(content) => content.as_ref()?.text.as_ref().ok().map(|source| source.text()),
    }
}
