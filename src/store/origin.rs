//! Files of a project, opened so that what is read is what was judged.
//!
//! In: the folder of a project, and paths below it that have no link in them. Out: open files, each a regular one,
//! and the names in a folder. A path is walked from the handle of the folder and no link on it is followed, so
//! whatever is swapped meanwhile, what opens lies in that folder at that path, or nothing opens. A hard link is the
//! file itself; no checkout makes one. Never writes.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::dir::{Dir, Form};

/// The most bytes of one file that are held in memory.
pub const MOST_WHOLE: u64 = 256 << 20;

/// The folder of a project, held open.
#[derive(Debug, Clone)]
pub struct Root(Arc<Dir>);

/// A file of a project.
#[derive(Debug, Clone)]
pub struct Origin {
    root: Root,
    /// What it is called: its path below the root as the project has it.
    name: Arc<Path>,
    /// Where it lies below the root, links followed.
    below: Arc<Path>,
}

impl Root {
    /// Holds a folder, which links may lead to.
    pub fn open(path: &Path) -> io::Result<Root> {
        Dir::open(&path.canonicalize()?).map(|folder| Root(Arc::new(folder)))
    }

    /// Its path, links followed.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file that is called `name` and lies at `below`, which has no link in it.
    pub fn file(&self, name: &Path, below: &Path) -> Origin {
        Origin { root: self.clone(), name: name.into(), below: below.into() }
    }

    /// Where a path below the root leads, below the root and without links; `None` where that is outside. Looks, and
    /// opens nothing.
    pub fn resolve(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let real = self.path().join(path).canonicalize()?;
        Ok(real.strip_prefix(self.path()).ok().map(Path::to_path_buf))
    }

    /// What stands at a path that has no link in it, but for its last name.
    pub fn form(&self, below: &Path) -> io::Result<Form> {
        if below.as_os_str().is_empty() { Ok(Form::Folder) } else { Ok(self.0.look(below)?.form) }
    }

    /// A folder at a path that has no link in it.
    pub fn folder(&self, below: &Path) -> io::Result<Dir> {
        self.0.folder(below)
    }

    /// The names in a folder, sorted, and what stands at each.
    pub fn list(&self, below: &Path) -> io::Result<Vec<(OsString, Form)>> {
        self.0.folder(below)?.list()
    }
}

impl Origin {
    /// What it is called, below the root.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The whole path that it is called by.
    pub fn path(&self) -> PathBuf {
        self.root.path().join(&self.name)
    }

    /// The folder that it lies in, below the root, links followed.
    pub fn folder(&self) -> &Path {
        self.below.parent().unwrap_or(Path::new(""))
    }

    /// What it is called in that folder.
    pub fn file_name(&self) -> &Path {
        self.below.file_name().map_or(Path::new(""), Path::new)
    }

    /// Opens it; refuses all but a regular file.
    pub fn open(&self) -> io::Result<File> {
        self.root.0.read(&self.below)
    }

    /// All of it, at most so many bytes; more is [`io::ErrorKind::FileTooLarge`].
    pub fn read(&self, most: u64) -> io::Result<Vec<u8>> {
        let file = self.open()?;
        let size = file.metadata()?.len();
        read(file, size, most)
    }
}

/// All of an open file of some size, at most so many bytes; more is [`io::ErrorKind::FileTooLarge`].
pub fn read(file: File, size: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(most)).unwrap_or(0));
    if size <= most {
        // It may grow meanwhile.
        file.take(most + 1).read_to_end(&mut bytes)?;
    }
    if size > most || bytes.len() as u64 > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

/// What a file fails with that has more than so many bytes.
pub fn too_large(most: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {} MiB", most >> 20))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;
    use crate::system::HOLDS_FOLDERS;

    /// A folder with a project in it, and something beside the project.
    fn project() -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("project");
        fs::create_dir_all(root.join("a/b")).expect("a folder");
        fs::write(root.join("a/b/é"), "within").expect("a file");
        fs::write(folder.path().join("key"), "outside").expect("a file");
        let root = Root::open(&root).expect("a folder");
        (folder, root)
    }

    #[test]
    fn nothing_but_what_lies_there_opens() {
        let (folder, root) = project();
        let at = |path: &str| root.path().join(path);
        symlink("../../key", at("a/out")).expect("a link");
        symlink("b", at("a/within")).expect("a link");
        symlink("/proc/self", at("a/proc")).expect("a link");
        fs::hard_link(at("a/b/é"), at("a/hard")).expect("a link");
        let open = |below: &str| root.file(Path::new("x"), Path::new(below)).open();
        for good in ["a/b/é", "a/hard"] {
            assert!(open(good).is_ok(), "{good}");
        }
        let beside = folder.path().join("key").to_string_lossy().into_owned();
        for bad in ["a/out", "a/within/é", "a/within", "a/proc/environ", "../key", "a/../../key", "a/c", &beside] {
            assert!(open(bad).is_err(), "{bad}");
        }
        assert_eq!(root.resolve(Path::new("a/within/é")).expect("there"), Some("a/b/é".into()));
        assert_eq!(root.resolve(Path::new("a/out")).expect("there"), None);
    }

    /// A folder becomes a link between look and use, and so does the root's own name.
    #[test]
    fn what_is_swapped_does_not_open() {
        let (folder, root) = project();
        let file = root.file(Path::new("x"), &root.resolve(Path::new("a/b/é")).expect("there").expect("within"));
        assert_eq!(file.read(6).expect("there"), b"within");
        fs::rename(root.path().join("a/b"), root.path().join("a/c")).expect("moved");
        symlink("..", root.path().join("a/b")).expect("a link");
        fs::write(root.path().join("é"), "another").expect("a file");
        assert!(file.read(9).is_err());
        fs::remove_file(root.path().join("a/b")).expect("ours");
        fs::rename(root.path().join("a/c"), root.path().join("a/b")).expect("moved");
        let moved = folder.path().join("moved");
        fs::rename(root.path(), &moved).expect("moved");
        symlink(folder.path(), root.path()).expect("a link");
        match HOLDS_FOLDERS {
            true => assert_eq!(file.read(6).expect("still held"), b"within"),
            false => assert!(file.read(6).is_err()),
        }
    }

    #[test]
    fn ordinary_files_are_read_up_to_a_size() {
        let (_folder, root) = project();
        let fifo = root.path().join("a/fifo");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR, 0).expect("a fifo");
        let file = |below: &str| root.file(Path::new("x"), Path::new(below));
        assert_eq!(file("a/fifo").open().expect_err("no file").to_string(), "it is no regular file");
        assert_eq!(file("a/b").open().expect_err("no file").to_string(), "it is no regular file");
        assert_eq!(file("a/b/é").read(5).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
        let things = root.list(Path::new("a")).expect("a folder");
        assert_eq!(things, [("b".into(), Form::Folder), ("fifo".into(), Form::Other)]);
    }
}
