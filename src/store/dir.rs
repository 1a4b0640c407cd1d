//! A folder by its handle, and what lies beneath it.
//!
//! In: names and paths beneath a folder. Out: files, folders and links there, made, read, moved and
//! removed. Each step of a path is taken from the folder before it and follows no link, so that nothing
//! outside is reached, be it by a link that lies there already or, where the system holds folders
//! ([`HOLDS_FOLDERS`](crate::system::HOLDS_FOLDERS)), by one that takes a folder's place between a look and its use.
//! The folder itself is where a path of the user's leads.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use same_file::Handle;

use crate::diagnostic::quote;
use crate::system::{Access, Folder};

pub use crate::system::{Form, Found};

/// A folder that is held.
#[derive(Debug)]
pub struct Dir {
    folder: Folder,
    path: PathBuf,
}

impl Dir {
    /// The folder that a path leads to. Links in it are followed, so it is one that the user has named.
    pub fn open(path: &Path) -> io::Result<Dir> {
        Ok(Dir { folder: Folder::open(path)?, path: path.to_path_buf() })
    }

    /// As [`open`](Dir::open), and made where it isn't there, with the folders above it: for nobody else
    /// to look into when `private`.
    pub fn make(path: &Path, private: bool) -> io::Result<Dir> {
        Folder::make(path, private)?;
        Dir::open(path)
    }

    /// The folder of an absolute path in which links were followed already, made where it isn't there: a
    /// link that somebody has put there since is not followed.
    pub fn at_real(path: &Path) -> io::Result<Dir> {
        let top = path.ancestors().last().unwrap_or(path);
        Dir::open(top)?.make_folder(path.strip_prefix(top).map_err(io::Error::other)?)
    }

