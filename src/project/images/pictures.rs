//! What was seen of the pictures of a project, so that none is read again as long as its file is
//! the same.
//!
//! In: paths. Out: sizes, and what goes out. A file is known by its [`Stamp`] and the time of its
//! last change; one that changed a moment ago is looked at again by the next build.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use img_parts::Bytes;

use super::clean::{Kind, Size, clean, cleaned, kind_of, pixels, size_of};
use super::flaw::{Flaw, of_other, of_picture};
use crate::store::cache::{Cache, Key, Value};
use crate::store::disk::{Stamp, settled};
use crate::store::origin::{MOST_WHOLE, Origin, too_large};
use crate::store::tree::{Content, Entry, OnDisk};

/// Raise the number when another size or other bytes come of the same file.
const VERSION: &str = concat!("picture 3 of partwork ", env!("CARGO_PKG_VERSION"));

/// The pictures of one build, each looked at once. Shared between threads.
#[derive(Debug)]
pub struct Pictures<'a> {
    cache: &'a Cache,
    seen: Mutex<BTreeMap<PathBuf, Arc<Mutex<Option<Seen>>>>>,
}

impl<'a> Pictures<'a> {
    /// `cache` is where earlier builds left what they saw.
    pub fn new(cache: &'a Cache) -> Pictures<'a> {
        Pictures { cache, seen: Mutex::default() }
    }

    /// The size of an image as it is shown, in CSS pixels; `None` when it can't be told.
    pub fn size(&self, disk: &Origin) -> Option<Size> {
        match self.seen(disk).ok()? {
            Some(seen) => seen.size,
            // Of a kind that goes out as it is.
            None => pixels(imagesize::reader_size(BufReader::new(disk.open().ok()?))),
        }
    }

    /// What is wrong with a file that is called a picture; `None` for one that can't be read.
    pub fn flaw(&self, disk: &Origin) -> Option<Flaw> {
        match self.seen(disk).ok()? {
            Some(seen) => seen.flaw,
            None => {
                let mut head = Vec::new();
                disk.open().ok()?.take(12).read_to_end(&mut head).ok()?;
                of_other(&head, disk.name())
            }
        }
    }

    /// What lies at the address of a file: an image is cleaned when it is wanted, any other file goes
    /// out as it is.
    pub fn published(&self, disk: &Origin) -> io::Result<Content> {
        let origin = disk.clone();
        Ok(match self.seen(disk)? {
            Some(seen) => {
                Content::File(OnDisk { origin, clean: seen.is_cleaned.then_some(clean), entry: Some(seen.entry) })
            }
            None => Content::file(origin),
        })
    }

    /// What the tree keeps of a published image; `None` for a file that is none.
    pub fn entry(&self, disk: &Origin) -> io::Result<Option<Entry>> {
        Ok(self.seen(disk)?.map(|seen| seen.entry))
    }

    /// What was remembered of a picture by a key of its bytes.
    pub(super) fn remembered(&self, key: &Key) -> Option<Value<'_>> {
        self.cache.get(key)
    }

    /// Remembers something of a picture.
    pub(super) fn remember(&self, key: Key, value: Vec<u8>) {
        self.cache.put(key, value);
    }

    fn seen(&self, disk: &Origin) -> io::Result<Option<Seen>> {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::clone(all.entry(disk.name().to_path_buf()).or_default());
        drop(all);
        // Whoever comes second waits here, and reads nothing.
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() {
            *place = self.look(disk)?;
        }
        Ok(*place)
    }

    fn look(&self, disk: &Origin) -> io::Result<Option<Seen>> {
        let mut file = disk.open()?;
        let path = disk.path();
        let key = key(&path, &file.metadata()?);
        if let Some(known) = key.and_then(|key| self.cache.get(&key)).and_then(|known| Seen::read(&known)) {
            return Ok(Some(known));
        }
        let mut bytes = Vec::new();
        file.by_ref().take(12).read_to_end(&mut bytes)?;
        let Some(kind) = kind_of(&bytes, disk.name()) else { return Ok(None) };
        file.by_ref().take(MOST_WHOLE).read_to_end(&mut bytes)?;
        if bytes.len() as u64 >= MOST_WHOLE {
            return Err(too_large(MOST_WHOLE));
        }
        let seen = Seen::of(kind, &bytes.into());
        // Only if nobody wrote meanwhile.
        if let Some(key) =
            key.filter(|before| file.metadata().is_ok_and(|data| self::key(&path, &data) == Some(*before)))
        {
            self.cache.put(key, seen.bytes());
        }
        Ok(Some(seen))
    }
}

/// What a file is known by from build to build; `None` as long as the next change might not show.
fn key(disk: &Path, data: &Metadata) -> Option<Key> {
    let path = disk.as_os_str().as_encoded_bytes();
    Some(Key::of([VERSION.as_bytes(), path, &Stamp::of(data).bytes(), &settled(data)?]))
}

/// What was seen of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: Option<Size>,
    flaw: Option<Flaw>,
    /// Whether what goes out is not the file as it is.
    is_cleaned: bool,
    /// Of what goes out.
    entry: Entry,
}

impl Seen {
    fn of(kind: Kind, bytes: &Bytes) -> Seen {
        let whole = cleaned(kind, bytes);
        let flaw = of_picture(kind, bytes, whole.is_some());
        let cleaned = whole.filter(|cleaned| cleaned != bytes);
        let out = cleaned.as_ref().unwrap_or(bytes);
        let entry = Entry { size: out.len() as u64, hash: blake3::hash(out).into() };
        Seen { size: size_of(kind, bytes), flaw, is_cleaned: cleaned.is_some(), entry }
    }

    fn bytes(&self) -> Vec<u8> {
        // No image is 0 wide.
        let (width, height) = self.size.unwrap_or((0, 0));
        let numbers =
            [&width.to_le_bytes()[..], &height.to_le_bytes(), &[u8::from(self.is_cleaned), Flaw::number(self.flaw)]];
        [numbers.concat(), self.entry.size.to_le_bytes().to_vec(), self.entry.hash.to_vec()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Seen> {
        let (width, rest) = bytes.split_first_chunk()?;
        let (height, rest) = rest.split_first_chunk()?;
        let ([is_cleaned, flaw], rest) = rest.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let pixels = (u32::from_le_bytes(*width), u32::from_le_bytes(*height));
        Some(Seen {
            size: (pixels != (0, 0)).then_some(pixels),
            flaw: Flaw::of_number(*flaw),
            is_cleaned: *is_cleaned == 1,
            entry: Entry { size: u64::from_le_bytes(*size), hash: rest.try_into().ok()? },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_survives_being_remembered() {
        for size in [Some((3, 4)), None] {
            let flaw = size.is_none().then_some(Flaw::Cut);
            let seen = Seen { size, flaw, is_cleaned: size.is_some(), entry: Entry { size: 7, hash: [9; 32] } };
            assert_eq!(Seen::read(&seen.bytes()), Some(seen));
            assert_eq!(Seen::read(&seen.bytes()[..49]), None);
        }
    }
}
