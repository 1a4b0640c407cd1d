//! A bucket of an S3-compatible object store: AWS, R2, B2, MinIO and others.
//!
//! In: a plan. Out: the bucket holds it. Objects are replaced whole, with their content type and
//! cache rule; a listing with its ETags says what is there; a conditional write keeps two
//! publishers apart. Never deletes what the plan doesn't name. Credentials come from the
//! environment or the standard credentials file.
//!
//! Read `credentials` and `signing`, then `requests`, on which `lock` builds.

mod agent;
mod credentials;
mod listing;
mod lock;
mod requests;
mod signing;

pub use listing::parse as parse_listing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use md5::{Digest as _, Md5};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use ureq::http::StatusCode;

use super::context::Context;
use super::error::PublishError;
use super::plan::{Change, Files, Held, LocalFile, Plan, Survey};
use super::record::{Headers, RECORD, Record, is_internal};
use super::recorded::add_known;
use crate::diagnostic::quote;
use crate::diff::shown::Shown;
use crate::text::url::{is_loopback, piece};
use credentials::Credentials;
use listing::Sums;
use lock::Lock;
use requests::{Body, Call, Client, digest};
use signing::hex;

/// Requests that are under way at once.
const CONCURRENCY: usize = 16;

/// A bucket that a publish is at work on.
#[derive(Debug)]
pub struct Bucket {
    client: Client,
    lock: Lock,
    /// Whether ETags are MD5 sums here. They are not where the store encrypts with keys of its own:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>.
    etags_are_sums: bool,
}

/// Where a bucket is, as far as its address says.
#[derive(Debug, Clone, Copy)]
pub struct Address<'a> {
    pub bucket: &'a str,
    pub prefix: &'a str,
    pub endpoint: Option<&'a str>,
    pub region: Option<&'a str>,
}

/// Prepares to talk to a bucket; asks nothing of it yet. The environment says what the address
/// doesn't.
pub fn open(address: Address<'_>, context: &Context<'_>) -> Result<Bucket, PublishError> {
    let variable = |name: &str| context.environment.text(name);
    let region = address.region.or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = region.unwrap_or("us-east-1");
    if !region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(PublishError::Refused(format!("{} can't be a region", quote(region))));
    }
    let endpoint =
        address.endpoint.or_else(|| variable("AWS_ENDPOINT_URL_S3")).or_else(|| variable("AWS_ENDPOINT_URL"));
    let endpoint = endpoint.map_or_else(|| format!("https://s3.{region}.amazonaws.com"), str::to_string);
    let credentials = Credentials::find(context)?;
    let (scheme, rest) = endpoint.split_at(endpoint.find("://").map_or(0, |at| at + 3));
    let (authority, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !matches!(scheme, "https://" | "http://") || authority.is_empty() || authority.contains('@') {
        return Err(PublishError::Refused("the endpoint of the environment is no `https://` address of a host".into()));
    }
    if scheme == "http://" && !is_loopback(authority) {
        return Err(PublishError::Refused(format!(
            "the endpoint of the environment, {}, is plain http, in which anybody on the way reads what the key signs; \
             begin it with `https://`",
            quote(&endpoint)
        )));
    }
    let client = Client {
        agent: agent::agent(CONCURRENCY, context)?,
        scheme: scheme.to_string(),
        authority: authority.to_string(),
        base: base.trim_end_matches('/').to_string(),
        bucket: address.bucket.to_string(),
        prefix: address.prefix.to_string(),
        region: region.to_string(),
        credentials,
        patience: context.timeout,
    };
    Ok(Bucket { client, lock: Lock::new(context.token()), etags_are_sums: true })
}

