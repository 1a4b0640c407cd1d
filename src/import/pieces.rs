//! What shortcodes, includes and admonitions stand for, as edits of a text.
//!
//! In: tags that a reader has found, and what they mean. Out: blocks and boxes of Markdown. Only the signs of a
//! tag are replaced, never what stands between two of them, so that words keep their places.

use std::borrow::Cow;
use std::ops::Range;

use super::typed::Edit;
use super::view::{FenceAt, View};
use crate::parse::markup::decode;
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

/// An `<h1>` that stands before a place, as repositories centre their titles, and its words.
pub fn raw_title(text: &str, seen: &View, before: usize) -> Option<(Range<usize>, String)> {
    const CLOSE: &str = "</h1>";
    let at = text[..before].find("<h1").filter(|at| !seen.is_hidden(*at))?;
    let end = at + text[at..].find(CLOSE)?;
    // What stands behind each tag's end.
    let shown = text[at..end].split('<').filter_map(|piece| piece.split_once('>')).map(|(_, words)| words);
    let shown = decode(&shown.collect::<String>());
    Some((at..end + CLOSE.len(), shown.split_whitespace().collect::<Vec<_>>().join(" ")))
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

/// A box, without what stands in it.
#[derive(Debug, Clone, Default)]
pub struct Head<'a> {
    /// One that GitHub has.
    pub kind: &'a str,
    pub title: Option<Cow<'a, str>>,
    /// Whether readers open it.
    pub folds: bool,
}

impl<'a> Head<'a> {
    pub fn new(kind: &'a str, title: Option<&'a str>) -> Head<'a> {
        Head { kind, title: title.map(Cow::from), folds: false }
    }

    /// The first line of the quote that it is here, without `> `.
    pub fn line(&self) -> String {
        let title = self.title.as_ref().map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
        let title = title.filter(|title| !title.is_empty()).map(|title| format!(" {title}")).unwrap_or_default();
        format!("[!{}]{}{title}", self.kind, if self.folds { "-" } else { "" })
    }
}

/// A box around what stands between two tags. The line of the second one stays as an empty line, so that what follows
/// isn't taken into the quote.
pub fn boxed(text: &str, (open, close): (&Range<usize>, &Range<usize>), head: &Head<'_>) -> Vec<Edit> {
    let indent = if is_alone(text, open) { indent_of(text, open.start) } else { "" };
    let (first, last) = (whole_line(text, open), whole_line(text, close));
    let mut body = first.end..last.start.max(first.end);
    let inner = &text[body.clone()];
    body.start += inner.len() - inner.trim_start_matches('\n').len();
    body.end = (body.start + text[body.clone()].trim_end().len()).max(body.start);
    let begins = text[..first.start].is_empty() || text[..first.start].ends_with('\n');
    let apart = if begins { "" } else { "\n\n" };
    let mut edits = vec![Edit::new(first.start..body.start, format!("{apart}{indent}> {}\n", head.line()))];
    edits.extend(quoted_lines(text, body.clone(), indent));
    edits.push(match is_alone(text, close) {
        true => {
            // What follows an empty line needs no other.
            let start = if is_apart(text, close.end, "") { body.end } else { last.start };
            Edit::new(start..last.end - usize::from(text[..last.end].ends_with('\n')), "")
        }
        false if !text[close.end..].split('\n').next().unwrap_or_default().trim().is_empty() => {
            Edit::new(body.end..close.end, "\n\n")
        }
        false => Edit::new(body.end..close.end, if is_apart(text, close.end, "") { "" } else { "\n" }),
    });
    edits
}

/// Whether the line behind that of a place holds nothing but what stands before each line, or is none.
fn is_apart(text: &str, at: usize, prefix: &str) -> bool {
    let next = text[at..].split('\n').nth(1).unwrap_or_default().trim();
    next.is_empty() || next == prefix.trim()
}

