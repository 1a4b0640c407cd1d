//! What templates see, filled in from the site: each function gives one of the structs of `view`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tera::Value;

use super::form::safe;
use super::sources;
use super::style::{Cites, Style};
use super::view::{self, Shared};
use super::visit::Resolved;
use super::write::line_html;
use crate::diagnostic::Diagnostic;
use crate::parse::Heading;
use crate::project::phrases::Label;

use crate::settings::config::{Author, Discussion};
use crate::settings::data::Table;
use crate::site::Site;
use crate::site::address::{self, Subject, has_book, has_search};
use crate::site::changes::{Change, Files, How, changes};
use crate::site::contents::Contents;
use crate::site::ids::PartId;
use crate::site::languages::Sibling;
use crate::site::listings::amount;
use crate::site::page::{Page, has_code, has_glossary, has_print, has_sources, is_searchable};
use crate::site::resolve::References;
use crate::site::series::{Part, Series, Side, State};
use crate::site::siblings;
use crate::site::sources::Cite;
use crate::text::order::sort_key;
use crate::text::source::Spanned;
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

/// How many twelfths of a whole a part is, from 1 to 12: a page's policy lets it say sizes by classes alone.
fn twelfths(part: usize, whole: usize) -> usize {
    (part * 12).div_ceil(whole.max(1)).clamp(1, 12)
}

/// The parts of a series as lists show them.
#[derive(Debug)]
pub struct Entries {
    /// Those of drafts are missing.
    shared: Box<[Option<Shared<view::Entry>>]>,
    /// How many minutes the longest takes.
    longest: usize,
}

impl Entries {
    pub fn new(site: &Site, series: &Series) -> Self {
        let longest = longest(site, series);
        let shared = series.parts.iter().map(|part| Some(Shared::from(&entry(site, series, part, longest)?)));
        Entries { shared: shared.collect(), longest }
    }

    /// That of a part; none for a draft.
    pub fn get(&self, part: PartId) -> Option<&Shared<view::Entry>> {
        self.shared[part.index()].as_ref()
    }

    /// What [`get`](Entries::get) gives, made once more for who looks into it.
    pub fn made(&self, site: &Site, part: &Part) -> Option<view::Entry> {
        entry(site, site.series(part.at.series), part, self.longest)
    }

    fn count(&self) -> usize {
        self.shared.iter().flatten().count()
    }
}

/// The parts of a series as lists show them, each with what is known of it.
pub fn entries<'s>(site: &'s Site, series: &'s Series) -> impl Iterator<Item = (&'s Part, view::Entry)> {
    let longest = longest(site, series);
    series.parts.iter().filter_map(move |part| Some((part, entry(site, series, part, longest)?)))
}

/// How many minutes the longest of the listed parts takes.
fn longest(site: &Site, series: &Series) -> usize {
    let listed = series.parts.iter().filter(|part| is_listed(series, part));
    listed.filter_map(|part| minutes_of(site, part)).max().unwrap_or_default()
}

/// A part or a post as lists show it; none for a draft.
fn entry(site: &Site, series: &Series, part: &Part, longest: usize) -> Option<view::Entry> {
    if !is_listed(series, part) {
        return None;
    }
    let set = |text: &str| site.typeset(text);
    let soon = part.state == State::Soon;
    let original = site.languages.all.first().filter(|_| !site.is_original());
    let elsewhere = original.filter(|_| part.state == State::Original);
    let minutes = minutes_of(site, part);
    Some(view::Entry {
        id: part.id.clone(),
        known_as: match &part.known_as {
            (of, id) if of == series.plan.known_as() => id.clone(),
            (of, id) => format!("{of}/{id}"),
        },
        number: part.number,
        name: site.name(part),
        label: site.label(part).unwrap_or_else(|| set(&part.title)),
        full_title: set(&site.full_title(part)),
        title: set(&part.title),
        description: part.description.as_deref().map(set),
        emoji: part.emoji.clone().or_else(|| series.plan.emoji.clone()),
        url: (!soon).then(|| site.config.base_url.rooted(&part.address)),
        soon,
        hreflang: elsewhere.map(|language| language.tag.clone()),
        language: elsewhere.map(|language| language.name.clone()),
        lang: original.filter(|_| part.borrowed).map(|language| language.tag.clone()),
        date: part.date.map(|when| when.day.to_string()),
        date_text: part.date.map(|when| site.phrases.date(when.day)),
        minutes,
        height: minutes.map(|minutes| twelfths(minutes, longest)),
        track: series.track_title(part).map(set),
        track_position: series.track(part).position,
    })
}

