//! Costly leaves remembered from run to run: highlighted code, social cards, books.
//!
//! In: values by the hash of all they were made from. Out: the same bytes, in a later run as well.
//! Nothing here is ever stale, since whatever changes a value changes its key; and nothing here is
//! ever an error, since a file that is missing, cut short, damaged or of another version is an
//! empty cache. It never decides what is worth remembering.
//!
//! # The file
//! Numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `partwork cache` and the version |
//! | 8 | the number of records |
//! | 32 | the user's seal of the records |
//! | 56 each | the records, ascending by key: key (32), start in the file (8), length (8), the first 8 bytes of the seal of the value |
//! | the rest | the values, in the order of the records |
//!
//! It is read in one go and searched where it lies, so that opening costs the same whether the
//! values are many or long. The check of a value is made when the value is asked for; it stands in
//! for an `fsync` at every save, as it finds what a crash of the machine left unwritten.
//!
//! What a run makes is added when it is saved. Until then the last of it is held, and the rest waits in a file without a
//! name beside this one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::key::Key;
use crate::store::spool::{Piece, Place, Spool};
use crate::store::state::{Seal, State};

/// Its file in the memory of a project, and the kind of its seals.
const NAME: &str = "cache";

/// Raise the version at its end when the layout of the file changes.
const MAGIC: &[u8; 16] = b"partwork cache 2";
const HEADER: usize = MAGIC.len() + 8 + 32;
const RECORD: usize = 32 + 8 + 8 + 8;

/// A larger file is not read: it holds more than any project here needs, or it isn't ours.
const MAX_FILE: u64 = 1 << 30;

/// So many bytes of what a run makes are held until it is saved; more wait in a file.
const MOST_HELD: usize = 256 << 10;

/// A remembered value.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// It lies in the file that an earlier run left.
    Kept(&'a [u8]),
    /// It was made in this run.
    Made(Arc<[u8]>),
}

impl Value<'_> {
    /// The value as text; `None` when it isn't UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self).ok()
    }
}

impl Deref for Value<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Value::Kept(bytes) => bytes,
            Value::Made(bytes) => bytes,
        }
    }
}

/// The values of earlier runs and of this one. Shared by reference between threads; finding what
/// an earlier run made takes no lock.
#[derive(Debug)]
pub struct Cache {
    state: Option<State>,
    /// Of its file.
    name: &'static str,
    /// `None` where nothing of an earlier run counts.
    kept: OnceLock<Option<Kept>>,
    made: Mutex<Made>,
    /// Whether what nobody asked for stays.
    keeps_all: AtomicBool,
}

#[derive(Debug, Default)]
struct Made {
    /// The last values.
    held: BTreeMap<Key, Arc<[u8]>>,
    /// How many bytes they have.
    weight: usize,
    /// Those before them.
    aside: Option<Aside>,
    /// Whether a value was added since the file was read or last written.
    unsaved: bool,
    /// The size of the file as last written by this run.
    saved: Option<u64>,
}

impl Cache {
    /// A cache in a project's memory, which is not touched before the first [`get`](Cache::get);
    /// without one, a cache that ends with the run.
    pub fn open(state: Option<State>) -> Cache {
        Cache::named(state, NAME)
    }

    /// As [`open`](Cache::open), in a file of its own.
    pub fn named(state: Option<State>, name: &'static str) -> Cache {
        Cache { state, name, kept: OnceLock::new(), made: Mutex::default(), keeps_all: AtomicBool::new(false) }
    }

