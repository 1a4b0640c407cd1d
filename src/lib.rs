//! partwork
pub mod diagnostic;
pub mod source;
pub mod tree;
