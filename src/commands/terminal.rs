//! What a command prints: results on standard output, all else on standard error.
//!
//! In: words, which may be those of authors, of servers or of the system. Out: the words, and no order to a
//! terminal or to a service that reads along. No other file prints.

use std::io::{self, IsTerminal, Write};

use partwork::diagnostic::report;
use partwork::diagnostic::{inert, printable};

/// Prints lines of a result for people.
#[expect(clippy::disallowed_methods, reason = "the one place that prints results for people")]
pub fn say(lines: &str) -> io::Result<()> {
    io::stdout().write_all(shown(lines).as_bytes())
}

/// Prints a text that partwork wrote for other programs, as it is.
#[expect(clippy::disallowed_methods, reason = "the one place that prints for other programs")]
pub fn give(text: &[u8]) -> io::Result<()> {
    io::stdout().write_all(text)
}

/// Prints a result as JSON on one line.
pub fn give_json(value: &serde_json::Value) -> io::Result<()> {
    give(format!("{}\n", report::json_text(value)?).as_bytes())
}

/// Prints a remark on standard error. That it can't be read is no reason to stop.
#[expect(clippy::disallowed_methods, reason = "the one place that prints remarks")]
pub fn remark(line: &str) {
    let _ = io::stderr().write_all(shown(line).as_bytes());
}

/// Writes over the line of standard error that was written so before. That the terminal is gone is no failure.
#[expect(clippy::disallowed_methods, reason = "the one place that writes over a line")]
pub fn write_over(line: &str) {
    // `K` clears what a longer line left (ECMA-48, §8.3.41).
    let _ = write!(io::stderr(), "\r{}\x1b[K", printable(line));
}

/// Prints diagnostics, as `report` wrote them.
#[expect(clippy::disallowed_methods, reason = "the one place that prints diagnostics")]
pub fn diagnostics(text: &[u8]) -> io::Result<()> {
    io::stderr().write_all(text)
}

/// Whether a person looks at standard error.
#[expect(clippy::disallowed_methods, reason = "nothing is printed")]
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Lines that nobody obeys, each with its end.
fn shown(lines: &str) -> String {
    let lines = lines.strip_suffix('\n').unwrap_or(lines).split('\n').map(|line| inert(&printable(line)).into_owned());
    lines.map(|line| line + "\n").collect()
}
