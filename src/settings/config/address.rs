//! Absolute addresses: the site's own, and those that its settings lead to.

use url::Url;

use crate::diagnostic::quote;
use crate::text::url::{encode, percent_decode};

/// What a browser can load from, and post to.
pub const WEB: &[&str] = &["https", "http"];

/// What a reader may be sent to.
pub const LINKS: &[&str] = &["https", "http", "mailto"];

/// Where the site will stand: `https://example.org` and `/sub/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Scheme and host, without a slash at the end.
    pub origin: String,
    /// Begins and ends with a slash; decoded, as the addresses below it are.
    pub path: String,
}

impl BaseUrl {
    /// Reads an `http` or `https` address; says why when it can't be a base.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(problem) = url_problem(text, WEB) {
            return Err(problem);
        }
        if let Some(bad) = text.chars().find(|c| matches!(c, '?' | '#')) {
            return Err(format!("has a `{bad}`; only a path may follow the host"));
        }
        let scheme_end = text.find("://").map_or(0, |at| at + 3);
        let path_start = text[scheme_end..].find('/').map_or(text.len(), |at| scheme_end + at);
        let (origin, path) = text.split_at(path_start);
        if let Err(problem) = Url::parse(text) {
            return Err(format!("is no address: {problem}"));
        }
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = percent_decode(path.strip_suffix('/').unwrap_or(path));
        if let Some(bad) = path.chars().find(|c| c.is_control() || *c == '\\') {
            return Err(format!("has the character `{}` in its path", bad.escape_debug()));
        }
        if path.split('/').any(|piece| matches!(piece, "." | "..") || (piece.is_empty() && !path.is_empty())) {
            return Err("has an empty, `.` or `..` piece in its path".into());
        }
        let path = if path.is_empty() { "/".to_string() } else { format!("/{path}/") };
        Ok(BaseUrl { origin: origin.to_string(), path })
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        let authority = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Whether it is this machine's own address, which means another machine to each reader.
    pub fn is_loopback(&self) -> bool {
        let host = self.host().trim_end_matches('.').to_lowercase();
        let name = host == "localhost" || host.ends_with(".localhost");
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
        name || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
    }

    /// The address below the base that a URL means, decoded; nothing when it leads elsewhere.
    pub fn below(&self, url: &Url) -> Option<String> {
        let base = Url::parse(&self.absolute("")).ok()?;
        let same = base.scheme() == url.scheme() && base.host() == url.host() && base.port() == url.port();
        let is_base = url.path() == base.path().trim_end_matches('/');
        let path = if is_base { Some("") } else { url.path().strip_prefix(base.path()) };
        path.filter(|_| same).map(percent_decode)
    }

    /// The absolute URL of an address below the base, such as `guide/intro/`, encoded.
    pub fn absolute(&self, address: &str) -> String {
        format!("{}{}", self.origin, self.rooted(address))
    }

    /// The URL below the host, as pages link to each other, encoded.
    pub fn rooted(&self, address: &str) -> String {
        encode(&format!("{}{address}", self.path))
    }
}

/// Why a text can't be an absolute address with one of these schemes; `None` when it can.
pub fn url_problem(text: &str, schemes: &[&str]) -> Option<String> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Some(format!("has no scheme; it begins with `{}://`", schemes[0]));
    };
    if !schemes.contains(&scheme) {
        return Some(format!("has the scheme {}, not `{}`", quote(scheme), schemes.join("` or `")));
    }
    if let Some(bad) = text.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\'))
    {
        return Some(format!("has the character `{}`", bad.escape_debug()));
    }
    if scheme == "mailto" {
        return (!rest.contains('@')).then(|| "names no mailbox".into());
    }
    let host = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    match host {
        None | Some("") => Some("names no host".into()),
        Some(host) if host.contains('@') => Some("holds credentials; leave them out".into()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_host_with_a_path() {
        for (text, origin, path) in [
            ("https://example.org", "https://example.org", "/"),
            ("https://example.org/", "https://example.org", "/"),
            ("http://example.org:8080/a/b", "http://example.org:8080", "/a/b/"),
            ("https://example.org/caf%C3%A9/", "https://example.org", "/café/"),
        ] {
            let base = BaseUrl::parse(text).expect(text);
            assert_eq!((base.origin.as_str(), base.path.as_str()), (origin, path), "{text}");
        }
        for (text, problem) in [
            ("https://example.org:99999/", "invalid port"),
            ("https://example.org//a/", "empty"),
            ("https://example.org/a//", "empty"),
            ("https://example.org/../a/", "`..`"),
            ("https://example.org/?a", "`?`"),
        ] {
            let told = BaseUrl::parse(text).expect_err(text);
            assert!(told.contains(problem), "{text}: {told}");
        }
    }
}
