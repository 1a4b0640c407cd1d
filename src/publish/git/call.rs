//! git as it is called here: what it may read, run and reach.
//!
//! In: a folder or a repository. Out: a command. Programs, hooks, filters and addresses that a
//! repository's own configuration names are run and asked for by nobody, on either side of a
//! transfer: a checkout, and a repository that lies in one, is what somebody else may have written.
//! What the user's own configuration and environment name counts.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::publish::context::Context;
use crate::publish::error::PublishError;
use crate::publish::programs::{Output, program, run};

/// What leads git elsewhere than it was told, as `git rev-parse --local-env-vars` lists it, what
/// allows other transports, and what makes it print headers. All that begins with `GIT_TRACE` comes
/// on top.
const ENVIRONMENT: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ALLOW_PROTOCOL",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CURL_VERBOSE",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What a repository's own configuration can't take back (git-config(1)).
const SETTINGS: [&str; 9] = [
    // No transport but those that are named besides.
    "protocol.allow=never",
    // A folder that looks like a repository, as a checkout may hold one, is none unless it is named.
    "safe.bareRepository=explicit",
    "core.hooksPath=/dev/null",
    // A program that says nothing, for one that the repository names.
    "core.alternateRefsCommand=true",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "receive.denyCurrentBranch=refuse",
    "receive.autogc=false",
    "gc.auto=0",
];

/// What goes with them on our side.
const OUTGOING: [&str; 5] = [
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
];

/// git on a repository that is named.
pub fn git(repository: &Path, context: &Context<'_>) -> Command {
    let mut command = program("git");
    let traces = context.environment.names().filter(|name| name.as_encoded_bytes().starts_with(b"GIT_TRACE"));
    for name in ENVIRONMENT.into_iter().map(OsStr::new).chain(traces) {
        command.env_remove(name);
    }
    command.env("GIT_DIR", repository).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    // An object that is missing is asked of nobody (git(1)).
    command.env("GIT_NO_LAZY_FETCH", "1");
    for setting in SETTINGS.iter().chain(&OUTGOING) {
        command.args(["-c", setting]);
    }
    command
}

/// git in somebody's folder, only to be asked; it finds the repository that the folder is in.
pub fn git_in(folder: &Path, context: &Context<'_>) -> Command {
    let mut command = git(folder, context);
    command.env_remove("GIT_DIR").arg("-C").arg(folder);
    command
}

/// The program of the other side of a transfer on this machine, such as `upload-pack`, in words of a
/// shell. git starts it anew for the repository there, without what it was told here.
pub fn other_side(service: &str) -> String {
    let settings: String = SETTINGS.iter().map(|setting| format!(" -c {setting}")).collect();
    format!("git{settings} {service}")
}

/// Settings of git for the project's folder, and whose they are.
#[derive(Debug)]
pub struct Settings(Vec<Setting>);

#[derive(Debug)]
struct Setting {
    /// Whether the repository says it, and not the user.
    of_repository: bool,
    /// In lower case but for what stands between its dots.
    key: String,
    value: String,
}

impl Settings {
    /// Asks for what a publish needs.
    pub fn read(context: &Context<'_>) -> Result<Settings, PublishError> {
        const WANTED: &str =
            r"^(core\.sshcommand|user\.(name|email|signingkey)|commit\.gpgsign|gpg\..*|remote\..*\.(push)?url)$";
        let mut command = git_in(context.root, context);
        let done = run(command.args(["config", "--show-scope", "-z", "--get-regexp", WANTED]), b"", context)?;
        // It fails where nothing is set as well.
        let Ok(Output { stdout }) = done else { return Ok(Settings(Vec::new())) };
        let text = String::from_utf8_lossy(&stdout);
        let pieces: Vec<&str> = text.split('\0').collect();
        let settings = pieces.chunks_exact(2).map(|pair| {
            // A key that stands alone is true.
            let (key, value) = pair[1].split_once('\n').unwrap_or((pair[1], "true"));
            let of_repository = matches!(pair[0], "local" | "worktree");
            Setting { of_repository, key: key.into(), value: value.into() }
        });
        Ok(Settings(settings.collect()))
    }

    /// What a key says; the last that says something counts.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|setting| setting.key == key);
        found.map(|setting| setting.value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the user, and not only a repository, says something of a key.
    pub fn is_of_user(&self, key: &str) -> bool {
        self.0.iter().any(|setting| setting.key == key && !setting.of_repository)
    }

    /// The addresses of the repository's remotes.
    pub fn remotes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|setting| setting.key.starts_with("remote.")).map(|setting| setting.value.as_str())
    }

    /// The settings by which the project's commits are signed (git-config(1), `commit.gpgSign`), none where they
    /// aren't. A branch that takes no other commits takes none without. Refuses a program that the repository names.
    pub fn signing(&self) -> Result<Vec<String>, PublishError> {
        let signs = self.get("commit.gpgsign").is_some_and(|value| {
            ["true", "yes", "on"].iter().any(|word| value.eq_ignore_ascii_case(word))
                || value.parse::<i64>().is_ok_and(|number| number != 0)
        });
        if !signs {
            return Ok(Vec::new());
        }
        let wanted = |setting: &&Setting| setting.key.starts_with("gpg.") || setting.key == "user.signingkey";
        let is_program = |key: &str| key.ends_with(".program") || key.ends_with("command");
        let mut given = vec!["commit.gpgsign=true".to_string()];
        for setting in self.0.iter().filter(wanted) {
            if is_program(&setting.key) && setting.of_repository {
                return Err(PublishError::Refused(format!(
                    "the repository's own configuration names a program to sign commits with, `{}`, and no program \
                     of a repository is run; if it is yours, set it with `git config --global`",
                    setting.key
                )));
            }
            given.push(format!("{}={}", setting.key, setting.value));
        }
        Ok(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(settings: &[(bool, &str, &str)]) -> Settings {
        let made = settings.iter().map(|(of_repository, key, value)| Setting {
            of_repository: *of_repository,
            key: key.to_string(),
            value: value.to_string(),
        });
        Settings(made.collect())
    }

    #[test]
    fn what_signs_is_the_users() {
        let mine = (false, "gpg.ssh.program", "/usr/bin/ssh-keygen");
        let signs = settings(&[(true, "commit.gpgsign", "yes"), (true, "gpg.format", "ssh"), mine]);
        assert_eq!(
            signs.signing().expect("nothing of the repository is run"),
            ["commit.gpgsign=true", "gpg.format=ssh", "gpg.ssh.program=/usr/bin/ssh-keygen"]
        );
        for program in ["gpg.program", "gpg.ssh.program", "gpg.ssh.defaultkeycommand"] {
            assert!(settings(&[(true, "commit.gpgsign", "1"), (true, program, "./evil")]).signing().is_err());
            assert!(settings(&[(true, "commit.gpgsign", "off"), (true, program, "./evil")]).signing().is_ok());
        }
        let named = settings(&[(true, "core.sshcommand", "./evil")]);
        assert!(!named.is_of_user("core.sshcommand"));
    }
}
