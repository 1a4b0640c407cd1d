//! Pages to a folder that changes whole or not at all.
//!
//! In: each file of a build as it is made, then the finished [`Tree`]. Out: the output folder with
//! exactly those files and whatever was foreign in it before. Files are staged beside the output
//! and the two folders change places in one step; what is unchanged is linked over and keeps its
//! time. An output that can't change places (a mount point, a link) is brought up to date file by
//! file from a journal, which the next build carries through if this one is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::diagnostic::quote;
use crate::tree::{Content, Entry, OutputPath, Tree};

/// Why an output folder can't be written.
#[derive(Debug)]
pub enum EmitError {
    /// Writing there would lose something or can't be meant.
    Refused(String),
    /// The system said no.
    Io { doing: String, source: io::Error },
}

impl std::fmt::Display for EmitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EmitError::Refused(reason) => f.write_str(reason),
            EmitError::Io { doing, source } => write!(f, "{doing}: {source}"),
        }
    }
}

impl std::error::Error for EmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EmitError::Refused(_) => None,
            EmitError::Io { source, .. } => Some(source),
        }
    }
}

/// What a build did to its output.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub written: usize,
    pub unchanged: usize,
    pub removed: usize,
    pub bytes_written: u64,
}

/// The list of our own files, inside the output so that it moves with it.
pub const MANIFEST: &str = ".partwork-manifest";
const MANIFEST_HEAD: &str = "partwork manifest 1";
const JOURNAL: &str = ".partwork-journal";
/// Where an output that can't change places keeps the files of the next one.
const INNER_STAGING: &str = ".partwork-staging";

/// The output of one build while it runs. Dropped before [`Staging::commit`], it leaves the output
/// as it was.
#[derive(Debug)]
pub struct Staging {
    output: PathBuf,
    staging: PathBuf,
    exchange: bool,
    manifest: BTreeMap<String, Known>,
    /// Folders of the staging that exist already.
    folders: Mutex<BTreeSet<PathBuf>>,
    /// Files that were staged: all others of the tree are unchanged.
    staged: Mutex<BTreeSet<String>>,
    written: AtomicUsize,
    bytes: AtomicU64,
    done: bool,
    /// Held until the end: two builds of one output wait for each other.
    _lock: File,
}

/// What the manifest knows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    hash: [u8; 32],
    size: u64,
    /// Seconds and nanoseconds of the last change.
    time: (i64, i64),
}

/// Whether an output folder can be meant; `home` is the user's home folder.
pub fn check_output(root: &Path, output: &Path, home: Option<&Path>) -> Result<(), EmitError> {
    let refuse = |reason: String| Err(EmitError::Refused(reason));
    let shown = quote(&output.to_string_lossy());
    if output.as_os_str().is_empty() {
        return refuse("the output folder has an empty name".into());
    }
    let root = real(root);
    let output = real(output);
    if root.starts_with(&output) {
        let what = if root == output { "is the project itself" } else { "holds the project" };
        return refuse(format!("the output folder {shown} {what}"));
    }
    if home.is_some_and(|home| real(home) == output) {
        return refuse(format!("the output folder {shown} is the home folder"));
    }
    if let Some(inside) =
        ["content", "templates", "static", ".partwork"].iter().find(|name| output.starts_with(root.join(name)))
    {
        return refuse(format!("the output folder {shown} lies in the project's `{inside}`"));
    }
    if output.components().any(|piece| piece == Component::Normal(".git".as_ref())) {
        return refuse(format!("the output folder {shown} lies in `.git`"));
    }
    match fs::metadata(&output) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(EmitError::Io { doing: format!("looking at {shown}"), source }),
        Ok(data) if !data.is_dir() => return refuse(format!("the output {shown} is a file, not a folder")),
        Ok(_) => {}
    }
    let ours = output.join(MANIFEST).exists() || output.join(JOURNAL).exists();
    let empty = fs::read_dir(&output).map_err(io_error(format!("reading {shown}")))?.next().is_none();
    if !ours && !empty {
        return refuse(format!(
            "the output folder {shown} holds files and was never written by partwork; name another, or empty it"
        ));
    }
    Ok(())
}

