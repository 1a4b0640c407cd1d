//! What is remembered of an output: which files there are ours.
//!
//! In: an output folder, and what a build is about to put there. Out: the [`Manifest`] of what is
//! there now. It lies in the user's memory and not in the output, which holds the site and nothing
//! else, and bears the user's seal: no list that comes with a project says what may be deleted.
//!
//! So an account can be lost, and a folder of somebody else's can stand where ours stood. What isn't
//! known for ours is foreign. An account is found by the path of the output, and where the folder
//! has been moved, with its project or alone, by the folder's [`Identity`]. Where it is of another
//! folder, as of one that this is a copy of, only the files count that have the very content that
//! we wrote.
//!
//! An account is written before the output changes, as a draft. Once the new tree stands in the
//! output's place, the draft is of the folder there, and counts; until then it doesn't. So there is
//! no moment at which a killed build leaves the wrong one.

use std::io;
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::destination::INSIDE;
use super::error::{EmitError, failed, shown};
use super::manifest::{self, Manifest, Written};
use crate::store::dir::{Dir, Form};
use crate::store::disk::{Identity, hash_file, ignore_missing};
use crate::store::state::{Seal, State, read};

const VERSION: &str = "partwork-output 1";

/// Its folder in the user's memory, and the kind of its seals.
const NAME: &str = "outputs";

/// The account of one output.
#[derive(Debug)]
pub struct Account {
    state: State,
    /// Of the output's path.
    name: String,
}

/// An account as it was written.
struct Kept {
    folder: Identity,
    manifest: Manifest,
}

/// What is known of an output.
struct Known {
    manifest: Manifest,
    /// Whether the account is of the folder that stands there, under the path where it stands.
    settled: bool,
    /// The account of the same folder under another path.
    moved: Option<String>,
}

/// Whether a folder is one that a build has written, and still the same.
pub fn is_output(state: &State, folder: &Path) -> bool {
    let account = Account::of(state, folder);
    let Some((dir, seal)) = account.opened() else { return false };
    let here = Identity::at(folder);
    let kept = kept(&dir, seal, &account.name).filter(|kept| Some(kept.folder) == here);
    kept.is_some() || here.is_some_and(|here| account.moved(here).is_some_and(|(_, kept)| here.is_same(&kept.folder)))
}

impl Account {
    /// The account of an output, whose path is absolute and without links.
    pub fn of(state: &State, output: &Path) -> Account {
        let hash = blake3::hash(output.as_os_str().as_encoded_bytes()).to_hex();
        Account { state: state.clone(), name: hash[..32].to_string() }
    }

    /// Our files in the output; `None` when it is empty or isn't there. Refuses a folder with
    /// something in it of which nothing says that it is ours.
    pub fn read(&self, output: Option<&Dir>) -> Result<Option<Manifest>, EmitError> {
        Ok(self.find(output)?.map(|known| known.manifest))
    }

    /// As [`read`](Account::read), and what was known in another way is known from here on by the
    /// output's path.
    pub fn adopt(&self, output: Option<&Dir>) -> Result<Option<Manifest>, EmitError> {
        let (Some(output), Some(known)) = (output, self.find(output)?) else { return Ok(None) };
        if !known.settled {
            self.write(&self.name, &text(identity(output)?, &known.manifest))?;
        }
        if let Some(moved) = known.moved {
            // One that stays is of no folder that there is, and counts for nothing.
            let _ = self.folder()?.remove_file(moved);
        }
        Ok(Some(known.manifest))
    }

    fn find(&self, output: Option<&Dir>) -> Result<Option<Known>, EmitError> {
        let Some(output) = output else { return Ok(None) };
        let here = Identity::of_dir(output);
        let own = |name: &str| self.opened().and_then(|(dir, seal)| kept(&dir, seal, name));
        let (account, draft) = (own(&self.name), own(&self.draft()));
        let is_here = |kept: &Kept| Some(kept.folder) == here;
        for (kept, settled) in [(&draft, false), (&account, true)] {
            if let Some(kept) = kept.as_ref().filter(|kept| is_here(kept)) {
                return Ok(Some(Known { manifest: kept.manifest.clone(), settled, moved: None }));
            }
        }
        if is_empty(output)? {
            return Ok(None);
        }
        let moved = here.and_then(|here| self.moved(here).map(|(name, kept)| (name, here.is_same(&kept.folder), kept)));
        if let Some((name, true, kept)) = moved {
            return Ok(Some(Known { manifest: kept.manifest, settled: false, moved: Some(name) }));
        }
        let other = account.or(moved.map(|(_, _, kept)| kept));
        let ours = other.map(|kept| recognized(&kept.manifest, output)).filter(|ours| !ours.is_empty());
        let known = ours.map(|manifest| Known { manifest, settled: false, moved: None });
        known.map(Some).ok_or_else(|| unknown(output))
    }

    /// The account of the folder with this identity under the path of another output, of several the
    /// first that is surely its own.
    fn moved(&self, here: Identity) -> Option<(String, Kept)> {
        let (dir, seal) = self.opened()?;
        let names = dir.list().ok()?.into_iter().filter_map(|(name, _)| name.into_string().ok());
        let others = names.filter(|name| *name != self.name && !name.contains('.'));
        let mut likely = others.filter_map(|name| Some((kept(&dir, seal, &name)?, name)));
        likely.find(|(kept, _)| kept.folder == here).map(|(kept, name)| (name, kept))
    }

    /// Writes the account of a new tree, which counts once `tree`, its folder, is the output.
    pub fn prepare(&self, manifest: &Manifest, tree: &Dir) -> Result<(), EmitError> {
        self.write(&self.draft(), &text(identity(tree)?, manifest))
    }

