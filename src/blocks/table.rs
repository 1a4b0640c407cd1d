//! `table`: rows by hand or of a file, with a caption and a number.

use std::sync::Arc;

use tera::Context;

use super::plain;
use crate::diagnostic::{Code, Diagnostic, count, quote};
use crate::parse::LinkKind;
use crate::parse::block::{Block, BlockKind, Body, Inline, Markdown, Page, Plain, Reader};
use crate::parse::inline::words_of;
use crate::parse::numbered::{Numbered, Sort};
use crate::settings::data::{Data, Excerpt, Fields, Table as Typed, parse_toml};
use crate::settings::keys::{Kind, Shape, optional, required, shape};
use crate::text::csv;
use crate::text::markdown::escape;
use crate::text::source::{SourceId, Span, Spanned};

/// The kind of block.
pub const KIND: BlockKind =
    BlockKind { name: "table", title: "A table", shape: &TABLE, views: view::VIEWS, read: table };

/// A table.
pub const TABLE: Shape = shape(
    "the table",
    &[
        optional("caption", Kind::Inline, "The words above it."),
        optional("id", Kind::Id, "What `[#](#id)` refers to it by; with it the table has a number."),
        optional("head", Kind::List(&Kind::Inline, 1), "What stands above the columns."),
        optional(
            "rows",
            Kind::List(&Kind::List(&Kind::Free, 1), 1),
            "The rows, each a list of texts and numbers as long as `head`.",
        ),
        optional(
            "data",
            Kind::Text,
            "A file in place of `head` and `rows`, by its path from the article: TOML with these two keys, or comma-separated values with the head in the first line.",
        ),
        optional(
            "align",
            Kind::List(&Kind::Choice(&["left", "center", "right", "point"]), 1),
            "How the columns are aligned, from the first on; numbers by their points without it, all else at the start.",
        ),
    ],
);

/// The most rows: what a reader wants more of is a file.
const MOST_ROWS: usize = 2000;
const MOST_COLUMNS: usize = 50;

/// A table with more rows has a frame of its own to scroll in, in which its head stays.
const TALL: usize = 15;

#[derive(Debug, Clone)]
pub struct Table {
    pub caption: Option<Inline>,
    pub numbered: Option<Numbered>,
    /// The file that its rows come from.
    pub data: Option<Spanned<String>>,
    align: Vec<Spanned<Align>>,
    head: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
}

/// What stands in a cell.
#[derive(Debug, Clone)]
enum Cell {
    /// Typed by hand.
    Line(Inline),
    /// A number, or what a file has.
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Center,
    Right,
    Point,
}

const ALIGNS: &[(&str, Align)] =
    &[("left", Align::Left), ("center", Align::Center), ("right", Align::Right), ("point", Align::Point)];

fn table(typed: &Typed, reader: &mut Reader<'_>) -> Option<Body> {
    let mut fields = Fields::new(typed, &TABLE);
    let caption = reader.optional_inline(&mut fields, "caption");
    let numbered = reader.numbered(&mut fields, Sort::Table);
    let align = aligns(&mut fields, reader);
    let data = fields.string("data", reader.out);
    let head: Vec<Cell> =
        fields.strings("head", reader.out).into_iter().map(|text| Cell::Line(reader.inline(text))).collect();
    let (head_span, rows_span) = (fields.span("head"), fields.span("rows"));
    let typed_rows = fields.list("rows", reader.out);
    fields.finish(reader.out);
    // TOML is read and not published, so nothing leads to it.
    if let Some(data) = data.clone().filter(|data| !is_toml(&data.value)) {
        reader.linked(LinkKind::Image, data, false);
    }
    let mut rows = Vec::new();
    match (&data, typed_rows) {
        (Some(_), typed) if typed.is_some() || !head.is_empty() => {
            let span = if typed.is_some() { rows_span } else { head_span };
            reader.report(
                Diagnostic::new(Code::InvalidValue, span, "a table with `data` has its head and its rows from there")
                    .help("remove one of the two"),
            );
            return None;
        }
        (Some(_), _) => {}
        (None, Some(typed)) if !head.is_empty() => {
            let mut found = Vec::new();
            let mut line = |text| Cell::Line(reader.inline(text));
            let read: Vec<Option<Vec<Cell>>> =
                typed.iter().map(|row| row_of(row, head.len(), &mut line, &mut found)).collect();
            reader.out.append(&mut found);
            rows = read.into_iter().collect::<Option<Vec<_>>>()?;
        }
        (None, typed) => {
            let missing = if typed.is_none() { "rows" } else { "head" };
            let message = format!("the table has no {}", quote(missing));
            reader.report(
                Diagnostic::new(Code::MissingKey, rows_span, message)
                    .help("give `head` and `rows`, or the path of a file in `data`"),
            );
            return None;
        }
    }
    if let Some(beyond) = align.get(head.len()).filter(|_| !head.is_empty()) {
        let message = format!("the table has {}, and `align` names more", count(head.len(), "column"));
        reader.report(Diagnostic::new(Code::InvalidValue, beyond.span, message).help("leave the others out"));
    }
    let table = Table { caption, numbered, data, align, head, rows };
    table.check_size(rows_span, reader.out);
    Some(Body::Known(Arc::new(table)))
}

