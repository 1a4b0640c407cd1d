//! The plan: order, numbers, status, neighbors, prerequisites.
//!
//! In: a `series.toml` and the articles in its folder. Out: a [`Series`] in which every listed part
//! has its number and its state. Nothing here knows Markdown or HTML.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::blocks::comparison::Comparison;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, nearest, quote};
use crate::parse::Link;
use crate::parse::front::{FrontMatter, Status};
use crate::settings::checked::checked_id;
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys;
use crate::site::ids::{ArticleId, Articles, PartId, SeriesId};
use crate::text::date::When;
use crate::text::source::{SourceId, Sources, Span, Spanned, id_problem};

/// A `series.toml` as typed.
#[derive(Debug)]
pub struct Plan {
    pub source: SourceId,
    /// The folder below `content/`, which is also the address: `ai-demystified`.
    pub id: String,
    pub title: String,
    pub description: String,
    /// Where the description stands, if there is one.
    pub description_span: Option<Span>,
    /// Where each title and description of the file stands, those of tracks and of parts among them.
    pub prose: Vec<Span>,
    pub category: Option<Spanned<String>>,
    pub emoji: Option<String>,
    pub authors: Vec<Spanned<String>>,
    pub first_number: i64,
    /// The ids that it had before, the first one first.
    pub was: Vec<Spanned<String>>,
    pub has_tracks: bool,
    /// One without a title when the plan has no tracks.
    pub tracks: Vec<PlannedTrack>,
    /// Whether every part that the file lists is among them; else its mistakes have been reported.
    pub complete: bool,
    pub extra: Option<Table>,
}

#[derive(Debug)]
pub struct PlannedTrack {
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub entries: Vec<PlanEntry>,
    /// Where its name stands.
    pub span: Span,
}

/// A line of the plan: an id, or an announcement with a title.
#[derive(Debug)]
pub struct PlanEntry {
    pub id: Spanned<String>,
    pub title: Option<Spanned<String>>,
    pub description: Option<String>,
    pub emoji: Option<String>,
    pub date: Option<When>,
}

impl Plan {
    /// The id that feeds and the progress of readers know it by: the first that it had.
    pub fn known_as(&self) -> &str {
        self.was.first().map_or(&self.id, |was| &was.value)
    }
}

/// Names that a series uses for pages of its own.
pub const RESERVED: &[&str] = &["index", "comparisons", "glossary", "print", "feed"];

/// Reads a plan; `None` when it isn't TOML. One without a title is called by its id, so that what it
/// lists is known.
pub fn parse_plan(
    sources: &Sources,
    source: SourceId,
    id: &str,
    zone: &jiff::tz::TimeZone,
    out: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    let mut table = parse_toml(&Excerpt::whole(sources.text(source), source, 0), out)?;
    table.span = Span::start_of(source);
    let mut fields = Fields::new(&table, &keys::SERIES);
    let title = fields.required("title", out);
    let description = fields.string("description", out);
    let category = fields.string("category", out);
    let emoji = fields.string("emoji", out).map(|text| text.value);
    let authors = fields.strings("authors", out);
    let first_number = fields.integer("first_number", 0..=1_000_000, out).map_or(1, |number| number.value);
    let was = fields.strings("was", out).into_iter().filter_map(|id| checked_id(id, out)).collect();
    let parts = fields.list("parts", out);
    let tracks = fields.tables("tracks", out);
    let parts_span = fields.span("parts");
    let has_tracks = table.get("tracks").is_some();
    let extra = fields.extra(out);
    let misspelled = ["parts", "tracks"].iter().any(|key| fields.is_misspelled(key));
    fields.finish(out);
    if has_tracks && parts.is_some() {
        out.push(
            Diagnostic::new(Code::TracksAndParts, parts_span, "a series has `parts` or `[[tracks]]`, not both")
                .help("move these parts into a track"),
        );
    }
    if !has_tracks && table.get("parts").is_none() && !misspelled {
        out.push(
            Diagnostic::new(Code::MissingKey, table.span, "the series lists no parts")
                .help("add `parts = [\"…\"]`, or `[[tracks]]` with parts of their own"),
        );
    }
    let all_tracks = match table.get("tracks").map(|value| &value.value) {
        Some(Data::List(items)) => items.len() == tracks.len(),
        Some(other) => matches!(other, Data::Table(_)),
        None => true,
    };
    let mut complete = all_tracks && !misspelled && (parts.is_some() || has_tracks && table.get("parts").is_none());
    let mut tracks: Vec<PlannedTrack> =
        tracks.into_iter().map(|table| track(table, id, zone, &mut complete, out)).collect();
    unique_tracks(&tracks, out);
    if !has_tracks || parts.is_some() {
        let entries = parts.map(|parts| plan_entries(parts, id, zone, &mut complete, out)).unwrap_or_default();
        let span = parts_span;
        tracks.insert(0, PlannedTrack { id: String::new(), title: None, description: None, entries, span });
    }
    unique_entries(&mut tracks, out);
    Some(Plan {
        source,
        id: id.to_string(),
        title: title.map_or_else(|| id.to_string(), |title| title.value),
        description_span: description.as_ref().map(|text| text.span),
        description: description.map(|text| text.value).unwrap_or_default(),
        prose: prose(&table),
        category,
        emoji,
        authors,
        first_number,
        was,
        has_tracks,
        tracks,
        complete,
        extra,
    })
}

