//! The folders of one build, and what it leaves on the disk until it has ended.
//!
//! In: where an output leads. Out: handles of the folder that it lies in and of the hidden one that the
//! build works in, which is ours: it bears a mark under the user's seal, or holds nothing that could be
//! lost. A project that comes with a folder of that name gets no hold of an output by it.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::{EmitError, failed, shown};
use crate::store::dir::Dir;
use crate::store::disk::{Identity, ignore_missing};
use crate::store::state::{Seal, State};

pub const NEW: &str = "new";
pub const OLD: &str = "old";
pub const JOURNAL: &str = "journal";
/// A journal that isn't whole yet.
pub const JOURNAL_DRAFT: &str = "journal.draft";
pub const LOCK: &str = "lock";
const MARK: &str = "mark";

/// The folders of one build.
#[derive(Debug)]
pub struct Workplace {
    /// Absolute, without links.
    pub output: PathBuf,
    /// The folder that the output lies in.
    pub parent: Dir,
    /// The output's name there.
    pub name: OsString,
    /// The hidden folder of this build.
    pub dir: Dir,
    /// The folder that the hidden one lies in, and its name there.
    pub hidden: (Dir, OsString),
    pub account: Account,
}

impl Workplace {
    /// The output as it stands, if it does.
    pub fn standing(&self) -> Result<Option<Dir>, EmitError> {
        present(self.parent.folder(&self.name)).map_err(failed("read", &self.output))
    }

    /// That of the output as it stands, if it does.
    pub fn identity(&self) -> Option<Identity> {
        Identity::of_dir(&self.parent.folder(&self.name).ok()?)
    }

    /// What the words of this workplace are sealed by; they go for this very folder.
    pub fn seal(&self, state: &State) -> io::Result<(Seal, Vec<u8>)> {
        let identity = Identity::of(&self.dir.metadata()?);
        Ok((state.seal("workplace")?, identity.to_string().into_bytes()))
    }

    /// Marks the hidden folder as ours. Refuses one that isn't and has something in it that a build would
    /// take for its own. The lock is held.
    pub fn claim(&self, state: &State) -> Result<(), EmitError> {
        let (seal, name) = self.seal(state).map_err(failed("write", state.cache()))?;
        let mark = seal.close(&name, MARK.as_bytes());
        if crate::store::state::read(&self.dir, MARK).is_ok_and(|found| found == mark) {
            return Ok(());
        }
        if [NEW, OLD, JOURNAL, JOURNAL_DRAFT].iter().any(|name| self.dir.has(name)) {
            return Err(EmitError::Refused(format!(
                "{} is where a build of {} works, and nothing says that it is from a build of yours; move it away",
                shown(self.dir.path()),
                shown(&self.output)
            )));
        }
        // Half of one, as a killed build may leave it, is none.
        let put = || ignore_missing(self.dir.remove_file(MARK)).and_then(|()| self.dir.create(MARK)?.write_all(&mark));
        put().map_err(failed("write", &self.dir.path().join(MARK)))
    }

    /// Removes the hidden folder, of which only the lock and the mark are left, and what others put there.
    /// The lock goes last: whoever waits for its file notices that it is gone.
    pub fn leave(&self) {
        // What can't be removed now is cleared by the next build.
        let _ = self.dir.remove_file(MARK);
        let _ = self.dir.remove_file(LOCK);
        let (folder, name) = &self.hidden;
        let _ = folder.remove_folder(name);
    }
}

/// The folder at a path whose links were followed, if one is there.
pub fn standing(output: &Path) -> Result<Option<Dir>, EmitError> {
    present(Dir::open(output)).map_err(failed("read", output))
}

fn present(opened: io::Result<Dir>) -> io::Result<Option<Dir>> {
    match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}
