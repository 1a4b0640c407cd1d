//! The list of our files in an output, as they were when we wrote them.
//!
//! In: what a build wrote. Out: the list as a text, and a text as the list. Touches no disk.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::store::dir::{Form, Found};
use crate::store::tree::{Entry, OutputPath};

/// Our files by path.
pub type Manifest = BTreeMap<OutputPath, Written>;

/// A file as it was when we wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub entry: Entry,
    /// In nanoseconds since 1970, up to those of 2262.
    pub mtime: i64,
}

impl Written {
    /// With what the disk says of the file.
    pub fn new(entry: Entry, found: &Found) -> Written {
        Written { entry, mtime: clamped(found.modified) }
    }

    /// Whether what the disk says now is what it said then.
    pub fn stands(&self, found: &Found) -> bool {
        found.form == Form::File && found.size == self.entry.size && Written::new(self.entry, found) == *self
    }
}

fn clamped(nanoseconds: i128) -> i64 {
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

/// What a line has beside its path, at most: a hash, two numbers, and what stands between them.
const BESIDE_PATH: usize = 64 + 2 * 20 + 4;

/// Adds a line a file to a text, in order of path: hash, size, time, path.
pub fn write(manifest: &Manifest, text: &mut String) {
    text.reserve_exact(manifest.keys().map(|path| path.as_str().len() + BESIDE_PATH).sum());
    for (path, Written { entry, mtime }) in manifest {
        let hash = blake3::Hash::from_bytes(entry.hash).to_hex();
        let _ = writeln!(text, "{hash} {} {mtime} {path}", entry.size);
    }
}

/// `None` for anything but `count` lines that [`write()`] can have written: cut off in the middle, the
/// rest would look foreign.
pub fn parse(text: &str, count: usize) -> Option<Manifest> {
    let manifest = text
        .lines()
        .map(|line| {
            let mut fields = line.splitn(4, ' ');
            let hash = *blake3::Hash::from_hex(fields.next()?).ok()?.as_bytes();
            let size = fields.next()?.parse().ok()?;
            let mtime = clamped(fields.next()?.parse().ok()?);
            let path = OutputPath::new(fields.next()?).ok()?;
            Some((path, Written { entry: Entry { size, hash }, mtime }))
        })
        .collect::<Option<Manifest>>()?;
    (manifest.len() == count).then_some(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_survive_being_written() {
        let written = Written { entry: Entry { size: 7, hash: [9; 32] }, mtime: -1_500_000_000 };
        let manifest =
            Manifest::from(["a b/c", "\u{e9}"].map(|path| (OutputPath::new(path).expect("a good path"), written)));
        let mut written = String::new();
        write(&manifest, &mut written);
        assert_eq!(parse(&written, 2), Some(manifest));
        assert_eq!(parse(&written, 3), None);
        assert_eq!(parse(&written[..written.len() - 10], 2), None);
        // Times that an i64 doesn't hold, as earlier versions wrote them, are the last and the first that it does.
        for (typed, mtime) in [("99999999999999999999", i64::MAX), ("-99999999999999999999", i64::MIN)] {
            let read = parse(&written.replace("-1500000000", typed), 2).expect("a manifest");
            assert!(read.values().all(|file| file.mtime == mtime), "{read:?}");
        }
    }
}
