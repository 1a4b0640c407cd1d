//! Bare URLs and e-mail addresses in running text, which pulldown-cmark leaves as text.
//!
//! In: one run of plain text, never code, the text of a link or raw HTML. Out: the ranges to link, in order, with their
//! targets. It never decides whether a target exists, and never escapes it for HTML.
//!
//! The rules are those of GitHub Flavored Markdown 0.29, section 6.9 "Autolinks (extension)". Where that text and
//! GitHub's own implementation (cmark-gfm 0.29.0.gfm.13) differ, authors expect what they see on GitHub: a URL with a
//! scheme may stand after any character but an ASCII letter or digit (`"https://…"`, `见https://…`), its host needs no
//! period (`http://localhost:3000`), the period of `www.` counts as the one that a domain needs, and a trailing quote
//! or semicolon is no part of the link.
//!
//! Each byte is looked at a bounded number of times, whatever the text.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr3_iter;

/// A piece of text to be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autolink<'a> {
    /// Bytes of the text that was given.
    pub range: Range<usize>,
    /// The target: those bytes, with `http://` or `mailto:` before them where no scheme was typed.
    pub href: Cow<'a, str>,
}

/// The links of a run of plain text, in order and apart from each other.
///
/// `preceded_by` is the character before the run in its line, `None` at the start of a line.
pub fn autolinks(text: &str, preceded_by: Option<char>) -> Vec<Autolink<'_>> {
    let mut links: Vec<Autolink<'_>> = Vec::new();
    let mut run = Run { text, preceded_by, done: 0, host: None };
    for at in memchr3_iter(b'w', b':', b'@', text.as_bytes()).filter(|at| is_trigger(text.as_bytes(), *at)) {
        // What lies in a link already can't begin another.
        if at < run.done {
            continue;
        }
        let link = match text.as_bytes()[at] {
            b'w' => run.www(at),
            b':' => run.url(at),
            _ => run.address(at),
        };
        if let Some(link) = link {
            run.done = link.range.end;
            links.push(link);
        }
    }
    links
}

/// Whether a `w`, `:` or `@` deserves a closer look.
fn is_trigger(text: &[u8], at: usize) -> bool {
    match text[at] {
        b'w' => text[at..].starts_with(b"www."),
        b':' => text[at..].starts_with(b"://"),
        _ => true,
    }
}

struct Run<'a> {
    text: &'a str,
    preceded_by: Option<char>,
    /// The end of the last link.
    done: usize,
    /// The host read last.
    host: Option<Host>,
}

