//! What `content/` may publish as it is: what can be looked at, and can't run in a browser under the site's name.
//!
//! In: the files of `content/` that go out. Out: a diagnostic for each that could run, by its name and, of a
//! drawing, by what is in it. Whoever may write articles may not write scripts; those come from `static/`.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::active::active;
use crate::blocks::sketch::MODULES;
use crate::diagnostic::{Code, Diagnostic, quote};

use crate::project::places::MOST_SOURCE_BYTES;
use crate::project::{File, Project};
use crate::site::Site;
use crate::text::source::Span;

/// Last suffixes of passive files: pictures, sound, video, fonts, documents, archives, texts, programs to be read,
/// data. None is of a type that browsers run or take for a page, under any host's list of types; so no `xml` and
/// what is made of it, no `php` and what else a server runs, and no `svgz`, which can't be looked into here.
const PASSIVE: &[&str] = &[
    // Pictures.
    "apng",
    "avif",
    "bmp",
    "gif",
    "heic",
    "heif",
    "ico",
    "jfif",
    "jpe",
    "jpeg",
    "jpg",
    "jxl",
    "png",
    "psd",
    "tif",
    "tiff",
    "webp",
    "xcf",
    // Sound and video.
    "3gp",
    "aac",
    "aif",
    "aiff",
    "ass",
    "avi",
    "flac",
    "m4a",
    "m4v",
    "mid",
    "midi",
    "mkv",
    "mov",
    "mp3",
    "mp4",
    "mpeg",
    "mpg",
    "oga",
    "ogg",
    "ogv",
    "opus",
    "srt",
    "vtt",
    "wav",
    "weba",
    "webm",
    // Fonts.
    "otf",
    "ttc",
    "ttf",
    "woff",
    "woff2",
    // Documents.
    "doc",
    "docx",
    "epub",
    "odp",
    "ods",
    "odt",
    "pdf",
    "ppt",
    "pptx",
    "ps",
    "rtf",
    "xls",
    "xlsx",
    "djvu",
    // Archives.
    "7z",
    "rar",
    "tar",
    "tbz",
    "tgz",
    "txz",
    "zip",
    "whl",
    "deb",
    "rpm",
    "iso",
    "dmg",
    // Texts and data.
    "adoc",
    "asc",
    "bib",
    "bibtex",
    "cfg",
    "conf",
    "csv",
    "diff",
    "geojson",
    "ics",
    "ini",
    "ipynb",
    "json",
    "jsonl",
    "log",
    "markdown",
    "ndjson",
    "org",
    "patch",
    "po",
    "pot",
    "ris",
    "rst",
    "sig",
    "srt",
    "tex",
    "text",
    "toml",
    "tsv",
    "txt",
    "vcf",
    "yaml",
    "yml",
    "db",
    "sqlite",
    "parquet",
    "npy",
    "npz",
    "bin",
    "dat",
    "stl",
    "glb",
    "gltf",
    "obj",
    "ply",
    "blend",
    "excalidraw",
    "drawio",
    "fig",
    "sketch",
    // Programs, to be read.
    "awk",
    "bash",
    "bat",
    "c",
    "cc",
    "clj",
    "cpp",
    "cs",
    "dart",
    "el",
    "elm",
    "erl",
    "ex",
    "exs",
    "f90",
    "fish",
    "fs",
    "go",
    "graphql",
    "h",
    "hpp",
    "hs",
    "java",
    "jl",
    "kt",
    "lisp",
    "lua",
    "m",
    "ml",
    "nim",
    "nix",
    "proto",
    "ps1",
    "py",
    "r",
    "rkt",
    "rs",
    "scala",
    "scm",
    "sh",
    "sql",
    "swift",
    "tf",
    "ts",
    "tsx",
    "v",
    "vhd",
    "vim",
    "zig",
    "zsh",
];

/// Suffixes of packed files. Some hosts unpack them on the way and name the type of what is within.
const PACKED: &[&str] = &["br", "bz2", "gz", "lz4", "xz", "z", "zst"];

/// Tells of files of `content/` that go out and are more than passive.
pub fn check(project: &Project, site: &Site, out: &mut Vec<Diagnostic>) {
    let files: Vec<(&File, bool)> = site
        .files_out()
        .filter_map(|(path, published)| Some((project.files.get(path)?, published.is_module)))
        .filter(|(file, _)| !project.unread.contains(&file.path))
        .collect();
    // The module of a sketch, for all that is known, in a text that could not be read.
    let may_be_module = |file: &File| site.unread.is_any() && MODULES.iter().any(|suffix| file.path.ends_with(suffix));
    let found = files.par_iter().filter_map(|(file, is_module)| match is_module {
        true => module(file),
        false if may_be_module(file) => None,
        false => problem(project, file),
    });
    out.extend(found.collect::<Vec<Diagnostic>>());
}

/// What keeps the module of a sketch, which alone of `content/` may run, from drawing. What a script says only a
/// browser knows; that it hands something on, a word of it tells (ECMAScript 2025, §16.2.3).
fn module(file: &File) -> Option<Diagnostic> {
    let bytes = file.disk.read(MOST_SOURCE_BYTES).ok();
    let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        let message = "can't be read as the module of a sketch";
        let help = "save it as UTF-8 of at most 8 MiB";
        return Some(Diagnostic::file(Code::InvalidValue, &file.path, message).help(help));
    };
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').collect();
    let mut words = words.iter().filter(|word| !word.is_empty());
    if words.any(|word| *word == "export") && words.any(|word| *word == "default") {
        return None;
    }
    let message = "is the module of a sketch, and exports no function for it";
    let help = "write `export default (element, { colors, language, dark }) => { … }`";
    Some(Diagnostic::file(Code::InvalidValue, &file.path, message).help(help))
}

