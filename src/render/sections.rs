//! The words of a text by its headings, for a search index.
//!
//! In: elements and texts as they are written. Out: a section for each heading, its text on one line.
//! Cells and items are no sentences: what shows a passage keeps them apart.

/// What stands under a heading, and before the first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Empty before the first heading.
    pub anchor: String,
    pub heading: String,
    pub text: String,
}

/// Collects sections.
#[derive(Debug)]
pub struct Sections {
    found: Vec<Section>,
    in_heading: bool,
    /// The element of script or style whose end is awaited.
    skipped: Option<String>,
}

impl Default for Sections {
    fn default() -> Self {
        Sections { found: vec![Section::default()], in_heading: false, skipped: None }
    }
}

impl Sections {
    pub fn text(&mut self, text: &str) {
        if self.skipped.is_some() {
            return;
        }
        let in_heading = self.in_heading;
        if let Some(section) = self.found.last_mut() {
            push(if in_heading { &mut section.heading } else { &mut section.text }, text);
        }
    }

    pub fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        if self.skipped.is_some() {
            return;
        }
        if matches!(name, "script" | "style") {
            self.skipped = Some(name.to_string());
        }
        if is_heading(name) {
            let anchor = attributes.iter().find(|(key, _)| *key == "id").map(|(_, id)| (*id).to_string());
            self.found.push(Section { anchor: anchor.unwrap_or_default(), ..Section::default() });
            self.in_heading = true;
        } else {
            self.part(name, false);
        }
    }

    pub fn end(&mut self, name: &str) {
        if self.skipped.is_some() && self.skipped.as_deref() != Some(name) {
            return;
        }
        self.skipped = None;
        if is_heading(name) {
            self.in_heading = false;
        } else {
            self.part(name, true);
        }
    }

    /// Parts the words before and after a tag.
    fn part(&mut self, name: &str, is_end: bool) {
        if PHRASING.contains(&name) {
            return;
        }
        let in_heading = self.in_heading;
        let Some(section) = self.found.last_mut() else { return };
        if in_heading {
            return push(&mut section.heading, " ");
        }
        let apart = is_end && matches!(name, "td" | "th" | "li" | "dt" | "dd" | "summary");
        let ended = section.text.trim_end().ends_with(['.', '!', '?', ':', ';', ',', '…', '·']);
        push(&mut section.text, if apart && !ended { " · " } else { " " });
    }

    /// The sections that say something.
    pub fn finish(mut self) -> Vec<Section> {
        for section in &mut self.found {
            section.heading = squeezed(&section.heading);
            section.text = squeezed(&section.text).trim_end_matches([' ', '·']).to_string();
        }
        self.found.retain(|section| !section.text.is_empty() || !section.heading.is_empty());
        self.found
    }
}

/// Adds words, with one space at their end where there are more, so that it costs nothing to look for the
/// last word.
fn push(text: &mut String, words: &str) {
    let end = words.trim_end().len();
    if end == 0 && text.ends_with(' ') {
        return;
    }
    text.push_str(&words[..end]);
    if end < words.len() {
        text.push(' ');
    }
}

fn is_heading(name: &str) -> bool {
    matches!(name.as_bytes(), [b'h', level] if level.is_ascii_digit())
}

/// Elements across whose tags text runs on.
const PHRASING: &[&str] = &[
    "a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "small", "span", "strong",
    "sub", "sup", "time", "u", "var", "wbr", "mi", "mn", "mo", "mrow", "msub", "msup",
];

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_headings() {
        let mut sections = Sections::default();
        for piece in ["p", "b", "/b", "=wo & three", "/p", "h2", "=A", "code", "=b", "/code", "/h2", "ul", "li", "=c"] {
            match (piece.strip_prefix('='), piece.strip_prefix('/')) {
                (Some(text), _) => sections.text(text),
                (_, Some(name)) => sections.end(name),
                _ => sections.start(piece, &[("id", "x")]),
            }
        }
        sections.end("li");
        sections.start("style", &[]);
        sections.text("p { c: d }");
        sections.end("style");
        sections.start("li", &[]);
        sections.text(" d\n ");
        sections.end("li");
        let section = |anchor: &str, heading: &str, text: &str| Section {
            anchor: anchor.into(),
            heading: heading.into(),
            text: text.into(),
        };
        assert_eq!(sections.finish(), [section("", "", "wo & three"), section("x", "Ab", "c · d")]);
    }
}
