//! Lines of inline Markdown, such as the fields of a block.

use std::borrow::Cow;

use pulldown_cmark::{Event, LinkType, Parser, Tag};

use super::dialect::OPTIONS;
use super::judge::judged;
use super::link::{Link, LinkKind};
use super::tree::{self, Kind};
use crate::text::punctuation::Punctuation;
use crate::text::source::{Span, Spanned};

/// Collects the links of a line of inline Markdown, all at the place of the whole line: a TOML
/// text with escapes has no bytes of its own to point at. They come in the order of their numbers in
/// the line's tree; raw HTML is text in a line, and has none.
pub fn inline_links(text: &str, span: Span, links: &mut Vec<Link>) {
    if !text.contains(['[', '<']) {
        return;
    }
    let line = one_line(text);
    let text = judged(&line);
    let tree = tree::line(&text, Punctuation::AsTyped);
    for node in tree.nodes() {
        let (kind, link) = match &node.kind {
            Kind::Link(link) => (LinkKind::Link, link),
            Kind::Image(link) => (LinkKind::Image, link),
            _ => continue,
        };
        let dest = if link.kind == LinkType::Email { format!("mailto:{}", link.dest) } else { link.dest.to_string() };
        let reference = kind == LinkKind::Link && tree.text_of(node) == "#";
        links.push(Link { kind, dest, span, reference });
    }
}

/// The keys of the sources that a line of inline Markdown cites, all at the place of the whole line.
pub fn cited_in_line(text: &str, span: Span) -> Vec<Spanned<String>> {
    if !text.contains("[@") {
        return Vec::new();
    }
    let line = one_line(text);
    let text = judged(&line);
    let tree = tree::line(&text, Punctuation::AsTyped);
    let cited = tree.nodes().iter().filter_map(|node| match &node.kind {
        Kind::Citation(cited) => Some(cited),
        _ => None,
    });
    cited.flatten().map(|cited| Spanned { value: cited.key.clone(), span }).collect()
}

/// The words of a line of inline Markdown, without markup.
pub fn words_of(text: &str) -> String {
    let line = one_line(text);
    let text = judged(&line);
    let tree = tree::line(&text, Punctuation::AsTyped);
    let words = tree.nodes().first().map(|paragraph| tree.text_of(paragraph));
    words.filter(|words| !words.is_empty()).unwrap_or_else(|| line.to_string())
}

/// Inline Markdown as one line that begins no block: a field that says `# 1` or `- x` is text, and
/// Markdown behind a `<div>` stays Markdown.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let joined: Cow<'_, str> =
        if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ").into() } else { text.into() };
    match block_marker(&joined) {
        Some(at) => format!("{}\\{}", &joined[..at], &joined[at..]).into(),
        None => joined,
    }
}

/// Where a backslash keeps a line from beginning a block, if it would (CommonMark 0.31, §4 and §5).
fn block_marker(line: &str) -> Option<usize> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        let rest = &line[digits..];
        return (rest.starts_with(['.', ')']) && (rest.len() == 1 || rest[1..].starts_with(' '))).then_some(digits);
    }
    let first = line.chars().next()?;
    let is_rule = || line.chars().all(|c| c == first || c == ' ');
    let begins = match first {
        '>' | '#' => true,
        '-' | '+' | '*' => line.len() == 1 || line[1..].starts_with(' ') || is_rule(),
        '_' => is_rule(),
        '`' => line.starts_with("```"),
        '~' => line.starts_with("~~~"),
        '[' => line.contains("]:"),
        '<' => matches!(Parser::new_ext(line, OPTIONS).next(), Some(Event::Start(Tag::HtmlBlock))),
        _ => false,
    };
    begins.then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_no_block() {
        for (text, line) in [
            ("# 1", "\\# 1"),
            ("- x", "\\- x"),
            ("12. x", "12\\. x"),
            ("1.5 times", "1.5 times"),
            ("*a* b", "*a* b"),
            ("***", "\\***"),
            ("[a]: b", "\\[a]: b"),
            ("[a](b): c", "[a](b): c"),
            ("<div>a</div> *b*", "\\<div>a</div> *b*"),
            ("<!-- a --> *b*", "\\<!-- a --> *b*"),
            ("<https://a.b/> *b*", "<https://a.b/> *b*"),
            ("<b>a</b> *b*", "<b>a</b> *b*"),
            ("two\n lines", "two lines"),
        ] {
            assert_eq!(one_line(text), line);
        }
    }
}
