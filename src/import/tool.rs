//! Whose sources can be read.
//!
//! In: nothing. Out: what people call them.

use crate::cli::Tool;

impl Tool {
    /// What its makers call it.
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
