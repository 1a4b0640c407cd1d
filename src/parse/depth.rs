//! How deep quotes, lists and whatever else of Markdown stand in one another.
//!
//! In: Markdown as typed. Out: where it goes deeper than any text does. A parser of CommonMark looks at each
//! quote and list that is open again at each line, so that the depth is what a line costs.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};
use crate::text::source::Span;

/// How many elements of Markdown may stand in one another. Browsers go no deeper than 512 of HTML's.
pub const MOST_DEEP: usize = 250;

/// The first mark of a quote or an item that has [`MOST_DEEP`] others before it in its line. Code is looked at
/// as well: only a parser would know it, and it would have to be asked first.
pub fn beyond_marks(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // Each mark takes a byte at least.
        if line.len() > MOST_DEEP
            && let Some(mark) = beyond(line)
        {
            return Some(start + mark..start + mark + 1);
        }
        start += line.len();
    }
    None
}

fn beyond(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut marks = 0;
    let mut at = 0;
    loop {
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let length = mark(&bytes[at..])?;
        if marks == MOST_DEEP {
            return (!is_break(line)).then_some(at);
        }
        marks += 1;
        at += length;
    }
}

/// The length of the mark of a quote or an item at the start of a text (CommonMark 0.31, §5.1 and §5.2).
fn mark(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let length = match bytes.get(digits)? {
        b'>' if digits == 0 => return Some(1),
        b'-' | b'+' | b'*' if digits == 0 => 1,
        b'.' | b')' if digits > 0 => digits + 1,
        _ => return None,
    };
    matches!(bytes.get(length), None | Some(b' ' | b'\t' | b'\r' | b'\n')).then_some(length)
}

/// Whether a line is a thematic break, however long (CommonMark 0.31, §4.1).
fn is_break(line: &str) -> bool {
    let mut marks = line.bytes().filter(|byte| !byte.is_ascii_whitespace());
    marks.next().is_some_and(|first| matches!(first, b'-' | b'*') && marks.all(|mark| mark == first))
}

/// What is said of such a place.
pub fn too_deep(span: Span) -> Diagnostic {
    let message = format!("quotes, lists or words stand more than {MOST_DEEP} deep in one another");
    Diagnostic::new(Code::TooDeep, span, message).help("take some of its marks out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_in_one_line() {
        for mark in [">", "> ", "- ", "+ ", "12) ", ">\t* ", "1. > "] {
            let of_one = mark.split_whitespace().count();
            let fine = mark.repeat(MOST_DEEP / of_one);
            assert_eq!(beyond_marks(&format!("a\n{fine}x\n")), None, "{mark}");
            let deep = beyond_marks(&format!("é\n{fine}{mark}x\n"));
            assert_eq!(deep, Some(3 + fine.len()..4 + fine.len()), "{mark}");
        }
        for line in ["- ".repeat(400), "*".repeat(400), format!("a {}", "> ".repeat(400)), "1".repeat(400)] {
            assert_eq!(beyond_marks(&line), None, "{line}");
        }
    }
}
