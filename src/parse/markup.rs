//! Raw HTML in pieces.
//!
//! In: a piece of HTML as Markdown passes it through. Out: its tags, texts and comments, each with its
//! place, and where the attributes stand that hold addresses and ids. The tokenizer is html5gum's,
//! which follows the HTML standard (§13.2.5).

use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Error, Span, State, Tokenizer};
use memchr::memchr;

/// A piece of raw HTML, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Markup {
    pub pieces: Vec<Piece>,
    /// Where a start tag begins that doesn't end: it would swallow what follows.
    pub unfinished: Option<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text, its character references decoded.
    Text(String),
    Start(Tag),
    End {
        /// In lower case.
        name: String,
        range: Range<usize>,
    },
    Comment(Range<usize>),
    /// What doesn't go out: an end tag that ends nothing, a comment without an end. No tokenizer tells it.
    Stray(Range<usize>),
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    /// In lower case.
    pub name: String,
    /// From its `<` to its `>`.
    pub range: Range<usize>,
    pub self_closing: bool,
    pub attributes: Vec<Attribute>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    /// In lower case.
    pub name: String,
    /// Its value, decoded.
    pub value: String,
    /// From its name to the end of its value, a quote included.
    pub whole: Range<usize>,
    /// Where its value stands, between its quotes; empty where it has none.
    pub place: Range<usize>,
    /// Whether the value stands in quotes.
    pub quoted: bool,
}

/// An address or an id in a tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Address<'m> {
    pub kind: AttributeKind,
    pub attribute: &'m Attribute,
    /// Decoded; of a `srcset` one of its addresses.
    pub value: String,
    /// Where it stands.
    pub place: Range<usize>,
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
    /// `for`, `aria-labelledby` and others that name elements by their ids.
    Ids,
    /// What a drawing is painted with: `url(#id)` in its value.
    Paint,
}

impl AttributeKind {
    /// Whether it may be an address of this site, so that it counts among the links.
    pub fn is_resolved(self) -> bool {
        matches!(self, AttributeKind::Link | AttributeKind::Image)
    }
}

/// What of a page is told.
#[derive(Debug, Clone, Copy)]
pub struct Interest {
    /// Whether tags of a name are told.
    pub tag: fn(&[u8]) -> bool,
    /// Whether tags with an attribute of a name are told.
    pub attribute: fn(&[u8]) -> bool,
}

/// Takes a piece apart. What stands in a `script`, a `style` or another element of text is text.
pub fn markup(html: &str) -> Markup {
    let mut markup = Markup::default();
    let mut cut = None;
    tokenize(html, |seen| {
        match seen {
            Seen::Piece(piece) => markup.pieces.push(piece),
            Seen::TextBegins(_, tag) => markup.pieces.push(Piece::Start(tag)),
            Seen::Cut(end) => cut = Some(end),
        }
        true
    });
    markup.unfinished = cut.and_then(|from| unfinished_tag(html, from));
    markup
}

/// Tells the tags of a whole page that are of interest, in their order, each start tag of an element of
/// text with that text; may tell others too. Nearly all tags of a page are plainly written: there is but one
/// way to read those, which takes a tenth of the time of tokenizing them.
pub fn scan(html: &str, interest: Interest, mut tell: impl FnMut(Piece)) {
    let mut at = 0;
    while let Some(found) = memchr(b'<', &html.as_bytes()[at..]) {
        at += found;
        let rest = &html[at..];
        at += match rest.as_bytes().get(1) {
            Some(b'/' | b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z') => {
                plainly(rest, interest, &mut tell).unwrap_or_else(|| first(rest, &mut tell))
            }
            _ => 1,
        };
    }
}

