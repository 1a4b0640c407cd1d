//! Jekyll: <https://jekyllrb.com/docs/structure/>.
//!
//! In: a folder with `_config.yml`. Out: collections as series, posts by date, pages as pages; what Liquid says in
//! a text and kramdown's own marks, as Markdown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::around::Around;
use super::kramdown;
use super::liquid;
use super::meta::{self, Broken};
use super::model::{
    Entry, FeedIds, FileCopy, Found, Front, Giscus, Language, Mapping, Order, Page, Section, What, Work,
};
use super::numbers::{dated, natural};
use super::report::{Kind, Report};
use super::sidebar;
use super::source::{Folder, fits, folder_of, is_markdown, name_of, stem_of};
use super::typed::{Edit, Place, Typed};
use super::view::Looked;
use crate::settings::data::{Data, Table};
use crate::text::date;
use crate::text::language::is_tag;
use crate::text::source::{Spanned, slugify};

/// Where its settings may lie.
pub const CONFIGS: [&str; 3] = ["_config.yml", "_config.yaml", "_config.toml"];

/// Files that stay without a page where the host makes pages of all others
/// (<https://github.com/benbalter/jekyll-optional-front-matter#note-about-files-you-dont-want-published>).
const ABOUT: [&str; 8] = [
    "readme",
    "license",
    "licence",
    "copying",
    "code_of_conduct",
    "contributing",
    "issue_template",
    "pull_request_template",
];

/// Names that are never part of the site.
const EXCLUDED: [&str; 2] = ["Gemfile", "Gemfile.lock"];

/// Reads a site; its texts as they are typed.
pub fn read(folder: &Folder, report: &mut Report) -> Result<Found, Broken> {
    let path = folder.first(&CONFIGS).unwrap_or(CONFIGS[0]);
    let config = meta::settings(folder, path)?.unwrap_or_else(meta::nothing);
    let mut reader = Reader {
        folder,
        config: &config,
        found: Found::default(),
        is_polyglot: meta::at(&config, "languages").is_some(),
        without_front: false,
        readmes: false,
        posts: Vec::new(),
        collections: Vec::new(),
        plain: Vec::new(),
        listed: Vec::new(),
    };
    reader.site();
    let of_host = is_of_host(folder);
    let plugins = reader.plugins();
    let has_plugin = |name: &str| of_host || plugins.iter().any(|plugin| plugin == name);
    reader.without_front = has_plugin("jekyll-optional-front-matter");
    reader.readmes = has_plugin("jekyll-readme-index");
    let excluded: Vec<String> = meta::at(&config, "exclude").map(meta::texts).unwrap_or_default();
    for path in folder.paths() {
        let top = path.split('/').next().unwrap_or_default();
        let is_excluded = excluded.iter().any(|pattern| fits(pattern.trim_matches('/'), path));
        if is_excluded
            || EXCLUDED.contains(&path)
            || CONFIGS.contains(&path)
            || top == "_site"
            || path.ends_with(".gemspec")
        {
            continue;
        }
        reader.file(path, report)?;
    }
    reader.settle_languages();
    reader.lists();
    let list = reader.works();
    let data = folder.within("_data").filter(|path| list.as_deref() != Some(*path));
    data.for_each(|path| report.tell(Kind::Theme, Place::whole(path), path));
    Ok(reader.found)
}

struct Reader<'a> {
    folder: &'a Folder,
    config: &'a Table,
    found: Found,
    /// Whether `jekyll-polyglot` makes the languages.
    is_polyglot: bool,
    /// Whether Markdown without front matter is a page.
    without_front: bool,
    /// Whether a `README.md` is the page of its folder where no other is.
    readmes: bool,
    posts: Vec<usize>,
    /// By their names: the pages.
    collections: Vec<(String, Vec<usize>)>,
    /// Pages of no collection.
    plain: Vec<usize>,
    /// Addresses of what showed other pages.
    listed: Vec<String>,
}

/// A list of pages in `_data/`.
struct List {
    file: String,
    sections: Vec<Section>,
    /// Whether a work has its order.
    is_used: bool,
}

