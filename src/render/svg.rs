//! An SVG placed in the page.
//!
//! In: an SVG file's text. Out: its `svg` element, safe to stand in HTML under a strict policy:
//! nothing in it runs, loads or styles, and its ids carry a prefix so that two figures of a page
//! can't meet. Anything else is refused with a reason.

use pulldown_cmark_escape::escape_html;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::parse::html;

/// Elements that may stand in a page: shapes, text, structure, paint (SVG 2, §5 to §14).
const ELEMENTS: &[&str] = &[
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "title",
    "desc",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "marker",
    "linearGradient",
    "radialGradient",
    "stop",
    "pattern",
    "clipPath",
    "mask",
    "switch",
];

/// Takes the `svg` element out of a file; ids and references to them get the prefix.
pub fn inline_svg(text: &str, prefix: &str) -> Result<String, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut html = String::with_capacity(text.len() + 64);
    let mut depth = 0_usize;
    let mut done = false;
    loop {
        let event = reader.read_event().map_err(|error| format!("it is no XML: {error}"))?;
        match event {
            Event::Eof => break,
            Event::Start(element) => {
                tag(&element, depth, done, prefix, &mut html)?;
                html.push('>');
                depth += 1;
            }
            Event::Empty(element) => {
                tag(&element, depth, done, prefix, &mut html)?;
                html.push_str("/>");
                done |= depth == 0;
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                let name = element.name().as_ref().to_string();
                html.push_str(&format!("</{name}>"));
                done |= depth == 0;
            }
            Event::Text(words) if depth > 0 => {
                escape(&mut html, &words);
            }
            Event::CData(words) if depth > 0 => {
                escape(&mut html, &words);
            }
            Event::GeneralRef(name) if depth > 0 => {
                let name: &str = &name;
                let reference = format!("&{name};");
                let known = matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") || name.starts_with('#');
                if !known {
                    return Err(format!("it has the unknown reference `{reference}`"));
                }
                html.push_str(&reference);
            }
            Event::DocType(_) => return Err("it has a document type".into()),
            Event::Text(_)
            | Event::CData(_)
            | Event::GeneralRef(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
        }
    }
    if !done || depth > 0 {
        return Err("it has no complete `svg` element".into());
    }
    Ok(html)
}

fn tag(element: &BytesStart<'_>, depth: usize, done: bool, prefix: &str, html: &mut String) -> Result<(), String> {
    let name = element.name().as_ref().to_string();
    if done {
        return Err("it has more than one root element".into());
    }
    if depth == 0 && name != "svg" {
        return Err(format!("its root is `{name}`, not `svg`"));
    }
    if !ELEMENTS.contains(&name.as_str()) {
        return Err(format!("it has the element `{name}`"));
    }
    html.push('<');
    html.push_str(&name);
    if depth == 0 {
        // The figure around it carries the name; inside, nothing is a tab stop.
        html.push_str(" focusable=\"false\" aria-hidden=\"true\"");
    }
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| format!("it is no XML: {error}"))?;
        let key = attribute.key.as_ref().to_string();
        let raw = attribute.value.to_string();
        let value = html::decode(&raw);
        let lower = key.to_ascii_lowercase();
        if key == "xmlns"
            || lower.starts_with("xmlns:")
            || lower.starts_with("aria-")
            || lower == "role"
            || lower == "version"
        {
            continue;
        }
        if lower.starts_with("on") {
            return Err(format!("it has the event handler `{key}`"));
        }
        if lower == "style" || lower == "class" && depth == 0 {
            return Err(format!("it has the attribute `{key}`"));
        }
        let value = match lower.as_str() {
            "id" => format!("{prefix}{value}"),
            "href" | "xlink:href" => match value.strip_prefix('#') {
                Some(id) => format!("#{prefix}{id}"),
                None => return Err(format!("it refers to {}", crate::diagnostic::quote(&value))),
            },
            _ => own_urls(&value, prefix)?,
        };
        let key = if lower == "xlink:href" { "href" } else { key.as_str() };
        html.push_str(&format!(" {key}=\""));
        escape(html, &value);
        html.push('"');
    }
    Ok(())
}

/// Escapes text for an element or an attribute.
fn escape(out: &mut String, text: &str) {
    // Writing to a `String` can't fail.
    let _ = escape_html(out, text);
}

/// Prefixes `url(#id)`; any other `url(…)` leads outside.
fn own_urls(value: &str, prefix: &str) -> Result<String, String> {
    let mut rest = value;
    let mut rewritten = String::new();
    while let Some(at) = rest.to_ascii_lowercase().find("url(") {
        let inner = rest[at + 4..].trim_start_matches(['"', '\'', ' ']);
        let Some(id) = inner.strip_prefix('#') else {
            return Err(format!("it refers to {}", crate::diagnostic::quote(value)));
        };
        let end = id.find([')', '"', '\'', ' ']).unwrap_or(id.len());
        let close = id.find(')').map_or(id.len(), |close| close + 1);
        rewritten.push_str(&format!("{}url(#{prefix}{})", &rest[..at], &id[..end]));
        rest = &id[close..];
    }
    rewritten.push_str(rest);
    Ok(rewritten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_prefixed() {
        let svg = "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><title>a &amp; b</title>\
                   <path id=\"x\" fill=\"url(#y)\" d=\"M0 0\"/><use href=\"#x\"/></svg>";
        assert_eq!(
            inline_svg(svg, "p-").as_deref(),
            Ok("<svg focusable=\"false\" aria-hidden=\"true\" viewBox=\"0 0 1 1\"><title>a &amp; b</title>\
                <path id=\"p-x\" fill=\"url(#p-y)\" d=\"M0 0\"/><use href=\"#p-x\"/></svg>")
        );
    }

    #[test]
    fn what_runs_or_loads_is_refused() {
        for bad in [
            "<svg><script>x</script></svg>",
            "<svg onload=\"x\"/>",
            "<svg><path style=\"fill:red\"/></svg>",
            "<svg><style>x</style></svg>",
            "<svg><use href=\"http://a.b/c.svg#d\"/></svg>",
            "<svg><rect fill=\"url(http://a.b/c)\"/></svg>",
            "<svg><image href=\"a.png\"/></svg>",
            "<svg><a href=\"java&#115;cript:x\"><text>x</text></a></svg>",
            "<svg><foreignObject/></svg>",
            "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg>&a;</svg>",
            "<svg><g></svg>",
            "<svg/><svg/>",
            "<p>x</p>",
            "",
        ] {
            assert!(inline_svg(bad, "p-").is_err(), "{bad}");
        }
    }
}
