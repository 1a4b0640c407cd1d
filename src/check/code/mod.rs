//! The program of each series as of each part, held to the command that its series names.
//!
//! In: a site, and what earlier runs learnt. Out: a diagnostic for each state that fails, with what it said at last
//! and, where that names a line of the program, the listing that shows it. Each state lies alone in a folder of its
//! own in the user's cache, which is emptied afterwards. What went well is remembered by the program, the command and
//! what its tools say of themselves. No other part of partwork runs what a project says.

mod named;
mod shell;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use walkdir::WalkDir;

use crate::diagnostic::{Code, Diagnostic, count, quote};
use crate::site::Site;
use crate::site::contents::Contents;
use crate::site::ids::PartId;
use crate::site::series::Series;
use crate::store::copy::copy;
use crate::store::dir::Dir;
use crate::store::disk::{hash_file, ignore_missing};
use crate::store::origin::Origin;
use crate::store::state::State;
use crate::system::{can_run, let_owner_write};
use crate::text::source::Spanned;
use named::{Shelf, named};
use shell::{Ended, How, run};

/// What is remembered lies under this name, and the folders of states in one of it.
const NAME: &str = "code";

/// How many states are remembered that went well, of all branches that somebody works on.
const MOST_REMEMBERED: usize = 10_000;

/// Of what a command said so much is told: lines, and bytes of them.
const LINES_TOLD: usize = 12;
const BYTES_TOLD: usize = 800;

/// How programs are to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many states at once.
    pub at_once: usize,
    /// Whether what went well before is run again.
    pub fresh: bool,
}

/// How many states there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    all: usize,
    /// Those that went well in an earlier run.
    remembered: usize,
    failed: usize,
    /// Whether nothing of it could be written down for the next run.
    pub unsaved: bool,
}

impl Summary {
    /// Whether no series says how its program is checked.
    pub fn is_empty(&self) -> bool {
        self.all == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { all, remembered, failed, .. } = *self;
        if self.is_empty() {
            return f.write_str("no program is checked: no `series.toml` says by `[code] check` how");
        }
        write!(f, "{} of programs: {} fine", count(all, "state"), all - failed)?;
        if failed > 0 {
            write!(f, ", {failed} failed")?;
        }
        if remembered > 0 {
            write!(f, " ({remembered} known from before; `--fresh` runs all)")?;
        }
        Ok(())
    }
}

/// Why not all was checked.
#[derive(Debug)]
pub enum Halt {
    Interrupted,
    /// Another run checks the programs of this project.
    Busy,
    Io(io::Error),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Halt::Io(error)
    }
}

/// A program as of a part, and the command that it is held to.
struct Job<'a> {
    series: &'a Series,
    part: PartId,
    command: &'a Spanned<String>,
    files: BTreeMap<&'a str, &'a Origin>,
    /// What the tools of its series say of themselves.
    tools: &'a str,
}

/// What became of a job.
enum Verdict {
    Remembered,
    Fine(String),
    Failed(Ended, String),
}

/// A run that checks.
#[derive(Clone, Copy)]
pub struct Checking<'a> {
    /// Of the originals.
    pub site: &'a Site,
    pub state: &'a State,
    pub options: Options,
    pub stop: &'a AtomicBool,
    /// Is told how many states are done, of how many.
    pub arrived: &'a (dyn Fn(usize, usize) + Sync),
}

