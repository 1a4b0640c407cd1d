//! Blocks and code where nothing but HTML shows them: in feeds and books.
//!
//! In: what a component of the theme would get. Out: HTML whose elements say it all, without
//! classes that a style must know, scripts, or parts that open. Fragments are well-formed XML too.

use tera::Value;

use super::style::{Style, escape, href};
use super::view;
use crate::parse::info::Info;

/// A code block as CommonMark has it, its title above.
pub fn code_block(out: &mut String, info: &Info<'_>, code: &str) {
    if let Some(title) = info.title.as_deref().filter(|title| !title.is_empty()) {
        paragraph(out, &strong(title));
    }
    out.push_str("<pre><code");
    if !info.language.is_empty() {
        out.push_str(" class=\"language-");
        escape(out, &info.language);
        out.push('"');
    }
    out.push('>');
    escape(out, code);
    out.push_str("</code></pre>");
}

/// A comparison as a table: a row for each field, a column for each option.
pub fn comparison(view: &view::Comparison) -> String {
    let mut out = heading(view.level, &view.anchor, &view.title, view.tagline.as_deref());
    if let Some(lead) = &view.lead {
        paragraph(&mut out, html(lead));
    }
    out.push_str("<table>\n<thead><tr><td></td>");
    for option in &view.options {
        out.push_str("<th scope=\"col\">");
        if let Some(emoji) = &option.emoji {
            escape(&mut out, emoji);
            out.push(' ');
        }
        escape(&mut out, &option.name);
        out.push_str("</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    let fields = view.options.first().map_or(0, |option| option.fields.len());
    for at in 0..fields {
        for (column, option) in view.options.iter().enumerate() {
            let Some(field) = option.fields.get(at) else { continue };
            if column == 0 {
                out.push_str("<tr><th scope=\"row\">");
                escape(&mut out, &field.label);
                out.push_str("</th>");
            }
            out.push_str(&format!("<td>{}</td>", html(&field.value)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    if let Some(rule) = &view.rule {
        paragraph(&mut out, &format!("<strong>{}</strong>", html(rule)));
    }
    out
}

/// A figure as its file.
pub fn figure(view: &view::Figure) -> String {
    let mut out = String::from("<figure><img src=\"");
    href(&mut out, &view.src);
    out.push_str("\" alt=\"");
    escape(&mut out, &view.alt);
    out.push('"');
    if let (Some(width), Some(height)) = (view.width, view.height) {
        out.push_str(&format!(" width=\"{width}\" height=\"{height}\""));
    }
    out.push_str(" />");
    if let Some(caption) = &view.caption {
        out.push_str(&format!("<figcaption>{}</figcaption>", html(caption)));
    }
    out.push_str("</figure>\n");
    out
}

/// A decision tree as numbered questions that say where their answers lead, and its outcomes.
pub fn decision(view: &view::Decision, style: &Style<'_>) -> String {
    let mut out = heading(view.level, &view.anchor, &view.title, None);
    let answer = |key: &str, answer: &view::Answer| {
        let word = escaped(&style.words.say(key, &[]));
        let words = match (answer.question, &answer.outcome) {
            (Some(number), _) => style.words.say("question", &[("number", number.to_string())]),
            (None, outcome) => outcome.clone().unwrap_or_default(),
        };
        let own = answer.anchor.strip_prefix(style.prefix()).unwrap_or(&answer.anchor);
        let mut link = format!("<li>{word}: <a href=\"");
        let anchor = format!("#{own}");
        let address = style.medium.map_or_else(|| anchor.clone(), |medium| (medium.address)(&anchor));
        href(&mut link, &address);
        link.push_str("\">");
        escape(&mut link, &words);
        link + "</a></li>"
    };
    out.push_str("<ol>\n");
    for question in &view.questions {
        out.push_str("<li id=\"");
        escape(&mut out, &question.anchor);
        out.push_str(&format!("\"><p>{}</p>\n<ul>", html(&question.ask)));
        out.push_str(&answer("yes", &question.yes));
        out.push_str(&answer("no", &question.no));
        out.push_str("</ul></li>\n");
    }
    out.push_str("</ol>\n<ul>\n");
    for outcome in &view.outcomes {
        out.push_str("<li id=\"");
        escape(&mut out, &outcome.anchor);
        out.push_str(&format!("\"><p>{}", strong(&outcome.title)));
        if let Some(text) = &outcome.text {
            out.push_str(&format!(". {}", html(text)));
        }
        out.push_str("</p>");
        let read_on = style.words.say("read_on", &[]);
        let words = outcome.link_text.as_deref().unwrap_or(&read_on);
        if let Some(url) = &outcome.url {
            out.push_str("<p><a href=\"");
            href(&mut out, url);
            out.push_str("\">");
            escape(&mut out, words);
            out.push_str("</a></p>");
        } else if let (true, Some(words)) = (outcome.soon, &outcome.link_text) {
            out.push_str("<p>");
            escape(&mut out, words);
            out.push_str("</p>");
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    out
}

/// A quiz as questions with their choices; the answers follow all of them, so that none is read
/// by accident.
pub fn quiz(view: &view::Quiz, style: &Style<'_>) -> String {
    let mut out = String::from("<ol id=\"");
    escape(&mut out, &view.anchor);
    out.push_str("\">\n");
    for question in &view.questions {
        out.push_str(&format!("<li><p>{}</p>\n<ol type=\"a\">", html(&question.ask)));
        for choice in &question.choices {
            out.push_str(&format!("<li>{}</li>", html(choice)));
        }
        out.push_str("</ol></li>\n");
    }
    out.push_str(&format!("</ol>\n<p>{}</p>\n<ol>\n", strong(&style.words.say("answers", &[]))));
    for question in &view.questions {
        let right = question.answer.checked_sub(1).and_then(|at| question.choices.get(at)).map_or("", html);
        out.push_str(&format!("<li><p><strong>{right}</strong>"));
        if let Some(why) = &question.why {
            out.push_str(&format!(" {}", html(why)));
        }
        out.push_str("</p></li>\n");
    }
    out.push_str("</ol>\n");
    out
}

fn heading(level: u8, id: &str, title: &str, tagline: Option<&str>) -> String {
    let mut out = format!("<h{level} id=\"");
    escape(&mut out, id);
    out.push_str("\">");
    escape(&mut out, title);
    if let Some(tagline) = tagline {
        out.push_str(": ");
        escape(&mut out, tagline);
    }
    out.push_str(&format!("</h{level}>\n"));
    out
}

fn paragraph(out: &mut String, html: &str) {
    out.push_str(&format!("<p>{html}</p>\n"));
}

fn strong(text: &str) -> String {
    format!("<strong>{}</strong>", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text);
    out
}

/// The HTML in a value that was made as HTML.
fn html(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
