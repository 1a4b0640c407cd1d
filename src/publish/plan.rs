//! What a publish would do, before it does any of it.
//!
//! In: the files of the site as they lie staged, and a [`Survey`] of the target. Out: a [`Plan`]:
//! each change with its reason, in the order in which it has to arrive, what goes, what stays, and
//! the [`Record`] that tells the next publish what is ours. Never touches a target.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::record::{Headers, RECORD_VERSION, Record, Recorded};
use crate::store::kind::Kind;
use crate::store::tree::Entry;
use crate::text::path::folders_above;

/// Classes of files in the order in which they arrive, so that no page is there before its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// It never changes, so old ones may stay.
    Asset,
    Media,
    /// Articles, which need the two before.
    Page,
    /// What leads to articles, and what is said of all of them.
    Index,
}

impl Class {
    pub fn of(kind: Kind) -> Class {
        match kind {
            Kind::Asset => Class::Asset,
            Kind::Media => Class::Media,
            Kind::Article | Kind::Twin => Class::Page,
            Kind::Page | Kind::Index | Kind::Redirect | Kind::Host => Class::Index,
        }
    }
}

/// A file of the site, staged on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Below the target, pieces joined by `/`.
    pub path: String,
    /// Where its bytes are. They don't change while the run lasts.
    pub disk: PathBuf,
    pub entry: Entry,
    pub kind: Kind,
    pub headers: Headers,
}

impl LocalFile {
    pub fn class(&self) -> Class {
        Class::of(self.kind)
    }
}

/// The files of the site by path.
pub type Files = BTreeMap<String, LocalFile>;

/// What lies on a target now, by its own listing.
#[derive(Debug, Default)]
pub struct Survey {
    /// `None` when nothing was ever published there.
    pub record: Option<Record>,
    /// Every file but the internal ones, ours or not.
    pub held: BTreeMap<String, Held>,
}

/// A file on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub size: u64,
    /// Whether its content is that of the site's file at this path, as far as the target's listing
    /// tells; `None` when it tells nothing, and for paths that the site doesn't have.
    pub same: Option<bool>,
}

/// Why a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    New,
    Content,
    Headers,
}

/// A file that has to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub file: LocalFile,
    pub reason: Reason,
}

/// An asset of an earlier release that stays for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub path: String,
    pub until: Timestamp,
}

/// What a publish does.
#[derive(Debug)]
pub struct Plan {
    /// In the order in which they have to arrive.
    pub changes: Vec<Change>,
    pub unchanged: usize,
    /// Files of ours that the site no longer has, in order.
    pub deletions: Vec<String>,
    /// How many of the deletions are assets whose time is up.
    pub expired: usize,
    pub kept: Vec<Kept>,
    /// Files that are not ours and stay.
    pub foreign: Vec<String>,
    /// Files that are not ours, in the way of the site's.
    pub conflicts: Vec<String>,
    /// The record of the time in between: every path that may become ours.
    pub intent: Record,
    /// The record of the target as it will be.
    pub record: Record,
    /// Whether the target's record says all of this already.
    pub recorded: bool,
    /// How many files of ours lay on the target.
    pub before: usize,
    /// All of this in one sentence of the site's own words.
    pub summary: String,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.deletions.is_empty() && self.recorded
    }

    /// The changes class by class, in order; each batch has to be there before the next begins.
    pub fn batches(&self) -> impl Iterator<Item = &[Change]> {
        self.changes.chunk_by(|a, b| a.file.class() == b.file.class())
    }

    /// Deletions that have to come before the changes: a file where the site has a folder now, or
    /// below a folder where it has a file. The others come last.
    pub fn split_deletions(&self) -> (Vec<&str>, Vec<&str>) {
        let mut folders = BTreeSet::new();
        let mut files = BTreeSet::new();
        for Change { file, .. } in &self.changes {
            files.insert(file.path.as_str());
            folders.extend(folders_above(&file.path));
        }
        self.deletions
            .iter()
            .map(String::as_str)
            .partition(|path| folders.contains(path) || folders_above(path).any(|folder| files.contains(folder)))
    }

    /// Counts what is in the way as ours: it goes where the site doesn't replace it.
    pub fn take_over(&mut self) {
        let gone = self.conflicts.iter().filter(|path| !self.record.files.contains_key(*path)).cloned();
        self.deletions.extend(gone);
        self.deletions.sort();
        self.deletions.dedup();
        self.foreign.retain(|path| !self.conflicts.contains(path));
    }

    /// The paths that make up the target afterwards and are ours.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        self.record.files.keys().map(String::as_str)
    }
}

