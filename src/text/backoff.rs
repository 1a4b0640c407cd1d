//! How long to wait before a server is asked again.
//!
//! In: how often it was asked, or what it said. Out: a time. Never waits itself.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use ureq::http::HeaderMap;

/// How long to wait after an attempt, counted from 1: twice as long each time. `now` is a clock that
/// no two clients read at the same moment, so that they don't come back in step.
pub fn backoff(attempt: u32, now: Timestamp) -> Duration {
    let whole = 200u64 << attempt.min(6);
    let jitter = u64::from(now.subsec_nanosecond().unsigned_abs()) % (whole / 2);
    Duration::from_millis(whole / 2 + jitter)
}

/// What `Retry-After` asks for, in seconds or as a date (RFC 9110, §10.2.3).
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_asks_for() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let asked = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", value.parse().expect("a value"));
            retry_after(&headers, now).map(|time| time.as_secs())
        };
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked("Thu, 01 Jan 2026 00:01:00 GMT"), Some(60));
        assert_eq!(asked("Wed, 31 Dec 2025 23:59:00 GMT"), Some(0));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn each_wait_is_longer() {
        let now = Timestamp::UNIX_EPOCH;
        let later = Timestamp::new(0, 999_999_999).expect("in range");
        for attempt in 1..6 {
            assert!(backoff(attempt, later) <= backoff(attempt + 1, now));
            assert!(backoff(attempt, now) < backoff(attempt, later));
        }
        assert!(backoff(u32::MAX, later) <= Duration::from_millis(200 << 6));
    }
}
