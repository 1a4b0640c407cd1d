//! GitBook, the program and the service: <https://docs.gitbook.com/integrations/git-sync/content-configuration>.
//!
//! In: a folder with a `SUMMARY.md`. Out: one series in its order, its blocks as Markdown.

use std::collections::BTreeSet;

use super::around::Around;
use super::meta::{self, Broken};
use super::model::{FileCopy, Found, Language, Order, Page, Work};
use super::pieces::{Head, boxed, folded, kind_of_box, tab, whole_line};
use super::report::{Kind, Report};
use super::source::{Folder, below, folder_of, is_markdown, name_of, resolve, stem_of};
use super::summary::{Shape, chapters};
use super::tags::{Form, Tag, end_of, tags};
use super::typed::{Edit, Place};
use super::view::{Looked, view};
use crate::settings::data::quoted;
use crate::text::language::is_tag;
use crate::text::source::slugify;

/// The settings of the service, and of the program.
pub const CONFIGS: [&str; 2] = [".gitbook.yaml", "book.json"];

/// Reads a book; its texts as they are typed.
pub fn read(folder: &Folder, report: &mut Report) -> Result<Found, Broken> {
    let service = meta::settings(folder, CONFIGS[0])?.unwrap_or_else(meta::nothing);
    let program = meta::settings(folder, CONFIGS[1])?.unwrap_or_else(meta::nothing);
    let root = meta::text_at(&service, "root").or_else(|| meta::text_at(&program, "root")).unwrap_or_default();
    let root = resolve("", &root).unwrap_or_default();
    let summary = meta::text_at(&service, "structure.summary").unwrap_or_else(|| "SUMMARY.md".into());
    let summary = resolve(&root, &summary).unwrap_or_default();
    let mut found = Found::default();
    found.site.title = meta::text_at(&program, "title");
    found.site.description = meta::text_at(&program, "description");
    found.site.language = meta::text_at(&program, "language");
    if let Some(author) = meta::text_at(&program, "author") {
        found.author(&author, None);
    }
    let of_program: fn(&str) -> String = |path| address(path, true);
    let of_service: fn(&str) -> String = |path| address(path, false);
    let address = if folder.has(CONFIGS[1]) { of_program } else { of_service };
    let mut books = languages(folder, &root);
    let book = if books.is_empty() { None } else { Some(books.remove(0)) };
    let own = book.as_ref().map_or(root.clone(), |book| join(&root, book));
    let summary = if book.is_some() { join(&own, "SUMMARY.md") } else { summary };
    let shape = Shape { folder, source: &own, summary: &summary, address };
    let (sections, mut seen) = chapters(&shape, &mut found)?;
    if let Some(book) = book {
        // Each book lies in the folder of its language.
        found.pages.iter_mut().for_each(|page| page.address.insert_str(0, &format!("/{book}")));
        found.site.language = found.site.language.take().or(Some(book.replace('_', "-")));
    }
    for book in books {
        seen.extend(translation(&shape, (&root, &book), &mut found)?);
    }
    let title = found.site.title.clone().or_else(|| found.pages.first().and_then(|page| page.front.title.clone()));
    let title = title.unwrap_or_else(|| "Book".into());
    found.works.push(Work {
        id: slugify(&title),
        title,
        description: found.site.description.clone(),
        address: None,
        also: Vec::new(),
        order: Order::Plan(sections),
        opening: None,
        list: None,
        named: None,
        feeds: Vec::new(),
        per_page: None,
    });
    introduction(folder, &own, (&mut found, &mut seen))?;
    files(folder, &root, (&mut found, &seen), report);
    if let Some(table) = meta::table_at(&service, "redirects") {
        for (from, to) in &table.entries {
            let to = meta::text_of(&to.value).and_then(|to| resolve(&root, &to));
            let page = found.pages.iter().find(|page| Some(&page.from) == to.as_ref()).map(|page| page.address.clone());
            let from = format!("/{}", from.value.trim_matches('/'));
            match page {
                Some(page) => found.redirects.push((format!("{from}/"), page, Place::whole(CONFIGS[0]))),
                None => report.tell(Kind::Redirect, Place::whole(CONFIGS[0]), &from),
            }
        }
    }
    Ok(found)
}

/// Adds the first page of a book where its summary doesn't have it.
fn introduction(folder: &Folder, root: &str, (found, seen): (&mut Found, &mut BTreeSet<String>)) -> Result<(), Broken> {
    let names = ["README.md", "readme.md", "Readme.md"].map(|name| join(root, name));
    let Some(from) = names.into_iter().find(|path| folder.has(path)).filter(|path| !seen.contains(path)) else {
        return Ok(());
    };
    let Some((table, text)) = meta::page(folder, &from)? else {
        return Err(meta::no_text(folder, &from));
    };
    let mut front = meta::front(table, found);
    let heading = view(&text.text).headings.into_iter().next().map(|heading| heading.text);
    front.title = front.title.take().or(heading);
    seen.insert(from.clone());
    let has_words = meta::says_something(&text);
    found.add(Page { from, address: "/".into(), language: None, key: None, front, has_words });
    Ok(())
}

/// The folders of the books that `LANGS.md` lists, that of the originals first.
fn languages(folder: &Folder, root: &str) -> Vec<String> {
    let Some(text) = folder.text(&join(root, "LANGS.md")) else { return Vec::new() };
    let links = view(&text).links.into_iter().map(|link| link.dest.trim_matches(['.', '/']).to_string());
    links
        .filter(|name| is_tag(&name.replace('_', "-")) && folder.has(&join(root, &format!("{name}/SUMMARY.md"))))
        .collect()
}

