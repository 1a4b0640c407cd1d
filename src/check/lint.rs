//! What `check` finds beyond what keeps a site from being built.
//!
//! In: a project, its site and its resolved references. Out: warnings, each with its place and its remedy. It never
//! changes what is built and never reads a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pulldown_cmark::LinkType;
use unicode_width::UnicodeWidthStr;

use crate::blocks::figure::Figure;
use crate::diagnostic::{Code, Diagnostic, leave_repeated, list, quote};
use crate::outputs::feed;
use crate::parse::Article;
use crate::parse::block::Body;
use crate::parse::front::FrontMatter;
use crate::parse::numbered::Sort;
use crate::parse::tree::{Html, Kind, Node};
use crate::project::LEDGER;
use crate::project::Project;
use crate::project::phrases::Phrases;
use crate::render::visit::Visit;
use crate::settings::config::{Discussion, authority_problem};
use crate::settings::data::Table;
use crate::site::ids::{ArticleId, PartId};
use crate::site::ledger;
use crate::site::numbers;
use crate::site::picture;
use crate::site::resolve::{References, Target};
use crate::site::series::{Chapter, Series};
use crate::site::{Role, Site};
use crate::text::path::relative;
use crate::text::source::{Span, Spanned};
use crate::text::url::is_placeholder;

/// The longest title and description, in characters: what search results and cards show of them.
const LONGEST_TITLE: usize = 100;
const LONGEST_DESCRIPTION: usize = 160;

/// The columns that a description takes at least; a letter of Chinese or Japanese takes two.
const SHORTEST_DESCRIPTION: usize = 20;

/// The most literal numbers and promises that are reported of one text.
const MOST_REPORTED: usize = 100;

/// Looks at everything that is published and reports what its author likely didn't mean.
pub fn lint(project: &Project, (sites, references): (&[Site], &[References]), out: &mut Vec<Diagnostic>) {
    let Some(original) = sites.first() else { return };
    for site in sites {
        texts(project, site, out);
        placeholders(project, site, out);
    }
    unused_files(project, original, references, out);
    recorded(project, sites, out);
    if sites.len() > 1 {
        leave_repeated(out);
    }
}

/// Looks at what is said in one language.
fn texts(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) {
    let words = Vocabulary::of(&site.config.language);
    duplicates(site, out);
    for id in site.articles_out() {
        let article = site.article(id);
        lengths(&article.front, out);
        updated(&article.front, site, out);
        headings(article, out);
        let numbers = part_names(site, site.series_of(id), words);
        let front = [Some(&article.front.title), article.front.description.as_ref(), article.front.next_up.as_deref()];
        for text in front.into_iter().flatten() {
            let typed = &project.sources.text(text.span.source)[text.span.range()];
            part_numbers(typed, text.span, &numbers, out);
        }
    }
    plans(project, site, words, out);
    for series in site.series_shown() {
        next_up(series, site, words, out);
    }
}

/// What readers and their programs know from now on, and nothing keeps yet.
fn recorded(project: &Project, sites: &[Site], out: &mut Vec<Diagnostic>) {
    /// More names than these hide the rest of the line.
    const MOST: usize = 5;
    // Before the first publish nobody knows anything.
    let Some(ledger) = project.ledger else { return };
    let Some(site) = sites.first() else { return };
    let missing = ledger::unrecorded(project, &sites.iter().collect::<Vec<_>>());
    let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
    if !missing.is_empty() {
        let more = missing.len().saturating_sub(MOST);
        let parts = match more {
            0 => list(missing.iter().copied(), "and"),
            _ => format!("{} and {more} more", list(missing[..MOST].iter().copied(), "and")),
        };
        let (verb, whose) = if missing.len() == 1 { ("is", "its address") } else { ("are", "their addresses") };
        let message = format!("{parts} {verb} out, and `{LEDGER}` lacks {whose}");
        out.push(
            Diagnostic::new(Code::UnrecordedAddress, Span::start_of(ledger), message)
                .help(format!("run `partwork build --record` and commit `{LEDGER}`")),
        );
    }
    let authority = feed::authority(site);
    let base_url = &site.config.base_url;
    // Of an address that is to change anyway, something else is said.
    let settled = !base_url.is_loopback() && !is_placeholder(&base_url.origin);
    if settled && site.config.feeds.authority.is_none() && authority_problem(&authority).is_none() {
        let message = "the ids of feeds hang on the host of `base_url` and on the date of the oldest part";
        out.push(
            Diagnostic::new(Code::UnsettledFeedIds, site.config.typed_base_url.span, message)
                .help(format!("say `authority = \"{authority}\"` under `[feeds]`, and they stay as they are")),
        );
    }
}

