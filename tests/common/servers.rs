//! Real servers for the tests, each on a port of its own, gone with the value.

#![allow(dead_code, reason = "each suite uses some of them")]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A server that ends with the test.
pub struct Server {
    child: Child,
    pub port: u16,
    folder: TempDir,
}

impl Server {
    /// A process that was started to listen on `port`, and the folder of what it needs.
    pub fn new(child: Child, port: u16, folder: TempDir) -> Server {
        let mut server = Server { child, port, folder };
        // Only so that nothing hangs; a machine may be busy.
        let until = Instant::now() + Duration::from_secs(120);
        while TcpStream::connect(("127.0.0.1", server.port)).is_err() {
            let ended = server.child.try_wait().expect("ours");
            assert!(ended.is_none(), "the server has ended: {ended:?}");
            assert!(Instant::now() < until, "the server does not answer");
            thread::yield_now();
        }
        server
    }

    /// nginx with servers of one's own, told the port to listen on.
    pub fn nginx(servers: &dyn Fn(u16) -> String) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let own = folder.path().display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {own}/{kind};\n"))
            .collect();
        let settings = format!(
            "daemon off; master_process off; pid {own}/pid; error_log {own}/error.log warn;\nevents {{}}\nhttp {{\n\
             types {{ text/html html; text/css css; }}\naccess_log off;\n{temporary}{}}}\n",
            servers(port)
        );
        let written = folder.path().join("nginx.conf");
        fs::write(&written, settings).expect("room");
        let child = Command::new("nginx")
            .arg("-c")
            .arg(written)
            .arg("-e")
            .arg(folder.path().join("error.log"))
            .env("PATH", path_of_servers())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed; tests/run installs it");
        Server::new(child, port, folder)
    }

    /// moto, an S3 server for tests, with one bucket `bucket`.
    pub fn moto() -> Server {
        let server = Server::start_moto(&[]);
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("the server lives");
        write!(stream, "PUT /bucket HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n{UNSIGNED}\r\n").expect("sent");
        stream.read_to_end(&mut Vec::new()).expect("an answer");
        server
    }

    /// moto with a certificate, and no bucket.
    pub fn moto_over_tls(key: &Path, certificate: &Path) -> Server {
        Server::start_moto(&["-s".as_ref(), "-k".as_ref(), key.as_os_str(), "-c".as_ref(), certificate.as_os_str()])
    }

    fn start_moto(options: &[&OsStr]) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        // tests/run puts it there.
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/publish/bin/moto_server");
        let program = if own.exists() { own } else { PathBuf::from("moto_server") };
        let child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .args(options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server is installed; tests/run installs it");
        Server::new(child, port, folder)
    }

    /// What nginx warned of in its settings and in what it answered by them.
    pub fn complaints(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("error.log")).expect("nginx writes one");
        log.lines().filter(|line| line.contains("[warn]") || line.contains("[emerg]")).map(str::to_string).collect()
    }

    /// Status line with headers, and body.
    pub fn ask(&self, path: &str) -> (String, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server lives");
        write!(stream, "GET {path} HTTP/1.0\r\nHost: x\r\n\r\n").expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        (head.to_string(), body.to_string())
    }

    /// Status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        let (head, body) = self.ask(path);
        (status(&head), body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What moto wants to be told, although it checks no signature.
pub const UNSIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request\r\n";

/// The status of an answer.
pub fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

/// Makes a folder one that a server which runs as somebody else can look into.
pub fn open_to_servers(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("ours");
}

/// Servers are where only root looks for them.
pub fn path_of_servers() -> String {
    format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default())
}

/// A port for a server that is told one. No two tests get the same, and it lies below those that
/// systems give to connections, so that it is still free when the server comes to it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u32 = 10_000;
    const PORTS: u32 = 20_000;
    // Another suite may run beside this one.
    let start = std::process::id() * 97;
    let candidates = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed));
    let ports = candidates.map(|n| u16::try_from(FIRST + (start + u32::from(n)) % PORTS).expect("below 30,000"));
    ports.take(PORTS as usize).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}
