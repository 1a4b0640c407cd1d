//! What a file of the output is to those who ask for it, and how long they may keep it.
//!
//! In: nothing. Out: the kinds, which are decided where an output is listed and told to everybody
//! who handles it, so that nobody has to guess from a name or a content.

use crate::text::media::media_type;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A file of the theme. Its name holds a hash of its content, so it never means another.
    Asset,
    /// What is shown or handed over as it is: a file of an author's, a social card, a book.
    Media,
    /// The page of an article.
    Article,
    /// An article in Markdown.
    Twin,
    /// Any other page: it leads to articles, shows many, or is an author's own HTML.
    Page,
    /// What programs fetch again and again: a feed, a sitemap, data.
    Index,
    /// The page at an old address, which only leads on.
    Redirect,
    /// What hosts read and readers don't.
    Host,
}

impl Kind {
    /// What a file of an author's is, of which nothing is known but its name.
    pub fn of_file(path: &str) -> Kind {
        match media_type(path) {
            "text/html; charset=utf-8" => Kind::Page,
            "application/xml; charset=utf-8"
            | "application/atom+xml; charset=utf-8"
            | "application/feed+json; charset=utf-8" => Kind::Index,
            _ => Kind::Media,
        }
    }

    /// How long an answer may be kept: the value of `Cache-Control`.
    pub fn cache_control(self) -> &'static str {
        match self {
            Kind::Asset => "public, max-age=31536000, immutable",
            // It may be replaced under its name, and nobody waits a day to see that.
            Kind::Media => "public, max-age=3600",
            // Kept, and asked about each time.
            Kind::Article | Kind::Twin | Kind::Page | Kind::Redirect => "public, max-age=0, must-revalidate",
            Kind::Index | Kind::Host => "public, max-age=600",
        }
    }

    /// Whether it is HTML.
    pub fn is_page(self) -> bool {
        matches!(self, Kind::Article | Kind::Page | Kind::Redirect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_authors() {
        for (path, kind) in [
            ("s/a/figure.svg", Kind::Media),
            ("theme.0123456789.css", Kind::Media),
            ("demo/index.html", Kind::Page),
            ("OLD.HTM", Kind::Page),
            ("news/feed.xml", Kind::Index),
            ("data.json", Kind::Media),
            ("notes.md", Kind::Media),
        ] {
            assert_eq!(Kind::of_file(path), kind, "{path}");
        }
    }
}
