//! The list of all outputs.

use super::output::{Listing, OutputType};
use super::{
    archive, atom, cards, epub, headers, json_feed, llms, markdown, nginx, no_jekyll, redirects, robots, search,
    series_json, sitemap,
};
use crate::site::Site;
use crate::site::address::Subject;

/// Every kind of output.
pub const ALL: &[&OutputType] = &[
    &sitemap::OUTPUT,
    &llms::OUTPUT,
    &robots::OUTPUT,
    &no_jekyll::OUTPUT,
    &headers::OUTPUT,
    &redirects::OUTPUT,
    &nginx::OUTPUT,
    &atom::OUTPUT,
    &json_feed::OUTPUT,
    &series_json::SCHEMA_OUTPUT,
    &series_json::OUTPUT,
    &markdown::OUTPUT,
    &cards::OUTPUT,
    &search::OUTPUT,
    &epub::OUTPUT,
    &archive::OUTPUT,
];

/// Every file that is made, with its address below the base: first the site's, then those of each series.
pub fn made(listing: Listing<'_>) -> Vec<(String, &'static OutputType, Subject)> {
    let subjects = ALL.iter().flat_map(|output| (output.of)(listing).into_iter().map(|of| (*output, of)));
    let mut made: Vec<_> = subjects.map(|(output, of)| ((output.address)(listing.site, of), output, of)).collect();
    made.sort_by_key(|(.., of)| of.series());
    made
}

/// The addresses of those files as far as they are known before the pages are.
pub fn addresses(site: &Site) -> Vec<String> {
    made(Listing { site, pages: &[], sites: &[] }).into_iter().map(|(address, ..)| address).collect()
}
