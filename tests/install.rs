//! Runs `install.sh` in several shells against servers that answer well, wrongly, half and not at all.
//!
//! The program that the archives hold is a script that says its version; whether a true archive works is for
//! `.ci/release-works`.

#![expect(clippy::disallowed_methods, reason = "a script is run, with programs that it may find")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

const VERSION: &str = "9.8.7";

/// What a server does when it is asked for a file; 404 for one that it doesn't know.
#[derive(Clone)]
enum Reply {
    Whole(Vec<u8>),
    /// The first half, under the length of the whole.
    Half(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    Elsewhere(String),
}

/// Listens until the test ends; gives its address.
fn serve(files: BTreeMap<String, Reply>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = format!("http://{}/releases", listener.local_addr().expect("bound"));
    let files = Arc::new(files);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, files) = (stream.expect("a connection"), Arc::clone(&files));
            // A client that goes away is no failure of the server.
            thread::spawn(move || answer(stream, &files).ok());
        }
    });
    address
}

fn answer(mut stream: TcpStream, files: &BTreeMap<String, Reply>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default();
    match path.strip_prefix("/releases/").and_then(|path| files.get(path)) {
        None => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        Some(Reply::Silence) => {
            thread::park();
            Ok(())
        }
        Some(Reply::Elsewhere(to)) => {
            write!(stream, "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        Some(Reply::Whole(bytes) | Reply::Half(bytes)) => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", bytes.len())?;
            let is_half = matches!(files.get(path.trim_start_matches("/releases/")), Some(Reply::Half(_)));
            stream.write_all(&bytes[..if is_half { bytes.len() / 2 } else { bytes.len() }])
        }
    }
}

fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

/// An archive as `.ci/release` makes it, of a program that says that version; `inside` is its folder.
fn archive(inside: &str, says: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join(inside)).expect("room");
    let program = folder.path().join(inside).join("partwork");
    fs::write(&program, format!("#!/bin/sh\necho 'partwork {says}'\n")).expect("room");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("ours");
    packed(folder.path(), inside)
}

fn packed(folder: &Path, inside: &str) -> Vec<u8> {
    let run = Command::new("tar").args(["-czf", "-", "-C"]).arg(folder).arg(inside).output().expect("tar");
    assert!(run.status.success(), "{run:?}");
    run.stdout
}

fn sums(files: &[(String, &[u8])]) -> Vec<u8> {
    let mut text = String::new();
    for (name, bytes) in files {
        let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "{sum}  {name}").expect("a text takes all");
    }
    text.into_bytes()
}

/// A server of one release, whose files `change` may spoil.
fn release(change: impl Fn(&mut BTreeMap<String, Reply>, &str)) -> String {
    let name = format!("partwork-{VERSION}-{}.tar.gz", target());
    let inside = format!("partwork-{VERSION}-{}", target());
    let bytes = archive(&inside, VERSION);
    let other = (format!("partwork-{VERSION}-x86_64-apple-darwin.tar.gz"), &b"other"[..]);
    let sums = sums(&[other, (name.clone(), &bytes)]);
    let at = format!("download/v{VERSION}/{name}");
    let mut files = BTreeMap::from([
        ("latest/download/SHA256SUMS".to_string(), Reply::Whole(sums.clone())),
        (format!("download/v{VERSION}/SHA256SUMS"), Reply::Whole(sums)),
        (at.clone(), Reply::Whole(bytes)),
    ]);
    change(&mut files, &at);
    serve(files)
}

/// A machine with a shell and few programs, and a home.
struct Machine {
    folder: TempDir,
    shell: Vec<&'static str>,
}

/// Beside what fetches.
const TOOLS: [&str; 16] = [
    "cat",
    "chmod",
    "cut",
    "grep",
    "gzip",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sed",
    "sha256sum",
    "sleep",
    "tar",
    "timeout",
    "uname",
    "sh",
];

impl Machine {
    fn new(shell: &[&'static str], fetches: &str) -> Machine {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        for name in ["bin", "home", "tmp"] {
            fs::create_dir(folder.path().join(name)).expect("room");
        }
        for tool in TOOLS {
            symlink(find(tool), bin.join(tool)).expect("room");
        }
        match fetches.split_once(' ') {
            Some((busybox, applet)) => symlink(find(busybox), bin.join(applet)).expect("room"),
            None => symlink(find(fetches), bin.join(fetches)).expect("room"),
        }
        Machine { folder, shell: shell.to_vec() }
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("home/.local/bin/partwork")
    }