/// The words of a language that the checks of prose look for, lower case.
struct Vocabulary {
    /// What stands before the number of a part.
    part: &'static [&'static str],
    /// What makes a `next_up` a promise.
    later: &'static [&'static str],
    /// What makes a paragraph a promise: longer, since a paragraph is about many things.
    promises: &'static [&'static str],
}

impl Vocabulary {
    /// Those of a BCP 47 tag; none for a language that has no list.
    fn of(language: &str) -> &'static Vocabulary {
        const ENGLISH: Vocabulary = Vocabulary {
            part: &["part"],
            later: &["soon", "coming", "upcoming", "not yet", "will be published", "stay tuned"],
            promises: &[
                "coming soon",
                "out soon",
                "will be published",
                "to be published",
                "not yet out",
                "not out yet",
                "not yet published",
                "not published yet",
            ],
        };
        const SWEDISH: Vocabulary = Vocabulary {
            part: &["del"],
            later: &["snart", "kommer", "kommande", "ännu inte", "inte än"],
            promises: &[
                "kommer snart",
                "snart ute",
                "kommer att publiceras",
                "publiceras snart",
                "ännu inte publicerad",
                "inte publicerad än",
                "inte ute än",
                "ännu inte ute",
            ],
        };
        const NONE: Vocabulary = Vocabulary { part: &[], later: &[], promises: &[] };
        match language.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => &ENGLISH,
            "sv" => &SWEDISH,
            _ => &NONE,
        }
    }
}

fn duplicates(site: &Site, out: &mut Vec<Diagnostic>) {
    // Beside each text whom it is of: every part may have its exercises.
    let mut report = |what: &str, code: Code, texts: &mut dyn Iterator<Item = (Option<PartId>, &Spanned<String>)>| {
        let mut first: BTreeMap<(Option<PartId>, String), Span> = BTreeMap::new();
        for (of, text) in texts.filter(|(_, text)| !text.value.trim().is_empty()) {
            let words = text.value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            let key = (of, words);
            match first.get(&key) {
                None => drop(first.insert(key, text.span)),
                Some(earlier) => out.push(
                    Diagnostic::new(code, text.span, format!("the {what} {} stands twice", quote(&text.value)))
                        .note(*earlier, "the first")
                        .help("say in each what sets it apart from the other"),
                ),
            }
        }
    };
    let of = |id: ArticleId| match site.role(id) {
        Role::Side(side) => Some(side.part),
        _ => None,
    };
    let fronts = || site.articles_out().map(|id| (of(id), &site.article(id).front));
    report("title", Code::DuplicateTitle, &mut fronts().map(|(of, front)| (of, &front.title)));
    let mut described = fronts().filter_map(|(of, front)| Some((of, front.description.as_ref()?)));
    report("description", Code::DuplicateDescription, &mut described);
}

fn lengths(front: &FrontMatter, out: &mut Vec<Diagnostic>) {
    let title = front.title.value.chars().count();
    if title > LONGEST_TITLE {
        let message = format!("the title has {title} characters; {LONGEST_TITLE} is the most that is shown of one");
        out.push(Diagnostic::new(Code::TitleLength, front.title.span, message).help("shorten it"));
    }
    if let Some(description) = &front.description {
        description_length(&description.value, description.span, out);
    }
}

