//! What has a number of its own in an article: figures, listings, tables and formulas with an id.

use std::collections::BTreeMap;

use crate::text::source::Span;

/// What is counted apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Figure,
    Listing,
    Table,
    Formula,
}

impl Sort {
    /// The phrase of the theme that says one with its number.
    pub fn phrase(self) -> &'static str {
        match self {
            Sort::Figure => "figure_number",
            Sort::Listing => "listing_number",
            Sort::Table => "table_number",
            Sort::Formula => "formula_number",
        }
    }
}

/// A thing with a number; which number is known once the whole plan is.
#[derive(Debug, Clone)]
pub struct Numbered {
    pub sort: Sort,
    pub id: String,
    /// Where the id is typed.
    pub span: Span,
}

/// By id, what the numbered things of an article are called, such as "Figure 12.3".
pub type Labels = BTreeMap<String, String>;
