//! What is remembered of an output: which files there are ours.
//!
//! In: an output folder, and what a build is about to put there. Out: the [`Manifest`] of what is
//! there now. It lies in the project's memory and not in the output, which holds the site and
//! nothing else.
//!
//! So an account can be lost, and a folder of somebody else's can stand where ours stood. What isn't
//! known for ours is foreign: an account tells by the folder's [`Identity`] whether it is of this
//! folder, and where it is of another, only the files count that have the very content that we wrote.
//!
//! An account is written before the output changes, as a draft. Once the new tree stands in the
//! output's place, the draft is of the folder there, and counts; until then it doesn't. So there is
//! no moment at which a killed build leaves the wrong one.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::destination::INSIDE;
use super::error::{EmitError, failed, shown};
use super::manifest::{self, Manifest, Written};
use crate::diagnostic::quote;
use crate::store::disk::{Identity, hash_file, ignore_missing};
use crate::store::state;

/// The list that earlier versions kept in the output itself. It is of the folder that it lies in;
/// the next commit leaves it out.
pub const OLD_MANIFEST: &str = ".partwork-manifest";
const OLD_VERSION: &str = "partwork-manifest 1";
const VERSION: &str = "partwork-output 1";

/// The account of one output.
#[derive(Debug)]
pub struct Account {
    path: PathBuf,
}

/// An account as it was written.
struct Kept {
    folder: Identity,
    manifest: Manifest,
}

/// Whether a folder is one that a build of this project has written, and still the same.
pub fn is_output(root: &Path, folder: &Path) -> bool {
    let account = Account::of(root, folder);
    let kept = account.kept(&account.path).ok().flatten();
    folder.join(OLD_MANIFEST).exists() || kept.is_some_and(|kept| Identity::at(folder) == Some(kept.folder))
}

impl Account {
    /// The account of an output, whose path is absolute and without links. One within the project is
    /// known by its path there, so that a project can be moved and copied.
    pub fn of(root: &Path, output: &Path) -> Account {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        let place = output.strip_prefix(&root).unwrap_or(output);
        let key = blake3::hash(place.as_os_str().as_encoded_bytes()).to_hex();
        Account { path: state::folder(&root).join("outputs").join(&key[..32]) }
    }

    /// Our files in the output; `None` when it is empty or isn't there. Refuses a folder with
    /// something in it of which nothing says that it is ours.
    pub fn read(&self, output: &Path) -> Result<Option<Manifest>, EmitError> {
        if let Some(manifest) = old_manifest(output)? {
            return Ok(Some(manifest));
        }
        let here = Identity::at(output);
        let draft = self.kept(&self.draft()).ok().flatten();
        let kept = match draft.filter(|draft| Some(draft.folder) == here) {
            Some(draft) => Ok(Some(draft)),
            None => self.kept(&self.path),
        };
        match kept {
            Ok(Some(kept)) if Some(kept.folder) == here => Ok(Some(kept.manifest)),
            _ if is_empty(output)? => Ok(None),
            kept => {
                let ours = kept?.map(|kept| recognized(&kept.manifest, output)).filter(|ours| !ours.is_empty());
                ours.map(Some).ok_or_else(|| unknown(output))
            }
        }
    }

    /// Writes the account of a new tree, which counts once `tree`, its folder, is the output.
    pub fn prepare(&self, manifest: &Manifest, tree: &Path) -> Result<(), EmitError> {
        let draft = self.draft();
        let written = Identity::of(&fs::metadata(tree).map_err(failed("read", tree))?);
        write(&draft, &text(written, manifest))
    }

    /// Lets the draft count if it is of the output as it stands, and removes it if it isn't.
    pub fn settle(&self, output: &Path) -> Result<(), EmitError> {
        let draft = self.draft();
        let kept = self.kept(&draft).ok().flatten();
        if kept.is_some_and(|kept| Some(kept.folder) == Identity::at(output)) {
            return fs::rename(&draft, &self.path).map_err(failed("write", &self.path));
        }
        for left in [draft.with_extension("unfinished"), draft] {
            ignore_missing(fs::remove_file(&left)).map_err(failed("remove", &left))?;
        }
        Ok(())
    }

    /// Lets the draft count for an output that is brought up to date where it stands. Done again, it
    /// does nothing.
    pub fn install(&self, output: &Path) -> Result<(), EmitError> {
        let draft = self.draft();
        let Some(kept) = self.kept(&draft)? else { return Ok(()) };
        let here = Identity::of(&fs::metadata(output).map_err(failed("read", output))?);
        write(&self.path, &text(here, &kept.manifest))?;
        ignore_missing(fs::remove_file(&draft)).map_err(failed("remove", &draft))
    }

    fn draft(&self) -> PathBuf {
        self.path.with_extension("draft")
    }

