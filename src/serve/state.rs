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

use crate::outputs::headers::PolicySources;
use crate::store::disk::Stamp;
use crate::store::kind::Kind;
use crate::store::origin::Origin;
use crate::store::spool::joined;
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
        let site = self.site.as_ref();
        serde_json::json!({
            "session": &*self.session,
            "version": self.version(),
            "since": site.map_or(0, |site| site.since),
            "pages": site.map_or(0, |site| site.pages),
            "styles": site.map_or(0, |site| site.styles),
            "files": site.and_then(|site| site.changed.as_ref()),
            "first": site.and_then(|site| site.first()),
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

/// One good build: every file of the site, and its version. Or the first pages of one that is under way.
#[derive(Debug)]
pub struct Snapshot {
    /// Counts from 1; a build that changed nothing has no version of its own.
    pub version: u64,
    /// The version that `changed` is told from.
    pub since: u64,
    /// The version in which something other than styles changed last. A page of this version or a
    /// later one needs its styles swapped at most.
    pub pages: u64,
    /// The version in which styles changed last.
    pub styles: u64,
    /// What changed with this version, of files that are neither pages nor styles: their addresses
    /// below the host, not encoded. `None` when they are many, or everything changed.
    pub changed: Option<Vec<String>>,
    /// Whether the rest of it is still being made: of everything else nobody knows yet what it is.
    pub is_under_way: bool,
    pub frame: Frame,
    files: BTreeMap<String, File>,
    /// Assets of the version before that are gone: a page that was fetched a moment ago still asks for
    /// its style sheet. Of one that is under way, all that it had, whose names say what they hold.
    retired: BTreeMap<String, File>,
}

/// What all answers of a build share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The path of the base address; begins and ends with a slash.
    pub base: String,
    /// The value of `Content-Security-Policy`.
    pub policy: String,
    /// What pages load, which the policy is made from.
    pub holds: PolicySources,
}

impl Snapshot {
    /// The site after a good build; the one before again when nothing changed. `first` is what of the build was shown
    /// already.
    pub fn after(
        before: Option<&Arc<Snapshot>>,
        first: Option<&Arc<Snapshot>>,
        shelf: Shelf,
        frame: Frame,
    ) -> Arc<Snapshot> {
        let files = shelf.files.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = before else {
            let (changed, retired) = (None, BTreeMap::new());
            let (version, since, is_under_way) = (1, 0, false);
            let (pages, styles) = (version, version);
            return Arc::new(Snapshot { version, since, pages, styles, changed, is_under_way, frame, files, retired });
        };
        let shown = first.unwrap_or(before);
        let same_frame = shown.frame.is_same(&frame);
        let shown_files = |path: &str| first.and_then(|first| first.files.get(path)).or_else(|| before.files.get(path));
        let difference = Difference::between(&before.files, shown_files, &files);
        let is_same = same_frame && difference == Difference::default();
        if is_same && first.is_none() {
            return Arc::clone(before);
        }
        let version = if is_same { shown.version } else { shown.version + 1 };
        let has_words = !same_frame || difference.pages || !difference.others.is_empty();
        let pages = if has_words { version } else { shown.pages };
        let styles = if !same_frame || difference.styles { version } else { shown.styles };
        let changed = (before.frame.is_same(&frame) && difference.others.len() <= MOST_CHANGED)
            .then(|| difference.others.iter().map(|path| format!("{}{path}", frame.base)).collect());
        let gone = before.assets().filter(|(path, _)| !files.contains_key(*path));
        let retired = gone.map(|(path, file)| (path.clone(), file.clone())).collect();
        let (since, is_under_way) = (before.version, false);
        Arc::new(Snapshot { version, since, pages, styles, changed, is_under_way, frame, files, retired })
    }

    /// The first pages of a build that is under way, on top of what was shown of it already.
    pub fn begun(
        before: &Snapshot,
        first: Option<&Arc<Snapshot>>,
        new: BTreeMap<String, File>,
        frame: Frame,
    ) -> Arc<Snapshot> {
        let version = first.map_or(before.version, |first| first.version) + 1;
        let mut files = first.map(|first| first.files.clone()).unwrap_or_default();
        files.extend(new);
        let same_frame = before.frame.is_same(&frame);
        Arc::new(Snapshot {
            version,
            since: before.version,
            pages: version,
            styles: if same_frame { before.styles } else { version },
            changed: same_frame.then(Vec::new),
            is_under_way: true,
            frame,
            files,
            retired: before.assets().map(|(path, file)| (path.clone(), file.clone())).collect(),
        })
    }

    /// This site again, after pages of a build were shown that came to nothing.
    pub fn again(&self, first: &Snapshot) -> Arc<Snapshot> {
        let version = first.version + 1;
        Arc::new(Snapshot {
            version,
            since: self.version,
            pages: version,
            styles: if self.frame.is_same(&first.frame) { self.styles } else { version },
            changed: self.frame.is_same(&first.frame).then(Vec::new),
            is_under_way: false,
            frame: self.frame.clone(),
            files: self.files.clone(),
            retired: self.retired.clone(),
        })
    }

    /// The addresses of the pages that are there already, below the host and not encoded; nothing once all are.
    fn first(&self) -> Option<Vec<String>> {
        let address = |path: &String| format!("{}{}", self.frame.base, path.strip_suffix("index.html").unwrap_or(path));
        self.is_under_way.then(|| self.files.keys().map(address).collect())
    }

    /// Whether it is worth showing what is looked at before the rest.
    pub fn is_large(&self) -> bool {
        self.files.len() > MOST_AT_ONCE
    }

    fn assets(&self) -> impl Iterator<Item = (&String, &File)> {
        self.files.iter().filter(|(_, file)| file.kind == Kind::Asset)
    }

    /// A file by its path in the output.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path).or_else(|| self.retired.get(path))
    }
}

