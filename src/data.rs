//! Metadata with places: TOML and YAML as one tree in which every value knows where it was typed.
//!
//! In: the text of a TOML file, a front matter or a block's body. Out: a [`Table`], and from it,
//! field by field, typed values. serde would stop at the first wrong type of a file; here each
//! wrong type, missing key and unknown key of a run is a diagnostic of its own.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::ser::{Serialize, SerializeMap, Serializer};
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::keys::{FREE, Key, Kind, Shape};
use crate::source::{SourceId, Span, Spanned};
use crate::target::is_secret_key;

/// A text cut out of a source, which may have lost the indentation of its lines on the way.
#[derive(Debug, Clone)]
pub struct Excerpt<'a> {
    pub text: std::borrow::Cow<'a, str>,
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

    fn offset(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(text, _)| *text <= at).saturating_sub(1);
        let (text, source) = self.pieces[piece];
        source + (at - text)
    }
}

/// A value of TOML or YAML.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    String(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// A date or date and time, as typed (RFC 3339's forms).
    Date(String),
    List(Vec<Spanned<Data>>),
    Table(Table),
}

/// Keys and values in the order in which they were typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub entries: Vec<(Spanned<String>, Spanned<Data>)>,
    /// Where it begins: the place of what is missing from it.
    pub span: Span,
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Spanned<Data>> {
        self.entries.iter().find(|(name, _)| name.value == key).map(|(_, value)| value)
    }
}

impl Data {
    /// The type in words, with its article.
    pub fn type_name(&self) -> &'static str {
        match self {
            Data::String(_) => "a text",
            Data::Integer(_) => "a whole number",
            Data::Float(_) => "a number",
            Data::Bool(_) => "true or false",
            Data::Date(_) => "a date",
            Data::List(_) => "a list",
            Data::Table(_) => "a table",
        }
    }
}

/// Free values (`[extra]`, the arguments of a project's own block) reach templates as they are.
impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Data::String(text) | Data::Date(text) => serializer.serialize_str(text),
            Data::Integer(number) => serializer.serialize_i64(*number),
            Data::Float(number) => serializer.serialize_f64(*number),
            Data::Bool(flag) => serializer.serialize_bool(*flag),
            Data::List(items) => serializer.collect_seq(items.iter().map(|item| &item.value)),
            Data::Table(table) => table.serialize(serializer),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (key, value) in &self.entries {
            map.serialize_entry(&key.value, &value.value)?;
        }
        map.end()
    }
}

/// Reads TOML 1.1. `None` when its syntax is wrong; each mistake is then a diagnostic.
pub fn parse_toml(excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    /// One missing quote can make many mistakes; nobody mends by the tenth of them.
    const MOST_ERRORS: usize = 5;
    let (table, errors) = DeTable::parse_recoverable(&excerpt.text);
    for error in errors.iter().take(MOST_ERRORS) {
        let at = error.span().unwrap_or(0..0);
        if let Some(diagnostic) = hidden(excerpt, at.start) {
            out.push(diagnostic);
            continue;
        }
        let span = excerpt.span(at);
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        out.push(Diagnostic::new(Code::InvalidToml, span, message));
    }
    errors.is_empty().then(|| toml_table(table.get_ref(), excerpt.span(0..0), excerpt, out))
}

/// For a mistake in a line that seems to set a secret: what a report shows of a place is its line,
/// so this one points elsewhere and quotes nothing.
fn hidden(excerpt: &Excerpt<'_>, at: usize) -> Option<Diagnostic> {
    let before = excerpt.text.get(..at)?;
    let line = &excerpt.text[before.rfind('\n').map_or(0, |end| end + 1)..];
    let key = line.lines().next()?.split(['=', ':']).next()?.trim().trim_matches(['"', '\'']);
    is_secret_key(key).then(|| {
        let number = before.matches('\n').count() + 1;
        let message = format!("the value of {} is no TOML, in line {number}, which is not shown", quote(key));
        Diagnostic::new(Code::InvalidToml, excerpt.span(0..0), message)
            .help("credentials come from the environment; remove this one and make a new one, since it may have been committed")
    })
}