/// Where the titles and descriptions of a table stand, however deep.
fn prose(table: &Table) -> Vec<Span> {
    let mut found = Vec::new();
    table.each_text(&mut |key, _, span| {
        if matches!(key, "title" | "description") {
            found.push(span);
        }
    });
    found
}

/// Reads a track; `complete` becomes false when a part of it can't be read.
fn track(
    table: &Table,
    series: &str,
    zone: &jiff::tz::TimeZone,
    complete: &mut bool,
    out: &mut Vec<Diagnostic>,
) -> PlannedTrack {
    let mut fields = Fields::new(table, &keys::TRACK);
    let title = fields.required("title", out).map(|text| text.value);
    let id = fields.string("id", out).and_then(|id| checked_id(id, out)).map(|id| id.value);
    let span = fields.span(if id.is_some() { "id" } else { "title" });
    let description = fields.string("description", out).map(|text| text.value);
    let parts = fields.list("parts", out);
    *complete &= parts.is_some();
    let entries = parts.map(|parts| plan_entries(parts, series, zone, complete, out)).unwrap_or_default();
    if table.get("parts").is_none() {
        fields.missing("parts", out);
    }
    fields.finish(out);
    let id = id.unwrap_or_else(|| crate::text::source::slugify(title.as_deref().unwrap_or_default()));
    PlannedTrack { id, title, description, entries, span }
}

/// Two tracks of one name: links to one would lead to the other.
fn unique_tracks(tracks: &[PlannedTrack], out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for track in tracks.iter().filter(|track| !track.id.is_empty()) {
        if let Some(first) = seen.get(track.id.as_str()) {
            let message = format!("two tracks have the id {}", quote(&track.id));
            out.push(
                Diagnostic::new(Code::DuplicateId, track.span, message)
                    .note(*first, "the first")
                    .help("give one of them another title, or an `id` of its own"),
            );
        } else {
            seen.insert(&track.id, track.span);
        }
    }
}

fn plan_entries(
    items: &[Spanned<Data>],
    series: &str,
    zone: &jiff::tz::TimeZone,
    complete: &mut bool,
    out: &mut Vec<Diagnostic>,
) -> Vec<PlanEntry> {
    let entries: Vec<PlanEntry> = items.iter().filter_map(|item| plan_entry(item, series, zone, out)).collect();
    *complete &= entries.len() == items.len();
    entries
}

fn plan_entry(
    item: &Spanned<Data>,
    series: &str,
    zone: &jiff::tz::TimeZone,
    out: &mut Vec<Diagnostic>,
) -> Option<PlanEntry> {
    match &item.value {
        Data::String(id) => {
            let id = part_id(Spanned::new(id.clone(), item.span), series, out)?;
            Some(PlanEntry { id, title: None, description: None, emoji: None, date: None })
        }
        Data::Table(table) => {
            let mut fields = Fields::new(table, &keys::ENTRY);
            let id = fields.required("id", out).and_then(|id| part_id(id, series, out));
            let title = fields.string("title", out);
            let description = fields.string("description", out).map(|text| text.value);
            let emoji = fields.string("emoji", out).map(|text| text.value);
            let date = fields.when("date", zone, out);
            fields.finish(out);
            Some(PlanEntry { id: id?, title, description, emoji, date })
        }
        _ => wrong_type("parts", "a list of ids or of tables with an `id`", item, out),
    }
}

