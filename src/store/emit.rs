//! The store of a build that goes to disk: a staging folder, and the exchange at the end.
//!
//! In: pages and files as they come, from any thread, and at the end the [`Tree`] of all that are
//! wanted. Out: a folder that holds exactly the tree and what others put there. Never keeps a
//! content in memory, never changes the output before [`Staging::commit`], never deletes or
//! replaces what its manifest doesn't name.
//!
//! Everything of one build lies in one hidden folder, `.<name>.partwork` beside the output, or
//! `.partwork-staging` inside an output that is a mount point or whose parent can't be written:
//!
//! | name | what it is |
//! |---|---|
//! | `lock` | held as long as the build lives; the system releases it when the process is killed |
//! | `new/` | the files that were written, and before the exchange the whole new tree |
//! | `old/` | the old tree, from the exchange until it is deleted |
//! | `journal` | what is still to be done to an output that can't be exchanged |
//!
//! The folder's name is fixed, not random, so that it is the lock of this output and of no other,
//! and so that the next build finds what a killed one left.
//!
//! The promise is against killed processes. Against power cuts it would take an `fsync` a file,
//! which costs more than the build.

use std::collections::{BTreeMap, HashSet, btree_map};
use std::error::Error;
use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::fs::{self, File, FileType, Metadata, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rustix::io::Errno;
use walkdir::WalkDir;

use crate::diagnostic::quote;
use crate::store::disk::{hash_file, ignore_missing, link_or_copy, with_parents};
use crate::store::tree::{Content, Entry, Leaf, Made, OutputPath, Tree};
use crate::text::path::folders_above;

/// The list of our own files. It lies in the output, not in the cache, so that it moves with the
/// files and survives the cache.
pub const MANIFEST: &str = ".partwork-manifest";
const MANIFEST_VERSION: &str = "partwork-manifest 1";
const JOURNAL_VERSION: &str = "partwork-journal 1";
/// The staging folder's name where it can't stand beside the output.
const INSIDE: &str = ".partwork-staging";
/// Folders of a project that no output may lie in.
const KEPT_CLEAR: [&str; 5] = ["content", "templates", "static", ".partwork", ".git"];

/// Why an output folder can't be written.
#[derive(Debug)]
pub enum EmitError {
    /// Writing there would be wrong, whoever tries; nothing was changed.
    Refused(String),
    /// The system would not do something; `doing` names it, as in "write `a.html`".
    Io { doing: String, source: io::Error },
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EmitError::Refused(why) => f.write_str(why),
            EmitError::Io { doing, source } => write!(f, "could not {doing}: {source}"),
        }
    }
}

// The system's reason is part of the sentence above, so it is no `source()` as well.
impl Error for EmitError {}

/// What a commit did, in files of the tree and bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub written: usize,
    pub unchanged: usize,
    pub removed: usize,
    pub bytes_written: u64,
}

/// Checks that an output folder may be written, and touches nothing. `output` is resolved from the
/// current folder; `home` is the user's home folder, where it is known.
///
/// Refused are an empty name, the project's root or home and all that holds one of them, anything
/// in `content`, `templates`, `static`, `.partwork` or a `.git`, whatever is no folder, and a
/// folder with something in it that partwork never wrote. Links and `..` are followed first.
pub fn check_output(root: &Path, output: &Path, home: Option<&Path>) -> Result<(), EmitError> {
    let target = Target::find(root, output, home, "the output folder")?;
    read_manifest(&target.path).map(drop)
}

/// Follows the links and `..` of a folder's path and refuses what [`check_output`] refuses whatever
/// stands there. `what` begins the message, as in "the output folder".
pub fn resolve_folder(root: &Path, folder: &Path, home: Option<&Path>, what: &str) -> Result<PathBuf, EmitError> {
    Target::find(root, folder, home, what).map(|target| target.path)
}

/// A build's files on their way to an output folder. Dropped without a commit it removes what it
/// staged and leaves the output as it was.
#[derive(Debug)]
pub struct Staging {
    /// Absolute, without links.
    output: PathBuf,
    /// The hidden folder of this build.
    dir: PathBuf,
    /// Whether the output is brought up to date file by file: it is a mount point, which can't be
    /// moved, or a link, whose owner chose the very folder it leads to.
    in_place: bool,
    /// `None` when nothing was ever written there.
    manifest: Option<Manifest>,
    /// What was handed over; `None` while it is being written, and when that failed.
    puts: Mutex<BTreeMap<OutputPath, Option<Put>>>,
    _lock: File,
}

