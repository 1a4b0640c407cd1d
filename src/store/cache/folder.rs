//! Large values remembered, each in a file of its own, so that a run holds none that it isn't
//! working on.
//!
//! A file has the hexadecimal key as its name; it holds the value and before it the user's seal, which
//! goes for this key alone. As in [`Cache`](super::small::Cache) nothing is ever stale and nothing is an
//! error.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::key::Key;
use crate::store::dir::Form;
use crate::store::disk::{ignore_missing, now};
use crate::store::spool::{Piece, Spool, joined};
use crate::store::state::{SEAL, Seal, State, read};

/// The values of earlier runs and of this one. Shared between threads; a clone is the same cache.
#[derive(Debug, Clone)]
pub struct Folder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Option<State>,
    run: Mutex<Run>,
    /// Read while a value is written, of which there may be several; written while what is no
    /// longer wanted is removed, which could be what was begun a moment ago.
    cleaning: RwLock<()>,
}

#[derive(Debug, Default)]
struct Run {
    /// What this run asked for or made.
    used: BTreeSet<Key>,
    /// The values themselves when there is no folder to keep them in.
    made: BTreeMap<Key, Vec<u8>>,
}

/// Its folder in the memory of a project, and the kind of its seals.
const NAME: &str = "large";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a value stays that nobody asks for.
const UNUSED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many bytes such values may have together.
const MOST_UNUSED: u64 = 256 << 20;

impl Folder {
    /// A cache in a project's memory; without one, a cache that ends with the run.
    pub fn open(state: Option<State>) -> Folder {
        Folder(Arc::new(Inner { state, run: Mutex::default(), cleaning: RwLock::default() }))
    }

