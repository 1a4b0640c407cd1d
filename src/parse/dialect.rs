//! The dialect of Markdown.

use pulldown_cmark::{Options, TagEnd};

use crate::settings::config::{Boxes, Config};
use crate::text::punctuation::Punctuation;

/// The Markdown that partwork reads: CommonMark and the extensions of the format. Punctuation is set by
/// the tree, which knows what stands around a quote.
pub const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_DEFINITION_LIST)
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_MATH);

/// How a site wants its texts read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect<'a> {
    pub punctuation: Punctuation,
    /// Whether raw HTML goes out as HTML, and not as text.
    pub raw_html: bool,
    /// Whether `[@key]` cites a source.
    pub citations: bool,
    /// The kinds of boxes.
    pub boxes: &'a Boxes,
}

impl<'a> Dialect<'a> {
    /// That of a text which belongs to a series with sources, or doesn't.
    pub fn of(config: &'a Config, citations: bool) -> Self {
        Dialect { punctuation: config.punctuation, raw_html: config.raw_html, citations, boxes: &config.boxes }
    }
}

/// Whether an element stands in a line, and its words are read with those around it.
pub fn is_phrasing(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Subscript
            | TagEnd::Superscript
            | TagEnd::Link
            | TagEnd::Image
    )
}
