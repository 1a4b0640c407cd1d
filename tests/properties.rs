//! What holds for every input: the parsers of references and of output paths never fail, and what
//! they let through is safe.

use partwork::parse::autolink::autolinks;
use partwork::parse::dialect::OPTIONS;
use partwork::parse::guard::{DOLLAR, DOLLAR_IN_TEXT, Guarded};
use partwork::parse::info;
use partwork::parse::judge::{judge, judged};
use partwork::parse::markup::{Interest, Piece, decode, is_unsafe, markup, scan};
use partwork::settings::config::Boxes;
use partwork::store::tree::{OutputPath, collisions};
use partwork::text::source::{id_problem, slugify};
use partwork::text::url::{encode, percent_decode};
use proptest::prelude::{Strategy, any, proptest};
use proptest::{collection::vec, prop_assert, prop_assert_eq};
use pulldown_cmark::{Event, Options, Parser, TextMergeWithOffset};

/// Texts out of the pieces that such parsers trip over.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "/",
        "..",
        ".",
        "%2e",
        "%2F",
        "%",
        "%zz",
        "\\",
        "\0",
        "\u{7f}",
        "é",
        "e\u{301}",
        "日",
        "😀",
        "#",
        "?",
        ":",
        "//",
        " ",
        "javascript:",
        "&#106;",
        "&colon;",
        "www.",
        "http://",
        "@",
        "<",
        ">",
        "\"",
        "'",
        "=",
        "href",
        "\n",
        "\t",
        "con",
        "AUX",
        ")",
        "(",
        ";",
        "&amp",
        "{",
        "}",
        "lines",
        "start",
        "title",
        "1-2",
        ",",
    ];
    vec((0..pieces.len(), any::<char>()), 0..24).prop_map(move |picks| {
        picks.iter().map(|(at, c)| if *at == 0 { c.to_string() } else { pieces[*at].to_string() }).collect()
    })
}

/// A text with its ASCII letters in the other case.
fn swap_case(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}

/// Pieces of a paragraph with dollar signs.
const DOLLARS: &[&str] = &[
    "$",
    "$",
    "$",
    "$$",
    "a",
    "5",
    " ",
    "\n",
    "`",
    "``",
    "*",
    "**",
    "_",
    "[",
    "](u)",
    "](<u$>)",
    "[$]",
    "][]",
    "\\",
    "{",
    "}",
    "<b>",
    "<b c=\"$\">",
    "https://a.b/$",
    "\n\n",
    "\n> ",
    "\n- ",
    "|",
    "\n|-|-|\n",
    "é",
    "日",
    "&dollar;",
    "!",
    "(",
    ")",
    "\"",
    "'",
    "--",
    "[^1]",
    "\n\n[^1]: ",
    "\n\n[$]: u$\n\n",
    "# ",
    "%",
    "```\n",
    "~",
    "~~",
];

/// What tags are made of, well and badly.
const TAGS: [&str; 24] = [
    "<p",
    "<b",
    "<img",
    "</b",
    "</img>",
    "<script>",
    "</script>",
    "<title>",
    "</title",
    "<!--",
    "-->",
    "<!x",
    "</ ",
    " a",
    " onclick",
    "=",
    "\"",
    "'",
    ">",
    "/",
    "<",
    "\n",
    "é",
    "src=x",
];

fn is_wanted(name: &[u8]) -> bool {
    matches!(name, b"img" | b"script")
}

fn is_wanted_attribute(name: &[u8]) -> bool {
    name.starts_with(b"on")
}

/// What a scan tells of a piece, but for its place.
fn wanted(piece: &Piece) -> Option<String> {
    match piece {
        Piece::Start(tag) => {
            let is_told = is_wanted(tag.name.as_bytes())
                || tag.attributes.iter().any(|attribute| is_wanted_attribute(attribute.name.as_bytes()));
            let attributes = tag.attributes.iter().map(|attribute| (&attribute.name, &attribute.value));
            is_told.then(|| format!("{} {:?}", tag.name, attributes.collect::<Vec<_>>()))
        }
        Piece::End { name, .. } => is_wanted(name.as_bytes()).then(|| format!("/{name}")),
        Piece::Text(_) | Piece::Comment(_) | Piece::Stray(_) => None,
    }
}

