//! Publishing for real: folders behind nginx with a reader that never stops, git repositories over
//! files and ssh, rsync, a bucket, and what can go wrong: kills, cut lines, full disks, two at once,
//! secrets in the environment.

#![expect(clippy::disallowed_methods, reason = "the program is run, and servers besides, and killed at a moment")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use partwork::store::state::State;
use tempfile::TempDir;

#[path = "../common/servers.rs"]
mod servers;

mod s3;

use servers::{Server, free_port, open_to_servers, path_of_servers};

/// A project with parts that have pictures, and a folder around it for targets.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new(to: &str) -> Project {
        let project = Project { folder: tempfile::tempdir().expect("a folder") };
        // A server that runs as somebody else has to get in.
        open_to_servers(project.folder.path());
        project.write(
            "partwork.toml",
            &format!("base_url = \"https://parts.se/\"\ntitle = \"Site\"\n\n[[publish]]\n{to}\n"),
        );
        let ids: Vec<String> = (0..PARTS).map(|n| format!("\"p{n}\"")).collect();
        project.write("content/s/series.toml", &format!("title = \"S\"\nparts = [{}]\n", ids.join(", ")));
        for n in 0..PARTS {
            project.part(n, "First words.");
        }
        project
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// A path beside the project.
    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("room");
    }

    fn part(&self, n: usize, words: &str) {
        let front = format!("+++\ntitle = \"Part {n}\"\ndescription = \"About {n}.\"\ndate = 2025-01-01\n+++\n");
        self.write(&format!("content/s/p{n}.md"), &format!("{front}{words}\n\n![A square](p{n}/square.svg)\n"));
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"><path d=\"M0 0h4v4z\"/></svg>";
        self.write(&format!("content/s/p{n}/square.svg"), svg);
    }

    /// Changes every page and the style that all of them use, whose name changes with it.
    fn revise(&self, n: usize) {
        self.write("static/theme.css", &format!("body {{ margin: {n}px }}\n"));
        for part in 0..PARTS {
            self.part(part, &format!("Words of revision {n}."));
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partwork"));
        command.args(args).current_dir(self.root()).env("HOME", self.beside("home"));
        command.env_remove("PARTWORK_CACHE").env_remove("XDG_CACHE_HOME");
        command.env_remove("PARTWORK_CONFIG").env_remove("XDG_CONFIG_HOME").env_remove("PARTWORK_TRUST");
        // Where it leads is confirmed, as by whoever wrote it.
        command.args((args.first() == Some(&"publish") && !args.contains(&"--init")).then_some("--trust"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_CONFIG_GLOBAL");
        command.stdin(Stdio::null());
        command
    }

    fn publish(&self, args: &[&str]) -> Output {
        self.command(&[&["publish"], args].concat()).output().expect("it runs")
    }

    fn publishes(&self, args: &[&str]) -> String {
        let output = self.publish(args);
        assert!(output.status.success(), "{args:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What a build makes of the project now.
    fn built(&self) -> BTreeMap<String, Vec<u8>> {
        let output = self.command(&["build", "-q"]).output().expect("it runs");
        assert!(output.status.success(), "{}", said(&output));
        files(&self.root().join("public"))
    }
}

const PARTS: usize = 24;

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The files of a folder by path, without partwork's own and the assets of earlier releases.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    // What a killed run has left is cleared away at a time of its own.
    let ours = |entry: &walkdir::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".partwork-");
    let entries = walkdir::WalkDir::new(folder).min_depth(1).into_iter();
    for entry in entries.filter_entry(|entry| entry.depth() != 1 || !ours(entry)) {
        let entry = entry.expect("readable");
        let path = entry.path().strip_prefix(folder).expect("below").to_string_lossy().into_owned();
        if entry.file_type().is_file() {
            found.insert(path, fs::read(entry.path()).expect("readable"));
        }
    }
    found
}

/// Whether a folder holds a site and nothing that is older, but for assets that may stay.
fn assert_shows(folder: &Path, site: &BTreeMap<String, Vec<u8>>) {
    let shown = files(folder);
    for (path, content) in site {
        assert!(shown.get(path) == Some(content), "{path} in {}", folder.display());
    }
    let more: Vec<&String> = shown.keys().filter(|path| !site.contains_key(*path)).collect();
    assert!(more.iter().all(|path| path.contains("theme.")), "{more:?}");
}

/// The addresses of what a page needs to be whole.
fn parts_of(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["href=\"", "src=\""] {
        for (at, _) in page.match_indices(attribute) {
            let rest = &page[at + attribute.len()..];
            let address = &rest[..rest.find('"').unwrap_or(0)];
            if [".css", ".js", ".svg", ".woff2", ".png"].iter().any(|end| address.ends_with(end))
                && address.starts_with('/')
            {
                found.push(address.to_string());
            }
        }
    }
    found
}

/// Reads a whole site from its folder; says what a page lacks.
fn lacks(folder: &Path) -> Vec<String> {
    let shown = files(folder);
    let pages = shown.iter().filter(|(path, _)| path.ends_with(".html"));
    pages
        .flat_map(|(path, page)| {
            let parts = parts_of(&String::from_utf8_lossy(page));
            let missing = parts.into_iter().filter(|part| !shown.contains_key(&part[1..]));
            missing.map(|part| format!("{path} lacks {part}")).collect::<Vec<_>>()
        })
        .collect()
}

/// nginx in front of a folder.
fn nginx_before(root: &Path) -> Server {
    Server::nginx(&|port| format!("server {{ listen 127.0.0.1:{port}; root {}; index index.html; }}\n", root.display()))
}

/// sshd that lets one key in.
fn sshd(key: &Path) -> Server {
    sshd_with(key, "")
}

/// As [`sshd`], with more settings.
fn sshd_with(key: &Path, more: &str) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let host_key = folder.path().join("host");
    make_key(&host_key);
    let own = folder.path().display();
    let settings = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {own}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
         PasswordAuthentication no\nAuthorizedKeysFile {}.pub\n{more}",
        key.display()
    );
    fs::write(folder.path().join("settings"), settings).expect("room");
    if rustix::process::geteuid().is_root() {
        // sshd wants the folder that its service would make.
        fs::create_dir_all("/run/sshd").expect("root may");
    }
    let child = Command::new("/usr/sbin/sshd")
        .arg("-D")
        .arg("-f")
        .arg(folder.path().join("settings"))
        .stderr(Stdio::null())
        .spawn()
        .expect("sshd is installed; tests/run installs it");
    Server::new(child, port, folder)
}

fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status();
    assert!(made.expect("ssh-keygen").success());
}

/// Reads pages and then all that they need, until told to stop; gives how many it read.
fn crawl(server: &Server, stop: &AtomicBool, wrong: &dyn Fn(String)) -> usize {
    let mut read = 0;
    for n in (0..PARTS).cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        for address in [format!("/s/p{n}/"), "/s/".into(), "/".into()] {
            let (status, page) = server.get(&address);
            if status != 200 {
                wrong(format!("{address} gives {status}"));
            }
            let parts = parts_of(&page);
            if parts.is_empty() || !page.contains("</html>") {
                wrong(format!("{address} is not whole"));
            }
            for part in parts {
                let (status, _) = server.get(&part);
                if status != 200 {
                    wrong(format!("{address} needs {part}, which gives {status}"));
                }
            }
            read += 1;
        }
    }
    read
}