/// Reads the tag at the start of a text if it is plainly written, with the text of an element of text; gives the
/// length of what was read. What nobody wants is passed over.
fn plainly(html: &str, interest: Interest, tell: &mut impl FnMut(Piece)) -> Option<usize> {
    let Plain { name, end, is_wanted } = plain_tag(html.as_bytes(), interest)?;
    let name = &html[name];
    let of_text = text_state(name.as_bytes());
    if of_text.is_none() && !is_wanted {
        return Some(end);
    }
    // An end tag, and all that has to be decoded or made out, is for the tokenizer.
    let is_plain = |text: &str, signs: &[u8]| !text.bytes().any(|byte| signs.contains(&byte));
    if html.starts_with("</") || !is_plain(&html[..end], b"&\0\r") {
        return None;
    }
    let tag = Tag { name: name.to_string(), range: 0..end, self_closing: false, attributes: attributes(&html[..end])? };
    let Some(state) = of_text else {
        tell(Piece::Start(tag));
        return Some(end);
    };
    let text = &html[end..end + memchr(b'<', &html.as_bytes()[end..])?];
    let signs: &[u8] = if state == State::RcData { b"&\0\r" } else { b"\0\r" };
    let after = html[end + text.len()..].strip_prefix("</")?.strip_prefix(name)?;
    if !after.starts_with('>') || !is_plain(text, signs) {
        return None;
    }
    let all = end + text.len() + "</>".len() + name.len();
    if is_wanted {
        let range = end + text.len()..all;
        tell(Piece::Start(tag));
        if !text.is_empty() {
            tell(Piece::Text(text.to_string()));
        }
        tell(Piece::End { name: name.to_string(), range });
    }
    Some(all)
}

/// A tag that there is but one way to read: a name, then attributes after white space, their values between double
/// quotes.
struct Plain {
    name: Range<usize>,
    /// Where it ends.
    end: usize,
    is_wanted: bool,
}

