//! A new site, series, part or post, copies of built-in files, and what was translated.
//!
//! In: what was typed, the project as it is, and today's date. Out: the [`Changes`] that would make
//! it, for the shell to show or to apply, and what to say then. Nothing here writes, and nothing
//! asks: what isn't said has a default. Plans are edited in place ([`edit`]), never written anew.

pub mod changes;
pub mod edit;
pub mod editors;
pub mod eject;
pub mod translated;
pub mod translation;

use std::fs;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostic, Severity, did_you_mean, list, quote};
use crate::parse::front::Status;
use crate::project::{CONFIG, Project, places};
use crate::publish::install::{self, Install};
use crate::settings::config::BaseUrl;
use crate::settings::data::quoted;
use crate::site::plan::{Owner, POSTS_RESERVED, Plan, PlanEntry, PlannedTrack, RESERVED, dated, parse_plan};
use crate::text::date;
use crate::text::path::folders_above;
use crate::text::source::{Span, Spanned, id_problem, slugify};
use changes::{Changes, Create, Edit};

pub use changes::{New, Problem};

/// Who builds and publishes the site after each change and once a day, and how its machine gets partwork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ci {
    Github(Install),
    Gitlab(Install),
    None,
}

/// What may be said of a new site.
#[derive(Debug)]
pub struct SiteOptions<'a> {
    /// Else from the folder's name.
    pub title: Option<&'a str>,
    /// Else where `partwork serve` shows the site.
    pub base_url: Option<&'a str>,
    pub ci: Ci,
    pub today: Date,
}

/// What may be said of a new series or part.
#[derive(Debug, Default)]
pub struct Words<'a> {
    /// Else from the id.
    pub title: Option<&'a str>,
    pub description: Option<&'a str>,
}

/// What may be said of a new part, or of a post, which has no track.
#[derive(Debug)]
pub struct PartOptions<'a> {
    pub words: Words<'a>,
    /// The id or the title of a track; else the last one.
    pub track: Option<&'a str>,
    /// Else soon for a part that the plan announces, and draft for any other.
    pub status: Option<Status>,
    /// As typed; else as the plan announces it, else today.
    pub date: Option<&'a str>,
    pub today: Date,
    pub zone: &'a TimeZone,
}

/// Where `partwork serve` shows a site unless told otherwise.
const LOCAL_URL: &str = "http://localhost:4711/";
const LOCAL_URL_HINT: &str =
    " Put your own address here\n# before you publish; this one is what `partwork serve` answers at.";

