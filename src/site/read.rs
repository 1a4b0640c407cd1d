//! A project as a [`Site`] in each of its languages.
//!
//! In: a `Project`. Out: the site of the originals and that of each further language: every fact that more than one
//! output needs, decided once, and the diagnostics of everything read on the way. Resolves no link and renders nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::blocks::comparison;
use crate::blocks::table::{Table, is_toml};
use crate::diagnostic::{self, Code, Diagnostic, aside, capped, did_you_mean, list, quote};
use crate::parse::block::{Block, BlockKind, Body, Placed};
use crate::parse::component::Components;
use crate::parse::dialect::Dialect;
use crate::parse::front::{FrontMatter, Kind, Status};
use crate::parse::inline::cited_in_line;
use crate::parse::{self, Article};
use crate::project::load::{lost, read_text};
use crate::project::{CONFIG, Project, Run, phrases};
use crate::settings::config::{self, Config};
use crate::settings::data::Excerpt;
use crate::site::assemble::{Folder, PartFile, Present, SideFile, assemble};
use crate::site::behind::standings;
use crate::site::glossary::parse_glossary;
use crate::site::ids::{ArticleId, Articles, SeriesId, SingleId};
use crate::site::layout::{Layout, Place, SeriesFolder, layout, unread_data};
use crate::site::plan::{self, Order, Owner, Plan};
use crate::site::program::Program;
use crate::site::reads::{self, Reads};
use crate::site::series::{Series, Shared, State};
use crate::site::sources::parse_sources;
use crate::site::translated::{self, Beside};
use crate::site::unread::Unread;
use crate::site::{Role, Single, Site, Tag, files, gallery, overlay, picture, place, states, was};
use crate::text::date;
use crate::text::path::{folders_above, join};
use crate::text::source::{SourceId, Span, Spanned, nfc};
use crate::text::url::percent_decode;

/// The blocks that a fence can be.
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a> {
    /// By name, those of the project's own among them.
    pub components: &'a Components,
    pub kinds: &'a [BlockKind],
}

/// What every step of reading needs.
#[derive(Clone, Copy)]
struct Reading<'a> {
    project: &'a Project,
    run: &'a Run,
    config: &'a Config,
    /// The settings in the further languages of the site.
    languages: &'a [Config],
    layout: &'a Layout,
    blocks: Blocks<'a>,
    /// What earlier reads found, where a program reads more than once.
    reads: Option<&'a Reads>,
}

/// Reads everything, the site of the originals first, then that of each further language. Nothing when the settings
/// lack what no page can do without. `reads` keeps what articles have for the next time.
pub fn read(
    (project, run): (&Project, &Run),
    blocks: Blocks<'_>,
    reads: Option<&Reads>,
    out: &mut Vec<Diagnostic>,
) -> Vec<Site> {
    let Some(config) = settings(project, run, out) else { return Vec::new() };
    let languages: Vec<Config> = config.languages.iter().map(|language| config.in_language(language)).collect();
    let layout = layout(project, &config, out);
    let reading = Reading { project, run, config: &config, languages: &languages, layout: &layout, blocks, reads };
    reads.into_iter().for_each(|reads| reads.begin(project, run, blocks.components));
    let mut texts = texts(reading, out);
    let mut translated = std::mem::take(&mut texts.translated);
    let mut read = BTreeSet::new();
    let articles = texts.articles.iter_mut().chain(translated.iter_mut().flat_map(BTreeMap::values_mut));
    articles.for_each(|article| fill_tables(project, article, &mut read, out));
    out.extend(layout.others.iter().filter(|other| !read.contains(*other)).map(|other| unread_data(*other)));
    let original = originals(reading, texts, &translated, out);
    let mut sites = vec![original];
    for (at, articles) in translated.into_iter().enumerate() {
        let config = languages[at].clone();
        let phrases = phrases::read(project, &config.language, config.language_span, out);
        let original = &sites[0];
        let translations = &layout.translations[at];
        let beside = Beside { project, run, original, language: at + 1, config, phrases, translations, articles };
        let mut site = translated::translated(beside, out);
        site.standings = standings(project, (original, &site), (translations, &layout.records[at]), out);
        site.roles = roles(&site);
        settle_names(project, &mut site, out);
        // Of what the originals say of tags, all has been told.
        site.tags = tags(&site, &mut Vec::new());
        check_authors(&site, out);
        sites.push(site);
    }
    sites
}

