//! `_redirects`, in the format that Netlify and Cloudflare share: old addresses, each with its code.
//!
//! In: the old addresses of a site. Out: a line for each, with the base path. The pages at old
//! addresses are for hosts that don't know the file; this never replaces them.

use super::output::{Material, OutputType, of_all_languages, text};
use super::own_rules::{self, OwnFile, Rule};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::store::kind::Kind;
use crate::text::url::{percent_decode, uri};

/// The most lines that Cloudflare takes. It refuses a site with more, as it does one with a line that
/// it doesn't understand; the pages at old addresses lead on as well.
const MOST_LINES: usize = 2_000;

/// The file.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Host,
    of: of_all_languages,
    address: |_, _| "_redirects".into(),
    make: |material, _, out| text(redirects(material, out)),
    holds_texts: false,
};

/// The text of the file. Only lines that both hosts understand: neither a forced `301!` nor 410,
/// which are Netlify's alone. So what is gone is a comment here, and not found there.
///
/// Lines of the project's own come first, and a host takes the first that fits: one of ours that can't be
/// reached any more is told, and where both say the same it is left out.
fn redirects(material: Material<'_>, out: &mut Vec<Diagnostic>) -> String {
    let (config, moves) = (&material.site().config, material.moves);
    let at = |address: &str| uri(&config.base_url.rooted(address));
    let own = own_rules::own("_redirects", material.renderer.resolved().project, config);
    let rules = own.map(OwnFile::rules).unwrap_or_default();
    let mut text = own.map(OwnFile::lines).unwrap_or_default();
    text.push_str("# Old addresses. Lines of static/_redirects stand before these.\n");
    for moved in moves.moved.iter().take(MOST_LINES.saturating_sub(rules.len())) {
        let (from, to) = (pattern(&at(&moved.from)), at(&moved.to));
        let first = rules.iter().find(|rule| !rule.is_conditional() && own_rules::overlap(rule.path, &from));
        if let Some(rule) = first {
            let leads_there = rule.target().is_some_and(|own| own == to || own == percent_decode(&to));
            if !leads_there {
                out.push(shadowed(rule, &moved.from));
            }
            if own_rules::is_plain(rule.path) {
                continue;
            }
        }
        text.push_str(&format!("{from} {to} 301\n"));
    }
    for address in &moves.gone {
        text.push_str(&format!("# gone: {}\n", at(address)));
    }
    text
}

fn shadowed(rule: &Rule<'_>, from: &str) -> Diagnostic {
    let message = format!("this line answers for the old address {} before its own does", quote(&format!("/{from}")));
    Diagnostic::new(Code::ShadowedRule, rule.span, message).help("let it lead where the page is, or narrow its path")
}

/// A path that means itself alone: `*` and `:` are signs of the format.
fn pattern(path: &str) -> String {
    path.replace('*', "%2A").replace(':', "%3A")
}
