//! XML documents, written so that any text of an author's fits in.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// What a document is written to.
pub type Xml = Writer<Vec<u8>>;

/// A document with its declaration.
pub fn document(write: impl FnOnce(&mut Xml) -> io::Result<()>) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    // Memory takes everything: writing never fails.
    let _ = xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None))).and_then(|()| write(&mut xml));
    xml.get_mut().push(b'\n');
    String::from_utf8(xml.into_inner()).expect("a document is written from texts alone")
}

/// An element that holds a text.
pub fn element(xml: &mut Xml, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
    let attributes: Vec<(&str, Cow<'_, str>)> =
        attributes.iter().map(|(name, value)| (*name, within_xml(value))).collect();
    let element = xml.create_element(name).with_attributes(attributes.iter().map(|(name, value)| (*name, &**value)));
    if text.is_empty() {
        element.write_empty()?;
    } else {
        element.write_text_content(BytesText::new(&within_xml(text)))?;
    }
    Ok(())
}

/// A text in the characters that XML 1.0 has (§2.2); others become U+FFFD, as they do in pages.
pub fn within_xml(text: &str) -> Cow<'_, str> {
    // Nearly no text holds such a byte, and a look at 64 of them at once takes a tenth of the time.
    let may_begin = |byte: &u8| matches!(byte, 0..=8 | 0xb | 0xc | 0xe..=0x1f | 0xef);
    if !text.as_bytes().chunks(64).any(|bytes| bytes.iter().fold(false, |found, byte| found | may_begin(byte))) {
        return text.into();
    }
    let forbidden =
        |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_fits() {
        let written = document(|xml| element(xml, "a", &[("b", "\"<&\u{1}")], "]]> <b> & \u{0}\u{fffe}😀\r\n"));
        let mut reader = quick_xml::Reader::from_str(&written);
        loop {
            match reader.read_event().expect("well-formed") {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(start) => {
                    let value = start.attributes().next().expect("an attribute").expect("well-formed");
                    assert!(!value.value.contains('<'));
                }
                _ => {}
            }
        }
        assert!(!written.contains(['\0', '\u{1}', '\u{fffe}']), "{written:?}");
        assert!(!written.contains("]]>"), "{written:?}");
    }
}
