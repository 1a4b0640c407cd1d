//! AVIF, HEIC and their relatives: boxes in a file (ISO/IEC 14496-12), among them one that lists
//! items (ISO/IEC 23008-12).
//!
//! In: the bytes of an image. Out: the same with the contents of its items of EXIF and XMP blank;
//! no byte moves, so all that points into the file holds.

use std::ops::Range;

/// The brands of images; films have the same boxes and others.
pub const BRANDS: [&[u8]; 9] = [b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc"];

/// EXIF without a tag: the offset to its header, a header, a directory of nothing.
const NO_EXIF: &[u8] = b"\0\0\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0";

/// The image without what it tells; `None` when its boxes can't be read.
pub fn cleaned(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.to_vec();
    let Some(meta) = boxes(bytes, 0..bytes.len())?.into_iter().find(|inner| inner.kind == *b"meta") else {
        return Some(out);
    };
    // Version and flags come before the boxes in it.
    let inner = boxes(bytes, meta.content.start + 4..meta.content.end)?;
    let find = |kind: &[u8; 4]| inner.iter().find(|inner| inner.kind == *kind).map(|inner| inner.content.clone());
    let (Some(infos), Some(places)) = (find(b"iinf"), find(b"iloc")) else { return Some(out) };
    let telling = telling(bytes, infos)?;
    let data = find(b"idat").map_or(0, |data| data.start);
    for (item, place) in extents(bytes, places, data)? {
        let Some((_, is_exif)) = telling.iter().find(|(known, _)| *known == item) else { continue };
        let place = out.get_mut(place)?;
        place.fill(if *is_exif { 0 } else { b' ' });
        if let (true, Some(start)) = (*is_exif, place.get_mut(..NO_EXIF.len())) {
            start.copy_from_slice(NO_EXIF);
        }
    }
    Some(out)
}

/// Whether its pixels are HEVC's alone, which hardly a browser decodes; AVIF's may stand under either name.
pub fn is_hevc(bytes: &[u8]) -> bool {
    let Some(first) = boxes(bytes, 0..bytes.len().min(4096)).and_then(|boxes| boxes.into_iter().next()) else {
        return false;
    };
    let brands = bytes.get(first.content).unwrap_or_default();
    let names = |wanted: &[u8]| brands.chunks(4).any(|brand| brand.starts_with(wanted));
    first.kind == *b"ftyp" && (names(b"hei") || names(b"hev")) && !names(b"avi")
}

struct Inner {
    kind: [u8; 4],
    content: Range<usize>,
}

/// The boxes that stand in a stretch of the file (14496-12, §4.2).
fn boxes(bytes: &[u8], within: Range<usize>) -> Option<Vec<Inner>> {
    let mut found = Vec::new();
    let mut at = within.start;
    while at + 8 <= within.end {
        let kind = *bytes.get(at + 4..)?.first_chunk::<4>()?;
        let (head, length) = match number(bytes, &mut at.clone(), 4)? {
            0 => (8, within.end - at),
            1 => (16, number(bytes, &mut (at + 8), 8)?),
            length => (8, length),
        };
        let end = at.checked_add(length).filter(|end| *end <= within.end && length >= head)?;
        found.push(Inner { kind, content: at + head..end });
        at = end;
    }
    Some(found)
}

/// A number of so many bytes, which it steps over.
fn number(bytes: &[u8], at: &mut usize, length: usize) -> Option<usize> {
    let digits = bytes.get(*at..at.checked_add(length)?)?;
    *at += length;
    digits.iter().try_fold(0_usize, |value, byte| value.checked_mul(256)?.checked_add(usize::from(*byte)))
}

/// The items that tell something, and whether it is EXIF (14496-12, §8.11.6).
fn telling(bytes: &[u8], infos: Range<usize>) -> Option<Vec<(usize, bool)>> {
    let mut at = infos.start;
    let version = number(bytes, &mut at, 1)?;
    at += 3 + if version == 0 { 2 } else { 4 };
    let mut found = Vec::new();
    for info in boxes(bytes, at..infos.end)? {
        let mut at = info.content.start;
        let version = number(bytes, &mut at, 1)?;
        at += 3;
        if info.kind != *b"infe" || version < 2 {
            continue;
        }
        let item = number(bytes, &mut at, if version == 2 { 2 } else { 4 })?;
        at += 2;
        match bytes.get(at..at + 4)? {
            b"Exif" => found.push((item, true)),
            b"mime" => found.push((item, false)),
            _ => {}
        }
    }
    Some(found)
}

/// Where the contents of each item lie (14496-12, §8.11.3); `data` is where the box for contents
/// within the list itself begins.
fn extents(bytes: &[u8], places: Range<usize>, data: usize) -> Option<Vec<(usize, Range<usize>)>> {
    let mut at = places.start;
    let version = number(bytes, &mut at, 1)?;
    at += 3;
    let sizes = number(bytes, &mut at, 2)?;
    let size = |nibble: u32| (sizes >> (nibble * 4)) & 0xf;
    let (of_offset, of_length, of_base) = (size(3), size(2), size(1));
    let of_index = if version == 0 { 0 } else { size(0) };
    let of_item = if version < 2 { 2 } else { 4 };
    let items = number(bytes, &mut at, of_item)?;
    let mut found = Vec::new();
    for _ in 0..items {
        let item = number(bytes, &mut at, of_item)?;
        let in_list = version > 0 && number(bytes, &mut at, 2)? & 0xf == 1;
        let is_elsewhere = number(bytes, &mut at, 2)? != 0;
        let base = number(bytes, &mut at, of_base)?.checked_add(if in_list { data } else { 0 })?;
        for _ in 0..number(bytes, &mut at, 2)? {
            number(bytes, &mut at, of_index)?;
            let start = base.checked_add(number(bytes, &mut at, of_offset)?)?;
            let length = number(bytes, &mut at, of_length)?;
            // All of the rest, when none is said.
            let end = if length == 0 { bytes.len() } else { start.checked_add(length)? };
            if !is_elsewhere {
                found.push((item, start..end));
            }
        }
    }
    Some(found)
}
