//! The shortcodes that Hugo and Zola have, and those that most of their themes do.
//!
//! In: a text with its tags. Out: Markdown and blocks in their place; what isn't known stays as typed and is
//! reported.

use std::collections::BTreeSet;
use std::ops::Range;

use super::around::Around;
use super::pieces::{Head, Picture, boxed, fenced, film, folded, is_alone, kind_of_box, tab, whole_line};
use super::report::Kind;
use super::tags::{Form, Tag, end_of, tags};
use super::templates::simple;
use super::typed::{Edit, Typed};
use super::view::{Looked, View};
use crate::settings::data::quoted;

/// Whose rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    Zola,
    Hugo,
}

/// What gives the page that a tag names.
type Link = dyn Fn(&str, &Around<'_>) -> Option<String>;

/// Translates the shortcodes of a text. `link` gives what `ref` and its kin lead to.
pub fn translate(looked: Looked, rules: Rules, link: &Link, around: &mut Around<'_>) -> Looked {
    let Looked { text, seen } = &looked;
    let found = tags(&text.text, |_| true);
    let mut pass = Pass { text, seen, tags: &found, rules, done: BTreeSet::new(), edits: Vec::new() };
    for at in 0..found.len() {
        pass.one(at, link, around);
    }
    let edits = pass.edits;
    looked.apply(edits)
}

struct Pass<'a> {
    text: &'a Typed,
    seen: &'a View,
    tags: &'a [Tag],
    rules: Rules,
    /// Tags that one before them ends with.
    done: BTreeSet<usize>,
    edits: Vec<Edit>,
}