/// Feeds, the sitemap and structured data say when an article changed: neither in the future nor
/// before it was there.
fn updated(front: &FrontMatter, site: &Site, out: &mut Vec<Diagnostic>) {
    let Some(updated) = front.updated else { return };
    let message = if updated.instant > site.now {
        format!("`updated` says {}, which is ahead", updated.day)
    } else if let Some(date) = front.date.filter(|date| updated.instant < date.instant) {
        format!("`updated` says {}, which is before `date`, {}", updated.day, date.day)
    } else {
        return;
    };
    out.push(
        Diagnostic::new(Code::OddUpdate, front.span, message).help("give the day of the last change, or remove it"),
    );
}

fn description_length(text: &str, span: Span, out: &mut Vec<Diagnostic>) {
    let length = text.chars().count();
    if length > LONGEST_DESCRIPTION {
        let message =
            format!("the description has {length} characters; search results cut it at {LONGEST_DESCRIPTION}");
        out.push(Diagnostic::new(Code::DescriptionLength, span, message).help("shorten it"));
    } else if text.trim().width() < SHORTEST_DESCRIPTION {
        let message = format!("the description {} is too short to describe anything", quote(text));
        out.push(
            Diagnostic::new(Code::DescriptionLength, span, message)
                .help("say in a sentence what its readers will know"),
        );
    }
}

fn headings(article: &Article, out: &mut Vec<Diagnostic>) {
    // The title is the page's first heading.
    let mut above = 1;
    for heading in &article.headings {
        if heading.level > above + 1 {
            let message = format!(
                "the heading {} is of level {}, below one of level {above}",
                quote(&heading.text),
                heading.level
            );
            out.push(
                Diagnostic::new(Code::SkippedHeading, heading.span, message)
                    .help(format!("begin it with {}", quote(&"#".repeat(usize::from(above) + 1)))),
            );
        }
        above = heading.level;
    }
}

/// How a text can mean a part by its number.
struct Numbers<'a> {
    /// What stands before it: what a series calls its parts, else the language's words.
    names: Vec<&'a str>,
    /// Those of the text's series, or of any for a page or a post.
    ranges: Vec<Range<i64>>,
}

fn part_names<'a>(site: &'a Site, series: Option<&'a Series>, words: &Vocabulary) -> Numbers<'a> {
    let series = series.filter(|series| !series.is_posts());
    let meant: Vec<&Series> = series.map_or_else(|| site.series_shown().collect(), |series| vec![series]);
    let label = |series: &&'a Series| series.plan.label.as_ref().map(|label| label.value.part.as_str());
    let mut names: Vec<&str> = meant.iter().filter_map(label).collect();
    if meant.iter().any(|series| series.plan.label.is_none()) {
        names.extend(words.part);
    }
    Numbers { names, ranges: meant.iter().map(|series| series.numbers.clone()).collect() }
}

/// Reports numbers of parts in a text that lies at a span as it is typed.
fn part_numbers(text: &str, span: Span, numbers: &Numbers<'_>, out: &mut Vec<Diagnostic>) {
    for (range, number) in literal_numbers(text, &numbers.names).into_iter().take(MOST_REPORTED) {
        if !numbers.ranges.iter().any(|numbers| numbers.contains(&number)) {
            continue;
        }
        let start = span.start as usize;
        let place = Span::new(span.source, start + range.start..start + range.end);
        let message =
            format!("{} is a number written by hand, and goes stale when the plan changes", quote(&text[range]));
        out.push(
            Diagnostic::new(Code::LiteralNumber, place, message).help(
                "in an article write `[#](<file>.md)`, which is filled in from the plan; elsewhere name the part",
            ),
        );
    }
}

