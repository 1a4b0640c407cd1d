//! What the program is made of, and on which terms.
//!
//! Out: the licenses of partwork, of the libraries and crates that it is built from, of the grammars of its
//! highlighting, and of what others made in its theme. `tests/notices.rs` says how the texts are collected, and
//! holds them complete.

use partwork::project::theme;
use two_face::acknowledgement;

use super::failure::Failure;
use super::terminal;

/// Prints all of it.
pub fn run() -> Result<(), Failure> {
    Ok(terminal::give(text().as_bytes())?)
}

fn text() -> String {
    let head = concat!(
        "partwork ",
        env!("CARGO_PKG_VERSION"),
        " is under the MIT license or the Apache License 2.0, as you like."
    );
    let mut text = format!("{head}\n\nWhat it is made of is named after them.\n");
    let mut add =
        |title: &str, of: &str| text.push_str(&format!("\n{}\n{title}\n\n{}\n", "=".repeat(72), of.trim_matches('\n')));
    add("The MIT license", include_str!("../../LICENSE-MIT"));
    add("The Apache License 2.0", include_str!("../../LICENSE-APACHE"));
    add("Its libraries", include_str!("licenses/toolchain.txt"));
    add("Its crates", include_str!("licenses/crates.txt"));
    for license in acknowledgement::listing().for_syntaxes() {
        add(&format!("A grammar: {}", license.rel_path.display()), &license.text.replace(['\r', '\u{feff}'], ""));
    }
    // Each lies beside what it is of; cards are set in the same faces.
    for file in theme::files().filter(|file| file.name.ends_with(".txt")) {
        add(file.job.trim_end_matches('.'), &String::from_utf8_lossy(file.bytes));
    }
    text
}
