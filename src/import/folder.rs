//! A folder of Markdown files without settings, as GitHub shows it.
//!
//! In: a folder. Out: a series of the files at its top and in folders of their own, and one of each folder that
//! holds several, with the folders below it as tracks. Names with numbers count as these do, others are in the order in
//! which the folder's own page leads to them. There is no old site: addresses are new.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::meta::{self, Broken};
use super::model::{Entry, FileCopy, Found, Language, Order, Page, Section, What, Work};
use super::names::languages;
use super::numbers::natural;
use super::pieces::raw_title;
use super::report::{Kind, Report};
use super::source::{Folder, below, folder_of, is_markdown, name_of, resolve, stem_of};
use super::summary::listed;
use super::typed::Place;
use super::view::{View, view};
use crate::settings::data::Table;
use crate::text::source::slugify;
use crate::text::url::percent_decode;

/// Files of a repository that are about it, and no article.
const ABOUT: [&str; 9] = [
    "contributing",
    "copyright",
    "license",
    "licence",
    "changelog",
    "code_of_conduct",
    "security",
    "pull_request_template",
    "support",
];

/// Where the list of all articles may lie (<https://docsify.js.org/#/more-pages?id=sidebar>).
const SIDEBARS: [&str; 3] = ["_sidebar.md", "docs/_sidebar.md", "sidebar.md"];

/// Reads a folder; its texts as they are typed.
pub fn read(folder: &Folder, report: &mut Report) -> Result<Found, Broken> {
    let mut found = Found::default();
    let texts: Vec<&str> = folder.paths().filter(|path| is_markdown(path)).collect();
    let languages = languages(&texts);
    found.site.languages = languages.tags().map(|tag| Language { tag, ..Language::default() }).collect();
    found.site.language = languages.own.clone();
    let mut of_top: BTreeMap<&str, usize> = BTreeMap::new();
    for path in texts.iter().filter(|path| !languages.of.contains_key(**path)) {
        let path = languages.bare(path);
        if path.contains('/') {
            *of_top.entry(path.split('/').next().unwrap_or_default()).or_default() += 1;
        }
    }
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut typed: BTreeMap<&str, (&str, Vec<String>)> = BTreeMap::new();
    let mut heads: BTreeMap<usize, Heads> = BTreeMap::new();
    // What begins with such a sign is a piece of pages, or of the frame around them.
    let is_piece = |path: &str| path.split('/').any(|piece| piece.starts_with('_') && piece != "_index.md");
    let is_about = |path: &str| !path.contains('/') && ABOUT.contains(&stem_of(path).to_lowercase().as_str());
    let texts = texts.into_iter().filter(|path| !SIDEBARS.contains(path));
    let (others, texts): (Vec<&str>, Vec<&str>) = texts.partition(|path| is_about(path) || is_piece(path));
    others.into_iter().for_each(|path| report.tell(Kind::Unlisted, Place::whole(path), path));
    let read: Vec<_> = texts.par_iter().map(|path| Ok((*path, look(folder, path)?))).collect();
    for read in read {
        let (path, seen) = read?;
        let Some(Seen { table, title, files, head, links, has_words }) = seen else {
            report.tell(Kind::Unread, Place::whole(path), path);
            continue;
        };
        let stem = stem_of(path).to_lowercase();
        let mut front = meta::front(table, &mut found);
        let translated = languages.of.get(path);
        let bare = languages.bare(path);
        let is_home = !bare.contains('/') && translated.is_none() && matches!(stem.as_str(), "readme" | "index");
        // Of two such files the first, which is what repositories show.
        let is_home = is_home && found.pages.iter().all(|page| page.address != "/");
        let head = head.filter(|_| front.title.is_none());
        front.title.get_or_insert(title);
        wanted.extend(files);
        if let Some(above) = stands_for(path) {
            typed.entry(above).or_insert((path, links));
        }
        let top = bare.split_once('/').map_or("", |(top, _)| top);
        let group = if of_top.get(top).is_some_and(|many| *many > 1) { top } else { "" };
        let address = if is_home { "/".to_string() } else { String::new() };
        let (language, key) = translated.cloned().unzip();
        let at = found.add(Page { from: path.to_string(), address, language, key, front, has_words });
        heads.extend(head.map(|head| (at, head)));
        if !is_home && translated.is_none() {
            groups.entry(group).or_default().push(at);
        }
    }
    let home = found.pages.iter().find(|page| page.address == "/").and_then(|page| page.front.title.clone());
    found.site.title.clone_from(&home);
    if let Some((sections, listed)) = sidebar(folder, &found) {
        plan(&mut found, (sections, listed), &mut groups);
    }
    let lists = lists(&found, &typed);
    let mut groups: Vec<(&str, Vec<usize>)> = groups.into_iter().collect();
    // The home page leads to one series after the other.
    let of_home = lists.get("");
    groups.sort_by_key(|(name, pages)| {
        let first = pages.iter().filter_map(|at| of_home?.get(at)).min().copied();
        (!name.is_empty(), first.unwrap_or(usize::MAX))
    });
    // One at the top beside whole folders is a page.
    let is_page = |(name, pages): &(&str, Vec<usize>)| name.is_empty() && pages.len() == 1;
    if groups.len() > 1
        && let Some(at) = groups.iter().position(is_page)
    {
        let (_, pages) = groups.remove(at);
        for at in pages {
            found.pages[at].address = format!("/{}/", slug(stem_of(&found.pages[at].from)));
        }
    }
    let is_all = groups.len() == 1 && found.works.is_empty();
    for (name, pages) in groups {
        settle_titles(&mut found, &pages, &heads);
        work(&mut found, (name, pages, is_all), (home.as_deref(), &lists));
    }
    found.files.extend(wanted.into_iter().map(|path| FileCopy::new(path.clone(), path)));
    Ok(found)
}

