//! Files to create and files to edit, done all or not at all.
//!
//! In: the bytes of each, made beforehand. Out: a changed folder, or the folder as it was. Every
//! byte is on the disk under a temporary name before the first file gets its own; a file that is
//! there already is never replaced, and one that changed since it was read is never edited. No link in
//! the folder leads out of it.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::diagnostic::quote;
use crate::store::dir::Dir;
use crate::store::state::read;

/// What a command would make, and what to tell whoever asked for it.
#[derive(Debug)]
pub struct New {
    pub changes: Changes,
    /// What to do next, a sentence each.
    pub next: Vec<String>,
}

/// Why nothing is made.
#[derive(Debug)]
pub enum Problem {
    /// What was typed can't be meant.
    Usage(String),
    /// Something is there already.
    Refused(String),
    /// The plan has errors, which are among the diagnostics.
    Content,
    /// A file of the project can't be read.
    Io(String),
}

/// What a command wants to do to a folder.
#[derive(Debug)]
pub struct Changes {
    /// The folder, which may not be there yet; everything lies in it.
    pub place: PathBuf,
    pub create: Vec<Create>,
    pub edit: Vec<Edit>,
}

/// A file that is not there yet.
#[derive(Debug)]
pub struct Create {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// New content for a file, and the content it was made from.
#[derive(Debug)]
pub struct Edit {
    pub path: PathBuf,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum ChangeError {
    /// It would have overwritten what is there.
    Refused(String),
    Io {
        path: PathBuf,
        error: io::Error,
    },
}

impl Changes {
    /// The files that would be overwritten, as far as can be seen without writing.
    pub fn in_the_way(&self) -> Vec<&Path> {
        // A link that leads nowhere is something too.
        let taken = |path: &Path| path.symlink_metadata().is_ok();
        self.create.iter().map(|create| create.path.as_path()).filter(|path| taken(path)).collect()
    }

    /// Does all of it, or undoes what it did and says why.
    pub fn apply(&self) -> Result<(), ChangeError> {
        let mut done = Done::default();
        let opened = done.make_place(&self.place).and_then(|()| Dir::open(&self.place));
        let result = opened.map_err(|error| failed(&self.place, error)).and_then(|place| {
            let result = self.stage(&place, &mut done).and_then(|()| self.put_in_place(&place, &mut done));
            if result.is_err() {
                done.undo(&place);
            }
            result
        });
        if result.is_err() {
            done.unmake_place();
        }
        result
    }

    /// The path of a file in the folder, links in it followed as long as they stay there; that of a new file
    /// itself may be none.
    fn below(&self, place: &Dir, path: &Path) -> io::Result<PathBuf> {
        let below = path.strip_prefix(&self.place).map_err(io::Error::other)?;
        place.resolve(below)
    }

    fn stage(&self, place: &Dir, done: &mut Done) -> Result<(), ChangeError> {
        for create in &self.create {
            let mut write_beside = || {
                let folder = create.path.parent().unwrap_or(&self.place);
                let folder = self.below(place, folder)?;
                done.make_folder(place, &folder)?;
                let path = folder.join(create.path.file_name().unwrap_or_default());
                let draft = write(place, &path, &create.bytes, None)?;
                done.drafts.push(Draft { path, draft });
                Ok(())
            };
            write_beside().map_err(|error| failed(&create.path, error))?;
        }
        for edit in &self.edit {
            // The file behind a link is edited, so that the link stays one.
            let mut write_beside = || {
                let path = self.below(place, &edit.path)?;
                let permissions = place.read(&path)?.metadata()?.permissions();
                let draft = write(place, &path, &edit.after, Some(permissions))?;
                done.drafts.push(Draft { path, draft });
                Ok(())
            };
            write_beside().map_err(|error| failed(&edit.path, error))?;
        }
        Ok(())
    }

