//! From what was found to the files of a project.
//!
//! In: pages, works and files in the words of `model`, their texts translated, and where everything goes. Out: the
//! settings, the plans and the articles, as they would be typed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::tz::TimeZone;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::aliases::{Aliases, aliases, redirected};
use super::anchors::{Heading, anchors};
use super::attributes;
use super::elements;
use super::formulas;
use super::index::Index;
use super::languages;
use super::links::{Wanted, Way, rewrite};
use super::mdbook::listing_path;
use super::mentions::{Numbered, refer};
use super::meta::{key_of, list_of, toml};
use super::model::{FeedIds, Found, Front, Mapping, Order, Section, What, Work};
use super::numbers::{Numbers, numbers, without};
use super::pieces::{raw_title, whole_line};
use super::plan::{Layout, PagePlace, Role, articles};
use super::put::{Content, Out, PutError};
use super::report::{Kind, Report};
use super::texts::Texts;
use super::typed::{Edit, Place, Typed};
use super::view::{FenceAt, HeadingAt, Looked, View, view};
use crate::blocks;
use crate::cli::Tool;
use crate::diagnostic::count;
use crate::outputs::headers::PolicySources;
use crate::parse::article::anchors as ids_of;
use crate::parse::component::{Component, Components};
use crate::parse::dialect::Dialect;
use crate::parse::front::Kind as ArticleKind;
use crate::parse::{Article, Context, parse};
use crate::settings::config::BaseUrl;
use crate::settings::config::Boxes;
use crate::settings::config::policy::key;
use crate::settings::data::quoted;
use crate::site::picture;
use crate::text::punctuation::Punctuation;
use crate::text::source::{Source, SourceId, nfc};
use crate::text::url::encode;

/// The address of a site whose own nobody knows.
const PLACEHOLDER: &str = "https://example.org/";

/// All that a project is written from.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    pub texts: Texts<'a>,
    pub layout: &'a Layout,
}

/// What takes the text of an article, by its path below the project.
pub type To<'a> = dyn Fn(&str, &str) -> Result<(), PutError> + Sync + 'a;

/// What is known of an article that is written.
struct Written {
    anchors: BTreeSet<String>,
    wanted: Vec<Wanted>,
    report: Report,
    /// What its raw HTML brings along: directives of a policy with their sources.
    asked: BTreeSet<(String, String)>,
    /// Files of code that its fences name.
    listings: BTreeSet<String>,
}

/// Writes the articles; gives the files of the project.
pub fn project(whole: Whole<'_>, to: &To<'_>, report: &mut Report) -> Result<Vec<Out>, PutError> {
    let Whole { texts, layout } = whole;
    let Texts { tool, index, found, .. } = texts;
    let lists = lists(found, layout);
    let aliases = aliases(found, layout, index, report);
    let way = Way { tool, found, index, layout, lists: &lists, aliases: &aliases };
    let numbered: BTreeMap<usize, Numbers> =
        found.works.iter().enumerate().filter_map(|(at, work)| Some((at, numbers_of(found, work)?))).collect();
    let titles = titles(found, layout, &numbered);
    let named: BTreeMap<usize, Numbered<'_>> =
        numbered.iter().filter_map(|(at, numbers)| Some((*at, Numbered::new(&found.works[*at], numbers)?))).collect();
    let kinds = components();
    let home = first_chapter(&way, layout, (&titles, texts));
    let written = found.pages.par_iter().enumerate().map(|(at, page)| {
        let Some(place) = &layout.pages[at] else { return Ok(None) };
        let numbered = match place.role {
            Role::Part(work) if !place.translates => named.get(&work),
            _ => None,
        };
        let article = ToWrite { way: &way, at, place, title: &titles[at], kinds: &kinds, numbered };
        let (text, written) = article.write(texts, &page.front);
        to(&place.path, &text).map(|()| Some(written))
    });
    let written: Vec<Option<Written>> = written.collect::<Result<_, PutError>>()?;
    let broken = broken_anchors(&written, found, report);
    let mut files = Vec::new();
    let Brought { asked, listings } = brought(written, layout, &mut files, report);
    files.extend(home.or_else(|| home_of_lists(&aliases, layout)));
    for (at, work) in found.works.iter().enumerate() {
        files.push(plan(&way, (at, work), numbered.get(&at)));
        files.extend(languages::overlays(found, layout, (at, work), numbered.get(&at)));
    }
    files.extend(found.files.iter().zip(&layout.files).filter_map(|(file, path)| {
        let content = match &file.instead {
            Some(text) if text.is_empty() => return None,
            Some(text) => Content::Text(text.clone()),
            None => Content::Copy(file.from.clone()),
        };
        Some(Out { path: path.clone()?, content })
    }));
    let listed = listings.iter();
    files.extend(listed.map(|path| Out { path: listing_path(path), content: Content::Copy(path.clone()) }));
    let warns = broken || report.has(Kind::LinkTarget);
    let mut text = settings(&way, layout, warns, report);
    text.push_str(&policy(asked));
    files.push(Out { path: "partwork.toml".into(), content: Content::Text(text) });
    // Two files of the source may want one place, such as a listing and one of a folder `listings`.
    let mut taken = BTreeSet::new();
    files.retain(|file| {
        let is_first = taken.insert(file.path.clone());
        if !is_first {
            report.tell(Kind::Taken, Place::whole(&file.path), &file.path);
        }
        is_first
    });
    files.push(Out { path: ".gitignore".into(), content: Content::Text("/public/\n".into()) });
    Ok(files)
}

