//! What is found out about an address: the verdict, its reason, and where it comes from.

use serde::{Deserialize, Serialize};

/// What became of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Fine,
    /// Readers find nothing there.
    Broken,
    /// There is somebody, who doesn't answer us.
    Refused,
    /// Nobody answered, or only that something failed.
    Unreachable,
}

/// A verdict and its reason, which follows the address in a sentence: `answers 404 Not Found`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    pub why: String,
    pub cause: Cause,
}

/// Where a finding comes from, which decides whether it is worth remembering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A server said so.
    Answer,
    /// Nobody was asked: the address is one of this machine or its network.
    Private,
    /// Nobody was asked, for another reason.
    Unasked,
}
