//! What this process has used so far, of processor time and memory.

use std::fs::File;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A look at what is in use. It is opened once, since a process may shut itself off from the files that say it.
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
        let read = rustix::io::pread(self.statm.as_ref()?, &mut text, 0).ok()?;
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