/// Nobody is told of a post that isn't out.
fn is_listed(series: &Series, part: &Part) -> bool {
    if series.is_posts() { part.is_out() } else { part.state != State::Draft }
}

/// How long a listed part takes to read; nothing for one that nobody can read yet.
fn minutes_of(site: &Site, part: &Part) -> Option<usize> {
    let article = part.article.filter(|_| part.state != State::Soon)?;
    Some(minutes(site.article(article).words))
}

/// The side pages of a part, those that aren't translated among them.
pub fn sides(site: &Site, part: &Part) -> Vec<view::SideLink> {
    let mut sides: Vec<_> = part.sides.iter().map(|side| side_link(site, side)).collect();
    if let Some(original) = site.languages.all.first() {
        sides.extend(part.sides_elsewhere.iter().map(|side| view::SideLink {
            id: side.name.clone(),
            title: site.typeset(&side.title),
            description: side.description.as_deref().map(|text| site.typeset(text)),
            url: site.config.base_url.rooted(&side.address),
            hreflang: Some(original.tag.clone()),
            language: Some(original.name.clone()),
            minutes: minutes(side.words),
        }));
    }
    sides.sort_by(|one, other| one.id.cmp(&other.id));
    sides
}

/// A side page as lists show it.
pub fn side_link(site: &Site, side: &Side) -> view::SideLink {
    view::SideLink {
        id: side.name.clone(),
        title: site.typeset(&side.title),
        description: side.description.as_deref().map(|text| site.typeset(text)),
        url: site.config.base_url.rooted(&side.address),
        hreflang: None,
        language: None,
        minutes: minutes(site.article(side.article).words),
    }
}

/// The tracks of a series with those of these parts that are listed; those without any are left out.
pub fn tracks(site: &Site, series: &Series, entries: &Entries, parts: Range<usize>) -> Vec<view::Track> {
    let set = |text: &String| site.typeset(text);
    let listed = entries.count();
    series
        .tracks
        .iter()
        .map(|track| {
            let shown = parts.start.max(track.parts.start)..parts.end.min(track.parts.end);
            let parts = series.parts.get(shown).unwrap_or_default().iter();
            let count = track.parts.clone().filter(|at| entries.shared[*at].is_some()).count();
            view::Track {
                count,
                share: twelfths(count, listed),
                position: track.position,
                id: track.id.clone(),
                title: track.title.as_ref().map(set),
                description: track.description.as_ref().map(set),
                parts: parts.filter_map(|part| entries.get(part.at).cloned()).collect(),
            }
        })
        .filter(|track| !track.parts.is_empty())
        .collect()
}

/// A series.
pub fn series(site: &Site, references: &References, series: &Series, entries: &Entries) -> view::Series {
    let set = |text: &str| site.typeset(text);
    let base = &site.config.base_url;
    let entry = |part: &Part| entries.get(part.at).cloned();
    let coming = series.parts.iter().find(|part| part.state == State::Soon);
    let url = |page: Page| base.rooted(&page.address(site));
    let minutes = minutes(site.word_count(series));
    view::Series {
        id: series.plan.id.clone(),
        known_as: series.plan.known_as().to_string(),
        title: set(&series.plan.title),
        description: set(&series.plan.description),
        emoji: series.plan.emoji.clone(),
        category: category(site, series),
        authors: authors(site, &series.plan.authors),
        url: url(Page::Series(series.at)),
        label: label(site.words(series)),
        soon: series.state == State::Soon,
        tally: site.tally(series),
        published: series.published,
        total: series.total,
        listed: entries.count(),
        minutes,
        hours: (minutes >= 120).then_some((minutes + 30) / 60),
        has_tracks: series.plan.has_tracks,
        tracks: tracks(site, series, entries, 0..series.parts.len()),
        first: series.out().next().and_then(entry),
        latest: series
            .out()
            .filter_map(|part| Some((part.date?.day, part)))
            .max_by_key(|(day, _)| *day)
            .and_then(|(_, part)| entry(part)),
        coming: coming.and_then(entry),
        comparisons_url: (!references.gallery(series.at).is_empty()).then(|| url(Page::Comparisons(series.at))),
        glossary_url: has_glossary(series).then(|| url(Page::Glossary(series.at))),
        sources_url: has_sources(series).then(|| url(Page::Sources(series.at))),
        epub_url: has_book(site, series).then(|| base.rooted(&address::book(site, series.at))),
        code_url: has_code(series).then(|| url(Page::Code(series.at))),
        print_url: has_print(series).then(|| url(Page::Print(series.at))),
        extra: extra(series.plan.extra.as_ref()),
    }
}

