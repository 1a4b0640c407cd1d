//! What is said in each block of a text, in a few letters.
//!
//! In: an article's tree. Out: its blocks, heading by heading, each with its place and a fingerprint: of words
//! without punctuation, markup and the addresses of links, of code and formulas to the letter. So two texts that
//! only print differently have the same.

use unicode_normalization::char::is_combining_mark;

use super::component::mark;
use super::front::FrontMatter;
use super::tree::{Kind, Node, Step, Tree};
use crate::text::source::Spanned;

/// What stands under a heading, or before the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The heading first, but in what stands before any.
    pub blocks: Vec<Block>,
}

/// A paragraph, a heading, an item of a list, a row of a table, a listing or a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub fingerprint: String,
    /// Where it begins, in bytes of what the tree is of.
    pub at: usize,
}

/// With what the fingerprint of a heading begins, and of nothing else.
pub const HEADING: char = 'h';

/// So many hexadecimal digits of a hash tell the blocks of one file apart.
const DIGITS: usize = 12;

/// A text of some kind as a block.
pub fn of_text(kind: &str, text: &Spanned<String>) -> Block {
    Block { fingerprint: fingerprint(kind, &words(&text.value)), at: text.span.range().start }
}

/// What an article says: first what stands in its front matter, then what stands before any heading, then what stands
/// under each. Places are bytes of its source, in which its text begins at `start`.
pub fn said(front: &FrontMatter, tree: &Tree<'_>, start: usize) -> Vec<Section> {
    let texts = [
        ("title", Some(&front.title)),
        ("description", front.description.as_ref()),
        ("next", front.next_up.as_deref()),
    ];
    let texts = texts.into_iter().filter_map(|(kind, text)| Some(of_text(kind, text?)));
    let mut said = vec![Section { blocks: texts.collect() }];
    said.extend(sections(tree).into_iter().map(|section| {
        let moved = section.blocks.into_iter().map(|block| Block { at: block.at + start, ..block });
        Section { blocks: moved.collect() }
    }));
    said
}

/// The sections of a text; the first stands before any heading, and may be empty.
pub fn sections(tree: &Tree<'_>) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    for (block, is_heading) in blocks(tree) {
        if is_heading {
            sections.push(Section::default());
        }
        if let Some(section) = sections.last_mut() {
            section.blocks.push(block);
        }
    }
    sections
}

/// A block while its text is gathered.
struct Open {
    kind: &'static str,
    at: usize,
    /// Its words as they were typed, what counts to the letter between [`EXACT`].
    text: String,
    /// Whether it is one even without words, as a paragraph with a picture is.
    is_sure: bool,
}

/// Stands around what counts to the letter; no text holds it.
const EXACT: char = '\u{0}';

/// The blocks in the order of the text, and whether each is a heading.
fn blocks(tree: &Tree<'_>) -> Vec<(Block, bool)> {
    let mut found: Vec<(Block, bool)> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut close = |block: Open| {
        if block.is_sure || !block.text.trim().is_empty() {
            let fingerprint = fingerprint(block.kind, &words(&block.text));
            found.push((Block { fingerprint, at: block.at }, block.kind.starts_with(HEADING)));
        }
    };
    for step in tree.steps() {
        match step {
            Step::Enter(node) => {
                if let Some((kind, is_sure)) = container(node) {
                    open.push(Open { kind, at: node.range.start, text: String::new(), is_sure });
                } else if let Some((kind, text)) = whole(node) {
                    close(Open { kind, at: node.range.start, text, is_sure: true });
                } else if let Some(block) = open.last_mut() {
                    gather(node, &mut block.text);
                } else {
                    // A formula in a fence stands in no paragraph.
                    let mut text = String::new();
                    gather(node, &mut text);
                    close(Open { kind: "p", at: node.range.start, text, is_sure: false });
                }
            }
            Step::Leave(node) if container(node).is_some() => open.pop().into_iter().for_each(&mut close),
            // The words of two cells don't become one.
            Step::Leave(node) if matches!(node.kind, Kind::TableCell { .. }) => {
                open.iter_mut().next_back().into_iter().for_each(|block| block.text.push(' '));
            }
            Step::Leave(_) => {}
        }
    }
    // An item of a list is left after what it holds.
    found.sort_by_key(|(block, _)| block.at);
    found
}

