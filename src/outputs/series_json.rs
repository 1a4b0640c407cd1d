//! `series.json`: the whole plan of a series and its comparisons, for other tools, and the JSON
//! Schema (2020-12) that says what such a file holds.
//!
//! A change that takes something away or gives it another meaning raises [`VERSION`]; additions
//! don't.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::blocks::comparison;
use crate::outputs::feed::{absolute, absolute_page, person};
use crate::outputs::json::{Each, json_text, write_json};
use crate::outputs::output::{Material, OutputType, text};
use crate::parse::block::Inline;
use crate::project::phrases::Label;
use crate::render::style::Medium;
use crate::render::{minutes, sources, view};
use crate::site::Site;
use crate::site::address::{self, SERIES_SCHEMA, Subject, has_book, has_feed};
use crate::site::gallery::{ComparisonPlace, GalleryEntry};
use crate::site::page::{Page, has_code, has_sources};
use crate::site::series::{Part, Series, Side, State};
use crate::site::sources::Cite;
use crate::store::kind::Kind;
use crate::store::spool::Piece;
use crate::store::tree::Content;
use crate::text::source::Spanned;
use crate::text::url::uri;

/// The version of what a file holds.
const VERSION: u32 = 1;

/// The schema, but for its own address.
const SCHEMA: &str = include_str!("series.schema.json");

#[derive(Serialize)]
struct Document<'a, P, C> {
    #[serde(rename = "$schema")]
    schema: String,
    version: u32,
    generator: String,
    id: &'a str,
    title: &'a str,
    description: &'a str,
    url: String,
    json_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    atom_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_feed_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epub_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sources_url: Option<String>,
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Category<'a>>,
    authors: Vec<Author<'a>>,
    label: &'a Label,
    published: usize,
    total: usize,
    words: usize,
    minutes: usize,
    tracks: Vec<Track<'a>>,
    /// Of each part a [`PartEntry`].
    parts: P,
    /// Of each a [`ComparisonEntry`].
    comparisons: C,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourceEntry<'a>>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    label: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<Original<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    #[serde(flatten)]
    published: Option<Published<'a>>,
}

/// Where a part can be read that isn't translated.
#[derive(Serialize)]
struct Original<'a> {
    url: String,
    language: &'a str,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sides: Vec<SideEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_url: Option<String>,
    teaches: Vec<&'a str>,
    needs: Vec<&'a str>,
}

/// A side page.
#[derive(Serialize)]
struct SideEntry<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    url: String,
    words: usize,
    minutes: usize,
    authors: Vec<Author<'a>>,
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

/// A source, with the parts that cite it.
#[derive(Serialize)]
struct SourceEntry<'a> {
    id: &'a str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    parts: Vec<&'a str>,
}

/// The plan of each series.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: |listing| listing.site.series_shown().map(|series| Subject::Series(series.at)).collect(),
    address: |site, of| of.series().map_or_else(String::new, |series| address::series_json(site, series)),
    make: |material, of, _| {
        let series = material.site().series(of.series()?);
        // Nothing here that JSON can't say.
        let plan = Piece::written(material.spool(series), |out| series_json(material, series, out)).ok()?;
        Some(Content::Pieces(vec![plan]))
    },
    holds_texts: false,
};

/// What the files of that kind hold; a site without series has none.
pub const SCHEMA_OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: |listing| {
        let is_there = listing.site.is_original() && listing.site.series_shown().next().is_some();
        is_there.then_some(Subject::Site).into_iter().collect()
    },
    address: |_, _| SERIES_SCHEMA.into(),
    make: |material, _, _| text(schema(material.site())),
    holds_texts: false,
};

/// Writes the plan of a series.
// Long, since it is the document, key by key.
fn series_json(material: Material<'_>, series: &Series, out: &mut dyn Write) -> io::Result<()> {
    let resolved = material.renderer.resolved();
    let site = resolved.site;
    let (plan, config) = (&series.plan, &site.config);
    let page = |page: Page| absolute_page(config, &page.address(site));
    let file = |address: &str| absolute_page(config, address);
    let of = Subject::Series(series.at);
    let words = site.word_count(series);
    let document = Document {
        schema: file(SERIES_SCHEMA),
        version: VERSION,
        generator: format!("partwork {}", env!("CARGO_PKG_VERSION")),
        id: &plan.id,
        title: &plan.title,
        description: &plan.description,
        url: page(Page::Series(series.at)),
        json_url: file(&address::series_json(site, series.at)),
        atom_url: has_feed(series).then(|| file(&address::atom(site, of))),
        json_feed_url: has_feed(series).then(|| file(&address::json_feed(site, of))),
        epub_url: has_book(site, series).then(|| file(&address::book(site, series.at))),
        code_url: has_code(series).then(|| page(Page::Code(series.at))),
        sources_url: has_sources(series).then(|| page(Page::Sources(series.at))),
        language: &config.language,
        emoji: plan.emoji.as_deref(),
        category: site.category(series).map(|category| Category {
            id: &category.id,
            name: &category.name,
            emoji: category.emoji.as_deref(),
        }),
        authors: authors(site, &plan.authors),
        label: site.words(series),
        published: series.published,
        total: series.total,
        words,
        minutes: if series.is_out() { minutes(words) } else { 0 },
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
        parts: Each(|| material.renderer.entries(series).map(|(part, entry)| Listed { site, part, entry })),
        comparisons: Each(|| {
            let gallery = resolved.references.gallery(series.at).iter();
            gallery.filter_map(|entry| comparison(material, series, entry))
        }),
        sources: sources(site, series),
    };
    write_json(&document, out)
}

