//! A bucket of moto, an S3 server for tests, and what may stand between it and us.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::servers::UNSIGNED;
use super::{Cut, PARTS, Project, Server, parts_of, said};

const SECRET: &str = "hunter2-hunter2-hunter2";

/// A project whose target is a bucket.
struct Bucket {
    project: Project,
    server: Server,
}

/// What a server answered.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Bucket {
    fn new() -> Bucket {
        let server = Server::moto();
        let project = Project::new("to = \"PLACE\"");
        let bucket = Bucket { project, server };
        bucket.lead_to(bucket.server.port);
        bucket
    }

    /// Sets the endpoint to a port of this machine.
    fn lead_to(&self, port: u16) {
        let to = format!("s3://bucket/blog?endpoint=http://127.0.0.1:{port}&region=us-east-1");
        let settings = format!("base_url = \"https://parts.se/\"\ntitle = \"Site\"\n\n[[publish]]\nto = \"{to}\"\n");
        self.project.write("partwork.toml", &settings);
    }

    fn command(&self, args: &[&str]) -> Command {
        self.run(&[&["publish"], args].concat())
    }

    fn run(&self, args: &[&str]) -> Command {
        let mut command = self.project.command(args);
        command.env("AWS_ACCESS_KEY_ID", "AKIAHUNTER2").env("AWS_SECRET_ACCESS_KEY", SECRET);
        for name in ["AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(name);
        }
        command
    }

    fn publish(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().expect("it runs");
        assert!(!said(&output).to_lowercase().contains("hunter2"), "{}", said(&output));
        output
    }

    fn publishes(&self, args: &[&str]) -> String {
        let output = self.publish(args);
        assert!(output.status.success(), "{args:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Asks the server itself, which checks no signature.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port)).expect("the server lives");
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n{UNSIGNED}\r\n")
            .expect("sent");
        stream.write_all(body).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head, body: bytes[end..].to_vec() }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", &format!("/bucket/blog/{path}"), b"")
    }

    /// The keys of the bucket.
    fn keys(&self) -> Vec<String> {
        let listing = self.ask("GET", "/bucket?list-type=2", b"").body;
        let listing = String::from_utf8_lossy(&listing).into_owned();
        listing.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_string())).collect()
    }

    /// Whether the bucket holds a site, and no older one.
    fn assert_shows(&self, site: &BTreeMap<String, Vec<u8>>) {
        for (path, content) in site {
            assert!(self.get(path).body == *content, "{path}");
        }
        let keys = self.keys();
        let more = keys.iter().filter_map(|key| key.strip_prefix("blog/"));
        let more: Vec<&str> = more.filter(|path| !site.contains_key(*path) && *path != ".partwork-release").collect();
        assert!(more.iter().all(|path| path.contains("theme.")), "{more:?}");
    }

    /// Puts the lock of another publish there.
    fn lock(&self, host: &str, place: Option<&str>, pid: u32, at: &str) {
        let holder = serde_json::json!({ "token": "t", "host": host, "place": place, "pid": pid, "at": at });
        let text = holder.to_string();
        assert_eq!(self.ask("PUT", "/bucket/blog/.partwork-lock", text.as_bytes()).status, 200);
    }

    /// What pages that are there lack.
    fn lacks(&self) -> Vec<String> {
        let keys = self.keys();
        let pages = keys.iter().filter(|key| key.ends_with(".html"));
        pages
            .flat_map(|key| {
                let page = self.ask("GET", &format!("/bucket/{key}"), b"").body;
                let parts = parts_of(&String::from_utf8_lossy(&page));
                let missing = parts.into_iter().filter(|part| !keys.contains(&format!("blog{part}")));
                missing.map(|part| format!("{key} lacks {part}")).collect::<Vec<_>>()
            })
            .collect()
    }
}

fn now() -> String {
    let date = Command::new("date").args(["-u", "+%FT%TZ"]).output().expect("date").stdout;
    String::from_utf8(date).expect("a date").trim().to_string()
}