/// Our files in the output, as they were when we wrote them.
type Manifest = BTreeMap<OutputPath, Written>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    entry: Entry,
    /// In nanoseconds since 1970.
    mtime: i128,
}

#[derive(Debug)]
struct Put {
    file: Written,
    /// Whether it lies in the staging folder; otherwise the output's own is this already.
    staged: bool,
}

impl Staging {
    /// Checks the output as [`check_output`] does, waits for its turn when another build of this
    /// output is at work (calling `waiting` once if it has to), completes or clears what a killed
    /// build left, and reads the manifest.
    pub fn open(root: &Path, output: &Path, home: Option<&Path>, waiting: &dyn Fn()) -> Result<Staging, EmitError> {
        let Target { path: output, linked } = Target::find(root, output, home, "the output folder")?;
        read_manifest(&output)?;
        let parent = output.parent().unwrap_or(&output);
        let unwritable = |place: &Path| {
            let (output, place) = (quote(&output.to_string_lossy()), quote(&place.to_string_lossy()));
            move |source| EmitError::Io {
                doing: format!("write the output folder {output}: {place} takes no file"),
                source,
            }
        };
        fs::create_dir_all(parent).map_err(unwritable(parent))?;

        let mut inside = is_mount_point(&output, parent);
        let mut dir = if inside { output.join(INSIDE) } else { beside(&output) };
        let mut lock = take_lock(&dir, waiting);
        if !inside
            && output.is_dir()
            && let Err(error) = &lock
            && matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
        {
            inside = true;
            dir = output.join(INSIDE);
            lock = take_lock(&dir, waiting);
        }
        let lock = lock.map_err(unwritable(if inside { &output } else { parent }))?;

        let mut staging =
            Staging { output, dir, in_place: inside || linked, manifest: None, puts: Mutex::default(), _lock: lock };
        staging.recover()?;
        staging.clear().map_err(failed("clear", &staging.dir))?;
        // Again, because the build that was waited for may have changed it.
        staging.manifest = read_manifest(&staging.output)?;
        let new = staging.new_tree();
        fs::create_dir(&new).map_err(failed("create", &new))?;
        Ok(staging)
    }

    /// Takes one file of the site, from any thread; gives its entry for the [`Tree`]. Nothing is
    /// written when the output's file is this one already, untouched since we wrote it.
    ///
    /// The first content of a path counts. A second is only hashed, and the commit notices when
    /// the tree holds that one: which of two pages owns a path is not settled here.
    pub fn put(&self, path: &OutputPath, content: &Content) -> Result<Entry, EmitError> {
        if path.as_str() == MANIFEST || path.as_str().split('/').next() == Some(INSIDE) {
            return Err(EmitError::Refused(format!(
                "{} is a name that partwork keeps for itself",
                quote(path.as_str())
            )));
        }
        let known = content.known();
        let make = || content.made().map_err(failed("make", Path::new(path.as_str())));
        let is_second = match self.lock_puts().entry(path.clone()) {
            btree_map::Entry::Vacant(place) => place.insert(None).is_some(),
            btree_map::Entry::Occupied(_) => true,
        };
        if is_second {
            return entry_of(&make()?);
        }
        let put = match self.standing(path) {
            Some(file) if known == Some(file.entry) => Put { file, staged: false },
            standing => match make()? {
                Made::Bytes(bytes) => {
                    let entry = entry_of_bytes(&bytes);
                    match standing.filter(|file| file.entry == entry) {
                        Some(file) => Put { file, staged: false },
                        None => Put { file: self.write(path, &bytes, entry)?, staged: true },
                    }
                }
                Made::File(source) => match standing {
                    Some(file) if known.is_none() && entry_of_file(source)? == file.entry => {
                        Put { file, staged: false }
                    }
                    _ => Put { file: self.copy(path, source)?, staged: true },
                },
            },
        };
        let entry = put.file.entry;
        self.lock_puts().insert(path.clone(), Some(put));
        Ok(entry)
    }

