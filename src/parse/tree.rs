//! The text of an article, or a line of it, as a tree.
//!
//! In: Markdown as typed. Out: its nodes in the order in which they stand, each with its place; links,
//! headings and blocks are numbered as they come, so that whatever was found out about one of them
//! when the site was read is found again by its number. A tree borrows from the text and is dropped
//! when everything that holds the article's words has been written.
//!
//! Bare addresses are links here already, notes have their numbers, quotes and dashes are set, and raw
//! HTML is in pieces of which each end tag has its start tag: nobody who visits a tree has to look into a
//! text again.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use memchr::{memchr2, memmem};
use pulldown_cmark::{Alignment, BrokenLink, CodeBlockKind, CowStr, Event, LinkType, Parser, Tag, TagEnd};

use super::autolink::{Autolink, autolinks};
use super::balance::{Balance, Lack, Open, Unbalanced};
use super::boxes;
use super::citation::{Cited, citation};
use super::component::{self, Below, Components};
use super::depth::MOST_DEEP;
use super::dialect::{Dialect, OPTIONS, is_phrasing};
use super::guard::{Guarded, restored};
use super::info;
use super::judge::judge;
use super::markup::{Markup, Piece, markup};
use super::words::count_words;
use crate::settings::config::Boxes;
use crate::text::punctuation::{self, Piece as Set, Punctuation, is_dense};

/// A text as a tree.
#[derive(Debug)]
pub struct Tree<'t> {
    /// What the places of nodes are places in.
    pub typed: Cow<'t, str>,
    /// In the order of the text; what a node holds follows it.
    nodes: Vec<Node<'t>>,
    /// Reference definitions: where each leads, and its place.
    pub definitions: Vec<(String, Range<usize>)>,
    /// References without a definition, which are text.
    pub undefined: Vec<(Range<usize>, LinkType)>,
    /// In the order of their first reference.
    pub notes: Vec<Note>,
    /// Notes that nothing refers to: their labels and places.
    pub unused_notes: Vec<(String, Range<usize>)>,
    /// Tags of raw HTML without a partner, and the nodes that they stand in.
    pub unbalanced: Vec<(usize, Unbalanced)>,
    /// Words of the text, without code.
    pub words: usize,
    /// Where it goes deeper than any text does.
    pub too_deep: Option<usize>,
}

/// A footnote that something refers to.
#[derive(Debug, Clone, Default)]
pub struct Note {
    /// The nodes of what it says; empty when there is no definition.
    pub nodes: Range<usize>,
    /// How often the text refers to it.
    pub references: usize,
}

#[derive(Debug)]
pub struct Node<'t> {
    pub kind: Kind<'t>,
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Whether its words may become a link: they stand in no link, button or code of raw HTML.
    pub may_link: bool,
    /// Its place among the nodes.
    at: usize,
    /// Where the nodes end that it holds.
    end: usize,
}

impl Node<'_> {
    /// Whether it holds nodes.
    pub fn has_nodes(&self) -> bool {
        self.end > self.at + 1
    }
}

