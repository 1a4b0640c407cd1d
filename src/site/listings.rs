//! The code of fences that take it from elsewhere.
//!
//! In: a [`Site`], whose articles say what they show. Out: for each such fence its text, with the lines that are new
//! and gone where it shows what changed, or a diagnostic. A file is looked for in the program as of the article's
//! part, then from the folder of the article; with a `/` before it, from the project's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::diagnostic::{Code, Diagnostic, aside, did_you_mean, quote};
use crate::parse::info::{self, Info};
use crate::parse::{Listing, Piece, Taken};
use crate::project::places::{MOST_SOURCE_BYTES, of_project};
use crate::project::{FOLDERS, Project};
use crate::site::changes::{By, Change, How, changes, renamed};
use crate::site::contents::{Content, Contents, NotText};
use crate::site::ids::{ArticleId, PartId};
use crate::site::region::{Lines, NoPiece};
use crate::site::series::{Series, State};
use crate::site::{Role, Site};
use crate::store::origin::Origin;
use crate::text::difference::{Row, difference};
use crate::text::path::join;
use crate::text::source::{Span, Spanned};

/// The code of all fences that take it from elsewhere.
#[derive(Debug, Default)]
pub struct Listings {
    /// By article.
    articles: BTreeMap<ArticleId, Listed>,
    /// What they name outside the folders that a site is made from, by path below the root, be it there or not.
    pub elsewhere: BTreeSet<String>,
}

/// Those of one article, by where their fences begin.
pub type Listed = BTreeMap<usize, Shown>;

/// What a fence shows.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash)]
pub struct Shown {
    /// Its lines, each with its end; of a difference those that are gone too.
    pub code: String,
    /// The lines that are new and those that are gone, counted from 1.
    pub ins: Vec<RangeInclusive<u32>>,
    pub del: Vec<RangeInclusive<u32>>,
    /// Lines that stand for others, which did not change.
    pub gaps: Vec<u32>,
    /// The file, and what it was called before it got that name.
    pub renamed: Option<(String, String)>,
}

/// What stands in a gap.
pub const GAP: &str = "⋯";

/// How many lines that did not change stand around each change of a whole file.
const AROUND: usize = 3;

impl Listings {
    /// Those of an article.
    pub fn of(&self, article: ArticleId) -> Option<&Listed> {
        self.articles.get(&article)
    }
}

/// Finds the code of every fence that takes it from elsewhere.
pub fn listings(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) -> Listings {
    let reading = Reading::new(project, site, Contents::default());
    // A translation that waits for its day is part of nothing until then.
    let is_placed = |id: &ArticleId| site.role(*id) != Role::Unknown;
    let with = site.articles.ids().filter(|id| !site.article(*id).listings.is_empty()).filter(is_placed);
    let with: Vec<ArticleId> = with.collect();
    let read: Vec<(Listed, Vec<Diagnostic>)> =
        with.par_iter().map(|id| aside(|out| reading.article(*id, out))).collect();
    let mut listings = Listings::default();
    for (id, (listed, mut found)) in with.into_iter().zip(read) {
        listings.articles.insert(id, listed);
        // Nobody is told of those of a draft, which may be half written, nor of those of an article that would be a part
        // if its plan could be read.
        let is_lost = matches!(site.role(id), Role::Unlisted(series) if !site.series(series).plan.complete);
        if site.state(id) != State::Draft && !is_lost {
            out.append(&mut found);
        }
    }
    listings.elsewhere = reading.elsewhere.into_inner().unwrap_or_else(PoisonError::into_inner);
    listings
}

/// The files that the listings of an article show, each with the copies that earlier parts have of it, the nearest
/// first.
pub fn files(project: &Project, site: &Site, id: ArticleId) -> Vec<Vec<Origin>> {
    let reading = Reading::new(project, site, Contents::default());
    let mut files = Vec::new();
    for listing in &site.article(id).listings {
        let Taken::File { file, since, .. } = &listing.taken else { continue };
        let (info, _) = info::parse(&listing.info.value);
        let at = reading.at(id, &info);
        let then = since.as_ref().and_then(|since| then(at, since).ok()).map(|(series, _, then)| (series, then));
        let copies = |(series, part): (&Series, PartId)| series.program.copies(part, &file.value).cloned().collect();
        let copies = at.part.into_iter().chain(then).map(copies).filter(|copies: &Vec<Origin>| !copies.is_empty());
        let before = files.len();
        files.extend(copies);
        if files.len() == before {
            files.extend(reading.find(at, file).ok().map(|file| vec![file]));
        }
    }
    files
}

