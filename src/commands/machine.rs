//! What a command asks of the machine that it runs on: the clocks, the environment, other programs.
//! Nothing else does; what a command learns here it hands on.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Instant, SystemTime};

use jiff::Timestamp;
use partwork::store::disk::Stamp;
use partwork::system::user;
use partwork::text::date;

/// The time of the machine.
#[expect(clippy::disallowed_methods, reason = "the site of today is built unless another day is asked for")]
pub fn clock() -> Timestamp {
    date::instant(SystemTime::now())
}

/// For how long something took.
#[expect(clippy::disallowed_methods, reason = "people are told how long it took")]
pub fn instant() -> Instant {
    Instant::now()
}

/// A variable of the environment; an empty one says nothing.
#[expect(clippy::disallowed_methods, reason = "where people say what they want of every program")]
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// All variables of the environment.
#[expect(clippy::disallowed_methods, reason = "any of them may hold a secret that no message may tell")]
pub fn variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The user's home, which no output may be.
pub fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// The folder of what is remembered for this user: the one that `PARTWORK_CACHE` names, else one where
/// programs keep such things (<https://specifications.freedesktop.org/basedir-spec/latest/>). Absolute, and
/// perhaps not there yet.
pub fn cache() -> io::Result<PathBuf> {
    if let Some(named) = variable("PARTWORK_CACHE") {
        return std::path::absolute(named);
    }
    let absolute = |path: &PathBuf| path.is_absolute();
    let home = home().filter(absolute);
    let usual = home.map(|home| home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }));
    let caches = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(absolute).or(usual);
    // A user without a home, as containers have them, is remembered as long as the machine runs.
    Ok(caches.map_or_else(|| temporary().join(format!("partwork-{}", user())), |caches| caches.join("partwork")))
}

/// Where a run may work that has no place of its own.
#[expect(clippy::disallowed_methods, reason = "a dry run works where the project can't be written")]
pub fn temporary() -> PathBuf {
    std::env::temp_dir()
}

/// The folder that the command was typed in.
#[expect(clippy::disallowed_methods, reason = "the project is looked for from there upwards")]
pub fn here() -> io::Result<PathBuf> {
    std::env::current_dir()
}

/// What tells this program from any other, by its file; `None` where the system doesn't say.
#[expect(clippy::disallowed_methods, reason = "what another program made of the same may be something else")]
pub fn program_stamp() -> Option<Vec<u8>> {
    let data = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    Some(Stamp::of(&data).bytes().to_vec())
}

/// Another program, looked for as a shell does.
#[expect(clippy::disallowed_methods, reason = "what only other programs know: a repository, a browser")]
pub fn program(name: &str) -> Command {
    Command::new(name)
}
