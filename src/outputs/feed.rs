//! What the feeds of a site say, whatever the format.
//!
//! In: the resolved site, and a renderer for the parts' text. Out: a [`Feed`] of the newest
//! published parts and posts with plain HTML in which every address is absolute. Dates are the parts' own,
//! never the clock's; ids come from `[feeds] authority` and the parts' permanent ids, never from
//! URLs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::texts::ChapterText;
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::outputs::output::Material;
use crate::render::sink::{Html, Sink};
use crate::render::style::Medium;
use crate::settings::config::{Author, BaseUrl, Config};
use crate::site::Site;
use crate::site::address::{self, Subject};
use crate::site::ids::{PartId, SeriesId};
use crate::site::page::Page;
use crate::site::picture;
use crate::site::plan::Plan;
use crate::site::series::Part;
use crate::text::date::rfc3339;
use crate::text::source::{Span, Spanned};
use crate::text::url::{pieces, uri};

/// A feed of a series, of a folder of posts, or of the whole site.
#[derive(Debug)]
pub struct Feed<'a> {
    pub id: String,
    pub title: &'a str,
    pub description: &'a str,
    /// The page that the feed belongs to, absolute.
    pub home: String,
    /// Those of the series, else of the entries, else the site itself: never empty.
    pub authors: Vec<Person<'a>>,
    /// When the newest entry changed, RFC 3339.
    pub updated: String,
    pub language: &'a str,
    /// The newest first.
    pub entries: Vec<Entry<'a>>,
}

/// A published part.
#[derive(Debug)]
pub struct Entry<'a> {
    pub id: String,
    /// Its page, absolute.
    pub url: String,
    pub title: &'a str,
    pub summary: Option<&'a str>,
    /// RFC 3339.
    pub published: String,
    /// RFC 3339; the day of publication where no change is known.
    pub updated: String,
    /// None where the feed's own are meant.
    pub authors: Vec<Person<'a>>,
    pub tags: Vec<&'a str>,
    /// The series it belongs to, and a scheme of categories that holds all series of the site.
    pub series: &'a str,
    pub series_title: &'a str,
    pub series_scheme: String,
    /// Its social card, absolute.
    pub image: Option<String>,
    /// Its text, every address absolute.
    pub html: Arc<str>,
}

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person<'a> {
    pub name: &'a str,
    /// A page or a mailbox (`mailto:`).
    pub url: Option<String>,
    /// Absolute.
    pub avatar: Option<String>,
}

/// The feed of a series, or of the whole site.
pub fn feed(material: Material<'_>, of: Subject) -> Feed<'_> {
    let site = material.site();
    let series = of.series();
    let config = &site.config;
    let parts = newest(site, series);
    let updated = parts.iter().map(|part| part.updated).max();
    let plan = series.map(|id| &site.series(id).plan);
    let authority = authority(site);
    let text = |news: &News<'_>| material.texts.of(news.part.at)?.feed.clone();
    let entries = parts.iter().filter_map(|news| entry(material, &authority, news, text(news).unwrap_or_default()));
    let mut entries: Vec<Entry<'_>> = entries.collect();
    let mut authors = people(site, plan.map_or(&[], |plan| &plan.authors));
    if authors.is_empty() {
        for author in entries.iter().flat_map(|entry| &entry.authors) {
            if !authors.contains(author) {
                authors.push(author.clone());
            }
        }
        // RFC 4287, §4.1.1 and §4.1.2 want somebody, and whoever wrote other parts is nobody's guess.
        let nobody = Person { name: &config.title, url: None, avatar: None };
        if authors.is_empty() {
            authors.push(nobody);
        } else {
            let without = entries.iter_mut().filter(|entry| entry.authors.is_empty());
            without.for_each(|entry| entry.authors.push(nobody.clone()));
        }
    }
    Feed {
        id: id_of_feed(site, plan),
        title: plan.map_or(&config.title, |plan| &plan.title),
        description: plan.map_or(&config.description, |plan| &plan.description),
        home: absolute_page(config, &series.map_or(Page::Home, Page::Series).address(site)),
        authors,
        // A feed without entries has never changed, and has to say when.
        updated: updated.map_or_else(|| rfc3339(Timestamp::UNIX_EPOCH, &TimeZone::UTC), |at| rfc3339(at, &config.zone)),
        language: &config.language,
        entries,
    }
}

/// The parts in the feed of a series, or of the whole site.
pub fn parts(site: &Site, series: Option<SeriesId>) -> BTreeSet<PartId> {
    newest(site, series).into_iter().map(|news| news.part.at).collect()
}

/// A published part with its dates, which is what makes it news.
struct News<'a> {
    part: &'a Part,
    published: Timestamp,
    updated: Timestamp,
}

