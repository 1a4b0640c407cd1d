//! Moving in: the source of another tool as a project.
//!
//! In: a folder, and whose it is. Out: the files of a project, and a report of what became of each thing. One
//! reader a tool says in the words of `model` what is there; passes translate its texts; one writer makes the
//! project of that. The source is only read, and nothing is asked of a network or of the other tool.

mod aliases;
mod anchors;
mod around;
pub mod compare;
mod folder;
mod giscus;
mod gitbook;
mod history;
mod hugo;
mod index;
mod jekyll;
mod languages;
mod links;
mod mdbook;
mod mentions;
mod meta;
mod model;
mod numbers;
mod pieces;
mod plan;
pub mod put;
pub mod report;
mod shortcodes;
mod source;
mod summary;
mod tags;
mod templates;
mod tool;
pub mod typed;
mod view;
mod write;
mod zola;

pub use history::{FORMAT as LOG_FORMAT, LOG};

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use around::{Around, MOST_INCLUDES};
use index::Index;

use meta::Broken;
use model::Found;
use put::Out;
use report::Report;
use source::Folder;
use typed::{Place, Typed};

use crate::cli::Tool;

/// What an import is told beside its source.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Told from the files where it is absent.
    pub tool: Option<Tool>,
    /// Where the old site stands, where the source doesn't say.
    pub base_url: Option<&'a str>,
    /// What `git log` says of a folder when it is asked as [`LOG`] and [`LOG_FORMAT`] have it; nothing where there is
    /// no history, or only the end of one.
    pub history: fn(&Path) -> Vec<u8>,
}

/// A project that is ready to be written.
#[derive(Debug)]
pub struct Imported {
    pub tool: Tool,
    pub files: Vec<Out>,
    pub report: Report,
    /// What the files that are copied are copied from.
    pub folder: Folder,
    /// Where the old site lies as it was built, if it lies in the source.
    pub built: Option<String>,
}

/// Why there is no project.
#[derive(Debug)]
pub enum ImportError {
    /// A mistake in the source.
    Broken {
        place: Place,
        message: String,
    },
    /// Nothing there is what any tool has.
    Unknown,
    Io(io::Error),
}

impl From<Broken> for ImportError {
    fn from(Broken { place, message }: Broken) -> Self {
        ImportError::Broken { place, message }
    }
}

impl From<io::Error> for ImportError {
    fn from(error: io::Error) -> Self {
        ImportError::Io(error)
    }
}

/// Reads a source, and makes a project of it.
pub fn import(source: &Path, wanted: Wanted<'_>) -> Result<Imported, ImportError> {
    let mut report = Report::default();
    let folder = Folder::open(source, &mut report)?;
    let tool = wanted.tool.or_else(|| detect(&folder)).ok_or(ImportError::Unknown)?;
    let mut found = match tool {
        Tool::Mdbook => mdbook::read(&folder, &mut report)?,
        Tool::Zola => zola::read(&folder, &mut report)?,
        Tool::Hugo => hugo::read(&folder, &mut report)?,
        Tool::Jekyll => jekyll::read(&folder, &mut report)?,
        Tool::Gitbook => gitbook::read(&folder, &mut report)?,
        Tool::Folder => folder::read(&folder, &mut report)?,
    };
    if let Some(base) = wanted.base_url {
        found.site.base_url = Some(format!("{}/", base.trim_end_matches('/')));
    }
    if found.site.base_url.is_none() {
        found.site.base_url = host(&folder).map(|host| format!("https://{host}/"));
    }
    if found.site.discussion.is_none() {
        found.site.discussion = giscus::find(&folder, &mut report);
    }
    if history::lacks_days(&found) {
        history::add_days(&mut found, &(wanted.history)(source));
    }
    languages::settle(&mut found, &mut report);
    found.settle_lists();
    let index = Index::new(&found);
    let (texts, listings) = translated(tool, (&mut found, &index), &folder, &mut report);
    let layout = plan::layout(&found, &folder, &mut report);
    write::tell_made(&found, &layout, &mut report);
    let whole = write::Whole { tool, found: &found, index: &index, layout: &layout, listings: &listings, texts };
    let files = write::project(whole, &mut report);
    let built = built(tool, &folder);
    Ok(Imported { tool, files, report, folder, built })
}

/// The texts of the pages without what only the tool reads, and the files that became listings.
fn translated(
    tool: Tool,
    (found, index): (&mut Found, &Index),
    folder: &Folder,
    report: &mut Report,
) -> (Vec<Typed>, BTreeSet<String>) {
    let texts: Vec<Typed> = found.pages.iter_mut().map(|page| std::mem::take(&mut page.text)).collect();
    let translated: Vec<(Typed, BTreeSet<String>, Report)> = texts
        .into_par_iter()
        .zip(&found.pages)
        .map(|(text, page)| {
            let (mut listings, mut report) = (BTreeSet::new(), Report::default());
            let from = page.from.as_str();
            let mut around = Around {
                from,
                folder,
                index,
                listings: &mut listings,
                report: &mut report,
                includes_left: MOST_INCLUDES,
            };
            let text = match tool {
                Tool::Mdbook => mdbook::translate(text, &mut around),
                Tool::Zola => zola::translate(text, &mut around),
                Tool::Hugo => hugo::translate(text, &mut around),
                Tool::Jekyll => jekyll::translate(text, &mut around),
                Tool::Gitbook => gitbook::translate(text, &mut around),
                Tool::Folder => text,
            };
            (text, listings, report)
        })
        .collect();
    let mut listings = BTreeSet::new();
    let mut texts = Vec::with_capacity(translated.len());
    for (text, named, told) in translated {
        texts.push(text);
        listings.extend(named);
        report.add(told);
    }
    (texts, listings)
}

/// Whose files they are.
fn detect(folder: &Folder) -> Option<Tool> {
    let has = |start: &str| folder.paths().any(|path| path.starts_with(start));
    let is_zola = || {
        let text = folder.first(&zola::CONFIGS).and_then(|path| folder.text(path)).unwrap_or_default();
        text.lines().any(|line| line.trim_start().starts_with("base_url"))
    };
    if folder.has(mdbook::CONFIG) {
        Some(Tool::Mdbook)
    } else if folder.first(&jekyll::CONFIGS).is_some() {
        Some(Tool::Jekyll)
    } else if is_zola() {
        Some(Tool::Zola)
    } else if folder.first(&hugo::CONFIGS).is_some() || has("config/_default/") {
        Some(Tool::Hugo)
    } else if folder.first(&gitbook::CONFIGS).is_some() || folder.first(&["SUMMARY.md", "LANGS.md"]).is_some() {
        Some(Tool::Gitbook)
    } else if folder.paths().any(source::is_markdown) {
        Some(Tool::Folder)
    } else {
        None
    }
}

/// The host that a file `CNAME` of GitHub Pages names.
fn host(folder: &Folder) -> Option<String> {
    let path = folder.first(&["CNAME", "static/CNAME", "src/CNAME", "docs/CNAME"])?;
    let text = folder.text(path)?;
    let host = text.trim();
    let is_host =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    is_host.then(|| host.to_string())
}

/// Where the tool writes the site, if it lies there.
fn built(tool: Tool, folder: &Folder) -> Option<String> {
    let name = match tool {
        Tool::Mdbook => "book",
        Tool::Zola | Tool::Hugo => "public",
        Tool::Jekyll => "_site",
        Tool::Gitbook => "_book",
        Tool::Folder => return None,
    };
    folder.has(&format!("{name}/index.html")).then(|| name.to_string())
}
