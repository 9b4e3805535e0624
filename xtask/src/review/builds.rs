// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every patch alone builds, with every user of the connector, and brings no warning.

use std::collections::BTreeSet;

use anyhow::Result;

use super::finding::Finding;
use super::subject::Subject;
use super::warnings::Warning;
use super::workshop::Workshop;

/// What is made of each patch: the kernel and all modules, with the warnings that maintainers ask
/// for.
const TARGETS: [&str; 2] = ["W=1", "all"];

/// The connector in C after every patch.
pub(crate) fn c(subject: &Subject) -> Result<Vec<Finding>> {
    build(subject, "review-c", |_| true)
}

/// The kernel with Rust after every patch of the series that is for it, with the connector in Rust
/// from the patch on that brings it.
pub(crate) fn rust(subject: &Subject) -> Result<Vec<Finding>> {
    build(subject, "review-rust", |series| series == "rust")
}

fn build(subject: &Subject, flavor: &str, is_for: impl Fn(&str) -> bool) -> Result<Vec<Finding>> {
    let workshop = Workshop::open(subject, flavor)?;
    let patches: Vec<_> = subject
        .patches()
        .filter(|(series, ..)| is_for(&series.name))
        .collect();
    let Some((_, _, Some(first))) = patches.first() else {
        return Ok(Vec::new());
    };
    // What was warned of before is not the series' fault.
    let before = format!("{first}^");
    workshop.touch(&before)?;
    let known = workshop.make(&before, &TARGETS)?;
    let mut found = Vec::new();
    for (series, patch, commit) in patches {
        let Some(commit) = commit else { break };
        let built = workshop.make(commit, &TARGETS);
        let said = said(&known, built);
        found.extend(said.into_iter().map(|(what, shown)| {
            let finding = Finding::of(series, patch, format!("{flavor}: {what}"));
            finding.showing(shown.lines())
        }));
    }
    Ok(found)
}

/// What there is to say of the build of a patch, with what shows it: that there was none, or the
/// warnings that are not `known`.
fn said(known: &BTreeSet<Warning>, built: Result<BTreeSet<Warning>>) -> Vec<(String, String)> {
    let of_warning = |warning: &Warning| {
        let file = warning.file.as_deref().unwrap_or("the build");
        (format!("{file}: warning: {}", warning.text), String::new())
    };
    match built {
        Ok(warnings) => warnings.difference(known).map(of_warning).collect(),
        Err(error) => vec![("does not build".to_owned(), format!("{error:#}"))],
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn warnings(texts: &[&str]) -> BTreeSet<Warning> {
        let warning = |text: &&str| Warning {
            file: Some("drivers/a.c".to_owned()),
            text: (*text).to_owned(),
        };
        texts.iter().map(warning).collect()
    }

    #[test]
    fn a_new_warning_is_a_finding_and_a_known_one_is_not() {
        let known = warnings(&["unused variable 'old'"]);
        let what = |texts| said(&known, Ok(warnings(texts)));
        assert_eq!(what(&["unused variable 'old'"]), []);
        let both = what(&["unused variable 'old'", "unused variable 'new'"]);
        let new = "drivers/a.c: warning: unused variable 'new'".to_owned();
        assert_eq!(both, [(new, String::new())]);
    }

    #[test]
    fn what_does_not_build_is_a_finding_that_shows_why() {
        let found = said(&warnings(&[]), Err(anyhow!("a.c:1: error: no such thing")));
        let why = "a.c:1: error: no such thing".to_owned();
        assert_eq!(found, [("does not build".to_owned(), why)]);
    }
}
