//! Edits of TOML files that leave everything else as it was typed.
//!
//! In: a file's bytes and what to add. Out: the bytes with that added; comments, layout, line ends
//! and a byte order mark stay, byte for byte. Never adds what is there already.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::settings::data::quoted;

/// Where in a plan a part goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the end of `parts` at the top.
    Top,
    /// At the end of the parts of a track, by its index.
    Track(usize),
}

/// Adds a part by its id to the plan in a `series.toml`. `None` when the bytes are no TOML, or the
/// place is none of a plan.
pub fn add_part(bytes: &[u8], place: Place, id: &str) -> Option<Vec<u8>> {
    rewrite(bytes, |plan| match place {
        Place::Top => append(plan.as_table_mut().entry("parts").or_insert_with(empty_list), id),
        Place::Track(at) => match plan.get_mut("tracks")? {
            Item::ArrayOfTables(tracks) => append(tracks.get_mut(at)?.entry("parts").or_insert_with(empty_list), id),
            Item::Value(Value::Array(tracks)) => {
                let track = tracks.get_mut(at)?.as_inline_table_mut()?;
                push(track.entry("parts").or_insert_with(|| Value::Array(Array::new())).as_array_mut()?, id);
                Some(())
            }
            _ => None,
        },
    })
}

/// Gives an announced part of a plan another title.
pub fn retitle_part(bytes: &[u8], id: &str, title: &str) -> Option<Vec<u8>> {
    rewrite(bytes, |plan| {
        let entry = entries(plan).into_iter().find(|entry| entry.get("id").and_then(Item::as_str) == Some(id))?;
        let value = entry.get_mut("title")?.as_value_mut()?;
        let decor = value.decor().clone();
        *value = quoted(title).parse().ok()?;
        *value.decor_mut() = decor;
        Some(())
    })
}

/// Adds a series to the list in a `partwork.toml`; the bytes as they are when it has no such list.
pub fn add_series(bytes: &[u8], id: &str) -> Option<Vec<u8>> {
    rewrite(bytes, |site| {
        if let Some(listed) = site.get_mut("series").and_then(Item::as_array_mut)
            && !listed.iter().any(|listed| listed.as_str() == Some(id))
        {
            push(listed, id);
        }
        Some(())
    })
}

/// Every entry of a plan that is a table.
fn entries(plan: &mut DocumentMut) -> Vec<&mut dyn toml_edit::TableLike> {
    let mut lists: Vec<&mut Item> = Vec::new();
    let mut found: Vec<&mut dyn toml_edit::TableLike> = Vec::new();
    for (key, item) in plan.as_table_mut().iter_mut() {
        match (key.get(), item) {
            ("parts", item) => lists.push(item),
            ("tracks", Item::ArrayOfTables(tracks)) => {
                lists.extend(tracks.iter_mut().filter_map(|track| track.get_mut("parts")));
            }
            ("tracks", Item::Value(Value::Array(tracks))) => {
                let parts = tracks.iter_mut().filter_map(|track| track.as_inline_table_mut()?.get_mut("parts"));
                let tables = parts.filter_map(Value::as_array_mut).flat_map(|parts| parts.iter_mut());
                found.extend(tables.filter_map(Value::as_inline_table_mut).map(|table| table as _));
            }
            _ => {}
        }
    }
    for list in lists {
        match list {
            Item::ArrayOfTables(tables) => found.extend(tables.iter_mut().map(|table| table as _)),
            Item::Value(Value::Array(items)) => {
                let tables = items.iter_mut().filter_map(Value::as_inline_table_mut);
                found.extend(tables.map(|table| table as _));
            }
            _ => {}
        }
    }
    found
}

fn empty_list() -> Item {
    Item::Value(Value::Array(Array::new()))
}

fn append(parts: &mut Item, id: &str) -> Option<()> {
    match parts {
        Item::Value(Value::Array(list)) => push(list, id),
        Item::ArrayOfTables(tables) => push_table(tables, id),
        _ => return None,
    }
    Some(())
}

/// A table of its own for an entry, after the last one.
fn push_table(tables: &mut ArrayOfTables, id: &str) {
    let mut entry = Table::new();
    entry["id"] = toml_edit::value(id);
    tables.push(entry);
}