/// Where the program as of a part is, where the part changes it.
pub fn program(site: &Site, series: &Series, part: &Part) -> Option<view::Program> {
    let base = &site.config.base_url;
    series.changes_program(part).then(|| view::Program {
        archive_url: base.rooted(&address::archive(site, part.at)),
        changes_url: format!("{}#{}", base.rooted(&Page::Code(series.at).address(site)), part.id),
    })
}

/// What changes in the program of a series from one published part to the next.
pub fn states(
    site: &Site,
    series: &Series,
    entry: &dyn Fn(PartId) -> Option<Shared<view::Entry>>,
) -> Vec<view::ProgramState> {
    let contents = Contents::default();
    let mut before = Files::new();
    let mut states = Vec::new();
    for part in series.program_parts() {
        let after = series.program.files(part.at);
        let changes = changes(&before, &after, &contents);
        let change = |change: &Change<'_>| program_change(site, change);
        if let Some(entry) = entry(part.at) {
            states.push(view::ProgramState {
                part: entry,
                archive_url: site.config.base_url.rooted(&address::archive(site, part.at)),
                changes: changes.iter().map(change).collect(),
            });
        }
        before = after;
    }
    states
}

fn program_change(site: &Site, change: &Change<'_>) -> view::ProgramChange {
    let say = |key: &str| site.phrases.say(key, &[]);
    let (how, what, path) = match change.how {
        How::Added => ("added", say("file_new"), change.path.to_string()),
        How::Changed => ("changed", say("file_changed"), change.path.to_string()),
        How::Removed => ("removed", say("file_gone"), change.path.to_string()),
        How::Renamed(from) => ("renamed", say("file_renamed"), format!("{from} → {}", change.path)),
    };
    view::ProgramChange { path, how, what, amount: amount(change.by) }
}

/// What parts are called.
pub fn label(words: &Label) -> view::Label {
    view::Label { part: words.part.clone(), parts: words.parts.clone() }
}

fn category(site: &Site, series: &Series) -> Option<view::Category> {
    let category = site.category(series)?;
    Some(view::Category { name: category.name.clone(), emoji: category.emoji.clone() })
}

/// A folder of posts.
pub fn posts(site: &Site, folder: &Series) -> view::Posts {
    let base = &site.config.base_url;
    view::Posts {
        id: folder.plan.id.clone(),
        title: site.typeset(&folder.plan.title),
        description: site.typeset(&folder.plan.description),
        category: category(site, folder),
        authors: authors(site, &folder.plan.authors),
        url: base.rooted(&Page::Series(folder.at).address(site)),
        feed_url: base.rooted(&address::atom(site, Subject::Series(folder.at))),
        count: folder.published,
        extra: extra(folder.plan.extra.as_ref()),
    }
}

/// The terms of a series' glossary page.
pub fn glossary(
    resolved: Resolved<'_>,
    series: &Series,
    entries: &Entries,
    out: &mut Vec<Diagnostic>,
) -> Vec<view::Term> {
    let list = Page::Sources(series.at).address(resolved.site);
    let list = resolved.site.config.base_url.rooted(&list);
    let cites = series.sources.as_ref().map(|sources| Cites { sources, page: Some(&list) });
    let style = Style { cites, ..resolved.style(None, None) };
    let mut terms = series.shown_terms();
    terms.sort_by_cached_key(|(_, term, _)| sort_key(&resolved.site.config.language, &term.name));
    terms
        .into_iter()
        .filter_map(|(id, term, teacher)| {
            let targets = resolved.references.series(series.at).glossary.get(id).map(Vec::as_slice).unwrap_or_default();
            let html = line_html(&term.definition.value, term.definition.span, targets, style, out);
            let part = entries.made(resolved.site, series.part(teacher))?;
            Some(view::Term { id: id.to_string(), name: term.name.clone(), definition: safe(html), part })
        })
        .collect()
}

