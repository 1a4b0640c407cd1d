//! An article's text as XHTML that a book may hold.
//!
//! In: elements and texts as they are written, an author's own included. Out: well-formed XML in the
//! XHTML namespace (EPUB 3.3, §6.1) of elements and attributes that a content document may have: every
//! element closed, no script, form, frame or remote resource. What is left out leaves its text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::passive;
use super::style::encode_href;
use crate::parse::elements::is_void;

/// What stands in the text and a package document has to say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PolicySources {
    pub mathml: bool,
    pub svg: bool,
    /// Images of which no text says what they show.
    pub bare_images: bool,
}

/// What a book has for an address.
pub struct Places<'a> {
    /// What an `href` is in the book; nothing when that hangs on the anchors that its documents turn
    /// out to have.
    pub link: &'a dyn Fn(&str) -> Option<String>,
    /// The address of an image and its place in the book; one that has none becomes a link.
    pub image: &'a dyn Fn(&str) -> Option<(String, String)>,
}

impl fmt::Debug for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

/// A chapter whose links are not all settled.
#[derive(Debug, Default)]
pub struct Draft {
    /// See [`settled`].
    pub text: String,
    /// The ids of its elements, with a character between them that is in none: many drafts are held together.
    ids: Box<str>,
    pub holds: PolicySources,
    /// The addresses of the images that it shows.
    pub images: BTreeSet<String>,
}

impl Draft {
    /// Whether one of its elements has an id.
    pub fn has_id(&self, id: &str) -> bool {
        self.ids.split('\0').any(|own| own == id)
    }
}

/// Stands before and after the value of an `href` that is not settled, which is as it was typed: no XML has it.
const UNSETTLED: char = '\0';

/// The text of a draft, each `href` settled.
pub fn settled(text: &str, link: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, piece) in text.split(UNSETTLED).enumerate() {
        match at % 2 {
            0 => out.push_str(piece),
            _ => push_attribute(&mut out, &link(piece)),
        }
    }
    out
}

/// Writes XHTML.
pub struct Xhtml<'a> {
    draft: Draft,
    /// The ids of the elements so far.
    ids: BTreeSet<String>,
    open: Open,
    /// An element that goes with all it holds, and how deep it stands in others of its name.
    skipped: Option<(String, usize)>,
    places: Places<'a>,
    fresh: bool,
}

/// The elements that are open, and what is asked of all of them at each tag: to look through them would
/// cost the square of their number.
#[derive(Default)]
struct Open {
    /// Their names, and whether each was written.
    elements: Vec<(String, bool)>,
    /// How many there are of a name, in lower case.
    counts: BTreeMap<String, usize>,
    /// How many links were written.
    links: usize,
}

impl Open {
    fn push(&mut self, name: &str, is_written: bool) {
        let lower = lower(name);
        match self.counts.get_mut(lower.as_ref()) {
            Some(count) => *count += 1,
            None => _ = self.counts.insert(lower.into_owned(), 1),
        }
        self.links += usize::from(is_written && name == "a");
        self.elements.push((name.to_string(), is_written));
    }

    fn pop(&mut self) -> Option<(String, bool)> {
        let (name, is_written) = self.elements.pop()?;
        if let Some(count) = self.counts.get_mut(lower(&name).as_ref()) {
            *count -= 1;
        }
        self.links -= usize::from(is_written && name == "a");
        Some((name, is_written))
    }

    fn last(&self) -> Option<&str> {
        self.elements.last().map(|(name, _)| name.as_str())
    }

    /// Whether one of a name is open, its letters in either case.
    fn has(&self, name: &str) -> bool {
        self.counts.get(lower(name).as_ref()).is_some_and(|count| *count > 0)
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

impl fmt::Debug for Xhtml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Xhtml").field("draft", &self.draft).finish_non_exhaustive()
    }
}

/// Elements that end a paragraph that is open.
const BLOCKS: &[&str] = &[
    "article",
    "aside",
    "blockquote",
    "details",
    "div",
    "dl",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
];

/// Elements that end an open sibling of these names.
const SIBLINGS: &[(&str, &[&str])] = &[
    ("li", &["li"]),
    ("dt", &["dt", "dd"]),
    ("dd", &["dt", "dd"]),
    ("tr", &["tr", "td", "th"]),
    ("td", &["td", "th"]),
    ("th", &["td", "th"]),
    ("tbody", &["thead", "tbody", "tr", "td", "th"]),
    ("tfoot", &["thead", "tbody", "tr", "td", "th"]),
];

impl<'a> Xhtml<'a> {
    pub fn new(places: Places<'a>, capacity: usize) -> Self {
        let draft = Draft { text: String::with_capacity(capacity), ..Draft::default() };
        Xhtml { draft, open: Open::default(), ids: BTreeSet::new(), skipped: None, places, fresh: true }
    }

