//! Dates as authors type them, and the one instant that a build calls now.
//!
//! In: texts and the site's time zone. Out: instants and calendar dates. The machine's clock and
//! zone never enter here; the shell reads the clock once.

use std::borrow::Cow;
use std::time::SystemTime;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// When something happens: the instant, and the day on the calendar of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    pub instant: Timestamp,
    pub day: Date,
}

/// Reads a date (`2025-03-01`, its first instant), a date and time on the clocks of the zone, or an
/// instant with its offset (RFC 3339, or as Jekyll writes it: `2025-03-01 10:00:00 +0100`). `None` when
/// it is none of these.
pub fn parse(text: &str, zone: &TimeZone) -> Option<When> {
    let text = &joined(text.trim());
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(When { instant, day: instant.to_zoned_datetime(zone.clone()).date() });
    }
    // A bare date parses as a date-time too, at midnight.
    let local: DateTime = text.parse().ok()?;
    let instant = if text.len() <= "2025-03-01".len() {
        // Where a day begins at 01:00, because the clocks moved at midnight, it begins then.
        local.date().to_zoned_datetime(zone.clone()).ok()?.timestamp()
    } else {
        local.to_zoned_datetime(zone.clone()).ok()?.timestamp()
    };
    Some(When { instant, day: local.date() })
}

/// Whether a text begins with a year and its hyphen, as dates do.
pub fn begins_like_one(text: &str) -> bool {
    text.split_once('-').is_some_and(|(year, _)| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A date that people write otherwise (`9.11.2026`, `2025-2-3`, `2025/02/03`) as it is written here;
/// nothing where day and month can't be told apart.
pub fn written(text: &str) -> Option<String> {
    let sign = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '.' | '-' | '/'))?;
    let pieces: Vec<&str> = text.trim().split(sign).collect();
    let [first, middle, last] = pieces[..] else { return None };
    let number = |piece: &str| piece.parse::<i8>().ok();
    let (year, month, day) = match (first.len(), last.len()) {
        (4, 1..=2) => (first, number(middle)?, number(last)?),
        (1..=2, 4) => {
            let (one, other) = (number(first)?, number(middle)?);
            match sign {
                '.' => (last, other, one),
                _ if one > 12 => (last, other, one),
                _ if other > 12 => (last, one, other),
                _ => return None,
            }
        }
        _ => return None,
    };
    Date::new(year.parse().ok()?, month, day).ok().map(|date| date.to_string())
}

/// An instant without a space before its offset, and with `Z` for UTC.
fn joined(text: &str) -> Cow<'_, str> {
    let Some((time, offset)) = text.rsplit_once(' ').filter(|(time, _)| time.contains(':')) else { return text.into() };
    let offset = if matches!(offset, "UTC" | "GMT") { "Z" } else { offset };
    if offset.starts_with(['+', '-', 'Z']) { format!("{}{offset}", time.trim_end()).into() } else { text.into() }
}

/// What a machine's clock says; one that runs beyond the calendar stands at its end.
pub fn instant(clock: SystemTime) -> Timestamp {
    let end = if clock < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(clock).unwrap_or(end)
}

/// What `--at` means: a date is the end of that day, an instant exactly that.
pub fn parse_at(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    match text.parse::<Date>() {
        Ok(day) if text.len() <= "2025-03-01".len() => {
            // The last day of the calendar has none after it.
            let Ok(next) = day.checked_add(Span::new().days(1)) else { return Some(Timestamp::MAX) };
            let begins = next.to_zoned_datetime(zone.clone()).ok()?.timestamp();
            begins.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()
        }
        _ => parse(text, zone).map(|when| when.instant),
    }
}

/// An instant as RFC 3339 has it, on the calendar of the site.
pub fn rfc3339(instant: Timestamp, zone: &TimeZone) -> String {
    let local = instant.to_zoned_datetime(zone.clone());
    // Before zones had names, towns kept times with seconds, which RFC 3339 can't say.
    let local = if local.offset().seconds() % 60 == 0 { local } else { instant.to_zoned_datetime(TimeZone::UTC) };
    local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_in_words_of_machines() {
        let zone = TimeZone::get("Europe/Berlin").expect("a bundled zone");
        for (day, text) in [
            ("2025-03-01", "2025-03-01T00:00:00+01:00"),
            ("2025-07-01", "2025-07-01T00:00:00+02:00"),
            ("1850-01-01", "1849-12-31T23:06:32+00:00"),
        ] {
            assert_eq!(rfc3339(parse(day, &zone).expect("a day").instant, &zone), text);
        }
    }

    #[test]
    fn forms() {
        let zone = TimeZone::get("Europe/Stockholm").expect("a bundled zone");
        for (text, instant, day) in [
            ("2025-03-01", "2025-02-28T23:00:00Z", "2025-03-01"),
            ("2025-07-01", "2025-06-30T22:00:00Z", "2025-07-01"),
            ("2025-03-01T08:30:00", "2025-03-01T07:30:00Z", "2025-03-01"),
            ("2025-03-01 08:30", "2025-03-01T07:30:00Z", "2025-03-01"),
            ("2025-03-01T23:30:00Z", "2025-03-01T23:30:00Z", "2025-03-02"),
            ("2025-03-01T23:30:00 UTC", "2025-03-01T23:30:00Z", "2025-03-02"),
            ("2025-03-01 23:30:00 +0200", "2025-03-01T21:30:00Z", "2025-03-01"),
            ("2025-03-01 23:30:00 +02:00", "2025-03-01T21:30:00Z", "2025-03-01"),
        ] {
            let when = parse(text, &zone).expect(text);
            assert_eq!((when.instant.to_string().as_str(), when.day.to_string().as_str()), (instant, day));
        }
        for bad in [
            "",
            "2025-13-01",
            "2025-02-30",
            "tomorrow",
            "08:00:00",
            "2025-03-01 weekly",
            "2025-03-01 10:00 +",
            "20.11.2026",
        ] {
            assert_eq!(parse(bad, &zone), None, "{bad}");
        }
        for (text, date) in [
            ("09.11.2026", Some("2026-11-09")),
            ("2025-2-3", Some("2025-02-03")),
            ("2025/02/03", Some("2025-02-03")),
            ("13/2/2025", Some("2025-02-13")),
            ("2/13/2025", Some("2025-02-13")),
            ("2/3/2025", None),
            ("31.02.2025", None),
            ("1.2.3", None),
        ] {
            assert_eq!(written(text).as_deref(), date, "{text}");
        }
        assert_eq!(parse_at("2025-03-01", &zone).expect("a date").to_string(), "2025-03-01T22:59:59.999999999Z");
        assert_eq!(parse_at("9999-12-31", &zone), Some(Timestamp::MAX));
        let beyond = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(300_000_000_000);
        assert_eq!(super::instant(beyond), Timestamp::MAX);
        assert_eq!(parse_at("2025-03-01T00:00:00Z", &zone).expect("an instant").to_string(), "2025-03-01T00:00:00Z");
    }
}
