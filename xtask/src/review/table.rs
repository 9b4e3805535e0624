// SPDX-License-Identifier: MIT OR Apache-2.0

//! What people see of a review: each finding, and a table with a line a check.

use std::fmt::Write;

use super::Outcome;

/// Every finding with what shows it; empty when there is none.
pub(super) fn findings(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.found.is_empty()) {
        let _ = writeln!(text, "\n{}: {}", outcome.check.name, outcome.check.about);
        for finding in &outcome.found {
            let _ = writeln!(text, "  {finding}");
            for line in &finding.excerpt {
                let _ = writeln!(text, "    | {line}");
            }
        }
    }
    text
}

/// A line a check, and the sum as a line that other programs understand.
pub(super) fn table(outcomes: &[Outcome]) -> String {
    let names = outcomes.iter().map(|outcome| outcome.check.name.len());
    let abouts = outcomes.iter().map(|outcome| outcome.check.about.len());
    let (name, about) = (names.max().unwrap_or(0), abouts.max().unwrap_or(0));
    let mut text = String::from("\n");
    for outcome in outcomes {
        let _ = writeln!(
            text,
            "{:name$}  {:about$}  {:6.1} s  {}",
            outcome.check.name,
            outcome.check.about,
            outcome.elapsed.as_secs_f64(),
            verdict(outcome.found.len(), outcome.accepted)
        );
    }
    let passed = outcomes.iter().filter(|o| o.found.is_empty()).count();
    text + &format!("{passed} passed, {} failed\n", outcomes.len() - passed)
}

/// What came of a check in a few words.
pub(super) fn verdict(found: usize, accepted: usize) -> String {
    let verdict = match found {
        0 => "passed".to_owned(),
        1 => "1 FINDING".to_owned(),
        found => format!("{found} FINDINGS"),
    };
    match accepted {
        0 => verdict,
        accepted => format!("{verdict} ({accepted} accepted)"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::checks::CHECKS;
    use super::super::finding::Finding;
    use super::*;

    fn outcome(found: usize, accepted: usize) -> Outcome {
        let finding = Finding {
            series: "rust".to_owned(),
            place: Some("0001-a.patch".to_owned()),
            what: "does not apply".to_owned(),
            excerpt: vec!["@@".to_owned()],
        };
        Outcome {
            check: &CHECKS[0],
            found: vec![finding; found],
            accepted,
            elapsed: Duration::from_millis(1500),
        }
    }

    #[test]
    fn a_check_that_found_something_has_failed() {
        assert_eq!(
            table(&[outcome(0, 2), outcome(1, 0)]),
            "\napplies  every patch applies to the untouched sources     1.5 s  passed (2 accepted)\n\
             applies  every patch applies to the untouched sources     1.5 s  1 FINDING\n\
             1 passed, 1 failed\n"
        );
        assert_eq!(
            findings(&[outcome(0, 2), outcome(1, 0)]),
            "\napplies: every patch applies to the untouched sources\n  \
             rust/0001-a.patch: does not apply\n    | @@\n"
        );
    }
}
