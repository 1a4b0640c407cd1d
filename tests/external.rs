//! `partwork check --external` against a server of this machine that has every fault.
//!
//! Text in, text out: an article, and what the command prints of it, with `SERVER` for the server's
//! address.

#![expect(clippy::disallowed_methods, reason = "the program is run against servers of the test")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use partwork::store::state::State;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Answers by the path that is asked for, and remembers what was.
struct Server {
    port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || talk(stream, &seen));
            }
        });
        Server { port, log }
    }

    /// What was asked for since the last time, in order of the alphabet.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.log.lock().expect("whole"));
        asked.sort();
        asked
    }
}

fn talk(stream: TcpStream, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    // A proxy is asked to connect, and here it is the server as well.
    while let Some(line) = request(&mut reader) {
        let mut words = line.split(' ');
        let (method, target) = (words.next().expect("a method"), words.next().expect("a target"));
        let earlier = {
            let mut log = log.lock().expect("whole");
            let earlier = log.iter().filter(|known| **known == format!("{method} {target}")).count();
            log.push(format!("{method} {target}"));
            earlier
        };
        let answer = |status: &str, headers: &str| {
            format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n")
        };
        let text = match (method, target) {
            ("CONNECT", _) => "HTTP/1.1 200 Connected\r\n\r\n".to_string(),
            (_, "/moved") => answer("301 Moved", "Location: /fine\r\n"),
            (_, "/moved-and-gone") => answer("301 Moved", "Location: /gone\r\n"),
            (_, "/circle") => answer("302 Found", "Location: /elcric\r\n"),
            (_, "/elcric") => answer("302 Found", "Location: /circle\r\n"),
            (_, "/cookie") => answer("302 Found", "Set-Cookie: a=b\r\nLocation: /cookie\r\n"),
            (_, "/inside") => answer("302 Found", "Location: http://127.0.0.1/secret\r\n"),
            (_, "/missing") => answer("404 Not Found", ""),
            (_, "/gone") => answer("410 Gone", ""),
            (_, "/login") => answer("401 Unauthorized", ""),
            (_, "/forbidden") => answer("403 Forbidden", ""),
            ("HEAD", "/no-head") => answer("405 Method Not Allowed", ""),
            ("HEAD", "/head-lies") => answer("404 Not Found", ""),
            (_, "/busy") if earlier == 0 => answer("429 Too Many Requests", "Retry-After: 1\r\n"),
            (_, "/too-busy") => answer("429 Too Many Requests", "Retry-After: 3600\r\n"),
            (_, "/stumbles") if earlier == 0 => answer("500 Internal Server Error", ""),
            (_, "/fails") => answer("500 Internal Server Error", ""),
            ("HEAD", "/resets") => return,
            (_, "/always-resets") => return,
            (_, "/hangs") => {
                // Until the other side has had enough.
                let _ = reader.read(&mut [0]);
                return;
            }
            (_, "/endless") => {
                let mut stream = &stream;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(&[b'x'; 4096]).is_ok() {}
                return;
            }
            (_, "/no-http") => "SSH-2.0-OpenSSH_9.2\r\n".to_string(),
            _ => answer("200 OK", ""),
        };
        let mut stream = &stream;
        if stream.write_all(text.as_bytes()).is_err() || method != "CONNECT" {
            return;
        }
    }
}

/// The first line of a request, whose headers are read too.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    Some(first.trim().to_string())
}

struct Project(TempDir);

impl Project {
    /// A site with one page of this text.
    fn new(text: &str) -> Project {
        let project = Project(tempfile::tempdir().expect("a folder"));
        project.write(
            "partwork.toml",
            "base_url = \"https://parts.se/\"\ntitle = \"Site\"\n[check]\nallow = [\"local-address\"]\n",
        );
        let front = "+++\ntitle = \"Page\"\ndescription = \"What there is to be read.\"\n+++\n";
        project.write("content/page.md", &format!("{front}{text}"));
        project
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("room");
    }

