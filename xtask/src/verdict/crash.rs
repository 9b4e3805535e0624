// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whether a kernel that must die of a scenario died of what it must.

use initramfs::END_OF_LOG;
use regex::Regex;

use super::{Observed, Reason, log, tail};
use crate::klog::Report;
use crate::scenario::{ExpectedCrash, Scenario};

/// How the kernel words its last report.
const PANIC: &str = "Kernel panic - not syncing";

/// Whether no kernel died.
pub(super) fn none(reports: &[Report]) -> bool {
    !reports.iter().any(is_panic)
}

/// In what the end of the run is not the crash that is expected. What is reported after the crash
/// follows from it; nothing may be before it.
pub(super) fn unlike(
    expected: &ExpectedCrash,
    scenario: &Scenario,
    observed: &Observed,
    reports: &[Report],
) -> Vec<Reason> {
    let ExpectedCrash { patterns, why, .. } = expected;
    let says = |report: &Report, pattern: &Regex| {
        let mut lines = report.lines.iter();
        lines.any(|line| pattern.is_match(line))
    };
    let is_of_it = |report: &Report| patterns.iter().any(|pattern| says(report, &pattern.0));
    let before = reports.iter().position(is_of_it).unwrap_or(reports.len());
    let mut reasons = log::unexpected(scenario, &reports[..before]);
    for pattern in patterns.iter().map(|pattern| &pattern.0) {
        if !reports.iter().any(|report| says(report, pattern)) {
            let what = format!("no report matches /{pattern}/, though one must ({why})");
            reasons.push(Reason::new(what, tail(&observed.log)));
        }
    }
    let ended = observed.log.iter().any(|line| line.ends_with(END_OF_LOG));
    if ended || none(reports) {
        let what = format!("the kernel did not die, though it must ({why})");
        reasons.push(Reason::new(what, tail(&observed.log)));
    }
    reasons
}

fn is_panic(report: &Report) -> bool {
    report.lines.iter().any(|line| line.contains(PANIC))
}
