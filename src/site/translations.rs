//! Which sources are translations, by their names alone.
//!
//! In: paths of a project, and the languages that its settings declare. Out: for each file named like a translation
//! its language and its original, or why it is none. Reads no text.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::project::Project;
use crate::settings::config::Config;
use crate::text::language::is_tag;
use crate::text::source::{SourceId, Span};

/// What stands beside originals in one language.
#[derive(Debug, Default)]
pub struct Translations {
    /// By original, of articles and of what is written in TOML.
    pub of: BTreeMap<SourceId, SourceId>,
    /// Paths of files below the root that are shown in place of others, by the paths of those.
    pub files: BTreeMap<String, String>,
}

/// What the name of a file says.
#[derive(Debug, Clone, Copy)]
pub enum Named<'p> {
    /// A translation into a language by its place among the site's; `None` without an original.
    Translation { language: usize, of: Option<SourceId> },
    /// The same in a language that the settings don't have.
    Undeclared { tag: &'p str, of: SourceId },
}

/// What the name of a source says: `rag.sv.md` stands beside `rag.md` or `rag/index.md`. `None` for one without the tag
/// of a language in it.
pub fn named<'p>(path: &'p str, config: &Config, paths: &BTreeMap<&str, SourceId>) -> Option<Named<'p>> {
    let (stem, extension) = path.rsplit_once('.')?;
    let (base, tag) = stem.rsplit_once('.').filter(|(base, tag)| !base.ends_with('/') && !tag.contains('/'))?;
    let of = originals(base, extension).into_iter().find_map(|path| paths.get(path.as_str()).copied());
    match config.languages.iter().position(|language| language.tag == tag) {
        Some(language) => Some(Named::Translation { language, of }),
        None => of.filter(|_| is_tag(tag)).map(|of| Named::Undeclared { tag, of }),
    }
}

/// Where the original of a translation may lie, by the path of both without tag and ending.
fn originals(base: &str, extension: &str) -> Vec<String> {
    let mut paths = vec![format!("{base}.{extension}")];
    if extension == "md" {
        paths.push(format!("{base}/index.md"));
        paths.extend(base.strip_suffix("/index").map(|base| format!("{base}.md")));
    }
    paths
}

/// The diagnostic for a translation into a language that the settings don't have.
pub fn undeclared(
    source: SourceId,
    tag: &str,
    (of, paths): (SourceId, &BTreeMap<&str, SourceId>),
    config: &Config,
) -> Diagnostic {
    let original = paths.iter().find(|(_, source)| **source == of).map_or("", |(path, _)| *path);
    let span = Span::start_of(source);
    if config.language.eq_ignore_ascii_case(tag) {
        let message = format!("{} is the language of the originals, and this one is {}", quote(tag), quote(original));
        return Diagnostic::new(Code::UnknownLanguage, span, message)
            .note(config.language_span, "the language of the site")
            .help("keep one of the two files, under the name without the tag");
    }
    let message = format!("this is {} in {}, a language that the site doesn't have", quote(original), quote(tag));
    let is_same = |known: &&str| known.eq_ignore_ascii_case(tag);
    let near = config.languages.iter().map(|language| language.tag.as_str()).find(is_same);
    let near = near.map(|known| format!("did you mean {}?", quote(known)));
    Diagnostic::new(Code::UnknownLanguage, span, message)
        .help(near.unwrap_or_else(|| format!("declare it in `partwork.toml`: `[languages.{tag}]`")))
}

/// The diagnostic for a translation of nothing.
pub fn no_original(project: &Project, source: SourceId) -> Diagnostic {
    let path = project.sources.path(source);
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, ""));
    let base = stem.rsplit_once('.').map_or(stem, |(base, _)| base);
    let wanted = format!("{base}.{extension}");
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_translation = |path: &str| path.rsplit_once('.').is_some_and(|(stem, _)| stem.contains('.'));
    let all = project.data.iter().chain(&project.articles).map(|source| project.sources.path(*source));
    let beside =
        all.filter(|path| path.rsplit_once('/').is_some_and(|(other, _)| other == folder) && !is_translation(path));
    let near = did_you_mean(&wanted, beside.collect::<Vec<_>>());
    let message = format!("this translation has no original, {}", quote(&wanted));
    Diagnostic::new(Code::WithoutOriginal, Span::start_of(source), message)
        .help(near.unwrap_or_else(|| "bring the original back, give this one the name of another, or remove it".into()))
}

/// Files that a language shows in place of others: `pipeline.sv.svg` of `pipeline.svg`.
pub fn other_files(project: &Project, tag: &str) -> Translations {
    let of = |path: &str| {
        let (stem, extension) = path.rsplit_once('.')?;
        let base = stem.strip_suffix(tag)?.strip_suffix('.')?;
        Some(format!("{base}.{extension}")).filter(|original| project.files.contains_key(original))
    };
    let files = project.files.keys().filter_map(|path| Some((of(path)?, path.clone())));
    Translations { of: BTreeMap::new(), files: files.collect() }
}
