//! What can be typed in TOML and YAML: from its places to its meaning.
//!
//! In: the text of a file or of front matter. Out: a tree in which each value has its place, the keys
//! that each table takes, and the settings of a site. Never reads a disk.

pub mod checked;
pub mod config;
pub mod data;
pub mod keys;
pub mod permalink;
pub mod schema;
pub mod target;
