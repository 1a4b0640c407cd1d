//! Words of an article that belong to another tool, or that Markdown takes for something else.
//!
//! In: the tree of a text and its links. Out: one diagnostic for each form, at the first line that has
//! it and with the number of lines. Code is never looked into, and of braces no other use is told than
//! the forms that are listed here: `{{ x }}` alone is text.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;
use pulldown_cmark::LinkType;

use super::boxes;
use super::component::Components;
use super::elements;
use super::info;
use super::link::Link;
use super::markup::{Piece, Tag};
use super::places::Places;
use super::tree::{Fence, Html, Kind, Math, Node, Tree};
use crate::diagnostic::{Code, Diagnostic, list, nearest, quote};
use crate::settings::config::Boxes;
use crate::text::conflict;

/// A form that is told.
#[derive(Debug)]
struct Form {
    code: Code,
    /// What its words are, as the end of a sentence that begins with them.
    what: &'static str,
    /// What there is instead.
    help: &'static str,
}

const fn foreign(what: &'static str, help: &'static str) -> Form {
    Form { code: Code::ForeignSyntax, what, help }
}

const OWN_BLOCKS: &str = "blocks of your own are components in `templates/blocks/`; a `figure` block shows a picture";
const BOX: &str = "write a box as `> [!NOTE]`, with `>` before each of its lines";

const HUGO: Form = foreign("is a shortcode of Hugo, and is shown as it stands", OWN_BLOCKS);
const ZOLA: Form = foreign("is a shortcode of Zola, and is shown as it stands", OWN_BLOCKS);
const TAG: Form = foreign(
    "is a tag of Liquid or Tera, and is shown as it stands",
    "articles have no tags: write what it stands for, or make it a block in `templates/blocks/`",
);
const VARIABLE: Form = foreign(
    "is a variable of Jekyll or Hugo, and is shown as it stands",
    "write its value; a link is the path to a file, such as `rag.md` or `rag/lamp.png`",
);
const INCLUDE: Form =
    foreign("is a command of mdBook, and is shown as it stands", "put what it names into the article");
const ATTRIBUTES: Form = foreign(
    "is an attribute list of kramdown, and is shown as it stands",
    "a heading takes `{#id .class}`; elsewhere write the element in HTML",
);
const CONTAINER: Form = foreign("begins a container of Docusaurus, MyST or pandoc, and is shown as it stands", BOX);
const ADMONITION: Form = foreign("begins an admonition of MkDocs, and is shown as it stands", BOX);
const WIKI: Form = foreign(
    "is a link of wikis, and is shown as it stands",
    "link to the file, as in `[RAG](rag.md)`; `[#](rag.md)` has its title from there",
);
const CITATION: Form = foreign(
    "is a citation of pandoc, and is shown as it stands",
    "write `[@key, p. 3]`, with the source in `sources.bib` beside `series.toml`; or name it in a note (`[^1]`)",
);
const LATEX: Form = foreign(
    "is a command of LaTeX, and is shown as it stands",
    "formulas stand between `$` or `$$`; refer to what has an id by a link, as in `[the sum](#sum)`",
);
const COMPONENT: Form = foreign("is a component, such as MDX has, and browsers don't know it", OWN_BLOCKS);
const MODULE: Form = foreign(
    "is a line of MDX, and is shown as it stands",
    "remove it; components in `templates/blocks/` are there without it",
);
const DIAGRAM: Form =
    foreign("is not drawn, and is shown as code", "draw it once, and place the picture as a `figure`");
const ATTRIBUTE: Form =
    foreign("is an attribute that nothing reads here", "a fence has `title=\"…\"`, `lines=\"3,5-7\"` and `start=10`");
