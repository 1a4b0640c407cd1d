//! A folder by its handle, from which each step of a path is taken.
//!
//! Linux takes all steps of a path at once (`openat2(2)`, `RESOLVE_BENEATH`, `RESOLVE_NO_SYMLINKS`);
//! elsewhere, and where that call is forbidden, they are taken one by one (`O_NOFOLLOW`).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::attributes;
use super::files::since;
use crate::system::found::{Access, Form, Found};

/// Whether a folder that is held stays the same folder, whatever takes its name.
pub const HOLDS_FOLDERS: bool = true;

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

/// The user who runs this.
pub fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A folder that is held. Paths beneath it are made of names alone; none of them is followed where it is a link.
#[derive(Debug)]
pub struct Folder(OwnedFd);

impl Folder {
    /// The folder that a path leads to, links followed.
    pub fn open(path: &Path) -> io::Result<Folder> {
        Ok(Folder(rustix::fs::openat(CWD, path, FOLDER | OFlags::CLOEXEC, Mode::empty())?))
    }

    /// Makes a folder where it isn't there, with those above it: for nobody else to look into when `private`.
    pub fn make(path: &Path, private: bool) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(if private { 0o700 } else { 0o777 }).create(path)
    }

    /// The same once more.
    pub fn again(&self) -> io::Result<Folder> {
        Ok(Folder(self.0.try_clone()?))
    }

    /// A folder beneath.
    pub fn folder(&self, path: &Path) -> io::Result<Folder> {
        self.open_beneath(path, FOLDER, Mode::empty()).map(Folder)
    }

    /// A regular file beneath. Never waits, as opening a pipe would.
    pub fn file(&self, path: &Path, access: Access) -> io::Result<File> {
        let (flags, mode) = match access {
            Access::Read => (OFlags::NONBLOCK, Mode::empty()),
            Access::New { private } => {
                let mode = if private { OWN_FILE } else { ANY_FILE };
                (OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, mode)
            }
            Access::Lock => (OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK, ANY_FILE),
        };
        let file = File::from(self.open_beneath(path, flags, mode)?);
        let is_new = matches!(access, Access::New { .. });
        if is_new || file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
    }

    /// Makes a folder in one that is there; an error where anything lies there.
    pub fn make_folder(&self, path: &Path, private: bool) -> io::Result<()> {
        let mode = if private { OWN_FOLDER } else { ANY_FOLDER };
        self.at(path, |folder, name| rustix::fs::mkdirat(folder, name, mode))
    }

    /// What lies at a path beneath.
    pub fn look(&self, path: &Path) -> io::Result<Found> {
        let stat = self.at(path, |folder, name| rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW))?;
        Ok(Found::of(&stat))
    }

    /// The folder itself.
    pub fn metadata(&self) -> io::Result<Metadata> {
        File::from(self.0.try_clone()?).metadata()
    }

    /// The user whose it is.
    pub fn owner(&self) -> io::Result<u32> {
        Ok(rustix::fs::fstat(&self.0)?.st_uid)
    }

    /// Gives this folder the owner, group, mode and attributes of another; when `workable`, with all that its owner
    /// needs to make something in it.
    pub fn take_over(&self, from: &Folder, workable: bool) -> io::Result<()> {
        attributes::take_over(&File::from(from.readable()?), &File::from(self.readable()?), workable)
    }

    /// The folder itself, for calls that need one that can be read.
    fn readable(&self) -> io::Result<OwnedFd> {
        Ok(rustix::fs::openat(&self.0, ".", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
    }

    /// The same file at a second place, where nothing may lie.
    pub fn hard_link(&self, from: &Path, to: &Folder, path: &Path) -> io::Result<()> {
        self.between(from, to, path, |old, old_name, new, new_name| {
            Ok(rustix::fs::linkat(old, old_name, new, new_name, AtFlags::empty())?)
        })
    }

    /// Moves what lies at a path, over a file or link that lies at the other.
    pub fn rename(&self, from: &Path, to: &Folder, path: &Path) -> io::Result<()> {
        self.between(from, to, path, |old, old_name, new, new_name| {
            Ok(rustix::fs::renameat(old, old_name, new, new_name)?)
        })
    }

    /// As [`rename`](Folder::rename) within this folder; an error where anything lies at the other path.
    /// `Unsupported` where the system or the file system has no such step.
    pub fn rename_new(&self, from: &Path, path: &Path) -> io::Result<()> {
        self.between(from, self, path, renaming::new)
    }

    /// Lets two folders or files change places in one step. `Unsupported` where the system or the file
    /// system has no such step.
    pub fn exchange(&self, from: &Path, to: &Folder, path: &Path) -> io::Result<()> {
        self.between(from, to, path, renaming::exchange)
    }

    /// Makes a link that leads to a path as it is given.
    pub fn link(&self, target: &Path, path: &Path) -> io::Result<()> {
        self.at(path, |folder, name| rustix::fs::symlinkat(target, folder, name))
    }

    /// What a link says.
    pub fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let target = self.at(path, |folder, name| rustix::fs::readlinkat(folder, name, Vec::new()))?;
        Ok(PathBuf::from(OsStr::from_bytes(target.as_bytes())))
    }

    /// Removes a file or a link.
    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.at(path, |folder, name| rustix::fs::unlinkat(folder, name, AtFlags::empty()))
    }

    /// Removes a folder that is empty.
    pub fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.at(path, |folder, name| rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR))
    }

    /// What lies in it, in no order.
    pub fn list(&self) -> io::Result<Vec<(OsString, Form)>> {
        let mut found = Vec::new();
        for entry in rustix::fs::Dir::new(self.readable()?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let form = match entry.file_type() {
                FileType::Unknown => self.look(Path::new(name))?.form,
                known => form(known),
            };
            found.push((name.to_os_string(), form));
        }
        Ok(found)
    }

    /// Whether something is mounted here, in a folder beneath another, be it a folder of the same disk.
    pub fn is_mounted(&self, above: &Folder) -> bool {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{StatxAttributes, StatxFlags, statx};
            if let Ok(found) = statx(&self.0, "", AtFlags::EMPTY_PATH, StatxFlags::empty())
                && found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
            {
                return true;
            }
        }
        let device = |folder: &Folder| rustix::fs::fstat(&folder.0).map(|stat| stat.st_dev);
        device(self).is_ok_and(|here| device(above) != Ok(here))
    }

    /// Does something to a name in the folder that a path lies in.
    fn at<T>(&self, path: &Path, act: impl FnOnce(BorrowedFd<'_>, &OsStr) -> Result<T, Errno>) -> io::Result<T> {
        self.at_io(path, |folder, name| Ok(act(folder, name)?))
    }

    /// Does something to a name in this folder and to one in another.
    fn between(
        &self,
        from: &Path,
        to: &Folder,
        path: &Path,
        act: impl FnOnce(BorrowedFd<'_>, &OsStr, BorrowedFd<'_>, &OsStr) -> io::Result<()>,
    ) -> io::Result<()> {
        self.at_io(from, |old, old_name| to.at_io(path, |new, new_name| act(old, old_name, new, new_name)))
    }

    fn at_io<T>(&self, path: &Path, act: impl FnOnce(BorrowedFd<'_>, &OsStr) -> io::Result<T>) -> io::Result<T> {
        let name = path.iter().next_back().ok_or(ErrorKind::InvalidInput)?;
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            None => act(self.0.as_fd(), name),
            Some(parent) => act(self.open_beneath(parent, FOLDER, Mode::empty())?.as_fd(), name),
        }
    }

    fn open_beneath(&self, path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let opened = all_steps(&self.0, path, flags, mode).unwrap_or_else(|| steps(self.0.as_fd(), path, flags, mode));
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

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod renaming {
    use std::ffi::OsStr;
    use std::io::{self, ErrorKind};
    use std::os::fd::BorrowedFd;

    use rustix::fs::{RenameFlags, renameat_with};
    use rustix::io::Errno;

    pub fn new(old: BorrowedFd<'_>, old_name: &OsStr, new: BorrowedFd<'_>, new_name: &OsStr) -> io::Result<()> {
        known(renameat_with(old, old_name, new, new_name, RenameFlags::NOREPLACE))
    }

    pub fn exchange(old: BorrowedFd<'_>, old_name: &OsStr, new: BorrowedFd<'_>, new_name: &OsStr) -> io::Result<()> {
        known(renameat_with(old, old_name, new, new_name, RenameFlags::EXCHANGE))
    }

    fn known(renamed: Result<(), Errno>) -> io::Result<()> {
        match renamed {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(ErrorKind::Unsupported.into()),
            renamed => Ok(renamed?),
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod renaming {
    use std::ffi::OsStr;
    use std::io::{self, ErrorKind};
    use std::os::fd::BorrowedFd;

    use rustix::fs::{AtFlags, statat};

    pub fn new(_: BorrowedFd<'_>, _: &OsStr, _: BorrowedFd<'_>, _: &OsStr) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    pub fn exchange(_: BorrowedFd<'_>, _: &OsStr, new: BorrowedFd<'_>, new_name: &OsStr) -> io::Result<()> {
        statat(new, new_name, AtFlags::SYMLINK_NOFOLLOW)?;
        Err(ErrorKind::Unsupported.into())
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
fn steps(from: BorrowedFd<'_>, path: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let mut names = path.iter();
    let last = names.next_back().ok_or(Errno::INVAL)?;
    let mut folder: Option<OwnedFd> = None;
    for name in names {
        let from = folder.as_ref().map_or(from, OwnedFd::as_fd);
        folder = Some(rustix::fs::openat(from, name, FOLDER | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty())?);
    }
    rustix::fs::openat(folder.as_ref().map_or(from, OwnedFd::as_fd), last, flags, mode)
}

fn form(kind: FileType) -> Form {
    match kind {
        FileType::RegularFile => Form::File,
        FileType::Directory => Form::Folder,
        FileType::Symlink => Form::Link,
        _ => Form::Other,
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
            form: form(FileType::from_raw_mode(stat.st_mode)),
            size: stat.st_size as u64,
            modified: i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
            owner: stat.st_uid,
            shared: stat.st_mode as u32 & 0o077 != 0,
            number: (stat.st_dev as u64, stat.st_ino as u64),
            changed: since(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn steps_one_by_one_are_the_same() {
        let room = tempfile::tempdir().expect("a folder");
        let at = |path: &str| room.path().join(path);
        fs::create_dir_all(at("in/a/b")).expect("room");
        fs::create_dir(at("out")).expect("room");
        fs::write(at("out/file"), "theirs").expect("room");
        symlink(at("out"), at("in/a/l")).expect("room");
        let folder = Folder::open(&at("in")).expect("there");
        let open = |path: &str, flags: OFlags| {
            let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            steps(folder.0.as_fd(), Path::new(path), flags, ANY_FILE).map(drop)
        };
        open("a/b", FOLDER).expect("a folder");
        open("a/b/new", OFlags::RDWR | OFlags::CREATE | OFlags::EXCL).expect("room");
        assert_eq!(open("a/b/new", OFlags::RDWR | OFlags::CREATE | OFlags::EXCL), Err(Errno::EXIST));
        open("a/l", FOLDER).expect_err("a link");
        open("a/l/file", OFlags::RDONLY).expect_err("behind a link");
        assert_eq!(open("a/no/file", OFlags::RDONLY), Err(Errno::NOENT));
    }
}
