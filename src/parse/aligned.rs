//! Where a translation is behind its original, block by block.
//!
//! In: the fingerprints of the original as it was translated, the original and the translation as they are.
//! Out: the places of both that are not the same any more. Sections are followed wherever they went; a block is
//! named where both texts have as many in its section, else the section is. Knows no files.

use std::collections::{BTreeMap, BTreeSet};

use super::fingerprint::{Block, HEADING, Section};

/// The fingerprints of a text, section by section.
pub type Recorded = Vec<Vec<String>>;

/// A place in which a translation is behind, by bytes of both texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// A block of the original says something else.
    Block { original: usize, translation: usize },
    /// So does a section, whose blocks don't correspond.
    Section { original: usize, translation: usize },
    /// The original has a section more; the translation's would follow the one named.
    Added { original: usize, translation: usize },
    /// The original has a section less.
    Removed { translation: usize },
}

/// The fingerprints of a text as they are kept.
pub fn recorded(sections: &[Section]) -> Recorded {
    let prints = |section: &Section| section.blocks.iter().map(|block| block.fingerprint.clone()).collect();
    sections.iter().map(prints).collect()
}

/// Where a translation is behind, in the order of the original.
pub fn behind(recorded: &[Vec<String>], original: &[Section], translation: &[Section]) -> Vec<Behind> {
    let was = earlier(recorded, original);
    let places = places(recorded.len(), &was, original, translation);
    let mut found = Vec::new();
    let mut last = 0;
    for (at, section) in original.iter().enumerate() {
        let before = was[at].map(|was| recorded[was].as_slice());
        let Some(place) = places.original[at] else {
            let (start, here) = (start(section), begins(translation, last));
            // What a translation leaves out is no change.
            let is_left_out =
                before.is_some_and(|before| differences(before, section, &Section::default(), 0).is_empty());
            found.extend(start.filter(|_| !is_left_out).map(|original| Behind::Added { original, translation: here }));
            continue;
        };
        last = place;
        found.extend(differences(before.unwrap_or_default(), section, &translation[place], begins(translation, place)));
    }
    let left = (0..recorded.len()).filter(|at| !was.contains(&Some(*at)) && !recorded[*at].is_empty());
    found.extend(
        left.filter_map(|at| places.recorded[at]).map(|at| Behind::Removed { translation: begins(translation, at) }),
    );
    found
}

/// The same of texts that have names, of which each is the kind of a block: wherever both files say them.
pub fn behind_by_name(recorded: &[Vec<String>], original: &[Section], translation: &[Section]) -> Vec<Behind> {
    let name = |fingerprint: &str| fingerprint.rsplit_once('-').map_or(String::new(), |(name, _)| name.to_string());
    let blocks = |sections: &'_ [Section]| -> BTreeMap<String, usize> {
        let blocks = sections.iter().flat_map(|section| &section.blocks);
        blocks.map(|block| (name(&block.fingerprint), block.at)).collect()
    };
    let known: BTreeSet<&str> = recorded.iter().flatten().map(String::as_str).collect();
    let places = blocks(translation);
    let mut found: Vec<Behind> = Vec::new();
    // What is new is told once a table.
    let (mut last, mut added) = (0, String::new());
    for block in original.iter().flat_map(|section| &section.blocks) {
        let name = name(&block.fingerprint);
        if let Some(place) = places.get(&name) {
            last = *place;
        }
        if known.contains(block.fingerprint.as_str()) {
            continue;
        }
        let table = name.rsplit_once('.').map_or(name.as_str(), |(table, _)| table);
        match places.get(&name) {
            Some(place) => found.push(Behind::Block { original: block.at, translation: *place }),
            None if table == added => {}
            None => {
                found.push(Behind::Added { original: block.at, translation: last });
                added = table.to_string();
            }
        }
    }
    found
}

/// Whether a section that was recorded is one of today.
type Same = fn(&[String], &[Block]) -> bool;

