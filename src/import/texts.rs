//! The words of the articles, without what only their tool reads.
//!
//! In: whose they are, and the folder of the source. Out: the text of one, read again and translated when its turn
//! has come, so that no more of them are in memory than are being written.

use std::collections::BTreeSet;

use super::around::{Around, MOST_INCLUDES};
use super::attributes;
use super::formulas::escaped;
use super::index::Index;
use super::model::{Found, Page, Signs};
use super::report::{Kind, Report};
use super::source::Folder;
use super::typed::{Edit, Place};
use super::view::Looked;
use super::{docusaurus, gitbook, hugo, jekyll, mdbook, meta, zola};
use crate::cli::Tool;

/// The texts of a source.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    pub tool: Tool,
    pub folder: &'a Folder,
    pub index: &'a Index,
    pub found: &'a Found,
}

impl Texts<'_> {
    /// The words of an article; adds the files that became listings, by their paths in the source.
    pub fn of(self, page: &Page, listings: &mut BTreeSet<String>, report: &mut Report) -> Looked {
        let from = page.from.as_str();
        let Some(text) = meta::body(self.folder, from) else {
            // It was there when the source was read.
            report.tell(Kind::Unread, Place::whole(from), from);
            return Looked::default();
        };
        let text = bare_signs(attributes::marked(Looked::new(text)));
        let Texts { tool, folder, index, found } = self;
        let front = &page.front;
        let around = &mut Around { from, folder, index, found, listings, report, front, includes_left: MOST_INCLUDES };
        let text = match tool {
            Tool::Mdbook => mdbook::translate(text, around),
            Tool::Zola => zola::translate(text, around),
            Tool::Hugo => hugo::translate(text, around),
            Tool::Jekyll => jekyll::translate(text, around),
            Tool::Gitbook => gitbook::translate(text, around),
            Tool::Folder => docusaurus::translate(text, around),
        };
        with_dollars(text, &found.site.formulas)
    }
}

/// A link whose words are the sign that alone stands for its target's title here keeps it, with a space behind it.
fn bare_signs(looked: Looked) -> Looked {
    let Looked { text, seen } = &looked;
    let words = seen.links.iter().filter_map(|link| link.words.clone());
    let edits = words.filter(|words| &text.text[words.clone()] == "#").map(|words| Edit::new(words, "# ")).collect();
    looked.apply(edits)
}

/// Puts dollars where other signs stood around formulas.
fn with_dollars(looked: Looked, formulas: &[Signs]) -> Looked {
    let Looked { text, seen } = &looked;
    let mut edits: Vec<Edit> = Vec::new();
    // Where others are set, a dollar is one.
    if !formulas.is_empty() && formulas.iter().all(|signs| signs.open != "$") {
        let inline = seen.formulas.iter().filter(|formula| !formula.display);
        edits.extend(inline.flat_map(|formula| escaped(&text.text, &formula.range)));
    }
    for Signs { open, close, alone } in formulas.iter().filter(|signs| !signs.open.starts_with('$')) {
        let mut from = 0;
        while let Some(at) = text.text[from..].find(open.as_str()).map(|at| from + at) {
            from = at + open.len();
            // A sign behind another backslash is none.
            if seen.is_hidden(at) || text.text[..at].ends_with('\\') {
                continue;
            }
            let Some(length) = text.text[from..].find(close.as_str()) else { break };
            let inner = &text.text[from..from + length];
            if inner.trim().is_empty() || inner.contains("\n\n") {
                continue;
            }
            let sign = if *alone { "$$" } else { "$" };
            // A dollar in a line stands at what it begins and ends.
            let (before, behind) = match alone {
                true => (0, 0),
                false => (inner.len() - inner.trim_start().len(), inner.len() - inner.trim_end().len()),
            };
            let end = from + length;
            edits.push(Edit::new(at..from + before, sign));
            edits.push(Edit::new(end - behind..end + close.len(), sign));
            from = end + close.len();
        }
    }
    looked.apply(edits)
}
