//! A table of contents in Markdown, as mdBook and GitBook have it.
//!
//! In: a file of nested lists of links. Out: the chapters in order, as stretches of a plan.

use std::collections::BTreeSet;

use super::meta::{self, Broken};
use super::model::{Entry, Found, Page, Section, What};
use super::source::{Folder, below, resolve};
use super::typed::{Place, Typed};
use super::view::view;

/// Where a summary and its chapters lie.
#[derive(Debug)]
pub struct Shape<'a> {
    pub folder: &'a Folder,
    /// The folder of the chapters; empty for the source itself.
    pub source: &'a str,
    pub summary: &'a str,
    /// The address of a chapter, by its path below that folder.
    pub address: fn(&str) -> String,
}

/// Reads a summary with its chapters; gives the stretches of the plan, and the files that are chapters.
pub fn chapters(shape: &Shape<'_>, found: &mut Found) -> Result<(Vec<Section>, BTreeSet<String>), Broken> {
    let Some(summary) = shape.folder.typed(shape.summary) else {
        let message = "there is no such file, which says what the chapters are".to_string();
        return Err(Broken { place: Place::whole(shape.summary), message });
    };
    let mut chapters = Chapters { shape, found, seen: BTreeSet::new() };
    let sections = sections(&summary, &mut chapters)?;
    Ok((sections, chapters.seen))
}

/// What chapters are read into.
struct Chapters<'a> {
    shape: &'a Shape<'a>,
    found: &'a mut Found,
    seen: BTreeSet<String>,
}

/// Reads the summary. A part's title begins a section; where there is none, a chapter with others below it
/// does. What stands before and after the numbered chapters has no number.
fn sections(summary: &Typed, chapters: &mut Chapters<'_>) -> Result<Vec<Section>, Broken> {
    let lines = lines(summary);
    let has_parts = lines.iter().any(|line| matches!(line.what, Line::Part));
    let nests = lines.iter().any(|line| matches!(line.what, Line::Chapter { level, .. } if level > 0));
    let mut sections: Vec<Section> = Vec::new();
    let mut numbering_began = false;
    for Read { what, title, path } in lines {
        match what {
            Line::Part => sections.push(Section { title: Some(title), named: None, entries: Vec::new() }),
            Line::Chapter { level, numbered } => {
                let Some(entry) = chapters.entry(&title, &path, numbered)? else { continue };
                let begins = match (has_parts, nests, numbered) {
                    (true, _, true) => sections.is_empty(),
                    (false, true, true) => level == 0,
                    (_, _, false) => numbering_began || sections.is_empty(),
                    (false, false, true) => !numbering_began,
                };
                // What stands alone before or after has a stretch of its own, where there are several.
                let goes_on = !numbered && sections.last().is_some_and(is_unnumbered);
                if begins && !goes_on {
                    let title = match (numbered, numbering_began) {
                        (true, _) => title.clone(),
                        (false, false) => "Before the chapters".to_string(),
                        (false, true) => "After the chapters".to_string(),
                    };
                    sections.push(Section { title: Some(title), named: None, entries: Vec::new() });
                }
                numbering_began |= numbered;
                if let Some(section) = sections.last_mut() {
                    section.entries.push(entry);
                }
            }
        }
    }
    sections.retain(|section| !section.entries.is_empty());
    if !has_parts && !nests {
        let entries = sections.into_iter().flat_map(|section| section.entries).collect();
        return Ok(vec![Section { title: None, named: None, entries }]);
    }
    Ok(sections)
}

/// The stretches of a list whose pages are read already: what it names without leading there begins one.
pub fn listed(summary: &Typed, page: &dyn Fn(&str) -> Option<usize>) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut seen = BTreeSet::new();
    for Read { what, title, path } in lines(summary) {
        if matches!(what, Line::Part) {
            sections.push(Section { title: Some(title), ..Section::default() });
        } else if let Some(page) = page(&path).filter(|page| seen.insert(*page)) {
            let last = sections.len() - 1;
            sections[last].entries.push(Entry::page(page));
        }
    }
    sections.retain(|section| !section.entries.is_empty());
    if let [only] = sections.as_mut_slice() {
        only.title = None;
    }
    sections
}

fn is_unnumbered(section: &Section) -> bool {
    section.entries.iter().all(|entry| !entry.numbered)
}

/// A line of the summary that says something.
struct Read {
    what: Line,
    title: String,
    path: String,
}

