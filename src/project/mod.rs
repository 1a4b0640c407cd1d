//! Disk to [`Project`].
//!
//! In: a folder. Out: every text and file of the site, as one value that the rest of the build is
//! a function of. What can't be read is a diagnostic; only the loss of the folder itself is an
//! error. Reads, never writes.

pub mod assets;
pub mod documented;
pub mod images;
pub mod phrases;
pub mod theme;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use walkdir::WalkDir;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::theme::TEMPLATES;
use crate::settings::config::{self, BaseUrl, Config};
use crate::text::source::{Source, SourceId, Sources, Span, nfc};

/// Everything a site is made from.
#[derive(Debug, Default)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    pub sources: Sources,
    /// `partwork.toml`.
    pub config: SourceId,
    /// `urls.toml`; none when there is no such file. What drafts or another day show is not what readers
    /// know, so then it isn't even looked at.
    pub ledger: Option<SourceId>,
    /// Markdown under `content/`, by path.
    pub articles: Vec<SourceId>,
    /// TOML under `content/`, by path.
    pub data: Vec<SourceId>,
    /// Files and folders, by path, that are there and could not be read. The articles and data among
    /// them have their places, and no text.
    pub unread: BTreeSet<String>,
    /// Other files under `content/`, by path.
    pub files: BTreeMap<String, File>,
    /// Templates by their path below `templates/`: the project's own, and the built-in ones that
    /// it doesn't replace.
    pub templates: BTreeMap<String, SourceId>,
    /// Files of `static/`, by their path below it.
    pub statics: BTreeMap<String, File>,
    /// What is wrong with what was read.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file that is published as it is.
#[derive(Debug, Clone)]
pub struct File {
    /// Below the project's root.
    pub path: String,
    /// Where its bytes are.
    pub disk: PathBuf,
    /// Its text, for the kinds that pages or the theme look into (SVG, CSS, JS).
    pub text: Option<SourceId>,
}

/// What one run wants of a project.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The clock, or `SOURCE_DATE_EPOCH`.
    pub now: Timestamp,
    /// `--at` as typed; it needs the site's time zone, so it is read later.
    pub at: Option<String>,
    pub drafts: bool,
    /// `--base-url`, which stands in the stead of what the settings say.
    pub base_url: Option<BaseUrl>,
    /// Whether what takes long and nobody may look at (social cards, books) is made when it is asked for.
    /// A card that can't be drawn is then no diagnostic.
    pub later: bool,
}

impl Run {
    /// Whether it wants what readers know: neither drafts nor another day.
    pub fn is_of_today(&self) -> bool {
        !self.drafts && self.at.is_none()
    }
}

/// The name of the settings file, which makes a folder a project.
pub const CONFIG: &str = "partwork.toml";

/// The name of the ledger, beside the settings.
pub const LEDGER: &str = "urls.toml";

/// The folders that a site is made from, below the root.
pub const FOLDERS: [&str; 3] = ["content", "templates", "static"];

/// The largest source, in bytes: rendering takes up to fifty times as much memory.
const MOST_SOURCE_BYTES: u64 = 8 << 20;

/// SVG, CSS and JS beyond this many bytes are copied and not looked into.
const MOST_TEXT_BYTES: u64 = 4 << 20;

/// Reads a project. Fails only when the folder or its `partwork.toml` can't be read at all.
pub fn load(root: &Path, run: &Run) -> io::Result<Project> {
    let mut found = Vec::new();
    let project = read(root, run, &mut found)?;
    Ok(Project { diagnostics: found, ..project })
}

