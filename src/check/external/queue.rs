//! Which address is asked when, and what its answers mean.
//!
//! In: addresses, and how to ask one. Out: a finding for each that there was time for. No host gets
//! more than a few requests at once, nor two in quick succession; one that asks for patience is
//! left alone as a whole, and its time goes to the others. Never asks by itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ureq::http::{Method, StatusCode};
use url::Url;

use super::ask::Reply;
use super::clock;
use super::finding::{Cause, Finding, Verdict};
use crate::diagnostic::quote;
use crate::text::backoff::backoff;

/// How long all of it may take.
pub const WHOLE: Duration = Duration::from_secs(10 * 60);
/// Requests that are under way at once.
const CONCURRENCY: usize = 16;
/// And those to one host.
const HOST_CONCURRENCY: usize = 2;
/// The time between the beginnings of two requests to one host, and how long it can get.
const PACE: Duration = Duration::from_millis(100);
const SLOWEST_PACE: Duration = Duration::from_secs(5);
/// How often an address is asked for before its failure counts.
const ATTEMPTS: u32 = 3;
/// As long as a host that asks for patience is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// The redirects that are followed, as many as browsers do (Fetch standard, §4.5).
const MOST_HOPS: usize = 20;
/// When so many addresses of a host in a row got no answer, nor will the others.
const SILENCE: u32 = 2;

