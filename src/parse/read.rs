//! The first read: what an article has, so that the site can be known.
//!
//! In: the bytes below the front matter. Out: an [`Article`]: its headings, links, blocks, words, each
//! with its place, and what is wrong with them. The tree that it is read from is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::tz::TimeZone;
use memchr::memmem;
use pulldown_cmark::LinkType;
use unicode_linebreak::{BreakClass, break_property};
use unicode_normalization::char::is_combining_mark;

use super::article::{Article, Claim, Heading, Listing, exact};
use super::balance::Lack;
use super::block::{self, BlockKind, Body, Placed};
use super::citation::Cited;
use super::component::Components;
use super::depth::{beyond_marks, too_deep};
use super::dialect::Dialect;
use super::elements::is_known;
use super::fingerprint::said;
use super::foreign::{self, Around};
use super::front::{self, FrontMatter, Kind as FrontKind};
use super::guard::Guarded;
use super::info;
use super::inline::cited_in_line;
use super::judge::judge;
use super::link::{Link, LinkKind};
use super::listing::{Typed, listing};
use super::markup::{self, AttributeKind, Tag};
use super::numbered::{Numbered, Sort};
use super::opening::opening;
use super::places::Places;
use super::tree::{Fence, Html, Kind, Math, Node, Step, Tree, tree};
use super::words::count_words;
use crate::diagnostic::{Code, Diagnostic, Severity, quote};
use crate::settings::checked::checked_id;
use crate::text::source::{SourceId, Span, Spanned, nfc};

/// What parsing has to know beside the text.
#[derive(Debug)]
pub struct Context<'a> {
    pub zone: &'a TimeZone,
    pub dialect: Dialect<'a>,
    /// The home page has it when its own words have none.
    pub default_title: &'a str,
    /// Blocks: the built-in ones and the project's own.
    pub components: &'a Components,
    /// The built-in ones.
    pub block_kinds: &'a [BlockKind],
    /// Whether the site has several.
    pub in_languages: bool,
}

