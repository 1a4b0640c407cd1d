//! Diagnostics for those who read them: a terminal, a program, GitHub's annotations.
//!
//! In: diagnostics and the sources that they point into. Out: text to a writer, in one order, bounded in size, and with
//! nothing in it that a terminal would obey. It never decides what is wrong and never reads a file.
//!
//! The terminal form has rustc's look and is drawn here, not by `annotate-snippets`. What is hard about it comes before
//! such a crate could draw: a line of 50 MB is cut to a window while its header keeps the true column, characters that
//! could change the terminal are spelled out (the crate lets C1 controls and some marks of direction through), and each
//! mark moves along with both. What is left then is a gutter and an underline.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::diagnostic::{Code, Diagnostic, Place, Severity, count, inert, is_order, is_unprintable, printable};
use crate::text::source::{SourceId, Sources, Span};

/// The most bytes that a report takes.
pub const LONGEST_REPORT: usize = 200_000;

/// The most bytes that the end of a report takes: what was left out, and the counts.
const LONGEST_END: usize = 5_000;

/// The most characters of a message, a help or the words of a note.
const LONGEST_WORDS: usize = 1000;

/// The most notes of a diagnostic.
const MOST_NOTES: usize = 8;

/// The columns of a terminal that a source line may take.
const WINDOW: usize = 160;

/// Who reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A person at a terminal: rustc's look.
    Human,
    /// A program: one object,
    /// `{"version":1,"diagnostics":[…],"omitted":0,"errors":1,"warnings":0}`.
    ///
    /// A diagnostic has `code`, `severity` (`"error"` or `"warning"`), `message`, `path` (below the project's root),
    /// `line`, `column`, `end_line`, `end_column`, `help` and `notes`; a note has `message`, `path` and the same four
    /// numbers. Lines and columns count from 1, columns in characters; the end is the place after the last character.
    /// The four numbers are `null` for a file as a whole, and `help` is `null` where there is none. `omitted` says how
    /// many diagnostics were left out for their number; `errors` and `warnings` count those too.
    Json,
    /// GitHub Actions: a [workflow command] for each diagnostic. A file's path is relative to the project's root.
    ///
    /// [workflow command]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    Github,
}

/// How a report looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// For [`Format::Human`].
    pub color: bool,
    /// Whether [`Format::Human`] has more than [`MOST_ALIKE`] warnings of a code.
    pub all: bool,
}

/// The most warnings of one code that a person is shown: whoever reads so many knows the rest. Errors have to be
/// mended, each of them.
pub const MOST_ALIKE: usize = 10;

/// How many diagnostics there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub errors: usize,
    pub warnings: usize,
}

impl Counts {
    fn and(self, other: Counts) -> Counts {
        Counts { errors: self.errors + other.errors, warnings: self.warnings + other.warnings }
    }
}

/// Writes the diagnostics, sorted by path, line, column, severity and code, exact duplicates once, and says how many
/// there are.
///
/// At most [`LONGEST_REPORT`] bytes are written; what is over is counted and mentioned. The only errors are the
/// writer's.
pub fn write(
    out: &mut dyn io::Write,
    diagnostics: &[Diagnostic],
    sources: &Sources,
    format: Format,
    Look { color, all }: Look,
) -> io::Result<Counts> {
    let sorted = sorted(diagnostics, sources);
    let counts = tally(&sorted);
    let (sorted, alike) = if format == Format::Human && !all { first_of_each(sorted) } else { (sorted, Vec::new()) };
    let mut positions = Positions { sources, tables: BTreeMap::new() };
    let mut room = LONGEST_REPORT - LONGEST_END;
    let mut shown = 0;
    if format == Format::Json {
        out.write_all(b"{\"version\":1,\"diagnostics\":[")?;
    }
    for diagnostic in &sorted {
        let text = match format {
            Format::Human => inert(&human(diagnostic, &mut positions, color)).into_owned(),
            Format::Json => json(diagnostic, &mut positions, shown == 0)?,
            Format::Github => github(diagnostic, &mut positions),
        };
        let Some(left) = room.checked_sub(text.len()) else {
            break;
        };
        out.write_all(text.as_bytes())?;
        room = left;
        shown += 1;
    }
    let omitted = tally(&sorted[shown..]).and(left_out(&sorted[..shown]));
    for (code, more) in alike {
        writeln!(out, "… and {} of `{}`; `-v` shows them\n", words(more, "more "), code.name())?;
    }
    let more = words(omitted, "more ");
    match format {
        Format::Json => {
            let Counts { errors, warnings } = counts;
            let omitted = omitted.errors + omitted.warnings;
            writeln!(out, "\n],\"omitted\":{omitted},\"errors\":{errors},\"warnings\":{warnings}}}")?;
        }
        _ if omitted == Counts::default() => {}
        Format::Human => writeln!(out, "… and {more}\n")?,
        Format::Github => writeln!(out, "::{}::… and {more}", gravest(omitted).name())?,
    }
    Ok(counts)
}

