//! `_headers`, in the format that Netlify and Cloudflare share: how a host answers.
//!
//! In: what the rendered pages and styles hold, as [`PolicySources`], and the addresses of the site.
//! Out: the policy, the other headers, and a rule for each address that has one of its own. Allows
//! nothing that no page needs, and never an origin because of a link that readers only follow.
//!
//! No two rules say the same header of one address: one host joins the two values, the other takes
//! the last. So nothing says `Cache-Control` of all addresses.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use sha2::Digest;

use super::output::{Material, OutputType, of_all_languages, text};
use super::own_rules::{self, OwnFile, Rule};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::markup::{self, Attribute, Interest, Piece, Tag, scan};
use crate::project::Project;
use crate::project::assets::Assets;
use crate::project::images::FOLDER;
use crate::settings::config::{BaseUrl, Config, Discussion};
use crate::site::Site;
use crate::store::kind::Kind;
use crate::store::tree::Content;
use crate::text::media::media_type;
use crate::text::source::Span;
use crate::text::url::uri;

/// What pages load, by directive of a Content Security Policy (CSP Level 3, §6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySources {
    sources: BTreeMap<&'static str, BTreeSet<String>>,
}

/// What every answer says beside its policy.
pub const SECURITY: [(&str, &str); 4] = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    (
        "Permissions-Policy",
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
];

/// The policy of all pages: nothing but what they hold.
pub fn policy(holds: &PolicySources, site: &Site) -> String {
    let mut sources = holds.sources.clone();
    let mut allow = |directive: &'static str, source: &str| {
        sources.entry(directive).or_default().insert(source.to_string());
    };
    // What the theme's scripts add to a page once it is there.
    if site.config.search {
        allow("connect-src", "'self'");
    }
    if matches!(site.config.discussion, Some(Discussion::Giscus { .. })) {
        allow("frame-src", "https://giscus.app");
    }
    for (directive, granted) in &site.config.policy.sources {
        granted.iter().for_each(|source| allow(directive, source));
    }
    let mut policy = String::from("default-src 'none'");
    for directive in DIRECTIVES {
        if let Some(sources) = sources.get(directive) {
            let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
            policy.push_str(&format!("; {directive} {}", sources.join(" ")));
        }
    }
    if !sources.contains_key("form-action") {
        // What isn't there falls back to nothing but this one, which then allows everything (§6.4.1).
        policy.push_str("; form-action 'none'");
    }
    policy.push_str("; base-uri 'none'");
    policy.push_str(ONLY_IN_HEADERS);
    policy
}

/// Puts the policy of one page into its own head, for hosts that send no headers, before all that it
/// governs. What only a header can say (CSP Level 3, §3.3) is left out.
pub fn add_own_policy(html: &mut String, holds: &PolicySources, site: &Site) {
    let policy = policy(holds, site);
    let policy = policy.strip_suffix(ONLY_IN_HEADERS).unwrap_or(&policy);
    let policy = policy.replace('&', "&amp;").replace('"', "&quot;");
    let at = head_start(html);
    html.insert_str(at, &format!("\n<meta http-equiv=\"{POLICY}\" content=\"{policy}\">"));
}

/// The end of the `head` tag, or of the `meta` with the charset that follows it at once: that has to stand near the
/// start of a page. Where a template has no `head`, the policy stands before everything, and begins one.
fn head_start(html: &str) -> usize {
    let after = |at: usize, tag: &str| {
        let rest = &html[at..];
        let start = rest.len() - rest.trim_start().len();
        let name = rest.get(start..start + tag.len()).filter(|name| name.eq_ignore_ascii_case(tag))?;
        let end = rest[start + name.len()..].find('>')?;
        Some(at + start + name.len() + end + 1)
    };
    let doctype = after(0, "<!doctype").unwrap_or(0);
    let Some(head) = after(doctype, "<html").and_then(|at| after(at, "<head")) else { return doctype };
    after(head, "<meta charset").unwrap_or(head)
}

/// The end of every policy.
const ONLY_IN_HEADERS: &str = "; frame-ancestors 'none'";

/// In the order in which a policy lists them.
const DIRECTIVES: [&str; 11] = [
    "script-src",
    "style-src",
    "img-src",
    "font-src",
    "media-src",
    "connect-src",
    "frame-src",
    "object-src",
    "manifest-src",
    "worker-src",
    "form-action",
];

