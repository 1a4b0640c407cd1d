//! `comparison`: options side by side, each with the same fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tera::Context;

use super::plain;
use crate::diagnostic::{Code, Diagnostic, count, did_you_mean, list, quote};
use crate::parse::Link;
use crate::parse::article::exact;
use crate::parse::block::{Block, BlockKind, Body, Form, Inline, Markdown, Page, Plain, Reader};
use crate::settings::checked::checked_id;
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, unknown_key, wrong_type};
use crate::settings::keys::{Kind, Shape, optional, required, shape};
use crate::text::markdown::{cell, escape};
use crate::text::source::{Span, Spanned, id_problem, slugify};

/// The kind of block.
pub const KIND: BlockKind = BlockKind {
    name: "comparison",
    title: "A comparison, in a part or in a file of its own",
    shape: &COMPARISON,
    views: view::VIEWS,
    read: placed_comparison,
};

/// A comparison.
pub const COMPARISON: Shape = shape(
    "the comparison",
    &[
        required("title", Kind::Text, "What is compared; it names the comparison in the gallery."),
        optional(
            "id",
            Kind::Id,
            "What it is known by in its series, where the title doesn't tell it from another; a file has its name.",
        ),
        optional("tagline", Kind::Text, "A few words under the title."),
        optional("lead", Kind::Inline, "A sentence above the options."),
        optional("rule", Kind::Inline, "The rule of thumb under them."),
        required(
            "fields",
            Kind::Named(&Kind::Either(&Kind::Text, &Kind::Table(&FIELD))),
            "What every option says of itself: a label, or a label with a scale.",
        ),
        required("options", Kind::List(&Kind::Table(&OPTION), 2), "What can be chosen."),
    ],
);

/// A comparison that stands in a file of its own.
pub const PLACED: Shape =
    shape("a placed comparison", &[required("use", Kind::Id, "The id of a shared comparison; stands alone.")]);

const FIELD: Shape = shape(
    "the field",
    &[
        required("label", Kind::Text, "The name that readers see."),
        optional("scale", Kind::List(&Kind::Text, 2), "The steps that a value can have, from low to high."),
    ],
);

const OPTION: Shape = Shape {
    others: Some(Kind::Inline),
    ..shape(
        "an option",
        &[
            required("name", Kind::Text, "The option's name."),
            optional("emoji", Kind::Text, "A sign that stands before the name."),
        ],
    )
};

/// The most steps of a scale: each option shows all of them.
const MOST_STEPS: usize = 20;

#[derive(Debug, Clone)]
pub struct Comparison {
    /// What its author calls it, the slug of its title, or the id of its file.
    pub id: String,
    /// Whether its author gave the id.
    pub is_named: bool,
    pub span: Span,
    pub title: String,
    pub tagline: Option<String>,
    pub lead: Option<Inline>,
    pub rule: Option<Inline>,
    pub fields: Box<[Field]>,
    pub options: Box<[Choice]>,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub id: String,
    pub label: String,
    /// The steps of a scale from low to high; empty for a field of free text.
    pub scale: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub name: Box<str>,
    pub emoji: Option<Box<str>>,
    /// One for each field, in the fields' order.
    pub values: Box<[Inline]>,
}

/// The anchor of a comparison where it stands for the first time on a page, as in a gallery.
pub fn anchor(id: &str) -> String {
    format!("pw-comparison-{id}")
}

/// Reads a shared comparison, a file of its own whose name is its id.
pub fn read_shared(
    id: &str,
    excerpt: &Excerpt<'_>,
    links: &mut Vec<Link>,
    out: &mut Vec<Diagnostic>,
) -> Option<Comparison> {
    let table = parse_toml(excerpt, out)?;
    if let Some((key, _)) = table.entries.iter().find(|(key, _)| key.value == "id") {
        let message = format!("the id of a shared comparison is the name of its file, {}", quote(id));
        out.push(Diagnostic::new(Code::UnknownKey, key.span, message).help("remove it, or rename the file"));
    }
    let comparison = comparison(&mut Reader { links, out }, &table)?;
    Some(Comparison { id: id.to_string(), is_named: true, ..comparison })
}