    /// New files first: taking one of them away again loses nothing. Edits come last, and only
    /// what follows an edit can make it undone.
    fn put_in_place(&self, place: &Dir, done: &mut Done) -> Result<(), ChangeError> {
        let mut drafts = std::mem::take(&mut done.drafts).into_iter();
        let mut put = || -> Result<(), ChangeError> {
            for (create, Draft { path, draft }) in self.create.iter().zip(&mut drafts) {
                place.rename_new(&draft, &path).map_err(|error| {
                    let _ = place.remove_file(&draft);
                    match error.kind() {
                        io::ErrorKind::AlreadyExists => {
                            ChangeError::Refused(format!("{} is there already", show(&create.path)))
                        }
                        _ => failed(&create.path, error),
                    }
                })?;
                done.files.push(path);
            }
            for (edit, Draft { path, draft }) in self.edit.iter().zip(&mut drafts) {
                let replace = || match read(place, &path)? == edit.before {
                    true => place.rename(&draft, place, &path).map(|()| true),
                    false => Ok(false),
                };
                let replaced = replace();
                if !matches!(replaced, Ok(true)) {
                    let _ = place.remove_file(&draft);
                }
                if !replaced.map_err(|error| failed(&edit.path, error))? {
                    return Err(ChangeError::Refused(format!("{} was changed meanwhile", show(&edit.path))));
                }
                done.edited.push((path, edit.before.clone()));
            }
            Ok(())
        };
        let result = put();
        done.drafts = drafts.collect();
        result
    }
}

/// A file under a name that no command reads, on its way to its own.
struct Draft {
    path: PathBuf,
    draft: PathBuf,
}

/// What has been done so far, as paths in the folder.
#[derive(Default)]
struct Done {
    /// The folder itself and those above it that were not there.
    place: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    drafts: Vec<Draft>,
    files: Vec<PathBuf>,
    edited: Vec<(PathBuf, Vec<u8>)>,
}

impl Done {
    /// Makes the folder with those around it, and remembers the ones that were not there.
    fn make_place(&mut self, place: &Path) -> io::Result<()> {
        let there = |folder: &&Path| !folder.as_os_str().is_empty() && folder.symlink_metadata().is_err();
        let missing: Vec<&Path> = place.ancestors().take_while(there).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            self.place.push(folder.to_path_buf());
        }
        Ok(())
    }

    /// As [`make_place`](Done::make_place), for a folder in it.
    fn make_folder(&mut self, place: &Dir, folder: &Path) -> io::Result<()> {
        let there = |folder: &&Path| !folder.as_os_str().is_empty() && !place.has(folder);
        let missing: Vec<&Path> = folder.ancestors().take_while(there).collect();
        for folder in missing.into_iter().rev() {
            place.create_folder(folder, false)?;
            self.folders.push(folder.to_path_buf());
        }
        Ok(())
    }

    fn undo(&mut self, place: &Dir) {
        // What can't be undone stays; the error that led here says what went wrong first.
        for (path, before) in self.edited.iter().rev() {
            let permissions = place.read(path).and_then(|file| file.metadata()).map(|data| data.permissions());
            if let Ok(draft) = permissions.and_then(|permissions| write(place, path, before, Some(permissions))) {
                let _ = place.rename(draft, place, path);
            }
        }
        for path in self.drafts.iter().map(|draft| &draft.draft).chain(self.files.iter().rev()) {
            let _ = place.remove_file(path);
        }
        for path in self.folders.iter().rev() {
            // Fails when somebody else put something in, which then stays.
            let _ = place.remove_folder(path);
        }
    }

