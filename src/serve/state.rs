//! What the browsers are shown: the last good site, and what is wrong with the sources since.
//!
//! In: the files of a build as they are made. Out: a [`Snapshot`] with a version, which says how
//! far it differs from the one before, and a [`State`] that goes from the builder to the server as
//! one value. Never reads a file of the project whole: what is copied as it is stays on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Bytes;
use serde::Serialize;

use crate::tree::{Content, Entry, OutputPath};

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
    /// The path of the base address; begins and ends with a slash.
    pub base: String,
    /// The value of `Content-Security-Policy`.
    pub policy: String,
    files: BTreeMap<String, File>,
    /// Files of the version before that are gone, of those whose name says what is in them: a page
    /// that was fetched a moment ago still asks for its style sheet.
    retired: BTreeMap<String, File>,
}

impl Snapshot {
    /// The site after a good build; the one before again when nothing changed.
    pub fn after(before: Option<&Arc<Snapshot>>, shelf: Shelf, base: String, policy: String) -> Arc<Snapshot> {
        let files = shelf.files.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = before else {
            return Arc::new(Snapshot { version: 1, pages: 1, base, policy, files, retired: BTreeMap::new() });
        };
        let change = if (&before.base, &before.policy) == (&base, &policy) {
            difference(&before.files, &files)
        } else {
            Change::Pages
        };
        if change == Change::Nothing {
            return Arc::clone(before);
        }
        let version = before.version + 1;
        let pages = if change == Change::Pages { version } else { before.pages };
        let gone = before.files.iter().filter(|(path, file)| !files.contains_key(*path) && file.is_named_by_hash(path));
        let retired = gone.map(|(path, file)| (path.clone(), file.clone())).collect();
        Arc::new(Snapshot { version, pages, base, policy, files, retired })
    }

    /// A file by its path in the output.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path).or_else(|| self.retired.get(path))
    }
}

/// A file of the site.
#[derive(Debug, Clone)]
pub struct File {
    pub body: Body,
    /// BLAKE3 of the content, or of what the disk says about it.
    pub hash: [u8; 32],
}

impl File {
    /// Whether a piece of the name is the hash of the content, so that the two always fit.
    fn is_named_by_hash(&self, path: &str) -> bool {
        let hash = blake3::Hash::from_bytes(self.hash).to_hex();
        let name = path.rsplit('/').next().unwrap_or(path);
        name.split('.').rev().nth(1).is_some_and(|piece| piece.len() == 10 && hash.starts_with(piece))
    }
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
    Disk {
        path: PathBuf,
        stamp: Stamp,
    },
}

/// What tells one content of a file on disk from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub size: u64,
    modified: (i64, i64),
    inode: (u64, u64),
}

impl Stamp {
    pub fn of(data: &Metadata) -> Stamp {
        Stamp { size: data.len(), modified: (data.mtime(), data.mtime_nsec()), inode: (data.dev(), data.ino()) }
    }
}

/// Takes the files of one build, from any thread.
#[derive(Debug, Default)]
pub struct Shelf {
    files: Mutex<BTreeMap<String, File>>,
}

impl Shelf {
    /// Keeps a file; fails when one that is to be copied is no longer there.
    pub fn put(&self, path: &OutputPath, content: &Content) -> io::Result<Entry> {
        let (file, size) = match content {
            Content::Bytes(bytes) => (made(path.as_str(), bytes), bytes.len() as u64),
            Content::File(disk) => on_disk(disk)?,
        };
        let entry = Entry { size, hash: file.hash };
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.as_str().to_string(), file);
        Ok(entry)
    }
}

fn made(path: &str, bytes: &[u8]) -> File {
    let hash = *blake3::hash(bytes).as_bytes();
    let bytes = Bytes::copy_from_slice(bytes);
    let body = if path.ends_with(".html") {
        Body::Page { client_at: client_place(&bytes), words: words(&bytes), bytes }
    } else {
        Body::Bytes(bytes)
    };
    File { body, hash }
}

