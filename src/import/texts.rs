//! The words of the articles, without what only their tool reads.
//!
//! In: whose they are, and the folder of the source. Out: the text of one, read again and translated when its turn
//! has come, so that no more of them are in memory than are being written.

use std::collections::BTreeSet;

use super::around::{Around, MOST_INCLUDES};
use super::index::Index;
use super::model::Page;
use super::report::{Kind, Report};
use super::source::Folder;
use super::typed::{Place, Typed};
use super::{gitbook, hugo, jekyll, mdbook, meta, zola};
use crate::cli::Tool;

/// The texts of a source.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    pub tool: Tool,
    pub folder: &'a Folder,
    pub index: &'a Index,
}

impl Texts<'_> {
    /// The words of an article; adds the files that became listings, by their paths in the source.
    pub fn of(self, page: &Page, listings: &mut BTreeSet<String>, report: &mut Report) -> Typed {
        let from = page.from.as_str();
        let Some(text) = meta::body(self.folder, from) else {
            // It was there when the source was read.
            report.tell(Kind::Unread, Place::whole(from), from);
            return Typed::default();
        };
        let Texts { tool, folder, index } = self;
        let around = &mut Around { from, folder, index, listings, report, includes_left: MOST_INCLUDES };
        match tool {
            Tool::Mdbook => mdbook::translate(text, around),
            Tool::Zola => zola::translate(text, around),
            Tool::Hugo => hugo::translate(text, around),
            Tool::Jekyll => jekyll::translate(text, around),
            Tool::Gitbook => gitbook::translate(text, around),
            Tool::Folder => text,
        }
    }
}
