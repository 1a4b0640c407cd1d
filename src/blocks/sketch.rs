//! `sketch`: a script of the article's own that draws where readers can try something, and a picture in its stead.

use std::sync::Arc;

use tera::Context;

use super::plain;
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::LinkKind;
use crate::parse::block::{Block, BlockKind, Body, Inline, Linked, Markdown, Page, Plain, Reader};
use crate::settings::data::{Fields, Table};
use crate::settings::keys::{Kind, Shape, optional, required, shape};
use crate::text::markdown::{destination, escape};
use crate::text::source::Spanned;

/// The kind of block.
pub const KIND: BlockKind =
    BlockKind { name: "sketch", title: "A sketch", shape: &SKETCH, views: view::VIEWS, read: sketch };

/// How the name of a sketch's module ends.
pub const MODULES: [&str; 2] = [".js", ".mjs"];

/// A sketch.
pub const SKETCH: Shape = shape(
    "the sketch",
    &[
        required("src", Kind::Text, "The module that draws it, by its path from the article: `lamp.js`."),
        required("alt", Kind::Text, "What it shows, for those who don't see it."),
        required("still", Kind::Text, "The picture where no script runs: in feeds, books and on paper."),
        optional("height", Kind::Integer(40, 2000), "Its height in pixels; the shape of `still` without it."),
    ],
);

#[derive(Debug, Clone)]
pub struct Sketch {
    /// The module.
    pub src: Linked,
    still: Linked,
    alt: String,
    /// In pixels.
    height: Option<i64>,
}

fn sketch(table: &Table, reader: &mut Reader<'_>) -> Option<Body> {
    let mut fields = Fields::new(table, &SKETCH);
    let src = fields.required("src", reader.out);
    let alt = fields.required("alt", reader.out);
    let still = fields.required("still", reader.out);
    let height = fields.integer("height", 40..=2000, reader.out);
    fields.finish(reader.out);
    let src = src.and_then(|src| module(src, reader));
    let still = still.map(|still| reader.linked(LinkKind::Image, still, false));
    let (src, still, alt) = (src?, still?, alt?.value);
    Some(Body::Known(Arc::new(Sketch { src, still, alt, height: height.map(|height| height.value) })))
}

/// The module; nothing of an address that can't be one's, which is reported.
fn module(src: Spanned<String>, reader: &mut Reader<'_>) -> Option<Linked> {
    let is_elsewhere = src.value.contains("://") || src.value.starts_with("//");
    if is_elsewhere || !MODULES.iter().any(|suffix| src.value.ends_with(suffix)) {
        let message = format!("{} is no module of this site", quote(&src.value));
        let help = "name a file beside the article that ends in `.js`";
        reader.report(Diagnostic::new(Code::InvalidValue, src.span, message).help(help));
        return None;
    }
    Some(reader.linked(LinkKind::Image, src, false))
}

impl Block for Sketch {
    fn lines(&self) -> Vec<&Inline> {
        Vec::new()
    }

    fn shows_picture(&self) -> bool {
        true
    }

    fn view(&self, page: &mut dyn Page) -> Option<Context> {
        let still = page.picture(&self.still);
        let view = view::Sketch {
            src: page.module(&self.src),
            alt: self.alt.clone(),
            width: still.size.map(|size| size.0),
            still_height: still.size.map(|size| size.1),
            still: still.url?,
            height: self.height,
        };
        Context::from_serialize(&view).ok()
    }

    fn plain(&self, form: &mut dyn Plain) {
        let still = form.picture(&self.still);
        let Some(src) = still.url else { return };
        form.open("figure", &[]);
        plain::picture(form, &src, &self.alt, still.size);
        form.close("figure");
        form.line();
    }

    fn markdown(&self, form: &dyn Markdown) -> String {
        let Some(url) = form.link(&self.still).url else { return String::new() };
        format!("![{}]({})\n", escape(&self.alt), destination(url))
    }
}

/// What its component is given.
pub mod view {
    use serde::Serialize;

    use crate::project::documented::documented;

    documented! { VIEWS:
    /// Arguments of `blocks/sketch.html`, the component `sketch`.
    #[derive(Debug, Serialize)]
    pub struct Sketch {
        /// URL of its module; absent where texts may bring no script.
        pub src: Option<String>,
        /// What it shows, in words.
        pub alt: String,
        /// URL of the picture that stands in its stead.
        pub still: String,
        /// Pixels of that picture, when its own size is known; with `still_height`.
        pub width: Option<u32>,
        /// In pixels.
        pub still_height: Option<u32>,
        /// Its own height in pixels, where its author gives one.
        pub height: Option<i64>,
    }
    }
}
