//! `partwork code forward`: what an author mended in the program as of one part, in the copies that later parts have.
//!
//! In: a state of the program, and what it was: git's copy of the last commit, or a folder. Out: edits of the files of
//! later states, all of them or none. A later state without a copy of a file has what is mended already.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::process::Output;

use partwork::diagnostic::{count, list, quote};
use partwork::new::changes::{Changes, Edit};
use partwork::project::PROGRAM;
use partwork::project::places::MOST_SOURCE_BYTES;
use partwork::site::ids::PartId;
use partwork::site::program::ProgramState;
use partwork::site::series::Series;
use partwork::site::states::is_ignored;
use partwork::store::dir::{Dir, Form};
use partwork::store::origin::{MOST_WHOLE, Origin};
use partwork::store::state::read;
use partwork::text::difference::{counts, difference, lines};
use partwork::text::merge::{Conflict, merge};

use super::common::tell;
use super::failure::Failure;
use super::machine;

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub root: &'a Path,
    pub series: &'a Series,
    pub part: PartId,
    /// A folder with the files as they were, in place of git.
    pub since: Option<&'a Path>,
}

/// What is to be written, and what is said of it.
pub struct Forward {
    pub changes: Changes,
    pub said: String,
}

/// A file that has changed in the state.
struct Change {
    path: String,
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
}

/// Makes the edits; refuses them all where one can't be.
pub fn forward(wanted: Wanted<'_>) -> Result<Forward, Failure> {
    let Wanted { root, series, part, since } = wanted;
    let id = &series.part(part).id;
    let Some(state) = series.program.state(part) else { return Err(unchanged_by(series, id)) };
    let folder = format!("content/{}/{PROGRAM}/{id}", series.plan.id);
    let before = match since {
        Some(since) => of_folder(since, wanted)?,
        None => of_commit(root, &folder, state)?,
    };
    let changes = changes(before, state, series)?;
    let than = since.map_or("the last commit".into(), |since| quote(&since.to_string_lossy()));
    if changes.is_empty() {
        return Ok(nothing(root, format!("nothing has changed in {} since {than}\n", quote(&folder))));
    }
    let (mut edits, mut conflicts) = (Vec::new(), Vec::new());
    for later in series.program.states().filter(|later| later.part > part) {
        for change in changes.iter().filter(|change| goes_on(&change.path, (state, later), series)) {
            let Some(file) = later.files.get(&change.path) else { continue };
            let ours = bytes(file)?;
            match merged(change, &ours) {
                Ok(after) if after == ours => {}
                Ok(after) => edits.push(Edit { path: root.join(file.name()), before: ours, after }),
                Err(why) => {
                    let name = file.name().to_string_lossy().into_owned();
                    conflicts.extend(why.into_iter().map(|why| why.told(&name, &format!("{folder}/{}", change.path))));
                }
            }
        }
    }
    if !conflicts.is_empty() {
        conflicts.iter().for_each(|conflict| tell("error", conflict));
        let message = format!("nothing was written: {}", count(conflicts.len(), "conflict"));
        return Err(Failure::Refused(format!("{message}; change these places by hand to what they are to be")));
    }
    if edits.is_empty() {
        let what = count(changes.len(), "file");
        return Ok(nothing(root, format!("{what} changed since {than}, and no later part has another copy\n")));
    }
    let said = said(&edits, root);
    Ok(Forward { changes: Changes { place: root.to_path_buf(), create: Vec::new(), edit: edits }, said })
}

fn unchanged_by(series: &Series, id: &str) -> Failure {
    let states = series.program.states().map(|state| series.part(state.part).id.as_str());
    let message = format!("the part {} changes nothing of the program", quote(id));
    Failure::Usage(format!("{message}; those that do: {}", list(states, "and")))
}

fn nothing(root: &Path, said: String) -> Forward {
    Forward { changes: Changes { place: root.to_path_buf(), create: Vec::new(), edit: Vec::new() }, said }
}

