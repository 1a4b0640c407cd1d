//! `partwork serve`: what the person at the terminal is told.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use partwork::cli::{Format, Shared};
use partwork::project::texts::Texts;
use partwork::serve::editor::Editor;
use partwork::serve::http::Ended;
use partwork::serve::{self, Event};

use super::common::{self, distrust, load_project_again, report_all, root, seconds, state, wanted};
use super::failure::Failure;
use super::progress::Progress;
use super::untrusted::{May, confine};
use super::{machine, terminal};

/// Serves the site until a signal says to end.
pub fn run(shared: Shared, port: Option<u16>, hosts: Vec<String>, open: bool, poll: bool) -> Result<(), Failure> {
    let root = root(&shared)?;
    let variable = |name: &str| machine::variable(name)?.into_string().ok();
    let commands = [variable("VISUAL"), variable("EDITOR")];
    let editor = Editor::find(variable("PARTWORK_EDITOR").as_deref(), &commands.each_ref().map(Option::as_deref))
        .map_err(Failure::Usage)?;
    // What was typed wrong is said once, and not at every build.
    wanted(&shared)?;
    let memory = state(&root)?;
    let why = distrust(&shared);
    let bounds = match &why {
        Some(_) if open => {
            return Err(Failure::Refused(
                "a run that trusts nothing starts no browser; leave out --open, and open the address yourself".into(),
            ));
        }
        Some(why) => Some(confine(why, May { read: &[memory.root()], write: None, listen: true }, &shared)?),
        None => None,
    };
    let memory = bounds.is_none().then_some(memory);
    let settings = serve::Settings { root: root.clone(), hosts, port, poll, strict: shared.strict, editor, memory };
    let shared = Arc::new(shared);
    let load = {
        let shared = Arc::clone(&shared);
        let texts = Mutex::new(Texts::default());
        let load = move || {
            if let Some(bounds) = &bounds {
                bounds.begin_again();
            }
            let run = wanted(&shared)?;
            let mut texts = texts.lock().unwrap_or_else(PoisonError::into_inner);
            Ok((load_project_again(&root, &run, &mut texts)?, run))
        };
        move || load().map_err(|failure: Failure| failure.to_string())
    };
    let progress = Progress::new(&shared);
    let tell = move |event: Event<'_>| match event {
        Event::Resized { done, all } => progress.resized(done, all),
        event => {
            progress.end();
            tell(&event, &shared, open);
        }
    };
    match serve::serve(settings, Box::new(load), Box::new(tell))? {
        Ended::Terminated => Ok(()),
        Ended::Interrupted => Err(Failure::Interrupted(String::new())),
        Ended::Abandoned => Err(Failure::Io("the builder has stopped; please report what it printed".into())),
    }
}

/// Tells the person at the terminal what `serve` does. Whoever closed the terminal's end of a pipe
/// has seen enough, and the browsers have not, so nothing that can't be written matters.
fn tell(event: &Event<'_>, shared: &Shared, open_browser: bool) {
    let line = match *event {
        Event::Listening { url, open } => {
            if open_browser && let Err(error) = show_in_browser(url) {
                common::tell("warning", &format!("the browser could not be started: {error}"));
            }
            match shared.format {
                Format::Json => Some(serde_json::json!({ "version": 1, "url": url, "open": open }).to_string()),
                _ if open => Some(format!("serving {url}, which other machines can reach")),
                _ => Some(format!("serving {url}")),
            }
        }
        Event::Built { project, diagnostics, good, version, took } => {
            let _ = report_all(diagnostics, project, shared, shared.format);
            let took_text = seconds(took);
            match shared.format {
                Format::Json => {
                    let value = serde_json::json!({ "good": good, "site": version, "seconds": took.as_secs_f64() });
                    Some(value.to_string())
                }
                _ if good => Some(format!("built version {version}, in {took_text}")),
                _ if version == 0 => Some(format!("nothing to show yet, in {took_text}")),
                _ => Some(format!("still showing version {version}, in {took_text}")),
            }
        }
        Event::Resized { .. } => None,
        Event::Unreadable(reason) => {
            common::tell("error", reason);
            None
        }
        Event::Warning(warning) => {
            common::tell("warning", warning);
            None
        }
    };
    if let Some(line) = line.filter(|_| !shared.quiet) {
        let _ = terminal::say(&line);
    }
}

/// Starts the system's opener for addresses and leaves it to itself: it never gets the terminal,
/// and how it ends is nobody's concern.
fn show_in_browser(url: &str) -> io::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let nothing = std::process::Stdio::null;
    let mut child = machine::program(opener).arg(url).stdin(nothing()).stdout(nothing()).stderr(nothing()).spawn()?;
    // Somebody has to take note of its end.
    std::thread::spawn(move || child.wait());
    Ok(())
}
