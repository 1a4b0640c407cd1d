//! An SVG placed in the page.
//!
//! In: an SVG file's text. Out: its `svg` element, safe to stand in HTML under a strict policy:
//! nothing in it runs, loads or styles, and its ids carry a prefix so that two figures of a page
//! can't meet. Anything else is refused, with every reason and its place.

use std::ops::Range;

use pulldown_cmark_escape::escape_html;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::diagnostic::quote;
use crate::parse::markup::decode;

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

/// Attributes that may stand there (SVG 2, §6.6 and those of the elements above). A name is one of
/// these to the letter: what XML takes for a name, such as `x/onload`, HTML may read as two.
const ATTRIBUTES: &[&str] = &[
    "alignment-baseline",
    "baseline-shift",
    "class",
    "clip",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "color",
    "color-interpolation",
    "color-rendering",
    "cursor",
    "cx",
    "cy",
    "d",
    "direction",
    "display",
    "dominant-baseline",
    "dx",
    "dy",
    "fill",
    "fill-opacity",
    "fill-rule",
    "filter",
    "font-family",
    "font-size",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-variant",
    "font-weight",
    "fr",
    "fx",
    "fy",
    "glyph-orientation-horizontal",
    "glyph-orientation-vertical",
    "gradientTransform",
    "gradientUnits",
    "height",
    "href",
    "id",
    "image-rendering",
    "isolation",
    "kerning",
    "lang",
    "lengthAdjust",
    "letter-spacing",
    "marker",
    "marker-end",
    "marker-mid",
    "marker-start",
    "markerHeight",
    "markerUnits",
    "markerWidth",
    "mask",
    "mask-type",
    "maskContentUnits",
    "maskUnits",
    "method",
    "mix-blend-mode",
    "offset",
    "opacity",
    "orient",
    "overflow",
    "paint-order",
    "pathLength",
    "patternContentUnits",
    "patternTransform",
    "patternUnits",
    "pointer-events",
    "points",
    "preserveAspectRatio",
    "r",
    "refX",
    "refY",
    "requiredExtensions",
    "requiredFeatures",
    "rotate",
    "rx",
    "ry",
    "shape-rendering",
    "side",
    "spacing",
    "spreadMethod",
    "startOffset",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "systemLanguage",
    "text-anchor",
    "text-decoration",
    "text-overflow",
    "text-rendering",
    "textLength",
    "transform",
    "transform-box",
    "transform-origin",
    "unicode-bidi",
    "vector-effect",
    "viewBox",
    "visibility",
    "white-space",
    "width",
    "word-spacing",
    "writing-mode",
    "x",
    "x1",
    "x2",
    "xlink:href",
    "y",
    "y1",
    "y2",
];

/// Attributes that say nothing about the drawing: they are left out in silence, as is whatever has
/// a prefix or begins with `aria-` or `data-`.
const SILENT: &[&str] =
    &["baseProfile", "enable-background", "focusable", "role", "tabindex", "version", "xmlns", "zoomAndPan"];

/// Functions of CSS, beside `url`, that load what they name.
const LOADING: &[&str] = &["image(", "image-set(", "src(", "cross-fade("];

/// The most that is reported of one file.
const MOST_REPORTED: usize = 100;

/// Why a file can't be placed in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offense {
    /// Where, in bytes of the file.
    pub range: Range<usize>,
    /// Goes on from "it can't be placed inline: ".
    pub message: String,
}

/// Takes the `svg` element out of a file; ids and references to them get the prefix. Everything
/// that may not stand in a page is an offense, up to the first that is no XML.
pub fn inline_svg(text: &str, prefix: &str) -> Result<String, Vec<Offense>> {
    inline_states(text, prefix, &[]).map(|(html, _)| html)
}

/// The same of a drawing with states: a group whose `data-state` is one of them has its number there, from 1. Gives
/// the names that groups have besides.
pub fn inline_states(text: &str, prefix: &str, states: &[&str]) -> Result<(String, Vec<String>), Vec<Offense>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut drawing = Drawing {
        prefix,
        states,
        groups: Vec::new(),
        html: String::with_capacity(text.len() + 64),
        offenses: Vec::new(),
        range: 0..0,
        depth: 0,
        words_only: None,
        done: false,
    };
    while drawing.offenses.len() < MOST_REPORTED {
        let start = offset(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(error) => {
                let at = offset(reader.error_position()).min(text.len());
                drawing.offenses.push(Offense { range: at..at, message: format!("it is no XML: {error}") });
                return Err(drawing.offenses);
            }
        };
        drawing.range = start..offset(reader.buffer_position());
        drawing.take(&event);
    }
    let Drawing { html, groups, mut offenses, depth, done, .. } = drawing;
    if offenses.is_empty() && (!done || depth > 0) {
        offenses.push(Offense { range: 0..0, message: "it has no complete `svg` element".into() });
    }
    if offenses.is_empty() { Ok((html, groups)) } else { Err(offenses) }
}

