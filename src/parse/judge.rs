//! What in a text pulldown-cmark must not take for its own.
//!
//! In: Markdown as typed. Out: its guards: colons and braces that whole lines speak of, and what `boxes`, `wholes`
//! and `money` find.

use super::guard::{BRACE, COLON, DOLLAR, DOLLAR_IN_TEXT, Guard, Guarded};
use super::{boxes, money, wholes};
use crate::settings::config::Boxes;

/// A text that stands for itself, such as a line of inline Markdown.
pub fn judged(typed: &str) -> Guarded<'_> {
    Guarded::new(typed, &judge(typed, &Boxes::default()))
}

/// What in a text the parser mustn't see, ascending.
pub fn judge(typed: &str, kinds: &Boxes) -> Vec<Guard> {
    let mut guards = lines(typed);
    let heads = boxes::find(typed, &Guarded::new(typed, &guards), kinds);
    if !heads.is_empty() {
        guards.extend(heads);
        guards.sort_by_key(|guard| guard.at);
        guards.dedup_by_key(|guard| guard.at);
    }
    if wholes::may_be_in(typed) {
        guards.extend(wholes::find(typed, &Guarded::new(typed, &guards)));
        guards.sort_by_key(|guard| guard.at);
        guards.dedup_by_key(|guard| guard.at);
    }
    if typed.contains('$') {
        let money = money::find(typed, Guarded::new(typed, &guards).as_parsed());
        let sign = |in_text| if in_text { DOLLAR_IN_TEXT } else { DOLLAR };
        guards.extend(money.into_iter().map(|money| Guard { at: money.at, sign: sign(money.in_text) }));
        guards.sort_by_key(|guard| guard.at);
    }
    guards
}

/// What whole lines say. A definition's colon has a space behind it: `:::` opens a container in other
/// tools, and a code span may be broken before `:user`. Braces at the end of a heading hold attributes
/// or words.
fn lines(text: &str) -> Vec<Guard> {
    let mut guards = Vec::new();
    if !text.contains([':', '}']) {
        return guards;
    }
    let mut start = 0;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let words = line.trim_start_matches([' ', '\t', '>']);
        let begins = words.strip_prefix(':').is_some_and(|rest| !rest.starts_with([' ', '\t', '\n', '\r']));
        // The row below a table's head begins with `:-` as well.
        let is_row = || words.starts_with(":-") && words.trim_end().bytes().all(|byte| b":-| \t".contains(&byte));
        if begins && !is_row() {
            guards.push(Guard { at: start + line.len() - words.len(), sign: COLON });
        }
        let mut is_heading = || is_atx(words) || lines.peek().is_some_and(|next| is_underline(next));
        if line.trim_end_matches(['#', ' ', '\t', '\r', '\n']).ends_with('}') && is_heading() {
            guards.extend(words_in_braces(line).map(|at| Guard { at: start + at, sign: BRACE }));
        }
        start += line.len();
    }
    guards
}

/// Whether a line is a heading (CommonMark 0.31, §4.2), also one in an item of a list.
fn is_atx(line: &str) -> bool {
    let marks = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '\t' | '>' | '-' | '+' | '*' | '.' | ')');
    line.trim_start_matches(marks).starts_with('#')
}

/// Whether a line makes a heading of the one above (CommonMark 0.31, §4.3).
fn is_underline(line: &str) -> bool {
    let marks = line.trim_matches([' ', '\t', '>', '\r', '\n']);
    !marks.is_empty() && (marks.bytes().all(|byte| byte == b'=') || marks.bytes().all(|byte| byte == b'-'))
}

/// Where the last braces of a heading open that hold words, and no `#id`, `.class` or `key=value`.
fn words_in_braces(heading: &str) -> Option<usize> {
    let end = heading.rfind('}')?;
    // What the parser takes for the inside of braces.
    let open = heading[..end].rfind(['{', '}', '<', '>', '\\'])?;
    let inside = &heading[open + 1..end];
    let are_attributes = !inside.trim().is_empty() && inside.split_ascii_whitespace().all(is_attribute);
    (heading[open..].starts_with('{') && !are_attributes).then_some(open)
}

fn is_attribute(typed: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| !c.is_ascii_punctuation() || matches!(c, '-' | '_' | '.' | ':'))
    };
    match typed.split_once('=') {
        Some((key, value)) => is_name(key) && !value.is_empty() && !value.ends_with([',', ';']),
        None => typed.strip_prefix(['#', '.']).is_some_and(is_name),
    }
}
