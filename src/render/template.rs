//! Templates: read, and their failures as diagnostics at their own lines.
//!
//! In: the templates of a project, the theme's among them. Out: an [`Engine`] that renders them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tera::{ErrorKind, Tera};

use super::components::{check_markdown, component_name, components};
use super::engine::Engine;
use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean, list as list_of, quote};
use crate::parse::component::Components;
use crate::project::theme::TEMPLATES;
use crate::project::{Project, Run};
use crate::text::source::{SourceId, Span};

/// The templates of a project, ready to render.
#[derive(Debug)]
pub struct Templates {
    pub engine: Engine,
    /// Names of fences that are blocks.
    pub blocks: Components,
}

/// Reads all templates; each mistake is a diagnostic, and without one there is a result.
pub fn templates(
    project: &Project,
    run: &Run,
    register: impl Fn(&mut Tera),
    out: &mut Vec<Diagnostic>,
) -> Option<Templates> {
    let texts: Vec<(&str, &str)> =
        project.templates.iter().map(|(path, source)| (path.as_str(), project.sources.text(*source))).collect();
    let texts: Vec<(&str, &str)> =
        texts.into_iter().filter(|(path, _)| path.ends_with(".html") || path.ends_with(".svg")).collect();
    unused_overrides(project, &texts, out);
    let before = out.len();
    // One at a time first: Tera stops at the first mistake of a set.
    for (path, text) in &texts {
        let mut alone = Tera::default();
        register(&mut alone);
        if let Err(error) = alone.add_raw_template(path, text)
            && matches!(error.kind(), ErrorKind::SyntaxError(_))
        {
            let mut diagnostic = template_error(&error, project, path);
            if let (Place::Span(span), Some(source)) = (&diagnostic.place, project.templates.get(*path))
                && let Some(Open { tag, name }) = unclosed(text, span.start as usize)
            {
                let words = format!("the `{name}` that is not closed");
                diagnostic = diagnostic.note(Span::new(*source, tag), words).help(format!("add `{{% end{name} %}}`"));
            }
            out.push(diagnostic);
        }
    }
    if out.len() > before {
        return None;
    }
    let mut tera = Tera::default();
    register(&mut tera);
    if let Err(error) = tera.add_raw_templates(texts.iter().copied()) {
        let placed = placed_errors(&error.to_string(), project);
        if placed.is_empty() {
            out.push(template_error(&error, project, ""));
        }
        out.extend(placed);
        return None;
    }
    check_depth(project, &texts, out);
    let blocks = components(project);
    for name in blocks.keys() {
        let component = component_name(name);
        let definition = tera.get_component_definition(&component);
        if let Some(definition) = &definition {
            check_markdown(project, name, definition, out);
        } else {
            let path = format!("blocks/{name}.html");
            let message = format!("the template defines no component `{component}`");
            let span = project.templates.get(&path).map(|source| Span::start_of(*source));
            let diagnostic = match span {
                Some(span) => Diagnostic::new(Code::InvalidTemplate, span, message),
                None => Diagnostic::file(Code::InvalidTemplate, path, message),
            };
            out.push(
                diagnostic.help(format!(
                    "wrap it in `{{% component {component}(…) %}}` and `{{% endcomponent {component} %}}`"
                )),
            );
        }
    }
    // The theme's own are known to end.
    let is_built_in = |path: &str, text: &str| TEMPLATES.contains(&(path, text.as_bytes()));
    let runaway = run.runaway.filter(|_| texts.iter().any(|(path, text)| !is_built_in(path, text)));
    (out.len() == before).then(|| Templates { engine: Engine::new(tera, runaway), blocks })
}

/// A tag of a template that wants an end.
struct Open {
    /// From `{%` to `%}`.
    tag: Range<usize>,
    name: &'static str,
}

