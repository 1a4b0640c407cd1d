//! Titles and other short texts as print has them: quotes, and lines that begin with no dash.

/// A title whose lines don't begin with a dash, or with one of the marks that French sets apart.
pub fn tie(text: &str) -> String {
    let mut tied = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let stays = c == ' ' && rest.peek().is_some_and(|next| "—–?!:;»".contains(*next));
        tied.push(if stays { '\u{a0}' } else { c });
    }
    tied
}

/// A title, a name or a description as it is read: with the quotes of print where `smart` says that
/// prose has them, and else as it was typed.
pub fn typeset(text: &str, smart: bool) -> String {
    if !smart {
        return text.to_string();
    }
    let mut set = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        let after = text[at + c.len_utf8()..].chars().next();
        // A quote opens where a word begins; before a figure it stands for what was left out (’90s).
        let begins = before.is_none_or(|c: char| c.is_whitespace() || "([{—–-/“‘".contains(c));
        let opens = begins && after.is_some_and(|c| !c.is_whitespace());
        set.push(match c {
            '"' if opens => '“',
            '"' => '”',
            '\'' if opens && !after.is_some_and(char::is_numeric) => '‘',
            '\'' => '’',
            c => c,
        });
        before = set.chars().next_back();
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_set() {
        assert_eq!(typeset("What You Didn't Train It On", true), "What You Didn’t Train It On");
        assert_eq!(typeset("\"'Tis\" (\"the '90s'\")—\"x\"", true), "“‘Tis” (“the ’90s’”)—“x”");
        assert_eq!(typeset("What's 'this'?", false), "What's 'this'?");
        assert_eq!(tie("Prompting — When to Use Which ?"), "Prompting\u{a0}— When to Use Which\u{a0}?");
    }
}
