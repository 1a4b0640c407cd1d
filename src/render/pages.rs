//! Every page of a site: which there are, and what each template is given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use tera::{Context, Kwargs, State as TeraState, Tera, TeraResult, Value};

use super::blocks::{Blocks, safe};
use super::body::{Medium, RenderBlock, Style, article_html, inline_html};
use super::code::Highlighter;
use super::glossary::{TermLinks, Terms, terms};
use super::meta::{self, Subject};
use super::print::number_links;
use super::{Templates, template_error, view};
use crate::assets::Assets;
use crate::config::{BaseUrl, Discussion};
use crate::data::Table;
use crate::diagnostic::Diagnostic;
use crate::generated::{self, epub_address, search_address};
use crate::images::{Size, svg_size};
use crate::load::Project;
use crate::parse::blocks::{Block, Body, Inline};
use crate::parse::{Article, Heading, html::decode, inline::inline_links};
use crate::resolve::{ComparisonPlace, References, Target, resolve_text};
use crate::series::{Series, State};
use crate::site::Site;
use crate::words::Words;

/// A page that a site has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    Home,
    Series(usize),
    Part(usize, usize),
    Comparisons(usize),
    Glossary(usize),
    /// The whole series on one page.
    Print(usize),
    /// Index among the pages outside series.
    Single(usize),
    Tags,
    /// By slug.
    Tag(String),
    Search,
    NotFound,
}

/// In a series of more parts than this, a part's page lists its neighbours alone.
const LONG_SERIES: usize = 200;
/// How many neighbours on either side.
const NEIGHBOURS: usize = 20;
/// Words that a reader reads in a minute, by Brysbaert's review of 190 studies (2019), rounded.
const WORDS_A_MINUTE: usize = 240;

/// Every page with its address below the base, in a fixed order.
pub fn list_pages(site: &Site, references: &References) -> Vec<(String, Page)> {
    let mut pages = vec![(String::new(), Page::Home)];
    for (at, series) in site.series.iter().enumerate() {
        let address = format!("{}/", series.plan.id);
        for (index, part) in series.parts.iter().enumerate().filter(|(_, part)| part.state == State::Out) {
            pages.push((part.address.clone(), Page::Part(at, index)));
        }
        if !references.galleries[at].is_empty() {
            pages.push((format!("{address}comparisons/"), Page::Comparisons(at)));
        }
        if !glossary_terms(series).is_empty() {
            pages.push((format!("{address}glossary/"), Page::Glossary(at)));
        }
        if series.published > 0 {
            pages.push((format!("{address}print/"), Page::Print(at)));
        }
        pages.push((address, Page::Series(at)));
    }
    for (at, page) in site.pages.iter().enumerate().filter(|(_, page)| page.out) {
        pages.push((page.address.clone(), Page::Single(at)));
    }
    if !site.tags.is_empty() {
        pages.push(("tags/".into(), Page::Tags));
    }
    pages.extend(site.tags.keys().map(|slug| (format!("tags/{slug}/"), Page::Tag(slug.clone()))));
    if searchable(site) {
        pages.push(("search/".into(), Page::Search));
    }
    pages.push(("404.html".into(), Page::NotFound));
    pages
}

/// Whether there is anything to search, and the site wants it.
fn searchable(site: &Site) -> bool {
    (0..site.series.len()).any(|at| search_address(site, at).is_some())
}

/// Whether search engines may list a page.
pub fn is_indexed(site: &Site, page: &Page) -> bool {
    match page {
        Page::Part(series, part) => !site.series[*series].parts[*part].preview,
        Page::Single(page) => {
            site.articles[site.pages[*page].article].front.status == crate::parse::front::Status::Published
        }
        Page::Print(_) | Page::Search | Page::NotFound => false,
        Page::Home | Page::Series(_) | Page::Comparisons(_) | Page::Glossary(_) | Page::Tags | Page::Tag(_) => true,
    }
}