/// What all articles bring along.
#[derive(Default)]
struct Brought {
    /// Directives of a policy with their sources.
    asked: BTreeMap<String, BTreeSet<String>>,
    listings: BTreeSet<String>,
}

/// Takes together what is known of the articles, and adds their files.
fn brought(written: Vec<Option<Written>>, layout: &Layout, files: &mut Vec<Out>, report: &mut Report) -> Brought {
    let mut brought = Brought::default();
    for (place, written) in layout.pages.iter().zip(written) {
        let (Some(place), Some(written)) = (place, written) else { continue };
        files.push(Out { path: place.path.clone(), content: Content::Written });
        report.add(written.report);
        brought.listings.extend(written.listings);
        for (key, source) in written.asked {
            brought.asked.entry(key).or_default().insert(source);
        }
    }
    brought
}

/// The settings that let in what texts bring along.
fn policy(asked: BTreeMap<String, BTreeSet<String>>) -> String {
    let mut text = String::new();
    if !asked.is_empty() {
        text.push_str("\n# Styles, scripts and frames that texts bring along.\n[policy]\n");
    }
    for (key, sources) in asked {
        let sources: Vec<String> = sources.into_iter().collect();
        let _ = writeln!(text, "{key} = {}", list_of(&sources));
    }
    text
}

/// The addresses of lists, by the pages that they were in each language.
fn lists(found: &Found, layout: &Layout) -> BTreeMap<usize, String> {
    let works = found.works.iter().zip(&layout.works);
    let mut lists: BTreeMap<usize, String> =
        works.filter_map(|(work, place)| Some((work.list?, format!("/{}/", place.id)))).collect();
    for list in found.lists.iter().filter(|list| found.originals[**list].is_none()) {
        let address = found.heirs.get(list).map_or_else(|| "/".into(), |work| format!("/{}/", layout.works[*work].id));
        lists.entry(*list).or_insert(address);
    }
    let translated = found.originals.iter().enumerate().filter_map(|(at, original)| {
        let list = lists.get(&(*original)?)?;
        Some((at, format!("/{}{list}", found.pages[at].language.as_deref()?)))
    });
    let translated: Vec<_> = translated.collect();
    lists.extend(translated);
    lists
}

/// The blocks, whose names a fence of code may have by chance.
fn components() -> Components {
    blocks::ALL.iter().map(|kind| (kind.name.to_string(), Component::default())).collect()
}

/// Tells of links to anchors that their pages don't have.
fn broken_anchors(written: &[Option<Written>], found: &Found, report: &mut Report) -> bool {
    let mut any = false;
    for wanted in written.iter().flatten().flat_map(|written| &written.wanted) {
        let has = written[wanted.page].as_ref().is_some_and(|page| page.anchors.contains(&*nfc(&wanted.anchor)));
        if !has || found.pages[wanted.page].front.draft {
            any = true;
            report.tell(Kind::LinkTarget, wanted.place.clone(), &wanted.typed);
        }
    }
    any
}

fn numbers_of(found: &Found, work: &Work) -> Option<Numbers> {
    let Order::Plan(sections) = &work.order else { return None };
    let entries = sections.iter().flat_map(|section| &section.entries).filter(|entry| entry.numbered);
    let titles: Option<Vec<&str>> = entries
        .map(|entry| match &entry.what {
            What::Page(page) => found.pages[*page].front.title.as_deref(),
            What::Announced(title) => Some(title.as_str()),
        })
        .collect();
    numbers(&titles?)
}