/// The site of the originals. `translated` are the articles of other languages, which may show files as well.
fn originals(
    reading: Reading<'_>,
    mut texts: Texts,
    translated: &[BTreeMap<SourceId, Arc<Article>>],
    out: &mut Vec<Diagnostic>,
) -> Site {
    let Reading { project, run, config, layout, .. } = reading;
    let phrases = phrases::read(project, &config.language, config.language_span, out);
    // What was typed on the command line has been checked there.
    let at = run.at.as_deref().and_then(|at| date::parse_at(at, &config.zone));
    let now = at.unwrap_or(run.now);
    let mut folders = folders(reading, &mut texts, out);
    settle(&mut folders, out);
    leave_hidden(&folders, &texts.articles, run, out);
    let singles = singles(reading, &texts);
    let home = layout.home.and_then(|source| texts.by_source.get(&source).copied());
    let present = Present { articles: &texts.articles, now, drafts: run.drafts };
    let (mut series, unlisted) = assembled(folders, present, reading, out);
    let posts = series.split_off(series.iter().position(Series::is_posts).unwrap_or(series.len()));
    let mut site = Site {
        config: config.clone(),
        phrases,
        now,
        drafts: run.drafts,
        base_url_is_replaced: run.base_url.is_some(),
        prefix: String::new(),
        language: 0,
        languages: Arc::default(),
        first_day: None,
        originals: Vec::new(),
        standings: BTreeMap::new(),
        other_files: BTreeMap::new(),
        articles: texts.articles,
        roles: Vec::new(),
        series,
        posts,
        singles,
        home,
        chapter_urls: BTreeMap::new(),
        files: BTreeMap::new(),
        tags: BTreeMap::new(),
        unread: texts.unread,
    };
    site.roles = roles(&site);
    for (article, series) in unlisted {
        let role = &mut site.roles[article.index()];
        *role = if *role == Role::Unknown { Role::Unlisted(series) } else { *role };
    }
    place::leave_reserved(&mut site, out);
    settle_names(project, &mut site, out);
    let ((tags, first_day), files) =
        rayon::join(|| (tags(&site, out), first_day(&site)), || files::published(project, &site, (layout, translated)));
    site = Site { tags, first_day, files, ..site };
    check_authors(&site, out);
    let ((was, place), picture) = rayon::join(
        || rayon::join(|| aside(|out| was::check(&site, out)), || aside(|out| place::check(&site, out))),
        || aside(|out| picture::check(project, &site, out)),
    );
    [was, place, picture].into_iter().for_each(|((), mut found)| out.append(&mut found));
    site
}

/// The series and the folders of posts, and the articles in each, whether or not it lists them.
fn assembled(
    folders: Vec<Folder>,
    present: Present<'_>,
    reading: Reading<'_>,
    out: &mut Vec<Diagnostic>,
) -> (Vec<Series>, Vec<(ArticleId, SeriesId)>) {
    let mut lying_there = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        let sides = folder.sides.values().flat_map(BTreeMap::values).filter_map(|file| file.article);
        let files = folder.files.values().filter_map(|file| file.article);
        lying_there.extend(files.chain(sides).map(|article| (article, SeriesId::new(at))));
    }
    let assembled = folders.into_par_iter().enumerate().map(|(at, folder)| {
        aside(|out| {
            let mut series = assemble(SeriesId::new(at), folder, present, out);
            series.program = program_of(&series, reading, out);
            series
        })
    });
    let assembled: Vec<_> = assembled.collect();
    let tell = |(series, mut found)| {
        out.append(&mut found);
        series
    };
    (assembled.into_iter().map(tell).collect(), lying_there)
}

/// What each article is to its site, by article.
fn roles(site: &Site) -> Vec<Role> {
    let mut roles = vec![Role::Unknown; site.articles.ids().count()];
    for part in site.parts() {
        part.article.into_iter().for_each(|article| roles[article.index()] = Role::Part(part.at));
        part.sides.iter().for_each(|side| roles[side.article.index()] = Role::Side(side.at));
    }
    for folder in site.folders() {
        folder.opening.into_iter().for_each(|opening| roles[opening.index()] = Role::Opening(folder.at));
    }
    site.singles.iter().for_each(|single| roles[single.article.index()] = Role::Single(single.at));
    site.home.into_iter().for_each(|home| roles[home.index()] = Role::Home);
    roles
}

