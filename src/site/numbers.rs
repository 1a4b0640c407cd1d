//! The numbers of figures, listings, tables and formulas.
//!
//! In: a site. Out: what each thing with an id is called. It is counted among its sort within its part, whose side
//! pages go on counting, and has the part's number before its own where there is one: "Figure 12.3". Elsewhere it is
//! counted within its page.

use std::collections::BTreeMap;

use crate::parse::numbered::{Labels, Numbered, Sort};
use crate::site::Site;
use crate::site::ids::ArticleId;
use crate::site::series::Part;

/// The numbered things of an article, each with its place among its sort, from 1.
pub fn counted(site: &Site, article: ArticleId) -> Vec<(&Numbered, usize)> {
    let numbered = &site.article(article).numbered;
    if numbered.is_empty() {
        return Vec::new();
    }
    let mut counts: BTreeMap<Sort, usize> = BTreeMap::new();
    let mut count = |thing: &Numbered| {
        let count = counts.entry(thing.sort).or_default();
        *count += 1;
        *count
    };
    for before in part_articles(site, article).into_iter().take_while(|before| *before != article) {
        for thing in &site.article(before).numbered {
            count(thing);
        }
    }
    numbered.iter().map(|thing| (thing, count(thing))).collect()
}

/// What the numbered things of an article are called, by id.
pub fn labels(site: &Site, article: ArticleId) -> Labels {
    let counted = counted(site, article).into_iter();
    counted.map(|(thing, at)| (thing.id.clone(), label(site, article, (thing.sort, at)))).collect()
}

/// What one of an article's numbered things is called, by its place among its sort.
pub fn label(site: &Site, article: ArticleId, (sort, at): (Sort, usize)) -> String {
    let number = match part_number(site, article) {
        Some(part) => format!("{part}.{at}"),
        None => at.to_string(),
    };
    site.phrases.say(sort.phrase(), &[("number", number)])
}

/// A number as it is typed: the part's, and that within it.
pub type Typed = (Option<i64>, usize);

/// The thing that a number means which stands in an article, and the article that has it: one of the series by the
/// part's number, else one of the article's own part or page.
pub fn meant(site: &Site, from: ArticleId, sort: Sort, (part, at): Typed) -> Option<(ArticleId, &Numbered)> {
    let articles = match part {
        None => part_articles(site, from),
        Some(number) => {
            let series = site.series_of(from)?;
            series.out().find(|part| part.number == Some(number))?.articles().collect()
        }
    };
    if part_number(site, *articles.first()?).is_some() != part.is_some() {
        return None;
    }
    let things = articles.into_iter().flat_map(|id| site.article(id).numbered.iter().map(move |thing| (id, thing)));
    things.filter(|(_, thing)| thing.sort == sort).nth(at.checked_sub(1)?)
}

/// Whether anything has a number that a text of this article could type.
pub fn are_near(site: &Site, article: ArticleId) -> bool {
    let has = |id: ArticleId| !site.article(id).numbered.is_empty();
    match site.series_of(article).filter(|series| !series.is_posts()) {
        Some(series) => series.out().flat_map(Part::articles).any(has),
        None => has(article),
    }
}

/// The articles that count together with one, in their order.
fn part_articles(site: &Site, article: ArticleId) -> Vec<ArticleId> {
    match site.part_of(article) {
        Some(part) => site.part(part).articles().collect(),
        None => vec![article],
    }
}

fn part_number(site: &Site, article: ArticleId) -> Option<i64> {
    site.part_of(article).and_then(|part| site.part(part).number)
}