fn placed_comparison(table: &Table, reader: &mut Reader<'_>) -> Option<Body> {
    if table.get("use").is_none() {
        return comparison(reader, table).map(|comparison| Body::Known(Arc::new(comparison)));
    }
    let mut fields = Fields::new(table, &PLACED);
    let id = fields.required("use", reader.out);
    for (key, _) in table.entries.iter().filter(|(key, _)| key.value != "use") {
        let message = format!("{} can't stand beside `use`", quote(&key.value));
        reader.report(
            Diagnostic::new(Code::UnknownKey, key.span, message)
                .help("change the shared comparison in its file, or write this one out in full"),
        );
    }
    id.map(Body::Use)
}

fn comparison(reader: &mut Reader<'_>, table: &Table) -> Option<Comparison> {
    let mut fields = Fields::new(table, &COMPARISON);
    let title = fields.required("title", reader.out);
    let own_id = fields.string("id", reader.out).and_then(|id| checked_id(id, reader.out));
    let tagline = fields.string("tagline", reader.out).map(|text| text.value);
    let lead = reader.optional_inline(&mut fields, "lead");
    let rule = reader.optional_inline(&mut fields, "rule");
    let described = match fields.any("fields") {
        None => {
            fields.missing("fields", reader.out);
            None
        }
        Some(value) => match &value.value {
            Data::Table(table) => Some(read_fields(reader, table)),
            _ => wrong_type("fields", "a table", value, reader.out),
        },
    };
    if fields.any("options").is_none() {
        fields.missing("options", reader.out);
    }
    let typed = fields.tables("options", reader.out);
    let options_span = fields.span("options");
    fields.finish(reader.out);
    let described = described?;
    if described.is_empty() {
        let message = "the comparison has no field";
        reader.report(
            Diagnostic::new(Code::MissingKey, table.span, message)
                .help("add one under `[fields]`: `effort = \"Effort\"`"),
        );
    }
    let is_list = matches!(table.get("options"), Some(Spanned { value: Data::List(_), .. }));
    if typed.len() < 2 && is_list {
        let message = format!("the comparison has {}; there is nothing to compare", count(typed.len(), "option"));
        reader.report(Diagnostic::new(Code::MissingKey, options_span, message).help("add another `[[options]]`"));
    }
    let mut names = BTreeSet::new();
    let wanted = typed.len();
    let known = Described {
        fields: &described,
        ids: described.iter().enumerate().map(|(at, field)| (field.id.as_str(), at)).collect(),
    };
    let options: Vec<Choice> =
        typed.into_iter().filter_map(|option| read_option(reader, option, &known, &mut names)).collect();
    let title = title?;
    let is_named = own_id.is_some();
    let id = own_id.map_or_else(|| slugify(&title.value), |id| id.value);
    if id.is_empty() {
        // An id that can't be one has been reported.
        if table.get("id").is_none() {
            reader.report(Diagnostic::new(
                Code::InvalidValue,
                title.span,
                "the title has no letter or digit to be known by",
            ));
        }
        return None;
    }
    if options.len() < wanted || options.len() < 2 || described.is_empty() {
        return None;
    }
    let title = title.value;
    let (fields, options) = (exact(described), exact(options));
    Some(Comparison { id, is_named, span: table.span, title, tagline, lead, rule, fields, options })
}

