//! What both ways say of files and of those who end a run.

use std::time::Duration;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    File,
    Folder,
    Link,
    /// A pipe, a device.
    Other,
}

/// What is known of what lies at a path, a link itself and not where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub form: Form,
    /// In bytes.
    pub size: u64,
    /// In nanoseconds since 1970.
    pub modified: i128,
    /// The user whose it is, as [`user`](super::user) says it.
    pub owner: u32,
    /// Whether others than its owner may read or change it.
    pub shared: bool,
    /// As [`number`](super::number) says it.
    pub number: (u64, u64),
    /// As [`changed`](super::changed) says it.
    pub changed: Option<Duration>,
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be read.
    Read,
    /// To be written and read again; an error where anything lies there. When `private`, nobody else can read it.
    New { private: bool },
    /// To be locked alone; made where it isn't there.
    Lock,
}

/// How somebody says that a run is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// At the keyboard, by Ctrl-C.
    Interrupt,
    /// By another program.
    Terminate,
}
