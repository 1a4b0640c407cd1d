//! A folder of this machine, or one that is mounted here.
//!
//! In: a plan. Out: the folder holds it. Without releases each file is written beside and renamed
//! over the old one, in the plan's order; with releases a new folder is made from links to what is
//! unchanged and copies of what isn't, and one rename of the link `current` shows it. Never deletes
//! or replaces what the plan doesn't name, and follows no link beneath the folder but `current`.
//!
//! | name | what it is |
//! |---|---|
//! | `.partwork-lock` | held as long as a publish lives; the system releases it when the process is killed |
//! | `.partwork-incoming/` | what has been copied and isn't in place yet; a second run finds it |
//! | `.partwork-release` | the record |
//! | `releases/`, `current` | with releases, the release folders by time, and the link to one of them |
//! | `.partwork-retired/` | a release that is being deleted, which is no longer known by its record |
//! | `.partwork-previous` | in a release folder, the name of the release that it replaced |

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::context::Context;
use super::error::PublishError;
use super::place::settle;
use super::plan::{Files, Held, Plan, Survey};
use super::record::{RECORD, Record, Recorded, is_internal};
use crate::diagnostic::quote;
use crate::store::dir::{Dir, Form};
use crate::store::disk::{carry, hash_file, ignore_missing, remove_empty_parents};
use crate::store::emit::{self, EmitError, Named, Wanted};
use crate::store::state::read;
use crate::store::tree::OutputPath;
use crate::text::path::folders_above;

const LOCK: &str = ".partwork-lock";
const INCOMING: &str = ".partwork-incoming";
const PREVIOUS: &str = ".partwork-previous";
const RETIRED: &str = ".partwork-retired";
const RELEASES: &str = "releases";
const CURRENT: &str = "current";

/// A folder that a publish is at work on.
#[derive(Debug)]
pub struct Folder {
    /// Absolute, without links.
    path: PathBuf,
    /// It itself, once it is there.
    base: Option<Dir>,
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
    let path = resolve(&settle(context.root, path)?)?;
    let refuse = |why: String| Err(PublishError::Refused(format!("the folder {} {why}", shown(&path))));
    let base = match Dir::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        base => Some(base.map_err(remote("read", &path))?),
    };
    let form = |name: &str| base.as_ref()?.look(name).ok().map(|found| found.form);
    if form(crate::project::CONFIG).is_some() {
        return refuse("holds a project".into());
    }
    // `build` would find files there that it never wrote, and the other way round.
    if resolve(&context.output).is_ok_and(|output| path == output) || emit::is_output(context.state, &path) {
        return refuse("is where `partwork build` writes; choose another".into());
    }
    if releases.is_some() {
        if form(CURRENT).is_some_and(|form| form != Form::Link) {
            return refuse(format!("has a {}, which is no link to a release", quote(CURRENT)));
        }
        if form(RECORD).is_some() {
            return refuse("was published to without `releases`; choose another or remove `releases`".into());
        }
    } else if form(RELEASES) == Some(Form::Folder) && form(CURRENT) == Some(Form::Link) {
        return refuse("holds releases; say how many with `releases = …`".into());
    }
    Ok(Folder { path, base, releases, lock: None })
}

/// A folder of files that a server shows.
struct Shown {
    dir: Dir,
    /// From the target's folder: `releases/<name>`, or nothing.
    path: PathBuf,
}

impl Folder {
    /// Takes the folder's lock, and makes the folder for that.
    pub fn lock(&mut self) -> Result<(), PublishError> {
        let base = Dir::at_real(&self.path).map_err(remote("create", &self.path))?;
        let lock = base.lock_file(LOCK).map_err(remote("lock", &self.path))?;
        match lock.try_lock() {
            Ok(()) => self.lock = Some(lock),
            Err(TryLockError::WouldBlock) => {
                return Err(PublishError::Remote(format!("another publish is at work on {}", shown(&self.path))));
            }
            Err(TryLockError::Error(error)) => return Err(remote("lock", &self.path)(error)),
        }
        self.base = Some(base);
        Ok(())
    }

    /// The lock's file stays: who removes one may remove the one that somebody has just taken.
    pub fn unlock(&mut self) {
        self.lock = None;
    }