/// What is known of an article once it was looked at.
struct Seen {
    table: Option<Table>,
    /// What it is called, if its front matter doesn't say.
    title: String,
    /// The files that it leads to, or shows.
    files: Vec<String>,
    head: Option<Heads>,
    /// Where the links of the page of a folder lead.
    links: Vec<String>,
    has_words: bool,
}

/// Looks at an article; nothing where it is no text.
fn look(folder: &Folder, path: &str) -> Result<Option<Seen>, Broken> {
    let Some((table, text)) = meta::page(folder, path)? else { return Ok(None) };
    let seen = view(&text.text);
    let second = seen.headings.get(1).map(|heading| words(&heading.text)).filter(|words| !words.is_empty());
    Ok(Some(Seen {
        table,
        title: title(path, &text.text, &seen),
        files: files_of(folder, path, &seen).collect(),
        head: seen.headings.first().map(|first| (first.level, second)),
        has_words: meta::says_something(&text),
        links: stands_for(path).map(|_| seen.links.into_iter().map(|link| link.dest).collect()).unwrap_or_default(),
    }))
}

/// The files that an article leads to, or shows.
fn files_of<'a>(folder: &'a Folder, path: &'a str, seen: &'a View) -> impl Iterator<Item = String> + 'a {
    let near = |typed: &str| {
        let typed = percent_decode(typed.split(['#', '?']).next().unwrap_or(typed));
        resolve(folder_of(path), typed.trim_start_matches('/'))
    };
    let links = seen.links.iter().filter(|link| !link.dest.contains("://"));
    links.filter_map(move |link| near(&link.dest)).filter(|path| folder.has(path) && !is_markdown(path))
}

/// By folder: the articles that its own page leads to, with their places in the order in which it does.
type Lists = BTreeMap<String, BTreeMap<usize, usize>>;

/// Follows what was typed in the pages of folders, by these.
fn lists(found: &Found, typed: &BTreeMap<&str, (&str, Vec<String>)>) -> Lists {
    let index = index(found);
    let list = |(path, links): &(&str, Vec<String>)| {
        let mut order = BTreeMap::new();
        for at in links.iter().filter_map(|link| article(&index, path, link)) {
            let next = order.len();
            order.entry(at).or_insert(next);
        }
        order
    };
    typed.iter().map(|(folder, typed)| ((*folder).to_string(), list(typed))).collect()
}

/// The articles, by their paths.
fn index(found: &Found) -> BTreeMap<&str, usize> {
    found.pages.iter().enumerate().map(|(at, page)| (page.from.as_str(), at)).collect()
}

/// The article that a link of a file leads to: itself, or the page of a folder.
fn article(index: &BTreeMap<&str, usize>, from: &str, typed: &str) -> Option<usize> {
    let typed = percent_decode(typed.split(['#', '?']).next().unwrap_or(typed));
    if typed.is_empty() || typed.contains("://") {
        return None;
    }
    let path = resolve(folder_of(from), typed.trim_start_matches('/'))?;
    let names = [path.clone(), format!("{path}.md"), join(&path, "README.md"), join(&path, "index.md")];
    names.iter().find_map(|name| index.get(name.as_str()).copied())
}