/// Where a text says `part 7`, and the number; `names` are the words that may stand before it.
pub fn literal_numbers(text: &str, names: &[&str]) -> Vec<(Range<usize>, i64)> {
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let begins = !before.is_alphanumeric();
        before = c;
        if !begins {
            continue;
        }
        let rest = &text[at..];
        let after = names.iter().find_map(|name| {
            let typed = rest.get(..name.len())?;
            typed.eq_ignore_ascii_case(name).then(|| &rest[name.len()..])
        });
        let Some(after) = after else { continue };
        let digits = after.trim_start_matches([' ', '\n', '\u{a0}', '\u{202f}']);
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let ends = digits[length..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        if digits.len() == after.len() || !ends {
            continue;
        }
        if let Ok(number) = digits[..length].parse() {
            found.push((at..at + rest.len() - digits.len() + length, number));
        }
    }
    found
}

/// How the page's language says figures, listings and tables by their numbers: what stands before and behind one.
struct TypedNumbers {
    words: Vec<(Sort, String, String)>,
}

impl TypedNumbers {
    fn of(phrases: &Phrases) -> Self {
        // Where the number stands in the phrase.
        const NUMBER: char = '\u{0}';
        // A formula's number in parentheses may be anything else.
        let sorts = [Sort::Figure, Sort::Listing, Sort::Table];
        let words = sorts.into_iter().filter_map(|sort| {
            let phrase = phrases.say(sort.phrase(), &[("number", NUMBER.to_string())]).to_lowercase();
            let (before, after) = phrase.split_once(NUMBER)?;
            (!before.trim().is_empty() || !after.trim().is_empty()).then(|| (sort, before.into(), after.into()))
        });
        TypedNumbers { words: words.collect() }
    }

    /// Reports the numbers in a text that are given to things.
    fn report(&self, visit: &Visit<'_>, range: &Range<usize>, out: &mut Vec<Diagnostic>) {
        let site = visit.resolved.site;
        let typed = &visit.text.tree.typed[range.clone()];
        for (place, sort, number) in self.found(typed).into_iter().take(MOST_REPORTED) {
            let Some((article, thing)) = numbers::meant(site, visit.id, sort, number) else { continue };
            let path = |id| visit.resolved.project.sources.path(site.article(id).source);
            let (from, to) = (path(visit.id), path(article));
            let file = if from == to {
                String::new()
            } else {
                relative(from.rsplit_once('/').map_or("", |(folder, _)| folder), to)
            };
            let message = format!("{} is a number written by hand, and goes stale", quote(&typed[place.clone()]));
            let help = format!("write {}, which is filled in", quote(&format!("[#]({file}#{})", thing.id)));
            let place = visit.place(&(range.start + place.start..range.start + place.end));
            out.push(Diagnostic::new(Code::LiteralNumber, place, message).help(help));
        }
    }

    /// Where a text says such a number, and which: the part's, and the one within it.
    fn found(&self, text: &str) -> Vec<(Range<usize>, Sort, numbers::Typed)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|digit| at + digit) {
            let digits = |from: usize| from + text[from..].bytes().take_while(u8::is_ascii_digit).count();
            let first = digits(start);
            let second = if text[first..].starts_with('.') { digits(first + 1) } else { first };
            let end = if second > first + 1 { second } else { first };
            at = end;
            let number = match text[start..end].split_once('.') {
                Some((part, own)) => part.parse().ok().zip(own.parse().ok()).map(|(part, own)| (Some(part), own)),
                None => text[start..end].parse().ok().map(|own| (None, own)),
            };
            let said = self.words.iter().find_map(|(sort, before, after)| {
                Some((*sort, ends_with_words(&text[..start], before)?, begins_with_words(&text[end..], after)?))
            });
            if let (Some(number), Some((sort, before, after))) = (number, said) {
                found.push((start - before..end + after, sort, number));
            }
        }
        found
    }
}

