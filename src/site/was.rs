//! Series and parts that had other ids before, as `was` says.
//!
//! In: a [`Site`]. Out: which part an old name means, and where the old addresses lead. Feeds, threads and the
//! progress of readers ask the part and the plan themselves ([`Part::known_as`]).

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::permalink::Filling;
use crate::site::Site;
use crate::site::page::Page;
use crate::site::place;
use crate::site::series::{Chapter, Part};
use crate::text::source::Span;

/// By the series and the id that it had, each part that had others.
pub fn former_parts(site: &Site) -> BTreeMap<(String, String), &Part> {
    let mut former = BTreeMap::new();
    for series in site.folders() {
        for part in &series.parts {
            for was in &series.plan.was {
                former.insert((was.value.clone(), part.id.clone()), part);
            }
            let own = part.article.map(|article| site.article(article).front.was.as_slice()).unwrap_or_default();
            for was in own {
                former.insert(was.value.clone(), part);
            }
        }
    }
    former
}

/// The addresses that pages had before, with those that they have, all below the base, and where it is said.
pub fn moved(site: &Site, pages: &[(String, Page)]) -> Vec<(String, String, Span)> {
    let mut moved = Vec::new();
    for (address, page) in pages {
        let Some(series) = page.series().map(|series| site.series(series)) else { continue };
        for was in &series.plan.was {
            if let Some(below) = address.strip_prefix(&format!("{}/", series.plan.id)) {
                moved.push((format!("{}/{below}", was.value), address.clone(), was.span));
            }
        }
        let Some(chapter) = page.chapter().and_then(|id| site.chapter(id)) else { continue };
        let part = chapter.part();
        let Some(front) = part.article.map(|article| &site.article(article).front) else { continue };
        for was in &front.was {
            let before = address_before(&was.value, part, site);
            // A side page moves with its part.
            let before = match chapter {
                Chapter::Part(_) => before,
                Chapter::Side(side, _) => place::of_side(&before, &side.name),
            };
            moved.push((before, address.clone(), was.span));
        }
    }
    moved
}

/// The address that a part had under the series and the id that it had.
fn address_before((series, id): &(String, String), part: &Part, site: &Site) -> String {
    let slug = part.article.and_then(|article| site.article(article).front.slug.as_ref());
    let filling = Filling { id, slug: slug.map(|slug| slug.value.as_str()), day: part.date.map(|date| date.day) };
    let series_before = site.folder(series);
    let pattern = series_before.and_then(|series| series.plan.permalink.as_ref());
    pattern.and_then(|pattern| pattern.address(filling)).unwrap_or_else(|| format!("{series}/{id}/"))
}

/// An old name is that of nothing else: neither of what there is, nor of two things.
pub fn check(site: &Site, out: &mut Vec<Diagnostic>) {
    let taken = |span: Span, name: &str, what: &str| {
        Diagnostic::new(Code::DuplicateId, span, format!("{} in `was` is the id of {what}", quote(name)))
            .help("an old id names nothing else; take it out of `was`, or rename the other")
    };
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut twice = |name: String, span: Span, out: &mut Vec<Diagnostic>| {
        if let Some(first) = seen.insert(name.clone(), span) {
            let message = format!("two things were {} before", quote(&name));
            out.push(Diagnostic::new(Code::DuplicateId, span, message).note(first, "the first").help("remove one"));
        }
    };
    for series in site.folders() {
        for was in &series.plan.was {
            if site.folder(&was.value).is_some() {
                out.push(taken(was.span, &was.value, "a series"));
            }
            twice(was.value.clone(), was.span, out);
        }
        let articles = series.parts.iter().filter_map(|part| part.article);
        for was in articles.flat_map(|article| &site.article(article).front.was) {
            let (of, id) = &was.value;
            if let Some(other) = site.folder(of).filter(|other| other.parts.iter().any(|part| part.id == *id)) {
                out.push(taken(was.span, &format!("{of}/{id}"), &format!("a {}", other.plan.order.noun())));
            }
            twice(format!("{of}/{id}"), was.span, out);
        }
    }
}
