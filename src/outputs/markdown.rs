//! The Markdown twin of a part or a side page: `index.md` beside its page, for readers that are programs.
//!
//! In: an article that is open. Out: the same Markdown, byte for byte where nothing has to change;
//! addresses of this site are absolute, references have their words, a link to a part that is soon is
//! its text, blocks are tables and lists, and the front matter is a heading with a few lines. Never
//! what a page doesn't show.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::LinkType;
use toml_edit::DocumentMut;

use super::feed::{absolute, absolute_page, has_scheme};
use super::output::OutputType;
use crate::parse::block::{Block, Body, Custom, Form, Inline, InlineValue, Leads, Linked, Markdown, Placed};
use crate::parse::boxes;
use crate::parse::citation::Cited;
use crate::parse::component;
use crate::parse::inline::one_line;
use crate::parse::markup::{AttributeKind, Piece, Tag};
use crate::parse::numbered::{Labels, Numbered};
use crate::parse::tree::{BoxHead, Fence, Html, Kind, Link, Math, Node, Step, Tree};
use crate::project::phrases::Phrases;
use crate::render::lines::Lines;
use crate::render::listing;
use crate::render::sources;
use crate::render::visit::Visit;
use crate::render::write::Text;
use crate::settings::config::boxes::GITHUB;
use crate::settings::config::{Author, BaseUrl, Boxes};
use crate::site::address::{self, Subject};
use crate::site::page::Page;
use crate::site::resolve::{SeriesReferences, Target};
use crate::site::series::{Chapter, Part, Series};
use crate::site::siblings::siblings;
use crate::store::kind;
use crate::text::markdown::{destination, escape};

/// The twin of each part that is out, and of its side pages. It is written when its article is open, beside its
/// page.
pub const OUTPUT: OutputType = OutputType {
    kind: kind::Kind::Twin,
    of: |listing| {
        let of_part = |part: &'_ Part| {
            let sides = part.sides.iter().map(|side| Subject::Side(side.at));
            std::iter::once(Subject::Part(part.at)).chain(sides).collect::<Vec<_>>()
        };
        listing.site.parts_out().flat_map(of_part).collect()
    },
    address: address::twin,
    make: |_, _, _| None,
    holds_texts: false,
};

/// The twin of a text whose article is open.
pub fn twin(chapter: Chapter<'_>, visit: &Visit<'_>) -> String {
    let site = visit.resolved.site;
    let series = site.series(chapter.at().part.series);
    let mut out = format!("# {}\n\n", escape(chapter.title()));
    if let Some(description) = chapter.description() {
        out.push_str(&format!("> {}\n\n", escape(&one_line(description))));
    }
    out.push_str(&facts(chapter, series, visit).join(" · "));
    out.push_str("\n\n");
    out.extend(behind(chapter, visit));
    let base = &site.config.base_url;
    let page = base.rooted(chapter.address());
    let links = Links { base, page: &page, targets: visit.text.targets };
    let references = visit.resolved.references.series(series.at);
    let Text { lines, labels, .. } = visit.text;
    let twin = Twin { links, phrases: &site.phrases, series, references, lines, labels, boxes: &site.config.boxes };
    out.push_str(body(visit, &twin).trim_matches('\n'));
    out.push('\n');
    out.push_str(&cited(visit, &site.phrases));
    out
}

/// The line under the title: label, track, for a side page its part, series, authors, date.
fn facts(chapter: Chapter<'_>, series: &Series, visit: &Visit<'_>) -> Vec<String> {
    let site = visit.resolved.site;
    let home = absolute_page(&site.config, &Page::Series(series.at).address(site));
    let part = chapter.part();
    let mut facts: Vec<String> = site.label(part).into_iter().collect();
    match chapter {
        Chapter::Part(part) => facts.extend(series.track_title(part).map(escape)),
        Chapter::Side(..) => {
            facts.push(format!("[{}]({})", escape(&part.title), absolute_page(&site.config, &part.address)));
        }
    }
    facts.push(format!("[{}]({home})", escape(&series.plan.title)));
    let wrote = |author: &&Author| chapter.authors().iter().any(|id| id.value == author.id);
    let authors = site.config.authors.iter().filter(wrote);
    facts.extend(authors.map(|author| escape(&author.name)));
    facts.extend(chapter.date().map(|when| when.day.to_string()));
    facts
}

