//! What a translation says over a plan: `series.<tag>.toml` and `posts.<tag>.toml`.
//!
//! In: the source, and the plan of the original. Out: the plan in that language, with the same entries and ids.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, count, did_you_mean, quote};
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, wrong_type};
use crate::settings::keys;
use crate::site::plan::{Order, Plan, PlannedTrack, label, prose};
use crate::text::source::{SourceId, Sources, Span, Spanned};

/// What a track or a part is called in a language.
struct Words {
    title: Option<Spanned<String>>,
    description: Option<Spanned<String>>,
}

/// Lays a translation over a plan; its mistakes are reported, and leave what the original says.
pub fn lay(plan: &mut Plan, (sources, source): (&Sources, SourceId), out: &mut Vec<Diagnostic>) {
    let Some(mut table) = parse_toml(&Excerpt::whole(sources.text(source), source, 0), out) else { return };
    table.span = Span::start_of(source);
    let is_posts = plan.order != Order::Plan;
    let shape = if is_posts { &keys::TRANSLATED_POSTS } else { &keys::TRANSLATED_SERIES };
    let mut fields = Fields::new(&table, shape);
    if let Some(title) = fields.string("title", out) {
        plan.title = title.value;
    }
    if let Some(description) = fields.string("description", out) {
        plan.description_span = Some(description.span);
        plan.description = description.value;
    }
    plan.prose = prose(&table);
    if !is_posts {
        plan.label = fields.table("label", out).and_then(|table| label(table, out));
        if let Some(tracks) = fields.any("tracks") {
            lay_tracks(&mut plan.tracks, tracks, out);
        }
        let parts = fields.table("parts", out).map(|table| table.entries.as_slice()).unwrap_or_default();
        lay_parts(&mut plan.tracks, parts, out);
    }
    fields.finish(out);
}

/// The tracks by their ids, or one after the other.
fn lay_tracks(tracks: &mut [PlannedTrack], typed: &Spanned<Data>, out: &mut Vec<Diagnostic>) {
    match &typed.value {
        Data::Table(named) => {
            for (id, value) in &named.entries {
                let Some(words) = words(id, value, &keys::TRANSLATED_TRACK, out) else { continue };
                match tracks.iter_mut().find(|track| track.id == id.value) {
                    Some(track) => lay_track(track, words),
                    None => out.push(unknown("track", id, tracks.iter().map(|track| track.id.as_str()))),
                }
            }
        }
        Data::List(items) => {
            let named = tracks.iter().filter(|track| track.title.is_some()).count();
            if items.len() != named {
                let message = format!("the plan has {}, and these are {}", count(named, "track"), items.len());
                out.push(
                    Diagnostic::new(Code::InvalidValue, typed.span, message)
                        .help("list each in its order, or name them: `[tracks.<id>]`"),
                );
            }
            let key = Spanned::new("tracks".to_string(), typed.span);
            let found = items.iter().map(|item| words(&key, item, &keys::TRANSLATED_TRACK, out));
            let found: Vec<_> = found.collect();
            for (track, words) in tracks.iter_mut().filter(|track| track.title.is_some()).zip(found) {
                words.into_iter().for_each(|words| lay_track(track, words));
            }
        }
        _ => drop(wrong_type::<()>("tracks", "a list of tables, or tables by ids", typed, out)),
    }
}

fn lay_track(track: &mut PlannedTrack, words: Words) {
    if let Some(title) = words.title {
        track.title = Some(title.value);
    }
    if let Some(description) = words.description {
        track.description = Some(description.value);
    }
}

fn lay_parts(tracks: &mut [PlannedTrack], typed: &[(Spanned<String>, Spanned<Data>)], out: &mut Vec<Diagnostic>) {
    let mut said: BTreeMap<&str, Words> = BTreeMap::new();
    let ids: Vec<String> = tracks.iter().flat_map(|track| &track.entries).map(|entry| entry.id.value.clone()).collect();
    for (id, value) in typed {
        let Some(words) = words(id, value, &keys::TRANSLATED_ENTRY, out) else { continue };
        if ids.contains(&id.value) {
            said.insert(&id.value, words);
        } else {
            out.push(unknown("part", id, ids.iter().map(String::as_str)));
        }
    }
    for entry in tracks.iter_mut().flat_map(|track| &mut track.entries) {
        // What isn't said here is left to the part, which may say it in the original's language.
        let words = said.remove(entry.id.value.as_str());
        (entry.title, entry.description) =
            words.map_or((None, None), |words| (words.title, words.description.map(|text| text.value)));
    }
}

fn words(
    key: &Spanned<String>,
    value: &Spanned<Data>,
    shape: &'static keys::Shape,
    out: &mut Vec<Diagnostic>,
) -> Option<Words> {
    let Data::Table(table) = &value.value else { return wrong_type(&key.value, "a table", value, out) };
    let table = Table { span: key.span, ..table.clone() };
    let mut fields = Fields::new(&table, shape);
    let is_required = shape.key("title").is_some_and(|key| key.required);
    let title = if is_required { fields.required("title", out) } else { fields.string("title", out) };
    let description = fields.string("description", out);
    fields.finish(out);
    Some(Words { title, description })
}

fn unknown<'a>(what: &str, id: &Spanned<String>, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let message = format!("the plan has no {what} {}", quote(&id.value));
    let near = did_you_mean(&id.value, known.into_iter().filter(|known| !known.is_empty()));
    Diagnostic::new(Code::InvalidId, id.span, message).maybe_help(near)
}