/// Reads an article from the text of a source. `None` when it has no front matter to speak of; diagnostics then say why.
pub fn parse(
    (text, source): (&str, SourceId),
    kind: FrontKind,
    context: &Context<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Article> {
    let (mut front, range) = front::parse((text, source), kind, context.zone, out)?;
    if front.title.value.is_empty() && kind.is_bare() {
        front.title.value = context.default_title.to_string();
    }
    read((text, source), (front, range), context, out)
}

/// Reads the text of an article; nothing of one that goes too deep, which has been reported.
fn read(
    (whole, source): (&str, SourceId),
    (front, body): (FrontMatter, Range<usize>),
    context: &Context<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Article> {
    let typed = &whole[body.clone()];
    let place = Places { source, base: body.start };
    if let Some(mark) = beyond_marks(typed) {
        out.push(too_deep(place.span(mark)));
        return None;
    }
    let guards = judge(typed, context.dialect.boxes);
    let text = Guarded::new(typed, &guards);
    let tree = tree(&text, context.dialect, context.components);
    if let Some(at) = tree.too_deep {
        out.push(too_deep(place.span(at..at)));
        return None;
    }
    let mut found = Found {
        tree: &tree,
        place,
        context,
        first_definitions: first_definitions(&tree),
        links: Vec::new(),
        block_links: Vec::new(),
        blocks: Vec::new(),
        headings: Vec::new(),
        html_ids: Vec::new(),
        urls: Vec::new(),
        numbered: Vec::new(),
        claims: Vec::new(),
        listings: Vec::new(),
        citations: Vec::new(),
    };
    found.look(out);
    let Found {
        mut links,
        block_links,
        mut blocks,
        headings,
        html_ids,
        urls,
        numbered,
        claims,
        listings,
        mut citations,
        place,
        ..
    } = found;
    let around = Around {
        place,
        above: whole[..body.start].matches('\n').count(),
        blocks: context.components,
        boxes: context.dialect.boxes,
    };
    foreign::look(&tree, links.iter().chain(&block_links).chain(&urls), around, out);
    // The links of blocks follow those of the text.
    let text_links = links.len();
    links.extend(block_links);
    for block in &mut blocks {
        block.links = block.links.start + text_links..block.links.end + text_links;
    }
    let lines = blocks.iter().flat_map(|block| block.body.lines());
    if context.dialect.citations {
        citations.extend(
            blocks.iter().flat_map(|block| block.body.lines()).flat_map(|line| cited_in_line(&line.text, line.span)),
        );
    }
    let words = tree.words + lines.map(|line| count_words(&line.text)).sum::<usize>();
    let title = front.title.value.trim();
    let repeats_title = !is_above_a_word(&tree)
        && headings.first().is_some_and(|heading| {
            heading.level == 1 && [&heading.text, &heading.typed].iter().any(|text| text.trim() == title)
        });
    let mut headings = name_headings(headings, (&html_ids, &numbered), out);
    let html_ids = html_ids.into_iter().map(|(id, _)| id).collect();
    let title_id = repeats_title.then(|| headings.remove(0).id.into());
    let opening = if front.description.is_none() { opening(&tree) } else { None };
    let said = if context.in_languages { said(&front, &tree, body.start) } else { Vec::new() };
    Some(Article {
        source,
        head: blake3::hash(&whole.as_bytes()[..body.start]),
        front,
        body,
        headings: exact(headings),
        title_id,
        html_ids,
        links: exact(links),
        urls: exact(urls),
        blocks: exact(blocks),
        numbered: exact(numbered),
        words,
        opening,
        claims: exact(claims),
        listings: exact(listings),
        citations: exact(citations),
        guards: exact(guards),
        said: exact(said),
    })
}

/// A heading is read before anybody knows what its references say.
fn wordless(span: Span) -> Diagnostic {
    let message = "the reference has no words in the contents, and where the heading is named";
    Diagnostic::new(Code::ReferenceInHeading, span, message)
        .help("refer to it in the text below, or write the words of the link")
}

fn nested_link(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NestedLink, span, "the link stands within a link, and its words are no link of their own")
        .help("end the outer one before it, or remove one of the two")
}

/// How ids begin that the theme gives a page.
const OWN_IDS: &str = "pw-";

/// A heading before ids are given out.
struct Named {
    level: u8,
    text: String,
    /// The text before smart punctuation, which anchors are made of.
    typed: String,
    explicit: Option<String>,
    span: Span,
}

struct Found<'a> {
    tree: &'a Tree<'a>,
    place: Places,
    context: &'a Context<'a>,
    /// The first of the reference definitions that lead somewhere, by where they lead.
    first_definitions: BTreeMap<&'a str, Range<usize>>,
    links: Vec<Link>,
    block_links: Vec<Link>,
    blocks: Vec<Placed>,
    headings: Vec<Named>,
    html_ids: Vec<(String, Span)>,
    urls: Vec<Link>,
    numbered: Vec<Numbered>,
    claims: Vec<Claim>,
    listings: Vec<Listing>,
    citations: Vec<Spanned<String>>,
}

impl<'a> Found<'a> {
    fn look(&mut self, out: &mut Vec<Diagnostic>) {
        self.unbalanced(out);
        let mut begins = false;
        for node in self.tree.nodes() {
            if begins {
                self.unended_formula(node, out);
            }
            begins = matches!(node.kind, Kind::Paragraph);
            match &node.kind {
                Kind::Heading(_) => self.heading(node, out),
                Kind::Link(link) => {
                    if link.is_nested {
                        out.push(nested_link(self.place.span(node.range.clone())));
                    }
                    let reference = self.is_reference(node);
                    self.link(LinkKind::Link, (link.kind, &link.dest), node.range.clone(), reference);
                }
                Kind::Image(link) => {
                    self.link(LinkKind::Image, (link.kind, &link.dest), node.range.clone(), false);
                    self.alternative_text(node, out);
                }
                Kind::Url { href, .. } => {
                    let (dest, span) = (href.clone(), self.place.span(node.range.clone()));
                    self.urls.push(Link { kind: LinkKind::Link, dest, span, reference: false });
                }
                Kind::Html(html) => self.html(html, &node.range, out),
                Kind::Block(_, fence) => self.block(fence, &node.range, out),
                Kind::Tabs => self.tabs(node, out),
                Kind::Listing(fence) if fence.is_fenced => self.listing(fence, &node.range, out),
                Kind::Math(Math { id: Some((id, range)), .. }) => self.number(Sort::Formula, id, range.clone(), out),
                Kind::Citation(cited) => {
                    let place = |cited: &Cited| self.place.span(cited.range.clone());
                    let keys = cited.iter().map(|cited| Spanned { value: cited.key.clone(), span: place(cited) });
                    self.citations.extend(keys);
                }
                Kind::Text(text) => self.claims(text, &node.range),
                _ => {}
            }
        }
    }

