//! `partwork serve`: the site in memory, and browsers that show it as it is now.
//!
//! In: a project's folder, which is watched, and requests. Out: answers, each from one build as a
//! whole, and a word to every browser when there is a new one. A build that fails changes nothing
//! but the overlay. Nothing is ever written but the cache, and nothing that is made for the
//! preview gets into the built site: the client is put into pages on their way out.
//!
//! Two threads: the builder waits for changes and makes a [`State`] of each; the server shows the
//! latest. They share that one value, which is replaced and never changed, so an answer can't mix
//! two builds. Of a large site the pages that are looked at are shown before the rest is there: a state
//! that has them alone, in which all other requests wait for the next.
//!
//! A file imports only from those above it: `clock`, `state`, `editor`, `hosts`, `problems`, `watch`,
//! `answer`, `http`.

pub mod answer;
mod clock;
pub mod editor;
pub mod hosts;
pub mod http;
pub mod problems;
pub mod state;
pub mod watch;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime;
use tokio::sync::watch as channel;

use crate::diagnostic::{Diagnostic, Severity, quote};
use crate::outputs::headers::{self, PolicySources};
use crate::project::{Project, Run, load};
use crate::settings::config::{self, BaseUrl, Config};
use crate::site::Site;
use crate::site::reads::Reads;
use crate::store::cache::{Cache, Caches};
use crate::store::emit::EmitError;
use crate::store::kind::Kind;
use crate::store::tree::{Content, Entry, OutputPath};
use crate::system::raise_file_limit;
use crate::text::url::encode;
use crate::{Earlier, First, Shell, build};
use editor::Editor;
use http::{BindError, Ended, Listeners};
use state::{Frame, Looked, Problems, Shelf, Snapshot, State};
use watch::{Wait, Watcher};

/// How to serve, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The project's folder.
    pub root: PathBuf,
    /// Names and addresses to listen on; when empty, `[serve] host`, else 127.0.0.1.
    pub hosts: Vec<String>,
    /// When absent, `[serve] port`, else the first free one from 4711 on.
    pub port: Option<u16>,
    /// Look for changes again and again, for file systems without events.
    pub poll: bool,
    /// Warnings fail a build too.
    pub strict: bool,
    /// What the overlay's links open.
    pub editor: Option<Editor>,
    /// What is remembered from run to run, if anything is.
    pub memory: Option<crate::store::state::State>,
}

/// Reads the project anew, and says what a build at this moment wants of it.
pub type Load = Box<dyn Fn() -> Result<(Project, Run), String> + Send + Sync>;

