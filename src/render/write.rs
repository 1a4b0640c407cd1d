//! A text, written into a medium.
//!
//! In: the tree of an article or of a line, the targets of its links, and how the site wants texts.
//! Out: elements and texts for a [`Sink`], as CommonMark has them, with what partwork adds: anchors,
//! badges, boxes, notes, links to glossary terms, blocks. Writes no inline style and no script.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::ops::Range;

use pulldown_cmark::{Alignment, LinkType};

use super::code::{Listing, code_block};
use super::glossary::{TermLinks, Use};
use super::lines::Lines;
use super::links::LinkNotes;
use super::listing::shown;
use super::math::math;
use super::raw::{Raw, RawLink};
use super::sink::{Html, Sink};
use super::sources;
use super::style::{IN_TEXT, Style};
use super::view;
use crate::diagnostic::{Code, Diagnostic, nearest, quote};
use crate::parse::Article;
use crate::parse::block::{Body, Placed};
use crate::parse::citation::Cited;
use crate::parse::component::Components;
use crate::parse::inline::one_line;
use crate::parse::judge::judged;
use crate::parse::numbered::Labels;
use crate::parse::tree::{self, BoxHead, Fence, Kind, Link, Math, Node, Step, Steps, Tree};
use crate::project::phrases::Direction;
use crate::site::listings::Listed;
use crate::site::resolve::{OtherLanguage, Target};
use crate::site::sources::Cite;
use crate::text::source::Span;

/// A text with all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    pub tree: &'a Tree<'a>,
    /// Where it stands in its source; the whole field for a line, whose bytes have no places of their
    /// own.
    pub span: Span,
    /// By the numbers of its links.
    pub targets: &'a [Target],
    /// The article that it is the text of; nothing for a line.
    pub article: Option<&'a Article>,
    /// The lines of the article's blocks.
    pub lines: &'a Lines<'a>,
    /// The code of its fences that take it from elsewhere.
    pub listings: Option<&'a Listed>,
    /// What its numbered things are called.
    pub labels: &'a Labels,
    /// The sources that it cites, as they are listed at its end.
    pub cited: &'a [&'a Cite],
}

/// What is added to a text where it is written.
#[derive(Debug, Default)]
pub struct Additions<'a> {
    /// The terms that may become links.
    pub terms: Option<TermLinks<'a>>,
    /// What writes blocks.
    pub blocks: Option<BlockWriter<'a>>,
    /// On paper, the addresses behind links.
    pub link_notes: Option<LinkNotes>,
}

/// Writes the blocks of a text.
pub struct BlockWriter<'a> {
    /// All blocks, by name.
    pub names: &'a Components,
    pub write: &'a mut dyn FnMut(&Placed, BlockAt<'_, '_>),
}

impl fmt::Debug for BlockWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockWriter").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Where a block is written.
#[derive(Debug)]
pub struct BlockAt<'w, 'k> {
    /// The level of its heading.
    pub level: u8,
    /// Whether its picture is the first of the text, and likely in view when a page opens.
    pub shows_first: bool,
    /// What stands below its TOML, as HTML.
    pub body: Option<String>,
    /// Of its own links.
    pub targets: &'w [Target],
    /// The lines of the text's blocks.
    pub lines: &'w Lines<'w>,
    /// What the numbered things of the text are called.
    pub labels: &'w Labels,
    pub style: Style<'w>,
    /// On paper, the addresses behind links.
    pub link_notes: Option<&'w mut LinkNotes>,
    pub sink: &'w mut Sink<'k>,
    pub out: &'w mut Vec<Diagnostic>,
}

/// Writes a text into a sink; gives back what was counted on the way.
pub fn write<'a>(
    text: Text<'a>,
    style: Style<'a>,
    sink: &mut Sink<'_>,
    additions: Additions<'a>,
    out: &mut Vec<Diagnostic>,
) -> Additions<'a> {
    let mut writer = Writer::new(text, style, sink, additions, out);
    let nodes = text.tree.nodes();
    let mut at = 0;
    while at < nodes.len() {
        let end = at + 1 + text.tree.within(&nodes[at]).len();
        writer.nodes(text.tree.steps_of(at..end));
        writer.notes_beside();
        at = end;
    }
    writer.notes();
    writer.sources();
    writer.additions
}

/// A line of inline Markdown as HTML. Raw HTML is shown, not passed on.
pub fn line_html(line: &str, span: Span, targets: &[Target], style: Style<'_>, out: &mut Vec<Diagnostic>) -> String {
    let line = one_line(line);
    let guarded = judged(&line);
    let tree = tree::line(&guarded, style.punctuation);
    let text = Text {
        tree: &tree,
        span,
        targets,
        article: None,
        lines: &Lines::default(),
        listings: None,
        labels: &Labels::new(),
        cited: &[],
    };
    tree_html(text, style, out)
}

/// A line's tree as HTML.
pub fn tree_html(line: Text<'_>, style: Style<'_>, out: &mut Vec<Diagnostic>) -> String {
    let absolute = style.medium.and_then(|medium| medium.absolute);
    let mut sink = Sink::Html(Html { absolute, ..Html::new(line.tree.typed.len() * 2) });
    write_line(line, style, &mut sink, out);
    let mut html = sink.into_html();
    html.truncate(html.trim_end().len());
    html
}

