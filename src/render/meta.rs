//! What a page says of itself to search engines, feed readers and sites that link to it.
//!
//! In: a page and the site. Out: the fields of [`view::Meta`]. JSON-LD follows schema.org, and what
//! Google's documentation of structured data asks for; no text of an author's can end the script
//! that it stands in.

use serde_json::{Map, Value as Json, json};

use super::form::safe;
use super::view;
use crate::settings::config::Author;
use crate::site::Site;
use crate::site::address::{self, Subject, has_feed};
use crate::site::ids::{PartId, SideId};
use crate::site::languages::Sibling;
use crate::site::page::Page;
use crate::site::picture;
use crate::site::series::{Chapter, Series};
use crate::site::siblings::{alternates, siblings};
use crate::site::sources::{Cite, Name};
use crate::text::date::{When, rfc3339};
use crate::text::language::locale;
use crate::text::source::Spanned;
use crate::text::url::uri;

/// The size of a social card, in pixels.
const CARD_SIZE: (u32, u32) = (1200, 630);

/// A page as the others see it.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub page: &'a Page,
    pub title: &'a str,
    pub description: &'a str,
    pub noindex: bool,
}

/// What a page says of itself.
pub fn meta(site: &Site, subject: About<'_>) -> view::Meta {
    let chapter = subject.page.chapter().and_then(|id| site.chapter(id));
    let series = subject.page.series().map(|id| site.series(id));
    let card = card(site, subject.page).map(|url| {
        let of = series.map_or(&site.config.title, |series| &series.plan.title);
        let title = chapter.map_or(subject.title, |chapter| &chapter.part().title);
        let alt = if of == title { of.clone() } else { format!("{title} · {of}") };
        view::Card { url, width: CARD_SIZE.0, height: CARD_SIZE.1, alt }
    });
    let front = chapter.and_then(Chapter::article).map(|article| &site.article(article).front);
    let time = |instant| rfc3339(instant, &site.config.zone);
    let languages = &site.languages.all;
    let all = siblings(site, subject.page).into_iter().enumerate();
    let others = all.filter(|(at, sibling)| *at != site.language && sibling.place.is_some());
    view::Meta {
        alternates: alternates(site, subject.page)
            .into_iter()
            .map(|(hreflang, url)| view::Alternate { hreflang, url })
            .collect(),
        locale: languages.get(site.language).map(|language| locale(&language.tag)),
        other_locales: others.map(|(_, sibling)| locale(&sibling.language.tag)).collect(),
        feeds: feeds(site, series),
        published: chapter.and_then(Chapter::date).map(|when| time(when.instant)),
        modified: chapter.and_then(Chapter::updated).map(|when| time(when.instant)),
        section: chapter.and(series).map(|series| series.plan.title.clone()),
        tags: front.map_or_else(Vec::new, |front| front.tags.iter().map(|tag| tag.value.clone()).collect()),
        json_ld: (!subject.noindex).then(|| safe(script_text(&graph(site, subject, card.as_ref())))),
        card,
    }
}

/// The absolute URL of the social card that shows a page; `None` on a site without cards.
pub fn card(site: &Site, page: &Page) -> Option<String> {
    let of = page.card(site);
    picture::has_card(site, of).then(|| absolute(site, &address::card(site, of)))
}