/// The line that tells of a changed original, and leads there.
fn behind(chapter: Chapter<'_>, visit: &Visit<'_>) -> Option<String> {
    let site = visit.resolved.site;
    chapter.article().filter(|article| site.is_behind(*article))?;
    let page = match chapter {
        Chapter::Part(part) => Page::Part(part.at),
        Chapter::Side(side, _) => Page::Side(side.at),
    };
    let original = siblings(site, &page).into_iter().next()?;
    let address = absolute_page(&site.config, &original.place?.address);
    let (says, colon) = (site.phrases.say("behind", &[]), site.phrases.say("colon", &[]));
    Some(format!("{says}{colon}[{}]({address})\n\n", escape(&original.language.name)))
}

/// What a part's text needs of the site.
struct Twin<'a> {
    links: Links<'a>,
    phrases: &'a Phrases,
    series: &'a Series,
    references: &'a SeriesReferences,
    /// The lines of its blocks.
    lines: &'a Lines<'a>,
    /// What its numbered things are called.
    labels: &'a Labels,
    boxes: &'a Boxes,
}

/// Targets, and how they become absolute.
#[derive(Clone, Copy)]
struct Links<'a> {
    base: &'a BaseUrl,
    /// The page's own address below the host.
    page: &'a str,
    targets: &'a [Target],
}

impl<'a> Links<'a> {
    fn absolute(&self, url: &str) -> String {
        absolute(self.base, self.page, url)
    }

    fn target(&self, link: usize) -> &'a Target {
        self.targets.get(link).unwrap_or(&Target::AsTyped)
    }
}

fn body(visit: &Visit<'_>, twin: &Twin<'_>) -> String {
    let tree = visit.text.tree;
    let mut rewriter = Rewriter::new(tree, twin.links);
    // Reference definitions have no use once every link holds its own address.
    rewriter.edits.extend(tree.definitions.iter().map(|(_, place)| (place.clone(), String::new())));
    let mut steps = tree.steps();
    while let Some(step) = steps.next() {
        match step {
            Step::Enter(node) => match &node.kind {
                // The title, which stands above the text.
                Kind::Heading(heading) if visit.article.heading(heading.at).is_none() => {
                    rewriter.edits.push((node.range.clone(), String::new()));
                    steps.pass_over();
                }
                Kind::Block(at, fence) => {
                    if let Some(placed) = visit.article.blocks.get(*at) {
                        rewriter.edits.extend(block(placed, (fence, node), (tree, twin)));
                    }
                }
                Kind::BoxTitle(head) => rewriter.edits.extend(box_title(head, node, tree, twin)),
                Kind::Listing(fence) => {
                    if let Some(written) = rewritten(fence, node.range.start, visit) {
                        rewriter.edits.push((node.range.clone(), indented(&written, &tree.typed, node.range.start)));
                    }
                }
                Kind::Citation(cited) => rewriter.edits.extend(citation(cited, node, twin)),
                Kind::Math(math) => rewriter.edits.extend(numbered(math, node, (tree, twin))),
                _ => rewriter.enter(node),
            },
            Step::Leave(node) => rewriter.leave(node),
        }
    }
    applied(&tree.typed, rewriter.edits)
}

