//! `[[publish]]`: where a site goes. A secret that stands there is never shown.

use crate::diagnostic::{Code, Diagnostic, Severity, quote};
use crate::settings::data::{Data, Fields, Table};
use crate::settings::keys;
use crate::settings::target::{PublishTarget, TargetProblem, credentials, is_secret_key};
use crate::text::source::Spanned;

/// A `[[publish]]` table: where to, and how much of the past stays there.
#[derive(Debug, Clone)]
pub struct Publish {
    pub name: Option<String>,
    /// Else why publishing there could do harm.
    pub to: Result<PublishTarget, String>,
    /// How many releases are kept side by side; `None` for a target that is brought up to date in place.
    pub releases: Option<usize>,
    /// For how many days the assets of earlier releases stay.
    pub keep_assets: i64,
}

/// Days that the assets of earlier releases stay when nothing else is said.
const KEEP_ASSETS: i64 = 30;

/// Reads all of `[[publish]]`.
pub fn targets(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<Publish> {
    let mut targets: Vec<Publish> = Vec::new();
    if let Some(Spanned { value: value @ Data::String(_), .. }) = fields.any("publish")
        && let Some(what) = holds_secret(value)
    {
        // What is no table is an error that shows its line.
        out.push(secret(None, what));
        return targets;
    }
    let tables = fields.tables("publish", out);
    for table in &tables {
        let Some(target) = target(table, out) else { continue };
        if target.name.is_none() && tables.len() > 1 {
            let message = "one of several `[[publish]]` targets has no `name`, so nothing can ask for it";
            out.push(
                Diagnostic::new(Code::MissingKey, table.span, message)
                    // The others can be published to.
                    .severity(Severity::Warning)
                    .help("add `name = …`; `partwork publish NAME` takes it"),
            );
        }
        if targets.iter().any(|earlier| earlier.name.is_some() && earlier.name == target.name) {
            let message = format!("two targets have the name {}", quote(target.name.as_deref().unwrap_or_default()));
            out.push(Diagnostic::new(Code::InvalidValue, table.span, message).help("rename one of the two"));
        }
        targets.push(target);
    }
    targets
}

fn target(table: &Table, out: &mut Vec<Diagnostic>) -> Option<Publish> {
    if let Some(secret) = secret_in(table) {
        out.push(secret);
        return None;
    }
    let mut fields = Fields::new(table, &keys::PUBLISH);
    let name = name(&mut fields, out);
    let to = fields.required("to", out);
    let releases = fields.integer("releases", 1..=1000, out);
    let keep_assets = fields.integer("keep_assets", 0..=3650, out);
    fields.finish(out);
    let to = address(&to?, out)?;
    if let (Some(releases), Ok(PublishTarget::Git { .. } | PublishTarget::S3 { .. } | PublishTarget::Rsync { .. })) =
        (&releases, &to)
    {
        let message = "`releases` is for targets that begin with `file:`";
        out.push(Diagnostic::new(Code::InvalidValue, releases.span, message).help("remove it"));
    }
    Some(Publish {
        name,
        to,
        releases: releases.and_then(|releases| usize::try_from(releases.value).ok()),
        keep_assets: keep_assets.map_or(KEEP_ASSETS, |days| days.value),
    })
}

fn name(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Option<String> {
    let name = fields.string("name", out)?;
    if name.value.trim().is_empty() || name.value.starts_with('-') {
        let message = "`name` is what `partwork publish` takes: not empty, and not like an option";
        out.push(Diagnostic::new(Code::InvalidValue, name.span, message));
    }
    Some(name.value)
}

/// Where to; `None` when that can't be read, and why when it could do harm.
fn address(to: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Result<PublishTarget, String>> {
    match PublishTarget::parse(&to.value) {
        Ok(target) => Some(Ok(target)),
        Err(TargetProblem::Unsafe(problem)) => {
            out.push(Diagnostic::new(Code::UnsafeTarget, to.span, format!("`to` {problem}")));
            Some(Err(problem))
        }
        Err(TargetProblem::Malformed(problem)) => {
            out.push(Diagnostic::new(Code::InvalidValue, to.span, format!("`to` {problem}")));
            None
        }
        // Its table is not read.
        Err(TargetProblem::Credentials(_)) => None,
    }
}

/// The diagnostic for a secret in a table, also under a key that was misspelled.
fn secret_in(table: &Table) -> Option<Diagnostic> {
    if let Some((key, _)) = table.entries.iter().find(|(key, _)| is_secret_key(&key.value)) {
        return Some(secret(Some(table), &format!("the key {}", quote(&key.value))));
    }
    let what = table.entries.iter().find_map(|(_, value)| holds_secret(&value.value))?;
    Some(secret(Some(table), what))
}

/// A diagnostic shows the line it points to, so one about a secret points to no line, and of its
/// target no other one is made that could.
fn secret(target: Option<&Table>, what: &str) -> Diagnostic {
    let name = match target.and_then(|table| table.get("name")).map(|name| &name.value) {
        Some(Data::String(name)) if credentials(name).is_none() => format!("the `[[publish]]` target {}", quote(name)),
        _ => "a `[[publish]]` target".into(),
    };
    let message = format!("{name} holds {what}");
    Diagnostic::file(Code::SecretInSettings, "partwork.toml", message)
        .help("remove it and make a new one, since it may have been committed; credentials come from the environment")
}

fn holds_secret(value: &Data) -> Option<&'static str> {
    match value {
        Data::String(text) => credentials(text),
        _ => None,
    }
}
