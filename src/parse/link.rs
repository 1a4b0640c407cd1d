//! Links and images as they were typed.

use crate::text::source::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    Link,
    Image,
}

/// A link or image as it was typed.
#[derive(Debug, Clone)]
pub struct Link {
    pub kind: LinkKind,
    pub dest: String,
    pub span: Span,
    /// Whether its text is `#`, to be filled in from the target.
    pub reference: bool,
}