impl Reader<'_> {
    fn plugins(&self) -> Vec<String> {
        let plugins = ["plugins", "gems"].iter().find_map(|key| meta::at(self.config, key)).map(meta::texts);
        plugins.unwrap_or_default()
    }

    fn site(&mut self) {
        let plugins = self.plugins();
        let text = |path: &str| meta::text_at(self.config, path);
        let site = &mut self.found.site;
        site.values = meta::values(self.config, "site.");
        let base = text("baseurl").unwrap_or_default();
        site.base_url = text("url").filter(|url| url.starts_with("http")).map(|url| {
            let whole = format!("{}/{}", url.trim_end_matches('/'), base.trim_matches('/'));
            format!("{}/", whole.trim_end_matches('/'))
        });
        site.title = text("title");
        site.description = text("description").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let own = text("lang").or_else(|| text("default_lang")).or_else(|| text("locale"));
        site.language = own.map(|tag| tag.replace('_', "-"));
        if plugins.iter().any(|plugin| plugin == "jekyll-feed") {
            site.feeds.push(
                text("feed.path").map_or("/feed.xml".into(), |path| format!("/{}", path.trim_start_matches('/'))),
            );
            site.feed_ids = Some(FeedIds::AddressWithoutEnding);
        }
        if let Some(table) = meta::table_at(self.config, "giscus").or(meta::table_at(self.config, "comments.giscus")) {
            let text = |key: &str| meta::text_at(table, key).unwrap_or_default();
            site.discussion = Some(Giscus {
                repo: meta::text_at(table, "repo")
                    .or_else(|| meta::text_at(self.config, "repository"))
                    .unwrap_or_default(),
                repo_id: text("repo_id"),
                category: meta::text_at(table, "category")
                    .or_else(|| meta::text_at(table, "category_name"))
                    .unwrap_or_default(),
                category_id: text("category_id"),
                mapping: match text("mapping").as_str() {
                    "" | "pathname" => Some(Mapping::Pathname),
                    "title" | "og:title" => Some(Mapping::Title),
                    "url" => Some(Mapping::Url),
                    _ => None,
                },
            });
        }
        if let Some(author) = text("author.name").or_else(|| text("author")) {
            self.found.author(&author, None);
        }
    }

    fn file(&mut self, path: &str, report: &mut Report) -> Result<(), Broken> {
        let pieces: Vec<&str> = path.split('/').collect();
        let special = pieces.iter().position(|piece| piece.starts_with('_'));
        let place = || Place::whole(path);
        let included = meta::at(self.config, "include").map(meta::texts).unwrap_or_default();
        let special = special.filter(|_| !included.iter().any(|pattern| fits(pattern.trim_matches('/'), path)));
        let Some(at) = special.filter(|at| at + 1 < pieces.len()) else {
            return if special.is_some() { Ok(()) } else { self.plain(path, report) };
        };
        let name = pieces[at].trim_start_matches('_');
        let above = pieces[..at].join("/");
        match name {
            "posts" | "drafts" if is_markdown(path) || path.ends_with(".html") => {
                self.post(path, &above, name == "drafts")
            }
            "posts" | "drafts" => {
                report.tell(Kind::Unread, place(), path);
                Ok(())
            }
            // What a list of it says of the order is known at the end.
            "data" if above.is_empty() => Ok(()),
            "includes" | "layouts" | "sass" | "data" | "plugins" => {
                report.tell(Kind::Theme, place(), path);
                Ok(())
            }
            name if self.is_collection(name) => match is_markdown(path) {
                true => self.member(path, name),
                false => {
                    let address = format!("{name}/{}", pieces[at + 1..].join("/"));
                    self.found.files.push(FileCopy::new(path, address));
                    Ok(())
                }
            },
            _ => {
                if is_markdown(path) {
                    report.tell(Kind::Unlisted, place(), path);
                }
                Ok(())
            }
        }
    }

    fn is_collection(&self, name: &str) -> bool {
        meta::at(self.config, &format!("collections.{name}.output")) == Some(&Data::Bool(true))
    }

    /// The front matter of a file with what the settings say for its path and kind; words in a row are a list
    /// (<https://jekyllrb.com/docs/posts/#tags>).
    fn table(&self, table: Option<Table>, path: &str, kind: &str) -> Option<Table> {
        let mut table = table?;
        let defaults = match meta::at(self.config, "defaults") {
            Some(Data::List(defaults)) => defaults.as_slice(),
            _ => &[],
        };
        for default in defaults {
            let Data::Table(default) = &default.value else { continue };
            let scope = meta::text_at(default, "scope.path").unwrap_or_default();
            let of = meta::text_at(default, "scope.type");
            let fits = path.starts_with(scope.trim_matches('/')) && of.is_none_or(|of| of == kind);
            let values = meta::table_at(default, "values").filter(|_| fits);
            for (key, value) in values.into_iter().flat_map(|values| &values.entries) {
                if table.get(&key.value).is_none() {
                    table.entries.push((key.clone(), value.clone()));
                }
            }
        }
        for (key, value) in &mut table.entries {
            if matches!(key.value.as_str(), "tags" | "categories")
                && let Data::String(text) = &value.value
            {
                let word = |word: &str| Spanned::new(Data::String(word.into()), value.span);
                value.value = Data::List(text.split_whitespace().map(word).collect());
            }
        }
        Some(table)
    }

    fn post(&mut self, path: &str, above: &str, is_draft: bool) -> Result<(), Broken> {
        let Some((table, text)) = self.text(path)? else { return Ok(()) };
        let categories = table.as_ref().map(categories).unwrap_or_default();
        let table = self.table(table, path, if is_draft { "drafts" } else { "posts" });
        let mut front = meta::front(table, &mut self.found);
        let (day, stem) = dated(stem_of(path));
        front.date = front.date.take().or(day.map(String::from));
        front.draft |= is_draft;
        let mut folders: Vec<String> = above.split('/').filter(|piece| !piece.is_empty()).map(String::from).collect();
        folders.extend(categories);
        let zone = meta::text_at(self.config, "timezone").and_then(|name| TimeZone::get(&name).ok());
        let day = front.date.as_deref().and_then(|date| date::parse(date, &zone.unwrap_or(TimeZone::UTC)));
        let style = own(&front, "permalink").or_else(|| meta::text_at(self.config, "permalink"));
        let style = style.unwrap_or_else(|| "date".into());
        front.title = front.title.take().or_else(|| Some(titled(stem)));
        let day = day.map(|when| when.day.to_string());
        let address = permalink(&style, &front, (stem, &folders, day.as_deref()));
        let at = self.add(path, address, front, text);
        self.posts.push(at);
        Ok(())
    }

    fn text(&self, path: &str) -> Result<Option<(Option<Table>, Typed)>, Broken> {
        let page = meta::page(self.folder, path)?;
        page.map(Some).ok_or_else(|| meta::no_text(self.folder, path))
    }

    fn add(&mut self, path: &str, address: String, mut front: Front, text: Typed) -> usize {
        let absolute = |alias: &String| format!("/{}", alias.trim_start_matches('/'));
        front.aliases = front.aliases.iter().map(absolute).collect();
        let site = &mut self.found.site;
        let language = own(&front, "lang").map(|tag| tag.replace('_', "-")).filter(|tag| is_tag(tag));
        let language = language.filter(|tag| !site.language.as_deref().unwrap_or("en").eq_ignore_ascii_case(tag));
        let mut address = address;
        let mut key = own(&front, "ref");
        if let Some(tag) = &language {
            if site.languages.iter().all(|known| known.tag != *tag) {
                site.languages.push(Language { tag: tag.clone(), ..Language::default() });
            }
            // The plugin `jekyll-polyglot` publishes below the language what has the address of its original.
            let folder = format!("/{tag}/");
            if self.is_polyglot && !address.starts_with(&folder) {
                address = format!("/{tag}{address}");
            }
            key = key.or_else(|| Some(format!("/{}", address.strip_prefix(&folder)?)));
        }
        let key = key.or_else(|| Some(address.clone()));
        let has_words = meta::says_something(&text);
        self.found.add(Page { from: path.to_string(), address, language, key, front, has_words })
    }

    fn member(&mut self, path: &str, name: &str) -> Result<(), Broken> {
        let Some((table, text)) = self.text(path)? else { return Ok(()) };
        // Without front matter it is copied.
        let Some(table) = self.table(table, path, name) else { return Ok(()) };
        let mut front = meta::front(Some(table), &mut self.found);
        front.title = front.title.take().or_else(|| Some(titled(dated(stem_of(path)).1)));
        let below = path.split_once(&format!("_{name}/")).map_or(path, |(_, below)| below);
        let stem = &below[..below.len() - name_of(below).len() + stem_of(below).len()];
        let of_collection = meta::text_at(self.config, &format!("collections.{name}.permalink"));
        let site = meta::text_at(self.config, "permalink").unwrap_or_default();
        let address = match own(&front, "permalink").or(of_collection) {
            Some(style) => style
                .replace(":collection", name)
                .replace(":path", stem)
                .replace(":name", name_of(stem))
                .replace(":title", &own(&front, "slug").unwrap_or_else(|| name_of(stem).into()))
                .replace(":output_ext", ".html")
                .replace(":slug", name_of(stem)),
            None if site == "pretty" || site.ends_with('/') => format!("/{name}/{stem}/"),
            None => format!("/{name}/{stem}.html"),
        };
        let at = self.add(path, page_address(&address), front, text);
        match self.collections.iter_mut().find(|(known, _)| known == name) {
            Some((_, pages)) => pages.push(at),
            None => self.collections.push((name.to_string(), vec![at])),
        }
        Ok(())
    }

    /// A file that is of no collection: a page where it has front matter, else copied.
    fn plain(&mut self, path: &str, report: &mut Report) -> Result<(), Broken> {
        let may_be_page = is_markdown(path)
            || [".html", ".xml", ".scss", ".sass", ".css", ".js", ".json", ".txt"]
                .iter()
                .any(|end| path.ends_with(end));
        let page = if may_be_page { meta::page(self.folder, path)? } else { None };
        let Some((table, text)) = page else {
            self.found.files.push(FileCopy::new(path, path));
            return Ok(());
        };
        // Other front matter than YAML's is none.
        let table =
            table.filter(|_| is_markdown(path) || self.folder.text(path).is_some_and(|text| text.starts_with("---")));
        let (folder, stem) = (folder_of(path), stem_of(path));
        let is_readme = self.is_index(path);
        let is_page = || is_markdown(path) && (is_readme || self.without_front && !self.is_about(path));
        let Some(table) = table.or_else(|| is_page().then(meta::nothing)) else {
            self.found.files.push(FileCopy::new(path, path));
            return Ok(());
        };
        if !is_markdown(path) && !is_article(path, &table, &text.text) {
            if path.ends_with(".xml") && (text.text.contains("<rss") || text.text.contains("<feed")) {
                self.found.site.feeds.push(format!("/{path}"));
                let ids = self.found.site.feed_ids;
                self.found.site.feed_ids = ids.or(Some(FeedIds::Address));
            } else if !matches!(path, "sitemap.xml" | "robots.txt") {
                report.tell(Kind::Theme, Place::whole(path), path);
                // What the theme made of articles is a list of them.
                if path.ends_with(".html") && !matches!(name_of(path), "404.html" | "search.html") {
                    let permalink = meta::text_at(&table, "permalink").map(|typed| page_address(&typed));
                    let address = permalink.unwrap_or_else(|| page_address(path));
                    let earlier = table.get("redirect_from").map(|data| meta::texts(&data.value)).unwrap_or_default();
                    let earlier = earlier.into_iter().map(|address| format!("/{}", address.trim_start_matches('/')));
                    self.listed.extend(earlier.chain([address]));
                }
            }
            return Ok(());
        }
        let table = self.table(Some(table), path, "pages");
        let mut front = meta::front(table, &mut self.found);
        front.title = front.title.take().or_else(|| meta::first_heading(&text));
        let style = meta::text_at(self.config, "permalink").unwrap_or_default();
        let folder = if folder.is_empty() { String::new() } else { format!("/{folder}") };
        let address = match own(&front, "permalink") {
            Some(permalink) => page_address(&permalink),
            None if stem == "index" || is_readme || folder.is_empty() && stem.eq_ignore_ascii_case("readme") => {
                format!("{folder}/")
            }
            None if style == "pretty" || style.ends_with('/') => format!("{folder}/{stem}/"),
            None => format!("{folder}/{stem}.html"),
        };
        let at = self.add(path, address, front, text);
        self.plain.push(at);
        Ok(())
    }

    /// Whether a file stands for its folder, in which no other does
    /// (<https://github.com/benbalter/jekyll-readme-index#conditions>).
    fn is_index(&self, path: &str) -> bool {
        let above = folder_of(path);
        let above = if above.is_empty() { String::new() } else { format!("{above}/") };
        let has_index = || ["md", "markdown", "html"].iter().any(|end| self.folder.has(&format!("{above}index.{end}")));
        self.readmes && stem_of(path).eq_ignore_ascii_case("readme") && !has_index()
    }

    /// Whether a file is about the repository, unless the settings take it into the site.
    fn is_about(&self, path: &str) -> bool {
        let included = meta::at(self.config, "include").map(meta::texts).unwrap_or_default();
        ABOUT.iter().any(|name| stem_of(path).eq_ignore_ascii_case(name)) && !included.iter().any(|name| name == path)
    }

    /// Lists that have no page here, further pages of the list of posts among them
    /// (<https://jekyllrb.com/docs/pagination/>), lead to the home page.
    fn lists(&mut self) {
        let mut listed = std::mem::take(&mut self.listed);
        let per_page = meta::at(self.config, "paginate").and_then(meta::number).filter(|many| *many > 0);
        let posts = self.posts.iter().filter(|at| !self.found.pages[**at].front.draft).count();
        let pages = per_page.map_or(0, |per_page| posts.div_ceil(per_page as usize));
        let pattern = meta::text_at(self.config, "paginate_path").unwrap_or_else(|| "/page:num".into());
        listed.extend((2..=pages).map(|page| page_address(&pattern.replace(":num", &page.to_string()))));
        self.found.lead_home(None, listed);
    }

    /// A page that says its language and stands beside no other is one of the originals all the same.
    fn settle_languages(&mut self) {
        let of = |page: &Page| page.key.clone();
        let originals: BTreeSet<Option<String>> =
            self.found.pages.iter().filter(|page| page.language.is_none()).map(of).collect();
        for page in &mut self.found.pages {
            page.language.take_if(|_| !originals.contains(&page.key));
        }
        let is_original = |at: &usize| self.found.pages[*at].language.is_none();
        self.posts.retain(is_original);
        self.plain.retain(is_original);
        self.collections.iter_mut().for_each(|(_, pages)| pages.retain(is_original));
    }

    /// Makes the works; gives the file of the list that says the order of one.
    fn works(&mut self) -> Option<String> {
        let mut list = self.list();
        let is_only = self.collections.len() == 1;
        for (name, mut pages) in std::mem::take(&mut self.collections) {
            let order: Vec<String> =
                meta::at(self.config, &format!("collections.{name}.order")).map(meta::texts).unwrap_or_default();
            self.sort(&mut pages, &order);
            // The page of the collection itself stands before the others, and isn't one of them.
            let index = pages.iter().position(|at| self.is_above(*at, &pages)).map(|at| pages.remove(at));
            let mut sections = self.sections(&pages, &mut list).unwrap_or_else(|| {
                let entries = pages.iter().map(|at| Entry::page(*at)).collect();
                vec![Section { title: None, named: None, entries }]
            });
            if let (Some(index), Some(first)) = (index, sections.first_mut()) {
                first.entries.insert(0, Entry { numbered: false, ..Entry::page(index) });
            }
            let of_site = self.posts.is_empty() && is_only;
            let title = self.found.site.title.clone().filter(|_| of_site);
            let of_index = index.and_then(|index| self.found.pages[index].front.title.clone());
            let work = Work {
                title: title.or(of_index).unwrap_or_else(|| titled(&name.replace('_', "-"))),
                description: self.found.site.description.clone().filter(|_| of_site),
                ..work(name, Order::Plan(sections))
            };
            self.found.works.push(work);
        }
        let has_address = |at: &usize| self.found.pages[*at].address != "/";
        let mut plain: Vec<usize> = self.plain.iter().copied().filter(has_address).collect();
        self.sort(&mut plain, &[]);
        if let Some(sections) = self.sections(&plain, &mut list) {
            let title = self.found.site.title.clone().unwrap_or_else(|| "Pages".into());
            let id = Some(slugify(&title)).filter(|id| !id.is_empty()).unwrap_or_else(|| "pages".into());
            let description = self.found.site.description.clone();
            self.found.works.push(Work { title, description, ..work(id, Order::Plan(sections)) });
        }
        if !self.posts.is_empty() {
            let posts = std::mem::take(&mut self.posts);
            self.found.works.push(Work {
                title: self.found.site.title.clone().unwrap_or_else(|| "Posts".into()),
                per_page: meta::at(self.config, "paginate").and_then(meta::number),
                ..work("posts".into(), Order::Dates(posts))
            });
        }
        list.filter(|list| list.is_used).map(|list| list.file)
    }

    /// Whether a page lies above all others.
    fn is_above(&self, at: usize, pages: &[usize]) -> bool {
        let address = |at: usize| self.found.pages[at].address.as_str();
        let is_folder = address(at).len() > 1 && address(at).ends_with('/');
        let mut others = pages.iter().filter(|other| **other != at);
        is_folder && pages.len() > 1 && others.all(|other| address(*other).starts_with(address(at)))
    }

    /// What says where a page stands among others.
    fn weight(&self, at: usize) -> Option<i64> {
        let own = &self.found.pages[at].front.own;
        ["order", "weight", "nav_order"].iter().find_map(|key| own.get(*key).and_then(meta::number))
    }

    fn sort(&self, pages: &mut [usize], order: &[String]) {
        pages.sort_by_key(|at| {
            let page = &self.found.pages[*at];
            let listed = order.iter().position(|path| page.from.ends_with(path.as_str()));
            let weight = self.weight(*at).unwrap_or(i64::MAX);
            (weight, listed.unwrap_or(usize::MAX), page.front.date.clone(), natural(&page.from))
        });
    }

    /// The stretches of pages by their weights and parents, else by the site's list of them; nothing where none of
    /// them says an order. Pages that no list shows (`nav_exclude`) stand alone.
    fn sections(&self, pages: &[usize], list: &mut Option<List>) -> Option<Vec<Section>> {
        let own = |at: usize, key: &str| self.found.pages[at].front.own.get(key);
        let is_listed = |at: &usize| own(*at, "nav_exclude") != Some(&Data::Bool(true));
        let listed: Vec<usize> = pages.iter().copied().filter(is_listed).collect();
        let says = |at: &usize| self.weight(*at).is_some() || own(*at, "parent").is_some();
        if listed.iter().filter(|at| says(at)).count() > 1 {
            let ordered: Vec<usize> = listed.into_iter().filter(says).collect();
            return Some(sidebar::by_parents(&self.found, &ordered));
        }
        let is_one = |entry: &Entry| matches!(entry.what, What::Page(page) if pages.contains(&page));
        let list = list.as_mut()?;
        let mut sections: Vec<Section> = list
            .sections
            .iter()
            .map(|section| Section {
                title: section.title.clone(),
                named: None,
                entries: section.entries.iter().filter(|entry| is_one(entry)).cloned().collect(),
            })
            .filter(|section| !section.entries.is_empty())
            .collect();
        if let [only] = sections.as_mut_slice() {
            only.title = None;
        }
        let says = sidebar::many(&sections) > 2;
        list.is_used |= says;
        says.then_some(sections)
    }

    /// The list of `_data/` that leads to the most pages.
    fn list(&self) -> Option<List> {
        fn bare(address: &str) -> &str {
            let path = address.trim_matches('/');
            path.strip_suffix(".html").unwrap_or(path)
        }
        let index: BTreeMap<&str, usize> =
            self.found.pages.iter().enumerate().map(|(at, page)| (bare(&page.address), at)).collect();
        let posts: BTreeSet<usize> = self.posts.iter().copied().collect();
        let page = |link: &str| {
            index.get(bare(link)).copied().filter(|at| !posts.contains(at) && self.found.pages[*at].language.is_none())
        };
        let is_data = |path: &&str| [".yml", ".yaml", ".json"].iter().any(|ending| path.ends_with(ending));
        let files = self.folder.within("_data").filter(is_data);
        let lists = files.filter_map(|path| {
            let sections = sidebar::sections(&meta::data(self.folder, path)?, &page);
            Some(List { file: path.to_string(), sections, is_used: false })
        });
        lists.max_by_key(|list| sidebar::many(&list.sections))
    }
}

