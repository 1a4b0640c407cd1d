//! What several modules do with files, and what tells one state of a file from another.
//!
//! In: paths. Out: what lies there, or what was asked for done. Never decides what is written or
//! removed.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::store::dir::{Dir, Form};
use crate::store::tree::Entry;
use crate::system;
use crate::text::path::folders_above;

/// The same file at a second place; a copy with the same times where the file system has no links
/// or no more of them. Folders above it are made.
pub fn link_or_copy(from: &Dir, path: &Path, to: &Dir, place: &Path) -> io::Result<()> {
    match from.hard_link(path, to, place) {
        Err(error)
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists)
                && from.look(path).is_ok_and(|found| found.form == Form::File) =>
        {
            let mut read = from.read(path)?;
            let mut copy = to.create(place)?;
            io::copy(&mut read, &mut copy)?;
            let data = read.metadata()?;
            copy.set_permissions(data.permissions())?;
            copy.set_modified(data.modified()?)
        }
        linked => linked,
    }
}

/// What isn't a folder, at a second place: a link as it is, a file by [`link_or_copy`].
pub fn carry(from: &Dir, path: &Path, to: &Dir, place: &Path) -> io::Result<()> {
    match from.look(path)?.form {
        Form::Link => to.link(&from.read_link(path)?, place),
        _ => link_or_copy(from, path, to, place),
    }
}

/// What a removal comes to that had nothing to remove, be it that a file stands where a folder
/// would have to.
pub fn ignore_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(()),
        done => done,
    }
}

/// Removes a file if it is one, and the folders above it that are empty then.
pub fn remove_with_parents(base: &Dir, path: &str) -> io::Result<()> {
    if base.look(path).is_ok_and(|found| found.form == Form::File) {
        base.remove_file(path)?;
    }
    remove_empty_parents(base, path);
    Ok(())
}

/// Removes the folders above a path as far as they are empty.
pub fn remove_empty_parents(base: &Dir, path: &str) {
    for folder in folders_above(path).rev() {
        if base.remove_folder(folder).is_err() {
            break;
        }
    }
}

/// Size and hash of a file, which is never whole in memory.
pub fn hash_file(file: File) -> io::Result<Entry> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(Entry { size: hasher.count(), hash: hasher.finalize().into() })
}

/// What tells one content of a file on disk from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// In bytes.
    pub size: u64,
    /// `None` where the system doesn't say.
    modified: Option<SystemTime>,
    number: (u64, u64),
}

impl Stamp {
    pub fn of(data: &Metadata) -> Stamp {
        Stamp { size: data.len(), modified: data.modified().ok(), number: system::number(data) }
    }

    /// All of it, to be hashed.
    pub fn bytes(&self) -> [u8; 40] {
        let modified = self.modified.map_or(0, nanoseconds).cast_unsigned();
        let (device, inode) = self.number;
        let mut bytes = [0; 40];
        let numbers = [self.size, modified as u64, (modified >> 64) as u64, device, inode];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }
}

/// A time in nanoseconds since 1970.
fn nanoseconds(time: SystemTime) -> i128 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_nanos().cast_signed(),
        Err(before) => -before.duration().as_nanos().cast_signed(),
    }
}

/// What tells a folder from another that stands in its place, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    inode: u64,
    /// In nanoseconds since 1970, since inodes are used again; 0 where the file system doesn't know.
    created: u128,
}

impl Identity {
    pub fn of(data: &Metadata) -> Identity {
        let created = data.created().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        Identity { inode: system::number(data).1, created: created.map_or(0, |since| since.as_nanos()) }
    }

    /// Whether two are of one folder for sure, and not of one that was given the number of another.
    pub fn is_same(&self, other: &Identity) -> bool {
        self == other && self.created != 0
    }

    /// That of what lies at a path, if anything does.
    pub fn at(path: &Path) -> Option<Identity> {
        fs::metadata(path).ok().map(|data| Identity::of(&data))
    }

    /// That of a folder that is held.
    pub fn of_dir(dir: &Dir) -> Option<Identity> {
        dir.metadata().ok().map(|data| Identity::of(&data))
    }

    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Identity> {
        let (inode, created) = text.split_once(' ')?;
        Some(Identity { inode: inode.parse().ok()?, created: created.parse().ok()? })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.inode, self.created)
    }
}

/// The coarsest clock of a file system, FAT's.
const TICK: Duration = Duration::from_secs(2);

/// When anything about a file changed last, which no program can set, for what is remembered of the
/// file by its [`Stamp`] from run to run; `None` when that was a moment ago, so that the next change
/// could bear the same time.
pub fn settled(data: &Metadata) -> Option<[u8; 16]> {
    let changed = system::changed(data)?;
    let modified = data.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    is_settled(changed, modified).then(|| changed.as_nanos().to_le_bytes())
}

/// Whether a file has changed and was modified, both since 1970, so long ago that its next change bears another time.
pub fn is_settled(changed: Duration, modified: Duration) -> bool {
    let is_past = |then| now().duration_since(SystemTime::UNIX_EPOCH + then).is_ok_and(|age| age > TICK);
    is_past(changed) && is_past(modified)
}

/// The clock that the times of files are held against.
#[expect(clippy::disallowed_methods, reason = "how old a file is depends on the day on which somebody asks")]
pub fn now() -> SystemTime {
    SystemTime::now()
}