    /// Makes the output hold exactly `tree` and what is foreign, in one step, or leaves it as it
    /// was. Every entry of the tree must have been put. When nothing changed, nothing is touched.
    ///
    /// A mount point or a link is brought up to date file by file; stopped in between, the next
    /// [`Staging::open`] carries on.
    pub fn commit(self, tree: &Tree) -> Result<Summary, EmitError> {
        let mut puts = std::mem::take(&mut *self.lock_puts());
        let mut manifest = Manifest::new();
        let (mut staged, mut kept) = (Vec::new(), Vec::new());
        let mut bytes_written = 0;
        for (path, Leaf { entry, .. }) in tree.iter() {
            let Some(put) = puts.remove(path).flatten().filter(|put| put.file.entry == *entry) else {
                let source = io::Error::other("its content was never handed over");
                return Err(EmitError::Io { doing: format!("write {}", quote(path.as_str())), source });
            };
            if put.staged {
                bytes_written += entry.size;
                staged.push(path);
            } else {
                kept.push(path);
            }
            manifest.insert(path.clone(), put.file);
        }
        let removed = self.manifest.iter().flatten().filter(|(path, _)| !manifest.contains_key(*path)).count();
        let summary = Summary { written: staged.len(), unchanged: kept.len(), removed, bytes_written };
        if staged.is_empty() && removed == 0 && self.manifest.is_some() {
            return Ok(summary);
        }

        // What is left was handed over, and then not wanted.
        let new = self.new_tree();
        for path in puts.keys() {
            remove_with_parents(&new, path.as_str()).map_err(failed("remove", &new.join(path.as_str())))?;
        }
        let survey = self.survey(tree)?;
        refuse_what_is_in_the_way(tree, &survey.foreign)?;
        let listed = new.join(MANIFEST);
        fs::write(&listed, manifest_text(&manifest)).map_err(failed("write", &listed))?;
        if self.in_place || !self.replace(&kept, &survey.foreign)? {
            self.write_journal(&staged, &survey.stale, tree)?;
            self.apply_journal()?;
        }
        Ok(summary)
    }

    /// Our file at a path of the output, if it is still what the manifest says.
    fn standing(&self, path: &OutputPath) -> Option<Written> {
        let file = *self.manifest.as_ref()?.get(path)?;
        let found = fs::symlink_metadata(self.output.join(path.as_str())).ok()?;
        (found.is_file() && found.len() == file.entry.size && mtime(&found) == file.mtime).then_some(file)
    }

    fn write(&self, path: &OutputPath, bytes: &[u8], entry: Entry) -> Result<Written, EmitError> {
        let target = self.new_tree().join(path.as_str());
        let written = with_parents(&target, || File::create_new(&target)).and_then(|mut file| {
            file.write_all(bytes)?;
            file.metadata()
        });
        Ok(Written { entry, mtime: mtime(&written.map_err(failed("write", &target))?) })
    }

    fn copy(&self, path: &OutputPath, source: &Path) -> Result<Written, EmitError> {
        let target = self.new_tree().join(path.as_str());
        let mut reader = File::open(source).map_err(failed("read", source))?;
        let copied = with_parents(&target, || File::create_new(&target)).and_then(|mut file| {
            io::copy(&mut reader, &mut file)?;
            // The copy is hashed, because its source may change meanwhile.
            Ok((hash_file(&target)?, file.metadata()?))
        });
        let (entry, found) = copied.map_err(failed("write", &target))?;
        Ok(Written { entry, mtime: mtime(&found) })
    }

