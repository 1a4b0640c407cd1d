//! Commands that print what partwork knows: of the plan, its diagnostics, its theme, its keys, itself.

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use clap::CommandFactory;
use partwork::cli::{self, Cli, Format, Shared};
use partwork::diagnostic::report::{self};
use partwork::diagnostic::{Code, did_you_mean, quote};
use partwork::diff::tell;
use partwork::new::{self};
use partwork::site::behind::translated_site;
use partwork::site::read::Blocks;
use partwork::{blocks, outputs::contract, render, settings::schema, site, site::status};

use super::common::{distrust, fail_on, find_root, load_project, make, report_all, root, state, wanted};
use super::failure::Failure;
use super::machine;
use super::terminal;
use super::untrusted::{May, confine};

/// The plan of each series as it stands; of a further language, what of it is translated.
pub fn status(shared: &Shared, language: Option<&str>) -> Result<(), Failure> {
    let root = root(shared)?;
    let run = wanted(shared)?;
    if let Some(why) = distrust(shared) {
        confine(&why, May { read: &[state(&root)?.root()], write: None, listen: false }, shared)?;
    }
    let project = load_project(&root, &run)?;
    let mut found = project.diagnostics.clone();
    let components = render::components(&project);
    let blocks = Blocks { components: &components, kinds: blocks::ALL };
    let sites = site::read::read((&project, &run), blocks, None, &mut found);
    sites.iter().for_each(|site| site::allow::drop_allowed(site, &mut found));
    let counts = report_all(&found, &project, shared, Format::Human)?;
    let Some(site) = sites.first() else { return Err(Failure::Content) };
    let (json, table) = match language {
        None => {
            let board = status::board(site);
            (report::json_lines(&board), status::table(&board))
        }
        Some(tag) => {
            let further = translated_site(&sites, tag).map_err(Failure::Usage)?;
            let board = status::translations(&project, (site, further));
            (report::json_lines(&board), status::table_of_translations(&board))
        }
    };
    match shared.format {
        Format::Json => terminal::give(json.map_err(io::Error::from)?.as_bytes())?,
        Format::Human | Format::Github | Format::Markdown => terminal::say(&table)?,
    }
    fail_on(counts, shared)
}

/// What a code means; all codes without one.
pub fn explain(code: Option<&str>) -> Result<(), Failure> {
    let Some(name) = code else {
        for code in Code::ALL {
            terminal::say(&format!("{:<24} {}", code.name(), code.severity().name()))?;
        }
        return Ok(());
    };
    let Some(code) = Code::from_name(name) else {
        let near = did_you_mean(name, Code::ALL.iter().map(|code| code.name()));
        let near = near.unwrap_or_else(|| "`partwork explain` lists them all".into());
        return Err(Failure::Usage(format!("there is no code {}; {near}", quote(name))));
    };
    Ok(terminal::say(&report::explain(code))?)
}

/// The files of the theme, copies of them, or the contract.
pub fn theme(what: &cli::Theme) -> Result<(), Failure> {
    let text = match what {
        cli::Theme::List { root } => {
            // The list is of use outside a project too; a wrong name is still a mistake.
            let root = match root {
                Some(root) => Some(find_root(Some(root))?),
                None => find_root(None).ok(),
            };
            new::eject::table(root.as_deref())
        }
        cli::Theme::Eject { files, root, how } => {
            return make(&new::eject::eject(&find_root(root.as_deref())?, files)?, how);
        }
        cli::Theme::Contract => contract::markdown(),
    };
    Ok(terminal::give(text.as_bytes())?)
}

/// The name of the schema of what `diff` prints; editors have no use for it.
const RESULT: &str = "diff";

/// A schema, or all of them into a folder.
pub fn schema(name: Option<&str>, dir: Option<&Path>, how: &cli::NewFlags) -> Result<(), Failure> {
    if let Some(dir) = dir {
        let folder = machine::here()?.join(dir);
        // A folder of the project is not to lead out of it; any other was chosen by whoever typed it.
        let is_below = |root: &PathBuf| {
            folder
                .strip_prefix(root)
                .is_ok_and(|path| path.components().all(|piece| matches!(piece, Component::Normal(_))))
        };
        let place = find_root(None).ok().filter(is_below).unwrap_or_else(|| folder.clone());
        return make(&new::editors::refresh(&place, &folder, dir)?, how);
    }
    let all = schema::all(&blocks::schemas());
    let Some(name) = name else {
        return Ok(all.iter().map(|(name, ..)| *name).chain([RESULT]).try_for_each(terminal::say)?);
    };
    if name == RESULT {
        return Ok(terminal::give(tell::SCHEMA.as_bytes())?);
    }
    let text = schema::schema(name, &all).map_err(Failure::Usage)?;
    Ok(terminal::give(text.as_bytes())?)
}

/// The completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "partwork", &mut text);
    Ok(terminal::give(&text)?)
}

/// One page for all commands: whoever looks a flag up doesn't know yet which page has it.
pub fn man() -> Result<(), Failure> {
    let mut command = Cli::command();
    // Fills in the flags that clap adds and the names that usage lines begin with.
    command.build();
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    manual(&command, &mut text)?;
    text.extend_from_slice(
        b".SH \"EXIT STATUS\"\n0: fine, also with warnings. 1: the content has errors. 2: a mistake on the command line. \
          3: refused, because something would be lost or opened to others. 4: the network, the target, the output folder or \
          this machine failed. \
          130: interrupted.\n",
    );
    page.render_version_section(&mut text)?;
    Ok(terminal::give(&text)?)
}

/// A section for each command below one, and for those below it.
fn manual(command: &clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    // What `help` says of a command is its own section here.
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let page = clap_mangen::Man::new(command.clone());
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_uppercase();
        writeln!(out, ".SH \"{name}\"")?;
        let mut section = Vec::new();
        page.render_description_section(&mut section)?;
        page.render_synopsis_section(&mut section)?;
        page.render_options_section(&mut section)?;
        // Its own headings would end the section; the order of the parts says the same.
        let lines = section.split_inclusive(|byte| *byte == b'\n');
        for line in lines {
            out.extend_from_slice(if line.starts_with(b".SH ") { b".PP\n" } else { line });
        }
        manual(command, out)?;
    }
    Ok(())
}
