//! Translations that say what their originals said once.
//!
//! In: the site of the originals and a translated one, and what `partwork translated` wrote of the originals when they
//! were translated (`content/<folder>/translated.<tag>.toml`). Out: how far each translation is. Writes nothing.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::parse::Article;
use crate::parse::aligned::{Behind, Recorded, behind, behind_by_name};
use crate::parse::fingerprint::{Section, of_text};
use crate::parse::front::Status;
use crate::project::Project;
use crate::settings::data::{Data, Excerpt, Table, parse_toml, wrong_type};
use crate::site::Site;
use crate::site::languages::Standing;
use crate::site::translations::Translations;
use crate::text::path::folders_above;
use crate::text::source::{SourceId, Span, Spanned};

/// The translations of a language by their sources. `records` are the files that say what was translated, by folder;
/// the mistakes in them go to `out`.
pub fn standings(
    project: &Project,
    (originals, site): (&Site, &Site),
    (translations, records): (&Translations, &BTreeMap<String, SourceId>),
    out: &mut Vec<Diagnostic>,
) -> BTreeMap<SourceId, Standing> {
    let known: BTreeMap<&str, BTreeMap<String, Recorded>> =
        records.iter().map(|(folder, source)| (folder.as_str(), recorded(project, *source, out))).collect();
    let of = |site| -> BTreeMap<SourceId, &Article> {
        let site: &Site = site;
        site.articles.iter().map(|article| (article.source, article)).collect()
    };
    let (articles, translated) = (of(originals), of(site));
    let standing = |(original, source): (&SourceId, &SourceId)| {
        let path = project.sources.path(*original);
        let (folder, name) = place_of(originals, path);
        let record = known.get(folder).and_then(|record| record.get(name));
        let behind = record.map(|record| match (articles.get(original), translated.get(source)) {
            (Some(original), Some(translation)) => behind(record, &original.said, &translation.said),
            // One that can't be read is told of as such.
            (Some(_), None) | (None, Some(_)) => Vec::new(),
            (None, None) => {
                let said = |source| said_in_data(project, originals, source);
                behind_by_name(record, &said(*original), &said(*source))
            }
        });
        let record = match folder {
            "" => format!("content/translated.{}.toml", site.config.language),
            folder => format!("content/{folder}/translated.{}.toml", site.config.language),
        };
        (*source, Standing { original: *original, record, name: name.to_string(), behind })
    };
    translations.of.iter().map(standing).collect()
}

/// The folder below `content/` whose record knows a source, and what it is called there.
fn place_of<'p>(originals: &Site, path: &'p str) -> (&'p str, &'p str) {
    let path = path.strip_prefix("content/").unwrap_or(path);
    let folder = folders_above(path).find(|folder| originals.folder(folder).is_some());
    folder.map_or(("", path), |folder| (folder, &path[folder.len() + 1..]))
}

/// What a source is called when a person types it: its path below `content/`, of an article without its ending.
pub fn known_as(path: &str) -> &str {
    let name = path.strip_prefix("./").unwrap_or(path);
    let name = name.strip_prefix("content/").unwrap_or(name).trim_end_matches('/');
    let name = name.strip_suffix(".md").unwrap_or(name);
    name.strip_suffix("/index").unwrap_or(name)
}

/// The site in a further language; why there is none, in a sentence.
pub fn translated_site<'a>(sites: &'a [Site], tag: &str) -> Result<&'a Site, String> {
    let further = sites.get(1..).unwrap_or_default();
    if let Some(site) = further.iter().find(|site| site.config.language == tag) {
        return Ok(site);
    }
    if sites.first().is_some_and(|originals| originals.config.language == tag) {
        return Err(format!("{} is the language of the originals", quote(tag)));
    }
    let near = did_you_mean(tag, further.iter().map(|site| site.config.language.as_str()));
    let near = near.unwrap_or_else(|| format!("`[languages.{tag}]` in `partwork.toml` adds it"));
    Err(format!("the site has no language {}; {near}", quote(tag)))
}

/// What an original says now, section by section.
pub fn said(project: &Project, originals: &Site, original: SourceId) -> Vec<Section> {
    let article = originals.articles.iter().find(|article| article.source == original);
    article.map_or_else(|| said_in_data(project, originals, original), |article| article.said.to_vec())
}

/// The texts of a TOML file that a translation says as well, each by its keys.
fn said_in_data(project: &Project, originals: &Site, source: SourceId) -> Vec<Section> {
    let path = project.sources.path(source);
    let (folder, _) = place_of(originals, path);
    let tracks = originals.folder(folder).map(|series| series.plan.tracks.as_slice()).unwrap_or_default();
    let tracks = tracks.iter().filter(|track| track.title.is_some()).map(|track| track.id.as_str()).collect();
    // What is wrong with it has been told.
    let table = parse_toml(&Excerpt::whole(project.sources.text(source), source, 0), &mut Vec::new());
    let is_plan = matches!(path.rsplit('/').next(), Some("series.toml" | "posts.toml"));
    let mut texts = Texts { is_plan, tracks, found: Section::default() };
    table.iter().for_each(|table| texts.look(table, ""));
    vec![texts.found]
}

