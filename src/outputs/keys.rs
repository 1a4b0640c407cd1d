//! What stands for all that outputs are made from.
//!
//! In: a site and what it was read from. Out: for each part and side page, for each series as a whole, and for the
//! pages that are of none, a hash of all that its outputs are made from.
//!
//! Whatever an output says stands in some source, so all of them count: that a change of a template, of the
//! settings, of a plan or of an article's front matter makes everything again costs less than a list of what each
//! output reads. Only the text of an article is left to its own page and series. Of it others know its anchors,
//! which count everywhere, and how long it takes to read, which its series shows, and pages that are of none.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::library::Library;
use crate::parse::Article;
use crate::project::Run;
use crate::project::assets::Assets;
use crate::render::minutes;
use crate::render::visit::Resolved;
use crate::site::ids::{ArticleId, ChapterId, PartId, SeriesId};
use crate::site::numbers;
use crate::site::page::Paged;
use crate::site::series::{Chapter, Part, Series};
use crate::store::cache::Key;
use crate::store::disk::hash_file;
use crate::system::can_run;
use crate::text::source::Source;

/// What all outputs of a run are made from, beside the texts of articles.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// What tells this program from any other, which may make other outputs of the same; empty where nobody knows.
    pub program: &'a [u8],
    pub run: &'a Run,
    pub resolved: Resolved<'a>,
    /// What stands for the files of data that templates ask for.
    pub data: &'a [u8; 32],
    /// The site in all its languages, with its pages.
    pub sites: &'a [Paged<'a>],
    pub assets: &'a Assets,
    pub library: &'a Library,
    /// The hash of the fonts that cards are set in, since any template can ask how wide words are.
    pub faces: &'a [u8; 32],
}

/// What stands for all that outputs are made from.
#[derive(Debug)]
pub struct Keys {
    chapters: BTreeMap<ChapterId, Key>,
    /// By series.
    series: Vec<Key>,
    /// Of pages that are of no series.
    pages: Key,
    /// Of those of them that have an article.
    articles: BTreeMap<ArticleId, Key>,
    /// Of the programs as of parts that change them.
    programs: BTreeMap<PartId, Key>,
}

impl Keys {
    /// Of the archive of the program as of a part.
    pub fn program(&self, part: PartId) -> Option<&Key> {
        self.programs.get(&part)
    }

    /// Of the outputs of a part or a side page alone; none for one that is not out.
    pub fn chapter(&self, chapter: ChapterId) -> Option<&Key> {
        self.chapters.get(&chapter)
    }

    /// Of the outputs of a series.
    pub fn series(&self, series: SeriesId) -> &Key {
        &self.series[series.index()]
    }

    /// Of a page that is of no series, by its article where it has one.
    pub fn page(&self, article: Option<ArticleId>) -> Option<&Key> {
        article.map_or(Some(&self.pages), |article| self.articles.get(&article))
    }
}

/// Hashes what the outputs of parts, side pages and series, and the pages of none, are made from.
pub fn keys(common: Common<'_>) -> Keys {
    let everywhere = everywhere(common);
    let Resolved { site, .. } = common.resolved;
    let all: Vec<_> = site
        .folders()
        .collect::<Vec<_>>()
        .par_iter()
        .map(|series| {
            let programs = of_program(series, common.program);
            (of_series((series, &programs), &everywhere, common.resolved), programs)
        })
        .collect();
    let mut pages = Hasher::default();
    pages.add(&everywhere.bytes());
    let (mut chapters, mut series, mut programs) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    for (of, own) in all {
        pages.add(&of.shown.bytes());
        own.values().for_each(|program| pages.add(&program.bytes()));
        series.push(of.whole);
        chapters.extend(of.chapters);
        programs.extend(own);
    }
    let pages = Key::of([pages.end().as_bytes()]);
    let articles = site.home.into_iter().chain(site.singles.iter().map(|single| single.article));
    let articles = articles.map(|article| (article, of_article(article, &pages, common.resolved))).collect();
    Keys { chapters, series, pages, articles, programs }
}

/// Raise the number when what is hashed here is no longer all there is.
const VERSION: &[u8] = b"outputs 5";

fn everywhere(common: Common<'_>) -> Key {
    let Common { program, run, resolved, data, sites, assets, library, faces } = common;
    let Resolved { project, site, shown, .. } = resolved;
    let mut hasher = Hasher::default();
    hasher.add(&library.digest);
    hasher.add(data);
    let articles = sites.iter().flat_map(|(site, _)| site.articles.iter());
    let read: BTreeMap<_, _> = articles.map(|article| (article.source, article)).collect();
    let sources: Vec<_> = project.sources.iter().collect();
    let of_sources: Vec<Key> =
        sources.par_iter().map(|(id, source)| of_source(source, read.get(id).copied())).collect();
    of_sources.iter().for_each(|key| hasher.add(&key.bytes()));
    let paths = project.files.keys().chain(project.programs.keys()).chain(project.statics.keys());
    for path in paths.chain(&project.unread) {
        hasher.add(path.as_bytes());
    }
    for asset in assets.by_path.values() {
        hasher.show(&(&asset.address, &asset.integrity));
    }
    hasher.add(faces);
    hasher.show(&(shown, run.drafts, run.later, site.base_url_is_replaced));
    hasher.show(&(site.language, &site.languages.all));
    sites.iter().flat_map(|(_, pages)| *pages).for_each(|(address, _)| hasher.add(address.as_bytes()));
    Key::of([VERSION, program, hasher.end().as_bytes()])
}

