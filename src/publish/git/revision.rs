//! The project as a revision of its own repository has it.
//!
//! In: a revision as git names one. Out: its sources in a folder of the run's own. No checkout, index or
//! configuration is touched, no filter is run, and an object that isn't here is asked of nobody. A file of Git LFS is
//! the file itself where that is on this machine.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::call::git_in;
use super::lfs::{Places, Pointer};
use super::objects::{self, Form, Object, parse_entry};
use crate::project::{CONFIG, FOLDERS, LEDGER};
use crate::publish::context::Context;
use crate::publish::error::{PublishError, local};
use crate::publish::programs::run;
use crate::store::dir::Dir;

/// Puts the sources of the project in the context's root, as of a revision, into a folder that is empty; gives the paths
/// of files of Git LFS that aren't on this machine. `None` where there is no repository, or no such revision in it, or
/// no project in that.
pub fn extract(name: &str, into: &Dir, context: &Context<'_>) -> Result<Option<Vec<String>>, PublishError> {
    let git = || git_in(context.root, context);
    let commit = format!("{name}^{{commit}}");
    let asked = run(git().args(["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]), b"", context)?;
    let Ok(found) = asked else { return Ok(None) };
    let id = String::from_utf8_lossy(&found.stdout).trim().to_string();
    // Of the folder that git is in alone, with paths from there.
    let listed = run(git().args(["ls-tree", "-r", "-z", "-l", &id]), b"", context)?;
    let listed = listed.map_err(|failure| PublishError::Local(format!("`git ls-tree` failed: {}", failure.stderr)))?;
    let entries = listed.stdout.split(|byte| *byte == 0);
    let is_source = |(path, object): &(String, Object)| {
        let top = path.split('/').next().unwrap_or_default();
        object.form != Form::Other && (path == CONFIG || path == LEDGER || (FOLDERS.contains(&top) && top != path))
    };
    let objects: Vec<_> =
        entries.filter_map(|entry| parse_entry(&String::from_utf8_lossy(entry))).filter(is_source).collect();
    if !objects.iter().any(|(path, _)| path == CONFIG) {
        return Ok(None);
    }
    let asked = run(git().args(["rev-parse", "--git-common-dir"]), b"", context)?;
    let repository = asked.map(|found| String::from_utf8_lossy(&found.stdout).trim().to_string()).unwrap_or_default();
    let places = Places {
        fetched: context.root.join(PathBuf::from(repository)).join("lfs/objects"),
        checkout: Dir::open(context.root).map_err(local("read", context.root))?,
    };
    let mut absent = Vec::new();
    objects::read(&git, &objects, context, &mut |path, form, content| {
        let put = match form {
            // Where it leads is judged by whoever follows it.
            Form::Link => into.link(Path::new(&*String::from_utf8_lossy(content)), path),
            _ => into.create(path).and_then(|mut file| {
                let pointer = Pointer::parse(content);
                match pointer.as_ref().and_then(|pointer| places.find(pointer, path)) {
                    Some(mut found) => io::copy(&mut found, &mut file).map(drop),
                    None => {
                        absent.extend(pointer.map(|_| path.to_string()));
                        file.write_all(content)
                    }
                }
            }),
        };
        put.map_err(local("write", into.path().join(path)))
    })?;
    Ok(Some(absent))
}