/// Which recorded section each section of the original was: one that says the same, else one with the same heading,
/// else the one with which it shares most, else what is left between the same neighbors.
fn earlier(recorded: &[Vec<String>], original: &[Section]) -> Vec<Option<usize>> {
    let mut was: Vec<Option<usize>> = vec![None; original.len()];
    let mut free: Vec<bool> = vec![true; recorded.len()];
    let pair = |was: &mut Vec<Option<usize>>, free: &mut Vec<bool>, at: usize, earlier: usize| {
        was[at] = Some(earlier);
        free[earlier] = false;
    };
    // What stands before any heading has no other to be.
    let has_heading = |print: Option<&str>| print.is_some_and(|print| print.starts_with(HEADING));
    let are_above = |at: &usize| {
        let now = original[*at].blocks.first().map(|block| block.fingerprint.as_str());
        !has_heading(recorded[*at].first().map(String::as_str)) && !has_heading(now)
    };
    for at in (0..recorded.len().min(original.len())).take_while(are_above) {
        pair(&mut was, &mut free, at, at);
    }
    let same: [Same; 2] = [
        |before, now| before.iter().eq(now.iter().map(|block| &block.fingerprint)),
        |before, now| before.first().is_some_and(|heading| now.first().is_some_and(|now| now.fingerprint == *heading)),
    ];
    for same in same {
        for at in 0..original.len() {
            let found =
                (0..recorded.len()).find(|earlier| free[*earlier] && same(&recorded[*earlier], &original[at].blocks));
            if let (None, Some(earlier)) = (was[at], found) {
                pair(&mut was, &mut free, at, earlier);
            }
        }
    }
    for at in 0..original.len() {
        let shared = |earlier: &usize| shared(&recorded[*earlier], &original[at]);
        let best = (0..recorded.len()).filter(|earlier| free[*earlier] && shared(earlier) > 0).max_by_key(shared);
        if let (None, Some(earlier)) = (was[at], best) {
            pair(&mut was, &mut free, at, earlier);
        }
    }
    for at in 1..original.len() {
        let after = was[at - 1].map(|before| before + 1).filter(|next| free.get(*next) == Some(&true));
        let is_last =
            was.get(at + 1).is_none_or(|next| next.is_none_or(|next| after.is_some_and(|after| after < next)));
        if let (None, Some(earlier), true) = (was[at], after, is_last) {
            pair(&mut was, &mut free, at, earlier);
        }
    }
    was
}

/// How many blocks two sections share.
fn shared(before: &[String], now: &Section) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    before.iter().for_each(|print| *counts.entry(print).or_default() += 1);
    let is_there = |block: &&Block| {
        counts.get_mut(block.fingerprint.as_str()).is_some_and(|left| {
            let is_left = *left > 0;
            *left = left.saturating_sub(1);
            is_left
        })
    };
    now.blocks.iter().filter(is_there).count()
}

/// Which section of the translation belongs to each of the original's, and to each recorded one.
struct Places {
    original: Vec<Option<usize>>,
    recorded: Vec<Option<usize>>,
}

/// A translation has the sections of the original in its order: in the one that was recorded, or already in the one
/// of today, whichever is more like it.
fn places(recorded: usize, was: &[Option<usize>], original: &[Section], translation: &[Section]) -> Places {
    let by_record: Vec<Option<usize>> = was.to_vec();
    let by_order: Vec<Option<usize>> = (0..original.len()).map(Some).collect();
    let likeness = |places: &[Option<usize>]| {
        let pairs =
            places.iter().zip(original).filter_map(|(place, section)| Some((section, translation.get((*place)?)?)));
        pairs.filter(|(section, other)| is_alike(section, other)).count()
    };
    let is_new_order = original.len() == translation.len()
        && (recorded != translation.len() || likeness(&by_order) > likeness(&by_record));
    if is_new_order {
        return Places { original: by_order, recorded: vec![None; recorded] };
    }
    let within = |place: Option<usize>| place.filter(|place| *place < translation.len());
    Places {
        original: by_record.into_iter().map(within).collect(),
        recorded: (0..recorded).map(|at| within(Some(at))).collect(),
    }
}

