//! What goes out: an ordered map from an output path to what lies there.
//!
//! In: paths and contents as pages are rendered. Out: the [`Tree`] of paths, kinds, sizes and hashes,
//! and the collisions among them. Where the bytes live is the store's business; this never writes.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, HashMap, hash_map};
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use unicode_normalization::UnicodeNormalization;

use crate::store::kind::Kind;
use crate::store::origin::Origin;
use crate::store::spool::{Piece, joined};
use crate::text::path::{check, folders_above};

/// A path in the output: pieces joined by `/`, none empty, `.` or `..`, no control character, each at most 255
/// bytes. Its letters are as they were given, composed or not: a host answers for the bytes of a name. Several know a
/// file by its path, and hold one text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputPath(Arc<str>);

impl OutputPath {
    /// Takes a path like `series/part/index.html`; says why when it can't be one.
    pub fn new(path: &str) -> Result<Self, String> {
        check(path)?;
        Ok(OutputPath(path.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for OutputPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What lies at a path of the output: bytes that were made, bytes that are made when somebody asks
/// for them, or a file of the project.
#[derive(Debug, Clone)]
pub enum Content {
    Bytes(Vec<u8>),
    /// Bytes of which some may wait, one after the other.
    Pieces(Vec<Piece>),
    File(OnDisk),
    /// Only in a build that was asked to leave something for later.
    Later(Arc<Later>),
}

/// A file of the project on its way out. It stays on the disk until somebody wants it.
#[derive(Debug, Clone)]
pub struct OnDisk {
    pub origin: Origin,
    /// Reads what goes out of it; absent for a file that goes out as it is, which is never read
    /// whole into memory.
    pub clean: Option<Clean>,
    /// Size and hash of what goes out, where they are known; always with `clean`.
    pub entry: Option<Entry>,
}

/// What goes out of a file of the project, for the file.
pub type Clean = fn(&Origin) -> io::Result<Vec<u8>>;

/// A content without anything that is still to be made.
#[derive(Debug)]
pub enum Made<'a> {
    Bytes(Cow<'a, [u8]>),
    /// A copy of this file.
    File(&'a Origin),
}

impl Content {
    /// A file that goes out as it is, and of which nothing is known.
    pub fn file(origin: Origin) -> Content {
        Content::File(OnDisk { origin, clean: None, entry: None })
    }

    /// The content, made now where it wasn't yet, and as a whole. Fails when it can't be made.
    pub fn made(&self) -> io::Result<Made<'_>> {
        match self {
            Content::Bytes(bytes) => Ok(Made::Bytes(bytes.into())),
            Content::Pieces(pieces) => joined(pieces).map(|bytes| Made::Bytes(bytes.into())),
            Content::File(OnDisk { origin, clean: Some(clean), .. }) => {
                clean(origin).map(|bytes| Made::Bytes(bytes.into()))
            }
            Content::File(OnDisk { origin, clean: None, .. }) => Ok(Made::File(origin)),
            Content::Later(later) => later.make().map(|bytes| Made::Bytes(bytes.into())).map_err(io::Error::other),
        }
    }

    /// What the tree will keep of it, where that is known before it is made.
    pub fn known(&self) -> Option<Entry> {
        match self {
            Content::File(file) => file.entry,
            Content::Bytes(_) | Content::Pieces(_) | Content::Later(_) => None,
        }
    }
}

/// Bytes that are made at most once, when somebody asks for them.
pub struct Later {
    hash: [u8; 32],
    made: OnceLock<Result<Vec<u8>, String>>,
    make: Box<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>,
}

impl Later {
    /// `hash` is of all that the bytes are made from, so that it is known before they are; `make`
    /// must not panic, and says why it fails.
    pub fn new(hash: [u8; 32], make: impl Fn() -> Result<Vec<u8>, String> + Send + Sync + 'static) -> Later {
        Later { hash, made: OnceLock::new(), make: Box::new(make) }
    }

    /// What an earlier run made of the same.
    pub fn known(hash: [u8; 32], bytes: Vec<u8>) -> Later {
        Later { made: OnceLock::from(Ok(bytes)), ..Later::new(hash, || Ok(Vec::new())) }
    }

    /// Of what the bytes are made from, not of the bytes.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The bytes or why there are none; makes them first where nobody did. Takes its time.
    pub fn make(&self) -> Result<&[u8], &str> {
        self.made.get_or_init(|| (self.make)()).as_deref().map_err(String::as_str)
    }

    /// What [`make`](Later::make) gave; `None` when nobody called it yet.
    pub fn get(&self) -> Option<Result<&[u8], &str>> {
        self.made.get().map(|made| made.as_deref().map_err(String::as_str))
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// What is made from the same is the same.
impl PartialEq for Later {
    fn eq(&self, other: &Later) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Later {}

/// What is known of a content once its bytes have been handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// In bytes.
    pub size: u64,
    /// BLAKE3 of the content.
    pub hash: [u8; 32],
}

/// What the tree keeps of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    pub kind: Kind,
    pub entry: Entry,
}

/// The whole output: every path once, in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tree {
    leaves: BTreeMap<OutputPath, Leaf>,
}

impl Tree {
    pub fn insert(&mut self, path: OutputPath, leaf: Leaf) {
        self.leaves.insert(path, leaf);
    }

    /// Adds the leaves of another tree.
    pub fn extend(&mut self, other: Tree) {
        self.leaves.extend(other.leaves);
    }

    pub fn get(&self, path: &str) -> Option<&Leaf> {
        self.leaves.get(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&OutputPath, &Leaf)> {
        self.leaves.iter()
    }

    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }
}

impl FromIterator<(OutputPath, Leaf)> for Tree {
    fn from_iter<I: IntoIterator<Item = (OutputPath, Leaf)>>(leaves: I) -> Self {
        Tree { leaves: leaves.into_iter().collect() }
    }
}

/// Two outputs that can't both exist.
#[derive(Debug, PartialEq, Eq)]
pub enum Collision<'a, T> {
    /// Both want the same path, or paths that some file systems can't tell apart.
    Same { first: &'a T, second: &'a T },
    /// One wants a file where the other needs a folder.
    FileAndFolder { file: &'a T, folder: &'a T },
}

/// Finds outputs that collide: equal paths, paths that differ in letter case alone, and a file
/// where another needs a folder. Each later one is reported once, against the first.
pub fn collisions<T>(outputs: &[(OutputPath, T)]) -> Vec<Collision<'_, T>> {
    let folded: Vec<(String, &T)> = outputs.iter().map(|(path, owner)| (fold(path.as_str()), owner)).collect();
    let mut files: HashMap<&str, &T> = HashMap::with_capacity(folded.len());
    let mut found = Vec::new();
    for (path, owner) in &folded {
        match files.entry(path) {
            hash_map::Entry::Occupied(first) => found.push(Collision::Same { first: *first.get(), second: *owner }),
            hash_map::Entry::Vacant(free) => _ = free.insert(*owner),
        }
    }
    for (path, owner) in &folded {
        if let Some(&file) = folders_above(path).find_map(|folder| files.get(folder)) {
            found.push(Collision::FileAndFolder { file, folder: *owner });
        }
    }
    found
}

/// A path as a file system sees it that does not care about letter case.
pub fn fold(path: &str) -> String {
    // Most are, and a site has tens of thousands.
    match path.is_ascii() {
        true => path.to_ascii_lowercase(),
        false => path.chars().flat_map(char::to_lowercase).nfc().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> OutputPath {
        OutputPath::new(text).expect("a good path")
    }

    #[test]
    fn paths_are_validated() {
        for bad in ["", "/a", "a/", "a//b", "../a", "a/./b", "a\\b", "c:x", "a\nb", "con", "x/NUL.txt"] {
            assert!(OutputPath::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(path("e\u{301}/x").as_str(), "e\u{301}/x");
    }

    #[test]
    fn collisions_are_found() {
        let outputs = vec![(path("a/index.html"), 1), (path("A/index.html"), 2), (path("b"), 3), (path("b/c"), 4)];
        assert_eq!(
            collisions(&outputs),
            [Collision::Same { first: &1, second: &2 }, Collision::FileAndFolder { file: &3, folder: &4 }]
        );
    }
}
