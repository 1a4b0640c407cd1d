//! Which tags of raw HTML have a partner.
//!
//! In: start tags and end tags as they come, each with how deep it stands in Markdown's own elements.
//! Out: whether an end tag ends something of its author's, and what is still open where an element of
//! Markdown ends. An end tag that ended more would end the page's own elements.

use std::ops::Range;

use super::elements::{ends_by_itself, is_void};
use super::markup::Tag;

/// A tag without a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbalanced {
    pub lacks: Lack,
    /// The element's name; `!--` for a comment.
    pub name: String,
    /// Where the tag stands in its piece of HTML.
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    Start,
    End,
    /// It is a link, and stands in one.
    Room,
}

/// An element that is open.
#[derive(Debug)]
pub struct Open {
    pub name: String,
    pub depth: usize,
    /// The node of its start tag, and where that stands in the node's HTML.
    pub node: usize,
    pub range: Range<usize>,
}

/// Raw HTML that is open.
#[derive(Debug, Default)]
pub struct Balance {
    open: Vec<Open>,
    /// How many of them hold code, or the words of a link or a button.
    literal: usize,
    linked: usize,
    /// Whether more were open than are counted: then no end tag is refused.
    is_beyond: bool,
}

/// As many elements as this may be open in one another; browsers count no deeper than 512.
const MOST_OPEN: usize = 1000;

/// Elements whose words are no prose: what is typed in them is shown to the letter.
const LITERAL: &[&str] =
    &["code", "kbd", "math", "pre", "samp", "script", "style", "svg", "textarea", "title", "tt", "var"];

/// Elements in which no other link can stand.
const LINKED: &[&str] = &["a", "button"];

/// Elements that browsers open again when an element around them ends (HTML standard, §13.2.4.3).
const FORMATTING: &[&str] =
    &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

impl Balance {
    /// Takes a start tag that stands in a node, so deep in Markdown's elements.
    pub fn start(&mut self, tag: &Tag, depth: usize, node: usize) {
        let is_foreign = || self.open.iter().any(|open| matches!(open.name.as_str(), "svg" | "math"));
        let ends_itself = tag.self_closing && (matches!(tag.name.as_str(), "svg" | "math") || is_foreign());
        if is_void(&tag.name) || ends_itself {
            return;
        }
        if self.open.len() == MOST_OPEN {
            self.is_beyond = true;
            return;
        }
        self.count(&tag.name, 1);
        self.open.push(Open { name: tag.name.clone(), depth, node, range: tag.range.clone() });
    }

    /// Takes an end tag; says whether it ends something.
    pub fn end(&mut self, name: &str, depth: usize) -> bool {
        let here = self.open.iter().rev().take_while(|open| open.depth == depth);
        let Some(above) = here.into_iter().position(|open| open.name == name) else { return self.is_beyond };
        let at = self.open.len() - 1 - above;
        let is_formatting = |name: &str| FORMATTING.contains(&name);
        let within = self.open.split_off(at + 1);
        self.open.pop();
        self.count(name, -1);
        for open in within {
            if is_formatting(name) || is_formatting(&open.name) {
                self.open.push(open);
            } else {
                self.count(&open.name, -1);
            }
        }
        true
    }

    /// Closes what was opened so deep: the elements that need an end tag, the last first.
    pub fn close(&mut self, depth: usize) -> Vec<Open> {
        let first = self.open.iter().rposition(|open| open.depth < depth).map_or(0, |at| at + 1);
        let mut closed = self.open.split_off(first);
        closed.iter().for_each(|open| self.count(&open.name, -1));
        closed.retain(|open| !ends_by_itself(&open.name));
        closed.reverse();
        closed
    }

    /// Whether words stand in code.
    pub fn is_literal(&self) -> bool {
        self.literal > 0
    }

    /// Whether they stand in a link or a button.
    pub fn is_in_link(&self) -> bool {
        self.linked > 0
    }

    /// Whether words may become a link.
    pub fn may_link(&self) -> bool {
        self.literal + self.linked == 0
    }

    fn count(&mut self, name: &str, change: isize) {
        for (names, counter) in [(LITERAL, &mut self.literal), (LINKED, &mut self.linked)] {
            if names.contains(&name) {
                *counter = counter.saturating_add_signed(change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::markup::{Piece, markup};

    /// The end tags that end nothing, and what is open at the end.
    fn judged(html: &str) -> (Vec<String>, Vec<String>) {
        let mut balance = Balance::default();
        let mut strays = Vec::new();
        for piece in markup(html).pieces {
            match piece {
                Piece::Start(tag) => balance.start(&tag, 0, 0),
                Piece::End { name, .. } if !balance.end(&name, 0) => strays.push(name),
                _ => {}
            }
        }
        let open = balance.close(0).into_iter().map(|open| open.name).collect();
        assert!(balance.may_link(), "{html}");
        (strays, open)
    }

    #[test]
    fn partners_are_found() {
        for (html, strays, open) in [
            ("<div><p>a<p>b</div><br/><img>", &[][..], &[][..]),
            ("</div><section></section></section></br>", &["div", "section", "br"], &[]),
            ("<b><i>x</b></i>", &[], &[]),
            ("<div><section></div></section>", &["section"], &[]),
            ("<div><b></div>", &[], &["b"]),
            ("<svg><path/></svg><div/><code>", &[], &["code", "div"]),
            ("<p align=center></p></p><li>", &["p"], &[]),
            ("<script>'</div>'</script>", &[], &[]),
        ] {
            assert_eq!(
                judged(html),
                (strays.iter().map(ToString::to_string).collect(), open.iter().map(ToString::to_string).collect()),
                "{html}"
            );
        }
    }

    #[test]
    fn hostile_tags_end_soon() {
        for piece in ["<b>", "</b>", "<b><i></b>", "<div><b></div>", "<svg/>"] {
            judged(&piece.repeat(100_000));
        }
    }
}
