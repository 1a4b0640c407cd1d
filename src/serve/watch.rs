//! When the sources have changed, and when they are at rest again.
//!
//! In: events of the file system, or the differences between two looks at it. Out: one answer for a
//! whole burst of them, be it a save, a `git checkout` or the renaming of a folder. It says that
//! something changed and never what: every build is of the whole site.
//!
//! `notify-debouncer-full` is not used. What it adds to `notify`, pairing the halves of a rename, is
//! of no use to who rebuilds everything; and its fixed delay is longer than a build.
//! `notify`'s own `PollWatcher` is not used either: it compares times in whole seconds and takes
//! only later ones for changes, so a file that was moved over another, or saved twice in a second,
//! would go unseen.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use walkdir::WalkDir;

use super::clock;
use crate::project::load;
use crate::project::places::is_ignored;
use crate::project::{CONFIG, FOLDERS, LEDGER, PROGRAM};
use crate::store::disk::{Identity, Stamp};
use crate::store::origin::Root;

/// How long it has to be quiet before a burst is over. Programs that write many files leave less
/// than this between two of them; whoever waits for a save would not notice it.
const SETTLED: Duration = Duration::from_millis(10);

/// The same while a file was written to and not closed yet. Whoever keeps a file open for good has
/// to be shown some day.
const WRITING: Duration = Duration::from_millis(100);

/// Whether the system says when a file that was written to is closed.
const CLOSES_ARE_TOLD: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Between two looks at the clock.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A burst that does not end is cut here.
const LONGEST_BURST: Duration = Duration::from_secs(2);

/// The same while git works in the folder. A lock that is older was left behind by a git that was
/// killed.
const LONGEST_LOCK: Duration = Duration::from_secs(10);

/// The most bytes of a file that names git's folder.
const MOST_NAME: u64 = 8 << 10;

/// How often one looks where there are no events.
const POLL: Duration = Duration::from_millis(250);

/// Hears of changes to one project.
#[derive(Debug)]
pub struct Watcher {
    heard: Receiver<Heard>,
    kind: Kind,
    areas: Areas,
    /// For the thread that looks, where one has to begin.
    sender: Sender<Heard>,
    /// Which folder the root was when it was first watched.
    identity: Option<Identity>,
    /// Why changes are looked for from now on.
    warning: Option<String>,
    /// A change came while nobody waited.
    changed: bool,
    /// Files that were written to and not closed yet.
    open: BTreeSet<PathBuf>,
}

#[derive(Debug)]
enum Kind {
    Events(RecommendedWatcher),
    /// The thread that looks ends when nobody listens any more.
    Poll,
}

#[derive(Debug)]
enum Heard {
    Event(notify::Result<Event>),
    /// Something differs from the last look.
    Differs,
    Stop,
}

/// Ends the waiting of a [`Watcher`] from another thread.
#[derive(Debug, Clone)]
pub struct Stop(Sender<Heard>);

impl Stop {
    pub fn stop(&self) {
        // Where nobody listens, nobody waits.
        let _ = self.0.send(Heard::Stop);
    }
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    Changed,
    Stopped,
}

impl Watcher {
    /// Begins to watch a project. `poll` looks at the files again and again instead of relying on
    /// events; that is also what happens when the system has no events to give, and then `warn`
    /// is told why.
    pub fn start(root: &Path, poll: bool, warn: &dyn Fn(&str)) -> std::io::Result<(Watcher, Stop)> {
        let root = root.canonicalize()?;
        let (sender, heard) = channel();
        let areas = Areas::of(root, Named::default());
        let mut watcher = Watcher {
            heard,
            kind: Kind::Poll,
            sender: sender.clone(),
            identity: Identity::at(&areas.root),
            areas,
            warning: None,
            changed: false,
            open: BTreeSet::new(),
        };
        let stop = Stop(sender.clone());
        if !poll {
            let events = sender.clone();
            // Links are followed by `Areas`, which stays inside the project as loading does.
            let config = Config::default().with_follow_symlinks(false);
            let tell = move |event| {
                // Where nobody listens any more, the server is about to end.
                let _ = events.send(Heard::Event(event));
            };
            let armed = RecommendedWatcher::new(tell, config).and_then(|events| {
                watcher.kind = Kind::Events(events);
                watcher.arm()
            });
            match armed {
                Ok(()) => return Ok((watcher, stop)),
                Err(error) => warn(&looking(&reason(&error))),
            }
        }
        watcher.poll()?;
        Ok((watcher, stop))
    }

