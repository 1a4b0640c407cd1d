//! What the sources say together: series with their parts, folders with their posts, pages, files, each with its address.
//!
//! In: a `Project`. Out: a [`Site`], the value that references are resolved against and pages are
//! rendered from, and the diagnostics of everything read on the way. Knows no HTML.
//!
//! `read` makes the site, and where it does so again and again `reads` keeps what it found: `layout` says where each source belongs, `plan`, `glossary` and `sources` what was typed,
//! `assemble` makes a `series` of both, and `place` says where pages lie. `gallery` and `page` say which pages there are, `address` where
//! other files lie, `resolve` where links lead, by the map in `routes`, `numbers` what figures and their like are called. `ledger` and `record` keep
//! addresses, `status` tells how far each part is.

pub mod address;
pub mod allow;
mod assemble;
pub mod behind;
pub mod changes;
pub mod contents;
mod files;
pub mod gallery;
mod glossary;
pub mod ids;
pub mod languages;
mod layout;
pub mod ledger;
pub mod listings;
pub mod numbers;
mod overlay;
pub mod page;
pub mod picture;
pub mod place;
pub mod plan;
pub mod program;
pub mod read;
pub mod reads;
pub mod record;
pub mod region;
pub mod resolve;
mod routes;
pub mod series;
pub mod siblings;
pub mod sources;
pub mod states;
pub mod status;
pub mod translated;
mod translations;
mod unread;
pub mod was;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::parse::Article;
use crate::parse::block::Body;
use crate::parse::front::Status;
use crate::project::phrases::{Label, Phrases};
use crate::settings::config::{Author, Category, Config};
use crate::site::ids::{ArticleId, Articles, ChapterId, PartId, SeriesId, SideId, SingleId};
use crate::site::languages::{Languages, Standing};
use crate::site::series::{Chapter, Part, Series, Side, State};
use crate::site::sources::Cite;
use crate::site::unread::{Unread, folder_of};
use crate::store::tree::OutputPath;
use crate::text::language::own_name;
use crate::text::path::folders_above;
use crate::text::source::{SourceId, Span, Spanned, nfc};

/// A whole site, before anything is rendered.
#[derive(Debug)]
pub struct Site {
    pub config: Config,
    /// What the theme says, in the site's language.
    pub phrases: Phrases,
    pub now: Timestamp,
    pub drafts: bool,
    /// Whether `--base-url` stands in the stead of what the settings say.
    pub base_url_is_replaced: bool,
    /// What stands before its addresses: nothing for the originals, else the language: `sv/`.
    pub prefix: String,
    /// Which of the site's languages it is in; the original's is 0.
    pub language: usize,
    /// All of them, once their pages are known.
    pub languages: Arc<Languages>,
    /// The day of its first part that has one, in the originals.
    pub first_day: Option<Date>,
    /// By article, the source that it translates; none of an original.
    originals: Vec<SourceId>,
    /// By translation, how far it is; none of the originals.
    pub standings: BTreeMap<SourceId, Standing>,
    /// Files that are shown in place of others in this language, by the paths of those.
    pub other_files: BTreeMap<String, String>,
    pub articles: Articles,
    /// By article.
    roles: Vec<Role>,
    /// In the order of the home page.
    pub series: Vec<Series>,
    /// The folders of posts, by name. Their ids follow those of series.
    pub posts: Vec<Series>,
    /// Articles outside any series.
    pub singles: Vec<Single>,
    /// The article with the home page's words.
    pub home: Option<ArticleId>,
    /// Files of `content/`, by their path below the root.
    pub files: BTreeMap<String, PublishedFile>,
    /// By the URL of their pages, the parts and side pages that have one.
    chapter_urls: BTreeMap<String, ChapterId>,
    /// By slug.
    pub tags: BTreeMap<String, Tag>,
    pub unread: Unread,
}

/// What an article is to its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Home,
    /// A part, or a post.
    Part(PartId),
    /// A side page of a part.
    Side(SideId),
    /// The words above the list of a folder of posts.
    Opening(SeriesId),
    /// It lies in the folder of a series, and the plan doesn't list it.
    Unlisted(SeriesId),
    Single(SingleId),
    /// It lies in the folder of a series whose plan could not be read.
    Unknown,
}

/// An article outside any series.
#[derive(Debug)]
pub struct Single {
    /// Its place in the site.
    pub at: SingleId,
    /// The path of its file in `content/` without `.md`, or of its folder: `about`.
    pub id: String,
    pub article: ArticleId,
    /// `about/`, below the base.
    pub address: String,
    /// Whether it has a page.
    pub out: bool,
}

