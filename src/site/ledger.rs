//! The URL ledger: every address that a part, a side page, a post, a page or a tag ever had, in `urls.toml`, so that
//! none is lost.
//!
//! In: the site and, when the project has one, its ledger. Out: [`Moves`], the old addresses with
//! where they lead now, and a diagnostic for each address that readers know and nothing would
//! answer any more. Addresses are below the base, so `--base-url` never changes them. Never writes:
//! that is `record`'s.
//!
//! ```toml
//! [series.guide]                                 # the series, by its folder
//! intro = ["/guide/intro/", "/guide/welcome/"]   # the part, by its id
//! "intro/tasks" = ["/guide/intro/tasks/"]       # a side page, by the part's id and its name
//!
//! [posts.notes]                                  # the folder of posts, likewise
//! hello = ["/notes/hello/"]
//!
//! # What is translated has its language behind its id: "intro.sv", "intro/tasks.sv".
//!
//! [pages]                                        # pages outside series, by their files
//! about = ["/about/"]
//!
//! [tags]                                         # by their addresses
//! oil = ["/tags/oil/"]
//!
//! [gone.guide]                                   # these may vanish; `[gone.notes]`, `[gone.pages]` and `[gone.tags]` too
//! old = ["/guide/old/"]
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean, quote};
use crate::parse::front::Status;
use crate::project::Project;
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, quoted, wrong_type};
use crate::settings::keys;
use crate::site::ids::ArticleId;
use crate::site::page::{Page, Paged};
use crate::site::series::{Chapter, Part, Series, State};
use crate::site::{Single, Site, was};
use crate::store::tree::OutputPath;
use crate::text::source::{Span, Spanned, nfc};

/// Old addresses, and what became of them.
#[derive(Debug, Default)]
pub struct Moves {
    pub moved: Vec<Moved>,
    /// Addresses below the base of parts that the project has no more, on purpose.
    pub gone: Vec<String>,
}

/// An old address that leads to a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Below the base, a file or a folder with its slash: `old/place/`.
    pub from: String,
    /// Below the base.
    pub to: String,
    pub origin: Origin,
    /// Where the old address stands.
    pub span: Span,
    /// The language of the page, by its place among the site's.
    pub language: usize,
}

/// Who says that an address is an old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The article, among its `aliases`.
    Alias,
    /// `urls.toml`.
    Ledger,
    /// The article or the plan, which was called otherwise before.
    Was,
}

