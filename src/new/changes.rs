//! Files to create and files to edit, done all or not at all.
//!
//! In: the bytes of each, made beforehand. Out: a changed folder, or the folder as it was. Every
//! byte is on the disk under a temporary name before the first file gets its own; a file that is
//! there already is never replaced, and one that changed since it was read is never edited.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::diagnostic::quote;

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
#[derive(Debug, Default)]
pub struct Changes {
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
        let result = self.stage(&mut done).and_then(|staged| self.put_in_place(staged, &mut done));
        if result.is_err() {
            done.undo();
        }
        result
    }

    fn stage(&self, done: &mut Done) -> Result<Staged, ChangeError> {
        let mut staged = Staged::default();
        for create in &self.create {
            let folder = create.path.parent().unwrap_or(Path::new("."));
            done.make_folder(folder).map_err(|error| failed(folder, error))?;
            staged.create.push(write(folder, &create.bytes, None).map_err(|error| failed(&create.path, error))?);
        }
        for edit in &self.edit {
            // The file behind a link is edited, so that the link stays one.
            let write_beside = || {
                let path = edit.path.canonicalize()?;
                let permissions = fs::metadata(&path)?.permissions();
                let file = write(path.parent().unwrap_or(Path::new(".")), &edit.after, Some(permissions))?;
                Ok((path, file))
            };
            staged.edit.push(write_beside().map_err(|error| failed(&edit.path, error))?);
        }
        Ok(staged)
    }

    /// New files first: taking one of them away again loses nothing. Edits come last, and only
    /// what follows an edit can make it undone.
    fn put_in_place(&self, staged: Staged, done: &mut Done) -> Result<(), ChangeError> {
        for (create, file) in self.create.iter().zip(staged.create) {
            file.persist_noclobber(&create.path).map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => {
                    ChangeError::Refused(format!("{} is there already", show(&create.path)))
                }
                _ => failed(&create.path, error.error),
            })?;
            done.files.push(create.path.clone());
        }
        for (edit, (path, file)) in self.edit.iter().zip(staged.edit) {
            let now = fs::read(&path).map_err(|error| failed(&path, error))?;
            if now != edit.before {
                return Err(ChangeError::Refused(format!("{} was changed meanwhile", show(&edit.path))));
            }
            file.persist(&path).map_err(|error| failed(&edit.path, error.error))?;
            done.edited.push((path, edit.before.clone()));
        }
        Ok(())
    }
}

#[derive(Default)]
struct Staged {
    create: Vec<NamedTempFile>,
    edit: Vec<(PathBuf, NamedTempFile)>,
}

/// What has been done so far.
#[derive(Default)]
struct Done {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    edited: Vec<(PathBuf, Vec<u8>)>,
}

impl Done {
    /// Makes a folder with those around it, and remembers the ones that were not there.
    fn make_folder(&mut self, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && folder.symlink_metadata().is_err())
            .collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            self.folders.push(folder.to_path_buf());
        }
        Ok(())
    }

    fn undo(self) {
        // What can't be undone stays; the error that led here says what went wrong first.
        for (path, before) in self.edited.iter().rev() {
            let restored = fs::metadata(path)
                .and_then(|data| write(path.parent().unwrap_or(Path::new(".")), before, Some(data.permissions())));
            if let Ok(file) = restored {
                let _ = file.persist(path);
            }
        }
        for path in self.files.iter().rev() {
            let _ = fs::remove_file(path);
        }
        for path in self.folders.iter().rev() {
            // Fails when somebody else put something in, which then stays.
            let _ = fs::remove_dir(path);
        }
    }
}

/// A file under a name that no command reads, gone again unless it is given another.
fn write(folder: &Path, bytes: &[u8], permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".partwork-new-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private by default; these become ordinary ones, less the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
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
        let changes = Changes { create: vec![create(at("a/b/one")), create(at("file/two"))], edit: Vec::new() };
        assert!(matches!(changes.apply(), Err(ChangeError::Io { .. })));
        // The plan is not what the edit was made from.
        let edit = |before: &str| Edit { path: at("plan"), before: before.into(), after: b"new".to_vec() };
        let changes = Changes { create: vec![create(at("a/one"))], edit: vec![edit("other")] };
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        // The second of two edits fails after the first was done.
        let changes = Changes { create: vec![create(at("a/one"))], edit: vec![edit("old"), edit("old")] };
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        // Two files of one name: the second finds the first.
        let changes = Changes { create: vec![create(at("a/one")), create(at("a/one"))], edit: Vec::new() };
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        assert_eq!(names(folder.path()), ["file", "plan"]);
        assert_eq!(fs::read_to_string(at("plan")).expect("read"), "old");
    }

    #[test]
    fn a_file_that_is_there_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "mine").expect("written");
        let changes = Changes { create: vec![create(path.clone())], edit: Vec::new() };
        assert_eq!(changes.in_the_way(), [path.as_path()]);
        assert!(matches!(changes.apply(), Err(ChangeError::Refused(_))));
        assert_eq!(fs::read_to_string(&path).expect("read"), "mine");
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
        Changes { create: Vec::new(), edit: vec![edit] }.apply().expect("applied");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("read"), "new");
        assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o640);
    }
}
