//! What the books of a site share: their images, their chapters, and what they are all made from.
//!
//! In: a resolved site. Out: every published image that a book may hold, as it holds it. A drawing's
//! `var(--x, y)` becomes `y`, which reading systems understand.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, OnceLock};

use quick_xml::events::Event;

use crate::project::images::{self, Pictures, Smaller};
use crate::render::visit::Resolved;
use crate::site::ids::SeriesId;
use crate::site::series::{Chapter, Series, State};
use crate::store::cache::Folder;
use crate::store::origin::Origin;
use crate::text::url::{encode, uri};

/// What the books of a site share.
#[derive(Debug)]
pub struct Library {
    /// Every published image of a kind that a book may hold, by its address on the pages.
    pub images: BTreeMap<String, Arc<Image>>,
    /// What leads to the chapters of each book.
    pub chapters: BTreeSet<(SeriesId, String)>,
    /// What the day and the files have to do with what outputs say.
    pub digest: [u8; 32],
}

/// Looks at a site for its books.
pub fn library(resolved: Resolved<'_>) -> Library {
    let site = resolved.site;
    let images = images(resolved);
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    add(&site.config.base_url.absolute(""));
    // What the day has to do with it.
    for part in site.parts() {
        add(&part.address);
        add(match part.state {
            State::Out => "out",
            State::Original => "original",
            State::Soon => "soon",
            State::Draft => "draft",
        });
        add(if part.preview { "preview" } else { "" });
    }
    // A file that comes or goes, or is published from now on, changes what a link to it is.
    for (path, file) in &site.files {
        add(path);
        add(if file.state == State::Out { &file.address } else { "" });
    }
    for (path, image) in &images {
        add(path);
        add(&image.path);
        add(&image.place);
    }
    let all = site.folders().flat_map(Series::chapters);
    let chapters = all.map(|chapter| (chapter.at().part.series, reference(chapter))).collect();
    Library { images, chapters, digest: *hasher.finalize().as_bytes() }
}

/// A published image that a book may hold.
#[derive(Debug)]
pub struct Image {
    /// Below `EPUB/`.
    pub place: String,
    /// Below the root, for messages.
    pub path: String,
    disk: Origin,
    /// Where it is one in fewer pixels.
    smaller: Option<Arc<Smaller>>,
    pub media_type: &'static str,
    /// Whether a book can hold it, once somebody asked.
    fits: OnceLock<bool>,
}

impl Image {
    /// The hash of what the site publishes of it.
    pub fn hash(&self, pictures: &Pictures<'_>) -> io::Result<String> {
        let entry = match &self.smaller {
            Some(smaller) => smaller.entry,
            None => pictures.entry(&self.disk)?.ok_or_else(|| io::Error::other("it is no image any more"))?,
        };
        Ok(blake3::Hash::from_bytes(entry.hash).to_hex().to_string())
    }

    /// Its bytes as the book has them; `None` for a drawing that no book can hold. `large` is where smaller ones are
    /// kept.
    pub fn read(&self, large: &Folder) -> io::Result<Option<Vec<u8>>> {
        if let Some(smaller) = &self.smaller {
            return smaller.bytes(&self.disk, large).map(Some);
        }
        if self.is_drawing() {
            return Ok(self.drawn()?.map(|svg| without_variables(&svg).into_bytes()));
        }
        images::clean(&self.disk).map(Some)
    }

    /// Of a drawing what a book can hold.
    fn drawn(&self) -> io::Result<Option<String>> {
        let bytes = images::clean(&self.disk)?;
        Ok(std::str::from_utf8(&bytes).ok().and_then(drawing))
    }

    /// Only a drawing may not. One that can't be read is reported when the book takes it in.
    pub fn fits(&self) -> bool {
        *self.fits.get_or_init(|| !self.is_drawing() || !matches!(self.drawn(), Ok(None)))
    }

    pub fn is_drawing(&self) -> bool {
        self.media_type == "image/svg+xml"
    }
}

