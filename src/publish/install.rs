//! How the machine of a workflow gets this very version of partwork.
//!
//! In: what was typed, or where releases lie. Out: the lines that a workflow runs: for an archive of a release, whose
//! sum is asked for here and typed into the workflow, so that whoever can change a release later changes no
//! workflow; or for the source, below the project or at an address of git.

use std::io::Read as _;
use std::path::{Component, Path};
use std::time::Duration;

use ureq::Agent;

use super::error::PublishError;
use crate::diagnostic::quote;
use crate::text::url::is_loopback;

/// How the machine of a workflow gets partwork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Install {
    /// An archive of a release, for Linux on x86-64, and its SHA-256 sum in hexadecimal.
    Archive { url: String, sum: String },
    /// The source, in a folder below the project.
    Path(String),
    /// The source, at an address of git and a revision.
    Git { address: String, revision: Option<String> },
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What workflows run on.
const TARGET: &str = "x86_64-unknown-linux-musl";

/// Where releases of this program lie when nobody says so; `None` as long as they lie nowhere.
pub fn releases() -> Option<String> {
    let repository = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
    (!repository.is_empty()).then(|| format!("{repository}/releases"))
}

/// What `--from` says: a path below the project, or an address of git with a revision behind `#`. Says what is wrong.
pub fn parse(from: &str, root: &Path) -> Result<Install, String> {
    // It becomes a word of a shell within quotes of a YAML text.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ":/@._~%+=-".contains(c);
    let wrong = |text: &str| text.is_empty() || text.starts_with('-') || !text.chars().all(is_plain);
    if from.contains("://") || from.starts_with("git@") {
        let (address, revision) = from.split_once('#').map_or((from, None), |(address, of)| (address, Some(of)));
        if wrong(address) || revision.is_some_and(wrong) {
            return Err(format!("--from takes an address without spaces and signs of a shell, not {}", quote(from)));
        }
        return Ok(Install::Git { address: address.to_string(), revision: revision.map(str::to_string) });
    }
    let path = Path::new(from);
    let is_below = path.components().all(|piece| matches!(piece, Component::Normal(_) | Component::CurDir));
    if !is_below || wrong(from) {
        return Err(format!("--from takes a path below the project, which a workflow checks out, not {}", quote(from)));
    }
    if !root.join(path).join("Cargo.toml").is_file() {
        return Err(format!("{} holds no source of partwork; it would have a `Cargo.toml`", quote(from)));
    }
    Ok(Install::Path(from.to_string()))
}

/// The archive of this version, with the sum that the release states. Asks the network.
pub fn released(releases: &str) -> Result<Install, PublishError> {
    let releases = releases.trim_end_matches('/');
    let is_near =
        releases.strip_prefix("http://").is_some_and(|rest| is_loopback(rest.split('/').next().unwrap_or(rest)));
    if !releases.starts_with("https://") && !is_near {
        return Err(PublishError::Refused(format!("releases lie at an https address, not at {}", quote(releases))));
    }
    let from = format!("{releases}/download/v{VERSION}");
    let name = format!("partwork-{VERSION}-{TARGET}.tar.gz");
    let sums = get(&format!("{from}/SHA256SUMS"))?;
    let is_sum =
        |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let sum = sums.lines().filter_map(|line| line.split_once("  ")).find(|(sum, of)| *of == name && is_sum(sum));
    let (sum, _) = sum.ok_or_else(|| PublishError::Remote(format!("{from}/SHA256SUMS names no {}", quote(&name))))?;
    Ok(Install::Archive { url: format!("{from}/{name}"), sum: sum.to_string() })
}

fn get(url: &str) -> Result<String, PublishError> {
    /// A list of sums is shorter, in bytes.
    const MOST: u64 = 64 << 10;
    let failed =
        |why: String| PublishError::Remote(format!("{url} can't be had: {why}; `--from` names the source instead"));
    let settings = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .user_agent(concat!("partwork/", env!("CARGO_PKG_VERSION")));
    let mut answer = settings.build().new_agent().get(url).call().map_err(|error| failed(error.to_string()))?;
    let mut text = String::new();
    let read = answer.body_mut().as_reader().take(MOST).read_to_string(&mut text);
    read.map_err(|error| failed(error.to_string()))?;
    Ok(text)
}

