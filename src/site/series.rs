//! A series, or a folder of posts: its parts in their order, each with its number, its neighbors, its state and its
//! side pages.
//!
//! Values and the questions that other rooms ask of them; `assemble` makes them. Nothing here knows
//! Markdown or HTML.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::blocks::comparison::Comparison;
use crate::parse::Link;
use crate::parse::front::Status;
use crate::site::glossary::{Glossary, Term};
use crate::site::ids::{ArticleId, ChapterId, PartId, SeriesId, SideId};
use crate::site::plan::{Order, Plan};
use crate::site::program::Program;
use crate::site::sources::Bibliography;
use crate::text::date::When;
use crate::text::source::{SourceId, Span, Spanned};

/// One series, every listed part in its place; or a folder of posts, which is a series without a plan: its parts have
/// the order of their dates and no number.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its place in the site.
    pub at: SeriesId,
    pub plan: Plan,
    /// The words above the list of posts.
    pub opening: Option<ArticleId>,
    /// In the order of the plan, or of their dates, the newest first.
    /// Soon when its page is all that is out of it, draft when nothing of it is shown.
    pub state: State,
    /// Shown because of `--drafts` alone.
    pub preview: bool,
    /// In the order of the plan.
    pub parts: Vec<Part>,
    pub tracks: Vec<Track>,
    pub glossary: Option<Glossary>,
    pub sources: Option<Bibliography>,
    /// Its comparisons in files of their own, by id.
    pub shared: BTreeMap<String, Shared>,
    /// The program that grows with it.
    pub program: Program,
    /// How many of the listed parts count: the M of "Part N of M". Those that have a number, or all where none has.
    pub total: usize,
    /// How many of those have a page.
    pub published: usize,
    /// How many parts are listed, with a number or without.
    pub entries: usize,
    /// The numbers of its parts.
    pub numbers: Range<i64>,
    /// By term, the first listed part that teaches it.
    pub teachers: BTreeMap<String, PartId>,
    /// Ids that the plan lists and no file has, with their places.
    pub missing: BTreeMap<String, Span>,
    /// Ids that stand in the plan or name a file, and are no parts for a reason that has been reported.
    pub unclear: BTreeSet<String>,
    /// Whether all that its parts teach could be read.
    pub all_taught: bool,
}

/// A named stretch of a series.
#[derive(Debug, Clone)]
pub struct Track {
    /// Counted from 1.
    pub position: usize,
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Where its parts stand among those of the series.
    pub parts: Range<usize>,
}

/// A comparison in a file of its own.
#[derive(Debug, Clone)]
pub struct Shared {
    pub source: SourceId,
    pub comparison: Comparison,
    pub links: Vec<Link>,
    /// The keys of the sources that it cites.
    pub citations: Vec<Spanned<String>>,
}

/// Whether readers get to see a part; the more they see, the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It has a page.
    Out,
    /// Its original is out, and it isn't translated: it is listed, and leads there.
    Original,
    /// It is listed and counted, and has no page.
    Soon,
    /// It appears nowhere.
    Draft,
}

/// A part in its series.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its place in the site.
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
    /// Whether its title and description are in the language of the original, where that is another.
    pub borrowed: bool,
    /// Whether it is to have a number: a preface has none.
    pub numbered: bool,
    /// None for a draft, and where none is wanted.
    pub number: Option<i64>,
    pub title: String,
    pub description: Option<String>,
    pub emoji: Option<String>,
    /// What stands for its description before machines: the first sentence of what is out.
    pub opening: Option<String>,
    /// When it comes out, or came.
    pub due: Option<When>,
    /// The same, as readers are told: nothing in a series without dates.
    pub date: Option<When>,
    /// The day of its last change, where its author gives one.
    pub updated: Option<When>,
    /// Ids of its authors: its own, else those of its series.
    pub authors: Box<[Spanned<String>]>,
    /// Where its track stands among those of the series.
    pub(super) track: usize,
    /// `ai-demystified/rag/`, below the base.
    pub address: String,
    pub teaches: Box<[Spanned<String>]>,
    pub needs: Box<[Spanned<String>]>,
    /// By name.
    pub sides: Vec<Side>,
    /// Those that its language doesn't have, and the original does.
    pub sides_elsewhere: Vec<SideElsewhere>,
}

/// A side page of an original, as a translation of its part lists it.
#[derive(Debug, Clone)]
pub struct SideElsewhere {
    /// The name of its file, unique in its part.
    pub name: String,
    pub title: String,
    pub description: Option<String>,
    /// Of the original.
    pub address: String,
    pub words: usize,
}

