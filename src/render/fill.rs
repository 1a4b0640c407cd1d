//! What templates see, filled in from the site: each function gives one of the structs of `view`.

use std::collections::BTreeMap;
use std::ops::Range;

use tera::Value;

use super::blocks::safe;
use super::body::inline_html;
use super::style::Style;
use super::view;
use crate::diagnostic::Diagnostic;
use crate::parse::Heading;
use crate::project::phrases::typeset;
use crate::settings::config::Discussion;
use crate::settings::data::Table;
use crate::site::Site;
use crate::site::generated::{epub_address, search_address};
use crate::site::page::searchable;
use crate::site::resolve::References;
use crate::site::series::{Part, Series, State};
use crate::text::url::piece;

/// Words that a reader reads in a minute, by Brysbaert's review of 190 studies (2019), rounded.
const WORDS_A_MINUTE: usize = 240;

/// Minutes to read so many words.
pub fn minutes(words: usize) -> usize {
    words.div_ceil(WORDS_A_MINUTE).max(1)
}

/// `[extra]` of a file; an empty table without one, so that a template may ask for any key.
pub fn extra(extra: Option<&Table>) -> Value {
    extra.map_or_else(|| Value::from_serializable(&BTreeMap::<String, String>::new()), Value::from_serializable)
}

/// A part as lists show it; none for a draft, which has no number.
pub fn entry(site: &Site, series: &Series, part: &Part) -> Option<view::Entry> {
    let number = part.number?;
    let set = |text: &str| typeset(text, site.config.smart_punctuation);
    let soon = part.state == State::Soon;
    let words = part.article.map(|article| site.articles[article].words);
    Some(view::Entry {
        id: part.id.clone(),
        number,
        label: site.words.say("label", &[("number", number.to_string()), ("total", series.total.to_string())]),
        title: set(&part.title),
        description: part.description.as_deref().map(set),
        emoji: part.emoji.clone().or_else(|| series.plan.emoji.clone()),
        url: (!soon).then(|| site.config.base_url.rooted(&part.address)),
        soon,
        date: part.date.map(|when| when.day.to_string()),
        date_text: part.date.map(|when| site.words.date(when.day)),
        minutes: words.filter(|_| !soon).map(minutes),
        track: series.track_title(part).map(set),
        track_position: part.track + 1,
    })
}

/// The tracks of a series with the parts of a window of its plan; those without any are left out.
pub fn tracks(site: &Site, series: &Series, entries: &[Option<view::Entry>], window: Range<usize>) -> Vec<view::Track> {
    let set = |text: &String| typeset(text, site.config.smart_punctuation);
    series
        .tracks
        .iter()
        .enumerate()
        .map(|(at, track)| {
            let parts = track.parts.start.max(window.start)..track.parts.end.min(window.end);
            view::Track {
                position: at + 1,
                id: track.id.clone(),
                title: track.title.as_ref().map(set),
                description: track.description.as_ref().map(set),
                parts: entries.get(parts).unwrap_or_default().iter().flatten().cloned().collect(),
            }
        })
        .filter(|track| !track.parts.is_empty())
        .collect()
}

/// A series; `entries` are those of its parts, by index.
pub fn series(site: &Site, references: &References, at: usize, entries: &[Option<view::Entry>]) -> view::Series {
    let series = &site.series[at];
    let set = |text: &str| typeset(text, site.config.smart_punctuation);
    let base = &site.config.base_url;
    let out = || entries.iter().flatten().filter(|entry| !entry.soon);
    let category = series.plan.category.as_ref().and_then(|wanted| {
        let category = site.config.categories.iter().find(|category| category.id == wanted.value)?;
        Some(view::Category { name: category.name.clone(), emoji: category.emoji.clone() })
    });
    let url = |page: &str| base.rooted(&format!("{}/{page}", series.plan.id));
    let words: usize = series
        .parts
        .iter()
        .filter(|part| part.state == State::Out)
        .filter_map(|part| part.article.map(|article| site.articles[article].words))
        .sum();
    view::Series {
        id: series.plan.id.clone(),
        title: set(&series.plan.title),
        description: set(&series.plan.description),
        emoji: series.plan.emoji.clone(),
        category,
        authors: authors(site, series.plan.authors.iter().map(|author| author.value.as_str())),
        url: url(""),
        tally: site
            .words
            .say("tally", &[("published", series.published.to_string()), ("total", series.total.to_string())]),
        published: series.published,
        total: series.total,
        minutes: minutes(words),
        has_tracks: series.plan.has_tracks,
        tracks: tracks(site, series, entries, 0..entries.len()),
        first: out().next().cloned(),
        latest: out().max_by(|a, b| (&a.date, a.number).cmp(&(&b.date, b.number))).cloned(),
        coming: entries.iter().flatten().find(|entry| entry.soon).cloned(),
        comparisons_url: (!references.galleries[at].is_empty()).then(|| url("comparisons/")),
        glossary_url: (!series.shown_terms().is_empty()).then(|| url("glossary/")),
        epub_url: epub_address(site, at).map(|address| site.config.base_url.rooted(&address)),
        print_url: (series.published > 0).then(|| url("print/")),
        extra: extra(series.plan.extra.as_ref()),
    }
}

