//! A build that leaves standing what it would make again gives what a build from nothing gives, whatever
//! was changed since.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use partwork::outputs::headers::PolicySources;
use partwork::project::load::{load, load_leaving};
use partwork::project::{Project, Run};
use partwork::site::reads::Reads;
use partwork::store::cache::Caches;
use partwork::store::emit::{Named, Staging, Wanted};
use partwork::store::kind::Kind;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Earlier, First, Shell, build};

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, content).expect("room");
}

fn replace(root: &Path, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(path)).expect("a file");
    assert!(text.contains(from), "{path} has no {from}");
    write(root, path, text.replace(from, to));
}

/// What a build is: its files, what it told, and how many files were written.
#[derive(Debug, PartialEq)]
struct Site {
    files: BTreeMap<String, Vec<u8>>,
    told: Vec<String>,
}

/// Builds into a folder: with what the project and a running program remember, or without any memory.
fn made(root: &Path, output: &str, reads: Option<&Reads>) -> (Site, usize) {
    let load = if reads.is_some() { load } else { load_leaving };
    attempt(root, (output, load), reads, &|| {}).expect("no errors")
}

/// How a project is loaded.
type Load = fn(&Path, &Run) -> io::Result<Project>;

/// The same; gives what was told where there are errors. `meanwhile` happens once the texts have been read.
fn attempt(
    root: &Path,
    (output, load): (&str, Load),
    reads: Option<&Reads>,
    meanwhile: &dyn Fn(),
) -> Result<(Site, usize), Vec<String>> {
    let remembers = reads.is_some();
    let run = Run { now: "2025-06-01T00:00:00Z".parse().expect("an instant"), ..Run::default() };
    let project = load(root, &run).expect("a project");
    project.articles.iter().for_each(|article| _ = project.sources.get(*article).visit().expect("a text"));
    meanwhile();
    let output = root.join(output);
    let memory = root.join(if remembers { "memory" } else { "no-memory" });
    let state = State::of(&memory, root);
    let wanted = Wanted { folder: &output, named: Named::ByUser, home: None, state: &state };
    let staging = Staging::open(wanted, &|| {}).expect("a good output");
    let caches = Caches::open(remembers.then_some(&state));
    let store = |path: &OutputPath, _: Kind, content: &Content| staging.put(path, content);
    let stands = |path: &OutputPath, entry: Entry| staging.keep(path, entry);
    let earlier = remembers.then_some(Earlier { program: b"this one", stands: &stands, reads, first: None });
    let shell = Shell { caches: &caches, look: None, store: &store, earlier, resized: None };
    let built = build(&project, &run, shell).expect("a build");
    let told = built.diagnostics.iter().map(|diagnostic| format!("{diagnostic:?}")).collect();
    if built.has_errors() {
        return Err(built.diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect());
    }
    caches.save().expect("saved");
    let written = staging.commit(&built.tree).expect("a whole tree").written;
    let files = built.tree.iter().map(|(path, _)| path.to_string());
    let read = files.map(|path| (path.clone(), fs::read(output.join(&path)).expect("a file")));
    Ok((Site { files: read.collect(), told }, written))
}

/// Something that changes, and how.
type Change<'a> = (&'a str, Box<dyn Fn() + 'a>);

fn part(root: &Path, path: &str, front: &str, text: &str) {
    let title = path.rsplit('/').next().unwrap_or(path);
    let front = format!("+++\ntitle = \"Part {title}\"\ndescription = \"About {title}.\"\n{front}\n+++\n");
    write(root, &format!("content/{path}.md"), format!("{front}{text}\n"));
}

