//! From YAML to the tree, and what to say of a front matter that is none.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::tz::TimeZone;
use saphyr_parser::{Event, Parser, ScalarStyle};

use super::excerpt::Excerpt;
use super::slip::unfinished_merge;
use super::tree::{Data, Syntax, Table};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::text::source::{Span, Spanned, nfc};
use crate::text::{conflict, date};

/// Reads one YAML 1.2 mapping. Anchors, aliases and tags are refused: front matter has no use for
/// them, and aliases let a few lines grow into gigabytes. A key whose value is null is an absent one.
pub fn parse_yaml(excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    parse(excerpt, None, out)
}

/// Reads the same as other programs do, with aliases and merged keys, as far as these don't grow; tags say nothing.
pub fn parse_yaml_of_others(excerpt: &Excerpt<'_>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    parse(excerpt, Some(Anchors { values: BTreeMap::new(), left: Anchors::MOST }), out)
}

fn parse(excerpt: &Excerpt<'_>, anchors: Option<Anchors>, out: &mut Vec<Diagnostic>) -> Option<Table> {
    if let Some(mark) = conflict::marks(&excerpt.text).next() {
        out.push(unfinished_merge(excerpt.span(mark)));
        return None;
    }
    let read = match second_document(&excerpt.text) {
        Some(line) => Err((line, "the front matter ends here, and what follows is not read".into())),
        None => read_document(excerpt, anchors),
    };
    match read {
        Ok(table) => Some(table),
        Err((range, message)) => {
            let range = place(&excerpt.text, range, &message);
            let help = remedy(&excerpt.text, range.start, &message);
            out.push(Diagnostic::new(Code::InvalidYaml, excerpt.span(range), message).maybe_help(help));
            None
        }
    }
}

/// The line at which YAML ends a document, when something follows.
fn second_document(text: &str) -> Option<Range<usize>> {
    let is_said = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let ends = line.starts_with("--- ") || line.trim_end() == "..." || line.starts_with("... ");
        if ends && (line.starts_with('-') || text[end..].lines().any(is_said)) {
            return Some(start..start + line.trim_end().len());
        }
        start = end;
    }
    None
}

