//! Citations: `[@key]`, `[@key, p. 3; @other]`.
//!
//! In: a text that begins with a bracket. Out: the keys in it, each with its place and what is said of where in the
//! source it stands. Which sources there are is not known here.

use std::ops::Range;

/// A source that a text cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    pub key: String,
    /// Where the key is typed, in bytes of the text.
    pub range: Range<usize>,
    /// Where in the source, as typed: `p. 3`.
    pub locator: Option<String>,
}

/// The citation at the beginning of a text: how long it is, and what it cites. Brackets that others follow are a
/// link; those that hold more than keys and places are words in brackets. A definition is none of the parser's text.
pub fn citation(text: &str) -> Option<(usize, Vec<Cited>)> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']', '\n'])?;
    if !inner[end..].starts_with(']') || inner[end + 1..].starts_with(['(', '[']) {
        return None;
    }
    let mut cited = Vec::new();
    let mut at = 1;
    for piece in inner[..end].split(';') {
        let key = piece.trim_start().strip_prefix('@')?;
        let start = at + piece.len() - key.len();
        let (key, locator) = key.split_once(',').unwrap_or((key, ""));
        let (key, locator) = (key.trim_end(), locator.trim());
        if !is_key(key) {
            return None;
        }
        let locator = Some(locator.to_string()).filter(|locator| !locator.is_empty());
        cited.push(Cited { key: key.to_string(), range: start..start + key.len(), locator });
        at += piece.len() + 1;
    }
    Some((end + 2, cited))
}

/// Whether a text can be a key. A slash stands behind a colon, as in the keys of DBLP, or in a DOI, as in those of the
/// ACM; `[@types/node]` is the name of a package.
pub fn is_key(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | '+' | '&');
    let head = text.split_once(':').map_or(text, |(head, _)| head);
    let is_doi = text.strip_prefix("10.").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    text.starts_with(char::is_alphanumeric)
        && (is_doi || head.chars().all(plain))
        && text.chars().all(|c| plain(c) || c == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_keys_and_places() {
        let read = |text| {
            citation(text).map(|(length, cited)| {
                let one = |of: &Cited| {
                    assert_eq!(&text[of.range.clone()], of.key);
                    format!("{} {}", of.key, of.locator.clone().unwrap_or_default())
                };
                (length, cited.iter().map(one).collect::<Vec<_>>().join("|"))
            })
        };
        let is = |length, cited: &str| Some((length, cited.to_string()));
        assert_eq!(read("[@ada]"), is(6, "ada "));
        assert_eq!(read("[@ada]: so"), is(6, "ada "));
        assert_eq!(read("[@ada, p. 3; @bob_2 ; @DBLP:x/y, §2] more"), is(37, "ada p. 3|bob_2 |DBLP:x/y §2"));
        assert_eq!(read("[@10.1145/12.3; @2018A&A...616A]"), is(32, "10.1145/12.3 |2018A&A...616A "));
        for text in ["[@ada](x)", "[@ada][x]", "[@types/node]", "[@]", "[@a b]", "[see @a]", "[@a;]", "[@a", "[-@a]"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