fn problem(project: &Project, file: &File) -> Option<Diagnostic> {
    match nature(&file.path) {
        Nature::Passive => None,
        Nature::Drawing => drawing(project, file),
        Nature::Other(Some(suffix)) if suffix.eq_ignore_ascii_case(".md") => {
            let stem = file.path.rsplit_once('.').map_or(&*file.path, |(stem, _)| stem);
            let message = "is no article by its name, whose ending is not in small letters";
            let help = format!("call it {}", quote(&format!("{stem}.md")));
            Some(Diagnostic::file(Code::ActiveContent, &file.path, message).help(help))
        }
        Nature::Other(suffix) => {
            let below = file.path.strip_prefix("content/").unwrap_or(&file.path);
            let what = match suffix {
                None => "has no suffix that says what it is".to_string(),
                Some(suffix) => format!("is of a kind, {}, that may run in a browser", quote(&suffix)),
            };
            let message = format!("{what}, and `content/` publishes none such");
            let help = format!(
                "move it to {}, which is trusted more and published at the same address; or name it as what it is, such as `.txt`",
                quote(&format!("static/{below}"))
            );
            Some(Diagnostic::file(Code::ActiveContent, &file.path, message).help(help))
        }
    }
}

/// What a name says of its file.
#[derive(Debug, PartialEq, Eq)]
pub enum Nature {
    Passive,
    /// It has to be looked into.
    Drawing,
    /// With its suffix.
    Other(Option<String>),
}

/// What the name of a file says of it.
pub fn nature(path: &str) -> Nature {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let split = |name: &str| name.rsplit_once('.').map(|(stem, suffix)| (stem.to_string(), suffix.to_string()));
    let Some((stem, suffix)) = split(&name) else { return Nature::Other(None) };
    if PACKED.contains(&suffix.as_str()) {
        return match split(&stem) {
            Some((_, inner)) if !PASSIVE.contains(&inner.as_str()) && is_word(&inner) => {
                Nature::Other(Some(format!(".{inner}.{suffix}")))
            }
            _ => Nature::Passive,
        };
    }
    match suffix.as_str() {
        "svg" => Nature::Drawing,
        suffix if PASSIVE.contains(&suffix) => Nature::Passive,
        suffix => Nature::Other(Some(format!(".{suffix}"))),
    }
}

/// Whether it looks like a suffix, and not like the end of a version such as `1.2`.
fn is_word(suffix: &str) -> bool {
    suffix.chars().any(|c| !c.is_ascii_digit())
}

/// A drawing is passive if nothing in it runs.
fn drawing(project: &Project, file: &File) -> Option<Diagnostic> {
    const HELP: &str =
        "take it out, or move the file to `static/`, which is trusted more and published at the same address";
    let read;
    let text = match file.text {
        Some(source) => project.sources.text(source),
        None => {
            let bytes = file.disk.read(MOST_SOURCE_BYTES).ok();
            let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else {
                let message = "can't be looked into, so nobody knows whether something in it runs";
                return Some(Diagnostic::file(Code::ActiveContent, &file.path, message).help(
                    "save it as UTF-8 of at most 8 MiB, or move it to `static/`, which is trusted more and published at the same address",
                ));
            };
            read = text;
            &read
        }
    };
    let (range, what) = active(text.trim_start_matches('\u{feff}'))?;
    let message = format!("the drawing {what}, and `content/` publishes pictures alone");
    Some(match file.text {
        Some(source) => Diagnostic::new(Code::ActiveContent, Span::new(source, range), message),
        None => Diagnostic::file(Code::ActiveContent, &file.path, message),
    })
    .map(|diagnostic| diagnostic.help(HELP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_files_are() {
        let other = |suffix: &str| Nature::Other(Some(suffix.into()));
        for (name, wanted) in [
            ("a/x.png", Nature::Passive),
            ("a/X.PNG", Nature::Passive),
            ("x.html.txt", Nature::Passive),
            ("x.tar.gz", Nature::Passive),
            ("tool-1.2.gz", Nature::Passive),
            ("x.gz", Nature::Passive),
            ("x.SVG", Nature::Drawing),
            ("x.svgz", other(".svgz")),
            ("x.html", other(".html")),
            ("x.HTM", other(".htm")),
            ("x.png.html", other(".html")),
            ("x.html.gz", other(".html.gz")),
            ("x.svg.br", other(".svg.br")),
            ("x.shtml", other(".shtml")),
            ("x.mht", other(".mht")),
            ("x.xml", other(".xml")),
            ("x.xsl", other(".xsl")),
            ("x.js", other(".js")),
            ("x.html ", other(".html ")),
            ("x.ﬁg", other(".ﬁg")),
            ("x.", other(".")),
            ("a.png/x", Nature::Other(None)),
        ] {
            assert_eq!(nature(name), wanted, "{name}");
        }
    }
}
