//! A site in one of its further languages.
//!
//! In: the site of the originals, and what stands beside them in that language. Out: a [`Site`] with the same series,
//! parts, ids and numbers, at addresses below the language's. What isn't translated keeps its line in the plan, with
//! the address of the original. Nothing is asked of the originals again, so nothing of them is told twice.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::blocks::comparison;
use crate::diagnostic::{Code, Diagnostic, capped, did_you_mean, quote};
use crate::parse::Article;
use crate::parse::block::Block;
use crate::parse::front::FrontMatter;
use crate::parse::inline::cited_in_line;
use crate::project::phrases::Phrases;
use crate::project::{Project, Run};
use crate::settings::config::Config;
use crate::settings::data::Excerpt;
use crate::site::address::folder;
use crate::site::glossary::parse_glossary;
use crate::site::ids::{ArticleId, Articles, PartId, SideId, SingleId};
use crate::site::overlay;
use crate::site::place;
use crate::site::series::{Part, Series, Shared, Side, SideElsewhere, State};
use crate::site::translations::Translations;
use crate::site::{Single, Site};
use crate::text::source::{SourceId, Spanned};

/// What a translated site is made from.
#[derive(Debug)]
pub struct Beside<'a> {
    pub project: &'a Project,
    pub run: &'a Run,
    pub original: &'a Site,
    /// The place of the language among those of the site, from 1: the original's is 0.
    pub language: usize,
    pub config: Config,
    pub phrases: Phrases,
    pub translations: &'a Translations,
    /// The translations that could be read, by the sources of their originals.
    pub articles: BTreeMap<SourceId, Arc<Article>>,
}

/// Makes the site of a language. Tags, and what an article is to the site, are not known yet.
pub fn translated(beside: Beside<'_>, out: &mut Vec<Diagnostic>) -> Site {
    let Beside { original, language, .. } = beside;
    let prefix = format!("{}/", beside.config.language);
    let mut made = Making {
        beside,
        prefix: prefix.clone(),
        known: BTreeMap::new(),
        read: Articles::default(),
        originals: Vec::new(),
    };
    made.take_articles();
    let series = original.series.iter().map(|series| made.series(series, out)).collect();
    let posts = original.posts.iter().map(|folder| made.series(folder, out)).collect();
    let singles = made.singles();
    let home = original.home.and_then(|home| made.article(home));
    let Making { beside, read, originals, .. } = made;
    Site {
        config: beside.config,
        phrases: beside.phrases,
        now: original.now,
        drafts: original.drafts,
        base_url_is_replaced: original.base_url_is_replaced,
        prefix,
        language,
        languages: original.languages.clone(),
        first_day: original.first_day,
        originals,
        standings: BTreeMap::new(),
        other_files: beside.translations.files.clone(),
        articles: read,
        roles: Vec::new(),
        series,
        posts,
        singles,
        home,
        chapter_urls: BTreeMap::new(),
        files: original.files.clone(),
        tags: BTreeMap::new(),
        unread: original.unread.clone(),
    }
}

struct Making<'a> {
    beside: Beside<'a>,
    prefix: String,
    /// Translations by their originals.
    known: BTreeMap<ArticleId, ArticleId>,
    read: Articles,
    /// By article, the source of its original.
    originals: Vec<SourceId>,
}

