//! partwork
pub mod config;
pub mod data;
pub mod date;
pub mod diagnostic;
pub mod source;
pub mod tree;
