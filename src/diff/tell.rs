//! A difference in words: one sentence of it, all of it for people, as Markdown, and as JSON.
//!
//! In: a [`Difference`]. Out: text. Decides nothing. Words of either site may be anybody's: in Markdown they stand
//! in HTML that holds no mark of theirs, and whoever prints the text for a terminal spells out what one obeys.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::compare::{Change, Difference, Lead, Moved, Part, Sort, Text, Words};
use crate::diagnostic::{count, list, printable, quote};
use crate::project::phrases::within;

/// Nobody reads more of a kind; JSON has them all.
const MOST_TEXTS: usize = 40;
/// Of one article.
const MOST_BLOCKS: usize = 20;

/// The difference in the words of the plan: "part 17 comes out; part 4 changes in two paragraphs; 21 pages change
/// only in their lists".
pub fn sentence(found: &Difference) -> String {
    let mut pieces = Vec::new();
    let mut add = |piece: String| pieces.push(piece);
    if !found.comes_out.is_empty() {
        add(format!("{} {}", named(&found.comes_out), verb(found.comes_out.len(), "comes out", "come out")));
    }
    if !found.goes.is_empty() {
        add(format!("{} {}", named(&found.goes), verb(found.goes.len(), "goes", "go")));
    }
    moves(&found.moves).into_iter().for_each(&mut add);
    texts(&found.texts).into_iter().for_each(&mut add);
    let pages =
        |n: usize, one: &str, many: &str| (n > 0).then(|| format!("{} {}", count(n, "page"), verb(n, one, many)));
    pages(found.new.len(), "is new", "are new").into_iter().for_each(&mut add);
    pages(found.gone.len(), "goes", "go").into_iter().for_each(&mut add);
    pages(found.lists.len(), "changes only in its lists", "change only in their lists").into_iter().for_each(&mut add);
    pages(found.markup.len(), "changes only in its markup", "change only in their markup")
        .into_iter()
        .for_each(&mut add);
    let ends = found.leads.iter().filter(|lead| lead.to.is_none()).count();
    for (n, place) in [(found.leads.len() - ends, "elsewhere"), (ends, "nowhere")] {
        match n {
            0 => {}
            1 => add(format!("1 address leads {place}")),
            n => add(format!("{n} addresses lead {place}")),
        }
    }
    if !found.theme.is_empty() {
        add(format!("the theme changes in {}", list(found.theme.iter().map(String::as_str), "and")));
    }
    let files: Vec<String> = found.files.iter().map(|(sort, n)| count(*n, sort_name(*sort))).collect();
    match (pieces.is_empty(), files.is_empty()) {
        (true, true) => "nothing changes".into(),
        (true, false) => format!("nothing that readers read changes; {}", files.join(", ")),
        (false, true) => pieces.join("; "),
        (false, false) => format!("{}; {}", pieces.join("; "), files.join(", ")),
    }
}

fn verb<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}

fn sort_name(sort: Sort) -> &'static str {
    match sort {
        Sort::Feed => "feed",
        Sort::Book => "book",
        Sort::Card => "card",
        Sort::Picture => "picture",
        Sort::Other => "other file",
    }
}

/// `part 17`, `parts 16 and 17 of `Series``, a part without a number by its title; many by how many they are.
fn named(parts: &[Part]) -> String {
    /// So many can be named one by one.
    const NAMED: usize = 4;
    if parts.len() > NAMED {
        return count(parts.len(), "part");
    }
    let mut by_series: BTreeMap<&str, Vec<&Part>> = BTreeMap::new();
    for part in parts {
        by_series.entry(&part.series).or_default().push(part);
    }
    let of_series = |parts: &Vec<&Part>| {
        let of = parts[0].of.as_ref().map_or_else(String::new, |series| format!(" of {}", quote(series)));
        let numbers: Vec<String> = parts.iter().filter_map(|part| Some(part.number?.to_string())).collect();
        let (one, many) = &parts[0].label;
        let numbered = match numbers.as_slice() {
            [] => None,
            [only] => Some(format!("{} {only}", printable(&within(one)))),
            [first @ .., last] => Some(format!("{} {} and {last}", printable(&within(many)), first.join(", "))),
        };
        let titles = parts.iter().filter(|part| part.number.is_none()).map(|part| quote(&part.title));
        format!("{}{of}", numbered.into_iter().chain(titles).collect::<Vec<_>>().join(", "))
    };
    by_series.values().map(of_series).collect::<Vec<_>>().join(", ")
}

fn moves(moves: &[Moved]) -> Vec<String> {
    /// So many can be told one by one.
    const NAMED: usize = 4;
    if moves.len() > NAMED {
        return vec![format!("{} move", count(moves.len(), "part"))];
    }
    let told = moves.iter().map(|moved| {
        let now = named(std::slice::from_ref(&moved.part));
        match (moved.from, &moved.tracks) {
            (Some(from), _) if moved.part.number.is_some_and(|number| number != from) => {
                format!("{} {from} becomes {now}", printable(&within(&moved.part.label.0)))
            }
            (_, Some((_, to))) => format!("{now} comes to the track {}", quote(to)),
            _ => format!("{now} moves"),
        }
    });
    told.collect()
}

