//! What a text is written into: HTML, the XHTML of a book, or the words of a search index.
//!
//! In: elements and texts as they come. Out: what the medium has room for. A writer says the same to
//! each of them, so that nothing has to be read back out of finished HTML.

use super::sections::Sections;
use super::style::{encode_href, escape, escape_text, href};
use super::xhtml::Xhtml;
use crate::parse::markup::{Piece, markup};

/// A medium's writer.
#[derive(Debug)]
pub enum Sink<'a> {
    Html(Html<'a>),
    Book(Xhtml<'a>),
    Words(Sections),
}

/// HTML as it goes into a page or a feed.
#[derive(Default)]
pub struct Html<'a> {
    pub out: String,
    /// Whether what is written next stands at the start of a line.
    pub at_line_start: bool,
    /// Where the HTML is read without its page: what makes an address absolute.
    pub absolute: Option<&'a (dyn Fn(&str) -> String + Sync)>,
    /// The element of script or style whose end is awaited, where they may not stand.
    pub skipped: Option<String>,
}

impl std::fmt::Debug for Html<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Html").field("out", &self.out).finish_non_exhaustive()
    }
}

impl<'a> Html<'a> {
    pub fn new(capacity: usize) -> Self {
        Html { out: String::with_capacity(capacity), at_line_start: true, absolute: None, skipped: None }
    }

    /// Writes HTML that was made elsewhere.
    pub fn push(&mut self, html: &str) {
        if self.skipped.is_none() && !html.is_empty() {
            self.out.push_str(html);
            self.at_line_start = html.ends_with('\n');
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipped.is_none() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
            self.at_line_start = false;
        }
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        if self.skipped.is_some() {
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            let is_address = matches!(*key, "href" | "src");
            if is_address && self.absolute.is_some() && value.trim().is_empty() {
                continue;
            }
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            match self.absolute {
                Some(absolute) if is_address => escape(&mut self.out, &absolute(&encode_href(value))),
                _ if is_address => href(&mut self.out, value),
                _ => escape(&mut self.out, value),
            }
            self.out.push('"');
        }
        self.out.push('>');
        self.at_line_start = false;
    }
}

impl Sink<'_> {
    /// What was written as HTML; nothing of another medium.
    pub fn into_html(self) -> String {
        match self {
            Sink::Html(html) => html.out,
            Sink::Book(_) | Sink::Words(_) => String::new(),
        }
    }

    /// Begins an element.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        match self {
            Sink::Html(html) => html.start(name, attributes),
            Sink::Book(book) => book.start(name, attributes, false),
            Sink::Words(words) => words.start(name, attributes),
        }
    }

    /// Begins an element on a line of its own.
    pub fn open_on_line(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.fresh_line();
        self.open(name, attributes);
    }

    /// Ends the line if something stands in it.
    pub fn fresh_line(&mut self) {
        let at_line_start = match self {
            Sink::Html(html) => html.at_line_start,
            Sink::Book(book) => book.is_at_line_start(),
            Sink::Words(_) => true,
        };
        if !at_line_start {
            self.line();
        }
    }

    pub fn close(&mut self, name: &str) {
        match self {
            Sink::Html(html) => html.end(name),
            Sink::Book(book) => book.end(name),
            Sink::Words(words) => words.end(name),
        }
    }

    pub fn text(&mut self, text: &str) {
        match self {
            Sink::Html(html) => {
                if html.skipped.is_none() {
                    escape_text(&mut html.out, text);
                    html.at_line_start = text.ends_with('\n');
                }
            }
            Sink::Book(book) => book.text(text),
            Sink::Words(words) => words.text(text),
        }
    }

    /// Ends a line.
    pub fn line(&mut self) {
        match self {
            Sink::Html(html) => html.push("\n"),
            Sink::Book(book) => book.text("\n"),
            Sink::Words(words) => words.text("\n"),
        }
    }

    /// What follows stands as if at the start of a line.
    pub fn as_at_line_start(&mut self) {
        match self {
            Sink::Html(html) => html.at_line_start = true,
            Sink::Book(book) => book.as_at_line_start(),
            Sink::Words(_) => {}
        }
    }

    /// HTML that partwork made and no other medium than a page has room for.
    pub fn page_html(&mut self, html: &str) {
        if let Sink::Html(sink) = self {
            sink.push(html);
        }
    }

    /// A formula as MathML.
    pub fn math(&mut self, mathml: &str) {
        match self {
            Sink::Html(html) => html.push(mathml),
            Sink::Book(_) | Sink::Words(_) => {
                for piece in &markup(mathml).pieces {
                    let own = match piece {
                        Piece::Start(tag) => tag.attributes.as_slice(),
                        _ => &[],
                    };
                    let own: Vec<(&str, &str)> = own.iter().map(|own| (&*own.name, &*own.value)).collect();
                    self.piece(piece, &own);
                }
            }
        }
    }

    /// A box to be ticked in a list.
    pub fn task(&mut self, done: bool, label: &str) {
        let mut attributes = vec![("type", "checkbox")];
        if done {
            attributes.push(("checked", ""));
        }
        match self {
            Sink::Html(html) => {
                let checked = if done { " checked" } else { "" };
                html.push(&format!("<input type=\"checkbox\" disabled{checked} aria-label=\""));
                escape(&mut html.out, label);
                html.push("\"> ");
            }
            Sink::Book(book) => {
                book.start("input", &attributes, false);
                book.text(" ");
            }
            Sink::Words(words) => words.start("input", &attributes),
        }
    }

    /// A piece of HTML where the medium takes it apart; `attributes` are those of a start tag, as they
    /// go out.
    pub fn piece(&mut self, piece: &Piece, attributes: &[(&str, &str)]) {
        match (piece, self) {
            (Piece::Text(text), Sink::Book(book)) => book.text(text),
            (Piece::Text(text), Sink::Words(words)) => words.text(text),
            (Piece::Start(tag), Sink::Book(book)) => book.start(&tag.name, attributes, tag.self_closing),
            (Piece::Start(tag), Sink::Words(words)) => words.start(&tag.name, attributes),
            (Piece::End { name, .. }, Sink::Book(book)) => book.end(name),
            (Piece::End { name, .. }, Sink::Words(words)) => words.end(name),
            (Piece::Comment(_) | Piece::Stray(_), _) | (_, Sink::Html(_)) => {}
        }
    }
}
