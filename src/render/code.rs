//! A code block's HTML, highlighted while the site is built.
//!
//! In: what the fence says, the code, and a [`Highlighter`] unless highlighting is off. Out: a
//! `figure` whose `pre` has exactly the code as its text (characters that HTML forbids become
//! U+FFFD), with classes alone, so that it stands under a strict Content-Security-Policy. Never
//! fails: code that can't be highlighted is shown plain.
//!
//! # The markup
//! ```html
//! <figure class="code" data-language="python"><figcaption>eval.py</figcaption><pre tabindex="0"><code class="language-python">…</code></pre></figure>
//! ```
//! A listing with a number has its `id`, and the number in the caption as `<span class="number">`. Title and
//! language are absent where the fence gives none; `tabindex` lets a keyboard scroll
//! long lines. Only where the fence asks for numbers or marks, a line stands in an element, its
//! line end included, that the theme shows as a block: `<mark class="line">` when it is marked,
//! `<ins class="line">` and `<del class="line">` where it is new or gone, whose signs the theme draws,
//! `<span class="line gap">` where it stands for lines that are
//! left out, else `<span class="line">`; with numbers each has `data-line="10"`, which the theme shows by
//! `content: attr(data-line)`. A counter of CSS could not start at 10 without an inline style, and
//! numbers in a column of their own would lose their lines where long ones wrap.

use std::ops::Range;
use std::sync::OnceLock;

use syntect::parsing::{ClearAmount, Scope, ScopeStackOp, SyntaxReference};

use super::grammar;
use crate::parse::info::Info;
use crate::store::cache::{Cache, Key, Value};

/// The longest block that is highlighted, in bytes: some 3,000 lines.
const MAX_CODE: usize = 128 * 1024;

/// The most that the cubes of the lines' lengths may come to in a block that is highlighted. Where
/// rules of a grammar look ahead to the line's end and back, the time for a line grows with the
/// cube of its length: a second for 1,000 spaces in INI. Ordinary lines count for nothing here, 300
/// bytes can be had 150 times, 1,000 bytes four times.
const MAX_CUBES: u64 = 4_000_000_000;

/// Stands for everything but language and code that decides on the result: raise the number when
/// [`RULES`] or the writer change. A test holds the versions to those of `Cargo.lock`.
const WRITER: &str = "2, syntect 5.3.0, two-face 0.5.2+bat-0.26.1";

/// A listing as it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    pub info: &'a Info<'a>,
    /// With its last line end.
    pub code: &'a str,
    /// Where it has a number: its id on the page, and what it is called.
    pub named: Option<(&'a str, &'a str)>,
}

/// Writes one code block.
pub fn code_block(out: &mut String, listing: Listing<'_>, highlighter: Option<&Highlighter<'_>>) {
    let Listing { info, code, named } = listing;
    out.push_str("<figure class=\"code\"");
    if let Some((id, _)) = named {
        write_attribute(out, "id", &[id]);
    }
    if !info.language.is_empty() {
        write_attribute(out, "data-language", &[&info.language]);
    }
    out.push('>');
    if let Some(title) = info.title.as_deref().filter(|title| !title.is_empty()) {
        out.push_str("<figcaption>");
        if let Some((_, number)) = named {
            out.push_str("<span class=\"number\">");
            escape(out, number);
            out.push_str("</span> ");
        }
        escape(out, title);
        out.push_str("</figcaption>");
    }
    out.push_str("<pre tabindex=\"0\"><code");
    if !info.language.is_empty() {
        write_attribute(out, "class", &["language-", &info.language]);
    }
    out.push('>');
    let highlighted = highlighter.and_then(|highlighter| highlighter.highlight(&info.language, code));
    let html = highlighted.as_ref().and_then(Value::text).filter(|html| !html.is_empty());
    match (html, info.start.is_some() || !info.lines.is_empty() || info.is_change()) {
        (Some(html), false) => out.push_str(html),
        (Some(html), true) => write_lines(out, html, info),
        (None, false) => escape(out, code),
        (None, true) => {
            let mut html = String::with_capacity(code.len() * 9 / 8);
            escape(&mut html, code);
            write_lines(out, &html, info);
        }
    }
    out.push_str("</code></pre></figure>");
}