impl Frame {
    /// Whether pages are answered in the same way.
    fn is_same(&self, other: &Frame) -> bool {
        (&self.base, &self.policy) == (&other.base, &other.policy)
    }
}

/// The pages that browsers asked for last, which are those that are looked at: a page that is open asks again for each
/// version.
#[derive(Debug, Clone, Default)]
pub struct Looked(Arc<Mutex<Vec<String>>>);

impl Looked {
    /// Remembers a page by its path in the output.
    pub fn add(&self, path: &str) {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.retain(|known| known != path);
        paths.insert(0, path.to_string());
        paths.truncate(MOST_LOOKED_AT);
    }

    pub fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A site of so many files is made in the time that a browser takes to ask for a page.
const MOST_AT_ONCE: usize = 1000;

/// So many pages are made before the rest.
const MOST_LOOKED_AT: usize = 4;

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
    /// Keeps a file of an earlier site, where that is still what it was; whether it has it now.
    pub fn keep(&self, before: &Snapshot, path: &OutputPath, entry: Entry) -> bool {
        let file = before.files.get(path.as_str()).filter(|file| file.hash == entry.hash);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = file.cloned() else {
            return files.get(path.as_str()).is_some_and(|file| file.hash == entry.hash);
        };
        files.insert(path.as_str().to_string(), file);
        true
    }

    /// Those of some files that are there already.
    pub fn some(&self, paths: &[String]) -> BTreeMap<String, File> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        paths.iter().filter_map(|path| Some((path.clone(), files.get(path)?.clone()))).collect()
    }

    /// Keeps a file; fails when one that is to be copied is no longer there.
    pub fn put(&self, path: &OutputPath, kind: Kind, content: &Content) -> io::Result<Entry> {
        let (body, entry) = match content {
            Content::Bytes(bytes) => made(kind, bytes),
            Content::Pieces(pieces) => made(kind, &joined(pieces)?),
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
    /// What of `all` and `now` is not as it was shown.
    fn between(
        all: &'a BTreeMap<String, File>,
        shown: impl Fn(&str) -> Option<&'a File>,
        now: &'a BTreeMap<String, File>,
    ) -> Self {
        let mut difference = Difference::default();
        let paths: BTreeSet<&String> = all.keys().chain(now.keys()).collect();
        for path in paths {
            let (before, now) = (shown(path), now.get(path));
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
        files.iter().for_each(|(path, text)| put(&shelf, path, text));
        Snapshot::after(before, None, shelf, frame())
    }

    fn put(shelf: &Shelf, path: &str, text: &str) {
        let kind = if path.starts_with("theme.") { Kind::Asset } else { Kind::of_file(path) };
        let path = OutputPath::new(path).expect("a path");
        shelf.put(&path, kind, &Content::Bytes(text.as_bytes().to_vec())).expect("kept");
    }

    fn frame() -> Frame {
        Frame { base: "/".into(), ..Frame::default() }
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
        let after = Snapshot::after(Some(&before), None, shelf, frame());
        assert_eq!(after.files.keys().collect::<Vec<_>>(), ["index.html"]);
    }

    #[test]
    fn first_pages_come_before_the_rest() {
        let before = snapshot(None, &[("a/index.html", "one"), ("b/index.html", "x"), ("theme.1.css", ""), ("f", "1")]);
        let shelf = Shelf::default();
        put(&shelf, "a/index.html", "two");
        let wanted = ["a/index.html".to_string(), "c/index.html".to_string()];
        let first = Snapshot::begun(&before, None, shelf.some(&wanted), frame());
        let told = (first.version, first.since, first.pages, first.styles, first.changed.clone());
        assert_eq!(told, (2, 1, 2, 1, Some(Vec::new())));
        assert_eq!(first.first(), Some(vec!["/a/".to_string()]));
        let there = |path: &str| first.file(path).is_some();
        assert!(there("a/index.html") && there("theme.1.css") && !there("b/index.html") && !there("f"));

        // Only what was not shown yet is new.
        let next = |files: &[(&str, &str)]| {
            let shelf = Shelf::default();
            files.iter().for_each(|(path, text)| put(&shelf, path, text));
            Snapshot::after(Some(&before), Some(&first), shelf, frame())
        };
        let told = |snapshot: &Snapshot| (snapshot.version, snapshot.since, snapshot.pages, snapshot.changed.clone());
        let (page, rest) = (("a/index.html", "two"), [("b/index.html", "x"), ("theme.1.css", "")]);
        let same = next(&[page, rest[0], rest[1], ("f", "1")]);
        assert_eq!((told(&same), same.first()), ((2, 1, 2, Some(Vec::new())), None));
        let more = next(&[page, rest[0], rest[1], ("f", "2")]);
        assert_eq!(told(&more), (3, 1, 3, Some(vec!["/f".into()])));
        let other = next(&[("a/index.html", "one"), rest[0], rest[1], ("f", "1")]);
        assert_eq!(told(&other), (3, 1, 3, Some(Vec::new())), "it was another after all");
        let again = before.again(&first);
        assert_eq!(
            (told(&again), again.file("f").is_some()),
            ((3, 1, 3, Some(Vec::new())), true),
            "it came to nothing"
        );
    }

    #[test]
    fn the_last_pages_are_looked_at() {
        let looked = Looked::default();
        ["a", "b", "c", "a", "d", "e"].iter().for_each(|path| looked.add(path));
        assert_eq!(looked.paths(), ["e", "d", "a", "c"]);
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
