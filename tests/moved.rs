//! Sites in the shape of some that are published by other programs keep every address when they move here.
//!
//! Each file of `tests/moved` is a small project with a list of the addresses that its readers know, one a line and
//! below the base. It is built at its own base and below another path: each address answers, old ones lead to a page
//! that is there, no page of the site leads out of the base or to where nothing is, and feed readers know each entry
//! by the same name at both.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use archive::split;
use partwork::parse::markup::markup;
use partwork::project::Run;
use partwork::project::load::load;
use partwork::settings::config::BaseUrl;
use partwork::site::output_path;
use partwork::store::cache::Caches;
use partwork::store::kind::Kind;
use partwork::store::tree::{Content, Entry, Made, OutputPath};
use partwork::text::url::percent_decode;
use partwork::{Shell, build};

#[path = "common/archive.rs"]
mod archive;

/// Each file of a site, by its path; the text of pages and feeds alone.
type Files = BTreeMap<String, String>;

#[test]
fn no_address_is_lost() {
    let mut sites: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/moved"))
        .expect("a folder of sites")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    sites.sort();
    assert!(!sites.is_empty());
    let mut wrong = Vec::new();
    for site in sites {
        let text = fs::read_to_string(&site).expect("a site");
        let (_, files) = split(&text);
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in &files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        let addresses = files.iter().find(|(name, _)| *name == "addresses").expect("a list of addresses").1;
        let mut entries = Vec::new();
        for base in [None, Some("https://moved.se/another/base/")] {
            let (found, known) = look(folder.path(), base, addresses);
            wrong.extend(found.into_iter().map(|what| format!("{} at {base:?}: {what}", site.display())));
            entries.push(known);
        }
        assert_eq!(entries[0], entries[1], "{}", site.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a site at a base, at its own where none is given, and the ids in its feed.
fn look(root: &Path, base: Option<&str>, addresses: &str) -> (Vec<String>, Vec<String>) {
    let base_url = base.map(|base| BaseUrl::parse(base).expect("an address"));
    let run = Run { now: "2026-01-01T00:00:00Z".parse().expect("an instant"), base_url, ..Run::default() };
    let project = load(root, &run).expect("a project");
    let files = Mutex::new(Files::new());
    let keep = |path: &OutputPath, kind: Kind, content: &Content| {
        let text = match content.made() {
            Ok(Made::Bytes(bytes)) if kind.is_page() || path.as_str() == "feed.xml" => {
                String::from_utf8_lossy(&bytes).into_owned()
            }
            _ => String::new(),
        };
        files.lock().expect("no panic").insert(path.to_string(), text);
        Ok(Entry { size: 0, hash: [0; 32] })
    };
    let caches = Caches::open(None);
    let built =
        build(&project, &run, Shell { caches: &caches, look: None, store: &keep, earlier: None, resized: None })
            .expect("built");
    let mut wrong: Vec<String> = built
        .diagnostics
        .iter()
        .map(|diagnostic| format!("{}: {}", diagnostic.code.name(), diagnostic.message))
        .collect();
    let files = files.into_inner().expect("no panic");
    let base = &built.site().expect("a site").config.base_url;
    let has = |address: &str| output_path(address).is_ok_and(|path| files.contains_key(path.as_str()));
    let lost = addresses.lines().filter(|address| !has(address.trim_start_matches('/')));
    wrong.extend(lost.map(|address| format!("{address} is lost")));
    for (page, html) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        for url in urls(html) {
            let path = url.strip_prefix(&base.origin).unwrap_or(&url).split(['#', '?']).next().unwrap_or_default();
            let below = path.strip_prefix(base.path.as_str()).map(percent_decode);
            if path.starts_with('/') && !path.starts_with("//") && !below.is_some_and(|below| has(&below)) {
                wrong.push(format!("{page} leads to {url}, and nothing is there"));
            }
        }
    }
    let ids = files["feed.xml"].split("<id>").skip(1).filter_map(|rest| rest.split_once("</id>"));
    let ids = ids.map(|(id, _)| id.to_string()).collect();
    (wrong, ids)
}

/// Where a page leads, and what it loads; a page at an old address leads where its refresh does.
fn urls(html: &str) -> Vec<String> {
    let read = markup(html);
    let attributes = read.tags().flat_map(|tag| &tag.attributes);
    let led = attributes.filter_map(|attribute| match attribute.name.as_str() {
        "href" | "src" => Some(attribute.value.clone()),
        "content" => attribute.value.split_once("url=").map(|(_, url)| url.to_string()),
        _ => None,
    });
    led.collect()
}
