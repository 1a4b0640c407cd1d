//! What a target may know of the run that it serves, all of it handed in.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::environment::{Environment, Secrets};
use super::error::PublishError;
use crate::store::state::State;

/// How long a target may be silent unless `PARTWORK_TIMEOUT` says another number of seconds.
pub const TIMEOUT: u64 = 60;

/// What a target may know of the run it serves.
#[derive(Clone)]
pub struct Context<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// What is remembered of the project.
    pub state: &'a State,
    /// The folder that `build` writes.
    pub output: PathBuf,
    /// A folder of this run alone, on the disk of the project, empty at first and gone afterwards.
    pub scratch: &'a Path,
    pub home: Option<PathBuf>,
    /// When the run began by the machine's clock, whatever day the site is built for.
    pub now: Timestamp,
    pub clock: Clock,
    /// How long a target may be silent before that counts as a failure.
    pub timeout: Duration,
    /// Whether history on the target may be overwritten.
    pub force: bool,
    /// Set when the user wants to stop; asked between any two steps.
    pub stop: Arc<AtomicBool>,
    /// Told of each file that has arrived, from any thread.
    pub arrived: &'a (dyn Fn() + Sync),
    pub environment: &'a Environment,
    pub secrets: &'a Secrets,
}

/// The machine's clocks, for what is signed, renewed and waited for as a run goes on.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub now: fn() -> Timestamp,
    pub instant: fn() -> Instant,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("root", &self.root).field("force", &self.force).finish_non_exhaustive()
    }
}

impl Context<'_> {
    /// The time as it is now.
    pub fn time(&self) -> Timestamp {
        (self.clock.now)()
    }

    /// What waits are measured by.
    pub fn instant(&self) -> Instant {
        (self.clock.instant)()
    }

    /// A word that no other run has.
    pub fn token(&self) -> String {
        format!("{}-{}", std::process::id(), self.time().as_nanosecond())
    }

    /// Waits, unless the run is stopped.
    pub fn pause(&self, time: Duration) -> Result<(), PublishError> {
        let until = self.instant() + time;
        while let Some(left) = until.checked_duration_since(self.instant()) {
            self.go_on()?;
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
        Ok(())
    }

    /// To be called between steps, so that an interrupted publish stops at a whole one.
    pub fn go_on(&self) -> Result<(), PublishError> {
        if self.stop.load(Ordering::Relaxed) { Err(PublishError::Interrupted) } else { Ok(()) }
    }
}
