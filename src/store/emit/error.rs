//! Why an output folder can't be written, in words.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use crate::diagnostic::quote;

/// Why an output folder can't be written.
#[derive(Debug)]
pub enum EmitError {
    /// Writing there would be wrong, whoever tries; nothing was changed.
    Refused(String),
    /// The system would not do something; `doing` names it, as in "write `a.html`".
    Io { doing: String, source: io::Error },
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EmitError::Refused(why) => f.write_str(why),
            EmitError::Io { doing, source } => write!(f, "could not {doing}: {source}"),
        }
    }
}

// The system's reason is part of the sentence above, so it is no `source()` as well.
impl Error for EmitError {}

pub fn shown(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

/// For `map_err`: what was being done, and to what.
pub fn failed(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> EmitError {
    move |source| EmitError::Io { doing: format!("{verb} {}", shown(path)), source }
}
