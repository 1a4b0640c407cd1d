//! Sockets to requests and answers to sockets, by hyper, with a bound on everything that a stranger
//! could let grow: connections, headers, waiting, and answers that nobody reads.
//!
//! In: listeners, the states that the builder makes, and the system's signals. Out: answers, each
//! of one state as a whole. A request's body is never read.

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::channel::Channel;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::response::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_io_timeout::TimeoutStream;

use crate::diagnostic::quote;
use crate::serve::answer::{Peer, Sent, Shown, Source, answer};
use crate::serve::state::{Disk, Looked, State};
use crate::store::disk::Stamp;
use crate::system::{Word, Words};

/// Connections at once. More wait until one is free; the waiting below frees one that is idle.
const MOST_CONNECTIONS: usize = 1000;

/// Connections that listen for news at once, which are never idle. A browser has one for all its
/// tabs.
const MOST_LISTENERS: usize = 250;

/// For the headers of a request to arrive, the time between two requests of a connection included.
const HEADERS: Duration = Duration::from_secs(10);

/// In bytes; a request that is larger is refused.
const LARGEST_HEADERS: usize = 32 << 10;
const MOST_HEADERS: usize = 100;

/// For a browser to take the next piece of an answer.
const WRITE: Duration = Duration::from_secs(20);

/// Between two signs of life to a browser that listens for news.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// For a build to show a file that was found changed.
const FRESH: Duration = Duration::from_secs(3);

/// For answers that are under way when the server ends.
const GRACE: Duration = Duration::from_secs(1);

/// Files are read and sent in pieces of so many bytes.
const PIECE: usize = 64 << 10;

/// The port where the search for a free one begins.
const FIRST_PORT: u16 = 4711;
const LAST_PORT: u16 = 4810;

/// Who ended the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM, which asks for a clean end.
    Terminated,
    /// Whoever made the states is gone.
    Abandoned,
}

/// Why no address could be listened on.
#[derive(Debug)]
pub enum BindError {
    /// A host that has no address.
    Unknown(String),
    /// The system would not give the address, or all ports of the range are taken.
    Refused(String),
}

/// Sockets that are listened on.
#[derive(Debug)]
pub struct Listeners {
    sockets: Vec<TcpListener>,
    pub port: u16,
}

impl Listeners {
    /// Listens on all addresses of the hosts at one port: the one that is told, else the first that
    /// is free from 4711 on. Where one host is "any address", it stands for all. Hosts after the
    /// first may be names that lead here from elsewhere, through a tunnel say, and have no address
    /// on this machine. Has to be called inside a tokio runtime.
    pub fn bind(hosts: &[String], port: Option<u16>) -> Result<Listeners, BindError> {
        let mut addresses: Vec<IpAddr> = Vec::new();
        for host in hosts {
            match resolved(host) {
                Ok(found) => {
                    for address in found {
                        if !addresses.contains(&address) {
                            addresses.push(address);
                        }
                    }
                }
                Err(error) if addresses.is_empty() => return Err(BindError::Unknown(error)),
                Err(_) => {}
            }
        }
        if let Some(any) = addresses.iter().find(|address| address.is_unspecified()).copied() {
            addresses = vec![any];
        }
        let ports = port.map_or(FIRST_PORT..=LAST_PORT, |port| port..=port);
        for candidate in ports {
            match bind_all(&addresses, candidate) {
                Ok(listeners) => return Ok(listeners),
                Err(error) if error.kind() == ErrorKind::AddrInUse && port.is_none() => {}
                Err(error) if error.kind() == ErrorKind::AddrInUse => {
                    return Err(BindError::Refused(format!(
                        "port {candidate} is taken; without a port the first free one is used"
                    )));
                }
                Err(error) => {
                    let hosts = hosts.iter().map(|host| quote(host)).collect::<Vec<_>>().join(", ");
                    return Err(BindError::Refused(format!("listening on {hosts}, port {candidate}: {error}")));
                }
            }
        }
        Err(BindError::Refused(format!("the ports {FIRST_PORT} to {LAST_PORT} are all taken; name one with --port")))
    }
}

fn resolved(host: &str) -> Result<Vec<IpAddr>, String> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let found: Vec<IpAddr> = match (bare, 0).to_socket_addrs() {
        Ok(found) => found.map(|address| address.ip()).collect(),
        Err(error) => return Err(format!("the host {} has no address: {error}", quote(host))),
    };
    if found.is_empty() {
        return Err(format!("the host {} has no address", quote(host)));
    }
    Ok(found)
}

