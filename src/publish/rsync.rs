//! A folder on another machine, by rsync over ssh.
//!
//! In: a plan. Out: the folder holds it. Never deletes what the plan doesn't name.

use super::common::{Context, PublishError};
use super::plan::{Files, Plan, Record, Survey};

/// A folder that a publish is at work on.
#[derive(Debug)]
pub struct Folder {}

/// Prepares to talk to a machine; asks nothing of it yet.
pub fn open(_user: Option<&str>, _host: &str, _path: &str, _context: &Context<'_>) -> Result<Folder, PublishError> {
    Err(PublishError::Refused("not yet".into()))
}

impl Folder {
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