impl Bucket {
    pub fn lock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        self.lock.take(&self.client, context)
    }

    pub fn unlock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        self.lock.give_back(&self.client, context)
    }

    /// Lists the bucket below the prefix; ETags are compared with the MD5 of the site's files.
    pub fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        let record = self.record(context)?;
        let sums = self.etags_are_sums;
        let listed = self.list(context)?;
        let held = listed.into_iter().collect::<Vec<_>>().into_par_iter().map(|(path, (size, etag))| {
            context.go_on()?;
            let same = match files.get(&path) {
                None => None,
                Some(file) if file.entry.size != size => Some(false),
                Some(_) if !sums => None,
                Some(file) => same_etag(file, &etag)?,
            };
            Ok((path, Held { size, same }))
        });
        Ok(Survey { record, held: held.collect::<Result<_, PublishError>>()? })
    }

    /// The site that the bucket shows; `None` where nothing was published yet. An object that is gone is left out.
    pub fn seen(&mut self, staged: &Files, context: &Context<'_>) -> Result<Option<Shown>, PublishError> {
        let Some(record) = self.record(context)? else { return Ok(None) };
        let mut shown = Shown::default();
        let unknown = add_known(&record, staged, &mut shown)?;
        let shown = Mutex::new(shown);
        in_parallel(&unknown, |path| {
            let answer = self.client.ask(&Call::get(path), context)?;
            if answer.status == StatusCode::NOT_FOUND {
                return Ok(());
            }
            let answer = self.client.good(answer, &format!("reading {} in", quote(path)))?;
            let mut one = Shown::default();
            one.add(path, &answer.body);
            shown.lock().unwrap_or_else(PoisonError::into_inner).append(one);
            Ok(())
        })?;
        Ok(Some(shown.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    pub fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        self.seal(&plan.intent, context)?;
        for batch in plan.batches() {
            in_parallel(batch, |change: &Change| self.send(&change.file, context))?;
        }
        in_parallel(&plan.deletions, |path| {
            self.lock.renew(&self.client, context)?;
            self.client.remove(path, context)
        })
    }

    /// Writes the record, which no reader and no cache on the way needs.
    pub fn seal(&mut self, record: &Record, context: &Context<'_>) -> Result<(), PublishError> {
        let headers = [("content-type", "application/json; charset=utf-8"), ("cache-control", "no-store")];
        let bytes = record.to_bytes();
        let answer = self.client.ask(&Call::put(RECORD, &headers, Body::Bytes(&bytes)), context)?;
        self.client.good(answer, "writing to").map(drop)
    }

    /// Size and ETag of each object below the prefix, by path.
    fn list(&self, context: &Context<'_>) -> Result<BTreeMap<String, (u64, String)>, PublishError> {
        let (client, shown) = (&self.client, self.client.shown());
        let mut listed = BTreeMap::new();
        let mut token: Option<String> = None;
        let mut seen = BTreeSet::new();
        let (begun, mut sums) = (context.instant(), Sums::default());
        loop {
            let mut query = format!("list-type=2&max-keys=1000&prefix={}", piece(&client.prefix));
            if let Some(token) = &token {
                // In order of name, as the signature wants it.
                query = format!("continuation-token={}&{query}", piece(token));
            }
            let answer = client.good(client.ask(&Call::list(&query), context)?, "listing")?;
            let page = listing::parse(&String::from_utf8_lossy(&answer.body))
                .ok_or_else(|| PublishError::Remote(format!("listing {shown}: the answer is no whole listing")))?;
            let within = sums.add(&page, context.instant().duration_since(begun));
            within.map_err(|problem| PublishError::Remote(format!("listing {shown}: {problem}")))?;
            for object in page.objects {
                let path = object.key.strip_prefix(&client.prefix).unwrap_or(&object.key);
                // What ends with a slash is a folder that some tool wanted to see.
                if !path.is_empty() && !path.ends_with('/') && !is_internal(path) {
                    listed.insert(path.to_string(), (object.size, object.etag));
                }
            }
            let Some(next) = page.next else { return Ok(listed) };
            if !seen.insert(next.clone()) {
                return Err(PublishError::Remote(format!("listing {shown}: the store gives one page again and again")));
            }
            token = Some(next);
        }
    }

    fn record(&mut self, context: &Context<'_>) -> Result<Option<Record>, PublishError> {
        let answer = self.client.ask(&Call::get(RECORD), context)?;
        if answer.status == StatusCode::NOT_FOUND && answer.code() != "NoSuchBucket" {
            return Ok(None);
        }
        let answer = self.client.good(answer, "reading")?;
        self.etags_are_sums =
            answer.etag().is_none_or(|etag| etag.trim_matches('"') == hex(&Md5::digest(&answer.body)));
        let record = Record::parse(&answer.body);
        record.map(Some).map_err(|problem| {
            PublishError::Refused(format!("the record {} in {}: {problem}", quote(RECORD), self.client.shown()))
        })
    }

    fn send(&self, file: &LocalFile, context: &Context<'_>) -> Result<(), PublishError> {
        self.lock.renew(&self.client, context)?;
        let Headers { content_type, cache_control } = &file.headers;
        let headers = [("content-type", content_type.as_str()), ("cache-control", cache_control.as_str())];
        let answer = self.client.ask(&Call::put(&file.path, &headers, Body::File(file)), context)?;
        self.client.good(answer, &format!("sending {} to", quote(&file.path)))?;
        (context.arrived)();
        Ok(())
    }
}

/// Whether an ETag is a file's. One of an upload in pieces has a `-` and says nothing.
fn same_etag(file: &LocalFile, etag: &str) -> Result<Option<bool>, PublishError> {
    let etag = etag.trim_matches('"');
    if etag.len() != 32 || !etag.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    Ok(Some(hex(&digest::<Md5>(file)?).eq_ignore_ascii_case(etag)))
}

/// Does something with each, several at a time; the first failure ends it.
fn in_parallel<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<(), PublishError> + Sync) -> Result<(), PublishError> {
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENCY.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = work(item) {
                        // The others find nothing left to do.
                        next.store(items.len(), Ordering::Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            });
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}
