//! What the feeds of a site say, whatever the format.
//!
//! In: the resolved site, and a renderer for the parts' text. Out: a [`Feed`] of the newest
//! published parts with plain HTML in which every address is absolute. Dates are the parts' own,
//! never the clock's; ids come from `[feeds] authority` and the parts' permanent ids, never from
//! URLs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::outputs::Material;
use crate::parse::front::Status;
use crate::parse::html::{AttributeKind, closing, decode, scan};
use crate::render::style::{Medium, escape};
use crate::settings::config::{Author, BaseUrl, Config};
use crate::site::Site;
use crate::site::series::State;
use crate::text::date::rfc3339;
use crate::text::url::{pieces, uri};

/// A feed of a series, or of the whole site.
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

/// The texts of feeds that one format has been written of, kept for the other one: rendering them
/// is nearly all that a feed costs. By series, none for the whole site.
#[derive(Debug, Default)]
pub struct Texts(Mutex<BTreeMap<Option<usize>, Vec<Arc<str>>>>);

impl Texts {
    /// Gives the texts that are kept, and forgets them; else makes them, and keeps them. Two that
    /// ask at once both make them.
    fn shared(&self, series: Option<usize>, make: impl FnOnce() -> Vec<Arc<str>>) -> Vec<Arc<str>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&series);
        kept.unwrap_or_else(|| {
            let texts = make();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(series, texts.clone());
            texts
        })
    }
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
pub fn feed(material: Material<'_>, series: Option<usize>) -> Feed<'_> {
    let site = material.renderer.resolved().site;
    let config = &site.config;
    let parts = newest(site, series);
    let updated = parts.iter().map(|part| part.updated).max();
    let plan = series.map(|at| &site.series[at].plan);
    let authority = authority(site);
    let texts = material.feed_texts.shared(series, || parts.iter().map(|part| text(material, part)).collect());
    let mut entries: Vec<Entry<'_>> =
        parts.iter().zip(texts).filter_map(|(part, html)| entry(material, &authority, part, html)).collect();
    let mut authors = people(site, plan.map_or(&[][..], |plan| &plan.authors).iter().map(|id| id.value.as_str()));
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
        id: plan.map_or_else(|| format!("tag:{authority}:feed"), |plan| tag(&authority, &plan.id, "feed")),
        title: plan.map_or(&config.title, |plan| &plan.title),
        description: plan.map_or(&config.description, |plan| &plan.description),
        home: absolute_page(config, &plan.map_or_else(String::new, |plan| format!("{}/", plan.id))),
        authors,
        // A feed without entries has never changed, and has to say when.
        updated: updated.map_or_else(|| rfc3339(Timestamp::UNIX_EPOCH, &TimeZone::UTC), |at| rfc3339(at, &config.zone)),
        language: &config.language,
        entries,
    }
}

/// A published part with its dates, which is what makes it news.
struct News {
    series: usize,
    part: usize,
    published: Timestamp,
    updated: Timestamp,
}

/// The newest parts, the newest first; those of one day as a reader would go backwards. A preview
/// without a date is no news.
fn newest(site: &Site, series: Option<usize>) -> Vec<News> {
    let mut news: Vec<News> = site
        .series
        .iter()
        .enumerate()
        .filter(|(at, _)| series.is_none_or(|wanted| wanted == *at))
        .flat_map(|(at, series)| series.parts.iter().enumerate().map(move |(index, part)| (at, index, part)))
        .filter(|(.., part)| part.state == State::Out)
        .filter_map(|(series, index, part)| {
            let front = &site.articles[part.article?].front;
            let published = part.date?.instant;
            let updated = front.updated.map_or(published, |when| when.instant);
            Some(News { series, part: index, published, updated })
        })
        .collect();
    news.sort_by(|a, b| (b.published, b.part, a.series).cmp(&(a.published, a.part, b.series)));
    news.truncate(site.config.feeds.limit);
    news
}

fn entry<'a>(material: Material<'a>, authority: &str, news: &News, html: Arc<str>) -> Option<Entry<'a>> {
    let site = material.renderer.resolved().site;
    let config = &site.config;
    let series = &site.series[news.series];
    let part = &series.parts[news.part];
    let front = &site.articles[part.article?].front;
    let authors = if front.authors.is_empty() { &series.plan.authors } else { &front.authors };
    Some(Entry {
        id: tag(authority, &series.plan.id, &part.id),
        url: absolute_page(config, &part.address),
        title: &part.title,
        summary: part.description.as_deref(),
        published: rfc3339(news.published, &config.zone),
        updated: rfc3339(news.updated, &config.zone),
        authors: people(site, authors.iter().map(|author| author.value.as_str())),
        tags: front.tags.iter().map(|tag| tag.value.as_str()).collect(),
        series: &series.plan.id,
        series_title: &series.plan.title,
        series_scheme: format!("tag:{authority}:series"),
        image: material.renderer.card(&part.address, Some(news.series)),
        html,
    })
}

/// The text of a part, as feed readers want it.
fn text(material: Material<'_>, news: &News) -> Arc<str> {
    let site = material.renderer.resolved().site;
    let base = &site.config.base_url;
    let page = base.rooted(&site.series[news.series].parts[news.part].address);
    let absolute = |url: &str| absolute(base, &page, url);
    let medium = Medium { address: &absolute, prefix: "", demote: 0, plain: true };
    let html = material.renderer.part_html(news.series, news.part, medium).unwrap_or_default();
    for_readers(&html, &absolute).into()
}

