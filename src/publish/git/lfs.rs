//! Files that git keeps elsewhere: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
//!
//! In: what a commit holds in the place of such a file. Out: the file, as far as it is on this machine. Fetches nothing.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::store::dir::Dir;

/// What stands in the place of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The SHA-256 of the file, in small letters.
    oid: String,
    size: u64,
}

impl Pointer {
    /// Reads one; `None` for what is a file itself. The specification bounds a pointer's length.
    pub fn parse(content: &[u8]) -> Option<Pointer> {
        const LONGEST: usize = 1023;
        let text = std::str::from_utf8(content).ok().filter(|text| text.len() <= LONGEST)?;
        let rest = text.strip_prefix("version https://git-lfs.github.com/spec/v1\n")?;
        let value = |key: &str| rest.lines().find_map(|line| line.strip_prefix(key));
        let oid = value("oid sha256:")?;
        let is_sum = oid.len() == 64 && oid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        Some(Pointer { oid: is_sum.then(|| oid.to_string())?, size: value("size ")?.parse().ok()? })
    }
}

/// Where such files lie.
#[derive(Debug)]
pub struct Places {
    /// Those that were fetched.
    pub fetched: PathBuf,
    /// The checkout, which may have the same file still.
    pub checkout: Dir,
}

impl Places {
    /// The file that a pointer at a path of the checkout stands for.
    pub fn find(&self, pointer: &Pointer, path: &str) -> Option<File> {
        let Pointer { oid, .. } = pointer;
        let fetched = self.fetched.join(&oid[..2]).join(&oid[2..4]).join(oid);
        let is_it = |file: &mut File| is_of(file, pointer).unwrap_or(false);
        let fetched = File::open(fetched).ok().and_then(|mut file| is_it(&mut file).then_some(file));
        fetched.or_else(|| {
            let mut file = self.checkout.read(Path::new(path)).ok()?;
            is_it(&mut file).then_some(file)
        })
    }
}

/// Whether a file is the one that is meant, to be read from its beginning.
fn is_of(file: &mut File, pointer: &Pointer) -> io::Result<bool> {
    if file.metadata()?.len() != pointer.size {
        return Ok(false);
    }
    let mut sum = Sha256::new();
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            length => sum.update(&piece[..length]),
        }
    }
    file.rewind()?;
    let sum: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(sum == pointer.oid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_told_from_files() {
        let oid = "a".repeat(64);
        let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12\n");
        assert_eq!(Pointer::parse(text.as_bytes()), Some(Pointer { oid, size: 12 }));
        for no in
            ["", "version https://git-lfs.github.com/spec/v1\noid sha256:../..\nsize 1\n", "oid sha256:a\nsize 1\n"]
        {
            assert_eq!(Pointer::parse(no.as_bytes()), None, "{no}");
        }
    }
}
