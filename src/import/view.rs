//! What of a Markdown text a pass has to know: where code stands, and where links lead.
//!
//! In: the text of an article. Out: places in it. Nothing is looked for by expression, so that no pass ever
//! takes code for text.

use std::ops::Range;

use pulldown_cmark::LinkType;

use super::anchors::Heading;
use super::typed::{Edit, Typed};
use crate::parse::component::Components;
use crate::parse::depth::beyond_marks;
use crate::parse::dialect::Dialect;
use crate::parse::elements::is_known;
use crate::parse::judge::judged;
use crate::parse::markup::{AttributeKind, Piece, Tag};
use crate::parse::places::Places;
use crate::parse::tree::{Html, Kind, Node, Tree, tree};
use crate::settings::config::Boxes;
use crate::text::punctuation::Punctuation;
use crate::text::source::SourceId;

/// A link, a picture, a reference's definition or an address in raw HTML.
#[derive(Debug)]
pub struct LinkAt {
    /// Decoded.
    pub dest: String,
    /// Where it is typed.
    pub range: Range<usize>,
    /// Where the words of a link are, if they stand before it in brackets.
    pub words: Option<Range<usize>>,
}

/// A fence or an indented block.
#[derive(Debug)]
pub struct FenceAt {
    pub info: String,
    /// Where the info is typed; empty for an indented block.
    pub info_range: Range<usize>,
    pub range: Range<usize>,
    /// From the first line of code to the end of the last.
    pub code: Range<usize>,
    pub text: String,
    pub is_fenced: bool,
}

/// An id in raw HTML, or the name of an anchor.
#[derive(Debug)]
pub struct NameAt {
    pub name: String,
    pub attribute: Range<usize>,
    /// An anchor without words, as a whole.
    pub bare: Option<Range<usize>>,
}

/// An attribute `markdown`, as kramdown reads it.
#[derive(Debug)]
pub struct MarkedAt {
    pub element: String,
    pub attribute: Range<usize>,
    pub tag: Range<usize>,
}

#[derive(Debug)]
pub struct HeadingAt {
    pub level: u8,
    /// Its words without markup.
    pub text: String,
    pub id: Option<String>,
    pub range: Range<usize>,
    /// Whether it stands in a block of raw HTML.
    pub is_within: bool,
}

impl HeadingAt {
    /// What its id is made of.
    pub fn known(&self) -> Heading<'_> {
        (self.id.as_deref(), &self.text, self.is_within)
    }
}

/// The tag that an element begins or ends with.
#[derive(Debug)]
pub struct ElementAt {
    /// In lower case.
    pub name: String,
    pub range: Range<usize>,
    /// Their names in lower case, their values decoded.
    pub attributes: Vec<(String, String)>,
    pub ends: bool,
}

#[derive(Debug)]
pub struct FormulaAt {
    pub latex: String,
    /// Whether it stands alone.
    pub display: bool,
    /// With the signs around it.
    pub range: Range<usize>,
}

/// Places in a text, each list ascending.
#[derive(Debug, Default)]
pub struct View {
    pub links: Vec<LinkAt>,
    pub fences: Vec<FenceAt>,
    pub headings: Vec<HeadingAt>,
    /// Comments of HTML.
    pub comments: Vec<Range<usize>>,
    /// What raw HTML is called, by which it is linked to.
    pub names: Vec<NameAt>,
    /// Attributes of raw HTML that say its words are Markdown, with the tags that have them.
    pub marked: Vec<MarkedAt>,
    /// Tags of elements that no browser knows.
    pub elements: Vec<ElementAt>,
    pub formulas: Vec<FormulaAt>,
    /// All raw HTML.
    pub html: String,
    /// Code and formulas.
    hidden: Vec<Range<usize>>,
    /// How many drawings are open, whose elements browsers know in them alone.
    drawings: usize,
    /// How many blocks of raw HTML are.
    blocks: usize,
}

/// Elements that stand in a text as blocks, and hold others.
pub const BLOCKS: [&str; 11] =
    ["article", "aside", "blockquote", "center", "details", "div", "figure", "footer", "header", "main", "section"];

