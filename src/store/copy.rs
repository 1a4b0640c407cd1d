//! Copies of a project's files.
//!
//! In: a file of a project, and a folder. Out: its bytes there, as they are; it can be run if it can be run where it
//! was.

use std::io;

use crate::store::dir::Dir;
use crate::store::origin::Origin;
use crate::system::{can_run, let_all_run};

/// Writes a new file, with the folders above it.
pub fn copy(file: &Origin, out: &Dir, path: &str) -> io::Result<()> {
    let mut from = file.open()?;
    let mut to = out.create(path)?;
    io::copy(&mut from, &mut to)?;
    if can_run(&from.metadata()?) {
        let_all_run(&to)?;
    }
    Ok(())
}
