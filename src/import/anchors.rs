//! The ids that other tools give headings.
//!
//! In: the words of the headings of a page. Out: the anchors under which readers know them.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use crate::cli::Tool;

/// The ids of the headings of a page, in order; those that were typed stay.
pub fn anchors(tool: Tool, headings: &[(Option<&str>, &str)]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut ids = Vec::with_capacity(headings.len());
    for (typed, text) in headings {
        if let Some(typed) = typed {
            ids.push((*typed).to_string());
            continue;
        }
        let id = anchor(tool, text);
        let repeat = seen.entry(id.clone()).or_default();
        ids.push(if *repeat == 0 { id } else { format!("{id}-{repeat}") });
        *repeat += 1;
    }
    ids
}

fn anchor(tool: Tool, text: &str) -> String {
    let text = text.trim();
    match tool {
        // `normalize_id` of mdBook.
        Tool::Mdbook => text
            .chars()
            .filter_map(|c| match c {
                c if c.is_alphanumeric() || matches!(c, '_' | '-') => Some(c.to_lowercase().next().unwrap_or(c)),
                c if c.is_whitespace() => Some('-'),
                _ => None,
            })
            .collect(),
        Tool::Zola => slug(text),
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

/// A text as Zola's crate `slug` makes it: whatever is no ASCII letter or digit becomes one hyphen.
pub fn slug(text: &str) -> String {
    let mut id = String::new();
    for c in text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        match c {
            c if c.is_ascii_alphanumeric() => id.push(c.to_ascii_lowercase()),
            _ if id.ends_with('-') || id.is_empty() => {}
            _ => id.push('-'),
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
        let headings =
            [(None, "What's new & old?"), (Some("x"), "Typed"), (None, "What's new & old?"), (None, "Ärlig")];
        assert_eq!(anchors(Tool::Zola, &headings), ["what-s-new-old", "x", "what-s-new-old-1", "arlig"]);
        assert_eq!(anchors(Tool::Hugo, &headings), ["whats-new--old", "x", "whats-new--old-1", "ärlig"]);
        assert_eq!(anchors(Tool::Mdbook, &headings), ["whats-new--old", "x", "whats-new--old-1", "ärlig"]);
    }
}