/// What the lock of a run of this machine says of it.
fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux");
    let processes = fs::read_link("/proc/self/ns/pid").expect("Linux");
    blake3::hash(format!("{boot}{}", processes.display()).as_bytes()).to_hex().to_string()
}

#[test]
fn a_bucket_is_compared_with() {
    let bucket = Bucket::new();
    let settings = fs::read_to_string(bucket.project.root().join("partwork.toml")).expect("ours");
    bucket.project.write("partwork.toml", &settings.replace("[[publish]]", "[[publish]]\nname = \"live\""));
    let diff = |args: &[&str]| bucket.run(&[&["diff", "live"], args].concat()).output().expect("it runs");
    bucket.publishes(&["--dry-run", "-q"]);
    bucket.publishes(&["-q"]);
    assert_eq!(said(&diff(&[])), "nothing changes\n");
    // What others put there is not the site's.
    assert_eq!(bucket.ask("PUT", "/bucket/blog/mine.html", b"mine").status, 200);
    bucket.project.part(3, "Second words.");
    let found = said(&diff(&[]));
    assert!(found.starts_with("part 4 changes in one paragraph; "), "{found}");
    assert!(found.contains("\n  [-First-]{+Second+} words.\n") && !found.contains("mine"), "{found}");
    let sentence = found.lines().next().expect("a sentence");
    let published = bucket.publishes(&[]);
    assert_eq!(published.lines().next(), Some(sentence), "{published}");
    assert_eq!(said(&diff(&["--format", "human"])), "nothing changes\n");
    // A page that somebody has taken away is no failure; a key that isn't there is.
    bucket.ask("DELETE", "/bucket/blog/s/p5/index.html", b"");
    assert!(diff(&[]).status.success());
    let mut refused = bucket.run(&["diff", "live"]);
    let refused = refused.env_remove("AWS_ACCESS_KEY_ID").output().expect("it runs");
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
}

#[test]
fn a_bucket_gets_what_changed() {
    let bucket = Bucket::new();
    bucket.publishes(&["--dry-run", "-q"]);
    assert!(bucket.keys().is_empty());
    bucket.publishes(&["-q"]);
    bucket.assert_shows(&bucket.project.built());
    let page = bucket.get("s/p0/index.html").head.to_lowercase();
    assert!(page.contains("content-type: text/html; charset=utf-8"), "{page}");
    assert!(page.contains("cache-control: public, max-age=0, must-revalidate"), "{page}");
    let keys = bucket.keys();
    let style = keys.iter().find(|key| key.ends_with(".css")).expect("a style");
    let style = bucket.ask("GET", &format!("/bucket/{style}"), b"").head.to_lowercase();
    assert!(style.contains("text/css; charset=utf-8") && style.contains("immutable"), "{style}");
    assert!(bucket.publishes(&[]).contains("up to date"));
    assert!(!keys.iter().any(|key| key.contains("lock")), "{keys:?}");

    assert_eq!(bucket.ask("PUT", "/bucket/blog/mine.txt", b"mine").status, 200);
    assert_eq!(bucket.ask("PUT", "/bucket/elsewhere", b"mine").status, 200);
    bucket.project.revise(1);
    bucket.project.write("static/old name/\u{fc}&x.txt", "soon gone");
    let plan = bucket.publishes(&["-v"]);
    assert!(plan.contains("not ours  mine.txt") && plan.contains("kept      theme."), "{plan}");
    assert!(!plan.contains("elsewhere"), "{plan}");
    assert_eq!(bucket.get("old%20name/%C3%BC%26x.txt").body, b"soon gone");
    fs::remove_dir_all(bucket.project.root().join("static/old name")).expect("ours");
    // Somebody's hand, with the size of the old one.
    let length = bucket.get("s/p1/index.html").body.len();
    bucket.ask("PUT", "/bucket/blog/s/p1/index.html", &vec![b'x'; length]);
    let plan = bucket.publishes(&["-v"]);
    assert!(plan.contains("content   s/p1/index.html") && plan.contains("gone      old name/\u{fc}&x.txt"), "{plan}");
    assert_eq!(bucket.get("mine.txt").body, b"mine");
    bucket.ask("DELETE", "/bucket/blog/mine.txt", b"");
    bucket.ask("DELETE", "/bucket/elsewhere", b"");
    bucket.assert_shows(&bucket.project.built());
    assert_eq!(bucket.publish(&["--rollback"]).status.code(), Some(3));
}

