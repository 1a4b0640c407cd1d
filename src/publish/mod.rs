//! From a site to the world: build, compare with what is out there, say what will happen, do it in
//! an order in which no reader meets a page whose parts are missing, and look whether it arrived.
//!
//! In: a built site in a [`stage::Stage`], and one of its targets. Out: an [`Outcome`], or a
//! [`PublishError`] with its exit status. Never sends what a check has refused, never deletes what
//! partwork's own record on the target doesn't name.

mod checks;
pub mod context;
pub mod earlier;
pub mod environment;
pub mod error;
mod file;
mod git;
pub mod init;
pub mod install;
mod place;
pub mod plan;
mod programs;
pub mod record;
mod recorded;
mod remote;
mod rsync;
mod s3;
pub mod stage;
pub mod summary;
pub mod trust;

pub use checks::{check_site, choose};

use std::time::Duration;

use jiff::Timestamp;

use crate::diagnostic::quote;
use crate::settings::config::Publish;
use crate::site::Site;
use checks::check_plan;
use context::Context;
use error::PublishError;
use plan::{Comparison, Contents, Files, Plan};
use record::Record;
use remote::Remote;

/// Reads a text as each kind of target says what it holds; gives how many entries that are. For the fuzz target.
pub fn count_listed(text: &str) -> usize {
    let items = text.lines().filter_map(rsync::parse_item).count();
    let entries = text.split('\0').filter_map(git::parse_entry).count();
    items + entries + usize::from(s3::parse_listing(text).is_some())
}

/// A publish as it was asked for.
#[derive(Debug)]
pub struct Job<'a> {
    pub target: &'a Publish,
    /// In each language, the originals' first.
    pub sites: &'a [Site],
    pub files: &'a Files,
    pub contents: Contents,
    pub dry_run: bool,
    /// Whether more deletions than seem meant are.
    pub allow_deletions: bool,
    /// Whether files that somebody else put there may be replaced.
    pub take_over: bool,
}

/// What a publish did, or would do.
#[derive(Debug)]
pub struct Outcome {
    pub plan: Plan,
    /// False for a dry run, and when there was nothing to do.
    pub applied: bool,
}

/// Gets a plan, and the record of before if there is one.
pub type Show<'a> = &'a mut dyn FnMut(&Plan, Option<&Record>);

/// Publishes. `show` gets the plan before any of it is done, and also when it is refused then.
pub fn publish(job: &Job<'_>, context: &Context<'_>, show: Show<'_>) -> Result<Outcome, PublishError> {
    // Whatever a target or its program said.
    in_turn(job, context, show).map_err(|error| error.without(context.secrets))
}

/// Keeps other publishers out as long as it takes.
fn in_turn(job: &Job<'_>, context: &Context<'_>, show: Show<'_>) -> Result<Outcome, PublishError> {
    let mut remote = Remote::open(job.target, context)?;
    if job.dry_run {
        return carry_out(&mut remote, job, context, show);
    }
    remote.lock(context)?;
    let outcome = carry_out(&mut remote, job, context, show);
    let unlocked = remote.unlock(context);
    // What went wrong first says more.
    outcome.and_then(|outcome| unlocked.map(|()| outcome))
}

fn carry_out(
    remote: &mut Remote,
    job: &Job<'_>,
    context: &Context<'_>,
    show: Show<'_>,
) -> Result<Outcome, PublishError> {
    let survey = remote.survey(job.files, context)?;
    let keeps_headers = remote.keeps_headers();
    let mut plan = plan::plan(Comparison {
        files: job.files,
        survey: &survey,
        contents: job.contents.clone(),
        keeps_headers,
        keep_days: job.target.keep_assets,
        now: context.now,
    });
    plan.summary = summary::sentence(&plan, survey.record.as_ref(), job.sites);
    show(&plan, survey.record.as_ref());
    check_plan(&plan, job.allow_deletions, job.take_over)?;
    plan.take_over();
    let applied = !job.dry_run && !plan.is_empty();
    if applied {
        context.go_on()?;
        remote.apply(&plan, context)?;
        let wrong = arrived(remote, &plan, job, context)?;
        if let Some((path, what)) = wrong.first() {
            let more = wrong.len() - 1;
            let more = if more == 0 { String::new() } else { format!(", and {more} more are wrong") };
            return Err(PublishError::Remote(format!(
                "after the transfer {} {what} on the target{more}; run it again",
                quote(path)
            )));
        }
        remote.seal(&plan.record, context)?;
    }
    Ok(Outcome { plan, applied })
}

/// What isn't on the target as planned. The listing of some stores lags behind what they hold, so one is
/// asked again before it counts.
fn arrived(
    remote: &mut Remote,
    plan: &Plan,
    job: &Job<'_>,
    context: &Context<'_>,
) -> Result<Vec<(String, &'static str)>, PublishError> {
    /// Twelve seconds in all.
    const PAUSES: [u64; 6] = [100, 400, 1_000, 2_000, 3_500, 5_000];
    let mut pauses = PAUSES.into_iter().take(if remote.lists_late() { PAUSES.len() } else { 0 });
    loop {
        let after = remote.survey(job.files, context)?;
        let wrong = plan::verify(plan, job.files, &after);
        match pauses.next() {
            Some(pause) if !wrong.is_empty() => context.pause(Duration::from_millis(pause))?,
            _ => return Ok(wrong),
        }
    }
}

/// Goes back one release where the target keeps releases; gives when that was published.
pub fn rollback(target: &Publish, dry_run: bool, context: &Context<'_>) -> Result<Timestamp, PublishError> {
    go_back(target, dry_run, context).map_err(|error| error.without(context.secrets))
}

fn go_back(target: &Publish, dry_run: bool, context: &Context<'_>) -> Result<Timestamp, PublishError> {
    let mut remote = Remote::open(target, context)?;
    if !dry_run {
        remote.lock(context)?;
    }
    let done = match &mut remote {
        Remote::File(folder) => folder.rollback(dry_run, context),
        Remote::Git(branch) => branch.rollback(dry_run, context),
        Remote::S3(_) | Remote::Rsync(_) => Err(PublishError::Refused(
            "this target keeps no releases; publish an earlier state of the project instead".into(),
        )),
    };
    let unlocked = if dry_run { Ok(()) } else { remote.unlock(context) };
    let record = done.and_then(|record| unlocked.map(|()| record))?;
    Ok(record.published)
}
