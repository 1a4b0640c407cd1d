//! `[boxes.<kind>]`: the kinds of boxes (`> [!NOTE]`) that a site has beside GitHub's, and what it makes of those.

use super::theme::{Ground, color};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::checked::checked_id;
use crate::settings::data::{Data, Fields, wrong_type};
use crate::settings::keys;
use crate::text::source::Spanned;

/// The kinds that GitHub has, whose titles are phrases of the theme.
pub const GITHUB: [&str; 5] = ["note", "tip", "important", "warning", "caution"];

/// What the settings say of a kind of box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxKind {
    /// As it is typed between `[!` and `]`, in lowercase.
    pub id: String,
    /// The word for it; there for all that GitHub doesn't have.
    pub title: Option<String>,
    /// What stands before the word, such as an emoji.
    pub sign: Option<String>,
    /// In light and in dark.
    pub color: Option<(String, String)>,
}

/// The kinds of boxes of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boxes(Vec<BoxKind>);

impl Boxes {
    /// What the settings say of a kind.
    pub fn get(&self, id: &str) -> Option<&BoxKind> {
        self.0.iter().find(|kind| kind.id == id)
    }

    /// The ids of all kinds.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let own = self.0.iter().map(|kind| kind.id.as_str()).filter(|id| !GITHUB.contains(id));
        GITHUB.into_iter().chain(own)
    }

    /// The colors that the settings give, by kind.
    pub fn colors(&self) -> impl Iterator<Item = (&str, &(String, String))> {
        self.0.iter().filter_map(|kind| Some((kind.id.as_str(), kind.color.as_ref()?)))
    }
}

/// The tables `[boxes.<kind>]`.
pub fn boxes(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Boxes {
    let tables = fields.table("boxes", out).map(|boxes| boxes.entries.as_slice()).unwrap_or_default();
    Boxes(tables.iter().filter_map(|(id, value)| kind(id, value, out)).collect())
}

fn kind(id: &Spanned<String>, value: &Spanned<Data>, out: &mut Vec<Diagnostic>) -> Option<BoxKind> {
    let Data::Table(table) = &value.value else { return wrong_type(&id.value, "a table", value, out) };
    let mut fields = Fields::new(table, &keys::BOX);
    let title = fields.string("title", out).map(|title| title.value);
    if title.is_none() && fields.any("title").is_none() && !GITHUB.contains(&id.value.as_str()) {
        let message = format!("the kind of box {} has no `title`", quote(&id.value));
        out.push(Diagnostic::new(Code::MissingKey, id.span, message).help("add the word that stands above each"));
    }
    let sign = fields.string("sign", out).map(|sign| sign.value);
    let color = fields.any("color").and_then(|item| color("color", item, Ground::Box, out));
    fields.finish(out);
    let id = checked_id(id.clone(), out)?;
    if id.value == "title" {
        let message = format!("{} can't be a kind of box: its class is that of a box's title", quote(&id.value));
        out.push(Diagnostic::new(Code::InvalidId, id.span, message).help("choose another"));
        return None;
    }
    Some(BoxKind { id: id.value, title, sign, color })
}
