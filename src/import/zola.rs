//! Zola: <https://www.getzola.org/documentation/content/overview/>.
//!
//! In: a folder with `config.toml` or `zola.toml`. Out: each section with an order as a series, each by date as
//! posts, all other pages as pages, with the files beside them.

use std::collections::BTreeMap;

use super::anchors::{Slugs, slug};
use super::around::Around;
use super::meta::{self, Broken};
use super::model::{Entry, FeedIds, FileCopy, Found, Front, Language, Order, Page, Section, Work};
use super::numbers::{dated, day_of, natural};
use super::report::{Kind, Report};
use super::shortcodes::{self, Rules};
use super::source::{Folder, below, fits, folder_of, is_markdown, name_of};
use super::typed::Place;
use super::view::Looked;
use crate::settings::data::{Data, Table};
use crate::text::path::folders_above;

/// Where its settings may lie.
pub const CONFIGS: [&str; 2] = ["config.toml", "zola.toml"];

/// Reads a site; its texts as they are typed.
pub fn read(folder: &Folder, report: &mut Report) -> Result<Found, Broken> {
    let path = folder.first(&CONFIGS).unwrap_or(CONFIGS[0]);
    let config = meta::settings(folder, path)?.unwrap_or_else(meta::nothing);
    let mut found = Found::default();
    site(&config, &mut found);
    let mut tags: Vec<String> = found.site.languages.iter().map(|language| language.tag.clone()).collect();
    tags.extend(found.site.language.clone());
    let paths = strategy(&config, "slugify.paths");
    let keeps_dates = meta::at(&config, "slugify.paths_keep_dates") == Some(&Data::Bool(true));
    let rules = Addresses { tags, paths, keeps_dates };
    let mut sections: BTreeMap<String, ReadSection> = BTreeMap::new();
    let ignored = meta::at(&config, "ignored_content").map(meta::texts).unwrap_or_default();
    let is_ignored = |path: &str| path.starts_with("content/") && ignored.iter().any(|pattern| fits(pattern, path));
    for path in folder.within("content").filter(|path| is_markdown(path) && !is_ignored(path)) {
        page(folder, path, &rules, (&mut found, &mut sections))?;
    }
    let themes = meta::at(&config, "theme").map(meta::texts).unwrap_or_default();
    files(folder, &themes, &is_ignored, (&mut found, report));
    works(&mut found, &sections);
    let theme = folder
        .paths()
        .filter(|path| ["templates/", "sass/", "themes/"].iter().any(|start| path.starts_with(start)))
        .filter(|path| folder.of_theme(&themes, "static", path).is_none());
    theme.for_each(|path| report.tell(Kind::Theme, Place::whole(path), path));
    Ok(found)
}

/// What addresses are made by.
struct Addresses {
    /// Those of all languages.
    tags: Vec<String>,
    paths: Slugs,
    keeps_dates: bool,
}

fn strategy(config: &Table, path: &str) -> Slugs {
    match meta::text_at(config, path).as_deref() {
        Some("safe") => Slugs::Safe,
        Some("off") => Slugs::Off,
        _ => Slugs::On,
    }
}

fn site(config: &Table, found: &mut Found) {
    let text = |path: &str| meta::text_at(config, path);
    let site = &mut found.site;
    site.base_url = text("base_url").map(|url| format!("{}/", url.trim_end_matches('/')));
    site.base_url.take_if(|url| !url.starts_with("http"));
    site.title = text("title");
    site.description = text("description");
    site.language = text("default_language");
    site.anchors = strategy(config, "slugify.anchors");
    let flag = |path: &str| meta::at(config, path) == Some(&Data::Bool(true));
    for (tag, _) in meta::table_at(config, "languages").map(|table| table.entries.as_slice()).unwrap_or_default() {
        let of = |key: &str| format!("languages.{}.{key}", tag.value);
        site.languages.push(Language {
            tag: tag.value.clone(),
            name: None,
            title: text(&of("title")),
            description: text(&of("description")),
            has_feed: flag(&of("generate_feeds")) || flag(&of("generate_feed")),
        });
    }
    if flag("generate_feeds") || flag("generate_feed") {
        let names = meta::at(config, "feed_filenames").or(meta::at(config, "feed_filename")).map(meta::texts);
        let names = names.unwrap_or_else(|| vec!["atom.xml".into()]);
        site.feeds = names.iter().map(|name| format!("/{name}")).collect();
        site.feed_ids = Some(FeedIds::Address);
        site.feed_limit = meta::at(config, "feed_limit").and_then(meta::number);
    }
    let kinds = match meta::at(config, "taxonomies") {
        Some(Data::List(kinds)) => kinds.as_slice(),
        _ => &[],
    };
    let is_series =
        |kind: &Data| matches!(kind, Data::Table(kind) if meta::text_at(kind, "name").as_deref() == Some("series"));
    site.series = kinds.iter().any(|kind| is_series(&kind.value)).then(|| "series".into());
    site.skip_prefixes = meta::at(config, "link_checker.skip_prefixes").map(meta::texts).unwrap_or_default();
    site.smart_punctuation = Some(flag("markdown.smart_punctuation"));
    let author = text("author").or_else(|| text("extra.author.name")).or_else(|| text("extra.author"));
    if let Some(author) = author {
        found.author(&author, None);
    }
}