/// Appends a text to a list in the list's own layout: on one line, or one item a line with the
/// same indentation. Comments after the last item stay with it.
fn push(list: &mut Array, id: &str) {
    let text = |raw: Option<&toml_edit::RawString>| raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_string();
    let trailing_comma = list.trailing_comma();
    let last = list.len().checked_sub(1).and_then(|last| list.get_mut(last));
    let mut tail = last.map_or_else(String::new, |last| {
        let suffix = text(last.decor().suffix());
        last.decor_mut().set_suffix("");
        suffix
    });
    tail.push_str(&text(Some(list.trailing())));
    list.set_trailing("");
    let prefixes: Vec<String> = list.iter().map(|item| text(item.decor().prefix())).collect();
    let indent = prefixes.iter().rev().find_map(|prefix| prefix.rsplit_once('\n')).map(|(_, indent)| indent);
    let many_lines = indent.is_some() || tail.contains('\n');
    let mut item = Value::from(id);
    if many_lines {
        let (comments, closing) = tail.rsplit_once('\n').map_or((tail.as_str(), None), |(head, end)| (head, Some(end)));
        let prefix = format!("{}\n{}", comments.trim_end(), indent.unwrap_or("  "));
        let closing = closing.map(|closing| format!("\n{closing}")).unwrap_or_default();
        item.decor_mut().set_prefix(prefix);
        if trailing_comma || (list.is_empty() && !closing.is_empty()) {
            list.set_trailing(closing);
            list.set_trailing_comma(true);
        } else {
            item.decor_mut().set_suffix(closing);
        }
    } else {
        item.decor_mut().set_prefix(if list.is_empty() { "" } else { " " });
        if trailing_comma { list.set_trailing(tail) } else { item.decor_mut().set_suffix(tail) }
    }
    list.push_formatted(item);
}

/// Parses, changes, and puts only what became different back into the bytes.
fn rewrite(bytes: &[u8], change: impl FnOnce(&mut DocumentMut) -> Option<()>) -> Option<Vec<u8>> {
    let raw = std::str::from_utf8(bytes).ok()?;
    let start = if raw.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let old = raw[start..].replace("\r\n", "\n");
    let mut document: DocumentMut = old.parse().ok()?;
    change(&mut document)?;
    let new = document.to_string();
    let same_before = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len()) - same_before;
    let same_after = old.bytes().rev().zip(new.bytes().rev()).take(shorter).take_while(|(a, b)| a == b).count();
    let mut added = new.as_bytes()[same_before..new.len() - same_after].to_vec();
    if raw.contains("\r\n") {
        added = added.iter().flat_map(|byte| if *byte == b'\n' { b"\r\n".to_vec() } else { vec![*byte] }).collect();
    }
    let from = start + raw_offset(&raw[start..], same_before);
    let to = start + raw_offset(&raw[start..], old.len() - same_after);
    Some([&bytes[..from], &added, &bytes[to..]].concat())
}