/// How many bytes at the end of a text are these words in any case, if it ends with them as whole words; a space of
/// theirs may be one that doesn't break.
fn ends_with_words(text: &str, words: &str) -> Option<usize> {
    let (mut rest, word) = (text, words.trim_end());
    if word.len() < words.len() {
        rest = rest.trim_end_matches(char::is_whitespace);
        if rest.len() == text.len() {
            return None;
        }
    }
    let start = rest.char_indices().rev().take(word.chars().count()).last().map_or(rest.len(), |(at, _)| at);
    let is_whole = !rest[..start].chars().next_back().is_some_and(char::is_alphabetic) || words.is_empty();
    (is_whole && rest[start..].to_lowercase() == word).then_some(text.len() - start)
}

/// How many bytes at the beginning of a text are these words, as [`ends_with_words`] has it.
fn begins_with_words(text: &str, words: &str) -> Option<usize> {
    let (mut rest, word) = (text, words.trim_start());
    if word.len() < words.len() {
        rest = rest.trim_start_matches(char::is_whitespace);
        if rest.len() == text.len() {
            return None;
        }
    }
    let length: usize = rest.chars().take(word.chars().count()).map(char::len_utf8).sum();
    let is_whole = !rest[length..].chars().next().is_some_and(char::is_alphanumeric);
    (is_whole && rest[..length].to_lowercase() == word).then_some(text.len() - rest.len() + length)
}

/// Whether a text holds one of the phrases as whole words.
fn says<'p>(text: &str, phrases: &[&'p str]) -> Option<&'p str> {
    let text = text.to_lowercase();
    let whole = |at: usize, phrase: &str| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    };
    phrases.iter().copied().find(|phrase| text.match_indices(phrase).any(|(at, _)| whole(at, phrase)))
}

/// Looks at an article while its tree is open: numbers and promises in its text, images without words.
pub fn look(visit: &Visit<'_>, out: &mut Vec<Diagnostic>) {
    let site = visit.resolved.site;
    let words = Vocabulary::of(&site.config.language);
    let parts = part_names(site, site.series_of(visit.id), words);
    let typed = numbers::are_near(site, visit.id).then(|| TypedNumbers::of(&site.phrases));
    let tree = visit.text.tree;
    let mut texts = Vec::new();
    for node in tree.nodes() {
        match &node.kind {
            Kind::Paragraph | Kind::Item => promise(visit, node, words, out),
            Kind::Text(_) | Kind::Url { .. } => {
                part_numbers(&tree.typed[node.range.clone()], visit.place(&node.range), &parts, out);
                if let Some(typed) = &typed {
                    typed.report(visit, &node.range, out);
                }
                texts.push(node.range.clone());
            }
            Kind::Html(html) => bare_image(visit, html, out),
            _ => {}
        }
    }
    marks(visit, &texts, out);
    for block in &visit.article.blocks {
        if block.body.get::<Figure>().is_some_and(|figure| figure.alt.trim().is_empty()) {
            out.push(
                Diagnostic::new(Code::MissingAlt, block.span, "the figure has no alternative text")
                    .help("say in `alt` what it shows"),
            );
        }
    }
}

/// A paragraph that says of a part that it will come, and links to one that is out.
fn promise(visit: &Visit<'_>, node: &Node<'_>, words: &Vocabulary, out: &mut Vec<Diagnostic>) {
    let Some(phrase) = says(&visit.text.tree.text_of(node), words.promises) else { return };
    let within = visit.place(&node.range);
    let linked = || {
        let inside = |span: Span| within.start <= span.start && span.end <= within.end;
        visit.article.links.iter().zip(visit.text.targets).filter(move |(link, _)| inside(link.span))
    };
    // The promise is then likely about a part that isn't out.
    if linked().any(|(_, target)| matches!(target, Target::Soon { .. })) {
        return;
    }
    let promised = linked().find_map(|(link, target)| match target {
        Target::Url { url, .. } => Some((link, part_at(url, visit.resolved.site)?)),
        _ => None,
    });
    if let Some((link, title)) = promised {
        let message = format!("the text says {}, and {} is out", quote(phrase), quote(title));
        out.push(Diagnostic::new(Code::StalePromise, link.span, message).help("say that it is there"));
    }
}

