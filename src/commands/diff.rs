//! `partwork diff`: the site as it is now beside one of before.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use partwork::cli::{Format, Shared};
use partwork::diagnostic::{count, did_you_mean, quote};
use partwork::diff::compare::compare;
use partwork::diff::shown::Shown;
use partwork::diff::tell;
use partwork::project::load;
use partwork::project::{Project, Run};
use partwork::publish::earlier;
use partwork::publish::plan::Files;
use partwork::publish::stage::Stage;
use partwork::publish::trust::Trust;
use partwork::settings::config::Publish;
use partwork::store::cache::Caches;
use partwork::store::dir::Dir;
use partwork::store::disk::hash_file;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::origin::MOST_WHOLE;
use partwork::store::tree::{Content, Entry, Made, OutputPath};
use partwork::{Built, Shell, build};

use super::common::{distrust, fail_on, load_project, print_json, report, root, state, wanted};
use super::failure::Failure;
use super::surroundings::Surroundings;
use super::untrusted::{May, Sum, confine};
use super::{machine, terminal};

/// What is compared with.
enum Old {
    Site(Shown),
    /// The sources of a revision, in this folder.
    Sources(PathBuf),
}

/// Says what changes since `old`.
pub fn run(shared: &Shared, old: &str) -> Result<(), Failure> {
    let root = root(shared)?;
    let mut run = wanted(shared)?;
    let state = state(&root)?;
    let why = distrust(shared);
    let stage = Stage::open(&state, Some(&machine::temporary()))?;
    // Nothing here has to be brought to an end, so Ctrl-C ends the run as it ends any.
    let around = Surroundings::begin(state, root.join("public"), &stage, Arc::default())?;
    // Before anything of the project is read, since nothing can be asked of git once the run is confined.
    let old_site = find(old, &root, &around, why.is_none())?;
    let state = &around.state;
    if let Some(why) = &why {
        let mut read = vec![state.root()];
        read.extend(match &old_site {
            Old::Sources(folder) => Some(folder.as_path()),
            Old::Site(_) => None,
        });
        confine(why, May { read: &read, write: None, listen: false }, shared)?;
    }
    // Of two that are built here, what takes long to make is known by what it is made from.
    run.later = matches!(old_site, Old::Sources(_));
    let before = match old_site {
        Old::Site(shown) => shown,
        Old::Sources(folder) => {
            let project = load_project(&folder, &run)?;
            let (built, shown) = show(&project, &run, &Caches::open(None))?;
            if built.has_errors() {
                terminal::remark(&format!("what follows is wrong with the site as of {}:", quote(old)));
            }
            report_errors(&built, &project, shared)?;
            shown
        }
    };
    let project = load_project(&root, &run)?;
    let (built, after) = show(&project, &run, &Caches::open(why.is_none().then_some(state)))?;
    report_errors(&built, &project, shared)?;
    let found = compare(&before, &after);
    match shared.format {
        Format::Json => print_json(&tell::value(&found))?,
        Format::Markdown => terminal::say(&tell::markdown(&found))?,
        // Annotations were not asked for: `--format` of this command knows none.
        Format::Human | Format::Github => terminal::say(&tell::human(&found))?,
    }
    Ok(())
}

/// A site with errors isn't whole, so nothing can be said of it.
fn report_errors(built: &Built, project: &Project, shared: &Shared) -> Result<(), Failure> {
    if built.has_errors() || shared.strict {
        fail_on(report(built, project, shared)?, shared)?;
    }
    Ok(())
}