const CONFLICT: Form = Form {
    code: Code::ConflictMarker,
    what: "is a mark of a merge that was not finished",
    help: "keep what is meant of the two texts, and remove the lines of `<<<<<<<`, `=======` and `>>>>>>>`",
};
const LOCAL: Form = Form {
    code: Code::LocalAddress,
    what: "leads each reader to their own machine",
    help: "link to where it is for all; an address that is an example belongs between backticks",
};
const WORDLESS: Form = Form {
    code: Code::EmptyLink,
    what: "is a link without words, which nobody sees",
    help: "write its words between the brackets; `#` takes them from its target",
};
const AIMLESS: Form = Form {
    code: Code::EmptyLink,
    what: "is a link without an address",
    help: "write the address between the parentheses",
};
const HEADING: Form = Form {
    code: Code::MissingSpace,
    what: "is no heading without a space behind its `#`",
    help: "put a space there, or write `\\#` for the sign",
};
const CELLS: Form = Form {
    code: Code::LostCell,
    what: "has no column in the head of its table, and is not shown",
    help: "write `\\|` for a bar within a cell, also between backticks",
};
const VANISHED: Form = Form {
    code: Code::VanishedTag,
    what: "is taken for a tag, and is not shown",
    help: "put it between backticks, or write `\\<`",
};
const UNREAD: Form = Form {
    code: Code::UnreadMarkdown,
    what: "stands in raw HTML, and is shown as it stands",
    help: "leave an empty line after the tag above it, such as `<details>`; there Markdown begins again",
};

/// Elements whose words are code, or are none.
const CODE: [&str; 9] = ["code", "kbd", "math", "pre", "samp", "script", "style", "svg", "textarea"];

/// The longest words that are looked through for the end of a form.
const LONGEST: usize = 1_000;

/// What the search has to know beside the text.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    pub place: Places,
    /// How many lines of the file stand above the text.
    pub above: usize,
    /// The fences that are blocks.
    pub blocks: &'a Components,
    pub boxes: &'a Boxes,
}

/// Tells what was likely meant otherwise. `links` are all that the article has.
pub fn look<'l>(tree: &Tree<'_>, links: impl Iterator<Item = &'l Link>, around: Around<'_>, out: &mut Vec<Diagnostic>) {
    let mut search = Search {
        text: &tree.typed,
        around,
        line_ends: OnceCell::new(),
        raw: Vec::new(),
        hidden: Vec::new(),
        links: Vec::new(),
        boxes: BTreeMap::new(),
        found: Vec::new(),
    };
    search.nodes(tree, out);
    search.braces();
    search.brackets();
    search.commands();
    search.conflicts();
    for link in links.filter(|link| is_local(&link.dest)) {
        search.found.push((&LOCAL, around.place.range(link.span)));
    }
    search.report_boxes(out);
    search.report(out);
}

struct Search<'a> {
    text: &'a str,
    around: Around<'a>,
    line_ends: OnceCell<Vec<usize>>,
    /// Code of raw HTML and comments, ascending and apart.
    raw: Vec<Range<usize>>,
    /// The same with all other code and with formulas.
    hidden: Vec<Range<usize>>,
    /// Links and images, by where they begin.
    links: Vec<Range<usize>>,
    /// Quotes that begin like a box and are none, by kind in lowercase.
    boxes: BTreeMap<String, Vec<Range<usize>>>,
    found: Vec<(&'static Form, Range<usize>)>,
}

