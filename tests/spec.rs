//! The examples of CommonMark 0.31.2 and of GitHub's extensions, through the real pipeline.
//!
//! pulldown-cmark ships the specifications' examples in its crate; they are read from there, so
//! that a new version of the parser brings its own. What partwork adds to the HTML (anchors of
//! headings, the figure around code, the frame around tables) is taken off before the comparison;
//! what it changes by intent is listed in [`INTENDED`], each with its reason.

#![expect(clippy::disallowed_methods, reason = "cargo knows where a package lies")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use partwork::parse::component::Components;
use partwork::parse::dialect::Dialect;
use partwork::parse::numbered::Labels;
use partwork::parse::tree::tree;
use partwork::parse::{self, front::Kind};
use partwork::render::lines::Lines;
use partwork::render::sink::{Html, Sink};
use partwork::render::style::Style;
use partwork::render::write::{Additions, Text, write};
use partwork::settings::config::{BaseUrl, Boxes};
use partwork::site::resolve::Target;
use partwork::text::punctuation::Punctuation;
use partwork::text::source::{Source, Sources, Span};

#[path = "common/packages.rs"]
mod packages;

/// Examples that partwork renders otherwise by intent: file, number, reason.
const INTENDED: &[(&str, usize, &str)] = &[
    ("spec", 156, "a tag that never ends would swallow the page, so its text is shown"),
    ("spec", 157, "likewise"),
    ("spec", 158, "likewise"),
    ("spec", 602, "bare URLs are links, as on GitHub"),
    ("spec", 606, "bare e-mail addresses are links, as on GitHub"),
    ("spec", 608, "bare URLs are links, as on GitHub"),
    ("spec", 611, "likewise"),
    ("spec", 612, "bare e-mail addresses are links, as on GitHub"),
];

#[test]
fn examples() {
    let mut failures = Vec::new();
    let mut differing = BTreeSet::new();
    let mut count = 0;
    for file in ["spec", "gfm_table", "gfm_strikethrough", "gfm_tasklist"] {
        for (number, (markdown, expected)) in examples_of(file) {
            count += 1;
            let html = plain(&render(&markdown));
            let expected = plain(&expected);
            if html == expected {
                continue;
            }
            differing.insert((file, number));
            if !INTENDED.iter().any(|(known, at, _)| *known == file && *at == number) {
                failures.push(format!(
                    "{file} {number}\n  markdown {markdown:?}\n  expected {expected:?}\n  found    {html:?}"
                ));
            }
        }
    }
    assert!(count > 650, "only {count} examples were found");
    assert!(failures.is_empty(), "{} of {count} differ\n{}", failures.len(), failures.join("\n"));
    let stale: Vec<_> = INTENDED.iter().filter(|(file, number, _)| !differing.contains(&(*file, *number))).collect();
    assert!(stale.is_empty(), "listed and no longer different: {stale:?}");
}

/// The examples of one of the parser's test files, by number.
fn examples_of(file: &str) -> BTreeMap<usize, (String, String)> {
    let text = fs::read_to_string(crate_folder().join(format!("tests/suite/{file}.rs"))).expect("the parser's tests");
    let literal = |text: &str, name: &str| {
        let start = text.find(&format!("let {name} = r##\""))? + name.len() + "let  = r##\"".len();
        let end = text[start..].find("\"##;")?;
        Some(text[start..start + end].to_string())
    };
    text.split("\nfn ")
        .skip(1)
        .filter_map(|test| {
            let number = test.split('(').next()?.rsplit('_').next()?.parse().ok()?;
            Some((number, (literal(test, "original")?, literal(test, "expected")?)))
        })
        .collect()
}

/// Where cargo keeps pulldown-cmark.
fn crate_folder() -> PathBuf {
    let packages = packages::packages();
    let found = packages.iter().find(|package| package["name"] == "pulldown-cmark").expect("the parser");
    let manifest = PathBuf::from(found["manifest_path"].as_str().expect("a path"));
    manifest.parent().expect("a folder").to_path_buf()
}

/// The specifications let tags pass without looking for their partners.
fn dialect(boxes: &Boxes) -> Dialect<'_> {
    Dialect { punctuation: Punctuation::AsTyped, raw_html: false, citations: false, boxes }
}

fn render(markdown: &str) -> String {
    let mut sources = Sources::default();
    let source = sources.add(Source::new("content/x.md", format!("+++\ntitle = \"no such heading\"\n+++\n{markdown}")));
    let (components, boxes) = (Components::new(), Boxes::default());
    let context = parse::Context {
        zone: &TimeZone::UTC,
        dialect: dialect(&boxes),
        default_title: "Site",
        components: &components,
        block_kinds: &[],
        in_languages: false,
    };
    let mut out = Vec::new();
    let article = parse::parse((sources.text(source), source), Kind::Page, &context, &mut out).expect("an article");
    let targets = vec![Target::AsTyped; article.links.len()];
    let phrases = partwork::project::phrases::english();
    let base = BaseUrl::parse("https://example.org/").expect("an address");
    let style = Style {
        punctuation: Punctuation::AsTyped,
        raw_html: true,
        notes_in_margin: false,
        highlighter: None,
        medium: None,
        phrases: &phrases,
        boxes: &boxes,
        base: &base,
        shown: &BTreeMap::new(),
        cites: None,
    };
    let guarded = article.guarded(sources.text(source));
    let tree = tree(&guarded, dialect(&boxes), &components);
    let span = Span::new(source, article.body.clone());
    let (lines, labels) = (Lines::default(), Labels::new());
    let text = Text {
        tree: &tree,
        span,
        targets: &targets,
        article: Some(&article),
        lines: &lines,
        listings: None,
        labels: &labels,
        cited: &[],
    };
    let mut sink = Sink::Html(Html::new(0));
    write(text, style, &mut sink, Additions::default(), &mut out);
    sink.into_html()
}

/// HTML without what partwork adds to everybody's, and without white space between tags.
fn plain(html: &str) -> String {
    let mut text = html.to_string();
    for (added, without) in [
        ("<pre tabindex=\"0\">", "<pre>"),
        ("</code></pre></figure>", "</code></pre>"),
        ("<div class=\"table-scroll\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">", ""),
        ("</table>\n</div>", "</table>"),
        (" scope=\"col\"", ""),
        // In text a quotation mark may be escaped or not.
        ("&quot;", "\""),
        (" style=\"text-align: left\"", " class=\"left\""),
        (" style=\"text-align: center\"", " class=\"center\""),
        (" style=\"text-align: right\"", " class=\"right\""),
        (
            "<input type=\"checkbox\" disabled checked aria-label=\"Done\"> ",
            "<input disabled=\"\" type=\"checkbox\" checked=\"\"/>",
        ),
        ("<input type=\"checkbox\" disabled aria-label=\"To do\"> ", "<input disabled=\"\" type=\"checkbox\"/>"),
    ] {
        text = text.replace(added, without);
    }
    let text = without(&text, "<figure class=\"code\"", ">");
    let text = without(&text, " <a class=\"anchor\"", "</a>");
    let text = without(&text, " id=\"", "\"");
    text.replace(" />", ">")
        .replace("/>", ">")
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\n<", "<")
        .replace(">\n", ">")
        .replace("<tbody></tbody>", "")
        .trim()
        .to_string()
}

/// Drops every piece from `start` to the `end` after it.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(start) {
        let after = &rest[at + start.len()..];
        let Some(close) = after.find(end) else { break };
        kept.push_str(&rest[..at]);
        rest = &after[close + end.len()..];
    }
    kept + rest
}
