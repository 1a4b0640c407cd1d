//! What is different between two sites.
//!
//! In: a site of before and one of now. Out: each change once, as what it is to a reader: a part that comes out, one
//! that moves, words that are others, a page of which only the lists or the markup are. Decides, and tells nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation;

use super::page::Page;
use super::shown::{Entry, Plan, Shown};
use crate::text::media::media_type;

/// All that is different.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Parts that come out.
    pub comes_out: Vec<Part>,
    /// Parts that were out and are no more.
    pub goes: Vec<Part>,
    /// Parts that have another place in their plan, others' numbers not counted that follow from it.
    pub moves: Vec<Moved>,
    /// Articles whose words change.
    pub texts: Vec<Text>,
    /// Pages that are new, parts not counted, by path.
    pub new: Vec<Named>,
    /// Pages that go, parts not counted.
    pub gone: Vec<Named>,
    /// Pages of which only what stands around the article changes, by path.
    pub lists: Vec<String>,
    /// Pages that say the same in other markup, by path.
    pub markup: Vec<String>,
    /// Addresses that lead elsewhere.
    pub leads: Vec<Lead>,
    /// Files of the theme that change, by name.
    pub theme: Vec<String>,
    /// How many other files change, come or go, by what they are.
    pub files: BTreeMap<Sort, usize>,
}

/// A part, in the words of its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub series: String,
    pub id: String,
    pub title: String,
    pub number: Option<u64>,
    /// What a part and several are called.
    pub label: (String, String),
    /// The title of its series, where the site has several.
    pub of: Option<String>,
}

/// A part that has another place.
#[derive(Debug, PartialEq, Eq)]
pub struct Moved {
    pub part: Part,
    /// The number that it had.
    pub from: Option<u64>,
    /// The tracks that it leaves and comes to, where these differ.
    pub tracks: Option<(String, String)>,
}

/// A page by its path and title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub path: String,
    pub title: String,
}

/// An article whose words change.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    pub page: Named,
    /// Where it is a part.
    pub part: Option<Part>,
    /// Block by block, in their order.
    pub changes: Vec<Change>,
}

/// What becomes of a block.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    New(String),
    Gone(String),
    /// Word by word.
    Other(Vec<Words>),
}

/// Words that stay, go or come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    Same(String),
    Gone(String),
    New(String),
}

/// An address that leads elsewhere, by the path of its page.
#[derive(Debug, PartialEq, Eq)]
pub struct Lead {
    pub path: String,
    /// Where it led; `None` when it was a page or nothing.
    pub from: Option<String>,
    /// Where it leads; `None` when it leads nowhere any more.
    pub to: Option<String>,
}

/// What other files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Feed,
    Book,
    Card,
    Picture,
    Other,
}

/// Compares two sites.
pub fn compare(old: &Shown, new: &Shown) -> Difference {
    let mut found = Difference::default();
    let mut parts = BTreeMap::new();
    let several = new.series.len().max(old.series.len()) > 1;
    let ids: BTreeSet<&String> = old.series.keys().chain(new.series.keys()).collect();
    for id in ids {
        let plans = (old.series.get(id), new.series.get(id));
        compare_plans(Series { id, several, plans }, &mut found, &mut parts);
    }
    tell_moves_once(&mut found.moves);
    compare_pages((old, new), &parts, &mut found);
    compare_files((old, new), &mut found);
    found
}

/// The plan of a translation is that of its original, and so a part moves in all languages.
fn tell_moves_once(moves: &mut Vec<Moved>) {
    let part = |moved: &Moved| (moved.part.series.clone(), moved.part.id.clone());
    let told: BTreeSet<(String, String)> = moves.iter().map(part).collect();
    moves.retain(|moved| {
        let (series, id) = part(moved);
        series.split_once('.').is_none_or(|(original, _)| !told.contains(&(original.to_string(), id)))
    });
}

/// A series on both sides.
#[derive(Clone, Copy)]
struct Series<'a> {
    id: &'a str,
    several: bool,
    plans: (Option<&'a Plan>, Option<&'a Plan>),
}

impl Series<'_> {
    fn part(self, plan: &Plan, entry: &Entry) -> Part {
        Part {
            series: self.id.to_string(),
            id: entry.id.clone(),
            title: entry.title.clone(),
            number: entry.number,
            label: plan.label.clone(),
            of: self.several.then(|| plan.title.clone()),
        }
    }
}

/// Parts by the path of their page now, each with the path that it had, if it was out.
type Parts = BTreeMap<String, (Part, Option<String>)>;

