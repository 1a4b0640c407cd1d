//! What the names of files and folders say of languages.
//!
//! In: the paths of a folder's articles. Out: which of them are translations of which others.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{below, folder_of, name_of, stem_of};
use crate::text::language::{is_tag, own_name};

/// What the names of files say of languages.
pub struct Languages<'a> {
    /// By path of a translation: its language, and the path of its original.
    pub of: BTreeMap<&'a str, (String, String)>,
    /// The folder of the originals, if they have one for their language.
    pub own: Option<String>,
}

impl Languages<'_> {
    pub fn tags(&self) -> impl Iterator<Item = String> {
        self.of.values().map(|(tag, _)| tag.clone()).collect::<BTreeSet<_>>().into_iter()
    }

    /// The path of an original below the folder of its language.
    pub fn bare<'p>(&self, path: &'p str) -> &'p str {
        self.own.as_deref().and_then(|own| below(own, path)).unwrap_or(path)
    }
}

/// Folders that hold nothing but those of languages.
const HOLDERS: [&str; 4] = ["translations", "i18n", "locales", "lang"];

/// What languages are called in English, for those whose folders bear that name in repositories.
const ENGLISH: [(&str, &str); 40] = [
    ("arabic", "ar"),
    ("bengali", "bn"),
    ("bulgarian", "bg"),
    ("catalan", "ca"),
    ("chinese", "zh"),
    ("croatian", "hr"),
    ("czech", "cs"),
    ("danish", "da"),
    ("dutch", "nl"),
    ("estonian", "et"),
    ("finnish", "fi"),
    ("french", "fr"),
    ("german", "de"),
    ("greek", "el"),
    ("hebrew", "he"),
    ("hindi", "hi"),
    ("hungarian", "hu"),
    ("indonesian", "id"),
    ("italian", "it"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("latvian", "lv"),
    ("lithuanian", "lt"),
    ("malay", "ms"),
    ("norwegian", "no"),
    ("persian", "fa"),
    ("polish", "pl"),
    ("portuguese", "pt"),
    ("romanian", "ro"),
    ("russian", "ru"),
    ("serbian", "sr"),
    ("slovak", "sk"),
    ("slovenian", "sl"),
    ("spanish", "es"),
    ("swedish", "sv"),
    ("thai", "th"),
    ("turkish", "tr"),
    ("ukrainian", "uk"),
    ("uzbek", "uz"),
    ("vietnamese", "vi"),
];

/// A folder of a language: its path, the language, and the paths of its articles below it.
struct Folder<'a> {
    path: String,
    tag: String,
    articles: Vec<&'a str>,
}

/// Finds translations: `x.sv.md` beside `x.md`, `README_sv.md`, and folders such as `sv/`, `translations/sv/` or
/// `Swedish/` most of whose files are called as others are above them, or in `en/`.
pub fn languages<'a>(texts: &[&'a str]) -> Languages<'a> {
    let all: BTreeSet<&'a str> = texts.iter().copied().collect();
    let folders = folders(texts);
    let mut languages = Languages { of: BTreeMap::new(), own: None };
    let has_english = folders.iter().any(|folder| folder.path == "en");
    let is_of_language =
        |path: &str| folders.iter().any(|folder| folder.tag != "en" && below(&folder.path, path).is_some());
    let mut named: BTreeMap<String, Vec<&'a str>> = BTreeMap::new();
    for path in texts.iter().filter(|path| !is_of_language(path)) {
        named.entry(bare_name(path)).or_default().push(path);
    }
    for folder in folders.iter().filter(|folder| folder.tag != "en") {
        let of = |rest: &str| {
            let beside = if has_english { format!("en/{rest}") } else { rest.to_string() };
            if all.contains(beside.as_str()) {
                return Some(beside);
            }
            // The first that is called so is the original, wherever it lies.
            named.get(&bare_name(rest)).and_then(|paths| paths.first()).map(|path| (*path).to_string())
        };
        let known = folder.articles.iter().filter(|path| of(path).is_some()).count();
        if known * 2 < folder.articles.len() {
            continue;
        }
        if has_english {
            languages.own = Some("en".into());
        }
        let translated = folder.articles.iter().filter_map(|rest| {
            Some((all.get(format!("{}/{rest}", folder.path).as_str()).copied()?, (folder.tag.clone(), of(rest)?)))
        });
        languages.of.extend(translated);
    }
    beside(texts, &all, &mut languages);
    languages
}

