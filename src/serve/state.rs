//! What the browsers are shown: the last good site, and what is wrong with the sources since.
//!
//! In: the files of a build as they are made. Out: a [`Snapshot`] with a version, which says how
//! far it differs from the one before, and a [`State`] that goes from the builder to the server as
//! one value. Never reads a file of the project whole: what is copied as it is stays on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Bytes;
use serde::Serialize;

use crate::store::disk::Stamp;
use crate::store::kind::Kind;
use crate::store::origin::Origin;
use crate::store::tree::{Clean, Content, Entry, Later, OnDisk, OutputPath};
use crate::text::media::media_type;

/// Everything that an answer is made from. It is never changed, only replaced.
#[derive(Debug)]
pub struct State {
    /// Tells one run of the server from the next, whose versions begin anew.
    pub session: Arc<str>,
    /// How many builds there were, good and bad.
    pub builds: u64,
    /// `None` until a build was good.
    pub site: Option<Arc<Snapshot>>,
    /// `None` when the last build was good.
    pub problems: Option<Arc<Problems>>,
}

impl State {
    /// The version of the site, 0 before the first good build.
    pub fn version(&self) -> u64 {
        self.site.as_ref().map_or(0, |site| site.version)
    }

    /// What browsers are told about this state, as one line of JSON.
    pub fn news(&self) -> String {
        serde_json::json!({
            "session": &*self.session,
            "version": self.version(),
            "pages": self.site.as_ref().map_or(0, |site| site.pages),
            "styles": self.site.as_ref().map_or(0, |site| site.styles),
            "files": self.site.as_ref().and_then(|site| site.changed.as_ref()),
            "builds": self.builds,
            "problems": self.problems.is_some(),
        })
        .to_string()
    }
}

/// Why the last build failed.
#[derive(Debug, Default)]
pub struct Problems {
    /// Errors first.
    pub list: Vec<Problem>,
    /// How many more there are.
    pub omitted: usize,
}

/// A diagnostic as the overlay shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    pub severity: &'static str,
    /// Path, line and column, where there are any.
    pub place: String,
    /// The message with its source line, caret and remedy, as a terminal would show it.
    pub text: String,
    /// Opens the place in an editor. It names a path of this machine, so only this machine's
    /// browsers get it.
    pub open: Option<String>,
}

/// One good build: every file of the site, and its version.
#[derive(Debug)]
pub struct Snapshot {
    /// Counts from 1; a build that changed nothing has no version of its own.
    pub version: u64,
    /// The version in which something other than styles changed last. A page of this version or a
    /// later one needs its styles swapped at most.
    pub pages: u64,
    /// The version in which styles changed last.
    pub styles: u64,
    /// What changed with this version, of files that are neither pages nor styles: their addresses
    /// below the host, not encoded. `None` when they are many, or everything changed.
    pub changed: Option<Vec<String>>,
    /// The path of the base address; begins and ends with a slash.
    pub base: String,
    /// The value of `Content-Security-Policy`.
    pub policy: String,
    files: BTreeMap<String, File>,
    /// Assets of the version before that are gone: a page that was fetched a moment ago still asks for
    /// its style sheet.
    retired: BTreeMap<String, File>,
}

impl Snapshot {
    /// The site after a good build; the one before again when nothing changed.
    pub fn after(before: Option<&Arc<Snapshot>>, shelf: Shelf, base: String, policy: String) -> Arc<Snapshot> {
        let files = shelf.files.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = before else {
            let retired = BTreeMap::new();
            return Arc::new(Snapshot { version: 1, pages: 1, styles: 1, changed: None, base, policy, files, retired });
        };
        let same_frame = (&before.base, &before.policy) == (&base, &policy);
        let difference = Difference::between(&before.files, &files);
        if same_frame && difference == Difference::default() {
            return Arc::clone(before);
        }
        let version = before.version + 1;
        let pages =
            if !same_frame || difference.pages || !difference.others.is_empty() { version } else { before.pages };
        let styles = if !same_frame || difference.styles { version } else { before.styles };
        let changed = (same_frame && difference.others.len() <= MOST_CHANGED)
            .then(|| difference.others.iter().map(|path| format!("{}{path}", base)).collect());
        let gone = before.files.iter().filter(|(path, file)| !files.contains_key(*path) && file.kind == Kind::Asset);
        let retired = gone.map(|(path, file)| (path.clone(), file.clone())).collect();
        Arc::new(Snapshot { version, pages, styles, changed, base, policy, files, retired })
    }

    /// A file by its path in the output.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path).or_else(|| self.retired.get(path))
    }
}

