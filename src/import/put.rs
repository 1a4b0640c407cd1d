//! A project to an empty folder, whole or not at all.
//!
//! In: the files of a project, and where those lie that are copied. Out: the folder. Everything is written beside
//! it under another name, and takes its place in one step; copies pass through in pieces.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::source::Folder;
use crate::store::dir::Dir;

/// A file of the new project.
#[derive(Debug)]
pub struct Out {
    /// Below the project.
    pub path: String,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Text(String),
    /// A file of the source, by its path there.
    Copy(String),
}

/// Why nothing was written.
#[derive(Debug)]
pub enum PutError {
    Refused(String),
    /// Somebody ended the run.
    Stopped,
    Io(io::Error),
}

impl From<io::Error> for PutError {
    fn from(error: io::Error) -> Self {
        PutError::Io(error)
    }
}

/// The folder that a path names, in the folder that holds it; refused where it is there and has anything in it.
pub fn place(target: &Path) -> Result<(PathBuf, OsString), PutError> {
    let refused =
        |why: &str| PutError::Refused(format!("{} {why}", crate::diagnostic::quote(&target.to_string_lossy())));
    let Some(name) = target.file_name() else { return Err(refused("names no folder")) };
    let above = target.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match target.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
        Ok(found) if !found.is_dir() => return Err(refused("is there already, and is no folder")),
        Ok(_) if !Dir::open(target)?.list()?.is_empty() => {
            return Err(refused("isn't empty; an import is written into an empty folder alone"));
        }
        Ok(_) => {}
    }
    Ok((above.to_path_buf(), name.to_os_string()))
}

/// Writes a project; nothing of it once `stop` is set.
pub fn put(target: &Path, files: &[Out], folder: &Folder, stop: &AtomicBool) -> Result<(), PutError> {
    let (above, name) = place(target)?;
    let above = Dir::make(&above, false)?;
    let draft = OsString::from(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let staged = above.create_folder(&draft, false)?;
    let written = write(&staged, files, folder, stop).and_then(|()| {
        if above.has(&name) {
            // Only an empty folder goes.
            above.remove_folder(&name)?;
        }
        Ok(above.rename_new(&draft, &name)?)
    });
    if written.is_err() {
        // What is left of it is under a name that nothing reads.
        let _ = above.remove_tree(&draft);
    }
    written
}

fn write(staged: &Dir, files: &[Out], folder: &Folder, stop: &AtomicBool) -> Result<(), PutError> {
    let go_on = || if stop.load(Ordering::Relaxed) { Err(PutError::Stopped) } else { Ok(()) };
    for Out { path, content } in files {
        go_on()?;
        let of = |error: io::Error| io::Error::new(error.kind(), format!("{path}: {error}"));
        let mut file = staged.create(path).map_err(of)?;
        match content {
            Content::Text(text) => file.write_all(text.as_bytes()),
            Content::Copy(from) => folder.file(from).and_then(|mut read| io::copy(&mut read, &mut file).map(drop)),
        }
        .map_err(of)?;
    }
    go_on()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::report::Report;

    #[test]
    fn nothing_is_left_of_what_was_stopped() {
        let above = tempfile::tempdir().expect("a folder");
        std::fs::write(above.path().join("a.md"), "a").expect("written");
        let folder = Folder::open(above.path(), &mut Report::default()).expect("a folder");
        let files = [Out { path: "content/a.md".into(), content: Content::Copy("a.md".into()) }];
        let target = above.path().join("new");
        let stop = AtomicBool::new(true);
        assert!(matches!(put(&target, &files, &folder, &stop), Err(PutError::Stopped)));
        assert_eq!(std::fs::read_dir(above.path()).expect("a folder").count(), 1);
        stop.store(false, Ordering::Relaxed);
        put(&target, &files, &folder, &stop).expect("written");
        assert_eq!(std::fs::read_to_string(target.join("content/a.md")).expect("a file"), "a");
    }
}
