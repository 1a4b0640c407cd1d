//! Which font has a letter: the files of Noto Sans, of which each holds one script
//! (<https://fonts.google.com/noto>).
//!
//! In: a letter that no face of the cards has, and the language of its text. Out: the name of a file to look for.

use std::ops::RangeInclusive;

/// The letters of a script, by the blocks of Unicode, and its file. The built-in faces have Latin, Greek and Cyrillic.
const FAMILIES: &[(RangeInclusive<char>, &str)] = &[
    ('\u{530}'..='\u{58f}', "NotoSansArmenian"),
    ('\u{590}'..='\u{5ff}', "NotoSansHebrew"),
    ('\u{600}'..='\u{6ff}', "NotoSansArabic"),
    ('\u{750}'..='\u{77f}', "NotoSansArabic"),
    ('\u{8a0}'..='\u{8ff}', "NotoSansArabic"),
    ('\u{900}'..='\u{97f}', "NotoSansDevanagari"),
    ('\u{980}'..='\u{9ff}', "NotoSansBengali"),
    ('\u{a00}'..='\u{a7f}', "NotoSansGurmukhi"),
    ('\u{a80}'..='\u{aff}', "NotoSansGujarati"),
    ('\u{b00}'..='\u{b7f}', "NotoSansOriya"),
    ('\u{b80}'..='\u{bff}', "NotoSansTamil"),
    ('\u{c00}'..='\u{c7f}', "NotoSansTelugu"),
    ('\u{c80}'..='\u{cff}', "NotoSansKannada"),
    ('\u{d00}'..='\u{d7f}', "NotoSansMalayalam"),
    ('\u{d80}'..='\u{dff}', "NotoSansSinhala"),
    ('\u{e00}'..='\u{e7f}', "NotoSansThai"),
    ('\u{e80}'..='\u{eff}', "NotoSansLao"),
    ('\u{1000}'..='\u{109f}', "NotoSansMyanmar"),
    ('\u{10a0}'..='\u{10ff}', "NotoSansGeorgian"),
    ('\u{1100}'..='\u{11ff}', "NotoSansKR"),
    ('\u{1200}'..='\u{139f}', "NotoSansEthiopic"),
    ('\u{1780}'..='\u{17ff}', "NotoSansKhmer"),
    ('\u{2600}'..='\u{27bf}', "NotoEmoji"),
    ('\u{3040}'..='\u{30ff}', "NotoSansJP"),
    ('\u{3130}'..='\u{318f}', "NotoSansKR"),
    ('\u{ac00}'..='\u{d7af}', "NotoSansKR"),
    ('\u{1f000}'..='\u{1faff}', "NotoEmoji"),
];

/// What Chinese, Japanese and Korean have in common: their ideographs, punctuation and wide forms. Each draws them in
/// a way of its own.
const SHARED: &[RangeInclusive<char>] = &[
    '\u{2e80}'..='\u{303f}',
    '\u{3400}'..='\u{4dbf}',
    '\u{4e00}'..='\u{9fff}',
    '\u{f900}'..='\u{faff}',
    '\u{ff00}'..='\u{ffef}',
];

/// The font that has a letter of a text in a language (a BCP 47 tag); none for what no list has.
pub fn family(letter: char, language: &str) -> Option<&'static str> {
    if SHARED.iter().any(|letters| letters.contains(&letter)) {
        return Some(match language.to_ascii_lowercase() {
            tag if tag.starts_with("ko") => "NotoSansKR",
            tag if tag.starts_with("zh-hant") || tag == "zh-tw" => "NotoSansTC",
            tag if tag == "zh-hk" => "NotoSansHK",
            tag if tag.starts_with("zh") => "NotoSansSC",
            _ => "NotoSansJP",
        });
    }
    FAMILIES.iter().find(|(letters, _)| letters.contains(&letter)).map(|(_, family)| *family)
}
