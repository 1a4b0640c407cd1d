//! Attributes that are read otherwise here, or not at all.
//!
//! In: a text. Out: the same without what stands in braces behind a heading, as pulldown-cmark reads them for Zola and
//! mdBook, and is neither an id, a class nor a pair: there it says nothing, here braces with anything else in them are
//! words. Words that `markdown="1"` says are Markdown are so without it, and of two anchors of one name one is left.

use std::collections::{BTreeMap, BTreeSet};

use super::pieces::{is_alone, whole_line};
use super::typed::Edit;
use super::view::{BLOCKS, Looked, MarkedAt};
use crate::cli::Tool;

/// Takes out what says nothing.
pub fn settled(looked: Looked, tool: Tool) -> Looked {
    if !matches!(tool, Tool::Zola | Tool::Mdbook) {
        return looked;
    }
    let text = looked.text.text.as_str();
    let edits = looked.seen.headings.iter().filter(|heading| heading.id.is_none()).filter_map(|heading| {
        let line = text[heading.range.clone()].lines().next()?.trim_end();
        let open = line.strip_suffix('}')?.rfind('{')?;
        let inner = &line[open + 1..line.len() - 1];
        let is_read = !line[..open].ends_with('\\') && !inner.contains(['}', '<', '>', '\\']);
        let says = |word: &&str| match word.strip_prefix(['#', '.']) {
            Some(name) => !name.is_empty(),
            None => word.contains('='),
        };
        let kept: Vec<&str> = inner.split_whitespace().filter(says).collect();
        if !is_read || kept.len() == inner.split_whitespace().count() && !kept.is_empty() {
            return None;
        }
        let start = heading.range.start + line[..open].trim_end().len();
        let with = if kept.is_empty() { String::new() } else { format!(" {{{}}}", kept.join(" ")) };
        Some(Edit::new(start..heading.range.start + line.len(), with))
    });
    let edits = edits.collect();
    looked.apply(edits)
}

/// The most blocks that are parted in one text: each time it is looked at again.
const MOST_MARKED: usize = 200;

/// Parts blocks of raw HTML from their words, which kramdown reads as Markdown
/// (<https://kramdown.gettalong.org/syntax.html#html-blocks>).
pub fn marked(mut looked: Looked) -> Looked {
    // A fence that stands behind one is seen as what it is only once that is parted.
    for _ in 0..MOST_MARKED {
        let text = looked.text.text.as_str();
        let Some(first) = looked.seen.marked.first().map(|marked| marked.tag.start) else { break };
        let fence = ["```", "~~~"].iter().filter_map(|sign| text[first..].find(sign)).min();
        let end = fence.map_or(text.len(), |length| first + length);
        let before = looked.seen.marked.iter().take_while(|marked| marked.tag.start < end);
        let ends = ends(text, &before.clone().map(|marked| marked.element.as_str()).collect());
        let edits = before.flat_map(|marked| parted(text, marked, ends.get(&marked.tag.start).copied())).collect();
        looked = looked.apply(edits);
    }
    looked
}

/// One without its attribute, and with empty lines around its words; `close` is where its end ends.
fn parted(text: &str, marked: &MarkedAt, close: Option<usize>) -> Vec<Edit> {
    let start = text[..marked.attribute.start].trim_end().len();
    let mut edits = vec![Edit::new(start..marked.attribute.end, "")];
    let end = marked.tag.end;
    let is_paragraph = marked.element == "p" && close.is_some();
    if !is_paragraph && !BLOCKS.contains(&marked.element.as_str()) {
        return edits;
    }
    if let Some(close) = close.filter(|_| is_paragraph) {
        // A paragraph holds no other, which its words are now.
        let name = marked.tag.start + 1;
        edits.push(Edit::new(name..name + 1, "div"));
        edits.push(Edit::new(close - 2..close - 1, "div"));
    }
    // What stands right below its end would be raw HTML too.
    if let Some(close) = close.filter(|close| is_above_words(text, *close)) {
        edits.push(Edit::new(close..close, "\n"));
    }
    let rest = &text[end..];
    if rest.trim_start_matches(' ').starts_with("\n\n") {
        return edits;
    }
    let line = rest.split('\n').next().unwrap_or_default();
    edits.push(Edit::new(end..end, if line.trim().is_empty() { "\n" } else { "\n\n" }));
    // An end on the same line would be words of the paragraph.
    if let Some(close) = line.find(&format!("</{}>", marked.element)) {
        edits.push(Edit::new(end + close..end + close, "\n\n"));
    }
    edits
}

