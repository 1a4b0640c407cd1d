//! mdBook: <https://rust-lang.github.io/mdBook/format/summary.html>.
//!
//! In: a folder with a `book.toml`. Out: one series in the order of `SUMMARY.md`, each chapter at its address,
//! its includes as listings.

use std::collections::BTreeSet;

use super::anchors::Slugs;
use super::around::Around;
use super::meta::{self, Broken};
use super::model::{FileCopy, Found, Order, Signs, Work};
use super::pieces::{Head, boxed, head_of, tab, unfenced, whole_line};
use super::report::{Kind, Report};
use super::source::{Folder, below, folder_of, is_markdown, name_of, resolve, stem_of};
use super::summary::{Shape, chapters};
use super::tags::{Form, Tag, end_of, given, tags};
use super::typed::{Edit, Place, Typed};
use super::view::{FenceAt, Looked, View};
use crate::settings::data::{Data, Table};
use crate::text::source::slugify;
use crate::text::url::percent_decode;

/// Its settings.
pub const CONFIG: &str = "book.toml";

/// Lines of Rust that are compiled and not shown
/// (<https://rust-lang.github.io/mdBook/format/mdbook.html#hiding-code-lines>).
const HIDDEN: &str = r"^\s*#( |$)";

/// The most includes within includes; mdBook has the same bound.
const DEEPEST: usize = 10;

/// Reads a book; its texts as they are typed.
pub fn read(folder: &Folder, report: &mut Report) -> Result<Found, Broken> {
    let config = meta::settings(folder, CONFIG)?.unwrap_or_else(meta::nothing);
    let source = source_folder(&config);
    let mut found = Found::default();
    site(&config, &mut found, report);
    let summary = join(&source, "SUMMARY.md");
    let shape = Shape { folder, source: &source, summary: &summary, address };
    let (sections, seen) = chapters(&shape, &mut found)?;
    let title = found.site.title.clone().unwrap_or_else(|| "Book".into());
    found.works.push(Work {
        id: slugify(&title),
        title,
        description: found.site.description.clone(),
        address: None,
        // The whole book on one page, and the list of its chapters.
        also: vec!["/print.html".into(), "/toc.html".into()],
        order: Order::Plan(sections),
        opening: None,
        list: None,
        named: None,
        feeds: Vec::new(),
        per_page: None,
    });
    files(folder, &config, &mut found, &seen, report);
    redirects(&config, &mut found, report);
    Ok(found)
}

fn join(folder: &str, path: &str) -> String {
    resolve(folder, path).unwrap_or_default()
}

/// The folder of the chapters; empty for the source itself.
fn source_folder(config: &Table) -> String {
    let typed = meta::text_at(config, "book.src").unwrap_or_else(|| "src".into());
    resolve("", &typed).unwrap_or_default()
}

fn site(config: &Table, found: &mut Found, report: &mut Report) {
    let text = |path: &str| meta::text_at(config, path);
    found.site.title = text("book.title");
    found.site.description = text("book.description");
    found.site.language = text("book.language");
    if let Some(authors) = meta::at(config, "book.authors") {
        for name in meta::texts(authors) {
            found.author(&name, None);
        }
    }
    let site = text("output.html.site-url").unwrap_or_default();
    found.site.base_url = match (text("output.html.cname"), site.starts_with("http")) {
        (Some(host), _) => Some(format!("https://{host}/")),
        (None, true) => Some(format!("{}/", site.trim_end_matches('/'))),
        (None, false) => None,
    };
    // On where nothing is said, since mdBook 0.5; before it had the second name.
    let quotes = ["output.html.smart-punctuation", "output.html.curly-quotes"];
    if quotes.into_iter().find_map(|key| meta::at(config, key)) == Some(&Data::Bool(false)) {
        found.site.smart_punctuation = Some(false);
        found.site.anchors = Slugs::Off;
    }
    found.site.formulas = formulas(config);
    let place = || Place::whole(CONFIG);
    for key in ["output.html.additional-css", "output.html.additional-js", "output.html.theme"] {
        for path in meta::at(config, key).map(meta::texts).unwrap_or_default() {
            report.tell(Kind::Theme, place(), &path);
        }
    }
    let preprocessors = meta::table_at(config, "preprocessor").map(|table| &table.entries);
    let is_known =
        |name: &str| matches!(name, "links" | "index" | "admonish" | "katex" | "tabs" | "alerts" | "mermaid");
    for (name, _) in preprocessors.into_iter().flatten().filter(|(name, _)| !is_known(&name.value)) {
        report.tell(Kind::Setting, place(), &format!("preprocessor.{}", name.value));
    }
}

