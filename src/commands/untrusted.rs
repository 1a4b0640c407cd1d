//! A run that trusts nothing of its project: a stranger's branch, a pull request.
//!
//! In: what was typed, what the environment says, what the run has to read and write. Out: a process
//! that may do no more. What the project itself gets less of (raw HTML, templates, targets) the
//! library does, by `Run::untrusted`; what is here holds where the library has a mistake.
//!
//! | bound | by |
//! |---|---|
//! | reads the project, writes the output; no other file, program, connection or signal | Landlock, on Linux from 5.13 |
//! | memory | `setrlimit`, and a look at it every moment, which can say what happened |
//! | processor time | that look |
//! | output | the store that takes the files |

use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use partwork::cli::{Format, Shared};
use partwork::diagnostic::quote;
use partwork::store::dir::Dir;
use partwork::store::emit::EmitError;
use partwork::store::tree::{Content, Entry, Made, OutputPath};
use partwork::system::{Usage, limit_memory, processor_time};

use super::common::tell;
use super::failure::Failure;
use super::terminal;

/// The most memory, in bytes: a site of a thousand parts needs a tenth.
const MEMORY: u64 = 2 << 30;
/// The most processor time of one build.
const TIME: Duration = Duration::from_secs(300);
/// The most bytes of all files of a site.
const OUTPUT: u64 = 2 << 30;
/// How many bytes of a file are held at a time.
const PIECE: usize = 64 << 10;

/// What a run may still do.
#[derive(Debug, Clone, Copy)]
pub struct May<'a> {
    pub read: &'a [&'a Path],
    pub write: Option<&'a Path>,
    /// Whether it may listen for connections.
    pub listen: bool,
}

/// Bounds that hold from here on.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// What was used before the build that is under way.
    used: Arc<Mutex<Duration>>,
}

impl Bounds {
    /// Gives a further build the whole time.
    pub fn begin_again(&self) {
        *self.before() = processor_time();
    }

    fn before(&self) -> MutexGuard<'_, Duration> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes away all that a run needs not have, and says so. To be called before there are other threads;
/// none of it can be given back.
pub fn confine(why: &str, may: May<'_>, shared: &Shared) -> Result<Bounds, Failure> {
    let bounds = Bounds { used: Arc::default() };
    // Somewhat later than the watch says so in words.
    limit_memory(MEMORY * 2)?;
    watch(&bounds, may.write.map(Dir::open).transpose()?)?;
    if !shared.quiet && shared.format != Format::Json {
        terminal::remark(&format!(
            "note: nothing of the project is trusted, since {why}: raw HTML is shown as text, the theme is the built-in \
             one, and nothing is remembered; where the project is yours, say `--trusted`"
        ));
    }
    if let Err(lack) = shut_in(may) {
        tell("warning", &format!("{lack}; what the project holds is read by partwork alone, with all that you may do"));
    }
    Ok(bounds)
}

/// Ends the process, with a word, when it uses too much. `output` held nothing when the run began.
fn watch(bounds: &Bounds, output: Option<Dir>) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(50);
    // Opened while that is allowed. Where nobody says it, `limit_memory` has to do.
    let usage = Usage::open();
    let bounds = bounds.clone();
    let look = move || {
        loop {
            thread::sleep(PAUSE);
            if usage.memory().is_some_and(|bytes| bytes > MEMORY) {
                end(&format!("it takes more than {} GiB of memory", MEMORY >> 30), output.as_ref());
            }
            if processor_time().saturating_sub(*bounds.before()) > TIME {
                end(&format!("it takes more than {} seconds of processor time", TIME.as_secs()), output.as_ref());
            }
        }
    };
    thread::Builder::new().name("bounds".into()).spawn(look).map(drop)
}

#[expect(clippy::exit, reason = "whatever is under way doesn't end by itself")]
fn end(what: &str, output: Option<&Dir>) -> ! {
    // Whoever is still writing finds the folders gone, or makes one more; it will be gone as well.
    for _ in 0..3 {
        output.into_iter().for_each(clear);
    }
    tell("error", &format!("the site is not built, since {what}; with `--trusted` there is no such bound"));
    std::process::exit(i32::from(Failure::Refused(String::new()).status()))
}

