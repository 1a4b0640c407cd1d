//! The second read: an article's tree, open for everything that is written of it.
//!
//! In: an article of a resolved site. Out: its text and the lines of its blocks as trees, for as long as
//! somebody visits them. Then they are dropped, so that no more of them are held than there are threads.

use std::fmt;
use std::ops::Range;

use super::code::Highlighter;
use super::lines::LineTexts;
use super::style::{Cites, Medium, Style};
use super::write::Text;
use crate::diagnostic::Diagnostic;
use crate::parse::Article;
use crate::parse::block::{Block, Body, Inline};
use crate::parse::component::Components;
use crate::parse::dialect::Dialect;
use crate::parse::places::Places;
use crate::parse::tree::{Html, tree};
use crate::project::Project;
use crate::project::images::{Pictures, Shown};
use crate::project::load::lost;
use crate::settings::data::Excerpt;
use crate::site::Site;
use crate::site::ids::{ArticleId, SeriesId};
use crate::site::listings::Listings;
use crate::site::numbers;
use crate::site::resolve::References;
use crate::text::source::Span;

/// A site with nothing left to ask.
#[derive(Debug, Clone, Copy)]
pub struct Resolved<'a> {
    pub project: &'a Project,
    pub site: &'a Site,
    pub references: &'a References,
    pub listings: &'a Listings,
    pub pictures: &'a Pictures<'a>,
    /// All blocks, by name.
    pub blocks: &'a Components,
    /// All published images.
    pub shown: &'a Shown,
}

impl<'a> Resolved<'a> {
    /// How the site's texts are written; a medium other than the pages has no highlighting.
    pub fn style(self, medium: Option<Medium<'a>>, highlighter: Option<&'a Highlighter<'a>>) -> Style<'a> {
        Style {
            punctuation: self.site.config.punctuation,
            raw_html: self.site.config.raw_html,
            highlighter,
            medium,
            phrases: &self.site.phrases,
            boxes: &self.site.config.boxes,
            base: &self.site.config.base_url,
            shown: self.shown,
            notes_in_margin: medium.is_none() && self.site.config.theme.notes_in_margin,
            cites: None,
        }
    }
}

impl<'a> Resolved<'a> {
    /// The sources of a series, for a text that lists at its end what it cites.
    pub fn own_cites(self, series: SeriesId) -> Option<Cites<'a>> {
        self.site.series(series).sources.as_ref().map(|sources| Cites { sources, page: None })
    }
}

/// An article that is open.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    pub resolved: Resolved<'a>,
    pub id: ArticleId,
    pub article: &'a Article,
    pub text: Text<'a>,
}

impl fmt::Debug for Visit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Visit<'_> {
    fn places(&self) -> Places {
        Places { source: self.text.span.source, base: self.text.span.start as usize }
    }

    /// Where bytes of the text stand.
    pub fn place(&self, range: &Range<usize>) -> Span {
        self.places().span(range.clone())
    }

    /// A piece of raw HTML, whose lines may have been taken out of what stands around them.
    pub fn excerpt<'h>(&self, html: &'h Html<'_>) -> Excerpt<'h> {
        self.places().excerpt(&html.lines, 0)
    }
}

/// Looks at what an article holds, and reports what its author likely didn't mean.
pub type Look<'a> = &'a (dyn Fn(&Visit<'_>, &mut Vec<Diagnostic>) + Sync);

/// Opens an article; fails where its text was left and is no longer what it was.
pub fn visit<T>(resolved: Resolved<'_>, id: ArticleId, look: impl FnOnce(&Visit<'_>) -> T) -> Result<T, Diagnostic> {
    let Resolved { project, site, references, listings, blocks, .. } = resolved;
    let article = site.article(id);
    let source = project.sources.get(article.source);
    let Some(typed) = source.visit() else {
        return Err(lost(project, source));
    };
    let guarded = article.guarded(&typed);
    let cites = site.part_of(id).is_some_and(|part| site.series(part.series).sources.is_some());
    let tree = tree(&guarded, Dialect::of(&site.config, cites), blocks);
    let texts = LineTexts::of(lines_of(site, id));
    let guarded_lines = texts.guarded();
    let lines = guarded_lines.read(site.config.punctuation);
    let labels = numbers::labels(site, id);
    let cited = site.cited(id);
    let text = Text {
        tree: &tree,
        span: Span::new(article.source, article.body.clone()),
        targets: references.article(id),
        article: Some(article),
        lines: &lines,
        listings: listings.of(id),
        labels: &labels,
        cited: &cited,
    };
    Ok(look(&Visit { resolved, id, article, text }))
}

/// The lines of an article's blocks, those of shared comparisons among them.
fn lines_of(site: &Site, id: ArticleId) -> impl Iterator<Item = &Inline> {
    let shared = site.series_of(id).map(|series| &series.shared);
    site.article(id).blocks.iter().flat_map(move |placed| match &placed.body {
        Body::Use(id) => {
            let comparison = shared.and_then(|shared| shared.get(&id.value));
            comparison.map(|shared| shared.comparison.lines()).unwrap_or_default()
        }
        body => body.lines(),
    })
}