#[test]
fn more_objects_than_a_listing_has() {
    let bucket = Bucket::new();
    for n in 0..1100 {
        bucket.project.write(&format!("static/many/{n}.txt"), &n.to_string());
    }
    bucket.publishes(&["-q"]);
    let plan = bucket.publishes(&[]);
    assert!(plan.contains("up to date"), "{plan}");
}

#[test]
fn publishers_of_a_bucket_take_turns() {
    let bucket = Bucket::new();
    bucket.publishes(&["-q"]);
    let before = bucket.keys();
    bucket.project.revise(1);
    bucket.lock("other", None, 1, &now());
    let second = bucket.publish(&["-q"]);
    assert_eq!(second.status.code(), Some(4));
    assert!(said(&second).contains("another publish is at work"), "{}", said(&second));
    bucket.ask("DELETE", "/bucket/blog/.partwork-lock", b"");
    assert_eq!(bucket.keys(), before);
    // Left by a run of another machine an hour ago, and by one of this that is gone.
    bucket.lock("other", None, 1, "2026-01-01T00:00:00Z");
    bucket.publishes(&["-q"]);
    bucket.project.revise(2);
    let mut gone = Command::new("true").spawn().expect("it runs");
    gone.wait().expect("ours");
    let host = String::from_utf8(Command::new("uname").arg("-n").output().expect("uname").stdout).expect("a name");
    // In another container of that name, it may live.
    bucket.lock(host.trim(), Some("elsewhere"), gone.id(), &now());
    assert_eq!(bucket.publish(&["-q"]).status.code(), Some(4));
    bucket.lock(host.trim(), Some(&place()), gone.id(), &now());
    bucket.publishes(&["-q"]);
    bucket.assert_shows(&bucket.project.built());
    assert!(!bucket.keys().iter().any(|key| key.contains("lock")));

    bucket.project.revise(3);
    let start = || bucket.command(&["-q"]).stderr(Stdio::null()).spawn().expect("it runs");
    let ends = [start(), start()].map(|mut child| child.wait().expect("ours").code());
    assert!(ends.contains(&Some(0)) && ends.iter().all(|end| matches!(end, Some(0 | 4))), "{ends:?}");
    bucket.assert_shows(&bucket.project.built());
}

#[test]
fn a_killed_publish_to_a_bucket_is_completed_by_the_next() {
    const KILLS: usize = 8;
    let bucket = Bucket::new();
    bucket.publishes(&["-q"]);
    bucket.project.revise(0);
    let (port, met) = way(bucket.server.port, |_, _| Fate::Pass);
    bucket.lead_to(port);
    bucket.publishes(&["-q"]);
    let requests = met.load(Ordering::Relaxed);
    for n in 1..=KILLS {
        bucket.project.revise(n);
        let last = requests * n / (KILLS + 1);
        let (port, met) = way(bucket.server.port, move |n, _| if n + 1 < last { Fate::Pass } else { Fate::Silence });
        bucket.lead_to(port);
        let child = bucket.command(&["-q"]).stderr(Stdio::null()).spawn().expect("it runs");
        assert!(super::kill_when(child, || met.load(Ordering::Relaxed) >= last), "it ended before request {last}");
        let lacking = bucket.lacks();
        assert!(lacking.is_empty(), "{lacking:?}");
    }
    bucket.lead_to(bucket.server.port);
    bucket.publishes(&["-q"]);
    bucket.assert_shows(&bucket.project.built());
}

#[test]
fn a_bucket_is_whole_when_the_line_is_cut() {
    let bucket = Bucket::new();
    bucket.publishes(&["-q"]);
    let cut = Cut::new(bucket.server.port);
    for (n, bytes) in [500, 20_000, 60_000].into_iter().enumerate() {
        bucket.project.revise(n);
        bucket.lead_to(cut.port);
        cut.after(bytes);
        let output = bucket.publish(&["-q"]);
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        let lacking = bucket.lacks();
        assert!(lacking.is_empty(), "{lacking:?}");
    }
    bucket.lead_to(bucket.server.port);
    bucket.publishes(&["-q"]);
    bucket.assert_shows(&bucket.project.built());
}

