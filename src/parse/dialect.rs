//! The dialect of Markdown.

use pulldown_cmark::Options;

/// The Markdown that partwork reads: CommonMark and the extensions of the format.
pub fn options(smart_punctuation: bool) -> Options {
    let mut options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    options.set(Options::ENABLE_SMART_PUNCTUATION, smart_punctuation);
    options
}
