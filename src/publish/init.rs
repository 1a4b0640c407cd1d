//! What a host needs before the first publish: a workflow, a configuration, a target.
//!
//! In: a host, the project's settings, what its repository says. Out: the files to write and the
//! steps that only a person can do. Never replaces a file, and never writes one itself.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::install::{self, Install};
use crate::cli::Host;
use crate::diagnostic::quote;
use crate::settings::config::Config;

/// What the project's own repository says of itself.
#[derive(Debug, Default)]
pub struct Repository {
    /// The address of its remote `origin`.
    pub origin: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// Whether it has the workflow that `partwork new site --ci github` writes.
    pub has_site_workflow: bool,
}

/// What to write and what to say.
#[derive(Debug, PartialEq, Eq)]
pub struct Init {
    /// New files, by path below the root.
    pub files: Vec<(String, String)>,
    /// `partwork.toml` with its new target; `None` when it needs none.
    pub settings: Option<String>,
    /// What is left to do by hand, in order.
    pub steps: Vec<String>,
}

/// Prepares a project for a host. `settings` is the text of `partwork.toml`; `install` is how the host's machine gets
/// partwork, for those whose machines build the site.
pub fn init(
    host: Host,
    (settings, config): (&str, &Config),
    repository: &Repository,
    install: Option<&Install>,
) -> Result<Init, String> {
    match (host, install) {
        (Host::GithubPages, Some(install)) => github_pages((settings, config), repository, install),
        (Host::Netlify, Some(install)) => Ok(netlify(config, install)),
        (Host::GithubPages | Host::Netlify, None) => Err("a host that builds the site needs partwork".into()),
        (Host::Nginx, _) => nginx(settings, config),
    }
}

/// Whether a host builds the site by itself, so that its machine needs partwork.
pub fn builds(host: Host) -> bool {
    !matches!(host, Host::Nginx)
}

/// The workflow of GitHub Pages. Its actions are named by their hashes, because a tag can be moved to other code.
const WORKFLOW: &str = include_str!("workflows/github-pages.yml");

/// A machine that may not commit forgets what it published.
const RECORD: &str = "after each part that comes out, run `partwork build --record` and commit `urls.toml`: what the \
                      machine publishes it can't record, and without it a part that moves leaves no redirect";

fn github_pages(
    (settings, config): (&str, &Config),
    repository: &Repository,
    install: &Install,
) -> Result<Init, String> {
    const NAME: &str = "github-pages";
    let origin = repository.origin.as_deref().and_then(github_name).ok_or(
        "GitHub Pages shows a repository on github.com, and the project's has no remote `origin` there; \
         add it with `git remote add origin …`",
    )?;
    let branch = repository.branch.as_deref().unwrap_or("main");
    let (owner, name) = origin;
    // The address that GitHub gives it: https://docs.github.com/en/pages
    let (owner_lower, name_lower) = (owner.to_lowercase(), name.to_lowercase());
    let host = format!("{owner_lower}.github.io");
    let url = if name_lower == host { format!("https://{host}/") } else { format!("https://{host}/{name}/") };
    let to = format!("git+https://github.com/{owner}/{name}.git#gh-pages");
    let quoted = serde_json::to_string(branch).map_err(|error| error.to_string())?;
    let trusted = serde_json::to_string(&to).map_err(|error| error.to_string())?;
    // A JSON text is a YAML text.
    let workflow = WORKFLOW
        .replace("{branch}", &quoted)
        .replace("{trusted}", &trusted)
        .replace("{install}", &install.github_steps())
        .replace("{cache}", install::CACHE)
        .replace("{upload}", install::UPLOAD);
    let mut steps = Vec::new();
    if url != config.base_url.absolute("") {
        steps.push(format!("set `base_url` to {}, unless the site has a domain of its own", quote(&url)));
    }
    if repository.has_site_workflow {
        steps.push(
            "remove `.github/workflows/site.yml` or `.github/workflows/publish.yml`: both publish the site, each to a \
             place that GitHub Pages shows instead of the other's"
                .into(),
        );
    }
    steps.push(format!("commit `.github/workflows/publish.yml` and `partwork.toml`, and push {}", quote(branch)));
    steps.push(format!(
        "when the workflow has run once, choose the branch `gh-pages` and its folder `/ (root)` under \
         https://github.com/{owner}/{name}/settings/pages"
    ));
    steps.push(RECORD.into());
    if url != config.base_url.absolute("") {
        steps.push("for a domain of its own, put its name into `static/CNAME` as well".into());
    }
    Ok(Init {
        files: vec![(".github/workflows/publish.yml".into(), workflow)],
        settings: Some(with_target(settings, NAME, &to, None)?),
        steps,
    })
}

