//! What was likely meant where a text is no TOML.
//!
//! In: the text, and where its parser stumbled and why. Out: a better place, words and a remedy, where
//! one is known. Reads nothing else.

use std::ops::Range;

use super::tree::Syntax;
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::text::date;
use crate::text::source::Span;

/// A mistake in TOML as it is told.
#[derive(Debug)]
pub struct Slip {
    pub range: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// What a mistake is told as.
pub fn slip(text: &str, at: Range<usize>, message: String) -> Slip {
    const KNOWN: [fn(&Line<'_>) -> Option<Told>; 11] = [
        repeated_table,
        repeated_key,
        foreign_date,
        open_list,
        open_text,
        missing_comma,
        curly_quotes,
        inner_quote,
        backslash,
        colon,
        bare_text,
    ];
    let told = Line::new(text, at.clone(), &message).and_then(|line| KNOWN.iter().find_map(|known| known(&line)));
    match told {
        Some(told) => {
            Slip { range: told.range.unwrap_or(at), message: told.message.unwrap_or(message), help: Some(told.help) }
        }
        None => Slip { range: at, message, help: None },
    }
}

/// The diagnostic for git's marks of a conflict.
pub fn unfinished_merge(place: Span) -> Diagnostic {
    Diagnostic::new(Code::ConflictMarker, place, "a merge was not finished here")
        .help("keep what is meant of the two texts, and remove the lines of `<<<<<<<`, `=======` and `>>>>>>>`")
}

/// Whether a line begins with a key of its own and its `=`.
pub fn is_assignment(line: &str) -> bool {
    let line = line.lines().next().unwrap_or_default();
    let key = line.split('=').next().unwrap_or_default().trim_end();
    let is_bare = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '"');
    key.len() < line.len() && !key.is_empty() && key.chars().all(is_bare)
}

/// A line with a mistake.
struct Line<'t> {
    text: &'t str,
    /// Where the parser stumbled.
    at: Range<usize>,
    message: &'t str,
    /// Where the line begins.
    start: usize,
    line: &'t str,
    key: &'t str,
    /// Behind the first `=`.
    value: &'t str,
}

/// What is said of a mistake; the parser's own place and words where there are none.
struct Told {
    range: Option<Range<usize>>,
    message: Option<String>,
    help: String,
}

impl Told {
    fn help(help: String) -> Option<Told> {
        Some(Told { range: None, message: None, help })
    }

    fn as_words(message: impl Into<String>, help: String) -> Option<Told> {
        Some(Told { range: None, message: Some(message.into()), help })
    }
}

impl<'t> Line<'t> {
    fn new(text: &'t str, at: Range<usize>, message: &'t str) -> Option<Self> {
        let start = text.get(..at.start)?.rfind('\n').map_or(0, |end| end + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        Some(Line { text, at, message, start, line, key: key.trim(), value: value.trim() })
    }

    /// Up to the mistake.
    fn before(&self) -> &'t str {
        &self.text[self.start..self.at.start]
    }

    /// Where the value stands.
    fn value_range(&self) -> Range<usize> {
        let start =
            self.start + self.line.len() - self.line.split_once('=').map_or("", |(_, value)| value.trim_start()).len();
        start..start + self.value.len()
    }
}

fn repeated_table(line: &Line<'_>) -> Option<Told> {
    if !line.message.contains("duplicate key") || !line.line.starts_with('[') {
        return None;
    }
    let name = line.line.trim_matches(|c: char| matches!(c, '[' | ']') || c.is_whitespace());
    Told::help(format!("if there are several, write each as `[[{name}]]`"))
}

fn repeated_key(line: &Line<'_>) -> Option<Told> {
    if !line.message.contains("duplicate key") || !is_assignment(line.line) {
        return None;
    }
    Told::as_words(format!("the key {} stands twice", quote(line.key)), "keep the one that is meant".into())
}

/// A date as it is written in letters, or without its zeros.
fn foreign_date(line: &Line<'_>) -> Option<Told> {
    if !line.value.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match date::written(line.value) {
        Some(date) => {
            let help = format!("a date is written {}", quote(&Syntax::Toml.line(line.key, &date)));
            let message = Some(format!("{} is no date here", quote(line.value)));
            Some(Told { range: Some(line.value_range()), message, help })
        }
        None if line.message.contains("date") => Told::help("a date is written like `2025-03-01`".into()),
        None => None,
    }
}

