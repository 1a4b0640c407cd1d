//! The theme's own phrases, in the site's language.
//!
//! In: `templates/languages/<tag>.toml`, built in or the project's. Out: phrases with their values
//! filled in, dates, numbers, lists, and the language's direction. A file of a region may say only what
//! differs from its language's. What a project's file lacks is taken from the built-in file of that language,
//! else from English, which is reported. Plural categories are CLDR's, from the table of `intl_pluralrules`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};
use jiff::civil::Date;
use serde::Serialize;
use unic_langid::{CharacterDirection, LanguageIdentifier};

use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::project::Project;
use crate::project::theme;
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys;
use crate::text::fallbacks::fallbacks;
use crate::text::numbers::{Lists, Numbers};
use crate::text::source::{SourceId, Span};

/// What the theme says in one language.
#[derive(Clone)]
pub struct Phrases {
    language: LanguageIdentifier,
    by_key: BTreeMap<String, Phrase>,
    date: String,
    /// How the first day of a month is written, where it is no plain number.
    first_day: Option<String>,
    months: Vec<String>,
    numbers: Option<Numbers>,
    lists: Option<Lists>,
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

#[derive(Clone)]
enum Phrase {
    Plain(String),
    /// By plural category, `other` always there, and the rules of the language that it is in.
    Counted(BTreeMap<&'static str, String>, Plurals),
}

/// The plural rules of a language; without any, all is `other`.
type Plurals = Option<Arc<PluralRules>>;

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

/// Values that are names made of digits, and are not grouped.
const ORDINALS: &[&str] = &["number", "day", "month_number", "year"];

/// Values that count something.
const COUNTS: &[&str] = &["n", "total", "published", "pages", "step", "steps"];

/// Reads the words of a language (a BCP 47 tag, such as `sv` or `pt-BR`), which was named at a place.
pub fn read(project: &Project, language: &str, place: Span, out: &mut Vec<Diagnostic>) -> Phrases {
    let english = built_in(FALLBACK).unwrap_or_else(|| empty(FALLBACK));
    let tags: Vec<String> = fallbacks(language).into_iter().map(|tag| tag.to_lowercase()).collect();
    let files = tags.iter().rev().filter_map(|tag| file_of(project, tag));
    let mut said: Option<Phrases> = None;
    let mut own = None;
    for (path, source) in files {
        let tag = path.trim_start_matches("languages/").trim_end_matches(".toml");
        let built_in = built_in(tag);
        let text = project.sources.text(source);
        let is_built_in = theme::TEMPLATES.iter().any(|(known, bytes)| *known == path && *bytes == text.as_bytes());
        let layers = built_in.into_iter().chain((!is_built_in).then(|| {
            let (overlay, words) = parse(&Excerpt::whole(text, source, 0), tag, Some(&english), out);
            own.get_or_insert(words);
            out.extend(unused(&overlay, &english, source, project));
            overlay
        }));
        for layer in layers {
            said = Some(match said.take() {
                Some(below) => merged(below, layer),
                None => layer,
            });
        }
    }
    let Some(said) = said else {
        let message = format!("the theme has no words for the language {}", quote(language));
        out.push(
            Diagnostic::new(Code::MissingWords, place, message)
                .help(format!("add `templates/languages/{language}.toml`; until then it speaks English")),
        );
        return Phrases { direction: Direction::of(&parsed(language)), language: parsed(language), ..english }.named();
    };
    if let Some(place) = own {
        report_missing(&said, &english, place, out);
    }
    Phrases { language: parsed(language), ..merged(english, said) }.named()
}

/// The file with the words of a language, by its path below `templates/`.
pub fn file(project: &Project, language: &str) -> Option<(String, SourceId)> {
    fallbacks(language).iter().find_map(|tag| file_of(project, &tag.to_lowercase()))
}

/// The file of one tag in small letters, whatever the letters of its name.
fn file_of(project: &Project, tag: &str) -> Option<(String, SourceId)> {
    let path = format!("languages/{tag}.toml");
    project.templates.iter().find(|(known, _)| known.to_lowercase() == path).map(|(path, id)| (path.clone(), *id))
}

fn parsed(language: &str) -> LanguageIdentifier {
    language.parse().unwrap_or_default()
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
            Some(Phrase::Counted(..)) | None => true,
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
            Phrase::Counted(forms, plurals) => {
                let n = values.iter().find(|(name, _)| *name == "n").map_or("0", |(_, value)| value.as_str());
                forms.get(category(plurals, n)).or_else(|| forms.get("other"))?
            }
        };
        Some(fill(text, |name| {
            let given = values.iter().find(|(known, _)| *known == name);
            given.map(|(_, value)| self.written(name, value)).or_else(|| label.value(name))
        }))
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

