//! The files of `content/`: where each goes, and with whom.
//!
//! In: a [`Site`] whose articles are known. Out: for each file its address, and whether readers get it: one
//! that belongs to an article, or that articles which aren't out show alone, waits for them; a font that cards
//! alone are drawn with stays here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::blocks::sketch::Sketch;
use crate::parse::Article;
use crate::project::Project;
use crate::site::address;
use crate::site::layout::Layout;
use crate::site::page::Page;
use crate::site::series::State;
use crate::site::{PublishedFile, Site};
use crate::text::path::{folders_above, join};
use crate::text::source::{SourceId, nfc};
use crate::text::url::percent_decode;

/// The files of a site, by their paths below the root.
pub fn published(
    project: &Project,
    site: &Site,
    (layout, translated): (&Layout, &[BTreeMap<SourceId, Arc<Article>>]),
) -> BTreeMap<String, PublishedFile> {
    let (owners, (shown, modules)) = rayon::join(
        || owners(project, site, layout),
        || (shown(project, site, translated), modules(project, site, translated)),
    );
    let fonts: BTreeSet<String> = site.config.cards.fonts.iter().filter_map(|font| join("", &font.value)).collect();
    let files = project.files.keys().map(|path| {
        let owner = folders_above(path).rev().find_map(|folder| owners.get(folder).map(|owner| (folder, owner)));
        let (address, state) = match owner {
            Some((folder, (address, state))) => (format!("{address}{}", &path[folder.len()..]), *state),
            None => {
                let address = address_of(path, site);
                let state = shown.get(path.as_str()).or_else(|| shown.get(address.as_str()));
                // One that nothing shows may be a download that a reader knows by its address.
                let unseen = if fonts.contains(path) { State::Draft } else { State::Out };
                (address, state.copied().unwrap_or(unseen))
            }
        };
        let is_module = modules.contains(path);
        (path.clone(), PublishedFile { address, state, is_module })
    });
    files.collect()
}

/// Where a file lies that is of no article: at the matching place, in a series with a slug below that.
fn address_of(path: &str, site: &Site) -> String {
    let path = path.strip_prefix("content/").unwrap_or(path);
    let series = folders_above(path).rev().find_map(|folder| site.folder(folder));
    series.map_or_else(|| path.to_string(), |series| format!("{}{}", series.plan.folder, &path[series.plan.id.len()..]))
}

/// Folders that belong to one article, with its address: its files go where it goes, and only when it goes.
fn owners(project: &Project, site: &Site, layout: &Layout) -> BTreeMap<String, (String, State)> {
    let mut owners: BTreeMap<String, (String, State)> = BTreeMap::new();
    for series in site.folders() {
        let sources = layout.series.get(&series.plan.id).map(|folder| &folder.parts);
        for part in &series.parts {
            // The name of a post may begin with its day.
            let path = sources.and_then(|sources| sources.get(&part.id)).map(|source| project.sources.path(*source));
            let folder = match path {
                Some(path) => own_folder(path).to_string(),
                None => format!("content/{}/{}", series.plan.id, part.id),
            };
            // Of a part that can't be read nobody knows that it isn't out.
            let state = if part.unread { State::Out } else { part.state };
            owners.insert(folder, (address::folder(&part.address).to_string(), state));
        }
        if !series.is_shown() {
            let folder = format!("content/{}", series.plan.id);
            let address = Page::Series(series.at).address(site);
            owners.insert(folder, (address.trim_end_matches('/').to_string(), State::Draft));
        }
        let listed: BTreeSet<&str> = series.parts.iter().map(|part| part.id.as_str()).collect();
        let unlisted = layout.series.get(&series.plan.id).map(|folder| folder.parts.keys()).into_iter().flatten();
        for id in unlisted.filter(|id| !listed.contains(id.as_str()) && !series.may_have(id)) {
            let folder = format!("content/{}/{id}", series.plan.id);
            owners.insert(folder.clone(), (folder, State::Draft));
        }
    }
    for single in &site.singles {
        let article = site.article(single.article);
        if single.out && article.front.permalink.is_none() {
            // Its files lie where those of no article do.
            continue;
        }
        let path = project.sources.path(article.source);
        let folder = own_folder(path);
        let others = |other: &SourceId| {
            let other = project.sources.path(*other);
            other != path && folders_above(other).any(|above| above == folder)
        };
        if !project.articles.iter().any(others) {
            let state = if single.out { State::Out } else { State::Draft };
            owners.insert(folder.to_string(), (address::folder(&single.address).to_string(), state));
        }
    }
    owners
}

/// The folder that is an article's own.
fn own_folder(path: &str) -> &str {
    path.strip_suffix("/index.md").or_else(|| path.strip_suffix(".md")).unwrap_or(path)
}

/// What articles, comparisons, terms, authors and copies show, by path below the root or address below the base, and
/// the best that one of them is: out, else soon, else a draft.
fn shown(project: &Project, site: &Site, translated: &[BTreeMap<SourceId, Arc<Article>>]) -> BTreeMap<String, State> {
    let mut shown: BTreeMap<String, State> = BTreeMap::new();
    let mut show = |path: String, state: State| {
        let known = shown.entry(path).or_insert(state);
        *known = state.min(*known);
    };
    for id in site.articles.ids() {
        let article = site.article(id);
        let from = project.sources.path(article.source);
        let links = article.links.iter().filter_map(|link| linked(from, &link.dest));
        links.for_each(|path| show(path, site.state(id)));
        for translation in translated.iter().filter_map(|articles| articles.get(&article.source)) {
            let from = project.sources.path(translation.source);
            let links = translation.links.iter().filter_map(|link| linked(from, &link.dest));
            links.for_each(|path| show(path, site.state(id)));
        }
    }
    for series in &site.series {
        for shared in series.shared.values() {
            let from = project.sources.path(shared.source);
            let state = if series.is_shown() { State::Out } else { State::Draft };
            shared.links.iter().filter_map(|link| linked(from, &link.dest)).for_each(|path| show(path, state));
        }
    }
    let avatars = site.config.authors.iter().filter_map(|author| author.avatar.as_ref());
    avatars.for_each(|avatar| show(format!("content/{}", avatar.value), State::Out));
    let copied = site.config.copies.iter().filter_map(|copy| linked("content/", &copy.of.value));
    copied.for_each(|path| show(path, State::Out));
    shown
}

/// The modules of sketches, by path below the root.
fn modules(project: &Project, site: &Site, translated: &[BTreeMap<SourceId, Arc<Article>>]) -> BTreeSet<String> {
    let articles = site.articles.iter().chain(translated.iter().flat_map(BTreeMap::values).map(Arc::as_ref));
    let modules = articles.flat_map(|article| {
        let from = project.sources.path(article.source);
        let sketches = article.blocks.iter().filter_map(|block| block.body.get::<Sketch>());
        sketches.filter_map(|sketch| linked(from, &sketch.src.dest))
    });
    modules.collect()
}

/// What a link in the file `from` leads to, if that may be a file: its path below the root, or an address
/// below the base.
fn linked(from: &str, typed: &str) -> Option<String> {
    let path = percent_decode(typed.trim().split(['?', '#']).next().unwrap_or_default());
    if let Some(address) = path.strip_prefix('/') {
        return Some(nfc(address).into_owned());
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    join(folder, &path).map(|path| nfc(&path).into_owned())
}
