//! Liquid, as far as what it says is known before a site is built: <https://jekyllrb.com/docs/liquid/>.
//!
//! In: a text. Out: the same with what its tags stand for: links, pictures, code, values, and the lists that loops make
//! of pages.

use std::collections::BTreeSet;

use super::around::Around;
use super::links::SOURCE;
use super::model::{Order, Page};
use super::pieces::{Head, Picture, fenced, film, is_alone, kind_of_box, whole_line};
use super::plan::articles;
use super::report::Kind;
use super::source::stem_of;
use super::tags::{Form, Tag, end_of, tags};
use super::templates::simple;
use super::typed::{Edit, Typed};
use super::view::Looked;
use crate::text::url::encode;

/// Translates Liquid; what isn't known before a site is built stays as typed, and is reported.
pub fn translate(looked: Looked, around: &mut Around<'_>) -> Looked {
    let Looked { text, seen } = &looked;
    let found = tags(&text.text, |_| true);
    let mut edits = Vec::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    for (at, tag) in found.iter().enumerate() {
        let is_raw = tag.form == Form::Statement && tag.name == "raw";
        if done.contains(&at) || seen.is_hidden(tag.range.start) && !is_raw {
            continue;
        }
        let end_name = format!("end{}", tag.name);
        let is = |other: &Tag, name: &str| other.form == Form::Statement && other.name == name;
        let pairs = matches!(tag.name.as_str(), "raw" | "highlight" | "comment") && tag.form == Form::Statement;
        let end =
            pairs.then(|| end_of(&found, at, |other| is(other, &tag.name), |other| is(other, &end_name))).flatten();
        let made = match (end, tag.form) {
            (Some(end), _) => {
                // Between the two nothing is read.
                done.extend(at..=end);
                let (open, close) = (&tag.range, &found[end].range);
                match tag.name.as_str() {
                    "comment" => Some(vec![Edit::new(open.start..close.end, "")]),
                    "highlight" => {
                        let language = tag.given.plain.first().map_or("", String::as_str);
                        Some(fenced(&text.text, (open, close), language))
                    }
                    _ => {
                        let line = |range| whole_line(&text.text, range);
                        Some(vec![Edit::new(line(open), ""), Edit::new(line(close), "")])
                    }
                }
            }
            (None, Form::Statement) if tag.name == "for" => list(text, (&found, at), around).map(|(end, edit)| {
                done.extend(at..=end);
                around.report.tell(Kind::List, text.place(tag.range.start), &format!("{{% {} %}}", tag.words));
                vec![edit]
            }),
            (None, Form::Statement) => {
                statement(text, tag, around).map(|with| vec![Edit::new(tag.range.clone(), with)])
            }
            (None, Form::Output) => output(tag, None, around).map(|with| vec![Edit::new(tag.range.clone(), with)]),
            (None, Form::Shortcode) => continue,
        };
        match made {
            Some(made) => edits.extend(made),
            None if tag.form == Form::Statement => {
                around.report.tell(Kind::Tag, text.place(tag.range.start), &format!("{{% {} %}}", tag.name));
            }
            None if tag.name.is_empty() => {}
            None => around.report.tell(Kind::Tag, text.place(tag.range.start), &format!("{{{{ {} }}}}", tag.name)),
        }
    }
    looked.apply(edits)
}

fn statement(text: &Typed, tag: &Tag, around: &Around<'_>) -> Option<String> {
    let first = tag.given.plain.first().map(String::as_str);
    match tag.name.as_str() {
        "link" => around.link(first?.trim_start_matches('/')),
        "post_url" => {
            let name = first?.trim_start_matches('/');
            let (folder, stem) = name.rsplit_once('/').map_or(("", name), |(folder, stem)| (folder, stem));
            let folders =
                if folder.is_empty() { vec![String::new()] } else { vec![format!("{folder}/"), String::new()] };
            let paths = folders.iter().flat_map(|above| {
                [
                    format!("{above}_posts/{stem}.md"),
                    format!("_posts/{above}{stem}.md"),
                    format!("{above}_posts/{stem}.markdown"),
                ]
            });
            paths.into_iter().find_map(|path| around.link(&path))
        }
        "gist" => Some(format!("<https://gist.github.com/{}>", first?)),
        "include" | "include_cached" | "include_relative" if stem_of(first?) == "toc" => Some(String::new()),
        "include" | "include_cached" | "include_relative" => {
            let made = included(text, tag, around).or_else(|| embedded(tag)).or_else(|| noted(text, tag));
            made.or_else(|| {
                let places = [format!("_includes/{}", first?)];
                let (made, behind) = simple(&around.template(&places)?)?.filled(&tag.given);
                behind.is_none().then_some(made)
            })
        }
        _ => None,
    }
}

/// An include that shows a picture, as its parameters say.
fn included(text: &Typed, tag: &Tag, around: &Around<'_>) -> Option<String> {
    let src = tag.given.get(&["url", "src", "file", "image_path", "path", "image", "img"])?;
    let ending = src.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())?;
    if !matches!(ending.as_str(), "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "avif") {
        return None;
    }
    let src = around.file(src, &["", "assets", "images", "assets/images"]);
    let alt = tag.given.get(&["alt", "title"]);
    let caption = tag.given.get(&["caption", "description"]);
    let picture = Picture { src: &src, alt, caption, link: None };
    Some(picture.markdown(is_alone(&text.text, &tag.range)))
}

