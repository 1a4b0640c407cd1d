//! `sitemap.xml` (<https://www.sitemaps.org/protocol.html>): every page that search engines may
//! list, with the day on which it changed where the authors say so, in all languages, each with the others
//! (<https://developers.google.com/search/docs/specialty/international/localized-versions#sitemap>).
//!
//! A site with more pages than one file may name gets shards, and `sitemap.xml` lists them.

use std::ops::Range;

use jiff::civil::Date;

use crate::outputs::feed::absolute_page;
use crate::outputs::output::{OutputType, of_all_languages, text};
use crate::outputs::xml::{Xml, document, element};
use crate::site::Site;
use crate::site::address::{self, Subject};
use crate::site::ids::ArticleId;
use crate::site::page::{Page, Paged};
use crate::site::series::Part;
use crate::site::siblings::alternates;
use crate::store::kind::Kind;

const XHTML: &str = "http://www.w3.org/1999/xhtml";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// What one file may hold, by the protocol.
#[derive(Debug, Clone, Copy)]
struct Most {
    urls: usize,
    bytes: usize,
}

const MOST: Most = Most { urls: 50_000, bytes: 50 << 20 };

/// What stands around the entries of a file, with room to spare.
const FRAME_BYTES: usize = 200;

/// The file, and the pieces of a large one.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: |listing| {
        let pieces = (1..=shard_count(listing.sites)).map(Subject::Piece);
        of_all_languages(listing).into_iter().flat_map(|site| std::iter::once(site).chain(pieces.clone())).collect()
    },
    address: |_, of| match of {
        Subject::Piece(piece) => address::sitemap_piece(piece),
        _ => address::SITEMAP.into(),
    },
    make: |material, of, _| match of {
        Subject::Piece(piece) => text(sitemap_shard(material.sites, piece)?),
        _ => text(sitemap(material.sites)),
    },
    holds_texts: false,
};