    /// Reads the output as it stands: which of our files the tree no longer wants, and what isn't
    /// ours at all.
    fn survey(&self, tree: &Tree) -> Result<Survey, EmitError> {
        let mut survey = Survey::default();
        if !self.output.exists() {
            return Ok(survey);
        }
        let nothing = Manifest::new();
        let manifest = self.manifest.as_ref().unwrap_or(&nothing);
        let folders: HashSet<&str> = manifest.keys().flat_map(|path| folders_above(path.as_str())).collect();
        // In order of name, so that of several files in the way the same one is named each time.
        let walk = WalkDir::new(&self.output).min_depth(1).sort_by_file_name().into_iter();
        for found in walk.filter_entry(|found| found.depth() != 1 || found.file_name() != INSIDE) {
            let found = found.map_err(|error| failed("read", &self.output)(error.into()))?;
            let kind = found.file_type();
            let path = found.path().strip_prefix(&self.output).unwrap_or(found.path());
            match path.to_str() {
                Some(MANIFEST) => {}
                Some(text) if kind.is_dir() && folders.contains(text) => {}
                Some(text) if kind.is_file() && manifest.contains_key(text) => {
                    if tree.get(text).is_none() {
                        survey.stale.push(text.to_owned());
                    }
                }
                _ => survey.foreign.push((path.to_owned(), kind)),
            }
        }
        Ok(survey)
    }

    /// Completes the new tree and exchanges the two folders; `false`, with the output untouched,
    /// when this output can't be exchanged.
    fn replace(&self, kept: &[&OutputPath], foreign: &[(PathBuf, FileType)]) -> Result<bool, EmitError> {
        let (new, old) = (self.new_tree(), self.old_tree());
        kept.par_iter().try_for_each(|path| {
            let from = self.output.join(path.as_str());
            link_or_copy(&from, &new.join(path.as_str())).map_err(failed("keep", &from))
        })?;
        for (path, kind) in foreign {
            let from = self.output.join(path);
            match carry(&from, &new.join(path), *kind) {
                // Gone again since the survey, as lock files are.
                Err(_) if from.symlink_metadata().is_err() => {}
                carried => carried.map_err(failed("keep", &from))?,
            }
        }
        // Last and from within, because a folder may forbid what was just done in it.
        let folders = foreign.iter().rev().filter(|(_, kind)| kind.is_dir()).map(|(path, _)| path.as_path());
        for path in folders.chain([Path::new("")]) {
            if let Ok(found) = fs::metadata(self.output.join(path)) {
                let to = new.join(path);
                fs::set_permissions(&to, found.permissions()).map_err(failed("keep", &to))?;
            }
        }
        let exchanged = exchange(&new, &old, &self.output).map_err(failed("replace", &self.output))?;
        if exchanged {
            self.discard(&old);
        }
        Ok(exchanged)
    }

    /// Deletes the old tree. What somebody put there after it was surveyed moves over instead. The
    /// output is whole by now, so failures only leave something for the next build to clear.
    fn discard(&self, old: &Path) {
        for found in WalkDir::new(old).contents_first(true).into_iter().flatten() {
            let from = found.path();
            let path = from.strip_prefix(old).unwrap_or(from);
            let to = self.output.join(path);
            let known = path.starts_with(INSIDE)
                || path.to_str().is_some_and(|text| self.manifest.iter().any(|ours| ours.contains_key(text)))
                || to.symlink_metadata().is_ok();
            let _ = if found.file_type().is_dir() {
                fs::remove_dir(from)
            } else if known {
                fs::remove_file(from)
            } else {
                with_parents(&to, || fs::rename(from, &to))
            };
        }
    }

    /// Writes down what makes the output the new tree. Each line can be done again without harm,
    /// in this order:
    /// - the manifest first, so that nothing of ours ever looks foreign;
    /// - stale files that stand where the tree has a folder, or in a folder where it has a file;
    /// - the new files, then the other stale ones.
    fn write_journal(&self, staged: &[&OutputPath], stale: &[String], tree: &Tree) -> Result<(), EmitError> {
        let folders = folders_of(tree);
        let (blocking, others): (Vec<&String>, Vec<&String>) = stale.iter().partition(|path| {
            folders.contains(path.as_str()) || folders_above(path).any(|folder| tree.get(folder).is_some())
        });
        let removals = |paths: Vec<&String>| paths.iter().map(|path| format!("remove {path}\n")).collect::<String>();
        let moves: String = staged.iter().map(|path| format!("move {path}\n")).collect();
        let text = format!("{JOURNAL_VERSION}\nmove {MANIFEST}\n{}{moves}{}", removals(blocking), removals(others));
        // Under its own name only once it is whole.
        let (draft, journal) = (self.dir.join("journal.draft"), self.journal());
        fs::write(&draft, text).and_then(|()| fs::rename(&draft, &journal)).map_err(failed("write", &journal))
    }

