//! The theme's files on their way out: overridden, minified, fingerprinted.
//!
//! In: the built-in assets and the project's `static/`. Out: for each its content and its name,
//! which carries a hash of what is in it, so that a browser may keep it for ever; other files of
//! `static/` go out as they are. Never touches what the theme doesn't know, and never changes what
//! a script means: one that can't be minified for certain goes out as it was typed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::project::Project;
use crate::project::theme::ASSETS;
use crate::settings::config::ThemeSettings;
use crate::store::tree::Content;

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
pub fn prepared(project: &Project, settings: &ThemeSettings, out: &mut Vec<Diagnostic>) -> Option<Arc<Assets>> {
    match prepare(project, settings) {
        Ok(assets) => Some(Arc::new(assets)),
        Err(error) => {
            out.push(Diagnostic::file(Code::UnreadableFile, "static", format!("can't be read: {error}")));
            None
        }
    }
}

/// Prepares the theme's assets and lists the project's other static files. Fails when a file that
/// replaces a built-in one can't be read.
pub fn prepare(project: &Project, settings: &ThemeSettings) -> io::Result<Assets> {
    let mut bytes: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for (path, built_in) in ASSETS {
        let content = match project.statics.get(*path) {
            Some(file) => fs::read(&file.disk)?,
            None => built_in.to_vec(),
        };
        bytes.insert(path, content);
    }
    let mut assets = Assets::default();
    // Styles refer to fonts and images by name, so those get their names first.
    let (styles, others): (Vec<_>, Vec<_>) = bytes.into_iter().partition(|(path, _)| path.ends_with(".css"));
    for (path, content) in others {
        let content = match String::from_utf8(content) {
            Ok(script) if path.ends_with(".js") => minify_js(&script).into_bytes(),
            Ok(text) => text.into_bytes(),
            Err(error) => error.into_bytes(),
        };
        insert(&mut assets, path, content);
    }
    for (path, content) in styles {
        let content = match String::from_utf8(content) {
            Ok(css) => {
                let settings = if path == "theme.css" { custom_properties(settings) } else { String::new() };
                minify_css(&(with_fingerprints(&css, path, &assets) + &settings)).into_bytes()
            }
            Err(error) => error.into_bytes(),
        };
        insert(&mut assets, path, content);
    }
    Ok(assets)
}

/// The project's settings, after the theme's own.
fn custom_properties(settings: &ThemeSettings) -> String {
    let mut rules = String::new();
    for (at, (light, dark)) in settings.tracks.iter().enumerate() {
        rules.push_str(&format!("--track-{}:light-dark({light},{dark});", at + 1));
    }
    for (property, value) in &settings.faces {
        rules.push_str(&format!("{property}:{value};"));
    }
    if let Some(radius) = &settings.radius {
        rules.push_str(&format!("--radius:{radius};"));
    }
    if rules.is_empty() { rules } else { format!("\n:root{{{rules}}}\n") }
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
                small.push(c);
                if matches!(c, '"' | '\'') {
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

/// Drops comments and indentation of a script (ECMAScript 2025, §12); lines stay lines, so that no
/// statement ends elsewhere. A comment that begins with `!` is a license and stays. A script that
/// only a parser could read is given back as it was.
pub fn minify_js(script: &str) -> String {
    // Comments of other kinds (§12.5 and §B.1.1), which nearly no script has.
    if script.starts_with("#!") || script.contains("<!--") || script.contains("-->") {
        return script.to_string();
    }
    let bytes = script.as_bytes();
    let mut small = String::with_capacity(script.len());
    // What a template's `${` interrupts, by the depth of braces inside it.
    let mut templates: Vec<usize> = Vec::new();
    // What a slash is after the `)` of each open `(`, and after the last `)`.
    let mut parens: Vec<Option<Slash>> = Vec::new();
    let mut closed = None;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &script[at..];
        let end = match bytes[at] {
            b'/' if rest.starts_with("//") => {
                at += rest.find(LINE_ENDS).unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                let Some(end) = rest.find("*/") else { return script.to_string() };
                if rest.starts_with("/*!") {
                    small.push_str(&rest[..end + 2]);
                } else if rest[..end].contains(LINE_ENDS) {
                    newline(&mut small);
                } else if !small.is_empty() && !small.ends_with(['\n', ' ']) {
                    small.push(' ');
                }
                at += end + 2;
                continue;
            }
            b'/' => match slash(&small, closed) {
                Some(Slash::Regex) => regex_end(rest),
                Some(Slash::Division) => Some(1),
                None => None,
            },
            quote @ (b'"' | b'\'') => string_end(rest, quote),
            b'`' => template_end(rest, 1, &mut templates),
            b'}' if templates.last() == Some(&0) => {
                templates.pop();
                template_end(rest, 1, &mut templates)
            }
            b'(' => {
                parens.push(slash_after_parens(&small));
                Some(1)
            }
            b')' => {
                closed = parens.pop().flatten();
                Some(1)
            }
            brace @ (b'{' | b'}') => {
                if let Some(depth) = templates.last_mut() {
                    *depth = if brace == b'{' { *depth + 1 } else { depth.saturating_sub(1) };
                }
                Some(1)
            }
            b'\n' | b'\r' => {
                newline(&mut small);
                at += 1;
                continue;
            }
            b' ' | b'\t' if small.is_empty() || small.ends_with(['\n', ' ']) => {
                at += 1;
                continue;
            }
            _ => rest.chars().next().map(char::len_utf8),
        };
        let Some(end) = end else { return script.to_string() };
        small.push_str(&rest[..end]);
        at += end;
    }
    if templates.is_empty() { small } else { script.to_string() }
}

/// What ends a line, and a comment with it (§12.3).
const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// Ends a line, unless it would be empty.
fn newline(small: &mut String) {
    small.truncate(small.trim_end_matches([' ', '\t']).len());
    if !small.is_empty() && !small.ends_with('\n') {
        small.push('\n');
    }
}

/// Words that want an operand or a statement after them, and that name nothing but properties.
const OPERATORS: [&str; 11] =
    ["return", "typeof", "case", "in", "delete", "void", "throw", "new", "instanceof", "else", "do"];

/// What a slash is that begins no comment.
#[derive(Debug, Clone, Copy)]
enum Slash {
    Regex,
    Division,
}

/// What a slash after this text is; `closed` is what it is when a `)` stands last. `None` where only
/// a parser could tell: a `}` ends a block as well as an object.
fn slash(before: &str, closed: Option<Slash>) -> Option<Slash> {
    let before = before.trim_end();
    let Some(last) = before.chars().next_back() else { return Some(Slash::Regex) };
    if is_in_word(last) {
        return match last_word(before) {
            (word, is_property) if OPERATORS.contains(&word) => (!is_property).then_some(Slash::Regex),
            ("of" | "await" | "yield" | "default" | "break" | "continue" | "debugger", _) => None,
            _ => Some(Slash::Division),
        };
    }
    match last {
        ']' | '"' | '\'' | '`' => Some(Slash::Division),
        '+' | '-' if before.ends_with("++") || before.ends_with("--") => None,
        ')' => closed,
        '(' | ',' | '=' | ':' | '[' | '!' | '&' | '|' | '?' | '{' | ';' | '+' | '-' | '*' | '%' | '~' | '^' | '<'
        | '>' => Some(Slash::Regex),
        _ => None,
    }
}

/// What a slash is after the `)` that belongs to a `(` after this text: the condition of a statement
/// is no operand.
fn slash_after_parens(before: &str) -> Option<Slash> {
    match last_word(before.trim_end()) {
        ("if" | "while" | "for" | "with", false) => Some(Slash::Regex),
        // Of a loop, or of a value.
        ("await", _) => None,
        _ => Some(Slash::Division),
    }
}

/// The word at the end of a text, empty when there is none, and whether it names a property.
fn last_word(text: &str) -> (&str, bool) {
    let rest = text.trim_end_matches(is_in_word);
    (&text[rest.len()..], rest.ends_with(['.', '#']))
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

fn regex_end(text: &str) -> Option<usize> {
    let mut in_class = false;
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(at + 1),
            c if LINE_ENDS.contains(&c) => return None,
            _ => {}
        }
    }
    None
}

