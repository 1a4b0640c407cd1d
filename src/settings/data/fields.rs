//! From a table to typed values, key by key, and a diagnostic for each thing that is wrong.

use std::ops::RangeInclusive;

use jiff::tz::TimeZone;

use super::tree::{Data, Syntax, Table};
use super::unknown::{meant, unknown_key};
use crate::diagnostic::{Code, Diagnostic, Place, Severity, did_you_mean, list, quote};
use crate::settings::keys::{FREE, Key, Kind, Shape};
use crate::text::date::{self, When};
use crate::text::source::{Span, Spanned};

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
            "`{key}` of {} is asked for as another kind than src/settings/keys.rs declares",
            self.shape.what
        );
        self.asked.push(key);
        self.table.get(key)
    }

    /// The shape of a table that stands under a key.
    pub fn shape_of(&self, key: &str) -> &'static Shape {
        match self.shape.key(key).map(|key| key.kind) {
            Some(Kind::Table(shape)) => shape,
            _ => &FREE,
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
                let typed = typed(other);
                let help = (!typed.is_empty())
                    .then(|| format!("put it in quotes: `{}`", self.table.syntax.line(key, &format!("\"{typed}\""))));
                out.push(mistyped(key, "a text", value).maybe_help(help));
                None
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
                out.push(mistyped(key, "true or false", value).maybe_help(help));
                None
            }
        }
    }

    /// A whole number within a range.
    pub fn integer(
        &mut self,
        key: &'static str,
        allowed: RangeInclusive<i64>,
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
                out.push(mistyped(key, "a whole number", value).maybe_help(help));
                None
            }
        }
    }

    /// A date or an instant, as typed.
    pub fn date(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::Date))?;
        match &value.value {
            Data::Date(text) => Some(Spanned::new(text.clone(), value.span)),
            Data::String(text) if date::begins_like_one(text) && date::parse(text, &TimeZone::UTC).is_none() => {
                out.push(no_date(text, value.span, key, self.table.syntax));
                None
            }
            other => {
                let syntax = self.table.syntax;
                let help = match other {
                    Data::String(text) if date::begins_like_one(text) => {
                        format!("write it without quotes: `{}`", syntax.line(key, text.trim()))
                    }
                    Data::String(text) => example_date(text, key, syntax),
                    _ => example_date("", key, syntax),
                };
                out.push(mistyped(key, "a date", value).help(help));
                None
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
            out.push(mistyped(key, "a list of texts", value).maybe_help(help));
            return Vec::new();
        };
        // No more room than for those: most lists are of one, and there are some in each article.
        let mut texts = Vec::with_capacity(items.len());
        texts.extend(items.iter().filter_map(|item| match &item.value {
            Data::String(text) => Some(Spanned::new(text.clone(), item.span)),
            other => {
                let message = format!("{} holds {} among its texts", quote(key), other.type_name());
                let typed = typed(other);
                let help = (!typed.is_empty()).then(|| format!("put it in quotes: `\"{typed}\"`"));
                out.push(Diagnostic::new(Code::WrongType, item.span, message).maybe_help(help));
                None
            }
        }));
        texts
    }

    pub fn table(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<&'t Table> {
        let tables = |key: &Key| matches!(key.kind, Kind::Table(_) | Kind::Named(_) | Kind::Variants(..));
        let value = self.ask(key, tables)?;
        match &value.value {
            Data::Table(table) => Some(table),
            _ => wrong_type(key, "a table", value, out),
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
                _ => wrong_type(key, "a list of tables", item, out),
            })
            .collect()
    }

    /// A list of anything; `None` when the key is missing.
    pub fn list(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<&'t [Spanned<Data>]> {
        let value = self.ask(key, |key| matches!(key.kind, Kind::List(..)))?;
        match &value.value {
            Data::List(items) => Some(items),
            _ => wrong_type(key, "a list", value, out),
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
            debug_assert!(
                false,
                "`{}` of {what} is declared in src/settings/keys.rs and never asked for",
                forgotten.name
            );
        }
        self.give_up(out);
    }

    /// Reports the keys that aren't declared, of a table that is not read to its end.
    pub fn give_up(self, out: &mut Vec<Diagnostic>) {
        for (key, value) in &self.table.entries {
            if self.shape.key(&key.value).is_none() {
                out.push(unknown_key(key, &value.value, self.shape, self.table.syntax));
            }
        }
    }
}

/// A value that may be meant as a text, as typed; else empty.
fn typed(value: &Data) -> String {
    match value {
        Data::Integer(number) => number.to_string(),
        Data::Bool(flag) => flag.to_string(),
        Data::Date(date) => date.clone(),
        _ => String::new(),
    }
}

fn is_text(kind: Kind) -> bool {
    use Kind::{Alias, Choice, Id, Inline, Permalink, Text, Url};
    matches!(kind, Text | Inline | Id | Url | Alias | Permalink | Choice(_))
}

/// How a date is written, for remedies.
const EXAMPLE_DATE: &str = "2025-03-01";

/// The diagnostic for what looks like a date and is none.
fn no_date(text: &str, span: Span, key: &str, syntax: Syntax) -> Diagnostic {
    let message = match date::written(text) {
        Some(date) if date == text => format!("{} lies too far ahead", quote(text)),
        Some(_) => format!("{} is no date as it is written here", quote(text)),
        None => format!("{} is no date of the calendar", quote(text)),
    };
    Diagnostic::new(Code::InvalidValue, span, message).help(example_date(text, key, syntax))
}

/// How a date is written: the one that is meant, if that can be told.
fn example_date(text: &str, key: &str, syntax: Syntax) -> String {
    match date::written(text) {
        Some(date) if date != text => format!("write `{}`", syntax.line(key, &date)),
        _ => format!("write it like `{}`", syntax.line(key, EXAMPLE_DATE)),
    }
}

/// Reports a value of the wrong type.
pub fn wrong_type<T>(key: &str, wanted: &str, found: &Spanned<Data>, out: &mut Vec<Diagnostic>) -> Option<T> {
    out.push(mistyped(key, wanted, found));
    None
}

/// The diagnostic for a value of the wrong type.
fn mistyped(key: &str, wanted: &str, found: &Spanned<Data>) -> Diagnostic {
    let message = format!("{} is {} where {wanted} is wanted", quote(key), found.value.type_name());
    Diagnostic::new(Code::WrongType, found.span, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::data::{Excerpt, parse_toml};
    use crate::text::source::{Source, SourceId, Sources};

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
                "5:6 `x` holds a whole number among its texts"
            ]
        );
    }
}
