//! `partwork code`: what is done with the program of a series.

use std::io;
use std::path::Path;

use partwork::blocks;
use partwork::cli;
use partwork::diagnostic::{Place, count, did_you_mean, has_errors, quote};
use partwork::project::{PROGRAM, Run};
use partwork::render;
use partwork::site::Site;
use partwork::site::ids::PartId;
use partwork::site::read::{self, Blocks};
use partwork::site::series::Series;
use partwork::store::copy::copy;
use partwork::store::dir::Dir;

use super::common::{broken, find_root, load_project, now};
use super::failure::Failure;
use super::forward::{Forward, Wanted, forward};
use super::terminal;

/// Does what was typed.
pub fn run(what: &cli::Code) -> Result<(), Failure> {
    let (said, quiet) = match what {
        cli::Code::Export { part, dir, root, quiet } => (export(part, dir, &find_root(root.as_deref())?)?, *quiet),
        cli::Code::Forward { part, since, dry_run, root, quiet } => {
            let root = find_root(root.as_deref())?;
            let site = programs(part, &root)?;
            let (series, part) = named(&site, part)?;
            let Forward { changes, said } = forward(Wanted { root: &root, series, part, since: since.as_deref() })?;
            if !dry_run {
                changes.apply()?;
            }
            (said, *quiet)
        }
    };
    if quiet { Ok(()) } else { Ok(terminal::say(&said)?) }
}

/// The site with its programs, which have no mistakes in the series that is typed.
fn programs(typed: &str, root: &Path) -> Result<Site, Failure> {
    // What isn't out is its author's to look at.
    let run = Run { now: now()?, drafts: true, ..Run::default() };
    let project = load_project(root, &run)?;
    let mut found = project.diagnostics.clone();
    let blocks = Blocks { components: &render::components(&project), kinds: blocks::ALL };
    let Some(site) = read::read((&project, &run), blocks, None, &mut found).into_iter().next() else {
        return Err(broken(&found, &project));
    };
    let (series, _) = named(&site, typed)?;
    let folder = format!("content/{}/{PROGRAM}/", series.plan.id);
    found.retain(|diagnostic| match &diagnostic.place {
        Place::Span(span) => project.sources.path(span.source).starts_with(&folder),
        Place::File(path) => path.starts_with(&folder),
    });
    if has_errors(&found) { Err(broken(&found, &project)) } else { Ok(site) }
}

/// Writes the program as of a part into a folder that holds nothing; says what it did.
fn export(typed: &str, dir: &Path, root: &Path) -> Result<String, Failure> {
    let site = programs(typed, root)?;
    let (series, part) = named(&site, typed)?;
    let files = series.program.files(part);
    let shown = quote(&dir.to_string_lossy());
    let failed = |error: io::Error| Failure::Io(format!("writing to {shown}: {error}"));
    let out = Dir::make(dir, false).map_err(failed)?;
    if !out.list().map_err(failed)?.is_empty() {
        return Err(Failure::Refused(format!("the folder {shown} is not empty; name a new one")));
    }
    for (path, file) in &files {
        copy(file, &out, path).map_err(|error| Failure::Io(format!("writing {} to {shown}: {error}", quote(path))))?;
    }
    Ok(format!("wrote {} of the program as of {} to {shown}\n", count(files.len(), "file"), quote(typed)))
}

/// The series and the part that were typed, whose program there is.
fn named<'s>(site: &'s Site, typed: &str) -> Result<(&'s Series, PartId), Failure> {
    let Some((id, part_id)) = typed.rsplit_once('/') else {
        return Err(Failure::Usage(format!("{} is no part; name one as `SERIES/PART`", quote(typed))));
    };
    let Some(series) = site.series.iter().find(|series| series.plan.id == id) else {
        let near = did_you_mean(id, site.series.iter().map(|series| series.plan.id.as_str()));
        let near = near.map(|near| format!("; {near}")).unwrap_or_default();
        return Err(Failure::Usage(format!("there is no series {}{near}", quote(id))));
    };
    let Some(part) = series.parts.iter().find(|part| part.id == part_id) else {
        let near = did_you_mean(part_id, series.parts.iter().map(|part| part.id.as_str()));
        let near = near.map(|near| format!("; {near}")).unwrap_or_default();
        return Err(Failure::Usage(format!("the series {} has no part {}{near}", quote(id), quote(part_id))));
    };
    if series.program.state_as_of(part.at).is_none() {
        let message = format!("the series {} has no program as of {}", quote(id), quote(part_id));
        return Err(Failure::Usage(format!("{message}; it begins in `content/{id}/{PROGRAM}/<part>/`")));
    }
    Ok((series, part.at))
}