/// An include that shows a box, as its name and its parameters say.
fn noted(text: &Typed, tag: &Tag) -> Option<String> {
    let name = stem_of(tag.given.plain.first()?);
    let kind = kind_of_box(tag.given.get(&["type"]).unwrap_or(name)).filter(|_| kind_of_box(name).is_some())?;
    let words = tag.given.get(&["content", "text", "body"]).filter(|_| is_alone(&text.text, &tag.range))?;
    let head = Head::new(kind, tag.given.get(&["title", "heading"])).line();
    let lines: String = words.lines().map(|line| format!("\n> {line}").trim_end().to_string()).collect();
    Some(format!("> {head}{lines}"))
}

/// An include that shows a film.
fn embedded(tag: &Tag) -> Option<String> {
    let name = stem_of(tag.given.plain.first()?).to_ascii_lowercase();
    let host = ["youtube", "vimeo"].into_iter().find(|host| name.contains(host))?;
    film(host, tag.given.get_or(&["id", "video_id", "video", "videoId"], 1)?)
}

/// The list that a loop makes of all pages of a collection, with the place of the tag that ends it; nothing where
/// anything else stands in it than their titles, addresses and days.
fn list(text: &Typed, (found, at): (&[Tag], usize), around: &Around<'_>) -> Option<(usize, Edit)> {
    let open = &found[at];
    let mut words = open.words.split_whitespace();
    let (Some("for"), Some(name), Some("in"), Some(of), None) =
        (words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        return None;
    };
    let work = around.found.works.iter().find(|work| Some(work.id.as_str()) == of.strip_prefix("site."))?;
    let is = |tag: &Tag, name: &str| tag.form == Form::Statement && tag.name == name;
    let end = end_of(found, at, |tag| is(tag, "for"), |tag| is(tag, "endfor"))?;
    let close = &found[end];
    let (first, last) = (whole_line(&text.text, &open.range), whole_line(&text.text, &close.range));
    let body = first.end..last.start.max(first.end);
    let mut pages = articles(work);
    pages.retain(|page| !around.found.pages[*page].front.draft);
    if matches!(work.order, Order::Dates(_)) {
        pages.sort_by_key(|page| std::cmp::Reverse(&around.found.pages[*page].front.date));
    }
    let mut made = String::new();
    for page in pages {
        let mut from = body.start;
        for tag in &found[at + 1..end] {
            made.push_str(&text.text[from..tag.range.start]);
            made.push_str(&output(tag, Some((name, &around.found.pages[page])), around)?);
            from = tag.range.end;
        }
        made.push_str(&text.text[from..body.end]);
    }
    Some((end, Edit::new(first.start..last.end, made)))
}

/// The value of `{{ … }}`, where it is known before the site is built; `of` is what a loop names, and means.
fn output(tag: &Tag, of: Option<(&str, &Page)>, around: &Around<'_>) -> Option<String> {
    if tag.form != Form::Output {
        return None;
    }
    let (value, filters) = tag.words.split_once('|').unwrap_or((&tag.words, ""));
    let (value, mut filters) = (value.trim(), filters.split('|').map(str::trim).filter(|filter| !filter.is_empty()));
    if let Some(text) = value.strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\''])) {
        let is_path = filters.clone().any(|filter| filter.ends_with("_url") || filter.starts_with("prepend"));
        let path = || format!("/{}", text.trim_start_matches('/'));
        return filters.all(keeps).then(|| if is_path { path() } else { text.to_string() });
    }
    let (object, key) = value.split_once('.')?;
    let page = of.filter(|(name, _)| *name == object).map(|(_, page)| (&page.front, page.from.as_str()));
    let page = page.or_else(|| (object == "page").then_some((around.front, around.from)));
    let made = match (page, object, key) {
        // What an include is given is nothing outside of one.
        (_, "site", "baseurl" | "url" | "github.url") | (_, "include", _) => Some(String::new()),
        (_, "site", _) => around.found.site.values.get(value).cloned(),
        (Some((_, from)), _, "url") => Some(format!("{SOURCE}{}", encode(from))),
        (Some((front, _)), _, "date") => {
            return day(front.date.as_deref()?, filters.next()?).filter(|_| filters.all(keeps));
        }
        (_, "page", _) => around.own(key),
        (Some((front, _)), _, "title") => front.title.clone(),
        (Some((front, _)), _, "description") => front.description.clone(),
        _ => None,
    };
    made.filter(|_| filters.all(keeps))
}

/// Whether a filter leaves a text as it is here: links need no base, and Markdown escapes what it has to.
fn keeps(filter: &str) -> bool {
    const FILTERS: [&str; 7] =
        ["relative_url", "absolute_url", "escape", "xml_escape", "escape_once", "strip", "smartify"];
    match filter.strip_prefix("prepend:").or(filter.strip_prefix("append:")) {
        Some(what) => matches!(what.trim(), "site.baseurl" | "site.url"),
        None => FILTERS.contains(&filter),
    }
}

/// A day by a pattern of `strftime`.
fn day(typed: &str, filter: &str) -> Option<String> {
    match filter {
        "date_to_string" => return day(typed, "date: \"%d %b %Y\""),
        "date_to_long_string" => return day(typed, "date: \"%d %B %Y\""),
        "date_to_xmlschema" => return day(typed, "date: \"%Y-%m-%d\""),
        _ => {}
    }
    let pattern = filter.strip_prefix("date:")?.trim().trim_matches(['"', '\'']);
    let day: jiff::civil::Date = typed.get(..10)?.parse().ok()?;
    jiff::fmt::strtime::format(pattern, day).ok()
}
