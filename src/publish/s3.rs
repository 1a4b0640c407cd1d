//! A bucket of an S3-compatible object store.
//!
//! In: a plan. Out: the bucket holds it. Never deletes what the plan doesn't name.

use super::common::{Context, PublishError};
use super::plan::{Files, Plan, Record, Survey};

/// A bucket that a publish is at work on.
#[derive(Debug)]
pub struct Bucket {}

/// Prepares to talk to a bucket; asks nothing of it yet but the credentials of the environment.
pub fn open(
    _bucket: &str,
    _prefix: &str,
    _endpoint: Option<&str>,
    _region: Option<&str>,
    _context: &Context<'_>,
) -> Result<Bucket, PublishError> {
    Err(PublishError::Refused("not yet".into()))
}

impl Bucket {
    pub fn lock(&mut self, _context: &Context<'_>) -> Result<(), PublishError> {
        Ok(())
    }

    pub fn survey(&mut self, _files: &Files, _context: &Context<'_>) -> Result<Survey, PublishError> {
        Ok(Survey::default())
    }

    pub fn apply(&mut self, _plan: &Plan, _context: &Context<'_>) -> Result<(), PublishError> {
        Ok(())
    }

    pub fn seal(&mut self, _record: &Record, _context: &Context<'_>) -> Result<(), PublishError> {
        Ok(())
    }

    pub fn unlock(&mut self, _context: &Context<'_>) -> Result<(), PublishError> {
        Ok(())
    }
}
