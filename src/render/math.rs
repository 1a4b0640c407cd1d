//! A formula's MathML.
//!
//! In: LaTeX, as it stands between the dollar signs. Out: a `math` element for HTML that stands
//! under a strict Content-Security-Policy, or the place and reason why there is none. Never runs
//! out of stack, and never numbers equations: what is around it does.
//!
//! # The markup
//! `<math alttext="x^2">…</math>`, with `display="block"` for a formula of its own. The LaTeX goes
//! into `alttext`, where readers without MathML, copy buttons and search find it. An `annotation`
//! inside would cost the same and would show as a second formula wherever MathML is not known,
//! as in feed readers.
//!
//! No browser breaks a row of MathML. So where relations stand at the top of a formula, outside of its
//! brackets, what begins with each is an `mrow`, and the `math` has the class `pieces`: a theme that lets
//! them stand in a line as words do has a formula that breaks before `=` where it is too wide, and is one
//! formula all the same.
//!
//! The converter sets columns and some spaces by inline styles, which such a policy forbids. What has an
//! attribute in MathML Core gets it (`mathcolor`, `mathsize`), the rest the class that [`CLASSES`]
//! gives it.

use std::ops::Range;
use std::sync::OnceLock;
use std::thread;

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

use crate::diagnostic::quote;

/// The longest formula, in bytes.
const MAX_FORMULA: usize = 20_000;

/// The deepest nesting of braces, environments and `\left … \right`.
const MAX_NESTING: usize = 200;

/// The most commands in a formula for which any stack is enough; the converter goes one call deeper
/// for each that is an argument of the one before, as in `\hat\hat\hat x`, and takes about a
/// kilobyte a level.
const SHALLOW: usize = 500;

/// Enough stack for a formula of commands alone.
const DEEP_STACK: usize = 64 << 20;

/// The classes in a formula, each with the CSS that the theme must have for it.
pub const CLASSES: &[(&str, &str)] = &[
    ("math-left", "text-align:left;justify-items:start"),
    ("math-right", "text-align:right;justify-items:end"),
    ("math-flush-left", "padding-left:0"),
    ("math-flush-right", "padding-right:0"),
    ("math-tight", "padding-top:0;padding-bottom:0"),
    ("math-indent", "padding-left:1em"),
    ("math-line", "padding-left:0.1em;padding-right:0.1em"),
    ("math-line-left", "border-left:0.05em solid currentcolor"),
    ("math-line-right", "border-right:0.05em solid currentcolor"),
    ("math-line-top", "border-top:0.05em solid currentcolor"),
    ("math-dash-left", "border-left:0.05em dashed currentcolor"),
    ("math-dash-right", "border-right:0.05em dashed currentcolor"),
    ("math-dash-top", "border-top:0.05em dashed currentcolor"),
    ("math-full", "width:100%"),
    ("math-side", "width:50%"),
    ("math-margin", "width:7.5%"),
    ("math-strut", "padding-top:0.1667em"),
    ("math-caps", "font-variant-caps:small-caps"),
    ("math-cramped", "math-shift:compact"),
    ("math-back-3", "margin-left:-0.16666667em"),
    ("math-back-4", "margin-left:-0.22222222em"),
    ("math-back-5", "margin-left:-0.2777778em"),
    ("math-before-3", "padding-left:0.1667em"),
    ("math-before-4", "padding-left:0.2222em"),
    ("math-before-5", "padding-left:0.2778em"),
    ("math-after-3", "padding-right:0.1667em"),
    ("math-after-4", "padding-right:0.2222em"),
    ("math-after-5", "padding-right:0.2778em"),
    // The converter writes these two itself.
    ("math-core-sans-serif-font", "font-family:sans-serif"),
    ("math-core-serif-font", "font-family:serif"),
];

