//! Where each path of the project and each address of the site leads.
//!
//! In: a [`Site`] and the list of its pages. Out: [`Routes`], in which a link is looked up, and the
//! nearest names for one that leads nowhere. Reports nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::blocks::comparison;
use crate::diagnostic::nearest;
use crate::parse::article::anchors;
use crate::parse::front::Status;
use crate::parse::numbered::Sort;
use crate::project::{PROGRAM, Project};
use crate::site::address;
use crate::site::gallery::Galleries;
use crate::site::ids::{ArticleId, PartId, SideId};
use crate::site::numbers;
use crate::site::page::{Page, has_glossary, has_sources};
use crate::site::series::{Series, State};
use crate::site::{PublishedFile, Role, Site};
use crate::text::path::{join, relative};
use crate::text::source::nfc;

/// What a path of the project or an address of the site stands for.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    Part(PartId),
    Side(SideId),
    /// An article that is neither, and whether it has a page.
    Page {
        article: ArticleId,
        out: bool,
    },
    /// A page that has no article, or may have one, as the home page does.
    Made(&'a Page),
    /// A source of a series that is a draft as a whole.
    Hidden,
    /// Something that is there and of which nothing is known, as has been reported.
    Unknown,
    File(&'a PublishedFile),
    /// A file that is made from the whole site, or is taken as it is.
    Plain,
    /// A source that no page shows, and why.
    Unshown(&'static str),
}

impl Destination<'_> {
    /// Whether readers get to see it.
    pub fn state(self, site: &Site) -> State {
        match self {
            Destination::Part(part) | Destination::Side(SideId { part, .. }) => site.part(part).state,
            Destination::Page { out: false, .. } | Destination::Hidden => State::Draft,
            Destination::File(file) => file.state,
            Destination::Page { .. }
            | Destination::Made(_)
            | Destination::Plain
            | Destination::Unshown(_)
            | Destination::Unknown => State::Out,
        }
    }

    /// Whether it is a page, which has a language.
    pub fn is_page(self) -> bool {
        matches!(self, Destination::Part(_) | Destination::Side(_) | Destination::Page { .. } | Destination::Made(_))
    }

    /// The article whose text stands there.
    pub fn article(self, site: &Site) -> Option<ArticleId> {
        match self {
            Destination::Part(part) => site.part(part).article,
            Destination::Side(side) => Some(site.side(side).article),
            Destination::Page { article, .. } => Some(article),
            Destination::Made(Page::Home) => site.home,
            Destination::Made(Page::Series(folder)) => site.series(*folder).opening,
            Destination::Made(_)
            | Destination::Hidden
            | Destination::File(_)
            | Destination::Plain
            | Destination::Unshown(_)
            | Destination::Unknown => None,
        }
    }
}

/// Where a path or an address leads.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    /// Below the base.
    pub address: String,
    /// Where on the page, for a source that is a piece of one.
    pub anchor: Option<String>,
    pub to: Destination<'a>,
}

/// The anchors of a page, and what each of them is.
pub type Anchors<'a> = BTreeMap<Cow<'a, str>, Anchor<'a>>;

/// What an anchor leads to, as far as a reference can say it.
#[derive(Debug, Clone, Copy)]
pub enum Anchor<'a> {
    /// A heading, by its text.
    Heading(&'a str),
    /// What has a number, by its place among its sort.
    Numbered(Sort, usize),
    /// An element without words of its own.
    Element,
}

/// The map of a site.
#[derive(Debug)]
pub struct Routes<'a> {
    pub site: &'a Site,
    pub galleries: &'a Galleries,
    /// By path below the root.
    paths: BTreeMap<String, Route<'a>>,
    /// By address below the base.
    addresses: BTreeMap<String, Destination<'a>>,
    /// Addresses that lead on to others, of the originals' map for all languages; absent where rules of the project's
    /// own may lead on from any.
    pub old: Option<BTreeSet<String>>,
    /// Whether there is nothing that could not be read.
    pub all_known: bool,
    /// The anchors of articles, of glossaries and of galleries, each made when the first link asks for one of
    /// them.
    articles: Vec<OnceLock<Anchors<'a>>>,
    glossaries: Vec<OnceLock<Anchors<'a>>>,
    comparisons: Vec<OnceLock<Anchors<'a>>>,
}

/// What has an address whatever its source is.
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'a> {
    /// The pages of the site, with their addresses below the base.
    pub pages: &'a [(String, Page)],
    /// Files that are made from the whole site.
    pub made: &'a [String],
}

