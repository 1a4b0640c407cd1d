//! `partwork build`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use partwork::cli::{Format, Shared};
use partwork::diagnostic::{count, quote};
use partwork::project::{LEDGER, load};
use partwork::site::Site;
use partwork::site::series::Series;
use partwork::store::cache::Caches;
use partwork::store::emit::{EmitError, Named, Staging, Summary, Wanted, check_output, resolve_folder};
use partwork::store::kind::Kind;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Built, Earlier, Shell, build};

use super::common::{
    configured_output, distrust, fail_on, load_project_leaving, progress, record_addresses, report, root, seconds,
    settle, state, wanted,
};
use super::failure::Failure;
use super::untrusted::{Fresh, May, confine};
use super::{machine, terminal};

/// Builds the site into its folder; `record` adds its addresses to the ledger.
pub fn run(shared: &Shared, output: Option<&Path>, record: bool) -> Result<(), Failure> {
    if let Some(why) = distrust(shared) {
        return run_untrusted(shared, output, record, &why);
    }
    // All of it on the threads that do most of it. The main thread would wait for them with what it has let go of, which
    // nobody but itself could use again.
    rayon::scope(|_| run_trusted(shared, output, record))
}

fn run_trusted(shared: &Shared, output: Option<&Path>, record: bool) -> Result<(), Failure> {
    let started = machine::instant();
    let root = root(shared)?;
    let home = machine::home();
    let state = state(&root)?;
    let place = |folder, named| Wanted { folder, named, home: home.as_deref(), state: &state };
    if let Some(output) = output {
        check_output(place(output, Named::ByUser))?;
    }
    let run = wanted(shared)?;
    let project = load_project_leaving(&root, &run)?;
    let loaded = started.elapsed();
    let configured = PathBuf::from(configured_output(&project).unwrap_or_else(|| "public".into()));
    let place = output.map_or(place(&configured, Named::ByProject), |output| place(output, Named::ByUser));
    let output = output.map_or_else(|| root.join(&configured), Path::to_path_buf);
    let waiting = || {
        terminal::remark(&format!("waiting for another build of {}", quote(&output.to_string_lossy())));
    };
    let staging = Staging::open(place, &waiting)?;
    let cache = Caches::open(Some(&state));
    let progress = progress(shared, &project);
    let store = |path: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        let entry = staging.put(path, content)?;
        progress.step();
        Ok(entry)
    };
    let resized = |done: usize, all: usize| progress.resized(done, all);
    let program = machine::program_stamp();
    let stands = |path: &OutputPath, entry: Entry| staging.keep(path, entry);
    let earlier = program.as_ref().map(|program| Earlier { program, stands: &stands, reads: None, first: None });
    let built =
        build(&project, &run, Shell { caches: &cache, look: None, store: &store, earlier, resized: Some(&resized) })?;
    let rendered = started.elapsed();
    progress.end();
    let counts = report(&built, &project, shared)?;
    settle(counts, &cache, shared)?;
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
        terminal::remark(&line);
    }
    if !shared.quiet {
        let line = build_summary(&built, files, &output, summary, started.elapsed(), shared.format)?;
        terminal::say(&line)?;
        if record && shared.format != Format::Json {
            terminal::say(&format!("{} new in {LEDGER}", count_addresses(recorded)))?;
        }
    }
    Ok(())
}

/// Builds a site of which nothing is trusted into a folder that is empty.
fn run_untrusted(shared: &Shared, output: Option<&Path>, record: bool, why: &str) -> Result<(), Failure> {
    if record {
        return Err(Failure::Refused(format!("{LEDGER} is not written, since {why}; build without --record")));
    }
    let started = machine::instant();
    let root = root(shared)?;
    let run = wanted(shared)?;
    let (home, state) = (machine::home(), state(&root)?);
    let configured = load::settings(&root).and_then(|config| config.output).unwrap_or_else(|| "public".into());
    let (folder, named) = output.map_or((Path::new(&configured), Named::ByProject), |output| (output, Named::ByUser));
    let wanted = Wanted { folder, named, home: home.as_deref(), state: &state };
    let fresh = Fresh::open(&resolve_folder(wanted, "the output folder")?)?;
    confine(why, May { read: &[state.root()], write: Some(fresh.path()), listen: false }, shared)?;
    let project = load_project_leaving(&root, &run)?;
    let progress = progress(shared, &project);
    let store = |path: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        let entry = fresh.put(path, content)?;
        progress.step();
        Ok(entry)
    };
    let resized = |done: usize, all: usize| progress.resized(done, all);
    let built = build(
        &project,
        &run,
        Shell { caches: &Caches::open(None), look: None, store: &store, earlier: None, resized: Some(&resized) },
    )?;
    progress.end();
    fail_on(report(&built, &project, shared)?, shared)?;
    let (files, output) = (built.tree.len(), fresh.path().to_path_buf());
    let bytes_written = fresh.keep();
    if !shared.quiet {
        let summary = Summary { written: files, bytes_written, ..Summary::default() };
        terminal::say(&build_summary(&built, files, &output, summary, started.elapsed(), shared.format)?)?;
    }
    Ok(())
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
    Ok(format!(
        "built {}: {}, {} written, {} unchanged, {} removed, in {}",
        built.site().map_or_else(|| count_series(0), published),
        count(files, "file"),
        summary.written,
        summary.unchanged,
        summary.removed,
        seconds(took),
    ))
}

/// What of a site is out.
fn published(site: &Site) -> String {
    let out = |folders: &[Series]| folders.iter().map(|folder| folder.out().count()).sum::<usize>();
    let series =
        format!("{} with {} published", count_series(site.series_shown().count()), count(out(&site.series), "part"));
    let posts = count(out(&site.posts), "post");
    match (site.series.is_empty(), site.posts.is_empty()) {
        (_, true) => series,
        (true, false) => posts,
        (false, false) => format!("{series}, and {posts}"),
    }
}

fn count_addresses(n: usize) -> String {
    // The plural of address isn't made by an s alone.
    if n == 1 { "1 address".into() } else { format!("{n} addresses") }
}

fn count_series(n: usize) -> String {
    // The plural of series is series.
    format!("{n} series")
}