/// The functions that templates can call.
pub fn register(tera: &mut Tera, assets: &Arc<Assets>, base: &BaseUrl, statics: &Arc<[String]>, words: &Arc<Words>) {
    let known_words = words.clone();
    tera.register_function("forms", move |kwargs: Kwargs, _: &TeraState<'_>| -> TeraResult<Value> {
        let key: String = kwargs.must_get("key")?;
        let forms = known_words.forms(&key);
        let forms = forms.ok_or_else(|| tera::Error::message(format!("the theme counts no phrase `{key}`")))?;
        Ok(Value::from_serializable(forms))
    });
    let known_words = words.clone();
    tera.register_function("say", move |kwargs: Kwargs, _: &TeraState<'_>| -> TeraResult<String> {
        let key: String = kwargs.must_get("key")?;
        let values: Vec<(String, String)> =
            kwargs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let values: Vec<(&str, String)> = values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        known_words.phrase(&key, &values).ok_or_else(|| {
            let near = crate::diagnostic::did_you_mean(&key, known_words.keys());
            let near = near.map(|near| format!("; {near}")).unwrap_or_default();
            tera::Error::message(format!("the theme has no phrase `{key}`{near}"))
        })
    });
    let (known, base_url, others) = (assets.clone(), base.clone(), statics.clone());
    tera.register_function("asset", move |kwargs: Kwargs, _: &TeraState<'_>| -> TeraResult<String> {
        let path: String = kwargs.must_get("path")?;
        if let Some(asset) = known.by_path.get(&path) {
            return Ok(base_url.rooted(&asset.address));
        }
        if others.contains(&path) {
            return Ok(base_url.rooted(&path));
        }
        let near =
            crate::diagnostic::did_you_mean(&path, known.by_path.keys().chain(others.iter()).map(String::as_str));
        let near = near.map(|near| format!("; {near}")).unwrap_or_default();
        Err(tera::Error::message(format!("there is no file `{path}` in `static/`{near}")))
    });
    let known = assets.clone();
    tera.register_function("integrity", move |kwargs: Kwargs, _: &TeraState<'_>| -> TeraResult<String> {
        let path: String = kwargs.must_get("path")?;
        let integrity = known.by_path.get(&path).and_then(|asset| asset.integrity.clone());
        integrity.ok_or_else(|| tera::Error::message(format!("there is no script or style `{path}` in the theme")))
    });
}

/// A site with nothing left to ask.
#[derive(Debug, Clone, Copy)]
pub struct Resolved<'a> {
    pub project: &'a Project,
    pub site: &'a Site,
    pub references: &'a References,
}

/// Renders every page and hands it on. `emit` gets the address below the base and the HTML.
pub fn render_all(
    renderer: &Renderer<'_>,
    pages: &[(String, Page)],
    emit: &(dyn Fn(&str, String) + Sync),
    out: &mut Vec<Diagnostic>,
) {
    let found: Vec<Vec<Diagnostic>> = pages
        .par_iter()
        .map(|(address, page)| {
            let mut found = Vec::new();
            if let Some(html) = renderer.page(address, page, &mut found) {
                emit(address, html);
            }
            found
        })
        .collect();
    out.extend(super::once(found.into_iter().flatten().collect()));
}

/// What is made once and shown on many pages.
struct Views {
    site: view::Site,
    /// By series: its view as a template sees it, and its entries by index of the part.
    series: Vec<(Value, Vec<Option<view::Entry>>)>,
    terms: Vec<Option<Terms>>,
    inline_files: BTreeMap<String, String>,
    /// Of all published images, by URL.
    sizes: BTreeMap<String, Size>,
    /// By series, the terms of its glossary page.
    glossaries: Vec<Vec<view::Term>>,
    /// The addresses of the files that are made from the whole site.
    listed: BTreeSet<String>,
}

impl Views {
    fn new(project: &Project, site: &Site, references: &References, out: &mut Vec<Diagnostic>) -> Self {
        let mut series_views = Vec::new();
        let mut glossaries = Vec::new();
        for (at, series) in site.series.iter().enumerate() {
            let entries: Vec<Option<view::Entry>> = series.parts.iter().map(|part| entry(site, series, part)).collect();
            let view = series_view(site, references, at, &entries);
            glossaries.push(glossary_view(project, site, at, &entries, out));
            series_views.push((Value::from_serializable(&view), entries));
        }
        Views {
            site: site_view(site),
            series: series_views,
            terms: site.series.iter().map(|series| terms(series, &site.config.base_url)).collect(),
            inline_files: site
                .files
                .iter()
                .filter(|(path, file)| path.ends_with(".svg") && file.state == State::Out)
                .map(|(path, file)| (site.config.base_url.rooted(&file.address), path.clone()))
                .collect(),
            sizes: sizes(project, site),
            glossaries,
            listed: generated::list(site).into_iter().map(|(address, _)| address).collect(),
        }
    }
}

/// The sizes of the files that are published images.
fn sizes(project: &Project, site: &Site) -> BTreeMap<String, Size> {
    let files: Vec<_> = site.files.iter().filter(|(_, file)| file.state == State::Out).collect();
    files
        .par_iter()
        .filter_map(|(path, published)| {
            let file = project.files.get(*path)?;
            let size = match file.text {
                Some(text) if path.ends_with(".svg") => svg_size(project.sources.text(text)),
                Some(_) => None,
                None => crate::images::size(&file.disk),
            }?;
            Some((site.config.base_url.rooted(&published.address), size))
        })
        .collect()
}

/// Renders pages, and articles for other media, of one site.
pub struct Renderer<'a> {
    project: &'a Project,
    site: &'a Site,
    references: &'a References,
    templates: Templates,
    highlighter: Option<&'a Highlighter<'a>>,
    views: Views,
}

