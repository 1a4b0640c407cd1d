//! Where the text of an article stands in its source.

use std::ops::Range;

use pulldown_cmark::CowStr;

use crate::settings::data::Excerpt;
use crate::text::source::{SourceId, Span};

/// The source of a text, and the byte at which it begins there.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub source: SourceId,
    pub base: usize,
}

impl Places {
    pub fn span(self, range: Range<usize>) -> Span {
        Span::new(self.source, self.base + range.start..self.base + range.end)
    }

    /// Where a span of the source stands in the text.
    pub fn range(self, span: Span) -> Range<usize> {
        let Range { start, end } = span.range();
        start.saturating_sub(self.base)..end.saturating_sub(self.base)
    }

    /// Lines of the text that were taken out of what stands around them.
    pub fn excerpt<'l>(self, lines: &'l [(CowStr<'_>, usize)], end: usize) -> Excerpt<'l> {
        let pieces = lines.iter().map(|(line, at)| (line.as_ref(), self.base + at));
        Excerpt::joined(pieces, self.source, self.base + end)
    }
}