/// A box's head as any reader of Markdown shows it: a kind of GitHub's alone on its line, the word for another in
/// bold, and the title before what the box holds.
fn box_title(head: &BoxHead, node: &Node<'_>, tree: &Tree<'_>, twin: &Twin<'_>) -> Vec<(Range<usize>, String)> {
    let (text, start) = (&*tree.typed, node.range.start);
    let Some(typed) = boxes::head(&text[start..]) else { return Vec::new() };
    let line_end = text[start..].find('\n').map_or(text.len(), |end| start + end);
    let title = text[start + typed.length..line_end].trim();
    let title_start = line_end - text[start + typed.length..line_end].trim_start().len();
    let begins = indented("\n.", text, start);
    let begins = begins.strip_suffix('.').unwrap_or(&begins);
    let is_github_s = GITHUB.contains(&head.kind.as_str());
    let (before, after) = if is_github_s {
        let mark = if title.contains(['*', '_']) { "" } else { "**" };
        let alone = format!("[!{}]", head.kind.to_uppercase());
        if title.is_empty() { (alone, "") } else { (format!("{alone}{begins}{mark}"), mark) }
    } else {
        let kind = twin.boxes.get(&head.kind);
        let word = kind.and_then(|kind| kind.title.as_deref()).unwrap_or(&head.kind);
        let sign = kind.and_then(|kind| kind.sign.as_ref()).map(|sign| format!("{sign} ")).unwrap_or_default();
        let dot = if title.is_empty() { "" } else { " · " };
        (format!("**{}{}**{dot}", escape(&sign), escape(word)), "")
    };
    let next = text[line_end..].strip_prefix('\n').and_then(|rest| rest.lines().next()).unwrap_or_default();
    let is_apart = next.trim_matches([' ', '\t', '>']).is_empty() || (is_github_s && title.is_empty());
    let end = if is_apart { String::new() } else { begins.trim_end().to_string() };
    let title_end = title_start + title.len();
    vec![(start..title_start, before), (title_end..line_end, format!("{after}{end}"))]
}

/// A citation by names and year; nothing in a series without sources.
fn citation(cited: &[Cited], node: &Node<'_>, twin: &Twin<'_>) -> Option<(Range<usize>, String)> {
    let sources = twin.series.sources.as_ref()?;
    let one = |Cited { key, locator, .. }: &Cited| {
        let source = sources.get(key).map(|source| {
            let to = twin.links.absolute(&format!("#{}", source.anchor()));
            format!("[{}]({})", escape(&source.label(twin.phrases)), destination(to))
        });
        let source = source.unwrap_or_else(|| escape(key));
        locator.as_ref().map_or(source.clone(), |locator| format!("{source}, {}", escape(locator)))
    };
    let cited: Vec<String> = cited.iter().map(one).collect();
    Some((node.range.clone(), format!("({})", cited.join("; "))))
}

/// The sources that a text cites.
fn cited(visit: &Visit<'_>, phrases: &Phrases) -> String {
    if visit.text.cited.is_empty() {
        return String::new();
    }
    let lines: Vec<String> =
        visit.text.cited.iter().map(|source| format!("- {}\n", sources::markdown(source, phrases))).collect();
    format!("\n## {}\n\n{}", escape(&phrases.say("sources", &[])), lines.concat())
}

/// A formula with its number in place of its id.
fn numbered(math: &Math<'_>, node: &Node<'_>, (tree, twin): (&Tree<'_>, &Twin<'_>)) -> Option<(Range<usize>, String)> {
    let (id, range) = math.id.as_ref()?;
    let number = twin.labels.get(id)?;
    if range.start < node.range.end {
        // A fence, whose attributes say it.
        let written = format!("$$\n{}\n$$ {number}", math.latex.trim());
        return Some((node.range.clone(), indented(&written, &tree.typed, node.range.start)));
    }
    Some((range.start - "{#".len()..range.end + "}".len(), number.clone()))
}

/// Code without its hidden lines or from elsewhere, a change with its signs as text, and what has a number with it;
/// `None` for what stays as it was typed.
fn rewritten(fence: &Fence<'_>, at: usize, visit: &Visit<'_>) -> Option<String> {
    let (info, shown) = listing::shown(fence, at, visit.text.listings, &visit.resolved.site.phrases);
    let number = info.id.as_ref().and_then(|(id, _)| visit.text.labels.get(&**id));
    let (language, shown) = match info.is_change() {
        true => ("diff", Cow::Owned(info.with_signs(&shown))),
        false if shown == fence.text() && number.is_none() => return None,
        false => (&*info.language, shown),
    };
    let title = info.title.as_deref().filter(|title| !title.is_empty());
    let title = title.map(|title| number.map_or_else(|| title.into(), |number| format!("{number} {title}")));
    let said = [("title", title.as_deref()), ("tab", info.tab.as_ref().map(|(tab, _)| &**tab))];
    let said = said.map(|(key, value)| {
        value.map(|value| format!(" {key}=\"{}\"", value.replace('"', "\\\""))).unwrap_or_default()
    });
    Some(fenced(&format!("{language}{}", said.concat()), &shown))
}

