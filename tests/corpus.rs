//! Replays the corpus of the fuzz target `source`: whatever it holds, no panic and no hang.

use std::fs;
use std::path::Path;

#[test]
fn corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/source");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus") {
        let path = entry.expect("an entry").path();
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
        let html = partwork::render_alone(&text);
        assert!(!html.chars().any(|c| c == '\0'), "{}", path.display());
        count += 1;
    }
    assert!(count >= 10, "the corpus has only {count} files");
}

/// Inputs too large to keep as files: each would be slow or deep for a careless parser.
#[test]
fn large() {
    let head = "+++\ntitle = \"x\"\n+++\n";
    // The last ones would take minutes if their time grew with the square of their size.
    for body in [
        "> ".repeat(100_000),
        "[".repeat(100_000),
        "*a ".repeat(100_000),
        "![".repeat(50_000),
        "<a href=\"".repeat(50_000),
        "`".repeat(100_000),
        "- ".repeat(50_000),
        "&#1;".repeat(100_000),
        "$x$ ".repeat(50_000),
        format!("```figure\n{}\n```", "a = [".repeat(50_000)),
        format!("| a |{}\n|--|{}\n", " b |".repeat(20_000), "--|".repeat(20_000)),
        "[^1]".repeat(50_000),
        "www.a.b/".repeat(50_000),
        "x\n: y\n\n".repeat(20_000),
        "# a\n".repeat(50_000),
        "x".repeat(5_000_000),
        // As many reference links as definitions.
        (0..50_000).map(|n| format!("[a][r{n}]\n\n[r{n}]: https://e.se/{n}\n\n")).collect(),
        format!("```{}\n```\n", "x".repeat(190)).repeat(20_000),
        "```quizz\n```\n".repeat(20_000),
        "~~~\nx\n~~\n".repeat(50_000),
        "<img src=a.png ".repeat(50_000),
        "<img src=a.png>".repeat(50_000),
        "::\n$$\n".repeat(50_000),
        format!("<a href=\"{}\">x</a>;", "&".repeat(1_000_000)),
    ] {
        partwork::render_alone(&format!("{head}{body}"));
    }
    let list = "é, ".repeat(300_000);
    partwork::render_alone(&format!("---\ntitle: x\nextra: {{a: [{list}]}}\n---\n"));
    let keys: String = (0..100_000).map(|n| format!("  k{n}: 1\n")).collect();
    partwork::render_alone(&format!("---\ntitle: x\nextra:\n{keys}---\n"));
}
