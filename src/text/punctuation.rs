//! The signs of print: quotes, dashes, the ellipsis and the spaces that French sets before its signs, where an
//! author typed those of a keyboard.
//!
//! In: a text, or its pieces one after another, and the language of the page. Out: the text as it is
//! read. Titles and bodies are set by this one rule. A quote opens or closes by what stands on both
//! sides of it, as a delimiter run of CommonMark flanks (0.31, §6.2), and by whether one is open; the
//! sign of an inch or of a minute stays one.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

/// How texts are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Punctuation {
    /// As they were typed.
    #[default]
    AsTyped,
    /// Quotes as they were typed.
    Dashes,
    Set(&'static Quotes),
}

/// The quotes of a language: what opens and what closes.
#[derive(Debug, PartialEq, Eq)]
pub struct Quotes {
    double: (&'static str, &'static str),
    single: (&'static str, &'static str),
    /// Whether a space before `:`, `;`, `!`, `?` and within the quotes breaks no line.
    is_spaced: bool,
}

/// Quotes of a language that sets its other signs as English does.
const fn quotes(double: (&'static str, &'static str), single: (&'static str, &'static str)) -> Quotes {
    Quotes { double, single, is_spaced: false }
}

impl Punctuation {
    /// How texts of a language (a BCP 47 tag) are set.
    pub fn of(language: &str, smart: bool) -> Punctuation {
        if !smart {
            return Punctuation::AsTyped;
        }
        let tag = language.to_ascii_lowercase();
        let primary = tag.split('-').next().unwrap_or(&tag);
        if AS_TYPED.contains(&primary) {
            return Punctuation::Dashes;
        }
        let named = |wanted: &str| LANGUAGES.iter().find(|(tags, _)| tags.contains(&wanted)).map(|(_, quotes)| quotes);
        Punctuation::Set(named(&tag).or_else(|| named(primary)).unwrap_or(&ENGLISH))
    }

    /// A title, a name or a description as it is read.
    pub fn typeset(self, text: &str) -> String {
        let mut line = Line::default();
        let mut pieces: Vec<Cow<'_, str>> = Vec::new();
        let mut quotes = Vec::new();
        for piece in self.pieces(None, text) {
            match piece {
                Piece::Text(text) => {
                    line.see(text);
                    pieces.push(text.into());
                }
                Piece::Sign(set, _) => {
                    line.see(&set);
                    pieces.push(set.into());
                }
                Piece::Quote(typed) => {
                    quotes.push(pieces.len());
                    line.quote(typed);
                    pieces.push(typed.into());
                }
            }
        }
        for (at, set) in quotes.into_iter().zip(line.set(self)) {
            pieces[at] = set.into();
        }
        pieces.concat()
    }

