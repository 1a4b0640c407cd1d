//! The Markdown twin of a part: `index.md` beside its page, for readers that are programs.
//!
//! In: an article's text and the targets of its links. Out: the same Markdown, byte for byte where
//! nothing has to change; addresses of this site are absolute, references have their words, a link
//! to a part that is soon is its text, blocks are tables and lists, and the front matter is a
//! heading with a few lines. Never what a page doesn't show.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Tag, TagEnd};

use super::feed::{absolute, absolute_page, has_scheme};
use crate::parse::Article;
use crate::parse::blocks::{Answer, Block, Body, Comparison, Decision, Inline, Linked, Quiz};
use crate::parse::body::{block_name, info_string};
use crate::parse::dialect::options;
use crate::parse::guard::Guarded;
use crate::parse::html::{self, AttributeKind};
use crate::parse::info;
use crate::parse::inline::one_line;
use crate::render::Resolved;
use crate::settings::config::BaseUrl;
use crate::site::page::Page;
use crate::site::resolve::Target;
use crate::site::series::{Part, Shared};

/// The twin of a published part; `None` for one that has no page.
pub fn twin(resolved: Resolved<'_>, part: &Part) -> Option<String> {
    let Resolved { project, site, references, .. } = resolved;
    let series = site.series(part.at.series);
    let id = part.article.filter(|_| part.is_out())?;
    let article = site.article(id);
    let number = part.number.unwrap_or_default().to_string();
    let label = site.words.say("label", &[("number", number), ("total", series.total.to_string())]);
    let home = absolute_page(&site.config, &Page::Series(series.at).address(site));
    let mut out = format!("# {}\n\n", escape(&part.title));
    if let Some(description) = &part.description {
        out.push_str(&format!("> {}\n\n", escape(&one_line(description))));
    }
    let mut facts = vec![label];
    facts.extend(series.track_title(part).map(escape));
    facts.push(format!("[{}]({home})", escape(&series.plan.title)));
    let ids = if article.front.authors.is_empty() { &series.plan.authors } else { &article.front.authors };
    let authors = site.config.authors.iter().filter(|author| ids.iter().any(|id| id.value == author.id));
    facts.extend(authors.map(|author| escape(&author.name)));
    facts.extend(part.date.map(|when| when.day.to_string()));
    out.push_str(&facts.join(" · "));
    out.push_str("\n\n");
    let base = &site.config.base_url;
    let page = base.rooted(&part.address);
    let links = Links { base, page: &page, targets: references.article(id) };
    let text = project.sources.text(article.source);
    let twin = Twin {
        links,
        words: &site.words,
        shared: &series.shared,
        shared_targets: &references.series(series.at).shared,
        project,
    };
    out.push_str(body(article, text, &twin).trim_matches('\n'));
    out.push('\n');
    Some(out)
}

/// What a part's text needs of the site.
struct Twin<'a> {
    links: Links<'a>,
    words: &'a crate::project::phrases::Words,
    /// The shared comparisons of the series, and the targets of their links.
    shared: &'a BTreeMap<String, Shared>,
    shared_targets: &'a BTreeMap<String, Vec<Target>>,
    project: &'a crate::project::Project,
}

/// Targets, and how they become absolute.
#[derive(Clone, Copy)]
struct Links<'a> {
    base: &'a BaseUrl,
    /// The page's own address below the host.
    page: &'a str,
    targets: &'a [Target],
}

impl Links<'_> {
    fn absolute(&self, url: &str) -> String {
        absolute(self.base, self.page, url)
    }

    /// Where an address of a field leads; `None` when it leads nowhere yet.
    fn address(&self, linked: &Linked) -> Option<String> {
        match self.targets.get(linked.at)? {
            Target::Url { url, .. } => Some(self.absolute(url)),
            Target::AsTyped => Some(self.absolute(&linked.dest)),
            Target::Soon { .. } | Target::Nowhere => None,
        }
    }
}

