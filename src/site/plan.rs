//! A plan as it was typed: a `series.toml`, with its tracks and the parts that they list.
//!
//! In: the source. Out: a [`Plan`], in which every id is listed once. Whether an id has an article is
//! not known here.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::front::decoded_alias;
use crate::project::phrases::Label;
use crate::settings::checked::{checked, checked_id};
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys;
use crate::settings::permalink::{Pattern, feed_path};
use crate::text::date::When;
use crate::text::source::{SourceId, Sources, Span, Spanned, id_problem, slugify};

/// How long a command may take unless the series says otherwise, in seconds.
const TIMEOUT: u64 = 120;

/// What a series says of its program.
#[derive(Debug, Clone)]
pub struct ProgramPlan {
    /// What in `code/` is no part of it.
    pub ignore: Vec<Spanned<String>>,
    /// The command that `check --code` runs in each state.
    pub check: Option<Spanned<String>>,
    /// The command that says what the tools are.
    pub tools: Option<Spanned<String>>,
    /// How long each of them may take, in seconds.
    pub timeout: u64,
}

impl Default for ProgramPlan {
    fn default() -> Self {
        ProgramPlan { ignore: Vec::new(), check: None, tools: None, timeout: TIMEOUT }
    }
}

/// A `series.toml` as typed, or a `posts.toml`, which lists nothing.
#[derive(Debug, Clone)]
pub struct Plan {
    pub source: SourceId,
    pub order: Order,
    /// The folder below `content/`: `ai-demystified`.
    pub id: String,
    /// Its address below the base, without a slash at its end: the id, or with the slug as its last piece.
    pub folder: String,
    pub slug: Option<Spanned<String>>,
    /// Earlier addresses of its page.
    pub aliases: Vec<Spanned<String>>,
    pub title: String,
    pub description: String,
    /// Where the description stands, if there is one.
    pub description_span: Option<Span>,
    /// Where each title and description of the file stands, those of tracks and of parts among them.
    pub prose: Vec<Span>,
    pub category: Option<Spanned<String>>,
    /// Whether its author hides it with all that is in it.
    pub is_draft: bool,
    pub emoji: Option<String>,
    /// A picture in place of its card: a path from its file, or an address.
    pub image: Option<Spanned<String>>,
    pub authors: Vec<Spanned<String>>,
    pub first_number: i64,
    /// The addresses of its parts; without one they lie below the series'.
    pub permalink: Option<Pattern>,
    /// Whether its parts have no dates that readers are told.
    pub undated: bool,
    /// What its parts are called, where it says so, and where that stands.
    pub label: Option<Spanned<Label>>,
    /// Further addresses of its Atom feed, below the base.
    pub feed_paths: Vec<Spanned<String>>,
    /// The ids that it had before, the first one first.
    pub was: Vec<Spanned<String>>,
    pub has_tracks: bool,
    /// One without a title when the plan has no tracks.
    pub tracks: Vec<PlannedTrack>,
    /// What of its program's folder is none of the program: names, or paths in it, with `*` for any letters.
    pub code: ProgramPlan,
    /// Whether every part that the file lists is among them; else its mistakes have been reported.
    pub complete: bool,
    /// Keys that were given and could not be read: nothing follows from their absence.
    pub unread: Vec<&'static str>,
    pub extra: Option<Table>,
}

/// What gives the articles of a folder their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The plan: they are parts, with numbers.
    Plan,
    /// Their dates, the newest first: they are posts, so many on a page of their list.
    Dates { per_page: usize },
}

impl Order {
    /// What the articles are.
    pub fn noun(self) -> &'static str {
        match self {
            Order::Plan => "part",
            Order::Dates { .. } => "post",
        }
    }

    /// The file that makes a folder one of these.
    pub fn file(self) -> &'static str {
        match self {
            Order::Plan => "series.toml",
            Order::Dates { .. } => "posts.toml",
        }
    }

    /// The names below the folder that no article can have.
    pub fn reserved(self) -> &'static [&'static str] {
        match self {
            Order::Plan => RESERVED,
            Order::Dates { .. } => POSTS_RESERVED,
        }
    }
}

#[derive(Debug, Clone)]
pub struct PlannedTrack {
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub entries: Vec<PlanEntry>,
    /// Where its name stands.
    pub span: Span,
}

