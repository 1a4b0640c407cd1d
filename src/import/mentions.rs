//! Parts that a text names by their numbers, which the plan gives.
//!
//! In: a text, and the numbers that were taken off the titles of its series. Out: references in their place: the
//! words of a link to a part that are its number, and what a line says comes next or came before. Any other number may
//! be another book's.

use std::collections::BTreeMap;

use super::index::Target;
use super::links::{SOURCE, Way};
use super::model::{Order, What, Work};
use super::numbers::Numbers;
use super::typed::Edit;
use super::view::Looked;
use crate::check::lint::literal_numbers;
use crate::text::url::encode;

/// The parts of a series by their numbers.
#[derive(Debug)]
pub struct Numbered<'a> {
    /// What stands before the number: `Part`.
    word: &'a str,
    pages: BTreeMap<i64, usize>,
}

impl<'a> Numbered<'a> {
    /// Those of a work whose titles had them, with a word.
    pub fn new(work: &Work, numbers: &'a Numbers) -> Option<Numbered<'a>> {
        let Order::Plan(sections) = &work.order else { return None };
        let entries = sections.iter().flat_map(|section| &section.entries).filter(|entry| entry.numbered);
        let pages = entries.zip(numbers.first..).filter_map(|(entry, number)| match entry.what {
            What::Page(page) => Some((number, page)),
            What::Announced(_) => None,
        });
        let pages = pages.collect();
        (!numbers.word.is_empty()).then_some(Numbered { word: &numbers.word, pages })
    }

    /// The part that words name, if they say nothing else; arrows say nothing.
    fn named(&self, words: &str) -> Option<usize> {
        let is_sign =
            |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '«' | '»' | '‹' | '›' | '←' | '→' | '*' | '_');
        let words = words.replace("&lt;", "").replace("&gt;", "");
        let words = words.trim_matches(is_sign);
        let (range, number) = literal_numbers(words, &[self.word]).into_iter().next()?;
        (range == (0..words.len())).then(|| self.pages.get(&number).copied())?
    }
}

/// Makes references of the numbers of parts.
pub fn refer(way: &Way<'_>, at: usize, looked: Looked, numbered: &Numbered<'_>) -> Looked {
    let Looked { text, seen } = &looked;
    let mut edits = Vec::new();
    let mut links = Vec::new();
    for link in &seen.links {
        let Some(words) = &link.words else { continue };
        links.push(words.start..link.range.end);
        let named = numbered.named(&text.text[words.clone()]);
        if named.is_some_and(|named| way.leads(at, &link.dest) == Some(Target::Page(named))) {
            edits.push(Edit::new(words.clone(), "#"));
        }
    }
    let mut start = 0;
    for line in text.text.split_inclusive('\n') {
        let first = start;
        start += line.len();
        if !leads_on(line) {
            continue;
        }
        for (range, number) in literal_numbers(line, &[numbered.word]) {
            let range = first + range.start..first + range.end;
            let is_free = !seen.is_hidden(range.start) && !links.iter().any(|link| link.contains(&range.start));
            let is_of_all = text.text[range.end..].starts_with(" of ");
            let Some(page) = numbered.pages.get(&number).filter(|page| is_free && !is_of_all && **page != at) else {
                continue;
            };
            let path = encode(&way.found.pages[*page].from);
            edits.push(Edit::new(range, format!("[#]({SOURCE}{path})")));
        }
    }
    looked.apply(edits)
}

/// Whether a line says what comes next or came before.
fn leads_on(line: &str) -> bool {
    let words = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '\n').to_ascii_lowercase();
    let is_heading = line.trim_start().starts_with('#');
    !is_heading
        && ["next", "up next", "coming next", "previous", "prev", "continue", "go on"]
            .iter()
            .any(|start| words.starts_with(start))
}
