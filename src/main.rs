//! The command line: one short function a command, results to exit statuses.
//!
//! Everything that touches the machine is here: the clock, the environment, the terminal. Results
//! go to standard output, problems to standard error.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use clap::{CommandFactory, Parser};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo};
use partwork::cache::Caches;
use partwork::cli::{self, Cli, Color, Command, Format, Host, Shared};
use partwork::config::{BaseUrl, Publish};
use partwork::diagnostic::{Code, Diagnostic, Severity, count, did_you_mean, quote};
use partwork::emit::{EmitError, Staging, Summary, check_output};
use partwork::load::{CONFIG, LEDGER, Options, Project, load};
use partwork::new::changes::{ChangeError, Changes, Create, Edit};
use partwork::new::{self, Problem};
use partwork::parse::front::Status;
use partwork::publish::common::{Context, PATIENCE, PublishError, Secrets};
use partwork::publish::init::Repository;
use partwork::publish::stage::Stage;
use partwork::report::{self, Counts};
use partwork::serve::editor::Editor;
use partwork::serve::http::Ended;
use partwork::serve::{self, ServeError, Told};
use partwork::tree::{Content, Entry, OutputPath};
use partwork::{Built, build, contract, external, ledger, lint, publish, render, resolve, schema, site, status};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Why a command did not do what it was asked to; each has its exit status.
#[derive(Debug)]
enum Failure {
    /// The content has errors, which have been reported (1), or the system said no.
    Content,
    Io(String),
    /// What was typed can't be meant (2).
    Usage(String),
    /// It would lose something (3).
    Refused(String),
    /// The network or the other side (4).
    Remote(String),
    /// Ctrl-C (130).
    Interrupted(String),
    /// Whoever read the output has seen enough, as `head` does; that is no failure.
    Closed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Content | Failure::Closed => Ok(()),
            Failure::Io(reason)
            | Failure::Usage(reason)
            | Failure::Refused(reason)
            | Failure::Remote(reason)
            | Failure::Interrupted(reason) => f.write_str(reason),
        }
    }
}

impl From<EmitError> for Failure {
    fn from(error: EmitError) -> Self {
        match error {
            EmitError::Refused(reason) => Failure::Refused(reason),
            EmitError::Io { .. } => Failure::Io(error.to_string()),
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let message = error.to_string();
        match error {
            PublishError::Refused(_) => Failure::Refused(message),
            PublishError::Remote(_) => Failure::Remote(message),
            PublishError::Local(_) => Failure::Io(message),
            PublishError::Interrupted => Failure::Interrupted(message),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Usage(reason) => Failure::Usage(reason),
            Problem::Refused(reason) => Failure::Refused(reason),
            Problem::Content => Failure::Content,
            Problem::Io(reason) => Failure::Io(reason),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Usage(reason) => Failure::Usage(reason),
            ServeError::Unsafe(reason) => Failure::Refused(reason),
            ServeError::Network(reason) => Failure::Remote(reason),
            ServeError::Io(error) => Failure::Io(error.to_string()),
        }
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(reason) => Failure::Refused(format!("{reason}; nothing was changed")),
            ChangeError::Io { path, error } => {
                Failure::Io(format!("writing {}: {error}; nothing was changed", quote(&path.to_string_lossy())))
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Closed;
        }
        Failure::Io(error.to_string())
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come this way too, and are no mistakes.
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            return if error.print().is_ok() { ExitCode::from(status) } else { ExitCode::FAILURE };
        }
    };
    let result = match cli.command {
        Command::Build { shared, output, record } => build_command(&shared, output.as_deref().map(Path::new), record),
        Command::Check { shared, external, max_age, timeout, private } => {
            external_options(external, max_age.as_deref(), timeout, private)
                .and_then(|external| check_command(&shared, external.as_ref()))
        }
        Command::Serve { shared, port, host, open, poll } => serve_command(shared, port, host, open, poll),
        Command::Status { shared } => status_command(&shared),
        Command::Publish { shared, init: Some(host), dry_run, .. } => publish_init_command(&shared, host, dry_run),
        Command::Publish { shared, name, rollback: true, dry_run, .. } => {
            rollback_command(&shared, name.as_deref(), dry_run)
        }
        Command::Publish { shared, name, dry_run, allow_deletions, take_over, force, .. } => {
            let wishes = Wishes { dry_run, allow_deletions, take_over, force };
            publish_command(&shared, name.as_deref(), wishes)
        }
        Command::Explain { code } => explain_command(code.as_deref()),
        Command::New { what } => new_command(&what),
        Command::Theme { what } => theme_command(&what),
        Command::Schema { name, dir, how } => schema_command(name.as_deref(), dir.as_deref(), &how),
        Command::Completions { shell } => completions_command(shell),
        Command::Man => man_command(),
    };
    let Err(failure) = result else { return ExitCode::SUCCESS };
    let message = failure.to_string();
    if !message.is_empty() {
        // Nothing is left to tell the reader if even this can't be written.
        let _ = writeln!(io::stderr(), "error: {message}");
    }
    ExitCode::from(match failure {
        Failure::Closed => 0,
        Failure::Content | Failure::Io(_) => 1,
        Failure::Usage(_) => 2,
        Failure::Refused(_) => 3,
        Failure::Remote(_) => 4,
        Failure::Interrupted(_) => 130,
    })
}

