//! What the template of each page is given.
//!
//! In: a page, and the article's text where it has one. Out: its template and the values that this sees,
//! as `outputs/contract.rs` lists them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tera::{Context, Value};

use super::aside::mark;
use super::code::Highlighter;
use super::form::{Blocks, safe};
use super::lines::Lines;
use super::meta::{self, About};
use super::sink::{Html, Sink};
use super::style::{Cites, Style};
use super::template::Templates;
use super::views::Views;
use super::visit::{Resolved, Visit};
use super::write::{Additions, BlockAt, BlockWriter, write};
use super::{fill, glossary::TermLinks, view};
use crate::diagnostic::Diagnostic;
use crate::parse::Article;
use crate::parse::numbered::Labels;
use crate::project::phrases::Label;
use crate::settings::data::Table;
use crate::site::gallery::{ComparisonPlace, GalleryEntry};
use crate::site::ids::{ChapterId, PartId, SeriesId};
use crate::site::page::Page;
use crate::site::series::{Chapter, Part, Series, Side, State};
use crate::store::spool::Spool;
use crate::text::order::sort_key;
use crate::text::url::uri;

/// In a series of more parts than this, a part's page lists its neighbors alone.
const LONG_SERIES: usize = 200;
/// The home page shows so many posts of a folder.
const NEWEST: usize = 5;
/// How many neighbors on either side.
const NEIGHBORS: usize = 20;

/// A template, and what it is given.
pub type Filled = (&'static str, Context);

/// What a page is filled with beside what the site knows.
#[derive(Debug, Default)]
pub struct Given<'a> {
    /// The article that is its text.
    pub visit: Option<&'a Visit<'a>>,
    /// The parts of a series that stands on one page.
    pub parts: Vec<view::PrintPart>,
    /// Where HTML waits that is too much to be held.
    pub spool: Option<&'a Arc<Spool>>,
}

/// An article's HTML, and its headings.
struct Written {
    content: Value,
    toc: Vec<view::TocEntry>,
}

/// Fills templates.
#[derive(Debug, Clone, Copy)]
pub struct Filler<'a> {
    pub resolved: Resolved<'a>,
    pub views: &'a Views<'a>,
    pub templates: &'a Templates,
    pub highlighter: Option<&'a Highlighter<'a>>,
}

/// A page's own words, for `<head>`.
struct Head<'a> {
    title: &'a str,
    /// The site's, when it says nothing.
    description: String,
    kind: &'static str,
    extra: Option<&'a Table>,
}

impl<'a> Filler<'a> {
    /// The template of a page with its values; nothing for a page that has no text to show.
    pub fn fill(&self, page: &Page, given: Given<'_>, out: &mut Vec<Diagnostic>) -> Option<Filled> {
        let site = self.resolved.site;
        match page {
            Page::Home => Some(self.home(given.visit, out)),
            Page::Series(series) if !site.series(*series).is_posts() => Some(self.series(site.series(*series))),
            Page::Series(folder) => Some(self.posts(page, (site.series(*folder), 1), given.visit, out)),
            Page::Earlier(folder, number) => Some(self.posts(page, (site.series(*folder), *number), None, out)),
            Page::Part(part) if site.series(part.series).is_posts() => self.post(site.part(*part), given.visit?, out),
            Page::Part(part) => self.part(site.part(*part), given.visit?, out),
            Page::Side(side) => self.side(site.side(*side), given.visit?, out),
            Page::Comparisons(series) => Some(self.comparisons(site.series(*series), given.spool, out)),
            Page::Glossary(series) => Some(self.glossary(site.series(*series))),
            Page::Code(series) => Some(self.code(site.series(*series))),
            Page::Sources(series) => Some(self.sources(site.series(*series))),
            Page::Print(series) => Some(self.print(site.series(*series), &given.parts)),
            Page::Single(_) => Some(self.single(page, given.visit?, out)),
            Page::Tags => Some(self.tags()),
            Page::Tag(slug) => Some(self.tag(page, slug)),
            Page::Search => Some(self.search()),
            Page::NotFound => Some(self.not_found()),
        }
    }