fn netlify(config: &Config, install: &Install) -> Init {
    // What the settings say is quoted as TOML wants it.
    let output = value(config.output.as_deref().unwrap_or("public"));
    let command =
        value(format!("{} && \"$HOME/partwork/partwork\" build", install.lines("\"$HOME/partwork\"").join(" && ")));
    let text = format!("[build]\ncommand = {command}\npublish = {output}\n");
    Init {
        files: vec![("netlify.toml".into(), text)],
        settings: None,
        steps: vec![
            "commit `netlify.toml` and push it".into(),
            "choose the repository under https://app.netlify.com/start; the build's settings come from the file".into(),
            format!("point the domain of {} to the new site", quote(&config.base_url.origin)),
            "where Git LFS keeps files of the project, set the variable `GIT_LFS_ENABLED` to `true` in the site's \
             settings"
                .into(),
            RECORD.into(),
            "for parts with a date ahead, let a scheduled job call a build hook each morning \
             (https://docs.netlify.com/configure-builds/build-hooks/)"
                .into(),
        ],
    }
}

fn nginx(settings: &str, config: &Config) -> Result<Init, String> {
    const NAME: &str = "nginx";
    let (scheme, authority) = config.base_url.origin.split_once("://").unwrap_or(("https", &config.base_url.origin));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
    if host.is_empty() || host.starts_with('-') || !host.chars().all(plain) {
        return Err(format!("`base_url` has the host {}, which nginx takes only in its ASCII form", quote(host)));
    }
    let folder = format!("/var/www/{}", host.replace(['[', ']', ':'], "_"));
    // Over https the certificate brings its own port.
    let listen = port.filter(|_| scheme == "http").unwrap_or("80");
    let text = format!(
        "# Shows what `partwork publish {NAME}` puts into {folder}.\n\
         # For the `http` part of nginx: link it into /etc/nginx/sites-enabled.\n\
         server {{\n    listen {listen};\n    listen [::]:{listen};\n    server_name {host};\n    \
         # How to answer comes with the site: its redirects, its policy, what may be cached. Whoever may\n    \
         # publish can thereby change how this server answers.\n    \
         set $partwork_root {folder}/current;\n    \
         # The brackets let nginx start while nothing is published.\n    \
         include {folder}/current/_nginx.con[f];\n}}\n"
    );
    let mut steps = vec![
        format!("on the server, make {folder} a folder that you can write to"),
        format!("link `nginx.conf` to `/etc/nginx/sites-enabled/{host}.conf`"),
        format!(
            "run `partwork publish {NAME} --trust` on the server, and without `--trust` from then on; from elsewhere, set `to` to `rsync:you@{host}:{folder}/current` \
             and remove `releases`"
        ),
        "run `nginx -t && nginx -s reload`, and again whenever redirects or the policy change".into(),
    ];
    if scheme == "https" {
        let port = port.map_or(String::new(), |port| format!(", and let nginx listen on port {port} with it"));
        steps.push(format!("get a certificate, as by `certbot --nginx -d {host}`{port}"));
    }
    Ok(Init {
        files: vec![("nginx.conf".into(), text)],
        settings: Some(with_target(settings, NAME, &format!("file:{folder}"), Some(5))?),
        steps,
    })
}

/// Owner and name of a repository on github.com, from any spelling of its address.
fn github_name(url: &str) -> Option<(&str, &str)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.strip_prefix("github.com")?.strip_prefix(['/', ':'])?;
    let (owner, name) = rest.trim_end_matches('/').split_once('/')?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    let plain = |word: &str| {
        !word.is_empty()
            && !word.starts_with('-')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    (plain(owner) && plain(name)).then_some((owner, name))
}

/// `partwork.toml` with one target more; all else stays as it was typed.
fn with_target(settings: &str, name: &str, to: &str, releases: Option<i64>) -> Result<String, String> {
    let mut document: DocumentMut = settings.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let tables = document.entry("publish").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(tables) = tables.as_array_of_tables_mut() else {
        return Err("`publish` in `partwork.toml` isn't written as `[[publish]]`, so nothing can be added to it".into());
    };
    if tables.iter().any(|table| table.get("name").and_then(Item::as_str) == Some(name)) {
        return Err(format!("`partwork.toml` has a target {} already", quote(name)));
    }
    let mut table = Table::new();
    table.insert("name", value(name));
    table.insert("to", value(to));
    if let Some(releases) = releases {
        table.insert("releases", value(releases));
    }
    tables.push(table);
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_on_github() {
        for url in ["git@github.com:me/site.git", "https://github.com/me/site", "ssh://git@github.com/me/site.git/"] {
            assert_eq!(github_name(url), Some(("me", "site")), "{url}");
        }
        for url in ["https://gitlab.com/me/site", "https://github.com/me", "https://github.com.evil.org/me/site", "x"] {
            assert_eq!(github_name(url), None, "{url}");
        }
    }

    #[test]
    fn a_target_is_added_and_all_else_stays() {
        let settings = "# mine\ntitle = \"x\"  # y\n\n[links]\nbroken = \"warn\"\n";
        let added = with_target(settings, "n", "file:x", Some(2)).expect("a good file");
        assert!(added.starts_with(settings), "{added}");
        assert!(added.ends_with("\n[[publish]]\nname = \"n\"\nto = \"file:x\"\nreleases = 2\n"), "{added}");
        assert!(with_target(&added, "n", "file:y", None).is_err());
        assert!(with_target("publish = 1\n", "n", "file:y", None).is_err());
    }
}