    /// Closes what is open.
    pub fn finish(mut self) -> Draft {
        while let Some((name, known)) = self.open.pop() {
            self.close(&name, known);
        }
        self.draft.ids = self.ids.into_iter().collect::<Vec<_>>().join("\0").into();
        // The drafts of a series are held together.
        self.draft.text.shrink_to_fit();
        self.draft
    }

    pub fn is_at_line_start(&self) -> bool {
        self.fresh || self.draft.text.ends_with('\n')
    }

    pub fn as_at_line_start(&mut self) {
        self.fresh = true;
    }

    pub fn text(&mut self, text: &str) {
        if self.skipped.is_none() {
            self.fresh &= text.is_empty();
            push_text(&mut self.draft.text, text);
        }
    }

    /// Begins an element; one that holds nothing ends at once.
    pub fn start(&mut self, name: &str, attributes: &[(&str, &str)], self_closing: bool) {
        if let Some((skipped, depth)) = &mut self.skipped {
            *depth += usize::from(skipped == name && !self_closing);
            return;
        }
        if passive::is_skipped(name) && !self_closing {
            self.skipped = Some((name.to_string(), 1));
            return;
        }
        self.fresh = false;
        // XML has one attribute of a name, and the first is the one that browsers take.
        let mut sorted: BTreeMap<&str, &str> = BTreeMap::new();
        for (key, value) in attributes {
            sorted.entry(key).or_insert(value);
        }
        if ["math", "svg"].iter().any(|foreign| name == *foreign || self.open.has(foreign)) {
            self.foreign(name, &sorted, self_closing);
            return;
        }
        self.end_implied(name);
        self.element(name, &sorted);
    }

    /// Ends what an element of a name can't stand in.
    fn end_implied(&mut self, name: &str) {
        if BLOCKS.contains(&name) && self.open.last() == Some("p") {
            self.end("p");
        }
        while let Some((_, closed)) = SIBLINGS.iter().find(|(sibling, _)| *sibling == name)
            && let Some(last) = self.open.last().filter(|last| closed.contains(last)).map(str::to_string)
        {
            self.end(&last);
        }
    }

    fn element(&mut self, name: &str, attributes: &BTreeMap<&str, &str>) {
        let attribute = |wanted: &str| attributes.get(wanted).copied();
        match name {
            // No link stands in another.
            "a" if self.open.links > 0 => self.open.push(name, false),
            "img" => match attribute("src").and_then(|src| (self.places.image)(&encode_href(src))) {
                Some((address, place)) => {
                    self.draft.text.push_str("<img src=\"");
                    push_attribute(&mut self.draft.text, &place);
                    self.draft.text.push('"');
                    self.draft.images.insert(address);
                    self.attributes(name, attributes);
                    if attribute("alt").is_none() {
                        self.draft.holds.bare_images = true;
                        self.draft.text.push_str(" alt=\"\"");
                    }
                    self.draft.text.push_str("/>");
                }
                None => self.instead(attribute("src"), attribute("alt")),
            },
            "iframe" | "video" | "audio" | "embed" | "source" | "track" => {
                if let Some(src) = attribute("src") {
                    self.instead(Some(src), attribute("title"));
                }
                if matches!(name, "iframe" | "video" | "audio") {
                    self.open.push(name, false);
                }
            }
            "input" if attribute("type").is_some_and(|kind| kind == "checkbox") => {
                self.draft.text.push_str(if attribute("checked").is_some() { "☑ " } else { "☐ " });
            }
            _ if passive::is_kept(name) => {
                self.draft.text.push('<');
                self.draft.text.push_str(name);
                self.attributes(name, attributes);
                if is_void(name) {
                    self.draft.text.push_str("/>");
                } else {
                    self.draft.text.push('>');
                    self.open.push(name, true);
                }
            }
            _ if is_void(name) => {}
            _ => self.open.push(name, false),
        }
    }

    /// Math and drawings keep all that XML can hold but handlers and links.
    fn foreign(&mut self, name: &str, attributes: &BTreeMap<&str, &str>, self_closing: bool) {
        let name = as_drawn(name);
        let used = attributes.get("href").or_else(|| attributes.get("xlink:href")).filter(|to| to.starts_with('#'));
        let is_empty_use = name == "use" && used.is_none();
        if !is_name(name) || is_empty_use || !passive::is_drawn(name) {
            if !self_closing {
                self.open.push(name, false);
            }
            return;
        }
        self.draft.text.push('<');
        self.draft.text.push_str(name);
        match name {
            "math" => {
                self.draft.holds.mathml = true;
                self.draft.text.push_str(" xmlns=\"http://www.w3.org/1998/Math/MathML\"");
            }
            "svg" => {
                self.draft.holds.svg = true;
                self.draft.text.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
            }
            _ => {}
        }
        for (key, value) in attributes {
            let key = as_drawn(key);
            let refused = !passive::may_be_drawn_with(key) || key.starts_with("xmlns") || key.ends_with("href");
            let is_second = key == "id" && !self.ids.insert((*value).to_string());
            if is_name(key) && !refused && !is_second {
                self.attribute(key, value);
            }
        }
        // A piece of the drawing; not all reading systems know the attribute without its prefix.
        if let Some(used) = used {
            self.attribute("xmlns:xlink", "http://www.w3.org/1999/xlink");
            self.attribute("xlink:href", used);
        }
        if self_closing {
            self.draft.text.push_str("/>");
        } else {
            self.draft.text.push('>');
            self.open.push(name, true);
        }
    }