/// Writes a line into a sink that is in the middle of something: without a paragraph around it.
pub fn write_line(line: Text<'_>, style: Style<'_>, sink: &mut Sink<'_>, out: &mut Vec<Diagnostic>) {
    let style = Style { raw_html: false, ..style };
    let mut writer = Writer::new(line, style, sink, Additions::default(), out);
    let nodes = line.tree.nodes();
    let is_paragraph = nodes
        .first()
        .is_some_and(|first| first.kind.is_paragraph() && line.tree.within(first).len() + 1 == nodes.len());
    writer.nodes(line.tree.steps_of(usize::from(is_paragraph)..nodes.len()));
}

struct Writer<'a, 's, 'k> {
    text: Text<'a>,
    style: Style<'a>,
    sink: &'s mut Sink<'k>,
    out: &'s mut Vec<Diagnostic>,
    additions: Additions<'a>,
    /// Text of a paragraph in which terms are to be linked.
    prose: String,
    /// How many elements are open in which no term is linked: headings, links, quotes, tables, notes.
    no_terms: usize,
    /// How many paragraphs and items are open: terms are linked in these alone.
    paragraphs: usize,
    /// The level of the last heading.
    level: u8,
    /// How many links are open.
    links: usize,
    /// Whether a picture was shown.
    has_picture: bool,
    /// A link of raw HTML that isn't closed yet.
    raw_link: Option<RawLink>,
    /// What the text was the first to refer to, that is to stand beside it and is not written yet.
    due: VecDeque<Due<'a>>,
    /// Those that stand beside the text.
    beside: BTreeSet<usize>,
    /// The sources that were cited, by their anchors.
    cited: BTreeSet<String>,
    /// Whether it is written for its words alone.
    is_of_words: bool,
}