    /// A context with the values that every page has.
    fn head(&self, page: &Page, head: Head<'_>) -> Context {
        let (site, config) = (self.resolved.site, &self.resolved.site.config);
        let is_silent = head.description.trim().is_empty();
        let description = if is_silent { config.description.clone() } else { head.description };
        let noindex = !page.is_indexed(site);
        let subject = About { page, title: head.title, description: &description, noindex };
        let meta = meta::meta(site, subject);
        let address = page.address(site);
        let view = view::Page {
            title: site.typeset(head.title),
            url: config.base_url.rooted(&address),
            permalink: page.canonical(site).map_or_else(|| uri(&config.base_url.absolute(&address)), uri),
            kind: head.kind,
            noindex,
            languages: fill::languages(site, page),
            is_behind: page.article(site).is_some_and(|article| site.is_behind(article)),
            meta,
            extra: fill::extra(head.extra),
            description: site.typeset(&description),
        };
        let mut context = Context::new();
        context.insert_value("page", Value::from_serializable(&view));
        context
    }

    fn home(&self, visit: Option<&Visit<'_>>, out: &mut Vec<Diagnostic>) -> Filled {
        let config = &self.resolved.site.config;
        let article = visit.map(|visit| visit.article);
        let title = article.map_or(config.title.as_str(), |article| article.front.title.value.as_str());
        let description = article.and_then(description_of).unwrap_or_else(|| config.description.clone());
        let head = Head { title, description, kind: "home", extra: article.and_then(extra_of) };
        let mut context = self.head(&Page::Home, head);
        let whole = |series: &Series| self.views.whole(series.at);
        let series: Vec<Value> = self.resolved.site.series_shown().map(whole).collect();
        context.insert_value("series", Value::from(series));
        let posts: Vec<view::Newest> =
            self.resolved.site.posts.iter().filter_map(|folder| self.newest(folder)).collect();
        context.insert("posts", &posts);
        let content = visit.map(|visit| self.written(visit, None, &context, out).content);
        context.insert_value("content", content.unwrap_or_else(Value::none));
        context.insert("title_id", &article.and_then(|article| article.title_id.as_deref()));
        ("home.html", context)
    }

    fn series(&self, series: &Series) -> Filled {
        let (plan, phrases) = (&series.plan, &self.resolved.site.phrases);
        let mut description = plan.description.clone();
        if description.trim().is_empty() {
            let named = [("series", plan.title.clone()), ("site", self.resolved.site.config.title.clone())];
            let site = self.resolved.site;
            description = phrases.count_in(site.words(series), "series_description", series.total, &named);
        }
        let head = Head { title: &plan.title, description, kind: "series", extra: plan.extra.as_ref() };
        let mut context = self.head(&Page::Series(series.at), head);
        context.insert_value("series", self.views.whole(series.at));
        ("series.html", context)
    }

    fn part(&self, part: &Part, visit: &Visit<'_>, out: &mut Vec<Diagnostic>) -> Option<Filled> {
        let series = self.resolved.site.series(part.at.series);
        let description = part.summary().unwrap_or_default().to_string();
        let head = Head { title: &part.title, description, kind: "part", extra: extra_of(visit.article) };
        let mut context = self.head(&Page::Part(part.at), head);
        context.insert_value("series", self.views.whole(series.at));
        let text = self.written(visit, Some(part.at.into()), &context, out);
        let view = self.part_view(series, part, text)?;
        context.insert("part", &view);
        context.insert_value("index", self.index(series, part.at));
        context.insert("index_is_cut", &(series.entries > LONG_SERIES));
        Some(("part.html", context))
    }

    /// The newest posts of a folder; nothing where none is out.
    fn newest(&self, folder: &Series) -> Option<view::Newest> {
        let entries = folder.out().filter_map(|post| self.views.entry(post.at));
        let entries: Vec<_> = entries.take(NEWEST).collect();
        (!entries.is_empty()).then(|| view::Newest { posts: fill::posts(self.resolved.site, folder), entries })
    }

