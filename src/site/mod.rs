//! What the sources say together: series with their parts, pages, files, each with its address.
//!
//! In: a `Project`. Out: a [`Site`], the value that references are resolved against and pages are
//! rendered from, and the diagnostics of everything read on the way. Knows no HTML.

pub mod gallery;
pub mod generated;
pub mod ledger;
pub mod page;
pub mod resolve;
pub mod series;
pub mod status;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::diagnostic::{self, Code, Diagnostic, did_you_mean, quote};
use crate::parse::blocks::{self, Comparison};
use crate::parse::front::{Kind, Status};
use crate::parse::{self, Article, Link};
use crate::project::Project;
use crate::project::phrases::{self, Words};
use crate::settings::config::{self, BaseUrl, Config};
use crate::settings::data::Excerpt;
use crate::site::series::{PartFile, RESERVED, Series, State, unknown_name};
use crate::store::tree::OutputPath;
use crate::text::date;
use crate::text::source::{SourceId, Span, id_problem, slugify};

/// A whole site, before anything is rendered.
#[derive(Debug)]
pub struct Site {
    pub config: Config,
    /// The theme's words in the site's language.
    pub words: Words,
    pub now: Timestamp,
    pub drafts: bool,
    pub articles: Vec<Article>,
    /// In the order of the home page.
    pub series: Vec<Series>,
    /// By series, its shared comparisons by id.
    pub shared: Vec<BTreeMap<String, Shared>>,
    pub pages: Vec<Page>,
    /// Index of the article with the home page's words.
    pub home: Option<usize>,
    /// Files of `content/` that are published, by their path below the root.
    pub files: BTreeMap<String, PublishedFile>,
    /// By slug.
    pub tags: BTreeMap<String, Tag>,
    pub unread: Unread,
}

/// What is there and could not be read: each has a diagnostic of its own, and whatever refers to it
/// none.
#[derive(Debug, Default)]
pub struct Unread {
    /// Files and folders by their path below the root.
    paths: BTreeSet<String>,
    /// Addresses below the base that pages among them have, unless they say otherwise.
    pages: BTreeSet<String>,
}

impl Unread {
    /// What reading a source gives, unless it is known to be unreadable; remembers one that gives nothing.
    fn unless<T>(&mut self, project: &Project, source: SourceId, read: impl FnOnce() -> Option<T>) -> Option<T> {
        let path = project.sources.path(source);
        if self.paths.contains(path) {
            return None;
        }
        let value = read();
        if value.is_none() {
            self.paths.insert(path.to_string());
        }
        value
    }

    /// Whether a file could not be read, or a folder that it stands in.
    pub fn holds(&self, path: &str) -> bool {
        !self.paths.is_empty()
            && (self.paths.contains(path) || ancestors(path).any(|folder| self.paths.contains(folder)))
    }

    /// Whether there is a series of this id whose plan could not be read.
    pub fn has_series(&self, id: &str) -> bool {
        self.holds(&format!("content/{id}/series.toml"))
    }

    /// Whether an address below the base may be that of something that could not be read.
    fn may_have(&self, address: &str) -> bool {
        let address = address.trim_end_matches('/');
        let in_series = ancestors(address).chain([address]).any(|folder| self.has_series(folder));
        // A page may have a slug.
        let is_page = self.pages.iter().any(|page| folder_of(page) == folder_of(address));
        let is_file = ["content", "static"].iter().any(|folder| self.holds(&format!("{folder}/{address}")));
        in_series || is_page || is_file || (!self.paths.is_empty() && address.starts_with("tags/"))
    }
}

impl Site {
    /// Whether everything that is there could be read, every plan knows its parts, and every part what
    /// it holds and teaches.
    pub fn is_clear(&self) -> bool {
        let is_broken =
            |article: &Article| article.blocks.iter().any(|block| matches!(block.body, blocks::Body::Broken));
        self.unread.paths.is_empty()
            && self.series.iter().all(|series| series.is_clear() && series.all_taught)
            && !self.articles.iter().any(is_broken)
    }

