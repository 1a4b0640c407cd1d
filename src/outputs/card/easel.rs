//! Where cards are drawn: a thread with a large stack beside each that asks, and its canvas.
//!
//! The renderer calls itself for each element in another, and a stack that is full would end the program. The thread
//! stays for the next card, since a new one has to be given all its memory again, which took a tenth of a card's time.

use std::cell::OnceCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Sender};
use std::thread;

use super::paint::Canvas;

/// In bytes.
const STACK: usize = 64 << 20;

type Job = Box<dyn FnOnce(&mut Option<Canvas>) + Send>;

thread_local! {
    /// The thread that draws for this one, and ends with it.
    static EASEL: OnceCell<Sender<Job>> = const { OnceCell::new() };
}

/// What a drawing gives, which may use the canvas of the one before; `None` when it panics, where a panic is not the
/// end of the program, and where there is no thread to be had.
pub fn draw<T: Send + 'static>(render: impl FnOnce(&mut Option<Canvas>) -> T + Send + 'static) -> Option<T> {
    let (answer, answered) = mpsc::sync_channel(1);
    let job: Job = Box::new(move |canvas| {
        if let Some(drawn) = careful(|| render(canvas)) {
            // Who asked is there still: it waits.
            let _ = answer.send(drawn);
        }
    });
    EASEL.with(|easel| {
        if easel.get().is_none() {
            let _ = easel.set(begin()?);
        }
        easel.get()?.send(job).ok()
    })?;
    answered.recv().ok()
}

/// What the renderer gives; `None` when it panics, where a panic is not the end of the program (`Cargo.toml` says where).
pub fn careful<T>(render: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(render)).ok()
}

fn begin() -> Option<Sender<Job>> {
    let (jobs, asked) = mpsc::channel::<Job>();
    let draw = move || {
        let mut canvas = None;
        for job in asked {
            job(&mut canvas);
        }
    };
    thread::Builder::new().name("card".into()).stack_size(STACK).spawn(draw).ok()?;
    Some(jobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canvas_stays_and_a_panic_ends_one_drawing() {
        let size = |canvas: &mut Option<Canvas>| canvas.as_ref().map(|canvas| canvas.pixels().len());
        assert_eq!(draw(size), Some(None));
        assert_eq!(draw(|canvas| _ = canvas.insert(Canvas::new((7, 1)).expect("small"))), Some(()));
        assert_eq!(draw(|_| -> u8 { panic!("on purpose") }), None);
        assert_eq!(draw(size), Some(Some(7)));
        assert_eq!(thread::spawn(move || draw(size)).join().expect("no panic"), Some(None));
    }
}