/// The newest parts, the newest first; those of one day as a reader would go backwards. A preview
/// without a date is no news.
fn newest(site: &Site, series: Option<SeriesId>) -> Vec<News<'_>> {
    let mut news: Vec<News<'_>> = site
        .parts_out()
        .filter(|part| series.is_none_or(|wanted| wanted == part.at.series))
        .filter_map(|part| Some(News { part, published: part.date?.instant, updated: part.changed()?.instant }))
        .collect();
    // Posts stand in that order already.
    let place = |news: &News<'_>| {
        let (series, index) = (news.part.at.series, news.part.at.index());
        (Reverse(series), if site.series(series).is_posts() { usize::MAX - index } else { index })
    };
    news.sort_by_key(|news| Reverse((news.published, place(news))));
    news.truncate(site.config.feeds.limit);
    news
}

fn entry<'a>(material: Material<'a>, authority: &str, news: &News<'a>, html: Arc<str>) -> Option<Entry<'a>> {
    let site = material.site();
    let config = &site.config;
    let part = news.part;
    let series = site.series(part.at.series);
    let front = &site.article(part.article?).front;
    let of = Subject::Part(part.at);
    Some(Entry {
        id: id_of(site, authority, part),
        url: absolute_page(config, &part.address),
        title: &part.title,
        summary: part.summary(),
        published: rfc3339(news.published, &config.zone),
        updated: rfc3339(news.updated, &config.zone),
        authors: people(site, &part.authors),
        tags: front.tags.iter().map(|tag| tag.value.as_str()).collect(),
        series: &series.plan.id,
        series_title: &series.plan.title,
        series_scheme: format!("tag:{authority}:series"),
        image: picture::has_card(site, of).then(|| absolute_page(config, &address::card(site, of))),
        html,
    })
}

/// What feed readers know a feed by: that of a series, or of the site.
fn id_of_feed(site: &Site, plan: Option<&Plan>) -> String {
    let (authority, name) = (authority(site), format!("feed{}", site.id_suffix()));
    plan.map_or_else(|| format!("tag:{authority}:{name}"), |plan| tag(&authority, plan.known_as(), &name))
}

/// What feed readers know a part by, for ever.
fn id_of(site: &Site, authority: &str, part: &Part) -> String {
    let own = part.article.and_then(|article| site.article(article).front.feed_id.as_ref());
    let made = || tag(authority, &part.known_as.0, &format!("{}{}", part.known_as.1, site.id_suffix()));
    own.map_or_else(made, |own| own.value.clone())
}

/// Reports an id of an author's that another entry has, or a feed, in any language: readers would be shown one of
/// the two.
pub fn check_ids(sites: &[&Site], out: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<String, Span> = BTreeMap::new();
    let mut owned = Vec::new();
    for site in sites {
        let authority = authority(site);
        for series in site.folders() {
            known.insert(id_of_feed(site, Some(&series.plan)), Span::start_of(series.plan.source));
        }
        let own = |part: &Part| part.article.and_then(|article| site.article(article).front.feed_id.as_ref());
        let place = |part: &Part| part.article.map_or(part.span, |article| site.article(article).front.span);
        let (with_own, made): (Vec<_>, Vec<_>) = site.parts().partition(|part| own(part).is_some());
        known.extend(made.iter().map(|part| (id_of(site, &authority, part), place(part))));
        owned.extend(with_own.into_iter().filter_map(own));
    }
    for id in owned {
        if let Some(first) = known.insert(id.value.clone(), id.span) {
            let message = format!("two entries of feeds have the id {}", quote(&id.value));
            let twice = Diagnostic::new(Code::DuplicateId, id.span, message).note(first, "the first");
            out.push(twice.help("feed readers would show one of the two: give this one another, or none"));
        }
    }
}

/// The text of a part, as feed readers want it: nothing that needs a page to be read from, and no script
/// or style, which they drop.
pub fn text(text: ChapterText<'_>) -> Arc<str> {
    let base = &text.renderer.resolved().site.config.base_url;
    let page = base.rooted(text.chapter.address());
    let absolute = |url: &str| absolute(base, &page, url);
    let medium = Medium { address: &absolute, prefix: "", demote: 0, plain: true, absolute: Some(&absolute) };
    let html = Html { absolute: Some(&absolute), ..Html::new(text.visit.text.tree.typed.len() * 3 / 2) };
    let (sink, _) = text.renderer.write(text.visit, medium, Sink::Html(html), None);
    sink.into_html().into()
}