impl Install {
    /// Lines of a POSIX shell that put the program into a folder, which is a word of that shell.
    pub fn lines(&self, folder: &str) -> Vec<String> {
        match self {
            Install::Archive { url, sum } => vec![
                format!("mkdir -p {folder}"),
                format!("curl -fsSL --retry 3 -o {folder}/partwork.tar.gz '{url}'"),
                format!("echo \"{sum}  {folder}/partwork.tar.gz\" | sha256sum -c -"),
                format!(
                    "tar -xzf {folder}/partwork.tar.gz -C {folder} --strip-components 1 \
                     'partwork-{VERSION}-{TARGET}/partwork'"
                ),
            ],
            source => {
                let place = match source {
                    Install::Git { address, revision: Some(revision) } => {
                        format!("--git '{address}' --rev '{revision}' partwork")
                    }
                    Install::Git { address, .. } => format!("--git '{address}' --tag 'v{VERSION}' partwork"),
                    Install::Path(path) => format!("--path '{path}'"),
                    Install::Archive { .. } => String::new(),
                };
                vec![
                    format!("cargo install --locked --root {folder}/cargo {place}"),
                    format!("cp {folder}/cargo/bin/partwork {folder}/partwork"),
                ]
            }
        }
    }

    /// Whether it is built where it is installed, which takes minutes and is worth keeping.
    pub fn is_built(&self) -> bool {
        !matches!(self, Install::Archive { .. })
    }

    /// The steps of a job of GitHub that end with `partwork` in the path, eight columns in from a job's name.
    pub fn github_steps(&self) -> String {
        let folder = "\"$HOME/partwork\"";
        let mut steps = String::new();
        let mut only = "";
        if self.is_built() {
            only = "        if: steps.installed.outputs.cache-hit != 'true'\n";
            steps.push_str(&format!(
                "      - id: installed\n        uses: actions/cache@{CACHE}\n        with:\n          path: ~/partwork\n          \
                 key: partwork-{VERSION}-{}-${{{{ runner.os }}}}-${{{{ runner.arch }}}}\n",
                &blake3::hash(self.lines("").join("\n").as_bytes()).to_hex()[..10]
            ));
        }
        let lines: String = self.lines(folder).iter().map(|line| format!("          {line}\n")).collect();
        steps.push_str(&format!("      - name: Install partwork {VERSION}\n{only}        run: |\n{lines}"));
        steps.push_str(&format!("      - run: echo {folder} >> \"$GITHUB_PATH\"\n"));
        steps
    }
}

/// As [`CACHE`].
pub const UPLOAD: &str = "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0";
/// The release of an action, named as a workflow names it: the hash of its commit, since a tag can be moved.
pub const CACHE: &str = "cdf6c1fa76f9f475f3d7449005a359c84ca0f306 # v5.0.3";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_source_may_lie() {
        let folder = tempfile::tempdir().expect("a folder");
        let parse = |from: &str| parse(from, folder.path());
        let git = |address: &str, revision: Option<&str>| {
            Ok(Install::Git { address: address.into(), revision: revision.map(str::to_string) })
        };
        assert_eq!(parse("https://x.se/p.git#0ab1"), git("https://x.se/p.git", Some("0ab1")));
        assert_eq!(parse("git@x.se:me/p.git"), git("git@x.se:me/p.git", None));
        for wrong in
            ["https://x.se/'; rm -rf /", "https://x.se/$HOME", "https://x.se/a#-x", "../p", "/p", "-p", "", "p"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        std::fs::create_dir(folder.path().join("p")).expect("room");
        std::fs::write(folder.path().join("p/Cargo.toml"), "").expect("room");
        assert_eq!(parse("p"), Ok(Install::Path("p".into())));
    }
}
