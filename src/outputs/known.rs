//! Which outputs need not be made, since an earlier build made the same, and left them where they still stand.
//!
//! In: an output's path, and the key of what it is made from. Out: what was remembered of it: its size and its hash,
//! and what its page loads. Never a content: whether that is still there is the store's to say.

use super::headers::PolicySources;
use crate::store::cache::{Cache, Key};
use crate::store::tree::{Entry, OutputPath};

/// Whether an output lies in the store as this says, from an earlier build; then it is one of this build too.
pub type Stands<'a> = &'a (dyn Fn(&OutputPath, Entry) -> bool + Sync);

/// What earlier builds left.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub cache: &'a Cache,
    pub stands: Stands<'a>,
}

impl std::fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("cache", &self.cache).finish_non_exhaustive()
    }
}

impl Known<'_> {
    /// An output that stands as it would be made, with what its page loads.
    pub fn standing(&self, path: &OutputPath, of: &Key) -> Option<(Entry, PolicySources)> {
        let value = self.cache.get(&key(path, of))?;
        let (size, rest) = value.split_first_chunk()?;
        let (hash, held) = rest.split_first_chunk()?;
        let entry = Entry { size: u64::from_le_bytes(*size), hash: *hash };
        let held = PolicySources::read(std::str::from_utf8(held).ok()?)?;
        (self.stands)(path, entry).then_some((entry, held))
    }

    /// Remembers an output that was made without a word of complaint.
    pub fn remember(&self, path: &OutputPath, of: &Key, entry: Entry, held: &PolicySources) {
        let mut value = entry.size.to_le_bytes().to_vec();
        value.extend(entry.hash);
        value.extend(held.lines().into_bytes());
        self.cache.put(key(path, of), value);
    }
}

fn key(path: &OutputPath, of: &Key) -> Key {
    Key::of([&of.bytes(), path.as_str().as_bytes()])
}