    /// A value as it stands in a phrase: what is a number by its name has the language's digits.
    fn written<'v>(&self, name: &str, value: &'v str) -> Cow<'v, str> {
        match &self.numbers {
            Some(numbers) if ORDINALS.contains(&name) => Cow::Owned(numbers.digits(value)),
            Some(numbers) if COUNTS.contains(&name) => Cow::Owned(numbers.count(value)),
            _ => Cow::Borrowed(value),
        }
    }

    /// A day as the language writes it.
    pub fn date(&self, day: Date) -> String {
        let month = usize::try_from(day.month()).ok().and_then(|at| self.months.get(at.checked_sub(1)?));
        let value = |name: &str| {
            let number = match name {
                "month" => return Some(Cow::Borrowed(month.map_or("", String::as_str))),
                "day" if day.day() == 1 && self.first_day.is_some() => return self.first_day.as_deref().map(Cow::from),
                "day" => day.day().to_string(),
                "month_number" => day.month().to_string(),
                "year" => day.year().to_string(),
                _ => return None,
            };
            Some(Cow::Owned(self.digits(&number)))
        };
        fill(&self.date, value)
    }

    /// A number that is a name, such as a part's, in the digits of the language.
    pub fn digits(&self, number: &str) -> String {
        self.numbers.as_ref().map_or_else(|| number.to_string(), |numbers| numbers.digits(number))
    }

    /// A number that counts, written with `.` for its decimal sign, as the language writes it.
    pub fn number(&self, number: &str) -> String {
        self.numbers.as_ref().map_or_else(|| number.to_string(), |numbers| numbers.count(number))
    }

    /// 1234567.8 as the language writes it.
    pub fn number_sample(&self) -> &str {
        self.numbers.as_ref().map_or("1234567.8", Numbers::sample)
    }

    /// Names in a row: `A, B, and C`.
    pub fn list(&self, names: &[impl AsRef<str>]) -> String {
        let plain = || names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
        self.lists.as_ref().map_or_else(plain, |lists| lists.join(names))
    }

    /// The names of all phrases, for suggestions.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.by_key.keys().map(String::as_str)
    }

    /// The forms of a phrase by category, for scripts, which count for themselves with `Intl.PluralRules`; a
    /// phrase that is the same for all numbers has the form `other`.
    pub fn forms(&self, key: &str) -> Option<BTreeMap<&'static str, String>> {
        Some(match self.by_key.get(key)? {
            Phrase::Counted(forms, _) => forms.clone(),
            Phrase::Plain(text) => BTreeMap::from([("other", text.clone())]),
        })
    }
}

/// The rules of a language, or those of the language without its region.
fn plurals(language: &LanguageIdentifier) -> Plurals {
    let without_region = LanguageIdentifier::from_parts(language.language, None, None, &[]);
    let rules = [language.clone(), without_region].into_iter();
    rules.filter_map(|tag| PluralRules::create(tag, PluralRuleType::CARDINAL).ok()).map(Arc::new).next()
}

/// The category of a number in digits of ASCII.
fn category(plurals: &Plurals, n: &str) -> &'static str {
    let category = plurals.as_ref().and_then(|rules| rules.select(n).ok()).unwrap_or(PluralCategory::OTHER);
    CATEGORIES.iter().find(|(_, known)| *known == category).map_or("other", |(name, _)| name)
}