/// A file of `content/` and where it goes.
#[derive(Debug, Clone)]
pub struct PublishedFile {
    /// Below the base.
    pub address: String,
    /// Whether it is published: a part's files go out with the part.
    pub state: State,
    /// Whether it is the module of a sketch, which may run in a browser.
    pub is_module: bool,
}

/// A tag and the published parts that carry it.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub span: Span,
    pub parts: Vec<PartId>,
}

impl Site {
    /// One of its series, or of its folders of posts.
    pub fn series(&self, id: SeriesId) -> &Series {
        let at = id.index();
        self.series.get(at).unwrap_or_else(|| &self.posts[at - self.series.len()])
    }

    /// Its series and its folders of posts, by id.
    pub fn folders(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().chain(&self.posts)
    }

    /// The series or the folder of posts that has this id.
    pub fn folder(&self, id: &str) -> Option<&Series> {
        self.folders().find(|folder| folder.plan.id == id)
    }

    /// A part of any of its series.
    pub fn part(&self, id: PartId) -> &Part {
        self.series(id.series).part(id)
    }

    /// A side page of any of its parts.
    pub fn side(&self, id: SideId) -> &Side {
        self.part(id.part).side(id)
    }

    /// One of its articles.
    pub fn article(&self, id: ArticleId) -> &Article {
        &self.articles[id]
    }

    /// One of its articles outside any series.
    pub fn single(&self, id: SingleId) -> &Single {
        &self.singles[id.index()]
    }

    /// The authors of those ids, in their order; unknown ids were reported when they were read.
    pub fn authors(&self, ids: &[Spanned<String>]) -> impl Iterator<Item = &Author> {
        ids.iter().filter_map(|id| self.config.authors.iter().find(|author| author.id == id.value))
    }

    /// The picture of an author.
    pub fn avatar(&self, author: &Author) -> Option<&PublishedFile> {
        self.files.get(&format!("content/{}", author.avatar.as_ref()?.value))
    }

    /// The category of a series.
    pub fn category(&self, series: &Series) -> Option<&Category> {
        let wanted = series.plan.category.as_ref()?;
        self.config.categories.iter().find(|category| category.id == wanted.value)
    }

    /// What the parts of a series are called: as its plan says, else by the site's language.
    pub fn words<'s>(&'s self, series: &'s Series) -> &'s Label {
        series.plan.label.as_ref().map_or(self.phrases.language_label(), |label| &label.value)
    }

    /// What parts of several series are called: by the word of all where they have one, else by the language's.
    pub fn common_words<'s>(&'s self, series: impl IntoIterator<Item = &'s Series>) -> &'s Label {
        let mut words = series.into_iter().map(|series| self.words(series));
        let first = words.next().filter(|first| words.all(|word| word == *first));
        first.unwrap_or(self.phrases.language_label())
    }

    /// A phrase about parts of a series, in the words that it has for them.
    pub fn say_of(&self, series: &Series, key: &str, values: &[(&str, String)]) -> String {
        self.phrases.say_in(self.words(series), key, values)
    }

    /// `Part 12 of 21`, in the site's language; `None` for a part without a number.
    pub fn label(&self, part: &Part) -> Option<String> {
        let series = self.series(part.at.series);
        let values = [("number", part.number?.to_string()), ("total", series.total.to_string())];
        Some(self.say_of(series, "label", &values))
    }

    /// `Part 12`; `None` for a part without a number.
    pub fn name(&self, part: &Part) -> Option<String> {
        Some(self.say_of(self.series(part.at.series), "part", &[("number", part.number?.to_string())]))
    }

    /// `Part 12, RAG`, its title as it was typed; the title alone for a part without a number.
    pub fn full_title(&self, part: &Part) -> String {
        let Some(number) = part.number else { return part.title.clone() };
        let values = [("number", number.to_string()), ("title", part.title.clone())];
        self.say_of(self.series(part.at.series), "part_title", &values)
    }

    /// `16 of 21 published`, in the site's language; of translations `3 of 21 in Swedish`.
    pub fn tally(&self, series: &Series) -> String {
        self.tally_of(self.words(series), (series.published, series.total))
    }

    /// The same of any number of parts, by what they are called.
    pub fn tally_of(&self, words: &Label, (published, total): (usize, usize)) -> String {
        let mut values = vec![("published", published.to_string()), ("total", total.to_string())];
        if self.is_original() {
            return self.phrases.say_in(words, "tally", &values);
        }
        values.push(("language", self.language_name()));
        self.phrases.say_in(words, "tally_in", &values)
    }

    /// Whether it holds the originals, and with them all that there is once for all languages.
    pub fn is_original(&self) -> bool {
        self.language == 0
    }

