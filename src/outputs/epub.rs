//! A series as a book: EPUB 3.3 (<https://www.w3.org/TR/epub-33/>).
//!
//! In: the published parts and their side pages in plain HTML, their images, the cover. Out: the bytes of the archive,
//! the same for the same sources: entries in a fixed order, their times the format's first day,
//! `dcterms:modified` the day of the last change to one of them. A drawing's `var(--x, y)` becomes `y`,
//! which reading systems understand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Cursor, IntoInnerError, Write as _};
use std::sync::Arc;
use std::{fmt, mem};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::library::{Image, Library, place_of, reference};
use super::output::{Listing, Material, OutputType};
use super::packed::{Archived, WHOLE, alone, zip_into};
use super::texts::{ChapterDraft, ChapterText};
use super::{card, cards, feed};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::theme;
use crate::render::sink::Sink;
use crate::render::style::Medium;
use crate::render::xhtml::{self, PolicySources, Xhtml, push_attribute, push_text};
use crate::site::Site;
use crate::site::address::{self, Subject, has_book};
use crate::site::page::Page;
use crate::site::series::{Chapter, Part, Series, State};
use crate::store::cache::{Folder, Key};
use crate::store::kind::Kind;
use crate::store::spool::{Piece, Spool, joined};
use crate::store::tree::{Content, Later};
use crate::text::url::{encode, percent_decode, uri};

/// The picture on the cover, below `EPUB/`.
const COVER: &str = "pw-cover.png";

/// The style of the book, among the templates.
const STYLE: &str = "book.css";

/// The book of each series.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Media,
    of: of_bound,
    address: |site, of| of.series().map_or_else(String::new, |series| address::book(site, series)),
    make: |material, of, out| epub(material, material.site().series(of.series()?), out),
    holds_texts: true,
};

fn of_bound(Listing { site, .. }: Listing<'_>) -> Vec<Subject> {
    let bound = site.series.iter().filter(|series| has_book(site, series));
    bound.map(|series| Subject::Series(series.at)).collect()
}

/// The book of one series, from an earlier run when nothing of it has changed; `None` when a file
/// of the project can't be read, which is reported. Where things may be made later, only what can be
/// wrong with it is found now, and it is bound when somebody asks for it.
pub fn epub(material: Material<'_>, series: &Series, out: &mut Vec<Diagnostic>) -> Option<Content> {
    let resolved = material.renderer.resolved();
    let later = material.later;
    let card = cards::cover(resolved.site, series.at);
    let cover = if later {
        card::later(material.studio, &card, material.large, out)
    } else {
        let drawn = card::draw(material.studio, &card, material.large, out);
        drawn.map(|png| Later::known(card::key(material.studio, &card).bytes(), png))
    };
    if let Some(book) = &material.texts.book {
        return Some(Content::Pieces(vec![book.clone()]));
    }
    let key = key(material, series, cover.as_ref().map_or([0; 32], Later::hash));
    let draft = draft(material, series, cover, out)?;
    if later {
        // A picture changes the book without changing the key, which is what a book is looked up by.
        let hash = Key::of([&key.bytes()[..], &draft.shown_text()]).bytes();
        let cache = material.large.clone();
        let make = move || match cache.get(&key).and_then(|kept| draft.bound_before(&kept)) {
            Some(book) => Ok(book),
            None => {
                let cover = draft.cover.as_ref().map(Later::make).transpose()?;
                let book = draft.bind(cover, &cache, None).map_err(|unread| unread.words())?;
                draft.keep(&cache, key, &book);
                joined(&[book]).map_err(|error| error.to_string())
            }
        };
        return Some(Content::Later(Arc::new(Later::new(hash, make))));
    }
    // It was drawn above.
    let cover = draft.cover.as_ref().and_then(|cover| cover.make().ok());
    match draft.bind(cover, material.large, material.spool(series)) {
        Ok(book) => {
            draft.keep(material.large, key, &book);
            Some(Content::Pieces(vec![book]))
        }
        Err(Unread { path, error }) => {
            out.push(unreadable(&path, &error));
            None
        }
    }
}