impl Search<'_> {
    /// The line of the file, from 1, in which a byte of the text stands.
    fn line(&self, at: usize) -> usize {
        let ends = self.line_ends.get_or_init(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).collect());
        self.around.above + ends.partition_point(|end| *end < at) + 1
    }

    /// What the kinds of nodes tell, and where no other form is looked for.
    fn nodes(&mut self, tree: &Tree<'_>, out: &mut Vec<Diagnostic>) {
        let mut code = OpenCode::default();
        let mut columns = 0;
        for node in tree.nodes() {
            match &node.kind {
                Kind::Math(Math { id: Some((_, id)), .. }) if id.start > node.range.start => {
                    self.hidden.push(node.range.start..node.range.end.max(id.end + "}".len()));
                }
                Kind::Code(_) | Kind::Math(_) | Kind::Citation(_) => self.hidden.push(node.range.clone()),
                Kind::Block(..) => {
                    // What stands below its TOML is a piece of the article.
                    let end = tree.within(node).first().map_or(node.range.end, |first| first.range.start);
                    self.hidden.push(node.range.start..end);
                }
                Kind::Listing(fence) => {
                    self.hidden.push(node.range.clone());
                    self.listing(fence, &node.range, out);
                }
                Kind::Html(html) => self.html(html, &node.range, &mut code),
                Kind::Link(link) => {
                    self.links.push(node.range.clone());
                    let says = |node: &Node<'_>| match &node.kind {
                        Kind::Text(text) | Kind::Code(text) => !text.trim().is_empty(),
                        Kind::Image(_) | Kind::Html(_) | Kind::Math(_) | Kind::NoteReference { .. } => true,
                        _ => false,
                    };
                    if !tree.within(node).iter().any(says) {
                        self.found.push((&WORDLESS, node.range.clone()));
                    } else if link.dest.is_empty() && link.kind == LinkType::Inline {
                        self.found.push((&AIMLESS, node.range.clone()));
                    }
                }
                Kind::Image(_) => self.links.push(node.range.clone()),
                Kind::BlockQuote => self.unknown_box(node.range.start),
                Kind::TableHead => {
                    columns =
                        tree.within(node).iter().filter(|node| matches!(node.kind, Kind::TableCell { .. })).count();
                }
                Kind::TableRow => {
                    self.found.extend(lost_cell(self.text, &node.range, columns).map(|at| (&CELLS, at)));
                }
                Kind::Paragraph => self.paragraph(&node.range),
                _ => {}
            }
        }
        self.raw.extend(code.outer.map(|(_, start, _)| start..self.text.len()));
        self.hidden.extend(self.raw.iter().cloned());
        self.hidden.sort_by_key(|range| range.start);
        self.hidden.dedup_by(|next, range| {
            let joins = next.start <= range.end;
            if joins {
                range.end = range.end.max(next.end);
            }
            joins
        });
    }

    /// A quote that was meant to be a box.
    fn unknown_box(&mut self, quote_at: usize) {
        let start = boxes::inside(self.text, quote_at);
        if let Some(kind) = boxes::kind(&self.text[start..]) {
            let end = start + "[!".len() + kind.len() + "]".len();
            self.boxes.entry(kind.to_lowercase()).or_default().push(start..end);
        }
    }

    /// One diagnostic for each kind.
    fn report_boxes(&self, out: &mut Vec<Diagnostic>) {
        let kinds = || self.around.boxes.ids();
        let typed = |id: &str| format!("[!{}]", id.to_uppercase());
        for (kind, places) in &self.boxes {
            let [first, rest @ ..] = places.as_slice() else { continue };
            let is_known = kinds().any(|id| id == kind);
            let what = if is_known { "begins no box" } else { "is no kind of box" };
            let mut message = format!("{} {what}, and is shown as it stands", quote(&self.text[first.clone()]));
            if !rest.is_empty() {
                message += &format!("; there are {} such lines", places.len());
            }
            let help = match nearest(kind, kinds()) {
                _ if is_known => "a title follows it after a space; a box that is folded begins with `[!NOTE]-`".into(),
                Some(near) => format!("did you mean {}?", quote(&typed(near))),
                None => {
                    let kinds: Vec<String> = kinds().map(typed).collect();
                    let kinds = list(kinds.iter().map(String::as_str), "or");
                    format!("write {kinds}; `[boxes.{kind}]` in `partwork.toml` adds the kind")
                }
            };
            out.push(Diagnostic::new(Code::UnknownBox, self.around.place.span(first.clone()), message).help(help));
        }
    }

    /// A fence that isn't a block: its language, its attributes, and a block that it swallows.
    fn listing(&mut self, fence: &Fence<'_>, range: &Range<usize>, out: &mut Vec<Diagnostic>) {
        if !fence.is_fenced {
            return;
        }
        let line = range.start..self.text[range.start..].find('\n').map_or(range.end, |end| range.start + end);
        let start = line.start + self.text[line.clone()].find(&fence.info).unwrap_or(0);
        let (info, _) = info::parse(&fence.info);
        if info.language == "mermaid" {
            self.found.push((&DIAGRAM, start..start + fence.info.len()));
        }
        self.found.extend(info.unknown.iter().map(|at| (&ATTRIBUTE, start + at.start..start + at.end)));
        let sign = self.text[range.start..].chars().next().unwrap_or('`');
        let length = self.text[range.start..].chars().take_while(|c| *c == sign).count();
        let lines = fence.lines.iter().flat_map(|(piece, at)| {
            let starts = piece.split_inclusive('\n').scan(*at, |next, line| {
                *next += line.len();
                Some((line, *next - line.len()))
            });
            starts.collect::<Vec<_>>()
        });
        let swallowed = lines.into_iter().find_map(|(line, at)| {
            let inner = line.trim_start_matches(' ');
            let words = inner.trim_start_matches(sign);
            if inner.len() - words.len() < length {
                return None;
            }
            let (info, _) = info::parse(words.trim());
            let start = at + line.len() - inner.len();
            let is_block = self.around.blocks.contains_key(&*info.language);
            is_block.then(|| (info.language.into_owned(), start..start + inner.trim_end().len()))
        });
        if let Some((name, at)) = swallowed {
            let (opens, swallows) = (self.line(line.start), self.line(at.start));
            let message = format!("line {opens}'s code swallows the {} in line {swallows}", quote(&name));
            let (here, there) = (self.around.place.span(line), self.around.place.span(at));
            out.push(
                Diagnostic::new(Code::SwallowedBlock, here, message)
                    .note(there, "is shown as code")
                    .help("is the end of the code missing? What is meant as code stands in a longer fence"),
            );
        }
    }

    /// Tags that no browser knows, and Markdown that is none; what is code is hidden.
    fn html(&mut self, html: &Html<'_>, range: &Range<usize>, code: &mut OpenCode) {
        let place = self.around.place;
        let excerpt = place.excerpt(&html.lines, range.end);
        let at = |within: Range<usize>| place.range(excerpt.span(within));
        // Where text may stand in it.
        let mut text_from = 0;
        for piece in &html.markup.pieces {
            let tag = match piece {
                Piece::Start(tag) => tag.range.clone(),
                Piece::End { range, .. } | Piece::Comment(range) | Piece::Stray(range) => range.clone(),
                Piece::Text(_) => continue,
            };
            if html.is_block && !code.is_open() {
                let text = &html.text[text_from..tag.start];
                let links = markdown_links(text).map(|link| at(text_from + link.start..text_from + link.end));
                self.found.extend(links.map(|link| (&UNREAD, link)));
            }
            text_from = tag.end;
            match piece {
                Piece::Start(start) if !code.is_open() => {
                    let before = match start.range.start {
                        0 => self.text[..range.start].chars().next_back(),
                        at => html.text[..at].chars().next_back(),
                    };
                    self.found.extend(unknown_tag(start, &html.text, before).map(|form| (form, at(tag.clone()))));
                    code.enter(start, at(tag).start);
                }
                Piece::Start(start) => code.enter(start, at(tag).start),
                Piece::End { name, .. } => self.raw.extend(code.leave(name, at(tag).end)),
                Piece::Comment(_) if !code.is_open() => self.raw.push(at(tag)),
                Piece::Comment(_) | Piece::Stray(_) | Piece::Text(_) => {}
            }
        }
    }

    /// Forms that a line begins with.
    fn paragraph(&mut self, range: &Range<usize>) {
        let text = &self.text[range.clone()];
        let is_one_line = !text.trim_end().contains('\n');
        let mut start = range.start;
        for line in text.split_inclusive('\n') {
            let words = line.trim_start_matches([' ', '\t', '>']).trim_end();
            let at = start + line.len() - line.trim_start_matches([' ', '\t', '>']).len();
            self.found.extend(line_form(words, is_one_line).map(|form| (form, at..at + words.len())));
            start += line.len();
        }
    }

    fn braces(&mut self) {
        let mut next = 0;
        for at in memchr::memchr_iter(b'{', self.text.as_bytes()) {
            if at < next || self.is_hidden(at) {
                continue;
            }
            let rest = &self.text[at..self.text.floor_char_boundary(at + LONGEST)];
            if let Some((form, length)) = braces(rest) {
                next = at + length;
                self.found.push((form, at..next));
            }
        }
    }

    fn brackets(&mut self) {
        for at in memmem::find_iter(self.text.as_bytes(), "[[") {
            let before = self.text[..at].chars().next_back();
            let is_index = before.is_some_and(char::is_alphanumeric);
            if !is_index && !self.is_hidden(at) && !self.is_link(at) && !self.is_link(at + 1) {
                self.found.extend(wiki(&self.text[at..]).map(|length| (&WIKI, at..at + length)));
            }
        }
        for sign in ["[@", "[-@", "[see @", "[cf. @", "[e.g. @"] {
            for at in memmem::find_iter(self.text.as_bytes(), sign) {
                if !self.is_hidden(at) && !self.is_link(at) {
                    self.found.extend(citation(&self.text[at..]).map(|length| (&CITATION, at..at + length)));
                }
            }
        }
    }

    fn commands(&mut self) {
        for at in memchr::memchr_iter(b'\\', self.text.as_bytes()) {
            if !self.is_hidden(at) {
                self.found.extend(latex(&self.text[at..]).map(|length| (&LATEX, at..at + length)));
            }
        }
    }

    fn conflicts(&mut self) {
        let marks = conflict::marks(self.text).filter(|mark| !self.is_hidden(mark.start));
        let found: Vec<_> = marks.map(|mark| (&CONFLICT, mark)).collect();
        self.found.extend(found);
    }

    /// Whether a place is code, or a sign that stands for itself.
    fn is_hidden(&self, at: usize) -> bool {
        holds(&self.hidden, at) || self.text[..at].ends_with('\\')
    }

    fn is_link(&self, at: usize) -> bool {
        self.links.binary_search_by_key(&at, |range| range.start).is_ok()
    }

    /// One diagnostic for each form.
    fn report(mut self, out: &mut Vec<Diagnostic>) {
        self.found.retain(|(_, range)| !holds(&self.raw, range.start));
        self.found.sort_by_key(|(form, range)| (form.what, range.start));
        for same in self.found.chunk_by(|(one, _), (other, _)| one.what == other.what) {
            let [(form, first), ..] = same else { continue };
            let is_on_next_line = |pair: &&[(&Form, Range<usize>)]| {
                self.text.get(pair[0].1.start..pair[1].1.start).is_some_and(|between| between.contains('\n'))
            };
            let lines = 1 + same.windows(2).filter(is_on_next_line).count();
            let first_line =
                first.start..self.text[first.clone()].find('\n').map_or(first.end, |end| first.start + end);
            let mut message = format!("{} {}", quote(self.text[first_line.clone()].trim_end()), form.what);
            if lines > 1 {
                message += &format!("; there are {lines} such lines");
            }
            out.push(Diagnostic::new(form.code, self.around.place.span(first_line), message).help(form.help));
        }
    }
}