impl Making<'_> {
    /// Takes the translations in the order of their originals, each with what these say for all languages.
    fn take_articles(&mut self) {
        let mut articles = std::mem::take(&mut self.beside.articles);
        let Beside { original, config, .. } = &self.beside;
        for id in original.articles.ids() {
            let of = original.article(id);
            let Some(mut article) = articles.remove(&of.source) else { continue };
            let front = &mut Arc::make_mut(&mut article).front;
            inherit(front, &of.front);
            for tag in &mut front.tags {
                tag.value = config.translated_tag(&original.config, &tag.value);
            }
            self.known.insert(id, self.read.push(article));
            self.originals.push(of.source);
        }
    }

    fn article(&self, original: ArticleId) -> Option<ArticleId> {
        self.known.get(&original).copied()
    }

    fn front(&self, article: ArticleId) -> &FrontMatter {
        &self.read[article].front
    }

    fn series(&self, original: &Series, out: &mut Vec<Diagnostic>) -> Series {
        let Beside { project, translations, .. } = &self.beside;
        let mut series = original.clone();
        series.plan.folder.insert_str(0, &self.prefix);
        series.plan.aliases.clear();
        series.plan.label = None;
        series.plan.description_span = None;
        series.plan.prose.clear();
        for entry in series.plan.tracks.iter_mut().flat_map(|track| &mut track.entries) {
            (entry.title, entry.description) = (None, None);
        }
        if let Some(source) = translations.of.get(&original.plan.source) {
            capped(out, |out| {
                overlay::lay(&mut series.plan, (&project.sources, *source), out);
                Some(())
            });
        }
        for (track, planned) in series.tracks.iter_mut().zip(&series.plan.tracks) {
            track.title.clone_from(&planned.title);
            track.description.clone_from(&planned.description);
        }
        series.opening = original.opening.and_then(|opening| self.article(opening));
        self.place_parts(&mut series, original, out);
        self.lay_glossary(&mut series, out);
        self.lay_comparisons(&mut series, out);
        series
    }

    fn place_parts(&self, series: &mut Series, original: &Series, out: &mut Vec<Diagnostic>) {
        let entries = series.plan.tracks.iter().flat_map(|track| &track.entries);
        let said: BTreeMap<&str, (&Option<Spanned<String>>, &Option<String>)> =
            entries.map(|entry| (entry.id.value.as_str(), (&entry.title, &entry.description))).collect();
        let mut parts = Vec::with_capacity(series.parts.len());
        for part in &original.parts {
            let mut part = self.part(part, original, out);
            if let Some((Some(title), description)) = said.get(part.id.as_str()).filter(|_| part.borrowed) {
                part.title.clone_from(&title.value);
                part.description.clone_from(*description);
                part.borrowed = false;
            }
            parts.push(part);
        }
        if original.is_posts() {
            // Of posts nothing is told but of those that are there, in the order of their own days.
            parts.retain(|part| part.article.is_some());
            parts.sort_by_key(|part| (part.due.is_some(), Reverse(part.due)));
            for (at, part) in parts.iter_mut().enumerate() {
                part.at = PartId::new(series.at, at);
                part.sides.iter_mut().enumerate().for_each(|(at, side)| side.at = SideId::new(part.at, at));
            }
            series.tracks.iter_mut().for_each(|track| track.parts = 0..parts.len());
        }
        series.parts = parts;
        let counts = |part: &&Part| part.number.is_some() || series.numbers.is_empty();
        series.published = series.out().filter(counts).count();
        if original.is_posts() {
            series.total = series.listed().filter(counts).count();
            series.entries = series.listed().count();
        }
        let is_out = series.out().next().is_some();
        series.state = match original.state {
            _ if is_out => State::Out,
            _ if original.is_posts() => State::Draft,
            State::Out => State::Original,
            state => state,
        };
    }

    /// A part in this language, or the line that stands for it.
    fn part(&self, original: &Part, of: &Series, out: &mut Vec<Diagnostic>) -> Part {
        let Beside { original: site, run, .. } = &self.beside;
        let mut part = original.clone();
        let article = original.article.and_then(|article| self.article(article));
        part.sides = Vec::new();
        part.article = article;
        let own = article.map(|article| (article, self.front(article)));
        let is_ahead = own.is_some_and(|(_, front)| front.date.is_some_and(|date| date.instant > site.now));
        let waits = is_ahead && !run.drafts;
        let Some((article, front)) = own.filter(|_| original.state != State::Out || !waits || of.is_posts()) else {
            // A translation that waits comes out on its own day.
            part.due = article.and_then(|article| self.front(article).date).or(part.due);
            part.article = None;
            part.borrowed = true;
            if original.state == State::Out {
                part.state = State::Original;
            }
            return part;
        };
        if original.state == State::Out && is_ahead {
            part.state = if run.drafts { State::Out } else { State::Soon };
            part.preview |= run.drafts;
        }
        part.title.clone_from(&front.title.value);
        part.description = front.description.as_ref().map(|text| text.value.clone());
        part.due = front.date.or(part.due);
        part.date = part.due.filter(|_| !of.plan.undated);
        part.updated = front.updated;
        part.address = self.part_address(original, of, front);
        part.opening = self.read[article].opening.clone().filter(|_| part.is_out());
        if part.is_out() && part.description.is_none() && original.description.is_some() {
            let message = format!("the translation of {} has no `description`", quote(&part.id));
            let remedy = format!("add `{}`", front.syntax.line("description", "…"));
            out.push(Diagnostic::new(Code::MissingDescription, front.span, message).help(remedy));
        }
        let sides = original.sides.iter().filter_map(|side| Some((side, self.article(side.article)?)));
        part.sides = sides.enumerate().map(|(at, (side, article))| self.side(side, (at, article), &part)).collect();
        if part.is_out() {
            let missing = original.sides.iter().filter(|side| self.article(side.article).is_none());
            part.sides_elsewhere = missing.map(|side| elsewhere(side, site.article(side.article).words)).collect();
        }
        part
    }

    fn side(&self, original: &Side, (at, article): (usize, ArticleId), part: &Part) -> Side {
        let front = self.front(article);
        Side {
            at: SideId::new(part.at, at),
            article,
            title: front.title.value.clone(),
            description: front.description.as_ref().map(|text| text.value.clone()),
            opening: self.read[article].opening.clone(),
            date: original.date.and(front.date),
            updated: front.updated,
            address: place::of_side(&part.address, &original.name),
            ..original.clone()
        }
    }

    fn part_address(&self, original: &Part, of: &Series, front: &FrontMatter) -> String {
        if let Some(whole) = &front.permalink {
            return whole.value.clone();
        }
        let has_own =
            original.article.is_some_and(|article| self.beside.original.article(article).front.permalink.is_some());
        let address = match &front.slug {
            Some(slug) if has_own => with_last_piece(&original.address, &slug.value),
            Some(_) => place::of_part(&of.plan, &original.id, Some(front), original.due.map(|date| date.day)),
            None => original.address.clone(),
        };
        format!("{}{address}", self.prefix)
    }

    fn singles(&self) -> Vec<Single> {
        let mut singles = Vec::new();
        for single in &self.beside.original.singles {
            let Some(article) = self.article(single.article) else { continue };
            let front = self.front(article);
            let address = match (&front.permalink, &front.slug) {
                (Some(whole), _) => whole.value.clone(),
                (None, Some(slug)) => format!("{}{}", self.prefix, with_last_piece(&single.address, &slug.value)),
                (None, None) => format!("{}{}", self.prefix, single.address),
            };
            singles.push(Single {
                at: SingleId::new(singles.len()),
                id: single.id.clone(),
                article,
                address,
                out: single.out,
            });
        }
        singles
    }

    /// The terms that the language defines; without any there is no glossary in it.
    fn lay_glossary(&self, series: &mut Series, out: &mut Vec<Diagnostic>) {
        let Beside { project, translations, .. } = &self.beside;
        let Some(original) = series.glossary.take() else { return };
        let Some(source) = translations.of.get(&original.source) else { return };
        let glossary = capped(out, |out| parse_glossary(&project.sources, *source, out));
        series.glossary = glossary.inspect(|glossary| {
            let unknown = |id: &&String| !original.terms.contains_key(*id) && !original.unread.contains(*id);
            for id in glossary.terms.keys().filter(unknown) {
                let message = format!("the original's glossary has no term {}", quote(id));
                let near = did_you_mean(id, original.terms.keys().map(String::as_str));
                out.push(Diagnostic::new(Code::UntaughtTerm, glossary.terms[id].span, message).maybe_help(near));
            }
        });
    }

    /// The shared comparisons, in this language where they are translated.
    fn lay_comparisons(&self, series: &mut Series, out: &mut Vec<Diagnostic>) {
        let Beside { project, translations, .. } = &self.beside;
        for (id, shared) in &mut series.shared {
            let Some(source) = translations.of.get(&shared.source).copied() else { continue };
            let mut links = Vec::new();
            let excerpt = Excerpt::whole(project.sources.text(source), source, 0);
            let read = capped(out, |out| comparison::read_shared(id, &excerpt, &mut links, out));
            if let Some(comparison) = read {
                let lines = comparison.lines().into_iter();
                let citations = lines.flat_map(|line| cited_in_line(&line.text, line.span)).collect();
                *shared = Shared { source, comparison, links, citations };
            }
        }
    }
}