/// What the new record says of the site itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    pub parts: BTreeMap<String, Vec<String>>,
    pub feed: BTreeMap<String, String>,
}

/// What is compared for a plan.
#[derive(Debug)]
pub struct Comparison<'a> {
    pub files: &'a Files,
    pub survey: &'a Survey,
    pub contents: Contents,
    /// Whether the target keeps headers of its own.
    pub keeps_headers: bool,
    /// How long retired assets stay.
    pub keep_days: i64,
    pub now: Timestamp,
}

/// Compares the site with a target.
pub fn plan(comparison: Comparison<'_>) -> Plan {
    let nothing = BTreeMap::new();
    let recorded = comparison.survey.record.as_ref().map_or(&nothing, |record| &record.files);
    let Comparison { files, survey, keeps_headers, now, .. } = comparison;
    let mut changes = Vec::new();
    for (path, file) in files {
        let reason = match survey.held.get(path) {
            None => Some(Reason::New),
            Some(held) => difference(file, held, recorded.get(path), keeps_headers),
        };
        changes.extend(reason.map(|reason| Change { file: file.clone(), reason }));
    }
    changes.sort_by(|a, b| (a.file.class(), &a.file.path).cmp(&(b.file.class(), &b.file.path)));
    let leftover = leftover(&comparison, recorded);

    let Contents { parts, feed } = comparison.contents;
    let ours = files.iter().map(|(path, file)| (path.clone(), recorded_file(file)));
    let files_then = ours.chain(leftover.recorded).collect();
    let record = Record { version: RECORD_VERSION, published: now, complete: true, parts, feed, files: files_then };
    Plan {
        unchanged: files.len() - changes.len(),
        conflicts: conflicts(files, survey, &changes, recorded),
        intent: intent(survey, &changes, now),
        recorded: survey.record.as_ref().is_some_and(|old| old.agrees(&record)),
        before: survey.held.keys().filter(|path| recorded.contains_key(*path)).count(),
        changes,
        deletions: leftover.deletions,
        expired: leftover.expired,
        kept: leftover.kept,
        foreign: leftover.foreign,
        record,
        summary: String::new(),
    }
}

/// What lies on a target and isn't of the site.
#[derive(Default)]
struct Leftover {
    deletions: Vec<String>,
    expired: usize,
    kept: Vec<Kept>,
    /// What the record will say of those that are kept.
    recorded: Vec<(String, Recorded)>,
    foreign: Vec<String>,
}

fn leftover(comparison: &Comparison<'_>, recorded: &BTreeMap<String, Recorded>) -> Leftover {
    let Comparison { files, survey, keep_days, now, .. } = *comparison;
    let mut leftover = Leftover::default();
    for path in survey.held.keys().filter(|path| !files.contains_key(*path)) {
        let Some(known) = recorded.get(path) else {
            leftover.foreign.push(path.clone());
            continue;
        };
        let retired = known.retired.unwrap_or(now);
        let until = retired.saturating_add(SignedDuration::from_hours(24 * keep_days)).unwrap_or(Timestamp::MAX);
        if known.asset && until > now {
            leftover.recorded.push((path.clone(), Recorded { retired: Some(retired), ..known.clone() }));
            leftover.kept.push(Kept { path: path.clone(), until });
        } else {
            leftover.expired += usize::from(known.asset);
            leftover.deletions.push(path.clone());
        }
    }
    leftover
}

/// What isn't ours and stands where the site has another file, a folder, or a file for a folder.
fn conflicts(files: &Files, survey: &Survey, changes: &[Change], recorded: &BTreeMap<String, Recorded>) -> Vec<String> {
    let is_foreign = |path: &str| survey.held.contains_key(path) && !recorded.contains_key(path);
    let changed = changes.iter().filter(|change| change.reason == Reason::Content);
    let other_files = changed.map(|change| change.file.path.as_str()).filter(|path| is_foreign(path));
    let folders = files.keys().flat_map(|path| folders_above(path)).filter(|folder| is_foreign(folder));
    let lies_in_a_file = |path: &&str| folders_above(path).any(|folder| files.contains_key(folder));
    let inside = survey.held.keys().map(String::as_str);
    let inside = inside.filter(|path| !files.contains_key(*path) && !recorded.contains_key(*path));
    let all: BTreeSet<&str> = other_files.chain(folders).chain(inside.filter(lies_in_a_file)).collect();
    all.into_iter().map(str::to_string).collect()
}

