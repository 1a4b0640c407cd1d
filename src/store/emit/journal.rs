//! What is still to be done to an output that is brought up to date file by file, so that a killed
//! build is carried through by the next.

use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use super::error::{EmitError, failed, shown};
use super::survey::{Survey, folders_of};
use super::workplace::{JOURNAL, JOURNAL_DRAFT, NEW, Workplace};
use crate::store::disk::{ignore_missing, remove_with_parents};
use crate::store::state::{State, read};
use crate::store::tree::{OutputPath, Tree};
use crate::text::path::folders_above;

const VERSION: &str = "partwork-journal 2";

/// What an output is to become.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    pub survey: &'a Survey,
    pub tree: &'a Tree,
}

/// Writes down what makes the output the new tree. Each line can be done again without harm,
/// in this order:
/// - the account first, so that nothing of ours ever looks foreign;
/// - stale files that stand where the tree has a folder, or in a folder where it has a file;
/// - the new files, then the other stale ones.
pub fn write(
    workplace: &Workplace,
    state: &State,
    staged: &[&OutputPath],
    change: Change<'_>,
) -> Result<(), EmitError> {
    let Change { survey, tree } = change;
    let folders = folders_of(tree);
    let (blocking, others): (Vec<&String>, Vec<&String>) = survey.stale.iter().partition(|path| {
        folders.contains(path.as_str()) || folders_above(path).any(|folder| tree.get(folder).is_some())
    });
    let removals = |paths: Vec<&String>| paths.iter().map(|path| format!("remove {path}\n")).collect::<String>();
    let moves: String = staged.iter().map(|path| format!("move {path}\n")).collect();
    let text = format!("{VERSION}\naccount\n{}{moves}{}", removals(blocking), removals(others));
    // Under its own name only once it is whole.
    let dir = &workplace.dir;
    let put = || {
        let (seal, name) = workplace.seal(state)?;
        ignore_missing(dir.remove_file(JOURNAL_DRAFT))?;
        dir.create(JOURNAL_DRAFT)?.write_all(&seal.close(&name, text.as_bytes()))?;
        dir.rename(JOURNAL_DRAFT, dir, JOURNAL)
    };
    put().map_err(failed("write", &dir.path().join(JOURNAL)))
}

/// Does what the journal says, if there is one, and removes it. Refuses one that isn't ours.
pub fn apply(workplace: &Workplace, state: &State) -> Result<(), EmitError> {
    let dir = &workplace.dir;
    let journal = dir.path().join(JOURNAL);
    if !dir.has(JOURNAL) {
        return Ok(());
    }
    let ours = || -> io::Result<Option<Vec<u8>>> {
        let (seal, name) = workplace.seal(state)?;
        Ok(seal.open(&name, read(dir, JOURNAL)?))
    };
    let text = ours().map_err(failed("read", &journal))?.and_then(|text| String::from_utf8(text).ok());
    let Some(steps) = text.as_deref().and_then(parse) else {
        let why = "is damaged, or none of a build of yours; move it away";
        return Err(EmitError::Refused(format!("{} {why}", shown(&journal))));
    };
    let Some(output) = workplace.standing()? else {
        return Err(failed("write", &workplace.output)(ErrorKind::NotFound.into()));
    };
    let new = dir.make_folder(NEW).map_err(failed("read", dir.path()))?;
    for step in steps {
        match step {
            Step::Account => workplace.account.install(&output)?,
            Step::Move(path) => {
                let path = Path::new(path.as_str());
                match new.rename(path, &output, path) {
                    Err(error) if error.kind() == ErrorKind::NotFound && !new.has(path) => {}
                    done => done.map_err(failed("write", &output.path().join(path)))?,
                }
            }
            Step::Remove(path) => remove_with_parents(&output, path.as_str())
                .map_err(failed("remove", &output.path().join(path.as_str())))?,
        }
    }
    dir.remove_file(JOURNAL).map_err(failed("remove", &journal))
}

/// What is done to an output that is brought up to date in place.
enum Step {
    Account,
    Move(OutputPath),
    Remove(OutputPath),
}

fn parse(text: &str) -> Option<Vec<Step>> {
    let lines = text.strip_prefix(VERSION)?.strip_prefix('\n')?;
    let step = |line: &str| {
        if line == "account" {
            return Some(Step::Account);
        }
        let (verb, path) = line.split_once(' ')?;
        let path = OutputPath::new(path).ok()?;
        match verb {
            "move" => Some(Step::Move(path)),
            "remove" => Some(Step::Remove(path)),
            _ => None,
        }
    };
    lines.lines().map(step).collect()
}
