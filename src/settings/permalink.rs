//! Addresses of this site as authors type them, and patterns of them.
//!
//! In: a text, from its first `/` on, as an address bar shows it. Out: the address below the base that it
//! means, or what is wrong with it and what to do. Knows no page.

use jiff::civil::Date;

use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::text::media::media_type;
use crate::text::path::check;
use crate::text::source::{Span, Spanned, nfc};
use crate::text::url::percent_decode;

/// Why a text is no such address, as the end of a sentence, and what to do.
pub type Problem = (String, String);

/// The path below the base that an address means: typed as an address bar shows it, it is decoded, once.
pub fn decoded(typed: &str) -> Result<String, Problem> {
    match typed.chars().find(|c| matches!(c, '?' | '#')) {
        Some('?') => {
            let help = "tell the host itself to redirect it, or write the path alone";
            return Err(("has a query, which no file of a site can answer".into(), help.into()));
        }
        Some(_) => {
            return Err(("has a fragment, which browsers send to no host".into(), "write the path alone".into()));
        }
        None => {}
    }
    let Some(path) = typed.strip_prefix('/') else {
        let help = "write it from its first `/` on, below `base_url`";
        return Err(("is no path of this site".into(), help.into()));
    };
    let pieces: Vec<String> = path.split('/').map(percent_decode).collect();
    for (typed, piece) in path.split('/').zip(&pieces) {
        let hidden = piece.chars().find(|c| matches!(c, '/' | '\\' | '\0'));
        if let Some(hidden) = hidden.filter(|hidden| !typed.contains(*hidden)) {
            let problem = format!("has an encoded `{}`, which no file's name can have", hidden.escape_debug());
            return Err((problem, "tell the host itself to redirect it".into()));
        }
        if piece == ".." {
            return Err(("leads out of its folder".into(), "write the address that browsers make of it".into()));
        }
    }
    let decoded = pieces.join("/");
    let path = decoded.trim_end_matches('/');
    match check(&nfc(path)).err().filter(|_| !path.is_empty()) {
        Some(problem) => Err((format!("is no path of this site: {problem}"), "write it like `/old/address/`".into())),
        None => Ok(decoded),
    }
}

/// The whole address of a page, below the base: a folder with its slash, or a file of HTML.
pub fn whole(typed: &str) -> Result<String, Problem> {
    of_page(&decoded(typed)?, typed)
}

/// A decoded path as the address of a page.
fn of_page(path: &str, typed: &str) -> Result<String, Problem> {
    let address = nfc(path).into_owned();
    let name = address.rsplit('/').next().unwrap_or_default();
    let folder = typed.trim_end_matches('/');
    match name {
        "" => Ok(address),
        "index.html" => {
            let folder = folder.strip_suffix("index.html").unwrap_or(folder);
            Err(("names the file of a folder".into(), format!("write {}", quote(folder))))
        }
        ".html" => Err(("has no name before `.html`".into(), "write it like `/name.html`".into())),
        name if name.ends_with(".html") => Ok(address),
        _ => {
            let help = format!("write {} or {}", quote(&format!("{folder}/")), quote(&format!("{folder}.html")));
            Err(("ends neither in `/` nor in `.html`, as pages do".into(), help))
        }
    }
}

/// The whole address that an article says it has.
pub fn permalink(typed: Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let is_pattern = typed.value.contains('{') || typed.value.contains("/:");
    let address = if is_pattern {
        let help = "a pattern such as `/{year}/{slug}/` stands in `series.toml`; write the address itself here";
        Err(("is a pattern".to_string(), help.to_string()))
    } else {
        whole(&typed.value)
    };
    match address {
        Ok(address) => Some(Spanned::new(address, typed.span)),
        Err(problem) => {
            out.push(refused(&typed, problem));
            None
        }
    }
}

fn refused(typed: &Spanned<String>, (problem, help): Problem) -> Diagnostic {
    let message = format!("the permalink {} {problem}", quote(&typed.value));
    Diagnostic::new(Code::InvalidValue, typed.span, message).help(help)
}

