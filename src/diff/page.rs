//! What readers see of a page.
//!
//! In: a page as it was built. Out: the words of its article block by block, all other words that it shows, and
//! where it leads if it only leads on. A page of another program is read just as well; it has no article then.

use crate::parse::markup::{Piece, Tag, markup};

/// What readers see of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What a browser's tab says.
    pub title: String,
    /// The article's words: paragraphs, headings, items, rows and listings, in their order.
    pub blocks: Vec<String>,
    /// What stands around the article: lists, neighbors, the frame.
    pub around: String,
    /// The address that it sends readers to at once.
    pub leads: Option<String>,
}

/// Reads a page.
pub fn page(html: &str) -> Page {
    let mut reader = Reader::default();
    for piece in markup(html).pieces {
        match piece {
            Piece::Text(text) => reader.text(&text),
            Piece::Start(tag) => reader.start(&tag),
            Piece::End { name, .. } => reader.end(&name),
            Piece::Comment(_) | Piece::Stray(_) => {}
        }
    }
    reader.flush();
    reader.page
}

/// An element that is open, by its name, and how many of that name are open in it, itself counted.
type Open = Option<(String, usize)>;

#[derive(Default)]
struct Reader {
    page: Page,
    /// The words since the last border of a block.
    block: String,
    in_title: bool,
    /// The element of the article's words.
    prose: Open,
    /// An element whose words nobody sees.
    hidden: Open,
    /// How many `pre` are open.
    listings: usize,
}

impl Reader {
    fn text(&mut self, text: &str) {
        if self.in_title {
            self.page.title.push_str(text);
        } else if self.hidden.is_none() {
            self.block.push_str(text);
        }
    }

    fn start(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if name == "meta" {
            self.page.leads = self.page.leads.take().or_else(|| refresh(tag));
            return;
        }
        let in_head = matches!(&self.hidden, Some((of, _)) if of == "head");
        self.in_title |= name == "title" && in_head && self.page.title.is_empty();
        if deepen(&mut self.hidden, name) || self.hidden.is_some() {
            return;
        }
        let has_class = |class: &str| {
            tag.attribute("class").is_some_and(|classes| classes.value.split_ascii_whitespace().any(|one| one == class))
        };
        let is_unseen = matches!(name, "head" | "script" | "style" | "template" | "noscript");
        if is_unseen || tag.attribute("hidden").is_some() || has_class("anchor") {
            // What only browsers read, what scripts show, and the sign of a heading's own link.
            self.hidden = Some((name.to_string(), 1));
            return;
        }
        if is_block(name) {
            self.flush();
        }
        match name {
            "br" => self.block.push('\n'),
            "td" | "th" => self.block.push(' '),
            "pre" => self.listings += 1,
            _ => {}
        }
        if !deepen(&mut self.prose, name) && self.prose.is_none() && has_class("prose") {
            self.flush();
            self.prose = Some((name.to_string(), 1));
        }
    }

    fn end(&mut self, name: &str) {
        self.in_title &= name != "title";
        if self.hidden.is_some() {
            leave(&mut self.hidden, name);
            return;
        }
        if is_block(name) {
            self.flush();
        }
        if name == "pre" {
            self.listings = self.listings.saturating_sub(1);
        }
        if leave(&mut self.prose, name) {
            self.block.push(' ');
            self.flush_to(true);
        }
    }

    fn flush(&mut self) {
        self.flush_to(self.prose.is_some());
    }

    fn flush_to(&mut self, is_article: bool) {
        let words = std::mem::take(&mut self.block);
        let words = match self.listings {
            0 => words.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => words.trim_end().to_string(),
        };
        if words.is_empty() {
            return;
        }
        if is_article {
            self.page.blocks.push(words);
        } else {
            self.page.around.push_str(&words);
            self.page.around.push('\n');
        }
    }
}

/// Counts an element within one of its name; whether it was.
fn deepen(open: &mut Open, name: &str) -> bool {
    match open {
        Some((of, depth)) if of == name => {
            *depth += 1;
            true
        }
        _ => false,
    }
}

/// Counts an end; whether it was that of the element itself.
fn leave(open: &mut Open, name: &str) -> bool {
    let Some((_, depth)) = open.as_mut().filter(|(of, _)| of == name) else { return false };
    *depth -= 1;
    let ended = *depth == 0;
    if ended {
        *open = None;
    }
    ended
}

/// Where `<meta http-equiv=refresh>` leads at once (HTML standard, §4.2.5.3).
fn refresh(tag: &Tag) -> Option<String> {
    let is = tag.attribute("http-equiv")?.value.eq_ignore_ascii_case("refresh");
    let content = &tag.attribute("content")?.value;
    let (_, to) = content.split_once("url=").or_else(|| content.split_once("URL="))?;
    is.then(|| to.trim_matches(['\'', '"', ' ']).to_string())
}

/// Whether an element begins on a line of its own.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "caption"
            | "details"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "legend"
            | "li"
            | "main"
            | "math"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "svg"
            | "table"
            | "text"
            | "tr"
            | "ul"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_see() {
        let html = "<head><title>A &amp; B</title><style>p{}</style></head><nav><ul><li>One<li>Two</ul></nav>\
                    <div class=\"prose wide\"><div><h2>Why <a class=\"anchor\" href=\"#why\">#</a></h2></div>\
                    <p>It <em>is</em>\nso.<script>no()</script></p><pre><code>a\n  b\n</code></pre>\
                    <table><tr><td>1<td>2</table></div><footer>End<template>t</template></footer>";
        let seen = page(html);
        assert_eq!(seen.title, "A & B");
        assert_eq!(seen.blocks, ["Why", "It is so.", "a\n  b", "1 2"]);
        assert_eq!(seen.around, "One\nTwo\nEnd\n");
        let leads = page("<meta http-equiv=refresh content=\"0; url=/new/\"><p>Moved</p>").leads;
        assert_eq!(leads.as_deref(), Some("/new/"));
    }
}