/// Finds what has to change in a stretch of Markdown.
struct Rewriter<'a> {
    tree: &'a Tree<'a>,
    links: Links<'a>,
    edits: Vec<(Range<usize>, String)>,
    /// Whether a raw link that leads nowhere isn't closed yet.
    lost_link: bool,
}

/// What a link becomes.
enum Becomes {
    /// With the name of its language, where that is another.
    Link {
        url: String,
        text: Option<String>,
        language: Option<String>,
    },
    Text(Option<String>),
}

impl<'a> Rewriter<'a> {
    fn new(tree: &'a Tree<'a>, links: Links<'a>) -> Self {
        Rewriter { tree, links, edits: Vec::new(), lost_link: false }
    }

    fn enter(&mut self, node: &Node<'_>) {
        if let Kind::Html(html) = &node.kind {
            self.html(html);
        }
    }

    fn leave(&mut self, node: &Node<'_>) {
        match &node.kind {
            Kind::Link(link) => self.link(node, link, ""),
            Kind::Image(link) => self.link(node, link, "!"),
            _ => {}
        }
    }

    /// What becomes of a link; nothing when it stays as it was typed.
    fn becomes(&self, link: &Link<'_>) -> Option<Becomes> {
        let has_own_address = matches!(link.kind, LinkType::Inline | LinkType::Autolink | LinkType::Email);
        match self.links.target(link.at) {
            Target::Url { url, text, language } => {
                let language = language.as_ref().map(|language| language.name.clone());
                Some(Becomes::Link { url: self.links.absolute(url), text: text.clone(), language })
            }
            Target::Soon { text } | Target::Text { text } => Some(Becomes::Text(text.clone())),
            Target::AsTyped
                if !has_scheme(&link.dest) && !matches!(link.kind, LinkType::Autolink | LinkType::Email) =>
            {
                Some(Becomes::Link { url: self.links.absolute(&link.dest), text: None, language: None })
            }
            Target::AsTyped if !has_own_address => {
                Some(Becomes::Link { url: link.dest.to_string(), text: None, language: None })
            }
            Target::AsTyped => None,
        }
    }

    fn link(&mut self, node: &Node<'_>, link: &Link<'_>, bang: &str) {
        let Some(becomes) = self.becomes(link) else { return };
        let start = node.range.start;
        // The parser leaves out the empty brackets of `[text][]`.
        let behind = &self.tree.typed[node.range.end..];
        let is_collapsed = link.kind == LinkType::Collapsed && behind.starts_with("[]");
        let end = node.range.end + if is_collapsed { "[]".len() } else { 0 };
        let places = self.tree.within(node).iter().map(|inner| inner.range.clone());
        let inner = places.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(start..start);
        let (open, text, close) = match becomes {
            Becomes::Text(text) => (String::new(), text, String::new()),
            Becomes::Link { url, text, language } => {
                let title = &link.title;
                let title =
                    if title.is_empty() { String::new() } else { format!(" \"{}\"", title.replace('"', "\\\"")) };
                let language = language.map(|name| format!(" ({})", escape(&name))).unwrap_or_default();
                (format!("{bang}["), text, format!("]({}{title}){language}", destination(url)))
            }
        };
        match text {
            Some(text) => {
                self.edits.retain(|(edit, _)| edit.start < start || edit.end > end);
                self.edits.push((start..end, format!("{open}{}{close}", escape(&text))));
            }
            None => {
                self.edits.push((start..inner.start, open));
                self.edits.push((inner.end..end, close));
            }
        }
    }

