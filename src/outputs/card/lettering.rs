//! Words set in the faces of cards: which face has which letter, how wide a line is, where a title
//! breaks.
//!
//! In: texts and the bytes of fonts. Out: runs of one face and one direction with their places.
//! Measured by the shaper that draws, with the same settings. Never reads a file.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use harfrust::{Direction, GlyphBuffer, ShapeOptions, ShaperData, ShaperInstance, UnicodeBuffer, Variation};
use resvg::usvg::fontdb;
use serde::Serialize;
use skrifa::instance::Size;
use skrifa::outline::DrawSettings;
use skrifa::raw::TableProvider;
use skrifa::{FontRef, GlyphId, MetadataProvider, Tag};
use unicode_bidi::{BidiInfo, Level};
use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

use super::limits::MOST_BYTES;
use super::pen::Pen;
use crate::text::source::nfc;

/// The faces of the theme: Archivo for Latin, Literata for Greek and Cyrillic as well.
const BUILT_IN: &[&[u8]] = &[
    include_bytes!("fonts/archivo-600.ttf"),
    include_bytes!("fonts/archivo-500.ttf"),
    include_bytes!("fonts/literata-600.ttf"),
    include_bytes!("fonts/literata-500.ttf"),
];

/// A longer text is cut before it is looked at: no card shows so much, and shaping takes time.
const MOST_CHARS: usize = 600;

const ELLIPSIS: char = '…';

/// The axis of a variable face that is its weight.
const WGHT: Tag = Tag::new(b"wght");

/// How heavy words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Medium,
    Bold,
}

impl Weight {
    fn number(self) -> u16 {
        match self {
            Weight::Medium => 500,
            Weight::Bold => 600,
        }
    }
}

/// The faces that cards are set in: the theme's, then those of the project. Cheap to clone.
#[derive(Clone)]
pub struct Faces(Arc<Inner>);

struct Inner {
    faces: Vec<Face>,
    database: Arc<fontdb::Database>,
    hash: [u8; 32],
}

struct Face {
    bytes: FontBytes,
    /// Within a collection.
    index: u32,
    /// The name that this face alone has in the database.
    family: String,
    weight: u16,
    is_variable: bool,
    has_color: bool,
    is_built_in: bool,
    units_per_em: f64,
    shaping: ShaperData,
    /// The characters that it has, in stretches without a gap.
    characters: Vec<RangeInclusive<u32>>,
}

type FontBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

impl fmt::Debug for Faces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.faces.iter().map(|face| &face.family)).finish()
    }
}

impl Faces {
    /// The theme's faces and those in these files, each a TTF, an OTF or a collection of them;
    /// files in which no face is found come back by their positions.
    pub fn new(files: Vec<Vec<u8>>) -> (Faces, Vec<usize>) {
        let mut hasher = blake3::Hasher::new();
        let mut faces = Vec::new();
        let mut database = fontdb::Database::new();
        for bytes in BUILT_IN {
            hasher.update(blake3::hash(bytes).as_bytes());
            add_font(&mut faces, &mut database, Arc::new(*bytes), true);
        }
        let mut unusable = Vec::new();
        for (at, bytes) in files.into_iter().enumerate() {
            hasher.update(blake3::hash(&bytes).as_bytes());
            let before = faces.len();
            add_font(&mut faces, &mut database, Arc::new(bytes), false);
            if faces.len() == before {
                unusable.push(at);
            }
        }
        let hash = *hasher.finalize().as_bytes();
        (Faces(Arc::new(Inner { faces, database: Arc::new(database), hash })), unusable)
    }

    /// What the drawing finds the faces in.
    pub fn database(&self) -> Arc<fontdb::Database> {
        Arc::clone(&self.0.database)
    }

    /// Of all the bytes of all the fonts.
    pub fn hash(&self) -> &[u8; 32] {
        &self.0.hash
    }

    /// The characters of a text that no face has.
    pub fn missing(&self, text: &str) -> BTreeSet<char> {
        // Of most texts one face has all.
        if self.0.faces.iter().any(|face| face.has(text)) {
            return BTreeSet::new();
        }
        let text = clean(text);
        text.graphemes(true)
            .filter(|cluster| !self.0.faces.iter().any(|face| face.has(cluster)))
            .flat_map(|cluster| cluster.chars().filter(|c| !is_ignorable(*c)))
            .filter(|c| !self.0.faces.iter().any(|face| face.has(c.encode_utf8(&mut [0; 4]))))
            .collect()
    }
}

