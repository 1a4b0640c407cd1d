//! Where each source belongs, by its path alone.
//!
//! In: the paths of a project. Out: the folders of series with what lies in them, the pages outside
//! and the home page; a diagnostic for each source that can't belong anywhere. Reads no text.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::Project;
use crate::settings::config::Config;
use crate::site::plan::{POSTS_RESERVED, RESERVED, dated};
use crate::site::translations::{Named, Translations, named, no_original, other_files, undeclared};
use crate::text::path::folders_above;
use crate::text::source::{SourceId, Span, id_problem, slugify};

/// Where each source belongs, by its path alone.
#[derive(Debug, Default)]
pub struct Layout {
    /// By the folder's path below `content/`.
    pub series: BTreeMap<String, SeriesFolder>,
    pub places: BTreeMap<SourceId, Place>,
    pub home: Option<SourceId>,
    /// TOML that has no place of its own: what no table takes its rows from, nothing reads.
    pub others: Vec<SourceId>,
    /// What stands beside originals, by further language of the site.
    pub translations: Vec<Translations>,
    /// What `partwork translated` wrote, by further language and by the folder below `content/`.
    pub records: Vec<BTreeMap<String, SourceId>>,
}

/// The folder of a series, or of posts.
#[derive(Debug)]
pub struct SeriesFolder {
    pub id: String,
    pub plan: SourceId,
    pub is_posts: bool,
    /// The words above the list of posts.
    pub opening: Option<SourceId>,
    pub glossary: Option<SourceId>,
    /// Its `sources.bib`.
    pub sources: Option<SourceId>,
    pub comparisons: BTreeMap<String, SourceId>,
    /// What is said of states of the program, by part.
    pub states: BTreeMap<String, SourceId>,
    pub parts: BTreeMap<String, SourceId>,
    /// By part and name.
    pub sides: BTreeMap<String, BTreeMap<String, SourceId>>,
}

#[derive(Debug)]
pub enum Place {
    Home,
    Part,
    /// A side page, by its series, its part and its name.
    Side {
        series: String,
        part: String,
        name: String,
    },
    /// With the day that its file's name gives.
    Post {
        named: Option<Date>,
    },
    /// The words above a list of posts, by its `posts.toml`.
    Opening {
        posts: SourceId,
    },
    /// Its address, unless the front matter has a slug.
    Page {
        address: String,
    },
    /// What an article says in a further language, by the place of that among the site's.
    Translation {
        language: usize,
        of: SourceId,
    },
}

impl Layout {
    /// The file of the part that a side page belongs to, where there is one.
    pub fn part_of(&self, side: SourceId) -> Option<SourceId> {
        let Some(Place::Side { series, part, .. }) = self.places.get(&side) else { return None };
        self.series.get(series)?.parts.get(part).copied()
    }
}

/// Finds where each source belongs, and reports those that belong nowhere.
pub fn layout(project: &Project, config: &Config, out: &mut Vec<Diagnostic>) -> Layout {
    let mut layout = Layout::default();
    let taken = named_like_languages(project, config, out);
    let sources = || project.data.iter().chain(&project.articles).copied();
    let paths: BTreeMap<&str, SourceId> = sources().map(|source| (project.sources.path(source), source)).collect();
    let mut translated = Vec::new();
    let mut left_out = taken;
    let records: Vec<(SourceId, usize)> =
        project.data.iter().filter_map(|source| Some((*source, record(below(project, *source), config)?))).collect();
    left_out.extend(records.iter().map(|(source, _)| *source));
    for source in sources().filter(|source| !left_out.contains(source)).collect::<Vec<_>>() {
        match named(project.sources.path(source), config, &paths) {
            Some(Named::Translation { language, of }) => translated.push((source, language, of)),
            Some(Named::Undeclared { tag, of }) => out.push(undeclared(source, tag, (of, &paths), config)),
            None => continue,
        }
        left_out.insert(source);
    }
    let is_original = |source: &&SourceId| !left_out.contains(source);
    place_folders(project, (&mut layout, &left_out), out);
    for source in project.data.iter().filter(is_original) {
        place_data(project, *source, &mut layout, out);
    }
    for source in project.articles.iter().filter(is_original) {
        place_article(project, *source, &mut layout, out);
    }
    layout.translations = config.languages.iter().map(|language| other_files(project, &language.tag)).collect();
    layout.records = vec![BTreeMap::new(); config.languages.len()];
    for (source, language) in records {
        let folder = below(project, source).rsplit_once('/').map_or("", |(folder, _)| folder);
        if folder.is_empty() || layout.series.contains_key(folder) {
            layout.records[language].insert(folder.to_string(), source);
        } else {
            out.push(Diagnostic::new(Code::UnreadData, Span::start_of(source), "nothing reads this file").help(
                "what was translated is recorded beside a `series.toml` or a `posts.toml`, and of pages in `content/` itself",
            ));
        }
    }
    for (source, language, of) in translated {
        match of {
            Some(of) => place_translation(project, (source, language, of), &mut layout, out),
            None => out.push(no_original(project, source)),
        }
    }
    loose_folders(project, &layout, out);
    layout
}