/// What becomes of a request on its way.
enum Fate {
    Pass,
    /// It gets this answer and goes no further; an empty one is a broken line.
    Answer(&'static str),
    /// The server gets it, and its answer is lost.
    Lose,
    /// Nobody ever answers.
    Silence,
    /// The answer never ends.
    Endless,
    /// It passes, and all ETags are others than they were.
    OtherTags,
}

/// A way to a server that decides over each request by its number and its head. moto ends the
/// connection with each answer.
fn way(to: u16, fate: impl Fn(usize, &str) -> Fate + Send + Sync + 'static) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let met = Arc::new(AtomicUsize::new(0));
    let (count, fate) = (Arc::clone(&met), Arc::new(fate));
    // It ends with the process; a test has no other use for its port.
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (n, fate) = (count.fetch_add(1, Ordering::Relaxed), Arc::clone(&fate));
            // A line that breaks is what is tried here.
            thread::spawn(move || carry(client, to, |head| fate(n, head)).ok());
        }
    });
    (port, met)
}

fn carry(mut client: TcpStream, to: u16, fate: impl Fn(&str) -> Fate) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let fate = fate(&String::from_utf8_lossy(&head).to_lowercase());
    match fate {
        Fate::Answer(answer) => return client.write_all(answer.as_bytes()),
        // Until the client has had enough.
        Fate::Silence => return std::io::copy(&mut client, &mut std::io::sink()).map(drop),
        Fate::Endless => {
            client.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                client.write_all(&[b' '; 1 << 16])?;
            }
        }
        Fate::OtherTags => reverse_tags(&mut head),
        Fate::Pass | Fate::Lose => {}
    }
    let mut server = TcpStream::connect(("127.0.0.1", to))?;
    let (mut body, mut there) = (client.try_clone()?, server.try_clone()?);
    there.write_all(&head)?;
    thread::spawn(move || std::io::copy(&mut body, &mut there));
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    match fate {
        Fate::OtherTags => reverse_tags(&mut answer),
        Fate::Lose => return client.shutdown(std::net::Shutdown::Both),
        _ => {}
    }
    client.write_all(&answer)?;
    client.shutdown(std::net::Shutdown::Both)
}

/// Turns each quoted MD5 sum around, which makes it none, and a second time what it was.
fn reverse_tags(bytes: &mut [u8]) {
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let quoted = start > 0 && matches!(bytes[start - 1], b'"' | b';');
        if length == 32 && quoted && matches!(bytes.get(start + 32), Some(b'"' | b'&')) {
            bytes[start..start + 32].reverse();
        }
        start += length + 1;
    }
}

