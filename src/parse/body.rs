//! The text of an article: headings, links, blocks, words.
//!
//! In: the bytes below the front matter. Out: an [`Article`] without a byte of HTML.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use memchr::memmem;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Tag, TagEnd};
use unicode_linebreak::{BreakClass, break_property};
use unicode_normalization::char::is_combining_mark;

use super::dialect::options;
use super::guard::{Guarded, judge, restored};
use super::html::{self, AttributeKind};
use super::inline::count_words;
use super::{Article, Claim, Context, Heading, Link, LinkKind, blocks, front::FrontMatter, info};
use crate::diagnostic::{Code, Diagnostic, Severity, quote};
use crate::settings::data::Excerpt;
use crate::text::source::{SourceId, Sources, Span};

/// Walks the text once and collects what other stages need of it.
pub fn parse(
    sources: &Sources,
    source: SourceId,
    front: FrontMatter,
    body: Range<usize>,
    context: &Context<'_>,
    out: &mut Vec<Diagnostic>,
) -> Article {
    let typed = &sources.text(source)[body.clone()];
    let money = judge(typed);
    let text = Guarded::new(typed, &money);
    let mut walk = Walk {
        text: typed,
        base: body.start,
        source,
        links: Vec::new(),
        block_links: Vec::new(),
        blocks: Vec::new(),
        headings: Vec::new(),
        html_ids: Vec::new(),
        words: 0,
        claims: Vec::new(),
        definitions: BTreeMap::new(),
    };
    let parser = text.parser(options(context.smart_punctuation));
    for (_, definition) in parser.reference_definitions().iter() {
        let dest = restored(definition.dest.clone()).to_string();
        let place = walk.definitions.entry(dest).or_insert(definition.span.clone());
        // The first of those that lead there, in whatever order they come.
        if definition.span.start < place.start {
            *place = definition.span.clone();
        }
    }
    walk.run(text.events(parser), context, out);
    let Walk { mut links, mut block_links, mut blocks, headings, html_ids, words, claims, .. } = walk;
    let text_links = links.len();
    for block in &mut blocks {
        shift(block, text_links);
    }
    links.append(&mut block_links);
    let mut article = Article {
        source,
        front,
        body,
        headings: Vec::new(),
        title_id: None,
        html_ids,
        links,
        text_links,
        blocks,
        words,
        claims,
        money,
    };
    let title = article.front.title.value.trim();
    let repeats_title = headings.first().is_some_and(|heading| {
        heading.first && heading.level == 1 && [&heading.text, &heading.typed].iter().any(|text| text.trim() == title)
    });
    article.headings = name_headings(headings, out);
    if repeats_title {
        article.title_id = Some(article.headings.remove(0).id);
    }
    article
}

/// A heading before ids are given out.
struct Found {
    level: u8,
    text: String,
    /// The text before smart punctuation, which anchors are made of.
    typed: String,
    explicit: Option<String>,
    span: Span,
    /// Whether nothing is said above it.
    first: bool,
}

impl Found {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.typed.push_str(text);
    }
}

struct Walk<'a> {
    text: &'a str,
    base: usize,
    source: SourceId,
    links: Vec<Link>,
    block_links: Vec<Link>,
    blocks: Vec<blocks::Block>,
    headings: Vec<Found>,
    html_ids: Vec<String>,
    words: usize,
    claims: Vec<Claim>,
    /// Reference definitions by their destination.
    definitions: BTreeMap<String, Range<usize>>,
}

