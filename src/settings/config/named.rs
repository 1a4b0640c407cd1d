//! What other files name by an id: the people who write, and the categories.

use std::collections::BTreeMap;

use super::address::{LINKS, url_problem};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::checked::{checked, checked_id};
use crate::settings::data::{Data, Fields, Table, wrong_type};
use crate::settings::keys;
use crate::text::source::{Span, Spanned};

/// Somebody whom series and parts can name.
#[derive(Debug, Clone)]
pub struct Author {
    pub id: String,
    pub name: String,
    pub url: Option<Spanned<String>>,
    /// A path below `content/`.
    pub avatar: Option<Spanned<String>>,
    /// Plain text.
    pub bio: Option<String>,
}

/// A category that series can name.
#[derive(Debug, Clone)]
pub struct Category {
    pub id: String,
    pub name: String,
    pub emoji: Option<String>,
}

/// What the settings say of a tag.
#[derive(Debug, Clone)]
pub struct TagName {
    pub id: String,
    /// What readers see.
    pub name: String,
    /// The last piece of its address.
    pub slug: String,
}

/// The authors, and whether these are all that the file names.
pub fn authors(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> (Vec<Author>, bool) {
    named(fields, "authors", author, out)
}

/// The categories, and whether these are all that the file names.
pub fn categories(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> (Vec<Category>, bool) {
    named(fields, "categories", category, out)
}

/// The tables `[tags.<id>]`.
pub fn tags(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<TagName> {
    let tables = fields.table("tags", out).map(|tags| tags.entries.as_slice()).unwrap_or_default();
    tables.iter().filter_map(|(id, value)| tag(id, value, out)).collect()
}

fn tag(id: &Spanned<String>, value: &Spanned<Data>, out: &mut Vec<Diagnostic>) -> Option<TagName> {
    let Data::Table(table) = &value.value else { return wrong_type(&id.value, "a table", value, out) };
    let mut fields = Fields::new(table, &keys::TAG);
    let name = fields.string("name", out).map_or_else(|| id.value.clone(), |name| name.value);
    let slug = fields.string("slug", out).and_then(|slug| checked_id(slug, out));
    fields.finish(out);
    // Without a slug the id is the address.
    let slug = slug.or_else(|| checked_id(id.clone(), out))?;
    Some(TagName { id: id.value.clone(), name, slug: slug.value })
}

fn author(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Author> {
    let mut fields = Fields::new(table, &keys::AUTHOR);
    let id = fields.required("id", out).and_then(|id| checked_id(id, out));
    let name = fields.required("name", out);
    let url = fields.string("url", out).and_then(|url| checked(url, |url| url_problem(url, LINKS), "url", out));
    let avatar = fields.string("avatar", out);
    let bio = fields.string("bio", out).map(|text| text.value);
    fields.finish(out);
    Some(Author { id: id?.value, name: name?.value, url, avatar, bio })
}

fn category(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Category> {
    let mut fields = Fields::new(table, &keys::CATEGORY);
    let id = fields.required("id", out).and_then(|id| checked_id(id, out));
    let name = fields.required("name", out);
    let emoji = fields.string("emoji", out).map(|text| text.value);
    fields.finish(out);
    Some(Category { id: id?.value, name: name?.value, emoji })
}

/// Reads a list of tables that others name by id, and says whether all of it could be read.
fn named<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    read: impl Fn(&Table, &mut Vec<Diagnostic>) -> Option<T>,
    out: &mut Vec<Diagnostic>,
) -> (Vec<T>, bool) {
    let earlier = out.len();
    let tables = fields.tables(key, out);
    let readable = out.len() == earlier && !fields.is_misspelled(key);
    let read: Vec<T> = tables.iter().filter_map(|table| read(table, out)).collect();
    let all = readable && read.len() == tables.len();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for id in tables.iter().filter_map(|table| table.get("id")) {
        let Some(text) = id.value.as_text() else { continue };
        if let Some(first) = seen.insert(text, id.span) {
            let message = format!("two of `[[{key}]]` have the id {}", quote(text));
            out.push(Diagnostic::new(Code::DuplicateId, id.span, message).note(first, "the first").help("rename one"));
        }
    }
    (read, all)
}
