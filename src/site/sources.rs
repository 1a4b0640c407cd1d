//! The sources of a series as they were typed: a `sources.bib` in BibTeX or BibLaTeX.
//!
//! In: the file. Out: its sources in the order in which they are listed, each with what readers are told of it, and
//! what is wrong with the others. `biblatex` reads the syntax and the commands of LaTeX; it gets one entry at a time,
//! without what makes it follow references, so that one mistake hides no other and no circle is gone round.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use biblatex::{Bibliography as Parsed, Chunk, ChunksExt, ChunksRef, Entry, Pair, ParseError, ParseErrorKind, Person};
use biblatex::{RawBibliography, RawChunk, RawEntry, Spanned as Placed};
use url::Url;

use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::project::phrases::Phrases;
use crate::text::order::{SortKey, sort_key};
use crate::text::source::{SourceId, Sources, Span};

/// The most bytes of a field, what its abbreviations stand for included: an abstract has a tenth of it. Time to read
/// one grows faster than its length.
const LONGEST_FIELD: usize = 20_000;

/// The most braces in one another, and the most abbreviations: each takes a call.
const DEEPEST: usize = 40;

/// The most pieces of a field: an abbreviation that holds another twice doubles them.
const MOST_PIECES: usize = 500;

/// The fields that anything is made of. Of the others some would lead `biblatex` to other entries.
const FIELDS: &[&str] = &[
    "author",
    "booktitle",
    "date",
    "doi",
    "edition",
    "editor",
    "eprint",
    "eprinttype",
    "archiveprefix",
    "howpublished",
    "institution",
    "journal",
    "journaltitle",
    "number",
    "organization",
    "pages",
    "publisher",
    "school",
    "subtitle",
    "title",
    "url",
    "volume",
    "year",
];

/// The sources of a series.
#[derive(Debug, Clone)]
pub struct Bibliography {
    pub source: SourceId,
    /// In the order in which they are listed: by name, year and title.
    sources: Vec<Cite>,
    /// By key.
    places: BTreeMap<String, usize>,
    /// The keys of entries that could not be read.
    unread: BTreeSet<String>,
}

/// A source: what readers are told of it.
#[derive(Debug, Clone)]
pub struct Cite {
    pub key: String,
    /// Of the key.
    pub span: Span,
    pub names: Vec<Name>,
    /// Whether the names are those of editors.
    pub are_editors: bool,
    /// Whether more people are meant than are named.
    pub and_others: bool,
    pub year: Option<String>,
    /// What tells it from others of the same names and year: `a`, `b`.
    pub letter: String,
    pub title: Option<String>,
    /// The journal or the book that it stands in.
    pub within: Option<String>,
    /// `30`, or `30(2)`.
    pub volume: Option<String>,
    pub pages: Option<String>,
    pub edition: Option<String>,
    pub publisher: Option<String>,
    /// Where it is read, and the words of the link.
    pub link: Option<(String, String)>,
    /// Where the address is typed.
    pub link_span: Span,
}

/// The name of a person, or of a body as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub family: String,
    pub given: String,
}

impl Bibliography {
    /// In the order in which they are listed.
    pub fn iter(&self) -> impl Iterator<Item = &Cite> {
        self.sources.iter()
    }

    pub fn get(&self, key: &str) -> Option<&Cite> {
        self.places.get(key).map(|at| &self.sources[*at])
    }

    /// Those of some keys, each once, in the order in which they are listed.
    pub fn of<'k>(&self, keys: impl Iterator<Item = &'k str>) -> Vec<&Cite> {
        let places: BTreeSet<usize> = keys.filter_map(|key| self.places.get(key).copied()).collect();
        places.into_iter().map(|at| &self.sources[at]).collect()
    }

    /// What is wrong with a key that a text cites, at its place there.
    pub fn unknown(&self, key: &str, span: Span) -> Option<Diagnostic> {
        if self.places.contains_key(key) || self.unread.contains(key) {
            return None;
        }
        let near = did_you_mean(key, self.places.keys().map(String::as_str));
        let help = near.unwrap_or_else(|| "add it, or write `\\[` for a bracket".into());
        let message = format!("`sources.bib` has no {}", quote(key));
        Some(Diagnostic::new(Code::UnknownSource, span, message).help(help))
    }
}

