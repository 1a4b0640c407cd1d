//! One request.
//!
//! In: an address. Out: what its server said by status and headers, or how it failed. Follows no
//! redirect, reads no body, and connects to nothing but public addresses unless it may: whatever a
//! name means is looked at when the connection is made, not before. Where the environment names a
//! proxy, names are the proxy's to look up, and only what an address says by itself is looked at.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::{Method, Request, StatusCode, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::{Host, Url};

use super::clock;
use crate::text::backoff::retry_after;
use crate::text::url::uri;

/// How to ask.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Whether to ask addresses of this machine and its network.
    pub private: bool,
    /// How old an answer of an earlier run may be.
    pub max_age: Duration,
    /// How long one request may take.
    pub timeout: Duration,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Answer {
        status: StatusCode,
        /// Where it leads.
        location: Option<String>,
        retry_after: Option<Duration>,
        /// Whether it wants to be known again.
        cookie: bool,
    },
    /// The address is one of this machine or its network, and was not asked.
    Private(String),
    /// There was no answer.
    Failed {
        why: String,
        /// Whether it would fail the same way again at once.
        for_good: bool,
    },
}

#[derive(Debug)]
pub struct Asker {
    agent: Agent,
    private: bool,
}

impl Asker {
    pub fn new(options: &Options) -> Asker {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Each is looked at like an address that was typed.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(options.timeout))
            // Many servers turn away what doesn't begin like a browser's.
            .user_agent(concat!("Mozilla/5.0 (compatible; partwork/", env!("CARGO_PKG_VERSION"), "; link check)"))
            .build();
        let proxy = config.proxy().map(|proxy| (proxy.host().to_string(), proxy.port()));
        let guard = Guard { private: options.private, proxy, names: DefaultResolver::default() };
        Asker { agent: Agent::with_parts(config, DefaultConnector::default(), guard), private: options.private }
    }

    pub fn ask(&self, url: &Url, method: Method) -> Reply {
        if !self.private
            && let Some(host) = private_host(url)
        {
            return Reply::Private(host);
        }
        let request = Request::builder().method(method).uri(uri(url.as_str()));
        let request = match request.body(()) {
            Ok(request) => request,
            Err(error) => return Reply::Failed { why: error.to_string(), for_good: true },
        };
        match self.agent.run(request) {
            Ok(answer) => {
                let headers = answer.headers();
                let location = headers.get("location").map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
                Reply::Answer {
                    status: answer.status(),
                    location,
                    retry_after: retry_after(headers, clock::now()),
                    cookie: headers.contains_key("set-cookie"),
                }
            }
            Err(error) => failed(error),
        }
    }
}

/// A failure in a few words.
fn failed(error: ureq::Error) -> Reply {
    let (why, for_good) = match error {
        ureq::Error::Other(other) => match other.downcast_ref::<Private>() {
            Some(Private(address)) => return Reply::Private(address.to_string()),
            None => (other.to_string(), false),
        },
        ureq::Error::Timeout(_) => ("no answer came in time".into(), false),
        ureq::Error::HostNotFound => ("its name is not known".into(), false),
        // The words of C libraries for a name that can't be looked up differ, and so may the kind.
        ureq::Error::Io(error) if error.to_string().contains("lookup address") => {
            ("its name can't be looked up".into(), false)
        }
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => ("nobody listens there".into(), false),
            std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::BrokenPipe
            | std::io::ErrorKind::ConnectionAborted => ("the connection broke off".into(), false),
            _ => (error.to_string(), error.to_string().contains("certificate")),
        },
        error @ (ureq::Error::Rustls(_) | ureq::Error::Tls(_)) => (error.to_string(), true),
        error => (error.to_string(), false),
    };
    Reply::Failed { why, for_good }
}

/// The host of an address that says by itself that it is private.
fn private_host(url: &Url) -> Option<String> {
    let private = match url.host()? {
        Host::Ipv4(address) => !is_public(address.into()),
        Host::Ipv6(address) => !is_public(address.into()),
        Host::Domain(name) => is_private_name(name.trim_end_matches('.')),
    };
    private.then(|| url.host_str().unwrap_or_default().to_string())
}

/// The ends of names that mean something else in each network, or nothing: of one's own machine (RFC 6761,
/// §6.3), of the local link (RFC 6762, §3), of a home (RFC 8375), of an organization or a platform (set aside
/// by ICANN in 2024).
const PRIVATE_ENDINGS: [&str; 4] = ["localhost", "local", "home.arpa", "internal"];

/// A name like any other that a platform answers within its machines alone (Tencent Cloud).
const PLATFORM_NAME: &str = "metadata.tencentyun.com";

/// Whether a name, in lower case, is one of this machine or its network. A proxy may be asked what other
/// names mean, and these must not be told to it.
fn is_private_name(name: &str) -> bool {
    let ends = |ending: &&str| name.strip_suffix(*ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    // A name of one label is completed by the network's own search list; no site has one (RFC 7085).
    !name.contains('.') || PRIVATE_ENDINGS.iter().any(ends) || name == PLATFORM_NAME
}

/// Looks names up and keeps the public addresses alone.
#[derive(Debug)]
struct Guard {
    private: bool,
    /// Host and port of the proxy of the environment, which is often private, and is meant.
    proxy: Option<(String, u16)>,
    names: DefaultResolver,
}

/// A name that leads to nothing but private addresses; this is one of them.
#[derive(Debug)]
struct Private(IpAddr);

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is private", self.0)
    }
}