/// The titles of the pages, without the numbers that plans give.
fn titles(found: &Found, layout: &Layout, numbered: &BTreeMap<usize, Numbers>) -> Vec<String> {
    let mut titles: Vec<String> = found
        .pages
        .iter()
        .zip(&layout.pages)
        .map(|(page, place)| {
            let id = place.as_ref().map_or("page", |place| place.id.as_str());
            // A home page without a title is called as its site.
            let is_home = place.as_ref().is_some_and(|place| place.role == Role::Home);
            let title = page.front.title.clone().or_else(|| found.site.title.clone().filter(|_| is_home));
            title.unwrap_or_else(|| id.replace(['-', '_'], " "))
        })
        .collect();
    for (at, numbers) in numbered {
        let Order::Plan(sections) = &found.works[*at].order else { continue };
        let entries = sections.iter().flat_map(|section| &section.entries).filter(|entry| entry.numbered);
        for ((entry, title), number) in entries.zip(&numbers.titles).zip(numbers.first..) {
            let What::Page(page) = entry.what else { continue };
            titles[page].clone_from(title);
            let translated = found.site.languages.iter().map(|language| (page, language.tag.clone()));
            for at in translated.filter_map(|key| found.translations.get(&key).copied()) {
                if let Some((_, title)) = without(&titles[at], Some(number)) {
                    titles[at] = title;
                }
            }
        }
    }
    for (at, original) in found.originals.iter().enumerate() {
        if let Some(original) = original.filter(|_| found.pages[at].front.title.is_none()) {
            titles[at] = titles[original].clone();
        }
    }
    titles
}

/// An article on its way to a file.
struct ToWrite<'a> {
    way: &'a Way<'a>,
    at: usize,
    place: &'a PagePlace,
    title: &'a str,
    kinds: &'a Components,
    numbered: Option<&'a Numbered<'a>>,
}

