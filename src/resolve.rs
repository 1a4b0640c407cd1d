//! References to targets.
//!
//! In: a [`Site`]. Out: for each link of each article what it leads to, and a diagnostic for each
//! that leads nowhere. Render then has no question left to ask. Never reads a source's text.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::generated;
use crate::load::Project;
use crate::parse::blocks::{Body, Comparison};
use crate::parse::body::{anchors, unsafe_link};
use crate::parse::{Article, Link, LinkKind, html};
use crate::series::State;
use crate::site::{PublishedFile, Site};
use crate::source::{Span, nfc};
use crate::url::percent_decode;
use crate::words::typeset;

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// It stays as it was typed: an address elsewhere, an anchor of its own page, or a broken link
    /// that is only warned about.
    AsTyped,
    /// A URL of this site; with the words to show where the author left them to us.
    Url { url: String, text: Option<String> },
    /// A part that is soon: its text gets a badge and no link.
    Soon { text: Option<String> },
    /// What would run as a script: the text stays, the link goes.
    Nowhere,
}

/// Every link of a site, resolved.
#[derive(Debug)]
pub struct References {
    /// By article, as many as it has links.
    pub articles: Vec<Vec<Target>>,
    /// By series and id of a shared comparison.
    pub shared: Vec<BTreeMap<String, Vec<Target>>>,
    /// By series, the comparisons of its gallery.
    pub galleries: Vec<Vec<GalleryEntry>>,
}

/// A comparison that published parts hold.
#[derive(Debug)]
pub struct GalleryEntry {
    pub id: String,
    /// Where the comparison is: in the first part that holds it, or in a file of its own.
    pub place: ComparisonPlace,
    /// Indices of the published parts that use it.
    pub parts: Vec<usize>,
}

/// Where a comparison is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonPlace {
    /// The article and the block in it.
    Inline {
        article: usize,
        block: usize,
    },
    Shared,
}

/// The most broken links that are reported of one article.
const MOST_REPORTED: usize = 1_000;

/// Resolves everything.
pub fn resolve(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) -> References {
    let routes = routes(project, site);
    let articles: Vec<usize> = (0..site.articles.len()).collect();
    let resolved: Vec<(Vec<Target>, Vec<Diagnostic>)> = articles
        .par_iter()
        .map(|at| {
            let article = &site.articles[*at];
            let mut found = Vec::new();
            let from = From {
                path: project.sources.path(article.source),
                series: routes.owner.get(at).map(|(series, _)| *series),
                anchors: Some(article),
                state: routes.state(*at, site),
            };
            let targets = article
                .links
                .iter()
                .map(|link| {
                    // Nobody reads more of one article, and each costs a search for the nearest name.
                    let mut rest = Vec::new();
                    let out = if found.len() < MOST_REPORTED { &mut found } else { &mut rest };
                    resolve_link(link, &from, &routes, site, out)
                })
                .collect();
            check_claims(article, from.series, site, &mut found);
            if from.state == State::Draft {
                found.clear();
            }
            (targets, found)
        })
        .collect();
    let mut references = References { articles: Vec::new(), shared: Vec::new(), galleries: Vec::new() };
    for (targets, mut found) in resolved {
        references.articles.push(targets);
        out.append(&mut found);
    }
    for (at, shared) in site.shared.iter().enumerate() {
        let mut by_id = BTreeMap::new();
        for (id, shared) in shared {
            let from =
                From { path: project.sources.path(shared.source), series: Some(at), anchors: None, state: State::Out };
            by_id.insert(
                id.clone(),
                shared.links.iter().map(|link| resolve_link(link, &from, &routes, site, out)).collect(),
            );
        }
        references.shared.push(by_id);
        references.galleries.push(gallery(site, at, out));
    }
    references
}

/// Resolves the links of a text that belongs to a file of a series, such as a definition of its
/// glossary.
pub fn resolve_text(
    project: &Project,
    site: &Site,
    path: &str,
    series: usize,
    links: &[Link],
    out: &mut Vec<Diagnostic>,
) -> Vec<Target> {
    let routes = routes(project, site);
    let from = From { path, series: Some(series), anchors: None, state: State::Out };
    links.iter().map(|link| resolve_link(link, &from, &routes, site, out)).collect()
}