impl std::error::Error for Private {}

impl Resolver for Guard {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let is_proxy = self
            .proxy
            .as_ref()
            .is_some_and(|(host, port)| uri.host() == Some(host) && uri.port_u16().is_none_or(|asked| asked == *port));
        if self.private || is_proxy {
            return Ok(found);
        }
        let mut public = self.empty();
        found.iter().filter(|address| is_public(address.ip())).for_each(|address| public.push(*address));
        match found.first() {
            Some(address) if public.is_empty() => Err(ureq::Error::Other(Box::new(Private(address.ip())))),
            _ => Ok(public),
        }
    }
}

/// Addresses in the public space that platforms answer within their machines and networks, as first
/// address and length of prefix. What they have in private space (169.254.169.254, 100.100.100.200,
/// fd00:ec2::254) is in the registries.
const PLATFORM: [(Ipv4Addr, u32); 3] = [
    // Azure: agent of the host, resolver, DHCP (<https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>).
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // IBM Cloud: services of the private network (<https://cloud.ibm.com/docs/vpc?topic=vpc-service-endpoints-for-vpc>).
    (Ipv4Addr::new(161, 26, 0, 0), 16),
    (Ipv4Addr::new(166, 8, 0, 0), 14),
];

/// Whether an address is one of the internet, by the registries of special ones
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry/> and its sister for IPv6) and the list of
/// those of platforms.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] => true,
        // Shared by the customers of a provider.
        [100, second, ..] => (64..128).contains(&second),
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        // Protocols, documentation and benchmarks.
        [192, 0, 0 | 2, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast, reserved, broadcast.
        [first, ..] => first >= 224,
    };
    let is_within = |&(first, prefix): &(Ipv4Addr, u32)| (address.to_bits() ^ first.to_bits()) >> (32 - prefix) == 0;
    !special && !PLATFORM.iter().any(is_within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // An IPv4 address in another form: mapped, behind NAT64 (RFC 6052), or 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            embedded(high, low)
        }
        // Protocols, Teredo among them, and documentation.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x3fff, second, ..] => second >= 0x1000,
        // Only this eighth is given out.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_internet() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "168.63.129.15",
            "168.63.129.17",
            "161.25.255.255",
            "161.27.0.1",
            "166.12.0.1",
            "2606:4700::1111",
            "2a00::1",
            "2001:200::1",
            "64:ff9b::101:101",
            "2002:101:101::",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::ffff:168.63.129.16",
            "64:ff9b::a83f:8110",
            "2002:a83f:8110::",
            "100.100.100.200",
            "169.254.170.2",
            "161.26.0.10",
            "166.8.0.1",
            "166.11.255.255",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().expect(private)), "{private}");
        }
    }

    #[test]
    fn hosts_that_say_that_they_are_private() {
        for private in [
            "http://localhost/",
            "http://LOCALHOST.:80/",
            "http://a.localhost/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]:8080/",
            "http://169.254.169.254/latest/",
            "http://１２７.0.0.1/",
            "http://0/",
            "http://168.63.129.16/machine?comp=goalstate",
            "http://0xA83F8110/",
            "http://[::ffff:168.63.129.16]/",
            "http://[fd00:ec2::254]/latest/",
            "http://metadata.google.internal/",
            "http://METADATA.Google.Internal.:80/",
            "http://metadata/",
            "http://ｍetadata/",
            "http://printer.local/",
            "http://router.home.arpa/",
            "http://internal/",
            "http://metadata.tencentyun.com/",
        ] {
            let url = Url::parse(private).expect(private);
            assert!(private_host(&url).is_some(), "{private}");
        }
        for public in [
            "http://localhost.example.se/",
            "http://1.1.1.1/",
            "https://parts.se/",
            "https://internal.se/",
            "https://mylocal.se/",
            "https://a.notinternal/",
        ] {
            assert_eq!(private_host(&Url::parse(public).expect(public)), None);
        }
    }

    /// The name of a host says nothing; what it means when the connection is made does.
    #[test]
    fn names_that_mean_private_addresses() {
        let ask = |private, proxy| {
            let guard = Guard { private, proxy, names: DefaultResolver::default() };
            let uri = "http://localhost:80/".parse().expect("an address");
            let timeout = NextTimeout::default();
            guard.resolve(&uri, &Config::default(), timeout).map_err(failed)
        };
        assert!(matches!(ask(false, None), Err(Reply::Private(_))));
        assert!(matches!(ask(false, Some(("localhost".into(), 81))), Err(Reply::Private(_))));
        assert!(ask(false, Some(("localhost".into(), 80))).is_ok());
        assert!(ask(true, None).is_ok());
    }
}