impl PolicySources {
    /// What a page loads, runs and posts to.
    pub fn of_page(html: &str, base: &BaseUrl) -> PolicySources {
        let mut holds = PolicySources::default();
        // Whether a `source` is of a film or a sound, and not of a picture.
        let mut in_media = false;
        // What is in the element that was told last is run.
        let mut directive = None;
        let interest = Interest { tag: is_loading, attribute: may_run_or_post };
        scan(html, interest, |piece| match piece {
            Piece::Start(tag) => {
                directive = holds.element(&tag, in_media, base);
                in_media |= matches!(tag.name.as_str(), "video" | "audio");
            }
            Piece::Text(text) => {
                if let Some(directive) = directive {
                    holds.allow_text(directive, &text);
                }
            }
            Piece::End { name, .. } => {
                in_media &= !matches!(name.as_str(), "video" | "audio");
                directive = None;
            }
            Piece::Stray(_) | Piece::Comment(_) => {}
        });
        holds
    }

    /// What the theme's styles load.
    pub fn of_styles(assets: &Assets, base: &BaseUrl) -> PolicySources {
        let mut holds = PolicySources::default();
        for (path, asset) in &assets.by_path {
            if let (Content::Bytes(bytes), true) = (&asset.content, path.ends_with(".css")) {
                holds.style(&String::from_utf8_lossy(bytes), base);
            }
        }
        holds
    }

    /// As lines of a directive and a source, to be remembered.
    pub fn lines(&self) -> String {
        let all = self.sources.iter().flat_map(|(name, sources)| sources.iter().map(move |source| (name, source)));
        all.map(|(name, source)| format!("{name} {source}\n")).collect()
    }

    /// What [`PolicySources::lines`] wrote; `None` for anything else.
    pub fn read(lines: &str) -> Option<PolicySources> {
        let mut holds = PolicySources::default();
        for line in lines.lines() {
            let (name, source) = line.split_once(' ')?;
            let name = DIRECTIVES.into_iter().find(|known| *known == name)?;
            holds.sources.entry(name).or_default().insert(source.to_string());
        }
        Some(holds)
    }

    /// Allows what a server adds to the pages that it shows, from its own address: a page talks to its server, runs
    /// its script and shows its overlay.
    pub fn allow_preview(&mut self) {
        for directive in ["connect-src", "script-src", "style-src"] {
            self.sources.entry(directive).or_default().insert("'self'".into());
        }
    }

