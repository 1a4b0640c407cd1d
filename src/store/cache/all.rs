//! What a build remembers, small and large.

use std::io;
use std::path::Path;

use super::folder::Folder;
use super::small::Cache;
use crate::store::state;

/// The caches of a project, in its memory: small values in one file that is read at once,
/// large ones in files of their own.
#[derive(Debug)]
pub struct Caches {
    /// Highlighted code, and what was seen of pictures.
    pub small: Cache,
    /// Social cards and books.
    pub large: Folder,
}

impl Caches {
    /// The caches in a project's folder; without one, caches that end with the run.
    pub fn open(root: Option<&Path>) -> Caches {
        let place = |name: &str| root.map(|root| state::folder(root).join(name));
        Caches { small: Cache::open(place("cache")), large: Folder::open(place("large")) }
    }

    /// Saves each; see [`Cache::save`] and [`Folder::save`].
    pub fn save(&self) -> io::Result<()> {
        self.small.save()?;
        self.large.save()
    }
}