/// Writes lines in which no element crosses a line end, those that need one in an element.
fn write_lines(out: &mut String, html: &str, info: &Info<'_>) {
    let mut marks = [("ins", &info.ins), ("del", &info.del), ("mark", &info.lines)]
        .map(|(tag, lines)| (tag, lines.iter().peekable()));
    let first = info.start.unwrap_or(1);
    for (at, line) in (1_u32..).zip(html.split_inclusive('\n')) {
        if info.gaps.binary_search(&at).is_ok() {
            out.push_str("<span class=\"line gap\">");
            out.push_str(line);
            out.push_str("</span>");
            continue;
        }
        let mut marked = None;
        for (tag, lines) in &mut marks {
            while lines.next_if(|lines| *lines.end() < at).is_some() {}
            let holds = lines.peek().is_some_and(|lines| lines.contains(&at));
            marked = marked.or(holds.then_some(*tag));
        }
        let Some(tag) = marked.or(info.start.map(|_| "span")) else {
            out.push_str(line);
            continue;
        };
        out.push('<');
        out.push_str(tag);
        out.push_str(" class=\"line\"");
        if info.start.is_some() {
            write_attribute(out, "data-line", &[&(first - 1).saturating_add(at).to_string()]);
        }
        out.push('>');
        out.push_str(line);
        out.push_str("</");
        out.push_str(tag);
        out.push('>');
    }
}

/// Highlights code in the languages that bat knows. Made once a run and shared between threads;
/// its grammars are loaded when the first block is not in the cache.
#[derive(Debug)]
pub struct Highlighter<'a> {
    cache: &'a Cache,
    /// Whether the site wants code highlighted; the languages are known either way.
    enabled: bool,
    grammars: OnceLock<Grammars>,
}

impl<'a> Highlighter<'a> {
    pub fn new(cache: &'a Cache, enabled: bool) -> Self {
        Highlighter { cache, enabled, grammars: OnceLock::new() }
    }

    /// Whether a language is known as one, with or without a grammar.
    pub fn knows(&self, language: &str) -> bool {
        grammar_token(language).is_none_or(|token| self.grammars.get_or_init(Grammars::load).find(&token).is_some())
    }

    /// The code as HTML with a `span` around what has a class, none across a line end; nothing or
    /// an empty value where the code stays plain.
    fn highlight(&self, language: &str, code: &str) -> Option<Value<'a>> {
        if !self.enabled {
            return None;
        }
        if code.len() > MAX_CODE || code.split('\n').map(|line| (line.len() as u64).pow(3)).sum::<u64>() > MAX_CUBES {
            return None;
        }
        let language = grammar_token(language)?;
        let key = Key::of([WRITER.as_bytes(), language.as_bytes(), code.as_bytes()]);
        self.cache.get(&key).or_else(|| {
            let grammars = self.grammars.get_or_init(Grammars::load);
            // That a language is unknown is remembered too, or every run would load the grammars
            // to find out.
            let html = grammars.find(&language).and_then(|grammar| grammars.write(grammar, code)).unwrap_or_default();
            Some(self.cache.put(key, html.into_bytes()))
        })
    }
}

/// What a grammar is called for a language as typed; `None` where there is nothing to highlight.
fn grammar_token(language: &str) -> Option<String> {
    let language = language.to_lowercase();
    if PLAIN.contains(&language.as_str()) {
        return None;
    }
    let alias = ALIASES.iter().find(|(_, names)| names.contains(&language.as_str()));
    Some(alias.map_or(language, |(token, _)| (*token).to_owned()))
}

/// Languages without a grammar by intent: text, and transcripts, whose output a shell's grammar
/// would take for commands and an apostrophe in it for a string without end.
const PLAIN: &[&str] = &[
    "",
    "console",
    "none",
    "output",
    "plain",
    "plaintext",
    "pycon",
    "sh-session",
    "shell-session",
    "shellsession",
    "terminal",
    "text",
    "txt",
];