/// What is known by name once the addresses are settled.
fn settle_names(project: &Project, site: &mut Site, out: &mut Vec<Diagnostic>) {
    gallery::tell_apart(site);
    let chapters = site.folders().flat_map(Series::chapters);
    let urls = chapters.map(|chapter| (site.config.base_url.rooted(chapter.address()), chapter.at()));
    site.chapter_urls = urls.collect();
    let common = site.common_words(site.series_shown()).clone();
    site.phrases.label = common;
    check_labels(project, site, out);
}

/// The day of the first part that has one and is published, now or later.
fn first_day(site: &Site) -> Option<Date> {
    let parts = site.parts().filter(|part| part.status == Status::Published && part.state != State::Draft);
    parts.filter_map(|part| part.due).map(|due| due.day).min()
}

/// The program of a series; of one that its author hides, nobody is told how it fits.
fn program_of(series: &Series, reading: Reading<'_>, out: &mut Vec<Diagnostic>) -> Program {
    let Some(folder) = reading.layout.series.get(&series.plan.id) else { return Program::default() };
    let mut untold = Vec::new();
    let out = if series.is_shown() { out } else { &mut untold };
    states::read(reading.project, series, &folder.states, out)
}

/// The settings, with what this run says over what the file has.
fn settings(project: &Project, run: &Run, out: &mut Vec<Diagnostic>) -> Option<Config> {
    // What they lack can't be told where they can't be read.
    let is_read = !project.unread.contains(CONFIG);
    let mut config = is_read.then(|| capped(out, |out| config::parse(&project.sources, project.config, out)))??;
    if run.untrusted {
        config.raw_html = false;
        config.publish.clear();
    }
    let Some(base_url) = run.base_url.clone() else { return Some(config) };
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
    /// By further language, the translations by their originals.
    translated: Vec<BTreeMap<SourceId, Arc<Article>>>,
    unread: Unread,
}

fn texts(reading: Reading<'_>, out: &mut Vec<Diagnostic>) -> Texts {
    let Reading { project, run, layout, .. } = reading;
    let read: Vec<reads::Read> = project
        .articles
        .par_iter()
        .map(|source| {
            let read = || aside(|out| capped(out, |out| text(reading, *source, out)).map(Arc::new));
            match reading.reads {
                Some(reads) => reads.get(project, *source, read),
                None => read(),
            }
        })
        .collect();
    let mut unread = Unread { paths: project.unread.clone(), pages: BTreeSet::new() };
    let mut articles = Articles::default();
    let mut by_source = BTreeMap::new();
    let statuses: BTreeMap<SourceId, Status> = (project.articles.iter().zip(&read))
        .filter_map(|(source, (article, _))| Some((*source, article.as_ref()?.front.status)))
        .collect();
    let mut translated: Vec<BTreeMap<SourceId, Arc<Article>>> =
        layout.translations.iter().map(|_| BTreeMap::new()).collect();
    for (source, (article, mut found)) in project.articles.iter().zip(read) {
        let mut article = article;
        if let Some(Place::Translation { language, of }) = layout.places.get(source) {
            if let Some(mut article) = article {
                let of_part = layout.part_of(*of).unwrap_or(*of);
                statuses.get(&of_part).into_iter().for_each(|status| give_status(&mut article, *status));
                drop_unseen(&article, run, &mut found);
                translated[*language].insert(*of, article);
            } else {
                unread.paths.insert(project.sources.path(*source).to_string());
            }
            out.append(&mut found);
            continue;
        }
        if let (Some(article), Some(status)) =
            (&mut article, layout.part_of(*source).and_then(|part| statuses.get(&part)))
        {
            give_status(article, *status);
            drop_unseen(article, run, &mut found);
        }
        out.append(&mut found);
        if let Some(article) = article {
            by_source.insert(*source, articles.push(article));
            continue;
        }
        unread.paths.insert(project.sources.path(*source).to_string());
        match layout.places.get(source) {
            Some(Place::Page { address }) => _ = unread.pages.insert(address.clone()),
            Some(Place::Side { series, part, name }) => _ = unread.pages.insert(format!("{series}/{part}/{name}/")),
            Some(
                Place::Home | Place::Part | Place::Post { .. } | Place::Opening { .. } | Place::Translation { .. },
            )
            | None => {}
        }
    }
    Texts { articles, by_source, translated, unread }
}

