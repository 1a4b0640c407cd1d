//! `[discussion]`: where readers talk about a part.

use super::address::{LINKS, url_problem};
use crate::diagnostic::Diagnostic;
use crate::settings::checked::checked;
use crate::settings::data::Fields;
use crate::settings::keys;
use crate::text::source::Spanned;

/// Where readers talk about a part.
#[derive(Debug, Clone)]
pub enum Discussion {
    /// A mail address, a forum, a list.
    Link { url: Spanned<String>, label: Option<String> },
    /// Comments kept in a GitHub repository's discussions; see <https://giscus.app>.
    Giscus { repo: String, repo_id: String, category: String, category_id: String },
}

impl Discussion {
    /// The address that was typed, if it is one.
    pub fn link(&self) -> Option<&Spanned<String>> {
        match self {
            Discussion::Link { url, .. } => Some(url),
            Discussion::Giscus { .. } => None,
        }
    }
}

/// Reads `[discussion]`, if it is there.
pub fn discussion(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Discussion> {
    let table = fields.table("discussion", out)?;
    let mut fields = Fields::variant(table, keys::DISCUSSION);
    if fields.any("kind").is_none() {
        fields.missing("kind", out);
        fields.give_up(out);
        return None;
    }
    let discussion = match fields.choice("kind", &[("link", Kind::Link), ("giscus", Kind::Giscus)], out)? {
        Kind::Link => link(&mut fields, out),
        Kind::Giscus => giscus(&mut fields, out),
    };
    fields.finish(out);
    discussion
}

#[derive(Clone, Copy)]
enum Kind {
    Link,
    Giscus,
}

fn link(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Discussion> {
    let url = fields.required("url", out);
    let url = url.and_then(|url| checked(url, |url| url_problem(url, LINKS), "url", out));
    let label = fields.string("label", out).map(|text| text.value);
    Some(Discussion::Link { url: url?, label })
}

fn giscus(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Discussion> {
    let mut text = |key| fields.required(key, out).map(|text| text.value);
    let (repo, repo_id) = (text("repo"), text("repo_id"));
    let (category, category_id) = (text("category"), text("category_id"));
    Some(Discussion::Giscus { repo: repo?, repo_id: repo_id?, category: category?, category_id: category_id? })
}