    /// The cache folder of the user who checks it.
    fn cache(&self) -> PathBuf {
        self.root().join(".cache")
    }

    fn state(&self) -> State {
        State::of(&self.cache(), self.root())
    }

    /// What was learnt of its links.
    fn known(&self) -> String {
        String::from_utf8(self.state().recall("links").expect("it was written")).expect("text")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partwork"));
        command.args(["check", "--external", "--root"]).arg(self.root()).args(args).env("PARTWORK_CACHE", self.cache());
        for name in
            ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"]
        {
            command.env_remove(name);
        }
        command
    }

    fn check(&self, args: &[&str], server: &Server) -> String {
        said(&self.command(args).output().expect("it runs"), server)
    }
}

/// Everything that a command printed, and its status.
fn said(output: &Output, server: &Server) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).replace(&format!("127.0.0.1:{}", server.port), "SERVER");
    format!("{text}[exit {}]\n", output.status.code().expect("no signal"))
}

/// The lines that name a problem, without the drawing around them.
fn problems(text: &str) -> Vec<String> {
    let starts = ["error", "warning", "  -->", " -->"];
    text.lines()
        .filter(|line| starts.iter().any(|start| line.starts_with(start)))
        .map(|line| line.trim().to_string())
        .collect()
}

#[test]
fn each_link_gets_its_verdict_at_its_place() {
    let server = Server::start();
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", server.port);
    let names = [
        "fine",
        "moved",
        "moved-and-gone",
        "circle",
        "cookie",
        "missing",
        "gone",
        "login",
        "forbidden",
        "no-head",
        "head-lies",
        "busy",
        "stumbles",
        "fails",
        "resets",
        "always-resets",
        "endless",
    ];
    let text: String = names.iter().map(|name| format!("- [{name}]({})\n", at(name))).collect();
    let project = Project::new(&text);
    let text = project.check(&["--private", "--timeout", "5"], &server);
    assert_eq!(
        problems(&text),
        [
            "error[external-broken]: `http://SERVER/moved-and-gone` leads to `http://SERVER/gone`, which answers 410 Gone",
            "--> content/page.md:7:20",
            "error[external-broken]: `http://SERVER/circle` leads to `http://SERVER/elcric`, which leads in a circle",
            "--> content/page.md:8:12",
            "warning[external-refused]: `http://SERVER/cookie` leads in a circle without a cookie",
            "--> content/page.md:9:12",
            "error[external-broken]: `http://SERVER/missing` answers 404 Not Found",
            "--> content/page.md:10:13",
            "error[external-broken]: `http://SERVER/gone` answers 410 Gone",
            "--> content/page.md:11:10",
            "warning[external-refused]: `http://SERVER/login` answers 401 Unauthorized",
            "--> content/page.md:12:11",
            "warning[external-refused]: `http://SERVER/forbidden` answers 403 Forbidden",
            "--> content/page.md:13:15",
            "warning[external-unreachable]: `http://SERVER/fails` answers 500 Internal Server Error",
            "--> content/page.md:18:11",
            "warning[external-unreachable]: `http://SERVER/always-resets` can't be reached: the connection broke off",
            "--> content/page.md:20:19",
            "error: 4 errors and 5 warnings; `partwork explain CODE` says more about each",
        ]
    );
    let asked = server.asked();
    let times = |request: &str| asked.iter().filter(|known| *known == request).count();
    assert_eq!(times("HEAD /fine") + times("GET /fine"), 2, "once for itself, once for /moved: {asked:?}");
    assert_eq!(times("HEAD /busy") + times("GET /busy"), 2, "{asked:?}");
    assert_eq!(times("GET /missing"), 1, "{asked:?}");
}