/// Reads the ledger, and gives its old addresses with those that articles name themselves.
///
/// A part that was out and is soon or a draft again is no exception: whoever kept its address finds
/// nothing there, so it is an error like any other until `[gone]` says that it is meant. No address
/// of such a part is given, since nothing that is made of the site may name it.
///
/// `sites` are those of all languages, the originals' first.
pub fn moves(project: &Project, sites: &[Paged<'_>], out: &mut Vec<Diagnostic>) -> Moves {
    let mut moves = Moves::default();
    let mut aliases: BTreeSet<(String, String)> = BTreeSet::new();
    for moved in sites.iter().flat_map(|paged| named_by_articles(*paged)) {
        aliases.insert((composed(&moved.from), moved.to.clone()));
        moves.moved.push(moved);
    }
    let ledger = read(project, sites, out);
    // Most sites have none, and long ones many names.
    let named = sites.iter().filter(|_| !ledger.is_empty());
    let names: Vec<_> = named.map(|(site, _)| was::parts_by_name(site)).collect();
    for entry in &ledger {
        let language = language_of(entry, sites);
        let (site, found) = match language {
            Some(at) => (sites[at].0, now(entry, sites[at].0, &names[at])),
            None => (sites[0].0, Now::Lost(Lost::Language)),
        };
        let address = match found {
            Now::Out(address) => address,
            Now::Unknown => {
                // What is there can't be said yet, and why has been.
                note_missing(entry, site, out);
                continue;
            }
            Now::Lost(lost) => {
                // Another article may have taken an address over.
                let is_lost =
                    |address: &&Spanned<String>| !aliases.iter().any(|(from, _)| *from == known(&address.value));
                let addresses: Vec<&str> =
                    entry.addresses.iter().filter(is_lost).map(|address| address.value.as_str()).collect();
                if !entry.gone && (!addresses.is_empty() || entry.addresses.is_empty()) {
                    out.push(vanished(entry, &addresses, lost, site));
                } else if !matches!(lost, Lost::Part(_) | Lost::Page(_)) {
                    moves.gone.extend(entry.addresses.iter().map(|address| below_base(&address.value)));
                }
                continue;
            }
        };
        for old in &entry.addresses {
            let from = below_base(&old.value);
            // One that has moved back, or that says so itself.
            if composed(&from) == *address || aliases.contains(&(composed(&from), address.to_string())) {
                continue;
            }
            let (to, origin) = (address.to_string(), Origin::Ledger);
            moves.moved.push(Moved { from, to, origin, span: old.span, language: site.language });
        }
    }
    let told: BTreeSet<String> = moves.moved.iter().map(|moved| composed(&moved.from)).collect();
    let pages = sites.iter().flat_map(|(_, pages)| *pages);
    let taken: BTreeSet<&str> = pages.map(|(address, _)| address.as_str()).collect();
    for (site, pages) in sites {
        for (from, to, span) in was::moved(site, pages) {
            if !told.contains(&from) && !taken.contains(&*from) {
                moves.moved.push(Moved { from, to, origin: Origin::Was, span, language: site.language });
            }
        }
    }
    moves
}

/// The old addresses that articles and plans name themselves.
fn named_by_articles((site, pages): Paged<'_>) -> Vec<Moved> {
    let mut found = Vec::new();
    for (address, page) in pages {
        let of_article = page.article(site).map(|article| &*site.article(article).front.aliases);
        let of_series = match page {
            Page::Series(series) => site.series(*series).plan.aliases.as_slice(),
            _ => &[],
        };
        for alias in of_article.unwrap_or_default().iter().chain(of_series) {
            let (from, to) = (below_base(&alias.value), address.to_string());
            found.push(Moved { from, to, origin: Origin::Alias, span: alias.span, language: site.language });
        }
    }
    found
}

/// The addresses that lead on to others: those of the ledger, those that articles name themselves, and those that
/// pages had under another name.
pub fn old_addresses(project: &Project, sites: &[Paged<'_>]) -> BTreeSet<String> {
    let ledger = read(project, sites, &mut Vec::new()).into_iter().flat_map(|entry| entry.addresses);
    let mut old: BTreeSet<String> = ledger.map(|address| known(&address.value)).collect();
    for (site, pages) in sites {
        let of_series = site.series.iter().flat_map(|series| &series.plan.aliases);
        let aliases = site.articles.iter().flat_map(|article| &article.front.aliases).chain(of_series);
        old.extend(aliases.map(|alias| known(&alias.value)));
        old.extend(was::moved(site, pages).into_iter().map(|(from, ..)| from));
        old.extend(site.config.copies.iter().map(|copy| composed(&copy.at.value)));
    }
    old
}

/// The language that an entry is about, by its place among the site's; `None` for one that the site doesn't have.
fn language_of(entry: &Entry, sites: &[Paged<'_>]) -> Option<usize> {
    match entry.id.value.rsplit_once('.') {
        None => Some(0),
        Some((_, tag)) => sites.iter().skip(1).position(|(site, _)| site.config.language == tag).map(|at| at + 1),
    }
}

/// Adds to what is said of a part without a file that readers know it, so that one round is enough to let it go.
fn note_missing(entry: &Entry, site: &Site, out: &mut [Diagnostic]) {
    let Holder::Part(of, id) = entry.holder() else { return };
    let series = site.folder(of);
    let Some(place) = series.and_then(|series| series.missing.get(id.as_ref())).filter(|_| !entry.gone) else {
        return;
    };
    let said = out.iter_mut().find(|said| said.code == Code::MissingPart && said.place == Place::Span(*place));
    let Some(said) = said else { return };
    said.notes.push((entry.id.span, "its addresses are known to readers".into()));
    let gone = format!("to let it go, take it out of the plan and move this line to `[gone.{}]`", key(of));
    said.help = Some(said.help.take().map_or(gone.clone(), |help| format!("{help}; {gone}")));
}

/// The parts and pages with an address that readers know and the ledger doesn't, by their ids: were one to get
/// another, the old one would lead nowhere. Nothing when there is no ledger, or one with mistakes.
pub fn unrecorded(project: &Project, sites: &[&Site]) -> Vec<String> {
    if project.ledger.is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let paged: Vec<Paged<'_>> = sites.iter().map(|site| (*site, &[][..])).collect();
    let entries = read(project, &paged, &mut found);
    if !found.is_empty() {
        // What can't be read may hold them all.
        return Vec::new();
    }
    let mut recorded: BTreeMap<Holder<'_>, BTreeSet<String>> = BTreeMap::new();
    for entry in &entries {
        let addresses = entry.addresses.iter().map(|address| known(&address.value));
        recorded.entry(entry.holder()).or_default().extend(addresses);
    }
    let is_missing = |(holder, Held { address, .. }): &(Holder<'_>, Held<'_>)| {
        // Tags come and go with each article; the next time that addresses are recorded is soon enough.
        !matches!(holder, Holder::Tag(_)) && !recorded.get(holder).is_some_and(|known| known.contains(&**address))
    };
    let all = sites.iter().flat_map(|site| holders(site));
    all.filter(is_missing).map(|(holder, _)| holder.id().to_string()).collect()
}

/// Everything whose addresses the ledger keeps and that readers can see, with its address below the base.
pub fn holders(site: &Site) -> impl Iterator<Item = (Holder<'_>, Held<'_>)> {
    let parts = site.folders().flat_map(Series::chapters).map(|chapter| {
        let id = match chapter {
            Chapter::Part(part) => &part.id,
            Chapter::Side(side, _) => &side.path,
        };
        let folder = site.series(chapter.part().at.series);
        let holder = if folder.is_posts() { Holder::Post } else { Holder::Part };
        let held = Held { address: Cow::from(chapter.address()), article: chapter.article() };
        (holder(&folder.plan.id, in_language(id, site)), held)
    });
    let pages = site.singles_out().map(|page| {
        (
            Holder::Page(in_language(&page.id, site)),
            Held { address: Cow::from(&page.address), article: Some(page.article) },
        )
    });
    let tags = site.tags.keys().map(|tag| {
        let address = Page::Tag(tag.clone()).address(site);
        (Holder::Tag(in_language(tag, site)), Held { address: address.into(), article: None })
    });
    parts.chain(pages).chain(tags)
}

/// An id with what stands behind it in the language of a site.
fn in_language<'s>(id: &'s str, site: &Site) -> Cow<'s, str> {
    match site.id_suffix().as_str() {
        "" => Cow::Borrowed(id),
        suffix => Cow::Owned(format!("{id}{suffix}")),
    }
}

/// Where something is now.
#[derive(Debug)]
pub struct Held<'s> {
    /// Below the base.
    pub address: Cow<'s, str>,
    /// What may name further addresses of it.
    pub article: Option<ArticleId>,
}