/// Whether a file of rows is one of TOML, as far as its name tells.
pub fn is_toml(path: &str) -> bool {
    path.ends_with(".toml")
}

fn aligns(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Vec<Spanned<Align>> {
    let typed = fields.strings("align", reader.out);
    let mut found = Vec::new();
    for name in typed {
        match ALIGNS.iter().find(|(known, _)| *known == name.value) {
            Some((_, align)) => found.push(Spanned::new(*align, name.span)),
            None => {
                let message = format!("{} is no alignment", quote(&name.value));
                reader.report(
                    Diagnostic::new(Code::InvalidValue, name.span, message)
                        .help("known here: `left`, `center`, `right` and `point`"),
                );
            }
        }
    }
    found
}

/// The rows of a file.
const FILE: Shape = shape(
    "the file of a table",
    &[
        required("head", Kind::List(&Kind::Text, 1), "What stands above the columns."),
        required("rows", Kind::List(&Kind::List(&Kind::Free, 1), 1), "The rows."),
    ],
);

/// Head and rows of a file; nothing of those in which something is wrong, which is reported.
fn of_toml(typed: &Typed, out: &mut Vec<Diagnostic>) -> Option<(Vec<Cell>, Vec<Vec<Cell>>)> {
    let mut fields = Fields::new(typed, &FILE);
    let head: Vec<Cell> = fields.strings("head", out).into_iter().map(|text| Cell::Text(text.value)).collect();
    let rows = fields.list("rows", out);
    fields.finish(out);
    let text = |text: Spanned<String>| Cell::Text(text.value);
    let rows: Vec<_> = rows?.iter().map(|row| row_of(row, head.len(), &mut |cell| text(cell), out)).collect();
    Some((head, rows.into_iter().collect::<Option<Vec<_>>>()?))
}

/// A row typed by hand; nothing of one that is too long or too short, which is reported.
fn row_of(
    row: &Spanned<Data>,
    columns: usize,
    text: &mut dyn FnMut(Spanned<String>) -> Cell,
    out: &mut Vec<Diagnostic>,
) -> Option<Vec<Cell>> {
    let Data::List(cells) = &row.value else {
        out.push(Diagnostic::new(Code::WrongType, row.span, "a row is a list of cells"));
        return None;
    };
    if cells.len() != columns {
        let message = format!("the row has {}, and the head {columns}", count(cells.len(), "cell"));
        out.push(Diagnostic::new(Code::InvalidValue, row.span, message).help("an empty cell is `\"\"`"));
        return None;
    }
    let cell = |cell: &Spanned<Data>| match &cell.value {
        Data::String(typed) => Some(text(Spanned::new(typed.clone(), cell.span))),
        Data::Integer(number) => Some(Cell::Text(number.to_string())),
        Data::Float(number) => Some(Cell::Text(number.to_string())),
        Data::Date(date) => Some(Cell::Text(date.to_string())),
        other => {
            let message = format!("a cell is a text or a number, and not {}", other.type_name());
            out.push(Diagnostic::new(Code::WrongType, cell.span, message));
            None
        }
    };
    cells.iter().map(cell).collect::<Vec<_>>().into_iter().collect()
}

impl Table {
    /// Takes head and rows from the text of its file. What is wrong there is reported.
    pub fn fill(&mut self, source: SourceId, text: &str, out: &mut Vec<Diagnostic>) {
        let Some(place) = self.data.as_ref().map(|data| data.span) else { return };
        let rows = match csv::rows(text) {
            Ok(rows) => rows,
            Err(quote) => {
                let span = Span::new(source, quote);
                out.push(
                    Diagnostic::new(Code::InvalidValue, span, "the quote is not closed")
                        .note(place, "read for this table"),
                );
                return;
            }
        };
        let mut rows = rows.into_iter();
        let Some(head) = rows.next() else {
            let span = Span::start_of(source);
            out.push(Diagnostic::new(Code::InvalidValue, span, "the file is empty").note(place, "read for this table"));
            return;
        };
        let columns = head.cells.len();
        self.head = head.cells.into_iter().map(Cell::Text).collect();
        for mut row in rows {
            if row.cells.len() != columns {
                let message = format!("the row has {}, and the head {columns}", count(row.cells.len(), "cell"));
                let span = Span::new(source, row.range.clone());
                out.push(Diagnostic::new(Code::InvalidValue, span, message).note(place, "read for this table"));
            }
            row.cells.resize(columns, String::new());
            self.rows.push(row.cells.into_iter().map(Cell::Text).collect());
        }
        self.check_size(place, out);
    }

    /// Takes head and rows from the text of its file of TOML. What is wrong there is reported.
    pub fn fill_from_toml(&mut self, source: SourceId, text: &str, out: &mut Vec<Diagnostic>) {
        let Some(place) = self.data.as_ref().map(|data| data.span) else { return };
        let before = out.len();
        if let Some((head, rows)) =
            parse_toml(&Excerpt::whole(text, source, 0), out).and_then(|typed| of_toml(&typed, out))
        {
            (self.head, self.rows) = (head, rows);
        }
        out[before..].iter_mut().for_each(|found| found.notes.push((place, "read for this table".into())));
        self.check_size(place, out);
    }

    /// Reports a table that nobody reads to its end.
    fn check_size(&self, place: Span, out: &mut Vec<Diagnostic>) {
        if self.rows.len() > MOST_ROWS || self.head.len() > MOST_COLUMNS {
            let (rows, columns) = (count(self.rows.len(), "row"), count(self.head.len(), "column"));
            let message = format!("the table has {rows} and {columns}, more than {MOST_ROWS} and {MOST_COLUMNS}");
            out.push(Diagnostic::new(Code::TooMuch, place, message).help("show a part of it, and link to the file"));
        }
    }

    /// How each column is aligned: as typed, else numbers by their points.
    fn columns(&self) -> Vec<Column> {
        let column = |at: usize| {
            let cells: Vec<&str> =
                self.rows.iter().map(|row| row[at].typed()).filter(|cell| !cell.is_empty()).collect();
            let is_of_numbers = !cells.is_empty() && cells.iter().all(|cell| is_number(cell));
            let typed = self.align.get(at).map(|align| align.value);
            let align = typed.unwrap_or(if is_of_numbers { Align::Point } else { Align::Left });
            let point = point(&cells);
            let decimals = cells.iter().map(|cell| decimals(cell, point)).max().flatten();
            let wholes = cells.iter().filter(|cell| is_number(cell)).map(|cell| whole(cell, point)).max();
            let is_point = align == Align::Point;
            Column { align, point, decimals: decimals.filter(|_| is_point), whole: wholes.filter(|_| is_point) }
        };
        (0..self.head.len()).map(column).collect()
    }
}

/// How a column is set.
struct Column {
    align: Align,
    /// What stands between a number and its decimals.
    point: char,
    /// The most decimals of one of its numbers; nothing where none has any.
    decimals: Option<usize>,
    /// The most signs before a point, in a column that is aligned by them.
    whole: Option<usize>,
}

impl Column {
    fn class(&self) -> &'static str {
        match self.align {
            Align::Left => "",
            Align::Center => "center",
            Align::Right | Align::Point => "right",
        }
    }

    /// What would have to follow a cell for its point to stand below the others'.
    fn pad(&self, cell: &str) -> String {
        match (self.decimals, decimals(cell, self.point)) {
            (Some(most), Some(own)) => "0".repeat(most - own),
            (Some(most), None) if is_number(cell) => format!("{}{}", self.point, "0".repeat(most)),
            _ => String::new(),
        }
    }
}