/// The sources of a series, with the parts that cite them.
pub fn sources(site: &Site, series: &Series, entries: &Entries) -> Vec<view::Source> {
    let Some(bibliography) = &series.sources else { return Vec::new() };
    let mut by_key: BTreeMap<&str, BTreeSet<PartId>> = BTreeMap::new();
    for chapter in series.chapters() {
        let cited = chapter.article().into_iter().flat_map(|article| site.cited(article));
        cited.for_each(|source| _ = by_key.entry(&source.key).or_default().insert(chapter.part().at));
    }
    let of = |source: &Cite| view::Source {
        id: source.anchor(),
        content: safe(sources::html(source, &site.phrases)),
        parts: by_key.get(&*source.key).into_iter().flatten().filter_map(|part| entries.get(*part).cloned()).collect(),
    };
    bibliography.iter().map(of).collect()
}

/// What every template sees of the site.
pub fn site(site: &Site) -> view::Site {
    let config = &site.config;
    let set = |text: &str| site.typeset(text);
    let mut pages: Vec<view::Link> = site
        .singles_out()
        .filter(|single| site.article(single.article).front.nav)
        .map(|single| view::Link {
            title: set(&site.article(single.article).front.title.value),
            url: config.base_url.rooted(&single.address),
        })
        .collect();
    pages.sort_by_cached_key(|page| (sort_key(&config.language, &page.title), page.url.clone()));
    let newsletter = config.newsletter.as_ref();
    view::Site {
        title: set(&config.title),
        description: set(&config.description),
        language: config.language.clone(),
        direction: site.phrases.direction.name(),
        number: site.phrases.number_sample().to_string(),
        url: config.base_url.rooted(&Page::Home.address(site)),
        root_url: config.base_url.rooted(""),
        base_url: config.base_url.absolute(""),
        series: site.series_shown().map(|series| series_link(site, series)).collect(),
        posts: site.posts.iter().filter(|folder| folder.is_shown()).map(|folder| series_link(site, folder)).collect(),
        pages,
        tags_url: (!site.tags.is_empty()).then(|| config.base_url.rooted(&Page::Tags.address(site))),
        search_url: is_searchable(site).then(|| config.base_url.rooted(&Page::Search.address(site))),
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
        styles: config.theme.styles.iter().map(|style| style.value.clone()).collect(),
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

/// The languages of the site, as a page offers them.
pub fn languages(site: &Site, page: &Page) -> Vec<view::LanguageLink> {
    let series = page.series().map(|series| site.series(series));
    let link = |(at, sibling): (usize, Sibling<'_>)| {
        let Sibling { language, place } = sibling;
        let nearest = siblings::nearest(site, page, at).unwrap_or_default();
        view::LanguageLink {
            tag: language.tag.clone(),
            name: language.name.clone(),
            direction: language.direction,
            url: site.config.base_url.rooted(nearest),
            is_current: at == site.language,
            is_same: place.is_some(),
            tally: siblings::tally(language, series).map(str::to_string),
            not_found: language.not_found.clone(),
            not_found_lede: language.not_found_lede.clone(),
        }
    };
    siblings::siblings(site, page).into_iter().enumerate().map(link).collect()
}

/// A series as the site's lists have it.
pub fn series_link(site: &Site, series: &Series) -> view::SeriesLink {
    let plan = &series.plan;
    let base = &site.config.base_url;
    view::SeriesLink {
        id: plan.id.clone(),
        title: site.typeset(&plan.title),
        emoji: plan.emoji.clone(),
        url: base.rooted(&Page::Series(series.at).address(site)),
        soon: series.state == State::Soon,
        search_url: has_search(site, series).then(|| base.rooted(&address::search(site, series.at))),
        glossary_url: has_glossary(series).then(|| base.rooted(&Page::Glossary(series.at).address(site))),
        print_url: has_print(series).then(|| base.rooted(&Page::Print(series.at).address(site))),
    }
}

/// The authors of those ids.
pub fn authors(site: &Site, ids: &[Spanned<String>]) -> Vec<view::Author> {
    let view = |author: &Author| view::Author {
        id: author.id.clone(),
        name: author.name.clone(),
        url: author.url.as_ref().map(|url| url.value.clone()),
        avatar: site.avatar(author).map(|file| site.config.base_url.rooted(&file.address)),
        bio: author.bio.clone(),
    };
    site.authors(ids).map(view).collect()
}

/// Headings as a tree: each holds those that follow it and are deeper.
pub fn toc(headings: &[Heading]) -> Vec<view::TocEntry> {
    let mut roots: Vec<view::TocEntry> = Vec::new();
    for heading in headings {
        let entry = view::TocEntry {
            level: heading.level,
            id: heading.id.to_string(),
            title: heading.text.to_string(),
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