/// Whether a page that isn't Markdown says something itself: it has a title, and nothing in it is computed.
fn is_article(path: &str, table: &Table, text: &str) -> bool {
    let is_special = matches!(name_of(path), "index.html" | "404.html" | "search.html");
    path.ends_with(".html")
        && !is_special
        && table.get("title").is_some()
        && !["{%", "{{", "<html", "<script"].iter().any(|sign| text.contains(sign))
        && !text.trim().is_empty()
}

/// A work of which no more is known.
fn work(id: String, order: Order) -> Work {
    Work {
        id,
        title: String::new(),
        description: None,
        address: None,
        also: Vec::new(),
        order,
        opening: None,
        list: None,
        named: None,
        feeds: Vec::new(),
        per_page: None,
    }
}

/// Whether GitHub Pages builds a site, which has plugins of its own
/// (<https://docs.github.com/pages/setting-up-a-github-pages-site-with-jekyll/about-github-pages-and-jekyll#plugins>).
fn is_of_host(folder: &Folder) -> bool {
    folder.text("Gemfile").is_none_or(|gems| {
        let is_it = |line: &str| line.trim_start().starts_with("gem") && line.contains("github-pages");
        gems.lines().any(is_it)
    })
}

/// The title that a name stands for where an article says none.
fn titled(stem: &str) -> String {
    let words = stem.split('-').filter(|word| !word.is_empty()).map(|word| {
        let mut characters = word.chars();
        characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
    });
    words.collect::<Vec<_>>().join(" ")
}