/// The feeds to offer on a page: those of its series first.
fn feeds(site: &Site, series: Option<&Series>) -> Vec<view::FeedLink> {
    let scopes = series.filter(|series| has_feed(series)).map(Some).into_iter().chain([None]);
    scopes
        .flat_map(|series| {
            let title = series.map_or(&site.config.title, |series| &series.plan.title);
            let of = series.map_or(Subject::Site, |series| Subject::Series(series.at));
            let formats = [
                (address::atom(site, of), "application/atom+xml"),
                (address::json_feed(site, of), "application/feed+json"),
            ];
            formats.map(|(feed, media)| view::FeedLink {
                title: title.clone(),
                url: site.config.base_url.rooted(&feed),
                media,
            })
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

fn graph(site: &Site, subject: About<'_>, card: Option<&view::Card>) -> Json {
    let mut nodes = Vec::new();
    match subject.page {
        Page::Home => nodes.push(web_site(site, subject, card)),
        Page::Series(series) if !site.series(*series).is_posts() => {
            nodes.push(whole_series(site, site.series(*series), card));
        }
        Page::Series(folder) => nodes.push(blog(site, site.series(*folder), card)),
        page => {
            let chapter = page.chapter().and_then(|id| site.chapter(id));
            nodes.extend(chapter.map(|chapter| article(site, chapter, subject, card)));
        }
    }
    nodes.extend(breadcrumbs(site, subject));
    json!({ "@context": "https://schema.org", "@graph": nodes })
}

/// Not all that fetch what a page says of itself know letters beyond ASCII in an address.
fn absolute(site: &Site, address: &str) -> String {
    uri(&site.config.base_url.absolute(address))
}

fn url(site: &Site, page: Page) -> String {
    absolute(site, &page.address(site))
}

fn site_id(site: &Site) -> String {
    format!("{}#website", url(site, Page::Home))
}

fn series_id(site: &Site, series: &Series) -> String {
    let anchor = if series.is_posts() { "blog" } else { "series" };
    format!("{}#{anchor}", url(site, Page::Series(series.at)))
}

/// What a series is, and what a part of it.
fn types(series: &Series) -> (&'static str, &'static str) {
    if series.is_posts() { ("Blog", "BlogPosting") } else { ("CreativeWorkSeries", "Article") }
}

fn article_id(site: &Site, chapter: Chapter<'_>) -> String {
    format!("{}#article", absolute(site, chapter.address()))
}

fn web_site(site: &Site, subject: About<'_>, card: Option<&view::Card>) -> Json {
    let config = &site.config;
    let mut node = json!({
        "@type": "WebSite",
        "@id": site_id(site),
        "url": url(site, Page::Home),
        "name": config.title,
        "inLanguage": config.language,
    });
    add(&mut node, "description", said(subject.description));
    let series: Vec<Json> = site
        .folders_shown()
        .map(|series| {
            json!({
                "@type": types(series).0,
                "@id": series_id(site, series),
                "name": series.plan.title,
                "url": url(site, Page::Series(series.at)),
            })
        })
        .collect();
    add(&mut node, "hasPart", Some(series).filter(|series| !series.is_empty()).map(Json::from));
    add(&mut node, "image", card.map(image));
    node
}

/// What there is to say of a series and of a folder of posts alike.
fn collection(site: &Site, series: &Series, card: Option<&view::Card>) -> Json {
    let home = url(site, Page::Home);
    let url = url(site, Page::Series(series.at));
    let mut node = json!({
        "@type": types(series).0,
        "@id": series_id(site, series),
        "url": url,
        "mainEntityOfPage": url,
        "name": series.plan.title,
        "inLanguage": site.config.language,
        "isPartOf": { "@type": "WebSite", "@id": site_id(site), "name": site.config.title, "url": home },
    });
    add(&mut node, "description", said(&series.plan.description));
    credit(&mut node, site, &series.plan.authors);
    add(&mut node, "image", card.map(image));
    node
}

fn whole_series(site: &Site, series: &Series, card: Option<&view::Card>) -> Json {
    let mut node = collection(site, series, card);
    related(&mut node, site, &Page::Series(series.at), "series");
    let day = |when: Option<When>| when.map(|when| Json::from(rfc3339(when.instant, &site.config.zone)));
    add(&mut node, "startDate", day(series.out().filter_map(|part| part.date).min()));
    let parts: Vec<Json> = series
        .out()
        .map(|part| {
            let mut node = json!({
                "@type": "Article",
                "@id": article_id(site, Chapter::Part(part)),
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

/// A folder of posts, with those that its page lists.
fn blog(site: &Site, folder: &Series, card: Option<&view::Card>) -> Json {
    let mut node = collection(site, folder, card);
    let posts = folder.on_list_page(1).map(|post| {
        let mut node = json!({
            "@type": "BlogPosting",
            "@id": article_id(site, Chapter::Part(post)),
            "url": absolute(site, &post.address),
            "headline": post.title,
        });
        add(&mut node, "datePublished", post.date.map(|when| rfc3339(when.instant, &site.config.zone).into()));
        node
    });
    let posts: Vec<Json> = posts.collect();
    add(&mut node, "blogPost", Some(posts).filter(|posts| !posts.is_empty()).map(Json::from));
    node
}

fn article(site: &Site, chapter: Chapter<'_>, subject: About<'_>, card: Option<&view::Card>) -> Json {
    let url = absolute(site, chapter.address());
    let mut node = json!({
        "@type": types(site.series(chapter.at().part.series)).1,
        "@id": article_id(site, chapter),
        "url": url,
        "mainEntityOfPage": url,
        "headline": chapter.title(),
        "inLanguage": site.config.language,
        "isPartOf": whole(site, chapter),
    });
    add(&mut node, "description", said(subject.description));
    let time = |when: When| Json::from(rfc3339(when.instant, &site.config.zone));
    let part = match chapter {
        Chapter::Part(part) => Some(part),
        Chapter::Side(..) => None,
    };
    add(&mut node, "position", part.and_then(|part| part.number).map(Json::from));
    add(&mut node, "datePublished", chapter.date().map(time));
    let track = part.and_then(|part| site.series(part.at.series).track_title(part));
    add(&mut node, "articleSection", track.map(Json::from));
    add(&mut node, "image", card.map(image));
    if let Some(article) = chapter.article().map(|article| site.article(article)) {
        let front = &article.front;
        add(&mut node, "dateModified", chapter.changed().map(time));
        add(&mut node, "wordCount", Some(article.words.into()));
        let tags: Vec<&str> = front.tags.iter().map(|tag| tag.value.as_str()).collect();
        add(&mut node, "keywords", Some(tags).filter(|tags| !tags.is_empty()).map(Json::from));
        credit(&mut node, site, chapter.authors());
        let cited = chapter.article().map(|article| site.cited(article)).unwrap_or_default();
        let cited: Vec<Json> = cited.into_iter().map(citation).collect();
        add(&mut node, "citation", Some(cited).filter(|cited| !cited.is_empty()).map(Json::from));
        let translators: Vec<Json> = site.authors(&front.translators).map(|author| person(site, author)).collect();
        add(&mut node, "translator", Some(translators).filter(|people| !people.is_empty()).map(Json::from));
    }
    related(&mut node, site, subject.page, "article");
    node
}

/// A source that a text rests on.
fn citation(source: &Cite) -> Json {
    let mut node = json!({ "@type": "CreativeWork", "name": source.title.as_deref().unwrap_or(&source.key) });
    let person = |name: &Name| {
        let kind = if name.given.is_empty() { "Organization" } else { "Person" };
        json!({ "@type": kind, "name": format!("{} {}", name.given, name.family).trim() })
    };
    let people: Vec<Json> = source.names.iter().map(person).collect();
    let role = if source.are_editors { "editor" } else { "author" };
    add(&mut node, role, Some(people).filter(|people| !people.is_empty()).map(Json::from));
    let year = source.year.clone().filter(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()));
    add(&mut node, "datePublished", year.map(Json::from));
    add(&mut node, "url", source.link.as_ref().map(|(url, _)| uri(url).into()));
    node
}

/// Says which work a translation translates, and which translate an original (<https://schema.org/workTranslation>).
/// `anchor` is what stands behind the address of each page to name the work.
fn related(node: &mut Json, site: &Site, page: &Page, anchor: &str) {
    let all = siblings(site, page).into_iter().enumerate();
    let work = |(_, sibling): (usize, Sibling<'_>)| {
        let place = sibling.place.filter(|place| place.is_listed)?;
        let url = absolute(site, &place.address);
        Some(json!({ "@id": format!("{url}#{anchor}"), "url": url, "inLanguage": sibling.language.tag }))
    };
    if site.is_original() {
        let works: Vec<Json> = all.skip(1).filter_map(work).collect();
        add(node, "workTranslation", Some(works).filter(|works| !works.is_empty()).map(Json::from));
    } else {
        add(node, "translationOfWork", all.take(1).find_map(work));
    }
}

/// What a text belongs to: a part to its series, a side page to its part.
fn whole(site: &Site, chapter: Chapter<'_>) -> Json {
    match chapter {
        Chapter::Part(part) => {
            let series = site.series(part.at.series);
            json!({
                "@type": types(series).0,
                "@id": series_id(site, series),
                "name": series.plan.title,
                "url": url(site, Page::Series(series.at)),
            })
        }
        Chapter::Side(_, part) => json!({
            "@type": "Article",
            "@id": article_id(site, Chapter::Part(part)),
            "name": part.title,
            "url": absolute(site, &part.address),
        }),
    }
}

/// The way from the home page to a page; none on the home page itself.
fn breadcrumbs(site: &Site, subject: About<'_>) -> Option<Json> {
    let tags = site.phrases.say("tags", &[]);
    let mut trail: Vec<(&str, Page)> = vec![(&site.config.title, Page::Home)];
    match subject.page {
        Page::Home => return None,
        Page::Part(PartId { series, .. })
        | Page::Earlier(series, _)
        | Page::Comparisons(series)
        | Page::Glossary(series)
        | Page::Code(series)
        | Page::Sources(series)
        | Page::Print(series) => trail.push((&site.series(*series).plan.title, Page::Series(*series))),
        Page::Side(SideId { part, .. }) => {
            trail.push((&site.series(part.series).plan.title, Page::Series(part.series)));
            trail.push((&site.part(*part).title, Page::Part(*part)));
        }
        Page::Tag(_) => trail.push((&tags, Page::Tags)),
        Page::Series(_) | Page::Single(_) | Page::Tags | Page::Search | Page::NotFound => {}
    }
    trail.push((subject.title, subject.page.clone()));
    let items: Vec<Json> = trail
        .into_iter()
        .enumerate()
        .map(|(at, (name, page))| {
            json!({ "@type": "ListItem", "position": at + 1, "name": name, "item": url(site, page) })
        })
        .collect();
    Some(json!({ "@type": "BreadcrumbList", "itemListElement": items }))
}

/// Says who wrote something: whoever publishes it where nobody is named.
fn credit(node: &mut Json, site: &Site, ids: &[Spanned<String>]) {
    let people: Vec<Json> = site.authors(ids).map(|author| person(site, author)).collect();
    if people.is_empty() {
        let publisher = json!({ "@type": "Organization", "name": site.config.title, "url": url(site, Page::Home) });
        add(node, "author", Some(publisher.clone()));
        add(node, "publisher", Some(publisher));
    } else {
        add(node, "author", Some(people.into()));
    }
}

fn person(site: &Site, author: &Author) -> Json {
    let mut node = json!({ "@type": "Person", "name": author.name });
    match author.url.as_ref().map(|url| (url.value.as_str(), url.value.strip_prefix("mailto:"))) {
        Some((_, Some(mailbox))) => add(&mut node, "email", Some(mailbox.into())),
        Some((url, None)) => add(&mut node, "url", Some(url.into())),
        None => {}
    }
    add(&mut node, "image", site.avatar(author).map(|file| absolute(site, &file.address).into()));
    add(&mut node, "description", author.bio.clone().map(Json::from));
    node
}

fn image(card: &view::Card) -> Json {
    json!({ "@type": "ImageObject", "url": card.url })
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
