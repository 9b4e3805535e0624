// SPDX-License-Identifier: MIT OR Apache-2.0

//! What repairs something names the commit that broke it.

use anyhow::{Context, Result};
use regex::Regex;

use super::finding::Finding;
use super::subject::Subject;

/// The kernel tree that takes repairs only.
const REPAIRS: &str = "net";

/// Commits as they are named in mails: at least 12 digits, and the title.
const COMMIT: &str = r#"^[0-9a-f]{12,40} \("\S.*"\)$"#;

/// Lines that mean to be the tag.
const MEANT: &str = r"(?i)^fixes\b\s*:";

/// Repairs without the tag, and tags that are malformed.
pub(crate) fn check(subject: &Subject) -> Result<Vec<Finding>> {
    let pattern = |text| Regex::new(text).context("a pattern of xtask is malformed");
    let (commit, meant) = (pattern(COMMIT)?, pattern(MEANT)?);
    let mut found = Vec::new();
    for (series, patch, _) in subject.patches() {
        let tags: Vec<_> = patch
            .body
            .iter()
            .filter(|line| meant.is_match(line))
            .collect();
        if tags.is_empty() && series.target == REPAIRS {
            found.push(Finding::of(
                series,
                patch,
                "names no commit that it repairs; add `Fixes: HASH (\"TITLE\")`",
            ));
        }
        for tag in tags {
            let value = tag.strip_prefix("Fixes: ");
            if !value.is_some_and(|value| commit.is_match(value)) {
                let what = format!("`{tag}` is no `Fixes: HASH (\"TITLE\")` of 12 digits or more");
                found.push(Finding::of(series, patch, what));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::patch::tests::mail;
    use super::super::subject::tests::subject;
    use super::*;

    fn count(target: &str, tag: &str) -> usize {
        let body = format!("Why.\n\n{tag}");
        let patch = mail("connector: Repair it", &body, "a.c", &["-a", "+b"]);
        check(&subject(target, vec![patch])).unwrap().len()
    }

    #[test]
    fn a_repair_names_what_it_repairs_and_only_a_repair_must() {
        let good = "Fixes: 7672d0b54411 (\"[NET]: Add netlink connector.\")";
        assert_eq!(count("net", good), 0);
        assert_eq!(count("net", "Closes: something"), 1);
        assert_eq!(count("net-next", "Closes: something"), 0);
    }

    #[test]
    fn a_malformed_tag_is_found_in_either_tree() {
        for bad in [
            "Fixes: 7672d0b5441 (\"[NET]: Add netlink connector.\")",
            "Fixes: 7672d0b54411 ([NET]: Add netlink connector.)",
            "Fixes: 7672d0b54411",
            "Fixes:7672d0b54411 (\"[NET]: Add netlink connector.\")",
            "fixes: 7672d0b54411 (\"[NET]: Add netlink connector.\")",
            "Fixes: commit 7672d0b54411 (\"[NET]: Add netlink connector.\")",
        ] {
            assert_eq!((count("net", bad), count("net-next", bad)), (1, 1), "{bad}");
        }
    }
}
