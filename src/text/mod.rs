//! What came in: sources and places in them, dates, addresses, how print sets a line, how languages write
//! numbers and sort names, and how long to wait for an answer.
//!
//! In: texts as they were typed. Out: values that every other room speaks of. Nothing here knows
//! what a site is.

pub mod backoff;
pub mod conflict;
pub mod csv;
pub mod date;
pub mod difference;
pub mod fallbacks;
pub mod language;
pub mod markdown;
pub mod media;
pub mod merge;
pub mod numbers;
pub mod order;
pub mod path;
pub mod punctuation;
pub mod source;
pub mod typeset;
pub mod url;
