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
use crate::settings::config::{self, Config};
use crate::text::source::{Source, SourceId, Sources, Span, nfc};

/// Everything a site is made from.
#[derive(Debug, Default)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    pub sources: Sources,
    /// `partwork.toml`.
    pub config: SourceId,
    /// `urls.toml`; none when there is no such file or this run may not read it.
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
    pub options: Options,
}

/// A file that is published as it is.
#[derive(Debug, Clone)]
pub struct File {
    /// Below the project's root.
    pub path: String,
    /// Where its bytes are.
    pub disk: PathBuf,
    /// Its text, for the kinds that pages or the theme look into (SVG, CSS, JS), and for rules of hosts.
    pub text: Option<SourceId>,
}

/// What one run wants of the project.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The clock, `SOURCE_DATE_EPOCH` or an instant that was asked for.
    pub now: Timestamp,
    /// `--at` as typed; it needs the site's time zone, so it is read later.
    pub at: Option<String>,
    pub drafts: bool,
    /// `--base-url` as typed.
    pub base_url: Option<String>,
    /// Whether what takes long and nobody may look at (social cards, books) is made when it is asked for.
    /// A card that can't be drawn is then no diagnostic.
    pub later: bool,
}

/// The name of the settings file, which makes a folder a project.
pub const CONFIG: &str = "partwork.toml";

/// The name of the ledger, beside the settings.
pub const LEDGER: &str = "urls.toml";

/// The folders that a site is made from, below the root.
pub const FOLDERS: [&str; 3] = ["content", "templates", "static"];

/// The largest source, in bytes: rendering takes up to fifty times as much memory.
const MOST_SOURCE_BYTES: u64 = 8 << 20;

/// What a project says to hosts itself.
const RULES: [&str; 2] = ["static/_headers", "static/_redirects"];

/// SVG, CSS and JS beyond this many bytes are copied and not looked into.
const MOST_TEXT_BYTES: u64 = 4 << 20;

