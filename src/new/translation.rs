//! The file of a translation, to be translated in place.
//!
//! In: a project, its sites, and the name of an original. Out: the file beside it that holds what a translation says
//! itself, in the original's words. Links, code, blocks and notes are there to be kept; so are the ids of headings,
//! written out, since links to them lead there whatever a heading is called.

use std::path::Path;

use jiff::civil::Date;

use super::changes::{Changes, Create, New, Problem};
use super::refuse_overwriting;
use crate::diagnostic::{did_you_mean, quote};
use crate::parse::Article;
use crate::project::Project;
use crate::settings::data::quoted;
use crate::site::behind::{known_as, translated_site};
use crate::site::ids::ArticleId;
use crate::site::{Role, Site};

/// Lays an article beside its original.
pub fn translation(
    root: &Path,
    (project, sites): (&Project, &[Site]),
    (language, typed): (&str, &str),
    today: Date,
) -> Result<New, Problem> {
    let Some(originals) = sites.first() else { return Err(Problem::Content) };
    let site = translated_site(sites, language).map_err(Problem::Usage)?;
    let name = known_as(typed);
    let path = |id: ArticleId| project.sources.path(originals.article(id).source);
    let Some(id) = originals.articles.ids().find(|id| known_as(path(*id)) == name) else {
        return Err(no_article(originals, name, originals.articles.ids().map(|id| known_as(path(id)))));
    };
    let article = originals.article(id);
    if let Some((there, _)) = site.standings.iter().find(|(_, standing)| standing.original == article.source) {
        return Err(Problem::Refused(format!("{} is there already", quote(project.sources.path(*there)))));
    }
    let stem = path(id).strip_suffix(".md").unwrap_or(path(id));
    let text = front_matter(originals, id, today) + &with_ids(article, project.sources.text(article.source));
    let create = vec![Create { path: root.join(format!("{stem}.{language}.md")), bytes: text.into_bytes() }];
    let next = vec![
        "it comes out with its original: translate it first, or give it a `date` ahead".to_string(),
        format!("`partwork translated {name} --language {language}` once it says what the original says"),
    ];
    refuse_overwriting(
        New { changes: Changes { place: root.to_path_buf(), create, edit: Vec::new() }, next },
        Path::new(""),
    )
}

/// Why a name is none of an article.
fn no_article<'a>(originals: &Site, name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let announced = originals.series.iter().flat_map(|series| series.parts.iter().map(move |part| (series, part)));
    for (series, part) in announced.filter(|(_, part)| part.article.is_none()) {
        if name == format!("{}/{}", series.plan.id, part.id) {
            return Problem::Usage(format!(
                "{} has no article yet; what it is called in another language stands in `series.<language>.toml`, under `[parts.{}]`",
                quote(name),
                part.id
            ));
        }
    }
    let near = did_you_mean(name, known).map(|near| format!("; {near}")).unwrap_or_default();
    Problem::Usage(format!("there is no article {}{near}", quote(name)))
}

/// What a translation says itself of what stands above its text.
fn front_matter(originals: &Site, id: ArticleId, today: Date) -> String {
    let front = &originals.article(id).front;
    let mut text = format!("+++\ntitle = {}\n", quoted(&front.title.value));
    let texts = [("description", front.description.as_ref()), ("next_up", front.next_up.as_deref())];
    for (key, value) in texts.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        text.push_str(&format!("{key} = {}\n", quoted(&value.value)));
    }
    let is_dated = match originals.role(id) {
        Role::Part(part) => !originals.series(part.series).plan.undated,
        Role::Side(_) => front.date.is_some(),
        _ => false,
    };
    if is_dated {
        text.push_str(&format!("date = {today}\n"));
    }
    text + "+++\n"
}

/// The text of an article, with the id of each heading behind it.
fn with_ids(article: &Article, text: &str) -> String {
    let mut copy = String::with_capacity(text.len());
    let mut done = article.body.start;
    for heading in &article.headings {
        let range = heading.span.range();
        let typed = &text[range.clone()];
        // Of one that is underlined, the last line is the line.
        let words = typed.trim_end();
        let words = if words.trim_start().starts_with('#') {
            words.lines().next().unwrap_or_default()
        } else {
            words.rsplit_once('\n').map_or(words, |(words, _)| words)
        };
        let words = words.trim_end();
        // Braces that say something of it already; and signs that close its line.
        if words.ends_with('}') || words.trim_start().starts_with('#') && words.ends_with('#') {
            continue;
        }
        let end = range.start + words.len();
        copy.push_str(&text[done..end]);
        copy.push_str(&format!(" {{#{}}}", heading.id));
        done = end;
    }
    copy.push_str(&text[done..]);
    copy
}
