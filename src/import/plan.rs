//! Where everything goes: ids, files, addresses.
//!
//! In: what was found. Out: for each work an id and a pattern of addresses, for each page and file its path
//! in the project. Addresses stay what they were wherever two pages don't claim one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::model::{Found, Order, Page, What, Work};
use super::numbers::dated;
use super::report::{Kind, Report};
use super::source::{Folder, folder_of, name_of, stem_of};
use super::typed::Place;
use crate::outputs::active::active;
use crate::outputs::passive::{Nature, nature};
use crate::site::plan::{POSTS_RESERVED, RESERVED};
use crate::text::date;
use crate::text::source::{id_problem, slugify};

/// Where everything goes.
#[derive(Debug, Default)]
pub struct Layout {
    /// By the places of works.
    pub works: Vec<WorkPlace>,
    /// By the places of pages; `None` for what is left out.
    pub pages: Vec<Option<PagePlace>>,
    /// By the places of files: paths of the project.
    pub files: Vec<Option<String>>,
    /// By page, what else leads to it: what was a list in its language.
    pub further: BTreeMap<usize, BTreeSet<String>>,
}

#[derive(Debug)]
pub struct WorkPlace {
    pub id: String,
    /// Absent where the folder's own addresses are the old ones.
    pub pattern: Option<String>,
}

#[derive(Debug)]
pub struct PagePlace {
    pub role: Role,
    /// Below the project.
    pub path: String,
    pub id: String,
    /// Where the pattern gives another address than it had.
    pub permalink: Option<String>,
    /// Where it lies now, as far as that is known.
    pub address: String,
    /// Whether it is a translation; the role is its original's then.
    pub translates: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Home,
    /// Of a work, by its place.
    Part(usize),
    Post(usize),
    /// The words above a list of posts.
    Opening(usize),
    Single,
}

/// The places of a work's articles, in order.
pub fn articles(work: &Work) -> Vec<usize> {
    match &work.order {
        Order::Dates(pages) => pages.clone(),
        Order::Plan(sections) => {
            let entries = sections.iter().flat_map(|section| &section.entries);
            let pages = entries.filter_map(|entry| match entry.what {
                What::Page(page) => Some(page),
                What::Announced(_) => None,
            });
            pages.collect()
        }
    }
}

/// Addresses of pages that partwork makes itself.
const OWN: [&str; 2] = ["/search/", "/tags/"];

/// Decides where everything goes.
pub fn layout(found: &Found, folder: &Folder, report: &mut Report) -> Layout {
    let mut layout = Layout { pages: found.pages.iter().map(|_| None).collect(), ..Layout::default() };
    let mut claims = Claims::default();
    let in_work: BTreeSet<usize> =
        found.works.iter().flat_map(|work| articles(work).into_iter().chain(work.opening)).collect();
    let may_be_home = |at: &usize, page: &Page| page.address == "/" && page.language.is_none() && !in_work.contains(at);
    let home = found.pages.iter().enumerate().find(|(at, page)| may_be_home(at, page) && !found.lists.contains(at));
    if let Some((at, _)) = home {
        let (path, id, address) = ("content/index.md".to_string(), "index".to_string(), "/".to_string());
        layout.pages[at] = Some(PagePlace { role: Role::Home, path, id, permalink: None, address, translates: false });
    }
    for (at, work) in found.works.iter().enumerate() {
        let place = place_work(found, at, work, (&mut layout, &mut claims, &mut *report));
        layout.works.push(place);
    }
    let names: BTreeSet<String> = layout.works.iter().map(|work| work.id.clone()).collect();
    let mut taken = names;
    taken.insert("index".into());
    taken.extend(OWN.map(|address| address.trim_matches('/').to_string()));
    claims.0.extend(OWN.map(String::from));
    taken.extend(found.site.languages.iter().map(|language| language.tag.to_lowercase()));
    for (at, page) in found.pages.iter().enumerate() {
        let is_listed = layout.pages[at].is_some() || in_work.contains(&at) || found.lists.contains(&at);
        if is_listed || found.originals[at].is_some() {
            continue;
        }
        let is_made = OWN.contains(&page.address.as_str()) && !page.has_words;
        if is_made || page.address == "/404.html" {
            report.tell(Kind::Taken, Place::whole(&page.from), &page.address);
            continue;
        }
        if let Some(tag) = &page.language {
            let is_home = page.address.eq_ignore_ascii_case(&format!("/{tag}/"));
            let kind = if is_home { Kind::Language } else { Kind::Alone };
            report.tell(kind, Place::whole(&page.from), &page.from);
            if is_home {
                continue;
            }
        }
        let id = free_id(page, &mut taken);
        let given = format!("/{id}/");
        let permalink = claims.permalink(page, &given, report);
        let path = format!("content/{id}.md");
        let address = permalink.clone().unwrap_or(given);
        layout.pages[at] = Some(PagePlace { role: Role::Single, path, id, permalink, address, translates: false });
    }
    place_translations(found, (&mut layout, &mut claims), report);
    lead_lists_on(found, &mut layout);
    place_files(found, folder, (&mut layout, &claims), report);
    layout
}