/// An address of the site as an absolute URI.
pub fn absolute_page(config: &Config, address: &str) -> String {
    uri(&config.base_url.absolute(address))
}

/// The people behind ids, in their order.
fn people<'a>(site: &'a Site, ids: impl Iterator<Item = &'a str>) -> Vec<Person<'a>> {
    ids.filter_map(|id| site.config.authors.iter().find(|author| author.id == id))
        .map(|author| person(site, author))
        .collect()
}

/// One of the authors that `partwork.toml` names.
pub fn person<'a>(site: &'a Site, author: &'a Author) -> Person<'a> {
    let avatar = author.avatar.as_ref().and_then(|path| {
        let file = site.files.get(&format!("content/{}", path.value))?;
        Some(absolute_page(&site.config, &file.address))
    });
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
    let parts = site.series.iter().flat_map(|series| &series.parts);
    let dates = parts.filter(|part| part.status == Status::Published).filter_map(|part| part.date);
    let today = || site.now.to_zoned_datetime(site.config.zone.clone()).date();
    let year = dates.map(|date| date.day).min().unwrap_or_else(today).year().max(FIRST_NAMES);
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

/// HTML that stands on its own: no script or style, which feed readers drop, and no address that
/// needs a page to be read from.
pub fn for_readers(html: &str, absolute: &dyn Fn(&str) -> String) -> String {
    let html = without_scripts(html);
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    for attribute in scan(&html).attributes {
        let start = attribute.value.start;
        let name = &html[attribute.name.clone()];
        let value = decode(&html[attribute.value.clone()]);
        let new = match (attribute.kind, name.to_ascii_lowercase().as_str()) {
            (AttributeKind::Id | AttributeKind::Document | AttributeKind::Refresh, _) | (_, "to" | "values") => {
                continue;
            }
            // What led to a part that is soon leads nowhere, not to the article itself.
            _ if value.trim().is_empty() => {
                out.push_str(html[at..attribute.name.start].trim_end());
                at = attribute.value.end + usize::from(attribute.quoted);
                continue;
            }
            _ => absolute(&value),
        };
        let quote = if attribute.quoted { "" } else { "\"" };
        out.push_str(&html[at..start]);
        out.push_str(quote);
        escape(&mut out, &new);
        out.push_str(quote);
        at = attribute.value.end;
    }
    out.push_str(&html[at..]);
    out
}

/// Drops the elements `script` and `style` with what is in them.
fn without_scripts(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let tag = &rest[open..];
        let skipped = if tag.starts_with("<!--") {
            out.push_str(&rest[..open]);
            tag.find("-->").map_or(tag.len(), |end| end + 3)
        } else if let Some(name) = ["script", "style"].into_iter().find(|name| opens(tag, name)) {
            out.push_str(&rest[..open]);
            let end = closing(tag, name).unwrap_or(tag.len());
            tag[end..].find('>').map_or(tag.len(), |at| end + at + 1)
        } else {
            out.push_str(&rest[..=open]);
            rest = &tag[1..];
            continue;
        };
        rest = &tag[skipped..];
    }
    out.push_str(rest);
    out
}

/// Whether a text begins with the opening tag of an element.
fn opens(tag: &str, name: &str) -> bool {
    tag.get(1..=name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        && tag[name.len() + 1..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
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
    fn html_stands_on_its_own() {
        let absolute = |url: &str| absolute(&base(), "/sub/s/a/", url);
        for (html, alone) in [
            ("<a href=x>", "<a href=\"https://example.org/sub/s/a/x\">"),
            ("<a class=\"b\" href=\"\" title=c>d</a>", "<a class=\"b\" title=c>d</a>"),
            ("<img src = '/a&amp;b.png'>", "<img src = 'https://example.org/a&amp;b.png'>"),
            (
                "<img srcset=\"a.png, b.png 2x,\nhttps://o.org/c,d 3x\">",
                "<img srcset=\"https://example.org/sub/s/a/a.png, https://example.org/sub/s/a/b.png 2x,\nhttps://o.org/c,d 3x\">",
            ),
            ("a<SCRIPT src=x>if (1 < 2) {}</Script >b", "ab"),
            ("a<style>p{}</style>b<styled>c</styled>", "ab<styled>c</styled>"),
            ("a<!-- <script> -->b", "ab"),
            ("a<script>never closed", "a"),
            ("1 < 2 & <b>3</b>", "1 < 2 & <b>3</b>"),
            ("<p id=x>ü</p>", "<p id=x>ü</p>"),
        ] {
            assert_eq!(for_readers(html, &absolute), alone, "{html}");
        }
    }

    #[test]
    fn ids_have_the_characters_of_their_scheme() {
        assert_eq!(tag("example.org,2026", "s/t", "b"), "tag:example.org,2026:s/t/b");
        assert_eq!(tag("example.org,2026", "s", "часть"), "tag:example.org,2026:s/%D1%87%D0%B0%D1%81%D1%82%D1%8C");
    }
}