/// Landlock (<https://docs.kernel.org/userspace-api/landlock.html>); says what is lacking where it isn't whole.
#[cfg(target_os = "linux")]
fn shut_in(may: May<'_>) -> Result<(), String> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
        Scope,
    };
    /// What is known of here; a kernel that knows less does what it can.
    const KNOWN: ABI = ABI::V7;
    let failed = |error: landlock::RulesetError| format!("Landlock can't be used: {error}");
    let open = |path: &Path| PathFd::new(path).map_err(|error| format!("Landlock can't be used: {error}"));
    let reads = AccessFs::ReadFile | AccessFs::ReadDir;
    let writes = AccessFs::from_all(KNOWN) & !(AccessFs::Execute | AccessFs::MakeSym | AccessFs::IoctlDev);
    let connects = if may.listen { AccessNet::ConnectTcp.into() } else { AccessNet::from_all(KNOWN) };
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))
        .and_then(|rules| rules.handle_access(connects))
        .and_then(|rules| rules.scope(Scope::from_all(KNOWN)))
        .and_then(Ruleset::create)
        .map_err(failed)?;
    for folder in may.read {
        rules = rules.add_rule(PathBeneath::new(open(folder)?, reads)).map_err(failed)?;
    }
    if let Some(output) = may.write {
        rules = rules.add_rule(PathBeneath::new(open(output)?, writes)).map_err(failed)?;
    }
    match rules.restrict_self().map_err(failed)?.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err("this kernel's Landlock is older than partwork asks for".into()),
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock".into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn shut_in(_: May<'_>) -> Result<(), String> {
    Err("this system has no Landlock".into())
}

/// Bytes that a site has come to.
#[derive(Debug, Default)]
pub struct Sum(AtomicU64);

impl Sum {
    /// Adds those of a file; refuses a site that has too many.
    pub fn add(&self, bytes: u64) -> Result<(), EmitError> {
        if self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > OUTPUT {
            let most = OUTPUT >> 30;
            let why = format!("the site has more than {most} GiB; with `--trusted` there is no such bound");
            return Err(EmitError::Refused(why));
        }
        Ok(())
    }
}

/// A folder that is filled and was empty: nothing has to be known of it.
#[derive(Debug)]
pub struct Fresh {
    folder: Dir,
    sum: Sum,
    kept: bool,
}