fn part_id(id: Spanned<String>, series: &str, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    // Typed as the path of its file, from here or from further up.
    if let Some(meant) = id_of_path(&id.value, series) {
        let message = format!("a plan lists ids, and {} is a path", quote(&id.value));
        out.push(Diagnostic::new(Code::InvalidId, id.span, message).help(format!("write {}", quote(meant))));
        return None;
    }
    let id = checked_id(id, out)?;
    if RESERVED.contains(&id.value.as_str()) {
        let message = format!("the id {} is taken by a page that every series has", quote(&id.value));
        out.push(Diagnostic::new(Code::InvalidId, id.span, message).help("choose another id"));
        return None;
    }
    Some(id)
}

/// The id of a part that is named by the path of its file; `None` when it is no such path.
pub fn id_of_path<'t>(typed: &'t str, series: &str) -> Option<&'t str> {
    let path = typed.strip_prefix("./").unwrap_or(typed);
    let path = path.strip_prefix("content/").unwrap_or(path);
    let path = path.strip_prefix(series).and_then(|path| path.strip_prefix('/')).unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let id = path.strip_suffix(".md").map_or(path, |path| path.strip_suffix("/index").unwrap_or(path));
    (id != typed && id_problem(id).is_none()).then_some(id)
}

/// Takes entries out whose part stands in the plan already.
fn unique_entries(tracks: &mut [PlannedTrack], out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for track in tracks {
        track.entries.retain(|entry| {
            let Some(first) = seen.insert(entry.id.value.clone(), entry.id.span) else { return true };
            let message = format!("the part {} stands twice in the plan", quote(&entry.id.value));
            out.push(
                Diagnostic::new(Code::DuplicateId, entry.id.span, message).note(first, "the first").help("remove one"),
            );
            seen.insert(entry.id.value.clone(), first);
            false
        });
    }
}

/// One series, every listed part in its place.
#[derive(Debug)]
pub struct Series {
    pub at: SeriesId,
    pub plan: Plan,
    /// In the order of the plan.
    pub parts: Vec<Part>,
    pub tracks: Vec<Track>,
    pub glossary: Option<Glossary>,
    /// Its comparisons in files of their own, by id.
    pub shared: BTreeMap<String, Shared>,
    /// How many parts are listed: the M of "Part N of M".
    pub total: usize,
    /// How many parts have a page.
    pub published: usize,
    /// By term, the first listed part that teaches it.
    pub teachers: BTreeMap<String, PartId>,
    /// Ids that the plan lists and no file has, with their places.
    pub missing: BTreeMap<String, Span>,
    /// Ids that stand in the plan or name a file, and are no parts for a reason that has been reported.
    pub unclear: BTreeSet<String>,
    /// Whether all that its parts teach could be read.
    pub all_taught: bool,
}

#[derive(Debug)]
pub struct Track {
    /// Counted from 1.
    pub position: usize,
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Where its parts stand among those of the series.
    parts: std::ops::Range<usize>,
}

/// A comparison in a file of its own.
#[derive(Debug)]
pub struct Shared {
    pub source: SourceId,
    pub comparison: Comparison,
    pub links: Vec<Link>,
}

/// Whether readers get to see a part; the more they see, the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It has a page.
    Out,
    /// It is listed and counted, and has no page.
    Soon,
    /// It appears nowhere.
    Draft,
}

/// A part in its series.
#[derive(Debug)]
pub struct Part {
    pub at: PartId,
    pub id: String,
    /// The series and the id that feeds and threads know it by: the first that it had.
    pub known_as: (String, String),
    /// Where it stands in the plan, or its front matter when no plan lists it.
    pub span: Span,
    /// None when it is only announced.
    pub article: Option<ArticleId>,
    /// Whether its file is there and could not be read: all that is known of it is in the plan.
    pub unread: bool,
    pub status: Status,
    pub state: State,
    /// Out because of `--drafts` alone.
    pub preview: bool,
    /// None for a draft.
    pub number: Option<i64>,
    pub title: String,
    pub description: Option<String>,
    pub emoji: Option<String>,
    pub date: Option<When>,
    /// Where its track stands among those of the series.
    track: usize,
    /// `ai-demystified/rag/`, below the base.
    pub address: String,
    pub teaches: Vec<Spanned<String>>,
    pub needs: Vec<Spanned<String>>,
}