    /// Each directive with each of its sources.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.sources.iter().flat_map(|(directive, sources)| sources.iter().map(|source| (*directive, source.as_str())))
    }

    /// Adds what others hold.
    pub fn join(&mut self, other: PolicySources) {
        for (directive, sources) in other.sources {
            self.sources.entry(directive).or_default().extend(sources);
        }
    }

    fn allow(&mut self, directive: &'static str, address: &str, base: &BaseUrl) {
        if let Some(source) = source(address, base) {
            self.sources.entry(directive).or_default().insert(source);
        }
    }

    /// Allows a script or a style by its hash, which allows no other.
    pub(super) fn allow_text(&mut self, directive: &'static str, text: &str) {
        let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text.as_bytes()));
        self.sources.entry(directive).or_default().insert(format!("'sha256-{digest}'"));
    }

    /// Looks at one element; gives the directive for the text inside it, if that is run.
    pub(super) fn element(&mut self, tag: &Tag, in_media: bool, base: &BaseUrl) -> Option<&'static str> {
        let attribute = |wanted: &str| tag.attribute(wanted).map(|attribute| attribute.value.clone());
        self.attributes(tag, base);
        let src = attribute("src");
        let mut load = |directive: &'static str, address: Option<String>| {
            if let Some(address) = address {
                self.allow(directive, &address, base);
            }
        };
        let name = tag.name.as_str();
        match name {
            "script" => match src {
                Some(src) => load("script-src", Some(src)),
                None if is_script(attribute("type").as_deref()) => return Some("script-src"),
                None => {}
            },
            "style" => return Some("style-src"),
            "link" => {
                let (relations, kind) = (attribute("rel").unwrap_or_default().to_ascii_lowercase(), attribute("as"));
                for relation in relations.split_ascii_whitespace() {
                    if let Some(directive) = of_link(relation, kind.as_deref()) {
                        load(directive, attribute("href"));
                    }
                }
            }
            "img" | "input" | "image" | "feimage" | "use" => {
                load("img-src", src);
                if name != "img" && name != "input" {
                    load("img-src", attribute("href").or_else(|| attribute("xlink:href")));
                }
                for address in candidates(attribute("srcset").as_deref()) {
                    load("img-src", Some(address));
                }
            }
            "source" if !in_media => {
                for address in candidates(attribute("srcset").as_deref()) {
                    load("img-src", Some(address));
                }
            }
            "video" | "audio" | "source" | "track" => {
                load("media-src", src);
                load("img-src", attribute("poster"));
            }
            "iframe" | "frame" => load("frame-src", src),
            "embed" => load("object-src", src),
            "object" => load("object-src", attribute("data")),
            "form" => load("form-action", Some(attribute("action").unwrap_or_default())),
            _ => {}
        }
        load("form-action", attribute("formaction"));
        None
    }

    /// Looks at attributes that are styles or scripts themselves.
    fn attributes(&mut self, tag: &Tag, base: &BaseUrl) {
        for Attribute { name, value, .. } in &tag.attributes {
            let directive = match name.as_str() {
                "style" => "style-src",
                handler if handler.starts_with("on") && handler.len() > 2 => "script-src",
                _ => continue,
            };
            self.allow_text(directive, value);
            // Hashes are for elements, unless it says so (CSP Level 3, §6.7.3.3).
            self.sources.entry(directive).or_default().insert("'unsafe-hashes'".into());
            if directive == "style-src" {
                self.style(value, base);
            }
        }
    }

    /// What a style loads: `@import` and `url(…)`, by the name of the file.
    fn style(&mut self, css: &str, base: &BaseUrl) {
        // What stands in the brackets of one is no other (CSS Syntax 3, §4.3.6).
        let mut from = 0;
        while let Some(at) = css[from..].find("url(").map(|found| from + found) {
            let inner = &css[at + 4..];
            let length = inner.find(')').unwrap_or(inner.len());
            from = at + 4 + length;
            let address = inner[..length].trim().trim_matches(['"', '\'']);
            let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
            let imported = css[..at].trim_end().ends_with("@import");
            let directive = match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
                _ if imported => "style-src",
                "woff2" | "woff" | "ttf" | "otf" => "font-src",
                _ if path.starts_with("data:font/") || path.starts_with("data:application/font") => "font-src",
                _ => "img-src",
            };
            // A fragment alone is a shape of the same document.
            if !address.is_empty() && !address.starts_with('#') {
                self.allow(directive, address, base);
            }
        }
        for (at, word) in css.match_indices("@import") {
            let rest = css[at + word.len()..].trim_start();
            if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
                let address = rest[1..].split(quote).next().unwrap_or_default();
                self.allow("style-src", address, base);
            }
        }
    }
}

/// The directive of what a `link` loads, by its relation and its `as`.
fn of_link(relation: &str, kind: Option<&str>) -> Option<&'static str> {
    Some(match (relation, kind) {
        ("stylesheet", _) | ("preload", Some("style")) => "style-src",
        ("icon" | "apple-touch-icon" | "mask-icon", _) | ("preload", Some("image")) => "img-src",
        ("modulepreload", _) | ("preload", Some("script")) => "script-src",
        ("preload", Some("font")) => "font-src",
        ("preload", Some("fetch")) => "connect-src",
        ("manifest", _) => "manifest-src",
        _ => return None,
    })
}

/// Whether an element loads, runs or posts something by itself.
fn is_loading(name: &[u8]) -> bool {
    matches!(
        name,
        b"script"
            | b"style"
            | b"link"
            | b"img"
            | b"input"
            | b"image"
            | b"feimage"
            | b"use"
            | b"source"
            | b"video"
            | b"audio"
            | b"track"
            | b"iframe"
            | b"frame"
            | b"embed"
            | b"object"
            | b"form"
    )
}

/// Whether an attribute of any element says how it looks, what it runs or where it posts.
fn may_run_or_post(name: &[u8]) -> bool {
    name.starts_with(b"on") || matches!(name, b"style" | b"formaction")
}

/// Whether a browser runs a script of this `type`, or reads it as a part of the page's program.
fn is_script(kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    kind.is_empty()
        || matches!(kind.as_str(), "module" | "importmap" | "speculationrules")
        || kind.ends_with("javascript")
        || kind.ends_with("ecmascript")
}