/// The book of a series as an earlier run bound it, when nothing of it has changed; nothing where books
/// are bound when somebody asks for them.
pub fn kept(material: Material<'_>, series: &Series) -> Option<Piece> {
    let resolved = material.renderer.resolved();
    if material.later || !has_book(resolved.site, series) {
        return None;
    }
    let cover = card::key(material.studio, &cards::cover(resolved.site, series.at)).bytes();
    material.large.open_piece(&key(material, series, cover)).and_then(|kept| still_true(&kept, material))
}

/// What a book is remembered by: all that it is made from but the contents of its images.
fn key(material: Material<'_>, series: &Series, cover: [u8; 32]) -> Key {
    Key::of([VERSION.as_bytes(), &material.keys.series(series.at).bytes(), &cover])
}

/// Raise the number when a book is made in another way from the same sources.
const VERSION: &str = concat!("book 7 of partwork ", env!("CARGO_PKG_VERSION"));

/// The images in a book: for each address the hash of what the site publishes of it.
type Shown = BTreeMap<String, String>;

/// The book in a remembered value, when the images that it shows are the same.
fn still_true(kept: &Piece, material: Material<'_>) -> Option<Piece> {
    let (shown, book) = kept.first_line().ok()??;
    let shown: Shown = serde_json::from_slice(&shown).ok()?;
    let pictures = material.renderer.resolved().pictures;
    let same = shown.iter().all(|(address, hash)| {
        let image = material.library.images.get(address);
        image.and_then(|image| image.hash(pictures).ok()).is_some_and(|now| now == *hash)
    });
    same.then_some(book)
}

/// A book whose pictures are still to be read: nothing of the project is needed but their files.
#[derive(Debug)]
struct Draft {
    package: String,
    navigation: String,
    style: String,
    documents: Vec<Document>,
    pictures: Vec<Arc<Image>>,
    cover: Option<Later>,
    shown: Shown,
}

/// A picture that can't be read, by its path below the root.
struct Unread {
    path: String,
    error: io::Error,
}

impl Unread {
    fn words(&self) -> String {
        format!("{} can't be read for the book: {}", quote(&self.path), self.error)
    }
}

/// Why there is no archive.
enum Failed {
    Unread(Unread),
    Unwritten(ZipError),
}

impl<E: Into<ZipError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed::Unwritten(error.into())
    }
}

impl Draft {
    /// What stands before the book in the cache.
    fn shown_text(&self) -> Vec<u8> {
        serde_json::to_vec(&self.shown).unwrap_or_default()
    }

    /// The book in a remembered value, when it is this one.
    fn bound_before(&self, kept: &[u8]) -> Option<Vec<u8>> {
        Some(kept.strip_prefix(&*self.shown_text())?.strip_prefix(b"\n")?.to_vec())
    }

    fn keep(&self, cache: &Folder, key: Key, book: &Piece) {
        let shown = [&self.shown_text(), &b"\n"[..]].concat();
        cache.put_pieces(key, &[Piece::Here(shown.into()), book.clone()]);
    }

    /// The archive, in the file where there is one that takes it.
    fn bind(&self, cover: Option<&[u8]>, large: &Folder, spool: Option<Spool>) -> Result<Piece, Unread> {
        if let Some(spool) = spool {
            let mut out = BufWriter::new(spool.into_file());
            let packed = self.pack(cover, large, &mut out);
            match packed.and_then(|()| Ok(Piece::of(out.into_inner().map_err(IntoInnerError::into_error)?)?)) {
                Ok(book) => return Ok(book),
                Err(Failed::Unread(unread)) => return Err(unread),
                // What has no room there is held.
                Err(Failed::Unwritten(_)) => {}
            }
        }
        let mut out = Cursor::new(Vec::new());
        match self.pack(cover, large, &mut out) {
            Ok(()) => Ok(Piece::Here(out.into_inner().into())),
            Err(Failed::Unread(unread)) => Err(unread),
            Err(Failed::Unwritten(error)) => panic!("{WHOLE}: {error}"),
        }
    }

