//! `partwork publish`, back a release, and what a host needs first.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use jiff::Timestamp;
use partwork::cli::{Format, Host, Shared};
use partwork::diagnostic::{Severity, count, quote};
use partwork::new::changes::{Changes, Create, Edit};
use partwork::project::{CONFIG, Project};
use partwork::publish::common::{Context, PATIENCE, PublishError, Secrets};
use partwork::publish::init::Repository;
use partwork::publish::stage::Stage;
use partwork::settings::config::{self, Config, Publish};
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{build, check::scheduled, publish};

use super::common::{
    configured_output, fail_on, home, keep_nothing, load_project, print_json, progress, record_addresses, report,
    report_all, root, save_cache, seconds, show_changes, show_steps, stop_on_signals,
};
use super::failure::Failure;

/// What a publish may do besides the ordinary.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    pub dry_run: bool,
    pub allow_deletions: bool,
    pub take_over: bool,
    pub force: bool,
}

/// Builds the site and brings it to a target.
pub fn run(shared: &Shared, name: Option<&str>, wishes: Wishes) -> Result<(), Failure> {
    let started = Instant::now();
    if shared.drafts {
        return Err(Failure::Refused("drafts are not for the world; publish without --drafts".into()));
    }
    if shared.at.is_some() && !wishes.dry_run {
        // A day before today would take away what is out, and a later one show what isn't.
        return Err(Failure::Refused(
            "the site of another day is not for the world; publish without --at, or look at it with --dry-run".into(),
        ));
    }
    let root = root(shared)?;
    let mut loading = Vec::new();
    let mut project = load_project(&root, shared, &mut loading)?;
    // A wrong name is told before the build. What is wrong with the settings the build tells.
    let mut found = Vec::new();
    if let Some(config) = config::parse(&project.sources, project.config, &mut found)
        && !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    {
        publish::choose(&config, name).map_err(Failure::Usage)?;
    }
    let stage = Stage::open(&root)?;
    let cache = Caches::open(Some(&root));
    let progress = progress(shared, &project);
    let store = |path: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        let entry = stage.put(path, content)?;
        progress.inc(1);
        Ok(entry)
    };
    let mut built = build(&project, loading, &cache, None, &store).map_err(staging)?;
    progress.finish_and_clear();
    if let Some(site) = &built.site {
        let later = scheduled::look(&mut project, site, &built.diagnostics, false, &cache, &keep_nothing)?;
        // The site of today is whole, and is not to wait for that of another day.
        built.diagnostics.extend(later.into_iter().map(|diagnostic| diagnostic.severity(Severity::Warning)));
    }
    let counts = report(&built, &project, shared)?;
    fail_on(counts, shared)?;
    save_cache(&cache);
    let Some(site) = &built.site else { return Err(Failure::Content) };
    publish::check_site(site)?;

    let target = publish::choose(&site.config, name).map_err(Failure::Usage)?;
    let files = stage.files(&built.tree);
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
        print_json(&value)?;
    }
    let outcome = outcome.map_err(|error| told(error, shared))?;
    // Also when nothing was left to send: the run that sent it may not have come so far.
    if !wishes.dry_run {
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

/// Puts the release before in the place of the last.
pub fn rollback(shared: &Shared, name: Option<&str>, dry_run: bool) -> Result<(), Failure> {
    let root = root(shared)?;
    let (project, config) = settings(&root, shared)?;
    let target = publish::choose(&config, name).map_err(Failure::Usage)?;
    let stage = Stage::open(&root)?;
    let (scratch, secrets) = (stage.scratch(), secrets());
    let context = context(&root, &scratch, &|| {}, &secrets, &project)?;
    let outcome = publish::rollback(target, dry_run, &context);
    if shared.format == Format::Json {
        let value = serde_json::json!({
            "version": 1,
            "target": target_name(target),
            "dry_run": dry_run,
            "published": outcome.as_ref().ok().map(ToString::to_string),
            "error": outcome.as_ref().err().map(ToString::to_string),
        });
        print_json(&value)?;
    }
    let published = outcome.map_err(|error| told(error, shared))?;
    if shared.format != Format::Json && !shared.quiet {
        let (would, to) = (if dry_run { "would go" } else { "went" }, target_name(target));
        writeln!(io::stdout(), "{would} back to the release of {published:.0} on {to}")?;
    }
    Ok(())
}

/// The stage is a folder of this machine, where the output of a `build` is what it is for.
fn staging(error: EmitError) -> Failure {
    match error {
        EmitError::Io { .. } => Failure::Io(error.to_string()),
        EmitError::Refused(_) => Failure::from(error),
    }
}

/// A failure that the JSON of the result has told already; for people it still has to be.
fn told(error: PublishError, shared: &Shared) -> Failure {
    let failure = Failure::from(error);
    if shared.format == Format::Json { Failure::Told(failure.status()) } else { failure }
}

/// Writes what a host needs, and says what is left to do by hand.
pub fn init(shared: &Shared, host: Host, dry_run: bool) -> Result<(), Failure> {
    let root = root(shared)?;
    let (project, config) = settings(&root, shared)?;
    let ask = |args: &[&str]| {
        let done = std::process::Command::new("git").arg("-C").arg(&root).args(args).output().ok()?;
        let text = String::from_utf8(done.stdout).ok()?;
        done.status.success().then(|| text.trim().to_string())
    };
    let repository = Repository {
        origin: ask(&["remote", "get-url", "origin"]),
        branch: ask(&["symbolic-ref", "--short", "HEAD"]),
        has_site_workflow: root.join(".github/workflows/site.yml").exists(),
    };
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

/// The project and its settings, whose mistakes alone are told; those of its articles don't matter.
fn settings(root: &Path, shared: &Shared) -> Result<(Project, Config), Failure> {
    let project = load_project(root, shared, &mut Vec::new())?;
    let mut found = Vec::new();
    let config = config::parse(&project.sources, project.config, &mut found);
    let counts = report_all(&found, &project, shared, shared.format)?;
    fail_on(counts, shared)?;
    Ok((project, config.ok_or(Failure::Content)?))
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
    // Whatever day the site is built for, assets that were live a minute ago are in readers' hands.
    let (home, now, patience) = (home(), Timestamp::now(), patience()?);
    Ok(Context { root, output, scratch, home, now, patience, force: false, stop, arrived, secrets })
}

/// How long a target may be silent: `PARTWORK_TIMEOUT`, in seconds.
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

/// A target as its owner knows it.
fn target_name(target: &Publish) -> String {
    match (&target.name, &target.to) {
        (Some(name), _) => quote(name),
        (None, Ok(to)) => quote(&to.to_string()),
        (None, Err(_)) => "the target".into(),
    }
}