    /// What was written there, if anything was.
    fn kept(&self, path: &Path) -> Result<Option<Kept>, EmitError> {
        let bytes = match fs::read(path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            bytes => bytes.map_err(failed("read", path))?,
        };
        let kept = str::from_utf8(&bytes).ok().and_then(parse);
        kept.map(Some).ok_or_else(|| {
            EmitError::Refused(format!(
                "{}, by which partwork knows its files in the output folder, is damaged or of another version; delete \
                 the output folder to have it built anew",
                shown(path)
            ))
        })
    }
}

/// Puts a text at a path in the project's memory, in one step. A link is never followed: a project may come
/// with one in the place of the file, of its folder, or of the memory itself.
fn write(path: &Path, text: &str) -> Result<(), EmitError> {
    let folder = path.parent().unwrap_or(path);
    let memory = folder.parent().unwrap_or(folder);
    let put = || {
        for folder in [memory, folder] {
            match fs::create_dir(folder) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => made?,
            }
            if !folder.symlink_metadata()?.is_dir() {
                return Err(io::Error::other(format!("{} is a link or a file, and no folder", shown(folder))));
            }
        }
        // What a killed build left there would be in the way; a link is never opened, since the file is new.
        let unfinished = path.with_extension("unfinished");
        ignore_missing(fs::remove_file(&unfinished))?;
        fs::File::create_new(&unfinished)?.write_all(text.as_bytes())?;
        fs::rename(&unfinished, path)
    };
    put().map_err(failed("write", path))
}

fn unknown(output: &Path) -> EmitError {
    EmitError::Refused(format!(
        "the output folder {} holds files of which nothing says that partwork wrote them; choose another, or empty it",
        shown(output)
    ))
}

/// The list that an earlier version left in the output.
fn old_manifest(output: &Path) -> Result<Option<Manifest>, EmitError> {
    let path = output.join(OLD_MANIFEST);
    if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(failed("read", &path))?;
    let parse = |text: &str| {
        let (first, lines) = text.split_once('\n')?;
        manifest::parse(lines, first.strip_prefix(OLD_VERSION)?.strip_prefix(' ')?.parse().ok()?)
    };
    let manifest = str::from_utf8(&bytes).ok().and_then(parse);
    manifest.map(Some).ok_or_else(|| {
        EmitError::Refused(format!(
            "{} in the output folder {} is damaged or of another version, so it's unknown which files there are \
             partwork's; delete the folder to have it built anew",
            quote(OLD_MANIFEST),
            shown(output)
        ))
    })
}

/// Whether there is no output, or nothing in it but what a build of it needs.
fn is_empty(output: &Path) -> Result<bool, EmitError> {
    let mut found = match fs::read_dir(output) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        found => found.map_err(failed("read", output))?,
    };
    let empty = found.try_fold(true, |empty, entry| Ok(empty && entry?.file_name() == INSIDE));
    empty.map_err(failed("read", output))
}

/// Those of our files that a folder holds with the very content that we wrote.
fn recognized(manifest: &Manifest, output: &Path) -> Manifest {
    let recognize = |path: &Path, written: &Written| -> io::Result<Option<Written>> {
        let found = path.symlink_metadata()?;
        let same = found.is_file() && found.len() == written.entry.size && hash_file(path)? == written.entry;
        Ok(same.then(|| Written::new(written.entry, &found)))
    };
    let files = manifest.par_iter().filter_map(|(path, written)| {
        // One that can't be read isn't known for ours.
        let found = recognize(&output.join(path.as_str()), written).ok()??;
        Some((path.clone(), found))
    });
    files.collect()
}

fn text(folder: Identity, manifest: &Manifest) -> String {
    format!("{VERSION} {} {folder}\n{}", manifest.len(), manifest::text(manifest))
}

/// `None` for anything that [`text`] can't have written.
fn parse(text: &str) -> Option<Kept> {
    let (first, lines) = text.split_once('\n')?;
    let (count, folder) = first.strip_prefix(VERSION)?.strip_prefix(' ')?.split_once(' ')?;
    Some(Kept { folder: Identity::parse(folder)?, manifest: manifest::parse(lines, count.parse().ok()?)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_of_a_project_bends_what_is_written() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |path: &str| root.path().join(path);
        for folder in ["content", "public", ".partwork/outputs"] {
            fs::create_dir_all(at(folder)).expect("room");
        }
        fs::write(at("content/a.md"), "an author's").expect("room");
        let account = Account::of(root.path(), &at("public"));
        for path in [account.draft(), account.path.clone()] {
            symlink(at("content/a.md"), path).expect("room");
        }
        account.prepare(&Manifest::new(), &at("public")).expect("room");
        account.install(&at("public")).expect("room");
        assert_eq!(fs::read_to_string(at("content/a.md")).expect("there"), "an author's");
        assert!(account.path.symlink_metadata().expect("there").is_file());

        fs::remove_dir_all(at(".partwork/outputs")).expect("our own");
        symlink(at("content"), at(".partwork/outputs")).expect("room");
        account.prepare(&Manifest::new(), &at("public")).expect_err("a link");
        assert_eq!(fs::read_dir(at("content")).expect("there").count(), 1);
    }
}
