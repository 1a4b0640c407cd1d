//! What two texts have changed of a third, line by line.
//!
//! In: a text as it was, and as two have it now. Out: one with the changes of both, or where both changed the same lines.
//! Line ends, a mark at the start and a last line without an end stay as the first of the two has them.

use std::borrow::Cow;
use std::ops::Range;

use similar::{MergeResolution, TextMerge};

/// Lines that both changed, counted from 0, in each of the two texts; empty where they were, if they are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub ours: Range<usize>,
    pub theirs: Range<usize>,
}

const MARK: char = '\u{feff}';

/// `ours` with what `theirs` changed of `base`.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Result<String, Vec<Conflict>> {
    let crlf = ends_with_crlf(ours);
    let [old, own, new] = [base, ours, theirs].map(|text| prepared(text, crlf));
    let merge = TextMerge::from_lines(&*old, &*own, &*new);
    if merge.is_conflicted() {
        let conflicts = merge.regions().iter().filter(|region| region.resolution() == MergeResolution::Conflict);
        return Err(conflicts
            .map(|region| Conflict { ours: region.ours_range(), theirs: region.theirs_range() })
            .collect());
    }
    let mut merged = merge.to_string();
    let is_ended = |text: &str| text.is_empty() || text.ends_with('\n');
    let ended = if is_ended(base) == is_ended(theirs) { is_ended(ours) } else { is_ended(theirs) };
    if !ended {
        let end = if merged.ends_with("\r\n") { 2 } else { 1 };
        merged.truncate(merged.len().saturating_sub(end));
    }
    if ours.starts_with(MARK) {
        merged.insert(0, MARK);
    }
    Ok(merged)
}

/// Whether each line ends as DOS has it, or each as Unix has it; nothing where some do.
fn ends_with_crlf(text: &str) -> Option<bool> {
    let (all, dos) = (text.matches('\n').count(), text.matches("\r\n").count());
    if all == dos { Some(all > 0) } else { (dos == 0).then_some(false) }
}

/// A text without a mark, with line ends as wanted, if it has one kind of them, and one after its last line.
fn prepared(text: &str, crlf: Option<bool>) -> Cow<'_, str> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let mut text = match (ends_with_crlf(text), crlf) {
        (Some(true), Some(false)) => Cow::Owned(text.replace("\r\n", "\n")),
        (Some(false), Some(true)) => Cow::Owned(text.replace('\n', "\r\n")),
        _ => Cow::Borrowed(text),
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.to_mut().push_str(if crlf == Some(true) { "\r\n" } else { "\n" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_changed_is_in_one() {
        for (base, ours, theirs, merged) in [
            ("a\nb\nc\n", "a\nb\nc\nd\n", "A\nb\nc\n", "A\nb\nc\nd\n"),
            ("a\nb\nc\n", "x\na\nb\nc\n", "a\nb\n", "x\na\nb\n"),
            // Line ends, the mark and the end of the last line are as ours.
            ("a\nb\nc\n", "a\r\nb\r\nc\r\nd\r\n", "A\nb\nc\n", "A\r\nb\r\nc\r\nd\r\n"),
            ("a\r\nb\r\nc\r\n", "a\nb\nc\nd", "A\r\nb\r\nc\r\n", "A\nb\nc\nd"),
            ("a\nb\nc", "a\nb\nc\nd\n", "A\nb\nc", "A\nb\nc\nd\n"),
            ("a\nb\nc\n", "\u{feff}z\na\nb\nc\n", "a\nb\nC\n", "\u{feff}z\na\nb\nC\n"),
            // Whoever changed the end of the last line meant it.
            ("a\nb\n", "z\na\nb\n", "a\nb", "z\na\nb"),
            ("a\nb", "z\na\nb", "a\nb\n", "z\na\nb\n"),
            // Both the same.
            ("a\n", "b\n", "b\n", "b\n"),
            ("a\r\nb\nc\nd\n", "a\r\nb\nc\nD\n", "A\nb\nc\nd\n", "A\nb\nc\nD\n"),
        ] {
            assert_eq!(merge(base, ours, theirs), Ok(merged.into()), "{base:?} {ours:?} {theirs:?}");
        }
    }

    #[test]
    fn what_both_changed_otherwise_is_told() {
        let conflicts = merge("a\nb\nc\nd\ne\n", "a\nx\ny\nc\nd\n", "0\na\nz\nc\nd\nE\n").expect_err("a conflict");
        assert_eq!(conflicts, [Conflict { ours: 1..3, theirs: 2..3 }, Conflict { ours: 5..5, theirs: 5..6 }]);
    }
}
