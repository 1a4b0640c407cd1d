//! `figure`: a picture with its caption, or a drawing that takes the theme's colors.

use std::sync::Arc;

use tera::Context;

use super::plain;
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::LinkKind;
use crate::parse::block::{Block, BlockKind, Body, Inline, Linked, Markdown, Page, Plain, Reader};
use crate::parse::numbered::{Numbered, Sort};
use crate::settings::data::{Fields, Table};
use crate::settings::keys::{Kind, Shape, optional, required, shape};
use crate::text::markdown::{destination, escape};
use crate::text::source::{Span, Spanned};

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
        optional("id", Kind::Id, "What `[#](#id)` refers to it by; with it the figure has a number."),
        optional(
            "states",
            Kind::List(&Kind::Text, 2),
            "Up to six states of an SVG with `inline = true`, between which readers choose: the names that its groups have as `data-state`.",
        ),
        optional("inline", Kind::Bool, "Whether an SVG is placed in the page, where it takes the theme's colors."),
    ],
);

#[derive(Debug, Clone)]
pub struct Figure {
    pub src: Linked,
    pub alt: String,
    pub caption: Option<Inline>,
    pub numbered: Option<Numbered>,
    pub inline: bool,
    /// Between which readers choose.
    pub states: Vec<Spanned<String>>,
    pub span: Span,
}

/// The most states: the style of the theme counts them.
const MOST_STATES: usize = 6;

fn figure(table: &Table, reader: &mut Reader<'_>) -> Option<Body> {
    let mut fields = Fields::new(table, &FIGURE);
    let src = fields.required("src", reader.out);
    let alt = fields.required("alt", reader.out);
    let caption = reader.optional_inline(&mut fields, "caption");
    let numbered = reader.numbered(&mut fields, Sort::Figure);
    let states = fields.strings("states", reader.out);
    let states_span = fields.span("states");
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
    let problem = match states.len() {
        1 => Some("a figure has two states or none"),
        count if count > MOST_STATES => Some("a figure has at most six states"),
        count if count > 0 && !inline => Some("only an SVG with `inline = true` has states"),
        _ => None,
    };
    if let Some(problem) = problem {
        reader.report(Diagnostic::new(Code::InvalidValue, states_span, problem));
    }
    for (at, state) in states.iter().enumerate() {
        if states[..at].iter().any(|other| other.value == state.value) {
            let message = format!("two states are called {}", quote(&state.value));
            reader.report(Diagnostic::new(Code::InvalidValue, state.span, message).help("remove or rename one"));
        }
    }
    Some(Body::Known(Arc::new(Figure { src, alt: alt.value, caption, numbered, inline, states, span })))
}

/// Whether an address is that of an SVG that lies here, as far as it tells.
fn is_own_svg(address: &str) -> bool {
    address.ends_with(".svg") && !address.contains("://") && !address.starts_with("//")
}

impl Block for Figure {
    fn lines(&self) -> Vec<&Inline> {
        self.caption.iter().collect()
    }

    fn shows_picture(&self) -> bool {
        !self.inline
    }

    fn numbered(&self) -> Option<&Numbered> {
        self.numbered.as_ref()
    }

    fn view(&self, page: &mut dyn Page) -> Option<Context> {
        let leads = page.picture(&self.src);
        let (sizes, is_large) = page.room(&leads);
        let src = leads.url?;
        let svg = if self.inline { page.drawing(&self.src, self.span, &self.states) } else { None };
        let states =
            if svg.is_some() { self.states.iter().map(|state| page.set(&state.value)).collect() } else { Vec::new() };
        let view = view::Figure {
            states_name: page.id(&format!("pw-figure-{}-state", page.count())),
            states,
            id: self.numbered.as_ref().map(|numbered| page.id(&numbered.id)),
            number: self.numbered.as_ref().and_then(|numbered| page.number(numbered)),
            src,
            alt: self.alt.clone(),
            width: leads.size.map(|size| size.0),
            height: leads.size.map(|size| size.1),
            sizes: leads.srcset.is_some().then_some(sizes),
            srcset: leads.srcset,
            first: page.shows_first(),
            large: is_large && !self.alt.is_empty(),
            caption: self.caption.as_ref().map(|caption| page.inline(caption)),
            svg,
        };
        Context::from_serialize(&view).ok()
    }

    /// Its file: outside the theme the colors of a drawing mean nothing.
    fn plain(&self, form: &mut dyn Plain) {
        let leads = form.picture(&self.src);
        let Some(src) = leads.url else { return };
        plain::open_numbered(form, "figure", self.numbered.as_ref());
        plain::picture(form, &src, &self.alt, leads.size);
        plain::caption(form, "figcaption", self.numbered.as_ref(), self.caption.as_ref());
        form.close("figure");
        form.line();
    }

    fn markdown(&self, form: &dyn Markdown) -> String {
        let Some(url) = form.link(&self.src).url else { return String::new() };
        let mut out = format!("![{}]({})\n", escape(&self.alt), destination(url));
        if let Some(caption) = plain::markdown_caption(form, self.numbered.as_ref(), self.caption.as_ref()) {
            out.push_str(&format!("\n{caption}\n"));
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
        /// Where references to it lead, when it has a number.
        pub id: Option<String>,
        /// What they call it, such as `Figure 12.3`.
        pub number: Option<String>,
        /// URL of the picture.
        pub src: String,
        /// What it shows, in words.
        pub alt: String,
        /// Pixels, when the image's own size is known; with `height`.
        pub width: Option<u32>,
        /// In pixels.
        pub height: Option<u32>,
        /// The same picture in other widths, for `srcset`; with `sizes`.
        pub srcset: Option<String>,
        /// How wide the built-in theme shows it.
        pub sizes: Option<&'static str>,
        /// Whether it is the first picture of the page and likely in view when that opens, so that it is loaded first.
        pub first: bool,
        /// Whether it is wider than a page shows it, so that there is a larger one to be seen.
        pub large: bool,
        /// *HTML*, inline.
        pub caption: Option<Value>,
        /// *HTML*: the SVG itself when it is placed in the page.
        pub svg: Option<Value>,
        /// Its states, in the order in which its groups count them from 1 as `data-state`; empty without.
        pub states: Vec<String>,
        /// What the choice between them is called, for `name`.
        pub states_name: String,
    }
    }
}
