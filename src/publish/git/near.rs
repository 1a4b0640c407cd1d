//! A repository of this machine that is a target, and the project's own.
//!
//! In: the path of a target. Out: the repository that git would find there, unless it lies in the
//! project: whoever may change the project's files could have made it, with hooks and programs in its
//! configuration. The repository that the project is kept in is none of its files.

use std::fs;
use std::path::{Path, PathBuf};

use super::call::{git, git_in};
use crate::diagnostic::quote;
use crate::publish::context::Context;
use crate::publish::error::{PublishError, local};
use crate::publish::place::settle;
use crate::publish::programs::run;

/// A repository of this machine.
#[derive(Debug)]
pub struct Near {
    /// As git takes it, absolute and without links.
    pub path: PathBuf,
    /// Its folder of objects and references; `None` where there is no repository.
    pub repository: Option<PathBuf>,
    /// Whether it is the one that the project is kept in.
    pub is_own: bool,
}

/// Finds a repository by its path, from the project's folder when that is relative.
pub fn find(typed: &Path, context: &Context<'_>) -> Result<Near, PublishError> {
    let folder = settle(context.root, typed)?;
    let root = context.root.canonicalize().map_err(local("find", context.root))?;
    // In the order of git's own `enter_repo`.
    let with = |ending: &str| {
        let mut name = folder.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let repository = ["/.git", "", ".git/.git", ".git"].into_iter().map(with).find(|path| is_repository(path));
    let common = repository.as_deref().map(|repository| common(git(repository, context), context)).transpose()?;
    let common = common.flatten();
    let is_own = common.is_some() && common == own(context)?;
    let lies_in_project = |path: &PathBuf| path.starts_with(&root);
    if !is_own && [Some(&folder), repository.as_ref(), common.as_ref()].into_iter().flatten().any(lies_in_project) {
        return Err(PublishError::Refused(format!(
            "{} lies in the project, and a repository that may have come with it is no target; name one outside, or \
             the project's own",
            quote(&folder.to_string_lossy())
        )));
    }
    // As exact as git takes it: nothing is left to look for.
    let path = repository.clone().filter(|path| path.is_dir()).unwrap_or(folder);
    Ok(Near { path, repository, is_own })
}

/// The repository that the project is kept in, without links.
pub fn own(context: &Context<'_>) -> Result<Option<PathBuf>, PublishError> {
    common(git_in(context.root, context), context)
}

/// What all work trees of a repository share.
fn common(mut git: std::process::Command, context: &Context<'_>) -> Result<Option<PathBuf>, PublishError> {
    let found = run(git.args(["rev-parse", "--path-format=absolute", "--git-common-dir"]), b"", context)?;
    let path = found.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string());
    Ok(path.and_then(|path| Path::new(&path).canonicalize().ok()))
}

/// Whether git takes a path for a repository: a file that leads to one, or what gitrepository-layout(5)
/// asks for.
fn is_repository(path: &Path) -> bool {
    let is_folder = |name: &str| path.join(name).is_dir();
    match fs::metadata(path) {
        Ok(found) if found.is_file() => path.file_name().is_some_and(|name| name == ".git"),
        Ok(_) => {
            path.join("HEAD").symlink_metadata().is_ok()
                && (path.join("commondir").is_file() || is_folder("objects") && is_folder("refs"))
        }
        Err(_) => false,
    }
}
