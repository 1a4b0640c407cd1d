//! What a card's drawing may ask of the renderer.
//!
//! In: an SVG as a template made it. Out: why it isn't drawn, if it would take more time, memory or stack
//! than a card is worth. A template may come from anybody whose branch is looked at.

use base64::Engine;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::diagnostic::quote;
use crate::text::url::percent_decode;

/// The renderer calls itself for each element in another.
const MOST_DEEP: usize = 100;

/// Of a drawing.
pub const MOST_BYTES: usize = 4 << 20;

/// Elements, each counted again for every `use` that there is.
const MOST_ELEMENTS: usize = 200_000;

/// `use`s in what can be used itself: twenty that hold two each would draw a million.
const MOST_NESTED_USES: usize = 8;

/// Filters, masks and the like: each has a picture of its own of the whole card.
const MOST_LAYERS: usize = 200;

/// Pixels of all pictures in it: 256 MB once they are unpacked.
const MOST_PIXELS: usize = 64 << 20;

/// Steps of filters that cost the same for each pixel, whatever they say.
const FILTER_STEPS: &[&str] = &[
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feOffset",
    "feTile",
];

/// Kinds of pictures that hold pixels alone.
const PICTURES: &[&str] = &["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"];

/// Attributes that make a layer where they aren't `none`.
const LAYERS: &[&str] = &["clip-path", "filter", "mask", "opacity", "style"];

/// Why a drawing isn't drawn; the sentence goes on from "the card can't be drawn: ".
pub fn refused(svg: &str) -> Option<String> {
    if svg.len() > MOST_BYTES {
        return Some(format!("it has more than {} MiB", MOST_BYTES >> 20));
    }
    Seen { length: svg.len(), ..Seen::default() }.look(svg)
}

/// What was seen of a drawing, and of the drawings in it.
#[derive(Default)]
struct Seen {
    length: usize,
    /// For each element that is open, whether it can be drawn by a `use`.
    open: Vec<bool>,
    elements: usize,
    uses: usize,
    nested_uses: usize,
    layers: usize,
    pixels: usize,
}

impl Seen {
    fn look(&mut self, svg: &str) -> Option<String> {
        let mut reader = Reader::from_str(svg);
        // What is no XML the renderer says itself.
        while let Ok(event) = reader.read_event() {
            let problem = match &event {
                Event::Eof => break,
                Event::DocType(_) => Some("it has a document type".into()),
                Event::Start(element) => {
                    let problem = self.element(element);
                    self.open.push(self.is_named(element));
                    problem
                }
                Event::Empty(element) => self.element(element),
                Event::End(_) => {
                    self.open.pop();
                    None
                }
                _ => None,
            };
            if problem.is_some() {
                return problem;
            }
        }
        None
    }

    fn element(&mut self, element: &BytesStart<'_>) -> Option<String> {
        let name = element.name().as_ref().to_string();
        self.elements += 1;
        match name.as_str() {
            "use" => {
                self.uses += 1;
                self.nested_uses += usize::from(self.is_named(element));
            }
            // It is drawn at each point of a path, and a point takes some bytes.
            "marker" => self.uses += self.length / 16,
            _ => {}
        }
        if name.starts_with("fe") && !FILTER_STEPS.contains(&name.as_str()) {
            return Some(format!("it has the filter {}", quote(&name)));
        }
        for attribute in element.attributes().with_checks(false).flatten() {
            let (key, value) = (attribute.key.as_ref(), attribute.value.as_ref());
            self.layers += usize::from(LAYERS.contains(&key) && value != "none");
            if matches!(key, "href" | "xlink:href") && value.trim_start().starts_with("data:") {
                match Picture::of(value.trim_start()) {
                    Some(Picture::Pixels(pixels)) => self.pixels = self.pixels.saturating_add(pixels),
                    Some(Picture::Drawing(svg)) => {
                        // It stands in this one, as deep as its picture.
                        let depth = self.open.len();
                        self.open.push(true);
                        let problem = self.look(&svg);
                        self.open.truncate(depth);
                        if problem.is_some() {
                            return problem;
                        }
                    }
                    None => return Some("it has a picture of another kind than PNG, JPEG, GIF, WebP and SVG".into()),
                }
            }
        }
        let drawn = self.elements.saturating_mul(1 + self.uses);
        let is_too_much = drawn > MOST_ELEMENTS || self.nested_uses > MOST_NESTED_USES;
        let beyond = [
            (self.open.len() >= MOST_DEEP, format!("its elements stand more than {MOST_DEEP} deep in one another")),
            (is_too_much, "it has too many elements, or uses them too often".to_string()),
            (self.layers > MOST_LAYERS, format!("it has more than {MOST_LAYERS} filters, masks and opacities")),
            (self.pixels > MOST_PIXELS, format!("its pictures have more than {} megapixels", MOST_PIXELS >> 20)),
        ];
        beyond.into_iter().find_map(|(is_beyond, problem)| is_beyond.then_some(problem))
    }

