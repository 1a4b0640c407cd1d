//! The step in which a new tree takes the place of the old one.
//!
//! In: the files that were written, what stays of the output, and what is foreign in it. Out: the new
//! tree in the output's place, or the output as it was.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use super::destination::INSIDE;
use super::error::{EmitError, failed};
use super::manifest::Manifest;
use super::survey::folders_of;
use super::workplace::{NEW, OLD, Workplace};
use crate::store::dir::{Dir, Form};
use crate::store::disk::{carry, link_or_copy};
use crate::store::tree::{OutputPath, Tree};

/// Completes the new tree and exchanges the two folders; `false`, with the output untouched,
/// when this output can't be exchanged.
pub fn replace(
    workplace: &Workplace,
    new: &Dir,
    (tree, kept): (&Tree, &[&OutputPath]),
    foreign: &[(PathBuf, Form)],
) -> Result<bool, EmitError> {
    if let Some(output) = &workplace.standing()? {
        let at = |path: &Path| output.path().join(path);
        // Folder by folder: to find one again for each of its files would be most of the work.
        kept.par_chunk_by(|a, b| folder_of(a) == folder_of(b))
            .try_for_each(|files| keep(output, new, files).map_err(|(path, error)| failed("keep", &at(path))(error)))?;
        for (path, form) in foreign {
            let carried = match form {
                Form::Folder => new.make_folder(path).map(drop),
                _ => carry(output, path, new, path),
            };
            match carried {
                // Gone again since the survey, as lock files are.
                Err(_) if !output.has(path) => {}
                carried => carried.map_err(failed("keep", &at(path)))?,
            }
        }
        let mut folders: BTreeSet<&Path> = folders_of(tree).into_iter().map(Path::new).collect();
        folders.extend(foreign.iter().flat_map(|(path, _)| path.ancestors()));
        if !keep_attributes(output, new, folders)? {
            return Ok(false);
        }
    }
    exchange(workplace).map_err(failed("replace", &workplace.output))
}

/// Links files of one folder of the output into the new tree; fails with the path at which it did.
fn keep<'p>(output: &Dir, new: &Dir, files: &[&'p OutputPath]) -> Result<(), (&'p Path, io::Error)> {
    let Some(first) = files.first() else { return Ok(()) };
    let at = |path: &'p OutputPath| move |error| (Path::new(path.as_str()), error);
    let folder = folder_of(first);
    let (from, to) = (output.folder(folder).map_err(at(first))?, new.make_folder(folder).map_err(at(first))?);
    files.iter().try_for_each(|path| {
        let name = Path::new(path.as_str().rsplit('/').next().unwrap_or_default());
        link_or_copy(&from, name, &to, name).map_err(at(path))
    })
}