    /// Looks for changes from now on.
    fn poll(&mut self) -> std::io::Result<()> {
        self.kind = Kind::Poll;
        let (root, sender) = (self.areas.root.clone(), self.sender.clone());
        let named = self.areas.named.clone();
        let first = Look::at(&root, &named);
        let look = move || look_again((&root, &named), first, &sender);
        thread::Builder::new().name("poll".into()).spawn(look).map(drop)
    }

    /// Watches these files as well from now on, and no others that an earlier call named: what articles name
    /// elsewhere in the project, be it there or not. What happened to them before is not known, so that the next wait
    /// ends at once where they are others.
    pub fn also(&mut self, files: BTreeSet<PathBuf>) {
        if self.areas.named.replace(files) {
            self.changed = true;
            self.rearm();
        }
    }

    /// Does so where events don't come any more; what they would have told by now is not known.
    fn fall_back(&mut self, why: &str) {
        if matches!(self.kind, Kind::Poll) {
            return;
        }
        self.changed = true;
        self.warning = Some(match self.poll() {
            Ok(()) => looking(why),
            Err(error) => format!("{why}, and changes can't be looked for: {error}; start it again"),
        });
    }

    /// Why changes are looked for since the last call, if that began meanwhile.
    pub fn take_warning(&mut self) -> Option<String> {
        self.warning.take()
    }

    /// Waits until something changed and has come to rest, or until the clock shows this time.
    pub fn wait(&mut self, due: Option<Timestamp>) -> Wait {
        while !self.changed {
            let left = due.map(|due| due.duration_since(clock::now()));
            if left.is_some_and(|left| !left.is_positive()) {
                return Wait::Changed;
            }
            // A machine that sleeps stops this wait and not the clock, so it is asked again.
            let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or(LONGEST_WAIT);
            match self.heard.recv_timeout(left.min(LONGEST_WAIT)) {
                Ok(Heard::Stop) | Err(RecvTimeoutError::Disconnected) => return Wait::Stopped,
                Ok(heard) => self.hear(heard),
                Err(RecvTimeoutError::Timeout) => self.notice_another_root(),
            }
        }
        let began = clock::instant();
        let mut last = began;
        loop {
            let quiet = match self.kind {
                // Two looks that find the same.
                Kind::Poll => POLL * 2,
                Kind::Events(_) if self.open.is_empty() && CLOSES_ARE_TOLD => SETTLED,
                Kind::Events(_) => WRITING,
            };
            let end = (last + quiet).min(began + LONGEST_BURST.max(quiet));
            let left = end.saturating_duration_since(clock::instant());
            // Where something comes without end, there is always something to hear.
            let heard = if left.is_zero() { Err(RecvTimeoutError::Timeout) } else { self.heard.recv_timeout(left) };
            match heard {
                Ok(Heard::Stop) | Err(RecvTimeoutError::Disconnected) => return Wait::Stopped,
                Ok(heard) => {
                    self.changed = false;
                    self.hear(heard);
                    if self.changed {
                        last = clock::instant();
                    }
                }
                Err(RecvTimeoutError::Timeout) if began.elapsed() < LONGEST_LOCK && is_locked(&self.areas.root) => {
                    // The lock's own end is no event.
                    thread::sleep(SETTLED);
                    self.has_changed();
                    last = clock::instant();
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.changed = false;
                    self.open.clear();
                    return Wait::Changed;
                }
            }
        }
    }

    /// Whether something changed since [`wait`](Watcher::wait) returned; it will return again at
    /// once then.
    pub fn has_changed(&mut self) -> bool {
        while let Ok(heard) = self.heard.try_recv() {
            if matches!(heard, Heard::Stop) {
                // Nothing is left that would end the next wait.
                let (_, closed) = channel();
                self.heard = closed;
                self.changed = false;
                return false;
            }
            self.hear(heard);
        }
        self.changed
    }

