//! Holds the guide, `content/guide`, against the program that it describes.
//!
//! Each part is a session in a folder of its own, run from its first line to its last: a fence with
//! a title is written to the file of that name, and the commands of a `console` fence are run, with
//! what they printed below them. `cd` holds from then on. The rest is for readers' sake:
//!
//! - The files that [`PROJECT`] holds before its first command are there in every part after it, so
//!   that they stand in the guide once.
//! - A `partwork.toml` without `base_url` is a piece, added to the file that is there.
//! - A `markdown` fence without a title is a piece of an article: it has to be free of diagnostics.
//!
//! The tables between `<!-- generated: NAME -->` and `<!-- /generated -->` come from [`tables`].
//! `UPDATE=1 cargo test --test guide` writes what really happened, and the tables, into the files.

#![expect(clippy::disallowed_methods, reason = "what the guide says is typed into the program")]

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use session::{difference, run_command, timeless, write_file};

#[path = "../common/session.rs"]
mod session;
mod tables;

/// The part whose project the parts after it begin with.
const PROJECT: &str = "the-plan";

const OPENS: &str = "<!-- generated: ";
const CLOSES: &str = "<!-- /generated -->";

#[test]
fn the_guide_is_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/guide");
    let plan = fs::read_to_string(folder.join("series.toml")).expect("the plan");
    let plan: toml::Table = plan.parse().expect("TOML");
    let tracks = plan["tracks"].as_array().expect("tracks");
    let parts: Vec<&str> = tracks
        .iter()
        .flat_map(|track| track["parts"].as_array().expect("parts"))
        .map(|part| part.as_str().expect("an id"))
        .collect();
    let project_at = parts.iter().position(|part| *part == PROJECT).expect("the project's part");
    let project = fs::read_to_string(folder.join(PROJECT).with_extension("md")).expect("the project's part");
    let update = std::env::var_os("UPDATE").is_some();
    let check = |at: usize| -> Vec<String> {
        let path = folder.join(parts[at]).with_extension("md");
        let text = fs::read_to_string(&path).expect("a part");
        let mut problems = Vec::new();
        let tables = with_tables(&text, &mut problems);
        let found = Session::new((at > project_at).then_some(&*project)).run(&tables, &mut problems);
        if found != text && update {
            fs::write(&path, &found).expect("written");
        } else if found != text {
            problems.push(difference(&text, &found));
        }
        problems.iter().map(|problem| format!("{}: {problem}", parts[at])).collect()
    };
    let problems: Vec<String> = (0..parts.len()).into_par_iter().flat_map_iter(check).collect();
    assert!(problems.is_empty(), "{}\nUPDATE=1 accepts what happened\n", problems.join("\n"));
    let all: Vec<String> = parts.iter().map(|part| read(&folder, part)).collect();
    for (name, _) in tables::ALL {
        let uses: usize = all.iter().map(|text| text.matches(&format!("{OPENS}{name} -->")).count()).sum();
        assert_eq!(uses, 1, "places of the table {name:?}");
    }
}

fn read(folder: &Path, part: &str) -> String {
    fs::read_to_string(folder.join(part).with_extension("md")).expect("a part")
}

/// A part with its tables as they have to be.
fn with_tables(text: &str, problems: &mut Vec<String>) -> String {
    let mut pieces = text.split(OPENS);
    let mut found = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (Some((name, _)), Some((_, rest))) = (piece.split_once(" -->"), piece.split_once(CLOSES)) else {
            problems.push(format!("a table is not closed: {piece:.40}"));
            continue;
        };
        match tables::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, table)) => found.push_str(&format!("{OPENS}{name} -->\n\n{}\n{CLOSES}{rest}", table())),
            None => problems.push(format!("there is no table {name:?}")),
        }
    }
    found
}

/// A fence of an article that is no block.
struct Fence<'a> {
    language: &'a str,
    /// The path of the file that it holds.
    title: Option<&'a str>,
    content: Range<usize>,
}