fn toml_table(table: &DeTable<'_>, span: Span, excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Table {
    let mut typed: Vec<_> = table.iter().collect();
    typed.sort_by_key(|(key, _)| key.span().start);
    let entries = typed
        .into_iter()
        .map(|(key, value)| {
            let key_span = excerpt.span(key.span());
            let data = toml_value(value.get_ref(), key_span, value.span(), excerpt, out);
            // The header of a table is a better place for it than all of its lines.
            let span = if matches!(data, Data::Table(_)) { key_span } else { excerpt.span(value.span()) };
            (Spanned::new(key.get_ref().to_string(), key_span), Spanned::new(data, span))
        })
        .collect();
    Table { entries, span }
}

fn toml_value(
    value: &DeValue<'_>,
    key: Span,
    range: Range<usize>,
    excerpt: &Excerpt<'_>,
    out: &mut Vec<Diagnostic>,
) -> Data {
    match value {
        DeValue::String(text) => Data::String(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Data::Integer(number),
            Err(_) => {
                let message = format!("the number {} is too large", quote(number.as_str()));
                out.push(Diagnostic::new(Code::InvalidValue, excerpt.span(range), message));
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
                    Spanned::new(toml_value(item.get_ref(), span, item.span(), excerpt, out), span)
                })
                .collect(),
        ),
        DeValue::Table(table) => Data::Table(toml_table(table, key, excerpt, out)),
    }
}

/// Reads one YAML 1.2 mapping. Anchors, aliases and tags are refused: front matter has no use for
/// them, and aliases let a few lines grow into gigabytes.
pub fn parse_yaml(excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    match yaml_document(excerpt) {
        Ok(table) => Some(table),
        Err((range, message)) => {
            out.push(Diagnostic::new(Code::InvalidYaml, excerpt.span(range), message));
            None
        }
    }
}

type YamlError = (Range<usize>, String);

/// A collection that is still open while YAML's events arrive.
enum Open {
    List(Vec<Spanned<Data>>, usize),
    Table(Vec<(Spanned<String>, Spanned<Data>)>, Option<Spanned<String>>, usize),
}

fn yaml_document(excerpt: &Excerpt<'_>) -> Result<Table, YamlError> {
    const DEEPEST: usize = 64;
    let text: &str = &excerpt.text;
    let line_starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    // The parser counts characters; lines make the way from there to bytes short.
    let offset = |mark: &saphyr_parser::Marker| {
        let start = line_starts.get(mark.line().saturating_sub(1)).copied().unwrap_or(text.len());
        text[start..].char_indices().nth(mark.col()).map_or(text.len(), |(at, _)| start + at)
    };
    let mut stack: Vec<Open> = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = offset(error.marker());
            (at..at, error.info().to_string())
        })?;
        let range = offset(&span.start)..offset(&span.end);
        let refused = |what: &str| Err((range.clone(), format!("{what} can't stand in front matter")));
        let complete = match event {
            Event::Alias(_) => return refused("an alias"),
            Event::Scalar(_, _, anchor, _) if anchor > 0 => return refused("an anchor"),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) if anchor > 0 => {
                return refused("an anchor");
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                return refused("a tag");
            }
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return refused("a second document");
                }
                continue;
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if stack.len() >= DEEPEST => {
                return refused("such deep nesting");
            }
            Event::SequenceStart(..) => {
                stack.push(Open::List(Vec::new(), range.start));
                continue;
            }
            Event::MappingStart(..) => {
                stack.push(Open::Table(Vec::new(), None, range.start));
                continue;
            }
            Event::Scalar(value, style, ..) => {
                Spanned::new(yaml_scalar(&value, style), excerpt.span(trimmed(text, range.clone())))
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Open::List(items, start)) => {
                    Spanned::new(Data::List(items), excerpt.span(trimmed(text, start..range.end)))
                }
                Some(Open::Table(entries, _, start)) => {
                    let span = excerpt.span(trimmed(text, start..range.end));
                    Spanned::new(Data::Table(Table { entries, span }), span)
                }
                None => continue,
            },
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
        };
        match stack.last_mut() {
            None => {
                return match complete.value {
                    Data::Table(mut table) => {
                        table.span = excerpt.span(0..0);
                        Ok(table)
                    }
                    _ => Err((range, "front matter is a mapping of keys to values".into())),
                };
            }
            Some(Open::List(items, _)) => items.push(complete),
            Some(Open::Table(entries, key @ None, _)) => match complete.value {
                Data::String(name) if entries.iter().any(|(key, _)| key.value == name) => {
                    return Err((range, format!("the key {} stands twice", quote(&name))));
                }
                Data::String(name) => *key = Some(Spanned::new(name, complete.span)),
                _ => return Err((range, "a key is a text".into())),
            },
            Some(Open::Table(entries, key, _)) => {
                if let Some(key) = key.take() {
                    entries.push((key, complete));
                }
            }
        }
    }
    Ok(Table { entries: Vec::new(), span: excerpt.span(0..0) })
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let words = text.get(range.clone()).unwrap_or("").trim_end();
    range.start..range.start + words.len()
}