/// A part as lists show it.
struct Listed<'a> {
    site: &'a Site,
    part: &'a Part,
    entry: view::Entry,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Listed { site, part, entry } = self;
        let series = site.series(part.at.series);
        let original = entry.hreflang.as_deref();
        let document = PartEntry {
            id: &part.id,
            number: entry.number,
            label: &entry.label,
            title: &part.title,
            description: part.summary(),
            emoji: entry.emoji.as_deref(),
            status: match part.state {
                State::Out => "published",
                State::Original => "untranslated",
                State::Soon | State::Draft => "soon",
            },
            original: original.map(|language| Original { url: absolute_page(&site.config, &part.address), language }),
            track: series.plan.has_tracks.then(|| series.track(part).id.as_str()),
            date: entry.date.as_deref(),
            published: published(site, part, entry),
        };
        document.serialize(serializer)
    }
}

/// The sources that the page of a series lists.
fn sources<'a>(site: &'a Site, series: &'a Series) -> Vec<SourceEntry<'a>> {
    let Some(bibliography) = series.sources.as_ref().filter(|_| has_sources(series)) else { return Vec::new() };
    let mut by_key: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for part in series.out() {
        let cited: BTreeSet<&str> =
            part.articles().flat_map(|article| site.cited(article)).map(|source| source.key.as_str()).collect();
        cited.into_iter().for_each(|key| by_key.entry(key).or_default().push(&part.id));
    }
    let entry = |source: &'a Cite| SourceEntry {
        id: &source.key,
        text: sources::text(source, &site.phrases),
        url: source.link.as_ref().map(|(url, _)| uri(url)),
        parts: by_key.get(source.key.as_str()).cloned().unwrap_or_default(),
    };
    bibliography.iter().map(entry).collect()
}

/// The schema of these files, with its address on this site.
fn schema(site: &Site) -> String {
    match serde_json::from_str::<serde_json::Map<String, Value>>(SCHEMA) {
        Ok(mut schema) => {
            schema.insert("$id".into(), absolute_page(&site.config, SERIES_SCHEMA).into());
            json_text(&schema)
        }
        // A test reads it as well.
        Err(_) => SCHEMA.into(),
    }
}

fn published<'a>(site: &'a Site, part: &'a Part, entry: &view::Entry) -> Option<Published<'a>> {
    let article = part.article.filter(|_| part.is_out()).map(|article| site.article(article))?;
    Some(Published {
        updated: part.updated.map(|when| when.day.to_string()),
        url: absolute_page(&site.config, &part.address),
        words: article.words,
        minutes: entry.minutes.unwrap_or_else(|| minutes(article.words)),
        authors: authors(site, &part.authors),
        tags: article.front.tags.iter().map(|tag| tag.value.as_str()).collect(),
        sides: part.sides.iter().map(|side| side_entry(site, side)).collect(),
        archive_url: (site.series(part.at.series).changes_program(part))
            .then(|| absolute_page(&site.config, &address::archive(site, part.at))),
        teaches: part.teaches.iter().map(|term| term.value.as_str()).collect(),
        needs: part.needs.iter().map(|term| term.value.as_str()).collect(),
    })
}

fn side_entry<'a>(site: &'a Site, side: &'a Side) -> SideEntry<'a> {
    let words = site.article(side.article).words;
    SideEntry {
        id: &side.name,
        title: &side.title,
        description: side.description.as_deref(),
        date: side.date.map(|when| when.day.to_string()),
        updated: side.updated.map(|when| when.day.to_string()),
        url: absolute_page(&site.config, &side.address),
        words,
        minutes: minutes(words),
        authors: authors(site, &side.authors),
    }
}

fn authors<'a>(site: &'a Site, ids: &[Spanned<String>]) -> Vec<Author<'a>> {
    site.authors(ids)
        .map(|author| {
            let person = person(site, author);
            Author { id: &author.id, name: person.name, url: person.url, avatar: person.avatar }
        })
        .collect()
}

fn comparison<'a>(material: Material<'a>, series: &'a Series, entry: &'a GalleryEntry) -> Option<ComparisonEntry<'a>> {
    let (site, references) = (material.site(), material.renderer.resolved().references);
    let comparison = entry.comparison(site, series)?;
    let targets = match entry.place {
        ComparisonPlace::Inline { article, block } => {
            references.article(article).get(site.article(article).blocks[block].links.clone())?
        }
        ComparisonPlace::Shared => references.series(series.at).shared.get(&entry.id)?,
    };
    let gallery = Page::Comparisons(series.at).address(site);
    let page = site.config.base_url.rooted(&gallery);
    let address = |url: &str| absolute(&site.config.base_url, &page, url);
    let medium = Medium { address: &address, prefix: "", demote: 0, plain: true, absolute: Some(&address) };
    let html = |line: &Inline| material.renderer.line_html((line, targets), series, medium);
    Some(ComparisonEntry {
        id: &entry.id,
        url: format!("{}#{}", absolute_page(&site.config, &gallery), uri(&comparison::anchor(&entry.id))),
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