/// Names that authors use and the grammars don't, by the one that they do.
const ALIASES: &[(&str, &[&str])] = &[
    ("apache conf", &["apache"]),
    ("asm", &["assembly"]),
    ("bat", &["batch", "dos"]),
    ("cpp", &["cuda"]),
    ("cs", &["csharp"]),
    ("dockerfile", &["docker"]),
    ("dot", &["graphviz"]),
    ("f#", &["fs", "fsharp"]),
    ("f90", &["fortran"]),
    ("glsl", &["hlsl"]),
    ("go", &["golang"]),
    ("ini", &["systemd"]),
    ("jinja", &["django"]),
    // The grammar that knows no JSX takes 60 percent of the time of the one that does.
    ("javascript", &["cjs", "js", "mjs", "node"]),
    ("json", &["hjson", "json5", "jsonc", "jsonl", "ndjson"]),
    ("lisp", &["elisp", "emacs-lisp", "scheme"]),
    ("markdown", &["mdx"]),
    ("objective-c", &["objc", "objectivec"]),
    ("ps1", &["pwsh"]),
    ("python", &["ipython", "python3"]),
    ("re", &["regex"]),
    ("sh", &["shell"]),
    ("xml", &["plist"]),
];

/// What a stretch of code is, as far as the theme can tell: the classes of the spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Comment,
    Deleted,
    Function,
    Heading,
    Inserted,
    Keyword,
    Number,
    /// A keyword where it is a word (`and`, `instanceof`), else plain: never in the output.
    Operator,
    String,
    Type,
    Variable,
}

impl Class {
    fn name(self) -> Option<&'static str> {
        Some(match self {
            Class::Plain | Class::Operator => return None,
            Class::Comment => "c",
            Class::Deleted => "d",
            Class::Function => "f",
            Class::Heading => "h",
            Class::Inserted => "i",
            Class::Keyword => "k",
            Class::Number => "n",
            Class::String => "s",
            Class::Type => "t",
            Class::Variable => "v",
        })
    }
}

/// Which scopes have which class, by the scope names that grammars share
/// (<https://www.sublimetext.com/docs/scope_naming.html>); the longest prefix counts, and a scope
/// that isn't listed has the class of the one around it. Plain variables, operators and punctuation
/// have no class: a span is 23 bytes, and they would be every other one.
const RULES: &[(&str, Class)] = &[
    ("comment", Class::Comment),
    ("constant", Class::Number),
    ("entity.name", Class::Type),
    ("entity.name.constant", Class::Number),
    ("entity.name.function", Class::Function),
    ("entity.name.label", Class::Variable),
    ("entity.name.macro", Class::Function),
    ("entity.name.section", Class::Heading),
    ("entity.name.tag", Class::Keyword),
    ("entity.other.attribute-name", Class::Variable),
    ("entity.other.inherited-class", Class::Type),
    ("keyword", Class::Keyword),
    ("keyword.operator", Class::Operator),
    ("keyword.other.substitution", Class::Plain),
    ("keyword.other.template", Class::String),
    ("keyword.other.unit", Class::Number),
    ("markup.deleted", Class::Deleted),
    ("markup.heading", Class::Heading),
    ("markup.inserted", Class::Inserted),
    ("markup.raw", Class::String),
    ("markup.underline.link", Class::String),
    ("meta.diff.header", Class::Heading),
    ("meta.diff.range", Class::Heading),
    ("storage", Class::Keyword),
    ("string", Class::String),
    ("support.class", Class::Type),
    ("support.constant", Class::Number),
    ("support.function", Class::Function),
    ("support.macro", Class::Function),
    ("support.type", Class::Type),
    ("support.type.property-name", Class::Variable),
    ("variable.annotation", Class::Function),
    ("variable.function", Class::Function),
    ("variable.language", Class::Keyword),
    ("variable.parameter", Class::Variable),
    // Only a shell's variables are told from its words by nothing but their color.
    ("punctuation.definition.variable.shell", Class::Variable),
    ("variable.other.readwrite.shell", Class::Variable),
    // Code within a string or another language.
    ("meta.embedded", Class::Plain),
    ("meta.group.expansion", Class::Plain),
    ("meta.interpolation", Class::Plain),
    ("meta.template.expression", Class::Plain),
    ("source", Class::Plain),
    ("text", Class::Plain),
];

