//! The theme's own words, in the site's language.
//!
//! In: `templates/languages/<tag>.toml`, built in or the project's. Out: phrases with their values
//! filled in, dates, and the language's direction. What a project's file lacks is taken from the
//! built-in file of that language, else from English, which is reported.

use std::collections::BTreeMap;

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use jiff::civil::Date;
use unic_langid::{CharacterDirection, LanguageIdentifier};

use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::project::Project;
use crate::project::theme;
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys;
use crate::text::source::{SourceId, Span};

/// The words of one language.
#[derive(Clone)]
pub struct Words {
    language: LanguageIdentifier,
    phrases: BTreeMap<String, Phrase>,
    date: String,
    months: Vec<String>,
    /// `ltr` or `rtl`, for `<html dir>`.
    pub direction: Direction,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("language", &self.language).finish_non_exhaustive()
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
pub fn read(project: &Project, language: &str, place: Span, out: &mut Vec<Diagnostic>) -> Words {
    let primary = language.split('-').next().unwrap_or(language);
    let file = [language, primary].into_iter().find_map(|tag| {
        let path = format!("languages/{}.toml", tag.to_lowercase());
        project.templates.iter().find(|(known, _)| known.to_lowercase() == path).map(|(path, id)| (path.clone(), *id))
    });
    let mut words = built_in(FALLBACK).unwrap_or_else(|| empty(FALLBACK));
    words.language = language.parse().unwrap_or_default();
    words.direction = Direction::of(&words.language);
    let Some((path, source)) = file else {
        let message = format!("the theme has no words for the language {}", quote(language));
        out.push(
            Diagnostic::new(Code::MissingWords, place, message)
                .help(format!("add `templates/languages/{primary}.toml`; until then it speaks English")),
        );
        return words;
    };
    let tag = path.trim_start_matches("languages/").trim_end_matches(".toml").to_string();
    let translated = built_in(&tag);
    let known: Vec<String> = words.phrases.keys().cloned().collect();
    let mut overlay = parse(&Excerpt::whole(project.sources.text(source), source, 0), language, out);
    if let Some(translated) = translated {
        overlay = merged(translated, overlay);
    }
    report(&overlay, &known, source, project, out);
    let language = words.language.clone();
    words = merged(words, overlay);
    words.language = language;
    words
}

/// English as it comes with partwork, for texts that no site has set.
pub fn english() -> Words {
    built_in(FALLBACK).unwrap_or_else(|| empty(FALLBACK))
}

impl Words {
    /// A phrase with `{name}` replaced by each value; a counted one goes by the value of `n`.
    /// `None` when there is no such phrase.
    pub fn phrase(&self, key: &str, values: &[(&str, String)]) -> Option<String> {
        let text = match self.phrases.get(key)? {
            Phrase::Plain(text) => text,
            Phrase::Counted(forms) => {
                let n = values.iter().find(|(name, _)| *name == "n").map_or("0", |(_, value)| value.as_str());
                forms.get(self.category(n)).or_else(|| forms.get("other"))?
            }
        };
        Some(fill(text, values))
    }

    /// A phrase that the built-in languages have.
    pub fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        self.phrase(key, values).unwrap_or_else(|| key.to_string())
    }

