//! The theme's contract, as Markdown for the manual.
//!
//! In: the files of the theme, the structs of the values that templates see, and the keys of
//! `[theme]`. Out: a text whose headings begin at level 2. What is written down here besides (which
//! page has which value, the functions) is held against the program by the tests below.

use crate::blocks;
use crate::outputs::card;
use crate::parse::block::BlockKind;
use crate::project::documented::{Documented, Field};
use crate::project::theme;
use crate::render::view;
use crate::settings::keys::{self, Kind};

/// A value that a template has by name: the name, its type in Rust, what it is.
type Value = (&'static str, &'static str, &'static str);

const SITE: Value = ("site", "Site", "What all pages share.");
const PAGE: Value = ("page", "Page", "The page at hand, for `<head>`.");
const POSTS: Value = ("posts", "Posts", "The folder of posts that the page belongs to.");
const SERIES: Value = ("series", "Series", "The series that the page belongs to.");

/// What each page has beside `site` and `page`.
const PAGES: &[(&str, &[Value])] = &[
    ("404.html", &[]),
    ("code.html", &[SERIES, ("states", "Vec<ProgramState>", "The published parts that change the program.")]),
    ("comparisons.html", &[SERIES, ("comparisons", "Vec<GalleryEntry>", "The comparisons of all published parts.")]),
    ("glossary.html", &[SERIES, ("terms", "Vec<Term>", "Those that a published part teaches.")]),
    (
        "home.html",
        &[
            ("series", "Vec<Series>", "All series, in the order of the home page."),
            ("posts", "Vec<Newest>", "The newest posts of each folder that has any, by its name."),
            ("content", "Option<Html>", "The text of `content/index.md`."),
            ("title_id", "Option<String>", "The anchor of a first heading that repeated the title."),
        ],
    ),
    (
        "page.html",
        &[
            ("content", "Html", "The article."),
            ("toc", "Vec<TocEntry>", "Its headings."),
            ("title_id", "Option<String>", "The anchor of a first heading that repeated the title."),
        ],
    ),
    (
        "part.html",
        &[
            SERIES,
            ("part", "Part", "The part at hand."),
            ("index", "Vec<Track>", "The plan, or in a long series what stands near this part."),
            ("index_is_cut", "bool", "Whether `index` leaves parts out."),
        ],
    ),
    ("post.html", &[POSTS, ("post", "Part", "The post at hand.")]),
    (
        "posts.html",
        &[
            POSTS,
            ("entries", "Vec<Entry>", "The posts of this page of the list, the newest first."),
            ("pager", "Pager", "Which page of the list it is."),
            ("content", "Option<Html>", "On the first page the text of the folder's `index.md`."),
            ("title_id", "Option<String>", "The anchor of a first heading that repeated the title."),
        ],
    ),
    (
        "print.html",
        &[
            SERIES,
            ("parts", "Vec<PrintPart>", "The published parts."),
            ("coming", "Vec<Entry>", "The announced parts."),
        ],
    ),
    ("search.html", &[]),
    ("series.html", &[SERIES]),
    (
        "side.html",
        &[
            SERIES,
            ("part", "Entry", "The part that it belongs to."),
            ("side", "Side", "The side page at hand."),
            ("sides", "Vec<SideLink>", "All side pages of the part."),
        ],
    ),
    ("sources.html", &[SERIES, ("sources", "Vec<Source>", "Those of `sources.bib`, in their order.")]),
    ("tag.html", &[("tag", "Tag", "The tag at hand.")]),
    ("tags.html", &[("tags", "Vec<Tag>", "All tags, by name.")]),
];

/// What a template in `parts/` wants to be set by the one that includes it, beside what that has.
const PARTS: &[(&str, &[Value])] = &[
    ("parts/author.html", &[("authors", "Vec<Author>", "Whose names to show.")]),
    ("parts/entry.html", &[("entry", "Entry", "The part to show.")]),
    ("parts/posts.html", &[("entries", "Vec<Entry>", "The posts to list.")]),
    (
        "parts/shelf.html",
        &[
            ("tracks", "Vec<Track>", "What stands on the shelf."),
            ("shelf_of", "String", "The id of the series."),
            ("words", "Label", "What its parts are called."),
        ],
    ),
    ("parts/sides.html", &[("sides", "Vec<SideLink>", "The side pages to list.")]),
    (
        "parts/toc.html",
        &[("toc", "Vec<TocEntry>", "The headings."), ("toc_title", "String", "What stands above them.")],
    ),
];

/// Components of `blocks/`, by name, with the type of their arguments.
fn block_templates() -> Vec<(String, &'static str)> {
    let of = |kind: &BlockKind| (format!("blocks/{}.html", kind.name), kind.views.first().map_or("", |view| view.name));
    let mut templates: Vec<_> = blocks::ALL.iter().map(of).collect();
    templates.sort();
    templates
}

/// The types of the values that pages and blocks see.
fn views() -> Vec<&'static Documented> {
    view::VIEWS.iter().chain(blocks::ALL.iter().flat_map(|kind| kind.views)).collect()
}