    /// Whether a link has its words from what it leads to.
    fn is_reference(&self, link: &Node<'_>) -> bool {
        self.tree.text_of(link) == "#"
    }

    fn heading(&mut self, node: &Node<'_>, out: &mut Vec<Diagnostic>) {
        let Kind::Heading(heading) = &node.kind else { return };
        let (mut text, mut typed) = (String::new(), String::new());
        for inner in self.tree.within(node) {
            let words: &str = match &inner.kind {
                Kind::Text(words) => {
                    let as_typed = &self.tree.typed[inner.range.clone()];
                    let is_smart = as_typed.bytes().all(|byte| matches!(byte, b'-' | b'.' | b'\'' | b'"'));
                    text.push_str(words);
                    typed.push_str(if is_smart { as_typed } else { words });
                    continue;
                }
                Kind::Url { text, .. } | Kind::Code(text) => text,
                Kind::Math(math) => &math.latex,
                Kind::SoftBreak | Kind::HardBreak => " ",
                Kind::Html(html) if html.breaks_line() => " ",
                Kind::Link(_) if self.is_reference(inner) => {
                    out.push(wordless(self.place.span(inner.range.clone())));
                    continue;
                }
                _ => continue,
            };
            text.push_str(words);
            typed.push_str(words);
        }
        let explicit = heading.id.as_ref().map(|id| nfc(id).into_owned());
        let span = self.place.span(node.range.clone());
        self.headings.push(Named { level: heading.level, text, typed, explicit, span });
    }

    fn link(&mut self, kind: LinkKind, (link_type, dest): (LinkType, &str), range: Range<usize>, reference: bool) {
        let destination = |whole: Range<usize>| {
            let typed = &self.tree.typed[whole.clone()];
            let found = typed.rfind(dest).filter(|_| !dest.is_empty());
            found.map_or(whole.clone(), |at| whole.start + at..whole.start + at + dest.len())
        };
        let range = match link_type {
            LinkType::Inline | LinkType::Autolink | LinkType::Email => destination(range),
            // The destination stands in the definition.
            _ => self.first_definitions.get(dest).map_or(range, |definition| destination(definition.clone())),
        };
        let dest = match link_type {
            LinkType::Email => format!("mailto:{dest}"),
            _ => dest.to_string(),
        };
        self.links.push(Link { kind, dest, span: self.place.span(range), reference });
    }

    fn alternative_text(&self, image: &Node<'_>, out: &mut Vec<Diagnostic>) {
        let is_word = |node: &Node<'_>| matches!(node.kind, Kind::Text(_) | Kind::Code(_) | Kind::Url { .. });
        if !self.tree.within(image).iter().any(is_word) {
            let span = self.place.span(image.range.clone());
            out.push(
                Diagnostic::new(Code::MissingAlt, span, "the image has no alternative text")
                    .help("say between the brackets what it shows"),
            );
        }
    }

