//! Where what a project is made from may lie.
//!
//! In: paths below a project's folder. Out: where each leads, or why nothing there is read. Settings and content of
//! strangers may name anything, so a link leads only into the folders that a site is made from, and no name on the
//! way is one that is never read.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, list, quote};
use crate::project::FOLDERS;
use crate::settings::config::Config;
use crate::store::dir::Form;
use crate::store::origin::{Origin, Root};

/// The largest source, in bytes: rendering takes up to fifty times as much memory.
pub const MOST_SOURCE_BYTES: u64 = 8 << 20;

/// Why nothing at a path is read.
#[derive(Debug)]
pub enum Refused {
    /// The link leads out of the project.
    Outside,
    /// The link leads to this place of the project, where no source is.
    Elsewhere(PathBuf),
    /// This name on the way is never read.
    Hidden(String),
    Unreadable(io::Error),
}

impl Refused {
    /// What is wrong, about the path that was asked for; goes on from its name or stands alone.
    pub fn message(&self) -> String {
        match self {
            Refused::Outside => "the link points out of the project".into(),
            Refused::Elsewhere(to) if to.as_os_str().is_empty() => "the link leads to the project's own folder".into(),
            Refused::Elsewhere(to) => {
                let folders = list(FOLDERS, "and");
                format!("the link leads to {}, and links lead into {folders} alone", quote(&to.to_string_lossy()))
            }
            Refused::Hidden(name) => format!("leads to {}, a name that is never read", quote(name)),
            Refused::Unreadable(error) => format!("can't be read: {error}"),
        }
    }

    pub fn help(&self) -> Option<String> {
        match self {
            Refused::Outside => Some("copy what it points at into the project".into()),
            Refused::Elsewhere(_) => {
                Some(format!("move what it leads to into {}, or copy it in place of the link", list(FOLDERS, "or")))
            }
            Refused::Hidden(_) => Some("copy what is to be read in place of the link, under another name".into()),
            Refused::Unreadable(_) => None,
        }
    }

    /// The same of a file as a whole.
    pub fn diagnostic(&self, path: impl Into<String>) -> Diagnostic {
        let code = match self {
            Refused::Unreadable(_) => Code::UnreadableFile,
            _ => Code::LinkLeavesProject,
        };
        Diagnostic::file(code, path, self.message()).maybe_help(self.help())
    }
}

/// The file at a path below the root, which is read if it lies there itself, or in one of [`FOLDERS`].
pub fn find(root: &Root, path: &Path) -> Result<Origin, Refused> {
    follow(root, path).map(|below| root.file(path, &below))
}

/// A file of the project that texts or templates may show; else why not, or nothing when there is none.
pub fn of_project(disk: &Root, config: &Config, path: &str) -> Result<Origin, Option<String>> {
    if path.split('/').any(|name| name.starts_with('.')) {
        return Err(Some("has a name that begins with a dot, and is not shown".into()));
    }
    let output = config.output.as_deref().unwrap_or("public").trim_matches('/');
    if path == output || path.strip_prefix(output).is_some_and(|below| below.starts_with('/')) {
        return Err(Some("lies in the output, and is not shown".into()));
    }
    match follow(disk, Path::new(path)) {
        Err(Refused::Unreadable(error))
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Err(None)
        }
        Err(refused) => Err(Some(format!("is not shown: {}", refused.message()))),
        Ok(below) if below != Path::new(path) => Err(Some("is reached by a link, and is not shown".into())),
        Ok(below) => match disk.form(&below) {
            Ok(Form::File) => Ok(disk.file(Path::new(path), &below)),
            Ok(Form::Folder) => Err(Some("is a folder".into())),
            Ok(_) => Err(Some("is no ordinary file".into())),
            Err(error) => Err(Some(format!("can't be read: {error}"))),
        },
    }
}

/// The bytes of a source of the project at `folder`, of whom nothing else is open.
pub fn bytes(folder: &Path, path: &str) -> io::Result<Vec<u8>> {
    match find(&Root::open(folder)?, Path::new(path)) {
        Ok(origin) => origin.read(MOST_SOURCE_BYTES),
        Err(Refused::Unreadable(error)) => Err(error),
        Err(refused) => Err(io::Error::other(refused.message())),
    }
}

/// Where a path below the root leads, without links.
pub fn follow(root: &Root, path: &Path) -> Result<PathBuf, Refused> {
    let below = root.resolve(path).map_err(Refused::Unreadable)?.ok_or(Refused::Outside)?;
    let mut pieces = below.components().filter_map(|piece| match piece {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    let top = pieces.next().unwrap_or_default();
    let folder = FOLDERS.iter().find(|folder| **folder == top).copied();
    let hidden = (is_ignored(&top, 0, "").then(|| top.to_string())).or_else(|| {
        let found = pieces.enumerate().find(|(at, name)| is_ignored(name, at + 1, folder.unwrap_or_default()));
        found.map(|(_, name)| name.into_owned())
    });
    match (hidden, folder) {
        (Some(name), _) => Err(Refused::Hidden(name)),
        (None, None) if below != path => Err(Refused::Elsewhere(below)),
        (None, _) => Ok(below),
    }
}

/// Endings of what editors, merges and downloads leave behind.
const LEFT_BEHIND: [&str; 9] = ["~", ".swp", ".swo", ".tmp", ".bak", ".orig", ".rej", "___jb_old___", "___jb_tmp___"];

/// What systems and Vim keep for themselves in folders of others.
const SYSTEM_NAMES: [&str; 8] = [
    "4913",
    "Thumbs.db",
    "desktop.ini",
    "Icon\r",
    "__MACOSX",
    "lost+found",
    "$RECYCLE.BIN",
    "System Volume Information",
];

/// Names that are never read: hidden files, and what editors and systems leave behind. `depth` counts from 1 below
/// `folder`, one of [`FOLDERS`].
pub fn is_ignored(name: &str, depth: usize, folder: &str) -> bool {
    if folder == "static" && depth == 1 && name == ".well-known" {
        return false;
    }
    name.starts_with('.')
        || LEFT_BEHIND.iter().any(|ending| name.ends_with(ending))
        || (name.len() > 1 && name.starts_with('#') && name.ends_with('#'))
        || SYSTEM_NAMES.contains(&name)
}
