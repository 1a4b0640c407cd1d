//! The smaller pictures of a site's: which there are, and their bytes.
//!
//! In: the pictures that texts show. Out: of each the smaller ones, which are made at most once, on all threads, as
//! many at a time as memory has room for. Which there are is remembered with what was seen of a picture, their bytes
//! with cards and books; where only these are forgotten, they are made again.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use img_parts::Bytes;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::clean::{Size, clean, kind};
use super::pictures::Pictures;
use super::sized::{self, COLUMN, MOST_PIXELS};
use crate::diagnostic::{Code, Diagnostic};
use crate::store::cache::{Folder, Key};
use crate::store::origin::Origin;
use crate::store::tree::Entry;

/// Where all of them lie, below the base.
pub const FOLDER: &str = "pw-pictures";

/// Raise the number when others come of the same picture.
const VERSION: &str = concat!("smaller pictures 2 of partwork ", env!("CARGO_PKG_VERSION"));

/// What a name ends in.
const EXTENSIONS: [&str; 3] = ["jpg", "png", "webp"];

/// The pictures of a site, by URL.
pub type Shown = BTreeMap<String, Picture>;

/// A picture of a site, as texts show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    pub size: Size,
    /// The same in fewer pixels and bytes, the narrowest first.
    pub smaller: Vec<Arc<Smaller>>,
}

/// A smaller picture of one of the project's.
#[derive(Clone, PartialEq, Eq)]
pub struct Smaller {
    pub size: Size,
    /// Below the base. It holds the hash of the bytes, so that a browser may keep them for ever.
    pub address: String,
    pub extension: &'static str,
    pub entry: Entry,
    /// By what its bytes are remembered.
    pub key: Key,
}

impl fmt::Debug for Smaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Smaller").field(&self.address).field(&self.size).finish()
    }
}

impl Smaller {
    fn new(disk: &Origin, size: Size, (extension, entry): (&'static str, Entry)) -> Smaller {
        // What stands in a list of addresses needs no sign of such a list.
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name = disk.name().file_stem().map(|name| name.to_string_lossy()).unwrap_or_default();
        let name: String = name.chars().filter(is_plain).take(60).collect();
        let hash = blake3::Hash::from_bytes(entry.hash).to_hex();
        let address = format!("{FOLDER}/{name}-{}.{}.{extension}", size.0, &hash[..10]);
        Smaller { size, address, extension, entry, key: Key::of([VERSION.as_bytes(), &entry.hash]) }
    }

    /// What its bytes are.
    pub fn media_type(&self) -> &'static str {
        match self.extension {
            "jpg" => "image/jpeg",
            "png" => "image/png",
            _ => "image/webp",
        }
    }

    /// Its bytes; `of` is the picture that it was made of.
    pub fn bytes(&self, of: &Origin, large: &Folder) -> io::Result<Vec<u8>> {
        if let Some(bytes) = large.get(&self.key) {
            return Ok(bytes);
        }
        let again = made(of, large)?.map_err(io::Error::other)?;
        let is_there = again.iter().any(|smaller| smaller.key == self.key);
        let bytes = is_there.then(|| large.get(&self.key)).flatten();
        bytes.ok_or_else(|| io::Error::other("the picture changed while the site was built"))
    }
}

/// What makes smaller pictures.
#[derive(Clone, Copy)]
pub struct Sized<'a> {
    pub pictures: &'a Pictures<'a>,
    /// Where their bytes are kept.
    pub large: &'a Folder,
    /// Is told how many of how many pictures are done that weren't known, from none on.
    pub done: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

impl fmt::Debug for Sized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sized").field("pictures", &self.pictures).finish_non_exhaustive()
    }
}

/// Of a picture, the smaller ones, or why there are none.
type Found = Result<Vec<Smaller>, String>;

impl Sized<'_> {
    /// The smaller ones of each of some pictures, by their places in the list: a path below the root, the size and the
    /// file. What is too large or can't be decoded is reported and has none.
    pub fn of(self, all: &[(&str, Size, &Origin)], out: &mut Vec<Diagnostic>) -> Vec<Vec<Arc<Smaller>>> {
        let pixels = |size: Size| u64::from(size.0) * u64::from(size.1);
        let known: Vec<Option<Found>> = (all.par_iter())
            .map(|(_, size, disk)| match size.0 > COLUMN && pixels(*size) <= MOST_PIXELS {
                true => self.known(disk),
                false => Some(Ok(Vec::new())),
            })
            .collect();
        let count = known.iter().filter(|known| known.is_none()).count();
        let (done, room) = (AtomicUsize::new(0), Room::default());
        self.done.filter(|_| count > 0).into_iter().for_each(|tell| tell(0, count));
        let places: Vec<usize> = (0..all.len()).collect();
        let found: Vec<Found> = places
            .par_iter()
            .map(|at| {
                if let Some(known) = &known[*at] {
                    return known.clone();
                }
                let (_, size, disk) = all[*at];
                let found = room.with(pixels(size), || self.make(disk));
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                self.done.into_iter().for_each(|tell| tell(done, count));
                found
            })
            .collect();
        let mut smaller = Vec::new();
        for ((path, size, disk), found) in all.iter().zip(found) {
            // Of one that is none, nobody knows the size.
            if pixels(*size) > MOST_PIXELS && self.pictures.flaw(disk).is_none() {
                out.push(too_large(path, *size));
            }
            smaller.push(found.map(|found| found.into_iter().map(Arc::new).collect()).unwrap_or_else(|problem| {
                out.push(undecodable(path, &problem));
                Vec::new()
            }));
        }
        smaller
    }

    /// What is remembered; nothing of one that nobody saw.
    fn known(self, disk: &Origin) -> Option<Found> {
        // One that can't be read is reported where it is published, and one that can't be shown is reported as such.
        let entry = match (self.pictures.entry(disk), self.pictures.flaw(disk)) {
            (Ok(Some(entry)), None) => entry,
            _ => return Some(Ok(Vec::new())),
        };
        read(disk, &self.pictures.remembered(&key(&entry))?)
    }

    fn make(self, disk: &Origin) -> Found {
        let Ok(Some(entry)) = self.pictures.entry(disk) else { return Ok(Vec::new()) };
        let found = made(disk, self.large).map_err(|error| error.to_string())?;
        self.pictures.remember(key(&entry), written(&found));
        found
    }
}

