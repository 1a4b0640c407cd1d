//! A piece of a source that is read by itself, and the way back from its bytes to the source's.

use std::borrow::Cow;
use std::ops::Range;

use crate::text::source::{SourceId, Span};

/// A text cut out of a source, which may have lost the indentation of its lines on the way.
#[derive(Debug, Clone)]
pub struct Excerpt<'a> {
    pub text: Cow<'a, str>,
    source: SourceId,
    /// Where pieces of the text begin: (offset in the text, offset in the source), ascending.
    pieces: Vec<(usize, usize)>,
}

impl<'a> Excerpt<'a> {
    /// A text that stands in its source as it is, from a byte offset on.
    pub fn whole(text: &'a str, source: SourceId, start: usize) -> Self {
        Excerpt { text: text.into(), source, pieces: vec![(0, start)] }
    }

    /// A text put together of pieces, each with its byte offset in the source.
    pub fn joined(pieces: impl IntoIterator<Item = (&'a str, usize)>, source: SourceId, start: usize) -> Self {
        let mut text = String::new();
        let mut map = Vec::new();
        for (piece, at) in pieces {
            map.push((text.len(), at));
            text.push_str(piece);
        }
        if map.is_empty() {
            map.push((0, start));
        }
        Excerpt { text: text.into(), source, pieces: map }
    }

    /// The place in the source of a range of this text.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.offset(range.start);
        // The end belongs to the piece of the last byte, not to the one that begins after it.
        let end = if range.end > range.start { self.offset(range.end - 1) + 1 } else { start };
        Span::new(self.source, start..end)
    }

    /// What stands before a byte of this text.
    pub fn before(&self, end: usize) -> Excerpt<'_> {
        Excerpt { text: self.text[..end].into(), source: self.source, pieces: self.pieces.clone() }
    }

    fn offset(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(text, _)| *text <= at).saturating_sub(1);
        let (text, source) = self.pieces[piece];
        source + (at - text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::{Source, Sources};

    #[test]
    fn places_survive_lost_indentation() {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("a.md", "- x\n\n      a = 1\n      b = 2\n"));
        let pieces = [("a = 1\n", 11), ("b = 2\n", 23)];
        let excerpt = Excerpt::joined(pieces, id, 11);
        assert_eq!(&sources.text(id)[excerpt.span(6..7).range()], "b");
        assert_eq!(&sources.text(id)[excerpt.span(4..5).range()], "1");
    }
}
