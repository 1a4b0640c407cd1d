//! `partwork.toml`, from what was typed to what it means.
//!
//! In: the file's tree of values. Out: a [`Config`] whose addresses, time zone and ids have been
//! checked, and a diagnostic for each thing that is wrong. Never reads a file.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::diagnostic::{Code, Diagnostic, Severity, quote};
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys;
use crate::settings::target::{Target, TargetProblem, credentials, is_secret_key};
use crate::text::source::{SourceId, Sources, Span, Spanned, id_problem};
use crate::text::url::{encode, percent_decode};

/// A site's settings.
#[derive(Debug, Clone)]
pub struct Config {
    pub base_url: BaseUrl,
    /// What `base_url` is in `partwork.toml`, whatever the command line says.
    pub typed_base_url: Spanned<String>,
    pub title: String,
    pub description: String,
    /// A BCP 47 tag, `en` when absent.
    pub language: String,
    /// Where it is said; the file's start when it isn't.
    pub language_span: Span,
    /// UTC when absent.
    pub zone: TimeZone,
    /// Ids of series in the order of the home page; the rest follow by name.
    pub series: Vec<Spanned<String>>,
    pub authors: Vec<Author>,
    /// Whether these are all that the file names; else its mistakes have been reported.
    pub all_authors: bool,
    pub categories: Vec<Category>,
    /// As with the authors.
    pub all_categories: bool,
    pub newsletter: Option<Newsletter>,
    pub discussion: Option<Discussion>,
    pub output: Option<String>,
    /// What a broken link is.
    pub broken_links: Severity,
    /// Beginnings of addresses that `check --external` passes over.
    pub skip_prefixes: Vec<String>,
    pub smart_punctuation: bool,
    pub raw_html: bool,
    pub highlight: bool,
    pub search: bool,
    pub cards: Cards,
    pub epub: bool,
    pub feeds: Feeds,
    pub theme: ThemeSettings,
    pub publish: Vec<Publish>,
    /// Where `serve` listens, unless it is told.
    pub port: Option<u16>,
    /// A name or an address for `serve` to listen on.
    pub host: Option<String>,
    pub extra: Option<Table>,
}

/// A `[[publish]]` table: where to, and how much of the past stays there.
#[derive(Debug, Clone)]
pub struct Publish {
    pub name: Option<String>,
    /// Else why publishing there could do harm.
    pub to: Result<Target, String>,
    /// How many releases are kept side by side; `None` for a target that is brought up to date in place.
    pub releases: Option<usize>,
    /// For how many days the assets of earlier releases stay.
    pub keep_assets: i64,
}

/// Social cards.
#[derive(Debug, Clone)]
pub struct Cards {
    pub enabled: bool,
    /// Paths of TTF or OTF files below the project's root, as typed.
    pub fonts: Vec<Spanned<String>>,
}

/// What feeds hold, and who vouches for the ids in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feeds {
    /// The most entries of one feed.
    pub limit: usize,
    /// The tagging entity of `tag:` ids (RFC 4151, §2.1), such as `example.org,2026`.
    pub authority: Option<String>,
    /// The host that `base_url` names in `partwork.toml`, whatever the command line says: ids
    /// follow it where no authority is given.
    pub host: String,
}

/// Where the site will stand: `https://example.org` and `/sub/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Scheme and host, without a slash at the end.
    pub origin: String,
    /// Begins and ends with a slash; decoded, as the addresses below it are.
    pub path: String,
}