impl std::fmt::Debug for Renderer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").field("templates", &self.templates).finish_non_exhaustive()
    }
}

impl<'a> Renderer<'a> {
    pub fn new(
        resolved: Resolved<'a>,
        mut templates: Templates,
        highlighter: Option<&'a Highlighter<'a>>,
        out: &mut Vec<Diagnostic>,
    ) -> Self {
        let Resolved { project, site, references } = resolved;
        let views = Views::new(project, site, references, out);
        templates.tera.global_context().insert_value("site", Value::from_serializable(&views.site));
        Renderer { project, site, references, templates, highlighter, views }
    }

    pub fn resolved(&self) -> Resolved<'a> {
        Resolved { project: self.project, site: self.site, references: self.references }
    }

    /// The templates, for outputs that have one of their own.
    pub fn tera(&self) -> &Tera {
        &self.templates.tera
    }

    /// A published part's text as HTML for another medium, without highlighting; `None` for a part
    /// that has no page. What is wrong with it was reported when its page was rendered.
    pub fn part_html(&self, series: usize, part: usize, medium: Medium<'_>) -> Option<String> {
        let published = &self.site.series[series].parts[part];
        let article = published.article.filter(|_| published.state == State::Out)?;
        let style = Style { highlighter: None, medium: Some(medium), ..self.style() };
        Some(self.article_html(article, Some(series), style, None, &Context::new(), &mut Vec::new()))
    }

    /// A line of inline Markdown as HTML for another medium; `targets` are those of the article or
    /// file that it stands in.
    pub fn inline_html(&self, inline: &Inline, targets: &[Target], medium: Medium<'_>) -> String {
        let style = Style { highlighter: None, medium: Some(medium), ..self.style() };
        let targets = targets.get(inline.links.clone()).unwrap_or_default();
        inline_html(&inline.text, inline.span, targets, style, &mut Vec::new())
    }

    /// The parts of a series as lists show them, by index; none for a draft.
    pub fn entries(&self, series: usize) -> &[Option<view::Entry>] {
        &self.views.series[series].1
    }

    /// The absolute URL of the social card of a page, its series or the site.
    pub fn card(&self, address: &str, series: Option<usize>) -> Option<String> {
        meta::card(self.site, &self.views.listed, address, series)
    }

    fn page(&self, address: &str, page: &Page, out: &mut Vec<Diagnostic>) -> Option<String> {
        let mut context = Context::new();
        let (config, words) = (&self.site.config, &self.site.words);
        let head = |title: &str, description: String, kind: &'static str, extra: Option<&Table>| {
            let description = if description.trim().is_empty() { config.description.clone() } else { description };
            let noindex = !is_indexed(self.site, page);
            let subject = Subject { page, address, title, description: &description, noindex };
            let meta = meta::meta(self.site, &self.views.listed, subject);
            Value::from_serializable(&view::Page {
                title: title.to_string(),
                url: config.base_url.rooted(address),
                permalink: config.base_url.absolute(address),
                kind,
                noindex,
                meta,
                extra: extra_value(extra),
                description,
            })
        };
        let template = match page {
            Page::Home => {
                let article = self.site.home.map(|home| &self.site.articles[home]);
                let title = article.map_or(config.title.as_str(), |article| article.front.title.value.as_str());
                let description = article.and_then(description_of).unwrap_or_else(|| config.description.clone());
                context.insert_value("page", head(title, description, "home", article.and_then(extra_of)));
                let series: Vec<Value> = self.views.series.iter().map(|(view, _)| view.clone()).collect();
                context.insert_value("series", Value::from(series));
                let content = self.site.home.map(|home| self.article(home, None, &context, out).0);
                context.insert_value("content", content.unwrap_or_else(Value::none));
                "home.html"
            }
            Page::Series(at) => {
                let series = &self.site.series[*at];
                let (title, description) = (&series.plan.title, series.plan.description.clone());
                context.insert_value("page", head(title, description, "series", series.plan.extra.as_ref()));
                context.insert_value("series", self.views.series[*at].0.clone());
                "series.html"
            }
            Page::Part(at, index) => {
                let series = &self.site.series[*at];
                let part = &series.parts[*index];
                let article = part.article?;
                let description = part.description.clone().unwrap_or_default();
                context.insert_value(
                    "page",
                    head(&part.title, description, "part", extra_of(&self.site.articles[article])),
                );
                context.insert_value("series", self.views.series[*at].0.clone());
                let view = self.part(*at, *index, article, &context, out)?;
                context.insert("part", &view);
                context.insert_value("index", self.index(*at, *index));
                context.insert("index_is_cut", &(series.total > LONG_SERIES));
                "part.html"
            }
            Page::Comparisons(at) => {
                let series = &self.site.series[*at];
                let named = [("series", series.plan.title.clone())];
                let (title, description) =
                    (words.say("comparisons_title", &named), words.say("comparisons_description", &named));
                context.insert_value("page", head(&title, description, "comparisons", None));
                context.insert_value("series", self.views.series[*at].0.clone());
                let entries = self.gallery(*at, &context, out);
                context.insert("comparisons", &entries);
                "comparisons.html"
            }
            Page::Glossary(at) => {
                let series = &self.site.series[*at];
                let named = [("series", series.plan.title.clone())];
                let (title, description) =
                    (words.say("glossary_title", &named), words.say("glossary_description", &named));
                context.insert_value("page", head(&title, description, "glossary", None));
                context.insert_value("series", self.views.series[*at].0.clone());
                context.insert("terms", &self.views.glossaries[*at]);
                "glossary.html"
            }
            Page::Single(at) => {
                let page = &self.site.pages[*at];
                let article = &self.site.articles[page.article];
                let title = &article.front.title.value;
                let description = description_of(article).unwrap_or_default();
                context.insert_value("page", head(title, description, "page", extra_of(article)));
                let (content, toc) = self.article(page.article, None, &context, out);
                context.insert_value("content", content);
                context.insert("toc", &toc);
                context.insert("title_id", &article.title_id);
                "page.html"
            }
            Page::Tags => {
                let description = words.say("tags_description", &[("site", config.title.clone())]);
                context.insert_value("page", head(&words.say("tags", &[]), description, "tags", None));
                let tags: Vec<view::Tag> = self.site.tags.keys().map(|slug| self.tag(slug)).collect();
                context.insert("tags", &tags);
                "tags.html"
            }
            Page::Tag(slug) => {
                let tag = self.tag(slug);
                let named = [("site", config.title.clone()), ("tag", tag.name.clone())];
                let description = words.count("tag_description", tag.count, &named);
                context.insert_value("page", head(&tag.name, description, "tag", None));
                context.insert("tag", &tag);
                "tag.html"
            }
            Page::Print(at) => {
                let series = &self.site.series[*at];
                let named = [("series", series.plan.title.clone())];
                let (title, description) = (words.say("print_title", &named), words.say("print_description", &named));
                context.insert_value("page", head(&title, description, "print", series.plan.extra.as_ref()));
                context.insert_value("series", self.views.series[*at].0.clone());
                context.insert("parts", &self.print_parts(*at));
                let entries = self.views.series[*at].1.iter().flatten();
                let coming: Vec<&view::Entry> = entries.filter(|entry| entry.soon).collect();
                context.insert("coming", &coming);
                "print.html"
            }
            Page::Search => {
                let description = words.say("search_description", &[("site", config.title.clone())]);
                context.insert_value("page", head(&words.say("search", &[]), description, "search", None));
                "search.html"
            }
            Page::NotFound => {
                let description = words.say("not_found_description", &[("site", config.title.clone())]);
                context.insert_value("page", head(&words.say("not_found", &[]), description, "404", None));
                "404.html"
            }
        };
        match self.templates.tera.render(template, &context) {
            Ok(html) => Some(printable(html)),
            Err(error) => {
                out.push(template_error(&error, self.project, template));
                None
            }
        }
    }

    fn style(&self) -> Style<'_> {
        Style {
            smart_punctuation: self.site.config.smart_punctuation,
            raw_html: self.site.config.raw_html,
            highlighter: self.highlighter,
            medium: None,
            words: &self.site.words,
            sizes: &self.views.sizes,
        }
    }

    fn blocks<'b>(&'b self, series: Option<usize>, implicits: &'b Context) -> Blocks<'b> {
        Blocks {
            project: self.project,
            tera: &self.templates.tera,
            shared: series.map(|at| &self.site.shared[at]),
            shared_targets: series.map(|at| &self.references.shared[at]),
            inline_files: &self.views.inline_files,
            implicits,
            count: 0,
        }
    }

    /// An article's HTML and table of contents.
    fn article(
        &self,
        index: usize,
        part: Option<(usize, usize)>,
        context: &Context,
        out: &mut Vec<Diagnostic>,
    ) -> (Value, Vec<view::TocEntry>) {
        let terms = part.and_then(|(series, part)| Some(TermLinks::new(self.views.terms[series].as_ref()?, part)));
        let series = part.map(|(series, _)| series);
        let html = self.article_html(index, series, self.style(), terms, context, out);
        (safe(html), toc(&self.site.articles[index].headings))
    }

    fn article_html(
        &self,
        index: usize,
        series: Option<usize>,
        style: Style<'_>,
        terms: Option<TermLinks<'_>>,
        context: &Context,
        out: &mut Vec<Diagnostic>,
    ) -> String {
        let article = &self.site.articles[index];
        let mut blocks = self.blocks(series, context);
        let text = self.project.sources.text(article.source);
        let targets = &self.references.articles[index];
        let mut render =
            |block: &Block, level: u8, out: &mut Vec<Diagnostic>| blocks.render(block, targets, level, style, out);
        let blocks = (&self.templates.blocks, &mut render as &mut RenderBlock<'_>);
        article_html(article, text, targets, style, blocks, terms, out)
    }

    fn part(
        &self,
        at: usize,
        index: usize,
        article: usize,
        context: &Context,
        out: &mut Vec<Diagnostic>,
    ) -> Option<view::Part> {
        let series = &self.site.series[at];
        let part = &series.parts[index];
        let entries = &self.views.series[at].1;
        let entry_of = |at: Option<usize>| at.and_then(|at| entries[at].clone());
        let (content, toc) = self.article(article, Some((at, index)), context, out);
        let article = &self.site.articles[article];
        let next_up = series.next_listed(index).and_then(|next| {
            let own = article.front.next_up.as_ref().map(|text| text.value.clone());
            let text = own
                .or_else(|| series.parts[next].description.clone())
                .unwrap_or_else(|| series.parts[next].title.clone());
            Some(view::NextUp { part: entries[next].clone()?, text })
        });
        let authors = if article.front.authors.is_empty() { &series.plan.authors } else { &article.front.authors };
        Some(view::Part {
            entry: entries[index].clone()?,
            title_id: article.title_id.clone(),
            authors: authors_view(self.site, authors.iter().map(|author| author.value.as_str())),
            updated: article.front.updated.map(|when| when.day.to_string()),
            updated_text: article.front.updated.map(|when| self.site.words.date(when.day)),
            tags: self.tag_links(article),
            words: article.words,
            content,
            toc,
            previous: entry_of(series.previous(index)),
            next: entry_of(series.next(index)),
            next_up,
            needs: self.needs(series, index, entries),
            discussion_frame: self.site.config.discussion.as_ref().and_then(|discussion| {
                let page = self.site.config.base_url.absolute(&part.address);
                discussion_frame(discussion, &format!("{}/{}", series.plan.id, part.id), &page)
            }),
            preview: part.preview,
        })
    }

    /// The published parts of a series, to stand on one page.
    fn print_parts(&self, at: usize) -> Vec<view::PrintPart> {
        let series = &self.site.series[at];
        let (entries, words) = (&self.views.series[at].1, &self.site.words);
        let published = series.parts.iter().filter(|part| part.state == State::Out);
        let ids: BTreeMap<String, &str> =
            published.map(|part| (self.site.config.base_url.rooted(&part.address), part.id.as_str())).collect();
        let indices: Vec<usize> =
            (0..series.parts.len()).filter(|part| series.parts[*part].state == State::Out).collect();
        let part = |index: &usize| {
            let prefix = format!("{}--", series.parts[*index].id);
            let address = |url: &str| {
                let (path, fragment) = url.split_once('#').map_or((url, ""), |(path, fragment)| (path, fragment));
                match ids.get(path) {
                    Some(id) if fragment.is_empty() => format!("#part-{id}"),
                    Some(id) => format!("#{id}--{fragment}"),
                    None if path.is_empty() => format!("#{prefix}{fragment}"),
                    None => url.to_string(),
                }
            };
            let medium = Medium { address: &address, prefix: &prefix, demote: 1, plain: false };
            let html = self.part_html(at, *index, medium)?;
            let anchor = format!("part-{}", series.parts[*index].id);
            let label = |n: usize| words.say("link_note", &[("n", n.to_string())]);
            let (html, links) = number_links(&html, &anchor, label);
            let links = links
                .into_iter()
                .enumerate()
                .map(|(at, url)| view::PrintLink { id: format!("{anchor}-link-{}", at + 1), url: decode(&url) });
            Some(view::PrintPart {
                entry: entries[*index].clone()?,
                content: safe(html),
                links: links.collect(),
                anchor,
            })
        };
        indices.par_iter().filter_map(part).collect()
    }

    fn tag_links(&self, article: &Article) -> Vec<view::Link> {
        let url = |name: &str| self.site.config.base_url.rooted(&format!("tags/{}/", crate::source::slugify(name)));
        let tags = article.front.tags.iter();
        tags.map(|tag| view::Link { title: tag.value.clone(), url: url(&tag.value) }).collect()
    }

    /// The parts that teach what this one needs, in their order, with the terms.
    fn needs(&self, series: &Series, index: usize, entries: &[Option<view::Entry>]) -> Vec<view::Need> {
        let mut by_part: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for need in &series.parts[index].needs {
            let Some(teacher) = series.teachers.get(&need.value).filter(|teacher| **teacher < index) else { continue };
            let name = series.glossary.as_ref().and_then(|glossary| glossary.terms.get(&need.value));
            let name = name.map_or_else(|| need.value.replace(['-', '_'], " "), |term| term.name.clone());
            by_part.entry(*teacher).or_default().push(name);
        }
        by_part
            .into_iter()
            .filter_map(|(teacher, terms)| Some(view::Need { part: entries[teacher].clone()?, terms }))
            .collect()
    }

    /// What a part's page lists of its series.
    fn index(&self, at: usize, index: usize) -> Value {
        let series = &self.site.series[at];
        if series.total <= LONG_SERIES {
            let whole = self.views.series[at].0.get_from_path("tracks");
            return whole.cloned().unwrap_or_else(Value::none);
        }
        let entries = &self.views.series[at].1;
        let near =
            |step: &mut dyn Iterator<Item = usize>| step.filter(|part| entries[*part].is_some()).nth(NEIGHBOURS - 1);
        let first = near(&mut (0..index).rev()).unwrap_or(0);
        let last = near(&mut (index + 1..series.parts.len())).unwrap_or(series.parts.len() - 1);
        let tracks: Vec<view::Track> = tracks_view(series, entries, first..last + 1);
        Value::from_serializable(&tracks)
    }

    fn gallery(&self, at: usize, context: &Context, out: &mut Vec<Diagnostic>) -> Vec<view::GalleryEntry> {
        let entries = &self.views.series[at].1;
        let mut blocks = self.blocks(Some(at), context);
        self.references.galleries[at]
            .iter()
            .map(|comparison| {
                blocks.count = 0;
                let (title, html) = match comparison.place {
                    ComparisonPlace::Inline { article, block } => {
                        let placed = &self.site.articles[article].blocks[block];
                        let targets = &self.references.articles[article];
                        let Body::Comparison(found) = &placed.body else { return None };
                        (found.title.clone(), blocks.render(placed, targets, 1, self.style(), out))
                    }
                    ComparisonPlace::Shared => {
                        let title = self.site.shared[at].get(&comparison.id)?.comparison.title.clone();
                        (title, blocks.shared_comparison(&comparison.id, 2, self.style(), out))
                    }
                };
                let parts = comparison.parts.iter().filter_map(|part| entries[*part].clone()).collect();
                Some(view::GalleryEntry { id: comparison.id.clone(), title, content: safe(html), parts })
            })
            .collect::<Option<Vec<_>>>()
            .unwrap_or_default()
    }

    fn tag(&self, slug: &str) -> view::Tag {
        let tag = &self.site.tags[slug];
        let mut series: Vec<view::TagSeries> = Vec::new();
        let mut last = None;
        for (at, part) in &tag.parts {
            let Some(entry) = self.views.series[*at].1[*part].clone() else { continue };
            if last != Some(*at) {
                series.push(view::TagSeries { series: series_link(self.site, *at), parts: Vec::new() });
                last = Some(*at);
            }
            if let Some(series) = series.last_mut() {
                series.parts.push(entry);
            }
        }
        view::Tag {
            name: tag.name.clone(),
            url: self.site.config.base_url.rooted(&format!("tags/{slug}/")),
            count: tag.parts.len(),
            series,
        }
    }
}

