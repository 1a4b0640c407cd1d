//! One source to one [`Article`], and its text to a [`Tree`](tree::Tree).
//!
//! In: a Markdown source. Out: its front matter, headings, links and blocks, each with its place.
//! A text is read twice: once for what it has, so that the site can be known, and once to write
//! everything that holds its words. Both reads make the same tree, in which links, headings and blocks
//! have their numbers, and neither keeps it. Nothing here knows other articles.

pub mod article;
pub mod autolink;
pub mod balance;
pub mod block;
pub mod dialect;
pub mod front;
pub mod guard;
pub mod info;
pub mod inline;
pub mod markup;
pub mod money;
pub mod tree;
pub mod wholes;

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::tz::TimeZone;

use crate::diagnostic::Diagnostic;
use crate::text::source::{SourceId, Sources, Span};
use block::{BlockKind, Placed};
use dialect::Dialect;
use front::{FrontMatter, Kind};
use guard::{Guard, Guarded};

/// What one Markdown file holds.
#[derive(Debug)]
pub struct Article {
    pub source: SourceId,
    pub front: FrontMatter,
    /// The bytes below the front matter.
    pub body: Range<usize>,
    pub headings: Vec<Heading>,
    /// The anchor of a first heading that repeats the title; it is not among the headings.
    pub title_id: Option<String>,
    /// Ids of raw HTML elements: further anchors.
    pub html_ids: Vec<String>,
    /// First those of the text, by their numbers in its tree, then those of blocks.
    pub links: Vec<Link>,
    /// Bare addresses in the text.
    pub urls: Vec<Link>,
    /// By their numbers in the tree.
    pub blocks: Vec<Placed>,
    /// Words of the text and its blocks, without code; two characters of a script without spaces
    /// count as one.
    pub words: usize,
    pub claims: Vec<Claim>,
    /// What below the front matter the parser mustn't see.
    pub guards: Vec<Guard>,
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
    pub id: String,
    /// Plain text.
    pub text: String,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    Link,
    Image,
}

/// A link or image as it was typed.
#[derive(Debug, Clone)]
pub struct Link {
    pub kind: LinkKind,
    pub dest: String,
    pub span: Span,
    /// Whether its text is `#`, to be filled in from the target.
    pub reference: bool,
}

/// Words such as "Part 7 of 20", which the plan may deny.
#[derive(Debug, Clone)]
pub struct Claim {
    pub span: Span,
    pub number: i64,
    pub total: usize,
}

/// What parsing has to know beside the text.
#[derive(Debug)]
pub struct Context<'a> {
    pub zone: &'a TimeZone,
    pub dialect: Dialect,
    /// The home page has it when its own words have none.
    pub site_title: &'a str,
    /// The names of blocks: the built-in ones and the project's own.
    pub block_names: &'a BTreeSet<String>,
    /// The built-in ones.
    pub block_kinds: &'a [BlockKind],
}

/// Reads an article. `None` when it has no front matter to speak of; diagnostics then say why.
pub fn parse(
    sources: &Sources,
    source: SourceId,
    kind: Kind,
    context: &Context<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Article> {
    let (mut front, range) = front::parse(sources, source, kind, context.zone, out)?;
    if front.title.value.is_empty() && kind == Kind::Home {
        front.title.value = context.site_title.to_string();
    }
    Some(article::read(sources, source, (front, range), context, out))
}