fn build_command(shared: &Shared, output: Option<&Path>, record: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let root = root(shared)?;
    let home = home();
    if let Some(output) = output {
        check_output(&root, output, home.as_deref())?;
    }
    let mut loading = Vec::new();
    let project = load_project(&root, shared, &mut loading)?;
    let loaded = started.elapsed();
    let output = match output {
        Some(output) => output.to_path_buf(),
        None => match configured_output(&project).unwrap_or_else(|| "public".into()) {
            // Joined to the root, an empty name would be the root.
            output if output.is_empty() => PathBuf::new(),
            output => root.join(output),
        },
    };
    let waiting = || {
        let _ = writeln!(io::stderr(), "waiting for another build of {}", quote(&output.to_string_lossy()));
    };
    let staging = Staging::open(&root, &output, home.as_deref(), &waiting)?;
    let cache = Caches::open(Some(&root));
    let progress = progress(shared, &project);
    let store = |path: &OutputPath, content: &Content| -> Result<Entry, EmitError> {
        let entry = staging.put(path, content)?;
        progress.inc(1);
        Ok(entry)
    };
    let built = build(&project, loading, &cache, &store)?;
    let rendered = started.elapsed();
    progress.finish_and_clear();
    let counts = report(&built, &project, shared)?;
    fail_on(counts, shared)?;
    save_cache(&cache);
    let files = built.tree.len();
    let summary = staging.commit(&built.tree)?;
    let recorded = if record { record_addresses(&root, &built)? } else { 0 };
    if shared.verbose {
        let emitted = started.elapsed() - rendered;
        let line = format!(
            "read in {}, rendered in {}, put in place in {}",
            seconds(loaded),
            seconds(rendered - loaded),
            seconds(emitted)
        );
        writeln!(io::stderr(), "{line}")?;
    }
    if !shared.quiet {
        let line = build_summary(&built, files, &output, summary, started.elapsed(), shared.format)?;
        writeln!(io::stdout(), "{line}")?;
        if record && shared.format != Format::Json {
            writeln!(io::stdout(), "{} new in {LEDGER}", count_addresses(recorded))?;
        }
    }
    Ok(())
}

/// Adds what the site has to the ledger; gives how many addresses were new.
fn record_addresses(root: &Path, built: &Built) -> Result<usize, Failure> {
    let Some(site) = &built.site else { return Ok(0) };
    ledger::record(root, site).map_err(|error| Failure::Io(format!("{} could not be written: {error}", quote(LEDGER))))
}

fn count_addresses(n: usize) -> String {
    // The plural of address isn't made by an s alone.
    if n == 1 { "1 address".into() } else { format!("{n} addresses") }
}

fn check_command(shared: &Shared, external: Option<&external::Options>) -> Result<(), Failure> {
    let root = root(shared)?;
    let mut loading = Vec::new();
    let project = load_project(&root, shared, &mut loading)?;
    let cache = Caches::open(Some(&root));
    let mut built = build(&project, loading, &cache, &weigh)?;
    let mut outside = None;
    if let Some(site) = &built.site {
        // What is wrong with references has been reported by the build.
        let references = resolve::resolve(&project, site, &mut Vec::new());
        lint::lint(&project, site, &references, &mut built.diagnostics);
        if let Some(options) = external {
            outside = Some(check_external(&project, &mut built, &references, options, shared)?);
        }
    }
    let counts = report(&built, &project, shared)?;
    let human = !shared.quiet && shared.format == Format::Human;
    if let Some(outside) = outside.filter(|_| human) {
        writeln!(io::stdout(), "{outside}")?;
    }
    fail_on(counts, shared)?;
    save_cache(&cache);
    if human && counts.warnings == 0 {
        writeln!(io::stdout(), "no problems in {}", count(built.tree.len(), "file"))?;
    }
    Ok(())
}

