//! A folder of this machine, or one that is mounted here.
//!
//! In: a plan. Out: the folder holds it. Without releases each file is written beside and renamed
//! over the old one, in the plan's order; with releases a new folder is made from links to what is
//! unchanged and copies of what isn't, and one rename of the link `current` shows it. Never deletes
//! or replaces what the plan doesn't name.
//!
//! | name | what it is |
//! |---|---|
//! | `.partwork-lock` | held as long as a publish lives; the system releases it when the process is killed |
//! | `.partwork-incoming/` | what has been copied and isn't in place yet; a second run finds it |
//! | `.partwork-release` | the record |
//! | `releases/`, `current` | with releases, the release folders by time, and the link to one of them |
//! | `.partwork-previous` | in a release folder, the name of the release that it replaced |

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use walkdir::WalkDir;

use super::context::Context;
use super::error::PublishError;
use super::place::settle;
use super::plan::{Files, Held, Plan, Survey};
use super::record::{RECORD, Record, Recorded, is_internal};
use crate::diagnostic::quote;
use crate::store::disk::{hash_file, ignore_missing, link_or_copy, with_parents};
use crate::store::emit::{self, EmitError, Named, Wanted};
use crate::store::tree::OutputPath;
use crate::text::path::folders_above;

const LOCK: &str = ".partwork-lock";
const INCOMING: &str = ".partwork-incoming";
const PREVIOUS: &str = ".partwork-previous";
const RELEASES: &str = "releases";
const CURRENT: &str = "current";

/// A folder that a publish is at work on.
#[derive(Debug)]
pub struct Folder {
    /// Absolute, without links; may not exist yet.
    base: PathBuf,
    releases: Option<usize>,
    lock: Option<File>,
}

/// Refuses a folder that can't be right: the home or root folder, one that holds a project or is
/// part of one.
pub fn open(path: &Path, releases: Option<usize>, context: &Context<'_>) -> Result<Folder, PublishError> {
    let resolve = |path: &Path| {
        // Collected, because a `.` in it is only confusing in messages.
        let path: PathBuf = context.root.join(path).components().collect();
        let home = context.home.as_deref();
        let wanted = Wanted { folder: &path, named: Named::ByUser, home, state: context.state };
        emit::resolve_folder(wanted, "the folder").map_err(|error| match error {
            EmitError::Refused(why) => PublishError::Refused(why),
            EmitError::Io { .. } => PublishError::Remote(error.to_string()),
        })
    };
    let base = resolve(&settle(context.root, path)?)?;
    let refuse = |why: String| Err(PublishError::Refused(format!("the folder {} {why}", shown(&base))));
    if base.join(crate::project::CONFIG).exists() {
        return refuse("holds a project".into());
    }
    // `build` would find files there that it never wrote, and the other way round.
    if resolve(&context.output).is_ok_and(|output| base == output) || emit::is_output(context.state, &base) {
        return refuse("is where `partwork build` writes; choose another".into());
    }
    if releases.is_some() {
        let current = base.join(CURRENT);
        if current.symlink_metadata().is_ok_and(|found| !found.is_symlink()) {
            return refuse(format!("has a {}, which is no link to a release", quote(CURRENT)));
        }
        if base.join(RECORD).exists() {
            return refuse("was published to without `releases`; choose another or remove `releases`".into());
        }
    } else if base.join(RELEASES).is_dir() && base.join(CURRENT).is_symlink() {
        return refuse("holds releases; say how many with `releases = …`".into());
    }
    Ok(Folder { base, releases, lock: None })
}

impl Folder {
    /// Takes the folder's lock, and makes the folder for that.
    pub fn lock(&mut self) -> Result<(), PublishError> {
        fs::create_dir_all(&self.base).map_err(remote("create", &self.base))?;
        let path = self.base.join(LOCK);
        let lock = File::options().create(true).write(true).truncate(false).open(&path);
        let lock = lock.map_err(remote("lock", &self.base))?;
        match lock.try_lock() {
            Ok(()) => self.lock = Some(lock),
            Err(TryLockError::WouldBlock) => {
                return Err(PublishError::Remote(format!("another publish is at work on {}", shown(&self.base))));
            }
            Err(TryLockError::Error(error)) => return Err(remote("lock", &self.base)(error)),
        }
        Ok(())
    }

    /// The lock's file stays: who removes one may remove the one that somebody has just taken.
    pub fn unlock(&mut self) {
        self.lock = None;
    }

