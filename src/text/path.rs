//! The folders of a path whose pieces are joined by `/`.

/// The folders that a path lies in, outermost first: `a`, `a/b` for `a/b/c`.
pub fn folders_above(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// A relative path from a folder; `None` when it climbs out of the project.
pub fn join(folder: &str, path: &str) -> Option<String> {
    let mut pieces: Vec<&str> = folder.split('/').filter(|piece| !piece.is_empty()).collect();
    for piece in path.split('/') {
        match piece {
            "" | "." => {}
            ".." => {
                pieces.pop()?;
            }
            piece => pieces.push(piece),
        }
    }
    Some(pieces.join("/"))
}