/// The tag that is still open where a template has a tag that ends or divides another, or where it
/// ends: Tera calls the first unknown, and the mistake is likely the missing end.
fn unclosed(text: &str, at: usize) -> Option<Open> {
    const PAIRED: &[&str] = &["if", "for", "block", "filter", "set", "component"];
    let mut open: Vec<Open> = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("{").map(|found| from + found) {
        let rest = &text[start..];
        let end_of = |end: &str| rest.find(end).map_or(text.len(), |found| start + found + end.len());
        from = match rest.get(..2) {
            Some("{#") => end_of("#}"),
            Some("{{") => end_of("}}"),
            Some("{%") => end_of("%}"),
            _ => start + 1,
        };
        if !rest.starts_with("{%") {
            // A slip within an expression says nothing of the tags around it.
            if rest.starts_with("{{") && (start..from).contains(&at) {
                return None;
            }
            continue;
        }
        let inner = rest[2..from - start].trim_start_matches('-').trim_start();
        let word = &inner[..inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len())];
        if start <= at && at < from || at <= start {
            // The tag at hand: it is the end of another than the one that is open.
            let ended = word.strip_prefix("end")?;
            return open.pop().filter(|open| open.name != ended);
        }
        let name = PAIRED.iter().find(|name| **name == word).copied();
        match (name, word.strip_prefix("end")) {
            // `set` with a value is whole.
            (Some("set"), _) if inner.contains('=') => {}
            (Some(name), _) => open.push(Open { tag: start..from, name }),
            (None, Some("raw")) => {}
            (None, Some(ended)) if open.last().is_some_and(|open| open.name == ended) => {
                open.pop();
            }
            (None, _) if word == "raw" => from = text[from..].find("endraw").map_or(text.len(), |found| from + found),
            (None, _) => {}
        }
    }
    open.pop()
}

/// How deep templates may hold each other: Tera goes down by calling itself, and the stack ends.
const MOST_DEEP: usize = 32;

/// Reports the templates that hold others in others one deeper than that. There is no circle among them.
fn check_depth(project: &Project, texts: &[(&str, &str)], out: &mut Vec<Diagnostic>) {
    let held: BTreeMap<&str, Vec<(&str, usize)>> = texts.iter().map(|(path, text)| (*path, held_by(text))).collect();
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    // After so many rounds a depth is known, or it is more than that.
    for _ in 0..MOST_DEEP + 2 {
        let depth = |held: &[(&str, usize)]| held.iter().map(|(name, _)| 1 + depths.get(name).unwrap_or(&0)).max();
        depths = held.iter().map(|(path, held)| (*path, depth(held).unwrap_or(0))).collect();
    }
    for (path, held) in held.iter().filter(|(path, _)| depths.get(**path) == Some(&(MOST_DEEP + 1))) {
        let deep = held.iter().find(|(name, _)| depths.get(name) == Some(&MOST_DEEP));
        let (Some((name, at)), Some(source)) = (deep, project.templates.get(*path)) else { continue };
        let message = format!("from {} on, templates hold each other more than {MOST_DEEP} deep", quote(name));
        let help = "include fewer in each other; a `{% for %}` says the same again and again";
        out.push(Diagnostic::new(Code::InvalidTemplate, Span::new(*source, *at..at + name.len()), message).help(help));
    }
}

/// The templates that one includes or extends, each with the place of its name.
fn held_by(text: &str) -> Vec<(&str, usize)> {
    let tags = text.match_indices("{%").map(|(start, _)| &text[start + 2..]);
    tags.filter_map(|tag| {
        let tag = tag.trim_start_matches('-').trim_start();
        let rest = tag.strip_prefix("include").or_else(|| tag.strip_prefix("extends"))?.trim_start();
        let name = rest.strip_prefix(['"', '\'', '`'])?;
        let at = text.len() - name.len();
        Some((name.split(['"', '\'', '`']).next()?, at))
    })
    .collect()
}

/// Templates of the project that neither replace a built-in one nor are named by another: most
/// often a misspelled name.
fn unused_overrides(project: &Project, texts: &[(&str, &str)], out: &mut Vec<Diagnostic>) {
    let is_built_in = |path: &str| TEMPLATES.iter().any(|(built_in, _)| *built_in == path);
    // Every text between two quotation marks, and between two that are not a pair.
    let named: BTreeSet<&str> = texts.iter().flat_map(|(_, text)| text.split(['"', '\''])).collect();
    let is_used = |path: &str| is_built_in(path) || path.starts_with("blocks/") || named.contains(path);
    for (path, _) in texts.iter().filter(|(path, _)| !is_used(path)) {
        if let Some(source) = project.templates.get(*path) {
            let near = did_you_mean(path, TEMPLATES.iter().map(|(built_in, _)| *built_in));
            out.push(
                Diagnostic::new(Code::UnusedOverride, Span::start_of(*source), "nothing uses this template")
                    .help(near.unwrap_or_else(|| "include it somewhere, or remove it".into())),
            );
        }
    }
}

