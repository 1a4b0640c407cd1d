//! What plain forms of blocks share.

use crate::parse::block::{Inline, Plain};

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
