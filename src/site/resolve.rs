//! References to targets.
//!
//! In: a [`Site`] and the list of its pages. Out: for each link of each article what it leads to, and
//! a diagnostic for each that leads nowhere. Render then has no question left to ask. Never reads a source's text.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use url::Url;

use crate::blocks::comparison;
use crate::diagnostic::{Code, Diagnostic, MOST_KEPT, Severity, aside, cap, did_you_mean, quote};
use crate::parse::inline::{cited_in_line, inline_links};
use crate::parse::numbered::Sort;
use crate::parse::read::unsafe_link;
use crate::parse::{Article, Link, LinkKind, markup};
use crate::project::Project;
use crate::site::Site;
use crate::site::gallery::{Galleries, GalleryEntry, galleries};
use crate::site::ids::{ArticleId, PartId, SeriesId, SideId};
use crate::site::ledger::old_addresses;
use crate::site::numbers;
use crate::site::page::{Page, list_pages};
use crate::site::routes::{
    Addresses, Anchor, Anchors, Destination, Route, Routes, nearest_address, nearest_path, other_case, routes,
    zola_path,
};
use crate::site::series::{Series, State};
use crate::text::path::join;
use crate::text::source::{Spanned, nfc};
use crate::text::url::percent_decode;

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// It stays as it was typed: an address elsewhere, an anchor of its own page, or a broken link
    /// that is only warned about.
    AsTyped,
    /// A URL of this site; with the words to show where the author left them to us, and the language of the page
    /// where that is another.
    Url { url: String, text: Option<String>, language: Option<OtherLanguage> },
    /// A part that is soon: its text gets a badge and no link.
    Soon { text: Option<String> },
    /// A post that isn't out; or what would run as a script, or a draft, which have been reported: the text
    /// stays, the link goes.
    Text { text: Option<String> },
}

/// The language of a page, for links to it from one in another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OtherLanguage {
    /// A BCP 47 tag, for `hreflang`.
    pub tag: String,
    /// What its readers call it.
    pub name: String,
}

/// Every link of a site, resolved.
#[derive(Debug)]
pub struct References {
    /// By article, as many as it has links.
    articles: Vec<Vec<Target>>,
    /// By series.
    series: Vec<SeriesReferences>,
    galleries: Galleries,
    /// Every page of the site with its address below the base, in a fixed order.
    pub pages: Vec<(String, Page)>,
}

/// The links that a series has beside those of its articles.
#[derive(Debug, Hash)]
pub struct SeriesReferences {
    /// By id of a shared comparison.
    pub shared: BTreeMap<String, Vec<Target>>,
    /// By id of a term, for the terms that the glossary page shows.
    pub glossary: BTreeMap<String, Vec<Target>>,
}

impl References {
    /// Where the links of an article lead, as many as it has.
    pub fn article(&self, id: ArticleId) -> &[Target] {
        &self.articles[id.index()]
    }

    /// Where the other links of a series lead.
    pub fn series(&self, id: SeriesId) -> &SeriesReferences {
        &self.series[id.index()]
    }

    /// The comparisons of a series' gallery.
    pub fn gallery(&self, id: SeriesId) -> &[GalleryEntry] {
        self.galleries.of(id)
    }

    /// Where the links of articles and shared comparisons lead.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let shared = self.series.iter().flat_map(|series| series.shared.values());
        self.articles.iter().chain(shared).flatten()
    }
}

/// Resolves everything, in each language of a site. `made` are the addresses of files that are made from the whole
/// site.
pub fn resolve(project: &Project, sites: &[Site], made: &[Vec<String>], out: &mut Vec<Diagnostic>) -> Vec<References> {
    let listed: Vec<(Galleries, Vec<(String, Page)>)> = sites
        .iter()
        .map(|site| {
            let galleries = galleries(site, out);
            let pages = list_pages(site, &galleries);
            (galleries, pages)
        })
        .collect();
    let mut all: Vec<Routes<'_>> = Vec::new();
    for ((site, (galleries, pages)), made) in sites.iter().zip(&listed).zip(made) {
        all.push(routes(project, site, galleries, Addresses { pages, made }));
    }
    if let Some(original) = all.first_mut().filter(|_| !project.statics.contains_key("_redirects")) {
        let pages = listed.iter().map(|(_, pages)| pages.as_slice());
        original.old = Some(old_addresses(project, &sites.iter().zip(pages).collect::<Vec<_>>()));
    }
    let resolved: Vec<_> = (0..all.len()).map(|at| in_language(project, &all, at, out)).collect();
    drop(all);
    let references = listed.into_iter().zip(resolved);
    references
        .map(|((galleries, pages), (articles, series))| References { articles, series, galleries, pages })
        .collect()
}

