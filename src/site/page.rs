//! Which pages a site has, and where.
//!
//! In: a [`Site`] and its galleries. Out: one list, from which pages are rendered, links resolved
//! and collisions found. Renders none of them.

use crate::parse::front::Status;
use crate::site::Site;
use crate::site::gallery::GalleryEntry;
use crate::site::generated::search_address;
use crate::site::series::State;

/// A page that a site has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    Home,
    Series(usize),
    Part(usize, usize),
    Comparisons(usize),
    Glossary(usize),
    /// The whole series on one page.
    Print(usize),
    /// Index among the pages outside series.
    Single(usize),
    Tags,
    /// By slug.
    Tag(String),
    Search,
    NotFound,
}

/// Every page with its address below the base, in a fixed order.
pub fn list_pages(site: &Site, galleries: &[Vec<GalleryEntry>]) -> Vec<(String, Page)> {
    let mut pages = vec![(String::new(), Page::Home)];
    for (at, series) in site.series.iter().enumerate() {
        let address = format!("{}/", series.plan.id);
        for (index, part) in series.parts.iter().enumerate().filter(|(_, part)| part.state == State::Out) {
            pages.push((part.address.clone(), Page::Part(at, index)));
        }
        if !galleries[at].is_empty() {
            pages.push((format!("{address}comparisons/"), Page::Comparisons(at)));
        }
        if !series.shown_terms().is_empty() {
            pages.push((format!("{address}glossary/"), Page::Glossary(at)));
        }
        if series.published > 0 {
            pages.push((format!("{address}print/"), Page::Print(at)));
        }
        pages.push((address, Page::Series(at)));
    }
    for (at, page) in site.pages.iter().enumerate().filter(|(_, page)| page.out) {
        pages.push((page.address.clone(), Page::Single(at)));
    }
    if !site.tags.is_empty() {
        pages.push(("tags/".into(), Page::Tags));
    }
    pages.extend(site.tags.keys().map(|slug| (format!("tags/{slug}/"), Page::Tag(slug.clone()))));
    if searchable(site) {
        pages.push(("search/".into(), Page::Search));
    }
    pages.push(("404.html".into(), Page::NotFound));
    pages
}

/// Whether there is anything to search, and the site wants it.
pub fn searchable(site: &Site) -> bool {
    (0..site.series.len()).any(|at| search_address(site, at).is_some())
}

/// Whether search engines may list a page.
pub fn is_indexed(site: &Site, page: &Page) -> bool {
    match page {
        Page::Part(series, part) => !site.series[*series].parts[*part].preview,
        Page::Single(page) => site.articles[site.pages[*page].article].front.status == Status::Published,
        Page::Print(_) | Page::Search | Page::NotFound => false,
        Page::Home | Page::Series(_) | Page::Comparisons(_) | Page::Glossary(_) | Page::Tags | Page::Tag(_) => true,
    }
}

/// The anchor of a comparison where it stands for the first time on a page, as in a gallery.
pub fn comparison_anchor(id: &str) -> String {
    format!("pw-comparison-{id}")
}