/// How the links to the outside are to be asked for, if they are.
fn external_options(
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
    project: &Project,
    built: &mut Built,
    references: &resolve::References,
    options: &external::Options,
    shared: &Shared,
) -> Result<external::Summary, Failure> {
    let stop = stop_on_signals()?;
    let bar = ProgressBar::hidden();
    let shown = std::cell::Cell::new(false);
    let tell = |done: usize, all: usize| {
        if !shown.replace(true) {
            show_steps(&bar, all, "links", shared);
        }
        bar.set_position(done as u64);
    };
    let found = external::check(project, built, references, options, &stop, &tell);
    bar.finish_and_clear();
    let summary = found.map_err(|external::Interrupted| {
        Failure::Interrupted("interrupted; run it again and it goes on where it stopped".into())
    })?;
    if summary.unsaved {
        let _ = writeln!(io::stderr(), "warning: what was learnt of the links could not be written to `.partwork`");
    }
    Ok(summary)
}

fn serve_command(shared: Shared, port: Option<u16>, hosts: Vec<String>, open: bool, poll: bool) -> Result<(), Failure> {
    let root = root(&shared)?;
    let variable = |name: &str| std::env::var(name).ok();
    let commands = [variable("VISUAL"), variable("EDITOR")];
    let editor = Editor::find(variable("PARTWORK_EDITOR").as_deref(), &commands.each_ref().map(Option::as_deref))
        .map_err(Failure::Usage)?;
    // What was typed wrong is said once, and not at every build.
    check_options(&shared)?;
    now()?;
    let settings = serve::Settings { root: root.clone(), hosts, port, poll, strict: shared.strict, editor };
    let shared = Arc::new(shared);
    let load = {
        let shared = Arc::clone(&shared);
        move |out: &mut Vec<Diagnostic>| load_project(&root, &shared, out).map_err(|failure| failure.to_string())
    };
    let tell = move |told: Told<'_>| tell(&told, &shared, open);
    match serve::serve(settings, Box::new(load), Box::new(tell))? {
        Ended::Terminated => Ok(()),
        Ended::Interrupted => Err(Failure::Interrupted(String::new())),
        Ended::Abandoned => Err(Failure::Io("the builder has stopped; please report what it printed".into())),
    }
}

/// Tells the person at the terminal what `serve` does. Whoever closed the terminal's end of a pipe
/// has seen enough, and the browsers have not, so nothing that can't be written matters.
fn tell(told: &Told<'_>, shared: &Shared, open_browser: bool) {
    let line = match *told {
        Told::Listening { url, open } => {
            if open_browser && let Err(error) = show_in_browser(url) {
                let _ = writeln!(io::stderr(), "warning: the browser could not be started: {error}");
            }
            match shared.format {
                Format::Json => Some(serde_json::json!({ "version": 1, "url": url, "open": open }).to_string()),
                _ if open => Some(format!("serving {url}, which other machines can reach")),
                _ => Some(format!("serving {url}")),
            }
        }
        Told::Built { project, diagnostics, good, version, took } => {
            let _ = report_all(diagnostics, project, shared, shared.format);
            let took_text = seconds(took);
            match shared.format {
                Format::Json => {
                    let value = serde_json::json!({ "good": good, "site": version, "seconds": took.as_secs_f64() });
                    Some(value.to_string())
                }
                _ if good => Some(format!("built version {version}, in {took_text}")),
                _ if version == 0 => Some(format!("nothing to show yet, in {took_text}")),
                _ => Some(format!("still showing version {version}, in {took_text}")),
            }
        }
        Told::Unreadable(reason) => {
            let _ = writeln!(io::stderr(), "error: {reason}");
            None
        }
        Told::Warning(warning) => {
            let _ = writeln!(io::stderr(), "warning: {warning}");
            None
        }
    };
    if let Some(line) = line.filter(|_| !shared.quiet) {
        let _ = writeln!(io::stdout(), "{line}");
    }
}

/// Starts the system's opener for addresses and leaves it to itself: it never gets the terminal,
/// and how it ends is nobody's concern.
fn show_in_browser(url: &str) -> io::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let nothing = std::process::Stdio::null;
    let mut child =
        std::process::Command::new(opener).arg(url).stdin(nothing()).stdout(nothing()).stderr(nothing()).spawn()?;
    // Somebody has to take note of its end.
    std::thread::spawn(move || child.wait());
    Ok(())
}

