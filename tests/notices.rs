//! Holds `partwork licenses` to what the released programs are made of.
//!
//! `src/commands/licenses/crates.txt` is written by `UPDATE=1 cargo test --all-features --test notices`, which
//! `UPDATE=1 .ci/dependencies` runs: `cargo tree` names every crate that a release for one of [`TARGETS`] is built
//! from, procedural macros and build scripts among them, and each file of its package that bears a license or a
//! notice is taken. Texts that differ in spaces or letter case alone stand once, below the names of all that bring
//! them. A crate that brings none is given the standard text of what its manifest says. The Rust library and the C
//! library are no crates; `toolchain.txt` beside it speaks of them. Grammars bring their notices themselves, and
//! fonts and scripts of the theme lie beside theirs.

#![expect(clippy::disallowed_methods, reason = "cargo is asked, and the program is run")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use walkdir::WalkDir;

/// What `.github/workflows/release.yml` builds for.
const TARGETS: [&str; 4] =
    ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin"];

const CRATES: &str = "src/commands/licenses/crates.txt";

/// What ends the part of the Apache license that is the same for all.
const END_OF_TERMS: &str = "END OF TERMS AND CONDITIONS";

#[test]
fn each_crate_has_its_notice() {
    let written = crates();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(CRATES, written).expect("the list can be written");
        return;
    }
    let known = fs::read_to_string(CRATES).expect("the list");
    let differs = known.lines().zip(written.lines()).find(|(known, written)| known != written);
    assert!(
        known == written,
        "{CRATES} is not of what is built, first {differs:?}; UPDATE=1 .ci/dependencies mends it"
    );
}

/// That nothing of what is in the program was forgotten: what lies in its folders names its own license.
#[test]
fn all_that_is_embedded_is_printed() {
    let printed = licenses();
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all = plain(&printed);
    for name in ["LICENSE-MIT", "LICENSE-APACHE", CRATES, "src/commands/licenses/toolchain.txt"] {
        assert!(all.contains(&plain(&fs::read_to_string(name).expect("a text"))), "{name} isn't printed");
    }
    for license in two_face::acknowledgement::listing().for_syntaxes() {
        assert!(all.contains(&plain(&license.text)), "{} isn't printed", license.rel_path.display());
    }
    let mut fonts = BTreeSet::new();
    let files = ["static", "templates", "src"].into_iter().flat_map(WalkDir::new).map(|file| file.expect("a file"));
    for file in files.filter(|file| file.file_type().is_file()) {
        let path = file.path();
        let name = file.file_name().to_str().expect("a name of ours");
        if is_notice(name) {
            assert!(
                all.contains(&plain(&fs::read_to_string(path).expect("a text"))),
                "{} isn't printed",
                path.display()
            );
        }
        if path.extension().is_some_and(|kind| ["woff2", "ttf", "otf"].iter().any(|font| kind == *font)) {
            // `literata-italic-latin.woff2` is of the family whose license is `OFL-literata.txt`.
            let folder = fs::read_dir(path.parent().expect("a file in a folder")).expect("a folder");
            let names = folder.filter_map(|file| file.expect("a file").file_name().into_string().ok());
            let mut families =
                names.filter_map(|name| Some(name.strip_prefix("OFL-")?.strip_suffix(".txt")?.to_string()));
            let family = families.find(|family| name.starts_with(family.as_str()));
            fonts.insert(family.unwrap_or_else(|| panic!("{} has no license beside it", path.display())));
        }
    }
    assert_eq!(fonts.into_iter().collect::<Vec<_>>(), ["archivo", "inconsolata", "literata", "stix-two-math"]);
    let odd = printed.chars().find(|char| char.is_control() && !['\n', '\t'].contains(char));
    assert_eq!(odd, None, "nothing that a terminal obeys");
}

/// What `partwork licenses` prints.
fn licenses() -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_partwork")).arg("licenses").output().expect("the program runs");
    assert!(run.status.success(), "{run:?}");
    String::from_utf8(run.stdout).expect("a text")
}

/// A crate as one version of it is built.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    name: String,
    license: String,
}

/// The whole list, with its texts.
fn crates() -> String {
    let places = places();
    let built: BTreeSet<Built> = TARGETS.into_iter().flat_map(built_for).collect();
    let mut text = String::from("The crates that it is built from\n\n");
    for Built { name, license } in &built {
        writeln!(text, "{name}: {license}").expect("a text takes all");
    }
    // Each text as it came first, with all that bring it.
    let mut texts: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for krate in &built {
        let place = places.get(&krate.name).unwrap_or_else(|| panic!("{} lies nowhere", krate.name));
        for (notice, holder) in notices(krate, place) {
            let (_, names) = texts.entry(same(&notice)).or_insert_with(|| (notice, Vec::new()));
            let name = holder.map_or_else(|| krate.name.clone(), |holder| format!("{} ({holder})", krate.name));
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut texts: Vec<(String, Vec<String>)> = texts.into_values().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1));
    for (notice, names) in texts {
        let rule = "-".repeat(72);
        write!(text, "\n{rule}\n{}\n\n{notice}\n", wrapped(&names)).expect("a text takes all");
    }
    text
}

