//! The components of blocks, before any article is read: what they take of Markdown.
//!
//! In: the project's `templates/blocks/<name>.html`. Out: for each block the parameters that its component says
//! are Markdown, in the map behind them: `{% component tip(title) {"inline": ["title"], "markdown": ["body"]} %}`.

use std::collections::BTreeSet;
use std::ops::Range;

use tera::{ComponentInfo, Tera};

use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::parse::component::{BODY, Below, Component, Components};
use crate::project::Project;
use crate::text::source::Span;

/// Lines of Markdown, and pieces of the article: what a component can say of its parameters.
const INLINE: &str = "inline";
const MARKDOWN: &str = "markdown";

/// The blocks of a project: every `templates/blocks/<name>.html`, built-in or its own.
pub fn components(project: &Project) -> Components {
    let blocks = project.templates.iter().filter_map(|(path, source)| {
        let name = path.strip_prefix("blocks/")?.strip_suffix(".html").filter(|name| !name.contains('/'))?;
        Some((name.to_string(), component(project.sources.text(*source), &component_name(name))))
    });
    blocks.collect()
}

/// The component of a block: Tera's names have no `-`.
pub fn component_name(block: &str) -> String {
    block.replace('-', "_")
}

/// What a component takes; nothing of Markdown where it can't be read, which is reported with the templates.
fn component(text: &str, name: &str) -> Component {
    let read = |tag: Range<usize>| {
        // Its body may call what isn't there yet.
        let alone = format!("{}{{% endcomponent %}}", &text[tag]);
        let mut tera = Tera::default();
        tera.add_raw_template("alone", &alone).ok()?;
        tera.get_component_definition(name)
    };
    // Whatever stands below is no mistake of its own then.
    let unread = || Component { body: Below::Text, ..Component::default() };
    let Some(tag) = tag(text, name) else { return unread() };
    let shown = &text[tag.end..];
    let shown = shown.find("endcomponent").map_or(shown, |end| &shown[..end]);
    let Some(definition) = read(tag) else { return unread() };
    let body = match named(&definition, MARKDOWN).contains(BODY) {
        true => Below::Markdown,
        false if has_word(shown, BODY) => Below::Text,
        false => Below::Nothing,
    };
    Component { inline: named(&definition, INLINE), body }
}

fn has_word(text: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(goes_on) && !text[at + word.len()..].starts_with(|c| goes_on(c) && c != '.')
    })
}

/// The tag that begins a component; none in a comment.
fn tag(text: &str, name: &str) -> Option<Range<usize>> {
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|found| at + found) {
        let rest = &text[start..];
        if rest.starts_with("{#") {
            at = start + rest.find("#}")? + 2;
            continue;
        }
        let inner = rest.strip_prefix("{%").map(|rest| rest.trim_start_matches('-').trim_start());
        let inner = inner.and_then(|inner| inner.strip_prefix("component"));
        let is_ours = inner.is_some_and(|inner| {
            let after = inner.trim_start().strip_prefix(name);
            inner.starts_with(char::is_whitespace) && after.is_some_and(|rest| rest.trim_start().starts_with('('))
        });
        if is_ours {
            return Some(start..end_of_tag(text, start));
        }
        at = start + 1;
    }
    None
}

/// Where a tag ends: at the first `%}` outside a text.
fn end_of_tag(text: &str, start: usize) -> usize {
    let mut quote = None;
    for (at, c) in text[start..].char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if text[start + at..].starts_with("%}") => return start + at + 2,
            None => {}
        }
    }
    text.len()
}

/// The parameters that a component names under a key.
fn named(definition: &ComponentInfo, key: &str) -> BTreeSet<String> {
    let names = definition.metadata().get(key).and_then(|names| names.as_array()).unwrap_or_default();
    names.iter().filter_map(|name| name.as_str().map(str::to_string)).collect()
}

/// Reports what a component of the project says of its parameters and can't be meant.
pub fn check_markdown(project: &Project, block: &str, definition: &ComponentInfo, out: &mut Vec<Diagnostic>) {
    let Some(source) = project.templates.get(&format!("blocks/{block}.html")) else { return };
    let text = project.sources.text(*source);
    let Some(tag) = tag(text, definition.name()) else { return };
    let map = tag.start + text[tag.clone()].rfind('{').unwrap_or(0);
    let place = |word: &str| {
        let at = ['"', '\'', '`'].iter().find_map(|mark| text[map..tag.end].find(&format!("{mark}{word}{mark}")));
        let start = at.map_or(map, |at| map + at + 1);
        Span::new(*source, start..start + at.map_or(1, |_| word.len()))
    };
    let mut report = |word: &str, message: String, help: String| {
        out.push(Diagnostic::new(Code::InvalidTemplate, place(word), message).help(help));
    };
    let parameters = || definition.args().iter().filter(|arg| !arg.is_implicit()).map(|arg| arg.name());
    for (key, value) in definition.metadata() {
        if ![INLINE, MARKDOWN].contains(&key.as_str()) {
            let near = did_you_mean(key, [INLINE, MARKDOWN]);
            let help = near.unwrap_or_else(|| format!("known here: {}", list([INLINE, MARKDOWN], "and")));
            report(key, format!("a component says nothing by {}", quote(key)), help);
            continue;
        }
        let names = value.as_array().map(|names| names.iter().map(|name| name.as_str()).collect::<Option<Vec<_>>>());
        let Some(Some(names)) = names else {
            let help = format!("write `\"{key}\": [\"{}\"]`", parameters().next().unwrap_or(BODY));
            report(key, format!("{} is no list of parameters", quote(key)), help);
            continue;
        };
        for name in names {
            if key == MARKDOWN && name == BODY {
                continue;
            }
            if !parameters().any(|parameter| parameter == name) {
                let near = did_you_mean(name, parameters());
                let help = near.unwrap_or_else(|| format!("known here: {}", list(parameters(), "and")));
                report(name, format!("the component has no parameter {}", quote(name)), help);
            } else if key == MARKDOWN {
                let help = format!("name it under `\"{INLINE}\"`, or show it as {}", quote(BODY));
                report(name, format!("{} is typed in TOML, where only lines can be Markdown", quote(name)), help);
            }
        }
    }
}
