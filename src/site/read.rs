//! A project as a [`Site`].
//!
//! In: a `Project`. Out: every fact that more than one output needs, decided once, and the
//! diagnostics of everything read on the way. Resolves no link and renders nothing.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::blocks::comparison;
use crate::diagnostic::{self, Code, Diagnostic, did_you_mean, quote};
use crate::parse::block::BlockKind;
use crate::parse::dialect::Dialect;
use crate::parse::front::{Kind, Status};
use crate::parse::{self, Article};
use crate::project::{Project, phrases};
use crate::settings::config::{self, BaseUrl, Config};
use crate::settings::data::Excerpt;
use crate::site::ids::{ArticleId, Articles, SeriesId, SingleId};
use crate::site::layout::{Layout, Place, SeriesFolder, layout};
use crate::site::series::{self, Folder, PartFile, Plan, Present, Series, Shared, State, unknown_name};
use crate::site::unread::{Unread, folder_of};
use crate::site::{PublishedFile, Role, Single, Site, Tag};
use crate::text::date;
use crate::text::path::folders_above;
use crate::text::source::{SourceId, Span, slugify};

/// Reads everything. `None` when the settings lack what no page can do without.
pub fn read(
    project: &Project,
    (block_names, block_kinds): (&BTreeSet<String>, &[BlockKind]),
    out: &mut Vec<Diagnostic>,
) -> Option<Site> {
    let config = settings(project, out)?;
    let words = phrases::read(project, &config.language, config.language_span, out);
    let at = project.options.at.as_deref().and_then(|at| date::parse_at(at, &config.zone));
    let now = at.unwrap_or(project.options.now);
    let drafts = project.options.drafts;
    let layout = layout(project, out);
    let context = parse::Context {
        zone: &config.zone,
        dialect: Dialect::of(&config),
        site_title: &config.title,
        block_names,
        block_kinds,
    };
    let Texts { articles, by_source, mut unread } = texts(project, &layout, &context, out);
    let folders = folders(project, &layout, &by_source, &config, &mut unread, out);
    let singles = singles(&layout, &articles, &by_source, drafts);
    let home = layout.home.and_then(|source| by_source.get(&source).copied());
    let present = Present { articles: &articles, now, drafts };
    let mut roles = vec![Role::Unknown; articles.ids().count()];
    let mut series = Vec::new();
    for (at, folder) in folders.into_iter().enumerate() {
        let at = SeriesId::new(at);
        let files: Vec<ArticleId> = folder.files.values().filter_map(|file| file.article).collect();
        files.into_iter().for_each(|article| roles[article.index()] = Role::Unlisted(at));
        series.push(series::assemble(at, folder, present, out));
    }
    for part in series.iter().flat_map(|series: &Series| &series.parts) {
        part.article.into_iter().for_each(|article| roles[article.index()] = Role::Part(part.at));
    }
    singles.iter().for_each(|single| roles[single.article.index()] = Role::Single(single.at));
    home.into_iter().for_each(|home| roles[home.index()] = Role::Home);
    let mut site = Site {
        config,
        words,
        now,
        drafts,
        articles,
        roles,
        series,
        singles,
        home,
        part_urls: BTreeMap::new(),
        files: BTreeMap::new(),
        tags: BTreeMap::new(),
        unread,
    };
    let urls = site.parts_out().map(|part| (site.config.base_url.rooted(&part.address), part.at));
    site.part_urls = urls.collect();
    site.files = published_files(project, &site, &layout);
    site.tags = tags(&site, out);
    check_authors(&site, out);
    Some(site)
}

/// The settings, with what this run says over what the file has.
fn settings(project: &Project, out: &mut Vec<Diagnostic>) -> Option<Config> {
    let mut config = config::parse(&project.sources, project.config, out)?;
    // What was typed on the command line has been checked there.
    let typed = project.options.base_url.as_deref().and_then(|base_url| BaseUrl::parse(base_url).ok());
    let Some(base_url) = typed else { return Some(config) };
    let configured = std::mem::replace(&mut config.base_url, base_url);
    if configured.is_loopback() && !config.base_url.is_loopback() && config.feeds.authority.is_none() {
        let host = quote(configured.host());
        let message = format!("the ids of feeds begin with {host}, the host of `base_url`, and change with it");
        out.push(
            Diagnostic::new(Code::PlaceholderAddress, config.typed_base_url.span, message)
                .help("set `base_url` to the site's address, or say `authority = …` under `[feeds]`"),
        );
    }
    Some(config)
}

/// Every article that could be read.
struct Texts {
    articles: Articles,
    by_source: BTreeMap<SourceId, ArticleId>,
    unread: Unread,
}

fn texts(project: &Project, layout: &Layout, context: &parse::Context<'_>, out: &mut Vec<Diagnostic>) -> Texts {
    let read: Vec<(Option<Article>, Vec<Diagnostic>)> = project
        .articles
        .par_iter()
        .map(|source| {
            let mut found = Vec::new();
            let article = text(project, *source, layout.places.get(source), context, &mut found);
            (article, found)
        })
        .collect();
    let mut unread = Unread { paths: project.unread.clone(), pages: BTreeSet::new() };
    let mut articles = Articles::default();
    let mut by_source = BTreeMap::new();
    for (source, (article, mut found)) in project.articles.iter().zip(read) {
        out.append(&mut found);
        if let Some(article) = article {
            by_source.insert(*source, articles.push(article));
            continue;
        }
        unread.paths.insert(project.sources.path(*source).to_string());
        if let Some(Place::Page { address }) = layout.places.get(source) {
            unread.pages.insert(address.clone());
        }
    }
    Texts { articles, by_source, unread }
}

