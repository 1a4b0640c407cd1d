//! Front matter: what stands above the text of an article.
//!
//! In: a Markdown source. Out: a [`FrontMatter`] with the places of what other stages may find
//! fault with, and where the body begins.

use std::ops::Range;

use jiff::tz::TimeZone;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::checked::{allowed_codes, checked, checked_id};
use crate::settings::config::{WEB, url_problem};
use crate::settings::data::{Excerpt, Fields, Syntax, Table, parse_toml, parse_yaml, quoted};
use crate::settings::{keys, permalink};
use crate::text::date::When;
use crate::text::source::{SourceId, Span, Spanned, id_problem};

/// What an author says of an article.
#[derive(Debug, Clone)]
// What few articles say takes no room in the others.
pub struct FrontMatter {
    /// Where the front matter begins: the place of what is missing.
    pub span: Span,
    pub title: Spanned<String>,
    pub description: Option<Spanned<String>>,
    pub date: Option<When>,
    pub updated: Option<When>,
    /// Ids of who translated it; empty for an original.
    pub translators: Box<[Spanned<String>]>,
    pub status: Status,
    pub emoji: Option<String>,
    /// Ids; empty means the series' own.
    pub authors: Box<[Spanned<String>]>,
    pub tags: Vec<Spanned<String>>,
    pub teaches: Box<[Spanned<String>]>,
    pub needs: Box<[Spanned<String>]>,
    pub next_up: Option<Box<Spanned<String>>>,
    /// Whether a part has a number, where it says so.
    pub numbered: Option<bool>,
    pub aliases: Box<[Spanned<String>]>,
    pub slug: Option<Box<Spanned<String>>>,
    /// Its whole address, below the base; never beside a slug.
    pub permalink: Option<Box<Spanned<String>>>,
    /// The series and the id that a part had before, the first ones first.
    pub was: Box<[Spanned<(String, String)>]>,
    /// A picture in place of its card: a path from its file, or an address.
    pub image: Option<Box<Spanned<String>>>,
    /// Where it was first published, when that was elsewhere.
    pub canonical: Option<Box<Spanned<String>>>,
    /// What feed readers know it by, where that is not made of its id.
    pub feed_id: Option<Box<Spanned<String>>>,
    /// What its discussion is found by, likewise.
    pub thread: Option<String>,
    /// Where the date stands.
    pub date_span: Span,
    /// Whether a page stands in the footer.
    pub nav: bool,
    /// The warnings that are not told of it.
    pub allow: Box<[Code]>,
    pub extra: Option<Box<Table>>,
    /// Keys that were given and could not be read: nothing follows from their absence.
    pub unread: Box<[&'static str]>,
    /// What remedies are written in.
    pub syntax: Syntax,
}

/// What an author says of whether an article is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Published,
    Soon,
    Draft,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Published => "published",
            Status::Soon => "soon",
            Status::Draft => "draft",
        }
    }
}

/// What kind of article a file holds: each knows its own keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Part,
    /// A further article of a part, which is out when the part is.
    Side,
    /// A part that has no place in a plan.
    Post,
    Page,
    /// The words above the list of posts, which need neither front matter nor a title.
    Opening,
    /// The home page's, likewise.
    Home,
    /// What stands beside an original of this kind and leaves to it what is the same in all languages.
    Translation(Original),
}

/// What a translation is one of, as far as its keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// A part, a post or a page outside series, which has an address of its own.
    Article,
    Side,
    Opening,
    Home,
}

impl Original {
    /// Why a translation of it has no address of its own choice.
    fn bound(self) -> Option<&'static str> {
        match self {
            Original::Article => None,
            Original::Side => Some("a side page lies below its part"),
            Original::Opening => Some("the list of posts lies where the original's does, below its language"),
            Original::Home => Some("the home page of a language lies at the top of it"),
        }
    }
}

