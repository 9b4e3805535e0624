// SPDX-License-Identifier: MIT OR Apache-2.0

//! What people are told at the end: a table, and, last, why what failed did.

use std::fmt::{self, Write};

use anyhow::{Result, bail};

use crate::run::Run;
use crate::transcript::Difference;
use crate::verdict::State;

/// How many reasons of a run are told. The first is the likeliest cause; many follow from it.
const REASONS: usize = 5;

/// How many lines of an excerpt are shown.
const EXCERPT: usize = 40;

/// How many tests ended in which way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    as_expected: usize,
    skipped: usize,
}

impl Counts {
    fn add(&mut self, state: &State) {
        match state {
            State::Passed => self.passed += 1,
            State::Failed | State::PassedUnexpectedly(_) => self.failed += 1,
            State::FailedAsExpected(_) => self.as_expected += 1,
            State::Skipped => self.skipped += 1,
        }
    }

    fn of<'a>(states: impl Iterator<Item = &'a State>) -> Self {
        states.fold(Self::default(), |mut counts, state| {
            counts.add(state);
            counts
        })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed", self.passed)?;
        for (count, how) in [
            (self.failed, "failed"),
            (self.as_expected, "failed as expected"),
            (self.skipped, "skipped"),
        ] {
            if count > 0 {
                write!(f, ", {count} {how}")?;
            }
        }
        Ok(())
    }
}

/// A row for each run, and a line that counts all tests.
pub(crate) fn table(runs: &[Run]) -> String {
    let rows: Vec<[String; 4]> = runs
        .iter()
        .map(|run| {
            [
                run.job.name(),
                Counts::of(run.verdict.tests.iter().map(|test| &test.state)).to_string(),
                format!("{:.1} s", run.elapsed.as_secs_f64()),
                run.outcome().to_owned(),
            ]
        })
        .collect();
    let heading = ["run", "tests", "time", "verdict"].map(str::to_owned);
    let all: Vec<_> = std::iter::once(&heading).chain(&rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..4).filter_map(width).collect();
    let mut text = String::new();
    for row in &all {
        let cells = row.iter().zip(&widths);
        let line: Vec<_> = cells
            .map(|(cell, &width)| format!("{cell:width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text + &sum(runs.iter().map(|run| {
        let counts = Counts::of(run.verdict.tests.iter().map(|test| &test.state));
        (counts, run.passed())
    }))
}

/// A line that counts all tests, always in these words, which what counts tests in a CI's log looks
/// for. No test may be skipped, and a run that fails by none of its tests counts as one that failed.
fn sum(runs: impl Iterator<Item = (Counts, bool)>) -> String {
    let (mut good, mut bad) = (0, 0);
    for (counts, passed) in runs {
        let failed = counts.failed + counts.skipped;
        good += counts.passed + counts.as_expected;
        bad += failed.max(usize::from(!passed));
    }
    format!("tests: {good} passed, {bad} failed\n")
}

/// Why runs failed and which transcripts differ, at length; empty when none did.
pub(crate) fn failures(runs: &[Run], differences: &[Difference]) -> String {
    let mut text = String::new();
    for run in runs.iter().filter(|run| !run.passed()) {
        let _ = writeln!(text, "\n{} FAILED", run.job.name());
        let reasons = &run.verdict.reasons;
        for reason in reasons.iter().take(REASONS) {
            describe(&mut text, &reason.what, &reason.excerpt);
        }
        if reasons.len() > REASONS {
            let _ = writeln!(text, "  … and {} more", reasons.len() - REASONS);
        }
        let _ = writeln!(text, "  whole log: {}", run.job.log().display());
    }
    if !differences.is_empty() {
        text.push_str("\ntranscripts DIFFER\n");
    }
    for difference in differences {
        describe(&mut text, &difference.what, &difference.excerpt);
    }
    text
}

fn describe(text: &mut String, what: &str, excerpt: &[String]) {
    let _ = writeln!(text, "  {what}");
    for line in excerpt.iter().take(EXCERPT) {
        let _ = writeln!(text, "    | {line}");
    }
    if excerpt.len() > EXCERPT {
        let _ = writeln!(text, "    … and {} more lines", excerpt.len() - EXCERPT);
    }
}

/// The verdict on everything, as an error of one line when it is not good.
pub(crate) fn verdict(runs: &[Run], differences: &[Difference]) -> Result<()> {
    let failed: Vec<_> = runs.iter().filter(|run| !run.passed()).collect();
    if let Some(run) = failed.first() {
        let why = run
            .verdict
            .reasons
            .first()
            .map_or("", |reason| reason.what.as_str());
        bail!(
            "{} of {} runs failed; {}: {why}; the whole log: {}",
            failed.len(),
            runs.len(),
            run.job.name(),
            run.job.log().display()
        );
    }
    if let Some(difference) = differences.first() {
        bail!(
            "{} transcripts differ; {}; the results are beside {}",
            differences.len(),
            difference.what,
            runs.first()
                .map(|run| run.job.log().display().to_string())
                .unwrap_or_default()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_has_what_failed_without_a_test_that_did() {
        let counts = |passed, failed, skipped| Counts {
            passed,
            failed,
            as_expected: 1,
            skipped,
        };
        for (run, line) in [
            ((counts(2, 0, 0), true), "tests: 3 passed, 0 failed\n"),
            ((counts(2, 0, 0), false), "tests: 3 passed, 1 failed\n"),
            ((counts(2, 1, 0), false), "tests: 3 passed, 1 failed\n"),
            ((counts(2, 1, 1), false), "tests: 3 passed, 2 failed\n"),
        ] {
            assert_eq!(sum(std::iter::once(run)), line);
        }
    }
}
