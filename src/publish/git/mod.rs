//! A branch of a git repository, as hosts of pages read it.
//!
//! In: a plan. Out: one commit more on the branch, which holds it; history is kept. All happens in
//! a bare repository of the run's own scratch folder, so no work tree, index or configuration of
//! anybody's is touched. Other publishers are noticed when the push is no fast-forward: the server
//! compares and sets in one step. Never forces a push unless told to.

mod call;
mod lfs;
mod near;
mod objects;
pub mod revision;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::diagnostic::quote;
use crate::diff::shown::Shown;
use crate::publish::context::Context;
use crate::publish::error::{PublishError, local};
use crate::publish::plan::{Files, Held, Plan, Survey};
use crate::publish::programs::{Output, ProgramFailure, run, ssh_with_timeout};
use crate::publish::record::{RECORD, Record, Recorded, is_internal};
use crate::text::url::percent_decode;
use call::{Settings, git, git_in, other_side};
use objects::{Form, Object};

pub use objects::parse_entry;

/// Where the branch is kept in the run's own repository.
const HEAD: &str = "refs/partwork/target";
/// The line of a commit message that says which commit's release it shows again.
const RESTORES: &str = "Restores: ";

/// A branch that a publish is at work on.
#[derive(Debug)]
pub struct Branch {
    /// A path where it is of this machine.
    url: String,
    is_near: bool,
    name: String,
    /// Our own bare repository.
    repository: PathBuf,
    /// The branch's commit as it was surveyed; `None` when there is no such branch.
    head: Option<String>,
    /// Whether nobody has said how ssh is called.
    plain_ssh: bool,
    /// How long the other side may be silent, in seconds.
    timeout: u64,
    settings: Settings,
}

/// Refuses a repository that lies in the project, and a branch that somebody has checked out: in the
/// repository itself when it is on this machine, and in the project's own when it is a clone of it.
pub fn open(url: &str, branch: &str, context: &Context<'_>) -> Result<Branch, PublishError> {
    // Encoded as in every URL.
    let near = url.strip_prefix("file:").map(|path| percent_decode(path.strip_prefix("//").unwrap_or(path)));
    let near = near.map(|path| near::find(Path::new(&path), context)).transpose()?;
    let url = near.as_ref().map_or(url.to_string(), |near| near.path.to_string_lossy().into_owned());
    let settings = Settings::read(context)?;
    let named = ["GIT_SSH_COMMAND", "GIT_SSH"].iter().any(|name| context.environment.get(name).is_some());
    let branch = Branch {
        is_near: near.is_some(),
        url,
        name: branch.to_string(),
        repository: context.scratch.join("git"),
        head: None,
        plain_ssh: !named && !settings.is_of_user("core.sshcommand"),
        timeout: context.timeout.as_secs(),
        settings,
    };
    if let Some(repository) = near.as_ref().and_then(|near| near.repository.as_deref()) {
        branch.refuse_checked_out(git(repository, context), context)?;
    }
    if near.is_some_and(|near| near.is_own) || branch.is_remote_of_project(context)? {
        branch.refuse_checked_out(git_in(context.root, context), context)?;
    }
    Ok(branch)
}

impl Branch {
    /// Refuses a branch that somebody works on in the repository that `git` asks.
    fn refuse_checked_out(&self, mut git: Command, context: &Context<'_>) -> Result<(), PublishError> {
        // A repository that can't be read has nothing checked out; git says the rest when it is asked
        // for the branch.
        let Ok(listed) = run(git.args(["worktree", "list", "--porcelain"]), b"", context)? else { return Ok(()) };
        let wanted = format!("branch refs/heads/{}", self.name);
        let listed = text(&listed.stdout);
        let Some(tree) = listed.split("\n\n").find(|tree| tree.lines().any(|line| line == wanted)) else {
            return Ok(());
        };
        let place = tree.lines().next().and_then(|line| line.strip_prefix("worktree ")).unwrap_or_default();
        Err(PublishError::Refused(format!(
            "the branch {} is checked out in {}; publish to one that nobody works on, such as `gh-pages`",
            quote(&self.name),
            quote(place)
        )))
    }