/// The signs of formulas: those of MathJax, whose backslashes are typed twice, and what is set for `mdbook-katex`
/// (<https://github.com/lzanini/mdbook-katex#custom-delimiter>), which reads dollars where nothing is.
fn formulas(config: &Table) -> Vec<Signs> {
    let signs = |open: &str, close: &str, alone| Signs { open: open.into(), close: close.into(), alone };
    let mut found = Vec::new();
    if meta::at(config, "output.html.mathjax-support") == Some(&Data::Bool(true)) {
        found.extend([signs(r"\\(", r"\\)", false), signs(r"\\[", r"\\]", true)]);
    }
    if meta::at(config, "preprocessor.katex").is_some() {
        for (kind, usual, alone) in [("block", "$$", true), ("inline", "$", false)] {
            let set = |end| meta::text_at(config, &format!("preprocessor.katex.{kind}-delimiter.{end}"));
            found.push(match (set("left"), set("right")) {
                (Some(left), Some(right)) => signs(&left, &right, alone),
                _ => signs(usual, usual, alone),
            });
        }
    }
    found
}

/// The address of a chapter: `README.md` is the index of its folder. That of the book itself is its home page,
/// which shows the first chapter.
fn address(path: &str) -> String {
    let folder = folder_of(path);
    let stem = stem_of(path);
    match (folder, stem.eq_ignore_ascii_case("readme") || stem == "index") {
        ("", true) => "/".to_string(),
        (folder, true) => format!("/{folder}/"),
        ("", false) => format!("/{stem}.html"),
        (folder, false) => format!("/{folder}/{stem}.html"),
    }
}

/// Every file beside the chapters is published where it lies.
fn files(folder: &Folder, config: &Table, found: &mut Found, chapters: &BTreeSet<String>, report: &mut Report) {
    let source = source_folder(config);
    let output = meta::text_at(config, "build.build-dir").unwrap_or_else(|| "book".into());
    for path in folder.within(&source) {
        let address = below(&source, path).unwrap_or(path);
        let is_built = below(&output, path).is_some();
        if is_markdown(path) {
            if !chapters.contains(path) && name_of(path) != "SUMMARY.md" && !is_built {
                report.tell(Kind::Unlisted, Place::whole(path), path);
            }
        } else if !is_built && path != CONFIG && below("theme", path).is_none() {
            found.files.push(FileCopy::new(path, address));
        }
    }
}

/// The path below its host that `site-url` says the book has, without its first `/`; empty for a host of its own.
fn path_of_site(config: &Table) -> String {
    let site = meta::text_at(config, "output.html.site-url").unwrap_or_default();
    let path = if site.contains("://") { site.splitn(4, '/').nth(3).unwrap_or_default() } else { &site };
    let path = path.trim_matches('/');
    if path.is_empty() { String::new() } else { format!("{path}/") }
}

