//! A shell session in a project: what `tests/cases` and the guide have in common.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Writes a file below a folder, and the folders that it needs.
pub fn write_file(root: &Path, name: &str, content: &str) {
    let target = root.join(name);
    fs::create_dir_all(target.parent().expect("a parent")).expect("a folder");
    fs::write(target, content).expect("a file");
}

/// What a command prints in a folder, and its status unless it is 0. `home` is a folder of the
/// run's own, which the output calls by the name `shown`.
pub fn run_command(command: &str, folder: &Path, home: &Path, shown: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_partwork"));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", binary.parent().expect("a folder").display()))
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        // The first of January 2026: what the cases call now.
        .env("SOURCE_DATE_EPOCH", "1767225600")
        .output()
        .expect("sh");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text = text.replace(&*home.to_string_lossy(), shown);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    if !output.status.success() {
        let _ = writeln!(text, "[{}]", output.status.code().map_or("signal".into(), |code| format!("exit {code}")));
    }
    text
}

/// Fingerprints change with the files of the theme, which no case is about.
fn without_fingerprints(line: &str) -> String {
    let hash = |piece: &&str| piece.len() == 10 && piece.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pieces: Vec<&str> = line.split('.').collect();
    let last = pieces.len() - 1;
    let shown =
        pieces.iter().enumerate().map(|(at, piece)| if at > 0 && at < last && hash(piece) { "[HASH]" } else { piece });
    shown.collect::<Vec<_>>().join(".")
}

/// Puts names that differ after their fingerprints alone, by which they were sorted, into the order of
/// what is shown; each may have a line of its own below it.
fn ordered(lines: &mut [String]) {
    for at in 1..lines.len() {
        for before in at.saturating_sub(2)..at {
            let stem = |line: &str| line.find("[HASH]").map(|end| line[..end].to_string());
            if stem(&lines[at]).is_some_and(|here| Some(here) == stem(&lines[before])) && lines[at] < lines[before] {
                lines.swap(before, at);
            }
        }
    }
}

/// A transcript without what differs from run to run: times, and the fingerprints of the theme.
pub fn timeless(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let stripped = line.rfind(", in ").filter(|_| line.starts_with("built ") || line.starts_with("published "));
        let line = stripped.map_or(line.to_string(), |at| format!("{}, in [TIME]", &line[..at]));
        // When it was published is told by the clock, whatever day the site is built for.
        let release = line.strip_prefix("went back to the release of ").and_then(|rest| rest.split_once(' '));
        let line = release.map_or(line.clone(), |(_, on)| format!("went back to the release of [TIME] {on}"));
        lines.push(without_fingerprints(&line));
    }
    ordered(&mut lines);
    lines.join("\n")
}

/// Where two transcripts begin to differ, and how.
pub fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[&str], sign: &str| {
        lines.iter().skip(same).take(25).map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    format!("from line {}:\n{}{}", same + 1, shown(&expected, "-"), shown(&found, "+"))
}