fn fences(text: &str) -> Vec<Fence<'_>> {
    let mut fences = Vec::new();
    for (event, range) in Parser::new_ext(text, Options::empty()).into_offset_iter() {
        let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) = event else { continue };
        let block = &text[range.clone()];
        let (info, rest) = block.split_once('\n').expect("an opening line");
        let content = rest.rfind("```").map_or(rest, |end| rest[..end].trim_end_matches('`'));
        let start = range.start + info.len() + 1;
        let info = info.trim_start_matches('`');
        let title = info.split("title=\"").nth(1).and_then(|rest| rest.split('"').next());
        let language = info.split([' ', '{']).next().unwrap_or_default();
        fences.push(Fence { language, title, content: start..start + content.len() });
    }
    fences
}

/// What a reader has who follows a part: a home folder, and a place in it.
struct Session {
    home: tempfile::TempDir,
    folder: PathBuf,
    /// Files that no command has seen yet.
    unseen: Vec<String>,
}

impl Session {
    /// In an empty folder, or in that of a project.
    fn new(project: Option<&str>) -> Session {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("lamps");
        let mut session = Session { folder: home.path().into(), home, unseen: Vec::new() };
        if let Some(project) = project {
            fs::create_dir(&folder).expect("a folder");
            session.folder = folder;
            for fence in fences(project).into_iter().take_while(|fence| fence.language != "console") {
                if let Some(title) = fence.title {
                    session.write(title, &project[fence.content]);
                }
            }
            session.unseen.clear();
        }
        session
    }

    /// A part with what its commands print.
    fn run(mut self, text: &str, problems: &mut Vec<String>) -> String {
        let mut found = String::new();
        let mut at = 0;
        for Fence { language, title, content } in fences(text) {
            match (language, title) {
                (_, Some(title)) => self.write(title, &text[content]),
                ("console", None) => {
                    found.push_str(&text[at..content.start]);
                    found.push_str(&self.transcript(&text[content.clone()]));
                    at = content.end;
                }
                ("markdown", None) => problems.extend(self.check_piece(&text[content])),
                // Blocks, and what is printed by nothing.
                ("comparison" | "figure" | "table" | "sketch" | "decision" | "quiz" | "text" | "nginx", None) => {}
                (language, None) => {
                    problems.push(format!("a fence of {language:?} that nothing holds against the program"))
                }
            }
        }
        problems.extend(self.unseen.iter().map(|path| format!("no command looks at {path}")));
        found.push_str(&text[at..]);
        found
    }

    fn write(&mut self, path: &str, content: &str) {
        let before = fs::read_to_string(self.folder.join(path)).unwrap_or_default();
        let is_piece = path == "partwork.toml" && !content.contains("base_url");
        let content = if is_piece { format!("{before}\n{content}") } else { content.to_string() };
        write_file(&self.folder, path, &content);
        self.unseen.push(path.into());
    }

    /// Runs the commands of a fence. What differs in times and fingerprints alone stays as it was.
    fn transcript(&mut self, fence: &str) -> String {
        let mut found = String::new();
        for line in fence.lines() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            found.push_str(&format!("{line}\n"));
            if let Some(folder) = command.strip_prefix("cd ") {
                self.folder = self.folder.join(folder);
                continue;
            }
            // In the order of a terminal, which tells no status.
            let printed = run_command(&format!("exec 2>&1\n{command}"), &self.folder, self.home.path(), "~");
            found.extend(printed.split_inclusive('\n').filter(|line| !line.starts_with("[exit ")));
        }
        self.unseen.clear();
        if timeless(&found) == timeless(fence) { fence.to_string() } else { found }
    }

    /// Puts a piece into an article of the series, and says what is wrong with it.
    fn check_piece(&self, piece: &str) -> Vec<String> {
        const PATH: &str = "content/light/piece.md";
        let article = format!("+++\ntitle = \"A piece\"\nstatus = \"draft\"\n+++\n{piece}");
        write_file(&self.folder, PATH, &article);
        let command = "partwork check --drafts --format json 2>&1";
        let printed = run_command(command, &self.folder, self.home.path(), "~");
        fs::remove_file(self.folder.join(PATH)).expect("removed");
        let found = printed.lines().filter(|line| line.contains(PATH)).map(str::to_string);
        found.chain((!printed.contains("\"diagnostics\":")).then(|| printed.clone())).collect()
    }
}
