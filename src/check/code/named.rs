//! The lines of a program that an output names, and the listings that show them.
//!
//! In: what a compiler or a test said. Out: places, as compilers, Python, Node.js and others write them: `x.rs:3:5`,
//! `File "x.py", line 3`, `x.ts(3,5)`.

use crate::parse::{Piece, Taken};
use crate::site::Site;
use crate::site::contents::Contents;
use crate::site::ids::PartId;
use crate::site::region::Lines;
use crate::site::series::{Series, State};
use crate::store::origin::Origin;
use crate::text::source::Span;

/// The lines of files that a text names, in its order. `folder` is where the files lay.
pub fn named<'p>(said: &str, files: &[&'p str], folder: &str) -> Vec<(&'p str, u32)> {
    let said = said.replace(&format!("{folder}/"), "");
    let mut found = Vec::new();
    for path in files {
        for (at, _) in said.match_indices(path) {
            let before = &said[..at];
            let is_whole = before.strip_suffix("./").unwrap_or(before);
            let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
            if !is_whole.ends_with(goes_on)
                && let Some(line) = line(&said[at + path.len()..])
            {
                found.push((at, *path, line));
            }
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, path, line)| (path, line)).collect()
}

/// The number of a line at the start of what follows a name.
fn line(rest: &str) -> Option<u32> {
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    let number =
        [":", "(", ", line ", " line ", ":line "].iter().filter_map(|sign| rest.strip_prefix(sign)).find_map(|rest| {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse().ok()
        });
    number.filter(|line| *line > 0)
}

/// Where a line of the program is looked for.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    pub site: &'a Site,
    pub series: &'a Series,
    pub contents: &'a Contents,
}

impl Shelf<'_> {
    /// The fence that shows a line of a file as it is as of a part: one of the part itself before others, and a piece
    /// before a whole file.
    pub fn listing(self, part: PartId, (path, line): (&str, u32)) -> Option<Span> {
        let Shelf { site, series, .. } = self;
        let file = series.program.file(part, path)?;
        let shows = site
            .articles
            .ids()
            .filter(|id| site.series_of(*id).is_some_and(|of| of.at == series.at) && site.state(*id) != State::Draft);
        let found = shows.flat_map(|id| {
            let its_part = site.part_of(id);
            site.article(id).listings.iter().filter_map(move |listing| {
                let Taken::File { file: typed, piece, .. } = &listing.taken else { return None };
                let its_part = its_part?;
                let shown = series.program.file(its_part, &typed.value)?;
                let is_it = shown.name() == file.name() && self.holds(shown, piece, line);
                let rank = (its_part != part, matches!(piece, Piece::Whole));
                is_it.then_some((rank, listing.span))
            })
        });
        found.min_by_key(|(rank, span)| (*rank, span.source, span.start)).map(|(_, span)| span)
    }

    /// Whether a piece of a file has a line.
    fn holds(self, file: &Origin, piece: &Piece, line: u32) -> bool {
        let Ok(content) = self.contents.of(file) else { return false };
        let Ok(source) = &content.text else { return false };
        let lines = Lines::of(source.text());
        match piece {
            Piece::Whole => true,
            Piece::Anchor(name) => lines.anchor(&name.value).is_ok_and(|range| range.contains(&line)),
            Piece::Lines(range) => range.value.contains(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_as_tools_write_them() {
        let files = ["lib/x.py", "x.py", "src/main.rs", "a b.ts"];
        for (said, found) in [
            ("  --> src/main.rs:3:5", &[("src/main.rs", 3)][..]),
            (
                "  File \"/tmp/7/x.py\", line 12, in f\n  File \"/tmp/7/lib/x.py\", line 1",
                &[("x.py", 12), ("lib/x.py", 1)],
            ),
            ("./x.py:2: error", &[("x.py", 2)]),
            ("a b.ts(4,5): error TS1005", &[("a b.ts", 4)]),
            ("ax.py:2 x.py x.py: 3 /usr/lib/x.py:9 x.py:0 x.pyc:1", &[]),
        ] {
            assert_eq!(named(said, &files, "/tmp/7"), found, "{said}");
        }
    }
}
