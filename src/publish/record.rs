//! What partwork wrote to a target, kept there, so that it knows its own files.
//!
//! In: the bytes of a record. Out: the record, or why it can't be one of ours; and back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The record's name on a target. Names of this prefix at the top of a target are ours: locks,
/// folders of incoming files.
pub const RECORD: &str = ".partwork-release";
pub const INTERNAL: &str = ".partwork-";

/// Whether a path of a target is partwork's own housekeeping and no file of the site. A survey
/// leaves such paths out.
pub fn is_internal(path: &str) -> bool {
    path.starts_with(INTERNAL)
}

/// What a server has to say about a file besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers {
    #[serde(rename = "type")]
    pub content_type: String,
    #[serde(rename = "cache")]
    pub cache_control: String,
}

/// What partwork wrote to a target, kept there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub version: u32,
    pub published: Timestamp,
    /// False from the first file that is sent until the last has been verified.
    pub complete: bool,
    /// Ids of the parts that were out, by the id of their series.
    pub parts: BTreeMap<String, Vec<String>>,
    /// When each entry of the site's feed was last changed, by its id.
    pub feed: BTreeMap<String, String>,
    pub files: BTreeMap<String, Recorded>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// BLAKE3 in hexadecimal; absent while nobody knows whether the file has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    pub size: u64,
    #[serde(flatten)]
    pub headers: Headers,
    /// Whether it is a fingerprinted asset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asset: bool,
    /// Since when no page of ours needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Timestamp>,
}

pub const RECORD_VERSION: u32 = 1;

impl Record {
    /// Reads a record; says why when it can't be one of ours.
    pub fn parse(text: &[u8]) -> Result<Record, String> {
        let record: Record = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if record.version != RECORD_VERSION {
            return Err(format!("it has version {}, and this partwork knows {RECORD_VERSION}", record.version));
        }
        Ok(record)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("keys are texts, and nothing in it can fail");
        text.push(b'\n');
        text
    }

    /// Whether the two say the same of the target, be it at different times.
    pub fn agrees(&self, other: &Record) -> bool {
        let Record { version, published: _, complete, parts, feed, files } = self;
        (version, complete, parts, feed, files)
            == (&other.version, &other.complete, &other.parts, &other.feed, &other.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let headers = Headers { content_type: "text/html".into(), cache_control: "no-cache".into() };
        let file = Recorded { hash: None, size: 1, headers, asset: true, retired: Some(Timestamp::UNIX_EPOCH) };
        let record = Record {
            version: RECORD_VERSION,
            published: Timestamp::UNIX_EPOCH,
            complete: false,
            parts: BTreeMap::from([("s".into(), vec!["a".into()])]),
            feed: BTreeMap::from([("id".into(), "now".into())]),
            files: BTreeMap::from([("a".into(), file)]),
        };
        assert_eq!(Record::parse(&record.to_bytes()), Ok(record.clone()));
        assert!(Record::parse(b"{}").is_err());
        let newer = String::from_utf8(record.to_bytes()).expect("text").replacen("1", "2", 1);
        assert!(Record::parse(newer.as_bytes()).expect_err("of the future").contains("version 2"));
    }
}