    /// Whether an address below the base that nothing known has may be there all the same.
    pub fn may_have_address(&self, address: &str) -> bool {
        let unknown_slug = |article: usize| self.articles[article].front.unread.contains(&"slug");
        let series = ancestors(address).find_map(|id| self.series.iter().find(|series| series.plan.id == id));
        let of_part = |part: &series::Part| part.article.is_some_and(unknown_slug);
        let of_page = |page: &Page| unknown_slug(page.article) && folder_of(&page.address) == folder_of(address);
        self.unread.may_have(address)
            || series.is_some_and(|series| !series.is_clear() || series.parts.iter().any(of_part))
            || self.pages.iter().any(of_page)
    }

    /// Whether a path below the root at which nothing known is may be there all the same.
    pub fn may_have_path(&self, path: &str) -> bool {
        let folders = || ancestors(path).filter_map(|folder| folder.strip_prefix("content/"));
        let listed = |series: &Series| {
            let id =
                path.strip_prefix(&format!("content/{}/", series.plan.id)).and_then(|path| path.strip_suffix(".md"));
            id.is_some_and(|id| series.may_have(id.strip_suffix("/index").unwrap_or(id)))
        };
        self.unread.holds(path) || folders().any(|id| self.unread.has_series(id)) || self.series.iter().any(listed)
    }

    /// Whether a part that is none of the known ones may be there all the same.
    pub fn may_have_part(&self, series: &str, part: &str) -> bool {
        self.unread.has_series(series)
            || self.series.iter().any(|known| known.plan.id == series && known.may_have(part))
    }
}

/// An article outside any series.
#[derive(Debug)]
pub struct Page {
    pub article: usize,
    /// `about/`, below the base.
    pub address: String,
    pub out: bool,
}

/// A file of `content/` and where it goes.
#[derive(Debug)]
pub struct PublishedFile {
    /// Below the base.
    pub address: String,
    /// Whether it is published: a part's files go out with the part.
    pub state: State,
}

/// A comparison in a file of its own.
#[derive(Debug)]
pub struct Shared {
    pub source: SourceId,
    pub comparison: Comparison,
    pub links: Vec<Link>,
}

/// A tag and the published parts that carry it.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub span: Span,
    /// Indices of series and part.
    pub parts: Vec<(usize, usize)>,
}

