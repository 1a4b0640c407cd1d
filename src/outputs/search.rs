//! The search index of a series: every section of every published part, for the reader's browser.
//!
//! In: the parts' plain HTML. Out: JSON with `version` 1, `series` (its title), `parts` (each
//! `[number, title, track, url]`) and `sections` (each `[part, anchor, heading, text]`, the part by
//! its position in `parts`, the anchor empty before the first heading). The engine that reads it
//! is `static/search/`.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::json;

use crate::outputs::Material;
use crate::parse::html::{closing, decode};
use crate::render::style::Medium;
use crate::site::series::{Part, Series};

/// The index of one series.
pub fn index(material: Material<'_>, series: &Series) -> String {
    let site = material.renderer.resolved().site;
    let published: Vec<&Part> = series.out().collect();
    let texts: Vec<Vec<Section>> = published
        .par_iter()
        .map(|part| {
            let medium = Medium { address: &str::to_string, prefix: "", demote: 0, plain: true };
            material.renderer.part_html(part, medium).map_or_else(Vec::new, |html| sections(&html))
        })
        .collect();
    let mut parts = Vec::new();
    let mut all = Vec::new();
    for (position, (part, sections)) in published.iter().zip(texts).enumerate() {
        let url = site.config.base_url.rooted(&part.address);
        parts.push(json!([part.number, part.title, series.track_title(part), url]));
        // The description finds a part as well as its text does.
        let opening = part.description.clone().unwrap_or_default();
        for (first, section) in sections.into_iter().enumerate() {
            let text = if first == 0 { format!("{opening} {}", section.text) } else { section.text };
            all.push(json!([position, section.anchor, section.heading, text.trim()]));
        }
    }
    json!({ "version": 1, "series": series.plan.title, "parts": parts, "sections": all }).to_string()
}

/// How elements begin whose text is not indexed, and how they end.
const IGNORED: &[(&str, &str)] = &[("<sup class=\"footnote-ref\"", "</sup>"), ("<a class=\"footnote-back\"", "</a>")];

#[derive(Debug, Default, PartialEq)]
struct Section {
    anchor: String,
    heading: String,
    text: String,
}

/// Cuts HTML at its headings and drops the tags.
fn sections(html: &str) -> Vec<Section> {
    let mut found = vec![Section::default()];
    let mut in_heading = false;
    let mut rest = html;
    while !rest.is_empty() {
        let at = rest.find('<').unwrap_or(rest.len());
        if let Some(section) = found.last_mut() {
            let to = if in_heading { &mut section.heading } else { &mut section.text };
            to.push_str(&rest[..at]);
        }
        if let Some(comment) = rest[at..].strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(end) = rest[at..].find('>') else { break };
        let tag = &rest[at..at + end + 1];
        rest = &rest[at + end + 1..];
        // Numbers and arrows of notes are no words of the text.
        if let Some(close) = IGNORED.iter().find_map(|(open, close)| tag.starts_with(open).then_some(close)) {
            rest = rest.find(close).map_or("", |at| &rest[at..]);
        }
        let name = tag.trim_start_matches(['<', '/']).split([' ', '>', '/']).next().unwrap_or_default();
        if !tag.starts_with("</") && ["script", "style"].iter().any(|element| name.eq_ignore_ascii_case(element)) {
            rest = closing(rest, name).map_or("", |at| &rest[at..]);
        }
        let is_heading = name.len() == 2 && name.starts_with('h') && name.as_bytes()[1].is_ascii_digit();
        if is_heading && !tag.starts_with("</") {
            let anchor = tag.split_once("id=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(id, _)| decode(id));
            found.push(Section { anchor: anchor.unwrap_or_default().to_string(), ..Section::default() });
            in_heading = true;
        } else if is_heading {
            in_heading = false;
        } else if !is_phrasing(name)
            && let Some(section) = found.last_mut()
        {
            // Cells and items are no sentences: what shows a passage keeps them apart.
            let apart = tag.starts_with("</") && matches!(name, "td" | "th" | "li" | "dt" | "dd" | "summary");
            let ended = section.text.trim_end().ends_with(['.', '!', '?', ':', ';', ',', '…', '·']);
            section.text.push_str(if apart && !ended { " · " } else { " " });
        }
    }
    for section in &mut found {
        section.heading = squeezed(&decode(&section.heading));
        section.text = squeezed(&decode(&section.text)).trim_end_matches([' ', '·']).to_string();
    }
    found.retain(|section| !section.text.is_empty() || !section.heading.is_empty());
    found
}

/// Whether text runs on across a tag of this name.
fn is_phrasing(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "cite"
            | "code"
            | "del"
            | "em"
            | "i"
            | "ins"
            | "kbd"
            | "mark"
            | "q"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "u"
            | "var"
            | "wbr"
            | "mi"
            | "mn"
            | "mo"
            | "mrow"
            | "msub"
            | "msup"
    )
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_cut_at_headings() {
        let html = "<p>One <b>t</b>wo &amp; three</p><h2 id=\"x\">A <code>b</code></h2><ul><li>c</li><li>d</li></ul>";
        let section = |anchor: &str, heading: &str, text: &str| Section {
            anchor: anchor.into(),
            heading: heading.into(),
            text: text.into(),
        };
        assert_eq!(sections(html), [section("", "", "One two & three"), section("x", "A b", "c · d")]);
        let unseen = "<p>a<Style media=\"print\">p > b { c: d }</style><!-- e > f --><script>'<p>g'</script> h</p>";
        assert_eq!(sections(unseen), [section("", "", "a h")]);
    }
}
