//! Whether a person has confirmed where a project publishes to.
//!
//! In: a target of the settings, and what the user keeps and says. Out: nothing, or what it asks for
//! and how it is confirmed. Whoever may change the project's files may change its targets, and what
//! they lead to gets files, keys and logins of the user's. So a target counts once the user has said
//! so, for this project and this very address, in the user's own folder of settings: not in the
//! project, which could bring its own, and not among what may be deleted at any time. A machine that
//! keeps nothing is told in `PARTWORK_TRUST`.
//!
//! A project has a file there, named by a hash of its folder, with an address for each target:
//!
//! ```toml
//! live = "rsync:me@host:/var/www/site"
//! ```

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, value};

use super::error::{PublishError, local};
use crate::diagnostic::quote;
use crate::settings::config::Publish;
use crate::settings::target::PublishTarget;

/// What the user has said of targets, and says now.
#[derive(Debug)]
pub struct Trust {
    /// The user's folder of settings; `None` where nothing tells of one.
    pub folder: Option<PathBuf>,
    /// Addresses, one a line or divided by spaces.
    pub allowed: Option<String>,
    /// Whether the target is confirmed by this run.
    pub confirms: bool,
}

impl Trust {
    /// What the environment says: `PARTWORK_CONFIG` is the folder, else it is `partwork` in
    /// `XDG_CONFIG_HOME` (<https://specifications.freedesktop.org/basedir/latest/>) or in `~/.config`.
    pub fn of(variable: &dyn Fn(&str) -> Option<OsString>, confirms: bool) -> Result<Trust, String> {
        let path = |name: &str| variable(name).map(PathBuf::from);
        let named = path("PARTWORK_CONFIG");
        if named.as_ref().is_some_and(|folder| !folder.is_absolute()) {
            return Err("`PARTWORK_CONFIG` is no absolute path".into());
        }
        let home = path("XDG_CONFIG_HOME").filter(|folder| folder.is_absolute());
        let home = home.or_else(|| Some(path("HOME").filter(|home| home.is_absolute())?.join(".config")));
        let folder = named.or_else(|| Some(home?.join("partwork")));
        let allowed = variable("PARTWORK_TRUST").and_then(|list| list.into_string().ok());
        Ok(Trust { folder, allowed, confirms })
    }

    /// Refuses a target that nobody has confirmed; confirms it if this run is to.
    pub fn check(&self, target: &Publish, root: &Path) -> Result<(), PublishError> {
        // Why one could do harm is said by whoever opens it.
        let Ok(to) = &target.to else { return Ok(()) };
        if self.allows(to) && !self.confirms {
            return Ok(());
        }
        let root = root.canonicalize().map_err(local("find", root))?;
        let name = target.name.as_deref().unwrap_or_default();
        let known = self.record(&root)?.and_then(|record| address(&record, name));
        if known.as_deref() == Some(&*to.to_string()) {
            return Ok(());
        }
        if self.confirms {
            return self.keep(&root, name, to);
        }
        Err(PublishError::Refused(asks(target, to, known.as_deref())))
    }

    /// Whether the list of the environment names an address, in any spelling that means it.
    fn allows(&self, to: &PublishTarget) -> bool {
        let list = self.allowed.as_deref().unwrap_or_default();
        let means_it = |text: &str| PublishTarget::parse(text.trim()).as_ref() == Ok(to);
        list.lines().chain(list.split_whitespace()).any(means_it)
    }

    /// The file of a project; `None` where there is no folder for it. Refuses one that came with the project.
    fn record(&self, root: &Path) -> Result<Option<PathBuf>, PublishError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let real = folder.ancestors().find_map(|above| above.canonicalize().ok());
        if folder.starts_with(root) || real.is_some_and(|real| real.starts_with(root)) {
            return Err(PublishError::Refused(format!(
                "your settings lie in {}, which is in the project, and it could have come with its own; name another \
                 folder in `PARTWORK_CONFIG`",
                quote(&folder.to_string_lossy())
            )));
        }
        let hash = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
        Ok(Some(folder.join("targets").join(format!("{}.toml", &hash[..32]))))
    }

    /// Writes down that a target may be what it is now.
    fn keep(&self, root: &Path, name: &str, to: &PublishTarget) -> Result<(), PublishError> {
        let record = self.record(root)?.ok_or_else(|| {
            PublishError::Refused(
                "there is no folder of your settings to keep it in; set `HOME`, or list the address in `PARTWORK_TRUST`"
                    .into(),
            )
        })?;
        let mut document = read(&record).unwrap_or_default();
        document.insert(name, value(to.to_string()));
        let text = format!(
            "# Where {} may be published to; `partwork publish --trust` writes it.\n{}",
            root.display().to_string().escape_debug(),
            without_comment(&document.to_string())
        );
        let folder = record.parent().unwrap_or(&record);
        fs::create_dir_all(folder).map_err(local("create", folder))?;
        let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            Ok(file.persist(&record)?)
        });
        written.map(drop).map_err(local("write", &record))
    }
}