    /// A piece of raw HTML, by its lines.
    fn html(&mut self, html: &Html<'_>) {
        // Where tabs were expanded, the lines' bytes are not the source's.
        let in_place = |(line, start): &(_, usize)| {
            let line: &pulldown_cmark::CowStr<'_> = line;
            self.tree.typed.get(*start..start + line.len()) == Some(line.as_ref())
        };
        if !html.lines.iter().all(in_place) {
            return;
        }
        let mut link = html.first_link;
        for piece in &html.markup.pieces {
            match piece {
                Piece::Start(tag) => self.tag(tag, html, &mut link),
                Piece::End { name, range } if name == "a" && self.lost_link => {
                    self.lost_link = false;
                    self.edit(html, range.clone(), String::new());
                }
                _ => {}
            }
        }
    }

    fn tag(&mut self, tag: &Tag, html: &Html<'_>, link: &mut usize) {
        for address in tag.addresses(&html.text) {
            if !matches!(address.kind, AttributeKind::Link | AttributeKind::Image) {
                continue;
            }
            let target = self.links.target(*link);
            *link += 1;
            let new = match target {
                Target::Url { url, .. } => self.links.absolute(url),
                Target::Soon { .. } | Target::Text { .. } if matches!(tag.name.as_str(), "a" | "area") => {
                    self.lost_link = tag.name == "a";
                    self.edit(html, tag.range.clone(), String::new());
                    continue;
                }
                Target::Soon { .. } | Target::Text { .. } => String::new(),
                Target::AsTyped if has_scheme(&address.value) => continue,
                Target::AsTyped => self.links.absolute(&address.value),
            };
            let quote = if address.attribute.quoted { "" } else { "\"" };
            let new = format!("{quote}{}{quote}", new.replace('&', "&amp;").replace('"', "&quot;"));
            self.edit(html, address.place, new);
        }
    }

    /// Changes a range of a piece of raw HTML. Ends belong to the line before, so that no quote's mark is
    /// part of an edit at a line's end.
    fn edit(&mut self, html: &Html<'_>, range: Range<usize>, new: String) {
        let (mut start, mut end) = (range.start, range.end);
        let mut at = 0;
        for (line, line_start) in &html.lines {
            let line_end = at + line.len();
            if (at..line_end).contains(&range.start) {
                start = line_start + range.start - at;
            }
            if at < range.end && range.end <= line_end {
                end = line_start + range.end - at;
            }
            at = line_end;
        }
        let place = start..end.max(start);
        if new.is_empty() {
            self.edits.retain(|(edit, _)| edit.end <= place.start || edit.start >= place.end);
        }
        self.edits.push((place, new));
    }
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
    let prefix: String = text[line..start].chars().map(|c| if matches!(c, '>' | '\t') { c } else { ' ' }).collect();
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

/// A block as Markdown. A project's own stays as it was typed, whose TOML says more than we could, but for what its
/// component says is Markdown.
fn block(
    placed: &Placed,
    (fence, node): (&Fence<'_>, &Node<'_>),
    (tree, twin): (&Tree<'_>, &Twin<'_>),
) -> Vec<(Range<usize>, String)> {
    let of_article = || twin.links.targets.get(placed.links.clone()).unwrap_or_default();
    let form = |targets| BlockForm { links: Links { targets, ..twin.links }, twin };
    let written = match &placed.body {
        Body::Known(block) => Some(block.markdown(&form(of_article()))),
        Body::Use(id) => {
            let targets = twin.references.shared.get(&id.value);
            targets.and_then(|targets| Some(twin.series.shared.get(&id.value)?.comparison.markdown(&form(targets))))
        }
        Body::Custom(custom) if custom.has_body() || !custom.inline.is_empty() => {
            return own_block(custom, (fence, node, tree), &form(of_article()));
        }
        Body::Custom(_) | Body::Broken => None,
    };
    written.map(|written| (node.range.clone(), indented(&written, &tree.typed, node.range.start))).into_iter().collect()
}

/// A project's own block as the Markdown that it holds, below what else its component is given. What stands in its
/// body is changed where it stands, as all of the article.
fn own_block(
    custom: &Custom,
    (fence, node, tree): (&Fence<'_>, &Node<'_>, &Tree<'_>),
    form: &BlockForm<'_>,
) -> Vec<(Range<usize>, String)> {
    let mut paragraphs: Vec<String> = rest(custom, fence).into_iter().collect();
    for (_, lines) in &custom.inline {
        paragraphs.push(match lines {
            InlineValue::One(line) => form.inline(line),
            InlineValue::Several(lines) => {
                lines.iter().map(|line| format!("- {}\n", form.inline(line))).collect::<String>().trim_end().to_string()
            }
        });
    }
    let (start, end) = (node.range.start, node.range.end);
    let below = fence.below().filter(|below| custom.has_body() && !below.is_empty());
    let Some(below) = below else {
        return vec![(start..end, indented(&paragraphs.join("\n\n"), &tree.typed, start))];
    };
    paragraphs.push(".".into());
    let before = indented(&paragraphs.join("\n\n"), &tree.typed, start);
    let words_end = tree.typed[..below.end].trim_end().len().max(below.start);
    vec![(start..below.start, before.strip_suffix('.').unwrap_or(&before).to_string()), (words_end..end, String::new())]
}

/// The arguments of a block that are no Markdown, in a fence like its own.
fn rest(custom: &Custom, fence: &Fence<'_>) -> Option<String> {
    let text = fence.text();
    let below = component::mark(&text);
    let (toml, below) = text.split_at(below.map_or(text.len(), |mark| mark.start));
    let mut toml = toml.parse::<DocumentMut>().ok()?;
    custom.inline.iter().for_each(|(key, _)| _ = toml.remove(key));
    let below = if custom.has_body() { "" } else { below };
    let kept = format!("{toml}{below}");
    let kept = kept.trim();
    (!kept.is_empty()).then(|| fenced(&fence.info, kept))
}

/// A fence that is longer than any in its text.
fn fenced(info: &str, text: &str) -> String {
    let ticks = text.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1;
    let ticks = "`".repeat(ticks);
    format!("{ticks}{info}\n{}\n{ticks}", text.trim_end_matches('\n'))
}

/// A block on its way into a twin.
struct BlockForm<'a> {
    /// With the targets of the block's own links.
    links: Links<'a>,
    twin: &'a Twin<'a>,
}

impl Form for BlockForm<'_> {
    fn level(&self) -> u8 {
        2
    }

