//! Front matter and settings of other tools.
//!
//! In: a text with front matter, or a file of settings. Out: its table, and what an article says of itself in
//! the words of `model`. Keys that only one tool knows stay with its reader; those that nobody knows are
//! kept as free values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use jiff::tz::TimeZone;

use super::model::{Found, Front};
use super::source::Folder;
use super::typed::{Edit, Place, Typed};
use crate::diagnostic::{Diagnostic, Place as At};
use crate::settings::data::{Data, Excerpt, Syntax, Table, parse_toml, parse_yaml_of_others, quoted};
use crate::text::date;
use crate::text::source::{SourceId, Span};

/// A mistake in the source, which nothing is made of.
#[derive(Debug)]
pub struct Broken {
    pub place: Place,
    pub message: String,
}

/// The front matter of a text, and the text below it.
pub fn split(typed: Typed) -> Result<(Option<Table>, Typed), Broken> {
    let Some(Head { inner, end, syntax }) = head(&typed.text) else { return Ok((None, typed)) };
    let start = inner.start;
    let table = read(&typed.text[inner], syntax).map_err(|(at, message)| {
        let place = typed.place(start + at);
        Broken { place, message }
    })?;
    Ok((Some(table), typed.apply(vec![Edit::new(0..end, "")])))
}

/// The words of an article, below its front matter; nothing where the file is no text any more.
pub fn body(folder: &Folder, path: &str) -> Option<Typed> {
    let typed = folder.typed(path)?;
    let end = head(&typed.text).map(|head| head.end);
    Some(match end {
        Some(end) => typed.apply(vec![Edit::new(0..end, "")]),
        None => typed,
    })
}

/// Where front matter stands.
struct Head {
    /// Between its marks.
    inner: Range<usize>,
    end: usize,
    syntax: Syntax,
}

fn head(text: &str) -> Option<Head> {
    if let Some(end) = end_of_json(text) {
        // Hugo reads it too.
        return Some(Head { inner: 0..end, end: (end + 1).min(text.len()), syntax: Syntax::Yaml });
    }
    let (marker, syntax) = match text.get(..3) {
        Some("+++") => ("+++", Syntax::Toml),
        Some("---") => ("---", Syntax::Yaml),
        _ => return None,
    };
    let start = text.find('\n').filter(|end| text[3..*end].trim().is_empty())? + 1;
    let mut at = start;
    let end = text[start..].split_inclusive('\n').find_map(|line| {
        at += line.len();
        let ends = line.trim_end() == marker || marker == "---" && line.trim_end() == "...";
        ends.then_some((at - line.len(), at))
    });
    let (inner, end) = end?;
    Some(Head { inner: start..inner, end, syntax })
}

