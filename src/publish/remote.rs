//! The kinds of targets, and what each owes the others.

use super::context::Context;
use super::error::PublishError;
use super::plan::{Files, Plan, Survey};
use super::record::Record;
use super::{file, git, rsync, s3};
use crate::settings::config::Publish;
use crate::settings::target::PublishTarget;

/// A target that a publish is at work on. Every kind has these functions, in the order in which a
/// publish calls them:
///
/// | function | what it does |
/// |---|---|
/// | `open` | refuses what can't be right; asks nothing of the network |
/// | `lock` | keeps other publishers out until `unlock`, or notes what it takes to notice one; what a killed run left locked is no obstacle. Not called for a dry run. |
/// | `survey` | reads the record and the target's own listing, and compares its hashes with the site's files |
/// | `apply` | writes `plan.intent` as the record, then sends each of `plan.batches()`, the next only when the last is there, then deletes. A target that changes in one step puts everything and `plan.record` in that step. |
/// | `survey` | again, for `plan::verify` |
/// | `seal` | writes the final record; nothing to do where the step held it |
/// | `unlock` | lets others in; also called when something failed |
#[derive(Debug)]
pub enum Remote {
    File(file::Folder),
    Git(git::Branch),
    S3(s3::Bucket),
    Rsync(rsync::Folder),
}

impl Remote {
    pub fn open(target: &Publish, context: &Context<'_>) -> Result<Remote, PublishError> {
        let to = target.to.as_ref().map_err(|problem| PublishError::Refused(format!("`to` {problem}")))?;
        Ok(match to {
            PublishTarget::File { path } => Remote::File(file::open(path, target.releases, context)?),
            PublishTarget::Git { url, branch } => Remote::Git(git::open(url, branch, context)?),
            PublishTarget::S3 { bucket, prefix, endpoint, region } => {
                let (endpoint, region) = (endpoint.as_deref(), region.as_deref());
                Remote::S3(s3::open(s3::Address { bucket, prefix, endpoint, region }, context)?)
            }
            PublishTarget::Rsync { user, host, path } => {
                Remote::Rsync(rsync::open(user.as_deref(), host, path, context)?)
            }
        })
    }

    /// Whether the target keeps content types and cache rules with its files.
    pub fn keeps_headers(&self) -> bool {
        matches!(self, Remote::S3(_))
    }

    /// Whether what it lists may be what it held a moment ago.
    pub fn lists_late(&self) -> bool {
        matches!(self, Remote::S3(_))
    }

    pub fn lock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::File(folder) => folder.lock(),
            // The push compares and sets.
            Remote::Git(_) => Ok(()),
            Remote::S3(bucket) => bucket.lock(context),
            Remote::Rsync(folder) => folder.lock(context),
        }
    }

    pub fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        match self {
            Remote::File(folder) => folder.survey(files, context),
            Remote::Git(branch) => branch.survey(files, context),
            Remote::S3(bucket) => bucket.survey(files, context),
            Remote::Rsync(folder) => folder.survey(files, context),
        }
    }

    pub fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::File(folder) => folder.apply(plan, context),
            Remote::Git(branch) => branch.apply(plan, context),
            Remote::S3(bucket) => bucket.apply(plan, context),
            Remote::Rsync(folder) => folder.apply(plan, context),
        }
    }

    pub fn seal(&mut self, record: &Record, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::File(folder) => folder.seal(record),
            Remote::Git(_) => Ok(()),
            Remote::S3(bucket) => bucket.seal(record, context),
            Remote::Rsync(folder) => folder.seal(record, context),
        }
    }

    pub fn unlock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::File(folder) => {
                folder.unlock();
                Ok(())
            }
            Remote::Git(_) => Ok(()),
            Remote::S3(bucket) => bucket.unlock(context),
            Remote::Rsync(folder) => folder.unlock(context),
        }
    }
}
