//! The ids that other tools give headings.
//!
//! In: the words of the headings of a page. Out: the anchors under which readers know them.

use std::collections::{BTreeMap, BTreeSet};

use deunicode::deunicode_char;

use crate::cli::Tool;

/// What Zola makes of words (<https://www.getzola.org/documentation/getting-started/configuration/>, `slugify`). Of
/// other tools `Off` says that dashes stay as they are typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Slugs {
    /// ASCII letters, digits and hyphens.
    #[default]
    On,
    /// What no file's name can hold is left out.
    Safe,
    /// They stay as they are.
    Off,
}

/// A heading: the id that was typed, its words, and whether it stands in a block of raw HTML.
pub type Heading<'a> = (Option<&'a str>, &'a str, bool);

/// The ids of the headings of a page, in order; those that were typed stay.
pub fn anchors(tool: Tool, slugs: Slugs, headings: &[Heading<'_>]) -> Vec<String> {
    let typed = headings.iter().filter_map(|(typed, ..)| typed.map(String::from));
    // Zola has all that are typed before it makes others, Hugo those before a heading.
    let mut taken: BTreeSet<String> = if tool == Tool::Zola { typed.collect() } else { BTreeSet::new() };
    let mut seen: BTreeMap<(bool, String), usize> = BTreeMap::new();
    let mut ids = Vec::with_capacity(headings.len());
    for (typed, text, is_within) in headings {
        if let Some(typed) = typed {
            taken.insert((*typed).to_string());
            ids.push((*typed).to_string());
            continue;
        }
        // Of what stands in raw HTML kramdown knows nothing of GitHub.
        let is_plain = *is_within && tool == Tool::Jekyll;
        let id = if is_plain { plain(text) } else { anchor(tool, slugs, text) };
        let repeat = seen.entry((is_plain, id.clone())).or_default();
        let knows = matches!(tool, Tool::Zola | Tool::Hugo);
        let made = loop {
            let made = if *repeat == 0 { id.clone() } else { format!("{id}-{repeat}") };
            *repeat += 1;
            if !knows || !taken.contains(&made) {
                break made;
            }
        };
        taken.insert(made.clone());
        ids.push(made);
    }
    ids
}

fn anchor(tool: Tool, slugs: Slugs, text: &str) -> String {
    let text = text.trim();
    match tool {
        // mdBook, goldmark and kramdown set dashes before they make ids; those of an option, such as `--quiet`, are code.
        Tool::Mdbook | Tool::Hugo | Tool::Jekyll if text.contains("--") && slugs == Slugs::On => {
            let mut words: Vec<&str> = text.split(' ').collect();
            words.iter_mut().filter(|word| matches!(**word, "--" | "---")).for_each(|word| *word = "");
            anchor(tool, Slugs::Off, &words.join(" "))
        }
        // `normalize_id` of mdBook.
        Tool::Mdbook => text
            .chars()
            .filter_map(|c| match c {
                c if c.is_alphanumeric() || matches!(c, '_' | '-') => Some(c.to_lowercase().next().unwrap_or(c)),
                c if c.is_whitespace() => Some('-'),
                _ => None,
            })
            .collect(),
        Tool::Zola if slugs == Slugs::On => slug(text, slugs),
        Tool::Zola => text.chars().map(|c| if c.is_ascii_whitespace() { '_' } else { c }).collect(),
        // GitHub's way, as goldmark, kramdown's GFM and GitBook have it.
        Tool::Hugo | Tool::Jekyll | Tool::Gitbook | Tool::Folder => {
            let id: String = text
                .to_lowercase()
                .chars()
                .filter_map(|c| match c {
                    ' ' | '\t' => Some('-'),
                    c if c.is_alphanumeric() || matches!(c, '_' | '-') => Some(c),
                    c if unicode_normalization::char::is_combining_mark(c) => Some(c),
                    _ => None,
                })
                .collect();
            match (id.is_empty(), tool) {
                (true, Tool::Hugo) => "heading".into(),
                (true, _) => "section".into(),
                _ => id,
            }
        }
    }
}

/// An id as kramdown makes it by itself (`basic_generate_id`).
fn plain(text: &str) -> String {
    let id = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
    let id: String = id.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect();
    if id.is_empty() { "section".into() } else { id }
}

/// A piece of a path as Zola makes it (<https://github.com/getzola/zola/blob/master/components/utils/src/slugs.rs>): by
/// the crate `slug` each letter is spelled in ASCII, and whatever is no letter or digit becomes one hyphen.
pub fn slug(text: &str, slugs: Slugs) -> String {
    match slugs {
        Slugs::On => {}
        Slugs::Safe => {
            return text.trim_end_matches([' ', '.']).replace(['<', '>', ':', '"', '/', '|', '?', '*', '\\'], "");
        }
        Slugs::Off => return text.to_string(),
    }
    let mut id = String::new();
    let mut add = |c: char| match c {
        c if c.is_ascii_alphanumeric() => id.push(c.to_ascii_lowercase()),
        _ if id.ends_with('-') || id.is_empty() => {}
        _ => id.push('-'),
    };
    for c in text.chars() {
        if c.is_ascii() {
            add(c);
        } else {
            deunicode_char(c).unwrap_or("-").chars().for_each(&mut add);
        }
    }
    id.truncate(id.trim_end_matches('-').len());
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_has_its_own() {
        let headings = [
            (None, "What's new & old?", false),
            (Some("x"), "Typed", false),
            (None, "What's new & old?", false),
            (None, "Ärlig", true),
        ];
        let of = |tool, slugs| anchors(tool, slugs, &headings);
        assert_eq!(of(Tool::Zola, Slugs::On), ["what-s-new-old", "x", "what-s-new-old-1", "arlig"]);
        assert_eq!(of(Tool::Zola, Slugs::Safe)[0], "What's_new_&_old?");
        assert_eq!(of(Tool::Hugo, Slugs::On), ["whats-new--old", "x", "whats-new--old-1", "ärlig"]);
        assert_eq!(anchors(Tool::Jekyll, Slugs::On, &[(None, "A -- b", false)]), ["a--b"]);
        assert_eq!(anchors(Tool::Mdbook, Slugs::On, &[(None, "A -- b", false)]), ["a--b"]);
        assert_eq!(anchors(Tool::Mdbook, Slugs::Off, &[(None, "A -- b", false)]), ["a----b"]);
        assert_eq!(of(Tool::Jekyll, Slugs::On), ["whats-new--old", "x", "whats-new--old-1", "rlig"]);
        assert_eq!(of(Tool::Mdbook, Slugs::On), ["whats-new--old", "x", "whats-new--old-1", "ärlig"]);
    }

    #[test]
    fn what_is_typed_is_taken() {
        let headings = [(None, "A", false), (Some("b"), "x", false), (None, "B", false), (Some("a"), "y", false)];
        assert_eq!(anchors(Tool::Zola, Slugs::On, &headings), ["a-1", "b", "b-1", "a"]);
        assert_eq!(anchors(Tool::Hugo, Slugs::On, &headings), ["a", "b", "b-1", "a"]);
    }

    #[test]
    fn letters_of_all_scripts_are_spelled() {
        for (text, wanted) in [("日本", "ri-ben"), ("Что это?", "chto-eto"), ("héhé", "hehe"), ("한국", "hangug")]
        {
            assert_eq!(slug(text, Slugs::On), wanted, "{text}");
        }
        assert_eq!(slug("a: b?", Slugs::Safe), "a b");
    }
}
