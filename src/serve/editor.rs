//! Links that open a place of a source in an editor.
//!
//! In: what the user's environment says of editors. Out: an address with a scheme from the list
//! below and no other. No file of a project has a say: a link of the overlay is clicked without
//! being read.

use std::path::Path;

use crate::diagnostic::{did_you_mean, list, quote};
use crate::text::url::pieces;

/// An editor that registers a scheme for addresses of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Editor {
    name: &'static str,
    /// Programs that it is started as.
    programs: &'static [&'static str],
    scheme: &'static str,
    form: Form,
}

/// How an address names the file, the line and the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `x://file/path:1:2`
    Path,
    /// `x://open?file=/path&line=1&column=2`
    File,
    /// `x://open?url=file:///path&line=1&column=2`
    Url,
}

const EDITORS: &[Editor] = &[
    editor("vscode", &["code"], "vscode", Form::Path),
    editor("vscode-insiders", &["code-insiders"], "vscode-insiders", Form::Path),
    editor("vscodium", &["codium"], "vscodium", Form::Path),
    editor("cursor", &["cursor"], "cursor", Form::Path),
    editor("windsurf", &["windsurf"], "windsurf", Form::Path),
    editor("zed", &["zed", "zeditor"], "zed", Form::Path),
    editor("idea", &["idea"], "idea", Form::File),
    editor("clion", &["clion"], "clion", Form::File),
    editor("goland", &["goland"], "goland", Form::File),
    editor("phpstorm", &["phpstorm"], "phpstorm", Form::File),
    editor("pycharm", &["pycharm", "charm"], "pycharm", Form::File),
    editor("rubymine", &["rubymine"], "rubymine", Form::File),
    editor("rustrover", &["rustrover"], "rustrover", Form::File),
    editor("webstorm", &["webstorm"], "webstorm", Form::File),
    editor("sublime", &["subl", "sublime_text"], "subl", Form::Url),
    editor("textmate", &["mate"], "txmt", Form::Url),
    editor("bbedit", &["bbedit"], "x-bbedit", Form::Url),
    editor("mvim", &["mvim"], "mvim", Form::Url),
    editor("emacs", &["emacs", "emacsclient"], "emacs", Form::Url),
];

const fn editor(name: &'static str, programs: &'static [&'static str], scheme: &'static str, form: Form) -> Editor {
    Editor { name, programs, scheme, form }
}

impl Editor {
    /// The editor that `PARTWORK_EDITOR` names (`none` for no editor), else the first of `VISUAL`
    /// and `EDITOR` that is known. A name that is not on the list is an error.
    pub fn find(named: Option<&str>, commands: &[Option<&str>]) -> Result<Option<Editor>, String> {
        match named {
            None | Some("") => Ok(commands.iter().flatten().find_map(|command| Editor::of_command(command))),
            Some("none") => Ok(None),
            Some(name) => EDITORS.iter().find(|editor| editor.name == name).copied().map(Some).ok_or_else(|| {
                let names = || EDITORS.iter().map(|editor| editor.name);
                let near = did_you_mean(name, names()).unwrap_or_else(|| format!("known are {}", list(names(), "and")));
                format!("PARTWORK_EDITOR names an editor that is not known, {}; {near}", quote(name))
            }),
        }
    }

    /// The editor behind a command such as `/usr/bin/code --wait`.
    fn of_command(command: &str) -> Option<Editor> {
        let program = Path::new(command.split_whitespace().next()?).file_name()?.to_str()?;
        EDITORS.iter().find(|editor| editor.programs.contains(&program)).copied()
    }

    /// The address of a place in a file; the path is absolute, line and column count from 1.
    pub fn link(&self, path: &Path, line: usize, column: usize) -> String {
        let scheme = self.scheme;
        let path = path.to_string_lossy();
        let path = pieces(&path);
        match self.form {
            Form::Path => format!("{scheme}://file{path}:{line}:{column}"),
            Form::File => format!("{scheme}://open?file={path}&line={line}&column={column}"),
            Form::Url => format!("{scheme}://open?url=file://{path}&line={line}&column={column}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_are_found_by_name_and_by_command() {
        let find = |named, commands: &[&str]| {
            let commands: Vec<Option<&str>> = commands.iter().copied().map(Some).collect();
            Editor::find(named, &commands).map(|editor| editor.map(|editor| editor.name))
        };
        assert_eq!(find(Some("zed"), &["code"]), Ok(Some("zed")));
        assert_eq!(find(None, &["vim", "/usr/bin/emacsclient -nw"]), Ok(Some("emacs")));
        assert_eq!(find(Some("none"), &["code"]), Ok(None));
        assert_eq!(find(None, &["vi", "", "sh -c code"]), Ok(None));
        let message = find(Some("vscoed"), &[]).expect_err("no such editor");
        assert!(message.ends_with("did you mean `vscode`?"), "{message}");
        assert!(find(Some("javascript:alert(1)//"), &[]).is_err());
    }

    #[test]
    fn links_name_the_place_and_nothing_else() {
        let link = |name: &str, path: &str| {
            let editor = Editor::find(Some(name), &[]).expect("known").expect("one");
            editor.link(Path::new(path), 3, 7)
        };
        assert_eq!(link("vscode", "/a b/ä.md"), "vscode://file/a%20b/%C3%A4.md:3:7");
        assert_eq!(link("idea", "/a&line=9?#.md"), "idea://open?file=/a%26line%3D9%3F%23.md&line=3&column=7");
        assert_eq!(link("sublime", "/x.md"), "subl://open?url=file:///x.md&line=3&column=7");
    }
}