/// A drawing as a book holds it (EPUB 3.3, §6.2): no script, no handler, no id twice. `None` for
/// one that isn't well formed or in no namespace, which nothing shows, and for one that holds HTML,
/// of which every drawing program has its own.
fn drawing(svg: &str) -> Option<String> {
    let svg = svg.strip_prefix('\u{feff}').unwrap_or(svg);
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut out = String::with_capacity(svg.len());
    let mut ids = BTreeSet::new();
    let (mut depth, mut in_script) = (0_usize, 0_usize);
    loop {
        let start = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let typed = svg.get(start..usize::try_from(reader.buffer_position()).ok()?)?;
        let is_empty = matches!(event, Event::Empty(_));
        match &event {
            Event::Eof => return (depth == 0 && !ids.is_empty()).then_some(out),
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.local_name();
                let attributes: Vec<_> = tag.attributes().with_checks(false).collect::<Result<_, _>>().ok()?;
                if depth == 0 {
                    let is_named = |value: &str| value == "http://www.w3.org/2000/svg";
                    if name.as_ref() != "svg" || !attributes.iter().any(|attribute| is_named(&attribute.value)) {
                        return None;
                    }
                    // The root is there.
                    ids.insert(String::new());
                }
                if name.as_ref() == "foreignObject" {
                    return None;
                }
                depth += usize::from(!is_empty);
                if in_script > 0 || name.as_ref() == "script" {
                    in_script += usize::from(!is_empty);
                    continue;
                }
                let mut is_kept = |key: &str, value: &str| match key {
                    "id" => ids.insert(value.to_string()),
                    key => !key.starts_with("on"),
                };
                let kept: Vec<bool> =
                    attributes.iter().map(|attribute| is_kept(attribute.key.as_ref(), &attribute.value)).collect();
                if kept.iter().all(|kept| *kept) {
                    out.push_str(typed);
                    continue;
                }
                out.push('<');
                out.push_str(tag.name().as_ref());
                for (attribute, _) in attributes.iter().zip(kept).filter(|(_, kept)| *kept) {
                    let quote = if attribute.value.contains('"') { '\'' } else { '"' };
                    out.push_str(&format!(" {}={quote}{}{quote}", attribute.key.as_ref(), attribute.value));
                }
                out.push_str(if is_empty { "/>" } else { ">" });
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                match in_script {
                    0 => out.push_str(typed),
                    _ => in_script -= 1,
                }
            }
            _ if in_script > 0 => {}
            _ => out.push_str(typed),
        }
    }
}