impl Cite {
    /// Its anchor in a list of sources. What an id can't hold stands by its bytes, so that no two keys share one.
    pub fn anchor(&self) -> String {
        let mut anchor = String::from("pw-source-");
        for c in self.key.chars() {
            if c.is_alphanumeric() || matches!(c, '-' | '_') {
                anchor.push(c);
            } else {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| anchor.push_str(&format!(".{byte:02x}")));
            }
        }
        anchor
    }

    /// What a text says of it: `Vaswani et al. 2017`.
    pub fn label(&self, phrases: &Phrases) -> String {
        let names = match self.names.as_slice() {
            [] => self.title.clone().unwrap_or_else(|| self.key.clone()),
            [only] if !self.and_others => only.family.clone(),
            [first, second] if !self.and_others => phrases.list(&[&first.family, &second.family]),
            [first, ..] => phrases.say("more_names", &[("first", first.family.clone())]),
        };
        format!("{names} {}", self.year_text(phrases))
    }

    /// `2017a`.
    pub fn year_text(&self, phrases: &Phrases) -> String {
        let year = self.year.clone().unwrap_or_else(|| phrases.say("no_year", &[]));
        format!("{year}{}", self.letter)
    }

    /// What it is listed by in a language.
    fn order(&self, language: &str) -> (SortKey, Option<String>, SortKey, String) {
        let names: Vec<String> = self.names.iter().map(|name| format!("{}, {}", name.family, name.given)).collect();
        let title = self.title.as_deref().unwrap_or_default();
        let names = if names.is_empty() { title.to_string() } else { names.join("; ") };
        (sort_key(language, &names), self.year.clone(), sort_key(language, title), self.key.clone())
    }
}

