//! Social cards: what a link to a page looks like elsewhere.
//!
//! In: what a card says, the template `card.svg`, the theme's faces and the project's. Out: a PNG
//! of 1200 × 630 pixels, the same bytes on every machine. No system font, no file but the fonts
//! that `[cards] fonts` names and no network is ever read, whatever a template or a title says; a
//! card that can't be drawn is a diagnostic.

mod lettering;

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg;
use serde::Serialize;
use tera::{Context, Kwargs, State, Tera, TeraResult, Value as TeraValue};

use crate::cache::{Cache, Key, Value};
use crate::config::Cards;
use crate::diagnostic::{Code, Diagnostic, count, list, quote};
use crate::load::Project;
use crate::render::template_error;
use crate::source::{Span, Spanned};

pub use lettering::{Faces, Fitted, Room, Run, Weight, fit};

/// A card's width and height in pixels.
pub const SIZE: (u32, u32) = (1200, 630);

/// The template of every card, below `templates/`.
pub const TEMPLATE: &str = "card.svg";

/// Raise it when the same card is drawn differently by newer code or a newer renderer.
const VERSION: &[u8] = b"card 1";

/// The largest font that is read, in bytes: a face of all of Chinese with colours has some 25 MB.
const MOST_FONT_BYTES: u64 = 64 << 20;

/// What a card says; everything the template sees.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    pub kind: Kind,
    pub site_title: String,
    /// A BCP 47 tag.
    pub language: String,
    /// `None` on the card of the site.
    pub series_title: Option<String>,
    pub title: String,
    pub number: Option<i64>,
    /// Such as `Part 12 of 21`.
    pub label: Option<String>,
    pub track: Option<Track>,
    /// Names.
    pub authors: Vec<String>,
    pub emoji: Option<String>,
    /// The parts in order; on the card of the site most often none.
    pub shelf: Vec<Spine>,
}

/// What a card is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Part,
    Series,
    Site,
}

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
    pub number: i64,
    /// The position of its track, counted from 1.
    pub track: usize,
    pub soon: bool,
    /// Whether the card is this part's.
    pub here: bool,
}

