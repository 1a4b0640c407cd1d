//! The built-in theme: templates and assets, embedded in the binary.
//!
//! A file of the project's `templates/` or `static/` at the same path replaces one of these. A copy
//! that partwork made carries a mark: the version of the contract that it was made for. Knows
//! nothing of any project; whoever reads one asks [`outdated`].

/// Declares files of a folder of the repository by their paths below it, each with its job.
macro_rules! embedded {
    ($(#[$doc:meta])* $files:ident, $jobs:ident, $folder:literal: $($path:literal $job:literal),* $(,)?) => {
        $(#[$doc])*
        pub const $files: &[(&str, &[u8])] = &[$(($path, include_bytes!(concat!("../../", $folder, "/", $path)))),*];
        const $jobs: &[&str] = &[$($job),*];
    };
}

embedded!(
    /// Paths below `templates/` and their texts.
    TEMPLATES, TEMPLATE_JOBS, "templates":
    "404.html" "The page for addresses that aren't there.",
    "base.html" "The frame of every page: head, header, footer.",
    "blocks/comparison.html" "The block `comparison`, in parts and in the gallery.",
    "blocks/decision.html" "The block `decision`: questions that lead to an outcome.",
    "blocks/figure.html" "The block `figure`: a picture with its caption.",
    "blocks/quiz.html" "The block `quiz`: questions with choices.",
    "blocks/sketch.html" "The block `sketch`: a script of the article's own, or its picture.",
    "blocks/table.html" "The block `table`: rows by hand or of a file.",
    "book.css" "The style of books (EPUB).",
    "card.svg" "The social card of a part, a series and the site.",
    "code.html" "What changes in the program of a series.",
    "comparisons.html" "The gallery of a series' comparisons.",
    "cover.svg" "The cover of a book.",
    "glossary.html" "The glossary of a series.",
    "home.html" "The home page.",
    "languages/ar.toml" "The theme's words in Arabic.",
    "languages/bn.toml" "The theme's words in Bengali.",
    "languages/de.toml" "The theme's words in German.",
    "languages/en.toml" "The theme's words in English.",
    "languages/en-001.toml" "The theme's words in English outside the United States, where it differs.",
    "languages/es.toml" "The theme's words in Spanish.",
    "languages/fr.toml" "The theme's words in French.",
    "languages/hi.toml" "The theme's words in Hindi.",
    "languages/ja.toml" "The theme's words in Japanese.",
    "languages/pt.toml" "The theme's words in Portuguese.",
    "languages/sv.toml" "The theme's words in Swedish.",
    "languages/zh-Hans.toml" "The theme's words in simplified Chinese.",
    "page.html" "A page outside any series.",
    "part.html" "A part: its header, its text, what surrounds it.",
    "parts/author.html" "The names and pictures of authors.",
    "parts/discussion.html" "Where readers talk about a part.",
    "parts/entry.html" "A part as lists show it.",
    "parts/faces.html" "The faces that a text needs, asked for early, and the script of its tabs.",
    "parts/index.html" "The list of a series beside its parts.",
    "parts/languages.html" "The languages of the site, on every page of one that has several.",
    "parts/meta.html" "What a page tells search engines, feed readers and sites that link to it.",
    "parts/needs.html" "What to read before a part.",
    "parts/neighbors.html" "Links to the part before and the part after.",
    "parts/newsletter.html" "The form to subscribe.",
    "parts/next-up.html" "The teaser of the next part.",
    "parts/place.html" "Where a part stands: the shelf of its series in small.",
    "parts/plan.html" "The plan of a series, on its page and on the home page of a site that has no other.",
    "parts/posts.html" "Posts as lists show them.",
    "parts/scripted.html" "The words and elements that scripts put in place.",
    "parts/search.html" "The search form and its results.",
    "parts/shelf.html" "A series as books on a shelf.",
    "parts/sides.html" "The side pages of a part.",
    "parts/toc.html" "The table of contents of an article.",
    "post.html" "A post.",
    "posts.html" "A page of the list of a folder of posts.",
    "print.html" "A whole series on one page, to be printed.",
    "search.html" "The page of the search.",
    "series.html" "The page of a series: its plan.",
    "side.html" "A further article of a part, such as its exercises.",
    "sources.html" "The sources of a series.",
    "tag.html" "The parts that carry a tag.",
    "tags.html" "The list of all tags.",
);

embedded!(
    /// Paths below `static/` and their bytes.
    ASSETS, ASSET_JOBS, "static":
    "favicon.svg" "The sign in a browser's tab.",
    "fonts/OFL-archivo.txt" "The license of Archivo.",
    "fonts/OFL-inconsolata.txt" "The license of Inconsolata.",
    "fonts/OFL-literata.txt" "The license of Literata.",
    "fonts/OFL-stix-two-math.txt" "The license of STIX Two Math.",
    "fonts/archivo-latin-ext.woff2" "Archivo, headings and menus: Latin Extended-A.",
    "fonts/archivo-latin.woff2" "Archivo, headings and menus: the rest of Latin-1.",
    "fonts/archivo.woff2" "Archivo, headings and menus: what English and Swedish need.",
    "fonts/inconsolata-latin.woff2" "Inconsolata, code: the rest of Latin-1.",
    "fonts/inconsolata.woff2" "Inconsolata, code: what English and Swedish need.",
    "fonts/literata-italic-latin-ext.woff2" "Literata, text, italic: Latin Extended-A.",
    "fonts/literata-italic-latin.woff2" "Literata, text, italic: the rest of Latin-1.",
    "fonts/literata-italic.woff2" "Literata, text, italic: what English and Swedish need.",
    "fonts/literata-latin-ext.woff2" "Literata, text: Latin Extended-A.",
    "fonts/literata-latin.woff2" "Literata, text: the rest of Latin-1.",
    "fonts/literata.woff2" "Literata, text: what English and Swedish need.",
    "fonts/stix-two-math.woff2" "STIX Two Math, formulas: signs, brackets and roots.",
    "search/LICENSE-minisearch.txt" "The license of MiniSearch.",
    "search/minisearch.js" "The search engine, MiniSearch.",
    "search/search.js" "Runs the search and shows what it finds.",
    "theme-early.js" "Sets the reader's choice of light or dark before the first paint.",
    "theme-tabs.js" "Shows one of several fences that say the same.",
    "theme.css" "The style sheet of all pages.",
    "theme.js" "What a page gains where scripts run.",
);

/// The version of the theme's contract: what templates can see, and what they and the other files
/// have to provide. Raise it with a line in [`CHANGES`].
pub const CONTRACT: u32 = 1;

/// A change of the contract.
#[derive(Debug)]
pub struct Change {
    /// The version that brought it.
    pub version: u32,
    /// The files that have to follow, by their names as [`files`] gives them.
    pub files: &'static [&'static str],
    /// What changed, for whoever ejected one of them: "`part.next` is absent for the last part".
    pub what: &'static str,
}

/// What changed since the first contract, oldest first.
pub const CHANGES: &[Change] = &[];

/// A built-in file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Below the folder; no two files of both folders have the same.
    pub name: &'static str,
    /// `templates` or `static`, here and in a project.
    pub folder: &'static str,
    /// A sentence.
    pub job: &'static str,
    pub bytes: &'static [u8],
}

