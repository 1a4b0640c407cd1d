//! Metadata with places: TOML and YAML as one tree in which every value knows where it was typed.
//!
//! In: the text of a TOML file, a front matter or a block's body. Out: a [`Table`], and from it,
//! field by field, typed values. serde would stop at the first wrong type of a file; here each
//! wrong type, missing key and unknown key of a run is a diagnostic of its own.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::tz::TimeZone;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::ser::{Serialize, SerializeMap, Serializer};
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Code, Diagnostic, Place, Severity, did_you_mean, list, nearest, quote};
use crate::settings::keys::{FREE, Foreign, Key, Kind, Shape};
use crate::settings::target::{credentials, is_secret_key};
use crate::text::date::{self, When};
use crate::text::source::{SourceId, Span, Spanned};

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
    /// What it was typed in, and remedies are written in.
    pub syntax: Syntax,
}

/// What a table was typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Toml,
    Yaml,
}

impl Syntax {
    /// A key with its value, which is written as it is: `date = 2025-03-01`.
    pub fn line(self, key: &str, value: &str) -> String {
        match self {
            Syntax::Toml => format!("{key} = {value}"),
            Syntax::Yaml => format!("{key}: {value}"),
        }
    }

    /// A key with a text: `status = "draft"`, `status: draft`.
    pub fn text(self, key: &str, text: &str) -> String {
        self.line(key, &self.word(text, ""))
    }

    /// A key with a list of texts: `tags = ["a", "b"]`, `tags: [a, b]`.
    pub fn texts<'a>(self, key: &str, items: impl IntoIterator<Item = &'a str>) -> String {
        let items: Vec<String> = items.into_iter().map(|item| self.word(item, ",[]{}")).collect();
        self.line(key, &format!("[{}]", items.join(", ")))
    }

    /// A text as a value, in quotes where it needs them; `special` are signs that need them here.
    fn word(self, text: &str, special: &str) -> String {
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '…');
        let plain = self == Syntax::Yaml
            && text.starts_with(|c: char| c.is_alphabetic() || c == '…')
            && text.chars().all(|c| is_plain(c) && !special.contains(c))
            && matches!(yaml_scalar(text, ScalarStyle::Plain), Some(Data::String(_)));
        if plain { text.into() } else { format!("\"{}\"", text.escape_debug()) }
    }

    /// The place of an author's own values.
    pub fn extra(self) -> &'static str {
        match self {
            Syntax::Toml => "`[extra]`",
            Syntax::Yaml => "`extra:`",
        }
    }
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Spanned<Data>> {
        self.entries.iter().find(|(name, _)| name.value == key).map(|(_, value)| value)
    }

    /// Calls `found` with the key, the value and the place of every text, however deep.
    pub fn each_text(&self, found: &mut dyn FnMut(&str, &str, Span)) {
        fn look(key: &str, data: &Spanned<Data>, found: &mut dyn FnMut(&str, &str, Span)) {
            match &data.value {
                Data::String(text) => found(key, text, data.span),
                Data::List(items) => items.iter().for_each(|item| look(key, item, found)),
                Data::Table(table) => table.each_text(found),
                _ => {}
            }
        }
        for (key, data) in &self.entries {
            look(&key.value, data, found);
        }
    }
}

impl Data {
    /// Its text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

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

/// Reads TOML 1.1. `None` when its syntax is wrong; each mistake is then a diagnostic, one for a
/// statement at most.
pub fn parse_toml(excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    /// One missing quote can make many mistakes; nobody mends by the tenth of them.
    const MOST_ERRORS: usize = 5;
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
        let (range, help) = toml_remedy(&excerpt.text, at, &message);
        out.push(Diagnostic::new(Code::InvalidToml, excerpt.span(range), message).maybe_help(help));
    }
    errors.is_empty().then(|| toml_table(table.get_ref(), excerpt.span(0..0), excerpt, out))
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

/// Whether a line begins with a key of its own and its `=`.
fn is_assignment(line: &str) -> bool {
    let line = line.lines().next().unwrap_or_default();
    let key = line.split('=').next().unwrap_or_default().trim_end();
    let is_bare = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '"');
    key.len() < line.len() && !key.is_empty() && key.chars().all(is_bare)
}

