//! References to targets.
//!
//! In: a [`Site`] and the list of its pages. Out: for each link of each article what it leads to, and
//! a diagnostic for each that leads nowhere. Render then has no question left to ask. Never reads a source's text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::blocks::comparison;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::parse::article::{anchors, unsafe_link};
use crate::parse::front::Status;
use crate::parse::inline::inline_links;
use crate::parse::{Article, Link, LinkKind, markup};
use crate::project::Project;
use crate::settings::config::Config;
use crate::site::gallery::{GalleryEntry, gallery};
use crate::site::ids::{ArticleId, PartId, SeriesId};
use crate::site::page::{self, Page, list_pages};
use crate::site::series::{Series, State};
use crate::site::{PublishedFile, Role, Site};
use crate::text::source::nfc;
use crate::text::url::percent_decode;

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
    /// What would run as a script, or a draft, which appears nowhere: the text stays, the link goes.
    /// Either has been reported.
    Nowhere,
}

/// Every link of a site, resolved.
#[derive(Debug)]
pub struct References {
    /// By article, as many as it has links.
    articles: Vec<Vec<Target>>,
    /// By series.
    series: Vec<SeriesReferences>,
    /// Every page of the site with its address below the base, in a fixed order.
    pub pages: Vec<(String, Page)>,
}

/// What a series has beside its articles, resolved.
#[derive(Debug)]
pub struct SeriesReferences {
    /// By id of a shared comparison.
    pub shared: BTreeMap<String, Vec<Target>>,
    /// By id of a term, for the terms that the glossary page shows.
    pub glossary: BTreeMap<String, Vec<Target>>,
    /// The comparisons of its gallery.
    pub gallery: Vec<GalleryEntry>,
}

impl References {
    /// Where the links of an article lead, as many as it has.
    pub fn article(&self, id: ArticleId) -> &[Target] {
        &self.articles[id.index()]
    }

    pub fn series(&self, id: SeriesId) -> &SeriesReferences {
        &self.series[id.index()]
    }

    /// Where the links of articles and shared comparisons lead.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let shared = self.series.iter().flat_map(|series| series.shared.values());
        self.articles.iter().chain(shared).flatten()
    }
}

/// The most broken links that are reported of one article.
const MOST_REPORTED: usize = 1_000;

