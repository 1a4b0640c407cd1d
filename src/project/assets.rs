//! The theme's files on their way out: overridden, styles minified, fingerprinted.
//!
//! In: the built-in assets and the project's `static/`. Out: for each its content and its name,
//! which carries a hash of what is in it, so that a browser may keep it for ever; other files of
//! `static/` go out as they are. Never touches what the theme doesn't know, nor what a script of the
//! project says: whether a slash begins a comment, a regular expression or a division, only a parser
//! could tell.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::project::theme::{self, ASSETS};
use crate::project::{File, Project};
use crate::settings::config::{Config, ThemeSettings};
use crate::store::origin::MOST_WHOLE;
use crate::store::tree::Content;
use crate::text::source::Spanned;

/// What a site's pages can refer to by `asset(path=…)`.
#[derive(Debug, Default)]
pub struct Assets {
    /// By path below `static/`.
    pub by_path: BTreeMap<String, Asset>,
}

/// A file of the theme.
#[derive(Debug)]
pub struct Asset {
    /// Below the base: `theme.0123456789.css`.
    pub address: String,
    pub content: Content,
    /// `sha384-…` (Subresource Integrity, §3.1), for scripts and styles.
    pub integrity: Option<String>,
}

/// [`prepare`], where a failure is a diagnostic.
pub fn prepared(project: &Project, config: &Config, out: &mut Vec<Diagnostic>) -> Option<Arc<Assets>> {
    match prepare(project, config) {
        Ok(assets) => Some(Arc::new(assets)),
        Err(error) => {
            out.push(Diagnostic::file(Code::UnreadableFile, "static", format!("can't be read: {error}")));
            None
        }
    }
}

/// Leaves the style sheets of `[theme] styles` that are there, so that no page asks for another; says which
/// are not.
pub fn keep_styles(project: &Project, settings: &mut ThemeSettings) -> Vec<Diagnostic> {
    let is_there = |path: &str| path.ends_with(".css") && (is_of_theme(path) || project.statics.contains_key(path));
    let (there, missing): (Vec<_>, Vec<_>) = settings.styles.drain(..).partition(|style| is_there(&style.value));
    settings.styles = there;
    missing.iter().map(|style| missing_style(style, project)).collect()
}

/// A style sheet of `[theme] styles` that isn't there, or is none.
fn missing_style(style: &Spanned<String>, project: &Project) -> Diagnostic {
    let message = format!("`static/` has no style sheet {}", quote(&style.value));
    let sheets = project.statics.keys().map(String::as_str).filter(|path| path.ends_with(".css"));
    let help = did_you_mean(&style.value, sheets);
    let help = help.unwrap_or_else(|| "name a file below `static/` whose name ends in `.css`".into());
    Diagnostic::new(Code::InvalidValue, style.span, message).help(help)
}

/// The project's own files that get a fingerprint as the theme's do: style sheets of every page, and what
/// a template of the project's names in quotes.
fn named<'a>(project: &'a Project, settings: &'a ThemeSettings) -> impl Iterator<Item = (&'a str, &'a File)> {
    let styles = settings.styles.iter().map(|style| style.value.as_str());
    let templates = project.templates.values().map(|source| project.sources.text(*source));
    let asked =
        templates.flat_map(|text| text.split("asset(path=\"").skip(1).filter_map(|rest| rest.split('"').next()));
    let paths: BTreeSet<&str> = styles.chain(asked).filter(|path| !is_of_theme(path)).collect();
    paths.into_iter().filter_map(|path| project.statics.get_key_value(path)).map(|(path, file)| (path.as_str(), file))
}

/// Whether a path below `static/` is one of the theme's own files.
pub fn is_of_theme(path: &str) -> bool {
    ASSETS.iter().any(|(name, _)| *name == path)
}

/// Prepares the theme's assets and lists the project's other static files. Fails when a file that
/// replaces a built-in one can't be read.
pub fn prepare(project: &Project, config: &Config) -> io::Result<Assets> {
    let mut bytes: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for (path, built_in) in ASSETS {
        let content = match project.statics.get(*path) {
            Some(file) => file.disk.read(MOST_WHOLE)?,
            None => built_in.to_vec(),
        };
        bytes.insert(path, content);
    }
    for (path, file) in named(project, &config.theme) {
        bytes.insert(path, file.disk.read(MOST_WHOLE)?);
    }
    let mut assets = Assets::default();
    // Styles refer to fonts and images by name, so those get their names first.
    let (styles, others): (Vec<_>, Vec<_>) = bytes.into_iter().partition(|(path, _)| path.ends_with(".css"));
    for (path, content) in others {
        let content = match std::str::from_utf8(&content) {
            Ok(script) if path.ends_with(".js") => theme::sent(path, script).into_bytes(),
            _ => content,
        };
        insert(&mut assets, path, content);
    }
    for (path, content) in styles {
        let content = match String::from_utf8(content) {
            Ok(css) => {
                let settings = if path == "theme.css" { custom_properties(config) } else { String::new() };
                minify_css(&(with_fingerprints(&css, path, &assets) + &settings)).into_bytes()
            }
            Err(error) => error.into_bytes(),
        };
        insert(&mut assets, path, content);
    }
    Ok(assets)
}

