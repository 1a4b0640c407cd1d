//! A folder by its handle, and what lies beneath it.
//!
//! In: names and paths beneath a folder. Out: files, folders and links there, made, read, moved and
//! removed. Each step of a path is taken from the handle of the folder before it and follows no link,
//! so that nothing outside is reached, be it by a link that lies there already or by one that takes a
//! folder's place between a look and its use. The folder itself is where a path of the user's leads.
//!
//! Linux takes all steps of a path at once (`openat2(2)`, `RESOLVE_BENEATH`, `RESOLVE_NO_SYMLINKS`);
//! elsewhere, and where that call is forbidden, they are taken one by one (`O_NOFOLLOW`).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::diagnostic::quote;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// Enough to take further steps from a folder.
#[cfg(any(target_os = "linux", target_os = "android"))]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const FOLDER: OFlags = OFlags::DIRECTORY;

/// What is made, less the user's mask.
const ANY_FILE: Mode = Mode::from_raw_mode(0o666);
const ANY_FOLDER: Mode = Mode::from_raw_mode(0o777);
const OWN_FILE: Mode = Mode::from_raw_mode(0o600);
const OWN_FOLDER: Mode = Mode::from_raw_mode(0o700);

/// A folder that is held: whatever takes its name, this stays the folder that was opened.
#[derive(Debug)]
pub struct Dir {
    handle: OwnedFd,
    path: PathBuf,
}

/// The user who runs this.
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    File,
    Folder,
    Link,
    /// A pipe, a device.
    Other,
}

/// What is known of what lies at a path, a link itself and not where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub form: Form,
    /// In bytes.
    pub size: u64,
    /// In nanoseconds since 1970.
    pub modified: i128,
    /// Device and inode, which no two have at one time.
    pub place: (u64, u64),
    /// The user whose it is.
    pub owner: u32,
    /// Who may do what with it, as `chmod` takes it.
    pub mode: u32,
}

impl Dir {
    /// The folder that a path leads to. Links in it are followed, so it is one that the user has named.
    pub fn open(path: &Path) -> io::Result<Dir> {
        let handle = rustix::fs::openat(CWD, path, FOLDER | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Dir { handle, path: path.to_path_buf() })
    }

    /// As [`open`](Dir::open), and made where it isn't there, with the folders above it: for nobody else
    /// to look into when `private`.
    pub fn make(path: &Path, private: bool) -> io::Result<Dir> {
        use std::os::unix::fs::DirBuilderExt as _;
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(if private { 0o700 } else { 0o777 }).create(path)?;
        Dir::open(path)
    }

    /// The folder of an absolute path in which links were followed already, made where it isn't there: a
    /// link that somebody has put there since is not followed.
    pub fn at_real(path: &Path) -> io::Result<Dir> {
        Dir::open(Path::new("/"))?.make_folder(path.strip_prefix("/").map_err(io::Error::other)?)
    }

    /// Where it was when it was opened: for messages, and for programs that take no handle.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder itself.
    pub fn metadata(&self) -> io::Result<Metadata> {
        File::from(self.handle.try_clone()?).metadata()
    }

    /// The user whose it is.
    pub fn owner(&self) -> io::Result<u32> {
        Ok(rustix::fs::fstat(&self.handle)?.st_uid)
    }

    /// The folder itself, for calls that need one that can be read.
    pub fn readable(&self) -> io::Result<OwnedFd> {
        Ok(rustix::fs::openat(&self.handle, ".", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
    }

    /// A folder beneath; the same for an empty path.
    pub fn folder(&self, path: impl AsRef<Path>) -> io::Result<Dir> {
        let path = path.as_ref();
        let handle = match path.as_os_str().is_empty() {
            true => self.handle.try_clone()?,
            false => self.open_beneath(path, FOLDER, Mode::empty())?,
        };
        Ok(Dir { handle, path: self.path.join(path) })
    }

    /// A folder beneath, made where it isn't there, with those above it.
    pub fn make_folder(&self, path: impl AsRef<Path>) -> io::Result<Dir> {
        let path = path.as_ref();
        match self.folder(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            found => return found,
        }
        let mut folder = self.folder("")?;
        for name in pieces(path)? {
            match rustix::fs::mkdirat(&folder.handle, name, ANY_FOLDER) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            folder = folder.folder(name)?;
        }
        Ok(folder)
    }

    /// A new folder, in a folder that is there; an error where anything lies there. Nobody else can look
    /// into it when `private`.
    pub fn create_folder(&self, path: impl AsRef<Path>, private: bool) -> io::Result<Dir> {
        let mode = if private { OWN_FOLDER } else { ANY_FOLDER };
        self.at(path.as_ref(), |folder, name| rustix::fs::mkdirat(folder, name, mode))?;
        self.folder(path)
    }

    /// What lies at a path beneath.
    pub fn look(&self, path: impl AsRef<Path>) -> io::Result<Found> {
        let stat =
            self.at(path.as_ref(), |folder, name| rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW))?;
        Ok(Found::of(&stat))
    }

    /// Whether anything lies at a path beneath, a link that leads nowhere among the rest.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.look(path).is_ok()
    }