/// A file of a series' folder that could be a part.
#[derive(Debug)]
pub struct PartFile {
    pub id: String,
    /// None when it could not be read; its mistakes have been reported.
    pub article: Option<ArticleId>,
}

/// What lies in the folder of a series, read.
#[derive(Debug)]
pub struct Folder {
    pub plan: Plan,
    pub glossary: Option<Glossary>,
    /// Comparisons in files of their own, by id.
    pub shared: BTreeMap<String, Shared>,
    /// By the ids of the parts that they could be.
    pub files: BTreeMap<String, PartFile>,
}

/// What decides beside the plan which parts are out.
#[derive(Debug, Clone, Copy)]
pub struct Present<'a> {
    pub articles: &'a Articles,
    pub now: Timestamp,
    /// Whether what isn't out can be looked at all the same.
    pub drafts: bool,
}

/// Brings plan and files together.
pub fn assemble(at: SeriesId, folder: Folder, present: Present<'_>, out: &mut Vec<Diagnostic>) -> Series {
    let Folder { plan, glossary, shared, files } = folder;
    let mut series = Series {
        at,
        plan,
        parts: Vec::new(),
        tracks: Vec::new(),
        glossary,
        shared,
        total: 0,
        published: 0,
        teachers: BTreeMap::new(),
        missing: BTreeMap::new(),
        unclear: BTreeSet::new(),
        all_taught: true,
    };
    place_listed(&mut series, &files, present, out);
    place_unlisted(&mut series, &files, present, out);
    let first_number = series.plan.first_number;
    let listed = series.parts.iter_mut().filter(|part| part.state != State::Draft);
    for (number, part) in (first_number..).zip(listed) {
        part.number = Some(number);
    }
    series.total = series.listed().count();
    series.published = series.out().count();
    series.teachers = teachers(&series, out);
    check_addresses(&mut series, present.articles, out);
    let teaches = |article: ArticleId| !present.articles[article].front.unread.contains(&"teaches");
    series.all_taught = series.is_clear() && series.parts.iter().filter_map(|part| part.article).all(teaches);
    check_needs(&series, out);
    check_glossary(&series, out);
    series
}

/// Places the parts that the plan lists, in its order.
fn place_listed(
    series: &mut Series,
    files: &BTreeMap<String, PartFile>,
    present: Present<'_>,
    out: &mut Vec<Diagnostic>,
) {
    let renamed = renamed(&series.plan, files, present);
    let Series { at, plan, parts, tracks, missing, unclear, .. } = series;
    for (place, track) in plan.tracks.iter().enumerate() {
        let first = parts.len();
        for entry in &track.entries {
            let file = files.get(&entry.id.value);
            if file.is_none() && entry.title.is_none() {
                let near = nearest(&entry.id.value, files.keys().map(String::as_str));
                out.push(missing_part(entry, &plan.id, (near, renamed)));
                missing.insert(entry.id.value.clone(), entry.id.span);
                unclear.extend(renamed.map(str::to_string));
                unclear.insert(entry.id.value.clone());
                unclear.extend(near.map(str::to_string));
                continue;
            }
            let at = PartId::new(*at, parts.len());
            parts.push(part(Slot { at, track: place, entry, file }, plan, present, out));
        }
        tracks.push(Track {
            position: place + 1,
            id: track.id.clone(),
            title: track.title.clone(),
            description: track.description.clone(),
            parts: first..parts.len(),
        });
    }
}

