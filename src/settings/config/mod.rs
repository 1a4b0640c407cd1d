//! `partwork.toml`, from what was typed to what it means.
//!
//! In: the file's tree of values. Out: a [`Config`] whose addresses, time zone and ids have been
//! checked, and a diagnostic for each thing that is wrong. Never reads a file.

mod address;
pub mod boxes;
mod copies;
mod discussion;
mod feeds;
mod languages;
mod named;
mod newsletter;
pub mod policy;
mod publish;
mod theme;

use jiff::tz::TimeZone;

pub use self::address::{BaseUrl, WEB, url_problem};
pub use self::boxes::Boxes;
pub use self::copies::Copied;
pub use self::discussion::Discussion;
pub use self::feeds::{Feeds, authority_problem};
pub use self::languages::Language;
pub use self::named::{Author, Category, TagName};
pub use self::newsletter::Newsletter;
pub use self::policy::Policy;
pub use self::publish::Publish;
pub use self::theme::ThemeSettings;

use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean, quote};
use crate::settings::checked::{allowed_codes, checked};
use crate::settings::data::{Excerpt, Fields, Syntax, Table, parse_toml};
use crate::settings::keys;
use crate::text::punctuation::Punctuation;
use crate::text::source::{SourceId, Sources, Span, Spanned, slugify};

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
    /// Those that it has beside it, in the order typed.
    pub languages: Vec<Language>,
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
    /// Tags that have a name or an address of their own.
    pub tags: Vec<TagName>,
    /// The kinds of boxes.
    pub boxes: Boxes,
    pub newsletter: Option<Newsletter>,
    pub discussion: Option<Discussion>,
    pub output: Option<String>,
    /// Files for hosts that are the project's alone, though ours could follow.
    pub own_hosts: Vec<Spanned<String>>,
    /// Files at second addresses.
    pub copies: Vec<Copied>,
    /// What pages may load beyond what is seen in them.
    pub policy: Policy,
    /// What a broken link is.
    pub broken_links: Severity,
    /// Beginnings of addresses that `check --external` passes over.
    pub skip_prefixes: Vec<String>,
    pub punctuation: Punctuation,
    /// Whether it is set as in print, in any language.
    pub smart_punctuation: bool,
    /// The warnings that are not told.
    pub allow: Vec<Code>,
    pub raw_html: bool,
    pub highlight: bool,
    pub search: bool,
    pub cards: Cards,
    /// Whether wide pictures are published in smaller widths too.
    pub images: bool,
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

impl Config {
    /// The settings of the site in one of its further languages.
    pub fn in_language(&self, language: &Language) -> Config {
        let mut config = self.clone();
        config.language.clone_from(&language.tag);
        config.language_span = language.span;
        config.punctuation = Punctuation::of(&language.tag, self.smart_punctuation);
        config.title = language.title.clone().unwrap_or(config.title);
        config.description = language.description.clone().unwrap_or(config.description);
        config.newsletter = language.newsletter.clone().or(config.newsletter);
        config.discussion = language.discussion.clone().or(config.discussion);
        for category in &mut config.categories {
            let name = language.categories.iter().find(|(id, _)| *id == category.id);
            category.name = name.map_or_else(|| category.name.clone(), |(_, name)| name.clone());
        }
        for (id, name) in &language.tags {
            let (_, slug) = self.tag(id);
            config.tags.retain(|tag| tag.slug != slug);
            config.tags.push(TagName { id: slug.clone(), name: name.clone(), slug });
        }
        config
    }

    /// What readers of this language see of a tag that the original, whose settings these are not, calls by a name.
    pub fn translated_tag(&self, original: &Config, name: &str) -> String {
        let (name, slug) = original.tag(name);
        let known = self.tags.iter().find(|tag| tag.slug == slug);
        known.map_or(name, |tag| tag.name.clone())
    }

    /// The name that readers see of a tag, and the last piece of its address, empty when it can have none. A
    /// tag may be typed by its name or by the id that the settings have for it.
    pub fn tag(&self, typed: &str) -> (String, String) {
        let known = self.tags.iter().find(|tag| tag.name == typed || tag.id == typed);
        known.map_or_else(|| (typed.to_string(), slugify(typed)), |tag| (tag.name.clone(), tag.slug.clone()))
    }
}

/// Social cards.
#[derive(Debug, Clone)]
pub struct Cards {
    pub enabled: bool,
    /// Paths of TTF or OTF files below the project's root, as typed.
    pub fonts: Vec<Spanned<String>>,
}