    /// A regular file, to be read. Never waits, as opening a pipe would.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let file = File::from(self.open_beneath(path.as_ref(), OFlags::NONBLOCK, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
    }

    /// A new file, to be written; an error where anything lies there. Folders above it are made.
    pub fn create(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.create_as(path.as_ref(), ANY_FILE)
    }

    fn create_as(&self, path: &Path, mode: Mode) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        self.with_parents(path, || self.open_beneath(path, flags, mode)).map(File::from)
    }

    /// A file that is only ever locked, made where it isn't there.
    pub fn lock_file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK;
        let file = File::from(self.open_beneath(path.as_ref(), flags, ANY_FILE)?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
    }

    /// Puts a text at a path whole or not at all, in the place of a file or of a link that lies there; `sync`
    /// also where the machine fails a moment later.
    pub fn replace(&self, path: impl AsRef<Path>, bytes: &[u8], sync: bool) -> io::Result<()> {
        let (draft, mut file) = self.draft(path.as_ref(), false)?;
        let written = file.write_all(bytes).and_then(|()| if sync { file.sync_all() } else { Ok(()) });
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
        let mode = if private { OWN_FILE } else { ANY_FILE };
        loop {
            let mut name = OsString::from(".");
            name.push(path.file_name().unwrap_or_default());
            name.push(format!(".{}-{}.tmp", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
            let draft = path.with_file_name(name);
            match self.create_as(&draft, mode) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                file => return Ok((draft, file?)),
            }
        }
    }

    /// The same file at a second place, where nothing may lie; folders above that are made.
    pub fn hard_link(&self, from: impl AsRef<Path>, to: &Dir, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        self.at_io(from.as_ref(), |old, old_name| {
            to.with_parents(path, || {
                to.at(path, |new, new_name| rustix::fs::linkat(old, old_name, new, new_name, AtFlags::empty()))
            })
        })
    }

    /// Moves what lies at a path, over a file or link that lies at the other; folders above that are made.
    pub fn rename(&self, from: impl AsRef<Path>, to: &Dir, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        self.at_io(from.as_ref(), |old, old_name| {
            to.with_parents(path, || to.at(path, |new, new_name| rustix::fs::renameat(old, old_name, new, new_name)))
        })
    }

    /// As [`rename`](Dir::rename) within this folder; an error where anything lies at the other path.
    pub fn rename_new(&self, from: impl AsRef<Path>, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        {
            use rustix::fs::{RenameFlags, renameat_with};
            let renamed = self.at_io(from.as_ref(), |old, old_name| {
                self.at_io(path, |new, new_name| {
                    match renameat_with(old, old_name, new, new_name, RenameFlags::NOREPLACE) {
                        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(ErrorKind::Unsupported.into()),
                        renamed => Ok(renamed?),
                    }
                })
            });
            if !renamed.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unsupported) {
                return renamed;
            }
        }
        self.hard_link(from.as_ref(), self, path)?;
        self.remove_file(from)
    }

    /// A path beneath without links, of which the last pieces may not exist yet: links in it are followed
    /// as long as they lead to a place beneath, and to none in a `.git`. For the files of a project, in
    /// which an author may have linked folders to each other.
    pub fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let base = fs::canonicalize(&self.path)?;
        let mut real = base.clone();
        for piece in pieces(path)? {
            real.push(piece);
            match fs::canonicalize(&real) {
                Err(error) if error.kind() == ErrorKind::NotFound && !real.is_symlink() => {}
                found => real = found?,
            }
        }
        let beneath = real.strip_prefix(&base).ok();
        let beneath = beneath.filter(|path| path.iter().all(|piece| !piece.eq_ignore_ascii_case(".git")));
        beneath.map(Path::to_path_buf).ok_or_else(|| {
            let (to, base) = (quote(&real.to_string_lossy()), quote(&base.to_string_lossy()));
            io::Error::other(format!("a link leads to {to}, and nothing is written there from {base}"))
        })
    }

    /// Lets two folders or files change places in one step. `Unsupported` where the system or the file
    /// system has no such step.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    pub fn exchange(&self, from: impl AsRef<Path>, to: &Dir, path: impl AsRef<Path>) -> io::Result<()> {
        use rustix::fs::{RenameFlags, renameat_with};
        self.at_io(from.as_ref(), |old, old_name| {
            to.at_io(path.as_ref(), |new, new_name| {
                match renameat_with(old, old_name, new, new_name, RenameFlags::EXCHANGE) {
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(ErrorKind::Unsupported.into()),
                    swapped => Ok(swapped?),
                }
            })
        })
    }

    /// Lets two folders or files change places in one step. `Unsupported` where the system or the file
    /// system has no such step.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub fn exchange(&self, _: impl AsRef<Path>, to: &Dir, path: impl AsRef<Path>) -> io::Result<()> {
        to.look(path)?;
        Err(ErrorKind::Unsupported.into())
    }

    /// Makes a link that leads to a path as it is given; folders above it are made.
    pub fn link(&self, target: &Path, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        self.with_parents(path, || self.at(path, |folder, name| rustix::fs::symlinkat(target, folder, name)))
    }

    /// What a link says.
    pub fn read_link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        let target = self.at(path.as_ref(), |folder, name| rustix::fs::readlinkat(folder, name, Vec::new()))?;
        Ok(PathBuf::from(OsStr::from_bytes(target.as_bytes())))
    }

    /// Removes a file or a link.
    pub fn remove_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.at(path.as_ref(), |folder, name| rustix::fs::unlinkat(folder, name, AtFlags::empty()))
    }

    /// Removes a folder that is empty.
    pub fn remove_folder(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.at(path.as_ref(), |folder, name| rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR))
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
        let mut found = Vec::new();
        for entry in rustix::fs::Dir::new(self.readable()?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let form = match entry.file_type() {
                FileType::Unknown => self.look(name)?.form,
                known => Form::of(known),
            };
            found.push((name.to_os_string(), form));
        }
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
        let Ok(here) = self.folder(path) else { return false };
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{StatxAttributes, StatxFlags, statx};
            if let Ok(found) = statx(&here.handle, "", AtFlags::EMPTY_PATH, StatxFlags::empty())
                && found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
            {
                return true;
            }
        }
        let device = |folder: &Dir| rustix::fs::fstat(&folder.handle).map(|stat| stat.st_dev);
        device(&here).is_ok_and(|here| device(self) != Ok(here))
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

    /// Does something to a name in the folder that a path lies in.
    fn at<T>(&self, path: &Path, act: impl FnOnce(BorrowedFd<'_>, &OsStr) -> Result<T, Errno>) -> io::Result<T> {
        self.at_io(path, |folder, name| Ok(act(folder, name)?))
    }

    fn at_io<T>(&self, path: &Path, act: impl FnOnce(BorrowedFd<'_>, &OsStr) -> io::Result<T>) -> io::Result<T> {
        let name = pieces(path)?.next_back().ok_or(ErrorKind::InvalidInput)?;
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            None => act(self.handle.as_fd(), name),
            Some(parent) => act(self.open_beneath(parent, FOLDER, Mode::empty())?.as_fd(), name),
        }
    }

    fn open_beneath(&self, path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mut pieces = pieces(path)?;
        let opened = all_steps(&self.handle, path, flags, mode)
            .unwrap_or_else(|| steps(self.handle.as_fd(), &mut pieces, flags, mode));
        opened.map_err(|error| match error {
            // What a link in the path gives, by either way.
            Errno::LOOP => io::Error::new(ErrorKind::NotADirectory, "a link lies there, and none is followed"),
            Errno::NOTDIR => {
                io::Error::new(ErrorKind::NotADirectory, "what lies there is a link or a file, and no folder")
            }
            error => error.into(),
        })
    }
}

