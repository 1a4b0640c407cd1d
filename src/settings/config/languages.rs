//! `[languages.<tag>]`: the languages that a site has beside its own, each with what is said otherwise in it.

use super::discussion::{Discussion, discussion};
use super::named::Category;
use super::newsletter::{Newsletter, newsletter};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::settings::data::{Data, Fields, Table, wrong_type};
use crate::settings::keys;
use crate::text::language::own_name;
use crate::text::source::{Span, Spanned};

/// A language into which a site is translated.
#[derive(Debug, Clone)]
pub struct Language {
    /// A BCP 47 tag, as it stands in addresses and in the names of files.
    pub tag: String,
    /// Where it is declared.
    pub span: Span,
    /// What its readers call it.
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Names of tags by their ids.
    pub(super) tags: Vec<(String, String)>,
    /// Names of categories, likewise.
    pub(super) categories: Vec<(String, String)>,
    pub newsletter: Option<Newsletter>,
    pub discussion: Option<Discussion>,
}

/// Reads the tables, in the order typed.
pub fn languages(
    fields: &mut Fields<'_>,
    original: &Spanned<String>,
    categories: &[Category],
    out: &mut Vec<Diagnostic>,
) -> Vec<Language> {
    let mut languages: Vec<Language> = Vec::new();
    for (tag, value) in fields.table("languages", out).map(|table| table.entries.as_slice()).unwrap_or_default() {
        let Data::Table(table) = &value.value else {
            wrong_type::<()>(&tag.value, "a table", value, out);
            continue;
        };
        if let Some(problem) = language_problem(&tag.value) {
            out.push(Diagnostic::new(Code::InvalidValue, tag.span, problem));
            continue;
        }
        if tag.value.eq_ignore_ascii_case(&original.value) {
            let message = format!("{} is the language of the originals", quote(&tag.value));
            out.push(
                Diagnostic::new(Code::DuplicateId, tag.span, message)
                    .note(original.span, "the language of the site")
                    .help("remove this table; what it would say stands in the settings themselves"),
            );
            continue;
        }
        if let Some(first) = languages.iter().find(|first| first.tag.eq_ignore_ascii_case(&tag.value)) {
            let message = format!("the language {} stands twice", quote(&tag.value));
            out.push(
                Diagnostic::new(Code::DuplicateId, tag.span, message).note(first.span, "the first").help("remove one"),
            );
            continue;
        }
        languages.push(language(tag, table, categories, out));
    }
    languages
}

fn language(tag: &Spanned<String>, table: &Table, categories: &[Category], out: &mut Vec<Diagnostic>) -> Language {
    let mut fields = Fields::new(table, &keys::TRANSLATED_SITE);
    let name = fields.string("name", out).map(|name| name.value).filter(|name| !name.trim().is_empty());
    let known = name.or_else(|| own_name(&tag.value).map(str::to_string));
    if known.is_none() {
        let message = format!("nobody here knows what its readers call the language {}", quote(&tag.value));
        out.push(Diagnostic::new(Code::MissingWords, tag.span, message).help("say it: `name = \"…\"`"));
    }
    let title = fields.string("title", out).map(|text| text.value);
    let description = fields.string("description", out).map(|text| text.value);
    let tags = names(&mut fields, "tags", out);
    let named = names(&mut fields, "categories", out);
    for (id, _) in &named {
        if !categories.iter().any(|category| category.id == id.value) {
            let message = format!("`partwork.toml` has no category {}", quote(&id.value));
            let near = did_you_mean(&id.value, categories.iter().map(|category| category.id.as_str()));
            out.push(Diagnostic::new(Code::InvalidValue, id.span, message).maybe_help(near));
        }
    }
    let newsletter = newsletter(&mut fields, out);
    let discussion = discussion(&mut fields, out);
    fields.finish(out);
    let plain = |names: Vec<(Spanned<String>, String)>| names.into_iter().map(|(id, name)| (id.value, name)).collect();
    Language {
        name: known.unwrap_or_else(|| tag.value.clone()),
        tag: tag.value.clone(),
        span: tag.span,
        title,
        description,
        tags: plain(tags),
        categories: plain(named),
        newsletter,
        discussion,
    }
}

/// Names by ids.
fn names(fields: &mut Fields<'_>, key: &'static str, out: &mut Vec<Diagnostic>) -> Vec<(Spanned<String>, String)> {
    let entries = fields.table(key, out).map(|table| table.entries.as_slice()).unwrap_or_default();
    let name = |(id, value): &(Spanned<String>, Spanned<Data>)| match &value.value {
        Data::String(name) => Some((id.clone(), name.clone())),
        _ => wrong_type(&id.value, "a name", value, out),
    };
    entries.iter().filter_map(name).collect()
}

/// What is wrong with the tag of a language.
pub fn language_problem(tag: &str) -> Option<String> {
    let well_formed = tag.split('-').enumerate().all(|(at, piece)| {
        (1..=8).contains(&piece.len())
            && piece.chars().all(|c| c.is_ascii_alphanumeric())
            && (at > 0 || (piece.len() >= 2 && piece.chars().all(|c| c.is_ascii_alphabetic())))
    });
    (!well_formed).then(|| format!("{} is no language tag (BCP 47), such as `en` or `pt-BR`", quote(tag)))
}