/// Publishes revisions while readers crawl.
fn crawled_all_the_while(project: &Project, shown: &Path) {
    project.publishes(&["-q"]);
    let server = nginx_before(shown);
    let stop = AtomicBool::new(false);
    let wrong = std::sync::Mutex::new(Vec::new());
    let read = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            let add = |what: String| wrong.lock().expect("no panic holds it").push(what);
            let (server, stop, read) = (&server, &stop, &read);
            scope.spawn(move || read.fetch_add(crawl(server, stop, &add), Ordering::Relaxed));
        }
        for n in 0..8 {
            project.revise(n);
            project.publishes(&["-q"]);
        }
        project.publishes(&["-q"]);
        stop.store(true, Ordering::Relaxed);
    });
    let wrong = wrong.into_inner().expect("no panic holds it");
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(read.into_inner() > PARTS, "the readers hardly read");
    assert_shows(shown, &project.built());
}

#[test]
fn readers_of_a_folder_never_miss_an_asset() {
    let project = Project::new("to = \"file:../site\"");
    crawled_all_the_while(&project, &project.beside("site"));
}

#[test]
fn readers_of_releases_never_miss_an_asset() {
    let project = Project::new("to = \"file:../site\"\nreleases = 3");
    crawled_all_the_while(&project, &project.beside("site/current"));
    let releases = fs::read_dir(project.beside("site/releases")).expect("releases").count();
    assert_eq!(releases, 3);
}

#[test]
fn the_settings_written_for_nginx_show_what_is_published() {
    for base in ["/", "/sub/"] {
        let project = Project::new("name = \"x\"\nto = \"file:../x\"");
        let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
        project.write("partwork.toml", &settings.replace("https://parts.se/", &format!("http://parts.se{base}")));
        project.publishes(&["--init", "nginx"]);
        let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
        let written = fs::read_to_string(project.root().join("nginx.conf")).expect("written");
        let place = project.beside("www");
        let place = place.display().to_string();
        project.write("partwork.toml", &settings.replace("/var/www/parts.se", &place));
        project.publishes(&["nginx", "-q"]);
        let server = Server::nginx(&|port| {
            let written = written.replace("/var/www/parts.se", &place).replace("listen [::]:80;", "");
            written.replace("listen 80;", &format!("listen 127.0.0.1:{port};"))
        });
        let (head, page) = server.ask(&format!("{base}s/p0/"));
        assert!(
            head.contains("200 OK") && head.contains("Cache-Control: public, max-age=0, must-revalidate"),
            "{head}"
        );
        assert!(head.contains("Content-Security-Policy: default-src 'none';"), "{head}");
        assert!(head.contains("text/html; charset=utf-8"), "{head}");
        let style = parts_of(&page).into_iter().find(|part| part.contains("/theme.")).expect("a style");
        let (head, _) = server.ask(&style);
        assert!(head.contains("200 OK") && head.contains("immutable"), "{head}");
        let (head, _) = server.ask(&format!("{base}s/p0"));
        assert!(head.contains("301") && head.contains(&format!("Location: {base}s/p0/")), "{head}");
        let (head, page) = server.ask(&format!("{base}nowhere/"));
        assert!(head.contains("404") && page.contains("theme."), "{head}");
        assert_eq!(server.get(&format!("{base}.partwork-release")).0, 404);
        assert_eq!(server.complaints(), [""; 0]);
    }
}

/// Kills a run once it is amid something; whether it was cut in fact. One that had ended by then
/// proves nothing.
fn kill_when(mut child: Child, amid: impl Fn() -> bool) -> bool {
    while !amid() {
        if child.try_wait().expect("ours").is_some() {
            return false;
        }
        thread::yield_now();
    }
    child.kill().expect("ours");
    child.wait().expect("ours").signal() == Some(rustix::process::Signal::KILL.as_raw())
}

/// Kills publishes at moments spread over the time that one takes, and at the sight of a page that
/// has just changed; after each `look` has its say, and the next one completes.
fn kill_and_look(project: &Project, shown: &Path, look: impl Fn()) {
    const KILLS: usize = 30;
    /// So often a run may be faster than who waits for a sight of it.
    const SIGHTS: u32 = 5;
    project.publishes(&["-q"]);
    project.revise(0);
    let started = Instant::now();
    project.publishes(&["-q"]);
    let took = started.elapsed();
    let mut revision = 0;
    for n in 1..=KILLS {
        let mut faster = 0;
        loop {
            revision += 1;
            project.revise(revision);
            let child = project.command(&["publish", "-q"]).stderr(Stdio::null()).spawn().expect("it runs");
            let cut = if n % 2 == 0 && faster < SIGHTS {
                let page = shown.join(format!("s/p{}/index.html", (n * PARTS / KILLS) >> faster));
                let words = format!("revision {revision}.");
                kill_when(child, || fs::read_to_string(&page).is_ok_and(|page| page.contains(&words)))
            } else {
                let (started, moment) = (Instant::now(), took * n as u32 / KILLS as u32 / 2u32.pow(faster));
                kill_when(child, || started.elapsed() >= moment)
            };
            look();
            if cut {
                break;
            }
            faster += 1;
        }
        if n % 3 == 0 {
            project.publishes(&["-q"]);
            look();
        }
    }
    // Also where the last one was killed when everything had arrived and nothing was tidied yet.
    project.revise(revision + 1);
    project.publishes(&["-q"]);
    assert!(project.publishes(&[]).contains("up to date"));
}

#[test]
fn a_killed_publish_to_a_folder_is_completed_by_the_next() {
    let project = Project::new("to = \"file:../site\"");
    let site = project.beside("site");
    kill_and_look(&project, &site, || {
        let lacking = lacks(&site);
        assert!(lacking.is_empty(), "{lacking:?}");
    });
    assert_shows(&site, &project.built());
    assert!(!site.join(".partwork-incoming").exists());
    let state = State::of(&project.beside("home/.cache/partwork"), &project.root());
    let runs = state.project(false).and_then(|memory| memory.folder("publish")).expect("made by the first");
    let left = runs.list().expect("a folder");
    assert_eq!(left.len(), 1, "only the lock is left: {left:?}");
}

#[test]
fn a_killed_publish_of_a_release_is_completed_by_the_next() {
    let project = Project::new("to = \"file:../site\"\nreleases = 2");
    let site = project.beside("site");
    kill_and_look(&project, &site.join("current"), || {
        let lacking = lacks(&site.join("current"));
        assert!(lacking.is_empty(), "{lacking:?}");
    });
    assert_shows(&site.join("current"), &project.built());
    assert_eq!(fs::read_dir(site.join("releases")).expect("releases").count(), 2);
}

#[test]
fn a_second_run_sends_only_what_is_left() {
    let project = Project::new("to = \"file:../site\"");
    project.publishes(&["-q"]);
    project.revise(1);
    let planned = project.publishes(&["--dry-run", "--format", "json"]);
    let planned: serde_json::Value = serde_json::from_str(&planned).expect("JSON");
    // As if a run had got so far: half of the pages are in place.
    for n in 0..PARTS / 2 {
        let path = format!("s/p{n}/index.html");
        let page = &project.built()[&path];
        fs::write(project.beside("site").join(&path), page).expect("ours");
    }
    let left: serde_json::Value =
        serde_json::from_str(&project.publishes(&["--dry-run", "--format", "json"])).expect("JSON");
    let count = |value: &serde_json::Value| value["changes"].as_array().expect("a list").len();
    assert_eq!(count(&left), count(&planned) - PARTS / 2);
    project.publishes(&["-q"]);
    assert_shows(&project.beside("site"), &project.built());
}

