//! Where partwork keeps what it remembers of a project from one run to the next.
//!
//! In: the project's folder. Out: a folder of our own, which may not be there yet. Nothing in it is
//! ever published.

use std::path::{Path, PathBuf};

/// The folder of a project's memory.
pub fn folder(root: &Path) -> PathBuf {
    root.join(".partwork")
}
