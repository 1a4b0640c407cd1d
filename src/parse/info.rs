//! The info string of a code fence: its language and what is said about the code.
//!
//! In: the words after the opening fence, as they stand in the source. Out: an [`Info`], and what
//! is wrong with the attributes that partwork knows. Words of other tools (`rust,ignore`, `js run`,
//! `{3-5}`) pass in silence, as they do on GitHub. Never looks at the code itself.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use crate::diagnostic::{did_you_mean, quote};

/// The largest line number.
pub const MAX_LINE: u32 = 1_000_000;

/// The longest info string that is read, in bytes; what follows the fence is typed by hand.
const MAX_INFO: usize = 10_000;

/// What a fence says about its code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info<'a> {
    /// As typed; empty when the fence names none.
    pub language: Cow<'a, str>,
    pub title: Option<Cow<'a, str>>,
    /// The marked lines as the reader counts them: from `start` if it is given, else from 1.
    /// Ascending, apart from each other.
    pub lines: Vec<RangeInclusive<u32>>,
    /// The number of the first line. Numbers are shown when it is given.
    pub start: Option<u32>,
}

/// Something wrong in an info string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, in bytes of the info string.
    pub range: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// Reads an info string. A bad attribute is left out, and the rest counts.
///
/// The language ends at whitespace, `,` or `{`; alone in braces it begins with a dot or not
/// (`{.python}`, `{r}`). After it `title="…"`, `lines="3,5-7"` and `start=10` are known, in any
/// order, apart by whitespace, `,` or a brace. A value stands in `"`, where `\"` is a quote, or is
/// one bare word. Backslashes and entities mean what they mean elsewhere in Markdown.
pub fn parse(text: &str) -> (Info<'_>, Vec<Problem>) {
    let mut info = Info::default();
    let mut problems = Vec::new();
    if text.len() > MAX_INFO {
        let message = format!("the fence is followed by {} bytes; at most {MAX_INFO} are read", text.len());
        problems.push(Problem { range: 0..0, message, help: None });
        return (info, problems);
    }
    let mut rest = Words { text, at: 0 };
    rest.skip_separators();
    if rest.attribute().is_none_or(|(key, _)| Attribute::named(key).is_none()) {
        let language = rest.take(|c| !c.is_whitespace() && !matches!(c, ',' | '{' | '}'));
        let in_braces = text[..rest.at - language.len()].ends_with('{');
        info.language = unescape(if in_braces { language.strip_prefix('.').unwrap_or(language) } else { language });
    }
    let mut given = Vec::new();
    loop {
        rest.skip_separators();
        if rest.at == text.len() {
            return (info, problems);
        }
        let Some((key, key_range)) = rest.attribute() else {
            rest.take(|c| !is_separator(c));
            continue;
        };
        rest.at = key_range.end + 1;
        let value = rest.value();
        match Attribute::named(key) {
            Some(attribute) if given.contains(&attribute) => {
                let message = format!("{} is given twice", quote(key));
                problems.push(Problem { range: key_range, message, help: None });
            }
            Some(attribute) => {
                given.push(attribute);
                if let Err(problem) = value.and_then(|(value, range)| attribute.set(&mut info, value, range)) {
                    problems.push(problem);
                }
            }
            None => {
                // A longer word, such as `linenos`, is another tool's and no slip of the finger.
                let near =
                    Attribute::NAMES.map(|(name, _)| name).into_iter().filter(|name| key.len() <= name.len() + 1);
                if let Some(help) = did_you_mean(key, near) {
                    let message = format!("unknown attribute {}", quote(key));
                    problems.push(Problem { range: key_range, message, help: Some(help) });
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Title,
    Lines,
    Start,
}

impl Attribute {
    const NAMES: [(&str, Attribute); 3] =
        [("title", Attribute::Title), ("lines", Attribute::Lines), ("start", Attribute::Start)];

    fn named(key: &str) -> Option<Attribute> {
        Attribute::NAMES.into_iter().find(|(name, _)| *name == key).map(|(_, attribute)| attribute)
    }

    fn set<'a>(self, info: &mut Info<'a>, value: &'a str, range: Range<usize>) -> Result<(), Problem> {
        match self {
            Attribute::Title => info.title = Some(unescape(value)),
            Attribute::Start => info.start = Some(number(value, range)?),
            Attribute::Lines => info.lines = lines(value, range.start)?,
        }
        Ok(())
    }
}

/// Reads `3,5-7` and puts it in order; `offset` is where it stands.
fn lines(value: &str, offset: usize) -> Result<Vec<RangeInclusive<u32>>, Problem> {
    let mut lines = Vec::new();
    let mut at = offset;
    for piece in value.split(',') {
        let range = at..at + piece.len();
        at = range.end + 1;
        let (first, last) = match piece.split_once('-') {
            Some((first, last)) => {
                let dash = range.start + first.len();
                (number(first, range.start..dash)?, number(last, dash + 1..range.end)?)
            }
            None => {
                let only = number(piece, range.clone())?;
                (only, only)
            }
        };
        if first > last {
            return Err(Problem {
                range,
                message: format!("the lines {} end before they begin", quote(piece.trim())),
                help: Some(format!("write `{last}-{first}`")),
            });
        }
        lines.push(first..=last);
    }
    lines.sort_unstable_by_key(|line| *line.start());
    lines.dedup_by(|next, line| {
        let joins = *next.start() <= line.end() + 1;
        if joins {
            *line = *line.start()..=*line.end().max(next.end());
        }
        joins
    });
    Ok(lines)
}

fn number(text: &str, range: Range<usize>) -> Result<u32, Problem> {
    let digits = text.trim();
    // `parse` alone would take a sign.
    let number = if digits.starts_with('+') { None } else { digits.parse().ok() };
    number.filter(|number| (1..=MAX_LINE).contains(number)).ok_or_else(|| Problem {
        range,
        message: if digits.is_empty() {
            "a line number is missing".into()
        } else {
            format!("{} is not a line number", quote(digits))
        },
        help: Some(format!("line numbers go from 1 to {MAX_LINE}, as in `start=10` or `lines=\"3,5-7\"`")),
    })
}

/// A place in the text, and what can be read from there.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    /// What follows as long as its characters are as wanted.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let taken = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn skip_separators(&mut self) {
        self.take(is_separator);
    }

    /// The key of the attribute that begins here, if one does.
    fn attribute(&self) -> Option<(&'a str, Range<usize>)> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'))?;
        (end > 0 && rest[end..].starts_with('=')).then(|| (&rest[..end], self.at..self.at + end))
    }

    /// The value that begins here, without its quotes, and where it stands.
    fn value(&mut self) -> Result<(&'a str, Range<usize>), Problem> {
        let rest = &self.text[self.at..];
        let Some(quoted) = rest.strip_prefix('"') else {
            let value = self.take(|c| !c.is_whitespace() && c != '}');
            return Ok((value, self.at - value.len()..self.at));
        };
        let start = self.at + 1;
        let mut escaped = false;
        let end = quoted.find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let Some(end) = end else {
            let range = self.at..self.text.len();
            self.at = range.end;
            return Err(Problem {
                range,
                message: "the quote is not closed".into(),
                help: Some("end the value with `\"`; a quote inside it is written `\\\"`".into()),
            });
        };
        self.at = start + end + 1;
        Ok((&quoted[..end], start..start + end))
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '{' | '}')
}

