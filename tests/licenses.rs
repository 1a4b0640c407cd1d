//! Every crate that goes into the binary, or is needed to build it, may be used under MIT OR
//! Apache-2.0's terms: each offers a license of [`ALLOWED`].

#![expect(clippy::disallowed_methods, reason = "cargo knows of its packages")]

#[path = "common/packages.rs"]
mod packages;

/// Licenses that ask for no more than a notice, by their SPDX names.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    // The data of `webpki-roots`: Mozilla's list of certificate authorities.
    "CDLA-Permissive-2.0",
];

#[test]
fn each_crate_offers_one() {
    let packages = packages::packages();
    assert!(packages.len() > 100, "only {} crates were found", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(may_be_used))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Whether an SPDX expression (SPDX 2.3, annex D) can be met. `/` is cargo's old way to write `OR`;
/// parentheses stand in no crate of ours but around a choice, so `OR` may be split first inside them.
fn may_be_used(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    expression.split(" AND ").all(|each| {
        let one = each.trim().trim_start_matches('(').trim_end_matches(')');
        // An exception, as of LLVM, only gives more rights.
        one.split(" OR ").any(|name| ALLOWED.contains(&name.split(" WITH ").next().unwrap_or(name).trim()))
    })
}

#[test]
fn expressions_are_understood() {
    let cases = [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only AND MIT", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND AGPL-3.0-only", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("", false),
    ];
    for (expression, expected) in cases {
        assert_eq!(may_be_used(expression), expected, "{expression}");
    }
}