    /// The value of a key, from this run or an earlier one.
    pub fn get(&self, key: &Key) -> Option<Value<'_>> {
        let kept =
            self.kept.get_or_init(|| self.state.as_ref().and_then(|state| Kept::read(state, self.name))).as_ref();
        kept.and_then(|kept| kept.get(key)).or_else(|| self.made().get(key).map(Value::Made))
    }

    /// Remembers a value and gives it back as [`get`](Cache::get) would.
    pub fn put(&self, key: Key, value: impl Into<Arc<[u8]>>) -> Value<'_> {
        let value = value.into();
        let mut made = self.made();
        made.unsaved = true;
        made.weight += value.len();
        made.held.insert(key, Arc::clone(&value));
        if let Some(state) = self.state.as_ref().filter(|_| made.weight > MOST_HELD) {
            made.put_aside(state, self.name);
        }
        Value::Made(value)
    }

    /// Forgets what this run made where that is more than so many values: a run that goes on for days makes new
    /// ones and never asks for the old.
    pub fn forget_beyond(&self, most: usize) {
        let mut made = self.made();
        if made.held.len() + made.aside.as_ref().map_or(0, |aside| aside.places.len()) > most {
            made.held.clear();
            made.weight = 0;
            made.aside = None;
        }
    }

    /// Keeps what this run doesn't ask for, since it doesn't make all that a run may ask for: what would ask was
    /// not made again.
    pub fn keep_all(&self) {
        self.keeps_all.store(true, Ordering::Relaxed);
    }

    /// Writes the values that this run asked for or made, and forgets the others, so that the file
    /// never outgrows the project: no rule of age or size would know better what the next run asks
    /// for. Call it when a run went through; one that stopped early asked for little.
    ///
    /// Replaces the file in one step and creates its folder. Leaves the file alone when nothing was
    /// made and less than half of it would go.
    pub fn save(&self) -> io::Result<()> {
        let Some(state) = &self.state else { return Ok(()) };
        let mut made = self.made();
        let kept = self.kept.get().and_then(Option::as_ref);
        let keeps_all = self.keeps_all.load(Ordering::Relaxed);
        let mut values: BTreeMap<Key, Source<'_>> = kept.into_iter().flat_map(|kept| kept.used(keeps_all)).collect();
        if let Some(aside) = &made.aside {
            values.extend(aside.places.iter().map(|(key, place)| (*key, Source::Aside(&aside.spool, *place))));
        }
        values.extend(made.held.iter().map(|(key, value)| (*key, Source::Here(value))));
        let mut size = HEADER as u64;
        values.retain(|_, value| {
            let with = size + (RECORD + value.length()) as u64;
            let fits = with <= MAX_FILE;
            size = if fits { with } else { size };
            fits
        });
        let before = made.saved.or_else(|| kept.map(|kept| kept.size)).unwrap_or(0);
        if !made.unsaved && size >= before / 2 {
            return Ok(());
        }
        write(state, self.name, &values)?;
        made.unsaved = false;
        made.saved = Some(size);
        Ok(())
    }

    /// A thread that panicked while it held the lock left whole entries behind, as an insert is
    /// all that is done under it.
    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Made {
    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        if let Some(value) = self.held.get(key) {
            return Some(Arc::clone(value));
        }
        let aside = self.aside.as_ref()?;
        // What can't be read is made again.
        aside.spool.read(*aside.places.get(key)?).ok().map(Into::into)
    }

    /// Moves what is held to a file. Where that fails it stays, until there is as much again.
    fn put_aside(&mut self, state: &State, name: &str) {
        self.weight = 0;
        if self.aside.is_none() {
            self.aside = Aside::new(state, name).ok();
        }
        if let Some(aside) = &mut self.aside
            && aside.add(&self.held).is_ok()
        {
            self.held.clear();
        }
    }
}

/// Values of this run that wait in a file: those of ten thousand articles with code are 17 MB.
#[derive(Debug)]
struct Aside {
    spool: Spool,
    places: BTreeMap<Key, Place>,
}

impl Aside {
    fn new(state: &State, name: &str) -> io::Result<Aside> {
        Ok(Aside { spool: Spool::new(state, name)?, places: BTreeMap::new() })
    }

    /// Adds all of these values, or none.
    fn add(&mut self, values: &BTreeMap<Key, Arc<[u8]>>) -> io::Result<()> {
        let all: Vec<&[u8]> = values.values().map(Deref::deref).collect();
        let mut start = self.spool.add(&all.concat())?.start;
        for (key, value) in values {
            let length = value.len() as u64;
            self.places.insert(*key, Place { start, length });
            start += length;
        }
        Ok(())
    }
}

/// A value that is to be written.
enum Source<'a> {
    Here(&'a [u8]),
    Aside(&'a Spool, Place),
}

impl Source<'_> {
    fn length(&self) -> usize {
        match self {
            Source::Here(value) => value.len(),
            Source::Aside(_, place) => place.length as usize,
        }
    }

    fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        match self {
            Source::Here(value) => Ok(Cow::Borrowed(value)),
            Source::Aside(spool, place) => spool.read(*place).map(Cow::Owned),
        }
    }
}

/// The file that an earlier run left.
#[derive(Debug)]
struct Kept {
    seal: Seal,
    /// All that stands before the values.
    head: Vec<u8>,
    values: Piece,
    /// Of all, in bytes.
    size: u64,
    /// For each record, whether this run asked for it.
    used: Vec<AtomicBool>,
}

/// So many bytes of values are read at once; of more each is read when somebody asks for it.
const MOST_READ: u64 = 4 << 20;

