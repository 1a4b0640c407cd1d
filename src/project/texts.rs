//! Texts that were read, for as long as a program runs.
//!
//! In: files that are read again and again. Out: the text of one that is what it was, of which nothing is read but
//! what the system says about it.

use std::collections::HashMap;
use std::fs::Metadata;
use std::sync::Arc;

use crate::store::disk::{Stamp, settled};
use crate::text::source::Source;

/// What tells one content of a file from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(Stamp, [u8; 16]);

impl Mark {
    /// That of an open file, before it is read; nothing where its next content could bear the same.
    pub fn of(data: &Metadata) -> Option<Mark> {
        Some(Mark(Stamp::of(data), settled(data)?))
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

    /// Keeps a text for the next time.
    pub fn keep(&mut self, source: &Arc<Source>, mark: Option<Mark>) {
        self.0.extend(mark.map(|mark| (source.path.clone(), (mark, Arc::clone(source)))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_another_file_is_read() {
        let data = |name: &str| std::fs::metadata(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a file");
        let mark = |name: &str, changed| Some(Mark(Stamp::of(&data(name)), [changed; 16]));
        let mut texts = Texts::default();
        let source = Arc::new(Source::new("a.md", "one"));
        texts.keep(&source, mark("Cargo.toml", 1));
        texts.keep(&Arc::new(Source::new("b.md", "two")), None);
        let is_kept = |path: &str, mark| texts.get(path, mark).is_some_and(|known| Arc::ptr_eq(&known, &source));
        assert!(is_kept("a.md", mark("Cargo.toml", 1)));
        // Of one size and time, and changed since; in its place another; too young to be told apart; another name.
        assert!(!is_kept("a.md", mark("Cargo.toml", 2)));
        assert!(!is_kept("a.md", mark("README.md", 1)));
        assert!(!is_kept("a.md", None) && !is_kept("b.md", None));
        assert!(!is_kept("c.md", mark("Cargo.toml", 1)));
    }
}