    /// Reads the pictures, one at a time and the smaller ones from where they are kept, and puts everything into an archive.
    fn pack(&self, cover: Option<&[u8]>, large: &Folder, out: &mut dyn Archived) -> Result<(), Failed> {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let mut zip = zip_into(out);
        let add = |zip: &mut ZipWriter<_>, place: &str, bytes: &[u8], options: SimpleFileOptions| {
            // What can't be packed grows, by less than half of the four gigabytes that small entries have.
            let options = options.large_file(bytes.len() > 1 << 31);
            zip.start_file(place, options)?;
            zip.write_all(bytes).map_err(ZipError::from)
        };
        // The media type comes first and plain (EPUB 3.3, §4.3), so that a look at the bytes tells.
        add(&mut zip, "mimetype", b"application/epub+zip", stored)?;
        add(&mut zip, "META-INF/container.xml", CONTAINER.as_bytes(), packed)?;
        add(&mut zip, "EPUB/package.opf", self.package.as_bytes(), packed)?;
        add(&mut zip, "EPUB/pw-nav.xhtml", self.navigation.as_bytes(), packed)?;
        add(&mut zip, "EPUB/pw-style.css", self.style.as_bytes(), packed)?;
        for document in &self.documents {
            let place = format!("EPUB/{}", document.place);
            match &document.text {
                Text::Plain(text) => add(&mut zip, &place, text.as_bytes(), packed)?,
                Text::Packed(alone) => {
                    let unread = |error| Failed::Unread(Unread { path: document.place.clone(), error });
                    let mut alone = ZipArchive::new(Cursor::new(alone.shared().map_err(unread)?))?;
                    zip.raw_copy_file_rename(alone.by_index_raw(0)?, place)?;
                }
            }
        }
        for image in &self.pictures {
            let read = image.read(large).map_err(|error| Failed::Unread(Unread { path: image.path.clone(), error }))?;
            let bytes = read.unwrap_or_default();
            // Pictures are packed already, drawings aren't.
            let options = if image.is_drawing() { packed } else { stored };
            add(&mut zip, &format!("EPUB/{}", image.place), &bytes, options)?;
        }
        if let Some(png) = cover {
            add(&mut zip, &format!("EPUB/{COVER}"), png, stored)?;
        }
        zip.finish()?;
        Ok(())
    }
}

fn unreadable(path: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::file(Code::UnreadableFile, path, format!("can't be read for the book: {error}"))
}

/// How many chapters of a book a thread takes at least.
const CHAPTERS_OF_A_THREAD: usize = 50;

