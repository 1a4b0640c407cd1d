//! Every output, made and handed to the store.
//!
//! In: the list of outputs, and what they are made from. Out: the files of the site as they are made.
//! Pages that are no part's come first, then the parts of each series with their side pages, each in one visit of its
//! tree, and what holds their texts, which are dropped with it; what has to know all pages comes last.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelExtend, ParallelIterator,
};

use super::headers::{self, PolicySources};
use super::known::Known;
use super::library::Library;
use super::list::Output;
use super::output::Material;
use super::texts::{ChapterText, ChapterTexts, Texts, Wanted};
use super::{epub, feed, granted, markdown, print, search};
use crate::diagnostic::{Code, Diagnostic, has_errors};
use crate::project::images::Smaller;
use crate::render::aside::{marks, pieces};
use crate::render::context::Given;
use crate::render::style::escaped;
use crate::render::visit::{Look, Visit, visit};
use crate::site::Site;
use crate::site::address::{self, Subject};
use crate::site::ids::{ArticleId, ChapterId, PartId};
use crate::site::page::Page;
use crate::site::series::{Chapter, Series};
use crate::store::cache::Key;
use crate::store::emit::EmitError;
use crate::store::kind::Kind;
use crate::store::origin::Origin;
use crate::store::spool::{Piece, Spool};
use crate::store::tree::{Content, Entry, Later, Leaf, OutputPath, Tree};
use crate::text::url::uri;

/// Where the bytes of a build go: gets each file as it is made and says what it was.
pub type Store<'a> = &'a (dyn Fn(&OutputPath, Kind, &Content) -> Result<Entry, EmitError> + Sync);

/// What somebody waits for.
#[derive(Clone, Copy)]
pub struct First<'a> {
    /// Whether it is the page at a path.
    pub wanted: &'a (dyn Fn(&OutputPath) -> bool + Sync),
    /// Is told of each time that the store has such pages, with all that they load; never where something is wrong.
    pub made: &'a dyn Fn(&Site, PolicySources),
}

impl fmt::Debug for First<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First").finish_non_exhaustive()
    }
}

/// What is to be written.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub outputs: &'a [(OutputPath, Output)],
    /// Without texts and policy, which come as the site is written.
    pub material: Material<'a>,
    /// What looks at each article while it is open.
    pub look: Option<Look<'a>>,
    pub store: Store<'a>,
    /// What need not be made again; nothing where all has to be, as for who looks.
    pub known: Option<Known<'a>>,
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("outputs", &self.outputs.len()).finish_non_exhaustive()
    }
}

/// A series of more parts is made on all threads, and before the others.
const MOST_ON_A_THREAD: usize = 100;

/// Of so many series for each thread, each is made on one.
const MANY: usize = 4;

/// A page that lists more parts is made alone: it has megabytes, and what it is made from more.
const MANY_LISTED: usize = 1_000;

/// What makes a series.
#[derive(Clone, Copy)]
enum Threads {
    One,
    All,
}

impl Threads {
    /// Of how many things one thread takes at least.
    fn least_of(self, all: usize) -> usize {
        match self {
            Threads::One => all,
            Threads::All => 1,
        }
    }
}

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// Every file that the store took.
    pub tree: Tree,
    /// What pages load.
    pub holds: PolicySources,
    /// Whether something stood as it would have been made.
    pub stood: bool,
}

impl Written {
    /// Adds what was written of another language.
    pub fn join(&mut self, other: Written) {
        self.tree.extend(other.tree);
        self.holds.join(other.holds);
        self.stood |= other.stood;
    }
}

/// Which outputs are made when, by their places in the list.
#[derive(Default)]
struct Order {
    /// Those that hold texts of parts, by what they are of.
    with_texts: BTreeMap<Subject, Vec<usize>>,
    /// The pages of parts and side pages, and what is written with them.
    chapters: BTreeMap<ChapterId, Vec<usize>>,
    /// All other pages.
    pages: Vec<usize>,
    rest: Vec<usize>,
}

impl Order {
    fn of(outputs: &[(OutputPath, Output)]) -> Order {
        let mut order = Order::default();
        for (at, (_, output)) in outputs.iter().enumerate() {
            if let Some(chapter) = chapter_of(output) {
                order.chapters.entry(chapter).or_default().push(at);
                continue;
            }
            match output {
                Output::Page(_, Page::Print(series)) => {
                    order.with_texts.entry(Subject::Series(*series)).or_default().push(at);
                }
                Output::Made(_, made, of @ Subject::Series(_)) if made.holds_texts => {
                    order.with_texts.entry(*of).or_default().push(at);
                }
                Output::Page(..) => order.pages.push(at),
                _ => order.rest.push(at),
            }
        }
        order
    }
}

