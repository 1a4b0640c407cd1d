//! `partwork check`: a build that keeps nothing, and more to look for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use partwork::check::scheduled::{self, Today};
use partwork::check::{code, external, lint, outdated};
use partwork::cli::{Format, Shared};
use partwork::diagnostic::{count, quote};
use partwork::site::allow::drop_allowed;
use partwork::site::behind;
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Built, Shell, build};

use super::common::{
    distrust, keep_nothing, load_project, progress, report, root, settle, state, stop_on_signals, tell, wanted,
};
use super::failure::Failure;
use super::progress::Progress;
use super::terminal;
use super::untrusted::{May, Sum, confine};

/// What is checked beside the site itself.
#[derive(Debug, Clone, Copy)]
pub struct Also {
    /// How links to the outside are asked for, if they are.
    pub external: Option<external::Options>,
    /// How programs are run, if they are.
    pub code: Option<code::Options>,
}

/// Reports all that is wrong or likely not meant.
pub fn run(shared: &Shared, also: Also) -> Result<(), Failure> {
    let root = root(shared)?;
    let run = wanted(shared)?;
    let state = state(&root)?;
    let why = distrust(shared);
    if let Some(why) = &why {
        refuse(also, why)?;
        confine(why, May { read: &[state.root()], write: None, listen: false }, shared)?;
    }
    let project = load_project(&root, &run)?;
    let cache = Caches::open(why.is_none().then_some(&state));
    let sum = Sum::default();
    let progress = progress(shared, &project);
    let store = |path: &OutputPath, kind: Kind, content: &Content| -> Result<Entry, EmitError> {
        let entry = keep_nothing(path, kind, content)?;
        if why.is_some() {
            sum.add(entry.size)?;
        }
        progress.step();
        Ok(entry)
    };
    let resized = |done: usize, all: usize| progress.resized(done, all);
    let shell =
        Shell { caches: &cache, look: Some(&lint::look), store: &store, earlier: None, resized: Some(&resized) };
    let mut built = build(&project, &run, shell)?;
    progress.end();
    let (mut outside, mut programs) = (None, None);
    if !built.sites.is_empty() {
        lint::lint(&project, (&built.sites, &built.references), &mut built.diagnostics);
        behind::check(&project, &built.sites, &mut built.diagnostics);
        if why.is_none() {
            outdated::check(&root, &project, &built.sites, &mut built.diagnostics);
        }
        let diagnostics = &built.diagnostics;
        let today = Today { project: &project, run: &run, sites: &built.sites, diagnostics, linted: true };
        let later = scheduled::look(today, &|run| build(&project, run, shell))?;
        built.diagnostics.extend(later);
        if let Some(options) = &also.external {
            outside = Some(check_external(&state, &mut built, options, shared)?);
        }
        if let Some(options) = also.code {
            programs = Some(check_code(&state, &mut built, options, shared)?);
        }
    }
    built.sites.iter().for_each(|site| drop_allowed(site, &mut built.diagnostics));
    let counts = report(&built, &project, shared)?;
    let human = !shared.quiet && shared.format == Format::Human;
    if let Some(outside) = outside.filter(|_| human) {
        terminal::say(&outside.to_string())?;
    }
    // Where there are errors, what is missing may be what could not be read.
    if let Some(programs) = programs.filter(|programs| human && !(programs.is_empty() && counts.errors > 0)) {
        terminal::say(&programs.to_string())?;
    }
    settle(counts, &cache, shared)?;
    if human && counts.warnings == 0 {
        terminal::say(&format!("no problems in {}", count(built.tree.len(), "file")))?;
    }
    Ok(())
}

/// Refuses what a project that nothing is trusted of can't be asked for.
fn refuse(also: Also, why: &str) -> Result<(), Failure> {
    let refused = match also {
        Also { external: Some(_), .. } => ("addresses outside are not asked for", "--external"),
        Also { code: Some(_), .. } => ("no program is run", "--code"),
        Also { external: None, code: None } => return Ok(()),
    };
    let (what, flag) = refused;
    Err(Failure::Refused(format!("{what}, since {why}; check without {flag}, or say --trusted")))
}

/// How programs are to be run.
pub fn code_options(jobs: Option<u16>, fresh: bool) -> code::Options {
    code::Options { at_once: jobs.map_or(1, usize::from), fresh }
}

fn check_code(
    state: &State,
    built: &mut Built,
    options: code::Options,
    shared: &Shared,
) -> Result<code::Summary, Failure> {
    let Some(site) = built.sites.first() else { return Ok(code::Summary::default()) };
    let stop = stop_on_signals()?;
    let progress = Progress::new(shared);
    let shown = AtomicBool::new(false);
    let arrived = |done: usize, all: usize| {
        if !shown.swap(true, Ordering::Relaxed) {
            progress.begin(count(all, "state"));
        }
        progress.reach(done);
    };
    let checking = code::Checking { site, state, options, stop: &stop, arrived: &arrived };
    let checked = code::check(checking, &mut built.diagnostics);
    progress.end();
    let summary = checked.map_err(|halt| match halt {
        code::Halt::Interrupted => Failure::Interrupted("interrupted; what was ended is run again".into()),
        code::Halt::Busy => Failure::Refused("another run checks the programs of this project".into()),
        code::Halt::Io(error) => Failure::Io(format!("checking programs: {error}")),
    })?;
    if summary.unsaved {
        tell("warning", "what went well could not be written to the cache folder");
    }
    Ok(summary)
}

/// How the links to the outside are to be asked for, if they are.
pub fn external_options(
    external: bool,
    max_age: Option<&str>,
    timeout: Option<u64>,
    private: bool,
) -> Result<Option<external::Options>, Failure> {
    let max_age = match max_age {
        None => external::MAX_AGE,
        Some(typed) => {
            let span = typed.parse::<Span>().ok();
            let age = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
            let age = age.and_then(|age| Duration::try_from(age).ok());
            age.ok_or_else(|| {
                Failure::Usage(format!("--max-age takes a time such as `12h` or `3d`, not {}", quote(typed)))
            })?
        }
    };
    let timeout = timeout.map_or(external::TIMEOUT, Duration::from_secs);
    Ok(external.then_some(external::Options { private, max_age, timeout }))
}

fn check_external(
    state: &State,
    built: &mut Built,
    options: &external::Options,
    shared: &Shared,
) -> Result<external::Summary, Failure> {
    let stop = stop_on_signals()?;
    let progress = Progress::new(shared);
    let shown = std::cell::Cell::new(false);
    let arrived = |done: usize, all: usize| {
        if !shown.replace(true) {
            progress.begin(format!("{all} links"));
        }
        progress.reach(done);
    };
    let found = external::check(state, built, options, &stop, &arrived);
    progress.end();
    let summary = found.map_err(|external::Interrupted| {
        Failure::Interrupted("interrupted; run it again and it goes on where it stopped".into())
    })?;
    if summary.unsaved {
        tell("warning", "what was learnt of the links could not be written to the cache folder");
    }
    Ok(summary)
}
