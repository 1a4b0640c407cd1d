//! What `check` finds beyond what keeps a site from being built.
//!
//! In: a project, its site and its resolved references. Out: warnings, each with its place and its remedy. It never
//! changes what is built and never reads a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pulldown_cmark::{BrokenLink, Event, LinkType, Parser, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

use crate::diagnostic::{Code, Diagnostic, list, quote};
use crate::outputs::feed;
use crate::parse::Article;
use crate::parse::blocks::Body;
use crate::parse::dialect::options;
use crate::parse::front::FrontMatter;
use crate::project::LEDGER;
use crate::project::Project;
use crate::settings::config::{Discussion, authority_problem};
use crate::settings::data::Table;
use crate::site::Site;
use crate::site::ledger;
use crate::site::resolve::{References, Target};
use crate::site::series::{Series, State};
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
pub fn lint(project: &Project, site: &Site, references: &References, out: &mut Vec<Diagnostic>) {
    let words = Phrases::of(&site.config.language);
    duplicates(site, out);
    for id in site.articles_out() {
        let article = site.article(id);
        lengths(&article.front, out);
        updated(&article.front, site, out);
        headings(article, out);
        let numbers = numbers(site, site.series_of(id));
        let front = [Some(&article.front.title), article.front.description.as_ref(), article.front.next_up.as_ref()];
        for text in front.into_iter().flatten() {
            let typed = &project.sources.text(text.span.source)[text.span.range()];
            part_numbers(typed, text.span, &numbers, words, out);
        }
        body(project, site, article, references.article(id), &numbers, words, out);
    }
    plans(project, site, words, out);
    for series in &site.series {
        next_up(series, site, words, out);
    }
    unused_files(project, site, references, out);
    placeholders(project, site, out);
    recorded(project, site, out);
}

/// What readers and their programs know from now on, and nothing keeps yet.
fn recorded(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) {
    /// More names than these hide the rest of the line.
    const MOST: usize = 5;
    // Before the first publish nobody knows anything.
    let Some(ledger) = project.ledger else { return };
    let missing: Vec<&str> = ledger::unrecorded(project, site).into_iter().map(|part| part.id.as_str()).collect();
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
struct Phrases {
    /// What stands before the number of a part.
    part: &'static [&'static str],
    /// What makes a `next_up` a promise.
    later: &'static [&'static str],
    /// What makes a paragraph a promise: longer, since a paragraph is about many things.
    promises: &'static [&'static str],
}

impl Phrases {
    /// Those of a BCP 47 tag; none for a language that has no list.
    fn of(language: &str) -> &'static Phrases {
        const ENGLISH: Phrases = Phrases {
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
        const SWEDISH: Phrases = Phrases {
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
        const NONE: Phrases = Phrases { part: &[], later: &[], promises: &[] };
        match language.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => &ENGLISH,
            "sv" => &SWEDISH,
            _ => &NONE,
        }
    }
}

