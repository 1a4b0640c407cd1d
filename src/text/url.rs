//! Addresses as text: from what was typed to what is meant, and back to what may stand in a page.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};

/// What can't stand in a path (<https://url.spec.whatwg.org/#path-percent-encode-set>) or in a URL at
/// all (<https://url.spec.whatwg.org/#url-code-points>); `%`, since nothing in the text is encoded yet.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'\\')
    .add(b'^')
    .add(b'[')
    .add(b']');

/// What is neither reserved nor unreserved nor the `%` of an encoded byte (RFC 3986, §2).
const NOT_IN_URI: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// All but the unreserved characters (RFC 3986, §2.3).
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All that may have a meaning within a piece of a path.
const NOT_IN_PIECES: &AsciiSet = &NOT_UNRESERVED.remove(b'/');

/// Replaces `%41` and the like; what is no UTF-8 then stays as typed.
pub fn percent_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_string(), |decoded| decoded.into_owned())
}

/// A path as a URL: what the URL standard doesn't allow in a path is percent-encoded, letters of
/// every script stay readable.
pub fn encode(path: &str) -> String {
    let mut url = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii() || c.is_control() {
            url.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), NOT_IN_PATH));
        } else {
            url.push(c);
        }
    }
    url
}

/// A URL in the characters of RFC 3986 alone, for formats that know no others: what is not among
/// them is percent-encoded, and what is encoded stays so.
pub fn uri(url: &str) -> String {
    utf8_percent_encode(url, NOT_IN_URI).to_string()
}

/// A text as one piece of an address, whatever that piece is: a segment, a key or a value of a query.
pub fn piece(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, NOT_UNRESERVED)
}

/// A path whose slashes stay, and of which nothing else is taken for more than it says.
pub fn pieces(path: &str) -> PercentEncode<'_> {
    utf8_percent_encode(path, NOT_IN_PIECES)
}

/// An address with its ASCII as it is and the rest encoded, for headers, which have no room for it.
pub fn ascii(url: &str) -> PercentEncode<'_> {
    utf8_percent_encode(url, &AsciiSet::EMPTY)
}

/// Whether the authority of an address, a host with its port if it has one, is this machine alone.
pub fn is_loopback(authority: &str) -> bool {
    let port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = authority.rsplit_once(':').filter(|(_, after)| port(after)).map_or(authority, |(host, _)| host);
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether an address is one of those that are set aside for examples (RFC 2606).
pub fn is_placeholder(url: &str) -> bool {
    let rest = url.split_once(':').map_or(url, |(_, rest)| rest).trim_start_matches('/');
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    let names = ["example.org", "example.com", "example.net", "example.test", "test", "example", "invalid"];
    names.iter().any(|name| host == *name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs() {
        assert_eq!(percent_decode("a%20b%C3%A9%zz%"), "a bé%zz%");
        assert_eq!(percent_decode("%ff"), "%ff");
        assert_eq!(percent_decode("%+1%-1"), "%+1%-1");
        assert_eq!(encode("a b#é\"%.png"), "a%20b%23é%22%25.png");
        assert_eq!(uri("/é%41?a[]=|"), "/%C3%A9%41?a[]=%7C");
        assert_eq!(piece("a/b c~").to_string(), "a%2Fb%20c~");
        assert_eq!(pieces("a b/ü~.html").to_string(), "a%20b/%C3%BC~.html");
        assert_eq!(ascii("/ü a?%").to_string(), "/%C3%BC a?%");
    }

    #[test]
    fn hosts_of_this_machine() {
        for own in ["localhost", "LOCALHOST:9000", "127.0.0.1:80", "127.1.2.3", "[::1]:9000", "[::1]"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["", "localhost.evil.se", "127.0.0.1.evil.se", "0.0.0.0", "10.0.0.1:80", "[::2]", "h:127.0.0.1"] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn addresses_of_examples() {
        for url in ["https://example.org", "https://www.example.com/x", "http://a.test:80", "mailto:me@example.net"] {
            assert!(is_placeholder(url), "{url}");
        }
        for url in ["https://my-example.org", "https://example.org.uk", "https://contest/", "http://127.0.0.1:8080"] {
            assert!(!is_placeholder(url), "{url}");
        }
    }
}