    fn id(&self, name: &str) -> String {
        name.to_string()
    }

    fn number(&self, of: &Numbered) -> Option<String> {
        self.twin.labels.get(&of.id).cloned()
    }

    fn count(&self) -> usize {
        1
    }

    /// A program gets titles as they were typed.
    fn set(&self, text: &str) -> String {
        text.to_string()
    }

    fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        self.twin.phrases.say(key, values)
    }

    fn link(&self, linked: &Linked) -> Leads {
        match self.links.targets.get(linked.at) {
            Some(Target::Url { url, text, .. }) => {
                Leads { url: Some(self.links.absolute(url)), text: text.clone(), ..Leads::default() }
            }
            Some(Target::AsTyped) => Leads { url: Some(self.links.absolute(&linked.dest)), ..Leads::default() },
            Some(Target::Soon { .. } | Target::Text { .. }) | None => Leads::default(),
        }
    }

    fn own(&self, anchor: &str) -> String {
        self.links.absolute(anchor)
    }
}

impl Markdown for BlockForm<'_> {
    fn inline(&self, line: &Inline) -> String {
        let Some(tree) = self.twin.lines.get(line) else { return one_line(&line.text).into_owned() };
        let targets = self.links.targets.get(line.links.clone()).unwrap_or_default();
        let mut rewriter = Rewriter::new(tree, Links { targets, ..self.links });
        for step in tree.steps() {
            match step {
                // Raw HTML in a field is text.
                Step::Enter(Node { kind: Kind::Html(_), range, .. }) => {
                    rewriter.edits.push((range.start..range.start, "\\".to_string()));
                }
                Step::Enter(node @ Node { kind: Kind::Citation(cited), .. }) => {
                    rewriter.edits.extend(citation(cited, node, self.twin));
                }
                Step::Enter(_) => {}
                Step::Leave(node) => rewriter.leave(node),
            }
        }
        applied(&tree.typed, rewriter.edits)
    }
}
