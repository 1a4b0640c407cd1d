//! The URL ledger: every address that a part ever had, in `urls.toml`, so that none is lost.
//!
//! In: the site and, when the project has one, its ledger. Out: [`Moves`], the old addresses with
//! where they lead now, and a diagnostic for each address that readers know and nothing would
//! answer any more. Addresses are below the base, so `--base-url` never changes them. Never writes:
//! that is `record`'s.
//!
//! ```toml
//! [series.guide]                                 # the series, by its folder
//! intro = ["/guide/intro/", "/guide/welcome/"]   # the part, by its id
//!
//! [gone.guide]                                   # these may vanish
//! old = ["/guide/old/"]
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Place, did_you_mean, quote};
use crate::parse::front::Status;
use crate::project::Project;
use crate::settings::data::{Data, Excerpt, Fields, parse_toml, wrong_type};
use crate::settings::keys;
use crate::site::ids::ArticleId;
use crate::site::page::Page;
use crate::site::series::{Part, Series, State};
use crate::site::{Site, was};
use crate::store::tree::OutputPath;
use crate::text::source::{Span, Spanned};

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
pub fn moves(project: &Project, site: &Site, pages: &[(String, Page)], out: &mut Vec<Diagnostic>) -> Moves {
    let mut moves = Moves::default();
    let former = was::former_parts(site);
    let mut aliases: BTreeSet<(String, &str)> = BTreeSet::new();
    for (article, address) in published_articles(site) {
        for alias in &site.article(article).front.aliases {
            let from = below_base(&alias.value);
            aliases.insert((from.clone(), address));
            moves.moved.push(Moved { from, to: address.to_string(), origin: Origin::Alias, span: alias.span });
        }
    }
    let ledger = read(project, out);
    for entry in &ledger {
        let now = former.get(&(entry.series.value.clone(), entry.part.value.clone()));
        let found = find(site, &entry.series.value, &entry.part.value).or_else(|why| now.copied().ok_or(why));
        let Some(part) = found.ok().filter(|part| part.is_out()) else {
            let unknown =
                found.map_or_else(|_| site.may_have_part(&entry.series.value, &entry.part.value), |part| part.unread);
            // Another article may have taken an address over.
            let is_lost =
                |address: &&Spanned<String>| !aliases.iter().any(|(from, _)| *from == below_base(&address.value));
            let lost: Vec<&str> =
                entry.addresses.iter().filter(is_lost).map(|address| address.value.as_str()).collect();
            if unknown {
                // What is there can't be said yet, and why has been.
                note_missing(entry, site, out);
            } else if !entry.gone && (!lost.is_empty() || entry.addresses.is_empty()) {
                out.push(vanished(entry, &lost, found, site));
            } else if found.is_err() {
                moves.gone.extend(entry.addresses.iter().map(|address| below_base(&address.value)));
            }
            continue;
        };
        for address in &entry.addresses {
            let from = below_base(&address.value);
            // A part that has moved back, or that says so itself.
            if from == part.address || aliases.contains(&(from.clone(), &part.address)) {
                continue;
            }
            moves.moved.push(Moved { from, to: part.address.clone(), origin: Origin::Ledger, span: address.span });
        }
    }
    let known: BTreeSet<String> = moves.moved.iter().map(|moved| moved.from.clone()).collect();
    for (from, to, span) in was::moved(site, pages) {
        if !known.contains(&from) && pages.iter().all(|(address, _)| *address != from) {
            moves.moved.push(Moved { from, to, origin: Origin::Was, span });
        }
    }
    moves
}

/// The addresses that lead on to others: those of the ledger, those that articles name themselves, and those that
/// pages had under another name.
pub fn old_addresses(project: &Project, site: &Site, pages: &[(String, Page)]) -> BTreeSet<String> {
    let ledger = read(project, &mut Vec::new()).into_iter().flat_map(|entry| entry.addresses);
    let aliases = site.articles.iter().flat_map(|article| article.front.aliases.iter().cloned());
    let moved = was::moved(site, pages).into_iter().map(|(from, ..)| from);
    ledger.chain(aliases).map(|address| below_base(&address.value)).chain(moved).collect()
}

/// Adds to what is said of a part without a file that readers know it, so that one round is enough to let it go.
fn note_missing(entry: &Entry, site: &Site, out: &mut [Diagnostic]) {
    let series = site.series.iter().find(|series| series.plan.id == entry.series.value);
    let Some(place) = series.and_then(|series| series.missing.get(&entry.part.value)).filter(|_| !entry.gone) else {
        return;
    };
    let said = out.iter_mut().find(|said| said.code == Code::MissingPart && said.place == Place::Span(*place));
    let Some(said) = said else { return };
    said.notes.push((entry.part.span, "its addresses are known to readers".into()));
    let gone =
        format!("to let it go, take it out of the plan and move this line to `[gone.{}]`", key(&entry.series.value));
    said.help = Some(said.help.take().map_or(gone.clone(), |help| format!("{help}; {gone}")));
}

/// The parts with an address that readers know and the ledger doesn't: were one to get another, the
/// old one would lead nowhere. Nothing when there is no ledger, or one with mistakes.
pub fn unrecorded<'s>(project: &Project, site: &'s Site) -> Vec<&'s Part> {
    if project.ledger.is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let entries = read(project, &mut found);
    if !found.is_empty() {
        // What can't be read may hold them all.
        return Vec::new();
    }
    let mut known: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for entry in &entries {
        let addresses = entry.addresses.iter().map(|address| below_base(&address.value));
        known.entry((&entry.series.value, &entry.part.value)).or_default().extend(addresses);
    }
    let is_missing = |part: &&Part| {
        let known = known.get(&(site.series(part.at.series).plan.id.as_str(), part.id.as_str()));
        !known.is_some_and(|known| known.contains(&part.address))
    };
    site.parts_out().filter(is_missing).collect()
}