/// Reads everything. `None` when the settings lack what no page can do without.
pub fn read(project: &Project, block_names: &BTreeSet<String>, out: &mut Vec<Diagnostic>) -> Option<Site> {
    let mut config = config::parse(&project.sources, project.config, out)?;
    // What was typed on the command line has been checked there.
    let typed = project.options.base_url.as_deref().and_then(|base_url| BaseUrl::parse(base_url).ok());
    if let Some(base_url) = typed {
        let configured = std::mem::replace(&mut config.base_url, base_url);
        if configured.is_loopback() && !config.base_url.is_loopback() && config.feeds.authority.is_none() {
            let host = quote(configured.host());
            let message = format!("the ids of feeds begin with {host}, the host of `base_url`, and change with it");
            out.push(
                Diagnostic::new(Code::PlaceholderAddress, config.feeds.host_span, message)
                    .help("set `base_url` to the site's address, or say `authority = …` under `[feeds]`"),
            );
        }
    }
    let words = phrases::read(project, &config.language, config.language_span, out);
    let at = project.options.at.as_deref().and_then(|at| date::parse_at(at, &config.zone));
    let now = at.unwrap_or(project.options.now);
    let layout = layout(project, out);
    let context = parse::Context {
        zone: &config.zone,
        smart_punctuation: config.smart_punctuation,
        site_title: &config.title,
        block_names,
    };
    let read: Vec<(Option<Article>, Vec<Diagnostic>)> = project
        .articles
        .par_iter()
        .map(|source| {
            let mut found = Vec::new();
            let place = layout.places.get(source);
            let kind = match place {
                Some(Place::Part) => Kind::Part,
                Some(Place::Home) => Kind::Home,
                _ => Kind::Page,
            };
            let readable = place.filter(|_| !project.unread.contains(project.sources.path(*source)));
            let article = readable.and_then(|_| parse::parse(&project.sources, *source, kind, &context, &mut found));
            if let Some(draft) = article.as_ref().filter(|article| article.front.status == Status::Draft)
                && !project.options.drafts
            {
                // What nobody gets to see may be half written; its front matter still counts.
                let body = Span::new(*source, draft.body.clone());
                found.retain(
                    |diagnostic| !matches!(diagnostic.place, diagnostic::Place::Span(span) if span.start >= body.start),
                );
            }
            (article, found)
        })
        .collect();
    let mut unread = Unread { paths: project.unread.clone(), pages: BTreeSet::new() };
    let mut articles = Vec::new();
    let mut by_source: BTreeMap<SourceId, usize> = BTreeMap::new();
    for (source, (article, mut found)) in project.articles.iter().zip(read) {
        out.append(&mut found);
        if let Some(article) = article {
            by_source.insert(*source, articles.len());
            articles.push(article);
            continue;
        }
        unread.paths.insert(project.sources.path(*source).to_string());
        match layout.places.get(source) {
            Some(Place::Page { address }) => unread.pages.insert(address.clone()),
            _ => false,
        };
    }
    let mut series = Vec::new();
    let mut shared = Vec::new();
    for folder in layout.series.values() {
        let plan = unread.unless(project, folder.plan, || {
            series::parse_plan(&project.sources, folder.plan, &folder.id, &config.zone, out)
        });
        let glossary = folder.glossary.and_then(|source| {
            unread.unless(project, source, || series::parse_glossary(&project.sources, source, out))
        });
        let comparisons = shared_comparisons(project, folder, &mut unread, out);
        let Some(plan) = plan else { continue };
        check_names(&plan, &config, out);
        let files: BTreeMap<String, PartFile> = folder
            .parts
            .iter()
            .map(|(id, source)| {
                (id.clone(), PartFile { id: id.clone(), source: *source, article: by_source.get(source).copied() })
            })
            .collect();
        series.push(series::assemble(plan, &files, &articles, glossary, now, project.options.drafts, out));
        shared.push(comparisons);
    }
    let order = home_order(&series, &unread, &config, out);
    let mut slots: Vec<Option<(Series, BTreeMap<String, Shared>)>> = series.into_iter().zip(shared).map(Some).collect();
    let (series, shared): (Vec<Series>, Vec<_>) = order.into_iter().filter_map(|at| slots[at].take()).unzip();
    let mut site = Site {
        now,
        drafts: project.options.drafts,
        home: layout.home.and_then(|source| by_source.get(&source).copied()),
        pages: pages(&layout, &articles, &by_source, project.options.drafts),
        files: BTreeMap::new(),
        tags: BTreeMap::new(),
        config,
        words,
        articles,
        series,
        shared,
        unread,
    };
    site.files = published_files(project, &site, &layout);
    site.tags = tags(&site, out);
    check_authors(&site, out);
    Some(site)
}

/// Where each source belongs, by its path alone.
#[derive(Default)]
struct Layout {
    /// By the folder's path below `content/`.
    series: BTreeMap<String, SeriesFolder>,
    places: BTreeMap<SourceId, Place>,
    home: Option<SourceId>,
}

struct SeriesFolder {
    id: String,
    plan: SourceId,
    glossary: Option<SourceId>,
    comparisons: BTreeMap<String, SourceId>,
    parts: BTreeMap<String, SourceId>,
}

enum Place {
    Home,
    Part,
    /// Its address, unless the front matter has a slug.
    Page {
        address: String,
    },
}

fn layout(project: &Project, out: &mut Vec<Diagnostic>) -> Layout {
    let mut layout = Layout::default();
    let below = |source: SourceId| project.sources.path(source).strip_prefix("content/").unwrap_or_default();
    let mut plans: Vec<&SourceId> = project.data.iter().collect();
    plans.retain(|source| below(**source).rsplit('/').next() == Some("series.toml"));
    // A series before those inside it, whatever their folders are called.
    plans.sort_by_key(|source| below(**source).matches('/').count());
    for source in plans {
        let Some((folder, _)) = below(*source).rsplit_once('/') else {
            let message = "a series lies in a folder of its own below `content/`";
            out.push(
                Diagnostic::new(Code::NestedSeries, Span::start_of(*source), message)
                    .help("move it to `content/<series>/series.toml`"),
            );
            continue;
        };
        if let Some(outer) = ancestors(folder).find(|outer| layout.series.contains_key(*outer)) {
            let message = format!("this series lies inside the series {}", quote(outer));
            out.push(
                Diagnostic::new(Code::NestedSeries, Span::start_of(*source), message).help("move it beside the other"),
            );
            continue;
        }
        for piece in folder.split('/') {
            report_piece(piece, *source, "the folder", out);
        }
        let folder = folder.to_string();
        let series = SeriesFolder {
            id: folder.clone(),
            plan: *source,
            glossary: None,
            comparisons: BTreeMap::new(),
            parts: BTreeMap::new(),
        };
        layout.series.insert(folder, series);
    }
    for source in &project.data {
        place_data(*source, below(*source), &mut layout, out);
    }
    for source in &project.articles {
        place_article(project, *source, below(*source), &mut layout, out);
    }
    loose_folders(project, &layout, out);
    layout
}

