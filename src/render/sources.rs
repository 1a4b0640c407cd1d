//! Sources as readers see them: in one form, that of author and year, in the page's language.
//!
//! In: a source. Out: its line in a list, as pieces that each medium writes in its own way.

use super::sink::Sink;
use super::style::{encode_href, escaped};
use crate::project::phrases::Phrases;
use crate::site::sources::{Cite, Name};
use crate::text::markdown::{destination, escape};

/// The most names that a list gives of one source.
const MOST_NAMES: usize = 10;

/// A piece of the line of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// The title of a work as a whole.
    Work(String),
    Link {
        url: String,
        words: String,
    },
}

/// The line of a source: names, year, title, where it appeared, where it is read.
pub fn pieces(cite: &Cite, phrases: &Phrases) -> Vec<Piece> {
    let mut line = Line(Vec::new());
    let title = cite.title.clone().unwrap_or_else(|| cite.key.clone());
    let names = names(cite, phrases);
    if !names.is_empty() {
        line.text(&format!("{names} ({}). ", cite.year_text(phrases)));
    }
    match &cite.within {
        Some(_) => line.text(&title),
        None => line.0.push(Piece::Work(title)),
    }
    if names.is_empty() {
        line.text(&format!(" ({})", cite.year_text(phrases)));
    }
    if let Some(edition) = &cite.edition {
        line.text(&format!(", {}", phrases.say("edition", &[("edition", edition.clone())])));
    }
    line.stop();
    if let Some(within) = &cite.within {
        line.0.push(Piece::Work(within.clone()));
        if let Some(volume) = &cite.volume {
            line.text(&format!(" {volume}"));
        }
    }
    if let Some(pages) = &cite.pages {
        let count = if pages.contains(['-', '–', ',']) { 2 } else { 1 };
        let pages = phrases.count("pages", count, &[("where", pages.clone())]);
        line.text(&if cite.within.is_some() { format!(", {pages}") } else { pages });
    }
    line.stop();
    if let Some(publisher) = &cite.publisher {
        line.text(publisher);
        line.stop();
    }
    if let Some((url, words)) = &cite.link {
        line.0.push(Piece::Link { url: url.clone(), words: words.clone() });
    } else if let Some(Piece::Text(last)) = line.0.last_mut() {
        last.truncate(last.trim_end().len());
    }
    line.0
}

/// A line while it is written.
struct Line(Vec<Piece>);

impl Line {
    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.0.push(Piece::Text(text.to_string())),
        }
    }

    /// Ends a sentence that isn't ended.
    fn stop(&mut self) {
        let last = match self.0.last() {
            Some(Piece::Text(text) | Piece::Work(text)) => text.clone(),
            Some(Piece::Link { .. }) | None => return,
        };
        if last.ends_with(' ') {
            return;
        }
        self.text(if last.ends_with(['.', '!', '?', '…', '。', '।']) { " " } else { ". " });
    }
}

/// The names at the beginning of a line, the first by its family name.
fn names(cite: &Cite, phrases: &Phrases) -> String {
    let whole = |name: &Name| match name.given.as_str() {
        "" => name.family.clone(),
        given => format!("{given} {}", name.family),
    };
    let listed = |(at, name): (usize, &Name)| match name.given.as_str() {
        given if at == 0 && !given.is_empty() => format!("{}, {given}", name.family),
        _ => whole(name),
    };
    let all: Vec<String> = cite.names.iter().take(MOST_NAMES).enumerate().map(listed).collect();
    let names = match all.as_slice() {
        [] => return String::new(),
        all if cite.and_others || cite.names.len() > MOST_NAMES => {
            phrases.say("more_names", &[("first", all.join(", "))])
        }
        all => phrases.list(all),
    };
    match cite.are_editors {
        true => format!("{names} ({})", phrases.count("editors", cite.names.len(), &[])),
        false => names,
    }
}

/// Writes a line into a medium.
pub fn write(cite: &Cite, phrases: &Phrases, sink: &mut Sink<'_>) {
    for piece in pieces(cite, phrases) {
        match piece {
            Piece::Text(text) => sink.text(&text),
            Piece::Work(title) => {
                sink.open("cite", &[]);
                sink.text(&title);
                sink.close("cite");
            }
            Piece::Link { url, words } => {
                sink.open("a", &[("href", &url)]);
                sink.text(&words);
                sink.close("a");
            }
        }
    }
}

/// A line as HTML for a template.
pub fn html(cite: &Cite, phrases: &Phrases) -> String {
    let of = |piece: Piece| match piece {
        Piece::Text(text) => escaped(&text),
        Piece::Work(title) => format!("<cite>{}</cite>", escaped(&title)),
        Piece::Link { url, words } => {
            format!("<a href=\"{}\">{}</a>", escaped(&encode_href(&url)), escaped(&words))
        }
    };
    pieces(cite, phrases).into_iter().map(of).collect()
}

/// A line as Markdown.
pub fn markdown(cite: &Cite, phrases: &Phrases) -> String {
    let of = |piece: Piece| match piece {
        Piece::Text(text) => escape(&text),
        Piece::Work(title) => format!("*{}*", escape(&title)),
        Piece::Link { url, words } => format!("[{}]({})", escape(&words), destination(url)),
    };
    pieces(cite, phrases).into_iter().map(of).collect()
}

/// A line without markup.
pub fn text(cite: &Cite, phrases: &Phrases) -> String {
    let of = |piece: Piece| match piece {
        Piece::Text(text) | Piece::Work(text) | Piece::Link { words: text, .. } => text,
    };
    pieces(cite, phrases).into_iter().map(of).collect()
}
