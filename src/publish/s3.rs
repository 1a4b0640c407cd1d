//! A bucket of an S3-compatible object store: AWS, R2, B2, MinIO and others.
//!
//! In: a plan. Out: the bucket holds it. Objects are replaced whole, with their content type and
//! cache rule; a listing with its ETags says what is there; a conditional write keeps two
//! publishers apart. Never deletes what the plan doesn't name. Credentials come from the
//! environment or the standard credentials file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use md5::Md5;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use ureq::http::{HeaderMap, Method, Request, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, SendBody};

use super::common::{Context, PublishError, local};
use super::plan::{Change, Files, Headers, Held, LocalFile, Plan, RECORD, Record, Survey, is_internal};
use crate::diagnostic::quote;
use crate::text::backoff::{backoff, retry_after};
use crate::text::url::{piece, pieces};

const LOCK: &str = ".partwork-lock";
/// Requests that are under way at once.
const CONCURRENCY: usize = 16;
/// How often a request is tried before its failure counts.
const ATTEMPTS: u32 = 5;
/// As long as a server that asks for patience is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A lock that nobody has renewed for so long was left by a run that was cut off.
const LOCK_LASTS: i64 = 180;
/// How often a run renews its own.
const RENEW: Duration = Duration::from_secs(60);

/// A bucket that a publish is at work on.
#[derive(Debug)]
pub struct Bucket {
    agent: Agent,
    /// `https://` or `http://`.
    scheme: String,
    /// Host and port.
    authority: String,
    /// What comes before the bucket in every address: empty, or begins with a slash.
    base: String,
    name: String,
    /// Empty, or ends with a slash.
    prefix: String,
    region: String,
    credentials: Credentials,
    /// When our lock was last written, while we hold it.
    lock: Mutex<Option<Instant>>,
    token: String,
    /// Whether ETags are MD5 sums here. They are not where the store encrypts with keys of its own:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>.
    etags_are_sums: bool,
}

/// Who asks. Not `Debug` as it stands, so that nothing prints it.
struct Credentials {
    id: String,
    secret: String,
    session: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Prepares to talk to a bucket; asks nothing of it yet.
pub fn open(
    bucket: &str,
    prefix: &str,
    endpoint: Option<&str>,
    region: Option<&str>,
    context: &Context<'_>,
) -> Result<Bucket, PublishError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let region = region.map(str::to_string).or_else(|| variable("AWS_REGION"));
    let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".into());
    if !region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(PublishError::Refused(format!("{} can't be a region", quote(&region))));
    }
    let endpoint = endpoint.map(str::to_string).or_else(|| variable("AWS_ENDPOINT_URL_S3"));
    let endpoint = endpoint.or_else(|| variable("AWS_ENDPOINT_URL"));
    let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
    let credentials = match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => Credentials { id, secret, session: variable("AWS_SESSION_TOKEN") },
        _ => credentials_of_file(&variable, context).ok_or_else(|| {
            PublishError::Refused(
                "there are no credentials for the bucket; set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or put \
                 them into `~/.aws/credentials`"
                    .into(),
            )
        })?,
    };
    let (scheme, rest) = endpoint.split_at(endpoint.find("://").map_or(0, |at| at + 3));
    let (authority, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !matches!(scheme, "https://" | "http://") || authority.is_empty() || authority.contains('@') {
        return Err(PublishError::Refused("the endpoint of the environment is no `https://` address of a host".into()));
    }
    let agent = Agent::config_builder()
        .http_status_as_error(false)
        // Another address would need another signature.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections_per_host(CONCURRENCY)
        .max_idle_connections(CONCURRENCY)
        .timeout_connect(Some(Duration::from_secs(20)))
        // However long a file takes, silence is a failure.
        .timeout_per_read(Some(context.patience))
        .timeout_per_write(Some(context.patience))
        .tls_config(tls(&variable)?)
        .user_agent(concat!("partwork/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    Ok(Bucket {
        agent,
        scheme: scheme.to_string(),
        authority: authority.to_string(),
        base: base.trim_end_matches('/').to_string(),
        name: bucket.to_string(),
        prefix: prefix.to_string(),
        region,
        credentials,
        lock: Mutex::default(),
        token: format!("{}-{}", std::process::id(), Timestamp::now().as_nanosecond()),
        etags_are_sums: true,
    })
}

