//! The theme's own phrases, in the site's language.
//!
//! In: `templates/languages/<tag>.toml`, built in or the project's. Out: phrases with their values
//! filled in, dates, and the language's direction. What a project's file lacks is taken from the
//! built-in file of that language, else from English, which is reported.

use std::borrow::Cow;
use std::collections::BTreeMap;

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use jiff::civil::Date;
use serde::Serialize;
use unic_langid::{CharacterDirection, LanguageIdentifier};

use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::project::Project;
use crate::project::theme;
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys;
use crate::text::source::{SourceId, Span};

/// What the theme says in one language.
#[derive(Clone)]
pub struct Phrases {
    language: LanguageIdentifier,
    by_key: BTreeMap<String, Phrase>,
    date: String,
    months: Vec<String>,
    /// What the language calls parts.
    own_label: Label,
    /// What parts are called where nothing says which are meant: by the word of all series, or the language's.
    pub label: Label,
    /// `ltr` or `rtl`, for `<html dir>`.
    pub direction: Direction,
}

impl std::fmt::Debug for Phrases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phrases").field("language", &self.language).finish_non_exhaustive()
    }
}

/// Which way a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ltr,
    Rtl,
}

impl Direction {
    /// Which way a language is written as a rule.
    fn of(language: &LanguageIdentifier) -> Direction {
        match language.character_direction() {
            CharacterDirection::RTL => Direction::Rtl,
            _ => Direction::Ltr,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Direction::Ltr => "ltr",
            Direction::Rtl => "rtl",
        }
    }
}

/// What parts are called: in phrases `{Part}` and `{Parts}`, and within a sentence `{part}` and `{parts}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Label {
    /// One, as it begins a line: `Lecture`.
    pub part: String,
    /// Several.
    pub parts: String,
}

impl Label {
    /// What stands for a placeholder.
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(match name {
            "Part" => Cow::Borrowed(&self.part),
            "Parts" => Cow::Borrowed(&self.parts),
            "part" => Cow::Owned(within(&self.part)),
            "parts" => Cow::Owned(within(&self.parts)),
            _ => return None,
        })
    }
}

/// A word as it stands within a sentence: `Lecture` as `lecture`, `TIL` as it is.
pub fn within(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) if !letters.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => word.to_string(),
    }
}

#[derive(Debug, Clone)]
enum Phrase {
    Plain(String),
    /// By plural category, `other` always there.
    Counted(BTreeMap<&'static str, String>),
}

/// The categories of CLDR (Unicode Technical Standard 35, part 3, §5).
const CATEGORIES: &[(&str, PluralCategory)] = &[
    ("zero", PluralCategory::ZERO),
    ("one", PluralCategory::ONE),
    ("two", PluralCategory::TWO),
    ("few", PluralCategory::FEW),
    ("many", PluralCategory::MANY),
    ("other", PluralCategory::OTHER),
];

/// The language whose words stand in for missing ones.
const FALLBACK: &str = "en";

/// Reads the words of a language (a BCP 47 tag, such as `sv` or `pt-BR`), which was named at a place.
pub fn read(project: &Project, language: &str, place: Span, out: &mut Vec<Diagnostic>) -> Phrases {
    let file = file(project, language);
    let mut phrases = built_in(FALLBACK).unwrap_or_else(|| empty(FALLBACK));
    phrases.language = language.parse().unwrap_or_default();
    phrases.direction = Direction::of(&phrases.language);
    let Some((path, source)) = file else {
        let message = format!("the theme has no words for the language {}", quote(language));
        let primary = primary(language);
        out.push(
            Diagnostic::new(Code::MissingWords, place, message)
                .help(format!("add `templates/languages/{primary}.toml`; until then it speaks English")),
        );
        return phrases.named();
    };
    let tag = path.trim_start_matches("languages/").trim_end_matches(".toml").to_string();
    let translated = built_in(&tag);
    let known: Vec<String> = phrases.by_key.keys().cloned().collect();
    let mut overlay = parse(&Excerpt::whole(project.sources.text(source), source, 0), language, out);
    if let Some(translated) = translated {
        overlay = merged(translated, overlay);
    }
    report_missing(&overlay, &known, source, out);
    out.extend(unused(&overlay, &known, source, project));
    let language = phrases.language.clone();
    phrases = merged(phrases, overlay);
    phrases.language = language;
    phrases.named()
}

/// The file with the words of a language, by its path below `templates/`.
pub fn file(project: &Project, language: &str) -> Option<(String, SourceId)> {
    [language, primary(language)].into_iter().find_map(|tag| {
        let path = format!("languages/{}.toml", tag.to_lowercase());
        project.templates.iter().find(|(known, _)| known.to_lowercase() == path).map(|(path, id)| (path.clone(), *id))
    })
}

/// A tag without its regions: `pt` of `pt-BR`.
fn primary(language: &str) -> &str {
    language.split('-').next().unwrap_or(language)
}

/// English as it comes with partwork, for texts that no site has set.
pub fn english() -> Phrases {
    built_in(FALLBACK).unwrap_or_else(|| empty(FALLBACK)).named()
}

impl Phrases {
    /// Phrases that know what they call parts.
    fn named(mut self) -> Phrases {
        self.own_label = Label { part: self.say("one_part", &[]), parts: self.say("parts", &[]) };
        self.label = self.own_label.clone();
        self
    }

