//! `partwork serve` over raw sockets: what a browser would never send, and what it relies on.

#![expect(clippy::disallowed_methods, reason = "the program is run and waited for")]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Nothing here takes as long; a test that would wait for ever fails instead.
const PATIENCE: Duration = Duration::from_secs(40);

const CONFIG: &str = "base_url = \"https://example.org/sub/\"\ntitle = \"Test\"\n";

/// A server on a project of its own.
struct Server {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Server {
    fn start(args: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let files = [
            ("partwork.toml", CONFIG.to_string()),
            ("content/about.md", page("Words.")),
            ("content/über-uns.md", page("We.")),
            ("content/secret.md", page("Hidden.").replace("+++\nHidden", "status = \"draft\"\n+++\nHidden")),
            ("content/clip.mp4", "0123456789".to_string()),
        ];
        for (path, text) in files {
            write(folder.path(), path, &text);
        }
        Server::start_in(folder, args)
    }

    fn start_in(folder: TempDir, args: &[&str]) -> Server {
        let mut child = command(folder.path(), args).stdout(Stdio::piped()).spawn().expect("partwork");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = lines
            .find_map(|line| line.expect("text").strip_prefix("serving ").map(str::to_string))
            .expect("the address");
        // Whoever stops reading a pipe ends what writes to it.
        std::thread::spawn(move || lines.for_each(drop));
        let address = url.trim_start_matches("http://").split('/').next().expect("a host");
        Server { child, address: address.parse().expect("an address"), folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Replaces a file in one step.
    fn save(&self, path: &str, text: &str) {
        let beside = self.folder.path().join(".saved");
        fs::write(&beside, text).expect("written");
        fs::rename(beside, self.path(path)).expect("moved");
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        stream.set_write_timeout(Some(PATIENCE)).expect("a limit");
        stream
    }

    /// What comes back for these bytes until the server has no more to say.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A server that has heard enough closes its ear.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&answer)),
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "")
    }

    fn ask(&self, method: &str, target: &str, headers: &str) -> Answer {
        let host = self.address;
        let text = self.send(
            format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
        );
        Answer::read(&text)
    }

