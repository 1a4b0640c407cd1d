//! A folder on another machine, by rsync over ssh.
//!
//! In: a plan. Out: the folder holds it. rsync compares checksums and replaces files one by one, each
//! whole; a shell on the other side keeps the lock and the record, and deletes. Never deletes what
//! the plan doesn't name. `RSYNC_RSH` says how the other machine is reached, as for rsync itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::context::Context;
use super::error::{PublishError, local};
use super::plan::{Change, Files, Held, Plan, Survey};
use super::programs::{Output, ProgramFailure, program, run, ssh_with_timeout};
use super::record::{INTERNAL, RECORD, Record};
use super::recorded::add_known;
use crate::diagnostic::quote;
use crate::diff::shown::Shown;
use crate::store::dir::Dir;
use crate::text::path::folders_above;

/// Begins the name of the folder where rsync writes a file before it is whole; on the same disk as
/// the site. Each run has its own: the rsync of one that was killed may still be at work, and finds
/// its folder gone when the next run begins.
const INCOMING: &str = ".partwork-incoming";
const LOCK: &str = ".partwork-lock";
/// The most bytes of the first line that the other side says.
const LONGEST_ANSWER: u64 = 1 << 16;
/// What a script works on, once it is whole.
const RECEIVED: &str = ".partwork-received";

/// A folder that a publish is at work on.
#[derive(Debug)]
pub struct Folder {
    /// As ssh takes it: `user@host`, an IPv6 address without brackets.
    login: String,
    /// As rsync takes it, with the brackets.
    place: String,
    /// On the other machine; relative to the home folder unless it begins with `/`.
    path: String,
    /// The program that reaches the other machine, and its options.
    shell: Vec<String>,
    /// The same as it was typed, for rsync.
    typed_shell: String,
    /// This run's folder for what is not whole yet.
    incoming: String,
    lock: Option<Lock>,
    /// How long the other side may be silent, in seconds.
    timeout: u64,
}