fn add_font(faces: &mut Vec<Face>, database: &mut fontdb::Database, bytes: FontBytes, is_built_in: bool) {
    for id in database.load_font_source(fontdb::Source::Binary(Arc::clone(&bytes))) {
        let Some(mut info) = database.face(id).cloned() else { continue };
        database.remove_face(id);
        let Ok(font) = FontRef::from_index((*bytes).as_ref(), info.index) else { continue };
        let Ok(head) = font.head() else { continue };
        let has = |tag: &[u8; 4]| font.table_data(Tag::new(tag)).is_some();
        let family = format!("card-{}", faces.len());
        info.families.push((family.clone(), fontdb::Language::English_UnitedStates));
        let face = Face {
            index: info.index,
            family,
            weight: info.weight.0,
            is_variable: font.axes().get_by_tag(WGHT).is_some(),
            has_color: [b"COLR", b"CBDT", b"sbix", b"SVG "].into_iter().any(has),
            is_built_in,
            units_per_em: f64::from(head.units_per_em().max(1)),
            shaping: ShaperData::new(&font),
            characters: characters(&font),
            bytes: Arc::clone(&bytes),
        };
        faces.push(face);
        database.push_face_info(info);
    }
}

/// Every character with a glyph, in stretches without a gap.
fn characters(font: &FontRef<'_>) -> Vec<RangeInclusive<u32>> {
    let mapped = font.charmap().mappings().filter(|(_, glyph)| glyph.to_u32() != 0).map(|(character, _)| character);
    let mapped: BTreeSet<u32> = mapped.collect();
    let mut stretches: Vec<RangeInclusive<u32>> = Vec::new();
    for character in mapped {
        match stretches.last_mut() {
            Some(last) if *last.end() + 1 == character => *last = *last.start()..=character,
            _ => stretches.push(character..=character),
        }
    }
    stretches
}

impl Face {
    fn font(&self) -> Option<FontRef<'_>> {
        FontRef::from_index((*self.bytes).as_ref(), self.index).ok()
    }

    /// Whether every character of a cluster that shows has a glyph.
    fn has(&self, cluster: &str) -> bool {
        cluster.chars().filter(|c| !is_ignorable(*c)).all(|c| {
            let before = self.characters.partition_point(|stretch| *stretch.end() < u32::from(c));
            self.characters.get(before).is_some_and(|stretch| stretch.contains(&u32::from(c)))
        })
    }

    /// How far this face is from a weight; a variable one can have any.
    fn distance(&self, weight: Weight) -> u16 {
        if self.is_variable { 0 } else { self.weight.abs_diff(weight.number()) }
    }

    /// The glyphs of a text of one direction.
    fn shape(&self, text: &str, rtl: bool, weight: Weight) -> Option<GlyphBuffer> {
        let font = self.font()?;
        let wght = Variation { tag: WGHT, value: f32::from(weight.number()) };
        let instance = self.is_variable.then(|| ShaperInstance::from_variations(&font, [wght]));
        let shaper = self.shaping.shaper(&font).instance(instance.as_ref()).build();
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(if rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        buffer.guess_segment_properties();
        Some(shaper.shape(buffer, ShapeOptions::new()))
    }

    /// How wide glyphs are, in ems, and their clusters.
    fn advance(&self, glyphs: &GlyphBuffer) -> (f64, usize) {
        let units: f64 = glyphs.glyph_positions().iter().map(|position| f64::from(position.x_advance)).sum();
        let clusters: BTreeSet<u32> = glyphs.glyph_infos().iter().map(|info| info.cluster).collect();
        (units / self.units_per_em, clusters.len())
    }

    /// Draws glyphs at a size, each cluster that far from the next, their first baseline point where the pen is.
    fn outline(&self, glyphs: &GlyphBuffer, (size, spacing): (f64, f64), weight: Weight, pen: &mut Pen) {
        let Some(font) = self.font() else { return };
        let location = font.axes().location(self.is_variable.then(|| (WGHT, f32::from(weight.number()))));
        let outlines = font.outline_glyphs();
        pen.scale = size / self.units_per_em;
        let (mut x, y) = pen.origin;
        let infos = glyphs.glyph_infos();
        for (at, (info, position)) in infos.iter().zip(glyphs.glyph_positions()).enumerate() {
            pen.origin = (x + f64::from(position.x_offset) * pen.scale, y - f64::from(position.y_offset) * pen.scale);
            // What is larger is not drawn at all.
            let room = pen.data.len() < MOST_BYTES;
            if let Some(glyph) = outlines.get(GlyphId::new(info.glyph_id)).filter(|_| room) {
                // A glyph that is damaged is not seen.
                let _ = glyph.draw(DrawSettings::unhinted(Size::unscaled(), &location), pen);
            }
            x += f64::from(position.x_advance) * pen.scale;
            if infos.get(at + 1).is_none_or(|next| next.cluster != info.cluster) {
                x += spacing;
            }
        }
    }
}

