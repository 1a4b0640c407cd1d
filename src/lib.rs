//! partwork turns a project of Markdown articles and TOML plans into a static site of series.
//!
//! **A site is a value.** [`build`] is a function from a [`Project`] (texts, files, templates, the
//! time) to a [`Tree`] of output files and a list of [`Diagnostic`]s. The commands are what one can
//! do with that value: write it, keep it in memory and show it, send it away, or look at its
//! diagnostics and throw it away.
//!
//! The words: a *site* is everything under one `partwork.toml`; a *series* is an ordered work
//! published in parts, a folder with a `series.toml`; a *track* is a named stretch of a series; a
//! *part* is one article of it, known by a permanent *id*; the *plan* is the ordered list of parts;
//! a *page* is an article outside any series; a *block* is a fence whose language names a component.
//!
//! A module imports only from those above it in this list, `build` being this file's; the commands of
//! `main.rs` import from all. The files of one folder never import each other in a circle.
//! `tests/imports.rs` holds both.
//! `cli`, `text`, `diagnostic`, `settings`, `store`, `project`, `parse`, `site`, `render`, `outputs`,
//! `build`, `check`, `publish`, `serve`, `new`.

pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod new;
pub mod outputs;
pub mod parse;
pub mod project;
pub mod publish;
pub mod render;
pub mod serve;
pub mod settings;
pub mod site;
pub mod store;
pub mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use diagnostic::{Code, Diagnostic, Severity, quote};
use outputs::headers::{self, PolicySources};
use outputs::{Material, card, epub};
use project::Project;
use project::assets::Assets;
use project::images::Pictures;
use render::Renderer;
use render::code::Highlighter;
use site::generated::Generated;
use site::ledger::{Moved, Moves, Origin};
use site::page::Page;
use site::resolve::References;
use site::series::State;
use site::{Site, output_path};
use store::cache::Caches;
use store::emit::EmitError;
use store::kind::Kind;
use store::tree::{Collision, Content, Entry, Leaf, OutputPath, Tree, collisions};
use text::source::Span;

/// Where the bytes of a build go: gets each file as it is made and says what it was.
pub type Store<'a> = &'a (dyn Fn(&OutputPath, Kind, &Content) -> Result<Entry, EmitError> + Sync);

/// What a build gives.
#[derive(Debug)]
pub struct Built {
    /// Every file of the site; incomplete when there were errors.
    pub tree: Tree,
    pub diagnostics: Vec<Diagnostic>,
    /// `None` when the settings lack what no page can do without.
    pub site: Option<Site>,
    /// What its pages load; nothing when they could not be rendered.
    pub holds: PolicySources,
}