fn read(root: &Path, run: &Run, out: &mut Vec<Diagnostic>) -> io::Result<Project> {
    let config_text = fs::read(root.join(CONFIG))?;
    let mut sources = Sources::default();
    let config = match text(CONFIG, config_text) {
        Ok(source) => sources.add(source),
        Err(diagnostic) => {
            out.push(diagnostic);
            sources.add(Source::new(CONFIG, ""))
        }
    };
    let root_real = root.canonicalize()?;
    let mut project = Project { root: root.to_path_buf(), sources, config, ..Project::default() };
    project.ledger = if run.is_of_today() { load_ledger(root, &mut project, out) } else { None };
    let mut found = Vec::new();
    for folder in FOLDERS {
        walk(root, &root_real, folder, &mut found, &mut project.unread, out);
    }
    twins(&found, out);
    let left_out: Vec<String> = project.unread.iter().filter(|path| path.starts_with("content/")).cloned().collect();
    // Reading is most of the wait on a cold disk, so all texts are read at once.
    let read: Vec<(Found, Option<Result<Source, Diagnostic>>)> = found
        .into_par_iter()
        .map(|found| {
            let source = found.is_text.then(|| read_text(&found));
            (found, source)
        })
        .collect();
    for (found, source) in read {
        let id = match source {
            None => None,
            Some(Ok(source)) => Some(project.sources.add(source)),
            // An SVG in another encoding is still a file that can be copied.
            Some(Err(_)) if found.role == Role::File => None,
            Some(Err(diagnostic)) => {
                out.push(diagnostic);
                project.unread.insert(found.path.clone());
                if !matches!(found.role, Role::Article | Role::Data) {
                    continue;
                }
                Some(project.sources.add(Source::new(found.path.clone(), "")))
            }
        };
        let below = found.path.split_once('/').map_or("", |(_, below)| below).to_string();
        match (found.role, id) {
            (Role::Article, Some(id)) => project.articles.push(id),
            (Role::Data, Some(id)) => project.data.push(id),
            (Role::Template, Some(id)) => {
                project.templates.insert(below, id);
            }
            (Role::File, text) => {
                let file = File { path: found.path.clone(), disk: found.disk, text };
                if found.path.starts_with("static/") {
                    project.statics.insert(below, file);
                } else {
                    project.files.insert(found.path, file);
                }
            }
            _ => {}
        }
    }
    // A link that leads out of the project has the place that its file would have.
    for path in left_out {
        let Project { sources, articles, data, .. } = &mut project;
        let list = match path.rsplit_once('.') {
            Some((_, "md")) => articles,
            Some((_, "toml")) => data,
            _ => continue,
        };
        let at = list.partition_point(|source| sources.path(*source) < path.as_str());
        list.insert(at, sources.add(Source::new(path, "")));
    }
    check_marks(&project, out);
    add_theme(&mut project);
    Ok(project)
}

/// The settings as the file has them, before anything else of the project is read; `None` when they
/// can't be.
pub fn settings(root: &Path) -> Option<Config> {
    let mut sources = Sources::default();
    let id = sources.add(Source::new(CONFIG, fs::read_to_string(root.join(CONFIG)).ok()?));
    config::parse(&sources, id, &mut Vec::new())
}

/// Reads the ledger.
fn load_ledger(root: &Path, project: &mut Project, out: &mut Vec<Diagnostic>) -> Option<SourceId> {
    let disk = root.join(LEDGER);
    if disk.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    match read_text(&Found { path: LEDGER.into(), disk, role: Role::Data, is_text: true }) {
        Ok(source) => Some(project.sources.add(source)),
        Err(diagnostic) => {
            out.push(diagnostic);
            None
        }
    }
}

/// Warns of files that were made for another contract than this theme's.
fn check_marks(project: &Project, out: &mut Vec<Diagnostic>) {
    let own = |file: &theme::File| match file.folder {
        "templates" => project.templates.get(file.name).copied(),
        _ => project.statics.get(file.name).and_then(|file| file.text),
    };
    for (name, source) in theme::files().filter_map(|file| Some((file.name, own(&file)?))) {
        let mark = theme::mark(project.sources.text(source));
        if let Some((message, help)) = mark.and_then(|mark| theme::outdated(name, mark)) {
            out.push(Diagnostic::new(Code::OldOverride, Span::start_of(source), message).help(help));
        }
    }
}

/// Adds the built-in templates that the project doesn't replace.
pub fn add_theme(project: &mut Project) {
    for (path, bytes) in TEMPLATES {
        if !project.templates.contains_key(*path) {
            let text = String::from_utf8_lossy(bytes);
            let id = project.sources.add(Source::new(format!("templates/{path}"), text));
            project.templates.insert((*path).to_string(), id);
        }
    }
}

fn read_text(found: &Found) -> Result<Source, Diagnostic> {
    let too_large = |size: u64| {
        let message =
            format!("has {} MiB, more than the {} MiB that a source may have", size >> 20, MOST_SOURCE_BYTES >> 20);
        Diagnostic::file(Code::TooLarge, &found.path, message)
            .help("divide it, or publish it as a file beside an article")
    };
    match fs::metadata(&found.disk) {
        Ok(data) if data.len() > MOST_SOURCE_BYTES => return Err(too_large(data.len())),
        _ => {}
    }
    match fs::read(&found.disk) {
        Ok(bytes) => text(&found.path, bytes),
        Err(error) => Err(unreadable(&found.path, &error)),
    }
}

