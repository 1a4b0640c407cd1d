//! `partwork publish`, back a release, and what a host needs first.

use std::path::Path;

use partwork::check::scheduled::{self, Today};
use partwork::cli::{Format, Host, Shared};
use partwork::diagnostic::{Severity, count, quote};
use partwork::new::changes::{Changes, Create, Edit};
use partwork::project::{CONFIG, Project, Run, places};
use partwork::publish::context::Context;
use partwork::publish::error::PublishError;
use partwork::publish::init::Repository;
use partwork::publish::stage::Stage;
use partwork::publish::trust::Trust;
use partwork::settings::config::{self, Config, Publish};
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Built, Shell, build, publish};

use super::common::{
    configured_output, distrust, fail_on, install, keep_nothing, load_project, print_json, progress, record_addresses,
    report, report_all, root, seconds, settle, show_changes, state, stop_on_signals, wanted,
};
use super::diff;
use super::failure::Failure;
use super::progress::Progress;
use super::surroundings::Surroundings;
use super::{machine, terminal};

/// How a publish was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Flags {
    pub dry_run: bool,
    /// Whether the target is confirmed by this run.
    pub trust: bool,
    pub allow_deletions: bool,
    pub take_over: bool,
    pub force: bool,
}

/// Builds the site and brings it to a target.
pub fn run(shared: &Shared, name: Option<&str>, flags: Flags) -> Result<(), Failure> {
    let started = machine::instant();
    refuse_untrusted(shared)?;
    refuse_sites_for_nobody(shared, flags)?;
    let root = root(shared)?;
    let run = wanted(shared)?;
    let project = load_project(&root, &run)?;
    check_target(&project, name, flags.trust)?;
    // What only looks needs nothing of the project but to read it.
    let temporary = flags.dry_run.then(machine::temporary);
    let state = state(&root)?;
    let stage = Stage::open(&state, temporary.as_deref())?;
    let built = stage_site(Staged { stage: &stage, state: &state }, &project, &run, shared)?;
    let Some(site) = built.site() else { return Err(Failure::Content) };
    built.sites.iter().try_for_each(publish::check_site)?;

    let target = publish::choose(&site.config, name).map_err(Failure::Usage)?;
    let files = stage.files(&built.tree);
    let job = publish::Job {
        target,
        sites: &built.sites,
        contents: stage.contents(&files, &built.sites)?,
        files: &files,
        dry_run: flags.dry_run,
        allow_deletions: flags.allow_deletions,
        take_over: flags.take_over,
    };
    let outcome = send(&job, &surroundings(state, &project, &stage)?, flags.force, shared)?;
    // Also when nothing was left to send: the run that sent it may not have come so far.
    if !flags.dry_run {
        record_addresses(&root, &built)?;
    }
    if outcome.applied && shared.format != Format::Json && !shared.quiet {
        let (sent, gone) = (outcome.plan.changes.len(), outcome.plan.deletions.len());
        let took = seconds(started.elapsed());
        let to = target_name(target);
        terminal::say(&format!("published to {to}: {} sent, {gone} deleted, in {took}", count(sent, "file")))?;
    }
    Ok(())
}

/// What strangers may have written goes nowhere.
fn refuse_untrusted(shared: &Shared) -> Result<(), Failure> {
    let Some(why) = distrust(shared) else { return Ok(()) };
    Err(Failure::Refused(format!(
        "a project of which nothing is trusted is not published, and {why}; publish what is merged, or say --trusted \
         where nobody else can change it"
    )))
}

fn refuse_sites_for_nobody(shared: &Shared, flags: Flags) -> Result<(), Failure> {
    if shared.drafts {
        return Err(Failure::Refused("drafts are not for the world; publish without --drafts".into()));
    }
    if shared.at.is_some() && !flags.dry_run {
        // A day before today would take away what is out, and a later one show what isn't.
        return Err(Failure::Refused(
            "the site of another day is not for the world; publish without --at, or look at it with --dry-run".into(),
        ));
    }
    Ok(())
}

