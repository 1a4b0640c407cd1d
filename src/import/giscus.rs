//! Comments by giscus, as a theme's template asks for them.
//!
//! In: the templates of a source. Out: the repository and the category, and what finds the discussion of a page
//! (<https://giscus.app>). Of values that a template computes, the last one that it sets for all is taken.

use super::model::{Giscus, Mapping};
use super::report::{Kind, Report};
use super::source::Folder;
use super::typed::Place;
use crate::parse::markup::{Interest, Piece, scan};

/// Folders that hold templates.
const TEMPLATES: [&str; 6] = ["templates/", "layouts/", "_includes/", "_layouts/", "theme/", "themes/"];

/// Looks for comments in the templates.
pub fn find(folder: &Folder, report: &mut Report) -> Option<Giscus> {
    let templates = folder.paths().filter(|path| TEMPLATES.iter().any(|start| path.starts_with(start)));
    let mut utterances = None;
    for path in templates.filter(|path| [".html", ".hbs"].iter().any(|end| path.ends_with(end))) {
        let Some(text) = folder.text(path) else { continue };
        if text.contains("utteranc.es/client.js") {
            utterances = utterances.or(Some(path));
        }
        if !text.contains("giscus.app/client.js") {
            continue;
        }
        let giscus = read(&text);
        if [&giscus.repo, &giscus.repo_id, &giscus.category, &giscus.category_id].iter().all(|value| !value.is_empty())
        {
            return Some(giscus);
        }
        report.tell(Kind::Decide, Place::whole(path), "the `[discussion]` of giscus, which a template computes");
        return None;
    }
    if let Some(path) = utterances {
        let what = "where readers talk: utterances keeps comments as issues, and partwork knows giscus and links";
        report.tell(Kind::Decide, Place::whole(path), what);
    }
    None
}

fn read(text: &str) -> Giscus {
    let mut giscus = Giscus::default();
    let interest = Interest { tag: |name| name == b"script", attribute: |_| false };
    scan(text, interest, |piece| {
        let Piece::Start(tag) = piece else { return };
        let value = |name: &str| tag.attribute(name).map(|attribute| settled(text, &attribute.value));
        if !value("src").is_some_and(|src| src.contains("giscus.app/client.js")) {
            return;
        }
        let of = |name: &str| value(name).unwrap_or_default();
        giscus = Giscus {
            repo: of("data-repo"),
            repo_id: of("data-repo-id"),
            category: of("data-category"),
            category_id: of("data-category-id"),
            mapping: match of("data-mapping").as_str() {
                "" | "pathname" => Some(Mapping::Pathname),
                // A term that a template computes is most often the title.
                "title" | "og:title" | "specific" => Some(Mapping::Title),
                "url" => Some(Mapping::Url),
                _ => None,
            },
        };
    });
    giscus
}

/// A value as it stands, or the one that the template sets last for the variable that it names; empty where
/// that is none.
fn settled(text: &str, value: &str) -> String {
    let Some(inner) = value.strip_prefix("{{").and_then(|inner| inner.strip_suffix("}}")) else {
        return if value.contains("{{") || value.contains("{%") { String::new() } else { value.to_string() };
    };
    let name = inner.trim();
    let sets = text.rmatch_indices(name).find_map(|(at, _)| {
        let before = text[..at].trim_end();
        let value = text[at + name.len()..].trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let is_set = before.ends_with("set") || before.ends_with("assign");
        is_set.then(|| value.split('"').next().unwrap_or_default().to_string())
    });
    sets.unwrap_or_default()
}