/// The grammars, and [`RULES`] as they are looked up.
#[derive(Debug)]
struct Grammars {
    grammars: grammar::Grammars,
    /// By the first piece of the scope; the longest scope first.
    rules: Vec<(u16, Vec<(Scope, Class)>)>,
}

impl Grammars {
    fn load() -> Self {
        let mut rules: Vec<(u16, Vec<(Scope, Class)>)> = Vec::new();
        for (name, class) in RULES {
            // Fails only for names of more than eight pieces.
            let Ok(scope) = Scope::new(name) else { continue };
            match rules.iter_mut().find(|(first, _)| *first == scope.atom_at(0)) {
                Some((_, rules)) => rules.push((scope, *class)),
                None => rules.push((scope.atom_at(0), vec![(scope, *class)])),
            }
        }
        for (_, rules) in &mut rules {
            rules.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
        }
        Grammars { grammars: grammar::Grammars::new(two_face::syntax::extra_newlines()), rules }
    }

    fn find(&self, token: &str) -> Option<&SyntaxReference> {
        let syntaxes = &self.grammars.syntaxes;
        let plain = syntaxes.find_syntax_plain_text();
        syntaxes.find_syntax_by_token(token).filter(|found| found.name != plain.name)
    }

    fn class(&self, scope: Scope) -> Option<Class> {
        let (_, rules) = self.rules.iter().find(|(first, _)| *first == scope.atom_at(0))?;
        rules.iter().find(|(prefix, _)| prefix.is_prefix_of(scope)).map(|(_, class)| *class)
    }

    /// The code from the first line on whose work is too much stays plain. `None` when the grammar is at odds
    /// with itself.
    fn write(&self, grammar: &SyntaxReference, code: &str) -> Option<String> {
        let mut out = String::with_capacity(code.len() * 2);
        let mut reader = self.grammars.begin(grammar, code)?;
        let mut scopes = Scopes::default();
        let mut done = 0;
        for text in code.split_inclusive('\n') {
            let Ok(changes) = reader.line(text) else { break };
            done += text.len();
            let mut line = Line { out: &mut out, text, written: 0, run: 0..0, class: Class::Plain };
            let mut at = 0;
            for (offset, change) in changes {
                line.add(at..offset, scopes.class());
                at = at.max(offset);
                scopes.apply(change, |scope| self.class(scope));
            }
            line.add(at..text.len(), scopes.class());
            line.finish();
        }
        escape(&mut out, &code[done..]);
        Some(out)
    }
}

/// The class at each depth of the scopes around a place: what syntect's own stack is for, with the
/// answer in place of the scopes.
#[derive(Debug, Default)]
struct Scopes {
    classes: Vec<Class>,
    cleared: Vec<Vec<Class>>,
}

impl Scopes {
    fn class(&self) -> Class {
        self.classes.last().copied().unwrap_or(Class::Plain)
    }

    fn apply(&mut self, change: ScopeStackOp, class: impl Fn(Scope) -> Option<Class>) {
        let depth = self.classes.len();
        match change {
            ScopeStackOp::Push(scope) => self.classes.push(class(scope).unwrap_or_else(|| self.class())),
            ScopeStackOp::Pop(count) => self.classes.truncate(depth.saturating_sub(count)),
            ScopeStackOp::Clear(ClearAmount::TopN(count)) => {
                self.cleared.push(self.classes.split_off(depth.saturating_sub(count)));
            }
            ScopeStackOp::Clear(ClearAmount::All) => self.cleared.push(std::mem::take(&mut self.classes)),
            ScopeStackOp::Restore => self.classes.extend(self.cleared.pop().unwrap_or_default()),
            ScopeStackOp::Noop => {}
        }
    }
}

