//! Pictures: what kind they are, how large, and what of them is published.

mod clean;
mod flaw;
mod heif;
mod pictures;
mod sized;
mod smaller;

pub use clean::{Kind, Size, clean, kind, plain_svg, svg_size, turned};
pub use flaw::Flaw;
pub use pictures::Pictures;
pub use sized::COLUMN;
pub use smaller::{FOLDER, Picture, Shown, Sized, Smaller};