/// The core media type of a kind of image (EPUB 3.3, §3.2) and the extensions that go with it;
/// `None` for a kind that books don't hold.
fn media_type(kind: images::Kind) -> Option<(&'static str, &'static [&'static str])> {
    match kind {
        images::Kind::Jpeg => Some(("image/jpeg", &["jpg", "jpeg"])),
        images::Kind::Png => Some(("image/png", &["png"])),
        images::Kind::Gif => Some(("image/gif", &["gif"])),
        images::Kind::WebP => Some(("image/webp", &["webp"])),
        images::Kind::Svg => Some(("image/svg+xml", &["svg"])),
        images::Kind::Heif => None,
    }
}

/// Every published image of a kind that a book may hold, by absolute URL: texts have letters beyond
/// ASCII now encoded and now not.
fn images(resolved: Resolved<'_>) -> BTreeMap<String, Arc<Image>> {
    let Resolved { project, site, shown, .. } = resolved;
    let base = &site.config.base_url;
    let smaller = site.files_out().flat_map(|(path, file)| {
        let smaller = shown.get(&base.rooted(&file.address)).map(|picture| picture.smaller.as_slice());
        smaller.unwrap_or_default().iter().filter_map(move |smaller| Some((path, project.files.get(path)?, smaller)))
    });
    let smaller = smaller.map(|(path, file, smaller)| {
        let image = Image {
            place: format!("files/{}", smaller.address),
            path: path.clone(),
            disk: file.disk.clone(),
            smaller: Some(Arc::clone(smaller)),
            media_type: smaller.media_type(),
            fits: OnceLock::new(),
        };
        (uri(&base.absolute(&smaller.address)), Arc::new(image))
    });
    let content = site
        .files_out()
        .filter_map(|(path, file)| Some((path.clone(), file.address.clone(), project.files.get(path)?.disk.clone())));
    let fixed = project.statics.iter().map(|(path, file)| (file.path.clone(), path.clone(), file.disk.clone()));
    content
        .chain(fixed)
        .filter_map(|(path, address, disk)| {
            let (media_type, extensions) = media_type(images::kind(&disk).ok()??)?;
            let url = uri(&base.absolute(&address));
            let place = file_place(&address, extensions);
            Some((url, Arc::new(Image { place, path, disk, smaller: None, media_type, fits: OnceLock::new() })))
        })
        .chain(smaller)
        .collect()
}

/// Where a book keeps the image at an address. What a file in a book shouldn't be called (EPUB 3.3,
/// §4.2.3; spaces trouble older readers) is replaced, an extension of another kind too; a folder of
/// their own and a hash keep such names apart.
fn file_place(address: &str, extensions: &[&str]) -> String {
    let unfit = |c: char| c.is_whitespace() || c.is_control() || r#""*:<>?\|"#.contains(c) || is_private(c);
    let (stem, extension) = address.rsplit_once('.').unwrap_or((address, ""));
    let is_right = extensions.iter().any(|known| extension.eq_ignore_ascii_case(known));
    if is_right && !address.contains(unfit) {
        return format!("files/{address}");
    }
    let hash = blake3::hash(address.as_bytes()).to_hex();
    let extension = if is_right { extension } else { extensions.first().copied().unwrap_or_default() };
    format!("renamed/{}-{}.{extension}", stem.replace(unfit, "-"), &hash[..32])
}

/// A character for private use or of the specials (Unicode 17, §23.5 and §23.8).
fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..)
}

/// Where a book keeps a part or a side page. Names that begin with `pw-` are the book's own; of those, none goes
/// on with another `pw-`.
pub fn place_of(chapter: Chapter<'_>) -> String {
    let name = chapter.name();
    let prefix = if name.starts_with("pw-") { "pw-" } else { "" };
    format!("{prefix}{name}.xhtml")
}

/// What leads there from another.
pub fn reference(chapter: Chapter<'_>) -> String {
    uri(&encode(&place_of(chapter)))
}

/// Replaces each `var(--name, value)` by its value.
fn without_variables(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some(at) = rest.find("var(--") {
        let inner = &rest[at + 4..];
        let Some(close) = inner.find(')') else { break };
        // A value with brackets of its own would need a parser; none is drawn with.
        let value = inner[..close].split_once(',').map(|(_, value)| value.trim()).filter(|value| !value.contains('('));
        out.push_str(&rest[..at]);
        out.push_str(value.unwrap_or("currentColor"));
        rest = &inner[close + 1..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_are_fit_for_books() {
        let svg = |inside: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{inside}</svg>");
        for (typed, fit) in [
            (svg("<g id='a'/>t &amp; u<!-- c -->"), Some(svg("<g id='a'/>t &amp; u<!-- c -->"))),
            (svg("<g id=\"a\" onload=\"x()\"/><g id=\"a\" x='\"'/>"), Some(svg("<g id=\"a\"/><g x='\"'/>"))),
            (svg("<script>a<b/></script><script href=\"x\"/><g/>"), Some(svg("<g/>"))),
            (svg("<foreignObject/>"), None),
            ("<svg/>".into(), None),
            (svg("<g>"), None),
            (svg("")[..30].into(), None),
            (String::new(), None),
            ("\u{feff}".to_string() + &svg("x"), Some(svg("x"))),
        ] {
            assert_eq!(drawing(&typed), fit, "{typed}");
        }
    }

    #[test]
    fn drawings_get_plain_colors() {
        let svg = "<path stroke=\"var(--line, #b9b3a6)\" fill=\"var(--x)\"/>";
        assert_eq!(without_variables(svg), "<path stroke=\"#b9b3a6\" fill=\"currentColor\"/>");
    }
}
