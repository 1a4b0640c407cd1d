//! Pictures that stand in place of a social card: `image` of an article, a series or a folder of posts.
//!
//! In: a [`Site`]. Out: for each card the picture that its author wants there, and a diagnostic for one that isn't
//! there. Reads none of them.

use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::project::{File, Project};
use crate::site::Site;
use crate::site::address::Subject;
use crate::site::ids::ArticleId;
use crate::text::path::join;
use crate::text::source::{SourceId, Spanned, nfc};
use crate::text::url::percent_decode;

/// The last suffixes of what a card can be made of: what browsers show and networks know.
pub const KINDS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "gif"];

/// What its author wants in place of a card: the source that says it, and what is typed there.
pub fn said(site: &Site, of: Subject) -> Option<(SourceId, &Spanned<String>)> {
    // A translation has it from its original, whose path it begins at.
    let of_article = |article: ArticleId| {
        let image = site.article(article).front.image.as_deref()?;
        Some((image.span.source, image))
    };
    match of {
        Subject::Site => of_article(site.home?),
        Subject::Series(series) => {
            let folder = site.series(series);
            let own = folder.plan.image.as_ref().map(|image| (folder.plan.source, image));
            own.or_else(|| of_article(folder.opening?))
        }
        Subject::Part(part) => of_article(site.part(part).article?),
        Subject::Single(single) => of_article(site.single(single).article),
        Subject::Side(_) | Subject::Piece(_) => None,
    }
}

/// All that may have a picture in place of its card.
pub fn all(site: &Site) -> impl Iterator<Item = Subject> {
    let series = site.folders().map(|series| Subject::Series(series.at));
    let parts = site.parts().map(|part| Subject::Part(part.at));
    let singles = site.singles.iter().map(|single| Subject::Single(single.at));
    std::iter::once(Subject::Site).chain(series).chain(parts).chain(singles)
}

/// Whether something has a card: drawn, or a picture in its place.
pub fn has_card(site: &Site, of: Subject) -> bool {
    site.config.cards.enabled && !matches!(of, Subject::Single(_)) || said(site, of).is_some()
}

/// The file of the picture in place of a card.
pub fn file<'p>(project: &'p Project, site: &Site, of: Subject) -> Option<&'p File> {
    let (source, typed) = said(site, of)?;
    find(project, site, project.sources.path(source), &typed.value)
}

/// A file as links find it: from the file that names it, or from a `/` by its address on this site.
fn find<'p>(project: &'p Project, site: &Site, from: &str, typed: &str) -> Option<&'p File> {
    let path = percent_decode(typed.trim());
    if let Some(address) = path.strip_prefix('/') {
        let address = nfc(address);
        let (path, _) = site.files.iter().find(|(_, file)| file.address == address).unzip();
        return path.and_then(|path| project.files.get(path)).or_else(|| project.statics.get(&*address));
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    project.files.get(&*nfc(&join(folder, &path)?))
}

/// Reports pictures that aren't there, or are of a kind that networks don't know.
pub fn check(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) {
    for (source, typed) in all(site).filter_map(|of| said(site, of)) {
        let from = project.sources.path(source);
        let ending = typed.value.rsplit_once('.').map_or("", |(_, ending)| ending);
        if !KINDS.iter().any(|kind| ending.eq_ignore_ascii_case(kind)) {
            let message = format!("the image {} is of no kind that a card can be made of", quote(&typed.value));
            let help = "name a PNG, a JPEG, a WebP or a GIF";
            out.push(Diagnostic::new(Code::InvalidValue, typed.span, message).help(help));
        } else if find(project, site, from, &typed.value).is_none() {
            let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
            if join(folder, &typed.value).is_some_and(|path| site.unread.holds(&path)) {
                continue;
            }
            let below =
                |path: &'_ String| path.strip_prefix(folder).map(|path| path.trim_start_matches('/').to_string());
            let known: Vec<String> = project.files.keys().filter_map(below).collect();
            let near = did_you_mean(&typed.value, known.iter().map(String::as_str));
            let message = format!("there is no file {}", quote(&typed.value));
            out.push(Diagnostic::new(Code::BrokenLink, typed.span, message).help(
                near.unwrap_or_else(|| {
                    "write its path from this file, or from a `/` on its address on this site".into()
                }),
            ));
        }
    }
}