/// A better place for a mistake in TOML than where the parser stumbled, and what to do.
fn toml_remedy(text: &str, at: Range<usize>, message: &str) -> (Range<usize>, Option<String>) {
    let Some(before) = text.get(..at.start) else { return (at, None) };
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let value = line.split_once('=').map_or("", |(_, value)| value.trim());
    if message.contains("duplicate key") && line.starts_with('[') {
        let name = line.trim_matches(|c: char| matches!(c, '[' | ']') || c.is_whitespace());
        return (at, Some(format!("if there are several, write each as `[[{name}]]`")));
    }
    if message.contains("date") && value.starts_with(|c: char| c.is_ascii_digit()) {
        return (at, Some("a date is written like `2025-03-01`".into()));
    }
    if message.contains("missing comma between array elements")
        && before[start..].trim().is_empty()
        && is_assignment(line)
    {
        return (at, Some("does the list above lack its closing `]`?".into()));
    }
    // A text that runs on to the quote that was to begin the next one.
    let typed = before[start..].trim_end();
    if message.contains("missing comma")
        && line.matches('"').count() % 2 == 1
        && let Some(run_on) = typed.strip_suffix('"')
        && let Some(open) = run_on.rfind('"')
    {
        let range = start + open..start + typed.len();
        let words = quote(&run_on[open + 1..]);
        return (range, Some(format!("does the text that begins with {words} lack its closing quote?")));
    }
    if message.contains("must be quoted") && !value.is_empty() && !value.starts_with(['"', '\'']) {
        let value = value.trim_end_matches('"');
        return (
            at,
            Some(format!(
                "put it in quotes: `{}`",
                Syntax::Toml.text(line.split('=').next().unwrap_or_default().trim(), value)
            )),
        );
    }
    (at, None)
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
    Table { entries, span, syntax: Syntax::Toml }
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
/// them, and aliases let a few lines grow into gigabytes. A key whose value is null is an absent one.
pub fn parse_yaml(excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    match yaml_document(excerpt) {
        Ok(table) => Some(table),
        Err((range, message)) => {
            let range = yaml_place(&excerpt.text, range, &message);
            let help = yaml_remedy(&excerpt.text, range.start, &message);
            out.push(Diagnostic::new(Code::InvalidYaml, excerpt.span(range), message).maybe_help(help));
            None
        }
    }
}

/// A better place for a mistake in YAML than where the parser stumbled: of a tab that goes on with a
/// value it tells where the value begins.
fn yaml_place(text: &str, at: Range<usize>, message: &str) -> Range<usize> {
    let is_indented = |line: &str| line.trim_start_matches(' ').starts_with('\t');
    let lines = text.get(at.start..).filter(|_| message.contains("found a tab")).unwrap_or_default();
    let mut start = at.start;
    for line in lines.split_inclusive('\n') {
        if start > at.start && is_indented(line) {
            let tab = start + line.find('\t').unwrap_or(0);
            return tab..tab + 1;
        }
        start += line.len();
    }
    at
}

/// What to do about a mistake in YAML, where the parser's words don't say.
fn yaml_remedy(text: &str, at: usize, message: &str) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?;
    if message.contains("tab") {
        return Some("indent with spaces".into());
    }
    if message.contains("quoted scalar") {
        return Some("does the text lack its closing quote?".into());
    }
    let (key, value) = line.split_once(": ")?;
    let is_key = |key: &str| key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let unquoted = value.trim_end();
    let quotable =
        is_key(key) && !unquoted.is_empty() && !unquoted.contains('"') && !unquoted.starts_with(['\'', '[', '{']);
    let special = message.contains("mapping values") || message.contains("unexpected character");
    (special && quotable).then(|| format!("put the value in quotes: `{key}: \"{unquoted}\"`"))
}

type YamlError = (Range<usize>, String);

/// A collection that is still open while YAML's events arrive.
enum Open {
    List(Vec<Spanned<Data>>, usize),
    Table {
        entries: Vec<(Spanned<String>, Spanned<Data>)>,
        seen: BTreeSet<String>,
        key: Option<Spanned<String>>,
        start: usize,
    },
}

/// Where the characters of a text stand among its bytes: the YAML parser counts characters.
struct Characters<'t> {
    text: &'t str,
    /// The byte offset of every so many characters, so that no look is a walk through all of a line.
    marks: Vec<usize>,
}

impl<'t> Characters<'t> {
    const STEP: usize = 64;

