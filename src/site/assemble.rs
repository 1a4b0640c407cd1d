//! Plan and articles as a [`Series`].
//!
//! In: what lies in the folder of a series, read. Out: a series in which every listed part has its
//! number, its state and its address, and a diagnostic wherever plan, articles and glossary
//! contradict each other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::diagnostic::{Code, Diagnostic, did_you_mean, nearest, quote};
use crate::parse::citation::is_key;
use crate::parse::front::{FrontMatter, Status};
use crate::parse::inline::cited_in_line;
use crate::site::glossary::Glossary;
use crate::site::ids::{ArticleId, Articles, PartId, SeriesId, SideId};
use crate::site::place;
use crate::site::plan::{Order, Plan, PlanEntry};
use crate::site::program::Program;
use crate::site::series::{Part, Series, Shared, Side, State, Track};
use crate::site::sources::Bibliography;
use crate::store::tree::fold;
use crate::text::source::{SourceId, Span, Spanned};

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
    /// The words above a list of posts.
    pub opening: Option<ArticleId>,
    pub glossary: Option<Glossary>,
    pub sources: Option<Bibliography>,
    /// Comparisons in files of their own, by id.
    pub shared: BTreeMap<String, Shared>,
    /// By the ids of the parts that they could be.
    pub files: BTreeMap<String, PartFile>,
    /// The side pages in the folders of parts, by the ids of these and by name.
    pub sides: BTreeMap<String, BTreeMap<String, SideFile>>,
}

/// A file in the folder of a part that is a side page.
#[derive(Debug)]
pub struct SideFile {
    pub source: SourceId,
    /// None when it could not be read; its mistakes have been reported.
    pub article: Option<ArticleId>,
}

/// What decides beside the plan which parts are out.
#[derive(Debug, Clone, Copy)]
pub struct Present<'a> {
    pub articles: &'a Articles,
    pub now: Timestamp,
    /// Whether what isn't out can be looked at all the same.
    pub drafts: bool,
}

/// Brings plan and files together. Of a series that its author hides, nobody is told how they fit: it may be half
/// written.
pub fn assemble(at: SeriesId, folder: Folder, present: Present<'_>, out: &mut Vec<Diagnostic>) -> Series {
    let is_hidden = folder.plan.is_draft && !present.drafts;
    let mut untold = Vec::new();
    let mut series = assembled(at, folder, present, if is_hidden { &mut untold } else { out });
    if is_hidden {
        series.missing.clear();
        series.unclear.clear();
        series.all_taught = true;
    }
    series
}

fn assembled(at: SeriesId, folder: Folder, present: Present<'_>, out: &mut Vec<Diagnostic>) -> Series {
    let Folder { plan, opening, glossary, sources, shared, files, sides } = folder;
    let mut series = Series {
        at,
        state: State::Soon,
        preview: plan.is_draft && present.drafts,
        plan,
        opening,
        parts: Vec::with_capacity(files.len()),
        tracks: Vec::new(),
        glossary,
        sources,
        shared,
        program: Program::default(),
        total: 0,
        published: 0,
        entries: 0,
        numbers: 0..0,
        teachers: BTreeMap::new(),
        missing: BTreeMap::new(),
        unclear: BTreeSet::new(),
        all_taught: true,
    };
    match series.plan.order {
        Order::Plan => {
            place_listed(&mut series, &files, present, out);
            place_unlisted(&mut series, &files, present, out);
        }
        Order::Dates { .. } => place_dated(&mut series, &files, present, out),
    }
    count(&mut series);
    series.teachers = teachers(&series, out);
    check_addresses(&mut series, present.articles, out);
    let homeless: Vec<_> = place_sides(&mut series, sides, present.articles);
    for (part, sides) in homeless.iter().filter(|(part, _)| !files.contains_key(part) && !series.may_have(part)) {
        out.extend(sides.values().map(|side| without_part(part, side, &series.plan)));
    }
    let teaches = |article: ArticleId| !present.articles[article].front.unread.contains(&"teaches");
    series.all_taught = series.is_clear() && series.parts.iter().filter_map(|part| part.article).all(teaches);
    check_needs(&series, out);
    check_glossary(&series, out);
    check_sources(&series, present.articles, out);
    series
}