impl<'a> Walk<'a> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, self.base + range.start..self.base + range.end)
    }

    fn run(
        &mut self,
        events: impl Iterator<Item = (Event<'a>, Range<usize>)>,
        context: &Context<'_>,
        out: &mut Vec<Diagnostic>,
    ) {
        let mut first_block = true;
        let mut heading: Option<Found> = None;
        let mut fence: Option<Fence<'a>> = None;
        let mut code: Option<Listing<'a>> = None;
        let mut html_block: Option<Vec<(CowStr<'a>, usize)>> = None;
        // Links that are open, by index, with the text seen inside so far.
        let mut open: Vec<(usize, String)> = Vec::new();
        let mut in_code = false;
        // Images that are open: their place, and whether any text stands for them yet.
        let mut images: Vec<(Range<usize>, bool)> = Vec::new();
        for (event, range) in events {
            match event {
                Event::Start(Tag::Heading { level, id, .. }) => {
                    heading = Some(Found {
                        level: level as u8,
                        text: String::new(),
                        typed: String::new(),
                        explicit: id.map(|id| id.to_string()),
                        span: self.span(range),
                        first: first_block,
                    });
                    first_block = false;
                }
                Event::End(TagEnd::Heading(_)) => self.headings.extend(heading.take()),
                Event::Start(Tag::CodeBlock(kind)) => {
                    first_block = false;
                    in_code = true;
                    if let CodeBlockKind::Fenced(_) = kind {
                        (fence, code) = self.open_fence(range, context, out);
                    }
                }
                Event::End(TagEnd::CodeBlock) => {
                    in_code = false;
                    if let Some(fence) = fence.take() {
                        self.close_fence(fence, out);
                    }
                    if let Some(code) = code.take() {
                        self.fence_problems(code.words, code.info.beyond(code.lines), out);
                    }
                }
                Event::Text(text) if in_code => {
                    if let Some(fence) = &mut fence {
                        fence.lines.push((text, range.start));
                    } else if let Some(code) = &mut code {
                        code.lines += memchr::memchr_iter(b'\n', text.as_bytes()).count();
                    }
                }
                Event::Start(Tag::HtmlBlock) => html_block = Some(Vec::new()),
                Event::Html(text) => {
                    if let Some(pieces) = &mut html_block {
                        pieces.push((text, range.start));
                    }
                }
                Event::End(TagEnd::HtmlBlock) => {
                    if let Some(pieces) = html_block.take() {
                        let html: String = pieces.iter().map(|(text, _)| text.as_ref()).collect();
                        first_block &= html::says_nothing(&html);
                        let start = pieces.first().map_or(range.start, |(_, at)| *at);
                        let pieces = pieces.iter().map(|(text, at)| (text.as_ref(), self.base + at));
                        self.html(Excerpt::joined(pieces, self.source, self.base + start), out);
                    }
                }
                Event::InlineHtml(text) => {
                    self.html(Excerpt::whole(&text, self.source, self.base + range.start), out);
                }
                Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                    open.push((self.links.len(), String::new()));
                    self.link(LinkKind::Link, link_type, &dest_url, range);
                }
                Event::Start(Tag::Image { link_type, dest_url, .. }) => {
                    images.push((range.clone(), false));
                    self.link(LinkKind::Image, link_type, &dest_url, range);
                }
                Event::End(TagEnd::Image) => {
                    if let Some((range, false)) = images.pop() {
                        out.push(
                            Diagnostic::new(Code::MissingAlt, self.span(range), "the image has no alternative text")
                                .help("say between the brackets what it shows"),
                        );
                    }
                }
                Event::End(TagEnd::Link) => {
                    if let Some((at, text)) = open.pop() {
                        self.links[at].reference = text == "#";
                    }
                }
                Event::Text(text) => {
                    // Badges and pictures may stand above the title.
                    first_block &= !images.is_empty() || text.trim().is_empty();
                    if let Some((_, described)) = images.last_mut() {
                        *described = true;
                    }
                    if let Some(heading) = &mut heading {
                        heading.text.push_str(&text);
                        let typed = &self.text[range.clone()];
                        let is_smart = typed.bytes().all(|byte| matches!(byte, b'-' | b'.' | b'\'' | b'"'));
                        heading.typed.push_str(if is_smart { typed } else { &text });
                    }
                    if let Some((_, words)) = open.last_mut() {
                        words.push_str(&text);
                    }
                    self.words += count_words(&text);
                    self.find_claims(&text, &range);
                }
                Event::Code(text) => {
                    first_block &= !images.is_empty();
                    if let Some((_, described)) = images.last_mut() {
                        *described = true;
                    }
                    if let Some(heading) = &mut heading {
                        heading.push(&text);
                    }
                    if let Some((_, words)) = open.last_mut() {
                        words.push_str(&text);
                    }
                    self.words += count_words(&text);
                }
                Event::InlineMath(text) | Event::DisplayMath(text) => {
                    first_block = false;
                    if let Some(heading) = &mut heading {
                        heading.push(&text);
                    }
                }
                Event::SoftBreak | Event::HardBreak => {
                    if let Some(heading) = &mut heading {
                        heading.push(" ");
                    }
                }
                Event::Start(
                    Tag::BlockQuote(_)
                    | Tag::List(_)
                    | Tag::Table(_)
                    | Tag::FootnoteDefinition(_)
                    | Tag::DefinitionList,
                )
                | Event::Rule => first_block = false,
                _ => {}
            }
        }
    }

    fn open_fence(
        &self,
        range: Range<usize>,
        context: &Context<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> (Option<Fence<'a>>, Option<Listing<'a>>) {
        let line_end = self.text[range.start..].find('\n').map_or(range.end, |n| range.start + n);
        let line = range.start..line_end.min(range.end);
        let words = info_string(self.text, range.clone());
        let (info, problems) = info::parse(words);
        let block = block_name(&info.language, context.block_names);
        let closed = is_closed(&self.text[range.clone()]);
        if !closed {
            let diagnostic = Diagnostic::new(Code::UnclosedFence, self.span(line.clone()), "the fence is not closed");
            let severity = if block.is_some() { Severity::Error } else { Severity::Warning };
            out.push(diagnostic.severity(severity).help("end it with a line of the same sign, at least as many of it"));
        }
        if let Some(name) = block {
            let name = name.to_string();
            return (Some(Fence { name, span: self.span(line), end: range.end, lines: Vec::new(), closed }), None);
        }
        let start = line.start + (self.text[line].find(words).unwrap_or(0));
        let words = start..start + words.len();
        self.fence_problems(words.clone(), problems, out);
        (None, Some(Listing { words, info, lines: 0 }))
    }

    /// Reports what is wrong in the words after a fence; `words` is where they stand.
    fn fence_problems(&self, words: Range<usize>, problems: Vec<info::Problem>, out: &mut Vec<Diagnostic>) {
        for problem in problems {
            let place = words.start + problem.range.start..words.start + problem.range.end;
            out.push(Diagnostic::new(Code::InvalidFence, self.span(place), problem.message).maybe_help(problem.help));
        }
    }

    fn close_fence(&mut self, fence: Fence<'a>, out: &mut Vec<Diagnostic>) {
        if !fence.closed {
            // What follows is likely prose, and the mistakes of its TOML no help.
            self.blocks.push(blocks::Block { span: fence.span, body: blocks::Body::Broken });
            return;
        }
        let pieces = fence.lines.iter().map(|(text, at)| (text.as_ref(), self.base + at));
        let excerpt = Excerpt::joined(pieces, self.source, self.base + fence.end);
        let block = blocks::parse(&fence.name, fence.span, &excerpt, &mut self.block_links, out);
        self.words += blocks::count_words(&block);
        self.blocks.push(block);
    }

    fn link(&mut self, kind: LinkKind, link_type: LinkType, dest: &str, range: Range<usize>) {
        let range = match link_type {
            LinkType::Inline | LinkType::Autolink | LinkType::Email => {
                let typed = &self.text[range.clone()];
                typed
                    .rfind(dest)
                    .filter(|_| !dest.is_empty())
                    .map_or(range.clone(), |at| range.start + at..range.start + at + dest.len())
            }
            // The destination stands in the definition.
            _ => match self.definitions.get(dest) {
                Some(definition) => {
                    let typed = &self.text[definition.clone()];
                    typed
                        .rfind(dest)
                        .filter(|_| !dest.is_empty())
                        .map_or(definition.clone(), |at| definition.start + at..definition.start + at + dest.len())
                }
                None => range,
            },
        };
        let dest = match link_type {
            LinkType::Email => format!("mailto:{dest}"),
            _ => dest.to_string(),
        };
        self.links.push(Link { kind, dest, span: self.span(range), reference: false });
    }

    fn html(&mut self, excerpt: Excerpt<'_>, out: &mut Vec<Diagnostic>) {
        for attribute in html::scan(&excerpt.text).attributes {
            let value = html::decode(&excerpt.text[attribute.value.clone()]);
            let span = excerpt.span(attribute.value);
            let kind = match attribute.kind {
                AttributeKind::Id => {
                    self.html_ids.push(value);
                    continue;
                }
                AttributeKind::Address | AttributeKind::Document | AttributeKind::Refresh => {
                    if let Some(address) = html::unsafe_address(attribute.kind, &value) {
                        out.push(unsafe_link(&address, span));
                    }
                    continue;
                }
                AttributeKind::Link => LinkKind::Link,
                AttributeKind::Image => LinkKind::Image,
            };
            self.links.push(Link { kind, dest: value, span, reference: false });
        }
    }

    fn find_claims(&mut self, text: &str, range: &Range<usize>) {
        for (at, number, total, length) in claims(text) {
            let typed = self.text[range.clone()] == *text;
            let place = if typed { range.start + at..range.start + at + length } else { range.clone() };
            let span = self.span(place);
            self.claims.push(Claim { span, number, total });
        }
    }
}

/// A fence that is a block, while its lines arrive.
struct Fence<'a> {
    name: String,
    span: Span,
    end: usize,
    lines: Vec<(CowStr<'a>, usize)>,
    closed: bool,
}

/// A fence that is code, while its lines arrive.
struct Listing<'a> {
    /// Where the words after the fence stand.
    words: Range<usize>,
    info: info::Info<'a>,
    /// How many lines there were so far.
    lines: usize,
}

