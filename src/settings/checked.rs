//! Texts that have to be more than texts: kept when they are, reported when they aren't.

use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean, quote};
use crate::text::source::{Spanned, id_problem, slugify};

/// Keeps a text that has no problem; reports the problem otherwise.
pub fn checked(
    text: Spanned<String>,
    problem: impl Fn(&str) -> Option<String>,
    key: &str,
    out: &mut Vec<Diagnostic>,
) -> Option<Spanned<String>> {
    match problem(&text.value) {
        None => Some(text),
        Some(problem) => {
            out.push(Diagnostic::new(Code::InvalidValue, text.span, format!("`{key}` {problem}")));
            None
        }
    }
}

/// Keeps an id that is one; reports it otherwise.
pub fn checked_id(id: Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    match id_problem(&id.value) {
        None => Some(id),
        Some(problem) => {
            let slug = slugify(&id.value);
            let diagnostic =
                Diagnostic::new(Code::InvalidId, id.span, format!("the id {} {problem}", quote(&id.value)));
            out.push(match id_problem(&slug) {
                None if slug != id.value => diagnostic.help(format!("use {}", quote(&slug))),
                _ => diagnostic.help("use lowercase letters, digits, `-` and `_`"),
            });
            None
        }
    }
}

/// The codes of warnings that a list turns off; what is none is reported.
pub fn allowed_codes(names: Vec<Spanned<String>>, out: &mut Vec<Diagnostic>) -> Vec<Code> {
    let warnings = || Code::ALL.iter().copied().filter(|code| code.severity() == Severity::Warning);
    let mut codes = Vec::new();
    for name in names {
        if let Some(code) = warnings().find(|code| code.name() == name.value) {
            codes.push(code);
            continue;
        }
        let what = if Code::from_name(&name.value).is_some() { "an error, which" } else { "no code of a warning, and" };
        let near = did_you_mean(&name.value, warnings().map(Code::name));
        let message = format!("{} is {what} can't be allowed", quote(&name.value));
        out.push(
            Diagnostic::new(Code::InvalidValue, name.span, message).help(
                near.unwrap_or_else(|| "a message has its code in brackets; `partwork explain` lists all".into()),
            ),
        );
    }
    codes
}