/// All built-in files, templates first.
pub fn files() -> impl Iterator<Item = File> {
    let of = |folder, files: &'static [(&'static str, &'static [u8])], jobs: &'static [&'static str]| {
        files.iter().zip(jobs).map(move |((name, bytes), job)| File { name, folder, job, bytes })
    };
    of("templates", TEMPLATES, TEMPLATE_JOBS).chain(of("static", ASSETS, ASSET_JOBS))
}

impl File {
    /// Its path in a project.
    pub fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }

    /// The file as a project gets it: with a mark of the contract in a comment of its own kind on a
    /// line before it. A mark never reaches a reader, so files of a kind that goes out as it is
    /// (fonts, pictures, licenses) carry none.
    pub fn ejected(&self) -> Vec<u8> {
        let mut bytes = match comment(self.name) {
            Some((open, close)) => format!("{open}{MARK}{CONTRACT}{close}\n").into_bytes(),
            None => Vec::new(),
        };
        bytes.extend_from_slice(self.bytes);
        bytes
    }

    /// Whether an ejected copy carries a mark.
    pub fn is_marked(&self) -> bool {
        comment(self.name).is_some()
    }
}

/// What stands before the version in a mark.
const MARK: &str = "partwork theme ";

/// How a comment of a file begins and ends, for the kinds whose marks never go out. Tera's take the
/// line end after them along, so that a page is the same with and without; styles lose all comments,
/// scripts and the style of books [the mark alone](without_mark).
fn comment(name: &str) -> Option<(&'static str, &'static str)> {
    let (_, extension) = name.rsplit_once('.')?;
    match extension {
        "html" => Some(("{#- ", " -#}")),
        "svg" if TEMPLATES.iter().any(|(template, _)| *template == name) => Some(("{#- ", " -#}")),
        "css" | "js" => Some(("/* ", " */")),
        "toml" => Some(("# ", "")),
        _ => None,
    }
}

