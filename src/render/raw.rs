//! An author's own HTML, as it goes out.
//!
//! In: a piece of raw HTML and the targets of its links. Out: the piece with addresses replaced by what
//! they lead to and nothing that would run. A link that leads nowhere is its text, as in Markdown.

use std::ops::Range;

use super::links::LinkNotes;
use super::passive;
use super::sink::Sink;
use super::style::{IN_TEXT, Style, escaped};
use super::svg::own_urls;
use crate::parse::elements::is_known;
use crate::parse::markup::{self, Address, Attribute, AttributeKind, Piece, Tag};
use crate::parse::tree::Html;
use crate::project::images::COLUMN;
use crate::site::resolve::Target;
use crate::text::source::nfc;

/// What becomes of an address or an id.
enum Change {
    Stays,
    Becomes(String),
    /// The link leads nowhere; whether to a part that is soon.
    Goes {
        is_soon: bool,
    },
}

/// The changes of a start tag.
struct Changed<'m> {
    tag: &'m Tag,
    /// With what it becomes; an address of a `srcset` by itself.
    changes: Vec<(Address<'m>, Change)>,
    /// What is added behind an attribute.
    room: Option<(usize, String)>,
}

impl Changed<'_> {
    /// Whether it is a link that leads nowhere, and then whether to a part that is soon.
    fn is_lost(&self) -> Option<bool> {
        self.changes.iter().find_map(|(_, change)| match change {
            Change::Goes { is_soon } => Some(*is_soon),
            _ => None,
        })
    }

    /// Its attributes as they go out, by name and value.
    fn attributes(&self) -> Vec<(&str, &str)> {
        let own = self.tag.attributes.iter().filter_map(|attribute| {
            let changed = self.changes.iter().find(|(address, _)| std::ptr::eq(address.attribute, attribute));
            match changed {
                Some((_, Change::Goes { .. })) => None,
                Some((_, Change::Becomes(value))) => Some((attribute.name.as_str(), value.as_str())),
                _ => Some((attribute.name.as_str(), attribute.value.as_str())),
            }
        });
        own.collect()
    }
}

/// A link of raw HTML that is open.
#[derive(Debug)]
pub enum RawLink {
    /// It leads nowhere; whether to a part that is soon.
    Lost { is_soon: bool },
    /// It leads to an address that paper may have to show.
    Noted(String),
}

/// What a piece of raw HTML needs on its way out.
pub struct Raw<'w, 'k> {
    pub style: Style<'w>,
    /// By the numbers of the text's links.
    pub targets: &'w [Target],
    pub sink: &'w mut Sink<'k>,
    /// On paper, the addresses behind links.
    pub link_notes: Option<&'w mut LinkNotes>,
    /// A link of an earlier piece that isn't closed yet.
    pub open: &'w mut Option<RawLink>,
}

/// Writes HTML of a component where it may not stand as it is.
pub fn foreign_html(html: String, style: Style<'_>, sink: &mut Sink<'_>) {
    let style = Style { raw_html: true, ..style };
    let markup = markup::markup(&html);
    let html = Html { first_link: 0, lines: Vec::new(), text: html, markup, is_block: true };
    Raw { style, targets: &[], sink, link_notes: None, open: &mut None }.write(&html);
}

impl Raw<'_, '_> {
    pub fn write(&mut self, html: &Html<'_>) {
        if !self.style.raw_html {
            *self.open = None;
            return self.sink.text(&html.text);
        }
        match self.sink {
            Sink::Html(_) => self.as_typed(html),
            Sink::Book(_) | Sink::Words(_) => self.in_pieces(html),
        }
    }

    /// The changes of a tag; `link` is the number of its first link, and becomes that of the next tag's.
    fn changed<'m>(&self, tag: &'m Tag, html: &'m str, link: &mut usize) -> Changed<'m> {
        let mut room = None;
        let changes = tag.addresses(html).into_iter().map(|address| {
            if !address.kind.is_resolved() {
                let change = self.unresolved(&address);
                return (address, change);
            }
            if is_own_piece(tag, &address.value) {
                *link += 1;
                let new = format!("#{}{}", self.style.prefix(), &address.value[1..]);
                return (address, if self.style.prefix().is_empty() { Change::Stays } else { Change::Becomes(new) });
            }
            let target = self.targets.get(*link).unwrap_or(&Target::AsTyped);
            *link += 1;
            if let Target::Url { url, .. } = target
                && tag.name == "img"
                && address.attribute.name == "src"
            {
                room = Some((address.attribute.whole.end, self.room(tag, url)));
            }
            if let Target::Url { language: Some(language), .. } = target
                && address.kind == AttributeKind::Link
                && tag.attribute("hreflang").is_none()
            {
                room = Some((address.attribute.whole.end, format!(" hreflang=\"{}\"", language.tag)));
            }
            let is_image = tag.name == "img" && address.attribute.name == "src";
            let change = match target {
                Target::Url { url, .. } if is_image => {
                    let image = self.style.picture(url).and_then(|image| image.url);
                    Change::Becomes(self.style.address(image.as_deref().unwrap_or(url)).into_owned())
                }
                target => self.resolved(&address, target),
            };
            (address, change)
        });
        let changes = changes.collect();
        Changed { tag, changes, room }
    }