/// The text whose page or twin an output is, of a part or a side page.
fn chapter_of(output: &Output) -> Option<ChapterId> {
    match output {
        Output::Page(_, page) => page.chapter(),
        Output::Made(_, made, of) if made.kind == Kind::Twin => of.chapter(),
        _ => None,
    }
}

/// Writes the outputs of a language, from any thread. Once there is an error nothing more is stored, but everything is
/// still made, so that one run reports all it can.
pub struct Writer<'a> {
    job: Job<'a>,
    order: Order,
    /// The parts in the feeds of the whole site.
    news: BTreeSet<PartId>,
    failed: AtomicBool,
    stood: AtomicBool,
    holds: Mutex<PolicySources>,
    /// What the theme's styles load, on any page.
    styles: PolicySources,
    /// Whether each page says its policy itself; not where the project says what it is.
    says_policy: bool,
    kept: Kept,
    /// What was found, by the place of the output in the list.
    found: Mutex<Vec<(usize, Vec<Diagnostic>)>>,
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("job", &self.job).finish_non_exhaustive()
    }
}

impl<'a> Writer<'a> {
    pub fn new(job: Job<'a>) -> Self {
        let site = job.material.site();
        let styles = PolicySources::of_styles(job.material.assets, &site.config.base_url);
        Writer {
            job,
            order: Order::of(job.outputs),
            news: feed::parts(site, None),
            failed: AtomicBool::new(false),
            stood: AtomicBool::new(false),
            holds: Mutex::new(styles.clone()),
            styles,
            says_policy: !headers::has_own_policy(job.material.renderer.resolved().project, &site.config),
            kept: Kept::of(job.outputs.len()),
            found: Mutex::new(Vec::new()),
        }
    }

    /// Writes what somebody waits for, if nothing that was found before it is an error.
    pub fn first(&self, first: First<'_>, found: &[Diagnostic]) {
        if has_errors(found) {
            return;
        }
        let pages = self.job.outputs.iter().enumerate().filter_map(|(at, (path, output))| match output {
            // A whole series on one page is as long in the making as all of it.
            Output::Page(_, Page::Print(_)) => None,
            Output::Page(_, page) => (first.wanted)(path).then_some((at, page)),
            _ => None,
        });
        let site = self.job.material.site();
        let mut has_made = false;
        for (at, page) in pages.filter(|(at, _)| !self.stands(*at)) {
            match page.chapter().and_then(|chapter| site.chapter(chapter)) {
                Some(chapter) => _ = self.chapter((chapter, 0), &[at], (Wanted::default(), None)),
                None => self.page(at),
            }
            has_made = true;
        }
        if has_made && !self.failed.load(Ordering::Relaxed) {
            (first.made)(site, self.holds.lock().unwrap_or_else(PoisonError::into_inner).clone());
        }
    }

    /// Writes every output. `holds` is what pages of other languages load; all of it where what is there once for all
    /// languages is made. Fails only when the store does.
    pub fn finish(self, holds: &PolicySources, out: &mut Vec<Diagnostic>) -> Result<Written, EmitError> {
        let Job { material, .. } = self.job;
        let site = material.site();
        if has_errors(out) {
            self.failed.store(true, Ordering::Relaxed);
        }
        self.holds.lock().unwrap_or_else(PoisonError::into_inner).join(holds.clone());
        let series: Vec<(&Series, &[usize])> = site
            .folders()
            .map(|series| {
                let outputs = self.order.with_texts.get(&Subject::Series(series.at));
                (series, outputs.map(Vec::as_slice).unwrap_or_default())
            })
            .collect();
        // The home page and those of tags list all parts. What lists show of them is let go before there are texts.
        let pages = self.to_make(&self.order.pages);
        let is_large = |at: &&usize| match &self.job.outputs[**at].1 {
            Output::Page(_, page) => page.listed(site) > MANY_LISTED,
            _ => false,
        };
        let (large, pages): (Vec<&usize>, Vec<&usize>) = pages.iter().partition(is_large);
        large.into_iter().for_each(|at| self.page(*at));
        pages.into_par_iter().for_each(|at| self.page(*at));
        site.folders().for_each(|series| material.renderer.forget(series.at));
        let news = self.all_series(&series);
        out.extend(self.take_found());
        let holds = std::mem::take(&mut *self.holds.lock().unwrap_or_else(PoisonError::into_inner));
        let policy = headers::policy(&holds, site);
        let project = material.renderer.resolved().project;
        if site.is_original() {
            out.extend(headers::too_long(&policy, project, &site.config));
            out.extend(headers::refused(&holds, project, &site.config));
        }
        let texts = Texts { chapters: news.into_iter().flat_map(|texts| texts.chapters).collect(), ..Texts::default() };
        let material = Material { texts: &texts, policy: Some(&policy), ..material };
        let rest = self.to_make(&self.order.rest);
        rest.par_iter().for_each(|at| self.made(*at, material));
        out.extend(self.take_found());
        let stood = self.stood.into_inner();
        Ok(Written { tree: self.kept.finish()?, holds, stood })
    }

