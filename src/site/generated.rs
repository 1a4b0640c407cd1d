//! The files that a site has beside its pages and the author's files: which, and where.
//!
//! In: a [`Site`]. Out: an address for each file that `outputs` will make, so that links to them
//! resolve and collisions are found before anything is made. Makes none of them.

use std::collections::BTreeSet;

use crate::site::Site;
use crate::site::series::{Part, State};
use crate::store::kind::Kind;

/// A file that is made from the whole site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// The Atom feed of a series, or of the whole site.
    Atom(Option<usize>),
    /// The JSON Feed of a series, or of the whole site.
    JsonFeed(Option<usize>),
    /// The plan of a series and its comparisons, for other tools.
    SeriesJson(usize),
    /// What the files of that kind hold.
    SeriesSchema,
    /// Every page for search engines, or the list of the shards that name them.
    Sitemap,
    /// A part of a sitemap too large for one file, from 1. Only a site with very many pages has
    /// them; [`list`] doesn't know the pages, so they are not in it.
    SitemapShard(usize),
    /// The search index of a series.
    Search(usize),
    /// A series as a book.
    Epub(usize),
    Llms,
    /// The Markdown of a part: its series and its index there.
    Twin(usize, usize),
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

    /// The series whose file it is, and the part when it is one part's; `None` for the site's own.
    pub fn belongs_to(self) -> Option<(usize, Option<usize>)> {
        match self {
            Generated::Twin(series, part) | Generated::Card(CardOf::Part(series, part)) => Some((series, Some(part))),
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
    Series(usize),
    /// A series and the index of a part there.
    Part(usize, usize),
}

/// Every generated file with its address below the base, in a fixed order.
pub fn list(site: &Site) -> Vec<(String, Generated)> {
    let mut files = vec![
        ("sitemap.xml".into(), Generated::Sitemap),
        ("llms.txt".into(), Generated::Llms),
        ("robots.txt".into(), Generated::Robots),
        (".nojekyll".into(), Generated::NoJekyll),
        ("_headers".into(), Generated::Headers),
        ("_redirects".into(), Generated::Redirects),
        ("_nginx.conf".into(), Generated::Nginx),
    ];
    for series in std::iter::once(None).chain((0..site.series.len()).map(Some)) {
        let feeds = feed_addresses(site, series);
        files.push((feeds.atom, Generated::Atom(series)));
        files.push((feeds.json, Generated::JsonFeed(series)));
    }
    if site.config.cards.enabled {
        files.push(("card.png".into(), Generated::Card(CardOf::Site)));
    }
    if !site.series.is_empty() {
        files.push((SERIES_SCHEMA.into(), Generated::SeriesSchema));
    }
    for (at, series) in site.series.iter().enumerate() {
        files.push((series_json_address(site, at), Generated::SeriesJson(at)));
        for (index, part) in series.parts.iter().enumerate().filter(|(_, part)| part.state == State::Out) {
            files.push((twin_address(part), Generated::Twin(at, index)));
            if site.config.cards.enabled {
                files.push((format!("{}card.png", part.address), Generated::Card(CardOf::Part(at, index))));
            }
        }
        if site.config.cards.enabled {
            files.push((format!("{}/card.png", series.plan.id), Generated::Card(CardOf::Series(at))));
        }
        if let Some(address) = search_address(site, at) {
            files.push((address, Generated::Search(at)));
        }
        if let Some(address) = epub_address(site, at) {
            files.push((address, Generated::Epub(at)));
        }
    }
    files
}

/// Where the book of a series lies; `None` when books are off or nothing is published.
pub fn epub_address(site: &Site, series: usize) -> Option<String> {
    let series = &site.series[series];
    (site.config.epub && series.published > 0).then(|| format!("{0}/{0}.epub", series.plan.id))
}

/// Where the Markdown twin of a part lies.
pub fn twin_address(part: &Part) -> String {
    format!("{}index.md", part.address)
}

/// Where the search index of a series lies; `None` when search is off or nothing is published.
pub fn search_address(site: &Site, series: usize) -> Option<String> {
    let series = &site.series[series];
    (site.config.search && series.published > 0).then(|| format!("search/{}.json", series.plan.id))
}

/// Where two feeds with the same entries lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedAddresses {
    pub atom: String,
    pub json: String,
}

/// The feeds of a series, or of the whole site.
pub fn feed_addresses(site: &Site, series: Option<usize>) -> FeedAddresses {
    let folder = series.map_or_else(String::new, |at| format!("{}/", site.series[at].plan.id));
    FeedAddresses { atom: format!("{folder}feed.xml"), json: format!("{folder}feed.json") }
}

/// The file that says what a series.json holds.
pub const SERIES_SCHEMA: &str = "series.schema.json";

/// Where the plan of a series lies for other tools.
pub fn series_json_address(site: &Site, series: usize) -> String {
    format!("{}/series.json", site.series[series].plan.id)
}

/// Where a shard of the sitemap lies; shards count from 1.
pub fn sitemap_shard_address(shard: usize) -> String {
    format!("sitemap-{shard}.xml")
}

/// The social card of a page: its own, else its series', else the site's, whichever is among the
/// listed files.
pub fn card_address(listed: &BTreeSet<String>, page: &str, series: Option<&str>) -> Option<String> {
    let own = format!("{page}card.png");
    let of_series = series.map(|id| format!("{id}/card.png"));
    [Some(own), of_series, Some("card.png".into())].into_iter().flatten().find(|address| listed.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_a_card_has_the_nearest() {
        let listed: BTreeSet<String> = ["s/a/card.png", "s/card.png", "card.png"].map(String::from).into();
        let card = |page: &str, series| card_address(&listed, page, series);
        assert_eq!(card("s/a/", Some("s")).as_deref(), Some("s/a/card.png"));
        assert_eq!(card("s/glossary/", Some("s")).as_deref(), Some("s/card.png"));
        assert_eq!(card("about/", None).as_deref(), Some("card.png"));
        assert_eq!(card_address(&BTreeSet::new(), "s/a/", Some("s")), None);
    }
}