fn plain_tag(bytes: &[u8], interest: Interest) -> Option<Plain> {
    let start = if bytes.get(1) == Some(&b'/') { 2 } else { 1 };
    let mut at = end_of(bytes, start, |byte| !is_of_name(byte));
    let name = start..at;
    if name.is_empty() {
        return None;
    }
    let mut is_wanted = (interest.tag)(&bytes[name.clone()]);
    loop {
        match bytes.get(at)? {
            b'>' => return Some(Plain { name, end: at + 1, is_wanted }),
            b' ' | b'\n' | b'/' => at += 1,
            b'a'..=b'z' if matches!(bytes[at - 1], b' ' | b'\n') => {
                let end = end_of(bytes, at, |byte| !is_of_name(byte));
                is_wanted |= (interest.attribute)(&bytes[at..end]);
                at = match bytes.get(end..end + 2) {
                    Some(b"=\"") => end + 2 + memchr(b'"', &bytes[end + 2..])? + 1,
                    Some([b'=', _]) => return None,
                    _ => end,
                };
            }
            _ => return None,
        }
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// The attributes of a plain tag; nothing for one that closes itself or says something twice.
fn attributes(tag: &str) -> Option<Vec<Attribute>> {
    let bytes = tag.as_bytes();
    let mut found: Vec<Attribute> = Vec::new();
    let mut at = end_of(bytes, 1, |byte| !is_of_name(byte));
    while at + 1 < tag.len() {
        match bytes[at] {
            b'/' => return None,
            b' ' | b'\n' => at += 1,
            _ => {
                let end = end_of(bytes, at, |byte| !is_of_name(byte));
                let quoted = bytes.get(end) == Some(&b'=');
                let place = if quoted { end + 2..end + 2 + memchr(b'"', &bytes[end + 2..])? } else { end..end };
                let whole = at..place.end + usize::from(quoted);
                let (name, value) = (tag[at..end].to_string(), tag[place.clone()].to_string());
                if found.iter().any(|known| known.name == name) {
                    return None;
                }
                at = whole.end;
                found.push(Attribute { name, value, whole, place, quoted });
            }
        }
    }
    Some(found)
}

/// Tells what a text begins with, a tag or a comment; gives its length, with that of the text in it and
/// the end of that.
fn first(html: &str, tell: &mut impl FnMut(Piece)) -> usize {
    let mut of_text = None;
    let mut length = html.len();
    tokenize(html, |seen| {
        let (piece, is_last) = match seen {
            Seen::Cut(_) => return true,
            Seen::TextBegins(_, tag) => {
                of_text = Some(tag.name.clone());
                (Piece::Start(tag), false)
            }
            Seen::Piece(piece) => {
                let is_last = match &piece {
                    Piece::Text(_) | Piece::Stray(_) => false,
                    Piece::End { name, .. } => of_text.as_ref().is_none_or(|of| of == name),
                    Piece::Start(_) | Piece::Comment(_) => true,
                };
                (piece, is_last)
            }
        };
        if let (true, Piece::Start(Tag { range, .. }) | Piece::End { range, .. } | Piece::Comment(range)) =
            (is_last, &piece)
        {
            length = range.end;
        }
        tell(piece);
        !is_last
    });
    length
}

/// Tells what a text holds for as long as it is asked for.
fn tokenize(html: &str, mut tell: impl FnMut(Seen) -> bool) {
    let mut watch = Watch { html, open: None, end: 0 };
    let mut see = |event: CallbackEvent<'_>, span: Span<usize>| watch.see(event, span);
    let mut tokenizer = Tokenizer::new_with_emitter(html, CallbackEmitter::new(&mut see));
    while let Some(Ok::<Seen, Infallible>(seen)) = tokenizer.next() {
        if let Seen::TextBegins(state, _) = &seen {
            tokenizer.set_state(*state);
        }
        if !tell(seen) {
            return;
        }
    }
}

/// How the text in an element is read that holds nothing but text.
fn text_state(name: &[u8]) -> Option<State> {
    match name {
        b"textarea" | b"title" => Some(State::RcData),
        b"script" => Some(State::ScriptData),
        b"style" => Some(State::RawText),
        _ => None,
    }
}

/// What the tokenizer tells.
enum Seen {
    Piece(Piece),
    /// The start tag of an element that holds nothing but text.
    TextBegins(State, Tag),
    /// The text ended inside a tag; the last whole one ended here.
    Cut(usize),
}

/// Puts the tokenizer's events together.
struct Watch<'h> {
    html: &'h str,
    /// The start tag at hand.
    open: Option<Tag>,
    /// Where the last whole tag ended.
    end: usize,
}

impl Watch<'_> {
    fn see(&mut self, event: CallbackEvent<'_>, span: Span<usize>) -> Option<Seen> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let range = span.start..span.end;
                self.open = Some(Tag { name: text(name), range, self_closing: false, attributes: Vec::new() });
                None
            }
            CallbackEvent::AttributeName { name } => {
                if let Some(tag) = &mut self.open {
                    let (whole, place) = (span.start..span.end, span.end..span.end);
                    let (name, value) = (text(name), String::new());
                    tag.attributes.push(Attribute { name, value, whole, place, quoted: false });
                }
                None
            }
            CallbackEvent::AttributeValue { value } => {
                let attribute = self.open.as_mut().and_then(|tag| tag.attributes.last_mut());
                if let Some(attribute) = attribute {
                    attribute.value = text(value);
                    attribute.place = span.start..span.end;
                }
                None
            }
            CallbackEvent::CloseStartTag { self_closing } => self.close(self_closing, span),
            CallbackEvent::EndTag { name } => {
                // Attributes of an end tag mean nothing.
                self.open = None;
                self.end = span.end;
                Some(Seen::Piece(Piece::End { name: text(name), range: span.start..span.end }))
            }
            CallbackEvent::String { value } => Some(Seen::Piece(Piece::Text(text(value)))),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } => {
                self.end = span.end;
                Some(Seen::Piece(Piece::Comment(span.start..span.end)))
            }
            CallbackEvent::Error(Error::EofInTag | Error::EofBeforeTagName) => Some(Seen::Cut(self.end)),
            CallbackEvent::Error(_) => None,
        }
    }

    fn close(&mut self, self_closing: bool, span: Span<usize>) -> Option<Seen> {
        self.end = span.end;
        let mut tag = self.open.take()?;
        tag.range.end = span.end;
        tag.self_closing = self_closing;
        settle(&mut tag, self.html);
        Some(match text_state(tag.name.as_bytes()) {
            Some(state) => Seen::TextBegins(state, tag),
            None => Seen::Piece(Piece::Start(tag)),
        })
    }
}

/// Finishes a tag: a value's quotes belong to its attribute.
fn settle(tag: &mut Tag, html: &str) {
    for attribute in &mut tag.attributes {
        if attribute.place.start == attribute.whole.end && attribute.value.is_empty() {
            // The tokenizer tells of no empty value, such as `alt=""`.
            let Some((place, quoted)) = empty_value(html, attribute.whole.end) else { continue };
            (attribute.place, attribute.quoted) = (place, quoted);
        } else {
            let before = html.as_bytes().get(attribute.place.start.wrapping_sub(1));
            attribute.quoted = matches!(before, Some(b'"' | b'\''));
        }
        attribute.whole.end = attribute.place.end + usize::from(attribute.quoted);
    }
}