/// Draws the map: what a site holds is its pages, its files, and what is made from the whole of it.
/// A part or a page that isn't out has an address all the same, so that a link there can say why it
/// fails. What is added later stands over what was there. The map of a translated site has what is translated alone,
/// by the paths of originals as well; all else is looked up in theirs.
pub fn routes<'a>(
    project: &Project,
    site: &'a Site,
    galleries: &'a Galleries,
    Addresses { pages, made }: Addresses<'a>,
) -> Routes<'a> {
    let (paths, addresses, old) = (BTreeMap::new(), BTreeMap::new(), None);
    let one_each = |count: usize| std::iter::repeat_with(OnceLock::new).take(count).collect();
    let (articles, all_known) = (one_each(site.articles.ids().count()), site.is_clear());
    let (glossaries, comparisons) = (one_each(site.folders().count()), one_each(site.folders().count()));
    let mut routes = Routes { site, galleries, paths, addresses, old, all_known, articles, glossaries, comparisons };
    for (address, page) in pages {
        routes.addresses.insert(address.clone(), Destination::Made(page));
    }
    for address in made {
        routes.addresses.insert(address.clone(), Destination::Plain);
    }
    for path in project.statics.keys() {
        routes.add(format!("static/{path}"), path.clone(), Destination::Plain);
    }
    let path_of = |article: ArticleId| project.sources.path(site.article(article).source).to_string();
    let paths_of = |article: ArticleId| {
        let original = site.original_of(article).map(|source| project.sources.path(source).to_string());
        std::iter::once(path_of(article)).chain(original).collect::<Vec<_>>()
    };
    for (address, page) in pages {
        routes.add_sources(address, page, &paths_of);
    }
    site.folders().for_each(|series| routes.add_series(series, &paths_of));
    for single in &site.singles {
        let to = Destination::Page { article: single.article, out: single.out };
        routes.add_all(paths_of(single.article), &single.address, to);
    }
    for (path, file) in &site.files {
        routes.add(path.clone(), file.address.clone(), Destination::File(file));
    }
    for (path, other) in &site.other_files {
        let Some(file) = site.files.get(other) else { continue };
        let route = Route { address: file.address.clone(), anchor: None, to: Destination::File(file) };
        routes.paths.insert(path.clone(), route);
    }
    // Articles in no plan and on no page: drafts that nothing may link to, and what some plan lacks.
    let is_lost = |article: &ArticleId| matches!(site.role(*article), Role::Unlisted(_) | Role::Unknown);
    for article in site.articles.ids().filter(is_lost) {
        let is_draft = site.article(article).front.status == Status::Draft;
        let to = if is_draft { Destination::Page { article, out: false } } else { Destination::Unknown };
        routes.add_path(path_of(article), to);
    }
    routes
}

/// Where the sources of a series lie.
fn folder(series: &Series) -> String {
    format!("content/{}", series.plan.id)
}