fn read_fields(reader: &mut Reader<'_>, table: &Table) -> Vec<Field> {
    let mut fields = Vec::new();
    for (key, value) in &table.entries {
        if matches!(key.value.as_str(), "name" | "emoji") || id_problem(&key.value).is_some() {
            let message = format!("{} can't be a field", quote(&key.value));
            reader.report(Diagnostic::new(Code::InvalidId, key.span, message).help("give the field another id"));
            continue;
        }
        let (label, scale) = match &value.value {
            Data::String(label) => (label.clone(), Vec::new()),
            Data::Table(table) => {
                let mut inner = Fields::new(table, &FIELD);
                let label = inner.required("label", reader.out);
                let steps = inner.strings("scale", reader.out);
                let span = inner.span("scale");
                inner.finish(reader.out);
                if table.get("scale").is_some() && steps.len() < 2 {
                    reader.report(Diagnostic::new(Code::InvalidValue, span, "a scale has at least two steps"));
                }
                if steps.len() > MOST_STEPS {
                    let message = format!("the scale has {}, more than {MOST_STEPS}", count(steps.len(), "step"));
                    reader.report(Diagnostic::new(Code::InvalidValue, span, message).help("make it a field of text"));
                }
                let mut scale = Vec::new();
                for step in steps.into_iter().take(MOST_STEPS) {
                    if scale.contains(&step.value) {
                        let message = format!("the step {} stands twice in the scale", quote(&step.value));
                        reader.report(Diagnostic::new(Code::DuplicateId, step.span, message));
                    }
                    scale.push(step.value);
                }
                (label.map(|label| label.value).unwrap_or_default(), scale)
            }
            _ => {
                wrong_type::<()>(&key.value, "a text or a table", value, reader.out);
                continue;
            }
        };
        fields.push(Field { id: key.value.clone(), label, scale });
    }
    fields
}

/// The fields that every option gives.
struct Described<'a> {
    fields: &'a [Field],
    /// Their places, by id.
    ids: BTreeMap<&'a str, usize>,
}

fn read_option(
    reader: &mut Reader<'_>,
    table: &Table,
    described: &Described<'_>,
    names: &mut BTreeSet<String>,
) -> Option<Choice> {
    let mut fields = Fields::new(table, &OPTION);
    let name = fields.required("name", reader.out);
    let emoji = fields.string("emoji", reader.out).map(|text| text.value);
    if let Some(name) = &name
        && !names.insert(name.value.clone())
    {
        let message = format!("two options are called {}", quote(&name.value));
        reader.report(Diagnostic::new(Code::DuplicateId, name.span, message));
    }
    // By what it gives, and not by the fields: of thousands each of thousands of options may give one.
    let mut given: Vec<(usize, &Spanned<Data>)> = table
        .entries
        .iter()
        .filter_map(|(key, value)| Some((*described.ids.get(key.value.as_str())?, value)))
        .collect();
    given.sort_by_key(|(at, _)| *at);
    let missing = described.fields.len() - given.len();
    if missing > 0 {
        let is_missing = |at: &usize| given.binary_search_by_key(at, |(at, _)| *at).is_err();
        let lacked = (0..described.fields.len()).filter(is_missing).map(|at| described.fields[at].id.as_str());
        reader.report(lacking(name.as_ref(), lacked, missing, table.span));
    }
    let values: Vec<Inline> =
        given.into_iter().filter_map(|(at, value)| read_value(reader, &described.fields[at], value)).collect();
    for (key, value) in &table.entries {
        if !(matches!(key.value.as_str(), "name" | "emoji") || described.ids.contains_key(key.value.as_str())) {
            let near = did_you_mean(&key.value, described.ids.keys().copied());
            let diagnostic = unknown_key(key, &value.value, &OPTION, table.syntax);
            let fallback = "describe it under `[fields]`, or remove it".to_string();
            reader.report(diagnostic.help(near.unwrap_or(fallback)));
        }
    }
    let choice = Choice { name: name?.value.into(), emoji: emoji.map(Into::into), values: exact(values) };
    (choice.values.len() == described.fields.len()).then_some(choice)
}

