//! `figure`: a picture with its caption, or a drawing that takes the theme's colors.

use tera::Context;

use crate::diagnostic::{Code, Diagnostic};
use crate::parse::LinkKind;
use crate::parse::block::{Block, BlockKind, Body, Inline, Linked, Markdown, Page, Plain, Reader};
use crate::settings::data::{Fields, Table};
use crate::settings::keys::{Kind, Shape, optional, required, shape};
use crate::text::markdown::{destination, escape};
use crate::text::source::Span;

/// The kind of block.
pub const KIND: BlockKind =
    BlockKind { name: "figure", title: "A figure", shape: &FIGURE, views: view::VIEWS, read: figure };

/// A figure.
pub const FIGURE: Shape = shape(
    "the figure",
    &[
        required("src", Kind::Text, "The picture, by its path from the article."),
        required("alt", Kind::Text, "What it shows, for those who don't see it."),
        optional("caption", Kind::Inline, "The words under it."),
        optional("inline", Kind::Bool, "Whether an SVG is placed in the page, where it takes the theme's colors."),
    ],
);

#[derive(Debug, Clone)]
pub struct Figure {
    pub src: Linked,
    pub alt: String,
    pub caption: Option<Inline>,
    pub inline: bool,
    pub span: Span,
}

fn figure(table: &Table, reader: &mut Reader<'_>) -> Option<Body> {
    let mut fields = Fields::new(table, &FIGURE);
    let src = fields.required("src", reader.out);
    let alt = fields.required("alt", reader.out);
    let caption = reader.optional_inline(&mut fields, "caption");
    let inline = fields.bool("inline", reader.out).unwrap_or(false);
    fields.finish(reader.out);
    // Looked for also where something else is wrong.
    let src = src.map(|src| (src.span, is_own_svg(&src.value), reader.linked(LinkKind::Image, src, false)));
    let (src, alt) = (src?, alt?);
    let (span, is_own_svg, src) = src;
    if inline && !is_own_svg {
        reader.report(
            Diagnostic::new(Code::InvalidValue, span, "only an SVG of this site can be placed inline")
                .help("remove `inline = true`"),
        );
    }
    Some(Body::Known(Box::new(Figure { src, alt: alt.value, caption, inline, span })))
}

/// Whether an address is that of an SVG that lies here, as far as it tells.
fn is_own_svg(address: &str) -> bool {
    address.ends_with(".svg") && !address.contains("://") && !address.starts_with("//")
}

impl Block for Figure {
    fn lines(&self) -> Vec<&Inline> {
        self.caption.iter().collect()
    }

    fn view(&self, page: &mut dyn Page) -> Option<Context> {
        let leads = page.link(&self.src);
        let src = leads.url?;
        let svg = if self.inline { page.drawing(&self.src, self.span) } else { None };
        let view = view::Figure {
            src,
            alt: self.alt.clone(),
            width: leads.size.map(|size| size.0),
            height: leads.size.map(|size| size.1),
            caption: self.caption.as_ref().map(|caption| page.inline(caption)),
            svg,
        };
        Context::from_serialize(&view).ok()
    }

    /// Its file: outside the theme the colors of a drawing mean nothing.
    fn plain(&self, form: &mut dyn Plain) {
        let leads = form.link(&self.src);
        let Some(src) = leads.url else { return };
        let size = leads.size.map(|(width, height)| (width.to_string(), height.to_string()));
        let mut attributes = vec![("src", src.as_str()), ("alt", self.alt.as_str())];
        if let Some((width, height)) = &size {
            attributes.extend([("width", width.as_str()), ("height", height.as_str())]);
        }
        form.open("figure", &[]);
        form.void("img", &attributes);
        if let Some(caption) = &self.caption {
            form.open("figcaption", &[]);
            form.inline(caption);
            form.close("figcaption");
        }
        form.close("figure");
        form.line();
    }

    fn markdown(&self, form: &dyn Markdown) -> String {
        let Some(url) = form.link(&self.src).url else { return String::new() };
        let mut out = format!("![{}]({})\n", escape(&self.alt), destination(url));
        if let Some(caption) = &self.caption {
            out.push_str(&format!("\n{}\n", form.inline(caption)));
        }
        out
    }
}

/// What its component is given.
pub mod view {
    use serde::Serialize;
    use tera::Value;

    use crate::project::documented::documented;

    documented! { VIEWS:
    /// Arguments of `blocks/figure.html`, the component `figure`.
    #[derive(Debug, Serialize)]
    pub struct Figure {
        /// URL of the picture.
        pub src: String,
        /// What it shows, in words.
        pub alt: String,
        /// Pixels, when the image's own size is known; with `height`.
        pub width: Option<u32>,
        /// In pixels.
        pub height: Option<u32>,
        /// *HTML*, inline.
        pub caption: Option<Value>,
        /// *HTML*: the SVG itself when it is placed in the page.
        pub svg: Option<Value>,
    }
    }
}
