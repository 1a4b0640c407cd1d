//! An old site and a new one, address by address.
//!
//! In: a folder with the old site as it was built, or its `sitemap.xml`, and the new site's files as they are made.
//! Out: for each old address, anchor, feed and picture whether it is kept, leads on, or is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::diagnostic::count;
use crate::parse::markup::{Interest, Piece, decode, scan};
use crate::store::dir::{Dir, Form};
use crate::store::kind::Kind;
use crate::text::source::nfc;
use crate::text::url::percent_decode;

/// The largest page that is read.
const LARGEST: u64 = 32 << 20;

/// A site as it was.
#[derive(Debug, Default)]
pub struct Old {
    /// By address below the base, `a/` for `a/index.html`: the anchors of headings, and what links lead to.
    pages: BTreeMap<String, BTreeSet<String>>,
    /// Files that are no pages.
    files: BTreeSet<String>,
    /// The ids of the entries of each feed.
    feeds: BTreeMap<String, Vec<String>>,
}

/// What a new site answers.
#[derive(Debug, Default)]
pub struct New {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// By path below the output: the ids of a page, and where a page that leads on leads.
    pages: BTreeMap<String, (BTreeSet<String>, Option<String>)>,
    /// Those of them that are articles.
    articles: BTreeSet<String>,
    files: BTreeSet<String>,
    entries: BTreeSet<String>,
}

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Lost,
    Redirected,
    Kept,
}

/// What became of all.
#[derive(Debug, Default)]
pub struct Comparison {
    pub addresses: Vec<(String, Fate)>,
    /// With the page before the `#`.
    pub anchors: Vec<(String, Fate)>,
    pub files: Vec<(String, Fate)>,
    pub entries: Vec<(String, Fate)>,
}

impl Old {
    /// Reads the old site: a folder, or a sitemap.
    pub fn read(place: &Path) -> io::Result<Old> {
        if place.metadata()?.is_dir() { Old::folder(&Dir::open(place)?) } else { Old::sitemap(place) }
    }

    fn folder(dir: &Dir) -> io::Result<Old> {
        let mut old = Old::default();
        // Of each anchor that is no heading's on how many pages it is.
        let (mut marks, mut many): (BTreeMap<String, usize>, usize) = (BTreeMap::new(), 0);
        let enter = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            !name.starts_with('.') || name == ".well-known"
        };
        for (path, form) in dir.walk(&enter)? {
            let Some(name) = path.to_str().filter(|_| form == Form::File) else { continue };
            let name = nfc(name).into_owned();
            let is_page = name.ends_with(".html") || name.ends_with(".htm");
            if !is_page && !name.ends_with(".xml") {
                old.files.insert(name);
                continue;
            }
            let mut bytes = Vec::new();
            dir.read(&path)?.take(LARGEST).read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes);
            if is_page {
                let read = page(&text);
                // What a host shows where nothing is has no address, and nobody is led to the first page of a list by
                // the redirect that Hugo puts there.
                if name.ends_with("/404.html") || name.ends_with("/page/1/index.html") && read.leads_on.is_some() {
                    continue;
                }
                // The page of what isn't there has no readers who know its anchors.
                let has_own = read.leads_on.is_none() && !read.is_unlisted && name != "404.html";
                if read.leads_on.is_none() {
                    many += 1;
                    read.marks.into_iter().for_each(|mark| *marks.entry(mark).or_default() += 1);
                }
                old.pages.insert(address(&name), if has_own { read.anchors } else { BTreeSet::new() });
            } else if let Some(ids) = entries(&text) {
                old.feeds.insert(name, ids);
            } else {
                old.files.insert(name);
            }
        }
        // What is on every page is of the frame around them, which a list of chapters alone may do without.
        let is_everywhere = |on: usize| many > 2 && on >= many - many / 10;
        let of_frame: BTreeSet<String> =
            marks.into_iter().filter(|(_, on)| is_everywhere(*on)).map(|(id, _)| id).collect();
        old.pages.values_mut().for_each(|anchors| anchors.retain(|anchor| !of_frame.contains(anchor)));
        Ok(old)
    }

    fn sitemap(place: &Path) -> io::Result<Old> {
        let text = std::fs::read_to_string(place)?;
        let mut old = Old::default();
        let addresses: Vec<&str> = text.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next()).collect();
        // The shortest is the home page; what all begin with is no part of an address.
        let base = addresses.iter().min_by_key(|address| address.len()).map_or("", |address| address.trim());
        let base = &base
            [..base.find("://").map_or(0, |at| base[at + 3..].find('/').map_or(base.len(), |end| at + 3 + end + 1))];
        for address in addresses {
            let below = decode(address.trim().strip_prefix(base).unwrap_or(address.trim()));
            old.pages.insert(percent_decode(&below), BTreeSet::new());
        }
        Ok(old)
    }
}

/// The address of a page's file: a folder for its index.
fn address(path: &str) -> String {
    let is_index = path == "index.html" || path.ends_with("/index.html");
    if is_index { path[..path.len() - "index.html".len()].to_string() } else { path.to_string() }
}

