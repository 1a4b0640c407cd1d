//! What a command that talks to a target, or to git, hands on of the machine.
//!
//! In: the environment, the clocks, signals. Out: a [`Context`] for the library.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::Timestamp;
use partwork::diagnostic::quote;
use partwork::publish::context::{Clock, Context, TIMEOUT};
use partwork::publish::environment::{Environment, Secrets};
use partwork::publish::stage::Stage;
use partwork::store::state::State;

use super::failure::Failure;
use super::machine;

/// What targets may know of the machine, as long as a publish lasts.
pub struct Surroundings {
    pub state: State,
    output: PathBuf,
    pub scratch: PathBuf,
    now: Timestamp,
    timeout: Duration,
    stop: Arc<AtomicBool>,
    environment: Environment,
    pub secrets: Secrets,
}

impl Surroundings {
    /// `output` is the folder that `build` writes; `stop`, once it is set, ends what is under way between two steps.
    pub fn begin(state: State, output: PathBuf, stage: &Stage, stop: Arc<AtomicBool>) -> Result<Surroundings, Failure> {
        let environment: Environment = machine::variables().collect();
        Ok(Surroundings {
            output,
            state,
            scratch: stage.scratch(),
            // Whatever day the site is built for, assets that were live a minute ago are in readers' hands.
            now: machine::clock(),
            timeout: timeout(&environment)?,
            stop,
            secrets: Secrets::of(&environment),
            environment,
        })
    }

    /// `arrived` is told of each file.
    pub fn context<'a>(&'a self, arrived: &'a (dyn Fn() + Sync)) -> Context<'a> {
        Context {
            root: self.state.root(),
            state: &self.state,
            output: self.output.clone(),
            scratch: &self.scratch,
            home: machine::home(),
            now: self.now,
            clock: Clock { now: machine::clock, instant: machine::instant },
            timeout: self.timeout,
            force: false,
            stop: Arc::clone(&self.stop),
            arrived,
            environment: &self.environment,
            secrets: &self.secrets,
        }
    }
}

/// How long a target may be silent: `PARTWORK_TIMEOUT`, in seconds.
fn timeout(environment: &Environment) -> Result<Duration, Failure> {
    const NAME: &str = "PARTWORK_TIMEOUT";
    let Some(text) = environment.get(NAME) else { return Ok(Duration::from_secs(TIMEOUT)) };
    let seconds = text.to_str().and_then(|text| text.parse().ok()).filter(|seconds| (1..=3600).contains(seconds));
    let seconds = seconds.ok_or_else(|| Failure::Usage(format!("{} is not from 1 to 3600 seconds", quote(NAME))))?;
    Ok(Duration::from_secs(seconds))
}
