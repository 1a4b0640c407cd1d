//! The files of programs, packed for archives.
//!
//! In: a file. Out: it as an archive of its own, from which others take it as it is. What was packed is kept for the
//! run, up to a bound.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Cursor, Seek, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::store::origin::Origin;
use crate::system::can_run;

/// The files of programs as archives hold them, each packed once: what one part brings is in the archives of all parts
/// after it.
#[derive(Default)]
pub struct Packed(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// By their paths in the project: each an archive of one file.
    files: BTreeMap<PathBuf, OneFile>,
    bytes: usize,
}

/// An archive of one file.
pub type OneFile = ZipArchive<Cursor<Arc<[u8]>>>;

/// So many bytes are kept; what goes beyond is packed for each archive anew.
const MOST_KEPT: usize = 64 << 20;

/// Why packing never fails.
pub const WHOLE: &str = "no two paths are the same, sizes are told, and memory takes what is written";

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packed").finish_non_exhaustive()
    }
}

impl Packed {
    /// A file, packed; fails when it can't be read, or has more than `most` bytes.
    pub fn of(&self, file: &Origin, most: u64) -> io::Result<OneFile> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).files.get(file.name()).cloned();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let bytes = one_file(file, most)?;
        let packed = ZipArchive::new(Cursor::new(Arc::clone(&bytes))).expect(WHOLE);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + bytes.len() <= MOST_KEPT && !kept.files.contains_key(file.name()) {
            kept.bytes += bytes.len();
            kept.files.insert(file.name().to_path_buf(), packed.clone());
        }
        Ok(packed)
    }
}

/// An archive that has a file alone.
fn one_file(file: &Origin, most: u64) -> io::Result<Arc<[u8]>> {
    let mode = if can_run(&file.open()?.metadata()?) { 0o755 } else { 0o644 };
    Ok(alone(&file.read(most)?, SimpleFileOptions::default().unix_permissions(mode)))
}

/// An archive that has some bytes alone, packed.
pub fn alone(bytes: &[u8], options: SimpleFileOptions) -> Arc<[u8]> {
    let mut packed = Cursor::new(Vec::new());
    let mut zip = zip_into(&mut packed);
    zip.start_file("file", options.compression_method(CompressionMethod::Deflated)).expect(WHOLE);
    zip.write_all(bytes).expect(WHOLE);
    zip.finish().expect(WHOLE);
    packed.into_inner().into()
}

/// Where an archive is written.
pub trait Archived: Write + Seek {}

impl<T: Write + Seek> Archived for T {}

/// Writes an archive, in memory or in a file: it is one writer, a tenth of a megabyte of code.
pub fn zip_into(out: &mut dyn Archived) -> ZipWriter<&mut dyn Archived> {
    ZipWriter::new(out)
}