fn project(root: &Path) {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"3\" height=\"4\"/>";
    write(root, "partwork.toml", "base_url = \"https://a.se/\"\ntitle = \"Site\"\n[cards]\nenabled = false\n");
    write(root, "content/s/series.toml", "title = \"Series\"\nparts = [\"a\", \"b\", \"c\"]\n");
    write(root, "content/s/glossary.toml", "[terms.vector]\nname = \"Vector\"\ndefinition = \"See [b](b.md#two).\"\n");
    write(root, "content/t/series.toml", "title = \"Other\"\nparts = [\"d\", \"e\"]\n");
    part(
        root,
        "s/a",
        "date = 2025-01-01\nteaches = [\"vector\"]\ntags = [\"x\"]",
        "# Part a\n\nWords of a vector, ![x](a/x.svg), [#](b.md#two), [#](../t/d.md) and [title](b.md#part-b).",
    );
    write(root, "content/s/a/x.svg", svg);
    let comparison = "```comparison\ntitle = \"Ways\"\n[fields]\nwhen = \"When\"\n[[options]]\nname = \"One\"\nwhen = \"Now\"\n[[options]]\nname = \"Two\"\nwhen = \"Then\"\n```\n";
    part(
        root,
        "s/b",
        "date = 2025-01-02\nneeds = [\"vector\"]",
        &format!("# Part b\n\n## Two\n\nA vector again.\n\n{comparison}"),
    );
    part(root, "s/c", "date = 2025-01-03", "```rust\nfn main() {}\n```\n\nPart 3 of 3.");
    part(root, "t/d", "date = 2025-01-04\ntags = [\"x\"]", "<p id=\"here\">Raw</p>\n\n[a](../s/a.md)");
    let table = "```table\ndata = \"rows.csv\"\n```";
    let words = format!("See [d](d.md#here) and [ways](../s/b.md#two).\n\n{table}\n\n> [!ASIDE]\n> Beside.\n");
    part(root, "t/e", "date = 2025-01-05", &words);
    write(root, "content/t/rows.csv", "name,value\none,1\n");
    write(root, "content/notes/posts.toml", "title = \"Notes\"\nper_page = 1\n");
    write(root, "content/notes/index.md", "Words above, and [f](2025-01-06-f.md).\n");
    part(root, "notes/2025-01-06-f", "tags = [\"x\"]", "A post of [a](../s/a.md).");
    part(root, "notes/g", "date = 2025-01-07", "Another, after [f](2025-01-06-f.md).");
    write(root, "content/about.md", "+++\ntitle = \"About\"\n+++\n\n[e](t/e.md)\n");
}

/// Texts that wait in a file go out as those that are held, on every page and in every file that has them.
#[test]
fn a_long_series_is_what_a_short_one_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    write(root, "partwork.toml", "base_url = \"https://a.se/\"\ntitle = \"Site\"\n[cards]\nenabled = false\n");
    let names: Vec<String> = (1..=501).map(|number| format!("p{number}")).collect();
    write(root, "content/s/series.toml", format!("title = \"Series\"\nparts = {names:?}\n"));
    let options = "[fields]\nwhen = \"When\"\n[[options]]\nname = \"One\"\nwhen = \"Now\"\n[[options]]\nname = \"Two\"\nwhen = \"Then\"\n";
    for name in &names {
        let links = "[next](p2.md#more), [title](p3.md) and [away](https://x.se/?a=1&b=%222%22)";
        let comparison = format!("```comparison\ntitle = \"Ways of {name}\"\n{options}```");
        let text =
            format!("Words & {links}, \u{fdd0}0:1\u{fdd0}.\n\n## More\n\n<b>Words</b> of {name}.\n\n{comparison}");
        part(root, &format!("s/{name}"), "date = 2025-01-01", &text);
    }
    part(root, "s/p7/exercises", "", "Do it, as in [one](../p1.md#more).\n\n![x](https://y.se/a.png)");
    let reads = Reads::default();
    let is_same = |change: &str| {
        let ((waited, _), (held, _)) = (made(root, "public", Some(&reads)), made(root, "fresh", None));
        assert!(waited.told == held.told, "{change}: {:?}", waited.told);
        let other = waited.files.iter().find(|(path, bytes)| held.files.get(*path) != Some(bytes));
        assert_eq!(other.map(|(path, _)| path), None, "{change}");
        assert_eq!(waited.files.len(), held.files.len(), "{change}");
        waited.files
    };
    let files = is_same("at first");
    let text = |path: &str| String::from_utf8_lossy(&files[path]).into_owned();
    let (print, gallery) = (text("s/print/index.html"), text("s/comparisons/index.html"));
    for whole in [&print, &gallery, &text("search/s.json"), &text("s/series.json")] {
        assert!(whole.contains("p1") && whole.contains("p501"));
    }
    assert!(print.contains("https://y.se") && print.matches("class=\"link-notes\"").count() == 501);
    is_same("with nothing changed");
    replace(root, "content/s/p300.md", "<b>Words</b>", "Other words");
    is_same("with a part changed");
    // A template of the project's own has the texts themselves.
    let print =
        "<title>x</title>{% for part in parts %}{{ part.content | length }} {{ part.links | length }}\n{% endfor %}";
    write(root, "templates/print.html", print);
    let gallery = "<title>x</title>{% for one in comparisons %}{{ one.content | upper }}{% endfor %}";
    write(root, "templates/comparisons.html", gallery);
    is_same("with templates of the project's own");
}

