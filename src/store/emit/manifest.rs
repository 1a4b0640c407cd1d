//! What lies in an output by our own account.
//!
//! In: an output folder, or the files that a build wrote. Out: the list of our files, and its text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::{EmitError, failed, shown};
use super::layout::INSIDE;
use crate::diagnostic::quote;
use crate::store::tree::{Entry, OutputPath};

/// The list of our own files. It lies in the output, not in the cache, so that it moves with the
/// files and survives the cache.
pub const MANIFEST: &str = ".partwork-manifest";
const VERSION: &str = "partwork-manifest 1";

/// Our files in the output, as they were when we wrote them.
pub type Manifest = BTreeMap<OutputPath, Written>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub entry: Entry,
    /// In nanoseconds since 1970.
    pub mtime: i128,
}

impl Written {
    /// What the disk says of a file that was just written, or that we wrote once.
    pub fn new(entry: Entry, found: &Metadata) -> Written {
        Written { entry, mtime: i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec()) }
    }
}

/// What lies in an output by our own account; `None` when it is empty or isn't there. Refuses a
/// folder with something in it and no account that we can read.
pub fn read(output: &Path) -> Result<Option<Manifest>, EmitError> {
    let path = output.join(MANIFEST);
    if path.symlink_metadata().is_ok_and(|found| found.is_file()) {
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        let manifest = str::from_utf8(&bytes).ok().and_then(parse);
        return manifest.map(Some).ok_or_else(|| {
            EmitError::Refused(format!(
                "{} in the output folder {} is damaged or of another version, so it's unknown which files there are \
                 partwork's; delete the folder to have it built anew",
                quote(MANIFEST),
                shown(output)
            ))
        });
    }
    let found = match fs::read_dir(output) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(failed("read", output))?,
    };
    for entry in found {
        if entry.map_err(failed("read", output))?.file_name() != INSIDE {
            return Err(EmitError::Refused(format!(
                "the output folder {} holds files that partwork never wrote; choose another, or empty it",
                shown(output)
            )));
        }
    }
    Ok(None)
}

/// A line a file, in order of path: hash, size, time, path.
pub fn text(manifest: &Manifest) -> String {
    let mut text = format!("{VERSION} {}\n", manifest.len());
    for (path, Written { entry, mtime }) in manifest {
        let hash = blake3::Hash::from_bytes(entry.hash).to_hex();
        let _ = writeln!(text, "{hash} {} {mtime} {path}", entry.size);
    }
    text
}

/// `None` for anything that [`text`] can't have written.
fn parse(text: &str) -> Option<Manifest> {
    let (first, lines) = text.split_once('\n')?;
    let count: usize = first.strip_prefix(VERSION)?.strip_prefix(' ')?.parse().ok()?;
    let manifest = lines
        .lines()
        .map(|line| {
            let mut fields = line.splitn(4, ' ');
            let hash = *blake3::Hash::from_hex(fields.next()?).ok()?.as_bytes();
            let size = fields.next()?.parse().ok()?;
            let mtime = fields.next()?.parse().ok()?;
            let path = OutputPath::new(fields.next()?).ok()?;
            Some((path, Written { entry: Entry { size, hash }, mtime }))
        })
        .collect::<Option<Manifest>>()?;
    // Cut off in the middle, the rest would look foreign.
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
        let written = text(&manifest);
        assert_eq!(parse(&written), Some(manifest));
        assert_eq!(parse(&written[..written.len() - 10]), None);
    }
}