impl<'a> Routes<'a> {
    /// Every anchor of an article: of its headings, of a first one that repeats the title, of what has a number, and
    /// the ids of raw HTML.
    pub fn anchors_of(&self, article: ArticleId) -> &Anchors<'a> {
        self.articles[article.index()].get_or_init(|| {
            let counted = numbers::counted(self.site, article);
            let article = self.site.article(article);
            let mut known: Anchors<'a> =
                anchors(article).into_iter().map(|anchor| (Cow::Borrowed(anchor), Anchor::Element)).collect();
            for (thing, at) in counted {
                known.insert(Cow::Borrowed(&thing.id), Anchor::Numbered(thing.sort, at));
            }
            // Of two headings with one anchor the first is meant.
            for heading in article.headings.iter().rev() {
                known.insert(Cow::Borrowed(&heading.id), Anchor::Heading(&heading.text));
            }
            known
        })
    }

    /// The anchors of what a link leads to, and what one of them is; `None` for pages whose anchors are
    /// the template's own affair.
    pub fn anchors(&self, to: Destination<'_>) -> Option<(&Anchors<'a>, &'static str)> {
        if let Some(article) = to.article(self.site) {
            let what = if self.site.article(article).numbered.is_empty() { "heading" } else { "anchor" };
            return Some((self.anchors_of(article), what));
        }
        match to {
            Destination::Made(Page::Glossary(at)) => {
                let known = self.glossaries[at.index()].get_or_init(|| {
                    let terms = self.site.series(*at).shown_terms().into_iter();
                    terms.map(|(id, ..)| (Cow::Borrowed(id), Anchor::Element)).collect()
                });
                Some((known, "term"))
            }
            Destination::Made(Page::Comparisons(at)) => {
                let known = self.comparisons[at.index()].get_or_init(|| {
                    let entries = self.galleries.of(*at).iter();
                    entries.map(|entry| (Cow::Owned(comparison::anchor(&entry.id)), Anchor::Element)).collect()
                });
                Some((known, "comparison"))
            }
            _ => None,
        }
    }

    /// What lies at a path below the root.
    pub fn path(&self, path: &str) -> Option<&Route<'a>> {
        self.paths.get(path)
    }

    /// What lies at an address below the base; a page may be typed without the slash at its end.
    pub fn address(&self, address: &str) -> Option<Route<'a>> {
        let address = nfc(address);
        let with_slash = format!("{address}/");
        let meant = [address.as_ref(), &with_slash, address.strip_suffix("index.html").unwrap_or(&with_slash)];
        meant.into_iter().find_map(|address| {
            let to = *self.addresses.get(address)?;
            Some(Route { address: address.to_string(), anchor: None, to })
        })
    }

    fn add(&mut self, path: String, address: String, to: Destination<'a>) {
        self.addresses.insert(address.clone(), to);
        self.paths.insert(path, Route { address, anchor: None, to });
    }

    /// The parts of a series with their side pages, and what lies beside them.
    fn add_series(&mut self, series: &'a Series, paths_of: &dyn Fn(ArticleId) -> Vec<String>) {
        let is_original = self.site.is_original();
        for part in &series.parts {
            let paths = match part.article {
                Some(article) => paths_of(article),
                // A part without a file can be linked to as well: by the file it will have.
                None if is_original => vec![format!("{}/{}.md", folder(series), part.id)],
                None => continue,
            };
            self.add_all(paths, &part.address, Destination::Part(part.at));
            for side in &part.sides {
                self.add_all(paths_of(side.article), &side.address, Destination::Side(side.at));
            }
        }
        match series.is_shown() {
            _ if !is_original => {}
            true => self.add_unshown(series),
            false => self.add_hidden(series),
        }
    }

    fn add_all(&mut self, paths: Vec<String>, address: &str, to: Destination<'a>) {
        for path in paths {
            self.add(path, address.to_string(), to);
        }
    }

    /// Adds a path that no address belongs to.
    fn add_path(&mut self, path: String, to: Destination<'a>) {
        self.paths.insert(path, Route { address: String::new(), anchor: None, to });
    }

    /// The sources that stand for a page, where a page is not that of one article.
    fn add_sources(&mut self, address: &str, page: &'a Page, paths_of: &dyn Fn(ArticleId) -> Vec<String>) {
        let (site, galleries, to) = (self.site, self.galleries, Destination::Made(page));
        let mut add = |path: String, anchor| {
            self.addresses.insert(address.to_string(), to);
            self.paths.insert(path, Route { address: address.to_string(), anchor, to });
        };
        match page {
            Page::Home => {
                add("content".into(), None);
                site.home.into_iter().flat_map(paths_of).for_each(|path| add(path, None));
            }
            Page::Series(series) => {
                let series = site.series(*series);
                let folder = folder(series);
                add(format!("{folder}/{}", series.plan.order.file()), None);
                add(folder, None);
                series.opening.into_iter().flat_map(paths_of).for_each(|path| add(path, None));
            }
            Page::Comparisons(series) => {
                let folder = format!("{}/comparisons", folder(site.series(*series)));
                for entry in galleries.of(*series) {
                    add(format!("{folder}/{}.toml", entry.id), Some(comparison::anchor(&entry.id)));
                }
                add(folder, None);
            }
            Page::Glossary(series) => add(format!("{}/glossary.toml", folder(site.series(*series))), None),
            Page::Code(series) => add(format!("{}/{PROGRAM}", folder(site.series(*series))), None),
            Page::Sources(series) => add(format!("{}/sources.bib", folder(site.series(*series))), None),
            Page::Part(_)
            | Page::Side(_)
            | Page::Earlier(..)
            | Page::Print(_)
            | Page::Single(_)
            | Page::Tags
            | Page::Tag(_)
            | Page::Search
            | Page::NotFound => {}
        }
    }

    /// The sources of a series that is a draft, and the address that it will have.
    fn add_hidden(&mut self, series: &Series) {
        let folder = folder(series);
        let shared = series.shared.keys().map(|id| format!("comparisons/{id}.toml"));
        for source in ["series.toml".into(), "glossary.toml".into(), "sources.bib".into()].into_iter().chain(shared) {
            self.add_path(format!("{folder}/{source}"), Destination::Hidden);
        }
        let address = Page::Series(series.at).address(self.site);
        self.add(folder, address, Destination::Hidden);
    }

    /// The sources of a series that are there and that no page shows.
    fn add_unshown(&mut self, series: &'a Series) {
        let gallery = self.galleries.of(series.at);
        for id in series.shared.keys().filter(|id| gallery.iter().all(|entry| entry.id != **id)) {
            let why = Destination::Unshown("no published part uses it");
            self.add_path(format!("{}/comparisons/{id}.toml", folder(series)), why);
        }
        if series.glossary.is_some() && !has_glossary(series) {
            let why = Destination::Unshown("no published part teaches a term of it");
            self.add_path(format!("{}/glossary.toml", folder(series)), why);
        }
        if series.sources.is_some() && !has_sources(series) {
            let why = Destination::Unshown("it has no source, or no part is out");
            self.add_path(format!("{}/sources.bib", folder(series)), why);
        }
    }
}

