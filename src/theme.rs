//! The built-in theme: templates and assets, embedded in the binary.
//!
//! A file of the project's `templates/` or `static/` at the same path replaces one of these.

/// Declares files of a folder of the repository by their paths below it.
macro_rules! embedded {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../", $folder, "/", $path)))),*]
    };
}

/// Paths below `templates/` and their texts.
pub const TEMPLATES: &[(&str, &[u8])] = embedded!("templates":
    "404.html",
    "base.html",
    "blocks/comparison.html",
    "blocks/decision.html",
    "blocks/figure.html",
    "blocks/quiz.html",
    "book.css",
    "card.svg",
    "comparisons.html",
    "cover.svg",
    "glossary.html",
    "home.html",
    "languages/en.toml",
    "languages/sv.toml",
    "page.html",
    "part.html",
    "parts/author.html",
    "parts/discussion.html",
    "parts/entry.html",
    "parts/index.html",
    "parts/meta.html",
    "parts/needs.html",
    "parts/neighbours.html",
    "parts/newsletter.html",
    "parts/next-up.html",
    "parts/scripted.html",
    "parts/search.html",
    "parts/shelf.html",
    "parts/toc.html",
    "print.html",
    "search.html",
    "series.html",
    "tag.html",
    "tags.html",
);

/// Paths below `static/` and their bytes.
pub const ASSETS: &[(&str, &[u8])] = embedded!("static":
    "favicon.svg",
    "fonts/OFL-archivo.txt",
    "fonts/OFL-inconsolata.txt",
    "fonts/OFL-literata.txt",
    "fonts/archivo-latin-ext.woff2",
    "fonts/archivo-latin.woff2",
    "fonts/archivo.woff2",
    "fonts/inconsolata-latin.woff2",
    "fonts/inconsolata.woff2",
    "fonts/literata-italic-latin-ext.woff2",
    "fonts/literata-italic-latin.woff2",
    "fonts/literata-italic.woff2",
    "fonts/literata-latin-ext.woff2",
    "fonts/literata-latin.woff2",
    "fonts/literata.woff2",
    "search/LICENSE-minisearch.txt",
    "search/minisearch.js",
    "search/search.js",
    "theme-early.js",
    "theme.css",
    "theme.js",
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Formulas carry classes where the converter had styles; the theme has to say what they mean.
    #[test]
    fn formulas_are_styled() {
        let css = include_str!("../static/theme.css").replace([' ', '\n'], "");
        for (class, rules) in crate::render::math::CLASSES {
            let rules = rules.replace(' ', "");
            assert!(css.contains(&format!(".{class}{{{rules};}}")), "{class}");
        }
    }

    /// The lists above are the folders' contents: a file that nobody listed would not be shipped.
    #[test]
    fn every_file_is_listed() {
        for (folder, listed) in [("templates", TEMPLATES), ("static", ASSETS)] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let there: BTreeSet<String> = walkdir::WalkDir::new(&root)
                .into_iter()
                .map(|entry| entry.expect("an entry"))
                .filter(|entry| entry.file_type().is_file())
                .map(|entry| entry.path().strip_prefix(&root).expect("below").to_string_lossy().into_owned())
                .collect();
            let listed: BTreeSet<String> = listed.iter().map(|(path, _)| path.to_string()).collect();
            assert_eq!(there, listed, "{folder}");
        }
    }
}
