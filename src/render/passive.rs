//! What an author's HTML may be where another program shows it: a feed's reader, a reading system.
//!
//! In: the names of elements and attributes, in lower case. Out: whether they are kept. Nothing here runs, frames,
//! loads of its own accord or asks for something to be typed; what isn't kept leaves its text.

/// Elements that go with all they hold.
const SKIPPED: &[&str] = &["script", "style", "template", "noscript", "head", "title", "object", "select", "textarea"];

/// Elements that are kept.
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

/// Whether an element goes with all it holds.
pub fn is_skipped(name: &str) -> bool {
    SKIPPED.contains(&name)
}

/// Whether an element of HTML is kept.
pub fn is_kept(name: &str) -> bool {
    KEPT.contains(&name)
}

/// Whether an element that is kept may have an attribute.
pub fn may_have(element: &str, attribute: &str) -> bool {
    let own = OWN.iter().find(|(name, _)| *name == element).map_or(&[][..], |(_, own)| own);
    GLOBAL.contains(&attribute) || own.contains(&attribute) || attribute.starts_with("aria-")
}

/// Whether an element of a drawing or a formula is kept, its name in lower case or as SVG has it.
pub fn is_drawn(name: &str) -> bool {
    !["foreignobject", "image", "a", "animate", "set"].iter().any(|refused| name.eq_ignore_ascii_case(refused))
}

/// Whether an element of a drawing or a formula may have an attribute.
pub fn may_be_drawn_with(attribute: &str) -> bool {
    !attribute.starts_with("on") && attribute != "style"
}