impl ToWrite<'_> {
    /// The text of its file, and what is known of it.
    fn write(&self, texts: Texts<'_>, front: &Front) -> (String, Written) {
        let (mut report, mut listings) = (Report::default(), BTreeSet::new());
        let text = texts.of(&self.way.found.pages[self.at], &mut listings, &mut report);
        let looked = elements::said(attributes::settled(without_comments(text), self.way.tool));
        let looked = formulas::settled(looked, &mut report);
        let typed: Vec<Heading<'_>> = looked.seen.headings.iter().map(HeadingAt::known).collect();
        let old = anchors(self.way.tool, self.way.found.site.anchors, &typed);
        let Looked { text, seen } = attributes::once(looked, &old);
        for element in seen.elements.iter().filter(|element| !element.ends) {
            report.tell(Kind::Element, text.place(element.range.start), &format!("<{}>", element.name));
        }
        let asked = self.asked(&seen.html, &text, &mut report);
        let mut edits = self.renamed(front, &seen.headings);
        if edits.is_empty() {
            edits.extend(self.shown_twice(front, &text, &seen));
        }
        edits.extend(self.raised(&text, &seen.headings));
        edits.extend(titled(&text, &seen.fences));
        let looked = Looked { text, seen }.apply(edits);
        let looked = match self.numbered {
            Some(numbered) => refer(self.way, self.at, looked, numbered),
            None => looked,
        };
        let (text, wanted) = rewrite(self.way, self.at, looked, &mut report);
        let head = self.front(front);
        let (body, anchors) = self.with_ids(&head, text.text, &old);
        (head + &body, Written { anchors, wanted, report, asked, listings })
    }

    /// Styles, scripts and frames in raw HTML, which a page has only where the settings let them in.
    fn asked(&self, html: &str, text: &Typed, report: &mut Report) -> BTreeSet<(String, String)> {
        let base = self.way.found.site.base_url.as_deref().unwrap_or(PLACEHOLDER);
        let Some(base) = BaseUrl::parse(base).ok().filter(|_| !html.is_empty()) else { return BTreeSet::new() };
        let sources = PolicySources::of_page(html, &base);
        let lines = sources.lines();
        let each = lines.lines().filter_map(|line| line.split_once(' '));
        let asked = each.filter_map(|(directive, source)| {
            // What is shown is let in without being asked for, and so is the site's own, but for frames.
            let is_shown =
                matches!(directive, "img-src" | "media-src") || source == "'self'" && directive != "frame-src";
            Some((key(directive).filter(|_| !is_shown)?.to_string(), source.to_string()))
        });
        let asked: BTreeSet<(String, String)> = asked.collect();
        if asked.iter().any(|(key, _)| key != "style") {
            report.tell(Kind::Policy, text.place(0), self.title);
        }
        asked
    }

    /// A first heading that says the title with its number says it without.
    fn renamed(&self, front: &Front, headings: &[HeadingAt]) -> Vec<Edit> {
        let Some(first) = headings.first().filter(|heading| heading.level == 1) else { return Vec::new() };
        let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let says_title =
            |heading: &HeadingAt| front.title.as_deref().is_some_and(|title| words(&heading.text) == words(title));
        let heading = |heading: &HeadingAt| {
            let id = heading.id.as_ref().map(|id| format!(" {{#{id}}}")).unwrap_or_default();
            Edit::new(heading.range.clone(), format!("# {}{id}\n", self.title))
        };
        // In a repository the title of the whole may stand above that of each article.
        let second = headings.get(1).filter(|second| self.way.tool == Tool::Folder && says_title(second));
        match second.filter(|_| !says_title(first)) {
            Some(second) => vec![Edit::new(first.range.clone(), ""), heading(second)],
            None if says_title(first) && front.title.as_deref() != Some(self.title) => vec![heading(first)],
            None => Vec::new(),
        }
    }

    /// A heading above all others that says the title alone is the title, whatever its level was.
    fn raised(&self, text: &Typed, headings: &[HeadingAt]) -> Vec<Edit> {
        let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let [first, others @ ..] = headings else { return Vec::new() };
        let is_top = first.level > 1 && others.iter().all(|other| other.level > first.level);
        let is_typed = |heading: &HeadingAt| text.text[heading.range.clone()].starts_with('#');
        let begins = text.text[..first.range.start].trim().is_empty();
        if !is_top || !begins || words(&first.text) != words(self.title) || !headings.iter().all(is_typed) {
            return Vec::new();
        }
        let starts = headings.iter().map(|heading| heading.range.start);
        starts.map(|start| Edit::new(start..start + usize::from(first.level) - 1, "")).collect()
    }

    /// An `<h1>` that the title was taken from goes, since the page has it.
    fn shown_twice(&self, front: &Front, text: &Typed, seen: &View) -> Option<Edit> {
        let before = seen.headings.first().map_or(text.text.len(), |heading| heading.range.start);
        let (range, shown) = raw_title(&text.text, seen, before).filter(|_| self.way.tool == Tool::Folder)?;
        let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let title = front.title.as_deref().map(words).filter(|title| !title.is_empty())?;
        let typed = &text.text[range.clone()];
        let says_no_more = words(&shown).ends_with(&title) && !typed.contains("<img") && !typed.contains("id=");
        says_no_more.then(|| Edit::new(whole_line(&text.text, &range), ""))
    }

    /// Gives headings the ids that readers know them by, where they would get others.
    fn with_ids(&self, head: &str, mut body: String, old: &[String]) -> (String, BTreeSet<String>) {
        let mut anchors = BTreeSet::new();
        // An id that is typed is no heading's by chance any more, which may leave it to the next.
        for _ in 0..3 {
            let Some(article) = self.article(head, &body) else { break };
            let ids: Vec<&str> = article
                .title_id
                .as_deref()
                .into_iter()
                .chain(article.headings.iter().map(|heading| &*heading.id))
                .collect();
            anchors = ids_of(&article).into_iter().map(String::from).collect();
            if ids.len() != old.len() || ids == old {
                break;
            }
            let seen = view(&body).headings;
            if seen.len() != old.len() {
                break;
            }
            let differ = ids
                .iter()
                .zip(old)
                .zip(&seen)
                .filter(|((new, old), heading)| *new != old && heading.id.is_none() && may_be_typed(old));
            let edits: Vec<Edit> = differ.map(|((_, old), heading)| with_id(&body, heading, old)).collect();
            if edits.is_empty() {
                break;
            }
            body = Typed::new(body, &"".into(), 1).apply(edits).text;
        }
        (body, anchors)
    }

    /// The article as it will be read.
    fn article(&self, head: &str, body: &str) -> Option<Article> {
        let source = Source::new(self.place.path.clone(), format!("{head}{body}"));
        let boxes = Boxes::default();
        // Some languages have spaces before signs that are no words of an id.
        let site = &self.way.found.site;
        let language = self.way.found.pages[self.at].language.as_deref().or(site.language.as_deref());
        let punctuation = Punctuation::of(language.unwrap_or("en"), site.smart_punctuation != Some(false));
        let context = Context {
            zone: &TimeZone::UTC,
            dialect: Dialect { punctuation, raw_html: true, citations: false, boxes: &boxes },
            default_title: self.title,
            components: self.kinds,
            block_kinds: blocks::ALL,
            in_languages: false,
        };
        let kind = match self.place.role {
            Role::Home => ArticleKind::Home,
            Role::Part(_) => ArticleKind::Part,
            Role::Post(_) => ArticleKind::Post,
            Role::Opening(_) => ArticleKind::Opening,
            Role::Single => ArticleKind::Page,
        };
        let kind = if self.place.translates { kind.translated() } else { kind };
        parse((source.text(), SourceId::default()), kind, &context, &mut Vec::new())
    }

    fn front(&self, front: &Front) -> String {
        let Front { description, date, updated, canonical, .. } = front;
        let mut head = String::from("+++\n");
        let is_bare = matches!(self.place.role, Role::Home | Role::Opening(_));
        line(&mut head, "title", Some(self.title));
        line(&mut head, "description", description.as_deref());
        let aliases: Vec<String> = self.way.aliases.pages[self.at].iter().cloned().collect();
        if !aliases.is_empty() {
            let _ = writeln!(head, "aliases = {}", list_of(&aliases));
        }
        if !is_bare {
            for (key, value) in [("date", date), ("updated", updated)] {
                if let Some(value) = value {
                    let _ = writeln!(head, "{key} = {value}");
                }
            }
            if front.draft && !self.place.translates {
                line(&mut head, "status", Some("draft"));
            }
            self.lists(&mut head, front);
            line(&mut head, "permalink", self.place.permalink.as_deref().map(encode).as_deref());
            line(&mut head, "canonical", canonical.as_deref());
            line(&mut head, "image", self.image(front).filter(|_| !self.place.translates).as_deref());
        }
        if matches!(self.place.role, Role::Part(_) | Role::Post(_)) {
            line(&mut head, "feed_id", self.feed_id(front).as_deref());
            line(&mut head, "thread", self.thread(front).as_deref());
        }
        let of_original = !front.translators.is_empty() && !self.place.translates;
        let image = front.image.as_ref().filter(|_| !self.place.translates && self.image(front).is_none());
        if !front.extra.is_empty() || of_original || image.is_some() {
            head.push_str("\n[extra]\n");
            line(&mut head, "image", image.map(String::as_str));
            let mut seen: BTreeSet<String> = image.map(|_| "image".to_string()).into_iter().collect();
            for (key, value) in front.extra.iter().filter(|(key, _)| seen.insert(key.clone())) {
                let _ = writeln!(head, "{} = {}", key_of(key), toml(value));
            }
            if of_original {
                let _ = writeln!(head, "translators = {}", list_of(&front.translators));
            }
        }
        head.push_str("+++\n");
        head
    }

    fn lists(&self, head: &mut String, front: &Front) {
        if self.place.translates {
            if !front.translators.is_empty() {
                let _ = writeln!(head, "translators = {}", list_of(&front.translators));
            }
            return;
        }
        if !front.authors.is_empty() && self.place.role != Role::Single {
            let _ = writeln!(head, "authors = {}", list_of(&front.authors));
        }
        if !front.tags.is_empty() && self.place.role != Role::Single {
            let _ = writeln!(head, "tags = {}", list_of(&front.tags));
        }
    }

    /// The picture of its card: a file of the site, of a kind that cards are made of.
    fn image(&self, front: &Front) -> Option<String> {
        let path = self.way.link(self.at, front.image.as_deref()?)?;
        let (_, ending) = path.rsplit_once('.')?;
        picture::KINDS.iter().any(|kind| ending.eq_ignore_ascii_case(kind)).then_some(path)
    }

    fn feed_id(&self, front: &Front) -> Option<String> {
        let site = &self.way.found.site;
        let language = self.way.found.pages[self.at].language.as_ref();
        let language = language.and_then(|tag| site.languages.iter().find(|language| language.tag == *tag));
        if language.is_some_and(|language| !language.has_feed) {
            return None;
        }
        // What has no date yet has no address of before either.
        let base = site.base_url.as_deref().filter(|_| !front.draft)?.trim_end_matches('/');
        let old = &self.way.found.pages[self.at].address;
        // An address that another page has names that one's entry.
        let is_anothers = *old != self.place.address && *old != "/" && !self.place.address.is_empty();
        let address = encode(old);
        front.feed_id.clone().or_else(|| match site.feed_ids.filter(|_| !is_anothers)? {
            FeedIds::Address => Some(format!("{base}{address}")),
            FeedIds::AddressWithoutEnding => {
                Some(format!("{base}{}", address.trim_end_matches(".html").trim_end_matches('/')))
            }
        })
    }

    /// What giscus finds the discussion of the page by
    /// (<https://github.com/giscus/giscus/blob/main/client.ts>).
    fn thread(&self, front: &Front) -> Option<String> {
        let site = &self.way.found.site;
        let mapping = site.discussion.as_ref()?.mapping;
        front.thread.clone().or_else(|| match mapping? {
            Mapping::Title => front.title.clone(),
            Mapping::Url => {
                let base = site.base_url.as_deref()?.trim_end_matches('/');
                Some(format!("{base}{}", encode(&self.way.found.pages[self.at].address)))
            }
            Mapping::Pathname => {
                let below = site.base_url.as_deref().and_then(|base| base.splitn(4, '/').nth(3)).unwrap_or_default();
                let address = encode(self.way.found.pages[self.at].address.trim_start_matches('/'));
                Some(format!("{below}{}", address.trim_end_matches(".html")))
            }
        })
    }
}

