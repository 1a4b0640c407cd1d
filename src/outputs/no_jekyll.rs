//! `.nojekyll`: GitHub Pages is to show the files as they are.

use super::output::{OutputType, of_all_languages, text};
use crate::store::kind::Kind;

/// The file, which is empty.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Host,
    of: of_all_languages,
    address: |_, _| ".nojekyll".into(),
    make: |_, _, _| text(String::new()),
    holds_texts: false,
};