/// Where an empty value stands behind an attribute's name, if one does.
fn empty_value(html: &str, name_end: usize) -> Option<(Range<usize>, bool)> {
    let after = html[name_end..].trim_start();
    let value = after.strip_prefix('=')?.trim_start();
    let at = html.len() - value.len();
    match value.as_bytes().first() {
        Some(b'"' | b'\'') => Some((at + 1..at + 1, true)),
        _ => Some((at..at, false)),
    }
}

/// Where the start tag begins that a text ends in; none when it is an end tag.
fn unfinished_tag(html: &str, from: usize) -> Option<usize> {
    let begins = |at: &usize| html.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphabetic);
    html[from..].match_indices('<').map(|(at, _)| from + at).find(begins)
}

impl Markup {
    pub fn tags(&self) -> impl Iterator<Item = &Tag> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Start(tag) => Some(tag),
            _ => None,
        })
    }

    /// Whether it holds no words: comments, and elements such as images alone.
    pub fn says_nothing(&self) -> bool {
        self.unfinished.is_none()
            && self.pieces.iter().all(|piece| !matches!(piece, Piece::Text(text) if !text.trim().is_empty()))
    }
}

impl Tag {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Its addresses and ids, in order; those of a `srcset` one by one.
    pub fn addresses<'m>(&'m self, html: &str) -> Vec<Address<'m>> {
        let mut found = Vec::new();
        for attribute in &self.attributes {
            let paint = || attribute.value.contains("url(").then_some(AttributeKind::Paint);
            let Some(kind) = kind(&self.name, &attribute.name).or_else(paint) else { continue };
            if attribute.quoted && attribute.name == "srcset" {
                for address in candidates(&html[attribute.place.clone()]) {
                    let place = attribute.place.start + address.start..attribute.place.start + address.end;
                    found.push(Address { kind, attribute, value: decode(&html[place.clone()]), place });
                }
                continue;
            }
            let (value, place) = (attribute.value.clone(), attribute.place.clone());
            found.push(Address { kind, attribute, value, place });
        }
        found
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The value of an attribute with its character references (`&amp;`, `&#106;`) replaced.
pub fn decode(value: &str) -> String {
    if !value.contains('&') {
        return value.to_string();
    }
    let tag = format!("<a v=\"{}\">", value.replace('"', "&quot;"));
    markup(&tag).tags().next().and_then(|tag| tag.attribute("v")).map_or_else(String::new, |v| v.value.clone())
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
        "for"
        | "form"
        | "headers"
        | "list"
        | "popovertarget"
        | "aria-activedescendant"
        | "aria-controls"
        | "aria-describedby"
        | "aria-details"
        | "aria-errormessage"
        | "aria-flowto"
        | "aria-labelledby"
        | "aria-owns" => Some(AttributeKind::Ids),
        _ => None,
    }
}