/// Whether one of some places, ascending and apart, holds another.
fn holds(places: &[Range<usize>], at: usize) -> bool {
    let after = places.partition_point(|range| range.start <= at);
    after > 0 && places[after - 1].end > at
}

/// An element of code that is open, with those of its name within it.
#[derive(Debug, Default)]
struct OpenCode {
    /// Its name, where it begins, and how many of the name are open.
    outer: Option<(String, usize, usize)>,
}

impl OpenCode {
    fn is_open(&self) -> bool {
        self.outer.is_some()
    }

    fn enter(&mut self, tag: &Tag, at: usize) {
        match &mut self.outer {
            _ if tag.self_closing || !CODE.contains(&tag.name.as_str()) => {}
            Some((name, _, depth)) => *depth += usize::from(*name == tag.name),
            outer @ None => *outer = Some((tag.name.clone(), at, 1)),
        }
    }

    /// Where the outermost element stands, once it ends.
    fn leave(&mut self, name: &str, end: usize) -> Option<Range<usize>> {
        let (_, start, depth) = self.outer.as_mut().filter(|(open, ..)| open == name)?;
        *depth -= 1;
        let (start, depth) = (*start, *depth);
        (depth == 0).then(|| {
            self.outer = None;
            start..end
        })
    }
}

/// What a tag is that browsers don't know: a component, or code.
fn unknown_tag(tag: &Tag, html: &str, before: Option<char>) -> Option<&'static Form> {
    if elements::is_known(&tag.name) || tag.name.contains(['-', ':']) {
        return None;
    }
    let typed = &html[tag.range.start + 1..];
    let is_component = typed.starts_with(|c: char| c.is_ascii_uppercase())
        && typed[1..].starts_with(|c: char| c.is_ascii_lowercase())
        && !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    Some(if is_component { &COMPONENT } else { &VANISHED })
}