/// Replaces each `{name}` that has a value.
fn fill<'v>(text: &str, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let close = rest[open..].find('}').map(|at| open + at);
        match close.and_then(|close| Some((close, value(&rest[open + 1..close])?))) {
            Some((close, value)) => {
                filled.push_str(&value);
                rest = &rest[close + 1..];
            }
            None => {
                filled.push('{');
                rest = &rest[open + 1..];
            }
        }
    }
    filled + rest
}

fn empty(language: &str) -> Phrases {
    let language = parsed(language);
    Phrases {
        direction: Direction::of(&language),
        language,
        by_key: BTreeMap::new(),
        date: String::new(),
        first_day: None,
        months: Vec::new(),
        numbers: None,
        lists: None,
        own_label: Label::default(),
        label: Label::default(),
    }
}

fn built_in(tag: &str) -> Option<Phrases> {
    let path = format!("languages/{tag}.toml");
    let (known, text) = theme::TEMPLATES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&path))?;
    let text = std::str::from_utf8(text).ok()?;
    let tag = known.trim_start_matches("languages/").trim_end_matches(".toml");
    let mut sources = crate::text::source::Sources::default();
    let id = sources.add(crate::text::source::Source::new(path, text));
    // The built-in files hold no mistake: a test reads them.
    Some(parse(&Excerpt::whole(text, id, 0), tag, None, &mut Vec::new()).0)
}

/// The words of a file, and the place of its phrases. What they could not say is looked for beside those of
/// English, where these are given.
fn parse(excerpt: &Excerpt<'_>, tag: &str, english: Option<&Phrases>, out: &mut Vec<Diagnostic>) -> (Phrases, Span) {
    let mut phrases = empty(tag);
    let place = excerpt.span(0..0);
    let Some(table) = parse_toml(excerpt, out) else { return (phrases, place) };
    let mut fields = Fields::new(&table, &keys::LANGUAGE);
    let direction = fields.choice("direction", &[("ltr", Direction::Ltr), ("rtl", Direction::Rtl)], out);
    phrases.direction = direction.unwrap_or(phrases.direction);
    ways(&mut fields, tag, &mut phrases, out);
    let place = table.entries.iter().find(|(key, _)| key.value == "words").map_or(place, |(key, _)| key.span);
    let listed = fields.table("words", out);
    fields.finish(out);
    let plurals = plurals(&phrases.language);
    for (key, value) in listed.map(|table| table.entries.as_slice()).unwrap_or_default() {
        let phrase = match &value.value {
            Data::String(text) => Some(Phrase::Plain(text.clone())),
            Data::Table(forms) => counted(forms, value.span, &plurals, out),
            _ => wrong_type(&key.value, "a text, or one for each plural", value, out),
        };
        let Some(phrase) = phrase else { continue };
        if let Some(english) = english {
            out.extend(unfilled(&key.value, &phrase, english, value.span));
        }
        phrases.by_key.insert(key.value.clone(), phrase);
    }
    (phrases, place)
}

