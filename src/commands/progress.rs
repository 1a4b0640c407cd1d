//! One line that says how far a run is, on a terminal alone.
//!
//! In: how many steps there are, and word of each. Out: a line on standard error that is written over, ten
//! times a second at most, and gone at the end. Never waits for the terminal's sake.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use partwork::cli::{Format, Shared};

use super::{machine, terminal};

/// The least time between two lines.
const PAUSE: Duration = Duration::from_millis(100);

/// How far a run is. Shared between threads.
#[derive(Debug)]
pub struct Progress(Option<Mutex<Line>>);

#[derive(Debug)]
struct Line {
    done: usize,
    /// How many of how many pictures have been made smaller, before all else is made.
    resized: Option<(usize, usize)>,
    /// How many there are in all, in words, such as `about 300 files`; before they are known pictures alone are shown.
    all: String,
    /// When there was something to show for the first time.
    began: Option<Instant>,
    shown: Option<Instant>,
}

impl Progress {
    /// Shows nothing before there is something to do, and never anything where nobody would read it.
    pub fn new(shared: &Shared) -> Progress {
        let is_wanted = !shared.quiet && shared.format == Format::Human && terminal::is_watched();
        let line = || Line { done: 0, resized: None, all: String::new(), began: None, shown: None };
        Progress(is_wanted.then(|| Mutex::new(line())))
    }

    /// From now on the line is shown; `all` is what there is to do, in words.
    pub fn begin(&self, all: String) {
        self.change(|line| line.all = all);
    }

    /// One step more is done.
    pub fn step(&self) {
        self.change(|line| line.done += 1);
    }

    /// So many steps are done.
    pub fn reach(&self, done: usize) {
        self.change(|line| line.done = done);
    }

    /// So many of so many pictures have been made smaller.
    pub fn resized(&self, done: usize, all: usize) {
        self.change(|line| line.resized = (done < all).then_some((done, all)));
    }

    /// Takes the line away.
    pub fn end(&self) {
        self.change(|line| {
            line.all.clear();
            (line.resized, line.began) = (None, None);
            if line.shown.take().is_some() {
                terminal::write_over("");
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        let Some(Ok(mut line)) = self.0.as_ref().map(Mutex::lock) else { return };
        change(&mut line);
        let text = match line.resized {
            Some((done, all)) => format!("{done} of {all} pictures"),
            None if line.all.is_empty() => return,
            None => format!("{} of {}", line.done, line.all),
        };
        let now = machine::instant();
        let began = *line.began.get_or_insert(now);
        if line.shown.is_some_and(|shown| now - shown < PAUSE) {
            return;
        }
        line.shown = Some(now);
        terminal::write_over(&format!("{text}, {} s", (now - began).as_secs()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
