//! `[newsletter]`: the form to subscribe, as the service behind it wants it.

use super::address::{WEB, url_problem};
use crate::diagnostic::Diagnostic;
use crate::settings::checked::checked;
use crate::settings::data::Fields;
use crate::settings::keys;
use crate::text::source::Spanned;

/// Where the form of a newsletter posts, and its words.
#[derive(Debug, Clone)]
pub struct Newsletter {
    pub title: Option<String>,
    pub action: Spanned<String>,
    pub promise: Option<String>,
    /// Names and values that the service wants beside the address.
    pub hidden: Vec<(String, String)>,
    /// The name of a field that a person leaves empty.
    pub honeypot: &'static str,
}

/// Reads `[newsletter]`, if it is there.
pub fn newsletter(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Newsletter> {
    let table = fields.table("newsletter", out)?;
    let mut fields = Fields::variant(table, keys::NEWSLETTER);
    let title = fields.string("title", out).map(|text| text.value);
    let promise = fields.string("promise", out).map(|text| text.value);
    let service = fields.choice(
        "service",
        &[("form", Service::Form), ("buttondown", Service::Buttondown), ("listmonk", Service::Listmonk)],
        out,
    );
    let (action, hidden, honeypot) = match service.unwrap_or(Service::Form) {
        Service::Form => (action(&mut fields, out), Vec::new(), "website"),
        Service::Buttondown => (buttondown(&mut fields, out), vec![("embed".to_string(), "1".to_string())], "website"),
        Service::Listmonk => {
            let lists = lists(&mut fields, out);
            // Listmonk has a trap of its own, by this name.
            (action(&mut fields, out), lists, "nonce")
        }
    };
    fields.finish(out);
    Some(Newsletter { title, action: action?, promise, hidden, honeypot })
}

/// Whose form it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Form,
    Buttondown,
    Listmonk,
}

/// Where a form posts that has an address of its own.
fn action(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let action = fields.required("action", out)?;
    checked(action, |url| url_problem(url, WEB), "action", out)
}

/// Where the form of a user of Buttondown posts: <https://docs.buttondown.com/building-your-subscriber-base>.
fn buttondown(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let user = fields.required("username", out)?;
    let user = checked(user, name_problem, "username", out)?;
    Some(user.map(|user| format!("https://buttondown.com/api/emails/embed-subscribe/{user}")))
}

/// The lists of Listmonk as its form has them: <https://listmonk.app/docs/apis/subscribers/>.
fn lists(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let lists = fields.strings("lists", out);
    if lists.is_empty() {
        fields.missing("lists", out);
    }
    lists.into_iter().map(|list| ("l".to_string(), list.value)).collect()
}

fn name_problem(name: &str) -> Option<String> {
    let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (!good).then(|| "is no user name: letters, digits, `-`, `_` and `.`".into())
}
