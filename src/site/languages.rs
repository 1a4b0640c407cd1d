//! The languages of a site, where each page is in them, and how far translations are, as values.
//!
//! In: nothing; `siblings` and `behind` fill them. Out: what pages say of each other, whatever their addresses are.

use std::collections::BTreeMap;

use crate::parse::aligned::Behind;
use crate::text::source::SourceId;

/// The languages of a site, the original's first; none where it has no other.
#[derive(Debug, Clone, Default)]
pub struct Languages {
    pub all: Vec<InLanguage>,
    /// By what a page shows, where it is in each language.
    pub pages: BTreeMap<String, Vec<Option<Place>>>,
}

/// A site in one language, as the others speak of it.
#[derive(Debug, Clone)]
pub struct InLanguage {
    /// A BCP 47 tag.
    pub tag: String,
    /// What its readers call it.
    pub name: String,
    /// `ltr` or `rtl`.
    pub direction: &'static str,
    /// How much of the site it has, in its own words; nothing where nothing is counted.
    pub tally: Option<String>,
    /// The same of each series, by id.
    pub series: BTreeMap<String, String>,
    /// The words of the page for addresses that aren't there.
    pub not_found: String,
    pub not_found_lede: String,
}

/// Where a page is.
#[derive(Debug, Clone)]
pub struct Place {
    /// Below the base.
    pub address: String,
    /// Whether search engines are to list it there.
    pub is_listed: bool,
}

/// A page in another language, or in its own.
#[derive(Debug, Clone, Copy)]
pub struct Sibling<'a> {
    pub language: &'a InLanguage,
    /// `None` where the language doesn't have the page.
    pub place: Option<&'a Place>,
}

/// How far a translation is.
#[derive(Debug, Clone)]
pub struct Standing {
    pub original: SourceId,
    /// The file that says what was translated, below the root.
    pub record: String,
    /// What that file calls the original: its path below the folder of both.
    pub name: String,
    /// Where it is behind; `None` where nothing says what it translates.
    pub behind: Option<Vec<Behind>>,
}
