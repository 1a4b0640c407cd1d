//! What a text asks of the pages' policy, held against what is granted.
//!
//! In: an article that is open, and the settings. Out: a diagnostic for each script, style, frame, form or source of
//! its raw HTML that neither the theme needs nor `[policy]` grants, with the line to add. Pictures, sound and video
//! are let in from where they are shown: they can't run.

use std::collections::BTreeMap;

use super::headers::{PolicySources, has_own_policy};
use crate::diagnostic::{Code, Diagnostic, list, quote};
use crate::parse::markup::{Piece, Tag};
use crate::parse::tree::{Html, Kind};
use crate::render::visit::Visit;
use crate::settings::config::policy::key;

/// Sources that a directive lacks.
type Missing = BTreeMap<&'static str, Vec<String>>;

/// Tells of everything in an article that its page would refuse.
pub fn check(visit: &Visit<'_>, out: &mut Vec<Diagnostic>) {
    let config = &visit.resolved.site.config;
    if !config.raw_html || has_own_policy(visit.resolved.project, config) {
        return;
    }
    for node in visit.text.tree.nodes() {
        if let Kind::Html(html) = &node.kind {
            of_html(visit, html, out);
        }
    }
}

fn of_html(visit: &Visit<'_>, html: &Html<'_>, out: &mut Vec<Diagnostic>) {
    let config = &visit.resolved.site.config;
    let mut pieces = html.markup.pieces.iter().peekable();
    while let Some(piece) = pieces.next() {
        let Piece::Start(tag) = piece else { continue };
        let mut asked = PolicySources::default();
        if let Some(directive) = asked.element(tag, true, &config.base_url) {
            let mut text = String::new();
            while let Some(Piece::Text(more)) = pieces.peek() {
                text.push_str(more);
                pieces.next();
            }
            // What is empty brings nothing.
            if !text.is_empty() {
                asked.allow_text(directive, &text);
            }
        }
        let mut missing = Missing::new();
        for (directive, source) in asked.iter() {
            let granted = config.policy.sources.get(directive).map(Vec::as_slice).unwrap_or_default();
            if !is_shown(tag, directive, source) && !granted.iter().any(|granted| lets_in(granted, source)) {
                missing.entry(directive).or_default().push(source.to_string());
            }
        }
        if !missing.is_empty() {
            let place = visit.excerpt(html).span(tag.range.clone());
            let diagnostic = Diagnostic::new(Code::BeyondPolicy, place, message(tag, &missing));
            out.push(diagnostic.help(help(&missing)));
        }
    }
}

/// Whether every text may have it: because it can't run, or because the theme has the same from its own files.
/// Nothing of `content/` has the suffix of a script or a style sheet.
fn is_shown(tag: &Tag, directive: &str, source: &str) -> bool {
    let path_ends = |endings: &[&str]| {
        let address = tag.attribute("src").or_else(|| tag.attribute("href")).map(|found| found.value.trim());
        let path = address.unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
        endings.iter().any(|ending| path.ends_with(ending))
    };
    match (directive, source) {
        ("img-src" | "media-src", _) | ("font-src" | "connect-src" | "form-action", "'self'") => true,
        ("script-src", "'self'") => path_ends(&[".js", ".mjs"]),
        ("style-src", "'self'") => path_ends(&[".css"]),
        _ => false,
    }
}

/// Whether a source that is granted lets one in that is asked for (CSP Level 3, §6.7.2). A path counts for nothing.
fn lets_in(granted: &str, asked: &str) -> bool {
    if granted == asked {
        return true;
    }
    let Some((scheme, host)) = asked.split_once("://") else {
        return granted == "'unsafe-inline'" && (asked.starts_with("'sha256-") || asked == "'unsafe-hashes'");
    };
    if granted == "*" || granted.strip_suffix(':') == Some(scheme) {
        return true;
    }
    let (of_scheme, rest) = granted.split_once("://").map_or((scheme, granted), |(scheme, rest)| (scheme, rest));
    let named = rest.split('/').next().unwrap_or_default();
    let named = named.strip_suffix(":*").unwrap_or(named);
    let is_named = match named.strip_prefix("*.") {
        Some(above) => host.strip_suffix(above).is_some_and(|below| below.ends_with('.')),
        None => named == host,
    };
    is_named && (of_scheme == scheme || (of_scheme, scheme) == ("http", "https"))
}

fn message(tag: &Tag, missing: &Missing) -> String {
    let origins: Vec<&str> =
        missing.values().flatten().map(String::as_str).filter(|source| !source.starts_with('\'')).collect();
    let name = quote(&tag.name);
    if !origins.is_empty() {
        return format!("pages load nothing of {} for {name} unless `[policy]` grants it", list(origins, "or"));
    }
    let is_own = missing.values().flatten().all(|source| source == "'self'");
    match (tag.name.as_str(), is_own) {
        (_, true) => format!("{name} loads a file that pages load only if `[policy]` grants it"),
        ("script" | "style", _) => {
            format!("the text brings its own {name}, and pages have none that `[policy]` doesn't grant")
        }
        _ => format!("{name} brings its own script or style, and pages have none that `[policy]` doesn't grant"),
    }
}

fn help(missing: &Missing) -> String {
    let line = |(directive, sources): (&&'static str, &Vec<String>)| {
        let sources: Vec<String> = sources.iter().map(|source| format!("{source:?}")).collect();
        key(directive).map(|key| format!("`{key} = [{}]`", sources.join(", ")))
    };
    let lines: Vec<String> = missing.iter().filter_map(line).collect();
    if lines.is_empty() {
        return "move it to a template".into();
    }
    let move_it = if missing.values().flatten().any(|source| source.starts_with("'sha256-")) {
        "move it to a file of `static/` that the text or a template names, or "
    } else {
        ""
    };
    format!("{move_it}add to `[policy]` of `partwork.toml`: {}", lines.join(", "))
}

#[cfg(test)]
mod tests {
    use super::lets_in;

    #[test]
    fn what_a_grant_lets_in() {
        for (granted, asked, wanted) in [
            ("https://a.se", "https://a.se", true),
            ("https://a.se/path/", "https://a.se", true),
            ("a.se", "https://a.se", true),
            ("*.a.se", "https://x.a.se", true),
            ("*.a.se", "https://a.se", false),
            ("*.a.se", "https://xa.se", false),
            ("https:", "https://a.se", true),
            ("http://a.se", "https://a.se", true),
            ("https://a.se", "http://a.se", false),
            ("https://a.se:*", "https://a.se", true),
            ("https://a.se:8443", "https://a.se", false),
            ("*", "https://a.se", true),
            ("*", "data:", false),
            ("'unsafe-inline'", "'sha256-x'", true),
            ("'sha256-x'", "'sha256-y'", false),
            ("'self'", "https://a.se", false),
        ] {
            assert_eq!(lets_in(granted, asked), wanted, "{granted} {asked}");
        }
    }
}
