//! Links to the outside: whether what they lead to is still there.
//!
//! In: a built site, and what earlier runs learnt. Out: a diagnostic for each link that leads to
//! nothing, or about which nothing could be learnt. Each address is asked for once, however often
//! it is linked to, and no more of a server than its status and headers. Fragments are not looked
//! at. Never asks an address of this machine or its network unless it is told to.
//!
//! Only `Broken` is an error: a server that doesn't answer a program, or not today, says nothing
//! about what readers find.

mod ask;
mod clock;
mod finding;
mod links;
mod memory;
mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Url;

use crate::Built;
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::site::Site;
use crate::store::state::State;
use crate::text::url::is_placeholder;
use ask::Asker;
use finding::{Cause, Finding, Verdict};
use links::Place;
use memory::Memory;

pub use ask::Options;

/// The age that an answer may have unless the user says otherwise.
pub const MAX_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long a request may take unless the user says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// How many addresses there were, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    fine: usize,
    broken: usize,
    refused: usize,
    unreachable: usize,
    /// How many of them an earlier run had asked for.
    remembered: usize,
    /// How many there was no time for.
    unasked: usize,
    /// How many were passed over because names are set aside for examples, and how many by a setting;
    /// neither counts among the others.
    examples: usize,
    skipped: usize,
    /// Whether nothing of it could be written down for the next run.
    pub unsaved: bool,
}

impl Summary {
    fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Fine => &mut self.fine,
            Verdict::Broken => &mut self.broken,
            Verdict::Refused => &mut self.refused,
            Verdict::Unreachable => &mut self.unreachable,
        } += 1;
    }
}

impl std::fmt::Display for Summary {
    /// One line, without a period.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = self.fine + self.broken + self.refused + self.unreachable + self.unasked;
        let passed_over = [(self.examples, "on names for examples"), (self.skipped, "by `skip_prefixes`")];
        let passed_over = passed_over.into_iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}"));
        let passed_over: Vec<String> = passed_over.collect();
        let passed_over = match passed_over.as_slice() {
            [] => String::new(),
            _ => format!("; passed over: {}", passed_over.join(", ")),
        };
        if all == 0 {
            let to = if passed_over.is_empty() { "no links to the outside" } else { "no links to ask for" };
            return write!(f, "{to}{passed_over}");
        }
        let addresses = if all == 1 { "1 address".to_string() } else { format!("{all} addresses") };
        write!(f, "links lead to {addresses} outside: {} fine", self.fine)?;
        let others = [
            (self.broken, "broken"),
            (self.refused, "refused"),
            (self.unreachable, "unreachable"),
            (self.unasked, "not asked for lack of time"),
        ];
        for (n, word) in others.into_iter().filter(|(n, _)| *n > 0) {
            write!(f, ", {n} {word}")?;
        }
        if self.remembered > 0 {
            write!(f, "; {} known from earlier", self.remembered)?;
        }
        f.write_str(&passed_over)
    }
}

/// The run was stopped; what it had learnt is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

/// Asks for every link of the site that leads outside, and adds a diagnostic for each that doesn't
/// arrive. `tell` gets how many addresses are done, and of how many, several times a second. When
/// the run is stopped, what it had learnt is remembered and nothing is reported.
pub fn check(
    state: &State,
    built: &mut Built,
    options: &Options,
    stop: &AtomicBool,
    tell: &dyn Fn(usize, usize),
) -> Result<Summary, Interrupted> {
    let Some(site) = built.site() else { return Ok(Summary::default()) };
    let all = built.sites.iter().zip(&built.references);
    let mut seen = BTreeSet::new();
    let found = all.flat_map(|(site, references)| links::find(site, references));
    // The settings are those of all languages.
    let places: Vec<_> = found.filter(|place| seen.insert((place.span, place.typed.clone()))).collect();
    let mut out = Vec::new();
    let Wanted { wanted, examples, skipped } = sorted(&places, site, &mut out);
    let mut memory = Memory::open(state, options.max_age);
    let mut findings: BTreeMap<&Url, Finding> =
        wanted.keys().filter_map(|url| Some((*url, memory.get(url)?))).collect();
    let unknown: Vec<&Url> = wanted.keys().copied().filter(|url| !findings.contains_key(url)).collect();
    let remembered = findings.len();
    let asker = Arc::new(Asker::new(options));
    let ask = move |url: &Url, method| asker.ask(url, method);
    let answers = queue::run(unknown.iter().map(|url| (*url).clone()).collect(), ask, stop, tell);
    let mut unasked = Vec::new();
    for (url, finding) in unknown.into_iter().zip(answers) {
        match finding {
            Some(finding) => {
                memory.put(url, &finding);
                findings.insert(url, finding);
            }
            None => unasked.push(url),
        }
    }
    // Losing it costs the next run its time and nothing else.
    let saved = memory.save();
    if stop.load(Ordering::Relaxed) {
        return Err(Interrupted);
    }
    let mut summary = Summary {
        remembered,
        unasked: unasked.len(),
        examples,
        skipped,
        unsaved: saved.is_err(),
        ..Summary::default()
    };
    for (url, finding) in &findings {
        summary.count(finding.verdict);
        out.extend(wanted[url].iter().filter_map(|place| diagnostic(place, finding, site)));
    }
    out.extend(unasked.first().and_then(|url| out_of_time(wanted[url].first()?, unasked.len())));
    built.diagnostics.append(&mut out);
    Ok(summary)
}

