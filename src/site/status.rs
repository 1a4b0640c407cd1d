//! The board of a site: every part of every plan and every post, drafts too, and what each still lacks.
//!
//! In: a [`Site`], or all languages of one. Out: rows, as a table for people or as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::diagnostic::{count, printable};
use crate::parse::front::Status;
use crate::project::Project;
use crate::project::phrases::{Label, within};
use crate::site::Site;
use crate::site::behind::known_as;
use crate::site::ids::ArticleId;
use crate::site::languages::Standing;
use crate::site::series::{Part, Series, Side};
use crate::text::source::SourceId;

/// All series of a site, and its folders of posts.
#[derive(Debug, Serialize)]
pub struct Board {
    pub version: u32,
    pub series: Vec<SeriesBoard>,
    pub posts: Vec<PostsBoard>,
}

#[derive(Debug, Serialize)]
pub struct SeriesBoard {
    pub id: String,
    pub title: String,
    /// `published` or `draft`: of the series as a whole.
    pub status: &'static str,
    /// What its parts are called, where the plan says so.
    pub label: Option<Label>,
    /// How many parts of those that count are out.
    pub published: usize,
    pub total: usize,
    pub parts: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct PostsBoard {
    pub id: String,
    pub title: String,
    /// How many are out.
    pub published: usize,
    /// The newest first.
    pub posts: Vec<PostRow>,
}

/// A post.
#[derive(Debug, Serialize)]
pub struct PostRow {
    pub id: String,
    pub title: String,
    #[serde(flatten)]
    pub state: RowState,
}

/// A line of the plan.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Absent for a draft, and for a part without one.
    pub number: Option<i64>,
    pub track: Option<String>,
    pub id: String,
    pub title: String,
    #[serde(flatten)]
    pub state: RowState,
    /// Its side pages; absent when it has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<SideRow>,
}

/// How far a part or a post is.
#[derive(Debug, Serialize)]
pub struct RowState {
    /// `published`, `scheduled` (published with a date ahead), `soon` or `draft`.
    pub status: &'static str,
    pub date: Option<String>,
    /// Absent when there is no article yet.
    pub words: Option<usize>,
    /// What it lacks that readers want: `article`, `description`, `date`.
    pub missing: Vec<&'static str>,
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
        status: if series.plan.is_draft { Status::Draft } else { Status::Published }.name(),
        label: series.plan.label.as_ref().map(|label| label.value.clone()),
        published: series.published,
        total: series.total,
        parts: series.parts.iter().map(|part| row(site, part)).collect(),
    };
    let post = |post: &Part| PostRow { id: post.id.clone(), title: post.title.clone(), state: state(site, post) };
    let posts = |folder: &Series| PostsBoard {
        id: folder.plan.id.clone(),
        title: folder.plan.title.clone(),
        published: folder.published,
        posts: folder.parts.iter().map(post).collect(),
    };
    Board {
        version: 1,
        series: site.series.iter().map(series).collect(),
        posts: site.posts.iter().map(posts).collect(),
    }
}

fn row(site: &Site, part: &Part) -> Row {
    Row {
        number: part.number,
        track: site.series(part.at.series).track_title(part).map(str::to_string),
        id: part.id.clone(),
        title: part.title.clone(),
        state: state(site, part),
        sides: part.sides.iter().map(|side| side_row(site, side)).collect(),
    }
}