/// What stands beside a text.
enum Due<'a> {
    /// A note, by its place.
    Note(usize),
    /// What the glossary says of a term.
    Term(&'a view::Term),
    /// A source, on its first mention.
    Source(&'a Cite),
}

/// The most terms beside one block: more would stand beside what follows it.
const MOST_TERMS_BESIDE: usize = 2;

impl<'a, 's, 'k> Writer<'a, 's, 'k> {
    fn new(
        text: Text<'a>,
        style: Style<'a>,
        sink: &'s mut Sink<'k>,
        additions: Additions<'a>,
        out: &'s mut Vec<Diagnostic>,
    ) -> Self {
        let is_of_words = matches!(sink, Sink::Words(_));
        Writer {
            text,
            style,
            sink,
            out,
            additions,
            prose: String::new(),
            no_terms: 0,
            paragraphs: 0,
            level: 1,
            links: 0,
            has_picture: false,
            raw_link: None,
            due: VecDeque::new(),
            beside: BTreeSet::new(),
            cited: BTreeSet::new(),
            is_of_words,
        }
    }

    fn nodes(&mut self, mut steps: Steps<'_, '_>) {
        while let Some(step) = steps.next() {
            match step {
                Step::Enter(node) => self.enter(node, &mut steps),
                Step::Leave(node) => self.leave(node),
            }
        }
        self.link_terms();
    }

    fn place(&self, range: Range<usize>) -> Span {
        if self.text.article.is_none() {
            return self.text.span;
        }
        let base = self.text.span.start as usize;
        Span::new(self.text.span.source, base + range.start..base + range.end)
    }

    /// A phrase of the theme.
    fn word(&self, key: &str) -> String {
        self.style.phrases.say(key, &[])
    }

    fn target(&self, link: usize) -> &'a Target {
        self.text.targets.get(link).unwrap_or(&Target::AsTyped)
    }

    // Long, since each kind of node has its line here, and the compiler asks for a new one's.
    fn enter(&mut self, node: &Node<'_>, steps: &mut Steps<'_, '_>) {
        match &node.kind {
            Kind::Text(text) => return self.words(text, node.may_link),
            // A term may begin on one line and end on the next.
            Kind::SoftBreak if !self.prose.is_empty() => return self.prose.push('\n'),
            _ => self.link_terms(),
        }
        match &node.kind {
            Kind::Paragraph => {
                self.paragraphs += 1;
                self.sink.open_on_line("p", &[]);
            }
            Kind::Item => {
                self.paragraphs += 1;
                self.sink.open_on_line("li", &[]);
            }
            Kind::Heading(_) => self.start_heading(node, steps),
            Kind::BlockQuote => {
                self.no_terms += 1;
                self.sink.open_on_line("blockquote", &[]);
                self.sink.line();
            }
            Kind::Box(head) => self.start_box(head),
            Kind::BoxTitle(head) => self.start_box_title(head, node),
            Kind::List(first) => self.start_list(*first),
            Kind::DefinitionList => {
                self.sink.open_on_line("dl", &[]);
                self.sink.line();
            }
            Kind::DefinitionTitle => self.sink.open_on_line("dt", &[]),
            Kind::Definition => self.sink.open_on_line("dd", &[]),
            Kind::Table => self.start_table(),
            Kind::TableHead => {
                self.sink.open("thead", &[]);
                self.sink.open("tr", &[]);
            }
            Kind::TableRow => self.sink.open("tr", &[]),
            Kind::TableCell { alignment, is_head } => self.start_cell(*alignment, *is_head),
            // What a note says stands at the end.
            Kind::NoteDefinition(_) => steps.pass_over(),
            Kind::Emphasis => self.sink.open("em", &[]),
            Kind::Strong => self.sink.open("strong", &[]),
            Kind::Strikethrough => self.sink.open("del", &[]),
            Kind::Subscript => self.sink.open("sub", &[]),
            Kind::Superscript => self.sink.open("sup", &[]),
            Kind::Link(link) => self.start_link(link, steps),
            Kind::Image(link) => {
                self.image(node, link);
                steps.pass_over();
            }
            Kind::Url { text, href } => self.url(text, href),
            Kind::Code(code) => {
                self.sink.open("code", self.direction_of_code());
                self.sink.text(code);
                self.sink.close("code");
            }
            Kind::Citation(cited) => self.citation(cited, node),
            Kind::Math(formula) => self.formula(formula, node),
            Kind::NoteReference { note, nth } => self.note_reference(*note + 1, *nth),
            Kind::TaskMarker(done) => {
                let label = self.word(if *done { "done" } else { "to_do" });
                self.sink.task(*done, &label);
            }
            Kind::SoftBreak => self.sink.line(),
            Kind::HardBreak => {
                self.sink.open("br", &[]);
                self.sink.line();
            }
            Kind::Rule => {
                self.sink.fresh_line();
                self.sink.open("hr", &[]);
                self.sink.line();
            }
            Kind::Tabs if self.are_switched(node) => {
                self.sink.open_on_line("div", &[("class", "tabs")]);
                self.sink.line();
            }
            Kind::Listing(fence) => self.listing(fence, node),
            Kind::Block(at, _) => {
                self.block(*at, node);
                steps.pass_over();
            }
            Kind::Html(html) => {
                self.has_picture |= html.shows_picture();
                let mut raw = Raw {
                    style: self.style,
                    targets: self.text.targets,
                    sink: &mut *self.sink,
                    link_notes: self.additions.link_notes.as_mut(),
                    open: &mut self.raw_link,
                };
                raw.write(html);
            }
            Kind::Tabs | Kind::Text(_) => {}
        }
    }

    fn leave(&mut self, node: &Node<'_>) {
        self.link_terms();
        match &node.kind {
            Kind::Paragraph => {
                self.paragraphs -= 1;
                self.end_line("p");
            }
            Kind::Item => {
                self.paragraphs -= 1;
                self.end_line("li");
            }
            Kind::Heading(_) => self.end_heading(node),
            Kind::BlockQuote => {
                self.no_terms -= 1;
                self.end_line("blockquote");
            }
            Kind::Box(head) => {
                self.no_terms -= 1;
                self.end_line(self.box_element(head));
            }
            Kind::BoxTitle(head) => self.end_box_title(head),
            Kind::List(first) => self.end_line(if first.is_some() { "ol" } else { "ul" }),
            Kind::DefinitionList => self.end_line("dl"),
            Kind::DefinitionTitle => self.end_line("dt"),
            Kind::Definition => self.end_line("dd"),
            Kind::Table => {
                self.no_terms -= 1;
                self.sink.close("tbody");
                self.end_line("table");
                if !self.style.is_plain() {
                    self.end_line("div");
                }
            }
            Kind::TableHead => {
                self.sink.close("tr");
                self.sink.close("thead");
                self.sink.open("tbody", &[]);
                self.sink.line();
            }
            Kind::TableRow => self.end_line("tr"),
            Kind::TableCell { is_head, .. } => self.sink.close(if *is_head { "th" } else { "td" }),
            Kind::Emphasis => self.sink.close("em"),
            Kind::Strong => self.sink.close("strong"),
            Kind::Strikethrough => self.sink.close("del"),
            Kind::Subscript => self.sink.close("sub"),
            Kind::Superscript => self.sink.close("sup"),
            Kind::Link(link) => self.end_link(link),
            Kind::Tabs if self.are_switched(node) => self.end_line("div"),
            // Everything else was written when it was entered.
            _ => {}
        }
    }

    fn end_line(&mut self, name: &str) {
        self.sink.close(name);
        self.sink.line();
    }

    fn start_heading(&mut self, node: &Node<'_>, steps: &mut Steps<'_, '_>) {
        self.no_terms += 1;
        let Kind::Heading(heading) = &node.kind else { return };
        let Some(named) = self.text.article.and_then(|article| article.heading(heading.at)) else {
            // The title, which the page has above the text.
            return steps.pass_over();
        };
        self.level = heading.level;
        let id = format!("{}{}", self.style.prefix(), named.id);
        let classes = heading.classes.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" ");
        let mut attributes = vec![("id", id.as_str())];
        if !classes.is_empty() {
            attributes.push(("class", &classes));
        }
        self.sink.open(&format!("h{}", self.style.level(heading.level)), &attributes);
    }

    fn end_heading(&mut self, node: &Node<'_>) {
        self.no_terms -= 1;
        let Kind::Heading(heading) = &node.kind else { return };
        let Some(named) = self.text.article.and_then(|article| article.heading(heading.at)) else { return };
        if self.style.medium.is_none() {
            let (own, words) = (format!("#{}", named.id), self.words_of(node));
            let label = self.style.phrases.say("heading_link", &[("heading", words.trim().to_string())]);
            self.sink.text(" ");
            self.sink.open("a", &[("class", "anchor"), ("href", &own), ("aria-label", &label)]);
            self.sink.text("#");
            self.sink.close("a");
        }
        self.end_line(&format!("h{}", self.style.level(heading.level)));
    }

    /// The words of a heading, without those that stand for a link's own.
    fn words_of(&self, node: &Node<'_>) -> String {
        let mut words = String::new();
        let mut steps = self.text.tree.steps_within(node);
        while let Some(step) = steps.next() {
            let Step::Enter(node) = step else { continue };
            match &node.kind {
                Kind::Text(text) | Kind::Code(text) | Kind::Url { text, .. } => words.push_str(text),
                Kind::SoftBreak | Kind::HardBreak => words.push(' '),
                Kind::Html(html) if html.breaks_line() => words.push(' '),
                Kind::Link(link) if filled(self.target(link.at)).is_some() => steps.pass_over(),
                _ => {}
            }
        }
        words
    }

    /// The element of a box. On paper and where no style is, nobody can open one.
    fn box_element(&self, head: &BoxHead) -> &'static str {
        match self.style.medium {
            Some(medium) if medium.plain => "blockquote",
            None if head.is_folded => "details",
            _ => "div",
        }
    }

    fn start_box(&mut self, head: &BoxHead) {
        self.no_terms += 1;
        let class = format!("alert alert-{}", head.kind);
        let attributes = [("class", class.as_str())];
        self.sink.open(self.box_element(head), if self.style.is_plain() { &[] } else { &attributes });
    }

    fn box_title_element(&self, head: &BoxHead) -> &'static str {
        if self.box_element(head) == "details" { "summary" } else { "p" }
    }

    /// The word for a kind of box, behind its sign, and before the title if there is one.
    fn start_box_title(&mut self, head: &BoxHead, node: &Node<'_>) {
        let kind = self.style.boxes.get(&head.kind);
        let word = kind.and_then(|kind| kind.title.clone()).unwrap_or_else(|| self.word(&head.kind));
        let element = self.box_title_element(head);
        if self.style.is_plain() {
            self.sink.open(element, &[]);
            self.sink.open("strong", &[]);
        } else {
            self.sink.open(element, &[("class", "alert-title")]);
        }
        // A sign is no word of the text.
        if let Some(sign) = kind.and_then(|kind| kind.sign.as_deref()).filter(|_| !self.is_of_words) {
            if self.style.is_plain() {
                self.sink.text(sign);
            } else {
                self.sink.open("span", &[("class", "sign"), ("aria-hidden", "true")]);
                self.sink.text(sign);
                self.sink.close("span");
            }
            self.sink.text(" ");
        }
        self.sink.text(&word);
        if !self.text.tree.within(node).is_empty() {
            self.sink.text(" · ");
        }
    }

    fn end_box_title(&mut self, head: &BoxHead) {
        if self.style.is_plain() {
            self.sink.close("strong");
        }
        self.end_line(self.box_title_element(head));
    }

    fn start_list(&mut self, first: Option<u64>) {
        match first {
            Some(1) => self.sink.open_on_line("ol", &[]),
            Some(start) => self.sink.open_on_line("ol", &[("start", &start.to_string())]),
            None => self.sink.open_on_line("ul", &[]),
        }
        self.sink.line();
    }

    fn start_table(&mut self) {
        self.no_terms += 1;
        if !self.style.is_plain() {
            let label = self.word("table");
            let frame = [("class", "table-scroll"), ("role", "group"), ("aria-label", &label), ("tabindex", "0")];
            self.sink.open("div", &frame);
        }
        self.sink.open("table", &[]);
    }

    fn start_cell(&mut self, alignment: Alignment, is_head: bool) {
        let class = match alignment {
            _ if self.style.is_plain() => None,
            Alignment::Left => Some("left"),
            Alignment::Center => Some("center"),
            Alignment::Right => Some("right"),
            Alignment::None => None,
        };
        let mut attributes = Vec::new();
        if is_head {
            attributes.push(("scope", "col"));
        }
        attributes.extend(class.map(|class| ("class", class)));
        self.sink.open(if is_head { "th" } else { "td" }, &attributes);
    }

    fn start_link(&mut self, link: &Link<'_>, steps: &mut Steps<'_, '_>) {
        self.no_terms += 1;
        self.links += 1;
        let target = self.target(link.at);
        match target {
            _ if link.is_nested => {}
            Target::AsTyped | Target::Url { .. } => {
                let address = self.address(link, target);
                let mut attributes = vec![("href", address.as_str())];
                if !link.title.is_empty() {
                    attributes.push(("title", &link.title));
                }
                if let Target::Url { language: Some(language), .. } = target {
                    attributes.push(("hreflang", &language.tag));
                }
                self.sink.open("a", &attributes);
            }
            Target::Soon { .. } if !self.style.is_plain() => self.sink.open("span", &[("class", "soon-link")]),
            Target::Soon { .. } | Target::Text { .. } => {}
        }
        if let Some(words) = filled(target) {
            // What the author typed stands for these.
            self.sink.text(words);
            steps.pass_over();
        }
    }

    fn end_link(&mut self, link: &Link<'_>) {
        self.no_terms -= 1;
        self.links -= 1;
        let target = self.target(link.at);
        match target {
            _ if link.is_nested => {}
            Target::AsTyped | Target::Url { .. } => {
                self.sink.close("a");
                if let Target::Url { language: Some(language), .. } = target {
                    self.name_language(language);
                }
                let address = self.address(link, target);
                self.note_link(&address);
            }
            Target::Soon { .. } if !self.style.is_plain() => {
                let soon = self.word("soon");
                self.sink.text(" ");
                self.sink.open("span", &[("class", "badge")]);
                self.sink.text(&soon);
                self.sink.close("span");
                self.sink.close("span");
            }
            Target::Soon { .. } | Target::Text { .. } => {}
        }
    }

    /// Says behind a link that its page is in another language.
    fn name_language(&mut self, language: &OtherLanguage) {
        let is_plain = self.style.is_plain();
        self.sink.text(if is_plain { " (" } else { " " });
        let badge: &[_] = if is_plain { &[] } else { &[("class", "badge")] };
        self.sink.open("span", &[badge, &[("lang", language.tag.as_str())]].concat());
        self.sink.text(&language.name);
        self.sink.close("span");
        self.sink.text(if is_plain { ")" } else { "" });
    }

    /// Where a link that is one leads, as the medium wants it.
    fn address(&self, link: &Link<'_>, target: &Target) -> String {
        match target {
            Target::Url { url, .. } => self.style.address(url).into_owned(),
            _ if link.kind == LinkType::Email => format!("mailto:{}", link.dest),
            _ if link.dest.starts_with('#') => self.style.address(&link.dest).into_owned(),
            _ => link.dest.to_string(),
        }
    }

    /// Puts the number of an address behind a link to it, on paper.
    fn note_link(&mut self, address: &str) {
        if let Some(note) = self.link_note(address) {
            self.sink.page_html(&note);
        }
    }

    fn link_note(&mut self, address: &str) -> Option<String> {
        self.additions.link_notes.as_mut()?.note(address, self.style.phrases)
    }

    /// What stands inside is the text of the image (CommonMark 0.31, §6.4).
    fn image(&mut self, node: &Node<'_>, link: &Link<'_>) {
        let (src, image) = match self.target(link.at) {
            Target::Url { url, .. } => {
                let image = self.style.picture(url);
                let url = image.as_ref().and_then(|image| image.url.as_deref()).unwrap_or(url);
                (self.style.address(url).into_owned(), image)
            }
            Target::Soon { .. } | Target::Text { .. } => (String::new(), None),
            Target::AsTyped => (link.dest.to_string(), None),
        };
        let is_first = self.shows_first(node.range.start);
        let alt = self.text.tree.alternative_text(node);
        let mut attributes = vec![("src", src.as_str()), ("alt", alt.as_str())];
        if !link.title.is_empty() {
            attributes.push(("title", &link.title));
        }
        let size = image.as_ref().map(|image| (image.size.0.to_string(), image.size.1.to_string()));
        if let Some((width, height)) = &size {
            attributes.extend([("width", width.as_str()), ("height", height.as_str())]);
            attributes.push(if is_first { ("fetchpriority", "high") } else { ("loading", "lazy") });
        }
        let srcset = image.as_ref().and_then(|image| image.srcset(self.style.base, &src));
        if let Some(srcset) = &srcset {
            attributes.extend([("srcset", srcset.as_str()), ("sizes", IN_TEXT)]);
        }
        // What is a link already leads where its author wants, and who doesn't see a picture sees it no larger.
        let is_large =
            image.is_some_and(|image| image.is_wide()) && self.links == 0 && self.raw_link.is_none() && !alt.is_empty();
        let is_large = is_large && self.style.medium.is_none() && self.text.article.is_some();
        if is_large {
            self.sink.open("a", &[("class", "large"), ("href", &src)]);
        }
        self.sink.open("img", &attributes);
        if is_large {
            self.sink.close("a");
        }
    }

    /// Whether a picture at a place of the text is the first one and likely in view when a page opens: then the
    /// browser is to load it before all else. Of those that follow it none is.
    fn shows_first(&mut self, at: usize) -> bool {
        /// What a phone's first screen holds of a text below its title.
        const FIRST_SCREEN: usize = 800;
        let is_first = !self.has_picture && at < FIRST_SCREEN;
        self.has_picture = true;
        is_first && self.style.medium.is_none()
    }

    fn url(&mut self, text: &str, href: &str) {
        self.sink.open("a", &[("href", href)]);
        self.sink.text(text);
        self.sink.close("a");
        self.note_link(href);
    }

    /// A citation in parentheses, each source a link to its line in the list.
    fn citation(&mut self, cited: &[Cited], node: &Node<'_>) {
        let Some(cites) = self.style.cites else {
            return self.sink.text(&self.text.tree.typed[node.range.clone()]);
        };
        let phrases = self.style.phrases;
        self.sink.text("(");
        for (at, Cited { key, locator, .. }) in cited.iter().enumerate() {
            self.sink.text(if at > 0 { "; " } else { "" });
            match cites.sources.get(key) {
                Some(source) => {
                    // A page that lists what it cites at its end.
                    let has_margin = self.style.medium.is_none() && cites.page.is_none();
                    if has_margin && self.cited.insert(source.anchor()) {
                        self.due.push_back(Due::Source(source));
                    }
                    let anchor = format!("{}#{}", cites.page.unwrap_or_default(), source.anchor());
                    let (to, line) = (self.style.address(&anchor).into_owned(), sources::text(source, phrases));
                    let plain = [("href", to.as_str())];
                    let whole = [("class", "citation"), ("href", to.as_str()), ("title", line.as_str())];
                    self.sink.open("a", if self.style.is_plain() { &plain } else { &whole });
                    self.sink.text(&source.label(phrases));
                    self.sink.close("a");
                }
                // Which has been reported.
                None => self.sink.text(key),
            }
            if let Some(locator) = locator {
                self.sink.text(", ");
                self.sink.text(&self.style.punctuation.typeset(locator));
            }
        }
        self.sink.text(")");
    }

    /// The sources that the text cites, at its end.
    fn sources(&mut self) {
        if self.text.cited.is_empty() {
            return;
        }
        let (prefix, phrases) = (self.style.prefix(), self.style.phrases);
        // As with notes.
        let is_alone = prefix.is_empty();
        let element = if is_alone { "section" } else { "div" };
        let id = format!("{prefix}pw-sources");
        let landmark = [("class", "sources"), ("role", "doc-bibliography"), ("aria-labelledby", id.as_str())];
        self.sink.open(element, if is_alone { &landmark } else { &landmark[..1] });
        self.sink.line();
        let heading = format!("h{}", self.style.level(2));
        self.sink.open(&heading, &[("id", &id)]);
        self.sink.text(&phrases.say("sources", &[]));
        self.end_line(&heading);
        self.sink.open("ul", &[]);
        self.sink.line();
        for source in self.text.cited {
            // Names and titles are often of another direction than the page.
            self.sink.open("li", &[("id", &format!("{prefix}{}", source.anchor())), ("dir", "auto")]);
            sources::write(source, phrases, self.sink);
            self.end_line("li");
        }
        self.end_line("ul");
        self.end_line(element);
    }

    /// A formula, and its number where it has one.
    fn formula(&mut self, formula: &Math<'_>, node: &Node<'_>) {
        let named = formula.id.as_ref().and_then(|(id, _)| Some((id, self.text.labels.get(id)?)));
        let Some((id, number)) = named else { return self.math(formula, node) };
        let id = format!("{}{id}", self.style.prefix());
        self.sink.open("span", &[("class", "equation"), ("id", &id)]);
        self.math(formula, node);
        self.sink.text(" ");
        self.sink.open("span", &[("class", "number")]);
        self.sink.text(number);
        self.sink.close("span");
        self.sink.close("span");
    }

    fn math(&mut self, formula: &Math<'_>, node: &Node<'_>) {
        let latex = formula.latex.trim();
        match formula.set.get_or_init(|| math(latex, formula.display)) {
            // A wide formula scrolls in a frame of its own, which the keyboard can reach.
            Ok(html) if formula.display && !self.style.is_plain() => {
                let label = self.word("formula");
                let frame = [("class", "math-frame"), ("role", "group"), ("aria-label", &label), ("tabindex", "0")];
                self.sink.open("span", &frame);
                self.sink.math(&self.as_formula(html));
                self.sink.close("span");
            }
            Ok(html) => self.sink.math(&self.as_formula(html)),
            Err((place, message)) => {
                let typed = self.text.tree.typed.get(node.range.clone()).and_then(|typed| typed.find(latex));
                let place = match typed {
                    Some(at) => node.range.start + at + place.start..node.range.start + at + place.end,
                    None => node.range.clone(),
                };
                self.out.push(
                    Diagnostic::new(Code::InvalidMath, self.place(place), message.clone())
                        .help("mend the formula, or write `\\$` for a dollar sign"),
                );
            }
        }
    }

    /// Whether a reader sees one of some tabs at a time: a page's script does that.
    fn are_switched(&self, tabs: &Node<'_>) -> bool {
        !self.style.is_plain() && self.text.tree.within(tabs).len() > 1
    }

    fn listing(&mut self, fence: &Fence<'_>, node: &Node<'_>) {
        let (info, code) = shown(fence, node.range.start, self.text.listings, self.style.phrases);
        self.misspelled_block(&info.language, node);
        let named = info.id.as_ref().and_then(|(id, _)| Some((id, self.text.labels.get(&**id)?)));
        let id = named.map(|(id, _)| format!("{}{id}", self.style.prefix()));
        let number = named.map(|(_, number)| number.as_str());
        if !self.style.is_plain() {
            let mut html = String::with_capacity(code.len() * 2);
            let listing = Listing { info: &info, code: &code, named: id.as_deref().zip(number) };
            code_block(&mut html, listing, self.style.highlighter);
            html.push('\n');
            let Some((tab, _)) = &info.tab else { return self.sink.page_html(&html) };
            self.sink.open_on_line("div", &[("class", "tab")]);
            self.sink.open("p", &[]);
            self.sink.text(tab);
            self.end_line("p");
            self.sink.page_html(&html);
            return self.end_line("div");
        }
        if let Some((tab, _)) = &info.tab {
            self.sink.open("p", &[]);
            self.sink.open("strong", &[]);
            self.sink.text(tab);
            self.sink.close("strong");
            self.end_line("p");
        }
        if let Some(title) = info.title.as_deref().filter(|title| !title.is_empty()) {
            match &id {
                Some(id) => self.sink.open("p", &[("id", id)]),
                None => self.sink.open("p", &[]),
            }
            self.sink.open("strong", &[]);
            if let Some(number) = number {
                self.sink.text(number);
                self.sink.text(" ");
            }
            self.sink.text(title);
            self.sink.close("strong");
            self.end_line("p");
        }
        // Without a style, signs are text.
        let language = if info.is_change() { "diff" } else { &info.language };
        let class = format!("language-{language}");
        let attributes = [("class", class.as_str())];
        self.sink.open("pre", self.direction_of_code());
        self.sink.open("code", if language.is_empty() { &[] } else { &attributes });
        if info.is_change() {
            self.sink.text(&info.with_signs(&code));
        } else {
            self.sink.text(&code);
        }
        self.sink.close("code");
        self.end_line("pre");
    }

    /// A formula, which is written from left to right, where other words aren't.
    fn as_formula<'m>(&self, mathml: &'m str) -> Cow<'m, str> {
        match self.style.phrases.direction {
            Direction::Rtl => mathml.replacen("<math ", "<math dir=\"ltr\" ", 1).into(),
            Direction::Ltr => mathml.into(),
        }
    }

    /// What says that code is written from left to right, where no style does and other words aren't.
    fn direction_of_code(&self) -> &'static [(&'static str, &'static str)] {
        let is_needed = self.style.is_plain() && self.style.phrases.direction == Direction::Rtl;
        if is_needed { &[("dir", "ltr")] } else { &[] }
    }

    /// Reports a fence whose language is almost a block's name.
    fn misspelled_block(&mut self, language: &str, node: &Node<'_>) {
        // Only a page's own text is written with it; other media would say the same again.
        let (Some(blocks), Some(highlighter)) = (&self.additions.blocks, self.style.highlighter) else { return };
        let Some(near) = nearest(language, blocks.names.keys().map(String::as_str)) else { return };
        if highlighter.knows(language) {
            return;
        }
        let (typed, range) = (&self.text.tree.typed, &node.range);
        let line = typed[range.clone()].lines().next().map_or(0, str::len);
        let start = range.start + typed[range.start..range.start + line].find(language).unwrap_or(0);
        let place = self.place(start..start + language.len());
        let message = format!("{} is no block and no known language", quote(language));
        let help = format!("did you mean {}?", quote(near));
        self.out.push(Diagnostic::new(Code::MisspelledBlock, place, message).help(help));
    }

    fn block(&mut self, at: usize, node: &Node<'_>) {
        let placed: Option<&'a Placed> = self.text.article.and_then(|article| article.blocks.get(at));
        let Some(placed) = placed else { return };
        let level = self.level;
        let has_body = matches!(&placed.body, Body::Custom(custom) if custom.has_body());
        let body = has_body.then(|| self.body(node));
        let place = placed.span.start.saturating_sub(self.text.span.start) as usize;
        let shows_first = placed.body.shows_picture() && self.shows_first(place);
        let Some(blocks) = &mut self.additions.blocks else { return };
        let at = BlockAt {
            body,
            shows_first,
            level: self.style.level((level + 1).min(6)),
            targets: self.text.targets.get(placed.links.clone()).unwrap_or_default(),
            lines: self.text.lines,
            labels: self.text.labels,
            style: self.style,
            link_notes: self.additions.link_notes.as_mut(),
            sink: &mut *self.sink,
            out: &mut *self.out,
        };
        (blocks.write)(placed, at);
    }

    /// What stands below the TOML of a block, as HTML for its component. Addresses behind its links are noted with
    /// the component's own.
    fn body(&mut self, node: &Node<'_>) -> String {
        let absolute = match &self.sink {
            Sink::Html(html) => html.absolute,
            Sink::Book(_) | Sink::Words(_) => None,
        };
        let inner = Sink::Html(Html { absolute, ..Html::new(node.range.len() * 2) });
        let outer = std::mem::replace(self.sink, inner);
        let notes = self.additions.link_notes.take();
        self.nodes(self.text.tree.steps_within(node));
        self.additions.link_notes = notes;
        std::mem::replace(self.sink, outer).into_html()
    }

    fn note_reference(&mut self, number: usize, nth: usize) {
        // The number of a note is no word of the text.
        if self.is_of_words {
            return;
        }
        if nth <= 1 && self.style.notes_in_margin && self.beside.insert(number - 1) {
            self.due.push_back(Due::Note(number - 1));
        }
        let suffix = if nth > 1 { format!("-{nth}") } else { String::new() };
        let to = self.style.address(&format!("#pw-fn-{number}")).into_owned();
        let id = format!("{}pw-fnref-{number}{suffix}", self.style.prefix());
        self.sink.open("sup", &[("class", "footnote-ref")]);
        self.sink.open("a", &[("href", &to), ("id", &id), ("role", "doc-noteref")]);
        self.sink.text(&self.style.phrases.digits(&number.to_string()));
        self.sink.close("a");
        self.sink.close("sup");
    }

    /// What a paragraph, a list or another block was the first to refer to: its notes, beside it where there is
    /// room, folded into the text elsewhere, and what its terms mean, where there is room alone. What a note refers
    /// to follows it.
    fn notes_beside(&mut self) {
        self.no_terms += 1;
        let mut terms = 0;
        while let Some(due) = self.due.pop_front() {
            match due {
                Due::Note(at) => self.note_beside(at),
                Due::Term(term) if terms < MOST_TERMS_BESIDE => {
                    self.term_beside(term);
                    terms += 1;
                }
                Due::Term(_) => {}
                Due::Source(source) => self.source_beside(source),
            }
        }
        self.no_terms -= 1;
    }

    /// A source, for eyes alone: to all others it is a second time what stands at the end.
    fn source_beside(&mut self, source: &Cite) {
        self.sink.open_on_line("p", &[("class", "note source"), ("aria-hidden", "true")]);
        self.sink.open("bdi", &[]);
        self.sink.text(&sources::text(source, self.style.phrases));
        self.sink.close("bdi");
        self.end_line("p");
    }

    fn note_beside(&mut self, at: usize) {
        let number = (at + 1).to_string();
        let label = format!("{} {number}", self.word("note"));
        self.sink.open_on_line("aside", &[("class", "note"), ("role", "doc-footnote"), ("aria-label", &label)]);
        self.sink.open("details", &[]);
        self.sink.open("summary", &[("aria-label", &label)]);
        self.sink.text(&number);
        self.sink.close("summary");
        // Within what folds, so that a browser unfolds it for its number's link.
        self.sink.open("div", &[("id", &format!("pw-fn-{number}"))]);
        self.sink.as_at_line_start();
        self.note(at);
        self.sink.close("div");
        self.sink.close("details");
        self.end_line("aside");
    }

    /// What a term means, and the part that teaches it.
    fn term_beside(&mut self, term: &view::Term) {
        self.sink.open_on_line("aside", &[("class", "note term-note"), ("role", "note"), ("aria-label", &term.name)]);
        self.sink.open("b", &[]);
        self.sink.text(&term.name);
        self.sink.close("b");
        self.sink.text(" ");
        self.sink.page_html(term.definition.as_str().unwrap_or_default());
        self.sink.text(" ");
        let url = term.part.url.as_deref().unwrap_or_default();
        let language = term.part.hreflang.as_deref().map(|language| ("hreflang", language));
        let attributes: Vec<(&str, &str)> = std::iter::once(("href", url)).chain(language).collect();
        self.sink.open("a", &attributes);
        self.sink.text(term.part.name.as_deref().unwrap_or(&term.part.title));
        self.sink.close("a");
        self.end_line("aside");
    }

    /// What a note says, with the ways back.
    fn note(&mut self, at: usize) {
        let tree = self.text.tree;
        let note = &tree.notes[at];
        let ends_in_paragraph = tree.last_of(note.nodes.clone()).is_some_and(|last| last.kind.is_paragraph());
        let steps = tree.steps_of(note.nodes.clone());
        if ends_in_paragraph {
            // The way back stands in the note's last line.
            self.nodes_but_the_last_end(steps);
            self.ways_back(at + 1, note.references);
            self.sink.close("p");
        } else {
            self.nodes(steps);
            self.ways_back(at + 1, note.references);
        }
    }

    /// The notes that are referred to and don't stand beside the text, in the order of their numbers.
    fn notes(&mut self) {
        let tree = self.text.tree;
        if tree.notes.len() == self.beside.len() {
            return;
        }
        // A landmark has a name of its own; on a page of many articles these would share one.
        let is_alone = self.style.prefix().is_empty();
        let element = if is_alone { "section" } else { "div" };
        let label = self.word("footnotes");
        let landmark = [("class", "footnotes"), ("role", "doc-endnotes"), ("aria-label", label.as_str())];
        self.sink.open(element, if is_alone { &landmark } else { &landmark[..1] });
        self.sink.line();
        self.sink.open("ol", &[]);
        self.sink.line();
        self.no_terms += 1;
        for at in (0..tree.notes.len()).filter(|at| !self.beside.contains(at)).collect::<Vec<_>>() {
            self.sink.open("li", &[("id", &format!("{}pw-fn-{}", self.style.prefix(), at + 1))]);
            self.sink.as_at_line_start();
            self.note(at);
            self.end_line("li");
        }
        self.no_terms -= 1;
        self.end_line("ol");
        self.end_line(element);
    }

    /// Writes nodes of which the last is a paragraph, and leaves that one open.
    fn nodes_but_the_last_end(&mut self, mut steps: Steps<'_, '_>) {
        while let Some(step) = steps.next() {
            match step {
                Step::Enter(node) => self.enter(node, &mut steps),
                Step::Leave(_) if steps.is_done() => self.paragraphs -= 1,
                Step::Leave(node) => self.leave(node),
            }
        }
        self.link_terms();
    }

    fn ways_back(&mut self, number: usize, references: usize) {
        if self.is_of_words {
            return;
        }
        for reference in 1..=references {
            let suffix = if reference > 1 { format!("-{reference}") } else { String::new() };
            let to = self.style.address(&format!("#pw-fnref-{number}{suffix}")).into_owned();
            let label = self.style.phrases.say("footnote_back", &[("n", format!("{number}{suffix}"))]);
            self.sink.text(" ");
            let attributes =
                [("class", "footnote-back"), ("href", &to), ("role", "doc-backlink"), ("aria-label", label.as_str())];
            self.sink.open("a", &attributes);
            self.sink.text("↩");
            self.sink.close("a");
        }
    }

    /// Takes a text in which glossary terms may be linked.
    fn words(&mut self, text: &str, may_link: bool) {
        if may_link && self.additions.terms.is_some() && self.no_terms == 0 && self.paragraphs > 0 {
            self.prose.push_str(text);
        } else {
            self.link_terms();
            self.sink.text(text);
        }
    }

    /// Writes what was taken, the first use of each glossary term as a link.
    fn link_terms(&mut self) {
        if self.prose.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.prose);
        let found = self.additions.terms.as_mut().map(|terms| terms.find(&text)).unwrap_or_default();
        let mut at = 0;
        for Use { range, url, term } in found {
            self.sink.text(&text[at..range.start]);
            self.sink.open("a", &[("class", "term"), ("href", &url)]);
            self.sink.text(&text[range.clone()]);
            self.sink.close("a");
            at = range.end;
            if self.style.notes_in_margin {
                self.due.extend(term.map(Due::Term));
            }
        }
        self.sink.text(&text[at..]);
    }
}

/// The words that a link's target has for it, where the author left them to us.
fn filled(target: &Target) -> Option<&str> {
    match target {
        Target::Url { text, .. } | Target::Soon { text } | Target::Text { text } => text.as_deref(),
        Target::AsTyped => None,
    }
}