/// The record of before with all that may become ours. Until it has arrived, no part is out.
fn intent(survey: &Survey, changes: &[Change], now: Timestamp) -> Record {
    let mut intent = survey.record.clone().unwrap_or_else(|| Record {
        version: RECORD_VERSION,
        published: now,
        complete: false,
        parts: BTreeMap::new(),
        feed: BTreeMap::new(),
        files: BTreeMap::new(),
    });
    intent.complete = false;
    for change in changes {
        let planned = Recorded { hash: None, ..recorded_file(&change.file) };
        intent.files.insert(change.file.path.clone(), planned);
    }
    intent
}

/// What a target lacks of the plan, by its own listing afterwards: paths with what is wrong.
pub fn verify(plan: &Plan, files: &Files, survey: &Survey) -> Vec<(String, &'static str)> {
    let mut wrong = Vec::new();
    for (path, file) in files {
        match survey.held.get(path) {
            None => wrong.push((path.clone(), "is missing")),
            Some(held) if held.size != file.entry.size => wrong.push((path.clone(), "has another size")),
            Some(Held { same: Some(false), .. }) => wrong.push((path.clone(), "has another content")),
            Some(_) => {}
        }
    }
    let gone = plan.deletions.iter().filter(|path| survey.held.contains_key(*path));
    wrong.extend(gone.map(|path| (path.clone(), "is still there")));
    let kept = plan.kept.iter().filter(|kept| !survey.held.contains_key(&kept.path));
    wrong.extend(kept.map(|kept| (kept.path.clone(), "is missing")));
    wrong
}

/// Why a file that lies on the target has to be sent again; `None` when it doesn't.
fn difference(file: &LocalFile, held: &Held, known: Option<&Recorded>, headers: bool) -> Option<Reason> {
    let same = match held.same {
        _ if held.size != file.entry.size => false,
        Some(same) => same,
        // The listing has no hash, so the record's word counts, if it is sure of it.
        None => known.and_then(|known| known.hash.as_ref()).is_some_and(|hash| *hash == hex(file)),
    };
    if !same {
        return Some(Reason::Content);
    }
    // A file that a killed run was to send may have the headers of before.
    let lacks_headers = |known: &Recorded| known.headers != file.headers || known.hash.is_none();
    (headers && known.is_none_or(lacks_headers)).then_some(Reason::Headers)
}

fn recorded_file(file: &LocalFile) -> Recorded {
    Recorded {
        hash: Some(hex(file)),
        size: file.entry.size,
        headers: file.headers.clone(),
        asset: file.kind == Kind::Asset,
        retired: None,
    }
}

