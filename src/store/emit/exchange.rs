//! The step in which a new tree takes the place of the old one.
//!
//! In: the files that were written, what stays of the output, and what is foreign in it. Out: the new
//! tree in the output's place, or the output as it was.

use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rustix::io::Errno;
use walkdir::WalkDir;

use super::attributes;
use super::destination::INSIDE;
use super::error::{EmitError, failed};
use super::manifest::Manifest;
use super::workplace::Workplace;
use crate::store::disk::{link_or_copy, with_parents};
use crate::store::tree::OutputPath;

/// Completes the new tree and exchanges the two folders; `false`, with the output untouched,
/// when this output can't be exchanged.
pub fn replace(
    workplace: &Workplace,
    kept: &[&OutputPath],
    foreign: &[(PathBuf, FileType)],
) -> Result<bool, EmitError> {
    let (new, old) = (workplace.new_tree(), workplace.old_tree());
    kept.par_iter().try_for_each(|path| {
        let from = workplace.output.join(path.as_str());
        link_or_copy(&from, &new.join(path.as_str())).map_err(failed("keep", &from))
    })?;
    for (path, kind) in foreign {
        let from = workplace.output.join(path);
        match carry(&from, &new.join(path), *kind) {
            // Gone again since the survey, as lock files are.
            Err(_) if from.symlink_metadata().is_err() => {}
            carried => carried.map_err(failed("keep", &from))?,
        }
    }
    // Last and from within, because a folder may forbid what was just done in it.
    for found in WalkDir::new(&new).contents_first(true) {
        let found = found.map_err(|error| failed("read", &new)(error.into()))?;
        let from = workplace.output.join(found.path().strip_prefix(&new).unwrap_or(found.path()));
        if found.file_type().is_dir() && from.is_dir() && attributes::keep(&from, found.path()).is_err() {
            return Ok(false);
        }
    }
    exchange(&new, &old, &workplace.output).map_err(failed("replace", &workplace.output))
}

/// Deletes the old tree. What somebody put there after it was surveyed moves over instead. The
/// output is whole by now, so failures only leave something for the next build to clear.
pub fn discard(workplace: &Workplace, manifest: &Manifest) {
    let old = workplace.old_tree();
    for found in WalkDir::new(&old).contents_first(true).into_iter().flatten() {
        let from = found.path();
        let path = from.strip_prefix(&old).unwrap_or(from);
        let to = workplace.output.join(path);
        let known = path.starts_with(INSIDE)
            || path.to_str().is_some_and(|text| manifest.contains_key(text))
            || to.symlink_metadata().is_ok();
        let _ = if found.file_type().is_dir() {
            fs::remove_dir(from)
        } else if known {
            fs::remove_file(from)
        } else {
            with_parents(&to, || fs::rename(from, &to))
        };
    }
}

/// Puts the new tree in the output's place and the old one, if there is one, at `old`. `false`
/// when this folder can't be moved: a mount point, or a lower layer of an overlay.
fn exchange(new: &Path, old: &Path, output: &Path) -> io::Result<bool> {
    let done = match swap(new, output) {
        Ok(()) => fs::rename(new, old),
        Err(Errno::NOENT) => fs::rename(new, output),
        // The system or the file system has no such step.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => two_renames(new, old, output),
        Err(error) => Err(error.into()),
    };
    match done {
        Err(error) if matches!(error.kind(), ErrorKind::CrossesDevices | ErrorKind::ResourceBusy) => Ok(false),
        done => done.map(|()| true),
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn swap(new: &Path, output: &Path) -> Result<(), Errno> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, new, CWD, output, RenameFlags::EXCHANGE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn swap(_: &Path, output: &Path) -> Result<(), Errno> {
    Err(if output.exists() { Errno::NOSYS } else { Errno::NOENT })
}

/// The next best: killed between the two, the next build finds no output and puts `old` back.
fn two_renames(new: &Path, old: &Path, output: &Path) -> io::Result<()> {
    fs::rename(output, old)?;
    fs::rename(new, output).inspect_err(|_| {
        let _ = fs::rename(old, output);
    })
}

/// Brings something foreign into the new tree. Folders get their permissions later.
fn carry(from: &Path, to: &Path, kind: FileType) -> io::Result<()> {
    if kind.is_dir() {
        fs::create_dir_all(to)
    } else if kind.is_symlink() {
        let target = fs::read_link(from)?;
        with_parents(to, || symlink(&target, to))
    } else {
        link_or_copy(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::emit::account::Account;
    use crate::store::emit::manifest::Written;
    use crate::store::state::State;
    use crate::store::tree::Entry;

    fn write(path: &Path, text: &str) {
        with_parents(path, || fs::write(path, text)).expect("room");
    }

    fn text(path: &Path) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    /// An output of one file, ours, and the folder of a build beside it.
    fn built() -> (tempfile::TempDir, Workplace, Manifest) {
        let folder = tempfile::tempdir().expect("a folder");
        let (output, dir) = (folder.path().join("public"), folder.path().join(".public.partwork"));
        write(&output.join("a/b"), "1");
        let written = Written { entry: Entry { size: 1, hash: [0; 32] }, mtime: 0 };
        let manifest = Manifest::from([(OutputPath::new("a/b").expect("a good path"), written)]);
        let account = Account::of(&State::of(&folder.path().join("cache"), folder.path()), &output);
        (folder, Workplace { output, dir, account }, manifest)
    }

    #[test]
    fn two_renames_put_the_old_tree_aside_or_back() {
        let (_folder, workplace, _) = built();
        let (new, old, output) = (workplace.new_tree(), workplace.old_tree(), &workplace.output);
        write(&new.join("c"), "2");
        two_renames(&new, &old, output).expect("one disk");
        assert_eq!(text(&output.join("c")).as_deref(), Some("2"));
        assert_eq!(text(&old.join("a/b")).as_deref(), Some("1"));

        fs::remove_dir_all(&old).expect("our own");
        two_renames(&new, &old, output).expect_err("there is no new tree");
        assert_eq!(text(&output.join("c")).as_deref(), Some("2"));
    }

    #[test]
    fn what_came_after_the_survey_moves_over() {
        let (_folder, workplace, manifest) = built();
        let old = workplace.old_tree();
        write(&old.join("a/b"), "ours");
        write(&old.join("a/late/c"), "theirs");
        discard(&workplace, &manifest);
        assert_eq!(text(&workplace.output.join("a/b")).as_deref(), Some("1"));
        assert_eq!(text(&workplace.output.join("a/late/c")).as_deref(), Some("theirs"));
        assert!(!old.exists());
    }
}
