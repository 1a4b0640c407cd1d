//! The comparisons of a series: which are shown, and where each is kept.
//!
//! In: a [`Site`]. Out: the entries of each series' gallery, and a diagnostic for each comparison that
//! is not there, not used, or there twice. Renders none of them.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::blocks::comparison::Comparison;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::parse::block::Body;
use crate::site::Site;
use crate::site::ids::{ArticleId, PartId, SeriesId};
use crate::site::series::{Part, Series};
use crate::text::source::{Span, Spanned};

/// A comparison that published parts hold.
#[derive(Debug, Hash)]
pub struct GalleryEntry {
    pub id: String,
    /// Where the comparison is: in the first part that holds it, or in a file of its own.
    pub place: ComparisonPlace,
    /// The published parts that use it.
    pub parts: Vec<PartId>,
}

/// Where a comparison is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// The galleries of a site.
#[derive(Debug)]
pub struct Galleries(Vec<Vec<GalleryEntry>>);

impl Galleries {
    /// The comparisons of a series' published parts, each once, in the order of the plan.
    pub fn of(&self, series: SeriesId) -> &[GalleryEntry] {
        &self.0[series.index()]
    }
}

/// Gives each comparison of a series an id of its own: the one that its author says, else its title's slug. Of several
/// with one title the first of the plan has that, and the id of its part tells each of the others apart; two of one
/// part are left for [`galleries`] to report.
pub fn tell_apart(site: &mut Site) {
    let mut renamed = Vec::new();
    for series in &site.series {
        let mut taken: BTreeSet<String> = series.shared.keys().cloned().collect();
        taken.extend(inline(site, series).filter(|found| found.is_named).map(|found| found.id.to_string()));
        let mut titles: BTreeSet<(&str, PartId)> = BTreeSet::new();
        for found in inline(site, series).filter(|found| !found.is_named) {
            let is_first_of_part = titles.insert((found.id, found.part.at));
            if taken.insert(found.id.to_string()) || !is_first_of_part {
                continue;
            }
            let id = format!("{}-{}", found.id, found.part.id);
            if taken.insert(id.clone()) {
                renamed.push((found.article, found.block, id));
            }
        }
    }
    for (article, block, id) in renamed {
        site.articles[article].blocks[block].body.change(|comparison: &mut Comparison| comparison.id = id);
    }
}

/// A comparison in the text of a part.
struct Inline<'a> {
    part: &'a Part,
    article: ArticleId,
    block: usize,
    id: &'a str,
    is_named: bool,
}

/// Those of the listed parts, in their order.
fn inline<'a>(site: &'a Site, series: &'a Series) -> impl Iterator<Item = Inline<'a>> {
    let of_article = |part: &'a Part, article: ArticleId| {
        let blocks = site.article(article).blocks.iter().enumerate();
        blocks.filter_map(move |(block, placed)| {
            let Comparison { id, is_named, .. } = placed.body.get()?;
            Some(Inline { part, article, block, id, is_named: *is_named })
        })
    };
    series.listed().flat_map(move |part| part.articles().flat_map(move |article| of_article(part, article)))
}

/// Finds the comparisons of every series.
pub fn galleries(site: &Site, out: &mut Vec<Diagnostic>) -> Galleries {
    let is_clear = site.is_clear();
    let found: Vec<(Vec<GalleryEntry>, Vec<Diagnostic>)> = site
        .folders()
        .collect::<Vec<_>>()
        .par_iter()
        .map(|series| {
            let mut found = Vec::new();
            let gallery = gallery(site, series, &mut found);
            // What can't be read may be what uses a comparison, and so may what isn't translated; what is hidden may be
            // half written.
            if site.is_original() && is_clear && series.is_shown() && !series.is_posts() {
                check_unused(site, series, &mut found);
            }
            (gallery, found)
        })
        .collect();
    let (galleries, told): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    out.extend(told.into_iter().flatten());
    Galleries(galleries)
}

