//! A build's files on their way to an output folder, up to the step that shows them.

use std::collections::{BTreeMap, btree_map};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::account::Account;
use super::destination::{Destination, INSIDE, Wanted, beside};
use super::error::{EmitError, failed, shown};
use super::journal::Change;
use super::lock::take_lock;
use super::manifest::{Manifest, Written};
use super::survey::{refuse_what_is_in_the_way, survey};
use super::workplace::{JOURNAL, JOURNAL_DRAFT, NEW, OLD, Workplace, standing};
use super::{exchange, journal};
use crate::diagnostic::quote;
use crate::store::dir::{Dir, Found};
use crate::store::disk::{hash_file, ignore_missing, remove_with_parents};
use crate::store::origin::Origin;
use crate::store::spool::Piece;
use crate::store::state::State;
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
    let output = standing(&destination.path)?;
    Account::of(wanted.state, &destination.path).read(output.as_ref()).map(drop)
}

/// A build's files on their way to an output folder. Dropped without a commit it removes what it
/// staged and leaves the output as it was.
#[derive(Debug)]
pub struct Staging {
    workplace: Workplace,
    state: State,
    /// The new tree, as far as it was written.
    new: Dir,
    /// The output as it stands.
    output: Option<Dir>,
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
        account.read(standing(&output)?.as_ref())?;
        // A build that can't remember what it writes had better not begin.
        account.folder()?;
        let (workplace, inside, lock) = take_place(output, account, waiting)?;
        let state = wanted.state.clone();
        workplace.claim(&state)?;
        recover(&workplace, &state)?;
        clear(&workplace).map_err(failed("clear", workplace.dir.path()))?;
        // Again, because the build that was waited for may have changed it.
        let output = workplace.standing()?;
        let manifest = workplace.account.adopt(output.as_ref())?;
        let new = workplace.dir.create_folder(NEW, false).map_err(failed("create", workplace.dir.path()))?;
        // A folder whose owner, group or attributes nobody but root could give another stays itself.
        let bound = output.as_ref().is_some_and(|output| new.take_over(output, true).is_err());
        let in_place = inside || linked || bound;
        Ok(Staging { workplace, state, new, output, in_place, manifest, puts: Mutex::default(), _lock: lock })
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
            standing if let Content::Pieces(pieces) = content => {
                let entry = entry_of_pieces(pieces).map_err(failed("make", Path::new(path.as_str())))?;
                match standing.filter(|file| file.entry == entry) {
                    Some(file) => Put { file, staged: false },
                    None => Put { file: self.write(path, entry, |file| write_pieces(pieces, file))?, staged: true },
                }
            }
            standing => match make()? {
                Made::Bytes(bytes) => {
                    let entry = entry_of_bytes(&bytes);
                    match standing.filter(|file| file.entry == entry) {
                        Some(file) => Put { file, staged: false },
                        None => Put { file: self.write(path, entry, |mut file| file.write_all(&bytes))?, staged: true },
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

    /// Takes a file that an earlier build wrote, as [`put`](Staging::put) takes one that is made again; says whether
    /// the output's file is that one, untouched since. As there, the first content of a path counts.
    pub fn keep(&self, path: &OutputPath, entry: Entry) -> bool {
        let Some(file) = self.standing(path).filter(|file| file.entry == entry) else { return false };
        match self.lock_puts().entry(path.clone()) {
            btree_map::Entry::Vacant(place) => place.insert(Some(Put { file, staged: false })).is_some(),
            btree_map::Entry::Occupied(_) => false,
        }
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
        if staged.is_empty() && removed == 0 && self.manifest.is_some() {
            return Ok(summary);
        }

        let nothing = Manifest::new();
        // What is left was handed over, and then not wanted.
        for path in puts.keys() {
            let left = self.new.path().join(path.as_str());
            remove_with_parents(&self.new, path.as_str()).map_err(failed("remove", &left))?;
        }
        let ours = self.manifest.as_ref().unwrap_or(&nothing);
        let survey = survey(self.output.as_ref(), ours, tree)?;
        refuse_what_is_in_the_way(tree, &survey.foreign)?;
        let Workplace { account, .. } = &self.workplace;
        account.prepare(&manifest, &self.new)?;
        if !self.in_place && exchange::replace(&self.workplace, &self.new, (tree, &kept), &survey.foreign)? {
            account.settle(self.workplace.identity())?;
            exchange::discard(&self.workplace, ours);
        } else {
            journal::write(&self.workplace, &self.state, &staged, Change { survey: &survey, tree })?;
            journal::apply(&self.workplace, &self.state)?;
        }
        Ok(summary)
    }

    /// Our file at a path of the output, if it is still what the manifest says.
    fn standing(&self, path: &OutputPath) -> Option<Written> {
        let file = *self.manifest.as_ref()?.get(path)?;
        let found = self.output.as_ref()?.look(path.as_str()).ok()?;
        file.stands(&found).then_some(file)
    }

    fn write(
        &self,
        path: &OutputPath,
        entry: Entry,
        write: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<Written, EmitError> {
        let written = self.new.create(path.as_str()).and_then(|file| {
            write(&file)?;
            Found::at(&file)
        });
        let written = written.map_err(failed("write", &self.new.path().join(path.as_str())));
        Ok(Written::new(entry, &written?))
    }

    fn copy(&self, path: &OutputPath, source: &Origin) -> Result<Written, EmitError> {
        let mut reader = source.open().map_err(failed("read", &source.path()))?;
        let copied = self.new.create(path.as_str()).and_then(|mut file| {
            io::copy(&mut reader, &mut file)?;
            let found = Found::at(&file)?;
            // The copy is hashed, because its source may change meanwhile.
            file.rewind()?;
            Ok((hash_file(file)?, found))
        });
        let (entry, found) = copied.map_err(failed("write", &self.new.path().join(path.as_str())))?;
        Ok(Written::new(entry, &found))
    }

    fn lock_puts(&self) -> MutexGuard<'_, BTreeMap<OutputPath, Option<Put>>> {
        self.puts.lock().expect("nothing panics while it holds this lock")
    }
}

impl Drop for Staging {
    /// What can't be removed now is cleared by the next build.
    fn drop(&mut self) {
        let workplace = &self.workplace;
        if clear(workplace).is_err() || workplace.dir.has(JOURNAL) || workplace.dir.has(OLD) {
            return;
        }
        // The draft of a commit that failed.
        let _ = workplace.account.settle(workplace.identity());
        workplace.leave();
    }
}

/// Brings the output back to a whole state after a kill. The lock is held.
fn recover(workplace: &Workplace, state: &State) -> Result<(), EmitError> {
    let Workplace { dir, parent, name, output, account, .. } = workplace;
    journal::apply(workplace, state)?;
    if dir.has(OLD) && !parent.has(name) {
        dir.rename(OLD, parent, name).map_err(failed("restore", output))?;
    }
    account.settle(workplace.identity())
}

/// Removes our own names from the staging folder, and nothing that may still be needed.
fn clear(workplace: &Workplace) -> io::Result<()> {
    let Workplace { dir, parent, name, .. } = workplace;
    if dir.has(JOURNAL) || (dir.has(OLD) && !parent.has(name)) {
        return Ok(());
    }
    for tree in [NEW, OLD] {
        ignore_missing(dir.remove_tree(tree))?;
    }
    ignore_missing(dir.remove_file(JOURNAL_DRAFT))
}

/// Makes the hidden folder of a build and takes the lock in it: beside the output, or inside where
/// nothing can stand beside it, which is told as well.
fn take_place(output: PathBuf, account: Account, waiting: &dyn Fn()) -> Result<(Workplace, bool, File), EmitError> {
    let above = output.parent().unwrap_or(&output);
    let unwritable = |place: &Path| {
        let doing = format!("write the output folder {}: {} takes no file", shown(&output), shown(place));
        move |source| EmitError::Io { doing, source }
    };
    let parent = Dir::at_real(above).map_err(unwritable(above))?;
    let name = output.file_name().unwrap_or_default().to_os_string();
    let again = |dir: &Dir| dir.folder("").map_err(unwritable(above));
    let mut hidden = (again(&parent)?, beside(&name));
    let mut inside = parent.is_mount_point(&name);
    let mut taken =
        if inside { Err(ErrorKind::PermissionDenied.into()) } else { take_lock(&hidden.0, &hidden.1, waiting) };
    if let Err(error) = &taken
        && matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
        && let Ok(standing) = parent.folder(&name)
    {
        inside = true;
        hidden = (standing, INSIDE.into());
        taken = take_lock(&hidden.0, &hidden.1, waiting);
    }
    if taken.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotADirectory) {
        let (place, of) = (shown(&hidden.0.path().join(&hidden.1)), shown(&output));
        let why = "the folder that a build of it works in would stand there; move it away";
        return Err(EmitError::Refused(format!("{place} is in the way of {of}: {why}")));
    }
    let (dir, lock) = taken.map_err(unwritable(if inside { &output } else { above }))?;
    Ok((Workplace { output, parent, name, dir, hidden, account }, inside, lock))
}

fn entry_of(content: &Made<'_>) -> Result<Entry, EmitError> {
    match content {
        Made::Bytes(bytes) => Ok(entry_of_bytes(bytes)),
        Made::File(source) => entry_of_file(source),
    }
}

fn entry_of_pieces(pieces: &[Piece]) -> io::Result<Entry> {
    let mut hasher = blake3::Hasher::new();
    pieces.iter().try_for_each(|piece| piece.write_to(&mut hasher))?;
    Ok(Entry { size: hasher.count(), hash: hasher.finalize().into() })
}

fn write_pieces(pieces: &[Piece], file: &File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    pieces.iter().try_for_each(|piece| piece.write_to(&mut out))?;
    out.flush()
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
    use std::fs;

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