    /// Whether an element, or one around it, can be drawn by a `use`.
    fn is_named(&self, element: &BytesStart<'_>) -> bool {
        self.open.last() == Some(&true)
            || element.attributes().with_checks(false).flatten().any(|attribute| attribute.key.as_ref() == "id")
    }
}

/// A picture in a `data:` address.
enum Picture {
    /// As many as it says that it has.
    Pixels(usize),
    Drawing(String),
}

impl Picture {
    /// `None` for what is no picture.
    fn of(address: &str) -> Option<Picture> {
        let (kind, data) = address.strip_prefix("data:")?.split_once(',')?;
        let (kind, is_base64) = (kind.split(';').next().unwrap_or_default().trim(), kind.ends_with("base64"));
        let bytes = if is_base64 {
            let data: String = data.chars().filter(|c| !c.is_whitespace()).collect();
            let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
            engine.decode(data.trim_end_matches('=')).ok()?
        } else {
            percent_decode(data).into_bytes()
        };
        if kind == "image/svg+xml" {
            return String::from_utf8(bytes).ok().map(Picture::Drawing);
        }
        let size = imagesize::blob_size(&bytes).ok().filter(|_| PICTURES.contains(&kind))?;
        Some(Picture::Pixels(size.width.saturating_mul(size.height)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(inner: &str) -> String {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"630\">{inner}</svg>")
    }

    #[test]
    fn what_a_card_needs_is_drawn() {
        let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
        for fine in [
            String::new(),
            "<g opacity=\"0.5\">".repeat(50) + &"</g>".repeat(50),
            "<filter id=\"f\"><feDropShadow/></filter><path filter=\"url(#f)\" d=\"M0 0\"/>".into(),
            format!("<image href=\"data:image/png;base64,{png}\"/>"),
            "<path d=\"M0 0\"/>".repeat(10_000),
        ] {
            assert_eq!(refused(&drawing(&fine)), None, "{fine:.80}");
        }
    }

    #[test]
    fn what_would_take_all_is_not() {
        // A GIF says its size in its first ten bytes.
        let gif = base64::engine::general_purpose::STANDARD.encode(b"GIF89a\xff\xff\xff\xff\0\0\0\0");
        for (bad, why) in [
            ("<svg>".repeat(1000), "its elements stand more than 100 deep in one another"),
            ("<g>".repeat(100), "its elements stand more than 100 deep in one another"),
            ("<filter><feTurbulence numOctaves=\"99\"/></filter>".into(), "it has the filter `feTurbulence`"),
            ("<use href=\"#a\"/>".repeat(1000), "it has too many elements, or uses them too often"),
            ("<use id=\"b\" href=\"#a\"/>".repeat(9), "it has too many elements, or uses them too often"),
            ("<g opacity=\"0.5\"/>".repeat(300), "it has more than 200 filters, masks and opacities"),
            (format!("<image href=\"data:image/gif;base64,{gif}\"/>"), "its pictures have more than 64 megapixels"),
            ("<image href=\"data:text/plain,%3Csvg/%3E\"/>".into(), "it has a picture of another kind"),
            (
                "<image href=\"data:image/svg+xml,%3Csvg%3E%3CfeTurbulence/%3E%3C/svg%3E\"/>".into(),
                "it has the filter `feTurbulence`",
            ),
            (" ".repeat(MOST_BYTES), "it has more than 4 MiB"),
        ] {
            let found = refused(&drawing(&bad)).unwrap_or_default();
            assert!(found.starts_with(why), "{bad:.60}: {found}");
        }
        assert_eq!(refused("<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>").as_deref(), Some("it has a document type"));
    }
}