/// A small site that works, in a folder that holds none of its files yet.
pub fn site(folder: &Path, options: &SiteOptions<'_>) -> Result<New, Problem> {
    if let Some(title) = options.title {
        check_text("title", title)?;
    }
    if let Some(url) = options.base_url {
        BaseUrl::parse(url).map_err(|problem| Problem::Usage(format!("--base-url {problem}: {}", quote(url))))?;
    }
    if let Some(file) = folder.ancestors().find(|path| path.exists()).filter(|path| !path.is_dir()) {
        return Err(Problem::Usage(format!("{} is a file, not a folder", quote(&file.to_string_lossy()))));
    }
    let title = options.title.map_or_else(|| site_title(folder), str::to_string);
    let description = format!("{title}: a site of work that is published in parts.");
    let workflow = match &options.ci {
        Ci::Github(install) => install.github_steps(),
        Ci::Gitlab(install) => gitlab_lines(install),
        Ci::None => String::new(),
    };
    let image = match &options.ci {
        Ci::Gitlab(install) if install.is_built() => "rust:1.95-bookworm",
        _ => "buildpack-deps:bookworm-scm",
    };
    let fill = |text: &str| {
        let text = text.replace("{install}", &workflow).replace("{image}", image);
        let text = text.replace("{cache}", install::CACHE).replace("{upload}", install::UPLOAD);
        text.replace("{base_url_hint}", if options.base_url.is_some() { "" } else { LOCAL_URL_HINT })
            .replace("{base_url}", &quoted(options.base_url.unwrap_or(LOCAL_URL)))
            .replace("{title}", &quoted(&title))
            .replace("{description}", &quoted(&description))
            .replace("{today}", &options.today.to_string())
    };
    let mut files = vec![
        (CONFIG, include_str!("starter/partwork.toml")),
        ("content/about.md", include_str!("starter/about.md")),
        ("content/first-series/series.toml", include_str!("starter/series.toml")),
        ("content/first-series/hello.md", include_str!("starter/hello.md")),
    ];
    match &options.ci {
        Ci::Github(_) => files.push((".github/workflows/site.yml", include_str!("starter/github.yml"))),
        Ci::Gitlab(_) => files.push((".gitlab-ci.yml", include_str!("starter/gitlab.yml"))),
        Ci::None => {}
    }
    let mut next = vec![format!("`partwork serve --open --root {}` shows it as you write", shell_word(folder))];
    let ignore = include_str!("starter/gitignore");
    if folder.join(".gitignore").symlink_metadata().is_ok() {
        // A repository that was made elsewhere has one; it is not ours, and not worth a refusal.
        let lines: Vec<&str> = ignore.lines().filter(|line| !line.starts_with('#')).collect();
        next.push(format!("`.gitignore` stays as it is; add {} to it", list(lines, "and")));
    } else {
        files.push((".gitignore", ignore));
    }
    if options.base_url.is_none() {
        next.push("`base_url` in `partwork.toml` is your own machine; put the site's address there".into());
    }
    let mut create: Vec<Create> = files
        .into_iter()
        .map(|(path, text)| Create { path: folder.join(path), bytes: fill(text).into_bytes() })
        .collect();
    if folder.join(editors::TAPLO).symlink_metadata().is_ok() {
        next.push(format!("`{}` stays as it is", editors::TAPLO));
    } else {
        create.push(Create { path: folder.join(editors::TAPLO), bytes: editors::taplo().into_bytes() });
    }
    create.extend(
        editors::schemas()
            .map(|(name, text)| Create { path: folder.join(editors::FOLDER).join(name), bytes: text.into_bytes() }),
    );
    let changes = Changes { place: folder.to_path_buf(), create, edit: Vec::new() };
    refuse_overwriting(New { changes, next }, &folder.join("content"))
}

/// Lines of a job of GitLab that put the program into a folder of the home.
fn gitlab_lines(install: &Install) -> String {
    // A JSON text is a YAML text.
    let quoted = |line: &String| serde_json::Value::from(line.as_str()).to_string();
    install.lines("\"$HOME/partwork\"").iter().map(|line| format!("    - {}\n", quoted(line))).collect()
}

/// An empty series, listed in `partwork.toml` when that lists series.
pub fn series(root: &Path, project: &Project, id: &str, words: &Words<'_>) -> Result<New, Problem> {
    let id = below_content(id);
    for piece in id.split('/') {
        check_id(piece)?;
    }
    check_words(words)?;
    if SITE_PAGES.contains(&id) {
        return Err(Problem::Usage(format!("the id {} is taken by a page that every site has", quote(id))));
    }
    let known = series_ids(project);
    let inside = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    if let Some(other) = known.iter().find(|known| inside(id, known) || inside(known, id)) {
        return Err(Problem::Usage(format!(
            "{} and the series {} would lie inside each other",
            quote(id),
            quote(other)
        )));
    }
    let title = words.title.map_or_else(|| humanize(id.rsplit('/').next().unwrap_or(id)), str::to_string);
    let mut plan = format!("title = {}\n", quoted(&title));
    match words.description {
        Some(text) => plan.push_str(&format!("description = {}\n", quoted(text))),
        None => plan.push_str("# description = \"…\"  what it is about, in a sentence or two\n"),
    }
    plan.push_str("\n# The parts in reading order; `partwork new part` adds to them.\nparts = []\n");
    let folder = root.join("content").join(id);
    let create = vec![Create { path: folder.join("series.toml"), bytes: plan.into_bytes() }];
    // The page would have the address of the series.
    let pages = [format!("content/{id}.md"), format!("content/{id}/index.md")];
    if let Some(page) = pages.iter().find(|page| article(project, page)) {
        return Err(Problem::Refused(format!("{} is there already, and has the address of the series", quote(page))));
    }
    let edit = edited(root, CONFIG, |bytes| edit::add_series(bytes, id))?.into_iter().collect();
    let next = vec![format!("`partwork new part {id}/first-part` adds its first part")];
    let changes = Changes { place: root.to_path_buf(), create, edit };
    refuse_overwriting(New { changes, next }, &folder)
}

