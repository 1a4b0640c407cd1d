//! The board of a site: every part of every plan, drafts too, and what each still lacks.
//!
//! In: a [`Site`]. Out: rows, as a table for people or as JSON.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::diagnostic::printable;
use crate::parse::front::Status;
use crate::project::phrases::{Label, within};
use crate::site::Site;
use crate::site::series::{Part, Series, Side};

/// All series of a site.
#[derive(Debug, Serialize)]
pub struct Board {
    pub version: u32,
    pub series: Vec<SeriesBoard>,
}

#[derive(Debug, Serialize)]
pub struct SeriesBoard {
    pub id: String,
    pub title: String,
    /// What its parts are called, where the plan says so.
    pub label: Option<Label>,
    /// How many parts of those that count are out.
    pub published: usize,
    pub total: usize,
    pub parts: Vec<Row>,
}

/// A line of the plan.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Absent for a draft, and for a part without one.
    pub number: Option<i64>,
    pub track: Option<String>,
    pub id: String,
    pub title: String,
    /// `published`, `scheduled` (published with a date ahead), `soon` or `draft`.
    pub status: &'static str,
    pub date: Option<String>,
    /// Absent when there is no article yet.
    pub words: Option<usize>,
    /// What stands between the part and its publication: `article`, `description`, `date`.
    pub missing: Vec<&'static str>,
    /// Its side pages; absent when it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<SideRow>,
}

/// A side page of a part, which is out when the part is.
#[derive(Debug, Serialize)]
pub struct SideRow {
    pub id: String,
    pub title: String,
    pub date: Option<String>,
    pub words: usize,
}

/// The board of a site.
pub fn board(site: &Site) -> Board {
    let series = |series: &Series| SeriesBoard {
        id: series.plan.id.clone(),
        title: series.plan.title.clone(),
        label: series.plan.label.as_ref().map(|label| label.value.clone()),
        published: series.published,
        total: series.total,
        parts: series.parts.iter().map(|part| row(site, part)).collect(),
    };
    Board { version: 1, series: site.series.iter().map(series).collect() }
}

fn row(site: &Site, part: &Part) -> Row {
    let is_scheduled = part.status == Status::Published && part.date.is_some_and(|date| date.instant > site.now);
    let lacks = [
        ("article", part.article.is_none()),
        ("description", part.description.is_none()),
        ("date", part.date.is_none()),
    ];
    Row {
        number: part.number,
        track: site.series(part.at.series).track_title(part).map(str::to_string),
        id: part.id.clone(),
        title: part.title.clone(),
        status: if is_scheduled { "scheduled" } else { part.status.name() },
        date: part.date.map(|date| date.day.to_string()),
        words: part.article.map(|article| site.article(article).words),
        sides: part.sides.iter().map(|side| side_row(site, side)).collect(),
        missing: lacks.iter().filter(|(_, lacks)| *lacks).map(|(what, _)| *what).collect(),
    }
}

fn side_row(site: &Site, side: &Side) -> SideRow {
    SideRow {
        id: side.path.clone(),
        title: side.title.clone(),
        date: side.date.map(|date| date.day.to_string()),
        words: site.article(side.article).words,
    }
}

fn cells(row: &Row) -> [String; 8] {
    let cells = [
        row.number.map(|number| number.to_string()).unwrap_or_default(),
        row.track.clone().unwrap_or_default(),
        row.id.clone(),
        row.title.clone(),
        row.status.to_string(),
        row.date.clone().unwrap_or_default(),
        row.words.map(|words| words.to_string()).unwrap_or_default(),
        row.missing.join(", "),
    ];
    cells.map(|cell| printable(&cell))
}

/// A side page under its part: neither number nor status is its own.
fn side_cells(row: &SideRow) -> [String; 8] {
    let none = String::new;
    let (date, words) = (row.date.clone().unwrap_or_default(), row.words.to_string());
    [none(), none(), row.id.clone(), row.title.clone(), none(), date, words, none()].map(|cell| printable(&cell))
}

/// The board as text, one table a series.
pub fn table(board: &Board) -> String {
    let mut text = String::new();
    for series in &board.series {
        if !text.is_empty() {
            text.push('\n');
        }
        let counted = match &series.label {
            Some(label) => format!("{} {}", series.total, within(&label.parts)),
            None => series.total.to_string(),
        };
        let counted = printable(&counted);
        text.push_str(&format!("{}: {} of {counted} published\n", printable(&series.title), series.published));
        let mut rows = vec![["no.", "track", "id", "title", "status", "date", "words", "missing"].map(str::to_string)];
        for row in &series.parts {
            rows.push(cells(row));
            rows.extend(row.sides.iter().map(side_cells));
        }
        let widths: Vec<usize> =
            (0..8).map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0)).collect();
        for row in rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                let space = " ".repeat(width - cell.width());
                // Numbers stand at the right of their column.
                if matches!(column, 0 | 6) { format!("{space}{cell}") } else { format!("{cell}{space}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}