/// Links of Markdown in a piece of text.
fn markdown_links(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("](").filter_map(|(at, _)| {
        let start = text[..at].rfind(['[', ']', '\n']).filter(|start| text[*start..].starts_with('['))?;
        let rest = &text[at + 2..text.floor_char_boundary(at + 2 + LONGEST)];
        let dest = rest.find([')', ' ', '\n', '<'])?;
        let is_link = start + 1 < at && dest > 0 && rest[dest..].starts_with(')');
        is_link.then_some(start..at + 2 + dest + 1)
    })
}

/// The first cell of a row that no column takes.
fn lost_cell(text: &str, row: &Range<usize>, columns: usize) -> Option<Range<usize>> {
    let line = text[row.clone()].lines().next()?;
    let mut bars = Vec::new();
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if c == '|' && !escaped {
            bars.push(at);
        }
        escaped = c == '\\' && !escaped;
    }
    let leads = usize::from(line.trim_start().starts_with('|'));
    let bar = *bars.get(leads + columns - usize::from(columns > 0))?;
    let cell = line[bar + 1..].trim_end().trim_end_matches('|');
    let words = cell.trim();
    let start = row.start + bar + 1 + cell.len() - cell.trim_start().len();
    (columns > 0 && !words.is_empty()).then_some(start..start + words.len())
}

