//! What a translation needs beside its text.

use std::collections::BTreeSet;

use super::index::{Index, Target};
use super::links::SOURCE;
use super::meta;
use super::model::{Found, Front};
use super::report::Report;
use super::source::{Folder, folder_of, resolve};
use crate::text::url::encode;

/// What a translation needs beside its text.
#[derive(Debug)]
pub struct Around<'a> {
    /// The file that the text is of.
    pub from: &'a str,
    pub folder: &'a Folder,
    pub index: &'a Index,
    pub found: &'a Found,
    /// Files that became listings, by their paths in the source.
    pub listings: &'a mut BTreeSet<String>,
    pub report: &'a mut Report,
    /// What the article says of itself.
    pub front: &'a Front,
    /// How many texts may still be put into this one: a few files that include each other could go on for ever.
    pub includes_left: usize,
}

/// The most texts that are put into one.
pub const MOST_INCLUDES: usize = 10_000;

impl Around<'_> {
    /// A link to the file of the source at a path, as it is typed until links are made.
    pub fn link(&self, path: &str) -> Option<String> {
        let (path, anchor) = path.split_once('#').map_or((path, None), |(path, anchor)| (path, Some(anchor)));
        self.index.source(path)?;
        let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
        Some(format!("{SOURCE}{}{anchor}", encode(path)))
    }

    /// The template of a shortcode or an include of the site's own.
    pub fn template(&self, places: &[String]) -> Option<String> {
        places.iter().find_map(|path| self.folder.text(path))
    }

    /// What the article says for a key.
    pub fn own(&self, key: &str) -> Option<String> {
        let extra = || self.front.extra.iter().find(|(known, _)| known == key).map(|(_, data)| data);
        match key {
            "title" => self.front.title.clone(),
            "description" => self.front.description.clone(),
            _ => self.front.own.get(key).or_else(extra).and_then(meta::text_of),
        }
    }

    /// A link to the page that alone has a name, with its ending or without.
    pub fn named(&self, name: &str) -> Option<String> {
        let name = name.trim_start_matches('/');
        let found = [name.to_string(), format!("{name}.md"), format!("{name}/index.md"), format!("{name}/_index.md")];
        let path = found.iter().find_map(|name| self.index.ending(name))?;
        Some(format!("{SOURCE}{}", encode(path)))
    }

    /// The address of a picture or file that a tag names: a path from its article or from the source, or an
    /// address.
    pub fn file(&self, typed: &str, roots: &[&str]) -> String {
        let near = resolve(folder_of(self.from), typed).filter(|path| self.is_file(path));
        let bare = typed.trim_start_matches('/');
        let far = || roots.iter().find_map(|root| resolve(root, bare).filter(|path| self.is_file(path)));
        match near.or_else(far) {
            Some(path) => format!("{SOURCE}{}", encode(&path)),
            None => typed.to_string(),
        }
    }

    fn is_file(&self, path: &str) -> bool {
        matches!(self.index.source(path), Some(Target::File(_)))
    }
}