/// Resolves backslashes and entities by the rule for info strings, CommonMark 0.31 section 4.5,
/// with the parser that knows the rule: as the info string of a fence that holds nothing else.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '&']) {
        return Cow::Borrowed(text);
    }
    // Tildes, since the words after backticks can't hold a backtick.
    match Parser::new(&format!("~~~ {text}")).next() {
        Some(Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(text)))) => Cow::Owned(text.into_string()),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An info string as one line: `language title [lines] start`.
    fn read(text: &str) -> String {
        let (info, problems) = parse(text);
        assert_eq!(problems, [], "{text}");
        let title = info.title.map(|title| format!(" {title:?}")).unwrap_or_default();
        let lines = if info.lines.is_empty() { String::new() } else { format!(" {:?}", info.lines) };
        let start = info.start.map(|start| format!(" from {start}")).unwrap_or_default();
        format!("{}{title}{lines}{start}", info.language)
    }

    #[test]
    fn languages() {
        for (text, language) in [
            ("", ""),
            ("  ", ""),
            ("python", "python"),
            (" python  ", "python"),
            ("rust,ignore", "rust"),
            ("rust,no_run", "rust"),
            ("rust, edition2024", "rust"),
            ("js run", "js"),
            ("{.python}", "python"),
            ("{.python .numberLines}", "python"),
            ("{r}", "r"),
            ("{r, echo=FALSE}", "r"),
            ("python {3-5}", "python"),
            ("js{1,3-5}", "js"),
            ("c++", "c++"),
            ("c#", "c#"),
            ("f\\*", "f*"),
            ("f&ouml;&ouml;", "föö"),
            ("sh-session", "sh-session"),
            (".env", ".env"),
            ("x=1", "x=1"),
            ("日本語", "日本語"),
            ("js \"a b\" {linenos=table,hl_lines=[1,2]}", "js"),
            ("go {linenos=true linenostart=199}", "go"),
            ("bash file=run.sh highlight=\"title=x lines=y\"", "bash"),
        ] {
            assert_eq!(read(text), language, "{text}");
        }
    }

    #[test]
    fn attributes() {
        for (text, expected) in [
            ("python title=\"eval.py\" lines=\"3,5-7\" start=10", "python \"eval.py\" [3..=3, 5..=7] from 10"),
            ("python title=eval.py", "python \"eval.py\""),
            ("python,title=eval.py", "python \"eval.py\""),
            ("{.python title=eval.py start=2}", "python \"eval.py\" from 2"),
            ("title=\"no language\"", " \"no language\""),
            ("sh title=\"say \\\"hi\\\" & <go>\"", "sh \"say \\\"hi\\\" & <go>\""),
            ("sh title=\"C:\\new\"", "sh \"C:\\\\new\""),
            ("sh title=\"a \\\\\" start=3", "sh \"a \\\\\" from 3"),
            ("sh title=\"&amp; `x`\"", "sh \"& `x`\""),
            ("sh title=\"\"", "sh \"\""),
            ("sh lines=3,5-7", "sh [3..=3, 5..=7]"),
            ("sh lines=\" 7 , 3 - 4 ,4-5,6\"", "sh [3..=7]"),
            ("sh lines=1-1000000", "sh [1..=1000000]"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn problems_stand_at_their_words() {
        for (text, words, message, help) in [
            ("sh lines=\"7-3\"", "7-3", "the lines `7-3` end before they begin", "write `3-7`"),
            ("sh lines=\"1,x\"", "x", "`x` is not a line number", "line numbers go"),
            ("sh lines=\"1-2-3\"", "2-3", "`2-3` is not a line number", "line numbers go"),
            ("sh lines=\"\"", "", "a line number is missing", "line numbers go"),
            ("sh lines=1-", "", "a line number is missing", "line numbers go"),
            ("sh lines=0", "0", "`0` is not a line number", "line numbers go"),
            ("sh lines=1-1000001", "1000001", "`1000001` is not a line number", "line numbers go"),
            ("sh start=x", "x", "`x` is not a line number", "line numbers go"),
            ("sh start=+1", "+1", "`+1` is not a line number", "line numbers go"),
            ("sh start=-1", "-1", "`-1` is not a line number", "line numbers go"),
            ("sh start=99999999999999999999", "99999999999999999999", "`99999999999999999999` is not", "line numbers"),
            ("sh title=\"eval.py", "\"eval.py", "the quote is not closed", "end the value with `\"`"),
            ("sh title=\"eval.py\\\"", "\"eval.py\\\"", "the quote is not closed", "end the value"),
            ("sh titel=\"eval.py\"", "titel", "unknown attribute `titel`", "did you mean `title`?"),
            ("sh line=3", "line", "unknown attribute `line`", "did you mean `lines`?"),
            ("sh Start=3", "Start", "unknown attribute `Start`", "did you mean `start`?"),
            ("sh start=3 start=4", "start", "`start` is given twice", ""),
        ] {
            let (info, problems) = parse(text);
            assert_eq!(info.language, "sh", "{text}");
            let [problem] = &problems[..] else { panic!("{text}: {problems:?}") };
            assert_eq!(&text[problem.range.clone()], words, "{text}");
            assert!(problem.message.starts_with(message), "{text}: {}", problem.message);
            assert!(problem.help.as_deref().unwrap_or_default().starts_with(help), "{text}: {:?}", problem.help);
        }
        let (info, problems) = parse("sh title=a lines=x start=5");
        assert_eq!((info.title.as_deref(), info.lines, info.start), (Some("a"), vec![], Some(5)));
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn hostile_strings_end_soon() {
        let long = "x".repeat(50_000_000);
        let (info, problems) = parse(&long);
        assert_eq!((info, problems.len()), (Info::default(), 1));
        for piece in ["{", "\"", "title=", "title=\"", "lines=\"1,", "titel=1 ", "=", "\\", "&amp;", "\u{301}", "1,"] {
            let text = piece.repeat(MAX_INFO / piece.len());
            parse(&text);
            parse(&format!("sh {text}"));
            parse(&format!("sh lines=\"{text}\" title=\"{text}\""));
        }
    }
}
