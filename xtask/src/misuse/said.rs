// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the compiler said of the files, read from the text in a kernel's folder.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use regex::Regex;

/// An error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The line that it points to.
    pub(super) line: usize,
    /// Such as `E0277`, or `error` where the compiler has no number for it.
    pub(super) code: String,
    /// What it says.
    pub(super) words: String,
}

/// Reads the text: the errors of each file, in their order, and none for one that was compiled. The
/// names are without `.rs`. Warnings are left out.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, Vec<Complaint>>> {
    let pattern = r"^(\w+)\.rs(?:: (compiled)|:(\d+):\d+: error(?:\[(E\d+)\])?: (.*))$";
    let pattern = Regex::new(pattern).context("the pattern of an error")?;
    let mut all: BTreeMap<String, Vec<Complaint>> = BTreeMap::new();
    for line in text.lines() {
        let Some(parts) = pattern.captures(line) else {
            continue;
        };
        let part = |n| parts.get(n).map(|part| part.as_str());
        let complaints = all.entry(parts[1].to_owned()).or_default();
        let Some(number) = part(3) else {
            continue;
        };
        complaints.push(Complaint {
            line: number.parse().with_context(|| line.to_owned())?,
            code: part(4).unwrap_or("error").to_owned(),
            words: part(5).unwrap_or_default().to_owned(),
        });
    }
    Ok(all)
}
