//! What stands in files of a project that are no sources: those of programs, and those that listings name.
//!
//! In: a file. Out: its size and hash, and its text, if it is one and no larger than a source may be. Each file is
//! read once.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
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
        Ok(bytes) => {
            let entry = Entry { size: bytes.len() as u64, hash: blake3::hash(&bytes).into() };
            Ok(Content { entry, text: text(file, bytes) })
        }
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Ok(Content { entry: hash_file(file.open()?)?, text: Err(NotText::TooLarge) })
        }
        Err(error) => Err(error),
    }
}

/// The text of a file. One with a NUL is none, as git has it.
fn text(file: &Origin, bytes: Vec<u8>) -> Result<Source, NotText> {
    if memchr::memchr(0, &bytes).is_some() {
        return Err(NotText::Binary);
    }
    let path = file.name().to_string_lossy();
    load::text(&path, bytes).map_err(|problem| NotText::Unreadable(problem.message, problem.help))
}
