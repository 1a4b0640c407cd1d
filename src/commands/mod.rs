//! The commands: what was typed, done by the library, told on the terminal.
//!
//! Everything that touches the machine is here: the clock, the environment, the terminal. Results
//! go to standard output, problems to standard error. One file a command or a kind of command;
//! they share `common`, `failure`, `machine`, `progress`, `services`, `terminal` and `untrusted`, and none imports
//! another.

pub mod build;
pub mod check;
pub mod code;
pub mod common;
pub mod diff;
pub mod failure;
mod forward;
pub mod import;
pub mod licenses;
mod machine;
pub mod new;
pub mod print;
mod progress;
pub mod publish;
pub mod serve;
mod services;
mod surroundings;
mod terminal;
mod untrusted;