/// Asks for each address; gives what was found in the same order, and `None` for those that were
/// still open when the run was stopped or the time was over. `tell` gets how many are done.
pub fn run(
    urls: Vec<Url>,
    ask: impl Fn(&Url, Method) -> Reply + Send + Sync + 'static,
    stop: &AtomicBool,
    tell: &dyn Fn(usize, usize),
) -> Vec<Option<Finding>> {
    let all = urls.len();
    let mut state = State { hosts: BTreeMap::new(), findings: vec![None; all], left: all, over: false };
    for (at, url) in urls.into_iter().enumerate() {
        state.enqueue(Job {
            at,
            url,
            hops: Vec::new(),
            get: false,
            fell_back: false,
            cookie: false,
            attempt: 1,
            not_before: clock::instant(),
        });
    }
    let shared = Arc::new((Mutex::new(state), Condvar::new()));
    let ask = Arc::new(ask);
    for _ in 0..CONCURRENCY.min(all) {
        let (shared, ask) = (Arc::clone(&shared), Arc::clone(&ask));
        // Not joined: who has pressed Ctrl-C doesn't wait for a server.
        thread::spawn(move || work(&shared, &*ask));
    }
    let until = clock::instant() + WHOLE;
    let (state, changed) = &*shared;
    let mut state = lock(state);
    while state.left > 0 && clock::instant() < until && !stop.load(Ordering::Relaxed) {
        tell(all - state.left, all);
        state = changed.wait_timeout(state, Duration::from_millis(100)).unwrap_or_else(PoisonError::into_inner).0;
    }
    state.over = true;
    changed.notify_all();
    std::mem::take(&mut state.findings)
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An address on the way to its finding.
#[derive(Debug, Clone)]
struct Job {
    /// Its place among all.
    at: usize,
    /// What is asked for next.
    url: Url,
    /// What led there.
    hops: Vec<Url>,
    /// Whether `HEAD` has failed.
    get: bool,
    /// Whether it failed for this very address.
    fell_back: bool,
    /// Whether a server on the way wanted to be given a cookie.
    cookie: bool,
    attempt: u32,
    not_before: Instant,
}

#[derive(Debug)]
struct Host {
    waiting: VecDeque<Job>,
    busy: usize,
    next: Instant,
    pace: Duration,
    /// Addresses in a row that got no answer.
    silent: u32,
    /// Why nothing more is asked of it.
    closed: Option<Finding>,
    /// Whether it answers `GET` where it turned `HEAD` away.
    wants_get: bool,
}

struct State {
    hosts: BTreeMap<String, Host>,
    findings: Vec<Option<Finding>>,
    left: usize,
    over: bool,
}

impl State {
    fn host(&mut self, url: &Url) -> &mut Host {
        let name =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        self.hosts.entry(name).or_insert_with(|| Host {
            waiting: VecDeque::new(),
            busy: 0,
            next: clock::instant(),
            pace: PACE,
            silent: 0,
            closed: None,
            wants_get: false,
        })
    }

    fn enqueue(&mut self, job: Job) {
        match self.host(&job.url).closed.clone() {
            Some(finding) => self.finish(&job, finding),
            None => self.host(&job.url).waiting.push_back(job),
        }
    }

    fn finish(&mut self, job: &Job, finding: Finding) {
        // When it is over the findings have been taken.
        if let Some(slot) = self.findings.get_mut(job.at) {
            let why = match job.hops.is_empty() {
                true => finding.why,
                false => format!("leads to {}, which {}", quote(job.url.as_str()), finding.why),
            };
            *slot = Some(Finding { why, ..finding });
            self.left -= 1;
        }
    }

    /// What can be asked for now, or how long until something can.
    fn next(&mut self) -> Result<Job, Duration> {
        let now = clock::instant();
        let mut wait = Duration::from_secs(1);
        for host in self.hosts.values_mut().filter(|host| host.busy < HOST_CONCURRENCY) {
            let Some(at) = (0..host.waiting.len()).min_by_key(|at| host.waiting[*at].not_before) else { continue };
            let ready = host.next.max(host.waiting[at].not_before);
            if ready > now {
                wait = wait.min(ready - now);
            } else if let Some(mut job) = host.waiting.remove(at) {
                host.busy += 1;
                host.next = now + host.pace;
                job.get |= host.wants_get;
                return Ok(job);
            }
        }
        Err(wait)
    }

    fn take(&mut self, mut job: Job, reply: Reply) {
        let answered = matches!(reply, Reply::Answer { .. });
        let step = judge(&mut job, reply, clock::now());
        let host = self.host(&job.url);
        host.busy -= 1;
        if answered {
            host.silent = 0;
        }
        match step {
            Step::Done(finding) => {
                if !answered && finding.verdict == Verdict::Unreachable {
                    host.silent += 1;
                    if host.silent == SILENCE {
                        let why = "was not asked, as its host had not answered";
                        host.closed = Some(Finding { cause: Cause::Unasked, ..unreachable(why) });
                    }
                }
                host.wants_get |= job.fell_back && finding.verdict == Verdict::Fine;
                self.finish(&job, finding);
            }
            Step::Close(finding, others) => {
                host.closed = Some(Finding { why: others, cause: Cause::Unasked, ..finding.clone() });
                self.finish(&job, finding);
            }
            Step::Again { wait } => {
                job.not_before = clock::instant() + wait;
                self.enqueue(job.clone());
            }
            Step::AgainWhole { wait } => {
                host.next = host.next.max(clock::instant() + wait);
                host.pace = (host.pace * 2).min(SLOWEST_PACE);
                self.enqueue(job.clone());
            }
            Step::Hop(url) => {
                host.wants_get |= job.fell_back;
                let from = std::mem::replace(&mut job.url, url);
                job.hops.push(from.clone());
                (job.get, job.fell_back, job.attempt) = (false, false, 1);
                self.enqueue(job);
                return self.close(&from);
            }
        }
        self.close(&job.url);
    }

    /// Ends what waits for a host that is asked no more.
    fn close(&mut self, url: &Url) {
        let host = self.host(url);
        if let Some(finding) = host.closed.clone() {
            for job in std::mem::take(&mut host.waiting) {
                self.finish(&job, finding.clone());
            }
        }
    }
}

fn work(shared: &(Mutex<State>, Condvar), ask: &dyn Fn(&Url, Method) -> Reply) {
    let (state, changed) = shared;
    let mut state_now = lock(state);
    while state_now.left > 0 && !state_now.over {
        match state_now.next() {
            Ok(job) => {
                drop(state_now);
                let reply = ask(&job.url, if job.get { Method::GET } else { Method::HEAD });
                state_now = lock(state);
                state_now.take(job, reply);
                changed.notify_all();
            }
            Err(wait) => state_now = changed.wait_timeout(state_now, wait).unwrap_or_else(PoisonError::into_inner).0,
        }
    }
}

/// What follows from a reply.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Done(Finding),
    /// Done, and why the others of the host are not asked for.
    Close(Finding, String),
    Again {
        wait: Duration,
    },
    /// Again, and the whole host is left alone until then.
    AgainWhole {
        wait: Duration,
    },
    Hop(Url),
}