fn description_of(article: &Article) -> Option<String> {
    article.front.description.as_ref().map(|text| text.value.clone())
}

fn extra_of(article: &Article) -> Option<&Table> {
    article.front.extra.as_ref()
}

fn extra_value(extra: Option<&Table>) -> Value {
    extra.map_or_else(|| Value::from_serializable(&BTreeMap::<String, String>::new()), Value::from_serializable)
}

/// Controls that HTML forbids (§13.1.2.1 of the standard) as U+FFFD; they come from escapes in TOML
/// and from character references.
fn printable(html: String) -> String {
    let bytes = html.as_bytes();
    // Without early ends both loops run on vectors: this looks at every byte of the site.
    let control = |byte: u8| (byte < 0x20) & (byte != b'\n') & (byte != b'\t') & (byte != b'\r') | (byte == 0x7f);
    let ascii = bytes.iter().fold(false, |found, byte| found | control(*byte));
    // U+0080 to U+009F are C2 80 to C2 9F, and U+FFFE and U+FFFF end in BF BE and BF BF.
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let others =
        pairs.fold(false, |found, (a, b)| found | ((*a == 0xc2) & (*b < 0xa0)) | ((*a == 0xbf) & (*b >= 0xbe)));
    if !ascii && !others {
        return html;
    }
    let forbidden =
        |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}');
    html.replace(forbidden, "\u{fffd}")
}