    fn unresolved(&self, address: &Address<'_>) -> Change {
        let (prefix, value) = (self.style.prefix(), address.value.as_str());
        let becomes = |new: String| if new == value { Change::Stays } else { Change::Becomes(new) };
        match address.kind {
            AttributeKind::Id => becomes(format!("{prefix}{}", nfc(value))),
            AttributeKind::Ids if !prefix.is_empty() => {
                let ids = value.split_ascii_whitespace().map(|id| format!("{prefix}{id}"));
                becomes(ids.collect::<Vec<_>>().join(" "))
            }
            AttributeKind::Paint if !prefix.is_empty() => own_urls(value, prefix).map_or(Change::Stays, becomes),
            AttributeKind::Ids | AttributeKind::Paint => Change::Stays,
            AttributeKind::Address if value.starts_with('#') => becomes(format!("#{prefix}{}", &value[1..])),
            kind if markup::unsafe_address(kind, &address.value).is_some() => Change::Becomes(String::new()),
            _ => Change::Stays,
        }
    }

    fn resolved(&self, address: &Address<'_>, target: &Target) -> Change {
        match target {
            Target::Url { url, .. } => Change::Becomes(self.style.address(url).into_owned()),
            Target::Soon { .. } | Target::Text { .. } if address.kind == AttributeKind::Link => {
                Change::Goes { is_soon: matches!(target, Target::Soon { .. }) }
            }
            Target::Soon { .. } | Target::Text { .. } => Change::Becomes(String::new()),
            Target::AsTyped if self.style.medium.is_some() && address.value.starts_with('#') => {
                Change::Becomes(self.style.address(&address.value).into_owned())
            }
            Target::AsTyped => Change::Stays,
        }
    }

    /// The attributes that keep the page from jumping when an image arrives.
    fn room(&self, image: &Tag, url: &str) -> String {
        let Some(shown) = self.style.picture(url) else { return String::new() };
        let (width, height) = shown.size;
        let has = |name: &str| image.attribute(name).is_some();
        let mut room = String::new();
        // Of a size that the author gave one side follows from the other.
        if !has("width") && !has("height") {
            room = format!(" width=\"{width}\" height=\"{height}\"");
        }
        if !has("loading") {
            room.push_str(" loading=\"lazy\"");
        }
        let srcset = shown.srcset(self.style.base, &self.style.address(url));
        if let Some(srcset) = srcset.filter(|_| !has("srcset")) {
            // An author's own width is known; any other the column bounds.
            let typed = image.attribute("width").and_then(|width| width.value.trim().parse::<u32>().ok());
            let own = typed.filter(|width| *width < COLUMN).map(|width| format!("{width}px"));
            let sizes = own.as_deref().unwrap_or(IN_TEXT);
            room.push_str(&format!(" srcset=\"{}\" sizes=\"{sizes}\"", escaped(&srcset)));
        }
        room
    }

    /// The piece as it was typed, but for what changes.
    fn as_typed(&mut self, html: &Html<'_>) {
        let (typed, mut link) = (html.text.as_str(), html.first_link);
        let mut edits = Vec::new();
        // Where what can't stand in a feed began.
        let mut cut = self.awaited().map(|name| (name, 0));
        let is_feed = self.is_feed();
        for piece in &html.markup.pieces {
            match piece {
                Piece::End { name, range } if cut.as_ref().is_some_and(|(awaited, _)| awaited == name) => {
                    edits.extend(cut.take().map(|(_, start)| (start..range.end, String::new())));
                }
                _ if cut.is_some() => {}
                Piece::Start(tag) if is_feed && is_cut(tag) => {
                    cut = Some((tag.name.clone(), tag.range.start));
                }
                Piece::Start(tag) if is_feed && !goes_to_readers(&tag.name) => {
                    // The numbers of its links count.
                    let changed = self.changed(tag, typed, &mut link);
                    edits.push((tag.range.clone(), self.instead(&changed)));
                }
                Piece::End { name, range } if is_feed && !goes_to_readers(name) => {
                    edits.push((range.clone(), String::new()));
                }
                Piece::Start(tag) => {
                    let changed = self.changed(tag, typed, &mut link);
                    self.edit_tag(&changed, &mut edits);
                    if tag.name == "a" && changed.is_lost().is_none() {
                        let to = changed.attributes().into_iter().find(|(name, _)| *name == "href");
                        *self.open = to.map(|(_, to)| RawLink::Noted(to.to_string()));
                    }
                }
                Piece::End { name, range } if name == "a" => self.end_link_tag(range, &mut edits),
                Piece::Stray(range) => edits.push((range.clone(), String::new())),
                Piece::Comment(range) if is_feed => edits.push((range.clone(), String::new())),
                _ => {}
            }
        }
        let mut end = html.markup.unfinished.unwrap_or(typed.len());
        if let Some((_, start)) = &cut {
            end = *start;
        }
        let mut written = edited(&typed[..end], edits);
        if cut.is_none() {
            // A tag that doesn't end here would swallow what follows; its text is shown instead.
            written.push_str(&escaped(&typed[end..]));
        }
        self.resume(&written, cut.map(|(name, _)| name));
    }