/// What is written, a file a line.
fn said(edits: &[Edit], root: &Path) -> String {
    let mut said = String::new();
    for edit in edits {
        let name = edit.path.strip_prefix(root).unwrap_or(&edit.path).to_string_lossy();
        let how = match (text(&edit.before), text(&edit.after)) {
            (Some(before), Some(after)) => {
                let (new, gone) = counts(&difference(&lines(before), &lines(after)));
                format!("{} new, {gone} gone", count(new, "line"))
            }
            _ => count(edit.after.len(), "byte"),
        };
        // Writing to a `String` can't fail.
        let _ = writeln!(said, "{name}: {how}");
    }
    said
}

/// Whether a file of a later state goes back to that of an earlier one: it builds on it, and nothing between took the
/// file out.
fn goes_on(path: &str, (state, later): (&ProgramState, &ProgramState), series: &Series) -> bool {
    let mut at = later;
    while at.part != state.part {
        if at.removed.contains(path) {
            return false;
        }
        match series.program.base_of(at) {
            Some(base) => at = base,
            None => return false,
        }
    }
    true
}

fn bytes(file: &Origin) -> Result<Vec<u8>, Failure> {
    let name = file.name().to_string_lossy();
    file.read(MOST_WHOLE).map_err(|error| Failure::Io(format!("reading {}: {error}", quote(&name))))
}

/// What has changed, by what the files of the state were.
fn changes(
    before: BTreeMap<String, Option<Vec<u8>>>,
    state: &ProgramState,
    series: &Series,
) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for (path, old) in before {
        let base = || series.program.base_of(state).and_then(|base| series.program.file(base.part, &path));
        let old = match old {
            Some(old) => Some(old),
            // What the state now has a copy of, it had from the one before it.
            None => base().map(bytes).transpose()?,
        };
        let new = series.program.file(state.part, &path).map(bytes).transpose()?;
        if old != new {
            changes.push(Change { path, old, new });
        }
    }
    Ok(changes)
}

/// The files of a folder, and those of the state that aren't there.
fn of_folder(since: &Path, wanted: Wanted<'_>) -> Result<BTreeMap<String, Option<Vec<u8>>>, Failure> {
    let shown = quote(&since.to_string_lossy());
    let failed = |error: std::io::Error| Failure::Io(format!("reading {shown}: {error}"));
    let folder = Dir::open(since).map_err(failed)?;
    let ignore = &wanted.series.plan.code.ignore;
    let mut files: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    for (path, form) in folder.walk(&|path| path.file_name().is_none_or(|name| name != ".git")).map_err(failed)? {
        let Some(name) = path.to_str().filter(|_| form == Form::File) else { continue };
        if !ignore.iter().any(|pattern| is_ignored(&pattern.value, name)) {
            files.insert(name.to_string(), Some(read(&folder, &path).map_err(failed)?));
        }
    }
    let state = wanted.series.program.state(wanted.part);
    for path in state.into_iter().flat_map(|state| state.files.keys()) {
        files.entry(path.clone()).or_insert(None);
    }
    Ok(files)
}

/// The files that git has otherwise in its last commit, and those that it doesn't have.
fn of_commit(root: &Path, folder: &str, state: &ProgramState) -> Result<BTreeMap<String, Option<Vec<u8>>>, Failure> {
    let listed =
        names(&git(root, &["ls-tree", "-r", "-z", "--name-only", "HEAD", "--", &format!("{folder}/")])?, folder);
    if listed.is_empty() {
        let message = format!("the last commit has nothing in {}", quote(folder));
        return Err(Failure::Usage(format!("{message}; commit it, or name a folder with what it was by --since")));
    }
    let diff = ["diff", "-z", "--name-only", "--no-renames", "--relative", "HEAD", "--", folder];
    let changed = names(&git(root, &diff)?, folder);
    let mut files = BTreeMap::new();
    for path in changed.into_iter().filter(|path| listed.contains(path)) {
        // As a checkout would write it: line ends may be others there.
        let old = git(root, &["cat-file", "--filters", &format!("HEAD:./{folder}/{path}")])?;
        files.insert(path, Some(old));
    }
    for path in state.files.keys().filter(|path| !listed.contains(*path)) {
        files.insert(path.clone(), None);
    }
    Ok(files)
}

