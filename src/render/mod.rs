//! What is known of a site, as pages and texts.
//!
//! In: a resolved site. Out: its pages, and each article's text in every medium, written in one visit of
//! its tree. Templates are read before anything else, since they say which fences are blocks.

pub mod aside;
pub mod code;
mod components;
pub mod context;
pub mod data;
pub mod engine;
mod fill;
pub mod form;
mod functions;
pub mod glossary;
mod grammar;
pub mod lines;
pub mod links;
pub mod listing;
pub mod math;
mod meta;
mod pages;
mod passive;
pub mod placed;
mod raw;
pub mod sections;
pub mod sink;
pub mod sources;
pub mod style;
pub mod svg;
pub mod template;
pub mod view;
pub mod views;
pub mod visit;
pub mod write;
pub mod xhtml;

pub use components::components;
pub use fill::minutes;
pub use functions::{register, register_words};
pub use pages::Renderer;
pub use template::{template_error, templates};
