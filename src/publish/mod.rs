//! From a site to the world: build, compare with what is out there, say what will happen, do it in
//! an order in which no reader meets a page whose parts are missing, and look whether it arrived.
//!
//! In: a built site in a [`stage::Stage`], and one of its targets. Out: an [`Outcome`], or a
//! [`PublishError`] with its exit status. Never sends what a check has refused, never deletes what
//! partwork's own record on the target doesn't name.

pub mod context;
pub mod environment;
pub mod error;
mod file;
mod git;
pub mod init;
pub mod plan;
mod programs;
mod rsync;
mod s3;
pub mod stage;
pub mod summary;

use std::time::Duration;

use jiff::Timestamp;

use crate::diagnostic::{count, quote};
use crate::settings::config::{Config, Discussion, Publish};
use crate::settings::target::PublishTarget;
use crate::site::Site;
use crate::text::url::is_placeholder;
use context::Context;
use error::PublishError;
use plan::{Contents, Files, Plan, Record, Survey};

/// A publish as it was asked for.
#[derive(Debug)]
pub struct Job<'a> {
    pub target: &'a Publish,
    pub site: &'a Site,
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
    let mut plan =
        plan::plan(job.files, &survey, job.contents.clone(), keeps_headers, job.target.keep_assets, context.now);
    plan.summary = summary::sentence(&plan, survey.record.as_ref(), job.site);
    show(&plan, survey.record.as_ref());
    refuse(&plan, job)?;
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

/// The target of a name, or the only one; else what to type instead.
pub fn choose<'c>(config: &'c Config, name: Option<&str>) -> Result<&'c Publish, String> {
    let names: Vec<&str> = config.publish.iter().filter_map(|target| target.name.as_deref()).collect();
    let known = if names.is_empty() {
        "give your targets a `name`".to_string()
    } else {
        let more = config.publish.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(", and {more} without a `name`") };
        let verb = if names.len() == 1 { "is" } else { "are" };
        format!("there {verb} {}{more}", crate::diagnostic::list(names.iter().copied(), "and"))
    };
    match (name, config.publish.as_slice()) {
        (_, []) => Err("`partwork.toml` has no `[[publish]]` target; add one with `to = \"file:…\"`, `git+…#branch`, \
             `s3://…` or `rsync:…`, or let `partwork publish --init` write it"
            .into()),
        (None, [only]) => Ok(only),
        (None, _) => Err(format!("which target? {known}")),
        (Some(name), targets) => targets.iter().find(|target| target.name.as_deref() == Some(name)).ok_or_else(|| {
            let near = crate::diagnostic::did_you_mean(name, names.iter().copied());
            format!("there is no target {}; {}", quote(name), near.unwrap_or(known))
        }),
    }
}

/// Refuses a site that isn't ready for the world: addresses that nobody has filled in.
pub fn check_site(site: &Site) -> Result<(), PublishError> {
    let config = &site.config;
    if config.base_url.is_loopback() {
        // Also to a folder of this machine: that is where a server shows it to others from.
        return Err(PublishError::Refused(format!(
            "`base_url` is still this machine's own address, {}; put in the site's",
            quote(&config.base_url.absolute(""))
        )));
    }
    let discussion = config.discussion.as_ref().and_then(Discussion::link).map(|url| url.value.as_str());
    let addresses = [
        ("base_url", Some(config.base_url.origin.as_str())),
        ("newsletter.action", config.newsletter.as_ref().map(|newsletter| newsletter.action.value.as_str())),
        ("discussion.url", discussion),
    ];
    let found: Vec<&str> =
        addresses.iter().filter(|(_, url)| url.is_some_and(is_placeholder)).map(|(key, _)| *key).collect();
    if found.is_empty() {
        return Ok(());
    }
    let keys = crate::diagnostic::list(found.iter().copied(), "and");
    let verb = if found.len() == 1 { "holds" } else { "hold" };
    Err(PublishError::Refused(format!("{keys} still {verb} an example's address; put in your own")))
}

/// Refuses a plan that would lose what was not meant to be lost.
fn refuse(plan: &Plan, job: &Job<'_>) -> Result<(), PublishError> {
    /// Beyond so many deletions, or a third of what is there, something is likely wrong here.
    const MOST: usize = 50;
    if plan.foreign.iter().chain(&plan.conflicts).any(|path| path == crate::project::CONFIG) {
        return Err(PublishError::Refused("the target holds a project; publish to a place of its own".into()));
    }
    let meant = plan.deletions.len() - plan.expired;
    if !job.allow_deletions && (meant > MOST || meant * 3 > plan.before) {
        return Err(PublishError::Refused(format!(
            "this would delete {} of the {} on the target; pass --allow-deletions if that is meant",
            meant,
            count(plan.before, "file")
        )));
    }
    if let Some(first) = plan.conflicts.first()
        && !job.take_over
    {
        let more = match plan.conflicts.len() - 1 {
            0 => String::new(),
            1 => ", as is 1 more".into(),
            more => format!(", as are {more} more"),
        };
        return Err(PublishError::Refused(format!(
            "on the target {} is in the way and not from partwork{more}; move it away, or pass --take-over to \
             replace it",
            quote(first)
        )));
    }
    Ok(())
}

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
    File(file::Folder),
    Git(git::Branch),
    S3(s3::Bucket),
    Rsync(rsync::Folder),
}

impl Remote {
    fn open(target: &Publish, context: &Context<'_>) -> Result<Remote, PublishError> {
        let to = target.to.as_ref().map_err(|problem| PublishError::Refused(format!("`to` {problem}")))?;
        Ok(match to {
            PublishTarget::File { path } => Remote::File(file::open(path, target.releases, context)?),
            PublishTarget::Git { url, branch } => Remote::Git(git::open(url, branch, context)?),
            PublishTarget::S3 { bucket, prefix, endpoint, region } => {
                let (endpoint, region) = (endpoint.as_deref(), region.as_deref());
                Remote::S3(s3::open(s3::Place { bucket, prefix, endpoint, region }, context)?)
            }
            PublishTarget::Rsync { user, host, path } => {
                Remote::Rsync(rsync::open(user.as_deref(), host, path, context)?)
            }
        })
    }

    /// Whether the target keeps content types and cache rules with its files.
    fn keeps_headers(&self) -> bool {
        matches!(self, Remote::S3(_))
    }

    /// Whether what it lists may be what it held a moment ago.
    fn lists_late(&self) -> bool {
        matches!(self, Remote::S3(_))
    }

    fn lock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::File(folder) => folder.lock(),
            // The push compares and sets.
            Remote::Git(_) => Ok(()),
            Remote::S3(bucket) => bucket.lock(context),
            Remote::Rsync(folder) => folder.lock(context),
        }
    }

    fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        match self {
            Remote::File(folder) => folder.survey(files, context),
            Remote::Git(branch) => branch.survey(files, context),
            Remote::S3(bucket) => bucket.survey(files, context),
            Remote::Rsync(folder) => folder.survey(files, context),
        }
    }

    fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::File(folder) => folder.apply(plan, context),
            Remote::Git(branch) => branch.apply(plan, context),
            Remote::S3(bucket) => bucket.apply(plan, context),
            Remote::Rsync(folder) => folder.apply(plan, context),
        }
    }

    fn seal(&mut self, record: &Record, context: &Context<'_>) -> Result<(), PublishError> {
        match self {
            Remote::File(folder) => folder.seal(record),
            Remote::Git(_) => Ok(()),
            Remote::S3(bucket) => bucket.seal(record, context),
            Remote::Rsync(folder) => folder.seal(record, context),
        }
    }

    fn unlock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
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
