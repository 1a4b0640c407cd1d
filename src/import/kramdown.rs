//! Attribute lists of kramdown (<https://kramdown.gettalong.org/syntax.html#attribute-list-definitions>), and its
//! formulas.
//!
//! In: a text. Out: ids of headings as they are typed here, boxes in the place of classes that themes make boxes of, and
//! formulas between single dollars. Classes that only dress words are left out and told.

use std::ops::Range;

use super::around::Around;
use super::pieces::{Head, is_alone, kind_of_box};
use super::report::Kind;
use super::typed::{Edit, Typed};
use super::view::{Looked, View};

/// Translates the marks of kramdown.
pub fn translate(looked: Looked, around: &mut Around<'_>) -> Looked {
    let Looked { text, seen } = &looked;
    let mut edits = Vec::new();
    for (at, _) in text.text.match_indices("{:") {
        let end = text.text[at..].find(['}', '\n']).map(|length| at + length);
        let Some(end) = end.filter(|end| text.text[*end..].starts_with('}') && !seen.is_hidden(at)) else { continue };
        let list = List { text, seen, range: at..end + 1, words: text.text[at + 2..end].trim() };
        match list.edits() {
            Some((made, kind)) => {
                edits.extend(made);
                if let Some(kind) = kind {
                    around.report.tell(kind, text.place(at), &list.shown());
                }
            }
            None => match list.option() {
                Some(made) => {
                    edits.push(made);
                    around.report.tell(Kind::Setting, text.place(at), &text.text[list.range.clone()]);
                }
                None => around.report.tell(Kind::Tag, text.place(at), &list.shown()),
            },
        }
    }
    edits.extend(formulas(text, seen));
    looked.apply(edits)
}

/// An attribute list.
struct List<'a> {
    text: &'a Typed,
    seen: &'a View,
    range: Range<usize>,
    words: &'a str,
}

impl List<'_> {
    fn shown(&self) -> String {
        format!("{{: {} }}", self.words)
    }

    /// What becomes of it, and as what that is told; nothing where it stays as typed.
    fn edits(&self) -> Option<(Vec<Edit>, Option<Kind>)> {
        let text = self.text.text.as_str();
        let id = self.words.split_whitespace().find_map(|word| word.strip_prefix('#'));
        // `{::comment}` and its kin are no list.
        if self.words.starts_with([':', '/']) {
            return None;
        }
        if !is_alone(text, &self.range) {
            let is_behind = !text[..self.range.start].ends_with(|c: char| c.is_whitespace());
            let with = id.map(|id| format!("<a id=\"{id}\"></a>")).unwrap_or_default();
            return is_behind.then(|| (vec![Edit::new(self.range.clone(), with)], Some(Kind::Class)));
        }
        let line = self.line();
        let above = self.above(line.start);
        let first = text[above.clone()].trim_start();
        let is_list = first.starts_with(['*', '-', '+']) || first.starts_with(|c: char| c.is_ascii_digit());
        if self.words == "toc" && is_list {
            return Some((vec![Edit::new(above.start..line.end, "")], None));
        }
        if let Some(id) = id.filter(|_| first.starts_with('#')) {
            let end = above.start + text[above].trim_end().len();
            let newline = line.end - usize::from(text[..line.end].ends_with('\n'));
            return Some((vec![Edit::new(end..newline, format!(" {{#{id}}}"))], None));
        }
        if let Some(kind) = self.words.split_whitespace().find_map(kind_of_class) {
            return Some((self.boxed(kind)?, None));
        }
        match id {
            None => Some((vec![Edit::new(line, "")], Some(Kind::Class))),
            // An anchor may end the words above it.
            Some(id) if first.starts_with(char::is_alphanumeric) && !is_list => {
                Some((vec![Edit::new(self.range.clone(), format!("<a id=\"{id}\"></a>"))], None))
            }
            Some(_) => None,
        }
    }

    /// What says how the text is read, and nothing itself: `{::options parse_block_html="true" /}`.
    fn option(&self) -> Option<Edit> {
        let is_option = self.words.starts_with(":options") && is_alone(&self.text.text, &self.range);
        is_option.then(|| Edit::new(self.line(), ""))
    }

    /// Its line, with the end of that.
    fn line(&self) -> Range<usize> {
        let text = self.text.text.as_str();
        let start = text[..self.range.start].rfind('\n').map_or(0, |end| end + 1);
        start..text[self.range.end..].find('\n').map_or(text.len(), |end| self.range.end + end + 1)
    }

    /// The last line above one, where no empty line is between them.
    fn above(&self, start: usize) -> Range<usize> {
        let text = self.text.text.as_str();
        let from = text[..start.saturating_sub(1)].rfind('\n').map_or(0, |end| end + 1);
        if start == 0 { 0..0 } else { from..start }
    }

    /// The block that it is about, as a box: the one above it, else the one below it.
    fn boxed(&self, (kind, has_title): (&str, bool)) -> Option<Vec<Edit>> {
        let text = self.text.text.as_str();
        let line = self.line();
        let is_blank = |range: &Range<usize>| text[range.clone()].trim().is_empty();
        let mut block = line.start..line.start;
        loop {
            let above = self.above(block.start);
            if is_blank(&above) || above.start == block.start {
                break;
            }
            block.start = above.start;
        }
        if block.is_empty() {
            block = line.end..line.end;
            while let Some(length) =
                text[block.end..].split_inclusive('\n').next().filter(|line| !line.trim().is_empty())
            {
                block.end += length.len();
            }
        }
        let words = text[block.clone()].trim_start();
        if words.is_empty() || words.starts_with('#') || self.seen.is_hidden(block.start) {
            return None;
        }
        let mut edits = vec![Edit::new(line, "")];
        if words.starts_with('>') {
            let first = text[block.clone()].lines().next().unwrap_or_default();
            let title = first.trim_start().trim_start_matches('>').trim();
            let head = Head::new(kind, Some(title).filter(|_| has_title)).line();
            let end = if has_title { block.start + first.len() } else { block.start };
            edits
                .push(Edit::new(block.start..end, if has_title { format!("> {head}") } else { format!("> {head}\n") }));
        } else {
            edits.push(Edit::new(block.start..block.start, format!("> {}\n", Head::new(kind, None).line())));
            let mut at = block.start;
            for line in text[block].split_inclusive('\n') {
                edits.push(Edit::new(at..at, "> "));
                at += line.len();
            }
        }
        Some(edits)
    }
}

