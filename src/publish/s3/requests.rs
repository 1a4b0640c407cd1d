//! Requests to a bucket, signed, and again while that may help.
//!
//! In: what to ask. Out: the last answer, good or not. Knows nothing of sites and plans.

use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use ureq::http::{self, HeaderMap, Method, Request, StatusCode};
use ureq::{Agent, SendBody};

use super::credentials::Credentials;
use super::signing::{Unsigned, hex};
use crate::diagnostic::quote;
use crate::publish::context::Context;
use crate::publish::error::{PublishError, local};
use crate::publish::plan::LocalFile;
use crate::text::backoff::{backoff, retry_after};
use crate::text::url::pieces;

/// How often a request is tried before its failure counts.
pub const ATTEMPTS: u32 = 5;
/// The most bytes of an answer that is read: a record of some 250,000 files, many times a page of a listing.
const MOST_READ: u64 = 64 << 20;
/// The most bytes of an answer to anything else, which is a sentence at most.
const MOST_SAID: u64 = 1 << 20;
/// What takes a file more slowly than so many bytes a second takes none.
const SLOWEST: u64 = 1000;
/// As long as a server that asks for patience is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where a bucket is, and how it is asked.
#[derive(Debug)]
pub struct Client {
    pub agent: Agent,
    /// `https://` or `http://`.
    pub scheme: String,
    /// Host and port.
    pub authority: String,
    /// What comes before the bucket in every address: empty, or begins with a slash.
    pub base: String,
    pub bucket: String,
    /// Empty, or ends with a slash.
    pub prefix: String,
    pub region: String,
    pub credentials: Credentials,
    /// How long the store may be silent.
    pub patience: Duration,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    method: Method,
    /// Below the prefix; empty for the bucket itself.
    path: &'a str,
    /// In order of name, as the signature wants it.
    query: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: Body<'a>,
}

impl<'a> Call<'a> {
    pub fn get(path: &'a str) -> Call<'a> {
        Call { method: Method::GET, path, query: "", headers: &[], body: Body::None }
    }

    /// Asks the bucket itself.
    pub fn list(query: &'a str) -> Call<'a> {
        Call { query, ..Call::get("") }
    }

    pub fn put(path: &'a str, headers: &'a [(&'a str, &'a str)], body: Body<'a>) -> Call<'a> {
        Call { method: Method::PUT, path, query: "", headers, body }
    }

    fn delete(path: &'a str) -> Call<'a> {
        Call { method: Method::DELETE, ..Call::get(path) }
    }
}

impl Client {
    /// Sends a request, again while that may help: the network, a server's own failures, and when it
    /// asks for patience. Gives the last answer, good or not.
    pub fn ask(&self, call: &Call<'_>, context: &Context<'_>) -> Result<Answer, PublishError> {
        let mut attempt = 1;
        loop {
            context.go_on()?;
            let answer = self.ask_once(call, context.time());
            let last = attempt == ATTEMPTS;
            let asked_for = match answer {
                Ok(answer) if last || !answer.is_worth_another() => return Ok(answer),
                Ok(answer) => retry_after(&answer.headers, context.time()).map(|time| time.min(LONGEST_WAIT)),
                Err(Failed::Local(error)) => return Err(error),
                Err(Failed::Network(error)) if last => {
                    return Err(PublishError::Remote(format!("reaching {}: {error}", self.shown())));
                }
                Err(Failed::Network(_)) => None,
            };
            context.pause(asked_for.unwrap_or_else(|| backoff(attempt, context.time())))?;
            attempt += 1;
        }
    }

    /// Removes an object, if it is there.
    pub fn remove(&self, path: &str, context: &Context<'_>) -> Result<(), PublishError> {
        let answer = self.ask(&Call::delete(path), context)?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        self.good(answer, &format!("deleting {} from", quote(path))).map(drop)
    }

    fn ask_once(&self, call: &Call<'_>, now: Timestamp) -> Result<Answer, Failed> {
        let odd = |error: http::Error| Failed::Local(PublishError::Remote(format!("asking {}: {error}", self.shown())));
        let request = self.request(call, now).map_err(Failed::Local)?;
        let answer = match call.body {
            Body::None => self.agent.run(request.body(()).map_err(odd)?),
            Body::Bytes(bytes) => self.agent.run(request.body(bytes).map_err(odd)?),
            Body::File(file) => {
                let open = File::open(&file.disk).map_err(local("read", &file.disk)).map_err(Failed::Local)?;
                let request = request.body(SendBody::from_owned_reader(open)).map_err(odd)?;
                let time = self.patience + Duration::from_secs(file.entry.size / SLOWEST);
                self.agent.run(self.agent.configure_request(request).timeout_send_body(Some(time)).build())
            }
        };
        let (parts, body) = answer.map_err(|error| Failed::Network(error.to_string()))?.into_parts();
        let most = if call.method == Method::GET { MOST_READ } else { MOST_SAID };
        let mut bytes = Vec::new();
        let mut body = body.into_reader().take(most + 1);
        body.read_to_end(&mut bytes).map_err(|error| Failed::Network(error.to_string()))?;
        if bytes.len() as u64 > most {
            let (shown, most) = (self.shown(), most >> 20);
            return Err(Failed::Local(PublishError::Remote(format!("{shown} answers with more than {most} MiB"))));
        }
        Ok(Answer { status: parts.status, headers: parts.headers, body: bytes })
    }

    /// A request with its signature, still without its body.
    fn request(&self, call: &Call<'_>, now: Timestamp) -> Result<http::request::Builder, PublishError> {
        let key = if call.path.is_empty() {
            String::new()
        } else {
            format!("/{}{}", pieces(&self.prefix), pieces(call.path))
        };
        let resource = format!("{}/{}{key}", self.base, self.bucket);
        let (hash, length) = call.body.hash()?;
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut signed =
            vec![("host", self.authority.as_str()), ("x-amz-content-sha256", &hash), ("x-amz-date", &time)];
        signed.extend(self.credentials.session.as_deref().map(|session| ("x-amz-security-token", session)));
        let unsigned = Unsigned {
            method: call.method.as_str(),
            resource: &resource,
            query: call.query,
            headers: &signed,
            hash: &hash,
            time: &time,
            region: &self.region,
        };
        let question = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
        let mut request = Request::builder()
            .method(&call.method)
            .uri(format!("{}{}{resource}{question}", self.scheme, self.authority))
            .header("authorization", unsigned.sign(&self.credentials));
        for (name, value) in signed.iter().chain(call.headers) {
            request = request.header(*name, *value);
        }
        if call.method == Method::PUT {
            // A length that is known beforehand; stores refuse chunks.
            request = request.header("content-length", length);
        }
        Ok(request)
    }

    /// An answer that says yes; `doing` begins the failure that another is.
    pub fn good(&self, answer: Answer, doing: &str) -> Result<Answer, PublishError> {
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

    /// The bucket, for messages.
    pub fn shown(&self) -> String {
        quote(&format!("s3://{}/{}", self.bucket, self.prefix))
    }
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
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
enum Failed {
    Network(String),
    Local(PublishError),
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn etag(&self) -> Option<String> {
        Some(self.headers.get("etag")?.to_str().ok()?.to_string())
    }

    fn is_worth_another(&self) -> bool {
        self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED
            || matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
            || matches!(self.code().as_str(), "RequestTimeout" | "SlowDown")
    }

    /// The code of an error, as `AccessDenied`.
    pub fn code(&self) -> String {
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

/// A digest of a file, which is never whole in memory.
pub fn digest<D: sha2::Digest>(file: &LocalFile) -> Result<Vec<u8>, PublishError> {
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