/// The errors and the first warnings of each code, and how many more each has.
fn first_of_each(sorted: Vec<&Diagnostic>) -> (Vec<&Diagnostic>, Vec<(Code, Counts)>) {
    let mut of_code: BTreeMap<Code, usize> = BTreeMap::new();
    let (first, rest): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|diagnostic| {
        if diagnostic.severity == Severity::Error {
            return true;
        }
        let count = of_code.entry(diagnostic.code).or_default();
        *count += 1;
        *count <= MOST_ALIKE
    });
    let mut more: BTreeMap<Code, Vec<&Diagnostic>> = BTreeMap::new();
    rest.into_iter().for_each(|diagnostic| more.entry(diagnostic.code).or_default().push(diagnostic));
    (first, more.into_iter().map(|(code, alike)| (code, tally(&alike))).collect())
}

/// How many diagnostics there were, such as `error: 2 errors and 1 warning`; empty when there were none.
pub fn summary(counts: Counts, color: bool) -> String {
    if counts == Counts::default() {
        return String::new();
    }
    let severity = gravest(counts);
    let Palette { level, strong, .. } = Palette::new(severity, color);
    format!("{level}{}{level:#}{strong}: {}{strong:#}", severity.name(), words(counts, ""))
}

/// What a code means, for a terminal: its name and severity, then its explanation at most 80 columns wide.
pub fn explain(code: Code) -> String {
    let mut text = format!("{}[{}]\n\n", code.severity().name(), code.name());
    for line in code.explanation().lines() {
        text += &wrap(line, 80);
        text.push('\n');
    }
    text
}

/// Breaks a line of Markdown between words, never inside a code span, where the break would be copied along.
fn wrap(line: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(line.len());
    let mut column = 0;
    let mut in_code = false;
    for word in line.split(|c| {
        in_code ^= c == '`';
        c == ' ' && !in_code
    }) {
        if column > 0 {
            let fits = column + 1 + word.width() <= width;
            wrapped.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        wrapped += word;
        column += word.width();
    }
    wrapped
}

/// The diagnostics in the order in which they are written, exact duplicates once.
pub fn sorted<'a>(diagnostics: &'a [Diagnostic], sources: &'a Sources) -> Vec<&'a Diagnostic> {
    // Offsets order a source as lines and columns do, without counting either.
    let key = |diagnostic: &'a Diagnostic| {
        let (path, range) = match &diagnostic.place {
            Place::File(path) => (path.as_str(), None),
            Place::Span(span) => {
                let range = clamped(sources, *span);
                (sources.path(span.source), Some((range.start, range.end)))
            }
        };
        let Diagnostic { code, severity, message, notes, help, .. } = diagnostic;
        (path, range.map(|(start, _)| start), *severity, code.name(), range, message, help, notes)
    };
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by(|a, b| key(a).cmp(&key(b)));
    sorted.dedup_by(|a, b| key(a) == key(b));
    sorted
}

fn tally(diagnostics: &[&Diagnostic]) -> Counts {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    Counts { errors, warnings: diagnostics.len() - errors }.and(left_out(diagnostics))
}

/// Those that others stand for.
fn left_out(diagnostics: &[&Diagnostic]) -> Counts {
    let of = |severity: Severity| {
        diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).map(|diagnostic| diagnostic.more).sum()
    };
    Counts { errors: of(Severity::Error), warnings: of(Severity::Warning) }
}

fn gravest(counts: Counts) -> Severity {
    if counts.errors > 0 { Severity::Error } else { Severity::Warning }
}

/// `2 errors and 1 warning`, with `more ` before the nouns where they count what wasn't shown.
fn words(counts: Counts, more: &str) -> String {
    let of = |n: usize, word: &str| (n > 0).then(|| count(n, &format!("{more}{word}")));
    let words: Vec<String> =
        [of(counts.errors, "error"), of(counts.warnings, "warning")].into_iter().flatten().collect();
    words.join(" and ")
}

