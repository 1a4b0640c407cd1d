//! Published images: how large they are, and what they must not tell.
//!
//! In: an image file of the project. Out: its size as it is shown, for `width` and `height`; and
//! its bytes without EXIF, GPS, XMP, IPTC and comments, the compressed pixels and the color profile
//! as they were. A turned photograph keeps the one EXIF tag that says so. What a file is, its first
//! bytes say, as they do to browsers, and never its name. JPEG, PNG, GIF, WebP, AVIF with its
//! relatives, and SVG are cleaned; other kinds go out as they are. A picture is read once, and never
//! kept: what was seen of it is remembered until something about its file changes.

use std::io::{self, Read};
use std::path::Path;

use img_parts::jpeg::{Jpeg, JpegSegment, markers};
use img_parts::png::{Png, PngChunk};
use img_parts::riff::{RiffChunk, RiffContent};
use img_parts::webp::WebP;
use img_parts::{Bytes, ImageEXIF};
use quick_xml::events::{BytesStart, Event};

use super::heif;
use crate::store::origin::{MOST_WHOLE, Origin};

/// Width and height in CSS pixels.
pub type Size = (u32, u32);

/// A kind of image that can tell more than it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    Gif,
    WebP,
    /// AVIF, HEIC and others of ISO/IEC 23008-12.
    Heif,
    Svg,
}

/// What kind of image lies in a file; `None` for what is none of these.
pub fn kind(disk: &Origin) -> io::Result<Option<Kind>> {
    let mut head = Vec::new();
    disk.open()?.take(12).read_to_end(&mut head)?;
    Ok(kind_of(&head, disk.name()))
}

/// The same for the file's first bytes, twelve at least where it has as many.
pub(super) fn kind_of(head: &[u8], name: &Path) -> Option<Kind> {
    let is_svg = || name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    match head {
        [0xff, 0xd8, 0xff, ..] => Some(Kind::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Kind::Png),
        [b'G', b'I', b'F', b'8', ..] => Some(Kind::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Kind::WebP),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..]
            if brand.get(..4).is_some_and(|brand| heif::BRANDS.contains(&brand)) =>
        {
            Some(Kind::Heif)
        }
        _ if is_svg() => Some(Kind::Svg),
        _ => None,
    }
}

/// The bytes of an image file as they are published.
pub fn clean(disk: &Origin) -> io::Result<Vec<u8>> {
    let bytes = Bytes::from(disk.read(MOST_WHOLE)?);
    let cleaned = kind_of(&bytes, disk.name()).and_then(|kind| cleaned(kind, &bytes));
    Ok(cleaned.unwrap_or(bytes).into())
}

/// An image without what it must not tell; `None` for one that can't be read to its end, which is
/// left as it is: a browser won't show it either.
pub(super) fn cleaned(kind: Kind, bytes: &Bytes) -> Option<Bytes> {
    match kind {
        Kind::Jpeg => jpeg(bytes.clone()),
        Kind::Png => png(bytes.clone()),
        Kind::Gif => gif(bytes).map(Bytes::from),
        Kind::WebP => webp(bytes.clone()),
        Kind::Heif => heif::cleaned(bytes).map(Bytes::from),
        Kind::Svg => std::str::from_utf8(bytes).ok().and_then(plain_svg).map(Bytes::from),
    }
}

/// The size of an image as it is shown; `None` when it can't be told.
pub(super) fn size_of(kind: Kind, bytes: &Bytes) -> Option<Size> {
    if kind == Kind::Svg {
        return std::str::from_utf8(bytes).ok().and_then(svg_size);
    }
    let size = pixels(imagesize::blob_size(bytes))?;
    Some(if turned(kind, bytes) >= 5 { (size.1, size.0) } else { size })
}

/// How an image is turned and mirrored where it is shown: 1 to 8 as EXIF counts, 1 where it says nothing.
pub fn turned(kind: Kind, bytes: &Bytes) -> u16 {
    let exif = match kind {
        Kind::Jpeg => Jpeg::from_bytes(bytes.clone()).ok().and_then(|image| image.exif()),
        Kind::Png => Png::from_bytes(bytes.clone()).ok().and_then(|image| image.exif()),
        Kind::WebP => WebP::from_bytes(bytes.clone()).ok().and_then(|image| image.exif()),
        // A property of the image turns it there, not EXIF (ISO/IEC 23008-12, Annex A).
        Kind::Heif | Kind::Gif | Kind::Svg => None,
    };
    exif.and_then(|exif| orientation(&exif)).unwrap_or(1)
}