    /// Where it was when it was opened: for messages, and for programs that take no handle.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder itself.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.folder.metadata()
    }

    /// The user whose it is.
    pub fn owner(&self) -> io::Result<u32> {
        self.folder.owner()
    }

    /// Gives this folder what another has beside its files: owner, group, mode, attributes. When `workable`, things
    /// can still be made in it.
    pub fn take_over(&self, from: &Dir, workable: bool) -> io::Result<()> {
        self.folder.take_over(&from.folder, workable)
    }

    /// A folder beneath; the same for an empty path.
    pub fn folder(&self, path: impl AsRef<Path>) -> io::Result<Dir> {
        let path = path.as_ref();
        let folder = match path.as_os_str().is_empty() {
            true => self.folder.again()?,
            false => self.folder.folder(beneath(path)?)?,
        };
        Ok(Dir { folder, path: self.path.join(path) })
    }

    /// A folder beneath, made where it isn't there, with those above it.
    pub fn make_folder(&self, path: impl AsRef<Path>) -> io::Result<Dir> {
        let path = path.as_ref();
        match self.folder(path) {
            Err(error) if error.kind() == ErrorKind::NotFound && !path.as_os_str().is_empty() => {}
            found => return found,
        }
        let path = beneath(path)?;
        let above = self.make_folder(path.parent().unwrap_or(Path::new("")))?;
        let name = Path::new(path.file_name().unwrap_or_default());
        match above.folder.make_folder(name, false) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => above.folder(name),
        }
    }

    /// A new folder, in a folder that is there; an error where anything lies there. Nobody else can look
    /// into it when `private`.
    pub fn create_folder(&self, path: impl AsRef<Path>, private: bool) -> io::Result<Dir> {
        self.folder.make_folder(beneath(path.as_ref())?, private)?;
        self.folder(path)
    }

    /// What lies at a path beneath.
    pub fn look(&self, path: impl AsRef<Path>) -> io::Result<Found> {
        self.folder.look(beneath(path.as_ref())?)
    }

    /// Whether anything lies at a path beneath, a link that leads nowhere among the rest.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.look(path).is_ok()
    }

    /// Whether an open file is the one that lies at a path beneath.
    pub fn holds(&self, path: impl AsRef<Path>, file: &File) -> io::Result<bool> {
        Ok(Handle::from_file(self.read(path)?)? == Handle::from_file(file.try_clone()?)?)
    }

    /// A regular file, to be read. Never waits, as opening a pipe would.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.folder.file(beneath(path.as_ref())?, Access::Read)
    }

    /// A new file, to be written; an error where anything lies there. Folders above it are made.
    pub fn create(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.create_as(path.as_ref(), false)
    }

    fn create_as(&self, path: &Path, private: bool) -> io::Result<File> {
        let path = beneath(path)?;
        self.with_parents(path, || self.folder.file(path, Access::New { private }))
    }

    /// A file that is only ever locked, made where it isn't there.
    pub fn lock_file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.folder.file(beneath(path.as_ref())?, Access::Lock)
    }

    /// Puts a text at a path whole or not at all, in the place of a file or of a link that lies there; `sync`
    /// also where the machine fails a moment later.
    pub fn replace(&self, path: impl AsRef<Path>, bytes: &[u8], sync: bool) -> io::Result<()> {
        self.replace_with(path, |mut file| {
            file.write_all(bytes)?;
            if sync { file.sync_all() } else { Ok(()) }
        })
    }

    /// As [`replace`](Dir::replace), for what is written piece by piece.
    pub fn replace_with(&self, path: impl AsRef<Path>, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
        let (draft, file) = self.draft(path.as_ref(), false)?;
        let written = write(&file);
        drop(file);
        written.and_then(|()| self.rename(&draft, self, path)).inspect_err(|_| {
            // What went wrong first says more.
            let _ = self.remove_file(&draft);
        })
    }

    /// A new file beside a path under a name that is no other's, such as `.path.1-2.tmp`; when `private`,
    /// nobody else can read it.
    pub fn draft(&self, path: &Path, private: bool) -> io::Result<(PathBuf, File)> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let mut name = OsString::from(".");
            name.push(path.file_name().unwrap_or_default());
            name.push(format!(".{}-{}.tmp", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
            let draft = path.with_file_name(name);
            match self.create_as(&draft, private) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                file => return Ok((draft, file?)),
            }
        }
    }

    /// The same file at a second place, where nothing may lie; folders above that are made.
    pub fn hard_link(&self, from: impl AsRef<Path>, to: &Dir, path: impl AsRef<Path>) -> io::Result<()> {
        let (from, path) = (beneath(from.as_ref())?, beneath(path.as_ref())?);
        self.with_parents_of(from, to, path, || self.folder.hard_link(from, &to.folder, path))
    }

    /// Moves what lies at a path, over a file or link that lies at the other; folders above that are made.
    pub fn rename(&self, from: impl AsRef<Path>, to: &Dir, path: impl AsRef<Path>) -> io::Result<()> {
        let (from, path) = (beneath(from.as_ref())?, beneath(path.as_ref())?);
        self.with_parents_of(from, to, path, || self.folder.rename(from, &to.folder, path))
    }

    /// As [`rename`](Dir::rename) within this folder; an error where anything lies at the other path.
    pub fn rename_new(&self, from: impl AsRef<Path>, path: impl AsRef<Path>) -> io::Result<()> {
        let (from, path) = (beneath(from.as_ref())?, beneath(path.as_ref())?);
        match self.folder.rename_new(from, path) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            renamed => return renamed,
        }
        if self.look(from)?.form == Form::Folder {
            // No file system links folders, and none is put in the place of one that holds something.
            return if self.has(path) { Err(ErrorKind::AlreadyExists.into()) } else { self.rename(from, self, path) };
        }
        self.hard_link(from, self, path)?;
        self.remove_file(from)
    }

    /// A path beneath without links, of which the last pieces may not exist yet: links in it are followed
    /// as long as they lead to a place beneath, and to none in a `.git`. For the files of a project, in
    /// which an author may have linked folders to each other.
    pub fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let base = fs::canonicalize(&self.path)?;
        let mut real = base.clone();
        for piece in beneath(path)?.iter() {
            real.push(piece);
            match fs::canonicalize(&real) {
                Err(error) if error.kind() == ErrorKind::NotFound && !real.is_symlink() => {}
                found => real = found?,
            }
        }
        let found = real.strip_prefix(&base).ok();
        let found = found.filter(|path| path.iter().all(|piece| !piece.eq_ignore_ascii_case(".git")));
        found.map(Path::to_path_buf).ok_or_else(|| {
            let (to, base) = (quote(&real.to_string_lossy()), quote(&base.to_string_lossy()));
            io::Error::other(format!("a link leads to {to}, and nothing is written there from {base}"))
        })
    }

    /// Lets two folders or files change places in one step. `Unsupported` where the system or the file
    /// system has no such step.
    pub fn exchange(&self, from: impl AsRef<Path>, to: &Dir, path: impl AsRef<Path>) -> io::Result<()> {
        self.folder.exchange(beneath(from.as_ref())?, &to.folder, beneath(path.as_ref())?)
    }

    /// Makes a link that leads to a path as it is given; folders above it are made.
    pub fn link(&self, target: &Path, path: impl AsRef<Path>) -> io::Result<()> {
        let path = beneath(path.as_ref())?;
        self.with_parents(path, || self.folder.link(target, path))
    }

    /// What a link says.
    pub fn read_link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        self.folder.read_link(beneath(path.as_ref())?)
    }

    /// Removes a file or a link.
    pub fn remove_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.folder.remove_file(beneath(path.as_ref())?)
    }

    /// Removes a folder that is empty.
    pub fn remove_folder(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.folder.remove_folder(beneath(path.as_ref())?)
    }

    /// Removes a folder with all that is in it; a link goes, and nothing where it leads.
    pub fn remove_tree(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        if self.look(path)?.form != Form::Folder {
            return self.remove_file(path);
        }
        let mut folders = vec![path.to_path_buf()];
        let mut at = 0;
        while let Some(folder) = folders.get(at).cloned() {
            for (name, form) in self.folder(&folder)?.list()? {
                match form {
                    Form::Folder => folders.push(folder.join(name)),
                    _ => self.remove_file(folder.join(name))?,
                }
            }
            at += 1;
        }
        folders.iter().rev().try_for_each(|folder| self.remove_folder(folder))
    }

    /// What lies in it, by name.
    pub fn list(&self) -> io::Result<Vec<(OsString, Form)>> {
        let mut found = self.folder.list()?;
        found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found)
    }

    /// Everything beneath with its path, by name, folders before what they hold. What `enter` says no to
    /// is left out with all that it holds.
    pub fn walk(&self, enter: &dyn Fn(&Path) -> bool) -> io::Result<Vec<(PathBuf, Form)>> {
        let mut found = Vec::new();
        let mut open = vec![(PathBuf::new(), Form::Folder)];
        while let Some((path, form)) = open.pop() {
            if form == Form::Folder {
                let listed = self.folder(&path)?.list()?;
                let beneath = listed.into_iter().map(|(name, form)| (path.join(name), form));
                open.extend(beneath.filter(|(path, _)| enter(path)).rev());
            }
            if !path.as_os_str().is_empty() {
                found.push((path, form));
            }
        }
        Ok(found)
    }

    /// Whether something is mounted at a folder beneath, be it a folder of the same disk.
    pub fn is_mount_point(&self, path: impl AsRef<Path>) -> bool {
        self.folder(path).is_ok_and(|here| here.folder.is_mounted(&self.folder))
    }

    /// Tries, and tries again with the folders above made when it was those that lacked. Cheaper than
    /// to look first, and there is nothing to remember.
    fn with_parents<T>(&self, path: &Path, create: impl Fn() -> io::Result<T>) -> io::Result<T> {
        match (create(), path.parent()) {
            (Err(error), Some(parent)) if error.kind() == ErrorKind::NotFound && !parent.as_os_str().is_empty() => {
                self.make_folder(parent)?;
                create()
            }
            (done, _) => done,
        }
    }

    /// As [`with_parents`](Dir::with_parents) of another folder, for what is there in this one.
    fn with_parents_of(&self, from: &Path, to: &Dir, path: &Path, put: impl Fn() -> io::Result<()>) -> io::Result<()> {
        match put() {
            Err(error) if error.kind() == ErrorKind::NotFound && self.has(from) => to.with_parents(path, put),
            done => done,
        }
    }
}