impl Kind {
    /// Whether it may do without front matter.
    pub fn is_bare(self) -> bool {
        matches!(self, Kind::Home | Kind::Opening | Kind::Translation(Original::Home | Original::Opening))
    }

    /// What a translation of it is.
    pub fn translated(self) -> Kind {
        Kind::Translation(match self {
            Kind::Part | Kind::Post | Kind::Page => Original::Article,
            Kind::Side => Original::Side,
            Kind::Opening => Original::Opening,
            Kind::Home => Original::Home,
            Kind::Translation(original) => original,
        })
    }
}

/// Takes a source apart into front matter and the byte range of its body. `None` when the front
/// matter can't be read or has no title; diagnostics then say why. The title of the home page may be
/// empty.
pub fn parse(
    (text, source): (&str, SourceId),
    kind: Kind,
    zone: &TimeZone,
    out: &mut Vec<Diagnostic>,
) -> Option<(FrontMatter, Range<usize>)> {
    let Some((fence, head, body)) = split(text) else {
        let fault = fault(text);
        if kind.is_bare() && fault.is_none() {
            let table = parse_toml(&Excerpt::whole("", source, 0), out)?;
            return front_matter(&table, kind, zone, out).map(|front| (front, 0..text.len()));
        }
        let Fault { line, message, help } = fault.unwrap_or_else(|| Fault {
            line: 0..text.find('\n').unwrap_or(text.len()),
            message: "no front matter".into(),
            help: "begin the file with `+++`, `title = \"…\"`, `+++`, each on a line of its own".into(),
        });
        out.push(Diagnostic::new(Code::MissingFrontMatter, Span::new(source, line), message).help(help));
        return None;
    };
    let excerpt = Excerpt::whole(&text[head.clone()], source, head.start);
    if let Some(diagnostic) = other_syntax(fence, &excerpt) {
        out.push(diagnostic);
        return None;
    }
    let mut table = match fence {
        Fence::Toml => parse_toml(&excerpt, out)?,
        Fence::Yaml => parse_yaml(&excerpt, out)?,
    };
    if table.syntax == Syntax::Yaml {
        cut_texts(&table, text, out);
    }
    table.span = Span::new(source, 0..3);
    front_matter(&table, kind, zone, out).map(|front| (front, body))
}

#[derive(Debug, Clone, Copy)]
enum Fence {
    Toml,
    Yaml,
}

/// The ranges between the two fences and after the second.
fn split(text: &str) -> Option<(Fence, Range<usize>, Range<usize>)> {
    let (marker, fence) = match text.get(..3)? {
        "+++" => ("+++", Fence::Toml),
        "---" => ("---", Fence::Yaml),
        _ => return None,
    };
    let first_end = text.find('\n')?;
    if !text[3..first_end].trim().is_empty() {
        return None;
    }
    let mut at = first_end + 1;
    while at <= text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
        if text[at..end].trim_end() == marker {
            return Some((fence, first_end + 1..at, (end + 1).min(text.len())..text.len()));
        }
        at = end + 1;
    }
    None
}

/// What is wrong with a front matter that has no two lines around it.
struct Fault {
    line: Range<usize>,
    message: String,
    help: String,
}