/// The type of a file, where an address ends like one that is shown by programs and not read as a page: a
/// picture, a style, a feed, a book.
pub fn file_type(address: &str) -> Option<&'static str> {
    let kind = media_type(address);
    let is_page_s = ["text/html", "text/plain", "text/markdown", "text/javascript", "application/octet-stream"]
        .iter()
        .any(|known| kind.starts_with(known));
    (!is_page_s).then_some(kind)
}

/// Whether a file of that type may be a feed.
pub fn is_feed(kind: &str) -> bool {
    ["xml", "json"].iter().any(|syntax| kind.contains(syntax)) && !kind.starts_with("image/")
}

/// A further address of a feed, below the base.
pub fn feed_path(typed: Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let path = decoded(&typed.value).and_then(|path| {
        if file_type(&path).is_some_and(|kind| is_feed(kind) && !kind.contains("json")) {
            return Ok(nfc(&path).into_owned());
        }
        let problem = "ends like no feed: hosts tell the type of a file by its end";
        let help = "end it in `.xml`; what ends in `/` is a page to a host, which can lead on by `static/_redirects`";
        Err((problem.to_string(), help.to_string()))
    });
    let refused = |(problem, help): Problem| {
        let message = format!("the feed's path {} {problem}", quote(&typed.value));
        out.push(Diagnostic::new(Code::InvalidValue, typed.span, message).help(help));
    };
    path.map_err(refused).ok().map(|path| Spanned::new(path, typed.span))
}

/// The addresses of all articles of a folder, as one text with gaps: `/{year}/{slug}/`.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Where it stands.
    pub span: Span,
    /// Of an address below the base.
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Gap(Gap),
}

/// What stands in a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Id,
    Slug,
    Year,
    Month,
    Day,
}

const GAPS: [(&str, Gap); 5] =
    [("id", Gap::Id), ("slug", Gap::Slug), ("year", Gap::Year), ("month", Gap::Month), ("day", Gap::Day)];

/// What fills the gaps.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    pub id: &'a str,
    /// The id stands in for it where an article says none.
    pub slug: Option<&'a str>,
    pub day: Option<Date>,
}

impl Pattern {
    /// Reads a pattern; what is none is reported.
    pub fn read(typed: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Pattern> {
        let read = pieces(&typed.value).and_then(|pieces| {
            let pattern = Pattern { span: typed.span, pieces };
            if !pattern.has(&[Gap::Id, Gap::Slug]) {
                let problem = "gives all articles one address".to_string();
                return Err((problem, "put `{slug}` or `{id}` into it".into()));
            }
            let sample = pattern.address(Filling { id: "x", slug: None, day: Some(Date::constant(2000, 1, 1)) });
            of_page(&decoded(&sample.unwrap_or_default())?, &typed.value)?;
            Ok(Pattern { span: typed.span, pieces: below_base(pattern.pieces) })
        });
        read.map_err(|problem| out.push(refused(typed, problem))).ok()
    }

    /// The address of an article, below the base; `None` when it takes a date and there is none.
    pub fn address(&self, Filling { id, slug, day }: Filling<'_>) -> Option<String> {
        let piece = |piece: &Piece| {
            Some(match piece {
                Piece::Text(text) => text.clone(),
                Piece::Gap(Gap::Id) => id.to_string(),
                Piece::Gap(Gap::Slug) => slug.unwrap_or(id).to_string(),
                Piece::Gap(Gap::Year) => format!("{:04}", day?.year()),
                Piece::Gap(Gap::Month) => format!("{:02}", day?.month()),
                Piece::Gap(Gap::Day) => format!("{:02}", day?.day()),
            })
        };
        self.pieces.iter().map(piece).collect()
    }

    /// Whether addresses hold the date of an article.
    pub fn has_date(&self) -> bool {
        self.has(&[Gap::Year, Gap::Month, Gap::Day])
    }

    /// Whether addresses hold the slug of an article.
    pub fn has_slug(&self) -> bool {
        self.has(&[Gap::Slug])
    }

    fn has(&self, gaps: &[Gap]) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Gap(gap) if gaps.contains(gap)))
    }
}

