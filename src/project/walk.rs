//! The files of a folder that a site is made from.
//!
//! In: one of the folders of a project. Out: every file in it, by the name that the project has for it, and where it
//! lies. Folders are listed from the project's own handle. A link is followed once it is known where it leads.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic};
use crate::project::places::{Refused, follow, is_ignored};
use crate::project::{PLAN, PROGRAM, Project};
use crate::store::dir::Form;
use crate::store::origin::{Origin, Root};
use crate::text::source::nfc;

/// The most files behind linked folders: links in folders that links lead to have twice as many with each step.
const MOST_LINKED: usize = 100_000;

/// What a project says to hosts itself.
const RULES: [&str; 2] = ["static/_headers", "static/_redirects"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Article,
    Data,
    Template,
    File,
    /// Of the program of a series: no content, whatever it is called.
    Program,
}

#[derive(Debug)]
pub struct Found {
    pub path: String,
    pub disk: Origin,
    pub role: Role,
    /// Whether its text is wanted.
    pub is_text: bool,
}

/// Finds the files of a folder below the root; what can't be read is noted in the project.
pub fn walk(folder: &'static str, root: &Root, project: &mut Project) -> Vec<Found> {
    let mut walk = Walk { root, folder, project, found: Vec::new(), linked: 0 };
    let top = Path::new(folder);
    match root.form(top) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => walk.refuse(top, &Refused::Unreadable(error)),
        Ok(Form::Folder) => walk.list(top, &Place { below: top.into(), above: None, is_linked: false }),
        Ok(Form::Link) => match follow(root, top).map(|below| (root.form(&below), below)) {
            Ok((Ok(Form::Folder), below)) => walk.list(top, &Place { below, above: None, is_linked: true }),
            Ok((Ok(_), _)) => walk.tell(top, a_file()),
            Ok((Err(error), _)) => walk.refuse(top, &Refused::Unreadable(error)),
            Err(refused) => walk.refuse(top, &refused),
        },
        Ok(_) => walk.tell(top, a_file()),
    }
    walk.found
}

fn a_file() -> (&'static str, &'static str) {
    ("is a file, and a folder has that name", "rename it, and make the folder")
}

/// A folder that is being listed.
struct Place<'a> {
    /// Where it lies, links followed.
    below: PathBuf,
    /// What it stands in.
    above: Option<&'a Place<'a>>,
    /// Whether a link led there or further up.
    is_linked: bool,
}

impl Place<'_> {
    /// Whether it or one that it stands in lies there.
    fn is_within(&self, below: &Path) -> bool {
        self.below == below || self.above.is_some_and(|above| above.is_within(below))
    }
}

struct Walk<'p> {
    root: &'p Root,
    folder: &'static str,
    project: &'p mut Project,
    found: Vec<Found>,
    linked: usize,
}

