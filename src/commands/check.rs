//! `partwork check`: a build that keeps nothing, and more to look for.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use partwork::check::scheduled::{self, Today};
use partwork::check::{external, lint};
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
    distrust, fail_on, keep_nothing, load_project, report, root, save_cache, state, stop_on_signals, tell, wanted,
};
use super::failure::Failure;
use super::progress::Progress;
use super::terminal;
use super::untrusted::{May, Sum, confine};

/// Reports all that is wrong or likely not meant; `external` is how links to the outside are asked for, if they are.
pub fn run(shared: &Shared, external: Option<&external::Options>) -> Result<(), Failure> {
    let root = root(shared)?;
    let run = wanted(shared)?;
    let state = state(&root)?;
    let why = distrust(shared);
    if let Some(why) = &why {
        if external.is_some() {
            return Err(Failure::Refused(format!(
                "addresses outside are not asked for, since {why}; check without --external, or say --trusted"
            )));
        }
        confine(why, May { read: &[state.root()], write: None, listen: false }, shared)?;
    }
    let project = load_project(&root, &run)?;
    let cache = Caches::open(why.is_none().then_some(&state));
    let sum = Sum::default();
    let store = |path: &OutputPath, kind: Kind, content: &Content| -> Result<Entry, EmitError> {
        let entry = keep_nothing(path, kind, content)?;
        if why.is_some() {
            sum.add(entry.size)?;
        }
        Ok(entry)
    };
    let shell = Shell { caches: &cache, look: Some(&lint::look), store: &store, earlier: None, resized: None };
    let mut built = build(&project, &run, shell)?;
    let mut outside = None;
    if !built.sites.is_empty() {
        lint::lint(&project, (&built.sites, &built.references), &mut built.diagnostics);
        behind::check(&project, &built.sites, &mut built.diagnostics);
        let diagnostics = &built.diagnostics;
        let today = Today { project: &project, run: &run, sites: &built.sites, diagnostics, linted: true };
        let later = scheduled::look(today, &|run| build(&project, run, shell))?;
        built.diagnostics.extend(later);
        if let Some(options) = external {
            outside = Some(check_external(&state, &mut built, options, shared)?);
        }
    }
    built.sites.iter().for_each(|site| drop_allowed(site, &mut built.diagnostics));
    let counts = report(&built, &project, shared)?;
    let human = !shared.quiet && shared.format == Format::Human;
    if let Some(outside) = outside.filter(|_| human) {
        terminal::say(&outside.to_string())?;
    }
    fail_on(counts, shared)?;
    save_cache(&cache);
    if human && counts.warnings == 0 {
        terminal::say(&format!("no problems in {}", count(built.tree.len(), "file")))?;
    }
    Ok(())
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