impl Column {
    /// What has to stand before a cell for its point to stand below the others', where columns begin at the start:
    /// spaces as wide as digits.
    fn lead(&self, cell: &str) -> String {
        let most = self.whole.filter(|_| is_number(cell)).unwrap_or_default();
        "\u{2007}".repeat(most.saturating_sub(whole(cell, self.point)))
    }
}

impl Cell {
    fn typed(&self) -> &str {
        match self {
            Cell::Line(line) => line.text.trim(),
            Cell::Text(text) => text,
        }
    }

    /// Without markup.
    fn words(&self) -> String {
        match self {
            Cell::Line(line) => words_of(&line.text),
            Cell::Text(text) => text.clone(),
        }
    }
}

/// The digits of a cell that is a number, in groups or not, with its decimals: without its sign, and without what it is
/// counted in (`−$5`, `12 %`).
fn number(cell: &str) -> Option<&str> {
    let digits = cell.trim_start_matches(|c| matches!(c, '-' | '+' | '−') || is_unit(c)).trim_end_matches(is_unit);
    let groups = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}');
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(groups);
    is_number.then_some(digits)
}

fn is_number(cell: &str) -> bool {
    number(cell).is_some()
}

/// Whether a sign says what is counted, or stands between that and the digits.
fn is_unit(c: char) -> bool {
    c.is_whitespace() || matches!(c, '%' | '‰' | '°' | '$' | '€' | '£' | '¥' | '₹')
}

