//! Nothing leaks: a project with a secret word in every field of what is not out, and a look at
//! every byte of its site, archives opened, names included.

#![expect(clippy::disallowed_methods, reason = "the program is run")]

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Command;

const SECRET: &str = "xyzzy";

/// What is not out, each with the secret wherever an author can write.
fn hidden(kind: &str, front: &str) -> String {
    format!(
        r#"+++
title = "{kind} {SECRET} title"
description = "{kind} {SECRET} description"
emoji = "🔧"
tags = ["{SECRET} {kind} tag"]
teaches = ["{SECRET}-{kind}-term"]
next_up = "{kind} {SECRET} teaser"
aliases = ["/{SECRET}-{kind}-alias/"]
slug = "{SECRET}-{kind}-slug"
{front}
[extra]
free = "{SECRET}"
+++
{kind} {SECRET} text, [{SECRET}](a.md "{SECRET}"), ![{SECRET}]({kind}/{SECRET}.svg)[^{SECRET}]

## {SECRET} heading

$x_{{{SECRET}}}$ <b title="{SECRET}">{SECRET}</b>

[^{SECRET}]: {SECRET} note

```python title="{SECRET}.py"
print("{SECRET}")
```

```comparison
title = "{kind} {SECRET} comparison"
[fields]
what = "{SECRET}"
[[options]]
name = "{SECRET} one"
what = "{SECRET}"
[[options]]
name = "two"
what = "{SECRET}"
```

```comparison
use = "{kind}-shared"
```

```figure
src = "{kind}/{SECRET}.svg"
alt = "{SECRET}"
caption = "{SECRET}"
```

```decision
title = "{SECRET}"
start = "{SECRET}-q"
[questions.{SECRET}-q]
ask = "{SECRET}?"
yes = "{SECRET}-a"
no = "b"
[outcomes.{SECRET}-a]
title = "{SECRET}"
text = "{SECRET}"
link = "a.md"
[outcomes.b]
title = "{SECRET} b"
```

```quiz
[[questions]]
ask = "{SECRET}?"
choices = ["{SECRET} 1", "2"]
answer = 1
why = "{SECRET}"
```
"#
    )
}

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content).expect("a file");
}