#[test]
fn formats_have_the_places_too() {
    let server = Server::start();
    let project = Project::new(&format!("See <http://127.0.0.1:{}/gone#part>.\n", server.port));
    let json = project.check(&["--private", "--format", "json"], &server);
    assert!(json.contains("\"code\":\"external-broken\",\"severity\":\"error\""), "{json}");
    assert!(json.contains("\"path\":\"content/page.md\",\"line\":5,\"column\":6"), "{json}");
    assert!(json.ends_with("[exit 1]\n") && json.contains("`http://SERVER/gone#part` answers 410 Gone"), "{json}");
    assert_eq!(server.asked(), ["GET /gone", "HEAD /gone"]);
    let github = project.check(&["--private", "--format", "github"], &server);
    assert!(github.starts_with("::error file=content/page.md,line=5,"), "{github}");
}

#[test]
fn links_are_found_wherever_they_stand() {
    let server = Server::start();
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", server.port);
    let text = format!(
        "Bare {} and [text][ref], ![picture]({}), `{}`.\n\n<a href=\"{}\">raw</a>\n\n[ref]: {}\n\n\
         ```comparison\ntitle = \"A or B\"\nlead = \"See [it]({})\"\n[fields]\nx = \"X\"\n[[options]]\nname = \"A\"\n\
         x = \"1\"\n[[options]]\nname = \"B\"\nx = \"2\"\n```\n\n```text\n{}\n```\n\nBare {}&amp;b=2.\n",
        at("bare"),
        at("picture"),
        at("code"),
        at("raw"),
        at("reference"),
        at("block"),
        at("fence"),
        at("query?a=1")
    );
    let project = Project::new(&text);
    project.write(
        "partwork.toml",
        &format!(
            "base_url = \"https://parts.se/\"\ntitle = \"Site\"\n[[authors]]\nid = \"ada\"\nname = \"Ada\"\nurl = \"{}\"\n\
             [discussion]\nkind = \"link\"\nurl = \"{}\"\n[newsletter]\naction = \"{}\"\n\
             [links]\nskip_prefixes = [\"{}\"]\n",
            at("author"), at("discussion"), at("newsletter"), at("raw")
        ),
    );
    project.write("content/draft.md", &format!("+++\ntitle = \"D\"\nstatus = \"draft\"\n+++\n<{}>\n", at("draft")));
    project.write("content/first.md", &format!("+++\ntitle = \"F\"\ncanonical = \"{}\"\n+++\n", at("canonical")));
    let text = project.check(&["--private", "--format", "json"], &server);
    assert!(text.ends_with("[exit 0]\n"), "{text}");
    let paths = ["author", "bare", "block", "canonical", "discussion", "picture", "query?a=1&b=2", "reference"];
    assert_eq!(server.asked(), paths.map(|path| format!("HEAD /{path}")));
}

#[test]
fn answers_are_kept_for_a_while() {
    let server = Server::start();
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", server.port);
    let project = Project::new(&format!("<{}> <{}> <{}> <{}>\n", at("fine"), at("gone"), at("login"), at("fails")));
    let first = project.check(&["--private"], &server);
    assert!(
        first.starts_with("links lead to 4 addresses outside: 1 fine, 1 broken, 1 refused, 1 unreachable\n"),
        "{first}"
    );
    server.asked();
    let second = project.check(&["--private"], &server);
    let known = "links lead to 4 addresses outside: 1 fine, 1 broken, 1 refused, 1 unreachable; 3 known from earlier\n";
    assert!(second.starts_with(known), "{second}");
    assert_eq!(problems(&second), problems(&first));
    assert!(server.asked().iter().all(|asked| asked.ends_with(" /fails")));

    // Some hours and days later.
    let state = project.state();
    let kept = project.known();
    let now = jiff::Timestamp::now();
    let later = |hours: i64, args: &[&str]| {
        let known: Vec<&str> = kept.lines().filter(|line| line.contains("\"asked\"")).collect();
        let then = now - jiff::SignedDuration::from_hours(hours);
        let aged = known.iter().fold(kept.clone(), |text, line| text.replace(line, &format!("\"asked\": \"{then}\"")));
        state.remember("links", aged.as_bytes()).expect("room");
        project.check(&[&["--private"], args].concat(), &server);
        let mut paths: Vec<String> =
            server.asked().iter().filter_map(|asked| Some(asked.split_once(" /")?.1.into())).collect();
        paths.dedup();
        paths.sort();
        paths.dedup();
        paths.join(" ")
    };
    assert_eq!(later(0, &["--max-age", "0s"]), "fails fine gone login");
    assert_eq!(later(2, &[]), "fails gone");
    assert_eq!(later(30, &[]), "fails gone login");
    assert_eq!(later(30, &["--max-age", "20h"]), "fails fine gone login");
    assert_eq!(later(24 * 8, &[]), "fails fine gone login");
    assert_eq!(later(24 * 8, &["--max-age", "30d"]), "fails gone login");
    assert_eq!(later(-48, &[]), "fails fine gone login", "a clock that was wrong");
    state.remember("links", b"{\"version\":1,").expect("room");
    assert!(project.check(&["--private"], &server).starts_with("links lead to 4 addresses"));
    assert_eq!(server.asked().iter().filter(|asked| asked.ends_with("/fine")).count(), 1);
}

