//! Disk to [`Project`].
//!
//! In: a folder. Out: every text and file of the site. What can't be read is a diagnostic; only the
//! loss of the folder itself is an error. Reads, never writes.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use walkdir::{DirEntry, WalkDir};

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::theme::{self, TEMPLATES};
use crate::project::{CONFIG, FOLDERS, File, LEDGER, Project, Run};
use crate::settings::config::{self, Config};
use crate::text::source::{Source, SourceId, Sources, Span, nfc};

/// The largest source, in bytes: rendering takes up to fifty times as much memory.
const MOST_SOURCE_BYTES: u64 = 8 << 20;

/// What a project says to hosts itself.
const RULES: [&str; 2] = ["static/_headers", "static/_redirects"];

/// SVG, CSS and JS beyond this many bytes are copied and not looked into.
const MOST_TEXT_BYTES: u64 = 4 << 20;

/// Reads a project. Fails only when the folder or its `partwork.toml` can't be read at all.
pub fn load(root: &Path, run: &Run) -> io::Result<Project> {
    let config = text(CONFIG, fs::read(root.join(CONFIG))?);
    let real = root.canonicalize()?;
    let mut project = Project { root: root.to_path_buf(), ..Project::default() };
    let config = config.unwrap_or_else(|diagnostic| {
        project.diagnostics.push(diagnostic);
        Source::new(CONFIG, "")
    });
    project.config = project.sources.add(config);
    project.ledger = if run.is_of_today() { ledger(&mut project) } else { None };
    let mut found = Vec::new();
    for folder in FOLDERS {
        walk(folder, &real, &mut project, &mut found);
    }
    check_twins(&found, &mut project.diagnostics);
    let left_out: Vec<String> = project.unread.iter().filter(|path| path.starts_with("content/")).cloned().collect();
    // Reading is most of the wait on a cold disk, so all texts are read at once.
    let read: Vec<(Found, Option<Result<Source, Diagnostic>>)> = found
        .into_par_iter()
        .map(|found| {
            let source = found.is_text.then(|| read_text(&found.path, &found.disk));
            let source = source.or_else(|| is_pointer_file(&found.disk).then(|| Err(pointer(&found.path))));
            (found, source)
        })
        .collect();
    for (found, source) in read {
        add(found, source, &mut project);
    }
    for path in left_out {
        add_left_out(path, &mut project);
    }
    let outdated = outdated(&project);
    project.diagnostics.extend(outdated);
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

/// Reads the ledger.
fn ledger(project: &mut Project) -> Option<SourceId> {
    let disk = project.root.join(LEDGER);
    if disk.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    match read_text(LEDGER, &disk) {
        Ok(source) => Some(project.sources.add(source)),
        Err(diagnostic) => {
            project.diagnostics.push(diagnostic);
            None
        }
    }
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

/// Finds the files of a folder. `real` is the project's own, links followed.
fn walk(folder: &str, real: &Path, project: &mut Project, found: &mut Vec<Found>) {
    let top = project.root.join(folder);
    match fs::metadata(&top) {
        // A link that leads nowhere is reported below, as any other.
        Err(_) if top.symlink_metadata().is_err() => return,
        Ok(data) if !data.is_dir() => {
            project.unread.insert(folder.to_string());
            let diagnostic = swapped(folder, "is a file, and a folder has that name");
            project.diagnostics.push(diagnostic.help("rename it, and make the folder"));
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
                let path = error.path().map_or(folder.to_string(), |path| display_path(&project.root, path));
                project.unread.insert(path.clone());
                project.diagnostics.push(unwalkable(path, &error));
                continue;
            }
        };
        let path = display_path(&project.root, entry.path());
        let leaves = || entry.path().canonicalize().is_ok_and(|place| !place.starts_with(real));
        if entry.path_is_symlink() && leaves() {
            project.unread.insert(path.clone());
            project.diagnostics.push(
                Diagnostic::file(Code::LinkLeavesProject, path, "the link points out of the project")
                    .help("copy what it points at into the project"),
            );
            if entry.file_type().is_dir() {
                entries.skip_current_dir();
            }
        } else if entry.file_type().is_dir() {
            if entry.depth() > 0 && is_text_name(folder, &path) {
                project.unread.insert(path.clone());
                let diagnostic = swapped(&path, "is a folder, and a file has that name");
                project.diagnostics.push(diagnostic.help("rename it"));
                entries.skip_current_dir();
            }
        } else {
            match file(entry, path, folder) {
                Ok(file) => found.push(file),
                Err(diagnostic) => project.diagnostics.push(diagnostic),
            }
        }
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

fn unwalkable(path: String, error: &walkdir::Error) -> Diagnostic {
    if error.loop_ancestor().is_some() {
        return Diagnostic::file(Code::LinkLeavesProject, path, "the link leads to a folder that it stands in")
            .help("remove the link");
    }
    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Diagnostic::file(Code::UnreadableFile, path, format!("can't be read: {reason}"))
}

/// What a file of a folder is.
fn file(entry: DirEntry, path: String, folder: &str) -> Result<Found, Diagnostic> {
    if !entry.file_type().is_file() {
        return Err(Diagnostic::file(Code::SkippedFile, path, "is no ordinary file and was left out"));
    }
    if entry.path().to_str().is_none() {
        return Err(Diagnostic::file(Code::InvalidPath, path, "the name is not UTF-8").help("rename the file"));
    }
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let role = match (folder, extension) {
        ("content", "md") => Role::Article,
        ("content", "toml") => Role::Data,
        ("templates", _) => Role::Template,
        _ => Role::File,
    };
    let is_text = role != Role::File
        || matches!(extension, "svg" | "css" | "js")
            && entry.metadata().is_ok_and(|data| data.len() <= MOST_TEXT_BYTES)
        || RULES.contains(&path.as_str());
    Ok(Found { path: nfc(&path).into_owned(), disk: entry.into_path(), role, is_text })
}

/// Adds a file with its text, when it is one that is looked into.
fn add(found: Found, source: Option<Result<Source, Diagnostic>>, project: &mut Project) {
    let id = match source {
        None => None,
        Some(Ok(source)) => Some(project.sources.add(source)),
        // An SVG in another encoding is still a file that can be copied.
        Some(Err(diagnostic)) if found.role == Role::File => {
            // Of what is copied and not read, this alone is wrong.
            if diagnostic.code == Code::LfsPointer {
                project.unread.insert(found.path.clone());
                project.diagnostics.push(diagnostic);
            }
            None
        }
        Some(Err(diagnostic)) => {
            project.diagnostics.push(diagnostic);
            project.unread.insert(found.path.clone());
            if !matches!(found.role, Role::Article | Role::Data) {
                return;
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

/// Gives a link that leads out of the project the place that its file would have.
fn add_left_out(path: String, project: &mut Project) {
    let Project { sources, articles, data, .. } = project;
    let list = match path.rsplit_once('.') {
        Some((_, "md")) => articles,
        Some((_, "toml")) => data,
        _ => return,
    };
    let at = list.partition_point(|source| sources.path(*source) < path.as_str());
    list.insert(at, sources.add(Source::new(path, "")));
}

fn read_text(path: &str, disk: &Path) -> Result<Source, Diagnostic> {
    let too_large = |size: u64| {
        let message =
            format!("has {} MiB, more than the {} MiB that a source may have", size >> 20, MOST_SOURCE_BYTES >> 20);
        Diagnostic::file(Code::TooLarge, path, message).help("divide it, or publish it as a file beside an article")
    };
    match fs::metadata(disk) {
        Ok(data) if data.len() > MOST_SOURCE_BYTES => return Err(too_large(data.len())),
        _ => {}
    }
    match fs::read(disk) {
        Ok(bytes) => text(path, bytes),
        Err(error) => Err(unreadable(path, &error)),
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

/// Files whose names are the same but for their Unicode form: one would hide the other.
fn check_twins(found: &[Found], out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for file in found {
        if seen.insert(&file.path) {
            continue;
        }
        let message = format!("two files are called {}, in different Unicode forms", quote(&file.path));
        out.push(Diagnostic::file(Code::DuplicateId, &file.path, message).help("remove or rename one of the two"));
    }
}

/// Warns of files that were made for another contract than this theme's.
fn outdated(project: &Project) -> Vec<Diagnostic> {
    let own = |file: &theme::File| match file.folder {
        "templates" => project.templates.get(file.name).copied(),
        _ => project.statics.get(file.name).and_then(|file| file.text),
    };
    let warning = |(name, source): (&str, SourceId)| {
        let (message, help) = theme::outdated(name, theme::mark(project.sources.text(source))?)?;
        Some(Diagnostic::new(Code::OldOverride, Span::start_of(source), message).help(help))
    };
    theme::files().filter_map(|file| Some((file.name, own(&file)?))).filter_map(warning).collect()
}

fn display_path(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|piece| piece.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
