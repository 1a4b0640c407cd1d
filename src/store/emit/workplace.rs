//! The names of what a build leaves on the disk until it has ended.

use std::path::PathBuf;

use super::account::Account;

/// The folders of one build.
#[derive(Debug)]
pub struct Workplace {
    /// Absolute, without links.
    pub output: PathBuf,
    /// The hidden folder of this build.
    pub dir: PathBuf,
    pub account: Account,
}

impl Workplace {
    pub fn new_tree(&self) -> PathBuf {
        self.dir.join("new")
    }

    pub fn old_tree(&self) -> PathBuf {
        self.dir.join("old")
    }

    pub fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    pub fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// A journal that isn't whole yet.
    pub fn journal_draft(&self) -> PathBuf {
        self.dir.join("journal.draft")
    }
}