fn elsewhere(side: &Side, words: usize) -> SideElsewhere {
    SideElsewhere {
        name: side.name.clone(),
        title: side.title.clone(),
        description: side.description.clone(),
        address: side.address.clone(),
        words,
    }
}

/// What an original says for all its translations.
fn inherit(front: &mut FrontMatter, original: &FrontMatter) {
    front.status = original.status;
    front.emoji.clone_from(&original.emoji);
    front.authors.clone_from(&original.authors);
    front.tags.clone_from(&original.tags);
    front.teaches.clone_from(&original.teaches);
    front.needs.clone_from(&original.needs);
    front.numbered = original.numbered;
    front.image.clone_from(&original.image);
    front.nav = original.nav;
    front.was.clone_from(&original.was);
    front.date = front.date.or(original.date);
}

/// An address whose last piece is another.
fn with_last_piece(address: &str, piece: &str) -> String {
    let whole = folder(address);
    let end = &address[whole.len()..];
    let above = whole.rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/"));
    format!("{above}{piece}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_piece_of_an_address_changes() {
        for (address, other) in
            [("testing/", "provning/"), ("a/b/testing/", "a/b/provning/"), ("x/ch01.html", "x/provning.html")]
        {
            assert_eq!(with_last_piece(address, "provning"), other);
        }
    }
}