/// Whether two sections have the same shape: the kinds of their blocks in order, code to the letter.
fn is_alike(section: &Section, other: &Section) -> bool {
    let shape = |section: &Section| {
        let shapes = section.blocks.iter().map(|block| match block.fingerprint.split_once('-') {
            Some(("code", _)) => block.fingerprint.clone(),
            Some((kind, _)) => kind.to_string(),
            None => String::new(),
        });
        shapes.collect::<Vec<String>>()
    };
    shape(section) == shape(other)
}

/// What a section says that was not recorded, and what it says no more.
fn differences(before: &[String], now: &Section, translation: &Section, place: usize) -> Vec<Behind> {
    let mut left: Vec<&str> = before.iter().map(String::as_str).collect();
    let mut changed = Vec::new();
    for (at, block) in now.blocks.iter().enumerate() {
        match left.iter().position(|print| *print == block.fingerprint) {
            Some(known) => _ = left.swap_remove(known),
            None => changed.push(at),
        }
    }
    if changed.is_empty() && left.is_empty() {
        return Vec::new();
    }
    if !changed.is_empty() && now.blocks.len() == translation.blocks.len() {
        let block = |at: usize| Behind::Block { original: now.blocks[at].at, translation: translation.blocks[at].at };
        return changed.into_iter().map(block).collect();
    }
    vec![Behind::Section { original: start(now).unwrap_or_default(), translation: place }]
}

fn start(section: &Section) -> Option<usize> {
    section.blocks.first().map(|block| block.at)
}