/// The files of an article's listings that show another text than they did when these were the contents; not those
/// that showed nothing then, or show nothing now.
pub fn changed<'s>(project: &Project, site: &'s Site, id: ArticleId, then: Contents) -> Vec<&'s Spanned<String>> {
    let (then, now) = (Reading::new(project, site, then), Reading::new(project, site, Contents::default()));
    let changed = site.article(id).listings.iter().filter_map(|listing| {
        let Taken::File { file, .. } = &listing.taken else { return None };
        let (info, _) = info::parse(&listing.info.value);
        let shown = |reading: &Reading<'_>| reading.shown(reading.at(id, &info), listing, &mut Vec::new()).ok();
        (shown(&then)? != shown(&now)?).then_some(file)
    });
    changed.collect()
}

struct Reading<'a> {
    project: &'a Project,
    site: &'a Site,
    contents: Contents,
    elsewhere: Mutex<BTreeSet<String>>,
}

/// Where a listing stands.
#[derive(Clone, Copy)]
struct At<'a> {
    /// The source of its article, below the root.
    source: &'a str,
    /// The part that its article is, or belongs to, where the series has a program.
    part: Option<(&'a Series, PartId)>,
    info: &'a Info<'a>,
}

impl<'a> Reading<'a> {
    fn new(project: &'a Project, site: &'a Site, contents: Contents) -> Self {
        Reading { project, site, contents, elsewhere: Mutex::default() }
    }

    fn at<'i>(&self, id: ArticleId, info: &'i Info<'i>) -> At<'i>
    where
        'a: 'i,
    {
        let series = self.site.series_of(id).filter(|series| !series.program.is_empty());
        let source = self.project.sources.path(self.site.article(id).source);
        At { source, part: series.zip(self.site.part_of(id)), info }
    }

    fn article(&self, id: ArticleId, out: &mut Vec<Diagnostic>) -> Listed {
        let mut listed = Listed::new();
        for listing in &self.site.article(id).listings {
            let (info, _) = info::parse(&listing.info.value);
            match self.shown(self.at(id, &info), listing, out) {
                Ok(shown) => {
                    let count = shown.code.lines().count();
                    out.extend(info.beyond(count).into_iter().map(|problem| misfit(listing, problem)));
                    listed.insert(listing.at, shown);
                }
                Err(problem) => out.push(problem),
            }
        }
        listed
    }

    fn shown(&self, at: At<'_>, listing: &Listing, out: &mut Vec<Diagnostic>) -> Result<Shown, Diagnostic> {
        match &listing.taken {
            Taken::File { file, piece, since: None } => {
                let text = self.text_of(&self.find(at, file)?, file.span)?;
                let (shown, idle) = plain(&text, (file, piece), at.info)?;
                out.extend(idle.map(|problem| misfit(listing, problem)));
                Ok(shown)
            }
            Taken::File { file, piece, since: Some(since) } => self.changed(at, (file, piece), since),
            Taken::Files { since } => {
                let (series, part, then) = then(at, since)?;
                let (before, after) = (series.program.files(then), series.program.files(part));
                let changes = changes(&before, &after, &self.contents);
                if changes.is_empty() {
                    return Err(unchanged("the program", since));
                }
                Ok(list(&changes))
            }
        }
    }

    /// What changed in a file or a piece of it.
    fn changed(
        &self,
        at: At<'_>,
        (file, piece): (&Spanned<String>, &Piece),
        since: &Spanned<String>,
    ) -> Result<Shown, Diagnostic> {
        let (series, part, then) = then(at, since)?;
        let path = file.value.as_str();
        let (now, was) = (series.program.file(part, path), series.program.file(then, path));
        if now.is_none() && was.is_none() {
            // Elsewhere it may be; there it has no earlier state.
            self.find(at, file)?;
            let message = format!("{} is no file of the program, and what it was is not known", quote(path));
            return Err(broken(file.span, message).help("leave `since` out, or move the file into the program"));
        }
        let mut before = None;
        if let (Some(now), None) = (now, was) {
            let (old, new) = (series.program.files(then), series.program.files(part));
            let gone: Vec<&str> = old.keys().filter(|path| !new.contains_key(**path)).copied().collect();
            before = renamed((path, now), (&old, &gone), &self.contents);
        }
        let was = before.map_or(was, |before| series.program.file(then, before));
        let text = |file: Option<&Origin>| file.map_or(Ok(String::new()), |origin| self.text_of(origin, since.span));
        let (old, new) = (text(was)?, text(now)?);
        let mut shown = between(&old, &new, (file, piece), at.info)?;
        if shown.ins.is_empty() && shown.del.is_empty() && before.is_none() {
            let what =
                if matches!(piece, Piece::Whole) { quote(path) } else { format!("this piece of {}", quote(path)) };
            return Err(unchanged(&what, since));
        }
        shown.renamed = before.map(|before| (path.to_string(), before.to_string()));
        Ok(shown)
    }