impl Built {
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

/// Builds a site: reads, resolves, renders, and hands every file to the store. `diagnostics` are
/// those of loading; all others are added to them. Once there is an error nothing more is stored,
/// but everything is still rendered, so that one run reports all it can. Fails only when the store
/// does.
pub fn build(
    project: &Project,
    mut diagnostics: Vec<Diagnostic>,
    caches: &Caches,
    store: Store<'_>,
) -> Result<Built, EmitError> {
    let out = &mut diagnostics;
    let mut tree = Tree::default();
    let blocks = render::block_names(project);
    let Some(site) = site::read(project, &blocks, out) else {
        return Ok(Built { tree, diagnostics, site: None, holds: PolicySources::default() });
    };
    let references = site::resolve::resolve(project, &site, out);
    let assets = match project::assets::prepare(project, &site.config.theme) {
        Ok(assets) => Arc::new(assets),
        Err(error) => {
            out.push(Diagnostic::file(Code::UnreadableFile, "static", format!("can't be read: {error}")));
            return Ok(Built { tree, diagnostics, site: Some(site), holds: PolicySources::default() });
        }
    };
    let statics: Arc<[String]> = project.statics.keys().cloned().collect();
    let words = Arc::new(site.words.clone());
    let faces = card::faces(&project.root, &site.config.cards, out);
    let register = |tera: &mut tera::Tera| {
        render::register(tera, &assets, &site.config.base_url, &statics, &words);
        card::register(tera, &faces);
    };
    let templates = render::templates(project, register, out);
    let mut moves = site::ledger::moves(project, &site, out);
    let outputs = outputs(project, &site, &references, &assets, &moves, out);
    let kinds: BTreeMap<&OutputPath, Kind> = outputs.iter().map(|(path, output)| (path, output.kind())).collect();
    moves.leave_gone(|address| output_path(address).is_ok_and(|path| kinds.contains_key(&path)));
    let mut held = PolicySources::default();
    if let Some(templates) = templates {
        let keep = !has_errors(out);
        let kept = Kept::default();
        let pages: Vec<(String, Page)> = outputs
            .iter()
            .filter_map(|(_, output)| match output {
                Output::Page(address, page) => Some((address.clone(), page.clone())),
                _ => None,
            })
            .collect();
        let highlighter = Highlighter::new(&caches.small, site.config.highlight);
        let holds = Mutex::new(PolicySources::of_styles(&assets, &site.config.base_url));
        let emit = |address: &str, html: String| {
            let held = PolicySources::of_page(&html, &site.config.base_url);
            holds.lock().unwrap_or_else(PoisonError::into_inner).join(held);
            if keep
                && let Ok(path) = output_path(address)
                && let Some(kind) = kinds.get(&path)
            {
                kept.add(path, *kind, &Content::Bytes(html.into_bytes()), store);
            }
        };
        let pictures = Pictures::new(&caches.small);
        let resolved = render::Resolved { project, site: &site, references: &references, pictures: &pictures };
        let renderer = Renderer::new(resolved, templates, Some(&highlighter), out);
        render::render_all(&renderer, &pages, &emit, out);
        let holds = holds.into_inner().unwrap_or_else(PoisonError::into_inner);
        held = holds;
        let policy = headers::policy(&held, &site);
        out.extend(headers::too_long(&policy, project));
        let library = epub::library(resolved);
        let feed_texts = outputs::feed::Texts::default();
        let studio = card::studio(project, renderer.tera(), &faces);
        let cards: Vec<card::Card> = site::generated::list(&site)
            .into_iter()
            .filter_map(|(_, what)| match what {
                Generated::Card(of) => Some(outputs::cards::card(&site, of)),
                _ => None,
            })
            .collect();
        out.extend(card::missing(&faces, &cards, project));
        let material = Material {
            renderer: &renderer,
            pages: &pages,
            assets: &assets,
            studio: &studio,
            large: &caches.large,
            library: &library,
            feed_texts: &feed_texts,
            moves: &moves,
            policy: &policy,
        };
        let clean = !has_errors(out);
        let found: Vec<Vec<Diagnostic>> = outputs
            .par_iter()
            .map(|(path, output)| {
                let mut found = Vec::new();
                if let Some(content) = output.content(material, &mut found).filter(|_| clean) {
                    kept.add(path.clone(), output.kind(), &content, store);
                }
                found
            })
            .collect();
        out.extend(found.into_iter().flatten());
        tree = kept.finish()?;
    }
    Ok(Built { tree, diagnostics, site: Some(site), holds: held })
}

/// Renders one Markdown file on its own, as a page of a site that holds nothing else; gives its
/// HTML, or nothing when it has no front matter. For the fuzz target: every stage that sees an
/// author's text, and no disk.
pub fn render_alone(text: &str) -> String {
    let mut project = Project::default();
    project.config = project
        .sources
        .add(text::source::Source::new(project::CONFIG, "base_url = \"https://example.org/\"\ntitle = \"x\"\n"));
    project.articles.push(project.sources.add(text::source::Source::new("content/x.md", text)));
    project::add_theme(&mut project);
    let pages = Mutex::new(String::new());
    let keep = |path: &OutputPath, _: Kind, content: &Content| {
        if let (Content::Bytes(bytes), "x/index.html") = (content, path.as_str()) {
            *pages.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(bytes).into_owned();
        }
        Ok(Entry { size: 0, hash: [0; 32] })
    };
    // The store never fails, and mistakes of the author are no failure.
    let built = build(&project, Vec::new(), &Caches::open(None), &keep);
    let mut report = Vec::new();
    if let Ok(built) = built {
        let _ = diagnostic::report::write(
            &mut report,
            &built.diagnostics,
            &project.sources,
            diagnostic::report::Format::Human,
            false,
        );
    }
    pages.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// What the store took so far, and the first thing it could not take.
#[derive(Default)]
struct Kept {
    leaves: Mutex<Vec<(OutputPath, Leaf)>>,
    failure: Mutex<Option<EmitError>>,
}

impl Kept {
    fn add(&self, path: OutputPath, kind: Kind, content: &Content, store: Store<'_>) {
        if self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return;
        }
        match store(&path, kind, content) {
            Ok(entry) => {
                self.leaves.lock().unwrap_or_else(PoisonError::into_inner).push((path, Leaf { kind, entry }));
            }
            Err(error) => *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
        }
    }

    fn finish(self) -> Result<Tree, EmitError> {
        if let Some(failure) = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        Ok(self.leaves.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect())
    }
}

/// Something that wants a path of the output.
#[derive(Debug)]
enum Output {
    Page(String, Page),
    /// The page at an old address.
    Alias(Moved),
    /// A file of `content/`.
    File {
        path: String,
        disk: PathBuf,
    },
    /// A file of `static/`.
    Static {
        path: String,
        disk: PathBuf,
    },
    /// A file of the theme, by its path below `static/`.
    Asset(String),
    /// A file that is made from the whole site.
    Generated(String, Generated),
}

impl Output {
    /// What it is to those who ask for it.
    fn kind(&self) -> Kind {
        match self {
            Output::Page(_, Page::Part(..) | Page::Single(_)) => Kind::Article,
            Output::Page(..) => Kind::Page,
            Output::Alias(_) => Kind::Redirect,
            Output::File { path, .. } => Kind::of_file(path),
            Output::Static { path, .. } => {
                let replaced = REPLACEABLE.iter().find(|(name, _)| path.strip_prefix("static/") == Some(name));
                replaced.map_or_else(|| Kind::of_file(path), |(_, kind)| *kind)
            }
            Output::Asset(_) => Kind::Asset,
            Output::Generated(_, what) => what.kind(),
        }
    }