/// Where an object of JSON ends that a text begins with and that nothing follows in its line.
fn end_of_json(text: &str) -> Option<usize> {
    let is_object = text.strip_prefix('{')?.trim_start().starts_with(['"', '}']);
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    let end = text.find(|c| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_text => is_escaped = true,
            '"' => in_text = !in_text,
            '{' if !in_text => depth += 1,
            '}' if !in_text => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let rest = text[end + 1..].lines().next().unwrap_or_default();
    (is_object && rest.trim().is_empty()).then_some(end + 1)
}

/// The mistake of front matter that begins and never ends.
pub fn unclosed(typed: &Typed) -> Option<Broken> {
    let is_begun = typed.text.lines().next().is_some_and(|first| first.trim_end() == "+++");
    let broken =
        || Broken { place: typed.place(0), message: "the front matter never ends: `+++` is missing below".into() };
    (is_begun && head(&typed.text).is_none()).then(broken)
}

/// The mistake of a file that is no text, with the line that isn't.
pub fn no_text(folder: &Folder, path: &str) -> Broken {
    let place = Place { file: path.into(), line: folder.bad_line(path).unwrap_or_default() };
    Broken { place, message: "is no text in UTF-8".into() }
}

/// A file of settings; `None` where there is none.
pub fn settings(folder: &Folder, path: &str) -> Result<Option<Table>, Broken> {
    let Some(typed) = folder.typed(path) else { return Ok(None) };
    let syntax = if path.ends_with(".toml") { Syntax::Toml } else { Syntax::Yaml };
    let text = typed.text.trim_start_matches("---\n");
    let before = typed.text.len() - text.len();
    let read = read(text, syntax);
    read.map(Some).map_err(|(at, message)| Broken { place: typed.place(before + at), message })
}

/// A file of data, be it a list; nothing where it can't be read.
pub fn data(folder: &Folder, path: &str) -> Option<Data> {
    let text = folder.text(path)?;
    // What the parser of tables reads is a table.
    let text = text.trim_start_matches("---\n");
    let inner: String = text.lines().map(|line| format!(" {line}\n")).collect();
    let table = read(&format!("data:\n{inner}"), Syntax::Yaml).ok()?;
    table.entries.into_iter().next().map(|(_, value)| value.value)
}

/// The words of a first heading of the highest level, if that is how the text begins.
pub fn first_heading(typed: &Typed) -> Option<String> {
    let first = typed.text.lines().find(|line| !line.trim().is_empty())?;
    let words = first.strip_prefix("# ")?.split(" {#").next()?.trim_end_matches('#').trim();
    let words: String = words.chars().filter(|c| !matches!(c, '`' | '*')).collect();
    Some(words).filter(|words| !words.is_empty() && !words.contains(['[', '<']))
}

/// What a file of settings says that isn't there.
pub fn nothing() -> Table {
    Table { entries: Vec::new(), span: Span::start_of(SourceId::default()), syntax: Syntax::Toml }
}

/// Reads a table; of mistakes the first, and where it is.
fn read(text: &str, syntax: Syntax) -> Result<Table, (usize, String)> {
    let source = SourceId::default();
    let excerpt = Excerpt::whole(text, source, 0);
    let mut found: Vec<Diagnostic> = Vec::new();
    let table = match syntax {
        _ if text.trim().is_empty() => Some(Table { entries: Vec::new(), span: Span::start_of(source), syntax }),
        Syntax::Toml => parse_toml(&excerpt, &mut found),
        Syntax::Yaml => parse_yaml_of_others(&excerpt, &mut found).or_else(|| {
            // Parsers of YAML 1.1 let a bracket that closes stand at the beginning of its line, and the words of a value
            // in quotes.
            let (mut indented, mut is_quoted) = (String::new(), false);
            for line in text.split_inclusive('\n') {
                if is_quoted || line.starts_with([']', '}']) {
                    indented.push(' ');
                }
                indented.push_str(line);
                is_quoted ^= !line.starts_with('#') && line.matches('"').count() % 2 == 1;
            }
            (indented != text)
                .then(|| parse_yaml_of_others(&Excerpt::whole(&indented, source, 0), &mut Vec::new()))
                .flatten()
        }),
    };
    table.ok_or_else(|| {
        let first = found.into_iter().next();
        let at = match first.as_ref().map(|diagnostic| &diagnostic.place) {
            Some(At::Span(span)) => span.range().start,
            _ => 0,
        };
        (at, first.map_or_else(|| "can't be read".to_string(), |diagnostic| diagnostic.message))
    })
}

/// Keys that tell a reader where an article stands and what it is made with; none of them is kept.
const OWN: [&str; 44] = [
    "weight",
    "order",
    "nav_order",
    "nav_exclude",
    "parent",
    "grand_parent",
    "has_children",
    "redirect_to",
    "sidebar_position",
    "slug",
    "path",
    "url",
    "permalink",
    "sort_by",
    "render",
    "paginate_by",
    "transparent",
    "template",
    "page_template",
    "layout",
    "type",
    "menu",
    "linkTitle",
    "series",
    "series_order",
    "seriesOrder",
    "series_weight",
    "seriesWeight",
    "cascade",
    "build",
    "_build",
    "insert_anchor_links",
    "generate_feeds",
    "in_search_index",
    "expiryDate",
    "outputs",
    "id",
    "headless",
    "isCJKLanguage",
    "markup",
    "nav",
    "lang",
    "ref",
    "translationKey",
];

/// What an article says of itself.
pub fn front(table: Option<Table>, found: &mut Found) -> Front {
    let mut front = Front::default();
    for (key, value) in table.into_iter().flat_map(|table| table.entries) {
        one(&mut front, &key.value, value.value, found);
    }
    front
}

fn one(front: &mut Front, key: &str, data: Data, found: &mut Found) {
    let text = |data: &Data| text_of(data);
    match key {
        "title" => front.title = text(&data),
        "description" | "summary" | "excerpt" | "abstract" => {
            front.description = front.description.take().or_else(|| text(&data).map(|text| one_line(&text)));
        }
        "date" | "publishDate" | "publish_date" | "pubDate" => match day(&data) {
            Some(day) => {
                front.date = front.date.take().or(Some(day));
                front.own.insert(key.into(), data);
            }
            None => front.extra.push((key.into(), data)),
        },
        "updated" | "lastmod" | "last_modified_at" | "modified" | "last_updated" | "lastUpdated" => match day(&data) {
            Some(day) => front.updated = Some(day),
            None => front.extra.push((key.into(), data)),
        },
        "draft" => front.draft = data == Data::Bool(true),
        "published" => front.draft = data == Data::Bool(false),
        "author" | "authors" => {
            front.authors.extend(people(&data, found));
            front.own.insert(key.into(), data);
        }
        "tags" | "categories" | "category" | "keywords" => {
            add_tags(front, &data);
            front.own.insert(key.into(), data);
        }
        "taxonomies" => {
            let Data::Table(table) = data else { return };
            for (key, value) in table.entries {
                match key.value.as_str() {
                    "authors" | "author" => front.authors.extend(people(&value.value, found)),
                    "series" => {
                        front.own.insert(key.value, value.value);
                    }
                    _ => add_tags(front, &value.value),
                }
            }
        }
        "aliases" | "redirect_from" => front.aliases.extend(texts(&data)),
        "canonical" | "canonical_url" | "canonicalURL" => front.canonical = text(&data),
        "image" | "og_image" | "cover" if matches!(data, Data::String(_)) => front.image = text(&data),
        "extra" | "params" => {
            let Data::Table(table) = data else { return };
            for (key, value) in table.entries {
                match key.value.as_str() {
                    "translators" => front.translators = texts(&value.value),
                    _ => front.extra.push((key.value, value.value)),
                }
            }
        }
        own if OWN.contains(&own) => {
            front.own.insert(key.into(), data);
        }
        _ => front.extra.push((key.into(), data)),
    }
}

fn add_tags(front: &mut Front, data: &Data) {
    for tag in texts(data) {
        let is_new = front.tags.iter().all(|known| !known.eq_ignore_ascii_case(&tag));
        if is_new && !tag.trim().is_empty() {
            front.tags.push(tag);
        }
    }
}

/// The ids of people, who are added to the site.
fn people(data: &Data, found: &mut Found) -> Vec<String> {
    let mut ids = Vec::new();
    let mut add = |data: &Data| match data {
        Data::Table(table) => {
            let of = |key: &str| table.get(key).and_then(|value| text_of(&value.value));
            let url = of("url").filter(|url| url.starts_with("https://") || url.starts_with("http://"));
            ids.extend(of("name").and_then(|name| found.author(&name, url)));
        }
        data => ids.extend(text_of(data).and_then(|name| found.author(&name, None))),
    };
    match data {
        Data::List(items) => items.iter().for_each(|item| add(&item.value)),
        data => add(data),
    }
    ids
}

/// A text, or a number or a date as it is typed.
pub fn text_of(data: &Data) -> Option<String> {
    let text = match data {
        Data::String(text) | Data::Date(text) => text.clone(),
        Data::Integer(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(_) | Data::List(_) | Data::Table(_) => return None,
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// Texts: a list of them, or one.
pub fn texts(data: &Data) -> Vec<String> {
    match data {
        Data::List(items) => items.iter().filter_map(|item| text_of(&item.value)).collect(),
        data => text_of(data).into_iter().collect(),
    }
}

/// A whole number, be it in quotes.
pub fn number(data: &Data) -> Option<i64> {
    match data {
        Data::Integer(number) => Some(*number),
        Data::Float(number) => Some(*number as i64),
        Data::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The value of a key, below tables: `output.html`.
pub fn at<'t>(table: &'t Table, path: &str) -> Option<&'t Data> {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let value = &table.get(key)?.value;
    match (rest, value) {
        (None, value) => Some(value),
        (Some(rest), Data::Table(table)) => at(table, rest),
        (Some(_), _) => None,
    }
}

/// The text of a key, below tables.
pub fn text_at(table: &Table, path: &str) -> Option<String> {
    at(table, path).and_then(text_of)
}

/// All texts of a table and those below it, by their paths behind `above`.
pub fn values(table: &Table, above: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in &table.entries {
        let path = format!("{above}{}", key.value);
        match &value.value {
            Data::Table(inner) => found.extend(values(inner, &format!("{path}."))),
            data => found.extend(text_of(data).map(|text| (path, text))),
        }
    }
    found
}

/// The table of a key, below tables.
pub fn table_at<'t>(table: &'t Table, path: &str) -> Option<&'t Table> {
    match at(table, path) {
        Some(Data::Table(table)) => Some(table),
        _ => None,
    }
}

/// A text on one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A date as TOML has it: `2019-01-05`, or an instant; `None` for what is none.
pub fn day(data: &Data) -> Option<String> {
    let typed = match data {
        Data::Date(text) | Data::String(text) => text.trim(),
        _ => return None,
    };
    let typed = date::written(typed).unwrap_or_else(|| typed.to_string());
    let mut text = typed.trim_end_matches(" UTC").trim_end_matches(" GMT").to_string();
    if text.len() < typed.len() {
        text.push('Z');
    }
    if text.as_bytes().get(10) == Some(&b' ') {
        text.replace_range(10..11, "T");
        text.retain(|c| c != ' ');
    }
    // `10:00` and `+0100` are no times of TOML.
    let offset = text.get(10..)?.find(['Z', '+', '-']).map_or(text.len(), |at| at + 10);
    let (time, offset) = text.split_at(offset);
    let mut whole = time.to_string();
    if time.len() == "2019-01-05T10:00".len() {
        whole.push_str(":00");
    }
    match offset.len() {
        5 => {
            let _ = write!(whole, "{}:{}", &offset[..3], &offset[3..]);
        }
        _ => whole.push_str(offset),
    }
    let is_midnight = whole.ends_with("T00:00:00") || whole.ends_with("T00:00:00Z");
    let whole = if is_midnight { whole[..10].to_string() } else { whole };
    date::parse(&whole, &TimeZone::UTC).is_some().then_some(whole)
}

/// A value as TOML has it, on one line.
pub fn toml(data: &Data) -> String {
    match data {
        Data::String(text) => quoted(text),
        Data::Integer(number) => number.to_string(),
        Data::Float(number) if number.is_finite() && number.fract() == 0.0 => format!("{number:.1}"),
        Data::Float(number) => number.to_string().to_lowercase(),
        Data::Bool(flag) => flag.to_string(),
        Data::Date(text) => day(data).unwrap_or_else(|| quoted(text)),
        Data::List(items) => {
            let items: Vec<String> = items.iter().map(|item| toml(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Table(table) => {
            let entries: Vec<String> = table
                .entries
                .iter()
                .map(|(key, value)| format!("{} = {}", key_of(&key.value), toml(&value.value)))
                .collect();
            if entries.is_empty() { "{}".into() } else { format!("{{ {} }}", entries.join(", ")) }
        }
    }
}

/// A key as TOML has it.
pub fn key_of(key: &str) -> String {
    let is_bare =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare { key.to_string() } else { quoted(key) }
}

/// A list of texts as TOML has it.
pub fn list_of(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// The text of a file that stands alone, with its front matter taken off.
pub fn page(folder: &Folder, path: &str) -> Result<Option<(Option<Table>, Typed)>, Broken> {
    folder.typed(path).map(split).transpose()
}

/// Whether a text has words beside comments and space.
pub fn says_something(typed: &Typed) -> bool {
    let mut rest = typed.text.trim();
    while let Some(end) = rest.strip_prefix("<!--").and_then(|inner| inner.find("-->")) {
        rest = rest[4 + end + 3..].trim_start();
    }
    !rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_begin_a_line() {
        let text = "# \"\na: \"b\nc\"\nd: [\n  e\n]\n";
        let table = read(text, Syntax::Yaml).expect("a table");
        assert_eq!(text_at(&table, "a").as_deref(), Some("b c"));
        assert_eq!(at(&table, "d").map(texts), Some(vec!["e".to_string()]));
        assert!(read("a: b\nc\nd: e\n", Syntax::Yaml).is_err());
    }

    #[test]
    fn dates_as_they_are_typed_elsewhere() {
        for (typed, wanted) in [
            ("2019-01-05", Some("2019-01-05")),
            ("2019-01-05 10:00:00 +0100", Some("2019-01-05T10:00:00+01:00")),
            ("2019-01-05T10:00:00Z", Some("2019-01-05T10:00:00Z")),
            ("2019-01-05 00:00:00 UTC", Some("2019-01-05")),
            ("2019-01-05 10:00", Some("2019-01-05T10:00:00")),
            ("2019/1/5", Some("2019-01-05")),
            ("soon", None),
            ("ééééééé", None),
        ] {
            assert_eq!(day(&Data::String(typed.into())).as_deref(), wanted, "{typed}");
        }
    }
}