/// A file of the site.
#[derive(Debug, Clone)]
pub struct File {
    pub kind: Kind,
    pub body: Body,
    /// BLAKE3 of the content, of what it is made from, or of what the disk says about it.
    pub hash: [u8; 32],
}

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub enum Body {
    /// HTML, which gets the client on its way out.
    Page {
        bytes: Bytes,
        /// Where the client's script element goes.
        client_at: usize,
        /// BLAKE3 of all but the links to style sheets.
        words: [u8; 32],
    },
    Bytes(Bytes),
    /// Made for the first browser that asks.
    Later(Arc<Later>),
    Disk(Disk),
}

/// A file of the project, which is read when a browser asks for it.
#[derive(Debug, Clone)]
pub struct Disk {
    pub origin: Origin,
    /// What it was when the site was built.
    pub stamp: Stamp,
    /// How many bytes go out.
    pub size: u64,
    /// Reads what goes out, where that isn't the file as it is.
    pub clean: Option<Clean>,
}

/// Takes the files of one build, from any thread.
#[derive(Debug, Default)]
pub struct Shelf {
    files: Mutex<BTreeMap<String, File>>,
}

impl Shelf {
    /// Keeps a file of an earlier site, where that is still what it was.
    pub fn keep(&self, before: &Snapshot, path: &OutputPath, entry: Entry) -> bool {
        let file = before.files.get(path.as_str()).filter(|file| file.hash == entry.hash);
        let Some(file) = file.cloned() else { return false };
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.as_str().to_string(), file);
        true
    }

    /// Keeps a file; fails when one that is to be copied is no longer there.
    pub fn put(&self, path: &OutputPath, kind: Kind, content: &Content) -> io::Result<Entry> {
        let (body, entry) = match content {
            Content::Bytes(bytes) => made(kind, bytes),
            Content::File(file) => on_disk(file)?,
            // Nobody knows its size yet, nor asks for it.
            Content::Later(later) => (Body::Later(Arc::clone(later)), Entry { size: 0, hash: later.hash() }),
        };
        let file = File { kind, body, hash: entry.hash };
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.as_str().to_string(), file);
        Ok(entry)
    }
}

fn made(kind: Kind, bytes: &[u8]) -> (Body, Entry) {
    let entry = Entry { size: bytes.len() as u64, hash: *blake3::hash(bytes).as_bytes() };
    let bytes = Bytes::copy_from_slice(bytes);
    let body = if kind.is_page() {
        Body::Page { client_at: client_place(&bytes), words: words(&bytes), bytes }
    } else {
        Body::Bytes(bytes)
    };
    (body, entry)
}

fn on_disk(file: &OnDisk) -> io::Result<(Body, Entry)> {
    let OnDisk { origin, clean, entry } = file.clone();
    let stamp = Stamp::of(&origin.open()?.metadata()?);
    let mut hasher = blake3::Hasher::new();
    hasher.update(origin.name().as_os_str().as_encoded_bytes()).update(&stamp.bytes());
    let size = entry.filter(|_| clean.is_some()).map_or(stamp.size, |entry| entry.size);
    Ok((Body::Disk(Disk { origin, stamp, size, clean }), Entry { size, hash: *hasher.finalize().as_bytes() }))
}

/// More files than this are not named one by one.
const MOST_CHANGED: usize = 100;

/// What two builds differ in, as a page that is open in a browser sees it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference<'a> {
    /// Style sheets, and the addresses of style sheets in pages.
    styles: bool,
    /// Other words of pages.
    pages: bool,
    /// Neither of these.
    others: Vec<&'a str>,
}

impl<'a> Difference<'a> {
    fn between(before: &'a BTreeMap<String, File>, now: &'a BTreeMap<String, File>) -> Self {
        let mut difference = Difference::default();
        let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        for path in paths {
            let (before, now) = (before.get(path), now.get(path));
            let is = |of: fn(Kind) -> bool| before.or(now).is_some_and(|file| of(file.kind));
            match (before, now) {
                (Some(before), Some(now)) if before.hash == now.hash => {}
                // What hosts read names style sheets as well, and no browser ever sees it.
                _ if is_style(path) || is(|kind| kind == Kind::Host) => difference.styles = true,
                (
                    Some(File { body: Body::Page { words: before, .. }, .. }),
                    Some(File { body: Body::Page { words: now, .. }, .. }),
                ) if before == now => difference.styles = true,
                _ if is(Kind::is_page) => difference.pages = true,
                _ => difference.others.push(path),
            }
        }
        difference
    }
}

/// Whether a browser reads a file as a style sheet.
pub fn is_style(path: &str) -> bool {
    media_type(path) == "text/css; charset=utf-8"
}

/// Before the end of the body, where there is one; else at the end, which HTML takes as well.
fn client_place(html: &[u8]) -> usize {
    const END: &[u8] = b"</body";
    html.windows(END.len()).rposition(|window| window.eq_ignore_ascii_case(END)).unwrap_or(html.len())
}