/// A part at the end of its track, or the file of a part that the plan has already. Mistakes of
/// the plan go to `out`.
pub fn part(
    root: &Path,
    project: &Project,
    target: &str,
    options: &PartOptions<'_>,
    out: &mut Vec<Diagnostic>,
) -> Result<New, Problem> {
    let known = series_ids(project);
    let (series, id) = part_name(target, &known)?;
    check_words(&options.words)?;
    check_date(options)?;
    let plan_path = format!("content/{series}/series.toml");
    let source = project.data.iter().copied().find(|source| project.sources.path(*source) == plan_path);
    let Some(source) = source.filter(|_| known.iter().any(|known| known == series)) else {
        if has_posts(project, series) {
            return Err(Problem::Usage(format!(
                "{} is a folder of posts; `partwork new post {series}/{id}` adds one",
                quote(series)
            )));
        }
        return Err(unknown("series", series, known.iter().map(String::as_str), "`partwork new series ID` makes one"));
    };
    if project.unread.contains(&plan_path) {
        return Err(Problem::Io(format!("{} can't be read; `partwork check` says why", quote(&plan_path))));
    }
    let plan = parse_plan(&project.sources, source, Owner { series, zone: options.zone }, out);
    let broken = out.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let plan = plan.filter(|_| !broken).ok_or(Problem::Content)?;
    let entry = planned(&plan, id);
    let place = place(&plan, options.track, entry.map(|(track, _)| track))?;
    let entry = entry.map(|(_, entry)| entry);
    let file = format!("content/{series}/{id}.md");
    let taken =
        [file.clone(), format!("content/{series}/{id}/index.md")].into_iter().find(|path| article(project, path));
    if let Some(path) = taken {
        let listed = if entry.is_some() { "the plan lists it" } else { "list it in the plan, or choose another id" };
        return Err(Problem::Refused(format!("{} is there already; {listed}", quote(&path))));
    }
    let announced = entry.and_then(|entry| entry.title.as_ref());
    let status = options.status.unwrap_or(if announced.is_some() { Status::Soon } else { Status::Draft });
    let text = front_matter(id, (entry, plan.undated), status, options);
    let edit = match (entry, announced, options.words.title) {
        (None, ..) => edited(root, &plan_path, |bytes| edit::add_part(bytes, place, id))?,
        // Two titles of one part are a warning.
        (Some(_), Some(old), Some(new)) if old.value != new => {
            edited(root, &plan_path, |bytes| edit::retitle_part(bytes, id, new))?
        }
        _ => None,
    };
    let create = vec![Create { path: root.join(file), bytes: text.into_bytes() }];
    let next = match status {
        Status::Draft => vec![NEXT_OF_DRAFT.into()],
        Status::Soon => vec!["it is announced: remove its `status` to publish it".into()],
        Status::Published => Vec::new(),
    };
    let changes = Changes { place: root.to_path_buf(), create, edit: edit.into_iter().collect() };
    refuse_overwriting(New { changes, next }, Path::new(""))
}

const NEXT_OF_DRAFT: &str = "it is a draft: remove its `status` to publish it, `--drafts` shows it until then";

/// A post in a folder of posts, which is made when it isn't there. A date at the front of its name is its date.
pub fn post(root: &Path, project: &Project, target: &str, options: &PartOptions<'_>) -> Result<New, Problem> {
    let target = below_content(target);
    let target = target.strip_suffix(".md").map_or(target, |path| path.strip_suffix("/index").unwrap_or(path));
    let Some((folder, name)) = target.rsplit_once('/') else {
        let message = format!("a post is named with its folder, `notes/{}`, not {}", slugify(target), quote(target));
        return Err(Problem::Usage(message));
    };
    let (day, id) = dated(name);
    if let Some(day) = day.filter(|day| day.parse::<Date>().is_err()) {
        return Err(Problem::Usage(format!("{} begins with {day}, a date that doesn't exist", quote(name))));
    }
    check_id(id)?;
    if POSTS_RESERVED.contains(&id) {
        return Err(Problem::Usage(format!("the id {} is taken by the pages of the list", quote(id))));
    }
    check_words(&options.words)?;
    check_date(options)?;
    if let (Some(day), Some(_)) = (day, options.date) {
        return Err(Problem::Usage(format!("its name says {day}; leave `--date` out, or the day out of the name")));
    }
    let mut create: Vec<Create> = new_posts(root, project, (folder, name))?.into_iter().collect();
    let posts = project.articles.iter().filter_map(|source| {
        let path = project.sources.path(*source);
        let inside = path.strip_prefix("content/")?.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".md")?;
        Some((path, dated(inside.strip_suffix("/index").unwrap_or(inside)).1))
    });
    if let Some((path, _)) = posts.into_iter().find(|(_, known)| *known == id) {
        return Err(Problem::Refused(format!("{} is there already; choose another id", quote(path))));
    }
    let when = day.and_then(|day| date::parse(day, options.zone));
    let id = Spanned::new(id.to_string(), Span::start_of(project.config));
    let known = PlanEntry { id, title: None, description: None, emoji: None, date: when, numbered: None };
    let status = options.status.unwrap_or(Status::Draft);
    let text = front_matter(&known.id.value, (Some(&known), false), status, options);
    create.push(Create { path: root.join(format!("content/{folder}/{name}.md")), bytes: text.into_bytes() });
    let next = match status {
        Status::Draft => vec![NEXT_OF_DRAFT.into()],
        Status::Soon => vec!["it isn't out: remove its `status` to publish it".into()],
        Status::Published => Vec::new(),
    };
    let changes = Changes { place: root.to_path_buf(), create, edit: Vec::new() };
    refuse_overwriting(New { changes, next }, Path::new(""))
}

