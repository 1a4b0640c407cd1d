//! What was built or written before, to be compared with.
//!
//! In: a folder, a target, a revision. Out: the site as it is shown there, or its sources. Changes nothing there.

use std::io::{self, Read as _};
use std::path::Path;

use super::context::Context;
use super::error::{PublishError, local};
use super::plan::Files;
use super::record::is_internal;
use super::remote::Remote;
use crate::diff::shown::Shown;
use crate::settings::config::Publish;
use crate::store::dir::{Dir, Form};
use crate::store::disk::hash_file;

pub use super::git::revision::extract as revision;

/// The site that lies in a folder, whatever that is.
pub fn folder(path: &Path) -> Result<Shown, PublishError> {
    seen(&Dir::open(path).map_err(local("read", path))?)
}

/// The site that a target shows; `None` where nothing was published yet. What is known to be as in `staged`, the site as
/// it is to be, is not asked for again.
pub fn target(target: &Publish, staged: &Files, context: &Context<'_>) -> Result<Option<Shown>, PublishError> {
    let shown = match Remote::open(target, context)? {
        Remote::File(folder) => folder.seen().and_then(|dir| dir.as_ref().map(seen).transpose()),
        Remote::Git(mut branch) => branch.seen(context),
        Remote::S3(mut bucket) => bucket.seen(staged, context),
        Remote::Rsync(folder) => folder.seen(staged, context),
    };
    shown.map_err(|error| error.without(context.secrets))
}

fn seen(dir: &Dir) -> Result<Shown, PublishError> {
    let mut shown = Shown::default();
    let of_site = |path: &Path| path.to_str().is_none_or(|path| !is_internal(path) && path != ".git");
    for (path, form) in dir.walk(&of_site).map_err(local("read", dir.path()))? {
        if form == Form::File {
            add(dir, &path, &mut shown).map_err(local("read", dir.path().join(&path)))?;
        }
    }
    Ok(shown)
}

fn add(dir: &Dir, path: &Path, shown: &mut Shown) -> io::Result<()> {
    let name = path.to_string_lossy();
    let mut file = dir.read(path)?;
    if Shown::reads(&name) {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        shown.add(&name, &bytes);
    } else {
        shown.add_hashed(&name, hash_file(file)?.hash);
    }
    Ok(())
}