    /// The value of a key, from this run or an earlier one.
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let Some(state) = &self.0.state else { return self.run().made.get(key).cloned() };
        let seal = state.known_seal(NAME)?;
        let value = seal.open(&key.0, read(&state.project(false).ok()?, file(key)).ok()?)?;
        self.run().used.insert(*key);
        Some(value)
    }

    /// As [`get`](Folder::get), and holds nothing of it.
    pub fn open_piece(&self, key: &Key) -> Option<Piece> {
        let Some(state) = &self.0.state else {
            return self.run().made.get(key).map(|value| Piece::Here(value[..].into()));
        };
        let seal = state.known_seal(NAME)?;
        let mut file = state.project(false).ok()?.read(file(key)).ok()?;
        let mut known = [0; SEAL];
        file.read_exact(&mut known).ok()?;
        let value = Piece::rest_of(file).ok()?;
        let mut hasher = seal.hasher(&key.0);
        value.write_to(&mut hasher).ok()?;
        // Compared in a time that tells nothing.
        (hasher.finalize() == known).then_some(())?;
        self.run().used.insert(*key);
        Some(value)
    }

    /// Room for what waits while a large value is made.
    pub fn spool(&self) -> Option<Spool> {
        Spool::new(self.0.state.as_ref()?, NAME).ok()
    }

    /// Remembers a value. That it can't be written costs the next run its time and nothing else.
    pub fn put(&self, key: Key, value: &[u8]) {
        let Some(state) = &self.0.state else {
            self.run().made.insert(key, value.to_vec());
            return;
        };
        self.wrote(key, |seal| {
            let sealed = seal.close(&key.0, value);
            state.project(true)?.replace(file(&key), &sealed, false)
        });
    }

    /// As [`put`](Folder::put), for a value in pieces.
    pub fn put_pieces(&self, key: Key, value: &[Piece]) {
        let Some(state) = &self.0.state else {
            if let Ok(value) = joined(value) {
                self.run().made.insert(key, value);
            }
            return;
        };
        self.wrote(key, |seal| {
            let mut hasher = seal.hasher(&key.0);
            value.iter().try_for_each(|piece| piece.write_to(&mut hasher))?;
            state.project(true)?.replace_with(file(&key), |mut out| {
                out.write_all(hasher.finalize().as_bytes())?;
                value.iter().try_for_each(|piece| piece.write_to(&mut out))
            })
        });
    }

    /// Has a value written, whole or not at all.
    fn wrote(&self, key: Key, write: impl FnOnce(Seal) -> io::Result<()>) {
        let Some(state) = &self.0.state else { return };
        let _writing = self.0.cleaning.read().unwrap_or_else(PoisonError::into_inner);
        if state.seal(NAME).and_then(write).is_ok() {
            self.run().used.insert(key);
        }
    }

    /// Forgets the values that no run asked for in a week, and the oldest of those that this one
    /// didn't ask for when they are many: who looks at drafts and publishes without them wants now
    /// these cards and now those. Call it when a run went through.
    pub fn save(&self) -> io::Result<()> {
        self.forget(MOST_UNUSED)
    }

    /// [`save`](Folder::save) with this many bytes for what this run didn't ask for.
    fn forget(&self, most: u64) -> io::Result<()> {
        let Some(state) = &self.0.state else { return Ok(()) };
        let _cleaning = self.0.cleaning.write().unwrap_or_else(PoisonError::into_inner);
        let folder = match state.project(false).and_then(|project| project.folder(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folder => folder?,
        };
        let used: BTreeSet<String> = self.run().used.iter().map(Key::name).collect();
        let now = now();
        // By the last day that each was asked for.
        let mut unused = Vec::new();
        for (name, form) in folder.list()? {
            let Some(name) = name.to_str().filter(|name| form == Form::File && is_ours(name)) else { continue };
            let Ok(found) = folder.look(name) else { continue };
            let modified = SystemTime::UNIX_EPOCH + Duration::from_nanos(found.modified.try_into().unwrap_or(0));
            let age = now.duration_since(modified).unwrap_or_default();
            if used.contains(name) {
                if age > DAY {
                    folder.read(name)?.set_modified(now)?;
                }
            } else if age < UNUSED && !name.starts_with('.') {
                unused.push((age, found.size, name.to_string()));
            } else {
                ignore_missing(folder.remove_file(name))?;
            }
        }
        unused.sort();
        let mut size = 0;
        for (_, bytes, name) in unused {
            size += bytes;
            if size > most {
                // Another run may have been faster.
                ignore_missing(folder.remove_file(&name))?;
            }
        }
        Ok(())
    }

    /// A thread that panicked while it held the lock left whole entries behind.
    fn run(&self) -> MutexGuard<'_, Run> {
        self.0.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a name in the folder is one that this gives: a key's, or a value's that a killed run was writing.
fn is_ours(name: &str) -> bool {
    let key = name.strip_prefix('.').filter(|name| name.ends_with(".tmp")).and_then(|name| name.split('.').next());
    let key = key.unwrap_or(name);
    key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where a value lies in the memory of the project.
fn file(key: &Key) -> String {
    format!("{NAME}/{}", key.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::path::PathBuf;

    /// A memory in a folder of its own.
    fn state() -> (tempfile::TempDir, State) {
        let folder = tempfile::tempdir().expect("a folder");
        let state = State::of(&folder.path().join("deep/er"), folder.path());
        (folder, state)
    }

    /// The folder of the values.
    fn values(state: &State) -> PathBuf {
        state.project(true).and_then(|project| project.make_folder(NAME)).expect("room").path().to_path_buf()
    }

    fn key(name: &str) -> Key {
        Key::of([name.as_bytes()])
    }

    #[test]
    fn values_come_back_in_the_same_run_and_the_next() {
        let (_folder, state) = state();
        for state in [Some(state.clone()), None] {
            let cache = Folder::open(state);
            assert_eq!(cache.get(&key("a")), None);
            cache.put(key("a"), b"A");
            cache.put(key("empty"), b"");
            assert_eq!(cache.get(&key("a")).as_deref(), Some(&b"A"[..]));
            cache.save().expect("saved");
        }
        let cache = Folder::open(Some(state));
        assert_eq!(cache.get(&key("a")).as_deref(), Some(&b"A"[..]));
        assert_eq!(cache.get(&key("empty")).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_after_a_while() {
        let (_folder, state) = state();
        let open = || Folder::open(Some(state.clone()));
        let values = values(&state);
        let age = |name: &str, age: Duration| {
            let file = File::open(values.join(key(name).name())).expect("a value");
            file.set_modified(now() - age).expect("ours");
        };
        let left = || {
            let names = ["a", "b", "c", "d"];
            names.into_iter().filter(|name| open().get(&key(name)).is_some()).collect::<String>()
        };
        let cache = open();
        for name in ["a", "b", "c", "d"] {
            cache.put(key(name), name.as_bytes());
        }
        fs::write(values.join(format!(".{}.1-1.tmp", key("a").name())), "left by a killed run").expect("ours");
        fs::write(values.join("note"), "theirs").expect("room");
        age("a", UNUSED * 2);
        age("b", UNUSED * 2);
        age("c", DAY * 2);
        let next = open();
        assert!(next.get(&key("b")).is_some());
        next.save().expect("saved");
        assert_eq!(left(), "bcd", "one that was used stays, however old");
        assert_eq!(fs::read_dir(&values).expect("a folder").count(), 4, "the draft is gone, the note is not");
        open().save().expect("saved");
        assert_eq!(left(), "bcd", "it was used a moment ago");
        open().forget(2 * (32 + 1)).expect("saved");
        assert_eq!(left(), "bd", "the oldest goes when there are too many");
    }

    #[test]
    fn a_damaged_value_is_made_again() {
        let (_folder, state) = state();
        let cache = Folder::open(Some(state.clone()));
        cache.put(key("a"), b"AAAA");
        let path = values(&state).join(key("a").name());
        let good = fs::read(&path).expect("a file");
        for cut in 0..good.len() {
            fs::write(&path, &good[..cut]).expect("ours");
            assert_eq!(cache.get(&key("a")), None, "cut at {cut}");
            let mut bad = good.clone();
            bad[cut] ^= 1;
            fs::write(&path, bad).expect("ours");
            assert_eq!(cache.get(&key("a")), None, "flipped at {cut}");
        }
        // A whole value under the name of another.
        fs::write(path.with_file_name(key("b").name()), &good).expect("ours");
        assert_eq!(cache.get(&key("b")), None);
    }

    #[test]
    fn a_folder_that_is_none_is_an_empty_cache() {
        let (folder, _) = state();
        let path = folder.path().join("file");
        fs::write(&path, "x").expect("ours");
        let cache = Folder::open(Some(State::of(&path, folder.path())));
        cache.put(key("a"), b"A");
        assert_eq!(cache.get(&key("a")), None);
        assert!(cache.save().is_err());
    }
}