/// Turns the LaTeX of a formula, without its dollar signs, into a `math` element; `display` for one
/// that stands by itself. An error has its place in bytes of the formula and a message.
pub fn math(latex: &str, display: bool) -> Result<String, (Range<usize>, String)> {
    refuse(latex)?;
    let mathml = if latex.matches('\\').count() <= SHALLOW {
        convert(latex, display)?
    } else {
        thread::scope(|threads| {
            let converting =
                thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(threads, || convert(latex, display));
            let converted = converting.ok().and_then(|thread| thread.join().ok());
            converted.unwrap_or_else(|| Err((0..latex.len(), "the formula is too long for this machine".into())))
        })?
    };
    if let Some(at) = mathml.contains("<a ").then(|| latex.find("\\eqref")).flatten() {
        let message = "`\\eqref` is not read: write `[#](#id)`, with `{#id}` behind the formula".to_owned();
        return Err((at..at + "\\eqref".len(), message));
    }
    let mut out = String::with_capacity(mathml.len() + latex.len() + 16);
    out.push_str("<math alttext=\"");
    for c in latex.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out.push('"');
    let mut written = String::with_capacity(mathml.len());
    write_without_styles(&mut written, mathml.strip_prefix("<math").unwrap_or(&mathml), latex.contains("\\tag"));
    write_pieces(&mut out, &with_upright_words(&written));
    Ok(out)
}

/// Says of names of several letters that they stand upright, which MathML has them do anyway, so that a theme
/// can set all others in the italics of its text: the letters that MathML takes for them are in few fonts.
fn with_upright_words(mathml: &str) -> String {
    let mut out = String::with_capacity(mathml.len());
    let mut rest = mathml;
    while let Some((before, name)) = rest.split_once("<mi>") {
        out.push_str(before);
        let letters = name.split('<').next().unwrap_or_default();
        out.push_str(if letters.chars().nth(1).is_some() { "<mi mathvariant=\"normal\">" } else { "<mi>" });
        rest = name;
    }
    out.push_str(rest);
    out
}

/// Writes the rest of a `math` element from behind its name, in pieces where there is more than one.
fn write_pieces(out: &mut String, rest: &str) {
    let whole = rest.split_once('>').and_then(|(own, rest)| Some((own, rest.strip_suffix("</math>")?)));
    let Some((own, pieces)) = whole.map(|(own, children)| (own, pieces(children))) else { return out.push_str(rest) };
    if let [_, _, ..] = *pieces {
        out.push_str(" class=\"pieces\"");
        out.push_str(own);
        out.push('>');
        for piece in pieces {
            out.push_str("<mrow>");
            out.push_str(piece);
            out.push_str("</mrow>");
        }
        out.push_str("</math>");
    } else {
        out.push_str(rest);
    }
}

/// The children of a formula up to the first relation, and from each relation to the next. What stands in
/// brackets is not taken apart, nor are two relations in a row.
fn pieces(children: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begun, mut at) = (0, 0);
    // Of elements, and of brackets that are open.
    let (mut depth, mut open) = (0_usize, 0_usize);
    let mut follows = true;
    while let Some(tag) = children[at..].find('<').map(|found| at + found) {
        let end = children[tag..].find('>').map_or(children.len(), |found| tag + found + 1);
        if children[tag..].starts_with("</") {
            depth = depth.saturating_sub(1);
        } else {
            if depth == 0 {
                let sign = operator(&children[tag..]);
                match sign {
                    Some('(' | '[' | '{' | '⟨' | '⌊' | '⌈' | '⟦') => open += 1,
                    Some(')' | ']' | '}' | '⟩' | '⌋' | '⌉' | '⟧') => open = open.saturating_sub(1),
                    _ => {}
                }
                let relates = sign.is_some_and(is_relation);
                if relates && !follows && open == 0 {
                    pieces.push(&children[begun..tag]);
                    begun = tag;
                }
                follows = relates || sign == Some(':');
            }
            if !children[..end].ends_with("/>") {
                depth += 1;
            }
        }
        at = end;
    }
    pieces.push(&children[begun..]);
    pieces
}

/// The first letter of an operator at the start of some MathML, with what stands above or below it.
fn operator(mathml: &str) -> Option<char> {
    let mut rest = mathml;
    loop {
        let (tag, after) = rest.strip_prefix('<')?.split_once('>')?;
        match tag.split(' ').next()? {
            "mo" => {
                let escaped = [("&lt;", '<'), ("&gt;", '>')].into_iter().find(|(typed, _)| after.starts_with(typed));
                return escaped.map(|(_, sign)| sign).or_else(|| after.chars().next());
            }
            "mover" | "munder" | "munderover" => rest = after,
            _ => return None,
        }
    }
}

