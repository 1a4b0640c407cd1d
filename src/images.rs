//! Published images: how large they are, and what they must not tell.
//!
//! In: an image file of the project. Out: its size as it is shown, for `width` and `height`; and
//! its bytes without EXIF, GPS, XMP, IPTC and comments, the compressed pixels and the color profile
//! as they were. A turned photograph keeps the one EXIF tag that says so. JPEG, PNG and WebP are
//! cleaned; other kinds go out as they are.

use std::fs;
use std::io;
use std::path::Path;

use img_parts::jpeg::{Jpeg, JpegSegment, markers};
use img_parts::png::{Png, PngChunk};
use img_parts::riff::{RiffChunk, RiffContent};
use img_parts::webp::WebP;
use img_parts::{Bytes, ImageEXIF};
use quick_xml::events::Event;

use crate::tree::Content;

/// Width and height in CSS pixels.
pub type Size = (u32, u32);

/// Larger files are copied unread; no page should hold one.
const LARGEST: u64 = 64 << 20;

/// What lies at an image's address: its bytes when they had to be changed, else the file.
pub fn published(disk: &Path) -> io::Result<Content> {
    let extension = extension(disk);
    if !matches!(extension.as_str(), "jpg" | "jpeg" | "png" | "webp") || fs::metadata(disk)?.len() > LARGEST {
        return Ok(Content::File(disk.to_path_buf()));
    }
    let bytes = Bytes::from(fs::read(disk)?);
    // A file that is no image of its name's kind is left as it is: a browser won't show it either.
    let cleaned = match extension.as_str() {
        "png" => png(bytes.clone()),
        "webp" => webp(bytes.clone()),
        _ => jpeg(bytes.clone()),
    };
    Ok(match cleaned.filter(|cleaned| *cleaned != bytes) {
        Some(cleaned) => Content::Bytes(cleaned.to_vec()),
        None => Content::File(disk.to_path_buf()),
    })
}

/// The size of an image as it is shown; `None` when it can't be told.
pub fn size(disk: &Path) -> Option<Size> {
    let size = imagesize::size(disk).ok()?;
    let (width, height) = (u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?);
    let turned = matches!(extension(disk).as_str(), "jpg" | "jpeg" | "png" | "webp")
        && fs::metadata(disk).is_ok_and(|data| data.len() <= LARGEST)
        && orientation_of(disk).is_some_and(|orientation| orientation >= 5);
    Some(if turned { (height, width) } else { (width, height) })
}

/// The size that a drawing asks for: its `width` and `height` in pixels, else its `viewBox`.
pub fn svg_size(svg: &str) -> Option<Size> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let root = loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => break tag,
            Event::Eof => return None,
            _ => {}
        }
    };
    let value = |name: &str| {
        let found = root.attributes().with_checks(false).flatten().find(|a| a.key.as_ref() == name)?;
        Some(found.value.into_owned())
    };
    let pixels = |text: String| {
        let number: f64 = text.trim().trim_end_matches("px").parse().ok()?;
        whole(number)
    };
    if let (Some(width), Some(height)) = (value("width").and_then(pixels), value("height").and_then(pixels)) {
        return Some((width, height));
    }
    let view = value("viewBox")?;
    let numbers: Vec<f64> = view.split([' ', ',']).filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        [_, _, width, height] => Some((whole(*width)?, whole(*height)?)),
        _ => None,
    }
}

fn whole(number: f64) -> Option<u32> {
    let rounded = number.round();
    // In range, so the cast loses nothing.
    (1.0..=100_000.0).contains(&rounded).then_some(rounded as u32)
}

fn extension(disk: &Path) -> String {
    disk.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn orientation_of(disk: &Path) -> Option<u16> {
    let bytes = Bytes::from(fs::read(disk).ok()?);
    let exif = match extension(disk).as_str() {
        "png" => Png::from_bytes(bytes).ok()?.exif(),
        "webp" => WebP::from_bytes(bytes).ok()?.exif(),
        _ => Jpeg::from_bytes(bytes).ok()?.exif(),
    };
    orientation(&exif?)
}

/// JPEG (ITU-T T.81, Annex B): of the application segments JFIF, the color profile and Adobe's
/// color transform stay.
fn jpeg(bytes: Bytes) -> Option<Bytes> {
    let mut image = Jpeg::from_bytes(bytes).ok()?;
    let turned = image.exif().and_then(|exif| orientation(&exif));
    image.segments_mut().retain(|segment| match segment.marker() {
        markers::APP0 | markers::APP14 => true,
        markers::APP2 => segment.contents().starts_with(b"ICC_PROFILE\0"),
        markers::APP1 | markers::APP3..=markers::APP13 | markers::APP15 | markers::COM => false,
        _ => true,
    });
    if let Some(turned) = turned.filter(|turned| *turned != 1) {
        let mut exif = b"Exif\0\0".to_vec();
        exif.extend(only_orientation(turned));
        let at = image.segments().iter().position(|segment| segment.marker() != markers::APP0).unwrap_or(0);
        image.segments_mut().insert(at, JpegSegment::new_with_contents(markers::APP1, exif.into()));
    }
    let mut bytes = image.encoder().bytes();
    bytes.truncate(jpeg_end(&bytes)?);
    Some(bytes)
}

/// Where a JPEG ends: behind its EOI marker. Phones append whole pictures there, with all they
/// tell.
fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)?;
        match *bytes.get(at + 1)? {
            // Fill bytes, stuffed zeros and restarts stand within the scan's data (§B.1.1).
            0xff => at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 => return Some(at + 2),
            _ => at += 2 + usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?])),
        }
    }
}

