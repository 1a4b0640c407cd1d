//! What lies below `code/` in the folder of a series, as the states of its program.
//!
//! In: files by their paths, and what `code/<part>.toml` says. Out: a [`Program`], and a diagnostic for what belongs to
//! no part, goes on from none, or can't lie together.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::project::{PROGRAM, Project};
use crate::settings::data::{Excerpt, Fields, parse_toml};
use crate::settings::keys;
use crate::site::ids::PartId;
use crate::site::plan::command;
use crate::site::program::{Program, ProgramState};
use crate::site::series::Series;
use crate::store::origin::Origin;
use crate::store::tree::fold;
use crate::text::path::{self, folders_above};
use crate::text::source::{SourceId, Span, Spanned};

/// What lies in the folder of one state.
#[derive(Default)]
struct Lies {
    files: BTreeMap<String, Origin>,
    source: Option<SourceId>,
}

/// Reads the program of a series; `sources` are the `code/<part>.toml` by part.
pub fn read(
    project: &Project,
    series: &Series,
    sources: &BTreeMap<String, SourceId>,
    out: &mut Vec<Diagnostic>,
) -> Program {
    let folder = format!("content/{}/{PROGRAM}/", series.plan.id);
    let mut lies: BTreeMap<&str, Lies> = BTreeMap::new();
    for (path, file) in project.programs.range(folder.clone()..).take_while(|(path, _)| path.starts_with(&folder)) {
        let Some((id, below)) = path[folder.len()..].split_once('/') else {
            let message = "lies beside the states of the program, and belongs to none";
            let help = "a state is a folder called like its part: `code/<part>/`";
            out.push(Diagnostic::file(Code::BrokenProgram, path, message).help(help));
            continue;
        };
        if series.plan.code.ignore.iter().any(|pattern| is_ignored(&pattern.value, below)) {
            continue;
        }
        if let Err(problem) = path::check(below) {
            let message = format!("no archive can hold the name: {problem}");
            out.push(Diagnostic::file(Code::InvalidPath, path, message).help("rename the file"));
            continue;
        }
        lies.entry(id).or_default().files.insert(below.to_string(), file.clone());
    }
    for (id, source) in sources {
        lies.entry(id).or_default().source = Some(*source);
    }
    let mut reading = Reading { project, series, folder: &folder, program: Program::default(), last: None };
    for part in &series.parts {
        if let Some(lies) = lies.remove(part.id.as_str()) {
            reading.state(part.at, lies, out);
        }
    }
    for (id, lies) in lies.into_iter().filter(|(id, _)| !series.may_have(id)) {
        out.push(without_part(series, (id, &folder), &lies));
    }
    reading.program
}

/// Whether a path in a state is one of those that a pattern leaves out: a pattern with a `/` is a path from the
/// state on, another the name of a file or a folder anywhere.
pub fn is_ignored(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_end_matches('/');
    match pattern.strip_prefix('/').or(pattern.contains('/').then_some(pattern)) {
        Some(pattern) => folders_above(path).chain([path]).any(|path| matches(pattern, path)),
        None => path.split('/').any(|name| matches(pattern, name)),
    }
}