/// The language of a record of what was translated, by its place among the site's further ones: `translated.sv.toml`.
fn record(path: &str, config: &Config) -> Option<usize> {
    let name = path.rsplit('/').next()?;
    let tag = name.strip_prefix("translated.")?.strip_suffix(".toml")?;
    config.languages.iter().position(|language| language.tag == tag)
}

/// Sources below a name that is a language of the site, whose pages lie there.
fn named_like_languages(project: &Project, config: &Config, out: &mut Vec<Diagnostic>) -> BTreeSet<SourceId> {
    let mut taken = BTreeSet::new();
    for language in &config.languages {
        let is_below = |source: &&SourceId| {
            let path = below(project, **source);
            let first = path.split('/').next().unwrap_or(path);
            first.strip_suffix(".md").unwrap_or(first).eq_ignore_ascii_case(&language.tag)
        };
        let mut found: Vec<SourceId> = project.data.iter().chain(&project.articles).filter(is_below).copied().collect();
        // A plan says most of what is meant.
        found.sort_by_key(|source| !project.sources.path(*source).ends_with(".toml"));
        let Some(first) = found.first() else { continue };
        let what = match below(project, *first).rsplit_once('/') {
            Some((_, "series.toml")) => "the series",
            Some((_, "posts.toml")) => "the folder of posts",
            _ => "the page",
        };
        let message = format!("{what} is named like the language {}, whose pages lie there", quote(&language.tag));
        out.push(
            Diagnostic::new(Code::InvalidId, Span::start_of(*first), message)
                .note(language.span, "declared here")
                .help("give it another name"),
        );
        taken.extend(found);
    }
    taken
}

/// Keeps a translation with its original, unless that is none, which has been reported, or has one already.
fn place_translation(
    project: &Project,
    (source, language, of): (SourceId, usize, SourceId),
    layout: &mut Layout,
    out: &mut Vec<Diagnostic>,
) {
    let is_data = |folder: &SeriesFolder| {
        folder.plan == of || folder.glossary == Some(of) || folder.comparisons.values().any(|source| *source == of)
    };
    let is_article = layout.places.contains_key(&of);
    if !is_article && !layout.series.values().any(is_data) {
        return;
    }
    if let Some(first) = layout.translations[language].of.get(&of) {
        let what = format!("the translation of {}", quote(project.sources.path(of)));
        out.push(two_files(project, &what, [*first, source]));
        return;
    }
    layout.translations[language].of.insert(of, source);
    if is_article {
        layout.places.insert(source, Place::Translation { language, of });
    }
}

/// Finds the folders of series and of posts, none of which lies in another.
fn place_folders(project: &Project, (layout, left_out): (&mut Layout, &BTreeSet<SourceId>), out: &mut Vec<Diagnostic>) {
    let kind = |source: &SourceId| match below(project, *source).rsplit('/').next() {
        Some("series.toml") => Some(false),
        Some("posts.toml") => Some(true),
        _ => None,
    };
    let originals = project.data.iter().filter(|source| !left_out.contains(source));
    let mut plans: Vec<(SourceId, bool)> = originals.filter_map(|source| Some((*source, kind(source)?))).collect();
    // A folder before those inside it, whatever they are called; a series before posts.
    plans.sort_by_key(|(source, is_posts)| (below(project, *source).matches('/').count(), *is_posts));
    for (source, is_posts) in plans {
        let Some((folder, name)) = below(project, source).rsplit_once('/') else {
            out.push(plan_at_top(is_posts, source));
            continue;
        };
        if let Some(other) = layout.series.get(folder) {
            out.push(
                Diagnostic::new(
                    Code::TwoSources,
                    Span::start_of(source),
                    format!("the folder {} is a series, and can't hold posts", quote(folder)),
                )
                .note(Span::start_of(other.plan), "its plan")
                .help(format!(
                    "remove `{name}`, or `series.toml` if the articles have no order but that of their dates"
                )),
            );
            continue;
        }
        if let Some(outer) = folders_above(folder).rev().find_map(|outer| layout.series.get(outer)) {
            let what = |is_posts| if is_posts { "folder of posts" } else { "series" };
            let message =
                format!("this {} lies inside the {} {}", what(is_posts), what(outer.is_posts), quote(&outer.id));
            out.push(
                Diagnostic::new(Code::NestedSeries, Span::start_of(source), message).help("move it beside the other"),
            );
            continue;
        }
        for piece in folder.split('/') {
            report_piece(piece, source, "the folder", out);
        }
        let series = SeriesFolder {
            id: folder.to_string(),
            plan: source,
            is_posts,
            opening: None,
            glossary: None,
            sources: None,
            comparisons: BTreeMap::new(),
            states: BTreeMap::new(),
            parts: BTreeMap::new(),
            sides: BTreeMap::new(),
        };
        layout.series.insert(folder.to_string(), series);
    }
}