/// A drawing on its way into a page.
struct Drawing<'p> {
    prefix: &'p str,
    states: &'p [&'p str],
    /// The states that groups name.
    groups: Vec<String>,
    html: String,
    offenses: Vec<Offense>,
    /// Where what is read at the moment stands in the file.
    range: Range<usize>,
    /// How many elements are open.
    depth: usize,
    /// How deep a `title` or `desc` begins, when one is open.
    words_only: Option<usize>,
    /// Whether the root has ended.
    done: bool,
}

impl Drawing<'_> {
    fn offend(&mut self, message: impl Into<String>) {
        self.offenses.push(Offense { range: self.range.clone(), message: message.into() });
    }

    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(_) | Event::Empty(_) if self.words_only.is_some() => {
                // In HTML what stands there is no SVG, and its end tag would not end it.
                self.offend("it has an element in a `title` or `desc`");
                self.depth += usize::from(matches!(event, Event::Start(_)));
            }
            Event::Start(element) => {
                self.tag(element);
                self.html.push('>');
                if matches!(element.name().as_ref(), "title" | "desc") {
                    self.words_only = Some(self.depth);
                }
                self.depth += 1;
            }
            Event::Empty(element) => {
                self.tag(element);
                self.html.push_str("/>");
                self.done |= self.depth == 0;
            }
            Event::End(element) => {
                self.depth = self.depth.saturating_sub(1);
                if self.words_only == Some(self.depth) {
                    self.words_only = None;
                }
                self.html.push_str(&format!("</{}>", element.name().as_ref()));
                self.done |= self.depth == 0;
            }
            Event::Text(words) if self.depth > 0 => escape(&mut self.html, words),
            Event::CData(words) if self.depth > 0 => escape(&mut self.html, words),
            Event::GeneralRef(name) if self.depth > 0 => self.reference(name),
            Event::DocType(_) => self.offend("it has a document type"),
            _ => {}
        }
    }

    fn reference(&mut self, name: &str) {
        let number = name.strip_prefix('#').filter(|rest| !rest.is_empty());
        let known = matches!(name, "amp" | "lt" | "gt" | "quot" | "apos")
            || number.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let reference = format!("&{name};");
        if !known {
            self.offend(format!("it has the unknown reference {}", quote(&reference)));
        }
        self.html.push_str(&reference);
    }

    fn tag(&mut self, element: &BytesStart<'_>) {
        let name = element.name().as_ref().to_string();
        if self.done {
            return self.offend("it has more than one root element");
        }
        if self.depth == 0 && name != "svg" {
            return self.offend(format!("its root is {}, not `svg`", quote(&name)));
        }
        if !ELEMENTS.contains(&name.as_str()) {
            return self.offend(format!("it has the element {}", quote(&name)));
        }
        self.html.push('<');
        self.html.push_str(&name);
        if self.depth == 0 {
            // The figure around it carries the name; inside, nothing is a tab stop.
            self.html.push_str(" focusable=\"false\" aria-hidden=\"true\"");
        }
        // To look for an attribute that stands twice costs the square of their number; HTML takes the first.
        for attribute in element.attributes().with_checks(false) {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => return self.offend(format!("it is no XML: {error}")),
            };
            let key = attribute.key.as_ref().to_string();
            let raw = attribute.value.to_string();
            let value = decode(&raw);
            if key == "data-state" && !self.states.is_empty() {
                if let Some(at) = self.states.iter().position(|state| *state == value) {
                    self.html.push_str(&format!(" data-state=\"{}\"", at + 1));
                }
                self.groups.push(value.to_string());
                continue;
            }
            if key != "xlink:href" && (key.contains(':') || key.starts_with("aria-") || key.starts_with("data-"))
                || SILENT.contains(&key.as_str())
            {
                continue;
            }
            if key.to_ascii_lowercase().starts_with("on") {
                self.offend(format!("it has the event handler {}", quote(&key)));
                continue;
            }
            if !ATTRIBUTES.contains(&key.as_str()) || key == "class" && self.depth == 0 {
                self.offend(format!("it has the attribute {}", quote(&key)));
                continue;
            }
            let value = match key.as_str() {
                "id" => Some(format!("{}{value}", self.prefix)),
                "href" | "xlink:href" => value.strip_prefix('#').map(|id| format!("#{}{id}", self.prefix)),
                _ => own_urls(&value, self.prefix),
            };
            let Some(value) = value else {
                self.offend(format!("it refers to {}", quote(&decode(&raw))));
                continue;
            };
            let key = if key == "xlink:href" { "href" } else { key.as_str() };
            self.html.push_str(&format!(" {key}=\""));
            escape(&mut self.html, &value);
            self.html.push('"');
        }
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// Escapes text for an element or an attribute.
fn escape(out: &mut String, text: &str) {
    // Writing to a `String` can't fail.
    let _ = escape_html(out, text);
}

