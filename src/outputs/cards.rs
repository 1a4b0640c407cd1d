//! Which cards a site has, and what each says.
//!
//! In: a site. Out: the [`Card`] of a part, a series or the site. Drawing is `card`'s.

use std::sync::Arc;

use super::card::{self, Card, Kind as CardKind, Spine, Track};
use super::output::{Listing, Material, OutputType};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::render::visit::Resolved;
use crate::site::Site;
use crate::site::address::{self, Subject};
use crate::site::ids::{PartId, SeriesId, SideId};
use crate::site::picture;
use crate::site::series::{Part, Series, State};
use crate::store::cache::Key;
use crate::store::kind::Kind;
use crate::store::origin::MOST_WHOLE;
use crate::store::tree::{Content, Later, Made};
use crate::text::source::Spanned;

/// A shelf has room for so many. In a longer series a part's card shows the part's neighbors alone.
const LONG_SHELF: usize = 200;
/// How many on either side.
const NEIGHBORS: usize = 20;

/// The cards of the site, of each series or folder of posts, and of each part or post that is out.
pub const OUTPUT: OutputType =
    OutputType { kind: Kind::Media, of: of_shown, address: address::card, make, holds_texts: false };

fn of_shown(Listing { site, .. }: Listing<'_>) -> Vec<Subject> {
    let of_series = |series: &'_ Series| {
        let parts: Vec<Subject> = series.out().map(|part| Subject::Part(part.at)).collect();
        parts.into_iter().chain([Subject::Series(series.at)])
    };
    let singles = site.singles_out().map(|single| Subject::Single(single.at));
    let all = std::iter::once(Subject::Site).chain(site.folders_shown().flat_map(of_series)).chain(singles);
    all.filter(|of| picture::has_card(site, *of)).collect()
}

/// Every card of a site that is drawn, one after the other.
pub fn all(site: &Site) -> impl Iterator<Item = Card> {
    let drawn =
        of_shown(Listing { site, pages: &[], sites: &[] }).into_iter().filter(|of| picture::said(site, *of).is_none());
    drawn.map(|of| card(site, of))
}

fn make(material: Material<'_>, of: Subject, out: &mut Vec<Diagnostic>) -> Option<Content> {
    if let Some((_, said)) = picture::said(material.site(), of) {
        return chosen(material, of).unwrap_or_else(|problem| {
            let message = format!("no card can be made of the image {}: {problem}", quote(&said.value));
            out.push(Diagnostic::new(Code::CardFailed, said.span, message).help("export it again, or name another"));
            None
        });
    }
    let card = card(material.site(), of);
    if material.later {
        return card::later(material.studio, &card, material.large, out).map(Arc::new).map(Content::Later);
    }
    card::draw(material.studio, &card, material.large, out).map(Content::Bytes)
}

/// Raise the number when other bytes come of the same picture.
const PICTURE: &[u8] = b"picture in place of a card 1";

/// A picture of the author's, cropped to a card; nothing where its file is reported to be none.
fn chosen(material: Material<'_>, of: Subject) -> Result<Option<Content>, String> {
    let Resolved { project, site, pictures, .. } = material.renderer.resolved();
    let Some(file) = picture::file(project, site, of) else { return Ok(None) };
    let content = pictures.published(&file.disk).map_err(|error| error.to_string())?;
    let hash = match content.known() {
        Some(entry) => entry.hash,
        None => blake3::hash(&bytes(&content)?).into(),
    };
    let key = Key::of([PICTURE, &hash]);
    let known = material.large.get(&key);
    if let Some(known) = known {
        return Ok(Some(Content::Bytes(known)));
    }
    let cache = material.large.clone();
    let make = move || card::cropped(bytes(&content)?).inspect(|png| cache.put(key, png));
    if material.later {
        return Ok(Some(Content::Later(Arc::new(Later::new(key.bytes(), make)))));
    }
    make().map(Content::Bytes).map(Some)
}

