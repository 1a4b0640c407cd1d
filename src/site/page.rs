//! Which pages a site has, and where.
//!
//! In: a [`Site`] and its galleries. Out: one list, from which pages are rendered, links resolved
//! and collisions found. Renders none of them.

use crate::parse::front::Status;
use crate::site::Site;
use crate::site::address::{Subject, has_search};
use crate::site::gallery::Galleries;
use crate::site::ids::{ArticleId, ChapterId, PartId, SeriesId, SideId, SingleId};
use crate::site::picture;
use crate::site::series::Series;

/// The page for addresses that aren't there, by the name under which hosts look for it.
pub const NOT_FOUND: &str = "404.html";

/// A page that a site has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    Home,
    /// A series, or the newest posts of a folder.
    Series(SeriesId),
    /// Posts that came before those, by the number of their page, from 2.
    Earlier(SeriesId, usize),
    /// A part, or a post.
    Part(PartId),
    /// A further article of a part.
    Side(SideId),
    Comparisons(SeriesId),
    Glossary(SeriesId),
    /// What changes in the program of a series from part to part.
    Code(SeriesId),
    Sources(SeriesId),
    /// The whole series on one page.
    Print(SeriesId),
    /// An article outside any series.
    Single(SingleId),
    Tags,
    /// By slug.
    Tag(String),
    Search,
    NotFound,
}

/// A site in one of its languages, with its pages and their addresses below the base.
pub type Paged<'s> = (&'s Site, &'s [(String, Page)]);

impl Page {
    /// How many parts of the site it lists, each in a line or in a few.
    pub fn listed(&self, site: &Site) -> usize {
        match self {
            Page::Home => site.folders_shown().map(|series| series.parts.len()).sum(),
            Page::Tag(slug) => site.tags.get(slug).map_or(0, |tag| tag.parts.len()),
            Page::Series(series)
            | Page::Comparisons(series)
            | Page::Glossary(series)
            | Page::Code(series)
            | Page::Sources(series)
            | Page::Print(series) => site.series(*series).parts.len(),
            Page::Earlier(..)
            | Page::Part(_)
            | Page::Side(_)
            | Page::Single(_)
            | Page::Tags
            | Page::Search
            | Page::NotFound => 0,
        }
    }

    /// Its address, below the base.
    pub fn address(&self, site: &Site) -> String {
        let in_series = |series: SeriesId, name: &str| format!("{}/{name}", site.series(series).plan.folder);
        match self {
            Page::Home => site.prefix.clone(),
            Page::Series(series) => in_series(*series, ""),
            Page::Earlier(series, number) => in_series(*series, &format!("page/{number}/")),
            Page::Part(part) => site.part(*part).address.clone(),
            Page::Side(side) => site.side(*side).address.clone(),
            Page::Comparisons(series) => in_series(*series, "comparisons/"),
            Page::Glossary(series) => in_series(*series, "glossary/"),
            Page::Code(series) => in_series(*series, "code/"),
            Page::Sources(series) => in_series(*series, "sources/"),
            Page::Print(series) => in_series(*series, "print/"),
            Page::Single(single) => site.single(*single).address.clone(),
            Page::Tags => format!("{}tags/", site.prefix),
            Page::Tag(slug) => format!("{}tags/{slug}/", site.prefix),
            Page::Search => format!("{}search/", site.prefix),
            Page::NotFound => NOT_FOUND.into(),
        }
    }

    /// The series, or the folder of posts, that it belongs to.
    pub fn series(&self) -> Option<SeriesId> {
        match self {
            Page::Part(part) | Page::Side(SideId { part, .. }) => Some(part.series),
            Page::Series(series)
            | Page::Earlier(series, _)
            | Page::Comparisons(series)
            | Page::Glossary(series)
            | Page::Code(series)
            | Page::Sources(series)
            | Page::Print(series) => Some(*series),
            Page::Home | Page::Single(_) | Page::Tags | Page::Tag(_) | Page::Search | Page::NotFound => None,
        }
    }

    /// The article whose words stand on it.
    pub fn article(&self, site: &Site) -> Option<ArticleId> {
        match self {
            Page::Home => site.home,
            Page::Series(series) => site.series(*series).opening,
            Page::Part(part) => site.part(*part).article,
            Page::Side(side) => Some(site.side(*side).article),
            Page::Single(single) => Some(site.single(*single).article),
            Page::Earlier(..)
            | Page::Comparisons(_)
            | Page::Glossary(_)
            | Page::Code(_)
            | Page::Sources(_)
            | Page::Print(_)
            | Page::Tags
            | Page::Tag(_)
            | Page::Search
            | Page::NotFound => None,
        }
    }