impl fmt::Debug for Checking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checking").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Checks the program as of each part that is out and changes it.
pub fn check(checking: Checking<'_>, out: &mut Vec<Diagnostic>) -> Result<Summary, Halt> {
    let Checking { site, state, options, .. } = checking;
    let with = || site.series.iter().filter(|series| !series.program.is_empty());
    let mut summary = Summary::default();
    if with().all(|series| commands(series).is_empty()) {
        return Ok(summary);
    }
    let own = state.project(true)?;
    let lock = own.lock_file(format!("{NAME}.lock"))?;
    hold(&lock)?;
    clear(&own)?;
    let work = own.create_folder(format!("{NAME}.states"), true)?;
    let mut tools = BTreeMap::new();
    for series in with().filter(|series| !commands(series).is_empty()) {
        match self::tools(series, &work, checking, out)? {
            Some(said) => drop(tools.insert(series.at, said)),
            None => summary.failed += commands(series).len(),
        }
    }
    let jobs: Vec<Job<'_>> = with()
        .filter_map(|series| Some((series, tools.get(&series.at)?)))
        .flat_map(|(series, tools)| {
            commands(series).into_iter().map(move |(part, command)| Job {
                series,
                part,
                command,
                files: series.program.files(part),
                tools,
            })
        })
        .collect();
    let known = if options.fresh { BTreeSet::new() } else { remembered(state) };
    let verdicts = run_all(&jobs, (&work, &known), checking)?;
    drop(work);
    clear(&own)?;
    summary.all = jobs.len() + summary.failed;
    let contents = Contents::default();
    let mut fine = Vec::new();
    for (job, verdict) in jobs.iter().zip(verdicts) {
        match verdict {
            Verdict::Remembered => summary.remembered += 1,
            Verdict::Fine(key) => fine.push(key),
            Verdict::Failed(ended, folder) => {
                summary.failed += 1;
                let shelf = Shelf { site, series: job.series, contents: &contents };
                out.push(failed(job, &ended, &folder, shelf));
            }
        }
    }
    summary.unsaved = remember(state, fine).is_err();
    Ok(summary)
}

/// The states of a series that are checked, each with its command.
fn commands(series: &Series) -> Vec<(PartId, &Spanned<String>)> {
    let out: BTreeSet<PartId> = series.out().map(|part| part.at).collect();
    let states = series.program.states().filter(|state| out.contains(&state.part));
    states.filter_map(|state| Some((state.part, state.check.as_ref().or(series.plan.code.check.as_ref())?))).collect()
}

fn hold(lock: &File) -> Result<(), Halt> {
    lock.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => Halt::Busy,
        std::fs::TryLockError::Error(error) => Halt::Io(error),
    })
}

/// Removes the folders of states, those of a run that was killed among them.
fn clear(own: &Dir) -> io::Result<()> {
    let name = format!("{NAME}.states");
    let removed = ignore_missing(own.remove_tree(&name));
    if removed.is_ok() {
        return removed;
    }
    // A command may have made folders that nobody can write to.
    let folders = WalkDir::new(own.path().join(&name)).into_iter().filter_map(Result::ok);
    for folder in folders.filter(|entry| entry.file_type().is_dir()) {
        let _ = let_owner_write(folder.path());
    }
    ignore_missing(own.remove_tree(&name))
}

/// What the tools of a series say of themselves; nothing when their command fails, which is reported.
fn tools(
    series: &Series,
    work: &Dir,
    checking: Checking<'_>,
    out: &mut Vec<Diagnostic>,
) -> Result<Option<String>, Halt> {
    let Some(command) = &series.plan.code.tools else { return Ok(Some(String::new())) };
    let name = format!("tools-{}", series.at.index());
    let folder = work.create_folder(&name, true)?;
    let ended = run(&command.value, folder.path(), limit(series), checking.stop)?;
    match ended.how {
        How::Well => Ok(Some(ended.said)),
        How::Stopped => Err(Halt::Interrupted),
        how => {
            let message =
                format!("the command for the tools of the series {}: {}", quote(&command.value), ends(how, series));
            let help = said(&ended.said, &folder.path().to_string_lossy());
            out.push(Diagnostic::new(Code::FailedCheck, command.span, message).maybe_help(help));
            Ok(None)
        }
    }
}

fn limit(series: &Series) -> Duration {
    Duration::from_secs(series.plan.code.timeout)
}

/// Runs all jobs, some at once; in their order.
fn run_all(
    jobs: &[Job<'_>],
    (work, known): (&Dir, &BTreeSet<String>),
    checking: Checking<'_>,
) -> Result<Vec<Verdict>, Halt> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let verdicts: Mutex<BTreeMap<usize, Result<Verdict, Halt>>> = Mutex::default();
    let worker = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return };
            let verdict = judged(job, at, (work, known), checking);
            let halts = verdict.is_err();
            verdicts.lock().unwrap_or_else(PoisonError::into_inner).insert(at, verdict);
            if halts {
                // Nobody begins another.
                next.store(jobs.len(), Ordering::Relaxed);
                return;
            }
            (checking.arrived)(done.fetch_add(1, Ordering::Relaxed) + 1, jobs.len());
        }
    };
    thread::scope(|scope| {
        for _ in 0..checking.options.at_once.clamp(1, jobs.len().max(1)) {
            scope.spawn(worker);
        }
    });
    verdicts.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

