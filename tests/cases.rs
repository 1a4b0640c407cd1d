//! Runs every case of `tests/cases`: a project in, a transcript out.
//!
//! A case is one text file. Its head is a shell session: a line that begins with `$ ` is run by
//! `sh` in a fresh folder, and what it printed (standard output, then standard error) and its
//! status, unless 0, follow. Then come the project's files, each under a line `-- path --`.
//! `UPDATE=1 cargo test --test cases` writes what really happened into the files; look at the diff
//! before you believe it. `CASE=name` runs one.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

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
        let target = root.join(name);
        fs::create_dir_all(target.parent().expect("a parent")).expect("a folder");
        fs::write(target, content).expect("a file");
    }
    let mut transcript = String::new();
    let mut outcome = true;
    for line in head.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            let _ = writeln!(transcript, "{line}");
            transcript.push_str(&session(command, &root, folder.path()));
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

/// What a command prints, and its status.
fn session(command: &str, root: &Path, home: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_partwork"));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(root)
        .env_clear()
        .env("PATH", format!("{}:{path}", binary.parent().expect("a folder").display()))
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        // The first of January 2026: what the cases call now.
        .env("SOURCE_DATE_EPOCH", "1767225600")
        .output()
        .expect("sh");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let mut text = timeless(&text.replace(&*home.to_string_lossy(), "[HOME]"));
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    if !output.status.success() {
        let _ = writeln!(text, "[{}]", output.status.code().map_or("signal".into(), |code| format!("exit {code}")));
    }
    text
}

/// The fingerprints of the theme's files change with the files, which no case is about.
fn without_fingerprints(line: &str) -> String {
    let mut text = line.to_string();
    for stem in ["theme.", "favicon."] {
        if let Some(at) = text.find(stem) {
            let digits = text[at + stem.len()..].bytes().take_while(u8::is_ascii_hexdigit).count();
            if digits == 10 {
                text.replace_range(at + stem.len()..at + stem.len() + digits, "[HASH]");
            }
        }
    }
    text
}

/// Times differ from run to run.
fn timeless(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let stripped = line.rfind(", in ").filter(|_| line.starts_with("built ") || line.starts_with("published "));
        let line = stripped.map_or(line.to_string(), |at| format!("{}, in [TIME]", &line[..at]));
        lines.push(without_fingerprints(&line));
    }
    lines.join("\n")
}

fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[&str], sign: &str| {
        lines.iter().skip(same).take(25).map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    format!("from line {}:\n{}{}", same + 1, shown(&expected, "-"), shown(&found, "+"))
}