/// Names between commas, in lines that can be read.
fn wrapped(names: &[String]) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for name in names {
        if !line.is_empty() && line.len() + name.len() > 98 {
            lines.push(format!("{line},"));
            line = name.clone();
        } else {
            line = if line.is_empty() { name.clone() } else { format!("{line}, {name}") };
        }
    }
    lines.push(line);
    lines.join("\n")
}

/// What a release for one target is built from. Features of tests are not in it, as they are in `cargo metadata`.
fn built_for(target: &str) -> Vec<Built> {
    let tree =
        ["tree", "--edges", "normal,build", "--prefix", "none", "--no-dedupe", "--format", "{p}|{l}", "--target"];
    let listed = cargo(&[&tree[..], &[target]].concat());
    let crates = listed.lines().filter(|line| !line.starts_with("partwork ")).map(|line| {
        let (name, license) = line.split_once('|').expect("as the format says");
        let name: Vec<&str> = name.split(' ').take(2).collect();
        Built { name: name.join(" ").replacen(" v", " ", 1), license: license.to_string() }
    });
    crates.collect()
}

/// Where the package of each crate lies, and who wrote it.
fn places() -> BTreeMap<String, (PathBuf, String)> {
    let known: Value = serde_json::from_str(&cargo(&["metadata", "--format-version", "1"])).expect("JSON");
    let packages = known["packages"].as_array().expect("a list of packages");
    let place = |package: &Value| {
        let text = |key: &str| package[key].as_str().expect("a text").to_string();
        let authors = package["authors"].as_array().expect("a list").iter().filter_map(Value::as_str);
        let folder = Path::new(&text("manifest_path")).parent().expect("a file in a folder").to_path_buf();
        (format!("{} {}", text("name"), text("version")), (folder, authors.collect::<Vec<_>>().join(", ")))
    };
    packages.iter().map(place).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO")).args(arguments).arg("--locked").output().expect("cargo runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("a text")
}

/// Whether a file is named as licenses and notices are.
fn is_notice(name: &str) -> bool {
    let name = name.to_uppercase();
    let begins = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE", "OFL-"];
    begins.iter().any(|begin| name.starts_with(begin)) && !name.ends_with(".RS")
}

/// The texts that a crate brings, each with the holder whom a text names that is the same for all else.
fn notices(krate: &Built, (folder, authors): &(PathBuf, String)) -> Vec<(String, Option<String>)> {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter().map(|file| file.expect("a file of the package"));
    // Data of their tests is in no program.
    let files = files
        .filter(|file| file.file_type().is_file() && !file.path().components().any(|at| at.as_os_str() == "tests"));
    let files = files.filter(|file| file.file_name().to_str().is_some_and(is_notice));
    let texts: Vec<_> = files.map(|file| taken(&fs::read(file.path()).expect("a text"))).collect();
    if !texts.is_empty() {
        return texts;
    }
    let standard = |name: &str| fs::read(name).expect("a license of this repository");
    if krate.license.contains("Apache-2.0") {
        return vec![taken(&standard("LICENSE-APACHE"))];
    }
    // It asks for no notice.
    if krate.license.contains("0BSD") {
        return Vec::new();
    }
    assert!(krate.license.contains("MIT") && !authors.is_empty(), "{} brings no license", krate.name);
    let (text, _) = taken(&standard("LICENSE-MIT"));
    let ours = text.lines().find(|line| line.starts_with("Copyright")).expect("who holds it").to_string();
    vec![(text.replace(&ours, &format!("Copyright (c) {authors}")), None)]
}

/// A text without what a terminal obeys and without spaces at the ends of lines. Of the Apache license the terms
/// alone, and whom the appendix names, if anybody.
fn taken(bytes: &[u8]) -> (String, Option<String>) {
    let text = String::from_utf8_lossy(bytes).replace(['\u{feff}', '\u{c}', '\r'], "");
    let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_string();
    let end = text.find(END_OF_TERMS).filter(|end| !text[*end..].contains("LLVM"));
    let Some(end) = end.map(|end| end + END_OF_TERMS.len()) else { return (text, None) };
    let holder = text[end..].lines().map(str::trim).find(|line| {
        let year = line.strip_prefix("Copyright ").map(|rest| rest.trim_start_matches("(c) "));
        year.is_some_and(|year| year.starts_with(|char: char| char.is_ascii_digit()))
    });
    (text[..end].to_string(), holder.map(str::to_string))
}

/// What two texts have in common that say the same.
fn same(text: &str) -> String {
    let text = text.to_lowercase().replace("https:", "http:");
    text.chars().filter(|char| char.is_alphanumeric()).collect()
}