/// What stands before decimals in a column: a comma where no cell has a point and the comma of one parts no thousands.
fn point(cells: &[&str]) -> char {
    let groups = |cell: &&str| number(cell).unwrap_or(cell).split(',').skip(1).all(|group| group.len() == 3);
    if !cells.iter().any(|cell| cell.contains('.')) && !cells.iter().all(groups) { ',' } else { '.' }
}

/// How many signs a number has before its point.
fn whole(cell: &str, point: char) -> usize {
    let cell = cell.trim_end_matches(is_unit);
    cell.rsplit_once(point).map_or(cell, |(whole, _)| whole).chars().count()
}

/// How many decimals a number has; nothing without a point, and of what is no number.
fn decimals(cell: &str, point: char) -> Option<usize> {
    number(cell)?.rsplit_once(point).map(|(_, decimals)| decimals.len())
}

impl Block for Table {
    fn lines(&self) -> Vec<&Inline> {
        let cells = self.head.iter().chain(self.rows.iter().flatten());
        let lines = cells.filter_map(|cell| match cell {
            Cell::Line(line) => Some(line),
            Cell::Text(_) => None,
        });
        self.caption.iter().chain(lines).collect()
    }

    fn numbered(&self) -> Option<&Numbered> {
        self.numbered.as_ref()
    }

    fn view(&self, page: &mut dyn Page) -> Option<Context> {
        let columns = self.columns();
        let mut content = |cell: &Cell| match cell {
            Cell::Line(line) => page.inline(line),
            Cell::Text(text) => tera::Value::from(text.as_str()),
        };
        let labels: Vec<String> = self.head.iter().map(Cell::words).collect();
        let caption = self.caption.as_ref().map(|caption| content(&Cell::Line(caption.clone())));
        let head: Vec<view::HeadCell> = (self.head.iter().zip(&columns))
            .map(|(cell, column)| view::HeadCell { content: content(cell), class: column.class() })
            .collect();
        let mut cells = |row: &[Cell]| {
            let cells = row.iter().zip(&columns);
            let of = |((cell, column), label): ((&Cell, &Column), &String)| view::Cell {
                content: content(cell),
                class: column.class(),
                label: label.clone(),
                pad: column.pad(cell.typed()),
            };
            cells.zip(&labels).map(of).collect()
        };
        let rows = self.rows.iter().map(|row| cells(row)).collect();
        let view = view::Table {
            id: self.numbered.as_ref().map(|numbered| page.id(&numbered.id)),
            number: self.numbered.as_ref().and_then(|numbered| page.number(numbered)),
            caption,
            head,
            rows,
            tall: self.rows.len() > TALL,
        };
        Context::from_serialize(&view).ok()
    }

