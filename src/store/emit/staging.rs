//! A build's files on their way to an output folder, up to the step that shows them.

use std::collections::{BTreeMap, btree_map};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::account::Account;
use super::destination::{Destination, INSIDE, Wanted, beside, is_mount_point};
use super::error::{EmitError, failed, shown};
use super::lock::take_lock;
use super::manifest::{Manifest, Written};
use super::survey::{refuse_what_is_in_the_way, survey};
use super::workplace::Workplace;
use super::{attributes, exchange, journal};
use crate::diagnostic::quote;
use crate::store::disk::{hash_file, ignore_missing, remove_with_parents, with_parents};
use crate::store::origin::Origin;
use crate::store::tree::{Content, Entry, Leaf, Made, OutputPath, Tree};

/// What a commit did, in files of the tree and bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub written: usize,
    pub unchanged: usize,
    pub removed: usize,
    pub bytes_written: u64,
}

/// Checks that an output folder may be written, and touches nothing.
///
/// Refused are an empty name, the project's root or home and all that holds one of them, anything
/// in `content`, `templates`, `static`, `.github`, a `.git` or the cache folder, whatever is no folder,
/// and a folder with something in it that partwork never wrote. Links and `..` are followed first; where
/// the project names the folder there may be none, and it lies within the project.
pub fn check_output(wanted: Wanted<'_>) -> Result<(), EmitError> {
    let destination = Destination::find(wanted, "the output folder")?;
    Account::of(wanted.state, &destination.path).read(&destination.path).map(drop)
}

/// A build's files on their way to an output folder. Dropped without a commit it removes what it
/// staged and leaves the output as it was.
#[derive(Debug)]
pub struct Staging {
    workplace: Workplace,
    /// Whether the output is brought up to date file by file: it is a mount point, which can't be
    /// moved, or a link, whose owner chose the very folder it leads to, or it has what a folder of
    /// ours can't get.
    in_place: bool,
    /// Our files in the output; `None` when nothing was ever written there.
    manifest: Option<Manifest>,
    /// What was handed over; `None` while it is being written, and when that failed.
    puts: Mutex<BTreeMap<OutputPath, Option<Put>>>,
    _lock: File,
}

#[derive(Debug)]
struct Put {
    file: Written,
    /// Whether it lies in the staging folder; otherwise the output's own is this already.
    staged: bool,
}

impl Staging {
    /// Checks the output as [`check_output`] does, waits for its turn when another build of this
    /// output is at work (calling `waiting` once if it has to), completes or clears what a killed
    /// build left, and reads what is remembered of it.
    pub fn open(wanted: Wanted<'_>, waiting: &dyn Fn()) -> Result<Staging, EmitError> {
        let Destination { path: output, linked } = Destination::find(wanted, "the output folder")?;
        let account = Account::of(wanted.state, &output);
        account.read(&output)?;
        // A build that can't remember what it writes had better not begin.
        account.folder()?;
        let (workplace, inside, lock) = take_place(output, account, waiting)?;
        let mut staging =
            Staging { workplace, in_place: inside || linked, manifest: None, puts: Mutex::default(), _lock: lock };
        staging.recover()?;
        staging.clear().map_err(failed("clear", &staging.workplace.dir))?;
        // Again, because the build that was waited for may have changed it.
        staging.manifest = staging.workplace.account.adopt(&staging.workplace.output)?;
        let new = staging.workplace.new_tree();
        fs::create_dir(&new).map_err(failed("create", &new))?;
        // A folder whose owner, group or attributes nobody but root could give another stays itself.
        let output = &staging.workplace.output;
        staging.in_place |= output.exists() && attributes::prepare(output, &new).is_err();
        Ok(staging)
    }

    /// Takes one file of the site, from any thread; gives its entry for the [`Tree`]. Nothing is
    /// written when the output's file is this one already, untouched since we wrote it.
    ///
    /// The first content of a path counts. A second is only hashed, and the commit notices when
    /// the tree holds that one: which of two pages owns a path is not settled here.
    pub fn put(&self, path: &OutputPath, content: &Content) -> Result<Entry, EmitError> {
        if path.as_str().split('/').next() == Some(INSIDE) {
            return Err(EmitError::Refused(format!(
                "{} is a name that partwork keeps for itself",
                quote(path.as_str())
            )));
        }
        let known = content.known();
        let make = || content.made().map_err(failed("make", Path::new(path.as_str())));
        let is_second = match self.lock_puts().entry(path.clone()) {
            btree_map::Entry::Vacant(place) => place.insert(None).is_some(),
            btree_map::Entry::Occupied(_) => true,
        };
        if is_second {
            return entry_of(&make()?);
        }
        let put = match self.standing(path) {
            Some(file) if known == Some(file.entry) => Put { file, staged: false },
            standing => match make()? {
                Made::Bytes(bytes) => {
                    let entry = entry_of_bytes(&bytes);
                    match standing.filter(|file| file.entry == entry) {
                        Some(file) => Put { file, staged: false },
                        None => Put { file: self.write(path, &bytes, entry)?, staged: true },
                    }
                }
                Made::File(source) => match standing {
                    Some(file) if known.is_none() && entry_of_file(source)? == file.entry => {
                        Put { file, staged: false }
                    }
                    _ => Put { file: self.copy(path, source)?, staged: true },
                },
            },
        };
        let entry = put.file.entry;
        self.lock_puts().insert(path.clone(), Some(put));
        Ok(entry)
    }

