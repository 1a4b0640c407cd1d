//! What came in: texts with their paths, places in them, and permanent ids.
//!
//! In: text as it was read. Out: lines and columns for a byte range. Never touches a disk.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// One text of the project. Line ends are `\n` and a byte order mark is gone, so that lines and
/// columns agree with what an editor shows.
#[derive(Debug)]
pub struct Source {
    /// The path below the project's root, with `/` between its pieces.
    pub path: String,
    held: Held,
    line_starts: OnceLock<Vec<usize>>,
    seen: OnceLock<Seen>,
}

/// Where a text is.
#[derive(Debug)]
enum Held {
    Here(String),
    /// In its file, and here as well once somebody has asked for it to stay.
    There {
        file: There,
        asked: OnceLock<String>,
    },
}

/// Reads a text from its file; nothing when that can't be.
struct There(Box<dyn Fn() -> Option<String> + Send + Sync>);

impl fmt::Debug for There {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("There").finish_non_exhaustive()
    }
}

impl There {
    fn read(&self) -> Option<String> {
        (self.0)().map(clean)
    }
}

/// What is known of a text that isn't here.
#[derive(Debug)]
struct Seen {
    hash: blake3::Hash,
    bytes: usize,
}

impl Seen {
    fn of(text: &str) -> Self {
        Seen { hash: blake3::hash(text.as_bytes()), bytes: text.len() }
    }
}

impl Source {
    /// Takes a path below the root and the text as read; `\r\n` becomes `\n`.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Source::held(path.into(), Held::Here(clean(text.into())))
    }

    /// Takes what reads the text, if it can be read. It is what the first reading gives.
    pub fn there(path: impl Into<String>, read: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Source::held(path.into(), Held::There { file: There(Box::new(read)), asked: OnceLock::new() })
    }

    fn held(path: String, held: Held) -> Self {
        Source { path, held, line_starts: OnceLock::new(), seen: OnceLock::new() }
    }

    /// The text. One that is not here stays from then on, empty where it can't be read: [`Source::visit`] is for who only
    /// passes through many of them.
    pub fn text(&self) -> &str {
        match &self.held {
            Held::Here(text) => text,
            Held::There { file, asked } => asked.get_or_init(|| file.read().unwrap_or_default()),
        }
    }

    /// The text, of one that is here.
    pub fn into_text(self) -> Option<String> {
        if let Held::Here(text) = self.held { Some(text) } else { None }
    }

    /// The text for a moment; nothing of one that can't be read, or has changed since the first reading.
    pub fn visit(&self) -> Option<Cow<'_, str>> {
        match &self.held {
            Held::Here(text) => Some(text.into()),
            Held::There { file, .. } => {
                let text = file.read()?;
                let now = Seen::of(&text);
                let hash = now.hash;
                (self.seen.get_or_init(|| now).hash == hash).then_some(text.into())
            }
        }
    }

    fn seen(&self) -> &Seen {
        self.seen.get_or_init(|| match &self.held {
            Held::Here(text) => Seen::of(text),
            Held::There { file, .. } => Seen::of(&file.read().unwrap_or_default()),
        })
    }

    /// How many bytes the text has.
    pub fn bytes(&self) -> usize {
        match &self.held {
            Held::Here(text) => text.len(),
            Held::There { .. } => self.seen().bytes,
        }
    }

    /// Stands for the text.
    pub fn hash(&self) -> &blake3::Hash {
        &self.seen().hash
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts
            .get_or_init(|| std::iter::once(0).chain(self.text().match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line and column of a byte offset, both from 1; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text().len());
        while !self.text().is_char_boundary(offset) {
            offset -= 1;
        }
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset);
        let column = self.text()[starts[line - 1]..offset].chars().count() + 1;
        (line, column)
    }

    /// The byte range of a line, from 1, without its line end.
    pub fn line(&self, number: usize) -> Range<usize> {
        let starts = self.line_starts();
        let start = starts[number - 1];
        let end = starts.get(number).map_or(self.text().len(), |next| next - 1);
        start..end
    }

    /// The byte offset of a line and column, both from 1, as parsers of other languages count them.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = self.line_starts().get(line.saturating_sub(1)) else {
            return self.text().len();
        };
        self.text()[*start..]
            .char_indices()
            .nth(column.saturating_sub(1))
            .map_or(self.text().len(), |(at, _)| start + at)
    }
}

/// A text as it is held.
fn clean(mut text: String) -> String {
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    text
}

/// Names one of the [`Sources`] of a project.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// All texts of a project, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Sources {
    list: Vec<Arc<Source>>,
}

impl Sources {
    pub fn add(&mut self, source: impl Into<Arc<Source>>) -> SourceId {
        let id = SourceId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(source.into());
        id
    }

    pub fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0 as usize]
    }

    pub fn text(&self, id: SourceId) -> &str {
        self.get(id).text()
    }

    pub fn path(&self, id: SourceId) -> &str {
        &self.get(id).path
    }

    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.list.iter().enumerate().map(|(at, source)| (SourceId(at as u32), &**source))
    }
}