    /// The file that a listing names.
    fn find(&self, at: At<'_>, file: &Spanned<String>) -> Result<Origin, Diagnostic> {
        let typed = file.value.as_str();
        if let Some((series, part)) = at.part
            && let Some(found) = series.program.file(part, typed)
        {
            return Ok(found.clone());
        }
        let folder = at.source.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = match typed.strip_prefix('/') {
            Some(path) => join("", path),
            None => join(folder, typed),
        };
        let Some(path) = path else {
            return Err(broken(file.span, format!("{} lies outside of the project", quote(typed))));
        };
        match self.of_project(&path) {
            Ok(found) => Ok(found),
            Err(Some(refused)) => Err(broken(file.span, format!("{} {refused}", quote(typed)))),
            Err(None) => Err(self.missing(at, file, &path)),
        }
    }

    /// A file of the project that a listing may show; else why not, or nothing when there is none.
    fn of_project(&self, path: &str) -> Result<Origin, Option<String>> {
        if !FOLDERS.iter().any(|folder| path.split('/').next() == Some(folder)) {
            self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_string());
        }
        of_project(self.project.disk.as_ref().ok_or(None)?, &self.site.config, path)
    }

    fn missing(&self, at: At<'_>, file: &Spanned<String>, path: &str) -> Diagnostic {
        let typed = file.value.as_str();
        let of_program = at.part.map(|(series, part)| series.program.files(part));
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let beside = self.project.disk.as_ref().and_then(|disk| disk.list(Path::new(folder)).ok()).unwrap_or_default();
        let beside: Vec<String> = (beside.into_iter())
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect();
        let near = of_program.as_ref().and_then(|files| did_you_mean(typed, files.keys().copied()));
        let near = near.or_else(|| did_you_mean(name, beside.iter().map(String::as_str)));
        let message = match &of_program {
            _ if typed.starts_with('/') => format!("the project has no file {}", quote(path)),
            Some(_) => format!("there is no {} in the program as of this part, nor at {}", quote(typed), quote(path)),
            None => format!("there is no file {}", quote(path)),
        };
        broken(file.span, message).maybe_help(near)
    }

    /// The text of a file; `span` is where it is asked for.
    fn text_of(&self, file: &Origin, span: Span) -> Result<String, Diagnostic> {
        let path = quote(&file.name().to_string_lossy());
        let content: Arc<Content> =
            self.contents.of(file).map_err(|error| broken(span, format!("{path} can't be read: {error}")))?;
        match &content.text {
            Ok(source) => Ok(source.text().to_string()),
            Err(NotText::Binary) => Err(broken(span, format!("{path} is binary, and a listing shows text"))),
            Err(NotText::Unreadable(message, help)) => {
                Err(broken(span, format!("{path}: {message}")).maybe_help(help.clone()))
            }
            Err(NotText::TooLarge) => {
                let message =
                    format!("{path} has more than the {} MiB that a source may have", MOST_SOURCE_BYTES >> 20);
                Err(broken(span, message).help("show a smaller file, such as the beginning of this one"))
            }
        }
    }
}

fn broken(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::BrokenListing, span, message)
}

fn unchanged(what: &str, since: &Spanned<String>) -> Diagnostic {
    let than = if since.value == "previous" { "the part before".to_string() } else { quote(&since.value) };
    broken(since.span, format!("{what} has not changed since {than}"))
        .help("leave `since` out to show it as it is, or name an earlier part")
}