/// Writes the book of one series, but for its pictures.
fn draft(material: Material<'_>, series: &Series, cover: Option<Later>, out: &mut Vec<Diagnostic>) -> Option<Draft> {
    let resolved = material.renderer.resolved();
    let site = resolved.site;
    let written: Vec<(Chapter<'_>, &ChapterDraft)> = (series.chapters())
        .filter_map(|chapter| Some((chapter, material.texts.of(chapter.at())?.chapter.as_ref()?)))
        .collect();
    let anchors: Anchors<'_> = (written.iter())
        .map(|(chapter, (draft, _))| (reference(*chapter), (title_id(site, *chapter), draft)))
        .collect();
    let spool = material.texts.spool.as_ref();
    let mut book = Book { site, series, is_packed: !material.later, spool, documents: Vec::new() };
    // Whoever waits for others takes up the next book: a short one is written on one thread.
    let chapters = written.par_iter().with_min_len(CHAPTERS_OF_A_THREAD);
    let chapters: io::Result<Vec<Document>> =
        chapters.map(|(chapter, draft)| book.chapter(*chapter, draft, &anchors)).collect();
    let chapters = match chapters {
        Ok(chapters) => chapters,
        Err(error) => {
            out.push(unreadable(resolved.project.sources.path(series.plan.source), &error));
            return None;
        }
    };
    let title = book.title_page();
    book.documents.push(title);
    book.documents.extend(chapters);
    if let Some(page) = book.coming() {
        book.documents.push(page);
    }
    let mut pictures = Vec::new();
    let mut shown = Shown::new();
    let used: BTreeSet<&String> = written.iter().flat_map(|(_, (draft, _))| &draft.images).collect();
    for address in used {
        let Some(image) = material.library.images.get(address) else { continue };
        match image.hash(resolved.pictures) {
            Ok(hash) => shown.insert(address.clone(), hash),
            Err(error) => {
                out.push(unreadable(&image.path, &error));
                return None;
            }
        };
        pictures.push(Arc::clone(image));
    }
    let style = resolved.project.templates.get(STYLE).map_or("", |source| resolved.project.sources.text(*source));
    let mut files: Vec<(&str, &str)> = pictures.iter().map(|image| (image.place.as_str(), image.media_type)).collect();
    if cover.is_some() {
        book.documents.insert(0, book.cover_page());
        files.push((COVER, "image/png"));
    }
    let (package, navigation) = (book.package(&files), book.navigation());
    let style = theme::without_mark(STYLE, style).to_string();
    Some(Draft { package, navigation, style, documents: book.documents, pictures, cover, shown })
}

/// A document of the book.
#[derive(Debug)]
struct Document {
    /// Below `EPUB/`.
    place: String,
    /// What the navigation says.
    title: String,
    holds: PolicySources,
    kind: &'static str,
    text: Text,
}

/// The XHTML of a document.
enum Text {
    /// Of a book that is bound when somebody asks for it.
    Plain(String),
    /// An archive of it alone, a third as long: all texts of a series together are many.
    Packed(Piece),
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Text::Plain(text) => f.debug_tuple("Plain").field(&text.len()).finish(),
            Text::Packed(alone) => f.debug_tuple("Packed").field(alone).finish(),
        }
    }
}

/// What has the anchors of each chapter, by what leads there: its title, and the draft.
type Anchors<'a> = BTreeMap<String, (&'a str, &'a xhtml::Draft)>;

/// The text of a part or a side page as a chapter; its links to others of the book lead to their chapters.
pub fn chapter(text: ChapterText<'_>, library: &Library, spool: Option<&Arc<Spool>>) -> ChapterDraft {
    let ChapterText { renderer, chapter, visit, .. } = text;
    let site = renderer.resolved().site;
    let origin = &site.config.base_url.origin;
    let series = chapter.at().part.series;
    let of_book = |other: &Chapter<'_>| other.at().part.series == series;
    let address = |url: &str| {
        let (path, fragment) = url.find('#').map_or((url, ""), |hash| url.split_at(hash));
        match site.chapter_at(path).filter(of_book) {
            _ if path.is_empty() => fragment.to_string(),
            Some(other) => format!("{}{fragment}", reference(other)),
            None if url.starts_with('/') => format!("{origin}{url}"),
            None => url.to_string(),
        }
    };
    let image = |src: &str| {
        let address = uri(src.split(['?', '#']).next().unwrap_or(src));
        let image = library.images.get(&address).filter(|image| image.fits())?;
        Some((address, encode(&image.place)))
    };
    let page = site.config.base_url.rooted(chapter.address());
    let link = |href: &str| {
        let path = href.split('#').next().unwrap_or(href);
        let is_chapter = path.is_empty() || library.chapters.contains(&(series, uri(path)));
        // What an author's own HTML leads to is on the site.
        (!is_chapter).then(|| feed::absolute(&site.config.base_url, &page, href))
    };
    let medium = Medium { address: &address, prefix: "", demote: 0, plain: true, absolute: None };
    let book = Xhtml::new(xhtml::Places { link: &link, image: &image }, visit.text.tree.typed.len() * 3 / 2);
    let mut draft = match renderer.write(visit, medium, Sink::Book(book), None).0 {
        Sink::Book(book) => book.finish(),
        Sink::Html(_) | Sink::Words(_) => xhtml::Draft::default(),
    };
    let text = Piece::aside(spool, mem::take(&mut draft.text).into_bytes());
    (draft, text)
}