/// Where a link stands.
struct From<'a> {
    path: &'a str,
    series: Option<usize>,
    /// The article whose own anchors `#…` means.
    anchors: Option<&'a Article>,
    /// Whether readers get to see it.
    state: State,
}

/// What a path of the project or an address of the site stands for.
#[derive(Debug, Clone, Copy)]
enum Destination<'a> {
    Part {
        series: usize,
        part: usize,
    },
    Page {
        article: usize,
        out: bool,
    },
    Home,
    /// A page that is made from a plan: a series, a gallery, a glossary.
    Made,
    File(&'a PublishedFile),
}

struct Routes<'a> {
    /// By path below the root.
    paths: BTreeMap<String, (String, Destination<'a>)>,
    /// By address below the base.
    addresses: BTreeMap<String, Destination<'a>>,
    /// By article, the series and part it is.
    owner: BTreeMap<usize, (usize, usize)>,
}

impl Routes<'_> {
    fn state(&self, article: usize, site: &Site) -> State {
        match self.owner.get(&article) {
            Some((series, part)) => site.series[*series].parts[*part].state,
            None if site.home == Some(article) => State::Out,
            None if site.pages.iter().any(|page| page.article == article && page.out) => State::Out,
            None => State::Draft,
        }
    }
}

fn routes<'a>(project: &'a Project, site: &'a Site) -> Routes<'a> {
    let mut routes = Routes { paths: BTreeMap::new(), addresses: BTreeMap::new(), owner: BTreeMap::new() };
    let mut add = |path: Option<String>, address: String, to: Destination<'a>| {
        if let Some(path) = path {
            routes.paths.insert(path, (address.clone(), to));
        }
        routes.addresses.insert(address, to);
    };
    let path_of = |article: usize| project.sources.path(site.articles[article].source).to_string();
    add(Some("content".into()), String::new(), Destination::Home);
    add(site.home.map(path_of), String::new(), Destination::Home);
    for (at, series) in site.series.iter().enumerate() {
        let folder = format!("content/{}", series.plan.id);
        let address = format!("{}/", series.plan.id);
        add(Some(folder.clone()), address.clone(), Destination::Made);
        add(Some(format!("{folder}/series.toml")), address.clone(), Destination::Made);
        add(Some(format!("{folder}/comparisons")), format!("{address}comparisons/"), Destination::Made);
        if series.glossary.is_some() {
            add(Some(format!("{folder}/glossary.toml")), format!("{address}glossary/"), Destination::Made);
        }
        for (index, part) in series.parts.iter().enumerate() {
            let to = Destination::Part { series: at, part: index };
            // A part without a file can be linked to as well: by the file it will have.
            let path = part.article.map_or_else(|| format!("{folder}/{}.md", part.id), path_of);
            add(Some(path), part.address.clone(), to);
        }
    }
    for page in &site.pages {
        let to = Destination::Page { article: page.article, out: page.out };
        add(Some(path_of(page.article)), page.address.clone(), to);
    }
    for (path, file) in &site.files {
        add(Some(path.clone()), file.address.clone(), Destination::File(file));
    }
    if !site.tags.is_empty() {
        add(None, "tags/".into(), Destination::Made);
    }
    for slug in site.tags.keys() {
        add(None, format!("tags/{slug}/"), Destination::Made);
    }
    for (address, _) in generated::list(site) {
        add(None, address, Destination::Made);
    }
    for path in project.statics.keys() {
        add(Some(format!("static/{path}")), path.clone(), Destination::Made);
    }
    for (at, series) in site.series.iter().enumerate() {
        for (index, part) in series.parts.iter().enumerate() {
            if let Some(article) = part.article {
                routes.owner.insert(article, (at, index));
            }
        }
    }
    // Articles in no plan and on no page: drafts that nothing may link to.
    let known: BTreeSet<usize> =
        routes.owner.keys().copied().chain(site.pages.iter().map(|page| page.article)).chain(site.home).collect();
    for article in (0..site.articles.len()).filter(|article| !known.contains(article)) {
        let to = Destination::Page { article, out: false };
        routes.paths.insert(path_of(article), (String::new(), to));
    }
    routes
}