/// The first image of a piece of raw HTML that has no `alt` at all; an empty one marks an ornament.
fn bare_image(visit: &Visit<'_>, html: &Html<'_>, out: &mut Vec<Diagnostic>) {
    let bare = html.markup.tags().find(|tag| tag.name == "img" && tag.attribute("alt").is_none());
    let Some(tag) = bare else { return };
    let place = visit.excerpt(html).span(tag.range.clone());
    out.push(
        Diagnostic::new(Code::MissingAlt, place, "the image has no alternative text")
            .help("add `alt=\"…\"` with what it shows; `alt=\"\"` for an ornament"),
    );
}

/// What Markdown makes text of, though it was meant as a link or a note. `texts` are the places of text
/// that is no code, ascending.
fn marks(visit: &Visit<'_>, texts: &[Range<usize>], out: &mut Vec<Diagnostic>) {
    let tree = visit.text.tree;
    let text: &str = &tree.typed;
    let before = |at: usize| text[..at].chars().next_back();
    let is_text = |at: usize| {
        let after = texts.partition_point(|range| range.start <= at);
        after > 0 && texts[after - 1].end > at && before(at) != Some('\\')
    };
    // `a[i][j]` is an index, and `[maybe]` alone is a word in brackets.
    let is_meant = |(range, kind): &&(Range<usize>, LinkType)| {
        *kind != LinkType::Shortcut && !before(range.start).is_some_and(char::is_alphanumeric)
    };
    for (range, _) in tree.undefined.iter().filter(is_meant).take(MOST_REPORTED) {
        out.push(undefined_reference(&text[range.clone()], visit.place(range)));
    }
    for range in undefined_notes(text).filter(|range| is_text(range.start)).take(MOST_REPORTED) {
        let typed = &text[range.clone()];
        let message = format!("there is no note {}", quote(typed));
        let help = format!("write {} and the note on a line of its own", quote(&format!("{typed}:")));
        out.push(Diagnostic::new(Code::UndefinedReference, visit.place(&range), message).help(help));
    }
    for (label, range) in tree.unused_notes.iter().take(MOST_REPORTED) {
        let range = range.start..(range.start + label.len() + 3).min(range.end);
        let message = format!("nothing refers to the note {}, and it is not shown", quote(&format!("[^{label}]")));
        let diagnostic = Diagnostic::new(Code::UnusedNote, visit.place(&range), message);
        out.push(diagnostic.help("refer to it in the text, or remove it"));
    }
    for range in spaced_links(text).filter(|range| is_text(range.start)).take(MOST_REPORTED) {
        let address = range.start + 2..range.end - 1;
        let typed = &text[address.clone()];
        let message = format!("{} has a space, so that it is no address", quote(typed));
        let help = format!("write {}", quote(&format!("<{typed}>")));
        out.push(Diagnostic::new(Code::SpaceInAddress, visit.place(&address), message).help(help));
    }
}

/// A reference whose definition is missing, as it was typed.
fn undefined_reference(typed: &str, place: Span) -> Diagnostic {
    let label = typed.trim_end_matches("[]").rsplit('[').next().unwrap_or(typed).trim_end_matches(']');
    let message = format!("{} has no definition, and is shown as it stands", quote(typed));
    Diagnostic::new(Code::UndefinedReference, place, message)
        .help(format!("write {} with the address below, or `\\[` for a bracket", quote(&format!("[{label}]:"))))
}