/// Gives the parts their numbers, and counts those that have one; a series without any number counts all.
fn count(series: &mut Series) {
    let first = series.plan.first_number;
    let numbered = series.parts.iter_mut().filter(|part| part.state != State::Draft && part.numbered);
    series.numbers = first..first;
    for (number, part) in (first..).zip(numbered) {
        part.number = Some(number);
        series.numbers.end = number + 1;
    }
    let counts = |part: &&Part| part.number.is_some() || series.numbers.is_empty();
    (series.total, series.published) = (series.listed().filter(counts).count(), series.out().filter(counts).count());
    series.entries = series.listed().count();
    let is_hidden = series.plan.is_draft && !series.preview;
    let is_out = series.out().next().is_some();
    series.state = match is_out {
        _ if is_hidden => State::Draft,
        true => State::Out,
        false => State::Soon,
    };
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
            let entry = PlanEntry { id, title: None, description: None, emoji: None, date: None, numbered: None };
            let at = PartId::new(*at, parts.len());
            let slot = Slot { at, track: last.position - 1, entry: &entry, file: Some(file) };
            parts.push(part(slot, plan, present, out));
            last.parts.end = parts.len();
        }
    }
}

/// Places posts, the newest first, then by id; one that has no date yet is the newest. Drafts are among them, so
/// that what leads to one knows it.
fn place_dated(
    series: &mut Series,
    files: &BTreeMap<String, PartFile>,
    present: Present<'_>,
    out: &mut Vec<Diagnostic>,
) {
    let Series { at, plan, parts, tracks, unclear, .. } = series;
    let mut dated = Vec::with_capacity(files.len());
    for file in files.values() {
        match file.article {
            Some(article) => dated.push((&present.articles[article].front, file)),
            None => drop(unclear.insert(file.id.clone())),
        }
    }
    dated.sort_by_key(|(front, _)| (front.date.is_some(), Reverse(front.date)));
    for (front, file) in dated {
        let id = Spanned::new(file.id.clone(), front.span);
        let entry = PlanEntry { id, title: None, description: None, emoji: None, date: None, numbered: Some(false) };
        let at = PartId::new(*at, parts.len());
        parts.push(part(Slot { at, track: 0, entry: &entry, file: Some(file) }, plan, present, out));
    }
    tracks.push(Track { position: 1, id: String::new(), title: None, description: None, parts: 0..parts.len() });
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
        address: place::of_part(plan, &id, None, entry.date.map(|date| date.day)),
        span: entry.id.span,
        article,
        unread: file.is_some() && article.is_none(),
        status: Status::Soon,
        state: if plan.is_draft && !present.drafts { State::Draft } else { State::Soon },
        preview: false,
        borrowed: false,
        numbered: entry.numbered.unwrap_or(true),
        number: None,
        title: entry.title.as_ref().map_or_else(|| id.clone(), |title| title.value.clone()),
        description: entry.description.clone(),
        emoji: entry.emoji.clone(),
        opening: None,
        due: entry.date,
        date: entry.date.filter(|_| !plan.undated),
        updated: None,
        authors: plan.authors.clone().into(),
        track,
        teaches: Box::default(),
        needs: Box::default(),
        sides: Vec::new(),
        sides_elsewhere: Vec::new(),
        known_as: (plan.known_as().to_string(), id.clone()),
        id,
    };
    let Some(article) = article else { return part };
    let front = &present.articles[article].front;
    check_title(entry, front, out);
    part.title = front.title.value.clone();
    part.description = front.description.as_ref().map(|text| text.value.clone()).or(part.description);
    part.emoji = front.emoji.clone().or(part.emoji);
    part.due = front.date.or(part.due);
    part.date = part.due.filter(|_| !plan.undated);
    part.numbered = front.numbered.unwrap_or(part.numbered);
    part.updated = front.updated;
    if !front.authors.is_empty() {
        part.authors = front.authors.clone();
    }
    part.teaches = front.teaches.clone();
    part.needs = front.needs.clone();
    part.status = front.status;
    if let Some(first) = front.was.first() {
        part.known_as = first.value.clone();
    }
    part.address = place::of_part(plan, &part.id, Some(front), part.due.map(|date| date.day));
    part.state = match front.status {
        _ if part.state == State::Draft => State::Draft,
        Status::Draft => State::Draft,
        Status::Soon => State::Soon,
        Status::Published if part.due.is_some_and(|date| date.instant > present.now) => State::Soon,
        Status::Published => State::Out,
    };
    if present.drafts && part.state != State::Out {
        part.state = State::Out;
        part.preview = true;
    }
    part.preview |= plan.is_draft;
    part.opening = present.articles[article].opening.clone().filter(|_| part.is_out());
    check_published(&part, plan, front, out);
    check_slug(plan, front, out);
    part
}

