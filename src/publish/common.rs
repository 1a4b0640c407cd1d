//! What every kind of target needs: how it fails, what it may know of its run, other programs.
//!
//! In: a command line, or a failure of the machine. Out: a program's output, or a [`PublishError`]
//! in words that hold no secret. Never prints.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use jiff::Timestamp;

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

/// What a target may know of the run it serves.
#[derive(Clone)]
pub struct Context<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// The folder that `build` writes.
    pub output: PathBuf,
    /// A folder of this run alone, on the disk of the project, empty at first and gone afterwards.
    pub scratch: &'a Path,
    pub home: Option<PathBuf>,
    /// The machine's clock, whatever day the site is built for.
    pub now: Timestamp,
    /// How long a target may be silent.
    pub patience: Duration,
    /// Whether history on the target may be overwritten.
    pub force: bool,
    /// Set when the user wants to stop; asked between any two steps.
    pub stop: Arc<AtomicBool>,
    /// Told of each file that has arrived, from any thread.
    pub arrived: &'a (dyn Fn() + Sync),
    pub secrets: &'a Secrets,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("root", &self.root).field("force", &self.force).finish_non_exhaustive()
    }
}

impl Context<'_> {
    /// To be called between steps, so that an interrupted publish stops at a whole one.
    pub fn go_on(&self) -> Result<(), PublishError> {
        if self.stop.load(Ordering::Relaxed) { Err(PublishError::Interrupted) } else { Ok(()) }
    }
}

/// How long a target may be silent before that counts as a failure, unless `PARTWORK_TIMEOUT` says
/// another number of seconds.
pub const PATIENCE: u64 = 60;

/// Texts that may appear in no output.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// From the variables of the environment: each whose name says that it is secret.
    pub fn from_environment(variables: impl Iterator<Item = (String, String)>) -> Self {
        /// Shorter values would take words out of ordinary messages.
        const SHORTEST: usize = 6;
        let secret = |name: &str| {
            crate::settings::target::is_secret_key(name) || name.ends_with("_PAT") || name.ends_with("_KEY")
        };
        Secrets(
            variables.filter(|(name, value)| secret(name) && value.len() >= SHORTEST).map(|(_, value)| value).collect(),
        )
    }

    /// The same text with `***` for each secret, and for what stands before the `@` of an address.
    pub fn hide(&self, text: &str) -> String {
        let mut hidden = text.to_string();
        for secret in &self.0 {
            hidden = hidden.replace(secret.as_str(), "***");
        }
        let mut clean = String::with_capacity(hidden.len());
        let mut rest = hidden.as_str();
        while let Some(at) = rest.find("://") {
            let (before, after) = rest.split_at(at + 3);
            clean.push_str(before);
            let end =
                after.find(|c: char| c == '/' || c == '\'' || c == '"' || c.is_whitespace()).unwrap_or(after.len());
            match after[..end].rfind('@') {
                // A user alone is none, as in `ssh://git@host`.
                Some(user) if before.ends_with("ssh://") && !after[..user].contains(':') => rest = after,
                Some(user) => {
                    clean.push_str("***");
                    rest = &after[user..];
                }
                None => rest = after,
            }
        }
        clean.push_str(rest);
        clean
    }
}

/// What a program wrote before it ended well.
#[derive(Debug)]
pub struct Output {
    pub stdout: Vec<u8>,
}

/// A program that ended badly.
#[derive(Debug)]
pub struct ProgramFailure {
    pub status: Option<i32>,
    /// What it said, without secrets.
    pub stderr: String,
}

/// Runs a program to its end with `input` on its standard input and gives what it wrote. The inner
/// failure is the program's own. A run that is stopped ends it.
pub fn run(
    command: &mut Command,
    input: &[u8],
    context: &Context<'_>,
) -> Result<Result<Output, ProgramFailure>, PublishError> {
    let program = PathBuf::from(command.get_program());
    let name = program.display().to_string();
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match started {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(PublishError::Local(format!("{} is not installed, and this target needs it", quote(&name))));
        }
        started => started.map_err(|error| PublishError::Local(format!("could not run {}: {error}", quote(&name))))?,
    };
    let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (status, stdout, stderr) = std::thread::scope(|scope| {
        // Dropped by the two readers when the program has closed its outputs.
        let (open, closed) = mpsc::channel::<()>();
        let read = |pipe: Option<Box<dyn Read + Send>>| {
            let open = open.clone();
            scope.spawn(move || {
                let mut bytes = Vec::new();
                // A pipe that breaks is a program that ended; its status says how.
                pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
                drop(open);
                bytes
            })
        };
        let stdout = read(out.map(|pipe| Box::new(pipe) as _));
        let stderr = read(err.map(|pipe| Box::new(pipe) as _));
        drop(open);
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
        while closed.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
            if context.go_on().is_err() {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                break;
            }
        }
        (child.wait(), stdout.join().unwrap_or_default(), stderr.join().unwrap_or_default())
    });
    let status = status.map_err(|error| PublishError::Local(format!("could not run {}: {error}", quote(&name))))?;
    context.go_on()?;
    if status.success() {
        return Ok(Ok(Output { stdout }));
    }
    let stderr = context.secrets.hide(String::from_utf8_lossy(&stderr).trim());
    Ok(Err(ProgramFailure { status: status.code(), stderr }))
}

/// ssh that notices a line which has gone dead, where it would wait for hours by itself.
pub fn patient_ssh(seconds: u64) -> String {
    // The third unanswered question in a row ends it (ssh_config(5), `ServerAliveCountMax`).
    format!("ssh -oConnectTimeout={seconds} -oServerAliveInterval={}", seconds.div_ceil(3))
}

/// For `map_err`: what was being done to a file of this machine.
pub fn local(verb: &str, path: impl AsRef<OsStr>) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.as_ref().to_string_lossy().into_owned();
    move |error| PublishError::Local(format!("could not {verb} {}: {error}", quote(&path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        let variables = [("AWS_SECRET_ACCESS_KEY", "hunter2"), ("HOME", "/root/x"), ("TOKEN", "a")];
        let variables = variables.into_iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let secrets = Secrets::from_environment(variables);
        assert_eq!(secrets.hide("key hunter2 in /root/x"), "key *** in /root/x");
        assert_eq!(secrets.hide("at https://me:pw@host/a: no"), "at https://***@host/a: no");
        assert_eq!(
            secrets.hide("at 'https://host/a@b' or ssh://git@host/"),
            "at 'https://host/a@b' or ssh://git@host/"
        );
    }
}
