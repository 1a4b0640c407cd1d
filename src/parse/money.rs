//! Which dollar signs are a formula's, and which are money or a variable's name.
//!
//! In: a text. Out: the places of all signs that neither begin nor end a formula, so that the
//! parser never sees them: it pairs signs before it knows what a code span or a link is.
//!
//! The rules are those of pandoc and GitHub. No space stands behind the sign that opens a formula,
//! and none before the one that closes it; no letter or digit stands before the first or behind the
//! second, as in `US$5`, `$5-$10` and `$HOME/$PATH`. Only letters of ASCII count: Chinese and Korean are
//! written without spaces around a formula. Code spans, addresses and HTML hold no formula, and a
//! link holds either all of it or nothing. Signs in braces belong to the formula: `$\text{a $b$}$`.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::autolink::autolinks;
use super::dialect::OPTIONS;

/// A dollar sign that is no formula's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Its byte.
    pub at: usize,
    /// Whether it stands in running text, and not in a code span, an address or raw HTML.
    pub in_text: bool,
}

/// The signs of a text that are no formula's, ascending. Those with a backslash before them and
/// those in code blocks are not among them. `guarded` is what the parser gets to see of it otherwise.
pub fn find(text: &str, guarded: &str) -> Vec<Money> {
    let parser = Parser::new_ext(guarded, OPTIONS.difference(Options::ENABLE_MATH));
    let mut found = Vec::new();
    let elsewhere = |range: Range<usize>| signs(text, range).map(|at| Money { at, in_text: false });
    for (_, definition) in parser.reference_definitions().iter() {
        found.extend(elsewhere(definition.span.clone()));
    }
    let mut line = Line { text, range: None, signs: Vec::new(), in_urls: Vec::new(), run: None };
    // The links that are open, by where they begin; `None` for one whose text is its label, which
    // has to stay equal to the definition's.
    let mut links: Vec<Option<usize>> = Vec::new();
    let mut in_code = false;
    for (event, range) in parser.into_offset_iter() {
        match &event {
            Event::Text(_) if in_code => {}
            Event::Text(_) => {
                line.add(&range);
                let link = if links.contains(&None) { None } else { Some(links.last().copied().flatten()) };
                if let Some(link) = link {
                    line.signs.extend(signs(text, range.clone()).map(|at| (at, link)));
                }
                if links.is_empty() {
                    line.run.get_or_insert(range.clone()).end = range.end;
                }
                continue;
            }
            Event::Start(Tag::Link { link_type, .. } | Tag::Image { link_type, .. }) => {
                let is_label = matches!(link_type, LinkType::Shortcut | LinkType::Collapsed);
                links.push((!is_label).then_some(range.start));
                line.add(&range);
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                links.pop();
            }
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough)
            | Event::Code(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::TaskListMarker(_) => line.add(&range),
            _ => {
                line.finish(&mut found);
                match &event {
                    Event::Start(Tag::CodeBlock(_)) => in_code = true,
                    Event::End(TagEnd::CodeBlock) => in_code = false,
                    Event::Start(Tag::FootnoteDefinition(_)) => {
                        let label = text[range.clone()].find("]:").unwrap_or(0);
                        found.extend(elsewhere(range.start..range.start + label));
                    }
                    _ => {}
                }
            }
        }
        line.end_run();
    }
    line.finish(&mut found);
    found.sort_by_key(|sign| sign.at);
    found.dedup_by_key(|sign| sign.at);
    found
}

