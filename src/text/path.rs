//! Paths whose pieces are joined by `/`, such as those of a site: their folders, and whether they can be.

use crate::text::source::is_windows_reserved;

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

/// Whether a composed path can be one of a site's files, on any system; says why not.
pub fn check(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("the path is empty".into());
    }
    for piece in path.split('/') {
        if piece.is_empty() || piece == "." || piece == ".." {
            return Err(format!("the piece `{piece}` can't stand in a path"));
        }
        if piece.len() > 255 {
            return Err("a piece of the path is longer than 255 bytes".into());
        }
        if let Some(bad) = piece.chars().find(|c| c.is_control() || matches!(c, '\\' | ':')) {
            return Err(format!("the character `{}` can't stand in a path", bad.escape_debug()));
        }
        if is_windows_reserved(piece) {
            return Err(format!("`{piece}` is a device name on Windows"));
        }
    }
    Ok(())
}

/// A path below the root, as it is typed from a folder.
pub fn relative(folder: &str, path: &str) -> String {
    let here: Vec<&str> = folder.split('/').filter(|piece| !piece.is_empty()).collect();
    let there: Vec<&str> = path.split('/').collect();
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count().min(there.len().saturating_sub(1));
    let up = std::iter::repeat_n("..", here.len() - shared);
    up.chain(there[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_and_part() {
        assert_eq!(join("content/a", "../b/./c.md").as_deref(), Some("content/b/c.md"));
        assert_eq!(join("content", "../../x"), None);
        assert_eq!(relative("content/a", "content/b/c.md"), "../b/c.md");
        assert_eq!(relative("content/a", "content/a/c.md"), "c.md");
        assert_eq!(relative("content/a/b", "content/a"), "../../a");
    }
}