    /// The text of a series that it shows, if it shows one.
    pub fn chapter(&self) -> Option<ChapterId> {
        match self {
            Page::Part(part) => Some((*part).into()),
            Page::Side(side) => Some((*side).into()),
            _ => None,
        }
    }

    /// The social card that shows it: its own, its part's, its series', or the site's.
    pub fn card(&self, site: &Site) -> Subject {
        match (self, self.series()) {
            (Page::Single(single), _) if picture::has_card(site, Subject::Single(*single)) => Subject::Single(*single),
            (Page::Part(part) | Page::Side(SideId { part, .. }), _) => Subject::Part(*part),
            (_, Some(series)) => Subject::Series(series),
            (_, None) => Subject::Site,
        }
    }

    /// Where its words were first published, when that was elsewhere.
    pub fn canonical<'s>(&self, site: &'s Site) -> Option<&'s str> {
        let canonical = site.article(self.article(site)?).front.canonical.as_ref()?;
        Some(&canonical.value)
    }

    /// Whether search engines may list it.
    pub fn is_indexed(&self, site: &Site) -> bool {
        match self {
            Page::Part(part) | Page::Side(SideId { part, .. }) => !site.part(*part).preview,
            Page::Single(single) => site.article(site.single(*single).article).front.status == Status::Published,
            Page::Earlier(..) | Page::Print(_) | Page::Search | Page::NotFound => false,
            Page::Series(series)
            | Page::Comparisons(series)
            | Page::Glossary(series)
            | Page::Sources(series)
            | Page::Code(series) => !site.series(*series).preview,
            Page::Home | Page::Tags | Page::Tag(_) => true,
        }
    }
}

/// Every page with its address below the base, in a fixed order.
pub fn list_pages(site: &Site, galleries: &Galleries) -> Vec<(String, Page)> {
    let mut pages = vec![Page::Home];
    for series in site.folders_shown() {
        for part in series.out() {
            pages.push(Page::Part(part.at));
            pages.extend(part.sides.iter().map(|side| Page::Side(side.at)));
        }
        pages.extend((!galleries.of(series.at).is_empty()).then_some(Page::Comparisons(series.at)));
        pages.extend(has_glossary(series).then_some(Page::Glossary(series.at)));
        pages.extend(has_code(series).then_some(Page::Code(series.at)));
        pages.extend(has_sources(series).then_some(Page::Sources(series.at)));
        pages.extend(has_print(series).then_some(Page::Print(series.at)));
        pages.push(Page::Series(series.at));
        pages.extend((2..=series.list_pages()).map(|number| Page::Earlier(series.at, number)));
    }
    pages.extend(site.singles_out().map(|single| Page::Single(single.at)));
    pages.extend((!site.tags.is_empty()).then_some(Page::Tags));
    pages.extend(site.tags.keys().map(|slug| Page::Tag(slug.clone())));
    pages.extend(is_searchable(site).then_some(Page::Search));
    // It speaks all languages.
    pages.extend(site.is_original().then_some(Page::NotFound));
    pages.into_iter().map(|page| (page.address(site), page)).collect()
}

/// Whether a series has terms to show.
pub fn has_glossary(series: &Series) -> bool {
    !series.shown_terms().is_empty()
}

/// Whether a published part of a series changes its program.
pub fn has_code(series: &Series) -> bool {
    series.program_parts().next().is_some()
}

/// Whether a series has sources to list.
pub fn has_sources(series: &Series) -> bool {
    series.is_out() && series.sources.as_ref().is_some_and(|sources| sources.iter().next().is_some())
}

/// Whether a series has anything to print.
pub fn has_print(series: &Series) -> bool {
    !series.is_posts() && series.is_out()
}

/// Whether there is anything to search, and the site wants it.
pub fn is_searchable(site: &Site) -> bool {
    site.folders().any(|folder| has_search(site, folder))
}

/// The anchor of a comparison where it stands for the first time on a page, as in a gallery.
pub fn comparison_anchor(id: &str) -> String {
    format!("pw-comparison-{id}")
}