/// The folders that bear the name of a language, with what lies in them.
fn folders<'a>(texts: &[&'a str]) -> Vec<Folder<'a>> {
    let mut found: BTreeMap<String, Folder<'a>> = BTreeMap::new();
    for path in texts {
        let pieces: Vec<&str> = path.splitn(3, '/').collect();
        let (path, tag, rest) = match pieces.as_slice() {
            [holder, name, rest] if HOLDERS.contains(holder) => (format!("{holder}/{name}"), tag_of(name), *rest),
            [name, _, ..] => ((*name).to_string(), tag_of(name), &path[name.len() + 1..]),
            _ => continue,
        };
        let Some(tag) = tag else { continue };
        found.entry(path.clone()).or_insert(Folder { path, tag, articles: Vec::new() }).articles.push(rest);
    }
    found.into_values().collect()
}

/// Finds translations that lie beside their originals.
fn beside<'a>(texts: &[&'a str], all: &BTreeSet<&'a str>, languages: &mut Languages<'a>) {
    for path in texts {
        let Some((stem, ending)) = path.rsplit_once('.') else { continue };
        let name = name_of(stem);
        let is_readme = name.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("readme"));
        let sign = if is_readme { name.find(['.', '_', '-']) } else { name.rfind('.') };
        let Some(tag) = sign.map(|at| name[at + 1..].replace('_', "-")).filter(|tag| is_language(tag)) else {
            continue;
        };
        let original = format!("{}.{ending}", &stem[..stem.len() - tag.len() - 1]);
        if all.contains(original.as_str()) && !languages.of.contains_key(original.as_str()) {
            languages.of.insert(path, (tag, original));
        }
    }
}

/// The name of a file by which translations are known: without the tag that some bear at its end, and for a file that
/// stands for its folder that of the folder.
fn bare_name(path: &str) -> String {
    let stem = stem_of(path).to_lowercase();
    // Two letters may be those of a country (`_cn`); three are a word more often (`01_one`).
    let is_sign = |tag: &str| tag.len() == 2 && is_tag(tag) || is_language(tag);
    let bare = stem.rsplit_once(['_', '.']).filter(|(name, tag)| !name.is_empty() && is_sign(tag));
    let name = bare.map_or(stem.as_str(), |(name, _)| name);
    let folder = name_of(folder_of(path));
    if matches!(name, "readme" | "index" | "article") && !folder.is_empty() {
        format!("{}/", folder.to_lowercase())
    } else {
        name.to_string()
    }
}

/// The language that a folder is named after.
fn tag_of(name: &str) -> Option<String> {
    let tag = name.replace('_', "-");
    if is_language(&tag) {
        return Some(tag);
    }
    let english = ENGLISH.iter().find(|(english, _)| english.eq_ignore_ascii_case(name));
    english.map(|(_, tag)| (*tag).to_string())
}

/// Scripts that languages are told apart by.
const SCRIPTS: [&str; 5] = ["hans", "hant", "latn", "cyrl", "arab"];

/// Whether a name is the tag of a language that is known here; `es-next` is none.
fn is_language(name: &str) -> bool {
    let is_script_or_country = |piece: &str| {
        piece.len() == 2
            || piece.len() == 3 && piece.bytes().all(|byte| byte.is_ascii_digit())
            || SCRIPTS.contains(&piece.to_ascii_lowercase().as_str())
    };
    is_tag(name) && own_name(name).is_some() && name.split('-').skip(1).all(is_script_or_country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_languages_hold_the_names_of_originals() {
        let texts = [
            "01_one/01_one.md",
            "02_two/02_two.md",
            "03_three/readme.md",
            "French/01_one_fr.md",
            "French/02_two.md",
            "French/03_three/readme.md",
            "German/x.md",
            "readme.md",
            "readme_sv.md",
            "translations/ko/readme.md",
        ];
        let found = languages(&texts);
        let of = |path: &str| found.of.get(path).map(|(tag, of)| format!("{tag} {of}"));
        assert_eq!(of("French/01_one_fr.md").as_deref(), Some("fr 01_one/01_one.md"));
        assert_eq!(of("French/02_two.md").as_deref(), Some("fr 02_two/02_two.md"));
        assert_eq!(of("French/03_three/readme.md").as_deref(), Some("fr 03_three/readme.md"));
        assert_eq!(of("readme_sv.md").as_deref(), Some("sv readme.md"));
        assert_eq!(of("translations/ko/readme.md").as_deref(), Some("ko readme.md"));
        assert_eq!(of("German/x.md"), None);
        for (name, wanted) in [("pt-br", true), ("zh-Hans", true), ("es-419", true), ("es-next", false)] {
            assert_eq!(is_language(name), wanted, "{name}");
        }
    }
}
