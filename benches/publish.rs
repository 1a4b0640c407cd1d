//! What publishing to a bucket costs: the first time, with nothing changed, and with one page.
//!
//! `cargo bench --bench publish` makes a project whose site has about ten thousand files on tmpfs
//! (`/dev/shm`, or where `BENCH_DIR` says), starts moto, an S3 server for tests, which `tests/run`
//! installs, and publishes to it through a proxy that counts requests and bytes. `FILES=n` makes
//! another number. The server is one Python process and takes most of the time, so the counts say
//! more than the seconds: a second publish asks for a listing and moves only what changed.
//!
//! On two cores that others used as well, 10,000 files of 105 MB in all: the first time 10,059
//! requests, 105 MB sent, 26 s; with nothing changed 17 requests, 8 kB sent and 4.5 MB received (the
//! listing, a thousand files a page, and the record), 2.7 s; with one part changed 35 requests, of
//! which 7 write, 21 MB sent (most of it the page that holds the whole series), 4.5 s.

#![expect(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

#[path = "../tests/common/servers.rs"]
mod servers;

use servers::Server;

fn main() {
    let files: usize = std::env::var("FILES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let folder = std::env::var("BENCH_DIR").map_or_else(|_| PathBuf::from("/dev/shm"), PathBuf::from);
    let folder = tempfile::Builder::new().prefix("partwork-publish-").tempdir_in(folder).expect("a folder");
    let server = Server::moto();
    let proxy = Proxy::before(server.port);
    let proxy: &'static Proxy = Box::leak(Box::new(proxy));
    let port = proxy.listen();
    let to = write_project(folder.path(), files, port);

    println!(
        "{:<18} {:>8} {:>10} {:>10} {:>12}  requests by method",
        "", "seconds", "requests", "KB sent", "KB received"
    );
    publish(folder.path(), &to, proxy, "the first time");
    publish(folder.path(), &to, proxy, "nothing changed");
    let part = folder.path().join("content/s/p7.md");
    let text = fs::read_to_string(&part).expect("a part");
    fs::write(&part, format!("{text}\nOne sentence more.\n")).expect("room");
    publish(folder.path(), &to, proxy, "one part changed");
}

/// A project of parts without search, feeds' worth of text, cards or books: two files a part.
fn write_project(root: &Path, files: usize, port: u16) -> String {
    let parts = files / 2;
    let to = format!("s3://bucket/blog?endpoint=http://127.0.0.1:{port}&region=us-east-1");
    let settings = format!(
        "base_url = \"https://parts.se/\"\ntitle = \"Site\"\n[cards]\nenabled = false\n[epub]\nenabled = false\n\
         [search]\nenabled = false\n[[publish]]\nto = \"{to}\"\n"
    );
    let ids: Vec<String> = (0..parts).map(|n| format!("\"p{n}\"")).collect();
    fs::create_dir_all(root.join("content/s")).expect("a folder");
    fs::write(root.join("partwork.toml"), settings).expect("room");
    fs::write(root.join("content/s/series.toml"), format!("title = \"S\"\nparts = [{}]\n", ids.join(", ")))
        .expect("room");
    for n in 0..parts {
        let front =
            format!("+++\ntitle = \"Part {n}\"\ndescription = \"What part {n} tells.\"\ndate = 2025-01-01\n+++\n");
        let text = format!("The words of part {n}, which are like those of others.\n\n").repeat(40);
        fs::write(root.join(format!("content/s/p{n}.md")), format!("{front}{text}")).expect("room");
    }
    to
}

fn publish(root: &Path, to: &str, proxy: &Proxy, what: &str) {
    proxy.reset();
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_partwork"))
        .args(["publish", "--quiet", "--root"])
        .arg(root)
        .env("PARTWORK_CACHE", root.join("cache"))
        .env("PARTWORK_TRUST", to)
        .env("AWS_ACCESS_KEY_ID", "x")
        .env("AWS_SECRET_ACCESS_KEY", "y")
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let took = started.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let methods = proxy.methods.lock().expect("no panic holds it");
    let count = |method: &str| methods.iter().filter(|known| *known == method).count();
    let by_method: Vec<String> =
        ["GET", "HEAD", "PUT", "POST", "DELETE"].iter().map(|method| format!("{method} {}", count(method))).collect();
    println!(
        "{what:<18} {took:>8.1} {:>10} {:>10} {:>12}  {}",
        methods.len(),
        proxy.sent.load(Ordering::Relaxed) / 1000,
        proxy.received.load(Ordering::Relaxed) / 1000,
        by_method.join(", ")
    );
}

/// Passes bytes on and counts them; a request begins where a method does after a whole answer.
struct Proxy {
    to: u16,
    sent: AtomicU64,
    received: AtomicU64,
    methods: Mutex<Vec<String>>,
}

impl Proxy {
    fn before(to: u16) -> Proxy {
        Proxy { to, sent: AtomicU64::new(0), received: AtomicU64::new(0), methods: Mutex::new(Vec::new()) }
    }

    fn reset(&self) {
        self.sent.store(0, Ordering::Relaxed);
        self.received.store(0, Ordering::Relaxed);
        self.methods.lock().expect("no panic holds it").clear();
    }

    fn listen(&'static self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || self.pass(client));
            }
        });
        port
    }

    fn pass(&'static self, mut client: TcpStream) {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", self.to)) else { return };
        let (mut answers, mut back) = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
        thread::spawn(move || {
            copy(&mut answers, &mut back, |bytes| {
                self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            });
        });
        copy(&mut client, &mut server, |bytes| {
            self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            // A request that has come to its line is told by the first bytes of what is sent at once.
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            if line.ends_with(b"HTTP/1.1\r")
                && let Some(method) = line.split(|byte| *byte == b' ').next()
            {
                self.methods.lock().expect("no panic holds it").push(String::from_utf8_lossy(method).into_owned());
            }
        });
    }
}

fn copy(from: &mut TcpStream, to: &mut TcpStream, mut look: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        look(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other side hears that no more will come.
    let _ = to.shutdown(Shutdown::Write);
}