/// Looks at the files that the plan doesn't list: drafts that can be looked at come last, and what
/// isn't a draft is reported.
fn place_unlisted(
    series: &mut Series,
    files: &BTreeMap<String, PartFile>,
    present: Present<'_>,
    out: &mut Vec<Diagnostic>,
) {
    let Series { at, plan, parts, tracks, unclear, .. } = series;
    let entries = plan.tracks.iter().flat_map(|track| &track.entries);
    let listed: BTreeSet<&str> = entries.map(|entry| entry.id.value.as_str()).collect();
    for file in files.values().filter(|file| !listed.contains(file.id.as_str())) {
        let Some(article) = file.article else {
            unclear.insert(file.id.clone());
            continue;
        };
        let front = &present.articles[article].front;
        if front.status != Status::Draft {
            if !unclear.insert(file.id.clone()) || !plan.complete || front.unread.contains(&"status") {
                continue;
            }
            let message = format!("no track lists the part {}", quote(&file.id));
            out.push(
                Diagnostic::new(Code::UnlistedPart, front.span, message)
                    .help(format!("add it to `content/{}/series.toml`, or say `status = \"draft\"`", plan.id)),
            );
        } else if present.drafts
            && let Some(last) = tracks.last_mut()
        {
            let id = Spanned::new(file.id.clone(), front.span);
            let entry = PlanEntry { id, title: None, description: None, emoji: None, date: None };
            let at = PartId::new(*at, parts.len());
            let slot = Slot { at, track: last.position - 1, entry: &entry, file: Some(file) };
            parts.push(part(slot, plan, present, out));
            last.parts.end = parts.len();
        }
    }
}

/// The one file that no track lists, where one entry alone has no file: it has been renamed.
fn renamed<'f>(plan: &Plan, files: &'f BTreeMap<String, PartFile>, present: Present<'_>) -> Option<&'f str> {
    let entries = || plan.tracks.iter().flat_map(|track| &track.entries);
    let lost = entries().filter(|entry| entry.title.is_none() && !files.contains_key(&entry.id.value)).count();
    let listed: BTreeSet<&str> = entries().map(|entry| entry.id.value.as_str()).collect();
    let is_draft = |article: ArticleId| present.articles[article].front.status == Status::Draft;
    let mut unlisted = files.values().filter(|file| !listed.contains(file.id.as_str()));
    let only = unlisted.next().filter(|_| lost == 1 && unlisted.next().is_none())?;
    only.article.filter(|article| !is_draft(*article)).map(|_| only.id.as_str())
}

/// `meant` are the file of the most similar name, and the one that has been renamed.
fn missing_part(entry: &PlanEntry, series: &str, meant: (Option<&str>, Option<&str>)) -> Diagnostic {
    let id = &entry.id.value;
    let message = format!("the part {} has no file", quote(id));
    let help = match meant {
        (Some(near), None) => format!("did you mean {}?", quote(near)),
        (_, Some(file)) => format!(
            "if `{file}.md` is its file now, write `{file}` here and `was = [\"{series}/{id}\"]` in the file; else list both"
        ),
        (None, None) => {
            format!("write `content/{series}/{id}.md`, or announce it: `{{ id = \"{id}\", title = \"…\" }}`")
        }
    };
    Diagnostic::new(Code::MissingPart, entry.id.span, message).help(help)
}

/// A place in a series, and what is to stand there.
struct Slot<'a> {
    at: PartId,
    track: usize,
    entry: &'a PlanEntry,
    file: Option<&'a PartFile>,
}

/// A part: what the plan announces, and over it what the article says, when there is one.
fn part(slot: Slot<'_>, plan: &Plan, present: Present<'_>, out: &mut Vec<Diagnostic>) -> Part {
    let Slot { at, track, entry, file } = slot;
    let id = entry.id.value.clone();
    let article = file.and_then(|file| file.article);
    let mut part = Part {
        at,
        address: format!("{}/{id}/", plan.id),
        span: entry.id.span,
        article,
        unread: file.is_some() && article.is_none(),
        status: Status::Soon,
        state: State::Soon,
        preview: false,
        number: None,
        title: entry.title.as_ref().map_or_else(|| id.clone(), |title| title.value.clone()),
        description: entry.description.clone(),
        emoji: entry.emoji.clone(),
        date: entry.date,
        track,
        teaches: Vec::new(),
        needs: Vec::new(),
        known_as: (plan.known_as().to_string(), id.clone()),
        id,
    };
    let Some(article) = article else { return part };
    let front = &present.articles[article].front;
    check_title(entry, front, out);
    part.title = front.title.value.clone();
    part.description = front.description.as_ref().map(|text| text.value.clone()).or(part.description);
    part.emoji = front.emoji.clone().or(part.emoji);
    part.date = front.date.or(part.date);
    part.teaches = front.teaches.clone();
    part.needs = front.needs.clone();
    part.status = front.status;
    if let Some(first) = front.was.first() {
        part.known_as = first.value.clone();
    }
    if let Some(slug) = &front.slug {
        part.address = format!("{}/{}/", plan.id, slug.value);
    }
    part.state = match front.status {
        Status::Draft => State::Draft,
        Status::Soon => State::Soon,
        Status::Published if part.date.is_some_and(|date| date.instant > present.now) => State::Soon,
        Status::Published => State::Out,
    };
    if present.drafts && part.state != State::Out {
        part.state = State::Out;
        part.preview = true;
    }
    check_published(&part, front, out);
    part
}

