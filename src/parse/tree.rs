//! The text of an article, or a line of it, as a tree.
//!
//! In: Markdown as typed. Out: its nodes in the order in which they stand, each with its place; links,
//! headings and blocks are numbered as they come, so that whatever was found out about one of them
//! when the site was read is found again by its number. A tree borrows from the text and is dropped
//! when everything that holds the article's words has been written.
//!
//! Bare addresses are links here already, notes have their numbers, and raw HTML is in pieces:
//! nobody who visits a tree has to look into a text again.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Range;

use memchr::{memchr2, memmem};
use pulldown_cmark::{
    Alignment, BlockQuoteKind, BrokenLink, CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd,
};

use super::autolink::{Autolink, autolinks};
use super::guard::{Guarded, restored};
use super::info;
use super::markup::{Markup, markup};
use super::words::count_words;

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
    /// Words of the text, without code.
    pub words: usize,
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
    /// Its place among the nodes.
    at: usize,
    /// Where the nodes end that it holds.
    end: usize,
}

#[derive(Debug)]
pub enum Kind<'t> {
    Paragraph,
    Heading(Heading<'t>),
    BlockQuote,
    Alert(BlockQuoteKind),
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
    /// Code that is shown.
    Listing(Fence<'t>),
    /// A fence that is a block, by its number.
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

#[derive(Debug)]
pub struct Link<'t> {
    /// Its number among the links.
    pub at: usize,
    pub kind: LinkType,
    pub dest: CowStr<'t>,
    pub title: CowStr<'t>,
}

#[derive(Debug)]
pub struct Math<'t> {
    pub latex: CowStr<'t>,
    pub display: bool,
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
                | Kind::Math(_)
                | Kind::NoteReference { .. }
                | Kind::TaskMarker(_)
                | Kind::SoftBreak
                | Kind::HardBreak
                | Kind::Rule
                | Kind::Listing(_)
                | Kind::Block(..)
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
                _ => {}
            }
        }
        text
    }
}

/// Reads a text. `blocks` are the names of fences that are blocks.
pub fn tree<'t>(text: &'t Guarded<'_>, options: Options, blocks: &BTreeSet<String>) -> Tree<'t> {
    let mut undefined = Vec::new();
    let mut note = |link: BrokenLink<'_>| {
        undefined.push((link.span, link.link_type));
        None
    };
    let mut builder = Builder::new(text.typed, blocks);
    let parser = Parser::new_with_broken_link_callback(text.as_parsed(), options, Some(&mut note));
    for (_, definition) in parser.reference_definitions().iter() {
        let dest = restored(definition.dest.clone()).into_string();
        builder.definitions.push((dest, definition.span.clone()));
    }
    for (event, range) in text.events(parser) {
        builder.event(event, range);
    }
    let mut tree = builder.finish();
    tree.undefined = undefined;
    tree
}

/// Reads a line of inline Markdown, in which raw HTML is text and has no links.
pub fn line<'t>(text: &'t Guarded<'_>, options: Options) -> Tree<'t> {
    let no_blocks = BTreeSet::new();
    let mut builder = Builder { is_line: true, ..Builder::new(text.typed, &no_blocks) };
    for (event, range) in text.events(text.parser(options)) {
        builder.event(event, range);
    }
    builder.finish()
}