/// The links of the site in one of its languages: of its articles, and of its series.
fn in_language(
    project: &Project,
    all: &[Routes<'_>],
    at: usize,
    out: &mut Vec<Diagnostic>,
) -> (Vec<Vec<Target>>, Vec<SeriesReferences>) {
    let maps = Maps { own: &all[at], all };
    let site = maps.own.site;
    let ids: Vec<ArticleId> = site.articles.ids().collect();
    let resolved: Vec<(Vec<Target>, Vec<Diagnostic>)> =
        ids.par_iter().map(|id| aside(|out| article(*id, project, maps, out))).collect();
    let mut articles = Vec::with_capacity(resolved.len());
    for (targets, mut found) in resolved {
        articles.push(targets);
        out.append(&mut found);
    }
    let mut series = Vec::new();
    for one in site.folders() {
        // Nobody is told of those of a draft.
        let mut untold = Vec::new();
        let out = if one.is_shown() { &mut *out } else { &mut untold };
        let shared = shared(one, project, maps, out);
        let glossary = glossary(one, project, maps, out);
        series.push(SeriesReferences { shared, glossary });
    }
    (articles, series)
}

/// The maps of a site in all its languages, and by which of them a link is followed first.
#[derive(Clone, Copy)]
struct Maps<'f, 'a> {
    own: &'f Routes<'a>,
    /// The originals' first.
    all: &'f [Routes<'a>],
}

impl<'f, 'a> Maps<'f, 'a> {
    /// Those in which a link is looked up, one after the other.
    fn in_turn(self) -> impl Iterator<Item = &'f Routes<'a>> {
        let others = self.all.iter().filter(move |map| map.site.language != self.own.site.language);
        std::iter::once(self.own).chain(others)
    }
}

/// The links of an article. Nobody is told of those of a draft, which may be half written.
fn article(id: ArticleId, project: &Project, maps: Maps<'_, '_>, out: &mut Vec<Diagnostic>) -> Vec<Target> {
    let site = maps.own.site;
    let article = site.article(id);
    let from = From {
        routes: maps.own,
        maps,
        path: project.sources.path(article.source),
        series: site.series_of(id),
        anchors: Some(id),
        state: site.state(id),
        helps: true,
    };
    let mut found = Vec::new();
    let mut targets = Vec::with_capacity(article.links.len());
    for link in &article.links {
        // Nobody reads more of one article.
        let helps = found.len() < MOST_KEPT;
        targets.push(resolve_link(link, &From { helps, ..from }, &mut found));
        if found.len() == 2 * MOST_KEPT {
            cap(&mut found);
        }
    }
    found.extend(article.urls.iter().filter_map(|link| own_address(link, maps)));
    if let Some(series) = from.series {
        unknown_sources(series, &article.citations, &mut found);
    }
    check_claims(article, from.series, &mut found);
    if from.state != State::Draft {
        cap(&mut found);
        out.append(&mut found);
    }
    targets
}