fn compare_plans(series: Series<'_>, found: &mut Difference, parts: &mut Parts) {
    let (old, new) = series.plans;
    let [was, now] = [old, new].map(|plan| plan.map(by_id).unwrap_or_default());
    for (plan, entry) in new.into_iter().flat_map(|plan| plan.entries.iter().map(move |entry| (plan, entry))) {
        let was = was.get(entry.id.as_str()).and_then(|before| before.page.clone());
        let part = series.part(plan, entry);
        match (&was, &entry.page) {
            (None, Some(_)) => found.comes_out.push(part.clone()),
            (Some(_), None) => found.goes.push(part.clone()),
            _ => {}
        }
        if let Some(page) = &entry.page {
            parts.insert(page.clone(), (part, was));
        }
    }
    for (plan, entry) in old.into_iter().flat_map(|plan| plan.entries.iter().map(move |entry| (plan, entry))) {
        if entry.page.is_some() && !now.contains_key(entry.id.as_str()) {
            found.goes.push(series.part(plan, entry));
        }
    }
    let (Some(old), Some(new)) = (old, new) else { return };
    // What both have, in the order of each: the fewest entries that were taken out and put elsewhere are those that
    // moved, and the others' numbers follow.
    let common = |of: &Plan, other: &BTreeMap<&str, &Entry>| -> Vec<String> {
        of.entries.iter().map(|entry| &entry.id).filter(|id| other.contains_key(id.as_str())).cloned().collect()
    };
    let [before, after] = [common(old, &now), common(new, &was)];
    let stays: BTreeSet<&String> = capture_diff_slices(Algorithm::Myers, &before, &after)
        .iter()
        .filter(|step| matches!(step, DiffOp::Equal { .. }))
        .flat_map(|step| &after[step.new_range()])
        .collect();
    for id in &after {
        let (before, after) = (was[id.as_str()], now[id.as_str()]);
        let tracks = match (&before.track, &after.track) {
            (Some(from), Some(to)) if from != to => Some((from.clone(), to.clone())),
            _ => None,
        };
        if !stays.contains(id) || tracks.is_some() {
            found.moves.push(Moved { part: series.part(new, after), from: before.number, tracks });
        }
    }
}

/// The entries of a plan by their ids.
fn by_id(plan: &Plan) -> BTreeMap<&str, &Entry> {
    plan.entries.iter().map(|entry| (entry.id.as_str(), entry)).collect()
}

fn compare_pages((old, new): (&Shown, &Shown), parts: &Parts, found: &mut Difference) {
    let left: BTreeSet<&String> = parts.values().filter_map(|(_, was)| was.as_ref()).collect();
    for (path, page) in &new.pages {
        let part = parts.get(path);
        let was = part.and_then(|(_, was)| was.as_ref()).unwrap_or(path);
        let before = old.pages.get(was).filter(|_| part.is_none_or(|(_, was)| was.is_some()));
        if page.leads.is_some() {
            let led = old.pages.get(path).and_then(|old| old.leads.clone());
            if led != page.leads {
                found.leads.push(Lead { path: path.clone(), from: led, to: page.leads.clone() });
            }
            continue;
        }
        let named = Named { path: path.clone(), title: page.title.trim().to_string() };
        let Some(before) = before.filter(|before| before.leads.is_none()) else {
            if part.is_none() {
                found.new.push(named);
            }
            continue;
        };
        let changes = if new.is_collection(path) { Vec::new() } else { compare_blocks(before, page) };
        if !changes.is_empty() {
            found.texts.push(Text { page: named, part: part.map(|(part, _)| part.clone()), changes });
        } else if before.around != page.around || before.blocks != page.blocks || before.title != page.title {
            found.lists.push(path.clone());
        } else if was != path || old.hashes.get(was) != new.hashes.get(path) {
            found.markup.push(path.clone());
        }
    }
    let gone_parts: BTreeSet<&String> =
        old.series.values().flat_map(|plan| plan.entries.iter().filter_map(|entry| entry.page.as_ref())).collect();
    for (path, page) in old.pages.iter().filter(|(path, _)| !new.pages.contains_key(*path)) {
        match &page.leads {
            Some(led) => found.leads.push(Lead { path: path.clone(), from: Some(led.clone()), to: None }),
            // The part is elsewhere, and nothing leads there.
            None if left.contains(path) => found.leads.push(Lead { path: path.clone(), from: None, to: None }),
            None if gone_parts.contains(path) => {}
            None => found.gone.push(Named { path: path.clone(), title: page.title.trim().to_string() }),
        }
    }
}

