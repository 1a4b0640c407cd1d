//! The way of Unix, by system calls.

mod attributes;
mod files;
mod folder;
mod process;

pub use files::{can_run, changed, let_all_run, let_owner_write, number};
pub use folder::{Folder, HOLDS_FOLDERS, user};
pub use process::{Group, Usage, Words, host, limit_memory, lives, processor_time, raise_file_limit, signal};
