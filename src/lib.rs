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
//! a *post* is an article of a folder with a `posts.toml`, which the program takes for a series without a
//! plan, whose parts have the order of their dates and no numbers; a *page* is an article outside any of
//! them; a *block* is a fence whose language names a component.
//!
//! A module imports only from those above it in this list, `build` being this file's; the commands of
//! `main.rs` import from all. The files of one folder never import each other in a circle.
//! `tests/imports.rs` holds both.
//! `cli`, `text`, `diagnostic`, `settings`, `system`, `store`, `project`, `parse`, `blocks`, `site`, `render`,
//! `outputs`,
//! `build`, `check`, `diff`, `publish`, `serve`, `new`, `import`.

pub mod blocks;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod diff;
pub mod import;
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
pub mod system;
pub mod text;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use diagnostic::{Diagnostic, has_errors};
use outputs::headers::PolicySources;
use outputs::keys::{self, Common};
use outputs::known::{Known, Stands};
use outputs::list::{self, Output, Sources};
use outputs::output::Material;
use outputs::packed::Packed;
use outputs::texts::Texts;
use outputs::write::{Job, Writer, Written};
use outputs::{all, card, cards, library};
use parse::component::Components;
use project::assets::Assets;
use project::images::{Pictures, Sized};
use project::{Project, Run};
use render::code::Highlighter;
use render::data::{self, Data};
use render::placed::check_placed;
use render::template::Templates;
use render::views;
use render::visit::{Look, Resolved, visit};
use render::{Renderer, components};
use site::ledger::Moves;
use site::listings::{Listings, listings};
use site::page::Paged;
use site::read::Blocks;
use site::reads::Reads;
use site::resolve::{References, Target};
use site::siblings;
use site::{Site, output_path};
use store::cache::Caches;
use store::emit::EmitError;
use store::kind::Kind;
use store::tree::{Content, Entry, OutputPath, Tree};

pub use outputs::write::{First, Store};

/// What a build gives.
#[derive(Debug, Default)]
pub struct Built {
    /// Every file of the site; incomplete when there were errors.
    pub tree: Tree,
    pub diagnostics: Vec<Diagnostic>,
    /// The site in each of its languages, the originals' first; nothing when the settings lack what no page can do
    /// without.
    pub sites: Vec<Site>,
    /// Where the links of each lead.
    pub references: Vec<References>,
    /// What listings name outside the folders that a site is made from, by path below the root; none where they were
    /// not looked for.
    pub elsewhere: Option<BTreeSet<String>>,
    /// What its pages load; nothing when they could not be rendered.
    pub holds: PolicySources,
}

impl Built {
    /// The site of the originals.
    pub fn site(&self) -> Option<&Site> {
        self.sites.first()
    }

    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

/// What the shell lends to a build.
#[derive(Clone, Copy)]
pub struct Shell<'a> {
    pub caches: &'a Caches,
    /// What sees each article that readers see, while its tree is open.
    pub look: Option<Look<'a>>,
    pub store: Store<'a>,
    pub earlier: Option<Earlier<'a>>,
    /// Is told how many of how many pictures have been made smaller, which takes its time.
    pub resized: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

/// What the shell knows of earlier builds.
#[derive(Clone, Copy)]
pub struct Earlier<'a> {
    /// What tells this program from any other, which may make other outputs of the same.
    pub program: &'a [u8],
    /// Whether what an earlier build made is still there.
    pub stands: Stands<'a>,
    /// What articles were found to have, where one program builds again and again.
    pub reads: Option<&'a Reads>,
    /// What somebody waits for, if anybody does.
    pub first: Option<First<'a>>,
}

impl fmt::Debug for Earlier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Earlier").field("program", &self.program).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").finish_non_exhaustive()
    }
}

