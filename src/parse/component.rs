//! What reading has to know of a project's own blocks: which of their values are Markdown.
//!
//! In: the text of a fence. Out: where its TOML ends and what stands below it begins.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What a project's component takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    /// The parameters that are lines of Markdown.
    pub inline: BTreeSet<String>,
    pub body: Below,
}

/// What may stand below the TOML of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Below {
    #[default]
    Nothing,
    /// A text, as it was typed.
    Text,
    /// A piece of the article.
    Markdown,
}

/// Blocks by name; those of partwork have nothing to say here.
pub type Components = BTreeMap<String, Component>;

/// What a component sees what stands below the TOML as: Tera gives that to each, and has no parameter of the name.
pub const BODY: &str = "body";

/// The first line `---` of a text that stands outside a string of TOML.
pub fn mark(text: &str) -> Option<Range<usize>> {
    let mut open = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if open.is_none() && line.trim_end() == "---" {
            return Some(start..start + line.len());
        }
        open = open_at_end(line, open);
        start += line.len();
    }
    None
}

/// The quotes of a string of several lines that is open at the end of a line (TOML 1.0, String), given those
/// that are open at its start.
fn open_at_end(line: &str, open: Option<&'static str>) -> Option<&'static str> {
    let mut rest = line;
    let mut inside = open;
    loop {
        if let Some(quotes) = inside {
            let Some(after) = after_lines(rest, quotes) else { return inside };
            rest = after;
        }
        let at = rest.find(['"', '\'', '#']).filter(|at| !rest[*at..].starts_with('#'))?;
        rest = &rest[at..];
        inside = [r#"""""#, "'''"].into_iter().find(|quotes| rest.starts_with(quotes));
        rest = match inside {
            Some(quotes) => &rest[quotes.len()..],
            None => after_string(rest)?,
        };
    }
}

/// What follows a string of several lines; nothing where it goes on.
fn after_lines<'t>(text: &'t str, quotes: &str) -> Option<&'t str> {
    let quote = quotes.chars().next()?;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if text[at..].starts_with(quotes) => {
                // Up to two quotes more are the string's own.
                let rest = &text[at + quotes.len()..];
                let own = rest.chars().take(2).take_while(|c| *c == quote).count();
                return Some(&rest[own..]);
            }
            _ => {}
        }
    }
    None
}

/// What follows a string of one line; nothing where it has no end.
fn after_string(text: &str) -> Option<&str> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return Some(&text[at + 1..]),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_ends_at_the_first_line_outside_a_string() {
        for (toml, rest) in [
            ("a = 1\n---\nb", Some("b")),
            ("---", Some("")),
            ("a = 1\n ---\n--- \n", Some("")),
            ("a = \"\"\"\n---\n\"\"\"\n---\nb", Some("b")),
            ("a = \"\"\"x\\\"\"\"\n---\n\"\"\"\"\n---\nb", Some("b")),
            ("a = '''\n---\n'''\n---\nb", Some("b")),
            ("a = \"'''\" # '''\n---\nb", Some("b")),
            ("a = '\\'\n---\nb", Some("b")),
            ("a = \"\"\"\n---\n", None),
            ("a = 1", None),
        ] {
            assert_eq!(mark(toml).map(|mark| &toml[mark.end..]), rest, "{toml}");
        }
    }
}