impl View {
    /// Whether a byte stands in code or in a formula.
    pub fn is_hidden(&self, offset: usize) -> bool {
        let at = self.hidden.partition_point(|range| range.end <= offset);
        self.hidden.get(at).is_some_and(|range| range.contains(&offset))
    }
}

/// A text with what is seen in it; it is looked at again where it changed alone.
#[derive(Debug, Default)]
pub struct Looked {
    pub text: Typed,
    pub seen: View,
}

impl Looked {
    pub fn new(text: Typed) -> Looked {
        Looked { seen: view(&text.text), text }
    }

    /// The text with edits made.
    pub fn apply(self, edits: Vec<Edit>) -> Looked {
        if edits.is_empty() { self } else { Looked::new(self.text.apply(edits)) }
    }
}

/// Looks at a text. Of one that goes deeper than any text does nothing is seen.
pub fn view(text: &str) -> View {
    if beyond_marks(text).is_some() {
        return View::default();
    }
    let guarded = judged(text);
    let boxes = Boxes::default();
    let dialect = Dialect { punctuation: Punctuation::AsTyped, raw_html: true, citations: false, boxes: &boxes };
    let tree = tree(&guarded, dialect, &Components::new());
    if tree.too_deep.is_some() {
        return View::default();
    }
    let mut view = View::default();
    for node in tree.nodes() {
        view.node(&tree, node, text);
    }
    for (dest, range) in &tree.definitions {
        let typed = &text[range.clone()];
        let from = typed.find("]:").map_or(0, |at| at + 2);
        if let Some(at) = typed[from..].find(dest.as_str()).filter(|_| !dest.is_empty()) {
            let start = range.start + from + at;
            view.links.push(LinkAt { dest: dest.clone(), range: start..start + dest.len(), words: None });
        }
    }
    view.links.sort_by_key(|link| link.range.start);
    view.hidden.sort_by_key(|range| range.start);
    view.comments.sort_by_key(|range| range.start);
    view
}

impl View {
    fn node(&mut self, tree: &Tree<'_>, node: &Node<'_>, text: &str) {
        match &node.kind {
            Kind::Code(_) => self.hidden.push(node.range.clone()),
            Kind::Math(math) => {
                self.hidden.push(node.range.clone());
                let (latex, display) = (math.latex.to_string(), math.display);
                self.formulas.push(FormulaAt { latex, display, range: node.range.clone() });
            }
            Kind::Listing(fence) | Kind::Block(_, fence) => {
                self.hidden.push(node.range.clone());
                let first = text[node.range.clone()].find('\n').map_or(node.range.end, |end| node.range.start + end);
                let at = text[node.range.start..first].find(&fence.info).filter(|_| !fence.info.is_empty());
                let at = at.map_or(first, |at| node.range.start + at);
                let code = match (fence.lines.first(), fence.lines.last()) {
                    (Some((_, start)), Some((last, end))) => *start..end + last.len(),
                    _ => (first + 1).min(text.len())..(first + 1).min(text.len()),
                };
                self.fences.push(FenceAt {
                    info: fence.info.clone(),
                    info_range: at..at + fence.info.len().min(text.len() - at),
                    range: node.range.clone(),
                    code,
                    text: fence.text().into_owned(),
                    is_fenced: fence.is_fenced,
                });
            }
            Kind::Link(link) | Kind::Image(link) if link.kind == LinkType::Inline => {
                let typed = &text[node.range.clone()];
                let at = typed.rfind(&*link.dest).filter(|_| !link.dest.is_empty());
                if let Some(at) = at {
                    let start = node.range.start + at;
                    let range = start..start + link.dest.len();
                    let end = typed[..at].rfind("](").filter(|end| *end > 0 && typed.starts_with('['));
                    let words = end.map(|end| node.range.start + 1..node.range.start + end);
                    self.links.push(LinkAt { dest: link.dest.to_string(), range, words });
                }
            }
            Kind::Heading(heading) => self.headings.push(HeadingAt {
                level: heading.level,
                text: tree.text_of(node),
                id: heading.id.as_ref().map(ToString::to_string),
                range: node.range.clone(),
                is_within: self.blocks > 0,
            }),
            Kind::Html(html) => self.html(html, &node.range, text),
            _ => {}
        }
    }