/// The dollar signs of a range that no backslash stands before.
fn signs(text: &str, range: Range<usize>) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'$', &bytes[range.clone()]).map(move |at| range.start + at).filter(move |at| {
        let backslashes = bytes[..*at].iter().rev().take_while(|byte| **byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// The text of one paragraph, heading or cell, while it arrives.
struct Line<'t> {
    text: &'t str,
    range: Option<Range<usize>>,
    /// The signs in running text, and the link that each stands in.
    signs: Vec<(usize, Option<usize>)>,
    /// Those among them that stand in bare URLs.
    in_urls: Vec<usize>,
    /// Texts that came one after another: they are one text for whoever looks for URLs in it.
    run: Option<Range<usize>>,
}

/// What the parser counts where it pairs signs.
#[derive(Clone, Copy)]
enum Token {
    Sign {
        at: usize,
        link: Option<usize>,
    },
    /// With the token that closes it.
    Open(Option<usize>),
    Close,
}

impl Line<'_> {
    fn add(&mut self, range: &Range<usize>) {
        let whole = self.range.get_or_insert(range.clone());
        whole.end = whole.end.max(range.end);
    }

    /// Finds the signs that stand in bare URLs.
    fn end_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        let first = self.signs.partition_point(|(at, _)| *at < run.start);
        if first == self.signs.len() {
            return;
        }
        let before = self.text[..run.start].chars().next_back();
        for link in autolinks(&self.text[run.clone()], before) {
            let link = run.start + link.range.start..run.start + link.range.end;
            self.in_urls.extend(signs(self.text, link));
        }
    }

    /// Pairs the signs; those without a partner are found.
    fn finish(&mut self, found: &mut Vec<Money>) {
        self.end_run();
        let Some(range) = self.range.take() else { return };
        let mut candidates = std::mem::take(&mut self.signs);
        let in_urls = std::mem::take(&mut self.in_urls);
        found.extend(signs(self.text, range.clone()).filter_map(|at| {
            candidates.binary_search_by_key(&at, |(at, _)| *at).is_err().then_some(Money { at, in_text: false })
        }));
        if !in_urls.is_empty() {
            candidates.retain(|(at, _)| in_urls.binary_search(at).is_err());
            found.extend(in_urls.into_iter().map(|at| Money { at, in_text: true }));
        }
        if candidates.is_empty() {
            return;
        }
        let tokens = self.tokens(range, &candidates);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let Token::Sign { at: sign, .. } = token else {
                at += 1;
                continue;
            };
            match self.partner(&tokens, at) {
                Some(end) => {
                    found.extend(tokens[at + 1..end].iter().filter_map(|token| match token {
                        // The second sign of a `$$` is one of the two that open.
                        Token::Sign { at, .. } if *at != sign + 1 => Some(Money { at: *at, in_text: false }),
                        _ => None,
                    }));
                    at = end + 1 + usize::from(is_double(&tokens, at));
                }
                None => {
                    found.push(Money { at: *sign, in_text: true });
                    at += 1;
                }
            }
        }
    }

    fn tokens(&self, range: Range<usize>, candidates: &[(usize, Option<usize>)]) -> Vec<Token> {
        let bytes = self.text.as_bytes();
        let mut candidates = candidates.iter().peekable();
        let (mut tokens, mut open) = (Vec::new(), Vec::new());
        let mut at = range.start;
        while at < range.end {
            match bytes[at] {
                b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => at += 1,
                b'{' => {
                    open.push(tokens.len());
                    tokens.push(Token::Open(None));
                }
                b'}' => {
                    if let Some(start) = open.pop() {
                        tokens[start] = Token::Open(Some(tokens.len()));
                    }
                    tokens.push(Token::Close);
                }
                b'$' => {
                    if let Some((at, link)) = candidates.next_if(|(candidate, _)| *candidate == at) {
                        tokens.push(Token::Sign { at: *at, link: *link });
                    }
                }
                _ => {}
            }
            at += 1;
        }
        tokens
    }

    /// The token at which the formula ends that begins at one; the first of two signs. Each token is
    /// looked at once for every formula that could begin at its own depth, which is one.
    fn partner(&self, tokens: &[Token], open: usize) -> Option<usize> {
        let Token::Sign { at: start, link } = tokens[open] else { return None };
        let is_double_open = is_double(tokens, open);
        let bytes = self.text.as_bytes();
        let before = start.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(start + 1)?;
        if !is_double_open && (after.is_ascii_whitespace() || before.is_some_and(|byte| byte.is_ascii_alphanumeric())) {
            return None;
        }
        let mut next = open + 1 + usize::from(is_double_open);
        loop {
            match *tokens.get(next)? {
                Token::Open(close) => next = close? + 1,
                Token::Close => return None,
                Token::Sign { at: end, link: other } => {
                    let follows = bytes.get(end + 1).copied().unwrap_or(b' ');
                    let closes = if is_double_open {
                        is_double(tokens, next)
                    } else {
                        !bytes[end - 1].is_ascii_whitespace() && !follows.is_ascii_alphanumeric() && follows != b'{'
                    };
                    return (closes && link == other).then_some(next);
                }
            }
        }
    }
}

/// Whether a sign is the first of a `$$`.
fn is_double(tokens: &[Token], at: usize) -> bool {
    match (tokens.get(at), tokens.get(at + 1)) {
        (Some(Token::Sign { at: first, .. }), Some(Token::Sign { at: second, .. })) => first + 1 == *second,
        _ => false,
    }
}