/// The diagnostic for an address that would run as a script.
pub fn unsafe_link(address: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnsafeLink, span, format!("the address {} would run in the reader's browser", quote(address)))
        .help("link to a page or a file")
}

/// What stands after the backticks or tildes of a fence, as typed.
pub fn info_string(text: &str, fence: Range<usize>) -> &str {
    let line = text[fence].lines().next().unwrap_or_default();
    line.trim_start_matches(['`', '~']).trim()
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

/// The name of the block that a fence's language means, if it means one.
pub fn block_name<'n>(language: &str, names: &'n BTreeSet<String>) -> Option<&'n str> {
    names.get(language).map(String::as_str)
}

/// Moves a block's links behind those of the text.
fn shift(block: &mut blocks::Block, by: usize) {
    use blocks::{Body, Inline};
    let inline = |inline: &mut Inline| inline.links = inline.links.start + by..inline.links.end + by;
    match &mut block.body {
        Body::Comparison(comparison) => {
            comparison.lead.iter_mut().chain(&mut comparison.rule).for_each(inline);
            comparison.options.iter_mut().flat_map(|option| &mut option.values).for_each(inline);
        }
        Body::Figure(figure) => {
            figure.src.at += by;
            figure.caption.iter_mut().for_each(inline);
        }
        Body::Decision(decision) => {
            decision.questions.iter_mut().for_each(|question| inline(&mut question.ask));
            for outcome in &mut decision.outcomes {
                outcome.text.iter_mut().for_each(inline);
                outcome.link.iter_mut().for_each(|link| link.at += by);
            }
        }
        Body::Quiz(quiz) => {
            for question in &mut quiz.questions {
                inline(&mut question.ask);
                question.choices.iter_mut().chain(&mut question.why).for_each(inline);
            }
        }
        Body::Use(_) | Body::Custom { .. } | Body::Broken => {}
    }
}