impl Moves {
    /// Leaves of what is gone what no output has taken over since, each address once: two parts may
    /// have had it, one after the other.
    pub fn leave_gone(&mut self, is_output: impl Fn(&str) -> bool) {
        let mut seen = BTreeSet::new();
        self.gone.retain(|address| !is_output(address) && seen.insert(address.clone()));
    }
}

/// An address as typed, `/old/place`, as an address below the base: `old/place/`.
pub fn below_base(typed: &str) -> String {
    let path = typed.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') || path.ends_with(".html") { path.into() } else { format!("{path}/") }
}

/// An address as typed, as one below the base that can be compared with others (NFC).
pub fn known(typed: &str) -> String {
    composed(&below_base(typed))
}

fn composed(address: &str) -> String {
    nfc(address).into_owned()
}

/// What has addresses of its own. A translation has its language behind its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder<'a> {
    /// By the id of its series and its own; a side page by its path, `intro/tasks`.
    Part(&'a str, Cow<'a, str>),
    /// By the id of its folder and its own.
    Post(&'a str, Cow<'a, str>),
    /// A page outside series, by the path of its file in `content/` without `.md`.
    Page(Cow<'a, str>),
    /// By its address below that of all tags.
    Tag(Cow<'a, str>),
}

/// The tables with the tables of each series and of each folder of posts, and those of what stands in none.
pub const SERIES: &str = "series";
pub const POSTS: &str = "posts";
pub const PAGES: &str = "pages";
pub const TAGS: &str = "tags";

impl<'a> Holder<'a> {
    /// Its key in its table.
    pub fn id(&self) -> &str {
        match self {
            Holder::Part(_, id) | Holder::Post(_, id) | Holder::Page(id) | Holder::Tag(id) => id,
        }
    }

    /// The table that its table stands in; nothing for one at the top.
    pub fn outer_table(&self) -> Option<&'static str> {
        match self {
            Holder::Part(..) => Some(SERIES),
            Holder::Post(..) => Some(POSTS),
            Holder::Page(_) | Holder::Tag(_) => None,
        }
    }

    /// Its table: that of its series, below `[series]`, of its folder, below `[posts]`, or one of its kind. Below
    /// `[gone]` it has the same name.
    pub fn table(&self) -> &'a str {
        match self {
            Holder::Part(folder, _) | Holder::Post(folder, _) => folder,
            Holder::Page(_) => PAGES,
            Holder::Tag(_) => TAGS,
        }
    }
}