/// The terms of a series' glossary page.
pub fn glossary(
    site: &Site,
    references: &References,
    at: usize,
    entries: &[Option<view::Entry>],
    out: &mut Vec<Diagnostic>,
) -> Vec<view::Term> {
    let series = &site.series[at];
    let config = &site.config;
    let style = Style {
        smart_punctuation: config.smart_punctuation,
        raw_html: false,
        highlighter: None,
        medium: None,
        words: &site.words,
        sizes: &BTreeMap::new(),
    };
    series
        .shown_terms()
        .into_iter()
        .filter_map(|(id, term, teacher)| {
            let targets = references.glossaries[at].get(id).map(Vec::as_slice).unwrap_or_default();
            let html = inline_html(&term.definition.value, term.definition.span, targets, style, out);
            let part = entries[teacher].clone()?;
            Some(view::Term { id: id.to_string(), name: term.name.clone(), definition: safe(html), part })
        })
        .collect()
}

/// What every template sees of the site.
pub fn site(site: &Site) -> view::Site {
    let config = &site.config;
    let set = |text: &str| typeset(text, config.smart_punctuation);
    let mut pages: Vec<view::Link> = site
        .pages
        .iter()
        .filter(|page| page.out && site.articles[page.article].front.nav)
        .map(|page| view::Link {
            title: set(&site.articles[page.article].front.title.value),
            url: config.base_url.rooted(&page.address),
        })
        .collect();
    pages.sort_by(|a, b| (a.title.to_lowercase(), &a.url).cmp(&(b.title.to_lowercase(), &b.url)));
    let newsletter = config.newsletter.as_ref();
    view::Site {
        title: set(&config.title),
        description: set(&config.description),
        language: config.language.clone(),
        direction: site.words.direction.name(),
        url: config.base_url.rooted(""),
        base_url: config.base_url.absolute(""),
        series: (0..site.series.len()).map(|at| series_link(site, at)).collect(),
        pages,
        tags_url: (!site.tags.is_empty()).then(|| config.base_url.rooted("tags/")),
        search_url: searchable(site).then(|| config.base_url.rooted("search/")),
        newsletter: newsletter.map(|newsletter| view::Newsletter {
            title: newsletter.title.as_deref().map(set),
            action: newsletter.action.value.clone(),
            promise: newsletter.promise.as_deref().map(set),
            hidden: newsletter
                .hidden
                .iter()
                .map(|(name, value)| view::HiddenField { name: name.clone(), value: value.clone() })
                .collect(),
            honeypot: newsletter.honeypot,
        }),
        discussion: config.discussion.as_ref().map(discussion),
        drafts: site.drafts,
        generator: format!("partwork {}", env!("CARGO_PKG_VERSION")),
        extra: extra(config.extra.as_ref()),
    }
}

fn discussion(discussion: &Discussion) -> view::Discussion {
    match discussion {
        Discussion::Link { url, label } => {
            view::Discussion { kind: "link", url: url.value.clone(), label: label.clone() }
        }
        Discussion::Giscus { repo, .. } => {
            view::Discussion { kind: "giscus", url: format!("https://github.com/{repo}/discussions"), label: None }
        }
    }
}

/// The address of giscus's frame for one part, as its own script would make it
/// (<https://github.com/giscus/giscus/blob/main/client.ts>). `term` is what the thread is found by.
pub fn discussion_frame(discussion: &Discussion, term: &str, page: &str) -> Option<String> {
    let Discussion::Giscus { repo, repo_id, category, category_id } = discussion else { return None };
    let mut url = String::from("https://giscus.app/widget?");
    for (at, (key, value)) in [
        ("origin", page),
        ("theme", "preferred_color_scheme"),
        ("reactionsEnabled", "1"),
        ("emitMetadata", "0"),
        ("inputPosition", "top"),
        ("repo", repo),
        ("repoId", repo_id),
        ("category", category),
        ("categoryId", category_id),
        ("strict", "1"),
        ("term", term),
    ]
    .into_iter()
    .enumerate()
    {
        url.push_str(if at > 0 { "&" } else { "" });
        url.push_str(key);
        url.push('=');
        url.extend(piece(value));
    }
    Some(url)
}

/// A series as the site's lists have it.
pub fn series_link(site: &Site, at: usize) -> view::SeriesLink {
    let plan = &site.series[at].plan;
    view::SeriesLink {
        id: plan.id.clone(),
        title: typeset(&plan.title, site.config.smart_punctuation),
        emoji: plan.emoji.clone(),
        url: site.config.base_url.rooted(&format!("{}/", plan.id)),
        search_url: search_address(site, at).map(|address| site.config.base_url.rooted(&address)),
    }
}

/// The authors of those ids; unknown ones were reported when the settings were read.
pub fn authors<'a>(site: &Site, ids: impl Iterator<Item = &'a str>) -> Vec<view::Author> {
    ids.filter_map(|id| site.config.authors.iter().find(|author| author.id == id))
        .map(|author| {
            let avatar = author.avatar.as_ref().and_then(|path| {
                let file = site.files.get(&format!("content/{}", path.value))?;
                Some(site.config.base_url.rooted(&file.address))
            });
            view::Author {
                id: author.id.clone(),
                name: author.name.clone(),
                url: author.url.as_ref().map(|url| url.value.clone()),
                avatar,
                bio: author.bio.clone(),
            }
        })
        .collect()
}

/// Headings as a tree: each holds those that follow it and are deeper.
pub fn toc(headings: &[Heading]) -> Vec<view::TocEntry> {
    let mut roots: Vec<view::TocEntry> = Vec::new();
    for heading in headings {
        let entry = view::TocEntry {
            level: heading.level,
            id: heading.id.clone(),
            title: heading.text.clone(),
            children: Vec::new(),
        };
        let mut level = &mut roots;
        // Levels are 1 to 6, so this ends after at most six steps.
        while level.last().is_some_and(|last| last.level < heading.level) {
            let at = level.len() - 1;
            level = &mut level[at].children;
        }
        level.push(entry);
    }
    roots
}