/// `> ` before each line, behind the indent that the box has.
fn quoted_lines<'t>(text: &'t str, body: Range<usize>, indent: &'t str) -> impl Iterator<Item = Edit> + 't {
    let mut at = body.start;
    text[body].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        if line.trim().is_empty() {
            return Edit::new(start..start + line.trim_end_matches('\n').len(), format!("{indent}>"));
        }
        let own = line.len() - line.trim_start_matches([' ', '\t']).len();
        let own = own.min(indent.len());
        Edit::new(start + own..start + own, "> ")
    })
}

/// The space before a place on its line.
fn indent_of(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// A fence whose code is Markdown, as a box.
pub fn unfenced(text: &str, fence: &FenceAt, head: &Head<'_>) -> Vec<Edit> {
    let prefix = &text[text[..fence.range.start].rfind('\n').map_or(0, |end| end + 1)..fence.range.start];
    let first = text[fence.range.clone()].find('\n').map_or(fence.range.end, |end| fence.range.start + end);
    let mut edits = vec![Edit::new(fence.range.start..first, format!("> {}", head.line()))];
    let end = fence.range.start + text[fence.range.clone()].trim_end().len();
    let mut at = (first + 1).min(end);
    while at < end {
        let next = text[at..end].find('\n').map_or(end, |length| at + length + 1);
        let line = &text[at..next];
        let common = line.len() - line.strip_prefix(prefix).map_or(line.trim_start().len(), str::len);
        let is_last = next == end && line[common..].trim_start().starts_with(['`', '~']);
        edits.push(match is_last {
            true if is_apart(text, end, prefix) => Edit::new(at - 1..end, ""),
            true => Edit::new(at..end, prefix.trim_end()),
            false if line.trim().is_empty() => {
                Edit::new(at..at + line.trim_end_matches('\n').len(), format!("{prefix}>"))
            }
            false => Edit::new(at + common..at + common, "> "),
        });
        at = next;
    }
    edits
}

/// The kind of a box by a name of an admonition, and the title that it has without one of its own: a name that no box
/// here has is its title.
pub fn head_of<'a>(name: &'a str, title: Option<&'a str>) -> Head<'a> {
    let kind = kind_of_box(name).unwrap_or("NOTE");
    let is_own = kind.eq_ignore_ascii_case(name) || name.is_empty();
    let mut characters = name.chars();
    let spelled = characters.next().filter(|_| !is_own);
    let spelled = spelled.map(|first| first.to_uppercase().chain(characters).collect::<String>());
    Head { kind, title: title.map(Cow::from).or(spelled.map(Cow::from)), folds: false }
}

/// A tab that holds a fence alone is one of the fence's; any other has its name above its words.
pub fn tab(text: &str, fences: &[FenceAt], (open, close): (&Range<usize>, &Range<usize>), title: &str) -> Vec<Edit> {
    let inner = open.end..close.start.max(open.end);
    let words = text[inner.clone()].trim();
    let is_all = |fence: &&FenceAt| {
        fence.is_fenced && inner.contains(&fence.range.start) && text[fence.range.clone()].trim() == words
    };
    match fences.iter().find(is_all) {
        Some(fence) => {
            let at = fence.info_range.end;
            let attribute = format!(" tab={}", quoted(title));
            let info = if fence.info.is_empty() { format!("text{attribute}") } else { attribute };
            let line = |range| Edit::new(whole_line(text, range), "");
            vec![line(open), Edit::new(at..at, info), line(close)]
        }
        None => {
            let head = format!("**{}**\n", title.replace('*', ""));
            vec![Edit::new(open.clone(), head), Edit::new(close.clone(), "")]
        }
    }
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
        let edits = boxed(text, (&range("{% note %}"), &range("{% end %}")), &Head::new("NOTE", Some("T")));
        let made = Typed::new(text, &"a.md".into(), 1).apply(edits);
        assert_eq!(made.text, "a\n> [!NOTE] T\n> b\n>\n> ```\n> c\n> ```\n\nd\n");
        assert_eq!(made.place(made.text.find("c\n").expect("there")).line, 6);
    }
}