/// Looks for a folder, a target and a revision of that name, in this order.
fn find(name: &str, root: &Path, around: &Surroundings, has_targets: bool) -> Result<Old, Failure> {
    let folder = Path::new(name);
    if folder.is_dir() {
        let shown = earlier::folder(folder)?;
        let is_site = shown.is_site();
        return is_site.then_some(Old::Site(shown)).ok_or_else(|| {
            Failure::Usage(format!(
                "{} holds no site that partwork built: it lacks a home, a sitemap or a `404.html`",
                quote(name)
            ))
        });
    }
    let context = around.context(&|| {});
    let targets: Vec<Publish> =
        if has_targets { load::settings(root).map(|config| config.publish).unwrap_or_default() } else { Vec::new() };
    if let Some(target) = targets.iter().find(|target| target.name.as_deref() == Some(name)) {
        Trust::of(&machine::variable, false).map_err(Failure::Usage)?.check(target, root)?;
        let shown = earlier::target(target, &Files::new(), &context)?;
        return shown
            .map(Old::Site)
            .ok_or_else(|| Failure::Usage(format!("nothing was published to {} yet", quote(name))));
    }
    let sources = around.scratch.join("old");
    let into = Dir::make(&sources, true)?;
    let found = earlier::revision(name, &into, &context).map_err(|error| error.without(&around.secrets))?;
    if let Some(absent) = found {
        if let Some(first) = absent.first() {
            let (many, first) = (count(absent.len(), "file"), quote(first));
            let remedy = quote(&format!("git lfs fetch origin {name}"));
            terminal::remark(&format!(
                "{many} of Git LFS as of {} {} not on this machine, {first} first; {remedy} may bring what is missing",
                quote(name),
                if absent.len() == 1 { "is" } else { "are" },
            ));
        }
        return Ok(Old::Sources(sources));
    }
    let near = did_you_mean(name, targets.iter().filter_map(|target| target.name.as_deref()));
    let near = near.unwrap_or_else(|| {
        "name a folder with a built site, a target of `partwork.toml`, or a revision that holds this project".into()
    });
    Err(Failure::Usage(format!("{} is no folder, no target and no revision here; {near}", quote(name))))
}

/// Builds a site and keeps what readers see of it.
fn show(project: &Project, run: &Run, caches: &Caches) -> Result<(Built, Shown), Failure> {
    let shown = Mutex::new(Shown::default());
    let sum = Sum::default();
    let store = |path: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        let mut one = Shown::default();
        let read = look(path.as_str(), content, &mut one);
        let entry = read.map_err(|source| EmitError::Io { doing: format!("read {}", quote(path.as_str())), source })?;
        if run.untrusted {
            sum.add(entry.size)?;
        }
        shown.lock().unwrap_or_else(PoisonError::into_inner).append(one);
        Ok(entry)
    };
    let built = build(project, run, Shell { caches, look: None, store: &store, earlier: None, resized: None })?;
    Ok((built, shown.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// Looks at a file as it comes.
fn look(path: &str, content: &Content, shown: &mut Shown) -> io::Result<Entry> {
    if let Content::Later(later) = content {
        shown.add_hashed(path, later.hash());
        return Ok(Entry { size: 0, hash: later.hash() });
    }
    let known = content.known().filter(|_| !Shown::reads(path));
    let entry = match (known, content.made()?) {
        (Some(entry), _) => entry,
        (None, Made::Bytes(bytes)) => {
            shown.add(path, &bytes);
            return Ok(Entry { size: bytes.len() as u64, hash: shown.hashes[path] });
        }
        (None, Made::File(origin)) if Shown::reads(path) => {
            let bytes = origin.read(MOST_WHOLE)?;
            shown.add(path, &bytes);
            return Ok(Entry { size: bytes.len() as u64, hash: shown.hashes[path] });
        }
        (None, Made::File(origin)) => hash_file(origin.open()?)?,
    };
    shown.add_hashed(path, entry.hash);
    Ok(entry)
}

/// What readers of a target will see change, in one sentence; `None` where nothing was published yet, or what is there
/// can't be read back, which a publish says in its own words.
pub fn sentence(target: &Publish, staged: &Files, around: &Surroundings) -> Option<String> {
    let before = earlier::target(target, staged, &around.context(&|| {})).ok()??;
    let mut after = Shown::default();
    for (path, file) in staged {
        if Shown::reads(path) {
            after.add(path, &std::fs::read(&file.disk).ok()?);
        } else {
            after.add_hashed(path, file.entry.hash);
        }
    }
    Some(tell::sentence(&compare(&before, &after)))
}