/// Writes one line: stretches of one class become one span, whatever whitespace is between them,
/// and whitespace at their ends stays outside.
struct Line<'a> {
    out: &'a mut String,
    text: &'a str,
    /// How much of the text is in `out`.
    written: usize,
    /// The stretch that the next piece may lengthen, and its class.
    run: Range<usize>,
    class: Class,
}

impl Line<'_> {
    fn add(&mut self, range: Range<usize>, class: Class) {
        // A grammar that captures text before its match gives changes out of order.
        let piece = self.text.get(range.clone()).unwrap_or_default();
        let inner = piece.trim_start();
        if inner.is_empty() {
            return;
        }
        let class = match class {
            Class::Operator if inner.starts_with(char::is_alphabetic) => Class::Keyword,
            Class::Operator => Class::Plain,
            other => other,
        };
        let (start, end) = (range.end - inner.len(), range.start + piece.trim_end().len());
        if class != self.class {
            self.flush();
            self.class = class;
            self.run.start = start;
        }
        self.run.end = end;
    }

    fn flush(&mut self) {
        let Some(name) = self.class.name() else { return };
        escape(self.out, &self.text[self.written..self.run.start]);
        self.out.push_str("<span class=\"");
        self.out.push_str(name);
        self.out.push_str("\">");
        escape(self.out, &self.text[self.run.clone()]);
        self.out.push_str("</span>");
        self.written = self.run.end;
    }

    fn finish(mut self) {
        self.flush();
        escape(self.out, &self.text[self.written..]);
    }
}

fn write_attribute(out: &mut String, name: &str, value: &[&str]) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for piece in value.iter().flat_map(|value| value.split_inclusive('"')) {
        escape(out, piece.trim_end_matches('"'));
        if piece.ends_with('"') {
            out.push_str("&quot;");
        }
    }
    out.push('"');
}

/// Writes text so that it stands for itself in an element of HTML or XML. Quotes are left: code is
/// full of them. What neither may hold, controls and noncharacters, becomes U+FFFD.
fn escape(out: &mut String, text: &str) {
    let mut written = 0;
    let mut at = 0;
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| SPECIAL[usize::from(*byte)]) {
        at += found;
        let Some(c) = text[at..].chars().next() else { break };
        let end = at + c.len_utf8();
        let replaced = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '\u{fdd0}'..='\u{fdef}' => "\u{fffd}",
            _ if c.is_control() || u32::from(c) & 0xfffe == 0xfffe => "\u{fffd}",
            _ => {
                at = end;
                continue;
            }
        };
        out.push_str(&text[written..at]);
        out.push_str(replaced);
        at = end;
        written = end;
    }
    out.push_str(&text[written..]);
}

