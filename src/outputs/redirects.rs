//! `_redirects`, in the format that Netlify and Cloudflare share: old addresses, each with its code.
//!
//! In: the old addresses of a site. Out: a line for each, with the base path. The pages at old
//! addresses are for hosts that don't know the file; this never replaces them.

use crate::ledger::Moves;
use crate::site::Site;
use crate::url::uri;

/// The text of the file. A host that can't say 410 (Cloudflare) passes those lines over and says 404.
pub fn redirects(site: &Site, moves: &Moves) -> String {
    let at = |address: &str| uri(&site.config.base_url.rooted(address));
    let mut text = String::from("# Old addresses. Replace it by static/_redirects.\n");
    for moved in &moves.moved {
        text.push_str(&format!("{} {} 301\n", pattern(&at(&moved.from)), at(&moved.to)));
    }
    for address in &moves.gone {
        text.push_str(&format!("{} {} 410\n", pattern(&at(address)), at("404.html")));
    }
    text
}

/// A path that means itself alone: `*` and `:` are signs of the format.
fn pattern(path: &str) -> String {
    path.replace('*', "%2A").replace(':', "%3A")
}