/// Builds a site as a run wants it: reads, resolves, renders, and hands every file to the store. To the
/// diagnostics of loading all others are added. Once there is an error nothing more is stored, but
/// everything is still rendered, so that one run reports all it can. Fails only when the store does.
pub fn build(project: &Project, run: &Run, shell: Shell<'_>) -> Result<Built, EmitError> {
    let mut diagnostics = project.diagnostics.clone();
    let out = &mut diagnostics;
    let blocks = components(project);
    let reads = shell.earlier.and_then(|earlier| earlier.reads);
    let mut sites = site::read::read((project, run), Blocks { components: &blocks, kinds: blocks::ALL }, reads, out);
    let styles: Vec<_> =
        sites.iter_mut().map(|site| project::assets::keep_styles(project, &mut site.config.theme)).collect();
    // What is wrong in the settings is so in each language.
    out.extend(styles.into_iter().next().unwrap_or_default());
    let made: Vec<Vec<String>> = sites.iter().map(all::addresses).collect();
    let references = site::resolve::resolve(project, &sites, &made, out);
    drop(made);
    let languages = Arc::new(siblings::languages(&paged(&sites, &references)));
    sites.iter_mut().for_each(|site| site.languages = Arc::clone(&languages));
    let listings: Vec<Listings> = sites.iter().map(|site| listings(project, site, out)).collect();
    let data = Arc::new(sites.first().map(|site| data::read(project, &site.config)).unwrap_or_default());
    let named = || listings.iter().flat_map(|found| &found.elsewhere).chain(data.paths()).cloned();
    let elsewhere = (!sites.is_empty()).then(|| named().collect());
    let read = Read {
        project,
        run,
        blocks: &blocks,
        sites: &sites,
        references: &references,
        listings: &listings,
        data: &data,
    };
    let written = written(read, shell, out)?;
    let Written { tree, holds, stood } = written;
    if stood {
        // What pages would ask for that were not made again.
        shell.caches.small.keep_all();
    }
    sites.iter().for_each(|site| site::allow::drop_allowed(site, &mut diagnostics));
    if sites.len() > 1 {
        diagnostic::leave_repeated(&mut diagnostics);
    }
    Ok(Built { tree, diagnostics, sites, references, elsewhere, holds })
}

/// What a project says, in each language.
#[derive(Clone, Copy)]
struct Read<'a> {
    project: &'a Project,
    run: &'a Run,
    blocks: &'a Components,
    sites: &'a [Site],
    references: &'a [References],
    listings: &'a [Listings],
    data: &'a Arc<Data>,
}

/// The sites with their pages.
fn paged<'a>(sites: &'a [Site], references: &'a [References]) -> Vec<Paged<'a>> {
    sites.iter().zip(references).map(|(site, references)| (site, references.pages.as_slice())).collect()
}

/// Makes a site in all its languages; nothing where there is none.
fn written(read: Read<'_>, shell: Shell<'_>, out: &mut Vec<Diagnostic>) -> Result<Written, EmitError> {
    let Read { project, blocks, sites, references, .. } = read;
    let Some(original) = sites.first() else { return Ok(Written::default()) };
    let Some(assets) = project::assets::prepared(project, &original.config, out) else {
        return Ok(Written::default());
    };
    let faces = card::faces(project.disk.as_ref(), &original.config.cards, out);
    let paged = paged(sites, references);
    let pictures = Pictures::new(&shell.caches.small);
    let sized = Sized { pictures: &pictures, large: &shell.caches.large, done: shell.resized };
    let shown = views::pictures((project, original), &files_led_to(references), sized, out);
    let mut moves = site::ledger::moves(project, &paged, out);
    let outputs = list::list(Sources { project, sites: &paged, assets: &assets, shown: &shown, moves: &moves }, out);
    let taken: BTreeSet<&OutputPath> = outputs.iter().flatten().map(|(path, _)| path).collect();
    moves.leave_gone(|address| output_path(address).is_ok_and(|path| taken.contains(&path)));
    views::check_pictures(project, original, &pictures, out);
    let resolved = |language: usize| Resolved {
        project,
        site: &sites[language],
        references: &references[language],
        listings: &read.listings[language],
        pictures: &pictures,
        blocks,
        shown: &shown,
    };
    // Each language is looked at, whatever is wrong with another.
    let fits: Vec<bool> = (0..sites.len()).map(|language| check_placed(resolved(language), out)).collect();
    if fits.contains(&false) {
        return Ok(Written::default());
    }
    let indexes: Vec<&str> = outputs.iter().flat_map(|outputs| indexes(outputs)).collect();
    let ready = |language: usize| Ready {
        resolved: resolved(language),
        run: read.run,
        data: read.data,
        sites: &paged,
        assets: &assets,
        faces: &faces,
        outputs: &outputs[language],
        indexes: &indexes,
        moves: &moves,
    };
    make(&(0..sites.len()).map(ready).collect::<Vec<_>>(), shell, out)
}

/// A site of which all is known that its outputs are made from.
#[derive(Clone, Copy)]
struct Ready<'a> {
    resolved: Resolved<'a>,
    run: &'a Run,
    data: &'a Arc<Data>,
    sites: &'a [Paged<'a>],
    assets: &'a Arc<Assets>,
    faces: &'a card::Faces,
    outputs: &'a [(OutputPath, Output)],
    indexes: &'a [&'a str],
    moves: &'a Moves,
}

