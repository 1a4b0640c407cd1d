//! Every page of a site, and its articles in other media.

use memchr::memmem;
use tera::Context;

use super::code::Highlighter;
use super::context::{Filler, Given};
use super::engine::Engine;
use super::fill;
use super::links::LinkNotes;
use super::sink::Sink;
use super::style::{Cites, Medium, Style, without_controls};
use super::template::{Templates, template_error};
use super::view::{self, Shared};
use super::views::Views;
use super::visit::{Resolved, Visit};
use super::write::{Additions, BlockAt, BlockWriter, line_html, write};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::block::Inline;
use crate::site::ids::{PartId, SeriesId};
use crate::site::page::Page;
use crate::site::resolve::Target;
use crate::site::series::{Part, Series};
use crate::text::source::Span;

/// Renders the pages of one site.
pub struct Renderer<'a> {
    resolved: Resolved<'a>,
    templates: Templates,
    highlighter: Option<&'a Highlighter<'a>>,
    views: Views<'a>,
    /// For components in media that have no page.
    nothing: Context,
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
        let views = Views::new(resolved, out);
        templates.engine.tell_all("site", tera::Value::from_serializable(&views.site));
        Renderer { resolved, templates, highlighter, views, nothing: Context::new() }
    }

    pub fn resolved(&self) -> Resolved<'a> {
        self.resolved
    }

    /// The templates, for outputs that have one of their own.
    pub fn engine(&self) -> &Engine {
        &self.templates.engine
    }

    /// A part as lists show it; none for a draft.
    pub fn entry(&self, part: PartId) -> Option<Shared<view::Entry>> {
        self.views.entry(part)
    }

    /// The parts of a series as lists show them, for who looks into what they say.
    pub fn entries<'s>(&'s self, series: &'s Series) -> impl Iterator<Item = (&'s Part, view::Entry)> {
        fill::entries(self.resolved.site, series)
    }

    /// Lets go of the lists of a series all of whose pages are made.
    pub fn forget(&self, series: SeriesId) {
        self.views.forget(series);
    }

    /// Writes an article that is open into a medium other than its page. What is wrong with it is
    /// reported where its page is written.
    pub fn write<'k>(
        &self,
        visit: &Visit<'_>,
        medium: Medium<'_>,
        mut sink: Sink<'k>,
        link_notes: Option<LinkNotes>,
    ) -> (Sink<'k>, Option<LinkNotes>) {
        let filler = self.filler();
        let mut blocks = filler.blocks(self.resolved.site.series_of(visit.id).map(|series| series.at), &self.nothing);
        let mut write_block = |placed: &_, at: BlockAt<'_, '_>| blocks.write(placed, at);
        let writer = BlockWriter { names: self.resolved.blocks, write: &mut write_block };
        let additions = Additions { terms: None, blocks: Some(writer), link_notes };
        let series = self.resolved.site.series_of(visit.id);
        let cites = series.and_then(|series| self.resolved.own_cites(series.at));
        let style = Style { cites, ..self.resolved.style(Some(medium), None) };
        let additions = write(visit.text, style, &mut sink, additions, &mut Vec::new());
        let link_notes = additions.link_notes;
        (sink, link_notes)
    }

    fn filler(&self) -> Filler<'_> {
        let Renderer { templates, highlighter, views, .. } = self;
        Filler { resolved: self.resolved, views, templates, highlighter: *highlighter }
    }

    /// A line of inline Markdown of a series as HTML for a medium, with the targets of the block that it stands in.
    pub fn line_html(&self, (line, targets): (&Inline, &[Target]), series: &Series, medium: Medium<'_>) -> String {
        let targets = targets.get(line.links.clone()).unwrap_or_default();
        let list = self.resolved.site.config.base_url.rooted(&Page::Sources(series.at).address(self.resolved.site));
        let cites = series.sources.as_ref().map(|sources| Cites { sources, page: Some(&list) });
        let style = Style { cites, ..self.resolved.style(Some(medium), None) };
        line_html(&line.text, line.span, targets, style, &mut Vec::new())
    }

    /// A page's HTML; nothing when there is none, which has been reported.
    pub fn page(&self, page: &Page, given: Given<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
        let texts = given
            .parts
            .iter()
            .flat_map(|part| [&part.text].into_iter().chain(part.sides.iter().map(|side| &side.text)));
        let texts: usize = texts.map(|text| text.content.as_str().map_or(0, str::len)).sum();
        let (template, context) = self.filler().fill(page, given, out)?;
        let room = texts + page.listed(self.resolved.site) * MOST_OF_A_LINE;
        match self.templates.engine.render(template, &context, room) {
            Ok(html) if memmem::find(html.as_bytes(), b"<title").is_none() => {
                let message = "the page has no `<title>`";
                let diagnostic = match self.resolved.project.templates.get(template) {
                    Some(source) => Diagnostic::new(Code::TemplateFailed, Span::start_of(*source), message),
                    None => Diagnostic::file(Code::TemplateFailed, format!("templates/{template}"), message),
                };
                out.push(self.failed(page, diagnostic));
                None
            }
            Ok(html) => Some(without_controls(html)),
            Err(error) => {
                out.push(self.failed(page, template_error(&error, self.resolved.project, template)));
                None
            }
        }
    }

    fn failed(&self, page: &Page, diagnostic: Diagnostic) -> Diagnostic {
        let address = || format!("/{}", page.address(self.resolved.site));
        let page = self.source(page).map_or_else(address, str::to_string);
        diagnostic.help(format!("met while rendering {}", quote(&page)))
    }

    /// The path of the file that a page is made from; `None` for a page that is made from many.
    fn source(&self, page: &Page) -> Option<&str> {
        let site = self.resolved.site;
        let source = match page {
            Page::Series(series) | Page::Earlier(series, _) => site.series(*series).plan.source,
            Page::Glossary(series) => site.series(*series).glossary.as_ref()?.source,
            Page::Sources(series) => site.series(*series).sources.as_ref()?.source,
            page => site.article(page.article(site)?).source,
        };
        Some(self.resolved.project.sources.path(source))
    }
}

/// What a page says of a part that it lists has hardly more bytes. Room that isn't used costs nothing.
const MOST_OF_A_LINE: usize = 4 << 10;