/// Minutes to read so many words.
pub fn minutes(words: usize) -> usize {
    words.div_ceil(WORDS_A_MINUTE).max(1)
}

fn entry(site: &Site, series: &Series, part: &crate::series::Part) -> Option<view::Entry> {
    let number = part.number?;
    let soon = part.state == State::Soon;
    let words = part.article.map(|article| site.articles[article].words);
    Some(view::Entry {
        id: part.id.clone(),
        number,
        label: site.words.say("label", &[("number", number.to_string()), ("total", series.total.to_string())]),
        title: part.title.clone(),
        description: part.description.clone(),
        emoji: part.emoji.clone().or_else(|| series.plan.emoji.clone()),
        url: (!soon).then(|| site.config.base_url.rooted(&part.address)),
        soon,
        date: part.date.map(|when| when.day.to_string()),
        date_text: part.date.map(|when| site.words.date(when.day)),
        minutes: words.filter(|_| !soon).map(minutes),
        track: series.track_title(part).map(str::to_string),
        track_position: part.track + 1,
    })
}

fn tracks_view(series: &Series, entries: &[Option<view::Entry>], window: std::ops::Range<usize>) -> Vec<view::Track> {
    series
        .tracks
        .iter()
        .enumerate()
        .map(|(at, track)| {
            let parts = track.parts.start.max(window.start)..track.parts.end.min(window.end);
            view::Track {
                position: at + 1,
                id: track.id.clone(),
                title: track.title.clone(),
                description: track.description.clone(),
                parts: entries.get(parts).unwrap_or_default().iter().flatten().cloned().collect(),
            }
        })
        .filter(|track| !track.parts.is_empty())
        .collect()
}

