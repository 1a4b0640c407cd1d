//! The files that a site has beside its pages and the author's files: which, and where.
//!
//! In: a [`Site`]. Out: an address for each file that `outputs` will make, so that links to them
//! resolve and collisions are found before anything is made. Makes none of them.

use crate::site::Site;

/// A file that is made from the whole site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    Robots,
    NoJekyll,
}

/// Every generated file with its address below the base, in a fixed order.
pub fn list(_site: &Site) -> Vec<(String, Generated)> {
    vec![("robots.txt".into(), Generated::Robots), (".nojekyll".into(), Generated::NoJekyll)]
}