    fn new(text: &'t str) -> Self {
        Characters { text, marks: text.char_indices().step_by(Self::STEP).map(|(at, _)| at).collect() }
    }

    /// The byte offset of a character, or the end of the text.
    fn offset(&self, character: usize) -> usize {
        let Some(start) = self.marks.get(character / Self::STEP) else { return self.text.len() };
        let mut after = self.text[*start..].char_indices();
        after.nth(character % Self::STEP).map_or(self.text.len(), |(at, _)| start + at)
    }
}

fn yaml_document(excerpt: &Excerpt<'_>) -> Result<Table, YamlError> {
    const DEEPEST: usize = 64;
    let text: &str = &excerpt.text;
    let characters = Characters::new(text);
    let mut stack: Vec<Open> = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = characters.offset(error.marker().index());
            (at..at, error.info().to_string())
        })?;
        let range = characters.offset(span.start.index())..characters.offset(span.end.index());
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
                stack.push(Open::Table { entries: Vec::new(), seen: BTreeSet::new(), key: None, start: range.start });
                continue;
            }
            Event::Scalar(value, style, ..) => match yaml_scalar(&value, style) {
                Some(data) => Spanned::new(data, excerpt.span(trimmed(text, range.clone()))),
                None => match stack.last_mut() {
                    None => break,
                    Some(Open::List(..)) => continue,
                    Some(Open::Table { key: None, .. }) => return Err((range, "a key is a text".into())),
                    Some(Open::Table { key, .. }) => {
                        *key = None;
                        continue;
                    }
                },
            },
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Open::List(items, start)) => {
                    Spanned::new(Data::List(items), excerpt.span(trimmed(text, start..range.end)))
                }
                Some(Open::Table { entries, start, .. }) => {
                    let span = excerpt.span(trimmed(text, start..range.end));
                    Spanned::new(Data::Table(Table { entries, span, syntax: Syntax::Yaml }), span)
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
            Some(Open::Table { key: key @ None, seen, .. }) => match complete.value {
                Data::String(name) if !seen.insert(name.clone()) => {
                    return Err((range, format!("the key {} stands twice", quote(&name))));
                }
                Data::String(name) => *key = Some(Spanned::new(name, complete.span)),
                _ => return Err((range, "a key is a text".into())),
            },
            Some(Open::Table { entries, key, .. }) => {
                if let Some(key) = key.take() {
                    entries.push((key, complete));
                }
            }
        }
    }
    Ok(Table { entries: Vec::new(), span: excerpt.span(0..0), syntax: Syntax::Yaml })
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let words = text.get(range.clone()).unwrap_or("").trim_end();
    range.start..range.start + words.len()
}

/// A scalar by the core schema of YAML 1.2, §10.3.2; what is a date from its first sign to its last
/// is one, too. `None` is null.
fn yaml_scalar(value: &str, style: ScalarStyle) -> Option<Data> {
    if style != ScalarStyle::Plain {
        return Some(Data::String(value.into()));
    }
    let radix = |prefix: &str, radix| i64::from_str_radix(value.strip_prefix(prefix)?, radix).ok();
    if let Some(number) = value.parse().ok().or_else(|| radix("0o", 8)).or_else(|| radix("0x", 16)) {
        return Some(Data::Integer(number));
    }
    let numeric = value.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
    let unsigned = value.strip_prefix(['-', '+']).unwrap_or(value);
    Some(match value {
        "" | "~" | "null" | "Null" | "NULL" => return None,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Data::Float(f64::NAN),
        _ if matches!(unsigned, ".inf" | ".Inf" | ".INF") => {
            Data::Float(if value.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })
        }
        _ if looks_like_a_date(value) && date::parse(value, &TimeZone::UTC).is_some() => Data::Date(value.into()),
        _ if numeric && let Ok(number) = value.parse::<f64>() => Data::Float(number),
        _ => Data::String(value.into()),
    })
}