    /// All series, with those of their outputs that hold texts; gives the texts for the feeds of the site. A thread that
    /// waits for others takes up the next series, so where there are many each is made on one thread: else the texts of
    /// most would be held at once.
    fn all_series(&self, series: &[(&Series, &[usize])]) -> Vec<Texts> {
        let is_long = |(series, _): &&(&Series, &[usize])| series.parts.len() > MOST_ON_A_THREAD;
        let (long, short): (Vec<_>, Vec<_>) = series.iter().partition(is_long);
        let on = if short.len() < MANY * rayon::current_num_threads() { Threads::All } else { Threads::One };
        let mut news: Vec<Texts> =
            long.into_iter().map(|(series, outputs)| self.series(series, outputs, Threads::All)).collect();
        news.par_extend(short.into_par_iter().map(|(series, outputs)| self.series(series, outputs, on)));
        news
    }

    /// The parts of a series and all that holds their texts; gives the texts for the feeds of the site.
    fn series(&self, series: &Series, outputs: &[usize], on: Threads) -> Texts {
        let material = self.job.material;
        let is_page = |at: &usize| matches!(self.job.outputs[*at].1, Output::Page(..));
        let (pages, others): (Vec<usize>, Vec<usize>) = self.to_make(outputs).into_iter().partition(is_page);
        let mut news = Texts::default();
        let mut make = |pages: &[usize], others: &[usize], is_first| {
            let texts = self.together((series, on), (pages, others), is_first);
            let fed = texts.chapters.into_iter().filter(|(chapter, _)| self.is_news(*chapter));
            let fed = fed.filter_map(|(chapter, texts)| Some((chapter, texts.feed?)));
            let fed =
                fed.map(|(of, feed)| (of, Box::new(ChapterTexts { feed: Some(feed), ..ChapterTexts::default() })));
            news.chapters.extend(fed);
        };
        // A long series is visited twice: of its page of all texts nothing is left when the other outputs are made.
        if material.is_long(series) && !others.is_empty() {
            make(&pages, &[], true);
            make(&[], &others, false);
        } else {
            make(&pages, &others, true);
        }
        news
    }

    /// Some outputs of a series, with the texts that they hold; at first the pages of its parts as well.
    fn together(
        &self,
        (series, on): (&Series, Threads),
        (pages, others): (&[usize], &[usize]),
        is_first: bool,
    ) -> Texts {
        let material = self.job.material;
        let mut texts = self.texts((series, on), &[pages, others].concat(), is_first);
        for at in pages {
            let Output::Page(_, page) = &self.job.outputs[*at].1 else { continue };
            let parts = print::parts(material, series, &mut texts);
            self.render(*at, page, Given { visit: None, parts, spool: texts.spool.as_ref() });
        }
        // Only pages need the lists.
        material.renderer.forget(series.at);
        let of_series = Material { texts: &texts, ..material };
        // What holds all texts of a long series is made alone.
        let on = if texts.spool.is_some() { Threads::One } else { on };
        others.par_iter().with_min_len(on.least_of(others.len())).for_each(|at| self.made(*at, of_series));
        texts
    }

    /// Whether the feeds of the whole site have it; a side page is in no feed.
    fn is_news(&self, chapter: ChapterId) -> bool {
        chapter.side().is_none() && self.news.contains(&chapter.part)
    }