fn status_command(shared: &Shared) -> Result<(), Failure> {
    let root = root(shared)?;
    let mut found = Vec::new();
    let project = load_project(&root, shared, &mut found)?;
    let site = site::read(&project, &render::block_names(&project), &mut found);
    let counts = report_all(&found, &project, shared, Format::Human)?;
    let Some(site) = site else { return Err(Failure::Content) };
    let board = status::board(&site);
    let text = match shared.format {
        Format::Json => serde_json::to_string_pretty(&board).map_err(|error| Failure::Io(error.to_string()))? + "\n",
        Format::Human | Format::Github => status::table(&board),
    };
    io::stdout().write_all(text.as_bytes())?;
    fail_on(counts, shared)
}

/// What a publish may do besides the ordinary.
#[derive(Debug, Clone, Copy)]
struct Wishes {
    dry_run: bool,
    allow_deletions: bool,
    take_over: bool,
    force: bool,
}

fn publish_command(shared: &Shared, name: Option<&str>, wishes: Wishes) -> Result<(), Failure> {
    let started = Instant::now();
    if shared.drafts {
        return Err(Failure::Refused("drafts are not for the world; publish without --drafts".into()));
    }
    let root = root(shared)?;
    let mut loading = Vec::new();
    let project = load_project(&root, shared, &mut loading)?;
    // A wrong name is told before the build. What is wrong with the settings the build tells.
    let mut found = Vec::new();
    if let Some(config) = partwork::config::parse(&project.sources, project.config, &mut found)
        && !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    {
        publish::choose(&config, name).map_err(Failure::Usage)?;
    }
    let stage = Stage::open(&root)?;
    let cache = Caches::open(Some(&root));
    let progress = progress(shared, &project);
    let store = |path: &OutputPath, content: &Content| -> Result<Entry, EmitError> {
        let entry = stage.put(path, content)?;
        progress.inc(1);
        Ok(entry)
    };
    let built = build(&project, loading, &cache, &store)?;
    progress.finish_and_clear();
    let counts = report(&built, &project, shared)?;
    fail_on(counts, shared)?;
    save_cache(&cache);
    let Some(site) = &built.site else { return Err(Failure::Content) };
    publish::check_site(site)?;

    let target = publish::choose(&site.config, name).map_err(Failure::Usage)?;
    let files = stage.files(&built.tree, site)?;
    let job = publish::Job {
        target,
        site,
        contents: stage.contents(&files, site)?,
        files: &files,
        dry_run: wishes.dry_run,
        allow_deletions: wishes.allow_deletions,
        take_over: wishes.take_over,
    };
    let bar = ProgressBar::hidden();
    let arrived = || bar.inc(1);
    let (scratch, secrets) = (stage.scratch(), secrets());
    let context = Context { force: wishes.force, ..context(&root, &scratch, &arrived, &secrets, &project)? };
    let human = shared.format != Format::Json;
    let mut json = None;
    let outcome = publish::publish(&job, &context, &mut |plan, before| {
        if human && !shared.quiet {
            let text = format!("{}{}\n", publish::words::listing(plan, shared.verbose), plan.summary);
            // That nobody reads it is no reason to stop.
            let _ = io::stdout().write_all(text.as_bytes());
        }
        json = Some(publish::words::value(plan, before, site));
        show_steps(&bar, plan.changes.len(), "files", shared);
    });
    bar.finish_and_clear();
    if !human {
        // A target that could not even be asked has no plan.
        let mut value = json.unwrap_or_else(|| serde_json::json!({ "version": 1 }));
        let error = outcome.as_ref().err().map(|error| secrets.hide(&error.to_string()));
        value["target"] = target_name(target).into();
        value["dry_run"] = wishes.dry_run.into();
        value["applied"] = outcome.as_ref().is_ok_and(|outcome| outcome.applied).into();
        value["error"] = error.into();
        writeln!(io::stdout(), "{value}")?;
    }
    let outcome = outcome?;
    // Also when nothing was left to send: the run that sent it may not have come so far. Another
    // day's site is not what readers know from now on.
    if !wishes.dry_run && shared.at.is_none() {
        record_addresses(&root, &built)?;
    }
    if outcome.applied && human && !shared.quiet {
        let (sent, gone) = (outcome.plan.changes.len(), outcome.plan.deletions.len());
        let took = seconds(started.elapsed());
        let to = target_name(target);
        writeln!(io::stdout(), "published to {to}: {} sent, {gone} deleted, in {took}", count(sent, "file"))?;
    }
    Ok(())
}

