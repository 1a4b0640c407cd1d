//! What is refused before anything is sent, whatever the target.
//!
//! In: the settings, a built site, a plan. Out: nothing, or why not.

use super::error::PublishError;
use super::plan::Plan;
use crate::diagnostic::{count, did_you_mean, list, quote};
use crate::settings::config::{Config, Discussion, Publish};
use crate::site::Site;
use crate::text::url::is_placeholder;

/// The target of a name, or the only one; else what to type instead.
pub fn choose<'c>(config: &'c Config, name: Option<&str>) -> Result<&'c Publish, String> {
    let names: Vec<&str> = config.publish.iter().filter_map(|target| target.name.as_deref()).collect();
    let known = if names.is_empty() {
        "give your targets a `name`".to_string()
    } else {
        let more = config.publish.len() - names.len();
        let more = if more == 0 { String::new() } else { format!(", and {more} without a `name`") };
        let verb = if names.len() == 1 { "is" } else { "are" };
        format!("there {verb} {}{more}", list(names.iter().copied(), "and"))
    };
    match (name, config.publish.as_slice()) {
        (_, []) => Err("`partwork.toml` has no `[[publish]]` target; add one with `to = \"file:…\"`, `git+…#branch`, \
             `s3://…` or `rsync:…`, or let `partwork publish --init` write it"
            .into()),
        (None, [only]) => Ok(only),
        (None, _) => Err(format!("which target? {known}")),
        (Some(name), targets) => targets.iter().find(|target| target.name.as_deref() == Some(name)).ok_or_else(|| {
            let near = did_you_mean(name, names.iter().copied());
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
    let keys = list(found.iter().copied(), "and");
    let verb = if found.len() == 1 { "holds" } else { "hold" };
    Err(PublishError::Refused(format!("{keys} still {verb} an example's address; put in your own")))
}

/// Refuses a plan that would lose what was not meant to be lost.
pub fn check_plan(plan: &Plan, allow_deletions: bool, take_over: bool) -> Result<(), PublishError> {
    /// Beyond so many deletions, or a third of what is there, something is likely wrong here.
    const MOST: usize = 50;
    if plan.foreign.iter().chain(&plan.conflicts).any(|path| path == crate::project::CONFIG) {
        return Err(PublishError::Refused("the target holds a project; publish to a place of its own".into()));
    }
    let meant = plan.deletions.len() - plan.expired;
    if !allow_deletions && (meant > MOST || meant * 3 > plan.before) {
        return Err(PublishError::Refused(format!(
            "this would delete {} of the {} on the target; pass --allow-deletions if that is meant",
            meant,
            count(plan.before, "file")
        )));
    }
    if let Some(first) = plan.conflicts.first()
        && !take_over
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