/// A line of the plan: an id, or an announcement with a title.
#[derive(Debug, Clone)]
pub struct PlanEntry {
    pub id: Spanned<String>,
    pub title: Option<Spanned<String>>,
    pub description: Option<String>,
    pub emoji: Option<String>,
    pub date: Option<When>,
    pub numbered: Option<bool>,
}

impl Plan {
    /// The id that feeds and the progress of readers know it by: the first that it had.
    pub fn known_as(&self) -> &str {
        self.was.first().map_or(&self.id, |was| &was.value)
    }
}

/// Names that a series uses for pages of its own.
pub const RESERVED: &[&str] = &["index", "comparisons", "glossary", "sources", "code", "print", "feed"];

/// Names that a folder of posts uses for its list.
pub const POSTS_RESERVED: &[&str] = &["index", "page"];

/// The day at the front of a post's name, and its id: `2019-01-05-hello` is `hello`. A name that is a day alone is
/// the id as well.
pub fn dated(name: &str) -> (Option<&str>, &str) {
    let is_day = |day: &str| {
        day.bytes().enumerate().all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
    };
    let Some((day, rest)) = name.split_at_checked("2019-01-05".len()).filter(|(day, _)| is_day(day)) else {
        return (None, name);
    };
    match rest.strip_prefix('-') {
        Some(id) if !id.is_empty() => (Some(day), id),
        _ if rest.is_empty() => (Some(day), name),
        _ => (None, name),
    }
}

/// How many posts a page of a list has that doesn't say.
const PER_PAGE: usize = 20;

/// Whose plan is read.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The id of the series.
    pub series: &'a str,
    /// That of the site, in which days are meant.
    pub zone: &'a TimeZone,
}

/// Reads a plan; `None` when it isn't TOML. One without a title is called by its id, so that what it
/// lists is known.
pub fn parse_plan(sources: &Sources, source: SourceId, owner: Owner<'_>, out: &mut Vec<Diagnostic>) -> Option<Plan> {
    let mut table = parse_toml(&Excerpt::whole(sources.text(source), source, 0), out)?;
    table.span = Span::start_of(source);
    let mut fields = Fields::new(&table, &keys::SERIES);
    let earlier = out.len();
    let title = fields.required("title", out);
    let description = fields.string("description", out);
    let category = fields.string("category", out);
    let is_draft = fields.choice("status", &[("published", false), ("draft", true)], out).unwrap_or(false);
    let emoji = fields.string("emoji", out).map(|text| text.value);
    let image = fields.string("image", out);
    let authors = fields.strings("authors", out);
    let first_number = fields.integer("first_number", 0..=1_000_000, out).map_or(1, |number| number.value);
    let permalink = fields.string("permalink", out).and_then(|pattern| Pattern::read(&pattern, out));
    // Where it can't be read, no date is missing either.
    let undated = fields.bool("undated", out).unwrap_or(table.get("undated").is_some());
    let label = fields.table("label", out).and_then(|table| label(table, out));
    let feed_paths = feed_paths(&mut fields, out);
    let slug = fields.string("slug", out).and_then(|slug| checked_id(slug, out));
    let aliases = fields.strings("aliases", out).into_iter().filter_map(|alias| decoded_alias(&alias, out)).collect();
    let was = fields.strings("was", out).into_iter().filter_map(|id| checked_id(id, out)).collect();
    let code = fields.table("code", out).map(|table| program_plan(table, out)).unwrap_or_default();
    let parts = fields.list("parts", out);
    let tracks = fields.tables("tracks", out);
    let parts_span = fields.span("parts");
    let has_tracks = table.get("tracks").is_some();
    let extra = fields.extra(out);
    let unread = fields.unread(&out[earlier..]);
    let misspelled = ["parts", "tracks"].iter().any(|key| fields.is_misspelled(key));
    fields.finish(out);
    check_lists(&table, parts_span, misspelled, out);
    let all_tracks = match table.get("tracks").map(|value| &value.value) {
        Some(Data::List(items)) => items.len() == tracks.len(),
        Some(other) => matches!(other, Data::Table(_)),
        None => true,
    };
    let mut complete = all_tracks && !misspelled && (parts.is_some() || has_tracks && table.get("parts").is_none());
    let mut tracks: Vec<PlannedTrack> =
        tracks.into_iter().map(|table| track(table, owner, &mut complete, out)).collect();
    unique_tracks(&tracks, out);
    if !has_tracks || parts.is_some() {
        let entries = parts.map(|parts| plan_entries(parts, owner, &mut complete, out)).unwrap_or_default();
        let span = parts_span;
        tracks.insert(0, PlannedTrack { id: String::new(), title: None, description: None, entries, span });
    }
    unique_entries(&mut tracks, out);
    Some(Plan {
        source,
        order: Order::Plan,
        id: owner.series.to_string(),
        folder: with_slug(owner.series, slug.as_ref()),
        slug,
        aliases,
        title: title.map_or_else(|| owner.series.to_string(), |title| title.value),
        description_span: description.as_ref().map(|text| text.span),
        description: description.map(|text| text.value).unwrap_or_default(),
        prose: prose(&table),
        category,
        is_draft,
        emoji,
        image,
        authors,
        first_number,
        permalink,
        feed_paths,
        undated,
        label,
        was,
        has_tracks,
        code,
        tracks,
        complete,
        unread,
        extra,
    })
}

