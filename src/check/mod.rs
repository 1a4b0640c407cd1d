//! What builds and is likely not meant, what leads nowhere outside, and what fails on a later day.
//!
//! In: a project and its site. Out: diagnostics. Changes nothing that is built.

pub mod external;
pub mod lint;
pub mod scheduled;
