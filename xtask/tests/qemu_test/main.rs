// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each way in which a guest or its surroundings can fail, provoked for real: a run ends with a
//! failure, says why in its last line, shows it, and names a log that is there.
//!
//! Most of these boot the kernel of the flavor `rust`, which is built first when it lacks.

#![allow(clippy::unwrap_used, reason = "these are tests throughout")]

mod guests;
mod interrupt;
mod refusals;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// `cargo xtask qemu-test` on the payloads and scenarios that are made to fail.
fn qemu_test<S: AsRef<OsStr>>(runs: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(["qemu-test", "--accel", "tcg", "--payloads"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests"))
        .arg("--runs")
        .arg(runs)
        .args(arguments);
    command
}

/// What came of a command.
struct Said {
    code: Option<i32>,
    table: String,
    last_line: String,
    all: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let table = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        Self {
            code: output.status.code(),
            last_line: errors.lines().last().unwrap_or_default().to_owned(),
            all: format!("{table}\n{errors}"),
            table,
        }
    }
}