    /// The texts that some outputs of a series hold; at first those that the feeds of the site want as well, and makes the
    /// pages of its parts.
    fn texts(&self, (series, on): (&Series, Threads), outputs: &[usize], is_first: bool) -> Texts {
        let material = self.job.material;
        let has = |what: fn(&Output) -> bool| outputs.iter().any(|at| what(&self.job.outputs[*at].1));
        let has_index = has(|output| matches!(output, Output::Made(_, made, _) if made.kind == Kind::Index));
        let has_book = has(|output| matches!(output, Output::Made(_, made, _) if made.kind == Kind::Media));
        let book = has_book.then(|| epub::kept(material, series)).flatten();
        let search = address::search(material.site(), series.at);
        let is_search =
            |at: &usize| matches!(&self.job.outputs[*at].1, Output::Made(address, ..) if *address == search);
        let wanted = Wanted {
            print: has(|output| matches!(output, Output::Page(..))),
            feed: false,
            book: has_book && book.is_none(),
            search: outputs.iter().any(is_search),
        };
        let own_news = if has_index { feed::parts(material.site(), Some(series.at)) } else { BTreeSet::new() };
        let spool = material.spool(series).map(Arc::new);
        let chapters: Vec<Chapter<'_>> = series.chapters().collect();
        let written = chapters.par_iter().with_min_len(on.least_of(chapters.len())).enumerate();
        let written = written.filter_map(|(position, chapter)| {
            let at = chapter.at();
            let feed = at.side().is_none() && own_news.contains(&at.part) || is_first && self.is_news(at);
            let own = self.order.chapters.get(&at).filter(|_| is_first).map(Vec::as_slice).unwrap_or_default();
            let (own, wanted) = (self.to_make(own), Wanted { feed, ..wanted });
            let is_looked_at = is_first && self.job.look.is_some();
            let is_wanted = is_looked_at || !own.is_empty() || wanted != Wanted::default();
            let texts = is_wanted.then(|| self.chapter((*chapter, position), &own, (wanted, spool.as_ref())));
            Some((at, Box::new(texts.flatten()?)))
        });
        let chapters = written.collect();
        Texts { chapters, book, spool }
    }