/// The first bytes of characters that [`escape`] must look at.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = match byte as u8 {
            b'\t' | b'\n' => false,
            0..0x20 | b'&' | b'<' | b'>' | 0x7f => true,
            // U+0080 to U+009F, U+FDD0 to U+FDEF with U+FFFE and U+FFFF, and the upper planes.
            0xc2 | 0xef | 0xf0..=0xf4 => true,
            _ => false,
        };
        byte += 1;
    }
    special
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::info;

    fn block(fence: &str, code: &str) -> String {
        let cache = Cache::open(None);
        let mut out = String::new();
        let listing = Listing { info: &info::parse(fence).0, code, named: None };
        code_block(&mut out, listing, Some(&Highlighter::new(&cache, true)));
        out
    }

    /// The classes and texts of a highlighted block, `[k fn] main`.
    fn classes(language: &str, code: &str) -> String {
        let html = block(language, code);
        let html = html.split_once("<code").and_then(|(_, rest)| rest.split_once('>')).expect("a code element").1;
        let html = html.strip_suffix("</code></pre></figure>").expect("an end");
        html.replace("<span class=\"", "[").replace("\">", " ").replace("</span>", "]")
    }

    /// The text of a document that is in no tag.
    fn text(html: &str) -> String {
        let mut text = String::new();
        for piece in html.split('<').skip(1) {
            text.push_str(piece.split_once('>').expect("a closed tag").1);
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    #[test]
    fn markup() {
        for (fence, code, expected) in [
            ("", "a < b\n", "<figure class=\"code\"><pre tabindex=\"0\"><code>a &lt; b\n</code></pre></figure>"),
            (
                "nonesuch title=\"a & <b>\"",
                "x\n",
                "<figure class=\"code\" data-language=\"nonesuch\"><figcaption>a &amp; &lt;b&gt;</figcaption>\
                 <pre tabindex=\"0\"><code class=\"language-nonesuch\">x\n</code></pre></figure>",
            ),
            (
                "\"onload=\"x",
                "",
                "<figure class=\"code\" data-language=\"&quot;onload=&quot;x\">\
                 <pre tabindex=\"0\"><code class=\"language-&quot;onload=&quot;x\"></code></pre></figure>",
            ),
            ("title=\"\"", "\n\nx", "<figure class=\"code\"><pre tabindex=\"0\"><code>\n\nx</code></pre></figure>"),
            (
                "lines=2,4-9",
                "1\n2\n3\n4\n5\n",
                "<figure class=\"code\"><pre tabindex=\"0\"><code>1\n<mark class=\"line\">2\n</mark>3\n\
                 <mark class=\"line\">4\n</mark><mark class=\"line\">5\n</mark></code></pre></figure>",
            ),
            (
                "start=9 lines=2",
                "9\n10\n",
                "<figure class=\"code\"><pre tabindex=\"0\"><code><span class=\"line\" data-line=\"9\">9\n</span>\
                 <mark class=\"line\" data-line=\"10\">10\n</mark></code></pre></figure>",
            ),
            (
                "sh lines=1",
                "echo 'a\nb'\n",
                "<figure class=\"code\" data-language=\"sh\"><pre tabindex=\"0\"><code class=\"language-sh\">\
                 <mark class=\"line\"><span class=\"f\">echo</span> <span class=\"s\">'a</span>\n</mark>\
                 <span class=\"s\">b'</span>\n</code></pre></figure>",
            ),
        ] {
            assert_eq!(block(fence, code), expected, "{fence}");
        }
    }

    #[test]
    fn highlighting() {
        for (language, code, expected) in [
            ("rust", "fn main() {}\n", "[k fn] [f main]() {}\n"),
            ("rust", "let x: u8 = 1; // c\n", "[k let] x: [k u8] = [n 1]; [c // c]\n"),
            (
                "Python",
                "def f(a=1):\n    \"\"\"doc\n\n    more\"\"\"\n    return f\"{a} b\" is not None\n",
                "[k def] [f f]([v a]=[n 1]):\n    [c \"\"\"doc]\n\n    [c more\"\"\"]\n    [k return f][s \"]{a} [s b\"] [k is not] [n None]\n",
            ),
            ("js", "const a = `x ${b + 1} y`;\n", "[k const] a = [s `x] ${b + [n 1]} [s y`];\n"),
            ("ts", "interface A { b: string }\n", "[k interface] [t A] { b: [t string] }\n"),
            (
                "sh",
                "for f in *; do echo \"$f\"; done\n",
                "[k for] f [k in] *; [k do] [f echo] [s \"][v $f][s \"]; [k done]\n",
            ),
            ("json", "{\"a\": [1, true]}\n", "{[s \"a\"]: [[n 1], [n true]]}\n"),
            ("toml", "[a]\nb = \"c\"\n", "[[t a]]\n[k b] = [s \"c\"]\n"),
            ("yaml", "a: b # c\n", "[k a]: [s b] [c # c]\n"),
            ("html", "<a href=\"x\">y</a>\n", "&lt;[k a] [v href]=[s \"x\"]&gt;y&lt;/[k a]&gt;\n"),
            ("diff", "@@ -1 +1 @@\n-a\n+b\n c\n", "[h @@ -1 +1 @@]\n[d -a]\n[i +b]\n c\n"),
            ("md", "# Title\n\nA `b`.\n", "[h # Title]\n\nA [s `b`].\n"),
            ("css", "a { color: #fff }\n", "[k a] { [v color]: [n #fff] }\n"),
            ("text", "let x = 1\n", "let x = 1\n"),
        ] {
            let found = classes(language, code);
            assert_eq!(found, expected, "{language}");
        }
    }

    #[test]
    fn languages() {
        let grammars = Grammars::load();
        for language in "asm bash bat c c# c++ clojure cmake cpp cs csharp css dart diff docker Dockerfile elixir elm \
            f# fish fortran go golang graphql groovy haskell hcl html http ini java javascript js json json5 jsonc jsx \
            julia kotlin latex less lua make makefile markdown md nginx nim nix objc ocaml perl php powershell proto \
            ps1 py python python3 PYTHON r rb regex rs ruby rust sass scala scss sh shell sol sql svelte svg swift \
            terraform tex tf toml ts tsx typescript typst vim vue wgsl xml yaml yml zig zsh"
            .split_whitespace()
        {
            assert!(grammar_token(language).is_some_and(|token| grammars.find(&token).is_some()), "{language}");
        }
        for (token, names) in ALIASES {
            assert!(grammars.find(token).is_some(), "{token}");
            for name in *names {
                assert_ne!(grammars.find(name).map(|found| &found.name), grammars.find(token).map(|found| &found.name));
            }
        }
        for language in ["", "text", "console", "nonesuch", "../etc", "plain text", "\u{0}"] {
            assert!(grammar_token(language).is_none_or(|token| grammars.find(&token).is_none()), "{language}");
        }
    }

    #[test]
    fn the_text_is_the_code() {
        for (fence, code) in [
            ("", "\n\n  &amp; <b>\"'\u{a0}🤖\u{301}\n\t"),
            ("rust start=3 lines=2", "\n\nfn main() {\n    \"&amp;<>\n\u{e9}\"\n"),
            ("html", "<p title='&lt;'>\n</p>\n<script>if (a < b && c > d) {}</script>"),
            ("python lines=1-1000000", "\"\"\"\n\n]]>\n"),
        ] {
            assert_eq!(text(&block(fence, code)), code, "{fence}");
        }
        let forbidden = "\u{0}\u{8}\u{b}\u{c}\r\u{1b}\u{7f}\u{80}\u{9f}\u{fdd0}\u{fffe}\u{ffff}\u{1ffff}\u{10fffe}";
        assert_eq!(text(&block("", forbidden)), "\u{fffd}".repeat(forbidden.chars().count()));
        assert_eq!(text(&block("sh", "echo \u{1b}[1m\n")), "echo \u{fffd}[1m\n");
        let kept = "\t\n\u{a0}\u{fdcf}\u{fdf0}\u{fffd}\u{1fffd}\u{10fffd}";
        assert_eq!(text(&block("", kept)), kept);
    }

    #[test]
    fn what_is_too_long_stays_plain() {
        let long = format!("let x = \"{}\";\n", "x".repeat(2000));
        let wide = format!("let x = \"{}\";\n", "x".repeat(1000)).repeat(4);
        let many = "let x = 1;\n".repeat(100_000);
        let huge = "x".repeat(50_000_000);
        for code in [long, wide, many, huge] {
            assert!(!block("rust", &code).contains("<span"));
        }
    }

    #[test]
    fn results_are_remembered() {
        let cache = Cache::open(None);
        let code = "fn main() {}\n";
        let first = Highlighter::new(&cache, true).highlight("rust", code).expect("a value").to_vec();
        assert!(!first.is_empty());
        assert!(Highlighter::new(&cache, true).highlight("nonesuch", code).expect("a value").is_empty());
        let second = Highlighter::new(&cache, true);
        assert_eq!(second.highlight("Rust", code).expect("a value").to_vec(), first);
        assert!(second.highlight("nonesuch", code).expect("a value").is_empty());
        assert!(second.grammars.get().is_none(), "the grammars were loaded for nothing");
    }

    #[test]
    fn the_writer_names_its_versions() {
        let lock = include_str!("../../Cargo.lock");
        for (name, version) in WRITER.split(", ").skip(1).filter_map(|library| library.split_once(' ')) {
            assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name} {version}");
        }
    }
}
