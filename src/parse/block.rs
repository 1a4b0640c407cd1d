//! What a block is: the TOML in a fence whose language names a component.
//!
//! In: a block's name and its body. Out: what it holds, each diagnostic at the TOML's own line in the
//! Markdown file. Which blocks there are is not known here: a kind is a constant of [`BlockKind`] in a
//! file of `blocks/`, and the list of all is handed in. Inline Markdown stays text, but for its links,
//! which the site has to know.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use tera::{Context, Value};

use super::component::{self, BODY, Below, Component};
use super::inline::inline_links;
use super::link::{Link, LinkKind};
use super::numbered::{Numbered, Sort};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::documented::Documented;
use crate::settings::checked::checked_id;
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys::Shape;
use crate::text::source::{Span, Spanned, id_problem};

/// A kind of block: everything that partwork knows of it.
#[derive(Debug)]
pub struct BlockKind {
    /// The language of its fence, and its component in `templates/blocks/`.
    pub name: &'static str,
    /// What its schema is called.
    pub title: &'static str,
    /// Its keys.
    pub shape: &'static Shape,
    /// What its component is given, the arguments first: its types as the theme's manual has them.
    pub views: &'static [Documented],
    /// Reads its table; nothing when its mistakes are reported.
    pub read: fn(&Table, &mut Reader<'_>) -> Option<Body>,
}

/// What was read of a block, and the forms in which it is written.
pub trait Block: fmt::Debug + Send + Sync + Any {
    /// Its lines of inline Markdown, in the order in which they are read.
    fn lines(&self) -> Vec<&Inline>;

    /// Whether it is shown by a picture.
    fn shows_picture(&self) -> bool {
        false
    }

    /// What it is referred to by, where it has a number.
    fn numbered(&self) -> Option<&Numbered> {
        None
    }

    /// The arguments of its component; nothing when it can't be shown, which has been reported.
    fn view(&self, page: &mut dyn Page) -> Option<Context>;

    /// Writes it where nothing but HTML shows it: in feeds, books and the search index.
    fn plain(&self, form: &mut dyn Plain);

    /// As Markdown.
    fn markdown(&self, form: &dyn Markdown) -> String;
}

/// What any form of a block may ask for.
pub trait Form {
    /// The level of its heading, 2 to 6: one below the heading it stands under.
    fn level(&self) -> u8;

    /// An id for an element, from a name that is unique among the names of this block.
    fn id(&self, name: &str) -> String;

    /// What it is called by its number, such as "Figure 12.3".
    fn number(&self, of: &Numbered) -> Option<String>;

    /// Which of the blocks of its page it is, from 1.
    fn count(&self) -> usize;

    /// A title or a label as it is read, with the quotes of print where the site has them.
    fn set(&self, text: &str) -> String;

    /// A phrase of the theme.
    fn say(&self, key: &str, values: &[(&str, String)]) -> String;

    /// Where an address of a field leads.
    fn link(&self, linked: &Linked) -> Leads;

    /// The picture that an address of a field leads to, as it stands here.
    fn picture(&self, linked: &Linked) -> Leads {
        self.link(linked)
    }

    /// An anchor of the article itself (`#x`) as it is reached from where this is written.
    fn own(&self, anchor: &str) -> String;
}

/// Where an address leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leads {
    /// Absent when it leads nowhere yet.
    pub url: Option<String>,
    /// The words that its target has for it.
    pub text: Option<String>,
    /// Whether its target is a part that is soon.
    pub soon: bool,
    /// The tag and the own name of its target's language, where that is another.
    pub language: Option<(String, String)>,
    /// Its size in pixels, when it is a picture of this site.
    pub size: Option<(u32, u32)>,
    /// The same in other widths, as `srcset` has them.
    pub srcset: Option<String>,
    /// Whether it is wider than a text shows it.
    pub is_wide: bool,
}

/// A page of the site, where a component shows the block.
pub trait Page: Form {
    /// Inline Markdown as safe HTML.
    fn inline(&mut self, line: &Inline) -> Value;

    /// The drawing that an address leads to, with its states if it has some, to be placed in the page; nothing when it can't be, which
    /// has been reported.
    fn drawing(&mut self, linked: &Linked, place: Span, states: &[Spanned<String>]) -> Option<Value>;

    /// Whether the picture of the block is the first of the page, and likely in view when that opens.
    fn shows_first(&self) -> bool;

    /// How wide a picture of a figure is, as `sizes` says it, and whether it can be looked at larger.
    fn room(&self, picture: &Leads) -> (&'static str, bool);

    /// The URL of a script of the article's own; nothing where texts may bring none, and on pages that show several
    /// articles.
    fn module(&self, linked: &Linked) -> Option<String>;
}

/// HTML whose elements say it all.
pub trait Plain: Form {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]);
    fn close(&mut self, name: &str);
    fn text(&mut self, text: &str);
    /// Inline Markdown.
    fn inline(&mut self, line: &Inline);
    /// A line end between two elements.
    fn line(&mut self);
}

