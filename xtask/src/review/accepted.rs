// SPDX-License-Identifier: MIT OR Apache-2.0

//! Findings that are as they should be, each with its reason: `patches/review.yaml`.

use std::path::Path;

use anyhow::Result;
use regex::Regex;
use serde::Deserialize;

use super::finding::Finding;
use crate::yaml::{self, Parsed};

/// A finding that is as it should be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    /// The check's name.
    check: String,
    /// Matches a finding as it is printed.
    finding: Parsed<Regex>,
    /// Why nothing is to be done about it.
    why: String,
}

/// Reads the list; it is empty when there is no such file.
pub(crate) fn load(path: &Path) -> Result<Vec<Accepted>> {
    match path.exists() {
        true => yaml::load(path),
        false => Ok(Vec::new()),
    }
}

/// Sorts what the check `name` found into what is left of it and how many are accepted. If `all`
/// series were looked at, an entry of the list that nothing matches is a finding itself.
pub(crate) fn sort(
    list: &[Accepted],
    name: &str,
    all: bool,
    found: Vec<Finding>,
) -> (Vec<Finding>, usize) {
    let entries: Vec<_> = list.iter().filter(|entry| entry.check == name).collect();
    let matches =
        |entry: &Accepted, finding: &Finding| entry.finding.0.is_match(&finding.to_string());
    let stale = entries
        .iter()
        .filter(|entry| all && !found.iter().any(|f| matches(entry, f)));
    let stale: Vec<_> = stale
        .map(|entry| Finding {
            series: "review.yaml".to_owned(),
            place: None,
            what: format!(
                "nothing is found like `{}` ({}); remove the entry",
                entry.finding.0, entry.why
            ),
            excerpt: Vec::new(),
        })
        .collect();
    let count = found.len();
    let mut left = found;
    left.retain(|finding| !entries.iter().any(|entry| matches(entry, finding)));
    let accepted = count - left.len();
    left.extend(stale);
    (left, accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_passes_and_what_is_listed_in_vain_does_not() {
        let entry = |pattern: &str| Accepted {
            check: "maintainers".to_owned(),
            finding: Parsed(Regex::new(pattern).unwrap()),
            why: "it is nobody's".to_owned(),
        };
        let found = || {
            vec![Finding {
                series: "rust".to_owned(),
                place: Some("0010-a.patch".to_owned()),
                what: "finds nobody for drivers/Makefile".to_owned(),
                excerpt: Vec::new(),
            }]
        };
        let listed = [entry("drivers/Makefile$")];
        assert_eq!(sort(&listed, "maintainers", true, found()), (Vec::new(), 1));
        assert_eq!(sort(&listed, "spdx", true, found()), (found(), 0));
        let other = [entry("other")];
        assert_eq!(sort(&other, "maintainers", false, found()), (found(), 0));
        let (left, accepted) = sort(&other, "maintainers", true, found());
        assert_eq!((left.len(), accepted), (2, 0));
        assert!(left[1].what.contains("remove the entry"));
    }
}