fn program_plan(table: &Table, out: &mut Vec<Diagnostic>) -> ProgramPlan {
    let mut fields = Fields::new(table, &keys::CODE);
    let ignore = fields.strings("ignore", out);
    let check = fields.string("check", out).and_then(|check| command(check, out));
    let tools = fields.string("tools", out).and_then(|tools| command(tools, out));
    let timeout = fields.integer("timeout", 1..=86_400, out).and_then(|timeout| u64::try_from(timeout.value).ok());
    fields.finish(out);
    ProgramPlan { ignore, check, tools, timeout: timeout.unwrap_or(TIMEOUT) }
}

/// A command for a shell. One that says nothing would do so well.
pub fn command(typed: Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    if typed.value.trim().is_empty() {
        let help = "leave the key out, or say `true` for a command that does nothing";
        out.push(Diagnostic::new(Code::InvalidValue, typed.span, "the command is empty").help(help));
        return None;
    }
    Some(typed)
}

/// The folder of a series with another last piece.
fn with_slug(id: &str, slug: Option<&Spanned<String>>) -> String {
    match (slug, id.rsplit_once('/')) {
        (None, _) => id.to_string(),
        (Some(slug), None) => slug.value.clone(),
        (Some(slug), Some((above, _))) => format!("{above}/{}", slug.value),
    }
}

