//! Which languages stand in for one another.
//!
//! In: a BCP 47 tag. Out: the tags whose words a reader of it understands, its own first.

/// The tags to look under for words in a language, in order: its own, with fewer and fewer subtags (RFC 4647,
/// §3.4), and where CLDR has another parent, that one (Unicode Technical Standard 35, part 1, §4.1.3). Chinese
/// without a script is written in that of its region; traditional and simplified never stand in for each other.
pub fn fallbacks(tag: &str) -> Vec<String> {
    let pieces: Vec<&str> = tag.split(['-', '_']).collect();
    let mut tags: Vec<String> = (1..=pieces.len()).rev().map(|length| pieces[..length].join("-")).collect();
    let language = pieces[0].to_ascii_lowercase();
    let is = |piece: &str, names: &[&str]| names.iter().any(|name| piece.eq_ignore_ascii_case(name));
    let has = |names: &[&str]| pieces[1..].iter().any(|piece| is(piece, names));
    match language.as_str() {
        "zh" if has(&["Hant"]) => tags.retain(|tag| !tag.eq_ignore_ascii_case("zh")),
        "zh" if has(&["Hans"]) => {}
        // A file for `zh` may be of either script.
        "zh" if has(&["TW", "HK", "MO"]) => tags.insert(tags.len() - 1, "zh-Hant".into()),
        "zh" => tags.push("zh-Hans".into()),
        "en" if pieces.len() > 1 && !has(AMERICAN) => tags.insert(tags.len() - 1, "en-001".into()),
        "pt" if pieces.len() > 1 && !has(&["BR", "PT"]) => tags.insert(tags.len() - 1, "pt-PT".into()),
        _ => {}
    }
    tags
}

/// The regions whose English is that of the United States.
const AMERICAN: &[&str] = &["US", "AS", "GU", "MH", "MP", "PH", "PR", "UM", "VI", "001"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_comes_first() {
        for (tag, expected) in [
            ("sv", "sv"),
            ("sv-FI", "sv-FI sv"),
            ("pt-BR", "pt-BR pt"),
            ("pt-PT", "pt-PT pt"),
            ("pt-AO", "pt-AO pt-PT pt"),
            ("en-GB", "en-GB en-001 en"),
            ("en-us", "en-us en"),
            ("zh", "zh zh-Hans"),
            ("zh-CN", "zh-CN zh zh-Hans"),
            ("zh-Hans-CN", "zh-Hans-CN zh-Hans zh"),
            ("zh-TW", "zh-TW zh-Hant zh"),
            ("zh-Hant-HK", "zh-Hant-HK zh-Hant"),
            ("de-CH-1996", "de-CH-1996 de-CH de"),
            ("", ""),
        ] {
            assert_eq!(fallbacks(tag).join(" "), expected, "{tag}");
        }
    }
}