    /// What the language calls parts.
    pub fn language_label(&self) -> &Label {
        &self.own_label
    }

    /// The phrases that name a part with its number, and have a word of their own for it.
    pub fn without_label(&self) -> Vec<&'static str> {
        let names = |key: &&str| match self.by_key.get(*key) {
            Some(Phrase::Plain(text)) => text.contains("{Part}") || text.contains("{part}"),
            Some(Phrase::Counted(_)) | None => true,
        };
        ["part", "label", "part_title", "next_up"].into_iter().filter(|key| !names(key)).collect()
    }

    /// A phrase with `{name}` replaced by each value; a counted one goes by the value of `n`.
    /// `None` when there is no such phrase.
    pub fn phrase(&self, key: &str, values: &[(&str, String)]) -> Option<String> {
        self.phrase_in(&self.label, key, values)
    }

    /// A phrase in which parts are called by these words.
    pub fn phrase_in(&self, label: &Label, key: &str, values: &[(&str, String)]) -> Option<String> {
        let text = match self.by_key.get(key)? {
            Phrase::Plain(text) => text,
            Phrase::Counted(forms) => {
                let n = values.iter().find(|(name, _)| *name == "n").map_or("0", |(_, value)| value.as_str());
                forms.get(self.category(n)).or_else(|| forms.get("other"))?
            }
        };
        Some(fill(text, values, label))
    }

    /// A phrase that the built-in languages have.
    pub fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        self.phrase(key, values).unwrap_or_else(|| key.to_string())
    }

    /// A phrase that the built-in languages have, in which parts are called by these words.
    pub fn say_in(&self, label: &Label, key: &str, values: &[(&str, String)]) -> String {
        self.phrase_in(label, key, values).unwrap_or_else(|| key.to_string())
    }

    /// A counted phrase in the form that goes with its number, which is `n` in it.
    pub fn count(&self, key: &str, n: usize, values: &[(&str, String)]) -> String {
        self.count_in(&self.label, key, n, values)
    }

    /// A counted phrase in which parts are called by these words.
    pub fn count_in(&self, label: &Label, key: &str, n: usize, values: &[(&str, String)]) -> String {
        let mut all = vec![("n", n.to_string())];
        all.extend(values.iter().cloned());
        self.say_in(label, key, &all)
    }

    /// A day as the language writes it.
    pub fn date(&self, day: Date) -> String {
        let month = usize::try_from(day.month()).ok().and_then(|at| self.months.get(at.checked_sub(1)?));
        fill(
            &self.date,
            &[
                ("day", day.day().to_string()),
                ("month", month.cloned().unwrap_or_default()),
                ("month_number", day.month().to_string()),
                ("year", day.year().to_string()),
            ],
            &self.label,
        )
    }

    /// The names of all phrases, for suggestions.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.by_key.keys().map(String::as_str)
    }

    /// The forms of a counted phrase by category, for scripts, which count for themselves with
    /// `Intl.PluralRules`.
    pub fn forms(&self, key: &str) -> Option<&BTreeMap<&'static str, String>> {
        match self.by_key.get(key)? {
            Phrase::Counted(forms) => Some(forms),
            Phrase::Plain(_) => None,
        }
    }

    fn category(&self, n: &str) -> &'static str {
        let rules = PluralRules::create(self.language.clone(), PluralRuleType::CARDINAL).or_else(|_| {
            PluralRules::create(
                LanguageIdentifier::from_parts(self.language.language, None, None, &[]),
                PluralRuleType::CARDINAL,
            )
        });
        let category = rules.ok().and_then(|rules| rules.select(n).ok()).unwrap_or(PluralCategory::OTHER);
        CATEGORIES.iter().find(|(_, known)| *known == category).map_or("other", |(name, _)| name)
    }
}

