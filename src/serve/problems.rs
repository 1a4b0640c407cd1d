//! Why a build failed, for a page instead of a terminal.
//!
//! In: diagnostics and the sources that they point into. Out: the same as plain data, bounded in
//! number, each with its place, its text as `report` draws it, and an address that opens an editor
//! there. It makes no HTML: the client sets all of it as text.

use std::path::Path;

use crate::diagnostic::report::{self, Format, Look};
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::serve::editor::Editor;
use crate::serve::state::{Problem, Problems};
use crate::text::source::Sources;

/// More than this are not read in one go.
const MOST: usize = 50;

/// Lists the diagnostics of a failed build, errors first, in the order of a report. `root` is
/// where the sources' paths begin.
pub fn list(diagnostics: &[Diagnostic], sources: &Sources, root: &Path, editor: Option<Editor>) -> Problems {
    let mut sorted = report::sorted(diagnostics, sources);
    sorted.sort_by_key(|diagnostic| diagnostic.severity);
    let omitted = sorted.len().saturating_sub(MOST);
    let list = sorted.into_iter().take(MOST).map(|diagnostic| problem(diagnostic, sources, root, editor)).collect();
    Problems { list, omitted }
}

/// A failure that has no place in a source.
pub fn failure(message: &str) -> Problems {
    let text = format!("error: {message}\n");
    let problem = Problem { severity: Severity::Error.name(), place: String::new(), text, open: None };
    Problems { list: vec![problem], omitted: 0 }
}

fn problem(diagnostic: &Diagnostic, sources: &Sources, root: &Path, editor: Option<Editor>) -> Problem {
    let (path, position) = match &diagnostic.place {
        Place::File(path) => (path.as_str(), None),
        Place::Span(span) => {
            let source = sources.get(span.source);
            (source.path.as_str(), Some(source.position(span.start as usize)))
        }
    };
    let place = match position {
        Some((line, column)) => format!("{path}:{line}:{column}"),
        None => path.to_string(),
    };
    let mut text = Vec::new();
    // Writing to a vector can't fail.
    let _ = report::write(&mut text, std::slice::from_ref(diagnostic), sources, Format::Human, Look::default());
    let (line, column) = position.unwrap_or((1, 1));
    // A built-in template has a path and no file.
    let disk = root.join(path);
    let open = editor.filter(|_| disk.is_file()).map(|editor| editor.link(&disk, line, column));
    let text = String::from_utf8_lossy(&text).trim_end().to_string();
    Problem { severity: diagnostic.severity.name(), place, text, open }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::text::source::{Source, Span};

    #[test]
    fn errors_come_first_with_their_lines() {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("content/x.md", "one\ntwo <b>\n"));
        let warning = Diagnostic::new(Code::MissingAlt, Span::new(id, 0..3), "first");
        let error = Diagnostic::new(Code::BrokenLink, Span::new(id, 8..11), "second").help("mend it");
        let found = list(&[warning, error], &sources, Path::new("/nowhere"), None);
        let places: Vec<_> = found.list.iter().map(|problem| (problem.severity, problem.place.as_str())).collect();
        assert_eq!(places, [("error", "content/x.md:2:5"), ("warning", "content/x.md:1:1")]);
        assert!(found.list[0].text.contains("2 | two <b>\n  |     ^^^"), "{}", found.list[0].text);
        assert!(found.list[0].text.ends_with("help: mend it"), "{}", found.list[0].text);
    }

    #[test]
    fn their_number_is_bounded() {
        let many: Vec<_> =
            (0..MOST + 7).map(|at| Diagnostic::file(Code::UnreadableFile, format!("{at:03}"), "x")).collect();
        let found = list(&many, &Sources::default(), Path::new("/"), None);
        assert_eq!((found.list.len(), found.omitted), (MOST, 7));
    }
}
