//! Tables of values apart by signs: RFC 4180, and what programs write in its place.
//!
//! In: a text. Out: its rows of cells, each row with its place. A semicolon or a tab parts cells where the first line
//! has more of them than commas; quotes stand around what holds the sign, a quote or a line end.

use std::ops::Range;

/// A row, and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub cells: Vec<String>,
    pub range: Range<usize>,
}

/// Reads a text. An error is the place of a quote that isn't closed.
pub fn rows(text: &str) -> Result<Vec<Row>, Range<usize>> {
    let bytes = text.as_bytes();
    let separator = separator(text);
    let mut rows = Vec::new();
    let (mut cells, mut cell, mut start, mut at) = (Vec::new(), Vec::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            // A quote that doesn't begin a cell is a letter, as spreadsheets have it.
            b'"' if cell.is_empty() => {
                let opened = at;
                at += 1;
                loop {
                    match (bytes.get(at), bytes.get(at + 1)) {
                        (None, _) => return Err(opened..opened + 1),
                        (Some(b'"'), Some(b'"')) => {
                            cell.push(b'"');
                            at += 2;
                        }
                        (Some(b'"'), _) => break,
                        (Some(byte), _) => {
                            cell.push(*byte);
                            at += 1;
                        }
                    }
                }
            }
            byte if byte == separator => cells.push(text_of(&mut cell)),
            b'\n' => {
                cells.push(text_of(&mut cell));
                rows.push(Row { cells: std::mem::take(&mut cells), range: start..at });
                start = at + 1;
            }
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            byte => cell.push(byte),
        }
        at += 1;
    }
    if start < bytes.len() {
        cells.push(text_of(&mut cell));
        rows.push(Row { cells, range: start..bytes.len() });
    }
    // A line without a sign is no row.
    rows.retain(|row| row.cells.iter().any(|cell| !cell.is_empty()));
    Ok(rows)
}

/// A cell, without the spaces around it. All that parts cells is ASCII, so its bytes are whole characters.
fn text_of(cell: &mut Vec<u8>) -> String {
    String::from_utf8_lossy(&std::mem::take(cell)).trim().to_string()
}

/// What parts the cells of the first line.
fn separator(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let count = |sign: u8| line.bytes().filter(|byte| *byte == sign).count();
    let others = [b';', b'\t'].into_iter().filter(|sign| count(*sign) > count(b','));
    others.max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cells_apart() {
        let read = |text| {
            let rows = rows(text)?;
            let lines: Vec<String> = rows.iter().map(|row| row.cells.join("|")).collect();
            Ok::<_, Range<usize>>(lines)
        };
        for (text, lines) in [
            ("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n\n,\n", &["a|b", "1|x, \"y\"\nz"][..]),
            ("a;b\n1,5;2\n", &["a|b", "1,5|2"]),
            ("a\tb\n 1 \t", &["a|b", "1|"]),
            ("a\n5\" nail", &["a", "5\" nail"]),
            ("", &[]),
        ] {
            assert_eq!(
                read(text).as_deref(),
                Ok(&lines.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
        assert_eq!(rows("a,b\n1,\"x"), Err(6..7));
        assert_eq!(rows("a\nö").expect("rows")[1].range, 2..4);
    }
}
