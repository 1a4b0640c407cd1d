//! The attributes of raw HTML that hold addresses and ids.
//!
//! In: a piece of HTML as Markdown passes it through. Out: where those attributes stand. Follows
//! the tokenizer of the HTML standard (§13.2.5) in what a tag and an attribute are.

use std::ops::Range;

/// An attribute of interest.
#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    pub kind: AttributeKind,
    /// The tag that it stands in, from its `<` to its `>`.
    pub tag: Range<usize>,
    /// The name of that tag's element.
    pub element: Range<usize>,
    pub name: Range<usize>,
    /// The value between its quotes, as typed.
    pub value: Range<usize>,
    /// Whether it stands in quotes.
    pub quoted: bool,
}

impl Attribute {
    /// From its name to the end of its value, a quote included.
    pub fn whole(&self) -> Range<usize> {
        self.name.start..self.value.end + usize::from(self.quoted)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// `href` and others that lead somewhere.
    Link,
    /// `src`, `poster` and each address of a `srcset`: what is shown in the page.
    Image,
    /// `action`, `formaction`, `cite`, `xlink:href`: kept as typed unless a script.
    Address,
    /// `srcdoc`: a document of its own, kept as typed unless it holds a script's address.
    Document,
    /// `content` of a `meta`, which may lead elsewhere: kept as typed unless to a script.
    Refresh,
    /// `id`, and `name` of an `a`.
    Id,
}

/// What a piece of HTML holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub attributes: Vec<Attribute>,
    /// Where a tag begins that doesn't end in this piece.
    pub unfinished: Option<usize>,
}

/// Finds the attributes of all tags of a piece; comments and the insides of `script` and `style`
/// have none.
pub fn scan(html: &str) -> Scan {
    let mut found = Scan::default();
    found.unfinished = walk(html, |tag| {
        attributes(html, tag.name.end, |name, value, quoted| {
            let kind = kind(&html[tag.name.clone()].to_ascii_lowercase(), &html[name.clone()].to_ascii_lowercase());
            let Some(kind) = kind else { return };
            let (place, element) = (tag.tag.clone(), tag.name.clone());
            if quoted && html[name.clone()].eq_ignore_ascii_case("srcset") {
                let addresses = candidates(&html[value.clone()]).into_iter();
                found.attributes.extend(addresses.map(|address| {
                    let value = value.start + address.start..value.start + address.end;
                    Attribute { kind, tag: place.clone(), element: element.clone(), name: name.clone(), value, quoted }
                }));
                return;
            }
            found.attributes.push(Attribute { kind, tag: place, element, name, value, quoted });
        });
    });
    found
}

/// A start tag, by its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartTag {
    pub name: Range<usize>,
    /// From its `<` to its `>`.
    pub tag: Range<usize>,
    /// What stands in it when it is a `script` or another element that holds nothing but text.
    pub inside: Range<usize>,
}

/// Visits each start tag in order; returns where one begins that doesn't end. Comments and the
/// insides of `script`, `style` and the like have none.
pub fn walk(html: &str, mut visit: impl FnMut(StartTag)) -> Option<usize> {
    let bytes = html.as_bytes();
    let mut at = 0;
    while let Some(open) = find(bytes, at, b'<') {
        let rest = &html[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = comment.find("-->").map_or(bytes.len(), |end| open + 4 + end + 3);
            continue;
        }
        let name_start = open + 1;
        if !bytes.get(name_start).is_some_and(u8::is_ascii_alphabetic) {
            at = open + 1;
            continue;
        }
        let name = name_start..end_of(bytes, name_start, |b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        let Some(end) = attributes(html, name.end, |_, _, _| {}) else { return Some(open) };
        let element = &html[name.clone()];
        let is_text = ["script", "style", "textarea", "title"].iter().any(|text| element.eq_ignore_ascii_case(text));
        at = if is_text { closing(&html[end..], element).map_or(bytes.len(), |n| end + n) } else { end };
        visit(StartTag { name, tag: open..end, inside: end..at });
    }
    None
}

/// Where the end tag of an element begins that holds nothing but text, such as a `script`.
pub fn closing(html: &str, element: &str) -> Option<usize> {
    html.match_indices("</").map(|(at, _)| at).find(|at| {
        let name = html.as_bytes().get(at + 2..at + 2 + element.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(element.as_bytes()))
    })
}

/// Where an element's first end tag stands.
pub fn end_tag(html: &str, element: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(at) = closing(&html[from..], element).map(|at| from + at) {
        let name_end = at + 2 + element.len();
        match html.as_bytes().get(name_end) {
            Some(byte) if byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>') => {
                return html[name_end..].find('>').map(|end| at..name_end + end + 1);
            }
            _ => from = name_end,
        }
    }
    None
}

