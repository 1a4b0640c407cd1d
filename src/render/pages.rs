//! Every page of a site: what its template is given, and its HTML.

use std::collections::BTreeMap;

use memchr::memmem;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use tera::{Context, Tera, Value};

use super::blocks::{Blocks, safe};
use super::body::{RenderBlock, article_html, inline_html};
use super::code::Highlighter;
use super::fill::Entries;
use super::glossary::{TermLinks, Terms, terms};
use super::meta::{self, Subject};
use super::print::number_links;
use super::style::{Medium, Style};
use super::{Templates, fill, template_error, view};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::blocks::{Block, Body, Inline};
use crate::parse::{Article, html::decode};
use crate::project::Project;
use crate::project::images::{Pictures, Size, svg_size};
use crate::project::phrases::typeset;
use crate::settings::data::Table;
use crate::site::Site;
use crate::site::gallery::ComparisonPlace;
use crate::site::ids::{ArticleId, PartId, SeriesId};
use crate::site::page::Page;
use crate::site::resolve::{References, Target};
use crate::site::series::{Part, Series, State};
use crate::text::source::{Span, slugify};
use crate::text::url::{percent_decode, uri};

/// In a series of more parts than this, a part's page lists its neighbors alone.
const LONG_SERIES: usize = 200;
/// How many neighbors on either side.
const NEIGHBORS: usize = 20;
/// A site with nothing left to ask.
#[derive(Debug, Clone, Copy)]
pub struct Resolved<'a> {
    pub project: &'a Project,
    pub site: &'a Site,
    pub references: &'a References,
    pub pictures: &'a Pictures<'a>,
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
    /// By series.
    series: Vec<SeriesViews>,
    inline_files: BTreeMap<String, String>,
    /// Of all published images, by URL.
    sizes: BTreeMap<String, Size>,
}

/// What is made once of a series.
struct SeriesViews {
    /// As a template sees it.
    whole: Value,
    entries: Entries,
    /// The terms of its glossary page.
    glossary: Vec<view::Term>,
    /// The terms that its articles link to it.
    terms: Option<Terms>,
}

impl Views {
    fn new(resolved: Resolved<'_>, out: &mut Vec<Diagnostic>) -> Self {
        let Resolved { project, site, references, pictures } = resolved;
        let mut series_views = Vec::new();
        for series in &site.series {
            let entries = Entries::new(site, series);
            let whole = Value::from_serializable(&fill::series(site, references, series, &entries));
            let glossary = fill::glossary(site, references, series, &entries, out);
            series_views.push(SeriesViews { whole, entries, glossary, terms: terms(site, series) });
        }
        Views {
            site: fill::site(site),
            series: series_views,
            inline_files: site
                .files
                .iter()
                .filter(|(path, file)| path.ends_with(".svg") && file.state == State::Out)
                .map(|(path, file)| (site.config.base_url.rooted(&file.address), path.clone()))
                .collect(),
            sizes: sizes(project, site, pictures),
        }
    }

    fn series(&self, id: SeriesId) -> &SeriesViews {
        &self.series[id.index()]
    }

    /// A part as lists show it; none for a draft.
    fn entry(&self, part: PartId) -> Option<&view::Entry> {
        self.series(part.series).entries.get(part)
    }
}