/// One article; `None` for one that belongs nowhere or can't be read.
fn text(
    project: &Project,
    source: SourceId,
    place: Option<&Place>,
    context: &parse::Context<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Article> {
    let kind = match place? {
        Place::Part => Kind::Part,
        Place::Home => Kind::Home,
        Place::Page { .. } => Kind::Page,
    };
    if project.unread.contains(project.sources.path(source)) {
        return None;
    }
    let article = parse::parse(&project.sources, source, kind, context, out)?;
    if article.front.status == Status::Draft && !project.options.drafts {
        // What nobody gets to see may be half written; its front matter still counts.
        let body = Span::new(source, article.body.clone());
        out.retain(|diagnostic| !matches!(diagnostic.place, diagnostic::Place::Span(span) if span.start >= body.start));
    }
    Some(article)
}

/// The folders of series, each read but for its articles, in the order of the home page.
fn folders(
    project: &Project,
    layout: &Layout,
    by_source: &BTreeMap<SourceId, ArticleId>,
    config: &Config,
    unread: &mut Unread,
    out: &mut Vec<Diagnostic>,
) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for folder in layout.series.values() {
        let plan = unread.unless(project, folder.plan, || {
            series::parse_plan(&project.sources, folder.plan, &folder.id, &config.zone, out)
        });
        let glossary = folder.glossary.and_then(|source| {
            unread.unless(project, source, || series::parse_glossary(&project.sources, source, out))
        });
        let shared = shared_comparisons(project, folder, unread, out);
        let Some(plan) = plan else { continue };
        check_names(&plan, config, out);
        let file = |(id, source): (&String, &SourceId)| {
            (id.clone(), PartFile { id: id.clone(), article: by_source.get(source).copied() })
        };
        let files = folder.parts.iter().map(file).collect();
        folders.push(Folder { plan, glossary, shared, files });
    }
    let order = home_order(&folders, unread, config, out);
    let mut folders: Vec<Option<Folder>> = folders.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| folders[at].take()).collect()
}

fn check_names(plan: &Plan, config: &Config, out: &mut Vec<Diagnostic>) {
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
        let comparison = unread.unless(project, *source, || comparison::read_shared(id, &excerpt, &mut links, out));
        if let Some(comparison) = comparison {
            shared.insert(id.clone(), Shared { source: *source, comparison, links });
        }
    }
    shared
}

/// The series that `partwork.toml` orders, then the rest by name.
fn home_order(folders: &[Folder], unread: &Unread, config: &Config, out: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut order = Vec::new();
    for wanted in &config.series {
        match folders.iter().position(|folder| folder.plan.id == wanted.value) {
            Some(at) if order.contains(&at) => {
                let message = format!("the series {} stands twice", quote(&wanted.value));
                out.push(Diagnostic::new(Code::DuplicateId, wanted.span, message));
            }
            Some(at) => order.push(at),
            None if unread.has_series(&wanted.value) => {}
            None => {
                let message = format!("there is no series {}", quote(&wanted.value));
                let near = did_you_mean(&wanted.value, folders.iter().map(|folder| folder.plan.id.as_str()));
                out.push(
                    Diagnostic::new(Code::UnknownSeries, wanted.span, message)
                        .help(near.unwrap_or_else(|| format!("create `content/{}/series.toml`", wanted.value))),
                );
            }
        }
    }
    let ordered: BTreeSet<usize> = order.iter().copied().collect();
    order.extend((0..folders.len()).filter(|at| !ordered.contains(at)));
    order
}

fn singles(
    layout: &Layout,
    articles: &Articles,
    by_source: &BTreeMap<SourceId, ArticleId>,
    drafts: bool,
) -> Vec<Single> {
    let mut singles = Vec::new();
    for (source, place) in &layout.places {
        let (Place::Page { address }, Some(article)) = (place, by_source.get(source)) else { continue };
        let front = &articles[*article].front;
        let address = match &front.slug {
            None => address.clone(),
            Some(slug) => {
                let parent = folder_of(address);
                let separator = if parent.is_empty() { "" } else { "/" };
                format!("{parent}{separator}{}/", slug.value)
            }
        };
        let out = front.status == Status::Published || drafts;
        singles.push(Single { at: SingleId::new(singles.len()), article: *article, address, out });
    }
    singles
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
    for single in &site.singles {
        let path = project.sources.path(site.article(single.article).source);
        if let Some(folder) = path.strip_suffix("/index.md")
            && !single.out
        {
            owners.insert(folder.to_string(), (single.address.trim_end_matches('/').to_string(), State::Draft));
        }
    }
    project
        .files
        .keys()
        .map(|path| {
            let owner = folders_above(path).rev().find_map(|folder| owners.get(folder).map(|owner| (folder, owner)));
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
    for part in site.parts_out() {
        let Some(article) = part.article else { continue };
        for name in &site.article(article).front.tags {
            let slug = slugify(&name.value);
            let tag = tags.entry(slug).or_insert_with(|| Tag {
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
            if tag.parts.last() != Some(&part.at) {
                tag.parts.push(part.at);
            }
        }
    }
    tags.remove("");
    tags
}