/// Resolves everything. `made` are the addresses of files that are made from the whole site.
pub fn resolve(project: &Project, site: &Site, made: &[String], out: &mut Vec<Diagnostic>) -> References {
    let galleries: Vec<Vec<GalleryEntry>> = site.series.iter().map(|series| gallery(site, series, out)).collect();
    let pages = list_pages(site, |series| !galleries[series.index()].is_empty());
    let routes = routes(project, site, &galleries, (&pages, made));
    let articles: Vec<ArticleId> = site.articles.ids().collect();
    let resolved: Vec<(Vec<Target>, Vec<Diagnostic>)> = articles
        .par_iter()
        .map(|at| {
            let article = site.article(*at);
            let mut found = Vec::new();
            let from = From {
                path: project.sources.path(article.source),
                series: site.series_of(*at).map(|series| series.at),
                anchors: Some(article),
                state: site.state(*at),
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
    let mut of_articles = Vec::with_capacity(resolved.len());
    for (targets, mut found) in resolved {
        of_articles.push(targets);
        out.append(&mut found);
    }
    let mut of_series = Vec::new();
    for series in &site.series {
        let mut shared = BTreeMap::new();
        for (id, comparison) in &series.shared {
            let path = project.sources.path(comparison.source);
            let from = From { path, series: Some(series.at), anchors: None, state: State::Out };
            let links = comparison.links.iter();
            shared.insert(id.clone(), links.map(|link| resolve_link(link, &from, &routes, site, out)).collect());
        }
        let glossary = glossary(project, site, series, &routes, out);
        of_series.push((shared, glossary));
    }
    let of_series = of_series.into_iter().zip(galleries);
    let series =
        of_series.map(|((shared, glossary), gallery)| SeriesReferences { shared, glossary, gallery }).collect();
    References { articles: of_articles, series, pages }
}

/// The links of the definitions that a series' glossary page shows, by the term's id.
fn glossary(
    project: &Project,
    site: &Site,
    series: &Series,
    routes: &Routes<'_>,
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Vec<Target>> {
    let Some(glossary) = &series.glossary else { return BTreeMap::new() };
    let path = project.sources.path(glossary.source);
    let from = From { path, series: Some(series.at), anchors: None, state: State::Out };
    let mut by_id = BTreeMap::new();
    for (id, term, _) in series.shown_terms() {
        let mut links = Vec::new();
        inline_links(&term.definition.value, term.definition.span, &mut links);
        by_id.insert(id.to_string(), links.iter().map(|link| resolve_link(link, &from, routes, site, out)).collect());
    }
    by_id
}

/// Where a link stands.
struct From<'a> {
    path: &'a str,
    series: Option<SeriesId>,
    /// The article whose own anchors `#…` means.
    anchors: Option<&'a Article>,
    /// Whether readers get to see it.
    state: State,
}

/// What a path of the project or an address of the site stands for.
#[derive(Debug, Clone, Copy)]
enum Destination<'a> {
    Part(PartId),
    /// An article that is no part, and whether it has a page.
    Page {
        article: ArticleId,
        out: bool,
    },
    /// A page that has no article, or the home page, which may have one.
    Made(&'a Page),
    /// Something that is there and of which nothing is known, as has been reported.
    Unknown,
    File(&'a PublishedFile),
    /// A file that is made from the whole site, or is taken as it is.
    Plain,
    /// A source that no page shows, and why.
    Unshown(&'static str),
}

/// Where a path or an address leads.
#[derive(Debug, Clone)]
struct Route<'a> {
    /// Below the base.
    address: String,
    /// Where on the page, for a source that is a piece of one.
    anchor: Option<String>,
    to: Destination<'a>,
}

struct Routes<'a> {
    /// By path below the root.
    paths: BTreeMap<String, Route<'a>>,
    /// By address below the base.
    addresses: BTreeMap<String, Destination<'a>>,
    /// By series.
    galleries: &'a [Vec<GalleryEntry>],
    /// Whether there is nothing that could not be read.
    all_known: bool,
}

impl<'a> Routes<'a> {
    fn gallery(&self, series: SeriesId) -> &'a [GalleryEntry] {
        &self.galleries[series.index()]
    }
}

fn routes<'a>(
    project: &'a Project,
    site: &'a Site,
    galleries: &'a [Vec<GalleryEntry>],
    (pages, made): (&'a [(String, Page)], &[String]),
) -> Routes<'a> {
    let (paths, addresses) = (BTreeMap::new(), BTreeMap::new());
    let mut routes = Routes { paths, addresses, galleries, all_known: site.is_clear() };
    // What a site holds: its pages, its files, and what is made from the whole of it. A part or a
    // page that isn't out has an address all the same, so that a link there can say why it fails.
    for (address, page) in pages {
        routes.addresses.insert(address.clone(), Destination::Made(page));
    }
    for address in made {
        routes.addresses.insert(address.clone(), Destination::Plain);
    }
    let mut add = |path: String, anchor: Option<String>, address: String, to: Destination<'a>| {
        routes.paths.insert(path, Route { address: address.clone(), anchor, to });
        if !matches!(to, Destination::Unshown(_)) {
            routes.addresses.insert(address, to);
        }
    };
    for path in project.statics.keys() {
        add(format!("static/{path}"), None, path.clone(), Destination::Plain);
    }
    let path_of = |article: ArticleId| project.sources.path(site.article(article).source).to_string();
    let folder_of = |series: &Series| format!("content/{}", series.plan.id);
    for (address, page) in pages {
        let to = Destination::Made(page);
        let mut add = |path: String, anchor| add(path, anchor, address.clone(), to);
        match page {
            Page::Home => {
                add("content".into(), None);
                site.home.into_iter().for_each(|home| add(path_of(home), None));
            }
            Page::Series(at) => {
                let folder = folder_of(site.series(*at));
                add(format!("{folder}/series.toml"), None);
                add(folder, None);
            }
            Page::Comparisons(at) => {
                let folder = format!("{}/comparisons", folder_of(site.series(*at)));
                for entry in &galleries[at.index()] {
                    add(format!("{folder}/{}.toml", entry.id), Some(comparison::anchor(&entry.id)));
                }
                add(folder, None);
            }
            Page::Glossary(at) => add(format!("{}/glossary.toml", folder_of(site.series(*at))), None),
            Page::Part(..)
            | Page::Print(_)
            | Page::Single(_)
            | Page::Tags
            | Page::Tag(_)
            | Page::Search
            | Page::NotFound => {}
        }
    }
    for series in &site.series {
        let folder = folder_of(series);
        for part in &series.parts {
            let to = Destination::Part(part.at);
            // A part without a file can be linked to as well: by the file it will have.
            let path = part.article.map_or_else(|| format!("{folder}/{}.md", part.id), path_of);
            add(path, None, part.address.clone(), to);
        }
        let gallery = &galleries[series.at.index()];
        for id in series.shared.keys().filter(|id| gallery.iter().all(|entry| entry.id != **id)) {
            let why = "no published part uses it";
            add(format!("{folder}/comparisons/{id}.toml"), None, String::new(), Destination::Unshown(why));
        }
        if series.glossary.is_some() && !page::has_glossary(series) {
            let why = "no published part teaches a term of it";
            add(format!("{folder}/glossary.toml"), None, String::new(), Destination::Unshown(why));
        }
    }
    for single in &site.singles {
        let to = Destination::Page { article: single.article, out: single.out };
        add(path_of(single.article), None, single.address.clone(), to);
    }
    for (path, file) in &site.files {
        add(path.clone(), None, file.address.clone(), Destination::File(file));
    }
    // Articles in no plan and on no page: drafts that nothing may link to, and what some plan lacks.
    let is_lost = |article: &ArticleId| matches!(site.role(*article), Role::Unlisted(_) | Role::Unknown);
    for article in site.articles.ids().filter(is_lost) {
        let is_draft = site.article(article).front.status == Status::Draft;
        let to = if is_draft { Destination::Page { article, out: false } } else { Destination::Unknown };
        routes.paths.insert(path_of(article), Route { address: String::new(), anchor: None, to });
    }
    routes
}