/// The `posts.toml` that a folder lacks to hold the post of that name; nothing where it has one.
fn new_posts(root: &Path, project: &Project, (folder, name): (&str, &str)) -> Result<Option<Create>, Problem> {
    if has_posts(project, folder) {
        return Ok(None);
    }
    if series_ids(project).iter().any(|series| series == folder) {
        return Err(Problem::Usage(format!(
            "{} is a series; `partwork new part {folder}/{name}` adds to it",
            quote(folder)
        )));
    }
    for piece in folder.split('/') {
        check_id(piece)?;
    }
    if SITE_PAGES.contains(&folder) {
        return Err(Problem::Usage(format!("the id {} is taken by a page that every site has", quote(folder))));
    }
    let is_series =
        |outer: &&str| series_ids(project).iter().any(|series| series == outer) || has_posts(project, outer);
    if let Some(outer) = folders_above(folder).find(is_series) {
        return Err(Problem::Usage(format!("{} would lie inside {}", quote(folder), quote(outer))));
    }
    let place = format!("content/{folder}");
    let sources = project.articles.iter().chain(&project.data).map(|source| project.sources.path(*source));
    let is_taken = |path: &&str| {
        let rest = path.strip_prefix(place.as_str());
        rest.is_some_and(|rest| rest.starts_with('/') || rest == ".md")
    };
    if let Some(path) = sources.into_iter().find(is_taken) {
        return Err(Problem::Refused(format!(
            "{} is there already, and `{place}` has no `posts.toml`; write one with a `title` if it is to hold posts",
            quote(path)
        )));
    }
    let title = humanize(folder.rsplit('/').next().unwrap_or(folder));
    let text = format!("title = {}\n# description = \"…\"  what the posts are about\n", quoted(&title));
    Ok(Some(Create { path: root.join(place).join("posts.toml"), bytes: text.into_bytes() }))
}

/// Whether a folder below `content/` is one of posts.
fn has_posts(project: &Project, folder: &str) -> bool {
    let path = format!("content/{folder}/posts.toml");
    project.data.iter().any(|source| project.sources.path(*source) == path)
}

/// The series and the id of a part as it was typed: `series/id`, or the path of its file.
fn part_name<'t>(typed: &'t str, known: &[String]) -> Result<(&'t str, &'t str), Problem> {
    let target = below_content(typed);
    let target = target.strip_suffix(".md").map_or(target, |path| path.strip_suffix("/index").unwrap_or(path));
    let Some((series, id)) = target.rsplit_once('/') else {
        let example = known.first().map_or("series", String::as_str);
        return Err(Problem::Usage(format!(
            "a part is named with its series, `{example}/{}`, not {}",
            slugify(target),
            quote(target)
        )));
    };
    check_id(id)?;
    if RESERVED.contains(&id) {
        return Err(Problem::Usage(format!("the id {} is taken by a page that every series has", quote(id))));
    }
    Ok((series, id))
}

