//! Social cards: what a link to a page looks like elsewhere.
//!
//! In: what a card says, the template `card.svg`, the theme's faces and the project's. Out: a PNG
//! of 1200 × 630 pixels, the same bytes on every machine. No system font, no file but the fonts
//! that `[cards] fonts` names and no network is ever read, whatever a template or a title says; a
//! card that can't be drawn is a diagnostic.

mod easel;
mod encode;
mod family;
mod lettering;
mod limits;
mod paint;
mod pen;
pub mod picture;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};
use std::sync::{Mutex, PoisonError};

use resvg::usvg;
use serde::Serialize;
use tera::{Context, Kwargs, State, Tera, TeraResult, Value as TeraValue};

use crate::diagnostic::{Code, Diagnostic, count, list, quote};
use crate::project::Project;
use crate::project::documented::documented;
use crate::project::load::is_pointer;
use crate::project::places::{self, Refused};
use crate::render::engine::Engine;
use crate::render::template_error;
use crate::settings::config::Cards;
use crate::store::cache::{Folder, Key};
use crate::store::origin::Root;
use crate::store::tree::Later;
use crate::text::source::{Span, Spanned};
use crate::text::typeset::tie;

use easel::careful;
use family::family;
pub use lettering::{Faces, Fitted, Room, Run, Weight, fit};
use paint::Canvas;

/// A card's width and height in pixels.
pub const SIZE: (u32, u32) = (1200, 630);

/// The template of every card, below `templates/`.
pub const TEMPLATE: &str = "card.svg";

/// The width and height of a book's cover in pixels.
pub const COVER_SIZE: (u32, u32) = (SIZE.0, 1800);

/// The template of covers, below `templates/`.
pub const COVER_TEMPLATE: &str = "cover.svg";

/// Raise it when the same card is drawn differently by newer code or a newer renderer.
const VERSION: &[u8] = b"card 3";

/// The largest font that is read, in bytes: a face of all of Chinese with colors has some 25 MB.
const MOST_FONT_BYTES: u64 = 64 << 20;

documented! { VIEWS:
/// What a card says; everything the template sees.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// `part`, `series`, `site` or `cover`.
    pub kind: Kind,
    /// From `partwork.toml`.
    pub site_title: String,
    /// A BCP 47 tag.
    pub language: String,
    /// `None` on the card of the site.
    pub series_title: Option<String>,
    /// Of what the card is of.
    pub title: String,
    /// The part's place in the plan; absent on other cards, and for a part without one.
    pub number: Option<i64>,
    /// Such as `Part 12 of 21`; absent for a part without a number.
    pub label: Option<String>,
    /// The part's; absent on other cards.
    pub track: Option<Track>,
    /// Names.
    pub authors: Vec<String>,
    /// A sign that stands for it.
    pub emoji: Option<String>,
    /// The parts in order; on the card of the site most often none.
    pub shelf: Vec<Spine>,
}

/// The track of a card's part.
#[derive(Debug, Clone, Serialize)]
pub struct Track {
    /// Empty when the series has no named tracks.
    pub title: String,
    /// Counted from 1.
    pub position: usize,
}

/// A part on the shelf.
#[derive(Debug, Clone, Serialize)]
pub struct Spine {
    /// The place in the plan; absent for a part without one.
    pub number: Option<i64>,
    /// The position of its track, counted from 1.
    pub track: usize,
    /// Whether it is announced and not out.
    pub soon: bool,
    /// Whether the card is this part's.
    pub here: bool,
}
}

/// What a card is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Part,
    Series,
    Site,
    /// The cover of a series as a book.
    Cover,
}

impl Kind {
    /// The template that draws it.
    fn template(self) -> &'static str {
        if self == Kind::Cover { COVER_TEMPLATE } else { TEMPLATE }
    }

    fn size(self) -> (u32, u32) {
        if self == Kind::Cover { COVER_SIZE } else { SIZE }
    }
}

