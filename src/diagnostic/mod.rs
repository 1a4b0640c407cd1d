//! What an author can mend, as data: a code, a place, one sentence and the remedy.
//!
//! Stages add diagnostics to a list and go on; `report` draws them. Nothing here prints.

mod codes;
pub mod report;

pub use codes::{Code, Severity};

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::text::source::Span;

/// Where a diagnostic points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Words in a source.
    Span(Span),
    /// A file as a whole, by its path below the root: it has no text that could be shown.
    File(String),
}

/// One problem. The message is lower case, without a final period, with the author's own words in
/// backticks; `help` says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub place: Place,
    pub message: String,
    /// Other places that explain the first, each with a few words.
    pub notes: Vec<(Span, String)>,
    pub help: Option<String>,
    /// How many more of its severity it stands for, which were left out for their number.
    pub more: usize,
}

impl Diagnostic {
    /// A problem at words in a source, as severe as its code says.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic::at(code, Place::Span(span), message)
    }

    /// A problem of a file as a whole.
    pub fn file(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Diagnostic::at(code, Place::File(path.into()), message)
    }

    fn at(code: Code, place: Place, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            place,
            message: message.into(),
            notes: Vec::new(),
            help: None,
            more: 0,
        }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    pub fn note(mut self, span: Span, words: impl Into<String>) -> Self {
        self.notes.push((span, words.into()));
        self
    }

    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// The most diagnostics that are kept of one source, and of one step that looks at it.
pub const MOST_KEPT: usize = 1_000;

/// Keeps the gravest [`MOST_KEPT`] of what was found in one source, and counts the others: a small text may
/// have a million mistakes, of which nobody reads more, and each takes more memory than what it is about.
pub fn cap(found: &mut Vec<Diagnostic>) {
    if found.len() <= MOST_KEPT {
        return;
    }
    found.sort_by_key(|diagnostic| diagnostic.severity);
    for left_out in found.split_off(MOST_KEPT) {
        let more = left_out.more + 1;
        // The last one of this severity; of the less grave ones all may have been left out.
        match found.last_mut().filter(|last| last.severity == left_out.severity) {
            Some(last) => last.more += more,
            None => found.push(left_out),
        }
    }
}

/// Reads one source, and caps what was found in it.
pub fn capped<T>(out: &mut Vec<Diagnostic>, read: impl FnOnce(&mut Vec<Diagnostic>) -> T) -> T {
    let mut found = Vec::new();
    let value = read(&mut found);
    cap(&mut found);
    out.append(&mut found);
    value
}

/// What something gives that runs beside others, and what it found, to be told in its turn.
pub fn aside<T>(run: impl FnOnce(&mut Vec<Diagnostic>) -> T) -> (T, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let value = run(&mut found);
    (value, found)
}

/// Leaves what is said twice of one place once, as where several languages show it.
pub fn leave_repeated(diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    diagnostics.retain(|said| seen.insert((said.place.clone(), said.code, said.message.clone())));
}

/// Whether one of them keeps a site from being written.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The candidate most like a word, if one is near enough to have been meant. Of more than
/// `MOST_CANDIDATES` only the first are looked at.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are not typed by hand, and the distance costs their product.
    const LONGEST: usize = 200;
    if word.len() > LONGEST {
        return None;
    }
    let length = word.chars().count();
    // Any letter is one slip away from any other.
    let mut allowed = if length < 2 { 0 } else { (length / 3).max(1) };
    let letters = Letters::of(word);
    let word_lower = word.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        let may_be_near = candidate.len() <= LONGEST
            && candidate.chars().count().abs_diff(length) <= allowed
            && letters.least_distance(&Letters::of(candidate)) <= allowed;
        if !may_be_near || candidate == word {
            continue;
        }
        let found = (strsim::damerau_levenshtein(&word_lower, &candidate.to_lowercase()), candidate);
        if found.0 <= allowed && best.is_none_or(|best| found < best) {
            best = Some(found);
            allowed = found.0;
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The most names among which the nearest is looked for: where thousands of names are wrong among thousands,
/// to compare all with all would take minutes.
const MOST_CANDIDATES: usize = 4_000;

/// How often each letter stands in a word, which tells for little that two words are far apart.
struct Letters([u8; 32]);

impl Letters {
    /// Letters that share a place are taken for one.
    fn of(word: &str) -> Letters {
        let mut counts = [0_u8; 32];
        // The lower five bits are the same in both cases of an ASCII letter. Others may change their number
        // of bytes with their case, and count for nothing.
        for byte in word.bytes().filter(u8::is_ascii) {
            let count = &mut counts[usize::from(byte & 31)];
            *count = count.saturating_add(1);
        }
        Letters(counts)
    }

    /// What the distance of two words is at least: a slip adds a letter, or takes one, or both.
    fn least_distance(&self, other: &Letters) -> usize {
        let pairs = || self.0.iter().zip(&other.0);
        let more: usize = pairs().map(|(a, b)| usize::from(a.saturating_sub(*b))).sum();
        let less: usize = pairs().map(|(a, b)| usize::from(b.saturating_sub(*a))).sum();
        more.max(less)
    }
}

/// The remedy for a misspelled name, when there is a near one.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean {}?", quote(near)))
}

