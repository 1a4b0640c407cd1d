//! Keys that nothing reads: what they were likely meant as, and what to write instead.

use super::tree::{Data, Syntax};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, nearest, quote};
use crate::settings::keys::{Foreign, Kind, Shape};
use crate::text::source::Spanned;

/// The diagnostic for a key that nothing reads: what to write instead of it, if another program
/// reads it, else the nearest of the known ones.
pub fn unknown_key(key: &Spanned<String>, value: &Data, shape: &Shape, syntax: Syntax) -> Diagnostic {
    let known = || shape.keys.iter().map(|key| key.name);
    let help = foreign(&key.value, shape)
        .and_then(|foreign| remedy(foreign, value, shape, syntax))
        .or_else(|| did_you_mean(&key.value, known()))
        .unwrap_or_else(|| match shape.key("extra") {
            Some(_) => format!("remove it, or move it to {}", syntax.extra()),
            None => format!("known here: {}", list(known(), "and")),
        });
    Diagnostic::new(Code::UnknownKey, key.span, format!("{} has no key {}", shape.what, quote(&key.value))).help(help)
}

/// The declared key that an unknown one means: what another program calls so, or the nearest.
pub fn meant(key: &str, shape: &Shape) -> Option<&'static str> {
    match foreign(key, shape) {
        Some(foreign) => foreign.here.filter(|here| shape.key(here).is_some()),
        None => nearest(key, shape.keys.iter().map(|key| key.name)),
    }
}

/// A key that other programs have, if a table is where they have it.
fn foreign(key: &str, shape: &Shape) -> Option<&'static Foreign> {
    let plain = |name: &str| name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase();
    let key = plain(key);
    shape.foreign.iter().copied().flatten().find(|foreign| foreign.names.iter().any(|name| plain(name) == key))
}

/// What to write instead of a key of another program.
fn remedy(foreign: &Foreign, value: &Data, shape: &Shape, syntax: Syntax) -> Option<String> {
    let flag = |published: bool| {
        if published {
            "remove it; an article is out unless `status` says otherwise".to_string()
        } else {
            format!("write `{}` instead; without it the article is published", syntax.text("status", "draft"))
        }
    };
    match (foreign.here, value) {
        (Some("status"), Data::Bool(on)) => Some(flag(*on == foreign.published)),
        (Some(here), _) if shape.key(here).is_none() => None,
        (Some("status"), _) => Some(flag(false)),
        (Some(here @ ("tags" | "authors" | "aliases")), _) => {
            let items: Vec<&str> = match value {
                Data::String(text) => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
                Data::List(items) => items.iter().filter_map(|item| item.value.as_text()).collect(),
                Data::Table(table) => match table.get(here).map(|value| &value.value) {
                    Some(Data::List(items)) => items.iter().filter_map(|item| item.value.as_text()).collect(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            let items = if items.is_empty() { vec!["…"] } else { items };
            Some(format!("write `{}`{}", syntax.texts(here, items), foreign.more))
        }
        (Some("permalink"), Data::String(address)) => {
            let path = address.trim_matches('/');
            let end = if path.is_empty() || path.ends_with(".html") { "" } else { "/" };
            Some(format!("write `{}`{}", syntax.text("permalink", &format!("/{path}{end}")), foreign.more))
        }
        (Some(here), Data::String(text))
            if text.len() <= 40 && !matches!(shape.key(here).map(|key| key.kind), Some(Kind::Date)) =>
        {
            Some(format!("write `{}`{}", syntax.text(here, text), foreign.more))
        }
        (Some(here), Data::Date(date)) => Some(format!("write `{}`{}", syntax.line(here, date), foreign.more)),
        (Some(here), _) => Some(format!("call it `{here}`{}", foreign.more)),
        (None, _) => Some(format!("remove it: {}", foreign.more)),
    }
}
