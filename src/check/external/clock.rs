//! The clocks of a run that asks servers: it keeps a pace, and what it learns is of this day.

use std::time::{Instant, SystemTime};

use jiff::Timestamp;

use crate::text::date;

/// For what is remembered from run to run, whatever day the site is built for.
#[expect(clippy::disallowed_methods, reason = "answers are of the day on which a server gave them")]
pub fn now() -> Timestamp {
    date::instant(SystemTime::now())
}

/// For the pace of a run.
#[expect(clippy::disallowed_methods, reason = "a server is asked so often in a second and not more often")]
pub fn instant() -> Instant {
    Instant::now()
}
