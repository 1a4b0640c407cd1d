//! Runs every case of `tests/cases`: a project in, a transcript out.
//!
//! A case is one text file. Its head is a shell session: a line that begins with `$ ` is run by
//! `sh` in a fresh folder, and what it printed (standard output, then standard error) and its
//! status, unless 0, follow. Then come the project's files, each under a line `-- path --`.
//! `UPDATE=1 cargo test --test cases` writes what really happened into the files; look at the diff
//! before you believe it. `CASE=name` runs one.

#![expect(clippy::disallowed_methods, reason = "a case runs the program, and what it is told about is typed")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use session::{difference, run_command, timeless, write_file};

#[path = "common/session.rs"]
mod session;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let wanted = std::env::var("CASE").ok();
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("tests/cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txtar"))
        .filter(|path| wanted.as_deref().is_none_or(|name| path.file_stem().is_some_and(|stem| stem == name)))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no case of that name");
    let update = std::env::var_os("UPDATE").is_some();
    let failures: Vec<String> = files.into_par_iter().filter_map(|path| run(&path, update)).collect();
    assert!(failures.is_empty(), "{}\nUPDATE=1 accepts what happened\n", failures.join("\n"));
}

/// Runs a case; says how its transcript differs.
fn run(path: &Path, update: bool) -> Option<String> {
    let text = fs::read_to_string(path).expect("a case");
    let (head, files) = split(&text);
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("project");
    fs::create_dir_all(&root).expect("a folder");
    for (name, content) in &files {
        write_file(&root, name, content);
    }
    let mut transcript = String::new();
    let mut outcome = true;
    for line in head.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            let _ = writeln!(transcript, "{line}");
            transcript.push_str(&timeless(&run_command(command, &root, folder.path(), "[HOME]")));
            outcome = false;
        } else if outcome {
            // What stands above the first command says what the case is about.
            let _ = writeln!(transcript, "{line}");
        }
    }
    if transcript == head {
        return None;
    }
    if update {
        let rest = &text[head.len()..];
        fs::write(path, format!("{transcript}{rest}")).expect("written");
        return None;
    }
    Some(format!("{}\n{}", path.display(), difference(head, &transcript)))
}

/// The head of a case and its files.
fn split(text: &str) -> (&str, Vec<(&str, &str)>) {
    let marker = |line: &str| line.strip_prefix("-- ").and_then(|line| line.trim_end().strip_suffix(" --")).is_some();
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if marker(line) {
            starts.push((at, at + line.len()));
        }
        at += line.len();
    }
    let head = &text[..starts.first().map_or(text.len(), |(start, _)| *start)];
    let files = starts
        .iter()
        .enumerate()
        .map(|(index, (start, content))| {
            let end = starts.get(index + 1).map_or(text.len(), |(next, _)| *next);
            let name = text[*start..*content].trim().trim_start_matches("-- ").trim_end_matches(" --");
            (name, &text[*content..end])
        })
        .collect();
    (head, files)
}