/// A shell on the other side that holds the lock until its standard input ends, which it also does
/// when this process is killed.
#[derive(Debug)]
struct Lock {
    shell: Child,
    input: Option<ChildStdin>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        /// For ten seconds: a line that has gone dead doesn't end by itself.
        const LOOKS: usize = 1000;
        const PAUSE: Duration = Duration::from_millis(10);
        drop(self.input.take());
        for _ in 0..LOOKS {
            if !matches!(self.shell.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        // Nothing depends on how it ends.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// Refuses a folder that can't be right; asks nothing of the other machine yet.
pub fn open(user: Option<&str>, host: &str, path: &str, context: &Context<'_>) -> Result<Folder, PublishError> {
    // Nothing over there expands it, since every path is quoted.
    let path = path.strip_prefix("~/").unwrap_or(path).trim_end_matches('/');
    let plain = path.strip_prefix("./").unwrap_or(path);
    if matches!(plain, "" | "." | "~") || path.split('/').any(|piece| piece == "..") {
        return Err(PublishError::Refused(
            "the target's path is the root or home folder, or leads upwards; name a folder of its own".into(),
        ));
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let with_user = |host: &str| user.map_or(host.to_string(), |user| format!("{user}@{host}"));
    let timeout = context.timeout.as_secs();
    let shell = context.environment.text("RSYNC_RSH").filter(|shell| !shell.trim().is_empty());
    let shell = shell.map_or_else(|| ssh_with_timeout(timeout), str::to_string);
    let words = shell_words(&shell);
    let words = words.ok_or_else(|| PublishError::Refused("a quote in `RSYNC_RSH` has no end".into()))?;
    let incoming = format!("{INCOMING}-{}", context.token());
    let (login, place) = (with_user(bare), with_user(host));
    Ok(Folder { login, place, path: path.into(), shell: words, typed_shell: shell, incoming, lock: None, timeout })
}

impl Folder {
    /// Makes the folder, takes its lock and clears what a killed run was sending.
    pub fn lock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        // The lock goes with the file descriptor, so nothing is left of a run that was cut off.
        // Systems without flock(1) go unlocked.
        let script = format!(
            "mkdir -p {path} && cd {path} && exec 9>{LOCK} || exit 1; \
             if command -v flock >/dev/null && ! flock -n 9; then echo busy; exit 0; fi; \
             rm -rf {INCOMING}* && mkdir {incoming} && echo locked && cat >/dev/null; rm -rf {incoming}",
            path = quoted(&self.path),
            incoming = self.incoming
        );
        let log = context.scratch.join("lock-messages");
        let messages = File::create(&log).map_err(local("write", &log))?;
        let mut command = self.remote(&script);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(messages);
        let mut shell = command
            .spawn()
            .map_err(|error| PublishError::Local(format!("could not run {}: {error}", quote(&self.shell[0]))))?;
        let input = shell.stdin.take();
        let output = shell.stdout.take();
        let lock = Lock { shell, input };
        let (say, answered) = mpsc::channel();
        // Ends with the shell. No answer is an answer too: it ended, and said why on its standard error.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let _ = output.map(|output| BufReader::new(output.take(LONGEST_ANSWER)).read_line(&mut answer));
            let _ = say.send(answer);
        });
        let answer = loop {
            match answered.recv_timeout(Duration::from_millis(100)) {
                Ok(answer) => break answer,
                Err(RecvTimeoutError::Timeout) => context.go_on()?,
                Err(RecvTimeoutError::Disconnected) => break String::new(),
            }
        };
        match answer.trim() {
            "locked" => {
                self.lock = Some(lock);
                context.go_on()
            }
            "busy" => Err(PublishError::Remote(format!("another publish is at work on {}", self.shown()))),
            _ => {
                drop(lock);
                context.go_on()?;
                let said = fs::read_to_string(&log).unwrap_or_default();
                if !answer.trim().is_empty() {
                    return Err(self.greeted(&answer));
                }
                Err(self.failed("locking", &said))
            }
        }
    }

    pub fn unlock(&mut self, _context: &Context<'_>) -> Result<(), PublishError> {
        self.lock = None;
        Ok(())
    }

    /// What the other side says was published there; `None` where there is no such folder.
    fn record(&self, context: &Context<'_>) -> Result<Option<Option<Record>>, PublishError> {
        let script = format!(
            "cd {path} 2>/dev/null || {{ echo none; exit 0; }}; \
             if [ -e {RECORD} ]; then echo record; cat {RECORD}; else echo folder; fi",
            path = quoted(&self.path)
        );
        let answer = self.ask(&script, b"", "reading", context)?;
        match answer.stdout.as_slice() {
            b"none\n" => Ok(None),
            b"folder\n" => Ok(Some(None)),
            answer => {
                let Some(record) = answer.strip_prefix(b"record\n") else {
                    return Err(self.greeted(&String::from_utf8_lossy(answer)));
                };
                let record = Record::parse(record);
                record.map(|record| Some(Some(record))).map_err(|problem| {
                    PublishError::Refused(format!("the record {} in {}: {problem}", quote(RECORD), self.shown()))
                })
            }
        }
    }

    /// Lets rsync compare checksums without sending anything.
    pub fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        let Some(record) = self.record(context)? else { return Ok(Survey::default()) };
        let mut held: BTreeMap<String, Held> =
            files.values().map(|file| (file.path.clone(), Held { size: file.entry.size, same: Some(true) })).collect();
        let Some(base) = base(files.values().map(|file| (file.path.as_str(), file.disk.as_path())).next()) else {
            return Ok(Survey { record, held });
        };
        let mut command = self.rsync();
        command.args(["--recursive", "--links", "--checksum", "--dry-run", "--delete", "--out-format=%i %n"]);
        command.arg(format!("--exclude=/{INTERNAL}*")).arg("--").arg(with_slash(&base)).arg(self.destination());
        let listed = self.ended(run(&mut command, b"", context)?, "comparing")?;
        for line in String::from_utf8_lossy(&listed.stdout).lines() {
            let Some((what, path)) = parse_item(line) else { continue };
            match what {
                Item::New => {
                    held.remove(path);
                }
                Item::Different => {
                    held.entry(path.to_string()).and_modify(|held| held.same = Some(false));
                }
                Item::Extra => {
                    held.insert(path.to_string(), Held { size: 0, same: None });
                }
            }
        }
        Ok(Survey { record, held })
    }

    /// The site that the folder shows; `None` where nothing was published yet. A file that is gone is left out.
    pub fn seen(&self, staged: &Files, context: &Context<'_>) -> Result<Option<Shown>, PublishError> {
        let Some(record) = self.record(context)?.flatten() else { return Ok(None) };
        let mut shown = Shown::default();
        let unknown = add_known(&record, staged, &mut shown)?;
        if unknown.is_empty() {
            return Ok(Some(shown));
        }
        let place = context.scratch.join("seen");
        let dir = Dir::make(&place, true).map_err(local("create", &place))?;
        let names: Vec<u8> = unknown.iter().flat_map(|path| path.bytes().chain([0])).collect();
        let mut command = self.rsync();
        command.args(["--ignore-missing-args", "--from0", "--files-from=-", "--"]);
        command.arg(self.destination()).arg(with_slash(&place));
        self.ended(run(&mut command, &names, context)?, "reading")?;
        for path in unknown.into_iter().filter(|path| dir.has(path)) {
            let mut bytes = Vec::new();
            let read = dir.read(path).and_then(|mut file| file.read_to_end(&mut bytes));
            read.map_err(local("read", place.join(path)))?;
            shown.add(path, &bytes);
        }
        Ok(Some(shown))
    }