/// One diagnostic for all fields that an option lacks: thousands of options may lack thousands.
fn lacking<'a>(
    option: Option<&Spanned<String>>,
    missing: impl Iterator<Item = &'a str>,
    number: usize,
    span: Span,
) -> Diagnostic {
    const MOST_SHOWN: usize = 5;
    let of = option.map_or("an option".into(), |name| format!("the option {}", quote(&name.value)));
    let rest = match number.saturating_sub(MOST_SHOWN) {
        0 => String::new(),
        rest => format!(", nor {}", count(rest, "other field")),
    };
    let message = format!("{of} has no {}{rest}", list(missing.take(MOST_SHOWN), "or"));
    Diagnostic::new(Code::MissingKey, span, message).help("every option gives every field of `[fields]`")
}

/// What an option says of a field.
fn read_value(reader: &mut Reader<'_>, field: &Field, value: &Spanned<Data>) -> Option<Inline> {
    let Data::String(text) = &value.value else {
        return wrong_type(&field.id, "a text", value, reader.out);
    };
    if text.trim().is_empty() {
        reader.report(Diagnostic::new(Code::InvalidValue, value.span, format!("{} is empty", quote(&field.id))));
        return None;
    }
    if !field.scale.is_empty() && !field.scale.contains(text) {
        let steps = || field.scale.iter().map(String::as_str);
        let message = format!("{} is no step of the scale of {}", quote(text), quote(&field.id));
        let help = did_you_mean(text, steps()).unwrap_or_else(|| format!("use {}", list(steps(), "or")));
        reader.report(Diagnostic::new(Code::InvalidValue, value.span, message).help(help));
        return None;
    }
    Some(reader.inline(Spanned::new(text.clone(), value.span)))
}

impl Comparison {
    /// The id of its element on the page at hand.
    fn anchor(&self, form: &dyn Form) -> String {
        let again = if form.count() > 1 { format!("-{}", form.count()) } else { String::new() };
        form.id(&format!("{}{again}", anchor(&self.id)))
    }
}

impl Block for Comparison {
    fn lines(&self) -> Vec<&Inline> {
        let values = self.options.iter().flat_map(|option| &option.values);
        self.lead.iter().chain(&self.rule).chain(values).collect()
    }

    fn view(&self, page: &mut dyn Page) -> Option<Context> {
        let options = self.options.iter().map(|option| view::ComparisonOption {
            name: page.set(&option.name),
            emoji: option.emoji.as_deref().map(str::to_string),
            fields: self
                .fields
                .iter()
                .zip(&option.values)
                .map(|(field, value)| field_view(field, value, page))
                .collect(),
        });
        let options = options.collect();
        let view = view::Comparison {
            anchor: self.anchor(page),
            title: page.set(&self.title),
            tagline: self.tagline.as_deref().map(|tagline| page.set(tagline)),
            lead: self.lead.as_ref().map(|lead| page.inline(lead)),
            rule: self.rule.as_ref().map(|rule| page.inline(rule)),
            options,
            level: page.level(),
        };
        Context::from_serialize(&view).ok()
    }

    /// A table: a row for each field, a column for each option.
    fn plain(&self, form: &mut dyn Plain) {
        let anchor = self.anchor(form);
        plain::heading(form, &anchor, &self.title, self.tagline.as_deref());
        if let Some(lead) = &self.lead {
            plain::paragraph(form, lead);
        }
        form.open("table", &[]);
        form.line();
        form.open("thead", &[]);
        form.open("tr", &[]);
        form.open("td", &[]);
        form.close("td");
        for option in &self.options {
            form.open("th", &[("scope", "col")]);
            if let Some(emoji) = &option.emoji {
                form.text(emoji);
                form.text(" ");
            }
            form.text(&form.set(&option.name));
            form.close("th");
        }
        form.close("tr");
        form.close("thead");
        form.line();
        form.open("tbody", &[]);
        form.line();
        for (at, field) in self.fields.iter().enumerate() {
            form.open("tr", &[]);
            form.open("th", &[("scope", "row")]);
            form.text(&form.set(&field.label));
            form.close("th");
            for value in self.options.iter().filter_map(|option| option.values.get(at)) {
                form.open("td", &[]);
                form.inline(value);
                form.close("td");
            }
            form.close("tr");
            form.line();
        }
        form.close("tbody");
        form.line();
        form.close("table");
        form.line();
        if let Some(rule) = &self.rule {
            form.open("p", &[]);
            form.open("strong", &[]);
            form.text(&form.say("rule_of_thumb", &[]));
            form.close("strong");
            form.open("br", &[]);
            form.inline(rule);
            form.close("p");
            form.line();
        }
    }