/// What belongs to a part is out when that is.
fn give_status(article: &mut Arc<Article>, status: Status) {
    if article.front.status != status {
        Arc::make_mut(article).front.status = status;
    }
}

/// One article; `None` for one that belongs nowhere or can't be read.
fn text(reading: Reading<'_>, source: SourceId, out: &mut Vec<Diagnostic>) -> Option<Article> {
    let Reading { project, run, layout, blocks, .. } = reading;
    let file = project.sources.get(source);
    if project.unread.contains(&file.path) {
        return None;
    }
    let Some(typed) = file.visit() else {
        out.push(lost(project, file));
        return None;
    };
    let place = layout.places.get(&source)?;
    let (config, original, translations) = match place {
        Place::Translation { language, of } => {
            (&reading.languages[*language], layout.places.get(of)?, layout.translations.get(*language))
        }
        place => (reading.config, place, None),
    };
    let kind = kind(original);
    let kind = if translations.is_some() { kind.translated() } else { kind };
    // What is wrong with it is told where it is read as a whole.
    let untold = &mut Vec::new();
    let posts = match original {
        Place::Opening { posts } => plan::parse_posts(&project.sources, *posts, "", untold).map(|mut plan| {
            let translated = translations.and_then(|translations| translations.of.get(posts));
            translated.into_iter().for_each(|source| overlay::lay(&mut plan, (&project.sources, *source), untold));
            plan
        }),
        _ => None,
    };
    let context = parse::Context {
        zone: &config.zone,
        dialect: Dialect::of(config, cites(layout, original, project.sources.path(source))),
        default_title: posts.as_ref().map_or(&config.title, |posts| &posts.title),
        components: blocks.components,
        block_kinds: blocks.kinds,
        in_languages: !reading.languages.is_empty(),
    };
    let mut article = parse::parse((&typed, source), kind, &context, out)?;
    drop(typed);
    if let Place::Post { named: Some(day) } = place {
        date_by_name(&mut article.front, *day, (project.sources.path(source), &config.zone), out);
    }
    // Those of a translation are its original's.
    if translations.is_none() {
        name_tags(&mut article.front.tags, config, out);
    }
    drop_unseen(&article, run, out);
    Some(article)
}

/// Gives the tables of an article the rows of their files, and tells which files of TOML they took. A file of other
/// kinds that isn't there is told where links are followed.
fn fill_tables(
    project: &Project,
    article: &mut Arc<Article>,
    read: &mut BTreeSet<SourceId>,
    out: &mut Vec<Diagnostic>,
) {
    let has_file = |block: &Placed| block.body.get::<Table>().is_some_and(|table| table.data.is_some());
    if !article.blocks.iter().any(has_file) {
        return;
    }
    let article = Arc::make_mut(article);
    let path = project.sources.path(article.source);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_draft = article.front.status == Status::Draft;
    for block in &mut article.blocks {
        let Some(mut table) = block.body.get::<Table>().cloned() else { continue };
        let Some(data) = table.data.clone() else { continue };
        let path = join(folder, &percent_decode(&data.value)).map(|path| nfc(&path).into_owned());
        let Some(path) = path else { continue };
        let mut found = Vec::new();
        if is_toml(&data.value) {
            match project.data.iter().find(|source| project.sources.path(**source) == path) {
                Some(_) if project.unread.contains(&path) => {}
                Some(source) => {
                    read.insert(*source);
                    capped(&mut found, |out| table.fill_from_toml(*source, project.sources.text(*source), out));
                }
                None => found.push(missing_data(project, &path, &data)),
            }
        } else if let Some(file) = project.files.get(&path) {
            let is_csv = file.path.ends_with(".csv");
            match file.text.filter(|_| is_csv) {
                Some(source) => capped(&mut found, |out| table.fill(source, project.sources.text(source), out)),
                None if project.unread.contains(&path) => {}
                // What is no text is published all the same, and a mistake here alone.
                None if is_csv => found.extend(read_text(&path, &file.disk).err()),
                None => found.push(
                    Diagnostic::new(
                        Code::InvalidValue,
                        data.span,
                        format!("{} is no table of values", quote(&data.value)),
                    )
                    .help("its name ends in `.csv` or `.toml`"),
                ),
            }
        }
        // What nobody sees may be half written.
        if !is_draft {
            out.append(&mut found);
        }
        block.body = Body::Known(Arc::new(table));
    }
}