    /// Fetches the branch, its last commit alone, and lists it.
    pub fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        self.fetch(&["--depth=1"], context)?;
        let Some(head) = self.head.clone() else { return Ok(Survey::default()) };
        let mut held = BTreeMap::new();
        let mut candidates = Vec::new();
        for (path, object) in self.list(&head, context)? {
            if is_internal(&path) {
                continue;
            }
            let comparable =
                object.form == Form::Plain && files.get(&path).is_some_and(|file| file.entry.size == object.size);
            let same = files.contains_key(&path).then_some(false);
            held.insert(path.clone(), Held { size: object.size, same });
            if comparable {
                candidates.push((path, object.id));
            }
        }
        let disks = candidates.iter().map(|(path, _)| files[path].disk.as_path());
        let ids = self.hash(disks, false, context)?;
        for ((path, id), hashed) in candidates.iter().zip(ids) {
            if let Some(held) = held.get_mut(path) {
                held.same = Some(*id == hashed);
            }
        }
        Ok(Survey { record: self.record(&head, context)?, held })
    }

    /// The site that the branch shows, of its last commit; `None` when there is no such branch.
    pub fn seen(&mut self, context: &Context<'_>) -> Result<Option<Shown>, PublishError> {
        self.fetch(&["--depth=1"], context)?;
        let Some(head) = self.head.clone() else { return Ok(None) };
        let objects = self.list(&head, context)?.into_iter().filter(|(path, _)| !is_internal(path));
        let files: Vec<(String, Object)> =
            objects.filter(|(_, object)| matches!(object.form, Form::Plain | Form::Executable)).collect();
        let mut shown = Shown::default();
        objects::read(&|| git(&self.repository, context), &files, context, &mut |path, _, content| {
            shown.add(path, content);
            Ok(())
        })?;
        Ok(Some(shown))
    }

    /// Makes a commit of the plan and pushes it.
    pub fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        let disks = plan.changes.iter().map(|change| change.file.disk.as_path());
        let ids = self.hash(disks, true, context)?;
        // What goes stands first, since a file may become a folder.
        let mut edits: Vec<(Option<String>, &str)> = plan.deletions.iter().map(|path| (None, path.as_str())).collect();
        edits.extend(plan.changes.iter().zip(ids).map(|(change, id)| (Some(id), change.file.path.as_str())));
        edits.push((Some(self.store(&plan.record.to_bytes(), context)?), RECORD));
        let tree = self.tree(self.head.as_deref(), &edits, context)?;
        let message = format!("partwork {}\n", plan.summary);
        let commit = self.commit(&tree, &message, context)?;
        self.push(&commit, context)?;
        plan.changes.iter().for_each(|_| (context.arrived)());
        Ok(())
    }

    /// Adds a commit that shows the release before the current one again, and gives its record.
    /// Files that aren't ours stay, as do assets of the release that goes.
    pub fn rollback(&mut self, dry_run: bool, context: &Context<'_>) -> Result<Record, PublishError> {
        // All of the history: how far back the release lies can't be known before.
        self.fetch(&[], context)?;
        let nothing =
            || PublishError::Refused(format!("there is no earlier release on the branch {}", quote(&self.name)));
        let head = self.head.clone().ok_or_else(nothing)?;
        let current = self.record(&head, context)?.ok_or_else(nothing)?;
        let (target, mut record) = self.previous(&head, context)?.ok_or_else(nothing)?;
        if dry_run {
            return Ok(record);
        }
        let then = self.list(&target, context)?;
        let now = self.list(&head, context)?;
        let mut edits = Vec::new();
        for (path, file) in &current.files {
            if record.files.contains_key(path) {
                continue;
            }
            if file.asset && now.contains_key(path) {
                let retired = Some(file.retired.unwrap_or(context.now));
                record.files.insert(path.clone(), Recorded { retired, ..file.clone() });
            } else {
                edits.push((None, path.as_str()));
            }
        }
        let restored = record.files.keys().filter_map(|path| Some((Some(then.get(path)?.id.clone()), path.as_str())));
        edits.extend(restored);
        edits.push((Some(self.store(&record.to_bytes(), context)?), RECORD));
        let tree = self.tree(Some(&head), &edits, context)?;
        let message = format!("partwork goes back to the release of {:.0}\n\n{RESTORES}{target}\n", record.published);
        let commit = self.commit(&tree, &message, context)?;
        self.push(&commit, context)?;
        Ok(record)
    }

    /// The newest commit with another release than the one that a commit shows, and its record.
    fn previous(&self, head: &str, context: &Context<'_>) -> Result<Option<(String, Record)>, PublishError> {
        let message = self.git(&["log", "-1", "--format=%B", head, "--"], b"", context)?;
        let restores = text(&message.stdout).lines().find_map(|line| line.strip_prefix(RESTORES).map(str::to_string));
        let start = restores.unwrap_or_else(|| head.to_string());
        let blob = |commit: &str| -> Result<Option<String>, PublishError> {
            let listed = self.git(&["ls-tree", commit, "--", RECORD], b"", context)?;
            Ok(text(&listed.stdout).split_whitespace().nth(2).map(str::to_string))
        };
        let shown = blob(&start)?;
        let line = self.git(&["rev-list", "--first-parent", &start, "--"], b"", context)?;
        for commit in text(&line.stdout).lines().skip(1) {
            let Some(found) = blob(commit)? else { continue };
            if Some(&found) != shown.as_ref()
                && let Some(record) = self.record(commit, context)?
            {
                return Ok(Some((commit.to_string(), record)));
            }
        }
        Ok(None)
    }

    /// Brings the branch into our own repository.
    fn fetch(&mut self, options: &[&str], context: &Context<'_>) -> Result<(), PublishError> {
        if !self.repository.exists() {
            let mut command = git(&self.repository, context);
            command.args(["init", "--quiet", "--bare", "--template=", "--initial-branch=none"]);
            ended(run(&mut command, b"", context)?, |said| PublishError::Local(format!("`git init` failed: {said}")))?;
        }
        let full = format!("refs/heads/{}", self.name);
        let upload = self.other_side("upload-pack");
        let upload: Vec<&str> = upload.iter().map(String::as_str).collect();
        let listed =
            self.ask(&[&["ls-remote", "--quiet"], &upload[..], &["--", &self.url, &full]].concat(), context)?;
        // A pattern matches the end of names, so the one that was meant has to be picked.
        let exists = text(&listed.stdout).lines().any(|line| line.split('\t').nth(1) == Some(full.as_str()));
        self.head = None;
        if exists {
            let spec = format!("+{full}:{HEAD}");
            let args = [&["fetch", "--quiet", "--no-tags"], &upload[..], options, &["--", &self.url, &spec]].concat();
            self.ask(&args, context)?;
            let head = self.git(&["rev-parse", "--verify", HEAD], b"", context)?;
            self.head = Some(text(&head.stdout).trim().to_string());
        }
        Ok(())
    }

    /// The option that says how the other side is started, where that is here.
    fn other_side(&self, service: &str) -> Option<String> {
        self.is_near.then(|| format!("--{service}={}", other_side(service)))
    }

    fn push(&self, commit: &str, context: &Context<'_>) -> Result<(), PublishError> {
        let spec = format!("{commit}:refs/heads/{}", self.name);
        let mut args = vec!["push", "--quiet"];
        // Even then nobody else's work is lost: the branch has to be what was surveyed.
        let lease = format!("--force-with-lease=refs/heads/{}:{}", self.name, self.head.as_deref().unwrap_or_default());
        if context.force {
            args.push(&lease);
        }
        let receive = self.other_side("receive-pack");
        args.extend(receive.iter().map(String::as_str));
        args.extend(["--", &self.url, &spec]);
        let pushed = run(self.connecting_git(context).args(&args), b"", context)?;
        pushed.map(drop).map_err(|failure| {
            let said = failure.said();
            let raced = ["fetch first", "non-fast-forward", "stale info", "cannot lock ref", "failed to update ref"];
            PublishError::Remote(if raced.iter().any(|words| said.contains(words)) {
                format!("another publish reached the branch {} first; run it again", quote(&self.name))
            } else {
                format!("pushing to {}: {said}", quote(&self.url))
            })
        })
    }

    /// What a commit holds, by path.
    fn list(&self, commit: &str, context: &Context<'_>) -> Result<BTreeMap<String, Object>, PublishError> {
        let listed = self.git(&["ls-tree", "-r", "-z", "-l", "--full-tree", commit], b"", context)?;
        let entries = listed.stdout.split(|byte| *byte == 0);
        Ok(entries.filter_map(|entry| parse_entry(&text(entry))).collect())
    }

    fn record(&self, commit: &str, context: &Context<'_>) -> Result<Option<Record>, PublishError> {
        let Some(object) = self.list(commit, context)?.remove(RECORD) else { return Ok(None) };
        let blob = self.git(&["cat-file", "blob", &object.id], b"", context)?;
        let record = Record::parse(&blob.stdout);
        record.map(Some).map_err(|problem| {
            PublishError::Refused(format!("{} on the branch {}: {problem}", quote(RECORD), quote(&self.name)))
        })
    }

    /// The ids that files have as blobs, in order.
    fn hash<'a>(
        &self,
        disks: impl Iterator<Item = &'a Path>,
        keep: bool,
        context: &Context<'_>,
    ) -> Result<Vec<String>, PublishError> {
        let mut input = Vec::new();
        for disk in disks {
            input.extend_from_slice(disk.as_os_str().as_encoded_bytes());
            input.push(b'\n');
        }
        if input.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = vec!["hash-object", "--no-filters", "--stdin-paths"];
        args.extend(keep.then_some("-w"));
        let hashed = self.git(&args, &input, context)?;
        Ok(text(&hashed.stdout).lines().map(str::to_string).collect())
    }

    fn store(&self, bytes: &[u8], context: &Context<'_>) -> Result<String, PublishError> {
        let hashed = self.git(&["hash-object", "--no-filters", "--stdin", "-w"], bytes, context)?;
        Ok(text(&hashed.stdout).trim().to_string())
    }

    /// A tree like that of a commit, with blobs set and paths removed.
    fn tree(
        &self,
        base: Option<&str>,
        edits: &[(Option<String>, &str)],
        context: &Context<'_>,
    ) -> Result<String, PublishError> {
        self.git(&["read-tree", base.unwrap_or("--empty")], b"", context)?;
        let mut lines = Vec::new();
        for (id, path) in edits {
            // git-update-index(1): mode 0 removes a path, and the id counts for its length alone.
            let written = match id {
                Some(id) => write!(lines, "100644 {id}\t{path}\0"),
                None => write!(lines, "0 {}\t{path}\0", "0".repeat(40)),
            };
            written.map_err(local("write", "the index"))?;
        }
        self.git(&["update-index", "-z", "--index-info"], &lines, context)?;
        let tree = self.git(&["write-tree"], b"", context)?;
        Ok(text(&tree.stdout).trim().to_string())
    }

    fn commit(&self, tree: &str, message: &str, context: &Context<'_>) -> Result<String, PublishError> {
        let mut command = git(&self.repository, context);
        let signing = self.settings.signing()?;
        for setting in &signing {
            command.args(["-c", setting]);
        }
        command.args(["commit-tree", tree, "-F", "-"]);
        if !signing.is_empty() {
            command.arg("-S");
        }
        // Told to force, the branch begins anew.
        if let Some(head) = self.head.as_deref().filter(|_| !context.force) {
            command.args(["-p", head]);
        }
        let date = format!("@{} +0000", context.now.as_second());
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        for (key, fallback) in [("name", "partwork"), ("email", "partwork@localhost")] {
            let configured = self.settings.get(&format!("user.{key}"));
            for role in ["AUTHOR", "COMMITTER"] {
                let variable = format!("GIT_{role}_{}", key.to_uppercase());
                if context.environment.get(&variable).is_none_or(|value| value.is_empty()) {
                    command.env(variable, configured.unwrap_or(fallback));
                }
            }
        }
        let made = run(&mut command, message.as_bytes(), context)?;
        let made = ended(made, |said| PublishError::Local(format!("`git commit-tree` failed: {said}")))?;
        Ok(text(&made.stdout).trim().to_string())
    }

    /// Whether the project is in a clone of the target's repository.
    fn is_remote_of_project(&self, context: &Context<'_>) -> Result<bool, PublishError> {
        let target = same_address(&self.url);
        Ok(self.settings.remotes().any(|url| same_address(url) == target) && near::own(context)?.is_some())
    }

    /// git on our own repository, for what asks the other side. Left alone, ssh would wait for hours
    /// on a line that has gone dead.
    fn connecting_git(&self, context: &Context<'_>) -> Command {
        let mut command = git(&self.repository, context);
        // A transfer that hardly moves has failed.
        command.args(["-c", "http.lowSpeedLimit=1000", "-c", &format!("http.lowSpeedTime={}", self.timeout)]);
        if self.plain_ssh {
            command.args(["-c", &format!("core.sshCommand={}", ssh_with_timeout(self.timeout))]);
        }
        command
    }

    /// A command on our own repository, which only fails when this machine does.
    fn git(&self, args: &[&str], input: &[u8], context: &Context<'_>) -> Result<Output, PublishError> {
        let done = run(git(&self.repository, context).args(args), input, context)?;
        ended(done, |said| PublishError::Local(format!("`git {}` failed: {said}", args[0])))
    }

    /// A command that asks the other side.
    fn ask(&self, args: &[&str], context: &Context<'_>) -> Result<Output, PublishError> {
        let done = run(self.connecting_git(context).args(args), b"", context)?;
        ended(done, |said| PublishError::Remote(format!("reading {}: {said}", quote(&self.url))))
    }
}

