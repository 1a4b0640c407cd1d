//! Marks of Docusaurus, VitePress and VuePress in a folder of Markdown: containers
//! (<https://vitepress.dev/guide/markdown#custom-containers>, <https://docusaurus.io/docs/markdown-features/admonitions>),
//! titles of fences, imports of MDX.
//!
//! In: a text. Out: boxes, folds and tabs in the place of containers; a container that is none of these stays as typed
//! and is told. Imports bring components, and show nothing themselves: they are left out.

use std::ops::Range;

use super::around::Around;
use super::pieces::{boxed, folded, head_of, kind_of_box, tab, whole_line};
use super::report::Kind;
use super::typed::Edit;
use super::view::{Looked, View};
use crate::settings::data::quoted;

/// How deep containers may stand in each other.
const DEEPEST: usize = 10;

/// Containers that readers open.
const FOLDS: [&str; 5] = ["details", "solution", "spoiler", "dropdown", "collapse"];

/// Translates the marks of a text.
pub fn translate(looked: Looked, around: &mut Around<'_>) -> Looked {
    let (looked, told) = without_imports(looked);
    told.into_iter().for_each(|(place, what)| around.report.tell(Kind::Theme, place, &what));
    let mut looked = with_titles(looked);
    // What stands in a box is a box before it is quoted.
    for _ in 0..DEEPEST {
        let found = containers(&looked.text.text, &looked.seen);
        let holds = |outer: &Container, inner: &Container| {
            outer.open.start < inner.open.start && inner.close.end <= outer.close.end
        };
        let known: Vec<&Container> = found.iter().filter(|one| one.is_known()).collect();
        let is_inner = |one: &&&Container| !known.iter().any(|other| holds(one, other));
        let edits: Vec<Edit> = known.iter().filter(is_inner).flat_map(|one| one.edits(&looked)).collect();
        if edits.is_empty() {
            break;
        }
        looked = looked.apply(edits);
    }
    for one in containers(&looked.text.text, &looked.seen) {
        around.report.tell(Kind::Tag, looked.text.place(one.open.start), &format!("::: {}", one.name));
    }
    looked
}

/// A container with its end.
struct Container {
    name: String,
    title: Option<String>,
    /// The words of its first line, and those of its last.
    open: Range<usize>,
    close: Range<usize>,
}

impl Container {
    fn is_known(&self) -> bool {
        let is_other =
            matches!(self.name.as_str(), "code-group" | "code-tabs" | "tabs" | "code-group-item" | "v-pre" | "raw");
        is_other || FOLDS.contains(&self.name.as_str()) || kind_of_box(&self.name).is_some()
    }

    fn edits(&self, looked: &Looked) -> Vec<Edit> {
        let text = looked.text.text.as_str();
        let (ranges, title) = ((&self.open, &self.close), self.title.as_deref());
        match self.name.as_str() {
            name if FOLDS.contains(&name) => {
                let mut characters = name.chars();
                let spelled = characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>());
                folded(text, ranges, title.or(spelled.as_deref()).unwrap_or("Details"))
            }
            "code-group-item" => tab(text, &looked.seen.fences, ranges, title.unwrap_or("Code")),
            "code-group" | "code-tabs" | "tabs" => {
                let inner = self.open.end..self.close.start;
                let fences = looked.seen.fences.iter().filter(|fence| inner.contains(&fence.range.start));
                let named = fences.filter_map(|fence| {
                    let at = fence.info_range.start + fence.info.find("title=")?;
                    Some(Edit::new(at..at + "title".len(), "tab"))
                });
                named.chain(self.lines(text)).collect()
            }
            "v-pre" | "raw" => self.lines(text).collect(),
            name => boxed(text, ranges, &head_of(name, title)),
        }
    }

    /// Takes its first line and its last away.
    fn lines(&self, text: &str) -> impl Iterator<Item = Edit> + use<> {
        [&self.open, &self.close].map(|range| Edit::new(whole_line(text, range), "")).into_iter()
    }
}

