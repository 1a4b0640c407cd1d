//! Boxes: quotes that begin with `[!NOTE]`, `[!NOTE] A title` or `[!NOTE]- A title`.
//!
//! In: a text, and the kinds of boxes that its site has. Out: guards under which the head of each box, its
//! kind and its title, is a heading to the parser: a line of its own, whatever follows. The tree takes it for
//! the title of the box. pulldown-cmark knows GitHub's kinds alone, and no titles.

use std::ops::Range;

use memchr::memmem;
use pulldown_cmark::{Event, Parser, Tag};

use super::dialect::OPTIONS;
use super::guard::{BRACE, Guard, Guarded, HASH};
use crate::settings::config::Boxes;

/// The head of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'t> {
    /// As it was typed.
    pub kind: &'t str,
    /// Whether a reader has to open the box.
    pub is_folded: bool,
    /// How many bytes it takes, without the title.
    pub length: usize,
}

/// What a head is to the parser: a heading, as long as the longest kind asks for.
const HEADING: &str = concat!(
    "#",
    "                                                            ",
    "                                                            "
);

/// The head that a text begins with: a kind in brackets, and nothing but a title behind it in its line.
pub fn head(text: &str) -> Option<Head<'_>> {
    let kind = kind(text)?;
    let after = &text["[!".len() + kind.len() + "]".len()..];
    let rest = after.strip_prefix('-').unwrap_or(after);
    let length = text.len() - rest.len();
    let ends = rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']);
    (ends && length <= HEADING.len()).then_some(Head { kind, is_folded: rest.len() < after.len(), length })
}

/// The word in the brackets that a text begins with, where these are no link.
pub fn kind(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("[!")?;
    let end = inner.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_'))?;
    let rest = inner[end..].strip_prefix(']')?;
    (end > 0 && !rest.starts_with(['(', '[', ':'])).then_some(&inner[..end])
}

/// Where the words of a quote begin that stands at a place: behind its mark and the spaces there.
pub fn inside(text: &str, quote: usize) -> usize {
    let rest = text[quote..].strip_prefix('>').unwrap_or(&text[quote..]);
    text.len() - rest.trim_start_matches([' ', '\t']).len()
}

/// The guards of a text, of which other guards are known.
pub fn find(typed: &str, text: &Guarded<'_>, boxes: &Boxes) -> Vec<Guard> {
    if !memmem::find_iter(typed.as_bytes(), "[!").any(|at| begins_quote(&typed[..at])) {
        return Vec::new();
    }
    let mut guards = Vec::new();
    for (event, range) in Parser::new_ext(text.as_parsed(), OPTIONS).into_offset_iter() {
        let Event::Start(Tag::BlockQuote(_)) = event else { continue };
        let start = inside(typed, range.start);
        let Some(head) = typed.get(start..).and_then(head) else { continue };
        // More is code (CommonMark 0.31, §4.4).
        let is_code = start - range.start > ">    ".len();
        if !is_code && boxes.ids().any(|id| head.kind.to_lowercase() == id) {
            guards.push(Guard { at: start, sign: &HEADING[..head.length] });
            guards.extend(in_title(typed, start + head.length));
        }
    }
    guards
}

/// A quick look whether a quote may begin where a text ends.
fn begins_quote(before: &str) -> bool {
    before.trim_end_matches([' ', '\t']).ends_with('>')
}

/// What a title may end with that the parser would take for the end of a heading (CommonMark 0.31, §4.2), or
/// for its attributes.
fn in_title(text: &str, start: usize) -> Option<Guard> {
    let Range { start, end } = start..text[start..].find('\n').map_or(text.len(), |end| start + end);
    let title = text[start..end].trim_end();
    let last = start + title.len().checked_sub(1)?;
    match title.chars().next_back()? {
        '#' => Some(Guard { at: last, sign: HASH }),
        '}' => Some(Guard { at: start + title.rfind('{')?, sign: BRACE }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_found() {
        let head = |text| head(text).map(|head| (head.kind, head.is_folded, head.length));
        assert_eq!(head("[!NOTE]"), Some(("NOTE", false, 7)));
        assert_eq!(head("[!övning]- A title\nmore"), Some(("övning", true, 11)));
        for text in ["[!NOTE](a.md)", "[!NOTE]: a.md", "[!NOTE]x", "[!]", "[!a b]", "[NOTE]"] {
            assert_eq!(head(text), None, "{text}");
        }
    }
}