/// Translations lie beside their originals, and are published when these are.
fn place_translations(found: &Found, (layout, claims): (&mut Layout, &mut Claims), report: &mut Report) {
    for (at, page) in found.pages.iter().enumerate() {
        let Some(tag) = page.language.as_deref().filter(|_| !found.lists.contains(&at)) else { continue };
        let Some(original) = found.originals[at] else { continue };
        let waits = page.front.draft && !found.pages[original].front.draft;
        let Some(place) = layout.pages[original].as_ref().filter(|_| !waits) else {
            report.tell(Kind::Language, Place::whole(&page.from), &page.from);
            continue;
        };
        let path = format!("{}.{tag}.md", place.path.trim_end_matches(".md"));
        let (role, id, given) = (place.role, place.id.clone(), format!("/{tag}{}", place.address));
        let is_bound = matches!(role, Role::Home | Role::Opening(_)) || place.address.is_empty();
        let permalink = if is_bound { None } else { claims.permalink(page, &given, report) };
        let address = permalink.clone().unwrap_or(given);
        if is_bound && page.address != address && !page.address.is_empty() {
            layout.further.entry(at).or_default().insert(page.address.clone());
        }
        layout.pages[at] = Some(PagePlace { role, path, id, permalink, address, translates: true });
    }
}

/// What was a list in a language leads to the list of the work there, else to the language's home page or its first
/// page.
fn lead_lists_on(found: &Found, layout: &mut Layout) {
    for list in &found.lists {
        let (page, Some(original)) = (&found.pages[*list], found.originals[*list]) else { continue };
        let Some(tag) = &page.language else { continue };
        let work = found.works.iter().position(|work| work.list == Some(original));
        let own = work.map(|work| format!("/{tag}/{}/", layout.works[work].id));
        let is_of = |at: &usize| {
            let translates = layout.pages[*at].as_ref().is_some_and(|place| place.translates);
            translates && found.pages[*at].language.as_ref() == Some(tag)
        };
        let is_home = |at: &usize| layout.pages[*at].as_ref().is_some_and(|place| place.role == Role::Home);
        let of_language: Vec<usize> = (0..found.pages.len()).filter(is_of).collect();
        let Some(heir) = of_language.iter().find(|at| is_home(at)).or(of_language.first()).copied() else { continue };
        let addresses = page.front.aliases.iter().chain([&page.address]);
        let home = format!("/{tag}/");
        let addresses = addresses.filter(|address| Some(*address) != own.as_ref() && **address != home).cloned();
        layout.further.entry(heir).or_default().extend(addresses);
    }
}

/// Addresses that pages have, in small letters: hosts differ in whether case counts.
#[derive(Default)]
struct Claims(BTreeSet<String>);