impl Fresh {
    /// Makes the folder where it isn't there; refuses one that holds something.
    pub fn open(path: &Path) -> Result<Fresh, EmitError> {
        let failed = failed(path);
        let folder = Dir::make(path, false).map_err(&failed)?;
        if !folder.list().map_err(&failed)?.is_empty() {
            return Err(EmitError::Refused(format!(
                "the output folder {} holds something, and a run that trusts nothing writes to an empty one; name \
                 another with `--output`, or delete it",
                quote(&path.to_string_lossy())
            )));
        }
        Ok(Fresh { folder, sum: Sum::default(), kept: false })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes one file of the site, from any thread.
    pub fn put(&self, path: &OutputPath, content: &Content) -> Result<Entry, EmitError> {
        let to = self.path().join(path.as_str());
        let failed = failed(&to);
        let mut from: Box<dyn Read> = match content.made().map_err(&failed)? {
            Made::Bytes(bytes) => Box::new(io::Cursor::new(bytes)),
            Made::File(from) => Box::new(from.open().map_err(&failed)?),
        };
        let mut file = self.folder.create(path.as_str()).map_err(&failed)?;
        let mut hasher = blake3::Hasher::new();
        let mut piece = vec![0; PIECE];
        loop {
            let read = from.read(&mut piece).map_err(&failed)?;
            if read == 0 {
                return Ok(Entry { size: hasher.count(), hash: hasher.finalize().into() });
            }
            self.sum.add(read as u64)?;
            hasher.update(&piece[..read]);
            file.write_all(&piece[..read]).map_err(&failed)?;
        }
    }

    /// Lets the files stay; gives how many bytes they are.
    pub fn keep(mut self) -> u64 {
        self.kept = true;
        self.sum.0.load(Ordering::Relaxed)
    }
}

/// What is said when nothing can be written at a path.
fn failed(path: &Path) -> impl Fn(io::Error) -> EmitError {
    move |source| EmitError::Io { doing: format!("write {}", quote(&path.to_string_lossy())), source }
}

impl Drop for Fresh {
    /// Half a site is none.
    fn drop(&mut self) {
        if !self.kept {
            clear(&self.folder);
        }
    }
}

/// Empties a folder.
fn clear(folder: &Dir) {
    for (name, _) in folder.list().unwrap_or_default() {
        // What stays is seen by whoever looks at the folder.
        let _ = folder.remove_tree(&name);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Landlock holds for the thread that asks for it, so the others of this process go on as before.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_run_that_is_shut_in_reads_its_project_and_writes_its_output() {
        let place = tempfile::tempdir().expect("a folder");
        let path = |name: &str| place.path().join(name);
        for folder in ["project/content", "project/public", "other"] {
            fs::create_dir_all(path(folder)).expect("room");
        }
        for file in ["project/content/a.md", "other/secret"] {
            fs::write(path(file), "x").expect("room");
        }
        std::os::unix::fs::symlink("../../other/secret", path("project/content/link")).expect("room");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let inside = || {
            let (root, output) = (path("project"), path("project/public"));
            let shut = shut_in(May { read: &[&root], write: Some(&output), listen: false });
            if let Err(lack) = shut {
                assert!(lack.contains("Landlock"), "{lack}");
                return;
            }
            let denied = |done: io::Result<()>| {
                let error = done.expect_err("it may not");
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
            };
            fs::read(path("project/content/a.md")).expect("the project is read");
            fs::create_dir_all(path("project/public/s/a")).expect("the output is written");
            fs::write(path("project/public/s/a/index.html"), "x").expect("the output is written");
            fs::rename(path("project/public/s/a"), path("project/public/b")).expect("and moved about in");
            fs::remove_dir_all(path("project/public/s")).expect("and cleared");
            for outside in ["other/secret", "project/content/link"] {
                denied(fs::read(path(outside)).map(drop));
            }
            for unwritten in ["project/content/a.md", "project/new", "other/new"] {
                denied(fs::write(path(unwritten), "y"));
            }
            denied(fs::remove_file(path("project/content/a.md")));
            denied(fs::rename(path("project/content/a.md"), path("project/public/a.md")));
            denied(std::net::TcpStream::connect(address).map(drop));
            denied(std::net::TcpListener::bind("127.0.0.1:0").map(drop));
            denied(super::super::machine::program("/bin/true").spawn().map(drop));
        };
        thread::scope(|scope| scope.spawn(inside).join().expect("nothing panics"));
        fs::read(path("other/secret")).expect("as before");
    }

    #[test]
    fn what_a_run_writes_is_counted() {
        let sum = Sum::default();
        sum.add(OUTPUT).expect("as many as there may be");
        let refused = sum.add(1).expect_err("one more").to_string();
        assert!(refused.contains("2 GiB"), "{refused}");
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone_and_half_a_site_is_none() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("a/public");
        let put = |fresh: &Fresh| {
            let path = OutputPath::new("s/a/index.html").expect("a good path");
            fresh.put(&path, &Content::Bytes(b"x".to_vec())).expect("room")
        };
        put(&Fresh::open(&folder).expect("an empty folder"));
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 0);
        let fresh = Fresh::open(&folder).expect("an empty folder");
        put(&fresh);
        assert_eq!(fresh.keep(), 1);
        assert!(matches!(Fresh::open(&folder), Err(EmitError::Refused(_))));
        assert!(folder.join("s/a/index.html").exists());
    }
}