/// The addresses of a `srcset`.
fn candidates(srcset: Option<&str>) -> Vec<String> {
    let srcset = srcset.unwrap_or_default();
    markup::candidates(srcset).into_iter().map(|address| srcset[address].to_string()).collect()
}

/// The source expression (CSP Level 3, §2.3.1) that lets an address in.
fn source(address: &str, base: &BaseUrl) -> Option<String> {
    let address: String = address.trim().chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let scheme_end = address.find([':', '/', '?', '#']).filter(|at| address[*at..].starts_with(':'));
    let (scheme, rest) = match scheme_end {
        Some(end) => (address[..end].to_ascii_lowercase(), &address[end + 1..]),
        None if address.starts_with("//") => {
            (base.origin.split(':').next().unwrap_or("https").to_string(), address.as_str())
        }
        None => return Some("'self'".into()),
    };
    match scheme.as_str() {
        "data" | "blob" => return Some(format!("{scheme}:")),
        "http" | "https" => {}
        _ => return None,
    }
    let host = rest.trim_start_matches(['/', '\\']).split(['/', '\\', '?', '#']).next()?;
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    // A policy is ASCII, and so are the names that browsers ask for.
    let host = if host.is_ascii() { host } else { ascii_host(&host)? };
    // What has another meaning in a policy can't be the name of a host.
    if host.is_empty()
        || !host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'))
    {
        return None;
    }
    let origin = format!("{scheme}://{host}");
    let own = base.origin.split_once("://").map(|(scheme, host)| (scheme, ascii_host(host)));
    let is_own = own.is_some_and(|(own, name)| own == scheme && name.is_some_and(|name| name == host));
    Some(if is_own { "'self'".into() } else { origin })
}

/// A host, with its port if it has one, in ASCII letters.
fn ascii_host(host: &str) -> Option<String> {
    if host.is_ascii() {
        return Some(host.to_ascii_lowercase());
    }
    let (name, port) = host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let ::url::Host::Domain(name) = ::url::Host::parse(name).ok()? else { return None };
    Some(port.map_or(name.clone(), |port| format!("{name}:{port}")))
}

/// The most rules that Cloudflare takes; it refuses a site with more.
const MOST_RULES: usize = 100;

/// The longest line that Cloudflare takes, in characters; proxies have room for little more.
const LONGEST_LINE: usize = 2_000;

/// What there is to say of a policy that hosts don't take; nothing when the project has a `_headers`
/// of its own.
pub fn too_long(policy: &str, project: &Project, config: &Config) -> Option<Diagnostic> {
    let length = policy_line(policy).len();
    if length <= LONGEST_LINE || has_own_policy(project, config) {
        return None;
    }
    let message = format!(
        "the Content-Security-Policy of the pages needs a line of {length} characters, and hosts take {LONGEST_LINE}"
    );
    Some(
        Diagnostic::new(Code::LongPolicy, Span::start_of(project.config), message).help(
            "move `style` attributes and scripts from the texts into files of `static/`, or name the header for all addresses in `static/_headers`",
        ),
    )
}

/// Whether the project says itself what its pages may load.
pub(super) fn has_own_policy(project: &Project, config: &Config) -> bool {
    let own = own_rules::own("_headers", project, config).map(OwnFile::rules).unwrap_or_default();
    own_rules::replaces("_headers", project, config) || names(&own, &rule(&config.base_url, "*"), POLICY)
}

/// What others are let in to do and what follows from it is refused: a script without what it asks for, a style
/// sheet without its fonts. Nothing where `[policy]` says something of it.
pub fn refused(holds: &PolicySources, project: &Project, config: &Config) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if has_own_policy(project, config) {
        return found;
    }
    for (from, to, key, what) in [
        ("script-src", "connect-src", "connect", "a script of {} may run, and what it asks for or reports is refused"),
        ("style-src", "font-src", "font", "a style sheet of {} is let in, and the fonts that it loads are refused"),
    ] {
        if config.policy.sources.contains_key(to) {
            continue;
        }
        let held = |directive: &str| holds.sources.get(directive).into_iter().flatten();
        let others = held(from).filter(|source| source.contains("://"));
        for source in others.filter(|source| held(to).all(|allowed| allowed != *source)) {
            let message = what.replace("{}", &quote(source));
            found.push(Diagnostic::new(Code::RefusedByPolicy, Span::start_of(project.config), message).help(format!(
                "name where that is under `[policy]`: `{key} = [{source:?}]`; or `{key} = []` if there is nothing"
            )));
        }
    }
    found
}