fn series_view(site: &Site, references: &References, at: usize, entries: &[Option<view::Entry>]) -> view::Series {
    let series = &site.series[at];
    let base = &site.config.base_url;
    let out = || entries.iter().flatten().filter(|entry| !entry.soon);
    let category = series.plan.category.as_ref().and_then(|wanted| {
        let category = site.config.categories.iter().find(|category| category.id == wanted.value)?;
        Some(view::Category { name: category.name.clone(), emoji: category.emoji.clone() })
    });
    let url = |page: &str| base.rooted(&format!("{}/{page}", series.plan.id));
    let words: usize = series
        .parts
        .iter()
        .filter(|part| part.state == State::Out)
        .filter_map(|part| part.article.map(|article| site.articles[article].words))
        .sum();
    view::Series {
        id: series.plan.id.clone(),
        title: series.plan.title.clone(),
        description: series.plan.description.clone(),
        emoji: series.plan.emoji.clone(),
        category,
        authors: authors_view(site, series.plan.authors.iter().map(|author| author.value.as_str())),
        url: url(""),
        tally: site
            .words
            .say("tally", &[("published", series.published.to_string()), ("total", series.total.to_string())]),
        published: series.published,
        total: series.total,
        minutes: minutes(words),
        has_tracks: series.plan.has_tracks,
        tracks: tracks_view(series, entries, 0..entries.len()),
        first: out().next().cloned(),
        latest: out().max_by(|a, b| (&a.date, a.number).cmp(&(&b.date, b.number))).cloned(),
        coming: entries.iter().flatten().find(|entry| entry.soon).cloned(),
        comparisons_url: (!references.galleries[at].is_empty()).then(|| url("comparisons/")),
        glossary_url: (!glossary_terms(series).is_empty()).then(|| url("glossary/")),
        epub_url: epub_address(site, at).map(|address| site.config.base_url.rooted(&address)),
        print_url: (series.published > 0).then(|| url("print/")),
        extra: extra_value(series.plan.extra.as_ref()),
    }
}