/// A further article in the folder of a part, such as its exercises: no entry of the plan, and out when the part
/// is.
#[derive(Debug, Clone)]
pub struct Side {
    /// Its place in the site.
    pub at: SideId,
    /// The name of its file, or of its folder: `exercises`.
    pub name: String,
    /// The id of its part and its name: `rag/exercises`.
    pub path: String,
    pub article: ArticleId,
    pub title: String,
    pub description: Option<String>,
    /// Its first sentence, for machines where there is no description.
    pub opening: Option<String>,
    /// None in a series that shows no dates.
    pub date: Option<When>,
    /// The day of its last change, where its author gives one.
    pub updated: Option<When>,
    /// Ids of its authors: its own, else those of its part.
    pub authors: Box<[Spanned<String>]>,
    /// `ai-demystified/rag/exercises/`, below the base.
    pub address: String,
}

/// A text of a series that has a page.
#[derive(Debug, Clone, Copy)]
pub enum Chapter<'a> {
    Part(&'a Part),
    /// A side page, and its part.
    Side(&'a Side, &'a Part),
}

impl Series {
    /// Whether it is a folder of posts.
    pub fn is_posts(&self) -> bool {
        matches!(self.plan.order, Order::Dates { .. })
    }

    /// How many pages its list of posts has; 1 where it has none to turn.
    pub fn list_pages(&self) -> usize {
        match self.plan.order {
            Order::Dates { per_page } => self.published.div_ceil(per_page).max(1),
            Order::Plan => 1,
        }
    }

    /// The posts on a page of its list, from 1.
    pub fn on_list_page(&self, page: usize) -> impl Iterator<Item = &Part> {
        let per_page = match self.plan.order {
            Order::Dates { per_page } => per_page,
            Order::Plan => self.published,
        };
        self.out().skip((page - 1) * per_page).take(per_page)
    }

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

    /// Whether anything of it is out.
    pub fn is_out(&self) -> bool {
        self.state == State::Out
    }

    /// Whether it appears at all.
    pub fn is_shown(&self) -> bool {
        self.state != State::Draft
    }

    /// The parts that have a page.
    pub fn out(&self) -> impl DoubleEndedIterator<Item = &Part> {
        self.parts.iter().filter(|part| part.is_out())
    }

    /// The texts that have a page, in the order in which they are read: each part, then its side pages.
    pub fn chapters(&self) -> impl Iterator<Item = Chapter<'_>> {
        self.out().flat_map(|part| {
            let sides = part.sides.iter().map(move |side| Chapter::Side(side, part));
            std::iter::once(Chapter::Part(part)).chain(sides)
        })
    }

    /// The nearest part before this one that has a page; of a post, the one that came out before it.
    pub fn previous(&self, part: PartId) -> Option<PartId> {
        if self.is_posts() { self.below(part) } else { self.above(part) }
    }

    /// The nearest part after this one that has a page; of a post, the one that came out after it.
    pub fn next(&self, part: PartId) -> Option<PartId> {
        if self.is_posts() { self.above(part) } else { self.below(part) }
    }

    fn above(&self, part: PartId) -> Option<PartId> {
        self.parts[..part.index()].iter().rfind(|part| part.is_out()).map(|part| part.at)
    }

    fn below(&self, part: PartId) -> Option<PartId> {
        self.parts[part.index() + 1..].iter().find(|part| part.is_out()).map(|part| part.at)
    }

    /// The next entry of the plan, out or soon; there is none where there is no plan.
    pub fn next_listed(&self, part: PartId) -> Option<PartId> {
        if self.is_posts() {
            return None;
        }
        self.parts[part.index() + 1..].iter().find(|part| part.state != State::Draft).map(|part| part.at)
    }

    /// The places of a part and of so many listed parts on either side.
    pub fn around(&self, part: PartId, neighbors: usize) -> Range<usize> {
        let (at, all) = (part.index(), &self.parts);
        let is_listed = |place: &usize| all[*place].state != State::Draft;
        let first = (0..at).rev().filter(is_listed).take(neighbors).last().unwrap_or(at);
        let last = (at + 1..all.len()).filter(is_listed).take(neighbors).last().unwrap_or(at);
        first..last + 1
    }

    /// The published parts as of which the program is another than as of the published part before.
    pub fn program_parts(&self) -> impl Iterator<Item = &Part> {
        self.out().filter(|part| self.changes_program(part))
    }

    /// Whether a part is one of those.
    pub fn changes_program(&self, part: &Part) -> bool {
        let state = |part: PartId| self.program.state_as_of(part).map(|state| state.part);
        let now = state(part.at).filter(|_| part.is_out());
        now.is_some() && now != self.above(part.at).and_then(state)
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

    /// The terms that the glossary page shows, by id: each with it and the published part that teaches it.
    pub fn shown_terms(&self) -> Vec<(&str, &Term, PartId)> {
        let Some(glossary) = &self.glossary else { return Vec::new() };
        let terms = glossary.terms.iter();
        terms.filter_map(|(id, term)| Some((id.as_str(), term, self.published_teacher(id)?))).collect()
    }
}