fn line(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
        let _ = writeln!(out, "{key} = {}", quoted(value.trim()));
    }
}

/// Whether an id can stand in braces behind a heading.
fn may_be_typed(id: &str) -> bool {
    !id.is_empty() && !id.contains(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | '<' | '>' | '\\' | '"'))
}

/// Types an id behind the words of a heading.
fn with_id(body: &str, heading: &HeadingAt, id: &str) -> Edit {
    let typed = &body[heading.range.clone()];
    let first = typed.find('\n').unwrap_or(typed.len());
    let is_atx = typed.trim_start().starts_with('#');
    // The words of one that is underlined end above the line below them.
    let words =
        if is_atx { &typed[..first] } else { typed.trim_end().rsplit_once('\n').map_or(typed, |(words, _)| words) };
    let mut words = words.trim_end();
    if is_atx {
        let bare = words.trim_end_matches('#');
        if bare.ends_with(' ') {
            words = bare.trim_end();
        }
    }
    let at = heading.range.start + words.len();
    match words.strip_suffix('}').and_then(|inner| inner.rfind('{')).filter(|_| heading.id.is_none()) {
        Some(brace) if words[brace + 1..].starts_with('.') => {
            let at = heading.range.start + brace + 1;
            Edit::new(at..at, format!("#{id} "))
        }
        _ => Edit::new(at..at, format!(" {{#{id}}}")),
    }
}