/// Whether a formula may break before a sign: relations and arrows, as
/// <https://www.unicode.org/reports/tr25/> classes them.
fn is_relation(sign: char) -> bool {
    matches!(sign, '=' | '<' | '>' | '∝' | '⟂'
        | '\u{2190}'..='\u{21ff}' | '\u{27f0}'..='\u{27ff}' | '\u{2900}'..='\u{297f}'
        | '\u{2208}'..='\u{220d}' | '\u{223c}'..='\u{223d}' | '\u{2241}'..='\u{228b}' | '\u{228f}'..='\u{2292}'
        | '\u{22a2}'..='\u{22b7}' | '\u{22d0}'..='\u{22d1}' | '\u{22d6}'..='\u{22ed}' | '\u{2a7d}'..='\u{2abc}')
}

/// Refuses what the converter could not bear or HTML can't hold.
fn refuse(latex: &str) -> Result<(), (Range<usize>, String)> {
    if latex.len() > MAX_FORMULA {
        let message = format!("the formula is {} bytes long; at most {MAX_FORMULA} are allowed", latex.len());
        return Err((0..latex.len(), message));
    }
    let forbidden = |c: char| {
        c.is_control() && !matches!(c, '\t' | '\n')
            || matches!(c, '\u{fdd0}'..='\u{fdef}')
            || u32::from(c) & 0xfffe == 0xfffe
    };
    if let Some((at, c)) = latex.char_indices().find(|(_, c)| forbidden(*c)) {
        let message = format!("the character `{}` can't stand in a formula", c.escape_unicode());
        return Err((at..at + c.len_utf8(), message));
    }
    // The converter copies these names as they are.
    for (at, command) in latex.match_indices("\\operatorname") {
        let start = at + command.len();
        let name = argument(&latex[start..]);
        let markup = ["<", ">", "&", "\\lt", "\\gt"].into_iter().filter_map(|sign| Some((name.find(sign)?, sign)));
        if let Some((found, sign)) = markup.min() {
            let range = start + found..start + found + sign.len();
            return Err((range, format!("`{sign}` can't stand in the name of an operator")));
        }
    }
    let mut depth = 0_usize;
    let mut chars = latex.char_indices();
    while let Some((at, c)) = chars.next() {
        let command = &latex[at + c.len_utf8()..];
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '\\' if command.starts_with("left") || command.starts_with("begin") => depth += 1,
            '\\' if command.starts_with("right") || command.starts_with("end") => depth = depth.saturating_sub(1),
            // An escaped brace opens nothing.
            '\\' => drop(chars.next()),
            _ => {}
        }
        if depth > MAX_NESTING {
            let message = format!("the formula is nested more than {MAX_NESTING} deep");
            return Err((at..at + c.len_utf8(), message));
        }
    }
    Ok(())
}

/// What may be the argument at the start of this text: up to the brace that closes it, or all of it
/// where a comment could hide that brace or there is none.
fn argument(text: &str) -> &str {
    let opened = text.trim_start_matches("withlimits").trim_start_matches('*').trim_start();
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, c) in opened.char_indices() {
        match c {
            '{' if !escaped => depth += 1,
            '}' if !escaped => depth = depth.saturating_sub(1),
            '%' if !escaped => return text,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if depth == 0 {
            let end = text.len() - opened.len() + at;
            return if at == 0 { text } else { &text[..end] };
        }
    }
    text
}

