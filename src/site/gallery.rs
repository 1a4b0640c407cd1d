//! The comparisons of a series: which are shown, and where each is kept.
//!
//! In: a [`Site`]. Out: the entries of a series' gallery, and a diagnostic for each comparison that
//! is not there, not used, or there twice. Renders none of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::blocks::comparison::Comparison;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::parse::block::Body;
use crate::site::Site;
use crate::site::ids::{ArticleId, PartId};
use crate::site::series::Series;
use crate::text::source::Span;

/// A comparison that published parts hold.
#[derive(Debug)]
pub struct GalleryEntry {
    pub id: String,
    /// Where the comparison is: in the first part that holds it, or in a file of its own.
    pub place: ComparisonPlace,
    /// The published parts that use it.
    pub parts: Vec<PartId>,
}

/// Where a comparison is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonPlace {
    /// The article and the block in it.
    Inline {
        article: ArticleId,
        block: usize,
    },
    Shared,
}

impl GalleryEntry {
    /// What it shows.
    pub fn comparison<'s>(&self, site: &'s Site, series: &'s Series) -> Option<&'s Comparison> {
        match self.place {
            ComparisonPlace::Inline { article, block } => site.article(article).blocks[block].body.get(),
            ComparisonPlace::Shared => series.shared.get(&self.id).map(|shared| &shared.comparison),
        }
    }
}

/// The comparisons of a series' published parts, each once, in the order of the plan.
pub fn gallery(site: &Site, series: &Series, out: &mut Vec<Diagnostic>) -> Vec<GalleryEntry> {
    let shared = &series.shared;
    let mut entries: Vec<GalleryEntry> = Vec::new();
    let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeMap<&str, (ComparisonPlace, Span)> = BTreeMap::new();
    // A draft's use counts: it is what the comparison is being written for.
    let used: BTreeSet<&str> = site
        .articles_of(series.at)
        .flat_map(|article| &article.blocks)
        .filter_map(|block| match &block.body {
            Body::Use(id) => Some(id.value.as_str()),
            _ => None,
        })
        .collect();
    for part in series.listed() {
        let Some(article) = part.article else { continue };
        for (block, placed) in site.article(article).blocks.iter().enumerate() {
            let (id, place, span) = match &placed.body {
                body if body.get::<Comparison>().is_some() => {
                    let id = body.get::<Comparison>().map_or("", |comparison| comparison.id.as_str());
                    (id, ComparisonPlace::Inline { article, block }, placed.span)
                }
                Body::Use(id) if shared.contains_key(&id.value) => {
                    (id.value.as_str(), ComparisonPlace::Shared, id.span)
                }
                Body::Use(id) if site.unread.holds(&path(&series.plan.id, &id.value)) => continue,
                Body::Use(id) => {
                    out.push(unknown_comparison(id, &series.plan.id, shared.keys().map(String::as_str)));
                    continue;
                }
                _ => continue,
            };
            match seen.get(id) {
                Some((first, first_span)) if *first != place => {
                    let message = format!("two comparisons of this series are called {}", quote(id));
                    out.push(
                        Diagnostic::new(Code::DuplicateId, span, message)
                            .note(*first_span, "the first")
                            .help("give one another title, or share one through `comparisons/`"),
                    );
                    continue;
                }
                Some(_) => {}
                None => {
                    seen.insert(id, (place, span));
                }
            }
            if !part.is_out() {
                continue;
            }
            let entry = *by_id.entry(id.to_string()).or_insert_with(|| {
                entries.push(GalleryEntry { id: id.to_string(), place, parts: Vec::new() });
                entries.len() - 1
            });
            if entries[entry].parts.last() != Some(&part.at) {
                entries[entry].parts.push(part.at);
            }
        }
    }
    // What can't be read may be what uses it.
    if !site.is_clear() {
        return entries;
    }
    for (id, comparison) in shared.iter().filter(|(id, _)| !used.contains(id.as_str())) {
        let message = format!("no part uses the comparison {}", quote(id));
        out.push(
            Diagnostic::new(Code::UnusedComparison, comparison.comparison.span, message)
                .help(format!("place it with `use = \"{id}\"` in a part")),
        );
    }
    entries
}

fn unknown_comparison<'a>(
    id: &crate::text::source::Spanned<String>,
    series: &str,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let message = format!("there is no comparison {}", quote(&id.value));
    Diagnostic::new(Code::UnknownComparison, id.span, message)
        .help(did_you_mean(&id.value, known).unwrap_or_else(|| format!("write it to `{}`", path(series, &id.value))))
}

/// Where a shared comparison lies.
fn path(series: &str, id: &str) -> String {
    format!("content/{series}/comparisons/{id}.toml")
}
