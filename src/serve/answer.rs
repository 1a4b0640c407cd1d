//! What a request gets: a function of the request and the state, without a socket or a disk.
//!
//! In: method, address and headers. Out: a status, headers and where the body comes from. A path is
//! looked up in the list of the site's files and never becomes a path on the disk, so there is
//! nothing to climb out of. The server's own files are in `.partwork/`, below whatever a request
//! asks for, where no site can have any: names that begin with a dot are never published.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use http_body_util::combinators::BoxBody;
use http_range_header::parse_range_header;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use crate::outputs::headers::SECURITY;
use crate::render::style::escape;
use crate::serve::hosts::is_ours;
use crate::serve::state::{Body, Disk, File, Problem, Problems, Snapshot, State, is_style};
use crate::store::tree::{Later, OutputPath};
use crate::text::media::media_type;
use crate::text::source::nfc;
use crate::text::url::{ascii, encode, percent_decode};

/// Where the body of an answer comes from.
#[derive(Debug)]
pub enum Source {
    Bytes(Bytes),
    /// A stretch of a file that has to be what it was when the site was built.
    Disk(Disk, Range<u64>),
    /// What has to be made before there is an answer; ask again then.
    Later(Arc<Later>),
    /// What a build is under way to make; ask again at the next state.
    UnderWay,
    /// A line for each new state, for as long as the browser listens.
    News,
}

/// A body on its way to a socket.
pub type Sent = BoxBody<Bytes, std::io::Error>;

/// The path in the output of the page that an answer shows; among its extensions.
#[derive(Debug, Clone)]
pub struct Shown(pub Arc<str>);

/// Who asks, and by which names they may.
#[derive(Debug, Clone, Copy)]
pub struct Peer<'a> {
    /// The address that the connection came from.
    pub address: IpAddr,
    /// The address of ours that it came in on.
    pub local: IpAddr,
    /// Names that the user gave this server.
    pub named: &'a [String],
}

/// The header that carries the version of the site in each answer.
pub const VERSION: HeaderName = HeaderName::from_static("partwork-version");

/// The folder of the server's own files. It is below the base path of the site too, since a proxy may forward nothing
/// else; before there is a site, it is beside whatever was asked for.
const CLIENT: &str = ".partwork/";
const RELOAD: &str = include_str!("client/reload.js");
const WORKER: &str = include_str!("client/worker.js");
const STYLE: &str = include_str!("client/overlay.css");

/// The policy of a page that stands for a site which could not be built yet.
const OWN_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                          connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers a request.
pub fn answer<T>(request: &Request<T>, peer: Peer<'_>, state: &State) -> Response<Source> {
    let mut answer = respond(request, peer, state);
    let site = state.site.as_deref();
    secure(answer.headers_mut(), site.map_or(OWN_POLICY, |site| &site.frame.policy));
    answer.headers_mut().insert(VERSION, state.version().into());
    // Drafts are nobody's to show, not even as a picture.
    answer
        .headers_mut()
        .insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    answer
}

