//! Other programs: git, ssh and rsync, with the user's own credentials, agents and settings.
//!
//! In: a command line. Out: what the program wrote, or what it said when it ended badly, in words
//! that hold no secret. Never prints.

use std::io::{ErrorKind, Read, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::context::Context;
use super::error::PublishError;
use crate::diagnostic::quote;

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
    /// Of what it says, in bytes: a listing of a million files is less.
    const MOST: u64 = 256 << 20;
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
                // A pipe that breaks is a program that ended; its status says how. What is closed here ends one
                // that would never.
                pipe.map(|pipe| pipe.take(MOST + 1).read_to_end(&mut bytes));
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
    if stdout.len().max(stderr.len()) as u64 > MOST {
        return Err(PublishError::Remote(format!("{} says more than {} MiB", quote(&name), MOST >> 20)));
    }
    if status.success() {
        return Ok(Ok(Output { stdout }));
    }
    let stderr = context.secrets.hide(String::from_utf8_lossy(&stderr).trim());
    Ok(Err(ProgramFailure { status: status.code(), stderr }))
}

/// Another program, looked for as a shell does.
#[expect(clippy::disallowed_methods, reason = "repositories and other machines are reached by the user's own programs")]
pub fn program(name: &str) -> Command {
    Command::new(name)
}

/// ssh that notices a line which has gone dead, where it would wait for hours by itself, and lends the
/// other machine neither the user's agent nor a way back.
pub fn ssh_with_timeout(seconds: u64) -> String {
    // The third unanswered question in a row ends it (ssh_config(5), `ServerAliveCountMax`).
    let alive = seconds.div_ceil(3);
    format!(
        "ssh -oConnectTimeout={seconds} -oServerAliveInterval={alive} -oForwardAgent=no -oForwardX11=no \
         -oClearAllForwardings=yes"
    )
}
