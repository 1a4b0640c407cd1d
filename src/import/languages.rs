//! Languages of a source: what is whose translation, and what a plan is called in each.
//!
//! In: what was found; later where everything goes. Out: for each page in another language its original, and the files
//! that say in a language what plans say in the original's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::meta::key_of;
use super::model::{Found, Order, Section, Work};
use super::numbers::{Numbers, without};
use super::plan::{Layout, articles};
use super::put::{Content, Out};
use super::report::{Kind, Report};
use super::typed::Place;
use crate::settings::data::quoted;
use crate::text::language::{is_tag, own_name};

/// Finds the original of each page in another language.
pub fn settle(found: &mut Found, report: &mut Report) {
    let own = found.site.language.clone().unwrap_or_else(|| "en".into());
    let tag = |typed: &str| typed.replace('_', "-");
    let is_further = |tag: &String| is_tag(tag) && !tag.eq_ignore_ascii_case(&own);
    for language in &mut found.site.languages {
        language.tag = tag(&language.tag);
    }
    let mut seen = BTreeSet::new();
    found.site.languages.retain(|language| is_further(&language.tag) && seen.insert(language.tag.to_lowercase()));
    for page in &mut found.pages {
        page.language = page.language.as_deref().map(tag).filter(is_further);
    }
    let mut originals: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, page) in found.pages.iter().enumerate().filter(|(_, page)| page.language.is_none()) {
        originals.entry(page.key.as_deref().unwrap_or(&page.from)).or_insert(at);
    }
    let mut translations = BTreeMap::new();
    let original = |(at, page): (usize, &super::model::Page)| {
        let tag = page.language.clone()?;
        let original = *originals.get(page.key.as_deref().unwrap_or(&page.from))?;
        let is_first = !translations.contains_key(&(original, tag.clone()));
        translations.entry((original, tag)).or_insert(at);
        is_first.then_some(original)
    };
    let of: Vec<Option<usize>> = found.pages.iter().enumerate().map(original).collect();
    // What is a list in the original's language is one in each.
    for (at, _) in of.iter().enumerate().filter(|(_, of)| of.is_some_and(|of| found.lists.contains(&of))) {
        let page = &found.pages[at];
        if page.has_words {
            report.tell(Kind::Language, Place::whole(&page.from), &page.from);
        }
    }
    let lists = of.iter().enumerate().filter_map(|(at, of)| found.lists.contains(&(*of)?).then_some(at));
    let lists: Vec<usize> = lists.collect();
    found.lists.extend(lists);
    (found.originals, found.translations) = (of, translations);
    translators(found);
}

/// Who translated is an author of the site; of an original it is nobody.
fn translators(found: &mut Found) {
    for at in 0..found.pages.len() {
        if found.originals[at].is_none() {
            continue;
        }
        let names = std::mem::take(&mut found.pages[at].front.translators);
        let ids = names.iter().filter_map(|name| found.author(name, None)).collect();
        found.pages[at].front.translators = ids;
    }
}

/// The tags of the languages that pages are in.
pub fn used<'f>(found: &'f Found, layout: &Layout) -> BTreeSet<&'f str> {
    let placed =
        found.pages.iter().zip(&layout.pages).filter(|(_, place)| place.as_ref().is_some_and(|place| place.translates));
    placed.filter_map(|(page, _)| page.language.as_deref()).collect()
}

/// `[languages.<tag>]` of each language.
pub fn settings(found: &Found, layout: &Layout) -> String {
    let mut text = String::new();
    let used = used(found, layout);
    for language in found.site.languages.iter().filter(|language| used.contains(language.tag.as_str())) {
        let tag = language.tag.as_str();
        let _ = writeln!(text, "\n[languages.{}]", key_of(tag));
        let name = language.name.as_deref().or_else(|| own_name(tag).is_none().then_some(tag));
        line(&mut text, "name", name.filter(|name| own_name(tag) != Some(name)));
        let home = found.pages.iter().position(|page| page.address == "/" && page.language.is_none());
        let home = home.and_then(|home| found.translations.get(&(home, tag.to_string())));
        let of_home = home.and_then(|home| found.pages[*home].front.title.as_deref());
        let title = language.title.as_deref().or(of_home);
        line(&mut text, "title", title.filter(|title| found.site.title.as_deref() != Some(title)));
        let description = language.description.as_deref();
        line(&mut text, "description", description.filter(|text| found.site.description.as_deref() != Some(text)));
    }
    text
}

/// What the plan of a work is called in each language that it has parts in: `series.<tag>.toml`.
pub fn overlays(found: &Found, layout: &Layout, (at, work): (usize, &Work), numbers: Option<&Numbers>) -> Vec<Out> {
    let mut files = Vec::new();
    for tag in used(found, layout) {
        let of = |page: usize| found.translations.get(&(page, tag.to_string())).map(|at| &found.pages[*at].front);
        let members: Vec<_> = articles(work).into_iter().filter_map(|page| Some((page, of(page)?))).collect();
        if members.is_empty() {
            continue;
        }
        let mut text = String::new();
        let named = work.named.and_then(of);
        let title = named.and_then(|front| front.title.as_deref());
        line(&mut text, "title", title.filter(|title| *title != work.title));
        let description = named.and_then(|front| front.description.as_deref());
        line(&mut text, "description", description.filter(|text| work.description.as_deref() != Some(text)));
        if let Order::Plan(sections) = &work.order {
            text.push_str(&tracks(sections, work, &of));
            let words = members.iter().filter_map(|(_, front)| without(front.title.as_deref()?, None));
            let words: BTreeSet<String> = words.map(|(word, _)| word).collect();
            let word = words.first().filter(|word| words.len() == 1 && !word.is_empty());
            // What parts are called where the original has no word of its own is known in each language.
            let has_label =
                |word: &&String| numbers.is_some_and(|numbers| numbers.has_label() && numbers.word != **word);
            if let Some(word) = word.filter(has_label) {
                let _ = writeln!(text, "\n[label]\npart = {}\nparts = {}", quoted(word), quoted(word));
            }
        }
        if text.is_empty() {
            continue;
        }
        let kind = if matches!(work.order, Order::Dates(_)) { "posts" } else { "series" };
        let path = format!("content/{}/{kind}.{tag}.toml", layout.works[at].id);
        files.push(Out { path, content: Content::Text(text.trim_start().to_string()) });
    }
    files
}

/// The tracks in their order, where any has a name in the language.
fn tracks<'f>(sections: &[Section], work: &Work, of: &dyn Fn(usize) -> Option<&'f super::model::Front>) -> String {
    let mut text = String::new();
    let title = |section: &Section| section.named.and_then(of).and_then(|front| front.title.clone());
    let is_alone = matches!(sections, [Section { title: None, .. }]);
    if is_alone || sections.iter().all(|section| title(section).is_none()) {
        return text;
    }
    for section in sections {
        let own = section.title.as_deref().unwrap_or(&work.title);
        let title = title(section);
        let _ = writeln!(text, "\n[[tracks]]\ntitle = {}", quoted(title.as_deref().unwrap_or(own)));
    }
    text
}

fn line(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) {
        let _ = writeln!(out, "{key} = {}", quoted(value));
    }
}
