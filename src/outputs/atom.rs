//! `feed.xml`: Atom (RFC 4287), full text.

use std::io;

use crate::outputs::feed::{Entry, Feed, Person, absolute_page, feed};
use crate::outputs::output::{Material, OutputType, of_feeds, text};
use crate::outputs::xml::{Xml, document, element};
use crate::site::address::{self, Subject};
use crate::store::kind::Kind;

/// The namespace of RFC 4287, §2.
const ATOM: &str = "http://www.w3.org/2005/Atom";

/// The feeds of the site and of each series.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: of_feeds,
    address: address::atom,
    make: |material, of, _| text(atom(material, of)),
    holds_texts: true,
};

fn atom(material: Material<'_>, of: Subject) -> String {
    let site = material.site();
    let own = absolute_page(&site.config, &address::atom(site, of));
    let feed = feed(material, of);
    document(|xml| {
        let root = xml.create_element("feed").with_attributes([("xmlns", ATOM), ("xml:lang", feed.language)]);
        root.write_inner_content(|xml| inside(xml, &feed, &own))?;
        Ok(())
    })
}

fn inside(xml: &mut Xml, feed: &Feed<'_>, own: &str) -> io::Result<()> {
    element(xml, "id", &[], &feed.id)?;
    element(xml, "title", &[], feed.title)?;
    if !feed.description.trim().is_empty() {
        element(xml, "subtitle", &[], feed.description)?;
    }
    element(xml, "updated", &[], &feed.updated)?;
    link(xml, "self", "application/atom+xml", own)?;
    link(xml, "alternate", "text/html", &feed.home)?;
    element(xml, "generator", &[("version", env!("CARGO_PKG_VERSION"))], "partwork")?;
    for author in &feed.authors {
        person(xml, author)?;
    }
    feed.entries.iter().try_for_each(|part| entry(xml, part))
}

fn entry(xml: &mut Xml, part: &Entry<'_>) -> io::Result<()> {
    xml.create_element("entry").write_inner_content(|xml| {
        element(xml, "id", &[], &part.id)?;
        element(xml, "title", &[], part.title)?;
        element(xml, "published", &[], &part.published)?;
        element(xml, "updated", &[], &part.updated)?;
        link(xml, "alternate", "text/html", &part.url)?;
        for author in &part.authors {
            person(xml, author)?;
        }
        let series = [("term", part.series), ("scheme", &part.series_scheme), ("label", part.series_title)];
        element(xml, "category", &series, "")?;
        for tag in &part.tags {
            element(xml, "category", &[("term", tag)], "")?;
        }
        if let Some(summary) = part.summary {
            element(xml, "summary", &[], summary)?;
        }
        element(xml, "content", &[("type", "html")], &part.html)
    })?;
    Ok(())
}

/// A person construct (RFC 4287, §3.2). An address of mail is no `uri`.
fn person(xml: &mut Xml, person: &Person<'_>) -> io::Result<()> {
    xml.create_element("author").write_inner_content(|xml| {
        element(xml, "name", &[], person.name)?;
        match person.url.as_deref().map(|url| (url, url.strip_prefix("mailto:"))) {
            Some((_, Some(mailbox))) => element(xml, "email", &[], mailbox.split('?').next().unwrap_or(mailbox)),
            Some((url, None)) => element(xml, "uri", &[], url),
            None => Ok(()),
        }
    })?;
    Ok(())
}

fn link(xml: &mut Xml, rel: &str, media: &str, href: &str) -> io::Result<()> {
    element(xml, "link", &[("rel", rel), ("type", media), ("href", href)], "")
}
