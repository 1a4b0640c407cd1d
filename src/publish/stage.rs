//! A built site on its way out, in a folder that nobody else looks into.
//!
//! In: the files of a build as they come, from any thread. Out: [`Files`], each with its kind and
//! headers. Never touches the output folder of `build`; the folder goes when the run ends, and what
//! a killed run left goes with the next.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use quick_xml::Reader;
use quick_xml::events::Event;
use tempfile::TempDir;

use super::error::{PublishError, local};
use super::plan::{Contents, Files, LocalFile};
use super::record::{Headers, is_internal};
use crate::diagnostic::quote;
use crate::site::Site;
use crate::site::address::{self, Subject};
use crate::site::series::Series;
use crate::store::disk::{hash_file, with_parents};
use crate::store::emit::EmitError;
use crate::store::kind::Kind;
use crate::store::media::media_type;
use crate::store::state;
use crate::store::tree::{Content, Entry, Leaf, Made, OutputPath, Tree};

/// A folder for a run in the project's memory, and the lock that keeps others from taking it for one that a killed
/// run left, to be held until the run has a lock of its own. Clears what killed runs left.
fn run_folder(root: &Path) -> Result<(TempDir, File), PublishError> {
    // Absolute, since other programs read paths in their own ways.
    let parent = std::path::absolute(state::folder(root).join("publish")).map_err(local("find", root))?;
    fs::create_dir_all(&parent).map_err(local("create", &parent))?;
    let gate = parent.join("lock");
    let gate = File::options().create(true).write(true).truncate(false).open(&gate).map_err(local("lock", &gate))?;
    gate.lock().map_err(local("lock", &parent))?;
    for entry in fs::read_dir(&parent).map_err(local("read", &parent))?.flatten() {
        // One without a lock lost it to a kill, since a run takes its own under this one.
        let held = File::open(entry.path().join("lock")).is_ok_and(|lock| lock.try_lock().is_err());
        if entry.path().is_dir() && !held {
            // Clutter, not a failure, when it can't be removed.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok((new_folder(&parent)?, gate))
}

fn new_folder(parent: &Path) -> Result<TempDir, PublishError> {
    tempfile::Builder::new().prefix("run-").tempdir_in(parent).map_err(local("create", parent))
}

/// The staging folder of one run.
#[derive(Debug)]
pub struct Stage {
    dir: TempDir,
    /// Held while the run lives, so that no other takes the folder for a killed one's.
    _lock: File,
}

impl Stage {
    /// Makes a folder for this run in the project's memory, or in another place where that can't be written.
    pub fn open(root: &Path, or: Option<&Path>) -> Result<Stage, PublishError> {
        let (dir, gate) = match (run_folder(root), or) {
            (Err(PublishError::Local(_)), Some(or)) => (new_folder(or)?, None),
            (made, _) => made.map(|(dir, gate)| (dir, Some(gate)))?,
        };
        let lock = File::create(dir.path().join("lock")).map_err(local("lock", dir.path()))?;
        lock.lock().map_err(local("lock", dir.path()))?;
        drop(gate);
        for name in ["files", "scratch"] {
            fs::create_dir(dir.path().join(name)).map_err(local("create", dir.path()))?;
        }
        Ok(Stage { dir, _lock: lock })
    }

    /// Takes one file of the site.
    pub fn put(&self, path: &OutputPath, content: &Content) -> Result<Entry, EmitError> {
        if is_internal(path.as_str()) {
            let path = quote(path.as_str());
            return Err(EmitError::Refused(format!("{path} is a name that partwork keeps for itself")));
        }
        let to = self.disk(path.as_str());
        let written = content.made().and_then(|content| match content {
            Made::Bytes(bytes) => with_parents(&to, || fs::write(&to, &bytes)),
            // Not `fs::copy`, which would publish a private file's permissions too.
            Made::File(from) => File::open(from)
                .and_then(|mut from| with_parents(&to, || io::copy(&mut from, &mut File::create(&to)?).map(drop))),
        });
        let entry = written.and_then(|()| hash_file(&to));
        entry.map_err(|source| EmitError::Io { doing: format!("write {}", quote(&to.to_string_lossy())), source })
    }

    /// The files of a finished build.
    pub fn files(&self, tree: &Tree) -> Files {
        let file = |(path, leaf): (&OutputPath, &Leaf)| {
            let (disk, headers) = (self.disk(path.as_str()), headers(path.as_str(), leaf.kind));
            let path = path.as_str().to_string();
            (path.clone(), LocalFile { path, disk, entry: leaf.entry, kind: leaf.kind, headers })
        };
        tree.iter().map(file).collect()
    }

    /// What the record will say of the site.
    pub fn contents(&self, files: &Files, site: &Site) -> Result<Contents, PublishError> {
        // By the names that a series and a part keep, so that one that is renamed isn't taken for lost.
        let known_as = |series: &Series| (series.plan.known_as().to_string(), Vec::new());
        let mut parts: BTreeMap<String, Vec<String>> = site.series.iter().map(known_as).collect();
        for (series, part) in site.parts_out().map(|part| &part.known_as) {
            parts.entry(series.clone()).or_default().push(part.clone());
        }
        let mut feed = BTreeMap::new();
        let feeds = std::iter::once(Subject::Site).chain(site.series.iter().map(|series| Subject::Series(series.at)));
        for file in feeds.filter_map(|of| files.get(&address::atom(site, of))) {
            let text = fs::read_to_string(&file.disk).map_err(local("read", &file.disk))?;
            feed.append(&mut feed_entries(&text));
        }
        Ok(Contents { parts, feed })
    }

    /// A folder for what a target needs while the run lasts.
    pub fn scratch(&self) -> PathBuf {
        self.dir.path().join("scratch")
    }

    fn disk(&self, path: &str) -> PathBuf {
        self.dir.path().join("files").join(path)
    }
}

/// When each entry of an Atom feed was last changed, by its id (RFC 4287, §4.1.2).
fn feed_entries(xml: &str) -> BTreeMap<String, String> {
    let mut reader = Reader::from_str(xml);
    let mut entries = BTreeMap::new();
    let (mut depth, mut field) = (0, None);
    let (mut id, mut updated) = (String::new(), String::new());
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) => {
                depth += 1;
                field = match (depth, tag.name().as_ref()) {
                    (3, "id") => Some(&mut id),
                    (3, "updated") => Some(&mut updated),
                    _ => None,
                };
            }
            Event::Text(text) => {
                if let Some(field) = &mut field {
                    field.push_str(&text.xml10_content());
                }
            }
            Event::End(_) => {
                if depth == 2 && !id.is_empty() {
                    entries.insert(std::mem::take(&mut id), std::mem::take(&mut updated));
                }
                depth -= 1;
                field = None;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    entries
}

fn headers(path: &str, kind: Kind) -> Headers {
    Headers { content_type: media_type(path).into(), cache_control: kind.cache_control().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_feed() {
        let xml = "<feed><id>site</id><updated>now</updated><entry><title>t</title><id>a</id><updated>1</updated>\
                   <author><id>x</id></author></entry><entry><id>b</id><updated>2</updated></entry></feed>";
        let expected = [("a", "1"), ("b", "2")].map(|(id, at)| (id.to_string(), at.to_string()));
        assert_eq!(feed_entries(xml), BTreeMap::from(expected));
        assert_eq!(feed_entries("<feed><entry>"), BTreeMap::new());
    }
}
