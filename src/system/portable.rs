//! The way of every other system, by the standard library alone.

use std::ffi::OsString;
use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::found::{Access, Form, Found, Word};

/// Whether a folder that is held stays the same folder, whatever takes its name: here it is known by its path.
pub const HOLDS_FOLDERS: bool = false;

/// The user who runs this: one for all, since the standard library tells none from another.
pub fn user() -> u32 {
    0
}

/// A folder. Paths beneath it are made of names alone; none of them is followed where it is a link. Each step of a
/// path is looked at before the last is used, so a link that is put there between the two is followed.
#[derive(Debug)]
pub struct Folder {
    /// Absolute, without links.
    path: PathBuf,
}

impl Folder {
    /// The folder that a path leads to, links followed.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let path = fs::canonicalize(path)?;
        if fs::metadata(&path)?.is_dir() { Ok(Folder { path }) } else { Err(no_folder()) }
    }

    /// Makes a folder where it isn't there, with those above it. Who may look into it, the folder above says.
    pub fn make(path: &Path, _private: bool) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    /// The same once more.
    pub fn again(&self) -> io::Result<Folder> {
        Ok(Folder { path: self.path.clone() })
    }

    /// A folder beneath.
    pub fn folder(&self, path: &Path) -> io::Result<Folder> {
        let path = self.at(path)?;
        step(&path)?;
        Ok(Folder { path })
    }

    /// A regular file beneath. Who may read a new one, the folder says.
    pub fn file(&self, path: &Path, access: Access) -> io::Result<File> {
        let path = self.at(path)?;
        let mut options = OpenOptions::new();
        options.read(true);
        match access {
            Access::Read => {}
            Access::New { .. } => return options.write(true).create_new(true).open(path),
            Access::Lock => {
                options.write(true).create(true).truncate(false);
            }
        }
        // Opening a pipe would wait.
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => {}
            Ok(found) if found.is_symlink() => {
                return Err(io::Error::new(ErrorKind::NotADirectory, "a link lies there, and none is followed"));
            }
            Ok(_) => return Err(io::Error::other("it is no regular file")),
            Err(error) if error.kind() == ErrorKind::NotFound && access == Access::Lock => {}
            Err(error) => return Err(error),
        }
        options.open(path)
    }

    /// Makes a folder in one that is there; an error where anything lies there.
    pub fn make_folder(&self, path: &Path, _private: bool) -> io::Result<()> {
        fs::create_dir(self.at(path)?)
    }

    /// What lies at a path beneath.
    pub fn look(&self, path: &Path) -> io::Result<Found> {
        Found::of(&fs::symlink_metadata(self.at(path)?)?)
    }

    /// The folder itself.
    pub fn metadata(&self) -> io::Result<Metadata> {
        step(&self.path)
    }

    /// The user whose it is.
    pub fn owner(&self) -> io::Result<u32> {
        self.metadata().map(|_| user())
    }

    /// Gives this folder what the standard library calls permissions of another; when `workable`, nothing.
    pub fn take_over(&self, from: &Folder, workable: bool) -> io::Result<()> {
        let permissions = from.metadata()?.permissions();
        if workable { Ok(()) } else { fs::set_permissions(&self.path, permissions) }
    }

    /// The same file at a second place, where nothing may lie.
    pub fn hard_link(&self, from: &Path, to: &Folder, path: &Path) -> io::Result<()> {
        fs::hard_link(self.at(from)?, to.at(path)?)
    }

    /// Moves what lies at a path, over a file or link that lies at the other.
    pub fn rename(&self, from: &Path, to: &Folder, path: &Path) -> io::Result<()> {
        fs::rename(self.at(from)?, to.at(path)?)
    }

    /// There is no such step: `Unsupported`.
    pub fn rename_new(&self, from: &Path, path: &Path) -> io::Result<()> {
        self.exchange(from, self, path).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Err(ErrorKind::Unsupported.into()),
            _ => Err(error),
        })
    }

    /// There is no such step: `Unsupported`, where both are there.
    pub fn exchange(&self, from: &Path, to: &Folder, path: &Path) -> io::Result<()> {
        self.look(from)?;
        to.look(path)?;
        Err(ErrorKind::Unsupported.into())
    }

    /// Makes a link that leads to a path as it is given, and for systems that tell those apart, to a file.
    #[expect(deprecated, reason = "each other call is of one system")]
    pub fn link(&self, target: &Path, path: &Path) -> io::Result<()> {
        fs::soft_link(target, self.at(path)?)
    }

    /// What a link says.
    pub fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        fs::read_link(self.at(path)?)
    }

    /// Removes a file or a link.
    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        let path = self.at(path)?;
        let is_link = fs::symlink_metadata(&path)?.is_symlink();
        // Where a link to a folder is a kind of its own, it goes as a folder does.
        fs::remove_file(&path).or_else(|error| if is_link { fs::remove_dir(&path) } else { Err(error) })
    }

    /// Removes a folder that is empty.
    pub fn remove_folder(&self, path: &Path) -> io::Result<()> {
        let path = self.at(path)?;
        step(&path)?;
        fs::remove_dir(path)
    }

    /// What lies in it, in no order.
    pub fn list(&self) -> io::Result<Vec<(OsString, Form)>> {
        step(&self.path)?;
        let entries = fs::read_dir(&self.path)?;
        entries.map(|entry| entry.and_then(|entry| Ok((entry.file_name(), form(entry.file_type()?))))).collect()
    }

    /// Nobody says so: no.
    pub fn is_mounted(&self, _above: &Folder) -> bool {
        false
    }

    /// The whole of a path beneath, whose folders are folders and no links.
    fn at(&self, path: &Path) -> io::Result<PathBuf> {
        let mut whole = self.path.clone();
        let mut names = path.iter();
        let last = names.next_back().ok_or(ErrorKind::InvalidInput)?;
        step(&whole)?;
        for name in names {
            whole.push(name);
            step(&whole)?;
        }
        whole.push(last);
        Ok(whole)
    }
}

