//! Warnings that an author has turned off.
//!
//! In: a site and what was found. Out: the same without the warnings that `[check] allow` names, and
//! those that an article allows of its own text. No error is ever dropped.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Place, Severity};
use crate::site::Site;
use crate::text::source::SourceId;

/// Drops what is allowed.
pub fn drop_allowed(site: &Site, found: &mut Vec<Diagnostic>) {
    let articles = site.articles.iter().filter(|article| !article.front.allow.is_empty());
    let of_articles: BTreeMap<SourceId, &[Code]> =
        articles.map(|article| (article.source, &*article.front.allow)).collect();
    found.retain(|diagnostic| {
        let of_article = match &diagnostic.place {
            Place::Span(span) => of_articles.get(&span.source).copied().unwrap_or_default(),
            Place::File(_) => &[],
        };
        let allowed = site.config.allow.contains(&diagnostic.code) || of_article.contains(&diagnostic.code);
        diagnostic.severity == Severity::Error || !allowed
    });
}