/// The containers of a text, each with its end.
fn containers(text: &str, seen: &View) -> Vec<Container> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, String, Option<String>, Range<usize>)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        let words = line.trim();
        at += line.len();
        let signs = words.len() - words.trim_start_matches(':').len();
        if signs < 3 || seen.is_hidden(start) {
            continue;
        }
        let range = start..start + words.len();
        match head(words[signs..].trim()) {
            Some((name, title)) => open.push((signs, name, title, range)),
            // One of fewer signs than what is open ends nothing.
            None if words.len() == signs && open.last().is_some_and(|(needed, ..)| *needed <= signs) => {
                let ended = open.pop();
                found.extend(ended.map(|(_, name, title, open)| Container { name, title, open, close: range }));
            }
            None => {}
        }
    }
    found.sort_by_key(|one| one.open.start);
    found
}

/// The name of a container and its title: `tip`, `tip Words`, `tip[Words]`, `{note}`.
fn head(words: &str) -> Option<(String, Option<String>)> {
    let words = words.trim_start_matches(['{', '.', ' ']);
    let end = words.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')).unwrap_or(words.len());
    let (name, rest) = words.split_at(end);
    let rest = rest.split('{').next().unwrap_or(rest).trim_start_matches('}').trim();
    let title = rest.strip_prefix('[').and_then(|title| title.strip_suffix(']')).unwrap_or(rest);
    let title = Some(title.trim().to_string()).filter(|title| !title.is_empty());
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| (name.to_ascii_lowercase(), title))
}

/// What stands in brackets behind the language of a fence is the name of its file.
fn with_titles(looked: Looked) -> Looked {
    let edits = looked.seen.fences.iter().filter_map(|fence| {
        let at = fence.info.find(" [")?;
        let name = fence.info[at + 2..].split(']').next().filter(|name| !name.trim().is_empty())?;
        let start = fence.info_range.start + at + 1;
        let has_own = fence.info.contains("title=");
        (!has_own && fence.info[at..].contains(']'))
            .then(|| Edit::new(start..start + name.len() + 2, format!("title={}", quoted(name.trim()))))
    });
    let edits = edits.collect();
    looked.apply(edits)
}

/// Takes lines away that import components, and those that stand for a list of headings.
fn without_imports(looked: Looked) -> (Looked, Vec<(super::typed::Place, String)>) {
    let Looked { text, seen } = &looked;
    let (mut edits, mut told) = (Vec::new(), Vec::new());
    let (mut at, mut begins) = (0, true);
    for line in text.text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let words = line.trim();
        let is_import = begins && !seen.is_hidden(range.start) && imported(line).is_some();
        if let Some(module) = imported(line).filter(|_| is_import) {
            told.push((text.place(range.start), module.to_string()));
            edits.push(Edit::new(range, ""));
        } else if matches!(words, "[[toc]]" | "[[TOC]]" | "[[_TOC_]]") && begins && !seen.is_hidden(range.start) {
            edits.push(Edit::new(range, ""));
        }
        begins = words.is_empty() || is_import;
    }
    (looked.apply(edits), told)
}

/// The module that a line of MDX imports from.
fn imported(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("import ")?.trim_end().trim_end_matches(';');
    let quote = rest.chars().last().filter(|c| matches!(c, '\'' | '"'))?;
    let (before, module) = rest.strip_suffix(quote)?.split_once(quote)?;
    let is_one = before.is_empty() || before.ends_with("from ");
    (is_one && !module.contains(quote)).then_some(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_containers() {
        let of = |words: &str| head(words).map(|(name, title)| (name, title.unwrap_or_default()));
        let is = |name: &str, title: &str| Some((name.to_string(), title.to_string()));
        assert_eq!(of("tip"), is("tip", ""));
        assert_eq!(of("Warning Mind it"), is("warning", "Mind it"));
        assert_eq!(of("note[The `wick`]"), is("note", "The `wick`"));
        assert_eq!(of("info A {#id}"), is("info", "A"));
        assert_eq!(of("{caution}"), is("caution", ""));
        assert_eq!(of("1. a"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn imports_of_components() {
        for (line, module) in [
            ("import Tabs from '@theme/Tabs';\n", Some("@theme/Tabs")),
            ("import { A, B } from \"../b\"", Some("../b")),
            ("import './a.css'", Some("./a.css")),
            ("import tax is what it's called", None),
            ("import x", None),
        ] {
            assert_eq!(imported(line), module, "{line}");
        }
    }
}