impl Part {
    /// Whether it has a page.
    pub fn is_out(&self) -> bool {
        self.state == State::Out
    }

    /// What machines are told of it: its description, else its first sentence.
    pub fn summary(&self) -> Option<&str> {
        self.description.as_deref().or(self.opening.as_deref())
    }

    /// When it changed last, as far as its author says; what was never changed has its date.
    pub fn changed(&self) -> Option<When> {
        self.updated.or(self.date)
    }

    /// One of its side pages.
    pub fn side(&self, id: SideId) -> &Side {
        &self.sides[id.index()]
    }

    /// Its articles: its own, and those of its side pages.
    pub fn articles(&self) -> impl Iterator<Item = ArticleId> {
        self.article.into_iter().chain(self.sides.iter().map(|side| side.article))
    }

    /// It, or one of its side pages.
    pub fn chapter(&self, id: ChapterId) -> Option<Chapter<'_>> {
        match id.side() {
            None => Some(Chapter::Part(self)),
            Some(side) => self.sides.get(side.index()).map(|side| Chapter::Side(side, self)),
        }
    }
}

impl<'a> Chapter<'a> {
    pub fn at(self) -> ChapterId {
        match self {
            Chapter::Part(part) => part.at.into(),
            Chapter::Side(side, _) => side.at.into(),
        }
    }

    /// The part that it is, or belongs to.
    pub fn part(self) -> &'a Part {
        let (Chapter::Part(part) | Chapter::Side(_, part)) = self;
        part
    }

    /// None for a part that is only announced.
    pub fn article(self) -> Option<ArticleId> {
        match self {
            Chapter::Part(part) => part.article,
            Chapter::Side(side, _) => Some(side.article),
        }
    }

    /// What no other text of its series is called: `rag`, `rag.exercises`. An id has no dot.
    pub fn name(self) -> String {
        match self {
            Chapter::Part(part) => part.id.clone(),
            Chapter::Side(side, part) => format!("{}.{}", part.id, side.name),
        }
    }

    /// Below the base.
    pub fn address(self) -> &'a str {
        match self {
            Chapter::Part(part) => &part.address,
            Chapter::Side(side, _) => &side.address,
        }
    }

    pub fn title(self) -> &'a str {
        match self {
            Chapter::Part(part) => &part.title,
            Chapter::Side(side, _) => &side.title,
        }
    }

    pub fn description(self) -> Option<&'a str> {
        match self {
            Chapter::Part(part) => part.description.as_deref(),
            Chapter::Side(side, _) => side.description.as_deref(),
        }
    }

    /// What machines are told that it is about: its first sentence where there is no description.
    pub fn summary(self) -> Option<&'a str> {
        match self {
            Chapter::Part(part) => part.summary(),
            Chapter::Side(side, _) => side.description.as_deref().or(side.opening.as_deref()),
        }
    }

    /// None for a side page without one of its own.
    pub fn date(self) -> Option<When> {
        match self {
            Chapter::Part(part) => part.date,
            Chapter::Side(side, _) => side.date,
        }
    }

    /// The day of its last change, where its author gives one.
    pub fn updated(self) -> Option<When> {
        match self {
            Chapter::Part(part) => part.updated,
            Chapter::Side(side, _) => side.updated,
        }
    }

    /// When it changed last, as far as its author says.
    pub fn changed(self) -> Option<When> {
        self.updated().or(self.date())
    }

    /// Ids of who wrote it.
    pub fn authors(self) -> &'a [Spanned<String>] {
        match self {
            Chapter::Part(part) => &part.authors,
            Chapter::Side(side, _) => &side.authors,
        }
    }
}