    /// What readers call its language.
    pub fn language_name(&self) -> String {
        let declared = self.language.checked_sub(1).and_then(|at| self.config.languages.get(at));
        let tag = &self.config.language;
        declared.map_or_else(|| own_name(tag).unwrap_or(tag).to_string(), |language| language.name.clone())
    }

    /// What stands behind each id that feeds, books, threads and the ledger know something by: nothing for originals,
    /// else `.sv`. No id has a dot.
    pub fn id_suffix(&self) -> String {
        if self.is_original() { String::new() } else { format!(".{}", self.config.language) }
    }

    /// The source that an article translates.
    pub fn original_of(&self, article: ArticleId) -> Option<SourceId> {
        self.originals.get(article.index()).copied()
    }

    /// Whether the original of an article says something else than when it was translated.
    pub fn is_behind(&self, article: ArticleId) -> bool {
        let standing = self.standings.get(&self.article(article).source);
        standing.and_then(|standing| standing.behind.as_ref()).is_some_and(|places| !places.is_empty())
    }

    /// How many words the published parts of a series have.
    pub fn word_count(&self, series: &Series) -> usize {
        series.out().filter_map(|part| part.article).map(|article| self.article(article).words).sum()
    }

    /// A title, a name or a description as pages show it.
    pub fn typeset(&self, text: &str) -> String {
        self.config.punctuation.typeset(text)
    }

    /// What an article is to the site.
    pub fn role(&self, article: ArticleId) -> Role {
        self.roles[article.index()]
    }

