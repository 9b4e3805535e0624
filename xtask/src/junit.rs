// SPDX-License-Identifier: MIT OR Apache-2.0

//! The runs as JUnit XML, for what shows test results elsewhere.

use std::path::Path;

use anyhow::{Context, Result};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::run::Run;
use crate::verdict::{Reason, State, Tested};

/// Writes `runs` to `path`: a suite for each, a case for each test, and one for the run itself,
/// which fails for what is no test's fault, too. The folder is made when needed.
pub(crate) fn write(path: &Path, runs: &[Run]) -> Result<()> {
    let mut report = Report::new("qemu-test");
    report.add_test_suites(runs.iter().map(suite));
    let text = report.to_string().context("cannot word the JUnit report")?;
    let cannot = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(cannot)?;
    }
    std::fs::write(path, text).with_context(cannot)
}

fn suite(run: &Run) -> TestSuite {
    let mut suite = TestSuite::new(run.job.name());
    suite.set_time(run.elapsed);
    suite.add_test_case(verdict(&run.verdict.reasons));
    suite.add_test_cases(run.verdict.tests.iter().map(case));
    suite
}

fn verdict(reasons: &[Reason]) -> TestCase {
    let status = reasons
        .first()
        .map_or_else(TestCaseStatus::success, |reason| {
            let all: Vec<_> = reasons.iter().map(|reason| reason.what.as_str()).collect();
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(reason.what.clone());
            status.set_description(format!(
                "{}\n\n{}",
                all.join("\n"),
                reason.excerpt.join("\n")
            ));
            status
        });
    TestCase::new("verdict", status)
}

fn case(test: &Tested) -> TestCase {
    let failure = |message: &str| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(message);
        status.set_description(test.diagnostics.join("\n"));
        status
    };
    let status = match &test.state {
        State::Passed | State::FailedAsExpected(_) => TestCaseStatus::success(),
        State::Failed => failure("failed"),
        State::Skipped => TestCaseStatus::skipped(),
        State::PassedUnexpectedly(why) => failure(&format!("passed, but was to fail: {why}")),
    };
    TestCase::new(test.path.clone(), status)
}
