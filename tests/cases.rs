//! Runs every case of `tests/cases`: a project in, a transcript out.
//!
//! A case is one text file. Its head is a shell session: a line that begins with `$ ` is run by
//! `sh` in a fresh folder, and what it printed (standard output, then standard error) and its
//! status, unless 0, follow; times, fingerprints and numbers of files have a name in their place. Then
//! come the project's files, each under a line `-- path --`.
//! `UPDATE=1 cargo test --test cases` writes what really happened into the files; look at the diff
//! before you believe it. `CASE=name` runs one. Those of `tests/cases/system` use programs that a
//! machine may lack, and run with the feature `system-tests`.

#![expect(clippy::disallowed_methods, reason = "a case runs the program, and what it is told about is typed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use archive::split;
use partwork::diagnostic::Code;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use session::{difference, run_command, timeless, write_file};

#[path = "common/archive.rs"]
mod archive;
#[path = "common/session.rs"]
mod session;

/// What `src/system/portable.rs` knows nothing of: who may read a file, and who may run it.
const OF_UNIX: [&str; 2] = ["programs", "what-is-remembered"];

#[test]
fn cases() {
    let wanted = std::env::var("CASE").ok();
    let mut files = files(cfg!(feature = "system-tests"));
    files
        .retain(|path| !cfg!(portable) || OF_UNIX.iter().all(|name| path.file_stem().is_none_or(|stem| stem != *name)));
    files.retain(|path| wanted.as_deref().is_none_or(|name| path.file_stem().is_some_and(|stem| stem == name)));
    assert!(!files.is_empty(), "no case of that name");
    let update = std::env::var_os("UPDATE").is_some();
    let failures: Vec<String> = files.into_par_iter().filter_map(|path| run(&path, update)).collect();
    assert!(failures.is_empty(), "{}\nUPDATE=1 accepts what happened\n", failures.join("\n"));
}

/// What no case raises, nobody has seen: a mistake of that kind may pass, and its words be wrong.
#[test]
fn each_code_has_a_case() {
    let mut raised = BTreeSet::new();
    for path in files(true) {
        let text = fs::read_to_string(path).expect("a case");
        for line in split(&text).0.lines() {
            let code = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["));
            raised.extend(code.and_then(|code| code.split(']').next()).map(str::to_string));
        }
    }
    let silent: Vec<&str> = Code::ALL.iter().map(|code| code.name()).filter(|name| !raised.contains(*name)).collect();
    assert!(silent.is_empty(), "no case raises {silent:?}");
}

/// The file of each case; `system` says whether those are wanted too that need a program which a machine may lack.
fn files(system: bool) -> Vec<PathBuf> {
    let mut folders = vec!["tests/cases"];
    if system {
        folders.push("tests/cases/system");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = folders.into_iter().flat_map(|folder| fs::read_dir(root.join(folder)).expect("a folder of cases"));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "txtar")).collect();
    files.sort();
    files
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
            let printed = timeless(&run_command(command, &root, folder.path(), "[HOME]"));
            transcript.push_str(&without_counts(&printed));
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

/// A transcript without how many files a site has, which each new output changes. None stays none: that
/// nothing was written or removed is what some cases are about.
fn without_counts(printed: &str) -> String {
    const COUNTED: [&str; 6] = ["files", "other", "written", "unchanged", "removed", "deleted"];
    let counts_files = |line: &str| {
        ["built ", "published to ", "no problems in "].iter().any(|start| line.starts_with(start))
            || line.ends_with(" other files\n")
    };
    let shown = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        for at in 1..words.len() {
            let is_count = words[at - 1] != "0" && words[at - 1].bytes().all(|byte| byte.is_ascii_digit());
            if is_count && COUNTED.contains(&words[at].trim_end_matches([',', '\n'])) {
                words[at - 1] = "[N]";
            }
        }
        words.join(" ")
    };
    printed.split_inclusive('\n').map(|line| if counts_files(line) { shown(line) } else { line.into() }).collect()
}