/// Of a source all that others than its own page may say of it.
fn of_source(source: &Source, article: Option<&Article>) -> Key {
    let mut hasher = Hasher::default();
    hasher.add(source.path.as_bytes());
    let Some(article) = article else {
        hasher.add(source.hash().as_bytes());
        return Key::of([hasher.end().as_bytes()]);
    };
    hasher.add(article.head.as_bytes());
    hasher.add(article.title_id.as_deref().unwrap_or_default().as_bytes());
    let headings = article.headings.iter().map(|heading| &*heading.id);
    let others = article.html_ids.iter().chain(article.numbered.iter().map(|thing| &thing.id));
    headings.chain(others.map(String::as_str)).for_each(|id| hasher.add(id.as_bytes()));
    Key::of([hasher.end().as_bytes()])
}

/// The hashes of the program of a series as of each part that changes it, which its archive is made from.
fn of_program(series: &Series, program: &[u8]) -> BTreeMap<PartId, Key> {
    // A file is part of many states. One that can't be read is reported where it is packed.
    let mut known: BTreeMap<&Path, String> = BTreeMap::new();
    let mut keys = BTreeMap::new();
    for part in series.program_parts() {
        let mut hasher = Hasher::default();
        hasher.add(program);
        hasher.add(part.id.as_bytes());
        for (path, file) in series.program.files(part.at) {
            let content = known.entry(file.name()).or_insert_with(|| {
                let read = || Ok::<_, std::io::Error>((can_run(&file.open()?.metadata()?), hash_file(file.open()?)?));
                format!("{:?}", read())
            });
            hasher.add(path.as_bytes());
            hasher.add(content.as_bytes());
        }
        keys.insert(part.at, Key::of([hasher.end().as_bytes()]));
    }
    keys
}

/// The hashes of a series.
struct OfSeries {
    /// Of what others may say of it.
    shown: Key,
    /// Of all of it.
    whole: Key,
    chapters: Vec<(ChapterId, Key)>,
}

fn of_series(
    (series, programs): (&Series, &BTreeMap<PartId, Key>),
    everywhere: &Key,
    resolved: Resolved<'_>,
) -> OfSeries {
    let Resolved { site, references, .. } = resolved;
    let mut shown = Hasher::default();
    shown.add(&everywhere.bytes());
    minutes(site.word_count(series)).hash(&mut shown);
    for article in series.parts.iter().flat_map(Part::articles) {
        minutes(site.article(article).words).hash(&mut shown);
    }
    for side in series.parts.iter().flat_map(|part| &part.sides_elsewhere) {
        minutes(side.words).hash(&mut shown);
    }
    references.series(series.at).hash(&mut shown);
    // What comparisons are called hangs on those of other parts.
    references.gallery(series.at).hash(&mut shown);
    let shown = Key::of([shown.end().as_bytes()]);
    let chapters: Vec<(ChapterId, Key)> =
        series.chapters().filter_map(|chapter| Some((chapter.at(), of_chapter(chapter, &shown, resolved)?))).collect();
    let mut whole = Hasher::default();
    whole.add(&shown.bytes());
    chapters.iter().for_each(|(_, chapter)| whole.add(&chapter.bytes()));
    programs.values().for_each(|program| whole.add(&program.bytes()));
    if let Some(opening) = series.opening {
        whole.add(&of_article(opening, &shown, resolved).bytes());
    }
    OfSeries { shown, whole: Key::of([whole.end().as_bytes()]), chapters }
}

fn of_chapter(chapter: Chapter<'_>, shown: &Key, resolved: Resolved<'_>) -> Option<Key> {
    Some(Key::of([chapter.address().as_bytes(), &of_article(chapter.article()?, shown, resolved).bytes()]))
}

/// Of the text of an article, the code that it shows, where its links lead, its numbers, which go on from those of
/// other texts, and whether its original has changed.
fn of_article(id: ArticleId, shown: &Key, resolved: Resolved<'_>) -> Key {
    let Resolved { project, site, references, listings, .. } = resolved;
    let article = site.article(id);
    let mut hasher = Hasher::default();
    hasher.add(&shown.bytes());
    hasher.add(project.sources.get(article.source).hash().as_bytes());
    (references.article(id), listings.of(id), numbers::labels(site, id), site.is_behind(id)).hash(&mut hasher);
    Key::of([hasher.end().as_bytes()])
}

/// Hashes pieces, each with its length.
#[derive(Default)]
struct Hasher {
    hash: blake3::Hasher,
    /// Most pieces are short, and a hash takes long ones faster.
    held: Vec<u8>,
}

/// So many bytes are hashed at once.
const AT_ONCE: usize = 4096;

impl Hasher {
    fn add(&mut self, piece: &[u8]) {
        self.take(&(piece.len() as u64).to_le_bytes());
        self.take(piece);
    }

    /// A value that can't be hashed, by all that its `Debug` shows.
    fn show(&mut self, value: &impl std::fmt::Debug) {
        self.add(format!("{value:?}").as_bytes());
    }

    fn take(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= AT_ONCE {
            self.hash.update(&self.held);
            self.held.clear();
        }
    }

    fn end(mut self) -> blake3::Hash {
        self.hash.update(&self.held).finalize()
    }
}

/// A value is hashed by all that it holds, in bytes that are this program's own: no other program's keys are the same.
impl std::hash::Hasher for Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.take(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.hash.clone().update(&self.held).finalize();
        hash.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    }
}
