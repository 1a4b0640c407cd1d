//! How a key and its value are written, for remedies.

use saphyr_parser::ScalarStyle;

use super::tree::{Data, Syntax};
use super::yaml::scalar;

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
            && matches!(scalar(text, ScalarStyle::Plain), Some(Data::String(_)));
        if plain { text.into() } else { quoted(text) }
    }

    /// The place of an author's own values.
    pub fn extra(self) -> &'static str {
        match self {
            Syntax::Toml => "`[extra]`",
            Syntax::Yaml => "`extra:`",
        }
    }
}

/// A text in double quotes, as TOML and YAML read it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
