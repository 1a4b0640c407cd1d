//! What a page says of itself to search engines, feed readers and sites that link to it.
//!
//! In: a page and the site. Out: the fields of [`view::Meta`]. JSON-LD follows schema.org, and what
//! Google's documentation of structured data asks for; no text of an author's can end the script
//! that it stands in.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::blocks::safe;
use super::view;
use crate::settings::config::Author;
use crate::site::Site;
use crate::site::generated::{card_address, feed_addresses};
use crate::site::page::Page;
use crate::site::series::{Part, Series, State};
use crate::text::date::{When, rfc3339};
use crate::text::url::uri;

/// The size of a social card, in pixels.
const CARD_SIZE: (u32, u32) = (1200, 630);

/// A page as the others see it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub page: &'a Page,
    /// Below the base.
    pub address: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    pub noindex: bool,
}

/// What a page says of itself. `listed` are the files that are made from the whole site.
pub fn meta(site: &Site, listed: &BTreeSet<String>, subject: Subject<'_>) -> view::Meta {
    let part = match subject.page {
        Page::Part(series, part) => Some(&site.series[*series].parts[*part]),
        _ => None,
    };
    let series = series_of(subject.page);
    let card = card(site, listed, subject.address, series).map(|url| {
        let of = series.map_or(&site.config.title, |at| &site.series[at].plan.title);
        let alt = if of == subject.title { of.clone() } else { format!("{} · {of}", subject.title) };
        view::Card { url, width: CARD_SIZE.0, height: CARD_SIZE.1, alt }
    });
    let front = part.and_then(|part| part.article).map(|article| &site.articles[article].front);
    let time = |instant| rfc3339(instant, &site.config.zone);
    view::Meta {
        feeds: feeds(site, series),
        published: part.and_then(|part| part.date).map(|when| time(when.instant)),
        modified: front.and_then(|front| front.updated).map(|when| time(when.instant)),
        section: part.and(series).map(|at| site.series[at].plan.title.clone()),
        tags: front.map_or_else(Vec::new, |front| front.tags.iter().map(|tag| tag.value.clone()).collect()),
        json_ld: (!subject.noindex).then(|| safe(script_text(&graph(site, subject, card.as_ref())))),
        card,
    }
}

/// The absolute URL of the social card of a page, its series or the site.
pub fn card(site: &Site, listed: &BTreeSet<String>, address: &str, series: Option<usize>) -> Option<String> {
    let series = series.map(|at| site.series[at].plan.id.as_str());
    card_address(listed, address, series).map(|address| absolute(site, &address))
}

fn series_of(page: &Page) -> Option<usize> {
    match page {
        Page::Series(at) | Page::Part(at, _) | Page::Comparisons(at) | Page::Glossary(at) | Page::Print(at) => {
            Some(*at)
        }
        Page::Home | Page::Single(_) | Page::Tags | Page::Tag(_) | Page::Search | Page::NotFound => None,
    }
}

/// The feeds to offer on a page: those of its series first.
fn feeds(site: &Site, series: Option<usize>) -> Vec<view::FeedLink> {
    let scopes = series.map(Some).into_iter().chain([None]);
    scopes
        .flat_map(|series| {
            let title = series.map_or(&site.config.title, |at| &site.series[at].plan.title);
            let addresses = feed_addresses(site, series);
            [(addresses.atom, "application/atom+xml"), (addresses.json, "application/feed+json")].map(
                |(address, media)| view::FeedLink {
                    title: title.clone(),
                    url: site.config.base_url.rooted(&address),
                    media,
                },
            )
        })
        .collect()
}