/// `1 part`, `2 parts`; a word that ends in `y` after a consonant gets `ies`.
pub fn count(n: usize, word: &str) -> String {
    match word.strip_suffix('y') {
        _ if n == 1 => format!("{n} {word}"),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{n} {stem}ies"),
        _ => format!("{n} {word}s"),
    }
}

/// `a`, `a or b`, `a, b or c`, each in backticks.
pub fn list<'a>(items: impl IntoIterator<Item = &'a str>, conjunction: &str) -> String {
    let quoted: Vec<String> = items.into_iter().map(quote).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// Somebody's words in backticks: cut when long, control characters made visible.
pub fn quote(words: &str) -> String {
    const LONGEST: usize = 80;
    match words.char_indices().nth(LONGEST) {
        None => format!("`{}`", printable(words)),
        Some((end, _)) => format!("`{}…`", printable(&words[..end])),
    }
}

/// A text for a terminal, on one line: what a terminal could obey is spelled out, and so is an order to a service
/// that reads along, where it is one wherever it stands: `##[`, `##vso[` (GitHub of old, Azure), `##teamcity[`.
pub fn printable(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for (place, c) in text.char_indices() {
        match c {
            '#' if is_order(text, place) => spelled.push_str("\\u{23}"),
            c if is_unprintable(c) => spelled.extend(c.escape_default()),
            c => spelled.push(c),
        }
    }
    spelled
}

/// Whether the sign at a place of a text is the second of an order.
fn is_order(text: &str, place: usize) -> bool {
    let rest = || text[place + 1..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    text[place..].starts_with('#') && text[..place].ends_with('#') && rest().starts_with('[')
}

/// Lines that no service takes for orders as a whole: those begin with `::` (GitHub, Forgejo).
pub fn inert(lines: &str) -> Cow<'_, str> {
    // Three are how a place is drawn, and no order.
    let order = |line: &str| line.trim_start().strip_prefix("::").is_some_and(|rest| !rest.starts_with(':'));
    if !lines.split('\n').any(order) {
        return Cow::Borrowed(lines);
    }
    let spelled = |line: &str| if order(line) { line.replacen(':', "\\u{3a}", 1) } else { line.to_string() };
    Cow::Owned(lines.split_inclusive('\n').map(spelled).collect())
}

/// Whether a character could change how a terminal or an editor shows the text around it:
/// controls, and the marks that reorder text.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        assert_eq!(nearest("titel", ["title", "date"]), Some("title"));
        assert_eq!(nearest("x", ["title", "date", "y"]), None);
        assert_eq!(nearest("RAG", ["rag"]), Some("rag"));
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let of = |severity| Diagnostic::file(Code::BrokenLink, "x", "m").severity(severity);
        let mut found: Vec<Diagnostic> =
            (0..3 * MOST_KEPT).map(|n| of(if n % 3 == 0 { Severity::Error } else { Severity::Warning })).collect();
        cap(&mut found);
        let of = |severity| {
            let found: Vec<&Diagnostic> = found.iter().filter(|found| found.severity == severity).collect();
            (found.len(), found.iter().map(|found| 1 + found.more).sum::<usize>())
        };
        assert_eq!((of(Severity::Error), of(Severity::Warning)), ((MOST_KEPT, MOST_KEPT), (1, 2 * MOST_KEPT)));
    }

    #[test]
    fn words() {
        assert_eq!(count(1, "part"), "1 part");
        assert_eq!(count(2, "query"), "2 queries");
        assert_eq!(count(2, "day"), "2 days");
        assert_eq!(list(["a"], "or"), "`a`");
        assert_eq!(list(["a", "b", "c"], "or"), "`a`, `b` or `c`");
        assert_eq!(quote("a\u{1b}[1m\n"), "`a\\u{1b}[1m\\n`");
        assert_eq!(printable("a\u{61c}b\u{202e}"), "a\\u{61c}b\\u{202e}");
        for (line, shown) in [
            ("  ::error::x\n::y", "  \\u{3a}:error::x\n\\u{3a}:y"),
            ("\u{a0}::x a::b\n", "\u{a0}\\u{3a}:x a::b\n"),
            ("  ::: a.md:1", "  ::: a.md:1"),
        ] {
            assert_eq!(inert(line), shown);
        }
        for (text, shown) in [
            ("a ##[group]x ##vso[task]", "a #\\u{23}[group]x #\\u{23}vso[task]"),
            ("###[y] ##teamcity[z", "##\\u{23}[y] #\\u{23}teamcity[z"),
            ("## Heading [x] ####", "## Heading [x] ####"),
        ] {
            assert_eq!(printable(text), shown);
        }
        assert!(quote(&"x".repeat(1000)).chars().count() < 90);
    }
}