fn rollback_command(shared: &Shared, name: Option<&str>, dry_run: bool) -> Result<(), Failure> {
    let root = root(shared)?;
    let mut found = Vec::new();
    let project = load_project(&root, shared, &mut found)?;
    found.clear();
    let config = partwork::config::parse(&project.sources, project.config, &mut found);
    let counts = report_all(&found, &project, shared, shared.format)?;
    fail_on(counts, shared)?;
    let Some(config) = config else { return Err(Failure::Content) };
    let target = publish::choose(&config, name).map_err(Failure::Usage)?;
    let stage = Stage::open(&root)?;
    let (scratch, secrets) = (stage.scratch(), secrets());
    let context = context(&root, &scratch, &|| {}, &secrets, &project)?;
    let published = publish::rollback(target, dry_run, &context)?;
    if shared.format == Format::Json {
        let to = target_name(target);
        let value = serde_json::json!({
            "version": 1, "target": to, "dry_run": dry_run, "published": published.to_string(),
        });
        writeln!(io::stdout(), "{value}")?;
    } else if !shared.quiet {
        let (would, to) = (if dry_run { "would go" } else { "went" }, target_name(target));
        writeln!(io::stdout(), "{would} back to the release of {published:.0} on {to}")?;
    }
    Ok(())
}

fn publish_init_command(shared: &Shared, host: Host, dry_run: bool) -> Result<(), Failure> {
    let root = root(shared)?;
    let mut found = Vec::new();
    let project = load_project(&root, shared, &mut found)?;
    found.clear();
    let config = partwork::config::parse(&project.sources, project.config, &mut found);
    let counts = report_all(&found, &project, shared, shared.format)?;
    fail_on(counts, shared)?;
    let Some(config) = config else { return Err(Failure::Content) };
    let ask = |args: &[&str]| {
        let done = std::process::Command::new("git").arg("-C").arg(&root).args(args).output().ok()?;
        let text = String::from_utf8(done.stdout).ok()?;
        done.status.success().then(|| text.trim().to_string())
    };
    let repository =
        Repository { origin: ask(&["remote", "get-url", "origin"]), branch: ask(&["symbolic-ref", "--short", "HEAD"]) };
    let init = publish::init::init(host, project.sources.text(project.config), &config, &repository)
        .map_err(Failure::Refused)?;
    let mut changes = Changes::default();
    for (path, text) in &init.files {
        changes.create.push(Create { path: root.join(path), bytes: text.clone().into_bytes() });
    }
    if let Some(text) = &init.settings {
        let path = root.join(CONFIG);
        // The bytes of the disk, whose line ends and mark a source has not.
        let before =
            std::fs::read(&path).map_err(|error| Failure::Io(format!("reading {}: {error}", quote(CONFIG))))?;
        changes.edit.push(Edit { path, before, after: text.clone().into_bytes() });
    }
    if let Some(path) = changes.in_the_way().first() {
        let path = path.strip_prefix(&root).unwrap_or(path).to_string_lossy();
        return Err(Failure::Refused(format!("{} is there already; move it away first", quote(&path))));
    }
    if dry_run {
        return show_changes(&changes);
    }
    changes.apply()?;
    for (path, _) in &init.files {
        writeln!(io::stdout(), "wrote {path}")?;
    }
    if init.settings.is_some() {
        writeln!(io::stdout(), "wrote {CONFIG}")?;
    }
    writeln!(io::stdout(), "\nleft to do:")?;
    for (at, step) in init.steps.iter().enumerate() {
        writeln!(io::stdout(), "{}. {step}", at + 1)?;
    }
    Ok(())
}

/// A flag that Ctrl-C sets, to be asked between two steps. A second one ends the run at once.
fn stop_on_signals() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// The surroundings of a publish. From here on Ctrl-C stops it between two steps, and a second one
/// at once.
fn context<'a>(
    root: &'a Path,
    scratch: &'a Path,
    arrived: &'a (dyn Fn() + Sync),
    secrets: &'a Secrets,
    project: &Project,
) -> Result<Context<'a>, Failure> {
    let stop = stop_on_signals()?;
    let output = root.join(configured_output(project).unwrap_or_else(|| "public".into()));
    let (home, now, patience) = (home(), project.options.now, patience()?);
    Ok(Context { root, output, scratch, home, now, patience, force: false, stop, arrived, secrets })
}

fn patience() -> Result<Duration, Failure> {
    const NAME: &str = "PARTWORK_TIMEOUT";
    let Some(text) = std::env::var_os(NAME) else { return Ok(Duration::from_secs(PATIENCE)) };
    let seconds = text.to_str().and_then(|text| text.parse().ok()).filter(|seconds| (1..=3600).contains(seconds));
    let seconds = seconds.ok_or_else(|| Failure::Usage(format!("{} is not from 1 to 3600 seconds", quote(NAME))))?;
    Ok(Duration::from_secs(seconds))
}

