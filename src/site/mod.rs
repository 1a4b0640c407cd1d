//! What the sources say together: series with their parts, pages, files, each with its address.
//!
//! In: a `Project`. Out: a [`Site`], the value that references are resolved against and pages are
//! rendered from, and the diagnostics of everything read on the way. Knows no HTML.

pub mod address;
mod files;
pub mod gallery;
pub mod ids;
mod layout;
pub mod ledger;
pub mod page;
pub mod read;
pub mod resolve;
pub mod series;
pub mod status;
mod unread;
mod was;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::parse::Article;
use crate::parse::block::Body;
use crate::parse::front::Status;
use crate::project::phrases::Words;
use crate::settings::config::Config;
use crate::site::ids::{ArticleId, Articles, PartId, SeriesId, SingleId};
use crate::site::series::{Part, Series, State};
use crate::site::unread::{Unread, folder_of};
use crate::store::tree::OutputPath;
use crate::text::path::folders_above;
use crate::text::source::Span;

/// A whole site, before anything is rendered.
#[derive(Debug)]
pub struct Site {
    pub config: Config,
    /// The theme's words in the site's language.
    pub words: Words,
    pub now: Timestamp,
    pub drafts: bool,
    pub articles: Articles,
    /// By article.
    roles: Vec<Role>,
    /// In the order of the home page.
    pub series: Vec<Series>,
    pub singles: Vec<Single>,
    /// The article with the home page's words.
    pub home: Option<ArticleId>,
    /// Files of `content/` that are published, by their path below the root.
    pub files: BTreeMap<String, PublishedFile>,
    /// By the URL of their pages, the parts that have one.
    part_urls: BTreeMap<String, PartId>,
    /// By slug.
    pub tags: BTreeMap<String, Tag>,
    pub unread: Unread,
}

/// What an article is to its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Home,
    Part(PartId),
    /// It lies in the folder of a series, and the plan doesn't list it.
    Unlisted(SeriesId),
    Single(SingleId),
    /// It lies in the folder of a series whose plan could not be read.
    Unknown,
}

/// An article outside any series.
#[derive(Debug)]
pub struct Single {
    pub at: SingleId,
    pub article: ArticleId,
    /// `about/`, below the base.
    pub address: String,
    /// Whether it has a page.
    pub out: bool,
}

/// A file of `content/` and where it goes.
#[derive(Debug)]
pub struct PublishedFile {
    /// Below the base.
    pub address: String,
    /// Whether it is published: a part's files go out with the part.
    pub state: State,
}

/// A tag and the published parts that carry it.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub span: Span,
    pub parts: Vec<PartId>,
}

impl Site {
    pub fn series(&self, id: SeriesId) -> &Series {
        &self.series[id.index()]
    }

    pub fn part(&self, id: PartId) -> &Part {
        self.series(id.series).part(id)
    }

    pub fn article(&self, id: ArticleId) -> &Article {
        &self.articles[id]
    }

    pub fn single(&self, id: SingleId) -> &Single {
        &self.singles[id.index()]
    }

    /// What an article is to the site.
    pub fn role(&self, article: ArticleId) -> Role {
        self.roles[article.index()]
    }

    /// The part whose page is at a URL of this site (`/base/guide/intro/`).
    pub fn part_at(&self, url: &str) -> Option<&Part> {
        self.part_urls.get(url).map(|part| self.part(*part))
    }

    /// The series that an article is a part of.
    pub fn series_of(&self, article: ArticleId) -> Option<&Series> {
        match self.role(article) {
            Role::Part(part) => Some(self.series(part.series)),
            Role::Home | Role::Unlisted(_) | Role::Single(_) | Role::Unknown => None,
        }
    }

    /// Whether readers get to see an article.
    pub fn state(&self, article: ArticleId) -> State {
        match self.role(article) {
            Role::Home => State::Out,
            Role::Part(part) => self.part(part).state,
            Role::Single(single) if self.single(single).out => State::Out,
            Role::Single(_) | Role::Unlisted(_) | Role::Unknown => match self.article(article).front.status {
                Status::Draft => State::Draft,
                Status::Soon | Status::Published => State::Soon,
            },
        }
    }

    /// Every part of every plan, drafts too.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.series.iter().flat_map(|series| &series.parts)
    }

    /// Every part that has a page.
    pub fn parts_out(&self) -> impl Iterator<Item = &Part> {
        self.series.iter().flat_map(Series::out)
    }

    /// Every article outside series that has a page.
    pub fn singles_out(&self) -> impl Iterator<Item = &Single> {
        self.singles.iter().filter(|single| single.out)
    }

    /// The articles that readers see, with the home page's: parts, then those outside series.
    pub fn articles_out(&self) -> impl Iterator<Item = ArticleId> {
        let singles = self.singles_out().map(|single| single.article);
        self.parts_out().filter_map(|part| part.article).chain(singles).chain(self.home)
    }

    /// The articles in the folder of a series, whether or not the plan lists them.
    pub fn articles_of(&self, series: SeriesId) -> impl Iterator<Item = &Article> {
        let is_there = move |id: &ArticleId| match self.role(*id) {
            Role::Part(part) => part.series == series,
            Role::Unlisted(of) => of == series,
            Role::Home | Role::Single(_) | Role::Unknown => false,
        };
        self.articles.ids().filter(is_there).map(|id| self.article(id))
    }

    /// Whether everything that is there could be read, every plan knows its parts, and every part what
    /// it holds and teaches.
    pub fn is_clear(&self) -> bool {
        let is_broken = |article: &Article| article.blocks.iter().any(|block| matches!(block.body, Body::Broken));
        self.unread.paths.is_empty()
            && self.series.iter().all(|series| series.is_clear() && series.all_taught)
            && !self.articles.iter().any(is_broken)
    }

    /// Whether an address below the base that nothing known has may be there all the same.
    pub fn may_have_address(&self, address: &str) -> bool {
        let unknown_slug = |article: ArticleId| self.article(article).front.unread.contains(&"slug");
        let series = folders_above(address).rev().find_map(|id| self.series.iter().find(|series| series.plan.id == id));
        let of_part = |part: &Part| part.article.is_some_and(unknown_slug);
        let of_single =
            |single: &Single| unknown_slug(single.article) && folder_of(&single.address) == folder_of(address);
        self.unread.may_have_address(address)
            || series.is_some_and(|series| !series.is_clear() || series.parts.iter().any(of_part))
            || self.singles.iter().any(of_single)
    }

    /// Whether a path below the root at which nothing known is may be there all the same.
    pub fn may_have_path(&self, path: &str) -> bool {
        let folders = || folders_above(path).filter_map(|folder| folder.strip_prefix("content/"));
        let listed = |series: &Series| {
            let id =
                path.strip_prefix(&format!("content/{}/", series.plan.id)).and_then(|path| path.strip_suffix(".md"));
            id.is_some_and(|id| series.may_have(id.strip_suffix("/index").unwrap_or(id)))
        };
        self.unread.holds(path) || folders().any(|id| self.unread.has_series(id)) || self.series.iter().any(listed)
    }

    /// Whether a part that is none of the known ones may be there all the same.
    pub fn may_have_part(&self, series: &str, part: &str) -> bool {
        self.unread.has_series(series)
            || self.series.iter().any(|known| known.plan.id == series && known.may_have(part))
    }
}

/// The output path of an address below the base: a page's is its `index.html`.
pub fn output_path(address: &str) -> Result<OutputPath, String> {
    match address {
        "" => OutputPath::new("index.html"),
        page if page.ends_with('/') => OutputPath::new(&format!("{page}index.html")),
        file => OutputPath::new(file),
    }
}