/// What partwork adds to Tera: no filters, no tests, these functions.
const FUNCTIONS: &[(&str, &str)] = &[
    (
        r#"asset(path="theme.css")"#,
        "The URL of a file of `static/`, the theme's or the project's; the theme's have a fingerprint in their names.",
    ),
    (r#"integrity(path="theme.css")"#, "The `sha384-…` value of a style or script of the theme."),
    (
        r#"say(key="soon")"#,
        "A phrase of `languages/<tag>.toml`; its `{values}` come from further arguments, `n` chooses the \
         plural, and `label=series.label` says what parts are called: `{Part}` and `{Parts}`, within a sentence `{part}` \
         and `{parts}`.",
    ),
    (
        r#"forms(key="minutes_to_read")"#,
        "All forms of a counted phrase by the plural categories of CLDR; of another, `other` alone.",
    ),
    ("number(n=tag.count)", "A number that counts, as the language writes it: `1,234.5`."),
    ("digits(n=entry.number)", "A number that is a name, in the digits of the language; nothing for none."),
    ("list(of=authors)", "Texts in a row, as the language joins them: `A, B, and C`."),
    ("tie(text=part.title)", "A title whose lines don't begin with a dash: the space before it doesn't break."),
    (
        "fit(text=title, width=600, sizes=[60, 40])",
        "Where words stand in a drawing: the largest of `sizes` (or one `size`) at which they fit `width`, `height` and \
         `lines`; further `leading`, `weight=\"bold\"` and `spacing`. Gives `size`, `rtl`, `left`, `width`, `lines`, \
         `weight`, `runs`, each with `text`, `x`, `y`, `family` and `spacing`, and the same as `outline`, the data of a \
         path that may follow an `M`, but for the runs of faces with colors, which `colored` has.",
    ),
    (
        r#"data(path="data/team.toml")"#,
        "What stands in a file of the project, by its path from the project's folder, typed in double quotes: a table \
         of TOML, any JSON, or of comma-separated values a list with a table for each row, by the names in the first.",
    ),
    ("drawable(text=emoji)", "Whether the faces of drawings have every character of a text."),
];

/// Keys of `[theme]` and the custom properties that they set.
const PROPERTIES: &[(&str, &str)] = &[
    ("tracks", "--track-1"),
    ("accent", "--accent"),
    ("text_face", "--text"),
    ("interface_face", "--ui"),
    ("mono_face", "--mono"),
    ("radius", "--radius"),
];

/// The whole contract. Ends in one line end.
pub fn markdown() -> String {
    let mut text = format!("This is contract {} of the theme.\n", theme::CONTRACT);
    text.push_str("\n## Files\n\n| File | Job |\n| --- | --- |\n");
    for file in theme::files().filter(|file| file.is_marked()) {
        text.push_str(&format!("| `{}` | {} |\n", file.path(), cell(file.job)));
    }
    text.push_str("\n## Values of each page\n\n");
    text.push_str("Every page has `site` and `page`, and so has every template that it includes.\n\n");
    text.push_str("| Template | Value | Type | Meaning |\n| --- | --- | --- | --- |\n");
    rows(&mut text, "all pages", &[SITE, PAGE]);
    for (template, values) in PAGES {
        rows(&mut text, &format!("`{template}`"), values);
    }
    text.push_str("\n## Values of included templates\n\n");
    text.push_str("They see what the page sees. These values have to be set before they are included.\n\n");
    text.push_str("| Template | Value | Type | Meaning |\n| --- | --- | --- | --- |\n");
    for (template, values) in PARTS {
        rows(&mut text, &format!("`{template}`"), values);
    }
    text.push_str("\n## Arguments of blocks\n\n");
    text.push_str("A block is a component with the fields of a type below as its arguments.\n\n");
    text.push_str("| Template | Type |\n| --- | --- |\n");
    for (template, name) in block_templates() {
        text.push_str(&format!("| `{template}` | `{name}` |\n"));
    }
    text.push_str("\n## Types\n\n");
    text.push_str("A value that may be absent is tested with `{% if %}`. URLs are rooted, such as `/base/guide/`, unless they are called absolute. *HTML* is safe as it is; everything else is text, and escaped where it is printed.\n");
    let views = views();
    for described in views.iter().filter(|described| !is_flattened(described.name)) {
        table(&mut text, described, &views);
    }
    text.push_str("\n## Values of drawings\n\n");
    text.push_str("`card.svg` and `cover.svg` see the fields of this `Card` by their own names, and nothing else.\n");
    let drawn: Vec<&Documented> = card::VIEWS.iter().collect();
    for described in &drawn {
        table(&mut text, described, &drawn);
    }
    text.push_str("\n## Functions\n\nBeside what Tera has itself; `fit` and `drawable` are for drawings.\n\n");
    text.push_str("| Function | Result |\n| --- | --- |\n");
    for (call, result) in FUNCTIONS {
        text.push_str(&format!("| `{call}` | {} |\n", cell(result)));
    }
    text.push_str("\n## Custom properties that are settings\n\n");
    text.push_str("| Property | Key of `[theme]` | Meaning |\n| --- | --- | --- |\n");
    for key in keys::THEME.keys {
        let Some((_, property)) = PROPERTIES.iter().find(|(known, _)| *known == key.name) else { continue };
        // A list has a property for each of its values.
        let on = if matches!(key.kind, Kind::List(..)) { ", `--track-2`, …" } else { "" };
        text.push_str(&format!("| `{property}`{on} | `{}` | {} |\n", key.name, cell(key.doc)));
    }
    text
}

fn rows(text: &mut String, template: &str, values: &[Value]) {
    for (name, kind, meaning) in values {
        text.push_str(&format!("| {template} | `{name}` | {} | {} |\n", type_name(kind), cell(meaning)));
    }
}

fn table(text: &mut String, described: &'static Documented, all: &[&'static Documented]) {
    text.push_str(&format!("\n### {}\n\n", described.name));
    let doc = sentences(described.doc);
    if !doc.is_empty() {
        text.push_str(&format!("{doc}\n\n"));
    }
    text.push_str("| Field | Type | Meaning |\n| --- | --- | --- |\n");
    for field in fields(described, all) {
        let doc = sentences(field.doc);
        let (kind, meaning) = match doc.strip_prefix("*HTML*") {
            Some(rest) => (field.kind.replace("Value", "Html"), rest.trim_start_matches([':', ',', ' '])),
            None => (field.kind.to_string(), doc.as_str()),
        };
        text.push_str(&format!("| `{}` | {} | {} |\n", field.name, type_name(&kind), cell(&capital(meaning))));
    }
}