/// Whether a text begins with a year and its hyphen.
fn looks_like_a_date(text: &str) -> bool {
    text.split_once('-').is_some_and(|(year, _)| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))
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
            other => {
                let typed = match other {
                    Data::Integer(number) => number.to_string(),
                    Data::Bool(flag) => flag.to_string(),
                    Data::Date(date) => date.clone(),
                    _ => String::new(),
                };
                let help = (!typed.is_empty())
                    .then(|| format!("put it in quotes: `{}`", self.table.syntax.line(key, &format!("\"{typed}\""))));
                wrong_type_with(help, key, "a text", other, value.span, out)
            }
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

    /// Reports a key that has to be there. One that was misspelled is an unknown key, and no missing
    /// one besides.
    pub fn missing(&self, key: &str, out: &mut Vec<Diagnostic>) {
        debug_assert!(self.shape.key(key).is_some_and(|key| key.required), "`{key}` is not declared as required");
        if self.is_misspelled(key) {
            return;
        }
        let message = format!("{} has no {}", self.shape.what, quote(key));
        out.push(
            Diagnostic::new(Code::MissingKey, self.table.span, message)
                .help(format!("add `{}`", self.table.syntax.line(key, "…"))),
        );
    }

    /// Whether a key that isn't there is what a key means that nothing reads.
    pub fn is_misspelled(&self, key: &str) -> bool {
        self.table.get(key).is_none() && self.unknown().any(|typed| meant(&typed.value, self.shape) == Some(key))
    }

    /// Of the declared keys, those that were given and could not be read, as the diagnostics that
    /// were made of the table say; a misspelled one is among them.
    pub fn unread(&self, found: &[Diagnostic]) -> Vec<&'static str> {
        let broken = |value: &Spanned<Data>| {
            found.iter().any(|diagnostic| match &diagnostic.place {
                Place::Span(span) => {
                    diagnostic.severity == Severity::Error
                        && span.source == value.span.source
                        && (value.span.start..value.span.end.max(value.span.start + 1)).contains(&span.start)
                }
                Place::File(_) => false,
            })
        };
        let names = self.shape.keys.iter().map(|key| key.name);
        names.filter(|name| self.table.get(name).map_or_else(|| self.is_misspelled(name), broken)).collect()
    }

    /// The keys that nothing reads.
    fn unknown(&self) -> impl Iterator<Item = &'t Spanned<String>> {
        let shape = self.shape;
        self.table.entries.iter().map(|(key, _)| key).filter(move |key| shape.key(&key.value).is_none())
    }

    pub fn bool(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<bool> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::Bool))?;
        match &value.value {
            Data::Bool(flag) => Some(*flag),
            other => {
                let flag = match other {
                    Data::String(text) => match text.to_ascii_lowercase().as_str() {
                        "true" | "yes" | "on" => Some("true"),
                        "false" | "no" | "off" => Some("false"),
                        _ => None,
                    },
                    _ => None,
                };
                let help = flag.map(|flag| format!("write `{}`", self.table.syntax.line(key, flag)));
                wrong_type_with(help, key, "true or false", other, value.span, out)
            }
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
            other => {
                let number = match other {
                    Data::String(text) => text.trim().parse::<i64>().ok(),
                    _ => None,
                };
                let help = number.map(|number| {
                    format!("write it without quotes: `{}`", self.table.syntax.line(key, &number.to_string()))
                });
                wrong_type_with(help, key, "a whole number", other, value.span, out)
            }
        }
    }

    /// A date or an instant, as typed.
    pub fn date(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::Date))?;
        match &value.value {
            Data::Date(text) => Some(Spanned::new(text.clone(), value.span)),
            Data::String(text) if looks_like_a_date(text) && date::parse(text, &TimeZone::UTC).is_none() => {
                out.push(no_date(text, value.span, key, self.table.syntax));
                None
            }
            other => {
                let syntax = self.table.syntax;
                let help = match other {
                    Data::String(text) if looks_like_a_date(text) => {
                        format!("write it without quotes: `{}`", syntax.line(key, text.trim()))
                    }
                    _ => format!("write it like `{}`", syntax.line(key, EXAMPLE_DATE)),
                };
                wrong_type_with(Some(help), key, "a date", other, value.span, out)
            }
        }
    }

    /// A date or an instant, as what it means in a time zone.
    pub fn when(&mut self, key: &'static str, zone: &TimeZone, out: &mut Vec<Diagnostic>) -> Option<When> {
        let text = self.date(key, out)?;
        let when = date::parse(&text.value, zone);
        if when.is_none() {
            out.push(no_date(&text.value, text.span, key, self.table.syntax));
        }
        when
    }

    /// A list of texts; empty when the key is missing.
    pub fn strings(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Vec<Spanned<String>> {
        let texts = |key: &Key| matches!(key.kind, Kind::List(item, _) if is_text(*item));
        let Some(value) = self.ask(key, texts) else { return Vec::new() };
        let Data::List(items) = &value.value else {
            let help = match &value.value {
                Data::String(text) => {
                    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                    Some(format!("write `{}`", self.table.syntax.texts(key, items)))
                }
                _ => None,
            };
            wrong_type_with::<()>(help, key, "a list of texts", &value.value, value.span, out);
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

    /// An array of tables (`[[key]]`); empty when the key is missing. A single table, `[key]`, is
    /// reported and read as the only one.
    pub fn tables(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Vec<&'t Table> {
        if let Some(Spanned { value: Data::Table(table), span }) = self.table.get(key) {
            self.ask(key, |key| matches!(key.kind, Kind::List(..)));
            let message = format!("{} is a table where a list of tables is wanted", quote(key));
            out.push(Diagnostic::new(Code::WrongType, *span, message).help(format!("write `[[{key}]]`")));
            return vec![table];
        }
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
        self.give_up(out);
    }

    /// Reports the keys that aren't declared, of a table that is not read to its end.
    pub fn give_up(self, out: &mut Vec<Diagnostic>) {
        for (key, value) in &self.table.entries {
            if self.shape.key(&key.value).is_none() {
                let help = foreign(&key.value, self.shape)
                    .and_then(|foreign| remedy(foreign, &value.value, self.shape, self.table.syntax));
                out.push(unknown_key(key, self.shape, self.table.syntax).maybe_help(help));
            }
        }
    }
}

/// A key that other programs have, if a table is where they have it.
fn foreign(key: &str, shape: &Shape) -> Option<&'static Foreign> {
    let plain = |name: &str| name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase();
    let key = plain(key);
    shape.foreign.iter().find(|foreign| foreign.names.iter().any(|name| plain(name) == key))
}

/// The declared key that an unknown one means: what another program calls so, or the nearest.
fn meant(key: &str, shape: &Shape) -> Option<&'static str> {
    match foreign(key, shape) {
        Some(foreign) => foreign.here.filter(|here| shape.key(here).is_some()),
        None => nearest(key, shape.keys.iter().map(|key| key.name)),
    }
}