/// The blocks that differ, those at one place word by word.
fn compare_blocks(old: &Page, new: &Page) -> Vec<Change> {
    let mut changes = Vec::new();
    for step in capture_diff_slices(Algorithm::Myers, &old.blocks, &new.blocks) {
        let (before, after) = match step {
            DiffOp::Equal { .. } => continue,
            other => (&old.blocks[other.old_range()], &new.blocks[other.new_range()]),
        };
        changes.extend(before.iter().zip(after).flat_map(|(old, new)| change(old, new)));
        let both = before.len().min(after.len());
        changes.extend(before[both..].iter().map(|block| Change::Gone(block.clone())));
        changes.extend(after[both..].iter().map(|block| Change::New(block.clone())));
    }
    changes
}

/// A block in the place of another: told word by word where enough of it stays, else as one that goes and one that
/// comes.
fn change(old: &str, new: &str) -> Vec<Change> {
    /// To compare more words with more takes too long, and nobody reads it.
    const MOST_WORDS: usize = 10_000;
    let [was, now] = [old, new].map(|block| block.split_word_bounds().collect::<Vec<&str>>());
    let whole = || vec![Change::Gone(old.to_string()), Change::New(new.to_string())];
    if was.len().max(now.len()) > MOST_WORDS {
        return whole();
    }
    let steps = capture_diff_slices(Algorithm::Myers, &was, &now);
    let length =
        |words: &[&str]| words.iter().filter(|word| !word.trim().is_empty()).map(|word| word.len()).sum::<usize>();
    let same: usize = steps
        .iter()
        .filter(|step| matches!(step, DiffOp::Equal { .. }))
        .map(|step| length(&was[step.old_range()]))
        .sum();
    if same * 3 < length(&was).min(length(&now)) {
        return whole();
    }
    let mut words: Vec<Words> = Vec::new();
    for step in joined(steps, &was) {
        let [gone, come] = [was[step.0].concat(), now[step.1].concat()];
        if step.2 {
            words.push(Words::Same(gone));
            continue;
        }
        words.extend((!gone.is_empty()).then_some(Words::Gone(gone)));
        words.extend((!come.is_empty()).then_some(Words::New(come)));
    }
    vec![Change::Other(words)]
}

/// The steps from one text to another, each with whether it keeps its words: spaces between two changes belong to both.
fn joined(steps: Vec<DiffOp>, was: &[&str]) -> Vec<(Range<usize>, Range<usize>, bool)> {
    let mut all: Vec<(Range<usize>, Range<usize>, bool)> = Vec::new();
    let count = steps.len();
    for (at, step) in steps.into_iter().enumerate() {
        let (old, new) = (step.old_range(), step.new_range());
        let is_space = was[old.clone()].iter().all(|word| word.trim().is_empty());
        let keeps = matches!(step, DiffOp::Equal { .. }) && (!is_space || at == 0 || at + 1 == count);
        match all.last_mut() {
            Some(last) if !last.2 && !keeps => (last.0.end, last.1.end) = (old.end, new.end),
            _ => all.push((old, new, keeps)),
        }
    }
    all
}

fn compare_files((old, new): (&Shown, &Shown), found: &mut Difference) {
    let [was, now] = [old, new].map(|shown| {
        let mut files: BTreeMap<String, Vec<[u8; 32]>> = BTreeMap::new();
        for (path, hash) in &shown.hashes {
            files.entry(plain_name(path)).or_default().push(*hash);
        }
        files
    });
    let paths: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
    for path in paths.into_iter().filter(|path| was.get(*path) != now.get(*path)) {
        let name = path.rsplit('/').next().unwrap_or(path);
        match path.rsplit('.').next().unwrap_or_default() {
            // A twin says what its page does.
            "html" | "md" => {}
            "css" | "js" | "woff2" => found.theme.push(path.clone()),
            "epub" => *found.files.entry(Sort::Book).or_default() += 1,
            "xml" | "json" if name.starts_with("feed.") => *found.files.entry(Sort::Feed).or_default() += 1,
            _ if name == "card.png" => *found.files.entry(Sort::Card).or_default() += 1,
            _ if media_type(path).starts_with("image/") => *found.files.entry(Sort::Picture).or_default() += 1,
            _ => *found.files.entry(Sort::Other).or_default() += 1,
        }
    }
}

/// A path without the fingerprint that a file of the theme has in its name.
fn plain_name(path: &str) -> String {
    const LENGTH: usize = 10;
    let Some((rest, kind)) = path.rsplit_once('.') else { return path.to_string() };
    match rest.rsplit_once('.') {
        Some((stem, print)) if print.len() == LENGTH && print.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{stem}.{kind}")
        }
        _ => path.to_string(),
    }
}

impl Difference {
    /// Whether no file is different.
    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }
}
