//! What stands in an output before it is changed.
//!
//! In: the output, our own account of it, and the tree that is to be there. Out: which of our files
//! go, and what isn't ours and stays. Touches nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::destination::INSIDE;
use super::error::{EmitError, failed, shown};
use super::manifest::Manifest;
use crate::store::dir::{Dir, Form};
use crate::store::tree::Tree;
use crate::text::path::folders_above;

/// What stands in the output before a commit.
#[derive(Default)]
pub struct Survey {
    /// Our files that the tree doesn't want.
    pub stale: Vec<String>,
    /// What isn't ours, folders before what they hold.
    pub foreign: Vec<(PathBuf, Form)>,
}

/// Reads the output as it stands: which of our files the tree no longer wants, and what isn't
/// ours at all.
pub fn survey(output: Option<&Dir>, manifest: &Manifest, tree: &Tree) -> Result<Survey, EmitError> {
    let mut survey = Survey::default();
    let Some(output) = output else { return Ok(survey) };
    let folders: HashSet<&str> = manifest.keys().flat_map(|path| folders_above(path.as_str())).collect();
    // In order of name, so that of several files in the way the same one is named each time.
    let found = output.walk(&|path| path != Path::new(INSIDE)).map_err(failed("read", output.path()))?;
    for (path, form) in found {
        match path.to_str() {
            Some(text) if form == Form::Folder && folders.contains(text) => {}
            Some(text) if form == Form::File && manifest.contains_key(text) => {
                if tree.get(text).is_none() {
                    survey.stale.push(text.to_owned());
                }
            }
            _ => survey.foreign.push((path, form)),
        }
    }
    Ok(survey)
}

pub fn refuse_what_is_in_the_way(tree: &Tree, foreign: &[(PathBuf, Form)]) -> Result<(), EmitError> {
    if foreign.is_empty() {
        return Ok(());
    }
    let folders = folders_of(tree);
    let in_the_way = |(path, form): &&(PathBuf, Form)| {
        // A name that isn't UTF-8 is none of the tree's.
        path.to_str().is_some_and(|path| {
            tree.get(path).is_some()
                || (*form != Form::Folder && folders.contains(path))
                || folders_above(path).any(|folder| tree.get(folder).is_some())
        })
    };
    match foreign.iter().find(in_the_way) {
        None => Ok(()),
        Some((path, _)) => Err(EmitError::Refused(format!(
            "{} in the output folder isn't partwork's and stands where the site has a file of its own; move it away",
            shown(path)
        ))),
    }
}

pub fn folders_of(tree: &Tree) -> HashSet<&str> {
    tree.iter().flat_map(|(path, _)| folders_above(path.as_str())).collect()
}