/// Tells a wrong name, and a target that nobody has confirmed, before the build. What is wrong with the
/// settings the build tells.
fn check_target(project: &Project, name: Option<&str>, confirms: bool) -> Result<(), Failure> {
    let mut found = Vec::new();
    if let Some(config) = config::parse(&project.sources, project.config, &mut found)
        && !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    {
        let target = publish::choose(&config, name).map_err(Failure::Usage)?;
        Trust::of(&machine::variable, confirms).map_err(Failure::Usage)?.check(target, &project.root)?;
    }
    Ok(())
}

/// Where the site of a run goes, and what is remembered for it.
#[derive(Clone, Copy)]
struct Staged<'a> {
    stage: &'a Stage,
    state: &'a State,
}

/// Builds the site into the stage, and tells what is wrong with it and will be.
fn stage_site(staged: Staged<'_>, project: &Project, run: &Run, shared: &Shared) -> Result<Built, Failure> {
    let Staged { stage, state } = staged;
    let cache = Caches::open(Some(state));
    let progress = progress(shared, project);
    let store = |path: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        let entry = stage.put(path, content)?;
        progress.step();
        Ok(entry)
    };
    let resized = |done: usize, all: usize| progress.resized(done, all);
    let shell = Shell { caches: &cache, look: None, store: &store, earlier: None, resized: Some(&resized) };
    let mut built = build(project, run, shell).map_err(staging)?;
    progress.end();
    if !built.sites.is_empty() {
        let (sites, diagnostics) = (built.sites.as_slice(), built.diagnostics.as_slice());
        let today = Today { project, run, sites, diagnostics, linted: false };
        let shell = Shell { store: &keep_nothing, ..shell };
        let later = scheduled::look(today, &|run| build(project, run, shell))?;
        // The site of today is whole, and is not to wait for that of another day.
        built.diagnostics.extend(later.into_iter().map(|diagnostic| diagnostic.severity(Severity::Warning)));
    }
    let counts = report(&built, project, shared)?;
    settle(counts, &cache, shared)?;
    Ok(built)
}

/// Publishes, and tells the plan before it is done; as JSON, all of it when it is over.
fn send(
    job: &publish::Job<'_>,
    around: &Surroundings,
    force: bool,
    shared: &Shared,
) -> Result<publish::Outcome, Failure> {
    let progress = Progress::new(shared);
    let arrived = || progress.step();
    let context = Context { force, ..around.context(&arrived) };
    let human = shared.format != Format::Json;
    // Reading what is there costs requests, which are for whoever reads the sentence.
    if human
        && !shared.quiet
        && let Some(sentence) = diff::sentence(job.target, job.files, around)
    {
        terminal::say(&format!("{sentence}\n"))?;
    }
    let mut json = None;
    let outcome = publish::publish(job, &context, &mut |plan, before| {
        if human && !shared.quiet {
            let text = format!("{}{}\n", publish::summary::listing(plan, shared.verbose), plan.summary);
            // That nobody reads it is no reason to stop.
            let _ = terminal::say(&text);
        }
        json = Some(publish::summary::value(plan, before, job.sites));
        progress.begin(format!("{} files", plan.changes.len()));
    });
    progress.end();
    if !human {
        // A target that could not even be asked has no plan.
        let mut value = json.unwrap_or_else(|| serde_json::json!({ "version": 1 }));
        let error = outcome.as_ref().err().map(|error| around.secrets.hide(&error.to_string()));
        value["target"] = target_name(job.target).into();
        value["dry_run"] = job.dry_run.into();
        value["applied"] = outcome.as_ref().is_ok_and(|outcome| outcome.applied).into();
        value["error"] = error.into();
        print_json(&value)?;
    }
    outcome.map_err(|error| told(error, shared))
}