/// The stretches that a list of the articles makes, and what it lists; nothing where it lists less than two.
fn sidebar(folder: &Folder, found: &Found) -> Option<(Vec<Section>, BTreeSet<usize>)> {
    let path = folder.first(&SIDEBARS)?;
    let index = index(found);
    let page = |typed: &str| article(&index, path, typed).filter(|at| found.pages[*at].address != "/");
    let sections = listed(&folder.typed(path)?, &page);
    let pages = sections.iter().flat_map(|section| &section.entries);
    let listed: BTreeSet<usize> =
        pages.filter_map(|entry| if let What::Page(page) = entry.what { Some(page) } else { None }).collect();
    (listed.len() > 1).then_some((sections, listed))
}

/// Makes the series of a list, and takes from the groups what is in it. What the list doesn't have stands behind the rest
/// and doesn't count, but for folders of which it has nothing: these are series of their own.
fn plan(
    found: &mut Found,
    (mut sections, listed): (Vec<Section>, BTreeSet<usize>),
    groups: &mut BTreeMap<&str, Vec<usize>>,
) {
    let mut pages: Vec<usize> = listed.iter().copied().collect();
    groups.retain(|name, group| {
        let is_own = !name.is_empty() && group.iter().all(|at| !listed.contains(at));
        if !is_own {
            pages.extend(group.iter().filter(|at| !listed.contains(at)));
        }
        is_own
    });
    let others = &mut pages[listed.len()..];
    others.sort_by_key(|at| natural(&found.pages[*at].from));
    let entries: Vec<Entry> = others.iter().map(|at| Entry { numbered: false, ..Entry::page(*at) }).collect();
    match sections.as_mut_slice() {
        [only] => only.entries.extend(entries),
        _ if entries.is_empty() => {}
        _ => sections.push(Section { title: Some("More".into()), named: None, entries }),
    }
    let title = found.site.title.clone().unwrap_or_else(|| "Series".into());
    let id = Some(slugify(&title)).filter(|id| !id.is_empty()).unwrap_or_else(|| "series".into());
    address(found, &pages, &id);
    found.works.push(work_of(id, title, sections, None));
}

/// The level of an article's first heading, and the words of its second.
type Heads = (u8, Option<String>);

/// A first heading that most articles of a series have says what the series is called; the second one is the article's.
/// What stands below the level of titles and begins several articles, such as an introduction, is the title of none.
fn settle_titles(found: &mut Found, pages: &[usize], heads: &BTreeMap<usize, Heads>) {
    let mut many: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in pages.iter().filter(|at| heads.contains_key(at)) {
        if let Some(title) = found.pages[*at].front.title.clone() {
            many.entry(title).or_default().push(*at);
        }
    }
    for same in many.into_values().filter(|same| same.len() > 1) {
        let of_most = same.len() > 2 && same.len() * 2 > pages.len();
        for at in same {
            let page = &mut found.pages[at];
            let is_own = stands_for(&page.from).is_some();
            let title = match &heads[&at] {
                (1, second) if of_most && !is_own => second.clone(),
                (1, _) => None,
                _ => Some(spelled(called(&page.from))),
            };
            page.front.title = title.or(page.front.title.take());
        }
    }
}