#[derive(Debug)]
pub enum Kind<'t> {
    Paragraph,
    Heading(Heading<'t>),
    BlockQuote,
    /// A quote that is a box; its title comes first.
    Box(BoxHead),
    /// Empty where the word for its kind is all there is of it.
    BoxTitle(BoxHead),
    /// With the number that an ordered list begins with.
    List(Option<u64>),
    Item,
    DefinitionList,
    DefinitionTitle,
    Definition,
    Table,
    TableHead,
    TableRow,
    TableCell {
        alignment: Alignment,
        is_head: bool,
    },
    /// The definition of a footnote, by its label.
    NoteDefinition(CowStr<'t>),
    Emphasis,
    Strong,
    Strikethrough,
    Subscript,
    Superscript,
    Link(Link<'t>),
    /// What it holds is its text.
    Image(Link<'t>),

    Text(CowStr<'t>),
    /// A bare address, and what it leads to.
    Url {
        text: CowStr<'t>,
        href: String,
    },
    Code(CowStr<'t>),
    /// With the places of keys in the text.
    Citation(Vec<Cited>),
    Math(Math<'t>),
    /// A reference to a note.
    NoteReference {
        /// By its place among the notes.
        note: usize,
        /// Which of the references to this note it is, from 1.
        nth: usize,
    },
    TaskMarker(bool),
    SoftBreak,
    HardBreak,
    Rule,
    /// Fences next to each other that are tabs: they say the same in several ways.
    Tabs,
    /// Code that is shown.
    Listing(Fence<'t>),
    /// A fence that is a block, by its number. What it holds stands below its TOML.
    Block(usize, Fence<'t>),
    Html(Html<'t>),
}

#[derive(Debug)]
pub struct Heading<'t> {
    /// Its number among the headings.
    pub at: usize,
    /// 1 to 6.
    pub level: u8,
    /// The id that was typed.
    pub id: Option<CowStr<'t>>,
    pub classes: Vec<CowStr<'t>>,
}

/// What the head of a box says beside its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxHead {
    /// The id of its kind.
    pub kind: String,
    /// Whether a reader has to open it.
    pub is_folded: bool,
}

#[derive(Debug)]
pub struct Link<'t> {
    /// Its number among the links.
    pub at: usize,
    pub kind: LinkType,
    pub dest: CowStr<'t>,
    pub title: CowStr<'t>,
    /// Whether it stands in a link or a button of raw HTML, where it can't be one.
    pub is_nested: bool,
}

#[derive(Debug)]
pub struct Math<'t> {
    pub latex: CowStr<'t>,
    pub display: bool,
    /// The id that gives it a number, and where that is typed: behind the formula, or after its fence.
    pub id: Option<(String, Range<usize>)>,
    /// What was made of it, for everything that is written of this tree.
    pub set: OnceCell<Result<String, (Range<usize>, String)>>,
}

/// A fenced or an indented code block.
#[derive(Debug)]
pub struct Fence<'t> {
    /// What stands after the fence, as typed; empty for an indented block.
    pub info: String,
    pub is_fenced: bool,
    /// The lines, each with its place.
    pub lines: Vec<(CowStr<'t>, usize)>,
}

impl Fence<'_> {
    pub fn text(&self) -> Cow<'_, str> {
        match self.lines.as_slice() {
            [(only, _)] => Cow::Borrowed(only),
            lines => Cow::Owned(lines.iter().map(|(line, _)| line.as_ref()).collect()),
        }
    }

    /// From where to where in the article stands what is below the TOML of a block; nothing where it has no line
    /// `---`.
    pub fn below(&self) -> Option<Range<usize>> {
        let body = BodyText::of(self)?;
        Some(body.place(0..body.text().len()))
    }
}

/// A piece of raw HTML.
#[derive(Debug)]
pub struct Html<'t> {
    /// The number of its first link among the links.
    pub first_link: usize,
    /// Its lines, each with its place.
    pub lines: Vec<(CowStr<'t>, usize)>,
    /// The lines as one text.
    pub text: String,
    /// Empty in a line of inline Markdown, where it is text.
    pub markup: Markup,
    /// Whether it is a block of its own.
    pub is_block: bool,
}

impl Html<'_> {
    /// Whether words before and behind it stand in two lines.
    pub fn breaks_line(&self) -> bool {
        self.markup.tags().any(|tag| tag.name == "br")
    }

    /// Whether it shows a picture.
    pub fn shows_picture(&self) -> bool {
        self.markup.tags().any(|tag| tag.name == "img")
    }
}

/// A step of a walk.
#[derive(Debug)]
pub enum Step<'n, 't> {
    /// A node begins, or is all there is of it.
    Enter(&'n Node<'t>),
    /// What it holds has been visited.
    Leave(&'n Node<'t>),
}

/// A walk through nodes.
#[derive(Debug)]
pub struct Steps<'n, 't> {
    nodes: &'n [Node<'t>],
    at: usize,
    end: usize,
    /// Nodes that are entered and not left.
    open: Vec<usize>,
}

impl<'n, 't> Steps<'n, 't> {
    /// Whether nothing is left to visit.
    pub fn is_done(&self) -> bool {
        self.at == self.end && self.open.is_empty()
    }

    /// Passes over what the node holds that was entered last; it is left next.
    pub fn pass_over(&mut self) {
        if let Some(open) = self.open.last() {
            self.at = self.nodes[*open].end;
        }
    }
}

impl<'n, 't> Iterator for Steps<'n, 't> {
    type Item = Step<'n, 't>;

    fn next(&mut self) -> Option<Step<'n, 't>> {
        if let Some(open) = self.open.last().copied()
            && self.nodes[open].end == self.at
        {
            self.open.pop();
            return Some(Step::Leave(&self.nodes[open]));
        }
        if self.at == self.end {
            return None;
        }
        let at = self.at;
        self.at += 1;
        if self.nodes[at].kind.holds_nodes() {
            self.open.push(at);
        }
        Some(Step::Enter(&self.nodes[at]))
    }
}

impl Kind<'_> {
    pub fn is_paragraph(&self) -> bool {
        matches!(self, Kind::Paragraph)
    }

    fn holds_nodes(&self) -> bool {
        !matches!(
            self,
            Kind::Text(_)
                | Kind::Url { .. }
                | Kind::Code(_)
                | Kind::Citation(_)
                | Kind::Math(_)
                | Kind::NoteReference { .. }
                | Kind::TaskMarker(_)
                | Kind::SoftBreak
                | Kind::HardBreak
                | Kind::Rule
                | Kind::Listing(_)
                | Kind::Html(_)
        )
    }
}

impl<'t> Tree<'t> {
    /// Every node, in order.
    pub fn nodes(&self) -> &[Node<'t>] {
        &self.nodes
    }

    /// What a node holds, however deep.
    pub fn within(&self, node: &Node<'t>) -> &[Node<'t>] {
        &self.nodes[node.at + 1..node.end]
    }

    pub fn steps(&self) -> Steps<'_, 't> {
        self.steps_of(0..self.nodes.len())
    }

    pub fn steps_of(&self, nodes: Range<usize>) -> Steps<'_, 't> {
        Steps { nodes: &self.nodes, at: nodes.start, end: nodes.end, open: Vec::new() }
    }

    /// A walk through what a node holds.
    pub fn steps_within(&self, node: &Node<'t>) -> Steps<'_, 't> {
        self.steps_of(node.at + 1..node.end)
    }