/// A title in the plan is the part's own.
fn check_title(entry: &PlanEntry, front: &FrontMatter, out: &mut Vec<Diagnostic>) {
    if let Some(announced) = &entry.title
        && announced.value != front.title.value
    {
        let message = format!("the plan's title {} differs from the part's", quote(&announced.value));
        out.push(
            Diagnostic::new(Code::TitleDiffers, announced.span, message)
                .note(front.title.span, "this one is shown")
                .help("make them equal, or list the part by its id alone"),
        );
    }
}

/// A part that its author calls published has all that readers are shown of it.
fn check_published(part: &Part, front: &FrontMatter, out: &mut Vec<Diagnostic>) {
    if front.status != Status::Published || front.unread.contains(&"status") {
        return;
    }
    for (key, missing) in [("description", part.description.is_none()), ("date", part.date.is_none())] {
        if missing && !front.unread.contains(&key) {
            let message = format!("the published part {} has no {}", quote(&part.id), quote(key));
            let remedy = format!("add `{}`", front.syntax.line(key, "…"));
            out.push(Diagnostic::new(Code::MissingKey, front.span, message).help(remedy));
        }
    }
}

/// Every address is one part's alone. A part whose slug can't be its address goes on under its id, so
/// that nothing else is said of it.
fn check_addresses(series: &mut Series, articles: &Articles, out: &mut Vec<Diagnostic>) {
    let slug_of = |part: &Part| part.article.and_then(|article| articles[article].front.slug.as_ref());
    let plain = |series: &Series, id: &str| format!("{}/{id}/", series.plan.id);
    for at in 0..series.parts.len() {
        let part = &series.parts[at];
        let Some(slug) = slug_of(part).filter(|slug| RESERVED.contains(&slug.value.as_str())) else { continue };
        let message = format!("the slug {} is taken by a page that every series has", quote(&slug.value));
        out.push(Diagnostic::new(Code::InvalidId, slug.span, message).help("choose another slug"));
        series.parts[at].address = plain(series, &part.id);
    }
    let by_slug = |series: &Series, at: usize| {
        let part = &series.parts[at];
        slug_of(part).filter(|_| part.address != plain(series, &part.id))
    };
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for mut at in 0..series.parts.len() {
        // Whoever gives way goes on under its id, which another part's slug may have taken. Each part
        // gives way once at most, and of two at one address one has a slug, since ids differ.
        while let Some(other) = owners.insert(series.parts[at].address.clone(), at) {
            let (moved, stays) = if by_slug(series, at).is_some() { (at, other) } else { (other, at) };
            let Some(slug) = by_slug(series, moved) else { break };
            let address = series.parts[moved].address.clone();
            let place = by_slug(series, stays).map_or(series.parts[stays].span, |slug| slug.span);
            out.push(
                Diagnostic::new(Code::TwoSources, slug.span, format!("two parts have the address `/{address}`"))
                    .note(place, "the other")
                    .help("choose another slug"),
            );
            owners.insert(address, stays);
            series.parts[moved].address = plain(series, &series.parts[moved].id);
            at = moved;
        }
    }
}

/// By term, the first listed part that teaches it.
fn teachers(series: &Series, out: &mut Vec<Diagnostic>) -> BTreeMap<String, PartId> {
    let mut taught: BTreeMap<String, (PartId, Span)> = BTreeMap::new();
    for part in series.listed() {
        for term in &part.teaches {
            if let Some((_, first)) = taught.get(&term.value) {
                let message = format!("the term {} is taught twice", quote(&term.value));
                out.push(Diagnostic::new(Code::TaughtTwice, term.span, message).note(*first, "the first"));
            } else {
                taught.insert(term.value.clone(), (part.at, term.span));
            }
        }
    }
    taught.into_iter().map(|(term, (at, _))| (term, at)).collect()
}