/// Reads the fonts that `[cards] fonts` names, by paths below `root`. Every one that can't be used
/// is reported, and the cards do without it. Reads none when cards are off.
pub fn faces(root: Option<&Root>, settings: &Cards, out: &mut Vec<Diagnostic>) -> Faces {
    let mut files = Vec::new();
    let mut spans = Vec::new();
    for font in settings.fonts.iter().filter(|_| settings.enabled) {
        match read_font(root, &font.value) {
            Ok(bytes) => {
                files.push(bytes);
                spans.push(font);
            }
            Err(problem) => out.push(unusable(font, &problem)),
        }
    }
    let (faces, without) = Faces::new(files);
    out.extend(without.into_iter().map(|at| unusable(spans[at], "is no TTF or OTF font")));
    faces
}

fn unusable(font: &Spanned<String>, problem: &str) -> Diagnostic {
    Diagnostic::new(Code::UnusableFont, font.span, format!("the font {} {problem}", quote(&font.value)))
        .help("give the path of a TTF or OTF file below the project's folder, such as `fonts/NotoSansDevanagari.ttf`")
}

fn read_font(root: Option<&Root>, path: &str) -> Result<Vec<u8>, String> {
    let below = Path::new(path);
    if path.is_empty() || !below.components().all(|piece| matches!(piece, Component::Normal(_) | Component::CurDir)) {
        return Err("is no plain path below the project's folder".into());
    }
    let missing = || Refused::Unreadable(io::ErrorKind::NotFound.into());
    let found = root.ok_or_else(missing).and_then(|root| places::find(root, below));
    let bytes = found.and_then(|font| font.read(MOST_FONT_BYTES).map_err(Refused::Unreadable));
    let bytes = bytes.map_err(|refused| match refused {
        Refused::Unreadable(error) if error.kind() == io::ErrorKind::NotFound => "doesn't exist".to_string(),
        Refused::Unreadable(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            format!("has more than the {} MiB of any font", MOST_FONT_BYTES >> 20)
        }
        Refused::Outside => "is a link that leaves the project".into(),
        refused @ Refused::Unreadable(_) => refused.message(),
        refused => format!("can't be used: {}", refused.message()),
    })?;
    if is_pointer(&bytes) {
        return Err("is a pointer of Git LFS, not the font that it stands for; run `git lfs pull`".into());
    }
    if bytes.starts_with(b"wOF2") || bytes.starts_with(b"wOFF") {
        return Err("is packed for the web (WOFF); a card needs it unpacked, as TTF or OTF".into());
    }
    Ok(bytes)
}

/// So many fitted texts are kept: the numbers of a shelf, the names of a series and of who writes it are those of the
/// card before.
const MOST_FITTED: usize = 250;

/// The longest outline that is kept, in bytes: longer ones are of titles, which stand on one card.
const MOST_OUTLINE: usize = 8 << 10;

/// Gives templates what `card.svg` is written with, and has what it prints escaped:
///
/// - `fit(text=…, width=…, sizes=[…])`, and as needed `size`, `height`, `lines`, `leading`,
///   `weight="bold"`, `spacing`: a [`Fitted`] text;
/// - `drawable(text=…)`: whether the faces have every character of a text;
/// - `tie(text=…)`: a title whose lines don't begin with a dash.
pub fn register(tera: &mut Tera, faces: &Faces) {
    tera.autoescape_on([".html", ".htm", ".xml", ".svg"]);
    let known = faces.clone();
    let fitted: Mutex<BTreeMap<Vec<u8>, TeraValue>> = Mutex::default();
    tera.register_function("fit", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<TeraValue> {
        let text: &str = kwargs.must_get("text")?;
        let room = room(&kwargs)?;
        let key = room.key(text);
        let fitted = || fitted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = fitted().get(&key) {
            return Ok(found.clone());
        }
        let set = fit(&known, text, &room);
        let value = TeraValue::from_serializable(&set);
        if set.outline.len() > MOST_OUTLINE {
            return Ok(value);
        }
        let mut kept = fitted();
        if kept.len() >= MOST_FITTED {
            kept.clear();
        }
        kept.insert(key, value.clone());
        Ok(value)
    });
    let known = faces.clone();
    tera.register_function("drawable", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<bool> {
        let text: String = kwargs.must_get("text")?;
        Ok(known.missing(&text).is_empty())
    });
    tera.register_function("tie", |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        let text: String = kwargs.must_get("text")?;
        Ok(tie(&text))
    });
}

