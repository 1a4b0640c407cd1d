//! Code as HTML.
//!
//! In: a fence's attributes and its code. Out: a `figure` whose `pre` holds exactly the code; the
//! title and the line numbers stand outside of it. Colors are classes, one letter each, so that
//! highlighted code takes about two bytes for one and needs no inline style.

use std::sync::OnceLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::body::escape;
use crate::cache::{Cache, Key};
use crate::parse::info::Info;

/// Changes whenever the same code would become other HTML.
const VERSION: &[u8] = b"code 1 syntect 5.3 two-face 0.5.2";

/// Beyond these, code stays plain: its regular expressions would take seconds.
const MOST_BYTES: usize = 256 << 10;
const LONGEST_LINE: usize = 8 << 10;

/// Grammars, read at the first block that the cache doesn't know.
#[derive(Debug)]
pub struct Highlighter<'a> {
    cache: &'a Cache,
    syntaxes: OnceLock<SyntaxSet>,
    classes: OnceLock<Vec<(Scope, Option<char>)>>,
}

impl<'a> Highlighter<'a> {
    pub fn new(cache: &'a Cache) -> Self {
        Highlighter { cache, syntaxes: OnceLock::new(), classes: OnceLock::new() }
    }

    fn syntaxes(&self) -> &SyntaxSet {
        self.syntaxes.get_or_init(two_face::syntax::extra_newlines)
    }

    fn classes(&self) -> &[(Scope, Option<char>)] {
        self.classes.get_or_init(|| {
            SCOPES.iter().filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, *class))).collect()
        })
    }
}

/// Scopes, the longer before the shorter, and their classes: `k`eyword, `s`tring, `c`omment,
/// `n`umber or constant, `f`unction, `t`ype or tag, `v`ariable or attribute, `o`perator,
/// `d`eleted, `i`nserted, `h`eading. `None` ends the search: what is interpolated into a string is
/// no string.
const SCOPES: &[(&str, Option<char>)] = &[
    ("comment", Some('c')),
    ("constant.character.escape", Some('n')),
    ("constant", Some('n')),
    ("entity.name.function", Some('f')),
    ("entity.name.section", Some('h')),
    ("entity.name.tag", Some('t')),
    ("entity.name", Some('t')),
    ("entity.other.attribute-name", Some('v')),
    ("entity.other.inherited-class", Some('t')),
    ("keyword.operator.word", Some('k')),
    ("keyword.operator", Some('o')),
    ("keyword", Some('k')),
    ("markup.deleted", Some('d')),
    ("markup.inserted", Some('i')),
    ("markup.heading", Some('h')),
    ("meta.interpolation", None),
    ("meta.mapping.key", Some('v')),
    ("punctuation.definition.comment", Some('c')),
    ("storage", Some('k')),
    ("string", Some('s')),
    ("support.function", Some('f')),
    ("support", Some('t')),
    ("variable.function", Some('f')),
    ("variable.language", Some('k')),
    ("variable.parameter", Some('v')),
];

/// Other names under which people know a language.
const ALIASES: &[(&str, &str)] = &[
    ("c++", "cpp"),
    ("c#", "cs"),
    ("csharp", "cs"),
    ("console", "bash"),
    ("dockerfile", "Dockerfile"),
    ("docker", "Dockerfile"),
    ("golang", "go"),
    ("jsonc", "json"),
    ("jsx", "js"),
    ("make", "Makefile"),
    ("makefile", "Makefile"),
    ("node", "js"),
    ("objc", "m"),
    ("powershell", "ps1"),
    ("python3", "py"),
    ("sh-session", "bash"),
    ("shell", "bash"),
    ("shellsession", "bash"),
    ("yml", "yaml"),
    ("zsh", "bash"),
];

/// Languages that are no languages.
const PLAIN: &[&str] = &["", "text", "txt", "plain", "plaintext", "output", "none"];

/// Writes a code block. Marked lines stand in `mark`; with `start`, numbers stand in a column of
/// their own, hidden from screen readers and from copying.
pub fn code_block(out: &mut String, info: &Info, code: &str, highlighter: Option<&Highlighter<'_>>) {
    out.push_str("<figure class=\"code");
    if info.start.is_some() {
        out.push_str(" numbered");
    }
    out.push('"');
    if !info.language.is_empty() {
        out.push_str(" data-language=\"");
        escape(out, &info.language);
        out.push('"');
    }
    out.push('>');
    if let Some(title) = &info.title {
        out.push_str("<figcaption>");
        escape(out, title);
        out.push_str("</figcaption>");
    }
    if let Some(start) = info.start {
        out.push_str("<pre class=\"numbers\" aria-hidden=\"true\">");
        for (at, _) in code.lines().enumerate() {
            out.push_str(&format!("{}\n", start as usize + at));
        }
        out.push_str("</pre>");
    }
    out.push_str("<pre tabindex=\"0\"><code");
    if !info.language.is_empty() {
        out.push_str(" class=\"language-");
        escape(out, &info.language);
        out.push('"');
    }
    out.push('>');
    lines(out, info, code, highlighter);
    out.push_str("</code></pre></figure>\n");
}