/// The diagnostic for a table whose file of TOML isn't there.
fn missing_data(project: &Project, path: &str, data: &Spanned<String>) -> Diagnostic {
    let known: Vec<&str> = project.data.iter().map(|source| project.sources.path(*source)).collect();
    let near = did_you_mean(path, known);
    Diagnostic::new(Code::BrokenLink, data.span, format!("there is no file {}", quote(&data.value))).maybe_help(near)
}

/// Whether a text belongs to a series with sources.
fn cites(layout: &Layout, place: &Place, path: &str) -> bool {
    let below = path.strip_prefix("content/").unwrap_or(path);
    let series = || folders_above(below).find_map(|folder| layout.series.get(folder));
    matches!(place, Place::Part | Place::Side { .. }) && series().is_some_and(|series| series.sources.is_some())
}

/// What kind of article lies at a place that is no translation's.
fn kind(place: &Place) -> Kind {
    match place {
        Place::Part => Kind::Part,
        Place::Side { .. } => Kind::Side,
        Place::Post { .. } => Kind::Post,
        Place::Opening { .. } => Kind::Opening,
        Place::Home => Kind::Home,
        Place::Page { .. } | Place::Translation { .. } => Kind::Page,
    }
}

/// What nobody gets to see may be half written; its front matter still counts.
fn drop_unseen(article: &Article, run: &Run, found: &mut Vec<Diagnostic>) {
    if article.front.status == Status::Draft && !run.drafts {
        let body = Span::new(article.source, article.body.clone());
        let is_seen =
            |place: &diagnostic::Place| !matches!(place, diagnostic::Place::Span(span) if span.start >= body.start);
        found.retain(|diagnostic| is_seen(&diagnostic.place));
    }
}

/// A post whose file's name begins with a day came out on that day; its front matter may say at what time.
fn date_by_name(front: &mut FrontMatter, day: Date, (path, zone): (&str, &TimeZone), out: &mut Vec<Diagnostic>) {
    match front.date {
        None if !front.unread.contains(&"date") => front.date = date::parse(&day.to_string(), zone),
        Some(date) if date.day != day => out.push(
            Diagnostic::new(
                Code::InvalidValue,
                front.date_span,
                format!("`date` is {}, and the name {} says {day}", date.day, quote(path)),
            )
            .help("correct one of them, or leave one out; addresses and feeds don't know the day in a name"),
        ),
        _ => {}
    }
}

/// Every address is one series' alone. One whose slug can't be its address goes on under its id.
fn settle(folders: &mut [Folder], out: &mut Vec<Diagnostic>) {
    let ids: BTreeMap<String, Span> =
        folders.iter().map(|folder| (folder.plan.id.clone(), Span::start_of(folder.plan.source))).collect();
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    for Folder { plan, .. } in folders {
        let Some(slug) = &plan.slug else { continue };
        let other = ids.get(&plan.folder).filter(|_| plan.folder != plan.id).or(taken.get(&plan.folder));
        let address = quote(&format!("/{}/", plan.folder));
        let problem = match other {
            _ if ["tags", "search"].contains(&plan.folder.as_str()) => {
                let message = format!("the address {address} is taken by a page that every site has");
                Diagnostic::new(Code::InvalidId, slug.span, message)
            }
            Some(other) => {
                let message = format!("two series have the address {address}");
                Diagnostic::new(Code::TwoSources, slug.span, message).note(*other, "the other")
            }
            None => {
                taken.insert(plan.folder.clone(), slug.span);
                continue;
            }
        };
        out.push(problem.help("choose another slug"));
        plan.folder.clone_from(&plan.id);
    }
}

/// Takes back what is said of the texts of a series that its author hides, which may be half written.
fn leave_hidden(folders: &[Folder], articles: &Articles, run: &Run, out: &mut Vec<Diagnostic>) {
    let hidden = folders.iter().filter(|folder| folder.plan.is_draft && !run.drafts);
    let texts = hidden.flat_map(|folder| {
        let sides = folder.sides.values().flat_map(BTreeMap::values).filter_map(|side| side.article);
        folder.files.values().filter_map(|file| file.article).chain(sides)
    });
    let body = |article: &Article| (article.source, Span::new(article.source, article.body.clone()));
    let bodies: BTreeMap<SourceId, Span> = texts.map(|article| body(&articles[article])).collect();
    out.retain(|diagnostic| match &diagnostic.place {
        diagnostic::Place::Span(span) => bodies.get(&span.source).is_none_or(|body| span.start < body.start),
        diagnostic::Place::File(_) => true,
    });
}