/// The room that a template describes.
fn room(kwargs: &Kwargs) -> TeraResult<Room> {
    let number = |name: &str, value: f64, least: f64| {
        let fine = value.is_finite() && value >= least && value <= 10_000.0;
        fine.then_some(value).ok_or_else(|| tera::Error::message(format!("`{name}` is out of range in `fit`")))
    };
    let mut sizes = Vec::new();
    match (kwargs.get::<&TeraValue>("sizes")?, kwargs.get::<f64>("size")?) {
        (Some(list), None) => {
            for size in list.as_array().unwrap_or_default() {
                let size = size.as_number().map(|number| number.as_float());
                sizes.push(number("sizes", size.unwrap_or(f64::NAN), 1.0)?);
            }
        }
        (None, Some(size)) => sizes.push(number("size", size, 1.0)?),
        _ => {}
    }
    if sizes.is_empty() {
        return Err(tera::Error::message(
            "`fit` needs `size`, a number, or `sizes`, a list of numbers, the largest first",
        ));
    }
    let weight = match kwargs.get::<&str>("weight")? {
        None | Some("medium") => Weight::Medium,
        Some("bold") => Weight::Bold,
        Some(other) => {
            return Err(tera::Error::message(format!("`weight` is `medium` or `bold`, not {}", quote(other))));
        }
    };
    Ok(Room {
        width: number("width", kwargs.must_get("width")?, 1.0)?,
        height: kwargs.get("height")?.map(|height| number("height", height, 1.0)).transpose()?,
        sizes,
        lines: kwargs.get::<u8>("lines")?.unwrap_or(1).max(1).into(),
        leading: number("leading", kwargs.get("leading")?.unwrap_or(1.2), 0.1)?,
        weight,
        spacing: number("spacing", kwargs.get("spacing")?.unwrap_or(0.0), -1.0)?,
    })
}

/// Characters of these cards that no font has, as one diagnostic at the settings; an ornament that
/// can't be drawn is left out without a word.
pub fn missing(faces: &Faces, cards: impl Iterator<Item = Card>, project: &Project) -> Option<Diagnostic> {
    const MOST_SHOWN: usize = 5;
    let mut missing: BTreeSet<char> = BTreeSet::new();
    let mut families: BTreeSet<&str> = BTreeSet::new();
    let mut first = None;
    for card in cards {
        let track = card.track.as_ref().map(|track| &track.title);
        let texts = [&card.title, &card.site_title];
        let texts = texts.into_iter().chain(&card.series_title).chain(&card.label).chain(track).chain(&card.authors);
        for text in texts {
            let found = faces.missing(text);
            if !found.is_empty() {
                first.get_or_insert_with(|| text.clone());
                families.extend(found.iter().filter_map(|letter| family(*letter, &card.language)));
                missing.extend(found);
            }
        }
    }
    let shown: Vec<String> = missing.iter().take(MOST_SHOWN).map(char::to_string).collect();
    let rest = match missing.len().saturating_sub(MOST_SHOWN) {
        0 => String::new(),
        rest => format!(" nor {}", count(rest, "other character")),
    };
    let letters = list(shown.iter().map(String::as_str), "or");
    let message = format!("no font of the cards has {letters}{rest}: left out, first in {}", quote(&first?));
    let files: Vec<String> = families.iter().map(|family| format!("\"fonts/{family}.ttf\"")).collect();
    let such = match files.as_slice() {
        [] => String::new(),
        files => format!(", such as `[cards] fonts = [{}]`", files.join(", ")),
    };
    let help = format!("name a TTF or OTF file of the project that has them{such}");
    Some(Diagnostic::new(Code::MissingGlyphs, Span::start_of(project.config), message).help(help))
}

/// What all cards of a run share.
#[derive(Debug)]
pub struct Studio<'a> {
    project: &'a Project,
    engine: &'a Engine,
    faces: &'a Faces,
    /// Hash of the templates.
    templates: [u8; 32],
}