    /// Does what the journal says, if there is one, and removes it.
    fn apply_journal(&self) -> Result<(), EmitError> {
        let journal = self.journal();
        let text = match fs::read_to_string(&journal) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            text => text.map_err(failed("read", &journal))?,
        };
        let steps = parse_journal(&text)
            .ok_or_else(|| failed("read", &journal)(io::Error::new(ErrorKind::InvalidData, "it is damaged")))?;
        for step in steps {
            match step {
                Step::Move(path) => {
                    let (from, to) = (self.new_tree().join(path.as_str()), self.output.join(path.as_str()));
                    match with_parents(&to, || fs::rename(&from, &to)) {
                        Err(error) if error.kind() == ErrorKind::NotFound && from.symlink_metadata().is_err() => {}
                        done => done.map_err(failed("write", &to))?,
                    }
                }
                Step::Remove(path) => remove_with_parents(&self.output, path.as_str())
                    .map_err(failed("remove", &self.output.join(path.as_str())))?,
            }
        }
        fs::remove_file(&journal).map_err(failed("remove", &journal))
    }

    /// Brings the output back to a whole state after a kill. The lock is held.
    fn recover(&self) -> Result<(), EmitError> {
        self.apply_journal()?;
        let old = self.old_tree();
        if old.exists() && !self.output.exists() {
            fs::rename(&old, &self.output).map_err(failed("restore", &self.output))?;
        }
        Ok(())
    }

    /// Removes our own names from the staging folder, and nothing that may still be needed.
    fn clear(&self) -> io::Result<()> {
        let old = self.old_tree();
        if self.journal().exists() || (old.exists() && !self.output.exists()) {
            return Ok(());
        }
        for tree in [self.new_tree(), old] {
            ignore_missing(fs::remove_dir_all(tree))?;
        }
        ignore_missing(fs::remove_file(self.dir.join("journal.draft")))
    }

    fn new_tree(&self) -> PathBuf {
        self.dir.join("new")
    }

    fn old_tree(&self) -> PathBuf {
        self.dir.join("old")
    }

    fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    fn lock_puts(&self) -> std::sync::MutexGuard<'_, BTreeMap<OutputPath, Option<Put>>> {
        self.puts.lock().expect("nothing panics while it holds this lock")
    }
}

impl Drop for Staging {
    /// What can't be removed now is cleared by the next build.
    fn drop(&mut self) {
        if self.clear().is_ok() && !self.journal().exists() && !self.old_tree().exists() {
            // Still under the lock: whoever waits for this file notices that it is gone.
            let _ = fs::remove_file(self.dir.join("lock"));
            let _ = fs::remove_dir(&self.dir);
        }
    }
}

/// Where an output leads.
struct Target {
    path: PathBuf,
    linked: bool,
}

impl Target {
    /// Refuses every place that no output may have, whatever stands there.
    fn find(root: &Path, output: &Path, home: Option<&Path>, what: &str) -> Result<Target, EmitError> {
        let refuse = |why: &str| Err(EmitError::Refused(format!("{what} {} {why}", shown(output))));
        if output.as_os_str().is_empty() {
            return Err(EmitError::Refused(format!("{what} has no name")));
        }
        let root = resolve(root).map_err(failed("read", root))?;
        // Without a final `/`, which would follow the link.
        let typed: PathBuf = output.components().collect();
        let linked = typed.is_symlink();
        if linked && !typed.exists() {
            return refuse("is a link that leads nowhere");
        }
        let path = match resolve(&typed) {
            Err(error) if error.kind() == ErrorKind::NotADirectory => return refuse("lies in a file"),
            path => path.map_err(failed("read", output))?,
        };
        if path == root {
            return refuse("is the project itself");
        }
        if root.starts_with(&path) {
            return refuse("holds the project");
        }
        if let Some(home) = home.and_then(|home| resolve(home).ok())
            && home.starts_with(&path)
        {
            return refuse(if home == path { "is your home folder" } else { "holds your home folder" });
        }
        for name in KEPT_CLEAR {
            let kept = root.join(name);
            if path.starts_with(&kept) || resolve(&kept).is_ok_and(|kept| path.starts_with(kept)) {
                return refuse(&format!("lies in {} of the project", quote(name)));
            }
        }
        if path.components().any(|piece| piece.as_os_str() == ".git") {
            return refuse("lies in a `.git` folder");
        }
        if path.exists() && !path.is_dir() {
            return refuse("is not a folder");
        }
        Ok(Target { path, linked })
    }
}