/// Every term that a part builds on is taught by an earlier part.
fn check_needs(series: &Series, out: &mut Vec<Diagnostic>) {
    for part in series.listed() {
        for need in &part.needs {
            match series.teachers.get(&need.value) {
                Some(teacher) if *teacher < part.at => {}
                Some(teacher) => {
                    let when = if *teacher == part.at { "this part itself" } else { "a later part" };
                    let message = format!("the term {} is taught by {when}", quote(&need.value));
                    let teaches = &series.part(*teacher).teaches;
                    let taught =
                        teaches.iter().find(|term| term.value == need.value).map_or(need.span, |term| term.span);
                    out.push(
                        Diagnostic::new(Code::UnmetNeed, need.span, message)
                            .note(taught, "taught here")
                            .help("teach it earlier, or drop the need"),
                    );
                }
                // A part that can't be read may teach it.
                None if !series.all_taught => {}
                None => {
                    let message = format!("no earlier part teaches {}", quote(&need.value));
                    let near = did_you_mean(&need.value, series.teachers.keys().map(String::as_str));
                    out.push(
                        Diagnostic::new(Code::UnmetNeed, need.span, message).help(
                            near.unwrap_or_else(|| "add it to the `teaches` of the part that introduces it".into()),
                        ),
                    );
                }
            }
        }
    }
}

impl Series {
    /// Whether all that stands in the plan is known: every entry, and every file of one.
    pub fn is_clear(&self) -> bool {
        self.plan.complete && self.unclear.is_empty() && self.parts.iter().all(|part| !part.unread)
    }

    /// Whether a part of this id may be there that is none of the known ones.
    pub fn may_have(&self, id: &str) -> bool {
        !self.plan.complete || self.unclear.contains(id)
    }

    /// One of its parts.
    pub fn part(&self, id: PartId) -> &Part {
        &self.parts[id.index()]
    }

    /// The parts that count: all but drafts.
    pub fn listed(&self) -> impl DoubleEndedIterator<Item = &Part> {
        self.parts.iter().filter(|part| part.state != State::Draft)
    }

    /// The parts that have a page.
    pub fn out(&self) -> impl DoubleEndedIterator<Item = &Part> {
        self.parts.iter().filter(|part| part.is_out())
    }

    /// The nearest part before this one that has a page.
    pub fn previous(&self, part: PartId) -> Option<PartId> {
        self.parts[..part.index()].iter().rfind(|part| part.is_out()).map(|part| part.at)
    }

    /// The nearest part after this one that has a page.
    pub fn next(&self, part: PartId) -> Option<PartId> {
        self.parts[part.index() + 1..].iter().find(|part| part.is_out()).map(|part| part.at)
    }

    /// The next entry of the plan, out or soon.
    pub fn next_listed(&self, part: PartId) -> Option<PartId> {
        self.parts[part.index() + 1..].iter().find(|part| part.state != State::Draft).map(|part| part.at)
    }

    /// The track in which a part stands.
    pub fn track(&self, part: &Part) -> &Track {
        &self.tracks[part.track]
    }

    /// The title of the track in which a part stands.
    pub fn track_title(&self, part: &Part) -> Option<&str> {
        self.track(part).title.as_deref()
    }

    /// The parts of a track, drafts too.
    pub fn parts_of(&self, track: &Track) -> &[Part] {
        &self.parts[track.parts.clone()]
    }

    /// The published part that teaches a term.
    pub fn published_teacher(&self, term: &str) -> Option<PartId> {
        self.teachers.get(term).copied().filter(|teacher| self.part(*teacher).is_out())
    }

    /// The terms that the glossary page shows, by name: each with its id and the published part that
    /// teaches it.
    pub fn shown_terms(&self) -> Vec<(&str, &Term, PartId)> {
        let Some(glossary) = &self.glossary else { return Vec::new() };
        let terms = glossary.terms.iter();
        let mut terms: Vec<_> =
            terms.filter_map(|(id, term)| Some((id.as_str(), term, self.published_teacher(id)?))).collect();
        terms.sort_by_key(|(_, term, _)| term.name.to_lowercase());
        terms
    }
}