    fn hear(&mut self, heard: Heard) {
        let event = match heard {
            Heard::Differs => {
                self.changed = true;
                return;
            }
            Heard::Event(Ok(event)) => event,
            // What was lost with an error is not known; the next build reads it.
            Heard::Event(Err(_)) => Event::new(EventKind::Any).set_flag(notify::event::Flag::Rescan),
            Heard::Stop => return,
        };
        if event.need_rescan() {
            self.changed = true;
            self.rearm();
            return;
        }
        let is_closed = event.kind == EventKind::Access(AccessKind::Close(AccessMode::Write));
        if matches!(event.kind, EventKind::Access(_)) && !is_closed {
            return;
        }
        let is_written = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
        let mut arm = false;
        for path in event.paths {
            if path == self.areas.root && !is_written && !is_closed {
                self.notice_another_root();
            }
            let Some(is_top) = self.areas.concern(&path) else { continue };
            self.changed = true;
            arm |= is_top || (!is_written && !is_closed && path.is_symlink());
            if is_written && CLOSES_ARE_TOLD {
                self.open.insert(path);
            } else {
                self.open.remove(&path);
            }
        }
        if arm {
            self.rearm();
        }
    }

    fn rearm(&mut self) {
        if let Err(error) = self.arm() {
            self.fall_back(&reason(&error));
        }
    }

    /// A folder that was moved away is watched where it is now, and the one in its place isn't.
    fn notice_another_root(&mut self) {
        if Identity::at(&self.areas.root) != self.identity {
            self.fall_back("the project's folder was replaced");
        }
    }

    /// Watches the root for what comes and goes in it, and each folder of sources with all that is
    /// below it. The root is not watched as a whole, since the output and much that is not ours can
    /// lie in it. Watching again what is watched already changes nothing.
    fn arm(&mut self) -> notify::Result<()> {
        let Kind::Events(events) = &mut self.kind else { return Ok(()) };
        self.areas.find();
        events.watch(&self.areas.root, RecursiveMode::NonRecursive)?;
        for file in &self.areas.linked {
            if let Some(folder) = file.parent() {
                watch_if_there(events, folder, RecursiveMode::NonRecursive)?;
            }
        }
        for file in &self.areas.files {
            // All of them, since any may come later.
            for folder in file.ancestors().skip(1).take_while(|folder| *folder != self.areas.root) {
                watch_if_there(events, folder, RecursiveMode::NonRecursive)?;
            }
        }
        // Last, since the later of two ways to watch a folder is the one that counts.
        for (folder, _) in &self.areas.folders {
            watch_if_there(events, folder, RecursiveMode::Recursive)?;
        }
        Ok(())
    }
}

fn watch_if_there(events: &mut RecommendedWatcher, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
    match events.watch(path, mode) {
        Err(error) if !path.exists() => drop(error),
        other => other?,
    }
    Ok(())
}

fn looking(why: &str) -> String {
    format!("{why}; looking for changes again and again instead")
}

/// Why the system has no events to give.
fn reason(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system watches no more folders (`sysctl fs.inotify.max_user_watches` raises the number)".into()
        }
        _ => format!("changes can't be watched: {error}"),
    }
}

/// Where the sources of a project are, links followed.
#[derive(Debug)]
struct Areas {
    root: PathBuf,
    /// Real folders, each with the name of [`FOLDERS`] that it stands for; no name for one that is
    /// linked to from inside another.
    folders: Vec<(PathBuf, &'static str)>,
    /// Real files outside those folders that a link in them leads to.
    linked: BTreeSet<PathBuf>,
    /// Fonts of cards and what articles name, wherever in the project and whether they are there yet or not.
    files: BTreeSet<PathBuf>,
    named: Named,
}

/// What articles name outside the folders of sources; the thread that looks has it too.
#[derive(Debug, Default, Clone)]
struct Named(Arc<Mutex<BTreeSet<PathBuf>>>);

impl Named {
    fn get(&self) -> BTreeSet<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says whether it was another.
    fn replace(&self, files: BTreeSet<PathBuf>) -> bool {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *own, files) != *own
    }
}