/// Replaces each `{name}` that has a value.
fn fill(text: &str, values: &[(&str, String)], label: &Label) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let close = rest[open..].find('}').map(|at| open + at);
        let value = close.and_then(|close| {
            let name = &rest[open + 1..close];
            let given = values.iter().find(|(known, _)| *known == name);
            given.map(|(_, value)| Cow::Borrowed(value.as_str())).or_else(|| label.value(name))
        });
        match (close, value) {
            (Some(close), Some(value)) => {
                filled.push_str(&value);
                rest = &rest[close + 1..];
            }
            _ => {
                filled.push('{');
                rest = &rest[open + 1..];
            }
        }
    }
    filled + rest
}

fn empty(language: &str) -> Phrases {
    let language: LanguageIdentifier = language.parse().unwrap_or_default();
    Phrases {
        direction: Direction::of(&language),
        language,
        by_key: BTreeMap::new(),
        date: String::new(),
        months: Vec::new(),
        own_label: Label::default(),
        label: Label::default(),
    }
}

fn built_in(tag: &str) -> Option<Phrases> {
    let path = format!("languages/{tag}.toml");
    let (_, text) = theme::TEMPLATES.iter().find(|(known, _)| *known == path)?;
    let text = std::str::from_utf8(text).ok()?;
    let mut sources = crate::text::source::Sources::default();
    let id = sources.add(crate::text::source::Source::new(path, text));
    // The built-in files hold no mistake: a test reads them.
    Some(parse(&Excerpt::whole(text, id, 0), tag, &mut Vec::new()))
}

fn parse(excerpt: &Excerpt<'_>, language: &str, out: &mut Vec<Diagnostic>) -> Phrases {
    let mut phrases = empty(language);
    let Some(table) = parse_toml(excerpt, out) else { return phrases };
    let mut fields = Fields::new(&table, &keys::LANGUAGE);
    let direction = fields.choice("direction", &[("ltr", Direction::Ltr), ("rtl", Direction::Rtl)], out);
    phrases.direction = direction.unwrap_or(phrases.direction);
    phrases.date = fields.string("date", out).map(|text| text.value).unwrap_or_default();
    let months = fields.strings("months", out);
    if !months.is_empty() && months.len() != 12 {
        let message = format!("a year has 12 months, not {}", months.len());
        out.push(Diagnostic::new(Code::InvalidValue, fields.span("months"), message));
    } else {
        phrases.months = months.into_iter().map(|month| month.value).collect();
    }
    let listed = fields.table("words", out);
    fields.finish(out);
    for (key, value) in listed.map(|table| table.entries.as_slice()).unwrap_or_default() {
        let phrase = match &value.value {
            Data::String(text) => Some(Phrase::Plain(text.clone())),
            Data::Table(forms) => counted(forms, value.span, out),
            _ => wrong_type(&key.value, "a text, or one for each plural", value, out),
        };
        if let Some(phrase) = phrase {
            phrases.by_key.insert(key.value.clone(), phrase);
        }
    }
    phrases
}

fn counted(forms: &Table, span: Span, out: &mut Vec<Diagnostic>) -> Option<Phrase> {
    let mut fields = Fields::new(forms, &keys::PHRASE);
    let mut found = BTreeMap::new();
    for (name, _) in CATEGORIES {
        if let Some(text) = fields.string(name, out) {
            found.insert(*name, text.value);
        }
    }
    fields.finish(out);
    if !found.contains_key("other") {
        out.push(
            Diagnostic::new(Code::MissingKey, span, "the phrase has no `other`")
                .help("every language has this form; add it"),
        );
        return None;
    }
    Some(Phrase::Counted(found))
}

