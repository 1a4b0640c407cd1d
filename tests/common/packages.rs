//! The crates that this one is built from.

use std::process::Command;

use serde_json::Value;

/// What cargo knows of each crate that a build for Linux needs, tests included.
pub fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        // Only what this machine builds has been downloaded.
        .args(["metadata", "--format-version", "1", "--frozen", "--filter-platform"])
        .arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH))
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("cargo lists no packages: {other}"),
    }
}
