//! The HTML of an article's text.
//!
//! In: an article, the targets of its links and the theme's blocks. Out: HTML, escaped, without
//! inline styles or scripts of ours. Reads the text again and meets headings, links and blocks in
//! the order in which `parse` met them; pulldown-cmark writes what CommonMark says, and what
//! partwork adds is put between its events.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Range;

use memchr::{memchr2, memmem};
use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, CowStr, Event, LinkType, Tag, TagEnd, html::push_html};

use super::code::code_block;
use super::glossary::TermLinks;
use super::math::math;
use super::plain;
use super::style::{Style, escape, href};
use crate::diagnostic::{Code, Diagnostic, nearest, quote};
use crate::parse::blocks::Block;
use crate::parse::body::{block_name, info_string};
use crate::parse::dialect::options;
use crate::parse::guard::Guarded;
use crate::parse::html::{self, AttributeKind};
use crate::parse::inline::one_line;
use crate::parse::{Article, autolink::autolinks, info};
use crate::project::images::Size;
use crate::site::resolve::Target;
use crate::text::source::Span;

/// Renders a block that stands under a heading of a level.
pub type RenderBlock<'a> = dyn FnMut(&Block, u8, &mut Vec<Diagnostic>) -> String + 'a;

/// The HTML of an article. `blocks` are the names that make fences
/// blocks, and what renders one.
pub fn article_html(
    article: &Article,
    text: &str,
    targets: &[Target],
    style: Style<'_>,
    blocks: (&BTreeSet<String>, &mut RenderBlock<'_>),
    terms: Option<TermLinks<'_>>,
    out: &mut Vec<Diagnostic>,
) -> String {
    let text = article.guarded(text);
    let body = text.typed;
    let mut writer = Writer::new(body, Span::new(article.source, article.body.clone()), targets, style, out);
    writer.article = Some(article);
    writer.blocks = Some(blocks);
    writer.skip_title = article.title_id.is_some();
    writer.terms = terms;
    for (event, range) in text.events(text.parser(options(style.smart_punctuation))) {
        writer.event(event, range);
    }
    writer.finish(body.len() * 3 / 2)
}

/// The HTML of a line of inline Markdown. Raw HTML is shown, not passed on.
pub fn inline_html(text: &str, span: Span, targets: &[Target], style: Style<'_>, out: &mut Vec<Diagnostic>) -> String {
    let line = one_line(text);
    let text = Guarded::judged(&line);
    let style = Style { raw_html: false, ..style };
    let mut writer = Writer::new(&line, span, targets, style, out);
    writer.inline = true;
    for (event, range) in text.events(text.parser(options(style.smart_punctuation))) {
        writer.event(event, range);
    }
    let html = writer.finish(line.len() * 2);
    let html = html.trim_end();
    let inner = html.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>"));
    inner.filter(|inner| !inner.contains("<p>")).unwrap_or(html).to_string()
}

struct Writer<'a, 'b, 'c> {
    text: &'a str,
    /// The place of the text in its source; of the whole field for inline text.
    span: Span,
    targets: &'b [Target],
    next_target: usize,
    style: Style<'b>,
    out: &'b mut Vec<Diagnostic>,
    article: Option<&'b Article>,
    /// The names of blocks, and what renders them.
    blocks: Option<(&'b BTreeSet<String>, &'b mut RenderBlock<'c>)>,
    terms: Option<TermLinks<'b>>,
    inline: bool,
    skip_title: bool,
    next_heading: usize,
    next_block: usize,
    /// What is written so far, footnotes apart.
    events: Vec<Event<'a>>,
    /// Texts that came one after another: they are one text for whoever looks for URLs in it.
    run: Vec<(CowStr<'a>, Range<usize>)>,
    /// Text of a paragraph in which terms are to be linked.
    prose: String,
    open_links: Vec<LinkEnd>,
    /// A link in raw HTML that leads nowhere and isn't closed yet, and whether its part is soon.
    lost_link: Option<bool>,
    /// How many images are open: what stands inside is their `alt`.
    images: usize,
    /// Where the events of the outermost one begin, and its size, when that is known.
    sized_image: Option<(usize, Size)>,
    heading: Option<HeadingEnd>,
    quotes: Vec<bool>,
    /// The info string, where the fence stands, and the code so far.
    fence: Option<(&'a str, Range<usize>, String)>,
    html_block: Option<String>,
    tables: Vec<Table>,
    footnotes: Footnotes<'a>,
    /// Nesting of elements in which glossary terms are not linked.
    no_terms: usize,
    paragraphs: usize,
    level: u8,
}

/// What closes a link.
#[derive(Debug, PartialEq)]
enum LinkEnd {
    Link,
    Soon,
    Nothing,
    /// The text was filled in; what the author typed (`#`) is left out.
    Filled(&'static str),
    /// The same, of a part that is soon.
    FilledSoon,
}

enum HeadingEnd {
    /// Its text repeats the title and is left out.
    Skipped,
    Anchor {
        level: u8,
        id: String,
        text: String,
    },
}

struct Table {
    alignments: Vec<Alignment>,
    cell: usize,
    in_head: bool,
}

#[derive(Default)]
struct Footnotes<'a> {
    /// Numbers by label, in the order of the first reference.
    numbers: HashMap<CowStr<'a>, usize>,
    order: Vec<CowStr<'a>>,
    /// How often each was referred to.
    references: HashMap<CowStr<'a>, usize>,
    bodies: HashMap<CowStr<'a>, Vec<Event<'a>>>,
    /// The definition at hand, and the events that wait around it.
    open: Option<(CowStr<'a>, Vec<Event<'a>>)>,
}

impl<'a, 'b> Writer<'a, 'b, '_> {
    fn new(text: &'a str, span: Span, targets: &'b [Target], style: Style<'b>, out: &'b mut Vec<Diagnostic>) -> Self {
        Writer {
            text,
            span,
            targets,
            next_target: 0,
            style,
            out,
            article: None,
            blocks: None,
            terms: None,
            inline: false,
            skip_title: false,
            next_heading: 0,
            next_block: 0,
            events: Vec::new(),
            run: Vec::new(),
            prose: String::new(),
            open_links: Vec::new(),
            lost_link: None,
            images: 0,
            sized_image: None,
            heading: None,
            quotes: Vec::new(),
            fence: None,
            html_block: None,
            tables: Vec::new(),
            footnotes: Footnotes::default(),
            no_terms: 0,
            paragraphs: 0,
            level: 1,
        }
    }

    fn place(&self, range: Range<usize>) -> Span {
        if self.inline {
            return self.span;
        }
        let base = self.span.start as usize;
        Span::new(self.span.source, base + range.start..base + range.end)
    }

    fn push(&mut self, event: Event<'a>) {
        self.events.push(event);
    }

    fn html(&mut self, html: impl Into<CowStr<'a>>) {
        self.events.push(Event::InlineHtml(html.into()));
    }

    fn target(&mut self) -> &'b Target {
        let target = self.targets.get(self.next_target).unwrap_or(&Target::AsTyped);
        self.next_target += 1;
        target
    }

    /// Whether what comes now is left out: the text of a repeated title or of a filled-in link.
    fn is_hidden(&self) -> bool {
        matches!(self.heading, Some(HeadingEnd::Skipped))
            || matches!(self.open_links.last(), Some(LinkEnd::Filled(_) | LinkEnd::FilledSoon))
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        if let Event::Text(text) = event {
            if let Some((.., code)) = &mut self.fence {
                code.push_str(&text);
            } else if !self.is_hidden() {
                if let Some(HeadingEnd::Anchor { text: words, .. }) = &mut self.heading {
                    words.push_str(&text);
                }
                self.run.push((text, range));
            }
            return;
        }
        self.flush();
        // A term may begin on one line and end on the next.
        if event == Event::SoftBreak && !self.prose.is_empty() {
            self.prose.push('\n');
            return;
        }
        self.link_terms();
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Html(html) => match &mut self.html_block {
                Some(block) => block.push_str(&html),
                None => self.raw_html(&html),
            },
            Event::InlineHtml(html) => self.raw_html(&html),
            _ if self.is_hidden() => {}
            Event::InlineMath(latex) => self.math(latex, range, false),
            Event::DisplayMath(latex) => self.math(latex, range, true),
            Event::FootnoteReference(label) => self.footnote_reference(label),
            Event::TaskListMarker(done) => {
                let (checked, key) = if done { (" checked", "done") } else { ("", "to_do") };
                let label = self.word(key);
                self.html(format!("<input type=\"checkbox\" disabled{checked} aria-label=\"{label}\"> "));
            }
            Event::Code(code) => {
                if let Some(HeadingEnd::Anchor { text, .. }) = &mut self.heading {
                    text.push_str(&code);
                }
                self.push(Event::Code(code));
            }
            event => self.push(event),
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>) {
        match tag {
            Tag::Heading { level, classes, .. } => self.start_heading(level as u8, &classes),
            Tag::Link { link_type, dest_url, title, id } => self.start_link(link_type, dest_url, title, id),
            Tag::Image { link_type, dest_url, title, id } => {
                let style = self.style;
                let (dest_url, size) = match self.target() {
                    Target::Url { url, .. } => (style.address(url).into_owned().into(), style.size(url)),
                    Target::Soon { .. } | Target::Nowhere => ("".into(), None),
                    Target::AsTyped => (dest_url, None),
                };
                self.images += 1;
                if !self.is_hidden() {
                    if self.images == 1 {
                        self.sized_image = size.map(|size| (self.events.len(), size));
                    }
                    self.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
                }
            }
            Tag::CodeBlock(kind) => {
                let words = match kind {
                    CodeBlockKind::Fenced(_) => info_string(self.text, range.clone()),
                    CodeBlockKind::Indented => "",
                };
                self.fence = Some((words, range, String::new()));
            }
            Tag::HtmlBlock => self.html_block = Some(String::new()),
            Tag::BlockQuote(Some(kind)) => {
                let class = match kind {
                    BlockQuoteKind::Note => "note",
                    BlockQuoteKind::Tip => "tip",
                    BlockQuoteKind::Important => "important",
                    BlockQuoteKind::Warning => "warning",
                    BlockQuoteKind::Caution => "caution",
                };
                let title = self.word(class);
                self.quotes.push(true);
                self.no_terms += 1;
                self.html(if self.style.is_plain() {
                    format!("<blockquote><p><strong>{title}</strong></p>\n")
                } else {
                    format!("<div class=\"alert alert-{class}\"><p class=\"alert-title\">{title}</p>\n")
                });
            }
            Tag::BlockQuote(None) => {
                self.quotes.push(false);
                self.no_terms += 1;
                self.push(Event::Start(Tag::BlockQuote(None)));
            }
            Tag::Table(alignments) => {
                self.no_terms += 1;
                if !self.style.is_plain() {
                    let label = self.word("table");
                    self.html(format!(
                        "<div class=\"table-scroll\" role=\"group\" aria-label=\"{label}\" tabindex=\"0\">"
                    ));
                }
                self.tables.push(Table { alignments: alignments.clone(), cell: 0, in_head: false });
                self.push(Event::Start(Tag::Table(alignments)));
            }
            Tag::TableHead => {
                if let Some(table) = self.tables.last_mut() {
                    (table.cell, table.in_head) = (0, true);
                }
                self.push(Event::Start(Tag::TableHead));
            }
            Tag::TableRow => {
                if let Some(table) = self.tables.last_mut() {
                    table.cell = 0;
                }
                self.push(Event::Start(Tag::TableRow));
            }
            Tag::TableCell => self.start_cell(),
            Tag::FootnoteDefinition(label) => {
                let outer = std::mem::take(&mut self.events);
                self.footnotes.open = Some((label, outer));
            }
            tag => {
                self.paragraphs += usize::from(matches!(tag, Tag::Paragraph | Tag::Item));
                if !self.is_hidden() {
                    self.push(Event::Start(tag));
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::Link => self.end_link(),
            TagEnd::Image => {
                self.images = self.images.saturating_sub(1);
                if !self.is_hidden() {
                    self.push(Event::End(TagEnd::Image));
                    if self.images == 0
                        && let Some((start, size)) = self.sized_image.take()
                    {
                        self.write_image(start, size);
                    }
                }
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => {
                if let Some(block) = self.html_block.take() {
                    self.raw_html(&block);
                }
            }
            TagEnd::BlockQuote(kind) => {
                self.no_terms = self.no_terms.saturating_sub(1);
                match self.quotes.pop() {
                    Some(true) => self.html(if self.style.is_plain() { "</blockquote>\n" } else { "</div>\n" }),
                    _ => self.push(Event::End(TagEnd::BlockQuote(kind))),
                }
            }
            TagEnd::Table => {
                self.no_terms = self.no_terms.saturating_sub(1);
                self.tables.pop();
                self.push(Event::End(TagEnd::Table));
                if !self.style.is_plain() {
                    self.html("</div>\n");
                }
            }
            TagEnd::TableHead => {
                if let Some(table) = self.tables.last_mut() {
                    table.in_head = false;
                }
                self.push(Event::End(TagEnd::TableHead));
            }
            TagEnd::TableCell => {
                let head = self.tables.last().is_some_and(|table| table.in_head);
                self.html(if head { "</th>" } else { "</td>" });
            }
            TagEnd::FootnoteDefinition => {
                if let Some((label, outer)) = self.footnotes.open.take() {
                    let body = std::mem::replace(&mut self.events, outer);
                    self.footnotes.bodies.entry(label).or_insert(body);
                }
            }
            tag => {
                self.paragraphs -= usize::from(matches!(tag, TagEnd::Paragraph | TagEnd::Item)).min(self.paragraphs);
                if !self.is_hidden() {
                    self.push(Event::End(tag));
                }
            }
        }
    }

    /// Writes an image whose size is known in place of its events from `start` on; its text is what
    /// stands inside (CommonMark 0.31, §6.4).
    fn write_image(&mut self, start: usize, (width, height): Size) {
        let events = self.events.split_off(start);
        let Some(Event::Start(Tag::Image { dest_url, title, .. })) = events.first() else { return };
        let mut alt = String::new();
        for event in &events {
            match event {
                Event::Text(text) | Event::Code(text) | Event::InlineMath(text) => alt.push_str(text),
                Event::SoftBreak | Event::HardBreak => alt.push(' '),
                _ => {}
            }
        }
        let mut html = String::from("<img src=\"");
        href(&mut html, dest_url);
        html.push_str("\" alt=\"");
        escape(&mut html, &alt);
        html.push('"');
        if !title.is_empty() {
            html.push_str(" title=\"");
            escape(&mut html, title);
            html.push('"');
        }
        html.push_str(&format!(" width=\"{width}\" height=\"{height}\" loading=\"lazy\" />"));
        self.html(html);
    }

    fn start_heading(&mut self, level: u8, classes: &[CowStr<'_>]) {
        self.no_terms += 1;
        if self.skip_title {
            self.skip_title = false;
            self.heading = Some(HeadingEnd::Skipped);
            return;
        }
        let id = self.article.and_then(|article| article.headings.get(self.next_heading));
        let id = id.map(|heading| heading.id.clone()).unwrap_or_default();
        self.next_heading += 1;
        self.level = level;
        let level = self.style.level(level);
        let mut html = format!("<h{level} id=\"");
        escape(&mut html, self.style.prefix());
        escape(&mut html, &id);
        html.push('"');
        if !classes.is_empty() {
            html.push_str(" class=\"");
            escape(&mut html, &classes.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" "));
            html.push('"');
        }
        html.push('>');
        self.html(html);
        self.heading = Some(HeadingEnd::Anchor { level, id, text: String::new() });
    }

    fn end_heading(&mut self) {
        self.no_terms = self.no_terms.saturating_sub(1);
        if let Some(HeadingEnd::Anchor { level, id, text }) = self.heading.take() {
            if self.style.medium.is_some() {
                self.html(format!("</h{level}>\n"));
                return;
            }
            let mut html = String::from(" <a class=\"anchor\" href=\"#");
            href(&mut html, &id);
            html.push_str("\" aria-label=\"");
            escape(&mut html, &self.style.words.say("heading_link", &[("heading", text.trim().to_string())]));
            html.push_str(&format!("\">#</a></h{level}>\n"));
            self.html(html);
        }
    }

    fn start_link(&mut self, link_type: LinkType, dest_url: CowStr<'a>, title: CowStr<'a>, id: CowStr<'a>) {
        self.no_terms += 1;
        let target = self.target();
        if self.images > 0 || self.is_hidden() {
            self.open_links.push(LinkEnd::Nothing);
            return;
        }
        let filled = match target {
            Target::Url { text, .. } | Target::Soon { text } => text.clone(),
            _ => None,
        };
        match target {
            Target::AsTyped | Target::Url { .. } => {
                let dest_url = match target {
                    Target::Url { url, .. } => self.style.address(url).into_owned().into(),
                    _ if dest_url.starts_with('#') => self.own_anchor(&dest_url),
                    _ => dest_url,
                };
                self.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                match filled {
                    None => self.open_links.push(LinkEnd::Link),
                    Some(text) => {
                        self.push(Event::Text(text.into()));
                        self.open_links.push(LinkEnd::Filled("</a>"));
                    }
                }
            }
            Target::Soon { .. } if self.style.is_plain() => match filled {
                None => self.open_links.push(LinkEnd::Nothing),
                Some(text) => {
                    self.push(Event::Text(text.into()));
                    self.open_links.push(LinkEnd::Filled(""));
                }
            },
            Target::Soon { .. } => {
                self.html("<span class=\"soon-link\">");
                match filled {
                    None => self.open_links.push(LinkEnd::Soon),
                    Some(text) => {
                        self.push(Event::Text(text.into()));
                        self.open_links.push(LinkEnd::FilledSoon);
                    }
                }
            }
            Target::Nowhere => self.open_links.push(LinkEnd::Nothing),
        }
    }

    fn end_link(&mut self) {
        self.no_terms = self.no_terms.saturating_sub(1);
        match self.open_links.pop() {
            Some(LinkEnd::Link) => self.push(Event::End(TagEnd::Link)),
            Some(LinkEnd::Soon | LinkEnd::FilledSoon) => {
                let soon = self.word("soon");
                self.html(format!(" <span class=\"badge\">{soon}</span></span>"));
            }
            Some(LinkEnd::Filled(end)) => self.html(end),
            Some(LinkEnd::Nothing) | None => {}
        }
    }

    fn start_cell(&mut self) {
        let Some(table) = self.tables.last_mut() else { return };
        let class = match table.alignments.get(table.cell) {
            _ if self.style.is_plain() => "",
            Some(Alignment::Left) => " class=\"left\"",
            Some(Alignment::Center) => " class=\"center\"",
            Some(Alignment::Right) => " class=\"right\"",
            _ => "",
        };
        table.cell += 1;
        let html = if table.in_head { format!("<th scope=\"col\"{class}>") } else { format!("<td{class}>") };
        self.html(html);
    }

    fn end_code(&mut self) {
        let Some((words, range, code)) = self.fence.take() else { return };
        let (fence, _) = info::parse(words);
        if let Some((names, render)) = &mut self.blocks
            && block_name(&fence.language, names).is_some()
        {
            if let Some(block) = self.article.and_then(|article| article.blocks.get(self.next_block)) {
                let html = render(block, self.level, self.out);
                self.html(html);
            }
            self.next_block += 1;
            return;
        }
        self.misspelled_block(&fence.language, range);
        let mut html = String::with_capacity(code.len() * 2);
        if self.style.is_plain() {
            plain::code_block(&mut html, &fence, &code);
        } else {
            code_block(&mut html, &fence, &code, self.style.highlighter);
        }
        html.push('\n');
        self.html(html);
    }

    /// Reports a fence whose language is almost a block's name.
    fn misspelled_block(&mut self, language: &str, range: Range<usize>) {
        // Only a page's own text is rendered with it; other media would say the same again.
        let (Some((names, _)), Some(highlighter)) = (&self.blocks, self.style.highlighter) else { return };
        let Some(near) = nearest(language, names.iter().map(String::as_str)) else { return };
        if highlighter.knows(language) {
            return;
        }
        let line = self.text[range.clone()].lines().next().map_or(0, str::len);
        let start = range.start + self.text[range.start..range.start + line].find(language).unwrap_or(0);
        let place = self.place(start..start + language.len());
        let message = format!("{} is no block and no known language", quote(language));
        let help = format!("did you mean {}?", quote(near));
        self.out.push(Diagnostic::new(Code::MisspelledBlock, place, message).help(help));
    }

    fn math(&mut self, latex: CowStr<'a>, range: Range<usize>, display: bool) {
        let lead = latex.len() - latex.trim_start().len();
        match math(latex.trim(), display) {
            // A wide formula scrolls in a frame of its own, which the keyboard can reach.
            Ok(html) if display && !self.style.is_plain() => {
                let label = self.word("formula");
                self.html(format!(
                    "<span class=\"math-frame\" role=\"group\" aria-label=\"{label}\" tabindex=\"0\">{html}</span>"
                ));
            }
            Ok(html) => self.html(html),
            Err((place, message)) => {
                let signs = if display { 2 } else { 1 };
                let start = range.start + signs + lead;
                let latex = latex.trim();
                let as_typed = self.text.get(start..start + latex.len()) == Some(latex);
                let place = if as_typed { start + place.start..start + place.end } else { range };
                self.out.push(
                    Diagnostic::new(Code::InvalidMath, self.place(place), message)
                        .help("mend the formula, or write `\\$` for a dollar sign"),
                );
            }
        }
    }

    fn footnote_reference(&mut self, label: CowStr<'a>) {
        let next = self.footnotes.order.len() + 1;
        let number = *self.footnotes.numbers.entry(label.clone()).or_insert(next);
        if number == next {
            self.footnotes.order.push(label.clone());
        }
        let count = self.footnotes.references.entry(label).or_insert(0);
        *count += 1;
        let suffix = if *count > 1 { format!("-{count}") } else { String::new() };
        let mut html = String::from("<sup class=\"footnote-ref\"><a href=\"");
        href(&mut html, &self.own_anchor(&format!("#pw-fn-{number}")));
        html.push_str("\" id=\"");
        escape(&mut html, self.style.prefix());
        html.push_str(&format!("pw-fnref-{number}{suffix}\" role=\"doc-noteref\">{number}</a></sup>"));
        self.html(html);
    }

    /// A phrase of the theme, escaped.
    fn word(&self, key: &str) -> String {
        escaped(&self.style.words.say(key, &[]))
    }

    /// A link to an anchor of this article, as the medium wants it.
    fn own_anchor(&self, anchor: &str) -> CowStr<'a> {
        self.style.address(anchor).into_owned().into()
    }

    /// A piece of raw HTML: addresses replaced by what they lead to, and nothing that would run. A
    /// link that leads nowhere is its text, as in Markdown.
    fn raw_html(&mut self, html: &str) {
        let scan = html::scan(html);
        let end = scan.unfinished.unwrap_or(html.len());
        let mut images = if html.contains(['i', 'I']) { bare_images(html) } else { VecDeque::new() };
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut at = 0;
        for tag in scan.attributes.chunk_by(|one, other| one.tag == other.tag) {
            let (place, is_anchor) = (tag[0].tag.clone(), html[tag[0].element.clone()].eq_ignore_ascii_case("a"));
            self.end_lost_link(html, at..place.start, &mut edits);
            at = place.end;
            let mut tag_edits = Vec::new();
            let (mut id, mut lost) = (None, None);
            for attribute in tag {
                let typed = html::decode(&html[attribute.value.clone()]);
                let mut room = String::new();
                let is_link = attribute.kind == AttributeKind::Link;
                let new = match attribute.kind {
                    AttributeKind::Id => {
                        let prefix = self.style.prefix();
                        id = Some(format!("{prefix}{typed}"));
                        id.clone().filter(|_| !prefix.is_empty())
                    }
                    AttributeKind::Address | AttributeKind::Document | AttributeKind::Refresh => {
                        html::unsafe_address(attribute.kind, &typed).map(|_| String::new())
                    }
                    AttributeKind::Link | AttributeKind::Image => match self.target() {
                        Target::Url { url, .. } => {
                            while images.pop_front_if(|image| image.src.start < attribute.value.start).is_some() {}
                            if let Some(image) = images.pop_front_if(|image| image.src == attribute.value)
                                && let Some((width, height)) = self.style.size(url)
                            {
                                if !image.has_size {
                                    room = format!(" width=\"{width}\" height=\"{height}\"");
                                }
                                if !image.has_loading {
                                    room.push_str(" loading=\"lazy\"");
                                }
                            }
                            Some(self.style.address(url).into_owned())
                        }
                        target @ (Target::Soon { .. } | Target::Nowhere) if is_link => {
                            lost = Some(matches!(target, Target::Soon { .. }));
                            tag_edits.push((attribute.whole(), String::new()));
                            None
                        }
                        Target::Soon { .. } | Target::Nowhere => Some(String::new()),
                        Target::AsTyped if self.style.medium.is_some() && typed.starts_with('#') => {
                            Some(self.own_anchor(&typed).into_string())
                        }
                        Target::AsTyped => None,
                    },
                };
                let Some(new) = new else { continue };
                let quotes = if attribute.quoted { "" } else { "\"" };
                tag_edits.push((attribute.value.clone(), format!("{quotes}{}{quotes}", escaped(&new))));
                if !room.is_empty() {
                    let after = attribute.whole().end;
                    tag_edits.push((after..after, room));
                }
            }
            match lost {
                Some(is_soon) if is_anchor => {
                    self.lost_link = Some(is_soon);
                    edits.push((place, self.lost_link_start(is_soon, id.as_deref())));
                }
                // A part of a picture that leads nowhere is no more than the picture.
                Some(_) if html[tag[0].element.clone()].eq_ignore_ascii_case("area") => {
                    edits.push((place, String::new()))
                }
                _ => edits.extend(tag_edits),
            }
        }
        self.end_lost_link(html, at..end, &mut edits);
        if self.is_hidden() || !self.style.raw_html {
            self.lost_link = None;
        }
        if self.is_hidden() {
            return;
        }
        if !self.style.raw_html {
            self.push(Event::Text(html.to_string().into()));
            return;
        }
        let mut replaced = String::with_capacity(html.len());
        let mut at = 0;
        for (range, new) in edits {
            replaced.push_str(&html[at..range.start]);
            replaced.push_str(&new);
            at = range.end;
        }
        replaced.push_str(&html[at..end]);
        // A tag that doesn't end here would swallow what follows; its text is shown instead.
        escape(&mut replaced, &html[end..]);
        self.push(Event::Html(replaced.into()));
    }

    /// What stands in place of the start tag of a raw link that leads nowhere.
    fn lost_link_start(&self, is_soon: bool, id: Option<&str>) -> String {
        if self.style.is_plain() {
            return String::new();
        }
        let class = if is_soon { " class=\"soon-link\"" } else { "" };
        let id = id.map(|id| format!(" id=\"{}\"", escaped(id))).unwrap_or_default();
        format!("<span{class}{id}>")
    }

    /// Replaces the end tag of a raw link that leads nowhere, if it stands in a range.
    fn end_lost_link(&mut self, html: &str, range: Range<usize>, edits: &mut Vec<(Range<usize>, String)>) {
        let Some(is_soon) = self.lost_link else { return };
        let Some(end) = html::end_tag(&html[range.clone()], "a") else { return };
        self.lost_link = None;
        let new = match is_soon {
            _ if self.style.is_plain() => String::new(),
            true => format!(" <span class=\"badge\">{}</span></span>", self.word("soon")),
            false => "</span>".to_string(),
        };
        edits.push((range.start + end.start..range.start + end.end, new));
    }

    /// Writes the texts that came in a row, with bare URLs and glossary terms as links.
    fn flush(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let run = std::mem::take(&mut self.run);
        let plain = self.images > 0 || !self.open_links.is_empty();
        if plain || !run.iter().any(|(text, _)| may_link(text)) {
            for (text, _) in run {
                self.terms_of(text);
            }
            return;
        }
        let (first, last) = (run[0].1.start, run[run.len() - 1].1.end);
        let typed = self.text.get(first..last).unwrap_or("");
        let before = self.text[..first].chars().next_back();
        // URLs are looked for in what was typed, where smart punctuation has changed nothing;
        // where escapes or character references stand, in what they mean.
        if typed.contains(['\\', '&']) {
            let joined: String = run.iter().map(|(text, _)| text.as_ref()).collect();
            let mut at = 0;
            for link in autolinks(&joined, before) {
                self.terms_of(joined[at..link.range.start].to_string().into());
                self.autolink(&link.href, joined[link.range.clone()].to_string());
                at = link.range.end;
            }
            self.terms_of(joined[at..].to_string().into());
            return;
        }
        let mut rest: VecDeque<(CowStr<'a>, Range<usize>)> = run.into();
        for link in autolinks(typed, before) {
            let range = first + link.range.start..first + link.range.end;
            self.texts_until(range.start, &mut rest);
            self.autolink(&link.href, typed[link.range.clone()].to_string());
            // Drop what the link covers.
            while let Some((text, place)) = rest.pop_front() {
                if place.end > range.end {
                    let kept = place.end - range.end.max(place.start);
                    if text.len() == place.len() && kept < text.len() {
                        let text = text[text.len() - kept..].to_string();
                        rest.push_front((text.into(), range.end..place.end));
                    } else {
                        rest.push_front((text, place));
                    }
                    break;
                }
            }
        }
        self.texts_until(usize::MAX, &mut rest);
    }

    fn texts_until(&mut self, end: usize, rest: &mut VecDeque<(CowStr<'a>, Range<usize>)>) {
        while let Some((text, place)) = rest.pop_front() {
            if place.end <= end {
                self.terms_of(text);
                continue;
            }
            if place.start < end && text.len() == place.len() {
                let (before, after) = text.split_at(end - place.start);
                self.terms_of(before.to_string().into());
                rest.push_front((after.to_string().into(), end..place.end));
            } else {
                rest.push_front((text, place));
            }
            return;
        }
    }

    fn autolink(&mut self, address: &str, text: String) {
        self.link_terms();
        let mut html = String::from("<a href=\"");
        href(&mut html, address);
        html.push_str("\">");
        escape(&mut html, &text);
        html.push_str("</a>");
        self.html(html);
    }

    /// Takes a text in which glossary terms may be linked.
    fn terms_of(&mut self, text: CowStr<'a>) {
        let linkable = self.no_terms == 0 && self.paragraphs > 0 && self.images == 0 && self.footnotes.open.is_none();
        if self.terms.is_some() && linkable {
            self.prose.push_str(&text);
        } else if !text.is_empty() {
            self.push(Event::Text(text));
        }
    }

    /// Writes what was taken, the first use of each glossary term as a link.
    fn link_terms(&mut self) {
        let text = std::mem::take(&mut self.prose);
        let Some(terms) = self.terms.as_mut().filter(|_| !text.is_empty()) else { return };
        let mut at = 0;
        for (range, url) in terms.find(&text) {
            self.push(Event::Text(text[at..range.start].to_string().into()));
            let mut html = String::from("<a class=\"term\" href=\"");
            href(&mut html, &url);
            html.push_str("\">");
            escape(&mut html, &text[range.clone()]);
            html.push_str("</a>");
            self.html(html);
            at = range.end;
        }
        let rest = if at == 0 { text } else { text[at..].to_string() };
        self.push(Event::Text(rest.into()));
    }

    fn finish(mut self, capacity: usize) -> String {
        self.flush();
        self.link_terms();
        let mut html = String::with_capacity(capacity);
        push_html(&mut html, std::mem::take(&mut self.events).into_iter());
        self.footnote_section(&mut html);
        html
    }

    /// The notes that were referred to, in the order of their numbers.
    fn footnote_section(&mut self, html: &mut String) {
        let notes = std::mem::take(&mut self.footnotes);
        let mut bodies = notes.bodies;
        if notes.order.is_empty() {
            return;
        }
        // A landmark has a name of its own; on a page of many articles these would share one.
        let (open, close) = if self.style.prefix().is_empty() {
            let label = self.word("footnotes");
            (format!("<section class=\"footnotes\" role=\"doc-endnotes\" aria-label=\"{label}\">"), "</section>")
        } else {
            ("<div class=\"footnotes\">".to_string(), "</div>")
        };
        html.push_str(&open);
        html.push_str("\n<ol>\n");
        for (at, label) in notes.order.iter().enumerate() {
            let number = at + 1;
            html.push_str("<li id=\"");
            escape(html, self.style.prefix());
            html.push_str(&format!("pw-fn-{number}\">"));
            let mut note = String::new();
            push_html(&mut note, bodies.remove(label).unwrap_or_default().into_iter());
            let mut back = String::new();
            for reference in 1..=notes.references.get(label).copied().unwrap_or(0) {
                let suffix = if reference > 1 { format!("-{reference}") } else { String::new() };
                back.push_str(" <a class=\"footnote-back\" href=\"");
                href(&mut back, &self.own_anchor(&format!("#pw-fnref-{number}{suffix}")));
                back.push_str(&format!(
                    "\" role=\"doc-backlink\" aria-label=\"{}\">↩</a>",
                    escaped(&self.style.words.say("footnote_back", &[("n", format!("{number}{suffix}"))]))
                ));
            }
            match note.trim_end().strip_suffix("</p>") {
                Some(open) => html.push_str(&format!("{open}{back}</p>")),
                None => html.push_str(&format!("{note}{back}")),
            }
            html.push_str("</li>\n");
        }
        html.push_str(&format!("</ol>\n{close}\n"));
    }
}

/// An `img` of raw HTML.
struct BareImage {
    /// Where the value of its `src` stands.
    src: Range<usize>,
    /// Whether the author gave a width or a height: the other follows from it.
    has_size: bool,
    has_loading: bool,
}

/// The images of a piece of raw HTML, in its order.
fn bare_images(html: &str) -> VecDeque<BareImage> {
    let mut found = VecDeque::new();
    html::walk(html, |tag| {
        if !html[tag.name.clone()].eq_ignore_ascii_case("img") {
            return;
        }
        let mut src = None;
        let (mut has_size, mut has_loading) = (false, false);
        html::attributes(html, tag.name.end, |name, value, _| match html[name].to_ascii_lowercase().as_str() {
            "src" => src = src.take().or(Some(value)),
            "width" | "height" => has_size = true,
            "loading" => has_loading = true,
            _ => {}
        });
        found.extend(src.map(|src| BareImage { src, has_size, has_loading }));
    });
    found
}

/// A quick look whether a text could hold a bare URL or an e-mail address.
fn may_link(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr2(b':', b'@', bytes).is_some()
        || memmem::find(bytes, b"ww.").is_some()
        || memmem::find(bytes, b"WW.").is_some()
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text);
    out
}