    pub fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        self.seal(&plan.intent, context)?;
        let (blocking, last) = plan.split_deletions();
        self.delete(&blocking, context)?;
        for batch in plan.batches() {
            self.send(batch, context)?;
        }
        self.delete(&last, context)
    }

    /// Writes the record.
    pub fn seal(&mut self, record: &Record, context: &Context<'_>) -> Result<(), PublishError> {
        let script = format!("mv -f {RECEIVED} {RECORD}");
        self.give(&record.to_bytes(), &script, "writing the record in", context)
    }

    /// Runs a script in the folder once all of `bytes` is there, in the file [`RECEIVED`]: a shell
    /// takes a line that is cut for the end of what it reads.
    fn give(&self, bytes: &[u8], script: &str, doing: &str, context: &Context<'_>) -> Result<(), PublishError> {
        let script = format!(
            "cd {} && cat > {RECEIVED} && [ \"$(wc -c < {RECEIVED})\" -eq {} ] || exit 1; {script}",
            quoted(&self.path),
            bytes.len()
        );
        self.ask(&script, bytes, doing, context).map(drop)
    }

    /// Sends files; each is renamed into its place once it is whole.
    fn send(&self, batch: &[Change], context: &Context<'_>) -> Result<(), PublishError> {
        context.go_on()?;
        let first = batch.first().map(|change| (change.file.path.as_str(), change.file.disk.as_path()));
        let Some(base) = base(first) else { return Ok(()) };
        let names: Vec<u8> = batch.iter().flat_map(|change| change.file.path.bytes().chain([0])).collect();
        let mut command = self.rsync();
        // What differs is known, so times and sizes count for nothing. Servers run as somebody else
        // and have to read what arrives.
        command.args(["--ignore-times", "--perms", "--chmod=D755,F644", "--from0", "--files-from=-"]);
        command.arg(format!("--temp-dir={}", self.incoming)).arg("--").arg(with_slash(&base)).arg(self.destination());
        self.ended(run(&mut command, &names, context)?, "sending to")?;
        batch.iter().for_each(|_| (context.arrived)());
        Ok(())
    }

    /// Deletes files, and the folders that are empty then.
    fn delete(&self, paths: &[&str], context: &Context<'_>) -> Result<(), PublishError> {
        if paths.is_empty() {
            return Ok(());
        }
        context.go_on()?;
        let list = |paths: &[&str]| -> Vec<u8> {
            // Begun with `./`, no name is an option.
            paths.iter().flat_map(|path| format!("./{path}\0").into_bytes()).collect()
        };
        let script = format!("xargs -0 rm -f -- < {RECEIVED}; status=$?; rm -f {RECEIVED}; exit $status");
        self.give(&list(paths), &script, "deleting from", context)?;
        let folders: BTreeSet<&str> = paths.iter().flat_map(|path| folders_above(path)).collect();
        if folders.is_empty() {
            return Ok(());
        }
        // The deepest first.
        let folders: Vec<&str> = folders.into_iter().rev().collect();
        // Those that aren't empty stay, which is no failure.
        let script = format!("xargs -0 rmdir -- < {RECEIVED} 2>/dev/null; rm -f {RECEIVED}");
        self.give(&list(&folders), &script, "deleting from", context)
    }

    /// A command of a POSIX shell on the other machine: a line, since csh takes no more of one text.
    /// What ssh gives it goes to the account's login shell, which may be zsh or fish and read the
    /// line in its own way, so it gets four words that mean the same to all of them.
    fn remote(&self, script: &str) -> Command {
        let mut command = program(&self.shell[0]);
        let line = format!("exec sh -c {}", quoted(script));
        command.args(&self.shell[1..]).arg("--").arg(&self.login).arg(line).env("LC_ALL", "C");
        command
    }

    fn ask(&self, script: &str, input: &[u8], doing: &str, context: &Context<'_>) -> Result<Output, PublishError> {
        self.ended(run(&mut self.remote(script), input, context)?, doing)
    }

    /// rsync with what every call needs. `--secluded-args` keeps the other side's shell from
    /// reading the path, and `--timeout` ends what hangs.
    fn rsync(&self) -> Command {
        let mut command = program("rsync");
        command.env("RSYNC_RSH", &self.typed_shell).env("LC_ALL", "C");
        command.args(["--protect-args", "--8-bit-output", &format!("--timeout={}", self.timeout)]);
        command
    }

    fn destination(&self) -> String {
        format!("{}:{}/", self.place, self.path)
    }

    fn ended(&self, done: Result<Output, ProgramFailure>, doing: &str) -> Result<Output, PublishError> {
        done.map_err(|failure| self.failed(doing, &failure.stderr))
    }

    fn failed(&self, doing: &str, said: &str) -> PublishError {
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let said = if lines.is_empty() { "the connection ended".into() } else { lines.join("; ") };
        PublishError::Remote(format!("{doing} {}: {said}", self.shown()))
    }

    /// Of a login that writes something before it does as it is told, which rsync can't read past.
    fn greeted(&self, said: &str) -> PublishError {
        let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        PublishError::Remote(format!(
            "the login at {} begins with {}, and rsync needs one that is silent; let its start-up files write only \
             for a terminal",
            self.shown(),
            quote(line)
        ))
    }

    fn shown(&self) -> String {
        quote(&format!("{}:{}", self.place, self.path))
    }
}

