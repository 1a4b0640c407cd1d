//! Files of data that templates ask for: `data(path="data/team.toml")`.
//!
//! In: a project, and which files its templates name. Out: what stands in each as a value, or why there is none, which
//! whoever asks for it is told. A path begins at the project's folder and leads where a listing's may; one is read
//! only where a template names it in quotes, so that all that pages are made from is known before they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use crate::diagnostic::did_you_mean;
use crate::project::Project;
use crate::project::places::{MOST_SOURCE_BYTES, of_project};
use crate::settings::config::Config;
use crate::text::csv;
use crate::text::path::join;

/// How a template asks for one.
const CALL: &str = "data(path=\"";

/// What was read for templates.
#[derive(Debug, Default)]
pub struct Data {
    /// By path below the root.
    values: BTreeMap<String, Result<Value, String>>,
    /// What stands for all of it.
    pub hash: [u8; 32],
}

impl Data {
    /// What templates name, be it there or not.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.values.keys()
    }
}

/// Reads what the templates of a project name.
pub fn read(project: &Project, config: &Config) -> Data {
    let texts = project.templates.values().map(|source| project.sources.text(*source));
    let paths: BTreeSet<&str> = texts.flat_map(named).collect();
    let mut hasher = blake3::Hasher::new();
    let mut values = BTreeMap::new();
    for path in paths {
        let text = text(project, config, path);
        let said = text.as_ref().map_or_else(String::as_str, String::as_str);
        for piece in [path, said] {
            hasher.update(&(piece.len() as u64).to_le_bytes()).update(piece.as_bytes());
        }
        values.insert(path.to_string(), text.and_then(|text| value(path, &text)));
    }
    Data { values, hash: *hasher.finalize().as_bytes() }
}

/// The paths that a template names.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(CALL).filter_map(move |(at, _)| {
        let is_name = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        text[at + CALL.len()..].split_once('"').map(|(path, _)| path).filter(|_| !is_name)
    })
}

fn text(project: &Project, config: &Config, path: &str) -> Result<String, String> {
    if join("", path).as_deref() != Some(path) {
        return Err(format!("`{path}` is no path from the project's folder"));
    }
    let file =
        project.disk.as_ref().ok_or(None).and_then(|disk| of_project(disk, config, path)).map_err(|refused| {
            match refused {
                Some(refused) => format!("`{path}` {refused}"),
                None => format!("the project has no file `{path}`"),
            }
        })?;
    let bytes = file.read(MOST_SOURCE_BYTES).map_err(|error| format!("`{path}` can't be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_| format!("`{path}` is not UTF-8"))
}

/// What stands in a file: of comma-separated values a list with a table for each row, by the names in the first.
fn value(path: &str, text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let place = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        format!("{path}:{line}:{column}")
    };
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "toml" => {
            let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
                format!("{}: {}", place(error.span().map_or(0, |span| span.start)), error.message())
            })?;
            Ok(Value::from_serializable(&plain(toml::Value::Table(table))))
        }
        "json" => {
            let json: serde_json::Value = serde_json::from_str(text).map_err(|error| format!("{path}: {error}"))?;
            Ok(Value::from_serializable(&json))
        }
        "csv" => {
            let rows = csv::rows(text).map_err(|quote| format!("{}: the quote is not closed", place(quote.start)))?;
            let mut rows = rows.into_iter();
            let head = rows.next().map(|row| row.cells).unwrap_or_default();
            let mut tables = Vec::new();
            for row in rows {
                if row.cells.len() != head.len() {
                    let (has, wanted) = (row.cells.len(), head.len());
                    return Err(format!("{}: the row has {has} cells, and the head {wanted}", place(row.range.start)));
                }
                let cells = head.iter().cloned().zip(row.cells.into_iter().map(serde_json::Value::from));
                tables.push(cells.collect::<serde_json::Map<_, _>>());
            }
            Ok(Value::from_serializable(&tables))
        }
        _ => Err(format!("`{path}` is of no kind that is read: name a `.toml`, a `.json` or a `.csv`")),
    }
}

/// TOML as templates see it: a date is a text, as in front matter.
fn plain(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(plain).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
    }
}

/// The function that gives templates what was read.
pub fn register(tera: &mut Tera, data: &Arc<Data>) {
    let data = data.clone();
    tera.register_function("data", move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<Value> {
        let path: String = kwargs.must_get("path")?;
        match data.values.get(&path) {
            Some(Ok(value)) => Ok(value.clone()),
            Some(Err(problem)) => Err(tera::Error::message(problem)),
            None => {
                let near = did_you_mean(&path, data.paths().map(String::as_str));
                let near = near.map(|near| format!("; {near}")).unwrap_or_default();
                Err(tera::Error::message(format!("`{path}` is not read: name it in the call, in double quotes{near}")))
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_templates_name() {
        let text = "{% set a = data(path=\"data/a.toml\") %}{{ metadata(path=\"x\") }}{{ data(path=name) }}{{data(path=\"b.csv\")}}";
        assert_eq!(named(text).collect::<Vec<_>>(), ["data/a.toml", "b.csv"]);
    }

    #[test]
    fn files_are_values() {
        let said = |path: &str, text: &str| value(path, text).map(|value| value.to_string());
        for (path, text, problem) in [
            ("a.toml", "a = 1\nb = \"", "a.toml:2:"),
            ("a.json", "{\"a\": }", "a.json: "),
            ("a.csv", "a,b\n1,2,3\n", "a.csv:2:1: the row has 3 cells, and the head 2"),
            ("a.csv", "a\n\"x\n", "a.csv:2:1: the quote is not closed"),
            ("a.yaml", "a: 1", "`a.yaml` is of no kind that is read"),
        ] {
            assert!(said(path, text).is_err_and(|found| found.starts_with(problem)), "{path} {:?}", said(path, text));
        }
        assert!(said("a.csv", "\u{feff}name;year\nAda;1815\n").is_ok_and(|found| found.contains("Ada")));
        assert!(said("a.toml", "when = 2025-01-01").is_ok_and(|found| found.contains("2025-01-01")));
    }
}
