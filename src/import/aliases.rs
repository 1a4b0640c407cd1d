//! Earlier addresses, each of which leads to one page.
//!
//! In: what was found, and where everything goes. Out: the aliases of works and pages. What is somebody's address now
//! is nobody's alias, and of two that say the same the first has it; the other is told.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Index, Target};
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
}

/// Decides what each earlier address leads to.
pub fn aliases(found: &Found, layout: &Layout, index: &Index, report: &mut Report) -> Aliases {
    let mut taken = addresses(found, layout);
    let mut made = Aliases { works: Vec::new(), pages: Vec::new() };
    for (work, place) in found.works.iter().zip(&layout.works) {
        let own = format!("/{}/", place.id);
        let old = work.address.iter().filter(|address| **address != own && *address != "/");
        let all = old.chain(&work.also).filter(|_| matches!(work.order, Order::Plan(_)));
        made.works.push(all.filter(|alias| taken.insert(key(alias))).map(|alias| encode(alias)).collect());
    }
    let mut redirects: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
    for (from, to, _) in &found.redirects {
        if let Some(Target::Page(page)) = index.address(to) {
            redirects.entry(page).or_default().push(from);
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
    made
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