fn resolve_link(link: &Link, from: &From<'_>, routes: &Routes<'_>, site: &Site, out: &mut Vec<Diagnostic>) -> Target {
    let typed = link.dest.trim();
    if html::is_unsafe(typed) {
        // A picture in a `data:` URL can't run, but a strict policy doesn't show it either.
        out.push(unsafe_link(typed, link.span));
        return Target::Nowhere;
    }
    if typed.starts_with("//") || has_scheme(typed) {
        if link.reference {
            out.push(no_reference(link));
        }
        return Target::AsTyped;
    }
    let (path, suffix) = match typed.find(['?', '#']) {
        Some(at) => typed.split_at(at),
        None => (typed, ""),
    };
    let fragment = suffix.split_once('#').map(|(_, fragment)| percent_decode(fragment));
    if path.is_empty() {
        return own_anchor(link, fragment.as_deref(), from, site, out);
    }
    let decoded = percent_decode(path);
    let found = if let Some(address) = decoded.strip_prefix('/') {
        find_address(address, routes)
    } else {
        let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        join(folder, &decoded).and_then(|path| routes.paths.get(nfc(&path).as_ref()).cloned())
    };
    let Some((address, to)) = found else {
        out.push(broken(link, &decoded, from, routes, &site.config));
        return Target::AsTyped;
    };
    let (state, article) = match to {
        Destination::Part { series, part } => {
            let part = &site.series[series].parts[part];
            (part.state, part.article)
        }
        Destination::Page { article, out } => (if out { State::Out } else { State::Draft }, Some(article)),
        Destination::Home => (State::Out, site.home),
        Destination::Made => (State::Out, None),
        Destination::File(file) => (file.state, None),
    };
    if state == State::Draft {
        if from.state != State::Draft {
            let message = format!("{} is a draft, which appears nowhere", quote(&decoded));
            out.push(
                Diagnostic::new(Code::LinkToDraft, link.span, message)
                    .help("say `status = \"soon\"` in it, or remove the link"),
            );
        }
        return Target::Nowhere;
    }
    let mut heading = None;
    if let (Some(fragment), Some(article)) = (fragment.as_deref().filter(|text| !text.is_empty()), article) {
        let article = &site.articles[article];
        match article.headings.iter().find(|heading| heading.id == fragment) {
            Some(found) => heading = Some(found.text.as_str()),
            None if anchors(article).contains(fragment) => {}
            None => out.push(broken_anchor(link, fragment, &decoded, article, &site.config)),
        }
    }
    let text = link.reference.then(|| reference_text(to, heading, from, site)).flatten();
    if link.reference && text.is_none() {
        out.push(no_reference(link));
    }
    match state {
        State::Soon if link.kind == LinkKind::Image && from.state == State::Out => {
            let message = format!("{} belongs to a part that is soon, and is published with it", quote(&decoded));
            out.push(Diagnostic::new(Code::BrokenLink, link.span, message).help("move the file beside this article"));
            Target::AsTyped
        }
        // An article that is soon itself shows its pictures on the day it comes out.
        State::Soon if link.kind == LinkKind::Link => Target::Soon { text },
        _ => {
            let url = format!("{}{suffix}", site.config.base_url.rooted(&address));
            Target::Url { url, text }
        }
    }
}

/// An address of the site; a page may be typed without the slash at its end.
fn find_address<'a>(address: &str, routes: &Routes<'a>) -> Option<(String, Destination<'a>)> {
    let address = nfc(address);
    let with_slash = format!("{address}/");
    [address.as_ref(), &with_slash, address.strip_suffix("index.html").unwrap_or(&with_slash)]
        .into_iter()
        .find_map(|address| routes.addresses.get(address).map(|to| (address.to_string(), *to)))
}

fn own_anchor(link: &Link, fragment: Option<&str>, from: &From<'_>, site: &Site, out: &mut Vec<Diagnostic>) -> Target {
    let (Some(fragment), Some(article)) = (fragment.filter(|text| !text.is_empty()), from.anchors) else {
        return Target::AsTyped;
    };
    let heading = article.headings.iter().find(|heading| heading.id == fragment);
    // The theme's own ids begin with `pw-`, and `#top` needs no element (HTML standard, §7.4.6.4).
    let known = heading.is_some()
        || anchors(article).contains(fragment)
        || fragment.starts_with("pw-")
        || fragment.eq_ignore_ascii_case("top");
    if !known {
        out.push(broken_anchor(link, fragment, "this page", article, &site.config));
    }
    match heading {
        Some(heading) if link.reference => {
            Target::Url { url: link.dest.trim().to_string(), text: Some(heading.text.clone()) }
        }
        _ => {
            if link.reference {
                out.push(no_reference(link));
            }
            Target::AsTyped
        }
    }
}

