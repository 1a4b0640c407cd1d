//! `feed.json`: JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>), full text.

use serde::Serialize;

use crate::outputs::feed::{Entry, Person, absolute_page, feed};
use crate::outputs::json::json_text;
use crate::outputs::output::{Material, OutputType, of_feeds, text};
use crate::outputs::xml::within_xml;
use crate::site::address::{self, Subject};
use crate::store::kind::Kind;

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    language: &'a str,
    authors: Vec<Author<'a>>,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    url: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    content_html: String,
    date_published: &'a str,
    date_modified: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author<'a>>,
    /// The series, then the part's own tags.
    tags: Vec<&'a str>,
    language: &'a str,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<&'a str>,
}

/// The feeds of the site and of each series.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: of_feeds,
    address: address::json_feed,
    make: |material, of, _| text(json_feed(material, of)),
    holds_texts: true,
};

fn json_feed(material: Material<'_>, of: Subject) -> String {
    let site = material.site();
    let feed = feed(material, of);
    json_text(&Document {
        version: "https://jsonfeed.org/version/1.1",
        title: feed.title,
        home_page_url: &feed.home,
        feed_url: absolute_page(&site.config, &address::json_feed(site, of)),
        description: Some(feed.description).filter(|text| !text.trim().is_empty()),
        language: feed.language,
        authors: authors(&feed.authors),
        items: feed.entries.iter().map(|part| item(part, feed.language)).collect(),
    })
}

fn item<'a>(part: &'a Entry<'_>, language: &'a str) -> Item<'a> {
    let mut tags = vec![part.series_title];
    tags.extend(part.tags.iter().copied().filter(|tag| *tag != part.series_title));
    Item {
        id: &part.id,
        url: &part.url,
        title: part.title,
        summary: part.summary,
        content_html: within_xml(&part.html).into_owned(),
        date_published: &part.published,
        date_modified: &part.updated,
        image: part.image.as_deref(),
        authors: authors(&part.authors),
        tags,
        language,
    }
}

fn authors<'a>(people: &'a [Person<'_>]) -> Vec<Author<'a>> {
    people
        .iter()
        .map(|person| Author { name: person.name, url: person.url.as_deref(), avatar: person.avatar.as_deref() })
        .collect()
}