/// The address most like one that nothing has: a slip in one of its pieces.
pub fn nearest_address<'r>(address: &str, routes: &'r Routes<'_>) -> Option<&'r str> {
    // The same page, as other hosts show it.
    let stem = address::folder(address);
    for ending in ["/", ".html"] {
        if let Some((known, _)) = routes.addresses.get_key_value(&format!("{stem}{ending}")) {
            return Some(known);
        }
    }
    let (folder, piece) = split(address);
    let known = || routes.addresses.keys().map(String::as_str);
    let beside = known().filter(|known| split(known).0 == folder);
    let pieces: Vec<(&str, &str)> = beside.map(|known| (split(known).1, known)).collect();
    let near = nearest(piece, pieces.iter().map(|(piece, _)| *piece));
    near.and_then(|near| pieces.iter().find(|(piece, _)| *piece == near)).map(|(_, known)| *known).or_else(|| {
        let known = known().filter(|known| split(known).1 == piece);
        nearest(address, known)
    })
}

/// A path or an address as its folder and its last piece.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The source most like a path that leads nowhere, as one would type it in the source `from`, which is
/// itself never meant.
pub fn nearest_path(path: &str, from: &str, routes: &Routes<'_>) -> Option<String> {
    let folder = split(from).0;
    let wanted = join(folder, path)?;
    let known = || routes.paths.keys().map(String::as_str).filter(|known| *known != from);
    let is_known = |path: &str| path != from && routes.paths.contains_key(path);
    // An article as other programs link to it: by its address, or as the page that it becomes.
    let stem = wanted.strip_suffix(".html").or_else(|| wanted.strip_suffix(".htm")).unwrap_or(&wanted);
    let article = [format!("{stem}.md"), format!("{stem}/index.md")].into_iter().find(|path| is_known(path));
    if let Some(article) = article {
        return Some(relative(folder, &article));
    }
    // A file of the same kind, in whose name is a slip; or of that very name in another folder; or of
    // another kind.
    let (beside, stem, kind) = name(&wanted);
    let slip = |among: &mut dyn Iterator<Item = &'_ str>| {
        let kin: Vec<&str> = among.filter(|known| name(known).2 == kind).collect();
        let near = nearest(stem, kin.iter().map(|known| name(known).1))?;
        kin.into_iter().find(|known| name(known).1 == near).map(str::to_string)
    };
    let same_name = || known().filter(|known| name(known).1 == stem && name(known).2 == kind);
    let near = slip(&mut known().filter(|known| name(known).0 == beside))
        .or_else(|| nearest(&wanted, same_name()).or_else(|| same_name().next()).map(str::to_string))
        .or_else(|| {
            let renamed = |known: &&str| name(known).1 == stem && (name(known).2 == "md") == (kind == "md");
            let near = known().filter(renamed);
            near.min_by_key(|known| name(known).0 != beside).map(str::to_string)
        })
        .or_else(|| slip(&mut known()))?;
    Some(relative(folder, &near))
}

/// The source that a path below `content/` means in Zola, as one would type it from a file.
pub fn zola_path(below: &str, from: &str, routes: &Routes<'_>) -> Option<String> {
    let folder = below.strip_suffix("/_index.md").or_else(|| below.strip_suffix("/index.md"));
    let paths = [Some(below.to_string()), folder.map(|folder| format!("{folder}.md")), folder.map(str::to_string)];
    let mut paths = paths.into_iter().flatten().map(|path| format!("content/{path}"));
    let path = paths.find(|path| routes.paths.contains_key(path))?;
    Some(relative(split(from).0, &path))
}

/// The path that differs from one in letter case alone, as one would type it from a file.
pub fn other_case(path: &str, from: &str, routes: &Routes<'_>) -> Option<String> {
    let folder = split(from).0;
    let wanted = join(folder, path)?.to_lowercase();
    let found = routes.paths.keys().find(|known| known.len() == wanted.len() && known.to_lowercase() == wanted)?;
    Some(relative(folder, found))
}

/// A path as its folder, the name of its file, and what stands behind the dot.
fn name(path: &str) -> (&str, &str, &str) {
    let (folder, name) = split(path);
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    (folder, stem, kind)
}