/// The folders of series in the order of the home page, then those of posts; each read but for its articles.
fn folders(reading: Reading<'_>, texts: &mut Texts, out: &mut Vec<Diagnostic>) -> Vec<Folder> {
    let Reading { project, config, layout, .. } = reading;
    let Texts { by_source, unread, .. } = texts;
    let plans = layout.series.par_iter().map(|(_, folder)| {
        let owner = Owner { series: &folder.id, zone: &config.zone };
        let parse = |out: &mut Vec<Diagnostic>| match folder.is_posts {
            true => plan::parse_posts(&project.sources, folder.plan, &folder.id, out),
            false => plan::parse_plan(&project.sources, folder.plan, owner, out),
        };
        aside(|out| capped(out, parse))
    });
    let plans: Vec<_> = plans.collect();
    let mut folders: Vec<Folder> = Vec::new();
    for (folder, (plan, mut found)) in layout.series.values().zip(plans) {
        let plan = unread.unless(project, folder.plan, || {
            out.append(&mut found);
            plan
        });
        let glossary = folder.glossary.and_then(|source| {
            unread.unless(project, source, || capped(out, |out| parse_glossary(&project.sources, source, out)))
        });
        let sources = folder.sources.and_then(|source| {
            unread.unless(project, source, || {
                Some(capped(out, |out| parse_sources(&project.sources, source, &config.language, out)))
            })
        });
        let shared = shared_comparisons(project, folder, unread, out);
        let Some(plan) = plan else { continue };
        check_names(&plan, config, out);
        let file = |(id, source): (&String, &SourceId)| {
            (id.clone(), PartFile { id: id.clone(), article: by_source.get(source).copied() })
        };
        let files = folder.parts.iter().map(file).collect();
        let side = |(name, source): (&String, &SourceId)| {
            (name.clone(), SideFile { source: *source, article: by_source.get(source).copied() })
        };
        let sides = folder.sides.iter().map(|(part, sides)| (part.clone(), sides.iter().map(side).collect())).collect();
        let opening = folder.opening.and_then(|source| by_source.get(&source).copied());
        folders.push(Folder { plan, opening, glossary, sources, shared, files, sides });
    }
    let order = home_order(&folders, unread, config, out);
    let mut folders: Vec<Option<Folder>> = folders.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| folders[at].take()).collect()
}

/// A word of a series for its parts stands where the phrases of the project's language leave room for it.
fn check_labels(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) {
    let without = site.phrases.without_label();
    let Some(label) = site.series_shown().find_map(|series| series.plan.label.as_ref()).filter(|_| !without.is_empty())
    else {
        return;
    };
    let message =
        format!("the language's phrases for a part have a word of their own, and not {}", quote(&label.value.part));
    let phrases = list(without.iter().copied(), "and");
    let file = phrases::file(project, &site.config.language).map(|(path, _)| path).unwrap_or_default();
    out.push(
        Diagnostic::new(Code::MissingWords, label.span, message)
            .help(format!("write `{{Part}}` in its place in {phrases} of `templates/{file}`")),
    );
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

/// The diagnostic for an author, a category or another name that a plan refers to and the site
/// doesn't have.
fn unknown_name<'a>(
    name: &Spanned<String>,
    what: &str,
    section: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::new(Code::InvalidValue, name.span, format!("`partwork.toml` has no {what} {}", quote(&name.value)))
        .help(did_you_mean(&name.value, known).unwrap_or_else(|| format!("add it there under `[[{section}]]`")))
}

fn check_authors(site: &Site, out: &mut Vec<Diagnostic>) {
    let known: BTreeSet<&str> = site.config.authors.iter().map(|author| author.id.as_str()).collect();
    // Those of a translation are its original's.
    let authors = site.articles.iter().filter(|_| site.is_original()).flat_map(|article| &article.front.authors);
    let translators = site.articles.iter().flat_map(|article| &article.front.translators);
    for author in authors.chain(translators) {
        if site.config.all_authors && !known.contains(author.value.as_str()) {
            out.push(unknown_name(author, "author", "authors", known.iter().copied()));
        }
    }
    let avatars = site.config.authors.iter().filter(|_| site.is_original());
    for avatar in avatars.filter_map(|author| author.avatar.as_ref()) {
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
        let comparison = unread
            .unless(project, *source, || capped(out, |out| comparison::read_shared(id, &excerpt, &mut links, out)));
        if let Some(comparison) = comparison {
            let lines = comparison.lines().into_iter();
            let citations = lines.flat_map(|line| cited_in_line(&line.text, line.span)).collect();
            shared.insert(id.clone(), Shared { source: *source, comparison, links, citations });
        }
    }
    shared
}

