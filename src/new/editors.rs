//! What lets an editor know the files of a project: schemas, and which of them goes for which file.
//!
//! In: nothing but the declared keys, and what lies in a folder already. Out: files to create or to
//! bring up to date. Never replaces a file that it didn't make.

use std::io;
use std::path::Path;

use crate::blocks;
use crate::diagnostic::{list, quote};
use crate::settings::schema;
use crate::store::dir::Dir;
use crate::store::state::read;

use super::changes::{Changes, Create, Edit, New, Problem};

/// The folder of a project's schemas. It is committed, so that every editor finds them without
/// partwork having run.
pub const FOLDER: &str = ".schemas";

/// The settings of Taplo, which the language servers of most editors and the extension Even Better
/// TOML read.
pub const TAPLO: &str = ".taplo.toml";

/// Kinds of files by the name of their schema, each with the globs of their paths.
const FILES: &[(&str, &[&str])] = &[
    ("site", &["partwork.toml"]),
    ("series", &["content/**/series.toml"]),
    ("posts", &["content/**/posts.toml"]),
    ("translated-series", &["content/**/series.*.toml"]),
    ("translated-posts", &["content/**/posts.*.toml"]),
    ("glossary", &["content/**/glossary.toml", "content/**/glossary.*.toml"]),
    ("comparison", &["content/**/comparisons/*.toml"]),
    ("state", &["content/**/code/*.toml"]),
    ("ledger", &["urls.toml"]),
];

/// The text of [`TAPLO`].
pub fn taplo() -> String {
    let mut text = format!(
        "# Lets Taplo, and with it Even Better TOML and other editors, complete and check the keys of this\n\
         # project. `partwork schema --dir {FOLDER}` brings the schemas up to date after an upgrade.\n"
    );
    for (name, globs) in FILES {
        // Nothing in the globs needs an escape.
        let globs: Vec<String> = globs.iter().map(|glob| format!("\"{glob}\"")).collect();
        text.push_str(&format!(
            "\n[[rule]]\ninclude = [{}]\n\n[rule.schema]\npath = \"./{FOLDER}/{name}.json\"\n",
            globs.join(", ")
        ));
    }
    text
}

/// The schemas of all files by the file's name.
pub fn schemas() -> impl Iterator<Item = (String, String)> {
    let all = schema::all(&blocks::schemas());
    FILES.iter().filter_map(move |(name, _)| Some((format!("{name}.json"), schema::schema(name, &all).ok()?)))
}

/// Puts the schemas into a folder, over older ones if they are partwork's. It lies in `place`, or is that;
/// `typed` is what messages call it.
pub fn refresh(place: &Path, folder: &Path, typed: &Path) -> Result<New, Problem> {
    let mut changes = Changes { place: place.to_path_buf(), create: Vec::new(), edit: Vec::new() };
    let mut others = Vec::new();
    for (name, text) in schemas() {
        let shown = typed.join(&name).to_string_lossy().into_owned();
        let path = folder.join(name);
        match read_below(place, &path) {
            Ok(before) if before == text.as_bytes() => {}
            Ok(before) if schema::is_ours(&before) => {
                changes.edit.push(Edit { path, before, after: text.into_bytes() });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                changes.create.push(Create { path, bytes: text.into_bytes() });
            }
            Ok(_) => others.push(shown),
            Err(error) => {
                return Err(Problem::Io(format!("reading {}: {error}", quote(&shown))));
            }
        }
    }
    if !others.is_empty() {
        let names = list(others.iter().map(String::as_str), "and");
        let (are, them) = if others.len() == 1 { ("is", "it") } else { ("are", "them") };
        return Err(Problem::Refused(format!("{names} {are} not from partwork; remove or rename {them} first")));
    }
    let is_new = changes.create.is_empty() && changes.edit.is_empty();
    let next = if is_new { vec!["the schemas are up to date".into()] } else { Vec::new() };
    Ok(New { changes, next })
}

/// The bytes of a file in a folder, to which links in it may lead that stay there.
fn read_below(place: &Path, path: &Path) -> io::Result<Vec<u8>> {
    let folder = Dir::open(place)?;
    let below = folder.resolve(path.strip_prefix(place).map_err(io::Error::other)?)?;
    read(&folder, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_its_schema() {
        assert_eq!(schemas().count(), FILES.len());
        assert!(schemas().all(|(_, text)| schema::is_ours(text.as_bytes())));
        assert!(!schema::is_ours(b"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"}"));
    }
}