/// The folder of an address, which is empty at the top.
fn folder_of(address: &str) -> &str {
    address.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folders around a path, the nearest first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(at, _)| &path[..at])
}

fn place_data(source: SourceId, path: &str, layout: &mut Layout, out: &mut Vec<Diagnostic>) {
    let folder = ancestors(path).find(|folder| layout.series.contains_key(*folder)).map(str::to_string);
    let series = folder.as_ref().and_then(|folder| layout.series.get_mut(folder));
    let rest = folder.as_ref().map_or(path, |folder| &path[folder.len() + 1..]);
    match (series, rest) {
        (_, "series.toml") => {}
        (None, rest) if rest.ends_with("/series.toml") => {}
        (Some(_), rest) if rest.ends_with("/series.toml") => {}
        (Some(series), "glossary.toml") => series.glossary = Some(source),
        (Some(series), rest) if rest.strip_prefix("comparisons/").is_some_and(|name| !name.contains('/')) => {
            let id = rest.trim_start_matches("comparisons/").trim_end_matches(".toml");
            report_piece(id, source, "the file", out);
            series.comparisons.insert(id.to_string(), source);
        }
        _ => out
            .push(Diagnostic::new(Code::UnreadData, Span::start_of(source), "nothing reads this file").help(
                "TOML under `content/` is `series.toml`, `glossary.toml` or `comparisons/<id>.toml` of a series",
            )),
    }
}

fn place_article(project: &Project, source: SourceId, path: &str, layout: &mut Layout, out: &mut Vec<Diagnostic>) {
    let stem = path.strip_suffix(".md").unwrap_or(path);
    let folder = ancestors(path).find(|folder| layout.series.contains_key(*folder)).map(str::to_string);
    let Some(series) = folder.and_then(|folder| layout.series.get_mut(&folder)) else {
        if stem == "index" {
            layout.home = Some(source);
            layout.places.insert(source, Place::Home);
            return;
        }
        let address = stem.strip_suffix("/index").unwrap_or(stem);
        let good = address.split('/').filter(|piece| !report_piece(piece, source, "the page", out)).count() == 0;
        if good {
            layout.places.insert(source, Place::Page { address: format!("{address}/") });
        }
        return;
    };
    let inside = &stem[series.id.len() + 1..];
    let id = inside.strip_suffix("/index").unwrap_or(inside);
    if id.contains('/') {
        let message = "a Markdown file lies inside a part's own folder";
        out.push(
            Diagnostic::new(Code::MarkdownInPart, Span::start_of(source), message)
                .help(format!("a part is `content/{0}/<id>.md` or `content/{0}/<id>/index.md`", series.id)),
        );
        return;
    }
    if RESERVED.contains(&id) {
        let message = format!("the id {} is taken by a page that every series has", quote(id));
        let help = if id == "index" {
            "the words of a series' page are the `description` of its `series.toml`"
        } else {
            "rename the file"
        };
        out.push(Diagnostic::new(Code::InvalidId, Span::start_of(source), message).help(help));
        return;
    }
    if !report_piece(id, source, "the part", out) {
        return;
    }
    if let Some(first) = series.parts.get(id) {
        let message = format!("the part {} has two files", quote(id));
        out.push(
            Diagnostic::new(Code::TwoSources, Span::start_of(source), message)
                .note(Span::start_of(*first), "the first")
                .help(format!(
                    "keep {} or {}",
                    quote(project.sources.path(*first)),
                    quote(project.sources.path(source))
                )),
        );
        return;
    }
    series.parts.insert(id.to_string(), source);
    layout.places.insert(source, Place::Part);
}

