//! `partwork.toml`, from what was typed to what it means.
//!
//! In: the file's tree of values. Out: a [`Config`] whose addresses, time zone and ids have been
//! checked, and a diagnostic for each thing that is wrong. Never reads a file.

use jiff::tz::TimeZone;

use crate::data::{Excerpt, Fields, Table, parse_toml};
use crate::diagnostic::{Code, Diagnostic, Severity, quote};
use crate::source::{SourceId, Sources, Spanned, id_problem};

/// A site's settings.
#[derive(Debug, Clone)]
pub struct Config {
    pub base_url: BaseUrl,
    pub title: String,
    pub description: String,
    /// A BCP 47 tag, `en` when absent.
    pub language: String,
    /// UTC when absent.
    pub zone: TimeZone,
    /// Ids of series in the order of the home page; the rest follow by name.
    pub series: Vec<Spanned<String>>,
    pub authors: Vec<Author>,
    pub categories: Vec<Category>,
    pub newsletter: Option<Newsletter>,
    pub discussion: Option<Discussion>,
    pub output: Option<String>,
    /// What a broken link is.
    pub broken_links: Severity,
    pub smart_punctuation: bool,
    pub raw_html: bool,
    pub highlight: bool,
    pub extra: Option<Table>,
}

/// Where the site will stand: `https://example.org` and `/sub/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Scheme and host, without a slash at the end.
    pub origin: String,
    /// Begins and ends with a slash.
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
        let path = path.trim_matches('/');
        if path.split('/').any(|piece| matches!(piece, "." | "..") || (piece.is_empty() && !path.is_empty())) {
            return Err("has an empty, `.` or `..` piece in its path".into());
        }
        let path = if path.is_empty() { "/".to_string() } else { format!("/{path}/") };
        Ok(BaseUrl { origin: origin.to_string(), path })
    }

    /// The absolute URL of an address below the base, such as `guide/intro/`.
    pub fn absolute(&self, address: &str) -> String {
        format!("{}{}{address}", self.origin, self.path)
    }

    /// The address below the host, as pages link to each other.
    pub fn rooted(&self, address: &str) -> String {
        format!("{}{address}", self.path)
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
    pub url: Option<String>,
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
    pub action: String,
    pub promise: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Discussion {
    /// A mail address, a forum, a list.
    Link { url: String, label: Option<String> },
    /// Comments kept in a GitHub repository's discussions; see <https://giscus.app>.
    Giscus { repo: String, repo_id: String, category: String, category_id: String },
}

/// Reads `partwork.toml`. `None` when what every page needs (an address, a title) is not there.
pub fn parse(sources: &Sources, id: SourceId, out: &mut Vec<Diagnostic>) -> Option<Config> {
    let table = parse_toml(&Excerpt::whole(sources.text(id), id, 0), out)?;
    let mut fields = Fields::new(&table, "`partwork.toml`");
    let base_url = fields.required("base_url", out).and_then(|text| match BaseUrl::parse(&text.value) {
        Ok(base) => Some(base),
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
    let authors = fields.tables("authors", out).into_iter().filter_map(|table| author(table, out)).collect::<Vec<_>>();
    let categories =
        fields.tables("categories", out).into_iter().filter_map(|table| category(table, out)).collect::<Vec<_>>();
    let newsletter = fields.table("newsletter", out).and_then(|table| newsletter(table, out));
    let discussion = fields.table("discussion", out).and_then(|table| discussion(table, out));
    let output = section(&mut fields, "build", out, |fields, out| fields.string("output", out)).flatten();
    let broken_links = section(&mut fields, "links", out, |fields, out| {
        fields.choice("broken", &[("error", Severity::Error), ("warn", Severity::Warning)], out)
    });
    let markdown = section(&mut fields, "markdown", out, |fields, out| {
        (fields.bool("smart_punctuation", out), fields.bool("raw_html", out))
    });
    let highlight = section(&mut fields, "highlight", out, |fields, out| fields.bool("enabled", out));
    section(&mut fields, "search", out, |fields, out| fields.bool("enabled", out));
    section(&mut fields, "cards", out, |fields, out| (fields.bool("enabled", out), fields.strings("fonts", out)));
    section(&mut fields, "epub", out, |fields, out| fields.bool("enabled", out));
    section(&mut fields, "feeds", out, |fields, out| {
        (fields.integer("limit", 1..=10_000, out), fields.string("authority", out))
    });
    section(&mut fields, "serve", out, |fields, out| {
        (fields.integer("port", 0..=65_535, out), fields.string("host", out))
    });
    section(&mut fields, "theme", out, |_, _| ());
    for table in fields.tables("publish", out) {
        publish_target(table, out);
    }
    let extra = fields.extra(out);
    fields.finish(out);
    Some(Config {
        base_url: base_url?,
        title: title?.value,
        description,
        language: language.unwrap_or_else(|| "en".into()),
        zone: zone.unwrap_or(TimeZone::UTC),
        series,
        authors,
        categories,
        newsletter,
        discussion,
        output: output.map(|text| text.value),
        broken_links: broken_links.flatten().unwrap_or(Severity::Error),
        smart_punctuation: markdown.and_then(|(smart, _)| smart).unwrap_or(true),
        raw_html: markdown.and_then(|(_, raw)| raw).unwrap_or(true),
        highlight: highlight.flatten().unwrap_or(true),
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
    let mut inner = Fields::new(table, "this section");
    let value = read(&mut inner, out);
    inner.finish(out);
    Some(value)
}

fn author(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Author> {
    let mut fields = Fields::new(table, "an author");
    let id = fields.required("id", out).and_then(|id| checked_id(id, out));
    let name = fields.required("name", out);
    let url = fields.string("url", out).and_then(|url| check(url, |url| url_problem(url, LINK_SCHEMES), "url", out));
    let avatar = fields.string("avatar", out);
    let bio = fields.string("bio", out).map(|text| text.value);
    fields.finish(out);
    Some(Author { id: id?.value, name: name?.value, url, avatar, bio })
}

fn category(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Category> {
    let mut fields = Fields::new(table, "a category");
    let id = fields.required("id", out).and_then(|id| checked_id(id, out));
    let name = fields.required("name", out);
    let emoji = fields.string("emoji", out).map(|text| text.value);
    fields.finish(out);
    Some(Category { id: id?.value, name: name?.value, emoji })
}

/// Addresses that a reader may be sent to.
const LINK_SCHEMES: &[&str] = &["https", "http", "mailto"];

fn newsletter(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Newsletter> {
    let mut fields = Fields::new(table, "`[newsletter]`");
    let title = fields.string("title", out).map(|text| text.value);
    let action = fields.required("action", out);
    let action = action.and_then(|url| check(url, |url| url_problem(url, &["https", "http"]), "action", out));
    let promise = fields.string("promise", out).map(|text| text.value);
    fields.finish(out);
    Some(Newsletter { title, action: action?, promise })
}

fn discussion(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Discussion> {
    let mut fields = Fields::new(table, "`[discussion]`");
    if fields.any("kind").is_none() {
        fields.missing("kind", out);
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

fn publish_target(table: &Table, out: &mut Vec<Diagnostic>) {
    let mut fields = Fields::new(table, "a `[[publish]]` target");
    fields.string("name", out);
    fields.required("to", out);
    fields.integer("releases", 1..=1000, out);
    fields.integer("keep_assets", 0..=3650, out);
    fields.finish(out);
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
) -> Option<String> {
    match problem(&text.value) {
        None => Some(text.value),
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
            let slug = crate::source::slugify(&id.value);
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