/// What is written down for a target.
fn address(record: &Path, name: &str) -> Option<String> {
    Some(read(record)?.get(name)?.as_str()?.to_string())
}

/// A file that is missing or damaged says nothing.
fn read(record: &Path) -> Option<DocumentMut> {
    fs::read_to_string(record).ok()?.parse().ok()
}

fn without_comment(text: &str) -> &str {
    text.strip_prefix('#').and_then(|text| text.split_once('\n')).map_or(text, |(_, rest)| rest)
}

/// What a target asks for, and how that is granted.
fn asks(target: &Publish, to: &PublishTarget, known: Option<&str>) -> String {
    let address = quote(&to.to_string());
    let (subject, name) = match &target.name {
        Some(name) => (format!("the target {}", quote(name)), format!(" {name}")),
        None => ("the target".into(), String::new()),
    };
    let before = match known {
        Some(known) => format!("was confirmed as {} and is {address} now", quote(known)),
        None => format!("is {address}, and nobody has confirmed it"),
    };
    let what = match to {
        PublishTarget::File { .. } => "files are written and deleted there".into(),
        PublishTarget::Git { url, .. } if url.starts_with("file:") => "a branch is written there".into(),
        PublishTarget::Git { url, .. } if url.starts_with("https:") => {
            "a branch is written there with the password or token that git has for it".into()
        }
        PublishTarget::Git { .. } => "a branch is written there with your ssh key".into(),
        PublishTarget::S3 { endpoint, .. } => {
            let host = endpoint.as_deref().unwrap_or("AWS, or where `AWS_ENDPOINT_URL` says");
            format!("objects are written and deleted there, with requests that your keys sign, to {host}")
        }
        PublishTarget::Rsync { .. } => "files are written and deleted there, with your ssh key".into(),
    };
    format!(
        "{subject} {before}: {what}; if that is meant, say so once with `partwork publish{name} --trust`, or in a \
         workflow with the address in `PARTWORK_TRUST`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: Option<&str>, to: &str) -> Publish {
        let to = PublishTarget::parse(to).map_err(|problem| format!("{problem:?}"));
        Publish { name: name.map(str::to_string), to, releases: None, keep_assets: 0 }
    }

    #[test]
    fn what_is_confirmed_is_the_very_address() {
        let place = tempfile::tempdir().expect("a folder");
        let (root, other) = (place.path().join("project"), place.path().join("other"));
        [&root, &other].into_iter().for_each(|folder| fs::create_dir(folder).expect("room"));
        let trust = |confirms| Trust { folder: Some(place.path().join("settings")), allowed: None, confirms };
        let live = |to: &str| target(Some("live"), to);
        let (https, store) = ("git+https://host/a#b", "s3://b/?endpoint=https://one");
        assert!(trust(false).check(&live(https), &root).is_err());
        trust(true).check(&live(https), &root).expect("room");
        trust(false).check(&live(https), &root).expect("confirmed");
        for to in ["git+https://host/a#c", "git+https://host/b#b", "git+ssh://host/a#b", store] {
            let refused = trust(false).check(&live(to), &root).expect_err("another").to_string();
            assert!(refused.contains("was confirmed as `git+https://host/a#b`"), "{refused}");
        }
        assert!(trust(false).check(&live(https), &other).is_err(), "another project");
        assert!(trust(false).check(&target(None, https), &root).is_err(), "another target");
        trust(true).check(&target(None, store), &root).expect("room");
        trust(false).check(&live(https), &root).expect("as before");
        assert!(trust(false).check(&target(None, "s3://b/?endpoint=https://two"), &root).is_err());
        // A file that somebody else has cut short.
        for entry in fs::read_dir(place.path().join("settings/targets")).expect("there") {
            fs::write(entry.expect("there").path(), "live = ").expect("room");
        }
        assert!(trust(false).check(&live(https), &root).is_err());
        trust(true).check(&live(https), &root).expect("room");
    }

    #[test]
    fn a_list_names_addresses_and_the_project_has_no_say() {
        let root = tempfile::tempdir().expect("a folder");
        let trust = |list: &str| Trust { folder: None, allowed: Some(list.into()), confirms: false };
        let check = |list: &str, to: &str| trust(list).check(&target(None, to), root.path()).is_ok();
        assert!(check("git+https://host/a file:../www", "git+https://host/a#gh-pages"));
        assert!(check("s3://b\nfile:../my site\n", "file:../my site"));
        for (list, to) in [("", "file:x"), ("file:x/y", "file:x"), ("file:", "file:x"), ("s3://b", "s3://b/?region=x")]
        {
            assert!(!check(list, to), "{list} {to}");
        }
        let confirms = Trust { folder: None, allowed: None, confirms: true };
        assert!(confirms.check(&target(None, "file:x"), root.path()).is_err(), "no place to keep it");
        let own = Trust { folder: Some(root.path().join("a/b")), allowed: None, confirms: false };
        let refused = own.check(&target(None, "file:x"), root.path()).expect_err("in the project").to_string();
        assert!(refused.contains("PARTWORK_CONFIG"), "{refused}");
    }
}