/// What to write instead of a key of another program.
fn remedy(foreign: &Foreign, value: &Data, shape: &Shape, syntax: Syntax) -> Option<String> {
    let flag = |published: bool| {
        if published {
            "remove it; an article is out unless `status` says otherwise".to_string()
        } else {
            format!("write `{}` instead; without it the article is published", syntax.text("status", "draft"))
        }
    };
    match (foreign.here, value) {
        (Some("status"), Data::Bool(on)) => Some(flag(*on == foreign.published)),
        (Some(here), _) if shape.key(here).is_none() => None,
        (Some("status"), _) => Some(flag(false)),
        (Some(here @ ("tags" | "authors" | "aliases")), _) => {
            let items: Vec<&str> = match value {
                Data::String(text) => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
                Data::List(items) => items.iter().filter_map(|item| item.value.as_text()).collect(),
                Data::Table(table) => match table.get(here).map(|value| &value.value) {
                    Some(Data::List(items)) => items.iter().filter_map(|item| item.value.as_text()).collect(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            let items = if items.is_empty() { vec!["…"] } else { items };
            Some(format!("write `{}`{}", syntax.texts(here, items), foreign.more))
        }
        (Some("slug"), Data::String(address)) => {
            let piece = address.trim_matches('/').rsplit('/').next().unwrap_or_default().trim_end_matches(".html");
            Some(format!("write `{}`{}", syntax.text("slug", piece), foreign.more))
        }
        (Some(here), Data::String(text))
            if text.len() <= 40 && !matches!(shape.key(here).map(|key| key.kind), Some(Kind::Date)) =>
        {
            Some(format!("write `{}`{}", syntax.text(here, text), foreign.more))
        }
        (Some(here), Data::Date(date)) => Some(format!("write `{}`{}", syntax.line(here, date), foreign.more)),
        (Some(here), _) => Some(format!("call it `{here}`{}", foreign.more)),
        (None, _) => Some(format!("remove it: {}", foreign.more)),
    }
}

fn is_text(kind: Kind) -> bool {
    use Kind::{Alias, Choice, Id, Inline, Text, Url};
    matches!(kind, Text | Inline | Id | Url | Alias | Choice(_))
}

/// The diagnostic for a key that nothing reads, with the nearest of the known ones.
pub fn unknown_key(key: &Spanned<String>, shape: &Shape, syntax: Syntax) -> Diagnostic {
    let known = || shape.keys.iter().map(|key| key.name);
    let help = did_you_mean(&key.value, known()).unwrap_or_else(|| {
        if shape.key("extra").is_some() {
            format!("remove it, or move it to {}", syntax.extra())
        } else {
            format!("known here: {}", list(known(), "and"))
        }
    });
    Diagnostic::new(Code::UnknownKey, key.span, format!("{} has no key {}", shape.what, quote(&key.value))).help(help)
}

/// How a date is written, for remedies.
const EXAMPLE_DATE: &str = "2025-03-01";

/// The diagnostic for what looks like a date and is none.
fn no_date(text: &str, span: Span, key: &str, syntax: Syntax) -> Diagnostic {
    let message = format!("{} is no date of the calendar", quote(text));
    Diagnostic::new(Code::InvalidValue, span, message)
        .help(format!("write it like `{}`", syntax.line(key, EXAMPLE_DATE)))
}

/// Reports a value of the wrong type.
pub fn wrong_type<T>(key: &str, wanted: &str, found: &Data, span: Span, out: &mut Vec<Diagnostic>) -> Option<T> {
    wrong_type_with(None, key, wanted, found, span, out)
}

fn wrong_type_with<T>(
    help: Option<String>,
    key: &str,
    wanted: &str,
    found: &Data,
    span: Span,
    out: &mut Vec<Diagnostic>,
) -> Option<T> {
    let message = format!("{} is {} where {wanted} is wanted", quote(key), found.type_name());
    out.push(Diagnostic::new(Code::WrongType, span, message).maybe_help(help));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::{Source, Sources};

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
        const SUB: Shape =
            Shape { what: "`sub`", keys: &[key("x", TEXTS, false)], others: None, either: &[], foreign: &[] };
        const PART: Shape = Shape {
            what: "a part",
            keys: &[
                key("title", Kind::Text, true),
                key("lead", Kind::Text, true),
                key("tags", TEXTS, false),
                key("when", Kind::Date, false),
                key("sub", Kind::Table(&SUB), false),
            ],
            others: None,
            either: &[],
            foreign: &[],
        };
        let mut fields = Fields::new(&table, &PART);
        fields.required("title", &mut out);
        fields.required("lead", &mut out);
        fields.strings("tags", &mut out);
        fields.date("when", &mut out);
        let sub = fields.table("sub", &mut out).expect("a table");
        assert_eq!(fields.unread(&out), ["title", "tags", "when"]);
        fields.finish(&mut out);
        let mut fields = Fields::new(sub, &SUB);
        assert_eq!(fields.strings("x", &mut out).len(), 1);
        assert_eq!(
            places(&sources, &out),
            [
                "1:1 a part has no `lead`",
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
    fn scalars_follow_the_core_schema() {
        for null in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(yaml_scalar(null, ScalarStyle::Plain), None, "{null:?}");
            assert_eq!(yaml_scalar(null, ScalarStyle::DoubleQuoted), Some(Data::String(null.into())));
        }
        for text in
            ["nUll", "2024-01-15 weekly notes", "20.11.2026", "2025-02-30", "-inf", "nan", "1.2.3", "yes", "a: b"]
        {
            assert_eq!(yaml_scalar(text, ScalarStyle::Plain), Some(Data::String(text.into())), "{text:?}");
        }
        for date in ["2024-01-15", "2026-11-20 10:00:00 +0100", "2026-11-20 10:00", "2026-11-20T10:00:00Z"] {
            assert_eq!(yaml_scalar(date, ScalarStyle::Plain), Some(Data::Date(date.into())), "{date:?}");
        }
        for (text, number) in [("0x1F", 31), ("0o17", 15), ("-3", -3)] {
            assert_eq!(yaml_scalar(text, ScalarStyle::Plain), Some(Data::Integer(number)), "{text:?}");
        }
        for (text, number) in [("1e3", 1000.0), (".5", 0.5), ("-.inf", f64::NEG_INFINITY)] {
            assert_eq!(yaml_scalar(text, ScalarStyle::Plain), Some(Data::Float(number)), "{text:?}");
        }
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