    /// Listens for news; gives each state as it comes.
    fn news(&self) -> impl Iterator<Item = serde_json::Value> + use<> {
        let mut stream = self.connect();
        write!(stream, "GET /.partwork/events HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).expect("sent");
        states(BufReader::new(stream))
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().expect("kill");
        assert!(status.success());
    }

    fn end(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it doesn't end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The states in a stream of events; none for too long is a failure, signs of life or not.
fn states(reader: impl BufRead) -> impl Iterator<Item = serde_json::Value> {
    let mut last = Instant::now();
    reader.lines().map_while(Result::ok).filter_map(move |line| {
        assert!(last.elapsed() < PATIENCE, "no news");
        let state = line.strip_prefix("data: ")?.to_string();
        last = Instant::now();
        Some(serde_json::from_str(&state).expect("JSON"))
    })
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(text: &str) -> Answer {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_string(), body: body.to_string() }
    }

    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or("")
    }
}

fn command(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partwork"));
    command.arg("serve").arg("--root").arg(root).args(args).stderr(Stdio::null());
    command.env("PARTWORK_CACHE", root.join(".cache"));
    command.env_remove("VISUAL").env_remove("EDITOR").env_remove("PARTWORK_EDITOR");
    if !args.contains(&"--port") {
        command.args(["--port", "0"]);
    }
    command
}

fn page(text: &str) -> String {
    format!("+++\ntitle = \"A page\"\ndescription = \"About it.\"\ndate = 2025-01-01\n+++\n{text}\n")
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

#[test]
fn pages_files_and_redirects() {
    let server = Server::start(&[]);
    let about = server.get("/sub/about/");
    assert_eq!((about.status, about.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(about.header("partwork-version"), "1");
    assert!(about.body.contains("data-version=\"1\""), "{}", about.body);
    for name in ["content-security-policy", "x-content-type-options", "referrer-policy"] {
        assert_ne!(about.header(name), "", "{name}");
    }
    for (from, to) in [
        ("/", "/sub/"),
        ("/sub", "/sub/"),
        ("/sub/about", "/sub/about/"),
        ("/sub/about?a=b&c", "/sub/about/?a=b&c"),
        ("/sub/%C3%BCber-uns", "/sub/%C3%BCber-uns/"),
    ] {
        let answer = server.get(from);
        assert_eq!((answer.status, answer.header("location")), (307, to), "{from}");
    }
    assert_eq!(server.get("/sub/%C3%BCber-uns/").status, 200);
    assert_eq!(server.get("/sub/secret/").status, 404, "drafts are for `--drafts`");
    let missing = server.get("/sub/nowhere/");
    assert_eq!((missing.status, missing.header("partwork-version")), (404, "1"));
    assert!(missing.body.contains("Page not found") && missing.body.contains("reload.js"), "{}", missing.body);
    let head = server.ask("HEAD", "/sub/about/", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), about.header("content-length"));
    let head = server.ask("HEAD", "/sub/clip.mp4", "");
    assert_eq!((head.status, head.header("content-length"), head.body.as_str()), (200, "10", ""));
    let post = server.ask("POST", "/sub/about/", "Content-Length: 0\r\n");
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
}

#[test]
fn what_a_browser_has_is_not_sent_again() {
    let server = Server::start(&[]);
    for target in ["/sub/about/", "/sub/clip.mp4", "/sub/sitemap.xml", "/sub/"] {
        let first = server.get(target);
        if first.status == 404 {
            continue;
        }
        let tag = first.header("etag");
        let with = |known: &str| server.ask("GET", target, &format!("If-None-Match: {known}\r\n"));
        let again = with(&format!("\"x\", W/{tag}"));
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{target}");
        assert_eq!(with("\"x\"").status, 200);
    }
    let part = |headers: &str| {
        let answer = server.ask("GET", "/sub/clip.mp4", headers);
        (answer.status, answer.header("content-range").to_string(), answer.body)
    };
    let told = |status, range: &str, body: &str| (status, range.to_string(), body.to_string());
    assert_eq!(part("Range: bytes=2-4\r\n"), told(206, "bytes 2-4/10", "234"));
    assert_eq!(part("Range: bytes=7-\r\n"), told(206, "bytes 7-9/10", "789"));
    assert_eq!(part("Range: bytes=-2\r\n"), told(206, "bytes 8-9/10", "89"));
    assert_eq!(part("Range: bytes=10-\r\n"), told(416, "bytes */10", ""));
    for whole in ["bytes=x", "bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes=99999999999999999999999-"] {
        let (status, ..) = part(&format!("Range: {whole}\r\n"));
        assert!(matches!(status, 200 | 416), "{whole}: {status}");
    }
    assert_eq!(part("Range: bytes=2-4\r\nIf-Range: \"old\"\r\n").0, 200);
}

#[test]
fn no_path_leaves_the_site() {
    let server = Server::start(&[]);
    write(server.folder.path(), "static/plain.txt", "plain");
    for target in [
        "/../partwork.toml",
        "/sub/../partwork.toml",
        "/sub/../../etc/passwd",
        "/sub/..%2fpartwork.toml",
        "/sub/%2e%2e/partwork.toml",
        "/sub/%2e%2e%2fpartwork.toml",
        "/sub/%252e%252e%252fpartwork.toml",
        "/sub/..%5cpartwork.toml",
        "/sub/..\\partwork.toml",
        "/sub/about/../../partwork.toml",
        "/sub/.%00./partwork.toml",
        "/sub/%00",
        "/sub/about%00.html",
        "/sub/about/%0d%0aX:%20y",
        "/sub/%ff%fe",
        "/sub/%c0%ae%c0%ae/partwork.toml",
        "/sub/%e0%80%ae/",
        "/sub//etc/passwd",
        "/sub//",
        "//etc/passwd",
        "/sub/./about/",
        "/partwork.toml",
        "/sub/partwork.toml",
        "/sub/content/about.md",
        "/sub/.git/config",
        "/sub/.partwork/cache",
        "/.partwork/cache",
        "/.partwork/../partwork.toml",
        "/.partwork/%2e%2e/partwork.toml",
        "/.partwork//reload.js",
        "/.partwork/client/reload.js",
        "/sub/C:/windows",
        "/sub/con",
        "/sub/about/index.html/",
        "/%2fexample.org/",
        "/%2f%2fexample.org",
        "/sub/%2f%2fexample.org/%2e%2e",
        "/%5cexample.org/",
    ] {
        let answer = server.get(target);
        assert!(matches!(answer.status, 400 | 404), "{target}: {}", answer.head);
        for secret in ["base_url", "root:", "Words."] {
            assert!(!answer.body.contains(secret), "{target}: {}", answer.body);
        }
        assert_eq!(answer.header("location"), "", "{target}");
    }
    assert_eq!(server.get("/sub/about/").status, 200);
}

#[test]
fn other_names_are_refused() {
    let server = Server::start(&["--host", "127.0.0.1", "--host", "a.localhost"]);
    let port = server.address.port();
    let status =
        |head: String| Answer::read(&server.send(format!("{head}Connection: close\r\n\r\n").as_bytes())).status;
    let get = |target: &str, host: &str| status(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n"));
    for host in ["127.0.0.1", "localhost", &format!("LocalHost:{port}"), "[::1]:1", "a.localhost", "127.0.0.1:9"] {
        assert_eq!(get("/sub/", host), 200, "{host}");
    }
    for host in [
        "example.org",
        "evil.example:4711",
        "localhost.evil.example",
        "192.168.0.1",
        "0.0.0.0",
        "",
        "a b",
        "x@localhost",
    ] {
        for target in ["/sub/", "/.partwork/state", "/.partwork/events"] {
            assert!(matches!(get(target, host), 400 | 403), "{host}");
        }
    }
    // An absolute address says more than the Host header (RFC 9112, §3.2.2), and both are checked.
    assert_eq!(get(&format!("http://127.0.0.1:{port}/sub/"), "localhost"), 200);
    assert_eq!(get("http://evil.example/sub/", "localhost"), 403);
    assert_eq!(get("http://localhost/sub/", "evil.example"), 403);
    assert!(matches!(get("http://localhost@evil.example/sub/", "localhost"), 400 | 403));
    assert_eq!(status("GET /sub/ HTTP/1.1\r\n".into()), 400, "no name");
    assert_eq!(status("GET /sub/ HTTP/1.0\r\n".into()), 400, "no name");
    assert_eq!(status("GET /sub/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n".into()), 400, "two names");
    assert!(matches!(status("CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n".into()), 400 | 405));
    assert!(matches!(status("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n".into()), 405));
}

#[test]
fn huge_requests_are_refused() {
    let server = Server::start(&[]);
    let host = "Host: localhost\r\n";
    let status = |bytes: &[u8]| Answer::read(&server.send(bytes)).status;
    let long = "x".repeat(1 << 20);
    assert!(matches!(status(format!("GET /{long} HTTP/1.1\r\n{host}\r\n").as_bytes()), 0 | 414 | 431));
    assert!(matches!(status(format!("GET / HTTP/1.1\r\n{host}A: {long}\r\n\r\n").as_bytes()), 0 | 431));
    assert!(matches!(status(format!("GET / HTTP/1.1\r\n{host}{}\r\n", "A: b\r\n".repeat(500)).as_bytes()), 0 | 431));
    let body = |header: &str, body: &str| format!("POST /sub/ HTTP/1.1\r\n{host}{header}\r\n\r\n{body}");
    assert!(matches!(status(body("Content-Length: 99999999999", &long).as_bytes()), 0 | 405));
    assert!(matches!(status(body("Transfer-Encoding: chunked", &"1000\r\n".repeat(9999)).as_bytes()), 0 | 400 | 405));
    let smuggled = "GET /.partwork/state HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let sent = format!("GET /sub/about/ HTTP/1.1\r\n{host}Content-Length: {}\r\n\r\n{smuggled}", smuggled.len());
    assert_eq!(server.send(sent.as_bytes()).matches("HTTP/1.1 ").count(), 1, "a body is no second request");
    for junk in [
        "\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\u{16}\u{3}\u{1}\0\u{a5}\u{1}\r\n\r\n",
    ] {
        assert!(!server.send(junk.as_bytes()).contains("200 OK"), "{junk:?}");
    }
    assert_eq!(server.get("/sub/about/").status, 200);
}

/// Takes twenty seconds: it is about limits of time.
#[test]
fn who_is_slow_is_not_waited_for() {
    let server = Server::start(&[]);
    // More than the system takes off the server's hands, and nobody reads it.
    fs::File::create(server.path("content/clip.mp4")).expect("a file").set_len(100 << 20).expect("a size");
    let mut deaf = server.connect();
    write!(deaf, "GET /sub/clip.mp4 HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut silent = server.connect();
    let mut idle = server.connect();
    write!(idle, "GET /sub/about/ HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut slow = server.connect();
    slow.set_read_timeout(Some(Duration::from_millis(200))).expect("a limit");
    let began = Instant::now();
    slow.write_all(b"GET / HTTP/1.1\r\n").expect("sent");
    // One byte now and then never ends the headers.
    loop {
        assert!(began.elapsed() < PATIENCE, "a slow request is waited for");
        match (slow.write_all(b"A"), slow.read(&mut [0; 1000])) {
            (Ok(()), Err(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            _ => break,
        }
    }
    assert!(began.elapsed() > Duration::from_secs(5), "ended by something else after {:?}", began.elapsed());
    for stream in [&mut silent, &mut idle] {
        // Reads until the server closes; fails when it doesn't.
        stream.read_to_end(&mut Vec::new()).expect("an end");
    }
    // More bytes are taken until the server has closed; the pause between two is a read that gets
    // nothing from a connection that has nothing to say.
    let quiet = server.connect();
    quiet.set_read_timeout(Some(Duration::from_millis(200))).expect("a limit");
    while deaf.write_all(b"A").is_ok() {
        assert!(began.elapsed() < PATIENCE, "an answer that nobody reads is held for ever");
        let _ = (&quiet).read(&mut [0]);
    }
    assert_eq!(server.get("/sub/about/").status, 200);
}

#[test]
fn five_hundred_at_once() {
    let server = Server::start(&[]);
    let mut streams: Vec<TcpStream> = (0..500).map(|_| server.connect()).collect();
    // All are open before the first is used, and half of them were never finished.
    for (at, stream) in streams.iter_mut().enumerate() {
        let end = if at % 2 == 0 { "\r\n\r\n" } else { "" };
        write!(stream, "GET /sub/about/ HTTP/1.1\r\nHost: localhost\r\nConnection: close{end}").expect("sent");
    }
    assert_eq!(server.get("/sub/about/").status, 200, "one more");
    for (at, stream) in streams.iter_mut().enumerate() {
        if at % 2 == 1 {
            write!(stream, "\r\n\r\n").expect("sent");
        }
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        assert!(text.starts_with("HTTP/1.1 200 OK") && text.ends_with("</html>\n"), "{at}: {text}");
    }
}

#[test]
fn listeners_are_bounded_and_hear() {
    let server = Server::start(&[]);
    let mut streams: Vec<TcpStream> = (0..400).map(|_| server.connect()).collect();
    for stream in &mut streams {
        write!(stream, "GET /.partwork/events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    }
    let mut heard = Vec::new();
    for stream in &streams {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).expect("a status");
        if line.contains("200 OK") {
            heard.push(reader);
        } else {
            assert!(line.contains("503"), "{line}");
        }
    }
    assert!((100..400).contains(&heard.len()), "{}", heard.len());
    server.save("content/about.md", &page("News."));
    for reader in heard {
        assert!(states(reader).any(|state| state["version"] == 2));
    }
    assert!(server.get("/sub/about/").body.contains("News."));
}

#[test]
fn it_ends_well() {
    for (signal, status) in [("INT", 130), ("TERM", 0)] {
        let mut server = Server::start(&[]);
        let mut news = server.news();
        assert_eq!(news.next().expect("a state")["version"], 1);
        // A request that never ends holds nothing up for long.
        let mut half = server.connect();
        half.write_all(b"GET / HTTP/1.1\r\n").expect("sent");
        let began = Instant::now();
        server.signal(signal);
        assert!(news.next().is_none(), "whoever listens is told that it is over");
        assert_eq!(server.end().code(), Some(status), "{signal}");
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        assert!(TcpStream::connect(server.address).is_err(), "nobody listens");
    }
}

#[test]
fn each_answer_is_of_one_version() {
    let server = Server::start(&[]);
    let news = server.news();
    let mut last = 0;
    let mut saved = 0;
    for state in news {
        assert_eq!(state["problems"], false, "{state}");
        let about = server.get("/sub/about/");
        let version: u64 = about.header("partwork-version").parse().expect("a number");
        assert!(about.body.contains(&format!("data-version=\"{version}\"")), "{}", about.body);
        assert!(version > last && version >= state["version"].as_u64().expect("a number"), "{version} after {last}");
        if saved > 0 {
            assert!(about.body.contains(&format!("Saved {saved}.")), "stale: {}", about.body);
        }
        last = version;
        saved += 1;
        if saved == 10 {
            break;
        }
        server.save("content/about.md", &page(&format!("Saved {saved}.")));
    }
    assert_eq!(saved, 10);
}

#[test]
fn what_is_looked_at_comes_before_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");

    write(folder.path(), "partwork.toml", CONFIG);
    write(folder.path(), "content/s/series.toml", "title = \"S\"\ndescription = \"Of it.\"\nparts = [\"a\", \"b\"]\n");
    write(folder.path(), "content/s/a.md", &page("Words."));
    write(folder.path(), "content/s/b.md", &page("Others."));
    for at in 0..1100 {
        write(folder.path(), &format!("static/files/{at}.txt"), "x");
    }
    let server = Server::start_in(folder, &[]);
    assert!(server.get("/sub/s/a/").body.contains("Words."));
    let mut news = server.news();
    let mut last = news.next().expect("a state");
    let number = |state: &serde_json::Value, key: &str| state[key].as_u64().expect("a number");
    let mut shown_first = 0;
    for saved in 1..=10 {
        let words = format!("Saved {saved}.");
        server.save("content/s/a.md", &page(&words));
        let whole = number(&last, "version");
        loop {
            let state = news.next().expect("a state");
            assert_eq!((number(&state, "since"), &state["problems"]), (whole, &false.into()), "{state}");
            assert!(number(&state, "version") > number(&last, "version"), "{state} after {last}");
            let a = server.get("/sub/s/a/");
            assert!(
                a.body.contains(&words)
                    && a.header("partwork-version")
                        .parse::<u64>()
                        .is_ok_and(|version| version >= number(&state, "version"))
            );
            let is_first = state["first"] == serde_json::json!(["/sub/s/a/"]);
            assert!(is_first || state["first"].is_null(), "{state}");
            last = state;
            if !is_first {
                break;
            }
            shown_first += 1;
            // Whoever asks for anything else gets it when it is there.
            let feed = server.get("/sub/s/feed.xml");
            assert!(feed.status == 200 && feed.body.contains(&words), "{}", feed.body);
            assert_eq!((server.get("/sub/s/b").status, server.get("/sub/none/").status), (307, 404));
        }
    }
    assert!(shown_first > 0, "the rest was always there as soon");
}

#[test]
fn files_are_whole_whatever_happens_to_them() {
    // More than fits between the server and a client that doesn't read yet.
    const SIZE: usize = 16 << 20;
    let server = Server::start(&[]);
    let mut news = server.news();
    server.save("content/clip.mp4", &"a".repeat(SIZE));
    while news.next().expect("a state")["builds"].as_u64() < Some(2) {}
    let mut kinds = std::collections::BTreeSet::new();
    let mut broken = 0;
    for round in 0..12 {
        let kind = if round % 2 == 0 { "b" } else { "a" };
        // Changed while the answer is on its way, and right before it is asked for.
        let mut stream = server.connect();
        write!(stream, "GET /sub/clip.mp4 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("sent");
        stream.peek(&mut [0]).expect("the answer has begun");
        if round % 4 < 2 {
            server.save("content/clip.mp4", &kind.repeat(SIZE));
        } else {
            let mut file = fs::File::options().write(true).open(server.path("content/clip.mp4")).expect("a file");
            file.write_all(kind.repeat(SIZE).as_bytes()).expect("written in place");
        }
        let mut text = String::new();
        let complete = stream.read_to_string(&mut text).is_ok();
        broken += usize::from(text.len() < SIZE);
        for answer in [complete.then(|| Answer::read(&text)), Some(server.get("/sub/clip.mp4"))].into_iter().flatten() {
            if answer.status == 200 && answer.body.len() == SIZE {
                let first = answer.body.as_bytes()[0];
                assert!(answer.body.bytes().all(|byte| byte == first), "torn");
                kinds.insert(first);
            } else {
                assert!(matches!(answer.status, 200 | 503), "{}", answer.head);
            }
        }
        let fresh = server.get("/sub/clip.mp4");
        assert_eq!((fresh.status, &fresh.body[..1]), (200, kind), "stale");
    }
    assert_eq!(kinds.len(), 2);
    assert!(broken >= 6, "what was changed in place was not whole any more: {broken}");
}

#[test]
fn links_into_the_project_are_watched() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "partwork.toml", CONFIG);
    write(folder.path(), "static/notes/linked.md", &page("Linked."));
    write(folder.path(), "static/more/deep/page.md", &page("Deep."));
    fs::create_dir(folder.path().join("content")).expect("a folder");
    std::os::unix::fs::symlink("../static/notes/linked.md", folder.path().join("content/linked.md")).expect("a link");
    std::os::unix::fs::symlink("../static/more", folder.path().join("content/more")).expect("a link");
    let server = Server::start_in(folder, &[]);
    let mut news = server.news();
    assert_eq!(news.next().expect("a state")["problems"], false);
    fs::write(server.path("static/notes/linked.md"), page("Linked anew.")).expect("written");
    news.next().expect("a state");
    assert!(server.get("/sub/linked/").body.contains("Linked anew."));
    fs::write(server.path("static/more/deep/page.md"), page("Deep anew.")).expect("written");
    news.next().expect("a state");
    assert!(server.get("/sub/more/deep/page/").body.contains("Deep anew."));
}

#[test]
fn fonts_of_cards_are_watched() {
    for args in [&[][..], &["--poll"]] {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = |fonts: &str| format!("{CONFIG}[cards]\nfonts = [{fonts}]\n");
        write(folder.path(), "partwork.toml", &settings("\"fonts/more/hebrew.ttf\""));
        let server = Server::start_in(folder, args);
        let mut news = server.news();
        // What is done in several steps may be several builds.
        let mut until = |problems: bool| while news.next().expect("a state")["problems"] != problems {};
        until(true);
        let font = fs::read("tests/fonts/hebrew.ttf").expect("a font");
        fs::create_dir_all(server.path("fonts/more")).expect("a folder");
        fs::write(server.path("fonts/more/hebrew.ttf"), &font).expect("written");
        until(false);
        fs::write(server.path("fonts/more/hebrew.ttf"), "no font").expect("written");
        until(true);
        // A place that only the settings of now name.
        fs::create_dir_all(server.path("others")).expect("a folder");
        server.save("partwork.toml", &settings("\"others/hebrew.ttf\""));
        fs::write(server.path("others/hebrew.ttf"), &font).expect("written");
        until(false);
        fs::remove_file(server.path("others/hebrew.ttf")).expect("removed");
        until(true);
    }
}

#[test]
fn a_picture_is_cleaned_for_who_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "partwork.toml", CONFIG);
    let comment = |text: &str| [b"\x21\xfe", &[text.len() as u8][..], text.as_bytes(), b"\0"].concat();
    let image = |told: &[u8], last: u8| [b"GIF89a\x01\x00\x01\x00\x00\x00", &[last][..], told, b"\x3b"].concat();
    fs::create_dir(folder.path().join("content")).expect("a folder");
    fs::write(folder.path().join("content/x.gif"), image(&comment("SECRET"), 1)).expect("written");
    write(folder.path(), "content/about.md", &page("![x](x.gif)"));
    let server = Server::start_in(folder, &[]);
    let answer = server.get("/sub/x.gif");
    let tag = answer.header("etag").to_string();
    assert_eq!((answer.status, answer.header("content-length")), (200, "14"));
    assert!(answer.body.starts_with("GIF89a") && answer.body.ends_with("\x01;"), "{:?}", answer.body);
    assert_eq!(server.ask("HEAD", "/sub/x.gif", "").header("content-length"), "14");
    let range = server.ask("GET", "/sub/x.gif", "Range: bytes=13-\r\n");
    assert_eq!((range.status, range.body.as_str(), range.header("content-range")), (206, ";", "bytes 13-13/14"));
    assert_eq!(server.ask("GET", "/sub/x.gif", &format!("If-None-Match: {tag}\r\n")).status, 304);
    let mut news = server.news();
    news.next().expect("a state");
    fs::write(server.path("content/x.gif"), image(&comment("SECRET TOO"), 2)).expect("written");
    news.next().expect("a state");
    assert!(server.get("/sub/x.gif").body.ends_with("\x02;"));
}

#[test]
#[cfg(feature = "system-tests")]
fn whoever_waits_for_pictures_sees_how_far_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "partwork.toml", CONFIG);
    write(folder.path(), "content/about.md", &page("![one](one.png) ![two](two.png)"));
    for (name, value) in [("one", 0), ("two", 255)] {
        let file = fs::File::create(folder.path().join(format!("content/{name}.png"))).expect("a file");
        let mut encoder = png::Encoder::new(file, 700, 2);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().and_then(|mut png| png.write_image_data(&[value; 1400])).expect("a picture");
    }
    // Gives a program a terminal, and what it writes there to us.
    let mut script = Command::new("script");
    script.args(["-qefc", "exec \"$PARTWORK\" serve --root . --port 0", "/dev/null"]).current_dir(folder.path());
    script.env("PARTWORK", env!("CARGO_BIN_EXE_partwork")).env("PARTWORK_CACHE", folder.path().join(".cache"));
    let mut script = script.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("script");
    let mut terminal = script.stdout.take().expect("a pipe");
    let mut shown = Vec::new();
    while !shown.ends_with(b"serving ") {
        let mut one = [0];
        terminal.read_exact(&mut one).expect("more");
        shown.extend(one);
    }
    script.kill().and_then(|()| script.wait()).expect("an end");
    let shown = String::from_utf8(shown).expect("text");
    assert!(
        shown.starts_with("\r0 of 2 pictures, 0 s\x1b[K") && shown.contains("\r\x1b[Kbuilt version 1"),
        "{shown:?}"
    );
}

#[test]
fn without_events_one_looks() {
    let server = Server::start(&["--poll"]);
    let mut news = server.news();
    assert_eq!(news.next().expect("a state")["builds"], 1);
    server.save("content/about.md", &page("Found."));
    assert_eq!(news.next().expect("a state")["builds"], 2);
    assert!(server.get("/sub/about/").body.contains("Found."));
    // Two saves within a second, of one size, the second with an older time.
    server.save("content/about.md", &page("Found!"));
    let old = fs::File::options().write(true).open(server.path("content/about.md")).expect("a file");
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("a time");
    news.next().expect("a state");
    assert!(server.get("/sub/about/").body.contains("Found!"));
}

#[test]
fn a_site_that_fails_keeps_its_last_good_version() {
    let server = Server::start(&["--strict", "--drafts"]);
    assert!(server.get("/sub/secret/").body.contains("Hidden."), "drafts are shown");
    let mut news = server.news();
    assert_eq!(news.next().expect("a state")["problems"], false);
    server.save("content/about.md", &page("![](clip.mp4)"));
    let state = news.next().expect("a state");
    assert_eq!((&state["problems"], &state["version"]), (&true.into(), &1.into()), "a warning fails with --strict");
    assert!(server.get("/sub/about/").body.contains("Words."));
    let problems: serde_json::Value = serde_json::from_str(&server.get("/.partwork/problems").body).expect("JSON");
    assert_eq!(problems["problems"][0]["severity"], "warning");
    assert_eq!(problems["problems"][0]["open"], serde_json::Value::Null, "no editor is known");
    fs::remove_file(server.path("partwork.toml")).expect("removed");
    assert_eq!(news.next().expect("a state")["problems"], true);
    assert!(server.get("/sub/about/").body.contains("Words."));
    server.save("partwork.toml", CONFIG);
    server.save("content/about.md", &page("Mended."));
    let mended = news.find(|state| state["problems"] == false).expect("a state");
    assert_eq!(mended["version"], 2);
    assert!(server.get("/sub/about/").body.contains("Mended."));
}

#[test]
fn a_file_that_changed_while_nothing_can_be_built_is_shown() {
    let server = Server::start(&[]);
    let mut news = server.news();
    news.next().expect("a state");
    server.save("content/about.md", "no front matter");
    assert_eq!(news.next().expect("a state")["problems"], true);
    server.save("content/clip.mp4", "changed");
    assert_eq!(news.next().expect("a state")["problems"], true);
    let clip = server.ask("GET", "/sub/clip.mp4", "Range: bytes=2-3\r\n");
    assert_eq!((clip.status, clip.body.as_str(), clip.header("etag")), (200, "changed", ""));
    assert!(server.get("/sub/about/").body.contains("Words."));
}

#[test]
fn a_part_comes_out_in_time() {
    let server = Server::start(&[]);
    let mut news = server.news();
    assert_eq!(news.next().expect("a state")["builds"], 1);
    fs::create_dir(server.path("content/guide")).expect("a folder");
    let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    write(server.folder.path(), "content/guide/one.md", &page("Out.").replace("2025-01-01", &date.to_string()));
    write(
        server.folder.path(),
        "content/guide/series.toml",
        "title = \"G\"\ndescription = \"G.\"\nparts = [\"one\"]\n",
    );
    loop {
        let state = news.next().expect("a state");
        let one = server.get("/sub/guide/one/");
        if state["problems"] == false && one.status == 200 {
            assert!(one.body.contains("Out."), "{}", one.body);
            assert!(jiff::Timestamp::now() >= date, "before its time");
            break;
        }
    }
}

#[test]
fn the_settings_of_a_project_count_and_the_browser_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    write(folder.path(), "partwork.toml", &format!("{CONFIG}[serve]\nport = {free}\nhost = \"localhost\"\n"));
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    write(folder.path(), "bin/xdg-open", &format!("#!/bin/sh\necho \"$1\" > '{}'\n", pipe.display()));
    let opener = folder.path().join("bin/xdg-open");
    fs::set_permissions(&opener, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    let path = format!("{}:{}", folder.path().join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut child = Command::new(env!("CARGO_BIN_EXE_partwork"))
        .args(["serve", "--open", "--quiet", "--root"])
        .arg(folder.path())
        .env("PATH", path)
        .env("PARTWORK_CACHE", folder.path().join(".cache"))
        .spawn()
        .expect("partwork");
    let opened = fs::read_to_string(&pipe).expect("an address");
    child.kill().expect("an end");
    child.wait().expect("an end");
    assert_eq!(opened, format!("http://localhost:{free}/sub/\n"));
}

/// The size of the picture in an answer; `None` when it is no whole PNG.
fn png_size(answer: &[u8]) -> Option<(u32, u32)> {
    let start = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let mut reader = png::Decoder::new(std::io::Cursor::new(&answer[start..])).read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    Some((info.width, info.height))
}

#[test]
fn a_card_is_drawn_for_who_asks() {
    let server = Server::start(&[]);
    let plan = |title: &str| format!("title = \"{title}\"\ndescription = \"G.\"\nparts = [\"one\"]\n");
    fs::create_dir(server.path("content/guide")).expect("a folder");
    write(server.folder.path(), "content/guide/one.md", &page("One."));
    let mut news = server.news();
    server.save("content/guide/series.toml", &plan("Guide"));
    // Changes made right before may be a build of their own.
    let card = loop {
        news.next().expect("a state");
        let part = server.get("/sub/guide/one/");
        if part.status == 200 {
            let end = part.body.find(".png\"").expect("a card") + 4;
            let start = part.body[..end].rfind("/sub/").expect("its address");
            break part.body[start..end].to_string();
        }
    };
    let bytes = |target: &str| {
        let mut stream = server.connect();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        answer
    };
    // The first to ask, with each way to ask.
    let head = server.ask("HEAD", &card, "");
    let length: usize = head.header("content-length").parse().expect("a length");
    let first = bytes(&card);
    assert_eq!((head.status, head.header("content-type"), png_size(&first)), (200, "image/png", Some((1200, 630))));
    assert!(first.len() > length && length > 1000, "{length}");
    assert_ne!(head.header("partwork-version"), "");
    let tag = head.header("etag").to_string();
    assert_eq!(server.ask("GET", &card, &format!("If-None-Match: {tag}\r\n")).status, 304);
    let range = server.ask("GET", &card, "Range: bytes=1-3\r\n");
    assert_eq!((range.status, range.body.as_str()), (206, "PNG"));
    assert_eq!(range.header("content-range"), format!("bytes 1-3/{length}"));

    server.save("content/guide/series.toml", &plan("Another title"));
    news.next().expect("a state");
    let range = server.ask("GET", &card, &format!("Range: bytes=1-3\r\nIf-Range: {tag}\r\n"));
    assert_eq!(range.status, 200, "another card, so all of it");
    let second = bytes(&card);
    assert_eq!(png_size(&second), Some((1200, 630)));
    assert_ne!(first, second);

    // Drawn or not, a card is the same: a build that changes nothing is no version of its own.
    let version = server.get("/sub/about/").header("partwork-version").to_string();
    server.save("content/about.md", &page("Words."));
    news.next().expect("a state");
    assert_eq!(server.get("/sub/about/").header("partwork-version"), version);
}

#[test]
fn a_card_that_cannot_be_drawn_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "partwork.toml", CONFIG);
    write(folder.path(), "templates/card.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>");
    let checked = Command::new(env!("CARGO_BIN_EXE_partwork"))
        .args(["check", "--root"])
        .arg(folder.path())
        .env("PARTWORK_CACHE", folder.path().join(".cache"))
        .output()
        .expect("partwork");
    let text = format!("{}{}", String::from_utf8_lossy(&checked.stderr), String::from_utf8_lossy(&checked.stdout));
    let problem = "the card of `Test` can't be drawn: it is 1 × 1, not 1200 × 630";
    assert!(text.contains(problem) && text.contains("card-failed"), "{text}");
    let server = Server::start_in(folder, &[]);
    for _ in 0..2 {
        let answer = server.get("/sub/card.png");
        assert_eq!((answer.status, answer.body.as_str()), (500, &*format!("{problem}\n")));
        assert_eq!((answer.header("content-type"), answer.header("etag")), ("text/plain; charset=utf-8", ""));
        assert_eq!(answer.header("partwork-version"), "1");
    }
    let mut news = server.news();
    news.next().expect("a state");
    fs::remove_file(server.path("templates/card.svg")).expect("removed");
    news.next().expect("a state");
    assert_eq!(server.get("/sub/card.png").status, 200);
}

#[test]
fn a_port_that_is_taken_is_an_error_and_a_free_one_is_found() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "partwork.toml", CONFIG);
    let output = command(folder.path(), &["--port", &port]).stderr(Stdio::piped()).output().expect("partwork");
    assert_eq!(output.status.code(), Some(4));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains(&format!("port {port} is taken")), "{text}");
}
