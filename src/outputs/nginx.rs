//! `_nginx.conf`: how nginx answers, for the `server` of a site to include.
//!
//! In: the policy and the old addresses. Out: locations that hold for this site at its base path.
//! It lies beside `_headers` and `_redirects`, since what it says changes with the site as theirs
//! does, so a server that shows the folder can include the file there and is never behind. It holds
//! nothing that the site's answers don't, and it says itself that it isn't shown.

use super::headers::SECURITY;
use super::output::{OutputType, of_all_languages, text};
use crate::site::Site;
use crate::site::ledger::Moves;
use crate::site::page::NOT_FOUND;
use crate::store::kind::Kind;
use crate::text::media::{NAMED, TYPES};
use crate::text::url::uri;

/// The name of the file, below the base.
pub const ADDRESS: &str = "_nginx.conf";

/// The file.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Host,
    of: of_all_languages,
    address: |_, _| ADDRESS.into(),
    make: |material, _, _| {
        text(snippet(material.site(), material.policy.unwrap_or_default(), material.moves, "$partwork_root"))
    },
    holds_texts: false,
};

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
         set $partwork_cache \"{}\";\n",
        Kind::Page.cache_control()
    );
    if path != "/" {
        let bare = quoted(path.trim_end_matches('/'));
        text.push_str(&format!(
            "location = {bare} {{\n    absolute_redirect off;\n    return 301 {};\n}}\n",
            quoted(&to(""))
        ));
    }
    text.push_str(&format!("location {} {{\n", quoted(path)));
    push_files(&mut text, path, folder);
    push_headers(&mut text, policy);
    push_kinds(&mut text);
    push_hidden(&mut text, path);
    for moved in &moves.moved {
        let from = format!("= {}", quoted(&format!("{path}{}", moved.from)));
        push_location(&mut text, &from, &format!("return 301 {}", quoted(&to(&moved.to))));
    }
    for address in &moves.gone {
        push_location(&mut text, &format!("= {}", quoted(&format!("{path}{address}"))), "return 410");
    }
    text.push_str("}\n");
    text
}

/// Where the files are, and what they are shown as.
fn push_files(text: &mut String, path: &str, folder: &str) {
    let place = if path == "/" { format!("root {folder};") } else { format!("alias {folder}/;") };
    let not_found = quoted(&format!("{path}{NOT_FOUND}"));
    text.push_str(&format!(
        "    {place}\n    index index.html;\n    autoindex off;\n    \
         # Redirects name no port and no host, which may be another one's behind a proxy.\n    \
         absolute_redirect off;\n    error_page 403 404 =404 {not_found};\n    error_page 410 {not_found};\n    \
         charset utf-8;\n    charset_types {};\n    types {{\n{}    }}\n    \
         default_type application/octet-stream;\n",
        charset_types(),
        types(),
    ));
}

/// What every answer says.
fn push_headers(text: &mut String, policy: &str) {
    text.push_str("    add_header Cache-Control $partwork_cache always;\n");
    for (name, said) in [("Content-Security-Policy", policy)].into_iter().chain(SECURITY) {
        text.push_str(&format!("    add_header {name} {} always;\n", value(said)));
    }
}

/// What isn't answered like a page. nginx reads this when somebody tells it to, so it has to hold for
/// later sites as well: kinds are told by the names that partwork gives.
fn push_kinds(text: &mut String) {
    let keep = |kind: Kind| format!("set $partwork_cache \"{}\"", kind.cache_control());
    let (asset, index) = (keep(Kind::Asset), keep(Kind::Index));
    for (name, kind) in NAMED {
        text.push_str(&format!(
            "    location ~ \"/{}$\" {{\n        types {{ }}\n        default_type {};\n        {index};\n    }}\n",
            name.replace('.', "[.]"),
            without_charset(kind)
        ));
    }
    text.push_str("    # A name that holds the hash of its file never means another.\n");
    push_location(text, "~ \"[.][0-9a-f]{10}[.][a-z0-9]+$\"", &asset);
    push_location(text, "~ \"[.](?:xml|json|txt)$\"", &index);
}

/// What is there and isn't shown.
fn push_hidden(text: &mut String, path: &str) {
    for name in ["_headers", "_redirects", ADDRESS, "CNAME", ".nojekyll"] {
        push_location(text, &format!("= {}", quoted(&format!("{path}{name}"))), "return 404");
    }
    // The record of what was published is nobody's business but partwork's.
    push_location(text, &format!("^~ {}", quoted(&format!("{path}.partwork-"))), "return 404");
}

/// A location within the site's.
fn push_location(text: &mut String, of: &str, statement: &str) {
    text.push_str(&format!("    location {of} {{\n        {statement};\n    }}\n"));
}

/// A line for each media type; a distribution's own list lacks some.
fn types() -> String {
    let bare = TYPES.iter().map(|(kind, extensions)| (without_charset(kind), extensions.join(" ")));
    bare.map(|(kind, extensions)| format!("        {kind} {extensions};\n")).collect()
}

/// The media types that nginx gives a charset, beside `text/html`, which always has one.
fn charset_types() -> String {
    let by_name = NAMED.iter().map(|(_, kind)| *kind);
    let by_name = by_name.filter(|kind| !TYPES.iter().any(|(known, _)| known == kind));
    let all = TYPES.iter().map(|(kind, _)| *kind).chain(by_name);
    let text = all.filter(|kind| kind.contains(';')).map(without_charset).filter(|kind| *kind != "text/html");
    text.collect::<Vec<_>>().join(" ")
}

fn without_charset(kind: &str) -> &str {
    kind.split(';').next().unwrap_or(kind)
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
