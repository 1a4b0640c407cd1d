//! JSON as the outputs write it.

use serde::Serialize;

/// A value as JSON for people to read as well.
pub fn json_text(value: &impl Serialize) -> String {
    // Texts, numbers and lists of them: nothing here that JSON can't say.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