/// A scalar by the core schema of YAML 1.2, §10.3; what looks like a date is one.
fn yaml_scalar(value: &str, style: ScalarStyle) -> Data {
    if style != ScalarStyle::Plain {
        return Data::String(value.into());
    }
    if let Ok(number) = value.parse::<i64>() {
        return Data::Integer(number);
    }
    let numeric = value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    match value {
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        _ if value.get(..10).is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok()) => Data::Date(value.into()),
        _ if numeric && let Ok(number) = value.parse::<f64>() => Data::Float(number),
        _ => Data::String(value.into()),
    }
}

/// Takes a table apart, key by key, as its [`Shape`] declares them. Keys that it doesn't declare are
/// unknown; the ones that it does are the names to suggest instead.
///
/// Where debug assertions are on, a decoder that asks for a key that isn't declared, asks for it as
/// another kind, or ends without having asked for all, panics: the declarations are what editors
/// and the manual are told.
#[derive(Debug)]
pub struct Fields<'t> {
    table: &'t Table,
    asked: Vec<&'static str>,
    shape: &'static Shape,
}

impl<'t> Fields<'t> {
    pub fn new(table: &'t Table, shape: &'static Shape) -> Self {
        Fields { table, asked: Vec::new(), shape }
    }

    /// A table of one of several shapes, as a key of it says ([`Kind::Variants`]).
    pub fn variant(table: &'t Table, kind: Kind) -> Self {
        let shape = match kind {
            Kind::Variants(tag, shapes) => {
                let is_named = |name: &str| table.get(tag).is_some_and(|tag| tag.value == Data::String(name.into()));
                shapes.iter().find(|(name, _)| is_named(name)).or(shapes.first()).map(|(_, shape)| *shape)
            }
            _ => None,
        };
        debug_assert!(shape.is_some(), "a table of several shapes is declared as `Kind::Variants`");
        Fields::new(table, shape.unwrap_or(&FREE))
    }

