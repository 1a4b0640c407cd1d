//! Metadata with places: TOML and YAML as one tree in which every value knows where it was typed.
//!
//! In: the text of a TOML file, a front matter or a block's body. Out: a [`Table`], and from it,
//! field by field, typed values. serde would stop at the first wrong type of a file; here each
//! wrong type, missing key and unknown key of a run is a diagnostic of its own.

mod excerpt;
mod fields;
mod slip;
mod toml;
mod tree;
mod unknown;
mod write;
mod yaml;

pub use self::excerpt::Excerpt;
pub use self::fields::{Fields, wrong_type};
pub use self::toml::parse_toml;
pub use self::tree::{Data, Syntax, Table};
pub use self::unknown::unknown_key;
pub use self::write::quoted;
pub use self::yaml::{parse_yaml, parse_yaml_of_others};