impl<'a> Run<'a> {
    /// An extended www autolink, whose first `w` is at `start`.
    fn www(&mut self, start: usize) -> Option<Autolink<'a>> {
        let may_precede = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '~' | '(');
        if !self.before(start).is_none_or(may_precede) {
            return None;
        }
        let range = self.link(start, start + "www.".len(), start)?;
        Some(Autolink { href: format!("http://{}", &self.text[range.clone()]).into(), range })
    }

    /// An extended URL autolink, whose `://` is at `colon`.
    fn url(&mut self, colon: usize) -> Option<Autolink<'a>> {
        let start = ["https", "http", "ftp"].iter().find_map(|scheme| self.word_before(colon, scheme))?;
        let host = colon + "://".len();
        // The one rule for a host's first character: anything but punctuation.
        self.text[host..].chars().next().filter(|c| !c.is_ascii_punctuation() && is_host_char(*c))?;
        let range = self.link(start, host, host)?;
        Some(Autolink { href: self.text[range.clone()].into(), range })
    }

    /// An extended e-mail or protocol autolink, whose `@` is at `at`.
    fn address(&self, at: usize) -> Option<Autolink<'a>> {
        let is_local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
        let local = self.text[self.done..at].trim_end_matches(is_local).len() + self.done;
        if local == at || (local == 0 && self.preceded_by.is_some_and(is_local)) {
            return None;
        }
        let mut end = self.domain_end(at + 1).filter(|end| !self.text[*end..].starts_with('@'))?;
        let mailto = self.word_before(local, "mailto:");
        let xmpp = self.word_before(local, "xmpp:");
        if xmpp.is_some()
            && let Some(resource) = self.text[end..].strip_prefix('/')
        {
            let length = run_length(resource, |c| c.is_ascii_alphanumeric() || matches!(c, '@' | '.'));
            let resource = resource[..length].trim_end_matches('.');
            if !resource.is_empty() {
                end += "/".len() + resource.len();
            }
        }
        let range = mailto.or(xmpp).unwrap_or(local)..end;
        let words = &self.text[range.clone()];
        let href = if range.start == local { format!("mailto:{words}").into() } else { words.into() };
        Some(Autolink { range, href })
    }

    /// The end of the domain of an e-mail address.
    fn domain_end(&self, start: usize) -> Option<usize> {
        let rest = &self.text[start..];
        let domain = &rest[..run_length(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))];
        let domain = domain.split("..").next().unwrap_or(domain).trim_end_matches('.');
        let valid = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with(['-', '_']);
        valid.then_some(start + domain.len())
    }

    /// The range of a link that begins at `start` with a fixed text up to `fixed`, if the domain from `domain` on is
    /// valid and something is left after the fixed text.
    fn link(&mut self, start: usize, fixed: usize, domain: usize) -> Option<Range<usize>> {
        // All starts within one run of host characters share its end and its last segments, so a host is read once:
        // in `www.a_www.a_www.a_b` each `www.` begins a host that runs to the end.
        if !self.host.as_ref().is_some_and(|host| host.range.contains(&domain)) {
            self.host = Some(Host::read(self.text, domain));
        }
        let host = self.host.as_ref()?;
        if host.range.end <= fixed || host.has_underscore_at_end(domain) {
            return None;
        }
        let path = &self.text[host.range.end..];
        let end = host.range.end + run_length(path, |c| c != '<' && !c.is_whitespace() && !c.is_control());
        let end = start + without_trailing_punctuation(&self.text[start..end]);
        (end > fixed).then_some(start..end)
    }

    /// The character before an offset.
    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back().or(self.preceded_by)
    }

    /// Where a word begins that ends at `end` in any letter case and is no tail of a longer one.
    fn word_before(&self, end: usize, word: &str) -> Option<usize> {
        let start = end.checked_sub(word.len()).filter(|start| *start >= self.done)?;
        let found = self.text.get(start..end)?.eq_ignore_ascii_case(word);
        (found && !self.before(start).is_some_and(|c| c.is_ascii_alphanumeric())).then_some(start)
    }
}

/// A run of host characters, without periods at its end.
struct Host {
    range: Range<usize>,
    /// The period before the last segment but one.
    second_last_period: Option<usize>,
    last_underscore: Option<usize>,
}

impl Host {
    fn read(text: &str, start: usize) -> Self {
        let rest = &text[start..];
        let host = rest[..run_length(rest, is_host_char)].trim_end_matches('.');
        Host {
            range: start..start + host.len(),
            second_last_period: host.rmatch_indices('.').nth(1).map(|(at, _)| start + at),
            last_underscore: host.rfind('_').map(|at| start + at),
        }
    }

    /// Whether one of the last two segments of the domain from `start` on has an underscore.
    fn has_underscore_at_end(&self, start: usize) -> bool {
        let last_two = self.second_last_period.map_or(start, |period| start.max(period));
        self.last_underscore.is_some_and(|underscore| underscore >= last_two)
    }
}

fn is_host_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
    } else {
        !c.is_whitespace() && !c.is_control()
    }
}

/// How many bytes of a link remain when punctuation, closing parentheses that were never opened and what looks like an
/// entity are taken off its end ("extended autolink path validation").
fn without_trailing_punctuation(link: &str) -> usize {
    let opened = link.bytes().filter(|byte| *byte == b'(').count();
    let mut closed = link.bytes().filter(|byte| *byte == b')').count();
    let mut end = link.len();
    while let Some(last) = link[..end].chars().next_back() {
        match last {
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '"' => end -= 1,
            ')' if closed > opened => {
                closed -= 1;
                end -= 1;
            }
            ';' => {
                let name = link[..end - 1].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                end = match name.strip_suffix('&') {
                    Some(before) if name.len() < end - 1 => before.len(),
                    _ => end - 1,
                };
            }
            _ => break,
        }
    }
    end
}