/// JSON in the text of a `script` element: no `<` begins a tag or a comment, and the two line ends
/// that JavaScript has beside ours are escaped as well.
fn script_text(json: &Json) -> String {
    let mut text = String::new();
    for c in json.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

fn graph(site: &Site, subject: Subject<'_>, card: Option<&view::Card>) -> Json {
    let mut nodes = Vec::new();
    match subject.page {
        Page::Home => nodes.push(web_site(site, subject, card)),
        Page::Series(at) => nodes.push(whole_series(site, *at, card)),
        Page::Part(at, part) => nodes.push(article(site, *at, *part, subject, card)),
        _ => {}
    }
    nodes.extend(breadcrumbs(site, subject));
    json!({ "@context": "https://schema.org", "@graph": nodes })
}

/// Not all that fetch what a page says of itself know letters beyond ASCII in an address.
fn absolute(site: &Site, address: &str) -> String {
    uri(&site.config.base_url.absolute(address))
}

fn site_id(site: &Site) -> String {
    format!("{}#website", absolute(site, ""))
}

fn series_address(series: &Series) -> String {
    format!("{}/", series.plan.id)
}

fn series_id(site: &Site, series: &Series) -> String {
    format!("{}#series", absolute(site, &series_address(series)))
}

fn article_id(site: &Site, part: &Part) -> String {
    format!("{}#article", absolute(site, &part.address))
}

fn web_site(site: &Site, subject: Subject<'_>, card: Option<&view::Card>) -> Json {
    let config = &site.config;
    let mut node = json!({
        "@type": "WebSite",
        "@id": site_id(site),
        "url": absolute(site, ""),
        "name": config.title,
        "inLanguage": config.language,
    });
    add(&mut node, "description", said(subject.description));
    let series: Vec<Json> = site
        .series
        .iter()
        .map(|series| {
            json!({
                "@type": "CreativeWorkSeries",
                "@id": series_id(site, series),
                "name": series.plan.title,
                "url": absolute(site, &series_address(series)),
            })
        })
        .collect();
    add(&mut node, "hasPart", Some(series).filter(|series| !series.is_empty()).map(Json::from));
    add(&mut node, "image", card.map(image));
    node
}

fn whole_series(site: &Site, at: usize, card: Option<&view::Card>) -> Json {
    let series = &site.series[at];
    let url = absolute(site, &series_address(series));
    let mut node = json!({
        "@type": "CreativeWorkSeries",
        "@id": series_id(site, series),
        "url": url,
        "mainEntityOfPage": url,
        "name": series.plan.title,
        "inLanguage": site.config.language,
        "isPartOf": { "@type": "WebSite", "@id": site_id(site), "name": site.config.title, "url": absolute(site, "") },
    });
    add(&mut node, "description", said(&series.plan.description));
    add(&mut node, "author", people(site, series.plan.authors.iter().map(|id| id.value.as_str())));
    add(&mut node, "image", card.map(image));
    let published = || series.parts.iter().filter(|part| part.state == State::Out);
    let dates = || published().filter_map(|part| part.date);
    let day = |when: Option<When>| when.map(|when| Json::from(rfc3339(when.instant, &site.config.zone)));
    add(&mut node, "startDate", day(dates().min()));
    let parts: Vec<Json> = published()
        .map(|part| {
            let mut node = json!({
                "@type": "Article",
                "@id": article_id(site, part),
                "url": absolute(site, &part.address),
                "name": part.title,
            });
            add(&mut node, "position", part.number.map(Json::from));
            node
        })
        .collect();
    add(&mut node, "hasPart", Some(parts).filter(|parts| !parts.is_empty()).map(Json::from));
    node
}

fn article(site: &Site, at: usize, index: usize, subject: Subject<'_>, card: Option<&view::Card>) -> Json {
    let series = &site.series[at];
    let part = &series.parts[index];
    let url = absolute(site, &part.address);
    let mut node = json!({
        "@type": "Article",
        "@id": article_id(site, part),
        "url": url,
        "mainEntityOfPage": url,
        "headline": part.title,
        "inLanguage": site.config.language,
        "isPartOf": {
            "@type": "CreativeWorkSeries",
            "@id": series_id(site, series),
            "name": series.plan.title,
            "url": absolute(site, &series_address(series)),
        },
    });
    add(&mut node, "description", said(subject.description));
    let time = |when: When| Json::from(rfc3339(when.instant, &site.config.zone));
    add(&mut node, "position", part.number.map(Json::from));
    add(&mut node, "datePublished", part.date.map(time));
    add(&mut node, "articleSection", series.track_title(part).map(Json::from));
    add(&mut node, "image", card.map(image));
    if let Some(article) = part.article.map(|article| &site.articles[article]) {
        let front = &article.front;
        // What was never updated was last modified when it was published.
        add(&mut node, "dateModified", front.updated.or(part.date).map(time));
        add(&mut node, "wordCount", Some(article.words.into()));
        let tags: Vec<&str> = front.tags.iter().map(|tag| tag.value.as_str()).collect();
        add(&mut node, "keywords", Some(tags).filter(|tags| !tags.is_empty()).map(Json::from));
        let own = if front.authors.is_empty() { &series.plan.authors } else { &front.authors };
        add(&mut node, "author", people(site, own.iter().map(|id| id.value.as_str())));
    }
    node
}

/// The way from the home page to a page; none on the home page itself.
fn breadcrumbs(site: &Site, subject: Subject<'_>) -> Option<Json> {
    let tags = site.words.say("tags", &[]);
    let mut trail: Vec<(&str, String)> = vec![(&site.config.title, String::new())];
    match subject.page {
        Page::Home => return None,
        Page::Part(at, _) | Page::Comparisons(at) | Page::Glossary(at) | Page::Print(at) => {
            let series = &site.series[*at];
            trail.push((&series.plan.title, series_address(series)));
        }
        Page::Tag(_) => trail.push((&tags, "tags/".into())),
        Page::Series(_) | Page::Single(_) | Page::Tags | Page::Search | Page::NotFound => {}
    }
    trail.push((subject.title, subject.address.into()));
    let items: Vec<Json> = trail
        .iter()
        .enumerate()
        .map(|(at, (name, address))| {
            json!({ "@type": "ListItem", "position": at + 1, "name": name, "item": absolute(site, address) })
        })
        .collect();
    Some(json!({ "@type": "BreadcrumbList", "itemListElement": items }))
}

fn people<'a>(site: &Site, ids: impl Iterator<Item = &'a str>) -> Option<Json> {
    let known = ids.filter_map(|id| site.config.authors.iter().find(|author| author.id == id));
    let people: Vec<Json> = known.map(|author| person(site, author)).collect();
    (!people.is_empty()).then(|| people.into())
}

