//! The files that a site has beside its pages and the author's files: which, and where.
//!
//! In: a [`Site`]. Out: an address for each file that `outputs` will make, so that links to them
//! resolve and collisions are found before anything is made. Makes none of them.

use crate::series::{Part, State};
use crate::site::Site;

/// A file that is made from the whole site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// The search index of a series.
    Search(usize),
    /// A series as a book.
    Epub(usize),
    Llms,
    /// The Markdown of a part: its series and its index there.
    Twin(usize, usize),
    Robots,
    NoJekyll,
}

/// Every generated file with its address below the base, in a fixed order.
pub fn list(site: &Site) -> Vec<(String, Generated)> {
    let mut files = vec![
        ("llms.txt".into(), Generated::Llms),
        ("robots.txt".into(), Generated::Robots),
        (".nojekyll".into(), Generated::NoJekyll),
    ];
    for (at, series) in site.series.iter().enumerate() {
        for (index, part) in series.parts.iter().enumerate().filter(|(_, part)| part.state == State::Out) {
            files.push((twin_address(part), Generated::Twin(at, index)));
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