/// How many bytes from the start consist of such characters.
fn run_length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with each link as `[words](href)`, or as `[words]` where both are equal.
    fn linked(text: &str, preceded_by: Option<char>) -> String {
        let mut shown = String::new();
        let mut done = 0;
        for link in autolinks(text, preceded_by) {
            let words = &text[link.range.clone()];
            shown += &text[done..link.range.start];
            shown += &if link.href == words { format!("[{words}]") } else { format!("[{words}]({})", link.href) };
            done = link.range.end;
        }
        shown + &text[done..]
    }

    /// The paragraphs of the examples in the GitHub Flavored Markdown specification by GitHub, section 6.9, under
    /// CC BY-SA 4.0. Those with `mailto:` and `xmpp:` follow cmark-gfm.
    #[test]
    fn examples_of_the_specification() {
        for (text, expected) in [
            ("www.commonmark.org", "[www.commonmark.org](http://www.commonmark.org)"),
            (
                "Visit www.commonmark.org/help for more information.",
                "Visit [www.commonmark.org/help](http://www.commonmark.org/help) for more information.",
            ),
            ("Visit www.commonmark.org.", "Visit [www.commonmark.org](http://www.commonmark.org)."),
            ("Visit www.commonmark.org/a.b.", "Visit [www.commonmark.org/a.b](http://www.commonmark.org/a.b)."),
            (
                "www.google.com/search?q=Markup+(business)",
                "[www.google.com/search?q=Markup+(business)](http://www.google.com/search?q=Markup+(business))",
            ),
            (
                "www.google.com/search?q=Markup+(business)))",
                "[www.google.com/search?q=Markup+(business)](http://www.google.com/search?q=Markup+(business))))",
            ),
            (
                "(www.google.com/search?q=Markup+(business))",
                "([www.google.com/search?q=Markup+(business)](http://www.google.com/search?q=Markup+(business)))",
            ),
            (
                "(www.google.com/search?q=Markup+(business)",
                "([www.google.com/search?q=Markup+(business)](http://www.google.com/search?q=Markup+(business))",
            ),
            (
                "www.google.com/search?q=(business))+ok",
                "[www.google.com/search?q=(business))+ok](http://www.google.com/search?q=(business))+ok)",
            ),
            (
                "www.google.com/search?q=commonmark&hl=en",
                "[www.google.com/search?q=commonmark&hl=en](http://www.google.com/search?q=commonmark&hl=en)",
            ),
            (
                "www.google.com/search?q=commonmark&hl;",
                "[www.google.com/search?q=commonmark](http://www.google.com/search?q=commonmark)&hl;",
            ),
            ("www.commonmark.org/he<lp", "[www.commonmark.org/he](http://www.commonmark.org/he)<lp"),
            ("http://commonmark.org", "[http://commonmark.org]"),
            (
                "(Visit https://encrypted.google.com/search?q=Markup+(business))",
                "(Visit [https://encrypted.google.com/search?q=Markup+(business)])",
            ),
            ("Anonymous FTP is available at ftp://foo.bar.baz.", "Anonymous FTP is available at [ftp://foo.bar.baz]."),
            ("foo@bar.baz", "[foo@bar.baz](mailto:foo@bar.baz)"),
            (
                "hello@mail+xyz.example isn't valid, but hello+xyz@mail.example is.",
                "hello@mail+xyz.example isn't valid, but [hello+xyz@mail.example](mailto:hello+xyz@mail.example) is.",
            ),
            ("a.b-c_d@a.b", "[a.b-c_d@a.b](mailto:a.b-c_d@a.b)"),
            ("a.b-c_d@a.b.", "[a.b-c_d@a.b](mailto:a.b-c_d@a.b)."),
            ("a.b-c_d@a.b-", "a.b-c_d@a.b-"),
            ("a.b-c_d@a.b_", "a.b-c_d@a.b_"),
            ("mailto:foo@bar.baz", "[mailto:foo@bar.baz]"),
            ("mailto:a.b-c_d@a.b.", "[mailto:a.b-c_d@a.b]."),
            ("mailto:a.b-c_d@a.b/", "[mailto:a.b-c_d@a.b]/"),
            ("mailto:a.b-c_d@a.b-", "mailto:a.b-c_d@a.b-"),
            ("mailto:a.b-c_d@a.b_", "mailto:a.b-c_d@a.b_"),
            ("xmpp:foo@bar.baz", "[xmpp:foo@bar.baz]"),
            ("xmpp:foo@bar.baz.", "[xmpp:foo@bar.baz]."),
            ("xmpp:foo@bar.baz/txt", "[xmpp:foo@bar.baz/txt]"),
            ("xmpp:foo@bar.baz/txt@bin", "[xmpp:foo@bar.baz/txt@bin]"),
            ("xmpp:foo@bar.baz/txt@bin.com", "[xmpp:foo@bar.baz/txt@bin.com]"),
            ("xmpp:foo@bar.baz/txt/bin", "[xmpp:foo@bar.baz/txt]/bin"),
        ] {
            assert_eq!(linked(text, None), expected);
        }
    }

    #[test]
    fn as_on_github() {
        for (text, expected) in [
            ("\"http://a.example\" 'http://a.example'", "\"[http://a.example]\" '[http://a.example]'"),
            ("见https://a.example/ö。", "见[https://a.example/ö。]"),
            ("https://a.example\u{3000}b", "[https://a.example]\u{3000}b"),
            ("HTTPS://a.example http://localhost:3000/x", "[HTTPS://a.example] [http://localhost:3000/x]"),
            ("http://🍄.ga/ http://x🍄.ga/", "[http://🍄.ga/] [http://x🍄.ga/]"),
            ("xhttp://a.example 1http://a.example", "xhttp://a.example 1http://a.example"),
            ("http:// http://. http://- https://_ http:///", "http:// http://. http://- https://_ http:///"),
            ("http://a_b.c http://a.b_c http://a_b.c.d", "http://a_b.c http://a.b_c [http://a_b.c.d]"),
            ("www.x.y._z www.x._y.z www._x.y.z", "www.x.y._z www.x._y.z [www._x.y.z](http://www._x.y.z)"),
            ("www.x_y.z. www.a.", "www.x_y.z. [www.a](http://www.a)."),
            ("www. www.. www._.. www.~ www", "www. www.. www._.. www.~ www"),
            ("xwww.a.b \"www.a.b\" /www.a.b", "xwww.a.b \"www.a.b\" /www.a.b"),
            ("*www.a.b* ~www.a.b~", "*[www.a.b](http://www.a.b)* ~[www.a.b](http://www.a.b)~"),
            ("www.a.b/x; www.a.b/&x;&y1;!", "[www.a.b/x](http://www.a.b/x); [www.a.b/](http://www.a.b/)&x;&y1;!"),
            ("http://me@a.example/x@y.z", "[http://me@a.example/x@y.z]"),
            ("mmmmailto:a@b.c at:d@e.f", "mmmmailto:[a@b.c](mailto:a@b.c) at:[d@e.f](mailto:d@e.f)"),
            ("mailto:a@b.c/mailto:d@e.f", "[mailto:a@b.c]/[mailto:d@e.f]"),
            ("@a.b.c@. n@. a@b a@.b a@b..c @b.c", "@a.b.c@. n@. a@b a@.b a@b..c @b.c"),
            ("xmpp:a@b.c/x. xmpp:a@b.c/", "[xmpp:a@b.c/x]. [xmpp:a@b.c]/"),
            ("12:30 a: b, std::fs, @name, www", "12:30 a: b, std::fs, @name, www"),
            ("", ""),
        ] {
            assert_eq!(linked(text, None), expected);
        }
    }

    #[test]
    fn what_stands_before_the_run() {
        for before in [' ', '\u{3000}', '*', '_', '~', '('] {
            assert_eq!(autolinks("www.a.b", Some(before)).len(), 1, "{before:?}");
        }
        for before in ['a', '"', '/', ')', 'é'] {
            assert_eq!(autolinks("www.a.b", Some(before)), [], "{before:?}");
        }
        assert_eq!(autolinks("http://a.b", Some('x')), []);
        assert_eq!(autolinks("http://a.b", Some('"')).len(), 1);
        assert_eq!(autolinks("a@b.c", Some('x')), []);
        assert_eq!(autolinks("a@b.c", Some(':')).len(), 1);
        assert_eq!(linked("mailto:a@b.c", Some('x')), "mailto:[a@b.c](mailto:a@b.c)");
    }

    /// A step for each pair of bytes would be 10^11 steps for a text, which no test run would see the end of.
    #[test]
    fn hostile_texts_take_linear_time() {
        let repeat = |piece: &str| piece.repeat(300_000 / piece.len());
        for piece in [
            "a@",
            "a@a.",
            "www.",
            "_www.a",
            "www.a_",
            "_www.a_b.",
            "(",
            ")",
            "http://",
            "http://a_b",
            ";",
            "&a;",
            "w",
            ":",
            "://",
            "a.",
            "mailto:",
            "xmpp:a@b.c/",
            "é@",
        ] {
            let text = repeat(piece);
            let parts = ["", "www.a.b/", "a@b.c ", "(http://a.b/"].map(|start| start.to_owned() + &text);
            for text in parts {
                let links = autolinks(&text, None);
                assert!(links.iter().is_sorted_by(|a, b| a.range.end <= b.range.start), "{piece}");
            }
        }
        let parentheses = format!("www.a.b/{}{}", "(".repeat(100_000), ")".repeat(100_001));
        assert_eq!(autolinks(&parentheses, None)[0].range, 0..parentheses.len() - 1);
    }
}