fn judged(
    job: &Job<'_>,
    at: usize,
    (work, known): (&Dir, &BTreeSet<String>),
    checking: Checking<'_>,
) -> Result<Verdict, Halt> {
    let key = key(job)?;
    if known.contains(&key) {
        return Ok(Verdict::Remembered);
    }
    let name = at.to_string();
    let folder = work.create_folder(&name, true)?;
    for (path, file) in &job.files {
        copy(file, &folder, path)?;
    }
    let place = folder.path().to_string_lossy().into_owned();
    let ended = run(&job.command.value, folder.path(), limit(job.series), checking.stop)?;
    match ended.how {
        How::Stopped => Err(Halt::Interrupted),
        How::Well => Ok(Verdict::Fine(key)),
        _ => Ok(Verdict::Failed(ended, place)),
    }
}

/// What a verdict depends on.
fn key(job: &Job<'_>) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(job.command.value.as_bytes());
    add(job.tools.as_bytes());
    for (path, file) in &job.files {
        let open = file.open()?;
        let runs = can_run(&open.metadata()?);
        add(path.as_bytes());
        add(&[u8::from(runs)]);
        add(&hash_file(open)?.hash);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The keys of what went well in earlier runs.
fn remembered(state: &State) -> BTreeSet<String> {
    let text = state.recall(NAME).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::to_string).collect()
}

/// Keeps what went well, beside what did in earlier runs.
fn remember(state: &State, fine: Vec<String>) -> io::Result<()> {
    if fine.is_empty() {
        return Ok(());
    }
    let text = state.recall(NAME).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let new: BTreeSet<&str> = fine.iter().map(String::as_str).collect();
    let old = text.lines().filter(|key| !new.contains(key));
    let mut all: Vec<&str> = new.iter().copied().chain(old).collect();
    all.truncate(MOST_REMEMBERED);
    state.remember(NAME, all.join("\n").as_bytes())
}

fn failed(job: &Job<'_>, ended: &Ended, folder: &str, shelf: Shelf<'_>) -> Diagnostic {
    let Job { series, part, command, files, .. } = job;
    let id = &series.part(*part).id;
    let paths: Vec<&str> = files.keys().copied().collect();
    let places = named(&ended.said, &paths, folder);
    let shown = places.iter().find_map(|place| Some((*place, shelf.listing(*part, *place)?)));
    let ends = ends(ended.how, series);
    let message = format!("the program as of {}: its check {} {ends}", quote(id), quote(&command.value));
    let told = said(&ended.said, folder);
    match shown {
        Some(((path, line), span)) => {
            let message = format!("{message}, and names {} here", quote(&format!("{path}:{line}")));
            Diagnostic::new(Code::FailedCheck, span, message).note(command.span, "the command").maybe_help(told)
        }
        None => Diagnostic::new(Code::FailedCheck, command.span, message).maybe_help(told),
    }
}

/// How a command ended that didn't end well.
fn ends(how: How, series: &Series) -> String {
    match how {
        How::Well | How::Stopped => "ends".into(),
        How::Status(127) => "ends with status 127, which is that of a program that isn't installed".into(),
        How::Status(status) => format!("ends with status {status}"),
        How::Signal(signal) => format!("was ended by signal {signal}"),
        How::Late => {
            let limit = usize::try_from(series.plan.code.timeout).unwrap_or(usize::MAX);
            format!("takes longer than {}, and was ended", count(limit, "second"))
        }
        How::Flooded => "says more than 64 MiB, and was ended".into(),
    }
}

/// The last lines of what a command said.
fn said(said: &str, folder: &str) -> Option<String> {
    let said = said.replace(&format!("{folder}/"), "");
    let said = said.trim_end();
    let mut length = 0;
    let fits = |line: &&str| {
        length += line.len() + 1;
        length <= BYTES_TOLD
    };
    let mut lines: Vec<&str> = said.lines().rev().take(LINES_TOLD).take_while(fits).collect();
    lines.reverse();
    if lines.is_empty() {
        // A line of megabytes, or nothing.
        let from = said.len().saturating_sub(BYTES_TOLD);
        let from = (from..said.len()).find(|at| said.is_char_boundary(*at))?;
        lines.push(&said[from..]);
    }
    Some(format!("it said at last:\n{}", lines.join("\n")))
}
