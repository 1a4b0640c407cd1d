//! Where the files lie that a site has beside its pages and its author's files.
//!
//! In: a [`Site`] and what a file is of. Out: its address below the base. Whoever names such a file
//! asks here, so that a link to it and the file itself can't part. Makes none of them.

use crate::site::Site;
use crate::site::ids::{ChapterId, PartId, SeriesId, SideId, SingleId};
use crate::site::series::Series;

/// What a file is of; a folder of posts is a series, and a post a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Site,
    /// A piece of the site's that is too large for one file, from 1.
    Piece(usize),
    Series(SeriesId),
    Part(PartId),
    Side(SideId),
    /// A page outside any series.
    Single(SingleId),
}

impl Subject {
    /// The series that it is, or is in.
    pub fn series(self) -> Option<SeriesId> {
        match self {
            Subject::Site | Subject::Piece(_) | Subject::Single(_) => None,
            Subject::Series(series) => Some(series),
            Subject::Part(part) | Subject::Side(SideId { part, .. }) => Some(part.series),
        }
    }

    /// The text of a series that it is.
    pub fn chapter(self) -> Option<ChapterId> {
        match self {
            Subject::Part(part) => Some(part.into()),
            Subject::Side(side) => Some(side.into()),
            Subject::Site | Subject::Piece(_) | Subject::Series(_) | Subject::Single(_) => None,
        }
    }
}

/// The sitemap, or the list of the pieces that it comes in.
pub const SITEMAP: &str = "sitemap.xml";

/// The file that says what a `series.json` holds.
pub const SERIES_SCHEMA: &str = "series.schema.json";

/// The folder of what belongs to a page, without a slash at its end: its files, its card, its twin, its side pages.
pub fn folder(address: &str) -> &str {
    address.strip_suffix(".html").unwrap_or_else(|| address.trim_end_matches('/'))
}

/// A file beside the page of a series, of a part, of a side page or of the site.
fn beside(site: &Site, of: Subject, name: &str) -> String {
    match of {
        Subject::Site | Subject::Piece(_) => format!("{}{name}", site.prefix),
        Subject::Series(series) => format!("{}/{name}", site.series(series).plan.folder),
        Subject::Part(part) => format!("{}/{name}", folder(&site.part(part).address)),
        Subject::Side(side) => format!("{}/{name}", folder(&site.side(side).address)),
        Subject::Single(single) => format!("{}/{name}", folder(&site.single(single).address)),
    }
}

/// A piece of a large sitemap.
pub fn sitemap_piece(piece: usize) -> String {
    format!("sitemap-{piece}.xml")
}

/// The Atom feed of the site or of a series.
pub fn atom(site: &Site, of: Subject) -> String {
    beside(site, of, "feed.xml")
}

/// The JSON Feed of the site or of a series.
pub fn json_feed(site: &Site, of: Subject) -> String {
    beside(site, of, "feed.json")
}

/// The plan of a series, for other tools.
pub fn series_json(site: &Site, series: SeriesId) -> String {
    beside(site, Subject::Series(series), "series.json")
}

/// The social card of the site, of a series or of a part.
pub fn card(site: &Site, of: Subject) -> String {
    beside(site, of, "card.png")
}

/// The Markdown of a part or a side page.
pub fn twin(site: &Site, of: Subject) -> String {
    beside(site, of, "index.md")
}

/// The site in one file of Markdown.
pub fn llms(site: &Site, of: Subject) -> String {
    beside(site, of, "llms.txt")
}

/// The search index of a series.
pub fn search(site: &Site, series: SeriesId) -> String {
    format!("{}search/{}.json", site.prefix, site.series(series).plan.id)
}

/// A series as a book.
pub fn book(site: &Site, series: SeriesId) -> String {
    let folder = &site.series(series).plan.folder;
    let name = folder.strip_prefix(&site.prefix).unwrap_or(folder);
    beside(site, Subject::Series(series), &format!("{name}.epub"))
}

/// The program of a series as of a part, as an archive.
pub fn archive(site: &Site, part: PartId) -> String {
    beside(site, Subject::Series(part.series), &format!("code/{}.zip", site.part(part).id))
}

/// Whether a series has a book: the site wants books, and something is published.
pub fn has_book(site: &Site, series: &Series) -> bool {
    site.config.epub && !series.is_posts() && series.is_out()
}

/// Whether a series has feeds: what has no dates is never news.
pub fn has_feed(series: &Series) -> bool {
    !series.plan.undated
}

/// Whether a series has a search index: the site wants search, and something is published.
pub fn has_search(site: &Site, series: &Series) -> bool {
    site.config.search && series.is_out()
}
