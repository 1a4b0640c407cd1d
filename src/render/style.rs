//! How texts become HTML: the settings of a site, and the medium that the HTML is for.

use std::borrow::Cow;
use std::fmt;

use pulldown_cmark_escape::{escape_href, escape_html, escape_html_body_text};

use super::code::Highlighter;
use crate::project::images::{Size, Sizes};
use crate::project::phrases::Phrases;
use crate::settings::config::Boxes;
use crate::site::sources::Bibliography;
use crate::text::punctuation::Punctuation;

/// How texts become HTML on this site.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    pub punctuation: Punctuation,
    pub raw_html: bool,
    pub highlighter: Option<&'a Highlighter<'a>>,
    pub phrases: &'a Phrases,
    /// The kinds of boxes.
    pub boxes: &'a Boxes,
    /// Sizes of the site's images, by URL.
    pub sizes: &'a Sizes,
    /// Whether notes stand after the paragraph that refers to them first, and not at the end.
    pub notes_in_margin: bool,
    /// Where the HTML goes when not onto its own page.
    pub medium: Option<Medium<'a>>,
    /// The sources that citations name; without, these are text.
    pub cites: Option<Cites<'a>>,
}

/// Sources, and where they are listed.
#[derive(Debug, Clone, Copy)]
pub struct Cites<'a> {
    pub sources: &'a Bibliography,
    /// The page of the list; nothing for a text that ends with its own.
    pub page: Option<&'a str>,
}

impl<'a> Style<'a> {
    /// An address of the site or an anchor of the article, as the medium wants it.
    pub fn address(&self, url: &'a str) -> Cow<'a, str> {
        match self.medium {
            Some(medium) => (medium.address)(url).into(),
            None => url.into(),
        }
    }

    /// The size of the image at an address of the site.
    pub fn size(&self, url: &str) -> Option<Size> {
        self.sizes.get(url.split(['?', '#']).next().unwrap_or(url)).copied()
    }

    /// What stands before every id.
    pub fn prefix(&self) -> &'a str {
        self.medium.map_or("", |medium| medium.prefix)
    }

    /// The level of a heading or block where it goes.
    pub fn level(&self, level: u8) -> u8 {
        (level + self.medium.map_or(0, |medium| medium.demote)).min(6)
    }

    pub fn is_plain(&self) -> bool {
        self.medium.is_some_and(|medium| medium.plain)
    }
}

/// A place for an article's HTML other than its own page: a feed, a book, a page of many articles.
#[derive(Clone, Copy)]
pub struct Medium<'a> {
    /// What becomes of an address of this site (`/base/guide/`) and of an anchor of the article's
    /// own (`#chunking`).
    pub address: &'a (dyn Fn(&str) -> String + Sync),
    /// Stands before the article's ids, where several articles share a page.
    pub prefix: &'a str,
    /// How many levels headings go down.
    pub demote: u8,
    /// Whether nothing but HTML is there to show it: no style, no script, no classes needed.
    pub plain: bool,
    /// Where the HTML is read without its page: what makes any address absolute.
    pub absolute: Option<&'a (dyn Fn(&str) -> String + Sync)>,
}

impl fmt::Debug for Medium<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Medium").field("prefix", &self.prefix).field("plain", &self.plain).finish_non_exhaustive()
    }
}

/// Escapes text for an element or a quoted attribute.
pub fn escape(out: &mut String, text: &str) {
    // Writing to a `String` can't fail.
    let _ = escape_html(out, text);
}

/// Escapes an address for an `href`.
pub fn href(out: &mut String, address: &str) {
    let _ = escape_href(out, address);
}

/// Escapes text for an element alone: quotes stay as they are.
pub fn escape_text(out: &mut String, text: &str) {
    let _ = escape_html_body_text(out, text);
}

/// An address in the characters that an `href` has, before it is escaped.
pub fn encode_href(address: &str) -> String {
    let mut escaped = String::with_capacity(address.len());
    href(&mut escaped, address);
    escaped.replace("&#x27;", "'").replace("&amp;", "&")
}

/// Text as it stands in an element or a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text);
    out
}