    /// Makes the output hold exactly `tree` and what is foreign, in one step, or leaves it as it
    /// was. Every entry of the tree must have been put. When nothing changed, nothing is touched.
    ///
    /// A mount point or a link is brought up to date file by file; stopped in between, the next
    /// [`Staging::open`] carries on.
    pub fn commit(self, tree: &Tree) -> Result<Summary, EmitError> {
        let mut puts = std::mem::take(&mut *self.lock_puts());
        let mut manifest = Manifest::new();
        let (mut staged, mut kept) = (Vec::new(), Vec::new());
        let mut bytes_written = 0;
        for (path, Leaf { entry, .. }) in tree.iter() {
            let Some(put) = puts.remove(path).flatten().filter(|put| put.file.entry == *entry) else {
                let source = io::Error::other("its content was never handed over");
                return Err(EmitError::Io { doing: format!("write {}", quote(path.as_str())), source });
            };
            if put.staged {
                bytes_written += entry.size;
                staged.push(path);
            } else {
                kept.push(path);
            }
            manifest.insert(path.clone(), put.file);
        }
        let removed = self.manifest.iter().flatten().filter(|(path, _)| !manifest.contains_key(*path)).count();
        let summary = Summary { written: staged.len(), unchanged: kept.len(), removed, bytes_written };
        let Workplace { output, account, .. } = &self.workplace;
        if staged.is_empty() && removed == 0 && self.manifest.is_some() {
            return Ok(summary);
        }

        let nothing = Manifest::new();
        // What is left was handed over, and then not wanted.
        let new = self.workplace.new_tree();
        for path in puts.keys() {
            remove_with_parents(&new, path.as_str()).map_err(failed("remove", &new.join(path.as_str())))?;
        }
        let ours = self.manifest.as_ref().unwrap_or(&nothing);
        let survey = survey(output, ours, tree)?;
        refuse_what_is_in_the_way(tree, &survey.foreign)?;
        account.prepare(&manifest, &new)?;
        if !self.in_place && exchange::replace(&self.workplace, &kept, &survey.foreign)? {
            account.settle(output)?;
            exchange::discard(&self.workplace, ours);
        } else {
            journal::write(&self.workplace, &staged, &survey, tree)?;
            journal::apply(&self.workplace)?;
        }
        Ok(summary)
    }

    /// Our file at a path of the output, if it is still what the manifest says.
    fn standing(&self, path: &OutputPath) -> Option<Written> {
        let file = *self.manifest.as_ref()?.get(path)?;
        let found = fs::symlink_metadata(self.workplace.output.join(path.as_str())).ok()?;
        file.stands(&found).then_some(file)
    }

    fn write(&self, path: &OutputPath, bytes: &[u8], entry: Entry) -> Result<Written, EmitError> {
        let target = self.workplace.new_tree().join(path.as_str());
        let written = with_parents(&target, || File::create_new(&target)).and_then(|mut file| {
            file.write_all(bytes)?;
            file.metadata()
        });
        Ok(Written::new(entry, &written.map_err(failed("write", &target))?))
    }

    fn copy(&self, path: &OutputPath, source: &Origin) -> Result<Written, EmitError> {
        let target = self.workplace.new_tree().join(path.as_str());
        let mut reader = source.open().map_err(failed("read", &source.path()))?;
        let copied = with_parents(&target, || File::create_new(&target)).and_then(|mut file| {
            io::copy(&mut reader, &mut file)?;
            // The copy is hashed, because its source may change meanwhile.
            Ok((hash_file(File::open(&target)?)?, file.metadata()?))
        });
        let (entry, found) = copied.map_err(failed("write", &target))?;
        Ok(Written::new(entry, &found))
    }

