// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the kernel log says about a run.

use initramfs::END_OF_LOG;

use super::{Reason, tail};
use crate::klog::Report;
use crate::scenario::{Allowed, Scenario};

/// How the kernel's panic is worded when the archive holds no program that it can start
/// (init/do_mounts.c and init/main.c).
const NO_INIT: [&str; 2] = ["Unable to mount root fs", "No working init found"];

/// Reports that the scenario does not provoke.
pub(super) fn unexpected(scenario: &Scenario, reports: &[Report]) -> Vec<Reason> {
    reports
        .iter()
        .filter(|report| !scenario.allow.iter().any(|allowed| covers(allowed, report)))
        .map(|report| Reason::new(complaint(report), &report.lines))
        .collect()
}

fn covers(allowed: &Allowed, report: &Report) -> bool {
    let mut lines = report.lines.iter();
    lines.any(|line| allowed.pattern.0.is_match(line))
}

fn complaint(report: &Report) -> String {
    let headline = report.headline();
    if NO_INIT.iter().any(|words| headline.contains(words)) {
        return format!("the kernel found no /init to start: {headline}");
    }
    format!("the kernel complains: {headline}")
}

/// PID 1 ends the log. Without that, reports may be missing from it. `alone` says that no other
/// reason shows the end of the log.
pub(super) fn completeness(log: &[String], alone: bool) -> Option<Reason> {
    if log.is_empty() {
        return Some(Reason::new("the kernel printed nothing", &[]));
    }
    let ended = log.iter().any(|line| line.ends_with(END_OF_LOG));
    (!ended).then(|| {
        let what = "the kernel log has no end mark, so that reports may be missing from it";
        Reason::new(what, if alone { tail(log) } else { &[] })
    })
}

/// Lines that the scenario does not want.
pub(super) fn forbidden(scenario: &Scenario, log: &[String]) -> Vec<Reason> {
    let found = scenario.forbid.iter().filter_map(|pattern| {
        let line = log.iter().find(|line| pattern.0.is_match(line))?;
        let what = format!(
            "a line of the kernel log matches the forbidden /{}/",
            pattern.0
        );
        Some(Reason::new(what, std::slice::from_ref(line)))
    });
    found.collect()
}

/// Lines and reports that the scenario wants and that did not come.
pub(super) fn missing(scenario: &Scenario, log: &[String], reports: &[Report]) -> Vec<Reason> {
    let lines = scenario
        .expect
        .iter()
        .filter(|pattern| !log.iter().any(|line| pattern.0.is_match(line)))
        .map(|pattern| format!("no line of the kernel log matches /{}/", pattern.0));
    let provoked = scenario
        .allow
        .iter()
        .filter(|allowed| !reports.iter().any(|report| covers(allowed, report)))
        .map(|Allowed { pattern, why }| {
            format!(
                "no report matches /{}/, though one is provoked ({why})",
                pattern.0
            )
        });
    lines
        .chain(provoked)
        .map(|what| Reason::new(what, tail(log)))
        .collect()
}
