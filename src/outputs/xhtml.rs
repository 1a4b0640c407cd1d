//! An article's HTML as XHTML that a book may hold.
//!
//! In: HTML as `render` writes it, an author's raw HTML included. Out: well-formed XML in the XHTML
//! namespace (EPUB 3.3, §6.1) of elements and attributes that a content document may have: every
//! element closed, no script, form, frame or remote resource. What is left out leaves its text.

use std::collections::BTreeSet;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// What stands in the text and a package document has to say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Holds {
    pub mathml: bool,
    pub svg: bool,
    /// Images of which no text says what they show.
    pub bare_images: bool,
}

/// Converts a fragment. `link` gives what an `href` is in the book, `image` the place there of the
/// image at an address; one that has none becomes a link.
pub fn xhtml(
    html: &str,
    link: &dyn Fn(&str) -> String,
    image: &mut dyn FnMut(&str) -> Option<String>,
) -> (String, Holds) {
    let mut writer = Writer {
        out: String::with_capacity(html.len() * 9 / 8),
        open: Vec::new(),
        holds: Holds::default(),
        link,
        ids: BTreeSet::new(),
    };
    let mut skipped: Option<(String, usize)> = None;
    let mut emitter = DefaultEmitter::default();
    // What stands in a script, a style or a text field is no markup.
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        if let Some((name, depth)) = &mut skipped {
            match &token {
                Token::StartTag(tag) if text(&tag.name) == *name && !tag.self_closing => *depth += 1,
                Token::EndTag(tag) if text(&tag.name) == *name => *depth -= 1,
                _ => {}
            }
            if *depth == 0 {
                skipped = None;
            }
            continue;
        }
        match token {
            Token::String(words) => push_text(&mut writer.out, &text(&words)),
            Token::StartTag(tag) => {
                let name = text(&tag.name);
                if SKIPPED.contains(&name.as_str()) && !tag.self_closing {
                    skipped = Some((name, 1));
                } else {
                    writer.start(&name, &tag, image);
                }
            }
            Token::EndTag(tag) => writer.end(&text(&tag.name)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    while let Some((name, known)) = writer.open.pop() {
        writer.close(&name, known);
    }
    (writer.out, writer.holds)
}

/// Elements that go with all they hold.
const SKIPPED: &[&str] = &["script", "style", "template", "noscript", "head", "title", "object", "select", "textarea"];

/// Elements that hold nothing (HTML standard, §13.1.2).
const VOID: &[&str] = &["br", "hr", "img", "wbr", "col"];

/// Elements that a book keeps.
const KEPT: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
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
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Attributes that any kept element may have.
const GLOBAL: &[&str] = &["id", "class", "dir", "lang", "title", "role"];

/// Attributes of single elements.
const OWN: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("blockquote", &["cite"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("data", &["value"]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("img", &["alt", "width", "height"]),
    ("ins", &["cite", "datetime"]),
    ("li", &["value"]),
    ("ol", &["reversed", "start", "type"]),
    ("q", &["cite"]),
    ("td", &["colspan", "rowspan", "headers"]),
    ("th", &["abbr", "colspan", "rowspan", "headers", "scope"]),
    ("time", &["datetime"]),
];

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

struct Writer<'a> {
    out: String,
    /// Names of open elements, and whether each was written.
    open: Vec<(String, bool)>,
    holds: Holds,
    link: &'a dyn Fn(&str) -> String,
    /// A browser takes the first of two elements with one id, XML neither.
    ids: BTreeSet<String>,
}

impl Writer<'_> {
    fn start(&mut self, name: &str, tag: &StartTag<()>, image: &mut dyn FnMut(&str) -> Option<String>) {
        let attribute = |wanted: &str| {
            tag.attributes.iter().find(|(name, _)| name.as_slice() == wanted.as_bytes()).map(|(_, value)| text(value))
        };
        let foreign = self.open.iter().any(|(name, _)| matches!(name.as_str(), "math" | "svg"));
        if foreign || name == "math" || name == "svg" {
            self.foreign(name, tag);
            return;
        }
        if BLOCKS.contains(&name)
            && let Some(("p", _)) = self.open.last().map(|(name, known)| (name.as_str(), known))
        {
            self.end("p");
        }
        while let Some((_, closed)) = SIBLINGS.iter().find(|(sibling, _)| *sibling == name)
            && let Some((last, _)) = self.open.last()
            && closed.contains(&last.as_str())
        {
            let last = last.clone();
            self.end(&last);
        }
        match name {
            "img" => match attribute("src").and_then(|src| image(&src)) {
                Some(place) => {
                    self.out.push_str("<img src=\"");
                    push_attribute(&mut self.out, &place);
                    self.out.push('"');
                    self.attributes(name, tag);
                    if attribute("alt").is_none() {
                        self.holds.bare_images = true;
                        self.out.push_str(" alt=\"\"");
                    }
                    self.out.push_str("/>");
                }
                None => self.instead(attribute("src"), attribute("alt")),
            },
            "iframe" | "video" | "audio" | "embed" | "source" | "track" => {
                if let Some(src) = attribute("src") {
                    self.instead(Some(src), attribute("title"));
                }
                if matches!(name, "iframe" | "video" | "audio") {
                    self.open.push((name.to_string(), false));
                }
            }
            "input" if attribute("type").is_some_and(|kind| kind == "checkbox") => {
                self.out.push_str(if attribute("checked").is_some() { "☑ " } else { "☐ " });
            }
            _ if KEPT.contains(&name) => {
                self.out.push('<');
                self.out.push_str(name);
                self.attributes(name, tag);
                if VOID.contains(&name) {
                    self.out.push_str("/>");
                } else {
                    self.out.push('>');
                    self.open.push((name.to_string(), true));
                }
            }
            _ if VOID.contains(&name) || matches!(name, "input" | "meta" | "link" | "base" | "area" | "param") => {}
            _ => self.open.push((name.to_string(), false)),
        }
    }

    /// Math and drawings keep all that XML can hold but handlers and links.
    fn foreign(&mut self, name: &str, tag: &StartTag<()>) {
        if !is_name(name) || matches!(name, "foreignobject" | "use" | "image" | "a" | "animate" | "set") {
            if !tag.self_closing {
                self.open.push((name.to_string(), false));
            }
            return;
        }
        self.out.push('<');
        self.out.push_str(name);
        match name {
            "math" => {
                self.holds.mathml = true;
                self.out.push_str(" xmlns=\"http://www.w3.org/1998/Math/MathML\"");
            }
            "svg" => {
                self.holds.svg = true;
                self.out.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
            }
            _ => {}
        }
        for (key, value) in &tag.attributes {
            let key = match text(key).as_str() {
                // The tokenizer lowers letters; these are the ones that a drawing can't do without.
                "viewbox" => "viewBox".to_string(),
                "preserveaspectratio" => "preserveAspectRatio".to_string(),
                key => key.to_string(),
            };
            let refused = key.starts_with("on")
                || key.starts_with("xmlns")
                || matches!(key.as_str(), "href" | "style" | "xlink:href");
            if is_name(&key) && !refused {
                self.attribute(&key, &text(value));
            }
        }
        if tag.self_closing {
            self.out.push_str("/>");
        } else {
            self.out.push('>');
            self.open.push((name.to_string(), true));
        }
    }

    fn attributes(&mut self, name: &str, tag: &StartTag<()>) {
        let own = OWN.iter().find(|(element, _)| *element == name).map_or(&[][..], |(_, own)| own);
        for (key, value) in &tag.attributes {
            let key = text(key);
            let value = text(value);
            let is_kept = GLOBAL.contains(&key.as_str())
                || own.contains(&key.as_str())
                || (key.starts_with("aria-") && is_name(&key));
            let is_empty = value.trim().is_empty() && !matches!(key.as_str(), "alt" | "title");
            if !is_kept || (key == "id" && !(is_id(&value) && self.ids.insert(value.clone()))) {
                continue;
            }
            match key.as_str() {
                "open" | "reversed" => self.attribute(&key, &key),
                "href" | "cite" if !is_empty => self.attribute(&key, &(self.link)(&value)),
                "lang" if !is_empty => {
                    self.attribute("lang", &value);
                    self.attribute("xml:lang", &value);
                }
                _ if is_empty => {}
                _ => self.attribute(&key, &value),
            }
        }
    }

    fn attribute(&mut self, key: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(key);
        self.out.push_str("=\"");
        push_attribute(&mut self.out, value);
        self.out.push('"');
    }

    /// A link where something can't stand in a book.
    fn instead(&mut self, src: Option<String>, words: Option<String>) {
        let Some(src) = src.filter(|src| src.starts_with("http://") || src.starts_with("https://")) else { return };
        self.out.push_str("<a href=\"");
        push_attribute(&mut self.out, &src);
        self.out.push_str("\">");
        push_text(&mut self.out, words.as_deref().filter(|words| !words.trim().is_empty()).unwrap_or(&src));
        self.out.push_str("</a>");
    }

    fn end(&mut self, name: &str) {
        if !self.open.iter().any(|(open, _)| open == name) {
            return;
        }
        while let Some((open, known)) = self.open.pop() {
            self.close(&open, known);
            if open == name {
                break;
            }
        }
    }

    fn close(&mut self, name: &str, known: bool) {
        if known {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

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
            ("<q cite=//o.org>x</q>", "<q cite=\"https://o.org\">x</q>"),
            ("<a href='#x' target=_blank style='color: red'>y</a>", "<a href=\"#x\">y</a>"),
            (
                "a\u{1}<table><tr><td>1<td>2<tr><td>3</table>",
                "a\u{fffd}<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
            ),
        ] {
            let mut image = |src: &str| (!src.contains(':')).then(|| format!("files/{src}"));
            let link = |href: &str| href.replace("//o", "https://o");
            assert_eq!(xhtml(html, &link, &mut image).0, wanted, "{html}");
        }
    }
}
