//! What holds for every input: the parsers of references and of output paths never fail, and what
//! they let through is safe.

use partwork::parse::autolink::autolinks;
use partwork::parse::html::{decode, is_unsafe, scan};
use partwork::parse::info;
use partwork::source::{id_problem, slugify};
use partwork::tree::{OutputPath, collisions};
use partwork::url::{encode, percent_decode};
use proptest::prelude::{Strategy, any, proptest};
use proptest::{collection::vec, prop_assert, prop_assert_eq};

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
        prop_assert!(is_unsafe(&decode(&address.replace('a', "&#97;"))));
    }

    #[test]
    fn scans_stay_inside(text in nasty()) {
        for attribute in scan(&text).attributes {
            prop_assert!(text.get(attribute.value).is_some());
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