/// Nothing where there is none at all.
fn fault(text: &str) -> Option<Fault> {
    /// A front matter has fewer lines than these.
    const LONGEST: usize = 100;
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n').take(LONGEST) {
        lines.push((start..start + line.trim_end().len(), line.trim_end()));
        start += line.len();
    }
    let (first, opening) = lines.first().cloned()?;
    let Some(marker) = ["+++", "---"].into_iter().find(|marker| opening.starts_with(marker)) else {
        let is_key = opening.split_once(['=', ':']).is_some_and(|(key, _)| is_bare(key.trim_end()));
        let closes = |line: &&(Range<usize>, &str)| matches!(line.1, "+++" | "---");
        let (_, closing) = lines.iter().skip(1).find(closes).filter(|_| is_key)?;
        let help = format!("begin the file with a line `{closing}`");
        return Some(Fault { line: first, message: "the front matter has no first line".into(), help });
    };
    if opening != marker {
        return Some(Fault {
            line: first,
            message: format!("{} begins no front matter", quote(opening)),
            help: "front matter is TOML between two lines of `+++`, or YAML between two lines of `---`".into(),
        });
    }
    let dots = lines.iter().find(|(_, line)| marker == "---" && *line == "...");
    Some(match dots {
        Some((line, _)) => Fault {
            line: line.clone(),
            message: "`...` doesn't end the front matter".into(),
            help: "write `---`".into(),
        },
        None => Fault {
            line: first,
            message: "the front matter has no closing line".into(),
            help: format!("write a line `{marker}` below the last of its keys"),
        },
    })
}

fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The diagnostic for YAML between the lines of TOML, and the other way round.
fn other_syntax(fence: Fence, excerpt: &Excerpt<'_>) -> Option<Diagnostic> {
    let mut start = 0;
    let mut lines = excerpt.text.split_inclusive('\n').map(|line| {
        start += line.len();
        (start - line.len(), line.trim_end())
    });
    let (start, line) = lines.find(|(_, line)| !line.is_empty() && !line.starts_with(['#', ' ', '\t']))?;
    let (key, sign) = line.find(['=', ':']).map(|at| (line[..at].trim_end(), &line[at..=at]))?;
    let (code, is, marker) = match (fence, sign) {
        (Fence::Toml, ":") => (Code::InvalidToml, "YAML", "---"),
        (Fence::Yaml, "=") => (Code::InvalidYaml, "TOML", "+++"),
        _ => return None,
    };
    is_bare(key).then(|| {
        Diagnostic::new(code, excerpt.span(start..start + line.len()), format!("this front matter is {is}"))
            .help(format!("write `{marker}` above and below it"))
    })
}

/// Texts of YAML that a comment cuts short.
fn cut_texts(table: &Table, text: &str, out: &mut Vec<Diagnostic>) {
    for (key, value) in &table.entries {
        let Some(words) = value.value.as_text() else { continue };
        let is_read = matches!(key.value.as_str(), "title" | "description" | "next_up");
        let range = value.span.range();
        let line_end = text[range.end..].find('\n').map_or(text.len(), |end| range.end + end);
        let rest = text[range.end..line_end].trim_end();
        let is_plain = !text[range.clone()].starts_with(['"', '\'', '|', '>']);
        if !is_read || !is_plain || !rest.trim_start().starts_with('#') {
            continue;
        }
        let whole = range.start..range.end + rest.len();
        let meant = table.syntax.text(&key.value, &text[whole.clone()]);
        let message = format!("`{}` is {}: a `#` behind a space begins a comment", key.value, quote(words));
        out.push(
            Diagnostic::new(Code::CutText, Span::new(value.span.source, whole), message)
                .help(format!("if it is meant, put the text in quotes: {}", quote(&meant))),
        );
    }
}