/// What a line of a paragraph begins with.
fn line_form(line: &str, is_one_line: bool) -> Option<&'static Form> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    if let Some(rest) = line.strip_prefix(":::") {
        let name = rest.trim_start_matches(':').trim_start();
        return name.starts_with(|c: char| c == '{' || c.is_ascii_alphabetic()).then_some(&CONTAINER);
    }
    if let Some(rest) = ["!!! ", "???+ ", "??? "].iter().find_map(|sign| line.strip_prefix(sign)) {
        let (word, title) = rest.split_once(' ').unwrap_or((rest, "\"\""));
        return (is_word(word) && title.starts_with('"') && title.ends_with('"')).then_some(&ADMONITION);
    }
    if is_module_line(line) {
        return Some(&MODULE);
    }
    let heading = line.trim_start_matches('#');
    let level = line.len() - heading.len();
    let is_heading = match level {
        // A word with one `#` is a tag of social networks.
        1 => {
            is_one_line
                && heading.starts_with(char::is_uppercase)
                && heading.contains(' ')
                && !heading.contains(" #")
                && !heading.ends_with(['.', '!', '?', ',', ';', ':', '…'])
        }
        2..=6 => is_one_line && heading.starts_with(char::is_alphanumeric),
        _ => false,
    };
    is_heading.then_some(&HEADING)
}

/// `import Tabs from '…'`, `import "…"`, `export const x =`.
fn is_module_line(line: &str) -> bool {
    let line = line.trim_end_matches(';');
    if let Some(names) = line.strip_prefix("import ") {
        let from = names.rsplit_once(" from ").map_or(names, |(_, from)| from).trim();
        return ['"', '\''].iter().any(|sign| from.len() > 2 && from.starts_with(*sign) && from.ends_with(*sign));
    }
    line.strip_prefix("export const ").is_some_and(|rest| rest.contains(" = "))
}

/// The form that begins with a brace, and its length.
fn braces(rest: &str) -> Option<(&'static Form, usize)> {
    type Fits = fn(&str) -> bool;
    const FORMS: [(&str, &str, &Form, Fits); 7] = [
        ("{{<", ">}}", &HUGO, is_named),
        ("{{%", "%}}", &HUGO, is_named),
        ("{{#", "}}", &INCLUDE, is_command),
        ("{{", "}}", &VARIABLE, is_variable),
        ("{{", "}}", &ZOLA, is_call),
        ("{%", "%}", &TAG, is_tag),
        ("{:", "}", &ATTRIBUTES, is_attribute_list),
    ];
    FORMS.iter().find_map(|(open, close, form, fits)| {
        let inner = rest.strip_prefix(open)?;
        let end = inner.find(close)?;
        fits(&inner[..end]).then_some((*form, open.len() + end + close.len()))
    })
}

fn is_named(inner: &str) -> bool {
    inner.trim_start_matches(|c: char| c.is_whitespace() || c == '/').starts_with(|c: char| c.is_ascii_alphabetic())
}

fn is_tag(inner: &str) -> bool {
    let mut words = inner.trim_matches('-').split_whitespace();
    let stands_alone = |name: &str| name.starts_with("end") || matches!(name, "raw" | "else" | "comment" | "toc");
    let is_spaced = inner.starts_with(|c: char| c.is_whitespace() || c == '-');
    let name = words.next().filter(|name| is_spaced && name.starts_with(|c: char| c.is_ascii_alphabetic()));
    name.is_some_and(|name| words.next().is_some() || stands_alone(name))
}

