//! `robots.txt` (RFC 9309): everything may be read, and the sitemap is there.

use crate::site::Site;

/// The text of the file. A site that shows drafts wants no visitor of this kind.
pub fn robots(site: &Site) -> String {
    if site.drafts {
        return "User-agent: *\nDisallow: /\n".into();
    }
    let sitemap = site.config.base_url.absolute("sitemap.xml");
    format!("User-agent: *\nAllow: /\n\nSitemap: {sitemap}\n")
}