fn project(root: &Path) {
    write(
        root,
        "partwork.toml",
        "base_url = \"https://site.invalid/base/\"\ntitle = \"Site\"\ndescription = \"About it.\"\nseries = [\"s\"]\n\
         [[authors]]\nid = \"x\"\nname = \"Somebody\"\n",
    );
    write(
        root,
        "content/s/series.toml",
        "title = \"Series\"\ndescription = \"What it is.\"\nauthors = [\"x\"]\n[[tracks]]\ntitle = \"One\"\n\
         parts = [\"a\", \"soon\", \"ahead\", { id = \"announced\", title = \"Announced\" }]\n\
         [[tracks]]\nid = \"xyzzy\"\ntitle = \"Xyzzy track\"\ndescription = \"Xyzzy\"\nparts = [{ id = \"draft\", \
         title = \"draft xyzzy title\", description = \"draft xyzzy description\", emoji = \"🔧\", date = 2999-01-01 }]\n",
    );
    let published = "+++\ntitle = \"A\"\ndescription = \"Out.\"\ndate = 2025-01-01\ntags = [\"open\"]\nteaches = [\"open\"]\n+++\n\
                     Words, ![a picture](a/p.jpg), [the next](soon.md), [#](soon.md#xyzzy-heading), \
                     <a href=\"soon.md#xyzzy-heading\">its heading</a> and [this](#more).\n\n## More\n\nWords.\n";
    write(root, "content/s/a.md", published);
    // EXIF that names a place, in a picture that is out.
    let told = [b"Exif\0\0MM\0*\0\0\0\x08\0\0".as_slice(), SECRET.as_bytes()].concat();
    let length = u16::try_from(told.len() + 2).expect("short").to_be_bytes();
    let picture = [b"\xff\xd8\xff\xe1".as_slice(), &length, &told, b"\xff\xda\0\x02pixels\xff\xd9", SECRET.as_bytes()];
    write(root, "content/s/a/p.jpg", picture.concat());
    write(root, "content/s/draft.md", hidden("draft", "status = \"draft\""));
    write(root, "content/s/unlisted.md", hidden("unlisted", "status = \"draft\""));
    // Of what is soon, title and description may be seen, and nothing else.
    for (id, front) in [("soon", "status = \"soon\""), ("ahead", "date = 2999-01-01")] {
        let text = hidden(id, front)
            .replace(&format!("{id} {SECRET} title"), &format!("The {id} part"))
            .replace(&format!("{id} {SECRET} description"), &format!("What the {id} part is."));
        write(root, &format!("content/s/{id}.md"), text);
    }
    for id in ["draft", "unlisted", "soon", "ahead"] {
        write(root, &format!("content/s/{id}/{SECRET}.svg"), format!("<svg><title>{SECRET}</title></svg>"));
        let shared = format!(
            "title = \"{id} {SECRET} shared\"\n[fields]\nwhat = \"{SECRET}\"\n[[options]]\nname = \"1\"\nwhat = \"{SECRET}\"\n\
             [[options]]\nname = \"2\"\nwhat = \"{SECRET}\"\n"
        );
        write(root, &format!("content/s/comparisons/{id}-shared.toml"), shared);
    }
    let terms = ["draft", "unlisted", "soon", "ahead"].map(|id| {
        format!("[terms.{SECRET}-{id}-term]\nname = \"{SECRET} {id} term\"\ndefinition = \"{SECRET}\"\nforms = [\"words\"]\n")
    });
    let open = "[terms.open]\nname = \"Open\"\ndefinition = \"Out.\"\n";
    write(root, "content/s/glossary.toml", terms.concat() + open);
    let page = format!("+++\ntitle = \"{SECRET} page\"\nstatus = \"draft\"\n+++\n{SECRET} {SECRET}\n");
    write(root, "content/page.md", page);
}

fn build(root: &Path, flags: &[&str]) -> Vec<(String, Vec<u8>)> {
    let out = root.join("public");
    let run = Command::new(env!("CARGO_BIN_EXE_partwork"))
        .args(["build", "-q", "--at", "2026-01-01"])
        .args(flags)
        .current_dir(root)
        .env("PARTWORK_CACHE", root.join(".cache"))
        .output()
        .expect("partwork runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&out).sort_by_file_name() {
        let entry = entry.expect("readable");
        if !entry.file_type().is_file() {
            continue;
        }
        let name = entry.path().strip_prefix(&out).expect("below").to_string_lossy().into_owned();
        let bytes = fs::read(entry.path()).expect("readable");
        if let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(&bytes)) {
            for at in 0..archive.len() {
                let mut file = archive.by_index(at).expect("an entry");
                let inside = file.name().expect("a name").into_owned();
                let mut content = Vec::new();
                file.read_to_end(&mut content).expect("readable");
                files.push((format!("{name}!{inside}"), content));
            }
        }
        files.push((name, bytes));
    }
    files
}

/// Where the secret stands, in names and contents.
fn leaks(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    let holds = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window.eq_ignore_ascii_case(SECRET.as_bytes()));
    files.iter().filter(|(name, bytes)| holds(name.as_bytes()) || holds(bytes)).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn what_is_not_out_is_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    project(folder.path());
    let files = build(folder.path(), &[]);
    assert!(files.iter().any(|(name, _)| name.ends_with(".epub!mimetype")), "archives are looked into");
    assert_eq!(leaks(&files), [""; 0]);
}

/// The test above can fail: the same project with its drafts holds the secret all over.
#[test]
fn with_drafts_it_is_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    project(folder.path());
    let files = build(folder.path(), &["--drafts"]);
    let found = leaks(&files);
    for wanted in ["s/xyzzy-draft-slug/index.html", "s/s.epub!EPUB/draft.xhtml", "search/s.json", "llms.txt"] {
        assert!(found.contains(&wanted), "{wanted} of {found:?}");
    }
}
