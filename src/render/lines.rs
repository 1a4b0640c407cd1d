//! The lines of inline Markdown in an article's blocks, each read once for all that is written of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::parse::block::Inline;
use crate::parse::guard::Guarded;
use crate::parse::inline::one_line;
use crate::parse::judge::judged;
use crate::parse::tree::{self, Tree};
use crate::text::punctuation::Punctuation;
use crate::text::source::Span;

/// Lines as their trees borrow them.
#[derive(Debug)]
pub struct LineTexts<'a>(Vec<(Span, Cow<'a, str>)>);

/// What keeps dollar signs and the like in lines.
#[derive(Debug)]
pub struct GuardedLines<'a>(Vec<(Span, Guarded<'a>)>);

/// The trees of lines, by their places.
#[derive(Debug, Default)]
pub struct Lines<'a>(BTreeMap<Span, Tree<'a>>);

impl<'a> LineTexts<'a> {
    pub fn of(lines: impl IntoIterator<Item = &'a Inline>) -> Self {
        LineTexts(lines.into_iter().map(|line| (line.span, one_line(&line.text))).collect())
    }

    pub fn guarded(&self) -> GuardedLines<'_> {
        GuardedLines(self.0.iter().map(|(span, line)| (*span, judged(line))).collect())
    }
}

impl GuardedLines<'_> {
    pub fn read(&self, punctuation: Punctuation) -> Lines<'_> {
        Lines(self.0.iter().map(|(span, line)| (*span, tree::line(line, punctuation))).collect())
    }
}

impl<'a> Lines<'a> {
    pub fn get(&self, line: &Inline) -> Option<&Tree<'a>> {
        self.0.get(&line.span)
    }
}