#[test]
fn what_stands_is_what_would_be_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    project(root);
    let reads = Reads::default();
    let (first, all) = made(root, "public", Some(&reads));
    let (again, written) = made(root, "public", Some(&reads));
    assert_eq!((again == first, written), (true, 0), "nothing changed");
    let long = "word ".repeat(300);
    let changes: Vec<Change<'_>> = vec![
        ("words", Box::new(|| replace(root, "content/s/c.md", "Part 3 of 3.", "Part 3 of 3, or not."))),
        ("a minute more", Box::new(|| replace(root, "content/s/c.md", "or not.", &long))),
        (
            "an anchor that others lead to",
            Box::new(|| replace(root, "content/s/b.md", "## Two", "## Two {#two}\n\n## Three")),
        ),
        ("the words of a heading", Box::new(|| replace(root, "content/s/b.md", "## Two {#two}", "## Second {#two}"))),
        ("a title's own heading", Box::new(|| replace(root, "content/s/a.md", "# Part a\n", ""))),
        (
            "an id in raw HTML",
            Box::new(|| replace(root, "content/t/d.md", "<p id=\"here\">", "<p id=\"here\" class=\"k\">")),
        ),
        ("a comparison", Box::new(|| replace(root, "content/s/b.md", "title = \"Ways\"", "title = \"Roads\""))),
        ("code", Box::new(|| replace(root, "content/s/c.md", "fn main()", "fn other()"))),
        ("a title", Box::new(|| replace(root, "content/t/d.md", "Part d", "Renamed"))),
        ("a date", Box::new(|| replace(root, "content/t/d.md", "2025-01-04", "2025-01-14"))),
        ("one that is not out yet", Box::new(|| replace(root, "content/t/e.md", "2025-01-05", "2026-01-05"))),
        ("a definition", Box::new(|| replace(root, "content/s/glossary.toml", "See", "Look at"))),
        ("the plan", Box::new(|| replace(root, "content/s/series.toml", "\"b\", \"c\"", "\"c\", \"b\""))),
        ("a drawing's size", Box::new(|| replace(root, "content/s/a/x.svg", "width=\"3\"", "width=\"9\""))),
        ("a template", Box::new(|| write(root, "templates/parts/next-up.html", "<p>next</p>"))),
        ("a style", Box::new(|| write(root, "static/theme.css", "p { color: red }"))),
        ("a phrase", Box::new(|| write(root, "templates/languages/en.toml", "[words]\nskip = \"Skip it\"\n"))),
        ("the address", Box::new(|| replace(root, "partwork.toml", "https://a.se/", "https://b.se/base/"))),
        ("rows of a table", Box::new(|| replace(root, "content/t/rows.csv", "1", "2"))),
        (
            "a kind of box",
            Box::new(|| {
                let settings = fs::read_to_string(root.join("partwork.toml")).expect("settings");
                write(root, "partwork.toml", format!("{settings}[boxes.aside]\ntitle = \"Aside\"\n"));
            }),
        ),
        ("a file", Box::new(|| write(root, "content/s/a/y.txt", "new"))),
        (
            "a picture of elsewhere that a page holds",
            Box::new(|| replace(root, "content/s/c.md", "```\n\n", "```\n\n![x](https://x.se/a.png)\n\n")),
        ),
        ("words above a list", Box::new(|| replace(root, "content/notes/index.md", "Words", "Other words"))),
        ("words of a post", Box::new(|| replace(root, "content/notes/g.md", "Another", "A third"))),
        ("a post of another day", Box::new(|| replace(root, "content/notes/g.md", "2025-01-07", "2025-01-05"))),
        ("words of a page", Box::new(|| replace(root, "content/about.md", "[e]", "Words, and [e]"))),
        ("what a page leads to", Box::new(|| replace(root, "content/t/e.md", "Part e", "Part of e"))),
        ("a home page", Box::new(|| write(root, "content/index.md", "+++\ntitle = \"Home\"\n+++\n\nWelcome.\n"))),
        ("its words", Box::new(|| replace(root, "content/index.md", "Welcome.", "See [d](t/d.md)."))),
        ("a program", Box::new(|| write(root, "content/s/code/b/main.py", "print(1)\n"))),
        ("what it does", Box::new(|| replace(root, "content/s/code/b/main.py", "1", "2"))),
        (
            "a part less",
            Box::new(|| {
                fs::remove_file(root.join("content/s/c.md")).expect("ours");
                replace(root, "content/s/series.toml", "\"c\", ", "");
            }),
        ),
    ];
    for (what, change) in changes {
        change();
        let (before, _) = made(root, "fresh", None);
        let (after, written) = made(root, "public", Some(&reads));
        for (path, bytes) in &before.files {
            let found = after.files.get(path).map(|bytes| String::from_utf8_lossy(bytes));
            assert_eq!(found, Some(String::from_utf8_lossy(bytes)), "{what}: {path}");
        }
        assert_eq!(after.told, before.told, "{what}");
        assert!(after == before, "{what}: another site");
        assert!(written < all, "{what}: all was written again");
        assert_eq!(made(root, "public", Some(&reads)), (after, 0), "{what}: nothing changed since");
    }
}