fn duplicates(site: &Site, out: &mut Vec<Diagnostic>) {
    let mut report = |what: &str, code: Code, texts: &mut dyn Iterator<Item = &Spanned<String>>| {
        let mut first: BTreeMap<String, Span> = BTreeMap::new();
        for text in texts.filter(|text| !text.value.trim().is_empty()) {
            let key = text.value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
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
    let fronts = || site.articles_out().map(|id| &site.article(id).front);
    report("title", Code::DuplicateTitle, &mut fronts().map(|front| &front.title));
    report("description", Code::DuplicateDescription, &mut fronts().filter_map(|front| front.description.as_ref()));
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

/// The numbers that a text can mean a part by: those of its series, or of any for a page outside.
fn numbers(site: &Site, series: Option<&Series>) -> Vec<Range<i64>> {
    let range = |series: &Series| {
        let first = series.plan.first_number;
        first..first.saturating_add(i64::try_from(series.total).unwrap_or(i64::MAX))
    };
    match series {
        Some(series) => vec![range(series)],
        None => site.series.iter().map(range).collect(),
    }
}

/// Reports numbers of parts in a text that lies at a span as it is typed.
fn part_numbers(text: &str, span: Span, numbers: &[Range<i64>], words: &Phrases, out: &mut Vec<Diagnostic>) {
    for (range, number) in literal_numbers(text, words.part).into_iter().take(MOST_REPORTED) {
        if !numbers.iter().any(|numbers| numbers.contains(&number)) {
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

/// Where a text says `part 7`, and the number.
fn literal_numbers(text: &str, names: &[&str]) -> Vec<(Range<usize>, i64)> {
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

/// Numbers and promises in the text of an article, and images in its HTML.
fn body(
    project: &Project,
    site: &Site,
    article: &Article,
    targets: &[Target],
    numbers: &[Range<i64>],
    words: &Phrases,
    out: &mut Vec<Diagnostic>,
) {
    let source = article.source;
    let base = article.body.start;
    let guarded = article.guarded(project.sources.text(source));
    let text = guarded.typed;
    let place = |range: &Range<usize>| Span::new(source, base + range.start..base + range.end);
    let mut paragraph: Option<String> = None;
    let mut in_code = false;
    let mut references = Marks::default();
    let mut undefined = Vec::new();
    let mut note = |link: BrokenLink<'_>| {
        undefined.push((link.span, link.link_type));
        None
    };
    let parser = Parser::new_with_broken_link_callback(guarded.as_parsed(), options(false), Some(&mut note));
    for (event, range) in guarded.events(parser) {
        match event {
            Event::Start(Tag::FootnoteDefinition(label)) => references.defined.push((label.to_lowercase(), range)),
            Event::FootnoteReference(label) => drop(references.used.insert(label.to_lowercase())),
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::Paragraph | Tag::Item) => paragraph = Some(String::new()),
            Event::End(TagEnd::Paragraph | TagEnd::Item) => {
                let Some(phrase) = paragraph.take().and_then(|typed| says(&typed, words.promises)) else { continue };
                let within = place(&range);
                let linked = || {
                    let inside = |span: Span| within.start <= span.start && span.end <= within.end;
                    article.links.iter().zip(targets).filter(move |(link, _)| inside(link.span))
                };
                // The promise is then likely about a part that isn't out.
                if linked().any(|(_, target)| matches!(target, Target::Soon { .. })) {
                    continue;
                }
                let promised = linked().find_map(|(link, target)| match target {
                    Target::Url { url, .. } => part_at(url, site).map(|title| (link, title)),
                    _ => None,
                });
                if let Some((link, title)) = promised {
                    let message = format!("the text says {}, and {} is out", quote(phrase), quote(title));
                    out.push(Diagnostic::new(Code::StalePromise, link.span, message).help("say that it is there"));
                }
            }
            Event::Text(words_of) if !in_code => {
                if let Some(paragraph) = &mut paragraph {
                    paragraph.push_str(&words_of);
                }
                part_numbers(&text[range.clone()], place(&range), numbers, words, out);
                references.texts.push(range);
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(paragraph) = &mut paragraph {
                    paragraph.push(' ');
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                if let Some(image) = image_without_alt(&html) {
                    let image = place(&(range.start + image.start..range.start + image.end));
                    out.push(
                        Diagnostic::new(Code::MissingAlt, image, "the image has no alternative text")
                            .help("add `alt=\"…\"` with what it shows; `alt=\"\"` for an ornament"),
                    );
                }
            }
            _ => {}
        }
    }
    references.undefined = undefined;
    references.report(text, &place, out);
    for block in &article.blocks {
        if let Body::Figure(figure) = &block.body
            && figure.alt.trim().is_empty()
        {
            out.push(
                Diagnostic::new(Code::MissingAlt, block.span, "the figure has no alternative text")
                    .help("say in `alt` what it shows"),
            );
        }
    }
}

/// What Markdown makes text of, though it was meant as a link or a note.
#[derive(Default)]
struct Marks {
    /// Where text stands that is no code, ascending.
    texts: Vec<Range<usize>>,
    /// References without a definition.
    undefined: Vec<(Range<usize>, LinkType)>,
    /// Notes, by label, with their places.
    defined: Vec<(String, Range<usize>)>,
    /// Labels of the notes that are referred to.
    used: BTreeSet<String>,
}

impl Marks {
    fn report(&self, text: &str, place: &dyn Fn(&Range<usize>) -> Span, out: &mut Vec<Diagnostic>) {
        let before = |at: usize| text[..at].chars().next_back();
        // `a[i][j]` is an index, and `[maybe]` alone is a word in brackets.
        let is_meant = |(range, kind): &&(Range<usize>, LinkType)| {
            *kind != LinkType::Shortcut && !before(range.start).is_some_and(char::is_alphanumeric)
        };
        for (range, _) in self.undefined.iter().filter(is_meant).take(MOST_REPORTED) {
            let typed = &text[range.clone()];
            let label = typed.trim_end_matches("[]").rsplit('[').next().unwrap_or(typed).trim_end_matches(']');
            let message = format!("{} has no definition, and is shown as it stands", quote(typed));
            out.push(Diagnostic::new(Code::UndefinedReference, place(range), message).help(format!(
                "write {} with the address below, or `\\[` for a bracket",
                quote(&format!("[{label}]:"))
            )));
        }
        let is_text = |at: usize| {
            let after = self.texts.partition_point(|range| range.start <= at);
            after > 0 && self.texts[after - 1].end > at && before(at) != Some('\\')
        };
        for range in undefined_notes(text).filter(|range| is_text(range.start)).take(MOST_REPORTED) {
            let typed = quote(&text[range.clone()]);
            let message = format!("there is no note {typed}");
            out.push(Diagnostic::new(Code::UndefinedReference, place(&range), message).help(format!(
                "write {} and the note on a line of its own",
                quote(&format!("{}:", &text[range.clone()]))
            )));
        }
        let unused = self.defined.iter().filter(|(label, _)| !self.used.contains(label));
        for (label, range) in unused.take(MOST_REPORTED) {
            let range = range.start..(range.start + label.len() + 3).min(range.end);
            let message = format!("nothing refers to the note {}, and it is not shown", quote(&format!("[^{label}]")));
            out.push(
                Diagnostic::new(Code::UnusedNote, place(&range), message).help("refer to it in the text, or remove it"),
            );
        }
        for range in spaced_links(text).filter(|range| is_text(range.start)).take(MOST_REPORTED) {
            let address = range.start + 2..range.end - 1;
            let typed = &text[address.clone()];
            let message = format!("{} has a space, so that it is no address", quote(typed));
            out.push(
                Diagnostic::new(Code::SpaceInAddress, place(&address), message)
                    .help(format!("write {}", quote(&format!("<{typed}>")))),
            );
        }
    }
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

/// The title of the published part at a URL of this site.
fn part_at<'s>(url: &str, site: &'s Site) -> Option<&'s str> {
    let path = url.split(['#', '?']).next().unwrap_or_default();
    let mut out = site.parts_out().filter(|part| !part.preview);
    out.find(|part| site.config.base_url.rooted(&part.address) == path).map(|part| part.title.as_str())
}

/// The first `<img>` of a piece of HTML that has no `alt` at all; an empty one is how HTML marks an ornament.
fn image_without_alt(html: &str) -> Option<Range<usize>> {
    let lower = html.to_ascii_lowercase();
    lower.match_indices("<img").find_map(|(at, _)| {
        let tag = &lower[at..];
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        let is_tag = tag[4..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
        let has_alt = tag[..end]
            .split(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\''))
            .any(|word| word == "alt" || word.starts_with("alt="));
        (is_tag && !has_alt).then(|| at..at + end)
    })
}

/// Descriptions in plans: their lengths, and numbers of parts.
fn plans(project: &Project, site: &Site, words: &Phrases, out: &mut Vec<Diagnostic>) {
    for series in &site.series {
        let plan = &series.plan;
        if let Some(span) = plan.description_span {
            description_length(&plan.description, span, out);
        }
        let numbers = numbers(site, Some(series));
        for span in &plan.prose {
            let typed = &project.sources.text(plan.source)[span.range()];
            part_numbers(typed, *span, &numbers, words, out);
        }
    }
}

/// Teasers that put off a part that is out.
fn next_up(series: &Series, site: &Site, words: &Phrases, out: &mut Vec<Diagnostic>) {
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
fn unused_files(project: &Project, site: &Site, references: &References, out: &mut Vec<Diagnostic>) {
    // What can't be read may be what links to it.
    if !site.is_clear() {
        return;
    }
    let linked: BTreeSet<&str> = references
        .targets()
        .filter_map(|target| match target {
            Target::Url { url, .. } => url.split(['#', '?']).next(),
            _ => None,
        })
        .collect();
    let avatars: BTreeSet<&str> =
        site.config.authors.iter().filter_map(|author| Some(author.avatar.as_ref()?.value.as_str())).collect();
    let named = named(project, site);
    for (path, file) in site.files.iter().filter(|(_, file)| file.state == State::Out) {
        let below = path.strip_prefix("content/").unwrap_or(path);
        let name = below.rsplit('/').next().unwrap_or(below);
        let url = site.config.base_url.rooted(&file.address);
        if linked.contains(url.as_str()) || avatars.contains(below) || named.iter().any(|text| text.contains(name)) {
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
    site.series.iter().filter_map(|series| series.plan.extra.as_ref()).for_each(&mut take);
    for article in site.articles.iter() {
        article.front.extra.iter().for_each(&mut take);
        for block in &article.blocks {
            if let Body::Custom { arguments, .. } = &block.body {
                take(arguments);
            }
        }
    }
    named
}

/// Addresses in the settings that were never meant to stay.
fn placeholders(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) {
    let config = &site.config;
    // What `--base-url` says stands in its stead.
    let base = project.options.base_url.is_none().then_some(&config.typed_base_url);
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

    #[test]
    fn images_in_html() {
        assert_eq!(image_without_alt("<p><img src=a.png>"), Some(3..18));
        assert_eq!(image_without_alt("<img src=\"a.png\" alt=\"\">"), None);
        assert_eq!(image_without_alt("<imgs>"), None);
    }
}
