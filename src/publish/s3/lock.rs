//! The lock of a bucket: an object that says who is at work, written under a condition and renewed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ureq::http::StatusCode;

use super::requests::{ATTEMPTS, Body, Call, Client};
use crate::diagnostic::quote;
use crate::publish::context::Context;
use crate::publish::error::PublishError;
use crate::system::{host, lives};
use crate::text::backoff::backoff;

const LOCK: &str = ".partwork-lock";
/// A lock that nobody has renewed for so long was left by a run that was cut off.
const LASTS: i64 = 180;
/// How often a run renews its own.
const RENEW: Duration = Duration::from_secs(60);

/// The lock of this run, held or not.
#[derive(Debug)]
pub struct Lock {
    token: String,
    /// When it was last written, while we hold it.
    written: Mutex<Option<Instant>>,
}

/// Who holds a bucket, for those who come second.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    token: String,
    host: String,
    /// Where `pid` means something; absent where nothing says so.
    place: Option<String>,
    pid: u32,
    at: Timestamp,
}

impl Lock {
    /// A lock that isn't held; `token` is no other run's.
    pub fn new(token: String) -> Lock {
        Lock { token, written: Mutex::default() }
    }

    /// Writes the lock unless somebody holds it, and reads it again: the answer to a write may be
    /// lost, and not every store minds the conditions of one.
    pub fn take(&mut self, client: &Client, context: &Context<'_>) -> Result<(), PublishError> {
        let mut written = false;
        for attempt in 1..=ATTEMPTS {
            let etag = match holder(client, context)? {
                Some((Some(holder), _)) if written && holder.token == self.token => {
                    *self.written.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(context.instant());
                    return Ok(());
                }
                Some((Some(holder), _)) if !is_left_behind(&holder, context.time()) => {
                    return Err(PublishError::Remote(format!(
                        "another publish is at work on {}, begun on {} and last seen at {:.0}",
                        client.shown(),
                        quote(&holder.host),
                        holder.at
                    )));
                }
                Some((_, etag)) => Some(etag),
                None => None,
            };
            if !self.write(client, etag.as_deref(), context)? {
                context.pause(backoff(attempt, context.time()))?;
            }
            written = true;
        }
        Err(PublishError::Remote(format!("another publish is at work on {}; run it again", client.shown())))
    }

    /// Removes the lock if it is still ours.
    pub fn give_back(&mut self, client: &Client, context: &Context<'_>) -> Result<(), PublishError> {
        if self.written.get_mut().is_ok_and(|written| written.take().is_none()) {
            return Ok(());
        }
        // An interrupted run gives back what it holds, too.
        let context = &Context { stop: Default::default(), ..context.clone() };
        match holder(client, context)? {
            Some((Some(holder), _)) if holder.token == self.token => client.remove(LOCK, context),
            _ => Ok(()),
        }
    }

    /// Says once a minute that this run still lives, and notices when another has taken over.
    pub fn renew(&self, client: &Client, context: &Context<'_>) -> Result<(), PublishError> {
        context.go_on()?;
        // Whoever comes while another renews has nothing to do.
        let Ok(mut written) = self.written.try_lock() else { return Ok(()) };
        if written.is_none_or(|at| context.instant().duration_since(at) <= RENEW) {
            return Ok(());
        }
        // Twice, since the answer to the first may be lost.
        for _ in 0..2 {
            match holder(client, context)? {
                Some((Some(holder), etag)) if holder.token == self.token => {
                    if self.write(client, Some(&etag), context)? {
                        *written = Some(context.instant());
                        return Ok(());
                    }
                }
                _ => break,
            }
        }
        *written = None;
        Err(PublishError::Remote(format!("another publish has taken over {}; run it again", client.shown())))
    }

    /// Writes our lock over the one of this ETag, or where there is none; false when there is
    /// another by now. Stores that know no conditions, such as B2, are asked without.
    fn write(&self, client: &Client, over: Option<&str>, context: &Context<'_>) -> Result<bool, PublishError> {
        let (host, place) = (host(), place());
        let holder = Holder { token: self.token.clone(), host, place, pid: std::process::id(), at: context.time() };
        let bytes = serde_json::to_vec(&holder).map_err(|error| PublishError::Local(error.to_string()))?;
        let put = |headers: &[(&str, &str)]| client.ask(&Call::put(LOCK, headers, Body::Bytes(&bytes)), context);
        let mut answer = put(&[over.map_or(("if-none-match", "*"), |etag| ("if-match", etag))])?;
        if answer.status == StatusCode::NOT_IMPLEMENTED {
            answer = put(&[])?;
        }
        let raced = [StatusCode::PRECONDITION_FAILED, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
        if raced.contains(&answer.status) && answer.code() != "NoSuchBucket" {
            return Ok(false);
        }
        client.good(answer, "locking").map(|_| true)
    }
}

/// Who holds the lock, as far as it can be read, and its ETag; `None` when nobody does.
fn holder(client: &Client, context: &Context<'_>) -> Result<Option<(Option<Holder>, String)>, PublishError> {
    let found = client.ask(&Call::get(LOCK), context)?;
    if found.status == StatusCode::NOT_FOUND && found.code() != "NoSuchBucket" {
        return Ok(None);
    }
    let found = client.good(found, "locking")?;
    Ok(Some((serde_json::from_slice(&found.body).ok(), found.etag().unwrap_or_default())))
}

/// Whether a lock's run has ended without giving it back: it ran on this machine and is gone, or
/// hasn't been heard of for a while.
fn is_left_behind(holder: &Holder, now: Timestamp) -> bool {
    let gone = holder.place.is_some() && holder.place == place() && lives(holder.pid) == Some(false);
    gone || now.as_second() - holder.at.as_second() > LASTS
}

/// What tells the processes of this machine, and of this container, from those of others. A host's
/// name doesn't: those of build machines are often alike.
fn place() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let processes = std::fs::read_link("/proc/self/ns/pid").ok()?;
    // Hashed, since a bucket may be open to all.
    Some(blake3::hash(format!("{boot}{}", processes.display()).as_bytes()).to_hex().to_string())
}