const POLICY: &str = "Content-Security-Policy";

/// Whether one of these rules names a header for a path.
fn names(rules: &[Rule<'_>], path: &str, header: &str) -> bool {
    let named = |rule: &Rule<'_>| rule.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header));
    rules.iter().any(|rule| rule.path == path && named(rule))
}

/// The line of `_headers` that says what pages may load.
fn policy_line(policy: &str) -> String {
    format!("  {POLICY}: {policy}")
}

/// The file.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Host,
    of: of_all_languages,
    address: |_, _| "_headers".into(),
    make: |material, _, out| text(headers(material, out)),
    holds_texts: false,
};

/// The text of `_headers`: the project's own rules, then ours without the headers that those name for the same
/// path.
fn headers(material: Material<'_>, out: &mut Vec<Diagnostic>) -> String {
    let config = &material.site().config;
    let own = own_rules::own("_headers", material.renderer.resolved().project, config);
    let rules = own.map(OwnFile::rules).unwrap_or_default();
    let mut text = own.map(OwnFile::lines).unwrap_or_default();
    text.push_str(
        "# How Netlify, Cloudflare and others that know this format answer. Rules of static/_headers stand before.\n",
    );
    let (mut ours, is_cut) = our_rules(material, MOST_RULES.saturating_sub(1 + rules.len()));
    for (path, headers) in &mut ours {
        headers.retain(|(name, _)| !names(&rules, path, name));
        if !headers.is_empty() {
            text.push_str(&format!("{path}\n"));
            headers.iter().for_each(|(name, value)| text.push_str(&format!("  {name}: {value}\n")));
        }
    }
    if is_cut {
        text.push_str(&format!(
            "# No more than {MOST_RULES} rules are read. Both hosts say of all else what pages need: {}.\n",
            Kind::Page.cache_control()
        ));
    }
    out.extend(rules.iter().flat_map(|rule| contradicted(rule, &ours)));
    text
}

