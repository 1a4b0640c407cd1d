//! What one Markdown file holds.
//!
//! In: nothing; `read` fills it. Out: front matter, headings, links and blocks, each with its place.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use super::block::Placed;
use super::fingerprint::Section;
use super::front::FrontMatter;
use super::guard::{Guard, Guarded};
use super::link::Link;
use super::numbered::Numbered;
use crate::text::source::{SourceId, Span, Spanned};

/// What one Markdown file holds.
#[derive(Debug, Clone)]
pub struct Article {
    pub source: SourceId,
    pub front: FrontMatter,
    /// The bytes below the front matter.
    pub body: Range<usize>,
    /// Stands for those above.
    pub head: blake3::Hash,
    pub headings: Box<[Heading]>,
    /// The anchor of a first heading that repeats the title; it is not among the headings.
    pub title_id: Option<String>,
    /// Ids of raw HTML elements: further anchors.
    pub html_ids: Box<[String]>,
    /// First those of the text, by their numbers in its tree, then those of blocks.
    pub links: Box<[Link]>,
    /// Bare addresses in the text.
    pub urls: Box<[Link]>,
    /// By their numbers in the tree.
    pub blocks: Box<[Placed]>,
    /// What has a number, in the order of the text.
    pub numbered: Box<[Numbered]>,
    /// Words of the text and its blocks, without code; two characters of a script without spaces
    /// count as one.
    pub words: usize,
    /// Its first sentence, where it has no description.
    pub opening: Option<String>,
    pub claims: Box<[Claim]>,
    /// The fences that take their code from elsewhere, in the order in which they stand.
    pub listings: Box<[Listing]>,
    /// The keys of the sources that it cites, in its text and in the lines of its blocks.
    pub citations: Box<[Spanned<String>]>,
    /// What below the front matter the parser mustn't see.
    pub guards: Box<[Guard]>,
    /// What it says, by which its translations are held against it; nothing on a site of one language.
    pub said: Box<[Section]>,
}

/// The same things in a block of their size: what is kept of each article as long as its site is would take the room that
/// it grew in, since an allocator lets what shrinks by less than half stay where it is.
pub fn exact<T>(items: Vec<T>) -> Box<[T]> {
    let mut exact = Vec::with_capacity(items.len());
    exact.extend(items);
    exact.into()
}

impl Article {
    /// The text below the front matter, ready to be read again.
    pub fn guarded<'t>(&self, text: &'t str) -> Guarded<'t> {
        Guarded::new(&text[self.body.clone()], &self.guards)
    }

    /// The heading with a number in the text's tree; nothing for a first one that repeats the title.
    pub fn heading(&self, at: usize) -> Option<&Heading> {
        let at = if self.title_id.is_some() { at.checked_sub(1)? } else { at };
        self.headings.get(at)
    }
}

#[derive(Debug, Clone)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    pub id: Box<str>,
    /// Plain text.
    pub text: Box<str>,
    pub span: Span,
}

/// A fence whose code stands elsewhere: in a file, or in what changed in one.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Where the fence begins below the front matter, by which both reads of the text know it.
    pub at: usize,
    /// Its first line.
    pub span: Span,
    /// What stands after the fence, and where.
    pub info: Spanned<String>,
    pub taken: Taken,
}

/// What is shown in a fence, as typed.
#[derive(Debug, Clone)]
pub enum Taken {
    /// A file or a piece of it; what changed in that since a part, or `previous`, where one is named.
    File { file: Spanned<String>, piece: Piece, since: Option<Spanned<String>> },
    /// The files of the program that changed since a part, or `previous`.
    Files { since: Spanned<String> },
}

impl Taken {
    /// The part since which changes are shown.
    pub fn since(&self) -> Option<&Spanned<String>> {
        match self {
            Taken::File { since, .. } => since.as_ref(),
            Taken::Files { since } => Some(since),
        }
    }
}

/// What of a file is shown.
#[derive(Debug, Clone)]
pub enum Piece {
    Whole,
    /// What stands between the lines that name this anchor.
    Anchor(Spanned<String>),
    /// Lines, counted from 1.
    Lines(Spanned<RangeInclusive<u32>>),
}

impl Piece {
    /// Where it is said.
    pub fn span(&self) -> Option<Span> {
        match self {
            Piece::Whole => None,
            Piece::Anchor(anchor) => Some(anchor.span),
            Piece::Lines(lines) => Some(lines.span),
        }
    }
}

/// Words such as "Part 7 of 20", which the plan may deny.
#[derive(Debug, Clone)]
pub struct Claim {
    pub span: Span,
    pub number: i64,
    pub total: usize,
}

/// Every anchor of an article: of its headings, of a first one that repeats the title, of what has a number, and
/// the ids of raw HTML.
pub fn anchors(article: &Article) -> BTreeSet<&str> {
    let headings = article.headings.iter().map(|heading| &*heading.id);
    let others = article.html_ids.iter().chain(article.numbered.iter().map(|thing| &thing.id));
    headings.chain(article.title_id.as_deref()).chain(others.map(String::as_str)).collect()
}
