//! What was found in a source, in the words of no tool.
//!
//! In: nothing; a reader fills it. Out: pages with their addresses, their order, and what else a site has.
//! The writer knows nothing else of the source.

use std::collections::{BTreeMap, BTreeSet};

use super::anchors::Slugs;
use super::typed::Place;
use crate::settings::data::Data;
use crate::text::source::slugify;

/// A site as another tool has it.
#[derive(Debug, Default)]
pub struct Found {
    pub site: Site,
    /// All articles; the rest speaks of them by their places.
    pub pages: Vec<Page>,
    pub works: Vec<Work>,
    /// Pages that are the lists of works and say nothing themselves.
    pub lists: BTreeSet<usize>,
    /// Works below lists that are no work's own, by these: what the list led to is there now.
    pub heirs: BTreeMap<usize, usize>,
    /// Files that are published as they are.
    pub files: Vec<FileCopy>,
    /// Further addresses of files that partwork makes, and their own.
    pub copies: Vec<(String, String)>,
    /// Old addresses of lists that lead to the home page, where it is no page of the source.
    pub home: BTreeSet<String>,
    /// Old addresses, and those of pages that they lead to.
    pub redirects: Vec<(String, String, Place)>,
    /// Further addresses of files, by the places of these.
    pub again: Vec<(String, usize)>,
    /// By page, the one that it is a translation of.
    pub originals: Vec<Option<usize>>,
    /// Translations, by their originals and languages.
    pub translations: BTreeMap<(usize, String), usize>,
}

/// What is true of the whole site.
#[derive(Debug, Default)]
pub struct Site {
    /// With its `/` at the end.
    pub base_url: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    /// A BCP 47 tag.
    pub language: Option<String>,
    /// Those of translations.
    pub languages: Vec<Language>,
    pub authors: Vec<Author>,
    /// Addresses of its feeds.
    pub feeds: Vec<String>,
    /// How many entries they have; absent where all.
    pub feed_limit: Option<i64>,
    /// Whether entries of its feeds are known by the addresses of their pages.
    pub feed_ids: Option<FeedIds>,
    pub discussion: Option<Giscus>,
    /// Beginnings of addresses that a checker of links doesn't ask for.
    pub skip_prefixes: Vec<String>,
    pub smart_punctuation: Option<bool>,
    /// How ids of headings are made, where a tool has several ways.
    pub anchors: Slugs,
    /// Signs around formulas, where others than dollars are set.
    pub formulas: Vec<Signs>,
    /// The folder in which lists of the series lay that posts name, where the old site had such.
    pub series: Option<String>,
    /// What texts take from the settings, by the names that they have for it.
    pub values: BTreeMap<String, String>,
}

/// The signs around a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signs {
    pub open: String,
    pub close: String,
    /// Whether it stands alone.
    pub alone: bool,
}

/// A language of translations.
#[derive(Debug, Default)]
pub struct Language {
    /// A BCP 47 tag.
    pub tag: String,
    /// What its readers call it.
    pub name: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Whether it had a feed of its own.
    pub has_feed: bool,
}

/// What the entries of a feed are known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedIds {
    /// The address of the page.
    Address,
    /// The same without `.html`, as Jekyll's plugin has it.
    AddressWithoutEnding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub id: String,
    pub name: String,
    pub url: Option<String>,
}

/// Comments kept by giscus.
#[derive(Debug, Clone, Default)]
pub struct Giscus {
    pub repo: String,
    pub repo_id: String,
    pub category: String,
    pub category_id: String,
    /// What finds the discussion of a page.
    pub mapping: Option<Mapping>,
}

/// What finds the discussion of a page in giscus (its `data-mapping`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    /// The path of its address, from the first `/` on and without the last, as a browser has it.
    Pathname,
    /// The address as a browser has it, without what follows a `?` or `#`.
    Url,
    Title,
}

/// Articles that belong together.
#[derive(Debug)]
pub struct Work {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
    /// The address of its list, where there was one.
    pub address: Option<String>,
    /// Earlier addresses of it.
    pub also: Vec<String>,
    pub order: Order,
    /// What stood above its list.
    pub opening: Option<usize>,
    /// The page of its list.
    pub list: Option<usize>,
    /// The page that says what it is called, in each language.
    pub named: Option<usize>,
    pub feeds: Vec<String>,
    pub per_page: Option<i64>,
}

#[derive(Debug)]
pub enum Order {
    /// As they stand: a series.
    Plan(Vec<Section>),
    /// By their dates: posts.
    Dates(Vec<usize>),
}

/// A stretch of a plan.
#[derive(Debug, Default)]
pub struct Section {
    /// Absent where the plan has but one.
    pub title: Option<String>,
    /// The page that says so, in each language.
    pub named: Option<usize>,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub what: What,
    /// Whether it counts.
    pub numbered: bool,
}

#[derive(Debug, Clone)]
pub enum What {
    Page(usize),
    /// One of which there is but the title.
    Announced(String),
}