    /// A text in pieces, in order, and what stands before it.
    pub fn pieces(self, before: Option<char>, text: &str) -> impl Iterator<Item = Piece<'_>> {
        let (mut before, mut rest) = (before, text);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (piece, length) = self.first_piece(before, rest);
            before = rest[..length].chars().next_back();
            rest = &rest[length..];
            Some(piece)
        })
    }

    fn first_piece(self, before: Option<char>, text: &str) -> (Piece<'_>, usize) {
        let bytes = text.as_bytes();
        let begins_word = |at: usize| match at.checked_sub(1) {
            Some(before) => bytes[before].is_ascii_whitespace(),
            None => before.is_none_or(char::is_whitespace),
        };
        let sign = |at: usize| match bytes[at] {
            b' ' => usize::from(!self.space(&text[..at], before, &text[at + 1..]).is_empty()),
            _ => self.sign(&bytes[at..], || begins_word(at)),
        };
        let sets_spaces = matches!(self, Punctuation::Set(quotes) if quotes.is_spaced);
        // Nearly every byte is a letter's.
        let is_candidate = |byte: u8| matches!(byte, b'"' | b'\'' | b'-' | b'.') || (sets_spaces && byte == b' ');
        let mut candidates = (0..bytes.len()).filter(|at| is_candidate(bytes[*at]));
        let Some(at) = candidates.find(|at| sign(*at) > 0) else { return (Piece::Text(text), text.len()) };
        if at > 0 {
            return (Piece::Text(&text[..at]), at);
        }
        let length = sign(0);
        let typed = &text[..length];
        let piece = match bytes[0] {
            b'-' => Piece::Sign(dashes(length), typed),
            b'.' => Piece::Sign("…".to_string(), typed),
            b' ' => Piece::Sign(self.space("", before, &text[1..]).to_string(), typed),
            _ => Piece::Quote(typed),
        };
        (piece, length)
    }

    /// What a space between two texts becomes, the first one with what stands before it; nothing where it stays.
    /// The Imprimerie nationale has a narrow one before high signs, and one of a word's before `:` and in quotes.
    fn space(self, text: &str, before: Option<char>, rest: &str) -> &'static str {
        let mut following = rest.chars();
        let Some(sign) = following.next() else { return "" };
        let ends = following.next().is_none_or(|c| !c.is_alphanumeric() && (c != sign || "!?".contains(sign)));
        match sign {
            '!' | '?' | ';' if ends => "\u{202f}",
            ':' if ends => "\u{a0}",
            '»' => "\u{a0}",
            _ if text.chars().next_back().or(before) == Some('«') => "\u{a0}",
            _ => "",
        }
    }

    /// How long the sign is that a text begins with; 0 where it is none, as in `--strict`.
    fn sign(self, text: &[u8], begins_word: impl Fn() -> bool) -> usize {
        match text[0] {
            _ if self == Punctuation::AsTyped => 0,
            b'"' | b'\'' if self != Punctuation::Dashes => 1,
            b'-' => {
                let hyphens = text.iter().take_while(|byte| **byte == b'-').count();
                let is_option = hyphens == 2 && text.get(2).is_some_and(u8::is_ascii_alphanumeric) && begins_word();
                if hyphens == 1 || is_option { 0 } else { hyphens }
            }
            b'.' if text.starts_with(b"...") => 3,
            _ => 0,
        }
    }
}

/// A stretch of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    Text(&'t str),
    /// Dashes or an ellipsis: as they are read, and as typed.
    Sign(String, &'t str),
    /// A quote as typed: what it becomes is known when its line has been seen.
    Quote(&'t str),
}

/// Dashes for a run of hyphens, as many of the long ones as will do.
fn dashes(hyphens: usize) -> String {
    let (long, short) = match (hyphens % 3, hyphens % 2) {
        (0, _) => (hyphens / 3, 0),
        (_, 0) => (0, hyphens / 2),
        (1, _) => (hyphens / 3 - 1, 2),
        _ => (hyphens / 3, 1),
    };
    "—".repeat(long) + &"–".repeat(short)
}

/// The quotes of a line, while its words are seen.
#[derive(Debug, Default)]
pub struct Line {
    quotes: Vec<Quote>,
    /// The last character that was seen.
    last: Option<char>,
    /// Whether the last quote doesn't know what follows it.
    is_awaited: bool,
}

#[derive(Debug)]
struct Quote {
    is_double: bool,
    before: Option<char>,
    after: Option<char>,
}

/// What a quote is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Opens,
    Closes,
    Apostrophe,
    /// Of inches and minutes.
    Prime,
    AsTyped,
}

impl Line {
    /// Sees words that are read in this line.
    pub fn see(&mut self, words: &str) {
        let Some(first) = words.chars().next() else { return };
        if std::mem::take(&mut self.is_awaited)
            && let Some(quote) = self.quotes.last_mut()
        {
            quote.after = Some(first);
        }
        self.last = words.chars().next_back();
    }

    /// Sees a quote, `"` or `'`.
    pub fn quote(&mut self, typed: &str) {
        let before = self.last;
        self.see(typed);
        self.quotes.push(Quote { is_double: typed == "\"", before, after: None });
        self.is_awaited = true;
    }

    pub fn last(&self) -> Option<char> {
        self.last
    }

    /// Ends the line: what its quotes become, in order.
    pub fn set(&mut self, punctuation: Punctuation) -> Vec<&'static str> {
        let line = std::mem::take(self);
        let Punctuation::Set(language) = punctuation else { return Vec::new() };
        let roles = roles(&line.quotes);
        let set = line.quotes.iter().zip(roles).map(|(quote, role)| {
            let (opening, closing) = if quote.is_double { language.double } else { language.single };
            match role {
                Role::Opens => opening,
                Role::Closes => closing,
                Role::Apostrophe => "’",
                Role::Prime if quote.is_double => "″",
                Role::Prime => "′",
                Role::AsTyped if quote.is_double => "\"",
                Role::AsTyped => "'",
            }
        });
        set.collect()
    }
}