/// The words of `RSYNC_RSH`, as rsync itself takes it apart (rsync(1), `--rsh`): spaces divide, single and double
/// quotes keep them, and a quote that is doubled within its own kind means itself. `None` where one has no end.
fn shell_words(typed: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut open = None;
    let mut chars = typed.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, open) {
            (c, Some(quote)) if c == quote && chars.peek() == Some(&quote) => {
                word.get_or_insert_default().extend(chars.next())
            }
            (c, Some(quote)) if c == quote => open = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                open = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_ascii_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    open.is_none().then_some(words)
}

/// What rsync would do to a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    New,
    Different,
    /// It is there, and the site doesn't have it.
    Extra,
}

/// Reads a line of `--out-format='%i %n'` (rsync(1), `--itemize-changes`). Folders say nothing.
pub fn parse_item(line: &str) -> Option<(Item, &str)> {
    // As wide as the other flags, so that a name's own spaces are its own.
    if let Some(path) = line.strip_prefix("*deleting   ") {
        return (!path.ends_with('/')).then_some((Item::Extra, path));
    }
    let (what, path) = line.split_once(' ')?;
    let mut flags = what.chars();
    let (update, kind) = (flags.next()?, flags.next()?);
    match (update, kind) {
        (_, 'd') => None,
        ('<' | 'c', _) if what.get(2..3) == Some("+") => Some((Item::New, path)),
        ('<' | 'c', _) => Some((Item::Different, path)),
        _ => None,
    }
}

/// The staging folder, from one file of it.
fn base(file: Option<(&str, &Path)>) -> Option<PathBuf> {
    let (path, disk) = file?;
    disk.ancestors().nth(path.split('/').count()).map(Path::to_path_buf)
}

/// rsync copies what is in a folder when its name ends with a slash.
fn with_slash(folder: &Path) -> PathBuf {
    folder.join("")
}

/// A word of a shell, whether POSIX, csh or fish, that means exactly this text, of one line. Within
/// quotes csh still looks for `!` and fish for a backslash, so both stand outside.
fn quoted(text: &str) -> String {
    let mut word = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '!' | '\\') {
            word.extend(["'\\", c.encode_utf8(&mut [0; 4]), "'"]);
        } else {
            word.push(c);
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_rsync() {
        assert_eq!(parse_item("<f+++++++++ a b/c.html"), Some((Item::New, "a b/c.html")));
        assert_eq!(parse_item("<fcsT...... x"), Some((Item::Different, "x")));
        assert_eq!(parse_item("*deleting   old/x.html"), Some((Item::Extra, "old/x.html")));
        assert_eq!(parse_item("*deleting    b.html"), Some((Item::Extra, " b.html")));
        assert_eq!(parse_item("*deleting   old/"), None);
        assert_eq!(parse_item("cd+++++++++ new/"), None);
        assert_eq!(parse_item(".f...p..... x"), None);
    }

    #[test]
    fn words_of_another_shell_program() {
        let words = |typed: &str| shell_words(typed).map(|words| words.join("|"));
        assert_eq!(words("ssh -i '/my keys/id' -p  22").as_deref(), Some("ssh|-i|/my keys/id|-p|22"));
        assert_eq!(words("ssh -o\"ProxyCommand=nc \"\"%h\"\"\" ''").as_deref(), Some("ssh|-oProxyCommand=nc \"%h\"|"));
        assert_eq!(words("ssh -i 'a"), None);
    }

    #[test]
    fn words_of_a_shell() {
        assert_eq!(quoted("/var/my site"), "'/var/my site'");
        assert_eq!(quoted("a'b; rm $x"), r"'a'\''b; rm $x'");
        assert_eq!(quoted(r"!\"), r"''\!''\\''");
    }
}