/// Markdown that means the same.
pub trait Markdown: Form {
    /// Inline Markdown with its links as they are from elsewhere.
    fn inline(&self, line: &Inline) -> String;
}

/// A block where it stands in an article.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The language of its fence.
    pub name: String,
    /// The opening line of its fence.
    pub span: Span,
    /// Its links among those of the article.
    pub links: Range<usize>,
    pub body: Body,
}

/// What a block holds.
#[derive(Debug, Clone)]
pub enum Body {
    /// A kind of block that partwork has.
    Known(Arc<dyn Block>),
    /// A comparison that stands in a file of its own, by id.
    Use(Spanned<String>),
    /// A project's own block.
    Custom(Custom),
    /// Its mistakes have been reported.
    Broken,
}

/// A project's own block: the arguments of its component.
#[derive(Debug, Clone)]
pub struct Custom {
    pub arguments: Table,
    /// Those that are lines of Markdown, by name.
    pub inline: Vec<(String, InlineValue)>,
    pub below: BlockBody,
}

/// What stands below the TOML of a project's own block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockBody {
    /// Its component takes nothing there.
    None,
    /// A text, as it was typed.
    Text(String),
    /// A piece of the article, which may be empty.
    Markdown { is_empty: bool },
}

impl Custom {
    /// Whether a piece of the article stands below its TOML.
    pub fn has_body(&self) -> bool {
        self.below == BlockBody::Markdown { is_empty: false }
    }
}

/// A value that is Markdown.
#[derive(Debug, Clone)]
pub enum InlineValue {
    One(Inline),
    Several(Vec<Inline>),
}

impl InlineValue {
    pub fn as_slice(&self) -> &[Inline] {
        match self {
            InlineValue::One(line) => std::slice::from_ref(line),
            InlineValue::Several(lines) => lines,
        }
    }
}

impl Body {
    /// What it holds, if that is of a type.
    pub fn get<T: Block>(&self) -> Option<&T> {
        let Body::Known(block) = self else { return None };
        let block: &dyn Any = block.as_ref();
        block.downcast_ref()
    }

    /// Changes what it holds, if that is of a type; who else holds the same keeps it as it was.
    pub fn change<T: Block + Clone>(&mut self, change: impl FnOnce(&mut T)) {
        let Some(mut block) = self.get::<T>().cloned() else { return };
        change(&mut block);
        *self = Body::Known(Arc::new(block));
    }

    /// Whether it is shown by a picture.
    pub fn shows_picture(&self) -> bool {
        matches!(self, Body::Known(block) if block.shows_picture())
    }

    /// Its lines of inline Markdown.
    pub fn lines(&self) -> Vec<&Inline> {
        match self {
            Body::Known(block) => block.lines(),
            Body::Custom(custom) => custom.inline.iter().flat_map(|(_, lines)| lines.as_slice()).collect(),
            Body::Use(_) | Body::Broken => Vec::new(),
        }
    }
}

/// A line of inline Markdown, and its share of the links of its block.
#[derive(Debug, Clone)]
pub struct Inline {
    pub text: Box<str>,
    pub span: Span,
    pub links: Range<usize>,
}

/// An address in a field of its own.
#[derive(Debug, Clone)]
pub struct Linked {
    /// Index among the links of its block.
    pub at: usize,
    /// As it was typed.
    pub dest: String,
}

/// A block to be read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The language of its fence.
    pub name: &'a str,
    pub kinds: &'a [BlockKind],
    /// What its component takes, if it is a project's own.
    pub component: Option<&'a Component>,
}

/// Reads the body of a block; its links, numbered from its own first one, are added to `links`.
pub fn read(
    wanted: Wanted<'_>,
    span: Span,
    excerpt: &Excerpt<'_>,
    links: &mut Vec<Link>,
    out: &mut Vec<Diagnostic>,
) -> Placed {
    let mut own = Vec::new();
    let mut reader = Reader { links: &mut own, out };
    let below = component::mark(&excerpt.text);
    let toml = excerpt.before(below.as_ref().map_or(excerpt.text.len(), |mark| mark.start));
    let body = parse_toml(&toml, reader.out).and_then(|mut table| {
        table.span = span;
        match wanted.kinds.iter().find(|kind| kind.name == wanted.name) {
            Some(kind) => {
                let is_whole =
                    reader.takes_nothing_below(wanted.name, (excerpt, below), "remove the line and what follows");
                (kind.read)(&table, &mut reader).filter(|_| is_whole)
            }
            None => custom(wanted, table, (excerpt, below), &mut reader),
        }
    });
    let first = links.len();
    links.append(&mut own);
    Placed { name: wanted.name.to_string(), span, links: first..links.len(), body: body.unwrap_or(Body::Broken) }
}

