//! `partwork new`.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use partwork::cli::{self};
use partwork::diagnostic::quote;
use partwork::new::{self};
use partwork::parse::front::Status;
use partwork::project::load::load;
use partwork::project::{Project, Run};

use super::common::{broken, find_root, install, make, now};
use super::failure::Failure;

/// Makes a site, a series, a part or a post.
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