/// How a language writes dates, numbers and lists.
fn ways(fields: &mut Fields<'_>, tag: &str, phrases: &mut Phrases, out: &mut Vec<Diagnostic>) {
    let mut invalid = |span, message: String, help: &str| {
        out.push(Diagnostic::new(Code::InvalidValue, span, message).help(help));
    };
    let mut read = Vec::new();
    if let Some(date) = fields.string("date", &mut read) {
        let known = ["day", "month", "month_number", "year"];
        for name in placeholders(&date.value).filter(|name| !known.contains(name)) {
            let near = did_you_mean(name, known).unwrap_or_else(|| format!("a date has {}", list(known, "and")));
            invalid(date.span, format!("{} is nothing of a date", quote(&format!("{{{name}}}"))), &near);
        }
        phrases.date = date.value;
    }
    phrases.first_day = fields.string("first_day", &mut read).map(|day| day.value);
    let months = fields.strings("months", &mut read);
    if !months.is_empty() && months.len() != 12 {
        invalid(
            fields.span("months"),
            format!("a year has 12 months, not {}", months.len()),
            "name each, January first",
        );
    } else {
        phrases.months = months.into_iter().map(|month| month.value).collect();
    }
    if let Some(sample) = fields.string("number", &mut read) {
        phrases.numbers = Numbers::by_sample(&sample.value, tag);
        if phrases.numbers.is_none() {
            let message = format!("{} is not 1234567.8 as a language writes it", quote(&sample.value));
            invalid(sample.span, message, "write that very number, as in `1,234,567.8`");
        }
    }
    let (pair, names) = (fields.string("pair", &mut read), fields.string("list", &mut read));
    phrases.lists = pair.as_ref().zip(names.as_ref()).and_then(|(pair, names)| {
        let lists = Lists::by_samples(&pair.value, &names.value, tag);
        if lists.is_none() {
            let message = format!("{} and {} show no list", quote(&pair.value), quote(&names.value));
            invalid(names.span, message, "write them as in `A and B` and `A, B, and C`");
        }
        lists
    });
    match (pair, names) {
        (Some(alone), None) => {
            invalid(alone.span, "`pair` stands without `list`".into(), "add `list`, as in `A, B, and C`")
        }
        (None, Some(alone)) => {
            invalid(alone.span, "`list` stands without `pair`".into(), "add `pair`, as in `A and B`")
        }
        _ => {}
    }
    out.extend(read);
}

fn counted(forms: &Table, span: Span, plurals: &Plurals, out: &mut Vec<Diagnostic>) -> Option<Phrase> {
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
    // A phrase may be the same for all numbers; one that isn't has each form that numbers below a million ask for.
    let mut asked = BTreeSet::new();
    for n in (0..=200).filter(|_| found.len() > 1) {
        let category = category(plurals, &n.to_string());
        if !found.contains_key(category) && asked.insert(category) {
            let message = format!("the phrase has no `{category}`, which {n} has in this language");
            out.push(
                Diagnostic::new(Code::MissingWords, span, message).help("add it; until then `other` stands for it"),
            );
        }
    }
    Some(Phrase::Counted(found, plurals.clone()))
}

impl Phrase {
    fn texts(&self) -> Vec<&str> {
        match self {
            Phrase::Plain(text) => vec![text],
            Phrase::Counted(forms, _) => forms.values().map(String::as_str).collect(),
        }
    }
}

/// The names in braces of a text.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Names in braces that nothing fills: of a phrase of the theme those that English doesn't have.
fn unfilled(key: &str, phrase: &Phrase, english: &Phrases, span: Span) -> Vec<Diagnostic> {
    let Some(model) = english.by_key.get(key) else { return Vec::new() };
    let mut known: BTreeSet<&str> = model.texts().into_iter().flat_map(placeholders).collect();
    known.extend(["Part", "Parts", "part", "parts"]);
    let typed: BTreeSet<&str> = phrase.texts().into_iter().flat_map(placeholders).collect();
    let warning = |name: &&str| {
        let message = format!("nothing fills `{{{name}}}` in the phrase {}", quote(key));
        let values = || format!("what is filled are {}", list(known.iter().copied(), "and"));
        let near = did_you_mean(name, known.iter().copied()).unwrap_or_else(values);
        Diagnostic::new(Code::UnusedWords, span, message).help(near)
    };
    typed.difference(&known).map(warning).collect()
}

/// One language's phrases, with another's over them.
fn merged(mut below: Phrases, above: Phrases) -> Phrases {
    below.by_key.extend(above.by_key);
    if !above.date.is_empty() {
        below.date = above.date;
        // What is written for the first day goes with the rest of the date.
        below.first_day = None;
    }
    below.first_day = above.first_day.or(below.first_day);
    if !above.months.is_empty() {
        below.months = above.months;
    }
    below.numbers = above.numbers.or(below.numbers);
    below.lists = above.lists.or(below.lists);
    below.direction = above.direction;
    below.language = above.language;
    below
}