    /// A page of the list of a folder of posts, by its number.
    fn posts(
        &self,
        page: &Page,
        (folder, number): (&Series, usize),
        visit: Option<&Visit<'_>>,
        out: &mut Vec<Diagnostic>,
    ) -> Filled {
        let Resolved { site, .. } = self.resolved;
        let (plan, pages) = (&folder.plan, folder.list_pages());
        let named = [
            ("title", plan.title.clone()),
            ("site", site.config.title.clone()),
            ("number", number.to_string()),
            ("pages", pages.to_string()),
        ];
        let article = visit.map(|visit| visit.article);
        let (title, description) = match number {
            1 => {
                let title = article.map_or(&plan.title, |article| &article.front.title.value);
                let own = article.and_then(description_of).unwrap_or_else(|| plan.description.clone());
                let said = Some(own).filter(|own| !own.trim().is_empty());
                (title.clone(), said.unwrap_or_else(|| site.phrases.say("posts_description", &named)))
            }
            _ => (site.phrases.say("posts_page", &named), site.phrases.say("posts_page_description", &named)),
        };
        let extra = article.and_then(extra_of).or(plan.extra.as_ref());
        let mut context = self.head(page, Head { title: &title, description, kind: "posts", extra });
        context.insert_value("posts", self.views.whole(folder.at));
        let entries = folder.on_list_page(number).filter_map(|post| self.views.entry(post.at));
        context.insert("entries", &entries.collect::<Vec<_>>());
        let url = |number: usize| {
            let page = if number == 1 { Page::Series(folder.at) } else { Page::Earlier(folder.at, number) };
            site.config.base_url.rooted(&page.address(site))
        };
        let (newer, older) = ((number > 1).then(|| url(number - 1)), (number < pages).then(|| url(number + 1)));
        context.insert("pager", &view::Pager { number, pages, newer, older });
        let content = visit.map(|visit| self.written(visit, None, &context, out).content);
        context.insert_value("content", content.unwrap_or_else(Value::none));
        context.insert("title_id", &article.and_then(|article| article.title_id.as_deref()));
        ("posts.html", context)
    }

    fn post(&self, post: &Part, visit: &Visit<'_>, out: &mut Vec<Diagnostic>) -> Option<Filled> {
        let folder = self.resolved.site.series(post.at.series);
        let description = post.description.clone().unwrap_or_default();
        let head = Head { title: &post.title, description, kind: "post", extra: extra_of(visit.article) };
        let mut context = self.head(&Page::Part(post.at), head);
        context.insert_value("posts", self.views.whole(folder.at));
        let text = self.written(visit, Some(post.at.into()), &context, out);
        context.insert("post", &self.part_view(folder, post, text)?);
        Some(("post.html", context))
    }

    fn side(&self, side: &Side, visit: &Visit<'_>, out: &mut Vec<Diagnostic>) -> Option<Filled> {
        let site = self.resolved.site;
        let (series, part) = (site.series(side.at.part.series), site.part(side.at.part));
        let description = Chapter::Side(side, part).summary().unwrap_or_default().to_string();
        let head = Head { title: &side.title, description, kind: "side", extra: extra_of(visit.article) };
        let mut context = self.head(&Page::Side(side.at), head);
        context.insert_value("series", self.views.whole(series.at));
        let text = self.written(visit, Some(side.at.into()), &context, out);
        let view = view::Side {
            link: fill::side_link(site, side),
            title_id: visit.article.title_id.clone(),
            authors: fill::authors(site, &side.authors),
            date: side.date.map(|when| when.day.to_string()),
            date_text: side.date.map(|when| site.phrases.date(when.day)),
            updated: side.updated.map(|when| when.day.to_string()),
            updated_text: side.updated.map(|when| site.phrases.date(when.day)),
            words: visit.article.words,
            content: text.content,
            toc: text.toc,
            preview: part.preview,
            extra: fill::extra(extra_of(visit.article)),
        };
        context.insert("side", &view);
        context.insert("part", &self.views.entry(part.at)?);
        context.insert("sides", &fill::sides(site, part));
        Some(("side.html", context))
    }