/// Two spellings of one address, made equal: scheme, user, `.git` and the form of scp don't count.
fn same_address(url: &str) -> String {
    let bare = match url.split_once("://") {
        Some((_, rest)) => rest.to_string(),
        None => url.replacen(':', "/", 1),
    };
    let host_end = bare.find('/').unwrap_or(bare.len());
    let start = bare[..host_end].rfind('@').map_or(0, |at| at + 1);
    let trimmed = bare[start..].trim_end_matches('/');
    trimmed.strip_suffix(".git").unwrap_or(trimmed).trim_end_matches('/').to_lowercase()
}

impl ProgramFailure {
    /// What git said, on one line and without the advice that it gives to people at a prompt.
    fn said(&self) -> String {
        let lines = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("hint:"));
        let said = lines.collect::<Vec<_>>().join("; ");
        if said.is_empty() { format!("it ended with status {}", self.status.unwrap_or(-1)) } else { said }
    }
}

fn ended(
    done: Result<Output, ProgramFailure>,
    wrap: impl FnOnce(String) -> PublishError,
) -> Result<Output, PublishError> {
    done.map_err(|failure| wrap(failure.said()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address() {
        let plain = same_address("https://github.com/me/site");
        for url in ["git@github.com:me/site.git", "ssh://git@github.com/me/site.git/", "https://github.com/Me/Site.git"]
        {
            assert_eq!(same_address(url), plain, "{url}");
        }
        assert_ne!(same_address("https://github.com/me/site2"), plain);
    }
}