/// Whether a text is as a pattern says, in which `*` stands for any letters but `/`. Takes time in proportion to
/// both lengths.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    // The last star, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, from));
            at += 1;
        } else if pattern.get(at) == Some(&text[from]) {
            at += 1;
            from += 1;
        } else {
            match star {
                Some((place, reach)) if text[reach] != b'/' => {
                    star = Some((place, reach + 1));
                    (at, from) = (place + 1, reach + 1);
                }
                _ => return false,
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

fn without_part(series: &Series, (id, folder): (&str, &str), lies: &Lies) -> Diagnostic {
    let message = format!("the series has no part {}, whose state of the program this would be", quote(id));
    let place = match lies.source {
        Some(source) if lies.files.is_empty() => Diagnostic::new(Code::BrokenProgram, Span::start_of(source), message),
        _ => Diagnostic::file(Code::BrokenProgram, format!("{folder}{id}"), message),
    };
    let help = match series.parts.iter().find(|part| part.known_as.1 == id) {
        Some(part) => format!("the part is called {} now: rename it likewise", quote(&part.id)),
        None => did_you_mean(id, series.parts.iter().map(|part| part.id.as_str()))
            .unwrap_or_else(|| "list the part in the plan, or remove its state".into()),
    };
    place.help(help)
}

struct Reading<'a> {
    project: &'a Project,
    series: &'a Series,
    /// `content/<series>/code/`.
    folder: &'a str,
    program: Program,
    /// The paths of the program as of the last state: most states build on that.
    last: Option<(PartId, Paths)>,
}

/// The paths of a program, and how they look to a disk that doesn't care about letter case.
#[derive(Default)]
struct Paths {
    all: BTreeSet<String>,
    folded: BTreeMap<String, String>,
}

impl Paths {
    fn add(&mut self, path: &str) {
        self.folded.insert(fold(path), path.to_string());
        self.all.insert(path.to_string());
    }

    fn remove(&mut self, path: &str) {
        self.folded.remove(&fold(path));
        self.all.remove(path);
    }

    /// What lies in a folder.
    fn below<'p>(&'p self, folder: &str) -> impl Iterator<Item = &'p String> {
        let folder = format!("{folder}/");
        let from = self.all.range(folder.clone()..);
        from.take_while(move |path| path.starts_with(&folder))
    }
}

/// What a `code/<part>.toml` says.
#[derive(Default)]
struct Said {
    from: Option<Spanned<String>>,
    removed: Vec<Spanned<String>>,
    check: Option<Spanned<String>>,
}

impl Reading<'_> {
    fn state(&mut self, part: PartId, lies: Lies, out: &mut Vec<Diagnostic>) {
        let said = lies.source.map(|source| said(self.project, source, out)).unwrap_or_default();
        let base = match &said.from {
            Some(from) => self.from(part, from, out),
            None => self.program.states.keys().next_back().copied(),
        };
        let mut paths = match (self.last.take(), base) {
            (Some((last, paths)), Some(base)) if last == base => paths,
            (_, Some(base)) => {
                let mut paths = Paths::default();
                self.program.files(base).keys().for_each(|path| paths.add(path));
                paths
            }
            (_, None) => Paths::default(),
        };
        let removed = removed(&said.removed, &paths, &lies.files, out);
        removed.iter().for_each(|path| paths.remove(path));
        for path in lies.files.keys() {
            if let Some(problem) = self.met(part, path, &paths) {
                out.push(problem);
            }
            paths.add(path);
        }
        self.last = Some((part, paths));
        let Lies { files, source } = lies;
        self.program.states.insert(part, ProgramState { part, base, files, removed, source, check: said.check });
    }

    /// The state that a `from` means.
    fn from(&self, part: PartId, from: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<PartId> {
        let parts = &self.series.parts;
        let before = &parts[..part.index()];
        if from.value == "none" {
            return None;
        }
        if let Some(earlier) = before.iter().find(|earlier| earlier.id == from.value) {
            let state = self.program.state_as_of(earlier.at);
            if state.is_none() {
                let message = format!("there is no program as of {}", quote(&from.value));
                let help = "the series has none up to that part; to begin anew, say `from = \"none\"`";
                out.push(Diagnostic::new(Code::BrokenProgram, from.span, message).help(help));
            }
            return state.map(|state| state.part);
        }
        let (message, help) = match parts[part.index()..].iter().find(|later| later.id == from.value) {
            Some(own) if own.at == part => ("the program of a part can't build on itself".to_string(), None),
            Some(_) => (format!("the part {} comes later in the plan", quote(&from.value)), None),
            None if self.series.may_have(&from.value) => return self.program.states.keys().next_back().copied(),
            None => {
                let near = did_you_mean(&from.value, before.iter().map(|part| part.id.as_str()));
                (format!("the series has no part {}", quote(&from.value)), near)
            }
        };
        let help = help.unwrap_or_else(|| "name an earlier part, or `none` to begin anew".into());
        out.push(Diagnostic::new(Code::BrokenProgram, from.span, message).help(help));
        self.program.states.keys().next_back().copied()
    }

    /// What a file of a state can't lie beside.
    fn met(&self, part: PartId, path: &str, paths: &Paths) -> Option<Diagnostic> {
        let id = &self.series.part(part).id;
        let own = format!("{}{id}/{path}", self.folder);
        let remedy = |other: &str| format!("name {} under `removed` in `code/{id}.toml`, or rename one", quote(other));
        let folder = folders_above(path).find(|folder| paths.all.contains(*folder));
        let clash = folder.map(|folder| (folder, path)).or_else(|| Some((path, paths.below(path).next()?.as_str())));
        if let Some((file, below)) = clash {
            let message =
                format!("as of this part {} would be a file, and the folder of {}", quote(file), quote(below));
            let other = if file == path { file } else { folder.unwrap_or(file) };
            return Some(Diagnostic::file(Code::BrokenProgram, own, message).help(remedy(other)));
        }
        let twin = paths.folded.get(&fold(path)).filter(|twin| *twin != path)?;
        let message = format!("a disk that ignores letter case can't tell it from {}", quote(twin));
        Some(Diagnostic::file(Code::DuplicateId, own, message).help(remedy(twin)))
    }
}