impl Claims {
    /// Whether a page lies below an address without its last `/`.
    fn has_below(&self, address: &str) -> bool {
        let folder = format!("{}/", address.to_lowercase());
        let mut behind = self.0.range(folder.clone()..).filter(|other| **other != folder);
        behind.next().is_some_and(|other| other.starts_with(&folder))
    }

    /// The permalink that a page needs where `given` is what it gets without; nothing where its address is
    /// another page's already.
    fn permalink(&mut self, page: &Page, given: &str, report: &mut Report) -> Option<String> {
        let address = if matches!(page.address.as_str(), "" | "/") { given } else { &page.address };
        if self.0.insert(address.to_lowercase()) {
            return (address != given).then(|| address.to_string());
        }
        report.tell(Kind::Address, Place::whole(&page.from), &page.address);
        self.0.insert(given.to_lowercase());
        None
    }
}

fn place_work(
    found: &Found,
    at: usize,
    work: &Work,
    (layout, claims, report): (&mut Layout, &mut Claims, &mut Report),
) -> WorkPlace {
    let id = work_id(found, at, work, layout);
    let is_posts = matches!(work.order, Order::Dates(_));
    let mut taken: BTreeSet<String> = RESERVED.iter().map(ToString::to_string).collect();
    taken.extend(["sources", "code", "page"].map(String::from));
    let pages = articles(work);
    let ids: Vec<String> = pages.iter().map(|page| free_id(&found.pages[*page], &mut taken)).collect();
    let mut patterns: BTreeMap<String, usize> = BTreeMap::new();
    for (page, id) in pages.iter().zip(&ids) {
        let typed = &found.pages[*page];
        if is_posts && day_of(typed).is_none() {
            continue;
        }
        if let Some(pattern) = pattern_of(typed, id, is_posts) {
            *patterns.entry(pattern).or_default() += 1;
        }
    }
    let most = patterns.into_iter().max_by_key(|(pattern, count)| (*count, std::cmp::Reverse(pattern.len())));
    let own = format!("/{id}/{{id}}/");
    let pattern = most.map(|(pattern, _)| pattern).filter(|pattern| *pattern != own);
    for (page, part) in pages.into_iter().zip(ids) {
        let typed = &found.pages[page];
        let given = fill(pattern.as_deref().unwrap_or(&own), &part, day_of(typed));
        // What was the home page can't be where the list is.
        let is_list = matches!(typed.address.as_str(), "" | "/") && given.eq_ignore_ascii_case(&format!("/{id}/"));
        // A draft without a date has no address yet.
        let is_bare = is_posts && day_of(typed).is_none();
        let permalink = match (is_bare, is_list) {
            (true, _) => None,
            (_, true) => Some(fill(&own, &part, None)),
            _ => claims.permalink(typed, &given, report),
        };
        let path = format!("content/{id}/{part}.md");
        let role = if is_posts { Role::Post(at) } else { Role::Part(at) };
        let address = if is_bare { String::new() } else { permalink.clone().unwrap_or(given) };
        layout.pages[page] = Some(PagePlace { role, path, id: part, permalink, address, translates: false });
    }
    if let Some(opening) = work.opening {
        let path = format!("content/{id}/index.md");
        let (role, id, address) = (Role::Opening(at), "index".to_string(), format!("/{id}/"));
        layout.pages[opening] = Some(PagePlace { role, path, id, permalink: None, address, translates: false });
    }
    WorkPlace { id, pattern }
}