    /// Reads and hashes what lies in the folder that is shown.
    pub fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        let shown = self.shown()?;
        let Some(shown) = shown.filter(|shown| shown.is_dir()) else { return Ok(Survey::default()) };
        let record = read_record(&shown)?;
        let (mut found, mut folders) = (Vec::new(), BTreeSet::new());
        for entry in walk(&shown) {
            let entry = entry.map_err(|error| remote("read", &shown)(error.into()))?;
            let path = below(&shown, entry.path());
            if !entry.file_type().is_dir() {
                found.push((path, entry));
            } else if files.contains_key(&path) {
                folders.insert(path);
            }
        }
        // What is in the way of a file: what lies in a folder says so itself, an empty one has nothing
        // that could.
        for (path, _) in &found {
            for folder in folders_above(path) {
                folders.remove(folder);
            }
        }
        let held = found.into_par_iter().map(|(path, entry)| {
            context.go_on()?;
            if !entry.file_type().is_file() {
                return Ok((path, Held { size: 0, same: Some(false) }));
            }
            let size = entry.metadata().map_err(|error| remote("read", entry.path())(error.into()))?.len();
            let same = match files.get(&path) {
                Some(file) if file.entry.size == size => Some(
                    File::open(entry.path()).and_then(hash_file).map_err(remote("read", entry.path()))?.hash
                        == file.entry.hash,
                ),
                Some(_) => Some(false),
                None => None,
            };
            Ok((path, Held { size, same }))
        });
        let mut held: BTreeMap<String, Held> = held.collect::<Result<_, PublishError>>()?;
        held.extend(folders.into_iter().map(|path| (path, Held { size: 0, same: Some(false) })));
        Ok(Survey { record, held })
    }

    pub fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        match self.releases {
            None => self.update(plan, context),
            Some(keep) => self.release(plan, keep, context),
        }
    }

    pub fn seal(&mut self, record: &Record) -> Result<(), PublishError> {
        // A release came with its record.
        if self.releases.is_some() { Ok(()) } else { write_whole(&self.base.join(RECORD), &record.to_bytes()) }
    }

    /// Shows the release before the current one again, and gives when that was published. Assets of
    /// the release that goes stay, for readers who hold one of its pages.
    pub fn rollback(&mut self, dry_run: bool, context: &Context<'_>) -> Result<Record, PublishError> {
        if self.releases.is_none() {
            return Err(PublishError::Refused(
                "this target keeps no releases; say how many with `releases = …`".into(),
            ));
        }
        let nothing = || PublishError::Refused(format!("there is no earlier release in {}", shown(&self.base)));
        let current = self.shown()?.ok_or_else(nothing)?;
        let previous = self.previous(&current).ok_or_else(nothing)?;
        let mut record = read_record(&previous)?.ok_or_else(nothing)?;
        for (path, file) in &record.files {
            context.go_on()?;
            let disk = previous.join(path);
            let hash = File::open(&disk).and_then(hash_file).map_err(remote("read", &disk))?.hash;
            if file.hash.as_ref().is_some_and(|known| *known != blake3::Hash::from_bytes(hash).to_hex().as_str()) {
                return Err(PublishError::Remote(format!("{} is not what was published", shown(&disk))));
            }
        }
        if dry_run {
            return Ok(record);
        }
        let listed = read_record(&current)?.map(|record| record.files).unwrap_or_default();
        for entry in walk(&current) {
            let entry = entry.map_err(|error| remote("read", &current)(error.into()))?;
            let path = below(&current, entry.path());
            let to = moved(&current, &previous, entry.path());
            let known = listed.get(&path);
            // What isn't ours stays in sight too.
            if entry.file_type().is_dir() || known.is_some_and(|file| !file.asset) {
                continue;
            }
            // A killed run may have carried it already.
            if to.symlink_metadata().is_err() {
                carry(entry.path(), &to).map_err(remote("write", &to))?;
            }
            if let Some(file) = known {
                let retired = Some(file.retired.unwrap_or(context.now));
                record.files.entry(path).or_insert_with(|| Recorded { retired, ..file.clone() });
            }
        }
        write_whole(&previous.join(RECORD), &record.to_bytes())?;
        self.show(&previous)?;
        Ok(record)
    }

    /// The folder that a server shows; `None` before the first release.
    fn shown(&self) -> Result<Option<PathBuf>, PublishError> {
        if self.releases.is_none() {
            return Ok(Some(self.base.clone()));
        }
        let link = self.base.join(CURRENT);
        match fs::read_link(&link) {
            Ok(to) if is_release(&to) && self.base.join(&to).is_dir() => Ok(Some(self.base.join(to))),
            Ok(_) => Err(PublishError::Refused(format!("{} leads to no release", shown(&link)))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(remote("read", &link)(error)),
        }
    }

    /// Everything is copied before the first file is in place, so that a full disk changes nothing.
    fn update(&self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        let incoming = self.base.join(INCOMING);
        self.receive(plan, &incoming, context)?;
        write_whole(&self.base.join(RECORD), &plan.intent.to_bytes())?;
        let (blocking, last) = plan.split_deletions();
        remove_all(&self.base, &blocking, context)?;
        for batch in plan.batches() {
            for change in batch {
                context.go_on()?;
                let (from, to) = (incoming.join(&change.file.path), self.base.join(&change.file.path));
                if to.is_dir() && !to.is_symlink() {
                    remove_empty(&to).map_err(remote("remove", &to))?;
                }
                with_parents(&to, || fs::rename(&from, &to)).map_err(remote("write", &to))?;
                (context.arrived)();
            }
        }
        remove_all(&self.base, &last, context)?;
        ignore_missing(fs::remove_dir_all(&incoming)).map_err(remote("remove", &incoming))
    }

    /// Completes the incoming folder to a whole release and shows it.
    fn release(&self, plan: &Plan, keep: usize, context: &Context<'_>) -> Result<(), PublishError> {
        let incoming = self.base.join(INCOMING);
        self.receive(plan, &incoming, context)?;
        let current = self.shown()?;
        let changed: BTreeSet<&str> = plan.changes.iter().map(|change| change.file.path.as_str()).collect();
        let stays: BTreeSet<&str> = plan.wanted().chain(plan.foreign.iter().map(String::as_str)).collect();
        // A killed run may have got further, with another site.
        for entry in walk(&incoming) {
            let entry = entry.map_err(|error| remote("read", &incoming)(error.into()))?;
            if !entry.file_type().is_dir() && !changed.contains(below(&incoming, entry.path()).as_str()) {
                fs::remove_file(entry.path()).map_err(remote("remove", entry.path()))?;
            }
        }
        if let Some(current) = &current {
            // By what lies there, since a name that isn't ours may be no text.
            for entry in walk(current) {
                context.go_on()?;
                let entry = entry.map_err(|error| remote("read", current)(error.into()))?;
                let path = below(current, entry.path());
                let linked = stays.contains(path.as_str()) && !changed.contains(path.as_str());
                if !entry.file_type().is_dir() && linked {
                    let to = moved(current, &incoming, entry.path());
                    carry(entry.path(), &to).map_err(remote("write", &to))?;
                }
            }
        }
        write_whole(&incoming.join(RECORD), &plan.record.to_bytes())?;
        if let Some(name) = current.as_deref().and_then(Path::file_name) {
            let previous = incoming.join(PREVIOUS);
            fs::write(&previous, name.as_encoded_bytes()).map_err(remote("write", &previous))?;
        }
        let release = self.free_name(context)?;
        fs::rename(&incoming, &release).map_err(remote("write", &release))?;
        self.show(&release)?;
        plan.changes.iter().for_each(|_| (context.arrived)());
        self.prune(release, keep)
    }

    /// Copies what changes into the incoming folder, but for what an earlier run has copied.
    fn receive(&self, plan: &Plan, incoming: &Path, context: &Context<'_>) -> Result<(), PublishError> {
        fs::create_dir_all(incoming).map_err(remote("create", incoming))?;
        let copied = plan.changes.par_iter().try_for_each(|change| {
            context.go_on()?;
            let to = incoming.join(&change.file.path);
            if File::open(&to).and_then(hash_file).is_ok_and(|found| found.hash == change.file.entry.hash) {
                return Ok(());
            }
            ignore_missing(fs::remove_file(&to)).map_err(remote("write", &to))?;
            with_parents(&to, || fs::copy(&change.file.disk, &to)).map(drop).map_err(remote("write", &to))
        });
        if matches!(copied, Err(PublishError::Remote(_))) {
            // Most likely the disk is full, and would be full for others too. Its failing is not news.
            let _ = fs::remove_dir_all(incoming);
        }
        copied
    }

    /// Switches `current` in one step.
    fn show(&self, release: &Path) -> Result<(), PublishError> {
        let link = self.base.join(CURRENT);
        let draft = self.base.join(".partwork-current");
        let name = release.file_name().unwrap_or_default();
        ignore_missing(fs::remove_file(&draft))
            .and_then(|()| symlink(Path::new(RELEASES).join(name), &draft))
            .and_then(|()| fs::rename(&draft, &link))
            .map_err(remote("write", &link))
    }

    /// A folder for a new release, named by its time.
    fn free_name(&self, context: &Context<'_>) -> Result<PathBuf, PublishError> {
        let folder = self.base.join(RELEASES);
        fs::create_dir_all(&folder).map_err(remote("create", &folder))?;
        let time = context.now.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        let mut name = folder.join(&time);
        let mut at = 2;
        while name.symlink_metadata().is_ok() {
            name = folder.join(format!("{time}-{at}"));
            at += 1;
        }
        Ok(name)
    }

    /// The release that one replaced, if it is still there.
    fn previous(&self, release: &Path) -> Option<PathBuf> {
        let name = fs::read_to_string(release.join(PREVIOUS)).ok()?;
        let path = Path::new(RELEASES).join(name.trim());
        (is_release(&path) && self.base.join(&path).is_dir()).then(|| self.base.join(path))
    }

    /// Deletes our releases but for the newest ones in line. What was rolled back, and what a
    /// killed run never showed, is not in line.
    fn prune(&self, release: PathBuf, keep: usize) -> Result<(), PublishError> {
        let mut line = vec![release];
        while line.len() < keep
            && let Some(previous) = line.last().and_then(|last| self.previous(last))
            && !line.contains(&previous)
        {
            line.push(previous);
        }
        let folder = self.base.join(RELEASES);
        for entry in fs::read_dir(&folder).map_err(remote("read", &folder))? {
            let path = entry.map_err(remote("read", &folder))?.path();
            let ours = path.is_dir() && !path.is_symlink() && path.join(RECORD).is_file();
            if ours && !line.contains(&path) {
                fs::remove_dir_all(&path).map_err(remote("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// Whether a path is `releases/<name>`.
fn is_release(path: &Path) -> bool {
    let name = path.strip_prefix(RELEASES).ok().and_then(Path::to_str);
    name.is_some_and(|name| !name.contains('/') && OutputPath::new(name).is_ok())
}

fn read_record(folder: &Path) -> Result<Option<Record>, PublishError> {
    let path = folder.join(RECORD);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(remote("read", &path))?,
    };
    let record = Record::parse(&text);
    record.map(Some).map_err(|problem| PublishError::Refused(format!("the record {}: {problem}", shown(&path))))
}

/// Everything below a folder but for our own housekeeping; links are not followed.
fn walk(folder: &Path) -> impl Iterator<Item = walkdir::Result<walkdir::DirEntry>> {
    let walk = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| entry.depth() != 1 || !is_internal(&entry.file_name().to_string_lossy()))
}

/// Where a file below one folder lies below another.
fn moved(from: &Path, to: &Path, file: &Path) -> PathBuf {
    file.strip_prefix(from).map_or_else(|_| to.to_path_buf(), |path| to.join(path))
}

fn below(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}

/// The same file, or link, at a second place.
fn carry(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_symlink() {
        let target = fs::read_link(from)?;
        return with_parents(to, || symlink(&target, to));
    }
    link_or_copy(from, to)
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".draft");
    let draft = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        // The one file without which nothing here is known to be ours, so not even a power cut may
        // leave it half.
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(remote("write", path))
}

/// Removes files, and the folders that are empty then.
fn remove_all(base: &Path, paths: &[&str], context: &Context<'_>) -> Result<(), PublishError> {
    for path in paths {
        context.go_on()?;
        let file = base.join(path);
        ignore_missing(fs::remove_file(&file)).map_err(remote("remove", &file))?;
        let folders = Path::new(path).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        for folder in folders {
            if fs::remove_dir(base.join(folder)).is_err() {
                break;
            }
        }
    }
    Ok(())
}

/// Removes a folder that holds nothing but folders; fails when it holds more.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in WalkDir::new(folder).contents_first(true) {
        fs::remove_dir(entry?.path())?;
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

/// For `map_err`: what was being done to which file of the target.
fn remote(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    move |error| PublishError::Remote(format!("could not {verb} {}: {error}", shown(path)))
}