/// What other tools call the file of a fence that holds its code is a title here, where `file` takes code from a file.
fn titled<'t>(text: &'t Typed, fences: &'t [FenceAt]) -> impl Iterator<Item = Edit> + 't {
    fences.iter().filter(|fence| !fence.text.trim().is_empty()).filter_map(|fence| {
        let info = &text.text[fence.info_range.clone()];
        let begins = |at: &usize| info[..*at].ends_with([' ', '{', ',']);
        let at = info.match_indices("file=").map(|(at, _)| at).find(begins).filter(|_| !info.contains("title="))?;
        let start = fence.info_range.start + at;
        Some(Edit::new(start..start + "file".len(), "title"))
    })
}

/// Comments are for whoever writes; one without words may part two lists.
fn without_comments(looked: Looked) -> Looked {
    let Looked { text, seen } = &looked;
    let says = |range: &std::ops::Range<usize>| text.text[range.clone()].chars().any(char::is_alphanumeric);
    let edits = seen.comments.iter().filter(|range| says(range)).map(|range| {
        let line = whole_line(&text.text, range);
        let is_blank = |rest: &str| rest.is_empty() || rest.starts_with('\n');
        // A line that goes must not join what stands around it.
        let joins = !text.text[..line.start].ends_with("\n\n") && !is_blank(&text.text[line.end..]);
        let with = if line == *range || !joins { "" } else { "\n" };
        Edit::new(line, with)
    });
    let edits = edits.collect();
    looked.apply(edits)
}

/// The words of a home page that showed the first chapter: its headings, with the anchors that they had there.
fn first_chapter(way: &Way<'_>, layout: &Layout, (titles, texts): (&[String], Texts<'_>)) -> Option<Out> {
    let has_home = layout.pages.iter().flatten().any(|place| place.role == Role::Home);
    let is_book = matches!(way.tool, Tool::Mdbook | Tool::Gitbook);
    let work = way.found.works.first().filter(|_| is_book && !has_home)?;
    let at_home = articles(work).into_iter().find(|page| way.found.pages[*page].address == "/");
    let first = at_home.or_else(|| articles(work).first().copied())?;
    let path = super::source::way("content/index.md", &layout.pages[first].as_ref()?.path);
    let Looked { seen: View { headings, .. }, .. } =
        texts.of(&way.found.pages[first], &mut BTreeSet::new(), &mut Report::default());
    let typed: Vec<Heading<'_>> = headings.iter().map(HeadingAt::known).collect();
    let mut text = format!("Begin with [{}]({path}).\n", titles[first]);
    let ids = anchors(way.tool, way.found.site.anchors, &typed);
    for (at, (heading, id)) in headings.iter().zip(ids).enumerate().filter(|(_, (_, id))| may_be_typed(id)) {
        if at == 0 {
            text = format!("<span id=\"{id}\"></span>{text}");
            text.push('\n');
        } else {
            let words = heading.text.replace(['[', ']', '<'], "");
            let _ = writeln!(text, "- <span id=\"{id}\"></span>[{words}]({path}#{id})");
        }
    }
    Some(Out { path: "content/index.md".into(), content: Content::Text(text) })
}

/// A home page that only leads on to itself what led to lists, where the source has none.
fn home_of_lists(aliases: &Aliases, layout: &Layout) -> Option<Out> {
    let has_home = layout.pages.iter().flatten().any(|place| place.role == Role::Home);
    if has_home || aliases.home.is_empty() {
        return None;
    }
    let aliases: Vec<String> = aliases.home.iter().cloned().collect();
    let text = format!("+++\naliases = {}\n+++\n", list_of(&aliases));
    Some(Out { path: "content/index.md".into(), content: Content::Text(text) })
}