    fn html(&mut self, html: &Html<'_>, range: &Range<usize>, out: &mut Vec<Diagnostic>) {
        let excerpt = self.place.excerpt(&html.lines, range.end);
        let of = |tag| Tag::addresses(tag, &html.text).into_iter().map(move |address| (tag, address));
        for (tag, address) in html.markup.tags().flat_map(of) {
            let span = excerpt.span(address.place);
            let kind = match address.kind {
                AttributeKind::Id => {
                    let id = nfc(&address.value).into_owned();
                    // Old pages say the same once more in `name`.
                    let tag = excerpt.span(tag.range.clone());
                    let is_of_this_tag = |(last, at): &(String, Span)| *last == id && at.start >= tag.start;
                    if !self.html_ids.last().is_some_and(is_of_this_tag) {
                        self.html_ids.push((id, span));
                    }
                    continue;
                }
                AttributeKind::Ids | AttributeKind::Paint => continue,
                AttributeKind::Address | AttributeKind::Document | AttributeKind::Refresh => {
                    if let Some(address) = markup::unsafe_address(address.kind, &address.value) {
                        out.push(unsafe_link(&address, span));
                    }
                    continue;
                }
                AttributeKind::Link => LinkKind::Link,
                AttributeKind::Image => LinkKind::Image,
            };
            self.links.push(Link { kind, dest: address.value, span, reference: false });
        }
    }

    /// The first words of a paragraph that begin a formula without an end.
    fn unended_formula(&self, node: &Node<'_>, out: &mut Vec<Diagnostic>) {
        let Kind::Text(text) = &node.kind else { return };
        let Some(latex) = text.strip_prefix("$$").map(str::trim).filter(|latex| !latex.starts_with('$')) else {
            return;
        };
        if latex.is_empty() || latex.contains(['\\', '=', '^', '_']) {
            let place = self.place.span(node.range.start..node.range.start + "$$".len());
            let message = "the formula doesn't end in its paragraph, and is shown as text";
            let diagnostic = Diagnostic::new(Code::InvalidMath, place, message).severity(Severity::Warning);
            out.push(diagnostic.help("leave no line in it blank, and end it with `$$`"));
        }
    }

    /// Tags of raw HTML without a partner.
    fn unbalanced(&self, out: &mut Vec<Diagnostic>) {
        for (node, tag) in &self.tree.unbalanced {
            let node = &self.tree.nodes()[*node];
            let Kind::Html(html) = &node.kind else { continue };
            let place = self.place.excerpt(&html.lines, node.range.end).span(tag.range.clone());
            let (message, help) = match tag.lacks {
                Lack::Room => {
                    out.push(nested_link(place));
                    continue;
                }
                Lack::Start => {
                    let end = quote(&format!("</{}>", tag.name));
                    (format!("{end} ends nothing that begins here, and is left out"), "remove it, or add its start tag")
                }
                Lack::End if tag.name == "!--" => {
                    ("the comment has no end, and is left out".to_string(), "end it with `-->`")
                }
                // What HTML doesn't know, something else says more of.
                Lack::End if !is_known(&tag.name) => continue,
                Lack::End => (format!("{} is not closed", quote(&format!("<{}>", tag.name))), "add its end tag"),
            };
            out.push(Diagnostic::new(Code::UnbalancedHtml, place, message).help(help));
        }
    }

    /// The line of a fence, and what is said when it isn't closed.
    fn fence(&self, range: &Range<usize>, is_block: bool, out: &mut Vec<Diagnostic>) -> (Range<usize>, bool) {
        let text = &self.tree.typed;
        let line_end = text[range.start..].find('\n').map_or(range.end, |n| range.start + n);
        let line = range.start..line_end.min(range.end);
        let closed = is_closed(&text[range.clone()]);
        if !closed {
            let message = "the fence is not closed";
            let diagnostic = Diagnostic::new(Code::UnclosedFence, self.place.span(line.clone()), message);
            let severity = if is_block { Severity::Error } else { Severity::Warning };
            out.push(diagnostic.severity(severity).help("end it with a line of the same sign, at least as many of it"));
        }
        (line, closed)
    }