/// The links of the shared comparisons of a series, by the comparison's id.
fn shared(
    series: &Series,
    project: &Project,
    maps: Maps<'_, '_>,
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Vec<Target>> {
    let mut by_id = BTreeMap::new();
    for (id, shared) in &series.shared {
        unknown_sources(series, &shared.citations, out);
        let from = From::beside(series, project.sources.path(shared.source), maps);
        by_id.insert(id.clone(), shared.links.iter().map(|link| resolve_link(link, &from, out)).collect());
    }
    by_id
}

/// The links of the definitions that a series' glossary page shows, by the term's id.
fn glossary(
    series: &Series,
    project: &Project,
    maps: Maps<'_, '_>,
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Vec<Target>> {
    let Some(glossary) = &series.glossary else { return BTreeMap::new() };
    let from = From::beside(series, project.sources.path(glossary.source), maps);
    let mut by_id = BTreeMap::new();
    for (id, term, _) in series.shown_terms() {
        unknown_sources(series, &cited_in_line(&term.definition.value, term.definition.span), out);
        let mut links = Vec::new();
        inline_links(&term.definition.value, term.definition.span, &mut links);
        by_id.insert(id.to_string(), links.iter().map(|link| resolve_link(link, &from, out)).collect());
    }
    by_id
}

/// Reports keys that a series has no source for.
fn unknown_sources(series: &Series, keys: &[Spanned<String>], out: &mut Vec<Diagnostic>) {
    if let Some(sources) = &series.sources {
        out.extend(keys.iter().filter_map(|key| sources.unknown(&key.value, key.span)));
    }
}

/// Where a link stands, and by which map it is followed.
#[derive(Clone, Copy)]
struct From<'f, 'a> {
    /// The map of its own language.
    routes: &'f Routes<'a>,
    maps: Maps<'f, 'a>,
    path: &'f str,
    series: Option<&'f Series>,
    /// The article whose own anchors `#…` means.
    anchors: Option<ArticleId>,
    /// Whether readers get to see it.
    state: State,
    /// Whether the nearest names are looked for where it leads nowhere.
    helps: bool,
}

impl<'f, 'a> From<'f, 'a> {
    /// In a source of a series that is no article.
    fn beside(series: &'f Series, path: &'f str, maps: Maps<'f, 'a>) -> Self {
        From { routes: maps.own, maps, path, series: Some(series), anchors: None, state: State::Out, helps: true }
    }
}

/// A link to somewhere on this site, taken apart.
struct Typed<'a> {
    link: &'a Link,
    /// Decoded; below the root where it begins with a slash.
    path: String,
    /// From the first `?` or `#` on.
    suffix: String,
    /// What follows the `#`, decoded; empty without one.
    fragment: String,
}

fn resolve_link(link: &Link, from: &From<'_, '_>, out: &mut Vec<Diagnostic>) -> Target {
    let dest = link.dest.trim();
    if link.kind == LinkKind::Image && markup::is_picture(dest) {
        return Target::AsTyped;
    }
    if markup::is_unsafe(dest) {
        out.push(unsafe_link(dest, link.span));
        return Target::Text { text: None };
    }
    if dest.starts_with("//") || has_scheme(dest) {
        if link.reference {
            out.push(no_reference(link));
        }
        out.extend(own_address(link, from.maps));
        return Target::AsTyped;
    }
    let (path, suffix) = dest.split_at(dest.find(['?', '#']).unwrap_or(dest.len()));
    // Ids are in NFC, however a link was typed.
    let decoded = suffix.split_once('#').map(|(query, typed)| (query, percent_decode(typed)));
    let fragment = decoded.as_ref().map(|(_, typed)| nfc(typed).into_owned()).unwrap_or_default();
    let suffix = match decoded {
        Some((query, typed)) if typed != fragment => format!("{query}#{fragment}"),
        _ => suffix.to_string(),
    };
    let typed = Typed { link, path: percent_decode(path), suffix, fragment };
    if path.is_empty() {
        return own_anchor(&typed, from, out);
    }
    match follow(&typed.path, from) {
        Followed::To(route, routes) => target(&typed, (route, routes), from, out),
        Followed::Unknown => Target::AsTyped,
        Followed::Nowhere => {
            out.push(broken(&typed, from));
            Target::AsTyped
        }
    }
}

/// Where a path or an address leads.
enum Followed<'f, 'a> {
    /// With the map in which it was found.
    To(Route<'a>, &'f Routes<'a>),
    /// Something may be there that could not be read, which has been reported.
    Unknown,
    Nowhere,
}

fn follow<'f, 'a>(path: &str, from: &From<'f, 'a>) -> Followed<'f, 'a> {
    let below_root = || {
        let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        join(folder, path).map(|path| nfc(&path).into_owned())
    };
    let address = path.strip_prefix('/');
    let path = if address.is_none() { below_root() } else { None };
    let mut may_be_there = false;
    for routes in from.maps.in_turn() {
        let found = match (address, &path) {
            (Some(address), _) => routes.address(address),
            (None, path) => path.as_deref().and_then(|path| routes.path(path)).cloned(),
        };
        match found {
            Some(Route { to: Destination::Unknown, .. }) => return Followed::Unknown,
            Some(route) => return Followed::To(route, routes),
            None => {
                may_be_there |= match (address, &path) {
                    (Some(address), _) => routes.site.may_have_address(&nfc(address)),
                    (None, path) => path.as_deref().is_some_and(|path| routes.site.may_have_path(path)),
                }
            }
        }
    }
    if may_be_there { Followed::Unknown } else { Followed::Nowhere }
}

/// What a link leads to that leads somewhere.
fn target(
    typed: &Typed<'_>,
    (route, routes): (Route<'_>, &Routes<'_>),
    from: &From<'_, '_>,
    out: &mut Vec<Diagnostic>,
) -> Target {
    let (link, site) = (typed.link, routes.site);
    let to = route.to;
    if let Destination::Unshown(why) = to {
        // What can't be read may show it.
        if routes.all_known {
            let message = format!("no page shows {}: {why}", quote(&typed.path));
            out.push(Diagnostic::new(Code::BrokenLink, link.span, message).severity(site.config.broken_links));
        }
        return Target::AsTyped;
    }
    if link.kind == LinkKind::Image && to.is_page() {
        let message = format!("{} leads to a page, not to a picture", quote(&typed.path));
        let help = "name the file of the picture, or write a link, without the `!`";
        let severity = site.config.broken_links;
        out.push(Diagnostic::new(Code::BrokenLink, link.span, message).severity(severity).help(help));
        return Target::AsTyped;
    }
    let state = to.state(site);
    let is_post = matches!(to, Destination::Part(part) if site.series(part.series).is_posts());
    if state == State::Draft && !is_post {
        if from.state != State::Draft {
            out.push(to_draft(typed, &route, site));
        }
        return Target::Text { text: None };
    }
    if state != State::Draft {
        check_anchor(typed, (to, routes), from, out);
    }
    let text = link.reference.then(|| reference_text(typed, (to, routes), from)).flatten();
    if link.reference && text.is_none() {
        out.push(no_reference(link));
    }
    if matches!(to, Destination::File(file) if site.keeps_back(file)) {
        return Target::Text { text };
    }
    match state {
        State::Soon if link.kind == LinkKind::Image && from.state == State::Out => {
            let message = format!("{} belongs to a part that is soon, and is published with it", quote(&typed.path));
            out.push(Diagnostic::new(Code::BrokenLink, link.span, message).help("move the file beside this article"));
            Target::AsTyped
        }
        // Nobody is told of posts to come: they have no list that one could wait with.
        State::Soon | State::Draft if is_post => Target::Text { text },
        // An article that is soon itself shows its pictures on the day it comes out.
        State::Soon if link.kind == LinkKind::Link => Target::Soon { text },
        _ => {
            let own = route.anchor.filter(|_| !typed.suffix.contains('#'));
            let anchor = own.map(|anchor| format!("#{anchor}")).unwrap_or_default();
            let url = format!("{}{}{anchor}", site.config.base_url.rooted(&route.address), typed.suffix);
            let is_elsewhere = site.language != from.routes.site.language && to.is_page();
            let language =
                is_elsewhere.then(|| OtherLanguage { tag: site.config.language.clone(), name: site.language_name() });
            Target::Url { url, text, language }
        }
    }
}

/// The diagnostic for a link to what is a draft, or belongs to one.
fn to_draft(typed: &Typed<'_>, route: &Route<'_>, site: &Site) -> Diagnostic {
    let to = route.to;
    let is_of_hidden = match to {
        Destination::Part(part) | Destination::Side(SideId { part, .. }) => !site.series(part.series).is_shown(),
        Destination::File(_) => site.is_hidden(&route.address),
        to => matches!(to, Destination::Hidden),
    };
    let (message, help) = match to {
        _ if is_of_hidden => {
            ("belongs to a series that is a draft", "take `status = \"draft\"` out of its `series.toml`")
        }
        Destination::Side(_) => ("is a draft, which appears nowhere", "say `status = \"soon\"` in its part"),
        _ => ("is a draft, which appears nowhere", "say `status = \"soon\"` in it"),
    };
    let message = format!("{} {message}", quote(&typed.path));
    Diagnostic::new(Code::LinkToDraft, typed.link.span, message).help(format!("{help}, or remove the link"))
}

/// An anchor on another page is one that the page has.
fn check_anchor(
    typed: &Typed<'_>,
    (to, routes): (Destination<'_>, &Routes<'_>),
    from: &From<'_, '_>,
    out: &mut Vec<Diagnostic>,
) {
    let fragment = typed.fragment.as_str();
    if fragment.is_empty() || is_theme_s(fragment, to) {
        return;
    }
    if let Some((known, what)) = routes.anchors(to)
        && !known.contains_key(fragment)
        && (to.article(routes.site).is_some() || routes.all_known)
    {
        // What a link names by its original is in a translation the file of that language.
        let tag = &routes.site.config.language;
        let ending = format!(".{tag}.md");
        let translated = typed.path.strip_suffix(".md").filter(|_| !routes.site.is_original());
        let path = translated.filter(|_| !typed.path.ends_with(&ending)).map(|stem| format!("{stem}{ending}"));
        let page = PageAnchors { page: &quote(path.as_deref().unwrap_or(&typed.path)), known, what };
        out.push(broken_anchor(typed, page, from));
    }
}

/// Whether an anchor is one that the theme gives a page: those begin with `pw-`, and `#top` needs no
/// element (HTML standard, §7.4.6.4). The gallery's comparisons are known one by one.
fn is_theme_s(anchor: &str, to: Destination<'_>) -> bool {
    let is_comparison = anchor.starts_with(&comparison::anchor(""));
    let in_gallery = matches!(to, Destination::Made(Page::Comparisons(_)));
    anchor.starts_with("pw-") && !(in_gallery && is_comparison) || anchor.eq_ignore_ascii_case("top")
}

/// A link to an anchor of its own page.
fn own_anchor(typed: &Typed<'_>, from: &From<'_, '_>, out: &mut Vec<Diagnostic>) -> Target {
    let (link, fragment) = (typed.link, typed.fragment.as_str());
    let Some(article) = from.anchors.filter(|_| !fragment.is_empty()) else {
        if link.reference {
            out.push(no_reference(link));
        }
        return Target::AsTyped;
    };
    let known = from.routes.anchors_of(article);
    if !known.contains_key(fragment) && !is_theme_s(fragment, Destination::Plain) {
        let what = if from.routes.site.article(article).numbered.is_empty() { "heading" } else { "anchor" };
        let page = PageAnchors { page: "this page", known, what };
        out.push(broken_anchor(typed, page, from));
    }
    let as_typed = || {
        if link.dest.trim().ends_with(&typed.suffix) {
            return Target::AsTyped;
        }
        Target::Url { url: typed.suffix.clone(), text: None, language: None }
    };
    if !link.reference {
        return as_typed();
    }
    let text = match known.get(fragment) {
        Some(Anchor::Heading(heading)) => copied((*heading).to_string()),
        Some(Anchor::Numbered(sort, at)) => numbers::label(from.routes.site, article, (*sort, *at)),
        // Which has been reported.
        None if !is_theme_s(fragment, Destination::Plain) => return as_typed(),
        Some(Anchor::Element) | None => {
            out.push(no_reference(link));
            return as_typed();
        }
    };
    Target::Url { url: typed.suffix.clone(), text: Some(text), language: None }
}

/// The anchors of a page, as a message speaks of them.
struct PageAnchors<'p> {
    page: &'p str,
    known: &'p Anchors<'p>,
    /// What one of them is.
    what: &'static str,
}

fn broken_anchor(typed: &Typed<'_>, anchors: PageAnchors<'_>, from: &From<'_, '_>) -> Diagnostic {
    let PageAnchors { page, known, what } = anchors;
    let message = format!("{page} has no {what} {}", quote(&format!("#{}", typed.fragment)));
    let broken =
        Diagnostic::new(Code::BrokenAnchor, typed.link.span, message).severity(from.routes.site.config.broken_links);
    if !from.helps {
        return broken;
    }
    let near = did_you_mean(&typed.fragment, known.keys().map(AsRef::as_ref));
    broken.help(near.unwrap_or_else(|| match known.len() {
        0 => format!("it has no {what}s"),
        _ => {
            let first = known.keys().map(AsRef::as_ref).take(8);
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
fn reference_text(
    typed: &Typed<'_>,
    (to, routes): (Destination<'_>, &Routes<'_>),
    from: &From<'_, '_>,
) -> Option<String> {
    let site = routes.site;
    // Of a part that is soon nothing is told but what the index tells.
    let told = to.article(site).filter(|_| to.state(site) == State::Out && !typed.fragment.is_empty());
    let anchor = told.and_then(|article| Some((article, *routes.anchors_of(article).get(&*typed.fragment)?)));
    if let Some((article, Anchor::Numbered(sort, at))) = anchor {
        return Some(number_text(article, (sort, at), site, from));
    }
    let mut words = Vec::new();
    // The plan is one for all languages, and says what a part is called in this one.
    let part_words = |part: PartId| match site.series(part.series).is_posts() {
        true => part_words(part, site, from),
        false => part_words(part, from.routes.site, from),
    };
    match to {
        Destination::Part(part) => words.extend(part_words(part)),
        Destination::Side(side) => {
            // Within its part nobody has to be told which one that is.
            let of_own_part = from.anchors.and_then(|article| site.part_of(article)) == Some(side.part);
            words.extend(Some(side.part).filter(|_| !of_own_part).into_iter().flat_map(part_words));
            words.push(site.side(side).title.clone());
        }
        Destination::Page { article, .. } => words.push(site.article(article).front.title.value.clone()),
        Destination::Made(Page::Home) => words.push(site.config.title.clone()),
        Destination::Made(_)
        | Destination::Hidden
        | Destination::File(_)
        | Destination::Plain
        | Destination::Unshown(_)
        | Destination::Unknown => return None,
    }
    if let Some((_, Anchor::Heading(heading))) = anchor {
        words.push(heading.to_string());
    }
    placed(words, from.routes.site)
}

/// What names a thing by its number: with the series where that is another, and with its part or page where those
/// have no number themselves.
fn number_text(article: ArticleId, number: (Sort, usize), site: &Site, from: &From<'_, '_>) -> String {
    let label = numbers::label(site, article, number);
    let here = from.anchors.is_some_and(|here| {
        here == article || site.part_of(here).is_some_and(|part| site.part_of(article) == Some(part))
    });
    if here {
        return label;
    }
    let mut words = match site.part_of(article) {
        Some(part) if site.part(part).number.is_none() => part_words(part, site, from),
        Some(part) => series_words(part.series, site, from),
        None => vec![site.article(article).front.title.value.clone()],
    };
    words.push(label);
    placed(words, site).unwrap_or_default()
}

/// Names of places, the widest first, as the language puts them in a row.
fn placed(words: Vec<String>, site: &Site) -> Option<String> {
    let named = words.into_iter().reduce(|of, name| site.phrases.say("place", &[("of", of), ("name", name)]))?;
    Some(copied(site.typeset(&named)))
}

/// What names a part in a link from elsewhere: its number and title, led by the series' title from another series.
fn part_words(part: PartId, site: &Site, from: &From<'_, '_>) -> Vec<String> {
    let mut words = series_words(part.series, site, from);
    words.push(site.full_title(site.part(part)));
    words
}

/// The title of a series in a link from elsewhere; nothing within it.
fn series_words(series: SeriesId, site: &Site, from: &From<'_, '_>) -> Vec<String> {
    let series = site.series(series);
    let is_other = from.series.map(|from| from.at) != Some(series.at) && !series.is_posts();
    is_other.then(|| series.plan.title.clone()).into_iter().collect()
}

/// A title as links show it; a thousand links to a long one would copy it a thousand times.
fn copied(mut title: String) -> String {
    const LONGEST: usize = 300;
    if let Some((end, _)) = title.char_indices().nth(LONGEST) {
        title.truncate(end);
        title.push('…');
    }
    title
}

/// Why a link leads nowhere.
fn broken(typed: &Typed<'_>, from: &From<'_, '_>) -> Diagnostic {
    let (path, suffix, routes) = (typed.path.as_str(), typed.suffix.as_str(), from.routes);
    let config = &routes.site.config;
    let what = if path.starts_with('/') { "no page or file has the address" } else { "there is no file" };
    let diagnostic = Diagnostic::new(Code::BrokenLink, typed.link.span, format!("{what} {}", quote(path)))
        .severity(config.broken_links);
    if !from.helps {
        return diagnostic;
    }
    let meant = |near: String| format!("did you mean {}?", quote(&near));
    let help = if let Some(address) = path.strip_prefix('/') {
        let below = path.strip_prefix(config.base_url.path.as_str()).filter(|_| config.base_url.path != "/");
        match below.filter(|below| from.maps.in_turn().any(|map| map.address(below).is_some())) {
            Some(below) => {
                let typed = format!("/{below}{suffix}");
                Some(format!("write {}: an address is typed below `base_url`", quote(&typed)))
            }
            None => {
                from.maps.in_turn().find_map(|map| nearest_address(address, map)).map(|near| meant(format!("/{near}")))
            }
        }
    } else if path.starts_with("www.") {
        Some(format!("an address elsewhere begins with its scheme: {}", quote(&format!("https://{path}{suffix}"))))
    } else if let Some(below) = path.strip_prefix("@/") {
        let meant = from.maps.in_turn().find_map(|map| zola_path(below, from.path, map));
        let meant = quote(&format!("{}{suffix}", meant.as_deref().unwrap_or("rag.md")));
        Some(format!("`@/` is Zola's; a path begins at the file it stands in, as in {meant}"))
    } else if let Some(other) = from.maps.in_turn().find_map(|map| other_case(path, from.path, map)) {
        Some(format!("{} letter case counts", meant(other)))
    } else {
        from.maps.in_turn().find_map(|map| nearest_path(path, from.path, map)).map(meant)
    };
    diagnostic.maybe_help(help)
}

/// What is wrong with a whole address, if it is one of this site.
fn own_address(link: &Link, maps: Maps<'_, '_>) -> Option<Diagnostic> {
    let path = maps.own.site.config.base_url.below(&Url::parse(link.dest.trim()).ok()?)?;
    let all_known = maps.all.iter().all(|map| map.all_known);
    let old = maps.all.first()?.old.as_ref().filter(|_| all_known)?;
    let path = nfc(&path);
    let is_old = [&*path, path.trim_end_matches('/'), &format!("{path}/")].iter().any(|path| old.contains(*path));
    if is_old || maps.all.iter().any(|map| map.address(&path).is_some()) {
        return None;
    }
    let message = format!("{} is an address of this site, and nothing is there", quote(link.dest.trim()));
    let help = (maps.in_turn().find_map(|map| nearest_address(&path, map)))
        .map_or_else(|| "link to the file".into(), |near| format!("did you mean {}?", quote(&format!("/{near}"))));
    Some(Diagnostic::new(Code::BrokenLink, link.span, message).severity(Severity::Warning).help(help))
}

fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
    })
}

/// "Part 7 of 20" in the text, where the plan says otherwise.
fn check_claims(article: &Article, series: Option<&Series>, out: &mut Vec<Diagnostic>) {
    let Some(series) = series.filter(|series| !series.is_posts()) else { return };
    // How many parts there are isn't known before all of them can be read, and where they have another name, "part"
    // means something else.
    let is_told = series.is_clear() && series.plan.label.is_none();
    for claim in article.claims.iter().filter(|_| is_told) {
        if claim.total == series.total && series.numbers.contains(&claim.number) {
            continue;
        }
        let plan = crate::diagnostic::count(series.total, "part");
        let numbered = match &series.numbers {
            none if none.is_empty() => "without numbers".to_string(),
            numbers => format!("numbered {} to {}", numbers.start, numbers.end - 1),
        };
        let message = format!(
            "the text says {}, and the plan has {plan}, {numbered}",
            quote(&format!("Part {} of {}", claim.number, claim.total)),
        );
        out.push(
            Diagnostic::new(Code::StaleNumber, claim.span, message)
                .help("write `[#](<file>.md)`, which is filled in from the plan"),
        );
    }
}
