//! A built site as far as it can be compared.
//!
//! In: its files, one after the other, in any order. Out: what readers see of each page, what each plan says, and
//! whether a file is the same. What can't be read as partwork writes it is a file like any other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::page::{Page, page};
use crate::text::url::percent_decode;

/// A built site as far as it can be compared.
#[derive(Debug, Default)]
pub struct Shown {
    /// What tells the content of each file from any other, by path.
    pub hashes: BTreeMap<String, [u8; 32]>,
    /// Its HTML by path.
    pub pages: BTreeMap<String, Page>,
    /// Its series by id; in a further language with its tag behind, as `s.sv`.
    pub series: BTreeMap<String, Plan>,
}

/// The plan of a series as the site tells it.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    pub title: String,
    /// What a part and several are called, such as `Part` and `Parts`.
    pub label: (String, String),
    pub entries: Vec<Entry>,
}

/// An entry of a plan.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub title: String,
    pub number: Option<u64>,
    pub track: Option<String>,
    /// The path of its page, when it is out.
    pub page: Option<String>,
}

/// The name of the file that holds a plan.
const PLAN: &str = "series.json";

impl Shown {
    /// Whether what these files make up is a site of partwork: it has a home and says what pages there are, which
    /// no site does without.
    pub fn is_site(&self) -> bool {
        ["index.html", "sitemap.xml", "404.html"].iter().all(|path| self.hashes.contains_key(*path))
    }

    /// Whether a page holds the articles of a series once more, one after the other.
    pub fn is_collection(&self, path: &str) -> bool {
        let folder = path.strip_suffix("print/index.html");
        folder.is_some_and(|folder| self.hashes.contains_key(&format!("{folder}{PLAN}")))
    }

    /// Whether a file's bytes have to be read, and not only hashed.
    pub fn reads(path: &str) -> bool {
        path.ends_with(".html") || path.rsplit('/').next() == Some(PLAN)
    }

    /// Adds all that another has.
    pub fn append(&mut self, mut other: Shown) {
        self.hashes.append(&mut other.hashes);
        self.pages.append(&mut other.pages);
        self.series.append(&mut other.series);
    }

    /// Adds a file of which the hash is known.
    pub fn add_hashed(&mut self, path: &str, hash: [u8; 32]) {
        self.hashes.insert(path.to_string(), hash);
    }

    /// Adds a file.
    pub fn add(&mut self, path: &str, bytes: &[u8]) {
        self.add_hashed(path, *blake3::hash(bytes).as_bytes());
        if path.ends_with(".html") {
            self.pages.insert(path.to_string(), page(&String::from_utf8_lossy(bytes)));
        } else if Shown::reads(path)
            && let Some((id, plan)) = serde_json::from_slice(bytes).ok().and_then(|json| plan(path, &json))
        {
            self.series.insert(id, plan);
        }
    }
}

/// The id and the plan of a series.
fn plan(path: &str, json: &Value) -> Option<(String, Plan)> {
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_string);
    let own = percent_decode(json["json_url"].as_str()?);
    let base = own.strip_suffix(path)?;
    let entry = |part: &Value| {
        let url = part["url"].as_str().map(percent_decode);
        let address = url.as_deref().and_then(|url| url.strip_prefix(base));
        let is_folder = |address: &&str| address.is_empty() || address.ends_with('/');
        let page = address.map(|address| format!("{address}{}", if is_folder(&address) { "index.html" } else { "" }));
        Some(Entry {
            id: text(part, "id")?,
            title: text(part, "title")?,
            number: part["number"].as_u64(),
            track: text(part, "track"),
            page: page.filter(|_| part["status"] == "published"),
        })
    };
    let entries = json["parts"].as_array()?.iter().filter_map(entry).collect();
    let label = |key: &str, or: &str| text(&json["label"], key).unwrap_or_else(|| or.to_string());
    let label = (label("part", "Part"), label("parts", "Parts"));
    let mut id = text(json, "id")?;
    // No series is named like a language, whose site lies in a folder of its name.
    if let Some(language) = text(json, "language").filter(|tag| path.starts_with(&format!("{tag}/"))) {
        id = format!("{id}.{language}");
    }
    Some((id, Plan { title: text(json, "title")?, label, entries }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_as_they_are_written() {
        let mut shown = Shown::default();
        let json = r#"{"id":"s","title":"S","json_url":"https://x.se/b/s/series.json","parts":[
            {"id":"a","title":"A","number":1,"status":"published","url":"https://x.se/b/s/%C3%A5/"},
            {"id":"b","title":"B","number":2,"status":"soon"}]}"#;
        shown.add("s/series.json", json.as_bytes());
        let pages: Vec<_> = shown.series["s"].entries.iter().map(|entry| entry.page.as_deref()).collect();
        assert_eq!(pages, [Some("s/å/index.html"), None]);
        assert_eq!(shown.series["s"].label.0, "Part");
        let json =
            r#"{"id":"s","title":"Serie","language":"sv","json_url":"https://x.se/b/sv/s/series.json","parts":[]}"#;
        shown.add("sv/s/series.json", json.as_bytes());
        assert_eq!([&shown.series["s"].title, &shown.series["s.sv"].title], ["S", "Serie"]);
        shown.add("t/series.json", b"{\"parts\": 1}");
        assert!(!shown.series.contains_key("t") && shown.hashes.len() == 3 && !shown.is_site());
    }
}