    fn block(&mut self, fence: &Fence<'_>, range: &Range<usize>, out: &mut Vec<Diagnostic>) {
        let (line, closed) = self.fence(range, true, out);
        let span = self.place.span(line);
        let (info, _) = info::parse(&fence.info);
        if !closed {
            // What follows is likely prose, and the mistakes of its TOML no help.
            self.blocks.push(Placed { name: info.language.into(), span, links: 0..0, body: Body::Broken });
            return;
        }
        let excerpt = self.place.excerpt(&fence.lines, range.end);
        let component = self.context.components.get(&*info.language);
        let wanted = block::Wanted { name: &info.language, kinds: self.context.block_kinds, component };
        let placed = block::read(wanted, span, &excerpt, &mut self.block_links, out);
        if let Body::Known(block) = &placed.body {
            self.numbered.extend(block.numbered().cloned());
        }
        self.blocks.push(placed);
    }

    /// Looks whether tabs are several, and can be told apart.
    fn tabs(&self, node: &Node<'_>, out: &mut Vec<Diagnostic>) {
        let tabs = self.tree.within(node).iter().filter_map(|node| {
            let Kind::Listing(fence) = &node.kind else { return None };
            let (name, range) = info::parse(&fence.info).0.tab?;
            let start = self.info_start(fence, &node.range);
            Some((name.into_owned(), self.place.span(start + range.start..start + range.end)))
        });
        let tabs: Vec<(String, Span)> = tabs.collect();
        let mut names = BTreeSet::new();
        for (name, span) in &tabs {
            if tabs.len() == 1 {
                let message = format!("the tab {} is alone", quote(name));
                let help = "tabs are fences with nothing between them, each with its `tab`";
                out.push(Diagnostic::new(Code::InvalidFence, *span, message).help(help));
            } else if !names.insert(name) {
                let message = format!("two of these tabs are called {}", quote(name));
                out.push(Diagnostic::new(Code::InvalidFence, *span, message).help("tell them apart by their names"));
            }
        }
    }

    /// Where the info string of a fence begins.
    fn info_start(&self, fence: &Fence<'_>, range: &Range<usize>) -> usize {
        let line = self.tree.typed[range.clone()].lines().next().unwrap_or_default();
        range.start + line.find(&fence.info).unwrap_or(0)
    }

    fn listing(&mut self, fence: &Fence<'_>, range: &Range<usize>, out: &mut Vec<Diagnostic>) {
        let (line, _) = self.fence(range, false, out);
        let (info, mut problems) = info::parse(&fence.info);
        let code = fence.text();
        let start = self.info_start(fence, range);
        if let Some((id, range)) = info.id.as_ref().filter(|_| info.untitled().is_none()) {
            self.number(Sort::Listing, id, start + range.start..start + range.end, out);
        }
        problems.extend(info.untitled());
        let typed = Typed { at: range.start, line, start, info: &fence.info, code: &code };
        if info.taken.is_something() {
            match listing(typed, &info, self.place) {
                Ok(listing) => self.listings.push(listing),
                Err(problem) => out.push(problem),
            }
        } else {
            problems.extend(info.idle(&code));
            problems.extend(info.beyond(info.shown(code).lines().count()));
        }
        for problem in problems {
            let span = self.place.span(start + problem.range.start..start + problem.range.end);
            out.push(Diagnostic::new(Code::InvalidFence, span, problem.message).maybe_help(problem.help));
        }
    }

    /// Takes a thing with an id, typed at a place; one that can't be an id has been reported, or is.
    fn number(&mut self, sort: Sort, id: &str, range: Range<usize>, out: &mut Vec<Diagnostic>) {
        let id = Spanned { value: id.to_string(), span: self.place.span(range) };
        self.numbered.extend(checked_id(id, out).map(|id| Numbered { sort, id: id.value, span: id.span }));
    }

    fn claims(&mut self, text: &str, range: &Range<usize>) {
        for (at, number, total, length) in claims(text) {
            let typed = self.tree.typed[range.clone()] == *text;
            let place = if typed { range.start + at..range.start + at + length } else { range.clone() };
            self.claims.push(Claim { span: self.place.span(place), number, total });
        }
    }
}