    /// A page whose title and description are phrases of the theme that name a series.
    fn of_series(&self, page: &Page, series: &Series, (kind, extra): (&'static str, Option<&Table>)) -> Context {
        let (site, named) = (self.resolved.site, [("series", series.plan.title.clone())]);
        let title = site.say_of(series, &format!("{kind}_title"), &named);
        let description = site.say_of(series, &format!("{kind}_description"), &named);
        let mut context = self.head(page, Head { title: &title, description, kind, extra });
        context.insert_value("series", self.views.whole(series.at));
        context
    }

    fn comparisons(&self, series: &Series, spool: Option<&Arc<Spool>>, out: &mut Vec<Diagnostic>) -> Filled {
        let mut context = self.of_series(&Page::Comparisons(series.at), series, ("comparisons", None));
        // A template of the project's own may do anything with them.
        let spool = spool.filter(|_| self.resolved.project.is_built_in("comparisons.html"));
        let entries = self.gallery(series, &context, spool, out);
        context.insert("comparisons", &entries);
        ("comparisons.html", context)
    }

    fn glossary(&self, series: &Series) -> Filled {
        let mut context = self.of_series(&Page::Glossary(series.at), series, ("glossary", None));
        context.insert("terms", self.views.glossary(series.at));
        ("glossary.html", context)
    }

    fn code(&self, series: &Series) -> Filled {
        let mut context = self.of_series(&Page::Code(series.at), series, ("code", None));
        let entry = |part| self.views.entry(part);
        context.insert("states", &fill::states(self.resolved.site, series, &entry));
        ("code.html", context)
    }

    fn sources(&self, series: &Series) -> Filled {
        let mut context = self.of_series(&Page::Sources(series.at), series, ("sources", None));
        let lists = self.views.lists(series.at);
        context.insert("sources", &fill::sources(self.resolved.site, series, &lists.entries));
        ("sources.html", context)
    }

    fn print(&self, series: &Series, parts: &[view::PrintPart]) -> Filled {
        let extra = series.plan.extra.as_ref();
        let mut context = self.of_series(&Page::Print(series.at), series, ("print", extra));
        context.insert("parts", parts);
        let coming = series.parts.iter().filter(|part| part.state == State::Soon);
        let coming: Vec<_> = coming.filter_map(|part| self.views.entry(part.at)).collect();
        context.insert("coming", &coming);
        ("print.html", context)
    }

    fn single(&self, page: &Page, visit: &Visit<'_>, out: &mut Vec<Diagnostic>) -> Filled {
        let article = visit.article;
        let description = description_of(article).unwrap_or_default();
        let title = &article.front.title.value;
        let mut context = self.head(page, Head { title, description, kind: "page", extra: extra_of(article) });
        let text = self.written(visit, None, &context, out);
        context.insert_value("content", text.content);
        context.insert("toc", &text.toc);
        context.insert("title_id", &article.title_id);
        ("page.html", context)
    }

    /// A page of the site itself, whose title is a phrase of the theme.
    fn of_site(&self, page: &Page, title: &str, kind: &'static str, description: &str) -> Context {
        let (site, phrases) = (&self.resolved.site.config.title, &self.resolved.site.phrases);
        let (title, description) = (phrases.say(title, &[]), phrases.say(description, &[("site", site.clone())]));
        self.head(page, Head { title: &title, description, kind, extra: None })
    }

    fn tags(&self) -> Filled {
        let mut context = self.of_site(&Page::Tags, "tags", "tags", "tags_description");
        let mut tags: Vec<view::Tag> = self.resolved.site.tags.keys().map(|slug| self.tag_view(slug)).collect();
        tags.sort_by_cached_key(|tag| sort_key(&self.resolved.site.config.language, &tag.name));
        context.insert("tags", &tags);
        ("tags.html", context)
    }

    fn tag(&self, page: &Page, slug: &str) -> Filled {
        let tag = self.tag_view(slug);
        let named = [("site", self.resolved.site.config.title.clone()), ("tag", tag.name.clone())];
        let phrases = &self.resolved.site.phrases;
        let description = match tag.posts {
            0 => phrases.count_in(self.tag_words(slug), "tag_description", tag.count, &named),
            _ => phrases.say("tag_about", &named),
        };
        let mut context = self.head(page, Head { title: &tag.name, description, kind: "tag", extra: None });
        context.insert("tag", &tag);
        ("tag.html", context)
    }

    fn search(&self) -> Filled {
        let context = self.of_site(&Page::Search, "search", "search", "search_description");
        ("search.html", context)
    }

    fn not_found(&self) -> Filled {
        let context = self.of_site(&Page::NotFound, "not_found", "404", "not_found_description");
        ("404.html", context)
    }

    fn style(&self) -> Style<'_> {
        self.resolved.style(None, self.highlighter)
    }

