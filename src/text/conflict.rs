//! What a merge leaves in a file when it can't decide: git's marks of a conflict.

use std::ops::Range;

use memchr::memmem;

/// The lines that begin a conflict (`<<<<<<< HEAD`), as long as one that ends it (`>>>>>>> branch`) follows.
pub fn marks(text: &str) -> impl Iterator<Item = Range<usize>> {
    let last_end = memmem::rfind(text.as_bytes(), b"\n>>>>>>> ").unwrap_or(0);
    memmem::find_iter(&text.as_bytes()[..last_end], "<<<<<<< ")
        .filter(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
        .map(|at| at..text[at..].find('\n').map_or(text.len(), |end| at + end))
        .collect::<Vec<_>>()
        .into_iter()
}
