//! pages
pub mod blocks;
pub mod body;
pub mod code;
pub mod glossary;
pub mod math;
pub mod svg;
pub mod view;
use crate::diagnostic::Diagnostic;
use crate::load::Project;
pub fn template_error(_e: &tera::Error, _p: &Project, _n: &str) -> Diagnostic {
    unimplemented!()
}