#[test]
fn the_plan_speaks_of_parts_feeds_and_redirects() {
    let project = Project::new("to = \"file:../site\"");
    project.publishes(&["-q"]);
    let plan = project.root().join("content/s/series.toml");
    let text = fs::read_to_string(&plan).expect("ours");
    fs::write(&plan, text.replace("]", ", \"last\"]")).expect("ours");
    let front = "title = \"Last\"\ndescription = \"The last.\"\ndate = 2025-01-01\naliases = [\"/old/place/\"]";
    project.write("content/s/last.md", &format!("+++\n{front}\n+++\nWords.\n"));
    let value: serde_json::Value =
        serde_json::from_str(&project.publishes(&["--dry-run", "--format", "json"])).expect("JSON");
    let summary = value["summary"].as_str().expect("a text");
    assert!(summary.starts_with(&format!("publishes part {}; ", PARTS + 1)), "{summary}");
    assert!(summary.contains(" pages change, 1 page is new") && summary.contains(", 1 redirect"), "{summary}");
    assert_eq!(value["publishes"], serde_json::json!(["s/last"]));
    assert_eq!((&value["dry_run"], &value["applied"]), (&true.into(), &false.into()));
    let class = |path: &str| {
        let changes = value["changes"].as_array().expect("a list");
        changes.iter().find(|change| change["path"] == path).map(|change| change["class"].clone())
    };
    assert_eq!(class("s/last/index.html"), Some("page".into()));
    assert_eq!(class("old/place/index.html"), Some("index".into()));
    assert!(!project.beside("site/old").exists());
}

