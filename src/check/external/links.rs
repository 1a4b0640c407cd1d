//! Where a site leads outside.
//!
//! In: a site and its resolved references. Out: each place with its address. Never asks for one.

use url::Url;

use crate::parse::Link;
use crate::parse::inline::inline_links;
use crate::settings::config::{Config, Discussion};
use crate::site::Site;
use crate::site::gallery::ComparisonPlace;
use crate::site::resolve::References;
use crate::text::source::Span;

/// A link to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub typed: String,
    /// As browsers understand it, without its fragment and without credentials; else why they don't.
    pub address: Result<Url, String>,
    pub span: Span,
}

/// Every link that readers see and that leads away by `http` or `https`: those of articles, their
/// blocks, shared comparisons, glossaries and sources, where they were first published, and the addresses of authors and of the
/// discussion.
/// Where a newsletter's form posts to is nothing that can be asked for.
pub fn find(site: &Site, references: &References) -> Vec<Place> {
    let mut links: Vec<Link> = Vec::new();
    let mut places = Vec::new();
    let mut add = |typed: &str, span: Span| places.extend(place(typed, span, site));
    for article in site.articles_out().map(|id| site.article(id)) {
        article.links.iter().chain(&article.urls).for_each(|link| add(&link.dest, link.span));
        article.front.canonical.iter().for_each(|url| add(&url.value, url.span));
    }
    for series in site.series.iter().filter(|series| series.is_out()) {
        let sources = series.sources.iter().flat_map(|sources| sources.iter());
        sources
            .filter_map(|source| Some((source.link.as_ref()?, source.link_span)))
            .for_each(|((url, _), span)| add(url, span));
    }
    for series in &site.series {
        let gallery = references.gallery(series.at).iter();
        let shared = gallery.filter(|entry| entry.place == ComparisonPlace::Shared);
        shared
            .filter_map(|entry| series.shared.get(&entry.id))
            .for_each(|shared| links.extend(shared.links.iter().cloned()));
    }
    for series in &site.series {
        for (id, term) in series.glossary.iter().flat_map(|glossary| &glossary.terms) {
            if series.published_teacher(id).is_some() {
                inline_links(&term.definition.value, term.definition.span, &mut links);
            }
        }
    }
    links.iter().for_each(|link| add(&link.dest, link.span));
    settings(&site.config, &mut add);
    places
}

fn place(typed: &str, span: Span, site: &Site) -> Option<Place> {
    let typed = typed.trim();
    let begins = |scheme: &str| typed.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let address = if typed.starts_with("//") {
        let scheme = site.config.base_url.origin.split_once("//").map_or("", |(scheme, _)| scheme);
        format!("{scheme}{typed}")
    } else if begins("http:") || begins("https:") {
        typed.to_string()
    } else {
        return None;
    };
    let address = Url::parse(&address).map_err(|error| error.to_string()).map(|mut url| {
        url.set_fragment(None);
        // They fail only for addresses that have no host, which these have.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url
    });
    Some(Place { typed: typed.to_string(), address, span })
}

/// Addresses that pages show and that stand in `partwork.toml`.
fn settings(config: &Config, add: &mut dyn FnMut(&str, Span)) {
    let discussion = config.discussion.as_ref().and_then(Discussion::link);
    let authors = config.authors.iter().filter_map(|author| author.url.as_ref());
    discussion.into_iter().chain(authors).for_each(|url| add(&url.value, url.span));
}
