//! The info string of a code fence: its language and what is said about the code.
//!
//! In: the words after the opening fence, as they stand in the source. Out: an [`Info`], and what
//! is wrong with the attributes that partwork knows, or is said as other tools want it. Their other
//! words (`rust,ignore`, `js run`) pass in silence, as they do on GitHub; other attributes are known by
//! their places. Never looks at the code.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use crate::diagnostic::{did_you_mean, quote};
use crate::text::source::id_problem;

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
    /// What it is referred to by, and where that is typed. With it a listing has a number.
    pub id: Option<(Cow<'a, str>, Range<usize>)>,
    /// The marked lines, counted from 1 within the block. Ascending, apart from each other.
    pub lines: Vec<RangeInclusive<u32>>,
    /// The lines that are new, and those that are gone, counted likewise.
    pub ins: Vec<RangeInclusive<u32>>,
    pub del: Vec<RangeInclusive<u32>>,
    /// Lines that stand for others, which did not change and are left out.
    pub gaps: Vec<u32>,
    /// All of these as typed: where each range stands in the info string, and the range.
    typed_lines: Vec<(Range<usize>, RangeInclusive<u32>)>,
    /// The number of the first line. Numbers are shown when it is given.
    pub start: Option<u32>,
    /// Where the code is taken from, where the fence doesn't hold it.
    pub taken: Taken<'a>,
    /// What tells it from the fences next to it, which say the same in other ways, and where that stands.
    pub tab: Option<Typed<'a>>,
    /// What the lines hold that are left out of what is shown, and where that stands.
    hide: Option<(Cow<'a, str>, Range<usize>)>,
    /// Where attributes are named that nothing reads.
    pub unknown: Vec<Range<usize>>,
}

/// What a fence says of the file that its code is taken from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken<'a> {
    pub file: Option<Typed<'a>>,
    /// The part of the file between two of its lines.
    pub anchor: Option<Typed<'a>>,
    /// The lines of the file.
    pub lines_of: Option<Typed<'a>>,
    /// The part since which changes are shown.
    pub since: Option<Typed<'a>>,
}

impl Taken<'_> {
    /// Whether it says anything.
    pub fn is_something(&self) -> bool {
        [&self.file, &self.anchor, &self.lines_of, &self.since].into_iter().any(Option::is_some)
    }
}

/// A value, and where it stands in the info string.
pub type Typed<'a> = (Cow<'a, str>, Range<usize>);