/// The fields that a template sees: those of a flat field in its place.
fn fields(described: &'static Documented, all: &[&'static Documented]) -> Vec<&'static Field> {
    let inner = |field: &Field| all.iter().find(|other| field.is_flat && other.name == field.kind);
    described.fields.iter().flat_map(|field| inner(field).map_or(vec![field], |inner| fields(inner, all))).collect()
}

/// Whether a struct is seen through others alone.
fn is_flattened(name: &str) -> bool {
    let views = views();
    let mut uses = views.iter().flat_map(|described| described.fields).filter(|field| named(field.kind) == name);
    uses.clone().next().is_some() && uses.all(|field| field.is_flat)
}

/// The innermost name of a type: `Entry` of `Option<Vec<Entry>>`.
fn named(kind: &str) -> &str {
    kind.rsplit('<').next().unwrap_or(kind).trim_end_matches('>')
}

/// A type of Rust in the words of whoever writes templates.
fn type_name(kind: &str) -> String {
    if let Some(inner) = kind.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("{}, or absent", type_name(inner));
    }
    if let Some(inner) = kind.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("list of {}", type_name(inner));
    }
    if let Some(inner) = kind.strip_prefix("Shared<").and_then(|rest| rest.strip_suffix('>')) {
        return type_name(inner);
    }
    match kind {
        "String" | "&'static str" | "Kind" => "text".into(),
        "usize" | "u8" | "u32" | "i64" => "number".into(),
        "bool" => "true or false".into(),
        "Html" => "*HTML*".into(),
        "Value" => "any".into(),
        name => format!("`{name}`"),
    }
}