/// The kind of box that themes make of a class, and whether the words' first line is its title then: `.note`,
/// `.prompt-tip`, `.notice--warning`, `.note-title`.
fn kind_of_class(word: &str) -> Option<(&'static str, bool)> {
    let class = word.strip_prefix('.')?;
    let class = ["prompt-", "notice--", "alert-", "callout-", "admonition-"]
        .iter()
        .find_map(|start| class.strip_prefix(start))
        .unwrap_or(class);
    let (class, has_title) = class.strip_suffix("-title").map_or((class, false), |class| (class, true));
    // Words that themes have for other things too.
    let is_other =
        matches!(class, "default" | "primary" | "secondary" | "check" | "done" | "summary" | "quote" | "example");
    kind_of_box(class).filter(|_| !is_other).map(|kind| (kind, has_title))
}

/// Formulas in a line between two dollar signs each.
fn formulas(text: &Typed, seen: &View) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut starts = text.text.match_indices("$$").map(|(at, _)| at).peekable();
    while let Some(open) = starts.next() {
        let Some(close) = starts.peek().copied() else { break };
        let inner = &text.text[open + 2..close];
        if inner.is_empty() || inner.contains("\n\n") {
            continue;
        }
        starts.next();
        let stands_alone = is_alone(&text.text, &(open..close + 2));
        let in_code = seen.fences.iter().any(|fence| fence.range.contains(&open));
        if !stands_alone && !inner.contains('\n') && !in_code {
            edits.push(Edit::new(open..close + 2, format!("${}$", inner.trim())));
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_boxes() {
        for (class, wanted) in [
            (".note", Some(("NOTE", false))),
            (".prompt-tip", Some(("TIP", false))),
            (".notice--warning", Some(("WARNING", false))),
            (".important-title", Some(("IMPORTANT", true))),
            (".btn", None),
            ("#note", None),
        ] {
            assert_eq!(kind_of_class(class), wanted, "{class}");
        }
    }
}