/// Makes ready to draw: `engine` holds the project's templates and what [`register`] gives them.
pub fn studio<'a>(project: &'a Project, engine: &'a Engine, faces: &'a Faces) -> Studio<'a> {
    let text = |path: &str| project.templates.get(path).map_or("", |source| project.sources.text(*source));
    let own = [text(TEMPLATE), text(COVER_TEMPLATE)];
    let mut hasher = blake3::Hasher::new();
    for text in own {
        hasher.update(blake3::hash(text.as_bytes()).as_bytes());
    }
    // What they take from elsewhere could be in any of the others.
    if own.into_iter().any(takes_from_others) {
        for path in project.templates.keys() {
            hasher.update(blake3::hash(text(path).as_bytes()).as_bytes());
        }
    }
    Studio { project, engine, faces, templates: *hasher.finalize().as_bytes() }
}

/// Whether a template includes or extends another or names a component that it doesn't define.
fn takes_from_others(template: &str) -> bool {
    template.split("{%").skip(1).any(|tag| {
        let tag = tag.trim_start_matches(['-', ' ', '\n', '\t']);
        tag.starts_with("include") || tag.starts_with("extends")
    }) || ["{{", "{%"].iter().flat_map(|opening| template.split(opening).skip(1)).any(|tag| {
        let name = tag.trim_start_matches(['-', ' ', '\n', '\t']).strip_prefix('<');
        let name = name.map(|name| name.split([' ', '/', '>', '\n', '\t']).next().unwrap_or_default());
        name.is_some_and(|name| !name.is_empty() && !template.contains(&format!("component {name}(")))
    })
}

/// The PNG of a card, remembered if it was drawn before. `None` with a diagnostic when it can't be
/// drawn.
pub fn draw(studio: &Studio<'_>, card: &Card, cache: &Folder, out: &mut Vec<Diagnostic>) -> Option<Vec<u8>> {
    let key = key(studio, card);
    if let Some(known) = cache.get(&key) {
        return Some(known);
    }
    match draft(studio, card, out)?.draw() {
        Ok(png) => {
            cache.put(key, &png);
            Some(png)
        }
        Err(problem) => {
            out.push(failed(studio.project, problem));
            None
        }
    }
}

/// As [`draw`], with the drawing left for when somebody asks for it. What the template gets wrong is
/// a diagnostic still; what can't be drawn is told who asks.
pub fn later(studio: &Studio<'_>, card: &Card, cache: &Folder, out: &mut Vec<Diagnostic>) -> Option<Later> {
    let key = key(studio, card);
    if let Some(known) = cache.get(&key) {
        return Some(Later::known(key.bytes(), known));
    }
    // Nobody may ask for long, and each build until then would fill in the template again.
    let filled = Key::of([b"svg", &key.bytes()]);
    let svg = cache.get(&filled).and_then(|svg| String::from_utf8(svg).ok());
    let draft = match svg {
        Some(svg) => Draft::new(studio, card, svg),
        None => draft(studio, card, out).inspect(|draft| cache.put(filled, draft.svg.as_bytes()))?,
    };
    let cache = cache.clone();
    Some(Later::new(key.bytes(), move || draft.draw().inspect(|png| cache.put(key, png))))
}

/// What a card is made from, hashed.
pub fn key(studio: &Studio<'_>, card: &Card) -> Key {
    // A structure of texts and numbers is always JSON.
    let said = serde_json::to_vec(card).unwrap_or_default();
    Key::of([VERSION, &studio.templates, studio.faces.hash(), &said])
}

/// What there is of a card before it is drawn.
struct Draft {
    svg: String,
    faces: Faces,
    size: (u32, u32),
    title: String,
}

/// Fills in the template of a card.
fn draft(studio: &Studio<'_>, card: &Card, out: &mut Vec<Diagnostic>) -> Option<Draft> {
    let failed = match careful(|| svg(studio, card)) {
        Some(Ok(svg)) => {
            return Some(Draft::new(studio, card, svg));
        }
        Some(Err(error)) => template_error(&error, studio.project, card.kind.template()),
        None => failed(studio.project, undrawable(&card.title, GAVE_UP)),
    };
    out.push(failed);
    None
}

impl Draft {
    fn new(studio: &Studio<'_>, card: &Card, svg: String) -> Draft {
        Draft { svg, faces: studio.faces.clone(), size: card.kind.size(), title: card.title.clone() }
    }

