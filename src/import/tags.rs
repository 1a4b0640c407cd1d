//! Tags of template languages in a text: shortcodes of Hugo and Zola, Liquid.
//!
//! In: a text, and which of its bytes are code. Out: the tags in order, each with its name and what it is
//! given. Knows no meaning of any.

use std::ops::Range;

/// Between which signs a tag stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{% … %}`
    Statement,
    /// `{{ … }}`
    Output,
    /// `{{< … >}}` or `{{% … %}}`
    Shortcode,
}

#[derive(Debug, Clone)]
pub struct Tag {
    pub form: Form,
    pub range: Range<usize>,
    /// The first word; empty for what begins with none.
    pub name: String,
    /// Whether it ends one that was opened: `{{< /name >}}`.
    pub closes: bool,
    /// Whether it is its own end: `{{< name />}}`.
    pub is_whole: bool,
    /// All that stands between the signs.
    pub words: String,
    pub given: Given,
}

/// What a tag is given.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub named: Vec<(String, String)>,
    pub plain: Vec<String>,
}

impl Given {
    /// The value of the first of some names that is given.
    pub fn get(&self, names: &[&str]) -> Option<&str> {
        let value = |name: &&str| self.named.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        names.iter().find_map(value).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The same, else the one at a place among those without names.
    pub fn get_or(&self, names: &[&str], at: usize) -> Option<&str> {
        self.get(names).or_else(|| self.plain.get(at).map(|value| value.trim()).filter(|value| !value.is_empty()))
    }
}

/// The longest tag that is read, in bytes.
const LONGEST: usize = 4_000;

/// Finds the tags of a text that begin where `may_begin` says so.
pub fn tags(text: &str, may_begin: impl Fn(usize) -> bool) -> Vec<Tag> {
    let mut found: Vec<Tag> = Vec::new();
    let mut next = 0;
    for at in memchr::memchr_iter(b'{', text.as_bytes()) {
        if at < next || !may_begin(at) {
            continue;
        }
        let rest = &text[at..text.floor_char_boundary(at + LONGEST)];
        if let Some((form, inner, length)) = signs(rest) {
            next = at + length;
            found.push(tag(form, inner, at..next));
        }
    }
    found
}

/// The form of a tag that a text begins with, what stands in it, and its length.
fn signs(rest: &str) -> Option<(Form, &str, usize)> {
    let of = |form, open: &str, close: &str| {
        let inner = rest.strip_prefix(open)?;
        let end = inner.find(close)?;
        Some((form, &inner[..end], open.len() + end + close.len()))
    };
    of(Form::Shortcode, "{{<", ">}}")
        .or_else(|| of(Form::Shortcode, "{{%", "%}}"))
        .or_else(|| of(Form::Statement, "{%", "%}"))
        .or_else(|| of(Form::Output, "{{", "}}").filter(|(_, inner, _)| !inner.contains('\n') || inner.contains('(')))
}

fn tag(form: Form, inner: &str, range: Range<usize>) -> Tag {
    let mut words = inner.trim();
    if form != Form::Shortcode {
        words = words.trim_start_matches('-').trim_end_matches('-').trim();
    }
    let closes = words.starts_with('/') && !words.starts_with("/*");
    let is_whole = form == Form::Shortcode && words.ends_with('/') && !words.ends_with("*/");
    let trimmed = words.trim_start_matches('/').trim_end_matches('/').trim();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    let end = trimmed.find(|c| !is_name(c)).unwrap_or(trimmed.len());
    let (name, rest) = trimmed.split_at(end);
    let given = given(rest);
    Tag { form, range, name: name.to_string(), closes, is_whole, words: words.to_string(), given }
}

/// Reads what stands behind a name: `a="b", c=d`, `(a="b")`, `"b" c`.
pub fn given(text: &str) -> Given {
    let text = text.trim();
    let text = text.strip_prefix('(').map_or(text, |inner| inner.strip_suffix(')').unwrap_or(inner));
    let mut given = Given::default();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return given;
        }
        let is_key = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = rest.find(|c| !is_key(c)).unwrap_or(rest.len());
        let after = rest[end..].trim_start();
        match after.strip_prefix(['=', ':']).filter(|_| end > 0 && !after.starts_with("://")) {
            Some(behind) => {
                let (text, left) = value(behind.trim_start());
                given.named.push((rest[..end].to_string(), text));
                rest = left;
            }
            None => {
                let (text, left) = value(rest);
                given.plain.push(text);
                rest = left;
            }
        }
    }
}

/// A value, quoted or up to the next space, and what follows it. Never empty-handed: something is taken.
fn value(text: &str) -> (String, &str) {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else {
        let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
        let end = end.max(text.chars().next().map_or(0, char::len_utf8));
        return (text[..end].to_string(), &text[end..]);
    };
    let mut read = String::new();
    let mut characters = text[1..].char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if quote == '"' => read.extend(characters.next().map(|(_, c)| c)),
            c if c == quote => return (read, &text[1 + at + 1..]),
            c => read.push(c),
        }
    }
    (read, "")
}

/// The tag that ends the one at a place, by what says so.
pub fn end_of(tags: &[Tag], at: usize, opens: impl Fn(&Tag) -> bool, closes: impl Fn(&Tag) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, tag) in tags.iter().enumerate().skip(at + 1) {
        if closes(tag) {
            if depth == 0 {
                return Some(place);
            }
            depth -= 1;
        } else if opens(tag) {
            depth += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let text = "{{< figure src=\"a b.png\" title='x' >}} {{%note%}}n{{%/note%}} {% include i.html url=\"u\" %} \
                    {{ site.url }} {{ img(src=\"x\", w=3) }} {{< ref \"a.md\" >}} {{< br />}} {{";
        let found = tags(text, |_| true);
        let shown: Vec<String> = found
            .iter()
            .map(|tag| {
                format!("{}{}{:?}{:?}", if tag.closes { "/" } else { "" }, tag.name, tag.given.named, tag.given.plain)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "figure[(\"src\", \"a b.png\"), (\"title\", \"x\")][]",
                "note[][]",
                "/note[][]",
                "include[(\"url\", \"u\")][\"i.html\"]",
                "site.url[][]",
                "img[(\"src\", \"x\"), (\"w\", \"3\")][]",
                "ref[][\"a.md\"]",
                "br[][]",
            ]
        );
    }

    #[test]
    fn nothing_is_endless() {
        for text in ["{{< a = >}}", "{{< \" >}}", "{% a , , = %}", "{{ ( }}", "{{< é=\u{1f600} >}}"] {
            assert_eq!(tags(text, |_| true).len(), 1, "{text}");
        }
    }
}