/// What words are to be fitted into, in pixels.
#[derive(Debug, Clone)]
pub struct Room {
    pub width: f64,
    /// Of the lines together; no limit when absent.
    pub height: Option<f64>,
    /// Sizes of type to try, the best first; never empty.
    pub sizes: Vec<f64>,
    pub lines: usize,
    /// From one baseline to the next, in ems.
    pub leading: f64,
    pub weight: Weight,
    /// Between letters, in ems. Kept to the theme's faces: joined scripts must not be torn.
    pub spacing: f64,
}

impl Room {
    /// What stands for a text in this room.
    pub fn key(&self, text: &str) -> Vec<u8> {
        let Room { width, height, sizes, lines, leading, weight, spacing } = self;
        let numbers = [*width, height.unwrap_or(0.0), *leading, *spacing];
        let numbers = numbers.iter().chain(sizes).flat_map(|number| number.to_le_bytes());
        let others = [*lines as u64, weight.number().into(), sizes.len() as u64];
        numbers.chain(others.into_iter().flat_map(u64::to_le_bytes)).chain(text.bytes()).collect()
    }
}

/// Words with their places.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fitted {
    pub size: f64,
    /// Whether the text as a whole runs from right to left.
    pub rtl: bool,
    /// Of the left end of the widest line, from the left of the room.
    pub left: f64,
    /// Of the widest line.
    pub width: f64,
    /// Number of lines.
    pub lines: usize,
    pub weight: u16,
    /// The words as the data of a path, from the left of the room and the first line's baseline: quicker to draw than
    /// the runs, each of which the renderer would have to shape again. Without those of `colored`.
    pub outline: String,
    /// The runs whose faces have colors, which an outline hasn't.
    pub colored: Vec<Run>,
    /// All of it.
    pub runs: Vec<Run>,
}

/// Words of one face and one direction, drawn in an element of their own: what the renderer does
/// with several in one differs from what was measured, and loses emoji.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    pub text: String,
    /// Of its left end, from the left of the room.
    pub x: f64,
    /// Of its baseline, from the first line's.
    pub y: f64,
    pub family: String,
    /// Between letters, in pixels.
    pub spacing: f64,
}

/// Fits words into a room: the first size at which they stand in its lines with no word broken,
/// else the last size, where a word that is too wide by itself is broken and what is too much ends
/// in an ellipsis. Lines are made as even as they can be. Text from right to left stands at the
/// right. Characters that no face has are left out.
pub fn fit(faces: &Faces, text: &str, room: &Room) -> Fitted {
    let mut text = clean(text);
    if text.graphemes(true).any(|cluster| !faces.0.faces.iter().any(|face| face.has(cluster))) {
        let kept: String =
            text.graphemes(true).filter(|cluster| faces.0.faces.iter().any(|face| face.has(cluster))).collect();
        text = clean(&kept);
    }
    let rtl = BidiInfo::new(&text, None).paragraphs.first().is_some_and(|paragraph| paragraph.level.is_rtl());
    let setter = Setter::new(faces, &text, rtl, room);
    let smallest = room.sizes.len() - 1;
    let (size, lines) = room
        .sizes
        .iter()
        .enumerate()
        .find_map(|(at, size)| {
            let most = room.lines_at(*size);
            let lines = setter.lines(&text, room.width / size, at == smallest, most)?;
            (lines.len() <= most).then_some((*size, lines))
        })
        .unwrap_or_else(|| {
            let size = room.sizes[smallest];
            (size, setter.shortened(&text, size))
        });
    let lines = setter.balanced(&text, lines, room.width / size);
    let (mut runs, mut colored) = (Vec::new(), Vec::new());
    let mut pen = Pen::default();
    let mut widest: f64 = 0.0;
    for (at, line) in lines.iter().enumerate() {
        let (placed, width) = setter.place(line);
        let start = if rtl { room.width - width * size } else { 0.0 };
        widest = widest.max(width * size);
        for piece in placed {
            let face = &faces.0.faces[piece.face];
            let run = Run {
                text: piece.text,
                x: round(start + piece.x * size),
                y: round(at as f64 * room.leading * size),
                family: face.family.clone(),
                spacing: round(setter.spacing(piece.face) * size),
            };
            if face.has_color {
                colored.push(run.clone());
            } else if let Some(glyphs) = piece.glyphs {
                pen.origin = (run.x, run.y);
                face.outline(&glyphs, (size, run.spacing), room.weight, &mut pen);
            }
            runs.push(run);
        }
    }
    let left = if rtl { round(room.width - widest) } else { 0.0 };
    Fitted {
        size,
        rtl,
        left,
        width: round(widest),
        lines: lines.len(),
        weight: room.weight.number(),
        outline: pen.data,
        colored,
        runs,
    }
}