pub(super) fn pixels(found: imagesize::ImageResult<imagesize::ImageSize>) -> Option<Size> {
    let size = found.ok()?;
    Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
}

/// The size that a drawing asks for: its `width` and `height` in pixels, where one that is missing follows from
/// the `viewBox`; else that of the `viewBox`.
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
    let typed = |name: &str| value(name).and_then(|text| css_pixels(&text));
    let view = value("viewBox").and_then(|view| {
        let numbers = view.split([' ', ',', '\t', '\n', '\r']).filter(|number| !number.is_empty());
        let numbers: Vec<f64> = numbers.map(str::parse).collect::<Result<_, _>>().ok()?;
        match numbers.as_slice() {
            [_, _, width, height] if *width > 0.0 && *height > 0.0 => Some((*width, *height)),
            _ => None,
        }
    });
    let (width, height) = match (typed("width"), typed("height"), view) {
        (Some(width), Some(height), _) => (width, height),
        (Some(width), None, Some(view)) => (width, width * view.1 / view.0),
        (None, Some(height), Some(view)) => (height * view.0 / view.1, height),
        (_, _, view) => view?,
    };
    Some((whole(width)?, whole(height)?))
}

/// A length as SVG writes it (CSS Values 4, §6), in CSS pixels; `None` for one that depends on what is around
/// the picture. In a picture of its own a font has the size that browsers begin with.
fn css_pixels(text: &str) -> Option<f64> {
    const FONT: f64 = 16.0;
    const UNITS: [(&str, f64); 10] = [
        ("px", 1.0),
        ("pt", 96.0 / 72.0),
        ("pc", 16.0),
        ("in", 96.0),
        ("cm", 96.0 / 2.54),
        ("mm", 96.0 / 25.4),
        ("q", 96.0 / 101.6),
        ("rem", FONT),
        ("em", FONT),
        ("ex", FONT / 2.0),
    ];
    let text = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(unit, pixels)| Some((text.strip_suffix(unit)?, *pixels)));
    let (number, pixels) = unit.unwrap_or((&text, 1.0));
    // Rust reads names as numbers too, and CSS doesn't.
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e'));
    Some(number.parse::<f64>().ok().filter(|_| is_number)? * pixels)
}

fn whole(number: f64) -> Option<u32> {
    let rounded = number.round();
    // In range, so the cast loses nothing.
    (1.0..=100_000.0).contains(&rounded).then_some(rounded as u32)
}

