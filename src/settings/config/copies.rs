//! `[copies]`: files that lie at a second address.
//!
//! In: the section. Out: pairs of an address and a file. Whether the file is there is not known here.

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::data::{Data, Fields, wrong_type};
use crate::settings::permalink::decoded;
use crate::text::source::Spanned;

/// A file at a second address.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The address, below the base.
    pub at: Spanned<String>,
    /// The file: a path below `content/`, or from a `/` on an address of this site.
    pub of: Spanned<String>,
}

/// Reads `[copies]`.
pub fn copies(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<Copied> {
    let entries = fields.table("copies", out).map(|copies| copies.entries.as_slice()).unwrap_or_default();
    entries.iter().filter_map(|(at, of)| copied(at, of, out)).collect()
}

fn copied(at: &Spanned<String>, of: &Spanned<Data>, out: &mut Vec<Diagnostic>) -> Option<Copied> {
    let Data::String(file) = &of.value else { return wrong_type(&at.value, "the path of a file", of, out) };
    let mut refuse = |(problem, help): (String, String)| {
        let message = format!("the address {} {problem}", quote(&at.value));
        out.push(Diagnostic::new(Code::InvalidValue, at.span, message).help(help));
    };
    let path = match decoded(&at.value) {
        Ok(path) => path,
        Err(problem) => {
            refuse(problem);
            return None;
        }
    };
    if ending(&path).is_empty() || ending(&path).starts_with("htm") {
        refuse(("is one of a page".into(), "write it into the `aliases` of the article that it leads to".into()));
        return None;
    }
    if !ending(&path).eq_ignore_ascii_case(ending(file)) {
        let problem = format!("ends otherwise than {}", quote(file));
        refuse((problem, "hosts tell the type of a file by its end: give both the same".into()));
        return None;
    }
    Some(Copied { at: Spanned::new(path, at.span), of: Spanned::new(file.clone(), of.span) })
}

/// What stands behind the last dot of a path's last piece.
fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}