    /// Brings the output back to a whole state after a kill. The lock is held.
    fn recover(&self) -> Result<(), EmitError> {
        journal::apply(&self.workplace)?;
        let (old, output) = (self.workplace.old_tree(), &self.workplace.output);
        if old.exists() && !output.exists() {
            fs::rename(&old, output).map_err(failed("restore", output))?;
        }
        self.workplace.account.settle(output)
    }

    /// Removes our own names from the staging folder, and nothing that may still be needed.
    fn clear(&self) -> io::Result<()> {
        let workplace = &self.workplace;
        let old = workplace.old_tree();
        if workplace.journal().exists() || (old.exists() && !workplace.output.exists()) {
            return Ok(());
        }
        for tree in [workplace.new_tree(), old] {
            ignore_missing(fs::remove_dir_all(tree))?;
        }
        ignore_missing(fs::remove_file(workplace.journal_draft()))
    }

    fn lock_puts(&self) -> MutexGuard<'_, BTreeMap<OutputPath, Option<Put>>> {
        self.puts.lock().expect("nothing panics while it holds this lock")
    }
}

impl Drop for Staging {
    /// What can't be removed now is cleared by the next build.
    fn drop(&mut self) {
        let workplace = &self.workplace;
        if self.clear().is_err() || workplace.journal().exists() || workplace.old_tree().exists() {
            return;
        }
        // The draft of a commit that failed.
        let _ = workplace.account.settle(&workplace.output);
        // Still under the lock: whoever waits for this file notices that it is gone.
        let _ = fs::remove_file(workplace.lock());
        let _ = fs::remove_dir(&workplace.dir);
    }
}

/// Makes the hidden folder of a build and takes the lock in it: beside the output, or inside where
/// nothing can stand beside it, which is told as well.
fn take_place(output: PathBuf, account: Account, waiting: &dyn Fn()) -> Result<(Workplace, bool, File), EmitError> {
    let parent = output.parent().unwrap_or(&output);
    let unwritable = |place: &Path| {
        let doing = format!("write the output folder {}: {} takes no file", shown(&output), shown(place));
        move |source| EmitError::Io { doing, source }
    };
    fs::create_dir_all(parent).map_err(unwritable(parent))?;
    let mut inside = is_mount_point(&output, parent);
    let mut dir = if inside { output.join(INSIDE) } else { beside(&output) };
    let mut lock = take_lock(&dir, waiting);
    if !inside
        && output.is_dir()
        && let Err(error) = &lock
        && matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
    {
        inside = true;
        dir = output.join(INSIDE);
        lock = take_lock(&dir, waiting);
    }
    let lock = lock.map_err(unwritable(if inside { &output } else { parent }))?;
    Ok((Workplace { output, dir, account }, inside, lock))
}

fn entry_of(content: &Made<'_>) -> Result<Entry, EmitError> {
    match content {
        Made::Bytes(bytes) => Ok(entry_of_bytes(bytes)),
        Made::File(source) => entry_of_file(source),
    }
}

fn entry_of_bytes(bytes: &[u8]) -> Entry {
    Entry { size: bytes.len() as u64, hash: blake3::hash(bytes).into() }
}

fn entry_of_file(source: &Origin) -> Result<Entry, EmitError> {
    source.open().and_then(hash_file).map_err(failed("read", &source.path()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::emit::destination::Named;
    use crate::store::kind::Kind;
    use crate::store::state::State;

    /// A project's root with an output of one file, and the staging of the next build.
    fn built() -> (tempfile::TempDir, Staging) {
        let root = tempfile::tempdir().expect("a folder");
        let state = State::of(&root.path().join("cache"), root.path());
        let wanted = Wanted { folder: Path::new("public"), named: Named::ByProject, home: None, state: &state };
        let open = || Staging::open(wanted, &|| {}).expect("a good output");
        let staging = open();
        let path = OutputPath::new("a/b").expect("a good path");
        let entry = staging.put(&path, &Content::Bytes(b"1".to_vec())).expect("room");
        staging.commit(&Tree::from_iter([(path, Leaf { kind: Kind::Page, entry })])).expect("a whole tree");
        let next = open();
        (root, next)
    }

    #[test]
    fn a_folder_that_cannot_be_exchanged_is_brought_up_to_date() {
        let (_root, mut staging) = built();
        // As when the exchange says so at the last moment.
        staging.in_place = true;
        let path = OutputPath::new("c").expect("a good path");
        let entry = staging.put(&path, &Content::Bytes(b"2".to_vec())).expect("room");
        let output = staging.workplace.output.clone();
        staging.commit(&Tree::from_iter([(path, Leaf { kind: Kind::Page, entry })])).expect("a whole tree");
        assert_eq!(fs::read_to_string(output.join("c")).expect("there"), "2");
        assert!(!output.join("a").exists());
    }
}
