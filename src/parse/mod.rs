//! One source to one [`Article`], and its text to a [`Tree`](tree::Tree).
//!
//! In: a Markdown source. Out: its front matter, headings, links and blocks, each with its place.
//! A text is read twice: once for what it has, so that the site can be known, and once to write
//! everything that holds its words. Both reads make the same tree, in which links, headings and blocks
//! have their numbers, and neither keeps it. Nothing here knows other articles.

pub mod aligned;
pub mod article;
pub mod autolink;
pub mod balance;
pub mod block;
pub mod boxes;
pub mod citation;
pub mod component;
pub mod depth;
pub mod dialect;
pub mod elements;
pub mod fingerprint;
pub mod foreign;
pub mod front;
pub mod guard;
pub mod info;
pub mod inline;
pub mod judge;
pub mod link;
mod listing;
pub mod markup;
pub mod money;
pub mod numbered;
mod opening;
pub mod places;
pub mod read;
pub mod tree;
pub mod wholes;
pub mod words;

pub use article::{Article, Claim, Heading, Listing, Piece, Taken};
pub use link::{Link, LinkKind};
pub use read::{Context, parse};
