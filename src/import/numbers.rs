//! Numbers that were typed into titles, which the plan gives.
//!
//! In: the titles of a series in order. Out: the titles without their numbers, the word that stood before
//! them and the first of them; nothing where the plan would count otherwise.

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