    /// Without a style nothing aligns numbers but spaces as wide as they are.
    fn plain(&self, form: &mut dyn Plain) {
        let columns = self.columns();
        plain::open_numbered(form, "table", self.numbered.as_ref());
        plain::caption(form, "caption", self.numbered.as_ref(), self.caption.as_ref());
        let cell = |form: &mut dyn Plain, name: &str, cell: &Cell, pad: &str| {
            form.open(name, if name == "th" { &[("scope", "col")] } else { &[] });
            form.text(pad);
            match cell {
                Cell::Line(line) => form.inline(line),
                Cell::Text(text) => form.text(text),
            }
            form.close(name);
        };
        form.open("thead", &[]);
        form.open("tr", &[]);
        self.head.iter().for_each(|head| cell(form, "th", head, ""));
        form.close("tr");
        form.close("thead");
        form.open("tbody", &[]);
        for row in &self.rows {
            form.open("tr", &[]);
            row.iter().zip(&columns).for_each(|(of, column)| cell(form, "td", of, &column.lead(of.typed())));
            form.close("tr");
        }
        form.close("tbody");
        form.close("table");
        form.line();
    }

    fn markdown(&self, form: &dyn Markdown) -> String {
        let content = |cell: &Cell| match cell {
            Cell::Line(line) => form.inline(line),
            Cell::Text(text) => escape(&text.replace('\n', " ")),
        };
        let line = |cells: &[Cell]| {
            let cells: Vec<String> = cells.iter().map(|cell| content(cell).replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mark = |column: &Column| match column.align {
            Align::Left => "---",
            Align::Center => ":-:",
            Align::Right | Align::Point => "--:",
        };
        let marks: Vec<&str> = self.columns().iter().map(mark).collect();
        let mut out = line(&self.head);
        out.push_str(&format!("| {} |\n", marks.join(" | ")));
        self.rows.iter().for_each(|row| out.push_str(&line(row)));
        if let Some(caption) = plain::markdown_caption(form, self.numbered.as_ref(), self.caption.as_ref()) {
            out.push_str(&format!("\n{caption}\n"));
        }
        out
    }
}

/// What its component is given.
pub mod view {
    use serde::Serialize;
    use tera::Value;

    use crate::project::documented::documented;

    documented! { VIEWS:
    /// Arguments of `blocks/table.html`, the component `table`.
    #[derive(Debug, Serialize)]
    pub struct Table {
        /// Where references to it lead, when it has a number.
        pub id: Option<String>,
        /// What they call it, such as `Table 12.2`.
        pub number: Option<String>,
        /// *HTML*, inline.
        pub caption: Option<Value>,
        /// One a column.
        pub head: Vec<HeadCell>,
        /// As many cells each as the head has.
        pub rows: Vec<Vec<Cell>>,
        /// Whether it has so many rows that its head should stay in sight.
        pub tall: bool,
    }

    /// What stands above a column.
    #[derive(Debug, Serialize)]
    pub struct HeadCell {
        /// *HTML*, inline.
        pub content: Value,
        /// `center` or `right`; empty for the start.
        pub class: &'static str,
    }

    /// A cell.
    #[derive(Debug, Serialize)]
    pub struct Cell {
        /// *HTML*, inline.
        pub content: Value,
        /// `center` or `right`; empty for the start.
        pub class: &'static str,
        /// What stands above its column, for where a row stands without the head.
        pub label: String,
        /// What would have to follow a number for its point to stand below the others', such as `.00`.
        pub pad: String,
    }
    }
}