fn front_matter(table: &Table, kind: Kind, zone: &TimeZone, out: &mut Vec<Diagnostic>) -> Option<FrontMatter> {
    let shape = match kind {
        Kind::Part => &keys::PART,
        Kind::Side => &keys::SIDE,
        Kind::Post => &keys::POST,
        Kind::Page | Kind::Opening | Kind::Home => &keys::PAGE,
        Kind::Translation(_) => &keys::TRANSLATION,
    };
    let mut fields = Fields::new(table, shape);
    let earlier = out.len();
    let title = match kind.is_bare() {
        true => fields.string("title", out).or(Some(Spanned { value: String::new(), span: table.span })),
        false => fields.required("title", out),
    };
    let description = fields.string("description", out);
    let date = fields.when("date", zone, out);
    let updated = fields.when("updated", zone, out);
    let statuses = [("published", Status::Published), ("soon", Status::Soon), ("draft", Status::Draft)];
    let (is_listed, is_side) = (matches!(kind, Kind::Part | Kind::Post), kind == Kind::Side);
    let (mut status, mut emoji, mut slug, mut permalink) = (None, None, None, None);
    let (mut canonical, mut image) = (None, None);
    let is_translation = matches!(kind, Kind::Translation(_));
    if !is_side && !is_translation {
        let allowed = if is_listed { &statuses[..] } else { &[statuses[0], statuses[2]] };
        status = fields.choice("status", allowed, out);
        emoji = fields.string("emoji", out).map(|text| text.value);
        image = fields.string("image", out);
    }
    if !is_side {
        slug = fields.string("slug", out).and_then(|slug| checked_id(slug, out));
        if let (Kind::Translation(original), Some(slug)) = (kind, &slug)
            && let Some(message) = original.bound()
        {
            out.push(Diagnostic::new(Code::InvalidValue, slug.span, message).help("remove `slug`"));
        }
        let first = fields.string("canonical", out);
        canonical = first.and_then(|url| checked(url, |url| url_problem(url, WEB), "canonical", out));
        permalink = fields.string("permalink", out).and_then(|address| own_address(address, kind, slug.as_ref(), out));
    }
    let status = status.unwrap_or(Status::Published);
    let date_span = fields.span("date");
    let (mut authors, mut tags, mut was) = (Vec::new(), Vec::new(), Vec::new());
    let (mut feed_id, mut thread) = (None, None);
    let (mut teaches, mut needs, mut next_up, mut numbered, mut nav) = (Vec::new(), Vec::new(), None, None, true);
    let mut translators = Vec::new();
    if is_translation {
        translators = fields.strings("translators", out);
        next_up = fields.string("next_up", out);
    } else if is_listed || is_side {
        authors = fields.strings("authors", out);
    } else {
        nav = fields.bool("nav", out).unwrap_or(true);
    }
    if is_listed || is_translation {
        feed_id = fields.string("feed_id", out).and_then(|id| checked(id, iri_problem, "feed_id", out));
        thread = fields.string("thread", out).and_then(|thread| checked(thread, thread_problem, "thread", out));
    }
    if is_listed {
        tags = fields.strings("tags", out);
        was = fields.strings("was", out).into_iter().filter_map(|name| former(&name, out)).collect();
    }
    if kind == Kind::Part {
        teaches = ids(fields.strings("teaches", out), out);
        needs = ids(fields.strings("needs", out), out);
        next_up = fields.string("next_up", out);
        numbered = fields.bool("numbered", out);
    }
    let aliases = fields.strings("aliases", out).into_iter().filter_map(|alias| decoded_alias(&alias, out)).collect();
    let allow = allowed_codes(fields.strings("allow", out), out);
    let extra = fields.extra(out);
    let unread = fields.unread(&out[earlier..]);
    fields.finish(out);
    Some(FrontMatter {
        span: table.span,
        title: title?,
        description: description.filter(|text| !text.value.trim().is_empty()),
        date,
        updated,
        translators: translators.into(),
        status,
        emoji,
        authors: authors.into(),
        tags,
        teaches: teaches.into(),
        needs: needs.into(),
        next_up: next_up.map(Box::new),
        numbered,
        aliases,
        slug: slug.filter(|_| table.get("permalink").is_none()).map(Box::new),
        permalink: permalink.map(Box::new),
        was: was.into(),
        image: image.map(Box::new),
        canonical: canonical.map(Box::new),
        feed_id: feed_id.map(Box::new),
        thread: thread.map(|thread| thread.value),
        date_span,
        nav,
        allow: allow.into(),
        extra: extra.map(Box::new),
        unread: unread.into(),
        syntax: table.syntax,
    })
}

fn ids(texts: Vec<Spanned<String>>, out: &mut Vec<Diagnostic>) -> Vec<Spanned<String>> {
    texts.into_iter().filter_map(|text| checked_id(text, out)).collect()
}

