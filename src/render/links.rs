//! Links on paper: their addresses as notes.
//!
//! In: the addresses of links as they are written. Out: a number for each that leads to another site,
//! and the addresses in the order of their numbers; the same address twice has one number. Links
//! within the site are left alone: what they lead to is most often on the same paper.

use super::style::{encode_href, escaped};
use crate::parse::markup::{Piece, markup};
use crate::project::phrases::Phrases;

/// The notes of one part.
#[derive(Debug)]
pub struct LinkNotes {
    /// The id of the part's heading.
    pub anchor: String,
    /// In the order of their numbers.
    pub addresses: Vec<String>,
}

impl LinkNotes {
    pub fn new(anchor: String) -> Self {
        LinkNotes { anchor, addresses: Vec::new() }
    }

    /// The id of the line of an address, counted from 1.
    pub fn id(&self, number: usize) -> String {
        format!("{}-link-{number}", self.anchor)
    }

    /// What stands behind a link to an address: nothing unless it leads to another site.
    pub fn note(&mut self, address: &str, phrases: &Phrases) -> Option<String> {
        if !(address.starts_with("http://") || address.starts_with("https://")) {
            return None;
        }
        let address = encode_href(address);
        let number = self.addresses.iter().position(|known| *known == address).unwrap_or_else(|| {
            self.addresses.push(address);
            self.addresses.len() - 1
        }) + 1;
        let (id, label) = (self.id(number), escaped(&phrases.say("link_note", &[("n", number.to_string())])));
        Some(format!("<sup class=\"link-note\"><a href=\"#{id}\" aria-label=\"{label}\">{number}</a></sup>"))
    }

    /// HTML of a component with the numbers of its links: what a template made of them is its own.
    pub fn in_component(&mut self, html: &str, phrases: &Phrases) -> String {
        let mut out = String::with_capacity(html.len() + html.len() / 16);
        let (mut at, mut open) = (0, None);
        for piece in markup(html).pieces {
            match piece {
                Piece::Start(tag) if tag.name == "a" => {
                    open = tag.attribute("href").map(|href| href.value.clone());
                }
                Piece::End { name, range } if name == "a" => {
                    let note = open.take().and_then(|address| self.note(&address, phrases));
                    out.push_str(&html[at..range.end]);
                    out.push_str(&note.unwrap_or_default());
                    at = range.end;
                }
                _ => {}
            }
        }
        out.push_str(&html[at..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::phrases::english;

    #[test]
    fn links_elsewhere_are_numbered_once() {
        let html = r##"<p><a href="https://a.example/?x&amp;y">A</a>, <a href="#here">here</a>, <a href="https://a.example/?x&amp;y">again</a></p>"##;
        let phrases = english();
        let mut notes = LinkNotes::new("p".into());
        let numbered = notes.in_component(html, &phrases);
        assert_eq!(notes.addresses, ["https://a.example/?x&y"]);
        assert_eq!(numbered.matches("#p-link-1").count(), 2);
        assert!(numbered.contains("<a href=\"#here\">here</a>,"));
    }
}
