//! The program of a series as of a part, as a ZIP archive that readers can unpack and run.
//!
//! In: the files of a program. Out: the bytes of the archive, the same for the same files: in the order of their
//! paths, below one folder called like the part, with the format's first day as their time. A file is in it as it is,
//! and can be run if its owner can run it.

use std::io::{self, Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::output::{Listing, Material, OutputType};
use crate::diagnostic::{Code, Diagnostic};
use crate::site::address::{self, Subject};
use crate::site::ids::PartId;
use crate::site::series::Series;
use crate::store::kind::Kind;
use crate::store::origin::{MOST_WHOLE, Origin, too_large};
use crate::store::tree::Content;
use crate::system::can_run;

/// The archive of each published part that changes the program.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Media,
    of: of_parts,
    address: |site, of| match of {
        Subject::Part(part) => address::archive(site, part),
        _ => String::new(),
    },
    make: |material, of, out| match of {
        Subject::Part(part) => made(material, part, out),
        _ => None,
    },
    holds_texts: false,
};

fn of_parts(Listing { site, .. }: Listing<'_>) -> Vec<Subject> {
    let parts = |series: &Series| series.program_parts().map(|part| Subject::Part(part.at)).collect::<Vec<_>>();
    site.series_shown().flat_map(parts).collect()
}

fn made(material: Material<'_>, part: PartId, out: &mut Vec<Diagnostic>) -> Option<Content> {
    let series = material.site().series(part.series);
    match archive(series, part) {
        Ok(bytes) => Some(Content::Bytes(bytes)),
        Err((file, error)) => {
            let path = file.name().to_string_lossy();
            out.push(Diagnostic::file(Code::UnreadableFile, path, format!("can't be read for the archive: {error}")));
            None
        }
    }
}

/// The archive; fails with the file that can't be read, or that is one too many: all together have at most
/// [`MOST_WHOLE`] bytes.
fn archive(series: &Series, part: PartId) -> Result<Vec<u8>, (Origin, io::Error)> {
    const WHOLE: &str = "no two paths are the same, sizes are told, and memory takes what is written";
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut left = MOST_WHOLE;
    for (path, file) in series.program.files(part) {
        let unreadable = |error| (file.clone(), error);
        let opened = file.open().and_then(|file| file.metadata()).map_err(unreadable)?;
        let bytes = file.read(left).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => (file.clone(), too_large(MOST_WHOLE)),
            _ => (file.clone(), error),
        })?;
        left -= bytes.len() as u64;
        let mode = if can_run(&opened) { 0o755 } else { 0o644 };
        zip.start_file(format!("{}/{path}", series.part(part).id), packed.unix_permissions(mode)).expect(WHOLE);
        zip.write_all(&bytes).expect(WHOLE);
    }
    Ok(zip.finish().expect(WHOLE).into_inner())
}
