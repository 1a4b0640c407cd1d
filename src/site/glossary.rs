//! The glossary of a series as it was typed: a `glossary.toml`.
//!
//! In: the source. Out: its terms. Which part teaches a term is not known here.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, count, quote};
use crate::settings::data::{Data, Excerpt, Fields, parse_toml, wrong_type};
use crate::settings::keys;
use crate::text::source::{SourceId, Sources, Span, Spanned, id_problem};

/// The terms of a series, with what they mean.
#[derive(Debug, Clone)]
pub struct Glossary {
    pub source: SourceId,
    /// By id.
    pub terms: BTreeMap<String, Term>,
    /// Ids of further ones that could not be read.
    pub unread: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub struct Term {
    pub span: Span,
    pub name: String,
    /// Inline Markdown.
    pub definition: Spanned<String>,
    /// Other ways in which the term is written.
    pub forms: Vec<String>,
}

/// The most characters of a term and of each of its forms: where one form is the beginning of another, all
/// of them are looked for at each word of a text.
const LONGEST_FORM: usize = 200;

/// Reads a `glossary.toml`.
pub fn parse_glossary(sources: &Sources, source: SourceId, out: &mut Vec<Diagnostic>) -> Option<Glossary> {
    let mut table = parse_toml(&Excerpt::whole(sources.text(source), source, 0), out)?;
    table.span = Span::start_of(source);
    let mut fields = Fields::new(&table, &keys::GLOSSARY);
    let terms = fields.table("terms", out);
    fields.finish(out);
    let mut glossary = Glossary { source, terms: BTreeMap::new(), unread: BTreeSet::new() };
    for (key, value) in terms.map(|terms| terms.entries.as_slice()).unwrap_or_default() {
        let Data::Table(table) = &value.value else {
            wrong_type::<()>(&key.value, "a table", value, out);
            glossary.unread.insert(key.value.clone());
            continue;
        };
        if let Some(problem) = id_problem(&key.value) {
            out.push(Diagnostic::new(Code::InvalidId, key.span, format!("the id {} {problem}", quote(&key.value))));
        }
        let mut fields = Fields::new(table, &keys::TERM);
        let name = fields.required("name", out);
        let definition = fields.required("definition", out);
        let fits = |form: &Spanned<String>, out: &mut Vec<Diagnostic>| {
            let length = form.value.chars().count();
            if length > LONGEST_FORM {
                let message =
                    format!("a form of the term has {}, more than {LONGEST_FORM}", count(length, "character"));
                out.push(Diagnostic::new(Code::InvalidValue, form.span, message).help("shorten it"));
            }
            length <= LONGEST_FORM
        };
        let name = name.filter(|name| fits(name, out));
        let mut forms = Vec::new();
        for form in fields.strings("forms", out) {
            if form.value.trim().is_empty() {
                let diagnostic = Diagnostic::new(Code::InvalidValue, form.span, "a form of the term is empty");
                out.push(diagnostic.help("write the word as it stands in the text, or remove it"));
            } else if fits(&form, out) {
                forms.push(form.value);
            }
        }
        fields.finish(out);
        if let (Some(name), Some(definition)) = (name, definition) {
            glossary.terms.insert(key.value.clone(), Term { span: key.span, name: name.value, definition, forms });
        } else {
            glossary.unread.insert(key.value.clone());
        }
    }
    Some(glossary)
}