/// The terms that the glossary page shows: defined, and taught by a published part.
fn glossary_terms(series: &Series) -> Vec<(&str, &crate::series::Term, usize)> {
    let Some(glossary) = &series.glossary else { return Vec::new() };
    let mut terms: Vec<_> = glossary
        .terms
        .iter()
        .filter_map(|(id, term)| {
            let teacher = *series.teachers.get(id)?;
            (series.parts[teacher].state == State::Out).then_some((id.as_str(), term, teacher))
        })
        .collect();
    terms.sort_by_key(|(_, term, _)| term.name.to_lowercase());
    terms
}

fn glossary_view(
    project: &Project,
    site: &Site,
    at: usize,
    entries: &[Option<view::Entry>],
    out: &mut Vec<Diagnostic>,
) -> Vec<view::Term> {
    let series = &site.series[at];
    let Some(glossary) = &series.glossary else { return Vec::new() };
    let path = project.sources.path(glossary.source);
    let config = &site.config;
    let style = Style {
        smart_punctuation: config.smart_punctuation,
        raw_html: false,
        highlighter: None,
        medium: None,
        words: &site.words,
        sizes: &BTreeMap::new(),
    };
    glossary_terms(series)
        .into_iter()
        .filter_map(|(id, term, teacher)| {
            let mut links = Vec::new();
            inline_links(&term.definition.value, term.definition.span, &mut links);
            let targets =
                if links.is_empty() { Vec::new() } else { resolve_text(project, site, path, at, &links, out) };
            let html = inline_html(&term.definition.value, term.definition.span, &targets, style, out);
            let part = entries[teacher].clone()?;
            Some(view::Term { id: id.to_string(), name: term.name.clone(), definition: safe(html), part })
        })
        .collect()
}

