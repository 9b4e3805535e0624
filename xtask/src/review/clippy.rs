// SPDX-License-Identifier: MIT OR Apache-2.0

//! clippy has nothing to say of the touched files, by the kernel's rules.

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use super::workshop::Workshop;

/// What `make CLIPPY=1` says after the last patch.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let workshop = Workshop::open(subject, "review-rust")?;
    let tip = subject.tip()?;
    workshop.touch(&tip)?;
    // That of the rustc that builds: another one cannot read its libraries.
    let driver = workshop
        .toolchain()
        .rustc
        .path
        .with_file_name("clippy-driver");
    let driver = format!("CLIPPY_DRIVER={}", driver.display());
    let warnings = workshop.make(&tip, &["CLIPPY=1", &driver, "all"])?;
    Ok(subject.about_touched("clippy", &warnings))
}
