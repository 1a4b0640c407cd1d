//! Listings whose files have changed since their articles did, by what git knows of both.
//!
//! In: a project and its sites. Out: a warning for each listing that shows something else than when its article was
//! last committed. Says nothing outside a repository, of an article that is being changed, and of one that git doesn't
//! know. Runs git alone, and nothing that the repository's own settings name.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::project::Project;
use crate::project::places::MOST_SOURCE_BYTES;
use crate::site::contents::Contents;
use crate::site::ids::ArticleId;
use crate::site::listings::{changed, files};
use crate::site::series::State;
use crate::site::{Role, Site};
use crate::store::origin::Origin;
use crate::text::source::Source;

/// An article with the files of its listings, each with the copies that earlier parts have of it.
struct Shows<'a> {
    site: &'a Site,
    id: ArticleId,
    files: Vec<Vec<Origin>>,
    commit: String,
}

/// A file as of a commit, by its path below the root.
type AsOf = (String, String);

/// Looks for listings that are newer than what is said of them.
pub fn check(root: &Path, project: &Project, sites: &[Site], out: &mut Vec<Diagnostic>) {
    let articles = sites.iter().flat_map(|site| site.articles.ids().map(move |id| (site, id)));
    let articles = articles.filter(|(site, id)| {
        let is_told = site.role(*id) != Role::Unknown && site.state(*id) != State::Draft;
        is_told && !site.article(*id).listings.is_empty()
    });
    let articles: Vec<(&Site, ArticleId)> = articles.collect();
    if articles.is_empty() {
        return;
    }
    let Some(commits) = last_commits(root) else { return };
    let shows = articles.into_iter().filter_map(|(site, id)| {
        let commit = commits.get(project.sources.path(site.article(id).source))?.clone();
        Some(Shows { site, id, files: files(project, site, id), commit })
    });
    let shows: Vec<Shows<'_>> = shows.collect();
    let source = |shows: &Shows<'_>| project.sources.get(shows.site.article(shows.id).source);
    let wanted = shows.iter().flat_map(|shows| {
        let files = shows.files.iter().flatten().filter_map(name);
        let all = files.chain([source(shows).path.as_str()]).map(|path| (shows.commit.clone(), path.to_string()));
        all.collect::<Vec<AsOf>>()
    });
    let Some(then) = contents(root, &wanted.collect()) else { return };
    let is_as_committed = |shows: &Shows<'_>| {
        let now = source(shows);
        let was = then.get(&(shows.commit.clone(), now.path.clone())).and_then(|bytes| str::from_utf8(bytes).ok());
        was.is_some_and(|was| Source::new("", was).text() == now.text())
    };
    for Shows { site, id, files, commit } in shows.into_iter().filter(is_as_committed) {
        let as_of = |file: &Origin| then.get(&(commit.clone(), name(file)?.to_string())).cloned();
        let known = files.iter().filter_map(|copies| Some((copies.first()?.name().to_path_buf(), copies)));
        let known = known.map(|(path, copies)| (path, copies.iter().find_map(as_of)));
        for file in changed(project, site, id, Contents::of_then(known)) {
            let message = format!("what is shown of {} has changed since this article did", quote(&file.value));
            let help = "see whether the text beside it still fits; any committed change of the article says so";
            out.push(Diagnostic::new(Code::OutdatedListing, file.span, message).help(help));
        }
    }
}

/// The path of a file as it can be asked for, a line each.
fn name(file: &Origin) -> Option<&str> {
    file.name().to_str().filter(|name| !name.contains('\n'))
}

/// git in a folder, only to be asked; an object that is missing is asked of nobody (git(1)).
#[expect(clippy::disallowed_methods, reason = "git alone knows what stood in a file when its article was written")]
fn git(root: &Path) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false"]);
    git.arg("-C").arg(root).env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
    git.stdin(Stdio::null()).stderr(Stdio::null());
    git
}

/// The commit that changed each file of `content/` last, as the branch got it.
fn last_commits(root: &Path) -> Option<BTreeMap<String, String>> {
    let names = ["-z", "--name-only", "--relative", "--no-renames", "--no-ext-diff", "--no-color"];
    let mut log = git(root);
    log.args(["log", "--first-parent", "-m", "--format=%x01%H"]).args(names).args(["--", "content"]);
    let said = log.output().ok().filter(|said| said.status.success())?;
    let log = String::from_utf8_lossy(&said.stdout);
    let mut commits = BTreeMap::new();
    for commit in log.split('\x01') {
        let mut fields = commit.split('\0').map(|field| field.trim_start_matches('\n'));
        let Some(hash) = fields.next() else { continue };
        for path in fields.filter(|path| !path.is_empty()) {
            commits.entry(path.to_string()).or_insert_with(|| hash.to_string());
        }
    }
    Some(commits)
}

/// What stood in files, as far as it is known and no larger than a source may be.
fn contents(root: &Path, wanted: &BTreeSet<AsOf>) -> Option<BTreeMap<AsOf, Vec<u8>>> {
    let mut git = git(root);
    git.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = git.spawn().ok()?;
    let (mut asks, says) = (running.stdin.take()?, running.stdout.take()?);
    let found = thread::scope(|scope| {
        // Both at once, since a pipe holds little; what can't be asked has no answer either.
        scope.spawn(move || wanted.iter().try_for_each(|(commit, path)| writeln!(asks, "{commit}:./{path}")));
        answers(BufReader::new(says), wanted)
    });
    let _ = running.wait();
    found.ok()
}

/// Reads the answers of git-cat-file(1): a line with kind and size, the bytes and a line end; one line alone for what
/// is missing.
fn answers(mut says: BufReader<impl Read>, wanted: &BTreeSet<AsOf>) -> io::Result<BTreeMap<AsOf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for as_of in wanted {
        let mut head = Vec::new();
        says.read_until(b'\n', &mut head)?;
        let head = String::from_utf8_lossy(&head);
        let words: Vec<&str> = head.split_whitespace().collect();
        let [_, kind, size] = words[..] else { continue };
        let Ok(size) = size.parse::<u64>() else { continue };
        let mut answer = says.by_ref().take(size);
        let mut bytes = Vec::new();
        if kind == "blob" && size <= MOST_SOURCE_BYTES {
            answer.read_to_end(&mut bytes)?;
            found.insert(as_of.clone(), bytes);
        } else {
            io::copy(&mut answer, &mut io::sink())?;
        }
        says.read_exact(&mut [0])?;
    }
    Ok(found)
}