    /// A counted phrase in the form that goes with its number, which is `n` in it.
    pub fn count(&self, key: &str, n: usize, values: &[(&str, String)]) -> String {
        let mut all = vec![("n", n.to_string())];
        all.extend(values.iter().cloned());
        self.say(key, &all)
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
        )
    }

    /// The names of all phrases, for suggestions.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.phrases.keys().map(String::as_str)
    }

    /// The forms of a counted phrase by category, for scripts, which count for themselves with
    /// `Intl.PluralRules`.
    pub fn forms(&self, key: &str) -> Option<&BTreeMap<&'static str, String>> {
        match self.phrases.get(key)? {
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
fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let close = rest[open..].find('}').map(|at| open + at);
        let value = close.and_then(|close| values.iter().find(|(name, _)| *name == &rest[open + 1..close]));
        match (close, value) {
            (Some(close), Some((_, value))) => {
                filled.push_str(value);
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

fn empty(language: &str) -> Words {
    let language: LanguageIdentifier = language.parse().unwrap_or_default();
    Words {
        direction: Direction::of(&language),
        language,
        phrases: BTreeMap::new(),
        date: String::new(),
        months: Vec::new(),
    }
}

fn built_in(tag: &str) -> Option<Words> {
    let path = format!("languages/{tag}.toml");
    let (_, text) = theme::TEMPLATES.iter().find(|(known, _)| *known == path)?;
    let text = std::str::from_utf8(text).ok()?;
    let mut sources = crate::text::source::Sources::default();
    let id = sources.add(crate::text::source::Source::new(path, text));
    // The built-in files hold no mistake: a test reads them.
    Some(parse(&Excerpt::whole(text, id, 0), tag, &mut Vec::new()))
}

fn parse(excerpt: &Excerpt<'_>, language: &str, out: &mut Vec<Diagnostic>) -> Words {
    let mut words = empty(language);
    let Some(table) = parse_toml(excerpt, out) else { return words };
    let mut fields = Fields::new(&table, &keys::LANGUAGE);
    let direction = fields.choice("direction", &[("ltr", Direction::Ltr), ("rtl", Direction::Rtl)], out);
    words.direction = direction.unwrap_or(words.direction);
    words.date = fields.string("date", out).map(|text| text.value).unwrap_or_default();
    let months = fields.strings("months", out);
    if !months.is_empty() && months.len() != 12 {
        let message = format!("a year has 12 months, not {}", months.len());
        out.push(Diagnostic::new(Code::InvalidValue, fields.span("months"), message));
    } else {
        words.months = months.into_iter().map(|month| month.value).collect();
    }
    let phrases = fields.table("words", out);
    fields.finish(out);
    for (key, value) in phrases.map(|table| table.entries.as_slice()).unwrap_or_default() {
        let phrase = match &value.value {
            Data::String(text) => Some(Phrase::Plain(text.clone())),
            Data::Table(forms) => counted(forms, value.span, out),
            _ => wrong_type(&key.value, "a text, or one for each plural", value, out),
        };
        if let Some(phrase) = phrase {
            words.phrases.insert(key.value.clone(), phrase);
        }
    }
    words
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

/// One language's words, with another's over them.
fn merged(mut below: Words, above: Words) -> Words {
    below.phrases.extend(above.phrases);
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

/// Phrases that are missing, and those that nothing could use.
fn report(words: &Words, known: &[String], source: SourceId, project: &Project, out: &mut Vec<Diagnostic>) {
    let missing: Vec<&str> = known.iter().filter(|key| !words.phrases.contains_key(*key)).map(String::as_str).collect();
    let place = Span::start_of(source);
    if !missing.is_empty() {
        let message = format!("{} of the theme's phrases are missing and stand in English", missing.len());
        out.push(Diagnostic::new(Code::MissingWords, place, message).help(format!("add {}", list(missing, "and"))));
    }
    for key in words.phrases.keys().filter(|key| !known.contains(key)) {
        let used = project.templates.iter().any(|(path, template)| {
            !path.ends_with(".toml") && project.sources.text(*template).contains(&format!("\"{key}\""))
        });
        if !used {
            let text = project.sources.text(source);
            let span = text.find(key.as_str()).map_or(place, |at| Span::new(source, at..at + key.len()));
            let near = did_you_mean(key, known.iter().map(String::as_str));
            out.push(
                Diagnostic::new(Code::UnusedWords, span, format!("no template says {}", quote(key)))
                    .help(near.unwrap_or_else(|| "remove it".into())),
            );
        }
    }
}

/// A title whose lines don't begin with a dash, or with one of the marks that French sets apart.
pub fn tie(text: &str) -> String {
    let mut tied = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let stays = c == ' ' && rest.peek().is_some_and(|next| "—–?!:;»".contains(*next));
        tied.push(if stays { '\u{a0}' } else { c });
    }
    tied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_tied() {
        assert_eq!(tie("Prompting — When to Use Which ?"), "Prompting\u{a0}— When to Use Which\u{a0}?");
    }

    fn language(tag: &str) -> Words {
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
            let words = parse(&Excerpt::whole(text, id, 0), "xx", &mut found);
            assert!(found.is_empty(), "{path}: {found:?}");
            assert_eq!(words.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{path}");
        }
    }

    #[test]
    fn values_and_plurals() {
        let english = english();
        assert_eq!(english.say("label", &[("number", "12".into()), ("total", "21".into())]), "Part 12 of 21");
        assert_eq!(english.count("minutes_to_read", 1, &[]), "1 minute to read");
        assert_eq!(english.count("minutes_to_read", 2, &[]), "2 minutes to read");
        assert_eq!(language("sv").count("minutes_to_read", 2, &[]), "2 minuter att läsa");
        assert_eq!(fill("{a} {b} {", &[("a", "{b}".into())]), "{b} {b} {");
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