/// Is told what the person at the terminal should know.
pub type Tell = Box<dyn Fn(Event<'_>) + Send + Sync>;

/// What happens while the server runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// It listens; `open` is whether machines other than this one can reach it.
    Listening { url: &'a str, open: bool },
    /// A build has made so many of so many new pictures smaller, which takes its time. Told on any thread.
    Resized { done: usize, all: usize },
    /// A build ended.
    Built { project: &'a Project, diagnostics: &'a [Diagnostic], good: bool, version: u64, took: Duration },
    /// The project could not be read at all.
    Unreadable(&'a str),
    /// Something works, and not as it should.
    Warning(&'a str),
}

/// Why there is no server.
#[derive(Debug)]
pub enum ServeError {
    /// What was typed can't be meant.
    Usage(String),
    /// It would open the site to others, and nobody asked for that.
    Unsafe(String),
    /// The system would not give an address.
    Network(String),
    Io(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Usage(reason) | ServeError::Unsafe(reason) | ServeError::Network(reason) => f.write_str(reason),
            ServeError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServeError {}

impl From<BindError> for ServeError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Unknown(reason) => ServeError::Usage(reason),
            BindError::Refused(reason) => ServeError::Network(reason),
        }
    }
}

impl From<io::Error> for ServeError {
    fn from(error: io::Error) -> Self {
        ServeError::Io(error)
    }
}

/// How many files may be open, where the system grants it: some grant 256 at first, and a connection is a file. With
/// fewer, more connections wait.
const WANTED_FILES: u64 = 4096;

/// Serves a project until a signal says to end.
pub fn serve(settings: Settings, load: Load, tell: Tell) -> Result<Ended, ServeError> {
    raise_file_limit(WANTED_FILES);
    // Watched before it is read, so that no change falls between the two.
    let (mut watcher, stop) = Watcher::start(&settings.root, settings.poll, &|warning| tell(Event::Warning(warning)))?;
    let config = load::settings(&settings.root);
    let hosts = hosts(&settings.hosts, config.as_ref())?;
    let port = settings.port.or_else(|| config.as_ref().and_then(|config| config.port));

    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let listeners = {
        let _inside = runtime.enter();
        Listeners::bind(&hosts, port)?
    };
    let origin = format!("http://{}:{}", shown_host(&hosts[0]), listeners.port);
    let open = !hosts.iter().all(|host| is_loopback(host));
    let root = settings.root.canonicalize()?;
    // What pages were made from is worth remembering as long as they are at hand.
    let cache = Caches { outputs: Cache::open(None), ..Caches::open(settings.memory.as_ref()) };
    let looked = Looked::default();
    let builder =
        Builder { settings, root, origin, load, tell, cache, reads: Reads::default(), looked: looked.clone() };

    let none = State { session: session(), builds: 0, site: None, problems: None };
    let first = builder.build(&none, None, &|_| false);
    builder.tell_of(&first);
    builder.watch(&first, &mut watcher);
    let Attempt { state: first, due, .. } = first;
    let configured = config.as_ref().map_or("/", |config| &config.base_url.path);
    let base = first.site.as_ref().map_or(configured, |site| &site.frame.base);
    (builder.tell)(Event::Listening { url: &format!("{}{}", builder.origin, encode(base)), open });
    let (sender, states) = channel::channel(first);
    thread::Builder::new().name("builder".into()).spawn(move || rebuild(&builder, &mut watcher, &sender, due))?;
    let ended = runtime.block_on(http::serve(listeners, states, looked, hosts));
    stop.stop();
    // A file that is being read, or a build that is under way, changes nothing any more.
    runtime.shutdown_background();
    Ok(ended?)
}

/// Builds of sources that keep changing are not shown, until this long after the first change.
const LONGEST_UNSEEN: Duration = Duration::from_secs(2);

/// Makes a state of every burst of changes, and when a part comes out, until there is nobody to
/// show it to. What is looked at is shown as soon as it is there.
fn rebuild(builder: &Builder, watcher: &mut Watcher, states: &channel::Sender<Arc<State>>, mut due: Option<Timestamp>) {
    let mut unseen: Option<Instant> = None;
    let mut before = Arc::clone(&states.borrow());
    builder.save_cache(&before);
    while watcher.wait(due) == Wait::Changed {
        let since = *unseen.get_or_insert_with(clock::instant);
        if let Some(warning) = watcher.take_warning() {
            (builder.tell)(Event::Warning(&warning));
        }
        // What was read while somebody wrote may be half of it; the next build reads it again.
        let watching = RefCell::new(&mut *watcher);
        let is_half = || watching.borrow_mut().has_changed() && since.elapsed() < LONGEST_UNSEEN;
        let shown = states.borrow().site.clone().filter(|site| site.is_under_way);
        let next = builder.build(&before, shown, &|first| !is_half() && states.send(first).is_ok());
        due = next.due;
        let is_half = is_half();
        builder.watch(&next, watching.into_inner());
        if is_half {
            continue;
        }
        unseen = None;
        before = Arc::clone(&next.state);
        if states.send(Arc::clone(&next.state)).is_err() {
            return;
        }
        builder.tell_of(&next);
        builder.save_cache(&next.state);
    }
}

/// Of so many versions of every file it is known what they were made from.
const MOST_VERSIONS: usize = 10;

/// What every build of a run needs.
struct Builder {
    settings: Settings,
    /// The project's folder, links followed.
    root: PathBuf,
    /// Where browsers find this server; the site is built for it.
    origin: String,
    load: Load,
    tell: Tell,
    cache: Caches,
    reads: Reads,
    looked: Looked,
}

/// What came of a build.
struct Attempt {
    /// What there is to show now.
    state: Arc<State>,
    /// When time alone will change it.
    due: Option<Timestamp>,
    /// What was built, with its diagnostics; else why it could not be read.
    of: Result<(Project, Vec<Diagnostic>), String>,
    /// What articles name outside the folders of sources, below the root; none where it was not looked for.
    elsewhere: Option<BTreeSet<String>>,
    took: Duration,
}

impl Builder {
    /// Builds the project as it is now. A build that fails leaves the site as it was. `show` gets the pages that are
    /// looked at before the rest is there, and says whether it has shown them; `shown` is what was of an earlier build
    /// that came to no end.
    fn build(&self, before: &State, shown: Option<Arc<Snapshot>>, show: &dyn Fn(Arc<State>) -> bool) -> Attempt {
        let started = clock::instant();
        let shown = RefCell::new(shown);
        let state = |site: Option<Arc<Snapshot>>, problems: Option<Problems>| {
            let session = Arc::clone(&before.session);
            Arc::new(State { session, builds: before.builds + 1, site, problems: problems.map(Arc::new) })
        };
        let as_before = || match (&before.site, &*shown.borrow()) {
            (Some(before), Some(shown)) => Some(before.again(shown)),
            (before, _) => before.clone(),
        };
        let unreadable = |reason: String| Attempt {
            state: state(as_before(), Some(problems::failure(&reason))),
            due: None,
            of: Err(reason),
            elsewhere: None,
            took: started.elapsed(),
        };
        let (project, mut run) = match (self.load)() {
            Ok(loaded) => loaded,
            Err(reason) => return unreadable(reason),
        };
        // Each part's card names the series and counts its parts, and a browser asks for none of them.
        run.later = true;
        // Absolute addresses, such as those that old addresses lead to, stay on this server.
        run.base_url = run.base_url.or_else(|| self.own_base(&project));
        let shelf = Shelf::default();
        let store = |path: &OutputPath, kind: Kind, content: &Content| {
            shelf
                .put(path, kind, content)
                .map_err(|source| EmitError::Io { doing: format!("read {}", quote(path.as_str())), source })
        };
        let stands = |path: &OutputPath, entry: Entry| {
            before.site.as_ref().is_some_and(|before| shelf.keep(before, path, entry))
        };
        let looked =
            before.site.as_ref().filter(|site| site.is_large()).map(|_| self.looked.paths()).unwrap_or_default();
        let wanted = |path: &OutputPath| looked.iter().any(|looked| looked == path.as_str());
        let made = |site: &Site, holds: PolicySources| {
            let Some(whole) = &before.site else { return };
            let mut all = whole.frame.holds.clone();
            all.join(holds);
            let mut shown = shown.borrow_mut();
            let first = Snapshot::begun(whole, shown.as_ref(), shelf.some(&looked), frame(all, site));
            let session = Arc::clone(&before.session);
            // What is wrong is told where all is known.
            let (site, problems) = (Some(Arc::clone(&first)), before.problems.clone());
            if show(Arc::new(State { session, builds: before.builds, site, problems })) {
                *shown = Some(first);
            }
        };
        let first = Some(First { wanted: &wanted, made: &made }).filter(|_| !looked.is_empty());
        // One program for one address makes them all.
        let earlier = Some(Earlier { program: &[], stands: &stands, reads: Some(&self.reads), first });
        let resized = |done: usize, all: usize| (self.tell)(Event::Resized { done, all });
        let shell = Shell { caches: &self.cache, look: None, store: &store, earlier, resized: Some(&resized) };
        let built = match build(&project, &run, shell) {
            Ok(built) => built,
            Err(error) => return unreadable(error.to_string()),
        };
        self.cache.outputs.forget_beyond(MOST_VERSIONS * built.tree.len());
        let fails = |diagnostic: &Diagnostic| self.settings.strict || diagnostic.severity == Severity::Error;
        let good = !built.diagnostics.iter().any(fails);
        let state = match built.site() {
            Some(site) if good => {
                let frame = frame(built.holds.clone(), site);
                state(Some(Snapshot::after(before.site.as_ref(), shown.borrow().as_ref(), shelf, frame)), None)
            }
            _ => {
                let found = problems::list(&built.diagnostics, &project.sources, &self.root, self.settings.editor);
                state(as_before(), Some(found))
            }
        };
        let due = built.sites.iter().filter_map(|site| due(&run, site)).min();
        let elsewhere = built.elsewhere;
        Attempt { state, due, of: Ok((project, built.diagnostics)), elsewhere, took: started.elapsed() }
    }

    /// Lets the watcher know of the files that were named.
    fn watch(&self, attempt: &Attempt, watcher: &mut Watcher) {
        if let Some(files) = &attempt.elsewhere {
            watcher.also(files.iter().map(|path| self.root.join(path)).collect());
        }
    }

    /// The configured base URL, on this server.
    fn own_base(&self, project: &Project) -> Option<BaseUrl> {
        let config = config::parse(&project.sources, project.config, &mut Vec::new())?;
        BaseUrl::parse(&format!("{}{}", self.origin, config.base_url.rooted(""))).ok()
    }

    fn tell_of(&self, attempt: &Attempt) {
        (self.tell)(match &attempt.of {
            Err(reason) => Event::Unreadable(reason),
            Ok((project, diagnostics)) => Event::Built {
                project,
                diagnostics,
                good: attempt.state.problems.is_none(),
                version: attempt.state.version(),
                took: attempt.took,
            },
        });
    }

    /// A cache that can't be written costs the next run its time and nothing else.
    fn save_cache(&self, state: &State) {
        let saved = if state.problems.is_none() { self.cache.save() } else { self.cache.save_more() };
        if let Err(error) = saved {
            (self.tell)(Event::Warning(&format!("the cache could not be written: {error}")));
        }
    }
}

/// When the next part comes out, on a site that is built for the present. One that is built for
/// another time, as `--at` says, stays as it is.
fn due(run: &Run, site: &Site) -> Option<Timestamp> {
    let age = clock::now().duration_since(run.now);
    if site.now != run.now || age.abs() > SignedDuration::from_mins(1) {
        return None;
    }
    site.parts().filter_map(|part| Some(part.due?.instant)).filter(|instant| *instant > site.now).min()
}

/// What all answers share, where pages load what they do: their policy allows what reloading needs.
fn frame(holds: PolicySources, site: &Site) -> Frame {
    let mut allowed = holds.clone();
    allowed.allow_preview();
    Frame { base: site.config.base_url.path.clone(), policy: headers::policy(&allowed, site), holds }
}

/// What to listen on. A project's file may choose among the names of this machine; only the person
/// who starts the server can open it to others.
fn hosts(typed: &[String], config: Option<&Config>) -> Result<Vec<String>, ServeError> {
    if !typed.is_empty() {
        return Ok(typed.to_vec());
    }
    let Some(host) = config.and_then(|config| config.host.clone()) else {
        return Ok(vec!["127.0.0.1".into()]);
    };
    if !is_loopback(&host) {
        return Err(ServeError::Unsafe(format!(
            "`[serve] host` is {}, where other machines can reach it; if that is meant, say `--host {host}`",
            quote(&host)
        )));
    }
    Ok(vec![host])
}

fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>().map_or_else(|_| hosts::is_localhost(host), |address| address.is_loopback())
}

/// A host as an address names it: any address is not one that a browser can go to.
fn shown_host(host: &str) -> String {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".into(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".into(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.to_string(),
    }
}

/// A word that no other run has.
fn session() -> Arc<str> {
    format!("{:x}", clock::now().as_nanosecond()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_person_at_the_keyboard_opens_the_server() {
        for (host, own) in [
            ("127.0.0.1", true),
            ("127.3.2.1", true),
            ("localhost", true),
            ("[::1]", true),
            ("::1", true),
            ("a.localhost", true),
            ("0.0.0.0", false),
            ("::", false),
            ("192.168.1.5", false),
            ("laptop.local", false),
        ] {
            assert_eq!(is_loopback(host), own, "{host}");
        }
        assert!(matches!(hosts(&["0.0.0.0".into()], None), Ok(typed) if typed == ["0.0.0.0"]));
    }

    #[test]
    fn addresses_that_a_browser_can_go_to() {
        for (host, shown) in
            [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("a.local", "a.local")]
        {
            assert_eq!(shown_host(host), shown);
        }
    }
}