/// Whether a piece holds no words: comments, and elements such as images alone.
pub fn says_nothing(html: &str) -> bool {
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        if !rest[..open].trim().is_empty() {
            return false;
        }
        let tag = &rest[open..];
        let end = match tag.strip_prefix("<!--") {
            Some(comment) => comment.find("-->").map(|end| 4 + end + 3),
            None => {
                let name = end_of(tag.as_bytes(), 1, |b| b.is_ascii_whitespace() || b == b'>');
                attributes(tag, name, |_, _, _| {})
            }
        };
        let Some(end) = end else { return false };
        rest = &tag[end..];
    }
    rest.trim().is_empty()
}

/// Visits the name and the value of each attribute, and whether that stands in quotes, from the end
/// of a tag's name up to its `>`; returns the place after it.
pub fn attributes(html: &str, mut at: usize, mut visit: impl FnMut(Range<usize>, Range<usize>, bool)) -> Option<usize> {
    let bytes = html.as_bytes();
    loop {
        at = end_of(bytes, at, |b| !b.is_ascii_whitespace() && b != b'/');
        if *bytes.get(at)? == b'>' {
            return Some(at + 1);
        }
        let name_start = at;
        // A `=` may begin a name, so look for the end after the first byte.
        at = end_of(bytes, at + 1, |b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'='));
        let name = name_start..at;
        let after = end_of(bytes, at, |b| !b.is_ascii_whitespace());
        if bytes.get(after) != Some(&b'=') {
            continue;
        }
        let start = end_of(bytes, after + 1, |b| !b.is_ascii_whitespace());
        let quoted = matches!(*bytes.get(start)?, b'"' | b'\'');
        let value = if quoted {
            let end = find(bytes, start + 1, bytes[start])?;
            at = end + 1;
            start + 1..end
        } else {
            at = end_of(bytes, start, |b| b.is_ascii_whitespace() || b == b'>');
            start..at
        };
        visit(name, value, quoted);
    }
}

/// Where the addresses of a `srcset` stand in it (HTML standard, §4.8.4.2.1): each up to a space,
/// and behind it, up to a comma that stands in no brackets, how large its image is.
pub fn candidates(srcset: &str) -> Vec<Range<usize>> {
    let bytes = srcset.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let start = end_of(bytes, at, |b| !b.is_ascii_whitespace() && b != b',');
        if start == bytes.len() {
            return found;
        }
        let end = end_of(bytes, start, |b| b.is_ascii_whitespace());
        let address = srcset[start..end].trim_end_matches(',');
        found.push(start..start + address.len());
        at = end;
        if start + address.len() == end {
            let mut depth = 0_usize;
            at = end_of(bytes, end, |b| {
                match b {
                    b'(' => depth += 1,
                    b')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                b == b',' && depth == 0
            });
        }
    }
}

fn kind(tag: &str, name: &str) -> Option<AttributeKind> {
    match name {
        "href" => Some(AttributeKind::Link),
        // A `data:` URL there would be a document of its own.
        "data" if tag == "object" => Some(AttributeKind::Link),
        "src" | "poster" | "srcset" => Some(AttributeKind::Image),
        "action" | "formaction" | "cite" | "data" | "xlink:href" | "background" | "to" | "values" => {
            Some(AttributeKind::Address)
        }
        "srcdoc" => Some(AttributeKind::Document),
        "content" if tag == "meta" => Some(AttributeKind::Refresh),
        "id" => Some(AttributeKind::Id),
        "name" if tag == "a" => Some(AttributeKind::Id),
        _ => None,
    }
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, bytes.get(from..)?).map(|at| from + at)
}