    /// The part or the side page at a URL of this site (`/base/guide/intro/`).
    pub fn chapter_at(&self, url: &str) -> Option<Chapter<'_>> {
        self.chapter_urls.get(url).and_then(|chapter| self.chapter(*chapter))
    }

    /// A part or a side page.
    pub fn chapter(&self, id: ChapterId) -> Option<Chapter<'_>> {
        self.part(id.part).chapter(id)
    }

    /// The part that an article is, or belongs to.
    pub fn part_of(&self, article: ArticleId) -> Option<PartId> {
        match self.role(article) {
            Role::Part(part) => Some(part),
            Role::Side(side) => Some(side.part),
            Role::Home | Role::Opening(_) | Role::Unlisted(_) | Role::Single(_) | Role::Unknown => None,
        }
    }

    /// The series that an article is a part of, or a side page in, or the folder of posts that it belongs to.
    pub fn series_of(&self, article: ArticleId) -> Option<&Series> {
        match self.role(article) {
            Role::Opening(folder) => Some(self.series(folder)),
            _ => self.part_of(article).map(|part| self.series(part.series)),
        }
    }

    /// The sources that an article cites, itself or in a comparison that stands in a file of its own, in the order in
    /// which they are listed.
    pub fn cited(&self, article: ArticleId) -> Vec<&Cite> {
        let Some(series) = self.series_of(article) else { return Vec::new() };
        let Some(sources) = &series.sources else { return Vec::new() };
        let article = self.article(article);
        let shared = article.blocks.iter().filter_map(|block| match &block.body {
            Body::Use(id) => series.shared.get(&id.value),
            _ => None,
        });
        let keys = article.citations.iter().chain(shared.flat_map(|shared| &shared.citations));
        sources.of(keys.map(|key| key.value.as_str()))
    }

    /// Whether readers get to see an article.
    pub fn state(&self, article: ArticleId) -> State {
        match self.role(article) {
            Role::Home | Role::Opening(_) => State::Out,
            Role::Part(part) | Role::Side(SideId { part, .. }) => self.part(part).state,
            Role::Single(single) if self.single(single).out => State::Out,
            Role::Unlisted(series) if !self.series(series).is_shown() => State::Draft,
            Role::Single(_) | Role::Unlisted(_) | Role::Unknown => match self.article(article).front.status {
                Status::Draft => State::Draft,
                Status::Soon | Status::Published => State::Soon,
            },
        }
    }

    /// Every series that appears.
    pub fn series_shown(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(|series| series.is_shown())
    }

    /// Whether an address below the base lies in a series that doesn't appear.
    pub fn is_hidden(&self, address: &str) -> bool {
        let mut hidden = self.series.iter().filter(|series| !series.is_shown());
        hidden.any(|series| folders_above(address).any(|folder| folder == series.plan.folder))
    }

    /// Every series and every folder of posts that appears.
    pub fn folders_shown(&self) -> impl Iterator<Item = &Series> {
        self.folders().filter(|folder| folder.is_shown())
    }

    /// Every part of every plan, and every post, drafts too.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.folders().flat_map(|series| &series.parts)
    }

    /// Every part and every post that has a page.
    pub fn parts_out(&self) -> impl Iterator<Item = &Part> {
        self.folders().flat_map(Series::out)
    }

    /// Every article outside series that has a page.
    pub fn singles_out(&self) -> impl Iterator<Item = &Single> {
        self.singles.iter().filter(|single| single.out)
    }

    /// The articles that readers see: parts with their side pages and posts, those outside series, what stands above
    /// lists, and the home page's.
    pub fn articles_out(&self) -> impl Iterator<Item = ArticleId> {
        let singles = self.singles_out().map(|single| single.article);
        let openings = self.posts.iter().filter_map(|folder| folder.opening);
        self.parts_out().flat_map(Part::articles).chain(singles).chain(openings).chain(self.home)
    }

    /// Every file of `content/` that is published, with its path below the root.
    pub fn files_out(&self) -> impl Iterator<Item = (&String, &PublishedFile)> {
        self.files.iter().filter(|(_, file)| file.state == State::Out && !self.keeps_back(file))
    }

    /// Whether a file isn't published since texts may bring no script.
    pub fn keeps_back(&self, file: &PublishedFile) -> bool {
        file.is_module && !self.config.raw_html
    }

    /// The articles in the folder of a series, whether or not the plan lists them.
    pub fn articles_of(&self, series: SeriesId) -> impl Iterator<Item = &Article> {
        let is_there = move |id: &ArticleId| match self.role(*id) {
            Role::Part(part) | Role::Side(SideId { part, .. }) => part.series == series,
            Role::Unlisted(of) => of == series,
            Role::Home | Role::Opening(_) | Role::Single(_) | Role::Unknown => false,
        };
        self.articles.ids().filter(is_there).map(|id| self.article(id))
    }

    /// Whether everything that is there could be read, every plan knows its parts, and every part what
    /// it holds and teaches.
    pub fn is_clear(&self) -> bool {
        let is_broken = |article: &Article| article.blocks.iter().any(|block| matches!(block.body, Body::Broken));
        self.unread.paths.is_empty()
            && self.folders().all(|series| series.is_clear() && series.all_taught)
            && !self.articles.iter().any(is_broken)
    }

    /// Whether an address below the base that nothing known has may be there all the same.
    pub fn may_have_address(&self, address: &str) -> bool {
        let unknown = |article: ArticleId, key| self.article(article).front.unread.contains(&key);
        let unknown_slug = |article: ArticleId| unknown(article, "slug");
        // A whole address may be any.
        let any = self.folders().any(|series| ["permalink", "slug"].iter().any(|key| series.plan.unread.contains(key)))
            || self.articles.ids().any(|article| unknown(article, "permalink"));
        let series = folders_above(address).rev().find_map(|id| self.folders().find(|folder| folder.plan.folder == id));
        let of_part = |part: &Part| part.article.is_some_and(unknown_slug);
        let of_single =
            |single: &Single| unknown_slug(single.article) && folder_of(&single.address) == folder_of(address);
        any || self.unread.may_have_address(address)
            || series.is_some_and(|series| !series.is_clear() || series.parts.iter().any(of_part))
            || self.singles.iter().any(of_single)
    }

    /// Whether a path below the root at which nothing known is may be there all the same.
    pub fn may_have_path(&self, path: &str) -> bool {
        let folders = || folders_above(path).filter_map(|folder| folder.strip_prefix("content/"));
        let listed = |series: &Series| {
            let id =
                path.strip_prefix(&format!("content/{}/", series.plan.id)).and_then(|path| path.strip_suffix(".md"));
            id.is_some_and(|id| series.may_have(id.strip_suffix("/index").unwrap_or(id)))
        };
        self.unread.holds(path) || folders().any(|id| self.unread.has_series(id)) || self.folders().any(listed)
    }

    /// Whether anything of the project could not be read.
    pub fn has_unread(&self) -> bool {
        !self.unread.paths.is_empty()
    }

    /// Whether a part that is none of the known ones may be there all the same.
    pub fn may_have_part(&self, series: &str, part: &str) -> bool {
        self.unread.has_series(series) || self.folder(series).is_some_and(|known| known.may_have(part))
    }
}

/// The output path of an address below the base: a page's is its `index.html`. Its letters are composed (NFC).
pub fn output_path(address: &str) -> Result<OutputPath, String> {
    path_as_typed(&nfc(address))
}

/// The output path of an address that others know, in the form in which its letters are typed.
pub fn path_as_typed(address: &str) -> Result<OutputPath, String> {
    match address {
        "" => OutputPath::new("index.html"),
        page if page.ends_with('/') => OutputPath::new(&format!("{page}index.html")),
        file => OutputPath::new(file),
    }
}