/// The bytes of a span that are there, on character boundaries.
fn clamped(sources: &Sources, span: Span) -> Range<usize> {
    let text = sources.text(span.source);
    let start = text.floor_char_boundary(span.start as usize);
    start..text.ceil_char_boundary(span.end as usize).max(start)
}

/// Lines and columns at any offset, without reading a source from its start or a long line from its beginning for each
/// of a thousand diagnostics.
struct Positions<'a> {
    sources: &'a Sources,
    /// For each source asked for, the position at every multiple of [`Positions::STEP`].
    tables: BTreeMap<SourceId, Vec<Position>>,
}

/// A place in a source: line and column from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    line: usize,
    column: usize,
}

impl Positions<'_> {
    const STEP: usize = 4096;

    fn at(&mut self, source: SourceId, offset: usize) -> Position {
        let text = self.sources.text(source);
        let table = self.tables.entry(source).or_insert_with(|| {
            let mut table = vec![Position { line: 1, column: 1 }];
            for (step, end) in (Self::STEP..=text.len()).step_by(Self::STEP).enumerate() {
                let passed = text.floor_char_boundary(end - Self::STEP)..text.floor_char_boundary(end);
                table.push(table[step].after(&text[passed]));
            }
            table
        });
        let step = offset / Self::STEP;
        table[step].after(&text[text.floor_char_boundary(step * Self::STEP)..offset])
    }
}

impl Position {
    /// The position behind a text that begins here.
    fn after(self, passed: &str) -> Position {
        match passed.rfind('\n') {
            None => Position { column: self.column + passed.chars().count(), ..self },
            Some(last) => Position {
                line: self.line + passed.bytes().filter(|byte| *byte == b'\n').count(),
                column: 1 + passed[last + 1..].chars().count(),
            },
        }
    }
}

/// One place that a diagnostic shows, with what is said there.
struct Mark<'a> {
    source: SourceId,
    range: Range<usize>,
    position: Position,
    sign: &'static str,
    style: Style,
    words: &'a str,
}

/// The styles of a diagnostic; all plain without color.
#[derive(Debug, Clone, Copy, Default)]
struct Palette {
    /// The severity and what it underlines.
    level: Style,
    strong: Style,
    frame: Style,
}

impl Palette {
    fn new(severity: Severity, color: bool) -> Self {
        if !color {
            return Palette::default();
        }
        let level = match severity {
            Severity::Error => AnsiColor::BrightRed,
            Severity::Warning => AnsiColor::BrightYellow,
        };
        let strong = Style::new().bold();
        Palette {
            level: strong.fg_color(Some(level.into())),
            strong,
            frame: strong.fg_color(Some(AnsiColor::BrightBlue.into())),
        }
    }
}

/// A diagnostic as rustc draws one. Each mark has a row of its own under its source line.
fn human(diagnostic: &Diagnostic, positions: &mut Positions<'_>, color: bool) -> String {
    let palette @ Palette { level, strong, frame } = Palette::new(diagnostic.severity, color);
    let marks = marks(diagnostic, positions, palette);
    let gutter = marks.iter().map(|mark| mark.position.line.to_string().len()).max().unwrap_or(1);
    let mut text = format!(
        "{level}{}[{}]{level:#}{strong}: {}{strong:#}\n",
        diagnostic.severity.name(),
        diagnostic.code.name(),
        printable(&cut(&diagnostic.message))
    );
    let mut row = |sign: &str, words: &str| {
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "{frame}{sign}{frame:#}{}{words}", if words.is_empty() { "" } else { " " });
    };
    let bar = format!("{:gutter$} |", "");
    if let Place::File(path) = &diagnostic.place {
        row(&format!("{:gutter$}-->", ""), &printable(&cut(path)));
    }
    let mut above: Option<(SourceId, usize, Window)> = None;
    for (at, mark) in marks.iter().enumerate() {
        let source = positions.sources.text(mark.source);
        let Position { line, column } = mark.position;
        let fits = |(id, shown, window): &(SourceId, usize, Window)| {
            (*id, *shown) == (mark.source, line)
                && window.range.start <= mark.range.start
                && mark.range.start <= window.range.end
        };
        let window = match above.take().filter(fits) {
            Some((_, _, window)) => window,
            None => {
                let arrow = if at == 0 && matches!(diagnostic.place, Place::Span(_)) { "-->" } else { ":::" };
                if arrow == ":::" {
                    row(&bar, "");
                }
                let path = printable(&cut(positions.sources.path(mark.source)));
                row(&format!("{:gutter$}{arrow}", ""), &format!("{path}:{line}:{column}"));
                row(&bar, "");
                let window = Window::around(source, mark.range.start);
                row(&format!("{line:>gutter$} |"), &window.shown);
                window
            }
        };
        let (indent, width) = window.columns(source, &mark.range);
        let Mark { style, words, .. } = mark;
        let underline = mark.sign.repeat(width);
        let space = if words.is_empty() { "" } else { " " };
        row(&bar, &format!("{:indent$}{style}{underline}{space}{}{style:#}", "", printable(&cut(words))));
        above = Some((mark.source, line, window));
    }
    let omitted = diagnostic.notes.len().saturating_sub(MOST_NOTES);
    let more = (omitted > 0).then(|| format!("… and {}", count(omitted, "more place")));
    let remarks = [("note", more), ("help", diagnostic.help.as_deref().map(cut))];
    for (at, (name, words)) in remarks.into_iter().filter_map(|(name, words)| Some((name, words?))).enumerate() {
        if at == 0 && !marks.is_empty() {
            row(&bar, "");
        }
        let mut lines = words.split('\n');
        let first = lines.next().unwrap_or_default();
        row(&format!("{:gutter$} =", ""), &format!("{strong}{name}{strong:#}: {}", printable(first)));
        lines.for_each(|line| row(&format!("{:gutter$}  ", ""), &format!("  {}", printable(line))));
    }
    text.push('\n');
    text
}