/// Where a section begins, or where the nearest before it does that has anything.
fn begins(sections: &[Section], at: usize) -> usize {
    sections[..=at.min(sections.len().saturating_sub(1))].iter().rev().find_map(start).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::component::{Component, Components};
    use crate::parse::dialect::Dialect;
    use crate::parse::fingerprint::sections;
    use crate::parse::judge::judged;
    use crate::parse::tree::tree;
    use crate::settings::config::Boxes;
    use crate::text::punctuation::Punctuation;

    fn read(text: &str) -> Vec<Section> {
        let guarded = judged(text);
        let boxes = Boxes::default();
        let punctuation = Punctuation::of("en", true);
        let dialect = Dialect { punctuation, raw_html: true, citations: true, boxes: &boxes };
        sections(&tree(&guarded, dialect, &Components::from([("quiz".to_string(), Component::default())])))
    }

    /// What is behind, as lines: `original:translation`, with a letter for what it is.
    fn told(before: &str, now: &str, translation: &str) -> String {
        let line = |text: &str, at: usize| text[..at].matches('\n').count() + 1;
        let found = behind(&recorded(&read(before)), &read(now), &read(translation));
        let told = found.into_iter().map(|found| match found {
            Behind::Block { original, translation: at } => {
                format!("b{}:{}", line(now, original), line(translation, at))
            }
            Behind::Section { original, translation: at } => {
                format!("s{}:{}", line(now, original), line(translation, at))
            }
            Behind::Added { original, translation: at } => {
                format!("a{}:{}", line(now, original), line(translation, at))
            }
            Behind::Removed { translation: at } => format!("r:{}", line(translation, at)),
        });
        told.collect::<Vec<_>>().join(" ")
    }

    const ORIGINAL: &str = "Opening words.\n\n# One\n\nFirst, with `code` and [a link](x.md).\n\n- item\n- other\n\n```rust\nlet x = 1;\n```\n\n# Two\n\nSecond.\n\nThird.\n";
    const TRANSLATION: &str = "Inledning.\n\n# Ett\n\nFörst, med `code`.\n\n- sak\n- annan\n\n```rust\nlet x = 1;\n```\n\n# Två\n\nAndra.\n\nTredje.\n";

    fn after(changes: &[(&str, &str)]) -> String {
        let change = |text: String, (from, to): &(&str, &str)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        };
        changes.iter().fold(ORIGINAL.to_string(), change)
    }

    #[test]
    fn what_reads_the_same_is_not_behind() {
        let changed = after(&[
            ("First, with `code` and [a link](x.md).", "**First** with `code`,\nand *[a link](y.md)*!"),
            ("- item\n- other", "* “item”\n\n* Other"),
            ("# Two", "Two\n==="),
        ]);
        assert_eq!(told(ORIGINAL, &changed, TRANSLATION), "");
        let moved = "Opening words.\n\n# Two\n\nSecond.\n\nThird.\n\n# One\n\nFirst, with `code` and [a link](x.md).\n\n- item\n- other\n\n```rust\nlet x = 1;\n```\n";
        assert_eq!(told(ORIGINAL, moved, TRANSLATION), "");
    }

    #[test]
    fn a_changed_block_is_told_at_its_translation() {
        for (change, expected) in [
            (("Third.", "Third and more."), "b18:18"),
            (("`code`", "`Code`"), "b5:5"),
            (("let x", "let  x"), "b10:10"),
            (("- other", "- another"), "b8:8"),
            (("Opening", "First"), "b1:1"),
            (("# Two", "# Too"), "b14:14"),
        ] {
            assert_eq!(told(ORIGINAL, &after(&[change]), TRANSLATION), expected, "{change:?}");
        }
        assert_eq!(told(ORIGINAL, &after(&[("First", "At first"), ("Second", "Next")]), TRANSLATION), "b5:5 b16:16");
    }

    #[test]
    fn a_section_is_followed_where_it_went() {
        let moved = "Opening words.\n\n# Two\n\nSecond.\n\nThird, changed.\n\n# One\n\nFirst, with `code` and [a link](x.md).\n\n- item\n- other\n\n```rust\nlet x = 1;\n```\n";
        assert_eq!(told(ORIGINAL, moved, TRANSLATION), "b7:18");
        let with_it = "Inledning.\n\n# Två\n\nAndra.\n\nTredje.\n\n# Ett\n\nFörst, med `code`.\n\n- sak\n- annan\n\n```rust\nlet x = 1;\n```\n";
        assert_eq!(told(ORIGINAL, moved, with_it), "b7:7");
    }

    #[test]
    fn where_blocks_do_not_correspond_it_is_the_section() {
        assert_eq!(told(ORIGINAL, &after(&[("Third.", "Third.\n\nFourth.")]), TRANSLATION), "s14:14");
        assert_eq!(told(ORIGINAL, &after(&[("Second.\n\n", "")]), TRANSLATION), "s14:14");
        assert_eq!(told(ORIGINAL, &after(&[("# Two", "# New\n\nWords.\n\n# Two")]), TRANSLATION), "a14:3");
        assert_eq!(told(ORIGINAL, "Opening words.\n\n# Two\n\nSecond.\n\nThird.\n", TRANSLATION), "r:3");
        // What a translation leaves out is no change, and a change of it belongs to what stands before.
        let shorter = "Inledning.\n\n# Ett\n\nFörst, med `code`.\n\n- sak\n- annan\n\n```rust\nlet x = 1;\n```\n";
        assert_eq!(told(ORIGINAL, ORIGINAL, shorter), "");
        assert_eq!(told(ORIGINAL, &after(&[("Third.", "Fourth.")]), shorter), "a14:3");
        // The translation has followed already, and nobody has said so.
        let translated = TRANSLATION.replace("Tredje.\n", "Tredje.\n\nFjärde.\n");
        assert_eq!(told(ORIGINAL, &after(&[("Third.", "Third.\n\nFourth.")]), &translated), "b20:20");
        assert_eq!(told("", ORIGINAL, TRANSLATION), "b1:1 b3:3 b5:5 b7:7 b8:8 b10:10 b14:14 b16:16 b18:18");
        assert_eq!(told(ORIGINAL, "", ""), "s1:1");
    }
}
