//! How much of other files articles place in themselves.
//!
//! In: a resolved site. Out: a diagnostic where it comes to too much. A line places a whole drawing, a
//! whole comparison or a whole file of code, and may stand in an article thousands of times: what is written would have nothing to
//! do with what was typed.

use std::collections::BTreeMap;

use super::visit::Resolved;
use crate::blocks::comparison::Comparison;
use crate::blocks::figure::Figure;
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::Listing;
use crate::parse::block::{Body, Placed};
use crate::site::ids::ArticleId;
use crate::site::resolve::Target;
use crate::text::source::Span;

/// The most bytes that one article places.
const MOST_IN_ARTICLE: usize = 4 << 20;

/// The most bytes that all articles place, beside as many as eight times those of all sources.
const MOST_IN_SITE: usize = 32 << 20;

/// What a value of a comparison takes beside its words, in the markup around it.
const MARKUP_OF_VALUE: usize = 100;

/// Whether what the articles place stays within bounds; reports it where it doesn't.
pub fn check_placed(resolved: Resolved<'_>, out: &mut Vec<Diagnostic>) -> bool {
    let Resolved { project, site, listings, .. } = resolved;
    let drawings = drawings(resolved);
    let sources: usize = project.sources.iter().map(|(_, source)| source.bytes()).sum();
    let most = MOST_IN_SITE + 8 * sources;
    let before = out.len();
    let mut all = 0;
    for id in site.articles.ids() {
        let mut of_article = 0;
        let article = site.article(id);
        let blocks = article.blocks.iter().map(|placed| (placed.span, weight(id, placed, resolved, &drawings)));
        let code = |listing: &Listing| Some((listing.span, listings.of(id)?.get(&listing.at)?.code.len()));
        for (span, weight) in blocks.chain(article.listings.iter().filter_map(code)) {
            if all <= most && all + weight > most {
                out.push(too_much("what the articles of this site place", most, span));
            }
            if of_article <= MOST_IN_ARTICLE && of_article + weight > MOST_IN_ARTICLE {
                out.push(too_much("what this article places", MOST_IN_ARTICLE, span));
            }
            of_article += weight;
            all += weight;
        }
    }
    out.len() == before
}

fn too_much(what: &str, most: usize, span: Span) -> Diagnostic {
    let message = format!("{what} of other files comes to more than {} MiB with this", most >> 20);
    Diagnostic::new(Code::TooMuch, span, message).help("place it once and link to it, or place less")
}

/// By URL, the bytes of each drawing that can be placed.
fn drawings(Resolved { project, site, .. }: Resolved<'_>) -> BTreeMap<String, usize> {
    let files = site.files_out().filter(|(path, _)| path.ends_with(".svg"));
    let texts = files.filter_map(|(path, file)| Some((file, project.files.get(path)?.text?)));
    texts.map(|(file, text)| (site.config.base_url.rooted(&file.address), project.sources.text(text).len())).collect()
}

/// How many bytes of another file a block places.
fn weight(id: ArticleId, placed: &Placed, resolved: Resolved<'_>, drawings: &BTreeMap<String, usize>) -> usize {
    let Resolved { project, site, references, .. } = resolved;
    match &placed.body {
        Body::Use(shared) => {
            let shared = site.series_of(id).and_then(|series| series.shared.get(&shared.value));
            shared.map_or(0, |shared| project.sources.get(shared.source).bytes() + of_values(&shared.comparison))
        }
        body => {
            let Some(figure) = body.get::<Figure>().filter(|figure| figure.inline) else { return 0 };
            match references.article(id).get(placed.links.start + figure.src.at) {
                Some(Target::Url { url, .. }) => drawings.get(url).copied().unwrap_or(0),
                _ => 0,
            }
        }
    }
}

fn of_values(comparison: &Comparison) -> usize {
    comparison.options.len() * comparison.fields.len() * MARKUP_OF_VALUE
}