/// Where a byte of the text with plain line ends stands in the text as it is.
fn raw_offset(raw: &str, wanted: usize) -> usize {
    let mut plain = 0;
    for (at, byte) in raw.bytes().enumerate() {
        if plain == wanted {
            return at;
        }
        let dropped = byte == b'\r' && raw.as_bytes().get(at + 1) == Some(&b'\n');
        plain += usize::from(!dropped);
    }
    raw.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(plan: &str, place: Place) -> String {
        String::from_utf8(add_part(plan.as_bytes(), place, "new").expect("a plan")).expect("UTF-8")
    }

    /// Every layout of a list that authors use, before and after.
    #[test]
    fn lists_keep_their_layout() {
        for (before, after) in [
            ("[]", "[\"new\"]"),
            ("[ ]", "[\"new\" ]"),
            ("[\n]", "[\n  \"new\",\n]"),
            ("[\n  # none yet\n]", "[\n  # none yet\n  \"new\",\n]"),
            ("[\"a\"]", "[\"a\", \"new\"]"),
            ("[\"a\",]", "[\"a\", \"new\",]"),
            ("[ \"a\", \"b\" ]", "[ \"a\", \"b\", \"new\" ]"),
            ("[\n\t\"a\",\n\t\"b\",\n]", "[\n\t\"a\",\n\t\"b\",\n\t\"new\",\n]"),
            ("[\n  \"a\",\n  \"b\"\n]", "[\n  \"a\",\n  \"b\",\n  \"new\"\n]"),
            ("[\n  \"a\", # one\n]", "[\n  \"a\", # one\n  \"new\",\n]"),
            ("[\n  \"a\" # one\n]", "[\n  \"a\", # one\n  \"new\"\n]"),
            ("[\n  \"a\",\n  # more to come\n  ]", "[\n  \"a\",\n  # more to come\n  \"new\",\n  ]"),
            ("[\n  \"a\", \"b\",\n]", "[\n  \"a\", \"b\",\n  \"new\",\n]"),
            ("[\n  { id = \"a\" }, # one\n]", "[\n  { id = \"a\" }, # one\n  \"new\",\n]"),
        ] {
            let (head, foot) = ("# plan\ntitle='x'  # t\nparts   =  ", " # end\n\n[extra]\na=1\n");
            assert_eq!(added(&format!("{head}{before}{foot}"), Place::Top), format!("{head}{after}{foot}"), "{before}");
        }
    }

    #[test]
    fn every_form_of_a_plan() {
        for (place, before, after) in [
            (Place::Top, "title = 'x'\n", "title = 'x'\nparts = [\"new\"]\n"),
            (
                Place::Top,
                "[[parts]]\nid = \"a\"\n\n[extra]\nx = 1\n",
                "[[parts]]\nid = \"a\"\n\n[[parts]]\nid = \"new\"\n\n[extra]\nx = 1\n",
            ),
            (
                Place::Track(0),
                "[[tracks]]\ntitle = 'A'\nparts = ['a']\n\n# second\n[[tracks]]\ntitle = 'B'\nparts = []\n",
                "[[tracks]]\ntitle = 'A'\nparts = ['a', \"new\"]\n\n# second\n[[tracks]]\ntitle = 'B'\nparts = []\n",
            ),
            (Place::Track(0), "[[tracks]]\ntitle = 'A'\n", "[[tracks]]\ntitle = 'A'\nparts = [\"new\"]\n"),
            (
                Place::Track(1),
                "tracks = [{ title = 'A', parts = [] }, { title = 'B', parts = ['b'] }]\n",
                "tracks = [{ title = 'A', parts = [] }, { title = 'B', parts = ['b', \"new\"] }]\n",
            ),
            (
                Place::Track(0),
                "[[tracks]]\ntitle = 'A'\n[[tracks.parts]]\nid = 'a'\n[[tracks]]\ntitle = 'B'\nparts = []\n",
                "[[tracks]]\ntitle = 'A'\n[[tracks.parts]]\nid = 'a'\n\n[[tracks.parts]]\nid = \"new\"\n[[tracks]]\ntitle = 'B'\nparts = []\n",
            ),
        ] {
            assert_eq!(added(before, place), after);
        }
        assert_eq!(add_part(b"tracks = 1\n", Place::Track(0), "new"), None);
        assert_eq!(add_part(b"parts = [\n", Place::Top, "new"), None);
        assert_eq!(add_part(b"\xff", Place::Top, "new"), None);
    }

    #[test]
    fn line_ends_and_marks_stay() {
        let before = "\u{feff}title = \"\u{e9}\"\r\nparts = [\r\n  \"a\", # \u{e9}\r\n]\r\n# mixed\n";
        let after = before.replace("]\r\n", "  \"new\",\r\n]\r\n");
        assert_eq!(added(before, Place::Top), after);
        assert_eq!(added("parts = [\"a\"]\r\n", Place::Top), "parts = [\"a\", \"new\"]\r\n");
    }

    #[test]
    fn titles_and_series() {
        for text in ["It's \"x\"", "a\\b\n\u{7f}", "עברית 🤖", "'''\"\"\""] {
            let document: DocumentMut = format!("x = {}\n", quoted(text)).parse().expect("TOML");
            assert_eq!(document["x"].as_str(), Some(text));
        }
        let plan = "parts = [{ id = 'a', title = '\u{e8}' }] # x\r\n";
        let retitled = retitle_part(plan.as_bytes(), "a", "\u{e9}").expect("a plan");
        assert_eq!(String::from_utf8(retitled).expect("UTF-8"), "parts = [{ id = 'a', title = \"\u{e9}\" }] # x\r\n");
        for (before, after) in [
            ("series = [\"a\"] # s\n", "series = [\"a\", \"new\"] # s\n"),
            ("series = [\"new\"]\n", "series = [\"new\"]\n"),
            ("title = 'x'\n", "title = 'x'\n"),
        ] {
            let bytes = add_series(before.as_bytes(), "new").expect("a site");
            assert_eq!(String::from_utf8(bytes).expect("UTF-8"), after);
        }
    }
}