/// Reads a `sources.bib`; `language` says in which order they are listed.
pub fn parse_sources(sources: &Sources, source: SourceId, language: &str, out: &mut Vec<Diagnostic>) -> Bibliography {
    let text = &*with_dotless(sources.text(source));
    let mut reading = Reading { source, out, abbreviations: BTreeMap::new(), unread: BTreeSet::new() };
    let parsed = reading.pieces(text);
    for pair in parsed.iter().flat_map(|(_, parsed)| &parsed.abbreviations) {
        reading.abbreviations.insert(pair.key.v.to_lowercase(), &pair.value.v);
    }
    let entries: Vec<(usize, &RawEntry<'_>)> =
        parsed.iter().flat_map(|(at, parsed)| parsed.entries.iter().map(|entry| (*at, &entry.v))).collect();
    let mut by_key: BTreeMap<&str, (usize, &RawEntry<'_>)> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, entry) in &entries {
        if let Some((first, other)) = by_key.get(entry.key.v) {
            let message = format!("two sources have the key {}", quote(entry.key.v));
            let first = reading.span(*first, &other.key.span);
            let diagnostic = Diagnostic::new(Code::DuplicateId, reading.span(*at, &entry.key.span), message);
            reading.out.push(diagnostic.note(first, "the first").help("rename or remove one"));
            continue;
        }
        by_key.insert(entry.key.v, (*at, entry));
    }
    let firsts: Vec<(usize, &RawEntry<'_>)> = by_key.values().copied().collect();
    for (at, entry) in firsts {
        // What others take fields from is no source itself.
        if !entry.kind.v.eq_ignore_ascii_case("xdata") {
            found.extend(reading.entry(at, entry, &by_key));
        }
    }
    found.sort_by_cached_key(|cite: &Cite| cite.order(language));
    tell_apart(&mut found);
    let places = found.iter().enumerate().map(|(at, cite)| (cite.key.clone(), at)).collect();
    Bibliography { source, sources: found, places, unread: reading.unread }
}

/// Gives those that a text would call the same a letter each.
fn tell_apart(sources: &mut [Cite]) {
    let name = |cite: &Cite| {
        let families: Vec<&str> = cite.names.iter().map(|name| name.family.as_str()).collect();
        let shown = if families.len() > 2 { &families[..1] } else { &families[..] };
        let title = if families.is_empty() { cite.title.clone() } else { None };
        (shown.join("\n"), families.len().min(3), title, cite.year.clone())
    };
    let mut same: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    sources.iter().enumerate().for_each(|(at, cite)| same.entry(name(cite)).or_default().push(at));
    for places in same.into_values().filter(|places| places.len() > 1) {
        places.into_iter().enumerate().for_each(|(nth, at)| sources[at].letter = letter(nth));
    }
}

/// `a` to `z`, then `aa`.
fn letter(nth: usize) -> String {
    let last = char::from(b'a' + u8::try_from(nth % 26).unwrap_or_default());
    let before = if nth < 26 { String::new() } else { letter(nth / 26 - 1) };
    format!("{before}{last}")
}

/// What is known while a file is read.
struct Reading<'a, 'o> {
    source: SourceId,
    out: &'o mut Vec<Diagnostic>,
    /// By name, in lower case.
    abbreviations: BTreeMap<String, &'a Vec<Placed<RawChunk<'a>>>>,
    unread: BTreeSet<String>,
}

impl<'a> Reading<'a, '_> {
    fn span(&self, at: usize, range: &Range<usize>) -> Span {
        Span::new(self.source, at + range.start..at + range.end)
    }

    /// The file as far as it can be read: as a whole, else entry by entry, each with where it begins.
    fn pieces(&mut self, text: &'a str) -> Vec<(usize, RawBibliography<'a>)> {
        if let Ok(whole) = RawBibliography::parse(text) {
            return vec![(0, whole)];
        }
        let mut pieces = Vec::new();
        for range in entries(text) {
            match RawBibliography::parse(&text[range.clone()]) {
                Ok(piece) => pieces.push((range.start, piece)),
                Err(error) => self.broken(&text[range.clone()], range.start, &error),
            }
        }
        pieces
    }

    /// Reports an entry that can't be read.
    fn broken(&mut self, entry: &str, at: usize, error: &ParseError) {
        let line = entry.lines().next().map_or(0, str::len);
        self.unread.extend(key_of(entry).map(str::to_string));
        let ends = error.kind == ParseErrorKind::UnexpectedEof || error.span.start >= entry.trim_end().len();
        let (range, message, help) = match &error.kind {
            _ if ends => (0..line, "the source doesn't end".to_string(), "close each `{` and each `\"` of it"),
            kind => (
                error.span.clone(),
                format!("the source can't be read: {kind}"),
                "write `key = {value},` for each field",
            ),
        };
        let span = self.span(at, &range);
        self.out.push(Diagnostic::new(Code::InvalidSource, span, message).help(help));
    }

    /// One source; nothing when it can't be read, which is reported.
    fn entry(
        &mut self,
        at: usize,
        entry: &RawEntry<'a>,
        by_key: &BTreeMap<&str, (usize, &RawEntry<'a>)>,
    ) -> Option<Cite> {
        let before = self.out.len();
        let mut fields = self.fields(at, entry);
        // What a field that can't be read would say isn't lacking.
        let is_whole = self.out.len() == before;
        self.inherit(&mut fields, entry, by_key);
        let key = self.span(at, &entry.key.span);
        let alone = RawEntry { key: entry.key.clone(), kind: entry.kind.clone(), fields };
        let whole = RawBibliography {
            preamble: String::new(),
            entries: vec![Placed::new(alone, entry.key.span.clone())],
            abbreviations: Vec::new(),
        };
        match Parsed::from_raw(whole) {
            Ok(parsed) => {
                let entry = parsed.into_iter().next()?;
                let cite = self.cite(&entry, at, key);
                if is_whole {
                    self.lacks(&cite);
                }
                Some(cite)
            }
            Err(error) => {
                self.unread.insert(entry.key.v.to_string());
                let message = format!("the source {} can't be read: {}", quote(entry.key.v), error.kind);
                let help = "a command of LaTeX has its braces, and each `$` another";
                self.out.push(Diagnostic::new(Code::InvalidSource, key, message).help(help));
                None
            }
        }
    }

    /// The fields of an entry that something is made of, with what abbreviations stand for.
    fn fields(&mut self, at: usize, entry: &RawEntry<'a>) -> Vec<Pair<'a>> {
        let mut fields: Vec<Pair<'a>> = Vec::new();
        for pair in &entry.fields {
            let name = pair.key.v.to_lowercase();
            if !FIELDS.contains(&name.as_str()) {
                continue;
            }
            let mut value = Vec::new();
            match self.resolved(&pair.value.v, 0, &mut value) {
                Ok(()) => fields.push(Pair::new(pair.key.clone(), Placed::new(value, pair.value.span.clone()))),
                Err(problem) => {
                    let span = self.span(at, &pair.value.span);
                    let message = format!("{} of {} {problem}", quote(pair.key.v), quote(entry.key.v));
                    self.out.push(Diagnostic::new(Code::InvalidSource, span, message).help("correct it, or remove it"));
                }
            }
        }
        fields
    }

    /// A value without abbreviations.
    fn resolved(
        &self,
        value: &[Placed<RawChunk<'a>>],
        depth: usize,
        out: &mut Vec<Placed<RawChunk<'a>>>,
    ) -> Result<(), String> {
        for chunk in value {
            match chunk.v {
                RawChunk::Normal(text) => {
                    let length: usize = out.iter().map(|chunk| raw_text(&chunk.v).len()).sum();
                    if length + text.len() > LONGEST_FIELD || out.len() == MOST_PIECES {
                        return Err(format!("has more than {LONGEST_FIELD} bytes or {MOST_PIECES} pieces"));
                    }
                    if deepest(text) > DEEPEST {
                        return Err(format!("has more than {DEEPEST} braces in one another"));
                    }
                    out.push(chunk.clone());
                }
                RawChunk::Abbreviation(name) => {
                    let meant = self.abbreviations.get(&name.to_lowercase());
                    let meant = meant.ok_or_else(|| format!("names {}, which no `@string` says", quote(name)))?;
                    if depth == DEEPEST {
                        return Err(format!("names {}, which stands for itself", quote(name)));
                    }
                    self.resolved(meant, depth + 1, out)?;
                }
            }
        }
        Ok(())
    }

    /// Adds the fields that an entry has from those that `crossref` and `xdata` name: one step, as in BibTeX. The title
    /// of a book is the `booktitle` of what stands in it.
    fn inherit(
        &mut self,
        fields: &mut Vec<Pair<'a>>,
        entry: &RawEntry<'a>,
        by_key: &BTreeMap<&str, (usize, &RawEntry<'a>)>,
    ) {
        let named = |name: &str| {
            let pair = entry.fields.iter().find(|pair| pair.key.v.eq_ignore_ascii_case(name));
            pair.map(|pair| pair.value.v.iter().map(|chunk| raw_text(&chunk.v)).collect::<String>())
        };
        let whole = named("crossref").into_iter().map(|key| (key, true)).collect::<Vec<_>>();
        let data = named("xdata").unwrap_or_default();
        let data = data.split(',').map(|key| (key.trim().to_string(), false));
        for (key, is_whole) in whole.into_iter().chain(data).take(DEEPEST) {
            let Some((at, parent)) = by_key.get(key.trim()).copied() else { continue };
            for mut pair in self.fields(at, parent) {
                if is_whole && pair.key.v.eq_ignore_ascii_case("title") {
                    pair.key.v = "booktitle";
                }
                let has = |own: &Pair<'_>| own.key.v.eq_ignore_ascii_case(pair.key.v);
                if !fields.iter().any(has) && !pair.key.v.eq_ignore_ascii_case("subtitle") {
                    fields.push(pair);
                }
            }
        }
    }

    /// What readers are told of an entry.
    fn cite(&mut self, entry: &Entry, at: usize, span: Span) -> Cite {
        let text = |names: &[&str]| {
            let value = names.iter().find_map(|name| entry.get(name)).map(plain);
            value.filter(|value| !value.is_empty())
        };
        let people = |name: &str| entry.get_as::<Vec<Person>>(name).unwrap_or_default();
        let (authors, editors) = (people("author"), people("editor"));
        let are_editors = authors.is_empty() && !editors.is_empty();
        let people = if are_editors { editors } else { authors };
        let and_others = people.iter().any(is_others);
        let mut names: Vec<Name> = people.iter().filter(|person| !is_others(person)).map(name).collect();
        if names.is_empty() {
            names.extend(text(&["organization"]).map(|family| Name { family, given: String::new() }));
        }
        let title = match (text(&["title"]), text(&["subtitle"])) {
            (Some(title), Some(subtitle)) => Some(format!("{title}: {subtitle}")),
            (title, _) => title,
        };
        let year =
            text(&["date", "year"]).map(|date| date.split(['-', '/', '~', '?']).next().unwrap_or_default().to_string());
        let volume = text(&["volume"]);
        let number = text(&["number"]).filter(|_| text(&["journal", "journaltitle"]).is_some());
        let (link, link_span) = self.link(entry, at, span);
        Cite {
            key: entry.key.clone(),
            span,
            and_others: and_others && !names.is_empty(),
            names,
            are_editors,
            year: year.filter(|year| !year.is_empty()),
            letter: String::new(),
            title,
            within: text(&["journaltitle", "journal", "booktitle"]),
            volume: match (volume, number) {
                (Some(volume), Some(number)) => Some(format!("{volume}({number})")),
                (volume, number) => volume.or(number),
            },
            pages: text(&["pages"]).map(|pages| dashed(&pages)),
            edition: text(&["edition"]),
            publisher: text(&["publisher", "institution", "school", "howpublished"])
                .filter(|said| !said.starts_with("http")),
            link,
            link_span,
        }
    }

    /// Reports what every source should say.
    fn lacks(&mut self, cite: &Cite) {
        let lacks = [("title", cite.title.is_none()), ("year", cite.year.is_none())];
        let lacks: Vec<&str> = lacks.iter().filter(|(_, lacks)| *lacks).map(|(name, _)| *name).collect();
        if !lacks.is_empty() {
            let message = format!("the source {} has no {}", quote(&cite.key), lacks.join(" and no "));
            let help = format!("add `{} = {{…}}`", lacks[0]);
            self.out.push(Diagnostic::new(Code::IncompleteSource, cite.span, message).help(help));
        }
    }

    /// Where a source is read: by its DOI, else at arXiv, else at its address.
    fn link(&mut self, entry: &Entry, at: usize, span: Span) -> (Option<(String, String)>, Span) {
        let value =
            |name: &str| entry.get(name).map(|chunks| (chunks.format_verbatim().trim().to_string(), chunks.span()));
        if let Some((doi, place)) = value("doi") {
            let doi = doi.trim_start_matches("https://").trim_start_matches("doi.org/").trim_start_matches("doi:");
            let address = format!("https://doi.org/{}", doi.replace(' ', ""));
            return (Some((address, format!("doi:{doi}"))), self.span(at, &place));
        }
        let archive = value("archiveprefix").or(value("eprinttype")).map(|(archive, _)| archive.to_lowercase());
        if let Some((id, place)) = value("eprint").filter(|_| archive.as_deref() == Some("arxiv")) {
            return (Some((format!("https://arxiv.org/abs/{id}"), format!("arXiv:{id}"))), self.span(at, &place));
        }
        // BibTeX has no field for an address.
        let published = || {
            let said = plain(entry.get("howpublished")?);
            said.starts_with("http").then(|| (said, entry.get("howpublished").map_or(0..0, ChunksExt::span)))
        };
        let Some((address, place)) = value("url").or_else(published) else { return (None, span) };
        let place = self.span(at, &place);
        let parsed = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if parsed.is_none() {
            let message = format!("{} is no address that readers can follow", quote(&address));
            let help = "write it from its `https://` on, or remove it";
            self.out.push(Diagnostic::new(Code::IncompleteSource, place, message).help(help));
            return (None, span);
        }
        let words =
            address.split_once("//").map_or(address.as_str(), |(_, words)| words).trim_end_matches('/').to_string();
        (Some((address, words)), place)
    }
}

/// A file with letters for accents over `\i`, the i without its dot that older programs have there: `biblatex` would
/// set the accent on the backslash. Empty braces keep every place where it was.
fn with_dotless(text: &str) -> Cow<'_, str> {
    const LETTERS: [(&str, &str); 7] = [
        ("\\'\\i", "í{}"),
        ("\\`\\i", "ì{}"),
        ("\\^\\i", "î{}"),
        ("\\\"\\i", "ï{}"),
        ("\\~\\i", "ĩ{}"),
        ("\\=\\i", "ī{}"),
        ("\\^\\j", "ĵ{}"),
    ];
    let mut changed = Cow::Borrowed(text);
    for (typed, letter) in LETTERS {
        let mut from = 0;
        while let Some(at) = changed[from..].find(typed).map(|at| from + at) {
            from = at + typed.len();
            if !changed[from..].starts_with(|c: char| c.is_ascii_alphabetic()) {
                changed.to_mut().replace_range(at..from, letter);
            }
        }
    }
    changed
}

/// Where entries begin and end, as far as lines that begin with `@` tell.
fn entries(text: &str) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('@') {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// The key of an entry that can't be read, if it has got one.
fn key_of(entry: &str) -> Option<&str> {
    let (_, rest) = entry.split_once('{')?;
    let key = rest.split([',', '}', '\n']).next()?.trim();
    (!key.is_empty()).then_some(key)
}

fn raw_text<'a>(chunk: &RawChunk<'a>) -> &'a str {
    match chunk {
        RawChunk::Normal(text) | RawChunk::Abbreviation(text) => text,
    }
}

/// How deep the braces of a text go.
fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A value as plain text: commands that nobody knows are left out, and what they stand around stays.
fn plain(chunks: ChunksRef<'_>) -> String {
    let mut typed = String::new();
    for chunk in chunks {
        match &chunk.v {
            Chunk::Math(formula) => push_formula(&mut typed, formula),
            // Quotes of LaTeX.
            words => typed.push_str(&words.get().replace("``", "“").replace("''", "”")),
        }
    }
    let mut text = String::with_capacity(typed.len());
    let mut rest = typed.as_str();
    while let Some(at) = rest.find(['\\', '{', '}', '~']) {
        text.push_str(&rest[..at]);
        let sign = &rest[at..at + 1];
        rest = &rest[at + 1..];
        match sign {
            "~" => text.push(' '),
            "\\" => rest = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
            _ => {}
        }
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A formula in a line of plain text: signs for the commands that have one, and the names of functions. The others are
/// left out, what they stand around stays.
fn push_formula(out: &mut String, formula: &str) {
    const SIGNS: [(&str, &str); 48] = [
        ("alpha", "α"),
        ("beta", "β"),
        ("gamma", "γ"),
        ("delta", "δ"),
        ("epsilon", "ε"),
        ("varepsilon", "ε"),
        ("zeta", "ζ"),
        ("eta", "η"),
        ("theta", "θ"),
        ("iota", "ι"),
        ("kappa", "κ"),
        ("lambda", "λ"),
        ("mu", "μ"),
        ("nu", "ν"),
        ("xi", "ξ"),
        ("pi", "π"),
        ("rho", "ρ"),
        ("sigma", "σ"),
        ("tau", "τ"),
        ("phi", "φ"),
        ("varphi", "φ"),
        ("chi", "χ"),
        ("psi", "ψ"),
        ("omega", "ω"),
        ("Gamma", "Γ"),
        ("Delta", "Δ"),
        ("Theta", "Θ"),
        ("Lambda", "Λ"),
        ("Xi", "Ξ"),
        ("Pi", "Π"),
        ("Sigma", "Σ"),
        ("Phi", "Φ"),
        ("Psi", "Ψ"),
        ("Omega", "Ω"),
        ("infty", "∞"),
        ("times", "×"),
        ("cdot", "·"),
        ("pm", "±"),
        ("to", "→"),
        ("rightarrow", "→"),
        ("le", "≤"),
        ("leq", "≤"),
        ("ge", "≥"),
        ("geq", "≥"),
        ("sim", "∼"),
        ("approx", "≈"),
        ("ell", "ℓ"),
        ("circ", "°"),
    ];
    const NAMES: [&str; 12] = ["log", "ln", "exp", "sin", "cos", "tan", "min", "max", "lim", "sup", "inf", "det"];
    let mut rest = formula;
    while let Some((before, command)) = rest.split_once('\\') {
        out.push_str(before);
        let end = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        let (name, after) = command.split_at(end);
        rest = after;
        if let Some((_, sign)) = SIGNS.iter().find(|(known, _)| *known == name) {
            out.push_str(sign);
        } else if NAMES.contains(&name) {
            out.push_str(name);
        }
    }
    out.push_str(rest);
}

/// Pages as they are printed: from one to the other by a dash, where they were typed with a hyphen.
fn dashed(pages: &str) -> String {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match pages.split_once('-') {
        Some((first, last)) if is_number(first.trim()) && is_number(last.trim()) => {
            format!("{}–{}", first.trim(), last.trim())
        }
        _ => pages.to_string(),
    }
}

fn is_others(person: &Person) -> bool {
    person.name == "others" && person.given_name.is_empty()
}

fn name(person: &Person) -> Name {
    let tidy = |text: &str| text.replace(['{', '}'], "").replace('~', " ").trim().to_string();
    let family = [&person.prefix, &person.name].map(|piece| tidy(piece)).join(" ").trim().to_string();
    let suffix = tidy(&person.suffix);
    let family = if suffix.is_empty() { family } else { format!("{family} {suffix}") };
    Name { family, given: tidy(&person.given_name) }
}