impl Walk<'_> {
    fn list(&mut self, name: &Path, place: &Place<'_>) {
        let names = match self.root.list(&place.below) {
            Ok(names) => names,
            Err(error) => return self.refuse(name, &Refused::Unreadable(error)),
        };
        let depth = name.components().count();
        let is_series = self.folder == "content" && names.iter().any(|(last, _)| last == PLAN);
        for (last, form) in names {
            if is_series && last == PROGRAM && form != Form::File {
                self.program(&name.join(&last), (place.below.join(&last), form, place.is_linked), &name.join(&last));
                continue;
            }
            if is_ignored(&last.to_string_lossy(), depth, self.folder) {
                continue;
            }
            let (name, below) = (name.join(&last), place.below.join(&last));
            if form == Form::Link {
                self.link(&name, place);
            } else {
                self.take(&name, below, (form, place.is_linked), place);
            }
        }
    }

    /// Takes what stands at a name in the program of a series, whose folder is `top`. Each name counts but git's;
    /// a link leads to no file of it.
    fn program(&mut self, name: &Path, (below, form, is_linked): (PathBuf, Form, bool), top: &Path) {
        if is_linked && self.is_beyond(name) {
            return;
        }
        match form {
            Form::Folder => {
                let names = match self.root.list(&below) {
                    Ok(names) => names,
                    Err(error) => return self.refuse(name, &Refused::Unreadable(error)),
                };
                for (last, form) in names.into_iter().filter(|(last, _)| last != ".git") {
                    self.program(&name.join(&last), (below.join(&last), form, is_linked), top);
                }
            }
            Form::File => {
                let is_data = name.parent() == Some(top) && name.extension().is_some_and(|ending| ending == "toml");
                let role = if is_data { Role::Data } else { Role::Program };
                self.file_of(name, |walk| Found { role, is_text: is_data, ..walk.file(name, &below) });
            }
            Form::Link => {
                let message = "is a link and was left out: a program is what lies in its folder";
                let diagnostic = Diagnostic::file(Code::SkippedFile, display(name), message);
                self.project.diagnostics.push(diagnostic.help("copy what it points at in its place"));
            }
            Form::Other => self.tell_other(name),
        }
    }

    fn link(&mut self, name: &Path, place: &Place<'_>) {
        // Links of the folders above are followed already.
        let link = place.below.join(name.file_name().unwrap_or_default());
        let followed = follow(self.root, &link).and_then(|below| {
            let form = self.root.form(&below).map_err(Refused::Unreadable)?;
            Ok((below, form))
        });
        match followed {
            Ok((below, _)) if place.is_within(&below) => self.unread(
                name,
                Diagnostic::file(
                    Code::LinkLeavesProject,
                    display(name),
                    "the link leads to a folder that it stands in",
                )
                .help("remove the link"),
            ),
            Ok((below, form)) => self.take(name, below, (form, true), place),
            Err(refused) => self.refuse(name, &refused),
        }
    }

    /// Takes what stands at a name and lies elsewhere perhaps.
    fn take(&mut self, name: &Path, below: PathBuf, (form, is_linked): (Form, bool), place: &Place<'_>) {
        if is_linked && self.is_beyond(name) {
            return;
        }
        match form {
            Form::Folder if is_text_name(self.folder, name) => {
                self.tell(name, ("is a folder, and a file has that name", "rename it"));
            }
            Form::Folder => self.list(name, &Place { below, above: Some(place), is_linked }),
            Form::File => self.file_of(name, |walk| walk.file(name, &below)),
            Form::Link | Form::Other => self.tell_other(name),
        }
    }

    /// Counts a file behind a link; says whether there are too many, once with a word about it.
    fn is_beyond(&mut self, name: &Path) -> bool {
        self.linked += 1;
        if self.linked == MOST_LINKED {
            let message = format!("more than {MOST_LINKED} files stand behind links; this one and others are left out");
            let help = "let fewer links lead to folders that have links themselves";
            self.project.diagnostics.push(Diagnostic::file(Code::TooLarge, display(name), message).help(help));
        }
        self.linked >= MOST_LINKED
    }

    /// Adds a file whose name is a text.
    fn file_of(&mut self, name: &Path, file: impl FnOnce(&Self) -> Found) {
        if name.to_str().is_some() {
            self.found.push(file(self));
        } else {
            let diagnostic = Diagnostic::file(Code::InvalidPath, display(name), "the name is not UTF-8");
            self.project.diagnostics.push(diagnostic.help("rename the file"));
        }
    }

    fn tell_other(&mut self, name: &Path) {
        let message = "is no ordinary file and was left out";
        self.project.diagnostics.push(Diagnostic::file(Code::SkippedFile, display(name), message));
    }

    /// What a file of a folder is.
    fn file(&self, name: &Path, below: &Path) -> Found {
        let path = display(name);
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let role = match (self.folder, extension) {
            ("content", "md") => Role::Article,
            ("content", "toml") => Role::Data,
            ("content", "bib") if path.ends_with("/sources.bib") => Role::Data,
            ("templates", _) => Role::Template,
            _ => Role::File,
        };
        let is_table = self.folder == "content" && extension == "csv";
        let is_text = is_table
            || role != Role::File
            || matches!(extension, "svg" | "css" | "js")
            || RULES.contains(&path.as_str());
        Found { path: nfc(&path).into_owned(), disk: self.root.file(name, below), role, is_text }
    }

    fn refuse(&mut self, name: &Path, refused: &Refused) {
        self.unread(name, refused.diagnostic(display(name)));
    }

    /// A file that stands where a folder belongs, or the other way round.
    fn tell(&mut self, name: &Path, (message, help): (&str, &str)) {
        self.unread(name, Diagnostic::file(Code::UnreadableFile, display(name), message).help(help));
    }

    fn unread(&mut self, name: &Path, diagnostic: Diagnostic) {
        self.project.unread.insert(display(name));
        self.project.diagnostics.push(diagnostic);
    }
}

/// Whether a path is one of a text that is looked for by its name.
fn is_text_name(folder: &str, name: &Path) -> bool {
    let ends = |endings: &[&str]| name.extension().is_some_and(|own| endings.iter().any(|ending| own == *ending));
    match folder {
        "content" => ends(&["md", "toml"]),
        "templates" => ends(&["html"]),
        _ => false,
    }
}

fn display(name: &Path) -> String {
    name.iter().map(OsStr::to_string_lossy).collect::<Vec<_>>().join("/")
}