/// The hash of a page without its links to style sheets, whose addresses change with the styles.
fn words(html: &[u8]) -> [u8; 32] {
    const LINK: &[u8] = b"<link";
    let mut hasher = blake3::Hasher::new();
    let mut kept = 0;
    for start in memchr::memmem::find_iter(html, LINK) {
        let Some(length) = memchr::memchr(b'>', &html[start..]) else { break };
        let end = start + length + 1;
        let tag = html[start..end].to_ascii_lowercase();
        if start >= kept && memchr::memmem::find(&tag, b"stylesheet").is_some() {
            hasher.update(&html[kept..start]);
            kept = end;
        }
    }
    hasher.update(&html[kept..]);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(before: Option<&Arc<Snapshot>>, files: &[(&str, &str)]) -> Arc<Snapshot> {
        let shelf = Shelf::default();
        for (path, text) in files {
            let kind = if path.starts_with("theme.") { Kind::Asset } else { Kind::of_file(path) };
            let path = OutputPath::new(path).expect("a path");
            shelf.put(&path, kind, &Content::Bytes(text.as_bytes().to_vec())).expect("kept");
        }
        Snapshot::after(before, shelf, "/".into(), String::new())
    }

    #[test]
    fn versions_say_what_changed() {
        let page = |css: &str, words: &str| format!("<link rel=stylesheet href={css}><p>{words}</p>");
        let told = |snapshot: &Snapshot| (snapshot.version, snapshot.pages, snapshot.styles, snapshot.changed.clone());
        let none = Some(Vec::new());
        let first = snapshot(None, &[("index.html", &page("a.css", "one")), ("a.css", "x"), ("feed.xml", "1")]);
        assert_eq!(told(&first), (1, 1, 1, None));
        let same = snapshot(Some(&first), &[("index.html", &page("a.css", "one")), ("a.css", "x"), ("feed.xml", "1")]);
        assert_eq!(told(&same), (1, 1, 1, None), "nothing changed");
        let files = [("index.html", &*page("b.css", "one")), ("b.css", "y"), ("feed.xml", "1")];
        let styles = snapshot(Some(&first), &files);
        assert_eq!(told(&styles), (2, 1, 2, none.clone()), "only styles changed");
        let files = [("index.html", &*page("b.css", "two")), ("b.css", "y"), ("feed.xml", "1")];
        let words = snapshot(Some(&styles), &files);
        assert_eq!(told(&words), (3, 3, 2, none.clone()), "words changed");
        let feed = snapshot(Some(&words), &[("index.html", &page("b.css", "two")), ("b.css", "y"), ("feed.xml", "2")]);
        assert_eq!(told(&feed), (4, 4, 2, Some(vec!["/feed.xml".into()])), "a file changed");
        let gone = snapshot(Some(&feed), &[("b.css", "y"), ("feed.xml", "2")]);
        assert_eq!(told(&gone), (5, 5, 2, none), "a page is gone");
        let many: Vec<(String, &str)> = (0..=MOST_CHANGED).map(|at| (format!("{at}.png"), "")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        assert_eq!(told(&snapshot(Some(&gone), &many)), (6, 6, 6, None), "too many to name");
    }

    #[test]
    fn what_stands_is_what_it_was() {
        let before = snapshot(None, &[("index.html", "<p>one</p>"), ("a.css", "x")]);
        let file = before.file("index.html").expect("there");
        let entry = |hash| Entry { size: 10, hash };
        let shelf = Shelf::default();
        let keep = |path: &str, hash| shelf.keep(&before, &OutputPath::new(path).expect("a path"), entry(hash));
        assert!(keep("index.html", file.hash));
        assert!(!keep("a.css", file.hash) && !keep("b.css", file.hash));
        let after = Snapshot::after(Some(&before), shelf, "/".into(), String::new());
        assert_eq!(after.files.keys().collect::<Vec<_>>(), ["index.html"]);
    }

    #[test]
    fn what_an_open_page_asks_for_is_still_there() {
        let (old, new) = ("theme.0123456789.css", "theme.9876543210.css");
        let first = snapshot(None, &[(old, "old"), ("plain.css", "old"), ("mine.0123456789.css", "old")]);
        let second = snapshot(Some(&first), &[(new, "new")]);
        assert!(second.file(old).is_some() && second.file(new).is_some());
        assert!(second.file("plain.css").is_none() && second.file("mine.0123456789.css").is_none());
        let third = snapshot(Some(&second), &[(new, "new"), ("a", "")]);
        assert!(third.file(old).is_none(), "one version back and no further");
    }

    #[test]
    fn the_client_goes_before_the_end_of_the_body() {
        for (html, place) in [("<body>x</body></html>", 7), ("<p>x", 4), ("", 0), ("</BODY >", 0)] {
            assert_eq!(client_place(html.as_bytes()), place, "{html}");
        }
    }
}