fn broken_anchor(link: &Link, fragment: &str, path: &str, article: &Article, config: &Config) -> Diagnostic {
    let known = anchors(article);
    let page = if path == "this page" { path.to_string() } else { quote(path) };
    let near = did_you_mean(fragment, known.iter().copied());
    Diagnostic::new(Code::BrokenAnchor, link.span, format!("{page} has no heading {}", quote(&format!("#{fragment}"))))
        .severity(config.broken_links)
        .help(near.unwrap_or_else(|| match known.len() {
            0 => "it has no headings".into(),
            _ => {
                let first = known.iter().copied().take(8);
                format!("its anchors include {}", crate::diagnostic::list(first, "and"))
            }
        }))
}

fn no_reference(link: &Link) -> Diagnostic {
    let message = format!("{} has no title to take the link's text from", quote(&link.dest));
    Diagnostic::new(Code::ReferenceWithoutTarget, link.span, message).help("write the text of the link")
}

/// What `[#](…)` reads: the part's number and title, led by the series' title from elsewhere,
/// followed by the heading.
fn reference_text(to: Destination<'_>, heading: Option<&str>, from: &From<'_>, site: &Site) -> Option<String> {
    let mut words = Vec::new();
    match to {
        Destination::Part { series: at, part } => {
            let series = &site.series[at];
            let part = &series.parts[part];
            if from.series != Some(at) {
                words.push(series.plan.title.clone());
            }
            words.extend(part.number.map(|number| site.words.say("part", &[("number", number.to_string())])));
            words.push(part.title.clone());
        }
        Destination::Page { article, .. } => words.push(site.articles[article].front.title.value.clone()),
        Destination::Home => words.push(site.config.title.clone()),
        Destination::Made | Destination::File(_) => return None,
    }
    words.extend(heading.map(str::to_string));
    Some(typeset(&words.join(", "), site.config.smart_punctuation))
}

fn broken(link: &Link, path: &str, from: &From<'_>, routes: &Routes<'_>, config: &Config) -> Diagnostic {
    let what = if path.starts_with('/') { "no page or file has the address" } else { "there is no file" };
    let diagnostic =
        Diagnostic::new(Code::BrokenLink, link.span, format!("{what} {}", quote(path))).severity(config.broken_links);
    let near = if let Some(address) = path.strip_prefix('/') {
        crate::diagnostic::nearest(address, routes.addresses.keys().map(String::as_str)).map(|near| format!("/{near}"))
    } else {
        nearest_path(path, from, routes)
    };
    let plain_text =
        path.contains(char::is_whitespace).then(|| "put a path with spaces between `<` and `>`".to_string());
    diagnostic.maybe_help(near.map(|near| format!("did you mean {}?", quote(&near))).or(plain_text))
}

/// The source most like a path that leads nowhere, as one would type it from here: a file of
/// nearly that path, or of nearly that name in another folder.
fn nearest_path(path: &str, from: &From<'_>, routes: &Routes<'_>) -> Option<String> {
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_article = |path: &str| path.ends_with(".md");
    let known = || routes.paths.keys().map(String::as_str).filter(|known| is_article(known) == is_article(path));
    let wanted = join(folder, path);
    let near = wanted.as_deref().and_then(|wanted| crate::diagnostic::nearest(wanted, known())).or_else(|| {
        let name = path.rsplit('/').next()?;
        let same_name = known().find(|known| known.rsplit('/').next() == Some(name));
        same_name.or_else(|| {
            let near = crate::diagnostic::nearest(name, known().filter_map(|known| known.rsplit('/').next()))?;
            known().find(|known| known.rsplit('/').next() == Some(near))
        })
    })?;
    Some(relative(folder, near))
}

/// A path below the root, as it is typed from a folder.
fn relative(folder: &str, path: &str) -> String {
    let here: Vec<&str> = folder.split('/').filter(|piece| !piece.is_empty()).collect();
    let there: Vec<&str> = path.split('/').collect();
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count().min(there.len().saturating_sub(1));
    let up = std::iter::repeat_n("..", here.len() - shared);
    up.chain(there[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

/// A relative path from a folder; `None` when it climbs out of the project.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut pieces: Vec<&str> = folder.split('/').filter(|piece| !piece.is_empty()).collect();
    for piece in path.split('/') {
        match piece {
            "" | "." => {}
            ".." => {
                pieces.pop()?;
            }
            piece => pieces.push(piece),
        }
    }
    Some(pieces.join("/"))
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
    })
}