/// Whether a place ends a line below which words stand.
fn is_above_words(text: &str, at: usize) -> bool {
    let mut lines = text[at..].split('\n');
    let ends = lines.next().is_some_and(|rest| rest.trim().is_empty());
    ends && lines.next().is_some_and(|next| !next.trim().is_empty() && !next.trim_start().starts_with('<'))
}

/// Where the ends of elements of some names end, by where they begin.
fn ends(text: &str, names: &BTreeSet<&str>) -> BTreeMap<usize, usize> {
    let mut open: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut ends = BTreeMap::new();
    for (at, _) in text.match_indices('<') {
        let inner = &text[at + 1..];
        let (is_end, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(length);
        if !names.contains(name) {
            continue;
        }
        let of_name = open.entry(name).or_default();
        if is_end && rest.starts_with('>') {
            ends.extend(of_name.pop().map(|start| (start, text.len() - rest.len() + 1)));
        } else if !is_end && rest.starts_with([' ', '>', '\n']) {
            of_name.push(at);
        }
    }
    ends
}

/// Takes out what raw HTML is called by as a heading is, or something before it: readers come to that. Of an anchor without
/// words nothing is left then.
pub fn once(looked: Looked, ids: &[String]) -> Looked {
    let text = looked.text.text.as_str();
    let mut seen: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let again = looked.seen.names.iter().filter(|name| !name.name.is_empty() && !seen.insert(&name.name));
    let edits = again.map(|name| match &name.bare {
        Some(range) if is_alone(text, range) => Edit::new(whole_line(text, range), ""),
        Some(range) => Edit::new(range.clone(), ""),
        None => Edit::new(text[..name.attribute.start].trim_end().len()..name.attribute.end, ""),
    });
    let edits = edits.collect();
    looked.apply(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::typed::Typed;

    #[test]
    fn words_in_blocks_are_markdown() {
        let made = |text: &str| marked(Looked::new(Typed::new(text, &"a.md".into(), 1))).text.text;
        assert_eq!(made("<div class=\"a\" markdown=\"1\">\n*b*\n</div>\n"), "<div class=\"a\">\n\n*b*\n</div>\n");
        assert_eq!(made("<div markdown=\"1\">\n\n*b*\n</div>\n"), "<div>\n\n*b*\n</div>\n");
        assert_eq!(made("<div markdown=1>*b*</div>\n"), "<div>\n\n*b*\n\n</div>\n");
        assert_eq!(
            made("<div markdown=\"1\">\n\n*b*\n\n</div>\n```\nc\n```\n"),
            "<div>\n\n*b*\n\n</div>\n\n```\nc\n```\n"
        );
        assert_eq!(made("<p class=\"a\" markdown=\"1\">\nb\n</p>\n"), "<div class=\"a\">\n\nb\n</div>\n");
        assert_eq!(made("<span markdown=\"1\">b</span>\n"), "<span>b</span>\n");
    }

    #[test]
    fn one_anchor_of_a_name_is_left() {
        let text = "<a name=\"b\"></a>\n\n# B\n\n<a id=\"c\"></a>d <a id=\"c\"></a>e <b id=\"c\">f</b>\n";
        let made = once(Looked::new(Typed::new(text, &"a.md".into(), 1)), &["b".into()]).text.text;
        assert_eq!(made, "\n# B\n\n<a id=\"c\"></a>d e <b>f</b>\n");
    }

    #[test]
    fn what_says_nothing_goes() {
        let made = |text: &str| settled(Looked::new(Typed::new(text, &"a.md".into(), 1)), Tool::Zola).text.text;
        assert_eq!(made("# A {# b}\n\nc\n"), "# A\n\nc\n");
        assert_eq!(made("# A {}\n"), "# A\n");
        assert_eq!(made("# A {x .wide}\n"), "# A {.wide}\n");
        for kept in ["# A {#b}\n", "# A \\{b}\n", "# `{b}`\n", "# A {b} c\n"] {
            assert_eq!(made(kept), kept);
        }
    }
}