/// The version of the contract in the mark on a file's first line; none when the author wrote the
/// file without one. The comment may have been set otherwise than ours.
pub fn mark(text: &str) -> Option<u32> {
    let line = text.strip_prefix('\u{feff}').unwrap_or(text).lines().next()?;
    let words = line.trim().trim_start_matches(['{', '#', '-', '/', '*', ' ']);
    let version = words.strip_prefix(MARK)?.trim_end_matches(['}', '#', '-', '/', '*', ' ']);
    version.trim().parse().ok()
}

/// The text of a file without the line that [`File::ejected`] put before it. A first line that
/// differs from ours in anything but the version stays, since it may do more than hold a mark.
pub fn without_mark<'a>(name: &str, text: &'a str) -> &'a str {
    let behind = || {
        let (open, close) = comment(name)?;
        let (line, rest) = text.split_once('\n')?;
        let version = line.strip_prefix(open)?.strip_prefix(MARK)?.strip_suffix(close)?;
        version.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
    };
    behind().unwrap_or(text)
}

/// A script as it goes out: without its mark, and where it is the theme's own, without comments and indentation. The
/// theme's own have no comment behind code, and no text in quotes that goes over a line.
pub fn sent(name: &str, script: &str) -> String {
    let script = without_mark(name, script);
    let is_own = || files().any(|file| file.name == name && file.bytes == script.as_bytes());
    if !is_own() {
        return script.to_string();
    }
    let mut sent = String::with_capacity(script.len());
    let mut in_comment = false;
    for line in script.lines().map(str::trim) {
        // A license stays: `/*!`.
        let begins = line.starts_with("/*") && !line.starts_with("/*!");
        if in_comment || begins {
            in_comment = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            sent.push_str(line);
            sent.push('\n');
        }
    }
    sent
}

/// Whether a project's file is a copy that partwork made and nobody changed.
pub fn is_unchanged(name: &str, text: &str) -> bool {
    let is_own = || files().any(|file| file.name == name && file.bytes == without_mark(name, text).as_bytes());
    mark(text).is_some() && is_own()
}

/// Why a project's file with that mark may not fit this theme: what happened, and the remedy. `name`
/// is as in [`File`].
pub fn outdated(name: &str, mark: u32) -> Option<(String, String)> {
    outdated_by(name, mark, CONTRACT, CHANGES)
}