/// A byte range of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub source: SourceId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(source: SourceId, range: Range<usize>) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source, start: clamp(range.start), end: clamp(range.end.max(range.start)) }
    }

    /// The first byte of a source: the place of what is missing from it.
    pub fn start_of(source: SourceId) -> Self {
        Span::new(source, 0..0)
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value together with the place where it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: change(self.value), span: self.span }
    }
}

/// The most bytes that an id may take: file systems allow 255 for a name, and an id becomes part
/// of several names.
pub const MAX_ID_BYTES: usize = 100;

/// Why a text can't be the id of a part, a series or a term; `None` when it can.
///
/// Ids are lowercase letters of any script, digits, `-` and `_`, composed (NFC), so that the same
/// id is the same bytes on every file system.
pub fn id_problem(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty".into());
    }
    if text.len() > MAX_ID_BYTES {
        return Some(format!("is {} bytes long; at most {MAX_ID_BYTES} are allowed", text.len()));
    }
    if !is_nfc(text) {
        return Some("is written with decomposed letters (NFD)".into());
    }
    if let Some(bad) = text.chars().find(|c| !is_id_char(*c)) {
        return Some(if bad.is_uppercase() {
            format!("has the capital letter `{bad}`")
        } else {
            format!("has the character `{}`", bad.escape_debug())
        });
    }
    if is_windows_reserved(text) {
        return Some("is a device name on Windows, where no file can be called that".into());
    }
    None
}

fn is_id_char(c: char) -> bool {
    matches!(c, '-' | '_')
        || c.is_alphanumeric() && !c.is_uppercase()
        // Marks that belong to a letter: vowel signs of Indic scripts and the like.
        || unicode_normalization::char::is_combining_mark(c)
}

/// Whether Windows keeps this file name (without its extension) for a device.
pub fn is_windows_reserved(stem: &str) -> bool {
    let stem = stem.split('.').next().unwrap_or(stem).trim_end();
    let upper = stem.to_ascii_uppercase();
    matches!(upper.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (upper.len() == 4
            && (upper.starts_with("COM") || upper.starts_with("LPT"))
            && upper.ends_with(|c: char| c.is_ascii_digit()))
}

/// A text as an id or URL piece: lowercased, letters and digits of every script kept, everything
/// else a single `-`. Empty when nothing is left.
pub fn slugify(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.nfc().flat_map(char::to_lowercase) {
        if is_id_char(c) {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    let mut end = slug.len().min(MAX_ID_BYTES);
    while !slug.is_char_boundary(end) {
        end -= 1;
    }
    slug.truncate(end);
    slug
}

/// A text in composed form (NFC), borrowed when it is already.
pub fn nfc(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn positions_count_characters() {
        let source = Source::new("a.md", "\u{feff}één\r\ntwee");
        assert_eq!(source.text(), "één\ntwee");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position("éé".len()), (1, 3));
        assert_eq!(source.position("één\n".len()), (2, 1));
        assert_eq!(source.offset(2, 3), "één\ntw".len());
        assert_eq!(&source.text()[source.line(2)], "twee");
    }

    #[test]
    fn a_text_that_is_not_here_is_what_was_read_first() {
        let now = Arc::new(Mutex::new(Some("\u{feff}één\r\ntwee")));
        let file = Arc::clone(&now);
        let source = Source::there("a.md", move || file.lock().ok()?.map(str::to_string));
        assert_eq!(source.visit().as_deref(), Some("één\ntwee"));
        assert_eq!(source.visit().as_deref(), Some("één\ntwee"));
        assert_eq!(source.bytes(), "één\ntwee".len());
        let write = |text| *now.lock().expect("ours") = text;
        write(None);
        assert_eq!(source.visit(), None, "it is gone");
        write(Some("een\ntwee"));
        assert_eq!(source.visit(), None, "another text");
        assert_eq!(*source.hash(), blake3::hash("één\ntwee".as_bytes()), "of what was read");
        assert_eq!(source.position("een\n".len()), (2, 1), "whoever asks is told what is there now");
    }

    #[test]
    fn ids() {
        for good in ["rag", "part-1", "å_ö", "日本", "हिन्दी"] {
            assert_eq!(id_problem(good), None, "{good}");
        }
        for bad in ["", "RAG", "a/b", "..", "a b", "%2e", "con", "nul", "a.b", "e\u{301}"] {
            assert!(id_problem(bad).is_some(), "{bad}");
        }
        assert!(id_problem(&"x".repeat(101)).is_some());
    }

    #[test]
    fn slugs() {
        assert_eq!(slugify("Fine-tuning vs RAG vs Prompting"), "fine-tuning-vs-rag-vs-prompting");
        assert_eq!(slugify("  C++ & Rust!"), "c-rust");
        assert_eq!(slugify("Ärlighet"), "ärlighet");
    }
}