enum Line {
    Part,
    Chapter { level: usize, numbered: bool },
}

fn lines(summary: &Typed) -> Vec<Read> {
    let mut found = Vec::new();
    let mut indents: Vec<usize> = Vec::new();
    let view = view(&summary.text);
    let mut start = 0;
    let mut has_title = false;
    for line in summary.text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let in_comment = view.comments.iter().any(|comment| comment.contains(&at));
        let words = line.trim();
        if in_comment || words.is_empty() {
            continue;
        }
        if let Some(title) = words.trim_start_matches('#').strip_prefix(' ').filter(|_| words.starts_with('#')) {
            // The first is the summary's own, if no chapter stands before it.
            if has_title || !found.is_empty() {
                found.push(Read { what: Line::Part, title: plain(title), path: String::new() });
            }
            has_title = true;
            continue;
        }
        let bullet = ["- ", "* ", "+ "].iter().find_map(|sign| words.strip_prefix(sign)).or_else(|| {
            let rest = words.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.strip_prefix(". ").filter(|_| rest.len() < words.len())
        });
        let Some((title, path)) = link(bullet.unwrap_or(words).trim()) else {
            // What a list names without leading there is what stands below it.
            if let Some(title) = bullet.filter(|title| !title.trim().is_empty()) {
                found.push(Read { what: Line::Part, title: plain(title), path: String::new() });
            }
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let level = match bullet {
            Some(_) => {
                while indents.last().is_some_and(|last| *last >= indent) {
                    indents.pop();
                }
                indents.push(indent);
                indents.len() - 1
            }
            None => 0,
        };
        found.push(Read { what: Line::Chapter { level, numbered: bullet.is_some() }, title: plain(title), path });
    }
    found
}

/// The words and the destination of the link that a line begins with; what stands behind it says nothing of the plan.
fn link(line: &str) -> Option<(&str, String)> {
    let middle = closing(line, ['[', ']']).filter(|end| line[*end..].starts_with("]("));
    let middle = middle.or_else(|| line.starts_with('[').then(|| line.rfind("](")).flatten())?;
    let rest = &line[middle + 1..];
    let end = closing(rest, ['(', ')']).or_else(|| rest.rfind(')'))?;
    let path = rest[1..end].trim();
    // A title may stand behind it, in quotes.
    let path = path.split_once(" \"").map_or(path, |(path, _)| path).trim().trim_matches(['<', '>']);
    Some((&line[1..middle], crate::text::url::percent_decode(path)))
}

/// Where the bracket closes with which a text begins; in code and behind a backslash there is none.
fn closing(text: &str, [open, close]: [char; 2]) -> Option<usize> {
    let inside = text.strip_prefix(open)?;
    let (mut depth, mut in_code, mut is_escaped) = (1, false, false);
    for (at, c) in inside.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = !in_code,
            '`' => in_code = !in_code,
            _ if in_code => {}
            _ if c == open => depth += 1,
            _ if c == close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open.len_utf8() + at);
        }
    }
    None
}

/// Words without marks of Markdown.
fn plain(title: &str) -> String {
    title.chars().filter(|c| !matches!(c, '`' | '*')).collect::<String>().replace('\\', "").trim().to_string()
}

impl Chapters<'_> {
    /// A chapter; nothing for one that is listed already.
    fn entry(&mut self, title: &str, path: &str, numbered: bool) -> Result<Option<Entry>, Broken> {
        let from = resolve(self.shape.source, path.split('#').next().unwrap_or(path)).unwrap_or_default();
        let announced = || Some(Entry { what: What::Announced(title.to_string()), numbered });
        if path.is_empty() || !self.shape.folder.has(&from) {
            return Ok(announced());
        }
        if !self.seen.insert(from.clone()) {
            return Ok(None);
        }
        let Some((table, text)) = meta::page(self.shape.folder, &from)? else {
            return Err(meta::no_text(self.shape.folder, &from));
        };
        let mut front = meta::front(table, self.found);
        front.title = Some(title.to_string());
        let below = below(self.shape.source, &from).unwrap_or(&from).to_string();
        let (address, has_words) = ((self.shape.address)(&below), meta::says_something(&text));
        let page = Page { from, address, language: None, key: None, front, has_words };
        let at = self.found.add(page);
        Ok(Some(Entry { what: What::Page(at), numbered }))
    }
}
