//! The search index of a series or of a folder of posts: every section of every published part, for the reader's browser.
//!
//! In: the parts' sections. Out: JSON with `version` 1, `series` (its title), `part` (how a part is
//! called, `Part {number}`), `parts` (each `[number, title, track, url]`, the number null where it has none, as posts
//! have none; a side page among them has its part's number, and its title for a track) and `sections` (each `[part, anchor, heading, text]`, the part by
//! its position in `parts`, the anchor empty before the first heading). The engine that reads it
//! is `static/search/`.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::json::Each;
use super::output::{Listing, Material, OutputType};
use super::texts::ChapterText;
use crate::render::sections::{Section, Sections};
use crate::render::sink::Sink;
use crate::render::style::Medium;
use crate::site::address::{self, Subject, has_search};
use crate::site::ids::SeriesId;
use crate::site::series::Chapter;
use crate::store::kind::Kind;
use crate::store::spool::Piece;
use crate::store::tree::Content;

/// The index of each series.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: of_searched,
    address: |site, of| of.series().map_or_else(String::new, |series| address::search(site, series)),
    make: |material, of, _| Some(Content::Pieces(index(material, of.series()?))),
    holds_texts: true,
};

fn of_searched(Listing { site, .. }: Listing<'_>) -> Vec<Subject> {
    let searched = site.folders().filter(|series| has_search(site, series));
    searched.map(|series| Subject::Series(series.at)).collect()
}

/// The sections of a text as the index has them, one after the other.
pub fn sections(text: ChapterText<'_>) -> Vec<u8> {
    let ChapterText { renderer, chapter, position, visit } = text;
    let medium = Medium { address: &str::to_string, prefix: "", demote: 0, plain: true, absolute: None };
    let (sink, _) = renderer.write(visit, medium, Sink::Words(Sections::default()), None);
    let Sink::Words(sections) = sink else { return Vec::new() };
    // The description finds a text as well as its words do.
    let opening = chapter.description().unwrap_or_default();
    let mut json = Vec::new();
    for (first, Section { anchor, heading, text }) in sections.finish().into_iter().enumerate() {
        let text = match first {
            0 => Cow::from(format!("{opening} {text}").trim().to_string()),
            _ => text.trim().into(),
        };
        if first > 0 {
            json.push(b',');
        }
        serde_json::to_writer(&mut json, &(position, anchor, heading, text)).expect(IS_JSON);
    }
    json
}

/// Why an index can be written.
const IS_JSON: &str = "texts and numbers are JSON";

fn index(material: Material<'_>, series: SeriesId) -> Vec<Piece> {
    let site = material.site();
    let series = site.series(series);
    let chapters: Vec<Chapter<'_>> = series.chapters().collect();
    let part = |chapter: &Chapter<'_>| {
        let place = match chapter {
            Chapter::Part(part) => series.track_title(part),
            Chapter::Side(_, part) => Some(part.title.as_str()),
        };
        let url = site.config.base_url.rooted(chapter.address());
        (chapter.part().number, chapter.title().to_string(), place.map(str::to_string), url)
    };
    let index = Index {
        version: 1,
        series: &series.plan.title,
        part: &site.say_of(series, "part", &[]),
        parts: Each(|| chapters.iter().map(part)),
        sections: [],
    };
    let mut start = serde_json::to_vec(&index).expect(IS_JSON);
    // What stands in the list of sections, which ends it, was written with the texts.
    start.truncate(start.len() - END.len());
    let texts = chapters.iter().filter_map(|chapter| material.texts.of(chapter.at()));
    let sections = texts.filter_map(|texts| texts.search.as_ref()).filter(|sections| !sections.is_empty());
    let separated = sections.enumerate().flat_map(|(at, sections)| {
        let comma = (at > 0).then(|| Piece::Here(Arc::from(*b",")));
        comma.into_iter().chain([sections.clone()])
    });
    [Piece::Here(start.into())].into_iter().chain(separated).chain([Piece::Here(Arc::from(*END))]).collect()
}

/// The end of an index.
const END: &[u8; 2] = b"]}";

#[derive(Serialize)]
struct Index<'a, P> {
    version: u8,
    series: &'a str,
    part: &'a str,
    parts: P,
    sections: [(); 0],
}