fn convert(latex: &str, display: bool) -> Result<String, (Range<usize>, String)> {
    static CONVERTER: OnceLock<LatexToMathML> = OnceLock::new();
    let converter = CONVERTER.get_or_init(|| {
        LatexToMathML::new(MathCoreConfig::default()).expect("only macros can be at fault, and there are none")
    });
    let display = if display { MathDisplay::Block } else { MathDisplay::Inline };
    match converter.convert_with_local_state(latex, display) {
        Ok(converted) => Ok(converted.mathml),
        Err(error) => {
            let boundary = |at: usize| latex.floor_char_boundary(at);
            let range = boundary(error.0.start)..boundary(error.0.end.max(error.0.start));
            let message = match &latex[range.clone()] {
                command @ ("\\tag" | "\\label") => {
                    format!("{} numbers nothing here: write `{{#id}}` behind the formula", quote(command))
                }
                _ => in_our_voice(&error.error_message()),
            };
            Err((range, message))
        }
    }
}

/// `Unknown command "\foo".` as ``unknown command `\foo` ``.
fn in_our_voice(message: &str) -> String {
    let mut words = String::new();
    for (at, piece) in message.trim_end_matches('.').split('"').enumerate() {
        match at % 2 {
            0 => words.push_str(piece),
            _ => words.push_str(&quote(piece)),
        }
    }
    let mut chars = words.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Copies MathML, each `style` as attributes and classes. The numbers and anchors of equations are
/// left out, unless the author wrote the numbers.
fn write_without_styles(out: &mut String, mathml: &str, numbered: bool) {
    let mut rest = mathml;
    // Text and other attributes hold no quotes but `&quot;`.
    while let Some((before, styled)) = rest.split_once(" style=\"") {
        let Some((style, after)) = styled.split_once('"') else { break };
        out.push_str(before);
        rest = after.strip_prefix(" id=\"").and_then(|id| id.split_once('"')).map_or(after, |(_, after)| after);
        let style = style.replace(": ", ":");
        write_style(out, &style);
        // The cells at the sides of an equation are aligned only where they hold its number.
        let number = style.starts_with("width:") && style.contains("text-align");
        if number
            && !numbered
            && let Some(end) = rest.find("</mtd>")
        {
            out.push('>');
            rest = &rest[end..];
        }
    }
    out.push_str(rest);
}

fn write_style(out: &mut String, style: &str) {
    let mut classes = Vec::new();
    let mut rest = style.trim_matches(';');
    while !rest.is_empty() {
        let known = CLASSES.iter().find_map(|(class, css)| {
            let after = rest.strip_prefix(css)?;
            (after.is_empty() || after.starts_with(';')).then_some((class, after))
        });
        rest = if let Some((class, after)) = known {
            classes.push(*class);
            after
        } else {
            let end = rest.find(';').unwrap_or(rest.len());
            let attribute = match rest[..end].split_once(':') {
                Some(("color", value)) => Some(("mathcolor", value)),
                Some(("font-size", value)) => Some(("mathsize", value)),
                // Of a space; browsers that want a width to be positive show none.
                Some(("margin-left", value)) => Some(("width", value)),
                // The width of a space is there as an attribute too.
                _ => None,
            };
            if let Some((name, value)) = attribute {
                out.push_str(&format!(" {name}=\"{value}\""));
            }
            &rest[end..]
        }
        .trim_start_matches(';');
    }
    if !classes.is_empty() {
        out.push_str(&format!(" class=\"{}\"", classes.join(" ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MathML between `<math …>` and its end tag.
    fn inside(latex: &str) -> String {
        let found = math(latex, false).unwrap_or_else(|error| panic!("{latex}: {error:?}"));
        let inside = found.strip_prefix("<math alttext=\"").and_then(|rest| rest.split_once("\">"));
        inside.and_then(|(_, rest)| rest.strip_suffix("</math>")).expect("a math element").to_owned()
    }

    #[test]
    fn formulas() {
        for (latex, expected) in [
            ("x + 1", "<mi>x</mi><mo>+</mo><mn>1</mn>"),
            ("\\text{\"b\" <i>}", "<mtext>”b”\u{a0}&lt;i&gt;</mtext>"),
            (
                "\\operatorname{a b}<1",
                "<mrow><mo lspace=\"0\" rspace=\"0\">ab</mo></mrow><mrow><mo>&lt;</mo><mn>1</mn></mrow>",
            ),
            (
                "a\\!b\\hspace{-3em}c\\hspace{3pt}d",
                "<mi>a</mi><mspace class=\"math-back-3\"/><mi>b</mi><mspace width=\"-3em\"/><mi>c</mi>\
                 <mspace width=\"0.3rem\"/><mi>d</mi>",
            ),
            ("\\mathrm{ab} c", "<mrow><mspace/><mi mathvariant=\"normal\">ab</mi></mrow><mi>c</mi>"),
            ("\\color{red} x", "<mrow mathcolor=\"#FF0000\"><mi>x</mi></mrow>"),
            ("\\text{\\large a}", "<mtext mathsize=\"120%\">a</mtext>"),
            (
                "\\begin{cases} a & b \\end{cases}",
                "<mrow><mo>{</mo><mtable displaystyle=\"false\" scriptlevel=\"0\"><mtr>\
                 <mtd class=\"math-left math-flush-right\"><mi>a</mi></mtd>\
                 <mtd class=\"math-left math-flush-right math-indent\"><mi>b</mi></mtd></mtr></mtable><mo>\u{2063}</mo></mrow>",
            ),
            (
                "\\begin{align} a &= b \\label{x} \\end{align}",
                "<mtable displaystyle=\"true\" scriptlevel=\"0\" class=\"math-full\"><mtr><mtd class=\"math-side\"></mtd>\
                 <mtd class=\"math-right math-flush-right\"><mi>a</mi></mtd>\
                 <mtd class=\"math-left math-flush-left\"><mo>=</mo><mi>b</mi></mtd>\
                 <mtd class=\"math-side math-right\"></mtd></mtr></mtable>",
            ),
            (
                "\\begin{equation} a \\tag{7} \\end{equation}",
                "<mtable displaystyle=\"true\" scriptlevel=\"0\" class=\"math-full\"><mtr><mtd class=\"math-side\"></mtd>\
                 <mtd><mi>a</mi></mtd><mtd class=\"math-side math-right\"><mtext>(7)</mtext></mtd></mtr></mtable>",
            ),
            (
                "\\begin{array}{|l:r||} \\hline a & b \\\\ \\hdashline c & d \\end{array}",
                "<mtable class=\"math-line-left math-line-top\" displaystyle=\"false\" scriptlevel=\"0\">\
                 <mtr><mtd class=\"math-left math-dash-right\"><mi>a</mi></mtd>\
                 <mtd class=\"math-right math-line-right\"><mi>b</mi></mtd></mtr>\
                 <mtr><mtd class=\"math-dash-top math-left math-dash-right\"><mi>c</mi></mtd>\
                 <mtd class=\"math-dash-top math-right math-line-right\"><mi>d</mi></mtd></mtr></mtable>",
            ),
        ] {
            assert_eq!(inside(latex), expected, "{latex}");
        }
        let tag = math("\\text{\"<\\&}", false).expect("a formula");
        assert!(tag.starts_with("<math alttext=\"\\text{&quot;&lt;\\&amp;}\"><mtext>"), "{tag}");
        let block = math("x", true).expect("a formula");
        assert_eq!(block, "<math alttext=\"x\" display=\"block\"><mi>x</mi></math>");
    }

    /// A formula's pieces, by their first operator.
    #[test]
    fn formulas_break_before_relations() {
        for (latex, rows) in [
            ("x", 1),
            ("a + b", 1),
            ("= a", 1),
            ("a = b", 2),
            ("a < b \\le c \\to d", 4),
            ("a \\overset{!}{=} b", 2),
            ("f(x = 1) = [a, b) \\in \\{c = d\\}", 3),
            ("a := b == c", 2),
            ("\\frac{a = b}{c} \\sqrt{x = y}", 1),
            ("\\left( a = b \\right) \\mid c", 1),
            ("\\begin{aligned} a &= b \\\\ &= c \\end{aligned}", 1),
        ] {
            let converted = convert(latex, true).expect(latex);
            let (_, children) = converted.split_once('>').expect(latex);
            assert_eq!(pieces(children).len(), rows, "{latex}: {converted}");
        }
        let found = math("a < b", false).expect("a formula");
        assert_eq!(
            found,
            "<math alttext=\"a &lt; b\" class=\"pieces\"><mrow><mi>a</mi></mrow><mrow><mo>&lt;</mo><mi>b</mi></mrow></math>"
        );
    }

    #[test]
    fn no_styles_and_no_ids() {
        for latex in [
            "\\cfrac{1}{2}\\cramped{x}\\mathrel{x+y}\\mathop{a}\\mathbin{{a b}}\\mathbin{a+b}x",
            "a \\negmedspace b \\negthickspace c \\mkern-18mu \\kern 1pt \\quad",
            "\\text{\\textsc{caps} \\textsf{sans} style=\"x\" \" style=\"}",
            "\\begin{multline} a \\\\ b \\\\ c \\end{multline}",
            "\\begin{subarray}{l|} a \\\\ b \\end{subarray}",
            "\\begin{gather*} a \\label{x} \\tag{1} \\end{gather*}",
            "\\begin{equation} a \\label{x} \\end{equation}",
        ] {
            let found = math(latex, true).unwrap_or_else(|error| panic!("{latex}: {error:?}"));
            let tags = found.split('<').filter_map(|piece| piece.split_once('>')).map(|(tag, _)| tag);
            for tag in tags.skip(1) {
                assert!(!tag.contains(" style=") && !tag.contains(" id="), "{found}");
            }
        }
    }

    #[test]
    fn errors_stand_at_their_words() {
        for (latex, words, message) in [
            ("\\foo", "\\foo", "unknown command `\\foo`"),
            ("x + \\frac{1}", "", "expected argument but reached end of input"),
            ("}", "}", "unmatched closing token: `}`"),
            ("{", "", "expected closing token `}`, but reached end of input"),
            ("\\begin{é}", "é", "disallowed character in text group: 'é'"),
            ("\\operatorname{<script>}", "<", "`<` can't stand in the name of an operator"),
            ("\\operatorname* {a\\}b{c}&}", "&", "`&` can't stand in the name of an operator"),
            ("\\operatorname{a%}\n<b>}", "<", "`<` can't stand in the name of an operator"),
            ("\\operatorname\\text{<}", "<", "`<` can't stand in the name of an operator"),
            ("\\operatorname{\\text{\\lt}}", "\\lt", "`\\lt` can't stand in the name of an operator"),
            ("\\operatorname<", "<", "`<` can't stand in the name of an operator"),
            ("x_1^2_3", "_", "duplicate subscript or superscript"),
            ("a & b", "&", "found `&`, which may only appear in a table-like environment"),
            ("a\u{1b}", "\u{1b}", "the character `\\u{1b}` can't stand in a formula"),
            ("\\href{javascript:x}{y}", "\\href", "unknown command `\\href`"),
            ("x \\tag{1}", "\\tag", "`\\tag` numbers nothing here: write `{#id}` behind the formula"),
            ("as \\eqref{x}", "\\eqref", "`\\eqref` is not read: write `[#](#id)`, with `{#id}` behind the formula"),
        ] {
            let (range, found) = math(latex, false).expect_err(latex);
            assert_eq!((&latex[range], &*found), (words, message), "{latex}");
        }
    }

    #[test]
    fn hostile_formulas_end_soon() {
        for piece in ["{", "\\left(", "\\begin{cases}", "x^{", "\\text{", "\\sqrt["] {
            assert!(math(&piece.repeat(100_000), true).is_err(), "{piece}");
            assert!(math(&piece.repeat(MAX_FORMULA / piece.len()), true).is_err(), "{piece}");
        }
        for piece in [
            "\\hat ",
            "\\not",
            "\\frac1",
            "\\over",
            "\\color{red}",
            "\\sqrt ",
            "\\overset a",
            "\\!",
            "'",
            "-",
            "^",
            "\\",
            "\\{",
            "&",
            "é",
        ] {
            // Any answer will do, and it comes from a stack as small as those of worker threads.
            let latex = piece.repeat(MAX_FORMULA / piece.len() - 1) + "x";
            drop(math(&latex, true));
        }
        let deep = |depth: usize| format!("{}x{}", "{".repeat(depth), "}".repeat(depth));
        assert!(math(&deep(MAX_NESTING), true).is_ok());
        assert!(math(&deep(MAX_NESTING + 1), true).is_err());
    }
}
