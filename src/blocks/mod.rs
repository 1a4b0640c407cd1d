//! The blocks that come with partwork: one file a kind.
//!
//! In: the table of a fence. Out: what it holds, and its forms: the arguments of its component, plain
//! HTML, Markdown. Each file has all there is of its kind, as a constant of
//! [`BlockKind`]; whoever reads or writes blocks is handed [`ALL`].

pub mod comparison;
pub mod decision;
pub mod figure;
mod plain;
pub mod quiz;
pub mod sketch;
pub mod table;

use crate::parse::block::BlockKind;
use crate::settings::schema::Described;

/// Every kind of block.
pub const ALL: &[BlockKind] = &[comparison::KIND, decision::KIND, quiz::KIND, figure::KIND, table::KIND, sketch::KIND];

/// What the schemas of blocks are made from.
pub fn schemas() -> Vec<Described> {
    ALL.iter().map(|kind| (kind.name, kind.title, kind.shape)).collect()
}