/// An address of the site as an absolute URI.
pub fn absolute_page(config: &Config, address: &str) -> String {
    uri(&config.base_url.absolute(address))
}

/// The people behind ids, in their order.
fn people<'a>(site: &'a Site, ids: &[Spanned<String>]) -> Vec<Person<'a>> {
    site.authors(ids).map(|author| person(site, author)).collect()
}

/// One of the authors that `partwork.toml` names.
pub fn person<'a>(site: &'a Site, author: &'a Author) -> Person<'a> {
    let avatar = site.avatar(author).map(|file| absolute_page(&site.config, &file.address));
    Person { name: &author.name, url: author.url.as_ref().map(|url| uri(&url.value)), avatar }
}

/// Who vouches for ids. Without `[feeds] authority` it is the host that `partwork.toml` names, in
/// the year of the first part that has a date: such a name was the author's then. Later parts don't
/// change it; an older one does, so `check` asks for the setting once there are readers. A site without any part has ids for nothing but the feeds themselves.
pub fn authority(site: &Site) -> String {
    /// No host had a name of this kind before; a part may be older than the site that holds it.
    const FIRST_NAMES: i16 = 1985;
    if let Some(authority) = &site.config.feeds.authority {
        return authority.clone();
    }
    let today = || site.now.to_zoned_datetime(site.config.zone.clone()).date();
    let year = site.first_day.unwrap_or_else(today).year().max(FIRST_NAMES);
    format!("{},{year}", pieces(&site.config.feeds.host))
}

/// The id of something in a series (RFC 4151, §2.1).
pub fn tag(authority: &str, series: &str, name: &str) -> String {
    format!("tag:{authority}:{}/{}", pieces(series), pieces(name))
}

/// An address as it stands on a page, absolute (RFC 3986, §5.2). `page` is the page's own, below
/// the host.
pub fn absolute(base: &BaseUrl, page: &str, url: &str) -> String {
    let url = url.trim();
    let whole = if has_scheme(url) {
        url.to_string()
    } else if url.starts_with("//") {
        format!("{}:{url}", base.origin.split(':').next().unwrap_or("https"))
    } else if url.starts_with('/') {
        format!("{}{url}", base.origin)
    } else if url.is_empty() || url.starts_with(['#', '?']) {
        format!("{}{page}{url}", base.origin)
    } else {
        let (path, suffix) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut pieces: Vec<&str> = folder.split('/').filter(|piece| !piece.is_empty()).collect();
        for piece in path.split('/') {
            match piece {
                "." => {}
                ".." => {
                    pieces.pop();
                }
                piece => pieces.push(piece),
            }
        }
        let slash = if matches!(path.rsplit('/').next(), Some("." | "..")) { "/" } else { "" };
        format!("{}/{}{slash}{suffix}", base.origin, pieces.join("/"))
    };
    uri(&whole)
}

/// Whether an address says itself how to get there, and so is absolute (RFC 3986, §4.3).
pub fn has_scheme(url: &str) -> bool {
    let scheme = url.split(['/', '?', '#']).next().and_then(|start| start.split_once(':')).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> BaseUrl {
        BaseUrl::parse("https://example.org/sub/").expect("a base")
    }

    #[test]
    fn addresses_are_absolute() {
        let page = "/sub/s/a/";
        for (typed, whole) in [
            ("https://other.org/x", "https://other.org/x"),
            ("mailto:a@b.org", "mailto:a@b.org"),
            ("//cdn.org/x.js", "https://cdn.org/x.js"),
            ("/sub/s/b/#c", "https://example.org/sub/s/b/#c"),
            ("#c", "https://example.org/sub/s/a/#c"),
            ("?x", "https://example.org/sub/s/a/?x"),
            ("a.png", "https://example.org/sub/s/a/a.png"),
            ("../b/./c.png?x#y", "https://example.org/sub/s/b/c.png?x#y"),
            ("..", "https://example.org/sub/s/"),
            ("../../../../up", "https://example.org/up"),
            ("/ü x", "https://example.org/%C3%BC%20x"),
            ("a/b:c", "https://example.org/sub/s/a/a/b:c"),
        ] {
            assert_eq!(absolute(&base(), page, typed), whole, "{typed}");
        }
    }

    #[test]
    fn ids_have_the_characters_of_their_scheme() {
        assert_eq!(tag("example.org,2026", "s/t", "b"), "tag:example.org,2026:s/t/b");
        assert_eq!(tag("example.org,2026", "s", "часть"), "tag:example.org,2026:s/%D1%87%D0%B0%D1%81%D1%82%D1%8C");
    }
}
