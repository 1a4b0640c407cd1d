//! Everything a site is made from, as one value that the rest of the build is a function of.
//!
//! In: a folder, which `load` reads. Out: a [`Project`] with its texts, files and templates, and what
//! knows them by kind: phrases, pictures, the theme's files.

pub mod assets;
pub mod documented;
pub mod images;
pub mod load;
pub mod phrases;
pub mod places;
pub mod texts;
pub mod theme;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::diagnostic::Diagnostic;
use crate::settings::config::BaseUrl;
use crate::store::origin::{Origin, Root};
use crate::text::source::{SourceId, Sources};

/// Everything a site is made from.
#[derive(Debug, Default)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// The same, held open; none for a project that lies nowhere.
    pub disk: Option<Root>,
    pub sources: Sources,
    /// `partwork.toml`.
    pub config: SourceId,
    /// `urls.toml`; none when there is no such file. What drafts or another day show is not what readers
    /// know, so then it isn't even looked at.
    pub ledger: Option<SourceId>,
    /// Markdown under `content/`, by path.
    pub articles: Vec<SourceId>,
    /// TOML under `content/`, by path.
    pub data: Vec<SourceId>,
    /// Files and folders, by path, that are there and could not be read. The articles and data among
    /// them have their places, and no text.
    pub unread: BTreeSet<String>,
    /// Other files under `content/`, by path.
    pub files: BTreeMap<String, File>,
    /// What lies below `code/` in the folders of series, by path, and is no content: the programs that grow with them.
    pub programs: BTreeMap<String, Origin>,
    /// Templates by their path below `templates/`: the project's own, and the built-in ones that
    /// it doesn't replace.
    pub templates: BTreeMap<String, SourceId>,
    /// Files of `static/`, by their path below it.
    pub statics: BTreeMap<String, File>,
    /// What is wrong with what was read.
    pub diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// Whether a template is the theme's, and not the project's own.
    pub fn is_built_in(&self, template: &str) -> bool {
        let text = self.templates.get(template).map(|source| self.sources.text(*source).as_bytes());
        text.is_some_and(|text| theme::TEMPLATES.contains(&(template, text)))
    }
}

/// A file that is published as it is.
#[derive(Debug, Clone)]
pub struct File {
    /// Below the project's root.
    pub path: String,
    /// Where its bytes are.
    pub disk: Origin,
    /// Its text, for the kinds that pages or the theme look into (SVG, CSS, JS), and for rules of hosts.
    pub text: Option<SourceId>,
}

/// What one run wants of a project.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The clock, or `SOURCE_DATE_EPOCH`.
    pub now: Timestamp,
    /// `--at` as typed; it needs the site's time zone, so it is read later.
    pub at: Option<String>,
    pub drafts: bool,
    /// `--base-url`, which stands in the stead of what the settings say.
    pub base_url: Option<BaseUrl>,
    /// Whether what takes long and nobody may look at (social cards, books) is made when it is asked for.
    /// A card that can't be drawn is then no diagnostic.
    pub later: bool,
    /// Whether the project may be anybody's: its raw HTML is shown as text, its templates and its changes of the
    /// theme are left out, and it publishes to nowhere.
    pub untrusted: bool,
    /// What to do when a template of the project runs away: it is told so in words, and has to end the process,
    /// since the build never will. `None` to let it run.
    pub runaway: Option<Runaway>,
}

/// Gets what a template takes too much of.
pub type Runaway = fn(&str);

impl Run {
    /// Whether it wants what readers know: neither drafts nor another day.
    pub fn is_of_today(&self) -> bool {
        !self.drafts && self.at.is_none()
    }
}

/// The name of the settings file, which makes a folder a project.
pub const CONFIG: &str = "partwork.toml";

/// The name of the ledger, beside the settings.
pub const LEDGER: &str = "urls.toml";

/// What makes a folder of `content/` a series.
pub const PLAN: &str = "series.toml";

/// The folder in that of a series that holds its program.
pub const PROGRAM: &str = "code";

/// The folders that a site is made from, below the root.
pub const FOLDERS: [&str; 3] = ["content", "templates", "static"];
