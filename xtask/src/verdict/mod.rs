// SPDX-License-Identifier: MIT OR Apache-2.0

//! From what a guest said to a verdict. Only a run in which everything that was due came, and
//! nothing that was not, passes.

mod crash;
mod log;
mod results;

use anyhow::Result;

use crate::klog;
use crate::ktap::{Results, Test};
use crate::scenario::Scenario;
use crate::vm::{End, Ended};

pub(crate) use results::{State, Tested};

/// How many lines of a log show what came last.
const TAIL: usize = 20;

/// What a guest said and how it ended.
pub(crate) struct Observed {
    /// The kernel log.
    pub(crate) log: Vec<String>,
    /// The port of results.
    pub(crate) results: Results,
    /// How QEMU ended.
    pub(crate) ended: Ended,
    /// What QEMU itself said.
    pub(crate) qemu: String,
}

/// Why a run failed.
#[derive(Debug)]
pub(crate) struct Reason {
    /// In one line.
    pub(crate) what: String,
    /// The part of the log or of the results that shows it; may be empty.
    pub(crate) excerpt: Vec<String>,
}

/// The outcome of a run: it passed when there is no reason why it failed.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The likeliest cause first.
    pub(crate) reasons: Vec<Reason>,
    /// Every test without tests below it, in order.
    pub(crate) tests: Vec<Tested>,
    /// Whether the kernel died, as the scenario expects; the tests then end where it did.
    pub(crate) crashed: bool,
}

impl Reason {
    fn new(what: impl Into<String>, excerpt: &[String]) -> Self {
        Self {
            what: what.into(),
            excerpt: excerpt.to_vec(),
        }
    }
}

/// Judges a run of `scenario` on `flavor`; under a filter, payloads may plan no test.
///
/// # Errors
///
/// When the log could not be scanned.
pub(crate) fn judge(
    scenario: &Scenario,
    flavor: &str,
    filtered: bool,
    observed: &Observed,
) -> Result<Verdict> {
    let tests = results::tests(scenario, flavor, &observed.results);
    let reports = klog::scan(&observed.log)?;
    // What was left out may have been what kills the kernel.
    if let Some(expected) = scenario.crash_on(flavor)
        && !(filtered && crash::none(&reports))
    {
        let mut reasons = crash::unlike(expected, scenario, observed, &reports);
        reasons.extend(end(observed));
        reasons.extend(results::failures(&tests));
        let crashed = reasons.is_empty();
        return Ok(Verdict {
            reasons,
            tests,
            crashed,
        });
    }
    let mut reasons = log::unexpected(scenario, &reports);
    reasons.extend(end(observed));
    reasons.extend(results::completeness(scenario, filtered, &observed.results));
    reasons.extend(results::unexplained(&observed.results));
    reasons.extend(log::completeness(&observed.log, reasons.is_empty()));
    reasons.extend(results::failures(&tests));
    reasons.extend(log::forbidden(scenario, &observed.log));
    // What was left out did not do what the scenario expects of it.
    if !filtered {
        reasons.extend(log::missing(scenario, &observed.log, &reports));
        reasons.extend(results::stale(scenario, flavor, &tests));
    }
    Ok(Verdict {
        reasons,
        tests,
        crashed: false,
    })
}

/// QEMU must end by itself, and well.
fn end(observed: &Observed) -> Option<Reason> {
    match &observed.ended.end {
        End::Exited(status) if status.success() => None,
        End::Exited(status) => {
            let said: Vec<_> = observed.qemu.lines().map(str::to_owned).collect();
            Some(Reason::new(
                format!("QEMU ended with {status}"),
                tail(&said),
            ))
        }
        End::Deadline(deadline) => Some(Reason::new(
            format!(
                "the guest hangs: it did not end within {} s",
                deadline.as_secs()
            ),
            tail(&observed.log),
        )),
    }
}

fn tail(lines: &[String]) -> &[String] {
    &lines[lines.len().saturating_sub(TAIL)..]
}

/// Every test without tests below it, with its path.
pub(crate) fn leaves(results: &Results) -> Vec<(String, &Test)> {
    let mut found = Vec::new();
    for step in &results.steps.tests {
        step.leaves("", &mut found);
    }
    found
}

#[cfg(test)]
mod tests;
