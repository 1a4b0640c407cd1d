//! Processes: those that are started, this one and its bounds, and who ends it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getrlimit, kill_process_group, setrlimit, test_kill_process,
    waitid,
};
use rustix::time::{ClockId, clock_gettime};
use tokio::signal::unix::{SignalKind, signal as listen};

use crate::system::found::Word;

/// A program that was started, with all that it starts and leaves in its group.
#[derive(Debug)]
pub struct Group {
    child: Mutex<Child>,
    pid: Pid,
}

impl Group {
    pub fn start(command: &mut Command) -> io::Result<Group> {
        let child = command.process_group(0).spawn()?;
        let pid = Pid::from_child(&child);
        Ok(Group { child: Mutex::new(child), pid })
    }

    /// Waits until the program has ended. It stays a process until [`end`](Group::end), and so its number its own.
    pub fn wait(&self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(self.pid), options), Err(error) if error == rustix::io::Errno::INTR) {}
    }

    /// Ends all that is left of the group; gives how the program ended.
    pub fn end(&self) -> io::Result<ExitStatus> {
        // Fails where nobody is left.
        let _ = kill_process_group(self.pid, Signal::KILL);
        self.child.lock().unwrap_or_else(PoisonError::into_inner).wait()
    }
}

/// The signal that ended a program, if one did.
pub fn signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// The words by which somebody ends this process.
#[derive(Debug)]
pub struct Words {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Words {
    /// Listens from here on.
    pub fn listen() -> io::Result<Words> {
        Ok(Words { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// The next word.
    pub async fn next(&mut self) -> Word {
        tokio::select! {
            _ = self.interrupt.recv() => Word::Interrupt,
            _ = self.terminate.recv() => Word::Terminate,
        }
    }
}

/// Whether a process lives; `None` where nothing says so.
pub fn lives(pid: u32) -> Option<bool> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    Some(pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH)))
}

/// What this machine is called.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// A look at the memory that is in use. It is opened once, since a process may shut itself off from the files that
/// say it.
#[derive(Debug)]
pub struct Usage {
    /// `None` on other systems than Linux, which have no such file.
    statm: Option<File>,
}

impl Usage {
    pub fn open() -> Usage {
        Usage { statm: File::open("/proc/self/statm").ok() }
    }

    /// Memory that is in use, in bytes (proc(5), `/proc/pid/statm`); `None` where nobody says.
    pub fn memory(&self) -> Option<u64> {
        let mut text = [0; 128];
        let read = self.statm.as_ref()?.read_at(&mut text, 0).ok()?;
        let pages: u64 = str::from_utf8(&text[..read]).ok()?.split(' ').nth(1)?.parse().ok()?;
        Some(pages * rustix::param::page_size() as u64)
    }
}

/// The processor time that this process has used, on all processors.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, rest) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), rest.unwrap_or(0))
}

/// Lets the system refuse this process more than so many bytes of memory, from here on. No core is written, which
/// would hold the environment.
pub fn limit_memory(most: u64) -> io::Result<()> {
    for (resource, most) in [(Resource::Data, most), (Resource::Core, 0)] {
        let was = getrlimit(resource);
        let at_most = |limit: Option<u64>| Some(limit.map_or(most, |limit| limit.min(most)));
        setrlimit(resource, Rlimit { current: at_most(was.current), maximum: at_most(was.maximum) })?;
    }
    Ok(())
}

/// Lets this process have so many files open, or as many as the system grants.
pub fn raise_file_limit(wanted: u64) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < wanted) {
        let current = Some(maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        // It stays as it was where that can't be had.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_known() {
        let memory = Usage::open().memory();
        assert!(!cfg!(target_os = "linux") || memory.is_some_and(|bytes| bytes > 1 << 20), "{memory:?}");
        let before = processor_time();
        assert!(before > Duration::ZERO && processor_time() >= before);
    }
}
