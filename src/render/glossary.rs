//! Glossary terms in an article's text.
//!
//! In: a series' glossary and a part. Out: for each run of text, where a term is used for the
//! first time, with the address to link it to.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Match, MatchKind};

use crate::config::BaseUrl;
use crate::series::{Series, State};

/// The written forms of a series' terms, ready to be looked for.
#[derive(Debug)]
pub struct Terms {
    finder: AhoCorasick,
    /// By pattern, the term's id.
    ids: Vec<String>,
    /// By pattern, the index of the part that teaches it.
    teachers: Vec<usize>,
    /// The glossary's URL.
    url: String,
}

/// Prepares a glossary; `None` when the series has none or it has nothing to link.
pub fn terms(series: &Series, base: &BaseUrl) -> Option<Terms> {
    let glossary = series.glossary.as_ref()?;
    let (mut patterns, mut ids, mut teachers) = (Vec::new(), Vec::new(), Vec::new());
    for (id, term) in &glossary.terms {
        let Some(teacher) = series.teachers.get(id).copied() else { continue };
        if series.parts[teacher].state != State::Out {
            continue;
        }
        for form in std::iter::once(&term.name).chain(&term.forms) {
            // Any case of ASCII letters is found by the automaton, of others by their two forms.
            let mut capital = form.chars();
            let capital: String = capital.next().into_iter().flat_map(char::to_uppercase).chain(capital).collect();
            for pattern in BTreeSet::from([form.clone(), form.to_lowercase(), capital]) {
                patterns.push(pattern);
                ids.push(id.clone());
                teachers.push(teacher);
            }
        }
    }
    let finder =
        AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&patterns).ok()?;
    let url = base.rooted(&format!("{}/glossary/", series.plan.id));
    (!patterns.is_empty()).then_some(Terms { finder, ids, teachers, url })
}

/// The terms that one part may still link: those that an earlier part taught, once each.
#[derive(Debug)]
pub struct TermLinks<'a> {
    terms: &'a Terms,
    part: usize,
    used: BTreeSet<&'a str>,
}

impl<'a> TermLinks<'a> {
    pub fn new(terms: &'a Terms, part: usize) -> Self {
        TermLinks { terms, part, used: BTreeSet::new() }
    }

    /// The first uses in a text: byte ranges, ascending, each with its URL.
    pub fn find(&mut self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        // All hits, since the longest one at a place need not be whole words where a shorter one is:
        // "AI agent" and "AI" in "AI agents".
        let whole = |hit: &Match| !text[..hit.start()].ends_with(is_word) && !text[hit.end()..].starts_with(is_word);
        let mut hits: Vec<Match> = self.terms.finder.find_overlapping_iter(text).filter(whole).collect();
        hits.sort_unstable_by_key(|hit| (hit.start(), Reverse(hit.end()), hit.pattern()));
        let mut end = 0;
        for hit in hits {
            if hit.start() < end {
                continue;
            }
            end = hit.end();
            let at = hit.pattern().as_usize();
            let id = self.terms.ids[at].as_str();
            if self.terms.teachers[at] < self.part && self.used.insert(id) {
                found.push((hit.range(), format!("{}#{id}", self.terms.url)));
            }
        }
        found
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}