fn own(front: &Front, key: &str) -> Option<String> {
    front.own.get(key).and_then(meta::text_of)
}

fn categories(table: &Table) -> Vec<String> {
    let typed = ["categories", "category"].iter().find_map(|key| table.get(key));
    match typed.map(|typed| &typed.value) {
        Some(Data::String(text)) => text.split_whitespace().map(String::from).collect(),
        Some(data) => meta::texts(data),
        None => Vec::new(),
    }
}

/// The address of a post by a style or a pattern (<https://jekyllrb.com/docs/permalinks/>).
fn permalink(style: &str, front: &Front, (stem, folders, day): (&str, &[String], Option<&str>)) -> String {
    let pattern = match style {
        "date" => "/:categories/:year/:month/:day/:title.html",
        "pretty" => "/:categories/:year/:month/:day/:title/",
        "ordinal" => "/:categories/:year/:y_day/:title.html",
        "none" => "/:categories/:title.html",
        pattern => pattern,
    };
    let date = day.unwrap_or("0000-00-00");
    let part = |range| date.get(range).unwrap_or("00").to_string();
    let bare = |text: String| text.trim_start_matches('0').to_string();
    let categories: Vec<String> = folders.iter().map(|name| name.to_lowercase().replace(' ', "%20")).collect();
    let title = own(front, "slug").unwrap_or_else(|| stem.to_string());
    let address = pattern
        .replace(":categories", &categories.join("/"))
        .replace(":short_year", &part(2..4))
        .replace(":year", &part(0..4))
        .replace(":i_month", &bare(part(5..7)))
        .replace(":month", &part(5..7))
        .replace(":i_day", &bare(part(8..10)))
        .replace(":day", &part(8..10))
        .replace(":slug", &slugify(&title))
        .replace(":title", &pretty(&title))
        .replace(":output_ext", ".html");
    page_address(&crate::text::url::percent_decode(&address))
}