impl Info<'_> {
    /// The code without the lines that are hidden. All else counts lines in that.
    pub fn shown<'c>(&self, code: Cow<'c, str>) -> Cow<'c, str> {
        if self.hide.is_none() {
            return code;
        }
        let hides = self.hiding();
        Cow::Owned(code.split_inclusive('\n').filter(|line| !hides(line)).collect())
    }

    /// Says of a line whether it is hidden.
    pub fn hiding(&self) -> impl Fn(&str) -> bool + use<> {
        let pattern = self.hide.as_ref().and_then(|(pattern, _)| expression(pattern).ok());
        move |line| pattern.as_ref().is_some_and(|pattern| pattern.is_match(line.trim_end_matches(['\r', '\n'])))
    }

    /// What says that lines are hidden and hides none of the code, or all.
    pub fn idle(&self, code: &str) -> Option<Problem> {
        let (pattern, range) = self.hide.as_ref()?;
        let count = |code: &str| code.split_inclusive('\n').count();
        let (all, shown) = (count(code), count(&self.shown(Cow::Borrowed(code))));
        let what = match shown {
            0 if all > 0 => "every line",
            shown if shown == all => "no line",
            _ => return None,
        };
        let message = format!("{} hides {what}", quote(pattern));
        let help = "it is a regular expression that is looked for in each line, such as `hide=\"^# \"`";
        Some(Problem { range: range.clone(), message, help: Some(help.into()) })
    }

    /// Whether the code is a change: some of its lines are new or gone.
    pub fn is_change(&self) -> bool {
        !self.ins.is_empty() || !self.del.is_empty()
    }

    /// The code of a change as text: each line after its sign, as a difference has it.
    pub fn with_signs(&self, code: &str) -> String {
        let holds = |lines: &[RangeInclusive<u32>], at: u32| lines.iter().any(|lines| lines.contains(&at));
        let mut out = String::with_capacity(code.len() * 9 / 8);
        for (at, line) in (1_u32..).zip(code.split_inclusive('\n')) {
            out.push(if holds(&self.del, at) {
                '-'
            } else if holds(&self.ins, at) {
                '+'
            } else {
                ' '
            });
            out.push_str(line);
        }
        out
    }

    /// What says that the listing has an id where it has no title that a number could stand before.
    pub fn untitled(&self) -> Option<Problem> {
        let (id, range) = self.id.as_ref().filter(|_| self.title.as_ref().is_none_or(|title| title.is_empty()))?;
        let message = format!("the listing {} has no title, and so no number", quote(id));
        let help = "add `title=\"…\"`, or remove the id";
        Some(Problem { range: range.clone(), message, help: Some(help.into()) })
    }

    /// What marks lines that the code doesn't have; `count` is how many it has.
    pub fn beyond(&self, count: usize) -> Vec<Problem> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let beyond = self.typed_lines.iter().filter(|(_, lines)| *lines.end() > count);
        beyond
            .map(|(range, lines)| {
                let has = crate::diagnostic::count(count as usize, "line");
                let before = self.start.unwrap_or(1) - 1;
                // Marked by the numbers that are shown.
                let shown = before > 0 && *lines.start() > before && lines.end() - before <= count;
                let help = if shown {
                    let meant = typed(&(lines.start() - before..=lines.end() - before));
                    format!("lines count from 1 within the block, whatever `start` says: write {}", quote(&meant))
                } else {
                    "lines count from 1 within the block".into()
                };
                let message = format!("{} is marked, and the code has {has}", quote(&typed(lines)));
                Problem { range: range.clone(), message, help: Some(help) }
            })
            .collect()
    }
}

/// A range of lines as it is typed.
fn typed(lines: &RangeInclusive<u32>) -> String {
    if lines.start() == lines.end() { lines.start().to_string() } else { format!("{}-{}", lines.start(), lines.end()) }
}

/// Something wrong in an info string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, in bytes of the info string.
    pub range: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// What stands after the backticks or tildes of a fence, as typed.
pub fn words(text: &str, fence: Range<usize>) -> &str {
    let line = text[fence].lines().next().unwrap_or_default();
    line.trim_start_matches(['`', '~']).trim()
}

/// Reads an info string. What is bad is left out, and the rest counts.
///
/// The language ends at whitespace, `,` or `{`; alone in braces it begins with a dot or not
/// (`{.python}`, `{r}`). After it `title="…"`, `id=x`, `lines="3,5-7"`, `ins`, `del`, `hide`, `start=10`, `tab=npm` and those of [`Taken`] are known, in any
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
    rest.skip_separators(&mut problems);
    if rest.at == text.len() {
        return (info, problems);
    }
    if rest.attribute().is_none_or(|(key, _)| Attribute::named(key).is_none()) {
        let language = rest.take(|c| !c.is_whitespace() && !matches!(c, ',' | '{' | '}'));
        let in_braces = text[..rest.at - language.len()].ends_with('{');
        info.language = unescape(if in_braces { language.strip_prefix('.').unwrap_or(language) } else { language });
    }
    let mut given = Vec::new();
    loop {
        rest.skip_separators(&mut problems);
        if rest.at == text.len() {
            return (info, problems);
        }
        let Some((key, key_range)) = rest.attribute() else {
            rest.take(|c| !is_separator(c));
            continue;
        };
        rest.at = key_range.end + 1;
        let Some(attribute) = Attribute::named(key) else {
            let value = rest.foreign_value();
            match foreign(key, key_range.clone(), value) {
                Some(problem) => problems.push(problem),
                None => info.unknown.push(key_range),
            }
            continue;
        };
        match rest.value() {
            _ if given.contains(&attribute) => {
                let message = format!("{} is given twice", quote(key));
                problems.push(Problem { range: key_range, message, help: None });
            }
            Ok((value, range)) => {
                given.push(attribute);
                attribute.set(&mut info, value, range, &mut problems);
            }
            Err(problem) => {
                given.push(attribute);
                problems.push(problem);
            }
        }
    }
}