/// Reports a name that can't be a piece of an address; says whether it can.
fn report_piece(piece: &str, source: SourceId, what: &str, out: &mut Vec<Diagnostic>) -> bool {
    let Some(problem) = id_problem(piece) else { return true };
    let slug = slugify(piece);
    let help = match id_problem(&slug) {
        None => format!("rename it to {}", quote(&slug)),
        Some(_) => "use lowercase letters, digits, `-` and `_`".into(),
    };
    let message = format!("the name of {what}, {}, {problem}", quote(piece));
    out.push(Diagnostic::new(Code::InvalidId, Span::start_of(source), message).help(help));
    false
}

fn loose_folders(project: &Project, layout: &Layout, out: &mut Vec<Diagnostic>) {
    let mut pages: BTreeMap<&str, Vec<SourceId>> = BTreeMap::new();
    for source in &project.articles {
        if !matches!(layout.places.get(source), Some(Place::Page { .. })) {
            continue;
        }
        let path = project.sources.path(*source);
        if let Some((folder, name)) = path.rsplit_once('/')
            && folder != "content"
            && name != "index.md"
        {
            pages.entry(folder).or_default().push(*source);
        }
    }
    for (folder, sources) in pages.into_iter().filter(|(_, sources)| sources.len() > 1) {
        let message = format!(
            "the folder {} holds {} and no `series.toml`",
            quote(folder),
            crate::diagnostic::count(sources.len(), "page")
        );
        out.push(
            Diagnostic::new(Code::LooseFolder, Span::start_of(sources[0]), message)
                .help("add a `series.toml` if they are meant to be read in order"),
        );
    }
}

fn check_names(plan: &series::Plan, config: &Config, out: &mut Vec<Diagnostic>) {
    for author in plan.authors.iter().filter(|_| config.all_authors) {
        if !config.authors.iter().any(|known| known.id == author.value) {
            out.push(unknown_name(author, "author", "authors", config.authors.iter().map(|known| known.id.as_str())));
        }
    }
    if let Some(category) = &plan.category
        && config.all_categories
        && !config.categories.iter().any(|known| known.id == category.value)
    {
        out.push(unknown_name(
            category,
            "category",
            "categories",
            config.categories.iter().map(|known| known.id.as_str()),
        ));
    }
}

fn check_authors(site: &Site, out: &mut Vec<Diagnostic>) {
    let known = || site.config.authors.iter().map(|author| author.id.as_str());
    for author in site.articles.iter().flat_map(|article| &article.front.authors) {
        if site.config.all_authors && !known().any(|id| id == author.value) {
            out.push(unknown_name(author, "author", "authors", known()));
        }
    }
    for avatar in site.config.authors.iter().filter_map(|author| author.avatar.as_ref()) {
        let path = format!("content/{}", avatar.value);
        if !site.files.contains_key(&path) {
            if site.unread.holds(&path) {
                continue;
            }
            let near = did_you_mean(&path, site.files.keys().map(String::as_str));
            let message = format!("there is no file {}", quote(&path));
            out.push(Diagnostic::new(Code::BrokenLink, avatar.span, message).maybe_help(near));
        }
    }
}

