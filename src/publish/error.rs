//! How a publish fails, in words that hold no secret.

use std::ffi::OsStr;
use std::fmt;
use std::io;

use super::environment::Secrets;
use crate::diagnostic::quote;

/// Why a publish did not happen. Each kind has its exit status.
#[derive(Debug)]
pub enum PublishError {
    /// It would do harm, whoever tries (3). Nothing was changed.
    Refused(String),
    /// The target, or the way to it, failed (4). A second run does what is left.
    Remote(String),
    /// This machine failed, as when a disk is full (1).
    Local(String),
    /// Somebody pressed Ctrl-C (130). A second run does what is left.
    Interrupted,
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PublishError::Refused(why) | PublishError::Remote(why) | PublishError::Local(why) => f.write_str(why),
            PublishError::Interrupted => f.write_str("interrupted; run it again and it does what is left"),
        }
    }
}

impl std::error::Error for PublishError {}

impl PublishError {
    /// The same failure in words without secrets.
    pub fn without(self, secrets: &Secrets) -> Self {
        match self {
            PublishError::Refused(why) => PublishError::Refused(secrets.hide(&why)),
            PublishError::Remote(why) => PublishError::Remote(secrets.hide(&why)),
            PublishError::Local(why) => PublishError::Local(secrets.hide(&why)),
            PublishError::Interrupted => PublishError::Interrupted,
        }
    }
}

/// For `map_err`: what was being done to a file of this machine.
pub fn local(verb: &str, path: impl AsRef<OsStr>) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.as_ref().to_string_lossy().into_owned();
    move |error| PublishError::Local(format!("could not {verb} {}: {error}", quote(&path)))
}