/// A name as Jekyll makes a piece of an address of it (`Utils.slugify`, mode `pretty`).
fn pretty(name: &str) -> String {
    let is_kept = |c: char| {
        c.is_alphanumeric()
            || unicode_normalization::char::is_combining_mark(c)
            || matches!(c, '.' | '_' | '~' | '!' | '$' | '&' | '\'' | '(' | ')' | '+' | ',' | ';' | '=' | '@')
    };
    name.split(|c: char| !is_kept(c)).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("-")
}

/// An address as a host serves its file: what has no ending is a page all the same.
fn page_address(typed: &str) -> String {
    let mut address = format!("/{}", typed.trim_start_matches('/'));
    while address.contains("//") {
        address = address.replace("//", "/");
    }
    let address = address.strip_suffix("index.html").map(String::from).unwrap_or(address);
    if address.ends_with('/') || address.ends_with(".html") { address } else { format!("{address}/") }
}

/// Translates Liquid and the marks of kramdown.
pub fn translate(text: Looked, around: &mut Around<'_>) -> Looked {
    let text = if around.from.ends_with(".html") { flattened(text) } else { text };
    let text = liquid::translate(text, around);
    kramdown::translate(text, around)
}

/// HTML as a text of Markdown: what is indented would be code.
fn flattened(looked: Looked) -> Looked {
    let (mut edits, mut at, mut in_code) = (Vec::new(), 0, false);
    for line in looked.text.text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if !in_code {
            edits.push(Edit::new(at..at + indent, ""));
        }
        let last = |tag: &str| line.rfind(tag);
        in_code = match (last("<pre"), last("</pre")) {
            (None, None) => in_code,
            (opens, closes) => opens > closes,
        };
        at += line.len();
    }
    edits.retain(|edit| !edit.range.is_empty());
    looked.apply(edits)
}