/// Phrases that a language of the project's lacks, told where its own stand.
fn report_missing(phrases: &Phrases, english: &Phrases, place: Span, out: &mut Vec<Diagnostic>) {
    let missing: Vec<&str> = english.keys().filter(|key| !phrases.by_key.contains_key(*key)).collect();
    if !missing.is_empty() {
        let message = format!("{} of the theme's phrases are missing and stand in English", missing.len());
        out.push(Diagnostic::new(Code::MissingWords, place, message).help(format!("add {}", list(missing, "and"))));
    }
}

/// A warning for each phrase that nothing could use.
fn unused(phrases: &Phrases, english: &Phrases, source: SourceId, project: &Project) -> Vec<Diagnostic> {
    let is_said = |key: &str| {
        let mut templates = project.templates.iter().filter(|(path, _)| !path.ends_with(".toml"));
        templates.any(|(_, template)| project.sources.text(*template).contains(&format!("\"{key}\"")))
    };
    let unused = phrases.by_key.keys().filter(|key| !english.by_key.contains_key(*key) && !is_said(key));
    let warning = |key: &String| {
        let place = project.sources.text(source).find(key.as_str()).map(|at| Span::new(source, at..at + key.len()));
        let message = format!("no template says {}", quote(key));
        Diagnostic::new(Code::UnusedWords, place.unwrap_or(Span::start_of(source)), message)
            .help(did_you_mean(key, english.keys()).unwrap_or_else(|| "remove it".into()))
    };
    unused.map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Phrases {
        built_in(tag).expect("a built-in language")
    }

    /// The files of languages, without those of regions, and what is typed in them.
    fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
        theme::TEMPLATES.iter().filter_map(|(path, text)| {
            let tag = path.strip_prefix("languages/")?.strip_suffix(".toml")?;
            Some((tag, std::str::from_utf8(text).expect("UTF-8")))
        })
    }

    #[test]
    fn every_language_says_everything() {
        let english = english();
        for (tag, text) in files() {
            let mut found = Vec::new();
            let mut sources = crate::text::source::Sources::default();
            let id = sources.add(crate::text::source::Source::new(tag, text));
            let (phrases, _) = parse(&Excerpt::whole(text, id, 0), tag, Some(&english), &mut found);
            assert!(found.is_empty(), "{tag}: {found:?}");
            if tag == "en-001" {
                assert!(phrases.keys().all(|key| english.by_key.contains_key(key)), "{tag}");
                continue;
            }
            assert_eq!(phrases.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{tag}");
            assert!(phrases.numbers.is_some() && phrases.lists.is_some() && phrases.months.len() == 12, "{tag}");
            for (key, phrase) in &phrases.by_key {
                // A language names itself; English stands for those without a file, too.
                let labels = ["Part", "part", "Parts", "parts", "language"];
                let values = |phrase: &Phrase| -> BTreeSet<String> {
                    let texts = phrase.texts();
                    texts
                        .into_iter()
                        .flat_map(placeholders)
                        .filter(|name| !labels.contains(name))
                        .map(Into::into)
                        .collect()
                };
                assert_eq!(values(phrase), values(&english.by_key[key]), "{tag}: {key}");
                for text in phrase.texts() {
                    typographic(tag, text);
                }
            }
        }
    }

    /// What an editor of the language would not let pass.
    fn typographic(tag: &str, text: &str) {
        let bare = fill(text, |_| Some("x".into()));
        assert!(!bare.contains(['"', '\'']) && !bare.contains("..."), "{tag}: {text}");
        let before = |signs: &str, space: &str| {
            let mut places = bare.match_indices(|c| signs.contains(c));
            assert!(places.all(|(at, _)| bare[..at].ends_with(space)), "{tag}: {text}");
        };
        match tag {
            "fr" => {
                before(":»", "\u{a0}");
                before(";!?", "\u{202f}");
            }
            "de" => assert!(!text.contains("{part"), "{text}"),
            "ar" => assert!(!bare.contains([',', ';', '?', '“']), "{text}"),
            "ja" | "zh-Hans" => assert!(!bare.contains([',', ';', ':', '?', '!', '(', ')']), "{text}"),
            "hi" | "bn" => assert!(tag == "bn" || !bare.trim_end().ends_with('.'), "{text}"),
            _ => {}
        }
    }

    #[test]
    fn values_and_plurals() {
        let english = english();
        assert_eq!(english.say("label", &[("number", "12".into()), ("total", "21".into())]), "Part 12 of 21");
        assert_eq!(english.count("minutes_to_read", 1, &[]), "1 minute to read");
        assert_eq!(english.count("minutes_to_read", 1234, &[]), "1,234 minutes to read");
        assert_eq!(language("sv").named().say("all_parts", &[("n", "2".into())]), "Alla 2 delar");
        assert_eq!(language("sv").count("minutes_to_read", 2, &[]), "2 minuter att läsa");
        assert_eq!(
            language("bn").named().say("label", &[("number", "12".into()), ("total", "21".into())]),
            "পর্ব ১২ (মোট ২১)"
        );
        let pills = Label { part: "Pill".into(), parts: "Pills".into() };
        assert_eq!(english.say_in(&pills, "in_this_part", &[]), "In this pill");
        assert_eq!(english.say_in(&pills, "part", &[("number", "3".into())]), "Pill 3");
        assert_eq!(
            english.say_in(&pills, "part_title", &[("number", "3".into()), ("title", "{n}".into())]),
            "Pill 3, {n}"
        );
        assert_eq!((within("TIL"), within("Über"), within("")), ("TIL".into(), "über".into(), String::new()));
        assert_eq!(fill("{a} {b} {", |name| (name == "a").then(|| "{b}".into())), "{b} {b} {");
    }

    #[test]
    fn plurals_are_those_of_cldr() {
        for (tag, numbers) in [
            ("en", "other one other other other other"),
            ("sv", "other one other other other other"),
            ("de", "other one other other other other"),
            ("es", "other one other other other other"),
            ("fr", "one one other other other other"),
            ("pt", "one one other other other other"),
            ("pt-PT", "other one other other other other"),
            ("hi", "one one other other other other"),
            ("bn", "one one other other other other"),
            ("ar", "zero one two few many other"),
            ("ja", "other other other other other other"),
            ("zh-Hans-CN", "other other other other other other"),
            ("pl", "many one few few many many"),
        ] {
            let rules = plurals(&parsed(tag));
            let found = ["0", "1", "2", "3", "11", "100"].map(|n| category(&rules, n)).join(" ");
            assert_eq!(found, numbers, "{tag}");
        }
    }

    #[test]
    fn dates() {
        let day = |month, day| Date::new(2025, month, day).expect("a day");
        for (tag, written, first) in [
            ("en", "March 31, 2025", "May 1, 2025"),
            ("en-001", "31 March 2025", "1 May 2025"),
            ("sv", "31 mars 2025", "1 maj 2025"),
            ("de", "31. März 2025", "1. Mai 2025"),
            ("fr", "31 mars 2025", "1er mai 2025"),
            ("es", "31 de marzo de 2025", "1 de mayo de 2025"),
            ("pt", "31 de março de 2025", "1º de maio de 2025"),
            ("hi", "31 मार्च 2025", "1 मई 2025"),
            ("bn", "৩১ মার্চ ২০২৫", "১ মে ২০২৫"),
            ("ar", "31 مارس 2025", "1 مايو 2025"),
            ("ja", "2025年3月31日", "2025年5月1日"),
            ("zh-Hans", "2025年3月31日", "2025年5月1日"),
        ] {
            let phrases = merged(english(), language(tag));
            assert_eq!((phrases.date(day(3, 31)), phrases.date(day(5, 1))), (written.into(), first.into()), "{tag}");
        }
    }
}