/// Where the settings say that the fonts of cards are, links not followed.
fn fonts(root: &Path) -> Vec<PathBuf> {
    let named = load::settings(root).map(|config| config.cards.fonts).unwrap_or_default();
    let is_plain = |path: &Path| path.components().all(|piece| matches!(piece, Component::Normal(_)));
    let below = named.into_iter().map(|font| PathBuf::from(font.value)).filter(|path| is_plain(path));
    below.map(|path| root.join(path)).collect()
}

impl Areas {
    /// Of which nothing has been looked for yet.
    fn of(root: PathBuf, named: Named) -> Areas {
        Areas { root, folders: Vec::new(), linked: BTreeSet::new(), files: BTreeSet::new(), named }
    }

    fn find(&mut self) {
        let inside = |path: &Path| path.canonicalize().ok().filter(|real| real.starts_with(&self.root));
        let mut folders: Vec<(PathBuf, &'static str)> = FOLDERS
            .iter()
            .filter_map(|name| Some((inside(&self.root.join(name))?, *name)))
            .filter(|(real, _)| *real != self.root && real.is_dir())
            .collect();
        let mut linked = BTreeSet::new();
        // The list grows as links are found in folders that links led to.
        let mut next = 0;
        while let Some((folder, _)) = folders.get(next).cloned() {
            next += 1;
            for entry in WalkDir::new(&folder).into_iter().filter_map(Result::ok) {
                if !entry.path_is_symlink() {
                    continue;
                }
                let Some(real) = inside(entry.path()) else { continue };
                if folders.iter().any(|(folder, _)| real.starts_with(folder)) || self.root.starts_with(&real) {
                    continue;
                }
                if real.is_dir() {
                    folders.push((real, ""));
                } else {
                    linked.insert(real);
                }
            }
        }
        // Events name real paths, and a file that isn't there yet has a real folder at most.
        let real = |file: &PathBuf| Some(inside(file.parent()?)?.join(file.file_name()?));
        let typed: Vec<PathBuf> = fonts(&self.root).into_iter().chain(self.named.get()).collect();
        self.files = typed.iter().cloned().chain(typed.iter().filter_map(real)).collect();
        linked.extend(typed.iter().filter_map(|file| inside(file)));
        self.folders = folders;
        self.linked = linked;
    }

    /// Whether a path is one of the sources: `None` when it is not, else whether what has to be
    /// watched changes with it.
    fn concern(&self, path: &Path) -> Option<bool> {
        // Other settings name other fonts.
        if path == self.root.join(CONFIG) || FOLDERS.iter().any(|folder| path == self.root.join(folder)) {
            return Some(true);
        }
        if path == self.root.join(LEDGER) || self.linked.contains(path) || self.files.contains(path) {
            return Some(false);
        }
        if path != self.root && self.files.iter().any(|file| file.starts_with(path)) {
            return Some(true);
        }
        let below = |(folder, name): &(PathBuf, &str)| {
            let below = path.strip_prefix(folder).ok()?;
            is_read(below, name).then_some(below.as_os_str().is_empty())
        };
        self.folders.iter().find_map(below)
    }
}

/// Whether what stands at a path below a folder of sources may be read. In the program of a series each name is.
fn is_read(below: &Path, folder: &str) -> bool {
    let mut in_program = false;
    below.components().enumerate().all(|(at, piece)| {
        let name = piece.as_os_str().to_string_lossy();
        let is_read = if in_program { name != ".git" } else { !is_ignored(&name, at + 1, folder) };
        in_program |= folder == "content" && name == PROGRAM;
        is_read
    })
}

/// Whether git is at work on the files of a project: it holds this lock from before it changes the
/// first until after it changed the last.
fn is_locked(root: &Path) -> bool {
    let Some(git) = root.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists()) else { return false };
    // In a linked work tree it is a file that names the folder (gitrepository-layout, `gitdir`).
    let name = Path::new(".git");
    let text = Root::open(&git.with_file_name("")).and_then(|above| above.file(name, name).read(MOST_NAME));
    let folder = match text.and_then(|text| String::from_utf8(text).map_err(std::io::Error::other)) {
        Ok(text) => match text.strip_prefix("gitdir:") {
            Some(named) => git.with_file_name("").join(named.trim()),
            None => return false,
        },
        Err(_) => git,
    };
    let Ok(since) = fs::metadata(folder.join("index.lock")).and_then(|data| data.modified()) else { return false };
    let age = Timestamp::try_from(since).map(|since| clock::now().duration_since(since));
    age.ok().and_then(|age| Duration::try_from(age).ok()).is_some_and(|age| age < LONGEST_LOCK)
}