/// A path that is made of names; an error for one that could lead elsewhere.
fn beneath(path: &Path) -> io::Result<&Path> {
    match path.components().all(|piece| matches!(piece, Component::Normal(_))) {
        true => Ok(path),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "it is no path beneath the folder")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode};

    use crate::system::HOLDS_FOLDERS;

    /// A folder `in` beside one that nothing may reach.
    fn folders() -> (tempfile::TempDir, Dir) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("in/a/b")).expect("room");
        fs::create_dir(folder.path().join("out")).expect("room");
        fs::write(folder.path().join("out/file"), "theirs").expect("room");
        let dir = Dir::open(&folder.path().join("in")).expect("there");
        (folder, dir)
    }

    fn text(dir: &Dir, path: &str) -> String {
        let mut text = String::new();
        dir.read(path).and_then(|mut file| file.read_to_string(&mut text)).expect("a text");
        text
    }

    #[test]
    fn what_is_made_is_there() {
        let (_folder, dir) = folders();
        dir.create("x/ü/y").and_then(|mut file| file.write_all(b"1")).expect("room");
        dir.create("x/ü/y").expect_err("it is there");
        dir.replace("x/ü/y", b"2", true).expect("room");
        assert_eq!(text(&dir, "x/ü/y"), "2");
        dir.hard_link("x/ü/y", &dir, "z/y").expect("one disk");
        dir.rename("z/y", &dir, "n/e/w").expect("one disk");
        let found = dir.walk(&|path| path != Path::new("a")).expect("there");
        let paths: Vec<String> = found.iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect();
        assert_eq!(paths, ["n", "n/e", "n/e/w", "x", "x/ü", "x/ü/y", "z"]);
        dir.remove_tree("x").expect("ours");
        assert!(!dir.has("x") && text(&dir, "n/e/w") == "2");
    }

    #[test]
    fn what_is_new_takes_no_place() {
        let (_folder, dir) = folders();
        dir.create("file").expect("room");
        dir.rename_new("file", "a/file").expect("nothing lies there");
        dir.rename_new("a/b", "b").expect("nothing lies there");
        for (from, path) in [("a/file", "b"), ("b", "a/file"), ("b", "a")] {
            let error = dir.rename_new(from, path).expect_err("something lies there");
            assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{from} to {path}");
        }
        assert!(dir.has("a/file") && dir.has("b"));
    }

    #[test]
    fn no_link_is_followed_at_any_depth() {
        let (folder, dir) = folders();
        let out = folder.path().join("out");
        for place in ["l", "a/l", "a/b/l"] {
            symlink(&out, folder.path().join("in").join(place)).expect("room");
            let file = format!("{place}/file");
            assert_eq!(dir.look(place).expect("the link").form, Form::Link);
            dir.look(&file).expect_err("behind a link");
            dir.read(&file).expect_err("behind a link");
            dir.folder(place).expect_err("a link");
            dir.make_folder(format!("{place}/new")).expect_err("behind a link");
            dir.create(format!("{place}/new")).expect_err("behind a link");
            dir.replace(&file, b"ours", false).expect_err("behind a link");
            dir.lock_file(&file).expect_err("behind a link");
            dir.remove_file(&file).expect_err("behind a link");
            dir.create("mine").map(drop).or_else(|_| dir.look("mine").map(drop)).expect("room");
            dir.rename("mine", &dir, &file).expect_err("behind a link");
            dir.hard_link("mine", &dir, format!("{place}/mine")).expect_err("behind a link");
            dir.hard_link(&file, &dir, "theirs").expect_err("behind a link");
            dir.replace(place, b"ours", false).expect("the link is replaced");
            dir.remove_file(place).expect("ours");
            symlink(&out, folder.path().join("in").join(place)).expect("room");
            dir.remove_tree(place).expect("the link goes");
        }
        for path in ["..", "../out", "a/../../out", "/tmp", ""] {
            dir.look(path).expect_err("it leads out");
        }
        assert_eq!(fs::read_to_string(out.join("file")).expect("there"), "theirs");
        assert_eq!(fs::read_dir(&out).expect("there").count(), 1);
    }

    #[test]
    fn a_folder_that_becomes_a_link_is_still_the_folder() {
        let (folder, dir) = folders();
        let held = dir.folder("a").expect("there");
        fs::rename(folder.path().join("in/a"), folder.path().join("in/moved")).expect("ours");
        symlink(folder.path().join("out"), folder.path().join("in/a")).expect("room");
        for done in [held.replace("file", b"ours", false), held.remove_tree("b")] {
            assert_eq!(done.is_ok(), HOLDS_FOLDERS, "{done:?}");
        }
        assert_eq!(dir.has("moved/file"), HOLDS_FOLDERS);
        assert_eq!(fs::read_to_string(folder.path().join("out/file")).expect("there"), "theirs");
    }

    #[test]
    fn a_pipe_is_never_waited_for() {
        let (folder, dir) = folders();
        rustix::fs::mknodat(CWD, folder.path().join("in/pipe"), FileType::Fifo, Mode::RUSR, 0).expect("room");
        dir.read("pipe").expect_err("no file");
        dir.lock_file("pipe").expect_err("no file");
        dir.remove_tree("pipe").expect("it goes");
    }
}