fn person(site: &Site, author: &Author) -> Json {
    let mut node = json!({ "@type": "Person", "name": author.name });
    match author.url.as_ref().map(|url| (url.value.as_str(), url.value.strip_prefix("mailto:"))) {
        Some((_, Some(mailbox))) => add(&mut node, "email", Some(mailbox.into())),
        Some((url, None)) => add(&mut node, "url", Some(url.into())),
        None => {}
    }
    let avatar = author.avatar.as_ref().and_then(|path| site.files.get(&format!("content/{}", path.value)));
    add(&mut node, "image", avatar.map(|file| absolute(site, &file.address).into()));
    add(&mut node, "description", author.bio.clone().map(Json::from));
    node
}

fn image(card: &view::Card) -> Json {
    json!({ "@type": "ImageObject", "url": card.url, "width": card.width, "height": card.height })
}

/// A text, unless it is blank.
fn said(text: &str) -> Option<Json> {
    (!text.trim().is_empty()).then(|| text.into())
}

/// Adds what is known.
fn add(node: &mut Json, key: &str, value: Option<Json>) {
    if let (Some(node), Some(value)) = (node.as_object_mut(), value) {
        let node: &mut Map<String, Json> = node;
        node.insert(key.into(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_script() {
        let text = script_text(&json!({ "a": "</script><!-- <script> ]]> & \u{2028}\u{2029}" }));
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        let read: Json = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read["a"], "</script><!-- <script> ]]> & \u{2028}\u{2029}");
    }
}
