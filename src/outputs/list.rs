//! Everything that wants a path of the output.
//!
//! In: a resolved site. Out: each page, file, asset, made file and old address with its path and its
//! kind, and a diagnostic for each that can't be published or collides with another. Makes none of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::all::made;
use super::output::{Listing, OutputType};
use super::{feed, own_rules, passive};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::project::Project;
use crate::project::assets::{Assets, is_of_theme};
use crate::project::images::{Shown, Smaller};
use crate::settings::config::Copied;
use crate::site::address::{self, Subject};
use crate::site::ids::SeriesId;
use crate::site::ledger::{Moved, Moves, Origin};
use crate::site::page::{Page, Paged};
use crate::site::place;
use crate::site::{Site, output_path, path_as_typed, was};
use crate::store::kind::Kind;
use crate::store::origin;
use crate::store::tree::{Collision, OutputPath, collisions};
use crate::text::path::folders_above;
use crate::text::source::{Span, nfc};

/// What says which outputs there are.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    pub project: &'a Project,
    /// In each language with its pages, the originals' first.
    pub sites: &'a [Paged<'a>],
    pub assets: &'a Assets,
    /// The pictures of all languages.
    pub shown: &'a Shown,
    pub moves: &'a Moves,
}

/// Every output with its path, by language; those that collide are reported. What there is once for all languages is
/// among those of the originals.
pub fn list(made_from: Sources<'_>, out: &mut Vec<Diagnostic>) -> Vec<Vec<(OutputPath, Output)>> {
    let Sources { project, sites, .. } = made_from;
    let mut of_feeds = Vec::new();
    let outputs: Vec<_> = rayon::join(
        || (0..sites.len()).map(|language| in_language(made_from, language, out)).collect(),
        || feed::check_ids(&sites.iter().map(|(site, _)| *site).collect::<Vec<_>>(), &mut of_feeds),
    )
    .0;
    let Some((original, _)) = sites.first() else { return outputs };
    passive::check(project, original, out);
    out.append(&mut of_feeds);
    own_rules::check(project, &original.config, out);
    let all: Vec<(OutputPath, OfSite<'_>)> = (sites.iter().zip(&outputs))
        .flat_map(|((site, _), outputs)| outputs.iter().map(|(path, output)| (path.clone(), OfSite { site, output })))
        .collect();
    for collision in collisions(&all) {
        if !is_said_elsewhere(&collision) {
            out.push(collision_diagnostic(&collision, project));
        }
    }
    outputs
}

/// An output, and whose it is.
#[derive(Debug, Clone, Copy)]
struct OfSite<'a> {
    site: &'a Site,
    output: &'a Output,
}

/// Whether a collision is the other side of one that is told of the pages.
fn is_said_elsewhere(collision: &Collision<'_, OfSite<'_>>) -> bool {
    match collision {
        Collision::Same { first, second } => match (first.output, second.output) {
            // Two parts at one address.
            (Output::Made(address, ..), Output::Made(..)) => {
                first.site.language == second.site.language && further(address, first.site).is_none()
            }
            // Two that were one, which is told.
            (Output::Alias(first), Output::Alias(second)) => {
                (first.origin, second.origin) == (Origin::Was, Origin::Was)
            }
            _ => false,
        },
        // The twin of a page whose folder is a file.
        Collision::FileAndFolder { folder, .. } => {
            matches!(folder.output, Output::Made(_, _, of) if of.chapter().is_some())
        }
    }
}