/// What follows from a reply; `now` keeps those who wait out of step.
fn judge(job: &mut Job, reply: Reply, now: Timestamp) -> Step {
    match reply {
        Reply::Private(address) => {
            let why = match job.url.host_str() {
                Some(host) if host != address => format!("is at the private address {address}, and was not asked"),
                _ => "is a private address, and was not asked".to_string(),
            };
            Step::Done(Finding { verdict: Verdict::Refused, why, cause: Cause::Private })
        }
        Reply::Failed { why, for_good } if job.is_last() || for_good => {
            Step::Done(unreachable(format!("can't be reached: {why}")))
        }
        Reply::Failed { .. } => {
            // Some servers hang up on `HEAD`.
            job.fall_back();
            job.again(now)
        }
        Reply::Answer { status, location, retry_after, cookie } => {
            job.cookie |= cookie;
            match status.as_u16() {
                301 | 302 | 303 | 307 | 308 => match location {
                    Some(to) => hop(job, &to),
                    None => Step::Done(refused(format!("{} and doesn't say where to", answers(status)))),
                },
                429 | 503 => wait_for(job, status, retry_after, now),
                _ => judge_answer(job, status, now),
            }
        }
    }
}

/// What follows where a server wants to be asked later, in `patience` if it says when.
fn wait_for(job: &mut Job, status: StatusCode, patience: Option<Duration>, now: Timestamp) -> Step {
    let counts = status == StatusCode::TOO_MANY_REQUESTS;
    let asked = patience.filter(|_| counts || !job.is_last());
    let verdict = |why| if counts { refused(why) } else { unreachable(why) };
    if let Some(wait) = asked.filter(|wait| *wait > PATIENCE) {
        let why = format!("{} and wants to be left alone for {}", answers(status), minutes(wait));
        let others = format!("was not asked, as its host wants to be left alone for {}", minutes(wait));
        return Step::Close(verdict(why), others);
    }
    if job.is_last() {
        return Step::Done(verdict(answers(status)));
    }
    job.attempt += 1;
    // A server that counts requests counts for longer than one that stumbles.
    Step::AgainWhole { wait: asked.unwrap_or_else(|| backoff(job.attempt + 2, now)) }
}

/// What follows from an answer that leads nowhere else and asks for no patience.
fn judge_answer(job: &mut Job, status: StatusCode, now: Timestamp) -> Step {
    match status.as_u16() {
        200..=399 => Step::Done(Finding { verdict: Verdict::Fine, why: String::new(), cause: Cause::Answer }),
        _ if !job.get => {
            // The answer to `HEAD` is often another than the one that readers get.
            job.fall_back();
            Step::Again { wait: Duration::ZERO }
        }
        404 | 410 => Step::Done(Finding { verdict: Verdict::Broken, why: answers(status), cause: Cause::Answer }),
        408 | 425 | 500 | 502..=599 if !job.is_last() => job.again(now),
        408 | 425 | 500..=599 => Step::Done(unreachable(answers(status))),
        _ => Step::Done(refused(answers(status))),
    }
}

impl Job {
    /// Whether no further attempt follows.
    fn is_last(&self) -> bool {
        self.attempt >= ATTEMPTS
    }

    /// Asks with `GET` from now on.
    fn fall_back(&mut self) {
        self.get = true;
        self.fell_back = true;
    }

    fn again(&mut self, now: Timestamp) -> Step {
        let wait = backoff(self.attempt, now);
        self.attempt += 1;
        Step::Again { wait }
    }
}

fn answers(status: StatusCode) -> String {
    format!("answers {}", words(status))
}

fn refused(why: String) -> Finding {
    Finding { verdict: Verdict::Refused, why, cause: Cause::Answer }
}

