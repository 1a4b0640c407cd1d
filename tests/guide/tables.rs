//! The tables of the guide that are made from the program.

use std::collections::BTreeSet;

use clap::builder::StyledStr;
use clap::{Arg, Args, Command, CommandFactory};
use partwork::blocks::{comparison, decision, figure, quiz, sketch, table};
use partwork::cli::{Cli, NewFlags, Shared};
use partwork::diagnostic::{Code, list};
use partwork::outputs::contract;
use partwork::settings::keys::{self, Key, Kind, Shape};

/// A table: the name that stands in the guide, and what makes its text, which ends in one line end.
pub type Table = (&'static str, fn() -> String);

/// All of them.
pub const ALL: &[Table] = &[
    ("commands", commands),
    ("shared-flags", || flags(shared().get_arguments())),
    ("site", || shape(&keys::SITE)),
    ("series", || shape(&keys::SERIES)),
    ("part", || shape(&keys::PART)),
    ("side", || shape(&keys::SIDE)),
    ("posts", || shape(&keys::POSTS)),
    ("post", || shape(&keys::POST)),
    ("page", || shape(&keys::PAGE)),
    ("translation", || shape(&keys::TRANSLATION)),
    ("translated-series", || shape(&keys::TRANSLATED_SERIES)),
    ("glossary", || shape(&keys::GLOSSARY)),
    ("state", || shape(&keys::STATE)),
    ("ledger", || shape(&keys::LEDGER)),
    ("comparison", || shape(&comparison::COMPARISON)),
    ("placed", || shape(&comparison::PLACED)),
    ("figure", || shape(&figure::FIGURE)),
    ("table", || shape(&table::TABLE)),
    ("sketch", || shape(&sketch::SKETCH)),
    ("decision", || shape(&decision::DECISION)),
    ("quiz", || shape(&quiz::QUIZ)),
    ("language", || shape(&keys::LANGUAGE)),
    ("contract", contract::markdown),
    ("diagnostics", diagnostics),
];

fn shared() -> Command {
    Shared::augment_args(Command::new("shared"))
}

/// A section for each command, with the flags that it has beside the shared ones.
fn commands() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut text = String::new();
    let is_documented = |command: &&Command| command.get_name() != "help";
    for command in cli.get_subcommands().filter(is_documented) {
        let inner: Vec<&Command> = command.get_subcommands().filter(is_documented).collect();
        for command in if inner.is_empty() { vec![command] } else { inner } {
            section(&mut text, command);
        }
    }
    text.trim_start().to_string()
}

fn section(text: &mut String, command: &Command) {
    let ids = |command: Command| -> BTreeSet<String> {
        command.get_arguments().map(|arg| arg.get_id().to_string()).collect()
    };
    let own: BTreeSet<String> = command.get_arguments().map(|arg| arg.get_id().to_string()).collect();
    let has_shared = ids(shared()).is_subset(&own);
    let with_new = NewFlags::augment_args(Command::new("new"));
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_long_about().or(command.get_about()).map(words).unwrap_or_default();
    text.push_str(&format!("\n### {name}\n\n{about}"));
    text.push_str(if about.ends_with('.') { "\n" } else { ".\n" });
    if has_shared {
        text.push_str("\nTakes the [shared flags](#shared-flags).\n");
    }
    let is_own = |arg: &&Arg| !has_shared || !ids(shared()).contains(arg.get_id().as_str());
    let known = |arg: &&Arg| !["help", "version"].contains(&arg.get_id().as_str());
    // What all that make files have, last.
    let (last, first): (Vec<&Arg>, Vec<&Arg>) = command
        .get_arguments()
        .filter(is_own)
        .filter(known)
        .partition(|arg| with_new.get_arguments().any(|other| other.get_id() == arg.get_id()));
    if !first.is_empty() || !last.is_empty() {
        text.push_str(&format!("\n{}", flags(first.into_iter().chain(last))));
    }
}

fn flags<'a>(args: impl Iterator<Item = &'a Arg>) -> String {
    let mut text = String::from("| Flag | What it does |\n| --- | --- |\n");
    for arg in args {
        let value = arg.get_value_names().and_then(|names| names.first()).filter(|_| arg.get_action().takes_values());
        let value = value.map(|name| name.to_string()).unwrap_or_default();
        let spelled = match (arg.get_short(), arg.get_long()) {
            (Some(short), Some(long)) => format!("-{short}, --{long} {value}"),
            (None, Some(long)) => format!("--{long} {value}"),
            _ => value.to_uppercase(),
        };
        let mut meaning = arg.get_help().map(words).unwrap_or_default();
        let choices: Vec<String> = arg
            .get_possible_values()
            .iter()
            .filter(|_| arg.get_action().takes_values())
            .map(|value| value.get_name().to_string())
            .collect();
        if !choices.is_empty() {
            meaning.push_str(&format!(
                "{}{}",
                if meaning.is_empty() { "" } else { ": " },
                list(choices.iter().map(String::as_str), "or")
            ));
        }
        for default in arg.get_default_values().iter().filter(|_| arg.get_action().takes_values()) {
            meaning.push_str(&format!("; `{}` without it", default.to_string_lossy()));
        }
        text.push_str(&format!("| `{}` | {} |\n", spelled.trim(), cell(&meaning)));
    }
    text
}