fn end_of(bytes: &[u8], from: usize, mut ends: impl FnMut(u8) -> bool) -> usize {
    let from = from.min(bytes.len());
    bytes[from..].iter().position(|b| ends(*b)).map_or(bytes.len(), |at| from + at)
}

/// The value of an attribute with its character references (`&amp;`, `&#106;`) replaced.
pub fn decode(value: &str) -> String {
    if !value.contains('&') {
        return value.to_string();
    }
    // Markdown has the same references, so its parser knows all 2,231 names. A code span or a tag
    // would be read as such; escaped, every ASCII sign is text.
    /// The longest name with its signs has 33 bytes; no search for a `;` goes further.
    const LONGEST: usize = 40;
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        let after = &rest[at..];
        let near = &after.as_bytes()[..after.len().min(LONGEST)];
        let end = memchr::memchr(b';', near).map(|end| end + 1).filter(|end| !after[1..*end].contains(['&', ' ']));
        let end = end.filter(|end| !after.starts_with("&#") || *end == numeric_length(after) + 1);
        let reference = match end {
            Some(end) => &after[..end],
            // Browsers take numeric references without their semicolon (HTML standard, §13.2.5.80).
            None => &after[..numeric_length(after)],
        };
        match decode_reference(reference) {
            Some(decoded) => text.push_str(&decoded),
            None => text.push_str(reference),
        }
        rest = &after[reference.len()..];
    }
    text.push_str(rest);
    text
}

/// The length of `&#106` or `&#x6a` at the start of a text, 1 when there are no digits.
fn numeric_length(text: &str) -> usize {
    let (start, hex) = match text.get(..3) {
        Some("&#x" | "&#X") => (3, true),
        _ if text.starts_with("&#") => (2, false),
        _ => return 1,
    };
    let digits =
        text[start..].bytes().take_while(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() }).count();
    if digits == 0 { 1 } else { start + digits }
}

fn decode_reference(reference: &str) -> Option<String> {
    let name = reference.strip_prefix('&')?.trim_end_matches(';');
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some(char::from_u32(code).unwrap_or('\u{fffd}').to_string());
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let markdown = format!("&{name};");
    let mut events = pulldown_cmark::Parser::new(&markdown);
    events.find_map(|event| match event {
        pulldown_cmark::Event::Text(text) if *text != *markdown && !text.starts_with('&') => Some(text.to_string()),
        pulldown_cmark::Event::Text(text) if name == "amp" || name == "AMP" => Some(text.to_string()),
        _ => None,
    })
}

/// Whether an address, its character references decoded, would run as a script or hold a
/// document of its own. Browsers ignore control characters and white space before and within the
/// scheme (URL standard, §4.4), so these are ignored here too.
pub fn is_unsafe(address: &str) -> bool {
    let scheme: String = address
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .take("javascript:".len())
        .collect::<String>()
        .to_ascii_lowercase();
    ["javascript:", "vbscript:", "data:"].iter().any(|bad| scheme.starts_with(bad))
}

/// How deep documents stand in one another before nobody looks further.
const MOST_NESTED: usize = 8;

/// The address in an attribute's decoded value that would run as a script, if there is one.
pub fn unsafe_address(kind: AttributeKind, value: &str) -> Option<String> {
    unsafe_within(kind, value, 0)
}

fn unsafe_within(kind: AttributeKind, value: &str, depth: usize) -> Option<String> {
    let address = match kind {
        AttributeKind::Id => return None,
        AttributeKind::Document if depth == MOST_NESTED => return Some(value.to_string()),
        AttributeKind::Document => {
            return scan(value)
                .attributes
                .into_iter()
                .find_map(|attribute| unsafe_within(attribute.kind, &decode(&value[attribute.value]), depth + 1));
        }
        AttributeKind::Refresh => refresh_address(value)?,
        AttributeKind::Address | AttributeKind::Link | AttributeKind::Image => value,
    };
    is_unsafe(address).then(|| address.trim().to_string())
}