    fn unmake_place(&self) {
        for path in self.place.iter().rev() {
            let _ = fs::remove_dir(path);
        }
    }
}

/// Writes a file beside a path, and gives its own.
fn write(place: &Dir, path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<PathBuf> {
    let (draft, mut file) = place.draft(path, false)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
        .and_then(|()| file.sync_all());
    written.map(|()| draft.clone()).inspect_err(|_| {
        let _ = place.remove_file(&draft);
    })
}

fn failed(path: &Path, error: io::Error) -> ChangeError {
    ChangeError::Io { path: path.to_path_buf(), error }
}

fn show(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = walkdir::WalkDir::new(folder).min_depth(1).sort_by_file_name();
        let below = |path: &Path| path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
        entries.into_iter().map(|entry| below(entry.expect("an entry").path())).collect()
    }

    fn create(path: PathBuf) -> Create {
        Create { path, bytes: b"new".to_vec() }
    }

    #[test]
    fn nothing_is_left_of_a_change_that_fails() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        fs::write(at("plan"), "old").expect("written");
        fs::write(at("file"), "old").expect("written");
        // A folder can't be made below a file.
        let changes = Changes {
            place: folder.path().to_path_buf(),
            create: vec![create(at("a/b/one")), create(at("file/two"))],
            edit: Vec::new(),
        };
        assert!(matches!(changes.apply(), Err(ChangeError::Io { .. })));
        // The plan is not what the edit was made from.
        let edit = |before: &str| Edit { path: at("plan"), before: before.into(), after: b"new".to_vec() };
        let changes = Changes {
            place: folder.path().to_path_buf(),
            create: vec![create(at("a/one"))],
            edit: vec![edit("other")],
        };
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        // The second of two edits fails after the first was done.
        let changes = Changes {
            place: folder.path().to_path_buf(),
            create: vec![create(at("a/one"))],
            edit: vec![edit("old"), edit("old")],
        };
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        // Two files of one name: the second finds the first.
        let changes = Changes {
            place: folder.path().to_path_buf(),
            create: vec![create(at("a/one")), create(at("a/one"))],
            edit: Vec::new(),
        };
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        assert_eq!(names(folder.path()), ["file", "plan"]);
        assert_eq!(fs::read_to_string(at("plan")).expect("read"), "old");
    }

    #[test]
    fn a_file_that_is_there_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "mine").expect("written");
        let changes =
            Changes { place: folder.path().to_path_buf(), create: vec![create(path.clone())], edit: Vec::new() };
        assert_eq!(changes.in_the_way(), [path.as_path()]);
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        assert_eq!(fs::read_to_string(&path).expect("read"), "mine");
    }

    #[test]
    fn no_link_leads_out_and_one_that_stays_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("in/real")).expect("room");
        fs::create_dir_all(at("in/.git/hooks")).expect("room");
        fs::create_dir(at("out")).expect("room");
        fs::write(at("out/plan"), "old").expect("room");
        let links =
            [("real", "in/linked"), ("../out", "in/away"), ("../../out", "in/real/away"), (".git/hooks", "in/git")];
        for (to, link) in links.into_iter().chain([("../out/plan", "in/plan")]) {
            std::os::unix::fs::symlink(to, at(link)).expect("room");
        }
        let apply = |create: &[&str], edit: &[&str]| {
            let edit = edit.iter().map(|path| Edit { path: at(path), before: b"old".to_vec(), after: b"new".to_vec() });
            let create = create.iter().map(|path| self::create(at(path))).collect();
            Changes { place: at("in"), create, edit: edit.collect() }.apply()
        };
        for path in
            ["in/away/x", "in/away/y/x", "in/real/away/x", "in/linked/away/x", "in/git/x", "out/x", "in/../out/x"]
        {
            assert!(matches!(apply(&["in/one", path], &[]), Err(ChangeError::Io { .. })), "{path}");
        }
        assert!(matches!(apply(&["in/one"], &["in/plan"]), Err(ChangeError::Io { .. })));
        apply(&["in/linked/x/y"], &[]).expect("within");
        assert_eq!(names(&at("out")), ["plan"]);
        assert_eq!(fs::read_to_string(at("out/plan")).expect("read"), "old");
        assert_eq!(
            names(&at("in")),
            [".git", ".git/hooks", "away", "git", "linked", "plan", "real", "real/away", "real/x", "real/x/y"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").expect("written");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("set");
        std::os::unix::fs::symlink(&real, &link).expect("linked");
        let edit = Edit { path: link.clone(), before: b"old".to_vec(), after: b"new".to_vec() };
        Changes { place: folder.path().to_path_buf(), create: Vec::new(), edit: vec![edit] }.apply().expect("applied");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("read"), "new");
        assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o640);
    }
}
