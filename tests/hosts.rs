//! What hosts are told, held against real ones: nginx serves whole sites with the settings that lie
//! in them, at `/` and under a path; each link of each page answers, each old address leads on, and
//! the headers are those of `_headers`.

#![expect(clippy::disallowed_methods, reason = "the program is run, and servers besides")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use html5gum::{Token, Tokenizer};
use partwork::parse::markup::candidates;
use partwork::text::url::{encode, percent_decode, uri};
use tempfile::TempDir;

#[path = "common/servers.rs"]
mod servers;

use servers::{Server, open_to_servers, status};

/// A built site, served under a base.
struct Host {
    server: Server,
    base: String,
    shown: PathBuf,
    _folder: TempDir,
}

impl Host {
    fn of(project: &Path, base: &str) -> Host {
        let folder = tempfile::tempdir().expect("a folder");
        open_to_servers(folder.path());
        let shown = folder.path().join("a site");
        let built = Command::new(env!("CARGO_BIN_EXE_partwork"))
            .args(["build", "-q", "--root"])
            .arg(project)
            .args(["--base-url", &format!("https://parts.se{base}"), "--output"])
            .arg(&shown)
            .env("PARTWORK_CACHE", folder.path().join("cache"))
            .output()
            .expect("it runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let shown_text = shown.display().to_string();
        let server = Server::nginx(&|port| {
            format!(
                "server {{ listen 127.0.0.1:{port}; set $partwork_root \"{shown_text}\"; \
                 include \"{shown_text}/_nginx.conf\"; }}\n"
            )
        });
        let base = uri(&encode(&percent_decode(base)));
        Host { server, base, shown, _folder: folder }
    }

    /// Every file of the site, with its address.
    fn files(&self) -> BTreeMap<String, PathBuf> {
        let files = walkdir::WalkDir::new(&self.shown).into_iter().map(|entry| entry.expect("readable"));
        files
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(&self.shown).expect("below").to_string_lossy().into_owned();
                (format!("{}{}", self.base, uri(&encode(&path))), entry.into_path())
            })
            .collect()
    }

    /// Follows every link of every page that stays on the host.
    fn crawl(&self) {
        let mut wanted: BTreeMap<String, String> = BTreeMap::new();
        let files = self.files();
        for (address, file) in files.iter().filter(|(address, _)| address.ends_with(".html")) {
            for link in links(&fs::read_to_string(file).expect("a page")) {
                let link = link.strip_prefix("https://parts.se").unwrap_or(&link);
                let path = link.split(['?', '#']).next().unwrap_or_default();
                if path.starts_with("//") || path.split('/').next().is_some_and(|start| start.contains(':')) {
                    continue;
                }
                assert!(path.is_empty() || path.starts_with('/'), "{address} links to {link}");
                if !path.is_empty() {
                    wanted.entry(path.to_string()).or_insert_with(|| address.clone());
                }
            }
        }
        assert!(wanted.len() > 12, "{wanted:?}");
        for (path, page) in wanted {
            assert!(path.starts_with(&self.base), "{page} links to {path}");
            let (head, _) = self.server.ask(&path);
            assert_eq!(status(&head), 200, "{page} links to {path}: {head}");
        }
        for (address, file) in files {
            let (head, body) = self.server.ask(&address);
            let name = address.rsplit('/').next().unwrap_or_default();
            if ["_headers", "_redirects", "_nginx.conf", ".nojekyll"].contains(&name) {
                assert_eq!(status(&head), 404, "{address}: {head}");
                continue;
            }
            let moved = self.moved().contains_key(&address);
            assert_eq!(status(&head), if moved { 301 } else { 200 }, "{address}: {head}");
            let text = fs::read(file).expect("a file");
            assert!(moved || body == String::from_utf8_lossy(&text), "{address} has other bytes");
        }
    }

    /// The lines of `_redirects`, which are of a kind that every host understands.
    fn moved(&self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(self.shown.join("_redirects")).expect("there is one");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
                [from, to, "301"] => (from.to_string(), to.to_string()),
                _ => panic!("{line}"),
            })
            .collect()
    }

    /// The addresses that nobody is led from.
    fn gone(&self) -> Vec<String> {
        let text = fs::read_to_string(self.shown.join("_redirects")).expect("there is one");
        text.lines().filter_map(|line| line.strip_prefix("# gone: ")).map(str::to_string).collect()
    }

    /// Holds what the server says against `_headers`, for every file that it names and for one of
    /// each other kind.
    fn hold_headers(&self) {
        let text = fs::read_to_string(self.shown.join("_headers")).expect("there is one");
        let mut rules: Vec<(&str, BTreeSet<(String, &str)>)> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("  ") {
                Some(header) => {
                    let (name, value) = header.split_once(": ").expect("a header");
                    rules.last_mut().expect("a rule").1.insert((name.to_ascii_lowercase(), value));
                }
                None => rules.push((line, BTreeSet::new())),
            }
        }
        let (all, rules) = rules.split_first().expect("a rule for all");
        assert_eq!(all.0, format!("{}*", self.base));
        assert!(rules.len() > 20);
        // What Cloudflare takes.
        assert!(rules.len() < 100 && text.lines().all(|line| line.chars().count() <= 2_000), "{text}");
        for (address, own) in rules {
            let (head, _) = self.server.ask(address);
            // The page for what isn't there is one of the files, too.
            assert_eq!(status(&head), 200, "{address}: {head}");
            let said: BTreeSet<(String, &str)> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect();
            for wanted in all.1.iter().chain(own) {
                assert!(said.contains(wanted), "{address} lacks {wanted:?}: {head}");
            }
        }
    }

    fn hold(&self) {
        self.crawl();
        self.hold_headers();
        for (from, to) in self.moved() {
            let (head, _) = self.server.ask(&from);
            assert_eq!(status(&head), 301, "{from}: {head}");
            assert!(leads_to(&head, &to), "{from} leads to {to}: {head}");
            assert_eq!(self.server.get(&to).0, 200, "{to}");
        }
        for address in self.gone() {
            let (head, body) = self.server.ask(&address);
            assert_eq!(status(&head), 410, "{address}: {head}");
            assert_eq!(body, self.server.get(&format!("{}404.html", self.base)).1, "{address}");
        }
        let (head, page) = self.server.ask(&format!("{}nowhere/at/all", self.base));
        assert_eq!(status(&head), 404, "{head}");
        assert!(head.contains("Content-Security-Policy: ") && page.contains("theme."), "{head}");
        if self.base != "/" {
            let (head, _) = self.server.ask(self.base.trim_end_matches('/'));
            assert!(head.contains("301") && leads_to(&head, &self.base), "{head}");
        }
        assert_eq!(self.server.complaints(), [""; 0]);
    }
}