    fn attributes(&mut self, name: &str, attributes: &BTreeMap<&str, &str>) {
        // What `name` was for before there were ids.
        if name == "a"
            && let Some(id) = attributes.get("name").filter(|_| !attributes.contains_key("id"))
            && is_id(id)
            && self.ids.insert((*id).to_string())
        {
            self.attribute("id", id);
        }
        for (key, value) in attributes {
            let is_kept = passive::may_have(name, key) && is_name(key);
            let is_empty = value.trim().is_empty() && !matches!(*key, "alt" | "title");
            if !is_kept || (*key == "id" && !(is_id(value) && self.ids.insert((*value).to_string()))) {
                continue;
            }
            match *key {
                "open" | "reversed" => self.attribute(key, key),
                "href" | "cite" if !is_empty => self.link(key, &encode_href(value)),
                "lang" if !is_empty => {
                    self.attribute("lang", value);
                    self.attribute("xml:lang", value);
                }
                _ if is_empty => {}
                _ => self.attribute(key, value),
            }
        }
    }

    fn link(&mut self, key: &str, href: &str) {
        if let Some(link) = (self.places.link)(href) {
            self.attribute(key, &link);
            return;
        }
        self.draft.text.push_str(&format!(" {key}=\"{UNSETTLED}{}{UNSETTLED}\"", href.replace(UNSETTLED, "\u{fffd}")));
    }

    fn attribute(&mut self, key: &str, value: &str) {
        self.draft.text.push(' ');
        self.draft.text.push_str(key);
        self.draft.text.push_str("=\"");
        push_attribute(&mut self.draft.text, value);
        self.draft.text.push('"');
    }

    /// A link where something can't stand in a book.
    fn instead(&mut self, src: Option<&str>, words: Option<&str>) {
        let Some(src) = src.map(encode_href).filter(|src| src.starts_with("http://") || src.starts_with("https://"))
        else {
            return;
        };
        self.draft.text.push_str("<a href=\"");
        push_attribute(&mut self.draft.text, &src);
        self.draft.text.push_str("\">");
        push_text(&mut self.draft.text, words.filter(|words| !words.trim().is_empty()).unwrap_or(&src));
        self.draft.text.push_str("</a>");
    }

    pub fn end(&mut self, name: &str) {
        if let Some((skipped, depth)) = &mut self.skipped {
            *depth -= usize::from(skipped == name);
            if *depth == 0 {
                self.skipped = None;
            }
            return;
        }
        self.fresh = false;
        // Names of drawings have their letters back.
        if !self.open.has(name) {
            return;
        }
        while let Some((open, known)) = self.open.pop() {
            self.close(&open, known);
            if open.eq_ignore_ascii_case(name) {
                break;
            }
        }
    }

    fn close(&mut self, name: &str, known: bool) {
        if known {
            self.draft.text.push_str("</");
            self.draft.text.push_str(name);
            self.draft.text.push('>');
        }
    }
}

/// A name of a drawing as XML has it, where the tokenizer lowered its letters (HTML standard,
/// §13.2.6.1).
fn as_drawn(name: &str) -> &str {
    NAMES.iter().find(|known| known.eq_ignore_ascii_case(name)).copied().unwrap_or(name)
}

/// Names of SVG's elements and attributes that have capital letters.
const NAMES: &[&str] = &[
    "attributeName",
    "baseFrequency",
    "calcMode",
    "clipPath",
    "clipPathUnits",
    "diffuseConstant",
    "edgeMode",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feImage",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
    "filterUnits",
    "foreignObject",
    "gradientTransform",
    "gradientUnits",
    "kernelMatrix",
    "kernelUnitLength",
    "keyPoints",
    "keySplines",
    "keyTimes",
    "lengthAdjust",
    "limitingConeAngle",
    "linearGradient",
    "markerHeight",
    "markerUnits",
    "markerWidth",
    "maskContentUnits",
    "maskUnits",
    "numOctaves",
    "pathLength",
    "patternContentUnits",
    "patternTransform",
    "patternUnits",
    "pointsAtX",
    "pointsAtY",
    "pointsAtZ",
    "preserveAlpha",
    "preserveAspectRatio",
    "primitiveUnits",
    "radialGradient",
    "refX",
    "refY",
    "repeatCount",
    "repeatDur",
    "requiredExtensions",
    "requiredFeatures",
    "specularConstant",
    "specularExponent",
    "spreadMethod",
    "startOffset",
    "stdDeviation",
    "stitchTiles",
    "surfaceScale",
    "systemLanguage",
    "tableValues",
    "targetX",
    "targetY",
    "textLength",
    "textPath",
    "viewBox",
    "viewTarget",
    "xChannelSelector",
    "yChannelSelector",
    "zoomAndPan",
];

