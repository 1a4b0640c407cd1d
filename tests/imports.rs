//! Modules import in one direction: the sources are read, and each import is held against the list in
//! `src/lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// The text of a source without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source");
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

/// The first names of all paths that begin so: `a` and `b` for `crate::` in `crate::a::x` and
/// `crate::{a, b::y}`.
fn names<'a>(code: &'a str, start: &str) -> Vec<&'a str> {
    let is_in_name = |c: char| c.is_alphanumeric() || c == '_';
    let name = |text: &'a str| text.split(|c| !is_in_name(c)).next().unwrap_or_default();
    let mut names = Vec::new();
    for (at, _) in code.match_indices(start) {
        if code[..at].ends_with(is_in_name) {
            continue;
        }
        let rest = &code[at + start.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut begins = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if c.is_whitespace() => {}
                _ if begins => {
                    names.push(name(&group[at..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    names
}

/// Every source below `src/`, as `folder/file` without the extension.
fn sources() -> BTreeMap<String, String> {
    let files = WalkDir::new("src").into_iter().map(|entry| entry.expect("a file").into_path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let below = path.strip_prefix("src").expect("below").with_extension("");
            (below.to_str().expect("UTF-8").to_string(), code(&path))
        })
        .collect()
}

#[test]
fn a_module_imports_from_those_above_it() {
    let lib = fs::read_to_string("src/lib.rs").expect("a source");
    let list = lib.split("holds both.\n").nth(1).expect("the list").split("\n\n").next().expect("its end");
    let order: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let place = |module: &str| order.iter().position(|known| *known == module);
    let mut listed: BTreeSet<&str> = order.iter().copied().collect();
    assert!(listed.remove("build") && listed.len() + 1 == order.len(), "{order:?}");
    let modules: BTreeSet<&str> = lib
        .lines()
        .filter_map(|line| line.split_once("mod ").filter(|(before, _)| before.is_empty() || before.starts_with("pub")))
        .map(|(_, name)| name.trim_end_matches(';'))
        .collect();
    assert_eq!(listed, modules);
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let module = path.split('/').next().expect("a name").to_string();
        if matches!(module.as_str(), "lib" | "main" | "commands") {
            continue;
        }
        for name in names(&code, "crate::") {
            // What `lib.rs` itself has stands where `build` does.
            let target = if modules.contains(name) { name } else { "build" };
            if target != module && place(target) >= place(&module) {
                wrong.push(format!("{path} imports {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_of_a_folder_import_in_no_circle() {
    let sources = sources();
    let mut wrong = Vec::new();
    let folders: BTreeSet<&str> = sources.keys().filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
    for folder in folders {
        let files: BTreeSet<&str> = sources
            .keys()
            .filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'))
            .filter(|f| *f != "mod")
            .collect();
        let imports = |file: &str| -> BTreeSet<&str> {
            let code = &sources[&format!("{folder}/{file}")];
            let own = format!("crate::{}::", folder.replace('/', "::"));
            let found = names(code, "super::").into_iter().chain(names(code, &own));
            found.filter_map(|name| files.get(name).copied()).filter(|name| *name != file).collect()
        };
        let mut left: BTreeMap<&str, BTreeSet<&str>> = files.iter().map(|file| (*file, imports(file))).collect();
        // Whoever imports from nobody that is left goes; who stays stands in a circle or leads to one.
        while let Some(file) = left.iter().find(|(_, to)| to.iter().all(|to| !left.contains_key(to))).map(|(f, _)| *f) {
            left.remove(file);
        }
        wrong.extend(left.into_iter().map(|(file, to)| format!("{folder}/{file} imports {to:?}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
