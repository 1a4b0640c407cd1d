//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, Args, Parser, Subcommand, ValueEnum};

/// A static-site generator for work that is published in parts.
#[derive(Debug, Parser)]
#[command(name = "partwork", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render the site into its output folder
    Build {
        #[command(flatten)]
        shared: Shared,
        /// The output folder; else `[build] output` of partwork.toml, else `public`
        #[arg(long, value_name = "DIR", value_parser = clap::builder::OsStringValueParser::new())]
        output: Option<OsString>,
        /// Add the addresses of all parts, pages and tags to urls.toml, so that none of them is lost later
        #[arg(long, conflicts_with_all = ["drafts", "at"])]
        record: bool,
    },
    /// Report every problem of the site without writing it
    ///
    /// With --external a link to the outside fails the run when its server says that nothing is
    /// there (404, 410, a circle of redirects). A server that turns this program away, or doesn't
    /// answer, is a warning. With --code the commands that series name are run, with all that
    /// their user may do; nothing else runs what a project says, and --untrusted refuses it.
    Check {
        #[command(flatten)]
        shared: Shared,
        /// Ask for every link to the outside, too
        #[arg(long)]
        external: bool,
        /// How old an answer may be that an earlier run got, such as `12h`; `0s` asks anew. A week
        /// unless said; a broken link is asked for again after an hour, one refused after a day
        #[arg(long, value_name = "AGE", requires = "external")]
        max_age: Option<String>,
        /// How long one request may take, in seconds; 20 unless said
        #[arg(long, value_name = "SECONDS", requires = "external", value_parser = clap::value_parser!(u64).range(1..=600))]
        timeout: Option<u64>,
        /// Ask for private and loopback addresses as well
        #[arg(long, requires = "external")]
        private: bool,
        /// Run the check of each program as of each part, `[code] check` of its series; what went well before and has
        /// not changed is not run again
        #[arg(long)]
        code: bool,
        /// How many states of programs are checked at once; 1 unless said
        #[arg(short, long, value_name = "N", requires = "code", value_parser = clap::value_parser!(u16).range(1..=256))]
        jobs: Option<u16>,
        /// Run also what went well before
        #[arg(long, requires = "code")]
        fresh: bool,
    },
    /// Show the site in browsers as it is now: each change to a source is there at once
    ///
    /// Serves until Ctrl-C (exit status 130) or SIGTERM (exit status 0). The overlay of a failed
    /// build opens the place in the editor that PARTWORK_EDITOR names, such as vscode, zed, idea,
    /// sublime or emacs (none: no links), else in the one of VISUAL or EDITOR if it is known.
    Serve {
        #[command(flatten)]
        shared: Shared,
        /// The port; else `[serve] port`, else the first free one from 4711 on
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
        /// Listen on this name or address; else `[serve] host`, else 127.0.0.1. 0.0.0.0 opens the
        /// site to the network. Repeat it for each name that browsers reach the site by
        #[arg(long, value_name = "HOST")]
        host: Vec<String>,
        /// Show the site in the default browser
        #[arg(long)]
        open: bool,
        /// Look for changes again and again, where the file system tells of none
        #[arg(long)]
        poll: bool,
    },
    /// Show the plan of each series: what is out, what is coming, what is missing
    Status {
        #[command(flatten)]
        shared: Shared,
        /// Show what is translated into this language, what is missing and what is behind
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// Record that translations say what their originals say now
    ///
    /// Writes `translated.<language>.toml` beside the plan, by which `check` and `status --language` tell what
    /// changes later, and readers of a part that is behind are told so.
    Translated {
        /// Originals, such as `rag-course/chunking`, or translations by their files; without one, those that are not
        /// recorded yet
        #[arg(value_name = "SERIES/PART")]
        parts: Vec<String>,
        /// The language of the translations, where there are several
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        #[command(flatten)]
        how: NewFlags,
    },
    /// Build the site and bring it to one of the targets of partwork.toml
    ///
    /// A target has to be confirmed once with --trust, which is kept in PARTWORK_CONFIG, else in
    /// ~/.config/partwork, or named in PARTWORK_TRUST, a list of addresses.
    Publish {
        #[command(flatten)]
        shared: Shared,
        /// The target's name; may be left out when there is but one
        name: Option<String>,
        /// Show what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Confirm where the target leads, once for this project and address, and go on
        #[arg(long)]
        trust: bool,
        /// Delete more than 50 files or a third of the target, if that is what changed
        #[arg(long)]
        allow_deletions: bool,
        /// Replace files on the target that are in the way and not from partwork
        #[arg(long)]
        take_over: bool,
        /// Let the branch of a git target begin anew, with this release alone
        #[arg(long, conflicts_with = "rollback")]
        force: bool,
        /// Go back to the release before the current one
        #[arg(long, conflicts_with_all = ["allow_deletions", "take_over"])]
        rollback: bool,
        /// Write what a host needs into the project, and say what is left to do
        #[arg(long, value_name = "HOST", value_enum, conflicts_with_all = ["name", "trust", "rollback", "force", "allow_deletions", "take_over"])]
        init: Option<Host>,
        /// Where the host gets partwork: a path below the project or an address of git, with `#` and a revision; else
        /// the archive of this version, by its sum, from PARTWORK_RELEASES
        #[arg(long, value_name = "WHERE", requires = "init")]
        from: Option<String>,
    },
    /// Say what changes for readers since an earlier state of the site
    ///
    /// Compares the site as it is now with a folder that holds a built one, with what a target of
    /// partwork.toml shows (a folder or a branch), or with the project as of a revision of git, which is
    /// built as well and for which no checkout is touched. Tells which parts come out, go and move, which
    /// articles change, word by word, and which pages change only in their lists or their markup.
    /// `--format` is `human`, `markdown` or `json`.
    #[command(mut_arg("format", formats_of_diff))]
    Diff {
        #[command(flatten)]
        shared: Shared,
        /// A folder with a built site, the name of a target, or a revision such as `main` or `HEAD~1`
        old: String,
    },
    /// Say what a diagnostic's code means, with an example and its remedy
    Explain {
        /// A code such as `broken-link`; without one, all codes are listed
        code: Option<String>,
    },
    /// Make a site, a series, a part, a post or a translation
    New {
        #[command(subcommand)]
        what: New,
    },
    /// Work on the program that grows with a series
    Code {
        #[command(subcommand)]
        what: Code,
    },
    /// Make a project of another tool's source
    ///
    /// Reads the source alone, without the tool and without a network, writes into an empty folder, and says
    /// what became of each thing and what is left to do. With --compare alone it holds the project that is here
    /// against the old site, and fails when an address, an anchor, a picture or an entry of a feed is lost.
    Import {
        /// The folder of the other tool's source, which is only read
        #[arg(required_unless_present = "compare")]
        source: Option<PathBuf>,
        /// The folder of the new project, empty or not there yet
        #[arg(required_unless_present = "compare")]
        dir: Option<PathBuf>,
        /// The old site as it was built, a folder, or its sitemap.xml, to be held against the new one
        #[arg(long, value_name = "OLD")]
        compare: Option<PathBuf>,
        /// The project's folder, with --compare alone; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR", conflicts_with = "source")]
        root: Option<PathBuf>,
        /// Whose source it is; else told from the files
        #[arg(long, value_enum, value_name = "TOOL")]
        from: Option<Tool>,
        /// Where the old site stands, if the source doesn't say
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// How the report is written
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// List the files of the built-in theme, copy some into the project, or say what they can see
    Theme {
        #[command(subcommand)]
        what: Theme,
    },
    /// Print the JSON schema of a kind of file or table, for an editor, or of what `diff` prints
    Schema {
        /// Such as `site` or `series`; without one, all names are listed
        name: Option<String>,
        /// Write the schemas of all files into this folder, such as `.schemas`, or bring those in
        /// it up to date
        #[arg(long, value_name = "DIR", conflicts_with = "name")]
        dir: Option<PathBuf>,
        #[command(flatten)]
        how: NewFlags,
    },
    /// Print the completions of a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
    /// Print the licenses of partwork and of all that is in it
    Licenses,
}

impl Command {
    /// The flags of a command on a project.
    pub fn shared(&self) -> Option<&Shared> {
        match self {
            Command::Build { shared, .. }
            | Command::Check { shared, .. }
            | Command::Serve { shared, .. }
            | Command::Status { shared, .. }
            | Command::Publish { shared, .. }
            | Command::Diff { shared, .. } => Some(shared),
            _ => None,
        }
    }
}

/// What can be done with the program of a series.
#[derive(Debug, Subcommand)]
pub enum Code {
    /// Merge what has changed in the state of a part since the last commit into the copies of later parts
    ///
    /// An author who mends a line in an early part has it in each later one that holds a copy of the file. Where a
    /// later part has changed the same lines nothing is written, and every such place is told.
    Forward {
        /// The series and the part's id
        #[arg(value_name = "SERIES/PART")]
        part: String,
        /// A folder with the files as they were, in place of git's last commit
        #[arg(long, value_name = "FOLDER")]
        since: Option<PathBuf>,
        /// Show what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        /// Say nothing but problems
        #[arg(short, long)]
        quiet: bool,
    },
    /// Write the whole program as of a part into a folder
    Export {
        /// The series and the part's id
        #[arg(value_name = "SERIES/PART")]
        part: String,
        /// A folder that isn't there yet, or is empty
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        /// Say nothing but problems
        #[arg(short, long)]
        quiet: bool,
    },
}

/// What can be done with the built-in theme.
#[derive(Debug, Subcommand)]
pub enum Theme {
    /// List all files with the job of each, and mark those that the project replaces
    List {
        /// The project's folder; else the nearest parent that holds a partwork.toml, if one does
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
    /// Copy files into the project, where they replace the built-in ones
    Eject {
        /// Such as `parts/toc.html` or `theme.css`
        #[arg(value_name = "FILE", required = true)]
        files: Vec<String>,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        #[command(flatten)]
        how: NewFlags,
    },
    /// Print what templates can see, as Markdown
    Contract,
}

/// What can be made.
#[derive(Debug, Subcommand)]
pub enum New {
    /// Make a small site that works, to be changed into yours
    Site {
        /// The folder, which is made when it isn't there
        dir: PathBuf,
        /// The site's title; else from the folder's name
        #[arg(long)]
        title: Option<String>,
        /// Where the site will stand, such as `https://ada.example/`
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// Add a workflow that checks, builds and publishes the site, and does so again each day
        #[arg(long, value_enum, default_value_t = Ci::None)]
        ci: Ci,
        /// Where the workflow gets partwork: a path below the project or an address of git, with `#` and a revision;
        /// else the archive of this version, by its sum, from PARTWORK_RELEASES
        #[arg(long, value_name = "WHERE")]
        from: Option<String>,
        #[command(flatten)]
        how: NewFlags,
    },
    /// Make a series without parts
    Series {
        /// Its folder below `content/` and its address
        id: String,
        /// The series' title; else from its id
        #[arg(long)]
        title: Option<String>,
        /// What it is about
        #[arg(long)]
        description: Option<String>,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        #[command(flatten)]
        how: NewFlags,
    },
    /// Lay an article beside its original, to be translated in place
    Translation {
        /// One of the languages of partwork.toml
        language: String,
        /// The original: its series and id, or the path of its file
        #[arg(value_name = "SERIES/PART")]
        part: String,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        #[command(flatten)]
        how: NewFlags,
    },
    /// Make a post, and its folder of posts when it isn't there
    Post {
        /// The folder and the post's permanent id; a date before the id, as in `notes/2026-12-01-hello`, is its date
        #[arg(value_name = "FOLDER/ID")]
        post: String,
        /// The post's title; else from its id
        #[arg(long)]
        title: Option<String>,
        /// One sentence for lists and feeds
        #[arg(long)]
        description: Option<String>,
        /// Whether it is out; else draft
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// The day or the instant on which it comes out if it is published, such as `2026-12-01`; else today
        #[arg(long, value_name = "DATE")]
        date: Option<String>,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        #[command(flatten)]
        how: NewFlags,
    },
    /// Add a part to the plan of its series and make its file
    Part {
        /// The series and the part's permanent id
        #[arg(value_name = "SERIES/ID")]
        part: String,
        /// The track to add it to, by id or title; else the last one
        #[arg(long)]
        track: Option<String>,
        /// The part's title; else as the plan announces it, else from its id
        #[arg(long)]
        title: Option<String>,
        /// One sentence for lists and feeds
        #[arg(long)]
        description: Option<String>,
        /// Whether it is out; else soon for a part that is announced, and draft for any other
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// The day or the instant on which it comes out if it is published, such as `2026-12-01`; else
        /// as the plan announces it, else today
        #[arg(long, value_name = "DATE")]
        date: Option<String>,
        /// The project's folder; else the nearest parent that holds a partwork.toml
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        #[command(flatten)]
        how: NewFlags,
    },
}

/// Whose source is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tool {
    Mdbook,
    Zola,
    Hugo,
    Jekyll,
    Gitbook,
    /// Markdown files without settings
    Folder,
}

/// Flags of everything that makes files.
#[derive(Debug, Args)]
pub struct NewFlags {
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Say nothing but problems
    #[arg(short, long)]
    pub quiet: bool,
}

/// Whose runners publish the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ci {
    Github,
    Gitlab,
    None,
}

