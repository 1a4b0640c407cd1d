//! What several modules do with files, and what tells one state of a file from another.
//!
//! In: paths. Out: what lies there. Never decides what is written or removed.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

/// What tells one content of a file on disk from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// In bytes.
    pub size: u64,
    modified: (i64, i64),
    inode: (u64, u64),
}

impl Stamp {
    pub fn of(data: &Metadata) -> Stamp {
        Stamp { size: data.len(), modified: (data.mtime(), data.mtime_nsec()), inode: (data.dev(), data.ino()) }
    }

    /// All of it, to be hashed.
    pub fn bytes(&self) -> [u8; 40] {
        let (seconds, nanoseconds) = self.modified;
        let (device, inode) = self.inode;
        let mut bytes = [0; 40];
        let numbers = [self.size, seconds as u64, nanoseconds as u64, device, inode];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }
}

/// The coarsest clock of a file system, FAT's.
const TICK: Duration = Duration::from_secs(2);

/// When anything about a file changed last, which no program can set, for what is remembered of the
/// file by its [`Stamp`] from run to run; `None` when that was a moment ago, so that the next change
/// could bear the same time.
pub fn settled(data: &Metadata) -> Option<[u8; 16]> {
    let changed = Duration::new(u64::try_from(data.ctime()).ok()?, u32::try_from(data.ctime_nsec()).ok()?);
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + changed).ok()?;
    let modified = data.modified().ok()?.elapsed().ok()?;
    (age.min(modified) > TICK).then(|| changed.as_nanos().to_le_bytes())
}