/// Reads a book whose chapters are translations of those at the same paths; gives its files.
fn translation(shape: &Shape<'_>, (root, book): (&str, &str), found: &mut Found) -> Result<BTreeSet<String>, Broken> {
    let (source, first) = (join(root, book), found.pages.len());
    let summary = join(&source, "SUMMARY.md");
    let (_, seen) = chapters(&Shape { source: &source, summary: &summary, ..*shape }, found)?;
    let tag = book.replace('_', "-");
    for page in &mut found.pages[first..] {
        page.address.insert_str(0, &format!("/{book}"));
        page.key = below(&source, &page.from).map(|path| join(shape.source, path));
        page.language = Some(tag.clone());
    }
    found.site.languages.push(Language { tag, ..Language::default() });
    Ok(seen)
}

fn join(folder: &str, path: &str) -> String {
    resolve(folder, path).unwrap_or_default()
}

fn address(path: &str, of_program: bool) -> String {
    let (folder, stem) = (folder_of(path), stem_of(path));
    let above = if folder.is_empty() { String::new() } else { format!("/{folder}") };
    match (stem.eq_ignore_ascii_case("readme") || stem == "index" && of_program, of_program) {
        (true, _) => format!("{above}/"),
        (false, true) => format!("{above}/{stem}.html"),
        (false, false) => format!("{above}/{stem}/"),
    }
}

fn files(folder: &Folder, root: &str, (found, seen): (&mut Found, &BTreeSet<String>), report: &mut Report) {
    for path in folder.within(root) {
        let below = below(root, path).unwrap_or(path);
        if is_markdown(path) {
            if !seen.contains(path) && !matches!(name_of(path), "SUMMARY.md" | "LANGS.md") {
                report.tell(Kind::Unlisted, Place::whole(path), path);
            }
        } else if !CONFIGS.contains(&path) && path != "_config.yml" && !below.starts_with("_book/") {
            // A folder whose name begins with a dot is published by no host.
            let address = below.strip_prefix(".gitbook/").unwrap_or(below).to_string();
            found.files.push(FileCopy::new(path, address));
        }
    }
}

/// Translates the blocks of GitBook.
pub fn translate(looked: Looked, around: &mut Around<'_>) -> Looked {
    let Looked { text, seen } = &looked;
    let found = tags(&text.text, |at| !seen.is_hidden(at));
    let mut edits = Vec::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    for (at, tag) in found.iter().enumerate() {
        if done.contains(&at) || tag.form != Form::Statement {
            continue;
        }
        let end_name = format!("end{}", tag.name);
        let end = end_of(&found, at, |other| other.name == tag.name, |other| other.name == end_name);
        let made = translated(&looked, tag, end.map(|end| &found[end]), around);
        done.extend(end);
        match made {
            Some(made) => edits.extend(made),
            None => around.report.tell(Kind::Tag, text.place(tag.range.start), &format!("{{% {} %}}", tag.name)),
        }
    }
    looked.apply(edits)
}

fn translated(looked: &Looked, tag: &Tag, end: Option<&Tag>, around: &Around<'_>) -> Option<Vec<Edit>> {
    let given = &tag.given;
    let whole = &looked.text.text;
    let without =
        |end: &Tag| vec![Edit::new(whole_line(whole, &tag.range), ""), Edit::new(whole_line(whole, &end.range), "")];
    match (tag.name.as_str(), end) {
        ("hint", Some(end)) => {
            let kind = given.get(&["style"]).and_then(kind_of_box).unwrap_or("NOTE");
            Some(boxed(whole, (&tag.range, &end.range), &Head::new(kind, None)))
        }
        ("tabs" | "content-ref" | "stepper" | "step" | "columns" | "column", Some(end)) => Some(without(end)),
        ("tab", Some(end)) => {
            let title = given.get(&["title"]).unwrap_or("Tab");
            Some(tab(whole, &looked.seen.fences, (&tag.range, &end.range), title))
        }
        ("code", Some(end)) => {
            let mut edits = without(end);
            let fence = looked
                .seen
                .fences
                .iter()
                .find(|fence| (tag.range.end..end.range.start).contains(&fence.range.start))?;
            if let Some(title) = given.get(&["title"]) {
                let language = if fence.info.is_empty() { "text" } else { "" };
                let at = fence.info_range.end;
                edits.push(Edit::new(at..at, format!("{language} title={}", quoted(title))));
            }
            Some(edits)
        }
        ("expandable", Some(end)) => {
            Some(folded(whole, (&tag.range, &end.range), given.get(&["title"]).unwrap_or("More")))
        }
        ("embed" | "embed-url", _) => {
            let url = given.get(&["url"]).filter(|url| url.starts_with("http"))?;
            let mut edits = vec![Edit::new(tag.range.clone(), format!("<{url}>"))];
            edits.extend(end.map(|end| Edit::new(end.range.clone(), "")));
            Some(edits)
        }
        ("file", _) => {
            let src = given.get(&["src"])?;
            let name = name_of(src).to_string();
            let link = around.file(src, &[""]);
            let mut edits = vec![Edit::new(tag.range.clone(), format!("[{}](<{link}>)", name.replace(['[', ']'], "")))];
            edits.extend(end.map(|end| Edit::new(end.range.clone(), "")));
            Some(edits)
        }
        ("page-ref", _) => {
            let page = given.get(&["page"])?;
            let path = resolve(folder_of(around.from), page)?;
            Some(vec![Edit::new(tag.range.clone(), format!("[#]({})", around.link(&path)?))])
        }
        _ => None,
    }
}
