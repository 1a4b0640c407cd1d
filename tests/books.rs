//! Books come from the cache, and are never those of an earlier state of the project.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use partwork::project::Run;
use partwork::project::load::load;
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::spool::joined;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Shell, build};

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, content).expect("room");
}

fn part(root: &Path, path: &str, title: &str, date: &str, text: &str) {
    let front = format!("+++\ntitle = \"{title}\"\ndescription = \"About {title}.\"\ndate = {date}\n+++\n");
    write(root, &format!("content/{path}.md"), format!("{front}{text}\n"));
}

fn book(root: &Path, caches: &Caches, now: &str) -> Vec<u8> {
    made(root, caches, now, false)
}

/// `later` leaves the book to be made by who asks.
fn made(root: &Path, caches: &Caches, now: &str, later: bool) -> Vec<u8> {
    let now = format!("{now}T00:00:00Z").parse().expect("an instant");
    let run = Run { now, later, ..Run::default() };
    let project = load(root, &run).expect("a project");
    let book = Mutex::new(None);
    let keep = |path: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        if path.as_str() == "s/s.epub" {
            let bytes = match content {
                Content::Pieces(pieces) if !later => joined(pieces).expect("a book"),
                Content::Later(what) if later => what.make().expect("a book").to_vec(),
                _ => panic!("a book is made when it is wanted"),
            };
            *book.lock().expect("no panic holds it") = Some(bytes);
        }
        Ok(Entry { size: 0, hash: [0; 32] })
    };
    build(&project, &run, Shell { caches, look: None, store: &keep, earlier: None, resized: None }).expect("a build");
    book.into_inner().expect("no panic holds it").expect("a book")
}

#[test]
fn a_book_is_made_again_when_anything_in_it_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let svg = |side: u8| format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}\" height=\"4\"/>");
    // A picture of which nothing but its bytes is in the book.
    let gif = |last: u8| [b"GIF89a\x01\x00\x01\x00\x00\x00\x00".as_slice(), &[last]].concat();
    write(root, "partwork.toml", "base_url = \"https://a.se/\"\ntitle = \"Site\"\n");
    write(root, "content/s/series.toml", "title = \"Series\"\nparts = [\"a\", \"b\"]\n");
    write(root, "content/t/series.toml", "title = \"Other\"\nparts = [\"c\"]\n");
    part(root, "s/a", "A", "2025-01-01", "Words, ![x](a/x.svg) ![y](a/y.gif) [#](../t/c.md).");
    part(root, "s/b", "B", "2025-03-01", "More [words](../t/c.md).");
    part(root, "t/c", "C", "2025-01-01", "Elsewhere.");
    write(root, "content/s/a/x.svg", svg(1));
    write(root, "content/s/a/y.gif", gif(1));

    let caches = Caches::open(None);
    let mut before = book(root, &caches, "2025-02-01");
    assert_eq!(book(root, &caches, "2025-02-02"), before, "another day on which nothing comes out");
    let mut now = "2025-02-01";
    let changes: [(&str, &dyn Fn()); 8] = [
        ("a day on which a part is out", &|| {}),
        ("a picture", &|| write(root, "content/s/a/y.gif", gif(2))),
        ("a drawing", &|| write(root, "content/s/a/x.svg", svg(2))),
        ("words", &|| part(root, "s/b", "B", "2025-03-01", "Other words.")),
        ("a title in another series", &|| part(root, "t/c", "Changed", "2025-01-01", "Elsewhere.")),
        ("the address of a part of another series", &|| {
            fs::rename(root.join("content/t"), root.join("content/u")).expect("ours");
            part(root, "s/a", "A", "2025-01-01", "Words, ![x](a/x.svg) ![y](a/y.gif) [#](../u/c.md).");
        }),
        ("the style of books", &|| write(root, "templates/book.css", "p { color: red }")),
        ("the title of the site", &|| write(root, "partwork.toml", "base_url = \"https://a.se/\"\ntitle = \"New\"\n")),
    ];
    for (what, change) in changes {
        if what.starts_with("a day") {
            now = "2025-04-01";
        }
        change();
        let after = book(root, &caches, now);
        assert!(after != before, "{what} is not in the book");
        assert!(after == book(root, &Caches::open(None), now), "{what}: a book without the cache is another");
        assert!(after == made(root, &Caches::open(None), now, true), "{what}: a book made later is another");
        assert!(after == made(root, &caches, now, true), "{what}: a book in the cache, asked for later, is another");
        before = after;
    }
}
