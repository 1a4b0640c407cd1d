//! JSON as the outputs write it.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

/// A value as JSON for people to read as well.
pub fn json_text(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    // Texts, numbers and lists of them: nothing here that JSON can't say.
    let _ = write_json(value, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// As [`json_text`], and holds little of it.
pub fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// A list of what an iterator gives, of which one at a time is held.
pub struct Each<F>(pub F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}
