//! Disk to [`Project`].
//!
//! In: a folder. Out: every text and file of the site. What can't be read is a diagnostic; only the
//! loss of the folder itself is an error. Reads, never writes.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::places::{self, MOST_SOURCE_BYTES, Refused};
use crate::project::texts::{Mark, Texts};
use crate::project::theme::{self, TEMPLATES};
use crate::project::walk::{self, Found, Role};
use crate::project::{CONFIG, FOLDERS, File, LEDGER, Project, Run};
use crate::settings::config::{self, Config};
use crate::store::origin::{Origin, Root};
use crate::text::source::{Source, SourceId, Sources, Span};

/// The largest table that an article shows, in bytes; a larger one is a file to be fetched.
const MOST_TABLE_BYTES: u64 = 1 << 20;

/// The one of [`FOLDERS`] that holds templates.
const TEMPLATES_FOLDER: &str = "templates";

/// Reads a project. Fails only when the folder or its `partwork.toml` can't be read at all.
pub fn load(root: &Path, run: &Run) -> io::Result<Project> {
    read(root, run, Keep::Here)
}

/// As [`load`], for who wants only the site: the file of an article is read where it is wanted, and not held. One that has
/// changed from one time to the next is an error.
pub fn load_leaving(root: &Path, run: &Run) -> io::Result<Project> {
    read(root, run, Keep::There)
}

/// As [`load`], in a program that has read the project before: `texts` are those of that time, and become those of now.
pub fn load_again(root: &Path, run: &Run, texts: &mut Texts) -> io::Result<Project> {
    read(root, run, Keep::Among(texts))
}

/// Where texts stay once they have been read.
enum Keep<'a> {
    Here,
    /// In their files, those of articles.
    There,
    /// Here, and among those of earlier and later times.
    Among(&'a mut Texts),
}