/// Where a text says `[^x]`, but for the starts of definitions.
fn undefined_notes(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("[^").filter_map(|(at, _)| {
        let label = &text[at + 2..];
        let length = label.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')))?;
        let end = at + 2 + length + 1;
        (length > 0 && label[length..].starts_with(']') && !text[end..].starts_with(':')).then_some(at..end)
    })
}

/// Where a text says `](some file.png)`: from the bracket to the parenthesis.
fn spaced_links(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("](").filter_map(|(at, _)| {
        let inner = &text[at + 2..];
        let length = inner.find(['(', ')', '<', '>', '"', '\n'])?;
        let typed = &inner[..length];
        let path = typed.split(['?', '#']).next().unwrap_or_default();
        let ends_in_a_name = path.rsplit_once('.').is_some_and(|(name, extension)| {
            !name.is_empty()
                && (1..=5).contains(&extension.len())
                && extension.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        let is_spaced = typed.trim() == typed && typed.contains(' ') && (ends_in_a_name || path.contains('/'));
        (is_spaced && inner[length..].starts_with(')')).then(|| at..at + 2 + length + 1)
    })
}

/// The title of the published part or side page at a URL of this site.
fn part_at<'s>(url: &str, site: &'s Site) -> Option<&'s str> {
    let path = url.split(['#', '?']).next().unwrap_or_default();
    site.chapter_at(path).filter(|chapter| !chapter.part().preview).map(Chapter::title)
}

/// Descriptions in plans: their lengths, and numbers of parts.
fn plans(project: &Project, site: &Site, words: &Vocabulary, out: &mut Vec<Diagnostic>) {
    for series in site.folders_shown() {
        let plan = &series.plan;
        if let Some(span) = plan.description_span {
            description_length(&plan.description, span, out);
        }
        let numbers = part_names(site, Some(series), words);
        for span in &plan.prose {
            let typed = &project.sources.text(span.source)[span.range()];
            part_numbers(typed, *span, &numbers, out);
        }
    }
}

/// Teasers that put off a part that is out.
fn next_up(series: &Series, site: &Site, words: &Vocabulary, out: &mut Vec<Diagnostic>) {
    let listed: Vec<_> = series.listed().collect();
    for pair in listed.windows(2) {
        let [part, next] = pair else { continue };
        let Some(article) = part.article.filter(|_| part.is_out()) else { continue };
        let Some(teaser) = &site.article(article).front.next_up else { continue };
        if next.is_out()
            && !next.preview
            && let Some(phrase) = says(&teaser.value, words.later)
        {
            let message =
                format!("`next_up` says {}, and the next part, {}, is out", quote(phrase), quote(&next.title));
            out.push(
                Diagnostic::new(Code::StalePromise, teaser.span, message)
                    .help("say what it is about, not when it comes"),
            );
        }
    }
}

/// Files of `content/` that nothing links to, shows, or names.
fn unused_files(project: &Project, site: &Site, references: &[References], out: &mut Vec<Diagnostic>) {
    // What can't be read may be what links to it.
    if !site.is_clear() {
        return;
    }
    let linked: BTreeSet<&str> = references
        .iter()
        .flat_map(References::targets)
        .filter_map(|target| match target {
            Target::Url { url, .. } => url.split(['#', '?']).next(),
            _ => None,
        })
        .collect();
    let avatars = site.config.authors.iter().filter_map(|author| Some(author.avatar.as_ref()?.value.as_str()));
    let shown: BTreeSet<&str> = avatars.chain(site.config.copies.iter().map(|copy| copy.of.value.as_str())).collect();
    let named = named(project, site);
    let images = picture::all(site).filter_map(|of| picture::file(project, site, of));
    let images: BTreeSet<&str> = images.map(|file| file.path.as_str()).collect();
    for (path, file) in site.files_out().filter(|(path, _)| !images.contains(path.as_str())) {
        let below = path.strip_prefix("content/").unwrap_or(path);
        let name = below.rsplit('/').next().unwrap_or(below);
        let url = site.config.base_url.rooted(&file.address);
        if linked.contains(url.as_str()) || shown.contains(below) || named.iter().any(|text| text.contains(name)) {
            continue;
        }
        let message = "nothing links to this file or shows it";
        out.push(
            Diagnostic::file(Code::UnusedFile, path, message)
                .help("link to it, remove it, or move it to `static/` if it is meant to be there by its address alone"),
        );
    }
}