/// One language's phrases, with another's over them.
fn merged(mut below: Phrases, above: Phrases) -> Phrases {
    below.by_key.extend(above.by_key);
    if !above.date.is_empty() {
        below.date = above.date;
    }
    if !above.months.is_empty() {
        below.months = above.months;
    }
    below.direction = above.direction;
    below.language = above.language;
    below
}

fn report_missing(phrases: &Phrases, known: &[String], source: SourceId, out: &mut Vec<Diagnostic>) {
    let missing: Vec<&str> =
        known.iter().filter(|key| !phrases.by_key.contains_key(*key)).map(String::as_str).collect();
    if !missing.is_empty() {
        let message = format!("{} of the theme's phrases are missing and stand in English", missing.len());
        out.push(
            Diagnostic::new(Code::MissingWords, Span::start_of(source), message)
                .help(format!("add {}", list(missing, "and"))),
        );
    }
}

/// A warning for each phrase that nothing could use.
fn unused(phrases: &Phrases, known: &[String], source: SourceId, project: &Project) -> Vec<Diagnostic> {
    let is_said = |key: &str| {
        let mut templates = project.templates.iter().filter(|(path, _)| !path.ends_with(".toml"));
        templates.any(|(_, template)| project.sources.text(*template).contains(&format!("\"{key}\"")))
    };
    let unused = phrases.by_key.keys().filter(|key| !known.contains(key) && !is_said(key));
    let warning = |key: &String| {
        let place = project.sources.text(source).find(key.as_str()).map(|at| Span::new(source, at..at + key.len()));
        let message = format!("no template says {}", quote(key));
        Diagnostic::new(Code::UnusedWords, place.unwrap_or(Span::start_of(source)), message)
            .help(did_you_mean(key, known.iter().map(String::as_str)).unwrap_or_else(|| "remove it".into()))
    };
    unused.map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Phrases {
        built_in(tag).expect("a built-in language")
    }

    #[test]
    fn every_language_says_everything() {
        let english = english();
        for (path, text) in theme::TEMPLATES.iter().filter(|(path, _)| path.starts_with("languages/")) {
            let mut found = Vec::new();
            let text = std::str::from_utf8(text).expect("UTF-8");
            let mut sources = crate::text::source::Sources::default();
            let id = sources.add(crate::text::source::Source::new(*path, text));
            let phrases = parse(&Excerpt::whole(text, id, 0), "xx", &mut found);
            assert!(found.is_empty(), "{path}: {found:?}");
            assert_eq!(phrases.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{path}");
        }
    }

    #[test]
    fn values_and_plurals() {
        let english = english();
        assert_eq!(english.say("label", &[("number", "12".into()), ("total", "21".into())]), "Part 12 of 21");
        assert_eq!(english.count("minutes_to_read", 1, &[]), "1 minute to read");
        assert_eq!(english.count("minutes_to_read", 2, &[]), "2 minutes to read");
        assert_eq!(language("sv").named().say("all_parts", &[("n", "2".into())]), "Alla 2 delar");
        assert_eq!(language("sv").count("minutes_to_read", 2, &[]), "2 minuter att läsa");
        assert_eq!(fill("{a} {b} {", &[("a", "{b}".into())], &Label::default()), "{b} {b} {");
        let pills = Label { part: "Pill".into(), parts: "Pills".into() };
        assert_eq!(english.say_in(&pills, "in_this_part", &[]), "In this pill");
        assert_eq!(english.say_in(&pills, "part", &[("number", "3".into())]), "Pill 3");
        assert_eq!((within("TIL"), within("Über"), within("")), ("TIL".into(), "über".into(), String::new()));
        let mut polish = english;
        polish.language = "pl".parse().expect("a tag");
        assert_eq!((polish.category("1"), polish.category("3"), polish.category("5")), ("one", "few", "many"));
    }

    #[test]
    fn dates() {
        let day = Date::new(2025, 3, 31).expect("a day");
        assert_eq!(english().date(day), "March 31, 2025");
        assert_eq!(language("sv").date(day), "31 mars 2025");
    }
}
