//! What can be linked to, by the names that a source has for it.
//!
//! In: what was found. Out: the page or file at a path of the source or at an address of the old site.

use std::collections::BTreeMap;

use super::model::Found;
use super::source::name_of;
use crate::text::source::nfc;
use crate::text::url::percent_decode;

/// The most redirects that lead to each other; browsers give up after twenty.
pub const MOST_HOPS: usize = 20;

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// By its place among the pages.
    Page(usize),
    /// By its place among the files.
    File(usize),
}

/// Pages and files by their names.
#[derive(Debug, Default)]
pub struct Index {
    sources: BTreeMap<String, Target>,
    addresses: BTreeMap<String, Target>,
    /// Paths of the source by their last pieces.
    names: BTreeMap<String, Vec<String>>,
}

impl Index {
    pub fn new(found: &Found) -> Index {
        let mut index = Index::default();
        for (at, file) in found.files.iter().enumerate() {
            index.sources.insert(file.from.clone(), Target::File(at));
            index.addresses.insert(key(&file.address), Target::File(at));
        }
        for (address, at) in &found.again {
            index.addresses.insert(key(address), Target::File(*at));
        }
        for (at, page) in found.pages.iter().enumerate() {
            index.sources.insert(page.from.clone(), Target::Page(at));
            for alias in &page.front.aliases {
                index.addresses.entry(key(alias)).or_insert(Target::Page(at));
            }
        }
        for (at, page) in found.pages.iter().enumerate() {
            index.addresses.insert(key(&page.address), Target::Page(at));
        }
        for path in index.sources.keys() {
            index.names.entry(name_of(path).to_string()).or_default().push(path.clone());
        }
        index
    }

    /// Lets redirects stand for the pages that they lead to.
    pub fn lead_on(&mut self, found: &Found) {
        // One may lead to another that is said later.
        let _ = (0..MOST_HOPS).find(|_| !self.lead_on_once(found));
    }

    /// Says whether it has learned something.
    fn lead_on_once(&mut self, found: &Found) -> bool {
        let mut has_learned = false;
        for (from, to, place) in &found.redirects {
            let Some(target) = self.address(to) else { continue };
            let is_of_list = self
                .addresses
                .get(&key(from))
                .is_some_and(|known| matches!(known, Target::Page(page) if found.lists.contains(page)));
            if is_of_list || !self.addresses.contains_key(&key(from)) {
                has_learned |= self.addresses.insert(key(from), target) != Some(target);
            }
            if is_of_list {
                self.sources.insert(place.file.to_string(), target);
            }
        }
        has_learned
    }

    /// What lies at a path of the source: itself, or the page that a folder or a name without its ending stands
    /// for.
    pub fn source(&self, path: &str) -> Option<Target> {
        let path = path.trim_end_matches('/');
        let exact = self.sources.get(path).copied();
        let stem = path.strip_suffix(".html").unwrap_or(path);
        let names = [".md", "/index.md", "/README.md", "/_index.md", "/readme.md", ".markdown"];
        exact.or_else(|| names.iter().find_map(|name| self.sources.get(&format!("{stem}{name}")).copied()))
    }

    /// What lies at an address of the old site, below its base.
    pub fn address(&self, address: &str) -> Option<Target> {
        self.addresses.get(&key(&percent_decode(address))).copied()
    }

    /// The first path of the source that ends in a name, below folders of any name.
    pub fn ending(&self, name: &str) -> Option<&str> {
        let is_it = |path: &&String| path.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'));
        self.names.get(name_of(name))?.iter().find(is_it).map(String::as_str)
    }
}

/// What several ways to write one address have in common.
pub fn key(address: &str) -> String {
    let path = address.trim_start_matches('/');
    let path = path.strip_suffix("index.html").unwrap_or(path).trim_end_matches('/');
    nfc(path.strip_suffix(".html").unwrap_or(path)).into_owned()
}
