//! What a target shows, as far as its record says so: for targets of which each file that is read costs a request.
//!
//! In: the record, and the files of the site as it is to be. Out: what is known of the site there, and which files have
//! to be asked for: pages that are others now, and all that is not known to have arrived.

use std::fs;

use super::error::{PublishError, local};
use super::plan::Files;
use super::record::Record;
use crate::diff::shown::Shown;

/// So many files are read back before a publish, for one sentence.
const MOST_ASKED_FOR: usize = 100;

/// Adds what is known; gives the paths of the rest. Files of others, which no record names, stay as they are and are
/// left out. Refuses to ask for more than is worth it where a site is to be published.
pub fn add_known<'a>(record: &'a Record, staged: &Files, shown: &mut Shown) -> Result<Vec<&'a str>, PublishError> {
    let mut unknown = Vec::new();
    for (path, recorded) in &record.files {
        let hash = recorded.hash.as_deref().and_then(|hash| blake3::Hash::from_hex(hash).ok());
        let Some(hash) = hash else {
            unknown.push(path.as_str());
            continue;
        };
        let same = staged.get(path).filter(|file| file.entry.hash == *hash.as_bytes());
        match same {
            _ if !Shown::reads(path) => shown.add_hashed(path, hash.into()),
            Some(file) => shown.add(path, &fs::read(&file.disk).map_err(local("read", &file.disk))?),
            None => unknown.push(path),
        }
    }
    if !staged.is_empty() && unknown.len() > MOST_ASKED_FOR {
        return Err(PublishError::Refused("too much of it has changed to be read back".into()));
    }
    Ok(unknown)
}
