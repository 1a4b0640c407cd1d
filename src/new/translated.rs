//! What originals say now, recorded as what their translations say.
//!
//! In: a project, its sites, and the names of what was translated. Out: the files that say so, made or changed.
//! Nothing else is written.

use std::collections::BTreeMap;
use std::path::Path;

use super::changes::{Changes, Create, Edit, New, Problem};
use crate::diagnostic::{count, did_you_mean, list, quote};
use crate::parse::aligned::{self, Recorded};
use crate::project::Project;
use crate::site::Site;
use crate::site::behind::{known_as, recorded, said, translated_site};
use crate::site::languages::Standing;
use crate::text::source::SourceId;

/// A translation, of those that may be meant.
struct Candidate<'a> {
    language: &'a str,
    translation: SourceId,
    standing: &'a Standing,
}

/// Records that translations say what their originals say: those that are named, of all languages or one, else those
/// that nothing was recorded of yet. What was recorded of others stays.
pub fn translated(
    root: &Path,
    (project, sites): (&Project, &[Site]),
    named: &[String],
    language: Option<&str>,
) -> Result<New, Problem> {
    let Some((originals, further)) = sites.split_first() else { return Err(Problem::Content) };
    if let Some(tag) = language {
        translated_site(sites, tag).map_err(Problem::Usage)?;
    }
    let all: Vec<Candidate<'_>> = candidates(further).collect();
    let meant: Vec<&Candidate<'_>> = match named {
        [] => {
            let is_meant = |candidate: &&Candidate<'_>| {
                candidate.standing.behind.is_none() && language.is_none_or(|tag| tag == candidate.language)
            };
            all.iter().filter(is_meant).collect()
        }
        named => {
            let found = named.iter().map(|name| by_name(project, name, language, &all));
            found.collect::<Result<Vec<_>, _>>()?
        }
    };
    let mut files: BTreeMap<&str, BTreeMap<&str, Recorded>> = BTreeMap::new();
    for Candidate { standing, .. } in &meant {
        let now = aligned::recorded(&said(project, originals, standing.original));
        files.entry(&standing.record).or_default().insert(&standing.name, now);
    }
    let mut changes = Changes { place: root.to_path_buf(), create: Vec::new(), edit: Vec::new() };
    for (path, new) in files {
        let there = project.data.iter().copied().find(|source| project.sources.path(*source) == path);
        // Its mistakes were told before.
        let mut record = there.map(|source| recorded(project, source, &mut Vec::new())).unwrap_or_default();
        let is_pair = |name: &str| all.iter().any(|of| of.standing.record == path && of.standing.name == name);
        record.retain(|name, _| is_pair(name));
        record.extend(new.into_iter().map(|(name, sections)| (name.to_string(), sections)));
        let (path, after) = (root.join(path), text(&record).into_bytes());
        match there.map(|source| project.sources.text(source).as_bytes().to_vec()) {
            Some(before) if before == after => {}
            Some(before) => changes.edit.push(Edit { path, before, after }),
            None => changes.create.push(Create { path, bytes: after }),
        }
    }
    let next = match meant.len() {
        0 => "every translation is recorded; name one to say that it says what its original says now".to_string(),
        many => format!("{} recorded", count(many, "translation")),
    };
    Ok(New { changes, next: vec![next] })
}

fn candidates(further: &[Site]) -> impl Iterator<Item = Candidate<'_>> {
    further.iter().flat_map(|site| {
        site.standings.iter().map(|(translation, standing)| Candidate {
            language: &site.config.language,
            translation: *translation,
            standing,
        })
    })
}

/// The translation that a name means: the original's with a language, or its own.
fn by_name<'c, 'a>(
    project: &Project,
    typed: &str,
    language: Option<&str>,
    all: &'c [Candidate<'a>],
) -> Result<&'c Candidate<'a>, Problem> {
    let name = known_as(typed);
    let path = |source: SourceId| known_as(project.sources.path(source));
    let is_in = |candidate: &&Candidate<'_>| language.is_none_or(|tag| tag == candidate.language);
    if let Some(own) = all.iter().filter(is_in).find(|candidate| path(candidate.translation) == name) {
        return Ok(own);
    }
    let found: Vec<&Candidate<'_>> =
        all.iter().filter(is_in).filter(|candidate| path(candidate.standing.original) == name).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let near = did_you_mean(name, all.iter().map(|candidate| path(candidate.standing.original)));
            let near = near.map(|near| format!("; {near}")).unwrap_or_default();
            let language = language.map(|tag| format!(" into {}", quote(tag))).unwrap_or_default();
            Err(Problem::Usage(format!("{} isn't translated{language}{near}", quote(name))))
        }
        several => {
            let tags = list(several.iter().map(|candidate| candidate.language), "and");
            Err(Problem::Usage(format!("{} is translated into {tags}; say which with `--language`", quote(name))))
        }
    }
}

/// A record as it is kept: a line a section, so that two that change in different places merge.
fn text(file: &BTreeMap<String, Recorded>) -> String {
    let mut text =
        String::from("# What each original said when it was translated, written by `partwork translated`.\n");
    for (name, sections) in file {
        // A text of JSON is one of TOML.
        text.push_str(&format!("\n{} = [\n", serde_json::json!(name)));
        sections.iter().for_each(|section| text.push_str(&format!("  \"{}\",\n", section.join(" "))));
        text.push_str("]\n");
    }
    text
}
