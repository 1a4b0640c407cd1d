//! From a site to the world: build, compare with what is out there, say what will happen, do it in
//! an order in which no reader meets a page whose parts are missing, and look whether it arrived.
//!
//! In: a project and the name of one of its targets. Out: a report of what changed. Never sends
//! what a check has refused, never deletes what partwork's own record on the target doesn't name.

pub mod common;
pub mod plan;
mod rsync;
mod s3;

use crate::target::Target;
use common::{Context, PublishError};
use plan::{Files, Plan, Record, Survey};

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
enum Remote {
    S3(s3::Bucket),
    Rsync(rsync::Folder),
}

impl Remote {
    fn open(target: &Target, context: &Context<'_>) -> Result<Remote, PublishError> {
        Ok(match target {
            Target::S3 { bucket, prefix, endpoint, region } => {
                Remote::S3(s3::open(bucket, prefix, endpoint.as_deref(), region.as_deref(), context)?)
            }
            Target::Rsync { user, host, path } => Remote::Rsync(rsync::open(user.as_deref(), host, path, context)?),
            Target::File { .. } | Target::Git { .. } => return Err(PublishError::Refused("not yet".into())),
        })
    }

    fn lock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::S3(bucket) => bucket.lock(context),
            Remote::Rsync(folder) => folder.lock(context),
        }
    }

    fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        match self {
            Remote::S3(bucket) => bucket.survey(files, context),
            Remote::Rsync(folder) => folder.survey(files, context),
        }
    }

    fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::S3(bucket) => bucket.apply(plan, context),
            Remote::Rsync(folder) => folder.apply(plan, context),
        }
    }

    fn seal(&mut self, record: &Record, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::S3(bucket) => bucket.seal(record, context),
            Remote::Rsync(folder) => folder.seal(record, context),
        }
    }

    fn unlock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::S3(bucket) => bucket.unlock(context),
            Remote::Rsync(folder) => folder.unlock(context),
        }
    }
}