fn end_of(bytes: &[u8], from: usize, mut ends: impl FnMut(u8) -> bool) -> usize {
    let from = from.min(bytes.len());
    bytes[from..].iter().position(|b| ends(*b)).map_or(bytes.len(), |at| from + at)
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

/// Whether an address holds a picture of a kind that can do nothing but be shown.
pub fn is_picture(address: &str) -> bool {
    const KINDS: [&str; 4] = ["data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp"];
    let address = address.trim();
    let kind = address.split([';', ',']).next().unwrap_or_default();
    kind.len() < address.len() && KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// How deep documents stand in one another before nobody looks further.
const MOST_NESTED: usize = 8;

/// The address in an attribute's decoded value that would run as a script, if there is one.
pub fn unsafe_address(kind: AttributeKind, value: &str) -> Option<String> {
    unsafe_within(kind, value, 0)
}

fn unsafe_within(kind: AttributeKind, value: &str, depth: usize) -> Option<String> {
    let address = match kind {
        AttributeKind::Id | AttributeKind::Ids | AttributeKind::Paint => return None,
        AttributeKind::Document if depth == MOST_NESTED => return Some(value.to_string()),
        AttributeKind::Document => {
            let markup = markup(value);
            return markup
                .tags()
                .flat_map(|tag| tag.addresses(value))
                .find_map(|address| unsafe_within(address.kind, &address.value, depth + 1));
        }
        AttributeKind::Image if is_picture(value) => return None,
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

    fn values(html: &str) -> Vec<(AttributeKind, String)> {
        let markup = markup(html);
        let addresses = markup.tags().flat_map(|tag| tag.addresses(html));
        addresses
            .inspect(|address| assert_eq!(decode(&html[address.place.clone()]), address.value, "{html}"))
            .map(|address| (address.kind, address.value))
            .collect()
    }

    #[test]
    fn attributes_are_found() {
        use AttributeKind::{Id, Image, Link};
        let found = |html: &str, wanted: &[(AttributeKind, &str)]| {
            let wanted: Vec<_> = wanted.iter().map(|(kind, value)| (*kind, value.to_string())).collect();
            assert_eq!(values(html), wanted, "{html}");
        };
        found("<a href=\"x\" ID='y'>", &[(Link, "x"), (Id, "y")]);
        found("<img\n alt='a > b' src = z.png/>", &[(Image, "z.png/")]);
        found("<!-- <a href=x> --><b><a name=n href=''>", &[(Id, "n"), (Link, "")]);
        found("<script>'<a href=1>'</script><a href=2>", &[(Link, "2")]);
        found("a < b, <3 </a href=x>", &[]);
        found("<a href=x><b href=y <i href=\"", &[(Link, "x")]);
        found("é\r\n<a\r\nhref='é'>\r\n<a href=b>", &[(Link, "é"), (Link, "b")]);
        found("\0<a href=a&amp;b id='&lt;'>", &[(Link, "a&b"), (Id, "<")]);
        found(
            "<img srcset=' a.png,, b(1,2).png 2x (3, 4), c,d.png 3x'>",
            &[(Image, "a.png"), (Image, "b(1,2).png"), (Image, "c,d.png")],
        );
        found("<source srcset=a.png><object data=b.svg>", &[(Image, "a.png"), (Link, "b.svg")]);
    }

    #[test]
    fn tags_have_their_places() {
        let html = "é<IMG src=\"a\" alt>x</Img ><!-- y --><br/>";
        let pieces = markup(html).pieces;
        let place = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Start(tag) => html[tag.range.clone()].to_string(),
            Piece::End { range, .. } | Piece::Comment(range) | Piece::Stray(range) => html[range.clone()].to_string(),
        };
        let places: Vec<String> = pieces.iter().map(place).collect();
        assert_eq!(places, ["é", "<IMG src=\"a\" alt>", "x", "</Img >", "<!-- y -->", "<br/>"]);
        let Piece::Start(img) = &pieces[1] else { panic!("a tag") };
        let wholes: Vec<&str> = img.attributes.iter().map(|attribute| &html[attribute.whole.clone()]).collect();
        assert_eq!((img.name.as_str(), wholes), ("img", vec!["src=\"a\"", "alt"]));
    }

    #[test]
    fn tags_that_do_not_end() {
        for (html, at) in [
            ("ok <a href=\"x", Some(3)),
            ("<b>x</b> <a", Some(9)),
            ("<b>x</b", None),
            ("a < b", None),
            ("<!-- <a", None),
            ("<a>", None),
        ] {
            assert_eq!(markup(html).unfinished, at, "{html}");
        }
    }

    #[test]
    fn references_are_decoded() {
        assert_eq!(decode("a&amp;b&copy;&#106;&#x6A;&nope;&"), "a&b©jj&nope;&");
        assert_eq!(decode("&#106avascript\"&"), "javascript\"&");
    }

    #[test]
    fn scripts_in_documents_and_refreshes_are_found() {
        let found = |html: &str| {
            let markup = markup(html);
            let mut addresses = markup.tags().flat_map(|tag| tag.addresses(html));
            addresses.find_map(|address| unsafe_address(address.kind, &address.value))
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
            assert!(markup(nothing).says_nothing(), "{nothing}");
        }
        for words in ["<p>a</p>", "<!-- a --> b", "a < b", "<p"] {
            assert!(!markup(words).says_nothing(), "{words}");
        }
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
