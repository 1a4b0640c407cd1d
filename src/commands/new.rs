//! `partwork new`.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use partwork::cli::{self};
use partwork::diagnostic::{Severity, quote};
use partwork::new::{self};
use partwork::parse::front::Status;
use partwork::project::load::load;
use partwork::project::{Project, Run};
use partwork::render::components;
use partwork::site::Site;
use partwork::site::read::Blocks;
use partwork::{blocks, site};

use super::common::{broken, find_root, install, make, now};
use super::failure::Failure;

/// Makes a site, a series, a part, a post or a translation.
pub fn run(what: &cli::New) -> Result<(), Failure> {
    let (made, how) = match what {
        cli::New::Site { dir, title, base_url, ci, from, how } => {
            let ci = match ci {
                cli::Ci::Github => new::Ci::Github(install(from.as_deref(), dir)?),
                cli::Ci::Gitlab => new::Ci::Gitlab(install(from.as_deref(), dir)?),
                cli::Ci::None if from.is_some() => {
                    return Err(Failure::Usage("--from is for the workflow that --ci adds".into()));
                }
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
        cli::New::Translation { language, part, root, how } => {
            let root = find_root(root.as_deref())?;
            let project = read_project(&root)?;
            let sites = read_sites(&project)?;
            let today = today(&zone(&project)?)?;
            (new::translation::translation(&root, (&project, &sites), (language, part), today), how)
        }
        cli::New::Post { post, title, description, status, date, root, how } => {
            let root = find_root(root.as_deref())?;
            let project = read_project(&root)?;
            let zone = zone(&project)?;
            let words = new::Words { title: title.as_deref(), description: description.as_deref() };
            let (status, today) = (status.map(meant), today(&zone)?);
            let options = new::PartOptions { words, track: None, status, date: date.as_deref(), today, zone: &zone };
            (new::post(&root, &project, post, &options), how)
        }
        cli::New::Part { part, track, title, description, status, date, root, how } => {
            let root = find_root(root.as_deref())?;
            let project = read_project(&root)?;
            let zone = zone(&project)?;
            let words = new::Words { title: title.as_deref(), description: description.as_deref() };
            let track = track.as_deref();
            let (status, today) = (status.map(meant), today(&zone)?);
            let options = new::PartOptions { words, track, status, date: date.as_deref(), today, zone: &zone };
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

/// Records that translations say what their originals say now.
pub fn translated(
    named: &[String],
    language: Option<&str>,
    root: Option<&Path>,
    how: &cli::NewFlags,
) -> Result<(), Failure> {
    let root = find_root(root)?;
    let project = read_project(&root)?;
    let sites = read_sites(&project)?;
    make(&new::translated::translated(&root, (&project, &sites), named, language)?, how)
}

/// A project in its languages; its errors end the command, since what can't be read can't be kept.
fn read_sites(project: &Project) -> Result<Vec<Site>, Failure> {
    let components = components(project);
    let mut found = project.diagnostics.clone();
    let blocks = Blocks { components: &components, kinds: blocks::ALL };
    let sites = site::read::read((project, &Run::default()), blocks, None, &mut found);
    found.retain(|diagnostic| diagnostic.severity == Severity::Error);
    if found.is_empty() { Ok(sites) } else { Err(broken(&found, project)) }
}

fn meant(status: cli::Status) -> Status {
    match status {
        cli::Status::Published => Status::Published,
        cli::Status::Soon => Status::Soon,
        cli::Status::Draft => Status::Draft,
    }
}

/// The time zone that a project says its days are meant in.
fn zone(project: &Project) -> Result<TimeZone, Failure> {
    let mut found = Vec::new();
    match partwork::settings::config::parse(&project.sources, project.config, &mut found) {
        Some(config) => Ok(config.zone),
        None => Err(broken(&found, project)),
    }
}

/// Today on the calendar of a place.
fn today(zone: &TimeZone) -> Result<Date, Failure> {
    Ok(now()?.to_zoned_datetime(zone.clone()).date())
}

/// A project as it lies there; what is wrong with it is for `check` to say.
fn read_project(root: &Path) -> Result<Project, Failure> {
    load(root, &Run::default())
        .map_err(|error| Failure::Io(format!("reading {}: {error}", quote(&root.to_string_lossy()))))
}