impl Part {
    /// Whether it has a page.
    pub fn is_out(&self) -> bool {
        self.state == State::Out
    }
}

/// `Part 12 of 21`.
pub fn label(number: i64, total: usize) -> String {
    format!("Part {number} of {total}")
}

/// The terms of a series, with what they mean.
#[derive(Debug)]
pub struct Glossary {
    pub source: SourceId,
    /// By id.
    pub terms: BTreeMap<String, Term>,
    /// Ids of further ones that could not be read.
    pub unread: BTreeSet<String>,
}

#[derive(Debug)]
pub struct Term {
    pub span: Span,
    pub name: String,
    /// Inline Markdown.
    pub definition: Spanned<String>,
    /// Other ways in which the term is written.
    pub forms: Vec<String>,
}

/// Reads a `glossary.toml`.
pub fn parse_glossary(sources: &Sources, source: SourceId, out: &mut Vec<Diagnostic>) -> Option<Glossary> {
    let mut table = parse_toml(&Excerpt::whole(sources.text(source), source, 0), out)?;
    table.span = Span::start_of(source);
    let mut fields = Fields::new(&table, &keys::GLOSSARY);
    let terms = fields.table("terms", out);
    fields.finish(out);
    let mut glossary = Glossary { source, terms: BTreeMap::new(), unread: BTreeSet::new() };
    for (key, value) in terms.map(|terms| terms.entries.as_slice()).unwrap_or_default() {
        let Data::Table(table) = &value.value else {
            wrong_type::<()>(&key.value, "a table", value, out);
            glossary.unread.insert(key.value.clone());
            continue;
        };
        if let Some(problem) = id_problem(&key.value) {
            out.push(Diagnostic::new(Code::InvalidId, key.span, format!("the id {} {problem}", quote(&key.value))));
        }
        let mut fields = Fields::new(table, &keys::TERM);
        let name = fields.required("name", out);
        let definition = fields.required("definition", out);
        let mut forms = Vec::new();
        for form in fields.strings("forms", out) {
            if form.value.trim().is_empty() {
                let diagnostic = Diagnostic::new(Code::InvalidValue, form.span, "a form of the term is empty");
                out.push(diagnostic.help("write the word as it stands in the text, or remove it"));
            } else {
                forms.push(form.value);
            }
        }
        fields.finish(out);
        if let (Some(name), Some(definition)) = (name, definition) {
            glossary.terms.insert(key.value.clone(), Term { span: key.span, name: name.value, definition, forms });
        } else {
            glossary.unread.insert(key.value.clone());
        }
    }
    Some(glossary)
}

/// A term taught but not defined, or defined but not taught.
fn check_glossary(series: &Series, out: &mut Vec<Diagnostic>) {
    let Some(glossary) = &series.glossary else { return };
    let mut taught = BTreeSet::new();
    for part in &series.parts {
        for term in &part.teaches {
            taught.insert(term.value.as_str());
            let defined = glossary.terms.contains_key(&term.value) || glossary.unread.contains(&term.value);
            if !defined && part.state != State::Draft {
                let message = format!("the glossary doesn't define {}", quote(&term.value));
                let near = did_you_mean(&term.value, glossary.terms.keys().map(String::as_str));
                out.push(Diagnostic::new(Code::UndefinedTerm, term.span, message).maybe_help(near));
            }
        }
    }
    for (id, term) in glossary.terms.iter().filter(|_| series.all_taught) {
        if !taught.contains(id.as_str()) {
            let message = format!("no part teaches {}", quote(id));
            out.push(
                Diagnostic::new(Code::UntaughtTerm, term.span, message)
                    .maybe_help(did_you_mean(id, taught.iter().copied())),
            );
        }
    }
}

/// The diagnostic for an author, a category or another name that a plan refers to and the site
/// doesn't have.
pub fn unknown_name<'a>(
    name: &Spanned<String>,
    what: &str,
    section: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, name.span, format!("`partwork.toml` has no {what} {}", quote(&name.value)))
        .help(did_you_mean(&name.value, known).unwrap_or_else(|| format!("add it there under `[[{section}]]`")))
}
