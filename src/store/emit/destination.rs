//! Where an output folder leads, and whether it may be there.
//!
//! In: a path as it was typed. Out: the folder itself, links followed, or why it can't be meant.
//! Touches nothing.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::error::{EmitError, failed, shown};
use crate::diagnostic::quote;

/// The staging folder's name where it can't stand beside the output.
pub const INSIDE: &str = ".partwork-staging";
/// Folders of a project that no output may lie in.
const KEPT_CLEAR: [&str; 5] = ["content", "templates", "static", ".partwork", ".git"];

/// Follows the links and `..` of a folder's path and refuses what `check_output` refuses whatever
/// stands there. `what` begins the message, as in "the output folder".
pub fn resolve_folder(root: &Path, folder: &Path, home: Option<&Path>, what: &str) -> Result<PathBuf, EmitError> {
    Destination::find(root, folder, home, what).map(|destination| destination.path)
}

/// Where an output leads.
pub struct Destination {
    /// Absolute, without links.
    pub path: PathBuf,
    /// Whether its last piece is a link.
    pub linked: bool,
}

impl Destination {
    /// Refuses every place that no output may have, whatever stands there.
    pub fn find(root: &Path, output: &Path, home: Option<&Path>, what: &str) -> Result<Destination, EmitError> {
        let refuse = |why: &str| Err(EmitError::Refused(format!("{what} {} {why}", shown(output))));
        if output.as_os_str().is_empty() {
            return Err(EmitError::Refused(format!("{what} has no name")));
        }
        let root = resolve(root).map_err(failed("read", root))?;
        // Without a final `/`, which would follow the link.
        let typed: PathBuf = output.components().collect();
        let linked = typed.is_symlink();
        if linked && !typed.exists() {
            return refuse("is a link that leads nowhere");
        }
        let path = match resolve(&typed) {
            Err(error) if error.kind() == ErrorKind::NotADirectory => return refuse("lies in a file"),
            path => path.map_err(failed("read", output))?,
        };
        if path == root {
            return refuse("is the project itself");
        }
        if root.starts_with(&path) {
            return refuse("holds the project");
        }
        if let Some(home) = home.and_then(|home| resolve(home).ok())
            && home.starts_with(&path)
        {
            return refuse(if home == path { "is your home folder" } else { "holds your home folder" });
        }
        for name in KEPT_CLEAR {
            let kept = root.join(name);
            if path.starts_with(&kept) || resolve(&kept).is_ok_and(|kept| path.starts_with(kept)) {
                return refuse(&format!("lies in {} of the project", quote(name)));
            }
        }
        if path.components().any(|piece| piece.as_os_str() == ".git") {
            return refuse("lies in a `.git` folder");
        }
        if path.exists() && !path.is_dir() {
            return refuse("is not a folder");
        }
        Ok(Destination { path, linked })
    }
}

/// A path without links and `..`, of which the last pieces may not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut resolved = PathBuf::new();
    for piece in std::path::absolute(path)?.components() {
        if piece == Component::ParentDir {
            resolved.pop();
            continue;
        }
        resolved.push(piece);
        match fs::canonicalize(&resolved) {
            Err(error) if error.kind() == ErrorKind::NotFound && !resolved.is_symlink() => {}
            real => resolved = real?,
        }
    }
    Ok(resolved)
}

/// The hidden folder beside an output.
pub fn beside(output: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push(".partwork");
    output.with_file_name(name)
}

/// Whether something is mounted at a folder, be it a folder of the same disk.
pub fn is_mount_point(path: &Path, parent: &Path) -> bool {
    let (Ok(here), Ok(above)) = (fs::metadata(path), fs::metadata(parent)) else {
        return false;
    };
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        if let Ok(found) = statx(CWD, path, AtFlags::empty(), StatxFlags::empty())
            && found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        {
            return true;
        }
    }
    here.dev() != above.dev()
}