/// Whether a part is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Status {
    Published,
    Soon,
    Draft,
}

/// Flags that every command on a project has.
#[derive(Debug, Args)]
pub struct Shared {
    /// The project's folder; else the nearest parent that holds a partwork.toml
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Use another address than `base_url` of partwork.toml
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Show drafts and soon parts as if they were out
    #[arg(long)]
    pub drafts: bool,
    /// Build as of a date (its end) or an instant
    #[arg(long, value_name = "DATE")]
    pub at: Option<String>,
    /// Trust nothing of the project, as for a stranger's branch: raw HTML as text, the built-in theme, no
    /// targets, nothing remembered, bounds on what the run may do. The default where CI builds a pull request
    #[arg(long, conflicts_with = "trusted")]
    pub untrusted: bool,
    /// Trust the project, also in a pull request
    #[arg(long)]
    pub trusted: bool,
    /// Let warnings fail the run too
    #[arg(long)]
    pub strict: bool,
    /// How problems and results are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Whether to use colors
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say nothing but problems
    #[arg(short, long)]
    pub quiet: bool,
    /// Say where the time goes
    #[arg(short, long)]
    pub verbose: bool,
}

/// A host that `publish --init` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Host {
    GithubPages,
    Netlify,
    Nginx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
    Github,
    /// Of `diff` alone.
    #[value(skip)]
    Markdown,
}

/// `--format` of `diff`: its result is what a pull request shows, and annotations have no place in it.
fn formats_of_diff(format: Arg) -> Arg {
    let formats = PossibleValuesParser::new(["human", "markdown", "json"]).map(|name| match name.as_str() {
        "markdown" => Format::Markdown,
        "json" => Format::Json,
        _ => Format::Human,
    });
    format.value_parser(formats).help("How the result is written")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}