/// What is wrong with an attribute that partwork doesn't know, if it is a slip of the finger or what
/// another tool calls one that it does know.
fn foreign(key: &str, range: Range<usize>, value: &str) -> Option<Problem> {
    let ours = match key {
        "hl_lines" => {
            let lines: Vec<&str> =
                value.split(['[', ']', '"', '\'', ',', ' ']).filter(|word| !word.is_empty()).collect();
            Some(format!("lines=\"{}\"", lines.join(",")))
        }
        "linenostart" => Some(format!("start={value}")),
        _ => None,
    };
    if let Some(ours) = ours {
        let message = format!("{} is not read here", quote(key));
        return Some(Problem { range, message, help: Some(format!("write {}", quote(&ours))) });
    }
    // A longer word, such as `linenos`, is another tool's and no slip of the finger.
    let near = Attribute::NAMES.map(|(name, _)| name).into_iter().filter(|name| key.len() <= name.len() + 1);
    let help = did_you_mean(key, near)?;
    Some(Problem { range, message: format!("unknown attribute {}", quote(key)), help: Some(help) })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Title,
    Id,
    Lines,
    Ins,
    Del,
    Hide,
    Start,
    File,
    Anchor,
    LinesOf,
    Since,
    Tab,
}

impl Attribute {
    const NAMES: [(&str, Attribute); 12] = [
        ("title", Attribute::Title),
        ("id", Attribute::Id),
        ("lines", Attribute::Lines),
        ("ins", Attribute::Ins),
        ("del", Attribute::Del),
        ("hide", Attribute::Hide),
        ("start", Attribute::Start),
        ("file", Attribute::File),
        ("anchor", Attribute::Anchor),
        ("lines_of", Attribute::LinesOf),
        ("since", Attribute::Since),
        ("tab", Attribute::Tab),
    ];

    fn named(key: &str) -> Option<Attribute> {
        Attribute::NAMES.into_iter().find(|(name, _)| *name == key).map(|(_, attribute)| attribute)
    }

    fn set<'a>(self, info: &mut Info<'a>, value: &'a str, range: Range<usize>, out: &mut Vec<Problem>) {
        match self {
            Attribute::Title => info.title = Some(unescape(value)),
            Attribute::File => info.taken.file = Some((unescape(value), range)),
            Attribute::Anchor => info.taken.anchor = Some((unescape(value), range)),
            Attribute::LinesOf => info.taken.lines_of = Some((unescape(value), range)),
            Attribute::Since => info.taken.since = Some((unescape(value), range)),
            Attribute::Tab if value.trim().is_empty() => out.push(Problem {
                range,
                message: "a tab has no name".into(),
                help: Some("say what tells it from the others, such as `tab=\"npm\"`".into()),
            }),
            Attribute::Tab => info.tab = Some((unescape(value), range)),
            Attribute::Id => {
                let id = unescape(value);
                match id_problem(&id) {
                    None => info.id = Some((id, range)),
                    Some(problem) => out.push(Problem {
                        range,
                        message: format!("the id {} {problem}", quote(&id)),
                        help: Some("use lowercase letters, digits, `-` and `_`".into()),
                    }),
                }
            }
            Attribute::Hide => {
                let pattern = unescape(value);
                match expression(&pattern) {
                    Ok(_) => info.hide = Some((pattern, range)),
                    Err(problem) => out.push(Problem {
                        range,
                        message: format!("{} is no regular expression: {problem}", quote(&pattern)),
                        help: Some(
                            "a sign that stands for itself has a backslash before it, which is typed as two".into(),
                        ),
                    }),
                }
            }
            Attribute::Start => match number(value, range) {
                Ok(start) => info.start = Some(start),
                Err(problem) => out.push(problem),
            },
            Attribute::Lines | Attribute::Ins | Attribute::Del => {
                let typed = typed_lines(value, range.start, out);
                let lines = in_order(typed.iter().map(|(_, lines)| lines.clone()).collect());
                info.typed_lines.extend(typed);
                match self {
                    Attribute::Ins => info.ins = lines,
                    Attribute::Del => info.del = lines,
                    _ => info.lines = lines,
                }
                out.extend(both(info, range));
            }
        }
    }
}

