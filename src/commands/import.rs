//! `partwork import`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::Ordering;

use partwork::Shell;
use partwork::cli::{Format, Tool};
use partwork::diagnostic::{count, quote};
use partwork::import::compare::{Comparison, New, Old};
use partwork::import::put::{self, Draft, PutError};
use partwork::import::{self, ImportError, Imported, Ready};
use partwork::project::Run;
use partwork::store::cache::Caches;
use partwork::store::kind::Kind;
use partwork::store::tree::{Content, Made, OutputPath};

use super::common::{find_root, keep_nothing, load_project, now, print_json, stop_on_signals};
use super::failure::Failure;
use super::{machine, terminal};

/// What was typed beside the two folders.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub from: Option<Tool>,
    pub base_url: Option<&'a str>,
    /// The old site as it was built.
    pub compare: Option<&'a Path>,
    pub dry_run: bool,
    pub format: Format,
}

/// Makes a project of a source.
pub fn run(source: &Path, dir: &Path, wanted: Wanted<'_>) -> Result<(), Failure> {
    if let Some(url) = wanted.base_url
        && let Err(problem) = partwork::settings::config::BaseUrl::parse(url)
    {
        return Err(Failure::Usage(format!("--base-url {problem}: {}", quote(url))));
    }
    if !wanted.dry_run {
        // What is refused is refused before anything is read.
        put::place(dir)?;
        apart(source, dir)?;
    }
    let asked = import::Wanted { tool: wanted.from, base_url: wanted.base_url, history };
    let ready = import::read(source, asked).map_err(|error| failed(source, error))?;
    let imported = if wanted.dry_run { ready.write(&|_, _| Ok(()))? } else { put_whole(dir, ready)? };
    let old = wanted.compare.map(Path::to_path_buf).or_else(|| built(source, &imported));
    let comparison = old.filter(|_| !wanted.dry_run).map(|old| compared(dir, &old)).transpose()?;
    tell(&imported, dir, comparison.as_ref(), wanted)?;
    lost(comparison.as_ref())
}

/// Where the old site lies as it was built, if it does.
fn built(source: &Path, imported: &Imported) -> Option<PathBuf> {
    Some(source.join(imported.within.as_deref().unwrap_or_default()).join(imported.built.as_ref()?))
}

/// Writes the project. Ctrl-C ends that before the next file, with nothing of it left; when it is there the run ends at
/// once, as any.
fn put_whole(dir: &Path, ready: Ready) -> Result<Imported, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::Io(format!("signals can't be heard: {error}")))?;
    let draft = Draft::begin(dir, &stop)?;
    let imported = ready.write(&|path, text| draft.text(path, text))?;
    draft.finish(&imported.files, &imported.folder)?;
    if stop.swap(true, Ordering::Relaxed) {
        return Err(Failure::Interrupted("interrupted; the project is written, and nothing was compared".into()));
    }
    Ok(imported)
}

/// What git says of the files of a source: nothing outside a checkout, without git, or where the history is cut off,
/// since the commit that it is cut off at seems to bring all files.
fn history(source: &Path) -> Vec<u8> {
    let git = |args: &[&str]| {
        let mut git = machine::program("git");
        // A checkout may be anybody's: what its configuration names is run and asked by nobody.
        git.args(["-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false"]);
        git.arg("-C").arg(source).args(args).env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
        let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then_some(output.stdout)
    };
    let is_whole = git(&["rev-parse", "--is-shallow-repository"]).is_some_and(|said| said.starts_with(b"false"));
    let log = || git(&[import::LOG.as_slice(), &[import::LOG_FORMAT]].concat());
    is_whole.then(log).flatten().unwrap_or_default()
}

/// Refuses a new project in the source, which is only read.
fn apart(source: &Path, dir: &Path) -> Result<(), Failure> {
    let Ok(source) = source.canonicalize() else { return Ok(()) };
    let here = machine::here()?;
    let real = here.join(dir).ancestors().find_map(|folder| folder.canonicalize().ok()).unwrap_or_default();
    if real.starts_with(&source) {
        let dir = quote(&dir.to_string_lossy());
        return Err(Failure::Refused(format!("{dir} lies in the source, which is only read; name a folder beside it")));
    }
    Ok(())
}

