// SPDX-License-Identifier: MIT OR Apache-2.0

//! rustdoc makes the documentation of the touched files without a warning.

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use super::workshop::Workshop;

/// What `make rustdoc` says after the last patch.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let workshop = Workshop::open(subject, "review-rust")?;
    let warnings = workshop.make(&subject.tip()?, &["rustdoc"])?;
    Ok(subject.about_touched("rustdoc", &warnings))
}