fn string_end(text: &str, quote: u8) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\n' | '\r' => return None,
            c if c == char::from(quote) => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The end of a template's text: behind its backquote, or behind `${`, which is then open.
fn template_end(text: &str, skip: usize, templates: &mut Vec<usize>) -> Option<usize> {
    let mut chars = text.char_indices().skip(skip).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '`' => return Some(at + 1),
            '$' if chars.peek().is_some_and(|(_, next)| *next == '{') => {
                templates.push(0);
                return Some(at + 2);
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_get_smaller_and_mean_the_same() {
        for (script, small) in [
            ("// a\n  let x = 1; // b\n\n  /* c */ f(x)\n", "let x = 1;\nf(x)\n"),
            (
                "const u = 'http://x'; const r = /\\/\\/[/]\"/g; // c",
                "const u = 'http://x'; const r = /\\/\\/[/]\"/g; ",
            ),
            ("const t = `  // ${ {a: `/*${b}*/`}.a }\n  //`;\n", "const t = `  // ${ {a: `/*${b}*/`}.a }\n  //`;\n"),
            ("a = b / c / d // e", "a = b / c / d "),
            ("return /x\\//.test(y)", "return /x\\//.test(y)"),
            ("/*! license */\nx", "/*! license */\nx"),
            ("a /* x\n */ b", "a\nb"),
            ("a // b\rc\r\n d /* \u{2028} */ e", "a\nc\nd\ne"),
            ("if (f(x)) /\\//.test(s) && f() // c", "if (f(x)) /\\//.test(s) && f() "),
            ("a.if (x) / 2 /* ' */ / (b) / 3 // d", "a.if (x) / 2 / (b) / 3 "),
            ("x in /[/]'/; typeof /'/; a /\n2 // c", "x in /[/]'/; typeof /'/; a /\n2 "),
        ] {
            assert_eq!(minify_js(script), small);
        }
    }

    #[test]
    fn a_script_that_only_a_parser_could_read_stays_as_it_is() {
        for script in [
            "'unfinished\n// x",
            "{}\n/'/.test(s) // c",
            "a++ / b // it's",
            "for await (x of y) /'/.exec(x) // c",
            "for (const x of /'/.exec(s)) {} // c",
            "a.in / 2; // it's\nb",
            "1. / 2; // it's\nb",
            "a = /'// 2 // c\nb",
            "<!-- it's\nx // c",
            "x\n--> it's\ny // c",
            "#!/usr/bin/env it's\nx // c",
        ] {
            assert_eq!(minify_js(script), script);
        }
    }

    #[test]
    fn the_scripts_of_the_theme_can_be_read() {
        for (path, script) in ASSETS.iter().filter(|(path, _)| path.ends_with(".js")) {
            let script = std::str::from_utf8(script).expect("text");
            assert!(!script.contains("//") || minify_js(script).len() < script.len(), "{path}");
        }
    }

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
        ] {
            assert_eq!(minify_css(css), small);
        }
    }
}
