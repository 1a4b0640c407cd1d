//! What makes a drawing more than a picture.
//!
//! In: an SVG file. Out: the first thing in it that could run, lead elsewhere by itself or bring other HTML, and its
//! place: a drawing that is opened by its own address is a document of the site. Of a drawing that
//! is no well-formed XML it isn't known what a browser makes of the rest, so that may not even look active.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::diagnostic::quote;
use crate::parse::markup::{decode, is_picture, is_unsafe};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Elements that run, embed or hear events, whatever prefix they have (SVG 2, §11 and §12; HTML standard).
const ACTIVE: &[&str] =
    &["script", "foreignobject", "handler", "listener", "iframe", "frame", "object", "embed", "html", "body", "form"];

/// Elements that change an attribute of another, which could be one that runs or leads.
const CHANGING: &[&str] = &["set", "animate"];

/// The first active thing, with its place in bytes; goes on from "the drawing ".
pub fn active(svg: &str) -> Option<(Range<usize>, String)> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut depth, mut is_drawing) = (0_usize, false);
    loop {
        let start = offset(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = offset(reader.error_position()).min(svg.len());
                let is_hollow = svg.get(start..).is_some_and(is_hollow);
                return (!is_hollow).then(|| (at..at, format!("is no XML: {error}")));
            }
        };
        let range = start..offset(reader.buffer_position());
        let found = match &event {
            Event::Eof if depth > 0 || !is_drawing => return Some((0..0, "has no complete `svg` element".into())),
            Event::Eof => return None,
            Event::Start(element) | Event::Empty(element) => {
                let is_root = depth == 0;
                is_drawing |= is_root;
                depth += usize::from(matches!(event, Event::Start(_)));
                of_element(element, is_root)
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                None
            }
            // A style sheet of XML may be a program (XSLT).
            Event::PI(_) => Some("has a processing instruction".to_string()),
            Event::DocType(kind) if kind.contains('[') => Some("declares entities".to_string()),
            _ => None,
        };
        if let Some(found) = found {
            return Some((range, found));
        }
    }
}

/// Whether nothing could run in what follows a mistake, wherever a browser reads on.
fn is_hollow(rest: &str) -> bool {
    const SIGNS: [&str; 5] = ["xhtml", "data:", "<!", "<?", "&"];
    let rest = rest.to_ascii_lowercase();
    let hears = rest.match_indices("on").any(|(at, _)| !rest[..at].ends_with(|c: char| c.is_ascii_alphanumeric()));
    !hears && !SIGNS.iter().chain(ACTIVE).any(|sign| rest.contains(sign))
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn of_element(element: &BytesStart<'_>, is_root: bool) -> Option<String> {
    let text = str::to_ascii_lowercase;
    let name = text(element.local_name().as_ref());
    if ACTIVE.contains(&name.as_str()) {
        return Some(format!("has the element {}", quote(&name)));
    }
    if is_root && name != "svg" {
        return Some(format!("begins with {} and not with `svg`", quote(&name)));
    }
    for attribute in element.attributes() {
        let Ok(attribute) = attribute else { return Some("has an attribute that is no XML".into()) };
        let (whole, local) = (text(attribute.key.as_ref()), text(attribute.key.local_name().as_ref()));
        let value = decode(&attribute.value);
        let is_namespace = whole == "xmlns" || whole.starts_with("xmlns:");
        let address = value.trim();
        if is_namespace && value.contains("xhtml") || whole == "xmlns" && value != SVG {
            return Some(format!("is in the namespace {}", quote(&value)));
        }
        if local.starts_with("on") && !is_namespace {
            return Some(format!("has the attribute {}", quote(&local)));
        }
        let leads = matches!(local.as_str(), "href" | "src" | "from" | "to" | "by" | "values" | "action");
        if leads && !is_picture(address) && value.split(';').any(is_unsafe) {
            return Some(format!("has an address that runs: {}", quote(address)));
        }
        let target = address.to_ascii_lowercase();
        if local == "attributename"
            && CHANGING.contains(&name.as_str())
            && (target.ends_with("href") || target.starts_with("on"))
        {
            return Some(format!("changes {} by itself", quote(address)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_that_are_pictures() {
        for good in [
            "<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x.dtd'><svg xmlns='http://www.w3.org/2000/svg'><style>a{fill:red}</style><path style='x' d='M0 0'/></svg>",
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:i='http://www.inkscape.org/x'><i:grid/><metadata/><filter><feBlend/></filter><a href='https://a.se/'><text>&amp;</text></a></svg>",
            "<svg xmlns='http://www.w3.org/2000/svg'><image href='data:image/png;base64,AA'/><animate attributeName='x' to='3'/></svg>",
        ] {
            assert_eq!(active(good), None, "{good}");
        }
    }

    #[test]
    fn drawings_that_are_more() {
        for inner in [
            "<script>1</script>",
            "<SCRIPT/>",
            "<s:script xmlns:s='http://www.w3.org/2000/svg'/>",
            "<g xmlns:h='http://www.w3.org/1999/xhtml'><h:b/></g>",
            "<g xmlns='http://www.w3.org/1998/Math/MathML'/>",
            "<g xmlns='http://www.w3.org/1999/&#120;html'/>",
            "<foreignObject/>",
            "<g onclick='1'/>",
            "<g ONLOAD='1'/>",
            "<a href='javascript:1'/>",
            "<a xlink:href=' java&#10;script:1'/>",
            "<a href='data:text/html,x'/>",
            "<use href='data:image/svg+xml,x#a'/>",
            "<set attributeName='href' to='x'/>",
            "<animate attributeName='xlink:href' values='a;javascript:1'/>",
            "<animate attributeName='x' values='a;javascript:1'/>",
            "<?xml-stylesheet href='a.xsl'?>",
            "<g a=1/>",
            "<g></p><script>",
            "<g></p onload='1'>",
            "<g a='1' a='2'/>",
            "</svg><html>",
        ] {
            let svg = format!("<svg xmlns='http://www.w3.org/2000/svg'>{inner}</svg>");
            assert!(active(&svg).is_some(), "{svg}");
        }
        for bad in [
            "",
            "<html/>",
            "<svg xmlns='http://www.w3.org/1999/xhtml'/>",
            "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>",
            "x",
        ] {
            assert!(active(bad).is_some(), "{bad}");
        }
    }
}