    /// The page and twin of a part or a side page, and its text for others; nothing for a part without an article, or
    /// with one that can't be opened.
    fn chapter(
        &self,
        (chapter, position): (Chapter<'_>, usize),
        outputs: &[usize],
        (wanted, spool): (Wanted, Option<&Arc<Spool>>),
    ) -> Option<ChapterTexts> {
        let Material { renderer, library, .. } = self.job.material;
        self.open(chapter.article()?, |visit| {
            for at in outputs {
                match &self.job.outputs[*at] {
                    (_, Output::Page(_, page)) => {
                        self.render(*at, page, Given { visit: Some(visit), ..Given::default() });
                    }
                    _ => {
                        let twin = Content::Bytes(markdown::twin(chapter, visit).into_bytes());
                        self.keep(*at, &twin, Some(&PolicySources::default()));
                    }
                }
            }
            texts(ChapterText { renderer, chapter, position, visit }, wanted, (library, spool))
        })
    }

    /// A page that is neither a part's nor a side page.
    fn page(&self, at: usize) {
        let Output::Page(_, page) = &self.job.outputs[at].1 else { return };
        let site = self.job.material.site();
        match page.article(site) {
            Some(article) => {
                self.open(article, |visit| self.render(at, page, Given { visit: Some(visit), ..Given::default() }));
            }
            None => {
                let series = page.series().map(|series| site.series(series));
                let spool = series.and_then(|series| self.job.material.spool(series)).map(Arc::new);
                self.render(at, page, Given { spool: spool.as_ref(), ..Given::default() });
            }
        }
    }

    /// Opens an article, and lets whoever wants to look at it; nothing where it can't be opened, which is reported.
    fn open<T>(&self, article: ArticleId, write: impl FnOnce(&Visit<'_>) -> T) -> Option<T> {
        let written = visit(self.job.material.renderer.resolved(), article, |visit| {
            let mut found = Vec::new();
            granted::check(visit, &mut found);
            if has_errors(&found) {
                self.failed.store(true, Ordering::Relaxed);
            }
            if let Some(look) = self.job.look {
                look(visit, &mut found);
            }
            self.find(usize::MAX, found);
            write(visit)
        });
        let reported = written.map_err(|diagnostic| {
            self.failed.store(true, Ordering::Relaxed);
            self.find(usize::MAX, vec![diagnostic]);
        });
        reported.ok()
    }

    fn render(&self, at: usize, page: &Page, given: Given<'_>) {
        let spool = given.spool;
        let mut found = Vec::new();
        let html = self.job.material.renderer.page(page, given, &mut found);
        if has_errors(&found) {
            self.failed.store(true, Ordering::Relaxed);
        }
        if let Some(mut html) = html {
            let site = self.job.material.site();
            let mut held = PolicySources::of_page(&html, &site.config.base_url);
            for text in spool.into_iter().flat_map(|spool| marks(&html, spool).map(|(_, place)| spool.read(place))) {
                // What can't be read can't be written either, which is told.
                let html = text.unwrap_or_default();
                held.join(PolicySources::of_page(&String::from_utf8_lossy(&html), &site.config.base_url));
            }
            self.holds.lock().unwrap_or_else(PoisonError::into_inner).join(held.clone());
            if self.says_policy {
                self.add_policy(&mut html, held.clone());
            }
            let content = match spool {
                Some(spool) => Content::Pieces(pieces(html, spool)),
                None => Content::Bytes(html.into_bytes()),
            };
            self.keep(at, &content, Some(&held).filter(|_| found.is_empty()));
        }
        self.find(at, found);
    }

    /// Puts the policy of a page into its head; `holds` is what it loads itself.
    fn add_policy(&self, html: &mut String, mut holds: PolicySources) {
        holds.join(self.styles.clone());
        if self.job.material.later {
            holds.allow_preview();
        }
        headers::add_own_policy(html, &holds, self.job.material.site());
    }

    /// An output that is no page.
    fn made(&self, at: usize, material: Material<'_>) {
        let mut found = Vec::new();
        if let Some(content) = content(&self.job.outputs[at].1, material, &mut found) {
            self.keep(at, &content, Some(&PolicySources::default()).filter(|_| found.is_empty()));
        }
        self.find(at, found);
    }

    /// Hands a content to the store. What it holds is given where nothing is wrong with it: then it need not be
    /// made again.
    fn keep(&self, at: usize, content: &Content, held: Option<&PolicySources>) {
        if self.failed.load(Ordering::Relaxed) {
            return;
        }
        let (path, output) = &self.job.outputs[at];
        let entry = self.kept.add(path.clone(), output.kind(), content, self.job.store);
        if let (Some(known), Some(of), Some(entry), Some(held)) = (self.job.known, self.key(at), entry, held) {
            known.remember(path, of, entry, held);
        }
    }

    /// What stands for all that an output is made from; nothing for one that is always made.
    fn key(&self, at: usize) -> Option<&'a Key> {
        let keys = self.job.material.keys;
        let output = &self.job.outputs[at].1;
        if let Some(chapter) = chapter_of(output) {
            return keys.chapter(chapter);
        }
        match output {
            Output::Page(_, page) => match page.series() {
                Some(series) => Some(keys.series(series)),
                None => keys.page(page.article(self.job.material.site())),
            },
            Output::Made(address, _, Subject::Part(part))
                if *address == address::archive(self.job.material.site(), *part) =>
            {
                keys.program(*part)
            }
            Output::Smaller { smaller, .. } => Some(&smaller.key),
            // Cards and books are remembered by themselves.
            Output::Made(_, made, Subject::Series(series)) if made.kind == Kind::Index => Some(keys.series(*series)),
            _ => None,
        }
    }

    /// Whether an output stands as it would be made. Where something has failed all is made, so that one run
    /// reports all it can.
    fn stands(&self, at: usize) -> bool {
        let (Some(known), Some(of)) = (self.job.known, self.key(at)) else { return false };
        if self.failed.load(Ordering::Relaxed) {
            return false;
        }
        let (path, output) = &self.job.outputs[at];
        let Some((entry, held)) = known.standing(path, of) else { return false };
        self.holds.lock().unwrap_or_else(PoisonError::into_inner).join(held);
        self.kept.push(path.clone(), Leaf { kind: output.kind(), entry });
        self.stood.store(true, Ordering::Relaxed);
        true
    }

    /// Those of some outputs that don't stand.
    fn to_make(&self, outputs: &[usize]) -> Vec<usize> {
        outputs.iter().copied().filter(|at| !self.stands(*at)).collect()
    }

    fn find(&self, at: usize, found: Vec<Diagnostic>) {
        if !found.is_empty() {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).push((at, found));
        }
    }

    /// What was found so far, in the order of the outputs; what several pages met, once.
    fn take_found(&self) -> Vec<Diagnostic> {
        let mut found = std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner));
        found.sort_by_key(|(at, _)| *at);
        let mut seen = BTreeSet::new();
        let all = found.into_iter().flat_map(|(_, found)| found);
        all.filter(|diagnostic| seen.insert((diagnostic.place.clone(), diagnostic.code, diagnostic.message.clone())))
            .collect()
    }
}