/// The date has to be one of TOML as well, since it is written there.
fn check_date(options: &PartOptions<'_>) -> Result<(), Problem> {
    let is_date = |date: &str| date.parse::<toml_edit::Datetime>().is_ok() && date::parse(date, options.zone).is_some();
    options.date.filter(|date| !is_date(date)).map_or(Ok(()), |date| {
        let forms = "`2026-12-01`, `2026-12-01T08:30:00` or `2026-12-01T08:30:00+01:00`";
        Err(Problem::Usage(format!("--date {} is no date; write it like {forms}", quote(date))))
    })
}

/// What was typed, without what a path to it from the project's folder has around it.
fn below_content(typed: &str) -> &str {
    let path = typed.strip_prefix("./").unwrap_or(typed);
    path.strip_prefix("content/").unwrap_or(path).trim_end_matches('/')
}

/// Addresses of the site's own pages.
const SITE_PAGES: &[&str] = &["search", "tags"];

/// The ids of all series, in the order of their names.
fn series_ids(project: &Project) -> Vec<String> {
    let paths = project.data.iter().map(|source| project.sources.path(*source));
    let ids = paths.filter_map(|path| path.strip_prefix("content/")?.strip_suffix("/series.toml"));
    ids.map(str::to_string).collect()
}

fn article(project: &Project, path: &str) -> bool {
    project.articles.iter().any(|source| project.sources.path(*source) == path)
}

/// The entry of a part, with the index of its track.
fn planned<'p>(plan: &'p Plan, id: &str) -> Option<(usize, &'p PlanEntry)> {
    let entries = plan.tracks.iter().enumerate();
    entries.flat_map(|(at, track)| track.entries.iter().map(move |entry| (at, entry))).find(|(_, e)| e.id.value == id)
}

/// Where a part goes: the track that was named, the one that lists it already, or the last.
fn place(plan: &Plan, named: Option<&str>, listed: Option<usize>) -> Result<edit::Place, Problem> {
    let Some(named) = named else {
        let last = plan.tracks.len().saturating_sub(1);
        return Ok(if plan.has_tracks { edit::Place::Track(listed.unwrap_or(last)) } else { edit::Place::Top });
    };
    if !plan.has_tracks {
        return Err(Problem::Usage(format!(
            "the series {} has no tracks; leave `--track` out, or move its `parts` under `[[tracks]]` with a `title`",
            quote(&plan.id)
        )));
    }
    let titled = |track: &PlannedTrack| track.id == named || track.title.as_deref() == Some(named);
    let Some(at) = plan.tracks.iter().position(titled) else {
        let names = plan.tracks.iter().flat_map(|track| track.title.as_deref().into_iter().chain([track.id.as_str()]));
        let titles: Vec<&str> = plan.tracks.iter().filter_map(|track| track.title.as_deref()).collect();
        let near = did_you_mean(named, names).unwrap_or_else(|| format!("there are {}", list(titles, "and")));
        return Err(Problem::Usage(format!("the series {} has no track {}; {near}", quote(&plan.id), quote(named))));
    };
    match listed {
        Some(listed) if listed != at => {
            let track = plan.tracks[listed].title.as_deref().unwrap_or(&plan.tracks[listed].id);
            Err(Problem::Usage(format!("the plan lists it in the track {} already", quote(track))))
        }
        _ => Ok(edit::Place::Track(at)),
    }
}

/// The text of a new part: what is known of it, and what it will want as comments; no date where its series has none.
fn front_matter(
    id: &str,
    (entry, undated): (Option<&PlanEntry>, bool),
    status: Status,
    options: &PartOptions<'_>,
) -> String {
    let announced = entry.and_then(|entry| entry.title.as_ref());
    let title = options.words.title.or(announced.map(|title| title.value.as_str()));
    let title = title.map_or_else(|| humanize(id), str::to_string);
    let mut text = format!("+++\ntitle = {}\n", quoted(&title));
    match options.words.description {
        Some(description) => text.push_str(&format!("description = {}\n", quoted(description))),
        None if entry.is_some_and(|entry| entry.description.is_some()) => {}
        None => text.push_str("# description = \"…\"  one sentence for lists and feeds; wanted when it is published\n"),
    }
    let dated = entry.is_some_and(|entry| entry.date.is_some());
    match (options.date, status) {
        (Some(date), _) => text.push_str(&format!("date = {date}\n")),
        _ if dated || undated => {}
        (None, Status::Published | Status::Draft) => text.push_str(&format!("date = {}\n", options.today)),
        // A date would promise that it is out then.
        (None, Status::Soon) => text.push_str(&format!("# date = {}  wanted when it is published\n", options.today)),
    }
    if status != Status::Published {
        text.push_str(&format!("status = \"{}\"\n", status.name()));
    }
    text.push_str("+++\n");
    text
}

