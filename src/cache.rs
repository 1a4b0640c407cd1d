//! Costly leaves, remembered from one build to the next.
//!
//! In: a key, the hash of all that a text was made from, and the text. Out: the text again, in
//! this run or a later one. A cache that is missing, damaged or of another version is an empty
//! one: nothing depends on what it holds but time.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The BLAKE3 hash of everything a value was made from.
pub type Key = [u8; 32];

/// Texts by key. Opened at once, read at the first question.
#[derive(Debug)]
pub struct Cache {
    path: Option<PathBuf>,
    stored: OnceLock<Stored>,
    added: Vec<Mutex<HashMap<Key, Box<str>>>>,
}

/// What an earlier run left.
#[derive(Debug, Default)]
struct Stored {
    data: String,
    index: HashMap<Key, Place>,
}

#[derive(Debug)]
struct Place {
    start: usize,
    end: usize,
    used: AtomicBool,
}

/// Keys are hashes, so a byte of one spreads writers evenly over the shards.
const SHARDS: usize = 16;

const MAGIC: &[u8; 8] = b"partwrk1";

/// A key, and where its text begins and ends, each as a little-endian u64.
const RECORD: usize = 32 + 8 + 8;

impl Cache {
    /// A cache kept in a file; without one, for this run alone.
    pub fn open(path: Option<PathBuf>) -> Self {
        Cache { path, stored: OnceLock::new(), added: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Appends the text of a key to `out`; says whether there was one.
    pub fn get(&self, key: &Key, out: &mut String) -> bool {
        let stored = self.stored();
        if let Some(place) = stored.index.get(key) {
            place.used.store(true, Ordering::Relaxed);
            out.push_str(&stored.data[place.start..place.end]);
            return true;
        }
        let shard = self.shard(key).lock().unwrap_or_else(PoisonError::into_inner);
        shard.get(key).is_some_and(|text| {
            out.push_str(text);
            true
        })
    }

    /// Remembers a text.
    pub fn put(&self, key: Key, text: &str) {
        self.shard(&key).lock().unwrap_or_else(PoisonError::into_inner).insert(key, text.into());
    }

    /// Writes the cache, if this run added to it. What this run didn't ask for is left out, so
    /// that the file holds one site's worth however often the site changes.
    pub fn save(&self) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let shards: Vec<_> =
            self.added.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner)).collect();
        if shards.iter().all(|shard| shard.is_empty()) {
            return Ok(());
        }
        let stored = self.stored();
        let mut entries: Vec<(&Key, &str)> = stored
            .index
            .iter()
            .filter(|(_, place)| place.used.load(Ordering::Relaxed))
            .map(|(key, place)| (key, &stored.data[place.start..place.end]))
            .chain(shards.iter().flat_map(|shard| shard.iter().map(|(key, text)| (key, text.as_ref()))))
            .collect();
        entries.sort_unstable();
        entries.dedup_by_key(|(key, _)| *key);
        write(path, &entries)
    }

    fn shard(&self, key: &Key) -> &Mutex<HashMap<Key, Box<str>>> {
        &self.added[usize::from(key[0]) % SHARDS]
    }

    fn stored(&self) -> &Stored {
        self.stored.get_or_init(|| self.path.as_deref().and_then(read).unwrap_or_default())
    }
}

/// Reads a cache file; `None` when it isn't a whole one of this version.
fn read(path: &Path) -> Option<Stored> {
    let bytes = fs::read(path).ok()?;
    let count = usize::try_from(u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?)).ok()?;
    let head = 16_usize.checked_add(count.checked_mul(RECORD)?)?.checked_add(32)?;
    if !bytes.starts_with(MAGIC) || bytes.len() < head {
        return None;
    }
    let records = &bytes[16..head - 32];
    let checksum = blake3::hash(records);
    if checksum.as_bytes() != &bytes[head - 32..head] {
        return None;
    }
    let mut index = HashMap::with_capacity(count);
    let records = records.to_vec();
    let mut data = bytes;
    data.drain(..head);
    let data = String::from_utf8(data).ok()?;
    for record in records.chunks_exact(RECORD) {
        let number = |at: usize| usize::try_from(u64::from_le_bytes(record[at..at + 8].try_into().ok()?)).ok();
        let (start, end) = (number(32)?, number(40)?);
        data.get(start..end)?;
        index.insert(record[..32].try_into().ok()?, Place { start, end, used: AtomicBool::new(false) });
    }
    Some(Stored { data, index })
}

fn write(path: &Path, entries: &[(&Key, &str)]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut records = Vec::with_capacity(entries.len() * RECORD);
    let mut at = 0_u64;
    for (key, text) in entries {
        records.extend_from_slice(*key);
        records.extend_from_slice(&at.to_le_bytes());
        at += text.len() as u64;
        records.extend_from_slice(&at.to_le_bytes());
    }
    let file = tempfile::NamedTempFile::new_in(folder)?;
    let mut out = io::BufWriter::with_capacity(1 << 18, file);
    out.write_all(MAGIC)?;
    out.write_all(&(entries.len() as u64).to_le_bytes())?;
    out.write_all(&records)?;
    out.write_all(blake3::hash(&records).as_bytes())?;
    for (_, text) in entries {
        out.write_all(text.as_bytes())?;
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cache: &Cache, key: Key) -> Option<String> {
        let mut out = String::new();
        cache.get(&key, &mut out).then_some(out)
    }

    #[test]
    fn remembers_what_was_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/cache");
        let first = Cache::open(Some(path.clone()));
        first.put([1; 32], "eins");
        first.put([2; 32], "zwei");
        assert_eq!(text(&first, [1; 32]).as_deref(), Some("eins"));
        first.save().expect("saved");
        let second = Cache::open(Some(path.clone()));
        assert_eq!(text(&second, [2; 32]).as_deref(), Some("zwei"));
        second.put([3; 32], "drei");
        second.save().expect("saved");
        let third = Cache::open(Some(path));
        assert_eq!(text(&third, [1; 32]), None);
        assert_eq!(text(&third, [3; 32]).as_deref(), Some("drei"));
    }

    #[test]
    fn damage_is_emptiness() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache");
        let whole = Cache::open(Some(path.clone()));
        whole.put([7; 32], "sieben");
        whole.save().expect("saved");
        let bytes = fs::read(&path).expect("bytes");
        for cut in 0..bytes.len() {
            fs::write(&path, &bytes[..cut]).expect("written");
            assert_eq!(text(&Cache::open(Some(path.clone())), [7; 32]), None, "{cut}");
        }
        let mut wrong = bytes;
        wrong[60] ^= 1;
        fs::write(&path, wrong).expect("written");
        assert_eq!(text(&Cache::open(Some(path)), [7; 32]), None);
    }
}