fn state(site: &Site, part: &Part) -> RowState {
    let is_scheduled = part.status == Status::Published && part.due.is_some_and(|date| date.instant > site.now);
    let lacks = [
        ("article", part.article.is_none()),
        ("description", part.description.is_none()),
        ("date", part.due.is_none() && !site.series(part.at.series).plan.undated),
    ];
    RowState {
        status: if is_scheduled { "scheduled" } else { part.status.name() },
        date: part.due.map(|date| date.day.to_string()),
        words: part.article.map(|article| site.article(article).words),
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

/// A side page under its part: neither number nor status is its own.
fn side_cells(row: &SideRow) -> Vec<String> {
    let none = String::new;
    let (date, words) = (row.date.clone().unwrap_or_default(), row.words.to_string());
    let all = [none(), none(), row.id.clone(), row.title.clone(), none(), date, words, none()];
    all.map(|cell| printable(&cell)).to_vec()
}

/// The board as text, one table a series, then one a folder of posts.
pub fn table(board: &Board) -> String {
    let mut tables = Vec::new();
    for series in &board.series {
        let counted = match &series.label {
            Some(label) => format!("{} {}", series.total, within(&label.parts)),
            None => series.total.to_string(),
        };
        let told = match series.status == Status::Draft.name() {
            true => "a draft".to_string(),
            false => format!("{} of {} published", series.published, printable(&counted)),
        };
        let head = format!("{}: {told}\n", printable(&series.title));
        let rows = series.parts.iter().flat_map(|row| {
            let number = row.number.map(|number| number.to_string()).unwrap_or_default();
            let own = cells([number, row.track.clone().unwrap_or_default()], (&row.id, &row.title), &row.state);
            std::iter::once(own).chain(row.sides.iter().map(side_cells))
        });
        let names = ["no.", "track"].into_iter().chain(NAMES).map(str::to_string).collect();
        tables.push(head + &aligned(std::iter::once(names).chain(rows).collect()));
    }
    for folder in &board.posts {
        let head = format!("{}: {} published\n", printable(&folder.title), count(folder.published, "post"));
        let rows = folder.posts.iter().map(|row| cells([], (&row.id, &row.title), &row.state));
        let names = NAMES.into_iter().map(str::to_string).collect();
        tables.push(head + &aligned(std::iter::once(names).chain(rows).collect()));
    }
    tables.join("\n")
}

/// What each table tells.
const NAMES: [&str; 6] = ["id", "title", "status", "date", "words", "missing"];

/// The cells of a row, after those that lead it.
fn cells<const N: usize>(first: [String; N], (id, title): (&str, &str), state: &RowState) -> Vec<String> {
    let words = state.words.map(|words| words.to_string()).unwrap_or_default();
    let date = state.date.clone().unwrap_or_default();
    let rest = [id.into(), title.into(), state.status.into(), date, words, state.missing.join(", ")];
    first.into_iter().chain(rest).map(|cell: String| printable(&cell)).collect()
}

/// What of a site is translated into a language.
#[derive(Debug, Serialize)]
pub struct Translations {
    pub version: u32,
    pub language: String,
    /// The series, the folders of posts, and `pages`, each with what is out in the original.
    pub folders: Vec<TranslationsOf>,
}

#[derive(Debug, Serialize)]
pub struct TranslationsOf {
    pub id: String,
    pub title: String,
    /// How many of its articles are translated.
    pub translated: usize,
    pub total: usize,
    /// Its articles, then the plan, the glossary and the comparisons in files of their own.
    pub files: Vec<TranslationRow>,
}

#[derive(Debug, Serialize)]
pub struct TranslationRow {
    /// What `partwork translated` calls it.
    pub id: String,
    /// Absent for a file that is no article.
    pub title: Option<String>,
    /// `missing`, `unrecorded`, `behind` or `translated`.
    pub state: &'static str,
    /// In how many places it is behind.
    pub places: usize,
}

/// What of the originals that are out is translated into a language, by what was recorded of them.
pub fn translations(project: &Project, (originals, site): (&Site, &Site)) -> Translations {
    let standings: BTreeMap<SourceId, &Standing> =
        site.standings.values().map(|standing| (standing.original, standing)).collect();
    let row = |source: SourceId, title: Option<&str>| {
        let (state, places) = match standings.get(&source).map(|standing| standing.behind.as_ref()) {
            None => ("missing", 0),
            Some(None) => ("unrecorded", 0),
            Some(Some(places)) if places.is_empty() => ("translated", 0),
            Some(Some(places)) => ("behind", places.len()),
        };
        let id = known_as(project.sources.path(source)).to_string();
        TranslationRow { id, title: title.map(str::to_string), state, places }
    };
    let of_article = |id: ArticleId| {
        let article = originals.article(id);
        row(article.source, Some(&article.front.title.value))
    };
    let mut folders: Vec<TranslationsOf> = Vec::new();
    for series in originals.folders() {
        let articles = series.opening.into_iter().chain(series.out().flat_map(Part::articles));
        let glossary = series.glossary.iter().map(|glossary| glossary.source);
        let data = std::iter::once(series.plan.source).chain(glossary);
        let data = data.chain(series.shared.values().map(|shared| shared.source));
        folders.push(translations_of(
            &series.plan.id,
            &series.plan.title,
            articles.map(of_article),
            data.map(|source| row(source, None)),
        ));
    }
    let pages =
        originals.home.into_iter().chain(originals.singles.iter().filter(|page| page.out).map(|page| page.article));
    folders.push(translations_of("pages", &originals.config.title, pages.map(of_article), std::iter::empty()));
    folders.retain(|folder| !folder.files.is_empty());
    Translations { version: 1, language: site.config.language.clone(), folders }
}

fn translations_of(
    id: &str,
    title: &str,
    articles: impl Iterator<Item = TranslationRow>,
    data: impl Iterator<Item = TranslationRow>,
) -> TranslationsOf {
    let mut files: Vec<TranslationRow> = articles.collect();
    let total = files.len();
    let translated = files.iter().filter(|row| row.state != "missing").count();
    files.extend(data);
    TranslationsOf { id: id.to_string(), title: title.to_string(), translated, total, files }
}

/// The same as text, one table a folder.
pub fn table_of_translations(board: &Translations) -> String {
    let tables = board.folders.iter().map(|folder| {
        let (title, language) = (printable(&folder.title), printable(&board.language));
        let head = format!("{title}: {} of {} in {language}\n", folder.translated, folder.total);
        let rows = folder.files.iter().map(|row| {
            let state = match row.places {
                0 => row.state.to_string(),
                places => format!("{} in {}", row.state, count(places, "place")),
            };
            [row.id.clone(), row.title.clone().unwrap_or_default(), state].map(|cell| printable(&cell)).to_vec()
        });
        let names = ["id", "title", "translation"].map(str::to_string).to_vec();
        head + &aligned(std::iter::once(names).chain(rows).collect())
    });
    tables.collect::<Vec<_>>().join("\n")
}

/// Rows as lines, under their names.
fn aligned(rows: Vec<Vec<String>>) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0)).collect();
    // Numbers stand at the right of their column.
    let numbers: Vec<bool> =
        rows.iter().take(1).flatten().map(|name| matches!(name.as_str(), "no." | "words")).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).zip(&numbers).map(|((cell, width), is_number)| {
            let space = " ".repeat(width - cell.width());
            if *is_number { format!("{space}{cell}") } else { format!("{cell}{space}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