/// Gives every heading its anchor: explicit ids first, then GitHub's way, with `-1`, `-2` for
/// repeats.
fn name_headings(found: Vec<Found>, out: &mut Vec<Diagnostic>) -> Vec<Heading> {
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    for heading in &found {
        let Some(id) = &heading.explicit else { continue };
        if let Some(first) = taken.get(id) {
            let message = format!("two headings have the id {}", quote(id));
            out.push(Diagnostic::new(Code::DuplicateId, heading.span, message).note(*first, "the first"));
        } else {
            taken.insert(id.clone(), heading.span);
        }
    }
    let mut repeats: BTreeMap<String, usize> = BTreeMap::new();
    found
        .into_iter()
        .map(|heading| {
            let id = heading.explicit.unwrap_or_else(|| {
                let slug = anchor(&heading.typed);
                let mut id = slug.clone();
                let repeat = repeats.entry(slug.clone()).or_default();
                while taken.contains_key(&id) {
                    *repeat += 1;
                    id = format!("{slug}-{repeat}");
                }
                taken.insert(id.clone(), heading.span);
                id
            });
            Heading { level: heading.level, id, text: heading.text, span: heading.span }
        })
        .collect()
}

/// A heading's anchor as GitHub makes it: lowercase, letters, marks, digits, `-`, `_` and other
/// connectors of every script kept, each space a `-`, everything else dropped.
pub fn anchor(text: &str) -> String {
    // The general category Pc of Unicode.
    let connects = |c: char| matches!(c, '_' | '‿' | '⁀' | '⁔' | '︳' | '︴' | '﹍' | '﹎' | '﹏' | '＿');
    let id: String = text
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' | '-' => Some('-'),
            c if c.is_alphabetic() || is_digit(c) || connects(c) || is_combining_mark(c) => Some(c),
            _ => None,
        })
        .collect();
    if id.is_empty() { "section".into() } else { id }
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

/// Every anchor of an article: of its headings, of a first one that repeats the title, and the ids of
/// raw HTML.
pub fn anchors(article: &Article) -> BTreeSet<&str> {
    let headings = article.headings.iter().map(|heading| heading.id.as_str());
    headings.chain(article.title_id.as_deref()).chain(article.html_ids.iter().map(String::as_str)).collect()
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