/// A path without links and `..`, of which the last pieces may not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut resolved = PathBuf::new();
    for piece in std::path::absolute(path)?.components() {
        if piece == Component::ParentDir {
            resolved.pop();
            continue;
        }
        resolved.push(piece);
        match fs::canonicalize(&resolved) {
            Err(error) if error.kind() == ErrorKind::NotFound && !resolved.is_symlink() => {}
            real => resolved = real?,
        }
    }
    Ok(resolved)
}

/// What lies in an output by our own account; `None` when it is empty or isn't there. Refuses a
/// folder with something in it and no account that we can read.
fn read_manifest(output: &Path) -> Result<Option<Manifest>, EmitError> {
    let path = output.join(MANIFEST);
    if path.symlink_metadata().is_ok_and(|found| found.is_file()) {
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        let manifest = std::str::from_utf8(&bytes).ok().and_then(parse_manifest);
        return manifest.map(Some).ok_or_else(|| {
            EmitError::Refused(format!(
                "{} in the output folder {} is damaged or of another version, so it's unknown which files there are \
                 partwork's; delete the folder to have it built anew",
                quote(MANIFEST),
                shown(output)
            ))
        });
    }
    let found = match fs::read_dir(output) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(failed("read", output))?,
    };
    for entry in found {
        if entry.map_err(failed("read", output))?.file_name() != INSIDE {
            return Err(EmitError::Refused(format!(
                "the output folder {} holds files that partwork never wrote; choose another, or empty it",
                shown(output)
            )));
        }
    }
    Ok(None)
}

/// A line a file, in order of path: hash, size, time, path.
fn manifest_text(manifest: &Manifest) -> String {
    let mut text = format!("{MANIFEST_VERSION} {}\n", manifest.len());
    for (path, Written { entry, mtime }) in manifest {
        let hash = blake3::Hash::from_bytes(entry.hash).to_hex();
        let _ = writeln!(text, "{hash} {} {mtime} {path}", entry.size);
    }
    text
}

/// `None` for anything that [`manifest_text`] can't have written.
fn parse_manifest(text: &str) -> Option<Manifest> {
    let (first, lines) = text.split_once('\n')?;
    let count: usize = first.strip_prefix(MANIFEST_VERSION)?.strip_prefix(' ')?.parse().ok()?;
    let manifest = lines
        .lines()
        .map(|line| {
            let mut fields = line.splitn(4, ' ');
            let hash = *blake3::Hash::from_hex(fields.next()?).ok()?.as_bytes();
            let size = fields.next()?.parse().ok()?;
            let mtime = fields.next()?.parse().ok()?;
            let path = OutputPath::new(fields.next()?).ok()?;
            Some((path, Written { entry: Entry { size, hash }, mtime }))
        })
        .collect::<Option<Manifest>>()?;
    // Cut off in the middle, the rest would look foreign.
    (manifest.len() == count).then_some(manifest)
}

/// What is done to an output that is brought up to date in place.
enum Step {
    Move(OutputPath),
    Remove(OutputPath),
}

fn parse_journal(text: &str) -> Option<Vec<Step>> {
    let lines = text.strip_prefix(JOURNAL_VERSION)?.strip_prefix('\n')?;
    let step = |line: &str| {
        let (verb, path) = line.split_once(' ')?;
        let path = OutputPath::new(path).ok()?;
        match verb {
            "move" => Some(Step::Move(path)),
            "remove" => Some(Step::Remove(path)),
            _ => None,
        }
    };
    lines.lines().map(step).collect()
}

/// What stands in the output before a commit.
#[derive(Default)]
struct Survey {
    /// Our files that the tree doesn't want.
    stale: Vec<String>,
    /// What isn't ours, folders before what they hold.
    foreign: Vec<(PathBuf, FileType)>,
}

