//! What pulldown-cmark must not take for its own: a text is guarded before it is parsed.
//!
//! In: Markdown as typed, and what `judge` found in it. Out: the events of its parser, as if the guards had never been there. A
//! guard takes as many bytes as what it stands for, so that places stay true.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{BrokenLinkCallback, CodeBlockKind, CowStr, Event, Parser, Tag};

use super::dialect::OPTIONS;

/// A place in a text, and what the parser gets to see there, of as many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    pub at: usize,
    pub sign: &'static str,
}

/// What stands for a sign, and the sign. Control characters are letters to the parser.
const SIGNS: &[(&str, &str)] = &[
    (COLON, ":"),
    (UNDERSCORE, "_"),
    (ASTERISK, "*"),
    (TILDE, "~"),
    (BACKTICK, "`"),
    (BRACE, "{"),
    (NOTE, "["),
    (NOTE_END, "]"),
    (FORMULA, "`"),
    (HASH, "#"),
    (DOLLAR, "$"),
];

/// A colon that would begin a definition and mustn't.
pub const COLON: &str = "\u{1}";

/// Signs in a bare address.
pub const UNDERSCORE: &str = "\u{2}";
pub const ASTERISK: &str = "\u{3}";
pub const TILDE: &str = "\u{4}";
pub const BACKTICK: &str = "\u{5}";

/// A brace at the end of a heading that opens no attributes.
pub const BRACE: &str = "\u{6}";

/// The brackets of a note's mark in the words of a link, which hold no other link.
pub const NOTE: &str = "\u{e}";
pub const NOTE_END: &str = "\u{f}";

/// A backtick within the dollar signs of a formula: GitHub's ``$`x`$``.
pub const FORMULA: &str = "\u{10}";

/// A sign at the end of a box's title.
pub const HASH: &str = "\u{11}";

/// A dollar sign in a code span, an address or raw HTML. It is the one control character that
/// pulldown-cmark takes in an address.
pub const DOLLAR: &str = "\u{7f}";

/// A dollar sign in running text, where what surrounds it has to see punctuation:
/// `2*$5 and 3*$4` holds no emphasis. Such a text is taken from what was typed.
pub const DOLLAR_IN_TEXT: &str = "%";

/// A text and what the parser gets to see of it.
#[derive(Debug)]
pub struct Guarded<'t> {
    pub typed: &'t str,
    guarded: Cow<'t, str>,
}

impl<'t> Guarded<'t> {
    /// A text that has been judged; its guards ascend.
    pub fn new(typed: &'t str, guards: &[Guard]) -> Self {
        if guards.is_empty() {
            return Guarded { typed, guarded: typed.into() };
        }
        let mut guarded = String::with_capacity(typed.len());
        let mut at = 0;
        for guard in guards {
            guarded.push_str(&typed[at..guard.at]);
            guarded.push_str(guard.sign);
            at = guard.at + guard.sign.len();
        }
        guarded.push_str(&typed[at..]);
        Guarded { typed, guarded: guarded.into() }
    }

    /// What a parser gets to see.
    pub fn as_parsed(&self) -> &str {
        &self.guarded
    }

    pub fn parser(&self) -> Parser<'_> {
        Parser::new_ext(&self.guarded, OPTIONS)
    }

    /// The events of a parser of this text, without a guard.
    pub fn events<'s, F: BrokenLinkCallback<'s>>(
        &'s self,
        parser: Parser<'s, F>,
    ) -> impl Iterator<Item = (Event<'s>, Range<usize>)> + use<'s, 't, F> {
        let is_whole = matches!(self.guarded, Cow::Borrowed(_));
        parser.into_offset_iter().flat_map(move |(event, range)| {
            let (first, rest) = match event {
                event if is_whole => ((event, range), Vec::new()),
                // What is shown as typed is most of a text.
                Event::Text(text) if *text == self.guarded[range.clone()] => {
                    if text.contains(NOTE) {
                        ((Event::Text("".into()), range.start..range.start), self.around_notes(range))
                    } else {
                        ((Event::Text(self.typed[range.clone()].into()), range), Vec::new())
                    }
                }
                event => ((unguard(event), range), Vec::new()),
            };
            std::iter::once(first).chain(rest)
        })
    }

    /// A text in pieces: its own, and the notes' marks in it.
    fn around_notes(&self, range: Range<usize>) -> Vec<(Event<'_>, Range<usize>)> {
        let text = |range: Range<usize>| (Event::Text(self.typed[range.clone()].into()), range);
        let mut pieces = Vec::new();
        let mut at = range.start;
        while let Some(found) = self.guarded[at..range.end].find(NOTE) {
            let start = at + found;
            let Some(length) = self.guarded[start..range.end].find(NOTE_END) else { break };
            let mark = start..start + length + 1;
            pieces.push(text(at..start));
            let label = &self.typed[mark.start + "[^".len()..mark.end - 1];
            pieces.push((Event::FootnoteReference(label.into()), mark.clone()));
            at = mark.end;
        }
        pieces.push(text(at..range.end));
        pieces
    }
}

/// A piece of guarded text as it was typed.
pub fn restored(text: CowStr<'_>) -> CowStr<'_> {
    let is_guard = |byte: &u8| matches!(byte, 1..=6 | 0x0e..=0x11 | 0x7f);
    if !text.as_bytes().iter().any(is_guard) {
        return text;
    }
    let mut typed = String::with_capacity(text.len());
    for c in text.chars() {
        let sign = SIGNS.iter().find(|(guard, _)| guard.starts_with(c));
        match sign {
            Some((_, sign)) => typed.push_str(sign),
            None => typed.push(c),
        }
    }
    typed.into()
}

/// A formula without the backticks that GitHub has within its dollar signs.
fn formula(latex: CowStr<'_>) -> CowStr<'_> {
    match latex.strip_prefix(FORMULA).and_then(|latex| latex.strip_suffix(FORMULA)) {
        Some(inside) => restored(inside.to_string().into()),
        None => restored(latex),
    }
}

fn unguard(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Text(text) => Event::Text(restored(text)),
        Event::Code(text) => Event::Code(restored(text)),
        Event::Html(text) => Event::Html(restored(text)),
        Event::InlineHtml(text) => Event::InlineHtml(restored(text)),
        Event::InlineMath(text) => Event::InlineMath(formula(text)),
        Event::DisplayMath(text) => Event::DisplayMath(restored(text)),
        Event::FootnoteReference(label) => Event::FootnoteReference(restored(label)),
        Event::Start(Tag::FootnoteDefinition(label)) => Event::Start(Tag::FootnoteDefinition(restored(label))),
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(restored(info))))
        }
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => Event::Start(Tag::Link {
            link_type,
            dest_url: restored(dest_url),
            title: restored(title),
            id: restored(id),
        }),
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => Event::Start(Tag::Image {
            link_type,
            dest_url: restored(dest_url),
            title: restored(title),
            id: restored(id),
        }),
        other => other,
    }
}
