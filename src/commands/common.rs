//! What commands share: the project that is meant, the clock, the terminal, and how problems are told.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use partwork::cli::{self, Color, Format, Shared};
use partwork::diagnostic::report::{self, Counts, Look};
use partwork::diagnostic::{Diagnostic, quote};
use partwork::new::changes::Changes;
use partwork::project::load::{load, load_again, load_leaving};
use partwork::project::texts::Texts;
use partwork::project::{CONFIG, LEDGER, Project, Run, Runaway};
use partwork::publish::install::{self, Install};
use partwork::settings::config::BaseUrl;
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, Made, OutputPath};
use partwork::{Built, new, site::record};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::failure::Failure;
use super::progress::Progress;
use super::{machine, services, terminal};

/// The project's folder: the one that was named, or the nearest parent with a `partwork.toml`.
pub fn root(shared: &Shared) -> Result<PathBuf, Failure> {
    find_root(shared.root.as_deref())
}

/// As [`root`], for a command without the shared flags.
pub fn find_root(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(root) = named {
        if is_project(root) {
            return Ok(root.to_path_buf());
        }
        return Err(Failure::Usage(format!("there is no {CONFIG} in {}", quote(&root.to_string_lossy()))));
    }
    let here = machine::here()?;
    let found = here.ancestors().find(|folder| is_project(folder)).map(Path::to_path_buf);
    found.ok_or_else(|| {
        Failure::Usage(format!(
            "there is no {CONFIG} in {} or above it; name the project with --root",
            quote(&here.to_string_lossy())
        ))
    })
}

/// What is remembered of a project.
pub fn state(root: &Path) -> Result<State, Failure> {
    Ok(State::of(&machine::cache()?, root))
}

/// What stands there may be anything; whether it is read is for loading to say.
fn is_project(folder: &Path) -> bool {
    folder.join(CONFIG).symlink_metadata().is_ok_and(|found| !found.is_dir())
}

/// Why nothing of the project is trusted, in words; `None` where it is.
pub fn distrust(shared: &Shared) -> Option<String> {
    if shared.untrusted {
        return Some("`--untrusted` says so".into());
    }
    let text = |name: &str| machine::variable(name)?.into_string().ok();
    let variable = services::pull_request(&text).filter(|_| !shared.trusted)?;
    Some(format!("{} says that this is a pull request", quote(variable)))
}

/// What this run wants. Refuses what was typed wrong, before anything is read.
pub fn wanted(shared: &Shared) -> Result<Run, Failure> {
    if let Some(at) = &shared.at
        && partwork::text::date::parse_at(at, &TimeZone::UTC).is_none()
    {
        return Err(Failure::Usage(format!("--at takes a date or an instant, not {}", quote(at))));
    }
    let refused = |url: &str, problem| Failure::Usage(format!("--base-url {problem}: {}", quote(url)));
    let base_url = shared.base_url.as_deref().map(|url| BaseUrl::parse(url).map_err(|problem| refused(url, problem)));
    let (base_url, now) = (base_url.transpose()?, now()?);
    let untrusted = distrust(shared).is_some();
    let (at, drafts, runaway) = (shared.at.clone(), shared.drafts, Some(run_away as Runaway));
    Ok(Run { now, at, drafts, base_url, later: false, untrusted, runaway })
}

/// Ends the process over a template that would never end, with a word.
#[expect(clippy::exit, reason = "what is under way can't be stopped by itself")]
fn run_away(excess: &str) {
    tell("error", excess);
    std::process::exit(i32::from(Failure::Content.status()));
}

/// The project as it lies there, for a run.
pub fn load_project(root: &Path, run: &Run) -> Result<Project, Failure> {
    load(root, run).map_err(unreadable(root))
}

/// As [`load_project`], for who wants only the site.
pub fn load_project_leaving(root: &Path, run: &Run) -> Result<Project, Failure> {
    load_leaving(root, run).map_err(unreadable(root))
}

/// As [`load_project`], in a program that has read the project before.
pub fn load_project_again(root: &Path, run: &Run, texts: &mut Texts) -> Result<Project, Failure> {
    load_again(root, run, texts).map_err(unreadable(root))
}

fn unreadable(root: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::Io(format!("reading {}: {error}", quote(&root.to_string_lossy())))
}

/// `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch/>), or the clock.
pub fn now() -> Result<Timestamp, Failure> {
    let Some(epoch) = machine::variable("SOURCE_DATE_EPOCH") else { return Ok(machine::clock()) };
    let seconds = epoch.to_str().and_then(|epoch| epoch.parse::<i64>().ok());
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(|| {
        Failure::Usage(format!("SOURCE_DATE_EPOCH is a number of seconds, not {}", quote(&epoch.to_string_lossy())))
    })
}

/// `[build] output`, before the whole configuration has been read: the output has to be looked at
/// before a build begins to write to it.
pub fn configured_output(project: &Project) -> Option<String> {
    partwork::settings::config::parse(&project.sources, project.config, &mut Vec::new())?.output
}

/// Shows how far a build is.
pub fn progress(shared: &Shared, project: &Project) -> Progress {
    let progress = Progress::new(shared);
    // Nearly every output is a page of an article or a copy of a file; the few others don't matter.
    let outputs = project.articles.len() + project.files.len() + project.statics.len();
    progress.begin(format!("about {outputs} files"));
    progress
}

