//! Bare URLs and e-mail addresses as links.
//!
//! In: a run of plain text. Out: what in it is a link, per GitHub Flavored Markdown 0.29, §6.9
//! "Autolinks (extension)". Every byte is looked at a bounded number of times.

use std::ops::Range;

/// A link found in plain text.
#[derive(Debug, PartialEq, Eq)]
pub struct Autolink {
    pub range: Range<usize>,
    pub href: String,
}

/// Finds the links of a text, ascending. `before` is the character that stands before the text.
pub fn autolinks(text: &str, before: Option<char>) -> Vec<Autolink> {
    let mut found = Vec::new();
    let mut from = 0;
    // Where the text may begin an e-mail address: nothing before was part of another link.
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let link = match bytes[at] {
            b':' => url(text, at, from, before),
            b'w' | b'W' => www(text, at, from, before),
            b'@' => email(text, at, from),
            _ => None,
        };
        match link {
            Some(link) => {
                at = link.range.end.max(at + 1);
                from = link.range.end;
                found.push(link);
            }
            None => at += 1,
        }
    }
    found
}

/// A link begins at the start of a line, after white space, or after one of `*`, `_`, `~`, `(`.
fn may_begin(text: &str, start: usize, before: Option<char>) -> bool {
    let previous = text[..start].chars().next_back().or(if start == 0 { before } else { None });
    previous.is_none_or(|c| c.is_whitespace() || matches!(c, '*' | '_' | '~' | '('))
}

fn url(text: &str, colon: usize, from: usize, before: Option<char>) -> Option<Autolink> {
    if !text[colon..].starts_with("://") {
        return None;
    }
    let head = &text.as_bytes()[from..colon];
    let scheme = ["https", "http", "ftp"].into_iter().find(|scheme| {
        head.len() >= scheme.len() && head[head.len() - scheme.len()..].eq_ignore_ascii_case(scheme.as_bytes())
    })?;
    let start = colon - scheme.len();
    if !may_begin(text, start, before) {
        return None;
    }
    let domain = valid_domain(&text[colon + 3..], false)?;
    let end = trim(text, start, colon + 3 + domain);
    Some(Autolink { range: start..end, href: text[start..end].to_string() })
}

fn www(text: &str, start: usize, from: usize, before: Option<char>) -> Option<Autolink> {
    let head = text.as_bytes().get(start..start + 4)?;
    if start < from || !head.eq_ignore_ascii_case(b"www.") || !may_begin(text, start, before) {
        return None;
    }
    let domain = valid_domain(&text[start..], true)?;
    let end = trim(text, start, start + domain);
    Some(Autolink { range: start..end, href: format!("http://{}", &text[start..end]) })
}

/// The length of a valid domain: segments of letters, digits, `-` and `_` between periods, at
/// least one period (for `www`), no underscore in the last two segments.
fn valid_domain(text: &str, period_needed: bool) -> Option<usize> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let domain = text[..end].trim_end_matches('.');
    let mut segments = domain.rsplit('.');
    let valid = !domain.is_empty()
        && !domain.starts_with('.')
        && segments.by_ref().take(2).all(|segment| !segment.is_empty() && !segment.contains('_'))
        && (!period_needed || domain.contains('.'));
    valid.then_some(end)
}

/// The end of a link that begins at `start` and whose domain ends at `end`: up to white space or
/// `<`, without the punctuation that belongs to the sentence.
fn trim(text: &str, start: usize, end: usize) -> usize {
    let tail = &text[end..];
    let mut end = end + tail.find(|c: char| c.is_whitespace() || c == '<').unwrap_or(tail.len());
    let (mut opened, mut closed) =
        text[start..end].bytes().fold((0_usize, 0_usize), |(open, close), byte| match byte {
            b'(' => (open + 1, close),
            b')' => (open, close + 1),
            _ => (open, close),
        });
    while let Some(last) = text[start..end].chars().next_back() {
        match last {
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '"' => {}
            ')' if closed > opened => closed -= 1,
            ';' => {
                // `&hl;` at the end looks like a character reference and isn't part of the link.
                let name = text[start..end - 1].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                if name.ends_with('&') && name.len() < end - 1 - start {
                    end = start + name.len() - 1;
                    continue;
                }
            }
            _ => break,
        }
        if last == '(' {
            opened -= 1;
        }
        end -= last.len_utf8();
    }
    end
}