/// The expression that hides lines. Looking for it takes time in proportion to its size and the code's.
fn expression(pattern: &str) -> Result<regex_lite::Regex, regex_lite::Error> {
    regex_lite::RegexBuilder::new(pattern).size_limit(MAX_EXPRESSION).build()
}

/// The largest such expression, in bytes once it is read.
const MAX_EXPRESSION: usize = 20_000;

/// Where lines are said to be new and gone at once.
fn both(info: &mut Info<'_>, range: Range<usize>) -> Option<Problem> {
    let meets = |ins: &RangeInclusive<u32>| {
        let met = info.del.iter().find(|del| del.start() <= ins.end() && ins.start() <= del.end())?;
        Some(*ins.start().max(met.start()))
    };
    let line = info.ins.iter().find_map(meets)?;
    info.ins.clear();
    Some(Problem {
        range,
        message: format!("line {line} is new by `ins` and gone by `del`"),
        help: Some("show the old line and the new one below each other, and name each".into()),
    })
}

/// Reads `3,5-7`; `offset` is where it stands.
fn typed_lines(value: &str, offset: usize, out: &mut Vec<Problem>) -> Vec<(Range<usize>, RangeInclusive<u32>)> {
    let mut found = Vec::new();
    let mut at = offset;
    for piece in value.split(',') {
        let range = at..at + piece.len();
        at = range.end + 1;
        match lines(piece, range.clone()) {
            Ok(lines) => found.push((range, lines)),
            Err(problem) => out.push(problem),
        }
    }
    found
}

/// Reads `3` or `5-7`, which stands at a place.
pub fn lines(piece: &str, range: Range<usize>) -> Result<RangeInclusive<u32>, Problem> {
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
    Ok(first..=last)
}