/// JPEG (ITU-T T.81, Annex B): of the application segments JFIF, the color profile and Adobe's
/// color transform stay. A small picture of the whole, which a cut one may still have, doesn't.
fn jpeg(bytes: Bytes) -> Option<Bytes> {
    let mut image = Jpeg::from_bytes(bytes).ok()?;
    let turned = image.exif().and_then(|exif| orientation(&exif));
    image.segments_mut().retain(|segment| match segment.marker() {
        markers::APP0 => segment.contents().starts_with(b"JFIF\0"),
        markers::APP14 => segment.contents().starts_with(b"Adobe"),
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

/// GIF89a (§§15–27): pixels, their timing, how often they repeat and the color profile.
fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];
    // A color table follows where bit 7 says so, of three bytes for each of its colors (§18).
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let sub_blocks = |mut at: usize| -> Option<usize> {
        loop {
            match usize::from(*bytes.get(at)?) {
                0 => return Some(at + 1),
                length => at += 1 + length,
            }
        }
    };
    let mut at = 13 + table(*bytes.get(10)?);
    let mut out = bytes.get(..at)?.to_vec();
    loop {
        let (end, stays) = match *bytes.get(at)? {
            0x3b => {
                out.push(0x3b);
                return Some(out);
            }
            0x2c => {
                let data = at + 10 + table(*bytes.get(at + 9)?) + 1;
                (sub_blocks(data)?, true)
            }
            0x21 => {
                let application = || bytes.get(at + 3..at + 14);
                let stays = match *bytes.get(at + 1)? {
                    0xfe => false,
                    0xff => KEPT.contains(&application()?),
                    _ => true,
                };
                (sub_blocks(at + 2)?, stays)
            }
            _ => return None,
        };
        if stays {
            out.extend_from_slice(bytes.get(at..end)?);
        }
        at = end;
    }
}

/// Namespaces in which drawing programs keep notes of their own, paths of their users' disks among
/// them.
const EDITORS: [&str; 2] =
    ["http://www.inkscape.org/namespaces/inkscape", "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"];

/// A drawing (SVG 2) without what isn't drawn: `metadata` (§5.9), packets of XMP and the notes of
/// editors; `None` when it can't be read.
pub fn plain_svg(text: &str) -> Option<String> {
    // The parser counts from behind a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = quick_xml::Reader::from_str(text);
    let mut out = String::with_capacity(text.len());
    let mut editors: Vec<String> = Vec::new();
    // How deep we are in something that goes.
    let mut depth = 0_usize;
    loop {
        let start = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let end = usize::try_from(reader.buffer_position()).ok()?;
        let is_note = |tag: &BytesStart<'_>, editors: &[String]| {
            let name = tag.name();
            let prefix = name.prefix().map(|prefix| prefix.as_ref().to_string());
            name.local_name().as_ref() == "metadata" || prefix.is_some_and(|prefix| editors.contains(&prefix))
        };
        match &event {
            Event::Eof => return (depth == 0).then_some(out),
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes().with_checks(false) {
                    let attribute = attribute.ok()?;
                    if let Some(prefix) = attribute.key.as_ref().strip_prefix("xmlns:")
                        && EDITORS.contains(&&*attribute.value)
                    {
                        editors.push(prefix.to_string());
                    }
                }
                let is_empty = matches!(event, Event::Empty(_));
                if depth > 0 || is_note(tag, &editors) {
                    depth += usize::from(!is_empty);
                } else {
                    push_tag(&mut out, &text[start..end], tag, &editors)?;
                }
            }
            Event::End(_) if depth > 0 => depth -= 1,
            Event::PI(instruction) if instruction.target() == "xpacket" => {}
            _ if depth > 0 => {}
            _ => out.push_str(&text[start..end]),
        }
    }
}

/// Writes a tag as it was, but for attributes that editors have for themselves.
fn push_tag(out: &mut String, typed: &str, tag: &BytesStart<'_>, editors: &[String]) -> Option<()> {
    let is_note =
        |key: &str| key.split_once(':').is_some_and(|(prefix, _)| editors.iter().any(|known| known == prefix));
    let attributes: Vec<_> = tag.attributes().with_checks(false).collect::<Result<_, _>>().ok()?;
    if !attributes.iter().any(|attribute| is_note(attribute.key.as_ref())) {
        out.push_str(typed);
        return Some(());
    }
    out.push('<');
    out.push_str(tag.name().as_ref());
    for attribute in attributes.iter().filter(|attribute| !is_note(attribute.key.as_ref())) {
        let quote = if attribute.value.contains('"') { '\'' } else { '"' };
        out.push_str(&format!(" {}={quote}{}{quote}", attribute.key.as_ref(), attribute.value));
    }
    out.push_str(if typed.ends_with("/>") { "/>" } else { ">" });
    Some(())
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
            ("<svg width=\"210mm\" height=\"297mm\"/>", Some((794, 1123))),
            ("<svg width='10in' height='10pt'/>", Some((960, 13))),
            ("<svg width='12em' height='1e3'/>", Some((192, 1000))),
            ("<svg width='2cm' height='40Q'/>", Some((76, 38))),
            ("<svg width='200' viewBox='0 0 100 50'/>", Some((200, 100))),
            ("<svg width='100%' height='100%' viewBox='0\n0  30 40'/>", Some((30, 40))),
            ("<svg width='-5' height='10'/>", None),
            ("<svg width='inf' height='10'/>", None),
            ("<svg width=\"100%\" height=\"1em\">", None),
            ("<p>", None),
            ("", None),
        ] {
            assert_eq!(svg_size(svg), size, "{svg}");
        }
    }
}