/// A section as its `_index.md` says it.
struct ReadSection {
    page: usize,
    /// How its pages are sorted.
    sort: String,
    per_page: Option<i64>,
    has_feed: bool,
    is_shown: bool,
}

fn page(
    folder: &Folder,
    path: &str,
    rules: &Addresses,
    (found, sections): (&mut Found, &mut BTreeMap<String, ReadSection>),
) -> Result<(), Broken> {
    let Some((table, text)) = meta::page(folder, path)? else {
        return Err(meta::no_text(folder, path));
    };
    let Some(table) = table else {
        // Files without front matter are no pages.
        return meta::unclosed(&text).map_or(Ok(()), Err);
    };
    let mut front = meta::front(Some(table), found);
    front.title = front.title.take().or_else(|| meta::first_heading(&text));
    let stem = name_of(path).trim_end_matches(".md");
    let language = rules.tags.iter().find(|tag| stem.ends_with(&format!(".{tag}"))).cloned();
    let stem = language.as_ref().map_or(stem, |tag| &stem[..stem.len() - tag.len() - 1]);
    let at = below("content", folder_of(path)).unwrap_or_default();
    let is_section = stem == "_index";
    let own = |key: &str| front.own.get(key).and_then(meta::text_of);
    let flag = |key: &str, without: bool| front.own.get(key).map_or(without, |data| *data == Data::Bool(true));
    let slug = |text: &str| slug(text, rules.paths);
    let named = |stem: &str| {
        let bare = if rules.keeps_dates { stem } else { dated(stem).1 };
        slug(own("slug").as_deref().unwrap_or(bare))
    };
    let key = format!("{}/{stem}.md", folder_of(path));
    let language = language.filter(|tag| found.site.language.as_ref() != Some(tag));
    let (day, _) = dated(stem);
    let name = named(stem);
    let pieces = |path: &str| path.split('/').filter(|piece| !piece.is_empty()).map(String::from).collect::<Vec<_>>();
    let mut address: Vec<String> = language.iter().cloned().collect();
    match (own("path"), is_section || stem == "index") {
        (Some(path), _) => address = vec![path.trim_matches('/').to_string()],
        (None, false) => address.extend(pieces(at).into_iter().chain([name])),
        (None, true) if is_section => address.extend(pieces(at)),
        (None, true) => {
            let (day, _) = dated(name_of(at));
            let last = named(name_of(at));
            address.extend(pieces(folder_of(at)).into_iter().chain([last].into_iter().filter(|last| !last.is_empty())));
            front.date = front.date.take().or(day.map(String::from));
        }
    }
    let address = address.join("/");
    let address = if address.is_empty() { "/".to_string() } else { format!("/{address}/") };
    front.date = front.date.take().or(day.map(String::from)).or_else(|| day_of(&address));
    let section = ReadSection {
        page: found.pages.len(),
        sort: own("sort_by").unwrap_or_default(),
        per_page: front.own.get("paginate_by").and_then(meta::number).filter(|many| *many > 0),
        has_feed: flag("generate_feeds", false),
        is_shown: flag("render", true),
    };
    front.aliases = front.aliases.iter().map(|alias| format!("/{}", alias.trim_start_matches('/'))).collect();
    if is_section && language.is_none() {
        sections.insert(at.to_string(), section);
    }
    let has_words = meta::says_something(&text);
    found.add(Page { from: path.to_string(), address, language, key: Some(key), front, has_words });
    Ok(())
}

