//! What partwork remembers for its user from one run to the next.
//!
//! In: the user's cache folder and the project's. Out: folders of our own there, and seals. Nothing of
//! it lies in a project, which may be somebody else's work: what comes with a checkout is never taken
//! for what was remembered.
//!
//! | name | what it is |
//! |---|---|
//! | `key` | 32 random bytes for their owner alone, made at first use |
//! | `outputs/` | what was written to which output folder, wherever its project lies now |
//! | `projects/<hash>/` | costly pieces of one project, answers to its links, sites on their way out |
//!
//! Everything that is read back bears a seal, which the key alone can make; what doesn't is not there.
//! So a folder that somebody else has filled is worth nothing. It is read and written by handles
//! ([`Dir`]), and opened when it is needed: a run that remembers nothing makes nothing.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::quote;
use crate::store::dir::{Dir, Form};
use crate::system::user;

const KEY: &str = "key";
const KEY_BYTES: usize = 32;
/// How many bytes a seal has.
pub const SEAL: usize = 32;

/// A larger text is not read: it isn't ours.
const MAX_TEXT: u64 = 1 << 30;

/// A user's memory of one project. A clone is the same.
#[derive(Debug, Clone)]
pub struct State(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cache: PathBuf,
    /// The project's folder, links followed where it is there.
    root: PathBuf,
    opened: Mutex<Option<Arc<Opened>>>,
}

/// The user's cache folder, with the key in it.
struct Opened {
    dir: Dir,
    key: [u8; KEY_BYTES],
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// What tells our own words from others'.
#[derive(Clone, Copy)]
pub struct Seal([u8; KEY_BYTES]);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

impl State {
    /// `cache` is the user's cache folder, `root` the project's; nothing is read or made yet.
    pub fn of(cache: &Path, root: &Path) -> State {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        State(Arc::new(Inner { cache: cache.to_path_buf(), root, opened: Mutex::default() }))
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// The user's cache folder.
    pub fn cache(&self) -> &Path {
        &self.0.cache
    }

    /// The seal of one kind of words; `None` when no key was made yet, so that nothing can bear it.
    pub fn known_seal(&self, kind: &str) -> Option<Seal> {
        Some(Seal::of(&self.opened(false).ok()?.key, kind))
    }

    /// The seal of one kind of words. Makes the folder and the key where there are none.
    pub fn seal(&self, kind: &str) -> io::Result<Seal> {
        Ok(Seal::of(&self.opened(true)?.key, kind))
    }

    /// A folder that all projects share; with `make` it is made where it isn't there.
    pub fn shared(&self, name: &str, make: bool) -> io::Result<Dir> {
        let opened = self.opened(make)?;
        if make { opened.dir.make_folder(name) } else { opened.dir.folder(name) }
    }

    /// The project's own folder; with `make` it is made where it isn't there.
    pub fn project(&self, make: bool) -> io::Result<Dir> {
        let hash = blake3::hash(self.0.root.as_os_str().as_encoded_bytes()).to_hex();
        self.shared(&format!("projects/{}", &hash[..32]), make)
    }

    /// What [`remember`](State::remember) was given under a name of the project, if it was ours.
    pub fn recall(&self, name: &str) -> Option<Vec<u8>> {
        let seal = self.known_seal(name)?;
        seal.open(&[], read(&self.project(false).ok()?, name).ok()?)
    }

    /// Keeps a text under a name of the project, in the place of the one that is there.
    pub fn remember(&self, name: &str, text: &[u8]) -> io::Result<()> {
        let seal = self.seal(name)?;
        self.project(true)?.replace(name, &seal.close(&[], text), false)
    }

    fn opened(&self, make: bool) -> io::Result<Arc<Opened>> {
        let mut opened = self.0.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(Arc::clone(opened));
        }
        let found = Arc::new(open(&self.0.cache, make)?);
        *opened = Some(Arc::clone(&found));
        Ok(found)
    }
}

/// The whole of a regular file.
pub fn read(dir: &Dir, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    dir.read(path)?.take(MAX_TEXT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn open(cache: &Path, make: bool) -> io::Result<Opened> {
    let failed = |error: io::Error| {
        let cache = quote(&cache.to_string_lossy());
        io::Error::new(error.kind(), format!("the cache folder {cache}: {error}; PARTWORK_CACHE names another"))
    };
    let dir = if make { Dir::make(cache, true) } else { Dir::open(cache) }.map_err(failed)?;
    // Somebody else's would show them what isn't published yet. Root has what it is sent to work with.
    if user() != 0 && dir.owner()? != user() {
        return Err(failed(io::Error::new(ErrorKind::PermissionDenied, "it belongs to somebody else")));
    }
    let key = match read_key(&dir) {
        Some(key) => key,
        None if make => make_key(&dir).map_err(failed)?,
        None => return Err(ErrorKind::NotFound.into()),
    };
    Ok(Opened { dir, key })
}

/// The key, if there is one that only its owner can know: a checkout, in which all files can be read by
/// others, brings none.
fn read_key(dir: &Dir) -> Option<[u8; KEY_BYTES]> {
    let found = dir.look(KEY).ok()?;
    // Whoever is root for a while keeps the key of the user whose folder it is.
    let is_owners = found.owner == user() || (user() == 0 && dir.owner().is_ok_and(|owner| owner == found.owner));
    if found.form != Form::File || found.shared || !is_owners {
        return None;
    }
    read(dir, KEY).ok()?.try_into().ok()
}

/// Makes a key, or takes the one that another run has just made.
fn make_key(dir: &Dir) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let (draft, mut file) = dir.draft(Path::new(KEY), true)?;
    let made = file.write_all(&key).and_then(|()| file.sync_all()).and_then(|()| {
        // What stands there and can't be ours goes; the key of a run that was faster stays.
        if dir.has(KEY) && read_key(dir).is_none() {
            dir.remove_tree(KEY)?;
        }
        dir.hard_link(&draft, dir, KEY)
    });
    let _ = dir.remove_file(&draft);
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read_key(dir).ok_or_else(|| io::Error::other("its `key` is somebody else's"))
        }
        made => made.map(|()| key),
    }
}