fn redirects(config: &Table, found: &mut Found, report: &mut Report) {
    let Some(table) = meta::table_at(config, "output.html.redirect") else { return };
    let origin = found.site.base_url.as_deref().map(|base| base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/"));
    let origin = origin.unwrap_or_default();
    let above = path_of_site(config);
    for (from, to) in &table.entries {
        let Data::String(to) = &to.value else { continue };
        let from = from.value.trim_start_matches("./").trim_start_matches('/');
        let from = percent_decode(&format!("/{from}"));
        // An anchor of the page that it leads to can't be kept; the page can.
        let page = to.split('#').next().unwrap_or(to);
        let page = page.strip_prefix(&origin).filter(|path| path.starts_with('/')).unwrap_or(page);
        let target = match page.strip_prefix('/') {
            Some(path) => Some(path.strip_prefix(&above).unwrap_or(path).to_string()),
            None => resolve(folder_of(from.trim_start_matches('/')), page),
        };
        let is_plain = |target: &String| !target.contains([':', '?']) && !from.contains('#');
        match target.filter(is_plain) {
            Some(target) => found.redirects.push((from, format!("/{target}"), Place::whole(CONFIG))),
            None => report.tell(Kind::Redirect, Place::whole(CONFIG), &format!("{from} -> {to}")),
        }
    }
}

/// Translates what mdBook and its preprocessors read in a chapter.
pub fn translate(looked: Looked, around: &mut Around<'_>) -> Looked {
    let mut looked = inline(folder_of(around.from), looked, around, 0);
    // A box may stand in a box.
    for _ in 0..DEEPEST {
        let edits = admonitions(&looked);
        if edits.is_empty() {
            break;
        }
        looked = looked.apply(edits);
    }
    let Looked { text, seen: view } = &looked;
    let mut edits = tabs(&looked, around);
    for fence in view.fences.iter().filter(|fence| fence.is_fenced) {
        edits.extend(hidden_lines(fence));
    }
    edits.extend(warnings(text, view));
    looked.apply(edits)
}

/// Fences that `mdbook-admonish` makes boxes of (<https://tommilligan.github.io/mdbook-admonish/>), those alone that
/// stand in no other.
fn admonitions(looked: &Looked) -> Vec<Edit> {
    let mut edits = Vec::new();
    for fence in looked.seen.fences.iter().filter(|fence| fence.is_fenced) {
        let Some(words) = fence.info.strip_prefix("admonish") else { continue };
        let words = match words.chars().next() {
            None => words,
            Some(c) if c.is_whitespace() || c == ',' => words.trim_start_matches([' ', ',']),
            // `admonition` is another word.
            Some(_) => continue,
        };
        let given = given(words);
        let kind = given.get(&["type"]).or(given.plain.first().map(String::as_str).filter(|_| !words.starts_with('"')));
        let plain = given.plain.get(usize::from(!words.starts_with('"'))).map(String::as_str);
        let title = given.get(&["title"]).or(plain.filter(|title| !title.is_empty()));
        // The name of a kind may have classes behind it.
        let kind = kind.unwrap_or("note").split('.').next().unwrap_or("note");
        let folds = given.get(&["collapsible"]) == Some("true");
        edits.extend(unfenced(&looked.text.text, fence, &Head { folds, ..head_of(kind, title) }));
    }
    edits
}

/// What `mdbook-tabs` makes tabs of; any other words in braces are told.
fn tabs(looked: &Looked, around: &mut Around<'_>) -> Vec<Edit> {
    let Looked { text, seen } = looked;
    let found = tags(&text.text, |_| true);
    let is = |tag: &Tag, name: &str| {
        tag.form == Form::Output && tag.words.strip_prefix('#').is_some_and(|words| first_word(words) == name)
    };
    let mut edits = Vec::new();
    for (at, tag) in found.iter().enumerate() {
        if seen.is_hidden(tag.range.start) && !is(tag, "endtab") {
            continue;
        }
        let end = end_of(&found, at, |other| is(other, "tab"), |other| is(other, "endtab"));
        let line = || Edit::new(whole_line(&text.text, &tag.range), "");
        match (is(tag, "tabs") || is(tag, "endtabs"), is(tag, "tab"), end) {
            (true, ..) => edits.push(line()),
            (_, true, Some(end)) => {
                let name = given(tag.words.trim_start_matches("#tab"));
                let ranges = (&tag.range, &found[end].range);
                edits.extend(tab(
                    &text.text,
                    &seen.fences,
                    ranges,
                    name.get_or(&["name", "title"], 0).unwrap_or("Tab"),
                ));
            }
            _ if is(tag, "endtab") || tag.form == Form::Statement => {}
            _ if tag.words.starts_with('#') && is_include(first_word(&tag.words[1..])) => {}
            _ => {
                let what = match tag.words.strip_prefix('#') {
                    Some(words) => format!("{{{{#{}}}}}", first_word(words)),
                    None => format!("{{{{ {} }}}}", first_word(&tag.words)),
                };
                around.report.tell(Kind::Tag, text.place(tag.range.start), &what);
            }
        }
    }
    edits
}

fn first_word(words: &str) -> &str {
    words.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Whether a command of mdBook itself takes something from a file.
fn is_include(command: &str) -> bool {
    matches!(command, "include" | "rustdoc_include" | "playground" | "playpen" | "template")
}

/// Puts what includes name into the text: a text as it is, a fence of code by a reference to its file.
fn inline(folder: &str, looked: Looked, around: &mut Around<'_>, depth: usize) -> Looked {
    let Looked { text, seen: view } = &looked;
    let mut edits = Vec::new();
    for (at, _) in text.text.match_indices("{{#") {
        let Some(length) = text.text[at..].find("}}") else { break };
        let range = at..at + length + 2;
        let inner = &text.text[at + 3..at + length];
        if text.text[..at].ends_with('\\') {
            edits.push(Edit::new(at - 1..at, ""));
            continue;
        }
        let (command, argument) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        let fence = view.fences.iter().find(|fence| fence.range.contains(&at));
        let whole = fence.filter(|fence| fence.is_fenced && fence.text.trim() == &text.text[range.clone()]);
        let edit = match (command, whole) {
            ("title", _) => Some(Edit::new(range.clone(), "")),
            ("include" | "rustdoc_include" | "playground" | "playpen", Some(fence)) => {
                match listing(folder, argument, text, fence, around) {
                    Some(made) => {
                        edits.extend(made);
                        continue;
                    }
                    None => None,
                }
            }
            ("playground" | "playpen", None) => {
                playground(folder, argument, around).map(|info| Edit::new(range.clone(), format!("```{info}\n```")))
            }
            ("include" | "rustdoc_include" | "template", None) if depth < DEEPEST => {
                included(folder, argument, around, depth).map(|with| Edit { range: range.clone(), with })
            }
            _ => None,
        };
        match edit {
            Some(edit) => edits.push(edit),
            // What other programs read is told by their names.
            None if !is_include(command) => {}
            None => around.report.tell(Kind::Include, text.place(at), &text.text[range]),
        }
    }
    looked.apply(edits)
}

/// A file that an include names, and which of its lines.
struct Included<'a> {
    path: String,
    lines: Lines<'a>,
}

enum Lines<'a> {
    All,
    Anchor(&'a str),
    /// From 1, with the last; absent where it is open.
    Range(usize, Option<usize>),
}

fn named<'a>(folder: &str, argument: &'a str, source: &Folder) -> Option<Included<'a>> {
    let words = argument.split_whitespace().next()?;
    let mut pieces = words.splitn(3, ':');
    let path = resolve(folder, pieces.next()?)?;
    if !source.has(&path) {
        return None;
    }
    let number = |piece: &str| piece.trim().parse::<usize>().ok();
    let lines = match (pieces.next(), pieces.next()) {
        (None, _) => Lines::All,
        (Some(first), None) => number(first).map_or(Lines::Anchor(first), |line| Lines::Range(line, Some(line))),
        (Some(first), Some(last)) => Lines::Range(number(first).unwrap_or(1), number(last)),
    };
    Some(Included { path, lines })
}