/// Ranges ascending and apart from each other.
fn in_order(mut lines: Vec<RangeInclusive<u32>>) -> Vec<RangeInclusive<u32>> {
    lines.sort_unstable_by_key(|line| *line.start());
    lines.dedup_by(|next, line| {
        let joins = *next.start() <= line.end() + 1;
        if joins {
            *line = *line.start()..=*line.end().max(next.end());
        }
        joins
    });
    lines
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

    /// Goes on to the next word; lines that other tools mark by `{1,3-5}` are a problem.
    fn skip_separators(&mut self, out: &mut Vec<Problem>) {
        while self.take(is_separator).ends_with('{') {
            let inner = self.text[self.at..].split('}').next().unwrap_or_default();
            let is_lines = inner.starts_with(|c: char| c.is_ascii_digit())
                && inner.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '-' | ' '))
                && self.text[self.at + inner.len()..].starts_with('}');
            if !is_lines {
                return;
            }
            let range = self.at - 1..self.at + inner.len() + 1;
            self.at = range.end;
            let message = format!("{} marks no lines here", quote(&self.text[range.clone()]));
            let help = format!("write {}", quote(&format!("lines=\"{}\"", inner.replace(' ', ""))));
            out.push(Problem { range, message, help: Some(help) });
        }
    }

    /// The value of another tool's attribute: a list in brackets, in quotes, or up to a separator.
    fn foreign_value(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let length = match rest.chars().next() {
            Some('[') => rest.find(']').map(|end| end + 1),
            Some(quote @ ('"' | '\'')) => rest[1..].find(quote).map(|end| end + 2),
            _ => rest.find(is_separator),
        };
        let value = &rest[..length.unwrap_or(rest.len())];
        self.at += value.len();
        value.trim_matches(['"', '\''])
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
            ("c++", "c++"),
            ("c#", "c#"),
            ("f\\*", "f*"),
            ("f&ouml;&ouml;", "föö"),
            ("sh-session", "sh-session"),
            (".env", ".env"),
            ("x=1", "x=1"),
            ("日本語", "日本語"),
            ("js \"a b\" {linenos=table,anchorlinenos=true}", "js"),
            ("r {x}", "r"),
            ("js {1,x}", "js"),
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
            ("sh {3-5}", "{3-5}", "`{3-5}` marks no lines here", "write `lines=\"3-5\"`"),
            ("sh{1,3-5}", "{1,3-5}", "`{1,3-5}` marks no lines here", "write `lines=\"1,3-5\"`"),
            ("{1} sh", "{1}", "`{1}` marks no lines here", "write `lines=\"1\"`"),
            (
                "sh {linenos=table,hl_lines=[1,\"3-4\"]}",
                "hl_lines",
                "`hl_lines` is not read",
                "write `lines=\"1,3-4\"`",
            ),
            ("sh hl_lines=\"1 3\"", "hl_lines", "`hl_lines` is not read", "write `lines=\"1,3\"`"),
            ("sh {linenos=true linenostart=199}", "linenostart", "`linenostart` is not", "write `start=199`"),
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
        let (info, problems) = parse("sh lines=2-9,0,3-x");
        assert_eq!((info.lines, problems.len()), (vec![2..=9], 2));
        let (info, problems) = parse("sh title=a lines=x start=5");
        assert_eq!((info.title.as_deref(), info.lines, info.start), (Some("a"), vec![], Some(5)));
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn hidden_lines() {
        let shown = |text: &str, code| parse(text).0.shown(Cow::Borrowed(code)).into_owned();
        assert_eq!(shown("rust hide=\"^# \"", "# use std;\r\nfn main() {}\n#\n # x\n"), "fn main() {}\n#\n # x\n");
        assert_eq!(shown("rust hide=\"^\\\\s*// ?\"", "// a\nb\n  //"), "b\n");
        assert_eq!(shown("rust", "# a"), "# a");
        for (text, code, message) in [
            ("sh hide=\"^#\"", "a\nb\n", Some("`^#` hides no line")),
            ("sh hide=x", "x\nxx", Some("`x` hides every line")),
            ("sh hide=x", "x\ny", None),
            ("sh hide=x", "", Some("`x` hides no line")),
        ] {
            assert_eq!(parse(text).0.idle(code).map(|problem| problem.message).as_deref(), message, "{text}");
        }
        for bad in ["sh hide=\"(\"", "sh hide=\"(a{99}){99}\""] {
            let (info, problems) = parse(bad);
            assert!(problems[0].message.contains("is no regular expression: "), "{problems:?}");
            assert_eq!(info.shown(Cow::Borrowed("a")), "a");
        }
    }

    #[test]
    fn changes() {
        let (info, problems) = parse("rust ins=\"2,4-9\" del=1");
        assert!(problems.is_empty() && info.is_change());
        assert_eq!(info.with_signs("old\nnew\nsame\n\nlast"), "-old\n+new\n same\n+\n+last");
        assert_eq!(info.beyond(5).len(), 1);
        for text in ["sh ins=1-3 del=\"5,3-4\"", "sh del=\"5,3-4\" ins=1-3"] {
            let (info, problems) = parse(text);
            let [problem] = &problems[..] else { panic!("{problems:?}") };
            assert_eq!(problem.message, "line 3 is new by `ins` and gone by `del`");
            assert!(info.ins.is_empty() && !info.del.is_empty(), "{text}");
        }
    }

    #[test]
    fn marks_count_from_1_within_the_block() {
        let text = "sh start=10 lines=\"2,11,1-3,12\"";
        let problems = parse(text).0.beyond(2);
        let told: Vec<_> =
            problems.iter().map(|problem| (&text[problem.range.clone()], problem.help.as_deref())).collect();
        let plain = Some("lines count from 1 within the block");
        let meant = Some("lines count from 1 within the block, whatever `start` says: write `2`");
        assert_eq!(told, [("11", meant), ("1-3", plain), ("12", plain)]);
        assert_eq!(problems[1].message, "`1-3` is marked, and the code has 2 lines");
    }

    #[test]
    fn hostile_strings_end_soon() {
        let long = "x".repeat(50_000_000);
        let (info, problems) = parse(&long);
        assert_eq!((info, problems.len()), (Info::default(), 1));
        for piece in [
            "{",
            "\"",
            "title=",
            "title=\"",
            "lines=\"1,",
            "titel=1 ",
            "ins=1 del=",
            "hide=(",
            "=",
            "\\",
            "&amp;",
            "\u{301}",
            "1,",
        ] {
            let text = piece.repeat(MAX_INFO / piece.len());
            parse(&text);
            parse(&format!("sh {text}"));
            parse(&format!("sh lines=\"{text}\" title=\"{text}\""));
        }
    }
}