impl Room {
    /// How many lines there is room for.
    fn lines_at(&self, size: f64) -> usize {
        let fits =
            |lines: usize| self.height.is_none_or(|height| (1.0 + (lines - 1) as f64 * self.leading) * size <= height);
        (1..=self.lines).rev().find(|lines| fits(*lines)).unwrap_or(1)
    }
}

/// A text's way of being set: measures are in ems.
struct Setter<'a> {
    faces: &'a [Face],
    room: &'a Room,
    rtl: bool,
    /// Faces, the best first for this text.
    order: Vec<usize>,
    /// Of lines that were measured: each size and each try at even lines asks for the same ones.
    widths: RefCell<BTreeMap<String, f64>>,
}

/// A piece of a line, its left end in ems.
struct Piece {
    text: String,
    glyphs: Option<GlyphBuffer>,
    face: usize,
    x: f64,
}

impl<'a> Setter<'a> {
    fn new(faces: &'a Faces, text: &str, rtl: bool, room: &'a Room) -> Self {
        let faces = &faces.0.faces;
        // A text is set whole in the first of the theme's faces that has all that the theme has of
        // it: a word in two faces looks like a mistake. The project's follow by weight, and as they
        // were given.
        let lacking = |face: &Face| match face.is_built_in {
            true => text.graphemes(true).filter(|cluster| !face.has(cluster)).count(),
            false => 0,
        };
        let mut order: Vec<usize> = (0..faces.len()).collect();
        order.sort_by_cached_key(|at| {
            let face = &faces[*at];
            (!face.is_built_in, face.distance(room.weight), lacking(face))
        });
        Setter { faces, room, rtl, order, widths: RefCell::default() }
    }

    fn spacing(&self, face: usize) -> f64 {
        if self.faces[face].is_built_in { self.room.spacing } else { 0.0 }
    }

    /// The face for a cluster, which stays the one before it where that is possible for a space or
    /// a mark.
    fn face(&self, cluster: &str, before: Option<usize>) -> Option<usize> {
        let mut order: Vec<usize> = Vec::with_capacity(self.order.len() + 1);
        if is_emoji(cluster) {
            order.extend(self.order.iter().copied().filter(|at| self.faces[*at].has_color));
        } else if !cluster.chars().any(char::is_alphanumeric) {
            order.extend(before.filter(|at| !self.faces[*at].has_color));
        }
        order.extend(self.order.iter().copied().filter(|at| !self.faces[*at].has_color));
        order.extend(self.order.iter().copied());
        order.into_iter().find(|at| self.faces[*at].has(cluster))
    }