/// By what it is remembered which smaller ones a picture has.
fn key(entry: &Entry) -> Key {
    Key::of([VERSION.as_bytes(), b"of", &entry.hash])
}

/// Makes the smaller ones of a picture and keeps their bytes. Fails when the file can't be read.
fn made(disk: &Origin, large: &Folder) -> io::Result<Found> {
    let Some(kind) = kind(disk)? else { return Ok(Ok(Vec::new())) };
    let found = match sized::smaller(kind, &Bytes::from(clean(disk)?)) {
        Ok(found) => found,
        Err(problem) => return Ok(Err(problem)),
    };
    let keep = |made: sized::Made| {
        let entry = Entry { size: made.bytes.len() as u64, hash: blake3::hash(&made.bytes).into() };
        let smaller = Smaller::new(disk, (made.width, made.height), (made.extension, entry));
        large.put(smaller.key, &made.bytes);
        smaller
    };
    Ok(Ok(found.into_iter().map(keep).collect()))
}

/// What was found, to be remembered.
fn written(found: &Found) -> Vec<u8> {
    let mut bytes = Vec::new();
    match found {
        Err(problem) => {
            bytes.push(1);
            bytes.extend(problem.as_bytes());
        }
        Ok(found) => {
            bytes.push(0);
            for Smaller { size, extension, entry, .. } in found {
                let extension = EXTENSIONS.iter().position(|known| known == extension).unwrap_or_default();
                bytes.extend(size.0.to_le_bytes());
                bytes.extend(size.1.to_le_bytes());
                bytes.push(u8::try_from(extension).unwrap_or_default());
                bytes.extend(entry.size.to_le_bytes());
                bytes.extend(entry.hash);
            }
        }
    }
    bytes
}

/// What [`written`] wrote; nothing for anything else.
fn read(disk: &Origin, bytes: &[u8]) -> Option<Found> {
    let (sort, mut rest) = bytes.split_first()?;
    if *sort == 1 {
        return Some(Err(String::from_utf8(rest.to_vec()).ok()?));
    }
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (width, more) = rest.split_first_chunk()?;
        let (height, more) = more.split_first_chunk()?;
        let (extension, more) = more.split_first()?;
        let (size, more) = more.split_first_chunk()?;
        let (hash, more) = more.split_first_chunk()?;
        let pixels = (u32::from_le_bytes(*width), u32::from_le_bytes(*height));
        let entry = Entry { size: u64::from_le_bytes(*size), hash: *hash };
        found.push(Smaller::new(disk, pixels, (EXTENSIONS.get(usize::from(*extension))?, entry)));
        rest = more;
    }
    Some(Ok(found))
}

fn too_large(path: &str, (width, height): Size) -> Diagnostic {
    let message = format!(
        "has {width} × {height} pixels, more than {} million, and is published in no other width",
        MOST_PIXELS / 1_000_000
    );
    Diagnostic::file(Code::LargePicture, path, message).help("export it in the size in which it is to be seen at most")
}

fn undecodable(path: &str, problem: &str) -> Diagnostic {
    let message = format!("can't be decoded, and is published in no other width: {problem}");
    Diagnostic::file(Code::BrokenPicture, path, message).help("export or download it again")
}

/// Room in memory for the pixels of pictures that are decoded at a time.
#[derive(Debug, Default)]
struct Room {
    taken: Mutex<u64>,
    freed: Condvar,
}

impl Room {
    /// Runs something once there is room for so many pixels, [`MOST_PIXELS`] at most.
    fn with<T>(&self, pixels: u64, run: impl FnOnce() -> T) -> T {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |taken: &mut u64| *taken + pixels > MOST_PIXELS;
        let mut taken = self.freed.wait_while(taken, is_full).unwrap_or_else(PoisonError::into_inner);
        *taken += pixels;
        drop(taken);
        let given = run();
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) -= pixels;
        self.freed.notify_all();
        given
    }
}
