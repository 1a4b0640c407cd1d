//! Series that posts name themselves, as themes of blogs have them.
//!
//! In: what was found. Out: posts that say the same series (`series: [Lamps]`) as that series, in the order that they say
//! for it, else that of their dates.

use std::collections::{BTreeMap, BTreeSet};

use super::meta;
use super::model::{Entry, Found, Front, Order, Section, Work};
use super::numbers::natural;
use crate::text::source::slugify;

/// The key under which a post says its series.
pub const KEY: &str = "series";

/// Keys under which it says its place there.
pub const PLACES: [&str; 4] = ["series_order", "seriesOrder", "series_weight", "seriesWeight"];

/// Makes series of the posts that name one; what only one post names stays with it as it was typed.
pub fn settle(found: &mut Found) {
    let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in found.works.iter().flat_map(|work| match &work.order {
        Order::Dates(posts) => posts.as_slice(),
        Order::Plan(_) => &[],
    }) {
        if let Some(title) = title(&found.pages[*at].front) {
            named.entry(title).or_default().push(*at);
        }
    }
    named.retain(|_, posts| posts.len() > 1);
    let placed: BTreeSet<usize> = named.values().flatten().copied().collect();
    for (_, page) in found.pages.iter_mut().enumerate().filter(|(at, _)| !placed.contains(at)) {
        for key in [KEY].iter().chain(&PLACES) {
            if let Some(typed) = page.front.own.remove(*key) {
                page.front.extra.push(((*key).to_string(), typed));
            }
        }
    }
    let mut works = Vec::new();
    for (title, mut posts) in named {
        posts.sort_by_cached_key(|at| {
            let page = &found.pages[*at];
            (place(&page.front), page.front.date.clone(), natural(&page.from))
        });
        works.push(work(found, title, &posts));
    }
    for work in &mut found.works {
        if let Order::Dates(posts) = &mut work.order {
            posts.retain(|at| !placed.contains(at));
        }
    }
    // A list without posts is none; its feed is the site's.
    let is_empty = |work: &Work| matches!(&work.order, Order::Dates(posts) if posts.is_empty()) && !placed.is_empty();
    let feeds: Vec<String> =
        found.works.iter().filter(|work| is_empty(work)).flat_map(|work| work.feeds.clone()).collect();
    found.site.feeds.extend(feeds);
    found.works.retain(|work| !is_empty(work));
    found.works.extend(works);
}

/// The series that an article names first.
fn title(front: &Front) -> Option<String> {
    let typed = front.own.get(KEY)?;
    meta::texts(typed).into_iter().find(|title| !slugify(title).is_empty())
}

fn place(front: &Front) -> i64 {
    PLACES.iter().find_map(|key| front.own.get(*key).and_then(meta::number)).unwrap_or(i64::MAX)
}

fn work(found: &Found, title: String, posts: &[usize]) -> Work {
    let id = slugify(&title);
    let list = found.site.series.as_ref().map(|folder| format!("/{folder}/{id}/"));
    Work {
        id,
        title,
        description: None,
        address: None,
        feeds: list.iter().map(|list| format!("{list}index.xml")).collect(),
        also: list.into_iter().collect(),
        order: Order::Plan(vec![Section {
            entries: posts.iter().map(|at| Entry::page(*at)).collect(),
            ..Section::default()
        }]),
        opening: None,
        list: None,
        named: None,
        per_page: None,
    }
}