#[test]
fn nothing_inside_is_asked() {
    let server = Server::start();
    let port = server.port;
    let hosts = ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"];
    let project = Project::new(&hosts.map(|host| format!("<http://{host}:{port}/>\n")).concat());
    let text = project.check(&[], &server).replace(&format!(":{port}/"), ":PORT/");
    assert_eq!(
        problems(&text),
        [
            "warning[external-refused]: `http://SERVER/` is a private address, and was not asked",
            "--> content/page.md:5:2",
            "warning[external-refused]: `http://localhost:PORT/` is a private address, and was not asked",
            "--> content/page.md:6:2",
            "warning[external-refused]: `http://127.1:PORT/` is a private address, and was not asked",
            "--> content/page.md:7:2",
            "warning[external-refused]: `http://[::ffff:127.0.0.1]:PORT/` is a private address, and was not asked",
            "--> content/page.md:8:2",
            "warning: 4 warnings; `partwork explain CODE` says more about each",
        ]
    );
    assert_eq!(server.asked(), [""; 0]);
}

/// The names are those of a proxy, which is the server: nothing else is asked.
#[test]
fn no_redirect_leads_inside() {
    let server = Server::start();
    let project = Project::new("<http://parts.example.se/inside> <http://parts.example.se/fine>\n");
    let mut command = project.command(&[]);
    command.env("http_proxy", format!("http://127.0.0.1:{}", server.port));
    let text = said(&command.output().expect("it runs"), &server);
    assert_eq!(
        problems(&text),
        [
            "warning[external-refused]: `http://parts.example.se/inside` leads to `http://127.0.0.1/secret`, which is a \
             private address, and was not asked",
            "--> content/page.md:5:2",
            "warning: 1 warning; `partwork explain CODE` says more about each",
        ],
        "{text}"
    );
    let asked = server.asked();
    assert!(asked.contains(&"HEAD /inside".to_string()), "{asked:?}");
    assert!(asked.iter().all(|asked| !asked.contains("127.0.0.1") && !asked.contains("secret")), "{asked:?}");
}

#[test]
fn a_host_that_wants_to_be_left_alone_is() {
    let server = Server::start();
    let at = |path: String| format!("<http://127.0.0.1:{}/{path}>\n", server.port);
    let project = Project::new(&(at("too-busy".into()) + &(0..20).map(|n| at(format!("z{n}"))).collect::<String>()));
    let text = project.check(&["--private", "-v"], &server);
    assert!(
        text.contains(
            "`http://SERVER/too-busy` answers 429 Too Many Requests and wants to be left alone for 60 minutes"
        ),
        "{text}"
    );
    assert!(
        text.contains("`http://SERVER/z19` was not asked, as its host wants to be left alone for 60 minutes"),
        "{text}"
    );
    assert!(text.ends_with("[exit 0]\n"), "{text}");
    assert!(server.asked().len() <= 3);
    assert!(project.check(&["--private", "--strict"], &server).ends_with("[exit 1]\n"));
}