/// `series.toml` or `posts.toml`.
fn plan(way: &Way<'_>, (at, work): (usize, &Work), numbers: Option<&Numbers>) -> Out {
    let (found, layout) = (way.found, way.layout);
    let place = &layout.works[at];
    let mut text = String::new();
    line(&mut text, "title", Some(&work.title));
    line(&mut text, "description", work.description.as_deref());
    line(&mut text, "permalink", place.pattern.as_deref());
    // The one that each folder has is its own anyway.
    let own = format!("/{}/feed.xml", place.id);
    let feeds: Vec<String> =
        work.feeds.iter().filter(|feed| feed.ends_with(".xml") && **feed != own).cloned().collect();
    if !feeds.is_empty() {
        let _ = writeln!(text, "feed_paths = {}", list_of(&feeds));
    }
    let Order::Plan(sections) = &work.order else {
        if let Some(many) = work.per_page {
            let _ = writeln!(text, "per_page = {many}");
        }
        return Out { path: format!("content/{}/posts.toml", place.id), content: Content::Text(text) };
    };
    let aliases: Vec<String> = way.aliases.works[at].iter().cloned().collect();
    if !aliases.is_empty() {
        let _ = writeln!(text, "aliases = {}", list_of(&aliases));
    }
    if articles(work).iter().any(|page| found.pages[*page].front.date.is_none() && !found.pages[*page].front.draft) {
        text.push_str("undated = true\n");
    }
    if let Some(numbers) = numbers.filter(|numbers| numbers.first != 1) {
        let _ = writeln!(text, "first_number = {}", numbers.first);
    }
    let entries = |section: &Section| entries(section, layout);
    match sections.as_slice() {
        [Section { title: None, .. }] => {
            let _ = writeln!(text, "\nparts = [\n{}]", sections.iter().map(entries).collect::<String>());
        }
        _ => {
            for section in sections {
                let title = section.title.as_deref().unwrap_or(&work.title);
                let _ = writeln!(text, "\n[[tracks]]\ntitle = {}\nparts = [\n{}]", quoted(title), entries(section));
            }
        }
    }
    if let Some(word) = numbers.filter(|numbers| numbers.has_label()).map(|numbers| numbers.word.as_str()) {
        let _ = writeln!(text, "\n[label]\npart = {}\nparts = {}", quoted(word), quoted(&plural(word)));
    }
    Out { path: format!("content/{}/series.toml", place.id), content: Content::Text(text) }
}

/// Several of what an English word names; of another the word itself.
fn plural(word: &str) -> String {
    match word {
        "Chapter" | "Day" | "Lecture" | "Lesson" | "Episode" | "Week" | "Step" | "Module" | "Unit" => {
            format!("{word}s")
        }
        word => word.to_string(),
    }
}

fn entries(section: &Section, layout: &Layout) -> String {
    let announces = section.entries.iter().any(|entry| matches!(entry.what, What::Announced(_)));
    let places = layout.pages.iter().flatten().filter(|_| announces);
    let mut taken: BTreeSet<String> = places.map(|place| place.id.clone()).collect();
    let mut text = String::new();
    for entry in &section.entries {
        let entry = match (&entry.what, entry.numbered) {
            (What::Page(page), numbered) => {
                let Some(place) = &layout.pages[*page] else { continue };
                let id = quoted(&place.id);
                if numbered { id } else { format!("{{ id = {id}, numbered = false }}") }
            }
            (What::Announced(title), numbered) => {
                let slug = crate::text::source::slugify(title);
                let slug = if slug.is_empty() { "announced".to_string() } else { slug };
                let mut ids = std::iter::once(slug.clone()).chain((2..).map(|n| format!("{slug}-{n}")));
                let id = ids.find(|id| !taken.contains(id)).unwrap_or(slug);
                taken.insert(id.clone());
                let numbered = if numbered { "" } else { ", numbered = false" };
                format!("{{ id = {}, title = {}{numbered} }}", quoted(&id), quoted(title))
            }
        };
        let _ = writeln!(text, "  {entry},");
    }
    text
}