/// Listens on each address at a port. An address that this machine doesn't have is left out as long
/// as there is another: `localhost` is two, and not every machine has both.
fn bind_all(addresses: &[IpAddr], port: u16) -> io::Result<Listeners> {
    let mut listeners = Listeners { sockets: Vec::new(), port };
    let mut missing = None;
    for address in addresses {
        // Port 0 is any port, and then the same for all.
        match bind_one(SocketAddr::new(*address, listeners.port)) {
            Ok(socket) => {
                listeners.port = socket.local_addr()?.port();
                listeners.sockets.push(socket);
            }
            Err(error) if matches!(error.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported) => {
                missing = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if listeners.sockets.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that was stopped a moment ago still has connections that are dying.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// What all connections share.
#[derive(Debug, Clone)]
struct Shared {
    states: watch::Receiver<Arc<State>>,
    looked: Looked,
    /// Turns true when the server is about to end.
    ending: watch::Receiver<bool>,
    named: Arc<[String]>,
    listeners: Arc<Semaphore>,
}

/// Serves until a signal says to end, and tells `looked` which pages are. `named` are the names that this server may be
/// called by.
pub async fn serve(
    listeners: Listeners,
    mut states: watch::Receiver<Arc<State>>,
    looked: Looked,
    named: Vec<String>,
) -> io::Result<Ended> {
    let mut words = Words::listen()?;
    let (end, ending) = watch::channel(false);
    let shared = Shared {
        states: states.clone(),
        looked,
        ending,
        named: named.into(),
        listeners: Arc::new(Semaphore::new(MOST_LISTENERS)),
    };
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    for socket in listeners.sockets {
        tokio::spawn(accept(socket, Arc::clone(&connections), shared.clone()));
    }
    let abandoned = async { while states.changed().await.is_ok() {} };
    let ended = tokio::select! {
        word = words.next() => match word {
            Word::Interrupt => Ended::Interrupted,
            Word::Terminate => Ended::Terminated,
        },
        () = abandoned => Ended::Abandoned,
    };
    // Where nobody hears it, nothing is left to end.
    let _ = end.send(true);
    let all = u32::try_from(MOST_CONNECTIONS).unwrap_or(u32::MAX);
    // Whoever doesn't take the rest of an answer in time has to do without.
    let _ = timeout(GRACE, connections.acquire_many(all)).await;
    Ok(ended)
}

async fn accept(socket: TcpListener, connections: Arc<Semaphore>, shared: Shared) {
    let mut ending = shared.ending.clone();
    loop {
        let next = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (permit, socket.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            _ = ending.wait_for(|end| *end) => return,
            next = next => next,
        };
        match accepted {
            Ok((stream, address)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    let _permit = permit;
                    connection(stream, address, shared).await;
                });
            }
            // The system is out of files, or the browser went away; neither is over by asking again
            // at once.
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection(stream: TcpStream, address: SocketAddr, shared: Shared) {
    let Ok(local) = stream.local_addr() else { return };
    // Answers are written in one go, so there is nothing to gain by holding back their ends.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE));
    let mut ending = shared.ending.clone();
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(handle(request, address.ip(), local.ip(), shared).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(LARGEST_HEADERS)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::pin!(connection);
    // How a connection went wrong is the other side's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ending.wait_for(|end| *end) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}

async fn handle(request: Request<Incoming>, address: IpAddr, local: IpAddr, shared: Shared) -> Response<Sent> {
    let mut states = shared.states.clone();
    let deadline = Instant::now() + FRESH;
    let mut response = loop {
        let state = Arc::clone(&states.borrow_and_update());
        let peer = Peer { address, local, named: &shared.named };
        let (mut head, source) = answer(&request, peer, &state).into_parts();
        if let Some(Shown(page)) = head.extensions.remove() {
            shared.looked.add(&page);
        }
        match source {
            Source::Bytes(bytes) => break Response::from_parts(head, full(bytes)),
            Source::Later(later) => {
                // The next round finds it made, or made anew for a state that came meanwhile.
                if spawn_blocking(move || later.make().is_ok()).await.is_err() {
                    head.status = StatusCode::INTERNAL_SERVER_ERROR;
                    break Response::from_parts(head, full(Bytes::new()));
                }
            }
            // However long it takes: anything else would be of a build that is over.
            Source::UnderWay if states.changed().await.is_err() => break not_now(head, "1"),
            Source::UnderWay => {}
            Source::News if *request.method() == Method::HEAD => break Response::from_parts(head, full(Bytes::new())),
            Source::News => match Arc::clone(&shared.listeners).try_acquire_owned() {
                Ok(permit) => break Response::from_parts(head, news(states, shared.ending, permit)),
                Err(_) => break not_now(head, "5"),
            },
            Source::Disk(disk, range) => {
                let mut found = open(disk.clone(), true).await.map(|opened| (opened, range));
                // The file is another than the site was built with. Where the build that has seen it
                // failed, for whatever reason, it is shown as it is now.
                if found.is_none() && state.problems.is_some() {
                    found = open(disk, false).await.map(|opened| {
                        let all = 0..opened.size();
                        (opened, all)
                    });
                    head.status = if head.status == StatusCode::NOT_FOUND { head.status } else { StatusCode::OK };
                    forget_what_was_built(&mut head);
                }
                if let Some((opened, range)) = found {
                    head.headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
                    let is_head = *request.method() == Method::HEAD;
                    let body = if is_head { Empty::new().map_err(never).boxed() } else { opened.stretch(range) };
                    break Response::from_parts(head, body);
                }
                // Otherwise that build is under way, and its answer is the one that is wanted.
                if !matches!(timeout_at(deadline, states.changed()).await, Ok(Ok(()))) {
                    forget_what_was_built(&mut head);
                    break not_now(head, "1");
                }
            }
        }
    };
    if !request.body().is_end_stream() {
        // What was sent along is not read, so nothing can be understood after it.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Removes what was said of the file that the site was built with.
fn forget_what_was_built(head: &mut Parts) {
    head.headers.remove(header::CONTENT_RANGE);
    head.headers.remove(header::ETAG);
}

/// There will be an answer in so many seconds.
fn not_now(mut head: Parts, seconds: &'static str) -> Response<Sent> {
    head.status = StatusCode::SERVICE_UNAVAILABLE;
    head.headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    Response::from_parts(head, full(Bytes::new()))
}

fn full(bytes: Bytes) -> Sent {
    Full::new(bytes).map_err(never).boxed()
}

fn never(never: Infallible) -> io::Error {
    match never {}
}

/// A line for the state that there is and for each that comes.
fn news(
    mut states: watch::Receiver<Arc<State>>,
    mut ending: watch::Receiver<bool>,
    permit: tokio::sync::OwnedSemaphorePermit,
) -> Sent {
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        let _permit = permit;
        // A browser whose server ended asks again after this many milliseconds.
        let mut text = format!("retry: 500\ndata: {}\n\n", states.borrow_and_update().news());
        while sender.send_data(text.into()).await.is_ok() {
            text = tokio::select! {
                _ = ending.wait_for(|end| *end) => return,
                changed = states.changed() => match changed {
                    Ok(()) => format!("data: {}\n\n", states.borrow_and_update().news()),
                    Err(_) => return,
                },
                () = sleep(HEARTBEAT) => ":\n\n".into(),
            };
        }
    });
    body.boxed()
}

/// A file of the project that an answer is made from.
enum Opened {
    AsItIs(File, Stamp),
    Cleaned(Bytes),
}

impl Opened {
    fn size(&self) -> u64 {
        match self {
            Opened::AsItIs(_, stamp) => stamp.size,
            Opened::Cleaned(bytes) => bytes.len() as u64,
        }
    }

    /// A stretch of it that lies within it.
    fn stretch(self, range: Range<u64>) -> Sent {
        match self {
            Opened::AsItIs(file, stamp) => pieces(file, stamp, range),
            // A range of bytes in memory fits into memory.
            Opened::Cleaned(bytes) => full(bytes.slice(range.start as usize..range.end as usize)),
        }
    }
}

/// Opens a file, `same` only if it is still what it was when the site was built.
async fn open(disk: Disk, same: bool) -> Option<Opened> {
    let open = move || {
        let stamp = |data: io::Result<fs::Metadata>| {
            let stamp = data.ok().map(|data| Stamp::of(&data))?;
            (!same || stamp == disk.stamp).then_some(stamp)
        };
        let file = disk.origin.open().ok()?;
        let seen = stamp(file.metadata())?;
        let Some(clean) = disk.clean else {
            return Some(Opened::AsItIs(file, seen));
        };
        let bytes = clean(&disk.origin).ok()?;
        stamp(disk.origin.open().ok()?.metadata())?;
        (!same || bytes.len() as u64 == disk.size).then(|| Opened::Cleaned(bytes.into()))
    };
    spawn_blocking(open).await.ok().flatten()
}

/// A stretch of a file, piece by piece. Its last piece goes out only when the file has been the
/// same all along; otherwise the answer breaks off, which no browser takes for a whole one.
fn pieces(mut file: File, stamp: Stamp, range: Range<u64>) -> Sent {
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        let mut at = range.start;
        while at < range.end {
            let end = range.end.min(at + PIECE as u64);
            let is_last = end == range.end;
            let read = spawn_blocking(move || -> io::Result<(File, Bytes)> {
                file.seek(SeekFrom::Start(at))?;
                // A piece fits into memory.
                let mut piece = vec![0; (end - at) as usize];
                file.read_exact(&mut piece)?;
                if is_last && Stamp::of(&file.metadata()?) != stamp {
                    return Err(io::Error::other("the file has changed"));
                }
                Ok((file, piece.into()))
            });
            match read.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Ok((same, piece)) => {
                    file = same;
                    if sender.send_data(piece).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    sender.abort(error);
                    return;
                }
            }
            at = end;
        }
    });
    body.boxed()
}
