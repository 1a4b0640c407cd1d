//! A command of a shell, in a folder, with bounds.
//!
//! In: what the author typed. Out: how it ended, and what it said at last. All that it started and left in its group
//! ends with it, whatever it did to its output or its folder.

use std::collections::VecDeque;
use std::io::{self, PipeReader, Read as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::system::{Group, signal};

/// What is kept of what a command says: its end, in bytes.
const KEPT: usize = 64 << 10;

/// A command that says more than this will not stop.
const MOST_SAID: usize = 64 << 20;

/// How often is looked whether the run is to stop.
const PAUSE: Duration = Duration::from_millis(100);

/// How long is waited for the rest of what was said, when all that could say something has ended. Only what left the
/// group can still hold the pipe.
const REST: Duration = Duration::from_secs(1);

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Well,
    Status(i32),
    Signal(i32),
    /// It was ended for its time.
    Late,
    /// It was ended for what it said.
    Flooded,
    /// It was ended because the run was.
    Stopped,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    pub how: How,
    /// The end of what it wrote to its output and its errors, in the order in which it came.
    pub said: String,
}

enum Event {
    Ended,
    Flooded,
    /// Nobody can say more.
    Silent,
}

/// Runs a command to its end, at the latest when its time is over or the run is to stop. It has no input.
pub fn run(command: &str, folder: &Path, limit: Duration, stop: &AtomicBool) -> io::Result<Ended> {
    let began = instant();
    let (reader, writer) = io::pipe()?;
    // What holds the writers is dropped with this statement, so that the reader sees the end.
    let group = {
        let errors = writer.try_clone()?;
        let mut shell = shell();
        shell.arg("-c").arg(command).current_dir(folder);
        Arc::new(Group::start(shell.stdin(Stdio::null()).stdout(writer).stderr(errors))?)
    };
    let (tell, events) = mpsc::channel();
    let said = Arc::new(Mutex::new(VecDeque::new()));
    let listener = (Arc::clone(&said), tell.clone());
    thread::spawn(move || listen(reader, &listener.0, &listener.1));
    let waited = Arc::clone(&group);
    thread::spawn(move || {
        waited.wait();
        let _ = tell.send(Event::Ended);
    });
    let over = watch(&events, stop, || began.elapsed() >= limit);
    let status = group.end()?;
    while let Ok(event) = events.recv_timeout(REST) {
        if matches!(event, Event::Silent) {
            break;
        }
    }
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    let said = String::from_utf8_lossy(said.make_contiguous()).into_owned();
    Ok(Ended { how: over.unwrap_or_else(|| how(status)), said })
}

/// Waits until a command has ended, or has to be.
fn watch(events: &Receiver<Event>, stop: &AtomicBool, is_late: impl Fn() -> bool) -> Option<How> {
    loop {
        match events.recv_timeout(PAUSE) {
            Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => return None,
            Ok(Event::Flooded) => return Some(How::Flooded),
            // It may go on without its output.
            Ok(Event::Silent) | Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => {
                return Some(How::Stopped);
            }
            Ok(Event::Silent) | Err(RecvTimeoutError::Timeout) if is_late() => return Some(How::Late),
            Ok(Event::Silent) | Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn listen(mut reader: PipeReader, said: &Mutex<VecDeque<u8>>, tell: &Sender<Event>) {
    let mut piece = [0; 8 << 10];
    let mut all = 0;
    loop {
        let length = match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend(&piece[..length]);
        let over = said.len().saturating_sub(KEPT);
        said.drain(..over);
        all += length;
        if all > MOST_SAID {
            let _ = tell.send(Event::Flooded);
            break;
        }
    }
    let _ = tell.send(Event::Silent);
}

fn how(status: ExitStatus) -> How {
    match status.code() {
        Some(0) => How::Well,
        Some(code) => How::Status(code),
        None => How::Signal(signal(status).unwrap_or(0)),
    }
}

#[expect(clippy::disallowed_methods, reason = "the author has named a command that checks a program")]
fn shell() -> Command {
    Command::new("sh")
}

#[expect(clippy::disallowed_methods, reason = "a command has so much time")]
fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(command: &str, limit: Duration) -> (How, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = run(command, folder.path(), limit, &AtomicBool::new(false)).expect("run");
        (ended.how, ended.said)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn ends_are_told_apart() {
        for (command, how, said) in [
            ("echo one; echo two >&2; echo three", How::Well, "one\ntwo\nthree\n"),
            ("printf x; exit 3", How::Status(3), "x"),
            // Not every system says which signal it was.
            ("kill -9 $$", How::Signal(if cfg!(portable) { 0 } else { 9 }), ""),
            // Its output closed, its folder gone, its input at its end.
            ("echo a; exec >&- 2>&-; exit 4", How::Status(4), "a\n"),
            ("rmdir \"$PWD\"; echo b", How::Well, "b\n"),
            ("cat; echo c", How::Well, "c\n"),
        ] {
            assert_eq!(ran(command, LONG), (how, said.into()), "{command}");
        }
    }

    #[test]
    fn what_goes_on_is_ended() {
        let (how, said) = ran("echo $$; exec sleep 1000", Duration::ZERO);
        assert_eq!((how, said.contains("1000")), (How::Late, false));
    }

    /// Where the system holds together what a program starts.
    #[test]
    #[cfg(not(portable))]
    fn what_is_left_behind_is_ended() {
        let (how, _) = ran("(sleep 1000) & sleep 1000", Duration::ZERO);
        assert_eq!(how, How::Late);
        // A child that is left behind holds the output, and is ended when the command has.
        let (how, said) = ran("sleep 1000 & echo $!", LONG);
        assert_eq!(how, How::Well);
        // What was told to end has closed its output before it is a zombie, which stands until its new parent has
        // looked.
        let began = instant();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", said.trim())).unwrap_or_default();
        while !state().is_empty() && !state().contains(") Z ") {
            assert!(began.elapsed() < LONG, "{}", state());
            thread::yield_now();
        }
    }

    #[test]
    fn what_never_stops_to_speak_is_ended_and_its_end_kept() {
        let (how, said) = ran(
            "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done | cat",
            LONG,
        );
        assert_eq!((how, said.len()), (How::Flooded, KEPT));
    }

    #[test]
    fn a_run_that_is_stopped_ends_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = run("sleep 1000", folder.path(), LONG, &AtomicBool::new(true)).expect("run");
        assert_eq!(ended.how, How::Stopped);
    }
}
