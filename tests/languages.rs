//! A site in several languages says the same of its pages from each side.
//!
//! The projects of `tests/languages` are built at their own base and below another path: what a page says of its like in
//! other languages each of these says of it as well, the sitemap says the same, each address is there, and no link leads
//! to a page of another language without saying so. A language that is added changes nothing of the original but what
//! is said of languages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use archive::split;
use partwork::parse::markup::{Piece, Tag, markup};
use partwork::project::Run;
use partwork::project::load::load;
use partwork::settings::config::BaseUrl;
use partwork::store::cache::Caches;
use partwork::store::kind::Kind;
use partwork::store::tree::{Content, Entry, Made, OutputPath};
use partwork::{Shell, build};

#[path = "common/archive.rs"]
mod archive;

/// Each text of a site, by its path.
type Files = BTreeMap<String, String>;

#[test]
fn each_language_answers_the_others() {
    for (name, text) in projects() {
        for base in [None, Some("https://moved.se/another/base/")] {
            let (files, url) = built(&text, base);
            let wrong = contradictions(&files, &url);
            assert!(wrong.is_empty(), "{name} at {url}:\n{}", wrong.join("\n"));
            let pages = files.values().filter(|page| !alternates(page).is_empty()).count();
            assert!(pages > 4, "{name} has {pages} pages in several languages");
        }
    }
}

#[test]
fn a_language_that_is_added_changes_no_address_and_no_name() {
    for (name, text) in projects() {
        let (several, _) = built(&text, None);
        let (one, _) = built(&without_languages(&text), None);
        for path in one.keys() {
            assert!(several.contains_key(path), "{name}: {path} is lost");
        }
        let ids = |files: &Files, path: &str| {
            let ids = files[path].lines().filter_map(|line| line.trim().strip_prefix("<id>")).map(str::to_string);
            ids.collect::<Vec<_>>()
        };
        for feed in one.keys().filter(|path| path.ends_with("feed.xml")) {
            assert_eq!(ids(&one, feed), ids(&several, feed), "{name}: {feed}");
        }
        let in_feeds = several.keys().filter(|path| path.ends_with("feed.xml"));
        let mut known = BTreeSet::new();
        for feed in in_feeds {
            let own: BTreeSet<String> = ids(&several, feed).into_iter().collect();
            for tag in ["sv", "ar"] {
                let is_in = feed.starts_with(&format!("{tag}/"));
                assert!(own.iter().all(|id| is_in == id.contains(&format!(".{tag}"))), "{name}: {feed}: {own:?}");
            }
            known.extend(own);
        }
        assert!(known.iter().any(|id| id.contains(".sv")), "{name}");
    }
}

fn projects() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/languages");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder of sites").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: &Path| (path.display().to_string(), fs::read_to_string(path).expect("a site"));
    paths.iter().map(|path| read(path)).collect()
}

/// The same project in the language of its originals alone.
fn without_languages(text: &str) -> String {
    let (_, files) = split(text);
    let is_translation = |name: &str| name.contains(".sv.") || name.contains(".ar.");
    let kept = files.into_iter().filter(|(name, _)| !is_translation(name)).map(|(name, content)| {
        let declared = content.find("[languages.sv]").filter(|_| name == "partwork.toml");
        format!("-- {name} --\n{}", &content[..declared.unwrap_or(content.len())])
    });
    kept.collect()
}

/// The texts of a site, and the address of its home page.
fn built(text: &str, base: Option<&str>) -> (Files, String) {
    let (_, files) = split(text);
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in &files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    let base_url = base.map(|base| BaseUrl::parse(base).expect("an address"));
    let run = Run { now: "2026-01-01T00:00:00Z".parse().expect("an instant"), base_url, ..Run::default() };
    let project = load(folder.path(), &run).expect("a project");
    let files = Mutex::new(Files::new());
    let keep = |path: &OutputPath, _: Kind, content: &Content| {
        if let Ok(Made::Bytes(bytes)) = content.made() {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            files.lock().expect("no panic").insert(path.to_string(), text);
        }
        Ok(Entry { size: 0, hash: [0; 32] })
    };
    let caches = Caches::open(None);
    let shell = Shell { caches: &caches, look: None, store: &keep, earlier: None, resized: None };
    let built = build(&project, &run, shell).expect("built");
    let errors: Vec<&str> = built.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    assert!(!built.has_errors(), "{errors:?}");
    let url = built.site().expect("a site").config.base_url.absolute("");
    (files.into_inner().expect("no panic"), url)
}

/// What pages and the sitemap say of languages that others deny.
fn contradictions(files: &Files, base: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let pages: BTreeMap<String, &String> = (files.iter())
        .filter(|(path, _)| path.ends_with(".html"))
        .map(|(path, html)| (format!("{base}{}", path.strip_suffix("index.html").unwrap_or(path)), html))
        .collect();
    let sitemap = &files["sitemap.xml"];
    let root = &base[..base[8..].find('/').map_or(base.len(), |at| at + 8)];
    for (url, html) in &pages {
        let said = alternates(html);
        if !said.is_empty() && !said.iter().any(|(_, other)| other == url) {
            wrong.push(format!("{url} doesn't name itself"));
        }
        if !said.is_empty() && said.iter().filter(|(language, _)| language == "x-default").count() != 1 {
            wrong.push(format!("{url} has no default"));
        }
        for (language, other) in &said {
            match pages.get(other) {
                None => wrong.push(format!("{url} names {other}, which isn't there")),
                Some(page) if alternates(page) != said => wrong.push(format!("{other} doesn't answer {url}")),
                Some(page) if language != "x-default" && language_of(page) != *language => {
                    wrong.push(format!("{url} calls {other} {language}"));
                }
                Some(_) => {}
            }
        }
        let listed = sitemap.split("<url>").find(|entry| entry.contains(&format!("<loc>{url}</loc>")));
        let in_sitemap = listed.map_or(0, |entry| entry.matches("<xhtml:link").count());
        if listed.is_some() && in_sitemap != said.len() {
            wrong.push(format!("the sitemap names {in_sitemap} languages of {url}, and the page {}", said.len()));
        }
        let own = language_of(html);
        for tag in tags(html).iter().filter(|tag| tag.name == "a") {
            let (Some(href), hreflang) = (attribute(tag, "href"), attribute(tag, "hreflang")) else { continue };
            let target = format!("{root}{}", href.split(['#', '?']).next().unwrap_or_default());
            let Some(page) = pages.get(&target).filter(|_| href.starts_with('/')) else { continue };
            let other = language_of(page);
            if other != own && hreflang.as_deref() != Some(other.as_str()) {
                wrong.push(format!("{url} leads to {target}, and doesn't say that it is {other}"));
            }
        }
    }
    wrong
}

fn tags(html: &str) -> Vec<Tag> {
    let tag = |piece| match piece {
        Piece::Start(tag) => Some(tag),
        _ => None,
    };
    markup(html).pieces.into_iter().filter_map(tag).collect()
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    tag.attribute(name).map(|attribute| attribute.value.clone())
}

fn language_of(html: &str) -> String {
    let root = tags(html).into_iter().find(|tag| tag.name == "html");
    root.and_then(|tag| attribute(&tag, "lang")).unwrap_or_default()
}

/// What a page says of its like: languages with addresses.
fn alternates(html: &str) -> BTreeSet<(String, String)> {
    let links = tags(html).into_iter().filter(|tag| tag.name == "link");
    links.filter_map(|tag| Some((attribute(&tag, "hreflang")?, attribute(&tag, "href")?))).collect()
}