/// Whether a name can stand in XML, as far as HTML's names go.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
        && name.matches(':').count() == usize::from(name.starts_with("xml:"))
}

/// Whether a text can be an XML id: here any without spaces.
fn is_id(id: &str) -> bool {
    !id.is_empty() && !id.chars().any(char::is_whitespace)
}

/// Escapes text; characters that XML 1.0 forbids (§2.2) become U+FFFD.
pub fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if is_forbidden(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// Escapes the value of an attribute in double quotes.
pub fn push_attribute(out: &mut String, value: &str) {
    for piece in value.split_inclusive('"') {
        let (words, quote) = piece.strip_suffix('"').map_or((piece, ""), |words| (words, "&quot;"));
        push_text(out, words);
        out.push_str(quote);
    }
}

fn is_forbidden(c: char) -> bool {
    (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::markup::{Piece, markup};

    #[test]
    fn html_becomes_xml() {
        for (html, wanted) in [
            ("<p>a<p>b &amp; c<br>", "<p>a</p><p>b &amp; c<br/></p>"),
            ("<ul><li>a<li>b</ul>x", "<ul><li>a</li><li>b</li></ul>x"),
            ("<img src=x.png alt='a \"b\"'>", "<img src=\"files/x.png\" alt=\"a &quot;b&quot;\"/>"),
            ("<img src=https://o.example/y.png alt=y>", "<a href=\"https://o.example/y.png\">y</a>"),
            ("<script>if (a < b) x()</script>t", "t"),
            ("<script>'<script>'</script>t<style>'<style>'</style>u", "tu"),
            ("<center onclick=x>t</center></b>", "t"),
            ("<iframe src=https://v.example/></iframe>", "<a href=\"https://v.example/\">https://v.example/</a>"),
            ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
            ("<math><mi>x</mi></math>", "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"><mi>x</mi></math>"),
            ("<input type=checkbox disabled checked> x", "☑  x"),
            ("<p id=x>a</p><p id=x>b</p>", "<p id=\"x\">a</p><p>b</p>"),
            ("<a name=i>x</a><a href=#i><a href=#j>y</a></a>", "<a id=\"i\">x</a><a href=\"#i\">y</a>"),
            (
                "<svg viewBox='0 0 1 1'><linearGradient id=g gradientUnits=userSpaceOnUse></linearGradient>\
                 <use href=#g /><use href='a.svg#x'/><filter><feGaussianBlur stdDeviation=1 /></filter></svg>",
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\">\
                 <linearGradient gradientUnits=\"userSpaceOnUse\" id=\"g\"></linearGradient>\
                 <use xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"#g\"/>\
                 <filter><feGaussianBlur stdDeviation=\"1\"/></filter></svg>",
            ),
            ("<q cite=//o.org>x</q>", "<q cite=\"https://o.org\">x</q>"),
            ("<a href='#x' target=_blank style='color: red'>y</a>", "<a href=\"#x\">y</a>"),
            (
                "a\u{1}<table><tr><td>1<td>2<tr><td>3</table>",
                "a\u{fffd}<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
            ),
        ] {
            let image = |src: &str| (!src.contains(':')).then(|| (src.to_string(), format!("files/{src}")));
            let link = |href: &str| (!href.starts_with('#')).then(|| href.replace("//o", "https://o"));
            let mut xhtml = Xhtml::new(Places { link: &link, image: &image }, 0);
            for piece in &markup(html).pieces {
                match piece {
                    Piece::Text(text) => xhtml.text(text),
                    Piece::Start(tag) => {
                        let own = tag.attributes.iter().map(|own| (own.name.as_str(), own.value.as_str()));
                        xhtml.start(&tag.name, &own.collect::<Vec<_>>(), tag.self_closing);
                    }
                    Piece::End { name, .. } => xhtml.end(name),
                    Piece::Stray(_) | Piece::Comment(_) => {}
                }
            }
            let draft = xhtml.finish();
            assert_eq!(settled(&draft.text, &str::to_string), wanted, "{html}");
        }
    }
}
