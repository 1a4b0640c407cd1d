//! `_nginx.conf`: how nginx answers, for the `server` of a site to include.
//!
//! In: the policy and the old addresses. Out: locations that hold for this site at its base path.
//! It lies beside `_headers` and `_redirects`, since what it says changes with the site as theirs
//! does, so a server that shows the folder can include the file there and is never behind. It holds
//! nothing that the site's answers don't, and it says itself that it isn't shown.

use super::headers::{FOREVER, REVALIDATE, SECURITY, SHORT};
use crate::ledger::Moves;
use crate::site::Site;
use crate::url::uri;

/// The name of the file, below the base.
pub const ADDRESS: &str = "_nginx.conf";

/// The locations of a site whose files are in `folder`, a path or a variable of nginx.
pub fn snippet(site: &Site, policy: &str, moves: &Moves, folder: &str) -> String {
    let base = &site.config.base_url;
    // nginx compares addresses decoded, and sends those of redirects as they are.
    let path = &base.path;
    let to = |address: &str| uri(&base.rooted(address)).replace('$', "%24");
    let mut text = format!(
        "# How nginx answers for this site. In its `server`, with the folder that holds this file:\n\
         #     set $partwork_root /var/www/site;\n\
         #     include /var/www/site/{ADDRESS};\n\
         # What it says of redirects and of Content-Security-Policy can change whenever the site\n\
         # does: reload nginx then.\n\
         set $partwork_cache \"{REVALIDATE}\";\n"
    );
    if path != "/" {
        let bare = quoted(path.trim_end_matches('/'));
        text.push_str(&format!(
            "location = {bare} {{\n    absolute_redirect off;\n    return 301 {};\n}}\n",
            quoted(&to(""))
        ));
    }
    let place = if path == "/" { format!("root {folder};") } else { format!("alias {folder}/;") };
    let not_found = quoted(&format!("{path}404.html"));
    text.push_str(&format!(
        "location {} {{\n    {place}\n    index index.html;\n    autoindex off;\n    \
         # Redirects name no port and no host, which may be another one's behind a proxy.\n    \
         absolute_redirect off;\n    error_page 403 404 =404 {not_found};\n    error_page 410 {not_found};\n    \
         charset utf-8;\n    charset_types {CHARSET_TYPES};\n    types {{\n{}    }}\n    \
         default_type application/octet-stream;\n    \
         add_header Cache-Control $partwork_cache always;\n    \
         add_header Content-Security-Policy {} always;\n",
        quoted(path),
        types(),
        value(policy),
    ));
    for (name, said) in SECURITY {
        text.push_str(&format!("    add_header {name} {} always;\n", value(said)));
    }
    text.push_str(&format!(
        "    # A name that holds the hash of its file never means another.\n    \
         location ~ \"[.][0-9a-f]{{10}}[.][a-z0-9]+$\" {{\n        set $partwork_cache \"{FOREVER}\";\n    }}\n    \
         location ~ \"/feed[.]xml$\" {{\n        types {{ }}\n        default_type application/atom+xml;\n        \
         set $partwork_cache \"{SHORT}\";\n    }}\n    \
         location ~ \"/feed[.]json$\" {{\n        types {{ }}\n        default_type application/feed+json;\n        \
         set $partwork_cache \"{SHORT}\";\n    }}\n    \
         location ~ \"[.](?:xml|json|txt)$\" {{\n        set $partwork_cache \"{SHORT}\";\n    }}\n"
    ));
    for name in ["_headers", "_redirects", ADDRESS, "CNAME", ".nojekyll"] {
        text.push_str(&format!(
            "    location = {} {{\n        return 404;\n    }}\n",
            quoted(&format!("{path}{name}"))
        ));
    }
    // The record of what was published is nobody's business but partwork's.
    text.push_str(&format!(
        "    location ^~ {} {{\n        return 404;\n    }}\n",
        quoted(&format!("{path}.partwork-"))
    ));
    for moved in &moves.moved {
        text.push_str(&format!(
            "    location = {} {{\n        return 301 {};\n    }}\n",
            quoted(&format!("{path}{}", moved.from)),
            quoted(&to(&moved.to))
        ));
    }
    for address in &moves.gone {
        text.push_str(&format!(
            "    location = {} {{\n        return 410;\n    }}\n",
            quoted(&format!("{path}{address}"))
        ));
    }
    text.push_str("}\n");
    text
}

/// Media types that have a `charset`, beside `text/html`, which always has one.
const CHARSET_TYPES: &str = "text/css text/csv text/javascript text/markdown text/plain text/vtt text/xml \
                             application/xml application/json application/atom+xml application/feed+json \
                             application/manifest+json image/svg+xml";

/// The types of all that a site is likely to hold; a distribution's own list lacks some.
const TYPES: &[(&str, &str)] = &[
    ("text/html", "html htm"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/javascript", "js mjs"),
    ("text/markdown", "md"),
    ("text/plain", "txt"),
    ("text/vtt", "vtt"),
    ("application/xml", "xml"),
    ("application/json", "json map"),
    ("application/manifest+json", "webmanifest"),
    ("application/epub+zip", "epub"),
    ("application/pdf", "pdf"),
    ("application/wasm", "wasm"),
    ("application/zip", "zip"),
    ("image/svg+xml", "svg"),
    ("image/png", "png"),
    ("image/jpeg", "jpg jpeg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/avif", "avif"),
    ("image/x-icon", "ico"),
    ("font/woff2", "woff2"),
    ("font/woff", "woff"),
    ("font/ttf", "ttf"),
    ("font/otf", "otf"),
    ("video/mp4", "mp4"),
    ("video/webm", "webm"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/wav", "wav"),
];

fn types() -> String {
    TYPES.iter().map(|(kind, extensions)| format!("        {kind} {extensions};\n")).collect()
}

/// A word of nginx's language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A word in which nginx looks for variables. It has no sign for a plain `$`, and no value here has
/// one: sources of a policy and addresses are encoded.
fn value(text: &str) -> String {
    quoted(&text.replace('$', "%24"))
}