fn body(article: &Article, text: &str, twin: &Twin<'_>) -> String {
    let guarded = article.guarded(text);
    let text = guarded.typed;
    let names = crate::render::block_names(twin.project);
    let mut rewriter = Rewriter::new(text, twin.links);
    let mut skip_title = article.title_id.is_some();
    let mut blocks = article.blocks.iter();
    let parser = guarded.parser(options(false));
    // Reference definitions have no use once every link holds its own address.
    let mut definitions: Vec<Range<usize>> =
        parser.reference_definitions().iter().map(|(_, definition)| definition.span.clone()).collect();
    definitions.sort_by_key(|range| range.start);
    let mut edits: Vec<(Range<usize>, String)> = definitions.into_iter().map(|range| (range, String::new())).collect();
    let mut hidden = None;
    for (event, range) in guarded.events(parser) {
        if let Event::Start(Tag::Heading { .. }) = event
            && std::mem::take(&mut skip_title)
        {
            hidden = Some(range.clone());
        }
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) = &event {
            let (fence, _) = info::parse(info_string(text, range.clone()));
            if block_name(&fence.language, &names).is_some()
                && let Some(block) = blocks.next()
                && let Some(written) = write_block(block, twin)
            {
                edits.push((range.clone(), indented(&written, text, range.start)));
            }
        }
        rewriter.event(event, range, &mut edits);
    }
    if let Some(range) = hidden {
        edits.retain(|(edit, _)| edit.end <= range.start || edit.start >= range.end);
        edits.push((range, String::new()));
    }
    applied(text, edits)
}

/// Finds what has to change in a stretch of Markdown.
struct Rewriter<'a> {
    text: &'a str,
    links: Links<'a>,
    next: usize,
    /// Open links and images: where each begins, where its text does, and what closes it.
    open: Vec<Open>,
    /// The lines of a block of raw HTML so far.
    html_block: Option<Vec<(CowStr<'a>, usize)>>,
    /// Whether a raw link that leads nowhere isn't closed yet.
    lost_link: bool,
}

struct Open {
    start: usize,
    inner: Option<Range<usize>>,
    is_image: bool,
    /// `None`: it stays as it was typed.
    becomes: Option<Becomes>,
}

enum Becomes {
    Link { url: String, title: String, text: Option<String> },
    Text(Option<String>),
}

impl<'a> Rewriter<'a> {
    fn new(text: &'a str, links: Links<'a>) -> Self {
        Rewriter { text, links, next: 0, open: Vec::new(), html_block: None, lost_link: false }
    }

