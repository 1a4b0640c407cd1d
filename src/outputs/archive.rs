//! The program of a series as of a part, as a ZIP archive that readers can unpack and run.
//!
//! In: the files of a program. Out: the bytes of the archive, the same for the same files: in the order of their
//! paths, below one folder called like the part, with the format's first day as their time. A file is in it as it is,
//! and can be run if its owner can run it.

use std::io::{self, Cursor};

use super::output::{Listing, Material, OutputType};
use super::packed::{Packed, WHOLE, zip_into};
use crate::diagnostic::{Code, Diagnostic};
use crate::site::address::{self, Subject};
use crate::site::ids::PartId;
use crate::site::series::Series;
use crate::store::kind::Kind;
use crate::store::origin::{MOST_WHOLE, Origin, too_large};
use crate::store::tree::Content;

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
    match archive(series, part, material.packed) {
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
fn archive(series: &Series, part: PartId, packed: &Packed) -> Result<Vec<u8>, (Origin, io::Error)> {
    let mut archive = Cursor::new(Vec::new());
    let mut zip = zip_into(&mut archive);
    let mut left = MOST_WHOLE;
    for (path, file) in series.program.files(part) {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::FileTooLarge => (file.clone(), too_large(MOST_WHOLE)),
            _ => (file.clone(), error),
        };
        let mut one = packed.of(file, left).map_err(failed)?;
        let one = one.by_index_raw(0).expect(WHOLE);
        left = left.checked_sub(one.size()).ok_or_else(|| (file.clone(), too_large(MOST_WHOLE)))?;
        zip.raw_copy_file_rename(one, format!("{}/{path}", series.part(part).id)).expect(WHOLE);
    }
    zip.finish().expect(WHOLE);
    Ok(archive.into_inner())
}