impl Quote {
    /// Whether a word begins behind it, and whether one ends before it.
    fn flanks(&self) -> (bool, bool) {
        let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let is_sign = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric() && !is_combining_mark(c));
        let flanks = |near, far| !is_space(near) && (!is_sign(near) || is_space(far) || is_sign(far));
        (flanks(self.after, self.before), flanks(self.before, self.after))
    }

    fn is_behind_digit(&self) -> bool {
        self.before.is_some_and(char::is_numeric)
    }

    fn stands_between(&self, are: fn(char) -> bool) -> bool {
        self.before.is_some_and(are) && self.after.is_some_and(are)
    }
}

/// As many open quotes as this are looked through for the one that another closes.
const MOST_OPEN: usize = 32;

fn roles(quotes: &[Quote]) -> Vec<Role> {
    let mut roles: Vec<Role> = Vec::with_capacity(quotes.len());
    // The quotes that are open, and whether each was sure to open.
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, quote) in quotes.iter().enumerate() {
        let mut latest = open.iter().enumerate().rev().take(MOST_OPEN);
        let opened = latest.find(|(_, (at, _))| quotes[*at].is_double == quote.is_double).map(|(place, _)| place);
        let (begins, ends) = quote.flanks();
        let in_word = quote.stands_between(char::is_alphanumeric) && !quote.stands_between(is_dense);
        let role = match (begins, ends) {
            (false, false) => Role::AsTyped,
            (true, false) if !quote.is_double && quote.after.is_some_and(char::is_numeric) => Role::Apostrophe,
            (true, false) => Role::Opens,
            _ if in_word && quote.stands_between(char::is_numeric) => Role::Prime,
            _ if in_word && !quote.is_double => Role::Apostrophe,
            (_, true) if opened.is_some() && !is_prime(quotes, at) => Role::Closes,
            (_, true) if quote.is_behind_digit() => Role::Prime,
            (false, true) if quote.is_double => Role::Closes,
            (false, true) => Role::Apostrophe,
            _ if in_word => Role::AsTyped,
            _ => Role::Opens,
        };
        match role {
            Role::Opens => open.push((at, !ends)),
            Role::Closes => {
                if let Some(opened) = opened {
                    settle(open.split_off(opened).into_iter().skip(1), quotes, &mut roles);
                }
            }
            _ => {}
        }
        roles.push(role);
    }
    settle(open.into_iter(), quotes, &mut roles);
    roles
}

/// What quotes are that nothing closes: an apostrophe (’tis), or the first of a quotation that goes on
/// in the next paragraph.
fn settle(open: impl Iterator<Item = (usize, bool)>, quotes: &[Quote], roles: &mut [Role]) {
    for (at, is_sure) in open {
        roles[at] = match quotes[at].is_double {
            false => Role::Apostrophe,
            true if is_sure => Role::Opens,
            true => Role::AsTyped,
        };
    }
}

/// Whether a quote behind a digit is a sign of inches though a quotation is open: another follows that
/// can only close.
fn is_prime(quotes: &[Quote], at: usize) -> bool {
    let next = quotes[at + 1..].iter().find(|next| next.is_double == quotes[at].is_double);
    quotes[at].is_double && quotes[at].is_behind_digit() && next.is_some_and(|next| next.flanks() == (false, true))
}