/// A failure of Tera as a diagnostic at the template's own line. `name` is the template that was
/// asked for, where the error names none.
pub fn template_error(error: &tera::Error, project: &Project, name: &str) -> Diagnostic {
    let (code, report) = match error.kind() {
        ErrorKind::SyntaxError(report) => (Code::InvalidTemplate, report),
        ErrorKind::RenderingError(report) => (Code::TemplateFailed, report),
        other => return unplaced(&other.to_string(), project, name),
    };
    let message = sentence(report.message());
    let file = if report.filename().is_empty() { name } else { report.filename() };
    let Some(source) = project.templates.get(file) else {
        return Diagnostic::file(code, format!("templates/{file}"), message);
    };
    let text = project.sources.get(*source);
    let span = report.span();
    let start = text.offset(span.start_line, span.start_col + 1);
    let end = text.offset(span.end_line, span.end_col + 1).max(start);
    Diagnostic::new(code, Span::new(*source, start..end), message)
}

/// What Tera finds when it looks at all templates together comes as one text of several reports,
/// each `error: …` and ` --> file:line:column`, both from 1.
fn placed_errors(text: &str, project: &Project) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut message = None;
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("error: ") {
            message = Some(sentence(words));
            continue;
        }
        let Some(place) = line.strip_prefix("--> ") else { continue };
        let mut pieces = place.rsplitn(3, ':');
        let (column, line, file) = (pieces.next(), pieces.next(), pieces.next());
        let (Some(Ok(column)), Some(Ok(line)), Some(source), Some(message)) = (
            column.map(str::parse),
            line.map(str::parse),
            file.and_then(|file| project.templates.get(file)),
            message.take(),
        ) else {
            continue;
        };
        let text = project.sources.get(*source);
        let start = text.offset(line, column);
        let word = text.text()[start..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(0);
        found.push(Diagnostic::new(Code::InvalidTemplate, Span::new(*source, start..start + word), message));
    }
    found
}

/// What Tera says without a place (an unknown filter, component or parent): the first template
/// that holds the name it quotes is as near as one can point.
fn unplaced(message: &str, project: &Project, name: &str) -> Diagnostic {
    if let Some(circle) = circle(message, project) {
        return circle;
    }
    let quoted: Vec<&str> = message.split(['`', '\'', '"']).skip(1).step_by(2).collect();
    let named = quoted.iter().find_map(|word| project.templates.get(*word)).or_else(|| project.templates.get(name));
    let found = |source: &SourceId| {
        quoted
            .iter()
            .filter(|word| !project.templates.contains_key(**word))
            .find_map(|word| project.sources.text(*source).find(word).map(|at| Span::new(*source, at..at + word.len())))
    };
    let span = named.and_then(found).or_else(|| project.templates.values().find_map(found));
    let message = sentence(message);
    match (span, named) {
        (Some(span), _) => Diagnostic::new(Code::InvalidTemplate, span, message),
        (None, Some(source)) => Diagnostic::new(Code::InvalidTemplate, Span::start_of(*source), message),
        (None, None) => Diagnostic::file(Code::InvalidTemplate, "templates", message),
    }
}

/// Templates that include or extend themselves, by way of others or not, at the place that closes the circle. Tera
/// names the template, then all on the way to it, in a list.
fn circle(message: &str, project: &Project) -> Option<Diagnostic> {
    let verb = ["include", "extend"].into_iter().find(|verb| message.contains(&format!("ircular {verb}")))?;
    let (words, list) = message.split_once('[')?;
    let target = words.split('\'').nth(1)?;
    let chain: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let first = chain.iter().position(|name| *name == target)?;
    let way: Vec<&str> = chain[first + 1..].iter().copied().filter(|name| *name != target).collect();
    let source = project.templates.get(way.last().copied().unwrap_or(target))?;
    let text = project.sources.text(*source);
    let place = [format!("\"{target}\""), format!("'{target}'")].iter().find_map(|name| {
        let at = text.find(name)?;
        Some(Span::new(*source, at..at + name.len()))
    });
    let by_way =
        if way.is_empty() { String::new() } else { format!(", by way of {}", list_of(way.iter().copied(), "and")) };
    let message = format!("the template {} {verb}s itself{by_way}", quote(target));
    let help = format!("take one {verb} out of the circle");
    Some(Diagnostic::new(Code::InvalidTemplate, place.unwrap_or_else(|| Span::start_of(*source)), message).help(help))
}

/// Another's message in our voice: one line, lower case, no final period.
fn sentence(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    let mut chars = line.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Whether two diagnostics are the same problem met on different pages.
pub fn once(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    diagnostics
        .into_iter()
        .filter(|diagnostic| {
            let place: Place = diagnostic.place.clone();
            seen.insert((place, diagnostic.code, diagnostic.message.clone()))
        })
        .collect()
}
