//! Copies of a project's files.
//!
//! In: a file of a project, and a folder. Out: its bytes there, as they are; it can be run if it can be run where it
//! was.

use std::io;
use std::os::unix::fs::PermissionsExt as _;

use crate::store::dir::Dir;
use crate::store::disk::can_run;
use crate::store::origin::Origin;

/// Writes a new file, with the folders above it.
pub fn copy(file: &Origin, out: &Dir, path: &str) -> io::Result<()> {
    let mut from = file.open()?;
    let mut to = out.create(path)?;
    io::copy(&mut from, &mut to)?;
    if can_run(&from.metadata()?) {
        let mut mode = to.metadata()?.permissions();
        // Whoever may read it may run it.
        mode.set_mode(mode.mode() | (mode.mode() & 0o444) >> 2);
        to.set_permissions(mode)?;
    }
    Ok(())
}