    /// Runs the script; gives its status and all that it said, with the server's and the machine's names.
    fn install(&self, releases: &str, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(find(self.shell[0]));
        command.args(&self.shell[1..]).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh")).args(args);
        command.env_clear().env("PATH", self.folder.path().join("bin")).env("HOME", self.folder.path().join("home"));
        command.env("TMPDIR", self.folder.path().join("tmp")).env("PARTWORK_TIMEOUT", "1").stdin(Stdio::null());
        command.env("PARTWORK_RELEASES", releases).current_dir(self.folder.path());
        let run = command.output().expect("a shell");
        let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        let left: Vec<_> = fs::read_dir(self.folder.path().join("tmp")).expect("a folder").collect();
        assert!(left.is_empty(), "{left:?} stays");
        let said = if releases.is_empty() { said } else { said.replace(releases, "RELEASES") };
        let said = said.replace(&*self.folder.path().to_string_lossy(), "");
        (run.status.code().expect("it ends by itself"), said.replace(&target(), "TARGET"))
    }

    /// That a release is refused, with these words, and nothing of it is left.
    fn refuses(&self, releases: &str, args: &[&str], why: &str) {
        let (status, said) = self.install(releases, args);
        assert!(status == 1 && said.contains(why) && said.ends_with("nothing was installed\n"), "{status}: {said}");
        assert!(!self.program().exists());
        let left = fs::read_dir(self.program().parent().expect("a folder")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "a draft stays: {said}");
    }
}

/// Where a program lies.
fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a path");
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|at| at.is_file())
        .unwrap_or_else(|| panic!("{name}"))
}

const SHELLS: [&[&str]; 3] = [&["dash"], &["busybox", "sh"], &["bash", "--posix"]];
const FETCHERS: [&str; 3] = ["curl", "wget", "busybox wget"];

#[test]
fn a_release_is_installed_by_any_shell() {
    let server = release(|_, _| ());
    for (shell, fetches) in SHELLS.into_iter().flat_map(|shell| FETCHERS.map(|fetches| (shell, fetches))) {
        let machine = Machine::new(shell, fetches);
        let would = machine.install(&server, &["--dry-run"]);
        assert!(would.0 == 0 && would.1.contains("would put partwork 9.8.7 into /home/.local/bin"), "{would:?}");
        assert!(!machine.program().exists());
        let done = machine.install(&server, &[]);
        let expected = "fetching RELEASES/download/v9.8.7/partwork-9.8.7-TARGET.tar.gz\n\
                        the sum is right; partwork 9.8.7 is /home/.local/bin/partwork\n\
                        add /home/.local/bin to your PATH, as by: export PATH=\"/home/.local/bin:$PATH\"\n";
        assert!(done.0 == 0 && done.1.starts_with(expected), "{shell:?} {fetches}: {done:?}");
        let mode = fs::metadata(machine.program()).expect("installed").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        // Over itself, by version, and into a folder of one's own.
        assert_eq!(machine.install(&server, &["--version", "v9.8.7", "--dir", "own place"]).0, 0);
        assert!(machine.folder.path().join("own place/partwork").is_file());
        assert_eq!(machine.install(&format!("{server}/"), &["--version=9.8.7"]).0, 0);
    }
}

#[test]
fn what_is_not_the_release_is_refused() {
    let cut = release(|files, at| spoil(files, at, |bytes| Reply::Whole(bytes[..bytes.len() / 2].to_vec())));
    let half = release(|files, at| spoil(files, at, Reply::Half));
    let forged = release(|files, at| spoil(files, at, |_| Reply::Whole(archive("partwork-9.8.7", VERSION))));
    let hangs = release(|files, at| spoil(files, at, |_| Reply::Silence));
    let gone = release(|files, at| drop(files.remove(at)));
    let nothing = serve(BTreeMap::new());
    let silent = serve(BTreeMap::from([("latest/download/SHA256SUMS".to_string(), Reply::Silence)]));
    for (shell, fetches) in SHELLS.into_iter().zip(FETCHERS) {
        let machine = Machine::new(shell, fetches);
        machine.refuses(&cut, &[], "it was cut short, or is not what was released");
        machine.refuses(&forged, &[], "it was cut short, or is not what was released");
        // Some clients take what came for all that there is.
        machine.refuses(&half, &[], if fetches == "curl" { "can't be had" } else { "nothing" });
        machine.refuses(&hangs, &[], "partwork-9.8.7-TARGET.tar.gz can't be had");
        machine.refuses(&gone, &[], "partwork-9.8.7-TARGET.tar.gz can't be had");
        machine.refuses(&nothing, &[], "RELEASES/latest/download/SHA256SUMS can't be had");
        machine.refuses(&nothing, &["--version", "0.0.1"], "RELEASES/download/v0.0.1/SHA256SUMS can't be had");
        machine.refuses(&silent, &[], "SHA256SUMS can't be had");
        machine.refuses(&release(|_, _| ()), &["--dir", "/proc/none"], "/proc/none can't be made");
    }
}

