//! What is made once of a site and shown on many pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use tera::Value;

use super::fill::{self, Entries};
use super::glossary::{Terms, terms};
use super::view::{self, Shared};
use super::visit::Resolved;
use crate::diagnostic::Diagnostic;
use crate::project::images::{Picture, Pictures, Shown, Size, Sized, svg_size};
use crate::project::{File, Project};
use crate::site::Site;
use crate::site::ids::{PartId, SeriesId};
use crate::site::series::{Part, State};

/// What is made once and shown on many pages; of a series, when the first of them asks, and until it is forgotten.
#[derive(Debug)]
pub struct Views<'a> {
    resolved: Resolved<'a>,
    pub site: view::Site,
    /// By series, those of folders of posts among them.
    series: Vec<SeriesViews>,
    /// By URL, the drawings that can be placed inline, by their path below the root.
    pub inline_files: BTreeMap<String, String>,
}

/// What is made once of a series, or of a folder of posts.
#[derive(Debug, Default)]
struct SeriesViews {
    lists: Mutex<Option<Arc<Lists>>>,
    glossary: Vec<view::Term>,
    terms: Option<Terms>,
}

/// A series, or a folder of posts, and its parts as lists show them.
#[derive(Debug)]
pub struct Lists {
    pub entries: Entries,
    whole: OnceLock<Value>,
    link: OnceLock<Shared<view::SeriesLink>>,
}

impl<'a> Views<'a> {
    pub fn new(resolved: Resolved<'a>, out: &mut Vec<Diagnostic>) -> Self {
        let site = resolved.site;
        let mut views = Views {
            resolved,
            site: fill::site(site),
            series: site.folders().map(|_| SeriesViews::default()).collect(),
            inline_files: site
                .files_out()
                .filter(|(path, _)| path.ends_with(".svg"))
                .map(|(path, file)| (site.config.base_url.rooted(&file.address), path.clone()))
                .collect(),
        };
        // A definition may be wrong, which is told once.
        for series in site.folders().filter(|series| series.glossary.is_some()) {
            let glossary = fill::glossary(resolved, series, &views.lists(series.at).entries, out);
            let terms = terms(site, series, &glossary);
            let own = &mut views.series[series.at.index()];
            (own.glossary, own.terms) = (glossary, terms);
        }
        views
    }

    /// The lists of a series, or of a folder of posts, made now where they are not there.
    pub fn lists(&self, id: SeriesId) -> Arc<Lists> {
        let mut lists = self.series[id.index()].lists.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let site = self.resolved.site;
            let entries = Entries::new(site, site.series(id));
            Arc::new(Lists { entries, whole: OnceLock::new(), link: OnceLock::new() })
        };
        Arc::clone(lists.get_or_insert_with(make))
    }

    /// Lets go of the lists of a series all of whose pages are made: those of ten thousand parts are a fifth of what a
    /// build has in use.
    pub fn forget(&self, id: SeriesId) {
        self.series[id.index()].lists.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// A series, or a folder of posts, as a template sees it.
    pub fn whole(&self, id: SeriesId) -> Value {
        let Resolved { site, references, .. } = self.resolved;
        let lists = self.lists(id);
        let whole = lists.whole.get_or_init(|| match site.series(id) {
            folder if folder.is_posts() => Value::from_serializable(&fill::posts(site, folder)),
            series => Value::from_serializable(&fill::series(site, references, series, &lists.entries)),
        });
        whole.clone()
    }

    /// A series, or a folder of posts, as lists show it.
    pub fn link(&self, id: SeriesId) -> Shared<view::SeriesLink> {
        let site = self.resolved.site;
        self.lists(id).link.get_or_init(|| Shared::from(&fill::series_link(site, site.series(id)))).clone()
    }

    /// A part as lists show it; none for a draft.
    pub fn entry(&self, part: PartId) -> Option<Shared<view::Entry>> {
        self.lists(part.series).entries.get(part).cloned()
    }

    /// What [`entry`](Views::entry) gives, made once more for who looks into it.
    pub fn entry_made(&self, part: &Part) -> Option<view::Entry> {
        self.lists(part.at.series).entries.made(self.resolved.site, part)
    }

    /// The terms of the glossary page of a series.
    pub fn glossary(&self, id: SeriesId) -> &[view::Term] {
        &self.series[id.index()].glossary
    }

    /// The terms that the articles of a series link to its glossary page.
    pub fn terms(&self, id: SeriesId) -> Option<&Terms> {
        self.series[id.index()].terms.as_ref()
    }
}

/// The published images, with their sizes; those that texts show, by URL, with smaller ones.
pub fn pictures(
    (project, site): (&Project, &Site),
    shown: &BTreeSet<&str>,
    sized: Sized<'_>,
    out: &mut Vec<Diagnostic>,
) -> Shown {
    let files: Vec<_> = site.files_out().collect();
    let sizes: Vec<(String, Size, &File)> = files
        .par_iter()
        .filter_map(|(path, published)| {
            let file = project.files.get(*path)?;
            let size = match file.text {
                Some(text) if path.ends_with(".svg") => svg_size(project.sources.text(text)),
                Some(_) => None,
                None => sized.pictures.size(&file.disk),
            }?;
            Some((site.config.base_url.rooted(&published.address), size, file))
        })
        .collect();
    let is_sized = |url: &str, file: &File| site.config.images && file.text.is_none() && shown.contains(url);
    let wanted: Vec<_> = (sizes.iter().filter(|(url, _, file)| is_sized(url, file)))
        .map(|(_, size, file)| (file.path.as_str(), *size, &file.disk))
        .collect();
    let mut smaller = sized.of(&wanted, out).into_iter();
    let picture = |(url, size, file): (String, Size, &File)| {
        let smaller = if is_sized(&url, file) { smaller.next().unwrap_or_default() } else { Vec::new() };
        (url, Picture { size, smaller })
    };
    sizes.into_iter().map(picture).collect()
}

/// Tells of published files that are called pictures and can't be shown as such.
pub fn check_pictures(project: &Project, site: &Site, pictures: &Pictures<'_>, out: &mut Vec<Diagnostic>) {
    let is_out = |path: &str| site.files.get(path).is_some_and(|file| file.state == State::Out);
    let own = project.files.iter().filter(|(path, _)| is_out(path)).map(|(_, file)| file);
    // What is wrong with those that can't be read has been said.
    let files: Vec<_> =
        own.chain(project.statics.values()).filter(|file| !project.unread.contains(&file.path)).collect();
    let found: Vec<Diagnostic> =
        files.par_iter().filter_map(|file| Some(pictures.flaw(&file.disk)?.diagnostic(&file.path))).collect();
    out.extend(found);
}
