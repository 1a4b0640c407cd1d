//! The `_headers` and `_redirects` that a project has in `static/`: their lines come first, ours follow.
//!
//! In: the text of such a file, in the format that Netlify and Cloudflare share. Out: its rules with their
//! places, and which addresses they speak of. What it says goes out as it was typed.

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::Project;
use crate::settings::config::Config;
use crate::text::source::{SourceId, Span};
use crate::text::url::percent_decode;

/// The files to which a project can add lines of its own.
pub const JOINED: [&str; 2] = ["_headers", "_redirects"];

/// A file of the project's own.
#[derive(Debug, Clone, Copy)]
pub struct OwnFile<'a> {
    source: SourceId,
    text: &'a str,
}

/// What is said of the addresses that a path means.
#[derive(Debug)]
pub struct Rule<'a> {
    /// A path, of which the end may be `*` and each piece a `:placeholder`.
    pub path: &'a str,
    pub span: Span,
    /// What follows on its line; for `_headers`, the names of its headers with their places.
    pub rest: &'a str,
    pub headers: Vec<(&'a str, Span)>,
}

/// Whether the project's file takes the place of ours, as `[hosts] own` says.
pub fn replaces(name: &str, project: &Project, config: &Config) -> bool {
    project.statics.contains_key(name)
        && (!JOINED.contains(&name) || config.own_hosts.iter().any(|own| own.value == name))
}

/// Reports files that are to take the place of ours and aren't there.
pub fn check(project: &Project, config: &Config, out: &mut Vec<Diagnostic>) {
    for own in &config.own_hosts {
        let path = format!("static/{}", own.value);
        if !project.statics.contains_key(&own.value) && !project.unread.contains(&path) {
            let message = format!("there is no file {} to replace ours", quote(&path));
            out.push(Diagnostic::new(Code::BrokenLink, own.span, message).help("write it, or take its name out here"));
        }
    }
}

/// The project's file of that name, if it goes before ours.
pub fn own<'p>(name: &str, project: &'p Project, config: &Config) -> Option<OwnFile<'p>> {
    let source = project.statics.get(name).filter(|_| JOINED.contains(&name))?.text;
    let source = source.filter(|_| !replaces(name, project, config))?;
    Some(OwnFile { source, text: project.sources.text(source) })
}

impl<'a> Rule<'a> {
    /// Where a rule of `_redirects` leads: what follows its path, behind the parameters of a query that it wants.
    pub fn target(&self) -> Option<&'a str> {
        self.rest.split_whitespace().find(|word| is_target(word))
    }

    /// Whether a rule of `_redirects` answers for some requests alone: Netlify knows parameters of a query before the
    /// target, and countries, languages, roles and cookies behind it.
    pub fn is_conditional(&self) -> bool {
        self.rest.split_whitespace().any(|word| !is_target(word) && word.contains('='))
    }
}

fn is_target(word: &str) -> bool {
    word.starts_with('/') || word.contains("://")
}

impl<'a> OwnFile<'a> {
    /// What goes before ours, whole lines.
    pub fn lines(self) -> String {
        let end = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
        format!("{}{end}", self.text)
    }

    pub fn rules(self) -> Vec<Rule<'a>> {
        let mut rules: Vec<Rule<'a>> = Vec::new();
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let place = |part: &str| {
                let start = at + line.find(part).unwrap_or(0);
                Span::new(self.source, start..start + part.len())
            };
            let text = line.trim();
            if text.is_empty() || text.starts_with('#') {
                // Says nothing.
            } else if line.starts_with([' ', '\t']) {
                // Cloudflare takes a header away where a `!` stands before its name.
                let name = text.split(':').next().unwrap_or(text).trim_start_matches('!').trim();
                if let Some(rule) = rules.last_mut() {
                    rule.headers.push((name, place(name)));
                }
            } else {
                let (path, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
                rules.push(Rule { path, span: place(path), rest: rest.trim(), headers: Vec::new() });
            }
            at += line.len();
        }
        rules
    }
}

/// Whether two paths mean an address in common.
pub fn overlap(one: &str, other: &str) -> bool {
    let pieces = |path: &str| path.trim_end_matches('/').split('/').map(percent_decode).collect::<Vec<_>>();
    let (one, other) = (pieces(one), pieces(other));
    let mut pairs = one.iter().zip(&other);
    let ends_open = |pieces: &[String], at: usize| pieces.get(at).is_some_and(|piece| piece == "*");
    let is_any = |piece: &str| piece.starts_with(':');
    let met =
        pairs.position(|(one, other)| one == "*" || other == "*" || !(is_any(one) || is_any(other) || one == other));
    match met {
        Some(at) => one[at] == "*" || other[at] == "*",
        None => {
            let shorter = one.len().min(other.len());
            one.len() == other.len() || ends_open(&one, shorter) || ends_open(&other, shorter)
        }
    }
}

/// Whether a path means one address alone.
pub fn is_plain(path: &str) -> bool {
    path.split('/').all(|piece| piece != "*" && !piece.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_mean_an_address_in_common() {
        for (one, other, met) in [
            ("/a", "/a/", true),
            ("/caf%C3%A9/", "/café", true),
            ("/*", "/a/b", true),
            ("/a/*", "/a", true),
            ("/a/*", "/b", false),
            ("/a/*", "/a/b/*", true),
            ("/:x/b", "/a/b", true),
            ("/:x/b", "/a/c", false),
            ("/a/b", "/a", false),
        ] {
            assert_eq!(overlap(one, other), met, "{one} {other}");
            assert_eq!(overlap(other, one), met, "{other} {one}");
        }
    }
}
