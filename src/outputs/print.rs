//! A part on the page that holds its whole series, to be printed.
//!
//! In: an article that is open. Out: its HTML one level down, every id with the part's before it, links
//! between parts as links within the page, and behind each link elsewhere the number of its address.

use super::texts::PartText;
use crate::render::form::safe;
use crate::render::links::LinkNotes;
use crate::render::sink::{Html, Sink};
use crate::render::style::Medium;
use crate::render::view;
use crate::site::Site;
use crate::site::series::Part;
use crate::text::url::percent_decode;

/// A part as the page has it; nothing when lists don't show it.
pub fn part(text: PartText<'_>) -> Option<view::PrintPart> {
    let PartText { renderer, part, visit } = text;
    let site = renderer.resolved().site;
    let prefix = format!("{}--", part.id);
    let address = |url: &str| {
        let (path, fragment) = url.split_once('#').unwrap_or((url, ""));
        let of_series = |other: &&Part| other.at.series == part.at.series;
        let other = if path.is_empty() { Some(part) } else { site.part_at(path).filter(of_series) };
        other.map_or_else(|| url.to_string(), |other| anchor(site, other, fragment))
    };
    let medium = Medium { address: &address, prefix: &prefix, demote: 1, plain: false, absolute: None };
    let notes = LinkNotes::new(format!("part-{}", part.id));
    let sink = Sink::Html(Html::new(visit.text.tree.typed.len() * 3 / 2));
    let (sink, notes) = renderer.write(visit, medium, sink, Some(notes));
    let notes = notes?;
    let links = notes.addresses.iter().enumerate();
    Some(view::PrintPart {
        entry: renderer.entry(part.at)?.clone(),
        content: safe(sink.into_html()),
        links: links.map(|(at, url)| view::PrintLink { id: notes.id(at + 1), url: url.clone() }).collect(),
        anchor: notes.anchor,
    })
}

/// An anchor of a part, on the page of all; the title's own is that of the part.
fn anchor(site: &Site, part: &Part, fragment: &str) -> String {
    let title_id = part.article.and_then(|article| site.article(article).title_id.as_deref());
    match fragment {
        "" => format!("#part-{}", part.id),
        _ if title_id == Some(percent_decode(fragment).as_str()) => format!("#part-{}", part.id),
        _ => format!("#{}--{fragment}", part.id),
    }
}
