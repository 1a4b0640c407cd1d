//! Formulas as MathML.
//!
//! In: LaTeX between dollar signs. Out: a `math` element (MathML Core) without inline styles, which
//! a strict policy would drop, or the place and reason of a mistake.

use std::cell::RefCell;
use std::ops::Range;

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

/// Nobody writes a longer formula; whoever generates one gets an error instead of a hang.
const LONGEST: usize = 20_000;

/// Deeper nesting than this would overflow the parser's stack.
const DEEPEST: usize = 100;

thread_local! {
    /// Building a converter costs more than a formula, and using one needs no lock.
    static CONVERTER: RefCell<Option<LatexToMathML>> = const { RefCell::new(None) };
}

/// Converts a formula; errors have their place within it. The LaTeX is kept as an annotation, so
/// that copying and assistive technology that prefers it have it.
pub fn math(latex: &str, display: bool) -> Result<String, (Range<usize>, String)> {
    if latex.len() > LONGEST {
        return Err((0..latex.len(), format!("the formula is longer than {LONGEST} bytes")));
    }
    if let Some(at) = too_deep(latex) {
        return Err((at..at + 1, format!("the formula is nested more than {DEEPEST} deep")));
    }
    let lead = latex.len() - latex.trim_start().len();
    let latex = latex.trim();
    let mode = if display { MathDisplay::Block } else { MathDisplay::Inline };
    let converted = CONVERTER.with_borrow_mut(|converter| {
        let converter = match converter {
            Some(converter) => converter,
            None => {
                let config = MathCoreConfig { annotation: true, ..MathCoreConfig::default() };
                // Only macros can make it fail, and there are none.
                converter.insert(LatexToMathML::new(config).unwrap_or_default())
            }
        };
        converter.convert_with_local_state(latex, mode)
    });
    match converted {
        Ok(result) => Ok(without_styles(&result.mathml)),
        Err(error) => {
            let mut message = error.error_message();
            if let Some(first) = message.get(..1) {
                message = format!("{}{}", first.to_lowercase(), &message[1..]);
            }
            Err((error.0.start + lead..error.0.end + lead, message.trim_end_matches('.').to_string()))
        }
    }
}

/// Where braces and environments go too deep.
fn too_deep(latex: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in latex.bytes().enumerate() {
        match byte {
            b'{' | b'[' | b'(' | b'^' | b'_' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'\\' if latex[at..].starts_with("\\begin") || latex[at..].starts_with("\\left") => depth += 1,
            b'\\' if latex[at..].starts_with("\\end") || latex[at..].starts_with("\\right") => {
                depth = depth.saturating_sub(1)
            }
            // Scripts end with what they stand on; a space is a good enough sign of it.
            b' ' if depth > 0 && latex[..at].ends_with(|c: char| c.is_alphanumeric()) => {
                depth = depth.saturating_sub(1)
            }
            _ => {}
        }
        if depth > DEEPEST {
            return Some(at);
        }
    }
    None
}

/// Alignment becomes a class, other styles (widths of numbered equations) go.
fn without_styles(mathml: &str) -> String {
    let mut html = String::with_capacity(mathml.len());
    let mut rest = mathml;
    while let Some(at) = rest.find(" style=\"") {
        let value = &rest[at + 8..];
        let Some(end) = value.find('"') else { break };
        html.push_str(&rest[..at]);
        let side = ["left", "right", "center"].into_iter().find(|side| value[..end].contains(side));
        // An element keeps one class: the one it has already wins.
        let tag = rest[..at].rfind('<').map_or("", |open| &rest[open..at]);
        if let Some(side) = side.filter(|_| value[..end].contains("text-align") && !tag.contains(" class=")) {
            html.push_str(&format!(" class=\"{side}\""));
        }
        rest = &value[end + 1..];
    }
    html.push_str(rest);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas() {
        let html = math("\\frac{a}{b} < c", false).expect("a formula");
        assert!(html.starts_with("<math>") || html.starts_with("<math "), "{html}");
        assert!(html.contains("<mfrac>") && html.contains("&lt;"), "{html}");
        assert!(math("x", true).expect("a formula").contains("display=\"block\""));
    }

    #[test]
    fn no_styles() {
        let html = math("\\begin{align} a &= b \\\\ c &= d \\end{align}", true).expect("a formula");
        assert!(!html.contains("style="), "{html}");
    }

    #[test]
    fn mistakes_have_places() {
        let (range, message) = math("a + \\nope", false).expect_err("a mistake");
        assert!(range.start >= 4 && message.contains("nope"), "{range:?} {message}");
    }

    #[test]
    fn hostile_formulas() {
        for bad in [
            "{".repeat(15_000),
            "^".repeat(15_000),
            "\\left(".repeat(3_000),
            "\\sqrt".repeat(3_000),
            "x".repeat(30_000),
        ] {
            let _ = math(&bad, true);
        }
    }
}
