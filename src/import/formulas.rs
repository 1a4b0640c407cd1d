//! Formulas that partwork doesn't read, which would be errors of its build.
//!
//! In: a text. Out: the same with those as code, or with their dollars as signs of money, and reported.

use super::pieces::is_alone;
use super::report::{Kind, Report};
use super::typed::Edit;
use super::view::Looked;
use crate::render::math::math;

/// Sets what is none.
pub fn settled(looked: Looked, report: &mut Report) -> Looked {
    let Looked { text, seen } = &looked;
    let mut edits = Vec::new();
    for formula in &seen.formulas {
        let Err((_, message)) = math(&formula.latex, formula.display) else { continue };
        let typed = &text.text[formula.range.clone()];
        let line = text.text[..formula.range.start].rsplit('\n').next().unwrap_or_default();
        let is_command = |(at, _): (usize, &str)| typed[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if let Some(at) = info_of(typed) {
            let at = formula.range.start + at;
            edits.push(Edit::new(at..at + MATH.len(), "tex"));
        } else if formula.display && line.is_empty() && is_alone(&text.text, &formula.range) && !typed.contains("```") {
            edits.push(Edit::new(formula.range.clone(), format!("```tex\n{}\n```", formula.latex.trim_matches('\n'))));
        } else if formula.display || typed.match_indices('\\').any(is_command) {
            let fence = if typed.contains('`') { "``" } else { "`" };
            edits.push(Edit::new(formula.range.clone(), format!("{fence}{typed}{fence}")));
        } else {
            edits.extend(escaped(&text.text, &formula.range));
        }
        report.tell(Kind::Formula, text.place(formula.range.start), &message);
    }
    looked.apply(edits)
}

/// What a fence that holds a formula is called.
const MATH: &str = "math";

/// Where a fence says that it holds a formula; nothing where none is around it.
fn info_of(typed: &str) -> Option<usize> {
    let first = typed.lines().next().filter(|line| line.starts_with(['`', '~']))?;
    let at = first.len() - first.trim_start_matches(['`', '~', ' ']).len();
    first[at..].starts_with(MATH).then_some(at)
}

/// Backslashes before the signs around a formula, which are its first and last.
pub fn escaped<'t>(text: &'t str, range: &std::ops::Range<usize>) -> impl Iterator<Item = Edit> + use<'t> {
    let signs = [Some(range.start), text[range.clone()].rfind('$').map(|at| range.start + at)];
    signs.into_iter().flatten().filter(|at| text[*at..].starts_with('$')).map(|at| Edit::new(at..at, "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::typed::Typed;

    #[test]
    fn what_is_no_formula_is_shown() {
        let set =
            |text: &str| settled(Looked::new(Typed::new(text, &"a.md".into(), 1)), &mut Report::default()).text.text;
        assert_eq!(set("A $x^2$ b.\n"), "A $x^2$ b.\n");
        assert_eq!(set("A $\\nothing x$ b.\n"), "A `$\\nothing x$` b.\n");
        assert_eq!(set("A\n\n$$\n\\nothing x\n$$\n"), "A\n\n```tex\n\\nothing x\n```\n");
        assert_eq!(set("- A\n\n  ```math\n  \\nothing x\n  ```\n"), "- A\n\n  ```tex\n  \\nothing x\n  ```\n");
        assert_eq!(set("A $x^$ b.\n"), "A \\$x^\\$ b.\n");
    }
}
