//! Where a site can be published, from the `to` of a `[[publish]]` table.
//!
//! In: the text that was typed. Out: a [`PublishTarget`], or why it can't be one. Never asks a disk
//! or the network, and never repeats a text that may hold a password.

use std::fmt;
use std::path::PathBuf;

use crate::diagnostic::{did_you_mean, list, quote};
use crate::text::url::is_loopback;

/// A place a site can be published to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishTarget {
    /// `file:<folder>`, from the project's folder when it is relative.
    File { path: PathBuf },
    /// `git+<url>#<branch>`; the branch is `gh-pages` when none is named.
    Git { url: String, branch: String },
    /// `s3://<bucket>/<prefix>?endpoint=<url>&region=<name>`. The prefix is empty or ends with `/`.
    S3 { bucket: String, prefix: String, endpoint: Option<String>, region: Option<String> },
    /// `rsync:<user>@<host>:<path>`, over ssh.
    Rsync { user: Option<String>, host: String, path: String },
}

/// Why a text names no target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetProblem {
    /// It can't be read; a mistake of the file it stands in.
    Malformed(String),
    /// It holds a password or a key. Nothing that shows the text may be printed.
    Credentials(&'static str),
    /// It can be read, and publishing there could do harm.
    Unsafe(String),
}

/// Shown as it can be typed again; a [`PublishTarget`] holds no credentials.
impl fmt::Display for PublishTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PublishTarget::File { path } => write!(f, "file:{}", path.display()),
            PublishTarget::Git { url, branch } => write!(f, "git+{url}#{branch}"),
            PublishTarget::S3 { bucket, prefix, endpoint, region } => {
                write!(f, "s3://{bucket}/{prefix}")?;
                let pairs = [("endpoint", endpoint), ("region", region)];
                let typed = pairs.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
                for (at, (key, value)) in typed.enumerate() {
                    write!(f, "{}{key}={value}", if at == 0 { '?' } else { '&' })?;
                }
                Ok(())
            }
            PublishTarget::Rsync { user: Some(user), host, path } => write!(f, "rsync:{user}@{host}:{path}"),
            PublishTarget::Rsync { user: None, host, path } => write!(f, "rsync:{host}:{path}"),
        }
    }
}

impl PublishTarget {
    /// Reads a `to`.
    pub fn parse(to: &str) -> Result<PublishTarget, TargetProblem> {
        // Before all else: whatever else is wrong with it, it would be shown.
        if let Some(what) = credentials(to) {
            return Err(TargetProblem::Credentials(what));
        }
        if let Some(bad) = to.chars().find(|c| c.is_control()) {
            return Err(malformed(format!("has the character `{}`", bad.escape_debug())));
        }
        if let Some(path) = to.strip_prefix("file:") {
            parse_file(path)
        } else if let Some(url) = to.strip_prefix("git+") {
            parse_git(url)
        } else if let Some(rest) = to.strip_prefix("s3://") {
            parse_s3(rest)
        } else if let Some(rest) = to.strip_prefix("rsync:") {
            parse_rsync(rest)
        } else {
            let scheme = to.split_once(':').map(|(scheme, _)| scheme);
            let near = scheme.and_then(|scheme| did_you_mean(scheme, ["file", "s3", "rsync"]));
            let near = near.or_else(|| meant(to).map(|meant| format!("did you mean {}?", quote(&meant))));
            let near = near.unwrap_or_else(|| format!("it begins with {}", list(SCHEMES.iter().copied(), "or")));
            Err(malformed(match scheme {
                Some(scheme) if scheme.len() <= 12 && !scheme.contains(['@', '/', '.']) => {
                    format!("has the unknown scheme {}; {near}", quote(scheme))
                }
                _ => format!("has no scheme that partwork knows; {near}"),
            }))
        }
    }
}

/// Whether a text could be an address that holds a password or a token, and what it is then. True
/// for a few that hold none, since whoever asks is about to show the text.
pub fn credentials(to: &str) -> Option<&'static str> {
    const ADDRESS: &str = "a password or token in the address";
    let url = to.strip_prefix("git+").unwrap_or(to);
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let query = query.split('#').next().unwrap_or_default();
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    if pairs.any(|(key, value)| is_secret_key(key) || value.contains('@')) {
        return Some("a key or password in the address");
    }
    let (scheme, rest) = match place.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        // A path of this machine, and no authority before it.
        None if place.starts_with("file:") => return None,
        None => ("", place.strip_prefix("rsync:").unwrap_or(place)),
    };
    // Over ssh a user is known by a key.
    let alone = matches!(scheme, "http" | "https" | "s3");
    let (user, _) = rest.split_once('@')?;
    // `host/a@b`, `host:8080/a@b`
    let in_path = user.split_once('/').filter(|_| !scheme.is_empty()).is_some_and(|(authority, _)| {
        authority.split_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
    });
    (!in_path && (alone || user.contains(':'))).then_some(ADDRESS)
}