fn refuse_what_is_in_the_way(tree: &Tree, foreign: &[(PathBuf, FileType)]) -> Result<(), EmitError> {
    if foreign.is_empty() {
        return Ok(());
    }
    let folders = folders_of(tree);
    let in_the_way = |(path, kind): &&(PathBuf, FileType)| {
        // A name that isn't UTF-8 is none of the tree's.
        path.to_str().is_some_and(|path| {
            tree.get(path).is_some()
                || (!kind.is_dir() && folders.contains(path))
                || folders_above(path).any(|folder| tree.get(folder).is_some())
        })
    };
    match foreign.iter().find(in_the_way) {
        None => Ok(()),
        Some((path, _)) => Err(EmitError::Refused(format!(
            "{} in the output folder isn't partwork's and stands where the site has a file of its own; move it away",
            shown(path)
        ))),
    }
}

fn folders_of(tree: &Tree) -> HashSet<&str> {
    tree.iter().flat_map(|(path, _)| folders_above(path.as_str())).collect()
}

/// Puts the new tree in the output's place and the old one, if there is one, at `old`. `false`
/// when this folder can't be moved: a mount point, or a lower layer of an overlay.
fn exchange(new: &Path, old: &Path, output: &Path) -> io::Result<bool> {
    let done = match swap(new, output) {
        Ok(()) => fs::rename(new, old),
        Err(Errno::NOENT) => fs::rename(new, output),
        // The system or the file system has no such step.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => two_renames(new, old, output),
        Err(error) => Err(error.into()),
    };
    match done {
        Err(error) if matches!(error.kind(), ErrorKind::CrossesDevices | ErrorKind::ResourceBusy) => Ok(false),
        done => done.map(|()| true),
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn swap(new: &Path, output: &Path) -> Result<(), Errno> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, new, CWD, output, RenameFlags::EXCHANGE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn swap(_: &Path, output: &Path) -> Result<(), Errno> {
    Err(if output.exists() { Errno::NOSYS } else { Errno::NOENT })
}

/// The next best: killed between the two, the next build finds no output and puts `old` back.
fn two_renames(new: &Path, old: &Path, output: &Path) -> io::Result<()> {
    fs::rename(output, old)?;
    fs::rename(new, output).inspect_err(|_| {
        let _ = fs::rename(old, output);
    })
}

fn beside(output: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push(".partwork");
    output.with_file_name(name)
}

/// Whether something is mounted at a folder, be it a folder of the same disk.
fn is_mount_point(path: &Path, parent: &Path) -> bool {
    let (Ok(here), Ok(above)) = (fs::metadata(path), fs::metadata(parent)) else {
        return false;
    };
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        if let Ok(found) = statx(CWD, path, AtFlags::empty(), StatxFlags::empty())
            && found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        {
            return true;
        }
    }
    here.dev() != above.dev()
}

/// Creates a staging folder and takes the lock in it, a file because some network file systems
/// lock nothing else. The folder goes with the build that it served, so a lock counts only when
/// its file is still the one that lies there.
fn take_lock(dir: &Path, waiting: &dyn Fn()) -> io::Result<File> {
    let path = dir.join("lock");
    let mut waited = false;
    loop {
        match fs::create_dir(dir) {
            // A link or a file of that name would never become a folder.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match dir.symlink_metadata() {
                Ok(found) if !found.is_dir() => return Err(error),
                _ => {}
            },
            created => created?,
        }
        let lock = match File::options().create(true).write(true).truncate(false).open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            lock => lock?,
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                if !waited {
                    waiting();
                }
                waited = true;
                lock.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let held = lock.metadata()?;
        if fs::metadata(&path).is_ok_and(|found| (found.dev(), found.ino()) == (held.dev(), held.ino())) {
            return Ok(lock);
        }
    }
}

/// Brings something foreign into the new tree. Folders get their permissions later.
fn carry(from: &Path, to: &Path, kind: FileType) -> io::Result<()> {
    if kind.is_dir() {
        fs::create_dir_all(to)
    } else if kind.is_symlink() {
        let target = fs::read_link(from)?;
        with_parents(to, || symlink(&target, to))
    } else {
        link_or_copy(from, to)
    }
}