    /// What lies there, for everything that isn't rendered.
    fn content(&self, material: Material<'_>, out: &mut Vec<Diagnostic>) -> Option<Content> {
        match self {
            Output::Page(..) => None,
            Output::Alias(moved) => {
                let site = material.renderer.resolved().site;
                let to = text::url::uri(&site.config.base_url.absolute(&moved.to));
                Some(Content::Bytes(redirect(&to, site).into_bytes()))
            }
            Output::File { path, disk } => match material.renderer.resolved().pictures.published(disk) {
                Ok(content) => Some(content),
                Err(error) => {
                    let message = format!("can't be read: {error}");
                    out.push(Diagnostic::file(Code::UnreadableFile, path.as_str(), message));
                    None
                }
            },
            Output::Static { disk, .. } => Some(Content::file(disk.clone())),
            Output::Generated(_, what) => outputs::make(*what, material, out),
            Output::Asset(path) => material.assets.by_path.get(path).map(|asset| asset.content.clone()),
        }
    }
}

/// The page at an old address.
fn redirect(to: &str, site: &Site) -> String {
    let mut url = String::new();
    render::style::escape(&mut url, to);
    let say = |key: &str| {
        let mut escaped = String::new();
        render::style::escape(&mut escaped, &site.words.say(key, &[]));
        escaped
    };
    let (language, direction) = (&site.config.language, site.words.direction.name());
    let (moved, moved_to) = (say("moved"), say("moved_to"));
    format!(
        "<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{moved}</title>\n<meta name=\"robots\" content=\"noindex\">\n\
         <link rel=\"canonical\" href=\"{url}\">\n<meta http-equiv=\"refresh\" content=\"0; url={url}\">\n</head>\n\
         <body>\n<p>{moved_to} <a href=\"{url}\">{url}</a>.</p>\n</body>\n</html>\n"
    )
}

/// Files that `static/` may supply in place of the generated ones, and that are of their kind then.
const REPLACEABLE: &[(&str, Kind)] = &[
    ("robots.txt", Kind::Index),
    ("_headers", Kind::Host),
    ("_redirects", Kind::Host),
    ("CNAME", Kind::Host),
    ("404.html", Kind::Page),
];

/// Every output with its path; those that collide are reported.
fn outputs(
    project: &Project,
    site: &Site,
    references: &References,
    assets: &Assets,
    moves: &Moves,
    out: &mut Vec<Diagnostic>,
) -> Vec<(OutputPath, Output)> {
    let mut outputs = Vec::new();
    let mut add = |address: &str, output: Output, out: &mut Vec<Diagnostic>| match output_path(address) {
        Ok(path) => outputs.push((path, output)),
        Err(problem) => {
            let message = format!("{} can't be published: {problem}", quote(address));
            out.push(match owner(&output, project, site) {
                Owner::Span(span) => Diagnostic::new(Code::InvalidPath, span, message),
                Owner::File(path) => Diagnostic::file(Code::InvalidPath, path, message).help("rename the file"),
            });
        }
    };
    let replaced =
        |address: &str| REPLACEABLE.iter().any(|(name, _)| *name == address) && project.statics.contains_key(address);
    let pages: Vec<(String, Page)> =
        references.pages.iter().filter(|(address, _)| !replaced(address)).cloned().collect();
    let shards = (1..=outputs::shard_count(site, &pages))
        .map(|shard| (site::generated::sitemap_shard_address(shard), Generated::SitemapShard(shard)));
    for (address, page) in &pages {
        add(address, Output::Page(address.clone(), page.clone()), out);
    }
    for (address, what) in site::generated::list(site).into_iter().chain(shards) {
        if !replaced(&address) {
            add(&address, Output::Generated(address.clone(), what), out);
        }
    }
    for (path, file) in &site.files {
        let Some(disk) = project.files.get(path).map(|file| file.disk.clone()) else { continue };
        if file.state == State::Out {
            add(&file.address, Output::File { path: path.clone(), disk }, out);
        }
    }
    for (path, file) in &project.statics {
        if !assets.by_path.contains_key(path) {
            add(path, Output::Static { path: file.path.clone(), disk: file.disk.clone() }, out);
        }
    }
    for (path, asset) in &assets.by_path {
        add(&asset.address, Output::Asset(path.clone()), out);
    }
    for moved in &moves.moved {
        add(&moved.from, Output::Alias(moved.clone()), out);
    }
    for collision in collisions(&outputs) {
        if let Collision::Same { first: Output::Generated(..), second: Output::Generated(..) } = collision {
            // Two parts at one address: their pages collide as well, and say it once.
            continue;
        }
        out.push(collision_diagnostic(&collision, project, site));
    }
    outputs
}

/// Who answers for an output.
enum Owner {
    Span(Span),
    File(String),
}

fn owner(output: &Output, project: &Project, site: &Site) -> Owner {
    let plan = |at: usize| Owner::Span(Span::start_of(site.series[at].plan.source));
    match output {
        Output::File { path, .. } | Output::Static { path, .. } => Owner::File(path.clone()),
        Output::Asset(path) => Owner::File(format!("static/{path}")),
        Output::Alias(moved) => Owner::Span(moved.span),
        Output::Generated(_, what) => match what.belongs_to() {
            Some((at, Some(part))) => owner(&Output::Page(String::new(), Page::Part(at, part)), project, site),
            Some((at, None)) => plan(at),
            None => Owner::Span(Span::start_of(project.config)),
        },
        Output::Page(_, page) => match page {
            Page::Series(at) | Page::Comparisons(at) | Page::Glossary(at) | Page::Print(at) => plan(*at),
            Page::Part(at, part) => {
                let part = &site.series[*at].parts[*part];
                Owner::Span(part.article.map_or(part.span, |article| site.articles[article].front.span))
            }
            Page::Single(at) => Owner::Span(site.articles[site.pages[*at].article].front.span),
            Page::Tag(slug) => Owner::Span(site.tags[slug].span),
            Page::Home | Page::Tags | Page::Search | Page::NotFound => Owner::Span(Span::start_of(project.config)),
        },
    }
}

fn describe(output: &Output) -> String {
    match output {
        Output::Page(address, _) => format!("the page {}", quote(&format!("/{address}"))),
        Output::Alias(moved) => {
            let what = if moved.origin == Origin::Ledger { "old address" } else { "alias" };
            format!("the {what} {}", quote(&format!("/{}", moved.from)))
        }
        Output::File { path, .. } | Output::Static { path, .. } => format!("the file {}", quote(path)),
        Output::Asset(path) => format!("the theme's {}", quote(path)),
        Output::Generated(address, _) => format!("the generated {}", quote(&format!("/{address}"))),
    }
}

fn collision_diagnostic(collision: &Collision<'_, Output>, project: &Project, site: &Site) -> Diagnostic {
    let (first, second, how) = match collision {
        Collision::Same { first, second } => (first, second, "want one path"),
        Collision::FileAndFolder { file, folder } => {
            (file, folder, "can't both exist: one is a file where the other needs a folder")
        }
    };
    let message = format!("{} and {} {how}", describe(first), describe(second));
    let diagnostic = match owner(second, project, site) {
        Owner::Span(span) => Diagnostic::new(Code::PathCollision, span, message),
        Owner::File(path) => Diagnostic::file(Code::PathCollision, path, message),
    };
    let diagnostic = match owner(first, project, site) {
        Owner::Span(span) => diagnostic.note(span, "the first"),
        Owner::File(_) => diagnostic,
    };
    match (first, second) {
        (Output::Alias(moved), _) | (_, Output::Alias(moved)) if moved.origin == Origin::Ledger => {
            diagnostic.help("rename the other, or remove the address here if nobody is to be led from it any more")
        }
        _ => diagnostic.help("rename one of the two"),
    }
}