fn is_command(inner: &str) -> bool {
    let name = inner.split_whitespace().next().unwrap_or_default();
    matches!(name, "include" | "rustdoc_include" | "playground" | "playpen" | "title")
}

fn is_variable(inner: &str) -> bool {
    const ROOTS: [&str; 11] = [
        "site.",
        "page.",
        "layout.",
        "include.",
        "post.",
        "paginator.",
        "jekyll.",
        ".Site.",
        ".Page.",
        ".Params.",
        "$.",
    ];
    let inner = inner.trim_matches('-').trim();
    let path = inner.split([' ', '|']).next().unwrap_or_default();
    let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '$'));
    let is_known = ROOTS.iter().any(|root| path.strip_prefix(root).is_some_and(|name| !name.is_empty()));
    let is_filtered = ["| relative_url", "| absolute_url"].iter().any(|filter| inner.ends_with(filter));
    !inner.contains('\n') && (is_path && is_known || is_filtered)
}

fn is_call(inner: &str) -> bool {
    let inner = inner.trim_matches('-').trim();
    let Some((name, arguments)) = inner.strip_suffix(')').and_then(|call| call.split_once('(')) else { return false };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
    is_name && (arguments.trim().is_empty() || arguments.contains('='))
}

fn is_attribute_list(inner: &str) -> bool {
    let inner = inner.trim();
    let is_mark = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '-' | '_'));
    !inner.contains('\n')
        && (inner == "toc" || inner.contains("=\"") || inner.strip_prefix(['.', '#']).is_some_and(is_mark))
}

/// The length of `[[Page]]` or `[[Page|words]]`.
fn wiki(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix("[[")?;
    let end = inner.find(['[', ']', '\n', ',', '=', '"'])?;
    let named = inner.starts_with(char::is_alphabetic) && end <= LONGEST;
    let closes = inner[end..].starts_with("]]") && !inner[end + 2..].starts_with(['(', '[', ':']);
    (named && closes).then_some(end + 4)
}

/// The length of `[@key]`, `[-@key, p. 3; see @other]`.
fn citation(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('[')?;
    let end = inner.find(['[', ']', '\n'])?;
    let is_citation = |piece: &str| {
        let piece = piece.trim();
        let words = ["see ", "cf. ", "e.g. ", "-"];
        let piece = words.iter().find_map(|words| piece.strip_prefix(words)).unwrap_or(piece);
        piece.strip_prefix('@').is_some_and(|key| {
            let key = key.split([',', ' ']).next().unwrap_or_default();
            key.starts_with(char::is_alphanumeric)
                && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.'))
        })
    };
    let closes = inner[end..].starts_with(']') && !inner[end + 1..].starts_with(['(', '[', ':']);
    (closes && inner[..end].split(';').all(is_citation)).then_some(end + 2)
}

/// The length of `\ref{x}` and of other commands that mean nothing outside a formula.
fn latex(rest: &str) -> Option<usize> {
    const COMMANDS: [&str; 10] = ["ref", "eqref", "label", "cite", "citep", "citet", "begin", "end", "tag", "ce"];
    let rest = rest.strip_prefix('\\')?;
    let name = COMMANDS.iter().find(|name| rest.strip_prefix(**name).is_some_and(|rest| rest.starts_with('{')))?;
    let inner = &rest[name.len() + 1..];
    let end = inner.find(['{', '}', '\n'])?;
    (end > 0 && inner[end..].starts_with('}')).then_some(name.len() + end + 3)
}