/// What a folder is; an error for all that is none, a link among the rest.
fn step(path: &Path) -> io::Result<Metadata> {
    let found = fs::symlink_metadata(path)?;
    if found.is_dir() { Ok(found) } else { Err(no_folder()) }
}

fn no_folder() -> io::Error {
    io::Error::new(ErrorKind::NotADirectory, "what lies there is a link or a file, and no folder")
}

fn form(kind: FileType) -> Form {
    if kind.is_symlink() {
        Form::Link
    } else if kind.is_dir() {
        Form::Folder
    } else if kind.is_file() {
        Form::File
    } else {
        Form::Other
    }
}

impl Found {
    /// What an open file is.
    pub fn at(file: &File) -> io::Result<Found> {
        Found::of(&file.metadata()?)
    }

    fn of(data: &Metadata) -> io::Result<Found> {
        let modified = match data.modified()?.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => since.as_nanos().cast_signed(),
            Err(before) => -before.duration().as_nanos().cast_signed(),
        };
        let (form, size) = (form(data.file_type()), data.len());
        let (number, changed) = (number(data), changed(data));
        Ok(Found { form, size, modified, owner: user(), shared: false, number, changed })
    }
}

/// What tells a file from others as far as it is known: when it was made, in nanoseconds since 1970.
pub fn number(data: &Metadata) -> (u64, u64) {
    let made = data.created().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    (0, made.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0))
}

/// When anything about a file changed last, which no program can set: nobody says so.
pub fn changed(_: &Metadata) -> Option<Duration> {
    None
}

/// Whether the owner of a file can run it: no file says so.
pub fn can_run(_: &Metadata) -> bool {
    false
}

/// Lets all who may read a file run it, as they may.
pub fn let_all_run(_: &File) -> io::Result<()> {
    Ok(())
}

/// Lets the owner of a folder, which is to be removed, remove what is in it.
pub fn let_owner_write(folder: &Path) -> io::Result<()> {
    let mut permissions = fs::metadata(folder)?.permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the folder is about to go")]
    permissions.set_readonly(false);
    fs::set_permissions(folder, permissions)
}

/// A program that was started. What it starts itself goes on without it.
#[derive(Debug)]
pub struct Group(Mutex<Child>);

impl Group {
    pub fn start(command: &mut Command) -> io::Result<Group> {
        command.spawn().map(|child| Group(Mutex::new(child)))
    }

    /// Waits until the program has ended.
    pub fn wait(&self) {
        const PAUSE: Duration = Duration::from_millis(10);
        while matches!(self.child(|child| child.try_wait()), Ok(None)) {
            thread::sleep(PAUSE);
        }
    }

    /// Ends the program; gives how it ended.
    pub fn end(&self) -> io::Result<ExitStatus> {
        self.child(|child| {
            // Fails where it has ended.
            let _ = child.kill();
            child.wait()
        })
    }

    fn child<T>(&self, act: impl FnOnce(&mut Child) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The signal that ended a program: nobody says so.
pub fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// The words by which somebody ends this process: Ctrl-C alone.
#[derive(Debug)]
pub struct Words;

impl Words {
    /// Listens from the first [`next`](Words::next) on.
    pub fn listen() -> io::Result<Words> {
        Ok(Words)
    }

    /// The next word; none ever comes where nobody can be heard.
    pub async fn next(&mut self) -> Word {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Word::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Whether a process lives: nobody says so.
pub fn lives(_: u32) -> Option<bool> {
    None
}

/// What this machine is called, by the variable that Windows has for it.
#[expect(clippy::disallowed_methods, reason = "the machine's name is no setting of a command")]
pub fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "a machine without a name".into())
}

/// A look at the memory that is in use.
#[derive(Debug)]
pub struct Usage;

impl Usage {
    pub fn open() -> Usage {
        Usage
    }

    /// Memory that is in use: nobody says so.
    pub fn memory(&self) -> Option<u64> {
        None
    }
}

/// The time since this was asked first, which is what a process with one thread can have used.
#[expect(clippy::disallowed_methods, reason = "what bounds a run is the time that it takes")]
pub fn processor_time() -> Duration {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    FIRST.elapsed()
}

/// There is no such bound.
pub fn limit_memory(_: u64) -> io::Result<()> {
    Ok(())
}

/// There is no such limit.
pub fn raise_file_limit(_: u64) {}