/// Puts the release before in the place of the last.
pub fn rollback(shared: &Shared, name: Option<&str>, dry_run: bool, trust: bool) -> Result<(), Failure> {
    refuse_untrusted(shared)?;
    let root = root(shared)?;
    let (project, config) = settings(&root, shared)?;
    let target = publish::choose(&config, name).map_err(Failure::Usage)?;
    Trust::of(&machine::variable, trust).map_err(Failure::Usage)?.check(target, &root)?;
    let temporary = dry_run.then(machine::temporary);
    let state = state(&root)?;
    let stage = Stage::open(&state, temporary.as_deref())?;
    let around = surroundings(state, &project, &stage)?;
    let outcome = publish::rollback(target, dry_run, &around.context(&|| {}));
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
        terminal::say(&format!("{would} back to the release of {published:.0} on {to}"))?;
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
pub fn init(shared: &Shared, (host, from): (Host, Option<&str>), dry_run: bool) -> Result<(), Failure> {
    let root = root(shared)?;
    if from.is_some() && !publish::init::builds(host) {
        return Err(Failure::Usage("--from is for a host that builds the site, and this one only shows it".into()));
    }
    let (project, config) = settings(&root, shared)?;
    let ask = |args: &[&str]| {
        let done = machine::program("git").arg("-C").arg(&root).args(args).output().ok()?;
        let text = String::from_utf8(done.stdout).ok()?;
        done.status.success().then(|| text.trim().to_string())
    };
    let repository = Repository {
        origin: ask(&["remote", "get-url", "origin"]),
        branch: ask(&["symbolic-ref", "--short", "HEAD"]),
        has_site_workflow: root.join(".github/workflows/site.yml").exists(),
    };
    let install = publish::init::builds(host).then(|| install(from, &root)).transpose()?;
    let project_settings = (project.sources.text(project.config), &config);
    let init = publish::init::init(host, project_settings, &repository, install.as_ref()).map_err(Failure::Refused)?;
    let mut changes = Changes { place: root.clone(), create: Vec::new(), edit: Vec::new() };
    for (path, text) in &init.files {
        changes.create.push(Create { path: root.join(path), bytes: text.clone().into_bytes() });
    }
    if let Some(text) = &init.settings {
        let path = root.join(CONFIG);
        // The bytes of the disk, whose line ends and mark a source has not.
        let before =
            places::bytes(&root, CONFIG).map_err(|error| Failure::Io(format!("reading {}: {error}", quote(CONFIG))))?;
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
        terminal::say(&format!("wrote {path}"))?;
    }
    if init.settings.is_some() {
        terminal::say(&format!("wrote {CONFIG}"))?;
    }
    terminal::say("\nleft to do:")?;
    for (at, step) in init.steps.iter().enumerate() {
        terminal::say(&format!("{}. {step}", at + 1))?;
    }
    Ok(())
}

/// The project and its settings, whose mistakes alone are told; those of its articles don't matter.
fn settings(root: &Path, shared: &Shared) -> Result<(Project, Config), Failure> {
    let project = load_project(root, &wanted(shared)?)?;
    let mut found = Vec::new();
    let config = config::parse(&project.sources, project.config, &mut found);
    let counts = report_all(&found, &project, shared, shared.format)?;
    fail_on(counts, shared)?;
    Ok((project, config.ok_or(Failure::Content)?))
}

/// What the targets of a project may know of the machine. From here on Ctrl-C stops it between two steps, and a
/// second one at once.
fn surroundings(state: State, project: &Project, stage: &Stage) -> Result<Surroundings, Failure> {
    let output = state.root().join(configured_output(project).unwrap_or_else(|| "public".into()));
    Surroundings::begin(state, output, stage, stop_on_signals()?)
}

/// A target as its owner knows it.
fn target_name(target: &Publish) -> String {
    match (&target.name, &target.to) {
        (Some(name), _) => quote(name),
        (None, Ok(to)) => quote(&to.to_string()),
        (None, Err(_)) => "the target".into(),
    }
}
