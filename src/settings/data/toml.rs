//! From TOML to the tree, and what to say of a file that is none.

use toml::de::{DeTable, DeValue};

use super::excerpt::Excerpt;
use super::slip::{Slip, is_assignment, slip, unfinished_merge};
use super::tree::{Data, Syntax, Table};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::target::{credentials, is_secret_key};
use crate::text::conflict;
use crate::text::source::{Span, Spanned, nfc};

/// Reads TOML 1.1. `None` when its syntax is wrong; each mistake is then a diagnostic, one for a
/// statement at most.
pub fn parse_toml(excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    /// One missing quote can make many mistakes; nobody mends by the tenth of them.
    const MOST_ERRORS: usize = 5;
    if let Some(mark) = conflict::marks(&excerpt.text).next() {
        out.push(unfinished_merge(excerpt.span(mark)));
        return None;
    }
    let (table, mut errors) = DeTable::parse_recoverable(&excerpt.text);
    errors.sort_by_key(|error| error.span().map_or(0, |at| at.start));
    let mut reported = 0;
    // Up to here, mistakes follow from the one before.
    let mut explained = 0;
    for error in &errors {
        let at = error.span().unwrap_or(0..0);
        if reported == MOST_ERRORS || at.start < explained {
            continue;
        }
        reported += 1;
        if let Some(diagnostic) = hidden(excerpt, at.start) {
            out.push(diagnostic);
            continue;
        }
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        explained = next_statement(&excerpt.text, at.start, &message);
        let Slip { range, message, help } = slip(&excerpt.text, at, message);
        out.push(Diagnostic::new(Code::InvalidToml, excerpt.span(range), message).maybe_help(help));
    }
    errors.is_empty().then(|| read_table(table.get_ref(), excerpt.span(0..0), excerpt, out))
}

/// Where the statement after the one with a mistake begins: what the parser finds fault with in
/// between was meant otherwise. A bracket that isn't closed takes keys for values, so only the
/// head of a table ends what follows from it.
fn next_statement(text: &str, at: usize, message: &str) -> usize {
    let line_start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let in_brackets = ["array", "inline table", "key-value pairs"].iter().any(|of| message.contains(of))
        || text.get(line_start..).is_some_and(is_head);
    let mut start = at;
    while let Some(end) = text[start..].find('\n') {
        start += end + 1;
        let line = &text[start..];
        if is_head(line) || !in_brackets && is_assignment(line) {
            return start;
        }
    }
    text.len()
}

/// Whether a line begins a table: `[links]`, `[[tracks]]`.
fn is_head(line: &str) -> bool {
    let name = line.trim_start_matches('[');
    name.len() < line.len() && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// For a mistake in a line that seems to hold a secret: what a report shows of a place is its line,
/// so this one points elsewhere and quotes nothing.
fn hidden(excerpt: &Excerpt<'_>, at: usize) -> Option<Diagnostic> {
    let before = excerpt.text.get(..at)?;
    let line = &excerpt.text[before.rfind('\n').map_or(0, |end| end + 1)..];
    let line = line.lines().next()?;
    let key = line.split(['=', ':']).next()?.trim().trim_matches(['"', '\'']);
    // With a quote that was forgotten, where a value begins and ends is a guess.
    let mut words = line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ','));
    let holds = is_secret_key(key) || words.any(|word| credentials(word).is_some());
    holds.then(|| {
        let number = before.matches('\n').count() + 1;
        let message = format!("the value of {} is no TOML, in line {number}, which is not shown", quote(key));
        Diagnostic::new(Code::InvalidToml, excerpt.span(0..0), message)
            .help("credentials come from the environment; remove this one and make a new one, since it may have been committed")
    })
}

fn read_table(table: &DeTable<'_>, span: Span, excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Table {
    let mut typed: Vec<_> = table.iter().collect();
    typed.sort_by_key(|(key, _)| key.span().start);
    let entries = typed
        .into_iter()
        .map(|(key, value)| {
            let key_span = excerpt.span(key.span());
            let data = read_value(value, key_span, excerpt, out);
            // The header of a table is a better place for it than all of its lines.
            let span = if matches!(data, Data::Table(_)) { key_span } else { excerpt.span(value.span()) };
            (Spanned::new(nfc(key.get_ref()).into_owned(), key_span), Spanned::new(data, span))
        })
        .collect();
    Table { entries, span, syntax: Syntax::Toml }
}

/// Reads a value; `key` is where a table is said to be.
fn read_value(value: &toml::Spanned<DeValue<'_>>, key: Span, excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Data {
    match value.get_ref() {
        // Names are compared to each other and to those of files, which are in NFC as well.
        DeValue::String(text) => Data::String(nfc(text).into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Data::Integer(number),
            Err(_) => {
                let message = format!("the number {} is too large", quote(number.as_str()));
                out.push(Diagnostic::new(Code::InvalidValue, excerpt.span(value.span()), message));
                Data::Integer(0)
            }
        },
        DeValue::Float(number) => Data::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Data::Bool(*flag),
        DeValue::Datetime(date) => Data::Date(date.to_string()),
        DeValue::Array(items) => Data::List(
            items
                .iter()
                .map(|item| {
                    let span = excerpt.span(item.span());
                    Spanned::new(read_value(item, span, excerpt, out), span)
                })
                .collect(),
        ),
        DeValue::Table(table) => Data::Table(read_table(table, key, excerpt, out)),
    }
}