fn gallery(site: &Site, series: &Series, out: &mut Vec<Diagnostic>) -> Vec<GalleryEntry> {
    let mut uses = uses(site, series, out);
    if series.is_posts() {
        return Vec::new();
    }
    leave_doubles(&mut uses, out);
    let mut entries: Vec<GalleryEntry> = Vec::new();
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for Use { part, id, place, .. } in uses.into_iter().filter(|found| found.part.is_out()) {
        let entry = *by_id.entry(id).or_insert_with(|| {
            entries.push(GalleryEntry { id: id.to_string(), place, parts: Vec::new() });
            entries.len() - 1
        });
        if entries[entry].parts.last() != Some(&part.at) {
            entries[entry].parts.push(part.at);
        }
    }
    entries
}

/// A comparison where a part has it.
struct Use<'a> {
    part: &'a Part,
    id: &'a str,
    place: ComparisonPlace,
    span: Span,
}

/// Every comparison of the listed parts, in their order.
fn uses<'a>(site: &'a Site, series: &'a Series, out: &mut Vec<Diagnostic>) -> Vec<Use<'a>> {
    let mut uses = Vec::new();
    for part in series.listed() {
        let blocks = |article: ArticleId| site.article(article).blocks.iter().enumerate().map(move |at| (article, at));
        for (article, (block, placed)) in part.articles().flat_map(blocks) {
            if let Some(Comparison { id, .. }) = placed.body.get() {
                uses.push(Use { part, id, place: ComparisonPlace::Inline { article, block }, span: placed.span });
            }
            match &placed.body {
                Body::Use(id) if series.shared.contains_key(&id.value) => {
                    uses.push(Use { part, id: &id.value, place: ComparisonPlace::Shared, span: id.span });
                }
                Body::Use(id) if !site.unread.holds(&path(&series.plan.id, &id.value)) => {
                    out.push(unknown_comparison(id, series));
                }
                _ => {}
            }
        }
    }
    uses
}

/// Takes out what is called like another comparison.
fn leave_doubles(uses: &mut Vec<Use<'_>>, out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, (ComparisonPlace, Span)> = BTreeMap::new();
    uses.retain(|Use { id, place, span, .. }| {
        let (first, first_span) = *seen.entry(id).or_insert((*place, *span));
        if first == *place {
            return true;
        }
        let message = format!("two comparisons of this series are called {}", quote(id));
        out.push(
            Diagnostic::new(Code::DuplicateId, *span, message)
                .note(first_span, "the first")
                .help("give one an `id` of its own, or share one through `comparisons/`"),
        );
        false
    });
}

/// A comparison in a file of its own is used. A draft's use counts: it is what the comparison is being
/// written for.
fn check_unused(site: &Site, series: &Series, out: &mut Vec<Diagnostic>) {
    let blocks = site.articles_of(series.at).flat_map(|article| &article.blocks);
    let used = blocks.filter_map(|block| match &block.body {
        Body::Use(id) => Some(id.value.as_str()),
        _ => None,
    });
    let used: BTreeSet<&str> = used.collect();
    for (id, shared) in series.shared.iter().filter(|(id, _)| !used.contains(id.as_str())) {
        let message = format!("no part uses the comparison {}", quote(id));
        out.push(
            Diagnostic::new(Code::UnusedComparison, shared.comparison.span, message)
                .help(format!("place it with `use = \"{id}\"` in a part")),
        );
    }
}

fn unknown_comparison(id: &Spanned<String>, series: &Series) -> Diagnostic {
    let message = format!("there is no comparison {}", quote(&id.value));
    if series.is_posts() {
        return Diagnostic::new(Code::UnknownComparison, id.span, message)
            .help("a comparison in a file of its own belongs to a series; write it out here");
    }
    let near = did_you_mean(&id.value, series.shared.keys().map(String::as_str));
    Diagnostic::new(Code::UnknownComparison, id.span, message)
        .help(near.unwrap_or_else(|| format!("write it to `{}`", path(&series.plan.id, &id.value))))
}

/// Where a shared comparison lies.
fn path(series: &str, id: &str) -> String {
    format!("content/{series}/comparisons/{id}.toml")
}