impl BaseUrl {
    /// Reads an `http` or `https` address; says why when it can't be a base.
    pub fn parse(text: &str) -> Result<Self, String> {
        let problem = url_problem(text, &["https", "http"]);
        if let Some(problem) = problem {
            return Err(problem);
        }
        if let Some(bad) = text.chars().find(|c| matches!(c, '?' | '#')) {
            return Err(format!("has a `{bad}`; only a path may follow the host"));
        }
        let scheme_end = text.find("://").map_or(0, |at| at + 3);
        let path_start = text[scheme_end..].find('/').map_or(text.len(), |at| scheme_end + at);
        let (origin, path) = text.split_at(path_start);
        let path = percent_decode(path.trim_matches('/'));
        if let Some(bad) = path.chars().find(|c| c.is_control() || *c == '\\') {
            return Err(format!("has the character `{}` in its path", bad.escape_debug()));
        }
        if path.split('/').any(|piece| matches!(piece, "." | "..") || (piece.is_empty() && !path.is_empty())) {
            return Err("has an empty, `.` or `..` piece in its path".into());
        }
        let path = if path.is_empty() { "/".to_string() } else { format!("/{path}/") };
        Ok(BaseUrl { origin: origin.to_string(), path })
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        let authority = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Whether it is this machine's own address, which means another machine to each reader.
    pub fn is_loopback(&self) -> bool {
        let host = self.host().trim_end_matches('.').to_lowercase();
        let name = host == "localhost" || host.ends_with(".localhost");
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
        name || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
    }

    /// The absolute URL of an address below the base, such as `guide/intro/`, encoded.
    pub fn absolute(&self, address: &str) -> String {
        format!("{}{}", self.origin, self.rooted(address))
    }

    /// The URL below the host, as pages link to each other, encoded.
    pub fn rooted(&self, address: &str) -> String {
        encode(&format!("{}{address}", self.path))
    }
}

/// Why a text can't be an absolute address with one of these schemes; `None` when it can.
pub fn url_problem(text: &str, schemes: &[&str]) -> Option<String> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Some(format!("has no scheme; it begins with `{}://`", schemes[0]));
    };
    if !schemes.contains(&scheme) {
        return Some(format!("has the scheme {}, not `{}`", quote(scheme), schemes.join("` or `")));
    }
    if let Some(bad) = text.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\'))
    {
        return Some(format!("has the character `{}`", bad.escape_debug()));
    }
    if scheme == "mailto" {
        return (!rest.contains('@')).then(|| "names no mailbox".into());
    }
    let host = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    match host {
        None | Some("") => Some("names no host".into()),
        Some(host) if host.contains('@') => Some("holds credentials; leave them out".into()),
        Some(_) => None,
    }
}