/// The project's settings, after the theme's own.
fn custom_properties(config: &Config) -> String {
    let settings = &config.theme;
    let mut rules = String::new();
    for (at, (light, dark)) in settings.tracks.iter().enumerate() {
        rules.push_str(&format!("--track-{}:light-dark({light},{dark});", at + 1));
    }
    if let Some((light, dark)) = &settings.accent {
        rules.push_str(&format!("--accent:light-dark({light},{dark});"));
    }
    for (property, value) in &settings.faces {
        rules.push_str(&format!("{property}:{value};"));
    }
    if let Some(radius) = &settings.radius {
        rules.push_str(&format!("--radius:{radius};"));
    }
    let mut css = if rules.is_empty() { rules } else { format!("\n:root{{{rules}}}\n") };
    for (kind, (light, dark)) in config.boxes.colors() {
        css.push_str(&format!("\n.alert-{kind}{{--alert:light-dark({light},{dark});}}\n"));
    }
    css
}

fn insert(assets: &mut Assets, path: &str, content: Vec<u8>) {
    let hash = blake3::hash(&content).to_hex();
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, "bin"));
    let address = format!("{stem}.{}.{extension}", &hash[..10]);
    let integrity = matches!(extension, "css" | "js").then(|| integrity(&content));
    assets.by_path.insert(path.to_string(), Asset { address, content: Content::Bytes(content), integrity });
}

fn integrity(content: &[u8]) -> String {
    use base64::Engine;
    use sha2::Digest;
    let digest = sha2::Sha384::digest(content);
    format!("sha384-{}", base64::engine::general_purpose::STANDARD.encode(digest))
}

/// Replaces `url(fonts/x.woff2)` by the file's fingerprinted name, relative to the style's folder.
fn with_fingerprints(css: &str, path: &str, assets: &Assets) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut rewritten = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("url(") {
        let inner = &rest[at + 4..];
        let Some(end) = inner.find(')') else { break };
        let typed = inner[..end].trim().trim_matches(['"', '\'']);
        let target = if folder.is_empty() { typed.to_string() } else { format!("{folder}/{typed}") };
        rewritten.push_str(&rest[..at]);
        match assets.by_path.get(&target) {
            Some(asset) => {
                let name = asset.address.strip_prefix(folder).unwrap_or(&asset.address).trim_start_matches('/');
                rewritten.push_str(&format!("url({name})"));
            }
            None => rewritten.push_str(&rest[at..at + 4 + end + 1]),
        }
        rest = &inner[end + 1..];
    }
    rewritten.push_str(rest);
    rewritten
}

/// Drops comments and white space that CSS doesn't need (CSS Syntax 3, §4); texts in quotes and
/// everything that could mean something stay.
pub fn minify_css(css: &str) -> String {
    let mut small = String::with_capacity(css.len());
    let mut chars = css.chars().peekable();
    let mut space = false;
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'*') => {
                chars.next();
                let mut star = false;
                for c in chars.by_ref() {
                    if star && c == '/' {
                        break;
                    }
                    star = c == '*';
                }
                space = true;
            }
            c if c.is_whitespace() => space = true,
            c => {
                // A space before `(` or around `+` and `-` may matter; around these it never does.
                let tight = |c: char| matches!(c, '{' | '}' | ';' | ',' | '>');
                let after_tight = small.chars().next_back().is_none_or(|last| tight(last) || last == ':');
                if space && !tight(c) && !after_tight {
                    small.push(' ');
                }
                space = false;
                if c == '}' && small.ends_with(';') {
                    small.pop();
                }
                if c == '0' && begins_number(&small) && is_fraction(chars.clone()) {
                    continue;
                }
                small.push(c);
                if c == '(' && ends_with_url(&small) {
                    while let Some(inner) = chars.next_if(|c| !matches!(c, '"' | '\'' | ')')) {
                        small.push(inner);
                    }
                } else if matches!(c, '"' | '\'') {
                    while let Some(inner) = chars.next() {
                        small.push(inner);
                        if inner == '\\' {
                            small.extend(chars.next());
                        } else if inner == c {
                            break;
                        }
                    }
                }
            }
        }
    }
    small
}

/// Whether an address may come that stands in no quotes, each character of which is its own.
fn ends_with_url(css: &str) -> bool {
    css.len().checked_sub(4).and_then(|at| css.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("url("))
}

/// Whether a digit that comes now is the first of a number.
fn begins_number(css: &str) -> bool {
    let before = css.strip_suffix('-').unwrap_or(css);
    !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\\'))
}

/// Whether what comes is a point and a digit.
fn is_fraction(mut rest: impl Iterator<Item = char>) -> bool {
    rest.next() == Some('.') && rest.next().is_some_and(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_gets_smaller_and_means_the_same() {
        for (css, small) in [
            ("a { color : red ; }\n", "a{color :red}"),
            ("/* x */ a > b , c d { margin: 0 auto }", "a>b,c d{margin:0 auto}"),
            ("a { content: \"/* } */ ;  x\" }", "a{content:\"/* } */ ;  x\"}"),
            (
                "@media (min-width: 40rem) and (x) { a:hover { width: calc(1px + 2px) } }",
                "@media (min-width:40rem) and (x){a:hover{width:calc(1px + 2px)}}",
            ),
            ("a :is(b) { c: d }", "a :is(b){c:d}"),
            (
                "a { b: 0.5em -0.25em 10.5px 0; c: cubic-bezier(0.1, 0.9) }",
                "a{b:.5em -.25em 10.5px 0;c:cubic-bezier(.1,.9)}",
            ),
            (
                ".n-0.b { c: \"0.5\" url( 0.5.png ) URL(a-0.5/*.png) }",
                ".n-0.b{c:\"0.5\" url( 0.5.png ) URL(a-0.5/*.png)}",
            ),
        ] {
            assert_eq!(minify_css(css), small);
        }
    }
}