fn shared_comparisons(
    project: &Project,
    folder: &SeriesFolder,
    unread: &mut Unread,
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Shared> {
    let mut shared = BTreeMap::new();
    for (id, source) in &folder.comparisons {
        let mut links = Vec::new();
        let excerpt = Excerpt::whole(project.sources.text(*source), *source, 0);
        let comparison = unread.unless(project, *source, || blocks::parse_shared(id, &excerpt, &mut links, out));
        if let Some(comparison) = comparison {
            shared.insert(id.clone(), Shared { source: *source, comparison, links });
        }
    }
    shared
}

/// The series that `partwork.toml` orders, then the rest by name.
fn home_order(series: &[Series], unread: &Unread, config: &Config, out: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut order = Vec::new();
    for wanted in &config.series {
        match series.iter().position(|series| series.plan.id == wanted.value) {
            Some(at) if order.contains(&at) => {
                let message = format!("the series {} stands twice", quote(&wanted.value));
                out.push(Diagnostic::new(Code::DuplicateId, wanted.span, message));
            }
            Some(at) => order.push(at),
            None if unread.has_series(&wanted.value) => {}
            None => {
                let message = format!("there is no series {}", quote(&wanted.value));
                let near = did_you_mean(&wanted.value, series.iter().map(|series| series.plan.id.as_str()));
                out.push(
                    Diagnostic::new(Code::UnknownSeries, wanted.span, message)
                        .help(near.unwrap_or_else(|| format!("create `content/{}/series.toml`", wanted.value))),
                );
            }
        }
    }
    let ordered: BTreeSet<usize> = order.iter().copied().collect();
    order.extend((0..series.len()).filter(|at| !ordered.contains(at)));
    order
}

fn pages(layout: &Layout, articles: &[Article], by_source: &BTreeMap<SourceId, usize>, drafts: bool) -> Vec<Page> {
    let mut pages = Vec::new();
    for (source, place) in &layout.places {
        let (Place::Page { address }, Some(article)) = (place, by_source.get(source)) else { continue };
        let front = &articles[*article].front;
        let address = match &front.slug {
            None => address.clone(),
            Some(slug) => {
                let parent = address.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
                let separator = if parent.is_empty() { "" } else { "/" };
                format!("{parent}{separator}{}/", slug.value)
            }
        };
        pages.push(Page { article: *article, address, out: front.status == Status::Published || drafts });
    }
    pages
}

fn published_files(project: &Project, site: &Site, layout: &Layout) -> BTreeMap<String, PublishedFile> {
    // Folders that belong to one article: its files go where it goes, and only when it goes.
    let mut owners: BTreeMap<String, (String, State)> = BTreeMap::new();
    for series in &site.series {
        for part in &series.parts {
            let folder = format!("content/{}/{}", series.plan.id, part.id);
            // Of a part that can't be read nobody knows that it isn't out.
            let state = if part.unread { State::Out } else { part.state };
            owners.insert(folder, (part.address.trim_end_matches('/').to_string(), state));
        }
        let listed: BTreeSet<&str> = series.parts.iter().map(|part| part.id.as_str()).collect();
        let unlisted = layout.series.get(&series.plan.id).map(|folder| folder.parts.keys()).into_iter().flatten();
        for id in unlisted.filter(|id| !listed.contains(id.as_str()) && !series.may_have(id)) {
            let folder = format!("content/{}/{id}", series.plan.id);
            owners.insert(folder.clone(), (folder, State::Draft));
        }
    }
    for page in &site.pages {
        let path = project.sources.path(site.articles[page.article].source);
        if let Some(folder) = path.strip_suffix("/index.md")
            && !page.out
        {
            owners.insert(folder.to_string(), (page.address.trim_end_matches('/').to_string(), State::Draft));
        }
    }
    project
        .files
        .keys()
        .map(|path| {
            let owner = ancestors(path).find_map(|folder| owners.get(folder).map(|owner| (folder, owner)));
            let (address, state) = match owner {
                Some((folder, (address, state))) => (format!("{address}{}", &path[folder.len()..]), *state),
                None => (path.strip_prefix("content/").unwrap_or(path).to_string(), State::Out),
            };
            (path.clone(), PublishedFile { address, state })
        })
        .collect()
}

fn tags(site: &Site, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Tag> {
    let mut tags: BTreeMap<String, Tag> = BTreeMap::new();
    for (at, series) in site.series.iter().enumerate() {
        for (index, part) in series.parts.iter().enumerate().filter(|(_, part)| part.state == State::Out) {
            let Some(article) = part.article else { continue };
            for name in &site.articles[article].front.tags {
                let slug = slugify(&name.value);
                let tag = tags.entry(slug).or_insert_with_key(|_| Tag {
                    name: name.value.clone(),
                    span: name.span,
                    parts: Vec::new(),
                });
                if tag.name != name.value {
                    let message = format!("the tags {} and {} have one address", quote(&tag.name), quote(&name.value));
                    out.push(
                        Diagnostic::new(Code::DuplicateTag, name.span, message)
                            .note(tag.span, "the first")
                            .help("spell them alike"),
                    );
                }
                if tag.parts.last() != Some(&(at, index)) {
                    tag.parts.push((at, index));
                }
            }
        }
    }
    tags.remove("");
    tags
}

/// The output path of an address below the base: a page's is its `index.html`.
pub fn output_path(address: &str) -> Result<OutputPath, String> {
    match address {
        "" => OutputPath::new("index.html"),
        page if page.ends_with('/') => OutputPath::new(&format!("{page}index.html")),
        file => OutputPath::new(file),
    }
}