/// What the ledger says of one of them.
struct Entry {
    kind: Kind,
    /// The id of its series or folder, or the table of its kind.
    table: String,
    id: Spanned<String>,
    addresses: Vec<Spanned<String>>,
    gone: bool,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Part,
    Post,
    Page,
    Tag,
}

impl Entry {
    fn holder(&self) -> Holder<'_> {
        let id = Cow::Borrowed(self.id.value.as_str());
        match self.kind {
            Kind::Part => Holder::Part(&self.table, id),
            Kind::Post => Holder::Post(&self.table, id),
            Kind::Page => Holder::Page(id),
            Kind::Tag => Holder::Tag(id),
        }
    }
}

fn read(project: &Project, sites: &[Paged<'_>], out: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let Some(source) = project.ledger else { return entries };
    let Some(table) = parse_toml(&Excerpt::whole(project.sources.text(source), source, 0), out) else {
        return entries;
    };
    let mut fields = Fields::new(&table, &keys::LEDGER);
    for (name, kind) in [(SERIES, Some(Kind::Part)), (POSTS, Some(Kind::Post)), ("gone", None)] {
        let Some(tables) = fields.table(name, out) else { continue };
        for (name, value) in &tables.entries {
            let Data::Table(table) = &value.value else {
                let wanted = if matches!(kind, Some(Kind::Post)) { "a table of posts" } else { "a table of parts" };
                wrong_type::<()>(&name.value, wanted, value, out);
                continue;
            };
            let gone = kind.is_none();
            let kind =
                kind.unwrap_or_else(|| sites.first().map_or(Kind::Part, |(site, _)| kind_of_gone(&name.value, site)));
            read_table(&name.value, table, (kind, gone), &mut entries, out);
        }
    }
    for (name, kind) in [(PAGES, Kind::Page), (TAGS, Kind::Tag)] {
        let Some(table) = fields.table(name, out) else { continue };
        read_table(name, table, (kind, false), &mut entries, out);
    }
    fields.finish(out);
    let mut seen: BTreeMap<Holder<'_>, &Entry> = BTreeMap::new();
    for entry in &entries {
        if let Some(first) = seen.insert(entry.holder(), entry) {
            let (what, table) = match entry.kind {
                Kind::Part => ("part", SERIES),
                Kind::Post => ("post", POSTS),
                Kind::Page => ("page", PAGES),
                Kind::Tag => ("tag", TAGS),
            };
            let message = format!("the {what} {} stands under `[{table}]` and under `[gone]`", quote(&entry.id.value));
            out.push(
                Diagnostic::new(Code::DuplicateId, entry.id.span, message)
                    .note(first.id.span, "the first")
                    .help("keep it under one of the two, with all addresses"),
            );
        }
    }
    entries
}

/// What stands in a table of this name below `[gone]`. A series or a folder of posts may have any name.
fn kind_of_gone(name: &str, site: &Site) -> Kind {
    match (site.folder(name), name) {
        (Some(folder), _) if folder.is_posts() => Kind::Post,
        (None, PAGES) => Kind::Page,
        (None, TAGS) => Kind::Tag,
        _ => Kind::Part,
    }
}

fn read_table(
    name: &str,
    table: &Table,
    (kind, gone): (Kind, bool),
    entries: &mut Vec<Entry>,
    out: &mut Vec<Diagnostic>,
) {
    for (id, addresses) in &table.entries {
        let addresses = read_addresses(id, addresses, out);
        entries.push(Entry { kind, table: name.to_string(), id: id.clone(), addresses, gone });
    }
}

fn read_addresses(part: &Spanned<String>, value: &Spanned<Data>, out: &mut Vec<Diagnostic>) -> Vec<Spanned<String>> {
    let Data::List(items) = &value.value else {
        wrong_type::<()>(&part.value, "a list of addresses", value, out);
        return Vec::new();
    };
    let mut addresses: Vec<Spanned<String>> = Vec::new();
    for item in items {
        let Data::String(address) = &item.value else {
            wrong_type::<()>(&part.value, "a list of addresses", item, out);
            continue;
        };
        if !address.starts_with('/') || OutputPath::new(address[1..].trim_end_matches('/')).is_err() {
            let message = format!("{} is no address of this site", quote(address));
            out.push(
                Diagnostic::new(Code::InvalidValue, item.span, message)
                    .help("write it below `base_url`, like `/guide/intro/`"),
            );
            continue;
        }
        if let Some(first) = addresses.iter().find(|first| known(&first.value) == known(address)) {
            let message = format!("the address {} stands twice", quote(address));
            out.push(
                Diagnostic::new(Code::DuplicateId, item.span, message).note(first.span, "the first").help("remove one"),
            );
            continue;
        }
        addresses.push(Spanned::new(address.clone(), item.span));
    }
    addresses
}

/// Where what the ledger knows is now.
enum Now<'s> {
    /// At this address below the base.
    Out(Cow<'s, str>),
    Lost(Lost<'s>),
    /// Something that may hold it couldn't be read.
    Unknown,
}

/// Why nothing answers any more.
#[derive(Debug, Clone, Copy)]
enum Lost<'s> {
    /// It is there and not out.
    Part(&'s Part),
    Page(&'s Single),
    /// It isn't there, and neither is its series.
    Series,
    /// Its series is there without it.
    OfSeries(&'s Series),
    /// Its part is there without it.
    OfPart(&'s Part),
    /// No page or tag is called so.
    Name,
    /// It was a translation into a language that the site doesn't have.
    Language,
}

fn now<'s>(entry: &Entry, site: &'s Site, named: &BTreeMap<(String, String), &'s Part>) -> Now<'s> {
    let id = entry.id.value.strip_suffix(&site.id_suffix()).unwrap_or(&entry.id.value);
    match entry.kind {
        Kind::Part | Kind::Post => {
            let of = &entry.table;
            let series = site.folder(of);
            let (id, side) = id.split_once('/').map_or((id, None), |(part, side)| (part, Some(side)));
            match named.get(&(of.clone(), id.to_string())).copied() {
                Some(part) if part.is_out() && side.is_some() => side_now(part, side.unwrap_or_default(), site),
                Some(part) if part.is_out() => Now::Out(Cow::from(&part.address)),
                Some(part) if part.unread => Now::Unknown,
                Some(part) => Now::Lost(Lost::Part(part)),
                None if site.may_have_part(of, id) => Now::Unknown,
                None => Now::Lost(series.map_or(Lost::Series, Lost::OfSeries)),
            }
        }
        Kind::Page => match site.singles.iter().find(|page| page.id == id) {
            Some(page) if page.out => Now::Out(Cow::from(&page.address)),
            Some(page) => Now::Lost(Lost::Page(page)),
            None if site.may_have_path(&format!("content/{id}.md")) => Now::Unknown,
            None => Now::Lost(Lost::Name),
        },
        Kind::Tag if site.tags.contains_key(id) => Now::Out(Page::Tag(id.to_string()).address(site).into()),
        // Any article may have it.
        Kind::Tag if site.has_unread() => Now::Unknown,
        Kind::Tag => Now::Lost(Lost::Name),
    }
}

/// Where a side page of a part that is out is now.
fn side_now<'s>(part: &'s Part, name: &str, site: &'s Site) -> Now<'s> {
    if let Some(side) = part.sides.iter().find(|side| side.name == name) {
        return Now::Out(Cow::from(&side.address));
    }
    let folder = format!("content/{}/{}", site.series(part.at.series).plan.id, part.id);
    let forms = [format!("{folder}/{name}.md"), format!("{folder}/{name}/index.md")];
    if forms.iter().any(|path| site.may_have_path(path)) { Now::Unknown } else { Now::Lost(Lost::OfPart(part)) }
}

/// `addresses` are those that nothing else has.
fn vanished(entry: &Entry, addresses: &[&str], lost: Lost<'_>, site: &Site) -> Diagnostic {
    let listed = crate::diagnostic::list(addresses.iter().copied(), "and");
    let what = match addresses.len() {
        0 => "the addresses".to_string(),
        1 => format!("the address {listed}"),
        _ => format!("the addresses {listed}"),
    };
    if let Lost::Part(part) = lost
        && let (Some(date), Status::Published, Some(article)) = (part.due, part.status, part.article)
        && date.instant > site.now
    {
        let front = &site.article(article).front;
        let noun = site.series(part.at.series).plan.order.noun();
        let message =
            format!("{what} would vanish: the {noun} {} is published, and its date lies ahead", quote(&part.id));
        let at = if front.date.is_some() { front.date_span } else { part.span };
        return Diagnostic::new(Code::VanishedAddress, at, message)
            .note(entry.id.span, "readers know it already")
            .help("correct the date");
    }
    let (why, rename) = why(entry, lost, site);
    let gone = format!("if it is meant, move this line to `[gone.{}]`", key(&entry.table));
    let help = rename.map_or(gone.clone(), |rename| format!("{rename}; {gone}"));
    Diagnostic::new(Code::VanishedAddress, entry.id.span, format!("{what} would vanish: {why}")).help(help)
}

/// Why nothing answers any more, and what to do if it only has another name.
fn why(entry: &Entry, lost: Lost<'_>, site: &Site) -> (String, Option<String>) {
    let (of, id) = (&entry.table, &entry.id.value);
    let with = |help: String, near: Option<String>| near.map_or(help.clone(), |near| format!("{help} ({near})"));
    match (lost, entry.kind) {
        (Lost::Language, _) => {
            let tag = id.rsplit_once('.').map_or(id.as_str(), |(_, tag)| tag);
            (format!("the site has no language {}", quote(tag)), Some(format!("declare it: `[languages.{tag}]`")))
        }
        (Lost::Part(part), _) if part.state == State::Original => {
            let noun = site.series(part.at.series).plan.order.noun();
            let tag = &site.config.language;
            (format!("the {noun} {} has no translation into {}", quote(&part.id), quote(tag)), None)
        }
        (Lost::Part(part), _) => {
            let state = if part.state == State::Soon { "soon" } else { "a draft" };
            (format!("the {} {} is {state}", site.series(part.at.series).plan.order.noun(), quote(&part.id)), None)
        }
        (Lost::Page(page), _) => (format!("the page {} is a draft", quote(&page.id)), None),
        (Lost::OfPart(part), _) => {
            let name = id.split_once('/').map_or(id.as_str(), |(_, name)| name);
            let near = did_you_mean(name, part.sides.iter().map(|side| side.name.as_str()));
            (
                format!("the part {} has no side page {}", quote(&part.id), quote(name)),
                Some(with(renamed_file(entry), near)),
            )
        }
        (Lost::OfSeries(series), _) => {
            let id = id.split('/').next().unwrap_or(id);
            let near = did_you_mean(id, series.parts.iter().map(|part| part.id.as_str()));
            let noun = series.plan.order.noun();
            let help = format!("if the {noun} has another id now, write `was` into its file");
            let whole = if series.is_posts() { "folder" } else { "series" };
            (format!("the {whole} {} has no {noun} {}", quote(of), quote(id)), Some(with(help, near)))
        }
        (Lost::Series | Lost::Name, Kind::Part) => {
            let near = did_you_mean(of, site.series.iter().map(|series| series.plan.id.as_str()));
            let help = format!("if the series has another id now, write `was = [{of:?}]` into its `series.toml`");
            (format!("there is no series {}", quote(of)), Some(with(help, near)))
        }
        (Lost::Series | Lost::Name, Kind::Post) => {
            let near = did_you_mean(of, site.posts.iter().map(|folder| folder.plan.id.as_str()));
            let help = format!("if the folder has another name now, write `was = [{of:?}]` into its `posts.toml`");
            (format!("there is no folder of posts {}", quote(of)), Some(with(help, near)))
        }
        (Lost::Series | Lost::Name, Kind::Page) => {
            let near = did_you_mean(id, site.singles.iter().map(|page| page.id.as_str()));
            (format!("there is no page {}", quote(id)), Some(with(renamed_file(entry), near)))
        }
        (Lost::Series | Lost::Name, Kind::Tag) => {
            let help =
                format!("if it is spelled otherwise now, put its `name` under `[tags.{}]` in `partwork.toml`", key(id));
            (format!("nothing that is out has the tag {}", quote(id)), Some(help))
        }
    }
}

fn renamed_file(entry: &Entry) -> String {
    let addresses: Vec<_> = entry.addresses.iter().map(|address| quoted(&address.value)).collect();
    format!("if its file has another name now, write `aliases = [{}]` into it", addresses.join(", "))
}

/// A text as a key of TOML.
fn key(text: &str) -> String {
    toml_edit::Key::new(text).display_repr().into_owned()
}