/// A slug that stands in no address was meant to.
fn check_slug(plan: &Plan, front: &FrontMatter, out: &mut Vec<Diagnostic>) {
    if let (Some(slug), Some(pattern)) = (&front.slug, plan.permalink.as_ref().filter(|pattern| !pattern.has_slug())) {
        let message = format!("the slug {} stands in no address", quote(&slug.value));
        out.push(
            Diagnostic::new(Code::InvalidValue, slug.span, message)
                .note(pattern.span, "this has no `{slug}`")
                .help("put `{slug}` there, or write the whole address as `permalink`"),
        );
    }
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

/// What its author calls published has all that readers are shown of it.
fn check_published(part: &Part, plan: &Plan, front: &FrontMatter, out: &mut Vec<Diagnostic>) {
    if front.status != Status::Published || front.unread.contains(&"status") {
        return;
    }
    let pattern = plan.permalink.as_ref().filter(|pattern| pattern.has_date() && front.permalink.is_none());
    let wants_date = !plan.undated || pattern.is_some();
    let wanted = [
        ("description", Code::MissingDescription, part.description.is_none()),
        ("date", Code::MissingKey, part.due.is_none() && wants_date),
    ];
    for (key, code, missing) in wanted {
        if missing && !front.unread.contains(&key) {
            let message = format!("the published {} {} has no {}", plan.order.noun(), quote(&part.id), quote(key));
            let mut remedy = format!("add `{}`", front.syntax.line(key, "…"));
            if key == "date" && plan.order != Order::Plan {
                remedy.push_str(&format!(", or let the file's name begin with it: `2026-01-31-{}.md`", part.id));
            }
            let said = Diagnostic::new(code, front.span, message).help(remedy);
            out.push(match pattern.filter(|_| key == "date") {
                Some(pattern) => said.note(pattern.span, "its address is made of the date"),
                None => said,
            });
        }
    }
}

/// Every address is one part's alone. A part whose address is taken goes on under its id, so that nothing else is
/// said of it.
fn check_addresses(series: &mut Series, articles: &Articles, out: &mut Vec<Diagnostic>) {
    let Series { plan, parts, .. } = series;
    let front = |part: &Part| part.article.map(|article| &articles[article].front);
    let said = |part: &Part| place::said(plan, front(part)).filter(|_| part.address != place::plain(plan, &part.id));
    // Whoever says its own address gives way first, then whoever has one of the series' pattern.
    let rank = |part: &Part| said(part).map(|span| front(part).and_then(place::own) == Some(span));
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for mut at in 0..parts.len() {
        // Whoever gives way goes on under its id, which another part's slug may have taken. Each part
        // gives way once at most, and of two at one address one says it, since ids differ.
        while let Some(other) = owners.insert(fold(&parts[at].address), at) {
            let (moved, stays) = if rank(&parts[at]) >= rank(&parts[other]) { (at, other) } else { (other, at) };
            let Some(span) = said(&parts[moved]) else { break };
            let own = said(&parts[stays]).and(front(&parts[stays]).and_then(place::own));
            let place = own.unwrap_or(parts[stays].span);
            out.push(one_address(&parts[moved], &parts[stays], (plan.order, span)).note(place, "the other"));
            owners.insert(fold(&parts[moved].address), stays);
            parts[moved].address = place::plain(plan, &parts[moved].id);
            at = moved;
        }
    }
}

fn one_address(part: &Part, other: &Part, (order, span): (Order, Span)) -> Diagnostic {
    let address = |part: &Part| quote(&format!("/{}", part.address));
    let (own, others) = (address(part), address(other));
    let how = if own == others {
        format!("have one address, {own}")
    } else {
        format!("have {own} and {others}, which differ in letter case alone: not every disk and host sees that")
    };
    let message = format!("the {}s {} and {} {how}", order.noun(), quote(&part.id), quote(&other.id));
    Diagnostic::new(Code::TwoSources, span, message).help("choose another address")
}

/// Gives each part its side pages, once its address is settled; gives back those of no part.
fn place_sides(
    series: &mut Series,
    mut sides: BTreeMap<String, BTreeMap<String, SideFile>>,
    articles: &Articles,
) -> Vec<(String, BTreeMap<String, SideFile>)> {
    for part in &mut series.parts {
        let files = sides.remove(&part.id).unwrap_or_default();
        let read = files.into_iter().filter_map(|(name, file)| Some((name, file.article?)));
        for (at, (name, article)) in read.enumerate() {
            let front = &articles[article].front;
            let own = Some(&front.authors).filter(|authors| !authors.is_empty());
            part.sides.push(Side {
                at: SideId::new(part.at, at),
                path: format!("{}/{name}", part.id),
                address: place::of_side(&part.address, &name),
                name,
                article,
                title: front.title.value.clone(),
                description: front.description.as_ref().map(|text| text.value.clone()),
                opening: articles[article].opening.clone(),
                date: front.date.filter(|_| !series.plan.undated),
                updated: front.updated,
                authors: own.unwrap_or(&part.authors).clone(),
            });
        }
    }
    sides.into_iter().collect()
}

/// The diagnostic for a side page in a folder that belongs to no part.
fn without_part(part: &str, side: &SideFile, plan: &Plan) -> Diagnostic {
    let known = plan.tracks.iter().flat_map(|track| &track.entries).map(|entry| entry.id.value.as_str());
    let message = format!("this file lies in the folder of {}, and the series has no such part", quote(part));
    Diagnostic::new(Code::SideWithoutPart, Span::start_of(side.source), message).help(
        did_you_mean(part, known)
            .unwrap_or_else(|| format!("move it to the folder of its part, or write `content/{}/{part}.md`", plan.id)),
    )
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

/// Sources that no part cites.
fn check_sources(series: &Series, articles: &Articles, out: &mut Vec<Diagnostic>) {
    let Some(bibliography) = series.sources.as_ref().filter(|_| series.is_clear()) else { return };
    let texts = series.parts.iter().flat_map(Part::articles).map(|article| &articles[article]);
    let mut cited: BTreeSet<String> =
        texts.flat_map(|article| &article.citations).map(|key| key.value.clone()).collect();
    cited.extend(series.shared.values().flat_map(|shared| &shared.citations).map(|key| key.value.clone()));
    for term in series.glossary.iter().flat_map(|glossary| glossary.terms.values()) {
        let keys = cited_in_line(&term.definition.value, term.definition.span).into_iter();
        cited.extend(keys.map(|key| key.value));
    }
    for source in bibliography.iter().filter(|source| !cited.contains(&source.key)) {
        let message = format!("no part cites {}", quote(&source.key));
        let help = if is_key(&source.key) {
            format!("write {} where a text rests on it, or remove it", quote(&format!("[@{}]", source.key)))
        } else {
            "no text can cite such a key: rename it, in letters, digits, `-`, `_`, `:` and `.`".to_string()
        };
        out.push(Diagnostic::new(Code::UnusedSource, source.span, message).help(help));
    }
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