/// An article.
#[derive(Debug)]
pub struct Page {
    /// The path of its file.
    pub from: String,
    /// Its address from the first `/` on, decoded; `/` is the home page.
    pub address: String,
    /// Another language than the site's.
    pub language: Option<String>,
    /// What it and its translations have in common; its path where that is all.
    pub key: Option<String>,
    pub front: Front,
    /// Whether words stand below the front matter. They are read again when its turn comes: those of all articles are as
    /// large as the source.
    pub has_words: bool,
}

/// What an article says of itself.
#[derive(Debug, Default)]
pub struct Front {
    pub title: Option<String>,
    pub description: Option<String>,
    /// As they are typed here, without quotes.
    pub date: Option<String>,
    pub updated: Option<String>,
    pub draft: bool,
    pub authors: Vec<String>,
    pub tags: Vec<String>,
    /// Earlier addresses, decoded.
    pub aliases: Vec<String>,
    pub image: Option<String>,
    pub canonical: Option<String>,
    pub feed_id: Option<String>,
    pub thread: Option<String>,
    pub translators: Vec<String>,
    pub extra: Vec<(String, Data)>,
    /// What readers alone know what to do with: `weight`, `slug`, `url`.
    pub own: BTreeMap<String, Data>,
}

/// A file that is published.
#[derive(Debug)]
pub struct FileCopy {
    /// Its path in the source.
    pub from: String,
    /// Its address, without the first `/`.
    pub address: String,
    /// What is written instead of it; nothing at all where that is empty.
    pub instead: Option<String>,
}

impl FileCopy {
    pub fn new(from: impl Into<String>, address: impl Into<String>) -> FileCopy {
        FileCopy { from: from.into(), address: address.into(), instead: None }
    }
}

impl Found {
    /// Adds a page; gives its place.
    pub fn add(&mut self, page: Page) -> usize {
        self.pages.push(page);
        self.pages.len() - 1
    }

    /// Lets old addresses of lists lead to the home page of a language, else to that of the site.
    pub fn lead_home(&mut self, language: Option<&str>, addresses: impl IntoIterator<Item = String>) {
        let folder = language.map(|tag| format!("/{}/", tag.to_lowercase())).unwrap_or_else(|| "/".into());
        let is = |page: &Page, address: &str, language: Option<&str>| {
            page.address == address && page.language.as_deref() == language
        };
        let own = self.pages.iter().position(|page| is(page, &folder, language));
        let addresses = addresses.into_iter().filter(|address| address != "/");
        match own.or_else(|| self.pages.iter().position(|page| is(page, "/", None))) {
            Some(home) => self.pages[home].front.aliases.extend(addresses),
            None => self.home.extend(addresses),
        }
    }

    /// Keeps the addresses of lists without words: of a work's it is that of the work, of any other that of the first
    /// work below it, else of the home page.
    pub fn settle_lists(&mut self) {
        for list in self.lists.clone() {
            let page = &self.pages[list];
            // Its redirect says where else it leads.
            if page.language.is_some() || page.front.own.contains_key("redirect_to") {
                continue;
            }
            let mut addresses = page.front.aliases.clone();
            let own = self.works.iter().position(|work| work.list == Some(list));
            if own.is_none() {
                addresses.push(page.address.clone());
            }
            let folder = page.from.rsplit_once('/').map_or("", |(folder, _)| folder).to_string();
            let is_below = |work: &Work| {
                let list = work.list.map(|list| self.pages[list].from.as_str());
                list.is_some_and(|from| from.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
            };
            let heir = own.or_else(|| self.works.iter().position(is_below));
            if let Some(heir) = heir {
                self.heirs.insert(list, heir);
            }
            match (heir, self.pages.iter().position(|page| page.address == "/" && page.language.is_none())) {
                (Some(heir), _) if matches!(self.works[heir].order, Order::Plan(_)) => {
                    self.works[heir].also.extend(addresses);
                }
                (_, Some(home)) => {
                    self.pages[home].front.aliases.extend(addresses.into_iter().filter(|address| address != "/"));
                }
                _ => {}
            }
        }
    }

    /// Lets tags that would have one address be one, as most articles spell it.
    pub fn settle_tags(&mut self) {
        let mut spelled: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for tag in self.pages.iter().flat_map(|page| &page.front.tags) {
            *spelled.entry(slugify(tag)).or_default().entry(tag.clone()).or_default() += 1;
        }
        for page in &mut self.pages {
            for tag in &mut page.front.tags {
                let most = spelled.get(&slugify(tag)).and_then(|spelled| spelled.iter().max_by_key(|(_, many)| **many));
                if let Some((most, _)) = most {
                    tag.clone_from(most);
                }
            }
            let mut seen = BTreeSet::new();
            page.front.tags.retain(|tag| seen.insert(tag.clone()));
        }
    }

    /// The author of a name, who is added if nobody has it.
    pub fn author(&mut self, name: &str, url: Option<String>) -> Option<String> {
        let id = slugify(name);
        if id.is_empty() {
            return None;
        }
        if !self.site.authors.iter().any(|author| author.id == id) {
            self.site.authors.push(Author { id: id.clone(), name: name.trim().to_string(), url });
        }
        Some(id)
    }
}

impl Entry {
    pub fn page(page: usize) -> Entry {
        Entry { what: What::Page(page), numbered: true }
    }
}