proptest! {
    #[test]
    fn an_output_path_stays_in_the_output(text in nasty()) {
        let Ok(path) = OutputPath::new(&text) else { return Ok(()) };
        let parts: Vec<&str> = path.as_str().split('/').collect();
        prop_assert!(parts.iter().all(|piece| !piece.is_empty() && *piece != "." && *piece != ".."));
        prop_assert!(!path.as_str().chars().any(|c| c.is_control() || c == '\\'));
        let again = OutputPath::new(path.as_str());
        prop_assert_eq!(again.as_ref().map(OutputPath::as_str), Ok(path.as_str()));
    }

    #[test]
    fn equal_paths_always_collide(text in nasty()) {
        let Ok(path) = OutputPath::new(&text) else { return Ok(()) };
        prop_assert!(!collisions(&[(path.clone(), 1), (path.clone(), 2)]).is_empty());
        // A disk that ignores letter case has one place for both.
        if let Ok(other) = OutputPath::new(&swap_case(&text)) && other != path {
            prop_assert!(!collisions(&[(path, 1), (other, 2)]).is_empty());
        }
    }

    #[test]
    fn a_slug_is_an_id_or_nothing(text in nasty()) {
        let slug = slugify(&text);
        prop_assert!(slug.is_empty() || id_problem(&slug).is_none_or(|problem| problem.contains("device")), "{slug:?}");
        prop_assert_eq!(slugify(&slug), slug);
    }

    #[test]
    fn encoding_a_path_can_be_undone(text in nasty()) {
        let url = encode(&text);
        let bad = |c: char| c.is_ascii_control() || " \"<>#?`{}|\\^[]".contains(c);
        prop_assert!(!url.contains(bad));
        prop_assert_eq!(percent_decode(&url), text);
    }

    #[test]
    fn no_spelling_hides_a_script(before in "[\\x00-\\x20]{0,4}", parts in vec("[\\t\\n\\r\\x01]{0,2}", 10)) {
        let spelled: String = "JavaScript".chars().zip(&parts).flat_map(|(c, gap)| [c.to_string(), gap.clone()]).collect();
        let address = format!("{before}{spelled}:alert(1)");
        prop_assert!(is_unsafe(&address));
        // A browser takes NUL in an attribute for U+FFFD, and that for a part of a path.
        let typed = address.replace('\0', "").replace('a', "&#97;");
        prop_assert!(is_unsafe(&decode(&typed)));
    }

    #[test]
    fn a_text_without_formulas_is_what_it_is_without_math(pieces in vec(0..DOLLARS.len(), 0..24)) {
        let text: String = pieces.into_iter().map(|piece| DOLLARS[piece]).collect();
        let guarded = judged(&text);
        let events = guarded.events(guarded.parser());
        let events: Vec<_> = TextMergeWithOffset::new(events).collect();
        let formulas = events.iter().filter_map(|(event, range)| match event {
            Event::InlineMath(_) => Some((1, range)),
            Event::DisplayMath(_) => Some((2, range)),
            _ => None,
        });
        let mut has_math = false;
        for (signs, range) in formulas {
            has_math = true;
            let (before, after) = (&text[..range.start], &text[range.end..]);
            let inside = &text[range.start + signs..range.end - signs];
            if signs == 1 {
                prop_assert!(!before.ends_with(|c: char| c.is_ascii_alphanumeric()), "{text:?}");
                prop_assert!(!after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '{'), "{text:?}");
                prop_assert_eq!(inside.trim_matches([' ', '\n']), inside, "{:?}", text);
            }
        }
        if !has_math {
            // Dollars that are money change nothing of what else is guarded.
            let mut others = judge(&text, &Boxes::default());
            others.retain(|guard| ![DOLLAR, DOLLAR_IN_TEXT].contains(&guard.sign));
            let others = Guarded::new(&text, &others);
            let plain = others.events(Parser::new_ext(others.as_parsed(), OPTIONS.difference(Options::ENABLE_MATH)));
            let plain: Vec<_> = TextMergeWithOffset::new(plain).collect();
            prop_assert_eq!(plain, events, "{:?}", text);
        }
    }

    #[test]
    fn a_scan_misses_no_tag(pieces in vec(0..TAGS.len(), 0..24)) {
        let html: String = pieces.iter().map(|at| TAGS[*at]).collect();
        let mut scanned = Vec::new();
        scan(&html, Interest { tag: is_wanted, attribute: is_wanted_attribute }, |piece| scanned.extend(wanted(&piece)));
        let whole: Vec<_> = markup(&html).pieces.iter().filter_map(wanted).collect();
        prop_assert_eq!(scanned, whole, "{:?}", html);
    }

    #[test]
    fn scans_stay_inside(text in nasty()) {
        for address in markup(&text).tags().flat_map(|tag| tag.addresses(&text)) {
            prop_assert!(text.get(address.place).is_some() && text.get(address.attribute.whole.clone()).is_some());
        }
        let mut end = 0;
        for link in autolinks(&text, None) {
            prop_assert!(text.get(link.range.clone()).is_some() && link.range.start >= end);
            end = link.range.end;
        }
        for problem in info::parse(&text).1 {
            prop_assert!(text.get(problem.range).is_some());
        }
        decode(&text);
    }
}