/// What the sources look like without reading them.
#[derive(Debug, PartialEq, Eq)]
struct Look(blake3::Hash);

impl Look {
    fn at(root: &Path, named: &Named) -> Look {
        let mut hasher = blake3::Hasher::new();
        let mut add = |path: &Path| {
            if let Ok(data) = fs::metadata(path) {
                hasher.update(path.as_os_str().as_encoded_bytes()).update(&[0]);
                hasher.update(format!("{:?}", Stamp::of(&data)).as_bytes());
            }
        };
        for file in [CONFIG, LEDGER].map(|file| root.join(file)).into_iter().chain(fonts(root)).chain(named.get()) {
            add(&file);
        }
        for folder in FOLDERS {
            let walk = WalkDir::new(root.join(folder)).follow_links(true).sort_by_file_name();
            let read = walk.into_iter().filter_entry(|entry| {
                let below = entry.path().strip_prefix(root.join(folder)).unwrap_or(entry.path());
                let leaves = || entry.path().canonicalize().is_ok_and(|real| !real.starts_with(root));
                is_read(below, folder) && !(entry.path_is_symlink() && leaves())
            });
            for entry in read.filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
                add(entry.path());
            }
        }
        Look(hasher.finalize())
    }
}

/// Looks until nobody listens; never takes more than a tenth of a processor.
fn look_again((root, named): (&Path, &Named), first: Look, sender: &Sender<Heard>) {
    let mut last = first;
    let mut pause = POLL;
    loop {
        thread::sleep(pause);
        let began = clock::instant();
        let now = Look::at(root, named);
        pause = POLL.max(began.elapsed() * 9);
        if now != last {
            last = now;
            if sender.send(Heard::Differs).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn project() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a folder");
        for path in ["content/guide", "static/.well-known", "notes", "public", ".git"] {
            fs::create_dir_all(root.join(path)).expect("a folder");
        }
        fs::write(root.join("notes/linked.md"), "").expect("a file");
        fs::create_dir_all(root.join("fonts/there")).expect("a folder");
        std::os::unix::fs::symlink("../../notes/x.ttf", root.join("fonts/there/link.ttf")).expect("a link");
        fs::write(root.join("notes/x.ttf"), "").expect("a file");
        let fonts = "[\"fonts/there/x.ttf\", \"fonts/later/x.ttf\", \"fonts/there/link.ttf\", \"a/../up.ttf\"]";
        let settings = format!("base_url = \"https://a.se/\"\ntitle = \"x\"\n[cards]\nfonts = {fonts}\n");
        fs::write(root.join(CONFIG), settings).expect("a file");
        std::os::unix::fs::symlink("../notes/linked.md", root.join("content/linked.md")).expect("a link");
        std::os::unix::fs::symlink("/", root.join("content/everything")).expect("a link");
        (folder, root)
    }

    #[test]
    fn what_concerns_a_project() {
        let (_folder, root) = project();
        std::os::unix::fs::symlink("..", root.join("content/itself")).expect("a link");
        let named = Named::default();
        named.replace([root.join("examples/x.rs")].into());
        let mut areas = Areas::of(root.clone(), named);
        areas.find();
        for (path, concern) in [
            ("partwork.toml", Some(true)),
            ("fonts", Some(true)),
            ("fonts/there", Some(true)),
            ("fonts/there/x.ttf", Some(false)),
            ("fonts/there/y.ttf", None),
            ("fonts/later", Some(true)),
            ("fonts/later/x.ttf", Some(false)),
            ("notes/x.ttf", Some(false)),
            ("up.ttf", None),
            ("examples", Some(true)),
            ("examples/x.rs", Some(false)),
            ("examples/y.rs", None),
            ("content/guide/code/x/.env", Some(false)),
            ("content/guide/code/x/.git/index", None),
            ("urls.toml", Some(false)),
            ("content", Some(true)),
            ("templates", Some(true)),
            ("content/guide/x.md", Some(false)),
            ("static/.well-known/x", Some(false)),
            ("notes/linked.md", Some(false)),
            ("notes/other.md", None),
            ("content/.x.md.swp", None),
            ("content/guide/x.md~", None),
            ("content/.git/x.md", None),
            ("content/guide/4913", None),
            ("public/index.html", None),
            (".partwork/cache", None),
            (".git/index", None),
            ("README.md", None),
            ("contents/x.md", None),
        ] {
            assert_eq!(areas.concern(&root.join(path)), concern, "{path}");
        }
        assert_eq!(areas.concern(Path::new("/etc/hosts")), None, "a link out of the project is not followed");
    }

    #[test]
    fn a_folder_in_the_place_of_the_project_is_looked_at() {
        let (_folder, root) = project();
        let (mut watcher, _stop) = Watcher::start(&root, false, &|_| ()).expect("a folder");
        let moved = root.with_extension("moved");
        fs::rename(&root, &moved).expect("moved");
        fs::create_dir_all(root.join("content")).expect("a folder");
        assert_eq!(watcher.wait(None), Wait::Changed);
        assert!(watcher.take_warning().expect("told").contains("replaced"));
        fs::write(root.join("content/x.md"), "one").expect("a file");
        assert_eq!(watcher.wait(None), Wait::Changed);
        assert_eq!(watcher.take_warning(), None);
        fs::remove_dir_all(&moved).expect("our own");
    }

    #[test]
    fn git_at_work() {
        let (_folder, root) = project();
        assert!(!is_locked(&root));
        let lock = root.join(".git/index.lock");
        fs::write(&lock, "").expect("a file");
        assert!(is_locked(&root) && is_locked(&root.join("content")));
        fs::File::options().write(true).open(&lock).expect("it").set_modified(SystemTime::UNIX_EPOCH).expect("a time");
        assert!(!is_locked(&root), "left behind long ago");
        // A linked work tree.
        fs::create_dir_all(root.join("main/.git/worktrees/x")).expect("a folder");
        fs::write(root.join("main/.git/worktrees/x/index.lock"), "").expect("a file");
        fs::write(root.join("content/.git"), "gitdir: ../main/.git/worktrees/x\n").expect("a file");
        assert!(is_locked(&root.join("content")));
    }

    #[test]
    fn looks_differ_when_sources_do() {
        let (_folder, root) = project();
        let page = root.join("content/guide/x.md");
        let named = Named::default();
        named.replace([root.join("examples/x.rs")].into());
        let mut last = Look::at(&root, &named);
        let mut differs = || {
            let now = Look::at(&root, &named);
            std::mem::replace(&mut last, now) != Look::at(&root, &named)
        };
        assert!(!differs(), "nothing happened");
        fs::write(&page, "one").expect("a file");
        assert!(differs());
        let old = SystemTime::UNIX_EPOCH;
        fs::File::options().write(true).open(&page).expect("it").set_modified(old).expect("a time");
        assert!(differs(), "an older time");
        fs::rename(&page, root.join("content/guide/y.md")).expect("moved");
        assert!(differs());
        fs::write(root.join("content/guide/y.md~"), "one").expect("a file");
        fs::write(root.join("public/index.html"), "one").expect("a file");
        assert!(!differs(), "what is never read");
        fs::create_dir_all(root.join("examples")).expect("a folder");
        fs::write(root.join("examples/x.rs"), "one").expect("a file");
        assert!(differs(), "what an article names");
    }
}
