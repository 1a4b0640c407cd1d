//! Shortcodes and includes of a site's own whose templates only put words around what they are given.
//!
//! In: a template. Out: the text that it makes, where nothing in it is computed: `<mark>{{ .Inner }}</mark>`, but no
//! condition and no loop.

use super::tags::{Given, tags};

/// A template without anything to compute.
#[derive(Debug)]
pub struct Simple {
    pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// What stands between the two tags.
    Inner,
    Named(String),
    /// From 0.
    At(usize),
}

/// Reads a template; nothing for one that computes.
pub fn simple(template: &str) -> Option<Simple> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for tag in tags(template, |_| true) {
        pieces.push(Piece::Text(template[at..tag.range.start].to_string()));
        at = tag.range.end;
        let words = tag.words.split('|').next().unwrap_or_default().trim();
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let comment = words.starts_with("/*") || words.starts_with('#');
        let piece = match words.strip_prefix(".Get ").map(str::trim) {
            _ if comment => continue,
            Some(index) if index.parse::<usize>().is_ok() => Piece::At(index.parse().ok()?),
            Some(name) => Piece::Named(name.trim_matches(['"', '`']).to_string()),
            None if matches!(words, ".Inner" | "body" | "content") => Piece::Inner,
            None => match words.strip_prefix("include.") {
                Some(name) if is_name(name) => Piece::Named(name.to_string()),
                None if is_name(words) && tag.form == super::tags::Form::Output => Piece::Named(words.to_string()),
                _ => return None,
            },
        };
        pieces.push(piece);
    }
    pieces.push(Piece::Text(template[at..].to_string()));
    let scripted = template.contains("<script") || template.contains("{%");
    (!scripted).then_some(Simple { pieces })
}

impl Simple {
    /// The words before and behind what stands between two tags; of one without an end all are before it.
    pub fn filled(&self, given: &Given) -> (String, Option<String>) {
        let mut before = String::new();
        let mut behind = None;
        for piece in &self.pieces {
            let out = behind.as_mut().unwrap_or(&mut before);
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Named(name) => out.push_str(given.get(&[name]).unwrap_or_default()),
                Piece::At(at) => out.push_str(given.plain.get(*at).map_or("", String::as_str)),
                Piece::Inner => behind = Some(String::new()),
            }
        }
        (before.trim().to_string(), behind.map(|text| text.trim().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_that_compute_nothing() {
        let given = tags("{{< x \"a\" k=\"b\" >}}", |_| true).remove(0).given;
        let filled = |template: &str| simple(template).map(|simple| simple.filled(&given));
        let made = |before: &str, behind: Option<&str>| Some((before.to_string(), behind.map(String::from)));
        assert_eq!(filled("<mark>{{ .Inner }}</mark>\n"), made("<mark>", Some("</mark>")));
        assert_eq!(filled("<b>{{ .Get 0 }}-{{ .Get \"k\" }}</b>"), made("<b>a-b</b>", None));
        assert_eq!(filled("{{ include.k }}"), made("b", None));
        assert_eq!(filled("{{ if .x }}a{{ end }}"), None);
        assert_eq!(filled("{% if k %}a{% endif %}"), None);
    }
}
