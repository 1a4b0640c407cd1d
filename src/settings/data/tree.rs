//! The tree: values with their places, whatever they were typed in.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::text::source::{Span, Spanned};

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