/// The target that a text without a scheme most likely is.
fn meant(to: &str) -> Option<String> {
    let scheme = match to.split_once(':') {
        None => "file:",
        Some(("https" | "ssh", _)) => "git+",
        Some((host, path)) if host.contains('@') => {
            // Hosts of repositories let `git` in, others people.
            if host.starts_with("git@") || path.ends_with(".git") { "git+" } else { "rsync:" }
        }
        Some(_) => return None,
    };
    let meant = format!("{scheme}{to}");
    PublishTarget::parse(&meant).is_ok().then_some(meant)
}

const SCHEMES: [&str; 4] = ["file:", "git+", "s3://", "rsync:"];

fn parse_file(path: &str) -> Result<PublishTarget, TargetProblem> {
    let path = match path.strip_prefix("//") {
        // RFC 8089, §2: an empty host, or `localhost`, is this machine.
        Some(rest) => match rest.strip_prefix("localhost").unwrap_or(rest) {
            rest if rest.starts_with('/') || rest.is_empty() => rest,
            _ => return Err(malformed("names another machine; write `file:` and a path".into())),
        },
        None => path,
    };
    if path.is_empty() {
        return Err(harmful("names no folder".into()));
    }
    no_tilde(path)?;
    Ok(PublishTarget::File { path: path.into() })
}

fn parse_git(text: &str) -> Result<PublishTarget, TargetProblem> {
    let (url, branch) = text.split_once('#').unwrap_or((text, "gh-pages"));
    if let Some(problem) = branch_problem(branch) {
        return Err(harmful(problem));
    }
    if let Some(path) = url.strip_prefix("file:").filter(|path| !path.starts_with("//")) {
        check_words(None, None, path)?;
        no_tilde(path)?;
        return Ok(PublishTarget::Git { url: url.into(), branch: branch.into() });
    }
    let (user, host, path) = match url.split_once("://") {
        Some(("file", path)) => (None, None, path),
        Some(("https" | "ssh", rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let (user, host) = split_user(authority);
            (user, Some(host), path)
        }
        Some(_) => return Err(malformed("is reached over `https`, `ssh` or `file` alone".into())),
        // The form of scp, `git@host:path`.
        None => match url.split_once(':') {
            Some((authority, path)) if !authority.contains('/') && !path.starts_with(':') => {
                let (user, host) = split_user(authority);
                (user, Some(host), path)
            }
            _ => return Err(malformed("has no address of a repository, such as `git+https://…#gh-pages`".into())),
        },
    };
    check_words(user, host, path)?;
    Ok(PublishTarget::Git { url: url.into(), branch: branch.into() })
}

/// Why a text can't be a branch; the rules are those of git-check-ref-format(1).
fn branch_problem(branch: &str) -> Option<String> {
    let forbidden = |c: char| c.is_whitespace() || matches!(c, '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    if branch.is_empty() {
        return Some("has an empty branch after the `#`".into());
    }
    let bad = branch.starts_with('-')
        || branch == "@"
        || branch == "HEAD"
        || branch.contains(forbidden)
        || branch.contains("..")
        || branch.contains("@{")
        || branch.ends_with('.')
        || branch.split('/').any(|piece| piece.is_empty() || piece.starts_with('.') || piece.ends_with(".lock"));
    bad.then(|| format!("has {}, which can't be a branch", quote(branch)))
}

fn parse_s3(rest: &str) -> Result<PublishTarget, TargetProblem> {
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let prefix = prefix.trim_matches('/');
    if bucket.is_empty() {
        return Err(harmful("names no bucket".into()));
    }
    // The names that AWS allows, and older ones with capitals and `_`:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if bucket.starts_with(['-', '.']) || !bucket.chars().all(allowed) {
        return Err(harmful(format!("has {}, which can't be a bucket", quote(bucket))));
    }
    if prefix.split('/').any(|piece| matches!(piece, "." | "..") || (piece.is_empty() && !prefix.is_empty())) {
        return Err(harmful(format!("has an empty, `.` or `..` piece in {}", quote(prefix))));
    }
    // What stands in a signature as it stands in the address.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | ':' | '[' | ']' | '/');
    let (mut endpoint, mut region) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("endpoint" | "region", "") => return Err(malformed(format!("has an empty {}", quote(pair)))),
            ("endpoint", url) => {
                let scheme = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"));
                match scheme.map(|(_, host)| host) {
                    Some(host)
                        if url.starts_with("http:") && !is_loopback(host.split('/').next().unwrap_or_default()) =>
                    {
                        return Err(malformed(
                            "has an `endpoint` over plain http, in which anybody on the way reads what your key signs; \
                             begin it with `https://`"
                                .into(),
                        ));
                    }
                    Some(host) if !host.starts_with(['-', '/']) && !host.is_empty() && host.chars().all(plain) => {
                        endpoint = Some(url.into());
                    }
                    _ => return Err(malformed("has an `endpoint` that is no `https://` address".into())),
                }
            }
            ("region", name) => region = Some(name.into()),
            (key, _) => {
                return Err(malformed(format!("has the unknown {}; known are `endpoint` and `region`", quote(key))));
            }
        }
    }
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Ok(PublishTarget::S3 { bucket: bucket.into(), prefix, endpoint, region })
}