fn said(project: &Project, source: SourceId, out: &mut Vec<Diagnostic>) -> Said {
    // Why it can't be read is told already.
    if project.unread.contains(project.sources.path(source)) {
        return Said::default();
    }
    let excerpt = Excerpt::whole(project.sources.text(source), source, 0);
    let Some(table) = parse_toml(&excerpt, out) else { return Said::default() };
    let mut fields = Fields::new(&table, &keys::STATE);
    let removed = fields.strings("removed", out);
    let from = fields.string("from", out);
    let check = fields.string("check", out).and_then(|check| command(check, out));
    fields.finish(out);
    Said { from, removed, check }
}

/// The files of the base that a state takes out: those that it names, and all below the folders that it names.
fn removed(
    named: &[Spanned<String>],
    base: &Paths,
    own: &BTreeMap<String, Origin>,
    out: &mut Vec<Diagnostic>,
) -> BTreeSet<String> {
    let mut removed = BTreeSet::new();
    for name in named {
        let path = name.value.trim_end_matches('/');
        let found: Vec<&String> = base.all.get(path).into_iter().chain(base.below(path)).collect();
        let message = if let Some(kept) = found.iter().find(|path| own.contains_key(**path)) {
            format!("{} is removed, and the state has it", quote(kept))
        } else if found.is_empty() {
            format!("the program has no {} before this part", quote(&name.value))
        } else {
            removed.extend(found.into_iter().cloned());
            continue;
        };
        let near = did_you_mean(path, base.all.iter().map(String::as_str)).filter(|_| found.is_empty());
        out.push(Diagnostic::new(Code::BrokenProgram, name.span, message).maybe_help(near));
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored() {
        for (pattern, path, is) in [
            ("target", "target/debug/x", true),
            ("target", "a/target", true),
            ("target", "targets/x", false),
            ("*.o", "src/x.o", true),
            ("*.o", "x.oo", false),
            ("src/*.c", "src/x.c", true),
            ("src/*.c", "src/a/x.c", false),
            ("/out/", "out/x", true),
            ("/out", "a/out", false),
            ("*", "x", true),
            ("a*b*c", "aXbYbc", true),
        ] {
            assert_eq!(is_ignored(pattern, path), is, "{pattern} {path}");
        }
    }
}
