//! Diagnostics to a terminal, as JSON, and as annotations of a CI run.
//!
//! In: diagnostics and the sources they point into. Out: text, sorted, each problem once, at most
//! 200 kB of it, and none of it able to do anything to a terminal. Draws them itself: the drawing
//! libraries show a whole line, and a line of Markdown is a paragraph, or fifty megabytes.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use unicode_width::UnicodeWidthChar;

use crate::diagnostic::{Code, Diagnostic, Place, Severity, count, is_unprintable};
use crate::source::{Sources, Span};

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: the line, the place marked, the remedy.
    Human,
    /// One object: `version`, `diagnostics`, `errors`, `warnings`.
    Json,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// How many problems there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub errors: usize,
    pub warnings: usize,
}

/// A diagnostic as tools read it; lines and columns count from 1, columns in characters.
#[derive(Debug, Serialize)]
struct Record<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    path: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    help: Option<&'a str>,
    notes: Vec<NoteRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct NoteRecord<'a> {
    message: &'a str,
    path: &'a str,
    line: usize,
    column: usize,
}

/// Nobody reads more than this.
const MOST_BYTES: usize = 190_000;

/// Writes all diagnostics, sorted by place, each once, and counts them.
pub fn write(
    out: &mut dyn Write,
    diagnostics: &[Diagnostic],
    sources: &Sources,
    format: Format,
    color: bool,
) -> io::Result<Counts> {
    let sorted = sorted(diagnostics, sources);
    let errors = sorted.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let counts = Counts { errors, warnings: sorted.len() - errors };
    match format {
        Format::Human => human(out, &sorted, sources, color)?,
        Format::Json => json(out, &sorted, sources, counts)?,
        Format::Github => github(out, &sorted, sources)?,
    }
    Ok(counts)
}

/// `2 errors and 1 warning`.
pub fn summary(counts: Counts) -> String {
    match (counts.errors, counts.warnings) {
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", count(errors, "error"), count(warnings, "warning")),
    }
}

/// What a code means, for the terminal.
pub fn explain(code: Code) -> String {
    let mut text = format!("{} ({})\n\n", code.name(), code.severity().name());
    for paragraph in code.explanation().split('\n') {
        let mut width = 0;
        for word in paragraph.split(' ') {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > 80 {
                text.push('\n');
                width = 0;
            } else if width > 0 {
                text.push(' ');
                width += 1;
            }
            text.push_str(word);
            width += length;
        }
        text.push('\n');
    }
    text
}

fn sorted<'a>(diagnostics: &'a [Diagnostic], sources: &Sources) -> Vec<&'a Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    let key = |diagnostic: &Diagnostic| {
        let start = match &diagnostic.place {
            Place::Span(span) => span.start,
            Place::File(_) => 0,
        };
        (
            path(&diagnostic.place, sources).to_string(),
            start,
            diagnostic.severity,
            diagnostic.code,
            diagnostic.message.clone(),
        )
    };
    sorted.sort_by_cached_key(|diagnostic| key(diagnostic));
    sorted.dedup();
    sorted
}

fn path<'a>(place: &'a Place, sources: &'a Sources) -> &'a str {
    match place {
        Place::Span(span) => sources.path(span.source),
        Place::File(path) => path,
    }
}

fn human(out: &mut dyn Write, sorted: &[&Diagnostic], sources: &Sources, color: bool) -> io::Result<()> {
    let mut written = 0;
    for (at, diagnostic) in sorted.iter().enumerate() {
        let mut text = String::new();
        draw(&mut text, diagnostic, sources, color);
        if written + text.len() > MOST_BYTES {
            let rest = sorted.len() - at;
            return writeln!(out, "… and {} more", count(rest, "problem"));
        }
        written += text.len();
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn draw(text: &mut String, diagnostic: &Diagnostic, sources: &Sources, color: bool) {
    let paint = |style: Style, words: &str| if color { format!("{style}{words}{style:#}") } else { words.to_string() };
    let loud = match diagnostic.severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
    };
    let loud = loud.on_default().bold();
    let quiet = AnsiColor::Cyan.on_default();
    let head = format!("{}[{}]", diagnostic.severity.name(), diagnostic.code.name());
    text.push_str(&format!("{}: {}\n", paint(loud, &head), clean(&diagnostic.message)));
    match &diagnostic.place {
        Place::File(path) => text.push_str(&format!("  {} {}\n", paint(quiet, "-->"), clean(path))),
        Place::Span(span) => snippet(text, *span, None, sources, &paint, loud, quiet, "-->"),
    }
    for (span, words) in diagnostic.notes.iter().take(3) {
        snippet(text, *span, Some(words), sources, &paint, quiet, quiet, ":::");
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("  {} {}\n", paint(quiet, "help:"), clean(help)));
    }
    text.push('\n');
}