/// All of a file.
fn bytes(content: &Content) -> Result<Vec<u8>, String> {
    let read = match content.made() {
        Ok(Made::Bytes(bytes)) => Ok(bytes.into_owned()),
        Ok(Made::File(origin)) => origin.read(MOST_WHOLE),
        Err(error) => Err(error),
    };
    read.map_err(|error| error.to_string())
}

/// What a card says.
// Long, since it is three cards, word by word.
pub fn card(site: &Site, of: Subject) -> Card {
    let set = |text: &str| site.typeset(text);
    let empty = Card {
        kind: CardKind::Site,
        site_title: set(&site.config.title),
        language: site.config.language.clone(),
        series_title: None,
        title: set(&site.config.title),
        number: None,
        label: None,
        track: None,
        authors: Vec::new(),
        emoji: None,
        shelf: Vec::new(),
    };
    match of {
        Subject::Site | Subject::Piece(_) | Subject::Single(_) => {
            // Everybody who has a hand in one of the series, in the order of the settings.
            let writes =
                |id: &str| site.folders_shown().any(|series| series.plan.authors.iter().any(|a| a.value == id));
            let authors = site.config.authors.iter().filter(|author| writes(&author.id));
            // All that is on the site stands on one shelf, or as much as has room on it.
            let shelves = site.series_shown().map(|series| shelf(series, None));
            let shelf = shelves.reduce(|mut all, more| {
                if all.len() + more.len() <= LONG_SHELF {
                    all.extend(more);
                }
                all
            });
            let authors = authors.map(|author| author.name.clone()).collect();
            Card { authors, shelf: shelf.unwrap_or_default(), ..empty }
        }
        Subject::Series(at) => {
            let series = site.series(at);
            Card {
                kind: CardKind::Series,
                series_title: Some(set(&series.plan.title)),
                title: set(&series.plan.title),
                label: (!series.is_posts()).then(|| site.tally(series)),
                authors: names(site, &series.plan.authors),
                emoji: series.plan.emoji.clone(),
                shelf: shelf(series, None),
                ..empty
            }
        }
        Subject::Part(at) | Subject::Side(SideId { part: at, .. }) => {
            let (series, part) = (site.series(at.series), site.part(at));
            Card {
                kind: CardKind::Part,
                series_title: Some(set(&series.plan.title)),
                title: set(&part.title),
                number: part.number,
                label: if series.is_posts() {
                    part.date.map(|date| site.phrases.date(date.day))
                } else {
                    site.label(part)
                },
                track: Some(Track {
                    title: set(series.track_title(part).unwrap_or_default()),
                    position: position(series, part),
                }),
                authors: names(site, &part.authors),
                emoji: part.emoji.clone().or_else(|| series.plan.emoji.clone()),
                shelf: shelf(series, Some(at)),
                ..empty
            }
        }
    }
}

/// The cover of a series' book.
pub fn cover(site: &Site, series: SeriesId) -> Card {
    Card { kind: CardKind::Cover, ..card(site, Subject::Series(series)) }
}

/// The position of a part's track, counted from 1.
fn position(series: &Series, part: &Part) -> usize {
    if series.plan.has_tracks { series.track(part).position } else { 1 }
}

fn names(site: &Site, ids: &[Spanned<String>]) -> Vec<String> {
    site.authors(ids).map(|author| author.name.clone()).collect()
}

/// The spines of a series, which posts are not: numbers, tracks and what is out, never a title. In a long series those around `here`.
fn shelf(series: &Series, here: Option<PartId>) -> Vec<Spine> {
    if series.is_posts() {
        return Vec::new();
    }
    let spine = |part: &Part| {
        let (track, soon) = (position(series, part), part.state != State::Out);
        let is_listed = part.state != State::Draft;
        is_listed.then_some(Spine { number: part.number, track, soon, here: here == Some(part.at) })
    };
    let parts = match here.filter(|_| series.entries > LONG_SHELF) {
        Some(here) => &series.parts[series.around(here, NEIGHBORS)],
        None => &series.parts,
    };
    // No more room than for those: each of ten thousand cards has a shelf.
    parts.iter().filter_map(spine).take(LONG_SHELF).collect()
}