fn secrets() -> Secrets {
    let variables = std::env::vars_os();
    Secrets::from_environment(
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|home| !home.as_os_str().is_empty())
}

/// A target as its owner knows it.
fn target_name(target: &Publish) -> String {
    match (&target.name, &target.to) {
        (Some(name), _) => quote(name),
        (None, Ok(to)) => quote(&to.to_string()),
        (None, Err(_)) => "the target".into(),
    }
}

fn show_steps(bar: &ProgressBar, steps: usize, what: &str, shared: &Shared) {
    if shared.quiet || shared.format != Format::Human || !io::stderr().is_terminal() {
        return;
    }
    bar.set_length(steps as u64);
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template(&format!("{{bar:30}} {{pos}} of {{len}} {what}, {{elapsed}}")) {
        bar.set_style(style);
    }
}

fn explain_command(code: Option<&str>) -> Result<(), Failure> {
    let Some(name) = code else {
        for code in Code::ALL {
            writeln!(io::stdout(), "{:<24} {}", code.name(), code.severity().name())?;
        }
        return Ok(());
    };
    let Some(code) = Code::from_name(name) else {
        let near = did_you_mean(name, Code::ALL.iter().map(|code| code.name()));
        let near = near.unwrap_or_else(|| "`partwork explain` lists them all".into());
        return Err(Failure::Usage(format!("there is no code {}; {near}", quote(name))));
    };
    io::stdout().write_all(report::explain(code).as_bytes())?;
    Ok(())
}

fn new_command(what: &cli::New) -> Result<(), Failure> {
    let (made, how) = match what {
        cli::New::Site { dir, title, base_url, ci, how } => {
            let ci = match ci {
                cli::Ci::Github => new::Ci::Github,
                cli::Ci::Gitlab => new::Ci::Gitlab,
                cli::Ci::None => new::Ci::None,
            };
            let (title, base_url) = (title.as_deref(), base_url.as_deref());
            // A new site begins with the time zone UTC.
            let options = new::SiteOptions { title, base_url, ci, today: today(&TimeZone::UTC)? };
            (new::site(dir, &options), how)
        }
        cli::New::Series { id, title, description, root, how } => {
            let root = find_root(root.as_deref())?;
            let project = read_project(&root)?;
            let words = new::Words { title: title.as_deref(), description: description.as_deref() };
            (new::series(&root, &project, id, &words), how)
        }
        cli::New::Part { part, track, title, description, status, root, how } => {
            let root = find_root(root.as_deref())?;
            let project = read_project(&root)?;
            let mut found = Vec::new();
            let zone = match partwork::config::parse(&project.sources, project.config, &mut found) {
                Some(config) => config.zone,
                None => return Err(broken(&found, &project)),
            };
            let status = status.map(|status| match status {
                cli::Status::Published => Status::Published,
                cli::Status::Soon => Status::Soon,
                cli::Status::Draft => Status::Draft,
            });
            let words = new::Words { title: title.as_deref(), description: description.as_deref() };
            let options =
                new::PartOptions { words, track: track.as_deref(), status, today: today(&zone)?, zone: &zone };
            let mut found = Vec::new();
            let made = new::part(&root, &project, part, &options, &mut found);
            if matches!(made, Err(new::Problem::Content)) {
                return Err(broken(&found, &project));
            }
            (made, how)
        }
    };
    make(&made?, how)
}

/// Makes what was asked for, or says what it would make.
fn make(made: &new::New, how: &cli::NewFlags) -> Result<(), Failure> {
    if how.dry_run {
        return show_changes(&made.changes);
    }
    let lines = new::describe(&made.changes, &std::env::current_dir()?);
    made.changes.apply()?;
    if !how.quiet {
        for line in lines.iter().filter(|line| !line.starts_with(' ')) {
            writeln!(io::stdout(), "{}", line.replacen(' ', "d ", 1))?;
        }
        for line in &made.next {
            writeln!(io::stdout(), "{line}")?;
        }
    }
    Ok(())
}

/// Says what would be made and changed.
fn show_changes(changes: &Changes) -> Result<(), Failure> {
    Ok(new::describe(changes, &std::env::current_dir()?).iter().try_for_each(|line| {
        let would = if line.starts_with(' ') { "" } else { "would " };
        writeln!(io::stdout(), "{would}{line}")
    })?)
}