fn site_view(site: &Site) -> view::Site {
    let config = &site.config;
    let mut pages: Vec<view::Link> = site
        .pages
        .iter()
        .filter(|page| page.out && site.articles[page.article].front.nav)
        .map(|page| view::Link {
            title: site.articles[page.article].front.title.value.clone(),
            url: config.base_url.rooted(&page.address),
        })
        .collect();
    pages.sort_by(|a, b| (a.title.to_lowercase(), &a.url).cmp(&(b.title.to_lowercase(), &b.url)));
    let newsletter = config.newsletter.as_ref();
    view::Site {
        title: config.title.clone(),
        description: config.description.clone(),
        language: config.language.clone(),
        direction: site.words.direction.name(),
        url: config.base_url.rooted(""),
        base_url: config.base_url.absolute(""),
        series: (0..site.series.len()).map(|at| series_link(site, at)).collect(),
        pages,
        tags_url: (!site.tags.is_empty()).then(|| config.base_url.rooted("tags/")),
        search_url: searchable(site).then(|| config.base_url.rooted("search/")),
        newsletter: newsletter.map(|newsletter| view::Newsletter {
            title: newsletter.title.clone(),
            action: newsletter.action.clone(),
            promise: newsletter.promise.clone(),
            hidden: newsletter
                .hidden
                .iter()
                .map(|(name, value)| view::HiddenField { name: name.clone(), value: value.clone() })
                .collect(),
            honeypot: newsletter.honeypot,
        }),
        discussion: config.discussion.as_ref().map(discussion_view),
        drafts: site.drafts,
        generator: format!("partwork {}", env!("CARGO_PKG_VERSION")),
        extra: extra_value(config.extra.as_ref()),
    }
}

fn discussion_view(discussion: &Discussion) -> view::Discussion {
    match discussion {
        Discussion::Link { url, label } => view::Discussion { kind: "link", url: url.clone(), label: label.clone() },
        Discussion::Giscus { repo, .. } => {
            view::Discussion { kind: "giscus", url: format!("https://github.com/{repo}/discussions"), label: None }
        }
    }
}

/// The address of giscus's frame for one part, as its own script would make it
/// (<https://github.com/giscus/giscus/blob/main/client.ts>). `term` is what the thread is found by.
fn discussion_frame(discussion: &Discussion, term: &str, page: &str) -> Option<String> {
    let Discussion::Giscus { repo, repo_id, category, category_id } = discussion else { return None };
    let mut url = String::from("https://giscus.app/widget?");
    for (at, (key, value)) in [
        ("origin", page),
        ("theme", "preferred_color_scheme"),
        ("reactionsEnabled", "1"),
        ("emitMetadata", "0"),
        ("inputPosition", "top"),
        ("repo", repo),
        ("repoId", repo_id),
        ("category", category),
        ("categoryId", category_id),
        ("strict", "1"),
        ("term", term),
    ]
    .into_iter()
    .enumerate()
    {
        url.push_str(if at > 0 { "&" } else { "" });
        url.push_str(key);
        url.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => url.push(char::from(byte)),
                _ => url.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    Some(url)
}

fn series_link(site: &Site, at: usize) -> view::SeriesLink {
    let plan = &site.series[at].plan;
    view::SeriesLink {
        id: plan.id.clone(),
        title: plan.title.clone(),
        emoji: plan.emoji.clone(),
        url: site.config.base_url.rooted(&format!("{}/", plan.id)),
        search_url: search_address(site, at).map(|address| site.config.base_url.rooted(&address)),
    }
}

fn authors_view<'a>(site: &Site, ids: impl Iterator<Item = &'a str>) -> Vec<view::Author> {
    ids.filter_map(|id| site.config.authors.iter().find(|author| author.id == id))
        .map(|author| {
            let avatar = author.avatar.as_ref().and_then(|path| {
                let file = site.files.get(&format!("content/{}", path.value))?;
                Some(site.config.base_url.rooted(&file.address))
            });
            view::Author {
                id: author.id.clone(),
                name: author.name.clone(),
                url: author.url.clone(),
                avatar,
                bio: author.bio.clone(),
            }
        })
        .collect()
}

/// Headings as a tree: each holds those that follow it and are deeper.
fn toc(headings: &[Heading]) -> Vec<view::TocEntry> {
    let mut roots: Vec<view::TocEntry> = Vec::new();
    for heading in headings {
        let entry = view::TocEntry {
            level: heading.level,
            id: heading.id.clone(),
            title: heading.text.clone(),
            children: Vec::new(),
        };
        let mut level = &mut roots;
        // Levels are 1 to 6, so this ends after at most six steps.
        while level.last().is_some_and(|last| last.level < heading.level) {
            let at = level.len() - 1;
            level = &mut level[at].children;
        }
        level.push(entry);
    }
    roots
}