fn lines(out: &mut String, info: &Info, code: &str, highlighter: Option<&Highlighter<'_>>) {
    let too_large = code.len() > MOST_BYTES || code.lines().any(|line| line.len() > LONGEST_LINE);
    let highlighter = highlighter.filter(|_| !too_large && !PLAIN.contains(&info.language.as_str()));
    let Some(highlighter) = highlighter else {
        plain(out, info, code);
        return;
    };
    let key = key(info, code);
    if highlighter.cache.get(&key, out) {
        return;
    }
    let start = out.len();
    match syntax(highlighter.syntaxes(), &info.language) {
        Some(syntax) => {
            if highlighted(out, info, code, syntax, highlighter).is_none() {
                out.truncate(start);
                plain(out, info, code);
            }
        }
        None => plain(out, info, code),
    }
    highlighter.cache.put(key, &out[start..]);
}

fn key(info: &Info, code: &str) -> Key {
    let mut hash = blake3::Hasher::new();
    hash.update(VERSION);
    for part in [info.language.as_bytes(), code.as_bytes()] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    if !info.lines.is_empty() {
        hash.update(format!("{:?} {:?}", info.lines, info.start).as_bytes());
    }
    hash.finalize().into()
}

fn syntax<'s>(syntaxes: &'s SyntaxSet, language: &str) -> Option<&'s SyntaxReference> {
    let lower = language.to_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(language, |(_, name)| name);
    syntaxes.find_syntax_by_token(name)
}

fn is_marked(info: &Info, line: usize) -> bool {
    let number = info.start.unwrap_or(1).saturating_add(u32::try_from(line).unwrap_or(u32::MAX));
    info.lines.iter().any(|range| range.contains(&number))
}

fn plain(out: &mut String, info: &Info, code: &str) {
    if info.lines.is_empty() {
        escape(out, code);
        return;
    }
    for (at, line) in code.split_inclusive('\n').enumerate() {
        let text = line.trim_end_matches('\n');
        if is_marked(info, at) {
            out.push_str("<mark>");
            escape(out, text);
            out.push_str("</mark>");
        } else {
            escape(out, text);
        }
        out.push_str(&line[text.len()..]);
    }
}

/// Writes code with classes; `None` when a grammar fails on it.
fn highlighted(
    out: &mut String,
    info: &Info,
    code: &str,
    syntax: &SyntaxReference,
    highlighter: &Highlighter<'_>,
) -> Option<()> {
    let classes = highlighter.classes();
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut open: Option<char> = None;
    let close = |out: &mut String, open: &mut Option<char>| {
        if open.take().is_some() {
            out.push_str("</span>");
        }
    };
    for (at, line) in code.split_inclusive('\n').enumerate() {
        let marked = is_marked(info, at);
        if marked {
            close(out, &mut open);
            out.push_str("<mark>");
        }
        let end = if marked { line.trim_end_matches('\n').len() } else { line.len() };
        let ops = state.parse_line(line, highlighter.syntaxes()).ok()?;
        let mut from = 0;
        for (to, op) in ops.iter().map(|(to, op)| (*to, Some(op))).chain([(line.len(), None)]) {
            let text = &line[from.min(end)..to.min(end)];
            if text.trim().is_empty() {
                out.push_str(text);
            } else {
                let class = class(&stack, classes);
                if class != open {
                    close(out, &mut open);
                    if let Some(class) = class {
                        out.push_str("<span class=\"");
                        out.push(class);
                        out.push_str("\">");
                    }
                    open = class;
                }
                escape(out, text);
            }
            from = to;
            if let Some(op) = op {
                stack.apply(op).ok()?;
            }
        }
        if marked {
            close(out, &mut open);
            out.push_str("</mark>");
            out.push_str(&line[end..]);
        }
    }
    close(out, &mut open);
    Some(())
}

/// The class of the innermost scope that has one.
fn class(stack: &ScopeStack, classes: &[(Scope, Option<char>)]) -> Option<char> {
    stack
        .as_slice()
        .iter()
        .rev()
        .find_map(|scope| classes.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::info::parse;

    fn html(words: &str, code: &str) -> String {
        let cache = Cache::open(None);
        let highlighter = Highlighter::new(&cache);
        let mut first = String::new();
        code_block(&mut first, &parse(words).0, code, Some(&highlighter));
        let mut again = String::new();
        code_block(&mut again, &parse(words).0, code, Some(&highlighter));
        assert_eq!(first, again, "from the cache");
        first
    }

    fn text(html: &str) -> String {
        let pre = html.split("<pre tabindex=\"0\"><code").nth(1).unwrap_or_default();
        let mut text = String::new();
        let mut in_tag = true;
        for c in pre.split("</code>").next().unwrap_or_default().chars() {
            match c {
                '<' => in_tag = true,
                '>' => in_tag = false,
                c if !in_tag => text.push(c),
                _ => {}
            }
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    #[test]
    fn the_text_of_pre_is_the_code() {
        let code = "def f(x):\n    \"\"\"a < b\n    & c\"\"\"\n    return x + 1  # é\n";
        for words in ["python", "python lines=\"1,3-4\" start=1", "nope lines=2", "", "text"] {
            assert_eq!(text(&html(words, code)), code, "{words}");
        }
    }

    #[test]
    fn classes_are_small() {
        assert_eq!(
            html("python title=\"<a>\"", "x = 1\n"),
            "<figure class=\"code\" data-language=\"python\"><figcaption>&lt;a&gt;</figcaption><pre tabindex=\"0\">\
             <code class=\"language-python\">x <span class=\"o\">=</span> <span class=\"n\">1</span>\n</code></pre></figure>\n"
        );
    }

    #[test]
    fn hostile_code_stays_plain() {
        let long = "(".repeat(1 << 20);
        assert_eq!(text(&html("js", &long)), long);
    }
}
