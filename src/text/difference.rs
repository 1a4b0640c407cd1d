//! What differs between two texts, line by line.
//!
//! In: two texts. Out: their lines in one order, each of both texts, of the old one or of the new one alone. Asks no
//! clock, so that the same two always differ in the same way; where finding the shortest difference would take too
//! long, a longer one is given.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A line of two texts that are held side by side, by its place in each, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Same { old: usize, new: usize },
    Old(usize),
    New(usize),
}

/// The lines of a text without their ends; what ends with a line has no empty one after it.
pub fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// The rows of two lists of lines. Where lines are gone and others in their place, the old ones come first.
pub fn difference(old: &[&str], new: &[&str]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(old.len().max(new.len()));
    for change in capture_diff_slices(Algorithm::Myers, old, new) {
        if let DiffOp::Equal { old_index, new_index, len } = change {
            rows.extend((0..len).map(|at| Row::Same { old: old_index + at, new: new_index + at }));
        } else {
            rows.extend(change.old_range().map(Row::Old));
            rows.extend(change.new_range().map(Row::New));
        }
    }
    rows
}

/// How many lines are new, and how many gone.
pub fn counts(rows: &[Row]) -> (usize, usize) {
    let new = rows.iter().filter(|row| matches!(row, Row::New(_))).count();
    let gone = rows.iter().filter(|row| matches!(row, Row::Old(_))).count();
    (new, gone)
}

/// How alike two texts are, from 0 to 1: what part of their lines both have, wherever these stand. Takes time in
/// proportion to their lengths.
pub fn likeness(old: &[&str], new: &[&str]) -> f64 {
    let (mut old, mut new) = (old.to_vec(), new.to_vec());
    let all = old.len() + new.len();
    old.sort_unstable();
    new.sort_unstable();
    let (mut at, mut both) = (0, 0);
    for line in &old {
        while new.get(at).is_some_and(|other| other < line) {
            at += 1;
        }
        if new.get(at) == Some(line) {
            at += 1;
            both += 2;
        }
    }
    if all == 0 { 1.0 } else { f64::from(both) / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As text: each line after its sign.
    fn shown(old: &str, new: &str) -> String {
        let (old, new) = (lines(old), lines(new));
        let row = |row: &Row| match row {
            Row::Same { new: at, .. } => format!(" {}", new[*at]),
            Row::Old(at) => format!("-{}", old[*at]),
            Row::New(at) => format!("+{}", new[*at]),
        };
        difference(&old, &new).iter().map(row).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_of_two_texts() {
        for (old, new, rows) in [
            ("", "", ""),
            ("a\nb\n", "a\nb", " a  b"),
            ("a\nb\nc\n", "a\nx\nc\n", " a -b +x  c"),
            ("", "a\n", "+a"),
            ("a\n", "", "-a"),
            ("a\nb\n", "b\na\n", "+b  a -b"),
        ] {
            assert_eq!(shown(old, new), rows, "{old:?} {new:?}");
        }
    }

    #[test]
    fn likeness_counts_lines() {
        assert_eq!(likeness(&["a", "b", "c", "d"], &["d", "a", "x", "a"]), 0.5);
        assert_eq!(likeness(&[], &[]), 1.0);
        assert_eq!(likeness(&["a"], &[]), 0.0);
    }

    #[test]
    fn what_has_nothing_in_common_ends_soon() {
        let old: Vec<String> = (0..100_000).map(|n| format!("old {n}")).collect();
        let new: Vec<String> = (0..100_000).map(|n| format!("new {n}")).collect();
        let (old, new): (Vec<&str>, Vec<&str>) =
            (old.iter().map(|x| &**x).collect(), new.iter().map(|x| &**x).collect());
        assert_eq!(counts(&difference(&old, &new)), (100_000, 100_000));
    }
}