/// The id of a work: the piece of its address where that is one, else as it is called; its address is no page's.
fn work_id(found: &Found, at: usize, work: &Work, layout: &Layout) -> String {
    let of_address = work.address.as_deref().map(|address| address.trim_matches('/'));
    let wanted = of_address
        .filter(|name| id_problem(name).is_none())
        .map_or_else(|| slugify(&called(found, work)), String::from);
    let wanted = if wanted.is_empty() { format!("series-{}", at + 1) } else { wanted };
    // What every series has at its own address.
    let own: BTreeSet<String> = if matches!(work.order, Order::Plan(_)) { RESERVED } else { POSTS_RESERVED }
        .iter()
        .map(|name| format!("/{name}/"))
        .collect();
    let is_free = |id: &str| {
        let address = format!("/{id}/");
        let taken = found.pages.iter().enumerate().any(|(at, page)| {
            let is_own = Some(at) == work.opening || Some(at) == work.list || found.lists.contains(&at);
            let below = page.address.strip_prefix(address.trim_end_matches('/'));
            page.address.eq_ignore_ascii_case(&address) && !is_own || below.is_some_and(|below| own.contains(below))
        });
        let is_language = found.site.languages.iter().any(|language| language.tag.eq_ignore_ascii_case(id));
        !taken && !is_language && id_problem(id).is_none() && layout.works.iter().all(|other| other.id != id)
    };
    let mut tries = std::iter::once(wanted.clone()).chain((2..).map(|n| format!("{wanted}-{n}")));
    let found = if is_free(&wanted) { Some(wanted.clone()) } else { None };
    found
        .or_else(|| Some(format!("{wanted}-series")).filter(|id| is_free(id)))
        .or_else(|| tries.find(|id| is_free(id)))
        .unwrap_or(wanted)
}

/// What a work is called: by the folder above as well, where several folders have one of that name.
fn called(found: &Found, work: &Work) -> String {
    let is_shared = found.works.iter().filter(|other| other.id == work.id).count() > 1;
    let list = work.named.filter(|_| is_shared).map(|page| found.pages[page].from.as_str());
    // The folder of all texts is above each.
    let above = list.map(|path| name_of(folder_of(folder_of(path)))).filter(|name| !matches!(*name, "" | "content"));
    above.map_or_else(|| work.id.clone(), |above| format!("{above}-{}", work.id))
}

/// An id for a page that no other has: the last piece of its address, else the name of its file.
fn free_id(page: &Page, taken: &mut BTreeSet<String>) -> String {
    let piece = page.address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let piece = piece.strip_suffix(".html").unwrap_or(piece);
    let title = page.front.title.as_deref().unwrap_or_default();
    let stem = stem_of(&page.from);
    let is_index = ["readme", "index", "_index"].iter().any(|name| stem.eq_ignore_ascii_case(name));
    let names = if is_index { [piece, title, piece] } else { [piece, stem, title] };
    // A day at the front of a name is no part of an id.
    let names = names.map(|name| slugify(dated(name).1));
    let good = |id: &String| id_problem(id).is_none();
    let first = names.iter().find(|id| good(id)).cloned().unwrap_or_else(|| "page".into());
    let free = names.into_iter().find(|id| good(id) && !taken.contains(id));
    let mut numbered = (2..).map(|n| format!("{}-{n}", first.chars().take(40).collect::<String>()));
    let id = free.or_else(|| numbered.find(|id| !taken.contains(id))).unwrap_or(first);
    taken.insert(id.clone());
    id
}

/// The day that patterns are filled with.
fn day_of(page: &Page) -> Option<Date> {
    date::parse(page.front.date.as_deref()?, &TimeZone::UTC).map(|when| when.day)
}

/// The pattern that gives a page its address, by its id.
fn pattern_of(page: &Page, id: &str, dated: bool) -> Option<String> {
    let address = page.address.as_str();
    let (end, path) = match address.strip_suffix('/') {
        Some(path) => ("/", path),
        None => (".html", address.strip_suffix(".html")?),
    };
    let folder = path.strip_suffix(id)?.strip_suffix('/')?;
    let mut pieces: Vec<String> = folder.split('/').map(String::from).collect();
    if let Some(day) = day_of(page).filter(|_| dated) {
        let values = [format!("{:04}", day.year()), format!("{:02}", day.month()), format!("{:02}", day.day())];
        let mut gaps = values.into_iter().zip(["{year}", "{month}", "{day}"]).peekable();
        for piece in &mut pieces {
            if gaps.peek().is_some_and(|(value, _)| value == piece)
                && let Some((_, gap)) = gaps.next()
            {
                *piece = gap.to_string();
            }
        }
    }
    let folder = pieces.join("/");
    (!folder.contains(['<', '>', '%'])).then(|| format!("{folder}/{{id}}{end}"))
}