impl Pass<'_> {
    fn one(&mut self, at: usize, link: &Link, around: &mut Around<'_>) {
        let tag = &self.tags[at];
        if self.unescape(tag) || self.done.contains(&at) || !self.is_one(tag) {
            return;
        }
        let end = self.end(at);
        let name = tag.name.to_ascii_lowercase();
        let own = self.own(tag, end, around);
        if self.seen.is_hidden(tag.range.start) {
            // The words around code are lost in it; the code itself is not.
            if let Some(made) = own.filter(|_| end.is_some()) {
                self.edits.extend(made.into_iter().map(|edit| Edit::new(edit.range, "")));
                self.done.extend(end);
            }
            return;
        }
        if name == "icon" {
            // A drawing beside words.
            around.report.tell(Kind::Class, self.text.place(tag.range.start), "{{< icon >}}");
        }
        let made = match end {
            Some(end) => self.paired((at, end), &name, link, around),
            None if name == "filetree/file" => {
                tag.given.get(&["name"]).and_then(|file| self.item(at, file, "")).map(|item| vec![item])
            }
            None => self.single(tag, &name, link, around),
        };
        match made.or(own) {
            Some(edits) => {
                self.edits.extend(edits);
                self.done.extend(end);
            }
            None => {
                self.done.extend(end);
                let (open, close) = match (self.rules, tag.form) {
                    (Rules::Hugo, _) => ("{{<", ">}}"),
                    (Rules::Zola, Form::Statement) => ("{%", "%}"),
                    (Rules::Zola, _) => ("{{", "}}"),
                };
                around.report.tell(
                    Kind::Tag,
                    self.text.place(tag.range.start),
                    &format!("{open} {} {close}", tag.name),
                );
            }
        }
    }

    /// One of the site's own whose template computes nothing.
    fn own(&self, tag: &Tag, end: Option<usize>, around: &Around<'_>) -> Option<Vec<Edit>> {
        let folders: &[&str] = match self.rules {
            Rules::Hugo => &["layouts/shortcodes", "layouts/_shortcodes"],
            Rules::Zola => &["templates/shortcodes"],
        };
        let places = folders.iter().flat_map(|folder| ["html", "md"].map(|end| format!("{folder}/{}.{end}", tag.name)));
        let template = around.template(&places.collect::<Vec<_>>())?;
        if let Some(end) = end.filter(|_| self.rules == Rules::Hugo && highlights(&template)) {
            let language = tag.given.get(&["lang", "language"]).unwrap_or_default();
            return Some(fenced(&self.text.text, (&tag.range, &self.tags[end].range), language));
        }
        let (before, behind) = simple(&template)?.filled(&tag.given);
        match (end, behind) {
            (Some(end), Some(behind)) => {
                Some(vec![Edit::new(tag.range.clone(), before), Edit::new(self.tags[end].range.clone(), behind)])
            }
            (None, None) => Some(vec![Edit::new(tag.range.clone(), before)]),
            _ => None,
        }
    }

    /// What is typed so that it isn't read: `{{</* x */>}}`.
    fn unescape(&mut self, tag: &Tag) -> bool {
        let escaped = tag.words.starts_with("/*") && tag.words.ends_with("*/") && tag.words.len() >= 4;
        if escaped {
            let typed = &self.text.text[tag.range.clone()];
            self.edits.push(Edit::new(tag.range.clone(), typed.replacen("/*", "", 1).replacen("*/", "", 1)));
        }
        escaped
    }

    /// Whether it is a shortcode, and not words between braces.
    fn is_one(&self, tag: &Tag) -> bool {
        match self.rules {
            Rules::Hugo => tag.form == Form::Shortcode && !tag.name.is_empty() && !tag.closes,
            Rules::Zola => {
                let called = tag.words.get(tag.name.len()..).is_some_and(|rest| rest.trim_start().starts_with('('));
                matches!(tag.form, Form::Statement | Form::Output) && called && !tag.name.is_empty()
            }
        }
    }

    /// The tag that ends one.
    fn end(&self, at: usize) -> Option<usize> {
        let tag = &self.tags[at];
        match self.rules {
            Rules::Hugo if tag.is_whole => None,
            Rules::Hugo => {
                let same = |other: &Tag| other.form == Form::Shortcode && other.name == tag.name && !other.is_whole;
                end_of(self.tags, at, |other| same(other) && !other.closes, |other| same(other) && other.closes)
            }
            Rules::Zola if tag.form == Form::Output => None,
            Rules::Zola => {
                let is_end = |other: &Tag| other.form == Form::Statement && other.name == "end";
                end_of(self.tags, at, |other| other.form == Form::Statement && self.is_one(other), is_end)
            }
        }
    }

    /// One that has an end.
    fn paired(&self, (at, end): (usize, usize), name: &str, link: &Link, around: &Around<'_>) -> Option<Vec<Edit>> {
        let text = &self.text.text;
        let (open, close) = (&self.tags[at], &self.tags[end]);
        let ranges = (&open.range, &close.range);
        let given = &open.given;
        let kind = given.get_or(&["type", "kind", "style", "status", "color", "class"], 0);
        let title = given.get(&["title", "heading", "summary", "name", "header"]);
        match name {
            "details" | "expand" | "spoiler" | "collapse" | "collapsible" | "accordion" => {
                Some(folded(text, ranges, title.or(given.plain.first().map(String::as_str)).unwrap_or("More")))
            }
            "highlight" | "code" | "codeblock" => {
                let language = given.get_or(&["lang", "language"], 0).unwrap_or_default();
                Some(fenced(text, ranges, language))
            }
            "mermaid" => Some(fenced(text, ranges, "mermaid")),
            "katex" | "math" | "latex" => {
                let sign = if is_alone(text, &open.range) || !given.plain.is_empty() { "$$" } else { "$" };
                Some(vec![Edit::new(open.range.clone(), sign), Edit::new(close.range.clone(), sign)])
            }
            "tabs" | "tabpane" | "tabgroup" | "steps" | "cards" | "cardpane" | "columns" | "column"
            | "filetree/container" => {
                let line = |range| Edit::new(whole_line(text, range), "");
                Some(vec![line(&open.range), line(&close.range)])
            }
            "tab" | "codetab" => self.tab(at, end),
            "card" => {
                let words = title.map(|title| format!("**{}**\n", title.replace('*', ""))).unwrap_or_default();
                let line = if words.is_empty() { whole_line(text, &open.range) } else { open.range.clone() };
                Some(vec![Edit::new(line, words), Edit::new(whole_line(text, &close.range), "")])
            }
            "filetree/folder" => Some(vec![self.item(at, title?, "/")?, Edit::new(whole_line(text, &close.range), "")]),
            "comment" => Some(vec![Edit::new(open.range.start..whole_line(text, &close.range).end, "")]),
            "button" | "badge" => {
                let to = self.leads(open, link, around);
                let (before, behind) = to.map_or_else(Default::default, |to| ("[", format!("]({to})")));
                let inner = &text[open.range.end..close.range.start];
                let (left, right) = (inner.len() - inner.trim_start().len(), inner.trim_end().len());
                let right = close.range.start - (inner.len() - right.max(left));
                Some(vec![
                    Edit::new(open.range.start..open.range.end + left, before),
                    Edit::new(right..close.range.end, behind),
                ])
            }
            "notice" | "callout" | "admonition" | "alert" | "hint" | "box" | "pageinfo" => {
                let kind = kind.and_then(kind_of_box);
                let title = title.or_else(|| given.plain.get(1).map(String::as_str));
                Some(boxed(text, ranges, &Head::new(kind.unwrap_or("NOTE"), title)))
            }
            "quote" | "blockquote" => None,
            name => {
                let title = title.or(given.plain.first().map(String::as_str));
                kind_of_box(name).map(|kind| boxed(text, ranges, &Head::new(kind, title)))
            }
        }
    }

    /// A tab, whose name may be said by what it stands in.
    fn tab(&self, at: usize, end: usize) -> Option<Vec<Edit>> {
        let (open, close) = (&self.tags[at], &self.tags[end]);
        let ranges = (&open.range, &close.range);
        let is_pane = |tag: &&Tag| matches!(tag.name.as_str(), "tabs" | "tabpane" | "tabgroup");
        let pane = self.tags[..at].iter().rposition(|tag| is_pane(&tag)).filter(|pane| !self.tags[*pane].closes);
        let begins = |tag: &&Tag| tag.name == open.name && !tag.closes;
        let place = pane.map_or(0, |pane| self.tags[pane..at].iter().filter(begins).count());
        let pane = pane.map(|pane| &self.tags[pane]);
        let listed = pane.and_then(|pane| {
            let list = pane.given.get(&["items"]);
            let items = list
                .map(|list| list.trim_matches(['[', ']']).split(',').map(|name| name.trim().trim_matches(['"', '\''])));
            items
                .and_then(|mut items| items.nth(place))
                .or_else(|| pane.given.plain.get(place).map(String::as_str).filter(|_| pane.given.plain.len() > 1))
        });
        let own = open.given.get(&["title", "heading", "summary", "name", "header"]);
        let title = own.or(open.given.plain.first().map(String::as_str)).or(listed)?;
        // What stands in tabs of Docsy is code, unless they say that it is text.
        let says_text = |tag: &Tag| tag.given.get(&["text"]).is_some_and(|text| text == "true");
        let is_code = self.text.text[open.range.clone()].starts_with("{{<")
            && pane.is_some_and(|pane| pane.name == "tabpane" && !says_text(pane))
            && !says_text(open);
        if is_code {
            let language = open.given.get(&["lang"]).or(pane.and_then(|pane| pane.given.get(&["lang"])));
            let info = format!("{} tab={}", language.unwrap_or("text"), quoted(title));
            return Some(fenced(&self.text.text, ranges, &info));
        }
        Some(tab(&self.text.text, &self.seen.fences, ranges, title))
    }

    /// A file or folder of a tree, as an item of a list.
    fn item(&self, at: usize, name: &str, sign: &str) -> Option<Edit> {
        let tag = &self.tags[at];
        let before = self.tags[..at].iter().filter(|tag| tag.name == "filetree/folder" && !tag.is_whole);
        let depth = before.fold(0_usize, |depth, tag| if tag.closes { depth.saturating_sub(1) } else { depth + 1 });
        let line = whole_line(&self.text.text, &tag.range);
        (line != tag.range).then(|| Edit::new(line, format!("{}- `{name}{sign}`\n", "  ".repeat(depth))))
    }

    /// Where a button or a card leads.
    fn leads(&self, tag: &Tag, link: &Link, around: &Around<'_>) -> Option<String> {
        let given = &tag.given;
        let to = given.get(&["relref", "ref", "page"]).and_then(|page| link(page, around));
        let to = to.or_else(|| given.get(&["href", "link", "url"]).map(String::from))?;
        Some(if to.contains([' ', '(', ')']) { format!("<{to}>") } else { to })
    }

    /// One without an end.
    fn single(&self, tag: &Tag, name: &str, link: &Link, around: &Around<'_>) -> Option<Vec<Edit>> {
        let given = &tag.given;
        let with = match name {
            "ref" | "relref" => link(given.get_or(&["path"], 0)?, around)?,
            "figure" | "img" | "image" | "picture" | "imgproc" | "resize_image" | "responsive" => {
                let src = given.get_or(&["src", "url", "path", "link_src", "file", "image"], 0)?;
                let src = around.file(src, &["static", "assets", "content", ""]);
                let alt =
                    given.get(&["alt", "title", "description"]).or_else(|| given.plain.get(1).map(String::as_str));
                let caption = given.get(&["caption", "title"]);
                let picture = Picture { src: &src, alt, caption, link: given.get(&["link", "href"]) };
                picture.markdown(is_alone(&self.text.text, &tag.range))
            }
            "youtube" | "vimeo" => film(name, given.get_or(&["id"], 0)?)?,
            // A card of a page that leads elsewhere is a line of a list.
            "card" => {
                let (to, title) = (self.leads(tag, link, around)?, given.get(&["title", "name"])?);
                let line = format!("- [{}]({to})", title.replace(['[', ']'], ""));
                // Among its kin it stands behind an indent that would put it below a list before them.
                let start = tag.range.start - indent_before(&self.text.text, &tag.range);
                return Some(vec![Edit::new(start..tag.range.end, line)]);
            }
            "gist" => format!("<https://gist.github.com/{}/{}>", given.plain.first()?, given.plain.get(1)?),
            // What the page or the settings say for a key.
            "param" => {
                let key = given.get_or(&["name"], 0)?;
                around.own(key).or_else(|| around.found.site.values.get(key).cloned())?
            }
            "tweet" | "x" | "twitter" => {
                let user = given.get(&["user"]).unwrap_or("i");
                format!("<https://x.com/{user}/status/{}>", given.get_or(&["id"], 0)?)
            }
            "instagram" => format!("<https://www.instagram.com/p/{}>", given.get_or(&["id"], 0)?),
            "button" | "badge" => {
                let words = given.get_or(&["text", "content", "title", "label"], 0)?.replace(['[', ']'], "");
                match self.leads(tag, link, around) {
                    Some(to) => format!("[{words}]({to})"),
                    None if name == "badge" => format!("**{words}**"),
                    None => return None,
                }
            }
            "toc" | "icon" => String::new(),
            // What stands before tabs and is none itself.
            "tab" if given.get(&["disabled"]) == Some("true") => {
                format!("**{}**\n", given.get(&["header"])?.replace('*', ""))
            }
            // What loads a script alone.
            "katex" | "mathjax" | "math" if given.plain.is_empty() && given.named.is_empty() => String::new(),
            _ => return None,
        };
        Some(vec![Edit::new(tag.range.clone(), with)])
    }
}

/// Whether a template takes what stands between two tags for code.
fn highlights(template: &str) -> bool {
    let calls = ["highlight ", "transform.Highlight", "| highlight"].iter().any(|call| template.contains(call));
    calls && template.contains(".Inner") && !template.contains("markdownify")
}

/// How long the space before a tag is that is alone on its line.
fn indent_before(text: &str, range: &Range<usize>) -> usize {
    let before = text[..range.start].rsplit('\n').next().unwrap_or_default();
    if is_alone(text, range) { before.len() } else { 0 }
}