#[test]
fn files_become_folders_and_folders_files() {
    let project = Project::new("to = \"file:../site\"");
    project.write("static/a", "a file");
    project.write("static/b/c", "in a folder");
    project.publishes(&["-q"]);
    fs::remove_file(project.root().join("static/a")).expect("ours");
    fs::remove_dir_all(project.root().join("static/b")).expect("ours");
    project.write("static/a/c", "in a folder");
    project.write("static/b", "a file");
    project.publishes(&["-q"]);
    assert_shows(&project.beside("site"), &project.built());

    // Somebody's own files in the way stay, unless told otherwise.
    fs::write(project.beside("site/foreign"), "mine").expect("room");
    project.write("static/foreign/x", "ours");
    let output = project.publish(&["-q"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(fs::read_to_string(project.beside("site/foreign")).expect("kept"), "mine");
    project.publishes(&["-q", "--take-over"]);
    assert_shows(&project.beside("site"), &project.built());
}

#[test]
fn a_publish_that_is_interrupted_says_so() {
    let project = Project::new("to = \"file:../site\"");
    // It waits for the fifo, which stands where a file of the target is hashed, until it is told to stop.
    project.publishes(&["-q"]);
    project.revise(1);
    let gate = project.beside("gate");
    let wrapper = project.beside("bin/git");
    fs::create_dir_all(project.beside("bin")).expect("a folder");
    fs::write(&wrapper, format!("#!/bin/sh\nexec 9<{}\nexit 1\n", gate.display())).expect("room");
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("ours");
    assert!(Command::new("mkfifo").arg(&gate).status().expect("mkfifo").success());
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    project.write("partwork.toml", &settings.replace("file:../site", "git+file:///nowhere#x"));
    let mut child = project
        .command(&["publish", "-q"])
        .env("PATH", format!("{}:{}", project.beside("bin").display(), path_of_servers()))
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // Opened only once git waits for it.
    let gate = File::options().write(true).open(&gate).expect("git reads");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("ours");
    drop(gate);
    let mut stderr = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("text");
    assert_eq!(child.wait().expect("ours").code(), Some(130), "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
}

#[test]
fn two_publishers_of_a_folder_take_turns() {
    let project = Project::new("to = \"file:../site\"");
    project.publishes(&["-q"]);
    let before = files(&project.beside("site"));
    project.revise(1);
    let lock = File::options().write(true).open(project.beside("site/.partwork-lock")).expect("a lock");
    lock.lock().expect("free");
    let second = project.publish(&["-q"]);
    assert_eq!(second.status.code(), Some(4));
    assert!(said(&second).contains("another publish is at work"), "{}", said(&second));
    assert_eq!(files(&project.beside("site")), before);
    // Who reads JSON is told as well.
    let output = project.publish(&["--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value["applied"], false);
    assert!(value["error"].as_str().is_some_and(|error| error.contains("another publish is at work")), "{value}");
    // Looking takes no lock.
    project.publishes(&["--dry-run"]);
    drop(lock);
    let two: Vec<Child> =
        (0..2).map(|_| project.command(&["publish", "-q"]).stderr(Stdio::null()).spawn().expect("it runs")).collect();
    let ends: Vec<Option<i32>> = two.into_iter().map(|mut child| child.wait().expect("ours").code()).collect();
    assert!(ends.contains(&Some(0)) && ends.iter().all(|end| matches!(end, Some(0 | 4))), "{ends:?}");
    assert_shows(&project.beside("site"), &project.built());
}

/// A disk of the target's own that is too small for the site, or, where nobody may mount one, a
/// limit to the size of files.
#[test]
fn a_full_disk_changes_nothing() {
    let project = Project::new("to = \"file:../disk/site\"");
    let disk = project.beside("disk");
    fs::create_dir_all(&disk).expect("a folder");
    let big = "x".repeat(600 * 1024);
    let script = "mount -t tmpfs -o size=1m tmpfs ../disk && partwork publish -q && \
        printf %s \"$1\" > static/big.txt && printf %s \"$1\" > static/bigger.txt || exit 99; \
        partwork publish -q; status=$?; ls -A ../disk/site > ../listing; cp -r ../disk/site ../copy; exit $status";
    fs::create_dir_all(project.root().join("static")).expect("a folder");
    let before = project.built();
    fs::write(project.beside("big"), &big).expect("room");
    let script = script.replace("printf %s \"$1\" >", "cat ../big >");
    let binaries = Path::new(env!("CARGO_BIN_EXE_partwork")).parent().expect("a folder");
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .current_dir(project.root())
        .env("PATH", format!("{}:{}", binaries.display(), path_of_servers()))
        .env("HOME", project.beside("home"))
        .env_remove("PARTWORK_CACHE")
        .env_remove("XDG_CACHE_HOME")
        .env("PARTWORK_TRUST", "file:../disk/site")
        .output()
        .expect("unshare");
    if output.status.code() == Some(4) {
        assert!(said(&output).contains("No space left on device"), "{}", said(&output));
        let listing = fs::read_to_string(project.beside("listing")).expect("a listing");
        assert!(!listing.contains("incoming") && !listing.contains("big"), "{listing}");
        assert_shows(&project.beside("copy"), &before);
        return;
    }
    assert!(!project.beside("listing").exists(), "mounted, and then {}", said(&output));
    // The trap lets a write fail, where the signal would end the process.
    let script = "partwork publish -q && cp ../big static/big.txt && trap '' XFSZ && ulimit -f 500 && \
        exec partwork publish -q";
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(project.root())
        .env("PATH", format!("{}:{}", binaries.display(), path_of_servers()))
        .env("HOME", project.beside("home"))
        .env_remove("PARTWORK_CACHE")
        .env_remove("XDG_CACHE_HOME")
        .env("PARTWORK_TRUST", "file:../disk/site")
        .output()
        .expect("sh");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("File too large"), "{}", said(&output));
    assert_shows(&disk.join("site"), &before);
}

/// A limit to the size of files stands for the disk, and a shell for the other machine.
#[test]
fn a_full_disk_elsewhere_is_told_and_leaves_pages_whole() {
    let project = Project::new("to = \"PLACE\"");
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    let site = project.beside("site");
    project.write("partwork.toml", &settings.replace("PLACE", &format!("rsync:elsewhere:{}", site.display())));
    let shell = project.beside("shell");
    // The signal would end rsync where the trap lets a write fail. What follows the `--` and the
    // host is the command; rsync writes no `--`.
    let script = "#!/bin/sh\n[ \"$1\" != -- ] || shift\nshift\ntrap '' XFSZ\nulimit -f 500\nexec sh -c \"$*\"\n";
    fs::write(&shell, script).expect("room");
    fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).expect("ours");
    let publish = || {
        let mut command = project.command(&["publish", "-q"]);
        command.env("RSYNC_RSH", &shell).output().expect("it runs")
    };
    let output = publish();
    assert!(output.status.success(), "{}", said(&output));
    let before = files(&site);
    project.revise(1);
    project.write("static/big.txt", &"x".repeat(600 * 1024));
    let output = publish();
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("File too large"), "{}", said(&output));
    let after = files(&site);
    assert!(before.iter().all(|(path, content)| after.get(path) == Some(content)), "no page has changed");
    assert!(!after.contains_key("big.txt") && incoming(&site) == 0);
    fs::remove_file(project.root().join("static/big.txt")).expect("ours");
    let output = publish();
    assert!(output.status.success(), "{}", said(&output));
    assert_shows(&site, &project.built());
}

#[test]
fn going_back_keeps_what_readers_hold() {
    let project = Project::new("to = \"file:../site\"\nreleases = 4");
    let current = project.beside("site/current");
    project.publishes(&["-q"]);
    let first = project.built();
    project.revise(1);
    project.publishes(&["-q"]);
    let second = project.built();
    fs::write(current.join("mine.txt"), "mine").expect("room");
    // A name that is no text, as archives of old leave them.
    let odd = std::ffi::OsStr::from_bytes(b"\xff.txt");
    fs::write(current.join(odd), "mine").expect("room");
    let newer =
        second.keys().find(|path| path.starts_with("theme.") && !first.contains_key(*path)).expect("a new style");
    assert!(project.publishes(&["--rollback", "--dry-run"]).contains("would go back"));
    assert!(files(&current).get("s/p0/index.html") == second.get("s/p0/index.html"));

    project.publishes(&["--rollback"]);
    let shown = files(&current);
    assert!(first.iter().all(|(path, content)| shown.get(path) == Some(content)));
    assert_eq!(shown.get(newer), second.get(newer), "readers may hold a page of the second release");
    assert_eq!(shown.get("mine.txt").map(Vec::as_slice), Some(&b"mine"[..]));
    assert_eq!(fs::read(current.join(odd)).expect("kept"), b"mine");
    let output = project.publish(&["--rollback"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));

    // Forward again, and then back to what was shown before, not to what was taken back.
    project.revise(2);
    project.publishes(&["-q"]);
    assert_eq!(fs::read(current.join(odd)).expect("kept"), b"mine");
    project.publishes(&["--rollback"]);
    assert!(files(&current).get("s/p0/index.html") == first.get("s/p0/index.html"));

    fs::write(current.join("s/p0/index.html"), "rotten").expect("ours");
    project.publishes(&["-q"]);
    let output = project.publish(&["--rollback"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("not what was published"), "{}", said(&output));
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=Me", "-c", "user.email=me@parts.se"])
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", folder)
        .output()
        .expect("git");
    assert!(output.status.success(), "git {args:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// A bare repository beside a project whose target it is.
fn with_repository(branch: &str) -> (Project, PathBuf) {
    let project = Project::new("to = \"PLACE\"");
    let bare = project.beside("site.git");
    fs::create_dir_all(&bare).expect("a folder");
    git(&bare, &["init", "--quiet", "--bare"]);
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    let to = format!("git+file://{}#{branch}", bare.display());
    project.write("partwork.toml", &settings.replace("PLACE", &to));
    (project, bare)
}

/// What a branch holds.
fn branch_files(bare: &Path, branch: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join(".partwork-archive.tar");
    git(bare, &["archive", "-o", &archive.display().to_string(), branch]);
    let done = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.path()).status();
    assert!(done.expect("tar").success());
    folder
}

#[test]
fn a_branch_gets_a_commit_a_publish_and_none_for_nothing() {
    let (project, bare) = with_repository("gh-pages");
    project.publishes(&["-q"]);
    assert_shows(branch_files(&bare, "gh-pages").path(), &project.built());
    assert!(project.publishes(&[]).contains("up to date"));
    assert_eq!(git(&bare, &["rev-list", "--count", "gh-pages"]), "1");
    // No identity is set up anywhere, as on a fresh machine.
    assert_eq!(git(&bare, &["log", "-1", "--format=%an", "gh-pages"]), "partwork");

    // Somebody adds a file by hand; it stays.
    let clone = project.beside("clone");
    git(project.folder.path(), &["clone", "--quiet", "--branch", "gh-pages", "site.git", "clone"]);
    fs::write(clone.join("CNAME"), "parts.se\n").expect("room");
    git(&clone, &["add", "."]);
    git(&clone, &["commit", "--quiet", "-m", "a name"]);
    git(&clone, &["push", "--quiet"]);
    project.revise(1);
    let plan = project.publishes(&[]);
    assert!(plan.contains("not ours  CNAME"), "{plan}");
    assert_eq!(git(&bare, &["rev-list", "--count", "gh-pages"]), "3");
    let subject = git(&bare, &["log", "-1", "--format=%s", "gh-pages"]);
    assert!(subject.starts_with("partwork 2") && subject.contains("pages change"), "{subject}");
    let shown = branch_files(&bare, "gh-pages");
    assert_eq!(fs::read_to_string(shown.path().join("CNAME")).expect("kept"), "parts.se\n");
    fs::remove_file(shown.path().join("CNAME")).expect("ours");
    assert_shows(shown.path(), &project.built());

    // Back, past the commit by hand, and on again; history only grows.
    project.publishes(&["--rollback"]);
    let back = files(branch_files(&bare, "gh-pages").path());
    assert!(String::from_utf8_lossy(&back["s/p0/index.html"]).contains("First words."));
    assert!(back.contains_key("CNAME"));
    assert_eq!(git(&bare, &["rev-list", "--count", "gh-pages"]), "4");
    let output = project.publish(&["--rollback"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    project.publishes(&["-q"]);
    assert_eq!(git(&bare, &["rev-list", "--count", "gh-pages"]), "5");
    project.revise(2);
    project.publishes(&["-q", "--force"]);
    assert_eq!(git(&bare, &["rev-list", "--count", "gh-pages"]), "1");
    assert!(branch_files(&bare, "gh-pages").path().join("CNAME").exists());
    git(&bare, &["fsck", "--strict"]);
}

#[test]
fn a_project_that_signs_its_commits_signs_what_it_publishes() {
    let (project, bare) = with_repository("gh-pages");
    let key = project.beside("key");
    make_key(&key);
    git(&project.root(), &["init", "--quiet"]);
    let key = key.display().to_string();
    for (name, value) in [("gpg.format", "ssh"), ("user.signingkey", key.as_str()), ("commit.gpgsign", "yes")] {
        git(&project.root(), &["config", name, value]);
    }
    project.publishes(&["-q"]);
    let commit = git(&bare, &["cat-file", "-p", "gh-pages"]);
    assert!(commit.contains("gpgsig -----BEGIN SSH SIGNATURE-----"), "{commit}");
}

#[test]
fn a_branch_that_somebody_works_on_is_refused() {
    let (project, bare) = with_repository("main");
    let refused = |why: &str| {
        let output = project.publish(&["-q"]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
    };
    // A work tree of the target's own.
    git(project.folder.path(), &["clone", "--quiet", "site.git", "clone"]);
    git(&project.beside("clone"), &["checkout", "--quiet", "-b", "main"]);
    git(&project.beside("clone"), &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    git(&project.beside("clone"), &["push", "--quiet", "origin", "main"]);
    git(&bare, &["worktree", "add", "--quiet", "../tree", "main"]);
    refused("is checked out in");
    git(&bare, &["worktree", "remove", "../tree"]);

    // The project itself, in a clone.
    git(&project.root(), &["init", "--quiet", "--initial-branch=main"]);
    git(&project.root(), &["remote", "add", "origin", &format!("file://{}", bare.display())]);
    git(&project.root(), &["add", "content", "partwork.toml"]);
    git(&project.root(), &["commit", "--quiet", "-m", "sources"]);
    refused("is checked out in");
    // From a copy without git the branch's own files say what it is.
    git(&project.root(), &["push", "--quiet", "--force", "origin", "main"]);
    fs::remove_dir_all(project.root().join(".git")).expect("ours");
    refused("holds a project");
}

#[test]
fn publishing_to_another_branch_of_the_project_leaves_its_work_tree_alone() {
    let project = Project::new("to = \"git+file://.#gh-pages\"");
    git(&project.root(), &["init", "--quiet", "--initial-branch=main"]);
    fs::write(project.root().join(".gitignore"), "/public\n").expect("room");
    git(&project.root(), &["add", "."]);
    git(&project.root(), &["commit", "--quiet", "-m", "sources"]);
    fs::write(project.root().join("half-done.txt"), "x").expect("room");
    git(&project.root(), &["add", "half-done.txt"]);
    // The ledger is the one source that a publish writes.
    let changes = || git(&project.root(), &["status", "--porcelain", "--", ".", ":!urls.toml"]);
    let state = || (changes(), git(&project.root(), &["rev-parse", "HEAD"]));
    let before = state();
    project.publishes(&["-q"]);
    assert_eq!(state(), before);
    assert_shows(branch_files(&project.root(), "gh-pages").path(), &project.built());
    // The same repository, from elsewhere.
    let mut command = project.command(&["publish", "--root", "project"]);
    let output = command.current_dir(project.folder.path()).output().expect("it runs");
    assert!(output.status.success() && said(&output).contains("up to date"), "{}", said(&output));
}

/// A program `git` that counts its calls, and waits at one of them until it is let go.
struct Turnstile {
    folder: PathBuf,
}

impl Turnstile {
    fn new(folder: PathBuf) -> Turnstile {
        fs::create_dir_all(&folder).expect("a folder");
        let real = Command::new("sh").args(["-c", "command -v git"]).output().expect("sh").stdout;
        let real = String::from_utf8(real).expect("a path");
        let script = format!(
            "#!/bin/sh\necho >> \"$0.calls\"\n\
             [ $(wc -l < \"$0.calls\") -ne $(cat \"$0.stop\") ] || {{ > \"$0.waits\"; read -r _ < \"$0.gate\"; }}\n\
             exec {} \"$@\"\n",
            real.trim()
        );
        fs::write(folder.join("git"), script).expect("room");
        fs::set_permissions(folder.join("git"), fs::Permissions::from_mode(0o755)).expect("ours");
        assert!(Command::new("mkfifo").arg(folder.join("git.gate")).status().expect("mkfifo").success());
        Turnstile { folder }
    }

    /// Lets all calls pass but the one of this number, from 1.
    fn stop_at(&self, call: usize) {
        for left in ["calls", "waits"] {
            let _ = fs::remove_file(self.folder.join(format!("git.{left}")));
        }
        fs::write(self.folder.join("git.stop"), call.to_string()).expect("room");
    }

    fn path(&self) -> String {
        format!("{}:{}", self.folder.display(), path_of_servers())
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.folder.join("git.calls")).expect("calls").lines().count()
    }

    fn waits(&self) -> bool {
        self.folder.join("git.waits").exists()
    }

    fn let_go(&self) {
        // Opened only once it is read from.
        drop(File::options().write(true).open(self.folder.join("git.gate")).expect("git waits"));
    }
}

#[test]
fn a_killed_publish_to_a_branch_is_completed_by_the_next() {
    const KILLS: usize = 8;
    let (project, bare) = with_repository("gh-pages");
    project.publishes(&["-q"]);
    let turnstile = Turnstile::new(project.beside("bin"));
    let publish = || {
        let mut command = project.command(&["publish", "-q"]);
        command.env("PATH", turnstile.path()).stderr(Stdio::null());
        command
    };
    project.revise(0);
    turnstile.stop_at(0);
    assert!(publish().status().expect("it runs").success());
    let calls = turnstile.calls();
    assert!(calls > KILLS, "{calls}");
    for n in 1..=KILLS {
        project.revise(n);
        let last = calls * n / (KILLS + 1);
        turnstile.stop_at(last);
        assert!(kill_when(publish().spawn().expect("it runs"), || turnstile.waits()), "it ended before call {last}");
        turnstile.let_go();
        assert_eq!(lacks(branch_files(&bare, "gh-pages").path()), Vec::<String>::new());
    }
    // A git that the last killed one has started may still be at its push, and come first.
    while project.publish(&["-q"]).status.code() == Some(4) {}
    assert_shows(branch_files(&bare, "gh-pages").path(), &project.built());
    git(&bare, &["fsck", "--strict"]);
}

#[test]
fn a_push_that_comes_second_overwrites_nothing() {
    let (project, bare) = with_repository("gh-pages");
    project.publishes(&["-q"]);
    // Between the look at the branch and the push, another publish gets there.
    let other = git(&bare, &["commit-tree", "gh-pages^{tree}", "-p", "gh-pages", "-m", "other"]);
    let (bin, update) = (project.beside("bin"), format!("update-ref refs/heads/gh-pages {other}"));
    let git_dir = bare.display();
    program(&bin.join("git"), &format!("case \" $* \" in *' push '*) git --git-dir={git_dir} {update} ;; esac"));
    project.revise(1);
    let mut command = project.command(&["publish", "-q"]);
    let output = command.env("PATH", format!("{}:{}", bin.display(), path_of_servers())).output().expect("it runs");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("another publish reached the branch `gh-pages` first"), "{}", said(&output));
    assert_eq!(git(&bare, &["rev-parse", "gh-pages"]), other);
    project.publishes(&["-q"]);
    assert_eq!(git(&bare, &["rev-parse", "gh-pages^"]), other);
}

/// A program `git` that does something, and then what git does.
fn program(path: &Path, first: &str) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let script = format!("#!/bin/sh\nPATH={}\n{first}\nexec git \"$@\"\n", path_of_servers());
    fs::write(path, script).expect("room");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
}

/// What a repository's hooks and configuration name stays unrun, on both sides: a push would run it
/// with all keys of the environment.
#[test]
fn a_repository_runs_nothing_of_its_own() {
    let (project, bare) = with_repository("gh-pages");
    project.publishes(&["-q"]);
    let (ran, evil) = (project.beside("ran"), project.beside("evil"));
    program(&evil, &format!("echo \"$0\" >> {}; exit 0", ran.display()));
    let other = project.beside("other.git");
    git(project.folder.path(), &["clone", "--quiet", "--bare", "site.git", "other.git"]);
    fs::write(bare.join("objects/info/alternates"), format!("{}\n", other.join("objects").display())).expect("room");
    for hook in ["pre-receive", "update", "post-receive", "post-update", "reference-transaction", "pre-push"] {
        fs::create_dir_all(bare.join("hooks")).expect("a folder");
        fs::copy(&evil, bare.join("hooks").join(hook)).expect("room");
    }
    git(&bare, &["config", "core.alternateRefsCommand", &evil.display().to_string()]);
    // Git itself does run them.
    git(&project.root(), &["init", "--quiet", "--initial-branch=main"]);
    git(&project.root(), &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    git(&project.root(), &["push", "--quiet", &bare.display().to_string(), "main"]);
    let by_git = fs::read_to_string(&ran).expect("they run").lines().count();
    assert!(by_git > 5, "{by_git}");
    fs::remove_file(&ran).expect("ours");
    // Nor what the project's own repository names, which may have come in an archive.
    for key in ["core.sshCommand", "core.fsmonitor", "core.editor", "credential.helper", "gpg.program"] {
        git(&project.root(), &["config", key, &evil.display().to_string()]);
    }
    project.revise(1);
    project.publishes(&["-q"]);
    assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap_or_default());
    assert_shows(branch_files(&bare, "gh-pages").path(), &project.built());
    git(&project.root(), &["config", "commit.gpgsign", "true"]);
    project.revise(2);
    let output = project.publish(&["-q"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("`gpg.program`") && !ran.exists(), "{}", said(&output));
}

/// ssh as tests use it: one key, nothing of the user's own.
fn ssh(key: &Path, port: u16) -> String {
    format!(
        "ssh -F none -i {} -p {port} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
         -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
        key.display()
    )
}

fn user() -> String {
    let name = Command::new("id").arg("-un").output().expect("id").stdout;
    String::from_utf8(name).expect("a name").trim().to_string()
}

/// How a line ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Cut,
    /// It stays open and brings nothing any more.
    Silent,
    /// It brings nothing until it may again, and then all of it.
    Held,
}

/// A way to a server that ends after so many bytes of what is sent.
struct Cut {
    port: u16,
    left: Arc<AtomicUsize>,
}

impl Cut {
    fn new(to: u16) -> Cut {
        Cut::with(to, End::Cut)
    }

    fn with(to: u16, end: End) -> Cut {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let (budget, left_for_answers) = (Arc::clone(&left), Arc::clone(&left));
        // It ends with the process; a test has no other use for its port.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let (mut from, mut back) = (client.try_clone().expect("open"), client);
                let (mut to, mut answers) = (server.try_clone().expect("open"), server);
                let budget = Arc::clone(&budget);
                thread::spawn(move || {
                    let mut bytes = [0; 4096];
                    while let Ok(read @ 1..) = from.read(&mut bytes) {
                        let spend = |left: usize| Some(left.saturating_sub(read));
                        let (Ok(before) | Err(before)) =
                            budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
                        let over = before <= read;
                        if over && end == End::Silent {
                            continue;
                        }
                        while end == End::Held && budget.load(Ordering::Relaxed) == 0 {
                            thread::yield_now();
                        }
                        if to.write_all(&bytes[..read]).is_err() || (over && end == End::Cut) {
                            break;
                        }
                    }
                    let _ = to.shutdown(std::net::Shutdown::Both);
                    let _ = from.shutdown(std::net::Shutdown::Both);
                });
                let budget = Arc::clone(&left_for_answers);
                thread::spawn(move || {
                    let mut bytes = [0; 4096];
                    while let Ok(read @ 1..) = answers.read(&mut bytes) {
                        let silent = end == End::Silent && budget.load(Ordering::Relaxed) == 0;
                        if !silent && back.write_all(&bytes[..read]).is_err() {
                            break;
                        }
                    }
                    let _ = back.shutdown(std::net::Shutdown::Both);
                });
            }
        });
        Cut { port, left }
    }

    fn after(&self, bytes: usize) {
        self.left.store(bytes, Ordering::Relaxed);
    }

    fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }
}

/// A project whose target is a folder behind sshd; the name of the folder is an awkward one.
struct Elsewhere {
    project: Project,
    site: PathBuf,
    key: PathBuf,
    server: Server,
}

impl Elsewhere {
    fn new() -> Elsewhere {
        Elsewhere::with("")
    }

    /// Behind an sshd with these settings, too.
    fn with(settings_of_sshd: &str) -> Elsewhere {
        let project = Project::new("to = \"PLACE\"");
        let key = project.beside("key");
        make_key(&key);
        let site = project.beside("the site's!");
        let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
        let to = format!("rsync:{}@127.0.0.1:{}", user(), site.display());
        project.write("partwork.toml", &settings.replace("PLACE", &to));
        let server = sshd_with(&key, settings_of_sshd);
        Elsewhere { project, site, key, server }
    }

    fn command(&self, port: u16, args: &[&str]) -> Command {
        self.run(port, &[&["publish"], args].concat())
    }

    fn run(&self, port: u16, args: &[&str]) -> Command {
        let mut command = self.project.command(args);
        command.env("RSYNC_RSH", ssh(&self.key, port));
        command
    }

    fn publish(&self, args: &[&str]) -> Output {
        self.command(self.server.port, args).output().expect("it runs")
    }

    fn publishes(&self, args: &[&str]) -> String {
        let output = self.publish(args);
        assert!(output.status.success(), "{args:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// How many folders of files on their way there are.
fn incoming(site: &Path) -> usize {
    let names = fs::read_dir(site).expect("a folder").map(|entry| entry.expect("readable").file_name());
    names.filter(|name| name.to_string_lossy().starts_with(".partwork-incoming")).count()
}

#[test]
fn a_folder_elsewhere_is_compared_with() {
    let there = Elsewhere::new();
    let (project, site) = (&there.project, &there.site);
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    project.write("partwork.toml", &settings.replace("[[publish]]", "[[publish]]\nname = \"live\""));
    let diff = || there.run(there.server.port, &["diff", "live"]).output().expect("it runs");
    there.publishes(&["--dry-run", "-q"]);
    assert!(said(&diff()).contains("nothing was published to `live` yet"), "{}", said(&diff()));
    there.publishes(&["-q"]);
    assert_eq!(said(&diff()), "nothing changes\n");
    fs::write(site.join("mine.html"), "mine").expect("room");
    project.part(3, "Second words.");
    let found = said(&diff());
    assert!(found.starts_with("part 4 changes in one paragraph; "), "{found}");
    assert!(found.contains("\n  [-First-]{+Second+} words.\n") && !found.contains("mine"), "{found}");
    let sentence = found.lines().next().expect("a sentence");
    let published = there.publishes(&[]);
    assert_eq!(published.lines().next(), Some(sentence), "{published}");
    assert_eq!(said(&diff()), "nothing changes\n");
    // A page that somebody has taken away is no failure; a line that leads nowhere is.
    fs::remove_file(site.join("s/p5/index.html")).expect("ours");
    assert!(diff().status.success());
    let refused = there.run(free_port(), &["diff", "live"]).output().expect("it runs");
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    assert!(said(&refused).contains("reading"), "{}", said(&refused));
}

#[test]
fn a_folder_elsewhere_gets_what_changed() {
    let there = Elsewhere::new();
    let (project, site) = (&there.project, &there.site);
    there.publishes(&["--dry-run", "-q"]);
    assert!(!site.exists());
    there.publishes(&["-q"]);
    assert_shows(site, &project.built());
    let mode = |path: &str| fs::metadata(site.join(path)).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode("s/p0/index.html"), mode("s/p0")), (0o644, 0o755));
    assert!(there.publishes(&[]).contains("up to date"));

    fs::write(site.join("mine.txt"), "mine").expect("room");
    project.revise(1);
    project.write("static/a/b", "soon gone");
    let said_of = there.publishes(&["-v"]);
    assert!(said_of.contains("not ours  mine.txt") && said_of.contains("kept      theme."), "{said_of}");
    project.write("static/a-file", "x");
    fs::remove_dir_all(project.root().join("static/a")).expect("ours");
    // The size and, most likely, the second of the old one.
    fs::write(
        site.join("s/p1/index.html"),
        "x".repeat(fs::metadata(site.join("s/p1/index.html")).expect("there").len() as usize),
    )
    .expect("ours");
    let said_of = there.publishes(&["-v"]);
    assert!(said_of.contains("content   s/p1/index.html") && said_of.contains("gone      a/b"), "{said_of}");
    assert!(!site.join("a").exists());
    assert_eq!(fs::read_to_string(site.join("mine.txt")).expect("kept"), "mine");
    fs::remove_file(site.join("mine.txt")).expect("ours");
    assert_shows(site, &project.built());
    assert_eq!(incoming(site), 0);

    let output = there.publish(&["--rollback"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    fs::write(site.join("partwork.toml"), "").expect("room");
    let output = there.publish(&["-q"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("holds a project"), "{}", said(&output));
}

/// What sshd does for an account whose login shell is another: it gives that the command, after `-c`.
#[test]
fn a_folder_elsewhere_may_have_any_login_shell() {
    for shell in ["zsh", "tcsh", "fish"] {
        let there = Elsewhere::with(&format!("ForceCommand exec {shell} -c \"$SSH_ORIGINAL_COMMAND\"\n"));
        there.publishes(&["-q"]);
        there.project.revise(1);
        there.project.write("static/a/b", "soon gone");
        there.publishes(&["-q"]);
        fs::remove_dir_all(there.project.root().join("static/a")).expect("ours");
        there.publishes(&["-q"]);
        assert!(!there.site.join("a").exists(), "{shell}");
        assert_shows(&there.site, &there.project.built());
        assert_eq!(incoming(&there.site), 0, "{shell}");
    }
}

#[test]
fn a_login_that_greets_is_told() {
    let there = Elsewhere::with("ForceCommand echo Welcome aboard; exec sh -c \"$SSH_ORIGINAL_COMMAND\"\n");
    for args in [&["-q"][..], &["-q", "--dry-run"]] {
        let output = there.publish(args);
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        assert!(said(&output).contains("begins with `Welcome aboard`"), "{}", said(&output));
    }
}

#[test]
fn publishers_of_a_folder_elsewhere_take_turns() {
    let there = Elsewhere::new();
    there.publishes(&["-q"]);
    let before = files(&there.site);
    there.project.revise(1);
    let lock = File::options().write(true).open(there.site.join(".partwork-lock")).expect("a lock");
    lock.lock().expect("free");
    let second = there.publish(&["-q"]);
    assert_eq!(second.status.code(), Some(4));
    assert!(said(&second).contains("another publish is at work"), "{}", said(&second));
    assert_eq!(files(&there.site), before);
    drop(lock);
    let start = || there.command(there.server.port, &["-q"]).stderr(Stdio::null()).spawn().expect("it runs");
    let ends = [start(), start()].map(|mut child| child.wait().expect("ours").code());
    assert!(ends.contains(&Some(0)) && ends.iter().all(|end| matches!(end, Some(0 | 4))), "{ends:?}");
    assert_shows(&there.site, &there.project.built());
}

#[test]
fn a_folder_elsewhere_is_whole_whenever_the_line_is_cut() {
    const CUTS: usize = 12;
    let there = Elsewhere::new();
    let cut = Cut::new(there.server.port);
    there.publishes(&["-q"]);
    let mut failed = 0;
    for n in 0..CUTS {
        there.project.revise(n);
        // Spread over the handshakes and the transfers.
        cut.after(4_000 + n * 6_000);
        let output = there.command(cut.port, &["-q"]).output().expect("it runs");
        cut.after(usize::MAX);
        assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
        failed += usize::from(output.status.code() == Some(4));
        let lacking = lacks(&there.site);
        assert!(lacking.is_empty(), "{lacking:?}");
    }
    assert!(failed > CUTS / 2, "{failed}");
    there.publishes(&["-q"]);
    assert_shows(&there.site, &there.project.built());
    assert!(there.publishes(&[]).contains("up to date"));
}

/// A program `ssh` with one key and one port, for runs that call ssh as partwork does by itself.
fn path_with_ssh(project: &Project, key: &Path, port: u16) -> std::ffi::OsString {
    let folder = project.beside(&format!("bin-{port}"));
    fs::create_dir_all(&folder).expect("a folder");
    let real = Command::new("sh").args(["-c", "command -v ssh"]).output().expect("sh").stdout;
    let real = String::from_utf8(real).expect("a path");
    let script = format!("#!/bin/sh\nexec {}{} \"$@\"\n", real.trim(), ssh(key, port).trim_start_matches("ssh"));
    fs::write(folder.join("ssh"), script).expect("room");
    fs::set_permissions(folder.join("ssh"), fs::Permissions::from_mode(0o755)).expect("ours");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).expect("no colon")
}

/// Publishes over lines that fall silent after so many bytes, then over one that doesn't.
fn silence_is_survived(project: &Project, key: &Path, port: u16, bytes: &[usize], shown: &dyn Fn()) {
    let quiet = Cut::with(port, End::Silent);
    let publish = |port: u16| {
        let path = path_with_ssh(project, key, port);
        project.command(&["publish", "-q"]).env("PATH", path).env("PARTWORK_TIMEOUT", "3").output().expect("it runs")
    };
    for (n, bytes) in bytes.iter().enumerate() {
        project.revise(n);
        quiet.after(*bytes);
        let started = Instant::now();
        let output = publish(quiet.port);
        assert_eq!(output.status.code(), Some(4), "{bytes}: {}", said(&output));
        assert!(started.elapsed() < Duration::from_secs(40), "{bytes}: {:?}", started.elapsed());
    }
    // What the last one has started over there may take a moment to notice.
    let until = Instant::now() + Duration::from_secs(60);
    while publish(port).status.code() == Some(4) {
        assert!(Instant::now() < until, "the lock of a run that gave up stays");
    }
    shown();
}

#[test]
fn a_line_that_falls_silent_is_given_up() {
    let there = Elsewhere::new();
    let shown = || assert_shows(&there.site, &there.project.built());
    silence_is_survived(&there.project, &there.key, there.server.port, &[500, 6_000, 16_000, 30_000], &shown);

    let (project, bare) = with_repository("gh-pages");
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    let to = format!("git+ssh://{}@127.0.0.1{}", user(), bare.display());
    project.write("partwork.toml", &settings.replace(&format!("git+file://{}", bare.display()), &to));
    let shown = || assert_shows(branch_files(&bare, "gh-pages").path(), &project.built());
    silence_is_survived(&project, &there.key, there.server.port, &[500, 4_000, 10_000], &shown);
}

/// As the guide spells it, and relative to the project as everything of the settings is.
#[test]
fn a_repository_of_this_machine_is_named_by_its_path() {
    let (project, bare) = with_repository("gh-pages");
    let typed = format!("git+file://{}", bare.display());
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    let relative = format!("git+file:../{}", bare.file_name().expect("a name").to_string_lossy());
    for (n, to) in [relative, format!("git+file:{}", bare.display())].iter().enumerate() {
        project.revise(n);
        project.write("partwork.toml", &settings.replace(&typed, to));
        project.publishes(&["-q"]);
        assert_shows(branch_files(&bare, "gh-pages").path(), &project.built());
    }
}

#[test]
fn a_killed_publish_to_elsewhere_is_completed_by_the_next() {
    const KILLS: usize = 8;
    let there = Elsewhere::new();
    there.publishes(&["-q"]);
    let line = Cut::with(there.server.port, End::Held);
    let publish = || there.command(line.port, &["-q"]).stderr(Stdio::null()).spawn().expect("it runs");
    there.project.revise(0);
    assert!(publish().wait().expect("ours").success());
    let sent = usize::MAX - line.left();
    let mut revision = 0;
    for n in 1..=KILLS {
        // What is held is not over. The same takes not always the same bytes.
        let mut bytes = sent * n / (KILLS + 1);
        loop {
            revision += 1;
            there.project.revise(revision);
            line.after(bytes);
            let cut = kill_when(publish(), || line.left() == 0);
            line.after(usize::MAX);
            let lacking = lacks(&there.site);
            assert!(lacking.is_empty(), "{lacking:?}");
            if cut {
                break;
            }
            bytes -= bytes / 8;
        }
    }
    // What the last killed one has started over there may take a moment to notice; only so that
    // nothing hangs, there is an end to that.
    let until = Instant::now() + Duration::from_secs(120);
    while there.publish(&["-q"]).status.code() == Some(4) {
        assert!(Instant::now() < until, "the lock of a killed run stays");
    }
    assert_shows(&there.site, &there.project.built());
    assert_eq!(incoming(&there.site), 0, "what killed runs left is gone");
}

#[test]
fn a_machine_that_lets_nobody_in_is_said_to() {
    let there = Elsewhere::new();
    let stranger = there.project.beside("stranger");
    make_key(&stranger);
    let publish = |key: &Path, port: u16| {
        there.project.command(&["publish", "-q"]).env("RSYNC_RSH", ssh(key, port)).output().expect("it runs")
    };
    let output = publish(&stranger, there.server.port);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("Permission denied"), "{}", said(&output));
    let output = publish(&there.key, free_port());
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("refused"), "{}", said(&output));
    assert!(!there.site.exists());
}

#[test]
fn a_branch_is_reached_over_ssh() {
    let (project, bare) = with_repository("gh-pages");
    let key = project.beside("key");
    make_key(&key);
    let server = sshd(&key);
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    let to = format!("git+ssh://{}@127.0.0.1{}", user(), bare.display());
    project.write("partwork.toml", &settings.replace(&format!("git+file://{}", bare.display()), &to));
    let publish = |key: &Path, port: u16| {
        project.command(&["publish", "-q"]).env("GIT_SSH_COMMAND", ssh(key, port)).output().expect("it runs")
    };
    let output = publish(&key, server.port);
    assert!(output.status.success(), "{}", said(&output));
    assert_shows(branch_files(&bare, "gh-pages").path(), &project.built());

    // Cut on its way, a push is there whole or not at all.
    let cut = Cut::new(server.port);
    let mut failed = 0;
    for n in 0..6 {
        project.revise(n);
        cut.after(3_000 + n * 5_000);
        let output = publish(&key, cut.port);
        cut.after(usize::MAX);
        assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
        failed += usize::from(output.status.code() == Some(4));
        assert_eq!(lacks(branch_files(&bare, "gh-pages").path()), Vec::<String>::new());
    }
    assert!(failed > 2, "{failed}");
    git(&bare, &["fsck", "--strict"]);

    // A key that nobody knows.
    let stranger = project.beside("stranger");
    make_key(&stranger);
    let output = publish(&stranger, server.port);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("Permission denied"), "{}", said(&output));
    let port = server.port;
    drop(server);
    let output = publish(&key, port);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
}

#[test]
fn secrets_of_the_environment_appear_nowhere() {
    const SECRET: &str = "hunter2-hunter2";
    let (project, bare) = with_repository("gh-pages");
    let settings = fs::read_to_string(project.root().join("partwork.toml")).expect("ours");
    let unreachable = settings.replace("[[publish]]\n", "[[publish]]\nname = \"a\"\n")
        + "\n[[publish]]\nname = \"b\"\nto = \"git+https://127.0.0.1:1/a.git\"\n";
    project.write("partwork.toml", &unreachable);
    let mut seen = String::new();
    let (a, b) = (["publish", "a"], ["publish", "b"]);
    for (target, flags) in [
        (a, &["-v"][..]),
        (a, &["--format", "json"]),
        (a, &["--rollback", "-v"]),
        (b, &["-v"]),
        (b, &["-v", "--format", "json"]),
        (b, &["-v", "--rollback"]),
    ] {
        let output = project
            .command(&[&target, flags].concat())
            .env("AWS_ACCESS_KEY_ID", "AKIAHUNTER2HUNTER2")
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("GITHUB_TOKEN", SECRET)
            .env("GIT_TRACE_CURL", "1")
            .env("GIT_TRACE", "1")
            .env("GIT_CONFIG_COUNT", "1")
            // As people do to let git in without a prompt.
            .env("GIT_CONFIG_KEY_0", format!("url.https://me:{SECRET}@127.0.0.1:1/.insteadOf"))
            .env("GIT_CONFIG_VALUE_0", "https://127.0.0.1:1/")
            .output()
            .expect("it runs");
        assert_eq!(output.status.code() == Some(4), target == b, "{}", said(&output));
        seen.push_str(&said(&output));
    }
    assert!(seen.contains("127.0.0.1:1"), "{seen}");
    assert!(!seen.contains("hunter2") && !seen.contains("HUNTER2"), "{seen}");
    let kept = git(&bare, &["log", "--format=%an %ae %B", "gh-pages"]);
    let record = git(&bare, &["show", "gh-pages:.partwork-release"]);
    assert!(!kept.contains("hunter2") && !record.contains("hunter2"));
}