struct Builder<'t, 'b> {
    text: &'t str,
    is_line: bool,
    blocks: &'b BTreeSet<String>,
    nodes: Vec<Node<'t>>,
    /// Nodes that are not closed, by their places.
    open: Vec<usize>,
    definitions: Vec<(String, Range<usize>)>,
    /// Texts that came one after another: they are one text for whoever looks for addresses in it.
    run: Vec<(CowStr<'t>, Range<usize>)>,
    /// How many links and images are open: in those an address is no link of its own.
    links_open: usize,
    fence: Option<Fence<'t>>,
    html_block: Option<Vec<(CowStr<'t>, usize)>>,
    tables: Vec<Vec<Alignment>>,
    cell: usize,
    in_head: bool,
    next: Numbers,
    notes: Notes<'t>,
    words: usize,
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
    fn new(text: &'t str, blocks: &'b BTreeSet<String>) -> Self {
        Builder {
            text,
            is_line: false,
            blocks,
            nodes: Vec::with_capacity(text.len() / 24),
            open: Vec::new(),
            definitions: Vec::new(),
            run: Vec::new(),
            links_open: 0,
            fence: None,
            html_block: None,
            tables: Vec::new(),
            cell: 0,
            in_head: false,
            next: Numbers::default(),
            notes: Notes::default(),
            words: 0,
        }
    }

    fn leaf(&mut self, kind: Kind<'t>, range: Range<usize>) {
        let at = self.nodes.len();
        self.nodes.push(Node { kind, range, at, end: at + 1 });
    }

    fn open(&mut self, kind: Kind<'t>, range: Range<usize>) {
        self.open.push(self.nodes.len());
        self.leaf(kind, range);
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.nodes[open].end = self.nodes.len();
        }
    }

    fn event(&mut self, event: Event<'t>, range: Range<usize>) {
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
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Html(text) => match &mut self.html_block {
                Some(lines) => lines.push((text, range.start)),
                None => self.html(vec![(text, range.start)], range, false),
            },
            Event::InlineHtml(text) => self.html(vec![(text, range.start)], range, false),
            Event::InlineMath(latex) => self.math(latex, false, range),
            Event::DisplayMath(latex) => self.math(latex, true, range),
            Event::Code(code) => {
                self.words += count_words(&code);
                self.leaf(Kind::Code(code), range);
            }
            Event::FootnoteReference(label) => self.note_reference(label, range),
            Event::TaskListMarker(done) => self.leaf(Kind::TaskMarker(done), range),
            Event::SoftBreak => self.leaf(Kind::SoftBreak, range),
            Event::HardBreak => self.leaf(Kind::HardBreak, range),
            Event::Rule => self.leaf(Kind::Rule, range),
            Event::Text(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'t>, range: Range<usize>) {
        let kind = match tag {
            Tag::Paragraph => Kind::Paragraph,
            Tag::Heading { level, id, classes, .. } => {
                let at = self.next.heading;
                self.next.heading += 1;
                Kind::Heading(Heading { at, level: level as u8, id, classes })
            }
            Tag::BlockQuote(None) => Kind::BlockQuote,
            Tag::BlockQuote(Some(kind)) => Kind::Alert(kind),
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
        let is_block = fence.is_fenced && self.blocks.contains(&*info::parse(&fence.info).0.language);
        if is_block {
            let at = self.next.block;
            self.next.block += 1;
            self.leaf(Kind::Block(at, fence), range);
        } else {
            self.leaf(Kind::Listing(fence), range);
        }
    }

    fn link(&mut self, kind: LinkType, dest: CowStr<'t>, title: CowStr<'t>) -> Link<'t> {
        self.links_open += 1;
        let at = self.next.link;
        self.next.link += 1;
        Link { at, kind, dest, title }
    }

    fn math(&mut self, latex: CowStr<'t>, display: bool, range: Range<usize>) {
        self.leaf(Kind::Math(Math { latex, display, set: OnceCell::new() }), range);
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

    fn html(&mut self, lines: Vec<(CowStr<'t>, usize)>, range: Range<usize>, is_block: bool) {
        let text: String = lines.iter().map(|(line, _)| line.as_ref()).collect();
        let markup = if self.is_line { Markup::default() } else { markup(&text) };
        let first_link = self.next.link;
        let addresses = markup.tags().flat_map(|tag| tag.addresses(&text));
        self.next.link += addresses.filter(|address| address.kind.is_resolved()).count();
        self.leaf(Kind::Html(Html { first_link, lines, text, markup, is_block }), range);
    }

    /// Takes the texts that came in a row, bare addresses apart.
    fn flush(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let run = std::mem::take(&mut self.run);
        if self.links_open > 0 || !run.iter().any(|(text, _)| may_link(text)) {
            for (text, range) in run {
                self.text(text, range);
            }
            return;
        }
        let (first, last) = (run[0].1.start, run[run.len() - 1].1.end);
        let typed = self.text.get(first..last).unwrap_or("");
        let before = self.text[..first].chars().next_back();
        // Addresses are looked for in what was typed, where smart punctuation has changed nothing;
        // where escapes or character references stand, in what they mean.
        if typed.contains(['\\', '&']) {
            self.flush_meant(&run, first..last, before);
        } else {
            self.flush_typed(run, first, autolinks(typed, before), typed);
        }
    }

    fn flush_meant(&mut self, run: &[(CowStr<'t>, Range<usize>)], range: Range<usize>, before: Option<char>) {
        let joined: String = run.iter().map(|(text, _)| text.as_ref()).collect();
        let mut at = 0;
        for link in autolinks(&joined, before) {
            self.text(joined[at..link.range.start].to_string().into(), range.clone());
            let (text, href) = (joined[link.range.clone()].to_string().into(), link.href.into_owned());
            self.leaf(Kind::Url { text, href }, range.clone());
            at = link.range.end;
        }
        self.text(joined[at..].to_string().into(), range);
    }

    fn flush_typed(
        &mut self,
        run: Vec<(CowStr<'t>, Range<usize>)>,
        first: usize,
        links: Vec<Autolink<'t>>,
        typed: &'t str,
    ) {
        let mut rest: VecDeque<(CowStr<'t>, Range<usize>)> = run.into();
        for link in links {
            let range = first + link.range.start..first + link.range.end;
            self.texts_until(range.start, &mut rest);
            let text = typed[link.range.clone()].into();
            self.leaf(Kind::Url { text, href: link.href.into_owned() }, range.clone());
            // Drop what the link covers.
            while let Some((text, place)) = rest.pop_front() {
                if place.end <= range.end {
                    continue;
                }
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
        self.texts_until(usize::MAX, &mut rest);
    }

    fn texts_until(&mut self, end: usize, rest: &mut VecDeque<(CowStr<'t>, Range<usize>)>) {
        while let Some((text, place)) = rest.pop_front() {
            if place.end <= end {
                self.text(text, place);
                continue;
            }
            if place.start < end && text.len() == place.len() {
                let (before, after) = text.split_at(end - place.start);
                self.text(before.to_string().into(), place.start..end);
                rest.push_front((after.to_string().into(), end..place.end));
            } else {
                rest.push_front((text, place));
            }
            return;
        }
    }

    fn text(&mut self, text: CowStr<'t>, range: Range<usize>) {
        if !text.is_empty() {
            self.leaf(Kind::Text(text), range);
        }
    }

    fn finish(mut self) -> Tree<'t> {
        self.flush();
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
            undefined: Vec::new(),
            notes: found,
            unused_notes,
            words: self.words,
        }
    }
}

/// A quick look whether a text could hold a bare address.
fn may_link(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr2(b':', b'@', bytes).is_some()
        || memmem::find(bytes, b"ww.").is_some()
        || memmem::find(bytes, b"WW.").is_some()
}