/// Removes a file if it is one, and the folders above it that are empty then.
fn remove_with_parents(base: &Path, path: &str) -> io::Result<()> {
    let file = base.join(path);
    if file.symlink_metadata().is_ok_and(|found| found.is_file()) {
        fs::remove_file(&file)?;
    }
    for folder in folders_above(path).rev() {
        if fs::remove_dir(base.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

fn entry_of(content: &Made<'_>) -> Result<Entry, EmitError> {
    match content {
        Made::Bytes(bytes) => Ok(entry_of_bytes(bytes)),
        Made::File(path) => entry_of_file(path),
    }
}

fn entry_of_bytes(bytes: &[u8]) -> Entry {
    Entry { size: bytes.len() as u64, hash: blake3::hash(bytes).into() }
}

fn entry_of_file(path: &Path) -> Result<Entry, EmitError> {
    hash_file(path).map_err(failed("read", path))
}

fn mtime(found: &Metadata) -> i128 {
    i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec())
}

fn shown(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

/// For `map_err`: what was being done, and to what.
fn failed(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> EmitError {
    move |source| EmitError::Io { doing: format!("{verb} {}", shown(path)), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::kind::Kind;

    /// A project's root with an output of one file, and the staging of the next build.
    fn built() -> (tempfile::TempDir, Staging) {
        let root = tempfile::tempdir().expect("a folder");
        let output = root.path().join("public");
        let open = || Staging::open(root.path(), &output, None, &|| {}).expect("a good output");
        let staging = open();
        let path = OutputPath::new("a/b").expect("a good path");
        let entry = staging.put(&path, &Content::Bytes(b"1".to_vec())).expect("room");
        staging.commit(&Tree::from_iter([(path, Leaf { kind: Kind::Page, entry })])).expect("a whole tree");
        let next = open();
        (root, next)
    }

    fn text(path: &Path) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    #[test]
    fn two_renames_put_the_old_tree_aside_or_back() {
        let (_root, staging) = built();
        let (new, old) = (staging.new_tree(), staging.old_tree());
        fs::write(new.join("c"), "2").expect("room");
        two_renames(&new, &old, &staging.output).expect("one disk");
        assert_eq!(text(&staging.output.join("c")).as_deref(), Some("2"));
        assert_eq!(text(&old.join("a/b")).as_deref(), Some("1"));

        fs::remove_dir_all(&old).expect("our own");
        two_renames(&new, &old, &staging.output).expect_err("there is no new tree");
        assert_eq!(text(&staging.output.join("c")).as_deref(), Some("2"));
    }

    #[test]
    fn what_came_after_the_survey_moves_over() {
        let (_root, staging) = built();
        let old = staging.old_tree();
        fs::create_dir_all(old.join("a/late")).expect("room");
        fs::write(old.join("a/b"), "ours").expect("room");
        fs::write(old.join("a/late/c"), "theirs").expect("room");
        staging.discard(&old);
        assert_eq!(text(&staging.output.join("a/b")).as_deref(), Some("1"));
        assert_eq!(text(&staging.output.join("a/late/c")).as_deref(), Some("theirs"));
        assert!(!old.exists());
    }

    #[test]
    fn a_folder_that_cannot_be_exchanged_is_brought_up_to_date() {
        let (_root, mut staging) = built();
        // As when the exchange says so at the last moment.
        staging.in_place = true;
        let path = OutputPath::new("c").expect("a good path");
        let entry = staging.put(&path, &Content::Bytes(b"2".to_vec())).expect("room");
        let output = staging.output.clone();
        staging.commit(&Tree::from_iter([(path, Leaf { kind: Kind::Page, entry })])).expect("a whole tree");
        assert_eq!(text(&output.join("c")).as_deref(), Some("2"));
        assert!(!output.join("a").exists());
    }

    #[test]
    fn manifests_survive_being_written() {
        let written = Written { entry: Entry { size: 7, hash: [9; 32] }, mtime: -1_500_000_000 };
        let manifest =
            Manifest::from(["a b/c", "\u{e9}"].map(|path| (OutputPath::new(path).expect("a good path"), written)));
        let text = manifest_text(&manifest);
        assert_eq!(parse_manifest(&text), Some(manifest));
        assert_eq!(parse_manifest(&text[..text.len() - 10]), None);
    }
}