#[expect(clippy::too_many_arguments, reason = "the parts of one drawing")]
fn snippet(
    text: &mut String,
    span: Span,
    label: Option<&str>,
    sources: &Sources,
    paint: &dyn Fn(Style, &str) -> String,
    mark: Style,
    quiet: Style,
    arrow: &str,
) {
    let source = sources.get(span.source);
    let (line, column) = source.position(span.start as usize);
    let gutter = line.to_string().len();
    let indent = " ".repeat(gutter);
    text.push_str(&format!("{indent}{} {}:{line}:{column}\n", paint(quiet, arrow), clean(&source.path)));
    let window = window(&source.text, source.line(line), span.start as usize, span.end as usize);
    if window.line.trim().is_empty() && label.is_none() {
        return;
    }
    let bar = paint(quiet, "|");
    text.push_str(&format!("{indent} {bar}\n"));
    text.push_str(&format!("{} {bar} {}\n", paint(quiet, &line.to_string()), window.line));
    let label = label.map(|label| format!(" {}", clean(label))).unwrap_or_default();
    let marks = format!("{}{label}", "^".repeat(window.width.max(1)));
    text.push_str(&format!("{indent} {bar} {}{}\n", " ".repeat(window.before), paint(mark, &marks)));
}

/// A piece of a line as a terminal shows it, and where the mark goes.
struct Window {
    line: String,
    /// Columns before the mark.
    before: usize,
    /// Columns of the mark.
    width: usize,
}

