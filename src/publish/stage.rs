//! A built site on its way out, in a folder that nobody else looks into.
//!
//! In: the files of a build as they come, from any thread. Out: [`Files`], each with its kind and
//! headers. Never touches the output folder of `build`; the folder goes when the run ends, and what
//! a killed run left goes with the next.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::error::{PublishError, local};
use super::plan::{Contents, Files, LocalFile};
use super::record::{Headers, is_internal};
use crate::diagnostic::quote;
use crate::site::Site;
use crate::site::address::{self, Subject};
use crate::site::series::Series;
use crate::store::dir::{Dir, Form};
use crate::store::disk::hash_file;
use crate::store::emit::EmitError;
use crate::store::kind::Kind;
use crate::store::state::State;
use crate::store::tree::{Content, Entry, Leaf, Made, OutputPath, Tree};
use crate::text::media::media_type;

/// What the name of a run's folder begins with; a number follows.
const RUN: &str = "run-";
/// The file in it that is locked as long as its run lives.
const LOCK: &str = "lock";

/// The folder of all runs in the project's memory, and the lock that keeps others from taking a new one for one
/// that a killed run left, to be held until the run has a lock of its own. Clears what killed runs left.
fn runs(state: &State) -> Result<(Dir, File), PublishError> {
    let opened = state.project(true).and_then(|project| project.make_folder("publish"));
    let runs = opened.map_err(local("create", state.cache()))?;
    let gate = runs.lock_file(LOCK).map_err(local("lock", runs.path()))?;
    gate.lock().map_err(local("lock", runs.path()))?;
    for (name, form) in runs.list().map_err(local("read", runs.path()))? {
        let is_run = name.to_str().and_then(|name| name.strip_prefix(RUN)).is_some_and(|at| at.parse::<u64>().is_ok());
        // One without a lock lost it to a kill, since a run takes its own under this one.
        let lock = Path::new(&name).join(LOCK);
        let is_held = || runs.read(&lock).is_ok_and(|lock| lock.try_lock().is_err());
        if form == Form::Folder && is_run && !is_held() {
            // Clutter, not a failure, when it can't be removed.
            let _ = runs.remove_tree(&name);
        }
    }
    Ok((runs, gate))
}

/// A new folder of a run, for nobody else to look into.
fn new_folder(runs: &Dir) -> Result<(String, Dir), PublishError> {
    let mut at = u64::from(std::process::id());
    loop {
        let name = format!("{RUN}{at}");
        match runs.create_folder(&name, true) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => at += 1,
            made => return Ok((name, made.map_err(local("create", runs.path()))?)),
        }
    }
}

/// The staging folder of one run.
#[derive(Debug)]
pub struct Stage {
    /// The folder that it lies in, and its name there.
    runs: Dir,
    name: String,
    dir: Dir,
    files: Dir,
    /// Held while the run lives, so that no other takes the folder for a killed one's.
    _lock: File,
}

impl Stage {
    /// Makes a folder for this run in the project's memory, or in another place where that can't be written.
    pub fn open(state: &State, or: Option<&Path>) -> Result<Stage, PublishError> {
        let (runs, gate) = match (runs(state), or) {
            (Err(PublishError::Local(_)), Some(or)) => (Dir::open(or).map_err(local("open", or))?, None),
            (opened, _) => opened.map(|(runs, gate)| (runs, Some(gate)))?,
        };
        let (name, dir) = new_folder(&runs)?;
        let lock = dir.lock_file(LOCK).and_then(|lock| lock.lock().map(|()| lock));
        let lock = lock.map_err(local("lock", dir.path()))?;
        drop(gate);
        dir.make_folder("scratch").map_err(local("create", dir.path()))?;
        let files = dir.make_folder("files").map_err(local("create", dir.path()))?;
        Ok(Stage { runs, name, dir, files, _lock: lock })
    }

    /// Takes one file of the site.
    pub fn put(&self, path: &OutputPath, content: &Content) -> Result<Entry, EmitError> {
        if is_internal(path.as_str()) {
            let path = quote(path.as_str());
            return Err(EmitError::Refused(format!("{path} is a name that partwork keeps for itself")));
        }
        let to = path.as_str();
        let create = || match self.files.create(to) {
            // A second that wants the path, which the build will tell.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.files.remove_file(to)?;
                self.files.create(to)
            }
            created => created,
        };
        let written = content.made().and_then(|content| match content {
            Made::Bytes(bytes) => create()?.write_all(&bytes),
            // Not `fs::copy`, which would publish a private file's permissions too.
            Made::File(from) => from.open().and_then(|mut from| io::copy(&mut from, &mut create()?).map(drop)),
        });
        let entry = written.and_then(|()| hash_file(self.files.read(to)?));
        let doing = || format!("write {}", quote(&self.disk(to).to_string_lossy()));
        entry.map_err(|source| EmitError::Io { doing: doing(), source })
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
    pub fn contents(&self, files: &Files, sites: &[Site]) -> Result<Contents, PublishError> {
        // By the names that a series and a part keep, so that one that is renamed isn't taken for lost.
        let known_as = |series: &Series| (series.plan.known_as().to_string(), Vec::new());
        let mut parts: BTreeMap<String, Vec<String>> = sites.iter().flat_map(Site::folders).map(known_as).collect();
        let mut feed = BTreeMap::new();
        for site in sites {
            for (series, part) in site.parts_out().map(|part| &part.known_as) {
                parts.entry(series.clone()).or_default().push(format!("{part}{}", site.id_suffix()));
            }
            let feeds = std::iter::once(Subject::Site).chain(site.folders().map(|series| Subject::Series(series.at)));
            for file in feeds.filter_map(|of| files.get(&address::atom(site, of))) {
                let text = fs::read_to_string(&file.disk).map_err(local("read", &file.disk))?;
                feed.append(&mut feed_entries(&text));
            }
        }
        Ok(Contents { parts, feed })
    }

    /// A folder for what a target needs while the run lasts.
    pub fn scratch(&self) -> PathBuf {
        self.dir.path().join("scratch")
    }

    fn disk(&self, path: &str) -> PathBuf {
        self.files.path().join(path)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What stays is cleared by the next run.
        let _ = self.runs.remove_tree(&self.name);
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