/// A path without links and `..`, also when its end doesn't exist yet.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut missing = Vec::new();
    let mut existing = path.as_path();
    loop {
        if let Ok(mut real) = existing.canonicalize() {
            for piece in missing.iter().rev() {
                match piece {
                    Component::ParentDir => {
                        real.pop();
                    }
                    Component::Normal(name) => real.push(name),
                    _ => {}
                }
            }
            return real;
        }
        let mut pieces = existing.components();
        match pieces.next_back() {
            Some(piece) => missing.push(piece),
            None => return path,
        }
        existing = pieces.as_path();
    }
}

fn io_error(doing: impl Into<String>) -> impl FnOnce(io::Error) -> EmitError {
    let doing = doing.into();
    move |source| EmitError::Io { doing, source }
}

impl Staging {
    /// Checks the output, waits for its lock (`waiting` is called once if somebody holds it),
    /// clears what a killed build left, and reads what is there.
    pub fn open(root: &Path, output: &Path, home: Option<&Path>, waiting: &dyn Fn()) -> Result<Staging, EmitError> {
        check_output(root, output, home)?;
        let is_link = fs::symlink_metadata(output).is_ok_and(|data| data.is_symlink());
        let output = real(output);
        let parent = output.parent().map(Path::to_path_buf).unwrap_or_else(|| PathBuf::from("/"));
        fs::create_dir_all(&parent).map_err(io_error(format!("creating {}", quote(&parent.to_string_lossy()))))?;
        // The folder around the output can be locked without leaving a lock file in it.
        let lock = File::open(&parent).map_err(io_error("opening the folder around the output"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                waiting();
                lock.lock().map_err(io_error("waiting for another build"))?;
            }
            Err(fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(fs::TryLockError::Error(error)) => return Err(io_error("locking the output")(error)),
        }
        let name = output.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let prefix = format!(".{name}.partwork-");
        recover(&output, &parent, &prefix)?;
        // Whoever waited may find what the other build left.
        check_output(root, &output, home)?;
        let exchange = !is_link && same_device(&output, &parent);
        let staging = if exchange {
            let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(&parent);
            folder.map_err(io_error("creating the staging folder"))?.keep()
        } else {
            let folder = output.join(INNER_STAGING);
            fs::create_dir_all(&folder).map_err(io_error("creating the staging folder"))?;
            folder
        };
        let manifest = read_manifest(&output);
        Ok(Staging {
            output,
            staging,
            exchange,
            manifest,
            folders: Mutex::default(),
            staged: Mutex::default(),
            written: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            done: false,
            _lock: lock,
        })
    }

    /// Takes a file of the build. What is out there already is not written again.
    pub fn put(&self, path: &OutputPath, content: &Content) -> Result<Entry, EmitError> {
        let doing = || format!("writing {}", quote(path.as_str()));
        let entry = match content {
            Content::Bytes(bytes) => Entry { size: bytes.len() as u64, hash: blake3::hash(bytes).into() },
            Content::File(disk) => {
                hash_file(disk).map_err(io_error(format!("reading {}", quote(&disk.to_string_lossy()))))?
            }
        };
        if self.is_current(path, &entry) {
            return Ok(entry);
        }
        let target = self.staging.join(path.as_str());
        self.create_parent(&target).map_err(io_error(doing()))?;
        match content {
            Content::Bytes(bytes) => fs::write(&target, bytes).map_err(io_error(doing()))?,
            Content::File(disk) => {
                let mut from = File::open(disk).map_err(io_error(doing()))?;
                let mut to = File::create(&target).map_err(io_error(doing()))?;
                io::copy(&mut from, &mut to).map_err(io_error(doing()))?;
            }
        }
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).insert(path.as_str().to_string());
        self.written.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(entry.size, Ordering::Relaxed);
        Ok(entry)
    }

    /// Whether the output holds this file already, untouched since we wrote it.
    fn is_current(&self, path: &OutputPath, entry: &Entry) -> bool {
        let Some(known) = self.manifest.get(path.as_str()) else { return false };
        known.hash == entry.hash && known.size == entry.size && is_untouched(&self.output.join(path.as_str()), known)
    }