fn fill(pattern: &str, id: &str, day: Option<Date>) -> String {
    let mut address = pattern.replace("{id}", id);
    if let Some(day) = day {
        address = address
            .replace("{year}", &format!("{:04}", day.year()))
            .replace("{month}", &format!("{:02}", day.month()))
            .replace("{day}", &format!("{:02}", day.day()));
    }
    address
}

/// Files that partwork writes, which `static/` may not hold.
const WRITTEN: [&str; 10] = [
    "index.html",
    "sitemap.xml",
    "feed.xml",
    "feed.json",
    "llms.txt",
    "search/index.html",
    ".nojekyll",
    "index.md",
    "tags/index.html",
    "series.json",
];

/// Files that partwork makes unless `static/` holds them.
const REPLACED: [&str; 1] = ["robots.txt"];

/// Pictures and what else is passive lie in `content/`, with their article where they are below its address;
/// all else lies in `static/`.
fn place_files(found: &Found, folder: &Folder, (layout, claims): (&mut Layout, &Claims), report: &mut Report) {
    let mut owners: BTreeMap<&str, String> = BTreeMap::new();
    let mut own_folders: BTreeSet<String> = BTreeSet::new();
    for (page, place) in found.pages.iter().zip(&layout.pages) {
        let has_files = |place: &&PagePlace| matches!(place.role, Role::Part(_) | Role::Post(_)) && !place.translates;
        let Some(place) = place.as_ref().filter(has_files) else { continue };
        let own = place.path.trim_end_matches(".md").to_string();
        // What lies at the address of a list is that of no article alone.
        if let Some(address) =
            page.address.strip_suffix('/').filter(|address| !address.is_empty() && !claims.has_below(address))
        {
            owners.insert(address.trim_start_matches('/'), own.clone());
        }
        own_folders.insert(own);
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    // What drafts alone show waits for them, unless it lies in `static/`.
    let has_drafts = found.pages.iter().any(|page| page.front.draft);
    for file in &found.files {
        let address = file.address.as_str();
        let of_page = address.strip_suffix("index.html").or_else(|| address.strip_suffix(".html"));
        let is_page = claims.0.contains(&format!("/{address}").to_lowercase())
            || of_page
                .is_some_and(|path| claims.0.contains(&format!("/{}/", path.trim_end_matches('/')).to_lowercase()));
        if is_page || WRITTEN.contains(&address) || !seen.insert(address.to_lowercase()) {
            report.tell(Kind::Taken, Place::whole(&file.from), address);
            layout.files.push(None);
            continue;
        }
        let owner = crate::text::path::folders_above(address).rev().find_map(|above| Some((above, owners.get(above)?)));
        let path = match owner {
            Some((above, own)) => format!("{own}{}", &address[above.len()..]),
            None => format!("content/{address}"),
        };
        let is_others =
            owner.is_none() && crate::text::path::folders_above(&path).any(|above| own_folders.contains(above));
        let is_passive = match nature(address) {
            Nature::Passive => true,
            Nature::Drawing => folder.text(&file.from).is_some_and(|svg| active(&svg).is_none()),
            Nature::Other(_) => false,
        };
        let may_wait = has_drafts && owner.is_none();
        let is_passive = is_passive && !REPLACED.contains(&address);
        // What lies in `content/` below a page is its own, and other pages can't lie there then.
        let has_pages = |above: &str| {
            claims.0.contains(&format!("/{above}/").to_lowercase()) && claims.has_below(&format!("/{above}"))
        };
        let is_others = is_others || crate::text::path::folders_above(address).any(has_pages);
        let fits = is_passive && !may_wait && !is_others && !address.ends_with(".md") && !address.ends_with(".toml");
        layout.files.push(Some(if fits { path } else { format!("static/{address}") }));
    }
}