/// The attributes that name a file in a fence.
fn attributes(included: &Included<'_>, text: &str, around: &mut Around<'_>) -> String {
    around.listings.insert(included.path.clone());
    let file = format!("file=\"/{}\"", listing_path(&included.path));
    match included.lines {
        Lines::All => file,
        Lines::Anchor(anchor) => format!("{file} anchor=\"{anchor}\""),
        Lines::Range(first, last) => {
            // What goes on behind the end of a file ends with it.
            let last = last.unwrap_or(usize::MAX).min(text.lines().count()).max(first);
            format!("{file} lines_of=\"{first}-{last}\"")
        }
    }
}

/// Where a file of code goes, below the project.
pub fn listing_path(path: &str) -> String {
    format!("listings/{}", path.strip_prefix("listings/").unwrap_or(path))
}

/// A fence that holds an include and nothing else.
fn listing(folder: &str, argument: &str, text: &Typed, fence: &FenceAt, around: &mut Around<'_>) -> Option<Vec<Edit>> {
    let included = named(folder, argument, around.folder)?;
    let code = around.folder.text(&included.path)?;
    if !is_one_region(&code, &included.lines) {
        let start = text.text[..fence.code.start].rfind('\n').map_or(0, |at| at + 1);
        let (indent, range) = (&text.text[start..fence.code.start], start..fence.code.end);
        let mut lines: String = shown(&code, &included.lines).lines().map(|line| format!("{indent}{line}\n")).collect();
        if !text.text[range.clone()].ends_with('\n') {
            lines.truncate(lines.trim_end_matches('\n').len());
        }
        return Some(vec![Edit { range, with: Typed::new(lines, &included.path.as_str().into(), 1) }]);
    }
    let mut words = vec![attributes(&included, &code, around)];
    if is_rust(&fence.info) && shown(&code, &included.lines).lines().any(is_hidden) {
        words.push(format!("hide=\"{HIDDEN}\""));
    }
    let info = format!("{} {}", fence.info, words.join(" "));
    // The line of the include goes; the closing line stays.
    let start = text.text[..fence.code.start].rfind('\n').map_or(0, |at| at + 1);
    Some(vec![Edit::new(fence.info_range.clone(), info.trim_start()), Edit::new(start..fence.code.end, "")])
}