/// Reads a project. Fails only when the folder or its `partwork.toml` can't be read at all.
pub fn load(root: &Path, options: Options, out: &mut Vec<Diagnostic>) -> io::Result<Project> {
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
    let mut project = Project { root: root.to_path_buf(), sources, config, options, ..Project::default() };
    project.ledger = load_ledger(root, &mut project, out);
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
            let source = source.or_else(|| is_pointer_file(&found.disk).then(|| Err(pointer(&found.path))));
            (found, source)
        })
        .collect();
    for (found, source) in read {
        let id = match source {
            None => None,
            Some(Ok(source)) => Some(project.sources.add(source)),
            // An SVG in another encoding is still a file that can be copied.
            Some(Err(diagnostic)) if found.role == Role::File => {
                // Of what is copied and not read, this alone is wrong.
                if diagnostic.code == Code::LfsPointer {
                    project.unread.insert(found.path.clone());
                    out.push(diagnostic);
                }
                None
            }
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

/// Reads the ledger. What drafts or another day show is not what readers know, so then it isn't
/// even looked at.
fn load_ledger(root: &Path, project: &mut Project, out: &mut Vec<Diagnostic>) -> Option<SourceId> {
    if project.options.drafts || project.options.at.is_some() {
        return None;
    }
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

/// A text from the bytes of a file; not UTF-8 is a diagnostic with the offset of the first bad byte. A NUL
/// is one as well: it stands in no text, but in every second byte of UTF-16.
fn text(path: &str, bytes: Vec<u8>) -> Result<Source, Diagnostic> {
    if is_pointer(&bytes) {
        return Err(pointer(path));
    }
    let nul = memchr::memchr(0, &bytes);
    let (bytes, offset) = match (String::from_utf8(bytes), nul) {
        (Ok(text), None) => return Ok(Source::new(path, text)),
        (Ok(text), Some(nul)) => (text.into_bytes(), nul),
        (Err(error), nul) => {
            let bad = error.utf8_error().valid_up_to();
            (error.into_bytes(), nul.map_or(bad, |nul| nul.min(bad)))
        }
    };
    let line = bytes[..offset].iter().filter(|byte| **byte == b'\n').count() + 1;
    let what = match bytes.get(offset) {
        Some(0) | None => "0x00, which stands in no text".to_string(),
        Some(byte) => format!("{byte:#04x}, which is not UTF-8"),
    };
    let message = format!("byte {offset}, on line {line}, is {what}");
    Err(Diagnostic::file(Code::NotUtf8, path, message).help("save the file as UTF-8"))
}

/// How a pointer of Git LFS begins, which stands for a file that wasn't fetched
/// (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// The most bytes that a pointer has.
const POINTER_BYTES: u64 = 1024;

fn is_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(POINTER) && bytes.len() as u64 <= POINTER_BYTES
}

/// Whether a file that is no source is such a pointer. One that can't be read is none.
fn is_pointer_file(disk: &Path) -> bool {
    let is_short = fs::metadata(disk).is_ok_and(|data| data.len() <= POINTER_BYTES);
    is_short && fs::read(disk).is_ok_and(|bytes| is_pointer(&bytes))
}

fn pointer(path: &str) -> Diagnostic {
    Diagnostic::file(Code::LfsPointer, path, "is a pointer of Git LFS, not the file that it stands for")
        .help("run `git lfs pull`; in a workflow, let the checkout fetch LFS files")
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
    match fs::metadata(&top) {
        // A link that leads nowhere is reported below, as any other.
        Err(_) if top.symlink_metadata().is_err() => return,
        Ok(data) if !data.is_dir() => {
            unread.insert(folder.to_string());
            out.push(swapped(folder, "is a file, and a folder has that name").help("rename it, and make the folder"));
            return;
        }
        _ => {}
    }
    let mut entries = WalkDir::new(&top).follow_links(true).sort_by_file_name().into_iter().filter_entry(|entry| {
        entry.depth() == 0 || !is_ignored(&entry.file_name().to_string_lossy(), entry.depth(), folder)
    });
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                // What a link leads to is looked at before its name.
                let name = error.path().and_then(Path::file_name).unwrap_or_default();
                if error.depth() > 0 && is_ignored(&name.to_string_lossy(), error.depth(), folder) {
                    continue;
                }
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
            if entry.depth() > 0 && is_text_name(folder, &path) {
                unread.insert(path.clone());
                out.push(swapped(&path, "is a folder, and a file has that name").help("rename it"));
                entries.skip_current_dir();
            }
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
                && entry.metadata().is_ok_and(|data| data.len() <= MOST_TEXT_BYTES)
            || RULES.contains(&path.as_str());
        found.push(Found { path: nfc(&path).into_owned(), disk: entry.into_path(), role, is_text: looked_into });
    }
}

/// Whether a path below one of [`FOLDERS`] is one of a text that is looked for by its name.
fn is_text_name(folder: &str, path: &str) -> bool {
    match folder {
        "content" => path.ends_with(".md") || path.ends_with(".toml"),
        "templates" => path.ends_with(".html"),
        _ => false,
    }
}

/// A file that stands where a folder belongs, or the other way round.
fn swapped(path: &str, message: &str) -> Diagnostic {
    Diagnostic::file(Code::UnreadableFile, path, message)
}

/// Endings of what editors, merges and downloads leave behind.
const LEFT_BEHIND: [&str; 9] = ["~", ".swp", ".swo", ".tmp", ".bak", ".orig", ".rej", "___jb_old___", "___jb_tmp___"];

/// What systems and Vim keep for themselves in folders of others.
const SYSTEM_NAMES: [&str; 8] = [
    "4913",
    "Thumbs.db",
    "desktop.ini",
    "Icon\r",
    "__MACOSX",
    "lost+found",
    "$RECYCLE.BIN",
    "System Volume Information",
];

/// Names that are never read: hidden files, and what editors and systems leave behind. `depth` counts from 1 below
/// `folder`, one of [`FOLDERS`].
pub fn is_ignored(name: &str, depth: usize, folder: &str) -> bool {
    if folder == "static" && depth == 1 && name == ".well-known" {
        return false;
    }
    name.starts_with('.')
        || LEFT_BEHIND.iter().any(|ending| name.ends_with(ending))
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
        || SYSTEM_NAMES.contains(&name)
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
