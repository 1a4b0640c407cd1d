//! `[feeds]`: how much feeds hold, and whose name stands in their ids.

use crate::diagnostic::{Diagnostic, quote};
use crate::settings::checked::checked;
use crate::settings::data::Fields;
use crate::settings::permalink::feed_path;
use crate::text::source::Spanned;

/// What feeds hold, and who vouches for the ids in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feeds {
    /// The most entries of one feed.
    pub limit: usize,
    /// The tagging entity of `tag:` ids (RFC 4151, §2.1), such as `example.org,2026`.
    pub authority: Option<String>,
    /// Further addresses of the site's Atom feed, below the base.
    pub paths: Vec<Spanned<String>>,
    /// The host that `base_url` names in `partwork.toml`, whatever the command line says: ids
    /// follow it where no authority is given.
    pub host: String,
}

/// How many entries a feed holds when nothing is said: what a reader who was away for some months
/// has missed, and no more than a feed reader fetches gladly.
const FEED_LIMIT: usize = 20;

/// Reads `[feeds]`; `host` is that of the site's address.
pub fn feeds(host: &str, fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Feeds {
    let limit = fields.integer("limit", 1..=10_000, out).and_then(|limit| usize::try_from(limit.value).ok());
    let authority = fields.string("authority", out);
    let authority = authority.and_then(|text| checked(text, authority_problem, "authority", out));
    let paths = fields.strings("paths", out).into_iter().filter_map(|path| feed_path(path, out)).collect();
    Feeds {
        limit: limit.unwrap_or(FEED_LIMIT),
        authority: authority.map(|text| text.value),
        paths,
        host: host.to_string(),
    }
}

/// Why a text can't be the tagging entity of a `tag:` URI: a host name or a mail address, a comma,
/// and a day on which it was the author's (RFC 4151, §2.1).
pub fn authority_problem(text: &str) -> Option<String> {
    let example = "write it like `example.org,2026`";
    let Some((name, date)) = text.split_once(',') else {
        return Some(format!("has no date; {example}"));
    };
    let (mailbox, host) = name.split_once('@').map_or((None, name), |(mailbox, host)| (Some(mailbox), host));
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_mailbox = |mailbox: &str| {
        !mailbox.is_empty() && mailbox.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    if !host.split('.').all(is_label) || !mailbox.is_none_or(is_mailbox) {
        return Some(format!("names {}, which is neither a host name nor a mail address; {example}", quote(name)));
    }
    let pieces: Vec<&str> = date.split('-').collect();
    let right_size = pieces.iter().enumerate().all(|(at, piece)| piece.len() == if at == 0 { 4 } else { 2 });
    let full = format!("{date}{}", ["-01-01", "-01", ""].get(pieces.len() - 1).unwrap_or(&"-"));
    if !right_size || full.parse::<jiff::civil::Date>().is_err() {
        return Some(format!("has {} where a year, a month or a day is wanted; {example}", quote(date)));
    }
    None
}