/// The sizes of the files that are published images.
fn sizes(project: &Project, site: &Site, pictures: &Pictures<'_>) -> BTreeMap<String, Size> {
    let files: Vec<_> = site.files.iter().filter(|(_, file)| file.state == State::Out).collect();
    files
        .par_iter()
        .filter_map(|(path, published)| {
            let file = project.files.get(*path)?;
            let size = match file.text {
                Some(text) if path.ends_with(".svg") => svg_size(project.sources.text(text)),
                Some(_) => None,
                None => pictures.size(&file.disk),
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
    pictures: &'a Pictures<'a>,
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
        let Resolved { project, site, references, pictures } = resolved;
        let views = Views::new(resolved, out);
        templates.tera.global_context().insert_value("site", Value::from_serializable(&views.site));
        Renderer { project, site, references, pictures, templates, highlighter, views }
    }

    pub fn resolved(&self) -> Resolved<'a> {
        let Renderer { project, site, references, pictures, .. } = *self;
        Resolved { project, site, references, pictures }
    }

    /// The templates, for outputs that have one of their own.
    pub fn tera(&self) -> &Tera {
        &self.templates.tera
    }

    /// A published part's text as HTML for another medium, without highlighting; `None` for a part
    /// that has no page. What is wrong with it was reported when its page was rendered.
    pub fn part_html(&self, part: &Part, medium: Medium<'_>) -> Option<String> {
        let article = part.article.filter(|_| part.is_out())?;
        let style = Style { highlighter: None, medium: Some(medium), ..self.style() };
        Some(self.article_html(article, Some(part.at.series), style, None, &Context::new(), &mut Vec::new()))
    }

    /// A line of inline Markdown as HTML for another medium; `targets` are those of the article or
    /// file that it stands in.
    pub fn inline_html(&self, inline: &Inline, targets: &[Target], medium: Medium<'_>) -> String {
        let style = Style { highlighter: None, medium: Some(medium), ..self.style() };
        let targets = targets.get(inline.links.clone()).unwrap_or_default();
        inline_html(&inline.text, inline.span, targets, style, &mut Vec::new())
    }

    /// A part as lists show it; none for a draft.
    pub fn entry(&self, part: PartId) -> Option<&view::Entry> {
        self.views.entry(part)
    }

    fn page(&self, address: &str, page: &Page, out: &mut Vec<Diagnostic>) -> Option<String> {
        let mut context = Context::new();
        let (config, words) = (&self.site.config, &self.site.words);
        let head = |title: &str, description: String, kind: &'static str, extra: Option<&Table>| {
            let description = if description.trim().is_empty() { config.description.clone() } else { description };
            let noindex = !page.is_indexed(self.site);
            let subject = Subject { page, title, description: &description, noindex };
            let meta = meta::meta(self.site, subject);
            Value::from_serializable(&view::Page {
                title: typeset(title, config.smart_punctuation),
                url: config.base_url.rooted(address),
                permalink: uri(&config.base_url.absolute(address)),
                kind,
                noindex,
                meta,
                extra: fill::extra(extra),
                description: typeset(&description, config.smart_punctuation),
            })
        };
        let template = match page {
            Page::Home => {
                let article = self.site.home.map(|home| self.site.article(home));
                let title = article.map_or(config.title.as_str(), |article| article.front.title.value.as_str());
                let description = article.and_then(description_of).unwrap_or_else(|| config.description.clone());
                context.insert_value("page", head(title, description, "home", article.and_then(extra_of)));
                let series: Vec<Value> = self.views.series.iter().map(|series| series.whole.clone()).collect();
                context.insert_value("series", Value::from(series));
                let content = self.site.home.map(|home| self.article(home, None, &context, out).0);
                context.insert_value("content", content.unwrap_or_else(Value::none));
                context.insert("title_id", &article.and_then(|article| article.title_id.as_deref()));
                "home.html"
            }
            Page::Series(at) => {
                let series = self.site.series(*at);
                let (title, mut description) = (&series.plan.title, series.plan.description.clone());
                if description.trim().is_empty() {
                    let named = [("series", title.clone()), ("site", config.title.clone())];
                    description = words.count("series_description", series.total, &named);
                }
                context.insert_value("page", head(title, description, "series", series.plan.extra.as_ref()));
                context.insert_value("series", self.views.series(*at).whole.clone());
                "series.html"
            }
            Page::Part(at) => {
                let (series, part) = (self.site.series(at.series), self.site.part(*at));
                let article = part.article?;
                let description = part.description.clone().unwrap_or_default();
                context
                    .insert_value("page", head(&part.title, description, "part", extra_of(self.site.article(article))));
                context.insert_value("series", self.views.series(at.series).whole.clone());
                let view = self.part(series, part, &context, out)?;
                context.insert("part", &view);
                context.insert_value("index", self.index(series, part.at));
                context.insert("index_is_cut", &(series.total > LONG_SERIES));
                "part.html"
            }
            Page::Comparisons(at) => {
                let series = self.site.series(*at);
                let named = [("series", series.plan.title.clone())];
                let (title, description) =
                    (words.say("comparisons_title", &named), words.say("comparisons_description", &named));
                context.insert_value("page", head(&title, description, "comparisons", None));
                context.insert_value("series", self.views.series(*at).whole.clone());
                let entries = self.gallery(series, &context, out);
                context.insert("comparisons", &entries);
                "comparisons.html"
            }
            Page::Glossary(at) => {
                let series = self.site.series(*at);
                let named = [("series", series.plan.title.clone())];
                let (title, description) =
                    (words.say("glossary_title", &named), words.say("glossary_description", &named));
                context.insert_value("page", head(&title, description, "glossary", None));
                context.insert_value("series", self.views.series(*at).whole.clone());
                context.insert("terms", &self.views.series(*at).glossary);
                "glossary.html"
            }
            Page::Single(at) => {
                let single = self.site.single(*at);
                let article = self.site.article(single.article);
                let title = &article.front.title.value;
                let description = description_of(article).unwrap_or_default();
                context.insert_value("page", head(title, description, "page", extra_of(article)));
                let (content, toc) = self.article(single.article, None, &context, out);
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
                let series = self.site.series(*at);
                let named = [("series", series.plan.title.clone())];
                let (title, description) = (words.say("print_title", &named), words.say("print_description", &named));
                context.insert_value("page", head(&title, description, "print", series.plan.extra.as_ref()));
                context.insert_value("series", self.views.series(*at).whole.clone());
                context.insert("parts", &self.print_parts(series));
                let entries = self.views.series(*at).entries.iter();
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
        let failed = |diagnostic: Diagnostic| {
            let page = self.source(page).map_or_else(|| format!("/{address}"), str::to_string);
            diagnostic.help(format!("met while rendering {}", quote(&page)))
        };
        match self.templates.tera.render(template, &context) {
            Ok(html) if memmem::find(html.as_bytes(), b"<title").is_none() => {
                let message = "the page has no `<title>`";
                let diagnostic = match self.project.templates.get(template) {
                    Some(source) => Diagnostic::new(Code::TemplateFailed, Span::start_of(*source), message),
                    None => Diagnostic::file(Code::TemplateFailed, format!("templates/{template}"), message),
                };
                out.push(failed(diagnostic));
                None
            }
            Ok(html) => Some(without_controls(html)),
            Err(error) => {
                out.push(failed(template_error(&error, self.project, template)));
                None
            }
        }
    }

    /// The path of the file that a page is made from; `None` for a page that is made from many.
    fn source(&self, page: &Page) -> Option<&str> {
        let source = match page {
            Page::Home => self.site.article(self.site.home?).source,
            Page::Part(part) => self.site.article(self.site.part(*part).article?).source,
            Page::Single(single) => self.site.article(self.site.single(*single).article).source,
            Page::Series(series) => self.site.series(*series).plan.source,
            Page::Glossary(series) => self.site.series(*series).glossary.as_ref()?.source,
            Page::Comparisons(_) | Page::Print(_) | Page::Tags | Page::Tag(_) | Page::Search | Page::NotFound => {
                return None;
            }
        };
        Some(self.project.sources.path(source))
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

    fn blocks<'b>(&'b self, series: Option<SeriesId>, implicits: &'b Context) -> Blocks<'b> {
        Blocks {
            project: self.project,
            tera: &self.templates.tera,
            shared: series.map(|id| &self.site.series(id).shared),
            shared_targets: series.map(|id| &self.references.series(id).shared),
            inline_files: &self.views.inline_files,
            implicits,
            count: 0,
        }
    }

    /// An article's HTML and table of contents.
    fn article(
        &self,
        article: ArticleId,
        part: Option<PartId>,
        context: &Context,
        out: &mut Vec<Diagnostic>,
    ) -> (Value, Vec<view::TocEntry>) {
        let terms = part.and_then(|part| Some(TermLinks::new(self.views.series(part.series).terms.as_ref()?, part)));
        let series = part.map(|part| part.series);
        let html = self.article_html(article, series, self.style(), terms, context, out);
        (safe(html), fill::toc(&self.site.article(article).headings))
    }

    fn article_html(
        &self,
        id: ArticleId,
        series: Option<SeriesId>,
        style: Style<'_>,
        terms: Option<TermLinks<'_>>,
        context: &Context,
        out: &mut Vec<Diagnostic>,
    ) -> String {
        let article = self.site.article(id);
        let mut blocks = self.blocks(series, context);
        let text = self.project.sources.text(article.source);
        let targets = self.references.article(id);
        let mut render =
            |block: &Block, level: u8, out: &mut Vec<Diagnostic>| blocks.render(block, targets, level, style, out);
        let blocks = (&self.templates.blocks, &mut render as &mut RenderBlock<'_>);
        article_html(article, text, targets, style, blocks, terms, out)
    }

    fn part(&self, series: &Series, part: &Part, context: &Context, out: &mut Vec<Diagnostic>) -> Option<view::Part> {
        let entry = |part: PartId| self.views.entry(part).cloned();
        let (content, toc) = self.article(part.article?, Some(part.at), context, out);
        let article = self.site.article(part.article?);
        let next_up = series.next_listed(part.at).and_then(|next| {
            let own = article.front.next_up.as_ref().map(|text| text.value.clone());
            let next = series.part(next);
            let text = own.or_else(|| next.description.clone()).unwrap_or_else(|| next.title.clone());
            Some(view::NextUp { part: entry(next.at)?, text: typeset(&text, self.site.config.smart_punctuation) })
        });
        let authors = if article.front.authors.is_empty() { &series.plan.authors } else { &article.front.authors };
        Some(view::Part {
            entry: entry(part.at)?,
            title_id: article.title_id.clone(),
            authors: fill::authors(self.site, authors.iter().map(|author| author.value.as_str())),
            updated: article.front.updated.map(|when| when.day.to_string()),
            updated_text: article.front.updated.map(|when| self.site.words.date(when.day)),
            tags: self.tag_links(article),
            words: article.words,
            content,
            toc,
            previous: series.previous(part.at).and_then(entry),
            next: series.next(part.at).and_then(entry),
            next_up,
            needs: self.needs(series, part),
            discussion_frame: self.site.config.discussion.as_ref().and_then(|discussion| {
                let page = self.site.config.base_url.absolute(&part.address);
                fill::discussion_frame(discussion, &format!("{}/{}", series.plan.id, part.id), &page)
            }),
            preview: part.preview,
            extra: fill::extra(extra_of(article)),
        })
    }

    /// The published parts of a series, to stand on one page.
    fn print_parts(&self, series: &Series) -> Vec<view::PrintPart> {
        let words = &self.site.words;
        let by_address: BTreeMap<String, &Part> =
            series.out().map(|part| (self.site.config.base_url.rooted(&part.address), part)).collect();
        // An anchor of a part, on the page of all; the title's own is that of the part.
        let anchor_of = |part: &Part, fragment: &str| {
            let title_id = part.article.and_then(|article| self.site.article(article).title_id.as_deref());
            match fragment {
                "" => format!("#part-{}", part.id),
                _ if title_id == Some(percent_decode(fragment).as_str()) => format!("#part-{}", part.id),
                _ => format!("#{}--{fragment}", part.id),
            }
        };
        let view = |part: &Part| {
            let prefix = format!("{}--", part.id);
            let address = |url: &str| {
                let (path, fragment) = url.split_once('#').map_or((url, ""), |(path, fragment)| (path, fragment));
                match by_address.get(path) {
                    Some(other) => anchor_of(other, fragment),
                    None if path.is_empty() => anchor_of(part, fragment),
                    None => url.to_string(),
                }
            };
            let medium = Medium { address: &address, prefix: &prefix, demote: 1, plain: false };
            let html = self.part_html(part, medium)?;
            let anchor = format!("part-{}", part.id);
            let label = |n: usize| words.say("link_note", &[("n", n.to_string())]);
            let (html, links) = number_links(&html, &anchor, label);
            let links = links
                .into_iter()
                .enumerate()
                .map(|(at, url)| view::PrintLink { id: format!("{anchor}-link-{}", at + 1), url: decode(&url) });
            Some(view::PrintPart {
                entry: self.views.entry(part.at)?.clone(),
                content: safe(html),
                links: links.collect(),
                anchor,
            })
        };
        let parts: Vec<&Part> = series.out().collect();
        parts.par_iter().filter_map(|part| view(part)).collect()
    }

    fn tag_links(&self, article: &Article) -> Vec<view::Link> {
        let url = |name: &str| self.site.config.base_url.rooted(&Page::Tag(slugify(name)).address(self.site));
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
            .filter_map(|(teacher, terms)| Some(view::Need { part: self.views.entry(teacher)?.clone(), terms }))
            .collect()
    }

    /// What a part's page lists of its series.
    fn index(&self, series: &Series, part: PartId) -> Value {
        let views = self.views.series(series.at);
        if series.total <= LONG_SERIES {
            return views.whole.get_from_path("tracks").cloned().unwrap_or_else(Value::none);
        }
        let listed = || series.listed().map(|part| part.at);
        let first = listed().rev().filter(|other| *other < part).nth(NEIGHBORS - 1);
        let last = listed().filter(|other| *other > part).nth(NEIGHBORS - 1);
        let is_near = |other: PartId| first.is_none_or(|first| first <= other) && last.is_none_or(|last| other <= last);
        Value::from_serializable(&fill::tracks(self.site, series, &views.entries, is_near))
    }

    fn gallery(&self, series: &Series, context: &Context, out: &mut Vec<Diagnostic>) -> Vec<view::GalleryEntry> {
        let mut blocks = self.blocks(Some(series.at), context);
        let gallery = &self.references.series(series.at).gallery;
        gallery
            .iter()
            .map(|comparison| {
                blocks.count = 0;
                let (title, html) = match comparison.place {
                    ComparisonPlace::Inline { article, block } => {
                        let placed = &self.site.article(article).blocks[block];
                        let targets = self.references.article(article);
                        let Body::Comparison(found) = &placed.body else { return None };
                        (found.title.clone(), blocks.render(placed, targets, 1, self.style(), out))
                    }
                    ComparisonPlace::Shared => {
                        let title = series.shared.get(&comparison.id)?.comparison.title.clone();
                        (title, blocks.shared_comparison(&comparison.id, 2, self.style(), out))
                    }
                };
                let parts = comparison.parts.iter().filter_map(|part| self.views.entry(*part).cloned()).collect();
                Some(view::GalleryEntry { id: comparison.id.clone(), title, content: safe(html), parts })
            })
            .collect::<Option<Vec<_>>>()
            .unwrap_or_default()
    }

    fn tag(&self, slug: &str) -> view::Tag {
        let tag = &self.site.tags[slug];
        let mut series: Vec<view::TagSeries> = Vec::new();
        let mut last = None;
        for part in &tag.parts {
            let Some(entry) = self.views.entry(*part).cloned() else { continue };
            if last != Some(part.series) {
                let link = fill::series_link(self.site, self.site.series(part.series));
                series.push(view::TagSeries { series: link, parts: Vec::new() });
                last = Some(part.series);
            }
            if let Some(series) = series.last_mut() {
                series.parts.push(entry);
            }
        }
        view::Tag {
            name: tag.name.clone(),
            url: self.site.config.base_url.rooted(&Page::Tag(slug.to_string()).address(self.site)),
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

/// Controls that HTML forbids (§13.1.2.1 of the standard) as U+FFFD; they come from escapes in TOML
/// and from character references.
fn without_controls(html: String) -> String {
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