    /// The pieces of a line from left to right, and its width.
    fn place(&self, line: &str) -> (Vec<Piece>, f64) {
        let level = if self.rtl { Level::rtl() } else { Level::ltr() };
        let bidi = BidiInfo::new(line, Some(level));
        let mut placed = Vec::new();
        let mut x = 0.0;
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let rtl = levels.get(run.start).is_some_and(|level| level.is_rtl());
                let mut pieces = self.pieces(&line[run]);
                if rtl {
                    pieces.reverse();
                }
                for (face, text) in pieces {
                    let glyphs = self.faces[face].shape(&text, rtl, self.room.weight);
                    let (advance, clusters) = glyphs.as_ref().map_or((0.0, 0), |it| self.faces[face].advance(it));
                    // Marks at the ends of a piece keep its direction only with a letter of that
                    // direction beyond them; this one is not seen.
                    let text = if rtl { format!("\u{200f}{text}\u{200f}") } else { text };
                    placed.push(Piece { text, glyphs, face, x });
                    x += advance + self.spacing(face) * clusters as f64;
                }
            }
        }
        (placed, x)
    }

    fn width(&self, line: &str) -> f64 {
        if let Some(width) = self.widths.borrow().get(line) {
            return *width;
        }
        let (_, width) = self.place(line);
        self.widths.borrow_mut().insert(line.into(), width);
        width
    }

    /// A text of one direction in pieces of one face; each emoji by itself.
    fn pieces(&self, text: &str) -> Vec<(usize, String)> {
        let mut pieces: Vec<(usize, String)> = Vec::new();
        for cluster in text.graphemes(true) {
            let last = pieces.last().map(|(face, _)| *face);
            let Some(face) = self.face(cluster, last) else { continue };
            match pieces.last_mut() {
                Some((last, piece)) if *last == face && !self.faces[face].has_color => piece.push_str(cluster),
                _ => pieces.push((face, cluster.to_string())),
            }
        }
        pieces
    }

    /// Lines no wider than `width`, one more than `most` at the most; `None` when a word is wider
    /// and may not be broken.
    fn lines(&self, text: &str, width: f64, may_break: bool, most: usize) -> Option<Vec<String>> {
        let breaks: Vec<usize> = linebreaks(text).map(|(at, _)| at).collect();
        let mut lines = Vec::new();
        let mut start = 0;
        let mut next = 0;
        while start < text.len() && lines.len() <= most {
            let mut end = start;
            while let Some(at) = breaks.get(next).copied() {
                if self.width(text[start..at].trim()) > width {
                    break;
                }
                end = at;
                next += 1;
            }
            if end == start {
                if !may_break {
                    return None;
                }
                end = start + self.longest(&text[start..breaks.get(next).copied().unwrap_or(text.len())], width, "");
            }
            lines.push(text[start..end].trim().to_string());
            start = end;
        }
        Some(lines)
    }

    /// The length in bytes of the longest beginning that stands in `width` with `tail` after it, of
    /// one cluster at least.
    fn longest(&self, text: &str, width: f64, tail: &str) -> usize {
        let ends: Vec<usize> = text.grapheme_indices(true).map(|(at, cluster)| at + cluster.len()).collect();
        let fits = |end: usize| self.width(&format!("{}{tail}", text[..end].trim_end())) <= width;
        let count = ends.partition_point(|end| fits(*end));
        ends.get(count.saturating_sub(1)).copied().unwrap_or(text.len())
    }

    /// The lines at the smallest size, with an ellipsis where the text goes on.
    fn shortened(&self, text: &str, size: f64) -> Vec<String> {
        let width = self.room.width / size;
        let most = self.room.lines_at(size);
        let mut lines = self.lines(text, width, true, most).unwrap_or_default();
        if lines.len() <= most {
            return lines;
        }
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let tail = ELLIPSIS.to_string();
            let end = linebreaks(last)
                .map(|(at, _)| at)
                .filter(|at| self.width(&format!("{}{tail}", without_stop(&last[..*at]))) <= width)
                .last()
                .unwrap_or_else(|| self.longest(last, width, &tail));
            *last = format!("{}{tail}", without_stop(&last[..end]));
        }
        lines
    }

    /// As many lines of as even a length as their words allow; lines that end in an ellipsis or
    /// broke a word stay.
    fn balanced(&self, text: &str, lines: Vec<String>, width: f64) -> Vec<String> {
        const STEPS: usize = 8;
        let count = lines.len();
        let Some(whole) = self.lines(text, width, false, count).filter(|whole| *whole == lines && count > 1) else {
            return lines;
        };
        let (mut narrow, mut wide, mut best) = (width / 2.0, width, whole);
        for _ in 0..STEPS {
            let middle = f64::midpoint(narrow, wide);
            match self.lines(text, middle, false, count) {
                Some(lines) if lines.len() <= count => (wide, best) = (middle, lines),
                _ => narrow = middle,
            }
        }
        best
    }
}

