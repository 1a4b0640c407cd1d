//! What stands in files of a project that are no sources: those of programs, and those that listings name.
//!
//! In: a file. Out: its size and hash, and its text, if it is one and no larger than a source may be. Each file is
//! read once.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::project::load;
use crate::project::places::MOST_SOURCE_BYTES;
use crate::store::disk::hash_file;
use crate::store::origin::Origin;
use crate::store::tree::Entry;
use crate::text::source::Source;

/// What stands in a file.
#[derive(Debug)]
pub struct Content {
    /// Of its bytes as they are.
    pub entry: Entry,
    pub text: Result<Source, NotText>,
}

/// Why a file has no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotText {
    Binary,
    /// It is one, but not in UTF-8; or a pointer of Git LFS. Says what is wrong and what to do.
    Unreadable(String, Option<String>),
    TooLarge,
}

/// The contents that were asked for.
#[derive(Debug, Default)]
pub struct Contents(Mutex<BTreeMap<PathBuf, Arc<Content>>>);

impl Contents {
    /// Some files as they were at another time, by their paths in the project; those without bytes were not there.
    pub fn of_then(files: impl IntoIterator<Item = (PathBuf, Option<Vec<u8>>)>) -> Contents {
        let content = |(path, bytes): (PathBuf, Option<Vec<u8>>)| {
            let content = match bytes {
                Some(bytes) => content(&path, bytes),
                None => {
                    let text = Err(NotText::Unreadable("was not there".into(), None));
                    Content { entry: Entry { size: 0, hash: [0; 32] }, text }
                }
            };
            (path, Arc::new(content))
        };
        Contents(Mutex::new(files.into_iter().map(content).collect()))
    }

    /// What stands in a file; fails when it can't be read.
    pub fn of(&self, file: &Origin) -> io::Result<Arc<Content>> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(file.name()) {
            return Ok(Arc::clone(known));
        }
        let content = Arc::new(read(file)?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file.name().to_path_buf(), Arc::clone(&content));
        Ok(content)
    }
}

fn read(file: &Origin) -> io::Result<Content> {
    match file.read(MOST_SOURCE_BYTES) {
        Ok(bytes) => Ok(content(file.name(), bytes)),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Ok(Content { entry: hash_file(file.open()?)?, text: Err(NotText::TooLarge) })
        }
        Err(error) => Err(error),
    }
}

fn content(path: &Path, bytes: Vec<u8>) -> Content {
    let entry = Entry { size: bytes.len() as u64, hash: blake3::hash(&bytes).into() };
    Content { entry, text: text(path, bytes) }
}

/// The text of a file. One with a NUL is none, as git has it.
fn text(path: &Path, bytes: Vec<u8>) -> Result<Source, NotText> {
    if memchr::memchr(0, &bytes).is_some() {
        return Err(NotText::Binary);
    }
    let path = path.to_string_lossy();
    load::text(&path, bytes).map_err(|problem| NotText::Unreadable(problem.message, problem.help))
}
