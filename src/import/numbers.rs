//! Numbers that were typed into titles, which the plan gives, and into names and addresses
//! of files, which order these.
//!
//! In: the titles of a series in order. Out: the titles without their numbers, the word that stood before
//! them and the first of them; nothing where the plan would count otherwise. What stands among numbered titles without
//! a number, such as a foreword, doesn't count.

use super::model::{Entry, Found, Order, Section, What};

/// The numbers of a name, each with the words behind it.
pub type Natural = Vec<(u64, String)>;

/// A name in whose order numbers count: `part2` before `part10`.
pub fn natural(name: &str) -> Natural {
    let mut pieces = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let words = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        pieces.push((rest[..digits].parse().unwrap_or(0), rest[digits..words].to_lowercase()));
        rest = &rest[words..];
    }
    pieces
}

/// The day that a file's name begins with, and the rest of it.
pub fn dated(stem: &str) -> (Option<&str>, &str) {
    let is_day = stem.len() > 11
        && stem.is_char_boundary(10)
        && stem.bytes().take(10).enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    match stem.get(10..11) {
        Some("-" | "_") if is_day => (Some(&stem[..10]), &stem[11..]),
        _ => (None, stem),
    }
}

/// The day in an address.
pub fn day_of(address: &str) -> Option<String> {
    let pieces: Vec<&str> = address.split('/').collect();
    let is = |piece: &str, length: usize| piece.len() == length && piece.bytes().all(|byte| byte.is_ascii_digit());
    let days = pieces.windows(3).find(|three| is(three[0], 4) && is(three[1], 2) && is(three[2], 2))?;
    Some(days.join("-"))
}

/// What titles say of numbers.
#[derive(Debug, PartialEq, Eq)]
pub struct Numbers {
    pub first: i64,
    /// `Part`, `Day`, as typed; empty where the number stood alone.
    pub word: String,
    /// In the order of the titles that were given.
    pub titles: Vec<String>,
}

impl Numbers {
    /// Whether the series has to say what its parts are called.
    pub fn has_label(&self) -> bool {
        !matches!(self.word.as_str(), "" | "Part")
    }
}

/// Takes the numbers off titles, where all have one and they count up.
pub fn numbers(titles: &[&str]) -> Option<Numbers> {
    let read: Vec<(String, i64, String)> = titles.iter().map(|title| split(title)).collect::<Option<_>>()?;
    let (word, first, _) = read.first().filter(|_| read.len() > 1)?.clone();
    let counts = read.iter().zip(first..).all(|((other, number, _), wanted)| *number == wanted && *other == word);
    let titles = read.into_iter().map(|(_, _, title)| title).collect();
    (counts && (0..=1_000).contains(&first)).then_some(Numbers { first, word, titles })
}

/// Lets what has no number among titles that count up be without one here too, and all of a work whose titles have
/// numbers of their own, such as `1.2 Sorting`.
pub fn settle(found: &mut Found) {
    let Found { works, pages, .. } = found;
    for work in works {
        let Order::Plan(sections) = &mut work.order else { continue };
        let titles = counted(sections).map(|entry| match &entry.what {
            What::Page(page) => pages[*page].front.title.clone().unwrap_or_default(),
            What::Announced(title) => title.clone(),
        });
        let titles: Vec<String> = titles.collect();
        let count_up: Vec<&str> =
            titles.iter().map(String::as_str).filter(|title| without(title, None).is_some()).collect();
        let is_all = count_up.len() == titles.len();
        let have_own = titles.iter().filter(|title| is_of_section(title)).count() * 2 > titles.len();
        let have_most = !is_all && count_up.len() * 2 >= titles.len() && numbers(&count_up).is_some();
        let keeps: Vec<bool> = titles.iter().map(|title| !have_own && without(title, None).is_some()).collect();
        if have_own || have_most {
            let entries = sections.iter_mut().flat_map(|section| &mut section.entries).filter(|entry| entry.numbered);
            entries.zip(keeps).for_each(|(entry, keeps)| entry.numbered = keeps);
        }
    }
}

/// The entries that count.
fn counted(sections: &[Section]) -> impl Iterator<Item = &Entry> {
    sections.iter().flat_map(|section| &section.entries).filter(|entry| entry.numbered)
}

/// Whether a title begins with the number of a section: `1.2 Sorting`.
fn is_of_section(title: &str) -> bool {
    let number = title.split(' ').next().unwrap_or_default();
    let pieces: Vec<&str> = number.trim_end_matches('.').split('.').collect();
    let is_number = |piece: &&str| !piece.is_empty() && piece.bytes().all(|byte| byte.is_ascii_digit());
    pieces.len() > 1 && pieces.iter().all(is_number) && number.len() < title.len()
}

/// The word before the number of a title and the title without both; nothing where it has no number, or another than
/// is asked for.
pub fn without(title: &str, number: Option<i64>) -> Option<(String, String)> {
    let (word, typed, rest) = split(title)?;
    number.is_none_or(|number| number == typed).then_some((word, rest))
}

/// The word, the number and the rest of a title such as `Part 7 - The rest`.
fn split(title: &str) -> Option<(String, i64, String)> {
    let (word, rest) = match title.find(|c: char| c.is_ascii_digit())? {
        0 => ("", title),
        at => (title[..at].trim_end(), &title[at..]),
    };
    let is_word =
        word.chars().all(char::is_alphabetic) && (word.is_empty() || title.as_bytes().get(word.len()) == Some(&b' '));
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = rest.split_at(end);
    let after = rest.trim_start_matches([' ', '\u{a0}']);
    let sign = after.chars().next()?;
    let separates = matches!(sign, '-' | '–' | '—' | ':' | '.' | '|' | ')');
    let words = after.trim_start_matches(['-', '–', '—', ':', '.', '|', ')', ' ']);
    let has_words = words.starts_with(char::is_alphabetic) || words.starts_with(['`', '"', '“', '¿', '¡']);
    // `3.5 Sorting` and `3-way merge` are no third parts.
    let is_joined = !after[sign.len_utf8()..].starts_with(' ') && after.len() == rest.len() && sign != ':';
    (is_word && separates && has_words && !is_joined)
        .then(|| Some((word.to_string(), number.parse().ok()?, words.to_string())))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_count() {
        let read = numbers(&["Part 1 - A", "Part 2 – B c"]).expect("numbers");
        assert_eq!((read.first, read.word.as_str(), read.titles), (1, "Part", vec!["A".into(), "B c".into()]));
        assert_eq!(numbers(&["Day 0: A", "Day 1: B"]).expect("numbers").first, 0);
        assert_eq!(numbers(&["1. A", "2. B"]).expect("numbers").word, "");
        for no in
            [["Part 1 - A", "Part 3 - B"], ["Part 1 - A", "B"], ["3-way merge", "4-way merge"], ["1.5 A", "2.5 B"]]
        {
            assert_eq!(numbers(&no), None, "{no:?}");
        }
    }
}