/// The edit of a file that is there; `None` when nothing would change.
fn edited(root: &Path, path: &str, change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Result<Option<Edit>, Problem> {
    let before = places::bytes(root, path).map_err(|error| Problem::Io(format!("reading {}: {error}", quote(path))))?;
    let after =
        change(&before).ok_or_else(|| Problem::Io(format!("{} can't be edited: it is no TOML", quote(path))))?;
    Ok((after != before).then(|| Edit { path: root.join(path), before, after }))
}

/// Lets a plan of changes through when none of its files is there, and `empty` holds nothing.
fn refuse_overwriting(new: New, empty: &Path) -> Result<New, Problem> {
    let taken: Vec<String> = new.changes.in_the_way().iter().map(|path| path.to_string_lossy().into_owned()).collect();
    if !taken.is_empty() {
        let (are, them) = if taken.len() == 1 { ("is", "it") } else { ("are", "them") };
        let names = list(taken.iter().map(String::as_str), "and");
        return Err(Problem::Refused(format!("{names} {are} there already; remove or rename {them} first")));
    }
    if fs::read_dir(empty).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Problem::Refused(format!("{} has files in it already", show(empty))));
    }
    Ok(new)
}

fn check_id(id: &str) -> Result<(), Problem> {
    let Some(problem) = id_problem(id) else { return Ok(()) };
    let slug = slugify(id);
    let help = match id_problem(&slug) {
        None => format!("use {}", quote(&slug)),
        Some(_) => "use lowercase letters, digits, `-` and `_`".into(),
    };
    Err(Problem::Usage(format!("the id {} {problem}; {help}", quote(id))))
}

fn check_words(words: &Words<'_>) -> Result<(), Problem> {
    for (key, text) in [("title", words.title), ("description", words.description)] {
        text.map_or(Ok(()), |text| check_text(key, text))?;
    }
    Ok(())
}

/// A line of plain text that says something.
fn check_text(key: &str, text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::Usage(format!("--{key} is empty")));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(bad) => Err(Problem::Usage(format!("--{key} has the character `{}`", bad.escape_debug()))),
        None => Ok(()),
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str> + Clone, none: &str) -> Problem {
    let near = did_you_mean(name, known.clone()).unwrap_or_else(|| match known.clone().into_iter().count() {
        0 => none.to_string(),
        1 => format!("there is {}", list(known, "and")),
        _ => format!("there are {}", list(known, "and")),
    });
    Problem::Usage(format!("there is no {what} {}; {near}", quote(name)))
}

/// `fine-tuning` as `Fine tuning`.
fn humanize(id: &str) -> String {
    let words = id.replace(['-', '_'], " ");
    let mut chars = words.trim().chars();
    chars.next().map_or_else(|| id.to_string(), |first| first.to_uppercase().chain(chars).collect())
}

/// From the folder's name, when that has a letter or a digit to be read.
fn site_title(folder: &Path) -> String {
    let real = folder.canonicalize().or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_path_buf());
    let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match slugify(name).as_str() {
        "" => "A site in parts".into(),
        _ => humanize(&name.chars().filter(|c| !c.is_control()).collect::<String>()),
    }
}

fn show(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

/// A path as it can be typed again.
fn shell_word(path: &Path) -> String {
    let word = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What a plan of changes does, a line a file, and in edited files the lines that change. Paths are
/// told from `here` on.
pub fn describe(changes: &Changes, here: &Path) -> Vec<String> {
    let below = |path: &Path| path.strip_prefix(here).unwrap_or(path).display().to_string();
    let mut lines: Vec<String> =
        changes.create.iter().map(|create| format!("create {}", below(&create.path))).collect();
    for edit in &changes.edit {
        lines.push(format!("change {}", below(&edit.path)));
        let (before, after) = (String::from_utf8_lossy(&edit.before), String::from_utf8_lossy(&edit.after));
        let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
        let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let most = before.len().min(after.len()) - same;
        let rest = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
        lines.extend(before[same..before.len() - rest].iter().map(|line| format!("  - {line}")));
        lines.extend(after[same..after.len() - rest].iter().map(|line| format!("  + {line}")));
    }
    lines
}