/// The diagnostic for a plan in no folder.
fn plan_at_top(is_posts: bool, source: SourceId) -> Diagnostic {
    let (message, help) = match is_posts {
        true => ("posts lie in a folder of their own below `content/`", "move it to `content/<folder>/posts.toml`"),
        false => ("a series lies in a folder of its own below `content/`", "move it to `content/<series>/series.toml`"),
    };
    Diagnostic::new(Code::NestedSeries, Span::start_of(source), message).help(help)
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
        (_, rest) if matches!(rest.rsplit('/').next(), Some("series.toml" | "posts.toml")) => {}
        (Some(series), "glossary.toml") if !series.is_posts => series.glossary = Some(source),
        (Some(series), "sources.bib") if !series.is_posts => series.sources = Some(source),
        (Some(series), rest)
            if !series.is_posts && rest.strip_prefix("comparisons/").is_some_and(|name| !name.contains('/')) =>
        {
            let id = rest.trim_start_matches("comparisons/").trim_end_matches(".toml");
            report_piece(id, source, "the file", out);
            series.comparisons.insert(id.to_string(), source);
        }
        (Some(series), rest)
            if !series.is_posts && rest.strip_prefix("code/").is_some_and(|name| !name.contains('/')) =>
        {
            let id = rest.trim_start_matches("code/").trim_end_matches(".toml");
            series.states.insert(id.to_string(), source);
        }
        // It is told already why it isn't.
        _ if project.unread.contains(project.sources.path(source)) => {}
        _ if path.ends_with(".bib") => out.push(
            Diagnostic::new(Code::UnreadData, Span::start_of(source), "nothing reads this file")
                .help("`sources.bib` lies in the folder of a series, beside its `series.toml`"),
        ),
        _ => layout.others.push(source),
    }
}

/// The diagnostic for TOML that nothing reads.
pub fn unread_data(source: SourceId) -> Diagnostic {
    Diagnostic::new(Code::UnreadData, Span::start_of(source), "nothing reads this file").help(
        "TOML under `content/` is `series.toml`, `glossary.toml`, `comparisons/<id>.toml` or `code/<part>.toml` of a series, or `posts.toml`; or a table names it as its `data`",
    )
}