#[test]
fn who_hangs_is_not_waited_for() {
    let server = Server::start();
    let project = Project::new(&format!("<http://127.0.0.1:{}/hangs>\n", server.port));
    let text = project.check(&["--private", "--timeout", "1"], &server);
    assert_eq!(
        problems(&text)[0],
        "warning[external-unreachable]: `http://SERVER/hangs` can't be reached: no answer came in time"
    );
    assert_eq!(server.asked(), ["GET /hangs", "GET /hangs", "HEAD /hangs"]);
}

#[test]
fn ctrl_c_ends_it_and_keeps_what_was_learnt() {
    let server = Server::start();
    let at = |path: &str| format!("<http://127.0.0.1:{}/{path}>\n", server.port);
    let project = Project::new(&["fine", "hangs", "later"].map(at).concat());
    let mut child =
        project.command(&["--private"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let until = Instant::now() + Duration::from_secs(20);
    while server.log.lock().expect("whole").len() < 3 {
        assert!(Instant::now() < until, "nothing was asked");
        thread::yield_now();
    }
    // Two are asked at once: with the third the first is done.
    let began = Instant::now();
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("small")).expect("not 0");
    kill_process(pid, Signal::INT).expect("ours");
    let status = child.wait().expect("ours");
    assert_eq!(status.code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(5), "it waited for the server");
    let mut text = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut text).expect("text");
    assert_eq!(text, "error: interrupted; run it again and it goes on where it stopped\n");
    let known = project.known();
    assert!(known.contains("/fine") && !known.contains("/hangs"), "{known}");
}

#[test]
fn addresses_of_the_site_are_not_asked_for() {
    let server = Server::start();
    let project = Project::new(
        "[here](https://parts.se/page/#x), [root](https://parts.se), [gone](https://parts.se/nowhere/), [bad](http://[x/), [file](https://parts.se/feed.xml), [ex](https://www.example.org/x)\n",
    );
    assert_eq!(
        problems(&project.check(&[], &server)),
        [
            "warning[broken-link]: `https://parts.se/nowhere/` is an address of this site, and nothing is there",
            "--> content/page.md:5:68",
            "error[external-broken]: `http://[x/` is no address: invalid IPv6 address",
            "--> content/page.md:5:102",
            "error: 1 error and 1 warning; `partwork explain CODE` says more about each",
        ]
    );
}

#[test]
fn flags_need_their_flag() {
    let server = Server::start();
    let project = Project::new("Text.\n");
    assert!(project.check(&[], &server).starts_with("no links to the outside\nno problems in "));
    let settings =
        "base_url = \"https://parts.se/\"\ntitle = \"Site\"\n[links]\nskip_prefixes = [\"https://no.se/\"]\n";
    project.write("partwork.toml", settings);
    project.write(
        "content/page.md",
        "+++\ntitle = \"P\"\n+++\n<https://no.se/a> <https://example.com/x> <https://a.test/> <https://a.test/>\n",
    );
    let text = project.check(&[], &server);
    assert!(
        text.starts_with("no links to ask for; passed over: 2 on names for examples, 1 by `skip_prefixes`\n"),
        "{text}"
    );
    let text = project.check(&["--max-age", "soon"], &server);
    assert_eq!(text, "error: --max-age takes a time such as `12h` or `3d`, not `soon`\n[exit 2]\n");
    let output = Command::new(env!("CARGO_BIN_EXE_partwork")).args(["check", "--private"]).output().expect("it runs");
    assert!(said(&output, &server).contains("--external"));
    assert_eq!(output.status.code(), Some(2));
}
