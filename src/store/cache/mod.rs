//! What is remembered from run to run: small values in one file, large ones in files of their own.

mod all;
mod folder;
mod key;
mod small;

pub use all::Caches;
pub use folder::Folder;
pub use key::Key;
pub use small::{Cache, Value};
