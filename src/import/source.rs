//! The folder that is imported from.
//!
//! In: a folder. Out: the paths of its files, and the text of one when it is asked for. It is only ever
//! read; a link that leads out of it is not followed, and folders behind links are left out.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::compare::is_of_theme;
use super::report::{Kind, Report};
use super::typed::{Place, Typed};
use crate::project::places::MOST_SOURCE_BYTES;
use crate::store::dir::{Dir, Form};
use crate::store::origin;
use crate::text::path;
use crate::text::path::folders_above;
use crate::text::source::{Source, nfc};

/// A folder to import from.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    /// By the path as links name it, composed (NFC): where it lies, links followed.
    files: BTreeMap<String, PathBuf>,
}

/// Folders of other programs, in which nothing is written by hand.
const OTHERS: [&str; 4] = ["node_modules", "target", "vendor/bundle", "__pycache__"];

impl Folder {
    /// Lists a folder. Hidden files are left out but for `.well-known` and the names that `hidden` has.
    pub fn open(place: &Path, report: &mut Report) -> io::Result<Folder> {
        let dir = Dir::open(place)?;
        let enter = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_other = OTHERS.iter().any(|other| path.ends_with(other));
            (!name.starts_with('.') || matches!(&*name, ".well-known" | ".gitbook" | ".gitbook.yaml")) && !is_other
        };
        let mut files = BTreeMap::new();
        for (path, form) in dir.walk(&enter)? {
            let Some(name) = path.to_str() else {
                let shown = path.to_string_lossy();
                report.tell(Kind::Name, Place::whole(&shown), &shown);
                continue;
            };
            let name = nfc(name).into_owned();
            match form {
                Form::File => {
                    files.insert(name, path);
                }
                Form::Link => match dir.resolve(&path).and_then(|real| Ok((dir.look(&real)?.form, real))) {
                    Ok((Form::File, real)) => {
                        files.insert(name, real);
                    }
                    _ => report.tell(Kind::Link, Place::whole(&name), &name),
                },
                Form::Folder => {}
                Form::Other => report.tell(Kind::Name, Place::whole(&name), &name),
            }
        }
        Ok(Folder { dir, files })
    }

    /// The paths of all files, ascending.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The paths of all files in a folder, however deep; of all for an empty one.
    pub fn within<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.paths().filter(move |path| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// A file, to be copied.
    pub fn file(&self, path: &str) -> io::Result<std::fs::File> {
        let real = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        self.dir.read(real)
    }

    /// The text of a file; `None` where there is none, or none that is text. Line ends are `\n`.
    pub fn text(&self, path: &str) -> Option<String> {
        Source::new(path, String::from_utf8(self.bytes(path).ok()?).ok()?).into_text()
    }

    /// The first line of a file that isn't UTF-8.
    pub fn bad_line(&self, path: &str) -> Option<usize> {
        let bytes = self.bytes(path).ok()?;
        let valid = std::str::from_utf8(&bytes).err()?.valid_up_to();
        Some(memchr::memchr_iter(b'\n', &bytes[..valid]).count() + 1)
    }

    fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        let file = self.file(path)?;
        let size = file.metadata()?.len();
        origin::read(file, size, MOST_SOURCE_BYTES)
    }

    /// The same, with its places.
    pub fn typed(&self, path: &str) -> Option<Typed> {
        Some(Typed::new(self.text(path)?, &Arc::from(path), 1))
    }

    /// The address of a file that a theme brings along, unless it only dresses pages or the site has its own, which lie
    /// in the folder `own`.
    pub fn of_theme<'a>(&self, themes: &[String], own: &str, path: &'a str) -> Option<&'a str> {
        let address = themes.iter().find_map(|theme| below(&format!("themes/{theme}/static"), path))?;
        (!self.has(&format!("{own}/{address}")) && !is_of_theme(address)).then_some(address)
    }

    /// The first of some paths that is there.
    pub fn first<'a>(&self, paths: &[&'a str]) -> Option<&'a str> {
        paths.iter().copied().find(|path| self.has(path))
    }
}

/// The folder that a file lies in; empty for the source itself.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last piece of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The last piece of a path without its ending.
pub fn stem_of(path: &str) -> &str {
    let name = name_of(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A path below a folder, from there.
pub fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// Where a path leads that is typed in a file of that folder; `None` where it leaves the source.
pub fn resolve(folder: &str, typed: &str) -> Option<String> {
    path::join(folder, typed).map(|path| nfc(&path).into_owned())
}

/// Whether a file is Markdown.
pub fn is_markdown(path: &str) -> bool {
    [".md", ".markdown", ".mdown", ".mkd", ".mdx"].iter().any(|ending| path.to_ascii_lowercase().ends_with(ending))
}

/// The way from a file to another.
pub fn way(from: &str, to: &str) -> String {
    let from: Vec<&str> = folder_of(from).split('/').filter(|piece| !piece.is_empty()).collect();
    let to: Vec<&str> = to.split('/').collect();
    let common = from.iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().copied()).collect::<Vec<_>>().join("/")
}

/// Whether a path is one that a pattern names, or lies in such a folder; `*` stands for any signs (Ruby's
/// `File.fnmatch?`, and Zola's `globset`).
pub fn fits(pattern: &str, path: &str) -> bool {
    let is_it = |path: &str| {
        let Some((first, rest)) = pattern.split_once('*') else { return pattern == path };
        let Some(mut left) = path.strip_prefix(first) else { return false };
        let mut pieces = rest.split('*').peekable();
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_none() {
                return left.ends_with(piece);
            }
            let Some(at) = left.find(piece) else { return false };
            left = &left[at + piece.len()..];
        }
        true
    };
    !pattern.is_empty() && (is_it(path) || folders_above(path).any(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_files() {
        assert_eq!(way("content/a/b.md", "content/a/c.md"), "c.md");
        assert_eq!(way("content/a/b.md", "content/img/c.png"), "../img/c.png");
        assert_eq!(way("content/b.md", "content/a/c.md"), "a/c.md");
    }
}