/// An e-mail address around an `@`: letters, digits, `.`, `-`, `_`, `+` before; a domain with a
/// period behind, which doesn't end in `-` or `_`.
fn email(text: &str, at: usize, from: usize) -> Option<Autolink> {
    /// No mailbox name is longer (RFC 5321, §4.5.3.1.1); it bounds the look back.
    const LONGEST_LOCAL: usize = 64;
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+');
    let head = &text.as_bytes()[from..at];
    let local = head.iter().rev().take(LONGEST_LOCAL + 1).take_while(|byte| is_local(byte)).count();
    if local == 0 || local > LONGEST_LOCAL {
        return None;
    }
    let start = at - local;
    let tail = &text[at + 1..];
    let is_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = tail.find(|c: char| !is_domain(c)).unwrap_or(tail.len());
    if tail[end..].starts_with('@') {
        return None;
    }
    let domain = tail[..end].trim_end_matches('.');
    let valid = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with(['-', '_']);
    let end = at + 1 + domain.len();
    valid.then(|| Autolink { range: start..end, href: format!("mailto:{}", &text[start..end]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        autolinks(text, None).into_iter().map(|link| link.href).collect()
    }

    #[test]
    fn the_examples_of_the_specification() {
        for (text, expected) in [
            ("www.commonmark.org", "http://www.commonmark.org"),
            ("Visit www.commonmark.org/help for more", "http://www.commonmark.org/help"),
            ("Visit www.commonmark.org.", "http://www.commonmark.org"),
            ("Visit www.commonmark.org/a.b.", "http://www.commonmark.org/a.b"),
            ("www.google.com/search?q=Markup+(business)", "http://www.google.com/search?q=Markup+(business)"),
            ("www.google.com/search?q=Markup+(business)))", "http://www.google.com/search?q=Markup+(business)"),
            ("(www.google.com/search?q=Markup+(business))", "http://www.google.com/search?q=Markup+(business)"),
            ("www.google.com/search?q=(business))+ok", "http://www.google.com/search?q=(business))+ok"),
            ("www.google.com/search?q=commonmark&hl=en", "http://www.google.com/search?q=commonmark&hl=en"),
            ("www.google.com/search?q=commonmark&hl;", "http://www.google.com/search?q=commonmark"),
            ("www.commonmark.org/he<lp", "http://www.commonmark.org/he"),
            ("http://commonmark.org", "http://commonmark.org"),
            (
                "(Visit https://encrypted.google.com/search?q=Markup+(business))",
                "https://encrypted.google.com/search?q=Markup+(business)",
            ),
            ("foo@bar.baz", "mailto:foo@bar.baz"),
            ("hello@mail+xyz.example isn't valid, but hello+xyz@mail.example is.", "mailto:hello+xyz@mail.example"),
            ("a.b-c_d@a.b.", "mailto:a.b-c_d@a.b"),
        ] {
            assert_eq!(links(text), [expected], "{text}");
        }
        for text in [
            "a.b-c_d@a.b-",
            "a.b-c_d@a.b_",
            "xhttp://a.b",
            "www.a_b",
            "http://",
            "www.",
            "@a.b",
            "a@b",
            "http://a_b.c_d",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn hostile_texts_end() {
        for text in [
            "a@".repeat(500_000),
            "www.".repeat(250_000),
            format!("http://a.b/{}", ")".repeat(1_000_000)),
            "http://".repeat(150_000),
            format!("http://a.b/{}", "&a;".repeat(300_000)),
        ] {
            autolinks(&text, None);
        }
    }
}