/// What is seen of a page.
#[derive(Default)]
struct Looked {
    anchors: BTreeSet<String>,
    /// Those of them that are no headings'.
    marks: BTreeSet<String>,
    all: BTreeSet<String>,
    leads_on: Option<String>,
    /// Whether search engines are told to pass over it: it shows what other pages do.
    is_unlisted: bool,
}

fn page(html: &str) -> Looked {
    let mut read = Looked::default();
    let interest = Interest {
        tag: |name| matches!(name, b"meta" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"a"),
        attribute: |name| name == b"id",
    };
    scan(html, interest, |piece| {
        let Piece::Start(tag) = piece else { return };
        let value = |name: &str| tag.attribute(name).map(|attribute| attribute.value.clone());
        if tag.name == "meta" {
            let content = value("content").unwrap_or_default();
            if value("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh")) {
                let at = content.to_ascii_lowercase().find("url=");
                read.leads_on = at.map(|at| content[at + 4..].trim_matches(['\'', '"', ' ']).to_string());
            }
            read.is_unlisted |= value("name").is_some_and(|name| name == "robots") && content.contains("noindex");
            return;
        }
        let is_heading = tag.name.len() == 2 && tag.name.starts_with('h');
        let name = if tag.name == "a" { value("name") } else { None };
        for id in value("id").into_iter().chain(name).filter(|id| !id.is_empty()) {
            let id = nfc(&id).into_owned();
            // An `a` inside the page's frame, such as a menu's, is nobody's anchor.
            if is_heading || tag.name == "a" && tag.attribute("href").is_none() {
                read.anchors.insert(id.clone());
                if !is_heading {
                    read.marks.insert(id.clone());
                }
            }
            read.all.insert(id);
        }
    });
    read
}

/// The ids of the entries of a feed, Atom or RSS; `None` for a file that is none.
fn entries(xml: &str) -> Option<Vec<String>> {
    let (item, id) = match (xml.contains("<feed"), xml.contains("<rss")) {
        (true, _) => ("<entry", "id"),
        (_, true) => ("<item", "guid"),
        _ => return None,
    };
    let ids = xml.split(item).skip(1).filter_map(|entry| {
        let start = entry.find(&format!("<{id}"))?;
        let start = start + entry[start..].find('>')? + 1;
        let end = start + entry[start..].find('<')?;
        Some(decode(entry[start..end].trim()))
    });
    Some(ids.collect())
}

impl New {
    /// Looks at a file of the new site.
    pub fn see(&self, path: &str, kind: Kind, bytes: Option<&[u8]>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match bytes {
            Some(bytes) if kind.is_page() => {
                let read = page(&String::from_utf8_lossy(bytes));
                if kind == Kind::Article {
                    seen.articles.insert(path.to_string());
                }
                seen.pages.insert(path.to_string(), (read.all, read.leads_on));
            }
            Some(bytes) if path.ends_with(".xml") => {
                seen.entries.extend(entries(&String::from_utf8_lossy(bytes)).into_iter().flatten());
                seen.files.insert(path.to_string());
            }
            _ => {
                seen.files.insert(path.to_string());
            }
        }
    }

    /// Holds the old site against it. `base` is where the new one stands, as far as its path.
    pub fn compare(self, old: &Old, base: &str) -> Comparison {
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut made = Comparison::default();
        let mut many: BTreeMap<&str, usize> = BTreeMap::new();
        for anchor in old.pages.values().flatten() {
            *many.entry(anchor).or_default() += 1;
        }
        for (address, anchors) in &old.pages {
            let (fate, ids, is_list) = seen.page(address, base);
            let shown = format!("/{address}");
            for anchor in anchors {
                let has = fate != Fate::Lost && ids.is_some_and(|ids| ids.contains(anchor));
                // A list that showed whole articles had their anchors too, and others with each new one.
                let is_shared = many.get(anchor.as_str()).is_some_and(|many| *many > 1);
                if has || !is_list || !is_shared {
                    made.anchors.push((format!("{shown}#{anchor}"), if has { fate } else { Fate::Lost }));
                }
            }
            made.addresses.push((shown, fate));
        }
        for (feed, ids) in &old.feeds {
            let kept = seen.files.contains(feed);
            made.addresses.push((format!("/{feed}"), if kept { Fate::Kept } else { Fate::Lost }));
            // A list of articles is in some feeds and is none.
            for id in ids.iter().filter(|id| !seen.is_list(id, base)) {
                let has = seen.entries.contains(id);
                made.entries.push((id.clone(), if has { Fate::Kept } else { Fate::Lost }));
            }
        }
        made.entries.sort();
        made.entries.dedup();
        let shows = |path: &&String| !is_of_theme(path);
        for file in old.files.iter().filter(shows) {
            let kept = seen.files.contains(file);
            made.files.push((format!("/{file}"), if kept { Fate::Kept } else { Fate::Lost }));
        }
        made
    }
}

