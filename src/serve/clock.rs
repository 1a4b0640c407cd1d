//! The clocks of a server, which lives in the time that it shows.

use std::time::{Instant, SystemTime};

use jiff::Timestamp;

use crate::text::date;

/// For what comes out by itself, and for the age of files.
#[expect(clippy::disallowed_methods, reason = "a part comes out while the server runs")]
pub fn now() -> Timestamp {
    date::instant(SystemTime::now())
}

/// For what is measured and waited for.
#[expect(clippy::disallowed_methods, reason = "a burst of changes is over when nothing comes for a while")]
pub fn instant() -> Instant {
    Instant::now()
}