    /// The value of a key, whatever its type.
    pub fn any(&mut self, key: &'static str) -> Option<&'t Spanned<Data>> {
        self.ask(key, |_| true)
    }

    fn ask(&mut self, key: &'static str, fits: impl Fn(&Key) -> bool) -> Option<&'t Spanned<Data>> {
        debug_assert!(
            self.shape.key(key).is_some_and(fits),
            "`{key}` of {} is asked for as another kind than src/keys.rs declares",
            self.shape.what
        );
        self.asked.push(key);
        self.table.get(key)
    }

    /// The shape of a table that stands under a key.
    pub fn shape_of(&self, key: &str) -> Option<&'static Shape> {
        match self.shape.key(key)?.kind {
            Kind::Table(shape) => Some(shape),
            _ => None,
        }
    }

    /// The place of a key's value, or of the table when the key is missing.
    pub fn span(&self, key: &str) -> Span {
        self.table.get(key).map_or(self.table.span, |value| value.span)
    }

    pub fn string(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
        let value = self.ask(key, |key| is_text(key.kind))?;
        match &value.value {
            Data::String(text) => Some(Spanned::new(text.clone(), value.span)),
            other => wrong_type(key, "a text", other, value.span, out),
        }
    }

    /// A text that says something: missing or blank is an error.
    pub fn required(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
        if self.ask(key, |key| key.required).is_none() {
            self.missing(key, out);
            return None;
        }
        let text = self.string(key, out)?;
        if text.value.trim().is_empty() {
            out.push(Diagnostic::new(Code::InvalidValue, text.span, format!("{} is empty", quote(key))));
            return None;
        }
        Some(text)
    }

    /// Reports a key that has to be there.
    pub fn missing(&self, key: &str, out: &mut Vec<Diagnostic>) {
        debug_assert!(self.shape.key(key).is_some_and(|key| key.required), "`{key}` is not declared as required");
        let message = format!("{} has no {}", self.shape.what, quote(key));
        out.push(Diagnostic::new(Code::MissingKey, self.table.span, message).help(format!("add `{key} = …`")));
    }

    pub fn bool(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<bool> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::Bool))?;
        match &value.value {
            Data::Bool(flag) => Some(*flag),
            other => wrong_type(key, "true or false", other, value.span, out),
        }
    }

    /// A whole number within a range.
    pub fn integer(
        &mut self,
        key: &'static str,
        allowed: std::ops::RangeInclusive<i64>,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Spanned<i64>> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::Integer(from, _) if from == *allowed.start()))?;
        match &value.value {
            Data::Integer(number) if allowed.contains(number) => Some(Spanned::new(*number, value.span)),
            Data::Integer(number) => {
                let message = format!("`{key} = {number}` is not from {} to {}", allowed.start(), allowed.end());
                out.push(Diagnostic::new(Code::InvalidValue, value.span, message));
                None
            }
            other => wrong_type(key, "a whole number", other, value.span, out),
        }
    }

    /// A date or an instant, as typed.
    pub fn date(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::Date))?;
        match &value.value {
            Data::Date(text) => Some(Spanned::new(text.clone(), value.span)),
            Data::String(text) => {
                let message = format!("`{key}` is a text where a date is wanted");
                out.push(
                    Diagnostic::new(Code::WrongType, value.span, message)
                        .help(format!("write it without quotes: `{key} = {}`", text.escape_debug())),
                );
                None
            }
            other => wrong_type(key, "a date", other, value.span, out),
        }
    }

    /// A list of texts; empty when the key is missing.
    pub fn strings(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Vec<Spanned<String>> {
        let texts = |key: &Key| matches!(key.kind, Kind::List(item, _) if is_text(*item));
        let Some(value) = self.ask(key, texts) else { return Vec::new() };
        let Data::List(items) = &value.value else {
            let help = match &value.value {
                Data::String(text) => Some(format!("write `{key} = [\"{}\"]`", text.escape_debug())),
                _ => None,
            };
            wrong_type::<()>(key, "a list of texts", &value.value, value.span, out);
            if let Some(last) = out.last_mut() {
                last.help = help;
            }
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match &item.value {
                Data::String(text) => Some(Spanned::new(text.clone(), item.span)),
                other => wrong_type(key, "a list of texts", other, item.span, out),
            })
            .collect()
    }

    pub fn table(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<&'t Table> {
        let tables = |key: &Key| matches!(key.kind, Kind::Table(_) | Kind::Named(_) | Kind::Variants(..));
        let value = self.ask(key, tables)?;
        match &value.value {
            Data::Table(table) => Some(table),
            other => wrong_type(key, "a table", other, value.span, out),
        }
    }

    /// An array of tables (`[[key]]`); empty when the key is missing.
    pub fn tables(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Vec<&'t Table> {
        let Some(items) = self.list(key, out) else { return Vec::new() };
        items
            .iter()
            .filter_map(|item| match &item.value {
                Data::Table(table) => Some(table),
                other => wrong_type(key, "a list of tables", other, item.span, out),
            })
            .collect()
    }

    /// A list of anything; `None` when the key is missing.
    pub fn list(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<&'t [Spanned<Data>]> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::List(..)))?;
        match &value.value {
            Data::List(items) => Some(items),
            other => wrong_type(key, "a list", other, value.span, out),
        }
    }

    /// One of a closed set of names.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
        out: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let is_choice = |name: &str| choices.iter().any(|(known, _)| *known == name);
        self.ask(key, |key| matches!(key.kind, Kind::Choice(names) if names.iter().all(|name| is_choice(name))));
        let text = self.string(key, out)?;
        let chosen = choices.iter().find(|(name, _)| *name == text.value).map(|(_, choice)| *choice);
        if chosen.is_none() {
            let names = || choices.iter().map(|(name, _)| *name);
            let message = format!("{} is no value of `{key}`", quote(&text.value));
            let help = did_you_mean(&text.value, names()).unwrap_or_else(|| format!("use {}", list(names(), "or")));
            out.push(Diagnostic::new(Code::InvalidValue, text.span, message).help(help));
        }
        chosen
    }

    /// The free values under `[extra]`.
    pub fn extra(&mut self, out: &mut Vec<Diagnostic>) -> Option<Table> {
        self.table("extra", out).cloned()
    }

    /// Reports each key that isn't declared.
    pub fn finish(self, out: &mut Vec<Diagnostic>) {
        let Shape { what, keys, .. } = self.shape;
        if let Some(forgotten) = keys.iter().find(|key| !self.asked.contains(&key.name)) {
            debug_assert!(false, "`{}` of {what} is declared in src/keys.rs and never asked for", forgotten.name);
        }
        let known: Vec<&'static str> = keys.iter().map(|key| key.name).collect();
        for (key, _) in &self.table.entries {
            if !known.contains(&key.value.as_str()) {
                out.push(unknown_key(&key.value, key.span, what, &known));
            }
        }
    }
}

