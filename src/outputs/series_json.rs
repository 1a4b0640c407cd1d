//! `series.json`: the whole plan of a series and its comparisons, for other tools, and the JSON
//! Schema (2020-12) that says what such a file holds.
//!
//! A change that takes something away or gives it another meaning raises [`VERSION`]; additions
//! don't.

use serde::Serialize;
use serde_json::Value;

use crate::outputs::feed::{absolute, absolute_page, for_readers, person};
use crate::outputs::{Material, json_text};
use crate::parse::Article;
use crate::parse::blocks::{Body, Comparison, Inline};
use crate::render::style::Medium;
use crate::render::{minutes, view};
use crate::site::Site;
use crate::site::gallery::{ComparisonPlace, GalleryEntry};
use crate::site::generated::{Generated, has_book};
use crate::site::page::{Page, comparison_anchor};
use crate::site::resolve::Target;
use crate::site::series::{Part, Series, State};
use crate::text::url::uri;

/// The version of what a file holds.
const VERSION: u32 = 1;

/// The schema, but for its own address.
const SCHEMA: &str = include_str!("series.schema.json");

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: String,
    version: u32,
    generator: String,
    id: &'a str,
    title: &'a str,
    description: &'a str,
    url: String,
    json_url: String,
    atom_url: String,
    json_feed_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    epub_url: Option<String>,
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Category<'a>>,
    authors: Vec<Author<'a>>,
    published: usize,
    total: usize,
    words: usize,
    minutes: usize,
    tracks: Vec<Track<'a>>,
    parts: Vec<PartEntry<'a>>,
    comparisons: Vec<ComparisonEntry<'a>>,
}

#[derive(Serialize)]
struct Category<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
}

#[derive(Serialize)]
struct Author<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
}

#[derive(Serialize)]
struct Track<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parts: Vec<&'a str>,
}

/// A part: what the index shows of it, and more once it is published.
#[derive(Serialize)]
struct PartEntry<'a> {
    id: &'a str,
    number: i64,
    label: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    #[serde(flatten)]
    published: Option<Published<'a>>,
}

#[derive(Serialize)]
struct Published<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    url: String,
    words: usize,
    minutes: usize,
    authors: Vec<Author<'a>>,
    tags: Vec<&'a str>,
    teaches: Vec<&'a str>,
    needs: Vec<&'a str>,
}

#[derive(Serialize)]
struct ComparisonEntry<'a> {
    id: &'a str,
    url: String,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tagline: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    fields: Vec<Field<'a>>,
    options: Vec<Choice<'a>>,
    parts: Vec<&'a str>,
}

#[derive(Serialize)]
struct Field<'a> {
    id: &'a str,
    label: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scale: &'a [String],
}

#[derive(Serialize)]
struct Choice<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    /// By field.
    values: serde_json::Map<String, Value>,
}

/// The plan of a series.
pub fn series_json(material: Material<'_>, series: &Series) -> String {
    let resolved = material.renderer.resolved();
    let site = resolved.site;
    let (plan, config) = (&series.plan, &site.config);
    let page = |page: Page| absolute_page(config, &page.address(site));
    let file = |file: Generated| absolute_page(config, &file.address(site));
    let listed = || series.listed().filter_map(|part| Some((part, material.renderer.entry(part.at)?)));
    let words = series.out().filter_map(|part| article(site, part)).map(|article| article.words).sum();
    json_text(&Document {
        schema: file(Generated::SeriesSchema),
        version: VERSION,
        generator: format!("partwork {}", env!("CARGO_PKG_VERSION")),
        id: &plan.id,
        title: &plan.title,
        description: &plan.description,
        url: page(Page::Series(series.at)),
        json_url: file(Generated::SeriesJson(series.at)),
        atom_url: file(Generated::Atom(Some(series.at))),
        json_feed_url: file(Generated::JsonFeed(Some(series.at))),
        epub_url: has_book(site, series).then(|| file(Generated::Epub(series.at))),
        language: &config.language,
        emoji: plan.emoji.as_deref(),
        category: plan.category.as_ref().and_then(|wanted| {
            let category = config.categories.iter().find(|category| category.id == wanted.value)?;
            Some(Category { id: &category.id, name: &category.name, emoji: category.emoji.as_deref() })
        }),
        authors: authors(site, plan.authors.iter().map(|id| id.value.as_str())),
        published: series.published,
        total: series.total,
        words,
        minutes: if series.published > 0 { minutes(words) } else { 0 },
        tracks: series
            .tracks
            .iter()
            .filter_map(|track| {
                let shown = series.parts_of(track).iter().filter(|part| part.state != State::Draft);
                Some(Track {
                    id: &track.id,
                    title: track.title.as_deref()?,
                    description: track.description.as_deref(),
                    parts: shown.map(|part| part.id.as_str()).collect(),
                })
            })
            .filter(|track| !track.parts.is_empty())
            .collect(),
        parts: listed()
            .map(|(part, entry)| PartEntry {
                id: &part.id,
                number: entry.number,
                label: &entry.label,
                title: &part.title,
                description: part.description.as_deref(),
                emoji: entry.emoji.as_deref(),
                status: if part.is_out() { "published" } else { "soon" },
                track: plan.has_tracks.then(|| series.track(part).id.as_str()),
                date: entry.date.as_deref(),
                published: published(site, part, entry),
            })
            .collect(),
        comparisons: (resolved.references.series(series.at).gallery.iter())
            .filter_map(|entry| comparison(material, series, entry))
            .collect(),
    })
}