/// Cuts a line around a place: a line may be a paragraph, or all of a file.
fn window(text: &str, line: std::ops::Range<usize>, start: usize, end: usize) -> Window {
    const AROUND: usize = 60;
    const LONGEST: usize = 140;
    let boundary = |mut at: usize| {
        at = at.clamp(line.start, line.end);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(start);
    let end = boundary(end).max(start);
    let all: &str = &text[line.clone()];
    let (from, to) = if all.len() <= LONGEST {
        (line.start, line.end)
    } else {
        let from =
            text[line.start..start].char_indices().rev().nth(AROUND - 1).map_or(line.start, |(at, _)| line.start + at);
        let to = text[from..line.end].char_indices().nth(LONGEST).map_or(line.end, |(at, _)| from + at);
        (from, to)
    };
    let mut window = Window { line: String::new(), before: 0, width: 0 };
    let mut columns = 0;
    if from > line.start {
        window.line.push('…');
        columns += 1;
    }
    for (at, c) in text[from..to].char_indices() {
        if from + at == start {
            window.before = columns;
        }
        let shown = shown(c);
        let width: usize = shown.chars().filter_map(UnicodeWidthChar::width).sum();
        if (start..end).contains(&(from + at)) {
            window.width += width;
        }
        window.line.push_str(&shown);
        columns += width;
    }
    if start >= to {
        window.before = columns;
    }
    if to < line.end {
        window.line.push('…');
    }
    window
}

fn shown(c: char) -> String {
    match c {
        '\t' => "    ".into(),
        c if is_unprintable(c) => c.escape_default().to_string(),
        c => c.to_string(),
    }
}

/// Words without anything that a terminal would obey; long ones cut.
fn clean(words: &str) -> String {
    const LONGEST: usize = 600;
    let mut text: String = words.chars().take(LONGEST).map(shown).collect();
    if words.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

fn record<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Record<'a> {
    let (start, end) = match &diagnostic.place {
        Place::File(_) => (None, None),
        Place::Span(span) => {
            let source = sources.get(span.source);
            (Some(source.position(span.start as usize)), Some(source.position(span.end as usize)))
        }
    };
    Record {
        code: diagnostic.code.name(),
        severity: diagnostic.severity.name(),
        message: &diagnostic.message,
        path: path(&diagnostic.place, sources),
        line: start.map(|(line, _)| line),
        column: start.map(|(_, column)| column),
        end_line: end.map(|(line, _)| line),
        end_column: end.map(|(_, column)| column),
        help: diagnostic.help.as_deref(),
        notes: diagnostic
            .notes
            .iter()
            .map(|(span, message)| {
                let (line, column) = sources.get(span.source).position(span.start as usize);
                NoteRecord { message, path: sources.path(span.source), line, column }
            })
            .collect(),
    }
}

fn json(out: &mut dyn Write, sorted: &[&Diagnostic], sources: &Sources, counts: Counts) -> io::Result<()> {
    #[derive(Serialize)]
    struct Report<'a> {
        version: u32,
        diagnostics: Vec<Record<'a>>,
        /// How many were left out because the report would be too long.
        omitted: usize,
        errors: usize,
        warnings: usize,
    }
    let mut diagnostics = Vec::new();
    let mut size = 0;
    for diagnostic in sorted {
        let record = record(diagnostic, sources);
        size += serde_json::to_string_pretty(&record)?.len() * 5 / 4;
        if size > MOST_BYTES {
            break;
        }
        diagnostics.push(record);
    }
    let omitted = sorted.len() - diagnostics.len();
    let report = Report { version: 1, diagnostics, omitted, errors: counts.errors, warnings: counts.warnings };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// Workflow commands, escaped as GitHub's toolkit does (`packages/core/src/command.ts`).
fn github(out: &mut dyn Write, sorted: &[&Diagnostic], sources: &Sources) -> io::Result<()> {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut written = 0;
    for (at, diagnostic) in sorted.iter().enumerate() {
        let record = record(diagnostic, sources);
        let mut line = format!("::{} file={}", record.severity, property(record.path));
        if let (Some(start), Some(column), Some(end), Some(end_column)) =
            (record.line, record.column, record.end_line, record.end_column)
        {
            line.push_str(&format!(",line={start},col={column},endLine={end},endColumn={end_column}"));
        }
        let help = record.help.map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        line.push_str(&format!(",title={}::{}", property(record.code), data(&format!("{}{help}", record.message))));
        if written + line.len() > MOST_BYTES {
            return writeln!(out, "::warning::and {} more", count(sorted.len() - at, "problem"));
        }
        written += line.len() + 1;
        writeln!(out, "{line}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn sources(text: &str) -> (Sources, crate::source::SourceId) {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("content/a.md", text));
        (sources, id)
    }

    fn drawn(sources: &Sources, diagnostics: &[Diagnostic], format: Format) -> String {
        let mut out = Vec::new();
        write(&mut out, diagnostics, sources, format, false).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn people_see_the_place() {
        let (sources, id) = sources("one\n日本\tsee [x](y.md)\n");
        let at = sources.text(id).find("y.md").expect("there");
        let diagnostic = Diagnostic::new(Code::BrokenLink, Span::new(id, at..at + 4), "there is no file `y.md`")
            .note(Span::new(id, 0..3), "seen \u{1b}[1mhere")
            .help("did you mean `z.md`?");
        assert_eq!(
            drawn(&sources, &[diagnostic.clone(), diagnostic], Format::Human),
            "error[broken-link]: there is no file `y.md`\n \
             --> content/a.md:2:12\n  \
             |\n\
             2 | 日本    see [x](y.md)\n  \
             |                 ^^^^\n \
             ::: content/a.md:1:1\n  \
             |\n\
             1 | one\n  \
             | ^^^ seen \\u{1b}[1mhere\n  \
             help: did you mean `z.md`?\n\n"
        );
    }

    #[test]
    fn machines_see_it_too() {
        let (sources, id) = sources("a\nb: 100%\n");
        let diagnostic = Diagnostic::new(Code::StaleNumber, Span::new(id, 2..3), "100%,\nthen: more").help("x");
        let out = [diagnostic];
        assert_eq!(
            drawn(&sources, &out, Format::Github),
            "::warning file=content/a.md,line=2,col=1,endLine=2,endColumn=2,title=stale-number::100%25,%0Athen: more%0Ahelp: x\n"
        );
        let value: serde_json::Value = serde_json::from_str(&drawn(&sources, &out, Format::Json)).expect("JSON");
        assert_eq!(value["diagnostics"][0]["line"], 2);
        assert_eq!(value["warnings"], 1);
    }

    #[test]
    fn long_lines_and_long_lists_are_cut() {
        let text = format!("{}x{}", "é".repeat(500_000), "\u{202e}".repeat(500_000));
        let (sources, id) = sources(&text);
        let many: Vec<Diagnostic> = (0..5_000)
            .map(|at| Diagnostic::new(Code::BrokenLink, Span::new(id, at * 400..at * 400 + 90_000), format!("no {at}")))
            .collect();
        for format in [Format::Human, Format::Json, Format::Github] {
            let shown = drawn(&sources, &many[..200], format);
            assert!(shown.len() < 200_000 && !shown.contains('\u{202e}'), "{format:?} {}", shown.len());
            assert!(drawn(&sources, &many, format).len() < 200_000);
        }
    }

    #[test]
    fn any_span_can_be_drawn() {
        let (sources, id) = sources("a\u{301}\n\n\té😀\nend");
        for start in 0..20 {
            for end in 0..20 {
                let diagnostic = Diagnostic::new(Code::BrokenLink, Span::new(id, start..end), "m");
                assert!(drawn(&sources, &[diagnostic], Format::Human).contains("content/a.md:"));
            }
        }
    }
}