    /// The last of some nodes that stand beside each other.
    pub fn last_of(&self, nodes: Range<usize>) -> Option<&Node<'t>> {
        let mut last = None;
        let mut at = nodes.start;
        while at < nodes.end {
            last = Some(&self.nodes[at]);
            at = self.nodes[at].end;
        }
        last
    }

    /// What an image says to those who don't see it.
    pub fn alternative_text(&self, image: &Node<'t>) -> String {
        let mut text = String::new();
        for node in self.within(image) {
            match &node.kind {
                Kind::Text(words) | Kind::Code(words) | Kind::Url { text: words, .. } => text.push_str(words),
                Kind::Math(math) => text.push_str(&math.latex),
                Kind::SoftBreak | Kind::HardBreak => text.push(' '),
                Kind::Html(html) if html.breaks_line() => text.push(' '),
                _ => {}
            }
        }
        text
    }

    /// The words in a node: its texts and code, and a space for each line end.
    pub fn text_of(&self, node: &Node<'t>) -> String {
        let mut text = String::new();
        for node in self.within(node) {
            match &node.kind {
                Kind::Text(words) | Kind::Code(words) | Kind::Url { text: words, .. } => text.push_str(words),
                Kind::SoftBreak | Kind::HardBreak => text.push(' '),
                Kind::Html(html) if html.breaks_line() => text.push(' '),
                _ => {}
            }
        }
        text
    }
}

/// Reads a text. `blocks` are the fences that are blocks.
pub fn tree<'t>(text: &'t Guarded<'_>, dialect: Dialect<'_>, blocks: &Components) -> Tree<'t> {
    let mut undefined = Vec::new();
    let mut note = |link: BrokenLink<'_>| {
        let cites = cites(&link, text.typed, dialect);
        if !cites {
            undefined.push((link.span, link.link_type));
        }
        cites.then(|| ("".into(), "".into()))
    };
    let mut builder = Builder::new(text, dialect, blocks);
    let parser = Parser::new_with_broken_link_callback(text.as_parsed(), OPTIONS, Some(&mut note));
    let has_bodies = blocks.values().any(|component| component.body == Below::Markdown);
    let mut labels = HashMap::new();
    for (label, definition) in parser.reference_definitions().iter() {
        let dest = restored(definition.dest.clone()).into_string();
        if has_bodies {
            let title = definition.title.clone().map(|title| restored(title).into_string()).unwrap_or_default();
            labels.insert(label.to_lowercase(), (dest.clone(), title));
        }
        builder.definitions.push((dest, definition.span.clone()));
    }
    builder.labels = Rc::new(labels);
    for (event, range) in text.events(parser) {
        builder.event(event, range);
    }
    builder.undefined.append(&mut undefined);
    builder.finish()
}

/// Reads a line of inline Markdown, in which raw HTML is text and has no links.
pub fn line<'t>(text: &'t Guarded<'_>, punctuation: Punctuation) -> Tree<'t> {
    let (no_blocks, no_boxes) = (Components::new(), Boxes::default());
    let dialect = Dialect { punctuation, raw_html: false, citations: true, boxes: &no_boxes };
    let mut builder = Builder { is_line: true, ..Builder::new(text, dialect, &no_blocks) };
    let mut note = |link: BrokenLink<'_>| cites(&link, text.typed, dialect).then(|| ("".into(), "".into()));
    let parser = Parser::new_with_broken_link_callback(text.as_parsed(), OPTIONS, Some(&mut note));
    for (event, range) in text.events(parser) {
        builder.event(event, range);
    }
    builder.finish()
}

/// Whether a reference without a definition is a citation.
fn cites(link: &BrokenLink<'_>, typed: &str, dialect: Dialect<'_>) -> bool {
    let is_whole = || citation(&typed[link.span.start..]).is_some_and(|(length, _)| length == link.span.len());
    dialect.citations && link.link_type == LinkType::Shortcut && is_whole()
}

/// What stands below the TOML of a block.
struct BodyText {
    /// The whole text of the fence.
    fence: String,
    start: usize,
    /// Where the lines of the fence begin: (offset in its text, offset in the article's).
    lines: Vec<(usize, usize)>,
}

impl BodyText {
    /// `None` where nothing stands there.
    fn of(fence: &Fence<'_>) -> Option<Self> {
        let text = fence.text().into_owned();
        let start = component::mark(&text)?.end;
        let lines = fence.lines.iter().scan(0, |next, (line, at)| {
            *next += line.len();
            Some((*next - line.len(), *at))
        });
        Some(BodyText { start, lines: lines.collect(), fence: text })
    }

    fn text(&self) -> &str {
        &self.fence[self.start..]
    }

    /// Where a range of it stands in the article.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        let offset = |at: usize| {
            let at = self.start + at;
            let line = self.lines.partition_point(|(start, _)| *start <= at).checked_sub(1);
            line.map_or(at, |line| self.lines[line].1 + at - self.lines[line].0)
        };
        let start = offset(range.start);
        // The end belongs to the line of the last byte, not to the one that begins after it.
        let end = if range.end > range.start { offset(range.end - 1) + 1 } else { start };
        start..end.max(start)
    }
}