/// Names below a folder, each ended by a NUL.
fn names(said: &[u8], folder: &str) -> BTreeSet<String> {
    let said = String::from_utf8_lossy(said);
    let below = said.split('\0').filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
    below.map(str::to_string).collect()
}

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let asked = machine::program("git").arg("--literal-pathspecs").arg("-C").arg(root).args(arguments).output();
    let help = "name a folder with what the files were by --since";
    match asked {
        Ok(Output { status, stdout, .. }) if status.success() => Ok(stdout),
        Ok(Output { stderr, .. }) => {
            let said = String::from_utf8_lossy(&stderr);
            let said = said.lines().next().unwrap_or_default();
            Err(Failure::Usage(format!("git can't say what the last commit has ({said}); {help}")))
        }
        Err(error) => Err(Failure::Usage(format!("git could not be asked ({error}); {help}"))),
    }
}

/// Why a change can't be taken over.
enum Why {
    /// What both changed: the lines of the later copy, and those of the state.
    Lines(Shown, Shown),
    NoText,
    Added,
    Removed,
}

/// Lines of a file.
struct Shown {
    /// The first and the last, counted from 1.
    place: String,
    lines: Vec<String>,
}

/// So many lines of each side of a conflict are shown.
const MOST_SHOWN: usize = 8;

impl Shown {
    /// Some lines of a text, counted from 0.
    fn new(text: &str, range: Range<usize>) -> Shown {
        let (first, last) = (range.start + 1, range.end.max(range.start + 1));
        let place = if first == last { first.to_string() } else { format!("{first}-{last}") };
        let mut lines: Vec<String> =
            text.lines().skip(range.start).take(range.len().min(MOST_SHOWN)).map(|line| format!("| {line}")).collect();
        if lines.is_empty() {
            lines.push("(gone)".into());
        }
        let more = range.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            lines.push(format!("({} more)", count(more, "line")));
        }
        Shown { place, lines }
    }

    fn told(&self, file: &str) -> String {
        format!("\n  {file}:{}\n    {}", self.place, self.lines.join("\n    "))
    }
}

impl Why {
    fn told(self, later: &str, own: &str) -> String {
        match self {
            Why::Lines(ours, theirs) => {
                let places = ours.told(later) + &theirs.told(own);
                format!(
                    "{} has changed the same lines as {}, and not in the same way{places}",
                    quote(later),
                    quote(own)
                )
            }
            Why::NoText => {
                format!("{} has changed since, as has {}, and they are no text to merge", quote(later), quote(own))
            }
            Why::Added => format!("{} is another file than {}, which is new", quote(later), quote(own)),
            Why::Removed => {
                format!("{} stays though {} is gone; remove it too, or put that back", quote(later), quote(own))
            }
        }
    }
}

/// A later copy with a change.
fn merged(change: &Change, ours: &[u8]) -> Result<Vec<u8>, Vec<Why>> {
    let (old, new) = match (&change.old, &change.new) {
        (_, Some(new)) if new == ours => return Ok(ours.to_vec()),
        (Some(old), Some(new)) => (old, new),
        (None, _) => return Err(vec![Why::Added]),
        (_, None) => return Err(vec![Why::Removed]),
    };
    if old == ours {
        return Ok(new.clone());
    }
    let text = |bytes| text(bytes).ok_or_else(|| vec![Why::NoText]);
    let (old, ours, new) = (text(old)?, text(ours)?, text(new)?);
    let merged = merge(old, ours, new).map_err(|conflicts| {
        let why = |both: Conflict| Why::Lines(Shown::new(ours, both.ours), Shown::new(new, both.theirs));
        conflicts.into_iter().map(why).collect::<Vec<_>>()
    })?;
    Ok(merged.into_bytes())
}

/// What can be merged by lines.
fn text(bytes: &[u8]) -> Option<&str> {
    let is_small = bytes.len() as u64 <= MOST_SOURCE_BYTES;
    let has_nul = bytes.contains(&0);
    (is_small && !has_nul).then(|| str::from_utf8(bytes).ok()).flatten()
}
