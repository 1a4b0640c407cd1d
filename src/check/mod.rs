//! What builds and is likely not meant, what leads nowhere outside, what of a program does not work, and what fails on a
//! later day.
//!
//! In: a project and its site. Out: diagnostics. Changes nothing that is built.

pub mod code;
pub mod external;
pub mod lint;
pub mod outdated;
pub mod scheduled;
