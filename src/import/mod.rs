//! Moving in: the source of another tool as a project.
//!
//! In: a folder, and whose it is. Out: the files of a project, and a report of what became of each thing. One
//! reader a tool says in the words of `model` what is there; passes translate its texts; one writer makes the
//! project of that. The source is only read, and nothing is asked of a network or of the other tool.

mod aliases;
mod anchors;
mod around;
mod attributes;
pub mod compare;
mod docusaurus;
mod elements;
mod folder;
mod formulas;
mod giscus;
mod gitbook;
mod history;
mod hugo;
mod index;
mod jekyll;
mod kramdown;
mod languages;
mod links;
mod liquid;
mod mdbook;
mod mentions;
mod meta;
mod model;
mod names;
mod numbers;
mod pieces;
mod plan;
pub mod put;
mod redirects;
pub mod report;
mod series;
mod shortcodes;
mod sidebar;
mod source;
mod summary;
mod tags;
mod templates;
mod texts;
mod tool;
pub mod typed;
mod view;
mod write;
mod zola;

pub use history::{FORMAT as LOG_FORMAT, LOG};

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use index::Index;
use meta::Broken;
use model::Found;
use plan::Layout;
use put::{Out, PutError};
use report::{Kind, Report};
use source::Folder;
use texts::Texts;
use typed::Place;

use crate::cli::Tool;
use crate::diagnostic::quote;

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

/// A source of which is known what becomes of it.
#[derive(Debug)]
pub struct Ready {
    tool: Tool,
    within: Option<String>,
    folder: Folder,
    found: Found,
    index: Index,
    layout: Layout,
    report: Report,
}

