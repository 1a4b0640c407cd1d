//! Where a path of the settings leads on this machine.
//!
//! In: the project's folder, and a path as it was typed. Out: the place itself, absolute and without
//! links, which need not exist. A link beneath the project is followed nowhere: whoever may change
//! the project's files could make one, and a target that a person knows by its name would be another.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::error::{PublishError, local};
use crate::diagnostic::quote;

/// Follows a path step by step, from the project's folder when it is relative.
pub fn settle(root: &Path, typed: &Path) -> Result<PathBuf, PublishError> {
    let root = root.canonicalize().map_err(local("find", root))?;
    let mut place = root.clone();
    for step in typed.components() {
        match step {
            Component::ParentDir => {
                place.pop();
                continue;
            }
            Component::CurDir => continue,
            // From here on it is absolute, and begins anew.
            step => place.push(step),
        }
        match place.symlink_metadata() {
            Ok(found) if found.is_symlink() && place.starts_with(&root) => {
                let name = place.strip_prefix(&root).unwrap_or(&place).to_string_lossy().into_owned();
                return Err(PublishError::Refused(format!(
                    "the target leads over {}, a link in the project, which may lead elsewhere tomorrow; name the \
                     place that is meant",
                    quote(&name)
                )));
            }
            Ok(found) if found.is_symlink() => place = place.canonicalize().map_err(local("find", &place))?,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(local("find", &place)(error)),
        }
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_of_the_project_lead_nowhere_and_others_where_they_lead() {
        let folder = tempfile::tempdir().expect("a folder");
        let above = folder.path().canonicalize().expect("there");
        let root = above.join("project");
        for made in ["project/a", "elsewhere/deep"] {
            fs::create_dir_all(above.join(made)).expect("room");
        }
        symlink("../../elsewhere", root.join("a/link")).expect("room");
        symlink("elsewhere/deep", above.join("link")).expect("room");
        symlink("project", above.join("same")).expect("room");
        let settled = |typed: &str| settle(&root, Path::new(typed)).ok();
        assert_eq!(settled("a/b/c"), Some(root.join("a/b/c")));
        assert_eq!(settled("../new"), Some(above.join("new")));
        // As the system reads it: up from where the link leads.
        assert_eq!(settled("../link/../x"), Some(above.join("elsewhere/x")));
        for typed in ["a/link", "a/link/deep", "./a/../a/link", "../project/a/link", "../same/a/link"] {
            assert_eq!(settled(typed), None, "{typed}");
        }
        let absolute = root.join("a/link/x");
        assert!(settle(&root, &absolute).is_err());
    }
}