/// "Part 7 of 20" in the text, where the plan says otherwise.
fn check_claims(article: &Article, series: Option<usize>, site: &Site, out: &mut Vec<Diagnostic>) {
    let Some(series) = series.map(|at| &site.series[at]) else { return };
    let first = series.plan.first_number;
    let last = first + i64::try_from(series.total).unwrap_or(i64::MAX) - 1;
    for claim in &article.claims {
        if claim.total == series.total && (first..=last).contains(&claim.number) {
            continue;
        }
        let plan = crate::diagnostic::count(series.total, "part");
        let message = format!(
            "the text says {}, and the plan has {plan}, numbered {first} to {last}",
            quote(&crate::series::label(claim.number, claim.total)),
        );
        out.push(
            Diagnostic::new(Code::StaleNumber, claim.span, message)
                .help("write `[#](<file>.md)`, which is filled in from the plan"),
        );
    }
}

/// The comparisons of a series' published parts, each once, in the order of the plan.
fn gallery(site: &Site, at: usize, out: &mut Vec<Diagnostic>) -> Vec<GalleryEntry> {
    let (series, shared) = (&site.series[at], &site.shared[at]);
    let mut entries: Vec<GalleryEntry> = Vec::new();
    let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeMap<&str, (ComparisonPlace, Span)> = BTreeMap::new();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (index, part) in series.listed() {
        let Some(article) = part.article else { continue };
        for (block, placed) in site.articles[article].blocks.iter().enumerate() {
            let (id, place, span) = match &placed.body {
                Body::Comparison(Comparison { id, .. }) => {
                    (id.as_str(), ComparisonPlace::Inline { article, block }, placed.span)
                }
                Body::Use(id) if shared.contains_key(&id.value) => {
                    used.insert(&id.value);
                    (id.value.as_str(), ComparisonPlace::Shared, id.span)
                }
                Body::Use(id) => {
                    out.push(unknown_comparison(id, &series.plan.id, shared.keys().map(String::as_str)));
                    continue;
                }
                _ => continue,
            };
            match seen.get(id) {
                Some((first, first_span)) if *first != place => {
                    let message = format!("two comparisons of this series are called {}", quote(id));
                    out.push(
                        Diagnostic::new(Code::DuplicateId, span, message)
                            .note(*first_span, "the first")
                            .help("give one another title, or share one through `comparisons/`"),
                    );
                    continue;
                }
                Some(_) => {}
                None => {
                    seen.insert(id, (place, span));
                }
            }
            if part.state != State::Out {
                continue;
            }
            let entry = *by_id.entry(id.to_string()).or_insert_with(|| {
                entries.push(GalleryEntry { id: id.to_string(), place, parts: Vec::new() });
                entries.len() - 1
            });
            if entries[entry].parts.last() != Some(&index) {
                entries[entry].parts.push(index);
            }
        }
    }
    for (id, comparison) in shared.iter().filter(|(id, _)| !used.contains(id.as_str())) {
        let message = format!("no part uses the comparison {}", quote(id));
        out.push(
            Diagnostic::new(Code::UnusedComparison, comparison.comparison.span, message)
                .help(format!("place it with `use = \"{id}\"` in a part")),
        );
    }
    entries
}

fn unknown_comparison<'a>(
    id: &crate::source::Spanned<String>,
    series: &str,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let message = format!("there is no comparison {}", quote(&id.value));
    Diagnostic::new(Code::UnknownComparison, id.span, message).help(
        did_you_mean(&id.value, known)
            .unwrap_or_else(|| format!("write it to `content/{series}/comparisons/{}.toml`", id.value)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_and_part() {
        assert_eq!(join("content/a", "../b/./c.md").as_deref(), Some("content/b/c.md"));
        assert_eq!(join("content", "../../x"), None);
        assert_eq!(relative("content/a", "content/b/c.md"), "../b/c.md");
        assert_eq!(relative("content/a", "content/a/c.md"), "c.md");
        assert_eq!(relative("content/a/b", "content/a"), "../../a");
    }
}
