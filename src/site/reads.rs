//! What articles were found to have, for as long as a program runs.
//!
//! In: a project, again and again. Out: what an article was found to have the last time, where nothing has changed but
//! other articles. Half of a build in which nothing changes is the first read of its articles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use crate::diagnostic::Diagnostic;
use crate::parse::Article;
use crate::parse::component::Components;
use crate::project::{Project, Run};
use crate::text::source::SourceId;

/// What a read of one article gave: nothing of it where it belongs nowhere or can't be read, and what is wrong with it.
pub type Read = (Option<Arc<Article>>, Vec<Diagnostic>);

/// What the articles of a project were found to have.
#[derive(Debug, Default)]
pub struct Reads(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Stands for all that an article is read by, beside its own text.
    around: Option<blake3::Hash>,
    /// By article, the hash of its text and what was read of it.
    articles: BTreeMap<SourceId, (blake3::Hash, Read)>,
}

impl Reads {
    /// Forgets all that was read, if anything but the text of articles has changed since.
    pub(super) fn begin(&self, project: &Project, run: &Run, components: &Components) {
        let around = Some(around(project, run, components));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.around != around {
            *known = Known { around, articles: BTreeMap::new() };
        }
    }

    /// What an article was found to have, else what `read` finds now.
    pub(super) fn get(&self, project: &Project, source: SourceId, read: impl FnOnce() -> Read) -> Read {
        let hash = *project.sources.get(source).hash();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, found)) = known.articles.get(&source)
            && *of == hash
        {
            return found.clone();
        }
        drop(known);
        let found = read();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.articles.insert(source, (hash, found.clone()));
        found
    }
}

/// Hashes all that articles are read by: which sources there are, what those say that are no articles (settings,
/// plans, the templates that blocks are shown by), and what the run wants.
fn around(project: &Project, run: &Run, components: &Components) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&bytes.len().to_le_bytes());
        hasher.update(bytes);
    };
    let articles: BTreeSet<SourceId> = project.articles.iter().copied().collect();
    for (id, source) in project.sources.iter() {
        add(source.path.as_bytes());
        add(if articles.contains(&id) { b"an article" } else { source.text().as_bytes() });
    }
    project.unread.iter().chain(components.keys()).for_each(|name| add(name.as_bytes()));
    add(format!("{:?}", (run.drafts, &run.at, &run.base_url, run.untrusted)).as_bytes());
    hasher.finalize()
}
