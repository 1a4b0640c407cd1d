//! A project to an empty folder, whole or not at all.
//!
//! In: the files of a project, and where those lie that are copied. Out: the folder. Everything is written beside
//! it under another name, and takes its place in one step; copies pass through in pieces.

use std::ffi::OsString;
use std::fs::File;
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
    /// One that lies there already.
    Written,
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

/// A project that is being written, beside the folder that it becomes; nothing is left of one that isn't finished.
#[derive(Debug)]
pub struct Draft<'a> {
    above: Dir,
    staged: Dir,
    /// What it is called until it is whole.
    draft: OsString,
    name: OsString,
    stop: &'a AtomicBool,
    is_finished: bool,
}

impl<'a> Draft<'a> {
    /// Begins a project, of which nothing is written any more once `stop` is set.
    pub fn begin(target: &Path, stop: &'a AtomicBool) -> Result<Draft<'a>, PutError> {
        let (above, name) = place(target)?;
        let above = Dir::make(&above, false)?;
        let draft = OsString::from(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
        let staged = above.create_folder(&draft, false)?;
        Ok(Draft { above, staged, draft, name, stop, is_finished: false })
    }

    /// Writes a text; several threads may.
    pub fn text(&self, path: &str, text: &str) -> Result<(), PutError> {
        self.file(path, |file| file.write_all(text.as_bytes()))
    }

    /// Writes all other files, and puts the project where it is to be.
    pub fn finish(mut self, files: &[Out], folder: &Folder) -> Result<(), PutError> {
        for Out { path, content } in files {
            match content {
                Content::Text(text) => self.text(path, text)?,
                Content::Copy(from) => {
                    self.file(path, |file| folder.file(from).and_then(|mut read| io::copy(&mut read, file).map(drop)))?;
                }
                Content::Written => {}
            }
        }
        self.go_on()?;
        if self.above.has(&self.name) {
            // Only an empty folder goes.
            self.above.remove_folder(&self.name)?;
        }
        self.above.rename_new(&self.draft, &self.name)?;
        self.is_finished = true;
        Ok(())
    }

    fn file(&self, path: &str, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), PutError> {
        self.go_on()?;
        let written = self.staged.create(path).and_then(|mut file| write(&mut file));
        Ok(written.map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))?)
    }

    fn go_on(&self) -> Result<(), PutError> {
        if self.stop.load(Ordering::Relaxed) { Err(PutError::Stopped) } else { Ok(()) }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            // What can't be removed is under a name that nothing reads.
            let _ = self.above.remove_tree(&self.draft);
        }
    }
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
        let stop = AtomicBool::new(false);
        let draft = Draft::begin(&target, &stop).expect("begun");
        draft.text("content/b.md", "b").expect("written");
        stop.store(true, Ordering::Relaxed);
        assert!(matches!(draft.text("content/c.md", "c"), Err(PutError::Stopped)));
        assert!(matches!(draft.finish(&files, &folder), Err(PutError::Stopped)));
        assert_eq!(std::fs::read_dir(above.path()).expect("a folder").count(), 1);
        stop.store(false, Ordering::Relaxed);
        let draft = Draft::begin(&target, &stop).expect("begun");
        draft.finish(&files, &folder).expect("written");
        assert_eq!(std::fs::read_to_string(target.join("content/a.md")).expect("a file"), "a");
    }
}