/// A better place for a mistake in YAML than where the parser stumbled: of a tab that goes on with a
/// value it tells where the value begins.
fn place(text: &str, at: Range<usize>, message: &str) -> Range<usize> {
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
fn remedy(text: &str, at: usize, message: &str) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?;
    if message.contains("tab") {
        return Some("indent with spaces".into());
    }
    if line.starts_with("...") || line.starts_with("--- ") {
        return Some("remove the line, or write `---` there and the text of the article below".into());
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

/// A mistake, and where the parser met it.
type YamlError = (Range<usize>, String);

/// The values that aliases stand for.
struct Anchors {
    /// By the numbers that the parser gives them.
    values: BTreeMap<usize, Option<Data>>,
    /// How many values may still be put in the place of aliases.
    left: usize,
}

impl Anchors {
    const MOST: usize = 10_000;

    /// What an alias stands for; nothing where too much would.
    fn value(&mut self, id: usize) -> Option<Option<Data>> {
        let value = self.values.get(&id).cloned().unwrap_or_default();
        self.left = self.left.checked_sub(value.as_ref().map_or(1, size))?;
        Some(value)
    }
}

/// How many values a value is made of.
fn size(data: &Data) -> usize {
    1 + match data {
        Data::List(items) => items.iter().map(|item| size(&item.value)).sum(),
        Data::Table(table) => table.entries.iter().map(|(_, value)| size(&value.value)).sum(),
        _ => 0,
    }
}

/// Whether `<<` stands before a table whose keys are those of the table around it, as far as this has no such.
fn merged(table: &mut Vec<(Spanned<String>, Spanned<Data>)>) {
    let Some(at) = table.iter().position(|(key, value)| key.value == "<<" && matches!(value.value, Data::Table(_)))
    else {
        return;
    };
    let (_, value) = table.remove(at);
    let Data::Table(of) = value.value else { return };
    let is_own = |key: &str| table.iter().any(|(known, _)| known.value == key);
    let further: Vec<_> = of.entries.into_iter().filter(|(key, _)| !is_own(&key.value)).collect();
    table.extend(further);
}

/// Of a key that stands twice the last one counts, as in the parsers that let it.
fn last_of_each(entries: &mut Vec<(Spanned<String>, Spanned<Data>)>) {
    let mut seen = BTreeSet::new();
    entries.reverse();
    entries.retain(|(key, _)| seen.insert(key.value.clone()));
    entries.reverse();
}

fn read_document(excerpt: &Excerpt<'_>, mut anchors: Option<Anchors>) -> Result<Table, YamlError> {
    let text: &str = &excerpt.text;
    let characters = Characters::new(text);
    let mut open: Vec<Open> = Vec::new();
    // The numbers of the anchors of what is open.
    let mut named: Vec<usize> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = characters.offset(error.marker().index());
            (at..at, error.info().to_string())
        })?;
        let range = characters.offset(span.start.index())..characters.offset(span.end.index());
        if let Some(what) = refused(&event, open.len(), anchors.is_some()) {
            return Err((range, format!("{what} can't stand in front matter")));
        }
        let place_from = |start: usize| excerpt.span(trimmed(text, start..range.end));
        let mut number = 0;
        let (value, span) = match event {
            Event::Alias(id) => {
                let value = anchors.as_mut().and_then(|anchors| anchors.value(id));
                let value = value.ok_or_else(|| (range.clone(), "aliases make this too large".to_string()))?;
                (value, place_from(range.start))
            }
            Event::SequenceStart(anchor, _) => {
                named.push(anchor);
                open.push(Open::List { items: Vec::new(), start: range.start });
                continue;
            }
            Event::MappingStart(anchor, _) => {
                named.push(anchor);
                let (entries, seen) = (Vec::new(), BTreeSet::new());
                open.push(Open::Table { entries, seen, key: None, start: range.start });
                continue;
            }
            Event::Scalar(value, style, anchor, _) => {
                number = anchor;
                (scalar(&value, style), place_from(range.start))
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(mut collection) => {
                    number = named.pop().unwrap_or_default();
                    if let (Open::Table { entries, .. }, true) = (&mut collection, anchors.is_some()) {
                        merged(entries);
                        last_of_each(entries);
                    }
                    let (value, span) = collection.close(place_from);
                    (Some(value), span)
                }
                None => continue,
            },
            _ => continue,
        };
        if let Some(anchors) = anchors.as_mut().filter(|_| number > 0) {
            anchors.values.insert(number, value.clone());
        }
        match open.last_mut() {
            Some(collection) => collection.take(value, span, anchors.is_some()).map_err(|message| (range, message))?,
            None => return front_matter(value, excerpt).map_err(|message| (range, message)),
        }
    }
    Ok(empty(excerpt))
}

/// What the whole of a front matter is; a null is one that says nothing.
fn front_matter(value: Option<Data>, excerpt: &Excerpt<'_>) -> Result<Table, String> {
    match value {
        Some(Data::Table(table)) => Ok(Table { span: excerpt.span(0..0), ..table }),
        Some(_) => Err("front matter is a mapping of keys to values".into()),
        None => Ok(empty(excerpt)),
    }
}

fn empty(excerpt: &Excerpt<'_>) -> Table {
    Table { entries: Vec::new(), span: excerpt.span(0..0), syntax: Syntax::Yaml }
}

/// What an event is, if front matter has no use for it; `depth` is how many collections are open, `of_others` whether it
/// is another program's.
fn refused(event: &Event<'_>, depth: usize, of_others: bool) -> Option<&'static str> {
    /// Deeper than anybody writes; who reads a tree calls itself for each level.
    const DEEPEST: usize = 64;
    let (anchor, tag, deepest) = match event {
        Event::Alias(_) => return (!of_others).then_some("an alias"),
        Event::Scalar(_, _, anchor, tag) => (*anchor, tag, usize::MAX),
        Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag, DEEPEST),
        _ => return None,
    };
    if anchor > 0 && !of_others {
        Some("an anchor")
    } else if tag.is_some() && !of_others {
        Some("a tag")
    } else {
        (depth >= deepest).then_some("such deep nesting")
    }
}

/// A collection that is still open while YAML's events arrive.
enum Open {
    List {
        items: Vec<Spanned<Data>>,
        start: usize,
    },
    Table {
        entries: Vec<(Spanned<String>, Spanned<Data>)>,
        /// The keys until now.
        seen: BTreeSet<String>,
        /// The key whose value comes next.
        key: Option<Spanned<String>>,
        start: usize,
    },
}

