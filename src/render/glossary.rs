//! Glossary terms in an article's text.
//!
//! In: a series' glossary and a part. Out: for each run of text, where a term is used for the
//! first time, with the address to link it to and what may stand beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aho_corasick::{AhoCorasick, Match, MatchKind, PatternID};
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use super::view;
use crate::site::Site;
use crate::site::ids::{ChapterId, PartId};
use crate::site::page::Page;
use crate::site::series::Series;

/// The written forms of a series' terms, ready to be looked for.
#[derive(Debug)]
pub struct Terms {
    finder: AhoCorasick,
    /// By pattern, the term's id.
    ids: Vec<String>,
    /// By pattern, the part that teaches it.
    teachers: Vec<PartId>,
    /// The glossary's URL.
    url: String,
    /// What the glossary's page says of each, by its id.
    views: BTreeMap<String, view::Term>,
}

/// Prepares a glossary, of whose page `views` are the terms; `None` when the series has none or it has nothing to
/// link.
pub fn terms(site: &Site, series: &Series, views: &[view::Term]) -> Option<Terms> {
    let glossary = series.glossary.as_ref()?;
    let (mut patterns, mut ids, mut teachers) = (Vec::new(), Vec::new(), Vec::new());
    for (id, term) in &glossary.terms {
        let Some(teacher) = series.published_teacher(id) else { continue };
        for form in std::iter::once(&term.name).chain(&term.forms) {
            let pattern = Folded::new(form.trim()).text;
            if !pattern.is_empty() {
                patterns.push(pattern);
                ids.push(id.clone());
                teachers.push(teacher);
            }
        }
    }
    let finder = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns).ok()?;
    let url = site.config.base_url.rooted(&Page::Glossary(series.at).address(site));
    let views = views.iter().map(|term| (term.id.clone(), term.clone())).collect();
    (!patterns.is_empty()).then_some(Terms { finder, ids, teachers, url, views })
}

/// The first use of a term in a text.
#[derive(Debug)]
pub struct Use<'a> {
    /// In bytes.
    pub range: Range<usize>,
    /// Of the term in the glossary.
    pub url: String,
    /// What the glossary says.
    pub term: Option<&'a view::Term>,
}

/// The terms that one text may still link: those that an earlier part taught, for a side page its own part among
/// them, once each.
#[derive(Debug)]
pub struct TermLinks<'a> {
    terms: &'a Terms,
    reader: ChapterId,
    used: BTreeSet<&'a str>,
}

impl<'a> TermLinks<'a> {
    pub fn new(terms: &'a Terms, reader: ChapterId) -> Self {
        TermLinks { terms, reader, used: BTreeSet::new() }
    }

    /// The first uses in a text, ascending.
    pub fn find(&mut self, text: &str) -> Vec<Use<'a>> {
        let mut found = Vec::new();
        let folded = Folded::new(text);
        // All hits, since the longest one at a place need not be whole words where a shorter one is:
        // "AI agent" and "AI" in "AI agents". Of those that begin at one place only the longest counts, and
        // no other is kept: there may be as many as forms for each word.
        let whole = |hit: &Match| folded.is_edge(hit.end()) && folded.is_edge(hit.start());
        let mut longest: BTreeMap<usize, (usize, PatternID)> = BTreeMap::new();
        for hit in self.terms.finder.find_overlapping_iter(&folded.text).filter(whole) {
            let (end, pattern) = longest.entry(hit.start()).or_insert((hit.end(), hit.pattern()));
            if hit.end() > *end || hit.end() == *end && hit.pattern() < *pattern {
                (*end, *pattern) = (hit.end(), hit.pattern());
            }
        }
        let mut last_end = 0;
        for (start, (end, pattern)) in longest {
            if start < last_end {
                continue;
            }
            last_end = end;
            let at = pattern.as_usize();
            let id = self.terms.ids[at].as_str();
            if ChapterId::from(self.terms.teachers[at]) < self.reader && self.used.insert(id) {
                let range = folded.starts[start]..folded.starts[end];
                found.push(Use { range, url: format!("{}#{id}", self.terms.url), term: self.terms.views.get(id) });
            }
        }
        found
    }
}

/// A text in which two spellings of one word are the same: lower case, letters taken apart from
/// their marks, one space for any white space.
#[derive(Debug)]
struct Folded {
    text: String,
    /// By byte of that text, and for its end, where the character begins in the original.
    starts: Vec<usize>,
}

impl Folded {
    fn new(original: &str) -> Self {
        let mut folded = Folded { text: String::with_capacity(original.len()), starts: Vec::new() };
        for (at, c) in original.char_indices() {
            if c.is_whitespace() {
                if !folded.text.ends_with(' ') {
                    folded.push(' ', at);
                }
                continue;
            }
            for c in c.to_lowercase() {
                // The same letter at the end of a word.
                let c = if c == 'ς' { 'σ' } else { c };
                decompose_canonical(c, |c| folded.push(c, at));
            }
        }
        folded.starts.push(original.len());
        folded
    }

    fn push(&mut self, c: char, start: usize) {
        self.text.push(c);
        self.starts.resize(self.text.len(), start);
    }

    /// Whether a word may begin or end at a byte.
    fn is_edge(&self, at: usize) -> bool {
        let (before, after) = self.text.split_at(at);
        let (Some(before), Some(after)) = (before.chars().next_back(), after.chars().next()) else { return true };
        // Chinese and Japanese are written without spaces; a word in katakana is a run of them.
        let is_joined = !(is_dense(before) || is_dense(after)) || (is_katakana(before) && is_katakana(after));
        !(is_combining_mark(after) || (is_joined && is_word(before) && is_word(after)))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-') || is_combining_mark(c)
}

/// Han, hiragana and katakana.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30a0}'..='\u{30ff}')
}
