//! The folders of a path whose pieces are joined by `/`.

/// The folders that a path lies in, outermost first: `a`, `a/b` for `a/b/c`.
pub fn folders_above(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}