    fn markdown(&self, form: &dyn Markdown) -> String {
        let mut out = format!("**{}**", escape(&self.title));
        if let Some(tagline) = &self.tagline {
            out.push_str(&format!(": {}", escape(tagline)));
        }
        out.push_str("\n\n");
        if let Some(lead) = &self.lead {
            out.push_str(&format!("{}\n\n", form.inline(lead)));
        }
        out.push_str("| |");
        for option in &self.options {
            let emoji = option.emoji.as_ref().map(|emoji| format!("{emoji} ")).unwrap_or_default();
            out.push_str(&format!(" {emoji}{} |", cell(&escape(&option.name))));
        }
        out.push_str(&format!("\n|{}\n", " --- |".repeat(self.options.len() + 1)));
        for (at, field) in self.fields.iter().enumerate() {
            out.push_str(&format!("| {} |", cell(&escape(&field.label))));
            for option in &self.options {
                let value = option.values.get(at).map(|value| form.inline(value)).unwrap_or_default();
                out.push_str(&format!(" {} |", cell(&value)));
            }
            out.push('\n');
        }
        if let Some(rule) = &self.rule {
            out.push_str(&format!("\n**{}**: {}\n", form.say("rule_of_thumb", &[]), form.inline(rule)));
        }
        out
    }
}

fn field_view(field: &Field, value: &Inline, page: &mut dyn Page) -> view::ComparisonField {
    view::ComparisonField {
        id: field.id.clone(),
        label: page.set(&field.label),
        value: page.inline(value),
        step: field.scale.iter().position(|step| **step == *value.text).map(|at| at + 1),
        steps: (!field.scale.is_empty()).then_some(field.scale.len()),
    }
}

/// What its component is given.
pub mod view {
    use serde::Serialize;
    use tera::Value;

    use crate::project::documented::documented;

    documented! { VIEWS:
    /// Arguments of `blocks/comparison.html`, the component `comparison`.
    #[derive(Debug, Serialize)]
    pub struct Comparison {
        /// An id for the element, unique on the page.
        pub anchor: String,
        /// What it compares.
        pub title: String,
        /// A few words beside the title.
        pub tagline: Option<String>,
        /// *HTML*, inline.
        pub lead: Option<Value>,
        /// *HTML*, inline.
        pub rule: Option<Value>,
        /// What is compared.
        pub options: Vec<ComparisonOption>,
        /// The level of the block's heading, 2 to 6: one below the heading it stands under.
        pub level: u8,
    }

    #[derive(Debug, Serialize)]
    pub struct ComparisonOption {
        /// Of the option.
        pub name: String,
        /// A sign that stands for it.
        pub emoji: Option<String>,
        /// What is said of it.
        pub fields: Vec<ComparisonField>,
    }

    #[derive(Debug, Serialize)]
    pub struct ComparisonField {
        /// The same in all options.
        pub id: String,
        /// What readers see.
        pub label: String,
        /// *HTML*, inline.
        pub value: Value,
        /// For a scaled field: where the value stands, from 1, and how many steps there are.
        pub step: Option<usize>,
        /// How many steps the scale has.
        pub steps: Option<usize>,
    }
    }
}