fn hex(file: &LocalFile) -> String {
    blake3::Hash::from_bytes(file.entry.hash).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cache: &str) -> Headers {
        Headers { content_type: "text/html".into(), cache_control: cache.into() }
    }

    fn site(files: &[(&str, u8, Kind)]) -> Files {
        let file = |(path, hash, kind): &(&str, u8, Kind)| LocalFile {
            path: path.to_string(),
            disk: PathBuf::from(path),
            entry: Entry { size: 1, hash: [*hash; 32] },
            kind: *kind,
            headers: headers("no-cache"),
        };
        files.iter().map(|found| (found.0.to_string(), file(found))).collect()
    }

    /// A target that holds files whose contents its listing calls the same, or not, or neither.
    fn survey(record: Option<&Record>, held: &[(&str, Option<bool>)]) -> Survey {
        let held = held.iter().map(|(path, same)| (path.to_string(), Held { size: 1, same: *same })).collect();
        Survey { record: record.cloned(), held }
    }

    fn plan_of(files: &Files, survey: &Survey, days: i64) -> Plan {
        let now = Timestamp::from_second(86_400 * days).expect("in range");
        let contents = Contents::default();
        plan(Comparison { files, survey, contents, keeps_headers: true, keep_days: 30, now })
    }

    fn reasons(plan: &Plan) -> Vec<(&str, Reason)> {
        plan.changes.iter().map(|change| (change.file.path.as_str(), change.reason)).collect()
    }

    #[test]
    fn parts_come_before_pages_and_pages_before_lists() {
        let files = site(&[
            ("a.html", 1, Kind::Article),
            ("b.css", 2, Kind::Asset),
            ("c.png", 3, Kind::Media),
            ("index.html", 4, Kind::Page),
            ("z.html", 5, Kind::Article),
        ]);
        let plan = plan_of(&files, &survey(None, &[]), 0);
        let batches: Vec<Vec<&str>> =
            plan.batches().map(|batch| batch.iter().map(|change| change.file.path.as_str()).collect()).collect();
        assert_eq!(batches, [vec!["b.css"], vec!["c.png"], vec!["a.html", "z.html"], vec!["index.html"]]);
    }

    #[test]
    fn each_change_has_its_reason() {
        let files =
            site(&[("a", 1, Kind::Article), ("b", 2, Kind::Article), ("c", 3, Kind::Article), ("d", 4, Kind::Article)]);
        let mut record = plan_of(&files, &survey(None, &[]), 0).record;
        record.files.get_mut("c").expect("there").headers = headers("max-age=9");
        let held = [("b", Some(false)), ("c", Some(true)), ("d", Some(true))];
        let found = plan_of(&files, &survey(Some(&record), &held), 0);
        assert_eq!(reasons(&found), [("a", Reason::New), ("b", Reason::Content), ("c", Reason::Headers)]);
        assert_eq!(found.unchanged, 1);
    }

    #[test]
    fn without_hashes_in_the_listing_the_record_counts_as_far_as_it_is_sure() {
        let files = site(&[("a", 1, Kind::Article)]);
        let first = plan_of(&files, &survey(None, &[]), 0);
        let held = [("a", None)];
        assert!(plan_of(&files, &survey(Some(&first.record), &held), 0).is_empty());
        // Stopped on its way, nobody knows what arrived.
        assert_eq!(first.intent.files["a"].hash, None);
        assert_eq!(reasons(&plan_of(&files, &survey(Some(&first.intent), &held), 0)), [("a", Reason::Content)]);
        let changed = site(&[("a", 2, Kind::Article)]);
        assert_eq!(reasons(&plan_of(&changed, &survey(Some(&first.record), &held), 0)), [("a", Reason::Content)]);
    }

    #[test]
    fn what_is_on_its_way_is_not_out() {
        let files = site(&[("a", 1, Kind::Article)]);
        let contents = Contents { parts: BTreeMap::from([("s".into(), vec!["a".into()])]), feed: BTreeMap::new() };
        let (survey, now) = (survey(None, &[]), Timestamp::UNIX_EPOCH);
        let found =
            plan(Comparison { files: &files, survey: &survey, contents, keeps_headers: true, keep_days: 30, now });
        assert!(found.intent.parts.is_empty() && !found.intent.complete);
        assert_eq!(found.record.parts.len(), 1);
    }

    #[test]
    fn old_assets_stay_for_their_days() {
        let old = site(&[("x.css", 1, Kind::Asset), ("x.png", 2, Kind::Media)]);
        let record = plan_of(&old, &survey(None, &[]), 0).record;
        let held = [("x.css", None), ("x.png", None), ("mine", None)];
        let next = plan_of(&Files::new(), &survey(Some(&record), &held), 10);
        assert_eq!(next.deletions, ["x.png"]);
        assert_eq!(next.kept.len(), 1);
        assert_eq!(next.foreign, ["mine"]);
        let held = [("x.css", None)];
        let later = plan_of(&Files::new(), &survey(Some(&next.record), &held), 39);
        assert!(later.is_empty(), "{later:?}");
        let last = plan_of(&Files::new(), &survey(Some(&later.record), &held), 40);
        assert_eq!((last.deletions, last.expired), (vec!["x.css".to_string()], 1));
        // Used again, its days begin anew.
        let again = plan_of(&old, &survey(Some(&next.record), &held), 41);
        assert_eq!(again.record.files["x.css"].retired, None);
    }

    #[test]
    fn what_is_in_the_way_is_seen() {
        let files = site(&[("a/b", 1, Kind::Article), ("c", 2, Kind::Article), ("same", 3, Kind::Article)]);
        let held = [("a", None), ("c/d", None), ("same", Some(true))];
        let mut found = plan_of(&files, &survey(None, &held), 0);
        assert_eq!(found.conflicts, ["a", "c/d"]);
        found.take_over();
        assert_eq!(found.split_deletions().0, ["a", "c/d"]);
        assert!(found.foreign.is_empty());
    }

    #[test]
    fn what_did_not_arrive_is_found() {
        let files = site(&[("a", 1, Kind::Article), ("b", 2, Kind::Article), ("c", 3, Kind::Article)]);
        let first = plan_of(&files, &survey(None, &[]), 0);
        let wrong = verify(&first, &files, &survey(None, &[("a", Some(true)), ("b", Some(false))]));
        assert_eq!(wrong, [("b".into(), "has another content"), ("c".into(), "is missing")]);
    }
}
