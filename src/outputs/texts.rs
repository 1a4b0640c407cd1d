//! The texts of parts and side pages in every medium.
//!
//! In: nothing; `write` fills them, each in one visit. Out: what a print page, feeds, a book and a search
//! index hold of them, kept while the outputs of its series are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::render::Renderer;
use crate::render::view::PrintText;
use crate::render::visit::Visit;
use crate::render::xhtml;
use crate::site::ids::ChapterId;
use crate::site::series::Chapter;
use crate::store::spool::{Piece, Spool};

/// The texts of parts and side pages.
#[derive(Debug, Default)]
pub struct Texts {
    /// In boxes, which are put in order by the thousand.
    pub chapters: BTreeMap<ChapterId, Box<ChapterTexts>>,
    /// The book of their series, when nothing of it has changed since it was bound.
    pub book: Option<Piece>,
    /// Where the texts of a long series wait.
    pub spool: Option<Arc<Spool>>,
}

impl Texts {
    pub fn of(&self, chapter: impl Into<ChapterId>) -> Option<&ChapterTexts> {
        self.chapters.get(&chapter.into()).map(Box::as_ref)
    }
}

/// In which media a text is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    pub print: bool,
    pub feed: bool,
    pub book: bool,
    pub search: bool,
}

/// A text in each medium that was wanted.
#[derive(Debug, Default)]
pub struct ChapterTexts {
    pub print: Option<Box<PrintText>>,
    /// HTML for feed readers.
    pub feed: Option<Arc<str>>,
    /// A chapter of the series' book.
    pub chapter: Option<ChapterDraft>,
    /// Its sections in the series' index.
    pub search: Option<Piece>,
}

/// A chapter whose links are not all settled, without its text, and this.
pub type ChapterDraft = (xhtml::Draft, Piece);

/// A part or a side page whose article is open.
#[derive(Debug, Clone, Copy)]
pub struct ChapterText<'a> {
    pub renderer: &'a Renderer<'a>,
    pub chapter: Chapter<'a>,
    /// Among all of its series, counted from 0.
    pub position: usize,
    pub visit: &'a Visit<'a>,
}
