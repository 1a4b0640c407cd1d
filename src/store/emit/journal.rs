//! What is still to be done to an output that is brought up to date file by file, so that a killed
//! build is carried through by the next.

use std::fs;
use std::io::{self, ErrorKind};

use super::error::{EmitError, failed};
use super::survey::{Survey, folders_of};
use super::workplace::Workplace;
use crate::store::disk::{remove_with_parents, with_parents};
use crate::store::tree::{OutputPath, Tree};
use crate::text::path::folders_above;

const VERSION: &str = "partwork-journal 2";

/// Writes down what makes the output the new tree. Each line can be done again without harm,
/// in this order:
/// - the account first, so that nothing of ours ever looks foreign;
/// - stale files that stand where the tree has a folder, or in a folder where it has a file;
/// - the new files, then the other stale ones.
pub fn write(workplace: &Workplace, staged: &[&OutputPath], survey: &Survey, tree: &Tree) -> Result<(), EmitError> {
    let folders = folders_of(tree);
    let (blocking, others): (Vec<&String>, Vec<&String>) = survey.stale.iter().partition(|path| {
        folders.contains(path.as_str()) || folders_above(path).any(|folder| tree.get(folder).is_some())
    });
    let removals = |paths: Vec<&String>| paths.iter().map(|path| format!("remove {path}\n")).collect::<String>();
    let moves: String = staged.iter().map(|path| format!("move {path}\n")).collect();
    let text = format!("{VERSION}\naccount\n{}{moves}{}", removals(blocking), removals(others));
    // Under its own name only once it is whole.
    let (draft, journal) = (workplace.journal_draft(), workplace.journal());
    fs::write(&draft, text).and_then(|()| fs::rename(&draft, &journal)).map_err(failed("write", &journal))
}

/// Does what the journal says, if there is one, and removes it.
pub fn apply(workplace: &Workplace) -> Result<(), EmitError> {
    let journal = workplace.journal();
    let text = match fs::read_to_string(&journal) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => text.map_err(failed("read", &journal))?,
    };
    let steps = parse(&text)
        .ok_or_else(|| failed("read", &journal)(io::Error::new(ErrorKind::InvalidData, "it is damaged")))?;
    for step in steps {
        match step {
            Step::Account => workplace.account.install(&workplace.output)?,
            Step::Move(path) => {
                let (from, to) = (workplace.new_tree().join(path.as_str()), workplace.output.join(path.as_str()));
                match with_parents(&to, || fs::rename(&from, &to)) {
                    Err(error) if error.kind() == ErrorKind::NotFound && from.symlink_metadata().is_err() => {}
                    done => done.map_err(failed("write", &to))?,
                }
            }
            Step::Remove(path) => remove_with_parents(&workplace.output, path.as_str())
                .map_err(failed("remove", &workplace.output.join(path.as_str())))?,
        }
    }
    fs::remove_file(&journal).map_err(failed("remove", &journal))
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
