//! What a site gives to machines: one file here an output.
//!
//! In: the resolved site, and a renderer for texts in another medium. Out: the bytes of each file
//! that [`generated`] lists. Never decides which files there are, and reads no
//! disk but for files of the project that go into an output.

mod atom;
pub mod card;
pub mod cards;
pub mod contract;
pub mod epub;
pub mod feed;
pub mod headers;
mod json_feed;
mod llms;
mod markdown;
pub mod nginx;
mod redirects;
mod robots;
mod search;
mod series_json;
mod sitemap;
mod xhtml;
mod xml;

pub use sitemap::shard_count;

use std::sync::Arc;

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::project::assets::Assets;
use crate::render::Renderer;
use crate::site::generated::{self, Generated};
use crate::site::ledger::Moves;
use crate::site::page::Page;
use crate::store::cache::Folder;
use crate::store::kind::Kind;
use crate::store::tree::Content;

/// What outputs are made from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    pub renderer: &'a Renderer<'a>,
    /// Every page with its address below the base.
    pub pages: &'a [(String, Page)],
    pub assets: &'a Assets,
    pub studio: &'a card::Studio<'a>,
    /// Cards and books of this run and of earlier ones.
    pub large: &'a Folder,
    pub library: &'a epub::Library,
    pub feed_texts: &'a feed::Texts,
    /// Old addresses.
    pub moves: &'a Moves,
    /// What pages may load: a Content Security Policy.
    pub policy: &'a str,
}

/// Makes one file; `None` when it can't be made, which has been reported.
pub fn make(what: Generated, material: Material<'_>, out: &mut Vec<Diagnostic>) -> Option<Content> {
    let site = material.renderer.resolved().site;
    let text = match what {
        Generated::Atom(series) => atom::atom(material, series),
        Generated::JsonFeed(series) => json_feed::json_feed(material, series),
        Generated::SeriesJson(series) => series_json::series_json(material, site.series(series)),
        Generated::SeriesSchema => series_json::schema(site),
        Generated::Sitemap => sitemap::sitemap(site, material.pages),
        Generated::SitemapShard(shard) => sitemap::sitemap_shard(site, material.pages, shard)?,
        Generated::Epub(series) => return epub::epub(material, site.series(series), out),
        Generated::Card(of) => {
            let card = cards::card(site, of);
            if material.renderer.resolved().project.options.later {
                return card::later(material.studio, &card, material.large, out).map(Arc::new).map(Content::Later);
            }
            return card::draw(material.studio, &card, material.large, out).map(Content::Bytes);
        }
        Generated::Llms => llms::llms(site),
        Generated::Twin(part) => markdown::twin(material.renderer.resolved(), site.part(part))?,
        Generated::Robots => robots::robots(site),
        Generated::NoJekyll => String::new(),
        Generated::Headers => {
            let files = generated::list(site).into_iter().map(|(address, what)| (address, what.kind()));
            let files: Vec<(String, Kind)> = files.collect();
            let pages: Vec<&str> = material.pages.iter().map(|(address, _)| address.as_str()).collect();
            headers::headers(site, material.policy, material.assets, &files, &pages)
        }
        Generated::Redirects => redirects::redirects(site, material.moves),
        Generated::Nginx => nginx::snippet(site, material.policy, material.moves, "$partwork_root"),
        Generated::Search(series) => search::index(material, site.series(series)),
    };
    Some(Content::Bytes(text.into_bytes()))
}

/// A value as JSON for people to read as well.
fn json_text(value: &impl Serialize) -> String {
    // Texts, numbers and lists of them: nothing here that JSON can't say.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
