//! What is one thing to a reader and has signs of Markdown in it.
//!
//! In: a text. Out: guards for those signs, as GitHub reads them: a bare address is a link from its
//! first letter to its last, whatever `_`, `*`, `~` and backticks it has; `` $`x`$ `` is a formula;
//! and a note's mark may stand in the words of a link or a picture, which can't hold another link.
//! Whatever begins first goes on to its end.

use std::ops::Range;

use memchr::memmem;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::autolink::autolinks;
use super::dialect::{OPTIONS, is_phrasing};
use super::guard::{ASTERISK, BACKTICK, FORMULA, Guard, Guarded, NOTE, NOTE_END, TILDE, UNDERSCORE};

/// A quick look whether a text could hold one of these; most don't.
pub fn may_be_in(text: &str) -> bool {
    text.contains("$`") || has_signs_in_address(text) || has_note_in_brackets(text)
}

/// Whether a word that could hold an address has signs, also before it: they may belong to another.
fn has_signs_in_address(text: &str) -> bool {
    let bytes = text.as_bytes();
    ["://", "www."].iter().any(|begins| {
        let mut seen = 0;
        memmem::find_iter(bytes, begins).any(|found| {
            if found < seen {
                return false;
            }
            let start = bytes[seen..found].iter().rposition(u8::is_ascii_whitespace).map_or(seen, |at| seen + at);
            seen = bytes[found..].iter().position(u8::is_ascii_whitespace).map_or(bytes.len(), |at| found + at);
            bytes[start..seen].iter().any(|byte| sign(*byte).is_some())
        })
    })
}

/// Whether a note's mark stands in brackets that are open in its paragraph.
fn has_note_in_brackets(text: &str) -> bool {
    if !text.contains("[^") {
        return false;
    }
    let (mut open, mut before) = (0_usize, b'\n');
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' if open > 0 && text.as_bytes().get(at + 1) == Some(&b'^') => return true,
            b'[' => open += 1,
            b']' => open = open.saturating_sub(1),
            b'\n' if before == b'\n' => open = 0,
            _ => {}
        }
        before = byte;
    }
    false
}

/// The guards of a text, of which other guards are known.
pub fn find(typed: &str, text: &Guarded<'_>) -> Vec<Guard> {
    let parser = Parser::new_ext(text.as_parsed(), OPTIONS.difference(Options::ENABLE_MATH));
    let mut guards = Vec::new();
    let mut line: Option<Line> = None;
    let mut in_code = false;
    for (event, range) in parser.into_offset_iter() {
        let is_inline = match &event {
            Event::Start(Tag::CodeBlock(_)) => {
                in_code = true;
                false
            }
            Event::End(TagEnd::CodeBlock) => {
                in_code = false;
                false
            }
            Event::Start(tag) => is_phrasing(&tag.to_end()),
            Event::End(tag) => is_phrasing(tag),
            Event::Text(_) => !in_code,
            Event::Html(_) | Event::Rule => false,
            _ => true,
        };
        if !is_inline {
            guards.extend(line.take().into_iter().flat_map(|line| line.guards(typed)));
            continue;
        }
        let line = line.get_or_insert_with(|| Line { range: range.clone(), wholes: Vec::new(), notes: Vec::new() });
        line.range.end = line.range.end.max(range.end);
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) | Event::InlineHtml(_) => line.wholes.push(range),
            Event::FootnoteReference(_) => line.notes.push(range),
            _ => {}
        }
    }
    guards.extend(line.into_iter().flat_map(|line| line.guards(typed)));
    guards
}

/// The text of one paragraph, heading or cell.
struct Line {
    range: Range<usize>,
    /// Links and tags, in order.
    wholes: Vec<Range<usize>>,
    /// Marks of notes, in order.
    notes: Vec<Range<usize>>,
}

impl Line {
    fn guards(&self, typed: &str) -> Vec<Guard> {
        let bytes = typed.as_bytes();
        let before = typed[..self.range.start].chars().next_back();
        let links = autolinks(&typed[self.range.clone()], before);
        let mut links = links.iter().map(|link| self.range.start + link.range.start..self.range.start + link.range.end);
        let mut link = links.next();
        let mut guards = Vec::new();
        // By each bracket that is open, the notes in it.
        let mut brackets: Vec<Vec<Range<usize>>> = Vec::new();
        let mut at = self.range.start;
        while at < self.range.end {
            while link.as_ref().is_some_and(|link| link.start < at) {
                link = links.next();
            }
            if let Some(link) = link.as_ref().filter(|link| link.start == at) {
                guards.extend(link.clone().filter_map(|at| Some(Guard { at, sign: sign(bytes[at])? })));
                at = link.end;
                continue;
            }
            match bytes[at] {
                b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => at += 2,
                b'`' => at = self.code(bytes, at, &mut guards),
                b'<' | b'[' | b'!' => {
                    if let Some(end) = end_of(&self.wholes, at) {
                        at = end;
                    } else if let Some(end) = end_of(&self.notes, at) {
                        brackets.last_mut().into_iter().for_each(|notes| notes.push(at..end));
                        at = end;
                    } else {
                        if bytes[at] == b'[' {
                            brackets.push(Vec::new());
                        }
                        at += 1;
                    }
                }
                b']' => {
                    let notes = brackets.pop().unwrap_or_default();
                    if matches!(bytes.get(at + 1), Some(b'(' | b'[')) {
                        guards.extend(notes.into_iter().flat_map(|note| {
                            [Guard { at: note.start, sign: NOTE }, Guard { at: note.end - 1, sign: NOTE_END }]
                        }));
                    } else if let Some(outer) = brackets.last_mut() {
                        outer.extend(notes);
                    }
                    at += 1;
                }
                _ => at += 1,
            }
        }
        guards
    }

    /// The end of what begins with a backtick: a code span, or a formula of GitHub's.
    fn code(&self, bytes: &[u8], start: usize, guards: &mut Vec<Guard>) -> usize {
        let length = run(bytes, start);
        let line = &bytes[..self.range.end];
        let is_formula = length == 1 && start > self.range.start && bytes[start - 1] == b'$';
        let mut at = start + length;
        while let Some(found) = memchr::memchr(b'`', &line[at..]) {
            let end = at + found;
            let closing = run(bytes, end);
            if is_formula && closing == 1 && bytes.get(end + 1) == Some(&b'$') {
                guards.extend([start, end].map(|at| Guard { at, sign: FORMULA }));
                return end + 1;
            }
            at = end + closing;
            if closing == length {
                return at;
            }
        }
        start + length
    }
}

/// Where one of some ranges ends that begins at a place.
fn end_of(ranges: &[Range<usize>], start: usize) -> Option<usize> {
    let at = ranges.binary_search_by_key(&start, |range| range.start).ok()?;
    Some(ranges[at].end)
}

/// How many backticks stand in a row.
fn run(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().take_while(|byte| **byte == b'`').count()
}

fn sign(byte: u8) -> Option<&'static str> {
    match byte {
        b'_' => Some(UNDERSCORE),
        b'*' => Some(ASTERISK),
        b'~' => Some(TILDE),
        b'`' => Some(BACKTICK),
        _ => None,
    }
}
