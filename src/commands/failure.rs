//! Why a command did not do what it was asked to.
//!
//! In: the errors of the library. Out: a message and an exit status.

use std::fmt;
use std::io::{self};

use partwork::diagnostic::quote;
use partwork::new::Problem;
use partwork::new::changes::ChangeError;
use partwork::publish::error::PublishError;
use partwork::serve::ServeError;
use partwork::store::emit::EmitError;

/// Why a command did not do what it was asked to; each has its exit status.
#[derive(Debug)]
pub enum Failure {
    /// The content has errors, which have been reported (1).
    Content,
    /// A source of another tool has a mistake (1).
    Source(String),
    /// This machine said no (4).
    Io(String),
    /// What was typed can't be meant (2).
    Usage(String),
    /// It would lose something (3).
    Refused(String),
    /// The network, the other side or the output folder (4).
    Remote(String),
    /// Ctrl-C (130).
    Interrupted(String),
    /// It has been told in the result, which is JSON; with its exit status.
    Told(u8),
    /// Whoever read the output has seen enough, as `head` does; that is no failure.
    Closed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Content | Failure::Told(_) | Failure::Closed => Ok(()),
            Failure::Source(reason)
            | Failure::Io(reason)
            | Failure::Usage(reason)
            | Failure::Refused(reason)
            | Failure::Remote(reason)
            | Failure::Interrupted(reason) => f.write_str(reason),
        }
    }
}

impl From<EmitError> for Failure {
    fn from(error: EmitError) -> Self {
        match error {
            EmitError::Refused(reason) => Failure::Refused(reason),
            EmitError::Io { .. } => Failure::Remote(error.to_string()),
        }
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let message = error.to_string();
        match error {
            PublishError::Refused(_) => Failure::Refused(message),
            PublishError::Remote(_) => Failure::Remote(message),
            PublishError::Local(_) => Failure::Io(message),
            PublishError::Interrupted => Failure::Interrupted(message),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Usage(reason) => Failure::Usage(reason),
            Problem::Refused(reason) => Failure::Refused(reason),
            Problem::Content => Failure::Content,
            Problem::Io(reason) => Failure::Io(reason),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Usage(reason) => Failure::Usage(reason),
            ServeError::Unsafe(reason) => Failure::Refused(reason),
            ServeError::Network(reason) => Failure::Remote(reason),
            ServeError::Io(error) => Failure::Io(error.to_string()),
        }
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(reason) => Failure::Refused(format!("{reason}; nothing was changed")),
            ChangeError::Io { path, error } => {
                Failure::Io(format!("writing {}: {error}; nothing was changed", quote(&path.to_string_lossy())))
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Closed;
        }
        Failure::Io(error.to_string())
    }
}

impl Failure {
    /// The exit status that says it.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Closed => 0,
            Failure::Told(status) => *status,
            Failure::Content | Failure::Source(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Refused(_) => 3,
            Failure::Io(_) | Failure::Remote(_) => 4,
            Failure::Interrupted(_) => 130,
        }
    }
}