    /// Reads and hashes what lies in the folder that is shown.
    pub fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        let Some(Shown { dir, .. }) = self.shown()? else { return Ok(Survey::default()) };
        let record = read_record(&dir)?;
        let (mut found, mut folders) = (Vec::new(), BTreeSet::new());
        for (path, form) in walk(&dir)? {
            let name = path.to_string_lossy().into_owned();
            if form != Form::Folder {
                found.push((name, path, form));
            } else if files.contains_key(&name) {
                folders.insert(name);
            }
        }
        // What is in the way of a file: what lies in a folder says so itself, an empty one has nothing
        // that could.
        for (name, ..) in &found {
            for folder in folders_above(name) {
                folders.remove(folder);
            }
        }
        let held = found.into_par_iter().map(|(name, path, form)| {
            context.go_on()?;
            if form != Form::File {
                return Ok((name, Held { size: 0, same: Some(false) }));
            }
            let unread = |error| remote("read", &dir.path().join(&path))(error);
            let size = dir.look(&path).map_err(unread)?.size;
            let same = match files.get(&name) {
                Some(file) if file.entry.size == size => {
                    Some(dir.read(&path).and_then(hash_file).map_err(unread)?.hash == file.entry.hash)
                }
                Some(_) => Some(false),
                None => None,
            };
            Ok((name, Held { size, same }))
        });
        let mut held: BTreeMap<String, Held> = held.collect::<Result<_, PublishError>>()?;
        held.extend(folders.into_iter().map(|name| (name, Held { size: 0, same: Some(false) })));
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
        if self.releases.is_some() { Ok(()) } else { write_record(self.base()?, record) }
    }

    /// Shows the release before the current one again, and gives when that was published. Assets of
    /// the release that goes stay, for readers who hold one of its pages.
    pub fn rollback(&mut self, dry_run: bool, context: &Context<'_>) -> Result<Record, PublishError> {
        if self.releases.is_none() {
            return Err(PublishError::Refused(
                "this target keeps no releases; say how many with `releases = …`".into(),
            ));
        }
        let nothing = || PublishError::Refused(format!("there is no earlier release in {}", shown(&self.path)));
        let current = self.shown()?.ok_or_else(nothing)?;
        let previous = self.previous(&current.dir).ok_or_else(nothing)?;
        let mut record = read_record(&previous.dir)?.ok_or_else(nothing)?;
        for (path, file) in &record.files {
            context.go_on()?;
            let disk = previous.dir.path().join(path);
            let hash = previous.dir.read(path).and_then(hash_file).map_err(remote("read", &disk))?.hash;
            if file.hash.as_ref().is_some_and(|known| *known != blake3::Hash::from_bytes(hash).to_hex().as_str()) {
                return Err(PublishError::Remote(format!("{} is not what was published", shown(&disk))));
            }
        }
        if dry_run {
            return Ok(record);
        }
        let listed = read_record(&current.dir)?.map(|record| record.files).unwrap_or_default();
        for (path, form) in walk(&current.dir)? {
            let name = path.to_string_lossy().into_owned();
            let known = listed.get(&name);
            // What isn't ours stays in sight too.
            if form == Form::Folder || known.is_some_and(|file| !file.asset) {
                continue;
            }
            // A killed run may have carried it already.
            if !previous.dir.has(&path) {
                let to = previous.dir.path().join(&path);
                carry(&current.dir, &path, &previous.dir, &path).map_err(remote("write", &to))?;
            }
            if let Some(file) = known {
                let retired = Some(file.retired.unwrap_or(context.now));
                record.files.entry(name).or_insert_with(|| Recorded { retired, ..file.clone() });
            }
        }
        write_record(&previous.dir, &record)?;
        self.show(&previous.path)?;
        Ok(record)
    }

    /// The target's folder, which is there once it is locked.
    fn base(&self) -> Result<&Dir, PublishError> {
        self.base.as_ref().ok_or_else(|| remote("read", &self.path)(ErrorKind::NotFound.into()))
    }

    /// The folder that a server shows; `None` before the first release.
    fn shown(&self) -> Result<Option<Shown>, PublishError> {
        let Some(base) = &self.base else { return Ok(None) };
        let beneath = |path: PathBuf| base.folder(&path).map(|dir| Some(Shown { dir, path }));
        if self.releases.is_none() {
            return beneath(PathBuf::new()).map_err(remote("read", &self.path));
        }
        let link = self.path.join(CURRENT);
        let nowhere = || PublishError::Refused(format!("{} leads to no release", shown(&link)));
        match base.read_link(CURRENT) {
            Ok(to) if is_release(&to) => beneath(to).map_err(|_| nowhere()),
            Ok(_) => Err(nowhere()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(remote("read", &link)(error)),
        }
    }

    /// The folder that a server shows, to be read; `None` before the first publish.
    pub fn seen(&self) -> Result<Option<Dir>, PublishError> {
        Ok(self.shown()?.map(|shown| shown.dir))
    }

    /// Everything is copied before the first file is in place, so that a full disk changes nothing.
    fn update(&self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        let base = self.base()?;
        let incoming = self.receive(plan, context)?;
        write_record(base, &plan.intent)?;
        let (blocking, last) = plan.split_deletions();
        remove_all(base, &blocking, context)?;
        for batch in plan.batches() {
            for change in batch {
                context.go_on()?;
                let path = change.file.path.as_str();
                if base.look(path).is_ok_and(|found| found.form == Form::Folder) {
                    remove_empty(base, path).map_err(remote("remove", &self.path.join(path)))?;
                }
                incoming.rename(path, base, path).map_err(remote("write", &self.path.join(path)))?;
                (context.arrived)();
            }
        }
        remove_all(base, &last, context)?;
        ignore_missing(base.remove_tree(INCOMING)).map_err(remote("remove", incoming.path()))
    }

    /// Completes the incoming folder to a whole release and shows it.
    fn release(&self, plan: &Plan, keep: usize, context: &Context<'_>) -> Result<(), PublishError> {
        let incoming = self.receive(plan, context)?;
        let at = |path: &Path| incoming.path().join(path);
        let current = self.shown()?;
        let changed: BTreeSet<&str> = plan.changes.iter().map(|change| change.file.path.as_str()).collect();
        let stays: BTreeSet<&str> = plan.wanted().chain(plan.foreign.iter().map(String::as_str)).collect();
        // A killed run may have got further, with another site.
        for (path, form) in walk(&incoming)? {
            if form != Form::Folder && !changed.contains(&*path.to_string_lossy()) {
                incoming.remove_file(&path).map_err(remote("remove", &at(&path)))?;
            }
        }
        if let Some(Shown { dir, .. }) = &current {
            // By what lies there, since a name that isn't ours may be no text.
            for (path, form) in walk(dir)? {
                context.go_on()?;
                let name = path.to_string_lossy();
                if form != Form::Folder && stays.contains(&*name) && !changed.contains(&*name) {
                    carry(dir, &path, &incoming, &path).map_err(remote("write", &at(&path)))?;
                }
            }
        }
        write_record(&incoming, &plan.record)?;
        if let Some(name) = current.as_ref().and_then(|current| current.path.file_name()) {
            let put = || {
                ignore_missing(incoming.remove_file(PREVIOUS))?;
                incoming.create(PREVIOUS)?.write_all(name.as_encoded_bytes())
            };
            put().map_err(remote("write", &at(Path::new(PREVIOUS))))?;
        }
        let release = self.free_name(context)?;
        let base = self.base()?;
        base.rename(INCOMING, base, &release).map_err(remote("write", &self.path.join(&release)))?;
        self.show(&release)?;
        plan.changes.iter().for_each(|_| (context.arrived)());
        self.prune(release, keep)
    }

    /// Copies what changes into the incoming folder, but for what an earlier run has copied.
    fn receive(&self, plan: &Plan, context: &Context<'_>) -> Result<Dir, PublishError> {
        let base = self.base()?;
        let incoming = base.make_folder(INCOMING).map_err(remote("create", &self.path.join(INCOMING)))?;
        let copied = plan.changes.par_iter().try_for_each(|change| {
            context.go_on()?;
            let path = change.file.path.as_str();
            if incoming.read(path).and_then(hash_file).is_ok_and(|found| found.hash == change.file.entry.hash) {
                return Ok(());
            }
            let copy = || {
                ignore_missing(incoming.remove_file(path))?;
                io::copy(&mut File::open(&change.file.disk)?, &mut incoming.create(path)?)
            };
            copy().map(drop).map_err(remote("write", &incoming.path().join(path)))
        });
        if matches!(copied, Err(PublishError::Remote(_))) {
            // Most likely the disk is full, and would be full for others too. Its failing is not news.
            let _ = base.remove_tree(INCOMING);
        }
        copied.map(|()| incoming)
    }

    /// Switches `current` in one step to `releases/<name>`.
    fn show(&self, release: &Path) -> Result<(), PublishError> {
        const DRAFT: &str = ".partwork-current";
        let base = self.base()?;
        ignore_missing(base.remove_file(DRAFT))
            .and_then(|()| base.link(release, DRAFT))
            .and_then(|()| base.rename(DRAFT, base, CURRENT))
            .map_err(remote("write", &self.path.join(CURRENT)))
    }

    /// A path for a new release, named by its time.
    fn free_name(&self, context: &Context<'_>) -> Result<PathBuf, PublishError> {
        let folder = self.base()?.make_folder(RELEASES).map_err(remote("create", &self.path.join(RELEASES)))?;
        let time = context.now.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        let mut name = time.clone();
        let mut at = 2;
        while folder.has(&name) {
            name = format!("{time}-{at}");
            at += 1;
        }
        Ok(Path::new(RELEASES).join(name))
    }

    /// The release that one replaced, if it is still there.
    fn previous(&self, release: &Dir) -> Option<Shown> {
        let mut name = String::new();
        release.read(PREVIOUS).ok()?.take(MOST_NAME).read_to_string(&mut name).ok()?;
        let path = Path::new(RELEASES).join(name.trim());
        let dir = self.base.as_ref().filter(|_| is_release(&path))?.folder(&path).ok()?;
        Some(Shown { dir, path })
    }

    /// Deletes our releases but for the newest ones in line. What was rolled back, and what a
    /// killed run never showed, is not in line.
    fn prune(&self, release: PathBuf, keep: usize) -> Result<(), PublishError> {
        let base = self.base()?;
        let mut line = vec![release];
        while line.len() < keep
            && let Some(dir) = line.last().and_then(|last| base.folder(last).ok())
            && let Some(previous) = self.previous(&dir)
            && !line.contains(&previous.path)
        {
            line.push(previous.path);
        }
        // What a killed run was deleting.
        ignore_missing(base.remove_tree(RETIRED)).map_err(remote("remove", &self.path.join(RETIRED)))?;
        let folder = base.folder(RELEASES).map_err(remote("read", &self.path.join(RELEASES)))?;
        for (name, form) in folder.list().map_err(remote("read", folder.path()))? {
            let path = Path::new(RELEASES).join(&name);
            let is_ours =
                || is_time(&name) && base.folder(&path).is_ok_and(|dir| read_record(&dir).is_ok_and(|it| it.is_some()));
            if form == Form::Folder && !line.contains(&path) && is_ours() {
                let removed = base.rename(&path, base, RETIRED).and_then(|()| base.remove_tree(RETIRED));
                removed.map_err(remote("remove", &self.path.join(&path)))?;
            }
        }
        Ok(())
    }
}

