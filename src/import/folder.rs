//! A folder of Markdown files without settings, as GitHub shows it.
//!
//! In: a folder. Out: a series of the files at its top and in folders of their own, and one of each folder that
//! holds several. Names with numbers count as these do. There is no old site: addresses are new.

use std::collections::{BTreeMap, BTreeSet};

use super::jekyll::natural;
use super::meta::{self, Broken};
use super::model::{Entry, FileCopy, Found, Language, Order, Page, Section, Work};
use super::report::{Kind, Report};
use super::source::{Folder, below, folder_of, is_markdown, name_of, resolve, stem_of};
use super::typed::Place;
use super::view::{View, view};
use crate::parse::markup::decode;
use crate::text::language::{is_tag, own_name};
use crate::text::source::slugify;
use crate::text::url::percent_decode;

/// Files of a repository that are about it, and no article.
const ABOUT: [&str; 7] =
    ["contributing", "license", "changelog", "code_of_conduct", "security", "pull_request_template", "support"];

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
        let translated = languages.of.get(path);
        let bare = languages.bare(path);
        let is_home = !bare.contains('/') && translated.is_none() && matches!(stem.as_str(), "readme" | "index");
        let seen = view(&text.text);
        front.title = Some(front.title.take().unwrap_or_else(|| title(path, &text.text, &seen)));
        let links = seen.links.iter().filter(|link| !link.dest.contains("://"));
        let near = |typed: &str| {
            resolve(
                folder_of(path),
                percent_decode(typed.split(['#', '?']).next().unwrap_or(typed)).trim_start_matches('/'),
            )
        };
        wanted.extend(links.filter_map(|link| near(&link.dest)).filter(|path| folder.has(path) && !is_markdown(path)));
        let top = bare.split_once('/').map_or("", |(top, _)| top);
        let group = if of_top.get(top).is_some_and(|many| *many > 1) { top } else { "" };
        let address = if is_home { "/".to_string() } else { String::new() };
        let (language, key) = translated.cloned().unzip();
        let has_words = meta::says_something(&text);
        let at = found.add(Page { from: path.to_string(), address, language, key, front, has_words });
        if !is_home && translated.is_none() {
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

/// What the names of files say of languages.
struct Languages<'a> {
    /// By path of a translation: its language, and the path of its original.
    of: BTreeMap<&'a str, (String, String)>,
    /// The folder of the originals, if they have one for their language.
    own: Option<String>,
}

impl Languages<'_> {
    fn tags(&self) -> impl Iterator<Item = String> {
        self.of.values().map(|(tag, _)| tag.clone()).collect::<BTreeSet<_>>().into_iter()
    }

    /// The path of an original below the folder of its language.
    fn bare<'p>(&self, path: &'p str) -> &'p str {
        self.own.as_deref().and_then(|own| below(own, path)).unwrap_or(path)
    }
}

/// Finds translations: `x.sv.md` beside `x.md`, `README_sv.md`, and folders `sv/` that hold what lies above them, or in
/// `en/`.
fn languages<'a>(texts: &[&'a str]) -> Languages<'a> {
    let all: BTreeSet<&str> = texts.iter().copied().collect();
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in texts {
        if let Some((top, rest)) = path.split_once('/').filter(|(top, _)| is_language(top)) {
            folders.entry(top).or_default().push(rest);
        }
    }
    let mut languages = Languages { of: BTreeMap::new(), own: None };
    let has_english = folders.contains_key("en");
    for (tag, paths) in folders {
        let of = |path: &str| {
            let beside = if has_english { format!("en/{path}") } else { path.to_string() };
            all.contains(beside.as_str()).then_some(beside)
        };
        let known = paths.iter().filter(|path| of(path).is_some()).count();
        if tag == "en" || known * 2 < paths.len() {
            continue;
        }
        if has_english {
            languages.own = Some("en".into());
        }
        let in_folder = |rest: &str| all.get(format!("{tag}/{rest}").as_str()).copied();
        let translated = paths.iter().filter_map(|rest| Some((in_folder(rest)?, (tag.to_string(), of(rest)?))));
        languages.of.extend(translated);
    }
    for path in texts {
        let Some((stem, ending)) = path.rsplit_once('.') else { continue };
        let name = name_of(stem);
        let is_readme = name.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("readme"));
        let sign = if is_readme { name.find(['.', '_', '-']) } else { name.rfind('.') };
        let Some(tag) = sign.map(|at| name[at + 1..].replace('_', "-")).filter(|tag| is_language(tag)) else {
            continue;
        };
        let original = format!("{}.{ending}", &stem[..stem.len() - tag.len() - 1]);
        if all.contains(original.as_str()) && !languages.of.contains_key(original.as_str()) {
            languages.of.insert(path, (tag, original));
        }
    }
    languages
}

/// Whether a name is the tag of a language that is known here.
fn is_language(name: &str) -> bool {
    is_tag(name) && own_name(name).is_some()
}

fn work(found: &mut Found, (name, mut pages): (&str, Vec<usize>), home: Option<&str>) {
    let is_readme = |path: &str| stem_of(path).eq_ignore_ascii_case("readme") && folder_of(path) == name;
    let counts = |at: &usize| {
        let path = &found.pages[*at].from;
        is_readme(path) || below(name, path).unwrap_or(path).starts_with(|c: char| c.is_ascii_digit())
    };
    // Where most names have a number, the others stand behind those and don't count.
    let others: BTreeSet<usize> = pages.iter().filter(|at| !counts(at)).copied().collect();
    let others = if others.len() * 2 < pages.len() { others } else { BTreeSet::new() };
    pages.sort_by_key(|at| {
        let path = &found.pages[*at].from;
        (!is_readme(path), others.contains(at), natural(path))
    });
    let title = match name {
        "" => home.unwrap_or("Series").to_string(),
        name => name.replace(['-', '_'], " "),
    };
    for at in &pages {
        let typed = &mut found.pages[*at].front.title;
        let bare = typed.as_deref().and_then(|typed| without_work(typed, &[&title, home.unwrap_or(&title)]));
        *typed = bare.or(typed.take());
    }
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
        order: Order::Plan(vec![Section {
            title: None,
            named: None,
            entries: pages.into_iter().map(|at| Entry { numbered: !others.contains(&at), ..Entry::page(at) }).collect(),
        }]),
        opening: None,
        list: None,
        named: None,
        feeds: Vec::new(),
        per_page: None,
    });
}

/// The title of an article that doesn't say one: its first heading, else the name of its file.
fn title(path: &str, text: &str, seen: &View) -> String {
    let first = seen.headings.iter().find(|heading| heading.level == 1).or(seen.headings.first());
    let shown = shown_first(text, seen, first.map_or(text.len(), |heading| heading.range.start));
    let title = shown.or_else(|| first.map(|heading| words(&heading.text)));
    title.filter(|title| !title.is_empty()).unwrap_or_else(|| stem_of(path).replace(['-', '_'], " "))
}

/// The words of an `<h1>` that stands before the first heading of Markdown, as repositories centre their titles.
fn shown_first(text: &str, seen: &View, before: usize) -> Option<String> {
    let at = text[..before].find("<h1").filter(|at| !seen.is_hidden(*at))?;
    let inner = &text[at..at + text[at..].find("</h1>")?];
    // What stands behind each tag's end.
    let shown = inner.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, words)| words);
    let shown = decode(&shown.collect::<String>());
    Some(words(&shown.split_whitespace().collect::<Vec<_>>().join(" "))).filter(|words| !words.is_empty())
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
