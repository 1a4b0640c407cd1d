//! Where an output folder leads, and whether it may be there.
//!
//! In: a path as it was typed. Out: the folder itself, links followed, or why it can't be meant.
//! Touches nothing.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::error::{EmitError, failed, shown};
use crate::diagnostic::quote;
use crate::store::state::State;

/// The staging folder's name where it can't stand beside the output.
pub const INSIDE: &str = ".partwork-staging";
/// Folders of a project that no output may lie in.
const KEPT_CLEAR: [&str; 5] = ["content", "templates", "static", ".git", ".github"];

/// A folder that is to be written, as somebody asked for it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// From the current folder, or from the project's where the project names it.
    pub folder: &'a Path,
    pub named: Named,
    /// The user's home folder, where it is known.
    pub home: Option<&'a Path>,
    /// What is remembered of the project that is written there.
    pub state: &'a State,
}

/// Who says where something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Whoever typed the command, who may choose any place.
    ByUser,
    /// The project, which may be anybody's: a place within it.
    ByProject,
}

/// Follows the links and `..` of a folder's path and refuses what `check_output` refuses whatever
/// stands there. `what` begins the message, as in "the output folder".
pub fn resolve_folder(wanted: Wanted<'_>, what: &str) -> Result<PathBuf, EmitError> {
    Destination::find(wanted, what).map(|destination| destination.path)
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
    pub fn find(wanted: Wanted<'_>, what: &str) -> Result<Destination, EmitError> {
        let Wanted { folder: output, named, home, state } = wanted;
        let refuse = |why: &str| Err(EmitError::Refused(format!("{what} {} {why}", shown(output))));
        if output.as_os_str().is_empty() {
            return Err(EmitError::Refused(format!("{what} has no name")));
        }
        let root = resolve(state.root()).map_err(failed("read", state.root()))?;
        // Without a final `/`, which would follow the link.
        let mut typed: PathBuf = output.components().collect();
        if named == Named::ByProject {
            typed = root.join(typed);
            if let Some(why) = leads_elsewhere(&root, &typed) {
                return refuse(&format!("{why}; only `--output` names such a place"));
            }
        }
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
            if lies_in(&path, &root.join(name)) {
                return refuse(&format!("lies in {} of the project", quote(name)));
            }
        }
        // Of whatever case, since some disks don't care.
        if path.components().any(|piece| piece.as_os_str().eq_ignore_ascii_case(".git")) {
            return refuse("lies in a `.git` folder");
        }
        if let Ok(cache) = resolve(state.cache())
            && (path.starts_with(&cache) || cache.starts_with(&path))
        {
            return refuse("and partwork's cache folder lie in each other");
        }
        if path.exists() && !path.is_dir() {
            return refuse("is not a folder");
        }
        Ok(Destination { path, linked })
    }
}

/// Why a project itself may not name a folder; `None` when it may: one within it, to which no link leads,
/// and whose name is none of those that other programs read settings and programs from.
fn leads_elsewhere(root: &Path, output: &Path) -> Option<String> {
    let outside = || Some("lies outside of the project".to_string());
    let Ok(below) = output.strip_prefix(root) else { return outside() };
    let mut pieces = PathBuf::new();
    for piece in below.components() {
        match piece {
            Component::Normal(name) => pieces.push(name),
            Component::CurDir => {}
            Component::ParentDir if pieces.pop() => {}
            _ => return outside(),
        }
    }
    for (at, piece) in pieces.iter().enumerate() {
        let path: PathBuf = pieces.iter().take(at + 1).collect();
        if root.join(&path).is_symlink() {
            return Some(format!("leads through the link {}", shown(&path)));
        }
        if piece.as_encoded_bytes().starts_with(b".") {
            return Some(format!("lies in {}, and hidden folders belong to other programs", shown(&path)));
        }
    }
    None
}

/// Whether a path leads into a folder, under whatever name: links, and disks that don't care about case
/// or composition.
fn lies_in(path: &Path, folder: &Path) -> bool {
    let is_folder = |above: &Path| same_file::is_same_file(above, folder).unwrap_or(false);
    path.starts_with(folder) || folder.is_dir() && path.ancestors().any(is_folder)
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

/// The name of the hidden folder beside an output of this name.
pub fn beside(output: &OsStr) -> OsString {
    let mut name = OsString::from(".");
    name.push(output);
    name.push(".partwork");
    name
}