fn leads_to(head: &str, address: &str) -> bool {
    head.lines().any(|line| line.strip_prefix("Location: ") == Some(address))
}

/// What a page links to and loads.
fn links(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in Tokenizer::new(html) {
        let Ok(token) = token;
        let Token::StartTag(tag) = token else { continue };
        // A canonical address may be one that is to come with the next publish.
        for name in ["href", "src", "poster", "data", "srcset"] {
            let Some(value) = tag.attributes.get(name.as_bytes()) else { continue };
            let value = String::from_utf8_lossy(value).into_owned();
            match name {
                "srcset" => found.extend(candidates(&value).into_iter().map(|address| value[address].to_string())),
                _ => found.push(value),
            }
        }
    }
    found
}

#[test]
fn the_site_of_this_repository() {
    for base in ["/", "/a/b/"] {
        Host::of(Path::new(env!("CARGO_MANIFEST_DIR")), base).hold();
    }
}

/// Names and settings that mean something to a host.
#[test]
fn a_site_that_tries_its_hosts() {
    let project = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = project.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("room");
    };
    write(
        "partwork.toml",
        "base_url = \"https://parts.se/\"\ntitle = \"Site\"\n[policy]\nobject = [\"'self'\"]\nframe = [\"https://video.org\"]\n[newsletter]\naction = \"https://post.se/\"\n",
    );
    write("content/s/series.toml", "title = \"Series\"\nparts = [\"a\", \"b\", \"öl\"]\n");
    let part = |name: &str, more: &str, text: &str| {
        let front = "description = \"What there is to know.\"\ndate = 2025-01-01\n";
        write(&format!("content/s/{name}.md"), &format!("+++\ntitle = \"{name}\"\n{front}{more}+++\n{text}\n"));
    };
    part(
        "a",
        "aliases = [\"/old place/\", \"/50$/\", \"/a+b.html\", \"/quote'/\", \"/deep/er/\", \"/$uri/\"]\n",
        "![](<a/two words.svg>) <img srcset='a/two%20words.svg 2x' src='a/two%20words.svg' alt=''> \
         <object data='a/two%20words.svg'></object> <iframe src=\"https://video.org/1\" title=\"x\"></iframe> [file](a/data.csv)",
    );
    part("b", "slug = \"bee\"\n", "Words.");
    part("öl", "", "Words.");
    write("content/s/a/two words.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"/>");
    write("content/s/a/data.csv", "a,b\n");
    write("static/50% {off}.txt", "text\n");
    write("urls.toml", "[series.s]\nb = [\"/s/b/\", \"/s/früher/\"]\n[gone.s]\nc = [\"/s/c/\", \"/s/c d/\"]\n");
    for base in ["/", "/sub/", "/s%20p/"] {
        let host = Host::of(project.path(), base);
        assert!(host.moved().len() >= 8 && host.gone().len() == 2);
        host.hold();
    }
}