fn read(root: &Path, run: &Run, keep: Keep<'_>) -> io::Result<Project> {
    let leaves = matches!(keep, Keep::There);
    let texts = if let Keep::Among(texts) = keep { Some(texts) } else { None };
    let disk = Root::open(root)?;
    let mut project = Project { root: root.to_path_buf(), disk: Some(disk.clone()), ..Project::default() };
    let config = match places::find(&disk, Path::new(CONFIG)) {
        Err(Refused::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        found => found.map_err(|refused| refused.diagnostic(CONFIG)).and_then(|origin| read_text(CONFIG, &origin)),
    };
    let config = config.unwrap_or_else(|diagnostic| {
        project.diagnostics.push(diagnostic);
        project.unread.insert(CONFIG.to_string());
        Arc::new(Source::new(CONFIG, ""))
    });
    project.config = project.sources.add(config);
    project.ledger = if run.is_of_today() { ledger(&mut project, &disk) } else { None };
    let mut found = Vec::new();
    let theirs = |folder: &&str| run.untrusted && *folder == TEMPLATES_FOLDER;
    for folder in FOLDERS.into_iter().filter(|folder| !theirs(folder)) {
        found.extend(walk::walk(folder, &disk, &mut project));
    }
    check_twins(&found, &mut project.diagnostics);
    let left_out: Vec<String> = project.unread.iter().filter(|path| path.starts_with("content/")).cloned().collect();
    let known = texts.as_deref();
    let marks = if known.is_some() { marks(&found, &disk) } else { vec![None; found.len()] };
    // Reading is most of the wait on a cold disk, so all texts are read at once.
    let read: Vec<(Found, Option<Read>)> = found
        .into_par_iter()
        .zip(&marks)
        .map(|(found, mark)| {
            let again = || known.and_then(|texts| texts.get(&found.path, *mark));
            let leaves = leaves && found.role == Role::Article;
            let read = if leaves { there } else { read_text };
            let source = found.is_text.then(|| again().map_or_else(|| read(&found.path, &found.disk), Ok));
            // Files of programs are many, and few of them are read.
            let is_pointer = || found.role != Role::Program && is_pointer_file(&found.disk);
            let source = source.or_else(|| is_pointer().then(|| Err(pointer(&found.path))));
            (found, source)
        })
        .collect();
    if let Some(texts) = texts {
        let sources = read.iter().map(|(_, source)| source.as_ref()?.as_ref().ok());
        *texts = sources.zip(&marks).filter_map(|(source, mark)| Some((source?, (*mark)?))).collect();
    }
    for (found, source) in read {
        add(found, source, &mut project);
    }
    for path in left_out {
        add_left_out(path, &mut project);
    }
    if run.untrusted {
        let of_theme = |name: &str| theme::files().any(|file| file.folder != TEMPLATES_FOLDER && file.name == name);
        project.statics.retain(|name, _| !of_theme(name));
    }
    let told: Vec<Diagnostic> = outdated(&project).into_iter().chain(unchanged(&project)).collect();
    project.diagnostics.extend(told);
    add_theme(&mut project);
    Ok(project)
}

/// The settings as the file has them, before anything else of the project is read; `None` when they
/// can't be.
pub fn settings(root: &Path) -> Option<Config> {
    let mut sources = Sources::default();
    let id = sources.add(text(CONFIG, places::bytes(root, CONFIG).ok()?).ok()?);
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

/// Reads the ledger.
fn ledger(project: &mut Project, disk: &Root) -> Option<SourceId> {
    let path = Path::new(LEDGER);
    if disk.form(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    let found = places::find(disk, path).map_err(|refused| refused.diagnostic(LEDGER));
    match found.and_then(|origin| read_text(LEDGER, &origin)) {
        Ok(source) => Some(project.sources.add(source)),
        Err(diagnostic) => {
            project.diagnostics.push(diagnostic);
            None
        }
    }
}

/// Adds a file with its text, when it is one that is looked into.
fn add(found: Found, source: Option<Read>, project: &mut Project) {
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
        (Role::Program, _) => _ = project.programs.insert(found.path, found.disk),
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

/// Gives a link that isn't followed the place that its file would have.
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

/// What the system says of texts, one folder after the other: a step into each is most of what that takes.
fn marks(found: &[Found], disk: &Root) -> Vec<Option<Mark>> {
    let folders = found.par_chunk_by(|one, other| one.disk.folder() == other.disk.folder());
    let of_folder = |files: &[Found]| -> Vec<Option<Mark>> {
        let folder = files.first().and_then(|file| disk.folder(file.disk.folder()).ok());
        let mark = |file: &Found| Mark::of(folder.as_ref()?.look(file.disk.file_name()).ok()?);
        files.iter().map(|file| if file.is_text { mark(file) } else { None }).collect()
    };
    folders.flat_map_iter(of_folder).collect()
}

/// A text, or why it can't be one of a site.
type Read = Result<Arc<Source>, Diagnostic>;

/// Reads a text; says why it can't be one of a site.
pub fn read_text(path: &str, disk: &Origin) -> Read {
    read_source(path, disk).map(Arc::new)
}

/// The same, of a text that stays in its file.
fn there(path: &str, disk: &Origin) -> Read {
    let (name, disk) = (path.to_string(), disk.clone());
    let read = move || read_source(&name, &disk).ok()?.into_text();
    Ok(Arc::new(Source::there(path, read)))
}

/// Why a text that stays in its file could not be read, or not as it was before.
pub fn lost(project: &Project, source: &Source) -> Diagnostic {
    let found = project.disk.as_ref().map(|disk| places::find(disk, Path::new(&source.path)));
    let read = found.map(|found| match found {
        Ok(origin) => read_source(&source.path, &origin),
        Err(refused) => Err(refused.diagnostic(&source.path)),
    });
    match read {
        Some(Err(diagnostic)) => diagnostic,
        _ => Diagnostic::file(Code::UnreadableFile, &source.path, "has changed while the site was made")
            .help("build it again"),
    }
}

fn read_source(path: &str, disk: &Origin) -> Result<Source, Diagnostic> {
    let is_table = path.ends_with(".csv");
    let (most, help) = match is_table {
        true => (MOST_TABLE_BYTES, "show a part of it, and link to the file"),
        false => (MOST_SOURCE_BYTES, "divide it, or publish it as a file beside an article"),
    };
    match disk.read(most) {
        Ok(bytes) => text(path, bytes),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let what = if is_table { "the file of a table" } else { "a source" };
            let message = format!("has more than the {} MiB that {what} may have", most >> 20);
            Err(Diagnostic::file(Code::TooLarge, path, message).help(help))
        }
        Err(error) => Err(Refused::Unreadable(error).diagnostic(path)),
    }
}

/// A text from the bytes of a file; not UTF-8 is a diagnostic with the offset of the first bad byte. A NUL
/// is one as well: it stands in no text, but in every second byte of UTF-16.
pub fn text(path: &str, bytes: Vec<u8>) -> Result<Source, Diagnostic> {
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

/// Whether the bytes of a file are such a pointer.
pub fn is_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(POINTER) && bytes.len() as u64 <= POINTER_BYTES
}

/// Whether a file that is no source is such a pointer. One that can't be read is none.
fn is_pointer_file(disk: &Origin) -> bool {
    disk.read(POINTER_BYTES).is_ok_and(|bytes| is_pointer(&bytes))
}

fn pointer(path: &str) -> Diagnostic {
    Diagnostic::file(Code::LfsPointer, path, "is a pointer of Git LFS, not the file that it stands for")
        .help("run `git lfs pull`; in a workflow, let the checkout fetch LFS files")
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

/// The project's files that stand for files of the theme: their names there, and their texts.
fn overrides(project: &Project) -> impl Iterator<Item = (theme::File, SourceId)> {
    let own = |file: &theme::File| match file.folder {
        TEMPLATES_FOLDER => project.templates.get(file.name).copied(),
        _ => project.statics.get(file.name).and_then(|file| file.text),
    };
    theme::files().filter_map(move |file| Some((file, own(&file)?)))
}

/// Warns of files that were made for another contract than this theme's.
fn outdated(project: &Project) -> Vec<Diagnostic> {
    let warning = |(file, source): (theme::File, SourceId)| {
        let (message, help) = theme::outdated(file.name, theme::mark(project.sources.text(source))?)?;
        Some(Diagnostic::new(Code::OldOverride, Span::start_of(source), message).help(help))
    };
    overrides(project).filter_map(warning).collect()
}

/// Tells once of the copies of the theme's files that nobody changed.
fn unchanged(project: &Project) -> Option<Diagnostic> {
    /// How many are named.
    const NAMED: usize = 3;
    let copies: Vec<(String, SourceId)> = overrides(project)
        .filter(|(file, source)| theme::is_unchanged(file.name, project.sources.text(*source)))
        .map(|(file, source)| (file.path(), source))
        .collect();
    let (_, first) = copies.first()?;
    let named: Vec<String> = copies.iter().take(NAMED).map(|(path, _)| quote(path)).collect();
    let message = match copies.len() {
        1 => format!("{} is the theme's own, unchanged", named.join("")),
        count if count <= NAMED => format!("{} are the theme's own, unchanged", named.join(", ")),
        count => format!("{} and {} more are the theme's own, unchanged", named.join(", "), count - NAMED),
    };
    let help = "delete what you don't change: it would stay as it is when the theme gets better";
    Some(Diagnostic::new(Code::UnchangedOverride, Span::start_of(*first), message).help(help))
}