/// What a node is that holds the words of a block, and whether it is a block without any.
fn container(node: &Node<'_>) -> Option<(&'static str, bool)> {
    Some(match &node.kind {
        Kind::Heading(heading) => {
            (["h1", "h2", "h3", "h4", "h5", "h6"][usize::from(heading.level.clamp(1, 6)) - 1], true)
        }
        Kind::Paragraph => ("p", true),
        Kind::TableHead | Kind::TableRow => ("tr", true),
        // Whether they hold words or paragraphs is a matter of empty lines.
        Kind::Item
        | Kind::DefinitionTitle
        | Kind::Definition
        | Kind::NoteDefinition(_)
        | Kind::BlockQuote
        | Kind::Box(_)
        | Kind::BoxTitle(_) => ("p", false),
        _ => return None,
    })
}

/// What a node says that is a block by itself.
fn whole(node: &Node<'_>) -> Option<(&'static str, String)> {
    Some(match &node.kind {
        // Code that stands elsewhere is the same in all languages, and which it is stands behind the fence.
        Kind::Listing(fence) if fence.lines.is_empty() => ("code", format!("{EXACT}{}{EXACT}", fence.info)),
        Kind::Listing(fence) => ("code", format!("{EXACT}{}{EXACT}", fence.text())),
        // What stands below its TOML and is a piece of the article has blocks of its own.
        Kind::Block(_, fence) => {
            let text = fence.text();
            let toml = node.has_nodes().then(|| mark(&text)).flatten().map_or(&*text, |mark| &text[..mark.start]);
            ("block", format!("{} {toml}", fence.info))
        }
        Kind::Html(html) if html.is_block => ("raw", html.text.clone()),
        _ => return None,
    })
}

/// Adds what a node says within a block.
fn gather(node: &Node<'_>, text: &mut String) {
    match &node.kind {
        Kind::Text(words) => text.push_str(words),
        Kind::Url { text: address, .. } => text.push_str(address),
        Kind::Code(code) => text.push_str(&format!("{EXACT}{code}{EXACT}")),
        Kind::Math(math) => text.push_str(&format!("{EXACT}{}{EXACT}", math.latex)),
        Kind::Citation(cited) => cited.iter().for_each(|cited| text.push_str(&format!("{EXACT}{}{EXACT}", cited.key))),
        Kind::SoftBreak | Kind::HardBreak => text.push(' '),
        _ => {}
    }
}

/// The words of a text, each behind a space; what stands between [`EXACT`] as it is.
fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for (at, piece) in text.split(EXACT).enumerate() {
        begin(&mut words);
        if at % 2 == 1 {
            words.push_str(piece);
            continue;
        }
        let mut chars = piece.chars().peekable();
        while let Some(c) = chars.next() {
            let is_minus = c == '-' && words.ends_with(' ') && chars.peek().is_some_and(char::is_ascii_digit);
            if c.is_alphanumeric() || is_combining_mark(c) || is_minus {
                words.extend(c.to_lowercase());
                continue;
            }
            begin(&mut words);
            if is_said(c) {
                words.extend([c, ' ']);
            }
        }
    }
    words.trim_end().to_string()
}

/// Ends the word before.
fn begin(words: &mut String) {
    if !words.ends_with(' ') {
        words.push(' ');
    }
}

/// Whether a sign is read aloud, and is no punctuation: `5 %`, `a + b`.
fn is_said(c: char) -> bool {
    matches!(
        c,
        '%' | '‰' | '+' | '=' | '<' | '>' | '$' | '€' | '£' | '¥' | '₹' | '°' | '#' | '&' | '@' | '−' | '×' | '÷'
    )
}

fn fingerprint(kind: &str, text: &str) -> String {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    format!("{kind}-{}", &hash[..DIGITS])
}
