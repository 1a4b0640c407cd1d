//! Where each source belongs, by its path alone.
//!
//! In: the paths of a project. Out: the folders of series with what lies in them, the pages outside
//! and the home page; a diagnostic for each source that can't belong anywhere. Reads no text.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::Project;
use crate::site::plan::RESERVED;
use crate::text::path::folders_above;
use crate::text::source::{SourceId, Span, id_problem, slugify};

/// Where each source belongs, by its path alone.
#[derive(Debug, Default)]
pub struct Layout {
    /// By the folder's path below `content/`.
    pub series: BTreeMap<String, SeriesFolder>,
    pub places: BTreeMap<SourceId, Place>,
    pub home: Option<SourceId>,
}

#[derive(Debug)]
pub struct SeriesFolder {
    pub id: String,
    pub plan: SourceId,
    pub glossary: Option<SourceId>,
    pub comparisons: BTreeMap<String, SourceId>,
    pub parts: BTreeMap<String, SourceId>,
}

#[derive(Debug)]
pub enum Place {
    Home,
    Part,
    /// Its address, unless the front matter has a slug.
    Page {
        address: String,
    },
}

/// Finds where each source belongs, and reports those that belong nowhere.
pub fn layout(project: &Project, out: &mut Vec<Diagnostic>) -> Layout {
    let mut layout = Layout::default();
    let mut plans: Vec<&SourceId> = project.data.iter().collect();
    plans.retain(|source| below(project, **source).rsplit('/').next() == Some("series.toml"));
    // A series before those inside it, whatever their folders are called.
    plans.sort_by_key(|source| below(project, **source).matches('/').count());
    for source in plans {
        let Some((folder, _)) = below(project, *source).rsplit_once('/') else {
            let message = "a series lies in a folder of its own below `content/`";
            out.push(
                Diagnostic::new(Code::NestedSeries, Span::start_of(*source), message)
                    .help("move it to `content/<series>/series.toml`"),
            );
            continue;
        };
        if let Some(outer) = folders_above(folder).rev().find(|outer| layout.series.contains_key(*outer)) {
            let message = format!("this series lies inside the series {}", quote(outer));
            out.push(
                Diagnostic::new(Code::NestedSeries, Span::start_of(*source), message).help("move it beside the other"),
            );
            continue;
        }
        for piece in folder.split('/') {
            report_piece(piece, *source, "the folder", out);
        }
        let folder = folder.to_string();
        let series = SeriesFolder {
            id: folder.clone(),
            plan: *source,
            glossary: None,
            comparisons: BTreeMap::new(),
            parts: BTreeMap::new(),
        };
        layout.series.insert(folder, series);
    }
    for source in &project.data {
        place_data(project, *source, &mut layout, out);
    }
    for source in &project.articles {
        place_article(project, *source, &mut layout, out);
    }
    loose_folders(project, &layout, out);
    layout
}

/// The path of a source, below `content/`.
fn below(project: &Project, source: SourceId) -> &str {
    project.sources.path(source).strip_prefix("content/").unwrap_or_default()
}

fn place_data(project: &Project, source: SourceId, layout: &mut Layout, out: &mut Vec<Diagnostic>) {
    let path = below(project, source);
    let folder = folders_above(path).rev().find(|folder| layout.series.contains_key(*folder)).map(str::to_string);
    let series = folder.as_ref().and_then(|folder| layout.series.get_mut(folder));
    let rest = folder.as_ref().map_or(path, |folder| &path[folder.len() + 1..]);
    match (series, rest) {
        (_, "series.toml") => {}
        (None, rest) if rest.ends_with("/series.toml") => {}
        (Some(_), rest) if rest.ends_with("/series.toml") => {}
        (Some(series), "glossary.toml") => series.glossary = Some(source),
        (Some(series), rest) if rest.strip_prefix("comparisons/").is_some_and(|name| !name.contains('/')) => {
            let id = rest.trim_start_matches("comparisons/").trim_end_matches(".toml");
            report_piece(id, source, "the file", out);
            series.comparisons.insert(id.to_string(), source);
        }
        // It is told already why it isn't.
        _ if project.unread.contains(project.sources.path(source)) => {}
        _ => out
            .push(Diagnostic::new(Code::UnreadData, Span::start_of(source), "nothing reads this file").help(
                "TOML under `content/` is `series.toml`, `glossary.toml` or `comparisons/<id>.toml` of a series",
            )),
    }
}