    /// The PNG, or a sentence that says why there is none.
    fn draw(&self) -> Result<Vec<u8>, String> {
        let (svg, faces, size) = (self.svg.clone(), self.faces.clone(), self.size);
        let drawn = easel::draw(move |canvas| png(&svg, &faces, size, canvas)).unwrap_or_else(|| Err(GAVE_UP.into()));
        drawn.map_err(|problem| undrawable(&self.title, &problem))
    }
}

const GAVE_UP: &str = "the renderer gave up";

fn undrawable(title: &str, problem: &str) -> String {
    format!("the card of {} can't be drawn: {problem}", quote(title))
}

fn failed(project: &Project, message: String) -> Diagnostic {
    let help = "the page does without; look at `templates/card.svg`, at the fonts, or simplify the title";
    match project.templates.get(TEMPLATE) {
        Some(source) => Diagnostic::new(Code::CardFailed, Span::start_of(*source), message),
        None => Diagnostic::file(Code::CardFailed, format!("templates/{TEMPLATE}"), message),
    }
    .help(help)
}

fn svg(studio: &Studio<'_>, card: &Card) -> TeraResult<String> {
    studio.engine.render(card.kind.template(), &Context::from_serialize(card)?, 0)
}

/// Draws an SVG that has this width and height, as wide as a card, on a canvas that is kept for the next. What is higher
/// than a card is drawn in bands: the canvas of a cover would be three times as large.
fn png(svg: &str, faces: &Faces, wanted: (u32, u32), canvas: &mut Option<Canvas>) -> Result<Vec<u8>, String> {
    if let Some(problem) = limits::refused(svg) {
        return Err(problem);
    }
    let options = usvg::Options {
        resources_dir: None,
        image_href_resolver: usvg::ImageHrefResolver {
            // Pictures are in the template itself or they aren't there: nothing is opened.
            resolve_string: Box::new(|_, _| None),
            ..usvg::ImageHrefResolver::default()
        },
        font_family: "Archivo".into(),
        fontdb: faces.database(),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let (width, height) = wanted;
    let size = tree.size().to_int_size();
    if (size.width(), size.height()) != wanted {
        return Err(format!("it is {} × {}, not {width} × {height}", size.width(), size.height()));
    }
    let canvas = match canvas {
        Some(canvas) => canvas,
        None => canvas.insert(Canvas::new(SIZE).ok_or("there is no memory for it")?),
    };
    let drawn = encode::png(wanted, |take| {
        (0..height).step_by(SIZE.1 as usize).try_for_each(|top| {
            canvas.paint(&tree, top);
            take(&canvas.pixels()[..(width * SIZE.1.min(height - top)) as usize])
        })
    });
    drawn.map_err(|error| error.to_string())
}

/// A picture of an author's in place of a card, as a PNG; a sentence says why there is none.
pub fn cropped(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let drawn = easel::draw(move |_| {
        let pixels = picture::covering(bytes, SIZE)?;
        encode::png(SIZE, |take| take(&pixels)).map_err(|error| error.to_string())
    });
    drawn.unwrap_or_else(|| Err(GAVE_UP.into()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::project::phrases::english;
    use crate::render::register_words;
    use crate::text::source::Source;

    /// Files of `tests/fonts`.
    fn faces(names: &[&str]) -> Faces {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts");
        let (faces, unusable) =
            Faces::new(names.iter().map(|name| std::fs::read(folder.join(name)).expect("a font")).collect());
        assert!(unusable.is_empty(), "{unusable:?}");
        faces
    }

    fn project(template: Option<&str>) -> Project {
        let mut project = Project::default();
        project.config = project.sources.add(Source::new("partwork.toml", ""));
        if let Some(template) = template {
            let id = project.sources.add(Source::new("templates/card.svg", template));
            project.templates.insert(TEMPLATE.into(), id);
        }
        crate::project::load::add_theme(&mut project);
        project
    }

    fn engine(project: &Project, faces: &Faces) -> Engine {
        let mut tera = Tera::default();
        register(&mut tera, faces);
        register_words(&mut tera, &Arc::new(english()));
        tera.register_function("panic", |_: Kwargs, _: &State<'_>| -> TeraResult<bool> { panic!("on purpose") });
        for name in [TEMPLATE, COVER_TEMPLATE] {
            let text = project.sources.text(project.templates[name]);
            tera.add_raw_template(name, text).expect("a good template");
        }
        Engine::new(tera, None)
    }

    fn card(title: &str) -> Card {
        let spine = |number: i64| Spine {
            number: Some(number),
            track: if number < 8 { 1 } else { 2 },
            soon: number > 14,
            here: number == 12,
        };
        Card {
            kind: Kind::Part,
            site_title: "A \"site\" & more".into(),
            language: "en".into(),
            series_title: Some("<Foundations>".into()),
            title: title.into(),
            number: Some(12),
            label: Some("Part 12 of 21".into()),
            track: Some(Track { title: "The Practice".into(), position: 2 }),
            authors: vec!["Ada Lovelace".into(), "Ibn al-Haytham".into()],
            emoji: Some("🚀".into()),
            shelf: (1..=21).map(spine).collect(),
        }
    }

    /// The bytes of a card drawn with a template, or what went wrong.
    fn drawn(template: Option<&str>, faces: &Faces, card: &Card) -> Result<Vec<u8>, Vec<Diagnostic>> {
        let project = project(template);
        let engine = engine(&project, faces);
        let mut out = Vec::new();
        let png = draw(&studio(&project, &engine, faces), card, &Folder::open(None), &mut out);
        png.ok_or(out)
    }

    /// Width, height and pixels.
    fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut decoder = png::Decoder::new(io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("an image");
        (info.width, info.height, pixels)
    }

    fn variants() -> Vec<Card> {
        let bare = Card { track: None, authors: Vec::new(), label: None, number: None, emoji: None, ..card("Bare") };
        let series = Card { kind: Kind::Series, track: None, ..card("The series") };
        let site = Card {
            kind: Kind::Site,
            series_title: None,
            track: None,
            label: None,
            shelf: Vec::new(),
            ..card("The site")
        };
        let spine = |number: i64| Spine { number: Some(number), track: 9, soon: number > 900, here: number == 7 };
        let vast = Card { shelf: (1..=1000).map(spine).collect(), ..card("Vast") };
        vec![
            card("RAG"),
            card(""),
            card(&"a long word ".repeat(100)),
            card(&"x".repeat(5000)),
            bare,
            series,
            site,
            vast,
        ]
    }

    #[test]
    fn every_kind_of_card_is_an_image_of_its_size() {
        let faces = faces(&[]);
        for card in variants() {
            let (width, height, pixels) = decoded(&drawn(None, &faces, &card).expect("a card"));
            assert_eq!((width, height), SIZE, "{}", card.title);
            assert_eq!(pixels[..3], [0xfd, 0xfd, 0xfc], "{}", card.title);
            assert!(pixels.chunks(3).any(|pixel| pixel == [0x17, 0x19, 0x1d]), "{}", card.title);
        }
    }

    /// A cover is drawn in bands, and is what one drawing of all of it gives.
    #[test]
    fn a_cover_has_no_seams() {
        let faces = faces(&[]);
        let said = Card { kind: Kind::Cover, ..card(&"A title of many lines ".repeat(6)) };
        let project = project(None);
        let engine = engine(&project, &faces);
        let svg = svg(&studio(&project, &engine, &faces), &said).expect("an SVG");
        let tree = usvg::Tree::from_str(&svg, &usvg::Options::default()).expect("an SVG");
        let mut whole = Canvas::new(COVER_SIZE).expect("memory");
        whole.paint(&tree, 0);
        let whole: Vec<u8> = whole.pixels().iter().flat_map(|pixel| &pixel[..3]).copied().collect();
        let (width, height, pixels) = decoded(&drawn(None, &faces, &said).expect("a cover"));
        assert_eq!((width, height), COVER_SIZE);
        assert!(pixels == whole, "another picture");
    }

    /// The same bytes on every machine. When this changes, so do the cards: raise `VERSION` unless
    /// the template or a face of the theme was changed.
    #[test]
    fn a_card_is_the_same_everywhere() {
        let png = drawn(None, &faces(&["hebrew.ttf", "emoji.ttf"]), &card("שלום 🚀 AVATAR")).expect("a card");
        assert_eq!(
            blake3::hash(&decoded(&png).2).to_hex().as_str(),
            "1c4c1582117fac9c039c748bfd4d3ae609ead2d996ab41b4d8c46372988795cb"
        );
    }

    #[test]
    fn words_are_no_markup() {
        let faces = faces(&[]);
        let title = "</text><image href=\"/etc/hostname\"/>&lt; ]]> {{ 1 }}";
        let mut said = card(title);
        said.language = "\"><script>".into();
        let plain = "{% set fitted = fit(text=title, width=2000, size=9) %}<svg xml:lang=\"{{ language }}\">{% for run in fitted.runs %}<text>{{ run.text }}</text>{% endfor %}</svg>";
        for template in [None, Some(plain)] {
            let project = project(template);
            let engine = engine(&project, &faces);
            let svg = svg(&studio(&project, &engine, &faces), &said).expect("an SVG");
            assert!(!svg.contains("<image") && !svg.contains("<script"), "{svg}");
            let tree = usvg::roxmltree::Document::parse(&svg).expect("XML");
            let text: String =
                tree.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
            assert_eq!(text.contains(title), template.is_some(), "{text}");
        }
        assert!(drawn(None, &faces, &said).is_ok());
    }

    /// Names that run the other way than the title stand in their corners all the same.
    #[test]
    fn no_word_leaves_the_card() {
        let faces = faces(&["hebrew.ttf"]);
        let project = project(None);
        let engine = engine(&project, &faces);
        for title in ["AVATAR", "שלום"] {
            for name in ["Ada", "שלום"] {
                for kind in [Kind::Part, Kind::Series, Kind::Site, Kind::Cover] {
                    let said = Card {
                        kind,
                        site_title: name.into(),
                        series_title: Some(name.into()),
                        authors: vec![name.into()],
                        ..card(title)
                    };
                    let svg = svg(&studio(&project, &engine, &faces), &said).expect("an SVG");
                    let tree = usvg::Tree::from_str(&svg, &usvg::Options::default()).expect("an SVG");
                    // All but what is as wide as the card: words, and the shelf with its numbers.
                    let places = tree.root().children().iter().map(|node| node.abs_bounding_box());
                    let width = SIZE.0 as f32;
                    let places: Vec<_> = places.filter(|place| (0.1..width).contains(&place.width())).collect();
                    assert!(places.len() > said.shelf.len() + 3, "{svg}");
                    assert!(
                        places.iter().all(|place| place.left() > 71.0 && place.right() < 1129.0),
                        "{places:?} {svg}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_template_opens_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let picture = folder.path().join("picture.png");
        let faces = faces(&[]);
        std::fs::write(&picture, drawn(None, &faces, &card("x")).expect("a card")).expect("written");
        let svg = |inner: &str| {
            format!(
                "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='1200' height='630'>{inner}</svg>"
            )
        };
        let path = picture.display();
        let nested = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            svg(&format!("<image href='{path}' width='1200' height='630'/>")),
        );
        let blank = drawn(Some(&svg("")), &faces, &card("x")).expect("a card");
        for inner in [
            format!("<image href='{path}' width='1200' height='630'/>"),
            format!("<image xlink:href='file://{path}' width='1200' height='630'/>"),
            format!("<image href='data:image/svg+xml;base64,{nested}' width='1200' height='630'/>"),
            format!("<style>@import url('{path}'); rect {{ fill: url('{path}') }}</style>"),
            format!("<use href='{path}#a'/>"),
        ] {
            assert!(drawn(Some(&svg(&inner)), &faces, &card("x")).expect("a card") == blank, "{inner}");
        }
        let inside =
            base64::Engine::encode(&base64::engine::general_purpose::STANDARD, svg("<rect width='9' height='9'/>"));
        let inside = svg(&format!("<image href='data:image/svg+xml;base64,{inside}' width='1200' height='630'/>"));
        assert!(drawn(Some(&inside), &faces, &card("x")).expect("a card") != blank);
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let faces = faces(&[]);
        for (template, code, words) in [
            ("<svg xmlns='http://www.w3.org/2000/svg' width='600' height='315'/>", Code::CardFailed, "600 × 315"),
            ("<svg", Code::CardFailed, "can't be drawn"),
            (
                "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><svg>&x;</svg>",
                Code::CardFailed,
                "can't be drawn",
            ),
            ("{{ panic() }}", Code::CardFailed, "gave up"),
            ("{{ nothing.at.all }}", Code::TemplateFailed, "nothing"),
            ("{{ fit(text=title, width=10) }}", Code::TemplateFailed, "`sizes`"),
            ("{{ fit(text=title, width=10, size=0) }}", Code::TemplateFailed, "out of range"),
            ("{{ fit(text=title, width=10, size=9, weight='thin') }}", Code::TemplateFailed, "`thin`"),
        ] {
            let found = drawn(Some(template), &faces, &card("x")).expect_err(template);
            assert_eq!(found.len(), 1, "{template}");
            assert_eq!(found[0].code, code, "{template}");
            assert!(found[0].message.contains(words), "{template}: {}", found[0].message);
        }
    }

    #[test]
    fn a_card_is_drawn_once() {
        let faces = faces(&[]);
        let folder = tempfile::tempdir().expect("a folder");
        let state = crate::store::state::State::of(folder.path(), folder.path());
        let plain = "<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='630'/>";
        let again = |template, faces: &Faces, card: &Card| {
            let project = project(template);
            let engine = engine(&project, faces);
            let cache = Folder::open(Some(state.clone()));
            let names = || state.project(true).and_then(|project| project.make_folder("large")?.list()).expect("room");
            let before = names();
            assert!(draw(&studio(&project, &engine, faces), card, &cache, &mut Vec::new()).is_some());
            cache.save().expect("saved");
            names() == before
        };
        assert!(!again(None, &faces, &card("x")));
        assert!(again(None, &faces, &card("x")));
        assert!(!again(None, &faces, &card("y")));
        assert!(!again(Some(plain), &faces, &card("y")));
        assert!(!again(Some(plain), &self::faces(&["hebrew.ttf"]), &card("y")));
    }

    #[test]
    fn a_template_that_takes_from_others_is_known() {
        for (template, takes) in [
            (
                crate::project::theme::TEMPLATES
                    .iter()
                    .find(|(path, _)| *path == TEMPLATE)
                    .map(|(_, text)| String::from_utf8_lossy(text))
                    .expect("it")
                    .as_ref(),
                false,
            ),
            ("{%- include \"a.svg\" %}", true),
            ("{% extends 'a.svg' %}", true),
            ("{{ <Other/> }}", true),
            ("{% component Own(a) %}{% endcomponent %}{{<Own a={1}/>}}", false),
        ] {
            assert_eq!(takes_from_others(template), takes, "{template}");
        }
    }

    #[test]
    fn characters_without_a_font_are_said_once() {
        let project = project(None);
        let cards = [card("日本"), card("本 🚀 שלום"), card("Плюс ότι")];
        let found = missing(&faces(&["hebrew.ttf"]), cards.clone().into_iter(), &project).expect("a warning");
        assert_eq!(found.message, "no font of the cards has `日`, `本` or `🚀`: left out, first in `日本`");
        assert_eq!(found.severity, crate::diagnostic::Severity::Warning);
        let files = "such as `[cards] fonts = [\"fonts/NotoEmoji.ttf\", \"fonts/NotoSansJP.ttf\"]`";
        assert!(found.help.as_deref().is_some_and(|help| help.ends_with(files)), "{:?}", found.help);
        assert!(
            missing(&faces(&["hebrew.ttf", "japanese.ttf", "emoji.ttf"]), cards.clone().into_iter(), &project)
                .is_none()
        );
        let found = missing(&faces(&[]), cards.into_iter(), &project).expect("a warning");
        assert!(found.message.contains("nor 2 other characters"), "{}", found.message);
    }

    #[test]
    fn emoji_keep_their_colors() {
        let faces = faces(&["emoji.ttf"]);
        let colors = |title: &str| {
            let (_, _, pixels) =
                decoded(&drawn(None, &faces, &Card { emoji: None, shelf: Vec::new(), ..card(title) }).expect("a card"));
            pixels
                .chunks(3)
                .filter(|pixel| pixel.iter().max().zip(pixel.iter().min()).is_some_and(|(a, b)| a - b > 60))
                .count()
        };
        let without = colors("Words");
        for emoji in ["🚀", "👩‍💻", "🇸🇪", "👍🏽"] {
            assert!(colors(&format!("Words {emoji} words")) > without + 200, "{emoji}");
        }
    }
}