/// The chunks of PNG and APNG that say how pixels look (PNG, third edition, §11).
const PNG_CHUNKS: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];

fn png(bytes: Bytes) -> Option<Bytes> {
    let mut image = Png::from_bytes(bytes).ok()?;
    let turned = image.exif().and_then(|exif| orientation(&exif));
    image.chunks_mut().retain(|chunk| PNG_CHUNKS.contains(&&chunk.kind()));
    if let Some(turned) = turned.filter(|turned| *turned != 1) {
        let at = image.chunks().iter().position(|chunk| chunk.kind() == *b"IDAT")?;
        image.chunks_mut().insert(at, PngChunk::new(*b"eXIf", only_orientation(turned).into()));
    }
    Some(image.encoder().bytes())
}

/// WebP (RFC 9649): pixels, animation and color profile; the header says what is there.
fn webp(bytes: Bytes) -> Option<Bytes> {
    let mut image = WebP::from_bytes(bytes).ok()?;
    let turned = image.exif().and_then(|exif| orientation(&exif)).filter(|turned| *turned != 1);
    let known: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
    image.chunks_mut().retain(|chunk| known.contains(&&chunk.id()));
    for chunk in image.chunks_mut() {
        if chunk.id() == *b"VP8X"
            && let Some(header) = chunk.content().data()
        {
            let mut header = header.to_vec();
            let flags = header.first_mut()?;
            // §2.7.1: bit 3 for EXIF, bit 2 for XMP.
            *flags &= !0b1100;
            *flags |= if turned.is_some() { 0b1000 } else { 0 };
            *chunk = RiffChunk::new(*b"VP8X", RiffContent::Data(header.into()));
        }
    }
    if let Some(turned) = turned {
        let exif = RiffContent::Data(only_orientation(turned).into());
        image.chunks_mut().push(RiffChunk::new(*b"EXIF", exif));
    }
    Some(image.encoder().bytes())
}

/// Tag 0x0112 of the first directory (Exif 3.0, §4.6.4; TIFF 6.0, §2): 1 to 8.
fn orientation(exif: &[u8]) -> Option<u16> {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let little = match exif.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = [*exif.get(at)?, *exif.get(at + 1)?];
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| -> Option<usize> {
        let (one, other) = (short(at)?, short(at + 2)?);
        let (low, high) = if little { (one, other) } else { (other, one) };
        usize::try_from(u32::from(high) << 16 | u32::from(low)).ok()
    };
    let directory = long(4)?;
    let entries = usize::from(short(directory)?);
    (0..entries)
        .map(|entry| directory + 2 + entry * 12)
        .find(|at| short(*at) == Some(0x0112))
        .and_then(|at| short(at + 8))
        .filter(|value| (1..=8).contains(value))
}

/// EXIF that says how the image is turned and nothing else.
fn only_orientation(value: u16) -> Vec<u8> {
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend(value.to_be_bytes());
    exif.extend([0; 6]);
    exif
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orientation_goes_both_ways() {
        for value in 1..=8 {
            assert_eq!(orientation(&only_orientation(value)), Some(value));
        }
        for bad in [&b""[..], b"II", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\0\x01"] {
            assert_eq!(orientation(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn drawings_have_sizes() {
        for (svg, size) in [
            ("<?xml version='1.0'?><!-- c --><svg width='20px' height=\"10\"/>", Some((20, 10))),
            ("<svg viewBox=\"0 0 340.4,352\">", Some((340, 352))),
            ("<svg width=\"100%\" height=\"1em\">", None),
            ("<p>", None),
            ("", None),
        ] {
            assert_eq!(svg_size(svg), size, "{svg}");
        }
    }
}