    fn is_feed(&self) -> bool {
        matches!(&self.sink, Sink::Html(html) if html.absolute.is_some())
    }

    /// The element of an earlier piece whose end is awaited.
    fn awaited(&self) -> Option<String> {
        match &self.sink {
            Sink::Html(html) => html.skipped.clone(),
            Sink::Book(_) | Sink::Words(_) => None,
        }
    }

    /// Writes a piece, and from then on nothing before the end of the element that is awaited.
    fn resume(&mut self, written: &str, awaited: Option<String>) {
        if let Sink::Html(html) = &mut self.sink {
            html.skipped = None;
            html.push(written);
            html.skipped = awaited;
        }
    }

    /// An address as a feed has it; nothing for one that leads nowhere.
    fn for_readers(&self, address: &Address<'_>, value: &str) -> Option<String> {
        use AttributeKind::{Document, Id, Ids, Paint, Refresh};
        let is_address = !matches!(address.kind, Id | Ids | Paint | Document | Refresh)
            && !matches!(address.attribute.name.as_str(), "to" | "values");
        match &self.sink {
            Sink::Html(html) if is_address => match html.absolute {
                Some(_) if value.trim().is_empty() => None,
                Some(absolute) => Some(absolute(value)),
                None => Some(value.to_string()),
            },
            _ => Some(value.to_string()),
        }
    }

    fn edit_tag(&mut self, changed: &Changed<'_>, edits: &mut Vec<(Range<usize>, String)>) {
        match changed.is_lost() {
            Some(is_soon) if changed.tag.name == "a" => {
                *self.open = Some(RawLink::Lost { is_soon });
                let id = changed.attributes().iter().find(|(name, _)| *name == "id").map(|(_, id)| id.to_string());
                edits.push((changed.tag.range.clone(), self.lost_link(is_soon, id.as_deref())));
                return;
            }
            // A part of a picture that leads nowhere is no more than the picture.
            Some(_) if changed.tag.name == "area" => return edits.push((changed.tag.range.clone(), String::new())),
            _ => {}
        }
        let first = edits.len();
        let is_refused =
            |attribute: &Attribute| self.is_feed() && !may_go_to_readers(&changed.tag.name, &attribute.name);
        let refused = changed.tag.attributes.iter().filter(|attribute| is_refused(attribute));
        edits.extend(refused.map(|attribute| (attribute.whole.clone(), String::new())));
        for (address, change) in changed.changes.iter().filter(|(address, _)| !is_refused(address.attribute)) {
            let value = match change {
                Change::Goes { .. } => {
                    edits.push((address.attribute.whole.clone(), String::new()));
                    continue;
                }
                Change::Becomes(new) => new,
                Change::Stays => &address.value,
            };
            let new = if value.starts_with('#') && is_own_piece(changed.tag, value) {
                Some(value.to_string())
            } else {
                self.for_readers(address, value)
            };
            match new {
                Some(new) if matches!(change, Change::Stays) && new == address.value => {}
                Some(new) => {
                    let quote = if address.attribute.quoted { "" } else { "\"" };
                    edits.push((address.place.clone(), format!("{quote}{}{quote}", escaped(&new))));
                }
                None => edits.push((address.attribute.whole.clone(), String::new())),
            }
            if let Some((at, room)) = &changed.room
                && *at == address.attribute.whole.end
            {
                edits.push((*at..*at, room.clone()));
            }
        }
        edits[first..].sort_by_key(|(range, _)| range.start);
    }

    /// What a feed has in place of an element that isn't kept: a link to what a frame shows, else nothing.
    fn instead(&self, changed: &Changed<'_>) -> String {
        let attributes = changed.attributes();
        let attribute = |wanted: &str| attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let is_frame = matches!(changed.tag.name.as_str(), "embed" | "iframe");
        let Some(src) = attribute("src").filter(|_| is_frame) else { return String::new() };
        let address = match &self.sink {
            Sink::Html(html) => html.absolute.map_or_else(|| src.to_string(), |absolute| absolute(src)),
            Sink::Book(_) | Sink::Words(_) => src.to_string(),
        };
        format!("<a href=\"{}\">{}</a>", escaped(&address), escaped(attribute("title").unwrap_or(&address)))
    }