/// The series that `partwork.toml` orders, the rest by name, then posts by name.
fn home_order(folders: &[Folder], unread: &Unread, config: &Config, out: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut order = Vec::new();
    for wanted in &config.series {
        match folders.iter().position(|folder| folder.plan.id == wanted.value) {
            Some(at) if folders[at].plan.order != Order::Plan => {
                let message = format!("{} is no series, but a folder of posts", quote(&wanted.value));
                out.push(
                    Diagnostic::new(Code::UnknownSeries, wanted.span, message)
                        .help("remove it: posts follow all series by themselves"),
                );
            }
            Some(at) if order.contains(&at) => {
                let message = format!("the series {} stands twice", quote(&wanted.value));
                out.push(Diagnostic::new(Code::DuplicateId, wanted.span, message));
            }
            Some(at) => order.push(at),
            None if unread.has_series(&wanted.value) => {}
            None => {
                let message = format!("there is no series {}", quote(&wanted.value));
                let series = folders.iter().filter(|folder| folder.plan.order == Order::Plan);
                let near = did_you_mean(&wanted.value, series.map(|folder| folder.plan.id.as_str()));
                out.push(
                    Diagnostic::new(Code::UnknownSeries, wanted.span, message)
                        .help(near.unwrap_or_else(|| format!("create `content/{}/series.toml`", wanted.value))),
                );
            }
        }
    }
    let ordered: BTreeSet<usize> = order.iter().copied().collect();
    order.extend((0..folders.len()).filter(|at| !ordered.contains(at)));
    order.sort_by_key(|at| folders[*at].plan.order != Order::Plan);
    order
}

fn singles(reading: Reading<'_>, texts: &Texts) -> Vec<Single> {
    let mut singles = Vec::new();
    for (source, place) in &reading.layout.places {
        let (Place::Page { address }, Some(article)) = (place, texts.by_source.get(source)) else { continue };
        let front = &texts.articles[*article].front;
        let id = address.trim_end_matches('/').to_string();
        let address = place::of_page(address, front);
        let out = front.status == Status::Published || reading.run.drafts;
        singles.push(Single { at: SingleId::new(singles.len()), id, article: *article, address, out });
    }
    singles
}

/// Gives tags the names that readers see, each once.
fn name_tags(tags: &mut Vec<Spanned<String>>, config: &Config, out: &mut Vec<Diagnostic>) {
    for tag in tags.iter_mut() {
        tag.value = config.tag(&tag.value).0;
    }
    let mut seen = BTreeSet::new();
    tags.retain(|tag| {
        if config.tag(&tag.value).1.is_empty() {
            let message = format!("the tag {} has no letter or digit", quote(&tag.value));
            out.push(Diagnostic::new(Code::InvalidValue, tag.span, message).help(tag_help(&tag.value)));
            return false;
        }
        seen.insert(tag.value.clone())
    });
}

/// How a tag gets an address that its name can't give.
fn tag_help(name: &str) -> String {
    format!("give it an address of its own in `partwork.toml`: `[tags.<address>]` with `name = {name:?}`")
}

fn tags(site: &Site, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Tag> {
    let mut tags: BTreeMap<String, Tag> = BTreeMap::new();
    for part in site.parts_out() {
        let Some(article) = part.article else { continue };
        for name in &site.article(article).front.tags {
            let (_, slug) = site.config.tag(&name.value);
            let tag = tags.entry(slug).or_insert_with(|| Tag {
                name: name.value.clone(),
                span: name.span,
                parts: Vec::new(),
            });
            if tag.name != name.value {
                let message = format!("the tags {} and {} have one address", quote(&tag.name), quote(&name.value));
                out.push(Diagnostic::new(Code::DuplicateTag, name.span, message).note(tag.span, "the first").help(
                    format!("spell them alike; if {} is another, {}", quote(&name.value), tag_help(&name.value)),
                ));
            }
            if tag.parts.last() != Some(&part.at) {
                tag.parts.push(part.at);
            }
        }
    }
    tags
}