/// Reads the fonts that `[cards] fonts` names, by paths below `root`. Every one that can't be used
/// is reported, and the cards do without it.
pub fn faces(root: &Path, settings: &Cards, out: &mut Vec<Diagnostic>) -> Faces {
    let mut files = Vec::new();
    let mut spans = Vec::new();
    for font in &settings.fonts {
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

fn read_font(root: &Path, path: &str) -> Result<Vec<u8>, String> {
    let below = Path::new(path);
    if path.is_empty() || !below.components().all(|piece| matches!(piece, Component::Normal(_) | Component::CurDir)) {
        return Err("lies outside the project".into());
    }
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "doesn't exist".to_string(),
        _ => format!("can't be read: {error}"),
    };
    let real = root.join(below).canonicalize().map_err(unreadable)?;
    if !real.starts_with(root.canonicalize().map_err(unreadable)?) {
        return Err("is a link that leaves the project".into());
    }
    // A FIFO would wait for ever and a device never end.
    let data = std::fs::metadata(&real).map_err(unreadable)?;
    if !data.is_file() {
        return Err("is no file".into());
    }
    if data.len() > MOST_FONT_BYTES {
        return Err(format!("has {} MiB, more than the {} MiB of any font", data.len() >> 20, MOST_FONT_BYTES >> 20));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&real)
        .and_then(|file| file.take(MOST_FONT_BYTES).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.starts_with(b"wOF2") || bytes.starts_with(b"wOFF") {
        return Err("is packed for the web (WOFF); a card needs it unpacked, as TTF or OTF".into());
    }
    Ok(bytes)
}

/// Gives templates what `card.svg` is written with, and has what it prints escaped:
///
/// - `fit(text=…, width=…, sizes=[…])`, and as needed `size`, `height`, `lines`, `leading`,
///   `weight="bold"`, `spacing`: a [`Fitted`] text;
/// - `drawable(text=…)`: whether the faces have every character of a text.
pub fn register(tera: &mut Tera, faces: &Faces) {
    tera.autoescape_on([".html", ".htm", ".xml", ".svg"]);
    let known = faces.clone();
    tera.register_function("fit", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<TeraValue> {
        let text: String = kwargs.must_get("text")?;
        Ok(TeraValue::from_serializable(&fit(&known, &text, &room(&kwargs)?)))
    });
    let known = faces.clone();
    tera.register_function("drawable", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<bool> {
        let text: String = kwargs.must_get("text")?;
        Ok(known.missing(&text).is_empty())
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
        return Err(tera::Error::message("`fit` needs `size`, a number, or `sizes`, a list of numbers, the largest first"));
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
pub fn missing(faces: &Faces, cards: &[Card], project: &Project) -> Option<Diagnostic> {
    const MOST_SHOWN: usize = 5;
    let mut missing: BTreeSet<char> = BTreeSet::new();
    let mut first = None;
    for card in cards {
        let track = card.track.as_ref().map(|track| &track.title);
        let texts = [&card.title, &card.site_title];
        let texts = texts.into_iter().chain(&card.series_title).chain(&card.label).chain(track).chain(&card.authors);
        for text in texts {
            let found = faces.missing(text);
            if !found.is_empty() {
                first.get_or_insert_with(|| text.clone());
                missing.extend(found);
            }
        }
    }
    let shown: Vec<String> = missing.iter().take(MOST_SHOWN).map(char::to_string).collect();
    let rest = missing.len().saturating_sub(MOST_SHOWN);
    let more = if rest > 0 { format!(" and {}", count(rest, "other character")) } else { String::new() };
    let letters = if rest > 0 { shown.iter().map(|c| quote(c)).collect::<Vec<_>>().join(", ") } else { list(shown.iter().map(String::as_str), "or") };
    let message = format!("no font of the cards has {letters}{more}; they are left out, first in {}", quote(&first?));
    Some(
        Diagnostic::new(Code::MissingGlyphs, Span::start_of(project.config), message).help(
            "name a TTF or OTF file of the project that has them, such as `[cards] fonts = [\"fonts/NotoSansJP.ttf\"]`",
        ),
    )
}

/// What all cards of a run share.
#[derive(Debug)]
pub struct Studio<'a> {
    project: &'a Project,
    tera: &'a Tera,
    faces: &'a Faces,
    /// Hash of the templates.
    templates: [u8; 32],
}

/// Makes ready to draw: `tera` holds the project's templates and what [`register`] gives them.
pub fn studio<'a>(project: &'a Project, tera: &'a Tera, faces: &'a Faces) -> Studio<'a> {
    let text = |path: &str| project.templates.get(path).map_or("", |source| project.sources.text(*source));
    let own = text(TEMPLATE);
    let mut hasher = blake3::Hasher::new();
    hasher.update(own.as_bytes());
    // What it draws in from elsewhere could be any of the others.
    if ["include", "extends", "import", "<"].iter().any(|word| own.contains(&format!("{{% {word}"))) || own.contains("{{<") {
        for path in project.templates.keys() {
            hasher.update(blake3::hash(text(path).as_bytes()).as_bytes());
        }
    }
    Studio { project, tera, faces, templates: *hasher.finalize().as_bytes() }
}

/// The PNG of a card, remembered if it was drawn before. `None` with a diagnostic when it can't be
/// drawn.
pub fn draw<'c>(studio: &Studio<'_>, card: &Card, cache: &'c Cache, out: &mut Vec<Diagnostic>) -> Option<Value<'c>> {
    // A structure of texts and numbers is always JSON.
    let said = serde_json::to_vec(card).ok()?;
    let key = Key::of([VERSION, &studio.templates, studio.faces.hash(), &said]);
    if let Some(known) = cache.get(&key) {
        return Some(known);
    }
    // The renderer has panicked on text that it should have taken.
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        let svg = svg(studio, card).map_err(|error| template_error(&error, studio.project, TEMPLATE))?;
        png(&svg, studio.faces).map_err(|problem| {
            let message = format!("the card of {} can't be drawn: {problem}", quote(&card.title));
            failed(studio.project, message)
        })
    }));
    let drawn = drawn.unwrap_or_else(|_| {
        let message = format!("the card of {} can't be drawn: the renderer gave up", quote(&card.title));
        Err(failed(studio.project, message))
    });
    match drawn {
        Ok(png) => Some(cache.put(key, png)),
        Err(diagnostic) => {
            out.push(diagnostic);
            None
        }
    }
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
    studio.tera.render(TEMPLATE, &Context::from_serialize(card)?)
}