impl Kept {
    fn read(state: &State, name: &str) -> Option<Kept> {
        let seal = state.known_seal(name)?;
        let mut file = state.project(false).ok()?.read(name).ok()?;
        let size = file.metadata().ok()?.len();
        if size > MAX_FILE {
            return None;
        }
        let mut head = vec![0; HEADER];
        file.read_exact(&mut head).ok()?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (count, hash) = rest.split_first_chunk()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let known = *hash.first_chunk::<32>()?;
        let length = count.checked_mul(RECORD).filter(|length| *length as u64 <= size - HEADER as u64)?;
        if magic != MAGIC {
            return None;
        }
        head.resize(HEADER + length, 0);
        file.read_exact(&mut head[HEADER..]).ok()?;
        if seal.hash(&[], &head[HEADER..]) != known {
            return None;
        }
        let mut values = Piece::rest_of(file).ok()?;
        if size - head.len() as u64 <= MOST_READ {
            values = Piece::Here(values.shared().ok()?);
        }
        let used = std::iter::repeat_with(AtomicBool::default).take(count).collect();
        let kept = Kept { seal, head, values, size, used };
        let end = kept.used.len().checked_sub(1).map_or(Some(HEADER as u64), |last| kept.place(last)?.end());
        (end == Some(kept.size)).then_some(kept)
    }

    fn get(&self, key: &Key) -> Option<Value<'_>> {
        let mut found = 0..self.used.len();
        while found.start < found.end {
            let middle = found.start.midpoint(found.end);
            match self.record(middle)[..32].cmp(&key.0) {
                std::cmp::Ordering::Less => found.start = middle + 1,
                std::cmp::Ordering::Greater => found.end = middle,
                std::cmp::Ordering::Equal => {
                    // What can't be read is made again.
                    let value = match self.source(middle)? {
                        Source::Here(value) => Value::Kept(value),
                        Source::Aside(spool, place) => Value::Made(spool.read(place).ok()?.into()),
                    };
                    if check(self.seal, key, &value) != self.record(middle)[48..] {
                        return None;
                    }
                    self.used[middle].store(true, Ordering::Relaxed);
                    return Some(value);
                }
            }
        }
        None
    }

    /// What this run asked for, or all there is.
    fn used(&self, all: bool) -> impl Iterator<Item = (Key, Source<'_>)> {
        let used = self.used.iter().enumerate().filter(move |(_, used)| all || used.load(Ordering::Relaxed));
        used.filter_map(|(at, _)| {
            let key = self.record(at).first_chunk()?;
            Some((Key(*key), self.source(at)?))
        })
    }

    fn record(&self, at: usize) -> &[u8] {
        let start = HEADER + at * RECORD;
        &self.head[start..start + RECORD]
    }

    /// Where a value is to be had.
    fn source(&self, at: usize) -> Option<Source<'_>> {
        let Place { start, length } = self.place(at)?;
        match &self.values {
            Piece::Here(values) => {
                let start = usize::try_from(start).ok()?.checked_sub(self.head.len())?;
                values.get(start..start.checked_add(usize::try_from(length).ok()?)?).map(Source::Here)
            }
            Piece::Aside(file, _) => {
                let place = Place { start, length };
                place.end().filter(|end| *end <= self.size).map(|_| Source::Aside(file, place))
            }
        }
    }

    /// Where a value stands in the file.
    fn place(&self, at: usize) -> Option<Place> {
        let number = |bytes: &[u8]| Some(u64::from_le_bytes(*bytes.first_chunk()?));
        let record = self.record(at);
        Some(Place { start: number(&record[32..])?, length: number(&record[40..])? })
    }
}

/// Writes a whole file beside the old one and then in its place.
fn write(state: &State, name: &str, values: &BTreeMap<Key, Source<'_>>) -> io::Result<()> {
    let seal = state.seal(name)?;
    let mut records = Vec::with_capacity(values.len() * RECORD);
    let mut start = (HEADER + values.len() * RECORD) as u64;
    for (key, value) in values {
        let length = value.length() as u64;
        records.extend_from_slice(&key.0);
        records.extend_from_slice(&start.to_le_bytes());
        records.extend_from_slice(&length.to_le_bytes());
        records.extend_from_slice(&check(seal, key, &value.bytes()?));
        start += length;
    }
    state.project(true)?.replace_with(name, |file| {
        let mut out = io::BufWriter::with_capacity(1 << 16, file);
        out.write_all(MAGIC)?;
        out.write_all(&(values.len() as u64).to_le_bytes())?;
        out.write_all(seal.hash(&[], &records).as_bytes())?;
        out.write_all(&records)?;
        for value in values.values() {
            out.write_all(&value.bytes()?)?;
        }
        out.flush()
    })
}

