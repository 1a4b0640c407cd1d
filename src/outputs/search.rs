//! The search index of a series or of a folder of posts: every section of every published part, for the reader's browser.
//!
//! In: the parts' sections. Out: JSON with `version` 1, `series` (its title), `part` (how a part is
//! called, `Part {number}`), `parts` (each `[number, title, track, url]`, the number null where it has none, as posts
//! have none; a side page among them has its part's number, and its title for a track) and `sections` (each `[part, anchor, heading, text]`, the part by
//! its position in `parts`, the anchor empty before the first heading). The engine that reads it
//! is `static/search/`.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::output::{Listing, Material, OutputType};
use super::texts::ChapterText;
use crate::render::sections::{Section, Sections};
use crate::render::sink::Sink;
use crate::render::style::Medium;
use crate::site::address::{self, Subject, has_search};
use crate::site::ids::SeriesId;
use crate::site::series::Chapter;
use crate::store::kind::Kind;
use crate::store::tree::Content;

/// The index of each series.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: of_searched,
    address: |site, of| of.series().map_or_else(String::new, |series| address::search(site, series)),
    make: |material, of, _| Some(Content::Bytes(index(material, of.series()?))),
    holds_texts: true,
};

fn of_searched(Listing { site, .. }: Listing<'_>) -> Vec<Subject> {
    let searched = site.folders().filter(|series| has_search(site, series));
    searched.map(|series| Subject::Series(series.at)).collect()
}

/// The sections of a part.
pub fn sections(text: ChapterText<'_>) -> Vec<Section> {
    let medium = Medium { address: &str::to_string, prefix: "", demote: 0, plain: true, absolute: None };
    let (sink, _) = text.renderer.write(text.visit, medium, Sink::Words(Sections::default()), None);
    match sink {
        Sink::Words(sections) => sections.finish(),
        Sink::Html(_) | Sink::Book(_) => Vec::new(),
    }
}

fn index(material: Material<'_>, series: SeriesId) -> Vec<u8> {
    let site = material.site();
    let series = site.series(series);
    let chapters: Vec<Chapter<'_>> = series.chapters().collect();
    let parts = chapters.iter().map(|chapter| {
        let place = match chapter {
            Chapter::Part(part) => series.track_title(part),
            Chapter::Side(_, part) => Some(part.title.as_str()),
        };
        let url = site.config.base_url.rooted(chapter.address());
        (chapter.part().number, chapter.title(), place, url)
    });
    let sections = chapters.iter().enumerate().flat_map(|(position, chapter)| {
        // The description finds a text as well as its words do.
        let opening = chapter.description().unwrap_or_default();
        let sections = material.texts.of(chapter.at()).map(|texts| texts.sections.as_slice()).unwrap_or_default();
        sections.iter().enumerate().map(move |(first, Section { anchor, heading, text })| {
            let text = match first {
                0 => Cow::from(format!("{opening} {text}").trim().to_string()),
                _ => text.trim().into(),
            };
            (position, anchor, heading, text)
        })
    });
    let index = Index {
        version: 1,
        series: &series.plan.title,
        part: &site.say_of(series, "part", &[]),
        parts: Each(parts),
        sections: Each(sections),
    };
    // Where it grew into the index of a long series it would be there twice in the end.
    let of_section = |Section { anchor, heading, text }: &Section| anchor.len() + heading.len() + text.len() + 24;
    let texts = chapters.iter().filter_map(|chapter| material.texts.of(chapter.at()));
    let room: usize = texts.flat_map(|texts| &texts.sections).map(of_section).sum();
    let mut json = Vec::with_capacity(room + room / 16);
    serde_json::to_writer(&mut json, &index).expect("texts and numbers are JSON");
    json
}

#[derive(Serialize)]
struct Index<'a, P, S> {
    version: u8,
    series: &'a str,
    part: &'a str,
    parts: P,
    sections: S,
}

/// What an iterator gives, as a list: all texts of a long series are not held once more.
struct Each<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
