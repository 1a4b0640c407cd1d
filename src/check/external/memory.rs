//! What earlier runs learnt of addresses, in `.partwork/links.json`.
//!
//! In: addresses. Out: what was found at each, unless that is too long ago. That something is fine
//! is believed for a week unless the user says otherwise, that a server refused for a day, that an
//! address is broken for an hour, as somebody may be mending it, and that nobody answered never.
//! Nothing here is an error: a file that can't be read is an empty one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::clock;
use super::finding::{Cause, Finding, Verdict};
use crate::store::state;

const REFUSED_LASTS: Duration = Duration::from_secs(24 * 60 * 60);
const BROKEN_LASTS: Duration = Duration::from_secs(60 * 60);

/// Raise it when the same file would mean something else.
const VERSION: u32 = 1;
/// A larger file is none of ours.
const MAX_FILE: u64 = 1 << 26;

#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    now: Timestamp,
    max_age: Duration,
    known: Known,
}

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    version: u32,
    addresses: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    verdict: Verdict,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
    asked: Timestamp,
}

impl Memory {
    /// Reads what lies in the project's folder. `max_age` is how long that something is fine counts.
    pub fn open(root: &Path, max_age: Duration) -> Memory {
        let path = state::folder(root).join("links.json");
        let known = read(&path).unwrap_or_else(|| Known { version: VERSION, addresses: BTreeMap::new() });
        Memory { path, now: clock::now(), max_age, known }
    }

    pub fn get(&self, url: &Url) -> Option<Finding> {
        let entry = self.known.addresses.get(url.as_str()).filter(|entry| self.counts(entry))?;
        Some(Finding { verdict: entry.verdict, why: entry.why.clone(), cause: Cause::Answer })
    }

    pub fn put(&mut self, url: &Url, finding: &Finding) {
        let entry = Entry { verdict: finding.verdict, why: finding.why.clone(), asked: self.now };
        if finding.cause == Cause::Answer && lasts(finding.verdict, Duration::MAX).is_some() {
            self.known.addresses.insert(url.to_string(), entry);
        } else {
            self.known.addresses.remove(url.as_str());
        }
    }

    /// Writes what still counts. Replaces the file in one step.
    pub fn save(mut self) -> io::Result<()> {
        let mut known = std::mem::take(&mut self.known.addresses);
        known.retain(|_, entry| entry.asked == self.now || self.counts(entry));
        let known = Known { version: VERSION, addresses: known };
        if known.addresses.is_empty() && !self.path.exists() {
            return Ok(());
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix("links").suffix(".tmp").tempfile_in(folder)?;
        let mut text = serde_json::to_string_pretty(&known)?;
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.persist(&self.path)?;
        Ok(())
    }

    /// Whether an entry is young enough; one of the future was written by a clock that was wrong.
    fn counts(&self, entry: &Entry) -> bool {
        let age = Duration::try_from(self.now.duration_since(entry.asked)).ok();
        age.zip(lasts(entry.verdict, self.max_age)).is_some_and(|(age, lasts)| age < lasts)
    }
}

/// How long a verdict counts; `None` for one that is never kept.
fn lasts(verdict: Verdict, max_age: Duration) -> Option<Duration> {
    match verdict {
        Verdict::Fine => Some(max_age),
        Verdict::Refused => Some(max_age.min(REFUSED_LASTS)),
        Verdict::Broken => Some(max_age.min(BROKEN_LASTS)),
        Verdict::Unreachable => None,
    }
}

fn read(path: &Path) -> Option<Known> {
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_FILE).read_to_string(&mut text).ok()?;
    serde_json::from_str::<Known>(&text).ok().filter(|known| known.version == VERSION)
}
