//! What tells one file from another, and who may run it.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

/// Device and inode, which no two files have at one time.
pub fn number(data: &Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}

/// When anything about a file changed last, since 1970, which no program can set; `None` for a time before.
pub fn changed(data: &Metadata) -> Option<Duration> {
    since(data.ctime(), data.ctime_nsec())
}

/// A time since 1970.
pub fn since(seconds: i64, nanoseconds: i64) -> Option<Duration> {
    Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?))
}

/// Whether the owner of a file can run it.
pub fn can_run(data: &Metadata) -> bool {
    data.mode() & 0o100 != 0
}

/// Lets all who may read a file run it.
pub fn let_all_run(file: &File) -> io::Result<()> {
    let mode = file.metadata()?.mode();
    file.set_permissions(Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

/// Lets the owner of a folder do everything in it, and nobody else anything.
pub fn let_owner_write(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}