/// Puts another answer in the place of an archive.
fn spoil(files: &mut BTreeMap<String, Reply>, at: &str, with: impl Fn(Vec<u8>) -> Reply) {
    if let Some(Reply::Whole(bytes)) = files.remove(at) {
        files.insert(at.to_string(), with(bytes));
    }
}

/// Whose sum is right, and which is still not what it says.
#[test]
fn an_archive_is_looked_into() {
    let sums_of = |bytes: &[u8], name: &str| sums(&[(name.to_string(), bytes)]);
    let name = format!("partwork-{VERSION}-{}.tar.gz", target());
    let with = |bytes: Vec<u8>, sums: Vec<u8>| {
        release(|files, at| {
            files.insert("latest/download/SHA256SUMS".into(), Reply::Whole(sums.clone()));
            files.insert(at.to_string(), Reply::Whole(bytes.clone()));
        })
    };
    let signed = |bytes: Vec<u8>| with(bytes.clone(), sums_of(&bytes, &name));
    let inside = format!("partwork-{VERSION}-{}", target());
    let link = tempfile::tempdir().expect("a folder");
    fs::create_dir(link.path().join(&inside)).expect("room");
    symlink("/bin/true", link.path().join(&inside).join("partwork")).expect("room");
    let machine = Machine::new(&["dash"], "curl");
    machine.refuses(&signed(archive("elsewhere", VERSION)), &[], "holds no partwork-9.8.7-TARGET/partwork");
    machine.refuses(&signed(b"no archive".to_vec()), &[], "holds no");
    machine.refuses(&signed(packed(link.path(), &inside)), &[], "is no file");
    machine.refuses(&signed(archive(&inside, "0.0.1")), &[], "the program says that it is `partwork 0.0.1`");
    let good = archive(&inside, VERSION);
    machine.refuses(&with(good.clone(), sums_of(&good, "other.tar.gz")), &[], "names no archive for TARGET");
    machine.refuses(
        &with(good.clone(), b"<html>a page in between</html>".to_vec()),
        &[],
        "names no archive for TARGET",
    );
    let odd = format!("partwork-{VERSION}-../x-{}.tar.gz", target());
    machine.refuses(&with(good.clone(), sums_of(&good, &odd)), &[], "names no archive for TARGET");
    let twice = [sums_of(&good, &name), sums_of(&good, &format!("partwork-1.0.0-{}.tar.gz", target()))].concat();
    machine.refuses(&with(good, twice), &[], "names several archives for TARGET");
    let moved = release(|files, at| {
        let Some(archive) = files.remove(at) else { return };
        files.insert("elsewhere".into(), archive);
        files.insert(at.to_string(), Reply::Elsewhere("/releases/elsewhere".into()));
    });
    assert_eq!(machine.install(&moved, &[]).0, 0, "a host may lead on");
    fs::remove_file(machine.program()).expect("installed");
    let wrong = release(|files, _| {
        let sums = files.get(&format!("download/v{VERSION}/SHA256SUMS")).cloned().expect("there");
        files.insert("download/v1.0.0/SHA256SUMS".into(), sums);
    });
    machine.refuses(&wrong, &["--version", "1.0.0"], "is of version 9.8.7, not 1.0.0");
}

#[test]
fn what_was_typed_wrong_is_told() {
    let machine = Machine::new(&["dash"], "curl");
    for (releases, args, why) in [
        ("", &[][..], "name the place in PARTWORK_RELEASES"),
        ("http://example.org/releases", &[], "is an https address"),
        ("http://localhost.example.org/", &[], "is an https address"),
        ("https://example.org", &["--dir"], "--dir takes a value"),
        ("https://example.org", &["--version", "../1"], "is no version"),
        ("https://example.org", &["--verison"], "`--verison` is unknown"),
    ] {
        let (status, said) = machine.install(releases, args);
        assert!(status == 2 && said.contains(why), "{status}: {said}");
    }
    assert_eq!(machine.install("", &["--help"]).0, 0);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(here.join("install.sh")).expect("the script");
    let known = match env!("CARGO_PKG_REPOSITORY") {
        "" => String::new(),
        repository => format!("{}/releases", repository.trim_end_matches('/')),
    };
    assert!(script.contains(&format!("\nknown='{known}'\n")), "`known` is `repository` of Cargo.toml with /releases");
}