fn outdated_by(name: &str, mark: u32, contract: u32, changes: &[Change]) -> Option<(String, String)> {
    if mark > contract {
        let message = format!("made for the theme's contract {mark}; this partwork has contract {contract}");
        return Some((message, "build with the partwork that the file is from, or a newer one".into()));
    }
    let missed = changes.iter().filter(|change| change.version > mark && change.files.contains(&name));
    let missed: Vec<&str> = missed.map(|change| change.what).collect();
    // No theme ever had a contract below the first, so such a mark says nothing of what is missed.
    if missed.is_empty() && mark > 0 {
        return None;
    }
    let changed = if missed.is_empty() { String::new() } else { format!(": {}", missed.join("; ")) };
    let message = format!("made for the theme's contract {mark}; it is {contract} now{changed}");
    let help = format!(
        "compare it with the built-in file (move yours away, then `partwork theme eject {name}`), and set its mark to {contract}"
    );
    Some((message, help))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Formulas carry classes where the converter had styles; the theme has to say what they mean.
    #[test]
    fn formulas_are_styled() {
        let css = include_str!("../../static/theme.css").replace([' ', '\n'], "");
        for (class, rules) in crate::render::math::CLASSES {
            let rules = rules.replace(' ', "");
            assert!(css.contains(&format!(".{class}{{{rules};}}")), "{class}");
        }
    }

    /// [`sent`] takes lines of scripts away that begin like comments.
    #[test]
    fn scripts_go_out_without_comments() {
        for file in files().filter(|file| file.name.ends_with(".js")) {
            let script = std::str::from_utf8(file.bytes).expect("a text");
            let is_whole = |line: &str| line.matches('`').count().is_multiple_of(2);
            assert!(file.name == "search/minisearch.js" || script.lines().all(is_whole), "{}", file.name);
            let sent = sent(file.name, script);
            assert!(!sent.contains("\n//") && !sent.contains("\n *") && !sent.starts_with("//"), "{}", file.name);
            assert_eq!(sent.contains("MIT licence"), file.name == "search/minisearch.js");
        }
        assert_eq!(super::sent("theme.js", "// mine\n  a();\n"), "// mine\n  a();\n", "a project's own is as typed");
    }

    #[test]
    fn names_are_unique_and_have_jobs() {
        let names: BTreeSet<&str> = files().map(|file| file.name).collect();
        assert_eq!(names.len(), files().count());
        assert_eq!((TEMPLATES.len(), ASSETS.len()), (TEMPLATE_JOBS.len(), ASSET_JOBS.len()));
        assert!(files().all(|file| file.job.ends_with('.')));
    }

    #[test]
    fn marks_are_read_back() {
        for file in files().filter(File::is_marked) {
            let ejected = String::from_utf8(file.ejected()).expect("a text");
            assert_eq!(mark(&ejected), Some(CONTRACT), "{}", file.name);
            assert_eq!(without_mark(file.name, &ejected).as_bytes(), file.bytes, "{}", file.name);
            assert_eq!(mark(&String::from_utf8_lossy(file.bytes)), None, "{}", file.name);
        }
        let cases = [("{# partwork theme 7 #}", Some(7)), ("\u{feff}# partwork theme 7\r\nx", Some(7))];
        for (text, expected) in cases.into_iter().chain([("# partwork theme", None), ("\n# partwork theme 7", None)]) {
            assert_eq!(mark(text), expected, "{text:?}");
        }
    }

    /// A file is only ever said to be old for a change that it has to follow.
    #[test]
    fn changes_that_a_file_missed() {
        let changes = [
            Change { version: 2, files: &["part.html"], what: "two" },
            Change { version: 3, files: &["part.html", "theme.css"], what: "three" },
        ];
        let said = |name, mark| outdated_by(name, mark, 3, &changes).map(|(message, _)| message);
        assert_eq!(said("part.html", 1).as_deref(), Some("made for the theme's contract 1; it is 3 now: two; three"));
        assert_eq!(said("part.html", 2).as_deref(), Some("made for the theme's contract 2; it is 3 now: three"));
        assert_eq!(said("part.html", 3), None);
        assert_eq!(said("tags.html", 1), None);
        assert!(said("tags.html", 4).is_some_and(|message| message.ends_with("this partwork has contract 3")));
    }

    /// A change is of a version that there is, and of files that there are.
    #[test]
    fn changes_are_of_this_theme() {
        for change in CHANGES {
            assert!(change.version > 1, "{change:?}");
            assert!(change.version <= CONTRACT, "{change:?}");
            assert!(change.files.iter().all(|name| files().any(|file| file.name == *name)), "{change:?}");
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