    fn create_parent(&self, target: &Path) -> io::Result<()> {
        let Some(parent) = target.parent() else { return Ok(()) };
        let known = |folders: &BTreeSet<PathBuf>| folders.contains(parent);
        if known(&self.folders.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        fs::create_dir_all(parent)?;
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).insert(parent.to_path_buf());
        Ok(())
    }

    /// Makes the output hold exactly the tree, beside what is foreign, or leaves it as it was.
    pub fn commit(mut self, tree: &Tree) -> Result<Summary, EmitError> {
        let removed: Vec<&String> = self.manifest.keys().filter(|path| tree.get(path).is_none()).collect();
        let staged = std::mem::take(&mut *self.staged.lock().unwrap_or_else(PoisonError::into_inner));
        let summary = Summary {
            written: staged.len(),
            unchanged: tree.len() - staged.len(),
            removed: removed.len(),
            bytes_written: self.bytes.load(Ordering::Relaxed),
        };
        let complete = self.output.join(MANIFEST).exists();
        if staged.is_empty() && removed.is_empty() && complete {
            return Ok(summary);
        }
        let foreign = self.foreign()?;
        refuse_foreign(tree, &foreign)?;
        if self.exchange {
            self.exchange(tree, &staged, &foreign)?;
        } else {
            self.apply_journal(tree, &staged, &removed)?;
        }
        self.done = true;
        Ok(summary)
    }

    /// What lies in the output and is not ours: files, links and empty folders, by their paths.
    fn foreign(&self) -> Result<BTreeMap<String, fs::FileType>, EmitError> {
        let mut foreign = BTreeMap::new();
        if !self.output.exists() {
            return Ok(foreign);
        }
        let mut own_folders: BTreeSet<&str> = BTreeSet::new();
        for path in self.manifest.keys() {
            own_folders.extend(path.match_indices('/').map(|(at, _)| &path[..at]));
        }
        for entry in walkdir::WalkDir::new(&self.output).min_depth(1) {
            let entry = entry.map_err(|error| io_error("reading the output folder")(error.into()))?;
            let below = entry.path().strip_prefix(&self.output).unwrap_or(entry.path());
            let Some(path) = below.to_str() else {
                foreign.insert(below.to_string_lossy().into_owned(), entry.file_type());
                continue;
            };
            let ours = self.manifest.contains_key(path)
                || path == MANIFEST
                || path == JOURNAL
                || path.starts_with(INNER_STAGING)
                || (entry.file_type().is_dir() && own_folders.contains(path));
            if !ours {
                foreign.insert(path.to_string(), entry.file_type());
            }
        }
        Ok(foreign)
    }

    fn exchange(
        &self,
        tree: &Tree,
        staged: &BTreeSet<String>,
        foreign: &BTreeMap<String, fs::FileType>,
    ) -> Result<(), EmitError> {
        for (path, _) in tree.iter().filter(|(path, _)| !staged.contains(path.as_str())) {
            let (from, to) = (self.output.join(path.as_str()), self.staging.join(path.as_str()));
            self.create_parent(&to)
                .and_then(|()| link(&from, &to))
                .map_err(io_error(format!("keeping {}", quote(path.as_str()))))?;
        }
        for (path, kind) in foreign {
            let (from, to) = (self.output.join(path), self.staging.join(path));
            self.carry(&from, &to, *kind).map_err(io_error(format!("keeping {}", quote(path))))?;
        }
        self.write_manifest(tree, &self.staging)?;
        if let Ok(data) = fs::metadata(&self.output) {
            fs::set_permissions(&self.staging, data.permissions()).map_err(io_error("setting permissions"))?;
        } else {
            set_open(&self.staging).map_err(io_error("setting permissions"))?;
        }
        if !self.output.exists() {
            return fs::rename(&self.staging, &self.output).map_err(io_error("moving the new output into place"));
        }
        match renameat_with(CWD, &self.staging, CWD, &self.output, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            Err(_) => {
                // No such step here: for a moment the old folder has another name, by which the
                // next build finds it if this one is killed between the two.
                let aside = old_name(&self.staging);
                fs::rename(&self.output, &aside).map_err(io_error("moving the old output aside"))?;
                if let Err(error) = fs::rename(&self.staging, &self.output) {
                    let _ = fs::rename(&aside, &self.output);
                    return Err(io_error("moving the new output into place")(error));
                }
                fs::rename(&aside, &self.staging).map_err(io_error("moving the old output aside"))?;
            }
        }
        // The new output stands; what is left of the old one is rubbish, whether or not it goes now.
        let _ = fs::remove_dir_all(&self.staging);
        Ok(())
    }

