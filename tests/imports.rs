//! Modules import in one direction: the sources are read, and each path in them is held against the
//! list in `src/lib.rs` and against the other files of its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// Names from the root of the crate: a module, or what is in one.
type Names = Vec<String>;

/// Every module with its text, by name: `a::b` for `a/b.rs` and for `a/b/mod.rs`.
fn modules() -> BTreeMap<Names, String> {
    let files = WalkDir::new("src").into_iter().map(|entry| entry.expect("a file").into_path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let below = path.strip_prefix("src").expect("below").with_extension("");
            let mut names: Names = below.iter().map(|name| name.to_str().expect("UTF-8").to_string()).collect();
            names.pop_if(|last| last == "mod");
            (names, code(&path))
        })
        .collect()
}

/// The text of a source without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source");
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

/// Every path of a text, as it is typed: `a::x` and `a::b::y` for `a::{x, b::y}`.
fn paths(code: &str) -> Vec<Vec<&str>> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let is_behind_a_path = code[..at].ends_with("::");
        let name = name(&code[at..]);
        if name.is_empty() || is_behind_a_path {
            at += name.len().max(code[at..].chars().next().map_or(1, char::len_utf8));
        } else {
            at += expand(&code[at..], &[], &mut paths).max(1);
        }
    }
    paths
}

/// The name that a text begins with.
fn name(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// Adds the paths that a text begins with, each behind those names; gives how long they are.
fn expand<'a>(text: &'a str, before: &[&'a str], paths: &mut Vec<Vec<&'a str>>) -> usize {
    if let Some(group) = text.strip_prefix('{') {
        let mut at = 0;
        loop {
            at += group[at..].len() - group[at..].trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
            if name(&group[at..]).is_empty() && !group[at..].starts_with('{') {
                // Its end; `*` stands in none of ours.
                return at + 2;
            }
            at += expand(&group[at..], before, paths);
            // What a name is called here.
            at += group[at..].find([',', '}']).unwrap_or(group[at..].len());
        }
    }
    let first = name(text);
    let names: Vec<&str> = before.iter().copied().chain([first]).collect();
    match text[first.len()..].strip_prefix("::") {
        Some(rest) if rest.starts_with('{') || !name(rest).is_empty() => first.len() + 2 + expand(rest, &names, paths),
        _ => {
            paths.push(names);
            first.len()
        }
    }
}

/// What a module names in this crate, by its names from the root.
fn imports(module: &[String], code: &str, modules: &BTreeMap<Names, String>) -> BTreeSet<Names> {
    let absolute = |path: Vec<&str>| -> Option<Names> {
        let up = path.iter().take_while(|name| **name == "super").count();
        let (from, rest) = match path[0] {
            "crate" => (0, &path[1..]),
            "self" => (module.len(), &path[1..]),
            "super" => (module.len().checked_sub(up)?, &path[up..]),
            child => {
                let child = [module, &[child.to_string()]].concat();
                modules.contains_key(&child).then_some((module.len(), &path[..]))?
            }
        };
        Some(module[..from].iter().cloned().chain(rest.iter().map(|name| (*name).to_string())).collect())
    };
    paths(code).into_iter().filter(|path| path.len() > 1).filter_map(absolute).collect()
}

#[test]
fn paths_are_read() {
    let code =
        "use crate::a::{x, b::{self, y as z},\n};\nfn f(a: super::super::T<u8>) { c::d::<X>::e(); self.f::<Y>() }";
    let found: Vec<String> = paths(code).into_iter().map(|path| path.join("::")).filter(|p| p.contains("::")).collect();
    assert_eq!(found, ["crate::a::x", "crate::a::b::self", "crate::a::b::y", "super::super::T", "c::d"]);
}

#[test]
fn a_module_imports_from_those_above_it() {
    let lib = fs::read_to_string("src/lib.rs").expect("a source");
    let list = lib.split("holds both.\n").nth(1).expect("the list").split("\n\n").next().expect("its end");
    let order: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let place = |module: &str| order.iter().position(|known| *known == module);
    let mut listed: BTreeSet<&str> = order.iter().copied().collect();
    assert!(listed.remove("build") && listed.len() + 1 == order.len(), "{order:?}");
    let declared: BTreeSet<&str> = lib
        .lines()
        .filter_map(|line| line.split_once("mod ").filter(|(before, _)| before.is_empty() || before.starts_with("pub")))
        .map(|(_, name)| name.trim_end_matches(';'))
        .collect();
    assert_eq!(listed, declared);
    let modules = modules();
    let mut wrong = Vec::new();
    for (module, code) in &modules {
        if matches!(module[0].as_str(), "lib" | "main" | "commands") {
            continue;
        }
        for names in imports(module, code, &modules) {
            // What `lib.rs` itself has stands where `build` does.
            let target = names.first().map_or("build", |name| if declared.contains(&**name) { name } else { "build" });
            if target != module[0] && place(target) >= place(&module[0]) {
                wrong.push(format!("{} imports {}", module.join("::"), names.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The file of a folder itself, `mod.rs`, counts as one of its files: what it takes from a child, or
/// hands on of one, it imports, and so does a child that takes what `mod.rs` has.
#[test]
fn files_of_a_folder_import_in_no_circle() {
    let modules = modules();
    let mut wrong = Vec::new();
    let folders: BTreeSet<&[String]> = modules.keys().filter_map(|names| names.split_last()).map(|(_, f)| f).collect();
    for folder in folders.into_iter().filter(|folder| !folder.is_empty()) {
        let file = |names: &[String]| -> Option<String> {
            let rest = names.strip_prefix(folder)?;
            let child = rest.first().filter(|child| modules.contains_key(&[folder, &[(*child).clone()]].concat()));
            Some(child.map_or("mod", String::as_str).to_string())
        };
        let mut left: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, code) in &modules {
            let Some(from) = file(module) else { continue };
            let imports = imports(module, code, &modules);
            let to = imports.iter().filter_map(|names| file(names)).filter(|to| *to != from).collect::<Vec<_>>();
            left.entry(from).or_default().extend(to);
        }
        // Whoever imports from nobody that is left, or is imported by nobody, stands in no circle.
        while let Some(file) = left.iter().find(|(file, to)| {
            to.iter().all(|to| !left.contains_key(to)) || left.values().all(|to| !to.contains(*file))
        }) {
            let file = file.0.clone();
            left.remove(&file);
        }
        let in_circles: BTreeSet<String> = left.keys().cloned().collect();
        for (file, to) in left {
            let to: Vec<&String> = to.intersection(&in_circles).collect();
            wrong.push(format!("{}: {file} imports {to:?}", folder.join("::")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