fn texts(texts: &[Text]) -> Vec<String> {
    /// So many can be told one by one.
    const NAMED: usize = 4;
    let blocks = |n: usize| if n == 1 { "one paragraph".into() } else { format!("{} paragraphs", in_words(n)) };
    if texts.len() > NAMED {
        let all = texts.iter().map(|text| text.changes.len()).sum();
        return vec![format!("{} change in {}", count(texts.len(), "article"), blocks(all))];
    }
    texts.iter().map(|text| format!("{} changes in {}", article(text), blocks(text.changes.len()))).collect()
}

fn article(text: &Text) -> String {
    text.part.as_ref().map_or_else(|| quote(&text.page.title), |part| named(std::slice::from_ref(part)))
}

fn in_words(n: usize) -> String {
    const WORDS: [&str; 10] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"];
    n.checked_sub(2).and_then(|at| WORDS.get(at)).map_or_else(|| n.to_string(), |word| (*word).to_string())
}

/// All of it for a terminal: the sentence, and then each change, an article's word by word: `[-gone-]`, `{+new+}`.
pub fn human(found: &Difference) -> String {
    let mut text = format!("{}\n", sentence(found));
    let mut rows = |title: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            let _ = write!(text, "\n{title}\n");
            cut(&rows, &mut |row| text.push_str(&format!("  {row}\n")));
        }
    };
    for (title, lines) in groups(found) {
        rows(title, lines);
    }
    for article_text in found.texts.iter().take(MOST_TEXTS) {
        let _ = write!(text, "\n{} ({})\n", upper(&article(article_text)), article_text.page.path);
        for change in article_text.changes.iter().take(MOST_BLOCKS) {
            let _ = writeln!(text, "  {}", one_line(&plain(change)));
        }
        more(article_text.changes.len(), MOST_BLOCKS, &mut text);
    }
    more(found.texts.len(), MOST_TEXTS, &mut text);
    text
}

fn more(of: usize, most: usize, text: &mut String) {
    if of > most {
        let _ = writeln!(text, "  … and {} more", of - most);
    }
}

/// Hands rows on, and how many are left out.
fn cut(rows: &[String], row: &mut dyn FnMut(&str)) {
    const MOST: usize = 30;
    rows.iter().take(MOST).for_each(|line| row(line));
    if rows.len() > MOST {
        row(&format!("… and {} more", rows.len() - MOST));
    }
}

/// What is told in rows, each group with its title.
fn groups(found: &Difference) -> Vec<(&'static str, Vec<String>)> {
    let parts = |parts: &[Part]| -> Vec<String> {
        parts.iter().map(|part| format!("{}/{}: {}", part.series, part.id, part.title)).collect()
    };
    let pages = |pages: &[super::compare::Named]| -> Vec<String> {
        pages.iter().map(|page| format!("{}: {}", page.path, page.title)).collect()
    };
    vec![
        ("comes out", parts(&found.comes_out)),
        ("goes", parts(&found.goes)),
        (
            "moves",
            found
                .moves
                .iter()
                .map(|moved| format!("{}/{}: {}", moved.part.series, moved.part.id, moved.part.title))
                .collect(),
        ),
        ("new pages", pages(&found.new)),
        ("pages that go", pages(&found.gone)),
        ("leads elsewhere", found.leads.iter().map(lead).collect()),
        ("only in lists", found.lists.clone()),
        ("only in markup", found.markup.clone()),
    ]
}

fn lead(lead: &Lead) -> String {
    let or = |to: &Option<String>, nothing: &str| to.clone().unwrap_or_else(|| nothing.to_string());
    format!("{}: {} -> {}", lead.path, or(&lead.from, "a page"), or(&lead.to, "nothing"))
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ⏎ ")
}

/// How many bytes of words that stay are shown before and after a change.
const AROUND: usize = 60;

/// What stays, cut to what is near a change.
fn near(words: &str, is_first: bool, is_last: bool) -> String {
    if words.len() <= 3 * AROUND {
        return words.to_string();
    }
    // Between two words, where one is near.
    let (start, end) = (words.floor_char_boundary(AROUND), words.ceil_char_boundary(words.len() - AROUND));
    let start = words[..start].rfind(' ').unwrap_or(start);
    let end = words[end..].find(' ').map_or(end, |space| end + space + 1);
    match (is_first, is_last) {
        (true, true) => words.to_string(),
        (true, false) => format!("… {}", &words[end..]),
        (false, true) => format!("{} …", &words[..start]),
        (false, false) => format!("{} … {}", &words[..start], &words[end..]),
    }
}