/// Holds a project against the old site.
pub fn compare(root: Option<&Path>, old: &Path, format: Format) -> Result<(), Failure> {
    let root = find_root(root)?;
    let comparison = compared(&root, old)?;
    match format {
        Format::Json => print_json(&comparison.json())?,
        Format::Human | Format::Github | Format::Markdown => terminal::say(&comparison.human())?,
    }
    lost(Some(&comparison))
}

fn lost(comparison: Option<&Comparison>) -> Result<(), Failure> {
    if comparison.is_some_and(|comparison| comparison.lost() > 0) { Err(Failure::Told(1)) } else { Ok(()) }
}

/// Builds a project in memory and looks at what it answers.
fn compared(root: &Path, old: &Path) -> Result<Comparison, Failure> {
    let read = |error| Failure::Io(format!("reading {}: {error}", quote(&old.to_string_lossy())));
    let old = Old::read(old).map_err(read)?;
    let run = Run { now: now()?, later: true, ..Run::default() };
    let project = load_project(root, &run)?;
    let new = New::default();
    let see = |path: &OutputPath, kind: Kind, content: &Content| {
        let made = if kind.is_page() || path.as_str().ends_with(".xml") { content.made().ok() } else { None };
        let bytes = made.and_then(|made| match made {
            Made::Bytes(bytes) => Some(bytes.to_vec()),
            Made::File(_) => None,
        });
        new.see(path.as_str(), kind, bytes.as_deref());
        keep_nothing(path, kind, content)
    };
    let caches = Caches::open(None);
    let built = partwork::build(
        &project,
        &run,
        Shell { caches: &caches, look: None, store: &see, earlier: None, resized: None },
    )?;
    if built.has_errors() {
        return Err(Failure::Source(
            "the project has errors, which `partwork check` tells: nothing was compared".into(),
        ));
    }
    let base = built.site().map(|site| site.config.base_url.path.clone()).unwrap_or_default();
    Ok(new.compare(&old, &base))
}

fn tell(imported: &Imported, dir: &Path, comparison: Option<&Comparison>, wanted: Wanted<'_>) -> Result<(), Failure> {
    if wanted.format == Format::Json {
        let mut value = imported.report.json();
        value["from"] = imported.tool.name().into();
        value["within"] = imported.within.as_deref().into();
        value["files"] = imported.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().into();
        value["comparison"] = comparison.map(Comparison::json).into();
        return Ok(print_json(&value)?);
    }
    let (from, files) = (imported.tool.name(), count(imported.files.len(), "file"));
    let within = imported.within.as_deref().map(|name| format!(" in {}", quote(name))).unwrap_or_default();
    let would = if wanted.dry_run { "would be" } else { "are" };
    terminal::say(&format!("{files} {would} in {}, from {from}{within}", quote(&dir.to_string_lossy())))?;
    terminal::say(&imported.report.human())?;
    Ok(comparison.map_or(Ok(()), |comparison| terminal::say(&comparison.human()))?)
}

fn failed(source: &Path, error: ImportError) -> Failure {
    let source = source.to_string_lossy();
    match error {
        ImportError::Broken { place, message } => {
            let at = if place.line == 0 { place.file.to_string() } else { format!("{}:{}", place.file, place.line) };
            Failure::Source(format!("{at}: {message}; nothing was written"))
        }
        ImportError::Unknown => Failure::Usage(format!(
            "nothing in {} says whose source it is; name the tool with `--from`",
            quote(&source)
        )),
        ImportError::Io(error) => Failure::Io(format!("reading {}: {error}", quote(&source))),
    }
}

impl From<PutError> for Failure {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Refused(reason) => Failure::Refused(reason),
            PutError::Stopped => Failure::Interrupted("interrupted; nothing was written".into()),
            PutError::Io(error) => Failure::Io(format!("writing: {error}; nothing was written")),
        }
    }
}
