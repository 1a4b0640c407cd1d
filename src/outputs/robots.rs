//! `robots.txt` (RFC 9309): everything may be read, and the sitemap is there.

use super::output::{OutputType, of_all_languages, text};
use crate::site::Site;
use crate::site::address::SITEMAP;
use crate::store::kind::Kind;

/// The file.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: of_all_languages,
    address: |_, _| "robots.txt".into(),
    make: |material, _, _| text(robots(material.site())),
    holds_texts: false,
};

/// The text of the file. A site that shows drafts wants no visitor of this kind.
fn robots(site: &Site) -> String {
    if site.drafts {
        return "User-agent: *\nDisallow: /\n".into();
    }
    let sitemap = site.config.base_url.absolute(SITEMAP);
    format!("User-agent: *\nAllow: /\n\nSitemap: {sitemap}\n")
}
