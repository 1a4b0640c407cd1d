//! What goes out, and what is remembered of it.
//!
//! In: paths and contents as they are made. Out: a folder that is replaced whole or not at all, and
//! costly pieces kept from one run to the next. Nothing here knows what a page is.

pub mod cache;
pub mod copy;
pub mod dir;
pub mod disk;
pub mod emit;
pub mod kind;
pub mod origin;
pub mod spool;
pub mod state;
pub mod tree;