/// What the info string says that isn't so of the code.
fn misfit(listing: &Listing, problem: info::Problem) -> Diagnostic {
    let base = listing.info.span.start as usize;
    let span = Span::new(listing.info.span.source, base + problem.range.start..base + problem.range.end);
    Diagnostic::new(Code::InvalidFence, span, problem.message).maybe_help(problem.help)
}

/// The series and the part of a listing, and the part that its `since` means.
fn then<'a>(at: At<'a>, since: &Spanned<String>) -> Result<(&'a Series, PartId, PartId), Diagnostic> {
    let Some((series, part)) = at.part else {
        let message = "`since` compares the program with what it was as of another part, and there is no program";
        let help = "a series has one in `code/<part>/`; without it, show a change by `ins` and `del`";
        return Err(broken(since.span, message.into()).help(help));
    };
    let before = &series.parts[..part.index()];
    let refused = |message: String, help: Option<String>| Err(broken(since.span, message).maybe_help(help));
    let then = match since.value.as_str() {
        "previous" => before.last(),
        id => before.iter().find(|part| part.id == id),
    };
    match then {
        Some(then) => Ok((series, part, then.at)),
        None if since.value == "previous" => refused("the series has no part before this one".into(), None),
        None if series.part(part).id == since.value => {
            refused("a part hasn't changed since itself".into(), Some("say `since=\"previous\"`".into()))
        }
        None if series.parts.iter().any(|later| later.id == since.value) => {
            refused(format!("the part {} comes later in the plan", quote(&since.value)), None)
        }
        None => {
            let near = did_you_mean(&since.value, before.iter().map(|part| part.id.as_str()).chain(["previous"]));
            refused(format!("the series has no part {}", quote(&since.value)), near)
        }
    }
}

fn no_piece(no: NoPiece, piece: &Piece, file: &Spanned<String>) -> Diagnostic {
    broken(piece.span().unwrap_or(file.span), format!("{}: {}", quote(&file.value), no.message)).maybe_help(no.help)
}

/// The lines that a piece has, by their numbers.
fn lines_of(lines: &Lines<'_>, (file, piece): (&Spanned<String>, &Piece)) -> Result<Range<u32>, Diagnostic> {
    let found = match piece {
        Piece::Whole => Ok(0..u32::MAX),
        Piece::Anchor(anchor) => lines.anchor(&anchor.value),
        Piece::Lines(numbers) => lines.range(&numbers.value),
    };
    found.map_err(|no| no_piece(no, piece, file))
}

/// A file or a piece of it as it is, and what hides nothing of it.
fn plain(
    text: &str,
    of: (&Spanned<String>, &Piece),
    info: &Info<'_>,
) -> Result<(Shown, Option<info::Problem>), Diagnostic> {
    let lines = Lines::of(text);
    let piece = lines_of(&lines, of)?;
    let mut whole = String::with_capacity(text.len());
    for (_, line) in lines.all.iter().filter(|(number, _)| piece.contains(number)) {
        whole.push_str(line);
        whole.push('\n');
    }
    if whole.trim().is_empty() {
        let (file, piece) = of;
        let what = if matches!(piece, Piece::Whole) { "is empty" } else { "holds nothing there" };
        return Err(broken(piece.span().unwrap_or(file.span), format!("{} {what}", quote(&file.value))));
    }
    let idle = info.idle(&whole);
    let code = info.shown(whole.into()).into_owned();
    Ok((Shown { code, ..Shown::default() }, idle))
}

