//! The texts on the page that holds a whole series, to be printed.
//!
//! In: an article that is open. Out: its HTML one level down, two for a side page, every id with its name before
//! it, links between the texts as links within the page, and behind each link elsewhere the number of its address.

use std::sync::Arc;

use super::output::Material;
use super::texts::{ChapterText, Texts};
use crate::render::aside::mark;
use crate::render::form::safe;
use crate::render::links::LinkNotes;
use crate::render::sink::{Html, Sink};
use crate::render::style::{Medium, escaped};
use crate::render::view;
use crate::render::visit::Resolved;
use crate::site::Site;
use crate::site::series::{Chapter, Series};
use crate::store::spool::Spool;
use crate::text::url::percent_decode;

/// A text as the page has it; with a spool the mark of one that waits there, if the page takes it as it is.
pub fn text(text: ChapterText<'_>, spool: Option<&Arc<Spool>>) -> Option<view::PrintText> {
    let ChapterText { renderer, chapter, visit, .. } = text;
    let Resolved { project, site, .. } = renderer.resolved();
    let name = chapter.name();
    let prefix = format!("{name}--");
    let address = |url: &str| {
        let (path, fragment) = url.split_once('#').unwrap_or((url, ""));
        let of_series = |other: &Chapter<'_>| other.at().part.series == chapter.at().part.series;
        let other = if path.is_empty() { Some(chapter) } else { site.chapter_at(path).filter(of_series) };
        other.map_or_else(|| url.to_string(), |other| anchor(site, other, fragment))
    };
    let demote = match chapter {
        Chapter::Part(_) => 1,
        Chapter::Side(..) => 2,
    };
    let medium = Medium { address: &address, prefix: &prefix, demote, plain: false, absolute: None };
    let notes = LinkNotes::new(format!("part-{name}"));
    let sink = Sink::Html(Html::new(visit.text.tree.typed.len() * 3 / 2));
    let (sink, notes) = renderer.write(visit, medium, sink, Some(notes));
    let notes = notes?;
    let links = notes.addresses.iter().enumerate();
    let links: Vec<_> = links.map(|(at, url)| view::PrintLink { id: notes.id(at + 1), url: url.clone() }).collect();
    let (content, list, anchor) = (sink.into_html(), list(&links), notes.anchor);
    match spool.filter(|_| project.is_built_in(TEMPLATE)) {
        Some(spool) => {
            let [content, notes] = [content, list].map(|html| safe(mark(html, spool)));
            Some(view::PrintText { anchor, content, notes, links: Vec::new() })
        }
        None => Some(view::PrintText { anchor, content: safe(content), notes: safe(list), links }),
    }
}

/// The template of the page, below `templates/`. One of the project's own may do anything with a text.
const TEMPLATE: &str = "print.html";

/// The addresses that a text links to.
fn list(links: &[view::PrintLink]) -> String {
    if links.is_empty() {
        return String::new();
    }
    let mut html = String::from("\n<div class=\"link-notes\">\n<ol>\n");
    for view::PrintLink { id, url } in links {
        html.push_str(&format!("<li id=\"{}\">{}</li>\n", escaped(id), escaped(url)));
    }
    html.push_str("</ol>\n</div>");
    html
}

/// The published parts of a series as the page has them, each with its side pages; takes their texts.
pub fn parts(material: Material<'_>, series: &Series, texts: &mut Texts) -> Vec<view::PrintPart> {
    let mut parts: Vec<view::PrintPart> = Vec::with_capacity(series.parts.len());
    for chapter in series.chapters() {
        let Some(text) = texts.chapters.get_mut(&chapter.at()).and_then(|texts| texts.print.take()) else { continue };
        let text = *text;
        match (chapter, parts.last_mut()) {
            (Chapter::Part(part), _) => {
                let entry = material.renderer.entry(part.at);
                parts.extend(entry.map(|entry| view::PrintPart { entry, text, sides: Vec::new() }));
            }
            (Chapter::Side(side, _), Some(part)) => {
                let set = |text: &str| material.site().typeset(text);
                let (title, description) = (set(&side.title), side.description.as_deref().map(set));
                part.sides.push(view::PrintSide { title, description, text });
            }
            (Chapter::Side(..), None) => {}
        }
    }
    parts
}

/// An anchor of a text, on the page of all; the title's own is that of the whole text.
fn anchor(site: &Site, of: Chapter<'_>, fragment: &str) -> String {
    let title_id = of.article().and_then(|article| site.article(article).title_id.as_deref());
    match fragment {
        "" => format!("#part-{}", of.name()),
        _ if title_id == Some(percent_decode(fragment).as_str()) => format!("#part-{}", of.name()),
        _ => format!("#{}--{fragment}", of.name()),
    }
}
