//! Files that bear the name of a picture and can't be shown as one.
//!
//! In: the bytes. Out: what is wrong with them, if it is certain: a browser shows nothing, or less than all.

use std::path::Path;

use img_parts::Bytes;
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};

use super::clean::Kind;
use super::heif;
use crate::diagnostic::{Code, Diagnostic};

/// What is wrong with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It has no bytes.
    Empty,
    /// Its bytes are those of something else.
    NoPicture,
    /// It can't be read to its end.
    Cut,
    /// An SVG that is no well-formed XML.
    Malformed,
    /// An SVG whose root names no namespace, or another one.
    NoNamespace,
    /// Of a kind that few browsers know.
    Unshown,
}

impl Flaw {
    const ALL: [Flaw; 6] = [Flaw::Empty, Flaw::NoPicture, Flaw::Cut, Flaw::Malformed, Flaw::NoNamespace, Flaw::Unshown];

    /// A number to remember it by; 0 is none.
    pub fn number(flaw: Option<Flaw>) -> u8 {
        let at = Flaw::ALL.iter().position(|known| Some(*known) == flaw);
        at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0)
    }

    /// Reads such a number.
    pub fn of_number(number: u8) -> Option<Flaw> {
        Flaw::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// What an author is told of the file at a path below the root.
    pub fn diagnostic(self, path: &str) -> Diagnostic {
        let (message, help) = match self {
            Flaw::Empty => ("is an empty file, not a picture", "export or download it again"),
            Flaw::NoPicture => {
                ("holds something else than its name says, and no picture", "export or download it again")
            }
            Flaw::Cut => ("is damaged or ends before its picture does", "export or download it again"),
            Flaw::Malformed => ("is no well-formed XML, so browsers show nothing of it", "export it again"),
            Flaw::NoNamespace => (
                "doesn't say that it is SVG, so browsers show nothing of it",
                "write `xmlns=\"http://www.w3.org/2000/svg\"` into its first tag",
            ),
            Flaw::Unshown => {
                ("is of a kind, HEIC or TIFF, of which most browsers show nothing", "export it as a JPEG or a PNG")
            }
        };
        Diagnostic::file(Code::BrokenPicture, path, message).help(help)
    }
}

/// What is wrong with a file whose first bytes are those of a kind; `cleaned` says whether all of it could be
/// read.
pub fn of_picture(kind: Kind, bytes: &Bytes, cleaned: bool) -> Option<Flaw> {
    match kind {
        Kind::Svg if bytes.is_empty() => Some(Flaw::Empty),
        Kind::Svg => of_svg(bytes),
        // Its relatives are too many for anybody to say what all of them may hold.
        Kind::Heif => heif::is_hevc(bytes).then_some(Flaw::Unshown),
        Kind::Jpeg | Kind::Png | Kind::Gif | Kind::WebP => (!cleaned).then_some(Flaw::Cut),
    }
}

/// What is wrong with a file that begins like no picture that browsers show: nothing, unless it is called one.
pub fn of_other(head: &[u8], name: &Path) -> Option<Flaw> {
    const NAMES: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "avif", "tif", "tiff"];
    let extension = name.extension()?;
    NAMES.iter().find(|name| extension.eq_ignore_ascii_case(name))?;
    // TIFF 6.0, §2: the order of bytes, then 42.
    let is_tiff = head.starts_with(b"II*\0") || head.starts_with(b"MM\0*");
    Some(match head {
        [] => Flaw::Empty,
        _ if is_tiff => Flaw::Unshown,
        _ => Flaw::NoPicture,
    })
}

/// Reads a drawing as XML (§2.1, §4.1): its tags match, its entities are known, and its root is that of SVG.
/// One in another encoding than UTF-8 is taken for good.
fn of_svg(bytes: &[u8]) -> Option<Flaw> {
    const SVG: Namespace<'_> = Namespace("http://www.w3.org/2000/svg");
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    // Only with a DOCTYPE can there be entities of one's own.
    let (mut depth, mut has_root, mut has_types) = (0_usize, false, false);
    loop {
        let Ok((namespace, event)) = reader.read_resolved_event() else { return Some(Flaw::Malformed) };
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                if depth == 0 && has_root || tag.attributes().any(|attribute| attribute.is_err()) {
                    return Some(Flaw::Malformed);
                }
                let is_svg = namespace == ResolveResult::Bound(SVG) && tag.local_name().as_ref() == "svg";
                if depth == 0 && !is_svg {
                    let is_named_so = tag.local_name().as_ref() == "svg";
                    return Some(if is_named_so { Flaw::NoNamespace } else { Flaw::NoPicture });
                }
                has_root = true;
                depth += usize::from(matches!(event, Event::Start(_)));
            }
            Event::End(_) => depth -= 1,
            Event::DocType(_) => has_types = true,
            Event::GeneralRef(name) => {
                let is_known = matches!(&**name, "lt" | "gt" | "amp" | "quot" | "apos");
                if !is_known && !has_types && !name.is_char_ref() {
                    return Some(Flaw::Malformed);
                }
            }
            Event::Text(text) if depth == 0 && !text.trim().is_empty() => return Some(Flaw::Malformed),
            Event::Eof if depth > 0 || !has_root => return Some(Flaw::Malformed),
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_xml_in_the_namespace_of_svg() {
        let ns = "xmlns='http://www.w3.org/2000/svg'";
        for (svg, flaw) in [
            (format!("<?xml version='1.0'?>\n<svg {ns}><g id='a'/>&amp;&#8212;</svg>\n"), None),
            ("<s:svg xmlns:s='http://www.w3.org/2000/svg'/>".into(), None),
            (format!("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg {ns}>&a;</svg>"), None),
            ("<svg width='1'/>".into(), Some(Flaw::NoNamespace)),
            ("<html><p></p></html>".into(), Some(Flaw::NoPicture)),
            (format!("<svg {ns}><g></svg>"), Some(Flaw::Malformed)),
            (format!("<svg {ns}><g>"), Some(Flaw::Malformed)),
            (format!("<svg {ns}>&nbsp;</svg>"), Some(Flaw::Malformed)),
            (format!("<svg {ns}><g a='1' a='2'/></svg>"), Some(Flaw::Malformed)),
            (format!("<svg {ns}/><svg {ns}/>"), Some(Flaw::Malformed)),
            ("404: Not Found".into(), Some(Flaw::Malformed)),
            (" ".into(), Some(Flaw::Malformed)),
        ] {
            assert_eq!(of_svg(svg.as_bytes()), flaw, "{svg}");
        }
    }

    #[test]
    fn a_flaw_survives_being_remembered() {
        for flaw in Flaw::ALL.map(Some).into_iter().chain([None]) {
            assert_eq!(Flaw::of_number(Flaw::number(flaw)), flaw);
        }
    }
}
