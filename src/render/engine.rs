//! Templates at work: each render is under a watch that ends the process where it would never end by itself.
//!
//! In: a Tera that has its templates, and what to do about one that runs away. A project's templates may hold
//! loops within loops and texts that double, for which Tera has no bound, and a render can't be stopped from outside.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tera::{ComponentInfo, Context, Tera, TeraResult};

use crate::diagnostic::quote;
use crate::project::Runaway;
use crate::system::{Usage, processor_time};

/// The most that one render may take, and a process gain during it. The index of a series of ten thousand parts
/// takes a tenth of a second, its printed page a tenth of the memory.
const BOUNDS: Bounds = Bounds { time: Duration::from_secs(20), memory: 2 << 30 };
/// How long the watch looks away. What doubles a text gains a few hundred megabytes in this time.
const PAUSE: Duration = Duration::from_millis(50);

/// Templates, ready to render.
pub struct Engine {
    tera: Tera,
    watch: Option<Arc<Watch>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("templates", &self.tera.get_template_names().count()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Renders are watched where `runaway` says what to do about one.
    pub fn new(tera: Tera, runaway: Option<Runaway>) -> Self {
        Engine { tera, watch: runaway.map(|runaway| Watch::begin(BOUNDS, runaway)) }
    }

    /// Gives all templates a value under a name.
    pub fn tell_all(&mut self, name: &'static str, value: tera::Value) {
        self.tera.global_context().insert_value(name, value);
    }

    pub fn component(&self, name: &str) -> Option<ComponentInfo> {
        self.tera.get_component_definition(name)
    }

    /// What a template gives. Something of ten megabytes is there twice while it grows: `room` is for so many bytes.
    pub fn render(&self, template: &str, context: &Context, room: usize) -> TeraResult<String> {
        self.watched(template, || {
            let mut text = Vec::with_capacity(room);
            self.tera.render_to(template, context, &mut text)?;
            String::from_utf8(text).map_err(tera::Error::message)
        })
    }

    /// Renders the component that stands in a template.
    /// Its `body` is HTML.
    pub fn render_component(
        &self,
        [template, component]: [&str; 2],
        arguments: &Context,
        implicits: &Context,
        body: Option<&str>,
    ) -> TeraResult<String> {
        let render = || self.tera.render_component_with_implicits(component, arguments, implicits, body, true);
        self.watched(template, render)
    }

    fn watched<T>(&self, template: &str, render: impl FnOnce() -> T) -> T {
        let underway = self.watch.as_ref().map(|watch| watch.enter(template));
        let rendered = render();
        drop(underway);
        rendered
    }
}

#[derive(Clone, Copy)]
struct Bounds {
    time: Duration,
    /// In bytes.
    memory: u64,
}

/// The renders that are under way, and the thread that looks at them.
struct Watch {
    bounds: Bounds,
    usage: Usage,
    renders: Mutex<Renders>,
}

#[derive(Default)]
struct Renders {
    underway: Vec<Render>,
    /// How many there were.
    count: u64,
}

struct Render {
    number: u64,
    template: String,
    began: Instant,
    /// What the whole process had used when it began.
    time: Duration,
    memory: Option<u64>,
}

impl Watch {
    /// Looks for as long as somebody holds what is given.
    fn begin(bounds: Bounds, runaway: Runaway) -> Arc<Watch> {
        let watch = Arc::new(Watch { bounds, usage: Usage::open(), renders: Mutex::default() });
        let seen = Arc::downgrade(&watch);
        let look = move || {
            while let Some(watch) = Weak::upgrade(&seen) {
                if let Some(excess) = watch.excess() {
                    runaway(&excess);
                }
                drop(watch);
                thread::sleep(PAUSE);
            }
        };
        // Without a thread all is as it is where nothing is watched.
        let _ = thread::Builder::new().name("templates".into()).spawn(look);
        watch
    }

    #[expect(clippy::disallowed_methods, reason = "how long a render takes is no part of what it gives")]
    fn enter(&self, template: &str) -> Underway<'_> {
        let began = Instant::now();
        let (time, memory) = (processor_time(), self.usage.memory());
        let mut renders = self.renders();
        renders.count += 1;
        let number = renders.count;
        renders.underway.push(Render { number, template: template.to_string(), began, time, memory });
        Underway { watch: self, number }
    }

    fn renders(&self) -> MutexGuard<'_, Renders> {
        self.renders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What one render has too much of, in words.
    fn excess(&self) -> Option<String> {
        let (time, memory) = (processor_time(), self.usage.memory());
        let most = self.bounds;
        let renders = self.renders();
        let found = renders.underway.iter().find_map(|render| {
            let gained = memory.zip(render.memory).map(|(now, then)| now.saturating_sub(then));
            let what = if gained.is_some_and(|gained| gained > most.memory) {
                format!("more than {} GiB of memory", most.memory >> 30)
            // By the clock alone, a machine that has slept would be a reason.
            } else if render.began.elapsed() > most.time && time.saturating_sub(render.time) > most.time {
                format!("more than {} seconds", most.time.as_secs())
            } else {
                return None;
            };
            Some((render.template.clone(), what))
        });
        let (template, what) = found?;
        let path = Path::new("templates").join(template);
        Some(format!(
            "the template {} takes {what} for one page; look for loops within loops and for texts that grow in them",
            quote(&path.to_string_lossy())
        ))
    }
}

/// A render that is under way, until this is dropped.
struct Underway<'a> {
    watch: &'a Watch,
    number: u64,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.watch.renders().underway.retain(|render| render.number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_much_is_seen_while_it_is_under_way() {
        let watch =
            |time, memory| Watch { bounds: Bounds { time, memory }, usage: Usage::open(), renders: Mutex::default() };
        let endless = Duration::from_secs(u64::MAX);
        let within = watch(endless, u64::MAX);
        let _render = within.enter("part.html");
        assert_eq!(within.excess(), None);

        let slow = watch(Duration::ZERO, u64::MAX);
        let render = slow.enter("part.html");
        while processor_time() == slow.renders().underway[0].time {}
        let excess = slow.excess().expect("it takes longer than no time");
        assert!(excess.starts_with("the template `templates/part.html` takes more than 0 seconds"), "{excess}");
        drop(render);
        assert_eq!(slow.excess(), None, "it has ended");

        let large = watch(endless, 0);
        let _render = large.enter("part.html");
        large.renders().underway[0].memory = Some(0);
        let excess = large.excess();
        let is_told = |excess: String| excess.contains("takes more than 0 GiB of memory for one page");
        assert!(!cfg!(all(target_os = "linux", not(portable))) || excess.is_some_and(is_told));
    }
}