/// The most bytes of a folder's name, on any system.
const MOST_NAME: u64 = 1024;

/// Whether a name is one that we give a release: `2026-01-31T12-00-00Z`, and `-2` after it where there was one.
fn is_time(name: &OsStr) -> bool {
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let shape: String = name.to_string_lossy().chars().map(digit).collect();
    let rest = shape.strip_prefix("0000-00-00T00-00-00Z");
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|at| at.chars().all(|c| c == '0')))
}

/// Whether a path is `releases/<name>`.
fn is_release(path: &Path) -> bool {
    let name = path.strip_prefix(RELEASES).ok().and_then(Path::to_str);
    name.is_some_and(|name| !name.contains('/') && OutputPath::new(name).is_ok())
}

fn read_record(folder: &Dir) -> Result<Option<Record>, PublishError> {
    let path = folder.path().join(RECORD);
    let text = match read(folder, RECORD) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(remote("read", &path))?,
    };
    let record = Record::parse(&text);
    record.map(Some).map_err(|problem| PublishError::Refused(format!("the record {}: {problem}", shown(&path))))
}

/// Everything below a folder but for our own housekeeping; links are not followed.
fn walk(folder: &Dir) -> Result<Vec<(PathBuf, Form)>, PublishError> {
    let is_shown = |path: &Path| path.components().count() != 1 || !is_internal(&path.to_string_lossy());
    folder.walk(&is_shown).map_err(remote("read", folder.path()))
}