/// The links of a site by what is done about them.
struct Wanted<'p> {
    /// By the address to ask for.
    wanted: BTreeMap<&'p Url, Vec<&'p Place>>,
    /// How many addresses are passed over: names for examples, and what a setting names.
    examples: usize,
    skipped: usize,
}

/// Sorts links; those that are no address are reported.
fn sorted<'p>(places: &'p [Place], site: &Site, out: &mut Vec<Diagnostic>) -> Wanted<'p> {
    let mut wanted: BTreeMap<&Url, Vec<&Place>> = BTreeMap::new();
    let (mut examples, mut skipped) = (BTreeSet::new(), BTreeSet::new());
    for place in places {
        match &place.address {
            Err(problem) => {
                let message = format!("{} is no address: {problem}", quote(&place.typed));
                out.push(broken(place, message, site).help("correct it"));
            }
            // Every build looks up an address of the site itself.
            Ok(url) if site.config.base_url.below(url).is_some() => {}
            Ok(url) if is_placeholder(url.as_str()) => _ = examples.insert(url),
            Ok(url) if is_skipped(url, site) => _ = skipped.insert(url),
            Ok(url) => wanted.entry(url).or_default().push(place),
        }
    }
    Wanted { wanted, examples: examples.len(), skipped: skipped.len() }
}

/// What is said when time ran out: of the first link that was not asked for, and how many there are.
fn out_of_time(first: &Place, unasked: usize) -> Option<Diagnostic> {
    let minutes = queue::WHOLE.as_secs() / 60;
    let more = match unasked.checked_sub(1)? {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    let message = format!("{} was not asked for{more}: {minutes} minutes were over", quote(&first.typed));
    let help = "run it again; it goes on where it stopped";
    Some(Diagnostic::new(Code::ExternalUnreachable, first.span, message).help(help))
}

/// Whether a setting passes over an address.
fn is_skipped(url: &Url, site: &Site) -> bool {
    site.config.skip_prefixes.iter().any(|prefix| url.as_str().starts_with(prefix))
}

fn broken(place: &Place, message: String, site: &Site) -> Diagnostic {
    Diagnostic::new(Code::ExternalBroken, place.span, message).severity(site.config.broken_links)
}

fn diagnostic(place: &Place, finding: &Finding, site: &Site) -> Option<Diagnostic> {
    let message = format!("{} {}", quote(&place.typed), finding.why);
    Some(match finding.verdict {
        Verdict::Fine => return None,
        Verdict::Broken => broken(place, message, site).help("link to what took its place, or take the link out"),
        Verdict::Refused => {
            let help = match finding.cause {
                Cause::Private => "pass --private to ask it; an address that is an example belongs between backticks",
                _ => "look at it in a browser; `skip_prefixes` under `[links]` leaves it out from then on",
            };
            Diagnostic::new(Code::ExternalRefused, place.span, message).help(help)
        }
        Verdict::Unreachable => Diagnostic::new(Code::ExternalUnreachable, place.span, message)
            .help("check again later, or look at it in a browser"),
    })
}
