//! A whole source file, from bytes to HTML: `cargo +nightly fuzz run source`.
//!
//! `tests/corpus.rs` replays `corpus/source` with the ordinary compiler.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        partwork::render_alone(text);
    }
});
