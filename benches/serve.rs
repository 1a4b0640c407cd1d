//! From a save until the page is there: what an author waits for.
//!
//! `cargo bench --bench serve` copies this repository's own site to tmpfs (`/dev/shm`, or where
//! `BENCH_DIR` says), starts `partwork serve` on it, and saves one file after another. Taken is the
//! time from right before the save until the word of a new version has come and the whole page
//! (the style sheet, for styles) has been fetched and found to hold what was saved. A browser adds
//! its reload and drawing; `node tests/browser/serve.mjs target/release/partwork --measure` prints
//! the time with that.
//!
//! Then it does so on the corpus of `build`, of 1,000 and 10,000 parts in series of 20, each time when the pages that
//! nobody looks at are there as well.
//!
//! Ten milliseconds of each figure are the wait for a burst of changes to be over.
//!
//! On two cores, by what `cargo install` builds: 78 ms at 1,000 parts and 484 at 10,000, where it was 832 in the same run as
//! long as every text was read again. Of these go, roughly, 40 ms into the list of files, 20 into what the system says,
//! 130 into plans and addresses, 45 into the map of the site, 30 into links, 80 into the list of outputs and 40 into
//! what stands for all that they are made from; the page itself takes 10.

#![expect(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "build/corpus.rs"]
#[expect(dead_code, reason = "no other tool is measured here")]
mod corpus;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use corpus::{Shape, Without};

/// How often each file is saved, on a site of this size and on large ones.
const RUNS: usize = 40;
const RUNS_OF_MANY: usize = 10;

fn main() {
    let folder = std::env::var("BENCH_DIR").map_or_else(|_| PathBuf::from("/dev/shm"), PathBuf::from);
    let folder = tempfile::Builder::new().prefix("partwork-serve-").tempdir_in(folder).expect("a folder");
    let root = folder.path();
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["partwork.toml", "content", "static", "templates"] {
        copy(&own.join(name), &root.join(name));
    }
    let mut server = Server::start(root, RUNS);
    println!("{:<28} {:>8} {:>8} {:>8}", "from save to page, ms", "median", "90 %", "worst");
    let part = root.join("content/ai-demystified/rag.md");
    let text = fs::read_to_string(&part).expect("a part");
    server.row(
        "a part",
        |at| (part.clone(), format!("{text}\nSaved {at}.\n"), format!("Saved {at}.")),
        |_| "/ai-demystified/rag/".into(),
    );
    let plan = root.join("content/ai-demystified/series.toml");
    let text = fs::read_to_string(&plan).expect("a plan");
    let titled = |at: usize| text.replacen("title = \"AI Demystified\"", &format!("title = \"AI, take {at}\""), 1);
    server.row("the plan", |at| (plan.clone(), titled(at), format!("AI, take {at}")), |_| "/ai-demystified/".into());
    let template = root.join("templates/page.html");
    let text = fs::read_to_string(&template).expect("a template");
    let shown = |at: usize| text.replacen("{% block content %}", &format!("{{% block content %}}<!-- {at} -->"), 1);
    server.row("a template", |at| (template.clone(), shown(at), format!("<!-- {at} -->")), |_| "/about/".into());
    let style = root.join("static/theme.css");
    let text = fs::read_to_string(&style).expect("a style sheet");
    let styled = |at: usize| format!("{text}\n.saved{at}{{color:red}}\n");
    server.row(
        "a style",
        |at| (style.clone(), styled(at), format!(".saved{at}{{")),
        |page| {
            let start = page.find("/theme.").expect("a link to it");
            let end = start + page[start..].find('"').expect("its end");
            page[start..end].to_string()
        },
    );
    drop(server);
    for parts in [1_000, 10_000] {
        let folder = folder.path().join(parts.to_string());
        corpus::partwork(&folder, Shape { parts, a_series: 20 });
        fs::write(folder.join("partwork.toml"), corpus::settings(Without::default())).expect("settings");
        let part = folder.join("content/series-7/part-1.md");
        let text = fs::read_to_string(&part).expect("a part");
        let mut server = Server::start(&folder, RUNS_OF_MANY);
        // What a browser has asked for is looked at.
        server.get("/series-7/part-1/");
        server.row(
            &format!("one of {parts} parts"),
            |at| (part.clone(), format!("{text}\nSaved {at}.\n"), format!("Saved {at}.")),
            |_| "/series-7/part-1/".into(),
        );
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).expect("a copy");
    }
}

struct Server {
    child: Child,
    address: String,
    news: BufReader<TcpStream>,
    runs: usize,
}

impl Server {
    fn start(root: &Path, runs: usize) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_partwork"))
            .args(["serve", "--port", "0", "--root"])
            .arg(root)
            .env("PARTWORK_CACHE", root.join("cache"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("partwork");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = lines
            .find_map(|line| line.expect("text").strip_prefix("serving http://").map(str::to_string))
            .expect("the address");
        std::thread::spawn(move || lines.for_each(drop));
        let address = url.trim_end_matches('/').to_string();
        let news = BufReader::new(request(&address, "/.partwork/events"));
        let mut server = Server { child, address, news, runs };
        server.wait();
        server
    }

    /// Waits for word of a new state; says whether it is of all pages.
    fn wait(&mut self) -> bool {
        let mut line = String::new();
        while !line.starts_with("data: ") {
            line.clear();
            assert_ne!(self.news.read_line(&mut line).expect("news"), 0, "the server has ended");
        }
        line.contains("\"first\":null")
    }

    fn get(&self, target: &str) -> String {
        let mut text = String::new();
        request(&self.address, target).read_to_string(&mut text).expect("a page");
        text
    }

    /// Saves and fetches, and prints how long it took. `change` gives the file, its new text and
    /// what is to be seen of it; `target`, from the home page, where.
    fn row(
        &mut self,
        name: &str,
        change: impl Fn(usize) -> (PathBuf, String, String),
        target: impl Fn(&str) -> String,
    ) {
        let mut times: Vec<Duration> = Vec::new();
        for at in 0..self.runs {
            let (path, text, wanted) = change(at);
            let beside = path.with_extension("tmp");
            let began = Instant::now();
            fs::write(&beside, text).expect("written");
            fs::rename(&beside, &path).expect("moved");
            let mut is_whole;
            loop {
                is_whole = self.wait();
                let home = if name == "a style" { self.get("/") } else { String::new() };
                if self.get(&target(&home)).contains(&wanted) {
                    break;
                }
            }
            times.push(began.elapsed());
            while !is_whole {
                is_whole = self.wait();
            }
        }
        times.sort();
        let runs = times.len();
        let shown = |at: usize| times[at].as_secs_f64() * 1000.0;
        println!("{name:<28} {:>8.1} {:>8.1} {:>8.1}", shown(runs / 2), shown(runs * 9 / 10), shown(runs - 1));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(address: &str, target: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("sent");
    stream
}
