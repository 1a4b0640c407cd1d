//! What earlier runs learnt of addresses, in the memory of the project.
//!
//! In: addresses. Out: what was found at each, unless that is too long ago. That something is fine
//! is believed for a week unless the user says otherwise, that a server refused for a day, that an
//! address is broken for an hour, as somebody may be mending it, and that nobody answered never.
//! Nothing here is an error: a file that can't be read is an empty one.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::clock;
use super::finding::{Cause, Finding, Verdict};
use crate::store::state::State;

const REFUSED_LASTS: Duration = Duration::from_secs(24 * 60 * 60);
const BROKEN_LASTS: Duration = Duration::from_secs(60 * 60);

/// Raise it when the same file would mean something else.
const VERSION: u32 = 1;
/// Its name in the memory of a project.
const NAME: &str = "links";

#[derive(Debug)]
pub struct Memory {
    state: State,
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
    /// Reads what is remembered of the project. `max_age` is how long that something is fine counts.
    pub fn open(state: &State, max_age: Duration) -> Memory {
        let known = state.recall(NAME).and_then(|text| serde_json::from_slice::<Known>(&text).ok());
        let known = known.filter(|known| known.version == VERSION);
        let known = known.unwrap_or_else(|| Known { version: VERSION, addresses: BTreeMap::new() });
        Memory { state: state.clone(), now: clock::now(), max_age, known }
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
        if known.addresses.is_empty() && self.state.recall(NAME).is_none() {
            return Ok(());
        }
        let mut text = serde_json::to_string_pretty(&known)?;
        text.push('\n');
        self.state.remember(NAME, text.as_bytes())
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
