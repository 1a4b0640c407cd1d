//! A fence that takes its code from elsewhere, as it was typed.
//!
//! In: what its info string says. Out: a [`Listing`], or what about it can't be meant. Whether there is such a file,
//! and what stands in it, is not known here.

use std::ops::Range;

use super::article::{Listing, Piece, Taken};
use super::info::{self, Info};
use super::places::Places;
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::text::source::{Span, Spanned};

/// A fence in its text.
pub struct Typed<'a> {
    /// Where it begins.
    pub at: usize,
    pub line: Range<usize>,
    /// Where its info string begins.
    pub start: usize,
    pub info: &'a str,
    /// What the fence itself holds.
    pub code: &'a str,
}

/// The listing that a fence is whose info string says where its code is taken from.
pub fn listing(typed: Typed<'_>, info: &Info<'_>, place: Places) -> Result<Listing, Diagnostic> {
    let taken = &info.taken;
    let at = |range: &Range<usize>| place.span(typed.start + range.start..typed.start + range.end);
    let value =
        |value: &Option<info::Typed<'_>>| value.as_ref().map(|(text, range)| Spanned::new(text.to_string(), at(range)));
    let (file, since) = (value(&taken.file), value(&taken.since));
    let piece = match (value(&taken.anchor), &taken.lines_of) {
        (Some(anchor), Some(_)) => {
            let message = "`anchor` and `lines_of` both say what of the file is shown";
            return refused(anchor.span, message.into(), "leave one of them out");
        }
        (Some(anchor), None) => Piece::Anchor(anchor),
        (None, Some((text, range))) => match info::lines(text, range.clone()) {
            Ok(lines) => Piece::Lines(Spanned::new(lines, at(range))),
            Err(problem) => {
                let help = problem.help.unwrap_or_default();
                return refused(at(&problem.range), problem.message, help);
            }
        },
        (None, None) => Piece::Whole,
    };
    if let Some(empty) = [&file, &since].into_iter().flatten().find(|value| value.value.trim().is_empty()) {
        return refused(empty.span, "says nothing".into(), "name a file, and with `since` a part or `previous`");
    }
    let span = place.span(typed.line);
    let taken = match (file, since) {
        (Some(file), since) => Taken::File { file, piece, since },
        (None, Some(since)) if matches!(piece, Piece::Whole) => Taken::Files { since },
        (None, _) => {
            let span = piece.span().unwrap_or(span);
            return refused(span, "there is no `file` of which this could be a piece".into(), "add `file=\"…\"`");
        }
    };
    if !typed.code.trim().is_empty() {
        let message = match taken {
            Taken::File { .. } => "`file` takes the text of the fence from elsewhere, and it holds one",
            Taken::Files { .. } => "`since` computes the text of the fence, and it holds one",
        };
        return refused(span, message.into(), "leave it empty");
    }
    if let (Some(since), true) = (taken.since(), info.is_change()) {
        let message = format!("what is new and gone since {} is computed", quote(&since.value));
        return refused(since.span, message, "leave `ins` and `del` out");
    }
    let info = Spanned::new(typed.info.to_string(), place.span(typed.start..typed.start + typed.info.len()));
    Ok(Listing { at: typed.at, span, info, taken })
}

fn refused<T>(span: Span, message: String, help: impl Into<String>) -> Result<T, Diagnostic> {
    Err(Diagnostic::new(Code::BrokenListing, span, message).help(help))
}
