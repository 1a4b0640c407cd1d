//! What is there and could not be read.
//!
//! In: paths of files and folders. Out: whether something that nothing else knows may be there all the
//! same, so that nobody reports as missing what has been reported as unreadable.

use std::collections::BTreeSet;

use crate::project::Project;
use crate::text::path::folders_above;
use crate::text::source::SourceId;

/// What is there and could not be read: each has a diagnostic of its own, and whatever refers to it
/// none.
#[derive(Debug, Clone, Default)]
pub struct Unread {
    /// Files and folders by their path below the root.
    pub(super) paths: BTreeSet<String>,
    /// Addresses below the base that pages among them have, unless they say otherwise.
    pub(super) pages: BTreeSet<String>,
}

impl Unread {
    /// What reading a source gives, unless it is known to be unreadable; remembers one that gives nothing.
    pub(super) fn unless<T>(
        &mut self,
        project: &Project,
        source: SourceId,
        read: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let path = project.sources.path(source);
        if self.paths.contains(path) {
            return None;
        }
        let value = read();
        if value.is_none() {
            self.paths.insert(path.to_string());
        }
        value
    }

    /// Whether there is something that nobody knows the words of, and so what it names.
    pub fn is_any(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether a file could not be read, or a folder that it stands in.
    pub fn holds(&self, path: &str) -> bool {
        !self.paths.is_empty()
            && (self.paths.contains(path) || folders_above(path).any(|folder| self.paths.contains(folder)))
    }

    /// Whether there is a series of this id whose plan could not be read, or such a folder of posts.
    pub fn has_series(&self, id: &str) -> bool {
        ["series", "posts"].iter().any(|name| self.holds(&format!("content/{id}/{name}.toml")))
    }

    /// Whether an address below the base may be that of something that could not be read.
    pub(super) fn may_have_address(&self, address: &str) -> bool {
        let address = address.trim_end_matches('/');
        let in_series = folders_above(address).chain([address]).any(|folder| self.has_series(folder));
        // A page may have a slug.
        let is_page = self.pages.iter().any(|page| folder_of(page) == folder_of(address));
        let is_file = ["content", "static"].iter().any(|folder| self.holds(&format!("{folder}/{address}")));
        in_series || is_page || is_file || (!self.paths.is_empty() && address.starts_with("tags/"))
    }
}

/// The folder of an address, which is empty at the top.
pub fn folder_of(address: &str) -> &str {
    address.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder)
}