/// Files of `static/`, of the theme's too, and those that lie beside pages.
fn files(
    folder: &Folder,
    themes: &[String],
    is_ignored: &dyn Fn(&str) -> bool,
    (found, report): (&mut Found, &mut Report),
) {
    let mut bundles: BTreeMap<String, String> = BTreeMap::new();
    // Zola copies what lies beside and below a page to each of its languages.
    let mut copying: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for page in &found.pages {
        let (folder, address) = (folder_of(&page.from).to_string(), page.address.clone());
        let name = page.key.as_deref().map_or("", name_of);
        if name == "index.md" {
            copying.entry(folder.clone()).or_default().push(address.clone());
        }
        if matches!(name, "index.md" | "_index.md") && page.language.is_none() {
            bundles.insert(folder, address);
        }
    }
    for path in folder.paths().filter(|path| !is_markdown(path)) {
        if is_ignored(path) {
            report.tell(Kind::Unlisted, Place::whole(path), path);
            continue;
        }
        let address = match below("static", path).or_else(|| folder.of_theme(themes, "static", path)) {
            Some(address) => Some(address.to_string()),
            None => folders_above(path).rev().find_map(|above| Some((above, bundles.get(above)?))).map(
                |(above, address)| format!("{}{}", address.trim_start_matches('/'), below(above, path).unwrap_or(path)),
            ),
        };
        match address {
            Some(address) => {
                for above in folders_above(path) {
                    let pages = copying.get(above).into_iter().flatten();
                    let all = pages.map(|page| format!("{page}{}", below(above, path).unwrap_or(path)));
                    let others = all.filter(|other| other.trim_start_matches('/') != address);
                    found.again.extend(others.map(|other| (other, found.files.len())));
                }
                found.files.push(FileCopy::new(path, address));
            }
            None if path.starts_with("content/") => report.tell(Kind::Unlisted, Place::whole(path), path),
            None => {}
        }
    }
}

