//! What an output is: a kind of file that is made from the whole site.
//!
//! In: nothing. Out: the struct of which each file of this room holds one constant, and what they are
//! made from. The list of all is in `all.rs`.

use std::fmt;

use super::card;
use super::keys::Keys;
use super::library::Library;
use super::packed::Packed;
use super::texts::Texts;
use crate::diagnostic::Diagnostic;
use crate::project::assets::Assets;
use crate::render::Renderer;
use crate::site::Site;
use crate::site::address::{Subject, has_feed};
use crate::site::ledger::Moves;
use crate::site::page::{Page, Paged};
use crate::site::series::Series;
use crate::store::cache::Folder;
use crate::store::kind::Kind;
use crate::store::spool::Spool;
use crate::store::tree::Content;

/// A kind of output: everything that partwork knows of it.
pub struct OutputType {
    /// What it is to those who ask for it.
    pub kind: Kind,
    /// What there is one of.
    pub of: fn(Listing<'_>) -> Vec<Subject>,
    /// Where each lies, below the base.
    pub address: fn(&Site, Subject) -> String,
    /// Makes one; nothing when it can't be made, which has been reported.
    pub make: fn(Material<'_>, Subject, &mut Vec<Diagnostic>) -> Option<Content>,
    /// Whether it holds the texts of parts, and so is made while these are at hand.
    pub holds_texts: bool,
}

impl fmt::Debug for OutputType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputType").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What says which outputs there are.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    pub site: &'a Site,
    /// Every page with its address below the base; none while links are resolved.
    pub pages: &'a [(String, Page)],
    /// The site in all its languages, the originals' first; nothing while links are resolved.
    pub sites: &'a [Paged<'a>],
}

/// What outputs are made from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    pub renderer: &'a Renderer<'a>,
    /// The site in all its languages, the originals' first, with the pages of each.
    pub sites: &'a [Paged<'a>],
    /// The address below the base of every index, in all languages.
    pub indexes: &'a [&'a str],
    pub assets: &'a Assets,
    pub studio: &'a card::Studio<'a>,
    /// Cards and books of this run and of earlier ones.
    pub large: &'a Folder,
    pub library: &'a Library,
    /// The files of programs, as archives hold them.
    pub packed: &'a Packed,
    /// What stands for all that outputs are made from.
    pub keys: &'a Keys,
    /// The texts of parts; only of those whose outputs are being made.
    pub texts: &'a Texts,
    /// Old addresses.
    pub moves: &'a Moves,
    /// What pages may load, a Content Security Policy: known once all are written.
    pub policy: Option<&'a str>,
    /// Whether cards and books are made when somebody asks for them.
    pub later: bool,
}

impl<'a> Material<'a> {
    pub fn site(self) -> &'a Site {
        self.renderer.resolved().site
    }

    /// Room for what holds a part of each of a series' texts, where these are so many that it is not held itself. Who
    /// makes things later makes them of what is held.
    pub fn spool(self, series: &Series) -> Option<Spool> {
        if self.is_long(series) { self.large.spool() } else { None }
    }

    /// Whether texts of a series are too many to be held.
    pub fn is_long(self, series: &Series) -> bool {
        series.out().count() > MOST_HELD && !self.later
    }
}

/// What is made of a series of more parts waits in a file.
const MOST_HELD: usize = 500;

/// One for the site in each language.
pub fn of_site(_: Listing<'_>) -> Vec<Subject> {
    vec![Subject::Site]
}

/// One for the site in all its languages.
pub fn of_all_languages(listing: Listing<'_>) -> Vec<Subject> {
    listing.site.is_original().then_some(Subject::Site).into_iter().collect()
}

/// One for the site and one for each series and each folder of posts with a feed.
pub fn of_feeds(listing: Listing<'_>) -> Vec<Subject> {
    let series = listing.site.folders_shown().filter(|series| has_feed(series));
    std::iter::once(Subject::Site).chain(series.map(|series| Subject::Series(series.at))).collect()
}

/// A text as the content of a file.
pub fn text(text: String) -> Option<Content> {
    Some(Content::Bytes(text.into_bytes()))
}
