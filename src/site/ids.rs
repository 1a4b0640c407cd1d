//! By what the program knows the things of a site: where each stands in its list.
//!
//! An author knows them by texts, a plan's `id` and a part's `id`. An id here is of one site and means
//! nothing to another; only this room makes them.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use crate::parse::Article;

/// A series, or a folder of posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(usize);

/// A part, or a post. Those of a series are in the order of its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId {
    /// The series that it belongs to.
    pub series: SeriesId,
    index: usize,
}

/// A side page of a part. Those of a part are in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SideId {
    /// The part that it belongs to.
    pub part: PartId,
    index: usize,
}

/// A text of a series that has a page: a part's own, or that of a side page. In the order in which they are
/// read, a part before its side pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChapterId {
    /// The part that it is, or belongs to.
    pub part: PartId,
    side: Option<usize>,
}

/// An article, whatever it is to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArticleId(usize);

/// An article outside any series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SingleId(usize);

impl SeriesId {
    pub(super) fn new(index: usize) -> Self {
        SeriesId(index)
    }

    /// Its place among the series of the site.
    pub fn index(self) -> usize {
        self.0
    }
}

impl PartId {
    pub(super) fn new(series: SeriesId, index: usize) -> Self {
        PartId { series, index }
    }

    /// Its place among the parts of its series.
    pub fn index(self) -> usize {
        self.index
    }
}

impl SideId {
    pub(super) fn new(part: PartId, index: usize) -> Self {
        SideId { part, index }
    }

    /// Its place among the side pages of its part.
    pub fn index(self) -> usize {
        self.index
    }
}

impl ChapterId {
    /// The side page that it is.
    pub fn side(self) -> Option<SideId> {
        self.side.map(|index| SideId { part: self.part, index })
    }
}

impl From<PartId> for ChapterId {
    fn from(part: PartId) -> Self {
        ChapterId { part, side: None }
    }
}

impl From<SideId> for ChapterId {
    fn from(side: SideId) -> Self {
        ChapterId { part: side.part, side: Some(side.index) }
    }
}

impl ArticleId {
    /// Its place among the articles of the site.
    pub fn index(self) -> usize {
        self.0
    }
}

impl SingleId {
    pub(super) fn new(index: usize) -> Self {
        SingleId(index)
    }

    /// Its place among the articles of the site that are outside any series.
    pub fn index(self) -> usize {
        self.0
    }
}

/// The articles of a site, by path. Who keeps what was read of one from build to build holds the same; whoever changes
/// one has a copy.
#[derive(Debug, Default)]
pub struct Articles(Vec<Arc<Article>>);

impl Articles {
    pub(super) fn push(&mut self, article: Arc<Article>) -> ArticleId {
        self.0.push(article);
        ArticleId(self.0.len() - 1)
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Article> {
        self.0.iter().map(Arc::as_ref)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Arc<Article>> {
        self.0.iter_mut()
    }

    /// Those of all, in their order.
    pub fn ids(&self) -> impl Iterator<Item = ArticleId> + use<> {
        (0..self.0.len()).map(ArticleId)
    }
}

impl IndexMut<ArticleId> for Articles {
    fn index_mut(&mut self, id: ArticleId) -> &mut Article {
        Arc::make_mut(&mut self.0[id.0])
    }
}

impl Index<ArticleId> for Articles {
    type Output = Article;

    fn index(&self, id: ArticleId) -> &Article {
        &self.0[id.0]
    }
}