/// Whom to believe: the authorities of the web, or those that `AWS_CA_BUNDLE` names, as for a store
/// of one's own.
fn tls(variable: &dyn Fn(&str) -> Option<String>) -> Result<TlsConfig, PublishError> {
    let Some(path) = variable("AWS_CA_BUNDLE") else { return Ok(TlsConfig::default()) };
    let text = std::fs::read(&path).map_err(local("read", &path))?;
    let items: Vec<PemItem> = parse_pem(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| PublishError::Local(format!("the certificates of {} can't be read: {error}", quote(&path))))?;
    let certificates: Vec<Certificate> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(PublishError::Local(format!("{} holds no certificate", quote(&path))));
    }
    Ok(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&certificates)).build())
}

/// The credentials file of AWS, as its own tools read it:
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>.
fn credentials_of_file(variable: &dyn Fn(&str) -> Option<String>, context: &Context<'_>) -> Option<Credentials> {
    let path = variable("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let path = path.or_else(|| Some(context.home.as_ref()?.join(".aws/credentials")))?;
    let text = std::fs::read_to_string(path).ok()?;
    let profile = variable("AWS_PROFILE").unwrap_or_else(|| "default".into());
    parse_credentials(&text, &profile)
}

fn parse_credentials(text: &str, profile: &str) -> Option<Credentials> {
    let (mut id, mut secret, mut session) = (None, None, None);
    let mut here = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            here = name.trim() == profile;
        } else if let (true, Some((key, value))) = (here, line.split_once('=')) {
            let value = Some(value.trim().to_string()).filter(|value| !value.is_empty());
            match key.trim() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => session = value,
                _ => {}
            }
        }
    }
    Some(Credentials { id: id?, secret: secret?, session })
}

/// Who holds a bucket, for those who come second.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    token: String,
    host: String,
    /// Where `pid` means something; absent where nothing says so.
    place: Option<String>,
    pid: i32,
    at: Timestamp,
}