#[derive(Debug, Clone)]
pub struct Author {
    pub id: String,
    pub name: String,
    pub url: Option<Spanned<String>>,
    /// A path below `content/`.
    pub avatar: Option<Spanned<String>>,
    /// Plain text.
    pub bio: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Category {
    pub id: String,
    pub name: String,
    pub emoji: Option<String>,
}

/// Where the form of a newsletter posts, and its words.
#[derive(Debug, Clone)]
pub struct Newsletter {
    pub title: Option<String>,
    pub action: Spanned<String>,
    pub promise: Option<String>,
    /// Names and values that the service wants beside the address.
    pub hidden: Vec<(String, String)>,
    /// The name of a field that a person leaves empty.
    pub honeypot: &'static str,
}

/// `[theme]`: what the project sets of the theme's custom properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThemeSettings {
    /// A color for each track, in turn: in light and in dark.
    pub tracks: Vec<(String, String)>,
    /// Values of `font-family`, by the property they set.
    pub faces: Vec<(&'static str, String)>,
    /// A length.
    pub radius: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Discussion {
    /// A mail address, a forum, a list.
    Link { url: Spanned<String>, label: Option<String> },
    /// Comments kept in a GitHub repository's discussions; see <https://giscus.app>.
    Giscus { repo: String, repo_id: String, category: String, category_id: String },
}

impl Discussion {
    /// The address that was typed, if it is one.
    pub fn link(&self) -> Option<&Spanned<String>> {
        match self {
            Discussion::Link { url, .. } => Some(url),
            Discussion::Giscus { .. } => None,
        }
    }
}

/// How many entries a feed holds when nothing is said: what a reader who was away for some months
/// has missed, and no more than a feed reader fetches gladly.
const FEED_LIMIT: usize = 20;

/// Reads `partwork.toml`. `None` when what every page needs (an address, a title) is not there.
pub fn parse(sources: &Sources, id: SourceId, out: &mut Vec<Diagnostic>) -> Option<Config> {
    let table = parse_toml(&Excerpt::whole(sources.text(id), id, 0), out)?;
    let mut fields = Fields::new(&table, &keys::SITE);
    let base_url = fields.required("base_url", out).and_then(|text| match BaseUrl::parse(&text.value) {
        Ok(base) => Some((base, text)),
        Err(problem) => {
            let message = format!("`base_url` {problem}");
            out.push(
                Diagnostic::new(Code::InvalidValue, text.span, message).help("write it like `https://example.org/`"),
            );
            None
        }
    });
    let title = fields.required("title", out);
    let description = fields.string("description", out).map(|text| text.value).unwrap_or_default();
    let language_span = fields.any("language").map_or(Span::start_of(id), |value| value.span);
    let language = fields.string("language", out).and_then(|text| check(text, language_problem, "language", out));
    let zone = fields.string("timezone", out).and_then(|text| match TimeZone::get(&text.value) {
        Ok(zone) => Some(zone),
        Err(_) => {
            let message = format!("{} is no time zone of the IANA database", quote(&text.value));
            let near = crate::diagnostic::did_you_mean(
                &text.value,
                jiff::tz::db()
                    .available()
                    .map(|name| name.as_str().to_string())
                    .collect::<Vec<_>>()
                    .iter()
                    .map(String::as_str),
            );
            out.push(
                Diagnostic::new(Code::InvalidValue, text.span, message)
                    .help(near.unwrap_or_else(|| "write it like `Europe/Stockholm`".into())),
            );
            None
        }
    });
    let series = fields.strings("series", out);
    let (authors, all_authors) = named(&mut fields, "authors", author, out);
    let (categories, all_categories) = named(&mut fields, "categories", category, out);
    let newsletter = fields.table("newsletter", out).and_then(|table| newsletter(table, out));
    let discussion = fields.table("discussion", out).and_then(|table| discussion(table, out));
    let output = section(&mut fields, "build", out, |fields, out| fields.string("output", out)).flatten();
    let links = section(&mut fields, "links", out, |fields, out| {
        let broken = fields.choice("broken", &[("error", Severity::Error), ("warn", Severity::Warning)], out);
        (broken, fields.strings("skip_prefixes", out))
    });
    let markdown = section(&mut fields, "markdown", out, |fields, out| {
        (fields.bool("smart_punctuation", out), fields.bool("raw_html", out))
    });
    let highlight = section(&mut fields, "highlight", out, |fields, out| fields.bool("enabled", out));
    let search = section(&mut fields, "search", out, |fields, out| fields.bool("enabled", out));
    let cards = section(&mut fields, "cards", out, |fields, out| Cards {
        enabled: fields.bool("enabled", out).unwrap_or(true),
        fonts: fields.strings("fonts", out),
    });
    let epub = section(&mut fields, "epub", out, |fields, out| fields.bool("enabled", out));
    let feeds = section(&mut fields, "feeds", out, |fields, out| {
        let limit = fields.integer("limit", 1..=10_000, out).and_then(|limit| usize::try_from(limit.value).ok());
        let authority = fields.string("authority", out);
        (limit, authority.and_then(|text| check(text, authority_problem, "authority", out)).map(|text| text.value))
    });
    let serve = section(&mut fields, "serve", out, |fields, out| {
        (fields.integer("port", 0..=65_535, out), fields.string("host", out))
    });
    let theme = section(&mut fields, "theme", out, theme);
    let publish = publish_targets(&mut fields, out);
    let (port, host) = serve.unwrap_or_default();
    let extra = fields.extra(out);
    fields.finish(out);
    let (base_url, typed_base_url) = base_url?;
    let (limit, authority) = feeds.unwrap_or_default();
    let (broken_links, skip_prefixes) = links.unwrap_or_default();
    Some(Config {
        feeds: Feeds { limit: limit.unwrap_or(FEED_LIMIT), authority, host: base_url.host().to_string() },
        base_url,
        typed_base_url,
        title: title?.value,
        description,
        language: language.map_or_else(|| "en".into(), |text| text.value),
        language_span,
        zone: zone.unwrap_or(TimeZone::UTC),
        series,
        authors,
        all_authors,
        categories,
        all_categories,
        newsletter,
        discussion,
        output: output.map(|text| text.value),
        broken_links: broken_links.unwrap_or(Severity::Error),
        skip_prefixes: skip_prefixes.into_iter().map(|prefix| prefix.value).collect(),
        smart_punctuation: markdown.and_then(|(smart, _)| smart).unwrap_or(true),
        raw_html: markdown.and_then(|(_, raw)| raw).unwrap_or(true),
        highlight: highlight.flatten().unwrap_or(true),
        search: search.flatten().unwrap_or(true),
        cards: cards.unwrap_or(Cards { enabled: true, fonts: Vec::new() }),
        epub: epub.flatten().unwrap_or(true),
        theme: theme.unwrap_or_default(),
        publish,
        port: port.and_then(|port| u16::try_from(port.value).ok()),
        host: host.map(|host| host.value),
        extra,
    })
}

/// Reads a section with its keys and reports the unknown ones.
fn section<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    out: &mut Vec<Diagnostic>,
    read: impl FnOnce(&mut Fields<'_>, &mut Vec<Diagnostic>) -> T,
) -> Option<T> {
    let table = fields.table(key, out)?;
    let mut inner = Fields::new(table, fields.shape_of(key)?);
    let value = read(&mut inner, out);
    inner.finish(out);
    Some(value)
}

/// Reads a list of tables that others name by id, and says whether all of it could be read.
fn named<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    read: impl Fn(&Table, &mut Vec<Diagnostic>) -> Option<T>,
    out: &mut Vec<Diagnostic>,
) -> (Vec<T>, bool) {
    let earlier = out.len();
    let tables = fields.tables(key, out);
    let readable = out.len() == earlier && !fields.is_misspelled(key);
    let read: Vec<T> = tables.iter().filter_map(|table| read(table, out)).collect();
    let all = readable && read.len() == tables.len();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for id in tables.iter().filter_map(|table| table.get("id")) {
        let Some(text) = id.value.as_text() else { continue };
        if let Some(first) = seen.insert(text, id.span) {
            let message = format!("two of `[[{key}]]` have the id {}", quote(text));
            out.push(Diagnostic::new(Code::DuplicateId, id.span, message).note(first, "the first").help("rename one"));
        }
    }
    (read, all)
}

fn author(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Author> {
    let mut fields = Fields::new(table, &keys::AUTHOR);
    let id = fields.required("id", out).and_then(|id| checked_id(id, out));
    let name = fields.required("name", out);
    let url = fields.string("url", out).and_then(|url| check(url, |url| url_problem(url, LINK_SCHEMES), "url", out));
    let avatar = fields.string("avatar", out);
    let bio = fields.string("bio", out).map(|text| text.value);
    fields.finish(out);
    Some(Author { id: id?.value, name: name?.value, url, avatar, bio })
}

fn category(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Category> {
    let mut fields = Fields::new(table, &keys::CATEGORY);
    let id = fields.required("id", out).and_then(|id| checked_id(id, out));
    let name = fields.required("name", out);
    let emoji = fields.string("emoji", out).map(|text| text.value);
    fields.finish(out);
    Some(Category { id: id?.value, name: name?.value, emoji })
}

/// Addresses that a reader may be sent to.
const LINK_SCHEMES: &[&str] = &["https", "http", "mailto"];

fn newsletter(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Newsletter> {
    let mut fields = Fields::variant(table, keys::NEWSLETTER);
    let title = fields.string("title", out).map(|text| text.value);
    let promise = fields.string("promise", out).map(|text| text.value);
    let service = fields.choice(
        "service",
        &[("form", Service::Form), ("buttondown", Service::Buttondown), ("listmonk", Service::Listmonk)],
        out,
    );
    let service = service.unwrap_or(Service::Form);
    let mut hidden = Vec::new();
    let action = match service {
        // https://docs.buttondown.com/building-your-subscriber-base
        Service::Buttondown => {
            hidden.push(("embed".to_string(), "1".to_string()));
            let user = fields.required("username", out);
            let user = user.and_then(|user| check(user, name_problem, "username", out));
            user.map(|user| user.map(|user| format!("https://buttondown.com/api/emails/embed-subscribe/{user}")))
        }
        // https://listmonk.app/docs/apis/subscribers/
        Service::Listmonk => {
            let lists = fields.strings("lists", out);
            if lists.is_empty() {
                fields.missing("lists", out);
            }
            hidden.extend(lists.into_iter().map(|list| ("l".to_string(), list.value)));
            let action = fields.required("action", out);
            action.and_then(|url| check(url, |url| url_problem(url, &["https", "http"]), "action", out))
        }
        Service::Form => {
            let action = fields.required("action", out);
            action.and_then(|url| check(url, |url| url_problem(url, &["https", "http"]), "action", out))
        }
    };
    fields.finish(out);
    // Listmonk has a trap of its own, by this name.
    let honeypot = if service == Service::Listmonk { "nonce" } else { "website" };
    Some(Newsletter { title, action: action?, promise, hidden, honeypot })
}

/// Whose form it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Form,
    Buttondown,
    Listmonk,
}

fn name_problem(name: &str) -> Option<String> {
    let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (!good).then(|| "is no user name: letters, digits, `-`, `_` and `.`".into())
}

fn theme(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> ThemeSettings {
    let mut settings = ThemeSettings::default();
    for item in fields.list("tracks", out).unwrap_or_default() {
        let pair = match &item.value {
            Data::String(color) => Some((color.clone(), color.clone())),
            Data::Table(table) => {
                let mut fields = Fields::new(table, &keys::TRACK_COLOR);
                let light = fields.required("light", out).map(|color| color.value);
                let dark = fields.required("dark", out).map(|color| color.value);
                fields.finish(out);
                light.zip(dark)
            }
            other => wrong_type("tracks", "a color or `{ light, dark }`", other, item.span, out),
        };
        let Some((light, dark)) = pair else { continue };
        for (color, paper, scheme) in [(&light, PAPER_LIGHT, "light"), (&dark, PAPER_DARK, "dark")] {
            match contrast(color, paper) {
                None => {
                    let message = format!("{} is no color; write it like `#1e52a1`", quote(color));
                    out.push(Diagnostic::new(Code::InvalidValue, item.span, message));
                }
                Some(ratio) if ratio < 4.5 => {
                    let message =
                        format!("{} has a contrast of {ratio:.1} to the {scheme} page, less than 4.5", quote(color));
                    let help = match scheme {
                        "light" => "take a darker one",
                        _ => "take a lighter one: `{ light = \"…\", dark = \"…\" }`",
                    };
                    out.push(Diagnostic::new(Code::LowContrast, item.span, message).help(help));
                }
                Some(_) => {}
            }
        }
        settings.tracks.push((light, dark));
    }
    if settings.tracks.len() > TRACK_COLORS {
        let message = format!("the theme has {TRACK_COLORS} colors for tracks, which repeat; the rest are not used");
        out.push(Diagnostic::new(Code::InvalidValue, fields.span("tracks"), message));
    }
    for (key, property) in [("text_face", "--text"), ("interface_face", "--ui"), ("mono_face", "--mono")] {
        let face = fields.string(key, out).and_then(|face| check(face, css_problem, key, out));
        settings.faces.extend(face.map(|face| (property, face.value)));
    }
    let radius = fields.string("radius", out).and_then(|radius| check(radius, length_problem, "radius", out));
    settings.radius = radius.map(|radius| radius.value);
    settings
}

/// How many track colors the theme tells apart.
const TRACK_COLORS: usize = 6;
/// `--paper` of `static/theme.css`.
const PAPER_LIGHT: [u8; 3] = [0xfd, 0xfd, 0xfc];
const PAPER_DARK: [u8; 3] = [0x14, 0x16, 0x1a];

/// The contrast of a `#rrggbb` color to another (WCAG 2.2, relative luminance and contrast ratio).
fn contrast(color: &str, paper: [u8; 3]) -> Option<f64> {
    let hex =
        color.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    let luminance = |rgb: [u8; 3]| {
        let linear = rgb.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (one, other) = (luminance([channel(0)?, channel(2)?, channel(4)?]), luminance(paper));
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

/// Why a text can't be the value of a font family: it would end the declaration.
fn css_problem(value: &str) -> Option<String> {
    let bad =
        value.chars().find(|c| matches!(c, ';' | '{' | '}' | '<' | '>' | '@' | '\\' | '(' | ')') || c.is_control());
    match bad {
        Some(bad) => Some(format!("has the character `{}`", bad.escape_debug())),
        None if value.trim().is_empty() => Some("is empty".into()),
        None => (value.matches('"').count() % 2 == 1 || value.matches('\'').count() % 2 == 1)
            .then(|| "has a quote that doesn't close".into()),
    }
}

fn length_problem(value: &str) -> Option<String> {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &value[number.len()..];
    let good = value == "0" || number.parse::<f64>().is_ok_and(|n| n >= 0.0) && matches!(unit, "px" | "rem" | "em");
    (!good).then(|| "is no length, such as `4px` or `0`".into())
}

fn discussion(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Discussion> {
    let mut fields = Fields::variant(table, keys::DISCUSSION);
    if fields.any("kind").is_none() {
        fields.missing("kind", out);
        fields.give_up(out);
        return None;
    }
    let discussion = match fields.choice("kind", &[("link", true), ("giscus", false)], out)? {
        true => {
            let url = fields.required("url", out);
            let url = url.and_then(|url| check(url, |url| url_problem(url, LINK_SCHEMES), "url", out));
            let label = fields.string("label", out).map(|text| text.value);
            url.map(|url| Discussion::Link { url, label })
        }
        false => {
            let mut text = |key| fields.required(key, out).map(|text| text.value);
            let (repo, repo_id) = (text("repo"), text("repo_id"));
            let (category, category_id) = (text("category"), text("category_id"));
            match (repo, repo_id, category, category_id) {
                (Some(repo), Some(repo_id), Some(category), Some(category_id)) => {
                    Some(Discussion::Giscus { repo, repo_id, category, category_id })
                }
                _ => None,
            }
        }
    };
    fields.finish(out);
    discussion
}

fn publish_targets(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<Publish> {
    let mut targets: Vec<Publish> = Vec::new();
    if let Some(Spanned { value: value @ Data::String(_), .. }) = fields.any("publish")
        && let Some(what) = holds_secret(value)
    {
        // What is no table is an error that shows its line.
        out.push(secret(None, what));
        return targets;
    }
    let tables = fields.tables("publish", out);
    for table in &tables {
        let Some(target) = publish_target(table, out) else { continue };
        if target.name.is_none() && tables.len() > 1 {
            let message = "one of several `[[publish]]` targets has no `name`, so nothing can ask for it";
            out.push(
                Diagnostic::new(Code::MissingKey, table.span, message)
                    // The others can be published to.
                    .severity(Severity::Warning)
                    .help("add `name = …`; `partwork publish NAME` takes it"),
            );
        }
        if targets.iter().any(|earlier| earlier.name.is_some() && earlier.name == target.name) {
            let message = format!("two targets have the name {}", quote(target.name.as_deref().unwrap_or_default()));
            out.push(Diagnostic::new(Code::InvalidValue, table.span, message).help("rename one of the two"));
        }
        targets.push(target);
    }
    targets
}

/// Days that the assets of earlier releases stay when nothing else is said.
const KEEP_ASSETS: i64 = 30;

/// A diagnostic shows the line it points to, so one about a secret points to no line, and of its
/// target no other one is made that could.
fn secret(target: Option<&Table>, what: &str) -> Diagnostic {
    let name = match target.and_then(|table| table.get("name")).map(|name| &name.value) {
        Some(Data::String(name)) if credentials(name).is_none() => format!("the `[[publish]]` target {}", quote(name)),
        _ => "a `[[publish]]` target".into(),
    };
    let message = format!("{name} holds {what}");
    Diagnostic::file(Code::SecretInSettings, "partwork.toml", message)
        .help("remove it and make a new one, since it may have been committed; credentials come from the environment")
}

fn holds_secret(value: &Data) -> Option<&'static str> {
    match value {
        Data::String(text) => credentials(text),
        _ => None,
    }
}

fn publish_target(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Publish> {
    if let Some((key, _)) = table.entries.iter().find(|(key, _)| is_secret_key(&key.value)) {
        out.push(secret(Some(table), &format!("the key {}", quote(&key.value))));
        return None;
    }
    // Also under a key that was misspelled.
    if let Some(what) = table.entries.iter().find_map(|(_, value)| holds_secret(&value.value)) {
        out.push(secret(Some(table), what));
        return None;
    }
    let mut fields = Fields::new(table, &keys::PUBLISH);
    let name = fields.string("name", out);
    if let Some(name) = name.as_ref().filter(|name| name.value.trim().is_empty() || name.value.starts_with('-')) {
        let message = "`name` is what `partwork publish` takes: not empty, and not like an option";
        out.push(Diagnostic::new(Code::InvalidValue, name.span, message));
    }
    let to = fields.required("to", out);
    let releases = fields.integer("releases", 1..=1000, out);
    let keep_assets = fields.integer("keep_assets", 0..=3650, out);
    fields.finish(out);
    let to = to?;
    let target = match Target::parse(&to.value) {
        Ok(target) => Ok(target),
        Err(TargetProblem::Unsafe(problem)) => {
            out.push(Diagnostic::new(Code::UnsafeTarget, to.span, format!("`to` {problem}")));
            Err(problem)
        }
        Err(TargetProblem::Malformed(problem)) => {
            out.push(Diagnostic::new(Code::InvalidValue, to.span, format!("`to` {problem}")));
            return None;
        }
        // Seen above.
        Err(TargetProblem::Credentials(_)) => return None,
    };
    if let (Some(releases), Ok(Target::Git { .. } | Target::S3 { .. } | Target::Rsync { .. })) = (&releases, &target) {
        let message = "`releases` is for targets that begin with `file:`";
        out.push(Diagnostic::new(Code::InvalidValue, releases.span, message).help("remove it"));
    }
    Some(Publish {
        name: name.map(|name| name.value),
        to: target,
        releases: releases.and_then(|releases| usize::try_from(releases.value).ok()),
        keep_assets: keep_assets.map_or(KEEP_ASSETS, |days| days.value),
    })
}

/// Why a text can't be the tagging entity of a `tag:` URI: a host name or a mail address, a comma,
/// and a day on which it was the author's (RFC 4151, §2.1).
pub fn authority_problem(text: &str) -> Option<String> {
    let example = "write it like `example.org,2026`";
    let Some((name, date)) = text.split_once(',') else {
        return Some(format!("has no date; {example}"));
    };
    let (mailbox, host) = name.split_once('@').map_or((None, name), |(mailbox, host)| (Some(mailbox), host));
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_mailbox = |mailbox: &str| {
        !mailbox.is_empty() && mailbox.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    if !host.split('.').all(is_label) || !mailbox.is_none_or(is_mailbox) {
        return Some(format!("names {}, which is neither a host name nor a mail address; {example}", quote(name)));
    }
    let pieces: Vec<&str> = date.split('-').collect();
    let right_size = pieces.iter().enumerate().all(|(at, piece)| piece.len() == if at == 0 { 4 } else { 2 });
    let full = format!("{date}{}", ["-01-01", "-01", ""].get(pieces.len() - 1).unwrap_or(&"-"));
    if !right_size || full.parse::<jiff::civil::Date>().is_err() {
        return Some(format!("has {} where a year, a month or a day is wanted; {example}", quote(date)));
    }
    None
}

fn language_problem(tag: &str) -> Option<String> {
    let well_formed = tag.split('-').enumerate().all(|(at, piece)| {
        (1..=8).contains(&piece.len())
            && piece.chars().all(|c| c.is_ascii_alphanumeric())
            && (at > 0 || (piece.len() >= 2 && piece.chars().all(|c| c.is_ascii_alphabetic())))
    });
    (!well_formed).then(|| format!("{} is no language tag (BCP 47), such as `en` or `pt-BR`", quote(tag)))
}

/// Keeps a text that has no problem; reports the problem otherwise.
fn check(
    text: Spanned<String>,
    problem: impl Fn(&str) -> Option<String>,
    key: &str,
    out: &mut Vec<Diagnostic>,
) -> Option<Spanned<String>> {
    match problem(&text.value) {
        None => Some(text),
        Some(problem) => {
            out.push(Diagnostic::new(Code::InvalidValue, text.span, format!("`{key}` {problem}")));
            None
        }
    }
}

/// Keeps an id that is one; reports it otherwise.
pub fn checked_id(id: Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    match id_problem(&id.value) {
        None => Some(id),
        Some(problem) => {
            let slug = crate::text::source::slugify(&id.value);
            let diagnostic =
                Diagnostic::new(Code::InvalidId, id.span, format!("the id {} {problem}", quote(&id.value)));
            out.push(match id_problem(&slug) {
                None if slug != id.value => diagnostic.help(format!("use {}", quote(&slug))),
                _ => diagnostic.help("use lowercase letters, digits, `-` and `_`"),
            });
            None
        }
    }
}