/// The place of a diagnostic and those of its notes; of a place over several lines, what is on the first.
fn marks<'a>(diagnostic: &'a Diagnostic, positions: &mut Positions<'_>, palette: Palette) -> Vec<Mark<'a>> {
    let place = match diagnostic.place {
        Place::Span(span) => Some((span, "^", palette.level, "")),
        Place::File(_) => None,
    };
    let notes =
        diagnostic.notes.iter().take(MOST_NOTES).map(|(span, words)| (*span, "-", palette.frame, words.as_str()));
    let mark = |(span, sign, style, words): (Span, &'static str, Style, &'a str)| {
        let range = clamped(positions.sources, span);
        let text = &positions.sources.text(span.source)[range.clone()];
        let end = text.find('\n').map_or(range.end, |length| range.start + length);
        let position = positions.at(span.source, range.start);
        Mark { source: span.source, range: range.start..end, position, sign, style, words }
    };
    place.into_iter().chain(notes).map(mark).collect()
}

/// What is shown of a source line.
struct Window {
    /// Bytes of the source.
    range: Range<usize>,
    /// Those bytes made printable, with `…` where the line goes on.
    shown: String,
    /// The columns before the first byte.
    indent: usize,
}

impl Window {
    /// The line around an offset: all of it, or [`WINDOW`] columns of which at least half are for what follows the
    /// offset if there is so much.
    fn around(text: &str, at: usize) -> Self {
        let (_, after) = fitting(text[at..].chars(), WINDOW);
        let (before, columns) = fitting(text[..at].chars().rev(), (WINDOW - after).max(WINDOW / 2));
        let (after, _) = fitting(text[at..].chars(), WINDOW - columns);
        let range = at - before..at + after;
        let goes_on = |c: Option<char>| if c.is_some_and(|c| c != '\n') { "…" } else { "" };
        let start = goes_on(text[..range.start].chars().next_back());
        let end = goes_on(text[range.end..].chars().next());
        let shown = format!("{start}{}{end}", printable_line(&text[range.clone()]));
        Window { range, shown, indent: start.width() }
    }

    /// The columns before a range that begins in the window, and those that it takes, at least one.
    fn columns(&self, text: &str, range: &Range<usize>) -> (usize, usize) {
        let end = range.end.clamp(range.start, self.range.end);
        let before = printable_line(&text[self.range.start..range.start]).width();
        (self.indent + before, printable_line(&text[range.start..end]).width().max(1))
    }
}

/// How many bytes of a line fit into so many columns, and how many columns they take.
fn fitting(line: impl Iterator<Item = char>, room: usize) -> (usize, usize) {
    let (mut bytes, mut columns) = (0, 0);
    for c in line.take_while(|c| *c != '\n') {
        // Marks without a width count as well, so that a line of nothing else is cut too.
        let width = if c == '\t' || is_unprintable(c) {
            printable_line(c.encode_utf8(&mut [0; 4])).width()
        } else {
            c.width().unwrap_or(1).max(1)
        };
        if columns + width > room {
            break;
        }
        bytes += c.len_utf8();
        columns += width;
    }
    (bytes, columns)
}

