//! Addresses as text: from what was typed to what is meant, and back to what may stand in a page.

/// Replaces `%41` and the like; what is no UTF-8 then stays as typed.
pub fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_string();
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        // `from_str_radix` alone would take a sign.
        let is_hex = |hex: &&str| bytes[at] == b'%' && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        let hex = text.get(at + 1..at + 3).filter(is_hex);
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_string())
}

/// A path as a URL: what the URL standard (§4.3) doesn't allow in a path is percent-encoded,
/// letters of every script stay readable.
pub fn encode(path: &str) -> String {
    let mut url = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_control()
            || matches!(c, ' ' | '"' | '#' | '%' | '<' | '>' | '?' | '`' | '{' | '}' | '|' | '\\' | '^' | '[' | ']')
        {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                url.push_str(&format!("%{byte:02X}"));
            }
        } else {
            url.push(c);
        }
    }
    url
}

/// A URL in the characters of RFC 3986 alone, for formats that know no others: what is not among
/// them is percent-encoded, and what is encoded stays so.
pub fn uri(url: &str) -> String {
    let mut uri = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => uri.push_str(&format!("%{byte:02X}")),
            0x21..=0x7e => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
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
