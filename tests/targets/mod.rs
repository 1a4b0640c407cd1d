//! What is fuzzed: each target takes any bytes, and never panics or hangs.
//!
//! `fuzz/fuzz_targets` runs each with made-up bytes (`cargo +nightly fuzz run NAME`), `tests/corpus.rs` with
//! those of `fuzz/corpus/NAME`, by the ordinary compiler.

use std::fs;
use std::path::{Component, Path};
use std::sync::atomic::AtomicBool;

use archive::split;
use clap::ValueEnum as _;
use partwork::cli::Tool;
use partwork::import;
use partwork::import::put::Draft;
use partwork::outputs::headers::PolicySources;
use partwork::parse::markup::{Piece, markup};
use partwork::project::Run;
use partwork::project::images::Pictures;
use partwork::project::load::load;
use partwork::publish::count_listed;
use partwork::publish::record::Record;
use partwork::render::svg::inline_svg;
use partwork::render::xhtml::{Places, Xhtml, settled};
use partwork::settings::config::BaseUrl;
use partwork::store::cache::{Cache, Caches, Key};
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::origin::Root;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Shell, build};

#[path = "../common/archive.rs"]
mod archive;

/// A target, by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("source", source),
    ("part", part),
    ("svg", svg),
    ("xhtml", xhtml),
    ("policy", policy),
    ("picture", picture),
    ("listing", listing),
    ("record", record),
    ("cache", cache),
    ("settings", settings),
    ("import", import),
];

/// A page on its own, from its source to HTML.
pub fn source(bytes: &[u8]) {
    let html = partwork::render_alone(&String::from_utf8_lossy(bytes));
    assert!(!html.contains('\0'));
}

/// The body of a part, in every form that it has: page, feeds, book, search index, twin.
pub fn part(bytes: &[u8]) {
    let mut text = b"+++\ntitle = \"A\"\ndescription = \"d\"\ndate = 2025-01-01\n+++\n".to_vec();
    text.extend_from_slice(bytes);
    built(&[("content/s/series.toml", b"title = \"S\"\nparts = [\"a\"]\n"), ("content/s/a.md", &text)]);
}

/// A drawing placed in a page.
pub fn svg(bytes: &[u8]) {
    if let Ok(html) = inline_svg(&String::from_utf8_lossy(bytes), "p-") {
        let lower = html.to_lowercase();
        assert!(!lower.contains("<script") && !lower.contains("javascript:"));
    }
}

/// HTML in a book.
pub fn xhtml(bytes: &[u8]) {
    let html = String::from_utf8_lossy(bytes);
    let places = Places { link: &|href| Some(href.to_string()), image: &|_| None };
    let mut book = Xhtml::new(places, html.len());
    for piece in &markup(&html).pieces {
        match piece {
            Piece::Text(text) => book.text(text),
            Piece::Start(tag) => {
                let attributes: Vec<(&str, &str)> =
                    tag.attributes.iter().map(|attribute| (&*attribute.name, &*attribute.value)).collect();
                book.start(&tag.name, &attributes, tag.self_closing);
            }
            Piece::End { name, .. } => book.end(name),
            Piece::Comment(_) | Piece::Stray(_) => {}
        }
    }
    let draft = book.finish();
    let text = format!("<body>{}</body>", settled(&draft.text, &str::to_string));
    let mut reader = quick_xml::Reader::from_str(&text);
    while !matches!(reader.read_event().expect("well-formed XML"), quick_xml::events::Event::Eof) {}
}

/// The policy that a page needs.
pub fn policy(bytes: &[u8]) {
    let base = BaseUrl::parse("https://example.org/").expect("an address");
    PolicySources::of_page(&String::from_utf8_lossy(bytes), &base);
}

/// A picture: its kind, its size, what is wrong with it, and its bytes without notes.
pub fn picture(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Root::open(folder.path()).expect("it is there");
    let cache = Cache::open(None);
    for name in ["a.png", "a.jpg", "a.gif", "a.webp", "a.avif", "a.svg"] {
        fs::write(folder.path().join(name), bytes).expect("written");
        let path = root.file(Path::new(name), Path::new(name));
        let pictures = Pictures::new(&cache);
        pictures.size(&path);
        pictures.flaw(&path);
        pictures.published(&path).expect("it can be read");
    }
}

/// What a target says that it holds: an object store, rsync, a branch.
pub fn listing(bytes: &[u8]) {
    count_listed(&String::from_utf8_lossy(bytes));
}

/// What a target says that was published to it.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = Record::parse(bytes) {
        assert!(Record::parse(&record.to_bytes()).is_ok());
    }
}

/// The file of what earlier runs made.
pub fn cache(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let state = State::of(&folder.path().join("memory"), folder.path());
    let own = state.project(true).expect("a folder");
    fs::write(own.path().join("cache"), bytes).expect("written");
    let cache = Cache::open(Some(state));
    cache.get(&Key::of([b"a"]));
    cache.put(Key::of([b"b"]), b"b".as_slice());
    cache.save().expect("saved");
}

/// A site's settings.
pub fn settings(bytes: &[u8]) {
    built(&[("partwork.toml", bytes), ("content/a.md", b"+++\ntitle = \"A\"\n+++\nx\n")]);
}

/// A source of another tool, its files under lines `-- path --`, by the reader of each tool: what is made of it can be
/// written and is read without a panic.
pub fn import(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("source");
    fs::create_dir(&source).expect("a folder");
    for (name, content) in split(&text).1 {
        let path = Path::new(name);
        let is_below = path.components().all(|piece| matches!(piece, Component::Normal(_)));
        // Any other name is none of a file, or of one that is there.
        if is_below && path.parent().is_some_and(|above| fs::create_dir_all(source.join(above)).is_ok()) {
            let _ = fs::write(source.join(path), content);
        }
    }
    for tool in Tool::value_variants() {
        let wanted = import::Wanted { tool: Some(*tool), base_url: None, history: |_| Vec::new() };
        let Ok(ready) = import::read(&source, wanted) else { continue };
        let target = folder.path().join(format!("{tool:?}"));
        let stop = AtomicBool::new(false);
        let draft = Draft::begin(&target, &stop).expect("a folder");
        let made = ready.write(&|path, text| draft.text(path, text));
        // Two names may be one file's and the folder's of another.
        if made.is_ok_and(|made| draft.finish(&made.files, &made.folder).is_ok()) {
            build_in(&target);
        }
    }
}

/// Builds a project, writes nothing.
fn built(files: &[(&str, &[u8])]) {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = b"base_url = \"https://example.org/\"\ntitle = \"x\"\n[cards]\nenabled = false\n".as_slice();
    for (path, bytes) in [("partwork.toml", settings)].iter().chain(files) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(path, bytes).expect("written");
    }
    build_in(folder.path());
}

fn build_in(root: &Path) {
    let run = Run { now: "2026-01-01T00:00:00Z".parse().expect("an instant"), ..Run::default() };
    let project = load(root, &run).expect("a project");
    let nowhere =
        |_: &OutputPath, _: Kind, _: &Content| -> Result<Entry, EmitError> { Ok(Entry { size: 0, hash: [0; 32] }) };
    let caches = Caches::open(None);
    build(&project, &run, Shell { caches: &caches, look: None, store: &nowhere, earlier: None, resized: None })
        .expect("nothing is written");
}