/// Pieces as typed, as those of an address below the base.
fn below_base(mut pieces: Vec<Piece>) -> Vec<Piece> {
    for (at, piece) in pieces.iter_mut().enumerate() {
        if let Piece::Text(text) = piece {
            let typed = text.strip_prefix('/').filter(|_| at == 0).unwrap_or(text);
            *text = nfc(&percent_decode(typed)).into_owned();
        }
    }
    pieces
}

fn pieces(typed: &str) -> Result<Vec<Piece>, Problem> {
    let gaps: Vec<String> = GAPS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
    let names = || gaps.iter().map(String::as_str);
    let known = || format!("there are {}", list(names(), "and"));
    let mut pieces = Vec::new();
    let mut rest = typed;
    while let Some((text, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}').filter(|_| !text.contains('}')) else {
            return Err(("has a brace without the other".into(), known()));
        };
        let Some((_, gap)) = GAPS.iter().find(|(known, _)| *known == name) else {
            if matches!(name, "number" | "n" | "weight") {
                let problem = "holds a number, and numbers are no part of an address".to_string();
                let help = "a part that is added or moved renumbers those after it, and their addresses would change; write `{slug}`";
                return Err((problem, help.into()));
            }
            let gap = format!("{{{name}}}");
            let help = did_you_mean(&gap, names()).unwrap_or_else(known);
            return Err((format!("holds {}, which nothing fills", quote(&gap)), help));
        };
        pieces.push(Piece::Text(text.to_string()));
        pieces.push(Piece::Gap(*gap));
        rest = after;
    }
    if rest.contains('}') {
        return Err(("has a brace without the other".into(), known()));
    }
    if let Some(at) = typed.split('/').find(|piece| piece.starts_with(':')) {
        return Err((format!("holds {}, which is Jekyll's and Hugo's", quote(at)), known()));
    }
    pieces.push(Piece::Text(rest.to_string()));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::{Source, Sources};

    #[test]
    fn addresses_as_they_are_typed() {
        for (typed, meant) in [("/a/", Some("a/")), ("/Caf%C3%A9.html", Some("Café.html")), ("/", Some(""))] {
            assert_eq!(whole(typed).ok().as_deref(), meant, "{typed}");
        }
        for bad in [
            "a/",
            "/a",
            "/a.xml",
            "/a/index.html",
            "/.html",
            "/a%2Fb/",
            "/../a/",
            "/a/%2E%2E/",
            "/a//b/",
            "/a/?b",
            "/a:b/",
        ] {
            assert!(whole(bad).is_err(), "{bad}");
        }
        assert_eq!(decoded("/100%25").as_deref(), Ok("100%"));
    }

    #[test]
    fn patterns_are_filled() {
        let mut sources = Sources::default();
        let span = Span::start_of(sources.add(Source::new("x", "")));
        let read = |text: &str| Pattern::read(&Spanned::new(text.into(), span), &mut Vec::new());
        let filling = Filling { id: "i", slug: Some("s"), day: Some(Date::constant(2025, 3, 1)) };
        for (typed, meant) in [
            ("/{year}/{month}/{day}/{slug}.html", "2025/03/01/s.html"),
            ("/b%C3%B6/{id}/", "bö/i/"),
            ("/{id}-x/", "i-x/"),
        ] {
            let pattern = read(typed).expect("a pattern");
            assert_eq!(pattern.address(filling).as_deref(), Some(meant), "{typed}");
        }
        let dated = read("/{year}/{slug}/").expect("a pattern");
        assert_eq!(dated.address(Filling { day: None, ..filling }), None);
        for bad in
            ["/x/", "/{year}/", "/{number}/{id}/", "/{id", "/id}/{id}/", "/{id}", "{id}/", "/:year/{id}/", "/{ID}/"]
        {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}
