//! The texts on the page that holds a whole series, to be printed.
//!
//! In: an article that is open. Out: its HTML one level down, two for a side page, every id with its name before
//! it, links between the texts as links within the page, and behind each link elsewhere the number of its address.

use super::output::Material;
use super::texts::ChapterText;
use crate::render::form::safe;
use crate::render::links::LinkNotes;
use crate::render::sink::{Html, Sink};
use crate::render::style::Medium;
use crate::render::view;
use crate::site::Site;
use crate::site::series::{Chapter, Series};
use crate::text::url::percent_decode;

/// A text as the page has it.
pub fn text(text: ChapterText<'_>) -> Option<view::PrintText> {
    let ChapterText { renderer, chapter, visit } = text;
    let site = renderer.resolved().site;
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
    Some(view::PrintText {
        content: safe(sink.into_html()),
        links: links.map(|(at, url)| view::PrintLink { id: notes.id(at + 1), url: url.clone() }).collect(),
        anchor: notes.anchor,
    })
}

/// The published parts of a series as the page has them, each with its side pages.
pub fn parts(material: Material<'_>, series: &Series) -> Vec<view::PrintPart> {
    let mut parts: Vec<view::PrintPart> = Vec::new();
    for chapter in series.chapters() {
        let Some(text) = material.texts.of(chapter.at()).and_then(|texts| texts.print.clone()) else { continue };
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