/// Reads `partwork.toml`. `None` when what every page needs (an address, a title) is not there.
// Long, since each section of the settings has its line here, in the order of the file.
pub fn parse(sources: &Sources, id: SourceId, out: &mut Vec<Diagnostic>) -> Option<Config> {
    let table = parse_toml(&Excerpt::whole(sources.text(id), id, 0), out)?;
    let mut fields = Fields::new(&table, &keys::SITE);
    let base_url = base_url(&mut fields, out);
    let title = fields.required("title", out);
    let description = fields.string("description", out).map(|text| text.value).unwrap_or_default();
    let language_span = fields.any("language").map_or(Span::start_of(id), |value| value.span);
    let language = language(&mut fields, out);
    let zone = time_zone(&mut fields, out);
    let series = fields.strings("series", out);
    let (authors, all_authors) = named::authors(&mut fields, out);
    let (categories, all_categories) = named::categories(&mut fields, out);
    let tags = named::tags(&mut fields, out);
    let boxes = boxes::boxes(&mut fields, out);
    let newsletter = newsletter::newsletter(&mut fields, out);
    let discussion = discussion::discussion(&mut fields, out);
    let own_hosts = section(&mut fields, "hosts", own_hosts, out);
    let copies = copies::copies(&mut fields, out);
    let policy = section(&mut fields, "policy", policy::policy, out);
    let output = section(&mut fields, "build", output, out);
    let original = Spanned::new(language.clone(), language_span);
    let languages = languages::languages(&mut fields, &original, &categories, out);
    let (broken_links, skip_prefixes) = section(&mut fields, "links", links, out);
    let (smart_punctuation, raw_html) = section(&mut fields, "markdown", markdown, out);
    let punctuation = Punctuation::of(&language, smart_punctuation);
    let allow = section(&mut fields, "check", |fields, out| allowed_codes(fields.strings("allow", out), out), out);
    let highlight = section(&mut fields, "highlight", enabled, out);
    let search = section(&mut fields, "search", enabled, out);
    let cards = section(&mut fields, "cards", cards, out);
    let images = section(&mut fields, "images", enabled, out);
    let epub = section(&mut fields, "epub", enabled, out);
    let host = base_url.as_ref().map_or("", |(base, _)| base.host());
    let feeds = section(&mut fields, "feeds", |fields, out| feeds::feeds(host, fields, out), out);
    let (port, host) = section(&mut fields, "serve", serve, out);
    let theme = section(&mut fields, "theme", theme::theme, out);
    let publish = publish::targets(&mut fields, out);
    let extra = fields.extra(out);
    fields.finish(out);
    let (base_url, typed_base_url) = base_url?;
    Some(Config {
        feeds,
        base_url,
        typed_base_url,
        title: title?.value,
        description,
        language,
        language_span,
        languages,
        zone,
        series,
        authors,
        all_authors,
        categories,
        all_categories,
        tags,
        boxes,
        newsletter,
        discussion,
        output,
        own_hosts,
        copies,
        policy,
        broken_links,
        skip_prefixes,
        punctuation,
        smart_punctuation,
        allow,
        raw_html,
        highlight,
        search,
        cards,
        images,
        epub,
        theme,
        publish,
        port,
        host,
        extra,
    })
}

/// Reads a section with its keys and reports the unknown ones. One that isn't there is read as one
/// that says nothing.
fn section<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    read: impl FnOnce(&mut Fields<'_>, &mut Vec<Diagnostic>) -> T,
    out: &mut Vec<Diagnostic>,
) -> T {
    let absent = Table { entries: Vec::new(), span: fields.span(key), syntax: Syntax::Toml };
    let table = fields.table(key, out).unwrap_or(&absent);
    let mut inner = Fields::new(table, fields.shape_of(key));
    let value = read(&mut inner, out);
    inner.finish(out);
    value
}

/// The site's address, with what was typed.
fn base_url(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<(BaseUrl, Spanned<String>)> {
    let typed = fields.required("base_url", out)?;
    match BaseUrl::parse(&typed.value) {
        Ok(base) => Some((base, typed)),
        Err(problem) => {
            let message = format!("`base_url` {problem}");
            out.push(
                Diagnostic::new(Code::InvalidValue, typed.span, message).help("write it like `https://example.org/`"),
            );
            None
        }
    }
}

fn language(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> String {
    let tag = fields.string("language", out).and_then(|tag| checked(tag, languages::language_problem, "language", out));
    tag.map_or_else(|| "en".into(), |tag| tag.value)
}

fn time_zone(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> TimeZone {
    let Some(name) = fields.string("timezone", out) else { return TimeZone::UTC };
    TimeZone::get(&name.value).unwrap_or_else(|_| {
        let message = format!("{} is no time zone of the IANA database", quote(&name.value));
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_string()).collect();
        let near = did_you_mean(&name.value, known.iter().map(String::as_str));
        out.push(
            Diagnostic::new(Code::InvalidValue, name.span, message)
                .help(near.unwrap_or_else(|| "write it like `Europe/Stockholm`".into())),
        );
        TimeZone::UTC
    })
}

fn output(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
    fields.string("output", out).map(|folder| folder.value)
}

fn own_hosts(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<Spanned<String>> {
    let known = ["_headers", "_redirects"];
    let own = fields.strings("own", out).into_iter().filter(|name| {
        let is_known = known.contains(&name.value.as_str());
        if !is_known {
            let message = format!("{} is no file that partwork would add to", quote(&name.value));
            out.push(Diagnostic::new(Code::InvalidValue, name.span, message).help("name `_headers` or `_redirects`"));
        }
        is_known
    });
    own.collect()
}

/// What a broken link is, and the addresses that are not asked for.
fn links(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> (Severity, Vec<String>) {
    let broken = fields.choice("broken", &[("error", Severity::Error), ("warn", Severity::Warning)], out);
    let skipped = fields.strings("skip_prefixes", out).into_iter().map(|prefix| prefix.value);
    (broken.unwrap_or(Severity::Error), skipped.collect())
}

/// Whether punctuation is set as in print, and whether HTML goes through.
fn markdown(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> (bool, bool) {
    (fields.bool("smart_punctuation", out).unwrap_or(true), fields.bool("raw_html", out).unwrap_or(true))
}

fn enabled(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> bool {
    fields.bool("enabled", out).unwrap_or(true)
}

fn cards(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Cards {
    Cards { enabled: enabled(fields, out), fonts: fields.strings("fonts", out) }
}

/// The port and the host.
fn serve(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> (Option<u16>, Option<String>) {
    let port = fields.integer("port", 0..=65_535, out).and_then(|port| u16::try_from(port.value).ok());
    (port, fields.string("host", out).map(|host| host.value))
}