/// What the files for hosts say of every page.
fn secure(headers: &mut HeaderMap, policy: &str) {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in SECURITY {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

fn respond<T>(request: &Request<T>, peer: Peer<'_>, state: &State) -> Response<Source> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = words(StatusCode::METHOD_NOT_ALLOWED, "this server only shows pages (GET and HEAD)\n".into());
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    if let Err(refused) = check_host(request, peer) {
        return *refused;
    }
    if is_asked_by_others(request.headers()) {
        let text = "a page of another site asked for this, and none may; open the address by itself\n";
        return words(StatusCode::FORBIDDEN, text.into());
    }
    let path = percent_decode(request.uri().path());
    if let Some((above, own)) = path.rsplit_once(CLIENT)
        && above.ends_with('/')
    {
        return respond_own(own, peer, state);
    }
    let Some(site) = state.site.as_deref() else {
        return stand_in(state);
    };
    let base = site.frame.base.as_str();
    let Some(below) = path.strip_prefix(base) else {
        // The root of the server leads to where the site begins.
        let is_above = path == "/" || format!("{path}/") == base;
        return if is_above { redirect(&encode(base), request) } else { missing(site, state) };
    };
    let wanted =
        if below.is_empty() || below.ends_with('/') { format!("{below}index.html") } else { below.to_string() };
    // Pages have composed letters; an old address has those that it was typed with.
    for wanted in [&*wanted, &nfc(&wanted)].map(OutputPath::new) {
        let Ok(wanted) = wanted else { continue };
        if let Some(file) = site.file(wanted.as_str()) {
            let mut answer = found(file, wanted.as_str(), request.headers(), state);
            if matches!(file.body, Body::Page { .. }) {
                answer.extensions_mut().insert(Shown(wanted.as_str().into()));
            }
            return answer;
        }
        if !site.is_under_way && site.file(&format!("{wanted}/index.html")).is_some() {
            return redirect(&encode(&format!("{base}{wanted}/")), request);
        }
    }
    missing(site, state)
}

/// Refuses a request that names another server than this one.
fn check_host<T>(request: &Request<T>, peer: Peer<'_>) -> Result<(), Box<Response<Source>>> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        // One is required, and two could mean different things to different readers (RFC 9112, §3.2).
        (Some(host), None) => host.to_str().unwrap_or(""),
        _ => return Err(Box::new(words(StatusCode::BAD_REQUEST, "a request has one Host header\n".into()))),
    };
    let authority = request.uri().authority().map(|authority| authority.as_str());
    for host in [Some(host), authority].into_iter().flatten() {
        if !is_ours(host, peer.local, peer.named) {
            let text = "this server doesn't go by that name; if it is one of this machine's, start it with \
                        `--host NAME`; a proxy or tunnel in front of it has to send `Host: localhost`\n";
            return Err(Box::new(words(StatusCode::FORBIDDEN, text.into())));
        }
    }
    Ok(())
}

/// Whether a page of another site asks, be it another port of this machine: for a piece of itself, or to look
/// whether something is there. A link that somebody followed is no such thing, as long as it leads to a page of
/// its own and into no frame (<https://www.w3.org/TR/fetch-metadata/>). Who says nothing is no browser of today.
fn is_asked_by_others(headers: &HeaderMap) -> bool {
    let says = |name: &str, wanted: &str| {
        let mut said = headers.get_all(name).iter();
        said.next().is_some_and(|said| said == wanted) && said.next().is_none()
    };
    let is_followed = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
    let is_own = ["same-origin", "none"].iter().any(|site| says("sec-fetch-site", site));
    headers.contains_key("sec-fetch-site") && !is_own && !is_followed
}

/// The server's own files.
fn respond_own(path: &str, peer: Peer<'_>, state: &State) -> Response<Source> {
    let (media, body) = match path {
        "reload.js" => ("text/javascript; charset=utf-8", Source::Bytes(RELOAD.into())),
        "worker.js" => ("text/javascript; charset=utf-8", Source::Bytes(WORKER.into())),
        "overlay.css" => ("text/css; charset=utf-8", Source::Bytes(STYLE.into())),
        "state" => ("application/json", Source::Bytes(state.news().into())),
        "problems" => ("application/json", Source::Bytes(problems(state.problems.as_deref(), peer).into())),
        "events" => ("text/event-stream", Source::News),
        _ => return words(StatusCode::NOT_FOUND, "the server has no such file of its own\n".into()),
    };
    let mut answer = with_type(StatusCode::OK, media, body);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn problems(problems: Option<&Problems>, peer: Peer<'_>) -> String {
    let none = Problems::default();
    let problems = problems.unwrap_or(&none);
    // Addresses of an editor hold paths of this machine, and open nothing on another.
    let shown = |problem: &Problem| Problem {
        open: problem.open.clone().filter(|_| peer.address.to_canonical().is_loopback()),
        ..problem.clone()
    };
    let list: Vec<Problem> = problems.list.iter().map(shown).collect();
    serde_json::json!({ "problems": list, "omitted": problems.omitted }).to_string()
}

fn found(file: &File, path: &str, headers: &HeaderMap, state: &State) -> Response<Source> {
    let media = media_type(path);
    let hash = blake3::Hash::from_bytes(file.hash).to_hex();
    let tag = match &file.body {
        // A page names its version, so it differs from one to the next.
        Body::Page { .. } => format!("\"{}-{}-{}\"", &hash[..16], state.session, state.version()),
        Body::Bytes(_) | Body::Later(_) | Body::Disk(_) => format!("\"{}\"", &hash[..16]),
    };
    let whole = |size| Whole { media, size, tag: &tag };
    let mut answer = if is_known(headers, &tag) {
        with_type(StatusCode::NOT_MODIFIED, media, Source::Bytes(Bytes::new()))
    } else {
        match &file.body {
            Body::Page { bytes, client_at, .. } => {
                with_type(StatusCode::OK, media, Source::Bytes(page(bytes, *client_at, state)))
            }
            Body::Bytes(bytes) => stretch(whole(bytes.len() as u64), headers, |range| {
                // A range of bytes in memory fits into memory.
                Source::Bytes(bytes.slice(range.start as usize..range.end as usize))
            }),
            Body::Later(later) => match later.get() {
                None => return with_type(StatusCode::OK, media, Source::Later(Arc::clone(later))),
                Some(Err(problem)) => return unmade(problem),
                Some(Ok(bytes)) => stretch(whole(bytes.len() as u64), headers, |range| {
                    Source::Bytes(Bytes::copy_from_slice(&bytes[range.start as usize..range.end as usize]))
                }),
            },
            Body::Disk(disk) => stretch(whole(disk.size), headers, |range| Source::Disk(disk.clone(), range)),
        }
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    // Browsers share a style sheet within a page without asking again, unless they may not keep it.
    let keep = if is_style(path) { "no-store" } else { "no-cache" };
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    answer
}

/// In place of what can't be made.
pub fn unmade(problem: &str) -> Response<Source> {
    let mut answer = words(StatusCode::INTERNAL_SERVER_ERROR, format!("{problem}\n"));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A page with the client, which is told what it is shown with.
fn page(html: &[u8], client_at: usize, state: &State) -> Bytes {
    let client = client(state);
    let mut page = Vec::with_capacity(html.len() + client.len());
    page.extend_from_slice(&html[..client_at]);
    page.extend_from_slice(client.as_bytes());
    page.extend_from_slice(&html[client_at..]);
    page.into()
}

fn client(state: &State) -> String {
    let base = state.site.as_deref().map_or_else(String::new, |site| encode(&site.frame.base));
    format!(
        "<script src=\"{base}{CLIENT}reload.js\" data-session=\"{}\" data-version=\"{}\" defer></script>\n",
        state.session,
        state.version()
    )
}

/// What is known of a file before any of it is read.
struct Whole<'a> {
    media: &'static str,
    size: u64,
    /// Of its content.
    tag: &'a str,
}

/// All of a file, or the one range of it that was asked for (RFC 9110, §14).
fn stretch(whole: Whole<'_>, headers: &HeaderMap, source: impl FnOnce(Range<u64>) -> Source) -> Response<Source> {
    let Whole { media, size, tag } = whole;
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // With a validator of another content the whole is wanted (§13.1.5).
    let current = text(header::IF_RANGE).is_none_or(|known| known == tag);
    let ranges = text(header::RANGE).filter(|_| current).and_then(|range| parse_range_header(range).ok());
    let mut answer = match ranges.map(|ranges| ranges.validate(size)) {
        Some(Err(_)) => {
            let mut answer = words(StatusCode::RANGE_NOT_SATISFIABLE, String::new());
            set(&mut answer, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return answer;
        }
        // Several ranges may be answered by the whole.
        Some(Ok(ranges)) if ranges.len() == 1 => {
            let range = *ranges[0].start()..ranges[0].end() + 1;
            let mut answer = with_type(StatusCode::PARTIAL_CONTENT, media, source(range.clone()));
            set(&mut answer, header::CONTENT_RANGE, &format!("bytes {}-{}/{size}", range.start, range.end - 1));
            answer
        }
        _ => with_type(StatusCode::OK, media, source(0..size)),
    };
    answer.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer
}

/// Whether the browser has what it asks for already (RFC 9110, §13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// What isn't there, or isn't yet.
fn missing(site: &Snapshot, state: &State) -> Response<Source> {
    if site.is_under_way { Response::new(Source::UnderWay) } else { not_found(site, state) }
}

/// The site's own page for what isn't there.
fn not_found(site: &Snapshot, state: &State) -> Response<Source> {
    let mut answer = match site.file("404.html").map(|file| &file.body) {
        Some(Body::Page { bytes, client_at, .. }) => {
            with_type(StatusCode::NOT_FOUND, media_type("404.html"), Source::Bytes(page(bytes, *client_at, state)))
        }
        // One that `static/` supplies is on the disk.
        Some(Body::Disk(disk)) => {
            let body = Source::Disk(disk.clone(), 0..disk.size);
            with_type(StatusCode::NOT_FOUND, media_type("404.html"), body)
        }
        _ => words(StatusCode::NOT_FOUND, "nothing is published at this address\n".into()),
    };
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// To an address of this server, with the query that was asked with.
fn redirect<T>(to: &str, request: &Request<T>) -> Response<Source> {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    // Letters of other scripts stay readable in an encoded address, and browsers leave them in a query.
    let address = format!("{}{}", ascii(to), ascii(&query));
    // Not for ever: another project will stand on this port one day.
    let mut answer = words(StatusCode::TEMPORARY_REDIRECT, String::new());
    set(&mut answer, header::LOCATION, &address);
    answer
}

/// A page in place of a site that could never be built; the client puts the overlay over it, and
/// who reads without one has the same words.
fn stand_in(state: &State) -> Response<Source> {
    let mut text = String::new();
    for problem in state.problems.as_deref().map_or(&[][..], |problems| &problems.list) {
        escape(&mut text, &problem.text);
        text.push_str("\n\n");
    }
    let client = client(state);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>The site can't be built yet</title>\n\
         <link rel=\"stylesheet\" href=\"{CLIENT}overlay.css\">\n</head>\n<body>\n\
         <h1>The site can't be built yet</h1>\n<pre>{text}</pre>\n{client}</body>\n</html>\n"
    );
    let mut answer = with_type(StatusCode::SERVICE_UNAVAILABLE, media_type("x.html"), Source::Bytes(html.into()));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn words(status: StatusCode, text: String) -> Response<Source> {
    with_type(status, "text/plain; charset=utf-8", Source::Bytes(text.into()))
}

fn with_type(status: StatusCode, media: &'static str, body: Source) -> Response<Source> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}

fn set(answer: &mut Response<Source>, name: HeaderName, value: &str) {
    // Addresses are encoded and the rest are numbers, so the value is always one that can be sent.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::{ProptestConfig, any, proptest};

    use super::*;
    use crate::serve::state::{Frame, Shelf};
    use crate::store::kind::Kind;
    use crate::store::tree::Content;

    const PAGE: &str = "<!doctype html><body><p>words</p></body>";

    fn state(problems: bool) -> State {
        let shelf = Shelf::default();
        let pages = ["index.html", "é x/index.html", "old/e\u{301}/index.html"].map(|path| (path, PAGE));
        for (path, text) in pages.into_iter().chain([("a.txt", "0123456789"), ("t.css", "a{}")]) {
            let path = OutputPath::new(path).expect("a path");
            shelf.put(&path, Kind::of_file(path.as_str()), &Content::Bytes(text.as_bytes().to_vec())).expect("kept");
        }
        let problem = Problem {
            severity: "error",
            place: "content/x.md:1:2".into(),
            text: "error: </pre><script>".into(),
            open: Some("vscode://file/home/me/content/x.md:1:2".into()),
        };
        let frame = Frame { base: "/ü/".into(), policy: "default-src 'none'".into(), ..Frame::default() };
        State {
            session: "s".into(),
            builds: 3,
            site: (!problems).then(|| Snapshot::after(None, None, shelf, frame)),
            problems: problems.then(|| Arc::new(Problems { list: vec![problem], omitted: 2 })),
        }
    }

    fn ask(target: &str, from: [u8; 4], state: &State) -> Response<Source> {
        let request = Request::get(target).header("host", "localhost").body(()).expect("a request");
        let peer = Peer { address: from.into(), local: Ipv4Addr::LOCALHOST.into(), named: &[] };
        answer(&request, peer, state)
    }

    fn body(answer: &Response<Source>) -> String {
        match answer.body() {
            Source::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_base_path_of_any_script() {
        let state = state(false);
        let header = |target: &str, name: HeaderName| {
            let answer = ask(target, [127, 0, 0, 1], &state);
            (
                answer.status().as_u16(),
                answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_string),
            )
        };
        assert_eq!(header("/", header::LOCATION), (307, Some("/%C3%BC/".into())));
        assert_eq!(header("/%C3%BC", header::LOCATION), (307, Some("/%C3%BC/".into())));
        assert_eq!(
            header("/%c3%bc/%C3%A9%20x?q=%20", header::LOCATION),
            (307, Some("/%C3%BC/%C3%A9%20x/?q=%20".into()))
        );
        assert_eq!(header("/%c3%bc/%C3%A9%20x/", VERSION), (200, Some("1".into())));
        // The same letter in another Unicode form.
        assert_eq!(header("/%c3%bc/e%CC%81%20x/", VERSION), (200, Some("1".into())));
        assert_eq!(header("/%c3%bc/old/e%CC%81/", VERSION), (200, Some("1".into())));
        assert_eq!(header("/nowhere", VERSION), (404, Some("1".into())));
        assert_eq!(header("/%c3%bc/t.css", header::CACHE_CONTROL), (200, Some("no-store".into())));
    }

    #[test]
    fn pages_get_the_client_and_nothing_else_does() {
        let state = state(false);
        let page = body(&ask("/%C3%BC/", [127, 0, 0, 1], &state));
        let script = "<script src=\"/ü/.partwork/reload.js\" data-session=\"s\" data-version=\"1\" defer></script>\n";
        assert_eq!(page, PAGE.replace("</body>", &format!("{script}</body>")));
        for place in ["/.partwork/", "/%C3%BC/.partwork/"] {
            let script = ask(&format!("{place}reload.js"), [127, 0, 0, 1], &state);
            assert_eq!(body(&script), RELOAD, "{place}");
        }
        assert_eq!(body(&ask("/%C3%BC/a.txt", [127, 0, 0, 1], &state)), "0123456789");
    }

    #[test]
    fn pages_of_others_load_nothing() {
        let state = state(false);
        let ask = |target: &str, said: &[(&str, &str)]| {
            let request = Request::get(target).header("host", "localhost");
            let request = said.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let peer = Peer { address: [127, 0, 0, 1].into(), local: Ipv4Addr::LOCALHOST.into(), named: &[] };
            let answer = answer(&request.body(()).expect("a request"), peer, &state);
            assert_eq!(answer.headers()["cross-origin-resource-policy"], "same-origin", "{target} {said:?}");
            answer.status().as_u16()
        };
        for (site, mode, dest, status) in [
            ("same-origin", "no-cors", "image", 200),
            ("none", "navigate", "document", 200),
            ("cross-site", "navigate", "document", 200),
            ("same-site", "navigate", "document", 200),
            ("cross-site", "no-cors", "image", 403),
            ("cross-site", "cors", "empty", 403),
            ("cross-site", "navigate", "iframe", 403),
            ("cross-site", "navigate", "object", 403),
            // Another port of this machine.
            ("same-site", "no-cors", "script", 403),
            ("", "no-cors", "image", 403),
            ("Same-Origin", "no-cors", "image", 403),
        ] {
            for target in ["/%C3%BC/a.txt", "/%C3%BC/", "/.partwork/state", "/.partwork/reload.js"] {
                let said = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
                assert_eq!(ask(target, &said), status, "{target} {site} {mode} {dest}");
            }
        }
        assert_eq!(ask("/%C3%BC/a.txt", &[]), 200);
        assert_eq!(ask("/%C3%BC/a.txt", &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(ask("/%C3%BC/nowhere", &[]), 404);
    }

    #[test]
    fn a_site_that_was_never_good_has_a_page() {
        let answer = ask("/any/where", [127, 0, 0, 1], &state(true));
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let text = body(&answer);
        assert!(text.contains("error: &lt;/pre&gt;&lt;script&gt;"), "{text}");
        assert!(text.contains("data-version=\"0\""), "{text}");
        assert!(
            answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").contains("script-src 'self'")
        );
    }

    #[test]
    fn paths_of_this_machine_stay_on_it() {
        let state = state(true);
        assert!(body(&ask("/.partwork/problems", [127, 0, 0, 1], &state)).contains("vscode://file/home/me"));
        let far = body(&ask("/.partwork/problems", [192, 168, 1, 9], &state));
        assert!(far.contains("content/x.md:1:2") && !far.contains("/home/me"), "{far}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whatever is asked, nothing panics, and nothing is sent that the site doesn't hold.
        #[test]
        fn anything_may_be_asked(path in "(/|%2[ef]|%5c|\\.|é|a|%|[!-~]){0,12}", range in "bytes=[0-9,-]{0,25}", tag in any::<String>()) {
            let state = state(false);
            for target in [format!("/{path}"), format!("/%C3%BC/{path}"), format!("/.partwork/{path}")] {
                let Ok(mut request) = Request::get(&target).header("host", "localhost").body(()) else { continue };
                for (name, value) in [(header::RANGE, &range), (header::IF_NONE_MATCH, &tag)] {
                    if let Ok(value) = HeaderValue::from_str(value) {
                        request.headers_mut().insert(name, value);
                    }
                }
                let peer = Peer { address: [127, 0, 0, 1].into(), local: Ipv4Addr::LOCALHOST.into(), named: &[] };
                let answer = answer(&request, peer, &state);
                assert!(!matches!(answer.body(), Source::Disk { .. }));
                if let Some(to) = answer.headers().get(header::LOCATION) {
                    assert!(to.to_str().expect("text").starts_with("/%C3%BC/"), "{target} leads to {to:?}");
                }
            }
        }
    }
}