fn parse_rsync(rest: &str) -> Result<PublishTarget, TargetProblem> {
    if rest.starts_with("//") {
        return Err(malformed("is written `rsync:user@host:/path`, and goes over ssh".into()));
    }
    // An IPv6 address stands in brackets, as rsync wants it.
    let bracket = rest.find(']').unwrap_or(0);
    let Some(colon) = rest[bracket..].find(':').map(|at| bracket + at) else {
        return Err(malformed("has no path; write `rsync:user@host:/path`".into()));
    };
    let (authority, path) = (&rest[..colon], &rest[colon + 1..]);
    let (user, host) = split_user(authority);
    check_words(user, Some(host), path)?;
    if path.starts_with(':') {
        // rsync(1): two colons name a module of a daemon, which neither asks ssh nor says who it is.
        return Err(harmful("names a module of an rsync daemon; write `rsync:user@host:/path`".into()));
    }
    no_tilde(path.strip_prefix("~/").unwrap_or(path))?;
    Ok(PublishTarget::Rsync { user: user.map(str::to_string), host: host.into(), path: path.into() })
}

/// Refuses a home folder as shells write it: nothing expands it here, and a folder of that very
/// name is not what is meant.
fn no_tilde(path: &str) -> Result<(), TargetProblem> {
    if path.starts_with('~') {
        return Err(malformed(format!("has {}, and no shell reads it; write the whole path", quote(path))));
    }
    Ok(())
}

/// Whether a key of the settings wants to be a secret; those come from the environment.
pub fn is_secret_key(key: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    ["secret", "password", "passwd", "passphrase", "token", "credential", "access_key", "api_key", "private_key"]
        .iter()
        .any(|word| key.contains(word))
}

fn split_user(authority: &str) -> (Option<&str>, &str) {
    match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    }
}

/// Refuses what another program could take for an option, and what names nothing.
fn check_words(user: Option<&str>, host: Option<&str>, path: &str) -> Result<(), TargetProblem> {
    if host == Some("") {
        return Err(harmful("names no host".into()));
    }
    if path.is_empty() {
        return Err(harmful("names no path".into()));
    }
    let words = [("user", user), ("host", host), ("path", Some(path))];
    for (what, word) in words.into_iter().filter_map(|(what, word)| Some((what, word?))) {
        if word.starts_with('-') {
            return Err(harmful(format!("has the {what} {}, which begins with `-`", quote(word))));
        }
    }
    let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '+' | '%'));
    for (what, word) in [("user", user), ("host", host)] {
        if let Some(bad) = word.and_then(|word| word.chars().find(|c| odd(*c))) {
            return Err(harmful(format!("has the character `{}` in its {what}", bad.escape_debug())));
        }
    }
    Ok(())
}

fn malformed(problem: String) -> TargetProblem {
    TargetProblem::Malformed(problem)
}