impl Moves {
    /// Leaves of what is gone what no output has taken over since, each address once: two parts may
    /// have had it, one after the other.
    pub fn leave_gone(&mut self, is_output: impl Fn(&str) -> bool) {
        let mut seen = BTreeSet::new();
        self.gone.retain(|address| !is_output(address) && seen.insert(address.clone()));
    }
}

/// Articles that have a page, with their addresses.
fn published_articles(site: &Site) -> impl Iterator<Item = (ArticleId, &str)> {
    let parts = site.parts_out().filter_map(|part| Some((part.article?, part.address.as_str())));
    parts.chain(site.singles_out().map(|single| (single.article, single.address.as_str())))
}

/// An address as typed, `/old/place`, as an address below the base: `old/place/`.
pub fn below_base(typed: &str) -> String {
    let path = typed.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') || path.ends_with(".html") { path.into() } else { format!("{path}/") }
}

/// What the ledger says of one part.
struct Entry {
    series: Spanned<String>,
    part: Spanned<String>,
    addresses: Vec<Spanned<String>>,
    gone: bool,
}

/// The kinds of table that a ledger has, and whether what they hold may vanish.
const KINDS: [(&str, bool); 2] = [("series", false), ("gone", true)];

fn read(project: &Project, out: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let Some(source) = project.ledger else { return entries };
    let Some(table) = parse_toml(&Excerpt::whole(project.sources.text(source), source, 0), out) else {
        return entries;
    };
    let mut fields = Fields::new(&table, &keys::LEDGER);
    for (kind, gone) in KINDS {
        let Some(by_series) = fields.table(kind, out) else { continue };
        for (series, parts) in &by_series.entries {
            let Data::Table(parts) = &parts.value else {
                wrong_type::<()>(&series.value, "a table of parts", parts, out);
                continue;
            };
            for (part, addresses) in &parts.entries {
                let addresses = read_addresses(part, addresses, out);
                entries.push(Entry { series: series.clone(), part: part.clone(), addresses, gone });
            }
        }
    }
    fields.finish(out);
    let mut seen: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    for entry in &entries {
        if let Some(first) = seen.insert((&entry.series.value, &entry.part.value), entry.part.span) {
            let message = format!("the part {} stands under `[series]` and under `[gone]`", quote(&entry.part.value));
            out.push(
                Diagnostic::new(Code::DuplicateId, entry.part.span, message)
                    .note(first, "the first")
                    .help("keep it under one of the two, with all addresses"),
            );
        }
    }
    entries
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
        if let Some(first) = addresses.iter().find(|first| below_base(&first.value) == below_base(address)) {
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

/// Why a part of the ledger isn't one of the site.
#[derive(Debug, Clone, Copy)]
enum Missing<'a> {
    Series,
    Part(&'a Series),
}

fn find<'a>(site: &'a Site, series: &str, part: &str) -> Result<&'a Part, Missing<'a>> {
    let series = site.series.iter().find(|known| known.plan.id == series).ok_or(Missing::Series)?;
    series.parts.iter().find(|known| known.id == part).ok_or(Missing::Part(series))
}

/// `lost` are those of its addresses that nothing else has.
fn vanished(entry: &Entry, lost: &[&str], found: Result<&Part, Missing<'_>>, site: &Site) -> Diagnostic {
    let (series, part) = (&entry.series.value, &entry.part.value);
    let addresses = crate::diagnostic::list(lost.iter().copied(), "and");
    let what = match lost.len() {
        0 => "the addresses".to_string(),
        1 => format!("the address {addresses}"),
        _ => format!("the addresses {addresses}"),
    };
    if let Ok(part) = found
        && let (Some(date), Status::Published, Some(article)) = (part.date, part.status, part.article)
        && date.instant > site.now
    {
        let front = &site.article(article).front;
        let message =
            format!("{what} would vanish: the part {} is published, and its date lies ahead", quote(&part.id));
        let at = if front.date.is_some() { front.date_span } else { part.span };
        return Diagnostic::new(Code::VanishedAddress, at, message)
            .note(entry.part.span, "readers know it already")
            .help("correct the date");
    }
    let (why, rename) = match found {
        Ok(part) => {
            let state = if part.state == State::Soon { "soon" } else { "a draft" };
            (format!("the part {} is {state}", quote(&part.id)), None)
        }
        Err(Missing::Part(series)) => {
            let near = did_you_mean(part, series.parts.iter().map(|part| part.id.as_str()));
            let help = "if the part has another id now, write `was` into its file";
            let why = format!("the series {} has no part {}", quote(&series.plan.id), quote(part));
            (why, Some(near.map_or(help.to_string(), |near| format!("{help} ({near})"))))
        }
        Err(Missing::Series) => {
            let near = did_you_mean(series, site.series.iter().map(|series| series.plan.id.as_str()));
            let help = format!("if the series has another id now, write `was = [{series:?}]` into its `series.toml`");
            let why = format!("there is no series {}", quote(series));
            (why, Some(near.map_or(help.clone(), |near| format!("{help} ({near})"))))
        }
    };
    let gone = format!("if it is meant, move this line to `[gone.{}]`", key(series));
    let help = rename.map_or(gone.clone(), |rename| format!("{rename}; {gone}"));
    Diagnostic::new(Code::VanishedAddress, entry.part.span, format!("{what} would vanish: {why}")).help(help)
}

/// A text as a key of TOML.
fn key(text: &str) -> String {
    toml_edit::Key::new(text).display_repr().into_owned()
}