    fn html(&mut self, html: &Html<'_>, range: &Range<usize>, text: &str) {
        let place = Places { source: SourceId::default(), base: 0 };
        let excerpt = place.excerpt(&html.lines, range.end);
        self.html.push_str(&html.text);
        let at = |within: &Range<usize>| place.range(excerpt.span(within.clone()));
        for piece in &html.markup.pieces {
            match piece {
                Piece::Comment(range) => self.comments.push(at(range)),
                Piece::Start(tag) => {
                    if !is_known(&tag.name) && self.drawings == 0 {
                        let pairs = tag.attributes.iter();
                        let attributes = pairs.map(|pair| (pair.name.clone(), pair.value.clone())).collect();
                        let (name, range) = (tag.name.clone(), at(&tag.range));
                        self.elements.push(ElementAt { name, range, attributes, ends: false });
                    }
                    self.drawings += usize::from(tag.name == "svg" && !tag.self_closing);
                    self.blocks += usize::from(BLOCKS.contains(&tag.name.as_str()));
                    let of = |name: &str| tag.attributes.iter().find(|attribute| attribute.name == name);
                    let is_anchor = tag.name == "a" && of("href").is_none();
                    let Range { start, end } = at(&tag.range);
                    let is_bare = is_anchor && text[end..].starts_with("</a>");
                    if let Some(name) = of("id").or(of("name").filter(|_| tag.name == "a")) {
                        self.names.push(NameAt {
                            name: name.value.clone(),
                            attribute: at(&name.whole),
                            bare: is_bare.then(|| start..end + "</a>".len()),
                        });
                    }
                    self.marked.extend(of("markdown").map(|attribute| MarkedAt {
                        element: tag.name.clone(),
                        attribute: at(&attribute.whole),
                        tag: at(&tag.range),
                    }));
                    let addresses = Tag::addresses(tag, &html.text).into_iter();
                    let shown = |kind| matches!(kind, AttributeKind::Link | AttributeKind::Image);
                    let links = addresses.filter(|address| shown(address.kind) && !address.place.is_empty());
                    self.links.extend(links.map(|address| LinkAt {
                        dest: address.value.clone(),
                        range: at(&address.place),
                        words: None,
                    }));
                }
                // One that begins in another piece of HTML ends nothing in this; one that is never typed ends none here.
                Piece::End { range, .. } | Piece::Stray(range) => {
                    let range = at(range);
                    let typed = text.get(range.clone()).and_then(|typed| typed.strip_prefix("</")?.strip_suffix('>'));
                    if let Some(name) = typed.map(|name| name.trim().to_lowercase()) {
                        self.end(name, range);
                    }
                }
                Piece::Text(_) => {}
            }
        }
    }

    /// An end tag, by its name in lower case.
    fn end(&mut self, name: String, range: Range<usize>) {
        match name.as_str() {
            "svg" => self.drawings = self.drawings.saturating_sub(1),
            name if BLOCKS.contains(&name) => self.blocks = self.blocks.saturating_sub(1),
            known if is_known(known) => {}
            _ => self.elements.push(ElementAt { name, range, attributes: Vec::new(), ends: true }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_no_text() {
        let text =
            "# A `b` {#c}\n\n[x](y.md) `[z](w.md)` <a href=\"v.md\">v</a> <!-- c -->\n\n[q]\n\n[q]: r.md \"t\"\n";
        let view = view(text);
        let typed: Vec<&str> = view.links.iter().map(|link| &text[link.range.clone()]).collect();
        assert_eq!(typed, ["y.md", "v.md", "r.md"]);
        assert_eq!(&text[view.comments[0].clone()], "<!-- c -->");
        assert_eq!((view.headings[0].text.as_str(), view.headings[0].id.as_deref()), ("A b", Some("c")));
        assert!(view.is_hidden(text.find("[z]").expect("code")));
    }

    #[test]
    fn fences_have_their_lines() {
        let text = "> ```rust,ignore\n> a\n> b\n> ```\n\n```\n```\n";
        let view = view(text);
        let fence = &view.fences[0];
        assert_eq!((&text[fence.info_range.clone()], fence.text.as_str()), ("rust,ignore", "a\nb\n"));
        assert_eq!(view.fences[1].text, "");
    }
}