/// Writes the record of a folder, which is there whole or not at all.
fn write_record(folder: &Dir, record: &Record) -> Result<(), PublishError> {
    const DRAFT: &str = ".partwork-release.draft";
    let write = || {
        // What a killed run left.
        ignore_missing(folder.remove_file(DRAFT))?;
        let mut file = folder.create(DRAFT)?;
        file.write_all(&record.to_bytes())?;
        // The one file without which nothing here is known to be ours, so not even a power cut may
        // leave it half.
        file.sync_all()?;
        folder.rename(DRAFT, folder, RECORD)
    };
    write().map_err(remote("write", &folder.path().join(RECORD)))
}

/// Removes files, and the folders that are empty then.
fn remove_all(base: &Dir, paths: &[&str], context: &Context<'_>) -> Result<(), PublishError> {
    for path in paths {
        context.go_on()?;
        ignore_missing(base.remove_file(path)).map_err(remote("remove", &base.path().join(path)))?;
        remove_empty_parents(base, path);
    }
    Ok(())
}

/// Removes a folder that holds nothing but folders; fails when it holds more.
fn remove_empty(base: &Dir, path: &str) -> io::Result<()> {
    let folder = base.folder(path)?;
    for (inner, _) in folder.walk(&|_| true)?.iter().rev() {
        folder.remove_folder(inner)?;
    }
    base.remove_folder(path)
}

fn shown(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

/// For `map_err`: what was being done to which file of the target.
fn remote(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    move |error| PublishError::Remote(format!("could not {verb} {}: {error}", shown(path)))
}