/// A path with the headers of its answers.
type OurRule = (String, Vec<(&'static str, String)>);

/// Our rules, at most so many beside the one of all addresses, and whether there would be more.
fn our_rules(material: Material<'_>, most: usize) -> (Vec<OurRule>, bool) {
    let Material { assets, indexes, sites, policy, .. } = material;
    let base = &material.site().config.base_url;
    let security = SECURITY.map(|(name, value)| (name, value.to_string()));
    let of_all = std::iter::once((POLICY, policy.unwrap_or_default().to_string())).chain(security);
    let mut rules = vec![(rule(base, "*"), of_all.collect())];
    let assets = assets.by_path.values().map(|asset| (asset.address.as_str(), Kind::Asset));
    // One line for all, since each name holds a hash.
    let shown = material.renderer.resolved().shown;
    let has_smaller = shown.values().any(|picture| !picture.smaller.is_empty());
    let smaller = format!("{FOLDER}/*");
    let assets = assets.chain(has_smaller.then_some((smaller.as_str(), Kind::Asset)));
    let indexes = indexes.iter().map(|address| (*address, Kind::Index));
    let pages = sites.iter().flat_map(|(_, pages)| *pages).map(|(address, _)| (address.as_str(), Kind::Page));
    let mut all = assets.chain(indexes).chain(pages);
    for (address, kind) in all.by_ref().take(most) {
        let mut headers = vec![("Cache-Control", kind.cache_control().to_string())];
        if kind == Kind::Index {
            headers.push(("Content-Type", media_type(address).to_string()));
        }
        rules.push((rule(base, address), headers));
    }
    let is_cut = all.next().is_some();
    (rules, is_cut)
}

/// Tells of a header that a rule names, and that one of ours names for an address of both: one host joins the
/// two values, the other takes the last.
fn contradicted(own: &Rule<'_>, ours: &[OurRule]) -> Vec<Diagnostic> {
    let meets = |name: &str| {
        ours.iter().find(|(path, headers)| {
            path != own.path
                && own_rules::overlap(own.path, path)
                && headers.iter().any(|(ours, _)| ours.eq_ignore_ascii_case(name))
        })
    };
    let found = own.headers.iter().filter_map(|(name, span)| {
        let (path, _) = meets(name)?;
        let message =
            format!("{} is said of {} as well, and hosts differ in which one counts", quote(name), quote(path));
        let help =
            format!("name it for {} itself, or let `[hosts] own = [\"_headers\"]` replace all of ours", quote(path));
        Some(Diagnostic::new(Code::ShadowedRule, *span, message).help(help))
    });
    found.collect()
}

/// The path of a rule. Only the last of `address` may be a wildcard.
fn rule(base: &BaseUrl, address: &str) -> String {
    let path = uri(&base.rooted(address.trim_end_matches('*'))).replace('*', "%2A");
    // A colon at the start of a piece would name a placeholder; no output path has one.
    if address.ends_with('*') { format!("{path}*") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> BaseUrl {
        BaseUrl::parse("https://parts.se/sub/").expect("an address")
    }

    fn held(html: &str) -> Vec<String> {
        let holds = PolicySources::of_page(html, &base());
        holds
            .sources
            .iter()
            .map(|(name, sources)| format!("{name} {}", sources.iter().cloned().collect::<Vec<_>>().join(" ")))
            .collect()
    }

    #[test]
    fn what_pages_load() {
        for (html, wanted) in [
            ("<a href=\"https://x.org/\">x</a><p>src=\"https://x.org\"</p>", &[][..]),
            ("<img src=/a.png>", &["img-src 'self'"]),
            ("<img src=\"https://PARTS.se/a.png\" alt=''>", &["img-src 'self'"]),
            ("<img src=\"https://a.org:8443/x?y#z\">", &["img-src https://a.org:8443"]),
            ("<img src=\"https://bücher.se:8443/a.png\">", &["img-src https://xn--bcher-kva.se:8443"]),
            ("<img src=\"//cdn.org/x\">", &["img-src https://cdn.org"]),
            ("<img srcset=\"a.png 1x, https://b.org/b.png 2x\">", &["img-src 'self' https://b.org"]),
            ("<img src=\"data:image/png;base64,AA\">", &["img-src data:"]),
            ("<img src=\"https://a.org;script-src/x\">", &[]),
            ("<iframe src=\"https://video.org/embed/1\"></iframe>", &["frame-src https://video.org"]),
            (
                "<video src=v.mp4 poster=\"https://p.org/p.png\"></video>",
                &["img-src https://p.org", "media-src 'self'"],
            ),
            ("<audio><source src=\"https://a.org/a.mp3\"></audio>", &["media-src https://a.org"]),
            ("<picture><source srcset=a.webp><img src=a.png></picture>", &["img-src 'self'"]),
            ("<form><button formaction=\"https://f.org/x\"></form>", &["form-action 'self' https://f.org"]),
            ("<script src=\"https://s.org/a.js\"></script>", &["script-src https://s.org"]),
            ("<script type=\"application/ld+json\">{\"a\":1}</script>", &[]),
            ("<template><img src=x></template>", &["img-src 'self'"]),
            ("<!-- <img src=\"https://no.org/\"> --><code>&lt;img src=\"https://no.org\"&gt;</code>", &[]),
            (
                "<script>alert('<img src=x>')</script>",
                &["script-src 'sha256-5QQGH/fmICOlt50oV2LKPFV5DjbLR3bu3n5Z+ufIYug='"],
            ),
        ] {
            assert_eq!(held(html), wanted, "{html}");
        }
    }

    #[test]
    fn a_policy_stands_before_what_it_governs() {
        for (html, before) in [
            ("<!doctype html>\n<html lang=en>\n<head>\n<meta charset=\"utf-8\">\n<script>", "<meta charset=\"utf-8\">"),
            ("<!DOCTYPE html><HTML><HEAD class=\"x\"><script><meta charset=utf-8>", "<HEAD class=\"x\">"),
            ("<!doctype html><script>", "<!doctype html>"),
            ("<script><html><head>", ""),
            ("<!doctype html><html><!-- <head> --><script>", "<!doctype html>"),
        ] {
            let at = html.find(before).expect("there") + before.len();
            assert_eq!(head_start(html), at, "{html}");
        }
    }

    #[test]
    fn what_styles_load() {
        let mut holds = PolicySources::default();
        holds.style("@import \"https://a.org/x.css\";b{background:url(\"https://b.org/x.png\")}@font-face{src:url(f.woff2)}i{fill:url(#g)}", &base());
        let found: Vec<_> = holds.sources.into_iter().collect();
        let set = |source: &str| BTreeSet::from([source.to_string()]);
        assert_eq!(
            found,
            [("font-src", set("'self'")), ("img-src", set("https://b.org")), ("style-src", set("https://a.org"))]
        );
    }
}
