//! The order that a site's own lists give: a sidebar's data, or pages that name those above them.
//!
//! In: data of lists of links, or pages with places and parents. Out: the stretches of a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::meta;
use super::model::{Entry, Found, Section};
use crate::settings::data::{Data, Table};

/// Keys by which such lists say where they lead.
const LINKS: [&str; 6] = ["url", "link", "href", "page", "path", "permalink"];

/// Keys by which they say what a group is called.
const TITLES: [&str; 5] = ["title", "name", "text", "label", "category"];

/// Reads a list of links; `page` says which article an address is of. Groups are stretches of their own, what stands in
/// no group is one before them.
pub fn sections(data: &Data, page: &dyn Fn(&str) -> Option<usize>) -> Vec<Section> {
    let mut listed = Listed { page, seen: BTreeSet::new(), sections: vec![Section::default()] };
    listed.read(data, None);
    let mut sections = listed.sections;
    sections.retain(|section| !section.entries.is_empty());
    if let [only] = sections.as_mut_slice() {
        only.title = None;
    }
    sections
}

/// How many articles stretches have.
pub fn many(sections: &[Section]) -> usize {
    sections.iter().map(|section| section.entries.len()).sum()
}

struct Listed<'a> {
    page: &'a dyn Fn(&str) -> Option<usize>,
    seen: BTreeSet<usize>,
    sections: Vec<Section>,
}

impl Listed<'_> {
    fn read(&mut self, data: &Data, group: Option<usize>) {
        match data {
            Data::List(items) => items.iter().for_each(|item| self.read(&item.value, group)),
            Data::Table(table) => self.table(table, group),
            Data::String(link) => self.add(link, group),
            _ => {}
        }
    }

    fn table(&mut self, table: &Table, group: Option<usize>) {
        let text = |keys: &[&str]| keys.iter().find_map(|key| meta::text_at(table, key));
        let link = text(&LINKS);
        let nests = |data: &Data| matches!(data, Data::List(_) | Data::Table(_));
        let has_more = table.entries.iter().any(|(_, value)| nests(&value.value));
        // What stands in a group is of it, however deep.
        let group = group.or_else(|| {
            let title = text(&TITLES).filter(|_| has_more)?;
            self.sections.push(Section { title: Some(title), named: None, entries: Vec::new() });
            Some(self.sections.len() - 1)
        });
        if let Some(link) = link {
            self.add(&link, group);
        }
        for (_, value) in table.entries.iter().filter(|(_, value)| nests(&value.value)) {
            self.read(&value.value, group);
        }
    }

    fn add(&mut self, link: &str, group: Option<usize>) {
        let page = (self.page)(link.split(['#', '?']).next().unwrap_or(link));
        if let Some(page) = page.filter(|page| self.seen.insert(*page)) {
            self.sections[group.unwrap_or(0)].entries.push(Entry::page(page));
        }
    }
}

/// The stretches of pages that say where they stand and below which other (`nav_order`, `parent`): what has none below
/// it first, then each with those below it, however deep. Those that stand below each other in a circle are
/// with the first.
pub fn by_parents(found: &Found, pages: &[usize]) -> Vec<Section> {
    let key = |at: &usize, key: &str| found.pages[*at].front.own.get(key).and_then(meta::text_of);
    let title = |at: &usize| found.pages[*at].front.title.clone().unwrap_or_default();
    let mut below: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in pages {
        below.entry(key(at, "parent").unwrap_or_default()).or_default().push(*at);
    }
    let titles: BTreeSet<String> = pages.iter().map(title).collect();
    let is_top = |at: &&usize| key(at, "parent").is_none_or(|parent| !titles.contains(&parent));
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut first = Section::default();
    let mut sections = Vec::new();
    for at in pages.iter().filter(is_top) {
        let mut entries = Vec::new();
        let mut waiting = vec![*at];
        while let Some(next) = waiting.pop() {
            if seen.insert(next) {
                entries.push(Entry::page(next));
                waiting.extend(below.get(&title(&next)).into_iter().flatten().rev());
            }
        }
        match entries.len() {
            0 => {}
            1 => first.entries.append(&mut entries),
            _ => sections.push(Section { title: Some(title(at)), named: Some(*at), entries }),
        }
    }
    let circles = pages.iter().filter(|at| !seen.contains(at));
    first.entries.extend(circles.map(|at| Entry::page(*at)));
    if !first.entries.is_empty() {
        sections.insert(0, first);
    }
    if let [only] = sections.as_mut_slice() {
        (only.title, only.named) = (None, None);
    }
    sections
}
