//! Series and parts that had other ids before, as `was` says.
//!
//! In: a [`Site`]. Out: which part an old name means, and where the old addresses lead. Feeds, threads and the
//! progress of readers ask the part and the plan themselves ([`Part::known_as`]).

use std::cell::LazyCell;
use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::permalink::Filling;
use crate::site::Site;
use crate::site::address::folder;
use crate::site::page::Page;
use crate::site::place;
use crate::site::series::{Chapter, Part};
use crate::text::source::{SourceId, Span};

/// Each part by its series and its id, and by those that it had before. A name that something has is nothing else's.
pub fn parts_by_name(site: &Site) -> BTreeMap<(String, String), &Part> {
    let mut named = BTreeMap::new();
    for series in site.folders() {
        for part in &series.parts {
            for was in &series.plan.was {
                named.insert((was.value.clone(), part.id.clone()), part);
            }
            let own = part.article.map(|article| &*site.article(article).front.was).unwrap_or_default();
            for was in own {
                named.insert(was.value.clone(), part);
            }
        }
    }
    named.extend(site.parts().map(|part| ((site.series(part.at.series).plan.id.clone(), part.id.clone()), part)));
    named
}

/// The addresses that pages had before, with those that they have, all below the base, and where it is said.
pub fn moved(site: &Site, pages: &[(String, Page)]) -> Vec<(String, String, Span)> {
    let mut moved = Vec::new();
    for (address, page) in pages {
        let Some(series) = page.series().map(|series| site.series(series)) else { continue };
        for was in &series.plan.was {
            if let Some(below) = address.strip_prefix(&format!("{}/", series.plan.folder)) {
                moved.push((format!("{}/{below}", was.value), address.clone(), was.span));
            }
        }
        let Some(chapter) = page.chapter().and_then(|id| site.chapter(id)) else { continue };
        for (before, span) in before(chapter.part(), site) {
            // A side page moves with its part.
            let before = match chapter {
                Chapter::Part(_) => before,
                Chapter::Side(side, _) => place::of_side(&before, &side.name),
            };
            moved.push((before, address.clone(), span));
        }
    }
    moved
}

/// The folders below the base of series and of parts that had other ids, with those that they had and where that is
/// said.
pub fn folders(site: &Site) -> BTreeMap<String, Vec<(String, Span)>> {
    let mut folders: BTreeMap<String, Vec<(String, Span)>> = BTreeMap::new();
    let mut add = |now: &str, before: &str, span| {
        if now != before {
            folders.entry(now.to_string()).or_default().push((before.to_string(), span));
        }
    };
    for series in site.folders() {
        let now = Page::Series(series.at).address(site);
        for was in &series.plan.was {
            add(folder(&now), &format!("{}{}", site.prefix, was.value), was.span);
        }
        for part in series.out() {
            let before = before(part, site);
            before.iter().for_each(|(before, span)| add(folder(&part.address), folder(before), *span));
        }
    }
    folders
}

/// The addresses that a part had, and where that is said: those that it says itself, and where its address doesn't
/// tell its series, those below what the series was called.
fn before(part: &Part, site: &Site) -> Vec<(String, Span)> {
    let plan = &site.series(part.at.series).plan;
    let front = part.article.map(|article| &site.article(article).front);
    let own = front.map(|front| &*front.was).unwrap_or_default().iter();
    let mut all: Vec<_> = own.map(|was| (address_before(&was.value, part, site), was.span)).collect();
    if !plan.was.is_empty() && !part.address.starts_with(&format!("{}/", plan.folder)) {
        let slug = front.and_then(|front| front.slug.as_ref()).map_or(&part.id, |slug| &slug.value);
        all.extend(plan.was.iter().map(|was| (format!("{}{}/{slug}/", site.prefix, was.value), was.span)));
    }
    all
}

/// The address that a part had under the series and the id that it had.
fn address_before((series, id): &(String, String), part: &Part, site: &Site) -> String {
    let slug = part.article.and_then(|article| site.article(article).front.slug.as_ref());
    let filling = Filling { id, slug: slug.map(|slug| slug.value.as_str()), day: part.due.map(|date| date.day) };
    let series_before = site.folder(series);
    let pattern = series_before.and_then(|series| series.plan.permalink.as_ref());
    let address = pattern.and_then(|pattern| pattern.address(filling)).unwrap_or_else(|| format!("{series}/{id}/"));
    format!("{}{address}", site.prefix)
}

/// An old name is that of nothing else: neither of what there is, nor of two things. So two can't have been each
/// the other either.
pub fn check(site: &Site, out: &mut Vec<Diagnostic>) {
    let mut heirs = Heirs::default();
    for series in site.folders() {
        for was in &series.plan.was {
            if let Some(other) = site.folder(&was.value) {
                let what = match (other.at == series.at, other.is_posts()) {
                    (true, true) => "this folder itself",
                    (true, false) => "this series itself",
                    (false, true) => "a folder of posts",
                    (false, false) => "a series",
                };
                out.push(taken(was.span, &was.value, (what, Span::start_of(other.plan.source))));
            }
            heirs.add(was.value.clone(), (was.span, series.plan.source), out);
        }
    }
    // Few sites have anything that was called otherwise.
    let ids: LazyCell<BTreeMap<(&str, &str), &Part>, _> = LazyCell::new(|| {
        let series = |id| site.series(id).plan.id.as_str();
        site.parts().map(|part| ((series(part.at.series), part.id.as_str()), part)).collect()
    });
    for series in site.folders() {
        for (part, front) in series.parts.iter().filter_map(|part| Some((part, &site.article(part.article?).front))) {
            for was in &front.was {
                let ((of, id), name) = (&was.value, format!("{}/{}", was.value.0, was.value.1));
                if let Some(other) = ids.get(&(of, id)) {
                    let noun = site.series(other.at.series).plan.order.noun();
                    let what = if other.at == part.at { format!("this {noun} itself") } else { format!("a {noun}") };
                    out.push(taken(was.span, &name, (&what, other.span)));
                }
                heirs.add(name, (was.span, was.span.source), out);
            }
            // What its series was, it was a part of.
            for was in series.plan.was.iter().filter(|was| site.folder(&was.value).is_none()) {
                heirs.add(format!("{}/{}", was.value, part.id), (was.span, front.span.source), out);
            }
        }
    }
}

fn taken(span: Span, name: &str, (what, there): (&str, Span)) -> Diagnostic {
    Diagnostic::new(Code::DuplicateId, span, format!("{} in `was` is the id of {what}", quote(name)))
        .note(there, "it is here")
        .help("an old id names nothing else; take it out of `was`, or rename the other")
}

/// By an old name, where it is said and whose it is now.
#[derive(Default)]
struct Heirs(BTreeMap<String, (Span, SourceId)>);

impl Heirs {
    /// Notes whose an old name is now, and reports a second one. Who says the same twice means it once.
    fn add(&mut self, name: String, (span, heir): (Span, SourceId), out: &mut Vec<Diagnostic>) {
        match self.0.get(&name) {
            Some((first, known)) if *known != heir => {
                let message = format!("two things were {} before", quote(&name));
                out.push(
                    Diagnostic::new(Code::DuplicateId, span, message)
                        .note(*first, "the first")
                        .help("feeds and threads go on under one of the two: take it out of the other's `was`"),
                );
            }
            Some(_) => {}
            None => drop(self.0.insert(name, (span, heir))),
        }
    }
}
