//! Which pages are the same in several languages.
//!
//! In: the sites of all languages, with their pages. Out: one table, by which pages lead to each other and say so to
//! machines. That a page is the same as another is told by what both show, whatever their addresses are.

use crate::site::Site;
use crate::site::ids::SeriesId;
use crate::site::languages::{InLanguage, Languages, Place, Sibling};
use crate::site::page::{Page, Paged};
use crate::site::series::{Chapter, Series};
use crate::text::url::uri;

/// The table of a site's languages, the original's first, each with its pages and their addresses.
pub fn languages(sites: &[Paged<'_>]) -> Languages {
    let mut languages = Languages::default();
    if sites.len() < 2 {
        return languages;
    }
    for (at, (site, pages)) in sites.iter().enumerate() {
        languages.all.push(in_language(site));
        for (address, page) in *pages {
            let Some(key) = key(site, page) else { continue };
            let is_listed = page.is_indexed(site) && page.canonical(site).is_none();
            let places = languages.pages.entry(key).or_insert_with(|| vec![None; sites.len()]);
            places[at] = Some(Place { address: address.clone(), is_listed });
        }
    }
    languages
}

/// A page in each language; nothing for one that has no others.
pub fn siblings<'s>(site: &'s Site, page: &Page) -> Vec<Sibling<'s>> {
    let languages = &site.languages;
    let places = key(site, page).and_then(|key| languages.pages.get(&key));
    let place = |at: usize| places.and_then(|places| places[at].as_ref());
    languages.all.iter().enumerate().map(|(at, language)| Sibling { language, place: place(at) }).collect()
}

/// Where a page of the site has its like in the language of that place, or what is nearest to it there: the page
/// of its series, or the home page.
pub fn nearest<'s>(site: &'s Site, page: &Page, language: usize) -> Option<&'s str> {
    let series = page.series().map(Page::Series);
    let meant = [Some(page.clone()), series, Some(Page::Home)];
    let places = meant.iter().flatten().filter_map(|page| site.languages.pages.get(&key(site, page)?));
    let mut found = places.filter_map(|places| places[language].as_ref());
    found.next().map(|place| place.address.as_str())
}

/// What a language has of a series, else of the site, in its own words.
pub fn tally<'a>(language: &'a InLanguage, series: Option<&Series>) -> Option<&'a str> {
    match series.filter(|series| !series.is_posts()) {
        Some(series) => language.series.get(&series.plan.id).map(String::as_str),
        None => language.tally.as_deref(),
    }
}

/// A page that search engines are to list in each language that has it, itself among them, by language, as absolute
/// addresses; then the original as `x-default`. Nothing where no other language has it
/// (<https://developers.google.com/search/docs/specialty/international/localized-versions>).
pub fn alternates(site: &Site, page: &Page) -> Vec<(String, String)> {
    let is_listed = page.is_indexed(site) && page.canonical(site).is_none();
    let siblings = siblings(site, page);
    let listed = siblings.iter().filter_map(|sibling| Some((sibling.language, sibling.place?)));
    let listed = listed.filter(|(_, place)| is_listed && place.is_listed);
    let url = |place: &Place| uri(&site.config.base_url.absolute(&place.address));
    let mut found: Vec<(String, String)> = listed.map(|(language, place)| (language.tag.clone(), url(place))).collect();
    if found.len() < 2 {
        return Vec::new();
    }
    let original = siblings.first().and_then(|sibling| sibling.place).filter(|place| place.is_listed);
    found.extend(original.map(|place| ("x-default".to_string(), url(place))));
    found
}

/// What a page shows, as all languages call it; `None` for what is another page in each.
fn key(site: &Site, page: &Page) -> Option<String> {
    let series = |of: &SeriesId| site.series(*of).plan.id.as_str();
    Some(match page {
        Page::Home => "home".into(),
        Page::Series(of) => format!("series {}", series(of)),
        Page::Comparisons(of) => format!("comparisons {}", series(of)),
        Page::Glossary(of) => format!("glossary {}", series(of)),
        Page::Print(of) => format!("print {}", series(of)),
        Page::Sources(of) => format!("sources {}", series(of)),
        Page::Code(of) => format!("code {}", series(of)),
        Page::Part(_) | Page::Side(_) => {
            let chapter = page.chapter().and_then(|id| site.chapter(id))?;
            let path = match chapter {
                Chapter::Part(part) => &part.id,
                Chapter::Side(side, _) => &side.path,
            };
            format!("part {}/{path}", series(&chapter.part().at.series))
        }
        Page::Single(single) => format!("page {}", site.single(*single).id),
        Page::Tags => "tags".into(),
        Page::Tag(slug) => format!("tag {slug}"),
        Page::Search => "search".into(),
        Page::Earlier(..) | Page::NotFound => return None,
    })
}

fn in_language(site: &Site) -> InLanguage {
    let (published, total) = site
        .series_shown()
        .fold((0, 0), |(published, total), series| (published + series.published, total + series.total));
    InLanguage {
        tag: site.config.language.clone(),
        name: site.language_name(),
        direction: site.phrases.direction.name(),
        tally: (total > 0).then(|| site.tally_of(&site.phrases.label, (published, total))),
        series: site.series_shown().map(|series| (series.plan.id.clone(), site.tally(series))).collect(),
        not_found: site.phrases.say("not_found", &[]),
        not_found_lede: site.phrases.say("not_found_lede", &[]),
    }
}