fn resolve_link(link: &Link, from: &From<'_>, routes: &Routes<'_>, site: &Site, out: &mut Vec<Diagnostic>) -> Target {
    let typed = link.dest.trim();
    if markup::is_unsafe(typed) {
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
    // Ids are in NFC, however a link was typed.
    let fragment = suffix.split_once('#').map(|(_, fragment)| nfc(&percent_decode(fragment)).into_owned());
    let suffix = match (suffix.split_once('#'), &fragment) {
        (Some((query, typed)), Some(id)) if *id != percent_decode(typed) => format!("{query}#{id}"),
        _ => suffix.to_string(),
    };
    if path.is_empty() {
        return own_anchor(link, (fragment.as_deref(), &suffix), from, site, out);
    }
    let decoded = percent_decode(path);
    let (found, unknown) = if let Some(address) = decoded.strip_prefix('/') {
        let found = find_address(address, routes);
        let unknown = found.is_none() && site.may_have_address(&nfc(address));
        (found, unknown)
    } else {
        let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = join(folder, &decoded).map(|path| nfc(&path).into_owned());
        let found = path.as_deref().and_then(|path| routes.paths.get(path).cloned());
        let unknown = found.is_none() && path.is_some_and(|path| site.may_have_path(&path));
        (found, unknown)
    };
    if unknown || matches!(found, Some(Route { to: Destination::Unknown, .. })) {
        return Target::AsTyped;
    }
    let Some(Route { address, anchor, to }) = found else {
        out.push(broken(link, &decoded, &suffix, from, routes, &site.config));
        return Target::AsTyped;
    };
    if let Destination::Unshown(why) = to {
        // What can't be read may show it.
        if !routes.all_known {
            return Target::AsTyped;
        }
        let message = format!("no page shows {}: {why}", quote(&decoded));
        out.push(Diagnostic::new(Code::BrokenLink, link.span, message).severity(site.config.broken_links));
        return Target::AsTyped;
    }
    let (state, article) = match to {
        Destination::Part(part) => (site.part(part).state, site.part(part).article),
        Destination::Page { article, out } => (if out { State::Out } else { State::Draft }, Some(article)),
        Destination::Made(Page::Home) => (State::Out, site.home),
        Destination::Made(_) | Destination::Plain | Destination::Unshown(_) | Destination::Unknown => {
            (State::Out, None)
        }
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
    if let Some(fragment) = fragment.as_deref().filter(|text| !text.is_empty()) {
        // Of a part that is soon nothing is told but what the index tells.
        let told = article.filter(|_| state == State::Out);
        heading = told.and_then(|article| heading_text(site.article(article), fragment));
        if let Some((known, what)) = known_anchors(to, article, routes, site)
            && !known.contains(fragment)
            && !is_theme_s(fragment, to)
            && (article.is_some() || routes.all_known)
        {
            out.push(broken_anchor(link, fragment, &quote(&decoded), &known, what, &site.config));
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
            let anchor = anchor.filter(|_| fragment.is_none()).map(|anchor| format!("#{anchor}")).unwrap_or_default();
            let url = format!("{}{suffix}{anchor}", site.config.base_url.rooted(&address));
            Target::Url { url, text }
        }
    }
}

/// An address of the site; a page may be typed without the slash at its end.
fn find_address<'a>(address: &str, routes: &Routes<'a>) -> Option<Route<'a>> {
    let address = nfc(address);
    let with_slash = format!("{address}/");
    [address.as_ref(), &with_slash, address.strip_suffix("index.html").unwrap_or(&with_slash)].into_iter().find_map(
        |address| {
            let to = *routes.addresses.get(address)?;
            Some(Route { address: address.to_string(), anchor: None, to })
        },
    )
}

