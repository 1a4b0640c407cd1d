//! Titles whose lines begin with no dash.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_tied() {
        assert_eq!(tie("Prompting — When to Use Which ?"), "Prompting\u{a0}— When to Use Which\u{a0}?");
    }
}