    fn carry(&self, from: &Path, to: &Path, kind: fs::FileType) -> io::Result<()> {
        self.create_parent(to)?;
        if kind.is_dir() {
            fs::create_dir_all(to)?;
            return fs::set_permissions(to, fs::metadata(from)?.permissions());
        }
        if kind.is_symlink() {
            return std::os::unix::fs::symlink(fs::read_link(from)?, to);
        }
        link(from, to)
    }

    fn write_manifest(&self, tree: &Tree, folder: &Path) -> Result<(), EmitError> {
        let mut text = format!("{MANIFEST_HEAD}\n");
        for (path, entry) in tree.iter() {
            let data = fs::metadata(folder.join(path.as_str()))
                .map_err(io_error(format!("looking at {}", quote(path.as_str()))))?;
            let hash = blake3::Hash::from_bytes(entry.hash).to_hex();
            // Writing to a `String` can't fail.
            let _ = writeln!(text, "{hash} {} {}.{} {path}", entry.size, data.mtime(), data.mtime_nsec());
        }
        fs::write(folder.join(MANIFEST), text).map_err(io_error("writing the manifest"))
    }

    /// Brings the output up to date in place: the journal says what to move and what to remove,
    /// so that whoever finds it can finish.
    fn apply_journal(&self, tree: &Tree, staged: &BTreeSet<String>, removed: &[&String]) -> Result<(), EmitError> {
        let mut text = format!("{MANIFEST_HEAD}\n");
        for (path, entry) in tree.iter() {
            let folder = if staged.contains(path.as_str()) { &self.staging } else { &self.output };
            let data = fs::metadata(folder.join(path.as_str()))
                .map_err(io_error(format!("looking at {}", quote(path.as_str()))))?;
            let hash = blake3::Hash::from_bytes(entry.hash).to_hex();
            let _ = writeln!(text, "{hash} {} {}.{} {path}", entry.size, data.mtime(), data.mtime_nsec());
        }
        fs::write(self.staging.join(MANIFEST), text).map_err(io_error("writing the manifest"))?;
        let mut journal = String::new();
        for path in staged.iter().map(String::as_str).chain([MANIFEST]) {
            let _ = writeln!(journal, "move {path}");
        }
        for path in removed {
            let _ = writeln!(journal, "remove {path}");
        }
        journal.push_str("end\n");
        let waiting = self.staging.join(JOURNAL);
        fs::write(&waiting, journal).map_err(io_error("writing the journal"))?;
        fs::rename(&waiting, self.output.join(JOURNAL)).map_err(io_error("writing the journal"))?;
        carry_through(&self.output)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_dir_all(&self.staging);
        }
    }
}

/// Carries a journal through: what it says to move and is still staged is moved, what it says to
/// remove and is still there is removed.
fn carry_through(output: &Path) -> Result<(), EmitError> {
    let journal = output.join(JOURNAL);
    let text = fs::read_to_string(&journal).map_err(io_error("reading the journal"))?;
    let staging = output.join(INNER_STAGING);
    if text.ends_with("end\n") {
        for line in text.lines() {
            let Some((verb, path)) = line.split_once(' ') else { continue };
            let from = staging.join(path);
            let to = output.join(path);
            let doing = format!("bringing {} up to date", quote(path));
            match verb {
                "move" if from.exists() => {
                    if let Some(parent) = to.parent() {
                        fs::create_dir_all(parent).map_err(io_error(doing.clone()))?;
                    }
                    fs::rename(&from, &to).map_err(io_error(doing))?;
                }
                "remove" if to.exists() => {
                    fs::remove_file(&to).map_err(io_error(doing))?;
                    remove_empty_parents(&to, output);
                }
                _ => {}
            }
        }
    }
    fs::remove_file(&journal).map_err(io_error("removing the journal"))?;
    let _ = fs::remove_dir_all(staging);
    Ok(())
}