/// The text of an article's heading with an anchor.
fn heading_text<'a>(article: &'a Article, anchor: &str) -> Option<&'a str> {
    article.headings.iter().find(|heading| heading.id == anchor).map(|heading| heading.text.as_str())
}

/// The anchors of what a link leads to, and what one of them is; `None` for pages whose anchors are
/// the template's own affair.
fn known_anchors<'a>(
    to: Destination<'a>,
    article: Option<ArticleId>,
    routes: &Routes<'a>,
    site: &'a Site,
) -> Option<(BTreeSet<Cow<'a, str>>, &'static str)> {
    if let Some(article) = article {
        return Some((anchors(site.article(article)).into_iter().map(Cow::Borrowed).collect(), "heading"));
    }
    match to {
        Destination::Made(Page::Glossary(at)) => {
            let terms = site.series(*at).shown_terms().into_iter();
            Some((terms.map(|(id, ..)| Cow::Borrowed(id)).collect(), "term"))
        }
        Destination::Made(Page::Comparisons(at)) => {
            let ids = routes.gallery(*at).iter().map(|entry| comparison::anchor(&entry.id));
            Some((ids.map(Cow::Owned).collect(), "comparison"))
        }
        _ => None,
    }
}

/// Whether an anchor is one that the theme gives a page: those begin with `pw-`, and `#top` needs no
/// element (HTML standard, §7.4.6.4). The gallery's comparisons are known one by one.
fn is_theme_s(anchor: &str, to: Destination<'_>) -> bool {
    let is_comparison = anchor.starts_with(&comparison::anchor(""));
    let in_gallery = matches!(to, Destination::Made(Page::Comparisons(_)));
    anchor.starts_with("pw-") && !(in_gallery && is_comparison) || anchor.eq_ignore_ascii_case("top")
}

