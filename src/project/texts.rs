//! Texts that were read, for as long as a program runs.
//!
//! In: files that are read again and again. Out: the text of one that is what it was, of which nothing is read but
//! what the system says about it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::store::dir::Found;
use crate::store::disk::is_settled;
use crate::text::source::Source;

/// What tells one content of a file from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(Found);

impl Mark {
    /// That of a file, before it is read; nothing where its next content could bear the same.
    pub fn of(found: Found) -> Option<Mark> {
        let modified = Duration::from_nanos(u64::try_from(found.modified).unwrap_or(0));
        is_settled(found.changed?, modified).then_some(Mark(found))
    }
}

/// Texts by their paths, as of the last time that they were read.
#[derive(Debug, Default)]
pub struct Texts(HashMap<String, (Mark, Arc<Source>)>);

impl Texts {
    /// The text at a path, where the file there is what it was.
    pub fn get(&self, path: &str, mark: Option<Mark>) -> Option<Arc<Source>> {
        let (known, source) = self.0.get(path)?;
        (Some(*known) == mark).then(|| Arc::clone(source))
    }
}

impl<'a> FromIterator<(&'a Arc<Source>, Mark)> for Texts {
    fn from_iter<I: IntoIterator<Item = (&'a Arc<Source>, Mark)>>(texts: I) -> Self {
        let texts = texts.into_iter();
        Texts(texts.map(|(source, mark)| (source.path.clone(), (mark, Arc::clone(source)))).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::dir::Dir;

    #[test]
    fn what_is_another_file_is_read() {
        let folder = Dir::open(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a folder");
        let mark = |name: &str, seconds| {
            let changed = Some(Duration::from_secs(seconds));
            Mark::of(Found { changed, modified: 0, ..folder.look(name).expect("a file") })
        };
        assert_eq!(mark("Cargo.toml", u64::from(u32::MAX)), None, "it has changed a moment ago");
        let source = Arc::new(Source::new("a.md", "one"));
        let texts: Texts = [(&source, mark("Cargo.toml", 1).expect("long ago"))].into_iter().collect();
        let is_kept = |path: &str, mark| texts.get(path, mark).is_some_and(|known| Arc::ptr_eq(&known, &source));
        assert!(is_kept("a.md", mark("Cargo.toml", 1)));
        // Of one size and time, and changed since; in its place another; too young to be told apart; another name.
        assert!(!is_kept("a.md", mark("Cargo.toml", 2)));
        assert!(!is_kept("a.md", mark("README.md", 1)));
        assert!(!is_kept("a.md", None));
        assert!(!is_kept("b.md", mark("Cargo.toml", 1)));
    }
}
