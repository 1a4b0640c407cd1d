//! Earlier addresses, each of which leads to one page.
//!
//! In: what was found, and where everything goes. Out: the aliases of works and pages. What is somebody's address now
//! is nobody's alias, and of two that say the same the first has it; the other is told.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Index, MOST_HOPS, Target};
use super::languages::used;
use super::model::{Found, Order};
use super::plan::Layout;
use super::report::{Kind, Report};
use super::typed::Place;
use crate::site::plan::{POSTS_RESERVED, RESERVED};
use crate::text::source::nfc;
use crate::text::url::encode;

/// Earlier addresses as they are typed.
#[derive(Debug)]
pub struct Aliases {
    /// By the places of works.
    pub works: Vec<BTreeSet<String>>,
    /// By the places of pages.
    pub pages: Vec<BTreeSet<String>>,
    /// Those of a home page that the source has no page for.
    pub home: BTreeSet<String>,
}

/// Decides what each earlier address leads to.
pub fn aliases(found: &Found, layout: &Layout, index: &Index, report: &mut Report) -> Aliases {
    let mut taken = addresses(found, layout);
    let mut made = Aliases { works: Vec::new(), pages: Vec::new(), home: BTreeSet::new() };
    for (work, place) in found.works.iter().zip(&layout.works) {
        let own = format!("/{}/", place.id);
        let old = work.address.iter().filter(|address| **address != own && *address != "/");
        let all = old.chain(&work.also).filter(|_| matches!(work.order, Order::Plan(_)));
        made.works.push(all.filter(|alias| taken.insert(key(alias))).map(|alias| encode(alias)).collect());
    }
    let mut redirects: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
    for (from, to, place) in &found.redirects {
        match led_to(to, found, index).and_then(|page| heir(page, found, layout)) {
            Some(Heir::Page(page)) => redirects.entry(page).or_default().push(from),
            Some(Heir::Work(work)) => {
                if taken.insert(key(from)) {
                    made.works[work].insert(encode(from));
                }
            }
            None => report.tell(Kind::Redirect, place.clone(), &format!("{from} -> {to}")),
        }
    }
    for (at, (page, place)) in found.pages.iter().zip(&layout.pages).enumerate() {
        let mut own = BTreeSet::new();
        let led_on = redirects.remove(&at).unwrap_or_default();
        let further = layout.further.get(&at).into_iter().flatten();
        let place = place.iter().map(|place| key(&place.address)).next();
        for alias in page.front.aliases.iter().chain(further).chain(led_on).filter(|_| place.is_some()) {
            if taken.insert(key(alias)) {
                own.insert(encode(alias));
            } else if Some(key(alias)) != place && !own.contains(&encode(alias)) {
                report.tell(Kind::Alias, Place::whole(&page.from), alias);
            }
        }
        made.pages.push(own);
    }
    made.home = found.home.iter().filter(|alias| taken.insert(key(alias))).map(|alias| encode(alias)).collect();
    made
}

/// How many redirects lead to something.
pub fn redirected(found: &Found, layout: &Layout, index: &Index) -> usize {
    let leads = |to: &str| led_to(to, found, index).and_then(|page| heir(page, found, layout)).is_some();
    found.redirects.iter().filter(|(_, to, _)| leads(to)).count()
}

/// The page that an address leads to, by others too.
fn led_to(to: &str, found: &Found, index: &Index) -> Option<usize> {
    let mut to = to;
    for _ in 0..MOST_HOPS {
        if let Some(Target::Page(page)) = index.address(to) {
            return Some(page);
        }
        (_, to, _) = found
            .redirects
            .iter()
            .find(|(from, _, _)| key(from) == key(to))
            .map(|(from, to, place)| (from, to.as_str(), place))?;
    }
    None
}

/// What answers for a page.
enum Heir {
    Page(usize),
    Work(usize),
}

/// A page itself; for a list its series, else the home page.
fn heir(page: usize, found: &Found, layout: &Layout) -> Option<Heir> {
    if layout.pages[page].is_some() {
        return Some(Heir::Page(page));
    }
    let own = found.works.iter().position(|work| work.list == Some(page)).or(found.heirs.get(&page).copied());
    match own.filter(|work| matches!(found.works[*work].order, Order::Plan(_))) {
        Some(work) => Some(Heir::Work(work)),
        None => {
            let home = layout.pages.iter().position(|place| place.as_ref().is_some_and(|place| place.address == "/"));
            home.filter(|_| found.lists.contains(&page)).map(Heir::Page)
        }
    }
}

/// What has a page of its own here.
fn addresses(found: &Found, layout: &Layout) -> BTreeSet<String> {
    let pages = layout.pages.iter().flatten().filter(|place| !place.address.is_empty());
    let mut taken: BTreeSet<String> = pages.map(|place| key(&place.address)).collect();
    let prefixes: Vec<String> =
        std::iter::once(String::new()).chain(used(found, layout).into_iter().map(|tag| format!("{tag}/"))).collect();
    for prefix in &prefixes {
        taken.extend(["", "tags", "search"].map(|name| key(&format!("{prefix}{name}"))));
        for (work, place) in found.works.iter().zip(&layout.works) {
            let names = if matches!(work.order, Order::Plan(_)) { RESERVED } else { POSTS_RESERVED };
            let names = names.iter().filter(|name| **name != "index").chain([&""]);
            taken.extend(names.map(|name| key(&format!("{prefix}{}/{name}", place.id))));
        }
    }
    taken
}

/// What several ways to write one address have in common: hosts differ in whether case counts.
fn key(address: &str) -> String {
    let path = address.trim_start_matches('/');
    let path = path.strip_suffix("index.html").unwrap_or(path).trim_end_matches('/');
    nfc(path).to_lowercase()
}
