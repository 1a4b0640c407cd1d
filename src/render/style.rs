//! How texts become HTML: the settings of a site, and the medium that the HTML is for.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use pulldown_cmark_escape::{escape_href, escape_html, escape_html_body_text};

use super::code::Highlighter;
use crate::project::images::{COLUMN, Shown, Size, Smaller};
use crate::project::phrases::Phrases;
use crate::settings::config::{BaseUrl, Boxes};
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
    pub base: &'a BaseUrl,
    /// The site's images, by URL.
    pub shown: &'a Shown,
    /// Whether notes stand after the paragraph that refers to them first, and not at the end.
    pub notes_in_margin: bool,
    /// Where the HTML goes when not onto its own page.
    pub medium: Option<Medium<'a>>,
    /// The sources that citations name; without, these are text.
    pub cites: Option<Cites<'a>>,
}

/// An image of the site where a text shows it.
#[derive(Debug, Clone)]
pub struct Image<'a> {
    pub size: Size,
    /// The same in fewer pixels, from which a browser may choose.
    pub smaller: &'a [Arc<Smaller>],
    /// The one that stands in its place.
    pub url: Option<String>,
}

/// The width that feeds and books hold of a picture, where they have the choice.
const ELSEWHERE: u32 = 1280;

impl Image<'_> {
    /// What a browser chooses from, `url` being the image itself: nothing where there is no choice.
    pub fn srcset(&self, base: &BaseUrl, url: &str) -> Option<String> {
        let one = |smaller: &Arc<Smaller>| format!("{} {}w", base.rooted(&smaller.address), smaller.size.0);
        let all = self.smaller.iter().map(one);
        let all: Vec<String> = all.chain([format!("{} {}w", encode_href(url), self.size.0)]).collect();
        (!self.smaller.is_empty()).then(|| all.join(", "))
    }

    /// Whether it is wider than a text, so that there is more to see than is shown.
    pub fn is_wide(&self) -> bool {
        self.size.0 > COLUMN
    }
}

/// How wide an image is in a column of text, as the theme has it: what `sizes` says.
pub const IN_TEXT: &str = "(min-width: 42rem) 38rem, calc(100vw - 2.5rem)";

/// The same of a figure.
pub const IN_FIGURE: &str = "(min-width: 66rem) 47rem, (min-width: 42rem) 38rem, calc(100vw - 2.5rem)";

/// Sources, and where they are listed.
#[derive(Debug, Clone, Copy)]
pub struct Cites<'a> {
    pub sources: &'a Bibliography,
    /// The page of the list; nothing for a text that ends with its own.
    pub page: Option<&'a str>,
}

impl<'a> Style<'a> {
    /// An address of the site or an anchor of the article, as the medium wants it.
    pub fn address<'u>(&self, url: &'u str) -> Cow<'u, str> {
        match self.medium {
            Some(medium) => (medium.address)(url).into(),
            None => url.into(),
        }
    }

    /// The image at an address of the site, as it stands here; nothing at the address of anything else.
    pub fn picture(&self, url: &str) -> Option<Image<'a>> {
        let picture = self.shown.get(url.split(['?', '#']).next().unwrap_or(url))?;
        if !self.is_plain() {
            return Some(Image { size: picture.size, smaller: &picture.smaller, url: None });
        }
        // What reads feeds knows WebP, and not all that books are read with.
        let is_feed = self.medium.is_some_and(|medium| medium.absolute.is_some());
        let known = picture.smaller.iter().filter(|smaller| is_feed || smaller.extension != "webp");
        let away = |size: Size| size.0.abs_diff(ELSEWHERE);
        let nearest = known.min_by_key(|smaller| away(smaller.size));
        let nearest = nearest.filter(|known| away(known.size) < away(picture.size));
        let size = nearest.map_or(picture.size, |smaller| smaller.size);
        Some(Image { size, smaller: &[], url: nearest.map(|smaller| self.base.rooted(&smaller.address)) })
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

/// Controls that HTML forbids (§13.1.2.1 of the standard) as U+FFFD; they come from escapes in TOML
/// and from character references.
pub fn without_controls(html: String) -> String {
    let bytes = html.as_bytes();
    // Without early ends both loops run on vectors: this looks at every byte of the site.
    let control = |byte: u8| (byte < 0x20) & (byte != b'\n') & (byte != b'\t') & (byte != b'\r') | (byte == 0x7f);
    let ascii = bytes.iter().fold(false, |found, byte| found | control(*byte));
    // U+0080 to U+009F are C2 80 to C2 9F, and U+FFFE and U+FFFF end in BF BE and BF BF.
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let others =
        pairs.fold(false, |found, (a, b)| found | ((*a == 0xc2) & (*b < 0xa0)) | ((*a == 0xbf) & (*b >= 0xbe)));
    if !ascii && !others {
        return html;
    }
    let forbidden =
        |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}');
    html.replace(forbidden, "\u{fffd}")
}