fn harmful(problem: String) -> TargetProblem {
    TargetProblem::Unsafe(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read() {
        let file = |path: &str| PublishTarget::File { path: path.into() };
        let git = |url: &str, branch: &str| PublishTarget::Git { url: url.into(), branch: branch.into() };
        let rsync = |user: Option<&str>, host: &str, path: &str| PublishTarget::Rsync {
            user: user.map(str::to_string),
            host: host.into(),
            path: path.into(),
        };
        for (to, target) in [
            ("file:../site", file("../site")),
            ("file:///var/www", file("/var/www")),
            ("git+https://host/a/b.git", git("https://host/a/b.git", "gh-pages")),
            ("git+git@host:a/b.git#pages", git("git@host:a/b.git", "pages")),
            ("git+ssh://git@host:22/a#x/y", git("ssh://git@host:22/a", "x/y")),
            ("git+file:///srv/a.git#x", git("file:///srv/a.git", "x")),
            ("git+file:../a.git#x", git("file:../a.git", "x")),
            ("rsync:me@host:/var/www", rsync(Some("me"), "host", "/var/www")),
            ("rsync:[::1]:www", rsync(None, "[::1]", "www")),
        ] {
            assert_eq!(PublishTarget::parse(to), Ok(target), "{to}");
        }
        assert_eq!(
            PublishTarget::parse("s3://b/a/b?endpoint=http://127.0.0.1:9000&region=auto"),
            Ok(PublishTarget::S3 {
                bucket: "b".into(),
                prefix: "a/b/".into(),
                endpoint: Some("http://127.0.0.1:9000".into()),
                region: Some("auto".into()),
            })
        );
    }

    #[test]
    fn what_could_do_harm_is_no_target() {
        for to in [
            "file:",
            "git+https://host/a#",
            "git+https://host/a#-x",
            "git+https://host/a#HEAD",
            "git+ssh://-oProxyCommand=x/a#b",
            "git+-host:a#b",
            "git+git@host:-a#b",
            "s3:///prefix",
            "s3://-b/",
            "s3://b/../c",
            "rsync:-host:/a",
            "rsync:-u@host:/a",
            "rsync:host:",
            "rsync:host:-a",
            "rsync:host::module/a",
            "rsync:[::1]::module",
            "rsync:a b:/c",
        ] {
            assert!(
                matches!(PublishTarget::parse(to), Err(TargetProblem::Unsafe(_))),
                "{to}: {:?}",
                PublishTarget::parse(to)
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_target() {
        for to in ["", "public", "ftp://host/", "git+http://host/a#b", "git+ext::sh -c x#b", "git+git://h/a", "rsync:x"]
            .into_iter()
            .chain([
                "file:~/site",
                "file:~",
                "rsync:h:~me/site",
                "s3://b?endpoint=https://h/a?b",
                "s3://b?endpoint=ftp://h",
                "s3://b?endpoint=http://h",
                "s3://b?endpoint=http://127.0.0.1.h:9000/x",
            ])
        {
            assert!(
                matches!(PublishTarget::parse(to), Err(TargetProblem::Malformed(_))),
                "{to}: {:?}",
                PublishTarget::parse(to)
            );
        }
    }

    #[test]
    fn credentials_are_seen_and_not_repeated() {
        for to in [
            "git+https://u:hunter2@host/a#b",
            "git+https://hunter2@host/a#b",
            "git+ssh://u:hunter2@host/a#b",
            "git+u:hunter2@host:a#b",
            "git+https://host/a?private_token=hunter2#b",
            "s3://k:hunter2@bucket/",
            "s3://bucket/?secret_access_key=hunter2",
            "s3://bucket/?endpoint=https://k:hunter2@host",
            "rsync:u:hunter2@host:/a",
            "https://u:hunter2@github.com/me/x.git#gh",
            "https://hunter2@github.com/me/x.git",
            "git+http://u:hunter2@host/a",
            "git+https://u:hunter2@host/a#-x",
            "git+https://u:hunter2@host/a#b c\n",
            "git+https://u:hun/ter2@host/a",
            "rsync://u:hunter2@host/a",
            "ftp://u:hunter2@host/a",
            "sftp:u:hunter2@host",
            "file://u:hunter2@host/a",
            "s3://-b/?secret_access_key=hunter2",
            "u:hunter2@host",
        ] {
            let found = PublishTarget::parse(to);
            assert!(matches!(found, Err(TargetProblem::Credentials(_))), "{to}: {found:?}");
        }
        for to in [
            "git+https://host:8443/a@b.git",
            "git+ssh://git@host:22/a@b",
            "git+git@host:a@b",
            "git+file:/srv/a:b@c",
            "rsync:me@host:/srv/a@b",
            "file:/srv/a:b@c",
            "s3://bucket/a@b",
        ] {
            assert!(PublishTarget::parse(to).is_ok(), "{to}: {:?}", PublishTarget::parse(to));
        }
    }

    #[test]
    fn what_was_meant_is_named() {
        for (to, meant) in [
            ("../www", "file:../www"),
            ("/var/www", "file:/var/www"),
            ("git@github.com:me/x.git", "git+git@github.com:me/x.git"),
            ("https://github.com/me/x.git#gh-pages", "git+https://github.com/me/x.git#gh-pages"),
            ("me@host:/var/www", "rsync:me@host:/var/www"),
        ] {
            let Err(TargetProblem::Malformed(problem)) = PublishTarget::parse(to) else { panic!("{to} is no target") };
            assert!(problem.ends_with(&format!("; did you mean `{meant}`?")), "{problem}");
        }
    }

    #[test]
    fn a_target_is_shown_as_it_can_be_typed() {
        for to in [
            "file:../site",
            "git+file:../a.git#pages",
            "git+ssh://git@host:22/a#x/y",
            "rsync:me@[::1]:www",
            "s3://b/a/?endpoint=http://127.0.0.1:9000&region=auto",
            "s3://b/?region=eu-north-1",
        ] {
            assert_eq!(PublishTarget::parse(to).map(|target| target.to_string()), Ok(to.into()));
        }
    }
}
