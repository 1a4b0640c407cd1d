//! `_redirects`, in the format that Netlify and Cloudflare share: old addresses, each with its code.
//!
//! In: the old addresses of a site. Out: a line for each, with the base path. The pages at old
//! addresses are for hosts that don't know the file; this never replaces them.

use super::output::{OutputType, of_site, text};
use crate::site::Site;
use crate::site::ledger::Moves;
use crate::store::kind::Kind;
use crate::text::url::uri;

/// The most lines that Cloudflare takes. It refuses a site with more, as it does one with a line that
/// it doesn't understand; the pages at old addresses lead on as well.
const MOST_LINES: usize = 2_000;

/// The file.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Host,
    of: of_site,
    address: |_, _| "_redirects".into(),
    make: |material, _, _| text(redirects(material.site(), material.moves)),
    holds_texts: false,
};

/// The text of the file. Only lines that both hosts understand: neither a forced `301!` nor 410,
/// which are Netlify's alone. So what is gone is a comment here, and not found there.
fn redirects(site: &Site, moves: &Moves) -> String {
    let at = |address: &str| uri(&site.config.base_url.rooted(address));
    let mut text = String::from("# Old addresses. Replace it by static/_redirects.\n");
    for moved in moves.moved.iter().take(MOST_LINES) {
        text.push_str(&format!("{} {} 301\n", pattern(&at(&moved.from)), at(&moved.to)));
    }
    for address in &moves.gone {
        text.push_str(&format!("# gone: {}\n", at(address)));
    }
    text
}

/// A path that means itself alone: `*` and `:` are signs of the format.
fn pattern(path: &str) -> String {
    path.replace('*', "%2A").replace(':', "%3A")
}