/// The series and the id of `old-series/old-id`.
fn former(name: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Spanned<(String, String)>> {
    let pieces = name
        .value
        .rsplit_once('/')
        .filter(|(series, id)| id_problem(id).is_none() && series.split('/').all(|piece| id_problem(piece).is_none()));
    if pieces.is_none() {
        let message = format!("{} is no series and id of a part", quote(&name.value));
        out.push(Diagnostic::new(Code::InvalidValue, name.span, message).help("write it like `old-series/old-id`"));
    }
    pieces.map(|(series, id)| Spanned::new((series.to_string(), id.to_string()), name.span))
}

/// Why a text can't be an absolute IRI (RFC 3987, §2.2), such as feeds have for ids.
fn iri_problem(text: &str) -> Option<String> {
    let example = "write it like `tag:example.org,2019:heat`, or as the address that the old feed had for an id";
    let scheme = text.split_once(':').filter(|(scheme, rest)| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_part) && !rest.is_empty()
    });
    if scheme.is_none() {
        return Some(format!("is no absolute IRI; {example}"));
    }
    let is_bad = |c: &char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(*c);
    text.chars().find(is_bad).map(|bad| format!("has the character `{}`, which no IRI has", bad.escape_debug()))
}

fn thread_problem(text: &str) -> Option<String> {
    text.trim().is_empty().then(|| "is empty; without it the part's id stands in".into())
}

/// The whole address that an article has of its own.
fn own_address(
    typed: Spanned<String>,
    kind: Kind,
    slug: Option<&Spanned<String>>,
    out: &mut Vec<Diagnostic>,
) -> Option<Spanned<String>> {
    let bound = match kind {
        Kind::Home => Some("the home page lies at `/`, and has no other address"),
        Kind::Opening => Some("the list of posts lies at its folder, and has no other address"),
        Kind::Translation(original) => original.bound(),
        Kind::Part | Kind::Side | Kind::Post | Kind::Page => None,
    };
    if let Some(message) = bound {
        out.push(Diagnostic::new(Code::InvalidValue, typed.span, message).help("remove `permalink`"));
        return None;
    }
    let place = typed.span;
    let address = permalink::permalink(typed, out);
    if let Some(slug) = slug {
        let message = format!("the slug {} stands beside `permalink`, which is the whole address", quote(&slug.value));
        out.push(
            Diagnostic::new(Code::InvalidValue, slug.span, message)
                .note(place, "this one counts")
                .help("remove one of the two"),
        );
    }
    address
}

/// An alias as the path that is meant.
pub fn decoded_alias(alias: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let path = permalink::decoded(&alias.value).and_then(|path| match permalink::file_type(&path) {
        None => Ok(path),
        Some(kind) => Err(no_page(&alias.value, kind)),
    });
    match path {
        Ok(path) => Some(Spanned::new(format!("/{path}"), alias.span)),
        Err((problem, help)) => {
            let message = format!("the alias {} {problem}", quote(&alias.value));
            out.push(Diagnostic::new(Code::InvalidValue, alias.span, message).help(help));
            None
        }
    }
}

/// Why an address that ends like a file is none of a page, and where it goes instead.
fn no_page(typed: &str, kind: &str) -> permalink::Problem {
    let problem = "ends like a file, and a page that leads on can't stand in for one".to_string();
    let copy =
        |of: &str| format!("copy the file there: `{} = {of}` under `[copies]` in `partwork.toml`", quoted(typed));
    let help = match permalink::is_feed(kind) {
        true if kind.contains("json") => copy("\"/feed.json\""),
        true => format!(
            "if it was a feed, name it in `paths` under `[feeds]`, or in `feed_paths` of a `series.toml`; else {}",
            copy("\"…\"")
        ),
        false => copy("\"…\""),
    };
    (problem, help)
}
