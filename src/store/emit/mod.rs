//! The store of a build that goes to disk: a staging folder, and the exchange at the end.
//!
//! In: pages and files as they come, from any thread, and at the end the `Tree` of all that are
//! wanted. Out: a folder that holds exactly the tree and what others put there. Never keeps a
//! content in memory, never changes the output before [`Staging::commit`], never deletes or
//! replaces what isn't known to be ours.
//!
//! Everything of one build lies in one hidden folder, `.<name>.partwork` beside the output, or
//! `.partwork-staging` inside an output that is a mount point or whose parent can't be written:
//!
//! | name | what it is |
//! |---|---|
//! | `lock` | held as long as the build lives; the system releases it when the process is killed |
//! | `new/` | the files that were written, and before the exchange the whole new tree |
//! | `old/` | the old tree, from the exchange until it is deleted |
//! | `journal` | what is still to be done to an output that can't be exchanged |
//!
//! The folder's name is fixed, not random, so that it is the lock of this output and of no other,
//! and so that the next build finds what a killed one left.
//!
//! The promise is against killed processes. Against power cuts it would take an `fsync` a file,
//! which costs more than the build.
//!
//! Which files are ours is remembered in the user's cache folder (`account`), so that an output
//! holds the site alone, and two builds of one site are the same.
//!
//! Read `destination` and `account`, then `staging`, which calls the others: `lock` at its beginning,
//! `survey`, `exchange` and `journal` at its end.

mod account;
mod destination;
mod error;
mod exchange;
mod journal;
mod lock;
mod manifest;
mod staging;
mod survey;
mod workplace;

pub use account::is_output;
pub use destination::{Named, Wanted, resolve_folder};
pub use error::EmitError;
pub use staging::{Staging, Summary, check_output};