/// The lines of a doc comment as one, links to names as names.
fn sentences(doc: &[&str]) -> String {
    let words: Vec<&str> = doc.iter().flat_map(|line| line.split_whitespace()).collect();
    words.join(" ").replace("[`", "`").replace("`]", "`")
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A text in a cell of a table, where a bar would end it.
fn cell(words: &str) -> String {
    words.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every type that a value has is described, and every field says what it means; *HTML* alone
    /// says it by itself.
    #[test]
    fn everything_is_described() {
        for views in [views(), card::VIEWS.iter().collect()] {
            let names: BTreeSet<&str> = views.iter().map(|described| described.name).collect();
            for described in views {
                for field in described.fields {
                    let place = format!("{}.{}", described.name, field.name);
                    assert!(field.is_flat || !sentences(field.doc).is_empty(), "{place} has no words");
                    let name = named(field.kind);
                    assert!(!type_name(name).starts_with('`') || names.contains(name), "{place}: {name}");
                }
            }
        }
        let tables = PAGES.iter().chain(PARTS).flat_map(|(_, values)| *values);
        let kinds = tables.map(|(_, kind, _)| named(kind)).chain(block_templates().into_iter().map(|(_, name)| name));
        for kind in kinds.filter(|kind| type_name(kind).starts_with('`')) {
            assert!(views().iter().any(|described| described.name == kind), "{kind}");
        }
    }

    #[test]
    fn every_template_has_its_values() {
        let is_page = |name: &&str| name.ends_with(".html") && !name.contains('/') && *name != "base.html";
        let pages: Vec<&str> = theme::TEMPLATES.iter().map(|(name, _)| *name).filter(is_page).collect();
        assert_eq!(pages, PAGES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let blocks = theme::TEMPLATES.iter().map(|(name, _)| *name).filter(|name| name.starts_with("blocks/"));
        assert!(blocks.eq(block_templates().iter().map(|(name, _)| name.as_str())));
    }

    /// What `render/context.rs` puts into the context of each page, read from its text: a function
    /// inserts values and ends with the template's name.
    #[test]
    fn every_value_of_a_page_is_listed() {
        let source = include_str!("../render/context.rs");
        let mut of_series = false;
        let mut names = BTreeSet::new();
        let mut seen = Vec::new();
        for line in source.lines().map(str::trim) {
            if line.starts_with("fn ") {
                names.clear();
            }
            // It inserts the series for those that call it.
            of_series |= line.contains("self.of_series(");
            let inserted = line.strip_prefix("context.insert").and_then(|rest| rest.split('"').nth(1));
            names.extend(inserted.filter(|name| *name != "page"));
            let ended =
                line.trim_start_matches("Some(").strip_prefix("(\"").and_then(|rest| rest.split_once("\", context)"));
            if let Some((template, _)) = ended {
                if std::mem::take(&mut of_series) {
                    names.insert("series");
                }
                seen.push((template, std::mem::take(&mut names)));
            }
        }
        seen.sort();
        let listed: Vec<(&str, BTreeSet<&str>)> =
            PAGES.iter().map(|(page, values)| (*page, values.iter().map(|(name, ..)| *name).collect())).collect();
        assert_eq!(seen, listed);
    }

    #[test]
    fn every_function_is_listed() {
        let sources =
            [include_str!("../render/functions.rs"), include_str!("../render/data.rs"), include_str!("card.rs")];
        let mut registered = BTreeSet::new();
        for source in sources {
            // Tests register functions of their own, at the end of a file.
            let source = source.split("#[cfg(test)]").next().expect("a first piece");
            assert!(!source.contains("register_filter") && !source.contains("register_test"));
            registered.extend(source.split("register_function(\"").skip(1).filter_map(|rest| rest.split('"').next()));
        }
        let listed: BTreeSet<&str> = FUNCTIONS.iter().filter_map(|(call, _)| call.split('(').next()).collect();
        assert_eq!(registered, listed);
    }

    #[test]
    fn every_setting_has_its_property() {
        // The others are no looks that a property could hold.
        let others = ["styles", "notes"];
        let keys = keys::THEME.keys.iter().map(|key| key.name).filter(|key| !others.contains(key));
        assert_eq!(keys.collect::<Vec<_>>(), PROPERTIES.iter().map(|(key, _)| *key).collect::<Vec<_>>());
        let css = include_str!("../../static/theme.css");
        assert!(PROPERTIES.iter().all(|(_, property)| css.contains(&format!("  {property}: "))));
    }
}
