//! The program that grows with a series: what each part adds to it, and what it is as of a part.
//!
//! In: nothing; `states` fills it. Out: a [`Program`] of states. A state holds what its part adds or changes, whole
//! files; all else is as of the part before it, whatever that one's status. Knows names and places, and reads the
//! bytes of none.

use std::collections::{BTreeMap, BTreeSet};

use crate::site::ids::PartId;
use crate::store::origin::Origin;
use crate::text::source::{SourceId, Spanned};

/// The program of a series: a state for each part that changes it.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub(super) states: BTreeMap<PartId, ProgramState>,
}

/// What a part changes in the program.
#[derive(Debug, Clone)]
pub struct ProgramState {
    pub part: PartId,
    /// The state on which it builds; none for one that begins anew.
    pub base: Option<PartId>,
    /// The files that it adds or changes, by their paths in the program.
    pub files: BTreeMap<String, Origin>,
    /// Files of the base that are gone.
    pub removed: BTreeSet<String>,
    /// Its `code/<part>.toml`, if it has one.
    pub source: Option<SourceId>,
    /// The command that checks it, in place of the series' one.
    pub check: Option<Spanned<String>>,
}

impl Program {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The states in the order of the parts.
    pub fn states(&self) -> impl DoubleEndedIterator<Item = &ProgramState> {
        self.states.values()
    }

    /// The state of a part that changes the program.
    pub fn state(&self, part: PartId) -> Option<&ProgramState> {
        self.states.get(&part)
    }

    /// The state that the program has as of a part: its own, else the nearest before it.
    pub fn state_as_of(&self, part: PartId) -> Option<&ProgramState> {
        self.states.range(..=part).next_back().map(|(_, state)| state)
    }

    /// The state that the program had before a part changed it.
    pub fn base_of(&self, state: &ProgramState) -> Option<&ProgramState> {
        self.states.get(&state.base?)
    }

    /// A file of the program as of a part, by its path in the program.
    pub fn file(&self, part: PartId, path: &str) -> Option<&Origin> {
        self.copies(part, path).next()
    }

    /// The copies of a file in the states that a part builds on, down to the one that brought it: the first is the one
    /// that it has.
    pub fn copies(&self, part: PartId, path: &str) -> impl Iterator<Item = &Origin> {
        let states = std::iter::successors(self.state_as_of(part), |state| self.base_of(state));
        let there = states.map_while(move |state| match state.files.get(path) {
            None if state.removed.contains(path) => None,
            file => Some(file),
        });
        there.flatten()
    }

    /// The whole program as of a part, by path.
    pub fn files(&self, part: PartId) -> BTreeMap<&str, &Origin> {
        let mut chain = Vec::new();
        let mut at = self.state_as_of(part);
        while let Some(state) = at {
            chain.push(state);
            at = self.base_of(state);
        }
        let mut files = BTreeMap::new();
        for state in chain.into_iter().rev() {
            state.removed.iter().for_each(|path| _ = files.remove(path.as_str()));
            files.extend(state.files.iter().map(|(path, file)| (path.as_str(), file)));
        }
        files
    }
}