    /// Lets the draft count if it is of the output as it stands, and removes it if it isn't.
    pub fn settle(&self, output: Option<Identity>) -> Result<(), EmitError> {
        let Some((dir, seal)) = self.opened() else { return Ok(()) };
        let draft = self.draft();
        let of = unsealed(&dir, seal, &draft).and_then(|text| Some(first_line(&text)?.0));
        if of.is_some_and(|folder| Some(folder) == output) {
            return dir.rename(&draft, &dir, &self.name).map_err(failed("write", &dir.path().join(&self.name)));
        }
        for left in [unfinished(&self.name), unfinished(&draft), draft] {
            ignore_missing(dir.remove_file(&left)).map_err(failed("remove", &dir.path().join(left)))?;
        }
        Ok(())
    }

    /// Lets the draft count for an output that is brought up to date where it stands. Done again, it
    /// does nothing.
    pub fn install(&self, output: &Dir) -> Result<(), EmitError> {
        let Some((dir, seal)) = self.opened() else { return Ok(()) };
        let draft = self.draft();
        let Some(kept) = kept(&dir, seal, &draft) else { return Ok(()) };
        self.write(&self.name, &text(identity(output)?, &kept.manifest))?;
        ignore_missing(dir.remove_file(&draft)).map_err(failed("remove", &dir.path().join(&draft)))
    }

    fn draft(&self) -> String {
        format!("{}.draft", self.name)
    }

    /// The folder of all accounts, made where it isn't there.
    pub fn folder(&self) -> Result<Dir, EmitError> {
        self.state.shared(NAME, true).map_err(failed("write", self.state.cache()))
    }

    /// The folder of all accounts and the seal that they bear, where anything was ever remembered.
    fn opened(&self) -> Option<(Dir, Seal)> {
        Some((self.state.shared(NAME, false).ok()?, self.state.known_seal(NAME)?))
    }

    /// Puts a text under a name, in one step. The lock of the output is held, so the name it has until
    /// then is nobody else's; what a killed build left there would be in the way.
    fn write(&self, name: &str, text: &str) -> Result<(), EmitError> {
        let dir = self.folder()?;
        let put = || {
            let seal = self.state.seal(NAME)?;
            let unfinished = unfinished(name);
            ignore_missing(dir.remove_file(&unfinished))?;
            seal.write(seal_name(name), text.as_bytes(), &mut dir.create(&unfinished)?)?;
            dir.rename(&unfinished, &dir, name)
        };
        put().map_err(failed("write", &dir.path().join(name)))
    }
}

fn unfinished(name: &str) -> String {
    format!("{name}.unfinished")
}

/// A draft is of the same output, and becomes its account.
fn seal_name(name: &str) -> &[u8] {
    name.split('.').next().unwrap_or(name).as_bytes()
}

/// What was written under a name; nothing for what isn't ours, or of another version.
fn kept(dir: &Dir, seal: Seal, name: &str) -> Option<Kept> {
    parse(&unsealed(dir, seal, name)?)
}

/// The text that was written under a name; nothing for what isn't ours.
fn unsealed(dir: &Dir, seal: Seal, name: &str) -> Option<String> {
    String::from_utf8(seal.open(seal_name(name), read(dir, name).ok()?)?).ok()
}

fn identity(dir: &Dir) -> Result<Identity, EmitError> {
    dir.metadata().map(|data| Identity::of(&data)).map_err(failed("read", dir.path()))
}

fn unknown(output: &Dir) -> EmitError {
    EmitError::Refused(format!(
        "the output folder {} holds files of which nothing says that partwork wrote them; choose another, or delete \
         it to have it built anew",
        shown(output.path())
    ))
}

/// Whether nothing is in an output but what a build of it needs.
fn is_empty(output: &Dir) -> Result<bool, EmitError> {
    let found = output.list().map_err(failed("read", output.path()))?;
    Ok(found.iter().all(|(name, _)| name == INSIDE))
}

/// Those of our files that a folder holds with the very content that we wrote.
fn recognized(manifest: &Manifest, output: &Dir) -> Manifest {
    let recognize = |path: &str, written: &Written| -> io::Result<Option<Written>> {
        let found = output.look(path)?;
        let same = found.form == Form::File
            && found.size == written.entry.size
            && hash_file(output.read(path)?)? == written.entry;
        Ok(same.then(|| Written::new(written.entry, &found)))
    };
    let files = manifest.par_iter().filter_map(|(path, written)| {
        // One that can't be read isn't known for ours.
        let found = recognize(path.as_str(), written).ok()??;
        Some((path.clone(), found))
    });
    files.collect()
}

fn text(folder: Identity, manifest: &Manifest) -> String {
    let mut text = format!("{VERSION} {} {folder}\n", manifest.len());
    manifest::write(manifest, &mut text);
    text
}

/// `None` for anything that [`text`] can't have written.
fn parse(text: &str) -> Option<Kept> {
    let (folder, count, lines) = first_line(text)?;
    Some(Kept { folder, manifest: manifest::parse(lines, count)? })
}

/// The folder that an account is of, how many files it has, and the lines that tell of them; nothing for another version.
fn first_line(text: &str) -> Option<(Identity, usize, &str)> {
    let (first, lines) = text.split_once('\n')?;
    let (count, folder) = first.strip_prefix(VERSION)?.strip_prefix(' ')?.split_once(' ')?;
    Some((Identity::parse(folder)?, count.parse().ok()?, lines))
}
