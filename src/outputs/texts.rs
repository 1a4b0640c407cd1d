//! The texts of parts in every medium.
//!
//! In: nothing; `write` fills them, each part's in one visit. Out: what a print page, feeds, a book and a
//! search index hold of a part, kept while the outputs of its series are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::render::Renderer;
use crate::render::sections::Section;
use crate::render::view::PrintPart;
use crate::render::visit::Visit;
use crate::render::xhtml;
use crate::site::ids::PartId;
use crate::site::series::Part;

/// The texts of parts.
#[derive(Debug, Default)]
pub struct Texts {
    pub parts: BTreeMap<PartId, PartTexts>,
    /// The book of their series, when nothing of it has changed since it was bound.
    pub book: Option<Vec<u8>>,
}

impl Texts {
    pub fn of(&self, part: PartId) -> Option<&PartTexts> {
        self.parts.get(&part)
    }
}

/// What of a part's text is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    pub print: bool,
    pub feed: bool,
    pub book: bool,
    pub search: bool,
}

/// The text of a part in each medium that was wanted.
#[derive(Debug, Default)]
pub struct PartTexts {
    pub print: Option<PrintPart>,
    /// HTML for feed readers.
    pub feed: Option<Arc<str>>,
    /// A chapter of the series' book.
    pub chapter: Option<xhtml::Draft>,
    pub sections: Vec<Section>,
}

/// A part whose article is open.
#[derive(Debug, Clone, Copy)]
pub struct PartText<'a> {
    pub renderer: &'a Renderer<'a>,
    pub part: &'a Part,
    pub visit: &'a Visit<'a>,
}
