//! `[policy]`: what pages may load beyond what is seen in them.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::data::Fields;

/// The keys of the section, with their directives (CSP Level 3, §6).
const KEYS: [(&str, &str); 9] = [
    ("script", "script-src"),
    ("connect", "connect-src"),
    ("style", "style-src"),
    ("font", "font-src"),
    ("image", "img-src"),
    ("frame", "frame-src"),
    ("media", "media-src"),
    ("object", "object-src"),
    ("form", "form-action"),
];

/// What a policy gains.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Sources by directive; one that is named without any has an empty list.
    pub sources: BTreeMap<&'static str, Vec<String>>,
}

/// The key that grants something of a directive, if one does.
pub fn key(directive: &str) -> Option<&'static str> {
    KEYS.iter().find(|(_, known)| *known == directive).map(|(key, _)| *key)
}

/// Reads the section.
pub fn policy(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Policy {
    let mut sources = BTreeMap::new();
    for (key, directive) in KEYS {
        if fields.any(key).is_none() {
            continue;
        }
        let mut good = Vec::new();
        for source in fields.strings(key, out) {
            match problem(&source.value) {
                None => good.push(source.value),
                Some(help) => {
                    let message = format!("{} is no source of a policy", quote(&source.value));
                    out.push(Diagnostic::new(Code::InvalidValue, source.span, message).help(help));
                }
            }
        }
        sources.insert(directive, good);
    }
    Policy { sources }
}

/// Why a text is no source expression (CSP Level 3, §2.3.1), as the remedy.
fn problem(source: &str) -> Option<String> {
    const KEYWORDS: [&str; 7] = [
        "self",
        "unsafe-inline",
        "unsafe-eval",
        "wasm-unsafe-eval",
        "strict-dynamic",
        "unsafe-hashes",
        "report-sample",
    ];
    let like = || Some("write it like `https://example.org`, `*.example.org` or `'self'`".to_string());
    if KEYWORDS.contains(&source) {
        return Some(format!("write `\"'{source}'\"`, with its own quotes"));
    }
    if let Some(quoted) = source.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        let is_hash = ["sha256-", "sha384-", "sha512-"]
            .iter()
            .any(|kind| quoted.strip_prefix(kind).is_some_and(|hash| !hash.is_empty() && hash.bytes().all(is_base64)));
        return if is_hash || KEYWORDS.contains(&quoted) { None } else { like() };
    }
    if !source.is_ascii() || source.bytes().any(|byte| byte.is_ascii_whitespace() || b";,'\"".contains(&byte)) {
        return like();
    }
    let (scheme, rest) = match source.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => match source.strip_suffix(':') {
            Some(scheme) => (Some(scheme), "*"),
            None => (None, source),
        },
    };
    let host = rest.split('/').next().unwrap_or_default();
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "*"));
    let is_name = name == "*"
        || name.strip_prefix("*.").unwrap_or(name).split('.').all(|piece| {
            !piece.is_empty() && piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
    let is_port = port == "*" || !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    if is_name && is_port && scheme.is_none_or(is_scheme) { None } else { like() }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn sources_of_a_policy() {
        for good in [
            "https://plausible.io",
            "*.example.org",
            "https://*.example.org:8443/path/",
            "wss://live.example.org",
            "localhost:*",
            "https:",
            "data:",
            "*",
            "'self'",
            "'wasm-unsafe-eval'",
            "'sha256-5QQGH/fmICOlt50oV2LKPFV5DjbLR3bu3n5Z+ufIYug='",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in [
            "",
            "self",
            "https://a.org; script-src *",
            "a b",
            "'sha256-'",
            "'none'",
            "https://bücher.se",
            "a..b",
            "//a.org",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }
}
