//! A text on its way here, which knows for each of its words where they were typed.
//!
//! In: the text of a file, and edits of it. Out: another text with the same knowledge, so that what one
//! pass leaves as typed can be told with its file and line after every other pass.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Where something was typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path below the source folder.
    pub file: Arc<str>,
    /// From 1; 0 for a file as a whole.
    pub line: usize,
}

impl Place {
    /// A file as a whole.
    pub fn whole(file: &str) -> Place {
        Place { file: file.into(), line: 0 }
    }
}

/// A text with the places of its words.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub text: String,
    /// From these offsets on, lines count from these places. Ascending; the first is 0.
    marks: Vec<(usize, Place)>,
    /// Where lines end, once somebody has asked for a place.
    ends: OnceLock<Vec<usize>>,
}

/// What stands in the place of a range of a text.
#[derive(Debug, Clone)]
pub struct Edit {
    pub range: Range<usize>,
    pub with: Typed,
}

impl Edit {
    /// Words of ours, which are told as those that they replace.
    pub fn new(range: Range<usize>, with: impl Into<String>) -> Edit {
        Edit { range, with: Typed { text: with.into(), ..Typed::default() } }
    }
}

impl Typed {
    /// A text of which the first line is that line of a file.
    pub fn new(text: impl Into<String>, file: &Arc<str>, line: usize) -> Typed {
        Typed { text: text.into(), marks: vec![(0, Place { file: Arc::clone(file), line })], ends: OnceLock::new() }
    }

    /// Where a byte was typed.
    pub fn place(&self, offset: usize) -> Place {
        let Some(at) = self.marks.partition_point(|(start, _)| *start <= offset).checked_sub(1) else {
            return Place::whole("");
        };
        let (start, place) = &self.marks[at];
        let ends = self.ends.get_or_init(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).collect());
        let before = |offset: usize| ends.partition_point(|end| *end < offset);
        let lines = before(offset.max(*start)) - before(*start);
        Place { file: Arc::clone(&place.file), line: place.line + lines }
    }

    /// Makes edits, in the order of their ranges; one that begins within another is left out.
    pub fn apply(self, mut edits: Vec<Edit>) -> Typed {
        if edits.is_empty() {
            return self;
        }
        edits.sort_by_key(|edit| edit.range.start);
        let mut made = Typed { text: String::with_capacity(self.text.len()), ..Typed::default() };
        let mut at = 0;
        for Edit { range, with } in edits {
            if range.start < at || range.end > self.text.len() {
                continue;
            }
            made.keep(&self, at..range.start);
            let offset = made.text.len();
            if with.marks.is_empty() {
                made.marks.push((offset, self.place(range.start)));
            }
            made.marks.extend(with.marks.into_iter().map(|(start, place)| (offset + start, place)));
            made.text.push_str(&with.text);
            at = range.end;
        }
        made.keep(&self, at..self.text.len());
        made
    }

    /// Adds a piece of another text with its places.
    fn keep(&mut self, of: &Typed, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let offset = self.text.len();
        self.marks.push((offset, of.place(range.start)));
        let first = of.marks.partition_point(|(start, _)| *start <= range.start);
        let last = of.marks.partition_point(|(start, _)| *start < range.end);
        self.marks
            .extend(of.marks[first..last].iter().map(|(start, place)| (offset + start - range.start, place.clone())));
        self.text.push_str(&of.text[range]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_places() {
        let typed = Typed::new("one\ntwo\nthree\nfour\n", &"a.md".into(), 5);
        let other = Typed::new("x\ny\n", &"b.md".into(), 1);
        let edits = vec![Edit::new(0..8, ""), Edit { range: 8..14, with: other }, Edit::new(9..10, "lost")];
        let made = typed.apply(edits);
        assert_eq!(made.text, "x\ny\nfour\n");
        let place = |offset| {
            let Place { file, line } = made.place(offset);
            format!("{file}:{line}")
        };
        assert_eq!([place(0), place(2), place(4)], ["b.md:1", "b.md:2", "a.md:8"]);
    }
}
