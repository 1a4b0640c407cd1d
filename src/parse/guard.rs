//! What pulldown-cmark must not take for its own: a text is guarded before it is parsed.
//!
//! In: Markdown as typed. Out: the events of its parser, as if the guards had never been there. A
//! guard takes the one byte of the sign it stands for, so that places stay true.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;
use pulldown_cmark::{BrokenLinkCallback, CodeBlockKind, CowStr, Event, Options, Parser, Tag};

use super::money::{self, Money};

/// Stands for a colon that would begin a definition and mustn't.
const COLON: &str = "\u{1}";

/// Stands for a dollar sign in a code span, an address or raw HTML. It is the one control character
/// that pulldown-cmark takes in an address.
const DOLLAR: &str = "\u{7f}";

/// Stands for a dollar sign in running text, where what surrounds it has to see punctuation:
/// `2*$5 and 3*$4` holds no emphasis. Such a text is taken from what was typed.
const DOLLAR_IN_TEXT: &str = "%";

/// A text and what the parser gets to see of it.
#[derive(Debug)]
pub struct Guarded<'t> {
    pub typed: &'t str,
    guarded: Cow<'t, str>,
}

impl<'t> Guarded<'t> {
    /// A text whose dollar signs have been judged.
    pub fn new(typed: &'t str, money: &[Money]) -> Self {
        let mut guarded = colons(typed);
        if !money.is_empty() {
            let mut text = String::with_capacity(typed.len());
            let mut at = 0;
            for sign in money {
                text.push_str(&guarded[at..sign.at]);
                text.push_str(if sign.in_text { DOLLAR_IN_TEXT } else { DOLLAR });
                at = sign.at + 1;
            }
            text.push_str(&guarded[at..]);
            guarded = text.into();
        }
        Guarded { typed, guarded }
    }

    /// A text that stands for itself, such as a line of inline Markdown.
    pub fn judged(typed: &'t str) -> Self {
        Guarded::new(typed, &judge(typed))
    }

    /// What a parser gets to see.
    pub fn as_parsed(&self) -> &str {
        &self.guarded
    }

    pub fn parser(&self, options: Options) -> Parser<'_> {
        Parser::new_ext(&self.guarded, options)
    }

    /// The events of a parser of this text, without a guard.
    pub fn events<'s, F: BrokenLinkCallback<'s>>(
        &'s self,
        parser: Parser<'s, F>,
    ) -> impl Iterator<Item = (Event<'s>, Range<usize>)> + use<'s, 't, F> {
        parser.into_offset_iter().map(|(event, range)| {
            if matches!(self.guarded, Cow::Borrowed(_)) {
                return (event, range);
            }
            let event = match event {
                // What is shown as typed is most of a text.
                Event::Text(text) if *text == self.guarded[range.clone()] => {
                    Event::Text(self.typed[range.clone()].into())
                }
                event => unguard(event),
            };
            (event, range)
        })
    }
}

/// The dollar signs of a text that are no formula's.
pub fn judge(typed: &str) -> Vec<Money> {
    if typed.contains('$') { money::find(&colons(typed)) } else { Vec::new() }
}

/// A text whose lines that begin with `::` begin no definition: `:::` opens a container in other
/// tools, and pulldown-cmark takes its first colon for a definition's.
fn colons(text: &str) -> Cow<'_, str> {
    if !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let begins = |line: &str| line.trim_start_matches([' ', '\t', '>']).starts_with("::");
    if !text.lines().any(begins) {
        return Cow::Borrowed(text);
    }
    let mut guarded = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if begins(line) { guarded.push_str(&line.replacen(':', COLON, 1)) } else { guarded.push_str(line) }
    }
    Cow::Owned(guarded)
}

/// A piece of guarded text as it was typed.
pub fn restored(text: CowStr<'_>) -> CowStr<'_> {
    match memchr2(COLON.as_bytes()[0], DOLLAR.as_bytes()[0], text.as_bytes()) {
        Some(_) => text.replace(COLON, ":").replace(DOLLAR, "$").into(),
        None => text,
    }
}

fn unguard(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Text(text) => Event::Text(restored(text)),
        Event::Code(text) => Event::Code(restored(text)),
        Event::Html(text) => Event::Html(restored(text)),
        Event::InlineHtml(text) => Event::InlineHtml(restored(text)),
        Event::InlineMath(text) => Event::InlineMath(restored(text)),
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
