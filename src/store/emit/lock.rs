//! One build of an output at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Creates a staging folder and takes the lock in it, a file because some network file systems
/// lock nothing else. The folder goes with the build that it served, so a lock counts only when
/// its file is still the one that lies there.
pub fn take_lock(dir: &Path, waiting: &dyn Fn()) -> io::Result<File> {
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
