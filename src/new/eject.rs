//! Built-in files, copied into a project that wants its own.
//!
//! In: names as typed, and the project's folder. Out: the files to create, each with the mark of
//! the contract that it was made for. Never one that is there already.

use std::path::Path;

use crate::diagnostic::{did_you_mean, list, quote};
use crate::project::places;
use crate::project::theme::{self, File};

use super::changes::{Changes, Create, New, Problem};
use super::refuse_overwriting;

/// Copies of the built-in files of those names, with or without the folder they stand in; each once.
pub fn eject(root: &Path, names: &[String]) -> Result<New, Problem> {
    let mut chosen: Vec<File> = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        match find(name) {
            Ok(file) if chosen.contains(&file) => {}
            Ok(file) => chosen.push(file),
            Err(problem) => unknown.push(problem),
        }
    }
    if !unknown.is_empty() {
        return Err(Problem::Usage(unknown.join("; ")));
    }
    let create = chosen.iter().map(|file| Create { path: root.join(file.path()), bytes: file.ejected() }).collect();
    let unmarked: Vec<String> = chosen.iter().filter(|file| !file.is_marked()).map(File::path).collect();
    let carry = if unmarked.len() == 1 { "carries" } else { "carry" };
    let names = list(unmarked.iter().map(String::as_str), "and");
    let next =
        if unmarked.is_empty() { Vec::new() } else { vec![format!("{names} {carry} no mark of the theme's contract")] };
    let changes = Changes { place: root.to_path_buf(), create, edit: Vec::new() };
    refuse_overwriting(New { changes, next }, Path::new(""))
}

/// A line for each built-in file: its path in a project, its job, and whether the project at `root`
/// has another one there.
pub fn table(root: Option<&Path>) -> String {
    let width = theme::files().map(|file| file.path().len()).max().unwrap_or(0);
    let mut lines = String::new();
    for file in theme::files() {
        let path = file.path();
        // A copy that equals the built-in file replaces nothing.
        let own = root.and_then(|root| places::bytes(root, &path).ok());
        let replaced = own.is_some_and(|own| own != file.bytes);
        let own = if replaced { " (replaced by yours)" } else { "" };
        lines.push_str(&format!("{path:width$}  {}{own}\n", file.job));
    }
    lines
}

fn find(name: &str) -> Result<File, String> {
    let typed = name.trim_start_matches("./");
    if let Some(file) = theme::files().find(|file| file.name == typed || file.path() == typed) {
        return Ok(file);
    }
    let paths: Vec<String> = theme::files().map(|file| file.path()).collect();
    let names = theme::files().map(|file| file.name).chain(paths.iter().map(String::as_str));
    let near = did_you_mean(typed, names).unwrap_or_else(|| "`partwork theme list` lists them all".into());
    Err(format!("the theme has no file {}; {near}", quote(name)))
}
