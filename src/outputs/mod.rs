//! What a site gives to machines and to readers beside its pages: one file here an output.
//!
//! In: the resolved site, and a renderer for texts in another medium. Out: the bytes of each file. An
//! output is a constant of [`OutputType`](output::OutputType) in a file of its own, and stands in the list of `all.rs`.

pub mod active;
pub mod all;
mod archive;
mod atom;
pub mod card;
pub mod cards;
pub mod contract;
pub mod epub;
pub mod feed;
mod granted;
pub mod headers;
mod json;
mod json_feed;
pub mod keys;
pub mod known;
pub mod library;
pub mod list;
mod llms;
mod markdown;
pub mod nginx;
mod no_jekyll;
pub mod output;
mod own_rules;
pub mod packed;
pub mod passive;
mod print;
mod redirects;
mod robots;
mod search;
mod series_json;
mod sitemap;
pub mod texts;
pub mod write;
mod xml;