impl Open {
    /// Takes what comes next: an item, a key or a value; `None` is null. In what is another program's a key may come
    /// again.
    fn take(&mut self, value: Option<Data>, span: Span, of_others: bool) -> Result<(), String> {
        match self {
            Open::List { items, .. } => items.extend(value.map(|value| Spanned::new(value, span))),
            Open::Table { key: key @ None, seen, .. } => match value {
                Some(Data::String(name)) if !seen.insert(name.clone()) && !of_others => {
                    return Err(format!("the key {} stands twice", quote(&name)));
                }
                Some(Data::String(name)) => *key = Some(Spanned::new(name, span)),
                _ => return Err("a key is a text".into()),
            },
            Open::Table { entries, key, .. } => {
                let value = value.map(|value| Spanned::new(value, span));
                entries.extend(key.take().zip(value));
            }
        }
        Ok(())
    }

    /// The collection as a value; `place_from` tells its place from where it begins.
    fn close(self, place_from: impl Fn(usize) -> Span) -> (Data, Span) {
        match self {
            Open::List { items, start } => (Data::List(items), place_from(start)),
            Open::Table { entries, start, .. } => {
                let span = place_from(start);
                (Data::Table(Table { entries, span, syntax: Syntax::Yaml }), span)
            }
        }
    }
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

/// A range without the blanks at its end: the parser's go on to the next sign.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let words = text.get(range.clone()).unwrap_or("").trim_end();
    range.start..range.start + words.len()
}

/// A scalar by the core schema of YAML 1.2, §10.3.2; what is a date from its first sign to its last
/// is one, too. `None` is null.
pub fn scalar(value: &str, style: ScalarStyle) -> Option<Data> {
    if style != ScalarStyle::Plain {
        return Some(Data::String(nfc(value).into_owned()));
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
        _ if date::begins_like_one(value) && date::parse(value, &TimeZone::UTC).is_some() => Data::Date(value.into()),
        _ if numeric && let Ok(number) = value.parse::<f64>() => Data::Float(number),
        _ => Data::String(value.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::{Source, SourceId, Sources};

    fn source(text: &str) -> (Sources, SourceId) {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("a.md", text));
        (sources, id)
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
    fn others_have_aliases() {
        let json = |text: &str| {
            let (sources, id) = source(text);
            let table = parse_yaml_of_others(&Excerpt::whole(sources.text(id), id, 0), &mut Vec::new());
            table.map(|table| serde_json::to_string(&table).expect("JSON"))
        };
        let text = "a: &a 1\nb: *a\nc: &c {x: 1, y: !t 2}\nd:\n  <<: *c\n  x: 3\n";
        let wanted = r#"{"a":1,"b":1,"c":{"x":1,"y":2},"d":{"x":3,"y":2}}"#;
        assert_eq!(json(text).as_deref(), Some(wanted));
        assert_eq!(json("a: 1\nb: 2\na: 3\n").as_deref(), Some(r#"{"b":2,"a":3}"#));
        let mut grows = String::from("a0: &a0 [1]\n");
        for n in 1..40 {
            let before = n - 1;
            grows.push_str(&format!("a{n}: &a{n} [*a{before}, *a{before}]\n"));
        }
        assert_eq!(json(&grows), None);
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        for null in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(scalar(null, ScalarStyle::Plain), None, "{null:?}");
            assert_eq!(scalar(null, ScalarStyle::DoubleQuoted), Some(Data::String(null.into())));
        }
        for text in
            ["nUll", "2024-01-15 weekly notes", "20.11.2026", "2025-02-30", "-inf", "nan", "1.2.3", "yes", "a: b"]
        {
            assert_eq!(scalar(text, ScalarStyle::Plain), Some(Data::String(text.into())), "{text:?}");
        }
        for date in ["2024-01-15", "2026-11-20 10:00:00 +0100", "2026-11-20 10:00", "2026-11-20T10:00:00Z"] {
            assert_eq!(scalar(date, ScalarStyle::Plain), Some(Data::Date(date.into())), "{date:?}");
        }
        for (text, number) in [("0x1F", 31), ("0o17", 15), ("-3", -3)] {
            assert_eq!(scalar(text, ScalarStyle::Plain), Some(Data::Integer(number)), "{text:?}");
        }
        for (text, number) in [("1e3", 1000.0), (".5", 0.5), ("-.inf", f64::NEG_INFINITY)] {
            assert_eq!(scalar(text, ScalarStyle::Plain), Some(Data::Float(number)), "{text:?}");
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
}