/// The texts of a file while they are gathered.
struct Texts<'a> {
    /// Whether they are those of a series or a folder of posts, most of whose keys say nothing to readers.
    is_plan: bool,
    /// The ids of the tracks, by which a translation may name those that its original lists.
    tracks: Vec<&'a str>,
    found: Section,
}

impl Texts<'_> {
    fn look(&mut self, table: &Table, above: &str) {
        for (key, value) in &table.entries {
            // What readers don't see, or is no text of the original's.
            let is_word = match key.value.as_str() {
                "title" | "description" | "label" | "tracks" | "parts" => true,
                _ if self.is_plan => above == "label.",
                "id" | "slug" | "category" | "permalink" | "image" | "emoji" | "forms" => false,
                _ => true,
            };
            if is_word {
                self.look_at(value, &format!("{above}{}", key.value));
            }
        }
    }

    fn look_at(&mut self, value: &Spanned<Data>, name: &str) {
        match &value.value {
            Data::String(text) => self.found.blocks.push(of_text(name, &Spanned::new(text.clone(), value.span))),
            Data::Table(table) => self.look(table, &format!("{name}.")),
            Data::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.look_at_item(item, name, at);
                }
            }
            _ => {}
        }
    }

    fn look_at_item(&mut self, item: &Spanned<Data>, list: &str, at: usize) {
        let is_plan = list == "parts" || list.starts_with("tracks.") && list.ends_with(".parts");
        let id = match &item.value {
            Data::Table(table) => table.get("id").and_then(|id| id.value.as_text()),
            _ => None,
        };
        match id {
            Some(id) if is_plan => self.look_at(item, &format!("parts.{id}")),
            // An id of a part, of an author, an address.
            None if is_plan || matches!(list, "authors" | "aliases" | "was" | "feed_paths") => {}
            _ => {
                let track = self.tracks.get(at).filter(|_| list == "tracks");
                let name = track.map_or_else(|| format!("{list}.{at}"), |id| format!("{list}.{id}"));
                self.look_at(item, &name);
            }
        }
    }
}

/// What a file says of originals, by their names.
pub fn recorded(project: &Project, source: SourceId, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Recorded> {
    let mut found = BTreeMap::new();
    let Some(table) = parse_toml(&Excerpt::whole(project.sources.text(source), source, 0), out) else { return found };
    for (name, value) in &table.entries {
        let Data::List(listed) = &value.value else {
            let _: Option<()> = wrong_type(&name.value, "a list of texts", value, out);
            continue;
        };
        let prints = |text: &str| text.split_whitespace().map(str::to_string).collect();
        let sections = listed.iter().filter_map(|section| match &section.value {
            Data::String(text) => Some(prints(text)),
            _ => wrong_type(&name.value, "a list of texts", section, out),
        });
        found.insert(name.value.clone(), sections.collect());
    }
    found
}

/// Reports where translations are behind, and those of a folder in use that nothing was recorded of.
pub fn check(project: &Project, sites: &[Site], out: &mut Vec<Diagnostic>) {
    let Some(originals) = sites.first() else { return };
    let drafts: Vec<SourceId> = originals
        .articles
        .iter()
        .filter(|article| article.front.status == Status::Draft)
        .map(|article| article.source)
        .collect();
    for site in &sites[1..] {
        let known = |record: &str| project.data.iter().any(|source| project.sources.path(*source) == record);
        for (translation, standing) in &site.standings {
            if drafts.contains(&standing.original) {
                continue;
            }
            let name = known_as(project.sources.path(standing.original));
            let remedy = format!("then say so: `partwork translated {name} --language {}`", site.config.language);
            match &standing.behind {
                Some(places) => {
                    out.extend(
                        places.iter().map(|place| told(project, (*translation, standing.original), *place, &remedy)),
                    );
                }
                None if known(&standing.record) => {
                    let message = format!("{} doesn't say what this translates", quote(&standing.record));
                    let help = format!("when it says what the original says, {}", &remedy["then ".len()..]);
                    out.push(
                        Diagnostic::new(Code::TranslationBehind, Span::start_of(*translation), message).help(help),
                    );
                }
                None => {}
            }
        }
    }
}

fn told(project: &Project, (source, original): (SourceId, SourceId), found: Behind, remedy: &str) -> Diagnostic {
    let line = |source: SourceId, at: usize| {
        let text = project.sources.text(source);
        let length = text.get(at..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        Span::new(source, at..at + length)
    };
    let (message, changed, translation) = match found {
        Behind::Block { original, translation } => ("the original of this has changed", Some(original), translation),
        Behind::Section { original, translation } => {
            ("the original of this section has changed", Some(original), translation)
        }
        Behind::Added { original, translation } => {
            ("the original says more, which would follow here", Some(original), translation)
        }
        Behind::Removed { translation } => ("the original has lost this section", None, translation),
    };
    let told = Diagnostic::new(Code::TranslationBehind, line(source, translation), message)
        .help(format!("bring it up to date, {remedy}"));
    match changed {
        Some(at) => told.note(line(original, at), "the original"),
        None => told,
    }
}