/// The address of `5; url=…` (HTML standard, §4.2.5.3).
fn refresh_address(content: &str) -> Option<&str> {
    let seconds = content.trim_start();
    let rest = seconds.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if rest.len() == seconds.len() {
        return None;
    }
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ';' | ','));
    let after_name = rest.get(..3).filter(|name| name.eq_ignore_ascii_case("url")).map(|_| rest[3..].trim_start());
    let address = after_name.and_then(|after| after.strip_prefix('=')).map_or(rest, str::trim_start);
    Some(address.trim_start_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(html: &str) -> Vec<(AttributeKind, &str)> {
        scan(html).attributes.into_iter().map(|attribute| (attribute.kind, &html[attribute.value])).collect()
    }

    #[test]
    fn attributes_are_found() {
        use AttributeKind::{Id, Image, Link};
        assert_eq!(values("<a href=\"x\" ID='y'>"), [(Link, "x"), (Id, "y")]);
        assert_eq!(values("<img\n alt='a > b' src = z.png/>"), [(Image, "z.png/")]);
        assert_eq!(values("<!-- <a href=x> --><b><a name=n href=''>"), [(Id, "n"), (Link, "")]);
        assert_eq!(values("<script>'<a href=1>'</script><a href=2>"), [(Link, "2")]);
        assert_eq!(values("a < b, <3 </a href=x>"), []);
        assert_eq!(scan("ok <a href=\"x").unfinished, Some(3));
        assert_eq!(values("<a href=x><b href=y <i href=\""), [(Link, "x")]);
        assert_eq!(
            values("<img srcset=' a.png,, b(1,2).png 2x (3, 4), c,d.png 3x'>"),
            [(Image, "a.png"), (Image, "b(1,2).png"), (Image, "c,d.png")]
        );
        assert_eq!(values("<source srcset=a.png><object data=b.svg>"), [(Image, "a.png"), (Link, "b.svg")]);
    }

    #[test]
    fn references_are_decoded() {
        assert_eq!(decode("a&amp;b&copy;&#106;&#x6A;&nope;&"), "a&b©jj&nope;&");
        assert_eq!(decode("&#106avascript"), "javascript");
    }

    #[test]
    fn scripts_in_documents_and_refreshes_are_found() {
        let found = |html: &str| {
            scan(html).attributes.into_iter().find_map(|a| unsafe_address(a.kind, &decode(&html[a.value])))
        };
        for bad in [
            "<iframe srcdoc='<a href=javascript:1>x</a>'>",
            "<iframe srcdoc='<iframe srcdoc=&quot;&lt;a href=javascript:1&gt;&quot;>'>",
            "<meta http-equiv=refresh content='0;url=javascript:1'>",
            "<meta http-equiv=refresh content=' 0.5 , URL = &quot;javascript:1'>",
            "<meta http-equiv=refresh content=0;javascript:1>",
        ] {
            assert_eq!(found(bad).as_deref(), Some("javascript:1"), "{bad}");
        }
        for good in ["<iframe srcdoc='<a href=a>x</a>'>", "<meta name=description content='url=javascript:1'>"] {
            assert_eq!(found(good), None, "{good}");
        }
    }

    #[test]
    fn pieces_that_say_nothing() {
        for nothing in ["<!-- a > b -->\n", "<p align=center><img src='a>b'/>\n</p>", "<?php 1 ?>", ""] {
            assert!(says_nothing(nothing), "{nothing}");
        }
        for words in ["<p>a</p>", "<!-- a --> b", "a < b", "<p", "<!-- a"] {
            assert!(!says_nothing(words), "{words}");
        }
    }

    #[test]
    fn end_tags_are_found() {
        assert_eq!(end_tag("x</abbr></A\n>y", "a"), Some(8..13));
        assert_eq!(end_tag("</a", "a"), None);
    }

    #[test]
    fn scripts_are_unsafe() {
        for bad in
            ["javascript:x", " JaVaScRiPt:x", "java\nscript:x", "\u{1}javascript:x", "data:text/html,x", "vbscript:x"]
        {
            assert!(is_unsafe(bad), "{bad:?}");
        }
        for good in ["https://a.b/javascript:", "data/x.csv", "javascript.md", "#data:"] {
            assert!(!is_unsafe(good), "{good:?}");
        }
    }
}
