//! Whose sources can be read.
//!
//! In: nothing. Out: their names.

/// Whose sources can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Mdbook,
    Zola,
    Hugo,
    Jekyll,
    Gitbook,
    /// Markdown files without settings.
    Folder,
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Tool::Mdbook => "mdBook",
            Tool::Zola => "Zola",
            Tool::Hugo => "Hugo",
            Tool::Jekyll => "Jekyll",
            Tool::Gitbook => "GitBook",
            Tool::Folder => "a folder of Markdown",
        }
    }
}