struct Builder<'t, 'b> {
    text: &'t str,
    /// What the parser got to see of it.
    parsed: &'t str,
    is_line: bool,
    dialect: Dialect<'b>,
    blocks: &'b Components,
    nodes: Vec<Node<'t>>,
    /// Nodes that are not closed, by their places.
    open: Vec<usize>,
    definitions: Vec<(String, Range<usize>)>,
    /// Where the definitions lead and their titles, by label in lowercase: for what is parsed apart.
    labels: Rc<HashMap<String, (String, String)>>,
    undefined: Vec<(Range<usize>, LinkType)>,
    /// Where boxes begin in what is parsed apart.
    heads: BTreeSet<usize>,
    /// Texts that came one after another: they are one text for whoever looks for addresses in it.
    run: Vec<(CowStr<'t>, Range<usize>)>,
    /// How many links and images are open: in those an address is no link of its own.
    links_open: usize,
    /// The notes that the words of a link refer to: their marks stand behind it.
    marks: Vec<(CowStr<'t>, Range<usize>)>,
    /// What is seen of the line at hand, and the nodes of its quotes.
    line: punctuation::Line,
    quotes: Vec<usize>,
    /// Raw HTML that is open.
    balance: Balance,
    unbalanced: Vec<(usize, Unbalanced)>,
    /// The text of the paragraph, heading or cell at hand ends here.
    leaf_end: usize,
    /// A script or a style that was typed in a line, and taken whole.
    taken: Range<usize>,
    /// No such element that begins before here has an end.
    unended: usize,
    fence: Option<Fence<'t>>,
    /// The tabs that came last, and the node that they stand in.
    tabs: Option<(usize, Option<usize>)>,
    html_block: Option<Vec<(CowStr<'t>, usize)>>,
    tables: Vec<Vec<Alignment>>,
    cell: usize,
    in_head: bool,
    next: Numbers,
    notes: Notes<'t>,
    words: usize,
    too_deep: Option<usize>,
}

/// The next number of each kind of node that has one.
#[derive(Default)]
struct Numbers {
    heading: usize,
    link: usize,
    block: usize,
}

#[derive(Default)]
struct Notes<'t> {
    /// By label, in the order of the first reference.
    numbers: HashMap<CowStr<'t>, usize>,
    found: Vec<Note>,
    /// The definitions, by label: the place of the node.
    defined: Vec<(CowStr<'t>, usize)>,
}

impl<'t, 'b> Builder<'t, 'b> {
    fn new(text: &'t Guarded<'_>, dialect: Dialect<'b>, blocks: &'b Components) -> Self {
        let (text, parsed) = (text.typed, text.as_parsed());
        Builder {
            text,
            parsed,
            is_line: false,
            dialect,
            blocks,
            nodes: Vec::with_capacity(text.len() / 24),
            open: Vec::new(),
            definitions: Vec::new(),
            labels: Rc::default(),
            undefined: Vec::new(),
            heads: BTreeSet::new(),
            run: Vec::new(),
            links_open: 0,
            marks: Vec::new(),
            line: punctuation::Line::default(),
            quotes: Vec::new(),
            balance: Balance::default(),
            unbalanced: Vec::new(),
            leaf_end: 0,
            taken: 0..0,
            unended: 0,
            fence: None,
            tabs: None,
            html_block: None,
            tables: Vec::new(),
            cell: 0,
            in_head: false,
            next: Numbers::default(),
            notes: Notes::default(),
            words: 0,
            too_deep: None,
        }
    }

    fn leaf(&mut self, kind: Kind<'t>, range: Range<usize>) {
        let at = self.nodes.len();
        let may_link = self.balance.may_link();
        self.nodes.push(Node { kind, range, may_link, at, end: at + 1 });
    }

    fn open(&mut self, kind: Kind<'t>, range: Range<usize>) {
        if self.open.len() == MOST_DEEP {
            self.too_deep.get_or_insert(range.start);
        }
        self.open.push(self.nodes.len());
        self.leaf(kind, range);
    }

    fn close(&mut self) {
        self.close_html();
        if let Some(open) = self.open.pop() {
            self.nodes[open].end = self.nodes.len();
        }
    }

    fn event(&mut self, event: Event<'t>, range: Range<usize>) {
        if self.is_taken(&event, &range) {
            return;
        }
        if let Event::Text(text) = event {
            match &mut self.fence {
                Some(fence) => fence.lines.push((text, range.start)),
                None => {
                    self.words += count_words(&text);
                    self.run.push((text, range));
                }
            }
            return;
        }
        self.flush();
        match event {
            Event::Start(tag) => {
                if !is_phrasing(&tag.to_end()) {
                    self.end_line();
                    self.leaf_end = range.end;
                }
                self.start(tag, range);
            }
            Event::End(tag) => {
                if !is_phrasing(&tag) {
                    self.end_line();
                }
                self.end(tag, range);
            }
            Event::Html(text) => match &mut self.html_block {
                Some(lines) => lines.push((text, range.start)),
                None => self.html(vec![(text, range.start)], range, false),
            },
            Event::InlineHtml(text) => self.inline_html(text, range),
            Event::InlineMath(latex) => self.math(latex, (false, None), range),
            Event::DisplayMath(latex) => self.math(latex, (true, None), range),
            Event::Code(code) => {
                self.words += count_words(&code);
                self.line.see(&code);
                self.leaf(Kind::Code(code), range);
            }
            Event::FootnoteReference(label) if self.links_open > 0 => self.marks.push((label, range)),
            Event::FootnoteReference(label) => self.note_reference(label, range),
            Event::TaskListMarker(done) => self.leaf(Kind::TaskMarker(done), range),
            Event::SoftBreak => self.soft_break(range),
            Event::HardBreak => {
                self.line.see("\n");
                self.leaf(Kind::HardBreak, range);
            }
            Event::Rule => self.leaf(Kind::Rule, range),
            Event::Text(_) => {}
        }
    }

    /// Whether an event is a part of what was taken whole.
    fn is_taken(&self, event: &Event<'_>, range: &Range<usize>) -> bool {
        let begins = self.taken.contains(&range.start);
        // An element may begin in what was taken and end behind it, and a paragraph may hold nothing else.
        let is_within = |tag: &TagEnd| is_phrasing(tag) && begins && range.end <= self.taken.end;
        match event {
            Event::Start(tag) => is_within(&tag.to_end()),
            Event::End(tag) => is_within(tag),
            _ => begins,
        }
    }

    /// A line's end. Chinese and Japanese have no space where it was.
    fn soft_break(&mut self, range: Range<usize>) {
        let marks = |c: char| c.is_whitespace() || matches!(c, '>' | '*' | '_' | '~' | '[');
        let next = self.text[range.end..].trim_start_matches(marks).chars().next();
        let joins = self.line.last().is_some_and(is_dense) && next.is_some_and(is_dense);
        if !joins {
            self.line.see("\n");
            self.leaf(Kind::SoftBreak, range);
        }
    }

    /// Ends a line of words: its quotes are set.
    fn end_line(&mut self) {
        let set = self.line.set(self.dialect.punctuation);
        for (at, set) in self.quotes.drain(..).zip(set) {
            self.nodes[at].kind = Kind::Text(set.into());
        }
    }

    fn start(&mut self, tag: Tag<'t>, range: Range<usize>) {
        let kind = match tag {
            // Nothing else without a definition is a link.
            Tag::Link { link_type: LinkType::ShortcutUnknown, .. } => return self.citation(range),
            Tag::Paragraph => Kind::Paragraph,
            Tag::Heading { level, id, classes, .. } => match self.box_to_name() {
                Some(head) => Kind::BoxTitle(head),
                None => {
                    let at = self.next.heading;
                    self.next.heading += 1;
                    Kind::Heading(Heading { at, level: level as u8, id, classes })
                }
            },
            Tag::BlockQuote(_) => self.box_head(range.start).map_or(Kind::BlockQuote, Kind::Box),
            Tag::List(first) => Kind::List(first),
            Tag::Item => Kind::Item,
            Tag::DefinitionList => Kind::DefinitionList,
            Tag::DefinitionListTitle => Kind::DefinitionTitle,
            Tag::DefinitionListDefinition => Kind::Definition,
            Tag::Emphasis => Kind::Emphasis,
            Tag::Strong => Kind::Strong,
            Tag::Strikethrough => Kind::Strikethrough,
            Tag::Subscript => Kind::Subscript,
            Tag::Superscript => Kind::Superscript,
            Tag::Link { link_type, dest_url, title, .. } => Kind::Link(self.link(link_type, dest_url, title)),
            Tag::Image { link_type, dest_url, title, .. } => Kind::Image(self.link(link_type, dest_url, title)),
            Tag::Table(alignments) => {
                self.tables.push(alignments);
                Kind::Table
            }
            Tag::TableHead => {
                (self.cell, self.in_head) = (0, true);
                Kind::TableHead
            }
            Tag::TableRow => {
                (self.cell, self.in_head) = (0, false);
                Kind::TableRow
            }
            Tag::TableCell => {
                let alignments = self.tables.last().and_then(|alignments| alignments.get(self.cell));
                self.cell += 1;
                let alignment = alignments.copied().unwrap_or(Alignment::None);
                Kind::TableCell { alignment, is_head: self.in_head }
            }
            Tag::FootnoteDefinition(label) => {
                self.notes.defined.push((label.clone(), self.nodes.len()));
                Kind::NoteDefinition(label)
            }
            Tag::CodeBlock(kind) => {
                let is_fenced = matches!(kind, CodeBlockKind::Fenced(_));
                let info = if is_fenced { info::words(self.text, range.clone()).to_string() } else { String::new() };
                self.fence = Some(Fence { info, is_fenced, lines: Vec::new() });
                return;
            }
            Tag::HtmlBlock => {
                self.html_block = Some(Vec::new());
                return;
            }
            // Neither is a part of the dialect.
            Tag::MetadataBlock(_) => return,
        };
        self.open(kind, range);
    }

    /// The head of a quote that stands at a place, if it is a box: a heading to the parser, and to no one else.
    fn box_head(&self, quote: usize) -> Option<BoxHead> {
        let at = boxes::inside(self.text, quote);
        let head = self.text.get(at..).and_then(boxes::head)?;
        let is_guarded = self.parsed[at..].starts_with('#') || self.heads.contains(&at);
        is_guarded.then(|| BoxHead { kind: head.kind.to_lowercase(), is_folded: head.is_folded })
    }

    /// The head of a box that has just begun.
    fn box_to_name(&self) -> Option<BoxHead> {
        match &self.nodes.last()?.kind {
            Kind::Box(head) => Some(head.clone()),
            _ => None,
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::CodeBlock => self.end_fence(range),
            TagEnd::HtmlBlock => {
                if let Some(lines) = self.html_block.take() {
                    self.html(lines, range, true);
                }
            }
            TagEnd::MetadataBlock(_) => {}
            TagEnd::Link | TagEnd::Image => {
                self.links_open = self.links_open.saturating_sub(1);
                self.close();
                if self.links_open == 0 {
                    for (label, range) in std::mem::take(&mut self.marks) {
                        self.note_reference(label, range);
                    }
                }
            }
            TagEnd::Table => {
                self.tables.pop();
                self.close();
            }
            _ => self.close(),
        }
    }

    fn end_fence(&mut self, range: Range<usize>) {
        let Some(fence) = self.fence.take() else { return };
        let (info, _) = info::parse(&fence.info);
        let (language, is_tab) = (info.language.into_owned(), info.tab.is_some());
        let component = self.blocks.get(&language).filter(|_| fence.is_fenced);
        if let Some(component) = component {
            let at = self.next.block;
            self.next.block += 1;
            let body = if component.body == Below::Markdown { BodyText::of(&fence) } else { None };
            self.open(Kind::Block(at, fence), range);
            if let Some(body) = body.filter(|_| self.too_deep.is_none()) {
                self.body(&body);
            }
            self.close();
        } else if fence.is_fenced && language == "math" {
            let id = info::parse(&fence.info).0.id.map(|id| {
                let start = range.start + self.text[range.clone()].find(&fence.info).unwrap_or(0);
                (id.0.into_owned(), start + id.1.start..start + id.1.end)
            });
            self.open(Kind::Paragraph, range.clone());
            self.math(fence.text().into_owned().into(), (true, id), range);
            self.close();
        } else if is_tab {
            self.tab(fence, range);
        } else {
            self.leaf(Kind::Listing(fence), range);
        }
    }

    /// Takes a fence that is a tab: one more of those right before it, else the first of others.
    fn tab(&mut self, fence: Fence<'t>, range: Range<usize>) {
        let place = self.open.last().copied();
        let before = self.tabs.filter(|(tabs, within)| *within == place && self.nodes[*tabs].end == self.nodes.len());
        let Some((tabs, _)) = before else {
            self.tabs = Some((self.nodes.len(), place));
            self.open(Kind::Tabs, range.clone());
            self.leaf(Kind::Listing(fence), range);
            return self.close();
        };
        self.nodes[tabs].range.end = range.end;
        self.leaf(Kind::Listing(fence), range);
        self.nodes[tabs].end = self.nodes.len();
    }

    /// What stands below the TOML of a block, as a piece of this text: it is parsed apart, since the fence is code to
    /// the parser.
    fn body(&mut self, body: &BodyText) {
        let guards = judge(body.text(), self.dialect.boxes);
        let heads = guards.iter().filter(|guard| guard.sign.starts_with('#'));
        self.heads.extend(heads.map(|guard| body.place(guard.at..guard.at + 1).start));
        let text = Guarded::new(body.text(), &guards);
        let labels = Rc::clone(&self.labels);
        let mut undefined = Vec::new();
        let dialect = self.dialect;
        let mut known = |link: BrokenLink<'_>| {
            if let Some((dest, title)) = labels.get(&link.reference.to_lowercase()) {
                return Some((dest.clone().into(), title.clone().into()));
            }
            let cites = cites(&link, body.text(), dialect);
            if !cites {
                undefined.push((body.place(link.span), link.link_type));
            }
            cites.then(|| ("".into(), "".into()))
        };
        let parser = Parser::new_with_broken_link_callback(text.as_parsed(), OPTIONS, Some(&mut known));
        for (_, definition) in parser.reference_definitions().iter() {
            let dest = restored(definition.dest.clone()).into_string();
            self.definitions.push((dest, body.place(definition.span.clone())));
        }
        for (event, range) in text.events(parser) {
            let event = match event.into_static() {
                // Defined outside, it is no citation.
                Event::Start(Tag::Link { link_type: LinkType::ShortcutUnknown, dest_url, title, id })
                    if labels.contains_key(&id.to_lowercase()) =>
                {
                    Event::Start(Tag::Link { link_type: LinkType::Shortcut, dest_url, title, id })
                }
                event => event,
            };
            self.event(event, body.place(range));
        }
        self.flush();
        self.end_line();
        self.undefined.append(&mut undefined);
    }

    fn link(&mut self, kind: LinkType, dest: CowStr<'t>, title: CowStr<'t>) -> Link<'t> {
        self.links_open += 1;
        let at = self.next.link;
        self.next.link += 1;
        Link { at, kind, dest, title, is_nested: self.balance.is_in_link() }
    }

    /// A citation, which is taken whole.
    fn citation(&mut self, range: Range<usize>) {
        let mut cited = citation(&self.text[range.start..]).map(|(_, cited)| cited).unwrap_or_default();
        for source in &mut cited {
            source.range = range.start + source.range.start..range.start + source.range.end;
        }
        self.line.see(")");
        self.taken = range.clone();
        self.leaf(Kind::Citation(cited), range);
    }

    fn math(&mut self, latex: CowStr<'t>, (display, id): (bool, Option<(String, Range<usize>)>), range: Range<usize>) {
        self.line.see(&latex);
        self.leaf(Kind::Math(Math { latex, display, id, set: OnceCell::new() }), range);
    }

    fn note_reference(&mut self, label: CowStr<'t>, range: Range<usize>) {
        let next = self.notes.found.len();
        let note = *self.notes.numbers.entry(label).or_insert(next);
        if note == next {
            self.notes.found.push(Note::default());
        }
        self.notes.found[note].references += 1;
        let nth = self.notes.found[note].references;
        self.leaf(Kind::NoteReference { note, nth }, range);
    }

    /// A tag in a line. A script or a style there holds no Markdown, and is taken whole.
    fn inline_html(&mut self, text: CowStr<'t>, range: Range<usize>) {
        let end = ["script", "style"].iter().find_map(|name| {
            let begins = text.get(1..=name.len()).is_some_and(|typed| typed.eq_ignore_ascii_case(name));
            let is_tag = begins && !text[1 + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '-');
            (is_tag && !self.is_line).then(|| self.end_of_element(name, range.end)).flatten()
        });
        match end {
            Some(end) => {
                self.taken = range.start..end;
                self.html(vec![(self.text[range.start..end].into(), range.start)], range.start..end, false);
            }
            None => self.html(vec![(text, range.start)], range, false),
        }
    }

    /// Where the end tag of an element of text ends, in this paragraph.
    fn end_of_element(&mut self, name: &str, from: usize) -> Option<usize> {
        if from < self.unended {
            return None;
        }
        let rest = self.text.get(from..self.leaf_end)?;
        let end = rest.match_indices("</").find_map(|(at, _)| {
            let typed = rest.get(at + 2..at + 2 + name.len())?;
            let end = rest[at..].find('>')?;
            typed.eq_ignore_ascii_case(name).then_some(from + at + end + 1)
        });
        if end.is_none() {
            self.unended = self.leaf_end;
        }
        end
    }

    fn html(&mut self, lines: Vec<(CowStr<'t>, usize)>, range: Range<usize>, is_block: bool) {
        let text: String = lines.iter().map(|(line, _)| line.as_ref()).collect();
        let mut markup = if self.is_line { Markup::default() } else { markup(&text) };
        let first_link = self.next.link;
        if self.dialect.raw_html {
            self.balance(&mut markup, &text);
        }
        let addresses = markup.tags().flat_map(|tag| tag.addresses(&text));
        self.next.link += addresses.filter(|address| address.kind.is_resolved()).count();
        let html = Html { first_link, lines, text, markup, is_block };
        if html.breaks_line() {
            self.line.see("\n");
        }
        self.leaf(Kind::Html(html), range);
    }

    /// Finds what has no partner among tags, and no room: an end tag of nothing, a comment that goes on to the end,
    /// and a link within a link.
    fn balance(&mut self, markup: &mut Markup, text: &str) {
        let (depth, node) = (self.open.len(), self.nodes.len());
        for piece in &mut markup.pieces {
            let (lacks, name, range) = match piece {
                Piece::Start(tag) if tag.name == "a" && (self.links_open > 0 || self.balance.is_in_link()) => {
                    (Lack::Room, std::mem::take(&mut tag.name), tag.range.clone())
                }
                Piece::Start(tag) => {
                    self.balance.start(tag, depth, node);
                    continue;
                }
                Piece::End { name, range } if !self.balance.end(name, depth) => {
                    (Lack::Start, std::mem::take(name), range.clone())
                }
                Piece::Comment(range) if is_unclosed(&text[range.clone()]) => {
                    (Lack::End, "!--".to_string(), range.clone())
                }
                _ => continue,
            };
            *piece = Piece::Stray(range.clone());
            self.unbalanced.push((node, Unbalanced { lacks, name, range }));
        }
    }

    /// Ends what is open of raw HTML where an element of Markdown ends.
    fn close_html(&mut self) {
        let end = self.open.last().map_or(self.text.len(), |open| self.nodes[*open].range.end);
        for open in self.balance.close(self.open.len()) {
            let text = format!("</{}>", open.name);
            let (markup, first_link) = (markup(&text), self.next.link);
            let html = Html { first_link, lines: Vec::new(), text, markup, is_block: false };
            self.leaf(Kind::Html(html), end..end);
            let Open { name, node, range, .. } = open;
            self.unbalanced.push((node, Unbalanced { lacks: Lack::End, name, range }));
        }
    }

    /// Takes the texts that came in a row, bare addresses apart.
    fn flush(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let mut run = std::mem::take(&mut self.run);
        self.take_formula_id(&mut run);
        let may_link = self.links_open == 0 && self.balance.may_link();
        if !may_link || !run.iter().any(|(text, _)| may_hold_link(text)) {
            for (text, range) in run {
                self.text(text, range);
            }
            return;
        }
        let joined: String = run.iter().map(|(text, _)| text.as_ref()).collect();
        let whole = run[0].1.start..run[run.len() - 1].1.end;
        let before = self.text[..whole.start].chars().next_back();
        // Where escapes or character references stand, the words have no places of their own.
        let is_typed = self.text.get(whole.clone()) == Some(&joined);
        let mut links = autolinks(&joined, before).into_iter().peekable();
        let (mut at, mut done) = (0_usize, 0_usize);
        for (text, place) in run {
            let end = at + text.len();
            while let Some(Autolink { range, href }) = links.next_if(|link| link.range.start < end) {
                self.part(&text, &place, done.saturating_sub(at)..range.start - at);
                let (words, href) = (joined[range.clone()].to_string(), href.into_owned());
                self.line.see(&words);
                done = range.end;
                let place = if is_typed { whole.start + range.start..whole.start + range.end } else { whole.clone() };
                self.leaf(Kind::Url { text: words.into(), href }, place);
            }
            self.part(&text, &place, done.saturating_sub(at)..text.len());
            at = end;
        }
    }

    /// Takes `{#loss}` from the beginning of texts that stand behind a formula of its own, in its line or the next.
    fn take_formula_id(&mut self, run: &mut Vec<(CowStr<'t>, Range<usize>)>) {
        let breaks = usize::from(matches!(self.nodes.last(), Some(Node { kind: Kind::SoftBreak, .. })));
        let Some(at) = self.nodes.len().checked_sub(1 + breaks) else { return };
        let Kind::Math(Math { display: true, id: own @ None, .. }) = &mut self.nodes[at].kind else { return };
        let start = run[0].1.start;
        let typed = &self.text[start..run[run.len() - 1].1.end];
        let Some((id, end)) = formula_id(typed).filter(|_| !self.is_line) else { return };
        *own = Some((typed[id.clone()].to_string(), start + id.start..start + id.end));
        self.nodes.truncate(at + 1);
        self.words = self.words.saturating_sub(count_words(&typed[..end]));
        let end = start + end;
        run.retain(|(_, range)| range.end > end);
        if let Some((text, range)) = run.first_mut().filter(|(_, range)| range.start < end) {
            *text = self.text[end..range.end].into();
            range.start = end;
        }
    }

    /// A part of a text that stands at a place.
    fn part(&mut self, text: &CowStr<'t>, place: &Range<usize>, part: Range<usize>) {
        if part.start >= part.end {
            return;
        }
        let is_typed = text.len() == place.len();
        let range = if is_typed { place.start + part.start..place.start + part.end } else { place.clone() };
        let words = match text {
            CowStr::Borrowed(text) => text[part].into(),
            text => text[part].to_string().into(),
        };
        self.text(words, range);
    }

    /// Words, their quotes and dashes apart. A character reference stands for itself, as does what a
    /// backslash stands before.
    fn text(&mut self, text: CowStr<'t>, range: Range<usize>) {
        if text.is_empty() {
            return;
        }
        let typed = self.text.get(range.clone()).filter(|typed| *typed == &*text);
        let Some(typed) =
            typed.filter(|_| self.dialect.punctuation != Punctuation::AsTyped && !self.balance.is_literal())
        else {
            self.line.see(&text);
            return self.leaf(Kind::Text(text), range);
        };
        let backslashes = self.text[..range.start].bytes().rev().take_while(|byte| *byte == b'\\').count();
        let is_escaped = backslashes % 2 == 1 && typed.starts_with(|c: char| c.is_ascii_punctuation());
        let (escaped, rest) = typed.split_at(usize::from(is_escaped));
        let mut at = range.start;
        let pieces = self.dialect.punctuation.pieces(self.line.last(), rest);
        for piece in (!escaped.is_empty()).then_some(Set::Text(escaped)).into_iter().chain(pieces) {
            let (set, length) = match piece {
                Set::Text(text) => (text.into(), text.len()),
                Set::Sign(set, typed) => (set.into(), typed.len()),
                Set::Quote(typed) => {
                    self.quotes.push(self.nodes.len());
                    self.line.quote(typed);
                    self.leaf(Kind::Text(typed.into()), at..at + typed.len());
                    at += typed.len();
                    continue;
                }
            };
            let set: CowStr<'t> = set;
            self.line.see(&set);
            self.leaf(Kind::Text(set), at..at + length);
            at += length;
        }
    }

    fn finish(mut self) -> Tree<'t> {
        self.flush();
        self.end_line();
        self.close_html();
        self.unbalanced.sort_by_key(|(node, tag)| (*node, tag.range.start));
        let Notes { numbers, mut found, defined } = self.notes;
        let mut unused_notes = Vec::new();
        // Of two definitions of one note the first counts.
        for (label, node) in defined.iter().rev() {
            match numbers.get(label) {
                Some(note) => found[*note].nodes = node + 1..self.nodes[*node].end,
                None => unused_notes.push((label.to_string(), self.nodes[*node].range.clone())),
            }
        }
        unused_notes.reverse();
        Tree {
            typed: self.text.into(),
            nodes: self.nodes,
            definitions: self.definitions,
            undefined: self.undefined,
            notes: found,
            unused_notes,
            unbalanced: self.unbalanced,
            words: self.words,
            too_deep: self.too_deep,
        }
    }
}

/// A quick look whether a text could hold a bare address.
fn may_hold_link(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr2(b':', b'@', bytes).is_some()
        || memmem::find(bytes, b"ww.").is_some()
        || memmem::find(bytes, b"WW.").is_some()
}

/// The id in `{#loss}` at the beginning of a text, and where the braces end.
fn formula_id(text: &str) -> Option<(Range<usize>, usize)> {
    let inside = text.trim_start_matches([' ', '\t']).strip_prefix("{#")?;
    let start = text.len() - inside.len();
    let length = inside.find(|c: char| c.is_whitespace() || matches!(c, '{' | '}'))?;
    (length > 0 && inside[length..].starts_with('}')).then_some((start..start + length, start + length + 1))
}

/// Whether a comment has no end, so that all that follows would be one.
fn is_unclosed(comment: &str) -> bool {
    comment.starts_with("<!--") && !(comment.ends_with("-->") || comment.ends_with("--!>") || comment == "<!-->")
}
