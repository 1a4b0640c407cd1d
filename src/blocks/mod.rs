//! The blocks that come with partwork: one file a kind.
//!
//! In: the table of a fence. Out: what it holds, and its forms: the arguments of its component, plain
//! HTML, Markdown. Each file has all there is of its kind, as a constant of
//! [`BlockKind`](crate::parse::block::BlockKind); whoever reads or writes blocks is handed [`ALL`].

pub mod comparison;
pub mod decision;
pub mod figure;
pub mod quiz;

use crate::parse::block::{BlockKind, Inline, Plain};
use crate::settings::schema::Described;

/// Every kind of block.
pub const ALL: &[BlockKind] = &[comparison::KIND, decision::KIND, quiz::KIND, figure::KIND];

/// What the schemas of blocks are made from.
pub fn schemas() -> Vec<Described> {
    ALL.iter().map(|kind| (kind.name, kind.title, kind.shape)).collect()
}

/// The heading of a block that has a title.
fn heading(form: &mut dyn Plain, id: &str, title: &str, tagline: Option<&str>) {
    let name = format!("h{}", form.level());
    form.open(&name, &[("id", id)]);
    form.text(&form.set(title));
    if let Some(tagline) = tagline {
        form.text(": ");
        form.text(&form.set(tagline));
    }
    form.close(&name);
    form.line();
}

/// A paragraph of one line.
fn paragraph(form: &mut dyn Plain, line: &Inline) {
    form.open("p", &[]);
    form.inline(line);
    form.close("p");
    form.line();
}