/// Whether a character is of a script that is written without spaces and has no letter case: Han,
/// hiragana, katakana, their punctuation and full-width forms.
pub fn is_dense(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// Languages whose texts have quotes of another kind, and a `"` where one is meant.
const AS_TYPED: &[&str] = &["ja", "zh", "yue"];

const ENGLISH: Quotes = quotes(("“", "”"), ("‘", "’"));

/// The quotes of languages that have others than English, after CLDR and each language's own rules.
const LANGUAGES: &[(&[&str], Quotes)] = &[
    (&["sv", "fi", "he"], quotes(("”", "”"), ("’", "’"))),
    (&["de", "bg", "cs", "et", "is", "ka", "lt", "mk", "sk", "sl"], quotes(("„", "“"), ("‚", "‘"))),
    (&["bs", "hr", "pl", "sr"], quotes(("„", "”"), ("‚", "’"))),
    (&["hu"], quotes(("„", "”"), ("»", "«"))),
    (&["ro"], quotes(("„", "”"), ("«", "»"))),
    (&["fr"], Quotes { double: ("«\u{a0}", "\u{a0}»"), single: ("“", "”"), is_spaced: true }),
    (&["de-ch", "fr-ch", "de-li"], quotes(("«", "»"), ("‹", "›"))),
    (&["ca", "el", "es", "eu", "gl", "hy", "it", "pt-pt"], quotes(("«", "»"), ("“", "”"))),
    (&["ar", "fa"], quotes(("«", "»"), ("‹", "›"))),
    (&["nb", "nn", "no"], quotes(("«", "»"), ("‘", "’"))),
    (&["be", "ru", "uk"], quotes(("«", "»"), ("„", "“"))),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stand_the_right_way_round() {
        for (typed, set) in [
            ("What You Didn't Train It On", "What You Didn’t Train It On"),
            ("\"'Tis\" (\"the '90s'\")—\"x\"", "“’Tis” (“the ’90s’”)—“x”"),
            ("A 24\" screen, 5'10\" tall", "A 24″ screen, 5′10″ tall"),
            ("a \"24\" screen\", \"in 1984\" and 24\"x36\"", "a “24″ screen”, “in 1984” and 24″x36″"),
            ("彼は\"こんにちは\"と", "彼は“こんにちは”と"),
            ("他说'你好'吧", "他说‘你好’吧"),
            ("צה\"ל", "צה\"ל"),
            ("said:\"no\", ¿\"Qué\"?", "said:“no”, ¿“Qué”?"),
            ("he said 'she said \"no\"' twice", "he said ‘she said “no”’ twice"),
            ("rock 'n' roll, the dogs' bowl", "rock ‘n’ roll, the dogs’ bowl"),
            ("\"It goes on", "“It goes on"),
            ("a \" b ' c", "a \" b ' c"),
            ("a -- b --- c ---- d -- ... .... e.g.", "a – b — c –– d – … …. e.g."),
            ("The --strict flag, a--b and 1--2", "The --strict flag, a–b and 1–2"),
            ("", ""),
        ] {
            assert_eq!(Punctuation::of("en", true).typeset(typed), set, "{typed}");
            assert_eq!(Punctuation::of("en", false).typeset(typed), typed);
        }
    }

    #[test]
    fn quotes_are_those_of_the_language() {
        let typed = "\"It's 'so'\" ...";
        for (language, set) in [
            ("sv", "”It’s ’so’” …"),
            ("de-AT", "„It’s ‚so‘“ …"),
            ("de-CH", "«It’s ‹so›» …"),
            ("fr", "«\u{a0}It’s “so”\u{a0}» …"),
            ("ja", "\"It's 'so'\" …"),
            ("zh-Hant", "\"It's 'so'\" …"),
            ("hi", "“It’s ‘so’” …"),
            ("ar", "«It’s ‹so›» …"),
        ] {
            assert_eq!(Punctuation::of(language, true).typeset(typed), set, "{language}");
        }
    }

    #[test]
    fn french_signs_stand_apart() {
        for (typed, set) in [
            ("Quoi ? Non ! Oui : ceci ; cela", "Quoi\u{202f}? Non\u{202f}! Oui\u{a0}: ceci\u{202f}; cela"),
            ("« Ah ! » dit-il", "«\u{a0}Ah\u{202f}!\u{a0}» dit-il"),
            ("vraiment ?! Quoi ?!", "vraiment\u{202f}?! Quoi\u{202f}?!"),
            ("a :b, ?x, std ::io et à 12 h", "a :b, ?x, std ::io et à 12 h"),
            ("Un \"mot\" ?", "Un «\u{a0}mot\u{a0}»\u{202f}?"),
        ] {
            assert_eq!(Punctuation::of("fr-CA", true).typeset(typed), set, "{typed}");
            assert!(!Punctuation::of("en", true).typeset(typed).contains('\u{202f}'));
        }
    }
}