/// Today on the calendar of a place.
fn today(zone: &TimeZone) -> Result<Date, Failure> {
    Ok(now()?.to_zoned_datetime(zone.clone()).date())
}

/// A project as it lies there; what is wrong with it is for `check` to say.
fn read_project(root: &Path) -> Result<Project, Failure> {
    load(root, Options::default(), &mut Vec::new())
        .map_err(|error| Failure::Io(format!("reading {}: {error}", quote(&root.to_string_lossy()))))
}

/// Reports what keeps a command from reading a project.
fn broken(found: &[Diagnostic], project: &Project) -> Failure {
    let mut text = Vec::new();
    let color = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let written = report::write(&mut text, found, &project.sources, report::Format::Human, color);
    match written.and_then(|_| io::stderr().write_all(&text)) {
        Ok(()) => Failure::Content,
        Err(error) => error.into(),
    }
}

fn theme_command(what: &cli::Theme) -> Result<(), Failure> {
    let text = match what {
        cli::Theme::List { root } => {
            // The list is of use outside a project too; a wrong name is still a mistake.
            let root = match root {
                Some(root) => Some(find_root(Some(root))?),
                None => find_root(None).ok(),
            };
            new::eject::table(root.as_deref())
        }
        cli::Theme::Eject { files, root, how } => {
            return make(&new::eject::eject(&find_root(root.as_deref())?, files)?, how);
        }
        cli::Theme::Contract => contract::markdown(),
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn schema_command(name: Option<&str>, dir: Option<&Path>, how: &cli::NewFlags) -> Result<(), Failure> {
    if let Some(dir) = dir {
        return make(&new::editors::refresh(dir)?, how);
    }
    let Some(name) = name else {
        return Ok(schema::names().try_for_each(|name| writeln!(io::stdout(), "{name}"))?);
    };
    let text = schema::schema(name).map_err(Failure::Usage)?;
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn completions_command(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "partwork", &mut text);
    Ok(io::stdout().write_all(&text)?)
}

/// One page for all commands: whoever looks a flag up doesn't know yet which page has it.
fn man_command() -> Result<(), Failure> {
    let mut command = Cli::command();
    // Fills in the flags that clap adds and the names that usage lines begin with.
    command.build();
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    manual(&command, &mut text)?;
    text.extend_from_slice(
        b".SH \"EXIT STATUS\"\n0: fine, also with warnings. 1: the content has errors. 2: a mistake on the command line. \
          3: refused, because something would be lost or opened to others. 4: the network or the target failed. \
          130: interrupted.\n",
    );
    page.render_version_section(&mut text)?;
    Ok(io::stdout().write_all(&text)?)
}

/// A section for each command below one, and for those below it.
fn manual(command: &clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    for command in command.get_subcommands() {
        let page = clap_mangen::Man::new(command.clone());
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_uppercase();
        writeln!(out, ".SH \"{name}\"")?;
        let mut section = Vec::new();
        page.render_description_section(&mut section)?;
        page.render_synopsis_section(&mut section)?;
        page.render_options_section(&mut section)?;
        // Its own headings would end the section; the order of the parts says the same.
        let lines = section.split_inclusive(|byte| *byte == b'\n');
        for line in lines {
            out.extend_from_slice(if line.starts_with(b".SH ") { b".PP\n" } else { line });
        }
        manual(command, out)?;
    }
    Ok(())
}

/// The project's folder: the one that was named, or the nearest parent with a `partwork.toml`.
fn root(shared: &Shared) -> Result<PathBuf, Failure> {
    find_root(shared.root.as_deref())
}

fn find_root(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(root) = named {
        if root.join(CONFIG).is_file() {
            return Ok(root.to_path_buf());
        }
        return Err(Failure::Usage(format!("there is no {CONFIG} in {}", quote(&root.to_string_lossy()))));
    }
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|folder| folder.join(CONFIG).is_file()).map(Path::to_path_buf);
    found.ok_or_else(|| {
        Failure::Usage(format!(
            "there is no {CONFIG} in {} or above it; name the project with --root",
            quote(&here.to_string_lossy())
        ))
    })
}

fn check_options(shared: &Shared) -> Result<(), Failure> {
    if let Some(at) = &shared.at
        && partwork::date::parse_at(at, &TimeZone::UTC).is_none()
    {
        return Err(Failure::Usage(format!("--at takes a date or an instant, not {}", quote(at))));
    }
    if let Some(url) = &shared.base_url
        && let Err(problem) = BaseUrl::parse(url)
    {
        return Err(Failure::Usage(format!("--base-url {problem}: {}", quote(url))));
    }
    Ok(())
}

fn load_project(root: &Path, shared: &Shared, out: &mut Vec<Diagnostic>) -> Result<Project, Failure> {
    check_options(shared)?;
    let options =
        Options { now: now()?, at: shared.at.clone(), drafts: shared.drafts, base_url: shared.base_url.clone() };
    load(root, options, out)
        .map_err(|error| Failure::Io(format!("reading {}: {error}", quote(&root.to_string_lossy()))))
}

/// `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch/>), or the clock.
fn now() -> Result<Timestamp, Failure> {
    let Some(epoch) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|epoch| !epoch.is_empty()) else {
        return Ok(Timestamp::now());
    };
    let seconds = epoch.to_str().and_then(|epoch| epoch.parse::<i64>().ok());
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(|| {
        Failure::Usage(format!("SOURCE_DATE_EPOCH is a number of seconds, not {}", quote(&epoch.to_string_lossy())))
    })
}

