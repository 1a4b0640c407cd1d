//! partwork
pub mod cache;
pub mod config;
pub mod data;
pub mod date;
pub mod diagnostic;
pub mod load;
pub mod parse;
pub mod render;
pub mod resolve;
pub mod series;
pub mod site;
pub mod source;
pub mod tree;
