//! Large values remembered, each in a file of its own, so that a run holds none that it isn't
//! working on.
//!
//! A file has the hexadecimal key as its name; it holds the BLAKE3 of the value and the value. As in
//! [`Cache`](super::small::Cache) nothing is ever stale and nothing is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use super::key::Key;
use crate::store::disk::{ignore_missing, now};

/// The values of earlier runs and of this one. Shared between threads; a clone is the same cache.
#[derive(Debug, Clone)]
pub struct Folder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: Option<PathBuf>,
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

const CHECK: usize = 32;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a value stays that nobody asks for.
const UNUSED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How many bytes such values may have together.
const MOST_UNUSED: u64 = 256 << 20;

impl Folder {
    /// A cache in this folder, which is made when there is something to keep; without a path, a
    /// cache that ends with the run.
    pub fn open(path: Option<PathBuf>) -> Folder {
        Folder(Arc::new(Inner { path, run: Mutex::default(), cleaning: RwLock::default() }))
    }

    /// The value of a key, from this run or an earlier one.
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let Some(folder) = &self.0.path else { return self.run().made.get(key).cloned() };
        let mut bytes = fs::read(file(folder, key)).ok()?;
        let check = bytes.first_chunk::<CHECK>()?;
        if *blake3::hash(&bytes[CHECK..]).as_bytes() != *check {
            return None;
        }
        bytes.drain(..CHECK);
        self.run().used.insert(*key);
        Some(bytes)
    }

    /// Remembers a value. That it can't be written costs the next run its time and nothing else.
    pub fn put(&self, key: Key, value: &[u8]) {
        let Some(folder) = &self.0.path else {
            self.run().made.insert(key, value.to_vec());
            return;
        };
        let _writing = self.0.cleaning.read().unwrap_or_else(PoisonError::into_inner);
        if write(folder, &key, value).is_ok() {
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
        let Some(folder) = &self.0.path else { return Ok(()) };
        let _cleaning = self.0.cleaning.write().unwrap_or_else(PoisonError::into_inner);
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        let used: BTreeSet<String> = self.run().used.iter().map(Key::name).collect();
        let now = now();
        // By the last day that each was asked for.
        let mut unused = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(data) = entry.metadata() else { continue };
            let age = now.duration_since(data.modified()?).unwrap_or_default();
            let name = entry.file_name();
            match name.to_str() {
                Some(name) if used.contains(name) => {
                    if age > DAY {
                        File::open(entry.path())?.set_modified(now)?;
                    }
                }
                // What a killed run left of its writing begins with a dot.
                Some(name) if age < UNUSED && !name.starts_with('.') => unused.push((age, data.len(), entry.path())),
                _ => ignore_missing(fs::remove_file(entry.path()))?,
            }
        }
        unused.sort();
        let mut size = 0;
        for (_, bytes, path) in unused {
            size += bytes;
            if size > most {
                // Another run may have been faster.
                ignore_missing(fs::remove_file(&path))?;
            }
        }
        Ok(())
    }

    /// A thread that panicked while it held the lock left whole entries behind.
    fn run(&self) -> MutexGuard<'_, Run> {
        self.0.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file(folder: &Path, key: &Key) -> PathBuf {
    folder.join(key.name())
}

/// Writes a value whole or not at all.
fn write(folder: &Path, key: &Key, value: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::Builder::new().prefix(".").tempfile_in(folder)?;
    draft.write_all(blake3::hash(value).as_bytes())?;
    draft.write_all(value)?;
    draft.persist(file(folder, key))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::of([name.as_bytes()])
    }

    #[test]
    fn values_come_back_in_the_same_run_and_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Some(folder.path().join("deep/er"));
        for path in [path.clone(), None] {
            let cache = Folder::open(path);
            assert_eq!(cache.get(&key("a")), None);
            cache.put(key("a"), b"A");
            cache.put(key("empty"), b"");
            assert_eq!(cache.get(&key("a")).as_deref(), Some(&b"A"[..]));
            cache.save().expect("saved");
        }
        let cache = Folder::open(path);
        assert_eq!(cache.get(&key("a")).as_deref(), Some(&b"A"[..]));
        assert_eq!(cache.get(&key("empty")).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_after_a_while() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Folder::open(Some(folder.path().to_owned()));
        let age = |name: &str, age: Duration| {
            let file = File::open(file(folder.path(), &key(name))).expect("a value");
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
        fs::write(folder.path().join(".draft"), "left by a killed run").expect("ours");
        age("a", UNUSED * 2);
        age("b", UNUSED * 2);
        age("c", DAY * 2);
        let next = open();
        assert!(next.get(&key("b")).is_some());
        next.save().expect("saved");
        assert_eq!(left(), "bcd", "one that was used stays, however old");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 3, "the draft is gone");
        open().save().expect("saved");
        assert_eq!(left(), "bcd", "it was used a moment ago");
        open().forget(2 * (CHECK as u64 + 1)).expect("saved");
        assert_eq!(left(), "bd", "the oldest goes when there are too many");
    }

    #[test]
    fn a_damaged_value_is_made_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Folder::open(Some(folder.path().to_owned()));
        cache.put(key("a"), b"AAAA");
        let path = file(folder.path(), &key("a"));
        let good = fs::read(&path).expect("a file");
        for cut in 0..good.len() {
            fs::write(&path, &good[..cut]).expect("ours");
            assert_eq!(cache.get(&key("a")), None, "cut at {cut}");
            let mut bad = good.clone();
            bad[cut] ^= 1;
            fs::write(&path, bad).expect("ours");
            assert_eq!(cache.get(&key("a")), None, "flipped at {cut}");
        }
    }

    #[test]
    fn a_folder_that_is_none_is_an_empty_cache() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "x").expect("ours");
        let cache = Folder::open(Some(path));
        cache.put(key("a"), b"A");
        assert_eq!(cache.get(&key("a")), None);
        assert!(cache.save().is_err());
    }
}
