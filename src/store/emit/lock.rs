//! One build of an output at a time.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};

use super::workplace::LOCK;
use crate::store::dir::Dir;

/// Creates a staging folder and takes the lock in it, a file because some network file systems
/// lock nothing else. The folder goes with the build that it served, so a lock counts only when
/// its file is still the one that lies there.
pub fn take_lock(parent: &Dir, name: &OsStr, waiting: &dyn Fn()) -> io::Result<(Dir, File)> {
    let mut waited = false;
    loop {
        let dir = parent.make_folder(name)?;
        let lock = match dir.lock_file(LOCK) {
            // The folder is gone again.
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
        if dir.holds(LOCK, &lock).unwrap_or(false) {
            return Ok((dir, lock));
        }
    }
}