/// The first of the definitions that lead somewhere, in whatever order they come.
fn first_definitions<'a>(tree: &'a Tree<'_>) -> BTreeMap<&'a str, Range<usize>> {
    let mut first: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for (dest, place) in &tree.definitions {
        let known = first.entry(dest).or_insert(place.clone());
        if place.start < known.start {
            *known = place.clone();
        }
    }
    first
}

/// Whether something is said above the first heading. Badges and pictures may stand above a title.
fn is_above_a_word(tree: &Tree<'_>) -> bool {
    let mut images = 0;
    for step in tree.steps() {
        let says = match step {
            Step::Enter(node) => match &node.kind {
                Kind::Heading(_) => return false,
                Kind::Image(_) => {
                    images += 1;
                    false
                }
                Kind::Text(text) => images == 0 && !text.trim().is_empty(),
                Kind::Url { .. } | Kind::Code(_) => images == 0,
                Kind::Html(html) => html.is_block && !html.markup.says_nothing(),
                Kind::Math(_)
                | Kind::Listing(_)
                | Kind::Block(..)
                | Kind::BlockQuote
                | Kind::Box(_)
                | Kind::List(_)
                | Kind::Table
                | Kind::NoteDefinition(_)
                | Kind::DefinitionList
                | Kind::Rule => true,
                _ => false,
            },
            Step::Leave(node) => {
                images -= usize::from(matches!(node.kind, Kind::Image(_)));
                false
            }
        };
        if says {
            return true;
        }
    }
    false
}

/// The diagnostic for an address that would run as a script.
pub fn unsafe_link(address: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnsafeLink, span, format!("the address {} would run in the reader's browser", quote(address)))
        .help("link to a page or a file")
}

/// Whether the text of a fenced code block ends with its closing fence (CommonMark 0.31, §4.5), and
/// not with the end of the article or of the list or quote around it.
fn is_closed(fence: &str) -> bool {
    let mark = fence.chars().next().unwrap_or('`');
    let length = fence.chars().take_while(|c| *c == mark).count();
    let Some((_, last)) = fence.trim_end().rsplit_once('\n') else { return false };
    let last = last.trim_start_matches([' ', '\t', '>']);
    last.len() >= length && last.chars().all(|c| c == mark)
}

/// Gives every heading its anchor: explicit ids first, then GitHub's way, with `-1`, `-2` for
/// repeats of these and of the ids in raw HTML. What has a number shares its id with no heading: a reference would
/// mean both.
fn name_headings(
    found: Vec<Named>,
    (html_ids, numbered): (&[(String, Span)], &[Numbered]),
    out: &mut Vec<Diagnostic>,
) -> Vec<Heading> {
    let explicit = found.iter().filter_map(|heading| Some((heading.explicit.as_ref()?, heading.span)));
    let others = html_ids.iter().map(|(id, span)| (id, *span)).chain(numbered.iter().map(|of| (&of.id, of.span)));
    let mut typed: Vec<_> = explicit.chain(others).collect();
    let numbered: BTreeMap<&str, Span> = numbered.iter().map(|of| (of.id.as_str(), of.span)).collect();
    typed.sort_by_key(|(_, span)| span.start);
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    for (id, span) in typed {
        if id.starts_with(OWN_IDS) {
            let message = format!("{} is an id of the theme: those begin with `{OWN_IDS}`", quote(id));
            out.push(Diagnostic::new(Code::InvalidId, span, message).help("choose another"));
        } else if let Some(first) = taken.get(id) {
            let message = format!("two things have the id {}", quote(id));
            out.push(Diagnostic::new(Code::DuplicateId, span, message).note(*first, "the first").help("rename one"));
        } else {
            taken.insert(id.clone(), span);
        }
    }
    let mut repeats: BTreeMap<String, usize> = BTreeMap::new();
    found
        .into_iter()
        .map(|heading| {
            let id = heading.explicit.unwrap_or_else(|| {
                let slug = anchor(&heading.typed);
                if let Some(span) = numbered.get(slug.as_str()) {
                    let message = format!("the id {} is that of a heading", quote(&slug));
                    let diagnostic = Diagnostic::new(Code::DuplicateId, *span, message);
                    out.push(diagnostic.note(heading.span, "the heading").help("choose another"));
                }
                let mut id = slug.clone();
                let repeat = repeats.entry(slug.clone()).or_default();
                while taken.contains_key(&id) {
                    *repeat += 1;
                    id = format!("{slug}-{repeat}");
                }
                taken.insert(id.clone(), heading.span);
                id
            });
            // Copies of their size, as of what is `exact`.
            let (id, text) = (id.as_str().into(), heading.text.as_str().into());
            Heading { level: heading.level, id, text, span: heading.span }
        })
        .collect()
}