/// Writes a text in each medium that is wanted.
fn texts(text: ChapterText<'_>, wanted: Wanted, (library, spool): (&Library, Option<&Arc<Spool>>)) -> ChapterTexts {
    ChapterTexts {
        print: wanted.print.then(|| print::text(text, spool)).flatten().map(Box::new),
        feed: wanted.feed.then(|| feed::text(text)),
        chapter: wanted.book.then(|| epub::chapter(text, library, spool)),
        search: wanted.search.then(|| Piece::aside(spool, search::sections(text))),
    }
}

/// What the store took so far, and the first thing it could not take.
struct Kept {
    leaves: Mutex<Vec<(OutputPath, Leaf)>>,
    failure: Mutex<Option<EmitError>>,
}

impl Kept {
    /// Room for so many.
    fn of(outputs: usize) -> Kept {
        Kept { leaves: Mutex::new(Vec::with_capacity(outputs)), failure: Mutex::default() }
    }

    /// Gives a content to the store; nothing when that has failed.
    fn add(&self, path: OutputPath, kind: Kind, content: &Content, store: Store<'_>) -> Option<Entry> {
        if self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return None;
        }
        match store(&path, kind, content) {
            Ok(entry) => {
                self.push(path, Leaf { kind, entry });
                Some(entry)
            }
            Err(error) => {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                None
            }
        }
    }

    fn push(&self, path: OutputPath, leaf: Leaf) {
        self.leaves.lock().unwrap_or_else(PoisonError::into_inner).push((path, leaf));
    }

    fn finish(self) -> Result<Tree, EmitError> {
        if let Some(failure) = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        Ok(self.leaves.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect())
    }
}

/// What lies at the path of an output that is no page; nothing when it can't be made, which has been
/// reported.
fn content(output: &Output, material: Material<'_>, out: &mut Vec<Diagnostic>) -> Option<Content> {
    match output {
        Output::Page(..) => None,
        Output::Alias(moved) => {
            let site = material.site();
            let to = uri(&site.config.base_url.absolute(&moved.to));
            Some(Content::Bytes(redirect(&to, site).into_bytes()))
        }
        Output::File { path, disk } => match material.renderer.resolved().pictures.published(disk) {
            Ok(content) => Some(content),
            Err(error) => {
                let message = format!("can't be read: {error}");
                out.push(Diagnostic::file(Code::UnreadableFile, path.as_str(), message));
                None
            }
        },
        Output::Static { disk, .. } => Some(Content::file(disk.clone())),
        Output::Smaller { disk, smaller } => smaller_picture(disk, smaller, material, out),
        Output::Copy { of, .. } => content(of, material, out),
        Output::Made(_, made, of) => (made.make)(material, *of, out),
        Output::Asset(path) => material.assets.by_path.get(path).map(|asset| asset.content.clone()),
    }
}

/// A picture in fewer pixels.
fn smaller_picture(
    disk: &Origin,
    smaller: &Arc<Smaller>,
    material: Material<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Content> {
    if material.later {
        let (disk, smaller, large) = (disk.clone(), Arc::clone(smaller), material.large.clone());
        let hash = smaller.entry.hash;
        let make = move || smaller.bytes(&disk, &large).map_err(|error| error.to_string());
        return Some(Content::Later(Arc::new(Later::new(hash, make))));
    }
    match smaller.bytes(disk, material.large) {
        Ok(bytes) => Some(Content::Bytes(bytes)),
        Err(error) => {
            let path = disk.name().to_string_lossy();
            out.push(Diagnostic::file(Code::UnreadableFile, path, format!("can't be read: {error}")));
            None
        }
    }
}

/// The page at an old address.
fn redirect(to: &str, site: &Site) -> String {
    let url = escaped(to);
    let say = |key: &str| escaped(&site.phrases.say(key, &[]));
    let (language, direction) = (&site.config.language, site.phrases.direction.name());
    let (moved, moved_to) = (say("moved"), say("moved_to"));
    format!(
        "<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; form-action 'none'; base-uri 'none'\">\n\
         <title>{moved}</title>\n<meta name=\"robots\" content=\"noindex\">\n\
         <link rel=\"canonical\" href=\"{url}\">\n<meta http-equiv=\"refresh\" content=\"0; url={url}\">\n</head>\n\
         <body>\n<p>{moved_to} <a href=\"{url}\">{url}</a>.</p>\n</body>\n</html>\n"
    )
}