/// A project of which the articles are written.
#[derive(Debug)]
pub struct Imported {
    pub tool: Tool,
    /// The folder of the source that alone is its tool's, if that isn't the source itself.
    pub within: Option<String>,
    pub files: Vec<Out>,
    pub report: Report,
    /// What the files that are copied are copied from.
    pub folder: Folder,
    /// Where the old site lies in that folder as it was built, if it does.
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

/// Reads a source, and decides what becomes of it.
pub fn read(source: &Path, wanted: Wanted<'_>) -> Result<Ready, ImportError> {
    let mut report = Report::default();
    let mut folder = Folder::open(source, &mut report)?;
    let detected = detect(&folder);
    let (mut tool, mut within) = (wanted.tool.or(detected), None);
    // A theme has the settings of a site and no texts but those of an example.
    let has_texts = || folder.paths().any(|path| path.starts_with("content") && source::is_markdown(path));
    let is_theme = matches!(detected, Some(Tool::Hugo | Tool::Zola)) && !has_texts();
    if wanted.tool != Some(Tool::Folder)
        && (is_theme || matches!(detected, None | Some(Tool::Folder)))
        && let Some((name, its)) = sole(source, &folder, wanted.tool, &mut report)?
    {
        report = Report::default();
        folder = Folder::open(&source.join(&name), &mut report)?;
        (tool, within) = (Some(its), Some(name));
    }
    let tool = tool.ok_or(ImportError::Unknown)?;
    let mut found = match tool {
        Tool::Mdbook => mdbook::read(&folder, &mut report)?,
        Tool::Zola => zola::read(&folder, &mut report)?,
        Tool::Hugo => hugo::read(&folder, &mut report)?,
        Tool::Jekyll => jekyll::read(&folder, &mut report)?,
        Tool::Gitbook => gitbook::read(&folder, &mut report)?,
        Tool::Folder => folder::read(&folder, &mut report)?,
    };
    if found.pages.is_empty() {
        let what = format!("where the articles are: {} has none there; `--from` names another tool", tool.name());
        report.tell(Kind::Decide, Place::whole("."), &what);
    }
    if let Some(base) = wanted.base_url {
        found.site.base_url = Some(format!("{}/", base.trim_end_matches('/')));
    }
    if found.site.base_url.is_none() {
        found.site.base_url = host(&folder).map(|host| format!("https://{host}/"));
    }
    if found.site.discussion.is_none() {
        found.site.discussion = giscus::find(&folder, &mut report);
    }
    if found.site.discussion.as_ref().is_some_and(|giscus| giscus.mapping.is_none()) {
        let place = Place { file: "partwork.toml".into(), line: 1 };
        report.tell(Kind::Decide, place, "by what giscus finds the discussion of each article, its `thread`");
    }
    history::add_named_days(&mut found);
    if history::lacks_days(&found) {
        let place = within.as_ref().map_or_else(|| source.to_path_buf(), |name| source.join(name));
        history::add_days(&mut found, &(wanted.history)(&place));
    }
    languages::settle(&mut found, &mut report);
    series::settle(&mut found);
    numbers::settle(&mut found);
    found.settle_lists();
    found.settle_tags();
    redirects::of_pages(&mut found);
    let mut index = Index::new(&found);
    redirects::take(&mut found, &index, &folder);
    index.lead_on(&found);
    let layout = plan::layout(&found, &folder, &mut report);
    write::tell_made(&found, &layout, &index, &mut report);
    Ok(Ready { tool, within, folder, found, index, layout, report })
}

impl Ready {
    /// Writes the articles, and says which other files there are to be. `to` takes the path of an article below the
    /// project and its text, from several threads.
    pub fn write(self, to: &write::To<'_>) -> Result<Imported, PutError> {
        let Ready { tool, within, folder, found, index, layout, mut report } = self;
        let texts = Texts { tool, folder: &folder, index: &index, found: &found };
        let files = write::project(write::Whole { texts, layout: &layout }, to, &mut report)?;
        let built = built(tool, &folder);
        Ok(Imported { tool, within, files, report, folder, built })
    }
}

/// Whose files they are.
fn detect(folder: &Folder) -> Option<Tool> {
    let is_zola = || {
        let text = folder.first(&zola::CONFIGS).and_then(|path| folder.text(path)).unwrap_or_default();
        text.lines().any(|line| line.trim_start().starts_with("base_url"))
    };
    // A book of GitBook may have a `_config.yml` as well, by which GitHub shows its repository.
    let is_book = folder.first(&gitbook::CONFIGS).is_some() && folder.has("SUMMARY.md");
    if folder.has(mdbook::CONFIG) {
        Some(Tool::Mdbook)
    } else if is_book {
        Some(Tool::Gitbook)
    } else if folder.first(&jekyll::CONFIGS).is_some() {
        Some(Tool::Jekyll)
    } else if is_zola() {
        Some(Tool::Zola)
    } else if hugo::is_one(folder) {
        Some(Tool::Hugo)
    } else if folder.first(&gitbook::CONFIGS).is_some() || folder.first(&["SUMMARY.md", "LANGS.md"]).is_some() {
        Some(Tool::Gitbook)
    } else if folder.paths().any(source::is_markdown) {
        Some(Tool::Folder)
    } else {
        None
    }
}

/// The one folder of a repository that is the source of a tool, of the wanted one if any is named, where the repository
/// itself is none: a blog in the repository of what it is about.
fn sole(
    source: &Path,
    folder: &Folder,
    wanted: Option<Tool>,
    report: &mut Report,
) -> io::Result<Option<(String, Tool)>> {
    let all = [&[mdbook::CONFIG][..], &jekyll::CONFIGS, &zola::CONFIGS, &hugo::CONFIGS].concat();
    let holds = |path: &&str| path.split_once('/').is_some_and(|(_, rest)| all.contains(&rest));
    let names: BTreeSet<&str> = folder.paths().filter(holds).filter_map(|path| Some(path.split_once('/')?.0)).collect();
    let mut found: Vec<(String, Tool)> = Vec::new();
    for name in names {
        let inner = Folder::open(&source.join(name), &mut Report::default())?;
        // Settings of that name alone are any program's.
        let has_texts = || inner.paths().any(|path| path.starts_with("content"));
        match detect(&inner) {
            Some(tool @ (Tool::Mdbook | Tool::Jekyll)) => found.push((name.to_string(), tool)),
            Some(tool @ (Tool::Zola | Tool::Hugo)) if has_texts() => found.push((name.to_string(), tool)),
            _ => {}
        }
    }
    found.retain(|(_, tool)| wanted.is_none_or(|wanted| wanted == *tool));
    if let [(first, _), _, ..] = found.as_slice() {
        let names: Vec<String> = found.iter().map(|(name, _)| quote(name)).collect();
        let what = format!("which source is meant, of {}; all of it was taken for one", names.join(", "));
        report.tell(Kind::Decide, Place::whole(first), &what);
    }
    Ok(found.pop().filter(|_| found.is_empty()))
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
