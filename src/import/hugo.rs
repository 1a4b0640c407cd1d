//! Hugo: <https://gohugo.io/content-management/organization/>.
//!
//! In: a folder with a `hugo.toml` or one of its kin. Out: each section at the top as a series, those below it as its
//! tracks, or as posts where dates order it; all other pages as pages, with the files beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::around::Around;
use super::meta::{self, Broken};
use super::model::{Entry, FeedIds, FileCopy, Found, Front, Language, Order, Page, Section, Signs, Work};
use super::numbers::{Natural, natural};
use super::report::{Kind, Report};
use super::shortcodes::{self, Rules};
use super::source::{Folder, below, folder_of, is_markdown, name_of, resolve, stem_of};
use super::tags::{Form, tags};
use super::typed::{Edit, Place};
use super::view::Looked;
use crate::settings::data::{Data, Table};
use crate::text::path::folders_above;
use crate::text::source::{Spanned, slugify};

/// Where its settings may lie.
pub const CONFIGS: [&str; 10] = [
    "hugo.toml",
    "hugo.yaml",
    "hugo.yml",
    "hugo.json",
    "config.toml",
    "config.yaml",
    "config.yml",
    "config.json",
    "config/_default/hugo.toml",
    "config/_default/config.toml",
];

/// Whether a folder is a site: settings of the older names are any program's, unless they say what Hugo's say.
pub fn is_one(folder: &Folder) -> bool {
    let has = |start: &str| folder.paths().any(|path| path.starts_with(start));
    let says = |path: &str| {
        let text = folder.text(path).unwrap_or_default().to_lowercase();
        let mut lines = text.lines().map(|line| line.trim_start_matches([' ', '"']));
        lines.any(|line| ["baseurl", "contentdir", "languagecode"].iter().any(|key| line.starts_with(key)))
    };
    folder.first(&CONFIGS).is_some_and(|path| !path.starts_with("config.") || has("content/") || says(path))
        || has("config/_default/")
}

/// Reads a site; its texts as they are typed.
pub fn read(folder: &Folder, report: &mut Report) -> Result<Found, Broken> {
    let path =
        folder.first(&CONFIGS).or_else(|| folder.first(&["config/_default/hugo.yaml", "config/_default/config.yaml"]));
    let mut config = match path {
        Some(path) => meta::settings(folder, path)?.unwrap_or_else(meta::nothing),
        None => meta::nothing(),
    };
    add_parts(folder, &mut config)?;
    let own = meta::text_at(&config, "defaultContentLanguage").unwrap_or_else(|| "en".into());
    let (content, others) = contents(&config, &own);
    let mut reader =
        Reader { folder, config: &config, own, content, others, found: Found::default(), lists: BTreeMap::new() };
    reader.site();
    let hidden = hidden(folder)?;
    for path in folder.paths() {
        let Some((at, language)) = reader.content_of(path) else { continue };
        let is_list = |above: &str| folder_of(path) == above && name_of(path) == "_index.md";
        if hidden.iter().any(|(above, shown)| below(above, path).is_some() && !(*shown && is_list(above))) {
            if is_markdown(path) {
                report.tell(Kind::Unlisted, Place::whole(path), path);
            }
            continue;
        }
        if is_markdown(path) && reader.is_of_term(path, &at) {
            report.tell(Kind::Unlisted, Place::whole(path), path);
        } else if is_markdown(path) {
            reader.page(path, (&at, language))?;
        } else if path.ends_with(".html") {
            report.tell(Kind::Theme, Place::whole(path), path);
        } else if is_other_markup(path) {
            report.tell(Kind::Unread, Place::whole(path), path);
        }
    }
    reader.files(report);
    reader.works();
    reader.taxonomies();
    let (statics, themes) = (reader.statics(), reader.themes());
    let theme = ["layouts/", "themes/", "assets/", "archetypes/"];
    let theme = folder.paths().filter(|path| theme.iter().any(|start| path.starts_with(start)));
    let theme = theme.filter(|path| folder.of_theme(&themes, &statics, path).is_none());
    theme.for_each(|path| report.tell(Kind::Theme, Place::whole(path), path));
    Ok(reader.found)
}