/// A text from the bytes of a file; not UTF-8 is a diagnostic with the offset of the first bad byte.
fn text(path: &str, bytes: Vec<u8>) -> Result<Source, Diagnostic> {
    String::from_utf8(bytes).map(|text| Source::new(path, text)).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = error.as_bytes().get(offset).copied().unwrap_or_default();
        let message = format!("byte {offset}, on line {line}, is {byte:#04x}, which is not UTF-8");
        Diagnostic::file(Code::NotUtf8, path, message).help("save the file as UTF-8")
    })
}

fn unreadable(path: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::file(Code::UnreadableFile, path, format!("can't be read: {error}"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Article,
    Data,
    Template,
    File,
}

struct Found {
    path: String,
    disk: PathBuf,
    role: Role,
    is_text: bool,
}

fn walk(
    root: &Path,
    root_real: &Path,
    folder: &str,
    found: &mut Vec<Found>,
    unread: &mut BTreeSet<String>,
    out: &mut Vec<Diagnostic>,
) {
    let top = root.join(folder);
    if !top.exists() {
        return;
    }
    let mut entries = WalkDir::new(&top).follow_links(true).sort_by_file_name().into_iter().filter_entry(|entry| {
        entry.depth() == 0 || !is_ignored(&entry.file_name().to_string_lossy(), entry.depth(), folder)
    });
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map_or(folder.to_string(), |path| display_path(root, path));
                unread.insert(path.clone());
                out.push(if error.loop_ancestor().is_some() {
                    Diagnostic::file(Code::LinkLeavesProject, path, "the link leads to a folder that it stands in")
                        .help("remove the link")
                } else {
                    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    Diagnostic::file(Code::UnreadableFile, path, format!("can't be read: {reason}"))
                });
                continue;
            }
        };
        let path = display_path(root, entry.path());
        let leaves = || entry.path().canonicalize().is_ok_and(|real| !real.starts_with(root_real));
        if entry.path_is_symlink() && leaves() {
            unread.insert(path.clone());
            out.push(
                Diagnostic::file(Code::LinkLeavesProject, path, "the link points out of the project")
                    .help("copy what it points at into the project"),
            );
            if entry.file_type().is_dir() {
                entries.skip_current_dir();
            }
            continue;
        }
        if entry.file_type().is_dir() {
            continue;
        }
        if !entry.file_type().is_file() {
            out.push(Diagnostic::file(Code::SkippedFile, path, "is no ordinary file and was left out"));
            continue;
        }
        if entry.path().to_str().is_none() {
            out.push(Diagnostic::file(Code::InvalidPath, path, "the name is not UTF-8").help("rename the file"));
            continue;
        }
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let role = match (folder, extension) {
            ("content", "md") => Role::Article,
            ("content", "toml") => Role::Data,
            ("templates", _) => Role::Template,
            _ => Role::File,
        };
        let looked_into = role != Role::File
            || matches!(extension, "svg" | "css" | "js")
                && entry.metadata().is_ok_and(|data| data.len() <= MOST_TEXT_BYTES);
        found.push(Found { path: nfc(&path).into_owned(), disk: entry.into_path(), role, is_text: looked_into });
    }
}

/// Names that are never read: hidden files, and what editors and systems leave behind. `depth` counts from 1 below
/// `folder`, one of [`FOLDERS`].
pub fn is_ignored(name: &str, depth: usize, folder: &str) -> bool {
    if folder == "static" && depth == 1 && name == ".well-known" {
        return false;
    }
    name.starts_with('.')
        || name.ends_with('~')
        || name.ends_with(".swp")
        || name.ends_with(".tmp")
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
        || matches!(name, "4913" | "Thumbs.db")
}

/// Files whose names are the same but for their Unicode form: one would hide the other.
fn twins(found: &[Found], out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for file in found {
        if seen.insert(&file.path) {
            continue;
        }
        let message = format!("two files are called {}, in different Unicode forms", quote(&file.path));
        out.push(Diagnostic::file(Code::DuplicateId, &file.path, message).help("remove or rename one of the two"));
    }
}

fn display_path(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|piece| piece.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