/// Prefixes `url(#id)`; `None` for a value that leads outside, or that hides by a backslash of CSS
/// where it leads.
pub fn own_urls(value: &str, prefix: &str) -> Option<String> {
    if !value.contains(['(', '\\']) {
        return Some(value.to_string());
    }
    let lower = value.to_ascii_lowercase();
    if value.contains('\\') || LOADING.iter().any(|function| lower.contains(function)) {
        return None;
    }
    let mut at = 0;
    let mut rewritten = String::new();
    while let Some(found) = lower[at..].find("url(") {
        let start = at + found;
        let inner = value[start + 4..].trim_start_matches(|c: char| matches!(c, '"' | '\'') || c.is_ascii_whitespace());
        let id = inner.strip_prefix('#')?;
        let end = id.find([')', '"', '\'', ' ']).unwrap_or(id.len());
        let close = id.find(')').map_or(id.len(), |close| close + 1);
        rewritten.push_str(&format!("{}url(#{prefix}{})", &value[at..start], &id[..end]));
        at = value.len() - id.len() + close;
    }
    rewritten.push_str(&value[at..]);
    Some(rewritten)
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
            "<svg x/onload=\"x\"/>",
            "<svg><path y/onclick=\"x\" z/style=\"x\"/></svg>",
            "<svg><path ONCLICK=\"x\"/></svg>",
            "<svg><path fill/=\"x\"/></svg>",
            "<svg><path unheard-of=\"x\"/></svg>",
            "<svg><rect fill=\"u\\72l(http://a.b/c)\"/></svg>",
            "<svg><rect mask=\"image-set('http://a.b/c' 1x)\"/></svg>",
            "<svg><rect fill=\"url(&#10;http://a.b/c)\"/></svg>",
            "<svg><title><path/></title></svg>",
            "<svg>&#;</svg>",
            "<svg><g></svg>",
            "<svg/><svg/>",
            "<p>x</p>",
            "",
        ] {
            assert!(inline_svg(bad, "p-").is_err(), "{bad}");
        }
    }

    #[test]
    fn every_offense_is_told_with_its_place() {
        let svg = "<svg x/onload=\"1\" a:b=\"2\" data-c=\"3\">\n<script>1</script><g class=\"k\" style=\"x\"/></svg>";
        let offenses = inline_svg(svg, "p-").unwrap_err();
        let told: Vec<(&str, &str)> =
            offenses.iter().map(|offense| (&svg[offense.range.clone()], offense.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ("<svg x/onload=\"1\" a:b=\"2\" data-c=\"3\">", "it has the attribute `x/onload`"),
                ("<script>", "it has the element `script`"),
                ("<g class=\"k\" style=\"x\"/>", "it has the attribute `style`"),
            ]
        );
    }

    #[test]
    fn hostile_files_end_soon() {
        for piece in ["url(#a) ", "url(#", "url(", "(", "\"&#34;"] {
            let _ = inline_svg(&format!("<svg fill='{}'/>", piece.repeat(1_000_000)), "p-");
        }
        let _ = inline_svg(&format!("<svg>{}</svg>", "<path on='1'/>".repeat(100_000)), "p-");
        let _ =
            inline_svg(&format!("<svg {}/>", (0..100_000).map(|n| format!("aria-{n}='' ")).collect::<String>()), "p-");
    }
}
