//! A piece of a text, by its lines or by an anchor.
//!
//! In: the text of a file. Out: its lines but for those that mark anchors, which are never shown, and where a piece
//! begins and ends. An anchor is what stands between a line with `ANCHOR: name` and one with `ANCHOR_END: name`, as
//! mdBook has it; another may lie within it, and none crosses its ends.

use std::ops::Range;

use crate::diagnostic::{count, did_you_mean, quote};

/// The lines of a text.
#[derive(Debug)]
pub struct Lines<'t> {
    /// Those that can be shown, with their numbers from 1.
    pub all: Vec<(u32, &'t str)>,
    marks: Vec<Mark<'t>>,
    /// How many there are, marks among them.
    total: u32,
}

/// A line that marks where an anchor begins or ends.
#[derive(Debug, Clone, Copy)]
struct Mark<'t> {
    line: u32,
    name: &'t str,
    ends: bool,
}

/// Why there is no such piece, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct NoPiece {
    pub message: String,
    pub help: Option<String>,
}

fn no_piece<T>(message: String, help: Option<String>) -> Result<T, NoPiece> {
    Err(NoPiece { message, help })
}

impl<'t> Lines<'t> {
    pub fn of(text: &'t str) -> Lines<'t> {
        let mut lines = Lines { all: Vec::new(), marks: Vec::new(), total: 0 };
        for (line, text) in (1..).zip(text.lines()) {
            lines.total = line;
            match mark(text) {
                Some((name, ends)) => lines.marks.push(Mark { line, name, ends }),
                None => lines.all.push((line, text)),
            }
        }
        lines
    }

    /// Those that are not hidden, with their numbers.
    pub fn but_for(&self, hides: &impl Fn(&str) -> bool) -> (Vec<u32>, Vec<&'t str>) {
        self.all.iter().filter(|(_, line)| !hides(line)).copied().unzip()
    }

    /// The numbers of the lines of an anchor.
    pub fn anchor(&self, name: &str) -> Result<Range<u32>, NoPiece> {
        let of = |ends| {
            let marks: Vec<u32> =
                self.marks.iter().filter(|mark| mark.name == name && mark.ends == ends).map(|mark| mark.line).collect();
            marks
        };
        let (begins, ends) = (of(false), of(true));
        let what = quote(name);
        match (begins.as_slice(), ends.as_slice()) {
            ([], []) => {
                let near = did_you_mean(name, self.marks.iter().map(|mark| mark.name));
                let help = near
                    .unwrap_or_else(|| format!("mark it with a line `ANCHOR: {name}` and one `ANCHOR_END: {name}`"));
                no_piece(format!("no line marks the anchor {what}"), Some(help))
            }
            ([], [end, ..]) => no_piece(format!("the anchor {what} ends on line {end}, and begins nowhere"), None),
            ([begin, ..], []) => no_piece(format!("the anchor {what} begins on line {begin}, and ends nowhere"), None),
            ([first, second, ..], _) => {
                no_piece(format!("the anchor {what} begins twice, on lines {first} and {second}"), None)
            }
            (_, [first, second, ..]) => {
                no_piece(format!("the anchor {what} ends twice, on lines {first} and {second}"), None)
            }
            ([begin], [end]) if end < begin => {
                no_piece(format!("the anchor {what} ends on line {end}, before it begins on line {begin}"), None)
            }
            ([begin], [end]) => match self.crossing(*begin..*end) {
                Some(other) => no_piece(
                    format!("the anchors {what} and {} overlap", quote(other)),
                    Some("let one lie within the other".into()),
                ),
                None => Ok(begin + 1..*end),
            },
        }
    }

    /// An anchor that has one end within some lines and the other elsewhere.
    fn crossing(&self, lines: Range<u32>) -> Option<&'t str> {
        let within = self.marks.iter().filter(|mark| lines.start < mark.line && mark.line < lines.end);
        let is_alone = |mark: &&Mark<'_>| {
            let partner = |other: &&Mark<'_>| other.name == mark.name && other.ends != mark.ends;
            self.marks.iter().find(partner).is_some_and(|other| !lines.contains(&other.line))
        };
        within.into_iter().find(is_alone).map(|mark| mark.name)
    }

    /// Some lines by their numbers, as far as they are there.
    pub fn range(&self, lines: &std::ops::RangeInclusive<u32>) -> Result<Range<u32>, NoPiece> {
        if *lines.end() > self.total {
            let has = count(self.total as usize, "line");
            return no_piece(
                format!("the file has {has}"),
                Some("lines count from 1, those that mark anchors too".into()),
            );
        }
        Ok(*lines.start()..lines.end() + 1)
    }
}

/// The anchor that a line marks, and whether it ends it.
fn mark(line: &str) -> Option<(&str, bool)> {
    let (at, ends) = match (line.find("ANCHOR:"), line.find("ANCHOR_END:")) {
        (_, Some(at)) => (at + "ANCHOR_END:".len(), true),
        (Some(at), None) => (at + "ANCHOR:".len(), false),
        (None, None) => return None,
    };
    let name = line[at..].trim_start();
    let end = name.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(name.len());
    // The end of a comment of HTML is no part of it.
    let name = name[..end].trim_end_matches('-');
    (!name.is_empty()).then_some((name, ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors() {
        let text = "a\n// ANCHOR: one\nb\n<!--ANCHOR:two-->\nc\n# ANCHOR_END: two\n// ANCHOR_END: one\n";
        let lines = Lines::of(text);
        assert_eq!(lines.all, [(1, "a"), (3, "b"), (5, "c")]);
        assert_eq!(lines.anchor("one"), Ok(3..7));
        assert_eq!(lines.anchor("two"), Ok(5..6));
        for (text, message) in [
            ("x", "no line marks the anchor `one`"),
            ("ANCHOR: one", "the anchor `one` begins on line 1, and ends nowhere"),
            ("x\nANCHOR_END: one", "the anchor `one` ends on line 2, and begins nowhere"),
            ("ANCHOR_END: one\nANCHOR: one", "the anchor `one` ends on line 1, before it begins on line 2"),
            ("ANCHOR: one\nANCHOR: one\nANCHOR_END: one", "the anchor `one` begins twice, on lines 1 and 2"),
            ("ANCHOR: one\nANCHOR_END: one\nANCHOR_END: one", "the anchor `one` ends twice, on lines 2 and 3"),
            ("ANCHOR: one\nANCHOR: two\nANCHOR_END: one\nANCHOR_END: two", "the anchors `one` and `two` overlap"),
            ("ANCHOR: two\nANCHOR: one\nANCHOR_END: two\nANCHOR_END: one", "the anchors `one` and `two` overlap"),
        ] {
            assert_eq!(Lines::of(text).anchor("one").map_err(|no| no.message), Err(message.to_string()), "{text}");
        }
        assert_eq!(
            Lines::of("ANCHOR: two").anchor("twO").map_err(|no| no.help),
            Err(Some("did you mean `two`?".into()))
        );
    }

    #[test]
    fn lines_by_number() {
        let lines = Lines::of("a\nb\n");
        assert_eq!(lines.range(&(1..=2)), Ok(1..3));
        assert_eq!(lines.range(&(2..=3)).map_err(|no| no.message), Err("the file has 2 lines".into()));
    }
}