/// Texts that may name a file without a link: templates, and values that only templates understand.
fn named(project: &Project, site: &Site) -> Vec<String> {
    let mut named: Vec<String> = project.templates.values().map(|id| project.sources.text(*id).to_string()).collect();
    let mut take = |table: &Table| table.each_text(&mut |_, text, _| named.push(text.to_string()));
    site.config.extra.iter().for_each(&mut take);
    site.folders().filter_map(|series| series.plan.extra.as_ref()).for_each(&mut take);
    for article in site.articles.iter() {
        article.front.extra.as_deref().into_iter().for_each(&mut take);
        for block in &article.blocks {
            if let Body::Custom(custom) = &block.body {
                take(&custom.arguments);
            }
        }
    }
    named
}

/// Addresses in the settings that were never meant to stay.
fn placeholders(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) {
    let config = &site.config;
    // What `--base-url` says stands in its stead.
    let base = (!site.base_url_is_replaced).then_some(&config.typed_base_url);
    let action = config.newsletter.as_ref().map(|newsletter| &newsletter.action);
    let discussion = config.discussion.as_ref().and_then(Discussion::link);
    for (key, url) in [("base_url", base), ("action", action), ("url", discussion)] {
        let Some(url) = url.filter(|url| is_placeholder(&url.value)) else { continue };
        let message = format!("`{key}` is the placeholder {}", quote(&url.value));
        out.push(
            Diagnostic::new(Code::PlaceholderAddress, url.span, message)
                .help("put in the address that is meant; `partwork publish` refuses a placeholder"),
        );
    }
    // On the desk it is what `new site` writes; with a place to publish to, or readers, it is forgotten.
    let is_forgotten = config.base_url.is_loopback() && (!config.publish.is_empty() || project.ledger.is_some());
    if let Some(base) = base.filter(|_| is_forgotten) {
        let message = format!("`base_url` is this machine's own address, {}", quote(&config.base_url.absolute("")));
        out.push(
            Diagnostic::new(Code::PlaceholderAddress, base.span, message)
                .help("put in the address of the site; `partwork publish` refuses this one"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_written_by_hand() {
        let found = |text| literal_numbers(text, &["part"]).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
        assert_eq!(found("See Part 12, part\u{a0}7 of 21"), [12, 7]);
        assert_eq!(found("counterpart 3, parts 4, part 5th, part of 6, part7, part"), [0; 0]);
        assert_eq!(found("part 99999999999999999999"), [0; 0]);
        assert_eq!(literal_numbers("é del 3.", &["del"]), [(3..8, 3)]);
    }

    #[test]
    fn phrases_are_whole_words() {
        assert_eq!(says("Out SOON.", &["soon"]), Some("soon"));
        assert_eq!(says("sooner", &["soon"]), None);
        assert_eq!(says("monsoon", &["soon"]), None);
    }

    #[test]
    fn links_that_are_text() {
        let spaced = |text| spaced_links(text).map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(spaced("![x](heat/my lamp.png) [y](a b.md#c)"), ["](heat/my lamp.png)", "](a b.md#c)"]);
        assert_eq!(spaced("[x](y) f[1](a, b) [a](b.md \"t\") [a](<b c.md>) [x]( y.md )"), [""; 0]);
        let notes = |text| undefined_notes(text).map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(notes("a[^x] b[^1].\n\n[^1]: c [^ d] [^]"), ["[^x]", "[^1]"]);
    }
}