/// A source line for a terminal: tabs as spaces, what a terminal could obey spelled out.
fn printable_line(line: &str) -> String {
    printable(&line.replace('\t', "    "))
}

fn cut(words: &str) -> String {
    match words.char_indices().nth(LONGEST_WORDS) {
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", &words[..end]),
    }
}

/// A place as programs read it.
#[derive(Debug, Default, Serialize)]
struct Location {
    path: String,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
}

fn location(place: &Place, positions: &mut Positions<'_>) -> Location {
    match place {
        Place::File(path) => Location { path: path.clone(), ..Location::default() },
        Place::Span(span) => {
            let range = clamped(positions.sources, *span);
            let start = positions.at(span.source, range.start);
            let end = positions.at(span.source, range.end);
            Location {
                path: positions.sources.path(span.source).to_owned(),
                line: Some(start.line),
                column: Some(start.column),
                end_line: Some(end.line),
                end_column: Some(end.column),
            }
        }
    }
}

fn json(diagnostic: &Diagnostic, positions: &mut Positions<'_>, first: bool) -> io::Result<String> {
    #[derive(Serialize)]
    struct Item {
        code: &'static str,
        severity: &'static str,
        message: String,
        #[serde(flatten)]
        location: Location,
        help: Option<String>,
        notes: Vec<Note>,
    }
    #[derive(Serialize)]
    struct Note {
        message: String,
        #[serde(flatten)]
        location: Location,
    }
    let notes = diagnostic.notes.iter().take(MOST_NOTES);
    let item = Item {
        code: diagnostic.code.name(),
        severity: diagnostic.severity.name(),
        message: cut(&diagnostic.message),
        location: location(&diagnostic.place, positions),
        help: diagnostic.help.as_deref().map(cut),
        notes: notes
            .map(|(span, words)| Note { message: cut(words), location: location(&Place::Span(*span), positions) })
            .collect(),
    };
    Ok(format!("{}{}", if first { "\n" } else { ",\n" }, json_text(&item)?))
}

/// A value as JSON on one line, with what a terminal or a service that shows it could obey spelled out.
pub fn json_text(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(spelled(&serde_json::to_string(value)?))
}

/// The same on many lines, each with its end.
pub fn json_lines(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(spelled(&serde_json::to_string_pretty(value)?) + "\n")
}

