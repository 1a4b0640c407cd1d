//! Which names a request may call this server by.
//!
//! In: a `Host` header. Out: whether a browser that sent it could have been led here by a stranger's
//! DNS entry. A page of `evil.example` whose name is bound anew to 127.0.0.1 would otherwise read
//! the site, drafts and all; an address can't be bound anew, so only names are at stake.

use std::net::IpAddr;

/// Whether a `Host` header's value names this server: a loopback name or address, the address that
/// the connection came in on, or a name that the user gave. Any port will do, since a tunnel may
/// have one of its own.
pub fn is_ours(host: &str, local: IpAddr, named: &[String]) -> bool {
    let Some(name) = without_port(host) else { return false };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    if let Ok(address) = bare.parse::<IpAddr>() {
        let bracketed = bare.len() != name.len();
        return bracketed == address.is_ipv6()
            && (address.is_loopback() || address.to_canonical() == local.to_canonical());
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    is_localhost(name) || named.iter().any(|named| named.eq_ignore_ascii_case(name))
}

/// `localhost` and all below it, which never leave the machine (RFC 6761, §6.3).
pub fn is_localhost(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// A host without its port (RFC 9110, §7.2); `None` when it is neither a name nor an address.
fn without_port(host: &str) -> Option<&str> {
    let end = if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, port) = host.split_at(end);
    let digits = port.strip_prefix(':').unwrap_or(port);
    let good = (port.is_empty() || port.starts_with(':'))
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte));
    (good && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_ours() {
        let named = ["Laptop.local".to_string()];
        let ours = |host: &str| is_ours(host, "192.168.1.5".parse().expect("an address"), &named);
        for host in [
            "localhost",
            "LOCALHOST:4711",
            "localhost.",
            "site.localhost:1",
            "127.0.0.1:80",
            "127.9.9.9",
            "[::1]:4711",
            "192.168.1.5:4711",
            "laptop.local",
            "laptop.local:1",
        ] {
            assert!(ours(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "127.0.0.1.evil.example",
            "192.168.1.6",
            "10.0.0.1",
            "::1",
            "[::1",
            "[::1]x",
            "[127.0.0.1]",
            "localhost:x",
            "user@localhost",
            "localhost:80:80",
            "laptop.local.evil",
            "2130706433",
            "0.0.0.0",
            "localhost/",
            "local host",
        ] {
            assert!(!ours(host), "{host}");
        }
    }
}