/// The words of a change with what stays cut short, each drawn by `draw`.
fn drawn(change: &Change, draw: &dyn Fn(&Words) -> String) -> String {
    let words = match change {
        Change::New(block) => return draw(&Words::New(block.clone())),
        Change::Gone(block) => return draw(&Words::Gone(block.clone())),
        Change::Other(words) => words,
    };
    let last = words.len().saturating_sub(1);
    let shown = words.iter().enumerate().map(|(at, words)| match words {
        Words::Same(same) => draw(&Words::Same(near(same, at == 0, at == last))),
        other => draw(other),
    });
    shown.collect()
}

fn plain(change: &Change) -> String {
    drawn(change, &|words| match words {
        Words::Same(same) => same.clone(),
        Words::Gone(gone) => format!("[-{gone}-]"),
        Words::New(new) => format!("{{+{new}+}}"),
    })
}

/// All of it as Markdown, as a service shows it beside a pull request.
pub fn markdown(found: &Difference) -> String {
    let mut text = format!("<p>{}</p>\n", html(&upper(&sentence(found))));
    for article_text in found.texts.iter().take(MOST_TEXTS) {
        let head = format!("{} ({})", upper(&article(article_text)), article_text.page.path);
        let _ = write!(text, "\n<h4>{}</h4>\n<ul>\n", html(&head));
        for change in article_text.changes.iter().take(MOST_BLOCKS) {
            let words = drawn(change, &|words| match words {
                Words::Same(same) => html(same),
                Words::Gone(gone) => format!("<del>{}</del>", html(gone)),
                Words::New(new) => format!("<ins>{}</ins>", html(new)),
            });
            let _ = writeln!(text, "<li>{words}</li>");
        }
        let left = article_text.changes.len().saturating_sub(MOST_BLOCKS);
        if left > 0 {
            let _ = writeln!(text, "<li>… and {left} more</li>");
        }
        text.push_str("</ul>\n");
    }
    let left = found.texts.len().saturating_sub(MOST_TEXTS);
    if left > 0 {
        let _ = write!(text, "\n<p>… and {}</p>\n", count(left, "more article"));
    }
    for (title, rows) in groups(found).into_iter().filter(|(_, rows)| !rows.is_empty()) {
        let _ = write!(text, "\n<details><summary>{} ({})</summary>\n<ul>\n", upper(title), rows.len());
        cut(&rows, &mut |row| text.push_str(&format!("<li>{}</li>\n", html(row))));
        text.push_str("</ul>\n</details>\n");
    }
    text
}

/// Words within a block of HTML, on one line: no line is empty, so none of them is read as Markdown (CommonMark,
/// §4.6).
fn html(text: &str) -> String {
    let text = one_line(&printable(&one_line(text)));
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What the JSON of a difference holds, as a JSON schema.
pub const SCHEMA: &str = include_str!("diff.schema.json");

/// All of it as a value of JSON, version 1, as [`SCHEMA`] says.
pub fn value(found: &Difference) -> Value {
    let part =
        |part: &Part| json!({ "series": part.series, "id": part.id, "title": part.title, "number": part.number });
    let page = |page: &super::compare::Named| json!({ "path": page.path, "title": page.title });
    let moved = |moved: &Moved| {
        let mut value = part(&moved.part);
        value["from_number"] = moved.from.into();
        value["from_track"] = moved.tracks.as_ref().map(|(from, _)| from.clone()).into();
        value["to_track"] = moved.tracks.as_ref().map(|(_, to)| to.clone()).into();
        value
    };
    let text = |text: &Text| {
        let mut value = page(&text.page);
        value["part"] = text.part.as_ref().map(part).into();
        value["changes"] = text.changes.iter().map(change).collect();
        value
    };
    let files = |sort: Sort| found.files.get(&sort).copied().unwrap_or(0);
    json!({
        "version": 1,
        "summary": sentence(found),
        "comes_out": found.comes_out.iter().map(part).collect::<Vec<_>>(),
        "goes": found.goes.iter().map(part).collect::<Vec<_>>(),
        "moves": found.moves.iter().map(moved).collect::<Vec<_>>(),
        "texts": found.texts.iter().map(text).collect::<Vec<_>>(),
        "new_pages": found.new.iter().map(page).collect::<Vec<_>>(),
        "gone_pages": found.gone.iter().map(page).collect::<Vec<_>>(),
        "lists": found.lists,
        "markup": found.markup,
        "leads": found.leads.iter().map(|lead| json!({ "path": lead.path, "from": lead.from, "to": lead.to })).collect::<Vec<_>>(),
        "theme": found.theme,
        "files": {
            "feeds": files(Sort::Feed), "books": files(Sort::Book), "cards": files(Sort::Card),
            "pictures": files(Sort::Picture), "other": files(Sort::Other),
        },
    })
}

/// A block as its words, each with what becomes of it.
fn change(change: &Change) -> Value {
    let words = |words: &Words| match words {
        Words::Same(text) => json!({ "same": text }),
        Words::Gone(text) => json!({ "gone": text }),
        Words::New(text) => json!({ "new": text }),
    };
    match change {
        Change::New(text) => json!([{ "new": text }]),
        Change::Gone(text) => json!([{ "gone": text }]),
        Change::Other(of) => of.iter().map(words).collect(),
    }
}