/// `partwork.toml`.
fn settings(way: &Way<'_>, layout: &Layout, warns: bool, report: &mut Report) -> String {
    let site = &way.found.site;
    let mut text = String::new();
    let base = site.base_url.as_deref().unwrap_or(PLACEHOLDER);
    if site.base_url.is_none() {
        let place = Place { file: "partwork.toml".into(), line: 1 };
        report.tell(Kind::Decide, place, "where the site will stand, `base_url`; the source doesn't say");
    }
    line(&mut text, "base_url", Some(base));
    let title = site.title.as_deref().or(way.found.works.first().map(|work| work.title.as_str()));
    line(&mut text, "title", Some(title.unwrap_or("Site")));
    line(&mut text, "description", site.description.as_deref());
    line(&mut text, "language", Some(site.language.as_deref().unwrap_or("en")));
    let series: Vec<String> = layout.works.iter().map(|work| work.id.clone()).collect();
    let series: Vec<String> = series
        .into_iter()
        .zip(&way.found.works)
        .filter(|(_, work)| matches!(work.order, Order::Plan(_)))
        .map(|(id, _)| id)
        .collect();
    if series.len() > 1 {
        let _ = writeln!(text, "series = {}", list_of(&series));
    }
    for author in &site.authors {
        let _ = writeln!(text, "\n[[authors]]\nid = {}\nname = {}", quoted(&author.id), quoted(&author.name));
        line(&mut text, "url", author.url.as_deref());
    }
    text.push_str(&languages::settings(way.found, layout));
    if let Some(giscus) = &site.discussion {
        text.push_str("\n[discussion]\nkind = \"giscus\"\n");
        let keys = [
            ("repo", &giscus.repo),
            ("repo_id", &giscus.repo_id),
            ("category", &giscus.category),
            ("category_id", &giscus.category_id),
        ];
        keys.into_iter().for_each(|(key, value)| line(&mut text, key, Some(value)));
    }
    let feeds: Vec<String> =
        site.feeds.iter().filter(|feed| feed.ends_with(".xml") && *feed != "/feed.xml").cloned().collect();
    let many = way.layout.pages.iter().flatten().count() as i64;
    let limit = site.feed_ids.map(|_| site.feed_limit.unwrap_or(many).clamp(1, 10_000)).filter(|limit| *limit > 20);
    if !feeds.is_empty() || limit.is_some() {
        text.push_str("\n[feeds]\n");
    }
    if let Some(limit) = limit {
        let _ = writeln!(text, "limit = {limit}");
    }
    if !feeds.is_empty() {
        let _ = writeln!(text, "paths = {}", list_of(&feeds));
    }
    text.push_str(&copies(way.found, layout));
    if warns || !site.skip_prefixes.is_empty() {
        text.push_str("\n[links]\n");
        if warns {
            text.push_str("# Some led nowhere before; without this line they are errors.\nbroken = \"warn\"\n");
        }
        if !site.skip_prefixes.is_empty() {
            let _ = writeln!(text, "skip_prefixes = {}", list_of(&site.skip_prefixes));
        }
    }
    if site.smart_punctuation == Some(false) {
        text.push_str("\n[markdown]\nsmart_punctuation = false\n");
    }
    text
}

/// `[copies]`: further addresses of files.
fn copies(found: &Found, layout: &Layout) -> String {
    let again = found.again.iter().filter_map(|(at, file)| {
        let path = layout.files[*file].as_deref()?;
        let of = path.strip_prefix("content/").map(String::from);
        Some((at.clone(), of.unwrap_or_else(|| path.replacen("static/", "/", 1))))
    });
    let mut text = String::new();
    for (at, of) in found.copies.iter().cloned().chain(again) {
        if text.is_empty() {
            text.push_str("\n[copies]\n");
        }
        let _ = writeln!(text, "{} = {}", quoted(&encode(&at)), quoted(&of));
    }
    text
}

/// What was made, for the report.
pub fn tell_made(found: &Found, layout: &Layout, index: &Index, report: &mut Report) {
    for (place, work) in layout.works.iter().zip(&found.works) {
        let many = articles(work).len();
        let at = place.pattern.clone().unwrap_or_else(|| format!("/{}/{{id}}/", place.id));
        let what = match &work.order {
            Order::Dates(_) => format!("posts `{}`: {}", place.id, count(many, "post")),
            Order::Plan(sections) if sections.len() > 1 => {
                format!("series `{}`: {} in {}", place.id, count(many, "part"), count(sections.len(), "track"))
            }
            Order::Plan(_) => format!("series `{}`: {}", place.id, count(many, "part")),
        };
        report.made.push(format!("{what}, at `{at}`"));
    }
    let own = layout.pages.iter().flatten().filter(|place| place.permalink.is_some()).count();
    for tag in languages::used(found, layout) {
        let pages = found.pages.iter().zip(&layout.pages);
        let many = pages.filter(|(page, place)| page.language.as_deref() == Some(tag) && place.is_some()).count();
        report.made.push(format!("{} into `{tag}`", count(many, "translation")));
    }
    let singles = layout.pages.iter().flatten().filter(|place| place.role == Role::Single && !place.translates).count();
    if singles > 0 {
        report.made.push(count(singles, "page"));
    }
    if own > 0 {
        report.made.push(format!("{} with an own `permalink`", count(own, "page")));
    }
    let copied = found.files.iter().zip(&layout.files);
    let files = copied.filter(|(file, path)| path.is_some() && file.instead.as_deref() != Some("")).count();
    if files > 0 {
        report.made.push(format!("{} where they were", count(files, "file")));
    }
    let aliases = redirected(found, layout, index);
    if aliases > 0 {
        report.made.push(format!("{} as aliases", count(aliases, "redirect")));
    }
}