/// A heading's anchor as GitHub makes it: lowercase, letters, marks, digits, `-`, `_` and other
/// connectors of every script kept, each space a `-`, everything else dropped.
pub fn anchor(text: &str) -> String {
    // The general category Pc of Unicode.
    let connects = |c: char| matches!(c, '_' | '‿' | '⁀' | '⁔' | '︳' | '︴' | '﹍' | '﹎' | '﹏' | '＿');
    let id: String = nfc(text.trim())
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' | '-' => Some('-'),
            c if c.is_alphabetic() || is_digit(c) || connects(c) || is_combining_mark(c) => Some(c),
            _ => None,
        })
        .collect();
    match id.as_str() {
        "" => "section".into(),
        own if own.starts_with(OWN_IDS) => format!("section-{own}"),
        _ => id,
    }
}

/// Whether a character is a decimal digit, as `²` and `½` are not: a number that breaks no line.
fn is_digit(c: char) -> bool {
    let is_full_width = matches!(c, '０'..='９');
    c.is_ascii_digit() || is_full_width || (c.is_numeric() && break_property(u32::from(c)) == BreakClass::Numeric)
}

/// Every "Part N of M" of a text: offset, N, M, length.
fn claims(text: &str) -> Vec<(usize, i64, usize, usize)> {
    let mut found = Vec::new();
    for at in memmem::find_iter(text.as_bytes(), "art ") {
        let Some(start) = at.checked_sub(1) else { continue };
        let head = text.as_bytes()[start];
        let word_begins = start == 0 || !text.as_bytes()[start - 1].is_ascii_alphanumeric();
        if !matches!(head, b'P' | b'p') || !word_begins {
            continue;
        }
        let rest = &text[at + 4..];
        let Some((number, after)) = number(rest) else { continue };
        let Some((total, end)) = after.strip_prefix(" of ").and_then(self::number) else { continue };
        if end.starts_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let (Ok(number), Ok(total)) = (number.parse(), total.parse()) else { continue };
        found.push((start, number, total, text.len() - end.len() - start));
    }
    found
}

fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (1..=6).contains(&end).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_github_s() {
        for (text, id) in [
            ("Hello, World!", "hello-world"),
            ("Fine-tuning vs. Prompting — When to Use Which", "fine-tuning-vs-prompting--when-to-use-which"),
            ("Äpfel & Birnen", "äpfel--birnen"),
            ("日本語 テスト", "日本語-テスト"),
            ("snake_case `code`", "snake_case-code"),
            ("CO₂ and m², ½ ①", "co-and-m--"),
            ("snake‿case ٣ ３ ⅻ", "snake‿case-٣-３-ⅻ"),
            ("ΟΔΟΣ a -- b", "οδος-a----b"),
            ("!!!", "section"),
            ("pw-fn 1", "section-pw-fn-1"),
            ("A\u{308}pfel", "äpfel"),
        ] {
            assert_eq!(anchor(text), id);
        }
    }

    #[test]
    fn claims_are_found() {
        let found: Vec<_> = claims("As Part 7 of 20 says, part 3 of 4. Depart 1 of 2; Part 1 of 2nd")
            .into_iter()
            .map(|c| (c.1, c.2))
            .collect();
        assert_eq!(found, [(7, 20), (3, 4)]);
    }
}