/// JSON that says the same and orders nothing.
fn spelled(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        // JSON may hold these as they are. All of them fit four digits. A sign of an order stands in a string.
        if (is_unprintable(c) && c != '\n') || (c == '#' && text.ends_with('#')) {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

/// A workflow command, escaped as `@actions/core` does.
fn github(diagnostic: &Diagnostic, positions: &mut Positions<'_>) -> String {
    let Location { path, line, column, end_line, end_column } = location(&diagnostic.place, positions);
    let mut text = format!("::{} file={}", diagnostic.severity.name(), percent(&path, ":,"));
    // A runner refuses columns for a place over several lines.
    let columns = line == end_line;
    for (name, number) in [
        ("line", line),
        ("col", column.filter(|_| columns)),
        ("endLine", end_line),
        ("endColumn", end_column.filter(|_| columns)),
    ] {
        if let Some(number) = number {
            let _ = write!(text, ",{name}={number}");
        }
    }
    let mut message = cut(&diagnostic.message);
    for (span, words) in diagnostic.notes.iter().take(MOST_NOTES) {
        let Location { path, line, column, .. } = location(&Place::Span(*span), positions);
        let place = [line, column].into_iter().flatten().map(|number| format!(":{number}"));
        let _ = write!(message, "\n{path}{}: {}", place.collect::<String>(), cut(words));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(message, "\nhelp: {}", cut(help));
    }
    let _ = writeln!(text, ",title={}::{}", percent(diagnostic.code.name(), ":,"), percent(&message, ""));
    text
}

fn percent(text: &str, more: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (place, c) in text.char_indices() {
        if matches!(c, '%' | '\r' | '\n') || more.contains(c) {
            let _ = write!(escaped, "%{:02X}", u32::from(c));
        } else if is_unprintable(c) {
            escaped.extend(c.escape_default());
        } else if is_order(text, place) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn one(path: &str, text: &str) -> (Sources, SourceId) {
        let mut sources = Sources::default();
        let id = sources.add(Source::new(path, text));
        (sources, id)
    }

    fn written(sources: &Sources, diagnostics: &[Diagnostic], format: Format, color: bool) -> (String, Counts) {
        let mut out = Vec::new();
        let counts =
            write(&mut out, diagnostics, sources, format, Look { color, all: true }).expect("a vector takes all");
        (String::from_utf8(out).expect("UTF-8"), counts)
    }

    fn report(sources: &Sources, diagnostics: &[Diagnostic], format: Format) -> String {
        let (text, counts) = written(sources, diagnostics, format, false);
        assert!(text.len() <= LONGEST_REPORT);
        assert!(!text.chars().any(|c| c != '\n' && is_unprintable(c)), "{text:?}");
        if format == Format::Json {
            let value: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
            assert_eq!(value["errors"], counts.errors);
            assert_eq!(value["warnings"], counts.warnings);
            let shown = value["diagnostics"].as_array().map_or(0, Vec::len);
            assert_eq!(value["omitted"], counts.errors + counts.warnings - shown);
        }
        text
    }

    fn at(source: SourceId, range: Range<usize>) -> Diagnostic {
        Diagnostic::new(Code::BrokenLink, Span::new(source, range), "no file `rga.md`")
    }

    #[test]
    fn looks_like_rustc() {
        let (mut sources, plan) =
            one("content/guide/series.toml", "title = \"x\"\nparts = [\"rag\", \"b\", \"rag\"]\n");
        let part = sources.add(Source::new("content/guide/rag.md", "1\n2\n3\n4\n5\n6\n7\n8\n9\nten\n"));
        let list = sources.text(plan);
        let mut found = list.match_indices("\"rag\"").map(|(at, _)| at);
        let (first, last) = (found.next().expect("it is listed"), found.next().expect("twice"));
        let diagnostics = [
            Diagnostic::new(Code::DuplicateId, Span::new(plan, last..last + 5), "`rag` is listed twice")
                .note(Span::new(plan, first..first + 5), "first listed here")
                .note(Span::new(part, 18..21), "its file")
                .help("remove one"),
            Diagnostic::file(Code::SkippedFile, "content/a\u{1b}[2J\npipe", "a FIFO is left out"),
        ];
        assert_eq!(
            report(&sources, &diagnostics, Format::Human),
            r#"warning[skipped-file]: a FIFO is left out
 --> content/a\u{1b}[2J\npipe

error[duplicate-id]: `rag` is listed twice
  --> content/guide/series.toml:2:22
   |
 2 | parts = ["rag", "b", "rag"]
   |                      ^^^^^
   |          ----- first listed here
   |
  ::: content/guide/rag.md:10:1
   |
10 | ten
   | --- its file
   |
   = help: remove one

"#
        );
    }

    #[test]
    fn json_and_github() {
        let (sources, id) = one("content/a,b.md", "één\n[x](rga.md)\n");
        let diagnostics = [
            at(id, 10..16).note(Span::new(id, 0..5), "50 %").help("did you mean `rag.md`?\nor\r\u{202e}not"),
            at(id, 0..8),
            Diagnostic::file(Code::SkippedFile, "a%:\n.md", "left out"),
        ];
        assert_eq!(
            report(&sources, &diagnostics, Format::Json),
            concat!(
                r#"{"version":1,"diagnostics":["#,
                "\n",
                r#"{"code":"skipped-file","severity":"warning","message":"left out","path":"a%:\n.md","line":null,"column":null,"end_line":null,"end_column":null,"help":null,"notes":[]},"#,
                "\n",
                r#"{"code":"broken-link","severity":"error","message":"no file `rga.md`","path":"content/a,b.md","line":1,"column":1,"end_line":2,"end_column":3,"help":null,"notes":[]},"#,
                "\n",
                r#"{"code":"broken-link","severity":"error","message":"no file `rga.md`","path":"content/a,b.md","line":2,"column":5,"end_line":2,"end_column":11,"help":"did you mean `rag.md`?\nor\r\u202enot","notes":[{"message":"50 %","path":"content/a,b.md","line":1,"column":1,"end_line":1,"end_column":4}]}"#,
                "\n",
                r#"],"omitted":0,"errors":2,"warnings":1}"#,
                "\n",
            )
        );
        assert_eq!(
            report(&sources, &diagnostics, Format::Github),
            r"::warning file=a%25%3A%0A.md,title=skipped-file::left out
::error file=content/a%2Cb.md,line=1,endLine=2,title=broken-link::no file `rga.md`
::error file=content/a%2Cb.md,line=2,col=5,endLine=2,endColumn=11,title=broken-link::no file `rga.md`%0Acontent/a,b.md:1:1: 50 %25%0Ahelp: did you mean `rag.md`?%0Aor%0D\u{202e}not
"
        );
    }

    /// The rows of a report on one place that show the source line and the mark.
    fn drawn(text: &str, range: Range<usize>) -> (String, String) {
        let (sources, id) = one("a.md", text);
        let text = report(&sources, &[at(id, range)], Format::Human);
        let rows: Vec<&str> = text.lines().collect();
        let row = |at: usize| rows[at].split_once('|').expect("a gutter").1.to_owned();
        (row(3), row(4))
    }

    #[test]
    fn the_mark_stays_below_its_words() {
        for (text, marked, line, mark) in [
            ("a\tb", "b", " a    b", "      ^"),
            ("日本 b", "b", " 日本 b", "      ^"),
            ("a 日本", "日本", " a 日本", "   ^^^^"),
            ("e\u{301}👩\u{200d}🚀 b", "b", " e\u{301}👩\u{200d}🚀 b", "     ^"),
            ("\u{1b}[1m b", "b", " \\u{1b}[1m b", "           ^"),
            ("a\u{202e}b", "\u{202e}", " a\\u{202e}b", "  ^^^^^^^^"),
            ("one\ntwo", "ne\nt", " one", "  ^^"),
            ("", "", "", " ^"),
        ] {
            let start = text.find(marked).expect("it is there");
            assert_eq!(drawn(text, start..start + marked.len()), (line.into(), mark.into()), "{text:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let start = "é".repeat(1_000_000);
        let text = format!("one\n{start}[x](rga.md){}\nthree", "b".repeat(1_000_000));
        let at_link = start.len() + 4;
        let (sources, id) = one("a.md", &text);
        let far = at(id, at_link..at_link + 3).note(Span::new(id, 4..6), "here it begins");
        let report = report(&sources, &[far], Format::Human);
        let rows: Vec<&str> = report.lines().collect();
        assert_eq!(rows[1], " --> a.md:2:1000001");
        assert_eq!(rows[3], format!("2 | …{}[x](rga.md){}…", "é".repeat(80), "b".repeat(69)));
        assert_eq!(rows[4], format!("  | {}^^^", " ".repeat(81)));
        assert_eq!(rows[6], " ::: a.md:2:1");
        assert_eq!(rows[8], format!("2 | {}…", "é".repeat(160)));
        assert_eq!(rows[9], "  | - here it begins");

        let line = "x".repeat(159);
        assert_eq!(drawn(&line, 158..159).0, format!(" {line}"));
        assert_eq!(drawn(&"\u{301}".repeat(1000), 0..2000).0, format!(" {}…", "\u{301}".repeat(160)));
    }

    #[test]
    fn positions_are_those_of_the_source() {
        let text = "é日👩x\n".repeat(3000) + &"日".repeat(3000);
        let (sources, id) = one("a.md", &text);
        let mut positions = Positions { sources: &sources, tables: BTreeMap::new() };
        let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for offset in offsets.into_iter().step_by(37).chain([text.len(), 0, 4096]) {
            let Position { line, column } = positions.at(id, text.floor_char_boundary(offset));
            assert_eq!((line, column), sources.get(id).position(offset));
        }
    }

    /// Xorshift: the same spans on each run.
    fn random(state: &mut u64, below: usize) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state % below as u64) as usize
    }

    #[test]
    fn no_span_is_too_odd() {
        let pieces =
            ["a", "é", "日", "👩\u{200d}🚀", "\t", "\n", "\u{1b}[31m", "\u{202e}", "\u{301}", "%", "\\", "\u{9b}"];
        let mut state = 20;
        for _ in 0..500 {
            let mut sources = Sources::default();
            let ids: Vec<SourceId> = (0..2)
                .map(|_| {
                    let length = random(&mut state, 300);
                    let text: String = (0..length).map(|_| pieces[random(&mut state, pieces.len())]).collect();
                    sources.add(Source::new("a\u{7}.md", text))
                })
                .collect();
            let mut span = || {
                let source = ids[random(&mut state, 2)];
                let most = sources.text(source).len() + 10;
                let [start, end] = [random(&mut state, most), random(&mut state, most)].map(|at| at as u32);
                Span { source, start, end: if start % 7 == 0 { u32::MAX } else { end } }
            };
            let diagnostics: Vec<Diagnostic> = (0..5)
                .map(|_| {
                    let diagnostic = Diagnostic::new(Code::InvalidToml, span(), "bad \u{1b}[2J\n% thing");
                    diagnostic.note(span(), "\u{202e}").note(span(), "")
                })
                .collect();
            for format in [Format::Human, Format::Json, Format::Github] {
                report(&sources, &diagnostics, format);
            }
        }
    }

    #[test]
    fn the_whole_is_bounded() {
        let (sources, id) = one("a.md", &"[x](y.md) ".repeat(10_000));
        let diagnostics: Vec<Diagnostic> = (0..10_000)
            .map(|n| {
                let mut diagnostic = at(id, n * 10 + 4..n * 10 + 8).help("\u{1b}".repeat(n));
                diagnostic.notes = vec![(Span::start_of(id), "x".repeat(n)); n % 20];
                if n % 3 == 0 { diagnostic.severity(Severity::Warning) } else { diagnostic }
            })
            .collect();
        let human = report(&sources, &diagnostics, Format::Human);
        assert!(human.len() > LONGEST_REPORT / 2);
        let last = human.trim_end().lines().last().expect("a line");
        assert!(last.starts_with("… and ") && last.ends_with(" more warnings"), "{last}");
        report(&sources, &diagnostics, Format::Json);
        let github = report(&sources, &diagnostics, Format::Github);
        assert!(github.lines().last().is_some_and(|last| last.starts_with("::error::… and ")));
    }

    #[test]
    fn sorted_and_once() {
        let (mut sources, b) = one("b.md", "one\ntwo");
        let a = sources.add(Source::new("a.md", "one"));
        let diagnostics =
            [at(b, 4..5), at(b, 0..1), at(a, 1..2), at(b, 0..1).severity(Severity::Warning), at(b, 0..1), at(b, 4..5)];
        let text = report(&sources, &diagnostics, Format::Github);
        let starts: Vec<&str> = text.lines().filter_map(|line| line.split(",endLine").next()).collect();
        assert_eq!(
            starts,
            [
                "::error file=a.md,line=1,col=2",
                "::error file=b.md,line=1,col=1",
                "::warning file=b.md,line=1,col=1",
                "::error file=b.md,line=2,col=1"
            ]
        );
        let mut reversed = diagnostics.clone();
        reversed.reverse();
        assert_eq!(report(&sources, &reversed, Format::Github), text);
    }

    #[test]
    fn the_last_line() {
        let line = |errors, warnings, color| summary(Counts { errors, warnings }, color);
        assert_eq!(line(0, 0, true), "");
        assert_eq!(line(2, 1, false), "error: 2 errors and 1 warning");
        assert_eq!(line(0, 1, false), "warning: 1 warning");
        assert_eq!(line(1, 0, true), "\u{1b}[1m\u{1b}[91merror\u{1b}[0m\u{1b}[1m: 1 error\u{1b}[0m");
    }

    #[test]
    fn color_changes_nothing_else() {
        let (sources, id) = one("a.md", "a\tb\nc");
        let diagnostics = [at(id, 0..1).note(Span::new(id, 2..3), "note").help("help")];
        let (colored, _) = written(&sources, &diagnostics, Format::Human, true);
        assert!(colored.contains("\u{1b}[1m\u{1b}[91m^\u{1b}[0m"), "{colored:?}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), report(&sources, &diagnostics, Format::Human));
    }

    #[test]
    fn explanations_fit_a_terminal() {
        let text = explain(Code::BrokenLink);
        assert!(text.starts_with("error[broken-link]\n\nA link or image points at a file"), "{text}");
        assert!(
            text.contains("\nRemedy: the message names the nearest file. `[links] broken = \"warn\"` in\n"),
            "{text}"
        );
        for code in Code::ALL {
            let text = explain(*code);
            for line in text.lines() {
                assert!(line.width() <= 80 || line.starts_with('`'), "{line}");
                assert_eq!(line.matches('`').count() % 2, 0, "{line}");
            }
            assert_eq!(
                text.split_whitespace().skip(1).collect::<String>(),
                code.explanation().split_whitespace().collect::<String>()
            );
        }
    }
}