/// What an article is called by: its file, or the folder that it stands for.
fn called(path: &str) -> &str {
    stands_for(path).map(name_of).filter(|name| !name.is_empty()).unwrap_or_else(|| stem_of(path))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

fn work_of(id: String, title: String, sections: Vec<Section>, named: Option<usize>) -> Work {
    Work {
        id,
        title,
        description: None,
        address: None,
        also: Vec::new(),
        order: Order::Plan(sections),
        opening: None,
        list: None,
        named,
        feeds: Vec::new(),
        per_page: None,
    }
}

fn work(found: &mut Found, (name, mut pages, is_all): (&str, Vec<usize>, bool), (home, lists): (Option<&str>, &Lists)) {
    let is_own = |path: &str| stands_for(path) == Some(name);
    let counts = |at: &usize| {
        let path = &found.pages[*at].from;
        is_own(path) || below(name, path).unwrap_or(path).starts_with(|c: char| c.is_ascii_digit())
    };
    // Where most names have a number, the others stand behind those and don't count.
    let others: BTreeSet<usize> = pages.iter().filter(|at| !counts(at)).copied().collect();
    let (others, list) = if others.len() * 2 < pages.len() {
        (others, None)
    } else {
        // Names without numbers are in the order of a list that leads to most of them; so are the others behind them.
        let many = |list: &&BTreeMap<usize, usize>| pages.iter().filter(|at| list.contains_key(at)).count();
        let has_most = |list: &&BTreeMap<usize, usize>| many(list) > 1 && many(list) * 2 >= pages.len();
        let list = [name, ""].iter().filter_map(|folder| lists.get(*folder)).find(has_most);
        let is_other =
            |at: &usize, list: &BTreeMap<usize, usize>| !is_own(&found.pages[*at].from) && !list.contains_key(at);
        let others = list.map(|list| pages.iter().copied().filter(|at| is_other(at, list)).collect());
        (others.unwrap_or_default(), list)
    };
    pages.sort_by_key(|at| {
        let path = &found.pages[*at].from;
        let listed = list.and_then(|list| list.get(at)).copied();
        (!is_own(path), others.contains(at), listed, natural(path))
    });
    // A page that stands for the folder says what it is called.
    let own = pages.iter().find(|at| stands_for(&found.pages[**at].from) == Some(name) && !name.is_empty()).copied();
    let title = match (name, own) {
        ("", _) => home.unwrap_or("Series").to_string(),
        (_, Some(own)) => found.pages[own].front.title.clone().unwrap_or_else(|| spelled(name)),
        // One folder that holds all, such as `docs`, says less than the whole.
        (_, None) if is_all => home.unwrap_or("Series").to_string(),
        (name, None) => spelled(name),
    };
    for at in pages.iter().filter(|at| Some(**at) != own) {
        let typed = &mut found.pages[*at].front.title;
        let bare = typed.as_deref().and_then(|typed| without_work(typed, &[&title, home.unwrap_or(&title)]));
        *typed = bare.or(typed.take());
    }
    let id = if name.is_empty() { slugify(&title) } else { slugify(name) };
    let id = if id.is_empty() { "series".to_string() } else { id };
    address(found, &pages, &id);
    let sections = tracks(found, name, &pages, (&others, list.is_some()));
    found.works.push(work_of(id, title, sections, own));
}

/// Gives each page an address of its own: by its name, and by as many of its folders as tell it from the others.
fn address(found: &mut Found, pages: &[usize], id: &str) {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for at in pages {
        *named.entry(stem_of(&found.pages[*at].from).to_lowercase()).or_default() += 1;
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for at in pages {
        let path = found.pages[*at].from.clone();
        let stem = stem_of(&path);
        // What many files are called says less than the folder that each lies in.
        let mut name = match stands_for(&path).map(name_of).filter(|folder| !folder.is_empty()) {
            Some(folder) => folder.to_string(),
            None if named.get(&stem.to_lowercase()).is_some_and(|many| *many > 1) => {
                format!("{}-{stem}", name_of(folder_of(&path)))
            }
            None => stem.to_string(),
        };
        let mut above = folder_of(folder_of(&path));
        while taken.contains(&slug(&name)) && !above.is_empty() {
            name = format!("{}-{name}", name_of(above));
            above = folder_of(above);
        }
        let free = (1..).map(|n| if n == 1 { slug(&name) } else { format!("{}-{n}", slug(&name)) });
        let slug = free.into_iter().find(|slug| !taken.contains(slug)).unwrap_or_default();
        found.pages[*at].address = format!("/{id}/{slug}/");
        taken.insert(slug);
    }
}

fn slug(name: &str) -> String {
    let slug = slugify(&name.replace('_', "-"));
    if slug.is_empty() { "part".to_string() } else { slug }
}

/// The folder that a file stands for, by its name.
fn stands_for(path: &str) -> Option<&str> {
    let is_index = ["readme", "index", "_index", "article"].iter().any(|name| stem_of(path).eq_ignore_ascii_case(name));
    is_index.then(|| folder_of(path))
}

/// The stretches of a series: the pages at its top, then those of each folder that holds several. A page that stands for
/// either doesn't count. `in_order`, each is where the first of its pages is.
fn tracks(found: &Found, name: &str, pages: &[usize], (others, in_order): (&BTreeSet<usize>, bool)) -> Vec<Section> {
    // A page that stands for a folder is one of the folder above.
    let place = |at: &usize| {
        let path = found.pages[*at].from.as_str();
        let rest = below(name, path).unwrap_or(path);
        let folder = stands_for(rest).map_or(folder_of(rest), folder_of);
        let first = rest.split_once('/').map_or("", |(first, _)| first);
        (folder.split('/').next().unwrap_or_default().to_string(), first.to_string())
    };
    let is_own = |at: &usize| !name.is_empty() && stands_for(&found.pages[*at].from) == Some(name);
    let mut many: BTreeMap<String, usize> = BTreeMap::new();
    pages.iter().for_each(|at| *many.entry(place(at).0).or_default() += 1);
    let is_track = |folder: &str| !folder.is_empty() && many.get(folder).is_some_and(|many| *many > 1);
    let mut sections: Vec<(String, Section)> = Vec::new();
    for at in pages {
        let (within, first) = place(at);
        let folder = [within.as_str(), first.as_str()].into_iter().find(|folder| is_track(folder)).unwrap_or_default();
        let heads = within.is_empty() && !folder.is_empty();
        let known = sections.iter().position(|(known, _)| known == folder).unwrap_or_else(|| {
            let title = if folder.is_empty() { None } else { Some(spelled(folder)) };
            sections.push((folder.to_string(), Section { title, named: None, entries: Vec::new() }));
            sections.len() - 1
        });
        let section = &mut sections[known].1;
        let entry = Entry { numbered: !heads && !is_own(at) && !others.contains(at), ..Entry::page(*at) };
        if heads && section.named.is_none() {
            section.named = Some(*at);
            section.title = found.pages[*at].front.title.clone().or(section.title.take());
            section.entries.insert(0, entry);
        } else {
            section.entries.push(entry);
        }
    }
    sections.sort_by_key(|(folder, _)| (!folder.is_empty(), if in_order { Vec::new() } else { natural(folder) }));
    let mut sections: Vec<Section> = sections.into_iter().map(|(_, section)| section).collect();
    if let [only] = sections.as_mut_slice() {
        (only.title, only.named) = (None, None);
    }
    sections
}

/// The words of a folder's name, without the number that orders it.
fn spelled(name: &str) -> String {
    let words = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let words = if words.starts_with(['-', '_', '.', ' ']) { words } else { name };
    let words = words.replace(['-', '_'], " ");
    let words = words.trim_matches([' ', '.']);
    let mut characters = words.chars();
    characters.next().map_or_else(|| name.into(), |first| first.to_uppercase().chain(characters).collect())
}

/// The title of an article that doesn't say one: its first heading, also one below others where nothing stands above it,
/// else the name of its file or folder.
fn title(path: &str, text: &str, seen: &View) -> String {
    let is_drawn = |line: &str| line.trim().is_empty() || line.trim_start().starts_with(['<', '!', '[', '>']);
    let begins = |at: usize| text[..at].lines().all(is_drawn);
    let first = seen.headings.first().filter(|heading| begins(heading.range.start));
    let first = seen.headings.iter().find(|heading| heading.level == 1).or(first);
    let shown = shown_first(text, seen, first.map_or(text.len(), |heading| heading.range.start));
    let title = shown.or_else(|| first.map(|heading| words(&heading.text)));
    title.filter(|title| !title.is_empty()).unwrap_or_else(|| spelled(called(path)))
}

/// The words of an `<h1>` that stands before the first heading of Markdown.
fn shown_first(text: &str, seen: &View, before: usize) -> Option<String> {
    let (_, shown) = raw_title(text, seen, before)?;
    Some(words(&shown)).filter(|words| !words.is_empty())
}

/// A title without that of its work before it, such as `Lamps: Day 2 - The wick`.
fn without_work(title: &str, works: &[&str]) -> Option<String> {
    let rest = works.iter().find_map(|work| title.strip_prefix(work))?;
    let words = rest.trim_start().strip_prefix([':', '-', '–', '—', '|'])?.trim_start();
    (!words.is_empty()).then(|| words.to_string())
}

/// The words of a heading, without signs before and after them.
fn words(heading: &str) -> String {
    heading
        .trim()
        .trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | ')' | '"' | '?' | '!' | '`'))
        .trim()
        .to_string()
}