fn playground(folder: &str, argument: &str, around: &mut Around<'_>) -> Option<String> {
    let included = named(folder, argument, around.folder)?;
    let code = around.folder.text(&included.path)?;
    let words = attributes(&included, &code, around);
    let hide = if shown(&code, &included.lines).lines().any(is_hidden) {
        format!(" hide=\"{HIDDEN}\"")
    } else {
        String::new()
    };
    Some(format!("rust {words}{hide}"))
}

/// Whether the lines stand in one piece between the marks of a file: mdBook takes several of one name together, and
/// what is never ended to the end.
fn is_one_region(code: &str, lines: &Lines<'_>) -> bool {
    let name = match lines {
        Lines::All => return true,
        Lines::Range(first, _) => return (1..=code.lines().count()).contains(first),
        Lines::Anchor(name) => name,
    };
    let many = |word: &str| code.lines().filter(|line| is_mark(line, word, name)).count();
    many("ANCHOR:") == 1 && many("ANCHOR_END:") == 1
}

fn is_mark(line: &str, word: &str, name: &str) -> bool {
    line.split_once(word).is_some_and(|(_, rest)| rest.split_whitespace().next() == Some(name))
}

/// The lines of a file that are meant.
fn shown<'t>(text: &'t str, lines: &Lines<'_>) -> std::borrow::Cow<'t, str> {
    match lines {
        Lines::All => text.into(),
        Lines::Range(first, last) => {
            let all = text.split_inclusive('\n').skip(first.saturating_sub(1));
            all.take(last.map_or(usize::MAX, |last| (last + 1).saturating_sub(*first))).collect::<String>().into()
        }
        Lines::Anchor(name) => {
            let mut is_in = false;
            let is_meant = |line: &&str| {
                is_in = (is_in || is_mark(line, "ANCHOR:", name)) && !is_mark(line, "ANCHOR_END:", name);
                is_in && !line.contains("ANCHOR:") && !line.contains("ANCHOR_END:")
            };
            text.split_inclusive('\n').filter(is_meant).collect::<String>().into()
        }
    }
}

/// The text of a file, in the place of an include; what stands in a fence loses the marks of its anchors.
fn included(folder: &str, argument: &str, around: &mut Around<'_>, depth: usize) -> Option<Typed> {
    around.includes_left = around.includes_left.checked_sub(1)?;
    let named = named(folder, argument, around.folder)?;
    let text = around.folder.text(&named.path)?;
    let first = match named.lines {
        Lines::Range(first, _) => first,
        _ => 1,
    };
    let mut text = shown(&text, &named.lines).into_owned();
    for (key, value) in argument.split_whitespace().skip(1).filter_map(|pair| pair.split_once('=')) {
        text = text.replace(&format!("[[#{key}]]"), value);
    }
    let typed = Typed::new(text.trim_end_matches('\n'), &named.path.as_str().into(), first);
    Some(inline(folder_of(&named.path), Looked::new(typed), around, depth + 1).text)
}

fn is_rust(info: &str) -> bool {
    let language = info.split([',', ' ', '{']).next().unwrap_or_default();
    matches!(language, "rust" | "rs")
}

fn is_hidden(line: &str) -> bool {
    line.trim_start().strip_prefix('#').is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Says of a fence of Rust that it has lines which are not shown.
fn hidden_lines(fence: &FenceAt) -> Option<Edit> {
    let lines = || fence.text.lines();
    let hides = is_rust(&fence.info) && !fence.info.contains("hide=") && lines().any(is_hidden);
    let shows = lines().any(|line| !is_hidden(line));
    let end = fence.info_range.end;
    (hides && shows).then(|| Edit::new(end..end, format!(" hide=\"{HIDDEN}\"")))
}

/// `<div class="warning">` is a box.
fn warnings(text: &Typed, view: &View) -> Vec<Edit> {
    const OPEN: &str = "<div class=\"warning\">";
    const CLOSE: &str = "</div>";
    let mut edits = Vec::new();
    for (at, open) in text.text.match_indices(OPEN).filter(|(at, _)| !view.is_hidden(*at)) {
        let Some(end) = text.text[at..].find(CLOSE).map(|end| at + end) else { continue };
        if text.text[at + open.len()..end].contains("<div") {
            continue;
        }
        let ranges = (&(at..at + open.len()), &(end..end + CLOSE.len()));
        edits.extend(boxed(&text.text, ranges, &Head::new("WARNING", None)));
    }
    edits
}
