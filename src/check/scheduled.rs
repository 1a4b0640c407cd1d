//! What is wrong with the site of a later day.
//!
//! In: a project with parts that come out by themselves, and what is known of the site of today.
//! Out: the problems that only a later build would have, each with the day from which on. A site that
//! builds unattended fails on that day with nobody at the desk, so its author is told while there is
//! somebody. Keeps nothing of what it builds.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Built;
use crate::check::lint;
use crate::diagnostic::{Code, Diagnostic, Place, list};
use crate::parse::front::Status;
use crate::project::{Project, Run};
use crate::site::Site;
use crate::site::series::{Part, State};
use crate::store::emit::EmitError;

/// What is known of the site as it is now.
#[derive(Debug, Clone, Copy)]
pub struct Today<'a> {
    pub project: &'a Project,
    pub run: &'a Run,
    /// In each language.
    pub sites: &'a [Site],
    pub diagnostics: &'a [Diagnostic],
    /// Whether what [`lint`] finds is among them.
    pub linted: bool,
}

/// Builds the project for another run, looking at what it looked at for today's.
pub type Build<'a> = &'a dyn Fn(&Run) -> Result<Built, EmitError>;

/// Builds the project as of the last day that a part is scheduled for, and gives what that finds
/// beyond what is known; nothing when no part is scheduled. Fails only when the build does.
///
/// What is asked for a day, `--at`, or without regard to days, `--drafts`, is answered by the build
/// itself, and has nothing ahead.
pub fn look(today: Today<'_>, build: Build<'_>) -> Result<Vec<Diagnostic>, EmitError> {
    if !today.run.is_of_today() {
        return Ok(Vec::new());
    }
    let days: BTreeSet<Timestamp> = scheduled(today.sites).map(|(instant, _)| instant).collect();
    let days: Vec<Timestamp> = days.into_iter().collect();
    let Some(last) = days.len().checked_sub(1) else { return Ok(Vec::new()) };
    let known: BTreeSet<(Code, &Place, &str)> = today.diagnostics.iter().map(identity).collect();
    let mut find = |at: usize| -> Result<Vec<Diagnostic>, EmitError> {
        let found = on(days[at], today, build)?;
        Ok(found.into_iter().filter(|diagnostic| !known.contains(&identity(diagnostic))).collect())
    };
    let all = find(last)?;
    let mut dated = Vec::new();
    date(all, 0, last, &mut find, &mut dated)?;
    dated.sort_by_key(|(at, _)| *at);
    Ok(dated.into_iter().map(|(at, diagnostic)| tell(diagnostic, days[at], today.sites)).collect())
}

/// The parts that come out by themselves, and the translations, with their instants.
fn scheduled(sites: &[Site]) -> impl Iterator<Item = (Timestamp, &Part)> {
    let waits = |site: &Site, part: &Part| match part.state {
        State::Soon => true,
        State::Original => part.due.is_some_and(|due| due.instant > site.now),
        State::Out | State::Draft => false,
    };
    let ahead = sites.iter().flat_map(move |site| site.parts().filter(move |part| waits(site, part)));
    ahead.filter(|part| part.status == Status::Published).filter_map(|part| Some((part.due?.instant, part)))
}

/// What two builds of one project agree on, whatever else they say of it.
fn identity(diagnostic: &Diagnostic) -> (Code, &Place, &str) {
    (diagnostic.code, &diagnostic.place, &diagnostic.message)
}

/// What is found on a later day.
fn on(day: Timestamp, today: Today<'_>, build: Build<'_>) -> Result<Vec<Diagnostic>, EmitError> {
    let mut built = build(&Run { now: day, ..today.run.clone() })?;
    if today.linted {
        lint::lint(today.project, (&built.sites, &built.references), &mut built.diagnostics);
    }
    // What is stale or unrecorded on its day is right until then, and nobody can mend it before.
    let mends = |code: Code| !matches!(code, Code::StalePromise | Code::UnrecordedAddress);
    built.diagnostics.retain(|diagnostic| mends(diagnostic.code));
    Ok(built.diagnostics)
}

/// Gives each problem the first day that has it, between two that are known to be right, by halves:
/// what is wrong once stays wrong, since parts only come out.
fn date(
    found: Vec<Diagnostic>,
    first: usize,
    last: usize,
    find: &mut dyn FnMut(usize) -> Result<Vec<Diagnostic>, EmitError>,
    dated: &mut Vec<(usize, Diagnostic)>,
) -> Result<(), EmitError> {
    if found.is_empty() || first == last {
        dated.extend(found.into_iter().map(|diagnostic| (last, diagnostic)));
        return Ok(());
    }
    let middle = first.midpoint(last);
    let there = find(middle)?;
    let there: BTreeSet<(Code, &Place, &str)> = there.iter().map(identity).collect();
    let (earlier, later) = found.into_iter().partition(|diagnostic| there.contains(&identity(diagnostic)));
    date(earlier, first, middle, find, dated)?;
    date(later, middle + 1, last, find, dated)
}

/// The same problem, with its day.
fn tell(mut diagnostic: Diagnostic, day: Timestamp, sites: &[Site]) -> Diagnostic {
    /// More names than these hide the rest of the line.
    const MOST: usize = 3;
    let on_day = scheduled(sites).filter(|(instant, _)| *instant == day);
    let ids: BTreeSet<&str> = on_day.map(|(_, part)| part.id.as_str()).collect();
    let who = if ids.len() > MOST { format!("{} parts", ids.len()) } else { list(ids.iter().copied(), "and") };
    let verb = if ids.len() == 1 { "comes" } else { "come" };
    let zone = sites.first().map_or(TimeZone::UTC, |site| site.config.zone.clone());
    let date = day.to_zoned_datetime(zone).date();
    diagnostic.message = format!("as of {date}, when {who} {verb} out: {}", diagnostic.message);
    diagnostic
}