#[test]
fn failures_that_pass_are_sat_out() {
    const PATIENCE: &str = "HTTP/1.1 503 Slow Down\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let bucket = Bucket::new();
    bucket.publishes(&["-q"]);
    bucket.project.revise(1);
    let accidents = [PATIENCE, BROKEN, "", BROKEN];
    let fate = move |n: usize, _: &str| accidents.get(n).map_or(Fate::Pass, |accident| Fate::Answer(accident));
    let (port, met) = way(bucket.server.port, fate);
    bucket.lead_to(port);
    let started = Instant::now();
    bucket.publishes(&["-q"]);
    assert!(started.elapsed().as_secs_f64() >= 1.0, "it did not wait as it was asked to");
    assert!(met.load(Ordering::Relaxed) > 4);
    bucket.assert_shows(&bucket.project.built());

    // One that doesn't pass is told.
    bucket.project.revise(2);
    let (port, met) = way(bucket.server.port, |_, _| Fate::Answer(BROKEN));
    bucket.lead_to(port);
    let output = bucket.publish(&["-q"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("500"), "{}", said(&output));
    assert_eq!(met.load(Ordering::Relaxed), 5, "the first request is tried five times");
}

#[test]
fn a_store_that_is_silent_is_not_waited_for_for_ever() {
    let bucket = Bucket::new();
    let (port, met) = way(bucket.server.port, |_, _| Fate::Silence);
    bucket.lead_to(port);
    let output = bucket.command(&["-q"]).env("PARTWORK_TIMEOUT", "1").output().expect("it runs");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("timeout"), "{}", said(&output));
    assert_eq!(met.load(Ordering::Relaxed), 5);
    let output = bucket.command(&["-q"]).env("PARTWORK_TIMEOUT", "soon").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[test]
fn a_listing_that_never_ends_is_a_failure() {
    const AGAIN: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<ListBucketResult><IsTruncated>true</IsTruncated>\
        <NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
    let bucket = Bucket::new();
    let (port, _) =
        way(bucket.server.port, |_, head| if head.contains("list-type=2") { Fate::Answer(AGAIN) } else { Fate::Pass });
    bucket.lead_to(port);
    let output = bucket.publish(&["-q"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("again and again"), "{}", said(&output));
}

#[test]
fn an_answer_that_never_ends_is_a_failure() {
    let bucket = Bucket::new();
    for endless in ["get /bucket?list-type=2", "get /bucket/blog/.partwork-release", "put /bucket/blog/.partwork-lock"]
    {
        let fate = move |_, head: &str| if head.contains(endless) { Fate::Endless } else { Fate::Pass };
        let (port, _) = way(bucket.server.port, fate);
        bucket.lead_to(port);
        let output = bucket.publish(&["-q"]);
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        assert!(said(&output).contains("answers with more than"), "{endless}: {}", said(&output));
    }
}

#[test]
fn a_listing_that_lags_is_asked_for_again() {
    const NOTHING: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<ListBucketResult>\
        <IsTruncated>false</IsTruncated></ListBucketResult>";
    let bucket = Bucket::new();
    let lists = AtomicUsize::new(0);
    // What is there before the transfer, which is nothing, and two looks after it.
    let (port, _) = way(bucket.server.port, move |_, head| {
        let lags = head.contains("list-type=2") && lists.fetch_add(1, Ordering::Relaxed) < 3;
        if lags { Fate::Answer(NOTHING) } else { Fate::Pass }
    });
    bucket.lead_to(port);
    bucket.publishes(&["-q"]);
    bucket.assert_shows(&bucket.project.built());
    let again = bucket.publishes(&["--dry-run"]);
    assert!(!again.contains("headers"), "{again}");
}

#[test]
fn answers_that_get_lost_lock_nobody_out() {
    let bucket = Bucket::new();
    // The write of the lock arrives, and is tried again.
    let lost = AtomicUsize::new(0);
    let (port, _) = way(bucket.server.port, move |_, head| {
        let lock = head.starts_with("put ") && head.contains("/.partwork-lock ");
        if lock && lost.fetch_add(1, Ordering::Relaxed) == 0 { Fate::Lose } else { Fate::Pass }
    });
    bucket.lead_to(port);
    bucket.publishes(&["-q"]);
    bucket.assert_shows(&bucket.project.built());
    assert!(!bucket.keys().iter().any(|key| key.contains("lock")));
}

#[test]
fn stores_without_conditional_writes_have_a_lock_too() {
    const UNKNOWN: &str = "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n\
        <Error><Code>NotImplemented</Code><Message>A header is not implemented.</Message></Error>";
    let bucket = Bucket::new();
    let (port, _) =
        way(bucket.server.port, |_, head| if head.contains("\r\nif-") { Fate::Answer(UNKNOWN) } else { Fate::Pass });
    bucket.lead_to(port);
    bucket.publishes(&["-q"]);
    bucket.assert_shows(&bucket.project.built());
    bucket.project.revise(1);
    bucket.lock("other", None, 1, &now());
    let second = bucket.publish(&["-q"]);
    assert_eq!(second.status.code(), Some(4), "{}", said(&second));
    assert!(said(&second).contains("another publish is at work"), "{}", said(&second));
}

/// As where a store encrypts with keys of its own.
#[test]
fn etags_need_not_be_sums() {
    let bucket = Bucket::new();
    let (port, _) = way(bucket.server.port, |_, _| Fate::OtherTags);
    bucket.lead_to(port);
    bucket.publishes(&["-q"]);
    assert!(bucket.publishes(&[]).contains("up to date"));
    bucket.project.part(3, "Other words.");
    let plan = bucket.publishes(&["-v"]);
    assert!(plan.contains("content   s/p3/index.html") && !plan.contains("s/p4/index.html"), "{plan}");
    bucket.assert_shows(&bucket.project.built());
}

#[test]
fn a_store_of_ones_own_has_certificates_of_its_own() {
    let bucket = Bucket::new();
    let (key, certificate) = (bucket.project.beside("key.pem"), bucket.project.beside("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=store", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(made.expect("openssl is installed; tests/run installs it").success());
    let server = Server::moto_over_tls(&key, &certificate);
    bucket.lead_to(server.port);
    let settings = fs::read_to_string(bucket.project.root().join("partwork.toml")).expect("ours");
    bucket.project.write("partwork.toml", &settings.replace("=http://", "=https://"));
    let output = bucket.publish(&["-q"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("certificate"), "{}", said(&output));
    let publish =
        |bundle: &std::path::Path| bucket.command(&["-q"]).env("AWS_CA_BUNDLE", bundle).output().expect("it runs");
    // That it was believed is seen from the answer: this server has no bucket yet.
    let output = publish(&certificate);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("NoSuchBucket"), "{}", said(&output));
    let output = publish(&key);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("holds no certificate"), "{}", said(&output));
}

#[test]
fn a_store_that_says_no_is_quoted() {
    const DENIED: &str = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n\
        <Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.</Message>\
        <AWSAccessKeyId>AKIAHUNTER2</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256</StringToSign></Error>";
    let bucket = Bucket::new();
    let (port, met) = way(bucket.server.port, |_, _| Fate::Answer(DENIED));
    bucket.lead_to(port);
    for args in [&["-v"][..], &["--format", "json", "-v"], &["--dry-run", "-v"]] {
        let output = bucket.publish(args);
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        assert!(
            said(&output).contains("403 SignatureDoesNotMatch: The signature does not match."),
            "{}",
            said(&output)
        );
    }
    assert!(met.load(Ordering::Relaxed) < 2 * 3 + 1, "what is denied stays denied");
    assert!(bucket.keys().is_empty());

    bucket.lead_to(bucket.server.port);
    let output = bucket.command(&["-q"]).env_remove("AWS_SECRET_ACCESS_KEY").output().expect("it runs");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("no credentials"), "{}", said(&output));
    let home = bucket.project.beside("home/.aws");
    fs::create_dir_all(&home).expect("a folder");
    let text = format!("[default]\naws_access_key_id = AKIAHUNTER2\naws_secret_access_key = {SECRET}\n");
    fs::write(home.join("credentials"), text).expect("room");
    let output = bucket.command(&["-q"]).env_remove("AWS_SECRET_ACCESS_KEY").output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    assert!(bucket.keys().len() > PARTS);

    // What a file of credentials holds is in no output either.
    const REPEATED: &str = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n\
        <Error><Code>InvalidAccessKeyId</Code><Message>Nobody knows AKIAHUNTER2.</Message></Error>";
    let (port, _) = way(bucket.server.port, |_, _| Fate::Answer(REPEATED));
    bucket.lead_to(port);
    let mut command = bucket.command(&["-v"]);
    let output = command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").output().expect("it runs");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("Nobody knows ***."), "{}", said(&output));
    bucket.lead_to(bucket.server.port);

    // A bucket that isn't there.
    assert_eq!(bucket.ask("PUT", "/other", b"").status, 200);
    let settings = fs::read_to_string(bucket.project.root().join("partwork.toml")).expect("ours");
    bucket.project.write("partwork.toml", &settings.replace("s3://bucket/", "s3://nowhere/"));
    let output = bucket.publish(&["-q"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("NoSuchBucket"), "{}", said(&output));
}
