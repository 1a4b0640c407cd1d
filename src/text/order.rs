//! The order in which lists of names stand.
//!
//! In: a name and a language. Out: what it is sorted by. This is the root order of the Unicode Collation
//! Algorithm (Unicode Technical Standard 10, with CLDR's root) for what names hold, without its table of a
//! megabyte: signs before digits before letters, letters without their accents and case first, scripts as they
//! follow each other in Unicode. In Swedish å, ä and ö are letters of their own, behind z.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// What a name is sorted by: its letters, then with their accents, then all of it.
pub type SortKey = (Vec<(Class, char)>, String, String);

/// The classes of characters, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Space,
    Sign,
    Digit,
    Letter,
}

/// What a name is sorted by in a language (a BCP 47 tag).
pub fn sort_key(language: &str, name: &str) -> SortKey {
    let is_swedish = matches!(language.split('-').next(), Some("sv" | "fi"));
    let folded: String = name.nfc().flat_map(char::to_lowercase).collect();
    let mut letters = Vec::with_capacity(name.len());
    for c in folded.chars() {
        match c {
            // Where ASCII has the characters that follow z.
            'å' if is_swedish => letters.push((Class::Letter, '{')),
            'ä' | 'æ' if is_swedish => letters.push((Class::Letter, '|')),
            'ö' | 'ø' | 'œ' if is_swedish => letters.push((Class::Letter, '}')),
            c => letters.extend(c.nfkd().filter(is_primary).flat_map(spelled).map(|c| (class(c), c))),
        }
    }
    (letters, folded, name.to_string())
}

/// Whether a mark is more than an accent: vowels of Indic scripts are, and the sign that takes one away.
fn is_primary(c: &char) -> bool {
    matches!(canonical_combining_class(*c), 0 | 9)
}

fn class(c: char) -> Class {
    match c {
        c if c.is_whitespace() => Class::Space,
        c if c.is_numeric() => Class::Digit,
        // Marks that are letters by themselves: vowels and the virama.
        c if c.is_alphanumeric() || canonical_combining_class(c) == 9 => Class::Letter,
        _ => Class::Sign,
    }
}

/// Letters as the root order takes them: those that Unicode doesn't take apart, and kana of both kinds and sizes
/// as one.
fn spelled(c: char) -> impl Iterator<Item = char> {
    let kana = match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        c => c,
    };
    let spelled: &[char] = match kana {
        'ß' => &['s', 's'],
        'æ' => &['a', 'e'],
        'œ' => &['o', 'e'],
        'ø' => &['o'],
        'ł' => &['l'],
        'ı' => &['i'],
        'ぁ' => &['あ'],
        'ぃ' => &['い'],
        'ぅ' => &['う'],
        'ぇ' => &['え'],
        'ぉ' => &['お'],
        'っ' => &['つ'],
        'ゃ' => &['や'],
        'ゅ' => &['ゆ'],
        'ょ' => &['よ'],
        'ゎ' => &['わ'],
        _ => &[],
    };
    spelled.iter().copied().chain(spelled.is_empty().then_some(kana))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'n>(language: &str, mut names: Vec<&'n str>) -> Vec<&'n str> {
        names.reverse();
        names.sort_by_key(|name| sort_key(language, name));
        names
    }

    #[test]
    fn names_stand_in_root_order() {
        let names = vec![
            "_x",
            "“B”",
            "2",
            "A",
            "a",
            "á",
            "ab",
            "Åse",
            "b",
            "Øre",
            "pear",
            "straße",
            "strata",
            "Zoë",
            "Алиса",
            "ألف",
            "باء",
            "अंक",
            "कमल",
            "किताब",
            "কলম",
            "あめ",
            "アリ",
            "がく",
            "漢字",
        ];
        assert_eq!(sorted("en", names.clone()), names);
    }

    #[test]
    fn swedish_ends_with_its_own_letters() {
        let names = vec!["A", "Ask", "Ort", "Zebra", "Åsa", "Ära", "Æsir", "Öga", "Østersund", "Ж"];
        assert_eq!(sorted("sv-SE", names.clone()), names);
        assert_eq!(sorted("de", vec!["Ära", "Ask", "Zebra"]), ["Ära", "Ask", "Zebra"]);
    }
}