/// A project's own block: its arguments, and what stands below its TOML if that is a text.
fn custom(
    wanted: Wanted<'_>,
    arguments: Table,
    (excerpt, below): (&Excerpt<'_>, Option<Range<usize>>),
    reader: &mut Reader<'_>,
) -> Option<Body> {
    let nothing = Component::default();
    let component = wanted.component.unwrap_or(&nothing);
    let below = match (component.body, below) {
        (Below::Nothing, below) => {
            let help = format!("remove the line and what follows, or let its component show {}", quote(BODY));
            if !reader.takes_nothing_below(wanted.name, (excerpt, below), &help) {
                return None;
            }
            BlockBody::None
        }
        (Below::Text, below) => {
            BlockBody::Text(below.map_or(String::new(), |mark| excerpt.text[mark.end..].trim().to_string()))
        }
        (Below::Markdown, below) => BlockBody::Markdown { is_empty: below.is_none() },
    };
    let mut inline = Vec::new();
    for (key, value) in arguments.entries.iter().filter(|(key, _)| component.inline.contains(&key.value)) {
        let text = |item: &Spanned<Data>| {
            item.value.as_text().map(|text| Spanned { value: text.to_string(), span: item.span })
        };
        let lines = match &value.value {
            Data::List(items) => {
                let texts: Option<Vec<_>> = items.iter().map(text).collect();
                texts.map(|texts| InlineValue::Several(texts.into_iter().map(|text| reader.inline(text)).collect()))
            }
            _ => text(value).map(|text| InlineValue::One(reader.inline(text))),
        };
        match lines {
            Some(lines) => inline.push((key.value.clone(), lines)),
            None => wrong_type(&key.value, "a text or a list of texts", value, reader.out)?,
        }
    }
    Some(Body::Custom(Custom { arguments, inline, below }))
}

/// Where the readers of fields leave what they find.
#[derive(Debug)]
pub struct Reader<'a> {
    /// Of the block at hand.
    pub links: &'a mut Vec<Link>,
    pub out: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic);
    }

    /// Whether nothing stands below the TOML of a block that takes nothing there; else it is reported.
    fn takes_nothing_below(
        &mut self,
        name: &str,
        (excerpt, mark): (&Excerpt<'_>, Option<Range<usize>>),
        help: &str,
    ) -> bool {
        if let Some(mark) = &mark {
            let place = excerpt.span(mark.start..mark.start + 3);
            let message = format!("the block {} has nothing below its TOML", quote(name));
            self.report(Diagnostic::new(Code::UnknownKey, place, message).help(help));
        }
        mark.is_none()
    }

    pub fn inline(&mut self, text: Spanned<String>) -> Inline {
        let first = self.links.len();
        inline_links(&text.value, text.span, self.links);
        Inline { text: text.value.into(), span: text.span, links: first..self.links.len() }
    }

    /// The id that gives a block its number.
    pub fn numbered(&mut self, fields: &mut Fields<'_>, sort: Sort) -> Option<Numbered> {
        let id = fields.string("id", self.out).and_then(|id| checked_id(id, self.out))?;
        Some(Numbered { sort, id: id.value, span: id.span })
    }

    /// A field that holds an address; `reference` says whether its words come from the target.
    pub fn linked(&mut self, kind: LinkKind, typed: Spanned<String>, reference: bool) -> Linked {
        let Spanned { value: dest, span } = typed;
        self.links.push(Link { kind, dest: dest.clone(), span, reference });
        Linked { at: self.links.len() - 1, dest }
    }

    pub fn optional_inline(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<Inline> {
        fields.string(key, self.out).map(|text| self.inline(text))
    }

    pub fn required_inline(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<Inline> {
        fields.required(key, self.out).map(|text| self.inline(text))
    }

    /// The tables of a table, by ids of the author's choice.
    pub fn named_tables<'t>(&mut self, table: &'t Table) -> Vec<(&'t Spanned<String>, &'t Table)> {
        let mut named = Vec::new();
        for (key, value) in &table.entries {
            match &value.value {
                Data::Table(inner) => named.push((key, inner)),
                _ => {
                    wrong_type::<()>(&key.value, "a table", value, self.out);
                }
            }
            if let Some(problem) = id_problem(&key.value) {
                let message = format!("the id {} {problem}", quote(&key.value));
                self.report(Diagnostic::new(Code::InvalidId, key.span, message));
            }
        }
        named
    }
}