/// Takes all steps of a path in one call; `None` where there is no such call, or none that may be made.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn all_steps(from: &OwnedFd, path: &Path, flags: OFlags, mode: Mode) -> Option<Result<OwnedFd, Errno>> {
    use rustix::fs::{ResolveFlags, openat2};
    match openat2(from, path, flags, mode, ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        // A filter of system calls says `EPERM`, older systems `ENOSYS`; `EAGAIN` is said when something
        // was moved meanwhile.
        Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => None,
        opened => Some(opened),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn all_steps(_: &OwnedFd, _: &Path, _: OFlags, _: Mode) -> Option<Result<OwnedFd, Errno>> {
    None
}

/// Takes the steps of a path one by one.
fn steps(
    from: BorrowedFd<'_>,
    pieces: &mut dyn DoubleEndedIterator<Item = &OsStr>,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let last = pieces.next_back().ok_or(Errno::INVAL)?;
    let mut folder: Option<OwnedFd> = None;
    for name in pieces {
        let from = folder.as_ref().map_or(from, OwnedFd::as_fd);
        folder = Some(rustix::fs::openat(from, name, FOLDER | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty())?);
    }
    rustix::fs::openat(folder.as_ref().map_or(from, OwnedFd::as_fd), last, flags, mode)
}

/// The names of a path beneath; an error for one that could lead elsewhere.
fn pieces(path: &Path) -> io::Result<impl DoubleEndedIterator<Item = &OsStr>> {
    let beneath = path.components().all(|piece| matches!(piece, Component::Normal(_)));
    if !beneath {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no path beneath the folder"));
    }
    Ok(path.iter())
}

impl Form {
    fn of(kind: FileType) -> Form {
        match kind {
            FileType::RegularFile => Form::File,
            FileType::Directory => Form::Folder,
            FileType::Symlink => Form::Link,
            _ => Form::Other,
        }
    }
}

impl Found {
    /// What an open file is.
    pub fn at(file: &File) -> io::Result<Found> {
        Ok(Found::of(&rustix::fs::fstat(file)?))
    }

    #[allow(clippy::unnecessary_cast, reason = "systems count these in integers of several widths")]
    fn of(stat: &Stat) -> Found {
        Found {
            form: Form::of(FileType::from_raw_mode(stat.st_mode)),
            size: stat.st_size as u64,
            modified: i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
            place: (stat.st_dev as u64, stat.st_ino as u64),
            owner: stat.st_uid,
            mode: stat.st_mode as u32 & 0o7777,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

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
    fn steps_one_by_one_are_the_same() {
        let (folder, dir) = folders();
        symlink(folder.path().join("out"), folder.path().join("in/a/l")).expect("room");
        let open = |path: &str, flags: OFlags| {
            let path = Path::new(path);
            let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let mut names = path.iter();
            steps(dir.handle.as_fd(), &mut names, flags, ANY_FILE).map(drop)
        };
        open("a/b", FOLDER).expect("a folder");
        open("a/b/new", OFlags::RDWR | OFlags::CREATE | OFlags::EXCL).expect("room");
        assert_eq!(open("a/b/new", OFlags::RDWR | OFlags::CREATE | OFlags::EXCL), Err(Errno::EXIST));
        open("a/l", FOLDER).expect_err("a link");
        open("a/l/file", OFlags::RDONLY).expect_err("behind a link");
        assert_eq!(open("a/no/file", OFlags::RDONLY), Err(Errno::NOENT));
    }

    #[test]
    fn a_folder_that_becomes_a_link_is_still_the_folder() {
        let (folder, dir) = folders();
        let held = dir.folder("a").expect("there");
        fs::rename(folder.path().join("in/a"), folder.path().join("in/moved")).expect("ours");
        symlink(folder.path().join("out"), folder.path().join("in/a")).expect("room");
        held.replace("file", b"ours", false).expect("room");
        held.remove_tree("b").expect("ours");
        assert_eq!(text(&dir, "moved/file"), "ours");
        assert_eq!(fs::read_to_string(folder.path().join("out/file")).expect("there"), "theirs");
    }

    #[test]
    fn a_pipe_is_never_waited_for() {
        let (_folder, dir) = folders();
        rustix::fs::mkfifoat(&dir.handle, "pipe", ANY_FILE).expect("room");
        dir.read("pipe").expect_err("no file");
        dir.lock_file("pipe").expect_err("no file");
        dir.remove_tree("pipe").expect("it goes");
    }
}