fn place_article(project: &Project, source: SourceId, layout: &mut Layout, out: &mut Vec<Diagnostic>) {
    let path = below(project, source);
    let stem = path.strip_suffix(".md").unwrap_or(path);
    let folder = folders_above(path).rev().find(|folder| layout.series.contains_key(*folder)).map(str::to_string);
    let Some(series) = folder.and_then(|folder| layout.series.get_mut(&folder)) else {
        if stem == "index" {
            layout.home = Some(source);
            layout.places.insert(source, Place::Home);
            return;
        }
        let address = stem.strip_suffix("/index").unwrap_or(stem);
        let good = address.split('/').filter(|piece| !report_piece(piece, source, "the page", out)).count() == 0;
        if good {
            layout.places.insert(source, Place::Page { address: format!("{address}/") });
        }
        return;
    };
    let inside = &stem[series.id.len() + 1..];
    let id = inside.strip_suffix("/index").unwrap_or(inside);
    if id.contains('/') {
        let message = "a Markdown file lies inside a part's own folder";
        out.push(
            Diagnostic::new(Code::MarkdownInPart, Span::start_of(source), message)
                .help(format!("a part is `content/{0}/<id>.md` or `content/{0}/<id>/index.md`", series.id)),
        );
        return;
    }
    if RESERVED.contains(&id) {
        let message = format!("the id {} is taken by a page that every series has", quote(id));
        let help = if id == "index" {
            "the words of a series' page are the `description` of its `series.toml`"
        } else {
            "rename the file"
        };
        out.push(Diagnostic::new(Code::InvalidId, Span::start_of(source), message).help(help));
        return;
    }
    if !report_piece(id, source, "the part", out) {
        return;
    }
    if let Some(first) = series.parts.get(id) {
        let message = format!("the part {} has two files", quote(id));
        out.push(
            Diagnostic::new(Code::TwoSources, Span::start_of(source), message)
                .note(Span::start_of(*first), "the first")
                .help(format!(
                    "keep {} or {}",
                    quote(project.sources.path(*first)),
                    quote(project.sources.path(source))
                )),
        );
        return;
    }
    series.parts.insert(id.to_string(), source);
    layout.places.insert(source, Place::Part);
}

/// Reports a name that can't be a piece of an address; says whether it can.
fn report_piece(piece: &str, source: SourceId, what: &str, out: &mut Vec<Diagnostic>) -> bool {
    let Some(problem) = id_problem(piece) else { return true };
    let slug = slugify(piece);
    let help = match id_problem(&slug) {
        None => format!("rename it to {}", quote(&slug)),
        Some(_) => "use lowercase letters, digits, `-` and `_`".into(),
    };
    let message = format!("the name of {what}, {}, {problem}", quote(piece));
    out.push(Diagnostic::new(Code::InvalidId, Span::start_of(source), message).help(help));
    false
}

fn loose_folders(project: &Project, layout: &Layout, out: &mut Vec<Diagnostic>) {
    let mut pages: BTreeMap<&str, Vec<SourceId>> = BTreeMap::new();
    for source in &project.articles {
        if !matches!(layout.places.get(source), Some(Place::Page { .. })) {
            continue;
        }
        let path = project.sources.path(*source);
        if let Some((folder, name)) = path.rsplit_once('/')
            && folder != "content"
            && name != "index.md"
        {
            pages.entry(folder).or_default().push(*source);
        }
    }
    for (folder, sources) in pages.into_iter().filter(|(_, sources)| sources.len() > 1) {
        let message = format!(
            "the folder {} holds {} and no `series.toml`",
            quote(folder),
            crate::diagnostic::count(sources.len(), "page")
        );
        out.push(
            Diagnostic::new(Code::LooseFolder, Span::start_of(sources[0]), message)
                .help("add a `series.toml` if they are meant to be read in order"),
        );
    }
}