/// The entries, or the shards that hold them.
fn sitemap(sites: &[Paged<'_>]) -> String {
    let entries = entries(sites);
    let shards = shards(&entries, MOST);
    if shards.len() <= 1 {
        return url_set(&entries);
    }
    document(|xml| {
        xml.create_element("sitemapindex").with_attribute(("xmlns", NAMESPACE)).write_inner_content(|xml| {
            shards.iter().enumerate().try_for_each(|(at, range)| {
                let changed = entries[range.clone()].iter().filter_map(|entry| entry.changed).max();
                let piece = address::sitemap_piece(at + 1);
                let loc = sites.first().map_or_else(String::new, |(site, _)| absolute_page(&site.config, &piece));
                named(xml, "sitemap", &Entry { loc, changed, alternates: Vec::new() })
            })
        })?;
        Ok(())
    })
}

/// A shard, from 1; `None` where there is no such shard.
fn sitemap_shard(sites: &[Paged<'_>], shard: usize) -> Option<String> {
    let entries = entries(sites);
    let range = shards(&entries, MOST).get(shard.checked_sub(1)?)?.clone();
    Some(url_set(&entries[range]))
}

/// How many shards a site needs beside `sitemap.xml`.
fn shard_count(sites: &[Paged<'_>]) -> usize {
    match shards(&entries(sites), MOST).len() {
        1 => 0,
        many => many,
    }
}

struct Entry {
    loc: String,
    changed: Option<Date>,
    /// It and its like in other languages, each with its tag; nothing where there is none.
    alternates: Vec<(String, String)>,
}

impl Entry {
    /// More bytes than it takes.
    fn most_bytes(&self) -> usize {
        // An entity in the place of a character has up to six; the elements around a text are shorter than this.
        let text = |text: &str| 6 * text.len() + 100;
        text(&self.loc) + 100 + self.alternates.iter().map(|(tag, href)| text(tag) + text(href)).sum::<usize>()
    }
}

fn entries(sites: &[Paged<'_>]) -> Vec<Entry> {
    let of_site = |(site, pages): &Paged<'_>| {
        let (site, pages) = (*site, *pages);
        // What was first published elsewhere is listed there.
        let indexed = pages.iter().filter(|(_, page)| page.is_indexed(site) && page.canonical(site).is_none());
        let entry = |(address, page): &(String, Page)| Entry {
            loc: absolute_page(&site.config, address),
            changed: changed(site, page),
            alternates: alternates(site, page),
        };
        indexed.map(entry).collect::<Vec<_>>()
    };
    sites.iter().flat_map(of_site).collect()
}

/// The day on which a page's own words changed last, as far as the authors say: a list of parts
/// changes with the newest of them.
fn changed(site: &Site, page: &Page) -> Option<Date> {
    let of_article = |article: ArticleId| {
        let front = &site.article(article).front;
        Some(front.updated.or(front.date)?.day)
    };
    let of_part = |part: &Part| part.changed().map(|when| when.day);
    match page {
        Page::Home => site.parts_out().filter_map(of_part).chain(site.home.and_then(of_article)).max(),
        Page::Series(series) => {
            let series = site.series(*series);
            series.out().filter_map(of_part).chain(series.opening.and_then(of_article)).max()
        }
        Page::Part(_) | Page::Side(_) => {
            let chapter = page.chapter().and_then(|id| site.chapter(id))?;
            Some(chapter.changed()?.day)
        }
        Page::Single(single) => of_article(site.single(*single).article),
        Page::Tag(slug) => site.tags[slug].parts.iter().filter_map(|part| of_part(site.part(*part))).max(),
        Page::Earlier(..)
        | Page::Comparisons(_)
        | Page::Glossary(_)
        | Page::Code(_)
        | Page::Sources(_)
        | Page::Print(_)
        | Page::Tags
        | Page::Search
        | Page::NotFound => None,
    }
}

/// Which entries go into which file; one file for a site without any.
fn shards(entries: &[Entry], most: Most) -> Vec<Range<usize>> {
    let mut shards = Vec::new();
    // Nearly every site is far from both ends, and is asked before anything of it is written.
    let most_bytes = FRAME_BYTES + entries.iter().map(Entry::most_bytes).sum::<usize>();
    if entries.len() <= most.urls && most_bytes <= most.bytes {
        shards.push(0..entries.len());
        return shards;
    }
    let (mut start, mut bytes) = (0, FRAME_BYTES);
    for (at, entry) in entries.iter().enumerate() {
        let size = url_set(std::slice::from_ref(entry)).len();
        if at > start && (at - start == most.urls || bytes + size > most.bytes) {
            shards.push(start..at);
            (start, bytes) = (at, FRAME_BYTES);
        }
        bytes += size;
    }
    shards.push(start..entries.len());
    shards
}

fn url_set(entries: &[Entry]) -> String {
    document(|xml| {
        let mut root = xml.create_element("urlset").with_attribute(("xmlns", NAMESPACE));
        if entries.iter().any(|entry| !entry.alternates.is_empty()) {
            root = root.with_attribute(("xmlns:xhtml", XHTML));
        }
        root.write_inner_content(|xml| entries.iter().try_for_each(|entry| named(xml, "url", entry)))?;
        Ok(())
    })
}

fn named(xml: &mut Xml, name: &str, entry: &Entry) -> std::io::Result<()> {
    xml.create_element(name).write_inner_content(|xml| {
        element(xml, "loc", &[], &entry.loc)?;
        if let Some(day) = entry.changed {
            element(xml, "lastmod", &[], &day.to_string())?;
        }
        entry.alternates.iter().try_for_each(|(tag, href)| {
            element(xml, "xhtml:link", &[("rel", "alternate"), ("hreflang", tag), ("href", href)], "")
        })
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_sites_are_split() {
        let entries: Vec<Entry> = (0..25)
            .map(|at| Entry { loc: format!("https://example.org/{at:02}/"), changed: None, alternates: Vec::new() })
            .collect();
        let one = url_set(&entries[..1]).len();
        let by_count = shards(&entries, Most { urls: 10, bytes: MOST.bytes });
        assert_eq!(by_count, [0..10, 10..20, 20..25]);
        let by_size = shards(&entries, Most { urls: MOST.urls, bytes: FRAME_BYTES + 12 * one });
        assert_eq!(by_size, [0..12, 12..24, 24..25]);
        assert_eq!(shards(&entries, MOST).len(), 1);
        assert_eq!(shards(&[], MOST).len(), 1);
        let alternates = vec![("sv".to_string(), "https://example.org/sv/'&'/".to_string())];
        let changed = Some(jiff::civil::date(2026, 11, 29));
        let quotes = Entry { loc: "\"".repeat(500), changed, alternates };
        assert!(url_set(std::slice::from_ref(&quotes)).len() <= FRAME_BYTES + quotes.most_bytes());
        for range in by_size {
            assert!(url_set(&entries[range]).len() <= FRAME_BYTES + 12 * one);
        }
    }
}