impl Seal {
    fn of(key: &[u8; KEY_BYTES], kind: &str) -> Seal {
        let mut hasher = blake3::Hasher::new_derive_key("partwork 2026 seal of what is remembered");
        hasher.update(key).update(kind.as_bytes());
        Seal(*hasher.finalize().as_bytes())
    }

    /// The seal of a text that counts under a name.
    pub fn hash(&self, name: &[u8], text: &[u8]) -> blake3::Hash {
        self.hasher(name).update(text).finalize()
    }

    /// What gives [`hash`](Seal::hash) once it has got the text.
    pub fn hasher(&self, name: &[u8]) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name);
        hasher
    }

    /// A text with its seal before it.
    pub fn close(&self, name: &[u8], text: &[u8]) -> Vec<u8> {
        [self.hash(name, text).as_bytes(), text].concat()
    }

    /// Writes what [`close`](Seal::close) gives, and holds the text once.
    pub fn write(&self, name: &[u8], text: &[u8], out: &mut impl io::Write) -> io::Result<()> {
        out.write_all(self.hash(name, text).as_bytes())?;
        out.write_all(text)
    }

    /// The text of what [`close`](Seal::close) gave for this name; `None` for anything else.
    pub fn open(&self, name: &[u8], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let (seal, text) = sealed.split_first_chunk::<SEAL>()?;
        // Compared in a time that tells nothing.
        if self.hash(name, text) != *seal {
            return None;
        }
        sealed.drain(..SEAL);
        Some(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(portable))]
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;

    /// A user's folder, not there yet, and a project.
    fn places() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let (cache, root) = (folder.path().join("home/cache"), folder.path().join("project"));
        fs::create_dir(&root).expect("room");
        (folder, cache, root)
    }

    #[cfg(not(portable))]
    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn what_was_remembered_comes_back_to_its_user_and_project() {
        let (folder, cache, root) = places();
        let state = State::of(&cache, &root);
        assert_eq!(state.recall("a"), None);
        assert!(!cache.exists(), "nothing is made for a question");
        state.remember("a", b"1").expect("room");
        state.remember("a", b"2").expect("room");
        let again = State::of(&cache, &root);
        assert_eq!(again.recall("a").as_deref(), Some(&b"2"[..]));
        assert_eq!(again.recall("b"), None);
        assert_eq!(State::of(&cache, folder.path()).recall("a"), None, "of another project");
    }

    /// Where the system says whom a file is for.
    #[test]
    #[cfg(not(portable))]
    fn what_is_remembered_is_for_its_user_alone() {
        let (_folder, cache, root) = places();
        State::of(&cache, &root).remember("a", b"1").expect("room");
        assert_eq!((mode(&cache), mode(&cache.join("key"))), (0o700, 0o600));
    }

    #[test]
    fn what_others_put_there_is_not_there() {
        let (_folder, cache, root) = places();
        let state = State::of(&cache, &root);
        state.remember("a", b"text").expect("room");
        let path = state.project(false).expect("made").path().join("a");
        let good = fs::read(&path).expect("there");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).expect("ours");
            assert_eq!(state.recall("a"), None, "changed at {at}");
            fs::write(&path, &good[..at]).expect("ours");
            assert_eq!(state.recall("a"), None, "cut at {at}");
        }
        // Of the same user, under another name.
        fs::write(path.with_file_name("b"), &good).expect("ours");
        assert_eq!(state.recall("b"), None);
        // With the key of somebody else.
        fs::write(&path, &good).expect("ours");
        fs::write(cache.join("key"), [7; 32]).expect("ours");
        assert_eq!(State::of(&cache, &root).recall("a"), None);
    }

    #[test]
    fn a_key_that_others_can_read_is_none() {
        let (_folder, cache, root) = places();
        fs::create_dir_all(&cache).expect("room");
        let key = cache.join("key");
        let put: [fn(&Path); _] = [
            #[cfg(not(portable))]
            |key| {
                fs::write(key, [7; 32]).expect("room");
                fs::set_permissions(key, fs::Permissions::from_mode(0o644)).expect("ours");
            },
            |key| symlink("../../project/key", key).expect("room"),
            |key| fs::create_dir(key).expect("room"),
        ];
        fs::write(root.join("key"), [7; 32]).expect("room");
        for put in put {
            put(&key);
            State::of(&cache, &root).remember("a", b"1").expect("room");
            assert!(fs::symlink_metadata(&key).expect("there").is_file());
            assert_ne!(fs::read(&key).expect("there"), [7; 32]);
            assert_eq!(State::of(&cache, &root).recall("a").as_deref(), Some(&b"1"[..]));
            fs::remove_file(&key).expect("ours");
        }
        assert_eq!(fs::read(root.join("key")).expect("there"), [7; 32]);
    }

    #[test]
    fn no_link_in_the_memory_leads_elsewhere() {
        let (folder, cache, root) = places();
        let state = State::of(&cache, &root);
        state.seal("any").expect("room");
        symlink(folder.path(), cache.join("projects")).expect("room");
        state.remember("a", b"1").expect_err("a link");
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 2);
    }

    #[test]
    fn two_runs_at_once_have_one_key() {
        let (_folder, cache, root) = places();
        let hashes: Vec<_> = std::thread::scope(|threads| {
            let seal = || State::of(&cache, &root).seal("a").map(|seal| seal.hash(b"", b""));
            let runs: Vec<_> = (0..8).map(|_| threads.spawn(seal)).collect();
            runs.into_iter().map(|run| run.join().expect("it ends").expect("room")).collect()
        });
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    }
}
