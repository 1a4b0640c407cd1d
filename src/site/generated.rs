//! The files that a site has beside its pages and the author's files: which, and where.
//!
//! In: a [`Site`]. Out: an address for each file that `outputs` will make, so that links to them
//! resolve and collisions are found before anything is made. Makes none of them.

use crate::site::Site;
use crate::site::ids::{PartId, SeriesId};
use crate::site::series::Series;
use crate::store::kind::Kind;

/// A file that is made from the whole site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// The Atom feed of a series, or of the whole site.
    Atom(Option<SeriesId>),
    /// The JSON Feed of a series, or of the whole site.
    JsonFeed(Option<SeriesId>),
    /// The plan of a series and its comparisons, for other tools.
    SeriesJson(SeriesId),
    /// What the files of that kind hold.
    SeriesSchema,
    /// Every page for search engines, or the list of the shards that name them.
    Sitemap,
    /// A part of a sitemap too large for one file, from 1. Only a site with very many pages has
    /// them; [`list`] doesn't know the pages, so they are not in it.
    SitemapShard(usize),
    /// The search index of a series.
    Search(SeriesId),
    /// A series as a book.
    Epub(SeriesId),
    Llms,
    /// The Markdown of a part.
    Twin(PartId),
    Card(CardOf),
    Robots,
    NoJekyll,
    /// How hosts answer that know `_headers`.
    Headers,
    /// Old addresses, for hosts that know `_redirects`.
    Redirects,
    /// How nginx answers.
    Nginx,
}

impl Generated {
    /// What it is to those who ask for it.
    pub fn kind(self) -> Kind {
        match self {
            Generated::Atom(_)
            | Generated::JsonFeed(_)
            | Generated::SeriesJson(_)
            | Generated::SeriesSchema
            | Generated::Sitemap
            | Generated::SitemapShard(_)
            | Generated::Search(_)
            | Generated::Llms
            | Generated::Robots => Kind::Index,
            Generated::Epub(_) | Generated::Card(_) => Kind::Media,
            Generated::Twin(..) => Kind::Twin,
            Generated::NoJekyll | Generated::Headers | Generated::Redirects | Generated::Nginx => Kind::Host,
        }
    }

    /// Its address, below the base.
    pub fn address(self, site: &Site) -> String {
        let in_series = |series: SeriesId, name: &str| format!("{}/{name}", site.series(series).plan.id);
        let beside = |part: PartId, name: &str| format!("{}{name}", site.part(part).address);
        let feed = |series: Option<SeriesId>, name: &str| series.map_or(name.into(), |series| in_series(series, name));
        match self {
            Generated::Atom(series) => feed(series, "feed.xml"),
            Generated::JsonFeed(series) => feed(series, "feed.json"),
            Generated::SeriesJson(series) => in_series(series, "series.json"),
            Generated::SeriesSchema => "series.schema.json".into(),
            Generated::Sitemap => "sitemap.xml".into(),
            Generated::SitemapShard(shard) => format!("sitemap-{shard}.xml"),
            Generated::Search(series) => format!("search/{}.json", site.series(series).plan.id),
            Generated::Epub(series) => in_series(series, &format!("{}.epub", site.series(series).plan.id)),
            Generated::Llms => "llms.txt".into(),
            Generated::Twin(part) => beside(part, "index.md"),
            Generated::Card(CardOf::Site) => "card.png".into(),
            Generated::Card(CardOf::Series(series)) => in_series(series, "card.png"),
            Generated::Card(CardOf::Part(part)) => beside(part, "card.png"),
            Generated::Robots => "robots.txt".into(),
            Generated::NoJekyll => ".nojekyll".into(),
            Generated::Headers => "_headers".into(),
            Generated::Redirects => "_redirects".into(),
            Generated::Nginx => "_nginx.conf".into(),
        }
    }

    /// The series whose file it is, and the part when it is one part's; `None` for the site's own.
    pub fn belongs_to(self) -> Option<(SeriesId, Option<PartId>)> {
        match self {
            Generated::Twin(part) | Generated::Card(CardOf::Part(part)) => Some((part.series, Some(part))),
            Generated::Atom(series) | Generated::JsonFeed(series) => series.map(|series| (series, None)),
            Generated::SeriesJson(series)
            | Generated::Search(series)
            | Generated::Epub(series)
            | Generated::Card(CardOf::Series(series)) => Some((series, None)),
            Generated::SeriesSchema
            | Generated::Sitemap
            | Generated::SitemapShard(_)
            | Generated::Card(CardOf::Site)
            | Generated::Llms
            | Generated::Robots
            | Generated::NoJekyll
            | Generated::Headers
            | Generated::Redirects
            | Generated::Nginx => None,
        }
    }
}

/// What a social card is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardOf {
    Site,
    Series(SeriesId),
    Part(PartId),
}

/// Every generated file with its address below the base, in a fixed order.
pub fn list(site: &Site) -> Vec<(String, Generated)> {
    let mut files = vec![
        Generated::Sitemap,
        Generated::Llms,
        Generated::Robots,
        Generated::NoJekyll,
        Generated::Headers,
        Generated::Redirects,
        Generated::Nginx,
    ];
    for series in std::iter::once(None).chain(site.series.iter().map(|series| Some(series.at))) {
        files.extend([Generated::Atom(series), Generated::JsonFeed(series)]);
    }
    let card = |of: CardOf| site.config.cards.enabled.then_some(Generated::Card(of));
    files.extend(card(CardOf::Site));
    files.extend((!site.series.is_empty()).then_some(Generated::SeriesSchema));
    for series in &site.series {
        files.push(Generated::SeriesJson(series.at));
        for part in series.out() {
            files.push(Generated::Twin(part.at));
            files.extend(card(CardOf::Part(part.at)));
        }
        files.extend(card(CardOf::Series(series.at)));
        files.extend(has_search(site, series).then_some(Generated::Search(series.at)));
        files.extend(has_book(site, series).then_some(Generated::Epub(series.at)));
    }
    files.into_iter().map(|file| (file.address(site), file)).collect()
}

/// Whether a series has a book: the site wants books, and something is published.
pub fn has_book(site: &Site, series: &Series) -> bool {
    site.config.epub && series.published > 0
}

/// Whether a series has a search index: the site wants search, and something is published.
pub fn has_search(site: &Site, series: &Series) -> bool {
    site.config.search && series.published > 0
}