/// Makes every output that doesn't stand of some languages, and hands it to the store. What there is once for all
/// languages knows them all, and so is made with the first, that of the originals, at last.
fn make(languages: &[Ready<'_>], shell: Shell<'_>, out: &mut Vec<Diagnostic>) -> Result<Written, EmitError> {
    let Some((ready, further)) = languages.split_first() else { return Ok(Written::default()) };
    let Ready { resolved, run, data, sites, assets, faces, outputs, indexes, moves } = *ready;
    let Resolved { project, site, .. } = resolved;
    let Shell { caches, look, store, earlier, .. } = shell;
    let Some(templates) = templates(*ready, out) else {
        // Nothing can be rendered, but what an article says can be looked at.
        let articles = site.articles_out().filter_map(|article| Some((article, shell.look?)));
        articles.for_each(|(article, look)| {
            visit(resolved, article, |visit| look(visit, out)).unwrap_or_else(|changed| out.push(changed));
        });
        return make(further, shell, out);
    };
    let highlighter = Highlighter::new(&caches.small, site.config.highlight);
    let renderer = Renderer::new(resolved, templates, Some(&highlighter), out);
    let studio = card::studio(project, renderer.engine(), faces);
    let library = library::library(resolved);
    let program = earlier.map(|earlier| earlier.program).unwrap_or_default();
    let common =
        Common { program, run, resolved, data: &data.hash, sites, assets, library: &library, faces: faces.hash() };
    // Who looks has to see each article.
    let earlier = earlier.filter(|_| look.is_none());
    let known = earlier.map(|earlier| Known { cache: &caches.outputs, stands: earlier.stands });
    out.extend(card::missing(faces, cards::all(site), project));
    let material = Material {
        renderer: &renderer,
        sites,
        indexes,
        assets,
        studio: &studio,
        large: &caches.large,
        library: &library,
        packed: &Packed::default(),
        keys: &keys::keys(common),
        texts: &Texts::default(),
        moves,
        policy: None,
        later: run.later,
    };
    let writer = Writer::new(Job { outputs, material, look, store, known });
    if let Some(first) = earlier.and_then(|earlier| earlier.first) {
        writer.first(first, out);
    }
    let mut written = make(further, shell, out)?;
    let own = writer.finish(&written.holds, out)?;
    written.join(own);
    Ok(written)
}

/// The URLs of files of the site that texts show or lead to, in any language.
fn files_led_to(references: &[References]) -> BTreeSet<&str> {
    references.iter().flat_map(References::targets).filter_map(file_url).collect()
}

/// The URL that a target has, if that is not a page's.
fn file_url(target: &Target) -> Option<&str> {
    let Target::Url { url, .. } = target else { return None };
    url.split(['?', '#']).next().filter(|url| !url.ends_with('/'))
}

/// The theme's templates and the project's, with the functions that they can call.
fn templates(ready: Ready<'_>, out: &mut Vec<Diagnostic>) -> Option<Templates> {
    let Ready { resolved: Resolved { project, site, .. }, run, data, assets, faces, .. } = ready;
    let statics: Arc<[String]> = project.statics.keys().cloned().collect();
    let phrases = Arc::new(site.phrases.clone());
    let register = |tera: &mut tera::Tera| {
        render::register(tera, assets, &site.config.base_url, &statics, &phrases);
        data::register(tera, data);
        card::register(tera, faces);
    };
    render::templates(project, run, register, out)
}

/// The addresses of the indexes among the outputs.
fn indexes(outputs: &[(OutputPath, Output)]) -> impl Iterator<Item = &str> {
    outputs.iter().filter_map(|(_, output)| match output {
        Output::Made(address, made, _) if made.kind == Kind::Index => Some(address.as_str()),
        _ => None,
    })
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
    project::load::add_theme(&mut project);
    let pages = Mutex::new(String::new());
    let keep = |path: &OutputPath, _: Kind, content: &Content| {
        if let (Content::Bytes(bytes), "x/index.html") = (content, path.as_str()) {
            *pages.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(bytes).into_owned();
        }
        Ok(Entry { size: 0, hash: [0; 32] })
    };
    // The store never fails, and mistakes of the author are no failure.
    let caches = Caches::open(None);
    let built = build(
        &project,
        &Run::default(),
        Shell { caches: &caches, look: None, store: &keep, earlier: None, resized: None },
    );
    let mut report = Vec::new();
    if let Ok(built) = built {
        let _ = diagnostic::report::write(
            &mut report,
            &built.diagnostics,
            &project.sources,
            diagnostic::report::Format::Human,
            diagnostic::report::Look::default(),
        );
    }
    pages.into_inner().unwrap_or_else(PoisonError::into_inner)
}
