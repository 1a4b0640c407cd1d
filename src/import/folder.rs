//! A folder of Markdown files without settings, as GitHub shows it.
//!
//! In: a folder. Out: a series of the files at its top and in folders of their own, and one of each folder that
//! holds several. Names with numbers count as these do. There is no old site: addresses are new.

use std::collections::{BTreeMap, BTreeSet};

use super::jekyll::natural;
use super::meta::{self, Broken};
use super::model::{Entry, FileCopy, Found, Order, Page, Section, Work};
use super::report::{Kind, Report};
use super::source::{Folder, folder_of, is_markdown, name_of, resolve, stem_of};
use super::typed::Place;
use super::view::view;
use crate::text::source::slugify;
use crate::text::url::percent_decode;

/// Files of a repository that are about it, and no article.
const ABOUT: [&str; 7] =
    ["contributing", "license", "changelog", "code_of_conduct", "security", "pull_request_template", "support"];

/// Reads a folder; its texts as they are typed.
pub fn read(folder: &Folder, report: &mut Report) -> Result<Found, Broken> {
    let mut found = Found::default();
    let texts: Vec<&str> = folder.paths().filter(|path| is_markdown(path)).collect();
    let mut of_top: BTreeMap<&str, usize> = BTreeMap::new();
    for path in texts.iter().filter(|path| path.contains('/')) {
        *of_top.entry(path.split('/').next().unwrap_or_default()).or_default() += 1;
    }
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for path in texts {
        let stem = stem_of(path).to_lowercase();
        if !path.contains('/') && ABOUT.contains(&stem.as_str()) {
            report.tell(Kind::Unlisted, Place::whole(path), path);
            continue;
        }
        let Some((table, text)) = meta::page(folder, path)? else {
            report.tell(Kind::Unread, Place::whole(path), path);
            continue;
        };
        let mut front = meta::front(table, &mut found);
        let is_home = !path.contains('/') && matches!(stem.as_str(), "readme" | "index");
        let seen = view(&text.text);
        let first = seen.headings.iter().find(|heading| heading.level == 1).or(seen.headings.first());
        front.title = front.title.take().or_else(|| first.map(|heading| words(&heading.text)));
        let title = front.title.take().filter(|title| !title.is_empty());
        front.title = title.or_else(|| Some(stem_of(path).replace(['-', '_'], " ")));
        let links = seen.links.iter().filter(|link| !link.dest.contains("://"));
        let near = |typed: &str| {
            resolve(
                folder_of(path),
                percent_decode(typed.split(['#', '?']).next().unwrap_or(typed)).trim_start_matches('/'),
            )
        };
        wanted.extend(links.filter_map(|link| near(&link.dest)).filter(|path| folder.has(path) && !is_markdown(path)));
        let top = path.split_once('/').map_or("", |(top, _)| top);
        let group = if of_top.get(top).is_some_and(|many| *many > 1) { top } else { "" };
        let address = if is_home { "/".to_string() } else { String::new() };
        let at = found.add(Page { from: path.to_string(), address, language: None, front, text });
        if !is_home {
            groups.entry(group).or_default().push(at);
        }
    }
    let home = found.pages.iter().find(|page| page.address == "/").and_then(|page| page.front.title.clone());
    found.site.title.clone_from(&home);
    for (name, pages) in groups {
        work(&mut found, (name, pages), home.as_deref());
    }
    found.files.extend(wanted.into_iter().map(|path| FileCopy { address: path.clone(), from: path }));
    Ok(found)
}

fn work(found: &mut Found, (name, mut pages): (&str, Vec<usize>), home: Option<&str>) {
    pages.sort_by_key(|at| {
        let path = &found.pages[*at].from;
        let is_readme = stem_of(path).eq_ignore_ascii_case("readme") && folder_of(path) == name;
        (!is_readme, natural(path))
    });
    let title = match name {
        "" => home.unwrap_or("Series").to_string(),
        name => name.replace(['-', '_'], " "),
    };
    let id = if name.is_empty() { slugify(&title) } else { slugify(name) };
    let id = if id.is_empty() { "series".to_string() } else { id };
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for at in &pages {
        *named.entry(stem_of(&found.pages[*at].from).to_lowercase()).or_default() += 1;
    }
    for at in &pages {
        let path = &found.pages[*at].from;
        let (stem, folder) = (stem_of(path), name_of(folder_of(path)));
        let is_its_folder = ["readme", "index", "article"].iter().any(|name| stem.eq_ignore_ascii_case(name));
        let is_shared = named.get(&stem.to_lowercase()).is_some_and(|many| *many > 1);
        // What many files are called says less than the folder that each lies in.
        let stem = match (is_its_folder, is_shared) {
            (true, _) if !folder.is_empty() => folder.to_string(),
            (false, true) => format!("{folder}-{stem}"),
            _ => stem.to_string(),
        };
        let stem = slugify(&stem.replace('_', "-"));
        found.pages[*at].address = format!("/{id}/{}/", if stem.is_empty() { "part" } else { &stem });
    }
    found.works.push(Work {
        id,
        title,
        description: None,
        address: None,
        also: Vec::new(),
        order: Order::Plan(vec![Section { title: None, entries: pages.into_iter().map(Entry::page).collect() }]),
        opening: None,
        list: None,
        feeds: Vec::new(),
        per_page: None,
    });
}

/// The words of a heading, without signs before and after them.
fn words(heading: &str) -> String {
    heading
        .trim()
        .trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | ')' | '"' | '?' | '!' | '`'))
        .trim()
        .to_string()
}