/// The schema of these files, with its address on this site.
pub fn schema(site: &Site) -> String {
    match serde_json::from_str::<serde_json::Map<String, Value>>(SCHEMA) {
        Ok(mut schema) => {
            let address = Generated::SeriesSchema.address(site);
            schema.insert("$id".into(), absolute_page(&site.config, &address).into());
            json_text(&schema)
        }
        // A test reads it as well.
        Err(_) => SCHEMA.into(),
    }
}

fn article<'a>(site: &'a Site, part: &Part) -> Option<&'a Article> {
    part.article.map(|article| site.article(article))
}

fn published<'a>(site: &'a Site, part: &'a Part, entry: &view::Entry) -> Option<Published<'a>> {
    let article = article(site, part).filter(|_| part.is_out())?;
    let front = &article.front;
    let own = if front.authors.is_empty() { &site.series(part.at.series).plan.authors } else { &front.authors };
    Some(Published {
        updated: front.updated.map(|when| when.day.to_string()),
        url: absolute_page(&site.config, &part.address),
        words: article.words,
        minutes: entry.minutes.unwrap_or_else(|| minutes(article.words)),
        authors: authors(site, own.iter().map(|id| id.value.as_str())),
        tags: front.tags.iter().map(|tag| tag.value.as_str()).collect(),
        teaches: part.teaches.iter().map(|term| term.value.as_str()).collect(),
        needs: part.needs.iter().map(|term| term.value.as_str()).collect(),
    })
}

fn authors<'a>(site: &'a Site, ids: impl Iterator<Item = &'a str>) -> Vec<Author<'a>> {
    ids.filter_map(|id| site.config.authors.iter().find(|author| author.id == id))
        .map(|author| {
            let person = person(site, author);
            Author { id: &author.id, name: person.name, url: person.url, avatar: person.avatar }
        })
        .collect()
}

fn comparison<'a>(material: Material<'a>, series: &'a Series, entry: &'a GalleryEntry) -> Option<ComparisonEntry<'a>> {
    let resolved = material.renderer.resolved();
    let (site, references) = (resolved.site, resolved.references);
    let (comparison, targets): (&Comparison, &[Target]) = match entry.place {
        ComparisonPlace::Inline { article, block } => match &site.article(article).blocks[block].body {
            Body::Comparison(comparison) => (comparison, references.article(article)),
            _ => return None,
        },
        ComparisonPlace::Shared => {
            (&series.shared.get(&entry.id)?.comparison, references.series(series.at).shared.get(&entry.id)?)
        }
    };
    let gallery = Page::Comparisons(series.at).address(site);
    let page = site.config.base_url.rooted(&gallery);
    let address = |url: &str| absolute(&site.config.base_url, &page, url);
    let medium = Medium { address: &address, prefix: "", demote: 0, plain: true };
    let html = |inline: &Inline| for_readers(&material.renderer.inline_html(inline, targets, medium), &address);
    Some(ComparisonEntry {
        id: &entry.id,
        url: format!("{}#{}", absolute_page(&site.config, &gallery), uri(&comparison_anchor(&entry.id))),
        title: &comparison.title,
        tagline: comparison.tagline.as_deref(),
        lead: comparison.lead.as_ref().map(html),
        rule: comparison.rule.as_ref().map(html),
        fields: comparison
            .fields
            .iter()
            .map(|field| Field { id: &field.id, label: &field.label, scale: &field.scale })
            .collect(),
        options: comparison
            .options
            .iter()
            .map(|option| Choice {
                name: &option.name,
                emoji: option.emoji.as_deref(),
                values: comparison
                    .fields
                    .iter()
                    .zip(&option.values)
                    .map(|(field, value)| (field.id.clone(), html(value).into()))
                    .collect(),
            })
            .collect(),
        parts: entry.parts.iter().map(|part| series.part(*part).id.as_str()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_json_of_this_version() {
        let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
        assert_eq!(schema["properties"]["version"]["const"], VERSION);
    }
}