/// Follows a redirect, unless it leads nowhere.
fn hop(job: &Job, to: &str) -> Step {
    // Some servers tell visitors by a cookie, and send those who keep none in a circle.
    let lost = |why: String| {
        let verdict = if job.cookie { Verdict::Refused } else { Verdict::Broken };
        let why = if job.cookie { format!("{why} without a cookie") } else { why };
        Step::Done(Finding { verdict, why, cause: Cause::Answer })
    };
    let mut url = match job.url.join(to) {
        Ok(url) => url,
        Err(error) => {
            let why = format!("leads to {}, which is no address: {error}", quote(to));
            return Step::Done(Finding { verdict: Verdict::Broken, why, cause: Cause::Answer });
        }
    };
    url.set_fragment(None);
    if !matches!(url.scheme(), "http" | "https") {
        let why = format!("leads to {}, which was not asked", quote(url.as_str()));
        return Step::Done(Finding { verdict: Verdict::Refused, why, cause: Cause::Answer });
    }
    if url == job.url || job.hops.contains(&url) {
        return lost("leads in a circle".into());
    }
    if job.hops.len() >= MOST_HOPS {
        return lost(format!("leads on after {MOST_HOPS} redirects"));
    }
    Step::Hop(url)
}

fn unreachable(why: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Unreachable, why: why.into(), cause: Cause::Answer }
}

/// `404 Not Found`, or the number alone.
fn words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

