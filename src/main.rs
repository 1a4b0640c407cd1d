//! The command line: what was typed to a command, its result to an exit status.

mod commands;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use partwork::cli::{Cli, Command, Format};

use commands::common::{print_json, tell};
use commands::failure::Failure;
use commands::{build, check, code, diff, import, licenses, new, print, publish, serve};

/// A build makes and drops millions of small texts on all processors. With glibc's allocator a series of ten thousand
/// parts takes twice the processor time, and musl's lets one processor in at a time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come this way too, and are no mistakes.
            let status = u8::try_from(error.exit_code()).unwrap_or(2);
            return if error.print().is_ok() { ExitCode::from(status) } else { ExitCode::FAILURE };
        }
    };
    let json = cli.command.shared().is_some_and(|shared| shared.format == Format::Json);
    let result = match cli.command {
        Command::Build { shared, output, record } => build::run(&shared, output.as_deref().map(Path::new), record),
        Command::Check { shared, external, max_age, timeout, private, code, jobs, fresh } => {
            check::external_options(external, max_age.as_deref(), timeout, private).and_then(|external| {
                check::run(&shared, check::Also { external, code: code.then(|| check::code_options(jobs, fresh)) })
            })
        }
        Command::Serve { shared, port, host, open, poll } => serve::run(shared, port, host, open, poll),
        Command::Status { shared, language } => print::status(&shared, language.as_deref()),
        Command::Translated { parts, language, root, how } => {
            new::translated(&parts, language.as_deref(), root.as_deref(), &how)
        }
        Command::Publish { shared, init: Some(host), from, dry_run, .. } => {
            publish::init(&shared, (host, from.as_deref()), dry_run)
        }
        Command::Publish { shared, name, rollback: true, dry_run, trust, .. } => {
            publish::rollback(&shared, name.as_deref(), dry_run, trust)
        }
        Command::Publish { shared, name, dry_run, trust, allow_deletions, take_over, force, .. } => {
            let flags = publish::Flags { dry_run, trust, allow_deletions, take_over, force };
            publish::run(&shared, name.as_deref(), flags)
        }
        Command::Diff { shared, old } => diff::run(&shared, &old),
        Command::Explain { code } => print::explain(code.as_deref()),
        Command::Code { what } => code::run(&what),
        Command::New { what } => new::run(&what),
        Command::Import { source, dir, compare, root, from, base_url, dry_run, format } => {
            let wanted =
                import::Wanted { from, base_url: base_url.as_deref(), compare: compare.as_deref(), dry_run, format };
            match (source.zip(dir), &compare) {
                (Some((source, dir)), _) => import::run(&source, &dir, wanted),
                (None, Some(old)) => import::compare(root.as_deref(), old, format),
                (None, None) => Err(Failure::Usage("name the folder of the new project".into())),
            }
        }
        Command::Theme { what } => print::theme(&what),
        Command::Schema { name, dir, how } => print::schema(name.as_deref(), dir.as_deref(), &how),
        Command::Completions { shell } => print::completions(shell),
        Command::Man => print::man(),
        Command::Licenses => licenses::run(),
    };
    let Err(failure) = result else { return ExitCode::SUCCESS };
    let message = failure.to_string();
    if !message.is_empty() && json {
        // Nothing is left to tell the reader if even this can't be written.
        let _ = print_json(&serde_json::json!({ "version": 1, "error": message }));
    } else if !message.is_empty() {
        tell("error", &message);
    }
    ExitCode::from(failure.status())
}