fn open_list(line: &Line<'_>) -> Option<Told> {
    let is_next = line.message.contains("missing comma between array elements")
        && line.before().trim().is_empty()
        && is_assignment(line.line);
    is_next.then(|| "does the list above lack its closing `]`?".to_string()).and_then(Told::help)
}

/// A text that runs on to the quote that was to begin the next one.
fn open_text(line: &Line<'_>) -> Option<Told> {
    let typed = line.before().trim_end();
    if !line.message.contains("missing comma") || line.line.matches('"').count().is_multiple_of(2) {
        return None;
    }
    let run_on = typed.strip_suffix('"')?;
    let open = run_on.rfind('"')?;
    let range = Some(line.start + open..line.start + typed.len());
    let words = quote(&run_on[open + 1..]);
    Some(Told { range, message: None, help: format!("does the text that begins with {words} lack its closing quote?") })
}

/// The place is behind what lacks the comma, not at what follows.
fn missing_comma(line: &Line<'_>) -> Option<Told> {
    let in_table = line.message.contains("must be quoted") && line.value.starts_with('{');
    if in_table {
        let help = "put a comma between the keys of a table in braces".to_string();
        return Told::as_words("a comma is missing", help);
    }
    if !line.message.contains("missing comma") {
        return None;
    }
    let before = line.text[..line.at.start].trim_end();
    let last = before.rsplit('\n').next().unwrap_or(before);
    // Behind a comment the comma would be part of it.
    let item = last.rsplit(['[', '{', ',']).next().unwrap_or(last).trim();
    if item.is_empty() || item.contains('#') {
        return None;
    }
    let range = Some(before.len() - item.len()..before.len());
    Some(Told { range, message: Some("a comma is missing".into()), help: format!("write one behind {}", quote(item)) })
}

fn curly_quotes(line: &Line<'_>) -> Option<Told> {
    let inner = line.value.strip_prefix(['“', '”', '„', '«', '‘', '’'])?;
    let inner = inner.trim_end_matches(['“', '”', '»', '‘', '’']);
    let help = format!("write {}", quote(&Syntax::Toml.text(line.key, inner)));
    Told::as_words("a text stands in straight quotes", help)
}

/// A text in single quotes that holds one.
fn inner_quote(line: &Line<'_>) -> Option<Told> {
    let inner = line.value.strip_prefix('\'')?.strip_suffix('\'')?;
    if !inner.contains('\'') || inner.starts_with("''") {
        return None;
    }
    Some(Told {
        range: Some(line.value_range()),
        message: Some("a text in single quotes ends at the next of them".into()),
        help: format!("write {}", quote(&Syntax::Toml.text(line.key, inner))),
    })
}

/// A path of Windows, or another text with a sign that begins an escape.
fn backslash(line: &Line<'_>) -> Option<Told> {
    let inner = line.value.strip_prefix('"')?.strip_suffix('"')?;
    let is_escape = ["escape", "unicode", "hexadecimal"].iter().any(|word| line.message.contains(word));
    if !is_escape || inner.contains('\'') {
        return None;
    }
    let help = format!(
        "in single quotes it is a sign like others: {}",
        quote(&Syntax::Toml.line(line.key, &format!("'{inner}'")))
    );
    Told::as_words("a `\\` in double quotes begins an escape", help)
}

/// `title: A`, as in YAML.
fn colon(line: &Line<'_>) -> Option<Told> {
    let (key, value) = line.line.split_once(':')?;
    if !line.message.contains("unquoted key") || line.start + key.len() != line.at.start {
        return None;
    }
    let value = value.trim().trim_matches(['"', '\'']);
    Told::as_words(
        "a key and its value stand around a `=`",
        format!("write {}", quote(&Syntax::Toml.text(key.trim(), value))),
    )
}

fn bare_text(line: &Line<'_>) -> Option<Told> {
    let is_bare = line.message.contains("must be quoted") || line.message.contains("invalid boolean");
    if !is_bare || line.value.is_empty() || line.value.starts_with(['"', '\'', '[', '{']) {
        return None;
    }
    let help = format!("put it in quotes: {}", quote(&Syntax::Toml.text(line.key, line.value.trim_end_matches('"'))));
    let message = line.message.contains("boolean").then(|| "a text stands in quotes".to_string());
    Some(Told { range: Some(line.value_range()), message, help })
}