/// Ends a run whose problems were told: remembers what it made, and fails where it has failed. A run that failed
/// asked for little, so what it didn't ask for is kept.
pub fn settle(counts: Counts, cache: &Caches, shared: &Shared) -> Result<(), Failure> {
    let failed = fail_on(counts, shared);
    let saved = if failed.is_ok() { cache.save() } else { cache.save_more() };
    // A cache that can't be written costs the next build its time and nothing else.
    if let Err(error) = saved {
        tell("warning", &format!("the cache could not be written: {error}"));
    }
    failed
}

/// Writes a result as JSON.
pub fn print_json(value: &serde_json::Value) -> io::Result<()> {
    terminal::give_json(value)
}

/// Says on standard error what is no diagnostic: a failure or a warning, in words that may be those
/// of the system, of a server or of a file, none of which is to reach a terminal as an order to it.
pub fn tell(kind: &str, message: &str) {
    terminal::remark(&format!("{kind}: {message}"));
}

/// Adds what the site has to the ledger; gives how many addresses were new.
pub fn record_addresses(root: &Path, built: &Built) -> Result<usize, Failure> {
    let sites: Vec<_> = built.sites.iter().collect();
    record::record(root, &sites)
        .map_err(|error| Failure::Io(format!("{} could not be written: {error}", quote(LEDGER))))
}

/// A flag that Ctrl-C sets, to be asked between two steps. A second one ends the run at once.
pub fn stop_on_signals() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// How a workflow gets partwork: what `--from` says, else the archive of this version.
pub fn install(from: Option<&str>, root: &Path) -> Result<Install, Failure> {
    if let Some(from) = from {
        return install::parse(from, root).map_err(Failure::Usage);
    }
    let named = machine::variable("PARTWORK_RELEASES").and_then(|releases| releases.into_string().ok());
    let releases = named.or_else(install::releases).ok_or_else(|| {
        Failure::Usage(
            "where the releases of partwork lie isn't known; name the place in `PARTWORK_RELEASES`, or with --from a path \
             or an address of git that has its source"
                .into(),
        )
    })?;
    Ok(install::released(&releases)?)
}

/// Makes what was asked for, or says what it would make.
pub fn make(made: &new::New, how: &cli::NewFlags) -> Result<(), Failure> {
    if how.dry_run {
        return show_changes(&made.changes);
    }
    let lines = new::describe(&made.changes, &machine::here()?);
    made.changes.apply()?;
    if !how.quiet {
        for line in lines.iter().filter(|line| !line.starts_with(' ')) {
            terminal::say(&line.replacen(' ', "d ", 1))?;
        }
        for line in &made.next {
            terminal::say(line)?;
        }
    }
    Ok(())
}

/// Says what would be made and changed.
pub fn show_changes(changes: &Changes) -> Result<(), Failure> {
    Ok(new::describe(changes, &machine::here()?).iter().try_for_each(|line| {
        let would = if line.starts_with(' ') { "" } else { "would " };
        terminal::say(&format!("{would}{line}"))
    })?)
}

/// The problems of a build.
pub fn report(built: &Built, project: &Project, shared: &Shared) -> Result<Counts, Failure> {
    report_all(&built.diagnostics, project, shared, shared.format)
}

/// Tells problems on standard error, and how many there were.
pub fn report_all(found: &[Diagnostic], project: &Project, shared: &Shared, format: Format) -> Result<Counts, Failure> {
    let color = match shared.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal::is_watched() && machine::variable("NO_COLOR").is_none(),
    };
    let format = match format {
        Format::Human | Format::Markdown => report::Format::Human,
        Format::Json => report::Format::Json,
        Format::Github => report::Format::Github,
    };
    let mut text = Vec::new();
    let look = Look { color, all: shared.verbose };
    let counts = report::write(&mut text, found, &project.sources, format, look)?;
    if format == report::Format::Human && counts != Counts::default() {
        let hint = "`partwork explain CODE` says more about each";
        writeln!(text, "{}; {hint}", report::summary(counts, color))?;
    }
    terminal::diagnostics(&text)?;
    Ok(counts)
}

/// Reports what keeps a command from reading a project.
pub fn broken(found: &[Diagnostic], project: &Project) -> Failure {
    let mut text = Vec::new();
    let color = terminal::is_watched() && machine::variable("NO_COLOR").is_none();
    let written = report::write(&mut text, found, &project.sources, report::Format::Human, Look { color, all: false });
    match written.and_then(|_| terminal::diagnostics(&text)) {
        Ok(()) => Failure::Content,
        Err(error) => error.into(),
    }
}

/// Whether a run with so many problems has failed.
pub fn fail_on(counts: Counts, shared: &Shared) -> Result<(), Failure> {
    if counts.errors > 0 || (shared.strict && counts.warnings > 0) { Err(Failure::Content) } else { Ok(()) }
}

/// A time as people say it.
pub fn seconds(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

/// A store that keeps nothing.
pub fn keep_nothing(_: &OutputPath, _: Kind, content: &Content) -> Result<Entry, EmitError> {
    if let Some(entry) = content.known() {
        return Ok(entry);
    }
    let size = match content.made() {
        Ok(Made::Bytes(bytes)) => bytes.len() as u64,
        Ok(Made::File(origin)) => origin.open().and_then(|file| file.metadata()).map_or(0, |data| data.len()),
        Err(_) => 0,
    };
    Ok(Entry { size, hash: [0; 32] })
}