/// Makes a work of each section that has pages.
fn works(found: &mut Found, sections: &BTreeMap<String, ReadSection>) {
    let mut pages: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, page) in found.pages.iter().enumerate() {
        let stem = page.key.as_deref().map_or("", name_of);
        if page.language.is_some() || stem.starts_with("_index.") {
            continue;
        }
        let folder = below("content", folder_of(&page.from)).unwrap_or_default();
        // The folder of a bundle is no section of its own.
        let folder = if stem == "index.md" { folder_of(folder) } else { folder };
        let mut above: Vec<&str> = std::iter::once("").chain(folders_above(folder)).chain([folder]).collect();
        above.dedup();
        let section = above.into_iter().rev().find(|folder| sections.contains_key(*folder)).unwrap_or(folder);
        pages.entry(section.to_string()).or_default().push(at);
    }
    let filename = found.site.feeds.first().cloned().unwrap_or_else(|| "/atom.xml".into());
    // Sections stand among each other by their weights.
    let mut pages: Vec<(String, Vec<usize>)> = pages.into_iter().collect();
    pages.sort_by_cached_key(|(folder, _)| {
        let chain = folders_above(folder).chain([folder.as_str()]).filter(|folder| !folder.is_empty());
        let weight =
            |folder: &str| found.pages[sections.get(folder)?.page].front.own.get("weight").and_then(meta::number);
        chain.map(|folder| (weight(folder).unwrap_or(i64::MAX), natural(folder))).collect::<Vec<_>>()
    });
    for (folder, mut members) in pages {
        let read = sections.get(&folder);
        let front = |at: &usize| &found.pages[*at].front;
        let weight = |front: &Front| front.own.get("weight").and_then(meta::number);
        let sort = match read.map_or("", |read| read.sort.as_str()) {
            "" | "none" if members.iter().all(|at| weight(front(at)).is_some()) => "weight",
            // One page without a date, such as what leads to the newest, makes no other list of a blog.
            "" | "none" | "permalink"
                if members.iter().filter(|at| front(at).date.is_some()).count() * 10 >= members.len() * 9 =>
            {
                "date"
            }
            other => other,
        };
        let by_date = matches!(sort, "date" | "update_date");
        if folder.is_empty() && !by_date && sort != "weight" {
            // Pages at the top without an order are pages.
            continue;
        }
        if matches!(sort, "" | "none") && read.is_some_and(|read| !read.is_shown) {
            // So are those that no list shows and nothing orders.
            continue;
        }
        members.sort_by_key(|at| match sort {
            "weight" => (weight(front(at)).unwrap_or(i64::MAX), String::new()),
            "title" | "title_bytes" => (0, front(at).title.clone().unwrap_or_default()),
            _ => (0, found.pages[*at].from.clone()),
        });
        if by_date {
            // What has no date is a page, as it stands in no list by date.
            members.retain(|at| front(at).date.is_some());
        }
        if members.is_empty() {
            continue;
        }
        let address = read.map(|read| found.pages[read.page].address.clone()).filter(|address| address != "/");
        let opening = read.map(|read| read.page).filter(|page| found.pages[*page].has_words);
        let opening = opening.filter(|page| found.pages[*page].address != "/");
        let title = read.and_then(|read| found.pages[read.page].front.title.clone());
        let title = title.or_else(|| found.site.title.clone().filter(|_| folder.is_empty()));
        let mut entries: Vec<Entry> = members.iter().map(|at| Entry::page(*at)).collect();
        let mut work = Work {
            id: if folder.is_empty() { "posts".into() } else { name_of(&folder).to_string() },
            title: title.unwrap_or_else(|| name_of(&folder).to_string()),
            description: read.and_then(|read| found.pages[read.page].front.description.clone()),
            address: address.filter(|_| read.is_some_and(|read| read.is_shown)),
            also: Vec::new(),
            order: Order::Dates(members),
            opening,
            list: read.map(|read| read.page),
            named: read.map(|read| read.page),
            feeds: Vec::new(),
            per_page: read.and_then(|read| read.per_page),
        };
        if let Some(address) = work.address.as_deref().filter(|_| read.is_some_and(|read| read.has_feed)) {
            work.feeds.push(format!("{}{filename}", address.trim_end_matches('/')));
        }
        if !by_date {
            if let Some(opening) = work.opening.take() {
                // The words of the section stand before its parts, at the address that they had.
                let mut entry = Entry::page(opening);
                entry.numbered = false;
                entries.insert(0, entry);
                work.address = None;
            }
            work.order = Order::Plan(vec![Section { title: None, named: None, entries }]);
        }
        found.works.push(work);
    }
    tell_apart(found, sections);
    leave_out(found, sections);
}

/// Works of one title are called by the sections above them too.
fn tell_apart(found: &mut Found, sections: &BTreeMap<String, ReadSection>) {
    let titles: Vec<String> = found.works.iter().map(|work| work.title.clone()).collect();
    let is_twice = |title: &String| titles.iter().filter(|other| *other == title).count() > 1;
    for work in found.works.iter_mut().filter(|work| is_twice(&work.title)) {
        let Some(list) = work.named else { continue };
        let folder = below("content", folder_of(&found.pages[list].from)).unwrap_or_default();
        let above = folders_above(folder).rev().filter_map(|above| sections.get(above));
        let named = above.filter_map(|read| found.pages[read.page].front.title.as_deref()).next();
        if let Some(above) = named {
            work.title = format!("{above}: {}", work.title);
        }
    }
}

/// Sections whose page is the list of a work have no article of their own.
fn leave_out(found: &mut Found, sections: &BTreeMap<String, ReadSection>) {
    for read in sections.values() {
        let page = &found.pages[read.page];
        let is_page = page.address == "/" || page.has_words;
        if !is_page || !read.is_shown {
            found.lists.insert(read.page);
        }
    }
}

/// Translates what Zola reads in a text beside Markdown.
pub fn translate(text: Looked, around: &mut Around<'_>) -> Looked {
    let link = |path: &str, around: &Around<'_>| around.link(path.strip_prefix("@/").unwrap_or(path));
    shortcodes::translate(text, Rules::Zola, &link, around)
}