fn on_disk(path: &Path) -> io::Result<(File, u64)> {
    let stamp = Stamp::of(&std::fs::metadata(path)?);
    let mut hasher = blake3::Hasher::new();
    hasher.update(path.as_os_str().as_encoded_bytes());
    let (seconds, nanoseconds) = stamp.modified;
    let (device, inode) = stamp.inode;
    for number in [stamp.size, seconds as u64, nanoseconds as u64, device, inode] {
        hasher.update(&number.to_le_bytes());
    }
    let file = File { body: Body::Disk { path: path.to_path_buf(), stamp }, hash: *hasher.finalize().as_bytes() };
    Ok((file, stamp.size))
}

/// How much of a page that is open in a browser has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Nothing,
    Styles,
    Pages,
}

fn difference(before: &BTreeMap<String, File>, now: &BTreeMap<String, File>) -> Change {
    let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let change = |path: &String| {
        // What hosts read names style sheets as well, and no browser ever sees it.
        let is_style = path.ends_with(".css") || matches!(path.as_str(), "_headers" | "_redirects");
        match (before.get(path), now.get(path)) {
            (Some(before), Some(now)) if before.hash == now.hash => Change::Nothing,
            _ if is_style => Change::Styles,
            (
                Some(File { body: Body::Page { words: before, .. }, .. }),
                Some(File { body: Body::Page { words: now, .. }, .. }),
            ) if before == now => Change::Styles,
            _ => Change::Pages,
        }
    };
    paths.into_iter().map(change).max().unwrap_or(Change::Nothing)
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
            let path = OutputPath::new(path).expect("a path");
            shelf.put(&path, &Content::Bytes(text.as_bytes().to_vec())).expect("kept");
        }
        Snapshot::after(before, shelf, "/".into(), String::new())
    }

    fn hashed(text: &str) -> String {
        format!("theme.{}.css", &blake3::hash(text.as_bytes()).to_hex()[..10])
    }

    #[test]
    fn versions_say_what_changed() {
        let page = |css: &str, words: &str| format!("<link rel=stylesheet href={css}><p>{words}</p>");
        let first = snapshot(None, &[("index.html", &page("a.css", "one")), ("a.css", "x"), ("feed.xml", "1")]);
        assert_eq!((first.version, first.pages), (1, 1));
        let same = snapshot(Some(&first), &[("index.html", &page("a.css", "one")), ("a.css", "x"), ("feed.xml", "1")]);
        assert_eq!(same.version, 1, "nothing changed");
        let styles =
            snapshot(Some(&first), &[("index.html", &page("b.css", "one")), ("b.css", "y"), ("feed.xml", "1")]);
        assert_eq!((styles.version, styles.pages), (2, 1), "only styles changed");
        let words = snapshot(Some(&styles), &[("index.html", &page("b.css", "two")), ("b.css", "y")]);
        assert_eq!((words.version, words.pages), (3, 3), "words changed");
        let gone = snapshot(Some(&words), &[("b.css", "y")]);
        assert_eq!((gone.version, gone.pages), (4, 4), "a page is gone");
    }

    #[test]
    fn what_an_open_page_asks_for_is_still_there() {
        let (old, new) = (hashed("old"), hashed("new"));
        let first = snapshot(None, &[(&old, "old"), ("plain.css", "old"), ("x.0123456789.css", "no hash")]);
        let second = snapshot(Some(&first), &[(&new, "new")]);
        assert!(second.file(&old).is_some() && second.file(&new).is_some());
        assert!(second.file("plain.css").is_none() && second.file("x.0123456789.css").is_none());
        let third = snapshot(Some(&second), &[(&new, "new"), ("a", "")]);
        assert!(third.file(&old).is_none(), "one version back and no further");
    }

    #[test]
    fn the_client_goes_before_the_end_of_the_body() {
        for (html, place) in [("<body>x</body></html>", 7), ("<p>x", 4), ("", 0), ("</BODY >", 0)] {
            assert_eq!(client_place(html.as_bytes()), place, "{html}");
        }
    }
}