fn place_article(project: &Project, source: SourceId, layout: &mut Layout, out: &mut Vec<Diagnostic>) {
    let path = below(project, source);
    let stem = path.strip_suffix(".md").unwrap_or(path);
    let folder = folders_above(path).rev().find(|folder| layout.series.contains_key(*folder)).map(str::to_string);
    let series = folder.and_then(|folder| layout.series.get_mut(&folder));
    if stem.rsplit('/').next() == Some("_index") {
        out.push(words_of_a_section(stem, series.as_deref(), source));
        return;
    }
    let Some(series) = series else {
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
    if series.is_posts {
        if let Some(place) = place_post(project, (inside, source), series, out) {
            layout.places.insert(source, place);
        }
        return;
    }
    let id = inside.strip_suffix("/index").unwrap_or(inside);
    if let Some((part, name)) = id.split_once('/') {
        if let Some(place) = place_side(project, (part, name, source), series, out) {
            layout.places.insert(source, place);
        }
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
        out.push(two_files(project, &format!("the part {}", quote(id)), [*first, source]));
        return;
    }
    series.parts.insert(id.to_string(), source);
    layout.places.insert(source, Place::Part);
}

/// Hugo and Zola call the words and keys of a folder so.
fn words_of_a_section(stem: &str, series: Option<&SeriesFolder>, source: SourceId) -> Diagnostic {
    let help = match series {
        _ if stem == "_index" => "the words of the home page stand in `content/index.md`",
        Some(series) if series.is_posts => "its keys belong into `posts.toml`, its text into `index.md`",
        Some(_) => "its keys belong into `series.toml`",
        None => "a folder that is a series has a `series.toml`, one of posts a `posts.toml`; a page is an `index.md`",
    };
    let message = "`_index.md` is what Hugo and Zola call the words of a folder, and no article here";
    Diagnostic::new(Code::InvalidId, Span::start_of(source), message).help(help)
}

/// A Markdown file in a folder of posts, by its path in it without `.md`.
fn place_post(
    project: &Project,
    (inside, source): (&str, SourceId),
    posts: &mut SeriesFolder,
    out: &mut Vec<Diagnostic>,
) -> Option<Place> {
    if inside == "index" {
        posts.opening = Some(source);
        return Some(Place::Opening { posts: posts.plan });
    }
    let name = inside.strip_suffix("/index").unwrap_or(inside);
    let at = Span::start_of(source);
    if name.contains('/') {
        let message = "a Markdown file lies in a folder inside a folder of posts";
        out.push(Diagnostic::new(Code::MarkdownInPart, at, message).help(format!(
            "a post is `content/{0}/<id>.md`, or `content/{0}/<id>/index.md` with its files beside it",
            posts.id
        )));
        return None;
    }
    let (day, id) = dated(name);
    let named = match day.map(str::parse::<Date>) {
        Some(Err(_)) => {
            let message = format!("the name of the post, {}, begins with a date that doesn't exist", quote(name));
            out.push(
                Diagnostic::new(Code::InvalidValue, at, message).help("correct the date, or leave it out of the name"),
            );
            return None;
        }
        day => day.and_then(Result::ok),
    };
    if POSTS_RESERVED.contains(&id) {
        let message = format!("the id {} is taken by the pages of the list", quote(id));
        out.push(Diagnostic::new(Code::InvalidId, at, message).help("rename the file"));
        return None;
    }
    if !report_piece(id, source, "the post", out) {
        return None;
    }
    if let Some(first) = posts.parts.get(id) {
        let path = |source: SourceId| quote(project.sources.path(source));
        out.push(
            Diagnostic::new(Code::TwoSources, at, format!("the post {} has two files", quote(id)))
                .note(Span::start_of(*first), "the first")
                .help(format!(
                    "keep {} or {}, or rename one: a date at the front of a name is no part of the id",
                    path(*first),
                    path(source)
                )),
        );
        return None;
    }
    posts.parts.insert(id.to_string(), source);
    Some(Place::Post { named })
}

/// A Markdown file in the folder of a part, by the part's id and what follows in its path.
fn place_side(
    project: &Project,
    (part, name, source): (&str, &str, SourceId),
    series: &mut SeriesFolder,
    out: &mut Vec<Diagnostic>,
) -> Option<Place> {
    let folder = format!("content/{}/{part}", series.id);
    if name.contains('/') {
        let message = "a Markdown file lies deeper in a part's folder than its side pages";
        out.push(
            Diagnostic::new(Code::MarkdownInPart, Span::start_of(source), message)
                .help(format!("a side page is `{folder}/<name>.md` or `{folder}/<name>/index.md`")),
        );
        return None;
    }
    if name == "index" {
        let message = format!("a side page of {} can't be called `index`, as the part's own file is", quote(part));
        out.push(Diagnostic::new(Code::InvalidId, Span::start_of(source), message).help("rename it"));
        return None;
    }
    if !report_piece(name, source, "the side page", out) {
        return None;
    }
    let sides = series.sides.entry(part.to_string()).or_default();
    if let Some(first) = sides.get(name) {
        let what = format!("the side page {}", quote(&format!("{part}/{name}")));
        out.push(two_files(project, &what, [*first, source]));
        return None;
    }
    sides.insert(name.to_string(), source);
    Some(Place::Side { series: series.id.clone(), part: part.to_string(), name: name.to_string() })
}

fn two_files(project: &Project, what: &str, [first, second]: [SourceId; 2]) -> Diagnostic {
    let path = |source: SourceId| quote(project.sources.path(source));
    Diagnostic::new(Code::TwoSources, Span::start_of(second), format!("{what} has two files"))
        .note(Span::start_of(first), "the first")
        .help(format!("keep {} or {}", path(first), path(second)))
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
            "the folder {} holds {}, and neither a `series.toml` nor a `posts.toml`",
            quote(folder),
            crate::diagnostic::count(sources.len(), "page")
        );
        out.push(Diagnostic::new(Code::LooseFolder, Span::start_of(sources[0]), message).help(
            "add a `series.toml` if they are meant to be read in order, or a `posts.toml` if they go by their dates",
        ));
    }
}
