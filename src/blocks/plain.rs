//! What plain forms of blocks share.

use crate::parse::block::{Inline, Markdown, Plain};
use crate::parse::numbered::Numbered;

/// The heading of a block that has a title.
pub fn heading(form: &mut dyn Plain, id: &str, title: &str, tagline: Option<&str>) {
    let name = format!("h{}", form.level());
    form.open(&name, &[("id", id)]);
    form.text(&form.set(title));
    if let Some(tagline) = tagline {
        form.text(": ");
        form.text(&form.set(tagline));
    }
    form.close(&name);
    form.line();
}

/// A paragraph of one line.
pub fn paragraph(form: &mut dyn Plain, line: &Inline) {
    form.open("p", &[]);
    form.inline(line);
    form.close("p");
    form.line();
}

/// Begins an element, with the id of what has a number.
pub fn open_numbered(form: &mut dyn Plain, name: &str, numbered: Option<&Numbered>) {
    match numbered.map(|numbered| form.id(&numbered.id)) {
        Some(id) => form.open(name, &[("id", &id)]),
        None => form.open(name, &[]),
    }
}

/// What stands under a figure or above a table: its number, and the words of its author.
pub fn caption(form: &mut dyn Plain, name: &str, numbered: Option<&Numbered>, words: Option<&Inline>) {
    let number = numbered.and_then(|numbered| form.number(numbered));
    if number.is_none() && words.is_none() {
        return;
    }
    form.open(name, &[]);
    if let Some(number) = number {
        form.open("strong", &[]);
        form.text(&number);
        form.close("strong");
        form.text(if words.is_some() { " " } else { "" });
    }
    if let Some(words) = words {
        form.inline(words);
    }
    form.close(name);
}

/// The same as Markdown; nothing where there is neither.
pub fn markdown_caption(form: &dyn Markdown, numbered: Option<&Numbered>, words: Option<&Inline>) -> Option<String> {
    let number = numbered.and_then(|numbered| form.number(numbered)).map(|number| format!("**{number}**"));
    let said: Vec<String> = number.into_iter().chain(words.map(|words| form.inline(words))).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// A picture.
pub fn picture(form: &mut dyn Plain, src: &str, alt: &str, size: Option<(u32, u32)>) {
    let size = size.map(|(width, height)| (width.to_string(), height.to_string()));
    let mut attributes = vec![("src", src), ("alt", alt)];
    if let Some((width, height)) = &size {
        attributes.extend([("width", width.as_str()), ("height", height.as_str())]);
    }
    form.open("img", &attributes);
}
