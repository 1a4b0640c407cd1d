//! HTML that waits until its page is written: a page of ten thousand texts is not held as a whole.
//!
//! In: HTML that a template only puts where it belongs. Out: a mark, which the template gets in its place, and the
//! pieces of the page once it is made.

use std::ops::Range;
use std::sync::Arc;

use super::style::without_controls;
use crate::store::spool::{Piece, Place, Spool};

/// Begins and ends the mark of a text that waits. No text has it: Unicode keeps it for uses like this (§23.7).
const MARK: char = '\u{fdd0}';

/// What stands on the page for HTML that waits, or this where it can't.
pub fn mark(html: String, spool: &Arc<Spool>) -> String {
    let html = without_controls(html);
    match spool.add(html.as_bytes()) {
        Ok(Place { length: 0, .. }) | Err(_) => html,
        Ok(Place { start, length }) => format!("{MARK}{start}:{length}{MARK}"),
    }
}

/// The marks of a page: where each stands, and where what waits for it.
pub fn marks<'a>(html: &'a str, spool: &'a Spool) -> impl Iterator<Item = (Range<usize>, Place)> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + html[from..].find(MARK)?;
            let inner = start + MARK.len_utf8();
            let end = inner + html[inner..].find(MARK)?;
            let place = html[inner..end].split_once(':');
            let place = place
                .and_then(|(start, length)| Some(Place { start: start.parse().ok()?, length: length.parse().ok()? }));
            // What an author wrote is no mark.
            if let Some(place) = place.filter(|place| spool.has(*place)) {
                from = end + MARK.len_utf8();
                return Some((start..from, place));
            }
            from = inner;
        }
    })
}

/// A page with what waits in the place of its marks; all of it waits then.
pub fn pieces(html: String, spool: &Arc<Spool>) -> Vec<Piece> {
    let marks: Vec<_> = marks(&html, spool).collect();
    let length = html.len();
    let page = Piece::aside(Some(spool), html.into_bytes());
    let mut pieces = Vec::with_capacity(2 * marks.len() + 1);
    let mut begun = 0;
    for (mark, place) in marks {
        pieces.extend([page.slice(begun..mark.start), Piece::Aside(Arc::clone(spool), place)]);
        begun = mark.end;
    }
    pieces.push(page.slice(begun..length));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::spool::joined;
    use crate::store::state::State;

    #[test]
    fn what_waits_is_put_in_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Arc::new(Spool::new(&State::of(folder.path(), folder.path()), "texts").expect("room"));
        let page = |html: &str| String::from_utf8(joined(&pieces(html.into(), &spool)).expect("read")).expect("text");
        let (one, two) = (mark("<p>one</p>".into(), &spool), mark("zw\u{1}ei".into(), &spool));
        assert!(!one.contains("one"), "{one}");
        assert_eq!(mark(String::new(), &spool), "");
        assert_eq!(page(&format!("<a>{two}</a>{one}{one}å")), "<a>zw\u{fffd}ei</a><p>one</p><p>one</p>å");
        assert_eq!(page(&one), "<p>one</p>");
        // What only looks like a mark stays as it is.
        for typed in [
            "",
            "å",
            "\u{fdd0}",
            "\u{fdd0}1:9999\u{fdd0}",
            "\u{fdd0}x:1\u{fdd0}",
            "\u{fdd0}18446744073709551615:1\u{fdd0}",
        ] {
            assert_eq!(page(typed), typed);
            assert_eq!(page(&format!("{typed}{two}{typed}")), format!("{typed}zw\u{fffd}ei{typed}"));
        }
    }
}