/// Folders of which no page is published, each with whether its own list is
/// (<https://gohugo.io/content-management/build-options/>).
fn hidden(folder: &Folder) -> Result<Vec<(String, bool)>, Broken> {
    let mut found = Vec::new();
    for path in folder.paths().filter(|path| name_of(path) == "_index.md") {
        let Some((Some(table), _)) = meta::page(folder, path)? else { continue };
        let is_never = |key: &str| {
            let render = meta::at(&table, key);
            render == Some(&Data::Bool(false)) || render.and_then(meta::text_of).is_some_and(|text| text == "never")
        };
        if ["cascade.build.render", "cascade._build.render"].into_iter().any(is_never) {
            // What a section says of itself goes before what it says of all below it.
            let own = ["build.render", "_build.render"].into_iter().find(|key| meta::at(&table, key).is_some());
            found.push((folder_of(path).to_string(), own.is_some_and(|key| !is_never(key))));
        }
    }
    Ok(found)
}

/// Adds what stands in files of its own: `config/_default/params.toml` is the table `params`
/// (<https://gohugo.io/configuration/introduction/#configuration-directory>).
fn add_parts(folder: &Folder, config: &mut Table) -> Result<(), Broken> {
    for path in folder.within("config/_default").filter(|path| !CONFIGS.contains(path)) {
        let name = stem_of(path);
        let is_table = [".toml", ".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        // Menus of a language bear its tag.
        if !is_table || matches!(name, "hugo" | "config") || name.contains('.') {
            continue;
        }
        let Some(table) = meta::settings(folder, path)? else { continue };
        let known = config.entries.iter_mut().find(|(key, _)| key.value == name);
        if let Some((_, Spanned { value: Data::Table(known), .. })) = known {
            let further: Vec<_> =
                table.entries.into_iter().filter(|(key, _)| known.get(&key.value).is_none()).collect();
            known.entries.extend(further);
        } else if config.get(name).is_none() {
            let span = table.span;
            config.entries.push((Spanned::new(name.to_string(), span), Spanned::new(Data::Table(table), span)));
        }
    }
    Ok(())
}

/// The folder of the texts, and those of other languages with their tags.
fn contents(config: &Table, own: &str) -> (String, Vec<(String, String)>) {
    let of = |path: &str| meta::text_at(config, path).and_then(|typed| resolve("", &typed));
    let mut content = of("contentDir").unwrap_or_else(|| "content".into());
    let mut others = Vec::new();
    for (tag, _) in meta::table_at(config, "languages").map(|table| table.entries.as_slice()).unwrap_or_default() {
        match of(&format!("languages.{}.contentDir", tag.value)) {
            Some(folder) if tag.value == own => content = folder,
            Some(folder) => others.push((folder, tag.value.clone())),
            None => {}
        }
    }
    // Mounts say the same in other words (<https://gohugo.io/configuration/module/#mounts>).
    let mounts = match meta::at(config, "module.mounts") {
        Some(Data::List(mounts)) => mounts.as_slice(),
        _ => &[],
    };
    for mount in mounts {
        let Data::Table(mount) = &mount.value else { continue };
        let source = meta::text_at(mount, "source").and_then(|typed| resolve("", &typed));
        let languages = meta::at(mount, "lang").or_else(|| meta::at(mount, "sites.matrix.languages")).map(meta::texts);
        let language = languages.unwrap_or_default().into_iter().next().filter(|tag| tag != own);
        match (source.filter(|_| meta::text_at(mount, "target").as_deref() == Some("content")), language) {
            (Some(folder), None) => content = folder,
            (Some(folder), Some(tag)) => others.push((folder, tag)),
            (None, _) => {}
        }
    }
    (content, others)
}

/// The signs around formulas, which are passed on as they stand
/// (<https://gohugo.io/configuration/markup/#passthrough>).
fn formulas(config: &Table) -> Vec<Signs> {
    const PLACE: &str = "markup.goldmark.extensions.passthrough";
    if meta::at(config, &format!("{PLACE}.enable")) != Some(&Data::Bool(true)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (kind, alone) in [("block", true), ("inline", false)] {
        let Some(Data::List(pairs)) = meta::at(config, &format!("{PLACE}.delimiters.{kind}")) else { continue };
        found.extend(pairs.iter().filter_map(|pair| match meta::texts(&pair.value).as_slice() {
            [open, close] => Some(Signs { open: open.clone(), close: close.clone(), alone }),
            _ => None,
        }));
    }
    found
}

struct Reader<'a> {
    folder: &'a Folder,
    config: &'a Table,
    /// The language of the originals.
    own: String,
    content: String,
    /// Folders of other languages, with their tags.
    others: Vec<(String, String)>,
    found: Found,
    /// Sections, by their folders below the content: the pages of their lists.
    lists: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn site(&mut self) {
        let text = |path: &str| meta::text_at(self.config, path);
        let site = &mut self.found.site;
        site.base_url = text("baseURL").or_else(|| text("baseurl")).filter(|url| url.starts_with("http"));
        if let Some(base) = &mut site.base_url {
            *base = format!("{}/", base.trim_end_matches('/'));
        }
        site.title = text("title");
        site.description = text("params.description").or_else(|| text("description"));
        let of = |tag: &str, keys: &[&str]| keys.iter().find_map(|key| text(&format!("languages.{tag}.{key}")));
        site.title = of(&self.own, &["title"]).or_else(|| site.title.take());
        site.language = text("locale").or_else(|| text("languageCode")).or_else(|| text("defaultContentLanguage"));
        let table = meta::table_at(self.config, "languages");
        for (tag, _) in table.map(|table| table.entries.as_slice()).unwrap_or_default() {
            if tag.value != self.own {
                site.languages.push(Language {
                    tag: tag.value.clone(),
                    name: of(&tag.value, &["label", "languageName"]),
                    title: of(&tag.value, &["title"]),
                    description: of(&tag.value, &["params.description", "description"]),
                    has_feed: true,
                });
            }
        }
        site.formulas = formulas(self.config);
        let kinds = meta::table_at(self.config, "taxonomies").map(|table| table.entries.as_slice()).unwrap_or_default();
        let has_series = kinds.iter().any(|(_, name)| meta::text_of(&name.value).as_deref() == Some("series"));
        site.series = has_series.then(|| "series".into());
        site.values = meta::table_at(self.config, "params").map(|table| meta::values(table, "")).unwrap_or_default();
        site.feeds.push("/index.xml".into());
        site.feed_ids = Some(FeedIds::Address);
        let limit = meta::at(self.config, "services.rss.limit").or(meta::at(self.config, "rssLimit"));
        site.feed_limit = limit.and_then(meta::number).filter(|limit| *limit > 0);
        let author =
            ["params.author.name", "params.author", "author.name", "author"].iter().find_map(|path| text(path));
        if let Some(author) = author {
            self.found.author(&author, None);
        }
    }

    /// The folder of texts that a file lies in, and its language where that is another than the originals'.
    fn content_of(&self, path: &str) -> Option<(String, Option<String>)> {
        let all = self.others.iter().map(|(folder, tag)| (folder, Some(tag)));
        let all = all.chain(std::iter::once((&self.content, None)));
        let found = all.filter(|(folder, _)| below(folder, path).is_some()).max_by_key(|(folder, _)| folder.len());
        found.map(|(folder, tag)| (folder.clone(), tag.cloned()))
    }

    fn page(&mut self, path: &str, (content, language): (&str, Option<String>)) -> Result<(), Broken> {
        let Some((table, text)) = meta::page(self.folder, path)? else {
            return Err(meta::no_text(self.folder, path));
        };
        if let Some(broken) = meta::unclosed(&text) {
            return Err(broken);
        }
        let mut front = meta::front(table, &mut self.found);
        front.title = front.title.take().or_else(|| meta::first_heading(&text));
        let stem = name_of(path).rsplit_once('.').map_or("", |(stem, _)| stem);
        let tags = self.found.site.languages.iter().map(|language| &language.tag).chain([&self.own]);
        let typed = tags.filter(|tag| stem.ends_with(&format!(".{tag}"))).max_by_key(|tag| tag.len()).cloned();
        let stem = typed.as_ref().map_or(stem, |tag| &stem[..stem.len() - tag.len() - 1]);
        let language = typed.or(language).filter(|tag| *tag != self.own);
        let at = below(content, folder_of(path)).unwrap_or_default();
        let key = own(&front, "translationKey").unwrap_or_else(|| format!("{at}/{stem}.md"));
        let address = match own(&front, "url") {
            Some(url) => page_address(&url),
            None => self.address(&front, at, stem),
        };
        let has_folder = meta::at(self.config, "defaultContentLanguageInSubdir") == Some(&Data::Bool(true));
        let address = match &language {
            Some(tag) => format!("/{}{address}", tag.to_lowercase()),
            // The home page leads on to that of its language.
            None if has_folder && address != "/" => format!("/{}{address}", self.own.to_lowercase()),
            None => address,
        };
        // A site of several languages has a redirect in the folder of its own, or the home page itself.
        if address == "/" && (has_folder || !self.found.site.languages.is_empty()) {
            front.aliases.push(format!("/{}/", self.own.to_lowercase()));
        }
        // It came out when it was published, which a date of its own only says where it is the later one.
        let published = front.own.get("publishDate").and_then(meta::day);
        front.date = front.date.take().max(published);
        let folder = address.trim_end_matches('/');
        let absolute = |alias: &String| match alias.strip_prefix('/') {
            Some(_) => alias.clone(),
            None => resolve(folder_of(folder.trim_start_matches('/')), alias)
                .map_or_else(String::new, |path| format!("/{path}")),
        };
        front.aliases = front.aliases.iter().map(absolute).filter(|alias| !alias.is_empty()).collect();
        let (from, key) = (path.to_string(), Some(key));
        let has_words = meta::says_something(&text);
        let page = self.found.add(Page { from, address, language: language.clone(), key, front, has_words });
        if stem == "_index" && language.is_none() {
            self.lists.insert(at.to_string(), page);
        }
        Ok(())
    }

    /// Whether a file says what a tag, or another term by which pages are listed, is called
    /// (<https://gohugo.io/content-management/taxonomies/#add-custom-metadata-to-a-taxonomy-or-term>).
    fn is_of_term(&self, path: &str, content: &str) -> bool {
        let top = below(content, path).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let table = meta::table_at(self.config, "taxonomies");
        let named = table.map(|table| table.entries.iter().filter_map(|(_, name)| meta::text_of(&name.value)));
        let is_kind = match named {
            Some(mut named) => named.any(|name| name == top),
            None => matches!(top, "tags" | "categories"),
        };
        is_kind && name_of(path).starts_with("_index.")
    }

    fn address(&self, front: &Front, at: &str, stem: &str) -> String {
        let keeps_case = meta::at(self.config, "disablePathToLower") == Some(&Data::Bool(true));
        let urlized = |piece: &str| if keeps_case { signless(piece) } else { urlized(piece) };
        let pieces = |path: &str| path.split('/').filter(|piece| !piece.is_empty()).map(urlized).collect::<Vec<_>>();
        if stem == "_index" || at.is_empty() && stem == "index" {
            let folder = pieces(at).join("/");
            return if folder.is_empty() { "/".into() } else { format!("/{folder}/") };
        }
        let (above, name) = if stem == "index" { (folder_of(at), name_of(at)) } else { (at, stem) };
        let slug = own(front, "slug").unwrap_or_else(|| name.to_string());
        let section = above.split('/').next().unwrap_or_default();
        let pattern = ["permalinks", "permalinks.page"]
            .iter()
            .find_map(|table| meta::text_at(self.config, &format!("{table}.{section}")));
        let ugly = meta::at(self.config, "uglyURLs") == Some(&Data::Bool(true));
        if let Some(pattern) = pattern.filter(|_| !section.is_empty()) {
            return filled(&pattern, front, (name, &slug, above));
        }
        let folder = pieces(above).join("/");
        let folder = if folder.is_empty() { String::new() } else { format!("/{folder}") };
        if ugly { format!("{folder}/{}.html", urlized(&slug)) } else { format!("{folder}/{}/", urlized(&slug)) }
    }

    /// The folder of the files that are copied.
    fn statics(&self) -> String {
        let typed = meta::text_at(self.config, "staticDir");
        typed.and_then(|typed| resolve("", &typed)).unwrap_or_else(|| "static".into())
    }

    /// The themes that lie in the source.
    fn themes(&self) -> Vec<String> {
        meta::at(self.config, "theme").map(meta::texts).unwrap_or_default()
    }

    /// Files of `static/`, of the themes' too, and those of bundles.
    fn files(&mut self, report: &mut Report) {
        let mut bundles: BTreeMap<String, String> = BTreeMap::new();
        for page in &self.found.pages {
            if matches!(name_of(&page.from), "index.md" | "_index.md") {
                bundles.insert(folder_of(&page.from).to_string(), page.address.clone());
            }
        }
        let (statics, themes) = (self.statics(), self.themes());
        for path in self.folder.paths().filter(|path| !is_markdown(path)) {
            let of_bundle = |path: &str| {
                folders_above(path).rev().find_map(|above| {
                    Some(format!("{}{}", bundles.get(above)?.trim_start_matches('/'), below(above, path)?))
                })
            };
            let of_site = below(&statics, path).or_else(|| self.folder.of_theme(&themes, &statics, path));
            let address = match (of_site, self.content_of(path)) {
                (Some(address), _) => Some(address.to_string()),
                (None, Some((content, language))) if !path.ends_with(".html") && !is_other_markup(path) => {
                    let inner = below(&content, path).unwrap_or(path);
                    let folder = language.map(|tag| format!("{}/", tag.to_lowercase())).unwrap_or_default();
                    Some(of_bundle(path).unwrap_or_else(|| format!("{folder}{inner}")))
                }
                _ => None,
            };
            match address {
                Some(address) => self.found.files.push(FileCopy::new(path, address)),
                None if path.starts_with("data/") || path.starts_with("i18n/") => {
                    report.tell(Kind::Theme, Place::whole(path), path)
                }
                None => {}
            }
        }
    }

    /// The terms by which pages are listed: the name of each kind in front matter and in addresses
    /// (<https://gohugo.io/configuration/taxonomies/>).
    fn kinds(&self) -> Vec<(String, String)> {
        match meta::table_at(self.config, "taxonomies") {
            Some(table) => {
                let named = table.entries.iter().filter_map(|(one, many)| Some((one, meta::text_of(&many.value)?)));
                named.map(|(one, many)| (one.value.clone(), many)).collect()
            }
            None => [("tag", "tags"), ("category", "categories")].map(|(one, many)| (one.into(), many.into())).into(),
        }
    }

    /// How many articles a page of a list has, where lists have several pages
    /// (<https://gohugo.io/configuration/pagination/>).
    fn per_page(&self) -> Option<i64> {
        let typed = ["pagination.pagerSize", "paginate"].iter().find_map(|path| meta::at(self.config, path));
        let is_template = |path: &&str| ["layouts/", "themes/"].iter().any(|start| path.starts_with(start));
        let mut templates = self.folder.paths().filter(is_template).filter(|path| path.ends_with(".html"));
        let mut pages = || templates.any(|path| self.folder.text(path).is_some_and(|text| text.contains(".Paginat")));
        typed.and_then(meta::number).or_else(|| pages().then_some(10)).filter(|many| *many > 0)
    }

    /// Lists of terms that have no page here lead to the home page of their language. Each had a feed, at which the site's
    /// stands now; those of other languages are left out.
    fn taxonomies(&mut self) {
        let (kinds, per_page) = (self.kinds(), self.per_page());
        let found = &mut self.found;
        let mut many: BTreeMap<(Option<String>, String), usize> = BTreeMap::new();
        for page in found.pages.iter().filter(|page| !page.front.draft) {
            for (_, kind) in &kinds {
                let terms = page.front.own.get(kind).map(meta::texts).unwrap_or_default();
                let terms: BTreeSet<String> = terms.iter().map(|term| urlized(term)).collect();
                *many.entry((page.language.clone(), format!("/{kind}/"))).or_default() += terms.len();
                for term in terms.iter().filter(|term| !term.is_empty()) {
                    *many.entry((page.language.clone(), format!("/{kind}/{term}/"))).or_default() += 1;
                }
            }
        }
        let tags: BTreeSet<String> = found
            .pages
            .iter()
            .flat_map(|page| &page.front.tags)
            .map(|tag| format!("/tags/{}/", slugify(tag)))
            .collect();
        for ((language, list), many) in many {
            let folder = language.as_ref().map(|tag| format!("/{}", tag.to_lowercase())).unwrap_or_default();
            // A series has its list and its feed.
            if many > 1 && found.site.series.as_ref().is_some_and(|kind| list.starts_with(&format!("/{kind}/"))) {
                continue;
            }
            if language.is_none() {
                found.copies.push((format!("{list}index.xml"), "/feed.xml".into()));
            }
            let further = per_page.map_or(0, |per_page| many.div_ceil(per_page as usize));
            let mut led: Vec<String> = (2..=further).map(|page| format!("{folder}{list}page/{page}/")).collect();
            if list != "/tags/" && !tags.contains(&list) {
                led.push(format!("{folder}{list}"));
            }
            found.lead_home(language.as_deref(), led);
        }
    }

    /// A work of each section at the top.
    fn works(&mut self) {
        let per_page = self.per_page();
        let found = &mut self.found;
        let mut tops: BTreeMap<String, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        let is_list = |page: &Page| name_of(&page.from).starts_with("_index.");
        let is_at_top =
            |page: &&Page| folder_of(&page.from) == self.content && page.language.is_none() && !is_list(page);
        let dated = found.pages.iter().filter(is_at_top).filter(|page| page.front.date.is_some()).count();
        let at_top = dated > 2 && dated * 2 > found.pages.iter().filter(is_at_top).count();
        for (at, page) in found.pages.iter().enumerate() {
            if page.language.is_some() || is_list(page) {
                continue;
            }
            let folder = below(&self.content, folder_of(&page.from)).unwrap_or_default();
            let folder = if name_of(&page.from).starts_with("index.") { folder_of(folder) } else { folder };
            let top = folder.split('/').next().unwrap_or_default();
            // Dated pages at the top are a list by date where most have one, as those of a journal.
            if !top.is_empty() || at_top && page.front.date.is_some() {
                tops.entry(top.to_string()).or_default().entry(folder.to_string()).or_default().push(at);
            }
        }
        for (top, folders) in tops {
            let list = self.lists.get(&top).copied().filter(|_| !top.is_empty());
            let all: Vec<usize> = folders.values().flatten().copied().collect();
            let weighed = all.iter().any(|at| weight(&found.pages[*at].front) != i64::MAX);
            let dated = all.iter().all(|at| found.pages[*at].front.date.is_some() || found.pages[*at].front.draft);
            let is_posts =
                !weighed && dated && folders.keys().all(|folder| !self.lists.contains_key(folder) || *folder == top);
            let articles = all.len();
            let front = list.map(|list| &found.pages[list].front);
            let address = list.map_or_else(|| format!("/{}/", urlized(&top)), |list| found.pages[list].address.clone());
            let top = if top.is_empty() { "posts".to_string() } else { top };
            let opening = list.filter(|list| found.pages[*list].has_words);
            let mut work = Work {
                id: top.clone(),
                title: front.and_then(called).unwrap_or_else(|| capital(&top)),
                description: front.and_then(|front| front.description.clone()),
                address: Some(address.clone()).filter(|address| address != "//"),
                also: Vec::new(),
                order: Order::Dates(all),
                opening,
                list: list.filter(|_| opening.is_none()),
                named: list,
                feeds: if address == "//" { Vec::new() } else { vec![format!("{address}index.xml")] },
                per_page,
            };
            if !is_posts {
                let pages = per_page.map_or(0, |per_page| articles.div_ceil(per_page as usize));
                work.also.extend((2..=pages).map(|page| format!("{address}page/{page}/")));
                if let Some(opening) = work.opening.take() {
                    // It keeps its address, as the part before the others.
                    work.opening = None;
                    work.address = None;
                    work.order = Order::Plan(tracks(found, &self.lists, (&top, folders), Some(opening)));
                } else {
                    work.order = Order::Plan(tracks(found, &self.lists, (&top, folders), None));
                }
            }
            found.works.push(work);
        }
        let placed: Vec<usize> = found
            .works
            .iter()
            .flat_map(super::plan::articles)
            .chain(found.works.iter().filter_map(|work| work.opening))
            .collect();
        for (folder, list) in &self.lists {
            let is_home = folder.is_empty();
            if !is_home && !placed.contains(list) && !found.pages[*list].has_words {
                found.lists.insert(*list);
            }
        }
    }
}

/// The stretches of a series: the pages of the section itself, then each section below it.
fn tracks(
    found: &Found,
    lists: &BTreeMap<String, usize>,
    (top, folders): (&str, BTreeMap<String, Vec<usize>>),
    opening: Option<usize>,
) -> Vec<Section> {
    let mut sections: Vec<(i64, Natural, Section)> = Vec::new();
    let is_one = folders.len() == 1;
    for (folder, mut pages) in folders {
        pages.sort_by_key(|at| {
            let page = &found.pages[*at];
            (weight(&page.front), std::cmp::Reverse(page.front.date.clone()), natural(&page.from))
        });
        let list = lists.get(&folder).copied();
        let mut entries: Vec<Entry> = Vec::new();
        let words = list.filter(|list| folder != top && found.pages[*list].has_words);
        for page in words.into_iter().chain(opening.filter(|_| folder == top)) {
            let mut entry = Entry::page(page);
            entry.numbered = false;
            entries.push(entry);
        }
        entries.extend(pages.into_iter().map(Entry::page));
        let front = list.map(|list| &found.pages[list].front);
        let title = front.and_then(called).unwrap_or_else(|| capital(name_of(&folder)));
        let order = if folder == top { i64::MIN } else { front.map_or(i64::MAX, weight) };
        let title = (!is_one || folder != top).then_some(title);
        sections.push((order, natural(&folder), Section { title, named: list.filter(|_| folder != top), entries }));
    }
    if opening.is_some() && !sections.iter().any(|(order, _, _)| *order == i64::MIN) {
        let entries = opening.into_iter().map(|page| Entry { numbered: false, ..Entry::page(page) }).collect();
        sections.push((i64::MIN, Vec::new(), Section { title: Some(capital(top)), named: None, entries }));
    }
    sections.sort_by(|(a, b, _), (c, d, _)| (a, b).cmp(&(c, d)));
    sections.into_iter().map(|(_, _, section)| section).collect()
}

/// Whether Hugo reads an article in a file that isn't Markdown (<https://gohugo.io/content-management/formats/>).
fn is_other_markup(path: &str) -> bool {
    [".adoc", ".asciidoc", ".ad", ".org", ".rst", ".pandoc", ".pdc"].iter().any(|ending| path.ends_with(ending))
}

fn weight(front: &Front) -> i64 {
    front.own.get("weight").and_then(meta::number).filter(|weight| *weight != 0).unwrap_or(i64::MAX)
}

/// What a section is called in menus, else its title.
fn called(front: &Front) -> Option<String> {
    own(front, "linkTitle").or_else(|| front.title.clone())
}

fn capital(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn own(front: &Front, key: &str) -> Option<String> {
    front.own.get(key).and_then(meta::text_of)
}

/// A piece of a path as Hugo makes it: small letters, hyphens for spaces, no signs.
fn urlized(piece: &str) -> String {
    signless(piece).to_lowercase()
}

/// The same with its letters as they are typed.
fn signless(piece: &str) -> String {
    let kept = |c: &char| {
        c.is_alphanumeric()
            || matches!(c, '-' | '_' | '.' | '~' | '+' | '%' | ' ')
            || unicode_normalization::char::is_combining_mark(*c)
    };
    piece.trim().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// An address by a pattern (<https://gohugo.io/configuration/permalinks/#tokens>).
fn filled(pattern: &str, front: &Front, (name, slug, above): (&str, &str, &str)) -> String {
    let date = front.date.clone().unwrap_or_else(|| "0001-01-01".into());
    let part = |range| date.get(range).unwrap_or("01").to_string();
    let title = front.title.as_deref().unwrap_or(name);
    let or_title = if front.own.contains_key("slug") { slug } else { title };
    let section = above.split('/').next().unwrap_or_default();
    let address = pattern
        .replace(":contentbasename", &urlized(name))
        .replace(":slugorcontentbasename", &urlized(slug))
        .replace(":slugorfilename", &urlized(slug))
        .replace(":filename", &urlized(name))
        .replace(":sections", &above.split('/').map(urlized).collect::<Vec<_>>().join("/"))
        .replace(":section", &urlized(section))
        .replace(":slug", &urlized(or_title))
        .replace(":title", &urlized(title))
        .replace(":year", &part(0..4))
        .replace(":month", &part(5..7))
        .replace(":day", &part(8..10));
    page_address(&address)
}

fn page_address(typed: &str) -> String {
    let address = format!("/{}", typed.trim_start_matches('/'));
    let address = address.strip_suffix("index.html").map(String::from).unwrap_or(address);
    if address.ends_with('/') || address.ends_with(".html") { address } else { format!("{address}/") }
}

/// Translates what Hugo reads in a text beside Markdown.
pub fn translate(text: Looked, around: &mut Around<'_>) -> Looked {
    if let Some(day) = around.front.own.get("expiryDate").and_then(meta::text_of) {
        around.report.tell(Kind::Setting, Place::whole(around.from), &format!("expiryDate: {day}"));
    }
    let text = with_includes(text, around, 0);
    let link = |typed: &str, around: &Around<'_>| {
        let (path, anchor) =
            typed.split_once('#').map_or((typed, String::new()), |(path, anchor)| (path, format!("#{anchor}")));
        if path.is_empty() {
            return Some(anchor);
        }
        let near = resolve(folder_of(around.from), path).and_then(|path| around.link(&format!("{path}{anchor}")));
        let far = || around.link(&format!("content/{}{anchor}", path.trim_start_matches('/')));
        // A name that is the only one of its kind needs no path.
        near.or_else(far).or_else(|| around.named(path).map(|link| format!("{link}{anchor}")))
    };
    shortcodes::translate(text, Rules::Hugo, &link, around)
}

/// How deep texts may be put into each other.
const DEEPEST: usize = 10;

/// Puts texts into the places of shortcodes that name their files, as those of many themes do. A path is looked for
/// from each folder above the article, the nearest first.
fn with_includes(looked: Looked, around: &mut Around<'_>, depth: usize) -> Looked {
    let Looked { text, seen } = &looked;
    let mut edits = Vec::new();
    for tag in tags(&text.text, |at| !seen.is_hidden(at)) {
        let is_include = matches!(tag.name.to_ascii_lowercase().as_str(), "include" | "include-md" | "readfile");
        let is_one = is_include && tag.form == Form::Shortcode && !tag.closes && depth < DEEPEST;
        let Some(typed) = tag.given.get_or(&["file", "path"], 0).filter(|_| is_one) else { continue };
        let bare = typed.trim_start_matches('/');
        let above = std::iter::once("").chain(folders_above(around.from));
        let paths: Vec<String> = above.filter_map(|above| resolve(above, bare)).collect();
        let is_text = |path: &&String| is_markdown(path) && around.folder.has(path);
        let Some(path) = paths.iter().rev().find(is_text) else { continue };
        let Some(left) = around.includes_left.checked_sub(1) else { break };
        around.includes_left = left;
        let Some(body) = meta::body(around.folder, path) else { continue };
        let with = with_includes(Looked::new(body), around, depth + 1).text;
        let (start, end) = (with.text.len() - with.text.trim_start().len(), with.text.trim_end().len());
        let length = with.text.len();
        let with = with.apply(vec![Edit::new(0..start, ""), Edit::new(end.max(start)..length, "")]);
        edits.push(Edit { range: tag.range, with });
    }
    looked.apply(edits)
}
