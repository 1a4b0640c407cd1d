//! What a build remembers, small and large.

use std::io;

use super::folder::Folder;
use super::small::Cache;
use crate::store::state::State;

/// The caches of a project, in its memory: small values in one file that is read at once,
/// large ones in files of their own.
#[derive(Debug)]
pub struct Caches {
    /// Highlighted code, and what was seen of pictures.
    pub small: Cache,
    /// Social cards and books.
    pub large: Folder,
    /// Sizes and hashes of outputs, by all that they are made from.
    pub outputs: Cache,
}

impl Caches {
    /// The caches of a project; without a memory, caches that end with the run.
    pub fn open(state: Option<&State>) -> Caches {
        Caches {
            small: Cache::open(state.cloned()),
            large: Folder::open(state.cloned()),
            outputs: Cache::named(state.cloned(), "outputs-made"),
        }
    }

    /// Saves what was made, and forgets nothing: for a run that failed. Large values are saved as they are made.
    pub fn save_more(&self) -> io::Result<()> {
        self.small.keep_all();
        self.small.save()
    }

    /// Saves each; see [`Cache::save`] and [`Folder::save`].
    pub fn save(&self) -> io::Result<()> {
        self.small.save()?;
        self.outputs.save()?;
        self.large.save()
    }
}