    fn target(&mut self) -> &'a Target {
        let target = self.links.targets.get(self.next).unwrap_or(&Target::AsTyped);
        self.next += 1;
        target
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>, edits: &mut Vec<(Range<usize>, String)>) {
        let is_link_edge = matches!(
            event,
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) | Event::End(TagEnd::Link | TagEnd::Image)
        );
        if !is_link_edge || matches!(event, Event::Start(_)) {
            self.widen(&range);
        }
        match event {
            Event::Start(Tag::Link { link_type, dest_url, title, .. }) => {
                self.start(link_type, &dest_url, &title, range.start, false);
            }
            Event::Start(Tag::Image { link_type, dest_url, title, .. }) => {
                self.start(link_type, &dest_url, &title, range.start, true);
            }
            Event::End(TagEnd::Link | TagEnd::Image) => self.end(range, edits),
            Event::Start(Tag::HtmlBlock) => self.html_block = Some(Vec::new()),
            Event::Html(html) => match &mut self.html_block {
                Some(lines) => lines.push((html, range.start)),
                None => self.html(&[(html, range.start)], edits),
            },
            Event::End(TagEnd::HtmlBlock) => {
                let lines = self.html_block.take().unwrap_or_default();
                self.html(&lines, edits);
            }
            Event::InlineHtml(html) => self.html(&[(html, range.start)], edits),
            _ => {}
        }
    }

    /// Counts a range to the texts of the open links.
    fn widen(&mut self, range: &Range<usize>) {
        for open in &mut self.open {
            let inner = open.inner.get_or_insert(range.clone());
            *inner = inner.start.min(range.start)..inner.end.max(range.end);
        }
    }

    fn start(&mut self, kind: LinkType, dest: &str, title: &str, start: usize, is_image: bool) {
        let by_reference = !matches!(kind, LinkType::Inline | LinkType::Autolink | LinkType::Email);
        let link = |url: String, text: Option<String>| Becomes::Link { url, title: title.to_string(), text };
        let becomes = match self.target() {
            Target::Url { url, text } => Some(link(self.links.absolute(url), text.clone())),
            Target::Soon { text } => Some(Becomes::Text(text.clone())),
            Target::Nowhere => Some(Becomes::Text(None)),
            Target::AsTyped if !has_scheme(dest) && !matches!(kind, LinkType::Autolink | LinkType::Email) => {
                Some(link(self.links.absolute(dest), None))
            }
            Target::AsTyped if by_reference => Some(link(dest.to_string(), None)),
            Target::AsTyped => None,
        };
        self.open.push(Open { start, inner: None, is_image, becomes });
    }

    fn end(&mut self, range: Range<usize>, edits: &mut Vec<(Range<usize>, String)>) {
        let Some(Open { start, inner, is_image, becomes }) = self.open.pop() else { return };
        let (Some(becomes), end) = (becomes, range.end) else { return };
        let inner = inner.unwrap_or(start..start);
        let bang = if is_image { "!" } else { "" };
        let (open, text, close) = match becomes {
            Becomes::Text(text) => (String::new(), text, String::new()),
            Becomes::Link { url, title, text } => {
                let url = destination(url);
                let title = if title.is_empty() { title } else { format!(" \"{}\"", title.replace('"', "\\\"")) };
                (format!("{bang}["), text, format!("]({url}{title})"))
            }
        };
        match text {
            Some(text) => {
                edits.retain(|(edit, _)| edit.start < start || edit.end > end);
                edits.push((start..end, format!("{open}{}{close}", escape(&text))));
            }
            None => {
                edits.push((start..inner.start, open));
                edits.push((inner.end..end, close));
            }
        }
    }

    /// A piece of raw HTML, by its lines.
    fn html(&mut self, lines: &[(CowStr<'_>, usize)], edits: &mut Vec<(Range<usize>, String)>) {
        let html: String = lines.iter().map(|(line, _)| line.as_ref()).collect();
        // Where tabs were expanded, the event's bytes are not the source's.
        let in_place =
            lines.iter().all(|(line, start)| self.text.get(*start..start + line.len()) == Some(line.as_ref()));
        // Ends belong to the line before, so that no quote's mark is part of an edit at a line's end.
        let place = |range: Range<usize>| {
            let (mut start, mut end) = (range.start, range.end);
            let mut at = 0;
            for (line, line_start) in lines {
                let line_end = at + line.len();
                if (at..line_end).contains(&range.start) {
                    start = line_start + range.start - at;
                }
                if at < range.end && range.end <= line_end {
                    end = line_start + range.end - at;
                }
                at = line_end;
            }
            start..end.max(start)
        };
        let mut add = |range: Range<usize>, new: String| {
            if in_place {
                let range = place(range);
                if new.is_empty() {
                    edits.retain(|(edit, _)| edit.end <= range.start || edit.start >= range.end);
                }
                edits.push((range, new));
            }
        };
        let mut at = 0;
        let mut lost_link = self.lost_link;
        let end_lost_link = |lost_link: &mut bool, range: Range<usize>, add: &mut dyn FnMut(Range<usize>, String)| {
            if let Some(end) = html::end_tag(&html[range.clone()], "a").filter(|_| *lost_link) {
                *lost_link = false;
                add(range.start + end.start..range.start + end.end, String::new());
            }
        };
        for attribute in html::scan(&html).attributes {
            if !matches!(attribute.kind, AttributeKind::Link | AttributeKind::Image) {
                continue;
            }
            let is = |name: &str| html[attribute.element.clone()].eq_ignore_ascii_case(name);
            // Of several attributes of a tag, the first has seen to what is before it.
            if at < attribute.tag.end {
                end_lost_link(&mut lost_link, at..attribute.tag.start, &mut add);
            }
            at = attribute.tag.end;
            let typed = html::decode(&html[attribute.value.clone()]);
            let new = match self.target() {
                Target::Url { url, .. } => self.links.absolute(url),
                Target::Soon { .. } | Target::Nowhere if is("a") || is("area") => {
                    lost_link = is("a") && in_place;
                    add(attribute.tag, String::new());
                    continue;
                }
                Target::Soon { .. } | Target::Nowhere => String::new(),
                Target::AsTyped if has_scheme(&typed) => continue,
                Target::AsTyped => self.links.absolute(&typed),
            };
            let quote = if attribute.quoted { "" } else { "\"" };
            add(attribute.value, format!("{quote}{}{quote}", new.replace('&', "&amp;").replace('"', "&quot;")));
        }
        end_lost_link(&mut lost_link, at..html.len(), &mut add);
        self.lost_link = lost_link;
    }
}

/// An address as it stands between the parentheses of a link.
fn destination(url: String) -> String {
    if url.contains(['(', ')', ' ', '<', '>']) { format!("<{url}>") } else { url }
}

/// The text with its edits; none overlaps another.
fn applied(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for (range, new) in edits {
        if range.start < at {
            continue;
        }
        out.push_str(&text[at..range.start]);
        out.push_str(&new);
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A block's lines where its fence stood: in a list or a quote each begins as the fence's did.
fn indented(written: &str, text: &str, start: usize) -> String {
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let prefix: String = text[line..start].chars().map(|c| if c == '>' { '>' } else { ' ' }).collect();
    let mut out = String::new();
    for (at, line) in written.trim_end().lines().enumerate() {
        if at > 0 {
            out.push('\n');
            out.push_str(if line.is_empty() { prefix.trim_end() } else { &prefix });
        }
        out.push_str(line);
    }
    out
}

/// A block as Markdown; `None` for a project's own, whose TOML says more than we could.
fn write_block(block: &Block, twin: &Twin<'_>) -> Option<String> {
    let links = twin.links;
    Some(match &block.body {
        Body::Comparison(comparison) => write_comparison(comparison, links),
        Body::Use(id) => {
            let targets = twin.shared_targets.get(&id.value)?;
            write_comparison(&twin.shared.get(&id.value)?.comparison, Links { targets, ..links })
        }
        Body::Figure(figure) => {
            let Some(url) = links.address(&figure.src) else { return Some(String::new()) };
            let mut out = format!("![{}]({})\n", escape(&figure.alt), destination(url));
            if let Some(caption) = &figure.caption {
                out.push_str(&format!("\n{}\n", inline(caption, links)));
            }
            out
        }
        Body::Decision(decision) => write_decision(decision, twin),
        Body::Quiz(quiz) => write_quiz(quiz, twin),
        Body::Custom { .. } | Body::Broken => return None,
    })
}

fn write_comparison(comparison: &Comparison, links: Links<'_>) -> String {
    let mut out = format!("**{}**", escape(&comparison.title));
    if let Some(tagline) = &comparison.tagline {
        out.push_str(&format!(": {}", escape(tagline)));
    }
    out.push_str("\n\n");
    if let Some(lead) = &comparison.lead {
        out.push_str(&format!("{}\n\n", inline(lead, links)));
    }
    out.push_str("| |");
    for option in &comparison.options {
        let emoji = option.emoji.as_ref().map(|emoji| format!("{emoji} ")).unwrap_or_default();
        out.push_str(&format!(" {emoji}{} |", cell(&escape(&option.name))));
    }
    out.push_str(&format!("\n|{}\n", " --- |".repeat(comparison.options.len() + 1)));
    for (at, field) in comparison.fields.iter().enumerate() {
        out.push_str(&format!("| {} |", cell(&escape(&field.label))));
        for option in &comparison.options {
            let value = option.values.get(at).map(|value| inline(value, links)).unwrap_or_default();
            out.push_str(&format!(" {} |", cell(&value)));
        }
        out.push('\n');
    }
    if let Some(rule) = &comparison.rule {
        out.push_str(&format!("\n{}\n", inline(rule, links)));
    }
    out
}

fn write_decision(decision: &Decision, twin: &Twin<'_>) -> String {
    let links = twin.links;
    let mut out = format!("**{}**\n\n", escape(&decision.title));
    let leads = |answer: Answer| match answer {
        Answer::Question(at) => twin.words.say("question", &[("number", (at + 1).to_string())]),
        Answer::Outcome(at) => format!("**{}**", escape(&decision.outcomes[at].title)),
    };
    for (at, question) in decision.questions.iter().enumerate() {
        out.push_str(&format!("{}. {}\n", at + 1, inline(&question.ask, links)));
        for (key, answer) in [("yes", question.yes), ("no", question.no)] {
            out.push_str(&format!("   - {}: {}\n", twin.words.say(key, &[]), leads(answer)));
        }
    }
    out.push('\n');
    for outcome in &decision.outcomes {
        out.push_str(&format!("- **{}**", escape(&outcome.title)));
        if let Some(text) = &outcome.text {
            out.push_str(&format!(": {}", inline(text, links)));
        }
        if let Some(link) = &outcome.link
            && let Some(url) = links.address(link)
        {
            let text = match links.targets.get(link.at) {
                Some(Target::Url { text, .. }) => text.clone(),
                _ => None,
            };
            let words = text.unwrap_or_else(|| twin.words.say("read_on", &[]));
            out.push_str(&format!(" [{}]({})", escape(&words), destination(url)));
        }
        out.push('\n');
    }
    out
}

fn write_quiz(quiz: &Quiz, twin: &Twin<'_>) -> String {
    let links = twin.links;
    let mut out = String::new();
    for (at, question) in quiz.questions.iter().enumerate() {
        out.push_str(&format!("{}. {}\n", at + 1, inline(&question.ask, links)));
        for choice in &question.choices {
            out.push_str(&format!("   - {}\n", inline(choice, links)));
        }
        let right = question.answer.checked_sub(1).and_then(|at| question.choices.get(at));
        let right = right.map(|choice| inline(choice, links)).unwrap_or_default();
        out.push_str(&format!("\n   {}: {right}", twin.words.say("answer", &[])));
        if let Some(why) = &question.why {
            out.push_str(&format!("\n\n   {}", inline(why, links)));
        }
        out.push_str("\n\n");
    }
    out
}

/// A field's inline Markdown with its links rewritten.
fn inline(inline: &Inline, links: Links<'_>) -> String {
    let line = one_line(&inline.text);
    let text = Guarded::judged(&line);
    let targets = links.targets.get(inline.links.clone()).unwrap_or_default();
    let mut rewriter = Rewriter::new(&line, Links { targets, ..links });
    let mut edits = Vec::new();
    for (event, range) in text.events(text.parser(options(false))) {
        // Raw HTML in a field is text, and none of its addresses counts as a link.
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                edits.push((range.start..range.start, "\\".to_string()));
                rewriter.widen(&range);
            }
            event => rewriter.event(event, range, &mut edits),
        }
    }
    applied(&line, edits)
}

/// Text of a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\\\\|", "\\|")
}

/// Plain text as Markdown that means the same.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}