/// The anchor of a chapter's title.
fn title_id<'a>(site: &'a Site, chapter: Chapter<'_>) -> &'a str {
    let article = chapter.article().map(|article| site.article(article));
    article.and_then(|article| article.title_id.as_deref()).unwrap_or("pw-title")
}

/// What stands above a title: the part's label, and its track, or for a side page the part's title.
fn label(site: &Site, chapter: Chapter<'_>) -> String {
    let part = chapter.part();
    let place = match chapter {
        Chapter::Part(_) => site.series(part.at.series).track_title(part).map(str::to_string),
        Chapter::Side(..) => Some(site.typeset(&part.title)),
    };
    site.label(part).into_iter().chain(place).collect::<Vec<_>>().join(" · ")
}

struct Book<'a> {
    site: &'a Site,
    series: &'a Series,
    is_packed: bool,
    spool: Option<&'a Arc<Spool>>,
    documents: Vec<Document>,
}

impl Book<'_> {
    /// A chapter whose links are settled, now that the anchors of all are known.
    fn chapter(
        &self,
        chapter: Chapter<'_>,
        (draft, text): &ChapterDraft,
        anchors: &Anchors<'_>,
    ) -> io::Result<Document> {
        let site = self.site;
        let (own, page) = (reference(chapter), site.config.base_url.rooted(chapter.address()));
        let has_anchor = |title: &str, draft: &xhtml::Draft, fragment: &str| {
            let anchor = percent_decode(fragment);
            anchor == title || draft.has_id(&anchor)
        };
        let link = |href: &str| {
            let (path, fragment) = href.split_once('#').unwrap_or((href, ""));
            let place = if path.is_empty() { own.clone() } else { uri(path) };
            match anchors.get(&place) {
                Some((title, draft)) if has_anchor(title, draft, fragment) => href.to_string(),
                // A link whose anchor is missing, which may be, still finds the chapter.
                Some(_) if !path.is_empty() => place,
                _ => feed::absolute(&site.config.base_url, &page, href),
            }
        };
        let id = title_id(site, chapter);
        let set = |text: &str| site.typeset(text);
        let mut body = format!("<section epub:type=\"chapter\" role=\"doc-chapter\" aria-labelledby=\"{id}\">\n");
        let above = label(site, chapter);
        if !above.is_empty() {
            element(&mut body, "p", " class=\"label\"", &above);
        }
        element(&mut body, "h1", &format!(" id=\"{id}\""), &set(chapter.title()));
        if let Some(description) = chapter.description() {
            element(&mut body, "p", " class=\"lede\"", &set(description));
        }
        body.push_str(&xhtml::settled(&String::from_utf8_lossy(&text.bytes()?), &link));
        body.push_str("</section>\n");
        let number = match chapter {
            Chapter::Part(part) => {
                let number = part.number.map(|number| format!("{}. ", site.phrases.digits(&number.to_string())));
                number.unwrap_or_default()
            }
            Chapter::Side(..) => String::new(),
        };
        let title = format!("{number}{}", set(chapter.title()));
        let document = self.document(&place_of(chapter), title, &body, "bodymatter");
        Ok(Document { holds: draft.holds.clone(), ..document })
    }

    /// A document that holds nothing but text.
    fn document(&self, place: &str, title: String, body: &str, kind: &'static str) -> Document {
        let page = self.page(&title, body, kind);
        let text = match self.is_packed {
            true => Text::Packed(Piece::aside(self.spool, alone(page.as_bytes(), SimpleFileOptions::default()))),
            false => Text::Plain(page),
        };
        Document { place: place.to_string(), title, holds: PolicySources::default(), kind, text }
    }

    fn cover_page(&self) -> Document {
        let title = self.series.plan.title.clone();
        let mut body = format!("<div class=\"cover\" epub:type=\"cover\"><img src=\"{COVER}\" alt=\"");
        push_attribute(&mut body, &title);
        body.push_str("\"/></div>\n");
        self.document("pw-cover.xhtml", title, &body, "cover")
    }

    fn title_page(&self) -> Document {
        let plan = &self.series.plan;
        let set = |text: &str| self.site.typeset(text);
        let mut body = String::from("<section epub:type=\"titlepage\">\n");
        element(&mut body, "h1", "", &set(&plan.title));
        if !plan.description.is_empty() {
            element(&mut body, "p", " class=\"lede\"", &set(&plan.description));
        }
        for author in self.authors() {
            element(&mut body, "p", "", author);
        }
        element(&mut body, "p", "", &self.site.tally(self.series));
        let url = self.site.config.base_url.absolute(&Page::Series(self.series.at).address(self.site));
        body.push_str("<p><a href=\"");
        push_attribute(&mut body, &url);
        body.push_str("\">");
        push_text(&mut body, &url);
        body.push_str("</a></p>\n</section>\n");
        self.document("pw-title.xhtml", plan.title.clone(), &body, "frontmatter")
    }

    /// The parts that are announced, by track; `None` when all are out.
    fn coming(&self) -> Option<Document> {
        let title = self.site.phrases.say("coming", &[]);
        let mut body = String::from("<section>\n");
        element(&mut body, "h1", "", &title);
        let mut any = false;
        for track in &self.series.tracks {
            let soon: Vec<&Part> =
                self.series.parts_of(track).iter().filter(|part| part.state == State::Soon).collect();
            if soon.is_empty() {
                continue;
            }
            any = true;
            if let Some(title) = &track.title {
                element(&mut body, "h2", "", title);
            }
            body.push_str("<dl>\n");
            for part in soon {
                element(&mut body, "dt", "", &self.site.typeset(&self.site.full_title(part)));
                element(
                    &mut body,
                    "dd",
                    "",
                    part.description.as_deref().unwrap_or(&self.site.phrases.say("soon", &[])),
                );
            }
            body.push_str("</dl>\n");
        }
        body.push_str("</section>\n");
        any.then(|| self.document("pw-coming.xhtml", title, &body, "backmatter"))
    }

    fn authors(&self) -> Vec<&str> {
        self.site.authors(&self.series.plan.authors).map(|author| author.name.as_str()).collect()
    }

    /// The package document (EPUB 3.3, §5).
    fn package(&self, files: &[(&str, &str)]) -> String {
        let (plan, language) = (&self.series.plan, &self.site.config.language);
        let direction = self.site.phrases.direction.name();
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        out.push_str(&format!(
            "<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\" \
             xml:lang=\"{language}\" dir=\"{direction}\">\n<metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n"
        ));
        element(&mut out, "dc:identifier", " id=\"id\"", &identifier(self.site, self.series));
        element(&mut out, "dc:title", "", &plan.title);
        element(&mut out, "dc:language", "", language);
        for author in self.authors() {
            element(&mut out, "dc:creator", "", author);
        }
        if !plan.description.is_empty() {
            element(&mut out, "dc:description", "", &plan.description);
        }
        let mut meta =
            |property: &str, value: &str| element(&mut out, "meta", &format!(" property=\"{property}\""), value);
        meta("dcterms:modified", &self.modified());
        for (property, value) in ACCESSIBILITY {
            meta(property, value);
        }
        for (feature, is_there) in [
            ("alternativeText", !self.documents.iter().any(|document| document.holds.bare_images)),
            ("MathML", self.documents.iter().any(|document| document.holds.mathml)),
        ] {
            if is_there {
                meta("schema:accessibilityFeature", feature);
            }
        }
        out.push_str("</metadata>\n");
        self.manifest_and_spine(&mut out, files);
        out.push_str("</package>\n");
        out
    }

    /// What the book consists of, and in which order it is read (EPUB 3.3, §5.6 and §5.7).
    fn manifest_and_spine(&self, out: &mut String, files: &[(&str, &str)]) {
        out.push_str("<manifest>\n");
        out.push_str(
            "<item id=\"nav\" href=\"pw-nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>\n",
        );
        out.push_str("<item id=\"style\" href=\"pw-style.css\" media-type=\"text/css\"/>\n");
        for (at, document) in self.documents.iter().enumerate() {
            let holds = &document.holds;
            let properties = match (holds.mathml, holds.svg) {
                (true, true) => " properties=\"mathml svg\"",
                (true, false) => " properties=\"mathml\"",
                (false, true) => " properties=\"svg\"",
                (false, false) => "",
            };
            let href = encode(&document.place);
            out.push_str(&format!(
                "<item id=\"d{at}\" href=\"{href}\" media-type=\"application/xhtml+xml\"{properties}/>\n"
            ));
        }
        for (at, (place, media_type)) in files.iter().enumerate() {
            let href = encode(place);
            let properties = if *place == COVER { " properties=\"cover-image\"" } else { "" };
            out.push_str(&format!("<item id=\"f{at}\" href=\"{href}\" media-type=\"{media_type}\"{properties}/>\n"));
        }
        let direction = self.site.phrases.direction.name();
        out.push_str(&format!("</manifest>\n<spine page-progression-direction=\"{direction}\">\n"));
        for (at, document) in self.documents.iter().enumerate() {
            out.push_str(&format!("<itemref idref=\"d{at}\"/>\n"));
            if document.kind == "frontmatter" {
                out.push_str("<itemref idref=\"nav\"/>\n");
            }
        }
        out.push_str("</spine>\n");
    }

    /// The navigation document (EPUB 3.3, §7): tracks with their parts, and these with their side pages.
    fn navigation(&self) -> String {
        let title = self.site.phrases.say("contents", &[]);
        let mut body = String::from("<nav epub:type=\"toc\" role=\"doc-toc\" id=\"toc\">\n");
        element(&mut body, "h1", "", &title);
        body.push_str("<ol>\n");
        for document in self.documents.iter().filter(|document| document.kind == "frontmatter") {
            link(&mut body, document, &[]);
        }
        let documents: BTreeMap<&str, &Document> =
            self.documents.iter().map(|document| (document.place.as_str(), document)).collect();
        let of = |chapter: Chapter<'_>| documents.get(place_of(chapter).as_str()).copied();
        let of_sides = |part: &Part| part.sides.iter().filter_map(|side| of(Chapter::Side(side, part))).collect();
        for track in &self.series.tracks {
            let parts = self.series.parts_of(track).iter().filter(|part| part.is_out());
            let parts: Vec<(&Document, Vec<&Document>)> =
                parts.filter_map(|part| Some((of(Chapter::Part(part))?, of_sides(part)))).collect();
            let Some(title) = track.title.as_ref().filter(|_| !parts.is_empty()) else {
                parts.iter().for_each(|(document, sides)| link(&mut body, document, sides));
                continue;
            };
            body.push_str("<li><span>");
            push_text(&mut body, title);
            body.push_str("</span>\n<ol>\n");
            parts.iter().for_each(|(document, sides)| link(&mut body, document, sides));
            body.push_str("</ol></li>\n");
        }
        for document in self.documents.iter().filter(|document| document.kind == "backmatter") {
            link(&mut body, document, &[]);
        }
        body.push_str("</ol>\n</nav>\n");
        self.page(&title, &body, "frontmatter")
    }

    fn page(&self, title: &str, body: &str, kind: &str) -> String {
        let (language, direction) = (&self.site.config.language, self.site.phrases.direction.name());
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html>\n\
             <html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\" \
             lang=\"{language}\" xml:lang=\"{language}\" dir=\"{direction}\">\n<head>\n"
        );
        element(&mut out, "title", "", title);
        // A cover's body says so itself.
        let kind = if kind == "cover" { String::new() } else { format!(" epub:type=\"{kind}\"") };
        out.push_str(&format!(
            "<link rel=\"stylesheet\" type=\"text/css\" href=\"pw-style.css\"/>\n</head>\n\
             <body{kind}>\n{body}</body>\n</html>\n"
        ));
        out
    }

    /// When a text changed last, in UTC to the second.
    fn modified(&self) -> String {
        let changes = self.series.chapters().filter_map(|chapter| chapter.changed().map(|when| when.instant));
        let last = changes.max().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        last.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

/// A line of the navigation, with those below it.
fn link(body: &mut String, document: &Document, sides: &[&Document]) {
    body.push_str("<li><a href=\"");
    push_attribute(body, &encode(&document.place));
    body.push_str("\">");
    push_text(body, &document.title);
    body.push_str("</a>");
    if !sides.is_empty() {
        body.push_str("\n<ol>\n");
        sides.iter().for_each(|side| link(body, side, &[]));
        body.push_str("</ol>");
    }
    body.push_str("</li>\n");
}

/// What holds of every book (EPUB Accessibility 1.1, §2.2).
const ACCESSIBILITY: &[(&str, &str)] = &[
    ("schema:accessMode", "textual"),
    ("schema:accessMode", "visual"),
    ("schema:accessModeSufficient", "textual"),
    ("schema:accessibilityFeature", "structuralNavigation"),
    ("schema:accessibilityFeature", "tableOfContents"),
    ("schema:accessibilityFeature", "readingOrder"),
    ("schema:accessibilityHazard", "none"),
];

/// What names the book for ever: as with feeds, no address, which may change.
fn identifier(site: &Site, series: &Series) -> String {
    feed::tag(&feed::authority(site), series.plan.known_as(), &format!("book{}", site.id_suffix()))
}

const CONTAINER: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <container xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\" version=\"1.0\">\n\
    <rootfiles><rootfile full-path=\"EPUB/package.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles>\n\
    </container>\n";

/// Writes `<name attributes>text</name>` on a line.
fn element(out: &mut String, name: &str, attributes: &str, text: &str) {
    out.push_str(&format!("<{name}{attributes}>"));
    push_text(out, text);
    out.push_str(&format!("</{name}>\n"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::cache::Caches;
    use crate::store::state::State;

    #[test]
    fn a_book_is_the_same_whenever_its_texts_are_packed_and_wherever_it_waits() {
        let page = "<p>one</p>".repeat(100);
        let folder = tempfile::tempdir().expect("a folder");
        let large = Caches::open(Some(&State::of(folder.path(), folder.path()))).large;
        let bound = |text: Text, spool: Option<Spool>| {
            let (place, title) = ("one.xhtml".into(), String::new());
            let document = Document { place, title, holds: PolicySources::default(), kind: "bodymatter", text };
            let draft = Draft {
                package: String::new(),
                navigation: String::new(),
                style: String::new(),
                documents: vec![document],
                pictures: Vec::new(),
                cover: None,
                shown: Shown::new(),
            };
            let waits = spool.is_some();
            let book = draft.bind(None, &large, spool).map_err(|unread| unread.error).expect("no picture to be read");
            assert_eq!(matches!(book, Piece::Aside(..)), waits);
            // Remembered and found again, it is the same.
            let key = Key::of([&b"a book"[..]]);
            draft.keep(&large, key, &book);
            let (shown, kept) = large.open_piece(&key).expect("kept").first_line().expect("read").expect("a line");
            assert_eq!(shown, b"{}");
            assert!(kept.bytes().expect("read") == book.bytes().expect("read"));
            joined(&[book]).expect("read")
        };
        let spool = Arc::new(large.spool().expect("room"));
        let packed = || alone(page.as_bytes(), SimpleFileOptions::default());
        let one = bound(Text::Packed(Piece::Here(packed())), None);
        assert!(one == bound(Text::Plain(page.clone()), None));
        assert!(one == bound(Text::Packed(Piece::aside(Some(&spool), packed())), large.spool()));
        assert!(one == bound(Text::Plain(page.clone()), large.spool()));
    }
}