fn own_anchor(
    link: &Link,
    (fragment, suffix): (Option<&str>, &str),
    from: &From<'_>,
    site: &Site,
    out: &mut Vec<Diagnostic>,
) -> Target {
    let (Some(fragment), Some(article)) = (fragment.filter(|text| !text.is_empty()), from.anchors) else {
        return Target::AsTyped;
    };
    let heading = heading_text(article, fragment);
    let known: BTreeSet<Cow<'_, str>> = anchors(article).into_iter().map(Cow::Borrowed).collect();
    if !known.contains(fragment) && !is_theme_s(fragment, Destination::Plain) {
        out.push(broken_anchor(link, fragment, "this page", &known, "heading", &site.config));
    }
    match heading {
        Some(heading) if link.reference => Target::Url { url: suffix.to_string(), text: Some(heading.to_string()) },
        _ => {
            if link.reference {
                out.push(no_reference(link));
            }
            if link.dest.trim().ends_with(suffix) {
                return Target::AsTyped;
            }
            Target::Url { url: suffix.to_string(), text: None }
        }
    }
}

/// `page` is the page as the message names it, and `what` an anchor of it.
fn broken_anchor(
    link: &Link,
    fragment: &str,
    page: &str,
    known: &BTreeSet<Cow<'_, str>>,
    what: &str,
    config: &Config,
) -> Diagnostic {
    let near = did_you_mean(fragment, known.iter().map(AsRef::as_ref));
    Diagnostic::new(Code::BrokenAnchor, link.span, format!("{page} has no {what} {}", quote(&format!("#{fragment}"))))
        .severity(config.broken_links)
        .help(near.unwrap_or_else(|| match known.len() {
            0 => format!("it has no {what}s"),
            _ => {
                let first = known.iter().map(AsRef::as_ref).take(8);
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
        Destination::Part(part) => {
            let (series, part) = (site.series(part.series), site.part(part));
            if from.series != Some(series.at) {
                words.push(series.plan.title.clone());
            }
            words.extend(part.number.map(|number| site.words.say("part", &[("number", number.to_string())])));
            words.push(part.title.clone());
        }
        Destination::Page { article, .. } => words.push(site.article(article).front.title.value.clone()),
        Destination::Made(Page::Home) => words.push(site.config.title.clone()),
        Destination::Made(_)
        | Destination::File(_)
        | Destination::Plain
        | Destination::Unshown(_)
        | Destination::Unknown => return None,
    }
    words.extend(heading.map(str::to_string));
    Some(site.config.punctuation.typeset(&words.join(", ")))
}

fn broken(link: &Link, path: &str, suffix: &str, from: &From<'_>, routes: &Routes<'_>, config: &Config) -> Diagnostic {
    let what = if path.starts_with('/') { "no page or file has the address" } else { "there is no file" };
    let diagnostic =
        Diagnostic::new(Code::BrokenLink, link.span, format!("{what} {}", quote(path))).severity(config.broken_links);
    let meant = |near: String| format!("did you mean {}?", quote(&near));
    let help = if let Some(address) = path.strip_prefix('/') {
        let below = path.strip_prefix(config.base_url.path.as_str()).filter(|_| config.base_url.path != "/");
        match below.filter(|below| find_address(below, routes).is_some()) {
            Some(below) => {
                let typed = format!("/{below}{suffix}");
                Some(format!("write {}: an address is typed below `base_url`", quote(&typed)))
            }
            None => nearest_address(address, routes).map(|near| meant(format!("/{near}"))),
        }
    } else if path.starts_with("www.") {
        Some(format!("an address elsewhere begins with its scheme: {}", quote(&format!("https://{path}{suffix}"))))
    } else {
        nearest_path(path, from, routes).map(meant)
    };
    let plain_text =
        path.contains(char::is_whitespace).then(|| "put a path with spaces between `<` and `>`".to_string());
    diagnostic.maybe_help(help.or(plain_text))
}

/// The address most like one that nothing has: a slip in one of its pieces.
fn nearest_address<'r>(address: &str, routes: &'r Routes<'_>) -> Option<&'r str> {
    let (folder, piece) = split(address);
    let known = || routes.addresses.keys().map(String::as_str);
    let beside = known().filter(|known| split(known).0 == folder);
    let pieces: Vec<(&str, &str)> = beside.map(|known| (split(known).1, known)).collect();
    let near = crate::diagnostic::nearest(piece, pieces.iter().map(|(piece, _)| *piece));
    near.and_then(|near| pieces.iter().find(|(piece, _)| *piece == near)).map(|(_, known)| *known).or_else(|| {
        let known = known().filter(|known| split(known).1 == piece);
        crate::diagnostic::nearest(address, known)
    })
}

/// A path or an address as its folder and its last piece.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The source most like a path that leads nowhere, as one would type it from here. The file itself
/// is never meant.
fn nearest_path(path: &str, from: &From<'_>, routes: &Routes<'_>) -> Option<String> {
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let wanted = join(folder, path)?;
    let known = || routes.paths.keys().map(String::as_str).filter(|known| *known != from.path);
    let is_known = |path: &str| path != from.path && routes.paths.contains_key(path);
    // An article as other programs link to it: by its address, or as the page that it becomes.
    let stem = wanted.strip_suffix(".html").or_else(|| wanted.strip_suffix(".htm")).unwrap_or(&wanted);
    let article = [format!("{stem}.md"), format!("{stem}/index.md")].into_iter().find(|path| is_known(path));
    if let Some(article) = article {
        return Some(relative(folder, &article));
    }
    // A file of the same kind, in whose name is a slip; or of that very name in another folder; or of
    // another kind.
    let (beside, stem, kind) = name(&wanted);
    let slip = |among: &mut dyn Iterator<Item = &'_ str>| {
        let kin: Vec<&str> = among.filter(|known| name(known).2 == kind).collect();
        let near = crate::diagnostic::nearest(stem, kin.iter().map(|known| name(known).1))?;
        kin.into_iter().find(|known| name(known).1 == near).map(str::to_string)
    };
    let same_name = || known().filter(|known| name(known).1 == stem && name(known).2 == kind);
    let near = slip(&mut known().filter(|known| name(known).0 == beside))
        .or_else(|| crate::diagnostic::nearest(&wanted, same_name()).or_else(|| same_name().next()).map(str::to_string))
        .or_else(|| {
            let renamed = |known: &&str| name(known).1 == stem && (name(known).2 == "md") == (kind == "md");
            let near = known().filter(renamed);
            near.min_by_key(|known| name(known).0 != beside).map(str::to_string)
        })
        .or_else(|| slip(&mut known()))?;
    Some(relative(folder, &near))
}

/// A path as its folder, the name of its file, and what stands behind the dot.
fn name(path: &str) -> (&str, &str, &str) {
    let (folder, name) = split(path);
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    (folder, stem, kind)
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
fn check_claims(article: &Article, series: Option<SeriesId>, site: &Site, out: &mut Vec<Diagnostic>) {
    let Some(series) = series.map(|id| site.series(id)) else { return };
    let first = series.plan.first_number;
    let last = first + i64::try_from(series.total).unwrap_or(i64::MAX) - 1;
    // How many parts there are isn't known before all of them can be read.
    for claim in article.claims.iter().filter(|_| series.is_clear()) {
        if claim.total == series.total && (first..=last).contains(&claim.number) {
            continue;
        }
        let plan = crate::diagnostic::count(series.total, "part");
        let message = format!(
            "the text says {}, and the plan has {plan}, numbered {first} to {last}",
            quote(&crate::site::series::label(claim.number, claim.total)),
        );
        out.push(
            Diagnostic::new(Code::StaleNumber, claim.span, message)
                .help("write `[#](<file>.md)`, which is filled in from the plan"),
        );
    }
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