fn minutes(time: Duration) -> String {
    crate::diagnostic::count(usize::try_from(time.as_secs().div_ceil(60)).unwrap_or(usize::MAX), "minute")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(get: bool, attempt: u32) -> Job {
        let url = Url::parse("http://a.se/").expect("an address");
        Job {
            at: 0,
            url,
            hops: Vec::new(),
            get,
            fell_back: false,
            cookie: false,
            attempt,
            not_before: clock::instant(),
        }
    }

    /// What follows, in words.
    fn follows(get: bool, attempt: u32, status: u16, retry_after: Option<u64>, location: Option<&str>) -> String {
        let mut job = job(get, attempt);
        let reply = Reply::Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            location: location.map(str::to_string),
            retry_after: retry_after.map(Duration::from_secs),
            cookie: false,
        };
        match judge(&mut job, reply, Timestamp::UNIX_EPOCH) {
            Step::Done(finding) => format!("{:?} {}", finding.verdict, finding.why).trim_end().to_string(),
            Step::Close(finding, _) => format!("{:?} {}; host closed", finding.verdict, finding.why),
            Step::Again { wait } if wait.is_zero() => format!("again by {}", if job.get { "GET" } else { "HEAD" }),
            Step::Again { .. } => format!("attempt {} later", job.attempt),
            Step::AgainWhole { wait } if retry_after.is_some() => format!("host waits {} s", wait.as_secs()),
            Step::AgainWhole { .. } => "host waits".into(),
            Step::Hop(url) => format!("on to {url}"),
        }
    }

    #[test]
    fn what_answers_mean() {
        for (get, attempt, status, retry_after, location, expected) in [
            (false, 1, 200, None, None, "Fine"),
            (false, 1, 204, None, None, "Fine"),
            (false, 1, 301, None, Some("/b#c"), "on to http://a.se/b"),
            (false, 1, 308, None, Some("//b.se"), "on to http://b.se/"),
            (false, 1, 302, None, Some("mailto:x@a.se"), "Refused leads to `mailto:x@a.se`, which was not asked"),
            (false, 1, 302, None, Some("http://"), "Broken leads to `http://`, which is no address: empty host"),
            (false, 1, 302, None, Some("/"), "Broken leads in a circle"),
            (false, 1, 302, None, None, "Refused answers 302 Found and doesn't say where to"),
            (false, 1, 404, None, None, "again by GET"),
            (false, 1, 405, None, None, "again by GET"),
            (false, 1, 500, None, None, "again by GET"),
            (true, 1, 404, None, None, "Broken answers 404 Not Found"),
            (true, 1, 410, None, None, "Broken answers 410 Gone"),
            (true, 1, 401, None, None, "Refused answers 401 Unauthorized"),
            (true, 1, 403, None, None, "Refused answers 403 Forbidden"),
            (true, 1, 451, None, None, "Refused answers 451 Unavailable For Legal Reasons"),
            (true, 1, 999, None, None, "Refused answers 999"),
            (true, 1, 500, None, None, "attempt 2 later"),
            (true, 3, 500, None, None, "Unreachable answers 500 Internal Server Error"),
            (true, 1, 501, None, None, "Unreachable answers 501 Not Implemented"),
            (false, 1, 429, Some(7), None, "host waits 7 s"),
            (false, 1, 429, None, None, "host waits"),
            (false, 3, 429, Some(7), None, "Refused answers 429 Too Many Requests"),
            (
                false,
                1,
                429,
                Some(900),
                None,
                "Refused answers 429 Too Many Requests and wants to be left alone for 15 minutes; host closed",
            ),
            (true, 1, 503, Some(7), None, "host waits 7 s"),
            (true, 3, 503, Some(7), None, "Unreachable answers 503 Service Unavailable"),
        ] {
            let found = follows(get, attempt, status, retry_after, location);
            assert_eq!(found, expected, "{status}, attempt {attempt}, get {get}");
        }
    }

    /// Asks for addresses, each answered by a function; gives the findings as text.
    fn asked(urls: &[&str], ask: impl Fn(&Url, Method) -> Reply + Send + Sync + 'static) -> Vec<String> {
        let urls = urls.iter().map(|url| Url::parse(url).expect(url)).collect();
        let findings = run(urls, ask, &AtomicBool::new(false), &|_, _| {});
        let text = |finding: Finding| format!("{:?} {}", finding.verdict, finding.why).trim_end().to_string();
        findings.into_iter().map(|finding| finding.map_or("none".into(), text)).collect()
    }

    fn answer(status: u16, location: Option<&str>, cookie: bool) -> Reply {
        let status = StatusCode::from_u16(status).expect("a status");
        Reply::Answer { status, location: location.map(str::to_string), retry_after: None, cookie }
    }

    #[test]
    fn redirects_lead_to_a_verdict_of_where_they_end() {
        let ask = |url: &Url, _| match url.as_str() {
            "http://a.se/gone" => answer(301, Some("http://b.se/gone"), false),
            "http://a.se/circle" => answer(301, Some("http://b.se/circle"), false),
            "http://b.se/circle" => answer(301, Some("http://a.se/circle"), false),
            "http://a.se/cookie" => answer(302, Some("/cookie"), true),
            "http://a.se/inside" => answer(302, Some("http://inside/"), false),
            "http://inside/" => Reply::Private("10.0.0.1".into()),
            url if url.starts_with("http://a.se/n") => answer(302, Some(&format!("{url}n")), false),
            _ => answer(404, None, false),
        };
        let urls =
            ["http://a.se/gone", "http://a.se/circle", "http://a.se/cookie", "http://a.se/inside", "http://a.se/n"];
        assert_eq!(
            asked(&urls, ask),
            [
                "Broken leads to `http://b.se/gone`, which answers 404 Not Found",
                "Broken leads to `http://b.se/circle`, which leads in a circle",
                "Refused leads in a circle without a cookie",
                "Refused leads to `http://inside/`, which is at the private address 10.0.0.1, and was not asked",
                "Broken leads to `http://a.se/nnnnnnnnnnnnnnnnnnnnn`, which leads on after 20 redirects",
            ]
        );
    }

    #[test]
    fn a_silent_host_is_not_asked_for_everything() {
        let urls: Vec<String> = (0..9).map(|n| format!("http://a.se/{n}")).collect();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let found = asked(&urls, |_, _| Reply::Failed { why: "silence".into(), for_good: true });
        let asked = found.iter().filter(|found| *found == "Unreachable can't be reached: silence").count();
        // Two were under way at once when the second failed.
        assert!((2..=3).contains(&asked), "{found:?}");
        let others = "Unreachable was not asked, as its host had not answered";
        assert_eq!(found.iter().filter(|found| *found == others).count(), 9 - asked);
    }

    #[test]
    fn a_host_gets_two_requests_at_once() {
        let under_way = Arc::new((Mutex::new((0, 0)), Condvar::new()));
        let counted = Arc::clone(&under_way);
        let ask = move |_: &Url, _| {
            let (counts, changed) = &*counted;
            let mut now = counts.lock().expect("whole");
            now.0 += 1;
            now.1 = now.1.max(now.0);
            changed.notify_all();
            // Until a third would have come, if one did.
            let (mut now, _) =
                changed.wait_timeout_while(now, Duration::from_millis(300), |now| now.0 < 3).expect("whole");
            now.0 -= 1;
            answer(200, None, false)
        };
        let urls: Vec<String> = (0..6).map(|n| format!("http://a.se/{n}")).collect();
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        assert_eq!(asked(&urls, ask), ["Fine"; 6]);
        assert_eq!(under_way.0.lock().expect("whole").1, 2);
    }
}