    /// What writes blocks on pages of a series, or outside any.
    pub fn blocks<'b>(&'b self, series: Option<SeriesId>, implicits: &'b Context) -> Blocks<'b> {
        let Resolved { project, site, references, blocks, .. } = self.resolved;
        Blocks {
            project,
            engine: &self.templates.engine,
            names: blocks,
            series: series.map(|id| (site.series(id), references.series(id))),
            inline_files: &self.views.inline_files,
            implicits,
            count: 0,
        }
    }

    /// An article's HTML on its own page.
    fn written(
        &self,
        visit: &Visit<'_>,
        chapter: Option<ChapterId>,
        context: &Context,
        out: &mut Vec<Diagnostic>,
    ) -> Written {
        let series = chapter.map(|chapter| chapter.part.series);
        let terms = series.and_then(|series| self.views.terms(series)).zip(chapter);
        let terms = terms.map(|(terms, reader)| TermLinks::new(terms, reader));
        let mut blocks = self.blocks(series, context);
        let mut write_block = |placed: &_, at: BlockAt<'_, '_>| blocks.write(placed, at);
        let writer = BlockWriter { names: self.resolved.blocks, write: &mut write_block };
        let additions = Additions { terms, blocks: Some(writer), link_notes: None };
        let mut sink = Sink::Html(Html::new(visit.text.tree.typed.len() * 3 / 2));
        let cites = series.and_then(|series| self.resolved.own_cites(series));
        write(visit.text, Style { cites, ..self.style() }, &mut sink, additions, out);
        Written { content: safe(sink.into_html()), toc: fill::toc(&visit.article.headings) }
    }

    fn part_view(&self, series: &Series, part: &Part, text: Written) -> Option<view::Part> {
        let entry = |part: PartId| self.views.entry(part);
        let article = self.resolved.site.article(part.article?);
        let next_up = series.next_listed(part.at).and_then(|next| {
            let own = article.front.next_up.as_ref().map(|text| text.value.clone());
            let next = series.part(next);
            let text = own.or_else(|| next.description.clone()).unwrap_or_else(|| next.title.clone());
            Some(view::NextUp { part: entry(next.at)?, text: self.resolved.site.typeset(&text) })
        });
        Some(view::Part {
            entry: self.views.entry_made(part)?,
            title_id: article.title_id.clone(),
            authors: fill::authors(self.resolved.site, &part.authors),
            translators: (self.resolved.site.authors(&article.front.translators))
                .map(|author| author.name.clone())
                .collect(),
            updated: part.updated.map(|when| when.day.to_string()),
            updated_text: part.updated.map(|when| self.resolved.site.phrases.date(when.day)),
            tags: self.tag_links(article),
            words: article.words,
            content: text.content,
            toc: text.toc,
            sides: fill::sides(self.resolved.site, part),
            previous: series.previous(part.at).and_then(entry),
            next: series.next(part.at).and_then(entry),
            next_up,
            needs: self.needs(series, part),
            discussion_frame: self.resolved.site.config.discussion.as_ref().and_then(|discussion| {
                let page = self.resolved.site.config.base_url.absolute(&part.address);
                let suffix = self.resolved.site.id_suffix();
                let made = || format!("{}/{}{suffix}", part.known_as.0, part.known_as.1);
                fill::discussion_frame(discussion, &article.front.thread.clone().unwrap_or_else(made), &page)
            }),
            program: fill::program(self.resolved.site, series, part),
            preview: part.preview,
            extra: fill::extra(extra_of(article)),
        })
    }

    fn tag_links(&self, article: &Article) -> Vec<view::Link> {
        let url = |name: &str| {
            let (_, slug) = self.resolved.site.config.tag(name);
            self.resolved.site.config.base_url.rooted(&Page::Tag(slug).address(self.resolved.site))
        };
        let tags = article.front.tags.iter();
        tags.map(|tag| view::Link { title: tag.value.clone(), url: url(&tag.value) }).collect()
    }

    /// The parts that teach what this one needs, in their order, with the terms.
    fn needs(&self, series: &Series, part: &Part) -> Vec<view::Need> {
        let mut by_part: BTreeMap<PartId, Vec<String>> = BTreeMap::new();
        for need in &part.needs {
            let Some(teacher) = series.teachers.get(&need.value).filter(|teacher| **teacher < part.at) else {
                continue;
            };
            let name = series.glossary.as_ref().and_then(|glossary| glossary.terms.get(&need.value));
            let name = name.map_or_else(|| need.value.replace(['-', '_'], " "), |term| term.name.clone());
            by_part.entry(*teacher).or_default().push(name);
        }
        by_part
            .into_iter()
            .filter_map(|(teacher, terms)| Some(view::Need { part: self.views.entry(teacher)?, terms }))
            .collect()
    }