impl Bucket {
    /// Writes the lock unless somebody holds it, and reads it again: the answer to a write may be
    /// lost, and not every store minds the conditions of one.
    pub fn lock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        let mut written = false;
        for attempt in 1..=ATTEMPTS {
            let etag = match self.holder(context)? {
                Some((Some(holder), _)) if written && holder.token == self.token => {
                    *self.lock.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                    return Ok(());
                }
                Some((Some(holder), _)) if !is_left_behind(&holder) => {
                    return Err(PublishError::Remote(format!(
                        "another publish is at work on {}, begun on {} and last seen at {:.0}",
                        self.shown(),
                        quote(&holder.host),
                        holder.at
                    )));
                }
                Some((_, etag)) => Some(etag),
                None => None,
            };
            if !self.write_lock(etag.as_deref(), context)? {
                pause(backoff(attempt), context)?;
            }
            written = true;
        }
        Err(PublishError::Remote(format!("another publish is at work on {}; run it again", self.shown())))
    }

    /// Removes the lock if it is still ours.
    pub fn unlock(&mut self, context: &Context<'_>) -> Result<(), PublishError> {
        if self.lock.get_mut().is_ok_and(|lock| lock.take().is_none()) {
            return Ok(());
        }
        // An interrupted run gives back what it holds, too.
        let context = &Context { stop: Default::default(), ..context.clone() };
        match self.holder(context)? {
            Some((Some(holder), _)) if holder.token == self.token => self.remove(LOCK, context),
            _ => Ok(()),
        }
    }

    /// Lists the bucket below the prefix; ETags are compared with the MD5 of the site's files.
    pub fn survey(&mut self, files: &Files, context: &Context<'_>) -> Result<Survey, PublishError> {
        let record = self.record(context)?;
        let sums = self.etags_are_sums;
        let mut listed = BTreeMap::new();
        let mut token: Option<String> = None;
        let mut seen = BTreeSet::new();
        loop {
            let mut query = format!("list-type=2&max-keys=1000&prefix={}", piece(&self.prefix));
            if let Some(token) = &token {
                // In order of name, as the signature wants it.
                query = format!("continuation-token={}&{query}", piece(token));
            }
            let answer = self.good(self.ask(Method::GET, "", &query, &[], Body::None, context)?, "listing")?;
            let page = parse_listing(&String::from_utf8_lossy(&answer.body)).ok_or_else(|| {
                PublishError::Remote(format!("listing {}: the answer is no whole listing", self.shown()))
            })?;
            for object in page.objects {
                let path = object.key.strip_prefix(&self.prefix).unwrap_or(&object.key);
                // What ends with a slash is a folder that some tool wanted to see.
                if !path.is_empty() && !path.ends_with('/') && !is_internal(path) {
                    listed.insert(path.to_string(), (object.size, object.etag));
                }
            }
            token = page.next;
            let Some(next) = &token else { break };
            if !seen.insert(next.clone()) {
                let shown = self.shown();
                return Err(PublishError::Remote(format!("listing {shown}: the store gives one page again and again")));
            }
        }
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

    pub fn apply(&mut self, plan: &Plan, context: &Context<'_>) -> Result<(), PublishError> {
        self.seal(&plan.intent, context)?;
        for batch in plan.batches() {
            in_parallel(batch, |change: &Change| self.send(&change.file, context))?;
        }
        in_parallel(&plan.deletions, |path| {
            self.renew(context)?;
            self.remove(path, context)
        })
    }

    /// Writes the record, which no reader and no cache on the way needs.
    pub fn seal(&mut self, record: &Record, context: &Context<'_>) -> Result<(), PublishError> {
        let headers = [("content-type", "application/json; charset=utf-8"), ("cache-control", "no-store")];
        let answer = self.ask(Method::PUT, RECORD, "", &headers, Body::Bytes(&record.to_bytes()), context)?;
        self.good(answer, "writing to").map(drop)
    }

    fn record(&mut self, context: &Context<'_>) -> Result<Option<Record>, PublishError> {
        let answer = self.ask(Method::GET, RECORD, "", &[], Body::None, context)?;
        if answer.status == StatusCode::NOT_FOUND && answer.code() != "NoSuchBucket" {
            return Ok(None);
        }
        let answer = self.good(answer, "reading")?;
        self.etags_are_sums =
            answer.etag().is_none_or(|etag| etag.trim_matches('"') == hex(&Md5::digest(&answer.body)));
        let record = Record::parse(&answer.body);
        record.map(Some).map_err(|problem| {
            PublishError::Refused(format!("the record {} in {}: {problem}", quote(RECORD), self.shown()))
        })
    }

    fn send(&self, file: &LocalFile, context: &Context<'_>) -> Result<(), PublishError> {
        self.renew(context)?;
        let Headers { content_type, cache_control } = &file.headers;
        let headers = [("content-type", content_type.as_str()), ("cache-control", cache_control.as_str())];
        let answer = self.ask(Method::PUT, &file.path, "", &headers, Body::File(file), context)?;
        self.good(answer, &format!("sending {} to", quote(&file.path)))?;
        (context.arrived)();
        Ok(())
    }

    fn remove(&self, path: &str, context: &Context<'_>) -> Result<(), PublishError> {
        let answer = self.ask(Method::DELETE, path, "", &[], Body::None, context)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        self.good(answer, &format!("deleting {} from", quote(path))).map(drop)
    }

    /// Who holds the lock, as far as it can be read, and its ETag; `None` when nobody does.
    fn holder(&self, context: &Context<'_>) -> Result<Option<(Option<Holder>, String)>, PublishError> {
        let found = self.ask(Method::GET, LOCK, "", &[], Body::None, context)?;
        if found.status == StatusCode::NOT_FOUND && found.code() != "NoSuchBucket" {
            return Ok(None);
        }
        let found = self.good(found, "locking")?;
        Ok(Some((serde_json::from_slice(&found.body).ok(), found.etag().unwrap_or_default())))
    }

    /// Writes our lock over the one of this ETag, or where there is none; false when there is
    /// another by now. Stores that know no conditions, such as B2, are asked without.
    fn write_lock(&self, over: Option<&str>, context: &Context<'_>) -> Result<bool, PublishError> {
        let (host, place) = (host(), place());
        let holder = Holder { token: self.token.clone(), host, place, pid: own_pid(), at: Timestamp::now() };
        let bytes = serde_json::to_vec(&holder).map_err(|error| PublishError::Local(error.to_string()))?;
        let put = |headers: &[(&str, &str)]| self.ask(Method::PUT, LOCK, "", headers, Body::Bytes(&bytes), context);
        let mut answer = put(&[over.map_or(("if-none-match", "*"), |etag| ("if-match", etag))])?;
        if answer.status == StatusCode::NOT_IMPLEMENTED {
            answer = put(&[])?;
        }
        let raced = [StatusCode::PRECONDITION_FAILED, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
        if raced.contains(&answer.status) && answer.code() != "NoSuchBucket" {
            return Ok(false);
        }
        self.good(answer, "locking").map(|_| true)
    }

    /// Says once a minute that this run still lives, and notices when another has taken over.
    fn renew(&self, context: &Context<'_>) -> Result<(), PublishError> {
        context.go_on()?;
        // Whoever comes while another renews has nothing to do.
        let Ok(mut lock) = self.lock.try_lock() else { return Ok(()) };
        if lock.is_none_or(|at| at.elapsed() <= RENEW) {
            return Ok(());
        }
        // Twice, since the answer to the first may be lost.
        for _ in 0..2 {
            match self.holder(context)? {
                Some((Some(holder), etag)) if holder.token == self.token => {
                    if self.write_lock(Some(&etag), context)? {
                        *lock = Some(Instant::now());
                        return Ok(());
                    }
                }
                _ => break,
            }
        }
        *lock = None;
        Err(PublishError::Remote(format!("another publish has taken over {}; run it again", self.shown())))
    }

    /// Sends a request, again while that may help: the network, a server's own failures, and when it
    /// asks for patience. Gives the last answer, good or not.
    fn ask(
        &self,
        method: Method,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
        context: &Context<'_>,
    ) -> Result<Answer, PublishError> {
        let mut attempt = 1;
        loop {
            context.go_on()?;
            let answer = self.ask_once(&method, path, query, headers, body);
            let last = attempt == ATTEMPTS;
            let patience = match answer {
                Ok(answer) if last || !answer.is_worth_another() => return Ok(answer),
                Ok(answer) => answer.retry_after,
                Err(AskError::Local(error)) => return Err(error),
                Err(AskError::Network(error)) if last => {
                    return Err(PublishError::Remote(format!("reaching {}: {error}", self.shown())));
                }
                Err(AskError::Network(_)) => None,
            };
            pause(patience.unwrap_or_else(|| backoff(attempt)), context)?;
            attempt += 1;
        }
    }

    /// Signs and sends a request (AWS Signature Version 4,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
    fn ask_once(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: Body<'_>,
    ) -> Result<Answer, AskError> {
        // All but unreserved characters are encoded, as the signature wants it.
        let key = if path.is_empty() { String::new() } else { format!("/{}{}", pieces(&self.prefix), pieces(path)) };
        let resource = format!("{}/{}{key}", self.base, self.name);
        let (hash, length) = body.hash().map_err(AskError::Local)?;
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut signed =
            vec![("host", self.authority.as_str()), ("x-amz-content-sha256", &hash), ("x-amz-date", &time)];
        signed.extend(self.credentials.session.as_deref().map(|session| ("x-amz-security-token", session)));
        let canonical = canonical_request(method.as_str(), &resource, query, &signed, &hash);
        let authorization = self.credentials.sign(&canonical, &signed, &time, &self.region);
        let question = if query.is_empty() { String::new() } else { format!("?{query}") };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{}{resource}{question}", self.scheme, self.authority))
            .header("authorization", authorization);
        for (name, value) in signed.iter().chain(headers) {
            request = request.header(*name, *value);
        }
        if *method == Method::PUT {
            // A length that is known beforehand; stores refuse chunks.
            request = request.header("content-length", length);
        }
        let network = |error: ureq::Error| AskError::Network(error.to_string());
        let odd = |error: ureq::http::Error| {
            AskError::Local(PublishError::Remote(format!("asking {}: {error}", self.shown())))
        };
        let answer = match body {
            Body::None => self.agent.run(request.body(()).map_err(odd)?),
            Body::Bytes(bytes) => self.agent.run(request.body(bytes).map_err(odd)?),
            Body::File(file) => {
                let open = File::open(&file.disk).map_err(local("read", &file.disk)).map_err(AskError::Local)?;
                self.agent.run(request.body(SendBody::from_owned_reader(open)).map_err(odd)?)
            }
        };
        let (parts, body) = answer.map_err(network)?.into_parts();
        let mut bytes = Vec::new();
        body.into_reader().read_to_end(&mut bytes).map_err(|error| AskError::Network(error.to_string()))?;
        Ok(Answer {
            status: parts.status,
            retry_after: retry_after(&parts.headers, Timestamp::now()).map(|time| time.min(LONGEST_WAIT)),
            headers: parts.headers,
            body: bytes,
        })
    }

    fn good(&self, answer: Answer, doing: &str) -> Result<Answer, PublishError> {
        if answer.status.is_success() { Ok(answer) } else { Err(self.failed(doing, &answer)) }
    }

    /// What a server said, in its own words: a code and a sentence.
    fn failed(&self, doing: &str, answer: &Answer) -> PublishError {
        let said = [answer.code(), answer.said("Message")].into_iter().filter(|words| !words.is_empty());
        let said = said.collect::<Vec<_>>().join(": ");
        let region = answer.headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
        let hint = match region.filter(|region| *region != self.region && answer.status.is_redirection()) {
            Some(region) => format!("; it is in another region, add `region={region}` to its address"),
            None => String::new(),
        };
        // Those of a file are not among the secrets of the environment, and some stores repeat them.
        let said = self.credentials.secrets().fold(said, |said, secret| said.replace(secret, "***"));
        PublishError::Remote(format!("{doing} {}: {} {said}{hint}", self.shown(), answer.status.as_u16()))
    }

    fn shown(&self) -> String {
        quote(&format!("s3://{}/{}", self.name, self.prefix))
    }
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
enum Body<'a> {
    None,
    Bytes(&'a [u8]),
    File(&'a LocalFile),
}

impl Body<'_> {
    /// SHA-256 in hexadecimal, which the server compares, and the length in bytes.
    fn hash(self) -> Result<(String, u64), PublishError> {
        Ok(match self {
            Body::None => (hex(&Sha256::digest(b"")), 0),
            Body::Bytes(bytes) => (hex(&Sha256::digest(bytes)), bytes.len() as u64),
            Body::File(file) => (hex(&digest::<Sha256>(file)?), file.entry.size),
        })
    }
}

#[derive(Debug)]
enum AskError {
    Network(String),
    Local(PublishError),
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Answer {
    fn etag(&self) -> Option<String> {
        Some(self.headers.get("etag")?.to_str().ok()?.to_string())
    }

    fn is_worth_another(&self) -> bool {
        self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED
            || matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
            || matches!(self.code().as_str(), "RequestTimeout" | "SlowDown")
    }

    /// The code of an error, as `AccessDenied`.
    fn code(&self) -> String {
        self.said("Code")
    }

    /// The text of an element of an error.
    fn said(&self, element: &str) -> String {
        /// Longer ones are pages of some proxy.
        const LONGEST: usize = 300;
        let text = String::from_utf8_lossy(&self.body);
        let found = text.split_once(&format!("<{element}>")).and_then(|(_, rest)| rest.split_once("</"));
        let said = found.map_or("", |(words, _)| words);
        said.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
    }
}

impl Credentials {
    fn secrets(&self) -> impl Iterator<Item = &str> {
        [&self.id, &self.secret].into_iter().chain(&self.session).map(String::as_str)
    }

    fn sign(&self, canonical: &str, signed: &[(&str, &str)], time: &str, region: &str) -> String {
        let day = &time[..8];
        let scope = format!("{day}/{region}/s3/aws4_request");
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for word in [day, region, "s3", "aws4_request"] {
            key = hmac(&key, word.as_bytes());
        }
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={},Signature={}",
            self.id,
            names.join(";"),
            hex(&hmac(&key, text.as_bytes()))
        )
    }
}

fn canonical_request(method: &str, resource: &str, query: &str, signed: &[(&str, &str)], hash: &str) -> String {
    let headers: String = signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    format!("{method}\n{resource}\n{query}\n{headers}\n{}\n{hash}", names.join(";"))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest<D: sha2::Digest>(file: &LocalFile) -> Result<Vec<u8>, PublishError> {
    let failed = || local("read", &file.disk);
    let mut open = File::open(&file.disk).map_err(failed())?;
    let mut hasher = D::new();
    let mut bytes = vec![0; 1 << 16];
    loop {
        match open.read(&mut bytes).map_err(failed())? {
            0 => return Ok(hasher.finalize().to_vec()),
            read => hasher.update(&bytes[..read]),
        }
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

/// Waits, unless the run is stopped.
fn pause(time: Duration, context: &Context<'_>) -> Result<(), PublishError> {
    let until = Instant::now() + time;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        context.go_on()?;
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
    Ok(())
}

/// Whether a lock's run has ended without giving it back: it ran on this machine and is gone, or
/// hasn't been heard of for a while.
fn is_left_behind(holder: &Holder) -> bool {
    let gone = holder.place.is_some()
        && holder.place == place()
        && Pid::from_raw(holder.pid)
            .is_none_or(|pid| test_kill_process(pid).is_err_and(|error| error == rustix::io::Errno::SRCH));
    gone || Timestamp::now().as_second() - holder.at.as_second() > LOCK_LASTS
}

/// What tells the processes of this machine, and of this container, from those of others. A host's
/// name doesn't: those of build machines are often alike.
fn place() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let processes = std::fs::read_link("/proc/self/ns/pid").ok()?;
    // Hashed, since a bucket may be open to all.
    Some(blake3::hash(format!("{boot}{}", processes.display()).as_bytes()).to_hex().to_string())
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// A page of `ListObjectsV2`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listing {
    objects: Vec<Object>,
    /// What to ask for the next page with.
    next: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Object {
    key: String,
    size: u64,
    etag: String,
}

/// `None` for what is no listing, or not all of one: what it lacked would seem to be missing.
fn parse_listing(xml: &str) -> Option<Listing> {
    let mut reader = Reader::from_str(xml);
    let mut listing = Listing::default();
    let (mut whole, mut more) = (false, None);
    let mut object = Object::default();
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                text.clear();
                if tag.name().as_ref() == "Contents" {
                    object = Object::default();
                }
            }
            Event::Text(piece) => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(c)) => text.push(c),
                _ => text.push_str(resolve_predefined_entity(&name).unwrap_or_default()),
            },
            Event::End(tag) => match tag.name().as_ref() {
                "Key" => object.key = std::mem::take(&mut text),
                "Size" => object.size = text.parse().unwrap_or_default(),
                "ETag" => object.etag = std::mem::take(&mut text),
                "IsTruncated" => more = Some(text == "true"),
                "NextContinuationToken" => {
                    listing.next = Some(std::mem::take(&mut text)).filter(|next| !next.is_empty())
                }
                "Contents" => listing.objects.push(std::mem::take(&mut object)),
                "ListBucketResult" => whole = true,
                _ => {}
            },
            Event::Eof => {
                // A store that doesn't say whether there is more says it by the token.
                listing.next = listing.next.filter(|_| more != Some(false));
                let lacks = more == Some(true) && listing.next.is_none();
                return (whole && !lacks).then_some(listing);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation of the signature, "GET Object".
    #[test]
    fn requests_are_signed() {
        let credentials = Credentials {
            id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session: None,
        };
        let empty = hex(&Sha256::digest(b""));
        let signed = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", empty.as_str()),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let canonical = canonical_request("GET", "/test.txt", "", &signed, &empty);
        let header = credentials.sign(&canonical, &signed, "20130524T000000Z", "us-east-1");
        let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert!(header.ends_with(&format!("Signature={signature}")), "{header}");
    }

    #[test]
    fn listings_are_read() {
        let xml = "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a &amp; b&#xe9;</Key>\
                   <ETag>&quot;0123&quot;</ETag><Size>7</Size><Owner><ID>x</ID></Owner></Contents>\
                   <NextContinuationToken>t/=</NextContinuationToken></ListBucketResult>";
        let object = Object { key: "a & bé".into(), size: 7, etag: "\"0123\"".into() };
        assert_eq!(parse_listing(xml), Some(Listing { objects: vec![object], next: Some("t/=".into()) }));
        let page = |inside: &str| parse_listing(&format!("<ListBucketResult>{inside}</ListBucketResult>"));
        for more in ["", "<NextContinuationToken/>", "<NextContinuationToken></NextContinuationToken>"] {
            assert_eq!(page(&format!("<IsTruncated>true</IsTruncated>{more}")), None, "{more}");
            assert_eq!(page(&format!("<IsTruncated>false</IsTruncated>{more}")), Some(Listing::default()), "{more}");
        }
        for other in ["", "<Error/>", "<html><body>Sign in</body></html>", &xml[..xml.len() - 20]] {
            assert_eq!(parse_listing(other), None, "{other}");
        }
    }

    #[test]
    fn credentials_of_a_profile() {
        let text = "[default]\naws_access_key_id = a\naws_secret_access_key=b\n[other]\naws_access_key_id = c\n\
                    aws_secret_access_key = d\naws_session_token = e\n";
        let found = parse_credentials(text, "other").expect("there");
        assert_eq!((found.id.as_str(), found.secret.as_str(), found.session.as_deref()), ("c", "d", Some("e")));
        assert!(parse_credentials(text, "third").is_none());
    }
}