/// Those of one language.
fn in_language(made_from: Sources<'_>, language: usize, out: &mut Vec<Diagnostic>) -> Vec<(OutputPath, Output)> {
    let (project, (site, _)) = (made_from.project, made_from.sites[language]);
    let wanted = wanted(made_from, language, out);
    let path_of = |(address, output): &(String, Output)| match output {
        Output::Alias(_) | Output::Copy { .. } => path_as_typed(address),
        _ => output_path(address),
    };
    let paths: Vec<_> = wanted.par_iter().map(path_of).collect();
    let mut outputs = Vec::with_capacity(wanted.len());
    for ((address, output), path) in wanted.into_iter().zip(paths) {
        match path {
            Ok(path) => outputs.push((path, output)),
            Err(problem) => {
                let message = format!("{} can't be published: {problem}", quote(&address));
                out.push(match owner(&output, project, site) {
                    Owner::Span(span) => Diagnostic::new(Code::InvalidPath, span, message),
                    Owner::File(path) => Diagnostic::file(Code::InvalidPath, path, message).help("rename the file"),
                });
            }
        }
    }
    outputs
}

/// Something that wants a path of the output.
#[derive(Debug, Clone)]
pub enum Output {
    Page(String, Page),
    /// The page at an old address.
    Alias(Moved),
    /// A file of `content/`.
    File {
        path: String,
        disk: origin::Origin,
    },
    /// A file of `static/`.
    Static {
        path: String,
        disk: origin::Origin,
    },
    /// A file of `content/` or `static/` at a second address, and where that is said.
    Copy {
        of: Box<Output>,
        at: String,
        span: Span,
    },
    /// A picture of `content/` in fewer pixels.
    Smaller {
        disk: origin::Origin,
        smaller: Arc<Smaller>,
    },
    /// A file of the theme, by its path below `static/`.
    Asset(String),
    /// A file that is made from the whole site: its address, its kind, and what it is of.
    Made(String, &'static OutputType, Subject),
}

impl Output {
    /// What it is to those who ask for it.
    pub fn kind(&self) -> Kind {
        match self {
            Output::Page(_, Page::Part(_) | Page::Side(_) | Page::Single(_)) => Kind::Article,
            Output::Page(..) => Kind::Page,
            Output::Alias(_) => Kind::Redirect,
            Output::File { path, .. } => Kind::of_file(path),
            Output::Static { path, .. } => {
                let replaced = REPLACEABLE.iter().find(|(name, _)| path.strip_prefix("static/") == Some(name));
                replaced.map_or_else(|| Kind::of_file(path), |(_, kind)| *kind)
            }
            Output::Copy { of, .. } => of.kind(),
            Output::Asset(_) | Output::Smaller { .. } => Kind::Asset,
            Output::Made(_, output, _) => output.kind,
        }
    }
}

/// Every output of a language with its address below the base.
fn wanted(made_from: Sources<'_>, language: usize, out: &mut Vec<Diagnostic>) -> Vec<(String, Output)> {
    let Sources { project, sites, assets, moves, .. } = made_from;
    let (site, all_pages) = sites[language];
    let replaced = |address: &str| {
        REPLACEABLE.iter().any(|(name, _)| *name == address) && own_rules::replaces(address, project, &site.config)
    };
    let joined = |path: &str| own_rules::own(path, project, &site.config).is_some();
    let mut wanted = Vec::new();
    let pages: Vec<(String, Page)> = all_pages.iter().filter(|(address, _)| !replaced(address)).cloned().collect();
    for (address, page) in &pages {
        wanted.push((address.clone(), Output::Page(address.clone(), page.clone())));
    }
    for (address, output, of) in made(Listing { site, pages: &pages, sites }) {
        if !replaced(&address) {
            let further = feed_paths(&address, of, site).into_iter();
            wanted.extend(further.map(|address| (address.clone(), Output::Made(address, output, of))));
            wanted.push((address.clone(), Output::Made(address, output, of)));
        }
    }
    let moved = moves.moved.iter().filter(|moved| moved.language == language);
    let moved = moved.map(|moved| (moved.from.clone(), Output::Alias(moved.clone())));
    if !site.is_original() {
        wanted.extend(former(&wanted, site));
        wanted.extend(moved);
        return wanted;
    }
    for (path, file) in site.files_out() {
        let Some(disk) = project.files.get(path).map(|file| file.disk.clone()) else { continue };
        wanted.push((file.address.clone(), Output::File { path: path.clone(), disk }));
    }
    wanted.extend(smaller(made_from));
    for (path, file) in project.statics.iter().filter(|(path, _)| !is_of_theme(path) && !joined(path)) {
        wanted.push((path.clone(), Output::Static { path: file.path.clone(), disk: file.disk.clone() }));
    }
    wanted.extend(former(&wanted, site));
    let assets = assets.by_path.iter().map(|(path, asset)| (asset.address.clone(), Output::Asset(path.clone())));
    wanted.extend(assets);
    let copies: Vec<_> = site.config.copies.iter().filter_map(|copy| copied(copy, &wanted, site, out)).collect();
    wanted.extend(copies);
    wanted.extend(moved);
    wanted
}

/// Pictures in fewer pixels, each once: what has one name and one content is one file.
fn smaller(made_from: Sources<'_>) -> impl Iterator<Item = (String, Output)> {
    let Sources { project, sites, shown, .. } = made_from;
    let site = sites[0].0;
    let files = site.files_out().filter_map(|(path, file)| Some((project.files.get(path)?, &file.address)));
    let all = files.flat_map(|(file, address)| {
        let picture = shown.get(&site.config.base_url.rooted(address));
        let smaller = picture.map(|picture| picture.smaller.as_slice()).unwrap_or_default().iter();
        smaller.map(|smaller| Output::Smaller { disk: file.disk.clone(), smaller: Arc::clone(smaller) })
    });
    let by_address: BTreeMap<String, Output> = all
        .filter_map(|output| match &output {
            Output::Smaller { smaller, .. } => Some((smaller.address.clone(), output)),
            _ => None,
        })
        .collect();
    by_address.into_iter()
}

/// Where files lay when their series or parts had other ids: only pages can lead on without a host's help, so they
/// lie there as well, unless something else does.
fn former(wanted: &[(String, Output)], site: &Site) -> Vec<(String, Output)> {
    let folders = was::folders(site);
    let mut former = Vec::new();
    if folders.is_empty() {
        return former;
    }
    let taken: BTreeSet<&str> = wanted.iter().map(|(address, _)| address.as_str()).collect();
    for (address, output) in wanted {
        let moves = folders_above(address)
            .flat_map(|folder| folders.get(folder).into_iter().flatten().map(move |before| (folder, before)));
        for (folder, (before, span)) in moves {
            let below = &address[folder.len() + 1..];
            // A book bears the name of its series.
            let at = match below.strip_prefix(folder).filter(|ending| ending.starts_with('.')) {
                Some(ending) => format!("{before}/{before}{ending}"),
                None => format!("{before}/{below}"),
            };
            let again = match output {
                Output::Made(_, made, of) if of.series().is_some() => Output::Made(at.clone(), made, *of),
                Output::File { .. } => Output::Copy { of: Box::new(output.clone()), at: at.clone(), span: *span },
                _ => continue,
            };
            if !taken.contains(at.as_str()) {
                former.push((at, again));
            }
        }
    }
    former
}

/// Where a feed lies beside its own address; that of a language below the language.
fn feed_paths(address: &str, of: Subject, site: &Site) -> Vec<String> {
    if *address != address::atom(site, of) {
        return Vec::new();
    }
    let paths = match of {
        Subject::Site => &site.config.feeds.paths,
        Subject::Series(series) => &site.series(series).plan.feed_paths,
        _ => return Vec::new(),
    };
    paths.iter().map(|path| format!("{}{}", site.prefix, path.value)).collect()
}

/// Where it is said that a file has a further address.
fn further(address: &str, site: &Site) -> Option<Span> {
    let copies = site.config.copies.iter().map(|copy| &copy.at);
    let feeds = site.config.feeds.paths.iter().chain(site.folders().flat_map(|series| &series.plan.feed_paths));
    let address = address.strip_prefix(&site.prefix).unwrap_or(address);
    copies.chain(feeds).find(|further| further.value == address).map(|further| further.span)
}

/// A file at a second address; nothing for one that isn't out, or is reported to be none.
fn copied(
    copy: &Copied,
    wanted: &[(String, Output)],
    site: &Site,
    out: &mut Vec<Diagnostic>,
) -> Option<(String, Output)> {
    let (at, typed) = (&copy.at, nfc(&copy.of.value));
    let path = format!("content/{typed}");
    let found = wanted.iter().find(|(address, output)| match (typed.strip_prefix('/'), output) {
        (Some(meant), _) => address == meant,
        (None, Output::File { path: known, .. }) => *known == path,
        (None, _) => false,
    });
    if let Some((_, output)) = found {
        let copy = match output {
            Output::Made(_, output, of) => Output::Made(at.value.clone(), output, *of),
            Output::File { .. } | Output::Static { .. } => {
                Output::Copy { of: Box::new(output.clone()), at: at.value.clone(), span: at.span }
            }
            Output::Page(..) | Output::Alias(_) | Output::Copy { .. } | Output::Smaller { .. } | Output::Asset(_) => {
                return None;
            }
        };
        return Some((at.value.clone(), copy));
    }
    if site.files.contains_key(&path) || site.unread.holds(&path) {
        // It waits for the article that it belongs to.
        return None;
    }
    let message = format!("there is no file {}", quote(&copy.of.value));
    let known: Vec<&str> = match typed.strip_prefix('/') {
        Some(_) => wanted.iter().map(|(address, _)| address.as_str()).collect(),
        None => site.files.keys().filter_map(|path| path.strip_prefix("content/")).collect(),
    };
    let near = did_you_mean(typed.trim_start_matches('/'), known);
    out.push(Diagnostic::new(Code::BrokenLink, copy.of.span, message).help(
        near.unwrap_or_else(|| "write its path below `content/`, or from a `/` on its address on this site".into()),
    ));
    None
}

/// Files that `static/` may supply in place of the generated ones, and that are of their kind then.
const REPLACEABLE: &[(&str, Kind)] = &[
    ("robots.txt", Kind::Index),
    ("_headers", Kind::Host),
    ("_redirects", Kind::Host),
    ("CNAME", Kind::Host),
    ("404.html", Kind::Page),
];

/// Who answers for an output.
enum Owner {
    Span(Span),
    File(String),
}

fn owner(output: &Output, project: &Project, site: &Site) -> Owner {
    let plan = |series: SeriesId| Owner::Span(Span::start_of(site.series(series).plan.source));
    match output {
        Output::File { path, .. } | Output::Static { path, .. } => Owner::File(path.clone()),
        Output::Smaller { disk, .. } => Owner::File(disk.name().to_string_lossy().into_owned()),
        Output::Asset(path) => Owner::File(format!("static/{path}")),
        Output::Copy { span, .. } => Owner::Span(*span),
        Output::Alias(moved) => Owner::Span(moved.span),
        Output::Made(address, output, of)
            if *address != (output.address)(site, *of)
                && let Some(span) = further(address, site) =>
        {
            Owner::Span(span)
        }
        Output::Made(_, _, of) => match of {
            Subject::Part(part) => owner(&Output::Page(String::new(), Page::Part(*part)), project, site),
            Subject::Side(side) => owner(&Output::Page(String::new(), Page::Side(*side)), project, site),
            Subject::Series(series) => plan(*series),
            Subject::Single(page) => owner(&Output::Page(String::new(), Page::Single(*page)), project, site),
            Subject::Site | Subject::Piece(_) => Owner::Span(Span::start_of(project.config)),
        },
        Output::Page(_, page) => match page {
            Page::Series(at)
            | Page::Earlier(at, _)
            | Page::Comparisons(at)
            | Page::Glossary(at)
            | Page::Code(at)
            | Page::Sources(at)
            | Page::Print(at) => plan(*at),
            Page::Part(part) => {
                let part = site.part(*part);
                let plan = &site.series(part.at.series).plan;
                let front = part.article.map(|article| &site.article(article).front);
                let span = front.map_or(part.span, |front| front.span);
                Owner::Span(place::said(plan, front).unwrap_or(span))
            }
            Page::Single(single) => {
                let front = &site.article(site.single(*single).article).front;
                Owner::Span(place::own(front).unwrap_or(front.span))
            }
            Page::Side(side) => Owner::Span(site.article(site.side(*side).article).front.span),
            Page::Tag(slug) => Owner::Span(site.tags[slug].span),
            Page::Home | Page::Tags | Page::Search | Page::NotFound => Owner::Span(Span::start_of(project.config)),
        },
    }
}

/// Whether two that some file systems can't tell apart have addresses that differ.
fn differ(one: &Output, other: &Output) -> bool {
    address(one).zip(address(other)).is_some_and(|(one, other)| output_path(one) != output_path(other))
}

/// Its address below the base, where it has one of its own.
fn address(output: &Output) -> Option<&str> {
    match output {
        Output::Page(address, _) | Output::Made(address, ..) => Some(address),
        Output::Alias(moved) => Some(&moved.from),
        Output::Copy { at, .. } => Some(at),
        Output::Static { path, .. } => path.strip_prefix("static/"),
        // Where it goes with its article is the site's to say.
        Output::File { .. } | Output::Asset(_) | Output::Smaller { .. } => None,
    }
}

fn describe(output: &Output) -> String {
    match output {
        Output::Page(address, _) => format!("the page {}", quote(&format!("/{address}"))),
        Output::Alias(moved) => {
            let what = if moved.origin == Origin::Alias { "alias" } else { "old address" };
            format!("the {what} {}", quote(&format!("/{}", moved.from)))
        }
        Output::File { path, .. } | Output::Static { path, .. } => format!("the file {}", quote(path)),
        Output::Copy { at, .. } => format!("the copy {}", quote(&format!("/{at}"))),
        Output::Smaller { disk, .. } => format!("the smaller {}", quote(&disk.name().to_string_lossy())),
        Output::Asset(path) => format!("the theme's {}", quote(path)),
        Output::Made(address, ..) => format!("the generated {}", quote(&format!("/{address}"))),
    }
}

fn collision_diagnostic(collision: &Collision<'_, OfSite<'_>>, project: &Project) -> Diagnostic {
    let (first, second, how) = match collision {
        Collision::Same { first, second } if differ(first.output, second.output) => {
            (first, second, "differ in letter case alone, which not every disk and host sees")
        }
        Collision::Same { first, second } => (first, second, "want one path"),
        Collision::FileAndFolder { file, folder } => {
            (file, folder, "can't both exist: one is a file where the other needs a folder")
        }
    };
    let message = format!("{} and {} {how}", describe(first.output), describe(second.output));
    // Of two at one address the second is the one that was put there.
    let put = address(second.output).and_then(|address| further(address, second.site)).map(Owner::Span);
    let diagnostic = match put.unwrap_or_else(|| owner(second.output, project, second.site)) {
        Owner::Span(span) => Diagnostic::new(Code::PathCollision, span, message),
        Owner::File(path) => Diagnostic::file(Code::PathCollision, path, message),
    };
    let diagnostic = match owner(first.output, project, first.site) {
        Owner::Span(span) => diagnostic.note(span, "the first"),
        Owner::File(_) => diagnostic,
    };
    match (first.output, second.output) {
        (Output::Alias(moved), _) | (_, Output::Alias(moved)) if moved.origin == Origin::Ledger => {
            diagnostic.help("rename the other, or remove the address here if nobody is to be led from it any more")
        }
        _ => diagnostic.help("rename one of the two"),
    }
}
