//! Pictures: what kind they are, how large, and what of them is published.

mod clean;
mod flaw;
mod heif;
mod pictures;

pub use clean::{Kind, Size, Sizes, clean, kind, plain_svg, svg_size, turned};
pub use flaw::Flaw;
pub use pictures::Pictures;