fn remove_empty_parents(path: &Path, output: &Path) {
    let mut folder = path.parent();
    while let Some(parent) = folder.filter(|parent| *parent != output && fs::remove_dir(parent).is_ok()) {
        folder = parent.parent();
    }
}

/// Finishes or clears what a killed build left, under the lock.
fn recover(output: &Path, parent: &Path, prefix: &str) -> Result<(), EmitError> {
    if output.join(JOURNAL).exists() {
        carry_through(output)?;
    }
    let _ = fs::remove_dir_all(output.join(INNER_STAGING));
    for entry in fs::read_dir(parent).map_err(io_error("reading the folder around the output"))? {
        let entry = entry.map_err(io_error("reading the folder around the output"))?;
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(prefix)) else { continue };
        if rest.ends_with(".old") && !output.exists() {
            fs::rename(entry.path(), output).map_err(io_error("restoring the old output"))?;
        } else {
            fs::remove_dir_all(entry.path()).map_err(io_error("removing what a stopped build left"))?;
        }
    }
    Ok(())
}

fn old_name(staging: &Path) -> PathBuf {
    let mut name = staging.as_os_str().to_owned();
    name.push(".old");
    PathBuf::from(name)
}

fn same_device(output: &Path, parent: &Path) -> bool {
    match (fs::metadata(output), fs::metadata(parent)) {
        (Ok(output), Ok(parent)) => output.dev() == parent.dev(),
        _ => true,
    }
}

/// The permissions that a new folder usually has; a temporary one is private.
fn set_open(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

/// A second name for a file, or where the file system has none, a copy with the same time.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)?;
    let modified = fs::metadata(from)?.modified()?;
    File::options().write(true).open(to)?.set_modified(modified)
}

fn hash_file(disk: &Path) -> io::Result<Entry> {
    let mut file = File::open(disk)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Entry { size, hash: hasher.finalize().into() });
        }
        hasher.write_all(&buffer[..read])?;
        size += read as u64;
    }
}

fn is_untouched(path: &Path, known: &Known) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|data| data.is_file() && data.len() == known.size && (data.mtime(), data.mtime_nsec()) == known.time)
}

/// What the manifest of an output says; a manifest that can't be read claims nothing.
fn read_manifest(output: &Path) -> BTreeMap<String, Known> {
    let text = fs::read_to_string(output.join(MANIFEST)).unwrap_or_default();
    let mut lines = text.lines();
    if lines.next() != Some(MANIFEST_HEAD) {
        return BTreeMap::new();
    }
    lines.map(manifest_line).collect::<Option<_>>().unwrap_or_default()
}

fn manifest_line(line: &str) -> Option<(String, Known)> {
    let mut words = line.splitn(4, ' ');
    let hash = blake3::Hash::from_hex(words.next()?).ok()?;
    let size = words.next()?.parse().ok()?;
    let (seconds, nanoseconds) = words.next()?.split_once('.')?;
    let path = OutputPath::new(words.next()?).ok()?;
    let time = (seconds.parse().ok()?, nanoseconds.parse().ok()?);
    Some((path.as_str().to_string(), Known { hash: hash.into(), size, time }))
}

/// Refuses when a file of the tree would stand where something foreign is.
fn refuse_foreign(tree: &Tree, foreign: &BTreeMap<String, fs::FileType>) -> Result<(), EmitError> {
    for (path, _) in tree.iter() {
        let mut ancestors = path.as_str().match_indices('/').map(|(at, _)| &path.as_str()[..at]);
        let above = ancestors.find(|folder| foreign.get(*folder).is_some_and(|kind| !kind.is_dir()));
        if let Some(taken) = foreign.get_key_value(path.as_str()).map(|(path, _)| path.as_str()).or(above) {
            return Err(EmitError::Refused(format!(
                "the output holds {}, which partwork did not write and would have to replace; move it away",
                quote(taken)
            )));
        }
    }
    Ok(())
}