    /// What stands in place of the start tag of a link that leads nowhere.
    fn lost_link(&self, is_soon: bool, id: Option<&str>) -> String {
        if self.style.is_plain() {
            return String::new();
        }
        let class = if is_soon { " class=\"soon-link\"" } else { "" };
        let id = id.map(|id| format!(" id=\"{}\"", escaped(id))).unwrap_or_default();
        format!("<span{class}{id}>")
    }

    fn end_link_tag(&mut self, range: &Range<usize>, edits: &mut Vec<(Range<usize>, String)>) {
        match self.open.take() {
            Some(RawLink::Lost { is_soon }) => {
                let new = match is_soon {
                    _ if self.style.is_plain() => String::new(),
                    true => {
                        format!(
                            " <span class=\"badge\">{}</span></span>",
                            escaped(&self.style.phrases.say("soon", &[]))
                        )
                    }
                    false => "</span>".to_string(),
                };
                edits.push((range.clone(), new));
            }
            Some(RawLink::Noted(address)) => {
                let note = self.link_notes.as_mut().and_then(|notes| notes.note(&address, self.style.phrases));
                edits.extend(note.map(|note| (range.end..range.end, note)));
            }
            None => {}
        }
    }

    /// The piece for a medium that takes it apart.
    fn in_pieces(&mut self, html: &Html<'_>) {
        let mut link = html.first_link;
        for piece in &html.markup.pieces {
            match piece {
                Piece::Start(tag) => {
                    let changed = self.changed(tag, &html.text, &mut link);
                    match changed.is_lost() {
                        Some(is_soon) if tag.name == "a" => *self.open = Some(RawLink::Lost { is_soon }),
                        Some(_) if tag.name == "area" => {}
                        _ => self.sink.piece(piece, &changed.attributes()),
                    }
                }
                Piece::End { name, .. } if name == "a" && matches!(self.open, Some(RawLink::Lost { .. })) => {
                    *self.open = None;
                }
                _ => self.sink.piece(piece, &[]),
            }
        }
        if let Some(unfinished) = html.markup.unfinished {
            self.sink.text(&html.text[unfinished..]);
        }
    }
}

/// Elements of sound, video and pictures in several sizes, which readers of feeds play and books can't hold.
const MEDIA: &[&str] = &["audio", "picture", "source", "track", "video"];

/// What media and pictures may have in a feed.
const OF_MEDIA: &[&str] = &[
    "alt", "controls", "height", "label", "loading", "media", "poster", "sizes", "src", "srclang", "srcset", "type",
    "width",
];

/// Whether an element is missing from a feed with all it holds. Nobody sees a `title`, but drawings are called so.
fn is_cut(tag: &Tag) -> bool {
    passive::is_skipped(&tag.name) && tag.name != "title" && !tag.self_closing
}

/// Whether an element stays one in a feed; those that HTML doesn't know are of drawings and formulas.
fn goes_to_readers(name: &str) -> bool {
    let is_drawing = matches!(name, "math" | "svg" | "title") || !is_known(name) && !name.contains('-');
    passive::is_kept(name) || MEDIA.contains(&name) || is_drawing && passive::is_drawn(name)
}

/// Whether an attribute of such an element stays in a feed.
fn may_go_to_readers(element: &str, attribute: &str) -> bool {
    let is_media = MEDIA.contains(&element) || element == "img";
    if passive::is_kept(element) || is_media {
        // What `name` was for before there were ids.
        let is_anchor = element == "a" && attribute == "name";
        passive::may_have(element, attribute) || is_anchor || is_media && OF_MEDIA.contains(&attribute)
    } else {
        passive::may_be_drawn_with(attribute)
    }
}

/// Whether an address names a piece of the drawing that it stands in, as those of `use` do.
fn is_own_piece(tag: &Tag, address: &str) -> bool {
    address.starts_with('#') && !matches!(tag.name.as_str(), "a" | "area")
}

/// A text with its edits, which come in order; an attribute that goes takes the space before it along.
fn edited(text: &str, edits: Vec<(Range<usize>, String)>) -> String {
    let mut written = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for (range, new) in edits {
        written.push_str(&text[at..range.start]);
        if new.is_empty()
            && text[..range.start].ends_with(char::is_whitespace)
            && text[range.end..].starts_with([' ', '>'])
        {
            written.truncate(written.trim_end().len());
        }
        written.push_str(&new);
        at = range.end;
    }
    written.push_str(&text[at..]);
    written
}