/// What the parts of a series are called; nothing when one of the two words is none.
pub(super) fn label(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Spanned<Label>> {
    let mut fields = Fields::new(table, &keys::LABEL);
    let mut word = |key| {
        let word = fields.required(key, out)?;
        checked(Spanned::new(word.value.trim().to_string(), word.span), word_problem, key, out)
    };
    let (part, parts) = (word("part"), word("parts"));
    let span = fields.span("part");
    fields.finish(out);
    Some(Spanned::new(Label { part: part?.value, parts: parts?.value }, span))
}

/// What is wrong with a word that stands before each number.
fn word_problem(word: &str) -> Option<String> {
    /// More than these leave no room beside them on a card, nor on a phone.
    const LONGEST: usize = 30;
    let length = word.chars().count();
    if word.contains(char::is_control) {
        return Some("holds a line break or another control".into());
    }
    (length > LONGEST).then(|| format!("has {length} characters; what stands before each number has {LONGEST} at most"))
}

/// Reads a `posts.toml`; `None` when it isn't TOML. One without a title is called by its folder.
pub fn parse_posts(sources: &Sources, source: SourceId, folder: &str, out: &mut Vec<Diagnostic>) -> Option<Plan> {
    let mut table = parse_toml(&Excerpt::whole(sources.text(source), source, 0), out)?;
    table.span = Span::start_of(source);
    let mut fields = Fields::new(&table, &keys::POSTS);
    let earlier = out.len();
    let title = fields.required("title", out);
    let description = fields.string("description", out);
    let category = fields.string("category", out);
    let authors = fields.strings("authors", out);
    let image = fields.string("image", out);
    let permalink = fields.string("permalink", out).and_then(|pattern| Pattern::read(&pattern, out));
    let feed_paths = feed_paths(&mut fields, out);
    let was = fields.strings("was", out).into_iter().filter_map(|id| checked_id(id, out)).collect();
    let per_page = fields.integer("per_page", 1..=1000, out).and_then(|number| usize::try_from(number.value).ok());
    let extra = fields.extra(out);
    let unread = fields.unread(&out[earlier..]);
    fields.finish(out);
    Some(Plan {
        source,
        order: Order::Dates { per_page: per_page.unwrap_or(PER_PAGE) },
        id: folder.to_string(),
        folder: folder.to_string(),
        slug: None,
        aliases: Vec::new(),
        title: title.map_or_else(|| folder.to_string(), |title| title.value),
        description_span: description.as_ref().map(|text| text.span),
        description: description.map(|text| text.value).unwrap_or_default(),
        prose: prose(&table),
        category,
        is_draft: false,
        emoji: None,
        image,
        authors,
        first_number: 1,
        permalink,
        feed_paths,
        undated: false,
        label: None,
        was,
        code: ProgramPlan::default(),
        has_tracks: false,
        tracks: Vec::new(),
        complete: true,
        unread,
        extra,
    })
}

/// Further addresses of a feed.
fn feed_paths(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<Spanned<String>> {
    fields.strings("feed_paths", out).into_iter().filter_map(|path| feed_path(path, out)).collect()
}

/// Where the titles and descriptions of a table stand, however deep.
pub(super) fn prose(table: &Table) -> Vec<Span> {
    let mut found = Vec::new();
    table.each_text(&mut |key, _, span| {
        if matches!(key, "title" | "description") {
            found.push(span);
        }
    });
    found
}

/// A plan lists parts, or tracks with parts of their own; a key that is `misspelled` has been reported.
fn check_lists(table: &Table, parts_span: Span, misspelled: bool, out: &mut Vec<Diagnostic>) {
    match (table.get("tracks"), table.get("parts").map(|parts| &parts.value)) {
        (Some(_), Some(Data::List(_))) => out.push(
            Diagnostic::new(Code::TracksAndParts, parts_span, "a series has `parts` or `[[tracks]]`, not both")
                .help("move these parts into a track"),
        ),
        (None, None) if !misspelled => out.push(
            Diagnostic::new(Code::MissingKey, table.span, "the series lists no parts")
                .help("add `parts = [\"…\"]`, or `[[tracks]]` with parts of their own"),
        ),
        _ => {}
    }
}

/// Reads a track; `complete` becomes false when a part of it can't be read.
fn track(table: &Table, owner: Owner<'_>, complete: &mut bool, out: &mut Vec<Diagnostic>) -> PlannedTrack {
    let mut fields = Fields::new(table, &keys::TRACK);
    let title = fields.required("title", out).map(|text| text.value);
    let id = fields.string("id", out).and_then(|id| checked_id(id, out)).map(|id| id.value);
    let span = fields.span(if id.is_some() { "id" } else { "title" });
    let description = fields.string("description", out).map(|text| text.value);
    let parts = fields.list("parts", out);
    *complete &= parts.is_some();
    let entries = parts.map(|parts| plan_entries(parts, owner, complete, out)).unwrap_or_default();
    if table.get("parts").is_none() {
        fields.missing("parts", out);
    }
    fields.finish(out);
    let id = id.unwrap_or_else(|| slugify(title.as_deref().unwrap_or_default()));
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
    owner: Owner<'_>,
    complete: &mut bool,
    out: &mut Vec<Diagnostic>,
) -> Vec<PlanEntry> {
    // No more room than for those: they are kept as long as the site.
    let mut entries = Vec::with_capacity(items.len());
    entries.extend(items.iter().filter_map(|item| plan_entry(item, owner, out)));
    *complete &= entries.len() == items.len();
    entries
}

fn plan_entry(item: &Spanned<Data>, owner: Owner<'_>, out: &mut Vec<Diagnostic>) -> Option<PlanEntry> {
    match &item.value {
        Data::String(id) => {
            let id = part_id(Spanned::new(id.clone(), item.span), owner.series, out)?;
            Some(PlanEntry { id, title: None, description: None, emoji: None, date: None, numbered: None })
        }
        Data::Table(table) => {
            let mut fields = Fields::new(table, &keys::ENTRY);
            let id = fields.required("id", out).and_then(|id| part_id(id, owner.series, out));
            let title = fields.string("title", out);
            let description = fields.string("description", out).map(|text| text.value);
            let emoji = fields.string("emoji", out).map(|text| text.value);
            let date = fields.when("date", owner.zone, out);
            let numbered = fields.bool("numbered", out);
            fields.finish(out);
            Some(PlanEntry { id: id?, title, description, emoji, date, numbered })
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
fn id_of_path<'t>(typed: &'t str, series: &str) -> Option<&'t str> {
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