/// Whether an address means another machine, or none, for each reader.
fn is_local(dest: &str) -> bool {
    let lower = dest.trim().get(..32.min(dest.trim().len())).unwrap_or_default().to_ascii_lowercase();
    let mut drive = dest.trim().chars();
    let is_drive = drive.next().is_some_and(|c| c.is_ascii_alphabetic())
        && drive.next() == Some(':')
        && drive.next().is_some_and(|c| matches!(c, '\\' | '/'));
    let after = ["http://", "https://"].iter().find_map(|scheme| lower.strip_prefix(scheme));
    let host = after.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let is_own = host.is_some_and(|host| {
        let name = host
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
            .map_or(host, |(name, _)| name);
        matches!(name, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]") || name.ends_with(".localhost")
    });
    lower.starts_with("file:/") || is_drive || is_own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_forms_of_braces() {
        for (text, form) in [
            ("{{< fig src=\"x\" >}}", Some(&HUGO)),
            ("{{< /fig >}}", Some(&HUGO)),
            ("{{% note %}}", Some(&HUGO)),
            ("{% include x.html %}", Some(&TAG)),
            ("{%- endif -%}", Some(&TAG)),
            ("{{ site.url }}", Some(&VARIABLE)),
            ("{{ '/x.png' | relative_url }}", Some(&VARIABLE)),
            ("{{ .Page.Title }}", Some(&VARIABLE)),
            ("{{ youtube(id=\"x\") }}", Some(&ZOLA)),
            ("{{#include x.rs}}", Some(&INCLUDE)),
            ("{: .class }", Some(&ATTRIBUTES)),
            ("{:toc}", Some(&ATTRIBUTES)),
            ("{{ x }}", None),
            ("{{ user.name }}", None),
            ("{{ f(x) }}", None),
            ("{% %}", None),
            ("{% if %}", None),
            ("{1, 2}", None),
            ("{{1, 2}, {3}}", None),
            ("{: }", None),
            ("{:?}", None),
            ("{#id .class}", None),
            ("${HOME}", None),
            ("{%d of %s%}", None),
        ] {
            let found = braces(text.trim_start_matches('$'));
            assert_eq!(found.map(|(form, _)| form.what), form.map(|form| form.what), "{text}");
            assert!(found.is_none_or(|(_, length)| length == text.len()), "{text}");
        }
    }

    #[test]
    fn brackets_that_mean_something_elsewhere() {
        for (text, length) in [
            ("[[Page]]", Some(8)),
            ("[[Page|words]]", Some(14)),
            ("[[1, 2], [3]]", None),
            ("[[ -f x ]]", None),
            ("[[x]](y)", None),
        ] {
            assert_eq!(wiki(text), length, "{text}");
        }
        for (text, length) in [
            ("[@key]", Some(6)),
            ("[-@key, p. 3; @other]", Some(21)),
            ("[see @key, p. 3; cf. @other]", Some(28)),
            ("[see @ada](x)", None),
            ("[@ada](x)", None),
            ("[@types/node]", None),
            ("[@]", None),
        ] {
            assert_eq!(citation(text), length, "{text}");
        }
    }

    #[test]
    fn commands_outside_a_formula() {
        for (text, length) in [
            (r"\eqref{sum} says", Some(11)),
            (r"\begin{align}", Some(13)),
            (r"\ce{H2O}", Some(8)),
            (r"\ref{}", None),
            (r"\reference{x}", None),
            (r"\label {x}", None),
            (r"C:\end\{x}", None),
        ] {
            assert_eq!(latex(text), length, "{text}");
        }
    }

    #[test]
    fn lines() {
        for (line, form) in [
            (":::note", Some(&CONTAINER)),
            ("::: {.tip}", Some(&CONTAINER)),
            ("!!! note \"A title\"", Some(&ADMONITION)),
            ("import Tabs from '@theme/Tabs';", Some(&MODULE)),
            ("##Without a space", Some(&HEADING)),
            ("#Without a space", Some(&HEADING)),
            (":::", None),
            ("!!! That is it!", None),
            ("import duties from abroad", None),
            ("#hashtag", None),
            ("#Rust #Markdown", None),
            ("#1 on the list", None),
            ("#Rust is fine.", None),
        ] {
            assert_eq!(line_form(line, true).map(|form| form.what), form.map(|form| form.what), "{line}");
        }
    }

    #[test]
    fn cells_that_no_column_takes() {
        let lost = |row: &'static str| lost_cell(row, &(0..row.len()), 2).map(|range| &row[range]);
        assert_eq!(lost("| a | `b | c` |"), Some("c`"));
        assert_eq!(lost("a | b | c"), Some("c"));
        assert_eq!(lost("| a | `b \\| c` |"), None);
        assert_eq!(lost("| a | b | |"), None);
        assert_eq!(lost("| a |"), None);
    }

    #[test]
    fn addresses_of_one_machine() {
        for own in ["http://localhost:8000/x", "https://127.0.0.1", "file:///home/x", "C:\\x\\y.png", "http://[::1]:1"]
        {
            assert!(is_local(own), "{own}");
        }
        for other in ["https://localhost.example.se", "c:x", "files/x.md", "https://example.se/localhost", "é"] {
            assert!(!is_local(other), "{other}");
        }
    }
}
