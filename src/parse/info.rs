//! The words after a code fence: its language and attributes.
//!
//! In: an info string. Out: the language and the attributes that are known. Words of other tools
//! (`rust,ignore`, `js run`, `{.python}`) pass silently, as on GitHub.

use std::ops::{Range, RangeInclusive};

use crate::diagnostic::{did_you_mean, quote};

/// What stands after a fence: ```` ```python title="eval.py" lines="3,5-7" start=10 ````.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Up to a space, a comma or a brace; empty when there is none.
    pub language: String,
    pub title: Option<String>,
    /// Marked lines, as the reader counts them.
    pub lines: Vec<RangeInclusive<u32>>,
    /// The number of the first line; lines are numbered when it is given.
    pub start: Option<u32>,
}

/// What is wrong with an attribute, within the info string.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub range: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// No listing is longer.
const MOST_LINES: u32 = 1_000_000;

const KNOWN: &[&str] = &["title", "lines", "start"];

/// Reads an info string.
pub fn parse(words: &str) -> (Info, Vec<Problem>) {
    let mut info = Info::default();
    let mut problems = Vec::new();
    let trimmed = words.trim_start();
    let start = words.len() - trimmed.len();
    // Pandoc writes the language as a class: `{.python}`.
    let braced = trimmed.strip_prefix("{.");
    let named = braced.unwrap_or(trimmed);
    let end = named.find(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}')).unwrap_or(named.len());
    info.language = named[..end].to_string();
    let mut at = start + if braced.is_some() { 2 } else { 0 } + end;
    while at < words.len() {
        let rest = &words[at..];
        let word_start = at + (rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len());
        let word = &words[word_start..];
        let word_end = word.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(word.len());
        if word[word_end..].starts_with('=') {
            let key = &word[..word_end];
            let (value, length) = value(&word[word_end + 1..]);
            let range = word_start..word_start + word_end + 1 + length;
            at = range.end;
            attribute(key, value, range, &mut info, &mut problems);
        } else {
            at = word_start + word_end.max(1);
            if word.is_empty() {
                break;
            }
        }
        while at < words.len() && !words.is_char_boundary(at) {
            at += 1;
        }
    }
    (info, problems)
}

/// A value and how many bytes it takes; `None` when its quote isn't closed.
fn value(text: &str) -> (Option<String>, usize) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (Some(text[..end].to_string()), end);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (Some(value), at + 2),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (None, text.len())
}

fn attribute(key: &str, value: Option<String>, range: Range<usize>, info: &mut Info, problems: &mut Vec<Problem>) {
    let mut problem = |message: String, help: Option<String>| {
        problems.push(Problem { range: range.clone(), message, help });
    };
    if !KNOWN.contains(&key) {
        // Other tools have attributes of their own; only a slip of the pen is worth a word.
        if let Some(near) = did_you_mean(key, KNOWN.iter().copied()) {
            problem(format!("a code fence has no attribute {}", quote(key)), Some(near));
        }
        return;
    }
    let Some(value) = value else {
        problem(format!("the value of {} has no closing quote", quote(key)), Some("add a `\"`".into()));
        return;
    };
    match key {
        "title" => info.title = Some(value).filter(|title| !title.trim().is_empty()),
        "start" => match line_number(&value) {
            Some(start) => info.start = Some(start),
            None => problem(format!("{} is no line number", quote(&value)), Some("write it like `start=10`".into())),
        },
        _ => match line_ranges(&value) {
            Some(lines) => info.lines = lines,
            None => {
                problem(format!("{} are no lines", quote(&value)), Some("write them like `lines=\"3,5-7\"`".into()))
            }
        },
    }
}

fn line_number(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|number| (0..=MOST_LINES).contains(number))
}

fn line_ranges(text: &str) -> Option<Vec<RangeInclusive<u32>>> {
    text.split(',')
        .map(|piece| {
            let (from, to) = piece.split_once('-').unwrap_or((piece, piece));
            let (from, to) = (line_number(from)?, line_number(to)?);
            (from <= to).then_some(from..=to)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for (words, language) in [
            ("python", "python"),
            ("rust,ignore", "rust"),
            ("js run", "js"),
            ("{.python}", "python"),
            ("python {3-5}", "python"),
            ("c++", "c++"),
            ("", ""),
            ("sh-session  # x = y", "sh-session"),
        ] {
            let (info, problems) = parse(words);
            assert_eq!((info.language.as_str(), problems.len()), (language, 0), "{words}");
        }
    }

    #[test]
    fn attributes() {
        let (info, problems) = parse("python title=\"a \\\"b\\\".py\" lines=\"3,5-7\" start=10 run");
        assert_eq!(problems, []);
        assert_eq!(info.title.as_deref(), Some("a \"b\".py"));
        assert_eq!(info.lines, [3..=3, 5..=7]);
        assert_eq!(info.start, Some(10));
    }

    #[test]
    fn mistakes() {
        for words in
            ["x lines=\"7-3\"", "x start=ten", "x title=\"open", "x titel=\"y\"", "x lines=,", "x start=9999999999"]
        {
            assert_eq!(parse(words).1.len(), 1, "{words}");
        }
        let (_, problems) = parse("py lines=\"x\"");
        assert_eq!(problems[0].range, 3..12);
    }
}