/// Whether a file is of an old theme or a search, which nobody links to.
pub fn is_of_theme(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(ending, "css" | "js" | "map" | "woff" | "woff2" | "ttf" | "otf" | "eot" | "scss")
        || name.starts_with("searchindex")
        || name.starts_with("search_index")
        || matches!(name, "sitemap.xml" | "robots.txt" | "CNAME" | "elasticlunr.min.js")
        || is_scaled(name)
        // With a hash in their names, as mdBook has them.
        || name.starts_with("favicon") && matches!(ending, "svg" | "png") && !path.contains('/')
        || path.starts_with("FontAwesome/")
        || path.starts_with("fonts/")
}

/// Whether a name is that of a picture as Hugo scales them, whose addresses change with it and with its settings.
fn is_scaled(name: &str) -> bool {
    name.match_indices("_hu").any(|(at, sign)| {
        let rest = name[at + sign.len()..].trim_start_matches('_');
        rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()).len() >= 16
    })
}

impl Seen {
    /// Whether the id of an entry is the address of a page that lists articles here; one that only leads on was an
    /// article.
    fn is_list(&self, id: &str, base: &str) -> bool {
        let path = id.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        let path = percent_decode(path);
        let below = path.strip_prefix(base.trim_matches('/')).unwrap_or(&path).trim_start_matches('/');
        let path =
            if below.is_empty() || below.ends_with('/') { format!("{below}index.html") } else { below.to_string() };
        self.pages.get(&path).is_some_and(|(_, leads_on)| leads_on.is_none()) && !self.articles.contains(&path)
    }

    /// What becomes of an old address, the ids of the page that answers, and whether that is a list of others.
    fn page(&self, address: &str, base: &str) -> (Fate, Option<&BTreeSet<String>>, bool) {
        let path = match address.is_empty() || address.ends_with('/') {
            true => format!("{address}index.html"),
            false => address.to_string(),
        };
        let html = format!("{path}.html");
        let is_list = |path: &String| self.pages.contains_key(path) && !self.articles.contains(path);
        let found = [&path, &html].into_iter().find_map(|path| Some((path, self.pages.get(path)?)));
        match found {
            None if self.files.contains(&path) => (Fate::Kept, None, false),
            None => (Fate::Lost, None, false),
            Some((path, (ids, None))) => (Fate::Kept, Some(ids), is_list(path)),
            Some((_, (_, Some(to)))) => {
                let below = to.strip_prefix(base).unwrap_or(to).trim_start_matches('/');
                let target = percent_decode(below.split('#').next().unwrap_or(below));
                let path =
                    if target.is_empty() || target.ends_with('/') { format!("{target}index.html") } else { target };
                (Fate::Redirected, self.pages.get(&path).map(|(ids, _)| ids), is_list(&path))
            }
        }
    }
}

impl Comparison {
    /// Each kind of thing, with its name.
    fn kinds(&self) -> [(&'static str, &[(String, Fate)]); 4] {
        [("address", &self.addresses), ("anchor", &self.anchors), ("file", &self.files), ("entry", &self.entries)]
    }

    /// How many things are lost.
    pub fn lost(&self) -> usize {
        let all = self.kinds().into_iter().flat_map(|(_, things)| things);
        all.filter(|(_, fate)| *fate == Fate::Lost).count()
    }

    /// A line for each kind, and one for each thing that is lost.
    pub fn human(&self) -> String {
        let mut text = String::new();
        for (name, things) in self.kinds() {
            let of = |wanted: Fate| things.iter().filter(|(_, fate)| *fate == wanted).count();
            if things.is_empty() {
                continue;
            }
            let name = match name {
                "entry" => "entry of feeds",
                "address" => "page",
                name => name,
            };
            let total = match name {
                "entry of feeds" if things.len() == 1 => "1 entry of feeds".to_string(),
                "entry of feeds" => format!("{} entries of feeds", things.len()),
                name => count(things.len(), name),
            };
            let (kept, on, lost) = (of(Fate::Kept), of(Fate::Redirected), of(Fate::Lost));
            text.push_str(&format!("{total}: {kept} kept, {on} redirected, {lost} lost\n"));
            let lost = things.iter().filter(|(_, fate)| *fate == Fate::Lost);
            lost.for_each(|(thing, _)| text.push_str(&format!("  lost {}\n", crate::diagnostic::quote(thing))));
        }
        text
    }

    pub fn json(&self) -> Value {
        let mut value = json!({ "version": 1 });
        for (name, things) in self.kinds() {
            let of = |wanted: Fate| -> Vec<&str> {
                things.iter().filter(|(_, fate)| *fate == wanted).map(|(thing, _)| thing.as_str()).collect()
            };
            let plural = if name == "entry" {
                "entries".to_string()
            } else if name == "address" {
                "addresses".into()
            } else {
                format!("{name}s")
            };
            value[plural] =
                json!({ "kept": of(Fate::Kept), "redirected": of(Fate::Redirected), "lost": of(Fate::Lost) });
        }
        value
    }
}