    /// What a part's page lists of its series.
    fn index(&self, series: &Series, part: PartId) -> Value {
        if series.entries <= LONG_SERIES {
            return self.views.whole(series.at).get_from_path("tracks").cloned().unwrap_or_else(Value::none);
        }
        let near = series.around(part, NEIGHBORS);
        Value::from_serializable(&fill::tracks(self.resolved.site, series, &self.views.lists(series.at).entries, near))
    }

    fn gallery(
        &self,
        series: &Series,
        context: &Context,
        spool: Option<&Arc<Spool>>,
        out: &mut Vec<Diagnostic>,
    ) -> Vec<view::GalleryEntry> {
        let gallery = &self.resolved.references.gallery(series.at);
        let entries = gallery.iter().filter_map(|entry| {
            let comparison = entry.comparison(self.resolved.site, series)?;
            let parts = entry.parts.iter().filter_map(|part| self.views.entry(*part)).collect();
            let html = self.gallery_html(series, entry, context, out);
            let content = safe(match spool {
                Some(spool) => mark(html, spool),
                None => html,
            });
            Some(view::GalleryEntry { id: entry.id.clone(), title: comparison.title.clone(), content, parts })
        });
        entries.collect()
    }

    /// A comparison as it stands in the gallery.
    fn gallery_html(
        &self,
        series: &Series,
        entry: &GalleryEntry,
        context: &Context,
        out: &mut Vec<Diagnostic>,
    ) -> String {
        let mut blocks = self.blocks(Some(series.at), context);
        let mut sink = Sink::Html(Html::new(0));
        let (lines, labels) = (Lines::default(), Labels::new());
        let list = self.resolved.site.config.base_url.rooted(&Page::Sources(series.at).address(self.resolved.site));
        let cites = series.sources.as_ref().map(|sources| Cites { sources, page: Some(&list) });
        let mut at = BlockAt {
            body: None,
            level: 2,
            shows_first: false,
            targets: &[],
            lines: &lines,
            labels: &labels,
            style: Style { cites, ..self.style() },
            link_notes: None,
            sink: &mut sink,
            out,
        };
        match entry.place {
            ComparisonPlace::Inline { article, block } => {
                let placed = &self.resolved.site.article(article).blocks[block];
                at.targets = self.resolved.references.article(article).get(placed.links.clone()).unwrap_or_default();
                blocks.write(placed, at);
            }
            ComparisonPlace::Shared => blocks.write_shared(&entry.id, at),
        }
        sink.into_html()
    }

    fn tag_view(&self, slug: &str) -> view::Tag {
        let tag = &self.resolved.site.tags[slug];
        let mut series: Vec<view::TagSeries> = Vec::new();
        let mut last = None;
        for part in &tag.parts {
            let Some(entry) = self.views.entry(*part) else { continue };
            if last != Some(part.series) {
                let of = self.resolved.site.series(part.series);
                let link = self.views.link(part.series);
                series.push(view::TagSeries { series: link, is_posts: of.is_posts(), parts: Vec::new() });
                last = Some(part.series);
            }
            if let Some(series) = series.last_mut() {
                series.parts.push(entry);
            }
        }
        view::Tag {
            name: tag.name.clone(),
            url: self.resolved.site.config.base_url.rooted(&Page::Tag(slug.to_string()).address(self.resolved.site)),
            count: tag.parts.len(),
            label: fill::label(self.tag_words(slug)),
            posts: series.iter().filter(|of| of.is_posts).map(|of| of.parts.len()).sum(),
            series,
        }
    }

    /// What the parts that carry a tag are called.
    fn tag_words(&self, slug: &str) -> &Label {
        let site = self.resolved.site;
        let series = site.tags[slug].parts.iter().map(|part| site.series(part.series));
        site.common_words(series.filter(|series| !series.is_posts()))
    }
}

fn description_of(article: &Article) -> Option<String> {
    article.front.description.as_ref().map(|text| text.value.clone())
}

fn extra_of(article: &Article) -> Option<&Table> {
    article.front.extra.as_deref()
}