/// A text on one line: composed, spaces single, no controls, not too long.
fn clean(text: &str) -> String {
    let text: String = text.chars().take(MOST_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = text.split([' ', '\u{2028}', '\u{2029}']).filter(|word| !word.is_empty()).collect();
    nfc(&words.join(" ")).into_owned()
}

/// A text without the marks that no ellipsis follows.
fn without_stop(text: &str) -> &str {
    text.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '.' | '–' | '—' | '-' | '،' | '、' | '。')
    })
}

/// Characters that are never seen by themselves: joiners, selectors of variants, marks of
/// direction, the letters of flags' tags.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a cluster is meant to be seen in colors.
fn is_emoji(cluster: &str) -> bool {
    cluster.chars().any(|c| matches!(c, '\u{fe0f}' | '\u{20e3}' | '\u{1f000}'..='\u{1faff}'))
}

/// To a hundredth of a pixel, so that places are short to write.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use resvg::tiny_skia::{Pixmap, Transform};
    use resvg::usvg;

    use super::*;

    fn faces() -> Faces {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts");
        let names = ["hebrew", "arabic", "devanagari", "bengali", "japanese", "emoji"];
        let read = |name: &str| std::fs::read(folder.join(format!("{name}.ttf"))).expect("a font");
        Faces::new(names.into_iter().map(read).collect()).0
    }

    const ROOM: Room = Room {
        width: 1000.0,
        height: None,
        sizes: Vec::new(),
        lines: 3,
        leading: 1.1,
        weight: Weight::Bold,
        spacing: 0.0,
    };

    fn room(sizes: &[f64]) -> Room {
        Room { sizes: sizes.to_vec(), ..ROOM }
    }

    /// The lines as they are read, top to bottom, each from left to right.
    fn lines(fitted: &Fitted) -> Vec<String> {
        let mut lines: Vec<(f64, String)> = Vec::new();
        for run in &fitted.runs {
            let text = run.text.replace('\u{200f}', "");
            match lines.last_mut() {
                Some((y, line)) if *y == run.y => *line += &text,
                _ => lines.push((run.y, text)),
            }
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn the_largest_size_that_fits_is_taken() {
        let faces = faces();
        let room = room(&[100.0, 50.0]);
        assert_eq!(fit(&faces, "Short", &room).size, 100.0);
        let text = "Words that go on and on and then on and on for some time and more of them still";
        let fitted = fit(&faces, text, &room);
        assert_eq!(fitted.size, 50.0);
        assert_eq!(lines(&fitted).join(" "), text);
        // In three lines of the larger size there is no room for three lines' height.
        let low = Room { height: Some(200.0), ..room.clone() };
        assert_eq!(fit(&faces, "Three lines of rather large letters, no more than that", &room).size, 100.0);
        assert_eq!(fit(&faces, "Three lines of rather large letters, no more than that", &low).size, 50.0);
    }

    #[test]
    fn lines_are_even_and_in_the_room() {
        let fitted = fit(&faces(), "Retrieval-augmented generation and when to use it", &room(&[80.0]));
        assert_eq!(
            lines(&fitted),
            ["Retrieval-augmented", "generation and when", "to use it"].map(str::to_string)[..fitted.lines]
        );
        assert!(fitted.width <= 1000.0);
    }

    #[test]
    fn only_a_word_that_is_too_wide_is_broken() {
        let faces = faces();
        let word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk";
        let fitted = fit(&faces, &format!("Die {word}"), &room(&[100.0, 50.0, 30.0]));
        assert_eq!((fitted.size, fitted.lines), (30.0, 1));
        let fitted = fit(&faces, &format!("Die {word}"), &room(&[100.0, 50.0]));
        assert_eq!(fitted.size, 50.0);
        assert_eq!(lines(&fitted)[0], "Die");
        assert_eq!(lines(&fitted)[1..].concat(), word);
        assert!(fitted.width <= 1000.0);
    }

    #[test]
    fn an_ellipsis_stands_at_the_very_end() {
        for text in ["word, ".repeat(90), "x".repeat(599), "日本語".repeat(100), "שלום ".repeat(100)] {
            let fitted = fit(&faces(), &text, &room(&[100.0, 70.0]));
            let lines = lines(&fitted);
            assert_eq!((fitted.size, fitted.lines), (70.0, 3), "{text}");
            assert!(fitted.width <= 1000.0, "{text}");
            assert_eq!(lines.concat().matches('…').count(), 1, "{text}");
            assert!(lines[2].trim_end_matches('…') != lines[2] || lines[2].starts_with('…'), "{lines:?}");
            assert!(!lines[2].contains(",…"), "{lines:?}");
        }
    }

    #[test]
    fn text_from_right_to_left_stands_at_the_right() {
        let fitted = fit(&faces(), "שלום RAG עולם!", &room(&[60.0]));
        assert!(fitted.rtl);
        let texts: Vec<&str> = fitted.runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!(lines(&fitted), ["!עולם RAGשלום "], "{texts:?}");
        let first = fitted.runs.iter().map(|run| run.x).fold(f64::MAX, f64::min);
        assert!((first + fitted.width - 1000.0).abs() < 0.1, "{first} {}", fitted.width);
        assert!(!fit(&faces(), "RAG שלום", &room(&[60.0])).rtl);
    }

    #[test]
    fn a_text_is_set_in_one_face_of_the_theme() {
        let families = |text: &str| {
            let fitted = fit(&faces(), text, &room(&[40.0]));
            fitted.runs.into_iter().map(|run| run.family).collect::<Vec<_>>()
        };
        assert_eq!(families("Plain words"), ["card-0"]);
        assert_eq!(families("Слова and words, ότι"), ["card-2"]);
        let emoji = families("🚀 and 👩‍💻🇸🇪 日本");
        assert_eq!(emoji, ["card-9", "card-0", "card-9", "card-9", "card-0", "card-8"]);
    }

    #[test]
    fn what_no_face_has_is_left_out() {
        let fitted = fit(&faces(), "ᚠ one ᚢ two", &room(&[40.0]));
        assert_eq!(lines(&fitted), ["one two"]);
        assert!(fit(&faces(), "ᚠᚢ", &room(&[40.0])).runs.is_empty());
        assert!(fit(&faces(), " \n ", &room(&[40.0])).runs.is_empty());
    }

    /// The width that was measured is the width that is drawn, in every script, and an outline looks like its runs.
    #[test]
    fn measured_as_drawn() {
        let faces = faces();
        let options = usvg::Options { fontdb: faces.database(), ..usvg::Options::default() };
        let tree = |words: &str| {
            let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='200'>{words}</svg>");
            usvg::Tree::from_str(&svg, &options).expect("an SVG")
        };
        let pixels = |tree: &usvg::Tree| {
            let mut canvas = Pixmap::new(1200, 200).expect("small");
            resvg::render(tree, Transform::identity(), &mut canvas.as_mut());
            canvas.take()
        };
        for (text, has_color) in [
            ("AVATAR To fjäll", false),
            ("Плюс", false),
            ("ότι", false),
            ("שלום עולם", false),
            ("سلام عليكم", false),
            ("क्या हिन्दी", false),
            ("বাংলা কি", false),
            ("日本語の本、", false),
            ("👩‍💻", true),
            ("🇸🇪", true),
            ("👍🏽", true),
        ] {
            let fitted = fit(&faces, text, &Room { spacing: -0.02, ..room(&[100.0]) });
            assert_eq!(fitted.runs.len(), 1, "{text}");
            let run = &fitted.runs[0];
            let set = tree(&format!(
                "<text xml:space='preserve' x='{}' y='150' font-size='100' font-weight='{}' font-family='{}' letter-spacing='{}'>{}</text>",
                run.x, fitted.weight, run.family, run.spacing, run.text
            ));
            let [usvg::Node::Text(drawn)] = set.root().children() else { panic!("{text}: no text") };
            let width = f64::from(drawn.bounding_box().width());
            assert!((width - fitted.width).abs() < 3.0, "{text}: drawn {width}, measured {}", fitted.width);
            let used: BTreeSet<_> =
                drawn.layouted().iter().flat_map(|span| &span.positioned_glyphs).map(|glyph| glyph.font).collect();
            assert_eq!(used.len(), 1, "{text}");
            assert_eq!(fitted.colored, if has_color { &fitted.runs[..] } else { &[] }, "{text}");
            let (set, outlined) =
                (pixels(&set), pixels(&tree(&format!("<path transform='translate(0 150)' d='{}'/>", fitted.outline))));
            let furthest = set.iter().zip(&outlined).map(|(one, other)| one.abs_diff(*other)).max();
            assert_eq!(furthest.is_some_and(|most| most > 64), has_color, "{text}: {furthest:?}");
        }
    }
}
