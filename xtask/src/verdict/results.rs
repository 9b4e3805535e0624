// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the port of results says about a run.

use initramfs::plan::Step;
use initramfs::{END_OF_RESULTS, TESTS_FAILED};

use super::{Reason, leaves, tail};
use crate::ktap::{Outcome, Results, Test};
use crate::scenario::{ExpectedFailure, Scenario};

/// A test without tests below it, as the scenario sees its outcome.
#[derive(Debug, Clone)]
pub(crate) struct Tested {
    /// Names from the step down, joined by `/`.
    pub(crate) path: String,
    /// What came of it.
    pub(crate) state: State,
    /// What it said.
    pub(crate) diagnostics: Vec<String>,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It passed and was to.
    Passed,
    /// It failed.
    Failed,
    /// It did not run.
    Skipped,
    /// It failed and was to, because of this.
    FailedAsExpected(String),
    /// It passed and was to fail, because of this.
    PassedUnexpectedly(String),
}

/// Every test, seen with the failures that the scenario expects on `flavor`.
pub(super) fn tests(scenario: &Scenario, flavor: &str, results: &Results) -> Vec<Tested> {
    leaves(results)
        .into_iter()
        .map(|(path, test)| {
            let expected =
                expected_on(scenario, flavor).find(|failure| failure.tests.contains(&path));
            tested(path, test, expected)
        })
        .collect()
}

fn tested(path: String, test: &Test, expected: Option<&ExpectedFailure>) -> Tested {
    let mut diagnostics = test.diagnostics.clone();
    let says = |failure: &ExpectedFailure| {
        let mut lines = test.diagnostics.iter();
        lines.any(|line| failure.says.0.is_match(line))
    };
    let state = match (test.outcome, expected) {
        (Outcome::Passed, None) => State::Passed,
        (Outcome::Passed, Some(failure)) => State::PassedUnexpectedly(failure.why.clone()),
        (Outcome::Failed, None) => State::Failed,
        (Outcome::Failed, Some(failure)) if says(failure) => {
            State::FailedAsExpected(failure.why.clone())
        }
        (Outcome::Failed, Some(failure)) => {
            let wanted = &failure.says.0;
            diagnostics.push(format!(
                "it was to fail, but to say what matches /{wanted}/"
            ));
            State::Failed
        }
        (Outcome::Skipped, _) => State::Skipped,
    };
    Tested {
        path,
        state,
        diagnostics,
    }
}

fn expected_on<'a>(
    scenario: &'a Scenario,
    flavor: &'a str,
) -> impl Iterator<Item = &'a ExpectedFailure> {
    let all = scenario.expected_failures.iter();
    all.filter(move |failure| failure.flavor == flavor)
}

/// Every plan came and was kept, every step of the scenario reported, and the guest said so.
pub(super) fn completeness(scenario: &Scenario, filtered: bool, results: &Results) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(cut) = &results.cut {
        let what = "the results are cut in the middle of a line";
        reasons.push(Reason::new(what, std::slice::from_ref(cut)));
    }
    let miscounts = results.steps.miscounts("steps", filtered);
    reasons.extend(miscounts.iter().map(|what| Reason::new(what, &[])));
    if !results.done {
        let what = format!("the results do not end with `{END_OF_RESULTS}`");
        reasons.push(Reason::new(what, &[]));
    }
    let reported = &results.steps.tests;
    for (step, test) in scenario.steps().zip(reported) {
        if step.to_string() != test.name {
            let what = format!("`{}` reported where `{step}` was due", test.name);
            reasons.push(Reason::new(what, &[]));
        } else if matches!(step, Step::Run(_)) && test.inner.is_none() {
            let what = format!("`{step}` reported no tests");
            reasons.push(Reason::new(what, tail(&test.diagnostics)));
        }
    }
    let planned = scenario.steps().count();
    if reported.len() != planned && results.steps.plan == Some(reported.len()) {
        let what = format!("{planned} steps were to run, {} reported", reported.len());
        reasons.push(Reason::new(what, &[]));
    }
    reasons
}

/// Tests whose state is none to pass with.
pub(super) fn failures(tests: &[Tested]) -> impl Iterator<Item = Reason> {
    tests.iter().filter_map(|test| {
        let path = &test.path;
        let what = match &test.state {
            State::Passed | State::FailedAsExpected(_) => return None,
            State::Failed => format!("{path} failed"),
            State::Skipped => format!("{path} was skipped, and no test here may be"),
            State::PassedUnexpectedly(why) => {
                format!("{path} passed, but the scenario expects it to fail ({why})")
            }
        };
        Some(Reason::new(what, tail(&test.diagnostics)))
    })
}

/// Steps and groups that failed though no test in them did, or in another way than by that.
pub(super) fn unexplained(results: &Results) -> Vec<Reason> {
    let steps = results.steps.tests.iter();
    steps.filter_map(unexplained_failure).collect()
}

fn unexplained_failure(test: &Test) -> Option<Reason> {
    let suite = test.inner.as_ref()?;
    if test.outcome != Outcome::Failed {
        return None;
    }
    let mut below = Vec::new();
    test.leaves("", &mut below);
    let explained = below
        .iter()
        .any(|(_, test)| test.outcome == Outcome::Failed)
        && test.diagnostics.iter().any(|line| line == TESTS_FAILED);
    (!explained).then(|| {
        let last = suite.tests.last().map_or("none", |test| test.name.as_str());
        let what = format!(
            "{} failed, not by a test of its own; the last: {last}",
            test.name
        );
        Reason::new(what, tail(&test.diagnostics))
    })
}

/// Expected failures of tests that there are not.
pub(super) fn stale(scenario: &Scenario, flavor: &str, tests: &[Tested]) -> Vec<Reason> {
    expected_on(scenario, flavor)
        .flat_map(|failure| &failure.tests)
        .filter(|name| !tests.iter().any(|test| test.path == **name))
        .map(|name| {
            let what = format!("an expected failure on {flavor} is of no test: {name}");
            Reason::new(what, &[])
        })
        .collect()
}
