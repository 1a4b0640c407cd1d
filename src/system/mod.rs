//! What not every system has: folders by their handle, what tells one file from another, groups of processes, signals,
//! bounds.
//!
//! In: paths, files, programs. Out: what the system knows of them, or what was asked for done. Never decides what is
//! read, written or ended.
//!
//! There are two ways with the same items. `unix.rs` asks by system calls; `portable.rs` has the standard library
//! alone, and says of each item what is less. Nothing else in partwork asks which system it is on, but for Landlock
//! (`commands/untrusted.rs`), which only Linux has. `tests/portable` has tests take the portable way on Unix.

mod found;
#[cfg(any(not(unix), portable))]
mod portable;
#[cfg(all(unix, not(portable)))]
mod unix;

#[cfg(any(not(unix), portable))]
use portable as own;
#[cfg(all(unix, not(portable)))]
use unix as own;

pub use found::{Access, Form, Found, Word};
pub use own::{
    Folder, Group, HOLDS_FOLDERS, Usage, Words, can_run, changed, host, let_all_run, let_owner_write, limit_memory,
    lives, number, processor_time, raise_file_limit, signal, user,
};