/// `[build] output`, before the whole configuration has been read: the output has to be looked at
/// before a build begins to write to it.
fn configured_output(project: &Project) -> Option<String> {
    partwork::config::parse(&project.sources, project.config, &mut Vec::new())?.output
}

/// A bar for builds that take long enough to be waited for, on a terminal alone.
fn progress(shared: &Shared, project: &Project) -> ProgressBar {
    if shared.quiet || shared.format != Format::Human || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // Nearly every output is a page of an article or a copy of a file; the few others don't matter
    // to a bar.
    let outputs = project.articles.len() + project.files.len() + project.statics.len();
    let bar = ProgressBar::with_draw_target(Some(outputs as u64), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of about {len} files, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// Only after a run that went through: what this one didn't ask for is forgotten.
fn save_cache(cache: &Caches) {
    // A cache that can't be written costs the next build its time and nothing else.
    if let Err(error) = cache.save() {
        let _ = writeln!(io::stderr(), "warning: the cache could not be written: {error}");
    }
}

/// A store that keeps nothing.
fn weigh(_: &OutputPath, content: &Content) -> Result<Entry, EmitError> {
    let size = match content {
        Content::Bytes(bytes) => bytes.len() as u64,
        Content::File(disk) => std::fs::metadata(disk).map_or(0, |data| data.len()),
    };
    Ok(Entry { size, hash: [0; 32] })
}

fn report(built: &Built, project: &Project, shared: &Shared) -> Result<Counts, Failure> {
    report_all(&built.diagnostics, project, shared, shared.format)
}

fn report_all(found: &[Diagnostic], project: &Project, shared: &Shared, format: Format) -> Result<Counts, Failure> {
    let color = match shared.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let format = match format {
        Format::Human => report::Format::Human,
        Format::Json => report::Format::Json,
        Format::Github => report::Format::Github,
    };
    let mut text = Vec::new();
    let counts = report::write(&mut text, found, &project.sources, format, color)?;
    if format == report::Format::Human && counts != Counts::default() {
        let hint = "`partwork explain CODE` says more about each";
        writeln!(text, "{}; {hint}", report::summary(counts, color))?;
    }
    io::stderr().write_all(&text)?;
    Ok(counts)
}

fn fail_on(counts: Counts, shared: &Shared) -> Result<(), Failure> {
    if counts.errors > 0 || (shared.strict && counts.warnings > 0) { Err(Failure::Content) } else { Ok(()) }
}

/// The last line of a build.
fn build_summary(
    built: &Built,
    files: usize,
    output: &Path,
    summary: Summary,
    took: Duration,
    format: Format,
) -> Result<String, Failure> {
    if format == Format::Json {
        let value = serde_json::json!({
            "version": 1, "output": output, "files": files, "written": summary.written,
            "unchanged": summary.unchanged, "removed": summary.removed,
            "bytes_written": summary.bytes_written, "seconds": took.as_secs_f64(),
        });
        return Ok(value.to_string());
    }
    let series = built.site.as_ref().map_or(&[][..], |site| &site.series);
    let parts: usize = series.iter().map(|series| series.published).sum();
    Ok(format!(
        "built {} with {} published: {}, {} written, {} unchanged, {} removed, in {}",
        count_series(series.len()),
        count(parts, "part"),
        count(files, "file"),
        summary.written,
        summary.unchanged,
        summary.removed,
        seconds(took),
    ))
}

fn count_series(n: usize) -> String {
    // The plural of series is series.
    format!("{n} series")
}

fn seconds(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}
