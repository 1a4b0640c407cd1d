//! What shortcodes, includes and admonitions stand for, as edits of a text.
//!
//! In: tags that a reader has found, and what they mean. Out: blocks and boxes of Markdown. Only the signs of a
//! tag are replaced, never what stands between two of them, so that words keep their places.

use std::ops::Range;

use super::typed::Edit;
use crate::settings::data::quoted;

/// A picture, with its words: a block where there are some, else an image.
#[derive(Debug, Default)]
pub struct Picture<'a> {
    pub src: &'a str,
    pub alt: Option<&'a str>,
    pub caption: Option<&'a str>,
    pub link: Option<&'a str>,
}

impl Picture<'_> {
    /// As Markdown; `alone` on its line it may be a block.
    pub fn markdown(&self, alone: bool) -> String {
        let alt = self.alt.or(self.caption).unwrap_or_default();
        let src = match self.src {
            src if src.contains([' ', '(', ')']) => format!("<{src}>"),
            src => src.to_string(),
        };
        match self.caption {
            Some(caption) if alone => {
                let lines = [("src", self.src), ("alt", alt), ("caption", caption)];
                let lines: String = lines.iter().map(|(key, value)| format!("{key} = {}\n", quoted(value))).collect();
                format!("```figure\n{lines}```")
            }
            _ => {
                let image = format!("![{}]({src})", alt.replace(['[', ']'], ""));
                self.link.map_or(image.clone(), |link| format!("[{image}]({link})"))
            }
        }
    }
}

/// The kind of box that a name of an admonition means.
pub fn kind_of_box(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "note" | "info" | "information" | "abstract" | "summary" | "todo" | "notice" | "callout" | "admonition"
        | "alert" | "quote" | "hint" | "example" | "default" | "primary" | "secondary" => "NOTE",
        "tip" | "success" | "check" | "done" => "TIP",
        "important" | "question" | "faq" => "IMPORTANT",
        "warning" | "warn" | "attention" => "WARNING",
        "danger" | "error" | "bug" | "caution" | "failure" | "critical" => "CAUTION",
        _ => return None,
    })
}

/// Whether a range is all that its line says.
pub fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].rsplit('\n').next().unwrap_or_default();
    let after = text[range.end..].split('\n').next().unwrap_or_default();
    before.trim().is_empty() && after.trim().is_empty()
}

/// A range with the rest of its line, where it is all that this says.
pub fn whole_line(text: &str, range: &Range<usize>) -> Range<usize> {
    if !is_alone(text, range) {
        return range.clone();
    }
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    start..end
}

/// A box of a kind around what stands between two tags; `title` in bold above it.
pub fn boxed(text: &str, (open, close): (&Range<usize>, &Range<usize>), kind: &str, title: Option<&str>) -> Vec<Edit> {
    let (open, close) = (whole_line(text, open), whole_line(text, close));
    let mut head = format!("> [!{kind}]\n");
    if let Some(title) = title.map(str::trim).filter(|title| !title.is_empty()) {
        head.push_str(&format!("> **{title}**\n>\n"));
    }
    let mut body = open.end..close.start.max(open.end);
    let inner = &text[body.clone()];
    body.start += inner.len() - inner.trim_start_matches('\n').len();
    body.end = (body.start + text[body.clone()].trim_end().len()).max(body.start);
    let mut edits = vec![Edit::new(open.start..body.start, head)];
    let mut at = body.start;
    for line in text[body.clone()].split_inclusive('\n') {
        edits.push(Edit::new(at..at, if line.trim().is_empty() { ">" } else { "> " }));
        at += line.len();
    }
    let is_line = close.end == text.len() || text[..close.end].ends_with('\n');
    edits.push(Edit::new(body.end..close.end, if is_line { "\n" } else { "\n\n" }));
    edits
}

/// `<details>` around what stands between two tags.
pub fn folded(text: &str, (open, close): (&Range<usize>, &Range<usize>), title: &str) -> Vec<Edit> {
    let (open, close) = (whole_line(text, open), whole_line(text, close));
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    vec![Edit::new(open, format!("<details>\n<summary>{title}</summary>\n\n")), Edit::new(close, "\n</details>\n")]
}

/// A fence around what stands between two tags.
pub fn fenced(text: &str, (open, close): (&Range<usize>, &Range<usize>), info: &str) -> Vec<Edit> {
    let (open, close) = (whole_line(text, open), whole_line(text, close));
    let inner = &text[open.end..close.start.max(open.end)];
    let fence = "`".repeat(longest_run(inner).max(2) + 1);
    let head = format!("{fence}{info}\n");
    let foot = if inner.ends_with('\n') || inner.is_empty() { "" } else { "\n" };
    let skip = usize::from(inner.starts_with('\n'));
    vec![Edit::new(open.start..open.end + skip, head), Edit::new(close, format!("{foot}{fence}\n"))]
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A link to a film, which the pages don't embed.
pub fn film(name: &str, id: &str) -> Option<String> {
    let id = id.trim();
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    match name {
        "youtube" if is_id => Some(format!("<https://www.youtube.com/watch?v={id}>")),
        "vimeo" if is_id => Some(format!("<https://vimeo.com/{id}>")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::typed::Typed;

    #[test]
    fn boxes_keep_their_lines() {
        let text = "a\n{% note %}\nb\n\n```\nc\n```\n{% end %}\nd\n";
        let range = |words: &str| {
            let at = text.find(words).expect("there");
            at..at + words.len()
        };
        let edits = boxed(text, (&range("{% note %}"), &range("{% end %}")), "NOTE", Some("T"));
        let made = Typed::new(text, &"a.md".into(), 1).apply(edits);
        assert_eq!(made.text, "a\n> [!NOTE]\n> **T**\n>\n> b\n>\n> ```\n> c\n> ```\nd\n");
        assert_eq!(made.place(made.text.find("c\n").expect("there")).line, 6);
    }
}