/// What a build does where somebody waits for some pages: the files in their order, how many were there each time that
/// pages were told of, and what was told.
fn in_order(root: &Path, waited_for: &[&str]) -> (Vec<String>, Vec<usize>, Vec<String>) {
    let run = Run { now: "2025-06-01T00:00:00Z".parse().expect("an instant"), ..Run::default() };
    let project = load(root, &run).expect("a project");
    let (stored, told) = (Mutex::new(Vec::new()), RefCell::new(Vec::new()));
    let store = |path: &OutputPath, _: Kind, _: &Content| {
        stored.lock().expect("no panic").push(path.to_string());
        Ok(Entry { size: 0, hash: [0; 32] })
    };
    let stands = |_: &OutputPath, _: Entry| false;
    let wanted = |path: &OutputPath| waited_for.contains(&path.as_str());
    let made =
        |_: &partwork::site::Site, _: PolicySources| told.borrow_mut().push(stored.lock().expect("no panic").len());
    let first = Some(First { wanted: &wanted, made: &made });
    let earlier = Some(Earlier { program: b"this one", stands: &stands, reads: None, first });
    let caches = Caches::open(None);
    let shell = Shell { caches: &caches, look: None, store: &store, earlier, resized: None };
    let built = build(&project, &run, shell).expect("a build");
    let found = built.diagnostics.iter().map(|diagnostic| format!("{diagnostic:?}")).collect();
    (stored.into_inner().expect("no panic"), told.into_inner(), found)
}

#[test]
fn no_page_is_made_of_a_text_that_changed_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    project(root);
    let (good, _) = made(root, "public", None);
    // One that is saved as it was is what it was.
    let text = fs::read_to_string(root.join("content/s/c.md")).expect("a file");
    let again = || write(root, "content/s/c.md", &text);
    let same = attempt(root, ("public", load_leaving), None, &again).expect("the same site");
    assert_eq!((same.0 == good, same.1), (true, 0));
    let change = || replace(root, "content/s/c.md", "Part 3", "Now part 3");
    let remove = || fs::remove_file(root.join("content/s/c.md")).expect("ours");
    let told_of = |reads: Option<&Reads>, meanwhile: &dyn Fn()| {
        let output = if reads.is_some() { "elsewhere" } else { "public" };
        let told = attempt(root, (output, load_leaving), reads, meanwhile).expect_err("a change");
        assert_eq!(fs::read(root.join("public/s/c/index.html")).ok().as_ref(), good.files.get("s/c/index.html"));
        assert!(!root.join("elsewhere").exists());
        told.into_iter().filter(|message| !message.contains("ASIDE")).collect::<Vec<_>>()
    };
    assert_eq!(told_of(None, &change), ["has changed while the site was made"]);
    assert_eq!(told_of(None, &remove), ["can't be read: No such file or directory (os error 2)"]);
    // What it says is known already, and only a page is made of it.
    again();
    let reads = Reads::default();
    attempt(root, ("held", load_leaving), Some(&reads), &|| {}).expect("the site");
    assert_eq!(told_of(Some(&reads), &change), ["has changed while the site was made"]);
    again();
    assert_eq!(told_of(Some(&reads), &remove), ["can't be read: No such file or directory (os error 2)"]);
    // Who holds all texts makes the site as it was.
    again();
    let held = attempt(root, ("held", load), Some(&reads), &change).expect("the site as it was read");
    assert!(held.0 == good);
}

#[test]
fn what_is_waited_for_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    project(root);
    let sorted = |mut paths: Vec<String>| {
        paths.sort();
        paths.dedup();
        paths
    };
    let (all, told, found) = in_order(root, &[]);
    assert_eq!(told, [0; 0], "nobody waits");
    for page in ["s/c/index.html", "t/index.html", "index.html", "about/index.html", "notes/page/2/index.html"] {
        let (order, told, found_then) = in_order(root, &[page]);
        assert_eq!((order[0].as_str(), &told[..]), (page, &[1][..]));
        assert_eq!((sorted(order), found_then), (sorted(all.clone()), found.clone()), "{page}");
    }
    let (order, told, _) = in_order(root, &["s/print/index.html", "s/c/index.md", "nowhere/index.html"]);
    assert_eq!((told, sorted(order)), (Vec::new(), sorted(all)), "no page that is quick to make");
    write(root, "content/sv/x.md", "no front matter");
    replace(root, "content/s/a.md", "b.md#two", "b.md#none");
    let (_, told, found) = in_order(root, &["s/c/index.html"]);
    assert!(told.is_empty() && found.iter().any(|found| found.contains("Error")), "{found:?}");
}