fn is_text(kind: Kind) -> bool {
    use Kind::{Alias, Choice, Id, Inline, Text, Url};
    matches!(kind, Text | Inline | Id | Url | Alias | Choice(_))
}

/// The diagnostic for a key that nothing reads, with the nearest of the known ones.
pub fn unknown_key(key: &str, span: Span, what: &str, known: &[&'static str]) -> Diagnostic {
    let help = did_you_mean(key, known.iter().copied()).unwrap_or_else(|| {
        if known.contains(&"extra") {
            "remove it, or move it to `[extra]`".to_string()
        } else {
            format!("known here: {}", list(known.iter().copied(), "and"))
        }
    });
    Diagnostic::new(Code::UnknownKey, span, format!("{what} has no key {}", quote(key))).help(help)
}

/// Reports a value of the wrong type.
pub fn wrong_type<T>(key: &str, wanted: &str, found: &Data, span: Span, out: &mut Vec<Diagnostic>) -> Option<T> {
    let message = format!("{} is {} where {wanted} is wanted", quote(key), found.type_name());
    out.push(Diagnostic::new(Code::WrongType, span, message));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Sources};

    fn source(text: &str) -> (Sources, SourceId) {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("a.toml", text));
        (sources, id)
    }

    fn places(sources: &Sources, out: &[Diagnostic]) -> Vec<String> {
        out.iter()
            .map(|diagnostic| {
                let crate::diagnostic::Place::Span(span) = diagnostic.place else { return diagnostic.message.clone() };
                let (line, column) = sources.get(span.source).position(span.start as usize);
                format!("{line}:{column} {}", diagnostic.message)
            })
            .collect()
    }

    #[test]
    fn every_mistake_is_reported() {
        let (sources, id) = source("titel = 1\ntags = \"a\"\nwhen = \"2025-01-01\"\n[sub]\nx = [1, \"b\"]\n");
        let mut out = Vec::new();
        let excerpt = Excerpt::whole(sources.text(id), id, 0);
        let table = parse_toml(&excerpt, &mut out).expect("good TOML");
        const fn key(name: &'static str, kind: Kind, required: bool) -> Key {
            Key { name, kind, required, doc: "" }
        }
        const TEXTS: Kind = Kind::List(&Kind::Text, 0);
        const SUB: Shape = Shape { what: "`sub`", keys: &[key("x", TEXTS, false)], others: None, either: &[] };
        const PART: Shape = Shape {
            what: "a part",
            keys: &[
                key("title", Kind::Text, true),
                key("tags", TEXTS, false),
                key("when", Kind::Date, false),
                key("sub", Kind::Table(&SUB), false),
            ],
            others: None,
            either: &[],
        };
        let mut fields = Fields::new(&table, &PART);
        fields.required("title", &mut out);
        fields.strings("tags", &mut out);
        fields.date("when", &mut out);
        let sub = fields.table("sub", &mut out).expect("a table");
        fields.finish(&mut out);
        let mut fields = Fields::new(sub, &SUB);
        assert_eq!(fields.strings("x", &mut out).len(), 1);
        assert_eq!(
            places(&sources, &out),
            [
                "1:1 a part has no `title`",
                "2:8 `tags` is a text where a list of texts is wanted",
                "3:8 `when` is a text where a date is wanted",
                "1:1 a part has no key `titel`",
                "5:6 `x` is a whole number where a list of texts is wanted"
            ]
        );
    }

    #[test]
    fn yaml_reads_as_toml_does() {
        let (sources, id) = source("title: \"é: b\"\ntags:\n  - a\n  - b\ndate: 2025-03-01\nn: 12\nsub: {x: true}\n");
        let mut out = Vec::new();
        let excerpt = Excerpt::whole(sources.text(id), id, 0);
        let table = parse_yaml(&excerpt, &mut out).expect("good YAML");
        assert!(out.is_empty(), "{out:?}");
        assert_eq!(
            serde_json::to_string(&table).expect("JSON"),
            r#"{"title":"é: b","tags":["a","b"],"date":"2025-03-01","n":12,"sub":{"x":true}}"#
        );
        let date = table.get("date").expect("a date");
        assert_eq!(date.value, Data::Date("2025-03-01".into()));
        assert_eq!(&sources.text(id)[date.span.range()], "2025-03-01");
    }

    #[test]
    fn hostile_yaml_is_refused() {
        for text in ["a: &x [1]\nb: *x\n", "a: !!str 1\n", "- a\n", "a: 1\na: 2\n", "a: [", "a: b: c\n", "{{{{"] {
            let (sources, id) = source(text);
            let mut out = Vec::new();
            assert!(parse_yaml(&Excerpt::whole(sources.text(id), id, 0), &mut out).is_none(), "{text:?}");
            assert_eq!(out.len(), 1, "{text:?}");
        }
        let deep = "[".repeat(100_000);
        let (sources, id) = source(&deep);
        assert!(parse_yaml(&Excerpt::whole(sources.text(id), id, 0), &mut Vec::new()).is_none());
    }

    #[test]
    fn places_survive_lost_indentation() {
        let (sources, id) = source("- x\n\n      a = 1\n      b = 2\n");
        let pieces = [("a = 1\n", 11), ("b = 2\n", 23)];
        let excerpt = Excerpt::joined(pieces, id, 11);
        assert_eq!(&sources.text(id)[excerpt.span(6..7).range()], "b");
        assert_eq!(&sources.text(id)[excerpt.span(4..5).range()], "1");
    }
}