/// What changed between two texts, or in the lines of a piece of the new one.
fn between(old: &str, new: &str, of: (&Spanned<String>, &Piece), info: &Info<'_>) -> Result<Shown, Diagnostic> {
    let (old, new) = (Lines::of(old), Lines::of(new));
    let piece = lines_of(&new, of)?;
    // A line that has gone from the edge of a piece was in it if the piece had it before.
    let earlier = lines_of(&old, of).ok().filter(|_| matches!(of.1, Piece::Anchor(_)));
    let hides = info.hiding();
    let ((old_numbers, old), (new_numbers, new)) = (old.but_for(&hides), new.but_for(&hides));
    let rows = difference(&old, &new);
    let mut merged = Merged::default();
    let is_in = |at: usize| new_numbers.get(at).is_some_and(|number| piece.contains(number));
    let was_in = |at: usize| earlier.as_ref().is_some_and(|piece| piece.contains(&old_numbers[at]));
    // How many lines of the new text stand above.
    let mut above = 0;
    let mut rest = rows.as_slice();
    while let Some(first) = rest.first() {
        if let Row::Same { new: at, .. } = first {
            if is_in(*at) {
                merged.push(Sign::Same, new[*at]);
            }
            above = at + 1;
            rest = &rest[1..];
            continue;
        }
        let end = rest.iter().position(|row| matches!(row, Row::Same { .. })).unwrap_or(rest.len());
        let (hunk, after) = rest.split_at(end);
        rest = after;
        let has_new = hunk.iter().any(|row| matches!(row, Row::New(at) if is_in(*at)));
        let is_between = above > 0 && is_in(above - 1) && is_in(above) || matches!(of.1, Piece::Whole);
        for row in hunk {
            match row {
                Row::Old(at) if has_new || is_between || was_in(*at) => merged.push(Sign::Old, old[*at]),
                Row::New(at) if is_in(*at) => merged.push(Sign::New, new[*at]),
                _ => {}
            }
            above += usize::from(matches!(row, Row::New(_)));
        }
    }
    if matches!(of.1, Piece::Whole) {
        merged.leave_out();
    }
    Ok(merged.shown())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Same,
    New,
    Old,
    Gap,
}

/// The lines of a difference.
#[derive(Debug, Default)]
struct Merged(Vec<(Sign, String)>);

impl Merged {
    fn push(&mut self, sign: Sign, line: &str) {
        self.0.push((sign, line.to_string()));
    }

    /// Leaves out what did not change and stands far from what did.
    fn leave_out(&mut self) {
        let all = std::mem::take(&mut self.0);
        let mut keep = vec![false; all.len()];
        for (at, _) in all.iter().enumerate().filter(|(_, (sign, _))| *sign != Sign::Same) {
            let end = (at + AROUND + 1).min(all.len());
            keep[at.saturating_sub(AROUND)..end].fill(true);
        }
        for (at, line) in all.into_iter().enumerate() {
            // A gap of one line takes as much room as the line.
            let is_alone = at > 0 && keep[at - 1] && keep.get(at + 1).is_some_and(|next| *next);
            if keep[at] || is_alone {
                self.0.push(line);
            } else if self.0.last().is_none_or(|(sign, _)| *sign != Sign::Gap) {
                self.push(Sign::Gap, GAP);
            }
        }
    }

    fn shown(self) -> Shown {
        let mut shown = Shown::default();
        for (number, (sign, line)) in (1_u32..).zip(&self.0) {
            shown.code.push_str(line);
            shown.code.push('\n');
            match sign {
                Sign::Same => {}
                Sign::New => push_line(&mut shown.ins, number),
                Sign::Old => push_line(&mut shown.del, number),
                Sign::Gap => shown.gaps.push(number),
            }
        }
        shown
    }
}

/// Adds a line to ranges that ascend.
fn push_line(ranges: &mut Vec<RangeInclusive<u32>>, line: u32) {
    match ranges.last_mut() {
        Some(last) if *last.end() + 1 == line => *last = *last.start()..=line,
        _ => ranges.push(line..=line),
    }
}

/// The files that changed, one a line: those that came are new lines, those that went are gone.
fn list(changes: &[Change<'_>]) -> Shown {
    let mut merged = Merged::default();
    for change in changes {
        let (sign, name) = match change.how {
            How::Added => (Sign::New, change.path.to_string()),
            How::Removed => (Sign::Old, change.path.to_string()),
            How::Changed => (Sign::Same, change.path.to_string()),
            How::Renamed(from) => (Sign::Same, format!("{from} → {}", change.path)),
        };
        merged.push(sign, format!("{name}  {}", amount(change.by)).trim_end());
    }
    merged.shown()
}

/// How much changed in a file, in figures alone: `+12 -3`; `1024 B → 2048 B`.
pub fn amount(by: By) -> String {
    match by {
        By::Lines { new, gone } => {
            let signed = [(new, '+'), (gone, '-')].into_iter().filter(|(count, _)| *count > 0);
            signed.map(|(count, sign)| format!("{sign}{count}")).collect::<Vec<_>>().join(" ")
        }
        By::Bytes { before, after } => {
            let sizes = [before, after].into_iter().flatten().map(|size| format!("{size} B"));
            sizes.collect::<Vec<_>>().join(" → ")
        }
    }
}