/// Draws an SVG that has the size of a card.
fn png(svg: &str, faces: &Faces) -> Result<Vec<u8>, String> {
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
    let (width, height) = SIZE;
    let size = tree.size().to_int_size();
    if (size.width(), size.height()) != SIZE {
        return Err(format!("it is {} × {}, not {width} × {height}", size.width(), size.height()));
    }
    let mut pixmap = Pixmap::new(width, height).ok_or("there is no memory for it")?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    // Nothing shows through white, so each pixel is whole and its last byte says nothing.
    let pixels: Vec<u8> = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    encode(&pixels).map_err(|error| error.to_string())
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        let mut project = Project::default();
        crate::load::add_theme(&mut project);
        project
    }

    fn tera(project: &Project, faces: &Faces) -> Tera {
        let mut tera = Tera::default();
        register(&mut tera, faces);
        let source = project.templates[TEMPLATE];
        tera.add_raw_template(TEMPLATE, project.sources.text(source)).expect("a good template");
        tera
    }

    fn card(title: &str) -> Card {
        let spine = |number: i64| Spine { number, track: 1 + number as usize / 8, soon: number > 14, here: number == 12 };
        Card {
            kind: Kind::Part,
            site_title: "AI Demystified".into(),
            language: "en".into(),
            series_title: Some("Foundations & Practice".into()),
            title: title.into(),
            number: Some(12),
            label: Some("Part 12 of 21".into()),
            track: Some(Track { title: "The Practice".into(), position: 2 }),
            authors: vec!["Ada Lovelace".into(), "Ibn al-Haytham".into()],
            emoji: Some("🤖".into()),
            shelf: (1..=21).map(spine).collect(),
        }
    }

    #[test]
    fn look() {
        let fonts: Vec<Vec<u8>> = std::env::var("FONTS").unwrap_or_default().split_whitespace().map(|p| std::fs::read(p).unwrap()).collect();
        let (faces, bad) = Faces::new(fonts);
        assert!(bad.is_empty());
        let project = project();
        let tera = tera(&project, &faces);
        let studio = studio(&project, &tera, &faces);
        let dir = std::env::var("LOOK").unwrap();
        let mut cards = vec![
            card("RAG"),
            card("Retrieval-augmented generation <b>&amp; “when” to use it"),
            card("How a model that has only ever read text came to answer questions about pictures, sounds and the weather of next Tuesday, and what that says about the way in which representations are shared between modalities in general"),
            card("דוגמה של כותרת (ארוכה) עם RAG ו-2024!"),
            card("كيف تعمل النماذج اللغوية: مقدمة قصيرة للجميع"),
            card("大規模言語モデルはどのように動作するのか、そして私たちは何を学べるのか。"),
            card("Launch day 🚀 with 👩‍💻 and 🇸🇪 flags 👍🏽 and more words"),
            card("मशीन लर्निंग क्या है? একটি ভূমিকা"),
            card("Как устроены языковые модели"),
            card("Τι είναι τα γλωσσικά μοντέλα;"),
            card("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"),
        ];
        let mut c = card("No track, no author"); c.track = None; c.authors.clear(); c.shelf.iter_mut().for_each(|s| s.track = 1); cards.push(c);
        let mut c = card("Foundations & Practice"); c.kind = Kind::Series; c.label = Some("21 parts".into()); c.track = None; c.shelf.iter_mut().for_each(|s| s.here = false); cards.push(c);
        let mut c = card("AI Demystified"); c.kind = Kind::Site; c.label = None; c.track = None; c.shelf.clear(); cards.push(c);
        let mut c = card("A long series"); c.shelf = (1..=150).map(|n| Spine { number: n, track: 1 + n as usize / 30, soon: n > 100, here: n == 70 }).collect(); cards.push(c);
        let cache = Cache::open(None);
        for (at, card) in cards.iter().enumerate() {
            let mut out = Vec::new();
            let start = std::time::Instant::now();
            let svg = catch_unwind(AssertUnwindSafe(|| svg(&studio, card)));
            let t1 = start.elapsed();
            match svg { Ok(Ok(svg)) => std::fs::write(format!("{dir}/{at:02}.svg"), svg).unwrap(), Ok(Err(e)) => panic!("{e}"), Err(_) => {} }
            let start = std::time::Instant::now();
            let png = draw(&studio, card, &cache, &mut out);
            eprintln!("{at} svg {t1:?} all {:?} {:?} {out:?}", start.elapsed(), png.as_ref().map(|p| p.len()));
            if let Some(png) = png { std::fs::write(format!("{dir}/{at:02}.png"), &*png).unwrap() }
        }
        eprintln!("{:?}", missing(&faces, &cards, &project));
    }
}