/// The folder that a file lies in.
fn folder_of(path: &OutputPath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Gives each new folder what the standing one has; `false` where that can't be had. Last and from within,
/// because a folder may forbid what was just done in it.
fn keep_attributes(output: &Dir, new: &Dir, folders: BTreeSet<&Path>) -> Result<bool, EmitError> {
    for path in folders.into_iter().rev().chain([Path::new("")]) {
        let Ok(standing) = output.folder(path) else { continue };
        let fresh = match new.folder(path) {
            // Gone again since the survey.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            fresh => fresh.map_err(failed("read", &new.path().join(path)))?,
        };
        if fresh.take_over(&standing, false).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Deletes the old tree. What somebody put there after it was surveyed moves over instead. The
/// output is whole by now, so failures only leave something for the next build to clear.
pub fn discard(workplace: &Workplace, manifest: &Manifest) {
    let (Ok(old), Ok(Some(output))) = (workplace.dir.folder(OLD), workplace.standing()) else { return };
    clear(&old, Path::new(""), &output, manifest);
    let _ = workplace.dir.remove_folder(OLD);
}

/// Empties a folder of the old tree, whose path there is given.
fn clear(old: &Dir, at: &Path, output: &Dir, manifest: &Manifest) {
    for (name, form) in old.list().unwrap_or_default() {
        let path = at.join(&name);
        let known = || {
            path.starts_with(INSIDE)
                || path.to_str().is_some_and(|text| manifest.contains_key(text))
                || output.has(&path)
        };
        let _ = if form == Form::Folder {
            old.folder(&name)
                .map(|folder| clear(&folder, &path, output, manifest))
                .and_then(|()| old.remove_folder(&name))
        } else if known() {
            old.remove_file(&name)
        } else {
            old.rename(&name, output, &path)
        };
    }
}

/// Puts the new tree in the output's place and the old one, if there is one, at `old`. `false`
/// when this folder can't be moved: a mount point, or a lower layer of an overlay.
fn exchange(workplace: &Workplace) -> io::Result<bool> {
    let Workplace { dir, parent, name, .. } = workplace;
    let done = match dir.exchange(NEW, parent, name) {
        Ok(()) => dir.rename(NEW, dir, OLD),
        Err(error) if error.kind() == ErrorKind::NotFound => dir.rename(NEW, parent, name),
        Err(error) if error.kind() == ErrorKind::Unsupported => two_renames(workplace),
        Err(error) => Err(error),
    };
    match done {
        Err(error) if matches!(error.kind(), ErrorKind::CrossesDevices | ErrorKind::ResourceBusy) => Ok(false),
        done => done.map(|()| true),
    }
}

/// The next best: killed between the two, the next build finds no output and puts `old` back.
fn two_renames(workplace: &Workplace) -> io::Result<()> {
    let Workplace { dir, parent, name, .. } = workplace;
    parent.rename(name, dir, OLD)?;
    dir.rename(NEW, parent, name).inspect_err(|_| {
        let _ = dir.rename(OLD, parent, name);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::emit::account::Account;
    use crate::store::emit::manifest::Written;
    use crate::store::state::State;
    use crate::store::tree::Entry;
    use std::fs;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("a folder")).and_then(|()| fs::write(path, text)).expect("room");
    }

    fn text(path: &Path) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    /// An output of one file, ours, and the folder of a build beside it.
    fn built() -> (tempfile::TempDir, Workplace, Manifest) {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("public");
        write(&output.join("a/b"), "1");
        let written = Written { entry: Entry { size: 1, hash: [0; 32] }, mtime: 0 };
        let manifest = Manifest::from([(OutputPath::new("a/b").expect("a good path"), written)]);
        let account = Account::of(&State::of(&folder.path().join("cache"), folder.path()), &output);
        let parent = Dir::open(folder.path()).expect("there");
        let dir = parent.make_folder(".public.partwork").expect("room");
        let hidden = (parent.folder("").expect("there"), ".public.partwork".into());
        (folder, Workplace { output, parent, name: "public".into(), dir, hidden, account }, manifest)
    }

    #[test]
    fn two_renames_put_the_old_tree_aside_or_back() {
        let (_folder, workplace, _) = built();
        let (dir, output) = (workplace.dir.path(), &workplace.output);
        write(&dir.join("new/c"), "2");
        two_renames(&workplace).expect("one disk");
        assert_eq!(text(&output.join("c")).as_deref(), Some("2"));
        assert_eq!(text(&dir.join("old/a/b")).as_deref(), Some("1"));

        fs::remove_dir_all(dir.join("old")).expect("our own");
        two_renames(&workplace).expect_err("there is no new tree");
        assert_eq!(text(&output.join("c")).as_deref(), Some("2"));
    }

    #[test]
    fn what_came_after_the_survey_moves_over() {
        let (_folder, workplace, manifest) = built();
        let old = workplace.dir.path().join("old");
        write(&old.join("a/b"), "ours");
        write(&old.join("a/late/c"), "theirs");
        discard(&workplace, &manifest);
        assert_eq!(text(&workplace.output.join("a/b")).as_deref(), Some("1"));
        assert_eq!(text(&workplace.output.join("a/late/c")).as_deref(), Some("theirs"));
        assert!(!old.exists());
    }
}