/// What stands in a record to tell a whole value of ours from any other.
fn check(seal: Seal, key: &Key, value: &[u8]) -> [u8; 8] {
    let mut check = [0; 8];
    check.copy_from_slice(&seal.hash(&key.0, value).as_bytes()[..8]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn key(name: &str) -> Key {
        Key::of([name.as_bytes()])
    }

    fn text(cache: &Cache, name: &str) -> Option<String> {
        Some(cache.get(&key(name))?.text().expect("text").to_owned())
    }

    /// A folder, the memory in it, the file of its cache, and the values that are put there.
    fn filled(values: &[(&str, &str)]) -> (tempfile::TempDir, State, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let state = State::of(&folder.path().join("deep/er"), folder.path());
        let cache = Cache::open(Some(state.clone()));
        for (name, value) in values {
            cache.put(key(name), value.as_bytes());
        }
        cache.save().expect("saved");
        let path = state.project(false).expect("made").path().join(NAME);
        (folder, state, path)
    }

    #[test]
    fn pieces_of_a_key_are_apart() {
        assert_ne!(Key::of([b"ab", b"c"]), Key::of([b"a", b"bc"]));
    }

    #[test]
    fn values_come_back_in_the_same_run_and_the_next() {
        let cache = Cache::open(None);
        assert_eq!(text(&cache, "a"), None);
        assert_eq!(cache.put(key("a"), "A".as_bytes()).text(), Some("A"));
        assert_eq!(text(&cache, "a").as_deref(), Some("A"));
        cache.save().expect("nothing to do");

        let (_folder, state, _) = filled(&[("a", "A"), ("empty", ""), ("å", "🤖")]);
        let cache = Cache::open(Some(state));
        assert_eq!(text(&cache, "a").as_deref(), Some("A"));
        assert_eq!(text(&cache, "empty").as_deref(), Some(""));
        assert_eq!(text(&cache, "å").as_deref(), Some("🤖"));
        assert_eq!(text(&cache, "b"), None);
    }

    #[test]
    fn what_a_run_did_not_ask_for_is_forgotten_when_it_saves() {
        let (_folder, state, _) = filled(&[("a", "A"), ("b", "B")]);
        let cache = Cache::open(Some(state.clone()));
        assert_eq!(text(&cache, "a").as_deref(), Some("A"));
        cache.put(key("c"), "C".as_bytes());
        cache.save().expect("saved");
        let cache = Cache::open(Some(state));
        let found = ["a", "b", "c"].map(|name| text(&cache, name).is_some());
        assert_eq!(found, [true, false, true]);
    }

    #[test]
    fn the_file_is_written_only_when_that_is_worth_it() {
        let long = "x".repeat(10_000);
        let (_folder, state, path) = filled(&[("a", &long), ("b", &long), ("c", &long)]);
        let size = || fs::metadata(&path).expect("a file").len();
        let full = size();

        Cache::open(Some(state.clone())).save().expect("nobody asked for anything");
        assert_eq!(size(), full);

        let cache = Cache::open(Some(state.clone()));
        assert!(text(&cache, "a").is_some() && text(&cache, "b").is_some());
        cache.save().expect("a third less is not worth it");
        assert_eq!(size(), full);

        let cache = Cache::open(Some(state.clone()));
        assert!(text(&cache, "a").is_some());
        cache.save().expect("two thirds less is");
        assert!(size() < full / 2);
        let small = size();
        fs::remove_file(&path).expect("gone");
        cache.save().expect("nothing new since");
        assert!(!path.exists());
        cache.put(key("d"), "D".as_bytes());
        cache.save().expect("something new");
        assert!(size() > small);
    }

    #[test]
    fn a_bad_file_is_an_empty_cache() {
        let (_folder, state, path) = filled(&[("a", "A"), ("b", "B")]);
        let good = fs::read(&path).expect("a file");
        let open = |bytes: &[u8]| {
            fs::write(&path, bytes).expect("written");
            Cache::open(Some(state.clone()))
        };
        for cut in 0..good.len() {
            assert_eq!(text(&open(&good[..cut]), "a"), None, "cut at {cut}");
        }
        assert_eq!(text(&open(&[&good[..], b"more"].concat()), "a"), None);
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let cache = open(&bad);
            let found = [text(&cache, "a"), text(&cache, "b")];
            assert!(found.iter().flatten().count() < 2, "flipped at {at}");
            assert!(found.iter().flatten().all(|value| value == "A" || value == "B"), "flipped at {at}");
        }
        let mut many = good.clone();
        many[16..24].fill(0xff);
        assert_eq!(text(&open(&many), "a"), None);

        fs::remove_file(&path).expect("ours");
        fs::create_dir(&path).expect("room");
        let cache = Cache::open(Some(state.clone()));
        assert_eq!(text(&cache, "a"), None);
        cache.put(key("a"), "A".as_bytes());
        assert!(cache.save().is_err(), "a folder can't be replaced");
    }

    #[test]
    fn a_damaged_value_is_made_again() {
        let (_folder, state, path) = filled(&[("a", "AAAA")]);
        let mut bytes = fs::read(&path).expect("a file");
        let last = bytes.len() - 1;
        bytes[last] = b'B';
        fs::write(&path, bytes).expect("written");
        let cache = Cache::open(Some(state.clone()));
        assert_eq!(text(&cache, "a"), None);
        cache.put(key("a"), "AAAA".as_bytes());
        cache.save().expect("saved");
        assert_eq!(text(&Cache::open(Some(state)), "a").as_deref(), Some("AAAA"));
    }

    /// What is too much to hold is there as the rest is, in this run and the next, in the order of keys all the same.
    #[test]
    fn many_values_wait_in_a_file() {
        let (_folder, state, path) = filled(&[("a", "A")]);
        let text_of = |at: usize| format!("{at} ").repeat(MOST_HELD / 10);
        let cache = Cache::open(Some(state.clone()));
        for at in 0..9 {
            cache.put(key(&at.to_string()), text_of(at).as_bytes());
        }
        // Made again, once it lies in the file.
        cache.put(key("0"), "other".as_bytes());
        let held = |cache: &Cache| cache.made().held.len();
        assert!(cache.made().aside.is_some() && held(&cache) < 9, "{}", held(&cache));
        assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("entries").count(), 1, "it has a name");
        let holds_all = |cache: &Cache| {
            assert_eq!(text(cache, "0").as_deref(), Some("other"));
            assert!((1..9).all(|at| text(cache, &at.to_string()) == Some(text_of(at))));
        };
        holds_all(&cache);
        cache.save().expect("saved");
        holds_all(&cache);
        let first = fs::read(&path).expect("a file");
        // As long as they would be, had all been held.
        assert_eq!(first.len(), HEADER + 9 * RECORD + (1..9).map(|at| text_of(at).len()).sum::<usize>() + 5);
        holds_all(&Cache::open(Some(state.clone())));
        // One that can't be read any more is made again.
        cache.made().aside.as_ref().expect("it").spool.cut();
        assert!(text(&cache, "1").is_none());
        cache.put(key("b"), "B".as_bytes());
        assert!(cache.save().is_err());
        assert!(fs::read(&path).expect("a file") == first, "the file of before is gone");
        cache.forget_beyond(0);
        assert!(cache.made().aside.is_none());
    }

    /// Of a large file each value is read when somebody asks for it, and goes on into the next.
    #[test]
    fn a_large_file_stays_where_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = State::of(&folder.path().join("cache"), folder.path());
        let value = |letter: &str| letter.repeat(1 << 20);
        let letters = ["a", "b", "c", "d", "e"];
        let cache = Cache::open(Some(state.clone()));
        letters.iter().for_each(|letter| _ = cache.put(key(letter), value(letter).as_bytes()));
        cache.save().expect("saved");
        let cache = Cache::open(Some(state.clone()));
        assert!(letters.iter().all(|letter| text(&cache, letter).as_deref() == Some(&value(letter))));
        assert!(matches!(cache.kept.get(), Some(Some(kept)) if matches!(kept.values, Piece::Aside(..))));
        cache.put(key("f"), &b"f"[..]);
        cache.save().expect("saved");
        let cache = Cache::open(Some(state.clone()));
        assert!(letters.iter().all(|letter| text(&cache, letter).as_deref() == Some(&value(letter))));
        assert_eq!(text(&cache, "f").as_deref(), Some("f"));
        // One that is no longer what it was is made again.
        let path = state.project(true).expect("room").path().join(NAME);
        let mut bytes = fs::read(&path).expect("a file");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).expect("room");
        let cache = Cache::open(Some(state));
        let there = letters.iter().chain(&["f"]).filter(|letter| text(&cache, letter).is_some()).count();
        assert_eq!(there, 5);
    }

    #[test]
    fn threads_share_it() {
        let cache = Cache::open(None);
        std::thread::scope(|threads| {
            for thread in 0..4 {
                let cache = &cache;
                threads.spawn(move || {
                    for at in 0..100 {
                        let name = format!("{}", (at + thread) % 50);
                        cache.put(key(&name), name.as_bytes());
                        assert_eq!(text(cache, &name), Some(name));
                    }
                });
            }
        });
    }
}