/// The help of clap in one line, names of files and variables as code.
fn words(help: &StyledStr) -> String {
    let text = help.to_string();
    let paragraphs: Vec<String> =
        text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    paragraphs.join(". ")
}

/// The keys of a table, and under a heading those of each table within it.
fn shape(shape: &Shape) -> String {
    let mut text = keys_of(shape);
    inner(&mut text, shape, "");
    text
}

const HEAD: &str = "| Key | What it is |\n| --- | --- |\n";

fn keys_of(shape: &Shape) -> String {
    let mut text = String::from(HEAD);
    for key in shape.keys {
        row(&mut text, key, "");
    }
    if let Some(kind) = shape.others {
        text.push_str(&format!("| *others* | {}. Of your own choice. |\n", capital(&kind_words(kind))));
    }
    text
}

fn row(text: &mut String, key: &Key, when: &str) {
    let needed = if key.required { ", required" } else { "" };
    let kind = capital(&kind_words(key.kind));
    text.push_str(&format!("| `{}` | *{kind}{needed}.* {when}{} |\n", key.name, cell(key.doc)));
}

/// The tables within a table, each with the way in which it is written.
fn inner(text: &mut String, shape: &Shape, path: &str) {
    for key in shape.keys {
        let name = if path.is_empty() { key.name.to_string() } else { format!("{path}.{}", key.name) };
        tables(text, key.kind, &name, Form::Table);
    }
}

/// How a table is written.
#[derive(Clone, Copy)]
enum Form {
    Table,
    List,
    /// In place of a text or an id.
    Inline,
}

fn tables(text: &mut String, kind: Kind, name: &str, form: Form) {
    match kind {
        Kind::Table(shape) if shape.keys.is_empty() => {}
        Kind::Table(shape) => {
            let heading = match form {
                Form::Table => format!("`[{name}]`"),
                Form::List => format!("`[[{name}]]`"),
                Form::Inline => format!("`{name}`, where it is a table"),
            };
            text.push_str(&format!("\n### {heading}\n\n{}", keys_of(shape)));
            inner(text, shape, name);
        }
        Kind::List(item, _) => tables(text, *item, name, Form::List),
        Kind::Named(item) => tables(text, *item, &format!("{name}.<id>"), Form::Table),
        Kind::Either(one, other) => {
            tables(text, *one, name, Form::Inline);
            tables(text, *other, name, Form::Inline);
        }
        Kind::Variants(tag, shapes) => {
            text.push_str(&format!("\n### `[{name}]`\n\n{HEAD}"));
            let is_common = |key: &Key| shapes.iter().all(|(_, shape)| shape.key(key.name).is_some());
            let first = shapes.first().map_or(&[][..], |(_, shape)| shape.keys);
            for key in first.iter().filter(|key| is_common(key)) {
                row(text, key, "");
            }
            for (value, shape) in shapes {
                for key in shape.keys.iter().filter(|key| !is_common(key)) {
                    row(text, key, &format!("With `{tag} = \"{value}\"`: "));
                }
            }
        }
        _ => {}
    }
}

fn kind_words(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".into(),
        Kind::Inline => "inline Markdown".into(),
        Kind::Id => "id".into(),
        Kind::Url => "URL".into(),
        Kind::Alias | Kind::Permalink => "address".into(),
        Kind::Date => "date".into(),
        Kind::Bool => "true or false".into(),
        Kind::Integer(from, to) => format!("{from} to {to}"),
        Kind::Choice(names) => list(names.iter().copied(), "or"),
        Kind::List(item, 0) => format!("list of {}", many(*item)),
        Kind::List(item, least) => format!("list of {least} or more {}", many(*item)),
        Kind::Table(_) | Kind::Variants(..) => "table".into(),
        Kind::Named(item) => format!("{} by id", many(*item)),
        Kind::Either(one, other) => format!("{} or {}", kind_words(*one), kind_words(*other)),
        Kind::Free => "any".into(),
    }
}

fn many(kind: Kind) -> String {
    match kind {
        Kind::Text => "texts".into(),
        Kind::Id => "ids".into(),
        Kind::Alias | Kind::Permalink => "addresses".into(),
        Kind::Table(_) => "tables".into(),
        Kind::Either(one, other) => format!("{} or {}", many(*one), many(*other)),
        Kind::List(..) => "lists".into(),
        kind => kind_words(kind),
    }
}

/// Every code with the first sentence of its explanation.
fn diagnostics() -> String {
    let mut codes = Code::ALL.to_vec();
    codes.sort_by_key(|code| code.name());
    let mut text = String::from("| Code | What it says |\n| --- | --- |\n");
    for code in codes {
        let explanation = code.explanation();
        let paragraph = explanation.split("\n\n").next().unwrap_or_default();
        let sentence = paragraph.split_inclusive(". ").next().unwrap_or_default().trim();
        text.push_str(&format!("| `{}` | *{}.* {} |\n", code.name(), capital(code.severity().name()), cell(sentence)));
    }
    text
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A text in a cell of a table, where a bar or the end of a line would end it.
fn cell(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
